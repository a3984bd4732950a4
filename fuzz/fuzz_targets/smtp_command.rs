//! The command parser: only printable ASCII comes out, and a path that was read reads as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temizu::smtp::command::{Command, MAX_PATH_LINE, Recipient, parse};

fuzz_target!(|line: &[u8]| {
    let Ok(command) = parse(line) else { return };
    assert!(line.iter().all(|b| (b' '..=b'~').contains(b)), "an unprintable line was understood");
    assert!(line.len() + 2 <= MAX_PATH_LINE);
    assert!(parse(&[line, b"\r"].concat()).is_err() && parse(&[line, b"\n"].concat()).is_err());
    let spelled = match &command {
        Command::Mail(mail) => format!(
            "MAIL FROM:<{}>{}{}",
            mail.reverse_path.as_str(),
            mail.size.map(|size| format!(" SIZE={size}")).unwrap_or_default(),
            if mail.eight_bit { " BODY=8BITMIME" } else { "" }
        ),
        Command::Rcpt(Recipient::Mailbox(mailbox)) => format!("RCPT TO:<{}>", mailbox.as_str()),
        Command::Rcpt(Recipient::Postmaster) => "RCPT TO:<Postmaster>".to_owned(),
        Command::Ehlo(host) => format!("EHLO {host}"),
        Command::Helo(host) => format!("HELO {host}"),
        _ => return,
    };
    assert_eq!(parse(spelled.as_bytes()), Ok(command), "{spelled}");
});
