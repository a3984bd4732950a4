//! What trying passwords must hold, whatever the bytes.

use sanitizer_mail::Names;
use sanitizer_protocol::{Inspected, Limits, Subject};

use super::*;
use crate::expand::{Expanded, Reach, attachment};

const LIMITS: Limits =
    Limits { header_bytes: 1_000, depth: 6, parts: 20, html_bytes: 1_000, text_bytes: 1_000, output_bytes: 100_000 };

fn locked(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/locked");
    std::fs::read(folder.join(name)).unwrap()
}

fn passwords(list: &[&str]) -> Passwords {
    Passwords::new(list.iter().map(|text| (*text).to_owned()).collect()).unwrap()
}

fn inspect(name: &str, bytes: &[u8], passwords: &Passwords, limits: &Limits) -> Inspected {
    let item = mapping::inspect_with(&Subject::File { name: name.to_owned() }, bytes, limits, passwords).unwrap();
    let paths = item.sources.iter().map(|source| &source.path);
    assert!(paths.eq(item.found.parts.iter().map(|part| &part.path)));
    item.found
}

fn codes(found: &Inspected) -> Vec<&str> {
    found.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn what_is_told_of_an_opened_file_is_its_real_type_and_the_bytes_that_came() {
    for (name, id, parts) in
        [("aes.zip", "zip", 3), ("old.zip", "zip", 2), ("sealed.7z", "7z", 2), ("locked.docx", "ooxml-word", 1)]
    {
        let bytes = locked(name);
        let found = inspect(name, &bytes, &passwords(&["wrong", "Zq9Xk27Lm"]), &LIMITS);
        let part = &found.parts[0];
        assert_eq!((part.detected.id.as_str(), part.encrypted, found.parts.len()), (id, false, parts), "{name}");
        assert_eq!(part.length, u64::try_from(bytes.len()).unwrap(), "{name}");
        assert_eq!(codes(&found), ["password_opened"], "{name}");
    }
}

#[test]
fn damage_anywhere_is_survived_with_and_without_the_password() {
    for name in ["aes.zip", "old.zip", "partly.zip"] {
        let whole = locked(name);
        for at in (0..whole.len()).step_by(7) {
            let changed = [&whole[..at], &[whole[at] ^ 0x55], &whole[at + 1..]].concat();
            let (right, none) = (passwords(&["Zq9Xk27Lm"]), Passwords::default());
            for (bytes, list) in [(&whole[..at], &right), (&changed[..], &right), (&changed[..], &none)] {
                let found = inspect(name, bytes, list, &LIMITS);
                let inside = found.parts.iter().skip(1).map(|part| part.length).sum::<u64>();
                assert!(inside <= LIMITS.output_bytes && found.parts.len() <= 20);
            }
        }
    }
}

#[test]
fn what_is_larger_inside_than_an_item_may_bring_stays_closed() {
    let bytes = locked("locked.docx");
    let found = inspect("a.docx", &bytes, &passwords(&["Zq9Xk27Lm"]), &Limits { output_bytes: 100, ..LIMITS });
    assert_eq!(codes(&found), ["too_large", "password_required"]);
    assert_eq!(found.parts[0].detected.id, "office-encrypted");
}

#[test]
fn what_trying_may_cost_is_shared_by_all_attachments() {
    let reach = Reach { header_bytes: 1_000, headers: 1_000, depth: 9, parts: 9, bytes: 90_000, looks: 99 };
    let out = Expanded::default();
    // One key of this 7z takes 2^19 turns of 18 bytes: some 150,000 blocks.
    let keys = Keys { passwords: passwords(&["wrong"]), work: 200_000 };
    let mut walk = Walk { reach, out, archives: Vec::new(), opens_archives: true, keys };
    for number in [1, 2] {
        let leaf = attachment(vec![number], "", Names::default(), locked("sealed.7z"));
        let detected = mapping::detected(&leaf);
        walk.archive(leaf, detected, Origin { beside_text: false, spent: true });
    }
    assert_eq!(walk.out.findings, [(vec![1], Code::WrongPassword, 1), (vec![2], Code::TooLarge, 1)]);
}
