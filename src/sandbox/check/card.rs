//! The second look at calendars and address cards: content lines with listed names, and no address that is live.
//!
//! Knows nothing of dates and people. Refuses nothing by itself. Invariant: one pass over the lines, and no name passes
//! that is not in the lists below, whatever the worker says.

use super::derivative::{has_live_scheme, is_live};

/// Octets of a line without its end (RFC 5545 3.1, RFC 2426 2.6).
const WIDTH: usize = 75;
/// Components inside components.
const MAX_DEPTH: usize = 3;

/// What may stand in one kind of file.
#[derive(Debug)]
pub(super) struct Names {
    /// The component around everything.
    whole: &'static str,
    components: &'static [&'static str],
    properties: &'static [&'static str],
    parameters: &'static [&'static str],
}

/// Names of a calendar.
pub(super) const CALENDAR: Names = Names {
    whole: "VCALENDAR",
    components: &["VTIMEZONE", "STANDARD", "DAYLIGHT", "VEVENT", concat!("VTO", "DO"), "VFREEBUSY", "VALARM"],
    properties: &[
        "ACTION",
        "ATTENDEE",
        "CALSCALE",
        "CATEGORIES",
        "CLASS",
        "COMMENT",
        "COMPLETED",
        "CREATED",
        "DESCRIPTION",
        "DTEND",
        "DTSTAMP",
        "DTSTART",
        "DUE",
        "DURATION",
        "EXDATE",
        "FREEBUSY",
        "LAST-MODIFIED",
        "LOCATION",
        "METHOD",
        "ORGANIZER",
        "PERCENT-COMPLETE",
        "PRIORITY",
        "PRODID",
        "RDATE",
        "RECURRENCE-ID",
        "REPEAT",
        "RRULE",
        "SEQUENCE",
        "STATUS",
        "SUMMARY",
        "TRANSP",
        "TRIGGER",
        "TZID",
        "TZNAME",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "UID",
        "VERSION",
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-MICROSOFT-CDO-INTENDEDSTATUS",
    ],
    parameters: &["CN", "CUTYPE", "FBTYPE", "PARTSTAT", "RANGE", "RELATED", "ROLE", "RSVP", "TZID", "VALUE"],
};

/// Names of an address card.
pub(super) const CONTACT: Names = Names {
    whole: "VCARD",
    components: &[],
    properties: &[
        "ADR",
        "BDAY",
        "EMAIL",
        "FN",
        "LABEL",
        "N",
        "NICKNAME",
        "NOTE",
        "ORG",
        "ROLE",
        "SORT-STRING",
        "TEL",
        "TITLE",
        "VERSION",
        "X-PHONETIC-FIRST-NAME",
        "X-PHONETIC-LAST-NAME",
    ],
    parameters: &["TYPE"],
};

/// True if `text` is whole and holds nothing but listed names, in lines as they are sent, and no live address.
pub(super) fn holds(text: &str, names: &Names) -> bool {
    let Some(text) = text.strip_suffix("\r\n") else { return false };
    let mut open: Vec<&str> = Vec::new();
    if text.split("\r\n").any(|line| line.len() > WIDTH || line.contains(['\r', '\n'])) {
        return false;
    }
    let unfolded = text.replace("\r\n ", "");
    unfolded.split("\r\n").all(|line| line_holds(line, names, &mut open)) && open.is_empty()
}

fn line_holds<'a>(line: &'a str, names: &Names, open: &mut Vec<&'a str>) -> bool {
    let Some((head, value)) = line.split_at_checked(colon(line)).filter(|(_, value)| !value.is_empty()) else {
        return false;
    };
    let value = value.get(1..).unwrap_or_default();
    let mut pieces = unquoted(head, ';').into_iter();
    match pieces.next().unwrap_or_default() {
        "BEGIN" if open.is_empty() => {
            open.push(value);
            value == names.whole && head == "BEGIN"
        }
        "BEGIN" => {
            open.push(value);
            names.components.contains(&value) && open.len() <= MAX_DEPTH && head == "BEGIN"
        }
        "END" => open.pop() == Some(value) && head == "END",
        name => {
            let listed = !open.is_empty() && names.properties.contains(&name);
            let fits = |piece: &str| piece.split_once('=').is_some_and(|(name, _)| names.parameters.contains(&name));
            if !listed || !pieces.all(fits) || is_live(head) {
                return false;
            }
            match name {
                // Nobody makes a link of these: programs compare and answer them.
                "UID" | "EMAIL" => !has_live_scheme(value),
                "ATTENDEE" | "ORGANIZER" => !has_live_scheme(value) && value.starts_with("mailto:"),
                _ => !is_live(&unescaped(value)),
            }
        }
    }
}

/// Where the names end; the length of the line if they never do.
fn colon(line: &str) -> usize {
    let mut quoted = false;
    let at = line.find(|c| {
        quoted ^= c == '"';
        c == ':' && !quoted
    });
    at.unwrap_or(line.len())
}

fn unquoted(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

/// The text as a program shows it: a line end before an address is a line end.
fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut escape = false;
    for c in value.chars() {
        let escaped = escape;
        escape = c == '\\' && !escaped;
        match (escaped, c) {
            (true, 'n') => out.push('\n'),
            (false, '\\') => {}
            (_, c) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(lines: &str) -> bool {
        let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n{lines}END:VEVENT\nEND:VCALENDAR\n");
        holds(&text.replace('\n', "\r\n"), &CALENDAR)
    }

    #[test]
    fn only_listed_lines_without_live_addresses_pass() {
        for (lines, believed) in [
            ("UID:1@www.example.jp\nSUMMARY:会議\n", true),
            ("ATTENDEE;PARTSTAT=ACCEPTED;CN=\"山田: 太郎\":mailto:a@www.example.jp\n", true),
            ("DESCRIPTION:a\\nb c\\\\nwww\n", true),
            ("DESCRIPTION:一行\n 目\n", true),
            ("DESCRIPTION:https://example.jp\n", false),
            ("DESCRIPTION:htt\n ps://example.jp\n", false),
            ("DESCRIPTION:a\\nwww.example.jp\n", false),
            ("UID:http://a\n", false),
            ("ATTENDEE;CN=www.evil.example:mailto:a@b.jp\n", false),
            ("ATTENDEE:http:a\n", false),
            ("ATTENDEE;SENT-BY=\"mailto:x@y.jp\":mailto:a@b.jp\n", false),
            ("ATTACH:a\n", false),
            ("X-ALT-DESC:a\n", false),
            ("summary:a\n", false),
            ("no colon\n", false),
            ("\n", false),
            ("BEGIN:VJOURNAL\nEND:VJOURNAL\n", false),
            ("BEGIN:VALARM\nEND:VEVENT\n", false),
            ("BEGIN:VALARM\nEND:VALARM\n", true),
            ("BEGIN:VALARM\nBEGIN:VALARM\nEND:VALARM\nEND:VALARM\n", false),
            (&format!("SUMMARY:{}\n", "a".repeat(68)), false),
            ("SUMMARY:a\rb\n", false),
        ] {
            assert_eq!(event(lines), believed, "{lines}");
        }
        for (text, believed) in [
            ("BEGIN:VCARD\r\nFN:a\r\nTEL;TYPE=CELL:1\r\nEND:VCARD\r\n", true),
            ("BEGIN:VCARD\r\nFN:a\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:b\r\nEND:VCARD\r\n", true),
            ("BEGIN:VCARD\r\nPHOTO:a\r\nEND:VCARD\r\n", false),
            ("BEGIN:VCARD\r\nFN:a\r\nEND:VCARD\r\nFN:b\r\n", false),
            ("BEGIN:VCARD\r\nFN:a\r\n", false),
            ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", false),
            ("BEGIN:VCARD\nFN:a\nEND:VCARD\n", false),
            ("", false),
        ] {
            assert_eq!(holds(text, &CONTACT), believed, "{text}");
        }
    }
}
