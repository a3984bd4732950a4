//! One header block as fields, still raw.
//!
//! Invariant: every byte belongs to at most one field; what belongs to none is counted as irregular.

use std::borrow::Cow;

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
    /// Lines without a colon, lines with NUL or a bare carriage return, MIME fields with a blank before the colon.
    pub(crate) irregular: u32,
}

impl<'a> Block<'a> {
    /// Splits `bytes`; an mbox line (`From `) in front is passed over.
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let mut block = Self::default();
        let mut open: Option<(&'a [u8], usize)> = None;
        let mut offset = 0;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let start = offset;
            offset += line.len();
            if has_stray_byte(line) {
                block.irregular = block.irregular.saturating_add(1);
            }
            let is_fold = line.starts_with(b" ") || line.starts_with(b"\t");
            if (is_fold && open.is_some()) || line.trim_ascii().is_empty() {
                continue;
            }
            block.close(bytes, open.take(), start);
            open = block.field_start(line, start);
        }
        block.close(bytes, open, offset);
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

    /// How many fields with this name say something else than the first one.
    pub(crate) fn contradictions(&self, name: &'static str) -> u32 {
        let mut values = self.all(name).map(Field::unfolded);
        let Some(first) = values.next() else { return 0 };
        u32::try_from(values.filter(|value| *value != first).count()).unwrap_or(u32::MAX)
    }

    fn field_start(&mut self, line: &'a [u8], start: usize) -> Option<(&'a [u8], usize)> {
        let is_mbox_line = start == 0 && (line.starts_with(b"From ") || line.starts_with(b">From "));
        let colon = line.iter().position(|b| *b == b':');
        let name = colon.and_then(|colon| line.get(..colon));
        if is_mbox_line {
            return None;
        }
        let (Some(colon), Some(name)) = (colon, name) else {
            self.irregular = self.irregular.saturating_add(1);
            return None;
        };
        let trimmed = name.trim_ascii();
        let of_mime = trimmed
            .get(..5)
            .is_some_and(|head| head.eq_ignore_ascii_case(b"conte") || head.eq_ignore_ascii_case(b"mime-"));
        if of_mime && trimmed.len() != name.len() {
            self.irregular = self.irregular.saturating_add(1);
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

fn has_stray_byte(line: &[u8]) -> bool {
    let inner = line.strip_suffix(b"\n").map_or(line, |rest| rest.strip_suffix(b"\r").unwrap_or(rest));
    inner.iter().any(|b| matches!(b, 0 | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(block: &Block<'_>, name: &'static str) -> String {
        String::from_utf8(block.first(name).unwrap().into_owned()).unwrap()
    }

    #[test]
    fn fields_are_unfolded_and_found_whatever_their_case() {
        let block = Block::read(b"From a@b Mon Nov 23 12:00:00 2026\r\nSUBJECT: a\r\n\tb\r\n  c\r\nTo :x\nTo: y\n\n");
        assert_eq!(value(&block, "subject"), "a\tb  c");
        assert_eq!(block.all("to").count(), 2);
        assert_eq!((block.contradictions("to"), block.irregular), (1, 0));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_counted() {
        for (text, irregular) in [
            (&b"no colon here\r\nA: b\r\n"[..], 1),
            (b"A: b\rC: d\r\n", 1),
            (b"A: b\0\r\n", 1),
            (b"Content-Type : text/html\r\n", 1),
            (b"Subject : x\r\n", 0),
            (b"A: b\r\n", 0),
            (b"\xFF\r\nB: c\n", 1),
        ] {
            assert_eq!(Block::read(text).irregular, irregular, "{text:?}");
        }
    }

    #[test]
    fn the_same_field_twice_with_one_meaning_is_no_contradiction() {
        let block = Block::read(b"MIME-Version: 1.0\r\nMime-version:  1.0\r\n");
        assert_eq!(block.contradictions("mime-version"), 0);
        assert_eq!(block.contradictions("from"), 0);
    }
}
