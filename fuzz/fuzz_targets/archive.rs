//! Archives: any bytes end within the allowance, and no two members have one name.
#![no_main]

use std::collections::BTreeSet;

use sanitizer_archive::{Allowance, Content, open};

const ALLOWANCE: Allowance = Allowance { bytes: 1 << 20, member_bytes: 1 << 19, members: 100 };
const KINDS: [&str; 10] = ["zip", "7z", "rar", "lzh", "cab", "tar", "gzip", "bzip2", "xz", "zstd"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for id in KINDS {
        let mut allowance = ALLOWANCE;
        let Ok(archive) = open(id, bytes, &mut allowance) else { continue };
        let lengths = archive.members.iter().map(|member| match &member.content {
            Content::File(bytes) => bytes.len(),
            Content::Kept(_) => 0,
        });
        assert!(u64::try_from(lengths.sum::<usize>()).unwrap() <= ALLOWANCE.bytes - allowance.bytes);
        let names: BTreeSet<String> = archive.members.iter().map(|member| member.name.to_lowercase()).collect();
        assert_eq!(names.len(), archive.members.len());
    }
});
