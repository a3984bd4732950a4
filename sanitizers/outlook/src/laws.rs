//! The law of every reader of hostile bytes: any bytes end, without a panic, within the allowance.

use proptest::prelude::*;

use crate::tests::{message_file, tnef_file};
use crate::{Allowance, Content, Message, read_msg, read_tnef, rtf};

const ALLOWANCE: Allowance = Allowance { bytes: 10_000, parts: 20, depth: 3 };

/// Bytes and parts of everything in a message, and how deep it goes.
fn weight(message: &Message) -> (u64, u32, u32) {
    let mut weight = (0, 0, 1);
    for body in &message.bodies {
        weight.0 += u64::try_from(body.bytes.len()).unwrap();
        weight.1 += 1;
    }
    for attachment in &message.attachments {
        weight.1 += 1;
        match &attachment.content {
            Content::File(bytes) => weight.0 += u64::try_from(bytes.len()).unwrap(),
            Content::Message(message) => {
                let inner = self::weight(message);
                weight = (weight.0 + inner.0, weight.1 + inner.1, weight.2.max(inner.2 + 1));
            }
            Content::Closed(_) | Content::Absent => {}
        }
    }
    weight
}

fn hold(bytes: &[u8]) {
    for read in [read_msg, read_tnef] {
        let mut allowance = ALLOWANCE;
        let ended = read(bytes, &mut allowance);
        assert_eq!(allowance.depth, ALLOWANCE.depth);
        if let Ok(message) = &ended {
            let (bytes, parts, depth) = weight(message);
            assert!(bytes <= ALLOWANCE.bytes - allowance.bytes, "what is read is spent");
            assert!(parts <= ALLOWANCE.parts - allowance.parts && depth <= ALLOWANCE.depth);
        }
        assert_eq!(read(bytes, &mut ALLOWANCE.clone()), ended, "the same bytes give the same message");
    }
}

proptest! {
    #[test]
    fn any_bytes_end_within_the_allowance(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        hold(&bytes);
        hold(&[b"\x78\x9F\x3E\x22\x01\0", bytes.as_slice()].concat());
        let text = rtf::text(&bytes);
        prop_assert!(text.len() <= bytes.len() * 4 + 16);
        let mut allowance = ALLOWANCE;
        let _ended = rtf::unpack(&[b"\0\0\0\0\xFF\x10\0\0LZFu\0\0\0\0", bytes.as_slice()].concat(), &mut allowance);
    }

    #[test]
    fn every_changed_byte_and_every_cut_of_a_whole_file_is_survived(
        at in any::<prop::sample::Index>(),
        to in any::<[u8; 4]>(),
        cut in any::<prop::sample::Index>(),
    ) {
        for whole in [message_file(), tnef_file()] {
            let mut changed = whole.clone();
            let at = at.index(changed.len() - 4);
            changed[at..at + 4].copy_from_slice(&to);
            hold(&changed);
            hold(&whole[..cut.index(whole.len())]);
        }
    }
}
