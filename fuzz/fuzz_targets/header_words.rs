//! Header fields with hostile values: addresses, encoded words, names, dates. What is read is a line, and believed.
#![no_main]

use libfuzzer_sys::fuzz_target;

const FIELDS: [&str; 9] = [
    "From: ",
    "To: ",
    "Subject: ",
    "Date: ",
    "References: ",
    "Content-Type: application/octet-stream; ",
    "Content-Disposition: attachment; filename=",
    "Content-Disposition: attachment; filename*=eucJP-ms''",
    "Reply-To: ",
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
    temizu_fuzz::inspect(&mail);
});
