//! Files that stand inside a text: uuencode (POSIX), and the marks of yEnc and BinHex.
//!
//! Refuses: blocks that are not whole (`begin MODE NAME`, lines of the length they claim, an empty line, `end`): they
//! stay text; so does a file over the bytes that are left. Invariant: every byte of the text is looked at a bounded
//! number of times, and no more than the bytes left is ever decoded at once: a line whose blanks were lost is longer
//! decoded than written.

use std::ops::Range;

/// A file that stood in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineFile {
    /// Where its lines stand, the last line end included.
    pub span: Range<usize>,
    /// The name in its first line, as written.
    pub name: Vec<u8>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The uuencoded files in `text`, in order, at most `most` of at most `bytes` bytes together; what is over that stays
/// text.
#[must_use]
pub fn inline_files(text: &[u8], most: usize, bytes: usize) -> Vec<InlineFile> {
    let (mut files, mut left) = (Vec::new(), bytes);
    let mut lines = Lines { text, at: 0 };
    while files.len() < most
        && let Some((start, line)) = lines.next()
    {
        if let Some(name) = beginning(line) {
            let behind = lines.at;
            if let Some(bytes) = block(&mut lines, left) {
                left -= bytes.len();
                files.push(InlineFile { span: start..lines.at, name: name.to_vec(), bytes });
            } else {
                // What is no block ends at its first odd line; that one may begin the next.
                lines.at = lines.at.max(behind);
            }
        }
    }
    files
}

/// True if a line of `text` begins a file in yEnc or BinHex.
#[must_use]
pub fn names_other_encoding(text: &[u8]) -> bool {
    let mut lines = Lines { text, at: 0 };
    lines.any(|(_, line)| {
        let is_yenc = line.starts_with(b"=ybegin ") && line.windows(6).any(|six| six == b" name=");
        is_yenc || line.starts_with(b"(This file must be converted with BinHex")
    })
}

/// Lines without their ends, with where they start.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<(&'a [u8], usize)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
        let line = rest.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some((line.strip_suffix(b"\r").unwrap_or(line), self.at + length))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (line, end) = self.peek()?;
        let start = std::mem::replace(&mut self.at, end);
        Some((start, line))
    }
}

/// The name in `begin MODE NAME`.
fn beginning(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"begin ")?;
    let digits = rest.iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
    let name = rest.get(digits..)?.strip_prefix(b" ")?.trim_ascii();
    ((3..=4).contains(&digits) && !name.is_empty()).then_some(name)
}

/// The bytes up to `end`, at most `most`; `lines` stands behind it, or before the first line that does not belong.
fn block(lines: &mut Lines<'_>, most: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let (line, end) = lines.peek()?;
        let length = line.first().map_or(Some(0), |b| length_of(*b))?;
        if length == 0 {
            // The empty line that ends the data may itself have lost its blank.
            if !line.trim_ascii().is_empty() && line != b"`" {
                return None;
            }
            lines.at = end;
            break;
        }
        if length > most - bytes.len() {
            return None;
        }
        decode(line.get(1..)?, length, &mut bytes)?;
        lines.at = end;
    }
    let (line, end) = lines.peek()?;
    if line.trim_ascii_end() != b"end" {
        return None;
    }
    lines.at = end;
    Some(bytes)
}

fn length_of(byte: u8) -> Option<usize> {
    matches!(byte, b' '..=b'`').then(|| usize::from((byte - b' ') & 0x3F))
}

/// Decodes a line of `length` bytes. Blanks at its end may have been lost, all of them even: mail programs read such a
/// line as zeros, so that a file with it must not pass as text. One more character may be a checksum.
fn decode(line: &[u8], length: usize, out: &mut Vec<u8>) -> Option<()> {
    let needed = length.div_ceil(3) * 4;
    let is_clean = line.iter().all(|b| matches!(b, b' '..=b'`'));
    if !is_clean || line.len() > needed + 2 {
        return None;
    }
    let six = |at: usize| line.get(at).map_or(0, |b| u32::from((b - b' ') & 0x3F));
    let start = out.len();
    for group in (0..needed).step_by(4) {
        let bits = six(group) << 18 | six(group + 1) << 12 | six(group + 2) << 6 | six(group + 3);
        let [_, first, second, third] = bits.to_be_bytes();
        out.extend([first, second, third]);
    }
    out.truncate(start + length);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: usize = 1_000;
    const CAT: &str = "begin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n";

    fn names(text: &str) -> Vec<String> {
        let files = inline_files(text.as_bytes(), 9, ROOM);
        files.into_iter().map(|file| String::from_utf8(file.name).unwrap()).collect()
    }

    #[test]
    fn a_whole_block_is_a_file_and_its_lines_are_known() {
        let text = format!("前の文\r\n{CAT}後の文\r\n");
        let files = inline_files(text.as_bytes(), 9, ROOM);
        assert_eq!(files[0].bytes, b"Cat");
        assert_eq!(text.get(files[0].span.clone()), Some(CAT));
        assert_eq!(names(&format!("{CAT}x\r\n{CAT}")), ["cat.txt", "cat.txt"]);
        assert_eq!(inline_files(format!("{CAT}{CAT}").as_bytes(), 1, ROOM).len(), 1);
    }

    #[test]
    fn lines_of_every_length_read_back() {
        for length in [1, 2, 3, 44, 45, 46, 200] {
            let bytes: Vec<u8> = (0..length).map(|n: u32| n.to_le_bytes()[0].wrapping_mul(7)).collect();
            let mut text = b"begin 0755 a b.bin\n".to_vec();
            for line in bytes.chunks(45) {
                text.push(b' ' + u8::try_from(line.len()).unwrap());
                for three in line.chunks(3) {
                    let three = [three, &[0, 0]].concat();
                    let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
                    text.extend([18, 12, 6, 0].map(|at| b' ' + u8::try_from(bits >> at & 0x3F).unwrap()));
                }
                while text.ends_with(b" ") {
                    text.pop();
                }
                text.push(b'\n');
            }
            text.extend(b" \nend");
            let files = inline_files(&text, 9, ROOM);
            assert_eq!((files[0].bytes.clone(), files[0].name.as_slice()), (bytes, &b"a b.bin"[..]));
        }
    }

    #[test]
    fn lines_that_lost_their_blanks_are_zeros_and_never_more_than_the_bytes_left() {
        let text = format!("begin 644 zeros\n{}`\nend\n", "M\n".repeat(20));
        assert_eq!(inline_files(text.as_bytes(), 9, 900)[0].bytes, [0; 900]);
        assert!(inline_files(text.as_bytes(), 9, 899).is_empty());
        // What one file took is not there for the next; a smaller one still fits.
        let three = format!("{CAT}{text}{CAT}");
        let found: Vec<usize> = inline_files(three.as_bytes(), 9, 902).iter().map(|file| file.bytes.len()).collect();
        assert_eq!(found, [3, 3]);
        let mut out = Lines { text: text.as_bytes(), at: 0 };
        out.next();
        assert!(block(&mut out, 100).is_none());
        assert_eq!(out.at, "begin 644 zeros\nM\nM\n".len(), "decoding ends where the bytes do");
    }

    #[test]
    fn words_about_it_and_broken_blocks_stay_text() {
        for text in [
            "begin 644 a\n",
            "begin 644 a.txt\nend\n",
            "begin 644 a\n#0V%T\nend\n",
            "begin 644 a\n#0V%T\n`\nfin\n",
            "begin 9 a\n`\nend\n",
            "begin 644\n`\nend\n",
            " begin 644 a\n`\nend\n",
            "begin 644 a\nこれは本文です\n`\nend\n",
            "begin 644 a\n#0V%T too long for three bytes\n`\nend\n",
        ] {
            assert!(names(text).is_empty(), "{text}");
        }
        assert_eq!(names(&format!("begin 644 outer\n{CAT}")), ["cat.txt"]);
    }

    #[test]
    fn other_encodings_are_recognised() {
        for (text, is) in [
            ("a\n=ybegin line=128 size=3 name=a.exe\nx\n", true),
            ("(This file must be converted with BinHex 4.0)\n:x:", true),
            ("=ybegin is the first line of yEnc\n", false),
            ("", false),
        ] {
            assert_eq!(names_other_encoding(text.as_bytes()), is, "{text}");
        }
    }

    #[test]
    fn a_flood_of_beginnings_is_read_in_one_pass() {
        let flood = "begin 644 a\n#0V%T\n".repeat(100_000);
        assert!(names(&flood).is_empty());
    }
}
