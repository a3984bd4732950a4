//! The headers that a new mail may carry, decoded.
//!
//! Refuses: values that do not read; they are absent rather than guessed. Invariant: every text is one line without
//! control or reordering characters, and within its limit.

use mail_parser::{DateTime, HeaderForm};
use sanitizer_japanese::single_line;

use crate::address::{self, Address, MAX_ADDRESSES};
use crate::authentication::{self, AuthenticationField};
use crate::block::{Block, Field};
use crate::{identifier, words};

/// Longest subject in characters.
const MAX_SUBJECT: usize = 2_000;

/// Fields that RFC 5322 3.6 allows once; a second one that says something else makes a mail ambiguous.
const SINGLETONS: [&str; 9] =
    ["from", "sender", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version"];

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
            list_id: None,
            auto_submitted: None,
            precedence: None,
            authentication: authentication::read(block),
        }
    }

    /// How many fields contradict an earlier one of the same name.
    pub(crate) fn contradictions(block: &Block<'_>) -> u32 {
        SINGLETONS.iter().fold(0, |sum, name| sum.saturating_add(block.contradictions(name)))
    }
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
    fn contradicting_singletons_are_counted() {
        for (text, count) in [
            (&b"From: a@b\r\nFrom: c@d\r\n"[..], 1),
            (b"From: a@b\r\nfrom: a@b\r\n", 0),
            (b"Subject: a\r\nSubject: b\r\nDate: x\r\nDate: y\r\n", 2),
            (b"To: a@b\r\nTo: c@d\r\nReceived: x\r\nReceived: y\r\n", 0),
        ] {
            assert_eq!(Headers::contradictions(&Block::read(text)), count);
        }
    }
}
