//! The properties of a calendar that stay, where they may stand, and what their values may be.
//!
//! Refuses: every name that has no row, values that are not what their row says. Invariant: a value that is written is
//! accepted again, byte for byte.

use crate::address;
use crate::date::{Moment, is_duration, is_offset, is_period, moment};
use crate::inert::inert_identifier;
use crate::line::{Line, quoted};
use crate::recurrence;
use crate::tally::{Tally, count};
use crate::text::{escaped, label, line, pieces, shown, unescaped};

/// Most entries of a list (RDATE, CATEGORIES, FREEBUSY).
const MAX_LIST: usize = 1_000;
/// Longest identifier in characters.
const MAX_IDENTIFIER: usize = 500;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    List,
    Identifier,
    /// The name of a time zone.
    Zone,
    Moment,
    Moments,
    Periods,
    Duration,
    Trigger,
    Offset,
    Rule,
    /// A number up to this one.
    Number(u32),
    /// One of these words.
    Word(&'static [&'static str]),
    /// `mailto:` and who that is.
    Person,
}

/// Components, as bits of [`Row::places`].
pub(crate) mod place {
    pub(crate) const CALENDAR: u8 = 1;
    pub(crate) const ZONE: u8 = 2;
    pub(crate) const SHIFT: u8 = 4;
    pub(crate) const EVENT: u8 = 8;
    pub(crate) const TASK: u8 = 16;
    pub(crate) const BUSY: u8 = 32;
    pub(crate) const ALARM: u8 = 64;
}
use place::{ALARM, BUSY, CALENDAR, EVENT, SHIFT, TASK, ZONE};

/// One property.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    places: u8,
    shape: Shape,
    /// It may stand more than once.
    pub(crate) many: bool,
}

const fn one(name: &'static str, places: u8, shape: Shape) -> Row {
    Row { name, places, shape, many: false }
}

const fn many(name: &'static str, places: u8, shape: Shape) -> Row {
    Row { name, places, shape, many: true }
}

const BUSY_STATES: &[&str] = &["FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"];
const STATES: &[&str] = &["TENTATIVE", "CONFIRMED", "CANCELLED", "NEEDS-ACTION", "COMPLETED", "IN-PROCESS"];
const METHODS: &[&str] = &["PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"];

const ROWS: &[Row] = &[
    one("CALSCALE", CALENDAR, Shape::Word(&["GREGORIAN"])),
    one("METHOD", CALENDAR, Shape::Word(METHODS)),
    one("TZID", ZONE, Shape::Zone),
    many("TZNAME", SHIFT, Shape::Text),
    one("TZOFFSETFROM", SHIFT, Shape::Offset),
    one("TZOFFSETTO", SHIFT, Shape::Offset),
    one("UID", EVENT | TASK | BUSY, Shape::Identifier),
    one("DTSTAMP", EVENT | TASK | BUSY, Shape::Moment),
    one("DTSTART", SHIFT | EVENT | TASK | BUSY, Shape::Moment),
    one("DTEND", EVENT | BUSY, Shape::Moment),
    one("DUE", TASK, Shape::Moment),
    one("COMPLETED", TASK, Shape::Moment),
    one("PERCENT-COMPLETE", TASK, Shape::Number(100)),
    one("DURATION", EVENT | TASK | ALARM, Shape::Duration),
    one("SUMMARY", EVENT | TASK, Shape::Text),
    one("DESCRIPTION", EVENT | TASK | ALARM, Shape::Text),
    one("LOCATION", EVENT | TASK, Shape::Text),
    many("COMMENT", SHIFT | EVENT | TASK | BUSY, Shape::Text),
    many("CATEGORIES", EVENT | TASK, Shape::List),
    one("ORGANIZER", EVENT | TASK | BUSY, Shape::Person),
    many("ATTENDEE", EVENT | TASK | BUSY, Shape::Person),
    one("RRULE", SHIFT | EVENT | TASK, Shape::Rule),
    many("RDATE", SHIFT | EVENT | TASK, Shape::Moments),
    many("EXDATE", EVENT | TASK, Shape::Moments),
    one("RECURRENCE-ID", EVENT | TASK, Shape::Moment),
    one("SEQUENCE", EVENT | TASK, Shape::Number(i32::MAX.unsigned_abs())),
    one("STATUS", EVENT | TASK, Shape::Word(STATES)),
    one("TRANSP", EVENT, Shape::Word(&["OPAQUE", "TRANSPARENT"])),
    one("CLASS", EVENT | TASK, Shape::Word(&["PUBLIC", "PRIVATE", "CONFIDENTIAL"])),
    one("PRIORITY", EVENT | TASK, Shape::Number(9)),
    one("CREATED", EVENT | TASK, Shape::Moment),
    one("LAST-MODIFIED", ZONE | EVENT | TASK, Shape::Moment),
    many("FREEBUSY", BUSY, Shape::Periods),
    one("X-MICROSOFT-CDO-ALLDAYEVENT", EVENT, Shape::Word(&["TRUE", "FALSE"])),
    one("X-MICROSOFT-CDO-BUSYSTATUS", EVENT, Shape::Word(BUSY_STATES)),
    one("X-MICROSOFT-CDO-INTENDEDSTATUS", EVENT, Shape::Word(BUSY_STATES)),
    one("ACTION", ALARM, Shape::Word(&["DISPLAY"])),
    one("TRIGGER", ALARM, Shape::Trigger),
    one("REPEAT", ALARM, Shape::Number(10)),
];

/// Parameters of people that stay, and their words.
const ROLES: (&str, &[&str]) = ("ROLE", &["CHAIR", "REQ-PARTICIPANT", "OPT-PARTICIPANT", "NON-PARTICIPANT"]);
const ANSWERS: (&str, &[&str]) =
    ("PARTSTAT", &["NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "COMPLETED", "IN-PROCESS"]);
const KINDS: (&str, &[&str]) = ("CUTYPE", &["INDIVIDUAL", "GROUP", "RESOURCE", "ROOM", "UNKNOWN"]);
const ASKED: (&str, &[&str]) = ("RSVP", &["TRUE", "FALSE"]);

/// The row of `name` in a component.
pub(crate) fn row(name: &str, place: u8) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name && row.places & place != 0)
}

/// True if `name` has a row in any component.
pub(crate) fn is_listed(name: &str) -> bool {
    ROWS.iter().any(|row| row.name == name)
}

/// Notes a property that has no row, by what it carries.
pub(crate) fn left_out(line: &Line<'_>, tally: &mut Tally) {
    count(&mut tally.left_out);
    match line.name.as_str() {
        "ATTACH" | "X-ALT-DESC" | "IMAGE" | "STYLED-DESCRIPTION" | "STRUCTURED-DATA" => count(&mut tally.active),
        "URL" | "TZURL" | "CONFERENCE" | "SOURCE" | "LINK" | "X-GOOGLE-CONFERENCE" => count(&mut tally.links),
        _ => {}
    }
}

impl Row {
    /// The line to write; `None` if the value is not what it should be.
    pub(crate) fn written(&self, line: &Line<'_>, tally: &mut Tally) -> Option<String> {
        let value = std::str::from_utf8(line.value).ok()?;
        // An address under a text, and texts in base64 (RFC 5545 3.2.1, 3.2.7).
        if line.parameter("ALTREP").is_some() {
            count(&mut tally.links);
        }
        if line.parameter("ENCODING").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("8BIT")) {
            return None;
        }
        let (parameters, value) = match self.shape {
            Shape::Moment => moments(line, value, 1)?,
            Shape::Moments => moments(line, value, MAX_LIST)?,
            Shape::Periods => busy(line, value)?,
            Shape::Trigger => trigger(line, value)?,
            Shape::Person => person(line, value, tally)?,
            plain => (String::new(), plain.value(value, tally)?),
        };
        // The zone stands in a parameter of the times only.
        let parameters = match self.shape {
            Shape::Moment | Shape::Moments => zoned(parameters, line, tally, self.name == "RECURRENCE-ID"),
            _ => parameters,
        };
        Some(format!("{}{parameters}:{value}", self.name))
    }
}

impl Shape {
    /// Values that have no parameters.
    fn value(self, value: &str, tally: &mut Tally) -> Option<String> {
        let trimmed = value.trim();
        match self {
            Self::Text => Some(escaped(&shown(&unescaped(value), tally))),
            Self::List => {
                let entries = pieces(value, ',').take(MAX_LIST);
                let entries = entries.map(|entry| escaped(&line(&unescaped(entry), tally)));
                Some(entries.collect::<Vec<_>>().join(","))
            }
            Self::Identifier => {
                let identifier: String = identifier(&unescaped(value), tally);
                (!identifier.is_empty()).then(|| escaped(&identifier))
            }
            Self::Zone => {
                let zone = label(&unescaped(value), tally);
                (!zone.is_empty()).then(|| escaped(&zone))
            }
            Self::Duration => is_duration(trimmed).then(|| trimmed.to_owned()),
            Self::Offset => is_offset(trimmed).then(|| trimmed.to_owned()),
            Self::Rule => recurrence::rule(value),
            Self::Number(most) => {
                let is_short = (1..=10).contains(&trimmed.len()) && trimmed.bytes().all(|b| b.is_ascii_digit());
                let number = trimmed.parse::<u32>().ok().filter(|number| is_short && *number <= most);
                number.map(|number| number.to_string())
            }
            Self::Word(words) => word(trimmed, words).map(str::to_owned),
            Self::Moment | Self::Moments | Self::Periods | Self::Trigger | Self::Person => None,
        }
    }
}

fn word(text: &str, words: &'static [&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|word| word.eq_ignore_ascii_case(text))
}

/// Nobody reads it; the answer to an invitation must name the same one.
fn identifier(text: &str, tally: &mut Tally) -> String {
    let single = sanitizer_japanese::single_line(text);
    let cut: String = single.chars().take(MAX_IDENTIFIER).collect();
    inert_identifier(cut.trim_end(), &mut tally.links)
}

/// Entries between commas; `None` if there are more than `most`.
fn list(value: &str, most: usize) -> Option<Vec<&str>> {
    let entries: Vec<&str> = value.trim().split(',').map(str::trim).take(most.saturating_add(1)).collect();
    (entries.len() <= most).then_some(entries)
}

/// Days, or times, or periods: all of one kind, which the parameter VALUE says.
fn moments(line: &Line<'_>, value: &str, most: usize) -> Option<(String, String)> {
    let entries = list(value, most)?;
    if most > 1 && line.parameter("VALUE").is_some_and(|value| value.eq_ignore_ascii_case("PERIOD")) {
        return entries.iter().all(|entry| is_period(entry)).then(|| (";VALUE=PERIOD".to_owned(), entries.join(",")));
    }
    let first = moment(entries.first()?)?;
    let agree = entries.iter().all(|entry| moment(entry) == Some(first));
    let kind = if first == Moment::Day { ";VALUE=DATE" } else { "" };
    agree.then(|| (kind.to_owned(), entries.join(",")))
}

/// Adds the zone of times that have one, and how much of a series a change is about.
fn zoned(mut parameters: String, line: &Line<'_>, tally: &mut Tally, is_one_of_series: bool) -> String {
    let is_local = parameters != ";VALUE=DATE" && !line.value.trim_ascii_end().ends_with(b"Z");
    let zone = line.parameter("TZID").filter(|_| is_local).map(|zone| label(zone, tally));
    if let Some(zone) = zone.filter(|zone| !zone.is_empty()) {
        parameters.push_str(&format!(";TZID={}", quoted(&zone)));
    }
    let range = line.parameter("RANGE").filter(|_| is_one_of_series);
    if range.is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE")) {
        parameters.push_str(";RANGE=THISANDFUTURE");
    }
    parameters
}

fn busy(line: &Line<'_>, value: &str) -> Option<(String, String)> {
    let entries = list(value, MAX_LIST)?;
    let fits = entries.iter().all(|entry| is_period(entry));
    let kind =
        word(line.parameter("FBTYPE").unwrap_or_default(), &["FREE", "BUSY", "BUSY-UNAVAILABLE", "BUSY-TENTATIVE"]);
    fits.then(|| (kind.map(|kind| format!(";FBTYPE={kind}")).unwrap_or_default(), entries.join(",")))
}

fn trigger(line: &Line<'_>, value: &str) -> Option<(String, String)> {
    let value = value.trim();
    if moment(value) == Some(Moment::Utc) {
        return Some((";VALUE=DATE-TIME".to_owned(), value.to_owned()));
    }
    let related = word(line.parameter("RELATED").unwrap_or_default(), &["START", "END"]);
    let related = related.map(|end| format!(";RELATED={end}")).unwrap_or_default();
    is_duration(value).then(|| (related, value.to_owned()))
}

fn person(line: &Line<'_>, value: &str, tally: &mut Tally) -> Option<(String, String)> {
    let address = address::of_uri(value)?;
    let mut parameters = String::new();
    for (name, words) in [KINDS, ROLES, ANSWERS, ASKED] {
        if let Some(word) = line.parameter(name).and_then(|given| word(given, words)) {
            parameters.push_str(&format!(";{name}={word}"));
        }
    }
    let name = line.parameter("CN").map(|name| label(name, tally)).filter(|name| !name.is_empty());
    if let Some(name) = name {
        parameters.push_str(&format!(";CN={}", quoted(&name)));
    }
    Some((parameters, format!("mailto:{address}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(raw: &str) -> Option<String> {
        let line = Line::read_text(raw, |_| true).unwrap();
        row(&line.name, u8::MAX).and_then(|row| row.written(&line, &mut Tally::default()))
    }

    #[test]
    fn values_are_written_in_one_spelling_and_only_if_they_are_what_they_should_be() {
        for (given, expected) in [
            (
                "DTSTART;TZID=\"Tokyo Standard Time\":20261201T100000",
                Some("DTSTART;TZID=Tokyo Standard Time:20261201T100000"),
            ),
            ("DTSTART;TZID=Asia/Tokyo:20261201T010000Z", Some("DTSTART:20261201T010000Z")),
            (
                "DTSTART;TZID=\"(UTC+09:00) 大阪、札幌、東京\":20261201T100000",
                Some("DTSTART;TZID=\"(UTC+09:00) 大阪、札幌、東京\":20261201T100000"),
            ),
            ("DTSTART:20261201", Some("DTSTART;VALUE=DATE:20261201")),
            ("DTSTART:yesterday", None),
            ("EXDATE:20261201T100000,20261208T100000", Some("EXDATE:20261201T100000,20261208T100000")),
            ("EXDATE:20261201,20261208T100000", None),
            ("RDATE;VALUE=PERIOD:20261201T010000Z/PT1H", Some("RDATE;VALUE=PERIOD:20261201T010000Z/PT1H")),
            ("UID:040000008200E00074C5B7101A82E008", Some("UID:040000008200E00074C5B7101A82E008")),
            ("UID:", None),
            (
                "ATTENDEE;X-NUM-GUESTS=0;PARTSTAT=needs-action;CN=\"山田, 太郎\";RSVP=TRUE;ROLE=BOSS:MAILTO:a@b.jp",
                Some("ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=\"山田, 太郎\":mailto:a@b.jp"),
            ),
            (
                "ORGANIZER;SENT-BY=\"mailto:x@y.jp\";CN=www.evil.example:mailto:a@b.jp",
                Some("ORGANIZER;CN=www[.]evil[.]example:mailto:a@b.jp"),
            ),
            ("ORGANIZER:invalid:nomail", None),
            ("SUMMARY;LANGUAGE=ja:会議; 第1回, 庁舎", Some("SUMMARY:会議\\; 第1回\\, 庁舎")),
            ("SUMMARY;ENCODING=BASE64:AAAA", None),
            ("CATEGORIES:会議,外出\\, 出張", Some("CATEGORIES:会議,外出\\, 出張")),
            ("PRIORITY:10", None),
            ("SEQUENCE:007", Some("SEQUENCE:7")),
            ("TRIGGER;RELATED=START:-PT15M", Some("TRIGGER;RELATED=START:-PT15M")),
            ("TRIGGER;VALUE=DATE-TIME:20261201T010000Z", Some("TRIGGER;VALUE=DATE-TIME:20261201T010000Z")),
            ("FREEBUSY;FBTYPE=BUSY:20261201T010000Z/PT1H", Some("FREEBUSY;FBTYPE=BUSY:20261201T010000Z/PT1H")),
            ("ACTION:AUDIO", None),
            ("X-MICROSOFT-CDO-BUSYSTATUS:oof", Some("X-MICROSOFT-CDO-BUSYSTATUS:OOF")),
            ("X-ALT-DESC;FMTTYPE=text/html:<b>", None),
        ] {
            assert_eq!(written(given).as_deref(), expected, "{given}");
            if let Some(expected) = expected {
                assert_eq!(written(expected).as_deref(), Some(expected));
            }
        }
    }
}
