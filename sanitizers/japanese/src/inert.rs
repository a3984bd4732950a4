//! Where a link or a QR code leads, as text that no program makes a link of: `hxxps://host[.]example/path`.
//!
//! Refuses nothing. Invariant: one line of at most [`MAX_TEXT`] characters, without a scheme that something follows.

use crate::reading::{changes_reading, single_line};

/// Longest text that is told, in characters.
const MAX_TEXT: usize = 500;

/// `target` on one line that leads nowhere: without controls and what changes the reading of others, schemes and the
/// dots of hosts set apart, cut with … behind 500 characters.
#[must_use]
pub fn inert(target: &str) -> String {
    let line = single_line(target);
    let kept: String = line.chars().filter(|&c| !c.is_control() && !changes_reading(c)).collect();
    let is_long = kept.chars().nth(MAX_TEXT).is_some();
    let short: String = kept.chars().take(MAX_TEXT).collect();
    let mut inert = without_schemes(short.trim());
    if is_long {
        inert.push('…');
    }
    inert
}

/// Every scheme is broken, and the dots of whatever may be a host.
fn without_schemes(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(16));
    let mut is_host = true;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            ':' if after.starts_with("//") => {
                scheme(&mut out);
                out.push_str("://");
                rest = after.get(2..).unwrap_or_default();
                is_host = true;
                continue;
            }
            ':' if starts_something(&out) => out.push_str("[:]"),
            '.' if is_host && !(out.ends_with('[') && after.starts_with(']')) => out.push_str("[.]"),
            '\\' if after.starts_with('\\') && !out.ends_with('[') => out.push_str("[\\]"),
            _ => out.push(c),
        }
        // Behind the path of an address dots are harmless, and paths stay readable.
        if matches!(c, '/' | '?' | '#') {
            is_host = false;
        } else if c.is_whitespace()
            || !c.is_ascii()
            || matches!(c, '@' | ',' | ';' | '<' | '>' | '(' | ')' | '"' | '\'' | '=' | '&' | ':')
        {
            is_host = true;
        }
        rest = after;
    }
    out
}

/// `http` becomes `hxxp`, `ftp` becomes `fxp`; any other scheme is set in brackets.
fn scheme(out: &mut String) {
    let start = out.len().saturating_sub(trailing(out).len());
    let name = out.split_off(start);
    match name.to_ascii_lowercase().as_str() {
        "https" => out.push_str("hxxps"),
        "http" => out.push_str("hxxp"),
        "ftp" => out.push_str("fxp"),
        "" | "hxxps" | "hxxp" | "fxp" => out.push_str(&name),
        _ => {
            out.push('[');
            out.push_str(&name);
            out.push(']');
        }
    }
}

/// Letters at the end of `out` that may name a scheme.
fn trailing(out: &str) -> &str {
    let at = out.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-'))).map_or(0, |at| {
        at.saturating_add(out.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8))
    });
    out.get(at..).unwrap_or_default()
}

/// True behind a name that a phone or a program may act on; clock times and numbers stay.
fn starts_something(out: &str) -> bool {
    let name = trailing(out);
    name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_cannot_be_clicked() {
        for (text, expected) in [
            ("https://www.evil.example/a.b?c=d.e", "hxxps://www[.]evil[.]example/a.b?c=d[.]e"),
            ("HTTP://EVIL.EXAMPLE", "hxxp://EVIL[.]EXAMPLE"),
            ("www.city.lg.jp", "www[.]city[.]lg[.]jp"),
            ("https://a.jp/?u=https://b.jp/x", "hxxps://a[.]jp/?u=hxxps://b[.]jp/x"),
            ("intent://x#Intent", "[intent]://x#Intent"),
            ("WIFI:S:office;P:pass;;", "WIFI[:]S:office;P:pass;;"),
            ("tel:0312345678 10:30", "tel[:]0312345678 10:30"),
            ("javascript:alert(1)", "javascript[:]alert(1)"),
            ("\\\\server\\share", "[\\]\\server\\share"),
            ("file:///\\\\server\\share\\a.docx", "[file]:///[\\]\\server\\share\\a.docx"),
            ("FILE:x?HTTP://b.jp", "FILE[:]x?hxxp://b[.]jp"),
            ("a\r\nb\u{202E}c", "a bc"),
            ("請求書 https://例え.jp/", "請求書 hxxps://例え[.]jp/"),
        ] {
            assert_eq!(inert(text), expected);
        }
        assert_eq!(inert(&"a".repeat(600)).chars().count(), 501);
    }

    #[test]
    fn what_is_inert_stays_as_it_is() {
        for text in ["hxxps://www[.]evil[.]example/a.b", "tel[:]03", "[intent]://x", "WIFI[:]S:office"] {
            assert_eq!(without_schemes(text), text);
        }
    }

    #[test]
    fn no_mix_of_pieces_leaves_a_scheme_that_a_program_follows() {
        const PIECES: [&str; 9] = ["http", "s", ":", "/", "file", "\u{202E}", ".", "\\", "ftp"];
        for mix in 0..9_usize.pow(5) {
            let text: String = (0..5).map(|place| PIECES[mix / 9_usize.pow(place) % 9]).collect();
            let told = inert(&text);
            let live = ["http://", "https://", "ftp://", "file://"].iter().any(|scheme| told.contains(scheme));
            assert!(!live && !told.chars().any(changes_reading), "{text:?}: {told:?}");
        }
    }
}
