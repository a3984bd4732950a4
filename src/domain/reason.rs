//! Reason codes: the one table behind notice, command line, API and audit (reference: ux 5.3).
//!
//! Every code has a fixed sentence and a next step in Japanese and English. Refuses: free text; what varies
//! (`{rule}`, `{extension}`, `{kind}`, `{contact}`) is filled in from checked values; what stands in brackets is left out
//! where such a value is not known. Invariant: no sentence is over 60 characters, and none has an empty place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::part::TypeClass;

/// The language of what people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// 日本語
    #[default]
    Ja,
    /// English
    En,
}

/// A code no reason has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason code")]
pub struct UnknownReason;

/// One row: code, Japanese sentence, Japanese next step, English sentence, English next step. A next step that leads to
/// the staff portal ends in `|` and the step where there is none.
struct Row(&'static str, &'static str, &'static str, &'static str, &'static str);

macro_rules! reasons {
    ($($(#[$doc:meta])+ $variant:ident = $code:literal, $ja:literal, $ja_next:literal, $en:literal, $en_next:literal;)+) => {
        /// Why something was changed or kept back.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Reason { $($(#[$doc])+ $variant),+ }

        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            const fn row(self) -> Row {
                match self { $(Self::$variant => Row($code, $ja, $ja_next, $en, $en_next)),+ }
            }
        }
    };
}

reasons! {
    /// The body was HTML.
    HtmlToText = "html_to_text", "本文を文字だけにしました。", "", "The body was turned into plain text.", "";
    /// Pictures shown in the body were left out.
    RemoteImageRemoved = "remote_image_removed", "本文の画像を外しました。", "", "Pictures in the body were left out.", "";
    /// Links were written out so that they cannot be clicked.
    LinkDisabled = "link_disabled", "リンクを押せなくしました。", "", "Links were made inactive.", "";
    /// A link showed another address than the one it led to.
    LinkMismatch = "link_mismatch", "表示と違うサイトへのリンクがあります。", "リンク先を開かないでください。", "A link leads to another site than it shows.", "Do not open the link.";
    /// Text that people would not have seen was dropped.
    HiddenTextRemoved = "hidden_text_removed", "見えない文字を取り除きました。", "", "Hidden text was removed.", "";
    /// Control characters and reordering code points were dropped.
    ControlRemoved = "control_removed", "表示を変える制御文字を取り除きました。", "", "Control characters were removed.", "";
    /// Scripts, forms and other active content in mark-up were dropped.
    ActiveContentRemoved = "active_content_removed", "埋め込みの動くしくみ（スクリプト等）を取り除きました。", "", "Active content (scripts and the like) was removed.", "";
    /// The text was written anew as UTF-8.
    TextRebuilt = "text_rebuilt", "文字だけのファイルに作り直しました。", "", "The file was written anew as plain text.", "";
    /// The character set was missing or wrong and was found from the bytes.
    CharsetGuessed = "charset_guessed", "文字コードの指定がないため、推定して読みました。", "", "The character set was not given and was estimated.", "";
    /// Some bytes have no reading in their character set.
    Undecodable = "undecodable", "読めない文字があります（〓で示します）。", "読めないときは再送を頼んでください。", "Some characters could not be read (shown as 〓).", "Ask the sender to send it again.";
    /// Cells that a spreadsheet would run as formulas were made plain.
    FormulaNeutralised = "formula_neutralised", "計算式として動くセルを文字にしました。", "", "Cells that would run as formulas were made text.", "";
    /// A table has characters without a code in CP932 and is UTF-8 instead.
    EncodingKept = "encoding_kept", "シフト JIS にない文字があるため、UTF-8 にしました。", "", "It is UTF-8: some characters are not in Shift_JIS.", "";
    /// Text was cut at a limit.
    TextTruncated = "text_truncated", "長すぎるため、途中までを載せました。", "続きが必要なら原本を申請してください。|続きが必要なら{contact}へ連絡してください。", "The text was cut because it is too long.", "Ask for the original if you need the rest.|Contact {contact} if you need the rest.";
    /// HTML over the limit lost its tags only; text that its reader would not have seen may be among the rest.
    HtmlStripped = "html_stripped", "本文が大きいため、隠れた文字も載っていることがあります。", "おかしな文があれば、差出人に確かめてください。", "The body is large; text that was hidden may be shown.", "Check with the sender if a passage looks odd.";
    /// Name and content disagree.
    TypeMismatch = "type_mismatch", "名前[（.{extension}）]と中身[（{kind}）]が違います。", "差出人に電話で確かめてください。", "The name and the content differ.[ Named .{extension}.][ Found: {kind}.]", "Check with the sender by telephone.";
    /// A type that is never let in.
    TypeNotAllowed = "type_not_allowed", "受け取れない種類のファイルです[（規則 {rule}）]。", "別の形式で送ってもらってください。", "Files of this kind are not accepted.[ Rule: {rule}.]", "Ask the sender for another format.";
    /// No way to rebuild this format.
    UnsupportedFormat = "unsupported_format", "無害化できない形式です[（{kind}）]。", "原本が必要なときは申請してください。|原本が必要なときは{contact}へ連絡してください。", "This format cannot be rebuilt[ ({kind})].", "Ask for the original if you need it.|Contact {contact} if you need the original.";
    /// A rule asks for a person's decision.
    SenderRule = "sender_rule", "この差出人からのファイルは承認が必要です。", "取り込むには申請してください。|必要なときは{contact}へ連絡してください。", "Files from this sender need approval.", "Ask for approval.|Contact {contact} if you need it.";
    /// A rule took the file out.
    RemovedByRule = "removed_by_rule", "規則[ {rule} ]により取り除きました。", "", "It was removed by a rule[ ({rule})].", "";
    /// A rule keeps the file back.
    QuarantinedByRule = "quarantined_by_rule", "規則[ {rule} ]により預かっています。", "必要なときは申請してください。|必要なときは{contact}へ連絡してください。", "Kept back by a rule[ ({rule})].", "Ask for it if you need it.|Contact {contact} if you need it.";
    /// A password protects the content.
    PasswordRequired = "password_required", "パスワードが付いているため、中身を確かめられません。", "上のページでパスワードを入れると、受け取れます。|パスワードなしで送ってもらってください。", "A password protects it, so it cannot be checked.", "Enter the password on the page above to get it.|Ask the sender to send it without a password.";
    /// A password that was given opened the file.
    PasswordOpened = "password_opened", "パスワードで開きました。", "", "It was opened with a password.", "";
    /// None of the passwords that were given opens the file.
    WrongPassword = "wrong_password", "見つかったパスワードでは開けませんでした。", "正しいパスワードを差出人に確かめてください。", "No password that was found opens it.", "Ask the sender for the right password.";
    /// The structure of the mail can be read in more than one way.
    AmbiguousStructure = "ambiguous_structure", "メールの組み立てが不正なため、添付を預かっています。", "差出人に電話で確かめてください。", "The mail is malformed; its attachments are kept back.", "Check with the sender by telephone.";
    /// Characters of the sender's own making that the site's table does not know.
    Gaiji = "gaiji", "外字（相手だけの文字）があります（〓で示します）。", "文字は差出人に確かめてください。", "The sender's own characters could not be read (shown as 〓).", "Ask the sender which characters they are.";
    /// A signature that the rebuilt mail no longer has; it was not checked.
    SignatureRemoved = "signature_removed", "電子署名を外しました（確かめていません）。", "", "The digital signature was removed; it was not checked.", "";
    /// Encrypted to a key: nothing of it can be checked.
    EncryptedMail = "encrypted_mail", "暗号化されたメールのため、中身を確かめられません。", "暗号化せずに送ってもらってください。", "The mail is encrypted, so it cannot be checked.", "Ask the sender to send it without encryption.";
    /// One piece of a mail that was sent in several.
    PartialMessage = "partial_message", "分割して送られたメールの一部です。", "分けずに送ってもらってください。", "This is one piece of a mail sent in several.", "Ask the sender to send it in one piece.";
    /// The content lies elsewhere.
    ExternalBody = "external_body", "中身がこのメールの外に置かれています。", "添付ファイルとして送ってもらってください。", "Its content lies outside of this mail.", "Ask the sender to attach the file.";
    /// A mail inside the mail was turned into text.
    EnclosedMail = "enclosed_mail", "添付されたメールを文字にしました。", "", "The attached mail was turned into text.", "";
    /// A file that stood inside a text was taken out of it.
    InlineFileExtracted = "inline_file_extracted", "本文に埋め込まれたファイルを取り出しました。", "", "A file was taken out of the text.", "";
    /// A calendar was written anew with its safe fields.
    CalendarRebuilt = "calendar_rebuilt", "予定を安全な項目だけで作り直しました。", "", "The calendar was rebuilt with its safe fields.", "";
    /// An address card was written anew with its safe fields.
    ContactRebuilt = "contact_rebuilt", "連絡先を安全な項目だけで作り直しました。", "", "The contact was rebuilt with its safe fields.", "";
    /// A delivery report or read receipt was turned into text.
    ReportToText = "report_to_text", "配送や開封の知らせを文字にしました。", "", "A delivery report or read receipt was turned into text.", "";
    /// A document was written anew.
    DocumentRebuilt = "document_rebuilt", "文書を安全な部品だけで作り直しました。", "", "The document was rebuilt with its safe parts.", "";
    /// Macros were dropped.
    MacroRemoved = "macro_removed", "マクロを取り除きました。", "", "Macros were removed.", "";
    /// Objects of other programs were dropped; their pictures may remain.
    EmbeddedObjectRemoved = "embedded_object_removed", "埋め込まれたファイルや部品を取り除きました。", "", "Embedded objects were removed.", "";
    /// References to files or sites outside of the document were dropped.
    ExternalReferenceRemoved = "external_reference_removed", "外のファイルやサイトへの参照を取り除きました。", "", "References to outside files or sites were removed.", "";
    /// Fields that fetch or run something were replaced by what they showed.
    FieldFlattened = "field_flattened", "自動で変わる欄を、今の文字にしました。", "", "Fields that update themselves were made plain text.", "";
    /// Formulas that are not on the list were replaced by their values.
    FormulaFlattened = "formula_flattened", "計算式の一部を、計算された値にしました。", "", "Some formulas were replaced by their values.", "";
    /// Sheets that no menu shows were made visible.
    HiddenSheetShown = "hidden_sheet_shown", "隠されていたシートを見えるようにしました。", "", "Hidden sheets were made visible.", "";
    /// Embedded fonts were dropped.
    FontRemoved = "font_removed", "埋め込まれた書体を取り除きました。", "", "Embedded fonts were removed.", "";
    /// Parts that are not on the list were dropped.
    UnknownPartRemoved = "unknown_part_removed", "一覧にない部品を取り除きました。", "", "Parts that are not on the list were removed.", "";
    /// Text that people saw stood in a part that cannot be rebuilt.
    ShownTextRemoved = "shown_text_removed", "作り直せない部分の文字を取り除きました。", "必要なら原本を申請してください。|必要なら{contact}へ連絡してください。", "Text in a part that cannot be rebuilt was removed.", "Ask for the original if you need it.|Contact {contact} if you need it.";
    /// Animations of slides were dropped.
    EffectRemoved = "effect_removed", "スライドの動きの効果を取り除きました。", "", "Animations of slides were removed.", "";
    /// A picture was decoded and encoded anew.
    ImageRebuilt = "image_rebuilt", "画像を作り直しました。", "", "The picture was rebuilt.", "";
    /// A picture that cannot be rebuilt was replaced by a mark.
    ImageReplaced = "image_replaced", "作り直せない画像を、印に置き換えました。", "", "A picture that cannot be rebuilt was replaced.", "";
    /// Of a moving picture the first frame remains.
    AnimationRemoved = "animation_removed", "動く画像の最初のコマだけを残しました。", "", "Only the first frame of a moving picture was kept.", "";
    /// Details that the picture does not show were dropped.
    MetadataRemoved = "metadata_removed", "見えない付帯情報（位置情報等）を取り除きました。", "", "Hidden details (location and the like) were removed.", "";
    /// Bytes before or behind the file proper were dropped.
    TrailingDataRemoved = "trailing_data_removed", "ファイルの前後の余分なデータを取り除きました。", "", "Extra data around the file was removed.", "";
    /// A picture shows a QR code.
    QrCodeFound = "qr_code_found", "画像に QR コードがあります。", "読み取る前に差出人に確かめてください。", "The picture shows a QR code.", "Check with the sender before you scan it.";
    /// An archive was written anew as zip.
    ArchiveRebuilt = "archive_rebuilt", "圧縮ファイルを作り直しました。", "", "The archive was rebuilt.", "";
    /// Some members of an archive were kept back.
    ArchiveMemberRemoved = "archive_member_removed", "圧縮ファイルの中に、預かっているものがあります。", "必要なときは申請してください。|必要なときは{contact}へ連絡してください。", "Something inside the archive is kept back.", "Request them when needed.|Contact {contact} when needed.";
    /// The display name shows another address, or a domain of the site, than the one that wrote.
    SenderNameSpoofed = "sender_name_spoofed", "差出人の名前に、別のアドレスやドメインが書かれています。", "差出人に電話で確かめてください。", "The sender's name shows another address or domain.", "Check with the sender by telephone.";
    /// The domain of the sender looks like one that the site knows.
    SenderLookalike = "sender_lookalike", "差出人のドメインが、よく知るものとまぎらわしいです。", "アドレスを一字ずつ確かめてください。", "The sender's domain looks like one you know.", "Check the address letter by letter.";
    /// The sender claims to be of the site, from outside, without proof.
    SenderOwnDomain = "sender_own_domain", "庁内のアドレスを名のり、外から届きました。", "本人に電話で確かめてください。", "It claims an address of ours but came from outside.", "Check with that person by telephone.";
    /// From is missing, or names several authors.
    SenderUnclear = "sender_unclear", "差出人が書かれていないか、複数書かれています。", "心当たりがなければ開かないでください。", "The sender is missing, or there are several.", "Do not act on it unless you expected it.";
    /// A trusted relay says that the domain in From did not send it.
    AuthenticationFailed = "authentication_failed", "差出人を確かめられませんでした（なりすましの疑い）。", "差出人に電話で確かめてください。", "The sender could not be confirmed; it may be forged.", "Check with the sender by telephone.";
    /// A malware scanner spoke.
    MalwareFound = "malware_found", "ウイルスを見つけたため、渡せません。", "開かずに、{contact}へ連絡してください。", "Malware was found; it cannot be handed over.", "Contact {contact}.";
    /// Over a size limit.
    TooLarge = "too_large", "決められた大きさを超えています。", "分けて送ってもらってください。", "It is over the size limit.", "Ask the sender to split it.";
    /// Over a count limit.
    TooManyFiles = "too_many_files", "決められた件数を超えています。", "分けて送ってもらってください。", "There are more files than allowed.", "Ask the sender to split it.";
    /// Over a nesting limit.
    TooDeep = "too_deep", "入れ子が決められた深さを超えています。", "分けて送ってもらってください。", "It is nested deeper than allowed.", "Ask the sender to split it.";
    /// Not what its type says.
    Corrupt = "corrupt", "ファイルがこわれています。", "再送を頼んでください。", "The file is damaged.", "Ask the sender to send it again.";
    /// The worker failed.
    ConvertFailed = "convert_failed", "安全な形に作り直せませんでした。原本は渡していません。", "急ぐときは{contact}へ連絡してください。", "It could not be rebuilt. Nothing was passed on.", "Contact {contact} if it is urgent.";
    /// The worker took too long.
    ConvertTimeout = "convert_timeout", "時間内に作り直せませんでした。原本は渡していません。", "急ぐときは{contact}へ連絡してください。", "It took too long to rebuild. Nothing was passed on.", "Contact {contact} if it is urgent.";
    /// Destroyed at the end of its retention.
    Expired = "expired", "保管期間が過ぎたため削除しました。", "再送を頼んでください。", "It was deleted when its retention ended.", "Ask the sender to send it again.";
    /// Whoever put the file in stopped it before it was sanitized.
    Withdrawn = "withdrawn", "入れた人が変換を中止しました。", "必要なときは、もう一度入れてください。", "It was stopped by whoever put it in.", "Put it in again if you need it.";
    /// The next hop refused the mail.
    RefusedByNextHop = "refused_by_next_hop", "庁内のメールサーバが受け取りませんでした。", "{contact}へ連絡してください。", "The inner mail server refused it.", "Contact {contact}.";
    /// The next hop could not be reached until the last retry.
    Undeliverable = "undeliverable", "庁内のメールサーバに届けられませんでした。", "{contact}へ連絡してください。", "The inner mail server could not be reached.", "Contact {contact}.";
    /// The mail went through too many hosts.
    TooManyHops = "too_many_hops", "転送の回数が多すぎます。", "転送の設定を確かめてください。", "The mail was forwarded too many times.", "Check the forwarding settings.";
}

/// What a sentence's place-holders are filled with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Detail<'a> {
    /// Name of the deciding rule.
    pub rule: Option<&'a str>,
    /// Extension of the file's name, without the dot; none if it is over [`MAX_EXTENSION`].
    pub extension: Option<&'a str>,
    /// Family of the real type.
    pub class: Option<TypeClass>,
    /// Whom staff ask: one line; the IT section if it is absent, empty or over [`MAX_CONTACT`].
    pub contact: Option<&'a str>,
    /// There is a staff portal that next steps can lead to.
    pub portal: bool,
}

/// Characters of an extension within a sentence; a longer one is none.
pub const MAX_EXTENSION: usize = 16;

/// Characters of a contact within a sentence.
pub const MAX_CONTACT: usize = 24;

impl Reason {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// True for what a reader has to know of the sender before he reads; it tells of nothing in the mail.
    #[must_use]
    pub const fn is_about_sender(self) -> bool {
        matches!(
            self,
            Self::SenderNameSpoofed
                | Self::SenderLookalike
                | Self::SenderOwnDomain
                | Self::SenderUnclear
                | Self::AuthenticationFailed
        )
    }

    /// The sentence staff read.
    #[must_use]
    pub fn sentence(self, language: Language, detail: &Detail<'_>) -> String {
        let row = self.row();
        fill(if language == Language::Ja { row.1 } else { row.3 }, language, detail)
    }

    /// What to do next; empty if nothing is to be done.
    #[must_use]
    pub fn next_step(self, language: Language, detail: &Detail<'_>) -> String {
        let row = self.row();
        let step = if language == Language::Ja { row.2 } else { row.4 };
        let (with_portal, without) = step.split_once('|').unwrap_or((step, step));
        fill(if detail.portal { with_portal } else { without }, language, detail)
    }
}

/// The template with what is known; a piece in brackets that asks for what is not known says nothing.
fn fill(template: &str, language: Language, detail: &Detail<'_>) -> String {
    let short = |extension: &&str| (1..=MAX_EXTENSION).contains(&extension.chars().count());
    let values = [
        ("{rule}", detail.rule.filter(|rule| !rule.is_empty())),
        ("{extension}", detail.extension.filter(short)),
        ("{kind}", detail.class.map(|class| kind(class, language))),
        ("{contact}", Some(contact(language, detail))),
    ];
    let filled = |piece: &str| {
        values.iter().try_fold(piece.to_owned(), |piece, (slot, value)| match value {
            Some(value) => Some(piece.replace(slot, value)),
            None => (!piece.contains(slot)).then_some(piece),
        })
    };
    let mut out = String::new();
    for piece in template.split('[') {
        // Before the first bracket there is no end of one.
        let (optional, rest) = piece.split_once(']').unwrap_or(("", piece));
        out.extend(filled(optional));
        out.extend(filled(rest));
    }
    out
}

fn contact<'a>(language: Language, detail: &Detail<'a>) -> &'a str {
    let fits = |contact: &&str| !contact.is_empty() && contact.chars().count() <= MAX_CONTACT;
    let section = if language == Language::Ja { "情報政策課" } else { "the IT section" };
    detail.contact.filter(fits).unwrap_or(section)
}

/// A class of types in people's words.
#[must_use]
pub const fn kind(class: TypeClass, language: Language) -> &'static str {
    let (ja, en) = match class {
        TypeClass::Text => ("文字のファイル", "text"),
        TypeClass::Markup => ("ウェブページ", "web page"),
        TypeClass::Document => ("文書", "document"),
        TypeClass::Image => ("画像", "picture"),
        TypeClass::Archive => ("圧縮ファイル", "archive"),
        TypeClass::Mail => ("メール", "mail"),
        TypeClass::Media => ("音声・動画", "sound or video"),
        TypeClass::Drawing => ("図面", "drawing"),
        TypeClass::Executable => ("実行ファイル", "program"),
        TypeClass::Script => ("スクリプト", "script"),
        TypeClass::Shortcut => ("ショートカット", "shortcut"),
        TypeClass::DiskImage => ("ディスクイメージ", "disk image"),
        TypeClass::Crypto => ("鍵・証明書", "key or certificate"),
        TypeClass::Unknown => ("不明", "unknown"),
    };
    match language {
        Language::Ja => ja,
        Language::En => en,
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL.iter().copied().find(|reason| reason.code() == text).ok_or(UnknownReason)
    }
}

impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{RuleName, office_words};

    /// A detail as wide as its fields can be filled.
    fn wide() -> Detail<'static> {
        Detail {
            rule: Some("R-012.of-the-prefecture_2026-04a"),
            extension: Some("docx456789abcdef"),
            class: Some(TypeClass::DiskImage),
            contact: Some("総務部情報政策課システム係 内線12345678"),
            portal: false,
        }
    }

    #[test]
    fn every_reason_has_both_languages_and_short_sentences() {
        for reason in Reason::ALL {
            let Row(code, ja, ja_next, en, en_next) = reason.row();
            assert!(!ja.is_empty() && !en.is_empty(), "{code}");
            assert_eq!(ja_next.is_empty(), en_next.is_empty(), "{code}: a next step in one language only");
            assert_eq!(ja_next.contains('|'), en_next.contains('|'), "{code}: a portal in one language only");
            assert!(!ja.contains('|') && !en.contains('|'), "{code}: what happened does not depend on a portal");
            assert!(!ja.is_ascii() && (ja_next.is_empty() || !ja_next.is_ascii()), "{code}");
        }
        assert_eq!(wide().contact.map(|contact| contact.chars().count()), Some(MAX_CONTACT));
        assert_eq!(wide().extension.map(str::len), Some(MAX_EXTENSION));
        assert!(wide().rule.is_some_and(|rule| rule.len() == 32 && RuleName::try_from(rule.to_owned()).is_ok()));
        for class in TypeClass::ALL {
            for said in everything_said(&Detail { class: Some(*class), ..wide() }) {
                // A stop within a name ends no sentence.
                for sentence in said.split_inclusive('。').flat_map(|said| said.split(". ")) {
                    assert!(sentence.chars().count() <= 60, "{sentence}");
                }
            }
        }
    }

    /// All sentences and next steps, with a portal and without, in both languages.
    fn everything_said(detail: &Detail<'_>) -> Vec<String> {
        let mut said = Vec::new();
        for reason in Reason::ALL {
            for language in [Language::Ja, Language::En] {
                said.push(reason.sentence(language, detail));
                said.extend([true, false].map(|portal| reason.next_step(language, &Detail { portal, ..*detail })));
            }
        }
        said.extend(TypeClass::ALL.iter().map(|class| kind(*class, Language::Ja).to_owned()));
        said
    }

    #[test]
    fn nothing_is_said_in_words_that_staff_need_not_know() {
        for said in everything_said(&wide()) {
            assert_eq!(office_words::fault(&said), None, "{said}");
        }
    }

    #[test]
    fn sentences_are_plain_and_end_alike() {
        for said in everything_said(&wide()).iter().filter(|said| said.ends_with('。')) {
            for sentence in said.trim_end_matches('。').split('。') {
                let ends = ["ます", "ました", "ません", "ませんでした", "ください", "です"];
                // An aside in brackets may stand at the end.
                let bare = sentence.rsplit_once('（').map_or(sentence, |(before, _)| before);
                let sentence = if sentence.ends_with('）') { bare } else { sentence };
                assert!(ends.iter().any(|end| sentence.ends_with(end)), "{sentence}");
                assert!(!sentence.contains("ないことはない") && !sentence.contains("なくはない"), "{sentence}");
            }
        }
    }

    #[test]
    fn no_page_is_named_that_does_not_exist() {
        for reason in Reason::ALL {
            let without = reason.next_step(Language::Ja, &Detail::default());
            assert!(!without.contains("申請") && !without.contains("ページ"), "{reason}: {without}");
        }
        let portal = Detail { portal: true, ..Detail::default() };
        let step = |detail: Detail<'_>| Reason::UnsupportedFormat.next_step(Language::Ja, &detail);
        assert_eq!(step(portal), "原本が必要なときは申請してください。");
        assert_eq!(step(Detail::default()), "原本が必要なときは情報政策課へ連絡してください。");
        let long = "長".repeat(MAX_CONTACT + 1);
        assert_eq!(step(Detail { contact: Some(&long), ..Detail::default() }), step(Detail::default()));
    }

    #[test]
    fn codes_are_unique_and_read_back() {
        for reason in Reason::ALL {
            assert_eq!(reason.code().parse(), Ok(*reason));
        }
        assert_eq!("nothing".parse::<Reason>(), Err(UnknownReason));
    }

    #[test]
    fn place_holders_are_filled_in() {
        let detail = Detail { extension: Some("pdf"), class: Some(TypeClass::Executable), ..wide() };
        assert_eq!(
            Reason::TypeMismatch.sentence(Language::Ja, &detail),
            "名前（.pdf）と中身（実行ファイル）が違います。"
        );
        for said in everything_said(&detail) {
            assert!(!said.contains(['{', '}', '|', '[', ']']), "{said}");
        }
    }

    #[test]
    fn no_sentence_has_an_empty_place_whatever_is_not_known() {
        let known = wide();
        for rule in [known.rule, Some(""), None] {
            for extension in [known.extension, Some(""), Some("an-extension-of-a-name"), None] {
                for class in [known.class, None] {
                    for contact in [known.contact, Some(""), None] {
                        let detail = Detail { rule, extension, class, contact, portal: false };
                        for said in everything_said(&detail) {
                            let faults = [
                                "{", "}", "[", "]", "（）", "()", ".-", " -", "（.）", ": .", "  ", "..", " 。", "。。",
                            ];
                            let fault = faults.iter().find(|fault| said.contains(**fault));
                            assert_eq!(fault, None, "{said}");
                            assert_eq!(said.trim(), said);
                        }
                    }
                }
            }
        }
        let said = |language| Reason::TypeMismatch.sentence(language, &Detail::default());
        assert_eq!(said(Language::Ja), "名前と中身が違います。");
        assert_eq!(said(Language::En), "The name and the content differ.");
        assert_eq!(Reason::RemovedByRule.sentence(Language::Ja, &Detail::default()), "規則により取り除きました。");
    }

    #[test]
    fn what_asks_for_something_is_in_brackets_unless_it_is_always_known() {
        for reason in Reason::ALL {
            let Row(code, ja, _, en, _) = reason.row();
            for template in [ja, en] {
                let bare: String =
                    template.split('[').map(|piece| piece.split_once(']').map_or(piece, |(_, rest)| rest)).collect();
                assert!(!bare.replace("{contact}", "").contains('{'), "{code}: {template}");
            }
        }
    }
}
