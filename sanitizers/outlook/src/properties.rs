//! Properties of a message, recipient or attachment ([MS-OXPROPS]), and how their text is read.
//!
//! Refuses nothing: a property of an unexpected type is absent. Invariant: each property is kept once, text in Unicode
//! before text in a code page.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sanitizer_japanese::decode;

/// Types of values ([MS-OXCDATA] 2.11.1).
pub(crate) const LONG: u16 = 0x0003;
pub(crate) const OBJECT: u16 = 0x000D;
pub(crate) const STRING8: u16 = 0x001E;
pub(crate) const UNICODE: u16 = 0x001F;
pub(crate) const TIME: u16 = 0x0040;
pub(crate) const BINARY: u16 = 0x0102;

/// Seconds between 1601 and 1970.
const EPOCH: i64 = 11_644_473_600;

/// Properties by number.
#[derive(Debug, Default)]
pub(crate) struct Properties<'a> {
    values: BTreeMap<u16, Value<'a>>,
    /// The code page around them, for text without one of its own.
    pub(crate) outer_code_page: Option<u32>,
}

#[derive(Debug)]
struct Value<'a> {
    kind: u16,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Properties<'a> {
    /// None yet, with the code page around them.
    pub(crate) fn within(outer_code_page: Option<u32>) -> Self {
        Self { outer_code_page, ..Self::default() }
    }

    pub(crate) fn insert(&mut self, id: u16, kind: u16, bytes: Cow<'a, [u8]>) {
        let is_better = self.values.get(&id).is_none_or(|known| known.kind != UNICODE && kind == UNICODE);
        if is_better {
            self.values.insert(id, Value { kind, bytes });
        }
    }

    pub(crate) fn kind(&self, id: u16) -> Option<u16> {
        self.values.get(&id).map(|value| value.kind)
    }

    /// The bytes of a binary value or an object.
    pub(crate) fn take_binary(&mut self, id: u16) -> Option<Cow<'a, [u8]>> {
        let is_binary = matches!(self.kind(id), Some(BINARY | OBJECT));
        is_binary.then(|| self.values.remove(&id)).flatten().map(|value| value.bytes)
    }

    /// The bytes of a text and their charset label.
    pub(crate) fn take_text(&mut self, id: u16) -> Option<(Vec<u8>, Option<String>)> {
        match self.kind(id)? {
            UNICODE => self.text(id).map(|text| (text.into_bytes(), Some("utf-8".to_owned()))),
            STRING8 => {
                let label = self.charset(0x3FFD);
                self.values.remove(&id).map(|value| (until_nul(&value.bytes).to_vec(), label))
            }
            _ => None,
        }
    }

    /// A text that is not blank.
    pub(crate) fn text(&self, id: u16) -> Option<String> {
        let value = self.values.get(&id)?;
        let text = match value.kind {
            UNICODE => {
                let units =
                    value.bytes.chunks_exact(2).filter_map(|pair| Some(u16::from_le_bytes(pair.try_into().ok()?)));
                char::decode_utf16(units.take_while(|unit| *unit != 0)).map(|c| c.unwrap_or('\u{FFFD}')).collect()
            }
            STRING8 => self.decoded(until_nul(&value.bytes)),
            _ => return None,
        };
        Some(text).filter(|text: &String| !text.trim().is_empty())
    }

    /// Text in the code page that is named, or in the one it reads in: the names of code pages are often wrong.
    fn decoded(&self, bytes: &[u8]) -> String {
        let named = decode(self.charset(0x3FFD).as_deref(), bytes);
        if named.undecodable == 0 {
            return named.text;
        }
        let guessed = decode(None, bytes);
        if guessed.undecodable < named.undecodable { guessed.text } else { named.text }
    }

    pub(crate) fn number(&self, id: u16) -> Option<u32> {
        let value = self.values.get(&id).filter(|value| value.kind == LONG)?;
        Some(u32::from_le_bytes(value.bytes.get(..4)?.try_into().ok()?))
    }

    /// Seconds since the epoch.
    pub(crate) fn time(&self, id: u16) -> Option<i64> {
        let value = self.values.get(&id).filter(|value| value.kind == TIME)?;
        let ticks = u64::from_le_bytes(value.bytes.get(..8)?.try_into().ok()?);
        i64::try_from(ticks / 10_000_000).ok()?.checked_sub(EPOCH)
    }

    /// The charset label of the code page in property `id`, or else of the one around.
    pub(crate) fn charset(&self, id: u16) -> Option<String> {
        self.code_page(id).and_then(label)
    }

    /// The code page in property `id`, or in the other of the two that name one, or the one around.
    pub(crate) fn code_page(&self, id: u16) -> Option<u32> {
        self.number(id).or_else(|| self.number(0x3FFD)).or_else(|| self.number(0x3FDE)).or(self.outer_code_page)
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

/// The charset label of a code page of Windows.
pub(crate) fn label(code_page: u32) -> Option<String> {
    let name = match code_page {
        0 => return None,
        65_001 => "utf-8".to_owned(),
        932 => "shift_jis".to_owned(),
        50_220..=50_222 => "iso-2022-jp".to_owned(),
        51_932 | 20_932 => "euc-jp".to_owned(),
        936 | 54_936 => "gb18030".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        1_200 => "utf-16le".to_owned(),
        20_127 => "us-ascii".to_owned(),
        28_591..=28_605 => format!("iso-8859-{}", code_page - 28_590),
        other => format!("windows-{other}"),
    };
    Some(name)
}
