//! ISO-2022-JP as it is met in mail.
//!
//! Reads what the standards have (-1, -2, -3 as far as JIS X 0208 goes) and what mailers added: NEC's and IBM's rows,
//! rows of the user's own, half-width kana by `ESC ( I`, by SO/SI and by bytes A1 to DF, lines that end in kanji without
//! `ESC ( B`. Refuses: nothing; a pair without meaning becomes U+FFFD. Invariant: every line starts in ASCII (RFC 1468),
//! unless its own bytes prove otherwise.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_7, WINDOWS_1252};

use crate::rows::{self, Pieces};

/// Half-width kana follow in EUC-JP.
const SS2: u8 = 0x8E;
const ESC: u8 = 0x1B;
const SO: u8 = 0x0E;
const SI: u8 = 0x0F;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// ASCII and JIS X 0201 Roman; 0x5C stays a backslash in both, as CP50220 has it.
    Ascii,
    Kana,
    /// JIS X 0208 with the rows that NEC, IBM and the users added behind it.
    Kanji,
    /// The first plane of JIS X 0213: up to row 84 what JIS X 0208 and NEC have, then other characters.
    Plane,
    /// JIS X 0212.
    Supplement,
    /// Characters of the user's own (ISO-2022-JP-MS).
    User,
    /// A set of pairs in an encoding that has them with the eighth bit set.
    Foreign(&'static Encoding),
    /// A set of pairs that nothing here reads.
    Unread,
}

/// What an escape does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// This set follows.
    Set(Set),
    /// `ESC N` and a byte stand for a character of this set (ISO-2022-JP-2).
    Second(&'static Encoding),
    /// It announces something, or repeats what is so anyway.
    Nothing,
}

/// The designations, without their ESC.
const DESIGNATIONS: &[(&[u8], Effect)] = &[
    (b"$B", Effect::Set(Set::Kanji)),
    (b"$@", Effect::Set(Set::Kanji)),
    (b"$(B", Effect::Set(Set::Kanji)),
    (b"$(@", Effect::Set(Set::Kanji)),
    (b"(B", Effect::Set(Set::Ascii)),
    (b"(J", Effect::Set(Set::Ascii)),
    (b"(H", Effect::Set(Set::Ascii)),
    (b"(I", Effect::Set(Set::Kana)),
    (b"$(D", Effect::Set(Set::Supplement)),
    (b"$(?", Effect::Set(Set::User)),
    (b"$(O", Effect::Set(Set::Plane)),
    (b"$(Q", Effect::Set(Set::Plane)),
    (b"$(P", Effect::Set(Set::Unread)),
    (b"$A", Effect::Set(Set::Foreign(GBK))),
    (b"$(A", Effect::Set(Set::Foreign(GBK))),
    (b"$(C", Effect::Set(Set::Foreign(EUC_KR))),
    (b".A", Effect::Second(WINDOWS_1252)),
    (b".F", Effect::Second(ISO_8859_7)),
    (b"&@", Effect::Nothing),
    (b")I", Effect::Nothing),
];

/// Text and whether its own bytes had to overrule the rule of line ends.
pub(crate) struct Read {
    pub(crate) text: String,
    pub(crate) overruled: bool,
}

/// True if `bytes` switch to a set of Japanese mail somewhere.
pub(crate) fn is_jis(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&b| b == ESC) {
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        if designation(rest).is_some_and(|(_, effect)| !matches!(effect, Effect::Set(Set::Ascii) | Effect::Nothing)) {
            return true;
        }
    }
    false
}

fn designation(after_escape: &[u8]) -> Option<(usize, Effect)> {
    DESIGNATIONS.iter().find(|(name, _)| after_escape.starts_with(name)).map(|(name, effect)| (name.len(), *effect))
}

/// The text of `bytes`, with U+FFFD for each sequence without a reading.
pub(crate) fn to_text(bytes: &[u8]) -> Read {
    let mut reader =
        Reader { out: Pieces::with_capacity(bytes.len()), set: Set::Ascii, shifted: false, second: None, kept: None };
    let mut rest = bytes;
    while !rest.is_empty() {
        rest = reader.step(rest);
    }
    Read { text: reader.out.finish(), overruled: reader.kept.is_some() }
}

struct Reader {
    out: Pieces,
    set: Set,
    /// Between SO and SI.
    shifted: bool,
    second: Option<&'static Encoding>,
    /// Bytes that are left where the set was last proven to go on over line ends.
    kept: Option<usize>,
}

impl Reader {
    /// Reads one character, escape or line end from the front of `rest`, which is not empty; returns what follows.
    fn step<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let Some((first, tail)) = rest.split_first() else { return rest };
        match *first {
            ESC => return self.escape(tail),
            SO => self.shifted = true,
            SI => self.shifted = false,
            byte @ (b'\n' | b'\r') => self.line_end(byte, tail),
            byte @ 0x00..=0x20 => self.out.ascii(byte),
            byte @ 0xA1..=0xDF => self.out.bytes(EUC_JP, &[SS2, byte]),
            byte @ ..=0x7E if self.shifted => self.kana(byte),
            byte @ 0x21..=0x97 => return self.of_set(byte, tail),
            _ => self.out.push(None),
        }
        tail
    }

    fn of_set<'a>(&mut self, byte: u8, tail: &'a [u8]) -> &'a [u8] {
        match self.set {
            Set::Ascii if byte <= 0x7F => self.out.ascii(byte),
            Set::Kana if byte <= 0x7E => self.kana(byte),
            Set::Ascii | Set::Kana => self.out.push(None),
            _ => return self.pair(byte, tail),
        }
        tail
    }

    fn kana(&mut self, byte: u8) {
        if byte < 0x60 { self.out.bytes(EUC_JP, &[SS2, byte | 0x80]) } else { self.out.push(None) }
    }

    /// Writes the pair that `first` opens.
    fn pair<'a>(&mut self, first: u8, tail: &'a [u8]) -> &'a [u8] {
        let Some((second @ 0x21..=0x7E, after)) = tail.split_first().map(|(second, after)| (*second, after)) else {
            self.out.push(None);
            return tail;
        };
        let (row, cell) = (first.wrapping_sub(0x20), second.wrapping_sub(0x20));
        match self.set {
            Set::Kanji => rows::kanji(row, cell, &mut self.out),
            Set::Plane if row <= 84 => rows::kanji(row, cell, &mut self.out),
            Set::Supplement if row <= 94 => rows::supplement(row, cell, &mut self.out),
            Set::User if row <= 20 => self.out.push(rows::user(row.wrapping_sub(1), cell)),
            Set::Foreign(table) if row <= 94 => self.out.bytes(table, &[first | 0x80, second | 0x80]),
            _ => self.out.push(None),
        }
        after
    }

    fn escape<'a>(&mut self, tail: &'a [u8]) -> &'a [u8] {
        if let (Some(table), [b'N', byte @ 0x20..=0x7F, after @ ..]) = (self.second, tail) {
            self.out.bytes(table, &[byte | 0x80]);
            return after;
        }
        let Some((length, effect)) = designation(tail) else {
            self.out.ascii(ESC);
            return tail;
        };
        match effect {
            Effect::Set(set) => self.set = set,
            Effect::Second(table) => self.second = Some(table),
            Effect::Nothing => {}
        }
        tail.get(length..).unwrap_or_default()
    }

    /// A line starts in ASCII, except where what follows up to the next escape is kanji and that escape leads back.
    fn line_end(&mut self, byte: u8, tail: &[u8]) {
        self.out.ascii(byte);
        self.shifted = false;
        if self.set == Set::Ascii || self.kept.is_some_and(|left| tail.len() > left) {
            return;
        }
        match kept_until(tail).filter(|_| self.set == Set::Kanji) {
            Some(left) => self.kept = Some(left),
            None => self.set = Set::Ascii,
        }
    }
}

/// The bytes that are left at the escape that leads back to ASCII, if all lines before it can only be kanji.
fn kept_until(tail: &[u8]) -> Option<usize> {
    let end = tail.iter().position(|b| *b == ESC)?;
    let (lines, escape) = tail.split_at_checked(end)?;
    let leads_back = escape.starts_with(b"\x1b(B") || escape.starts_with(b"\x1b(J");
    let mut some = false;
    let kanji_only = lines.split(|b| matches!(b, b'\n' | b'\r')).all(|line| {
        some |= !line.is_empty();
        line.len().is_multiple_of(2)
            && line.chunks_exact(2).all(|pair| matches!(pair, [0x21..=0x28 | 0x2D | 0x30..=0x74, 0x21..=0x7E]))
    });
    (leads_back && kanji_only && some).then_some(escape.len())
}
