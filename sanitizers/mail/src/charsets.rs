//! Which headers and names of a mail were read by a guess.
//!
//! Refuses: nothing. Invariant: what a reader sees of a header was read under its own label, as ASCII or as UTF-8
//! (RFC 6532), or it is counted here.

use std::collections::BTreeMap;

use sanitizer_api::Code;

use crate::Path;
use crate::block::{Block, Field};
use crate::parameters::Parameters;
use crate::words;

/// Headers that people read.
const READ: [&str; 5] = ["from", "to", "cc", "reply-to", "subject"];

/// Doubts about charsets, by place.
#[derive(Debug, Default)]
pub(crate) struct Charsets(BTreeMap<Path, words::Doubt>);

impl Charsets {
    /// Looks at the mail's own headers.
    pub(crate) fn of_mail(&mut self, block: &Block<'_>) {
        let doubts = READ.iter().flat_map(|name| block.all(name)).map(|field| words::read(&field.unfolded()).1);
        self.note(&Path::new(), doubts);
    }

    /// Looks at the names of a part.
    pub(crate) fn of_part(&mut self, block: &Block<'_>, path: &Path) {
        let fields = ["content-type", "content-disposition"].into_iter().flat_map(|name| block.all(name));
        let doubts = fields.map(Field::unfolded).map(|value| Parameters::read(&value).doubt_of_names());
        let path = if path.is_empty() { vec![1] } else { path.clone() };
        self.note(&path, doubts);
    }

    fn note(&mut self, path: &Path, doubts: impl Iterator<Item = words::Doubt>) {
        let sum = doubts.fold(words::Doubt::default(), words::Doubt::and);
        if sum != words::Doubt::default() {
            let known = self.0.entry(path.clone()).or_default();
            *known = known.and(sum);
        }
    }

    /// One entry per place and code.
    pub(crate) fn findings(self) -> impl Iterator<Item = (Path, Code, u32)> {
        let of_place = |(path, doubt): (Path, words::Doubt)| {
            let guessed = (path.clone(), Code::CharsetGuessed, doubt.guessed);
            [guessed, (path, Code::Undecodable, doubt.undecodable)]
        };
        self.0.into_iter().flat_map(of_place).filter(|(_, _, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &[u8]) -> Vec<(Path, Code, u32)> {
        let block = Block::read(text);
        let mut charsets = Charsets::default();
        charsets.of_mail(&block);
        charsets.of_part(&block, &vec![2]);
        charsets.findings().collect()
    }

    #[test]
    fn what_was_guessed_or_lost_is_told_with_its_place() {
        let mail = Path::new;
        for (text, expected) in [
            (&b"Subject: \x97\\\x92\xe8\x95\\\r\n"[..], vec![(mail(), Code::CharsetGuessed, 1)]),
            (b"From: \x1B$B<j?e\x1B(B <a@b.jp>\r\n", vec![(mail(), Code::CharsetGuessed, 1)]),
            (b"Subject: =?us-ascii?B?5LqI5a6a?=\r\n", vec![(mail(), Code::CharsetGuessed, 1)]),
            (b"Subject: =?UTF-8?B?5LqI5a4=?=\r\n", vec![(mail(), Code::Undecodable, 1)]),
            ("Subject: 予定\r\nTo: =?ISO-2022-JP?B?GyRCPGo/ZRsoQg==?= <a@b.jp>\r\n".as_bytes(), vec![]),
            (
                b"Content-Disposition: attachment; filename=\"\x97\\\x92\xe8.txt\"\r\n",
                vec![(vec![2], Code::CharsetGuessed, 1)],
            ),
            (b"Content-Type: a/b; name*=Shift_JIS''%E4%BA%88%E5%AE%9A\r\n", vec![(vec![2], Code::CharsetGuessed, 1)]),
            (b"Content-Type: a/b; x=\"\x97\\\x92\xe8\"\r\n", vec![]),
        ] {
            assert_eq!(told(text), expected, "{}", text.escape_ascii());
        }
    }
}
