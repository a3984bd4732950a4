//! The headers that a new mail may carry, decoded.
//!
//! Refuses: values that do not read; they are absent rather than guessed. Invariant: every text is one line without
//! control or reordering characters, and within its limit.

use mail_parser::{DateTime, HeaderForm};
use sanitizer_api::Flag;
use sanitizer_japanese::single_line;

use crate::address::{self, Address, MAX_ADDRESSES};
use crate::authentication::{self, AuthenticationField};
use crate::block::{Block, Field, Repetition};
use crate::doubt::Doubts;
use crate::parameters::without_comments;
use crate::{identifier, words};

/// Longest subject in characters.
const MAX_SUBJECT: usize = 2_000;

/// Longest identifier of a list (RFC 2919 2) and longest keyword in bytes.
const MAX_LIST_ID: usize = 255;
const MAX_KEYWORD: usize = 32;

/// Fields that RFC 5322 3.6 allows once, with the flag of a second one, and whether it is another mail to another
/// reader if it says something else: who sent it, what about, and whether there are parts at all. A second date or
/// thread is clumsy and hides nothing.
const SINGLETONS: [(&str, Flag, bool); 9] = [
    ("from", Flag::DuplicateFrom, true),
    ("sender", Flag::DuplicateHeader, false),
    ("reply-to", Flag::DuplicateHeader, false),
    ("subject", Flag::DuplicateSubject, true),
    ("date", Flag::DuplicateHeader, false),
    ("message-id", Flag::DuplicateHeader, false),
    ("in-reply-to", Flag::DuplicateHeader, false),
    ("references", Flag::DuplicateHeader, false),
    ("mime-version", Flag::DuplicateMimeVersion, true),
];

/// Decoded headers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    /// From, at most 200.
    pub from: Vec<Address>,
    /// To, at most 200.
    pub to: Vec<Address>,
    /// Cc, at most 200.
    pub cc: Vec<Address>,
    /// Reply-To, at most 200.
    pub reply_to: Vec<Address>,
    /// Subject, at most 2,000 characters; absent if there was none.
    pub subject: Option<String>,
    /// Date: seconds since the epoch, offset from UTC in minutes.
    pub date: Option<(i64, i16)>,
    /// Message-ID with angle brackets, if strictly valid.
    pub message_id: Option<String>,
    /// References, oldest first, strictly valid ones; at most 100.
    pub references: Vec<String>,
    /// In-Reply-To, strictly valid ones; at most 100.
    pub in_reply_to: Vec<String>,
    /// Number of Received fields.
    pub hops: u32,
    /// List-Id (RFC 2919): what stands in its angle brackets.
    pub list_id: Option<String>,
    /// Auto-Submitted (RFC 3834): its keyword, lower case.
    pub auto_submitted: Option<String>,
    /// Precedence: `bulk`, `list` or `junk`.
    pub precedence: Option<String>,
    /// What relays say of the sender, outermost (newest) first.
    pub authentication: Vec<AuthenticationField>,
}

impl Headers {
    /// Reads the mail's own block.
    pub(crate) fn read(block: &Block<'_>) -> Self {
        let identifiers = |name| block.first(name).map(|value| identifier::read_all(&value)).unwrap_or_default();
        Self {
            from: block.first("from").map(|value| address::read_all(&value)).unwrap_or_default(),
            to: addresses(block, "to"),
            cc: addresses(block, "cc"),
            reply_to: addresses(block, "reply-to"),
            subject: block.first("subject").map(|value| subject(&value)),
            date: block.first("date").and_then(|value| date(&value)),
            message_id: identifiers("message-id").into_iter().next(),
            references: identifiers("references"),
            in_reply_to: identifiers("in-reply-to"),
            hops: u32::try_from(block.all("received").count()).unwrap_or(u32::MAX),
            list_id: block.first("list-id").and_then(|value| list_id(&value)),
            auto_submitted: block.first("auto-submitted").and_then(|value| keyword(&value)),
            precedence: block.first("precedence").and_then(|value| keyword(&value)).filter(|word| is_precedence(word)),
            authentication: authentication::read(block),
        }
    }

    /// Fields that stand there twice.
    pub(crate) fn doubts(block: &Block<'_>) -> Doubts {
        let mut doubts = Doubts::default();
        for (name, flag, decides) in SINGLETONS {
            if let Some(repetition) = block.repetition(name) {
                doubts.note(flag, decides && repetition == Repetition::Contradicts);
            }
        }
        doubts
    }
}

/// RFC 2919 2: what stands in the last angle brackets, if it is a dot-atom; the phrase before it is not kept.
fn list_id(value: &[u8]) -> Option<String> {
    let opening = value.iter().rposition(|b| *b == b'<')?;
    let inside = value.get(opening + 1..)?.trim_ascii_end().strip_suffix(b">")?;
    let text = std::str::from_utf8(inside).ok().filter(|text| text.len() <= MAX_LIST_ID)?;
    let is_atom = |b: u8| b.is_ascii_alphanumeric() || b"-_+=~".contains(&b);
    let fits = text.contains('.') && text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
    fits.then(|| text.to_owned())
}

/// RFC 3834 5: a keyword; its parameters are not kept. `no` says as much as no field.
fn keyword(value: &[u8]) -> Option<String> {
    let word = without_comments(value.split(|b| *b == b';').next().unwrap_or_default());
    let fits = (1..=MAX_KEYWORD).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        && word.starts_with(|c: char| c.is_ascii_lowercase());
    (fits && word != "no").then_some(word)
}

/// What vacation programs and filters know (RFC 3834 2; the field itself was never standardised).
fn is_precedence(word: &str) -> bool {
    matches!(word, "bulk" | "list" | "junk")
}

/// Several To and Cc fields are common in mail from programs: one list.
fn addresses(block: &Block<'_>, name: &'static str) -> Vec<Address> {
    let mut all: Vec<Address> =
        block.all(name).map(Field::unfolded).flat_map(|value| address::read_all(&value)).take(MAX_ADDRESSES).collect();
    all.shrink_to_fit();
    all
}

fn subject(value: &[u8]) -> String {
    single_line(&words::decode(value)).chars().take(MAX_SUBJECT).collect::<String>().trim_end().to_owned()
}

fn date(value: &[u8]) -> Option<(i64, i16)> {
    let parsed = HeaderForm::Date.parse(value);
    let date: DateTime = parsed.value().as_datetime().filter(DateTime::is_valid)?;
    let minutes = i16::from(date.tz_hour).checked_mul(60)?.checked_add(i16::from(date.tz_minute))?;
    (minutes < 24 * 60).then(|| (date.to_timestamp(), if date.tz_before_gmt { -minutes } else { minutes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Headers {
        Headers::read(&Block::read(text))
    }

    #[test]
    fn the_headers_of_an_ordinary_mail_are_read() {
        let headers = read(
            "Received: a\r\nReceived: b\r\nFrom: =?ISO-2022-JP?B?GyRCPGo/ZRsoQg==?= <a@b.jp>\r\nTo: c@d.jp\r\nTo: e@f.jp\r\n\
             Subject: =?UTF-8?B?5Lu2?=\r\n =?UTF-8?B?5ZCN?=\r\nDate: Mon, 23 Nov 2026 09:00:00 +0900\r\n\
             Message-ID: <1@b.jp>\r\nReferences: <x@y>\r\n <z@y>\r\nIn-Reply-To: <z@y>\r\n"
                .as_bytes(),
        );
        assert_eq!(headers.from, [Address { name: "手水".to_owned(), address: "a@b.jp".to_owned() }]);
        assert_eq!(headers.to.len(), 2);
        assert_eq!(headers.subject.as_deref(), Some("件名"));
        assert_eq!(headers.date, Some((1_795_392_000, 540)));
        assert_eq!(headers.message_id.as_deref(), Some("<1@b.jp>"));
        assert_eq!(headers.references, ["<x@y>", "<z@y>"]);
        assert_eq!(headers.in_reply_to, ["<z@y>"]);
        assert_eq!(headers.hops, 2);
    }

    #[test]
    fn a_decoded_subject_cannot_become_another_header() {
        assert_eq!(
            read(b"Subject: =?utf-8?q?a=0D=0ABcc:_x=40y=00=E2=80=AEz?=\r\n").subject.as_deref(),
            Some("a Bcc: x@yz")
        );
        assert_eq!(read(b"Subject:\r\n").subject.as_deref(), Some(""));
        assert_eq!(read(b"X: y\r\n").subject, None);
        let long = [b"Subject: ".as_slice(), &b"a".repeat(9_000)].concat();
        assert_eq!(read(&long).subject.map(|s| s.len()), Some(MAX_SUBJECT));
    }

    #[test]
    fn dates_that_do_not_read_are_absent() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some((0, 0))),
            ("Wed, 31 Dec 1969 19:00:00 -0500 (EST)", Some((0, -300))),
            ("", None),
            ("yesterday", None),
            ("99 Foo 2026 99:99:99 +9999", None),
        ] {
            assert_eq!(read(format!("Date: {text}\r\n").as_bytes()).date, expected, "{text}");
        }
    }

    #[test]
    fn singletons_that_stand_there_twice_are_flagged() {
        for (text, flags) in [
            (&b"From: a@b\r\nFrom: c@d\r\n"[..], "duplicate_from |"),
            (b"From: a@b\r\nfrom: a@b\r\n", "| duplicate_from"),
            (b"Subject: a\r\nSubject: b\r\nDate: x\r\nDate: y\r\n", "duplicate_subject | duplicate_header"),
            (b"MIME-Version: 1.0\r\nMIME-Version: 2.0\r\n", "duplicate_mime_version |"),
            (b"To: a@b\r\nTo: c@d\r\nReceived: x\r\nReceived: y\r\n", "|"),
        ] {
            assert_eq!(Headers::doubts(&Block::read(text)).summary(), flags);
        }
    }

    #[test]
    fn what_lists_and_robots_say_of_themselves_is_read_strictly() {
        for (value, expected) in [
            ("Staff <staff.lists.example.jp>", Some("staff.lists.example.jp")),
            ("<staff.example.jp>", Some("staff.example.jp")),
            ("staff.example.jp", None),
            ("<staff>", None),
            ("<a..b>", None),
            ("<a b.c>", None),
            ("<a.b> x", None),
            ("<a.b\u{3042}>", None),
            ("", None),
        ] {
            assert_eq!(read(format!("List-Id: {value}\r\n").as_bytes()).list_id.as_deref(), expected, "{value}");
        }
        assert_eq!(read(format!("List-Id: <{}>\r\n", "a.".repeat(200) + "b").as_bytes()).list_id, None);
        for (value, expected) in [
            ("auto-generated", Some("auto-generated")),
            ("Auto-Replied (vacation); owner-email=\"a@b\"", Some("auto-replied")),
            ("no", None),
            ("-x", None),
            ("auto_replied", None),
            ("", None),
        ] {
            let headers = read(format!("Auto-Submitted: {value}\r\n").as_bytes());
            assert_eq!(headers.auto_submitted.as_deref(), expected, "{value}");
        }
        for (value, expected) in [("Bulk", Some("bulk")), ("list", Some("list")), ("first-class", None), ("1", None)] {
            let headers = read(format!("Precedence: {value}\r\n").as_bytes());
            assert_eq!(headers.precedence.as_deref(), expected, "{value}");
        }
    }
}
