//! Real archives, where a folder of them is at hand: above the workspace, never inside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Allowance, Archive, Content, Unreadable, open};
use crate::tests::{again, files as members};

/// Times that each file is changed.
const CHANGES: usize = 5;

/// The type of a file by how it begins: enough for files that are what they are named.
fn type_of(bytes: &[u8], name: &str) -> Option<&'static str> {
    let signatures: [(usize, &[u8], &str); 9] = [
        (0, b"PK\x03\x04", "zip"),
        (0, b"PK\x05\x06", "zip"),
        (0, b"7z\xBC\xAF\x27\x1C", "7z"),
        (0, b"Rar!\x1A\x07", "rar"),
        (0, b"MSCF", "cab"),
        (0, b"\x1F\x8B\x08", "gzip"),
        (0, b"BZh", "bzip2"),
        (0, b"\xFD7zXZ\0", "xz"),
        (257, b"ustar", "tar"),
    ];
    let found = signatures.iter().find(|(at, magic, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    let is_office = [
        "docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx", "xltm", "xlsb", "pptx", "pptm", "ppsx", "potx", "odt",
        "ods", "odp",
    ]
    .iter()
    .any(|extension| name.ends_with(extension));
    match found {
        Some((_, _, id)) => Some(*id),
        None if name.ends_with(".lzh") => Some("lzh"),
        None => None,
    }
    .filter(|id| !is_office || *id == "zip")
}

fn files() -> Vec<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(3);
    let mut files: Vec<PathBuf> = above
        .filter_map(|folder| folder.join("shared/corpus").read_dir().ok())
        .flatten()
        .filter_map(|entry| entry.ok()?.path().read_dir().ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    files
}

fn tell(name: &str, id: &str, opened: &Result<Archive, Unreadable>) {
    match opened {
        Err(error) => println!("{name}\t{id}\t!\t{error:?}"),
        Ok(archive) => {
            println!("{name}\t{id}\tok\t{}\t{:?}", archive.members.len(), archive.oddities);
            for member in &archive.members {
                let content = match &member.content {
                    Content::File(bytes) => format!("{:08x}", crc32fast::hash(bytes)),
                    Content::Kept(why) => format!("{why:?}"),
                };
                println!("{name}\t{id}\t-\t{}\t{}\t{content}\t{:?}", member.name, member.size, member.changes);
            }
        }
    }
}

#[test]
fn real_archives_open_and_their_safe_names_stay_as_they_are() {
    let mut opened: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(id) = type_of(&bytes, &name) else { continue };
        let mut allowance = Allowance { members: 10_000, ..Allowance::usual() };
        let archive = open(id, &bytes, &mut allowance);
        tell(&name, id, &archive);
        let count = opened.entry(id).or_default();
        count.1 += 1;
        let Ok(archive) = archive else { continue };
        count.0 += 1;
        let mut allowance = Allowance { members: 10_000, ..Allowance::usual() };
        let read = open("zip", &again(&archive), &mut allowance).unwrap();
        assert!(read.oddities.is_empty());
        assert_eq!(members(&read), members(&archive));
    }
    println!("opened: {opened:?}");
    for (id, (good, all)) in opened {
        assert!(good * 2 > all, "{id}: {good} of {all} open");
    }
}

#[test]
fn changed_bytes_of_real_archives_are_survived() {
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 11).unwrap() % below
    };
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(id) = type_of(&bytes, &name).filter(|_| bytes.len() < 20_000) else { continue };
        for _ in 0..CHANGES {
            let mut changed = bytes.clone();
            for _ in 0..=random(4) {
                let at = random(changed.len());
                changed[at] = [0, 0xFF, 0x7F, 0x80, u8::try_from(random(256)).unwrap()][random(5)];
            }
            let mut allowance = Allowance { bytes: 4 << 20, ..Allowance::usual() };
            let opened = std::panic::catch_unwind(move || drop(open(id, &changed, &mut allowance)));
            assert!(opened.is_ok(), "{}", path.display());
        }
    }
}
