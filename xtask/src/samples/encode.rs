//! Mails put together byte by byte, right and wrong alike: what a mail library would refuse to write.

/// A mail in the making. Nothing is checked or repaired.
#[derive(Default, Clone)]
pub(super) struct Mail {
    bytes: Vec<u8>,
}

impl Mail {
    /// The headers nearly every mail has.
    pub(super) fn new(subject: &[u8]) -> Self {
        Self::default()
            .header("Received", b"from mx.example.com (mx.example.com [192.0.2.1]) by relay.example.net with ESMTP; Mon, 23 Nov 2026 10:42:00 +0900")
            .header("Date", b"Mon, 23 Nov 2026 10:41:07 +0900")
            .header("From", b"=?UTF-8?B?5bGx55Sw5bu66Kit?= <keiri@yamada-kensetsu.example>")
            .header("To", b"shokuin@city.example.lg.jp")
            .header("Message-ID", b"<20261123.0142@yamada-kensetsu.example>")
            .header("Subject", subject)
    }

    /// One header line.
    pub(super) fn header(mut self, name: &str, value: &[u8]) -> Self {
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    /// MIME-Version and the content headers.
    pub(super) fn content(self, content_type: &str, encoding: &str) -> Self {
        self.header("MIME-Version", b"1.0")
            .header("Content-Type", content_type.as_bytes())
            .header("Content-Transfer-Encoding", encoding.as_bytes())
    }

    /// multipart with this boundary.
    pub(super) fn multipart(self, subtype: &str, boundary: &str) -> Self {
        self.header("MIME-Version", b"1.0")
            .header("Content-Type", format!("multipart/{subtype}; boundary=\"{boundary}\"").as_bytes())
    }

    /// The body, and the mail is done. Line feeds become CRLF.
    pub(super) fn body(mut self, body: &[u8]) -> Vec<u8> {
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes.extend_from_slice(&crlf(body));
        if !self.bytes.ends_with(b"\r\n") {
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.bytes
    }

    /// Parts between boundary lines, closed unless `open`.
    pub(super) fn parts(self, boundary: &str, parts: &[Vec<u8>], open: bool) -> Vec<u8> {
        self.body(&join(boundary, parts, open))
    }
}

/// Parts between boundary lines.
pub(super) fn join(boundary: &str, parts: &[Vec<u8>], open: bool) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\n").as_bytes());
        body.extend_from_slice(part);
        if !part.ends_with(b"\n") {
            body.push(b'\n');
        }
    }
    if !open {
        body.extend_from_slice(format!("--{boundary}--\n").as_bytes());
    }
    body
}

/// A part: header lines, an empty line, the content.
pub(super) fn part(headers: &[&[u8]], content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for header in headers {
        out.extend_from_slice(header);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(content);
    out
}

/// A text part in UTF-8.
pub(super) fn text(content: &str) -> Vec<u8> {
    part(
        &[b"Content-Type: text/plain; charset=UTF-8", b"Content-Transfer-Encoding: base64"],
        &base64(content.as_bytes()),
    )
}

/// An attached file with an ASCII or encoded name.
pub(super) fn attachment(media_type: &str, name: &str, content: &[u8]) -> Vec<u8> {
    let shown = if name.is_ascii() { name.to_owned() } else { String::from_utf8(word(name)).unwrap_or_default() };
    part(
        &[
            format!("Content-Type: {media_type}; name=\"{shown}\"").as_bytes(),
            format!("Content-Disposition: attachment; filename=\"{shown}\"").as_bytes(),
            b"Content-Transfer-Encoding: base64",
        ],
        &base64(content),
    )
}

/// One encoded word in UTF-8 (RFC 2047, B).
pub(super) fn word(text: &str) -> Vec<u8> {
    word_in("UTF-8", text.as_bytes())
}

/// One encoded word of bytes under a label.
pub(super) fn word_in(charset: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("=?{charset}?B?").into_bytes();
    out.extend(base64(bytes).into_iter().filter(|byte| *byte != b'\n'));
    out.extend_from_slice(b"?=");
    out
}

/// Base64 in lines of 76 (RFC 2045 6.8).
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for (count, group) in bytes.chunks(3).enumerate() {
        if count > 0 && count % 19 == 0 {
            out.push(b'\n');
        }
        let bits = group.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = usize::try_from((bits >> (18 - 6 * place)) & 63).unwrap_or_default();
            let symbol = ALPHABET.get(digit).copied().unwrap_or(b'=');
            out.push(if place <= group.len() { symbol } else { b'=' });
        }
    }
    out.push(b'\n');
    out
}

fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").map_or((line, false), |line| (line, true));
        out.extend_from_slice(line.0.strip_suffix(b"\r").unwrap_or(line.0));
        if line.1 {
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

/// Shift_JIS (CP932).
pub(super) fn sjis(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

/// EUC-JP.
pub(super) fn euc(text: &str) -> Vec<u8> {
    encoding_rs::EUC_JP.encode(text).0.into_owned()
}

/// ISO-2022-JP as mailers on Windows write it: NEC rows for ①㈱髙﨑, `ESC ( I` for half-width kana.
pub(super) fn jis(text: &str) -> Vec<u8> {
    #[derive(PartialEq, Clone, Copy)]
    enum Set {
        Ascii,
        Kanji,
        Kana,
    }
    let mut out = Vec::new();
    let mut now = Set::Ascii;
    for c in text.chars() {
        let encoded = match c {
            '髙' => vec![0xEE, 0xE0],
            '﨑' => vec![0xED, 0x95],
            other => sjis(other.encode_utf8(&mut [0; 4])),
        };
        let (set, code) = match encoded.as_slice() {
            [kana @ 0xA1..=0xDF] => (Set::Kana, vec![kana - 0x80]),
            [lead, trail] => (Set::Kanji, kanji(*lead, *trail)),
            ascii => (Set::Ascii, ascii.to_vec()),
        };
        if set != now {
            out.extend_from_slice(match set {
                Set::Ascii => b"\x1b(B",
                Set::Kanji => b"\x1b$B",
                Set::Kana => b"\x1b(I",
            });
            now = set;
        }
        out.extend_from_slice(&code);
    }
    if now != Set::Ascii {
        out.extend_from_slice(b"\x1b(B");
    }
    out
}

/// The JIS X 0208 code of a Shift_JIS pair.
fn kanji(lead: u8, trail: u8) -> Vec<u8> {
    let high = (lead - if lead < 0xA0 { 0x81 } else { 0xC1 }) * 2;
    let (row, cell) = match trail {
        0x9F.. => (high + 1, trail - 0x9F),
        0x80.. => (high, trail - 0x41),
        _ => (high, trail - 0x40),
    };
    vec![0x21 + row, 0x21 + cell]
}
