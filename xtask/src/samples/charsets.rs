//! Japanese text as it comes: every character set, labelled, mislabelled and not labelled at all.

use super::Sample;
use super::encode::{Mail, base64, euc, jis, sjis, word_in};

const BODY: &str = "総務課 柏木様\n\nいつもお世話になっております。山田建設の佐藤です。\n\
    ①請求書（㈱山田建設）、②工程表をお送りします。\n担当: 髙橋・山﨑　ﾃﾞﾝﾜ 047-000-0000\nご確認をお願いいたします。\n";

pub(super) fn samples() -> Vec<Sample> {
    vec![
        Sample {
            name: "01-plain-utf8",
            about: "Plain text in UTF-8, nothing to remove: the reader gets the text and one footer line.",
            bytes: Mail::new(&word_in("UTF-8", "工事の進み具合について".as_bytes()))
                .content("text/plain; charset=UTF-8", "base64")
                .body(&base64(BODY.as_bytes())),
        },
        Sample {
            name: "02-iso-2022-jp",
            about: "ISO-2022-JP with NEC row 13 (①㈱), NEC-selected IBM characters (髙﨑) and half-width kana (ESC ( I).",
            bytes: Mail::new(&word_in("ISO-2022-JP", &jis("①髙橋様：㈱山田建設ｶﾗ")))
                .content("text/plain; charset=ISO-2022-JP", "7bit")
                .body(&jis_lines(BODY)),
        },
        Sample {
            name: "03-iso-2022-jp-unlabelled",
            about: "ISO-2022-JP in body and subject without any MIME header, as old mailers send it.",
            bytes: Mail::new(&jis("会議の日程")).body(&jis_lines(BODY)),
        },
        Sample {
            name: "04-shift-jis",
            about: "Shift_JIS labelled CP932, a label most libraries do not know.",
            bytes: Mail::new(&word_in("CP932", &sjis("請求書の送付")))
                .content("text/plain; charset=CP932", "8bit")
                .body(&sjis(BODY)),
        },
        Sample {
            name: "05-shift-jis-unlabelled",
            about: "Shift_JIS without a label, raw eight-bit subject whose last byte is 0x5C (表), raw display name.",
            bytes: Mail::default()
                .header("Date", b"Mon, 23 Nov 2026 10:41:07 +0900")
                .header("From", &[b"\"", sjis("山田 表").as_slice(), b"\" <hyou@yamada-kensetsu.example>"].concat())
                .header("To", b"shokuin@city.example.lg.jp")
                .header("Subject", &sjis("工程表"))
                .body(&sjis(BODY)),
        },
        Sample {
            name: "06-euc-jp",
            about: "EUC-JP, labelled.",
            bytes: Mail::new(&word_in("EUC-JP", &euc("議事録")))
                .content("text/plain; charset=EUC-JP", "8bit")
                .body(&euc(&BODY.replace(['①', '②', '㈱', '髙', '﨑'], "〇"))),
        },
        Sample {
            name: "07-euc-jp-unlabelled",
            about: "EUC-JP without a label.",
            bytes: Mail::new(&euc("議事録の送付")).body(&euc(&BODY.replace(['①', '②', '㈱', '髙', '﨑'], "〇"))),
        },
        Sample {
            name: "08-raw-utf8-subject",
            about: "Raw UTF-8 in the subject and a body labelled us-ascii that is UTF-8.",
            bytes: Mail::new("令和８年度 下水道工事".as_bytes())
                .content("text/plain; charset=us-ascii", "8bit")
                .body(BODY.as_bytes()),
        },
        Sample {
            name: "09-split-encoded-words",
            about: "Encoded words cut inside a character, without padding, and with text glued to them.",
            bytes: Mail::new(&split_words("令和八年度下水道工事請求書の送付について"))
                .content("text/plain; charset=UTF-8", "8bit")
                .body(BODY.as_bytes()),
        },
    ]
}

/// ISO-2022-JP returns to ASCII at every line end (RFC 1468).
fn jis_lines(text: &str) -> Vec<u8> {
    text.lines().flat_map(|line| [jis(line), b"\n".to_vec()].concat()).collect()
}

/// `Re:` glued to words that are cut every seven bytes, whatever the characters, without padding.
fn split_words(text: &str) -> Vec<u8> {
    let words = text.as_bytes().chunks(7).map(|piece| {
        let word = word_in("UTF-8", piece);
        let bare: Vec<u8> = word.iter().copied().filter(|byte| *byte != b'=').collect();
        [b"=", bare.as_slice(), b"="].concat()
    });
    [b"Re:".to_vec(), words.collect::<Vec<_>>().join(&b"\r\n "[..]), b"(1)".to_vec()].concat()
}
