//! Bodies under right, missing and wrong labels, in every transfer encoding.

use super::code::{Ibm, sjis, utf16};
use super::draft::{Charset, Draft, TEXT, Transfer};
use super::{GUESSED, Variant};
use crate::samples::encode::word_in;

/// Labels of Shift_JIS.
const SJIS: &[&str] = &[
    "Shift_JIS",
    "shift-jis",
    "SHIFT_JIS",
    "shiftjis",
    "SJIS",
    "x-sjis",
    "MS_Kanji",
    "csShiftJIS",
    "CP932",
    "cp-932",
    "ibm-932",
    "ms932",
    "MS_932",
    "Windows-31J",
    "windows-932",
    "csWindows31J",
    "x-ms-cp932",
    "sjis-win",
    "SJIS-open",
    "cp943c",
];
const JIS: &[&str] = &[
    "ISO-2022-JP",
    "iso-2022-jp",
    "csISO2022JP",
    "ISO-2022-JP-1",
    "ISO-2022-JP-2",
    "ISO-2022-JP-3",
    "ISO-2022-JP-2004",
    "ISO-2022-JP-MS",
    "iso2022-jp",
    "ISO2022JP",
    "x-windows-iso2022jp",
    "CP50220",
    "cp50221",
    "CP50222",
    "windows-50221",
    "JIS",
    "JIS_Encoding",
];
const EUC: &[&str] = &[
    "EUC-JP",
    "euc_jp",
    "eucJP",
    "x-euc-jp",
    "x-euc",
    "ujis",
    "eucJP-ms",
    "eucJP-win",
    "eucJP-open",
    "euc-jp-ms",
    "CP51932",
    "windows-51932",
    "csEUCPkdFmtJapanese",
];
const UTF8: &[&str] = &["UTF-8", "utf8", "UTF_8", "unicode-1-1-utf-8", "x-unicode20utf8", "cp65001", "utf8mb4"];

pub(super) fn variants() -> Vec<Variant> {
    let mut variants = aliases();
    variants.extend(doubtful());
    variants.extend(mixed_up());
    variants.extend(wide());
    variants
}

/// Every label under which a charset is met, in body and subject, each with another transfer encoding.
fn aliases() -> Vec<Variant> {
    let lists = [(Charset::Sjis, SJIS), (Charset::Jis, JIS), (Charset::Euc, EUC), (Charset::Utf8, UTF8)];
    let of_list = |(charset, labels): (Charset, &'static [&'static str])| {
        let ways = [charset.plain(), Transfer::Base64, Transfer::Quoted];
        labels.iter().zip(ways.into_iter().cycle()).enumerate().map(move |(at, (label, transfer))| {
            let subject = format!("予定表（{label}）");
            // Half of the labels in quotation marks, as Outlook writes them.
            let quoted = if at % 2 == 0 { format!("\"{label}\"") } else { (*label).to_owned() };
            Draft::new(format!("label-{}-{at:02}-{label}-{}", charset.short(), transfer.label()))
                .subject(word_in(label, &charset.encode(&subject)), &subject)
                .sender(word_in(label, &charset.encode("能登 表")), "能登 表")
                .labelled(Some(&quoted), transfer)
                .body(charset.encode(TEXT), TEXT)
                .finish()
        })
    };
    lists.into_iter().flat_map(of_list).collect()
}

/// Labels that are missing, that say nothing, and that nobody knows.
fn doubtful() -> Vec<Variant> {
    let labels = [
        ("no-label", Some("text/plain")),
        ("no-mime", None),
        ("us-ascii", Some("text/plain; charset=us-ascii")),
        ("unknown", Some("text/plain; charset=x-nihongo")),
        ("empty", Some("text/plain; charset=\"\"")),
        ("unknown-8bit", Some("text/plain; charset=unknown-8bit")),
    ];
    let mut variants = Vec::new();
    for charset in Charset::ALL {
        for (name, content_type) in labels {
            for transfer in [charset.plain(), Transfer::Base64, Transfer::Quoted] {
                if content_type.is_none() && transfer != charset.plain() {
                    continue;
                }
                variants.push(
                    Draft::new(format!("doubt-{}-{name}-{}", charset.short(), transfer.label()))
                        .content(content_type, transfer)
                        .body(charset.encode(TEXT), TEXT)
                        .told(&[GUESSED])
                        .finish(),
                );
            }
        }
    }
    variants
}

/// One charset under the label of another, where the bytes prove it.
fn mixed_up() -> Vec<Variant> {
    let labels = ["ISO-2022-JP", "Shift_JIS", "EUC-JP", "UTF-8", "ISO-8859-1", "windows-1252", "CP932", "CP50221"];
    let mut variants = Vec::new();
    for charset in Charset::ALL {
        for label in labels {
            let right = match charset {
                Charset::Jis => matches!(label, "ISO-2022-JP" | "CP50221"),
                Charset::Sjis => matches!(label, "Shift_JIS" | "CP932"),
                Charset::Euc | Charset::Utf8 => label == charset.label(),
            };
            if right {
                continue;
            }
            let transfer = if variants.len() % 2 == 0 { charset.plain() } else { Transfer::Base64 };
            variants.push(
                Draft::new(format!("wrong-{}-as-{label}", charset.short()))
                    .labelled(Some(label), transfer)
                    .body(charset.encode(TEXT), TEXT)
                    .told(&[GUESSED])
                    .finish(),
            );
        }
    }
    variants
}

/// UTF-16, marks at the start, and what is never read.
fn wide() -> Vec<Variant> {
    let marked = |little: bool| {
        let mark: &[u8] = if little { b"\xFF\xFE" } else { b"\xFE\xFF" };
        [mark, &utf16(TEXT, little)].concat()
    };
    let utf8_mark = [b"\xEF\xBB\xBF".as_slice(), TEXT.as_bytes()].concat();
    let kana = "ありがとうございました";
    let utf7 = "+ZeVnLIqe- Hi";
    let draft = |name: &str, label: Option<&str>, bytes: Vec<u8>| {
        Draft::new(format!("wide-{name}")).labelled(label, Transfer::Base64).body(bytes, TEXT)
    };
    let drafts = vec![
        draft("utf-16-le-mark", Some("UTF-16"), marked(true)),
        draft("utf-16-be-mark", Some("UTF-16"), marked(false)),
        draft("utf-16-no-mark", Some("UTF-16"), utf16(TEXT, false)),
        draft("utf-16-no-mark-little", Some("UTF-16"), utf16(TEXT, true)),
        draft("utf-16le", Some("UTF-16LE"), utf16(TEXT, true)),
        draft("utf-16be", Some("UTF-16BE"), utf16(TEXT, false)),
        draft("utf-16-no-label", None, marked(true)),
        draft("utf-16-as-sjis", Some("Shift_JIS"), marked(false)).told(&[GUESSED]),
        draft("utf-8-mark", Some("UTF-8"), utf8_mark.clone()),
        draft("utf-8-mark-no-label", None, utf8_mark.clone()),
        draft("utf-8-mark-as-sjis", Some("Shift_JIS"), utf8_mark).told(&[GUESSED]),
        Draft::new("wide-utf-16-kana-only").labelled(Some("UTF-16"), Transfer::Base64).body(utf16(kana, false), kana),
        Draft::new("wide-utf-16-kanji-only")
            .labelled(Some("UTF-16BE"), Transfer::Base64)
            .body(utf16("日本語", false), "日本語"),
        Draft::new("wide-utf-7")
            .labelled(Some("UTF-7"), Transfer::Seven)
            .body(utf7.as_bytes().to_vec(), utf7)
            .told(&[GUESSED]),
        Draft::new("wide-sjis-under-utf-7")
            .labelled(Some("UTF-7"), Transfer::Eight)
            .body(sjis(TEXT, Ibm::Ibm), TEXT)
            .told(&[GUESSED]),
    ];
    drafts.into_iter().map(Draft::finish).collect()
}
