//! Made-up mails, to see what their recipients would read: no store, no worker, no file.
//!
//! Refuses nothing; everything in it is our own text. Invariant: the same site gives the same texts.

mod draft;

use super::contents::Contents;
use super::{Kept, Letter, MailStatus, Notice, Site, headers, notice};
use crate::domain::{Action, ItemId, Language, PartRole, Reason, RuleName, Timestamp};
use draft::Draft;

/// 23 November 2026, 10:42 in Japan.
const RECEIVED: Timestamp = Timestamp::from_millis(1_795_398_120_000);

/// A made-up case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Its name on the command line.
    pub name: &'static str,
    /// 日本語の説明
    pub ja: &'static str,
    /// English explanation.
    pub en: &'static str,
}

/// What recipients would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The subject with its tag.
    pub subject: String,
    /// What they find.
    pub status: MailStatus,
    /// The text, lines ending in LF.
    pub text: String,
}

const fn case(name: &'static str, ja: &'static str, en: &'static str) -> Case {
    Case { name, ja, en }
}

/// All made-up cases.
pub const CASES: &[Case] = &[
    case("unchanged", "何も取り除いていないメール", "nothing was removed"),
    case("text", "本文を文字だけにしたメール", "the body was turned into text"),
    case("changed", "添付を作り直したメール", "a file was changed"),
    case("action", "預かりのあるメール", "something is kept back"),
    case("quarantined", "全体を預かったメール", "the whole mail is kept back"),
    case("held", "規則が全体を止めたメール", "a rule holds the whole mail"),
    case("enclosed", "メールが添付されたメール", "a mail inside the mail"),
    case("spoofed", "差出人があやしいメール", "the sender looks forged"),
    case("ambiguous", "組み立てが不正なメール", "the mail is malformed"),
    case("reasons", "すべての理由コード", "every reason code"),
];

/// What the recipients of this case would read; absent if there is no such case.
#[must_use]
pub fn preview(site: &Site, name: &str) -> Option<Preview> {
    let ja = site.language == Language::Ja;
    let draft = Draft::new(ja);
    Some(match name {
        "unchanged" => shown(site, &plain(draft)),
        "text" => shown(site, &draft.body(greeting(ja), &[Reason::HtmlToText], &[link(ja)])),
        "changed" => shown(site, &changed(draft)),
        "action" => shown(site, &action(draft, ja)),
        "quarantined" => kept(site, Kept::Quarantined, Reason::ConvertTimeout),
        "held" => kept(site, Kept::Held, Reason::QuarantinedByRule),
        "enclosed" => shown(site, &enclosed(draft, ja)),
        "spoofed" => shown(site, &plain(draft.spoofed())),
        "ambiguous" => shown(site, &ambiguous(draft)),
        "reasons" => shown(site, &reasons(draft)),
        _ => return None,
    })
}

fn greeting(ja: bool) -> &'static str {
    if ja {
        "総務課 柏木様\n\nいつもお世話になっております。山田建設の佐藤です。\n11月分の請求書をお送りします。\
         詳しくは「工事の進み具合」[1]をご覧ください。\n"
    } else {
        "Dear Ms Kashiwagi,\n\nplease find our invoice for November. See \"progress of the works\" [1].\n"
    }
}

fn link(ja: bool) -> (&'static str, Option<&'static str>) {
    let shown = if ja { "市のホームページ" } else { "the city's web site" };
    ("hxxps://progress.yamada-kensetsu[.]example/2026/11", Some(shown))
}

fn plain(draft: Draft) -> Draft {
    let text =
        if draft.is_japanese() { "資料を受け取りました。\n" } else { "We got your papers, thank you.\n" };
    draft.body(text, &[], &[])
}

fn changed(draft: Draft) -> Draft {
    let findings = [Reason::TextRebuilt, Reason::FormulaNeutralised];
    plain(draft.authenticated()).file("単価表.csv", "品名,単価\n", &findings)
}

fn action(draft: Draft, ja: bool) -> Draft {
    draft
        .authenticated()
        .body(greeting(ja), &[], &[link(ja)])
        .file("議事録.html", "議事録\n", &[Reason::ActiveContentRemoved])
        .kept("工程表.pdf", 3_250_000, Action::Quarantine, Reason::UnsupportedFormat)
        .kept("名簿.zip", 1_258_000, Action::Quarantine, Reason::PasswordRequired)
        .kept("invoice.js", 4_096, Action::Quarantine, Reason::TypeNotAllowed)
}

fn enclosed(draft: Draft, ja: bool) -> Draft {
    let header = if ja {
        "差出人: 佐藤 <sato@yamada-kensetsu.example>\n件名: 図面の件\n"
    } else {
        "From: Sato <sato@yamada-kensetsu.example>\nSubject: drawings\n"
    };
    let (outer, inner) = if ja {
        ("佐藤のメールを転送します。\n", "図面をお送りします。\n")
    } else {
        ("I forward a mail of Sato.\n", "The drawings are attached.\n")
    };
    draft
        .body(outer, &[], &[])
        .enclosed_mail(header)
        .within(PartRole::Body, None, inner)
        .within(PartRole::Attachment, Some("図面一覧.txt"), "A-1\n")
        .file("送付状.txt", "送付状\n", &[])
}

fn ambiguous(draft: Draft) -> Draft {
    plain(draft).kept("memo.txt", 120, Action::Quarantine, Reason::AmbiguousStructure)
}

/// Each reason once: those that keep something back at a file that is kept, the others at one that is not.
fn reasons(draft: Draft) -> Draft {
    let about_item = |reason: &&Reason| reason.is_about_sender();
    let mut draft = plain(Reason::ALL.iter().filter(about_item).fold(draft, |draft, reason| draft.found(*reason)));
    for reason in Reason::ALL.iter().filter(|reason| !reason.is_about_sender()) {
        draft = match reason.next_step(Language::Ja, &crate::domain::reason::Detail::default()).as_str() {
            "" => draft.file(&format!("{reason}.txt"), "x\n", &[*reason]),
            _ => draft.kept(&format!("{reason}.txt"), 1, Action::Quarantine, *reason),
        };
    }
    draft
}

fn shown(site: &Site, draft: &Draft) -> Preview {
    let derivatives: Vec<_> = draft.derivatives().iter().collect();
    let letter = Letter {
        id: id(),
        group: 0,
        facts: draft.facts(),
        outcomes: draft.outcomes(),
        derivatives: &derivatives,
        opened_later: false,
    };
    // A draft is whole; were it not, the preview would be empty and its test would tell.
    let Ok(contents) = Contents::gather(&letter) else {
        return Preview { subject: String::new(), status: MailStatus::Clean, text: String::new() };
    };
    let status = contents.status();
    Preview {
        subject: headers::subject(site, draft.facts().headers.subject.as_deref(), status),
        status,
        text: notice::delivered(site, &letter, &contents),
    }
}

fn kept(site: &Site, kept: Kept, reason: Reason) -> Preview {
    let draft = Draft::new(site.language == Language::Ja);
    // A draft is a mail.
    let Some(envelope) = draft.facts().origin.envelope() else {
        return Preview { subject: String::new(), status: MailStatus::Held, text: String::new() };
    };
    let rule = RuleName::try_from("R-009".to_owned()).ok().filter(|_| kept == Kept::Held);
    let rule = rule.as_ref();
    let about = Notice { id: id(), group: 0, received_at: RECEIVED, envelope, hops: 0, kept, reason, rule };
    let status = if kept == Kept::Held { MailStatus::Held } else { MailStatus::Quarantined };
    Preview { subject: headers::kept_subject(site, &about, status), status, text: notice::kept(site, &about) }
}

fn id() -> ItemId {
    ItemId::new(RECEIVED, [1, 2, 3, 4, 5, 0x39, 0xC6, 0xF4, 0x8A, 0xED])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::site;
    use crate::domain::office_words;
    use crate::domain::reason::Detail;

    #[test]
    fn every_case_says_what_it_is_about_in_both_languages() {
        for language in [Language::Ja, Language::En] {
            let site = site(language);
            for Case { name, ja, en } in CASES {
                let preview = preview(&site, name).unwrap();
                assert!(!preview.text.is_empty() && !preview.subject.is_empty(), "{name}");
                assert!(!ja.is_ascii() && en.is_ascii(), "{name}");
            }
            assert_eq!(preview(&site, "nothing"), None);
        }
    }

    #[test]
    fn every_reason_is_told_exactly_where_it_is_looked_for() {
        for language in [Language::Ja, Language::En] {
            let text = preview(&site(language), "reasons").unwrap().text;
            let detail = Detail { rule: Some("R-012"), extension: Some("txt"), ..Detail::default() };
            for reason in Reason::ALL.iter().filter(|reason| **reason != Reason::PasswordRequired) {
                let sentence = reason.sentence(language, &Detail { class: Some(draft::CLASS), ..detail });
                assert!(text.contains(&sentence), "{reason}: {sentence}");
            }
        }
    }

    #[test]
    fn our_own_words_are_those_of_the_office() {
        for Case { name, .. } in CASES {
            let preview = preview(&site(Language::Ja), name).unwrap();
            for line in preview.text.lines().chain([preview.subject.as_str()]) {
                assert_eq!(office_words::fault(line), None, "{name}: {line}");
                for sentence in line.split_inclusive('。').filter(|sentence| sentence.ends_with('。')) {
                    let bare = sentence.trim_start_matches(['※', ' ']);
                    assert!(bare.chars().count() <= 60, "too long for one sentence: {sentence}");
                }
            }
        }
    }

    #[test]
    fn the_top_block_has_at_most_four_lines() {
        for Case { name, .. } in CASES {
            let text = preview(&site(Language::Ja), name).unwrap().text;
            if text.starts_with('■') {
                let lines = text.lines().take_while(|line| !line.starts_with("──")).count();
                assert!(lines <= 4, "{name}: {text}");
            }
        }
    }
}
