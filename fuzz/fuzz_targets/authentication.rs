//! What relays say of the sender, with hostile values: words of the lists, and the gateway believes the worker.
#![no_main]

use libfuzzer_sys::fuzz_target;

const FIELDS: [&str; 5] = [
    "Authentication-Results: ",
    "Authentication-Results: mx.example.jp; ",
    "ARC-Authentication-Results: i=1; ",
    "ARC-Seal: ",
    "Received-SPF: ",
];

fuzz_target!(|value: &[u8]| {
    let mut mail = Vec::new();
    for field in FIELDS {
        mail.extend_from_slice(field.as_bytes());
        for &byte in value {
            match byte {
                // Folded, so that it stays one field.
                b'\n' => mail.extend_from_slice(b"\r\n "),
                b'\r' => {}
                other => mail.push(other),
            }
        }
        mail.extend_from_slice(b"\r\n");
    }
    mail.extend_from_slice(b"\r\nbody\r\n");
    if let Some(inspection) = temizu_fuzz::inspect(&mail) {
        assert!(inspection.authentication.iter().all(|field| field.results.len() <= 20));
    }
});
