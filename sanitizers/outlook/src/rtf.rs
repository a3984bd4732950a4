//! The text of RTF bodies, packed as [MS-OXRTFCP] says.
//!
//! Refuses: streams that are not packed RTF, and text over the allowance. Invariant: only text that a reader would see
//! is taken: no destination that begins with `\*`, no font table, no field code, no picture, nothing hidden or deleted;
//! where the two cannot be told apart, too much is shown rather than too little.

use std::collections::BTreeMap;

use sanitizer_japanese::decode;

use crate::bytes::Reader;
use crate::properties::label;
use crate::{Allowance, Unreadable};

/// What the dictionary holds before the first byte ([MS-OXRTFCP] 2.1.2.1).
const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW: usize = 4_096;
const PACKED: u32 = 0x7546_5A4C;
const PLAIN: u32 = 0x414C_454D;
/// Groups inside each other of which each has a format of its own.
const MAX_GROUPS: usize = 1_000;
/// Fonts of which the character set is kept.
const MAX_FONTS: usize = 1_000;

/// The text of a packed RTF body; absent if it has none.
pub(crate) fn text_of_packed(packed: &[u8], allowance: &mut Allowance) -> Result<Option<String>, Unreadable> {
    let rtf = unpack(packed, allowance)?;
    let text = text(&rtf);
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// Unpacks the bytes that it says it has; they are spent first.
pub(crate) fn unpack(packed: &[u8], allowance: &mut Allowance) -> Result<Vec<u8>, Unreadable> {
    let mut reader = Reader::new(packed);
    let (_packed, length, kind, _checksum) = (reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?);
    let length = usize::try_from(length).map_err(|_| Unreadable::TooLarge)?;
    allowance.spend_bytes(length)?;
    match kind {
        PLAIN => Ok(reader.rest().get(..length).unwrap_or(reader.rest()).to_vec()),
        PACKED => Ok(expand(reader, length)),
        _ => Err(Unreadable::Malformed),
    }
}

/// What is packed, as far as it goes and no longer than it says.
fn expand(mut reader: Reader<'_>, length: usize) -> Vec<u8> {
    let mut out: Vec<u8> = DICTIONARY.to_vec();
    let start = out.len();
    'stream: while let Ok(control) = reader.u8() {
        for bit in 0..8 {
            if out.len() - start >= length {
                break 'stream;
            }
            if control >> bit & 1 == 0 {
                let Ok(byte) = reader.u8() else { break 'stream };
                out.push(byte);
                continue;
            }
            let (Ok(high), Ok(low)) = (reader.u8(), reader.u8()) else { break 'stream };
            let reference = usize::from(u16::from_be_bytes([high, low]));
            let (offset, run) = (reference >> 4, (reference & 0xF) + 2);
            // The window is a ring: where it is written next is the end mark, everything else lies behind.
            let back = (out.len() + WINDOW - offset) % WINDOW;
            if back == 0 {
                break 'stream;
            }
            for _ in 0..run {
                let byte = out.len().checked_sub(back).and_then(|at| out.get(at)).copied();
                out.push(byte.unwrap_or(b' '));
            }
        }
    }
    out.drain(..start);
    out.truncate(length);
    out
}

/// What holds inside a group.
#[derive(Clone)]
struct Group {
    /// A destination that nobody reads.
    skipped: bool,
    /// RTF that stands for HTML which is there as well.
    doubled: bool,
    /// Text with the format of hidden text.
    hidden: bool,
    /// Text that a tracked change took away.
    deleted: bool,
    /// Characters that stand in for one of Unicode.
    fallback: usize,
    font: u32,
}

struct Text<'a> {
    rest: &'a [u8],
    out: String,
    /// Bytes of a code page that wait for the rest of their character.
    pending: Vec<u8>,
    pending_page: u32,
    groups: Vec<Group>,
    /// Groups open below the last of [`Self::groups`]; they share one format.
    deeper: usize,
    /// At how many of those a destination began that nobody reads.
    skipped_at: Option<usize>,
    now: Group,
    /// The RTF was made of HTML: what it shows is decided by its tags.
    from_html: bool,
    page: u32,
    fonts: BTreeMap<u32, u32>,
    /// The depth of the font table, while it is read.
    font_table: Option<usize>,
    /// Stand-ins that are still to be passed over.
    stand_ins: usize,
}

/// The visible text of RTF.
pub(crate) fn text(rtf: &[u8]) -> String {
    let now = Group { skipped: false, doubled: false, hidden: false, deleted: false, fallback: 1, font: 0 };
    let mut text = Text {
        rest: rtf,
        out: String::new(),
        pending: Vec::new(),
        pending_page: 0,
        groups: Vec::new(),
        deeper: 0,
        skipped_at: None,
        now,
        from_html: false,
        page: 1252,
        fonts: BTreeMap::new(),
        font_table: None,
        stand_ins: 0,
    };
    while let Some((byte, rest)) = text.rest.split_first() {
        text.rest = rest;
        match byte {
            b'{' => text.open(),
            b'}' => text.close(),
            b'\\' => text.control(),
            b'\r' | b'\n' => {}
            other => text.byte(*other),
        }
    }
    text.settle();
    text.out
}

impl Text<'_> {
    fn open(&mut self) {
        self.settle();
        if self.groups.len() < MAX_GROUPS {
            self.groups.push(self.now.clone());
        } else {
            self.deeper += 1;
        }
        if let Some(after) = self.rest.strip_prefix(b"\\*") {
            self.rest = after;
            self.skip();
            self.tag_break();
        }
    }

    /// In RTF made of HTML the tags stand in destinations of their own; some of them end a line.
    fn tag_break(&mut self) {
        let Some(tag) = self.rest.strip_prefix(b"\\htmltag") else { return };
        let tag = tag.trim_ascii_start();
        let tag = tag.split(|b| matches!(b, b'}' | b'{')).next().unwrap_or_default();
        let at = tag.iter().position(|b| *b == b'<').unwrap_or(tag.len());
        let name: Vec<u8> = tag.iter().skip(at + 1).take(12).map(u8::to_ascii_lowercase).collect();
        const BREAKS: [&[u8]; 7] = [b"br", b"/p", b"/div", b"/tr", b"/li", b"/h", b"/table"];
        if BREAKS.iter().any(|name_of| name.starts_with(name_of)) {
            self.out.push('\n');
        }
    }

    fn close(&mut self) {
        self.settle();
        if let Some(around) = self.deeper.checked_sub(1) {
            self.deeper = around;
            self.skipped_at = self.skipped_at.filter(|began| *began <= around);
        } else if let Some(outer) = self.groups.pop() {
            self.now = outer;
        }
        if self.font_table.is_some_and(|depth| self.depth() < depth) {
            self.font_table = None;
        }
    }

    const fn depth(&self) -> usize {
        self.groups.len() + self.deeper
    }

    /// Nobody reads the rest of this group.
    fn skip(&mut self) {
        if self.deeper == 0 {
            self.now.skipped = true;
        } else {
            self.skipped_at.get_or_insert(self.deeper);
        }
    }

    const fn is_seen(&self) -> bool {
        let Group { skipped, doubled, hidden, deleted, .. } = self.now;
        !(skipped || doubled || hidden || deleted || self.skipped_at.is_some())
    }

    /// True where a format may hide text: nothing could undo that below the groups that have one of their own, and of
    /// RTF made of HTML the formats are not looked at ([MS-OXRTFEX]).
    const fn may_hide(&self) -> bool {
        self.deeper == 0 && !self.from_html
    }

    fn control(&mut self) {
        let Some((first, rest)) = self.rest.split_first() else { return };
        if *first == b'\'' {
            let digits = rest.get(..2).and_then(|two| std::str::from_utf8(two).ok());
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            self.rest = rest.get(2..).unwrap_or_default();
            if let Some(byte) = byte {
                self.byte(byte);
            }
            return;
        }
        if !first.is_ascii_alphabetic() {
            self.rest = rest;
            match first {
                b'\\' | b'{' | b'}' => self.byte(*first),
                b'~' => self.byte(b' '),
                b'\r' | b'\n' => self.show("\n"),
                _ => {}
            }
            return;
        }
        let length = self.rest.iter().take(32).take_while(|b| b.is_ascii_alphabetic()).count();
        let (word, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        let digits =
            rest.iter().take(11).enumerate().take_while(|(at, b)| b.is_ascii_digit() || (*at == 0 && **b == b'-'));
        let (number, rest) = rest.split_at_checked(digits.count()).unwrap_or_default();
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let number = std::str::from_utf8(number).ok().and_then(|number| number.parse::<i64>().ok());
        self.word(word, number);
    }

    fn word(&mut self, word: &[u8], number: Option<i64>) {
        let unsigned = number.and_then(|number| u32::try_from(number).ok());
        match word {
            b"par" | b"line" | b"row" | b"page" | b"sect" => self.show("\n"),
            b"tab" | b"cell" => self.show("\t"),
            b"emdash" => self.show("\u{2014}"),
            b"endash" => self.show("\u{2013}"),
            b"bullet" => self.show("\u{2022}"),
            b"lquote" => self.show("\u{2018}"),
            b"rquote" => self.show("\u{2019}"),
            b"ldblquote" => self.show("\u{201C}"),
            b"rdblquote" => self.show("\u{201D}"),
            b"u" => self.unicode(number),
            b"uc" => self.now.fallback = usize::try_from(unsigned.unwrap_or(1)).unwrap_or(1).min(16),
            b"ansicpg" => self.page = unsigned.unwrap_or(1252),
            b"f" => self.now.font = unsigned.unwrap_or_default(),
            b"fcharset" if self.font_table.is_some() && self.fonts.len() < MAX_FONTS => {
                if let Some(page) = unsigned.and_then(page_of_charset) {
                    self.fonts.insert(self.now.font, page);
                }
            }
            b"htmlrtf" => {
                self.settle();
                self.now.doubled = number != Some(0);
            }
            b"fromhtml" => self.from_html = true,
            b"v" => self.now.hidden = number != Some(0) && (self.now.hidden || self.may_hide()),
            b"deleted" => self.now.deleted = number != Some(0) && (self.now.deleted || self.may_hide()),
            b"plain" => (self.now.hidden, self.now.deleted) = (false, false),
            b"fonttbl" => {
                self.font_table = Some(self.depth());
                self.skip();
            }
            b"bin" => {
                let length = usize::try_from(unsigned.unwrap_or_default()).unwrap_or(usize::MAX);
                self.rest = self.rest.get(length..).unwrap_or_default();
            }
            b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object" | b"header" | b"footer" | b"fldinst"
            | b"filetbl" | b"revtbl" | b"themedata" | b"datastore" => self.skip(),
            _ => {}
        }
    }

    fn unicode(&mut self, number: Option<i64>) {
        let unit = number.map(|number| number.rem_euclid(0x1_0000)).and_then(|number| u16::try_from(number).ok());
        if let Some(unit) = unit.filter(|_| self.is_seen()) {
            if self.pending_page != 1200 {
                self.settle();
                self.pending_page = 1200;
            }
            self.pending.extend(unit.to_le_bytes());
        }
        self.stand_ins = self.now.fallback;
    }

    fn byte(&mut self, byte: u8) {
        if self.stand_ins > 0 {
            self.stand_ins -= 1;
            return;
        }
        if !self.is_seen() {
            return;
        }
        let page = self.fonts.get(&self.now.font).copied().unwrap_or(self.page);
        if self.pending_page != page {
            self.settle();
            self.pending_page = page;
        }
        self.pending.push(byte);
    }

    fn show(&mut self, text: &str) {
        if self.is_seen() {
            self.settle();
            self.out.push_str(text);
        }
    }

    /// Decodes what waits.
    fn settle(&mut self) {
        self.stand_ins = 0;
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return;
        }
        if self.pending_page == 1200 {
            let units = pending.chunks_exact(2).filter_map(|pair| Some(u16::from_le_bytes(pair.try_into().ok()?)));
            self.out.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')));
        } else {
            self.out.push_str(&decode(label(self.pending_page).as_deref(), &pending).text);
        }
    }
}

/// The code page of a font's character set.
const fn page_of_charset(charset: u32) -> Option<u32> {
    Some(match charset {
        0 => 1252,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        204 => 1251,
        238 => 1250,
        _ => return None,
    })
}
