//! Known bytes and their known text.

use super::*;

fn check(label: Option<&str>, bytes: &[u8], text: &str, charset: &str, guessed: bool, undecodable: u32) {
    let decoded = decode(label, bytes);
    assert_eq!(decoded.text, text, "{label:?}");
    assert_eq!((decoded.charset, decoded.guessed, decoded.undecodable), (charset, guessed, undecodable), "{text}");
    let again = decode(None, decoded.text.as_bytes());
    assert_eq!((again.text, again.undecodable), (decoded.text, 0));
}

fn sjis(text: &str) -> Vec<u8> {
    SHIFT_JIS.encode(text).0.into_owned()
}

fn euc(text: &str) -> Vec<u8> {
    EUC_JP.encode(text).0.into_owned()
}

const LETTER: &str = "総務課 柏木様\nいつもお世話になっております。髙﨑①㈱の件、ご確認ください。\n";

#[test]
fn plain_ascii_needs_no_label_and_is_no_guess() {
    check(None, b"hello\r\n", "hello\r\n", "US-ASCII", false, 0);
    check(Some("us-ascii"), b"hello", "hello", "US-ASCII", false, 0);
    check(Some("Shift_JIS"), b"hello", "hello", "Shift_JIS", false, 0);
    check(Some("iso-2022-jp"), b"hello", "hello", "ISO-2022-JP", false, 0);
    check(None, b"", "", "US-ASCII", false, 0);
}

#[test]
fn right_labels_decide() {
    for label in ["Shift_JIS", "CP932", "sjis-win", "csWindows31J", "x-ms-cp932"] {
        check(Some(label), &sjis(LETTER), LETTER, "Shift_JIS", false, 0);
    }
    let no_extensions = LETTER.replace("髙﨑", "高崎");
    for label in ["EUC-JP", "cp51932", "eucJP-ms"] {
        check(Some(label), &euc(&no_extensions), &no_extensions, "EUC-JP", false, 0);
    }
    for label in ["utf-8", "UTF8"] {
        check(Some(label), LETTER.as_bytes(), LETTER, "UTF-8", false, 0);
    }
    check(Some("windows-1252"), b"caf\xE9", "café", "windows-1252", false, 0);
    check(Some("gb2312"), b"\xC4\xE3\xBA\xC3", "你好", "GBK", false, 0);
}

#[test]
fn missing_and_wrong_labels_are_found_out_and_said() {
    for label in [None, Some("us-ascii"), Some("x-unknown"), Some("iso-2022-jp")] {
        check(label, LETTER.as_bytes(), LETTER, "UTF-8", true, 0);
        check(label, &sjis(LETTER), LETTER, "Shift_JIS", true, 0);
        let no_extensions = LETTER.replace("髙﨑①㈱", "高崎");
        check(label, &euc(&no_extensions), &no_extensions, "EUC-JP", true, 0);
    }
    for label in ["Shift_JIS", "EUC-JP", "iso-8859-1"] {
        check(Some(label), LETTER.as_bytes(), LETTER, "UTF-8", true, 0);
    }
    check(Some("utf-8"), &sjis(LETTER), LETTER, "Shift_JIS", true, 0);
    check(None, b"Die Fr\xF6sche, J\xFCrgen", "Die Frösche, Jürgen", "windows-1252", true, 0);
    for label in [None, Some("us-ascii"), Some("utf-8"), Some("Shift_JIS"), Some("EUC-JP")] {
        check(label, b"\x1B$BF|K\\\x1B(B", "日本", "ISO-2022-JP", true, 0);
    }
}

#[test]
fn jis_is_read_as_mailers_write_it() {
    for (bytes, text) in [
        (&b"\x1B$BF|K\\8l\x1B(B abc"[..], "日本語 abc"),
        (b"\x1B$@F|K\\\x1B(J\\1", "日本\\1"),
        (b"\x1B(I6@6E\x1B(B", "ｶﾀｶﾅ"),
        (b"a\x0E6@6E\x0Fb", "aｶﾀｶﾅb"),
        (b"\x1B(B\xB6\xC0\xB6\xC5 \x1B$BF|\x1B(B", "ｶﾀｶﾅ 日"),
        (b"\x1B$B-!-j\x1B(B", "①㈱"),
        (b"\x1B$B\x93!\x97,\x1B(B", "ⅰ黑"),
        (b"\x1B$B\x7F!\x92~\x1B(B", "\u{E000}\u{E757}"),
        (b"\x1B$(?!!4~\x1B(B", "\u{E000}\u{E757}"),
        (b"\x1B$B\xB1F|\x1B(B", "ｱ日"),
        (b"\x1B$B|byu\x1B(B", "髙﨑"),
        (b"\x1B$BF|K\\\r\nabc\r\n\x1B$BF|\x1B(B", "日本\r\nabc\r\n日"),
        (b"\x1B$(D0#\x1B(B", "丅"),
        (b"\x1B&@\x1B$BF|\x1B(B", "日"),
        (b"\x1B$BF| K\\\x1B(B", "日 本"),
    ] {
        for label in ["iso-2022-jp", "ISO-2022-JP-MS", "cp50221", "jis"] {
            check(Some(label), bytes, text, "ISO-2022-JP", false, 0);
        }
    }
}

#[test]
fn what_has_no_reading_is_marked_and_counted() {
    check(Some("iso-2022-jp-3"), b"\x1B$(Qy!\x1B$BF|\x1B(B", "〓日", "ISO-2022-JP", false, 1);
    check(Some("iso-2022-jp-3"), b"\x1B$(P!!\x1B$BF|\x1B(B", "〓日", "ISO-2022-JP", false, 1);
    check(Some("iso-2022-jp"), b"\x1B$B)!F|\x1B(B", "〓日", "ISO-2022-JP", false, 1);
    check(Some("utf-8"), b"\xE6\x97\xA5\xE6\x97", "日〓", "UTF-8", false, 1);
    check(Some("utf-8"), "日\u{FFFD}本".as_bytes(), "日〓本", "UTF-8", false, 1);
    check(Some("Shift_JIS"), b"\x93\xFA\x96", "日〓", "Shift_JIS", false, 1);
}

#[test]
fn byte_order_marks_decide_and_disappear() {
    check(None, b"\xEF\xBB\xBF\xE6\x97\xA5", "日", "UTF-8", false, 0);
    check(Some("Shift_JIS"), b"\xEF\xBB\xBF\xE6\x97\xA5", "日", "UTF-8", true, 0);
    check(None, b"\xFF\xFE\xE5\x65a\0", "日a", "UTF-16LE", false, 0);
    check(Some("utf-16"), b"\xFE\xFF\x65\xE5\0a", "日a", "UTF-16BE", false, 0);
    check(Some("utf-16"), b"\x65\xE5\0a", "日a", "UTF-16BE", false, 0);
    check(Some("utf-16le"), b"a\0b\0", "ab", "UTF-16LE", false, 0);
}

#[test]
fn labels_that_the_bytes_disprove_are_overruled_and_it_is_said() {
    for label in ["windows-1252", "iso-8859-1", "windows-1251", "Shift_JIS"] {
        check(Some(label), &euc("これはテストです。"), "これはテストです。", "EUC-JP", true, 0);
    }
    for label in ["windows-1252", "iso-8859-15", "EUC-JP", "utf-8"] {
        check(Some(label), &sjis("これはテストです。"), "これはテストです。", "Shift_JIS", true, 0);
    }
    check(Some("windows-1251"), b"\xCF\xF0\xE8\xE2\xE5\xF2", "Привет", "windows-1251", false, 0);
    check(Some("Shift_JIS"), &sjis("ﾌﾘｺﾐ ﾃﾞｽ"), "ﾌﾘｺﾐ ﾃﾞｽ", "Shift_JIS", false, 0);
}

#[test]
fn kanji_that_go_on_over_a_line_end_are_recognised_and_it_is_said() {
    let bytes = b"\x1B$BF|K\\\n8lF|\r\nK\\\x1B(B abc";
    check(Some("iso-2022-jp"), bytes, "日本\n語日\r\n本 abc", "ISO-2022-JP", true, 0);
    let words = b"\x1B$BF|K\\\nenglish words\x1B(B";
    check(Some("iso-2022-jp"), words, "日本\nenglish words", "ISO-2022-JP", false, 0);
}

#[test]
fn neighbouring_scripts_of_iso_2022_jp_2_are_read() {
    check(Some("iso-2022-jp-2"), b"\x1B$ADc:C\x1B$(CGQ19\x1B(B", "你好한국", "ISO-2022-JP", false, 0);
    check(Some("iso-2022-jp-2"), b"caf\x1B.A\x1BNi\x1B.F\x1BNa", "caféα", "ISO-2022-JP", false, 0);
}

#[test]
fn utf_16_is_read_in_the_order_that_its_bytes_prove() {
    let wide = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    check(Some("utf-16"), &wide("ありがとう", true), "ありがとう", "UTF-16BE", false, 0);
    check(Some("utf-16"), &wide("日本語", true), "日本語", "UTF-16BE", false, 0);
    check(Some("utf-16le"), &wide("日本語。これは", false), "日本語。これは", "UTF-16LE", false, 0);
    check(Some("utf-16le"), &wide("abc これは", true), "abc これは", "UTF-16BE", true, 0);
    check(Some("utf-16"), b"plain words", "plain words", "US-ASCII", true, 0);
    check(Some("utf-16"), LETTER.as_bytes(), LETTER, "UTF-8", true, 0);
}

#[test]
fn what_is_never_read_is_said_to_be_a_guess() {
    check(Some("utf-7"), b"+ZeVnLIqe-", "+ZeVnLIqe-", "US-ASCII", true, 0);
    check(Some("hz-gb-2312"), b"~{<:Ky2;~}", "~{<:Ky2;~}", "US-ASCII", true, 0);
}

#[test]
fn bodies_that_read_under_their_label_are_text() {
    assert!(reads(Some("utf-16"), b"\x65\xE5\0a\0\n"));
    assert!(reads(Some("eucjp-ms"), b"\x8F\xF4\xFB"));
    for (label, bytes) in [
        (Some("utf-16"), &b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0"[..]),
        (Some("Shift_JIS"), b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"),
        (None, b"\x65\xE5\0a"),
    ] {
        assert!(!reads(label, bytes), "{label:?}");
    }
}

#[test]
fn half_width_kana_alone_are_not_taken_for_another_charset() {
    let kana = sjis("ﾌﾘｺﾐ ｶ)ﾔﾏﾀﾞｹﾝｾﾂ 0001234\r\n");
    check(None, &kana, "ﾌﾘｺﾐ ｶ)ﾔﾏﾀﾞｹﾝｾﾂ 0001234\r\n", "Shift_JIS", true, 0);
    check(Some("Shift_JIS"), b"\xC2\xB1", "ﾂｱ", "Shift_JIS", false, 0);
}

/// Labels of every kind that decides differently.
const LABELS: [Option<&str>; 14] = [
    None,
    Some("us-ascii"),
    Some("utf-7"),
    Some("iso-2022-jp"),
    Some("iso-2022-jp-2"),
    Some("Shift_JIS"),
    Some("euc-jp"),
    Some("eucjp-ms"),
    Some("utf-8"),
    Some("utf-16"),
    Some("utf-16le"),
    Some("windows-1252"),
    Some("gbk"),
    Some("big5"),
];

/// What holds for any bytes under any label.
fn laws(label: Option<&str>, bytes: &[u8]) {
    let decoded = decode(label, bytes);
    let shown = bytes.escape_ascii();
    assert!(!decoded.text.contains('\u{FFFD}'), "{label:?} {shown}");
    assert!(decoded.text.matches('〓').count() >= decoded.undecodable as usize, "{label:?} {shown}");
    assert!(decoded.text.len() <= bytes.len() * 3 + 3, "{label:?} {shown}");
    let again = decode(Some("utf-8"), decoded.text.as_bytes());
    if !decoded.text.contains(['\u{1B}', '\u{0E}', '\0']) && !decoded.text.starts_with('\u{FEFF}') {
        assert_eq!((again.text, again.undecodable, again.guessed), (decoded.text, 0, false), "{label:?} {shown}");
    }
    if reads(label, bytes) {
        assert!(label.is_some(), "{shown}");
    }
}

#[test]
fn the_laws_hold_for_any_bytes_under_any_label() {
    let pieces: [&[u8]; 24] = [
        b"\x1B$B",
        b"\x1B(B",
        b"\x1B(I",
        b"\x1B$(D",
        b"\x1B$(?",
        b"\x1B$(Q",
        b"\x1B$(P",
        b"\x1B$A",
        b"\x1B.A",
        b"\x1BN",
        b"\x0E",
        b"\x0F",
        b"\n",
        b"\r\n",
        b"F|K\\",
        b"y!",
        b"\x7F!",
        b"\x93!",
        b"\x8F\xF4\xFB",
        b"\xF5\xA1",
        b"\xF0\x40",
        b"\xE6\x97\xA5",
        b"\0a",
        b"\xFF\xFE",
    ];
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for round in 0..1_500 {
        let mut bytes = Vec::new();
        for _ in 0..next() % 30 {
            match next() % 3 {
                0 => bytes.push(next().to_le_bytes()[0]),
                _ => bytes.extend_from_slice(pieces[next() as usize % pieces.len()]),
            }
        }
        laws(LABELS[round % LABELS.len()], &bytes);
        laws(None, &bytes);
    }
}

#[test]
fn hostile_bytes_cost_no_more_than_their_length() {
    // Each would take long if the rest of the text were looked at for every piece of it.
    for piece in
        [&b"\x1B$B\n"[..], b"\x1B$BF|\nF|\n", b"\x1B", b"\x1B$(D\x74\x21", b"\x8F\xF4\xA1", b"\xA4", b"\x1B.A\x1BN"]
    {
        let bytes = piece.repeat(300_000 / piece.len());
        for label in [None, Some("iso-2022-jp"), Some("eucjp-ms"), Some("windows-1252")] {
            assert!(decode(label, &bytes).text.len() <= bytes.len() * 3 + 3);
        }
    }
}

#[test]
fn any_bytes_give_text_whatever_the_label() {
    let mut state = 1u32;
    for length in 0..600 {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let [.., high] = state.to_le_bytes();
                if high < 12 { 0x1B } else { high }
            })
            .collect();
        for label in [None, Some("iso-2022-jp"), Some("Shift_JIS"), Some("utf-8"), Some("utf-16"), Some("euc-jp")] {
            let decoded = decode(label, &bytes);
            let again = decode(None, decoded.text.as_bytes());
            if !decoded.text.contains('\u{1B}') && !decoded.text.starts_with('\u{FEFF}') {
                assert_eq!(again.text, decoded.text);
            }
        }
    }
}
