//! Files behind a password, opened by `temizu sanitize` with passwords that a person names.
//!
//! The files were made by 7-Zip 23 (`aes.zip`, `old.zip`, `sealed.7z` with its list of members encrypted, `partly.zip` with
//! one member of two encrypted; by 7-Zip 26 `each.zip`, for `typed.rs`: a plain archive of two locked ones) and
//! msoffcrypto-tool (`locked.docx`, agile encryption).

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::process::{Ended, end, run, temizu};
use crate::support::worker::worker;

const PASSWORD: &str = "Zq9Xk27Lm";

fn locked(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/locked").join(name)
}

/// `temizu sanitize` on one of the files.
fn sanitize(options: &str, name: &str) -> Ended {
    run(&format!("sanitize --worker {} {options}", worker().display()), &[&locked(name)])
}

/// Path, type and action of the parts, and the codes found in them.
fn told(report: &Value) -> (Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = report["parts"].as_array().unwrap().iter();
    let parts =
        parts.map(|part| format!("{} {} {}", text(&part["path"]), text(&part["detected"]), text(&part["action"])));
    let found = report["findings"].as_array().unwrap().iter();
    (parts.collect(), found.map(|found| format!("{} {}", text(&found["part"]), text(&found["code"]))).collect())
}

/// Names in a zip, as Python reads it.
fn names(zip: &Path) -> Vec<String> {
    let script = "import sys, zipfile; print('\\n'.join(sorted(zipfile.ZipFile(sys.argv[1]).namelist())))";
    let listed = Command::new("python3").args(["-I", "-c", script]).arg(zip).output().unwrap();
    assert!(listed.status.success());
    String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_password_opens_archives_and_documents_and_what_is_inside_is_judged_and_rebuilt() {
    let archive = |id: &str| [format!("0 {id} rebuild"), "1 ooxml-word rebuild".to_owned()];
    for (name, parts) in [
        ("old.zip", archive("zip").to_vec()),
        ("sealed.7z", archive("7z").to_vec()),
        ("locked.docx", vec!["0 ooxml-word rebuild".to_owned()]),
    ] {
        let report = sanitize(&format!("--json --password wrong --password {PASSWORD}"), name).with(10);
        assert!(!report.out.contains(PASSWORD), "{}", report.out);
        assert_eq!(told(&report.json()[0]), (parts, vec!["0 password_opened".to_owned()]), "{name}");
    }
    let report = sanitize(&format!("--json --password {PASSWORD}"), "aes.zip").with(12).json();
    let (parts, found) = told(&report[0]);
    assert!(parts.contains(&"0 zip rebuild".to_owned()) && parts.iter().any(|part| part.ends_with("quarantine")));
    assert_eq!(found, ["0 password_opened"]);
    let shown = sanitize(&format!("--password {PASSWORD}"), "locked.docx").with(10).out;
    assert!(shown.contains("It was opened with a password"), "{shown}");
}

#[test]
fn what_was_opened_is_written_without_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let options = format!("-o {} --password {PASSWORD}", folder.path().display());
    sanitize(&options, "aes.zip").with(12);
    assert_eq!(names(&folder.path().join("aes.zip")), ["通知.docx", "除去一覧.txt"]);
    sanitize(&options, "locked.docx").with(10);
    assert!(names(&folder.path().join("locked.docx")).contains(&"word/document.xml".to_owned()));
}

#[test]
fn a_wrong_password_is_told_apart_from_none_and_from_a_broken_file() {
    for name in ["aes.zip", "old.zip", "sealed.7z", "locked.docx"] {
        for (options, codes) in [
            ("--json", vec!["0 password_required"]),
            ("--json --password wrong", vec!["0 wrong_password", "0 password_required"]),
        ] {
            let report = sanitize(options, name).with(11).json();
            assert_eq!(told(&report[0]).1, codes, "{name} {options}");
            assert_eq!(report[0]["parts"][0]["reason"], "password_required", "{name}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(locked("aes.zip")).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 0xFF;
    let path = folder.path().join("broken.zip");
    std::fs::write(&path, bytes).unwrap();
    let broken = format!("sanitize --json --worker {} --password {PASSWORD}", worker().display());
    let report = run(&broken, &[&path]).with(11).json();
    assert_eq!(told(&report[0]).1, ["0 corrupt", "0 password_required"]);
}

#[test]
fn an_archive_with_an_encrypted_member_is_delivered_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let report = sanitize(&format!("--json -o {}", folder.path().display()), "partly.zip").with(11).json();
    let (parts, found) = told(&report[0]);
    assert_eq!(parts, ["0 zip rebuild", "1 text rebuild", "2 unknown quarantine"]);
    assert_eq!(found, ["2 password_required"]);
    assert_eq!(report[0]["parts"][2]["reason"], "password_required");
    assert_eq!(names(&folder.path().join("partly.zip")), ["読んでください.txt", "除去一覧.txt"]);
    let report = sanitize(&format!("--json --password {PASSWORD}"), "partly.zip").with(10).json();
    assert_eq!(told(&report[0]).0, ["0 zip rebuild", "1 text rebuild", "2 ooxml-word rebuild"]);
    let report = sanitize("--json --password wrong", "partly.zip").with(11).json();
    assert_eq!(told(&report[0]).1, ["0 wrong_password", "2 password_required"]);
}

#[test]
fn passwords_are_read_from_a_file_or_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("passwords.txt");
    std::fs::write(&list, format!("\u{FEFF}wrong\r\n\r\n{PASSWORD}\r\n")).unwrap();
    sanitize(&format!("--password-file {}", list.display()), "old.zip").with(10);
    let mut command = temizu();
    command.args(["sanitize", "--password-file", "-", "--worker"]).arg(worker()).arg(locked("old.zip"));
    end(command, format!("{PASSWORD}\n").as_bytes()).with(10);
}

#[test]
fn passwords_that_cannot_be_tried_are_refused_and_not_quoted() {
    let eleven: String = (0..11).map(|number| format!("--password secret{number} ")).collect();
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("list");
    std::fs::write(&lines, "secret\tx\n").unwrap();
    let listed = format!("--password-file {}", lines.display());
    let long = format!("--password secret{}", "x".repeat(300));
    sanitize("--password -secret", "old.zip").with(11);
    for (options, said) in [
        (eleven.as_str(), "at most 10 passwords can be tried"),
        (&long, "a password is one line of 1 to 128 characters"),
        (&listed, "a password is one line of 1 to 128 characters"),
    ] {
        let refused = sanitize(options, "old.zip").with(64).err;
        assert!(refused.contains(said) && !refused.contains("secret"), "{refused}");
    }
    let missing = folder.path().join("nothing");
    let refused = sanitize(&format!("--password-file {}", missing.display()), "old.zip").with(66).err;
    assert!(refused.contains("the file of passwords"), "{refused}");
    let mut command = temizu();
    command.args(["sanitize", "--password-file", "-", "--worker"]).arg(worker()).arg("-");
    assert!(end(command, b"x\n").with(64).err.contains("one standard input only"));
}
