//! How much memory the largest hostile files need: a process of its own, because its peak is asked of the system.
//!
//! The worker's address space is bounded: a file that needs more than the rest of its mail would end the whole mail.

use sanitizer_api::{Budget, Hints};

/// Largest input that is read at all under the default limits: four times the text that may be written.
const INPUT: usize = 8 * 1024 * 1024;
/// Most bytes for it, all copies together: sixteen times the input.
const PEAK: usize = 16 * INPUT;

/// The most memory that this process ever held, in bytes (proc_pid_status(5)).
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<usize>().ok()?.checked_mul(1024)
}

/// `start`, then `piece` again and again, then `end`.
fn file(start: &str, piece: &str, end: &str) -> Vec<u8> {
    let times = (INPUT - start.len() - end.len()) / piece.len();
    [start, &piece.repeat(times), end].concat().into_bytes()
}

#[test]
fn separators_and_short_lines_cost_no_more_than_copies_of_the_file() {
    let parameters = format!("A{}:\n", ";".repeat(63));
    let listed = format!("NOTE{}:a\n", ";".repeat(63));
    let types = format!("TEL{}:1\n", ";TYPE=,,,,,,,,,,,,,,,,".repeat(60));
    let (card, card_end) = ("BEGIN:VCARD\nFN:a\n", "\nEND:VCARD\n");
    let (event, event_end) = ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\n", "\nEND:VEVENT\nEND:VCALENDAR\n");
    let inputs = [
        ("vcf", file(card, &parameters, card_end)),
        ("vcf", file(card, &listed, card_end)),
        ("vcf", file(card, &types, card_end)),
        ("vcf", file(card, "a\n", card_end)),
        ("vcf", file(card, "N:\n", card_end)),
        ("vcf", file("BEGIN:VCARD\nFN:a\nN:", ";", card_end)),
        ("vcf", file("BEGIN:VCARD\nFN:a\nORG:", ",", card_end)),
        ("vcf", file("BEGIN:VCARD\nFN:a\nTEL", ";", ":1\nEND:VCARD\n")),
        ("vcf", file("BEGIN:VCARD\nFN:a\nTEL;TYPE=", ",", ":1\nEND:VCARD\n")),
        ("ics", file(event, &parameters, event_end)),
        ("ics", file(event, "COMMENT:\n", event_end)),
        ("ics", file(event, "a\n", event_end)),
        ("ics", file("BEGIN:VCALENDAR\nBEGIN:VEVENT\nCATEGORIES:", ",", event_end)),
        ("ics", file("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEXDATE:", ",", event_end)),
        ("ics", file("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY", ";", ":a\nEND:VEVENT\nEND:VCALENDAR\n")),
    ];
    let held = inputs.iter().map(|(_, input)| input.len()).sum::<usize>();
    for (number, (type_id, input)) in inputs.iter().enumerate() {
        // Refused or not: it is the way there that costs.
        let sanitizer = sanitizer_calendar::sanitizer_for(type_id).unwrap();
        drop(sanitizer.sanitize(input, Hints::default(), &mut Budget::generous()));
        let start = std::str::from_utf8(&input[..60]).unwrap();
        let peak = peak().expect("the system tells what a process held");
        assert!(peak < held + PEAK, "{number}: {} MiB for {start}", (peak - held) >> 20);
    }
}
