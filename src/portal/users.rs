//! S1, 利用者・所属: who may sign in, as what, since when; stopping somebody, and helping whoever cannot sign in.
//!
//! Refuses: a change without a proof of identity of the last minutes, to stop oneself. Invariant: whoever administers now
//! still does after a change made here; a link is on one page, once, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::Portal;
use super::approvals::{is_fresh, prove_first};
use crate::domain::{
    Account, AccountId, Department, DepartmentCode, Digest, Event, IdentitySource, OfficeRole, Posting,
};
use crate::identity::Refusal;
use crate::ports::{AccountChange, Door, OneTimeLink};
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::reader::{Read, Reader, Visitor};
use crate::web::trouble::{Trouble, escaped, show};
use crate::web::words::Words;

/// Lines of a page.
pub const PAGE: usize = 50;
/// How long a link is good.
const LINK: Duration = Duration::from_secs(30 * 60);
/// Longest search in characters.
const MAX_SEARCH: usize = 200;

/// What the address of the list asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
    #[serde(default)]
    said: String,
}

#[derive(Template)]
#[template(path = "users.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    query: String,
    found: usize,
    page: usize,
    pages: usize,
    said: bool,
    titles: [&'static str; 4],
    matrix: Vec<Right>,
}

/// One account in the list.
struct Row {
    id: AccountId,
    login: String,
    name: String,
    roles: String,
    departments: String,
    signed_in: String,
    state: &'static str,
    blocked: bool,
}

/// A line of the table of roles.
struct Right {
    what: &'static str,
    may: [bool; 4],
}

#[derive(Template)]
#[template(path = "user.html")]
struct OnePage {
    frame: Frame,
    row: Row,
    source: &'static str,
    mailbox: Option<String>,
    postings: Vec<Place>,
    is_own: bool,
    is_local: bool,
    takes_link: bool,
    has_password: bool,
    has_totp: bool,
    said: &'static str,
    link: Option<String>,
}

/// A posting, for people.
struct Place {
    department: String,
    roles: String,
    from: String,
    until: String,
    in_force: bool,
}

/// What each role may do, as the rows of the router have it.
fn matrix(l: Words) -> Vec<Right> {
    let right = |what, may| Right { what, may };
    vec![
        right(
            l.t("自分と所属あてのメールを見る、原本を申請する", "See their own mail, ask for originals"),
            [true, false, false, false],
        ),
        right(l.t("所属の原本申請を決める", "Decide on requests of their departments"), [false, true, false, false]),
        right(l.t("代理を決める", "Name deputies"), [false, true, false, false]),
        right(l.t("利用者と所属を管理する", "Manage accounts and departments"), [false, false, true, false]),
        right(l.t("記録を見る", "See records"), [false, false, false, true]),
    ]
}

/// Departments by their code.
pub(super) type Names<'d> = BTreeMap<&'d DepartmentCode, &'d Department>;

/// Departments by their code.
pub(super) fn names(departments: &[Department]) -> Names<'_> {
    departments.iter().map(|department| (&department.code, department)).collect()
}

/// The name of a department; its code if it has none.
pub(super) fn named(names: &Names<'_>, code: &DepartmentCode) -> String {
    names.get(code).map_or_else(|| code.to_string(), |department| department.name.to_string())
}

/// Roles, for people.
pub(super) fn titles(roles: &BTreeSet<OfficeRole>, l: Words) -> String {
    roles.iter().map(|role| role.title(l.language)).collect::<Vec<_>>().join(l.t("、", ", "))
}

fn row(account: &Account, names: &Names<'_>, today: jiff::civil::Date, l: Words) -> Row {
    let in_force: Vec<&Posting> = account.postings.iter().filter(|posting| posting.is_in_force(today)).collect();
    let roles: BTreeSet<OfficeRole> = in_force.iter().flat_map(|posting| posting.roles.iter().copied()).collect();
    let departments: BTreeSet<&DepartmentCode> = in_force.iter().map(|posting| &posting.department).collect();
    let departments: Vec<String> = departments.into_iter().map(|code| named(names, code)).collect();
    let state = match (account.blocked, in_force.is_empty()) {
        (true, _) => l.t("停止中", "Blocked"),
        (false, true) => l.t("今日の所属なし", "No place today"),
        (false, false) => l.t("利用中", "Active"),
    };
    Row {
        id: account.id,
        login: account.login.to_string(),
        name: account.name.to_string(),
        roles: titles(&roles, l),
        departments: departments.join(l.t("、", ", ")),
        signed_in: account.signed_in_at.as_ref().map_or_else(|| l.t("なし", "never").to_owned(), |at| l.short(at)),
        state,
        blocked: account.blocked,
    }
}

/// True if the account is what somebody looks for: a part of its sign-in name, its name or its address.
fn is_found(account: &Account, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    has(account.login.as_str())
        || has(account.name.as_str())
        || account.mailbox.as_ref().is_some_and(|mailbox| has(mailbox.as_str()))
}

/// The list.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn list(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let (l, today, tenant) = (reader.words, portal.web.today(), &visitor.principal.tenant);
    let accounts = portal.web.accounts.accounts(tenant).await?;
    let departments = portal.web.accounts.departments(tenant).await?;
    let query: String = asked.q.trim().chars().take(MAX_SEARCH).collect();
    let wanted = query.to_lowercase();
    let found: Vec<&Account> = accounts.iter().filter(|account| is_found(account, &wanted)).collect();
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = asked.page.clamp(1, pages);
    let names = names(&departments);
    let shown = found.iter().skip(page.saturating_sub(1).saturating_mul(PAGE)).take(PAGE);
    Ok(show(&ListPage {
        rows: shown.map(|account| row(account, &names, today, l)).collect(),
        query,
        found: found.len(),
        page,
        pages,
        said: asked.said == "imported",
        titles: OfficeRole::ALL.map(|role| role.title(l.language)),
        matrix: matrix(l),
        frame: Frame::new(&portal.web, &reader),
    }))
}

impl Portal {
    async fn account(&self, visitor: &Visitor, id: &str) -> Result<Account, Trouble> {
        let id = AccountId::from_str(id).map_err(|_| Trouble::NotFound)?;
        let accounts = self.web.accounts.accounts(&visitor.principal.tenant).await?;
        accounts.into_iter().find(|account| account.id == id).ok_or(Trouble::NotFound)
    }

    async fn account_page(
        &self,
        reader: &Reader,
        visitor: &Visitor,
        account: &Account,
        said: &'static str,
        link: Option<String>,
    ) -> Result<Response, Trouble> {
        let (l, today) = (reader.words, self.web.today());
        let departments = self.web.accounts.departments(&visitor.principal.tenant).await?;
        let names = names(&departments);
        let mut postings: Vec<&Posting> = account.postings.iter().collect();
        postings.sort_by(|a, b| (b.from, b).cmp(&(a.from, a)));
        let place = |posting: &Posting| Place {
            department: named(&names, &posting.department),
            roles: titles(&posting.roles, l),
            from: l.day(&posting.from),
            until: posting.until.as_ref().map_or_else(|| l.t("決まっていない", "open").to_owned(), |day| l.day(day)),
            in_force: posting.is_in_force(today),
        };
        Ok(show(&OnePage {
            row: row(account, &names, today, l),
            source: source(account.source, l),
            mailbox: account.mailbox.as_ref().map(ToString::to_string),
            postings: postings.into_iter().map(place).collect(),
            is_own: account.id == visitor.principal.account,
            is_local: account.source == IdentitySource::Local,
            takes_link: takes_link(account),
            has_password: account.has_password,
            has_totp: account.has_totp,
            said,
            link,
            frame: Frame::new(&self.web, reader),
        }))
    }
}

/// Who proves who somebody is.
pub(super) const fn source(source: IdentitySource, l: Words) -> &'static str {
    match source {
        IdentitySource::Local => l.t("この仕組みのパスワード", "a password kept here"),
        IdentitySource::Directory => l.t("LDAP・Active Directory", "LDAP, Active Directory"),
        IdentitySource::Openid => l.t("共通認証（OpenID Connect）", "OpenID Connect"),
        IdentitySource::Proxy => l.t("前段のプロキシ", "a proxy in front"),
    }
}

/// One account.
///
/// # Errors
/// [`Trouble::NotFound`] if there is none.
pub async fn page(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let account = portal.account(&visitor, &id).await?;
    let l = reader.words;
    let said = match asked.said.as_str() {
        "blocked" => l.t("停止しました。開いていた画面も使えません。", "Blocked and signed out everywhere."),
        "unblocked" => l.t("再開しました。", "May sign in again."),
        "second-factor" => l.t(
            "二要素認証を解除しました。次のログインで設定し直します。",
            "The second factor was taken away. It is set up anew at the next sign-in.",
        ),
        _ => "",
    };
    portal.account_page(&reader, &visitor, &account, said, None).await
}

/// Stops an account, or lets it go on.
///
/// # Errors
/// [`Trouble::Conflict`] for one's own.
pub async fn block(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let account = portal.account(&visitor, &id).await?;
    let blocked = fields.text("blocked") == "1";
    if account.id == visitor.principal.account {
        return Err(Trouble::Conflict);
    }
    if !is_fresh(&portal, &visitor) {
        return Ok(prove_first(&format!("/users/{}", account.id)));
    }
    let details = json!({ "account": account.id, "login": account.login, "blocked": blocked });
    let record = portal.record(&visitor, Event::AccountChanged, None, details);
    let change = AccountChange::Block { account: account.id, blocked };
    portal.web.accounts.change(&visitor.principal.tenant, vec![(change, record)]).await?;
    let said = if blocked { "blocked" } else { "unblocked" };
    Ok(Redirect::to(&format!("/users/{}?said={said}", account.id)).into_response())
}

/// Takes the second factor of somebody away who has lost it.
///
/// # Errors
/// [`Trouble::NotFound`] if there is no such account.
pub async fn take_second_factor(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    _fields: Fields,
) -> Result<Response, Trouble> {
    let account = portal.account(&visitor, &id).await?;
    if !is_fresh(&portal, &visitor) {
        return Ok(prove_first(&format!("/users/{}", account.id)));
    }
    let (tenant, actor) = (&visitor.principal.tenant, visitor.principal.actor());
    match portal.web.identity.take_second_factor(tenant, &account.login, &actor).await {
        Ok(()) => Ok(Redirect::to(&format!("/users/{}?said=second-factor", account.id)).into_response()),
        Err(Refusal::Refused) => Err(Trouble::NotFound),
        Err(_) => Err(Trouble::Unavailable),
    }
}

/// True for whoever has nobody else to prove anything to: those whose password is kept here, and those whom a proxy names
/// and who cannot show it a proof anew. With the link the former choose a password, the latter set up a second factor.
fn takes_link(account: &Account) -> bool {
    !account.blocked && matches!(account.source, IdentitySource::Local | IdentitySource::Proxy)
}

/// Makes a link that signs an account in once, for whoever has no password or lost it, or has no second factor and needs
/// one. It is shown on this answer only; sessions that begin with it may choose the one and set up the other.
///
/// # Errors
/// [`Trouble::Conflict`] for one's own account, a blocked one, or one whose proof is kept elsewhere.
pub async fn link(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    _fields: Fields,
) -> Result<Response, Trouble> {
    let account = portal.account(&visitor, &id).await?;
    let is_own = account.id == visitor.principal.account;
    if is_own || !takes_link(&account) {
        return Err(Trouble::Conflict);
    }
    if !is_fresh(&portal, &visitor) {
        return Ok(prove_first(&format!("/users/{}", account.id)));
    }
    let token = portal.web.token().map_err(|_| Trouble::Unavailable)?;
    let until = portal.web.clock.now().after(LINK);
    let offered = OneTimeLink { token: Digest::of(token.as_bytes()), account: account.id, door: Door::Portal, until };
    let details = json!({ "account": account.login, "door": Door::Portal.as_str(), "until": until, "by": "portal" });
    let record = portal.record(&visitor, Event::LinkOffered, None, details);
    portal.web.sessions.offer_link(&visitor.principal.tenant, offered, record).await?;
    let url = format!("{}/link/{}", portal.web.origin(&headers), escaped(&token));
    let page = portal.account_page(&reader, &visitor, &account, "", Some(url)).await?;
    Ok((StatusCode::CREATED, page).into_response())
}
