//! Delivered mails, read by a mail parser that is not ours: Python's `email` package.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::delivered::{Delivered, File};

/// Reads every file of a folder in the order of the names.
const READER: &str = r#"
import email, email.policy, json, os, sys
folder = sys.argv[1]
read = []
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name), "rb") as file:
        mail = email.message_from_bytes(file.read(), policy=email.policy.default)
    parts = list(mail.walk())
    leaves = [p for p in parts if not p.is_multipart()]
    read.append({
        "defects": [repr(d) for p in parts for d in p.defects],
        "subject": mail["subject"],
        "types": sorted({p.get_content_type() for p in parts}),
        "texts": [p.get_content() if p.get_content_maintype() == "text" else p.get_payload(decode=True).hex() for p in leaves],
        "names": [p.get_filename() for p in leaves if p.get_filename()],
    })
json.dump(read, sys.stdout)
"#;

/// Looks for a text part that is no attachment and is not blank.
const READABLE: &str = r#"
import email, html, json, os, re, sys
folder = sys.argv[1]
def text(part):
    if part.get_content_type() not in ("text/plain", "text/html") or part.get_filename():
        return ""
    if part.get_content_disposition() == "attachment":
        return ""
    text = (part.get_payload(decode=True) or b"").decode("latin-1")
    if part.get_content_type() == "text/html":
        text = html.unescape(re.sub(r"(?is)<style.*?</style>|<script.*?</script>|<[^>]*>", "", text))
    return text.strip()
def own_parts(mail):
    if mail.get_content_maintype() == "message":
        return
    if mail.is_multipart():
        for part in mail.get_payload():
            yield from own_parts(part)
    else:
        yield mail
readable = []
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name), "rb") as file:
        mail = email.message_from_bytes(file.read())
    readable.append(any(text(part) for part in own_parts(mail)))
json.dump(readable, sys.stdout)
"#;

#[derive(Debug, Deserialize)]
struct Read {
    defects: Vec<String>,
    subject: Option<String>,
    types: Vec<String>,
    texts: Vec<String>,
    names: Vec<String>,
}

/// Python sees in every mail what [`Delivered`] sees, and finds no defect.
pub(crate) fn agrees(mails: &[Vec<u8>]) {
    let folder = folder_of(mails);
    let read: Vec<Read> = run(READER, folder.path());
    assert_eq!(read.len(), mails.len());
    for (mail, python) in mails.iter().zip(read) {
        let ours = Delivered::read(mail).unwrap();
        assert_eq!(python.defects, Vec::<String>::new(), "{ours:?}");
        assert!(!python.types.iter().any(|kind| kind == "text/html" || kind.starts_with("message/")), "{ours:?}");
        assert_eq!(python.subject.as_deref(), ours.value("subject"));
        let texts: Vec<String> = python.texts.iter().map(|text| text.replace("\r\n", "\n")).collect();
        let files = ours.files.iter().map(File::shown);
        assert_eq!(texts, [ours.text.clone()].into_iter().chain(files).collect::<Vec<_>>());
        assert_eq!(python.names, ours.files.iter().map(|file| file.name.clone()).collect::<Vec<_>>());
    }
}

/// Of each mail, as it came from outside: whether Python finds text in it that people would read.
pub(crate) fn readable(mails: &[Vec<u8>]) -> Vec<bool> {
    let folder = folder_of(mails);
    run(READABLE, folder.path())
}

fn folder_of(mails: &[Vec<u8>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, mail) in mails.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:04}")), mail).unwrap();
    }
    folder
}

fn run<T: DeserializeOwned>(script: &str, folder: &Path) -> T {
    let output = Command::new("python3")
        .args(["-I", "-c", script])
        .arg(folder)
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .expect("this test reads mails with python3: install it (Debian: apt-get install python3)");
    assert!(output.status.success(), "python3: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
