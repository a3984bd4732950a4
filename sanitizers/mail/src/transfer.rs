//! Content with its transfer encoding removed, and what was wrong with the encoding.
//!
//! Refuses nothing: what does not decode is passed over as most readers do (RFC 2045 6.7, 6.8). Invariant: the bytes
//! are those of the tree's parser; the doubts come from a second look at the raw ones, in linear time.

use std::borrow::Cow;

use mail_parser::Encoding;
use sanitizer_api::Flag;

/// The content of `raw` and what two readers could read differently.
pub(crate) fn decode(encoding: Encoding, raw: &[u8]) -> (Cow<'_, [u8]>, Vec<Flag>) {
    let (bytes, malformed) = encoding.decode_checked(raw);
    let flags = match encoding {
        Encoding::Base64 => base64(raw, malformed),
        Encoding::QuotedPrintable if malformed => vec![Flag::QuotedPrintableIllegal],
        Encoding::QuotedPrintable | Encoding::None => Vec::new(),
    };
    (bytes, flags)
}

fn base64(raw: &[u8], malformed: bool) -> Vec<Flag> {
    let mut flags = Vec::new();
    let is_symbol = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let padding = raw.iter().position(|b| *b == b'=');
    let behind = padding.and_then(|at| raw.get(at..)).unwrap_or_default();
    if behind.iter().any(is_symbol) {
        flags.push(Flag::Base64AfterPadding);
    }
    let is_outside = |b: &u8| !is_symbol(b) && *b != b'=' && !b.is_ascii_whitespace();
    if raw.iter().any(is_outside) || (malformed && flags.is_empty()) {
        flags.push(Flag::Base64Malformed);
    }
    flags
}

/// True if `text` holds something encoded that is no text: what a reader with another idea of the structure would
/// decode to a file. Every second byte of UTF-16 may be NUL.
pub(crate) fn holds_file(text: &[u8], charset: Option<&str>) -> bool {
    let is_wide = |label: &str| ["utf-16", "utf16", "utf-32", "iso-10646"].iter().any(|wide| starts_with(label, wide));
    let has_nul = text.contains(&0) && !charset.is_some_and(is_wide);
    has_nul || holds_quoted_control(text) || holds_base64_run(text)
}

fn starts_with(label: &str, start: &str) -> bool {
    label.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// `=00` and its like; ISO-2022-JP has escapes, and old texts have shifts and form feeds. In an address (`…/?id=10`)
/// only NUL counts, and what stands beside another.
fn holds_quoted_control(text: &[u8]) -> bool {
    text.split(u8::is_ascii_whitespace).any(|word| {
        let is_address = word.windows(3).any(|window| window == b"://");
        word.windows(3).enumerate().any(|(at, window)| {
            is_quoted_control(window)
                && (!is_address
                    || window == b"=00"
                    || word.get(at.saturating_add(3)) == Some(&b'=')
                    || at.checked_sub(3).and_then(|before| word.get(before)) == Some(&b'='))
        })
    })
}

fn is_quoted_control(window: &[u8]) -> bool {
    match window {
        [b'=', b'0', low] => b"012345678BbEeFf".contains(low),
        [b'=', b'1', low] => low.is_ascii_hexdigit() && !b"AaBb".contains(low),
        _ => false,
    }
}

/// Characters of base64 from which a run is looked at.
const SHORTEST_RUN: usize = 24;

/// A run of neighbouring lines of base64 that decodes to something with control characters.
fn holds_base64_run(text: &[u8]) -> bool {
    let mut run = Run::default();
    for line in text.split(|b| matches!(b, b'\n' | b'\r')) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if is_base64_line(line) {
            run.add(line);
        } else if std::mem::take(&mut run).is_file() {
            return true;
        }
    }
    run.is_file()
}

/// Neighbouring lines that could be base64.
#[derive(Default)]
struct Run {
    symbols: Vec<u8>,
    longest: usize,
    /// Lines as long as the longest.
    alike: usize,
}

impl Run {
    fn add(&mut self, line: &[u8]) {
        if line.len() > self.longest {
            (self.longest, self.alike) = (line.len(), 0);
        }
        self.alike += usize::from(line.len() == self.longest);
        self.symbols.extend_from_slice(line);
    }

    /// Lines of single words differ in length; words and addresses are mostly small letters, of base64 at least every
    /// third character is a capital.
    fn is_file(&self) -> bool {
        let capitals = self.symbols.iter().filter(|b| b.is_ascii_uppercase()).count();
        let is_even = self.alike >= 2 && (self.alike + 1) * self.longest >= self.symbols.len();
        let is_base64 = self.longest >= SHORTEST_RUN || is_even;
        if self.symbols.len() < SHORTEST_RUN || !is_base64 || capitals * 7 < self.symbols.len() {
            return false;
        }
        let bytes = Encoding::Base64.decode(&self.symbols);
        let odd = bytes.iter().filter(|b| b.is_ascii_control() && !b"\t\n\r\x0C\x1B\x0E\x0F".contains(b)).count();
        odd * 50 > bytes.len()
    }
}

/// Nearly nothing but base64; some readers skip what is outside the alphabet. Words of mark-up and prose have more
/// blanks and marks than that, and fewer capitals.
fn is_base64_line(line: &[u8]) -> bool {
    let symbols = line.iter().filter(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
    let capitals = line.iter().filter(|b| b.is_ascii_uppercase()).count();
    let blanks = line.iter().filter(|b| **b == b' ').count();
    let is_dense = if line.len() < SHORTEST_RUN {
        symbols * 3 >= line.len() * 2 && blanks == 0
    } else {
        symbols * 20 >= line.len() * 17 && blanks * 20 <= line.len() && capitals * 7 >= line.len()
    };
    // A delimiter is no content, whatever its letters.
    is_dense && !line.starts_with(b"--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_encoding_is_named() {
        for (encoding, raw, flags) in [
            (Encoding::Base64, &b"TVqQ\r\nAAM="[..], &[][..]),
            (Encoding::Base64, b"TVqQAAM", &[]),
            (Encoding::Base64, b"TV!qQ", &[Flag::Base64Malformed]),
            (Encoding::Base64, b"TVo=\r\nTVqQ", &[Flag::Base64AfterPadding]),
            (Encoding::Base64, b"TV-o==TVqQ", &[Flag::Base64AfterPadding, Flag::Base64Malformed]),
            (Encoding::QuotedPrintable, b"a=3Db=\r\nc", &[]),
            (Encoding::QuotedPrintable, b"a=ZZ", &[Flag::QuotedPrintableIllegal]),
            (Encoding::None, b"a=ZZ!", &[]),
        ] {
            assert_eq!(decode(encoding, raw).1, flags, "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn a_file_inside_a_text_is_seen_whatever_its_lines_look_like() {
        let program = "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAA";
        let lines = |length: usize| -> String {
            program.as_bytes().chunks(length).map(|line| format!("{}\r\n", line.escape_ascii())).collect()
        };
        for text in [
            program.to_owned(),
            format!("Some words.\r\n\r\n{program}\r\n\r\nMore words."),
            lines(6),
            lines(20).replace("\r\n", "\r\n\r\n"),
            program.replace("AAAA", "AA!AA"),
            "MZ=90=00=03".to_owned(),
            "http://MZ=90=03a=1F=8b".to_owned(),
            "http://a=00b".to_owned(),
            "a\0b".to_owned(),
        ] {
            assert!(holds_file(text.as_bytes(), None), "{text}");
        }
        for text in [
            "",
            "Some words.\r\nReferenznummern\r\nSchreibmaschinenpapier",
            "Ticker:IGTS\r\nCurrent:0.01\r\nMOVER\r\nNEWS\r\nPRICE:10\r\nTARGET:0.50",
            "手水は神社で身を清めるために使う水です。",
            "44Gy44Go44Gk44KB44Gu6Kqt44G/5pa544Gy44Go44Gk44KB44Gu6Kqt44G/5pa5",
            "a=3Db, 1+1=2, =1B$B",
            "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/1999/REC-html401-19991224/strict.dtd\">",
            "Youth And Amateur Sports Company Poised For Growth",
            "list: https://lists.example.jp/?id=10&page=12#k=1f, http://a.jp/?a=1E",
            "https://www.example.jp/a/very/long/path/with/many/words/in/it/index.html",
        ] {
            assert!(!holds_file(text.as_bytes(), None), "{text}");
        }
        assert!(!holds_file(b"a\0b\0", Some("UTF-16LE")));
    }
}
