//! Exports of the audit chain: hostile files are judged without a panic, and no change of a good one goes unseen.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temizu::audit::export::verify_export;
use temizu::domain::AuditRecord;
use temizu_fuzz::two;

fuzz_target!(|data: &[u8]| {
    if let Ok(verified) = verify_export(data) {
        assert_eq!(data.iter().filter(|b| **b == b'\n').count() as u64, verified.count);
    }
    let (changes, words) = two(data);
    let good = export(words);
    let verified = verify_export(good.as_slice()).expect("our own export holds");
    let mut changed = good;
    for change in changes.chunks_exact(3).filter(|_| verified.count > 0) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % changed.len();
        changed[at] ^= change[2];
    }
    // Another spelling of the same records is the same chain; anything else is found.
    if let Ok(other) = verify_export(changed.as_slice()) {
        assert_eq!(other, verified, "a change went unseen");
    }
});

/// One record for each piece of `words`.
fn export(words: &[u8]) -> Vec<u8> {
    let (mut out, mut previous) = (Vec::new(), AuditRecord::GENESIS);
    for (sequence, word) in (1u64..).zip(words.chunks(16)) {
        let body = serde_json::json!({ "sequence": sequence, "word": String::from_utf8_lossy(word) }).to_string();
        let hash = AuditRecord::hash_of(previous, &body);
        let record = AuditRecord { sequence, previous, hash, body };
        out.extend(serde_json::to_vec(&record).unwrap());
        out.push(b'\n');
        previous = hash;
    }
    out
}
