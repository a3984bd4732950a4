//! What a compromised worker may say: never a panic, and what the gateway believes is within the item's limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_protocol::{Decoder, Frame, FromWorker, Subject, Way, encode_control};
use temizu::domain::{Action, PartPath};
use temizu::ports::{Answer, Order};
use temizu::sandbox::check;
use temizu_fuzz::{LIMITS, two};
use temizu_worker::mapping;

fuzz_target!(|data: &[u8]| {
    let (changes, mail) = two(data);
    // The fuzzer's bytes as they are, and an honest answer with some bytes changed.
    judge(&Frame::Control(mail.to_vec()), mail.len() as u64);
    let Ok(item) = mapping::inspect(&Subject::Mail, mail, &LIMITS) else { return };
    let mut encoded = Vec::new();
    encode_control(&FromWorker::Inspected(Box::new(item.found)), &mut encoded).unwrap();
    let mut decoder = Decoder::default();
    decoder.push(&encoded);
    let Some(Frame::Control(mut payload)) = decoder.next_frame().unwrap() else { return };
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % payload.len();
        payload[at] ^= change[2];
    }
    judge(&Frame::Control(payload), mail.len() as u64);
});

fn judge(frame: &Frame, length: u64) {
    let Ok(message) = frame.message::<FromWorker>() else { return };
    match message {
        FromWorker::Inspected(found) => {
            let Ok(inspection) = check::inspection(*found, &LIMITS, length, false) else { return };
            let parts = &inspection.parts;
            assert!(parts.len() as u64 <= u64::from(LIMITS.parts));
            assert!(parts.windows(2).all(|pair| pair[0].path < pair[1].path), "parts twice or out of order");
            assert!(parts.iter().map(|part| u128::from(part.length)).sum::<u128>() <= u128::from(length));
            let names = parts.iter().filter_map(|part| part.name.as_ref());
            for line in names.map(|name| name.as_str()).chain(inspection.headers.subject.as_deref()) {
                assert!(!line.contains(['\r', '\n', '\0', '\u{202E}']), "not a line");
            }
        }
        FromWorker::Written(head) => {
            let Some(path) = PartPath::new(head.path.clone()) else { return };
            let action = if head.way == Way::Text { Action::Text } else { Action::Rebuild };
            let order = Order { path, action };
            let mut allowance = check::Allowance::of(&LIMITS, sanitizer_protocol::TableEncoding::default());
            let Ok(promise) = check::promise(head, &order, &mut allowance) else { return };
            assert!(promise.length() <= LIMITS.output_bytes);
        }
        FromWorker::Refused { path, way, code } => {
            let Some(own) = PartPath::new(path.clone()) else { return };
            let order = Order { path: own, action: Action::Text };
            if let Ok(answer) = check::refusal(&path, way, &code, &order) {
                assert!(way == Way::Text && matches!(answer, Answer::Refused { .. }));
            }
        }
        FromWorker::Progress(told) => {
            let Some(path) = PartPath::new(told.path.clone()) else { return };
            let order = Order { path, action: Action::Rebuild };
            if let Ok(step) = check::progress(&told, &order, &mut check::Patience::default()) {
                assert!(step.done <= step.total && step.total > 0);
            }
        }
        FromWorker::Ready { .. } | FromWorker::Failed(_) | FromWorker::Extracted { .. } | FromWorker::NotExtracted => {}
    }
}
