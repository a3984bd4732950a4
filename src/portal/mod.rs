//! The portal: pages of staff, approvers and administrators, on the LGWAN side.
//!
//! Refuses: to name an original; there is no port to one here. Invariant: every object is looked up together with whoever
//! asks for it.

pub mod approvals;
pub mod decided;
pub mod detail;
pub mod download;
pub mod help;
mod history;
pub mod list;
mod parts;
pub mod password;
pub mod preview;
mod progress;
mod related;
pub mod requests;
pub mod roster;
pub mod search;
pub mod settings;
pub mod streams;
pub mod upload;
pub mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;

use self::streams::Slots;
use crate::domain::{AuditEvent, Event, ItemId, OfficeRole, Principal};
use crate::ports::{Arrivals, Offers, OriginalSink, Register, Releases, Uploads, Viewer};
use crate::web::Web;
use crate::web::frame::MenuItem;
use crate::web::reader::Visitor;
use crate::web::routes::{Need, Routes, Row};
use crate::web::sign_in;
use crate::web::words::Words;

/// What the pages of the portal need.
#[derive(Clone)]
pub struct Portal {
    /// What all pages need.
    pub web: Arc<Web>,
    /// What staff see of the mails that came for them.
    pub arrivals: Arc<dyn Arrivals>,
    /// Requests for originals.
    pub releases: Arc<dyn Releases>,
    /// Where what belongs to no item is put on record.
    pub register: Arc<dyn Register>,
    /// Where passwords that staff type wait, sealed, to be tried.
    pub offers: Arc<dyn Offers>,
    /// How files stand that staff put in.
    pub put_in: Arc<dyn Uploads>,
    /// Where files that staff put in go, sealed; nothing is read back.
    pub sink: Arc<dyn OriginalSink>,
    /// Pages that tell by themselves how something stands: 5 of one account, 500 in all.
    pub streams: Arc<Slots>,
    /// Files on their way in: 3 of one account, 50 in all.
    pub uploads: Arc<Slots>,
    /// Rosters that were shown and not applied yet.
    pub previews: Arc<roster::Previews>,
}

impl FromRef<Portal> for Arc<Web> {
    fn from_ref(portal: &Portal) -> Self {
        Self::clone(&portal.web)
    }
}

/// Whoever reads mail here.
const STAFF: Need = Need::OneOf(&[OfficeRole::Staff]);

/// Whoever may be asked to decide: approvers, and staff who are somebody's deputy. The store settles on what.
const DECIDES: Need = Need::OneOf(&[OfficeRole::Approver, OfficeRole::Staff]);
const APPROVER: Need = Need::OneOf(&[OfficeRole::Approver]);
const ADMINISTRATOR: Need = Need::OneOf(&[OfficeRole::Administrator]);

impl Portal {
    /// The pages.
    pub fn router(self) -> Router {
        routes(&self.web).router(self)
    }
}

/// Who may see which page.
#[must_use]
pub fn rows(web: &Arc<Web>) -> Vec<Row> {
    routes(web).rows().to_vec()
}

fn routes(web: &Arc<Web>) -> Routes<Portal> {
    sign_in::routes(web)
        .get("/", Need::Anyone, list::home)
        .get("/mails", STAFF, list::page)
        .post("/mails", STAFF, list::act)
        .get("/m/{item}", STAFF, detail::page)
        .get("/m/{item}/text/{digest}", STAFF, detail::text)
        .get("/m/{item}/file/{digest}", STAFF, download::file)
        .get("/m/{item}/preview/{digest}", STAFF, preview::picture_of_mail)
        .post("/m/{item}/files", STAFF, download::all)
        .get("/m/{item}/request", STAFF, requests::form)
        .post("/m/{item}/request", STAFF, requests::ask)
        .get("/m/{item}/password", STAFF, password::form)
        .post("/m/{item}/password", STAFF, password::offer)
        .get("/m/{item}/trial", STAFF, password::under_way)
        .get("/m/{item}/trial/{offer}", STAFF, password::trial)
        .get("/m/{item}/trial/{offer}/events", STAFF, password::events)
        .post("/m/{item}/trial/{offer}/stop", STAFF, password::stop)
        .get("/upload", STAFF, upload::form)
        .post_up_to("/upload", STAFF, upload::take, upload::body(web.config.portal.upload_bytes))
        .get("/upload/{item}", STAFF, upload::page)
        .get("/upload/{item}/events", STAFF, upload::events)
        .post("/upload/{item}/stop", STAFF, upload::stop)
        .get("/requests", STAFF, requests::list)
        .post("/requests/{request}/withdraw", STAFF, requests::withdraw)
        .get("/approvals", DECIDES, approvals::list)
        .post("/approvals", DECIDES, approvals::together)
        .get("/approvals/{request}", DECIDES, approvals::page)
        .post("/approvals/{request}", DECIDES, approvals::decide)
        .get("/approvals/{request}/preview/{digest}", DECIDES, preview::picture_of_request)
        .get("/decided", DECIDES, decided::page)
        .get("/decided.csv", DECIDES, decided::file)
        .get("/deputies", APPROVER, approvals::deputies)
        .post("/deputies", APPROVER, approvals::name_deputies)
        .get("/users", ADMINISTRATOR, users::list)
        .get("/users/import", ADMINISTRATOR, roster::page)
        .post_up_to("/users/import", ADMINISTRATOR, roster::upload, roster::MAX_UPLOAD)
        .post("/users/import/apply", ADMINISTRATOR, roster::apply)
        .get("/users/{account}", ADMINISTRATOR, users::page)
        .post("/users/{account}/block", ADMINISTRATOR, users::block)
        .post("/users/{account}/second-factor", ADMINISTRATOR, users::take_second_factor)
        .post("/users/{account}/link", ADMINISTRATOR, users::link)
        .get("/settings", Need::Anyone, settings::page)
        .post("/settings", Need::Anyone, settings::save)
        .get("/help", Need::Nobody, help::page)
}

/// The menu, by what somebody may act as.
#[must_use]
pub fn menu(principal: &Principal, l: Words, target: &str) -> Vec<MenuItem> {
    let rows = [
        ("/mails", l.t("受信一覧", "Mail"), STAFF),
        ("/upload", l.t("ファイルを無害化", "Sanitize a file"), STAFF),
        ("/requests", l.t("申請の状況", "My requests"), STAFF),
        // Deputies come by the link of the mail that tells them; for all other staff the page would be empty.
        ("/approvals", l.t("承認", "Approvals"), APPROVER),
        ("/decided", l.t("承認履歴", "Decided"), APPROVER),
        ("/deputies", l.t("代理", "Deputies"), APPROVER),
        ("/users", l.t("利用者", "Accounts"), ADMINISTRATOR),
        ("/settings", l.t("設定", "Settings"), Need::Anyone),
        ("/help", l.t("ヘルプ", "Help"), Need::Nobody),
    ];
    let may = |need: Need| match need {
        Need::OneOf(roles) => roles.iter().any(|role| principal.is(*role)),
        Need::Anyone | Need::Nobody => true,
    };
    let path = target.split('?').next().unwrap_or_default();
    let rows = rows.into_iter().filter(|(_, _, need)| may(*need));
    rows.map(|(to, label, _)| MenuItem { path: to, label, current: path == to || path.starts_with(&format!("{to}/")) })
        .collect()
}

/// Through whose eyes a visitor sees mail.
fn viewer(visitor: &Visitor) -> Viewer {
    Viewer {
        tenant: visitor.principal.tenant.clone(),
        account: visitor.principal.account,
        mailboxes: visitor.principal.mailboxes(),
    }
}

impl Portal {
    /// A record of what a visitor did.
    fn record(&self, visitor: &Visitor, event: Event, item: Option<ItemId>, details: serde_json::Value) -> AuditEvent {
        AuditEvent { at: self.web.clock.now(), event, item, actor: visitor.principal.actor(), details }
    }
}
