//! Encoders for the charsets of Japanese mail as its programs write them, the deviating ones too.
//!
//! Refuses: nothing; a character that a charset lacks is written as 〓, so that the set itself shows the mistake.
//! Invariant: where a character has several codes, the caller says which one is written.

/// Which of the codes of an IBM character (髙﨑) is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ibm {
    /// Rows 89 to 92, as NEC selected them.
    Nec,
    /// Rows 115 to 119, where IBM has them.
    Ibm,
}

/// How half-width kana are written in ISO-2022-JP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kana {
    /// `ESC ( I` (CP50221).
    Escape,
    /// SO and SI (CP50222).
    Shift,
    /// Eight bits.
    Eight,
}

/// How ISO-2022-JP is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jis {
    pub(super) ibm: Ibm,
    pub(super) kana: Kana,
    /// What leads to kanji.
    pub(super) kanji: &'static [u8],
    /// What leads back.
    pub(super) ascii: &'static [u8],
    /// Lines end in ASCII, as RFC 1468 wants it.
    pub(super) returns: bool,
    /// Characters of the user's own by `ESC $ ( ?` instead of rows 95 to 114.
    pub(super) user_set: bool,
}

impl Jis {
    pub(super) const PLAIN: Self =
        Self { ibm: Ibm::Nec, kana: Kana::Escape, kanji: b"\x1b$B", ascii: b"\x1b(B", returns: true, user_set: false };
}

/// Where a character stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Single(u8),
    Kana(u8),
    /// Row and cell from 1 of JIS X 0208 and what was added to it, up to row 119.
    Kanji(u8, u8),
    /// Row and cell of JIS X 0212.
    Supplement(u8, u8),
}

/// Windows has other code points for these than the standard's tables; the codes are the same.
fn as_windows(c: char) -> char {
    match c {
        '\u{301C}' => '\u{FF5E}',
        '\u{2016}' => '\u{2225}',
        '\u{2212}' => '\u{FF0D}',
        '\u{2014}' => '\u{2015}',
        '\u{A2}' => '\u{FFE0}',
        '\u{A3}' => '\u{FFE1}',
        '\u{AC}' => '\u{FFE2}',
        other => other,
    }
}

fn code(c: char, ibm: Ibm) -> Code {
    let c = as_windows(c);
    let number = u32::from(c);
    if let Some(user) = number.checked_sub(0xE000).filter(|user| *user < 20 * 94) {
        return Code::Kanji(byte(95 + user / 94), byte(1 + user % 94));
    }
    let text = c.to_string();
    let (bytes, _, lost) = encoding_rs::SHIFT_JIS.encode(&text);
    match bytes.as_ref() {
        _ if lost => supplement(c),
        [single @ ..=0x7F] => Code::Single(*single),
        [kana] => Code::Kana(*kana),
        [lead, trail] => match kuten(*lead, *trail) {
            (115.., _) if ibm == Ibm::Nec => nec_selected(c),
            (row, cell) => Code::Kanji(row, cell),
        },
        _ => Code::Kanji(2, 14),
    }
}

/// Row and cell of a Shift_JIS pair.
fn kuten(lead: u8, trail: u8) -> (u8, u8) {
    let high = (lead - if lead < 0xA0 { 0x81 } else { 0xC1 }) * 2;
    match trail {
        0x9F.. => (high + 2, trail - 0x9E),
        0x80.. => (high + 1, trail - 0x40),
        _ => (high + 1, trail - 0x3F),
    }
}

/// The Shift_JIS pair of a row and cell.
fn pair(row: u8, cell: u8) -> [u8; 2] {
    let half = (row - 1) / 2;
    let lead = half + if half < 0x1F { 0x81 } else { 0xC1 };
    let trail = match (row % 2, cell) {
        (0, cell) => cell + 0x9E,
        (_, 64..) => cell + 0x40,
        (_, cell) => cell + 0x3F,
    };
    [lead, trail]
}

fn nec_selected(c: char) -> Code {
    let wanted = c.to_string();
    let cells = (89..=92).flat_map(|row| (1..=94).map(move |cell| (row, cell)));
    cells
        .filter(|(row, cell)| encoding_rs::SHIFT_JIS.decode(&pair(*row, *cell)).0 == wanted)
        .map(|(row, cell)| Code::Kanji(row, cell))
        .next()
        .unwrap_or(Code::Kanji(2, 14))
}

fn supplement(c: char) -> Code {
    let wanted = c.to_string();
    let cells = (1..=77).flat_map(|row| (1..=94).map(move |cell| (row, cell)));
    cells
        .filter(|(row, cell)| encoding_rs::EUC_JP.decode(&[0x8F, row + 0xA0, cell + 0xA0]).0 == wanted)
        .map(|(row, cell)| Code::Supplement(row, cell))
        .next()
        .unwrap_or(Code::Kanji(2, 14))
}

/// Shift_JIS as Windows writes it (CP932).
pub(super) fn sjis(text: &str, ibm: Ibm) -> Vec<u8> {
    let mut out = Vec::new();
    for c in text.chars() {
        match code(c, ibm) {
            Code::Single(byte) | Code::Kana(byte) => out.push(byte),
            Code::Kanji(row, cell) => out.extend_from_slice(&pair(row, cell)),
            Code::Supplement(..) => out.extend_from_slice(b"\x81\xac"),
        }
    }
    out
}

/// EUC-JP with NEC's rows, as CP51932 has them.
pub(super) fn euc(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for c in text.chars() {
        match code(c, Ibm::Nec) {
            Code::Single(byte) => out.push(byte),
            Code::Kana(byte) => out.extend_from_slice(&[0x8E, byte]),
            Code::Kanji(row, cell) if row <= 94 => out.extend_from_slice(&[row + 0xA0, cell + 0xA0]),
            Code::Supplement(row, cell) => out.extend_from_slice(&[0x8F, row + 0xA0, cell + 0xA0]),
            // The user's characters: rows 85 to 94, then the same rows of the supplement (eucJP-ms).
            Code::Kanji(row @ 95..=104, cell) => out.extend_from_slice(&[row + 0x96, cell + 0xA0]),
            Code::Kanji(row, cell) => out.extend_from_slice(&[0x8F, row + 0x8C, cell + 0xA0]),
        }
    }
    out
}

/// ISO-2022-JP.
pub(super) fn jis(text: &str, style: &Jis) -> Vec<u8> {
    let mut out = Vec::new();
    let mut now: &[u8] = style.ascii;
    let mut shifted = false;
    for c in text.chars() {
        let (set, bytes): (&[u8], Vec<u8>) = match code(c, style.ibm) {
            Code::Single(byte @ (b'\n' | b'\r')) if !style.returns => {
                // The program forgets to return, and begins every line anew.
                out.push(byte);
                now = style.ascii;
                continue;
            }
            Code::Single(byte) => (style.ascii, vec![byte]),
            Code::Kana(byte) => match style.kana {
                Kana::Escape => (b"\x1b(I", vec![byte - 0x80]),
                Kana::Shift => (style.ascii, vec![byte - 0x80]),
                Kana::Eight => (style.ascii, vec![byte]),
            },
            Code::Kanji(row @ 95..=114, cell) if style.user_set => (b"\x1b$(?", vec![row - 94 + 0x20, cell + 0x20]),
            Code::Kanji(row, cell) => (style.kanji, vec![row + 0x20, cell + 0x20]),
            Code::Supplement(row, cell) => (b"\x1b$(D", vec![row + 0x20, cell + 0x20]),
        };
        let shift = style.kana == Kana::Shift && matches!(c, '\u{FF61}'..='\u{FF9F}');
        if shifted && !shift {
            out.push(0x0F);
        }
        if now != set {
            out.extend_from_slice(set);
            now = set;
        }
        if shift && !shifted {
            out.push(0x0E);
        }
        shifted = shift;
        out.extend_from_slice(&bytes);
    }
    if shifted {
        out.push(0x0F);
    }
    if now != style.ascii && style.returns {
        out.extend_from_slice(style.ascii);
    }
    out
}

/// UTF-16 without a byte order mark.
pub(super) fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

/// Quoted-printable (RFC 2045 6.7).
pub(super) fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut width = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let ends_line = bytes.get(at + 1).is_none_or(|next| matches!(next, b'\r' | b'\n'));
        let piece = match byte {
            b'\n' => {
                out.push(b'\n');
                width = 0;
                continue;
            }
            b' ' if !ends_line => vec![b' '],
            b'!'..=b'<' | b'>'..=b'~' => vec![*byte],
            other => format!("={other:02X}").into_bytes(),
        };
        if width + piece.len() > 72 {
            out.extend_from_slice(b"=\n");
            width = 0;
        }
        width += piece.len();
        out.extend_from_slice(&piece);
    }
    out
}

/// One encoded word of the kind Q (RFC 2047 4.2).
pub(super) fn q_word(label: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("=?{label}?Q?").into_bytes();
    for byte in bytes {
        match byte {
            b' ' => out.push(b'_'),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => out.push(*byte),
            other => out.extend_from_slice(format!("={other:02X}").as_bytes()),
        }
    }
    out.extend_from_slice(b"?=");
    out
}

/// Percent-encoding of everything but letters, digits and the dot (RFC 2231).
pub(super) fn percent(bytes: &[u8]) -> String {
    let one = |byte: &u8| {
        if byte.is_ascii_alphanumeric() || *byte == b'.' {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    bytes.iter().map(one).collect()
}

fn byte(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}
