//! Archives: any bytes end within the allowance, and what is written of them opens to the same members.
#![no_main]

use sanitizer_archive::write::{Entry, write};
use sanitizer_archive::{Allowance, Archive, Content, open};

const ALLOWANCE: Allowance = Allowance { bytes: 1 << 20, member_bytes: 1 << 19, members: 100 };
const KINDS: [&str; 10] = ["zip", "7z", "rar", "lzh", "cab", "tar", "gzip", "bzip2", "xz", "zstd"];

fn files(archive: &Archive) -> Vec<Entry<'_>> {
    let members = archive.members.iter();
    members
        .filter_map(|member| match &member.content {
            Content::File(bytes) => Some(Entry { name: &member.name, bytes }),
            Content::Kept(_) => None,
        })
        .collect()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for id in KINDS {
        let Ok(archive) = open(id, bytes, &mut ALLOWANCE.clone()) else { continue };
        let written = write(&files(&archive), None).unwrap();
        let read = open("zip", &written, &mut Allowance::usual()).unwrap();
        assert!(read.oddities.is_empty());
        assert_eq!(files(&read), files(&archive));
        assert_eq!(write(&files(&read), None).unwrap(), written);
    }
});
