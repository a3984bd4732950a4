//! The commands that need no gateway, as people type them, on the built program.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::process::{Ended, end, run, temizu};
use crate::support::worker::worker;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Writes `bytes` to a file of this name.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name).join("input.eml")
}

/// `temizu sanitize` on these files.
fn sanitize(options: &str, files: &[&Path]) -> Ended {
    let worker = worker();
    run(&format!("sanitize --worker {} {options}", worker.display()), files)
}

/// Bytes that are no text, no mail and no file of a known kind.
fn garbage() -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..3000).map(|_| next()).collect()
}

const PROGRAM: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0";
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";

#[test]
fn serve_says_which_option_is_missing() {
    let folder = folder();
    let data = folder.path().display();
    for (options, missing) in [
        ("", "`smtp.listen` is missing; set it in the configuration file or give --smtp-listen"),
        ("--smtp-listen 127.0.0.1:0", "`smtp.domains` is missing; set it in the configuration file or give --domain"),
        ("--smtp-listen 127.0.0.1:0 --domain a.test", "`deliver.next_hop` is missing"),
        ("--role deliver", "`deliver.next_hop` is missing"),
        ("--role intake", "`smtp.listen` is missing"),
        (
            "--smtp-listen 127.0.0.1:0 --domain a.test --next-hop mail",
            "--next-hop: deliver.next_hop: mail does not fit",
        ),
    ] {
        let ended = run(&format!("serve --data {data} {options}"), &[]).with(78);
        assert!(ended.err.contains(missing), "{options}: {}", ended.err);
    }
}

#[test]
fn serve_says_why_it_cannot_start() {
    let folder = folder();
    let options = "--smtp-listen 127.0.0.1:0 --domain a.test --next-hop 127.0.0.1:1";
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let occupied = format!("--smtp-listen {} --domain a.test --next-hop 127.0.0.1:1", occupied.local_addr().unwrap());
    let file = file(folder.path(), "file", b"");
    let data = folder.path().join("data");
    let good = worker();
    for (data, worker, options, why) in [
        (&file, good.as_path(), options, "the data folder cannot be used"),
        (&data, Path::new("/nowhere/temizu-worker"), options, "/nowhere/temizu-worker"),
        (&data, good.as_path(), occupied.as_str(), "127.0.0.1"),
    ] {
        let ended = run(&format!("serve {options} --data {} --worker {}", data.display(), worker.display()), &[]);
        let ended = ended.with(69);
        assert!(ended.err.contains("cannot start") && ended.err.contains(why), "{why}: {}", ended.err);
    }
}

#[test]
fn wrong_usage_ends_with_64_and_names_the_nearest() {
    for (arguments, said) in [
        ("srve", "'serve'"),
        ("serve --smtp-listn 127.0.0.1:0", "'--smtp-listen'"),
        ("serve --role typo", "intake, process, deliver"),
        ("sanitize", "<FILE>"),
        ("queue list --stage nothing", "--stage"),
        ("", "Usage:"),
    ] {
        let ended = run(arguments, &[]).with(64);
        assert!(ended.err.contains(said) && ended.out.is_empty(), "{arguments}: {}{}", ended.out, ended.err);
    }
    for arguments in ["--help", "--version", "help queue", "sanitize --help"] {
        let ended = run(arguments, &[]).with(0);
        assert!(!ended.out.is_empty() && ended.err.is_empty(), "{arguments}");
    }
}

#[test]
fn check_accepts_a_good_configuration_and_names_file_and_line_of_each_mistake() {
    let folder = folder();
    let text = format!(
        "[site]\nhost_name = \"gate.test\"\n[smtp]\nlisten = [\"127.0.0.1:2525\"]\ndomains = [\"city.test\"]\n\
         [deliver]\nnext_hop = \"127.0.0.1:25\"\n[store]\ndata = \"{}\"\n",
        folder.path().display()
    );
    let good = file(folder.path(), "good.toml", text.as_bytes());
    assert!(run("check --config", &[&good]).with(0).out.contains("can be used"));
    let report = run("check --strict --json --config", &[&good]).with(0).json();
    assert_eq!(report["ok"], true, "{report}");

    let bad = file(folder.path(), "bad.toml", text.replace("domains", "domians").as_bytes());
    let ended = run("check --config", &[&bad]).with(78);
    let place = format!("{}:5:1: smtp.domians: unknown key → did you mean: smtp.domains", bad.display());
    assert!(ended.err.contains(&place), "{}", ended.err);
    let report = run("check --json --config", &[&bad]).with(78).json();
    assert_eq!((&report["ok"], &report["faults"][0]["position"]["line"]), (&Value::from(false), &Value::from(5)));

    let missing = file(folder.path(), "missing.toml", b"[site]\nhost_name = \"gate.test\"\n");
    let ended = run("check --config", &[&missing]).with(78);
    assert!(ended.out.contains("smtp.listen: not set"), "{}", ended.out);
    run("check --config /nowhere/temizu.toml", &[]).with(78);
}

#[test]
fn config_shows_what_is_in_force_and_explains_every_key() {
    let folder = folder();
    let config = file(folder.path(), "temizu.toml", b"[smtp]\nmax_recipients = 7\n");
    let shown = run("config show --non-default --config", &[&config]).with(0).out;
    assert_eq!(shown, "[smtp]\nmax_recipients = 7\n");
    assert_eq!(run("config show --json --config", &[&config]).with(0).json()["smtp"]["max_recipients"], 7);
    let whole = file(folder.path(), "whole.toml", run("config show", &[]).with(0).out.as_bytes());
    assert_eq!(
        run("config show --non-default --config", &[&whole]).with(0).out.trim(),
        "",
        "what is shown is read back"
    );

    let explained = run("config explain smtp.max_recipients", &[]).with(0).out;
    assert!(explained.contains("default: 1000"), "{explained}");
    assert_eq!(run("config explain smtp.max_recipients --json", &[]).with(0).json()["default"], "1000");
    let all = run("config explain --json", &[]).with(0).json();
    let smtp = run("config explain smtp --json", &[]).with(0).json();
    assert!(all.as_array().unwrap().len() > smtp.as_array().unwrap().len() && !smtp.as_array().unwrap().is_empty());
    let near = run("config explain smtp.max_recipient", &[]).with(64).err;
    assert!(near.contains("did you mean smtp.max_recipients?"), "{near}");
    let nothing_near = run("config explain qqqqqqqq", &[]).with(64).err;
    assert!(!nothing_near.contains("did you mean") && nothing_near.contains("config explain` lists all"));
}

#[test]
fn sanitize_tells_by_its_exit_code_what_became_of_a_file() {
    let folder = folder();
    let nowhere = folder.path().join("nowhere.txt");
    for (name, bytes, code, verdict) in [
        ("clean.txt", &b"hello\nworld\n"[..], 0, "clean"),
        ("lines.txt", b"hello\r\nworld\r\n", 10, "changed"),
        ("sjis.txt", b"\x96\xbc\x95\xeb\n", 10, "changed"),
        ("sums.csv", b"a,b\r\n=SUM(A1),2\r\n", 10, "changed"),
        ("program.exe", PROGRAM, 12, "blocked"),
        ("program.txt", PROGRAM, 12, "blocked"),
        ("program.pdf", PROGRAM, 12, "blocked"),
        ("letter.pdf", PDF, 11, "held"),
        ("garbage.eml", &garbage(), 65, "unparsable"),
        ("nothing.eml", b"", 65, "unparsable"),
        ("garbage.bin", &garbage(), 12, "blocked"),
        ("nothing.txt", b"", 0, "clean"),
    ] {
        let path = file(folder.path(), name, bytes);
        let report = sanitize("--json", &[&path]).with(code).json();
        assert_eq!(
            (&report[0]["verdict"], &report[0]["exit_code"]),
            (&Value::from(verdict), &Value::from(code)),
            "{name}"
        );
        let shown = sanitize("", &[&path]).with(code).out;
        assert!(shown.starts_with(&format!("{}: {verdict}", path.display())), "{shown}");
    }
    for (name, code) in [
        ("01-plain-utf8", 0),
        ("20-text-and-csv", 10),
        ("10-html-newsletter", 10),
        ("24-password-zip", 11),
        ("22-exe-renamed-pdf", 12),
        ("46-deep", 11),
    ] {
        assert_eq!(sanitize("--json", &[&sample(name)]).with(code).json()[0]["exit_code"], code, "{name}");
    }
    let lines = sanitize("", &[&folder.path().join("lines.txt")]).with(10).out;
    assert!(lines.contains("line ends"), "a change is explained: {lines}");
    let missing = sanitize("", &[&nowhere]).with(66).err;
    assert!(missing.contains("nowhere.txt cannot be read"), "{missing}");
}

#[test]
fn sanitize_ends_with_the_worst_of_several_files_and_reads_a_mail_from_standard_input() {
    let folder = folder();
    let clean = file(folder.path(), "clean.txt", b"hello\n");
    let held = file(folder.path(), "letter.pdf", PDF);
    let reports = sanitize("--json", &[&held, &clean]).with(11).json();
    assert_eq!(reports.as_array().unwrap().len(), 2);

    let mut command = temizu();
    command.args(["sanitize", "--json", "--worker"]).arg(worker()).arg("-");
    let mail = std::fs::read(sample("20-text-and-csv")).unwrap();
    assert_eq!(end(command, &mail).with(10).json()[0]["file"], "-");
}

#[test]
fn sanitize_writes_what_it_made_and_never_over_a_file() {
    let folder = folder();
    let out = folder.path().join("out");
    let options = format!("--output {}", out.display());
    let sums = file(folder.path(), "sums.csv", b"a,b\r\n=SUM(A1),2\r\n");
    let program = file(folder.path(), "program.exe", PROGRAM);
    sanitize(&options, &[&sums, &program]).with(12);
    let made = std::fs::read_to_string(out.join("sums.csv")).unwrap();
    assert!(made.contains("'=SUM"), "{made}");
    assert!(!out.join("program.exe").exists());

    std::fs::write(out.join("sums.csv"), "kept").unwrap();
    let refused = sanitize(&options, &[&sums]).with(73).err;
    assert!(refused.contains("sums.csv cannot be written") && refused.contains("never written over"), "{refused}");
    assert_eq!(std::fs::read(out.join("sums.csv")).unwrap(), b"kept");

    sanitize(&options, &[&sample("20-text-and-csv")]).with(10);
    let mail = std::fs::read_to_string(out.join("input.eml")).unwrap();
    assert!(mail.contains("X-Temizu-Status: "), "{mail}");
}

#[test]
fn what_sanitize_wrote_is_clean_when_it_is_sanitized_again() {
    let folder = folder();
    let out = folder.path().join("out");
    let files = [
        file(folder.path(), "sums.csv", b"a,b\r\n=SUM(A1),2\r\n"),
        file(folder.path(), "sjis.txt", b"\x96\xbc\x95\xeb\r\n"),
        file(folder.path(), "sjis.csv", b"\x96\xbc\x95\xeb,=1\r\n"),
        file(folder.path(), "page.json", b"[\"\\u624b\", 1.0]"),
        file(folder.path(), "data.xml", b"<!-- c --><a></a>"),
    ];
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    sanitize(&format!("-o {}", out.display()), &files).with(10);
    let names = ["sums.csv", "sjis.txt", "sjis.csv", "page.json", "data.xml"];
    let made = names.map(|name| out.join(name));
    sanitize("", &made.each_ref().map(PathBuf::as_path)).with(0);
}

#[test]
fn explain_shows_every_rule_up_to_the_one_that_decided() {
    let worker = format!("--worker {}", worker().display());
    for command in ["explain", "rules test"] {
        let said = run(&format!("{command} {worker}"), &[&sample("22-exe-renamed-pdf")]).with(0).out;
        assert!(said.contains("✓ R-012") && said.contains("type_not_allowed"), "{said}");
        let report = run(&format!("{command} {worker} --json"), &[&sample("22-exe-renamed-pdf")]).with(0).json();
        assert!(!report["explanations"].as_array().unwrap().is_empty());
    }
    run(&format!("explain {worker} /nowhere.eml"), &[]).with(66);
    run(&format!("explain {worker}"), &[&sample("46-deep")]).with(65);
}

#[test]
fn a_host_with_some_roles_needs_what_these_roles_need() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("temizu.toml");
    let store = "[store]\nkind = \"scaleout\"\npostgres = \"postgres:///temizu\"\n";
    std::fs::write(&file, format!("[deliver]\nnext_hop = \"mail.example:25\"\n{store}")).unwrap();
    let lacks = |roles: &str| {
        let report = run(&format!("check --json --role {roles} --config"), &[&file]).with(78).json();
        let keys = report["faults"].as_array().unwrap().iter().map(|fault| fault["key"].as_str().unwrap().to_owned());
        keys.collect::<Vec<_>>()
    };
    assert_eq!(lacks("deliver"), ["store.derivatives"]);
    assert_eq!(lacks("process"), ["store.originals", "store.derivatives"]);
    assert_eq!(lacks("intake"), ["smtp.listen", "smtp.domains", "store.originals"]);
    let refused = run("serve --role deliver --config", &[&file]).with(78).err;
    assert!(refused.contains("store.derivatives") && refused.contains("s3://temizu-derivatives"), "{refused}");
    std::fs::write(&file, format!("[deliver]\nnext_hop = \"mail.example:25\"\n{store}derivatives = \"s3://d\"\n"))
        .unwrap();
    run("check --role deliver --config", &[&file]).with(0);
}

#[test]
fn rules_check_runs_the_cases_beside_the_rules() {
    assert!(run("rules check", &[]).with(0).out.contains(" 0 failed"));
    assert_eq!(run("rules check --json", &[]).with(0).json()["ok"], true);
    let folder = folder();
    let beta = include_str!("../../config/rules/beta.toml");
    let wrong =
        file(folder.path(), "wrong.toml", beta.replacen("expect = \"hold-mail\"", "expect = \"text\"", 1).as_bytes());
    let said = run("rules check", &[&wrong]).with(78).out;
    assert!(said.contains("wrong.toml:") && said.contains("expected text"), "{said}");
    assert_eq!(run("rules check --json", &[&wrong]).with(78).json()["ok"], false);
    let broken = file(folder.path(), "broken.toml", b"[[rule]]\nnmae = \"x\"\n");
    assert!(run("rules check", &[&broken]).with(78).err.contains("broken.toml:2"));
    assert_eq!(run("rules check --json", &[&broken]).with(78).json()["ok"], false);
}

#[test]
fn the_language_is_that_of_the_locale() {
    for (locale, said) in [("ja_JP.UTF-8", "ありません"), ("C", "is missing"), ("en_US.UTF-8", "is missing")] {
        let mut command = temizu();
        command.env("LANG", locale).args(["serve", "--data", "/nowhere"]);
        let ended = end(command, b"").with(78);
        assert!(ended.err.contains(said), "{locale}: {}", ended.err);
    }
    let mut command = temizu();
    command.env("LC_ALL", "ja_JP.UTF-8").args(["sanitize", "--worker"]).arg(worker()).arg(sample("22-exe-renamed-pdf"));
    let said = end(command, b"").with(12).out;
    assert!(said.contains("渡せません"), "{said}");
}

#[test]
fn commands_that_need_a_store_say_where_they_looked() {
    for command in
        ["queue list", "quarantine list", "trace a@b.test", "audit verify", "audit export", "queue show 7K3F-92QD"]
    {
        let ended = run(&format!("{command} --data /nowhere/data"), &[]).with(64);
        assert!(ended.err.contains("no store in /nowhere/data"), "{command}: {}", ended.err);
    }
}
