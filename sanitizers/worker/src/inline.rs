//! What stands inside the text of a body and is no text: uuencoded files, the armour of OpenPGP.
//!
//! Refuses: files over what is left to spend; they stay text. Invariant: in what is shown of a mail, nothing but our
//! marks looks like one: where the sender wrote the same, the bracket is a hollow one. The rest is the text as it was,
//! line by line.

use sanitizer_api::Code;
use sanitizer_japanese::decode;
use sanitizer_mail::openpgp::{self, Armoured};
use sanitizer_mail::uuencode::{self, InlineFile};
use sanitizer_mail::{Leaf, Names};

/// How the mark of a file begins.
const MARK: &str = "［添付: ";

/// A body without what was taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remains {
    pub(crate) bytes: Vec<u8>,
    pub(crate) charset: Option<String>,
    /// What its reader is told.
    pub(crate) found: Vec<(Code, u32)>,
    /// What is known of it before it is written.
    pub(crate) told: Vec<(Code, u32)>,
}

/// A file that was taken out.
pub(crate) struct File {
    pub(crate) names: Names,
    pub(crate) bytes: Vec<u8>,
}

impl Remains {
    pub(crate) fn unchanged(leaf: &Leaf<'_>) -> Self {
        Self { bytes: leaf.bytes.to_vec(), charset: leaf.charset.clone(), found: Vec::new(), told: Vec::new() }
    }

    fn tell(&mut self, code: Code, count: u32) {
        self.found.push((code, count));
        self.told.push((code, count));
    }
}

/// Takes at most `most` files out of a body and spends their bytes. What is left is absent if nothing was found; at
/// the end, what is only recognised.
pub(crate) fn take_out(leaf: &Leaf<'_>, most: u32, bytes: &mut u64) -> (Option<Remains>, Vec<File>, Vec<(Code, u32)>) {
    let mut remains: Option<Remains> = None;
    match openpgp::armour(&leaf.bytes) {
        Some(Armoured::Signed(text)) => {
            let signed = remains.insert(Remains { bytes: text, ..Remains::unchanged(leaf) });
            signed.tell(Code::SignatureRemoved, 1);
        }
        Some(Armoured::Encrypted) => {
            remains.insert(Remains::unchanged(leaf)).tell(Code::EncryptedMail, 1);
        }
        None => {}
    }
    let text = remains.as_ref().map_or(&*leaf.bytes, |remains| &remains.bytes);
    let notes = if uuencode::names_other_encoding(text) { vec![(Code::UnsupportedFormat, 1)] } else { Vec::new() };
    let room = usize::try_from(*bytes).unwrap_or(usize::MAX);
    let found = uuencode::inline_files(text, usize::try_from(most).unwrap_or(usize::MAX), room);
    if found.is_empty() {
        return (remains, Vec::new(), notes);
    }
    let total =
        found.iter().fold(0u64, |sum, file| sum.saturating_add(u64::try_from(file.bytes.len()).unwrap_or(u64::MAX)));
    *bytes = bytes.saturating_sub(total);
    let charset = leaf.charset.as_deref();
    let names: Vec<Names> = found.iter().map(|file| Names::of([decode(charset, &file.name).text.as_str()])).collect();
    let marked = marked(text, charset, &found, &names);
    let remains = remains.get_or_insert_with(|| Remains::unchanged(leaf));
    (remains.bytes, remains.charset) = (marked.text.into_bytes(), Some("utf-8".to_owned()));
    remains.found.extend(marked.found);
    remains.tell(Code::InlineFileExtracted, u32::try_from(found.len()).unwrap_or(u32::MAX));
    let files = found.into_iter().zip(names).map(|(file, names)| File { names, bytes: file.bytes }).collect();
    (Some(remains.clone()), files, notes)
}

struct Marked {
    text: String,
    found: Vec<(Code, u32)>,
}

/// The text with a mark in place of each file. It is decoded as a whole, for its charset may have to be guessed.
fn marked(text: &[u8], charset: Option<&str>, files: &[InlineFile], names: &[Names]) -> Marked {
    let token = token(&[text, decode(charset, &without(text, files, b"")).text.as_bytes()]);
    let decoded = decode(charset, &without(text, files, token.as_bytes()));
    let mut out = String::with_capacity(decoded.text.len());
    let mut names = names.iter();
    let mut pieces = decoded.text.split(&token).peekable();
    while let Some(piece) = pieces.next() {
        unmarked(piece, &mut out);
        if pieces.peek().is_some() {
            mark(names.next().and_then(|names| names.shown.as_deref()), &mut out);
        }
    }
    // Where a broken shift swallowed a mark, the reader still learns of the file.
    for name in names.filter_map(|names| names.shown.as_deref()) {
        out.push('\n');
        mark(Some(name), &mut out);
        out.push('\n');
    }
    let told = [(Code::CharsetGuessed, u32::from(decoded.guessed)), (Code::Undecodable, decoded.undecodable)];
    Marked { text: out, found: told.into_iter().filter(|(_, count)| *count > 0).collect() }
}

/// The mark of a file. A name cannot close it and open the next.
fn mark(name: Option<&str>, out: &mut String) {
    out.push_str(MARK);
    out.extend(name.unwrap_or("?").chars().map(|c| match c {
        '［' => '〔',
        '］' => '〕',
        other => other,
    }));
    out.push('］');
}

/// Words of a mail that no file was taken from, without what looks like a mark; as long as before.
pub(crate) fn without_marks(text: Vec<u8>) -> Vec<u8> {
    match std::str::from_utf8(&text) {
        Ok(words) if words.contains('［') => {
            let mut out = String::with_capacity(words.len());
            unmarked(words, &mut out);
            out.into_bytes()
        }
        Ok(_) | Err(_) => text,
    }
}

/// The text with `word` in place of each file.
fn without(text: &[u8], files: &[InlineFile], word: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(text.len());
    let mut at = 0;
    for file in files {
        rest.extend_from_slice(text.get(at..file.span.start).unwrap_or_default());
        rest.extend_from_slice(word);
        rest.extend_from_slice(b"\r\n");
        at = file.span.end;
    }
    rest.extend_from_slice(text.get(at..).unwrap_or_default());
    rest
}

/// A short word that none of `texts` has, of letters that every charset of mail has in one place: the first free number.
fn token(texts: &[&[u8]]) -> String {
    let numbers = || texts.iter().flat_map(|text| text.split(|b| *b == b'#')).filter_map(number);
    let mut taken = vec![false; numbers().count()];
    for number in numbers() {
        if let Some(taken) = taken.get_mut(number) {
            *taken = true;
        }
    }
    // Of one number more than there are, one is free.
    let free = taken.iter().position(|taken| !taken).unwrap_or(taken.len());
    format!("u#{free}#")
}

fn number(word: &[u8]) -> Option<usize> {
    std::str::from_utf8(word).ok().filter(|word| word.len() <= 9)?.parse().ok()
}

/// Copies words of the sender; a bracket that would begin a mark becomes a hollow one, whatever cannot be seen between
/// it and the word.
fn unmarked(piece: &str, out: &mut String) {
    // Where the last bracket stands in `out`, and how many letters of the word stood behind it.
    let mut open: Option<(usize, usize)> = None;
    for c in piece.chars() {
        let start = out.len();
        out.push(c);
        open = match (c, open) {
            ('［', _) => Some((start, 0)),
            ('添', Some((at, 0))) => Some((at, 1)),
            ('付', Some((at, 1))) => {
                out.replace_range(at..at + '［'.len_utf8(), "〔");
                None
            }
            (c, open) if !c.is_alphanumeric() => open,
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sanitizer_mail::Role;

    use super::*;

    fn leaf(text: &[u8], charset: Option<&str>) -> Leaf<'static> {
        Leaf {
            path: vec![1],
            role: Role::Body,
            declared: "text/plain".to_owned(),
            charset: charset.map(str::to_owned),
            flowed: None,
            names: Names::default(),
            bytes: Cow::Owned(text.to_vec()),
        }
    }

    #[test]
    fn a_file_leaves_a_mark_in_text_of_any_charset() {
        // 手水 in ISO-2022-JP, and a file name in Shift_JIS that only the statistics tell.
        for (text, charset) in [
            (
                &b"\x1B$B<j?e\x1B(B uu\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n\x1B$B<j?e\x1B(B\r\n"[..],
                Some("iso-2022-jp"),
            ),
            ("手水 uu\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n手水\r\n".as_bytes(), None),
        ] {
            let mut bytes = 10;
            let (remains, files, _) = take_out(&leaf(text, charset), 9, &mut bytes);
            let remains = remains.unwrap();
            assert_eq!(String::from_utf8(remains.bytes).unwrap(), "手水 uu\r\n［添付: cat.txt］\r\n手水\r\n");
            assert_eq!((files[0].bytes.as_slice(), bytes), (&b"Cat"[..], 7));
            assert!(remains.told.contains(&(Code::InlineFileExtracted, 1)));
        }
    }

    #[test]
    fn marks_cost_no_more_than_the_files_they_stand_for() {
        // A long run of one letter, and many files of nothing.
        let text = [&b"u".repeat(20_000)[..], b"\nu#0#u#2#\n", &b"begin 644 a\n`\nend\n".repeat(499)].concat();
        assert_eq!(token(&[&text]), "u#1#");
        assert_eq!(token(&[b"#0#", b"#00#1#+2#3"]), "u#4#");
        assert_eq!(token(&[b""]), "u#0#");
        let (remains, files, _) = take_out(&leaf(&text, None), 499, &mut 9);
        assert_eq!(files.len(), 499);
        assert!(remains.unwrap().bytes.len() < 2 * text.len());
        // Zeros of which nothing is written cost what they decode to, not more than is left.
        let zeros = [b"begin 644 a\n", &b"M\n".repeat(100_000)[..], b"`\nend\n"].concat();
        assert!(take_out(&leaf(&zeros, None), 9, &mut 1_000).1.is_empty());
    }

    #[test]
    fn what_the_sender_writes_is_no_mark() {
        let file = "begin 644 cat.txt\n#0V%T\n`\nend\n";
        let left = |text: &str, charset| {
            String::from_utf8(take_out(&leaf(text.as_bytes(), charset), 9, &mut 9).0.unwrap().bytes).unwrap()
        };
        assert_eq!(
            left(&format!("［添付: a.pdf］［ \u{200B}添\u{200B}付: b.pdf］［参考］添付\n{file}"), Some("utf-8")),
            "〔添付: a.pdf］〔 \u{200B}添\u{200B}付: b.pdf］［参考］添付\n［添付: cat.txt］\r\n"
        );
        let named = "begin 644 a］［添付： b.pdf\n#0V%T\n`\nend\n";
        assert_eq!(left(named, Some("utf-8")), "［添付: a〕〔添付： b.pdf］\r\n");
        // A shift in the middle hides the word until it is decoded.
        let text = left(&format!("\x1B$B<j?e\x1B(Bu\x1B(J#0\x1B(B#\n{file}"), Some("iso-2022-jp"));
        assert!(text.starts_with("手水u#0#\n") && text.matches("cat.txt").count() == 1, "{text}");
    }

    #[test]
    fn what_cannot_be_afforded_stays_text() {
        let text = b"begin 644 cat.txt\n#0V%T\n`\nend\n";
        assert!(take_out(&leaf(text, None), 9, &mut 2).0.is_none());
        assert!(take_out(&leaf(text, None), 0, &mut 9).0.is_none());
        let (remains, _, notes) = take_out(&leaf(b"=ybegin line=128 size=1 name=a\nx\n", None), 9, &mut 9);
        assert_eq!((remains, notes), (None, vec![(Code::UnsupportedFormat, 1)]));
    }

    #[test]
    fn armour_is_told_of() {
        let signed = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nhi\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n";
        let remains = take_out(&leaf(signed, None), 9, &mut 9).0.unwrap();
        assert_eq!((remains.bytes.as_slice(), remains.found), (&b"hi\n"[..], vec![(Code::SignatureRemoved, 1)]));
        let locked = b"-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----\n";
        let remains = take_out(&leaf(locked, None), 9, &mut 9).0.unwrap();
        assert_eq!((remains.bytes.as_slice(), remains.found), (&locked[..], vec![(Code::EncryptedMail, 1)]));
    }
}
