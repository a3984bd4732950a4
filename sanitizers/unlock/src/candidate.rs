//! The candidates of one file, in the spellings and encodings that a format knows.
//!
//! Refuses: more than [`MAX_CANDIDATES`]. Invariant: every copy of a password is wiped when it is dropped, and none of
//! these types can be printed.

use std::collections::BTreeSet;

use encoding_rs::SHIFT_JIS;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::{Locked, MAX_CANDIDATES};

/// Longest candidate: what Office takes, and no format takes more.
const MAX_CHARACTERS: usize = 255;
/// Most code points one becomes in NFKC (UAX 15), times the bytes of one.
const MAX_GROWTH: usize = 18 * 4;

/// One spelling of a candidate.
pub(crate) struct Spelling {
    /// Place of the candidate in the caller's list; none for a password that everybody knows.
    pub(crate) index: Option<usize>,
    pub(crate) text: Zeroizing<String>,
}

/// A candidate as bytes.
pub(crate) struct Key {
    pub(crate) index: Option<usize>,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// Candidates, in the order of the list.
pub(crate) struct Candidates {
    spellings: Vec<Spelling>,
}

impl Candidates {
    pub(crate) fn new(candidates: &[&str]) -> Result<Self, Locked> {
        if candidates.len() > MAX_CANDIDATES {
            return Err(Locked::TooMuch);
        }
        let mut spellings: Vec<Spelling> = Vec::new();
        for (index, text) in candidates.iter().enumerate().filter(|(_, text)| text.chars().count() <= MAX_CHARACTERS) {
            for text in [spell(text, text.chars()), spell(text, text.nfc()), spell(text, text.nfkc())] {
                if spellings.iter().all(|other| other.text != text) {
                    spellings.push(Spelling { index: Some(index), text });
                }
            }
        }
        Ok(Self { spellings })
    }

    /// Spellings, behind passwords that everybody knows.
    pub(crate) fn after(&self, known: &[&str]) -> Vec<Spelling> {
        let known = known.iter().map(|text| Spelling { index: None, text: Zeroizing::new((*text).to_owned()) });
        let rest = self.spellings.iter().map(|one| Spelling { index: one.index, text: one.text.clone() });
        known.chain(rest).collect()
    }

    /// In UTF-8 and, where it can be written so, in CP932.
    pub(crate) fn in_bytes(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for Spelling { index, text } in &self.spellings {
            for bytes in [Some(Zeroizing::new(text.as_bytes().to_vec())), cp932(text)].into_iter().flatten() {
                if keys.iter().all(|key| key.bytes != bytes) {
                    keys.push(Key { index: *index, bytes });
                }
            }
        }
        keys
    }

    /// In UTF-16, the low byte of each unit first, behind passwords that everybody knows.
    pub(crate) fn in_utf16(&self, known: &[&str]) -> Vec<Key> {
        let keys = self.after(known).into_iter();
        keys.map(|one| Key { index: one.index, bytes: utf16(&one.text) }).collect()
    }
}

/// Which candidates opened something.
#[derive(Default)]
pub(crate) struct Used(BTreeSet<usize>);

impl Used {
    pub(crate) fn add(&mut self, index: Option<usize>) {
        self.0.extend(index);
    }

    pub(crate) fn places(self) -> Vec<usize> {
        self.0.into_iter().collect()
    }
}

fn spell(text: &str, characters: impl Iterator<Item = char>) -> Zeroizing<String> {
    // Never grown, so that nothing of it stays behind in memory.
    let mut spelling = Zeroizing::new(String::with_capacity(text.len().saturating_mul(MAX_GROWTH)));
    spelling.extend(characters);
    spelling
}

fn cp932(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (bytes, _, has_unmappable) = SHIFT_JIS.encode(text);
    let bytes = Zeroizing::new(bytes.into_owned());
    (!has_unmappable).then_some(bytes)
}

fn utf16(text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().saturating_mul(2)));
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_japanese_password_is_spelled_in_every_way_it_may_have_been_typed() {
        let candidates = Candidates::new(&["Ｐａｓｓ", "が", "か\u{3099}"]).unwrap();
        let texts: Vec<&str> = candidates.spellings.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["Ｐａｓｓ", "Pass", "が", "か\u{3099}"]);
        let keys = candidates.in_bytes();
        let keys: Vec<(Option<usize>, &[u8])> = keys.iter().map(|key| (key.index, key.bytes.as_slice())).collect();
        assert!(keys.contains(&(Some(0), b"Pass")) && keys.contains(&(Some(1), b"\x82\xAA")));
        assert!(keys.contains(&(Some(1), "が".as_bytes())));
        assert_eq!(candidates.in_utf16(&[])[2].bytes.as_slice(), b"\x4C\x30");
    }

    #[test]
    fn an_eleventh_candidate_is_refused_and_a_very_long_one_fits_nothing() {
        assert_eq!(Candidates::new(&["a"; 11]).err(), Some(Locked::TooMuch));
        assert!(Candidates::new(&[&"あ".repeat(256)]).unwrap().spellings.is_empty());
    }
}
