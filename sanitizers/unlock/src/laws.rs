//! The laws of every reader of hostile bytes: any bytes end, without a panic, within the allowance, the same way twice.

use proptest::prelude::*;

use crate::office::tests::{agile_file, excel_file, word_file};
use crate::tests::{PDF_3, PDF_6, SEVEN_SEALED, decoded, resummed, seven_file};
use crate::zip::tests::{With, zip_file};
use crate::{Allowance, unlock};

const ALLOWANCE: Allowance = Allowance { bytes: 200_000, members: 20, work: 600_000 };
/// End record of a zip, which nobody pays for; what lopdf adds to a file stays below as well.
const UNPAID: u64 = 22;

fn hold(type_id: &str, bytes: &[u8]) {
    let mut allowance = ALLOWANCE;
    let ended = unlock(type_id, bytes, &["wrong", "Himitsu123"], &mut allowance);
    if let Ok(opened) = &ended {
        let length = u64::try_from(opened.bytes.len()).unwrap();
        assert!(length <= ALLOWANCE.bytes - allowance.bytes + UNPAID, "what is opened is paid for");
        assert!(opened.used.iter().all(|place| *place < 2));
    }
    let mut again = ALLOWANCE;
    assert_eq!(unlock(type_id, bytes, &["wrong", "Himitsu123"], &mut again), ended);
    assert_eq!(again, allowance);
}

fn whole_files() -> Vec<(&'static str, Vec<u8>)> {
    let with = [With::Traditional(b"Himitsu123"), With::Aes(2, 3, b"Himitsu123")];
    let members = with.map(|with| (b"a".as_slice(), b"himitsu himitsu".as_slice(), with));
    vec![
        ("zip", zip_file(&members)),
        ("7z", seven_file("Himitsu123", 4, b"himitsu")),
        ("office-encrypted", agile_file("Himitsu123", 3)),
        ("xls", excel_file("Himitsu123").0),
        ("doc", word_file("Himitsu123")),
        ("pdf", decoded(PDF_3)),
        ("pdf", decoded(PDF_6)),
    ]
}

#[test]
fn whole_files_hold_the_laws() {
    for (type_id, bytes) in whole_files() {
        let ended = unlock(type_id, &bytes, &["wrong", "Himitsu123"], &mut ALLOWANCE.clone());
        assert_eq!(ended.map(|opened| opened.used), Ok(vec![1]), "{type_id}");
        hold(type_id, &bytes);
    }
    hold("7z", &decoded(SEVEN_SEALED));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (type_id, front) in [
            ("zip", b"PK\x03\x04".as_slice()),
            ("7z", b"7z\xBC\xAF\x27\x1C\0\x04"),
            ("rar", b"Rar!\x1A\x07\x01\0"),
            ("rar", b"Rar!\x1A\x07\0"),
            ("office-encrypted", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
            ("pdf", b"%PDF-1.7\n"),
            ("unknown", b""),
        ] {
            hold(type_id, &bytes);
            hold(type_id, &[front, &bytes].concat());
        }
    }

    #[test]
    fn a_directory_of_a_7z_that_somebody_made_up_ends(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for whole in [seven_file("Himitsu123", 4, b"himitsu"), decoded(SEVEN_SEALED)] {
            let mut changed = whole.clone();
            let (_, directory) = changed.split_at_mut(32 + usize::from(whole[12]));
            for (at, to) in &changes {
                directory[at.index(directory.len())] = *to;
            }
            hold("7z", &resummed(changed));
        }
    }

    #[test]
    fn every_changed_byte_and_every_cut_of_a_whole_file_is_survived(
        at in any::<prop::sample::Index>(),
        to in any::<[u8; 2]>(),
        cut in any::<prop::sample::Index>(),
    ) {
        for (type_id, whole) in whole_files() {
            let mut changed = whole.clone();
            let at = at.index(changed.len() - 2);
            changed[at..at + 2].copy_from_slice(&to);
            hold(type_id, &changed);
            hold(type_id, &whole[..cut.index(whole.len())]);
        }
    }
}
