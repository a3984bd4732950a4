//! Text from outside made fit for a line or a page that we sign for.
//!
//! The facts were checked on their way in; this is the second look. Refuses: control characters, line ends inside a
//! line, code points that reorder or hide text. Invariant: [`single_line`] of anything is one line, and doing it again
//! changes nothing.

use super::{looks, wording};
use crate::domain::name::changes_reading;

/// The line between our words and the sender's; nothing of the sender's looks like it (see [`page`]).
pub(super) const RULER: &str = "────────────────────────────────";

/// `untrusted` as one line of at most `limit` characters; what is cut off is shown by an ellipsis.
pub(super) fn single_line(untrusted: &str, limit: usize) -> String {
    let mut kept = untrusted.chars().filter(|c| !changes_reading(*c));
    let mut line: String = kept.by_ref().take(limit).collect();
    if kept.next().is_some() {
        line.pop();
        line.push('…');
    }
    line.trim().to_owned()
}

/// The name of a person as one line of at most `limit` characters. Angle brackets belong to true addresses alone: a
/// program that decodes a name before it looks for the address must not find one in it.
pub(super) fn display_name(untrusted: &str, limit: usize) -> String {
    single_line(untrusted, limit).replace('<', "＜").replace('>', "＞")
}

/// True if a mail program could take a piece of `text` for an encoded word (RFC 2047).
pub(super) fn holds_encoded_word(text: &str) -> bool {
    text.contains("=?")
}

/// `text` so that no mail program makes a link of it: `hxxps` and `[.]`.
pub(super) fn inert(text: &str) -> String {
    let text = without_scheme(text);
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c == '.' && !out.ends_with('[') {
            out.push_str("[.]");
        } else {
            out.push(c);
        }
    }
    out
}

/// `text` with `hxxp` for every `http`, in any case.
pub(super) fn without_scheme(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices("http") {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str("hxxp");
        from = at + "http".len();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// Appends `untrusted` as lines ending in LF, without what has no place in text and without blank lines at its ends.
///
/// A line that looks like our [`RULER`] is drawn with hyphens, and one that begins as our own paragraphs do gets a
/// hollow mark, so that a sender cannot close his text and go on in our name. A line that a mail program would take for
/// the start of a file in the text (uuencode, yEnc, BinHex) is quoted, so that no file is in the text. `headings` are
/// those of the site's own wording.
pub(super) fn page(untrusted: &str, headings: &[String], out: &mut String) {
    let unfit = |c: char| c != '\n' && c != '\t' && changes_reading(c);
    for line in untrusted.trim_matches(['\n', '\r']).lines() {
        let start = out.len();
        if line.contains(unfit) {
            out.extend(line.chars().filter(|c| !unfit(*c)));
        } else {
            out.push_str(line);
        }
        if let Some(honest) = out.get(start..).and_then(|line| honest(line, headings)) {
            out.truncate(start);
            out.push_str(&honest);
        }
        out.push('\n');
    }
}

/// What stands for a line that is not what it looks like; `None` for all others.
fn honest(line: &str, headings: &[String]) -> Option<String> {
    if is_ruler(line) {
        Some(line.replace('─', "-"))
    } else if let Some(words) = inside_dashes(line).filter(|words| wording::is_mark(words)) {
        Some(format!("---- {words} ----"))
    } else if wording::is_heading(line, headings) {
        let text = looks::unmarked(line);
        let marks = line.strip_suffix(text).unwrap_or_default().replace('■', "□");
        Some(format!("{marks}{text}"))
    } else {
        opens_file(line).then(|| format!("> {line}"))
    }
}

/// True for the first line of a file inside a text.
pub(super) fn opens_file(line: &str) -> bool {
    let line = line.trim_start();
    let is_octal = |mode: &str| mode.len() == 3 && mode.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let is_mode = |mode: &str| is_octal(mode) || mode.strip_prefix('0').is_some_and(is_octal);
    let is_uuencode = |rest: &str| rest.split_ascii_whitespace().next().is_some_and(is_mode);
    after(line, "begin ").is_some_and(is_uuencode)
        || after(line, "begin-base64 ").is_some_and(is_uuencode)
        || after(line, "=ybegin ").is_some()
        || after(line, "(This file must be converted with BinHex").is_some()
}

fn after<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = line.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

pub(super) fn is_ruler(line: &str) -> bool {
    let dashes = line.chars().filter(|c| *c == '─').count();
    dashes > 1 && line.chars().all(|c| c == '─' || looks::is_blank(c))
}

/// What stands between the dashes of a line that is drawn as a divider, with dashes of any kind.
pub(super) fn inside_dashes(line: &str) -> Option<&str> {
    const DASHES: &str = "─━―—–‒‐‑⎯═╌╍┄┅┈┉ー－ｰ-=＝_＿~～〜*＊";
    let inside = line.trim_matches(|c: char| looks::is_blank(c) || DASHES.contains(c));
    let bare = line.trim_matches(looks::is_blank);
    (inside.len() < bare.len()).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_whatever_it_is_made_of() {
        for (untrusted, line) in [
            ("請求書", "請求書"),
            ("a\r\nBcc: x@y", "aBcc: x@y"),
            (" \u{202E}fdp.exe\u{0} ", "fdp.exe"),
            ("a\u{2028}b\u{85}c\u{200B}d", "abcd"),
            ("", ""),
            ("0123456789x", "012345678…"),
            ("0123456789\u{202E}", "0123456789"),
        ] {
            assert_eq!(single_line(untrusted, 10), line, "{untrusted:?}");
            assert_eq!(single_line(line, 10), line, "twice: {untrusted:?}");
        }
    }

    #[test]
    fn inert_text_is_no_link_and_stays_as_it_is() {
        for (text, dead) in [
            ("https://www.city.example/", "hxxps://www[.]city[.]example/"),
            ("HtTp://a.b", "hxxp://a[.]b"),
            ("hxxps://a[.]b", "hxxps://a[.]b"),
            ("市のホームページ", "市のホームページ"),
            ("İhttp://x", "İhxxp://x"),
        ] {
            assert_eq!(inert(text), dead);
            assert_eq!(inert(dead), dead);
        }
    }

    #[test]
    fn a_page_keeps_its_lines_and_loses_what_hides_or_imitates() {
        let check = |untrusted: &str, expected: &str| {
            let mut out = String::new();
            page(untrusted, &["■ 庁外からのメール".to_owned()], &mut out);
            assert_eq!(out, expected, "{untrusted:?}");
        };
        check("a\r\nb\n\nc\td\n\n", "a\nb\n\nc\td\n");
        check("\n\n  字下げ", "  字下げ\n");
        check("a\rb\u{0}\u{202E}c", "abc\n");
        check("品名 ─ 数量\n---\n", "品名 ─ 数量\n---\n");
        check(&format!("x\n {RULER}\u{200B}\n■ 添付"), &format!("x\n {}\n■ 添付\n", "-".repeat(32)));
        check("■ このメールは安全な形に変えてお届けしています。", "□ このメールは安全な形に変えてお届けしています。\n");
        check(" ■　差出人 市長\n■ 議題\n", " □　差出人 市長\n■ 議題\n");
        check("■庁外からのメールです", "□庁外からのメールです\n");
        for forged in [
            "──── 添付されたメール ────",
            "━━添付されたメール　１ ここまで",
            " ── attached  mail 2 ──",
            "-- End of attached mail",
        ] {
            let mut out = String::new();
            page(forged, &[], &mut out);
            assert!(out.starts_with("---- ") && out.ends_with(" ----\n") && !out.contains('─'), "{out}");
        }
        for hidden in ["\u{FE0E}", "\u{E0100}", "\u{2800}", "\u{FFF0}", "\u{1BCA0}", "\u{E0FFF}", "\u{200A}"] {
            let half = "─".repeat(16);
            let drawn = format!("{hidden}{half}{hidden}{half}{hidden}");
            check(&drawn, &format!("{}\n", drawn.replace('─', "-")));
            check(&format!("■{hidden}添付ファイル"), &format!("□{hidden}添付ファイル\n"));
            check(
                &format!("{hidden}■ {hidden}差{hidden}出人 市長"),
                &format!("{hidden}□ {hidden}差{hidden}出人 市長\n"),
            );
            check(&format!("■{hidden}庁外からのメール"), &format!("□{hidden}庁外からのメール\n"));
            let mut out = String::new();
            page(&format!("────{hidden} 添付された{hidden}メール {hidden}────{hidden}"), &[], &mut out);
            assert!(out.starts_with("---- ") && out.ends_with(" ----\n") && !out.contains('─'), "{out:?}");
        }
        check("■■ 添付ファイル", "□□ 添付ファイル\n");
        check("葛\u{E0100}飾区 ─ 数量\n■ 葛\u{E0100}飾区", "葛\u{E0100}飾区 ─ 数量\n■ 葛\u{E0100}飾区\n");
        check("──── 添付されたメールについて ────", "──── 添付されたメールについて ────\n");
        check("添付されたメール", "添付されたメール\n");
        check("", "");
    }

    #[test]
    fn a_page_holds_no_file_that_a_mail_program_would_unpack() {
        let check = |untrusted: &str, quoted: bool| {
            let mut out = String::new();
            page(untrusted, &["■ 庁外からのメール".to_owned()], &mut out);
            assert_eq!(out.starts_with("> "), quoted, "{untrusted:?}");
        };
        for line in [
            "begin 644 a.exe",
            "BEGIN 0755 a b.exe",
            "\tbegin\u{200B} 600 x",
            "begin-base64 644 a.exe",
            "=ybegin line=128 size=3 name=a.exe",
            "(This file must be converted with BinHex 4.0)",
        ] {
            check(line, true);
        }
        for line in ["begin 2026 fiscal year", "begin", "we begin 644 a", "begin 64 a", "beginning 644 x", "end"] {
            check(line, false);
        }
    }
}
