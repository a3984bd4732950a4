//! Names of files in every form in which they come.

use super::code::{Ibm, Jis, jis, percent, q_word, sjis};
use super::draft::{Charset, Draft};
use super::{GUESSED, Variant};
use crate::samples::encode::word_in;

/// Every character but the first has 0x5C as its second byte in Shift_JIS.
const NAME: &str = "工程表予能ソ.txt";

pub(super) fn variants() -> Vec<Variant> {
    let mut variants: Vec<Variant> = Charset::ALL.into_iter().flat_map(of_charset).collect();
    variants.extend(odd());
    variants
}

fn disposition(parameters: &[u8]) -> Vec<u8> {
    [b"Content-Type: text/plain; charset=UTF-8\nContent-Disposition: attachment;", parameters].concat()
}

/// `filename*0*=…; filename*1*=…`, cut every `length` bytes, whatever the characters.
fn continued(label: &str, bytes: &[u8], length: usize, from_behind: bool) -> Vec<u8> {
    let piece = |(at, piece): (usize, &[u8])| {
        let charset = if at == 0 { format!("{label}'ja'") } else { String::new() };
        format!("\n filename*{at}*={charset}{}", percent(piece))
    };
    let mut pieces: Vec<String> = bytes.chunks(length).enumerate().map(piece).collect();
    if from_behind {
        pieces.reverse();
    }
    disposition(pieces.join(";").as_bytes())
}

fn of_charset(charset: Charset) -> Vec<Variant> {
    let label = charset.label();
    let bytes = charset.encode(NAME);
    let word = String::from_utf8_lossy(&word_in(label, &bytes)).into_owned();
    let q = String::from_utf8_lossy(&q_word(label, &bytes)).into_owned();
    let split = bytes.chunks(8).map(|piece| word_in(label, piece)).collect::<Vec<_>>().join(&b"\n "[..]);
    let stem = charset.encode(NAME.trim_end_matches(".txt"));
    let stem_word = String::from_utf8_lossy(&word_in(label, &stem)).into_owned();
    let of_type = |value: &str| {
        format!("Content-Type: text/plain; charset=UTF-8; name={value}\nContent-Disposition: attachment").into_bytes()
    };
    let told: &[&'static str] = if charset == Charset::Utf8 { &[] } else { &[GUESSED] };
    let raw_quoted = [b" filename=\"".as_slice(), &bytes, b"\""].concat();
    let raw_bare = [b" filename=".as_slice(), &bytes].concat();
    let raw_type = [
        b"Content-Type: text/plain; charset=UTF-8; name=\"".as_slice(),
        &bytes,
        b"\"\nContent-Disposition: attachment",
    ];
    let forms: Vec<(&str, Vec<u8>, &[&'static str])> = vec![
        ("rfc2231", disposition(format!(" filename*={label}''{}", percent(&bytes)).as_bytes()), &[]),
        ("rfc2231-quoted", disposition(format!(" filename*=\"{label}''{}\"", percent(&bytes)).as_bytes()), &[]),
        ("rfc2231-split-in-a-character", continued(label, &bytes, 5, false), &[]),
        ("rfc2231-from-behind", continued(label, &bytes, 7, true), &[]),
        ("word-quoted", disposition(format!(" filename=\"{word}\"").as_bytes()), &[]),
        ("word-bare", disposition(format!(" filename={word}").as_bytes()), &[]),
        ("word-q", disposition(format!(" filename=\"{q}\"").as_bytes()), &[]),
        ("word-folded-in-a-character", disposition(&[b"\n filename=\"".as_slice(), &split, b"\""].concat()), &[]),
        ("word-and-ending", disposition(format!(" filename=\"{stem_word}.txt\"").as_bytes()), &[]),
        ("type-word", of_type(&format!("\"{word}\"")), &[]),
        ("type-rfc2231", of_type(&format!("x.txt; name*={label}''{}", percent(&bytes))), &[]),
        ("raw-quoted", disposition(&raw_quoted), told),
        ("raw-bare", disposition(&raw_bare), told),
        ("raw-type", raw_type.concat(), told),
    ];
    forms
        .into_iter()
        .map(|(form, headers, told)| {
            Draft::new(format!("name-{}-{form}", charset.short())).file(&headers, NAME).told(told).finish()
        })
        .collect()
}

fn odd() -> Vec<Variant> {
    let backslashes = "表予能ソ.txt";
    let raw = |bytes: &[u8]| disposition(&[b" filename=\"".as_slice(), bytes, b"\"; size=10"].concat());
    let open = Jis { returns: false, ..Jis::PLAIN };
    let drafts = vec![
        Draft::new("name-sjis-backslash-before-the-quote")
            .file(&raw(&sjis("予定表", Ibm::Ibm)), "予定表.txt")
            .told(&[GUESSED]),
        Draft::new("name-sjis-only-backslashes").file(&raw(&sjis(backslashes, Ibm::Ibm)), backslashes).told(&[GUESSED]),
        Draft::new("name-sjis-escaped-backslashes")
            .file(&raw(&escaped(&sjis(backslashes, Ibm::Ibm))), backslashes)
            .told(&[GUESSED]),
        Draft::new("name-cp932-special").file(
            &disposition(format!(" filename*=CP932''{}", percent(&sjis("①㈱髙﨑.txt", Ibm::Nec))).as_bytes()),
            "①㈱髙﨑.txt",
        ),
        Draft::new("name-cp50221-special").file(
            &disposition(format!(" filename*=CP50221''{}", percent(&jis("①㈱髙﨑ｱ.txt", &Jis::PLAIN))).as_bytes()),
            "①㈱髙﨑ｱ.txt",
        ),
        Draft::new("name-jis-without-return").file(
            &disposition(
                &[b" filename=\"".as_slice(), &word_in("ISO-2022-JP", &jis("予定表", &open)), b".txt\""].concat(),
            ),
            "予定表.txt",
        ),
        Draft::new("name-utf8-unlabelled-percent")
            .file(&disposition(format!(" filename*={}", percent("予定表.txt".as_bytes())).as_bytes()), "予定表.txt")
            .told(&[GUESSED]),
        Draft::new("name-combining-marks").file(
            &disposition(format!(" filename*=UTF-8''{}", percent("か\u{3099}ハ\u{309A}ン.txt".as_bytes())).as_bytes()),
            "がパン.txt",
        ),
        Draft::new("name-never-nfkc").file(
            &disposition(format!(" filename*=UTF-8''{}", percent("①㈱ｱｲ\u{FA11}Ⅲ.txt".as_bytes())).as_bytes()),
            "①㈱ｱｲ\u{FA11}Ⅲ.txt",
        ),
        Draft::new("name-with-variation-selector").file(
            &disposition(format!(" filename*=UTF-8''{}", percent("葛\u{E0100}飾区.txt".as_bytes())).as_bytes()),
            "葛\u{E0100}飾区.txt",
        ),
        Draft::new("name-outside-the-first-plane").file(
            &disposition(format!(" filename*=UTF-8''{}", percent("𠮷野家.txt".as_bytes())).as_bytes()),
            "𠮷野家.txt",
        ),
        Draft::new("name-two-forms-of-one").file(
            &disposition(
                format!(
                    " filename=\"=?UTF-8?B?5LqI5a6a6KGo?=.txt\"; filename*=UTF-8''{}",
                    percent("予定表.txt".as_bytes())
                )
                .as_bytes(),
            ),
            "予定表.txt",
        ),
    ];
    drafts.into_iter().map(Draft::finish).collect()
}

/// A backslash before every backslash, as programs do that know RFC 5322 and not Shift_JIS.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| if *byte == b'\\' { vec![b'\\', b'\\'] } else { vec![*byte] }).collect()
}
