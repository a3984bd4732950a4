//! The laws of every reader of hostile bytes: any bytes end, without a panic, within the allowance; what was opened, put
//! into a plain zip under its safe names, opens to the same files.

use proptest::prelude::*;

use crate::tests::made::whole;
use crate::tests::{again, files};
use crate::{Allowance, Content, open};

const ALLOWANCE: Allowance = Allowance { bytes: 100_000, member_bytes: 60_000, members: 20 };
const KINDS: [&str; 10] = ["zip", "7z", "rar", "lzh", "cab", "tar", "gzip", "bzip2", "xz", "zstd"];

fn hold(id: &str, bytes: &[u8]) {
    let mut allowance = ALLOWANCE;
    let opened = open(id, bytes, &mut allowance);
    assert_eq!(open(id, bytes, &mut ALLOWANCE.clone()), opened, "the same bytes give the same members");
    let Ok(archive) = opened else { return };
    let held: usize = archive.members.iter().map(|member| length(&member.content)).sum();
    assert!(u64::try_from(held).unwrap() <= ALLOWANCE.bytes - allowance.bytes, "what is kept is spent");
    assert!(u32::try_from(archive.members.len()).unwrap() <= ALLOWANCE.members - allowance.members);
    let read = open("zip", &again(&archive), &mut Allowance::usual()).unwrap();
    assert!(read.oddities.is_empty() && read.members.iter().all(|member| member.changes.is_empty()));
    assert_eq!(files(&read), files(&archive), "safe names are safe as they are");
}

fn length(content: &Content) -> usize {
    match content {
        Content::File(bytes) => bytes.len(),
        Content::Kept(_) => 0,
    }
}

proptest! {
    #[test]
    fn any_bytes_end_within_the_allowance(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for id in KINDS {
            hold(id, &bytes);
        }
    }

    #[test]
    fn any_bytes_behind_a_good_beginning_end_within_the_allowance(
        cut in any::<prop::sample::Index>(),
        tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        for (id, whole) in whole() {
            hold(id, &[&whole[..cut.index(whole.len() + 1)], tail.as_slice()].concat());
        }
    }

    #[test]
    fn every_changed_byte_of_a_whole_archive_is_survived(
        at in any::<prop::sample::Index>(),
        to in any::<[u8; 3]>(),
        length in 1usize..4,
    ) {
        for (id, whole) in whole() {
            let mut changed = whole.clone();
            let at = at.index(changed.len() - length);
            changed[at..at + length].copy_from_slice(&to[..length]);
            hold(id, &changed);
        }
    }

    #[test]
    fn any_names_are_written_and_read_as_they_were_made_safe(names in prop::collection::vec(".{0,40}|[./:\\\\ C]{0,12}|(CON|a|A|d/a)", 0..12)) {
        let mut rows = crate::tests::made::Zip::new();
        for name in &names {
            rows.add(crate::tests::made::stored(name.as_bytes(), name.as_bytes()));
        }
        hold("zip", &rows.bytes());
    }
}
