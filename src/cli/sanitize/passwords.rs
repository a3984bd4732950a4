//! The passwords that `temizu sanitize` is given: on the command line, in a file, on standard input.
//!
//! Refuses: more than ten, and what is no password of one line. Invariant: no message quotes one.

use std::io::Read as _;
use std::path::Path;

use sanitizer_protocol::Passwords;
use zeroize::Zeroizing;

use crate::cli::arguments::Sanitize;
use crate::cli::trouble::{NO_INPUT, Trouble, USAGE};
use crate::domain::Password;

/// Longest file of passwords in bytes: ten of the longest, with room for blank lines.
const MAX_FILE: u64 = 16 * 1024;

/// The passwords to try, each once, in their order.
pub(super) fn given(arguments: &Sanitize) -> Result<Vec<Password>, Trouble> {
    let mut given = Vec::new();
    for typed in &arguments.passwords {
        add(&mut given, &typed.0)?;
    }
    if let Some(file) = &arguments.password_file {
        if file == Path::new("-") && arguments.files.iter().any(|input| input == Path::new("-")) {
            return Err(Trouble::new(
                USAGE,
                "標準入力は一つだけです。メールかパスワードの一方をファイルで渡してください",
                "there is one standard input only: hand over the mail or the passwords in a file",
            ));
        }
        for line in read(file)?.lines().filter(|line| !line.is_empty()) {
            add(&mut given, line)?;
        }
    }
    Ok(given)
}

fn add(given: &mut Vec<Password>, text: &str) -> Result<(), Trouble> {
    let fits = text.len() <= Passwords::MAX_BYTES;
    let password = fits.then(|| Password::new(text.to_owned()).ok()).flatten().ok_or_else(|| {
        let most = Passwords::MAX_BYTES;
        Trouble::new(
            USAGE,
            format!("パスワードは1行で、1から128文字、UTF-8 で{most}バイトまでです"),
            format!("a password is one line of 1 to 128 characters, at most {most} bytes of UTF-8"),
        )
    })?;
    if given.contains(&password) {
        return Ok(());
    }
    if given.len() >= Passwords::MAX {
        let most = Passwords::MAX;
        return Err(Trouble::new(
            USAGE,
            format!("試せるパスワードは{most}個までです"),
            format!("at most {most} passwords can be tried"),
        ));
    }
    given.push(password);
    Ok(())
}

fn read(file: &Path) -> Result<Zeroizing<String>, Trouble> {
    let name = file.display();
    let unreadable = |error: std::io::Error| {
        Trouble::new(
            NO_INPUT,
            format!("パスワードのファイル {name} を読めません: {error}"),
            format!("the file of passwords {name} cannot be read: {error}"),
        )
    };
    // Never moved to a longer place, which would leave a copy.
    let mut bytes = Zeroizing::new(Vec::<u8>::with_capacity(usize::try_from(MAX_FILE).unwrap_or_default()));
    let length = if file == Path::new("-") {
        std::io::copy(&mut std::io::stdin().take(MAX_FILE), &mut *bytes)
    } else {
        std::fs::File::open(file).and_then(|open| std::io::copy(&mut open.take(MAX_FILE), &mut *bytes))
    }
    .map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes).ok().filter(|_| length < MAX_FILE);
    let text = text.ok_or_else(|| {
        Trouble::new(
            USAGE,
            format!("{name} は UTF-8 で1行に1つのパスワードを書いたファイルではありません"),
            format!("{name} is no file of passwords in UTF-8, one a line"),
        )
    })?;
    Ok(Zeroizing::new(text.trim_start_matches('\u{FEFF}').to_owned()))
}
