//! The catalogue of replies: everything this server ever says.
//!
//! Texts are fixed, so that no reply repeats what a client sent. Every 2xx, 4xx and 5xx carries an enhanced status code
//! (RFC 2034, RFC 3463), but for the banner and the answers to EHLO and HELO (RFC 2034 3) and 354, which have none.
//! Invariant: a reply is one line of at most 512 octets, or the lines of EHLO.

use crate::domain::{Domain, Reference};

macro_rules! catalogue {
    ($($(#[doc = $doc:literal])+ $name:ident = $line:literal,)+) => {
        /// A reply whose whole text is fixed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Reply {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Reply {
            /// Every reply of the catalogue, in the order of its codes.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The reply without its line end: code, enhanced status code, text.
            #[must_use]
            pub const fn line(self) -> &'static str {
                match self {
                    $(Self::$name => $line,)+
                }
            }

            /// When it is given, in one English sentence: the documentation of the variant.
            #[must_use]
            pub const fn occasion(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

catalogue! {
    /// HELP.
    Help = "214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP QUIT STARTTLS, see RFC 5321",
    /// STARTTLS: the handshake may begin.
    ReadyForTls = "220 2.0.0 ready to start TLS",
    /// QUIT.
    Bye = "221 2.0.0 bye",
    /// RSET, NOOP.
    Okay = "250 2.0.0 ok",
    /// MAIL.
    SenderAccepted = "250 2.1.0 sender ok",
    /// RCPT, also a repeated one.
    RecipientAccepted = "250 2.1.5 recipient ok",
    /// VRFY (RFC 5321 7.3).
    NotVerified = "252 2.0.0 not verified, but mail may be tried",
    /// DATA: the mail may begin.
    StartMail = "354 end the mail with <CRLF>.<CRLF>",
    /// The service stops.
    ShuttingDown = "421 4.3.2 service is shutting down, try again later",
    /// All sessions are taken.
    TooManySessions = "421 4.3.2 too many sessions, try again later",
    /// No command came in time.
    CommandTimeout = "421 4.4.2 no command in time, closing",
    /// DATA took too long or came too slowly.
    DataTimeout = "421 4.4.2 mail data too slow, closing",
    /// All sessions of one client are taken.
    TooManySessionsOfClient = "421 4.7.0 too many sessions from your address, try again later",
    /// More errors than any mail server makes.
    TooManyErrors = "421 4.7.0 too many errors, closing",
    /// Command after command, and no mail.
    TooManyIdleCommands = "421 4.7.0 too many commands without a mail, closing",
    /// HTTP, SSH.
    NotSmtp = "421 4.7.0 this is an SMTP server, closing",
    /// The store does not answer.
    StoreUnavailable = "451 4.3.0 mail store not available, try again later",
    /// The disk is down to its reserve.
    StoreFull = "452 4.3.1 no room for the mail, try again later",
    /// RCPT beyond `smtp.max_recipients`; the client sends the rest in another mail (RFC 5321 4.5.3.1.10).
    TooManyRecipients = "452 4.5.3 too many recipients, send the others separately",
    /// No such command.
    UnknownCommand = "500 5.5.1 command not recognized",
    /// A command line beyond its limit (RFC 5321 4.5.3.1.4).
    LineTooLong = "500 5.5.2 command line too long",
    /// A command line that ends in LF alone.
    BareLineFeed = "500 5.5.2 command line not ended by CRLF, closing",
    /// A command line with control or eight-bit characters.
    UnprintableCommand = "500 5.5.2 command line is not printable ASCII",
    /// The recipient is not a usable address.
    BadRecipient = "501 5.1.3 bad recipient address syntax",
    /// The sender is not a usable address.
    BadSender = "501 5.1.7 bad sender address syntax",
    /// An argument is missing, repeated, superfluous or malformed.
    BadArgument = "501 5.5.4 bad argument",
    /// A command of the standards that is not offered here.
    NotImplemented = "502 5.5.1 command not implemented",
    /// BDAT: what follows are not commands, so nothing more is read.
    ChunkingRefused = "502 5.5.1 BDAT not offered, closing",
    /// Bytes behind a command that must be the last of its group (RFC 2920 3.1).
    ImproperPipelining = "503 5.5.0 improper command pipelining, closing",
    /// MAIL before EHLO or HELO.
    HelloFirst = "503 5.5.1 say EHLO or HELO first",
    /// RCPT before MAIL.
    MailFirst = "503 5.5.1 say MAIL first",
    /// MAIL within a mail transaction.
    NestedMail = "503 5.5.1 MAIL already given",
    /// STARTTLS within TLS.
    AlreadyEncrypted = "503 5.5.1 TLS already active",
    /// DATA without an accepted recipient.
    NoRecipient = "503 5.5.1 no valid recipient",
    /// DATA with a bare CR, a bare LF or a NUL.
    BadLineEnd = "550 5.6.0 mail has a bare CR, a bare LF or a NUL, closing",
    /// A recipient domain that is not ours.
    RelayDenied = "550 5.7.1 relaying denied",
    /// SIZE, or the mail itself, is over the limit.
    TooLarge = "552 5.3.4 mail is larger than this server takes",
    /// Too many Received headers.
    Looping = "554 5.4.6 too many hops, mail is looping",
    /// A MAIL or RCPT parameter that is not offered.
    UnknownParameter = "555 5.5.4 parameter not recognized",
}

impl Reply {
    /// True for replies after which this server closes the connection.
    #[must_use]
    pub fn closes(self) -> bool {
        let told_to_close = matches!(
            self,
            Self::Bye | Self::BareLineFeed | Self::ChunkingRefused | Self::ImproperPipelining | Self::BadLineEnd
        );
        told_to_close || self.line().starts_with("421")
    }

    /// True for 4xx and 5xx.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.line().starts_with(['4', '5'])
    }

    /// True for 5xx, which count towards the errors of a session. A busy server's 4xx are not the client's fault.
    #[must_use]
    pub fn is_clients_fault(self) -> bool {
        self.line().starts_with('5')
    }

    /// The code and the enhanced status code of a negative reply, for the log: `550 5.7.1`.
    #[must_use]
    pub fn codes(self) -> &'static str {
        self.line().get(..9).unwrap_or_default()
    }
}

/// The banner (RFC 5321 4.2).
#[must_use]
pub fn banner(host: &Domain) -> String {
    format!("220 {host} ESMTP")
}

/// The answer to HELO.
#[must_use]
pub fn helo(host: &Domain) -> String {
    format!("250 {host}")
}

/// The answer to EHLO: what is offered. Lines are parted by CRLF; the last has none.
#[must_use]
pub fn ehlo(host: &Domain, message_bytes: u64, starttls: bool) -> String {
    let mut lines = format!("250-{host}\r\n250-PIPELINING\r\n250-SIZE {message_bytes}\r\n250-8BITMIME\r\n");
    if starttls {
        lines.push_str("250-STARTTLS\r\n");
    }
    lines.push_str("250 ENHANCEDSTATUSCODES");
    lines
}

/// The promise: the mail is durable. `reference` is the 管理番号 people will ask about.
#[must_use]
pub fn accepted(reference: Reference) -> String {
    format!("250 2.0.0 accepted as {reference}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reply_is_a_short_ascii_line_with_matching_codes() {
        for reply in Reply::ALL {
            let line = reply.line();
            assert!(line.len() + 2 <= 512 && line.bytes().all(|b| (b' '..=b'~').contains(&b)), "{line}");
            let (code, rest) = line.split_once(' ').unwrap();
            assert!(code.len() == 3 && code.parse::<u16>().is_ok(), "{line}");
            if *reply == Reply::StartMail {
                continue;
            }
            let enhanced: Vec<&str> = rest.split(' ').next().unwrap().split('.').collect();
            assert_eq!(enhanced.len(), 3, "{line}");
            assert!(
                code.starts_with(enhanced[0]) && enhanced[0].len() == 1,
                "class of code and of enhanced code: {line}"
            );
            assert!(enhanced[1..].iter().all(|digit| digit.parse::<u16>().is_ok()), "{line}");
            assert!(line.starts_with(&format!("{} ", reply.codes())), "{line}");
        }
    }

    #[test]
    fn the_catalogue_is_in_order_and_has_no_line_twice() {
        let lines: Vec<&str> = Reply::ALL.iter().map(|reply| reply.line()).collect();
        assert!(lines.is_sorted_by_key(|line| line.get(..3)));
        let distinct: std::collections::BTreeSet<&&str> = lines.iter().collect();
        assert_eq!(distinct.len(), lines.len());
    }

    #[test]
    fn a_reply_that_says_closing_closes_and_no_other_negative_one_does() {
        for reply in Reply::ALL {
            let says = reply.line().ends_with("closing") || reply.line().starts_with("421") || *reply == Reply::Bye;
            assert_eq!(reply.closes(), says, "{}", reply.line());
        }
    }

    #[test]
    fn only_what_is_configured_is_offered() {
        let host = Domain::parse("gw.example.lg.jp").unwrap();
        assert_eq!(
            ehlo(&host, 1000, false),
            "250-gw.example.lg.jp\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES"
        );
        assert!(ehlo(&host, 1000, true).contains("\r\n250-STARTTLS\r\n"));
        assert_eq!(banner(&host), "220 gw.example.lg.jp ESMTP");
        assert_eq!(helo(&host), "250 gw.example.lg.jp");
        assert_eq!(accepted("7K3F-92QD".parse().unwrap()), "250 2.0.0 accepted as 7K3F-92QD");
    }
}
