//! The second look at calendars and address cards: content lines with listed names, and no address that is live.
//!
//! Knows nothing of dates and people. Refuses nothing by itself. Invariant: one pass over the lines, and no name passes
//! that is not in the lists below, whatever the worker says.

use super::derivative::is_live;

/// Octets of a line without its end (RFC 5545 3.1, RFC 2426 2.6).
const WIDTH: usize = 75;
/// Components inside components.
const MAX_DEPTH: usize = 3;

/// Schemes that no program knows.
const INERT: [&str; 3] = ["hxxp", "hxxps", "fxp"];
/// Schemes that are followed up with one slash of either kind.
const LENIENT: [&str; 8] = ["https:/", "https:\\", "http:/", "http:\\", "ftp:/", "ftp:\\", "file:/", "file:\\"];

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
            // Some programs read escapes in names, too (RFC 6868).
            if !listed || !pieces.all(fits) || head.contains(['^', '\\']) || is_clickable(head) {
                return false;
            }
            match name {
                "ACTION" => value == "DISPLAY",
                // Nobody makes a link of these: programs compare and answer them.
                "UID" => unescaped(value).is_some_and(|identifier| !has_scheme(&identifier)),
                "EMAIL" => is_address(value),
                "ATTENDEE" | "ORGANIZER" => value.strip_prefix("mailto:").is_some_and(is_address),
                _ => unescaped(value).is_some_and(|text| !is_clickable(&text)),
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

/// The text as a program shows it: a line end before an address is a line end. `None` if an escape is none of ours,
/// which programs read in their own ways.
fn unescaped(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                plain @ ('\\' | ',' | ';') => plain,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(out)
}

/// True if some mail program or calendar would make the text, or a piece of it, a link.
fn is_clickable(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_name = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let goes_on = |(at, start): (usize, &str)| {
        is_name(lower.get(at..).and_then(|rest| rest.strip_prefix(start)).and_then(|rest| rest.chars().next()))
    };
    let is_host = |(at, label): (usize, &str)| {
        let (before, host) = lower.split_at_checked(at).unwrap_or_default();
        !is_name(before.chars().next_back()) && is_name(host.chars().nth(label.len()))
    };
    // Every pair of backslashes, also of three.
    let shares = || {
        lower
            .char_indices()
            .filter_map(|(at, _)| lower.get(at..at.saturating_add(2)).map(|two| (at, two)))
            .filter(|(_, two)| *two == "\\\\")
    };
    is_live(text)
        || has_scheme(&lower)
        || LENIENT.iter().any(|scheme| lower.contains(scheme))
        || lower.match_indices("mailto:").chain(shares()).any(goes_on)
        || lower.match_indices("ftp.").any(is_host)
}

/// True if `://` stands behind a scheme that is not one of ours, which no program knows.
fn has_scheme(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_scheme = |(at, _): (usize, &str)| {
        let before = lower.get(..at).unwrap_or_default();
        before.ends_with(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !INERT.iter().any(|inert| before.ends_with(inert))
    };
    lower.match_indices("://").any(is_scheme)
}

/// True for the address of a person: ASCII with one `@`, and nothing that begins a header or a file in a `mailto:`.
fn is_address(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"@.!#$&'*+/=_|~-".contains(&b);
    text.bytes().all(is_plain) && text.bytes().filter(|b| *b == b'@').count() == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sanitizer_api::{Budget, Hints, Sanitizer};
    use sanitizer_calendar::{Calendar, Contacts};

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
            ("DESCRIPTION:a\\Nwww.example.jp\n", false),
            ("DESCRIPTION:a\\twww.example.jp\n", false),
            ("DESCRIPTION:a\\\n", false),
            ("DESCRIPTION:mailto[:]a@b.jp mailto: \\[\n", false),
            ("DESCRIPTION:mailto[:]a@b.jp mailto: [\\\\\\\\]server C:\\\\a\n", true),
            ("DESCRIPTION:連絡先<MAILTO:a@b.jp>\n", false),
            ("DESCRIPTION:\\\\\\\\server\\\\share\n", false),
            ("LOCATION:ldap://x\n", false),
            ("LOCATION:http:/x\n", false),
            ("LOCATION:見るHTTPS:\\\\x\n", false),
            ("LOCATION:ftp.example.jp\n", false),
            ("LOCATION:hxxps://x fxp://y ldap[://]z ://\n", true),
            ("ACTION:DISPLAY\n", true),
            ("ACTION:EMAIL\n", false),
            ("ACTION:AUDIO\n", false),
            ("UID:http://a\n", false),
            ("UID:webcal://a\n", false),
            ("UID:http[://]a\n", true),
            ("ATTENDEE;CN=a^nwww.evil.jp:mailto:a@b.jp\n", false),
            ("ATTENDEE;CN=a\\nb:mailto:a@b.jp\n", false),
            ("ATTENDEE;CN=\"mailto:a@b.jp\":mailto:a@b.jp\n", false),
            ("ATTENDEE;CN=\"mailto[:]a@b.jp\":mailto:a@b.jp\n", true),
            ("ATTENDEE:mailto:a@b.jp?attach=/etc/x\n", false),
            ("ATTENDEE:mailto:a%0D%0ABcc%3Ax@b.jp\n", false),
            ("ATTENDEE:mailto:a@b@c.jp\n", false),
            ("ATTENDEE:mailto:a\n", false),
            ("ATTENDEE:mailto:山田@b.jp\n", false),
            ("ORGANIZER:MAILTO:a@b.jp\n", false),
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
            ("BEGIN:VCARD\r\nFN:a\r\nEMAIL:soumu@www.city.example.jp\r\nEND:VCARD\r\n", true),
            ("BEGIN:VCARD\r\nFN:a\r\nEMAIL:a@b.jp?x\r\nEND:VCARD\r\n", false),
            ("BEGIN:VCARD\r\nFN:a\r\nEMAIL:a\r\nEND:VCARD\r\n", false),
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

    /// What the gateway makes of what the worker writes of `input`: `None` if the worker refuses it.
    fn is_believed(sanitizer: &dyn Sanitizer, input: &[u8], charset: Option<&str>) -> Option<bool> {
        let hints = Hints { charset, ..Hints::default() };
        let rebuilt = sanitizer.sanitize(input, hints, &mut Budget::generous()).ok()?;
        let text = std::str::from_utf8(&rebuilt.bytes).unwrap();
        let names = if rebuilt.media_type == "text/calendar" { &CALENDAR } else { &CONTACT };
        Some(holds(text, names))
    }

    fn calendar(lines: &str) -> String {
        format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n")
    }

    fn contact(lines: &str) -> String {
        format!("BEGIN:VCARD\nVERSION:3.0\n{lines}\nEND:VCARD\n")
    }

    /// What tells of an address, in any text, and in a name.
    const TEXTS: [&str; 24] = [
        "連絡先 <mailto:a@b.jp>",
        "mailto:a@b.jp",
        "MAILTO:　a xmailto:b mailto:[a] mailto:",
        "a\\nwww.evil.jp",
        "a\\Nwww.evil.jp",
        "a^nwww.evil.jp a^Nwww.evil.jp",
        "a\\\\nwww.evil.jp",
        "\\\\server\\share",
        "\\\\\\\\server\\share",
        "\\\\\\\\\\\\server C:\\\\\\\\dir x:\\\\\\\\dir",
        "ldap://x webcal://y://z hxxp://a [://] ://b",
        "http:/x https:\\x ftp:/x file:x FILE:/x xhttp:/y",
        "http://www.http://b.jp http://www.",
        "http://a.jp/www.b.jp?ftp.c.jp",
        "javascript:x ms-msdt:/id sip:a@b search-ms:query=x",
        "www.www.a.jp. awww.b www..a ftp.a ftp. www_www.a",
        "soumu@www.city.example.jp",
        "soumu@www.city.example.jp?subject=x",
        "a%0D%0ABcc%3Ax%40evil.jp@b.jp",
        "tel:tel:1",
        "TEL:mailto:a",
        "tel:www.evil.jp",
        "http:\u{200B}//x w\u{200B}ww.x mail\u{200B}to:a \\\u{200B}n",
        "\"http\"://x;\"www\".x,www.y",
    ];

    #[test]
    fn whatever_the_worker_writes_is_believed() {
        for text in TEXTS {
            for line in [
                format!("DESCRIPTION:{text}"),
                format!("CATEGORIES:{text},{text};x"),
                format!("UID:{text}"),
                format!("ATTENDEE;CN={text}:mailto:a@b.jp"),
                format!("ATTENDEE;CN=\"{text}\":mailto:{text}"),
                format!("ATTENDEE:mailto:{text}"),
                format!("DTSTART;TZID=\"{text}\":20261201T100000"),
                format!("BEGIN:VALARM\nACTION:EMAIL\nACTION:DISPLAY\nTRIGGER:-PT5M\nDESCRIPTION:{text}\nEND:VALARM"),
            ] {
                assert_eq!(is_believed(&Calendar, calendar(&line).as_bytes(), None), Some(true), "{line}");
            }
            for line in [
                format!("FN:{text}"),
                format!("FN:a\nN:{text};{text}"),
                format!("FN:a\nTEL:{text}"),
                format!("FN:a\nEMAIL:{text}"),
                format!("EMAIL:{text}\nTEL:1"),
                format!("ORG:{text},{text}"),
            ] {
                assert_eq!(is_believed(&Contacts, contact(&line).as_bytes(), None), Some(true), "{line}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_the_worker_writes_of_any_pieces_is_believed(
            pieces in prop::collection::vec(prop::sample::select(&[
                "www.", "ftp.", "http", "https", "file", "ftp", "mailto", "tel:", "hxxp", "javascript", "ms-a", ":", "://",
                "/", "\\", "\\\\", "\\n", "\\N", "^n", "^", "[", "]", ".", "@", "?", "%", "a", "a.b", "日本", "　", " ",
                "\"", ",", ";", "=", "\u{200B}", "\t", "＼",
            ][..]), 1..14),
            line in prop::sample::select(&["DESCRIPTION:", "CATEGORIES:", "UID:", "ORGANIZER;CN=", "DTSTART;TZID=",
                "ATTENDEE:mailto:"][..]),
            field in prop::sample::select(&["FN:", "N:", "NOTE:", "TEL:", "EMAIL:", "ORG:", "NICKNAME:", "LABEL:"][..]),
        ) {
            let text = pieces.concat();
            let end = match line {
                "ORGANIZER;CN=" => ":mailto:a@b.jp",
                "DTSTART;TZID=" => ":20261201T100000",
                _ => "",
            };
            let event = calendar(&format!("{line}{text}{end}"));
            prop_assert_ne!(is_believed(&Calendar, event.as_bytes(), None), Some(false), "{}", event);
            // Of a text alone nothing is malformed; a time may become none.
            prop_assert!(line.starts_with("DT") || is_believed(&Calendar, event.as_bytes(), None).is_some(), "{}", event);
            let card = contact(&format!("NOTE:a\nTEL:1\n{field}{text}"));
            prop_assert_eq!(is_believed(&Contacts, card.as_bytes(), None), Some(true), "{}", card);
        }
    }
}
