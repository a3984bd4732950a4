//! What the gateway says in a mail, in Japanese and English (reference: ux 6 and 11).
//!
//! Refuses: free text; what varies comes in as checked lines. Invariant: the two languages say the same, line by line.

use std::fmt::Display;

use super::contents::Standing;
use super::looks::{after, is_blank, is_marked, unmarked};
use crate::domain::{Authentication, Language};

/// The fixed pieces of one language.
#[derive(Debug)]
pub(super) struct Wording {
    language: Language,
    /// Front of the subject if a file was changed.
    pub(super) tag_changed: &'static str,
    /// Front of the subject if something is kept back.
    pub(super) tag_action: &'static str,
    /// Our own name as an author.
    pub(super) gateway: &'static str,
    /// First line of a mail of which something was changed.
    pub(super) made_safe: &'static str,
    /// First line of a mail with what a password opened that came later.
    pub(super) opened_later: &'static str,
    /// First line of the notice about a mail that is kept back.
    pub(super) kept_mail: &'static str,
    /// Stands in the summary if a body is not in the mail.
    pub(super) lacks_body: &'static str,
    /// Stands where the body would.
    pub(super) no_body: &'static str,
    /// Said in the last line of a mail without attachments.
    pub(super) no_attachments: &'static str,
    /// For an attachment without a name.
    pub(super) no_name: &'static str,
    /// For a mail without a sender.
    pub(super) no_sender: &'static str,
    pub(super) attachments: &'static str,
    pub(super) body: &'static str,
    pub(super) links: &'static str,
    pub(super) sender: &'static str,
    pub(super) outside: &'static str,
    /// Before what is known of the sender's authenticity.
    pub(super) authentication: &'static str,
    /// Before a warning.
    pub(super) warning: &'static str,
    /// Between several senders.
    pub(super) comma: &'static str,
    /// Heads a mail inside the mail, and is in the note on attachments that came in it.
    pub(super) attached_mail: &'static str,
    pub(super) received: &'static str,
    pub(super) reference: &'static str,
    pub(super) kept_until: &'static str,
    pub(super) contact: &'static str,
    /// Between facts of one line.
    pub(super) slash: &'static str,
    /// Between sentences of one line.
    pub(super) gap: &'static str,
}

const JA: Wording = Wording {
    language: Language::Ja,
    tag_changed: "[無害化]",
    tag_action: "[要操作]",
    gateway: "メール無害化",
    made_safe: "■ このメールは安全な形に変えてお届けしています。",
    opened_later: "■ 先にお届けしたメールの添付を、あとから届いたパスワードで開きました。",
    kept_mail: "■ あなたあてのメールを預かっています。中身は渡していません。",
    lacks_body: "本文の全部または一部を渡していません。",
    no_body: "（本文はありません）",
    no_attachments: "添付ファイルはありません。",
    no_name: "（名前なし）",
    no_sender: "（差出人の記載なし）",
    attachments: "■ 添付ファイル",
    body: "■ 本文",
    links: "■ 本文のリンク（押せません。必要なときはインターネット用の端末で開いてください）",
    sender: "■ 差出人",
    outside: "（庁外）",
    authentication: "差出人の確認:",
    warning: "※",
    comma: "、",
    attached_mail: "添付されたメール",
    received: "受信",
    reference: "管理番号",
    kept_until: "保管期限",
    contact: "問い合わせ",
    slash: " ／ ",
    gap: "",
};

const EN: Wording = Wording {
    language: Language::En,
    tag_changed: "[Sanitized]",
    tag_action: "[Action needed]",
    gateway: "Mail sanitization",
    made_safe: "■ This mail was made safe before it was delivered.",
    opened_later: "■ A password that came later opened files of an earlier mail.",
    kept_mail: "■ A mail for you is kept back. Nothing of it was handed over.",
    lacks_body: "The body, or a part of it, is not handed over.",
    no_body: "(There is no body.)",
    no_attachments: "There are no attachments.",
    no_name: "(no name)",
    no_sender: "(no sender given)",
    attachments: "■ Attachments",
    body: "■ Body",
    links: "■ Links in the body (inactive; open them on a terminal for the internet if you need to)",
    sender: "■ Sender",
    outside: " (outside)",
    authentication: "Sender check:",
    warning: "*",
    comma: ", ",
    attached_mail: "Attached mail",
    received: "Received",
    reference: "Reference",
    kept_until: "Kept until",
    contact: "Contact",
    slash: " / ",
    gap: " ",
};

/// The words of `language`.
pub(super) const fn of(language: Language) -> &'static Wording {
    match language {
        Language::Ja => &JA,
        Language::En => &EN,
    }
}

/// The tags of both languages, for subjects that come with one.
pub(super) fn tags() -> impl Iterator<Item = &'static str> {
    [&JA, &EN].into_iter().flat_map(|words| [words.tag_changed, words.tag_action])
}

/// True if `line` begins as a paragraph of ours does, or as one of `headings`, those of the site's own wording.
pub(super) fn is_heading(line: &str, headings: &[String]) -> bool {
    if !is_marked(line) {
        return false;
    }
    let begins = |heading: &str| after(unmarked(line), unmarked(heading)).is_some();
    headings.iter().any(|heading| begins(heading))
        || [&JA, &EN].into_iter().any(|words| {
            [
                words.made_safe,
                words.opened_later,
                words.kept_mail,
                words.attachments,
                words.body,
                words.links,
                words.sender,
            ]
            .into_iter()
            .any(begins)
        })
}

/// True for the words that stand between the dashes where a mail inside the mail begins and ends, with any number.
pub(super) fn is_mark(words: &str) -> bool {
    let bare = |text: &str| -> String {
        let letters = text.chars().filter(|c| !c.is_numeric() && !is_blank(*c));
        letters.flat_map(char::to_lowercase).collect()
    };
    let words = bare(words);
    [&JA, &EN].into_iter().any(|own| words == bare(own.attached_mail) || words == bare(&own.end_of(None)))
}

impl Wording {
    /// How many attachments there are and where they stand.
    pub(super) fn counts(&self, all: usize, delivered: usize, waiting: usize, withheld: usize) -> String {
        match self.language {
            Language::Ja => {
                format!("添付 {all}件: 受け取れます {delivered} ／ 操作が必要 {waiting} ／ 渡せません {withheld}")
            }
            Language::En => format!(
                "Attachments: {all} (attached {delivered} / action needed {waiting} / not handed over {withheld})"
            ),
        }
    }

    /// Where to go.
    pub(super) fn portal(&self, address: impl Display) -> String {
        match self.language {
            Language::Ja => format!("操作はこちら → {address}"),
            Language::En => format!("Go on here → {address}"),
        }
    }

    /// Subject of a notice about a mail that is kept back.
    pub(super) fn kept_subject(&self, reference: &str) -> String {
        match self.language {
            Language::Ja => format!("メールを預かっています（管理番号 {reference}）"),
            Language::En => format!("A mail is kept back (reference {reference})"),
        }
    }

    /// One attachment; `attached_as` is its new name if that is another.
    pub(super) fn attachment(&self, attachment: &Attachment<'_>) -> String {
        let Attachment { name, size, within, what, attached_as } = attachment;
        match self.language {
            Language::Ja => {
                let gap = |mail: &str| if mail.ends_with(char::is_numeric) { " " } else { "" };
                let within = within.as_deref().map(|mail| format!("・{mail}{}の中", gap(mail))).unwrap_or_default();
                let attached_as = attached_as.as_ref().map(|other| format!("（名前: {other}）")).unwrap_or_default();
                format!("{name}（{size}{within}）… {what}{attached_as}")
            }
            Language::En => {
                let within = within.as_deref().map(|mail| format!(", in: {mail}")).unwrap_or_default();
                let attached_as = attached_as.as_ref().map(|other| format!(" (as {other})")).unwrap_or_default();
                format!("{name} ({size}{within}) … {what}{attached_as}")
            }
        }
    }

    /// What a member of an archive lost, and how many more did.
    pub(super) fn of_member(&self, name: &str, told: &str, more: usize) -> String {
        match (self.language, more) {
            (_, 0) => format!("{name}: {told}"),
            (Language::Ja, more) => format!("{name} ほか{more}件: {told}"),
            (Language::En, more) => format!("{name} and {more} more: {told}"),
        }
    }

    /// What became of an attachment; `enter_password` if the portal takes its password.
    pub(super) const fn standing(&self, standing: Standing, enter_password: bool) -> &'static str {
        match (self.language, standing) {
            (Language::Ja, Standing::Delivered) => "このメールに付けました",
            (Language::Ja, Standing::Waiting) if enter_password => "パスワードの入力が必要です",
            (Language::Ja, Standing::Waiting) => "預かっています（操作が必要です）",
            (Language::Ja, Standing::Withheld) => "渡せません",
            (Language::En, Standing::Delivered) => "attached to this mail",
            (Language::En, Standing::Waiting) if enter_password => "its password is needed",
            (Language::En, Standing::Waiting) => "kept back (action needed)",
            (Language::En, Standing::Withheld) => "not handed over",
        }
    }

    /// A mail inside the mail by its number, if there are several.
    pub(super) fn mail(&self, number: Option<usize>) -> String {
        let number = number.map(|number| format!(" {number}")).unwrap_or_default();
        format!("{}{number}", self.attached_mail)
    }

    /// What stands where a mail inside the mail ends.
    pub(super) fn end_of(&self, number: Option<usize>) -> String {
        let mail = self.mail(number);
        match self.language {
            Language::Ja => format!("{mail} ここまで"),
            Language::En => format!("End of {}", mail.to_lowercase()),
        }
    }

    /// What trusted relays say of the sender.
    pub(super) const fn authenticated(&self, found: Authentication) -> &'static str {
        match (self.language, found) {
            (Language::Ja, Authentication::Passed) => "合格",
            (Language::Ja, Authentication::Failed) => "不合格",
            (Language::Ja, Authentication::None) => "なし",
            (Language::En, Authentication::Passed) => "passed",
            (Language::En, Authentication::Failed) => "failed",
            (Language::En, Authentication::None) => "none",
        }
    }

    /// More senders than are shown.
    pub(super) fn more_senders(&self, count: usize) -> String {
        match self.language {
            Language::Ja => format!("、ほか{count}人"),
            Language::En => format!(" and {count} more"),
        }
    }

    /// Stands in place of a body that is not in the mail.
    pub(super) fn body_not_handed_over(&self, why: &str) -> String {
        match self.language {
            Language::Ja => format!("（本文を渡していません。{why}）"),
            Language::En => format!("(This body is not handed over. {why})"),
        }
    }

    /// Heads the links of one of several bodies.
    pub(super) fn body_number(&self, number: usize) -> String {
        match self.language {
            Language::Ja => format!("本文 {number}"),
            Language::En => format!("Body {number}"),
        }
    }

    /// Warns of a link that shows another address than its target's.
    pub(super) fn mismatch(&self, shown: &str) -> String {
        match self.language {
            Language::Ja => format!("※ 表示は「{shown}」ですが、リンク先は上のとおり別のサイトです。"),
            Language::En => format!("* It shows \"{shown}\", but it leads to the other site above."),
        }
    }
}

/// The facts of one line of the list of attachments.
#[derive(Debug)]
pub(super) struct Attachment<'a> {
    pub(super) name: &'a str,
    pub(super) size: &'a str,
    /// The mail inside the mail that it came in.
    pub(super) within: Option<String>,
    pub(super) what: &'static str,
    /// Its new name, if that is another.
    pub(super) attached_as: Option<String>,
}
