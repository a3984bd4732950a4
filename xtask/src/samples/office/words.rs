//! The words of the set: what offices write and programs lose.
//!
//! Refuses: names of living people. Invariant: no line ends in them, no tabs.

/// Characters that were lost once: variants of names, characters of vendors, of a site's own, of old systems.
pub(super) const LINES: [&str; 16] = [
    "髙橋﨑子様・濵田德治・神﨑琢磨",
    "①②③㊤㊥㊦㈱㈲Ⅲⅳ㍻㋿㌔㎡℡№㏍",
    "葛\u{E0100}飾区と葛\u{E0101}城市、辻\u{E0100}・辻\u{E0101}、芦\u{E0102}屋、榊\u{E0101}原",
    "\u{E000}田\u{E001}男（外字）\u{F8FF}",
    "ﾊﾝｶｸｶﾅ ﾞﾟ ｶﾞｷﾞ ﾊﾟﾋﾟ｡｢｣､･",
    "𠮷野家の𩸽と𠀋、𡈽田、𣘺本",
    "か\u{3099}き\u{3099}ほ\u{309A}（結合文字）とがぎぽ",
    "～〜−－―‐‖∥￠¢￡£￢¬＼\\￥¥",
    "　全角の　空白で　字下げ　",
    " 半角の  空白が  並ぶ ",
    "「第一号様式」（第三条関係）〔記入例〕【重要】〈別紙〉",
    "A&B <タグ> \"引用\" 'アポストロフィ' ]]> &amp;",
    "々〃〆〇ヶヵゝゞヽヾ々",
    "👪🏽 ✉ ☎ ☑ ☐ ♨ 〠 〒273-0000",
    "ｱ\u{00A0}ｲ\u{2003}ｳ\u{200B}ｴ\u{2060}ｵ\u{200D}",
    "令和８年１１月２３日（月・祝）午後３時００分～５時１５分",
];

/// Rows of a form: what is asked and what was answered.
pub(super) const FORM: [(&str, &str); 8] = [
    ("申請者氏名", "髙﨑　德\u{E0101}子"),
    ("フリガナ", "ﾀｶｻｷ ﾄｸｺ"),
    ("住所", "千葉県船橋市湊町２丁目１０番２５号"),
    ("電話番号", "０４７－４３６－２１１１"),
    ("生年月日", "昭和64年1月7日"),
    ("勤務先", "㈱山田建設　①工事部"),
    ("金額", "￥1,234,567－"),
    ("備考", "別紙様式第２号のとおり"),
];

/// Months with numbers, for charts and sheets.
pub(super) const MONTHS: [(&str, u32); 6] =
    [("４月", 1200), ("５月", 980), ("６月", 1435), ("７月", 1760), ("８月", 2043), ("９月", 1111)];
