//! The end of DATA, and the dots before it (RFC 5321 4.1.1.4, 4.5.2).
//!
//! Refuses, unless told to normalize: bare CR, bare LF, NUL; these are what SMTP smuggling is made of. The result does
//! not depend on how the network cuts the bytes. Invariant: nothing but CRLF `.` CRLF ends a mail, whatever the setting.

use memchr::memchr3;

use crate::config::LineEnds;

/// The decoder of one mail: raw bytes in, the mail with its dots unstuffed out.
#[derive(Debug)]
pub struct DataDecoder {
    place: Place,
    line_ends: LineEnds,
}

/// What one call of [`DataDecoder::feed`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// All bytes are taken; the mail goes on.
    More,
    /// The mail is complete; so many bytes of the input belonged to it and its end.
    End(usize),
    /// A bare CR, a bare LF or a NUL. Where the mail ends cannot be known any more.
    BadLineEnd,
}

/// Where in a line the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After CRLF, or at the very beginning: a dot is stuffing or the end.
    LineStart,
    /// Anywhere else.
    Text,
    /// After a CR that waits for its LF.
    Cr,
    /// After a dot at the start of a line; it is never part of the mail.
    Dot,
    /// After such a dot and a CR.
    DotCr,
}

impl DataDecoder {
    /// A decoder at the beginning of a mail.
    #[must_use]
    pub const fn new(line_ends: LineEnds) -> Self {
        Self { place: Place::LineStart, line_ends }
    }

    /// Takes the next bytes and appends what belongs to the mail to `mail`: at most twice as many bytes, and one more.
    /// After [`Progress::End`] and [`Progress::BadLineEnd`] the decoder must not be fed again.
    pub fn feed(&mut self, untrusted: &[u8], mail: &mut Vec<u8>) -> Progress {
        let mut rest = untrusted;
        while let Some((&byte, after)) = rest.split_first() {
            rest = match (self.place, byte) {
                (Place::LineStart, b'.') => self.goes_on(Place::Dot, after),
                (Place::LineStart, _) => self.goes_on(Place::Text, rest),
                (Place::Dot, b'\r') => self.goes_on(Place::DotCr, after),
                (Place::Dot, _) => self.goes_on(Place::Text, rest),
                (Place::DotCr, b'\n') => return Progress::End(untrusted.len() - after.len()),
                (Place::Cr, b'\n') => {
                    mail.extend_from_slice(b"\r\n");
                    self.goes_on(Place::LineStart, after)
                }
                (Place::Text, b'\r') => self.goes_on(Place::Cr, after),
                (Place::Text, b'\n' | 0) | (Place::Cr | Place::DotCr, _) if self.line_ends == LineEnds::Refuse => {
                    return Progress::BadLineEnd;
                }
                (Place::Text, 0) => after,
                (Place::Text, b'\n') => {
                    mail.extend_from_slice(b"\r\n");
                    after
                }
                (Place::Cr | Place::DotCr, _) => {
                    mail.extend_from_slice(b"\r\n");
                    self.goes_on(Place::Text, rest)
                }
                (Place::Text, _) => {
                    let (plain, after) = rest.split_at_checked(plain_length(rest)).unwrap_or((rest, &[]));
                    mail.extend_from_slice(plain);
                    after
                }
            };
        }
        Progress::More
    }

    const fn goes_on<'rest>(&mut self, place: Place, rest: &'rest [u8]) -> &'rest [u8] {
        self.place = place;
        rest
    }
}

/// How many bytes from inside a line pass as they are: over line ends too, as long as no line begins with a dot.
fn plain_length(text: &[u8]) -> usize {
    let mut plain = 0;
    while let Some(special) = text.get(plain..).and_then(|rest| memchr3(b'\r', b'\n', 0, rest)) {
        plain += special;
        match text.get(plain..) {
            Some([b'\r', b'\n', next, ..]) if *next != b'.' => plain += 2,
            _ => return plain,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Decodes `raw` in pieces of the given lengths (repeated); the mail, how it ended, how many bytes were taken.
    fn decode(raw: &[u8], line_ends: LineEnds, cuts: &[usize]) -> (Vec<u8>, Progress) {
        let mut decoder = DataDecoder::new(line_ends);
        let (mut mail, mut at) = (Vec::new(), 0);
        for cut in cuts.iter().cycle() {
            let end = raw.len().min(at + cut);
            match decoder.feed(&raw[at..end], &mut mail) {
                Progress::More if end == raw.len() => return (mail, Progress::More),
                Progress::More => at = end,
                Progress::End(taken) => return (mail, Progress::End(at + taken)),
                Progress::BadLineEnd => break,
            }
        }
        (Vec::new(), Progress::BadLineEnd)
    }

    /// The same, as plainly as it can be said: find the end, split into lines, take off the dots, mend the line ends.
    fn reference(raw: &[u8], line_ends: LineEnds) -> (Vec<u8>, Progress) {
        let framed = [b"\r\n", raw].concat();
        let end = framed.windows(5).position(|window| window == b"\r\n.\r\n");
        let body = &raw[..end.unwrap_or(raw.len())];
        let (mut mail, mut bad) = (Vec::new(), false);
        let mut rest = body;
        loop {
            let line_end = rest.windows(2).position(|window| window == b"\r\n");
            let line = &rest[..line_end.unwrap_or(rest.len())];
            for byte in line.strip_prefix(b".").unwrap_or(line) {
                bad |= matches!(byte, 0 | b'\r' | b'\n');
                match byte {
                    0 => {}
                    b'\r' | b'\n' => mail.extend_from_slice(b"\r\n"),
                    other => mail.push(*other),
                }
            }
            let Some(line_end) = line_end else { break };
            mail.extend_from_slice(b"\r\n");
            rest = &rest[line_end + 2..];
        }
        match end {
            _ if bad && line_ends == LineEnds::Refuse => (Vec::new(), Progress::BadLineEnd),
            Some(end) => (mail, Progress::End(end + 3)),
            None => (mail, Progress::More),
        }
    }

    fn check(raw: &[u8], line_ends: LineEnds, mail: &[u8], progress: Progress) {
        for cuts in [&[usize::MAX / 2][..], &[1], &[2], &[3], &[5, 1]] {
            let (got, how) = decode(raw, line_ends, cuts);
            assert_eq!((got.escape_ascii().to_string(), how), (mail.escape_ascii().to_string(), progress), "{cuts:?}");
        }
    }

    #[test]
    fn dots_are_unstuffed_on_every_line_and_nothing_behind_the_end_is_taken() {
        let strict = LineEnds::Refuse;
        check(b".\r\n", strict, b"", Progress::End(3));
        check(b".\r\nQUIT\r\n", strict, b"", Progress::End(3));
        check(b"a\r\n.\r\n", strict, b"a\r\n", Progress::End(6));
        check(b"..a\r\n...\r\n.b\r\n.\r\n", strict, b".a\r\n..\r\nb\r\n", Progress::End(17));
        check(b"..\r\n.\r\n", strict, b".\r\n", Progress::End(7));
        check(b"\r\n\r\na.\r\n.\r\n", strict, b"\r\n\r\na.\r\n", Progress::End(11));
        check(b"a\r\n. \r\n", strict, b"a\r\n \r\n", Progress::More);
        check("日本\r\n.\r\n".as_bytes(), strict, "日本\r\n".as_bytes(), Progress::End(11));
    }

    /// What SMTP-Smuggling-Tools and smtpsmug send in place of CRLF.CRLF, then a second mail.
    const SMUGGLED: &[&[u8]] = &[
        b"\n.\n",
        b"\n.\r\n",
        b"\n.\r",
        b"\r.\r",
        b"\r.\n",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r\r",
        b"\r\n.\r\r\n",
        b"\r\n\0.\r\n",
        b"\r\n.\0\r\n",
        b"\r\n.\r\0\n",
        b"\r\n\r.\r\n",
        b"\r\n\n.\r\n",
        b"\r\r\n.\r\r\n",
        b"\r\n.\r",
        b"\n\n.\n\n",
        b"\n.\n\r\n",
        b"\r\0\n.\r\n",
        b"\0.\0\r\n",
    ];

    #[test]
    fn no_smuggled_end_of_data_ends_the_mail() {
        for fake in SMUGGLED {
            let raw = [b"a", *fake, b"MAIL FROM:<x@y>\r\n.\r\n"].concat();
            let (mail, how) = decode(&raw, LineEnds::Refuse, &[1]);
            assert_eq!((mail, how), (Vec::new(), Progress::BadLineEnd), "{}", fake.escape_ascii());
            let (mail, how) = decode(&raw, LineEnds::Normalize, &[1]);
            assert_eq!(how, Progress::End(raw.len()), "{}", fake.escape_ascii());
            assert!(mail.ends_with(b"MAIL FROM:<x@y>\r\n"), "{}", fake.escape_ascii());
        }
    }

    #[test]
    fn normalizing_leaves_only_crlf_and_no_nul() {
        let mend = LineEnds::Normalize;
        check(b"a\nb\rc\0d\r\n.\r\n", mend, b"a\r\nb\r\ncd\r\n", Progress::End(12));
        check(b"a\n.\n\r\n.\r\n", mend, b"a\r\n.\r\n\r\n", Progress::End(9));
        check(b"a\r\r\n.\r\n", mend, b"a\r\n\r\n", Progress::End(7));
        check(b"a\r\n.\rb\r\n.\r\n", mend, b"a\r\n\r\nb\r\n", Progress::End(11));
    }

    #[test]
    fn a_lone_cr_at_the_end_of_a_piece_waits_for_its_lf() {
        let mut decoder = DataDecoder::new(LineEnds::Refuse);
        let mut mail = Vec::new();
        assert_eq!(decoder.feed(b"a\r", &mut mail), Progress::More);
        assert_eq!(decoder.feed(b"\n.", &mut mail), Progress::More);
        assert_eq!(decoder.feed(b"\r", &mut mail), Progress::More);
        assert_eq!(decoder.feed(b"\nRSET\r\n", &mut mail), Progress::End(1));
        assert_eq!(mail, b"a\r\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn pieces_of_any_length_give_what_the_plain_splitter_gives(
            raw in proptest::collection::vec(prop_oneof![
                4 => Just(b"\r\n".to_vec()), 3 => Just(b".".to_vec()), 3 => Just(b"\r\n.\r\n".to_vec()),
                2 => Just(b"ab".to_vec()), 1 => Just(b"\r".to_vec()), 1 => Just(b"\n".to_vec()), 1 => Just(b"\0".to_vec()),
            ], 0..16),
            cuts in proptest::collection::vec(1usize..6, 1..6),
            line_ends in prop_oneof![Just(LineEnds::Refuse), Just(LineEnds::Normalize)],
        ) {
            // With an end behind it, nothing of `raw` is left undecided.
            let raw = [&raw.concat()[..], b"\r\n.\r\n"].concat();
            prop_assert_eq!(decode(&raw, line_ends, &cuts), reference(&raw, line_ends));
        }
    }
}
