//! Real mail, where a folder of it is at hand: above the workspace, never inside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sanitizer_api::Code;

use super::{Limits, Role, inspect};

const LIMITS: Limits = Limits { header_bytes: 65_536, depth: 20, parts: 500 };

fn mails() -> Vec<(PathBuf, Vec<u8>)> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(3);
    let mut files: Vec<PathBuf> = above
        .flat_map(|folder| ["mikel", "stalwart"].map(|name| folder.join("shared/corpus").join(name)))
        .filter_map(|folder| folder.read_dir().ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn real_mail_can_be_read() {
    let mails = mails();
    if mails.is_empty() {
        println!("no folder of real mail above the workspace: nothing was read");
        return;
    }
    let mut flags: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut with_text, mut readable, mut with_sender, mut read_sender, mut ambiguous) = (0, 0, 0, 0, 0);
    for (path, bytes) in &mails {
        let mail = inspect(bytes, &LIMITS).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        let shows = mail.leaves.iter().any(|leaf| leaf.role == Role::Body);
        if has_text(bytes) {
            (with_text, readable) = (with_text + 1, readable + usize::from(shows));
        }
        if names_sender(bytes) {
            (with_sender, read_sender) = (with_sender + 1, read_sender + usize::from(!mail.headers.from.is_empty()));
        }
        ambiguous += usize::from(mail.findings.iter().any(|(_, code, _)| *code == Code::AmbiguousStructure));
        let seen: BTreeSet<_> = mail.ambiguities.iter().map(|(_, flag, _)| flag.as_str()).collect();
        seen.iter().for_each(|flag| *flags.entry(*flag).or_default() += 1);
        println!("{} body {shows} {:?} {seen:?}", path.display(), mail.findings);
    }
    println!("mails that carry a flag: {flags:?}");
    println!(
        "bodies {readable}/{with_text}, senders {read_sender}/{with_sender}, ambiguous {ambiguous}/{}",
        mails.len()
    );
    assert!(readable * 100 >= with_text * 98, "{readable} of {with_text} have a body");
    assert!(read_sender * 100 >= with_sender * 98, "{read_sender} of {with_sender} have a sender");
}

/// Mail that says it has text, or says nothing about types.
fn has_text(bytes: &[u8]) -> bool {
    let contains = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle));
    contains(b"text/") || !contains(b"content-type:")
}

/// Mail with an address in the first line of its From.
fn names_sender(bytes: &[u8]) -> bool {
    let mut headers = bytes.split(|b| *b == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    headers.any(|line| line.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"from:")) && line.contains(&b'@'))
}
