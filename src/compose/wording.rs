//! What the gateway says in a mail, in Japanese and English (reference: ux 6 and 11).
//!
//! Refuses: free text; what varies comes in as checked lines. Invariant: the two languages say the same, line by line.

use std::fmt::Display;

use super::contents::Standing;
use crate::domain::Language;

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

/// `subject` without tags of ours at its front, so that they neither pile up nor come from outside.
pub(super) fn without_tags(subject: &str) -> &str {
    let mut rest = subject.trim_start();
    while let Some(shorter) = after_tag(rest) {
        rest = shorter.trim_start();
    }
    rest
}

/// What follows a tag of ours, in brackets of any width and with blanks inside them.
fn after_tag(subject: &str) -> Option<&str> {
    let (inside, rest) = subject.strip_prefix(['[', '［', '【'])?.split_once([']', '］', '】'])?;
    let inside = inside.trim();
    let tags = [&JA, &EN].into_iter().flat_map(|words| [words.tag_changed, words.tag_action]);
    let mut words = tags.map(|tag| tag.trim_matches(['[', ']']));
    words.any(|word| word.eq_ignore_ascii_case(inside)).then_some(rest)
}

/// True if `line` begins as a paragraph of ours does.
pub(super) fn is_heading(line: &str) -> bool {
    let Some(text) = line.trim_start().strip_prefix('■').map(str::trim_start) else { return false };
    [&JA, &EN].into_iter().any(|words| {
        [words.made_safe, words.kept_mail, words.attachments, words.body, words.links, words.sender]
            .iter()
            .any(|heading| text.starts_with(heading.trim_start_matches(['■', ' '])))
    })
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
    pub(super) fn attachment(&self, name: &str, size: &str, standing: Standing, attached_as: Option<&str>) -> String {
        let what = match (self.language, standing) {
            (Language::Ja, Standing::Delivered) => "このメールに付けました",
            (Language::Ja, Standing::Waiting) => "預かっています（操作が必要です）",
            (Language::Ja, Standing::Withheld) => "渡せません",
            (Language::En, Standing::Delivered) => "attached to this mail",
            (Language::En, Standing::Waiting) => "kept back (action needed)",
            (Language::En, Standing::Withheld) => "not handed over",
        };
        match (self.language, attached_as) {
            (Language::Ja, None) => format!("{name}（{size}）… {what}"),
            (Language::Ja, Some(other)) => format!("{name}（{size}）… {what}（名前: {other}）"),
            (Language::En, None) => format!("{name} ({size}) … {what}"),
            (Language::En, Some(other)) => format!("{name} ({size}) … {what} (as {other})"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_tags_do_not_pile_up_and_cannot_be_brought_along() {
        for (subject, rest) in [
            ("請求書", "請求書"),
            ("[無害化] 請求書", "請求書"),
            (" [要操作][無害化]  [Action needed] 請求書", "請求書"),
            ("Re: [無害化] 請求書", "Re: [無害化] 請求書"),
            ("[無害化]", ""),
            ("［要操作］【 無害化 】 [action needed] x", "x"),
            ("[議案] x", "[議案] x"),
            ("[", "["),
            ("[無害] x", "[無害] x"),
        ] {
            assert_eq!(without_tags(subject), rest);
        }
    }
}
