//! Calendars: invitations, answers to them, tasks, free and busy times.
//!
//! Refuses: files of another version, files whose components are not closed in their order, and those without an event,
//! task or busy time. Invariant: the output is its own fixed point, which is tried before it is handed out.

use sanitizer_api::{Assurance, Budget, Code, Hints, Rebuilt, SanitizeError, Sanitizer};
use sanitizer_japanese::decode;

use crate::line::{Line, fold, unfold, unfold_text};
use crate::property::{self, place};
use crate::tally::{Tally, count};
use crate::text::wide;

/// Deepest nesting that is read; ours is three.
const MAX_DEPTH: usize = 8;
/// Most components of a file.
const MAX_COMPONENTS: usize = 10_000;
/// Who wrote it (RFC 5545 3.7.3).
const PRODUCT: &str = "PRODID:-//Temizu//Calendar//EN";

/// A calendar.
#[derive(Debug, Clone, Copy)]
pub struct Calendar;

impl Sanitizer for Calendar {
    fn name(&self) -> &'static str {
        "calendar/ics"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let limit = usize::try_from(budget.text_bytes).unwrap_or(usize::MAX);
        if input.len() / 4 > limit {
            return Err(SanitizeError::LimitReached { what: "text" });
        }
        let mut tally = Tally::default();
        let text = text(input, hints.charset, &mut tally);
        let out = anew(&text, &mut tally)?;
        if out.len() > limit {
            return Err(SanitizeError::LimitReached { what: "text" });
        }
        // What another reading of our own lines would change is not ours to hand out.
        let again = anew(&unfold_text(&out), &mut Tally::default())?;
        if again != out {
            return Err(malformed());
        }
        budget.spend_output(out.len())?;
        let findings = tally.findings(Code::CalendarRebuilt, out.as_bytes() != input);
        let bytes = out.into_bytes();
        Ok(Rebuilt {
            bytes,
            media_type: "text/calendar",
            assurance: Assurance::Rebuilt,
            findings,
            links: Vec::new(),
            places: Vec::new(),
        })
    }
}

const fn malformed() -> SanitizeError {
    SanitizeError::Malformed { expected: "a calendar (iCalendar 2.0)" }
}

/// The unfolded text. Without a label it is UTF-8 (RFC 5545 3.1.4) if it can be.
fn text(input: &[u8], label: Option<&str>, tally: &mut Tally) -> String {
    if let Some(decoded) = wide(input, label) {
        tally.read(&decoded);
        return unfold_text(&decoded.text);
    }
    let unfolded = unfold(input);
    let is_utf8 = label.is_none() && std::str::from_utf8(&unfolded).is_ok();
    let decoded = decode(if is_utf8 { Some("utf-8") } else { label }, &unfolded);
    tally.read(&decoded);
    decoded.text
}

/// What may stand in a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    /// Its bit in the table of properties.
    place: u8,
    /// The bits of the components it may stand in; none for the calendar itself.
    within: u8,
}

const KINDS: [Kind; 8] = [
    Kind { name: "VCALENDAR", place: place::CALENDAR, within: 0 },
    Kind { name: "VTIMEZONE", place: place::ZONE, within: place::CALENDAR },
    Kind { name: "STANDARD", place: place::SHIFT, within: place::ZONE },
    Kind { name: "DAYLIGHT", place: place::SHIFT, within: place::ZONE },
    Kind { name: "VEVENT", place: place::EVENT, within: place::CALENDAR },
    Kind { name: concat!("VTO", "DO"), place: place::TASK, within: place::CALENDAR },
    Kind { name: "VFREEBUSY", place: place::BUSY, within: place::CALENDAR },
    Kind { name: "VALARM", place: place::ALARM, within: place::EVENT | place::TASK },
];

/// A component that has not ended yet.
#[derive(Debug)]
struct Open {
    /// Its name as it was given, in upper case.
    name: String,
    /// `None` if it is left out with all it holds.
    kind: Option<Kind>,
    /// Its properties, as they are to be written.
    lines: String,
    /// What may stand once and stands there.
    seen: Vec<&'static str>,
    /// Components inside it, as they are to be written.
    inner: String,
    /// An event, a task or a busy time is among them.
    has_content: bool,
}

/// Writes the calendars in `text` anew.
fn anew(text: &str, tally: &mut Tally) -> Result<String, SanitizeError> {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Open> = Vec::new();
    let mut components = 0usize;
    for raw in text.split('\n').filter(|raw| !raw.trim().is_empty()) {
        let Some(line) = Line::read_text(raw, property::is_listed) else {
            count(&mut tally.left_out);
            continue;
        };
        let value = std::str::from_utf8(line.value).unwrap_or_default().trim().to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" => {
                components = components.saturating_add(1);
                if components > MAX_COMPONENTS || open.len() >= MAX_DEPTH {
                    return Err(SanitizeError::LimitReached { what: "components" });
                }
                open.push(begin(value, open.last(), tally));
            }
            "END" => {
                let ended = open.pop().filter(|ended| ended.name == value).ok_or_else(malformed)?;
                end(&ended, open.last_mut(), &mut out, tally)?;
            }
            _ => match open.last_mut() {
                Some(component) => component.take(&line, tally)?,
                None => count(&mut tally.left_out),
            },
        }
    }
    // A file without its end was cut on its way.
    if open.is_empty() && !out.is_empty() { Ok(out) } else { Err(malformed()) }
}

fn begin(name: String, parent: Option<&Open>, tally: &mut Tally) -> Open {
    let within = match parent {
        None => Some(0),
        Some(parent) => parent.kind.map(|kind| kind.place),
    };
    let fits = |kind: &&Kind| {
        kind.name == name && within.is_some_and(|p| if p == 0 { kind.within == 0 } else { p & kind.within != 0 })
    };
    let kind = KINDS.iter().find(fits).copied();
    if kind.is_none() && within.is_some() {
        count(&mut tally.left_out);
    }
    Open { name, kind, lines: String::new(), seen: Vec::new(), inner: String::new(), has_content: false }
}

impl Open {
    /// Takes in a property, or leaves it out.
    fn take(&mut self, line: &Line<'_>, tally: &mut Tally) -> Result<(), SanitizeError> {
        let Some(kind) = self.kind else { return Ok(()) };
        match (line.name.as_str(), kind.place) {
            ("PRODID", place::CALENDAR) => return Ok(()),
            ("VERSION", place::CALENDAR) if line.value.trim_ascii() == b"2.0" => return Ok(()),
            ("VERSION", place::CALENDAR) => return Err(malformed()),
            // What else an alarm does is told when it ends.
            ("ACTION", place::ALARM) if !line.value.trim_ascii().eq_ignore_ascii_case(b"DISPLAY") => return Ok(()),
            _ => {}
        }
        let Some(row) = property::row(&line.name, kind.place) else {
            property::left_out(line, tally);
            return Ok(());
        };
        // Of a property that may stand once the first one counts, for every reader.
        let is_free = row.many || !self.seen.contains(&row.name);
        match row.written(line, tally).filter(|_| is_free) {
            Some(written) => {
                if !row.many {
                    self.seen.push(row.name);
                }
                fold(&written, &mut self.lines);
            }
            // An event at another time, or at none, is another event.
            None if is_free && matches!(row.name, "DTSTART" | "DTEND" | "DURATION" | "RECURRENCE-ID") => {
                return Err(malformed());
            }
            None => count(&mut tally.left_out),
        }
        Ok(())
    }
}

/// Writes a component that has ended into the one around it, or to the file.
fn end(ended: &Open, parent: Option<&mut Open>, out: &mut String, tally: &mut Tally) -> Result<(), SanitizeError> {
    let Some(kind) = ended.kind else { return Ok(()) };
    if kind.place == place::ALARM && !(ended.seen.contains(&"ACTION") && ended.seen.contains(&"TRIGGER")) {
        count(&mut tally.active);
        count(&mut tally.left_out);
        return Ok(());
    }
    if kind.place == place::CALENDAR && !ended.has_content {
        return Err(malformed());
    }
    let target = match parent {
        Some(parent) => {
            parent.has_content |= kind.place & (place::EVENT | place::TASK | place::BUSY) != 0;
            &mut parent.inner
        }
        None => out,
    };
    fold(&format!("BEGIN:{}", kind.name), target);
    if kind.place == place::CALENDAR {
        fold(PRODUCT, target);
        fold("VERSION:2.0", target);
    }
    target.push_str(&ended.lines);
    target.push_str(&ended.inner);
    fold(&format!("END:{}", kind.name), target);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws;

    fn rebuilt(text: &str) -> Rebuilt {
        laws::hold(&Calendar, text.as_bytes(), None);
        Calendar.sanitize(text.as_bytes(), Hints::default(), &mut Budget::generous()).unwrap()
    }

    fn event(lines: &str) -> String {
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n")
    }

    fn lines(text: &str) -> Vec<String> {
        let rebuilt = rebuilt(&event(text));
        let text = String::from_utf8(unfold(&rebuilt.bytes)).unwrap();
        let inside = text.split("BEGIN:VEVENT\n").nth(1).unwrap().split("END:VEVENT").next().unwrap();
        inside.lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_invitation_stays_an_invitation() {
        let text = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nPRODID:Microsoft Exchange Server 2010\nVERSION:2.0\n\
            BEGIN:VTIMEZONE\nTZID:Tokyo Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE\n\
            BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Tokyo Standard Time:20261201T100000\nSUMMARY;LANGUAGE=ja-JP:打合せ\n\
            X-ALT-DESC;FMTTYPE=text/html:<script>\nATTACH:http://evil.example/a.exe\nURL:http://evil.example/\n\
            BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:REMINDER\nEND:VALARM\n\
            BEGIN:VALARM\nACTION:EMAIL\nTRIGGER:-PT15M\nATTENDEE:mailto:a@b.jp\nEND:VALARM\nEND:VEVENT\n\
            BEGIN:VJOURNAL\nSUMMARY:x\nEND:VJOURNAL\nEND:VCALENDAR\n";
        let rebuilt = rebuilt(text);
        assert_eq!(
            String::from_utf8(rebuilt.bytes).unwrap(),
            "BEGIN:VCALENDAR\nPRODID:-//Temizu//Calendar//EN\nVERSION:2.0\nMETHOD:REQUEST\n\
            BEGIN:VTIMEZONE\nTZID:Tokyo Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE\n\
            BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Tokyo Standard Time:20261201T100000\nSUMMARY:打合せ\n\
            BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:REMINDER\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n"
                .replace('\n', "\r\n")
        );
        let found: Vec<_> = rebuilt.findings.iter().map(|found| (found.code, found.count)).collect();
        assert_eq!(
            found,
            [(Code::ActiveContentRemoved, 3), (Code::LinkDisabled, 1), (Code::CalendarRebuilt, 6)],
            "what is left out is counted"
        );
    }

    #[test]
    fn of_what_may_stand_once_the_first_counts_and_links_are_inert() {
        assert_eq!(
            lines(
                "SUMMARY:a\nSUMMARY:b\nDESCRIPTION:https://x.example/\\nwww.y.example\nCOMMENT:1\nCOMMENT:2\nRRULE:FREQ=SECONDLY\n"
            ),
            ["SUMMARY:a", "DESCRIPTION:hxxps://x[.]example/\\nwww[.]y[.]example", "COMMENT:1", "COMMENT:2"]
        );
        assert_eq!(lines("item\nX-A:1\nSUMMARY;ALTREP=\"http://x\":a\n"), ["SUMMARY:a"]);
    }

    #[test]
    fn files_that_are_not_whole_or_not_calendars_are_refused() {
        for text in [
            "",
            "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\n",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n",
            "BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n",
            "BEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\n",
            &event("DTSTART:tomorrow\n"),
            &"BEGIN:VCALENDAR\n".repeat(20),
        ] {
            let ended = Calendar.sanitize(text.as_bytes(), Hints::default(), &mut Budget::generous());
            assert!(ended.is_err(), "{text}");
            laws::hold(&Calendar, text.as_bytes(), None);
        }
    }

    #[test]
    fn every_charset_becomes_utf_8() {
        for (bytes, label) in [
            (b"SUMMARY:\x89\xEF\x8Bc\n".as_slice(), Some("shift_jis")),
            (b"SUMMARY:\x1B$B2q5D\x1B(B\n", Some("iso-2022-jp")),
            (b"SUMMARY:\xE4\xBC\r\n \x9A\xE8\xAD\xB0\n", None),
        ] {
            let text = [b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", bytes, b"END:VEVENT\nEND:VCALENDAR"].concat();
            let rebuilt =
                Calendar.sanitize(&text, Hints { charset: label, ..Hints::default() }, &mut Budget::generous());
            assert!(String::from_utf8(rebuilt.unwrap().bytes).unwrap().contains("SUMMARY:会議\r\n"));
            laws::hold(&Calendar, &text, label);
        }
    }

    #[test]
    fn wide_calendars_are_decoded_before_they_are_unfolded() {
        // Characters that hold the bytes of line ends and blanks.
        let title = "「打合せ」《\u{0A0D}\u{200A}\u{0D20}》";
        let text = event(&format!("SUMMARY:{title}\r\nDESCRIPTION:a\r\n b\r\n"));
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [b"\xFF\xFE".as_slice(), &little].concat();
        for (bytes, label) in
            [(&little, Some("utf-16le")), (&big, Some("UTF-16BE")), (&big, Some("utf-16")), (&marked, None)]
        {
            laws::hold(&Calendar, bytes, label);
            let hints = Hints { charset: label, ..Hints::default() };
            let rebuilt = Calendar.sanitize(bytes, hints, &mut Budget::generous()).unwrap();
            let text = String::from_utf8(rebuilt.bytes).unwrap();
            assert!(text.contains(&format!("SUMMARY:{title}\r\nDESCRIPTION:ab\r\n")), "{text}");
        }
    }
}
