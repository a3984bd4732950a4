//! U1, 受信一覧: what came, how it stands, what can be done. Every filter is in the address of the page.
//!
//! Refuses nothing; what a search does not understand is looked for as text. Invariant: a page has at most
//! [`PAGE`] lines, whatever there is.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::parts::{self, Line};
use super::search::{Hint, Search};
use super::{Portal, viewer};
use crate::domain::{ItemId, OfficeRole};
use crate::ports::{ArrivalCounts, ArrivalQuery, Tab};
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::reader::{Read, Visitor};
use crate::web::trouble::{Trouble, escaped, show};

/// Lines of a page.
pub const PAGE: u32 = 50;
/// Most items that one form may name.
const AT_ONCE: usize = 200;

/// What the address of the page asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    mailbox: String,
    #[serde(default)]
    older: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    said: String,
}

#[derive(Template)]
#[template(path = "list.html")]
struct Page {
    frame: Frame,
    tabs: Vec<TabLink>,
    mailboxes: Vec<MailboxLink>,
    query: String,
    tab: &'static str,
    mailbox: String,
    hints: Vec<String>,
    lines: Vec<Line>,
    counts: ArrivalCounts,
    older: Option<String>,
    /// The same list the other way round, and the first page of this one.
    turned: String,
    first: String,
    oldest_first: bool,
    is_first: bool,
    said: Option<String>,
    checked: String,
}

struct TabLink {
    href: String,
    label: &'static str,
    count: Option<u32>,
    current: bool,
}

struct MailboxLink {
    address: String,
    current: bool,
}

/// The first page of whoever signed in: the list for staff, else what their role has to do.
pub async fn home(visitor: Visitor) -> Response {
    let to = if visitor.principal.is(OfficeRole::Staff) {
        "/mails"
    } else if visitor.principal.is(OfficeRole::Approver) {
        "/approvals"
    } else if visitor.principal.is(OfficeRole::Administrator) {
        "/users"
    } else {
        "/help"
    };
    Redirect::to(to).into_response()
}

/// The list.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn page(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let l = reader.words;
    let viewer = viewer(&visitor);
    let counts = portal.arrivals.count(&viewer).await?;
    let (tab, name) = tab(&asked.tab, counts);
    let search = Search::parse(&asked.q, l.utc_offset_minutes);
    let mailbox = viewer.mailboxes.iter().find(|mailbox| **mailbox == asked.mailbox).cloned();
    let (next, oldest_first) = (asked.older.parse::<ItemId>().ok(), asked.order == "old");
    let query = ArrivalQuery {
        tab,
        mailbox: mailbox.clone(),
        terms: search.terms.clone(),
        older_than: next.filter(|_| !oldest_first),
        newer_than: next.filter(|_| oldest_first),
        oldest_first,
        limit: PAGE + 1,
    };
    let mut found = portal.arrivals.list(&viewer, &query).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let own = Address { tab: name, q: asked.q.trim(), mailbox: mailbox.as_deref().unwrap_or_default(), oldest_first };
    let older = found.last().filter(|_| more).map(|last| own.older(last.arrival.id));
    let page = Page {
        tabs: tabs(l, &own, counts),
        mailboxes: viewer
            .mailboxes
            .iter()
            .map(|address| MailboxLink { current: mailbox.as_deref() == Some(address), address: address.clone() })
            .collect(),
        query: own.q.to_owned(),
        tab: name,
        mailbox: own.mailbox.to_owned(),
        hints: search.hints.iter().map(|hint| hinted(hint, l)).collect(),
        lines: found.iter().map(|line| parts::line(line, l)).collect(),
        counts,
        older,
        turned: Address { oldest_first: !oldest_first, ..own }.href(),
        first: own.href(),
        oldest_first,
        is_first: next.is_none(),
        said: said(&asked.said, l),
        checked: l.short(&portal.web.clock.now()),
        frame: Frame::new(&portal.web, &reader),
    };
    Ok(show(&page))
}

/// What is done with the lines that were marked: off the list, back, or their files fetched in one zip.
///
/// # Errors
/// [`Trouble`] if the store does not answer; [`Trouble::NotFound`] if none of the marked has a file.
pub async fn act(State(portal): State<Portal>, visitor: Visitor, fields: Fields) -> Result<Response, Trouble> {
    let items: Vec<ItemId> = fields.all("item").take(AT_ONCE).filter_map(|text| text.parse().ok()).collect();
    if let Ok(one) = fields.text("one").parse::<ItemId>() {
        return portal.zip_of(&visitor, &[one], None).await;
    }
    if fields.has("fetch") {
        return portal.zip_of(&visitor, &items, Some("temizu.zip")).await;
    }
    let aside = !fields.has("back");
    portal.arrivals.set_aside(&viewer(&visitor), &items, aside).await?;
    let word = if aside { "aside" } else { "back" };
    let mut to = Address {
        tab: fields.text("tab"),
        q: fields.text("q"),
        mailbox: fields.text("mailbox"),
        oldest_first: fields.text("order") == "old",
    }
    .href();
    to.push_str(&format!("&said={word}-{}", items.len()));
    Ok(Redirect::to(&to).into_response())
}

/// The tab that was asked for; the one with work first, if none was.
fn tab(asked: &str, counts: ArrivalCounts) -> (Tab, &'static str) {
    match asked {
        "action" => (Tab::Action, "action"),
        "ready" => (Tab::Ready, "ready"),
        "all" => (Tab::All, "all"),
        "aside" => (Tab::Aside, "aside"),
        _ if counts.action > 0 => (Tab::Action, "action"),
        _ => (Tab::All, "all"),
    }
}

/// What was not understood of a search.
fn hinted(hint: &Hint, l: crate::web::words::Words) -> String {
    let as_text =
        l.t(" は検索の書き方にないので、文字として探しました。", " is no way to search; it was looked for as text.");
    match hint {
        Hint::UnknownPrefix(prefix) => format!("{prefix}:{as_text}"),
        Hint::UnknownValue(word) => format!("{word}{as_text}"),
        Hint::TooLong => {
            l.t("長すぎるため、初めの部分だけで探しました。", "Only the first part of it was searched for.").to_owned()
        }
    }
}

/// What the line at the top says after something was done.
fn said(text: &str, l: crate::web::words::Words) -> Option<String> {
    let (word, number) = text.split_once('-')?;
    let number: u32 = number.parse().ok()?;
    match word {
        "aside" => Some(format!("{number}{}", l.t("件を一覧から外しました。", " taken off the list."))),
        "back" => Some(format!("{number}{}", l.t("件を一覧に戻しました。", " put back on the list."))),
        _ => None,
    }
}

/// Where a list is found.
#[derive(Clone, Copy)]
struct Address<'a> {
    tab: &'a str,
    q: &'a str,
    mailbox: &'a str,
    oldest_first: bool,
}

impl Address<'_> {
    fn href(&self) -> String {
        let order = if self.oldest_first { "&order=old" } else { "" };
        format!("/mails?tab={}&q={}&mailbox={}{order}", escaped(self.tab), escaped(self.q), escaped(self.mailbox))
    }

    fn older(&self, than: ItemId) -> String {
        format!("{}&older={than}", self.href())
    }
}

fn tabs(l: crate::web::words::Words, own: &Address<'_>, counts: ArrivalCounts) -> Vec<TabLink> {
    let rows = [
        ("action", l.t("要対応", "To do"), Some(counts.action)),
        ("ready", l.t("受け取れる", "Ready"), Some(counts.ready)),
        ("all", l.t("すべて", "All"), None),
        ("aside", l.t("外したもの", "Taken off"), None),
    ];
    rows.into_iter()
        .map(|(name, label, count)| TabLink {
            href: Address { tab: name, ..*own }.href(),
            label,
            count,
            current: own.tab == name,
        })
        .collect()
}
