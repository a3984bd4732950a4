//! ISO-2022-JP as it is met in mail, carried over to EUC-JP.
//!
//! Reads what the standard has and what mailers added: half-width kana by `ESC ( I`, by SO/SI and by bytes A1 to DF,
//! JIS X 0212, the planes of JIS X 0213, lines that end in kanji without `ESC ( B`. Refuses: nothing; a pair without
//! meaning stays a pair that the EUC-JP decoder refuses. Invariant: every line starts in ASCII (RFC 1468).

/// Half-width kana follow in EUC-JP.
const SS2: u8 = 0x8E;
/// JIS X 0212 follows in EUC-JP.
const SS3: u8 = 0x8F;
/// Never part of EUC-JP text: the decoder counts it as one undecodable sequence.
const INVALID: u8 = 0xFF;

const ESC: u8 = 0x1B;
const SO: u8 = 0x0E;
const SI: u8 = 0x0F;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// ASCII and JIS X 0201 Roman; 0x5C stays a backslash in both, as CP50220 has it.
    Ascii,
    Kana,
    Kanji,
    Supplement,
}

/// The designations, without their ESC.
const DESIGNATIONS: &[(&[u8], Set)] = &[
    (b"$B", Set::Kanji),
    (b"$@", Set::Kanji),
    (b"$(B", Set::Kanji),
    (b"$(@", Set::Kanji),
    (b"(B", Set::Ascii),
    (b"(J", Set::Ascii),
    (b"(H", Set::Ascii),
    (b"(I", Set::Kana),
    (b"$(D", Set::Supplement),
    (b"$(O", Set::Kanji),
    (b"$(P", Set::Supplement),
    (b"$(Q", Set::Kanji),
    (b"&@", Set::Ascii),
];

/// True if `bytes` switch to a Japanese set somewhere.
pub(crate) fn is_jis(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&b| b == ESC) {
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        if designation(rest).is_some_and(|(_, set)| set != Set::Ascii) {
            return true;
        }
    }
    false
}

/// Carries `bytes` over to EUC-JP.
pub(crate) fn to_euc(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut set = Set::Ascii;
    let mut shifted = false;
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match *first {
            ESC => match designation(tail) {
                Some((length, designated)) => {
                    // `ESC & @` announces the `ESC $ B` that follows it and changes nothing itself.
                    if tail.first() != Some(&b'&') {
                        set = designated;
                    }
                    rest = tail.get(length..).unwrap_or_default();
                }
                None => out.push(ESC),
            },
            SO => shifted = true,
            SI => shifted = false,
            b'\n' | b'\r' => {
                (set, shifted) = (Set::Ascii, false);
                out.push(*first);
            }
            byte @ 0x00..=0x20 => out.push(byte),
            0x7F if set == Set::Ascii => out.push(0x7F),
            byte @ 0xA1..=0xDF if !matches!(set, Set::Kanji | Set::Supplement) => out.extend([SS2, byte]),
            0x80.. => out.push(INVALID),
            byte if shifted => kana(byte, &mut out),
            byte => match set {
                Set::Ascii => out.push(byte),
                Set::Kana => kana(byte, &mut out),
                Set::Kanji | Set::Supplement => rest = pair(set, byte, tail, &mut out),
            },
        }
    }
    out
}

fn designation(after_escape: &[u8]) -> Option<(usize, Set)> {
    DESIGNATIONS.iter().find(|(name, _)| after_escape.starts_with(name)).map(|(name, set)| (name.len(), *set))
}

fn kana(byte: u8, out: &mut Vec<u8>) {
    if byte < 0x60 { out.extend([SS2, byte | 0x80]) } else { out.push(INVALID) }
}

/// Writes the pair that `first` opens; returns what follows it.
fn pair<'a>(set: Set, first: u8, tail: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    match tail {
        // Rows of private characters (0x7F21 and up): no sender and reader share them.
        [0x21..=0x7E, rest @ ..] if first == 0x7F => {
            out.push(INVALID);
            rest
        }
        [second @ 0x21..=0x7E, rest @ ..] => {
            if set == Set::Supplement {
                out.push(SS3);
            }
            out.extend([first | 0x80, second | 0x80]);
            rest
        }
        _ => {
            out.push(INVALID);
            tail
        }
    }
}
