//! The command parser: one line, without its line end, to one [`Command`].
//!
//! Refuses: unprintable bytes, addresses that no SMTP command can carry, parameters that are not offered or are given
//! twice. Invariant: it is a pure function, and what it returns holds no byte outside printable ASCII.

use super::reply::Reply;
use crate::domain::{Domain, Mailbox, ReversePath};

/// Octets of a command line with its CRLF (RFC 5321 4.5.3.1.4).
pub const MAX_LINE: usize = 512;
/// Octets of a MAIL or RCPT line with its CRLF: room for long addresses and for parameters (RFC 5321 4.1.1.11).
pub const MAX_PATH_LINE: usize = 2048;
/// Octets of the argument of EHLO and HELO.
const MAX_HOST: usize = 255;

/// One command of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// EHLO with its argument.
    Ehlo(String),
    /// HELO with its argument.
    Helo(String),
    /// MAIL.
    Mail(MailFrom),
    /// RCPT.
    Rcpt(Recipient),
    /// DATA.
    Data,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// STARTTLS.
    StartTls,
    /// VRFY.
    Vrfy,
    /// HELP.
    Help,
}

/// The arguments of MAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFrom {
    /// The sender.
    pub reverse_path: ReversePath,
    /// SIZE: the length of the mail in octets, as the client reckons it (RFC 1870).
    pub size: Option<u64>,
    /// BODY=8BITMIME (RFC 6152).
    pub eight_bit: bool,
}

/// The argument of RCPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// An address.
    Mailbox(Mailbox),
    /// `<postmaster>` without a domain (RFC 5321 4.5.1).
    Postmaster,
}

/// Parses one command line, at most [`MAX_PATH_LINE`] octets with its line end, which is not part of `untrusted_line`.
///
/// # Errors
/// The reply that says what is wrong with the line.
pub fn parse(untrusted_line: &[u8]) -> Result<Command, Reply> {
    let text = str::from_utf8(untrusted_line).map_err(|_| Reply::UnprintableCommand)?;
    if !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(Reply::UnprintableCommand);
    }
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (verb, rest) = (verb.to_ascii_uppercase(), rest.trim_matches(' '));
    let longest = if matches!(verb.as_str(), "MAIL" | "RCPT") { MAX_PATH_LINE } else { MAX_LINE };
    if text.len() + 2 > longest {
        return Err(Reply::LineTooLong);
    }
    match verb.as_str() {
        "EHLO" => host(rest).map(Command::Ehlo),
        "HELO" => host(rest).map(Command::Helo),
        "MAIL" => mail(rest).map(Command::Mail),
        "RCPT" => recipient(rest).map(Command::Rcpt),
        "DATA" => without_argument(rest, Command::Data),
        "RSET" => without_argument(rest, Command::Rset),
        "QUIT" => without_argument(rest, Command::Quit),
        "STARTTLS" => without_argument(rest, Command::StartTls),
        "NOOP" => Ok(Command::Noop),
        "VRFY" => Ok(Command::Vrfy),
        "HELP" => Ok(Command::Help),
        "BDAT" => Err(Reply::ChunkingRefused),
        "AUTH" | "EXPN" | "ETRN" | "TURN" | "ATRN" | "SEND" | "SOML" | "SAML" => Err(Reply::NotImplemented),
        "GET" | "POST" | "PUT" | "HEAD" | "OPTIONS" | "CONNECT" | "DELETE" | "PATCH" | "TRACE" | "PRI" => {
            Err(Reply::NotSmtp)
        }
        ssh if ssh.starts_with("SSH-") => Err(Reply::NotSmtp),
        _ => Err(Reply::UnknownCommand),
    }
}

fn without_argument(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.is_empty() { Ok(command) } else { Err(Reply::BadArgument) }
}

/// Any one word: clients that do not know their own name are common, and nothing is decided by it.
fn host(rest: &str) -> Result<String, Reply> {
    let fits = (1..=MAX_HOST).contains(&rest.len()) && !rest.contains(' ');
    if fits { Ok(rest.to_owned()) } else { Err(Reply::BadArgument) }
}

fn mail(rest: &str) -> Result<MailFrom, Reply> {
    let (path, parameters) = path("FROM:", rest).ok_or(Reply::BadSender)?;
    let reverse_path = match path {
        "" => ReversePath::null(),
        path => mailbox(path).map(ReversePath::of).ok_or(Reply::BadSender)?,
    };
    let (mut size, mut body) = (None, None);
    for word in parameters.split(' ').filter(|word| !word.is_empty()) {
        let (keyword, value) = word.split_once('=').unwrap_or((word, ""));
        if keyword.eq_ignore_ascii_case("SIZE") {
            once(&mut size, octets(value))?;
        } else if keyword.eq_ignore_ascii_case("BODY") {
            once(&mut body, eight_bit(value))?;
        } else {
            return Err(Reply::UnknownParameter);
        }
    }
    Ok(MailFrom { reverse_path, size, eight_bit: body.unwrap_or(false) })
}

fn recipient(rest: &str) -> Result<Recipient, Reply> {
    let (path, parameters) = path("TO:", rest).ok_or(Reply::BadRecipient)?;
    if !parameters.trim_matches(' ').is_empty() {
        return Err(Reply::UnknownParameter);
    }
    if path.eq_ignore_ascii_case("postmaster") {
        return Ok(Recipient::Postmaster);
    }
    mailbox(path).map(Recipient::Mailbox).ok_or(Reply::BadRecipient)
}

/// Splits `FROM:<path> parameters` into path and parameters. A blank before `<` is not allowed but often sent.
fn path<'line>(keyword: &str, rest: &'line str) -> Option<(&'line str, &'line str)> {
    let (head, tail) = rest.split_at_checked(keyword.len())?;
    let tail = tail.trim_start_matches(' ').strip_prefix('<')?;
    let (path, tail) = tail.split_at_checked(closing_bracket(tail)?)?;
    let parameters = tail.strip_prefix('>')?;
    let parted = parameters.is_empty() || parameters.starts_with(' ');
    (head.eq_ignore_ascii_case(keyword) && parted).then_some((path, parameters))
}

/// Where the path ends: a quoted local part may itself hold `>`.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|byte| {
        let plain = !escaped;
        escaped = plain && quoted && byte == b'\\';
        quoted ^= plain && byte == b'"';
        plain && !quoted && byte == b'>'
    })
}

/// The mailbox of a path; a source route before it is checked and ignored (RFC 5321 4.1.2, appendix C).
fn mailbox(path: &str) -> Option<Mailbox> {
    let is_hop = |hop: &str| hop.strip_prefix('@').is_some_and(|domain| Domain::parse(domain).is_ok());
    let bare = match path.split_once(':') {
        Some((route, mailbox)) if route.starts_with('@') => route.split(',').all(is_hop).then_some(mailbox)?,
        _ => path,
    };
    Mailbox::parse(bare).ok()
}

fn once<T>(place: &mut Option<T>, value: Option<T>) -> Result<(), Reply> {
    let value = value.ok_or(Reply::BadArgument)?;
    if place.replace(value).is_some() { Err(Reply::BadArgument) } else { Ok(()) }
}

/// RFC 1870 allows 20 digits, which are more than 64 bits hold; such a mail is too large in any case.
fn octets(value: &str) -> Option<u64> {
    let is_number = (1..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| value.parse().unwrap_or(u64::MAX))
}

fn eight_bit(value: &str) -> Option<bool> {
    if value.eq_ignore_ascii_case("8BITMIME") {
        return Some(true);
    }
    value.eq_ignore_ascii_case("7BIT").then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(line: &str) -> Result<(String, Option<u64>, bool), Reply> {
        match parse(line.as_bytes())? {
            Command::Mail(mail) => Ok((mail.reverse_path.as_str().to_owned(), mail.size, mail.eight_bit)),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn check_sender(line: &str, path: &str, size: Option<u64>, eight_bit: bool) {
        assert_eq!(sender(line), Ok((path.to_owned(), size, eight_bit)), "{line}");
    }

    fn check_recipient(line: &str, address: &str) {
        let expected = Recipient::Mailbox(Mailbox::parse(address).unwrap());
        assert_eq!(parse(line.as_bytes()), Ok(Command::Rcpt(expected)), "{line}");
    }

    fn check_refused(line: &str, reply: Reply) {
        assert_eq!(parse(line.as_bytes()), Err(reply), "{line:?}");
    }

    #[test]
    fn verbs_are_read_in_any_case_with_trailing_blanks() {
        for (line, command) in [
            ("EHLO mx.example.jp", Command::Ehlo("mx.example.jp".to_owned())),
            ("helo [192.0.2.1]", Command::Helo("[192.0.2.1]".to_owned())),
            ("ehlo  under_score ", Command::Ehlo("under_score".to_owned())),
            ("data", Command::Data),
            ("DATA  ", Command::Data),
            ("rSeT", Command::Rset),
            ("noop anything at all", Command::Noop),
            ("quit", Command::Quit),
            ("StartTls", Command::StartTls),
            ("VRFY someone", Command::Vrfy),
            ("HELP", Command::Help),
        ] {
            assert_eq!(parse(line.as_bytes()), Ok(command), "{line}");
        }
    }

    #[test]
    fn senders_are_kept_as_they_were_spoken() {
        check_sender("MAIL FROM:<a@b.example>", "a@b.example", None, false);
        check_sender("mail from: <A@B.example> size=10 body=8bitmime", "A@B.example", Some(10), true);
        check_sender("MAIL FROM:<abc..def.@docomo.ne.jp> BODY=7BIT", "abc..def.@docomo.ne.jp", None, false);
        check_sender("MAIL FROM:<\"a > b\\\"\"@b.example>  SIZE=0", "\"a > b\\\"\"@b.example", Some(0), false);
        check_sender("MAIL FROM:<>", "", None, false);
        check_sender("MAIL FROM:<x@[192.0.2.1]>", "x@[192.0.2.1]", None, false);
        check_sender("MAIL FROM:<a@b> SIZE=99999999999999999999", "a@b", Some(u64::MAX), false);
    }

    #[test]
    fn a_source_route_is_ignored_and_a_malformed_one_refused() {
        check_sender("MAIL FROM:<@a.example,@b.example:c@d.example>", "c@d.example", None, false);
        check_recipient("RCPT TO:<@relay.example:c@d.example>", "c@d.example");
        for path in ["@a.example,b.example:c@d", "@:c@d", "@a.example", "@a.example:", "@a.example:@b:c@d", "a:c@d"] {
            check_refused(&format!("RCPT TO:<{path}>"), Reply::BadRecipient);
        }
    }

    #[test]
    fn recipients_are_addresses_or_the_postmaster() {
        check_recipient("RCPT TO:<a@b.example>", "a@b.example");
        check_recipient("rcpt to: <O'Neil+x@b.example> ", "O'Neil+x@b.example");
        assert_eq!(parse(b"RCPT TO:<PostMaster>"), Ok(Command::Rcpt(Recipient::Postmaster)));
        for rest in ["", "a@b", "<a@b", "a@b>", "<>", "<a>", "<a b@c>", "<a@b>x", "<<a@b>>", "<a@b,c@d>"] {
            check_refused(&format!("RCPT TO:{rest}"), Reply::BadRecipient);
        }
        check_refused("RCPT FROM:<a@b>", Reply::BadRecipient);
        check_refused("RCPT", Reply::BadRecipient);
    }

    #[test]
    fn malformed_senders_are_refused() {
        for line in ["MAIL", "MAIL FROM", "MAIL FROM:", "MAIL FROM:a@b", "MAIL TO:<a@b>", "MAIL FROM:<a@b>SIZE=1"] {
            check_refused(line, Reply::BadSender);
        }
        check_refused("MAIL FROM:<\"a@b>", Reply::BadSender);
    }

    #[test]
    fn parameters_are_known_and_given_once_or_refused() {
        for (parameters, reply) in [
            ("SIZE=1 SIZE=1", Reply::BadArgument),
            ("BODY=7BIT body=8BITMIME", Reply::BadArgument),
            ("SIZE", Reply::BadArgument),
            ("SIZE=", Reply::BadArgument),
            ("SIZE=-1", Reply::BadArgument),
            ("SIZE=1x", Reply::BadArgument),
            ("SIZE=999999999999999999999", Reply::BadArgument),
            ("BODY=BINARYMIME", Reply::BadArgument),
            ("SMTPUTF8", Reply::UnknownParameter),
            ("AUTH=<>", Reply::UnknownParameter),
            ("RET=HDRS", Reply::UnknownParameter),
        ] {
            check_refused(&format!("MAIL FROM:<a@b> {parameters}"), reply);
        }
        check_refused("RCPT TO:<a@b> NOTIFY=NEVER", Reply::UnknownParameter);
    }

    #[test]
    fn each_kind_of_wrong_line_has_its_own_reply() {
        for (line, reply) in [
            ("", Reply::UnknownCommand),
            (" MAIL FROM:<a@b>", Reply::UnknownCommand),
            ("MAILFROM:<a@b>", Reply::UnknownCommand),
            ("EHLO", Reply::BadArgument),
            ("HELO a b", Reply::BadArgument),
            ("DATA now", Reply::BadArgument),
            ("QUIT x", Reply::BadArgument),
            ("AUTH PLAIN AGEAYg==", Reply::NotImplemented),
            ("EXPN list", Reply::NotImplemented),
            ("ETRN example", Reply::NotImplemented),
            ("BDAT 5 LAST", Reply::ChunkingRefused),
            ("GET / HTTP/1.1", Reply::NotSmtp),
            ("post / http/1.1", Reply::NotSmtp),
            ("CONNECT a:25 HTTP/1.0", Reply::NotSmtp),
            ("SSH-2.0-OpenSSH_9.9", Reply::NotSmtp),
            ("NOOP\r", Reply::UnprintableCommand),
            ("NO\0OP", Reply::UnprintableCommand),
            ("MAIL\tFROM:<a@b>", Reply::UnprintableCommand),
            ("MAIL FROM:<a\r\n@b>", Reply::UnprintableCommand),
            ("MAIL FROM:<日本@b>", Reply::UnprintableCommand),
        ] {
            check_refused(line, reply);
        }
        assert_eq!(parse(b"\xff\xfe"), Err(Reply::UnprintableCommand));
    }

    #[test]
    fn only_mail_and_rcpt_may_exceed_512_octets() {
        let noop = |len: usize| format!("NOOP {}", "x".repeat(len - 7));
        assert_eq!(parse(noop(MAX_LINE).as_bytes()), Ok(Command::Noop));
        check_refused(&noop(MAX_LINE + 1), Reply::LineTooLong);
        check_sender(&format!("MAIL FROM:<a@b>{}", " ".repeat(1000)), "a@b", None, false);
        check_refused(&format!("MAIL FROM:<a@b>{}", " ".repeat(MAX_PATH_LINE)), Reply::LineTooLong);
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_the_parser_panic_or_return_an_unprintable_address(line in proptest::collection::vec(0u8..=255, 0..80)) {
            for prefix in ["", "MAIL FROM:<", "RCPT TO:<"] {
                let line = [prefix.as_bytes(), &line].concat();
                if let Ok(Command::Rcpt(Recipient::Mailbox(mailbox))) = parse(&line) {
                    proptest::prop_assert!(mailbox.as_str().bytes().all(|b| (b' '..=b'~').contains(&b)));
                }
            }
        }
    }
}
