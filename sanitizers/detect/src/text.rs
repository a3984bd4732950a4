//! Bytes that are words to people, and what kind.
//!
//! Invariant: text holds no NUL (UTF-16 aside) and next to no control characters. Scripts are told by
//! statements at the start of lines, so that prose about them stays prose.

use sanitizer_api::{Class, Detected};
use sanitizer_japanese::is_unmarked_utf16;

use crate::bytes::{find, head};
use crate::plain;

/// Bytes looked at for the kind, and for the proportion of odd ones.
const HEAD: usize = 4_096;
const SAMPLE: usize = 65_536;

/// The kind of text that `bytes` are; `None` if they are none.
pub(crate) fn kind(bytes: &[u8]) -> Option<Detected> {
    if !is_text(bytes) {
        return None;
    }
    let folded = folded(bytes);
    let start = folded.trim_ascii_start();
    let known = opening(start)
        .or_else(|| mail(start))
        .or_else(|| marked_up(start))
        .or_else(|| drawing(start))
        .or_else(|| script(&folded));
    Some(known.unwrap_or(plain("text", Class::Text)))
}

/// True for UTF-8, ISO-2022-JP, Shift_JIS, EUC-JP, single-byte Latin, and UTF-16 with a byte order mark or without any
/// odd character; whatever the text says, a script or a saved mail included.
#[must_use]
pub fn is_text(bytes: &[u8]) -> bool {
    if is_utf16(bytes) {
        return bytes.len().is_multiple_of(2);
    }
    if bytes.contains(&0) {
        return is_unmarked_utf16(bytes);
    }
    let sample = head(bytes, SAMPLE);
    let odd = sample.iter().filter(|b| b.is_ascii_control() && !b"\t\n\r\x0C\x1B\x0E\x0F\x1A".contains(b)).count();
    if odd * 200 > sample.len() {
        return false;
    }
    let high = sample.iter().filter(|b| !b.is_ascii()).count();
    std::str::from_utf8(bytes).is_ok()
        || unpaired(sample, is_shift_jis_pair, |b| matches!(b, 0xA1..=0xDF)) * 50 <= high
        || unpaired(sample, |a, b| (a == 0x8E || a >= 0xA1) && b >= 0xA1, |_| false) * 50 <= high
        || high * 10 <= sample.len() * 3
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xFE") && !bytes.starts_with(b"\xFF\xFE\0\0") || bytes.starts_with(b"\xFE\xFF")
}

const fn is_shift_jis_pair(lead: u8, trail: u8) -> bool {
    matches!(lead, 0x81..=0x9F | 0xE0..=0xFC) && matches!(trail, 0x40..=0x7E | 0x80..=0xFC)
}

/// Bytes over 0x7F that have no place in a double-byte encoding.
fn unpaired(sample: &[u8], is_pair: impl Fn(u8, u8) -> bool, is_single: impl Fn(u8) -> bool) -> usize {
    let (mut count, mut rest) = (0, sample);
    while let Some((first, tail)) = rest.split_first() {
        rest = match tail.split_first() {
            _ if first.is_ascii() || is_single(*first) => tail,
            Some((second, after)) if is_pair(*first, *second) => after,
            _ => {
                count += 1;
                tail
            }
        };
    }
    count
}

/// The beginning in lower case, without mark; of UTF-16 the ASCII in it.
fn folded(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = head(bytes, HEAD);
    if is_utf16(bytes) || start.contains(&0) {
        let mark = if is_utf16(bytes) { 2 } else { 0 };
        start.iter().skip(mark).filter(|b| b.is_ascii() && **b != 0).map(u8::to_ascii_lowercase).collect()
    } else {
        start.to_ascii_lowercase()
    }
}

fn marked_up(start: &[u8]) -> Option<Detected> {
    let early = head(start, 1_024);
    let has = |needle: &str| find(start, needle.as_bytes()).is_some();
    let is_html = ["<html", "<script", "<iframe", "<!doctype html"].iter().any(|t| find(early, t.as_bytes()).is_some());
    if !start.starts_with(b"<") {
        return (is_html && !begins_as_json(start)).then_some(plain("html", Class::Markup));
    }
    if has("<hta:application") {
        return Some(plain("hta", Class::Script));
    }
    if is_html && has("<html") {
        return Some(plain("html", Class::Markup));
    }
    if has("<scriptlet") || has("<component") && has("<script") {
        return Some(plain("sct", Class::Script));
    }
    if (has("<job") || has("<package")) && has("<script") {
        return Some(plain("wsf", Class::Script));
    }
    for (tag, id) in [
        ("<searchconnectordescription", "search-connector"),
        ("<librarydescription", "search-connector"),
        ("<persistedquery", "search-connector"),
        ("<pcsettings", "settingcontent"),
        ("urn:schemas-microsoft-com:asm", "clickonce"),
    ] {
        if has(tag) {
            return Some(plain(id, Class::Shortcut));
        }
    }
    if has("<?mso-application") || has("urn:schemas-microsoft-com:office:spreadsheet") || has("<w:worddocument") {
        return Some(plain("office-xml", Class::Document));
    }
    if has("<svg") && !is_html {
        return Some(plain("svg", Class::Markup));
    }
    if is_html || begins_with_html_tag(start) {
        return Some(plain("html", Class::Markup));
    }
    let is_xml = start.starts_with(b"<?xml") || start.get(1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'!');
    is_xml.then_some(plain("xml", Class::Markup))
}

/// True for the beginning of an object, or of an array of values that have one of their own: tags in it are words.
fn begins_as_json(start: &[u8]) -> bool {
    let inside = |rest: &[u8], first: &[u8]| rest.trim_ascii_start().first().is_some_and(|b| first.contains(b));
    match start.split_first() {
        Some((b'{', rest)) => inside(rest, b"\"}"),
        Some((b'[', rest)) => inside(rest, b"\"{["),
        _ => false,
    }
}

/// True if the first tag, comments aside, is one of HTML.
fn begins_with_html_tag(mut start: &[u8]) -> bool {
    const TAGS: [&str; 16] = [
        "head", "body", "meta", "table", "div", "img", "a", "p", "br", "font", "style", "title", "span", "form", "h1",
        "base",
    ];
    while start.starts_with(b"<!--")
        && let Some(end) = find(start, b"-->")
    {
        start = start.get(end + 3..).unwrap_or_default().trim_ascii_start();
    }
    let name = start.get(1..).unwrap_or_default().split(|b| !b.is_ascii_alphanumeric()).next().unwrap_or_default();
    TAGS.iter().any(|tag| tag.as_bytes() == name)
}

/// Kinds told by their first words.
fn opening(start: &[u8]) -> Option<Detected> {
    const OPENINGS: &[(&str, &str, Class)] = &[
        ("#!", "shell-script", Class::Script),
        ("@echo off", "bat", Class::Script),
        ("windows registry editor version", "reg", Class::Script),
        ("regedit4", "reg", Class::Script),
        ("<#\n", "ps1", Class::Script),
        ("<#\r", "ps1", Class::Script),
        ("#requires -", "ps1", Class::Script),
        ("[internetshortcut]", "url", Class::Shortcut),
        ("[desktop entry]", "desktop", Class::Shortcut),
        ("[.shellclassinfo]", "desktop-ini", Class::Shortcut),
        ("[shell]", "scf", Class::Shortcut),
        ("[{000214a0", "url", Class::Shortcut),
        ("web\r\n1\r\n", "iqy", Class::Shortcut),
        ("web\n1\n", "iqy", Class::Shortcut),
        ("full address:s:", "rdp", Class::Shortcut),
        ("screen mode id:i:", "rdp", Class::Shortcut),
        ("id;p", "slk", Class::Document),
        ("{\\rt", "rtf", Class::Document),
        ("%!ps", "postscript", Class::Document),
        ("begin:vcalendar", "ics", Class::Text),
        ("begin:vcard", "vcf", Class::Text),
        ("-----begin pgp", "pgp", Class::Crypto),
        ("-----begin ", "pem", Class::Crypto),
        ("#@~^", "encoded-script", Class::Script),
        ("=ybegin ", "yenc", Class::Archive),
        ("(this file must be converted with binhex", "binhex", Class::Archive),
    ];
    let row = OPENINGS.iter().find(|(text, _, _)| start.starts_with(text.as_bytes()));
    let is_setup = start.starts_with(b"[version]") && find(start, b"signature").is_some();
    let is_uuencoded =
        matches!(start, [b'b', b'e', b'g', b'i', b'n', b' ', b'0'..=b'7', b'0'..=b'7', b'0'..=b'7', b' ', ..])
            && lines(start).nth(1).is_some_and(|line| !line.is_empty() && !line.contains(&b' '));
    row.map(|(_, id, class)| plain(id, *class))
        .or(is_setup.then_some(plain("inf", Class::Script)))
        .or(is_uuencoded.then_some(plain("uuencode", Class::Archive)))
}

/// Lines of `start` without blanks in front.
fn lines(start: &[u8]) -> impl Iterator<Item = &[u8]> {
    start.split(|b| *b == b'\n').map(<[u8]>::trim_ascii)
}

/// A mail as a file: header lines first, one of them such as only programs write.
fn mail(start: &[u8]) -> Option<Detected> {
    const WRITTEN_BY_PROGRAMS: [&[u8]; 7] = [
        b"received:",
        b"return-path:",
        b"message-id:",
        b"mime-version:",
        b"delivered-to:",
        b"content-type:",
        b"x-mailer:",
    ];
    if start.starts_with(b"from ") && lines(start).nth(1).is_some_and(|line| line.contains(&b':')) {
        return Some(plain("mbox", Class::Mail));
    }
    let headers = || lines(start).take(60).take_while(|line| !line.is_empty());
    let is_header = |line: &[u8]| {
        let name = line.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        name > 1 && line.get(name) == Some(&b':')
    };
    let known = headers().filter(|line| WRITTEN_BY_PROGRAMS.iter().any(|name| line.starts_with(name))).count();
    let is_mail =
        headers().next().is_some_and(is_header) && known > 0 && headers().filter(|l| is_header(l)).count() > 2;
    let is_web_archive = is_mail && headers().any(|line| find(line, b"multipart/related").is_some());
    is_mail.then_some(if is_web_archive && !headers().any(|l| l.starts_with(b"received:") || l.starts_with(b"to:")) {
        plain("mhtml", Class::Markup)
    } else {
        plain("eml", Class::Mail)
    })
}

fn drawing(start: &[u8]) -> Option<Detected> {
    if start.starts_with(b"iso-10303-21;") {
        // SXF in its two spellings (国土交通省 CAD 製図基準): SFC carries features, P21 the neutral model.
        let is_sfc = find(start, b"feature_mode").is_some();
        return Some(plain(if is_sfc { "sfc" } else { "p21" }, Class::Drawing));
    }
    let mut pairs = lines(start).skip_while(|line| line.is_empty());
    let is_dxf = match (pairs.next(), pairs.next()) {
        (Some(b"0"), Some(b"section")) => true,
        (Some(b"999"), Some(_)) => find(start, b"section").is_some(),
        _ => false,
    };
    is_dxf.then_some(plain("dxf", Class::Drawing))
}

/// Statements that begin lines of each language; two different ones make a script.
const STATEMENTS: &[(&str, &[&str])] = &[
    (
        "bat",
        &[
            "@echo",
            "setlocal",
            "goto ",
            "set /",
            "if exist ",
            "if not exist ",
            "start \"",
            "%comspec%",
            "call ",
            "rem ",
        ],
    ),
    (
        "ps1",
        &[
            "$",
            "param(",
            "invoke-",
            "write-host",
            "set-executionpolicy",
            "new-object ",
            "import-module ",
            "[system.",
            "iex ",
            "powershell -",
            "powershell.exe",
        ],
    ),
    (
        "vbs",
        &[
            "on error resume next",
            "option explicit",
            "set ",
            "dim ",
            "createobject(",
            "wscript.",
            "execute(",
            "end sub",
            "sub ",
            "msgbox ",
        ],
    ),
    (
        "js",
        &[
            "var ",
            "function ",
            "new activexobject",
            "wscript.",
            "eval(",
            "const ",
            "let ",
            "try {",
            "try{",
            "document.",
            "window.",
            "(function",
        ],
    ),
];

/// Words of which a script that does harm needs at least one.
const TELLING: &[(&str, &[&str])] = &[
    ("bat", &["@echo", "%~", "setlocal", "powershell", "%temp%", "del /", "goto :", "cmd /c", "pause"]),
    (
        "ps1",
        &["invoke-", "new-object", "write-host", "$env:", "param(", "[system.", "iex ", "-encodedcommand", "$null"],
    ),
    ("vbs", &["createobject", "wscript.", "end sub", "execute(", "on error resume next"]),
    ("js", &["activexobject", "wscript.", "eval(", "function(", "function ", "document.", "=>"]),
];

fn script(start: &[u8]) -> Option<Detected> {
    STATEMENTS.iter().zip(TELLING).find_map(|((id, statements), (_, telling))| {
        let used = statements.iter().filter(|statement| lines(start).any(|l| l.starts_with(statement.as_bytes())));
        let tells = telling.iter().any(|word| find(start, word.as_bytes()).is_some());
        (tells && used.take(2).count() == 2).then_some(plain(id, Class::Script))
    })
}
