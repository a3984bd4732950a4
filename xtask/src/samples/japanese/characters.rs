//! Characters that differ between the charsets, their programs and their tables.

use super::code::{Ibm, Jis, Kana, euc, jis, sjis};
use super::draft::{Draft, Transfer};
use super::{GAIJI, UNDECODABLE, Variant};

const NEC: &str = "①②⑳㈱㈲№℡ⅠⅢⅩ㍻㍼㍉㌔㎡∪";
const NAMES: &str = "髙橋・山﨑・濵田・德川・昻・彅・黑木・塚";
const SMALL_NUMERALS: &str = "ⅰⅱⅹ";
const KANA: &str = "ﾌﾘｺﾐ ｶ)ﾔﾏﾀﾞｹﾝｾﾂ 0001234 ﾃﾞｽ｡";
const SUPPLEMENT: &str = "丅仂伃凬俠";
const SIGNS: &str = "10〜20　3－1―2∥￠￡￢";
/// As Windows reads the codes of [`SIGNS`].
const SIGNS_OF_WINDOWS: &str = "10～20　3－1―2∥￠￡￢";
/// As the standard's tables read them; only UTF-8 can say so.
const SIGNS_OF_JIS: &str = "10〜20　3−1—2‖¢£¬";

pub(super) fn variants() -> Vec<Variant> {
    let mut drafts = in_jis();
    drafts.extend(in_shift_jis());
    drafts.extend(in_euc());
    drafts.extend(in_utf8());
    drafts.extend(of_their_own());
    drafts.into_iter().map(Draft::finish).collect()
}

fn sentence(text: &str) -> String {
    format!("担当は{text}です。\nご確認をお願いいたします。\n")
}

fn labelled(name: &str, label: &str, transfer: Transfer, bytes: Vec<u8>, text: &str) -> Draft {
    Draft::new(format!("char-{name}")).labelled(Some(label), transfer).body(bytes, text)
}

fn in_jis() -> Vec<Draft> {
    let made = |name: &str, label: &str, text: &str, style: Jis| {
        let text = sentence(text);
        labelled(&format!("jis-{name}"), label, Transfer::Seven, jis(&text, &style), &text)
    };
    let eight = |name: &str, label: &str, text: &str, style: Jis, transfer: Transfer| {
        let text = sentence(text);
        labelled(&format!("jis-{name}-{}", transfer.label()), label, transfer, jis(&text, &style), &text)
    };
    let plain = Jis::PLAIN;
    let ibm = Jis { ibm: Ibm::Ibm, ..plain };
    let open = Jis { returns: false, ..plain };
    let mut drafts = vec![
        made("nec-row", "ISO-2022-JP", NEC, plain),
        made("nec-row-ms", "ISO-2022-JP-MS", NEC, plain),
        made("nec-row-jis3", "ISO-2022-JP-3", NEC, plain),
        made("nec-selected", "CP50221", NAMES, plain),
        made("nec-selected-numerals", "CP50220", SMALL_NUMERALS, plain),
        made("supplement", "ISO-2022-JP-1", SUPPLEMENT, plain),
        made("supplement-unannounced", "ISO-2022-JP", SUPPLEMENT, plain),
        made("kana-escape", "CP50221", KANA, plain),
        made("kana-escape-unannounced", "ISO-2022-JP", KANA, plain),
        made("kana-shift", "CP50222", KANA, Jis { kana: Kana::Shift, ..plain }),
        made("kana-shift-unannounced", "ISO-2022-JP", KANA, Jis { kana: Kana::Shift, ..plain }),
        made("kanji-1978", "ISO-2022-JP", NEC, Jis { kanji: b"\x1b$@", ..plain }),
        made("kanji-1990", "ISO-2022-JP", NEC, Jis { kanji: b"\x1b&@\x1b$B", ..plain }),
        made("kanji-long-escape", "ISO-2022-JP", NEC, Jis { kanji: b"\x1b$(B", ..plain }),
        made("roman", "ISO-2022-JP", "\\100", Jis { ascii: b"\x1b(J", ..plain }),
        made("roman-nec", "ISO-2022-JP", NEC, Jis { ascii: b"\x1b(H", ..plain }),
        made("without-return", "ISO-2022-JP", "工程表", open),
        made("without-return-nec", "CP50220", NEC, open),
        made("kana-without-return", "CP50221", KANA, open),
    ];
    for transfer in [Transfer::Eight, Transfer::Base64, Transfer::Quoted] {
        drafts.push(eight("kana-eight", "CP50221", KANA, Jis { kana: Kana::Eight, ..plain }, transfer));
        drafts.push(eight("ibm-rows", "CP50220", NAMES, ibm, transfer));
        drafts.push(eight("ibm-rows-unannounced", "ISO-2022-JP", SMALL_NUMERALS, ibm, transfer));
    }
    let signs = sentence(SIGNS);
    drafts.push(labelled(
        "jis-signs",
        "ISO-2022-JP",
        Transfer::Seven,
        jis(&signs, &plain),
        &sentence(SIGNS_OF_WINDOWS),
    ));
    let kept = "下水道工事の工程表を\nお送りします";
    let on = jis(kept, &Jis { returns: true, ..plain });
    // Kanji go on over the line end, and only the last line returns.
    let kept_on: Vec<u8> = String::from_utf8_lossy(&on).replace("\x1b(B\n\x1b$B", "\n").into_bytes();
    drafts.push(
        labelled("jis-state-kept-over-lines", "ISO-2022-JP", Transfer::Seven, kept_on, kept).told(&[super::GUESSED]),
    );
    let chinese = "中国語 你好、한국어";
    let mixed = b"\x1b$BCf9q8l\x1b(B \x1b$ADc:C\x1b$B!\"\x1b$(CGQ19>n\x1b(B";
    drafts.push(labelled("jis-2-neighbours", "ISO-2022-JP-2", Transfer::Seven, mixed.to_vec(), chinese));
    drafts.push(labelled(
        "jis-2-latin",
        "ISO-2022-JP-2",
        Transfer::Seven,
        b"caf\x1b.A\x1bNi \x1b$BF|\x1b(B".to_vec(),
        "café 日",
    ));
    drafts
}

fn in_shift_jis() -> Vec<Draft> {
    let made = |name: &str, text: &str, ibm: Ibm, transfer: Transfer| {
        let text = sentence(text);
        labelled(&format!("sjis-{name}"), "Windows-31J", transfer, sjis(&text, ibm), &text)
    };
    let signs = sentence(SIGNS);
    vec![
        made("nec-row", NEC, Ibm::Ibm, Transfer::Eight),
        made("ibm-rows", NAMES, Ibm::Ibm, Transfer::Base64),
        made("nec-selected", NAMES, Ibm::Nec, Transfer::Quoted),
        made("numerals", SMALL_NUMERALS, Ibm::Nec, Transfer::Eight),
        made("kana", KANA, Ibm::Ibm, Transfer::Eight),
        labelled("sjis-kana-only", "Shift_JIS", Transfer::Eight, sjis(KANA, Ibm::Ibm), KANA),
        labelled("sjis-kana-only-no-label", "us-ascii", Transfer::Eight, sjis(KANA, Ibm::Ibm), KANA)
            .told(&[super::GUESSED]),
        labelled("sjis-signs", "Shift_JIS", Transfer::Eight, sjis(&signs, Ibm::Ibm), &sentence(SIGNS_OF_WINDOWS)),
    ]
}

fn in_euc() -> Vec<Draft> {
    let made = |name: &str, label: &str, text: &str| {
        let text = sentence(text);
        labelled(&format!("euc-{name}"), label, Transfer::Eight, euc(&text), &text)
    };
    let signs = sentence(SIGNS);
    // The IBM characters that JIS X 0212 lacks, where eucJP-ms has them.
    let of_ms = b"\x8F\xF3\xF3\x8F\xF3\xFE\x8F\xF4\xA1\x8F\xF4\xAB\x8F\xF4\xBD\x8F\xF4\xFB\x8F\xF4\xFE";
    vec![
        made("nec-row", "CP51932", NEC),
        made("nec-row-plain", "EUC-JP", NEC),
        made("nec-selected", "CP51932", NAMES),
        made("kana", "EUC-JP", KANA),
        made("supplement", "EUC-JP", SUPPLEMENT),
        made("supplement-ms", "eucJP-ms", "丅仂俠"),
        labelled("euc-ms-ibm", "eucJP-ms", Transfer::Eight, of_ms.to_vec(), "ⅰⅡⅢ㈱﨑髙黑"),
        labelled("euc-signs", "EUC-JP", Transfer::Eight, euc(&signs), &sentence(SIGNS_OF_WINDOWS)),
    ]
}

fn in_utf8() -> Vec<Draft> {
    let texts = [
        ("signs-of-windows", SIGNS_OF_WINDOWS),
        ("signs-of-jis", SIGNS_OF_JIS),
        ("variation-selectors", "葛\u{E0100}城市、辻\u{E0101}、神\u{FE00}"),
        ("outside-the-first-plane", "𠮷野、𩸽、𠮟る、👍🏽"),
        ("compatibility", "\u{FA11}\u{FA19}\u{F9DC}①㈱ｱｲ㍻Ⅲ"),
        ("combining-marks-stay", "か\u{3099}く"),
        ("era", "㋿元年"),
    ];
    let made = |(name, text): (&str, &str)| {
        let text = sentence(text);
        labelled(&format!("utf8-{name}"), "UTF-8", Transfer::Quoted, text.as_bytes().to_vec(), &text)
    };
    texts.into_iter().map(made).collect()
}

/// Characters that only their sender's machine knows, and bytes that nobody knows.
fn of_their_own() -> Vec<Draft> {
    let own = sentence("\u{E000}田\u{E3AB}・\u{E3AC}・\u{E757}");
    let shown = sentence("〓田〓・〓・〓");
    let user_set = Jis { user_set: true, ..Jis::PLAIN };
    let made = |name: &str, label: &str, transfer: Transfer, bytes: Vec<u8>| {
        labelled(&format!("gaiji-{name}"), label, transfer, bytes, &shown).told(&[GAIJI])
    };
    let undecodable = |name: &str, label: &str, bytes: &[u8], text: &str| {
        let words = "These words are here so that it is a text: ";
        let bytes = [words.as_bytes(), bytes].concat();
        let text = format!("{words}{text}");
        labelled(&format!("broken-{name}"), label, Transfer::Base64, bytes, &text).told(&[UNDECODABLE])
    };
    vec![
        made("sjis", "CP932", Transfer::Eight, sjis(&own, Ibm::Ibm)),
        made("sjis-base64", "Shift_JIS", Transfer::Base64, sjis(&own, Ibm::Ibm)),
        made("jis-rows", "CP50220", Transfer::Base64, jis(&own, &Jis::PLAIN)),
        made("jis-set", "ISO-2022-JP-MS", Transfer::Seven, jis(&own, &user_set)),
        made("euc", "eucJP-ms", Transfer::Eight, euc(&own)),
        made("utf8", "UTF-8", Transfer::Eight, own.clone().into_bytes()),
        labelled("gaiji-utf8-plane-15", "UTF-8", Transfer::Base64, "\u{F0000}田\u{10FFFD}".into(), "〓田〓").told(&[GAIJI]),
        Draft::new("gaiji-subject")
            .subject(crate::samples::encode::word_in("CP932", &sjis("\u{E000}田様", Ibm::Ibm)), "〓田様")
            .told(&[GAIJI]),
        Draft::new("gaiji-sender")
            .sender(crate::samples::encode::word_in("CP932", &sjis("\u{E000}田", Ibm::Ibm)), "〓田")
            .told(&[GAIJI]),
        Draft::new("gaiji-file")
            .file(
                b"Content-Type: text/plain; charset=UTF-8\nContent-Disposition: attachment; filename*=CP932''%F0%40%93c.txt",
                "〓田.txt",
            )
            .told(&[GAIJI]),
        undecodable("utf8-cut", "UTF-8", b"\xE6\x97\xA5\xE6\x9C\xAC\xE6\x97", "日本〓"),
        undecodable("sjis-cut", "Shift_JIS", b"\x93\xFA\x96\x7B\x96", "日本〓"),
        undecodable("jis-empty-row", "ISO-2022-JP", b"\x1b$BF|)!K\\\x1b(B", "日〓本"),
        undecodable("euc-empty-cell", "EUC-JP", b"\xC6\xFC\xA9\xA1\xCB\xDC", "日〓本"),
        undecodable("jis-3-second-plane", "ISO-2022-JP-3", b"\x1b$BF|\x1b$(P!!\x1b$BK\\\x1b(B", "日〓本"),
        undecodable("jis-3-row-89", "ISO-2022-JP-3", b"\x1b$BF|\x1b$(Qy!\x1b$BK\\\x1b(B", "日〓本"),
    ]
}
