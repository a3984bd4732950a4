//! U2 and U5: one mail, before and after, with every finding, and the text that was delivered.
//!
//! Refuses: a mail that came for none of the visitor's mailboxes. Invariant: opening the page writes a record.

use std::str::FromStr as _;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;
use serde_json::json;

use super::history::{Moment, moments};
use super::parts::{self, Part};
use super::requests::can_ask;
use super::{Portal, viewer};
use crate::domain::{AccountId, ArrivalState, Authentication, Digest, Event, ItemId, date};
use crate::ports::ArrivalDetail;
use crate::web::frame::Frame;
use crate::web::reader::{Read, Visitor};
use crate::web::trouble::{Trouble, show};
use crate::web::words::Words;

/// Longest text that a page shows, in bytes; the rest is in the delivered mail.
const MAX_TEXT: u64 = 512 * 1024;

#[derive(Template)]
#[template(path = "detail.html")]
struct Page {
    frame: Frame,
    head: parts::Line,
    bodies: Vec<Part>,
    files: Vec<Part>,
    rows: Vec<(String, String)>,
    findings: Vec<String>,
    moments: Vec<Moment>,
    kept_until: String,
    related: Vec<parts::Line>,
    /// The text is not shown: the visitor has had too much.
    limited: bool,
    text: Option<String>,
    links: Vec<(u32, String)>,
    can_ask: bool,
    wants_password: bool,
    trying: bool,
    has_files: bool,
    expired: bool,
}

/// The page of a mail.
///
/// # Errors
/// [`Trouble::NotFound`] if it is not the visitor's.
pub async fn page(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(item): Path<String>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let viewer = viewer(&visitor);
    let record = portal.record(&visitor, Event::ItemViewed, Some(id), json!({ "page": "detail" }));
    let detail = portal.arrivals.arrival(&viewer, id, Some(record)).await?;
    let l = reader.words;
    let contact = portal.web.config.site.contact.as_str();
    let arrival = &detail.line.arrival;
    let all: Vec<Part> = arrival.parts.iter().map(|one| parts::part(one, l, contact)).collect();
    let (mut files, bodies): (Vec<Part>, Vec<Part>) = all.into_iter().partition(|part| part.is_file);
    number(&mut files);
    let body = arrival.parts.iter().find(|part| !parts::is_file(part)).and_then(|part| part.now.as_ref());
    let limited = !portal.may_fetch(&visitor, 1).await?;
    let text = match body {
        Some(body) if body.length <= MAX_TEXT && detail.line.state != ArrivalState::Expired && !limited => {
            let shown = json!({ "part": "body", "sha256": body.digest, "as": "text" });
            let record = portal.record(&visitor, Event::FileShown, Some(id), shown);
            let bytes = portal.arrivals.derivative(&viewer, id, body.digest, record).await?.collect().await?;
            String::from_utf8(bytes).ok()
        }
        _ => None,
    };
    if !limited && detail.line.state != ArrivalState::Expired {
        portal.preview(&visitor, arrival, &mut files).await?;
    }
    let put_in_by = match arrival.uploaded_by {
        None => None,
        Some(account) => Some(portal.name_of(&visitor, account, l).await?),
    };
    let page = Page {
        head: parts::line(&detail.line, l),
        rows: rows(&detail, put_in_by.as_deref(), l, portal.web.config.retention.days),
        findings: arrival.findings.iter().map(|finding| l.reason(&finding.code)).collect(),
        moments: moments(&detail, l),
        kept_until: l.day(&kept_until(&detail, l, portal.web.config.retention.days)),
        related: portal.related(&viewer, &detail, l).await?,
        limited,
        links: body
            .map(|body| body.links.iter().map(|link| (link.number, link.target.clone())).collect())
            .unwrap_or_default(),
        text,
        can_ask: can_ask(&detail),
        wants_password: detail.line.state == ArrivalState::PasswordWanted,
        trying: detail.trying,
        has_files: files.iter().any(|file| file.digest.is_some()),
        expired: detail.line.state == ArrivalState::Expired,
        files,
        bodies,
        frame: Frame::new(&portal.web, &reader),
    };
    Ok(show(&page))
}

impl Portal {
    /// The name of whoever put a file in, as long as they may act here.
    async fn name_of(&self, visitor: &Visitor, account: AccountId, l: Words) -> Result<String, Trouble> {
        let who = self.web.accounts.principal(&visitor.principal.tenant, account, self.web.today()).await?;
        let gone = || l.t("今は利用者でない人", "somebody who is no user any more").to_owned();
        Ok(who.map(|who| format!("{}（{}）", who.name, who.login)).unwrap_or_else(gone))
    }
}

/// What stands beside the names: who, when, for whom, how it was checked.
fn rows(detail: &ArrivalDetail, put_in_by: Option<&str>, l: Words, days: u32) -> Vec<(String, String)> {
    let arrival = &detail.line.arrival;
    let from = match put_in_by {
        Some(name) => (l.t("入れた人", "Put in by").to_owned(), name.to_owned()),
        None => (l.t("差出人", "From").to_owned(), parts::sender(&detail.line)),
    };
    let mut rows = vec![
        from,
        (l.t("あて先", "For").to_owned(), arrival.mailbox.to_string()),
        (l.t("受信", "Received").to_owned(), l.moment(&arrival.received_at)),
        (l.t("管理番号", "Reference").to_owned(), detail.line.reference.to_string()),
    ];
    if arrival.uploaded_by.is_none() {
        let checked = match arrival.sender.authentication() {
            Authentication::Passed => {
                l.t("合格（差出人のドメインを確かめました）", "passed: the sender's domain was verified")
            }
            Authentication::Failed => l.t("不合格（なりすましのおそれがあります）", "failed: the sender may be forged"),
            Authentication::None => l.t("なし（確かめられていません）", "none: not verified"),
        };
        rows.push((l.t("送信ドメイン認証", "Sender authentication").to_owned(), checked.to_owned()));
    }
    rows.push((l.t("保管期限", "Kept until").to_owned(), l.day(&kept_until(detail, l, days))));
    rows
}

/// The last day on which it is kept.
fn kept_until(detail: &ArrivalDetail, l: Words, days: u32) -> Date {
    date::deadline(&date::local(detail.line.arrival.received_at, l.utc_offset_minutes), days)
}

/// Numbers the parts of a page from 1.
pub(super) fn number(parts: &mut [Part]) {
    for (number, part) in (1..).zip(parts) {
        part.number = number;
    }
}

#[derive(Template)]
#[template(path = "text.html")]
struct TextPage {
    frame: Frame,
    title: String,
    text: String,
    back: ItemId,
}

/// A rebuilt text by itself.
///
/// # Errors
/// [`Trouble::NotFound`] if it is not the visitor's, or no text.
pub async fn text(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path((item, digest)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let digest = Digest::from_str(&digest).map_err(|_| Trouble::NotFound)?;
    let viewer = viewer(&visitor);
    let detail = portal.arrivals.arrival(&viewer, id, None).await?;
    let parts = &detail.line.arrival.parts;
    let now = parts.iter().filter_map(|part| part.now.as_ref()).find(|now| now.digest == digest);
    let now =
        now.filter(|now| now.media_type.starts_with("text/") && now.length <= MAX_TEXT).ok_or(Trouble::NotFound)?;
    portal.within_limit(&visitor, 1).await?;
    let record = portal.record(&visitor, Event::FileShown, Some(id), json!({ "sha256": digest, "as": "text" }));
    let bytes = portal.arrivals.derivative(&viewer, id, digest, record).await?.collect().await?;
    let text = String::from_utf8(bytes).map_err(|_| Trouble::NotFound)?;
    let page = TextPage { title: now.name.clone(), text, back: id, frame: Frame::new(&portal.web, &reader) };
    Ok(show(&page))
}
