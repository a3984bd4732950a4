//! What the next hop answered, or why there is no answer.
//!
//! A reply may quote addresses: its text goes to the store and never to a log; [`Lost`] and [`Unreachable`] therefore
//! show codes only. Invariant: a [`Reply`] made here is one line of at most [`MAX_TEXT`] printable characters.

use std::io;

use lettre::transport::smtp;

use crate::ports::Reply;

/// Characters kept of a reply.
const MAX_TEXT: usize = 512;

/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// 200 to 559.
    pub(super) code: u16,
    text: String,
}

/// The first digit of a reply (RFC 5321 4.2.1), which alone decides (4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// 2xx.
    Done,
    /// 3xx.
    GoOn,
    /// 4xx.
    NotNow,
    /// 5xx.
    Never,
}

impl Answer {
    pub(super) const fn class(&self) -> Class {
        match self.code {
            ..300 => Class::Done,
            300..400 => Class::GoOn,
            400..500 => Class::NotNow,
            _ => Class::Never,
        }
    }

    /// The server objects to this gateway and not to the mail: it wants a sign-in (RFC 4954 6) or does not relay for this
    /// host (RFC 3463, X.7.x: security or policy). Both are settings of two servers under one roof.
    pub(super) fn objects_to_us(&self) -> bool {
        matches!(self.code, 530 | 534 | 535 | 538) || (self.class() == Class::Never && self.text.starts_with("5.7."))
    }

    /// Code and text on one line, for the store.
    pub(super) fn to_reply(&self) -> Reply {
        printable(&format!("{} {}", self.code, self.text))
    }
}

/// Why a connection can no longer be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    /// 421: the server closes the connection (RFC 5321 3.8).
    #[error("the next hop closes the connection ({})", .0.code)]
    Closing(Answer),
    /// No reply in time.
    #[error("no reply from the next hop in time")]
    Late,
    /// The connection broke.
    #[error("the connection to the next hop was lost before its reply")]
    Gone,
    /// Not a reply, or not one that may follow the command.
    #[error("the reply of the next hop makes no sense")]
    Senseless,
}

impl Lost {
    /// What the store shows for the recipients that wait because of this.
    pub(super) fn to_reply(&self) -> Reply {
        match self {
            Self::Closing(answer) => answer.to_reply(),
            Self::Late | Self::Gone | Self::Senseless => printable(&self.to_string()),
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    /// No address, nobody listening, no route.
    #[error("no connection to the next hop: {0}")]
    Network(#[source] io::Error),
    /// Nothing happened in time.
    #[error("no connection to the next hop in time")]
    Late,
    /// Greeting, EHLO or STARTTLS was answered with 4xx or 5xx.
    #[error("the next hop turned the connection away ({})", .0.code)]
    TurnedAway(Answer),
    /// `deliver.tls = "required"`, and the next hop does not offer it.
    #[error("deliver.tls is \"required\", but the next hop does not offer STARTTLS; nothing is sent")]
    NoTls,
    /// The handshake failed or the certificate does not hold.
    #[error("no TLS with the next hop (see deliver.tls_ca): {0}")]
    Tls(#[source] io::Error),
    /// The dialog broke before the first mail.
    #[error(transparent)]
    Lost(Lost),
}

impl Unreachable {
    /// What the store shows for the recipients that wait because of this.
    pub(super) fn to_reply(&self) -> Reply {
        match self {
            Self::TurnedAway(answer) => answer.to_reply(),
            Self::Lost(lost) => lost.to_reply(),
            Self::Network(_) | Self::Late | Self::NoTls | Self::Tls(_) => printable(&self.to_string()),
        }
    }
}

impl From<Lost> for Unreachable {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Closing(answer) => Self::TurnedAway(answer),
            other => Self::Lost(other),
        }
    }
}

/// Sorts what lettre gives: it takes 4xx and 5xx for errors, here they are answers.
pub(super) fn answer_of(result: Result<smtp::response::Response, smtp::Error>) -> Result<Answer, Lost> {
    let answer = match result {
        Ok(response) => Answer { code: response.code().into(), text: response.message().collect::<Vec<_>>().join(" ") },
        Err(error) => match error.status() {
            Some(code) => {
                let text = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                Answer { code: code.into(), text }
            }
            None if error.is_response() => return Err(Lost::Senseless),
            None => return Err(Lost::Gone),
        },
    };
    if answer.code == 421 { Err(Lost::Closing(answer)) } else { Ok(answer) }
}

/// One line of printable ASCII.
pub(super) fn printable(text: &str) -> Reply {
    let shown = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    Reply(text.trim_end().chars().take(MAX_TEXT).map(shown).collect())
}

/// The code a stored reply begins with; `None` if the next hop did not answer.
pub(super) fn code_of(reply: &Reply) -> Option<u16> {
    reply.0.split(' ').next().filter(|word| word.len() == 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(raw: &str) -> Answer {
        answer_of(Ok(raw.parse().unwrap())).unwrap()
    }

    #[test]
    fn lines_of_a_reply_become_one_printable_line_of_at_most_512_characters() {
        assert_eq!(answer("250-one\r\n250 two\r\n").to_reply().0, "250 one two");
        assert_eq!(answer("550 \x1b[31m\tred\r\n").to_reply().0, "550 ?[31m?red");
        let long = answer(&format!("550 {}\r\n", "x".repeat(900))).to_reply().0;
        assert_eq!((long.len(), long.starts_with("550 xx")), (MAX_TEXT, true));
    }

    #[test]
    fn the_code_of_a_stored_reply_is_found_and_a_missing_answer_has_none() {
        assert_eq!(code_of(&answer("250 ok\r\n").to_reply()), Some(250));
        assert_eq!(code_of(&Lost::Gone.to_reply()), None);
        assert_eq!(code_of(&Unreachable::Late.to_reply()), None);
        assert_eq!(code_of(&Reply(String::new())), None);
    }

    #[test]
    fn errors_that_reach_a_log_show_the_code_and_not_the_text() {
        let quoting = answer("554 <someone@example.jp> go away\r\n");
        assert_eq!(
            Unreachable::TurnedAway(quoting.clone()).to_string(),
            "the next hop turned the connection away (554)"
        );
        assert_eq!(Lost::Closing(quoting).to_string(), "the next hop closes the connection (554)");
    }

    #[test]
    fn the_first_digit_decides() {
        for (raw, class) in [
            ("250 a\r\n", Class::Done),
            ("252 a\r\n", Class::Done),
            ("354 a\r\n", Class::GoOn),
            ("450 a\r\n", Class::NotNow),
            ("559 a\r\n", Class::Never),
        ] {
            assert_eq!(answer(raw).class(), class, "{raw}");
        }
    }
}
