//! Subjects and names of senders in every form in which they come.

use super::code::{Ibm, Jis, jis, q_word, sjis};
use super::draft::{Charset, Draft};
use super::{GUESSED, Variant};
use crate::samples::encode::word_in;

const SUBJECT: &str = "令和八年度 下水道工事の工程表と予定表について";
const NAME: &str = "能登 表";

pub(super) fn variants() -> Vec<Variant> {
    let mut variants: Vec<Variant> = Charset::ALL.into_iter().flat_map(of_charset).collect();
    variants.extend(raw());
    variants.extend(odd());
    variants
}

fn bare(word: &[u8]) -> Vec<u8> {
    let end = word.len() - 2;
    let text: Vec<u8> = word.get(..end).unwrap_or_default().to_vec();
    let kept = text.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
    [text.get(..kept).unwrap_or_default(), b"?="].concat()
}

/// `bytes` in words of `length` bytes each, whatever the characters.
fn split(label: &str, bytes: &[u8], length: usize, glue: &[u8]) -> Vec<u8> {
    bytes.chunks(length).map(|piece| word_in(label, piece)).collect::<Vec<_>>().join(glue)
}

fn of_charset(charset: Charset) -> Vec<Variant> {
    let label = charset.label();
    let bytes = charset.encode(SUBJECT);
    let b = word_in(label, &bytes);
    let q = q_word(label, &bytes);
    let name = word_in(label, &charset.encode(NAME));
    let with = |form: &str, subject: Vec<u8>, text: &str| {
        Draft::new(format!("word-{}-{form}", charset.short())).subject(subject, text).sender(name.clone(), NAME)
    };
    let re = format!("Re:{SUBJECT}(1)");
    let halves = SUBJECT.split_once(' ').unwrap_or_default();
    let two_words = [word_in(label, &charset.encode(halves.0)), q_word(label, &charset.encode(halves.1))];
    let lowered = String::from_utf8_lossy(&b).replacen("?B?", "?b?", 1).replacen(label, &label.to_lowercase(), 1);
    let drafts = vec![
        with("b", b.clone(), SUBJECT),
        with("b-lower-case", lowered.into_bytes(), SUBJECT),
        with("q", q, SUBJECT),
        with("folded", two_words.join(&b"\r\n "[..]), &SUBJECT.replace(' ', "")),
        with("folded-with-tab", two_words.join(&b"\r\n\t"[..]), &SUBJECT.replace(' ', "")),
        with("adjacent", two_words.concat(), &SUBJECT.replace(' ', "")),
        with("split-in-a-character", split(label, &bytes, 7, b"\r\n "), SUBJECT),
        with("split-on-one-line", split(label, &bytes, 11, b" "), SUBJECT),
        with("re-glued", [b"Re:".as_slice(), &b, b"(1)"].concat(), &re),
        with("re-blank", [b"Re: ".as_slice(), &b, b" (1)"].concat(), &format!("Re: {SUBJECT} (1)")),
        with("no-padding", bare(&word_in(label, &charset.encode("予定表"))), "予定表"),
        with("language", word_in(&format!("{label}*ja"), &bytes), SUBJECT),
        with("quoted-string", b.clone(), SUBJECT).sender([b"\"".as_slice(), &name, b"\""].concat(), NAME),
        with("q-name", b.clone(), SUBJECT).sender(q_word(label, &charset.encode(NAME)), NAME),
        with("name-with-comma", b, SUBJECT)
            .sender(word_in(label, &charset.encode("山田, 太郎 (総務)")), "山田, 太郎 (総務)"),
    ];
    drafts.into_iter().map(Draft::finish).collect()
}

/// Headers that were never encoded.
fn raw() -> Vec<Variant> {
    let mut drafts = Vec::new();
    for charset in Charset::ALL {
        // UTF-8 is what RFC 6532 allows; everything else is found from the bytes.
        let told: &[&'static str] = if charset == Charset::Utf8 { &[] } else { &[GUESSED] };
        let named = |form: &str| Draft::new(format!("raw-{}-{form}", charset.short())).told(told);
        let quoted = [b"\"".as_slice(), &charset.encode(NAME), b"\""].concat();
        drafts.push(named("subject").subject(charset.encode(SUBJECT), SUBJECT));
        drafts.push(
            named("subject-short").subject(charset.encode("予定表"), "予定表").sender(charset.encode(NAME), NAME),
        );
        drafts.push(named("re").subject(charset.encode(&format!("Re: {SUBJECT} (1)")), &format!("Re: {SUBJECT} (1)")));
        drafts.push(named("quoted-name").sender(quoted, NAME));
        drafts.push(named("name").sender(charset.encode("㈱山田建設 ソ"), "㈱山田建設 ソ"));
        let mixed = [charset.encode("至急: "), word_in(charset.label(), &charset.encode("予定"))].concat();
        drafts.push(named("and-word").subject(mixed, "至急: 予定"));
        let label = charset.label();
        let q = [format!("=?{label}?Q?").as_bytes(), &charset.encode("予定表です"), b"?="].concat();
        drafts.push(Draft::new(format!("raw-{}-inside-q", charset.short())).subject(q, "予定表です"));
    }
    drafts.into_iter().map(Draft::finish).collect()
}

/// Words that no standard describes.
fn odd() -> Vec<Variant> {
    let open = Jis { returns: false, ..Jis::PLAIN };
    let kanji = jis("下水道工事", &open);
    let (head, tail) = kanji.split_at(7);
    let broken = [word_in("ISO-2022-JP", head), word_in("ISO-2022-JP", &[tail, b"\x1b(B"].concat())];
    let every_word_open = ["下水道", "工事の", "工程表"].map(|text| word_in("ISO-2022-JP", &jis(text, &open)));
    let sjis_word = |label: &str, text: &str| word_in(label, &sjis(text, Ibm::Ibm));
    let drafts = vec![
        Draft::new("odd-jis-state-split").subject(broken.join(&b"\r\n "[..]), "下水道工事"),
        Draft::new("odd-jis-words-without-return").subject(every_word_open.join(&b"\r\n "[..]), "下水道工事の工程表"),
        Draft::new("odd-jis-raw-folded")
            .subject(
                [jis("下水道工事の", &Jis::PLAIN), jis("工程表", &Jis::PLAIN)].join(&b"\r\n "[..]),
                "下水道工事の 工程表",
            )
            .told(&[GUESSED]),
        Draft::new("odd-cp932-word").subject(sjis_word("CP932", "①㈱髙﨑ﾃﾞｽ"), "①㈱髙﨑ﾃﾞｽ"),
        Draft::new("odd-cp932-name").sender(sjis_word("cp932", "髙﨑 ソ"), "髙﨑 ソ"),
        Draft::new("odd-sjis-win-q").subject(q_word("sjis-win", &sjis("№℡㍻", Ibm::Ibm)), "№℡㍻"),
        Draft::new("odd-utf8-as-sjis").subject(word_in("Shift_JIS", SUBJECT.as_bytes()), SUBJECT).told(&[GUESSED]),
        Draft::new("odd-sjis-as-utf8").subject(sjis_word("UTF-8", SUBJECT), SUBJECT).told(&[GUESSED]),
        Draft::new("odd-sjis-as-jis").subject(sjis_word("ISO-2022-JP", SUBJECT), SUBJECT).told(&[GUESSED]),
        Draft::new("odd-jis-as-us-ascii")
            .subject(word_in("us-ascii", &jis(SUBJECT, &Jis::PLAIN)), SUBJECT)
            .told(&[GUESSED]),
        Draft::new("odd-blank-inside-word").subject(b"=?UTF-8?B?5LqI 5a6a?=".to_vec(), "予定"),
        Draft::new("odd-two-charsets")
            .subject([word_in("UTF-8", "予定".as_bytes()), sjis_word("Shift_JIS", "表")].join(&b" "[..]), "予定表"),
        Draft::new("odd-line-end-in-word").subject(word_in("UTF-8", "件名\r\nBcc: x@y".as_bytes()), "件名 Bcc: x@y"),
        Draft::new("odd-composed-name").sender(word_in("UTF-8", "か\u{3099}く".as_bytes()), "がく"),
    ];
    drafts.into_iter().map(Draft::finish).collect()
}
