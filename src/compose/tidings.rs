//! The mails that tell people of requests for originals and of what waits for them (reference: ux 6, digest).
//!
//! Refuses: words of a mail; what is told are 管理番号, counts and dates. Invariant: a link only opens a page, behind a
//! sign-in; nothing is decided by opening it.

use super::entity::{Entity, TextBody};
use super::field::{Fields, addr_spec};
use super::text::RULER;
use super::wording;
use super::{ComposeError, Composed, MailStatus, Site, finish, headers, notice};
use crate::domain::date;
use crate::domain::{AccountId, ItemId, Language, Mailbox, MessageId, RequestId, TidingKind, Timestamp};

/// Items that a digest names one by one; the list shows the others.
const MAX_NAMED: usize = 30;

/// What one person is told.
#[derive(Debug, Clone, Copy)]
pub struct News<'a> {
    /// What.
    pub kind: TidingKind,
    /// Whom.
    pub account: AccountId,
    /// Where to.
    pub mailbox: &'a Mailbox,
    /// Their language; that of the site if absent.
    pub language: Option<Language>,
    /// The items it is about, oldest first; the mail is known by the last one's 管理番号.
    pub items: &'a [ItemId],
    /// The request it is about.
    pub request: Option<RequestId>,
    /// Until when something must be done about the request.
    pub until: Option<Timestamp>,
    /// When it is written.
    pub at: Timestamp,
}

/// Writes the mail that tells it.
///
/// # Errors
/// [`ComposeError::HostName`]. Without an item there is nothing to tell, which is taken for the same.
pub fn compose_tiding(site: &Site, news: &News<'_>) -> Result<Composed, ComposeError> {
    let last = *news.items.last().ok_or(ComposeError::HostName)?;
    let message_id = message_id(site, news, last)?;
    let language = news.language.unwrap_or(site.language);
    let letter = Letter { site, news, last, ja: language == Language::Ja, language };
    let body = TextBody(letter.text());
    let entity = Entity { body: &body, files: &[], boundary: "" };

    let words = wording::of(language);
    let mut fields = Fields::with_capacity(entity.capacity());
    fields.line("Message-ID", message_id.as_str());
    fields.line("Date", &date::header(&date::local(news.at, site.utc_offset_minutes)));
    fields.open("From").phrase(words.gateway).token(&format!("<{}@{}>", headers::DAEMON, site.host_name)).close();
    fields.line("To", &addr_spec(news.mailbox));
    let tag = if letter.asks_for_something() { format!("{} ", words.tag_action) } else { String::new() };
    fields.open("Subject").unstructured(&format!("{tag}{}", letter.subject())).close();
    // RFC 3834 5: no responder answers it.
    fields.line("Auto-Submitted", "auto-generated");
    let status = MailStatus::Action;
    fields.line("X-Temizu-Id", &last.reference().to_string());
    fields.line("X-Temizu-Status", status.as_str());
    entity.write(&mut fields);
    finish(fields, message_id, status)
}

/// The same for the same thing told to the same person.
fn message_id(site: &Site, news: &News<'_>, last: ItemId) -> Result<MessageId, ComposeError> {
    let about = news.request.map_or_else(|| last.to_string(), |request| request.to_string());
    let local = format!("{about}.{}.{}", news.kind.as_str(), news.account).to_ascii_lowercase();
    MessageId::try_from(format!("<{local}@{}>", site.host_name)).map_err(|_| ComposeError::HostName)
}

/// The words of one mail.
struct Letter<'a> {
    site: &'a Site,
    news: &'a News<'a>,
    last: ItemId,
    ja: bool,
    language: Language,
}

impl Letter<'_> {
    fn t(&self, ja: &str, en: &str) -> String {
        if self.ja { ja } else { en }.to_owned()
    }

    const fn asks_for_something(&self) -> bool {
        matches!(self.news.kind, TidingKind::Asked | TidingKind::Approved | TidingKind::Digest)
    }

    fn count(&self) -> String {
        let count = self.news.items.len();
        let noun = if count == 1 { "mail" } else { "mails" };
        if self.ja { format!("{count}件") } else { format!("{count} {noun}") }
    }

    fn subject(&self) -> String {
        let reference = self.last.reference();
        let what = match self.news.kind {
            TidingKind::Asked => {
                self.t("原本の申請が承認を待っています", "A request for an original awaits your approval")
            }
            TidingKind::Approved => self.t("原本の申請が承認されました", "Your request for an original was approved"),
            TidingKind::Returned => self.t("原本の申請が差し戻されました", "Your request for an original was returned"),
            TidingKind::Expired => {
                self.t("原本の申請が期限切れになりました", "Your request for an original has expired")
            }
            TidingKind::Digest if self.ja => return format!("操作が必要なメール {}", self.count()),
            TidingKind::Digest => return format!("{} waiting for you", self.count()),
        };
        if self.ja { format!("{what}（管理番号 {reference}）") } else { format!("{what} ({reference})") }
    }

    fn text(&self) -> String {
        let mut lines = self.summary();
        lines.push(self.way());
        lines.push(RULER.to_owned());
        lines.extend(self.details());
        let contact = notice::contact(self.site);
        if !contact.is_empty() {
            lines.push(format!("  {}{contact}", self.t("問い合わせ ", "Contact: ")));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// The outcome, then until when.
    fn summary(&self) -> Vec<String> {
        let head = match self.news.kind {
            TidingKind::Asked => self.t(
                "■ 原本の申請 1件が、あなたの承認を待っています。",
                "■ 1 request for an original awaits your approval.",
            ),
            TidingKind::Approved => self.t(
                "■ 原本の申請が承認されました。期限までに受け取ってください。",
                "■ Your request for an original was approved. Please fetch it in time.",
            ),
            TidingKind::Returned => self.t(
                "■ 原本の申請が差し戻されました。理由は画面にあります。",
                "■ Your request for an original was returned. The page says why.",
            ),
            TidingKind::Expired => self.t(
                "■ 原本の申請が期限切れになりました。必要なときは、もう一度申請してください。",
                "■ Your request for an original has expired. If you still need it, please ask again.",
            ),
            TidingKind::Digest if self.ja => format!("■ 操作が必要なメールが{}あります。", self.count()),
            TidingKind::Digest => format!("■ {} waiting for you to do something.", self.count()),
        };
        let until = self.news.until.filter(|_| matches!(self.news.kind, TidingKind::Asked | TidingKind::Approved));
        let deadline = until.map(|until| {
            let moment = date::moment(&date::local(until, self.site.utc_offset_minutes), self.language);
            format!("  {}{moment}", self.t("期限 ", "Deadline: "))
        });
        [Some(head), deadline].into_iter().flatten().collect()
    }

    /// Where to do something about it: a link, or the page in words if no portal is set up.
    fn way(&self) -> String {
        let portal = self.site.portal_url.as_str();
        if portal.is_empty() {
            let page = match self.news.kind {
                TidingKind::Asked => self.t("承認", "Approvals"),
                TidingKind::Digest => self.t("要対応", "Needs action"),
                _ => self.t("申請した原本", "My requests"),
            };
            return if self.ja {
                format!("  無害化ポータルの「{page}」の画面を開いてください。")
            } else {
                format!("  Please open the page \"{page}\" of the portal.")
            };
        }
        let path = match (self.news.kind, self.news.request) {
            (TidingKind::Asked, Some(request)) => format!("/approvals/{request}"),
            (TidingKind::Digest, _) => "/?tab=action".to_owned(),
            _ => "/requests".to_owned(),
        };
        format!("  {}{portal}{path}", self.t("操作はこちら → ", "Go to → "))
    }

    fn details(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.news.kind == TidingKind::Digest {
            lines
                .extend((1..).zip(self.news.items).take(MAX_NAMED).flat_map(|(number, item)| self.item(number, *item)));
            let more = self.news.items.len().saturating_sub(MAX_NAMED);
            if more > 0 {
                lines.push(if self.ja {
                    format!(" ほかに {more}件あります。一覧でご覧ください。")
                } else {
                    format!(" and {more} more: see the list.")
                });
            }
        } else {
            lines.push(format!("■ {}{}", self.t("管理番号 ", "Reference: "), self.last.reference()));
        }
        lines.push(match self.news.kind {
            TidingKind::Asked => self.t(
                "  承認者のどなたか 1人が決めれば終わります。リンクを開いただけでは何も決まりません。",
                "  One approver's decision is enough. Opening the link decides nothing.",
            ),
            TidingKind::Approved => self.t(
                "  原本はインターネット側の受取りページで受け取れます。アドレスは申請の画面にあります。",
                "  The original is handed out on the internet side; the page of your requests has the address.",
            ),
            _ => self.t("  リンクを開いただけでは何も変わりません。", "  Opening a link changes nothing."),
        });
        lines
    }

    /// One item of a digest: its 管理番号, how long it is kept, and its page.
    fn item(&self, number: usize, item: ItemId) -> Vec<String> {
        let reference = item.reference();
        let accepted = date::local(item.accepted_at(), self.site.utc_offset_minutes);
        let until = date::day(date::deadline(&accepted, self.site.retention_days), self.language);
        let first = if self.ja {
            format!(" {number}. 管理番号 {reference} ／ 保管期限 {until}")
        } else {
            format!(" {number}. Reference: {reference} / kept until {until}")
        };
        let portal = self.site.portal_url.as_str();
        let link = (!portal.is_empty()).then(|| format!("    {portal}/m/{reference}"));
        [Some(first), link].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Phrases;
    use crate::compose::laws;
    use crate::domain::Domain;

    fn site(portal_url: &str) -> Site {
        Site {
            host_name: Domain::placeholder(),
            language: Language::Ja,
            utc_offset_minutes: 540,
            contact: "情報政策課 内線1234".to_owned(),
            portal_url: portal_url.to_owned(),
            retention_days: 14,
            phrases: Phrases::default(),
        }
    }

    fn item(number: u8) -> ItemId {
        ItemId::new(Timestamp::from_millis(1_795_398_120_000 + i64::from(number)), [number; 10])
    }

    fn read(site: &Site, kind: TidingKind, language: Option<Language>, items: &[ItemId]) -> laws::Read {
        let mailbox = Mailbox::parse("hanako@city.example").unwrap();
        let news = News {
            kind,
            account: AccountId::from_bytes([7; 16]),
            mailbox: &mailbox,
            language,
            items,
            request: (kind != TidingKind::Digest).then(|| RequestId::from_bytes([9; 16])),
            until: (kind != TidingKind::Digest).then(|| Timestamp::from_millis(1_795_657_320_000)),
            at: Timestamp::from_millis(1_795_400_000_000),
        };
        let composed = compose_tiding(site, &news).unwrap();
        assert_eq!(composed, compose_tiding(site, &news).unwrap(), "the same bytes each time");
        laws::check(&composed.mail)
    }

    #[test]
    fn every_kind_keeps_the_laws_in_both_languages_and_nobody_answers_it() {
        for portal in ["", "https://portal.city.example"] {
            for language in [None, Some(Language::Ja), Some(Language::En)] {
                for kind in TidingKind::ALL {
                    let read = read(&site(portal), kind, language, &[item(1)]);
                    assert_eq!(read.fields["Auto-Submitted"], "auto-generated");
                    assert_eq!(read.fields["To"], "hanako@city.example");
                    assert_eq!((read.hops, read.files.len()), (0, 0));
                    assert_eq!(read.fields["X-Temizu-Id"], item(1).reference().to_string());
                    assert!(read.text.contains(&item(1).reference().to_string()), "{}", read.text);
                    assert_eq!(read.text.contains("https://"), !portal.is_empty(), "{}", read.text);
                    let english = language == Some(Language::En);
                    let japanese = |c: char| ('\u{3040}'..='\u{9fff}').contains(&c);
                    // The contact is in the site's own words.
                    let ours = read.text.replace("情報政策課 内線1234", "");
                    assert_eq!(ours.chars().any(japanese), !english, "{ours}");
                }
            }
        }
    }

    #[test]
    fn an_approver_reads_the_outcome_first_then_the_deadline_and_the_way() {
        let read = read(&site("https://portal.city.example"), TidingKind::Asked, None, &[item(1)]);
        let reference = item(1).reference();
        assert_eq!(read.fields["Subject"], format!("[要操作] 原本の申請が承認を待っています（管理番号 {reference}）"));
        let request = RequestId::from_bytes([9; 16]);
        assert_eq!(
            read.text.lines().take(4).collect::<Vec<_>>(),
            [
                "■ 原本の申請 1件が、あなたの承認を待っています。",
                "  期限 令和8年（2026年）11月26日（木）10:42",
                &format!("  操作はこちら → https://portal.city.example/approvals/{request}"),
                RULER,
            ]
        );
    }

    #[test]
    fn without_a_portal_the_page_is_named() {
        for (kind, page) in
            [(TidingKind::Asked, "承認"), (TidingKind::Returned, "申請した原本"), (TidingKind::Digest, "要対応")]
        {
            let read = read(&site(""), kind, None, &[item(1)]);
            assert!(
                read.text.contains(&format!("無害化ポータルの「{page}」の画面を開いてください。")),
                "{}",
                read.text
            );
        }
    }

    #[test]
    fn a_digest_names_the_oldest_first_and_counts_the_rest() {
        let items: Vec<ItemId> = (1..=32).map(item).collect();
        let read = read(&site("https://portal.city.example"), TidingKind::Digest, None, &items);
        assert_eq!(read.fields["Subject"], "[要操作] 操作が必要なメール 32件");
        let first = format!(" 1. 管理番号 {} ／ 保管期限 令和8年12月7日（月）", item(1).reference());
        assert!(read.text.contains(&first), "{}", read.text);
        assert!(read.text.contains(&format!("https://portal.city.example/m/{}\n", item(1).reference())));
        assert!(read.text.contains("ほかに 2件あります。") && !read.text.contains(" 31. "), "{}", read.text);
        assert!(read.text.contains("https://portal.city.example/?tab=action\n"), "{}", read.text);
    }
}
