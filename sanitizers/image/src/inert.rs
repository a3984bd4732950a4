//! What a QR code says, as text that no program makes a link of: `hxxps://host[.]example/path`.
//!
//! Refuses nothing. Invariant: one line of at most [`MAX_TEXT`] characters, without a scheme that something follows.

/// Longest text that is told, in characters.
const MAX_TEXT: usize = 500;

/// The bytes of a code, as a reader of codes takes them: UTF-8, or else the characters of Japanese.
pub(crate) fn written(bytes: &[u8]) -> String {
    let decoded = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => sanitizer_japanese::decode(None, bytes).text,
    };
    let line = sanitizer_japanese::single_line(&decoded);
    let kept: String = line.chars().filter(|&c| !c.is_control() && !sanitizer_japanese::changes_reading(c)).collect();
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
    fn what_a_code_says_cannot_be_clicked() {
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
            ("a\r\nb\u{202E}c", "a bc"),
            ("請求書 https://例え.jp/", "請求書 hxxps://例え[.]jp/"),
        ] {
            assert_eq!(written(text.as_bytes()), expected);
        }
        assert_eq!(written(b"\x90\xBF\x8B\x81\x8F\x91"), "請求書");
        assert_eq!(written(&[b'a'; 600]).chars().count(), 501);
    }

    #[test]
    fn what_is_inert_stays_as_it_is() {
        for text in ["hxxps://www[.]evil[.]example/a.b", "tel[:]03", "[intent]://x", "WIFI[:]S:office"] {
            assert_eq!(without_schemes(text), text);
        }
    }
}
