//! What people type into the search of the list, understood: Mailpit's grammar in Japanese hands.
//!
//! `from:太郎 subject:"会議 資料" -is:expired after:令和8年11月23日 larger:5M 7K3F-92QD`: all terms hold; `-` or `!` negates;
//! full-width letters, colons and blanks count as plain ones; a blank may follow the colon.
//! Refuses nothing: what is not understood is taken as text, and a [`Hint`] says so. Invariant: a search that is shown and
//! read again is the same.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::Offset;

use crate::domain::name::changes_reading;
use crate::domain::{ArrivalState, Language, Reference, Timestamp, folded};
use crate::ports::{Sought, Term};

/// Terms at most.
pub const MAX_TERMS: usize = 20;
/// Characters of all texts together at most.
pub const MAX_TEXT: usize = 400;
/// Characters that are looked at: texts, with their prefixes and quotes.
const MAX_TYPED: usize = 4000;

/// A search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// What holds for the mails it finds.
    pub terms: Vec<Term>,
    /// What was not understood as it may have been meant.
    pub hints: Vec<Hint>,
    /// Of local time from UTC, in minutes.
    offset: i16,
}

/// What whoever typed should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// There is no such prefix (without its colon); the word was searched for as text.
    UnknownPrefix(String),
    /// This prefix takes no such value (both with the colon between them); searched for as text.
    UnknownValue(String),
    /// Only the first [`MAX_TERMS`] terms and [`MAX_TEXT`] characters are searched for.
    TooLong,
}

/// Text that stands before a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    From,
    To,
    Subject,
    MessageId,
    File,
    Is,
    Has,
    Before,
    After,
    Larger,
    Smaller,
}

/// The first name of each is the one that is shown.
const PREFIXES: &[(Prefix, &[&str])] = &[
    (Prefix::From, &["from", "差出人"]),
    (Prefix::To, &["to", "宛先"]),
    (Prefix::Subject, &["subject", "件名"]),
    (Prefix::MessageId, &["message-id"]),
    (Prefix::File, &["file", "ファイル"]),
    (Prefix::Is, &["is", "状態"]),
    (Prefix::Has, &["has"]),
    (Prefix::Before, &["before"]),
    (Prefix::After, &["after"]),
    (Prefix::Larger, &["larger"]),
    (Prefix::Smaller, &["smaller"]),
];

/// Words with a colon that people write without meaning a prefix.
const NO_PREFIXES: &[&str] = &["re", "fw", "fwd", "http", "https", "mailto"];

/// Eras that dates are written in: names, and the year before the first.
const ERAS: &[(&[&str], i16)] = &[(&["令和", "r"], 2018), (&["平成", "h"], 1988), (&["昭和", "s"], 1925)];

impl Search {
    /// Understands `typed`; days begin as they do `offset` minutes east of UTC.
    #[must_use]
    pub fn parse(typed: &str, offset: i16) -> Self {
        let mut search = Self { terms: Vec::new(), hints: Vec::new(), offset };
        let (text, mut is_cut) = cleaned(typed);
        let (mut rest, mut room) = (text.as_str(), MAX_TEXT);
        while let Some((word, after)) = Word::next(rest) {
            rest = after;
            let Some(mut sought) = search.understood(&word) else { continue };
            if search.terms.len() == MAX_TERMS || room == 0 {
                is_cut = true;
                break;
            }
            is_cut |= !fit(&mut sought, &mut room);
            search.terms.push(Term { sought, negated: word.negated });
        }
        if is_cut {
            search.hints.push(Hint::TooLong);
        }
        search
    }

    /// What a word asks for; nothing if it is empty.
    fn understood(&mut self, word: &Word<'_>) -> Option<Sought> {
        let value = word.value.trim();
        let Some(name) = word.prefix else {
            let reference = value.parse().ok().filter(|_| !word.quoted && is_reference(value));
            let text = || (!value.is_empty()).then(|| Sought::Text(value.to_owned()));
            return reference.map(Sought::Reference).or_else(text);
        };
        let whole = || format!("{name}:{value}").trim().to_owned();
        let Some((prefix, _)) = PREFIXES.iter().find(|(_, names)| names.contains(&name)) else {
            if !NO_PREFIXES.contains(&name) {
                self.hints.push(Hint::UnknownPrefix(name.to_owned()));
            }
            return Some(Sought::Text(whole()));
        };
        if value.is_empty() {
            return None;
        }
        let sought = prefix.seek(value, self.offset);
        if sought.is_none() {
            self.hints.push(Hint::UnknownValue(whole()));
        }
        Some(sought.unwrap_or_else(|| Sought::Text(whole())))
    }
}

/// In lower case, of one width, without what cannot be seen; false if something was left out for its length.
fn cleaned(typed: &str) -> (String, bool) {
    let plain = |c: char| match c {
        '“' | '”' | '„' => Some('"'),
        c if c.is_control() => Some(' '),
        c => (!changes_reading(c)).then_some(c),
    };
    let mut characters = typed.chars();
    let kept: String = characters.by_ref().take(MAX_TYPED).filter_map(plain).collect();
    (folded(&kept), characters.next().is_some())
}

/// Cuts a text to the room there is; false if that was needed.
fn fit(sought: &mut Sought, room: &mut usize) -> bool {
    let (Sought::Text(text)
    | Sought::From(text)
    | Sought::To(text)
    | Sought::Subject(text)
    | Sought::File(text)
    | Sought::MessageId(text)) = sought
    else {
        return true;
    };
    let cut: String = text.chars().take(*room).collect();
    let fits = cut.len() == text.len();
    cut.trim_end().clone_into(text);
    *room = room.saturating_sub(cut.chars().count());
    fits
}

/// `7K3F-92QD`, and no word of two halves: it has a digit. The bare form may be a day or a word; as text it is found, too.
fn is_reference(text: &str) -> bool {
    text.contains('-') && text.chars().any(|c| c.is_ascii_digit()) && text.parse::<Reference>().is_ok()
}

const fn is_sign(c: char) -> bool {
    // The last is the minus sign of some Japanese keyboards.
    matches!(c, '-' | '!' | '−')
}

/// A word of a search.
#[derive(Debug)]
struct Word<'a> {
    negated: bool,
    prefix: Option<&'a str>,
    value: &'a str,
    quoted: bool,
}

impl<'a> Word<'a> {
    /// The first word of `text`, and what follows it.
    fn next(text: &'a str) -> Option<(Self, &'a str)> {
        let text = text.trim_start();
        let (negated, text) = text.strip_prefix(is_sign).map_or((false, text), |rest| (true, rest));
        if let Some(rest) = text.strip_prefix('"') {
            let (value, rest) = quoted(rest);
            return Some((Self { negated, prefix: None, value, quoted: true }, rest));
        }
        let (word, rest) = bare(text);
        if word.is_empty() && rest.is_empty() && !negated {
            return None;
        }
        let plain = Self { negated, prefix: None, value: word, quoted: false };
        let Some((prefix, value)) = word.split_once(':').filter(|(prefix, _)| is_prefix(prefix)) else {
            return Some((plain, rest));
        };
        let is_known = PREFIXES.iter().any(|(_, names)| names.contains(&prefix));
        let mut word = Self { prefix: Some(prefix), value, ..plain };
        if !value.is_empty() {
            return Some((word, rest));
        }
        // The value is quoted, or follows a blank.
        let next = if is_known { rest.trim_start() } else { rest };
        let (value, rest) = match next.strip_prefix('"') {
            Some(next) => quoted(next),
            None if is_known => bare(next),
            None => ("", rest),
        };
        word.value = value;
        Some((word, rest))
    }
}

/// Up to the next quote, or to the end.
fn quoted(text: &str) -> (&str, &str) {
    text.split_once('"').unwrap_or((text, ""))
}

/// Up to the next blank or quote.
fn bare(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// True for what may be meant as a prefix.
fn is_prefix(text: &str) -> bool {
    let is_latin = !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    is_latin || PREFIXES.iter().any(|(_, names)| names.contains(&text))
}

impl Prefix {
    /// `None` if it takes no such value.
    fn seek(self, value: &str, offset: i16) -> Option<Sought> {
        let text = value.to_owned();
        Some(match self {
            Self::From => Sought::From(text),
            Self::To => Sought::To(text),
            Self::Subject => Sought::Subject(text),
            Self::MessageId => Sought::MessageId(text),
            Self::File => Sought::File(text),
            Self::Is => standing(value)?,
            Self::Has => {
                ["attachment", "attachments", "file", "添付"].contains(&value).then_some(Sought::HasAttachment)?
            }
            Self::Before => Sought::Before(day(value, offset)?),
            Self::After => Sought::After(day(value, offset)?),
            Self::Larger => Sought::Larger(size(value)?),
            Self::Smaller => Sought::Smaller(size(value)?),
        })
    }
}

fn standing(value: &str) -> Option<Sought> {
    match value {
        "action" | "要対応" => return Some(Sought::Action),
        "ready" | "受け取れる" => return Some(Sought::Ready),
        _ => {}
    }
    let is_it = |state: &&ArrivalState| state.as_str() == value || state.title(Language::Ja) == value;
    ArrivalState::ALL.iter().find(is_it).copied().map(Sought::State)
}

/// `5m`, `500kb`, `1200`: bytes, in steps of 1,024.
fn size(value: &str) -> Option<u64> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let step = match value.strip_prefix(digits)?.trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(1 << step)
}

/// When a day begins: `2026-11-23`, `2026/11/23`, `2026年11月23日`, `令和8年11月23日`, `r8.11.23`.
fn day(value: &str, offset: i16) -> Option<Timestamp> {
    let era = ERAS.iter().find_map(|(names, before)| {
        let rest = names.iter().find_map(|name| value.strip_prefix(name))?;
        Some((rest, *before))
    });
    let (rest, before) = era.unwrap_or((value, 0));
    let rest = rest.strip_suffix('日').unwrap_or(rest);
    let mut numbers = rest.split(['-', '/', '.', '年', '月']);
    let year = match numbers.next()? {
        "元" if before > 0 => 1,
        // Eras begin with the year 1.
        year => number(year).filter(|year| before == 0 || (1..100).contains(year))?,
    };
    let (month, day) = (number(numbers.next()?)?, number(numbers.next()?)?);
    let year = year.checked_add(before).filter(|year| numbers.next().is_none() && (1900..=9999).contains(year))?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let begins = local(offset)?.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some(Timestamp::from_millis(begins.as_millisecond()))
}

fn number(text: &str) -> Option<i16> {
    let fits = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

fn local(offset: i16) -> Option<Offset> {
    Offset::from_seconds(i32::from(offset).saturating_mul(60)).ok()
}

/// As it could be typed.
impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, term) in self.terms.iter().enumerate() {
            let (blank, sign) = (if number > 0 { " " } else { "" }, if term.negated { "-" } else { "" });
            write!(f, "{blank}{sign}")?;
            show(f, &term.sought, self.offset)?;
        }
        Ok(())
    }
}

fn show(f: &mut fmt::Formatter<'_>, sought: &Sought, offset: i16) -> fmt::Result {
    match sought {
        Sought::Text(text) => show_text(f, text),
        Sought::From(text) => show_value(f, "from", text),
        Sought::To(text) => show_value(f, "to", text),
        Sought::Subject(text) => show_value(f, "subject", text),
        Sought::File(text) => show_value(f, "file", text),
        Sought::MessageId(text) => show_value(f, "message-id", text),
        Sought::Reference(reference) => write!(f, "{reference}"),
        Sought::State(state) => write!(f, "is:{}", state.as_str()),
        Sought::Action => f.write_str("is:action"),
        Sought::Ready => f.write_str("is:ready"),
        Sought::HasAttachment => f.write_str("has:attachment"),
        Sought::Before(at) => show_day(f, "before", *at, offset),
        Sought::After(at) => show_day(f, "after", *at, offset),
        Sought::Larger(bytes) => show_size(f, "larger", *bytes),
        Sought::Smaller(bytes) => show_size(f, "smaller", *bytes),
    }
}

fn show_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let is_special = text.contains(|c: char| c.is_whitespace() || c == ':') || text.starts_with(is_sign);
    if is_special || is_reference(text) { write!(f, "\"{text}\"") } else { f.write_str(text) }
}

fn show_value(f: &mut fmt::Formatter<'_>, prefix: &str, text: &str) -> fmt::Result {
    let is_special = text.contains(char::is_whitespace);
    if is_special { write!(f, "{prefix}:\"{text}\"") } else { write!(f, "{prefix}:{text}") }
}

fn show_day(f: &mut fmt::Formatter<'_>, prefix: &str, at: Timestamp, offset: i16) -> fmt::Result {
    let offset = local(offset).unwrap_or(Offset::UTC);
    let date = jiff::Timestamp::from_millisecond(at.millis()).map(|at| offset.to_datetime(at).date());
    write!(f, "{prefix}:{}", date.unwrap_or_default())
}

fn show_size(f: &mut fmt::Formatter<'_>, prefix: &str, bytes: u64) -> fmt::Result {
    let units = [(30, "G"), (20, "M"), (10, "K"), (0, "")];
    let fitting = units.into_iter().find(|(step, _)| bytes != 0 && bytes.trailing_zeros() >= *step);
    let (step, unit) = fitting.unwrap_or((0, ""));
    write!(f, "{prefix}:{}{unit}", bytes >> step)
}

#[cfg(test)]
#[path = "search/tests.rs"]
mod tests;
