//! What is shown of a mail inside the mail before its text: who wrote what to whom and when.
//!
//! Refuses nothing: what is not known is left out, so that there may be no line at all. Invariant: each field is one
//! line, and the lines pass the sanitizer of bodies, so that no address in them can be clicked. Where the mail begins
//! and ends is drawn by the gateway.

use std::fmt::Write as _;

use sanitizer_api::{Budget, Code, Finding, Hints, Rebuilt, SanitizeError, Sanitizer};
use sanitizer_japanese::single_line;
use sanitizer_mail::Headers;
use sanitizer_outlook::{Message, Person};
use sanitizer_text::BodyText;

/// The type under which the registry knows it; no bytes are ever detected as it.
pub(crate) const TYPE: &str = "enclosed-head";

/// Longest subject in characters.
const MAX_SUBJECT: usize = 2_000;
/// People written out in one line.
const MAX_PEOPLE: usize = 50;
/// Longest name or address in characters.
const MAX_NAME: usize = 320;

/// The lines of one enclosed mail.
pub(crate) fn of_mail(name: Option<&str>, headers: &Headers) -> String {
    let people = |people: &[sanitizer_mail::Address]| -> Vec<String> {
        people.iter().map(|one| person(&one.name, &one.address)).collect()
    };
    lines(
        name,
        headers.subject.as_deref(),
        [&people(&headers.from), &people(&headers.to), &people(&headers.cc)],
        headers.date,
    )
}

/// The lines of one message of Outlook.
pub(crate) fn of_message(name: Option<&str>, message: &Message) -> String {
    let people =
        |people: &[Person]| -> Vec<String> { people.iter().map(|one| person(&one.name, &one.address)).collect() };
    lines(
        name,
        message.subject.as_deref(),
        [&people(&message.from), &people(&message.to), &people(&message.cc)],
        // Nothing says where it was written; its readers are in Japan.
        message.date.map(|seconds| (seconds, 9 * 60)),
    )
}

fn lines(
    name: Option<&str>,
    subject: Option<&str>,
    [from, to, cc]: [&[String]; 3],
    date: Option<(i64, i16)>,
) -> String {
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            text.extend([label, ": ", value, "\n"]);
        }
    };
    line("ファイル名 (File)", &single_line(name.unwrap_or_default()));
    line("件名 (Subject)", &cut(&single_line(subject.unwrap_or_default()), MAX_SUBJECT));
    line("差出人 (From)", &listed(from));
    line("宛先 (To)", &listed(to));
    line("Cc", &listed(cc));
    line("日時 (Date)", &date.map(|(seconds, offset)| moment(seconds, offset)).unwrap_or_default());
    text
}

fn person(name: &str, address: &str) -> String {
    let (name, address) = (cut(&single_line(name), MAX_NAME), cut(&single_line(address), MAX_NAME));
    match (name.as_str(), address.as_str()) {
        (name, "") => name.to_owned(),
        ("", address) => format!("<{address}>"),
        (name, address) => format!("{name} <{address}>"),
    }
}

fn listed(people: &[String]) -> String {
    let mut text = people.iter().take(MAX_PEOPLE).cloned().collect::<Vec<_>>().join(", ");
    if let Some(more) = people.len().checked_sub(MAX_PEOPLE).filter(|more| *more > 0) {
        text.push_str(&format!("、ほか{more}件 ({more} more)"));
    }
    text
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// `2026-11-23 10:41:07 +0900`; empty for a year that a date cannot say.
fn moment(seconds: i64, offset_minutes: i16) -> String {
    let local = seconds.saturating_add(i64::from(offset_minutes) * 60);
    let (day, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    // Days to a date of the Gregorian calendar, in eras of 400 years that begin in March.
    let shifted = day.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let mut text = String::new();
    if (1..=9_999).contains(&year) {
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let sign = if offset_minutes < 0 { '-' } else { '+' };
        let offset = offset_minutes.unsigned_abs();
        let written = write!(
            text,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} {sign}{:02}{:02}",
            offset / 60,
            offset % 60
        );
        debug_assert!(written.is_ok(), "a string takes everything");
    }
    text
}

/// Writes the lines for the body of the new mail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EnclosedHead;

impl Sanitizer for EnclosedHead {
    fn name(&self) -> &'static str {
        "body/enclosed-head"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let mut rebuilt = BodyText.sanitize(input, hints, budget)?;
        rebuilt.findings.insert(0, Finding { code: Code::EnclosedMail, count: 1 });
        Ok(rebuilt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_with_something_in_them_are_written() {
        let headers = Headers {
            subject: Some("見積り\nの件".to_owned()),
            date: Some((1_795_398_067, 540)),
            ..Headers::default()
        };
        assert_eq!(
            of_mail(Some("a.eml"), &headers),
            "ファイル名 (File): a.eml\n件名 (Subject): 見積り の件\n日時 (Date): 2026-11-23 10:41:07 +0900\n"
        );
        assert_eq!(of_message(Some("a\r\nb\u{200B}.msg"), &Message::default()), "ファイル名 (File): a b.msg\n");
        assert_eq!(of_message(None, &Message::default()), "");
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, offset, text) in [
            (0, 0, "1970-01-01 00:00:00 +0000"),
            (951_782_400, -330, "2000-02-28 18:30:00 -0530"),
            (-1, 0, "1969-12-31 23:59:59 +0000"),
            (-62_135_596_800, 0, "0001-01-01 00:00:00 +0000"),
            (i64::MAX, 1_439, ""),
            (i64::MIN, -1_439, ""),
        ] {
            assert_eq!(moment(seconds, offset), text);
        }
    }

    #[test]
    fn long_lists_are_counted() {
        let people: Vec<String> = (0..60).map(|n| format!("p{n}")).collect();
        assert!(listed(&people).ends_with("p49、ほか10件 (10 more)"));
        assert_eq!(person("", "a@b.jp"), "<a@b.jp>");
        assert_eq!(person("課長", ""), "課長");
    }
}
