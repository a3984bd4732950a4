//! Mails that readers take apart differently, through the real worker and the rules that are built in.
//!
//! The law: the program in them is either found and kept back, or the mail is flagged so that every attachment is; in
//! no case does it occur in a delivered mail, in any encoding; and the words are still delivered.

mod family;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::support::delivered::Delivered;
use crate::support::process::run;
use crate::support::worker::worker;
use family::{Case, MARKER, WORDS, program};

/// Washes every mail of `cases`; per case the report and the mail that would be delivered.
fn wash(cases: &[Case]) -> Vec<(Value, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out");
    let files: Vec<PathBuf> = cases.iter().map(|case| folder.path().join(format!("{}.eml", case.name))).collect();
    for (case, file) in cases.iter().zip(&files) {
        std::fs::write(file, &case.mail).unwrap();
    }
    let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let worker = worker();
    let ended = run(&format!("sanitize --worker {} --json --output {}", worker.display(), output.display()), &paths);
    let reports = ended.json();
    let reports = reports.as_array().unwrap();
    assert_eq!(reports.len(), cases.len());
    let mail = |file: &PathBuf| std::fs::read(output.join(file.file_name().unwrap())).unwrap_or_default();
    reports.iter().cloned().zip(files.iter().map(mail)).collect()
}

/// True if the marker stands in `text`, as it is or encoded.
fn occurs(text: &str) -> bool {
    let joined: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    let symbols: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || "+/".contains(*c)).collect();
    let hex: String = MARKER.bytes().map(|b| format!("{b:02x}")).collect();
    let folded = joined.to_lowercase();
    // Of a base64 text, the characters that do not depend on what stands before and behind.
    let encoded = (0..3).any(|offset| {
        let bytes = [&b"xxx"[..offset], MARKER.as_bytes()].concat();
        let whole = BASE64.encode(&bytes);
        symbols.contains(&whole[4..whole.len() - 8])
    });
    joined.contains(MARKER) || folded.contains(&hex) || encoded
}

/// Whether the words are delivered, or what is wrong.
fn judged(case: &Case, report: &Value, mail: &[u8]) -> Result<bool, String> {
    let parts = report["parts"].as_array().unwrap();
    if parts.is_empty() || mail.is_empty() {
        return Err(format!("nothing was delivered: {report}"));
    }
    let attachments = || parts.iter().filter(|part| part["role"] == "attachment");
    let kept = |part: &Value| part["action"] == "quarantine" || part["action"] == "hold";
    // Whatever is not the harmless file can only be where the program is.
    let carriers = || attachments().filter(|part| part["name"] != "memo.txt");
    let found = carriers().count() > 0 && carriers().all(kept);
    let is_ambiguous = |found: &Value| found["code"] == "ambiguous_structure" && found["part"] == "0";
    let is_flagged = report["findings"].as_array().unwrap().iter().any(is_ambiguous);
    let all_kept = is_flagged && attachments().all(kept);
    if !all_kept && (!found || case.is_outside) {
        let shown = parts.iter().map(|part| format!("{} {} {}", part["path"], part["detected"], part["action"]));
        let shown: Vec<String> = shown.collect();
        let flags = report["ambiguities"].as_array().unwrap().iter().map(|one| one["flag"].as_str().unwrap());
        let flags: Vec<&str> = flags.collect();
        return Err(format!("the program may be anywhere and not everything is kept back: {shown:?} {flags:?}"));
    }
    let read = Delivered::read(mail)?;
    let fields = read.fields.iter().map(|field| field.value.as_str());
    let files = read.files.iter().flat_map(|file| [file.name.as_str(), file.content.as_str()]);
    if let Some(text) = fields.chain(files).chain([read.text.as_str()]).find(|text| occurs(text)) {
        return Err(format!("the program is delivered: {text:?}"));
    }
    Ok(read.text.contains(WORDS))
}

#[test]
fn a_program_is_never_delivered_however_the_mail_is_built_and_its_words_are() {
    let cases = family::all();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "names are unique");
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let (mut wrong, mut wordless, mut with_words) = (Vec::new(), Vec::new(), 0);
    for (case, (report, mail)) in cases.iter().zip(wash(&cases)) {
        with_words += usize::from(case.has_words);
        match judged(case, &report, &mail) {
            Ok(true) => {}
            Ok(false) if case.has_words => wordless.push(case.name.as_str()),
            Ok(false) => {}
            Err(why) => wrong.push(format!("{}: {why}", case.name)),
        }
    }
    println!("{} cases; words lost in {} of {with_words}: {wordless:?}", cases.len(), wordless.len());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(wordless.len() * 50 <= with_words, "words lost in more than 2 %: {wordless:?}");
}

#[test]
fn the_judge_sees_a_program_in_every_encoding() {
    let encoded = BASE64.encode(program());
    let lines = |length: usize| {
        encoded.as_bytes().chunks(length).map(|line| format!("{}\r\n", line.escape_ascii())).collect::<String>()
    };
    let hex: String = program().iter().map(|b| format!("{b:02X} ")).collect();
    let quoted: String = MARKER.chars().map(|c| format!("{c}=\r\n")).collect();
    for text in [MARKER.to_owned(), lines(6), lines(76), encoded.replace("AA", "A.A"), hex, quoted] {
        assert!(occurs(&text), "{text}");
    }
    assert!(!occurs(WORDS));
}

/// The flags in the source of the hostile side, which this side does not link.
fn flags_of_workers() -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("sanitizers/api/src/code.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, list) = source.split_once("    Flag {").unwrap();
    let names = list.lines().filter_map(|line| line.split_once(" = \"")?.1.strip_suffix("\","));
    names.map(str::to_owned).collect()
}

#[test]
fn every_flag_that_a_worker_knows_has_its_sentence_and_no_other_has_one() {
    let known: Vec<String> = temizu::domain::AmbiguityFlag::known().map(str::to_owned).collect();
    assert!(known.len() > 30);
    assert_eq!(flags_of_workers(), known);
}
