//! Header fields: folding (RFC 5322 2.2.3) and encoded words (RFC 2047).
//!
//! Refuses by construction: raw eight-bit text, encoded words that are not ours, splitting a character between two
//! words. Invariant: a line that holds an encoded word has at most 76 characters (RFC 2047 2); every other line is as
//! short as its longest token allows and never over 998.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::text::holds_encoded_word;
use crate::domain::Mailbox;

/// Characters of one line; RFC 2047 2 allows 76 where encoded words are.
const LINE: usize = 76;

/// UTF-8 bytes in one encoded word: 75 characters less `=?UTF-8?B?` and `?=`.
const WORD: usize = 45;

/// Header fields in the making; the body follows in the same buffer.
#[derive(Debug)]
pub(super) struct Fields {
    out: Vec<u8>,
    column: usize,
    /// Nothing follows the field's name yet.
    fresh: bool,
}

impl Fields {
    /// An empty header in a buffer of `capacity` bytes.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { out: Vec::with_capacity(capacity), column: 0, fresh: true }
    }

    /// Begins a field.
    pub(super) fn open(&mut self, name: &str) -> &mut Self {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b':');
        self.column = name.len() + 1;
        self.fresh = true;
        self
    }

    /// Ends the field.
    pub(super) fn close(&mut self) {
        self.out.extend_from_slice(b"\r\n");
    }

    /// A whole field of one token.
    pub(super) fn line(&mut self, name: &str, token: &str) {
        self.open(name).token(token).close();
    }

    /// A piece that must not be split, after a blank or on a new line.
    pub(super) fn token(&mut self, token: &str) -> &mut Self {
        if !self.fresh && self.column + 1 + token.len() > LINE {
            self.fold();
        }
        self.out.push(b' ');
        self.out.extend_from_slice(token.as_bytes());
        self.column += 1 + token.len();
        self.fresh = false;
        self
    }

    /// Text that programs show as it is, such as a subject (RFC 5322 2.2.1): `text` must be one line.
    pub(super) fn unstructured(&mut self, text: &str) -> &mut Self {
        let plain = is_printable_ascii(text)
            && !holds_encoded_word(text)
            && text.split(' ').all(|word| (1..=LINE - 20).contains(&word.len()));
        if plain {
            text.split(' ').for_each(|word| _ = self.token(word));
        } else {
            self.encoded_words(text);
        }
        self
    }

    /// A display name (RFC 5322 3.2.5): `text` must be one line.
    pub(super) fn phrase(&mut self, text: &str) -> &mut Self {
        let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
        if !is_printable_ascii(text) || holds_encoded_word(text) || text.len() > LINE - 20 {
            self.encoded_words(text);
        } else if text.split(' ').all(|word| !word.is_empty() && word.bytes().all(atom)) {
            text.split(' ').for_each(|word| _ = self.token(word));
        } else {
            self.token(&format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
        }
        self
    }

    /// The header is complete: appends the blank line and gives the buffer to write the body into.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        self.close();
        &mut self.out
    }

    /// The bytes written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn encoded_words(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let room = LINE.saturating_sub(self.column + 1 + encoded_word("").len()) / 4 * 3;
            let room = if room < WORD / 3 { WORD } else { room.min(WORD) };
            let (word, tail) = rest.split_at_checked(rest.floor_char_boundary(room)).unwrap_or((rest, ""));
            self.token(&encoded_word(word));
            rest = tail;
        }
    }

    fn fold(&mut self) {
        self.out.extend_from_slice(b"\r\n");
        self.column = 0;
    }
}

/// One encoded word.
fn encoded_word(text: &str) -> String {
    format!("=?UTF-8?B?{}?=", BASE64.encode(text))
}

/// `text` as encoded words for a quoted parameter, as old mail programs of Japan expect file names.
pub(super) fn encoded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, tail) = rest.split_at_checked(rest.floor_char_boundary(WORD - 9)).unwrap_or((rest, ""));
        words.push(encoded_word(word));
        rest = tail;
    }
    words
}

/// The address as RFC 5322 3.4.1 writes it: local parts that carriers issued against the rules (`a..b.@docomo.ne.jp`),
/// and those that look like an encoded word, are quoted.
pub(super) fn addr_spec(mailbox: &Mailbox) -> String {
    let text = mailbox.as_str();
    let Some((local, domain)) = text.rsplit_once('@') else { return String::new() };
    let quoted = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let dot_atom = quoted.is_none() && local.split('.').all(|atom| !atom.is_empty());
    if dot_atom && !holds_encoded_word(local) {
        return text.to_owned();
    }
    format!("\"{}\"@{domain}", quoted.unwrap_or(local).replace("=?", "=\\?"))
}

fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Fields)) -> String {
        let mut fields = Fields::with_capacity(0);
        fields.open("Subject");
        write(&mut fields);
        fields.close();
        String::from_utf8(fields.into_bytes()).unwrap()
    }

    #[test]
    fn plain_text_stays_readable_and_everything_else_is_encoded() {
        for (text, field) in [
            ("Invoice for November", "Subject: Invoice for November\r\n"),
            ("請求書", "Subject: =?UTF-8?B?6KuL5rGC5pu4?=\r\n"),
            ("=?UTF-8?B?eA==?=", "Subject: =?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=\r\n"),
            ("two  blanks", "Subject: =?UTF-8?B?dHdvICBibGFua3M=?=\r\n"),
        ] {
            assert_eq!(written(|f| _ = f.unstructured(text)), field);
        }
    }

    #[test]
    fn names_are_atoms_quoted_or_encoded() {
        for (name, field) in [
            ("Taro Yamada", "Subject: Taro Yamada\r\n"),
            ("Yamada, Taro \"T\"", "Subject: \"Yamada, Taro \\\"T\\\"\"\r\n"),
            ("a@b.example", "Subject: \"a@b.example\"\r\n"),
            ("山田", "Subject: =?UTF-8?B?5bGx55Sw?=\r\n"),
        ] {
            assert_eq!(written(|f| _ = f.phrase(name)), field);
        }
    }

    #[test]
    fn long_text_is_folded_in_whole_characters() {
        for text in ["𠮷野家".repeat(80), "word ".repeat(50) + "end", "x".repeat(300), "あ".repeat(7) + &"-".repeat(90)]
        {
            let field = written(|f| _ = f.unstructured(&text));
            assert!(field.lines().all(|line| line.len() <= LINE && !line.trim().is_empty()), "{field}");
            let value = field.strip_prefix("Subject: ").unwrap().trim_end().replace("\r\n ", " ");
            let decoded: String =
                if value.contains("=?") { value.split(' ').map(decoded_word).collect() } else { value };
            assert_eq!(decoded, text);
        }
    }

    fn decoded_word(word: &str) -> String {
        assert!(word.len() <= 75);
        let base64 = word.strip_prefix("=?UTF-8?B?").and_then(|rest| rest.strip_suffix("?=")).unwrap();
        String::from_utf8(BASE64.decode(base64).unwrap()).expect("whole characters")
    }

    #[test]
    fn addresses_against_the_rules_are_quoted() {
        for (address, written) in [
            ("a@example.jp", "a@example.jp"),
            ("abc..def.@docomo.ne.jp", "\"abc..def.\"@docomo.ne.jp"),
            ("\"a b\"@example.jp", "\"a b\"@example.jp"),
            ("=?UTF-8?B?eA==?=@example.jp", "\"=\\?UTF-8?B?eA==\\?=\"@example.jp"),
        ] {
            assert_eq!(addr_spec(&Mailbox::parse(address).unwrap()), written);
        }
    }
}
