//! One header block as fields, still raw.
//!
//! Invariant: every byte belongs to at most one field; what belongs to none is a doubt.

use std::borrow::Cow;

use sanitizer_api::Flag;

use crate::doubt::Doubts;
use crate::outside::is_content_line;

/// One field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    name: &'a [u8],
    body: &'a [u8],
}

impl<'a> Field<'a> {
    /// The value on one line: folds removed (RFC 5322 2.2.3), stray carriage returns and NULs made blanks, trimmed.
    pub(crate) fn unfolded(&self) -> Cow<'a, [u8]> {
        let body = self.body.trim_ascii();
        if !body.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return Cow::Borrowed(body);
        }
        let mut line = Vec::with_capacity(body.len());
        let mut bytes = body.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\n' => {}
                b'\r' if bytes.peek() == Some(&b'\n') => {}
                b'\r' | 0 => line.push(b' '),
                other => line.push(other),
            }
        }
        Cow::Owned(line)
    }
}

/// The fields of one block in their order.
#[derive(Debug, Default)]
pub(crate) struct Block<'a> {
    fields: Vec<Field<'a>>,
    /// What two readers could read differently.
    pub(crate) doubts: Doubts,
}

impl<'a> Block<'a> {
    /// Splits `bytes`; an mbox line (`From `) in front is passed over.
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let mut block = Self::default();
        let mut open: Option<(&'a [u8], usize)> = None;
        let mut offset = 0;
        let mut ends = Ends::default();
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let start = offset;
            offset += line.len();
            ends.see(line, &mut block.doubts);
            let is_fold = line.starts_with(b" ") || line.starts_with(b"\t");
            let is_blank = line.trim_ascii().is_empty();
            if is_fold && (is_blank || open.is_none()) {
                // To some the end of the headers, to others the middle of one (RFC 5322 4.2). Where the field is none
                // that tells how a part is built, and all others are read, nothing can stand between.
                block.doubts.note(Flag::HeaderFoldOdd, open.is_none_or(|(name, _)| is_of_mime(name)));
            }
            if (is_fold && open.is_some()) || is_blank {
                if is_fold && holds_field(line) {
                    block.doubts.hides(Flag::HeaderFoldOdd);
                }
                continue;
            }
            block.close(bytes, open.take(), start);
            open = block.field_start(line, start);
        }
        block.close(bytes, open, offset);
        if ends.bare > 0 && ends.whole > 0 {
            block.doubts.hides(Flag::HeaderBareLf);
        }
        block
    }

    /// How many fields there are.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// All fields in their order, each with its name as it is spelled.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'a [u8], &Field<'a>)> {
        self.fields.iter().map(|field| (field.name, field))
    }

    /// The fields with this lower-case name.
    pub(crate) fn all(&self, name: &'static str) -> impl DoubleEndedIterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The first field with this name, unfolded.
    pub(crate) fn first(&self, name: &'static str) -> Option<Cow<'a, [u8]>> {
        self.all(name).next().map(Field::unfolded)
    }

    /// True if there is more than one field with this name, and whether they say different things.
    pub(crate) fn repetition(&self, name: &'static str) -> Option<Repetition> {
        let mut values = self.all(name).map(Field::unfolded);
        let first = values.next()?;
        let mut repeated = None;
        for value in values {
            if value != first {
                return Some(Repetition::Contradicts);
            }
            repeated = Some(Repetition::Agrees);
        }
        repeated
    }

    fn field_start(&mut self, line: &'a [u8], start: usize) -> Option<(&'a [u8], usize)> {
        let is_mbox_line = start == 0 && (line.starts_with(b"From ") || line.starts_with(b">From "));
        let colon = line.iter().position(|b| *b == b':');
        let name = colon.and_then(|colon| line.get(..colon));
        if is_mbox_line {
            return None;
        }
        let (Some(colon), Some(name)) = (colon, name) else {
            self.doubts.hides(Flag::HeaderWithoutColon);
            return None;
        };
        let trimmed = name.trim_ascii();
        if trimmed.len() != name.len() {
            self.doubts.note(Flag::HeaderSpaceBeforeColon, is_of_mime(trimmed));
        }
        if trimmed.len() > 6 && is_of_mime(trimmed) && !trimmed.contains(&b'-')
            || trimmed.eq_ignore_ascii_case(b"content")
        {
            // `Content: -Type: …`
            self.doubts.hides(Flag::HeaderNameInvalid);
        }
        if trimmed.is_empty() || trimmed.iter().any(|b| !b.is_ascii_graphic()) {
            let squeezed: Vec<u8> = trimmed.iter().copied().filter(u8::is_ascii_graphic).take(8).collect();
            self.doubts.note(Flag::HeaderNameInvalid, trimmed.is_empty() || is_of_mime(&squeezed));
        }
        Some((trimmed, start + colon + 1))
    }

    fn close(&mut self, bytes: &'a [u8], open: Option<(&'a [u8], usize)>, end: usize) {
        if let Some((name, start)) = open
            && let Some(body) = bytes.get(start..end)
        {
            self.fields.push(Field { name, body });
        }
    }
}

/// How a second field of one name stands to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repetition {
    /// It says the same.
    Agrees,
    /// It says something else.
    Contradicts,
}

/// The line ends of one block.
#[derive(Default)]
struct Ends {
    whole: u32,
    bare: u32,
}

impl Ends {
    fn see(&mut self, line: &[u8], doubts: &mut Doubts) {
        let inner = match (line.strip_suffix(b"\r\n"), line.strip_suffix(b"\n")) {
            (Some(inner), _) => {
                self.whole = self.whole.saturating_add(1);
                inner
            }
            (None, Some(inner)) => {
                self.bare = self.bare.saturating_add(1);
                inner
            }
            (None, None) => line,
        };
        if inner.contains(&0) {
            doubts.hides(Flag::HeaderNul);
        }
        if inner.contains(&b'\r') {
            doubts.hides(Flag::HeaderBareCr);
        }
    }
}

/// True for a fold that is a field of MIME to a reader who does not unfold. A list of names, as signatures have, is none.
fn holds_field(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|b| *b == b':').filter(|_| is_content_line(line)) else { return false };
    let value = line.get(colon + 1..).unwrap_or_default().trim_ascii();
    let starts = |word: &[u8]| value.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let words: [&[u8]; 5] = [b"base64", b"quoted-printable", b"attachment", b"inline", b"binary"];
    let token = value.split(|b| b";: \t".contains(b)).next().unwrap_or_default();
    token.contains(&b'/') || words.into_iter().any(starts)
}

/// True for names that tell how a part is built.
fn is_of_mime(name: &[u8]) -> bool {
    let starts = |with: &[u8]| name.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    starts(b"conte") || starts(b"mime-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(block: &Block<'_>, name: &'static str) -> String {
        String::from_utf8(block.first(name).unwrap().into_owned()).unwrap()
    }

    #[test]
    fn fields_are_unfolded_and_found_whatever_their_case() {
        let block =
            Block::read(b"From a@b Mon Nov 23 12:00:00 2026\r\nSUBJECT: a\r\n\tb\r\n  c\r\nTo :x\r\nTo: y\r\n\r\n");
        assert_eq!(value(&block, "subject"), "a\tb  c");
        assert_eq!(block.all("to").count(), 2);
        assert_eq!(
            (block.repetition("to"), block.doubts.summary().as_str()),
            (Some(Repetition::Contradicts), "| header_space_before_colon")
        );
    }

    #[test]
    fn what_two_readers_could_read_differently_is_flagged() {
        for (text, flags) in [
            (&b"no colon here\r\nA: b\r\n"[..], "header_without_colon |"),
            (b"A: b\rC: d\r\n", "header_bare_cr |"),
            (b"A: b\0\r\n", "header_nul |"),
            (b"A: b\r\nC: d\n", "header_bare_lf |"),
            (b"A: b\nC: d\n", "|"),
            (b"A: b\r\n \r\n c\r\n", "| header_fold_odd"),
            (b"Content-Type: a/b;\r\n \r\n c=d\r\n", "header_fold_odd |"),
            (b" A: b\r\n", "header_fold_odd | header_space_before_colon"),
            (b"A: b\r\n Content-Type: text/html\r\n", "header_fold_odd |"),
            (b"DKIM-Signature: h=from:to:\r\n content-type:content-transfer-encoding; b=a/b\r\n", "|"),
            (b"Content:-Type: text/html\r\n", "header_name_invalid |"),
            (b"Content-Type : text/html\r\n", "header_space_before_colon |"),
            (b"Content Type: text/html\r\n", "header_name_invalid |"),
            (b"Conte nt-Type: text/html\r\n", "header_name_invalid |"),
            (b": text/html\r\n", "header_name_invalid |"),
            (b"Subject : x\r\n", "| header_space_before_colon"),
            (b"A: b\r\n", "|"),
            (b"\xFF\r\nB: c\r\n", "header_without_colon |"),
        ] {
            assert_eq!(Block::read(text).doubts.summary(), flags, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn the_same_field_twice_with_one_meaning_is_no_contradiction() {
        let block = Block::read(b"MIME-Version: 1.0\r\nMime-version:  1.0\r\nX: y\r\n");
        assert_eq!(block.repetition("mime-version"), Some(Repetition::Agrees));
        assert_eq!((block.repetition("x"), block.repetition("from")), (None, None));
    }
}
