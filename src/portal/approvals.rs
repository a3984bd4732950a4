//! A1 and A2: what waits for an approver, one decision, and who decides in one's place.
//!
//! Refuses: an approval without a proof of identity of the last minutes, a return without a comment, many at once for what
//! is dangerous. Invariant: whether somebody may decide is settled by the store, in the transaction of the decision.

use std::str::FromStr as _;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::civil::Date;
use serde_json::json;

use super::Portal;
use super::parts::{self, Part};
use super::requests::{Row, row};
use crate::domain::release::MAX_WHY;
use crate::domain::{ArrivalState, Deputy, Event, Login, ReleaseRequest, RequestId, Risk};
use crate::ports::{Judgement, Ruling};
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::reader::{FRESH, Read, Reader, Visitor};
use crate::web::trouble::{Trouble, escaped, show};

/// Requests that a page shows.
const SHOWN: u32 = 200;
/// Most requests that are approved at once.
const AT_ONCE: usize = 50;

#[derive(Template)]
#[template(path = "approvals.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<(Row, Option<String>)>,
    said: String,
}

#[derive(Template)]
#[template(path = "approval.html")]
struct OnePage {
    frame: Frame,
    request: Row,
    in_place_of: Option<String>,
    head: parts::Line,
    files: Vec<Part>,
    fetch_hours: u32,
    error: &'static str,
    comment: String,
    is_own: bool,
    expired: bool,
}

#[derive(Template)]
#[template(path = "deputies.html")]
struct DeputiesPage {
    frame: Frame,
    deputies: Vec<(String, String, String)>,
    error: &'static str,
}

/// What the address of the list says.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Asked {
    #[serde(default)]
    said: String,
}

/// What waits.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn list(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let (principal, l) = (&visitor.principal, reader.words);
    let (today, now) = (portal.web.today(), portal.web.clock.now());
    let waiting = portal.releases.to_decide(&principal.tenant, principal.account, today, SHOWN).await?;
    let said = match asked.said.as_str() {
        "approved" => l.t("承認しました。申請した人にメールで知らせます。", "Approved. The requester is told by mail."),
        "returned" => {
            l.t("差し戻しました。申請した人にメールで知らせます。", "Returned. The requester is told by mail.")
        }
        _ => "",
    };
    Ok(show(&ListPage {
        rows: waiting
            .iter()
            .map(|(request, place)| (row(request, now, l), place.as_ref().map(ToString::to_string)))
            .collect(),
        said: said.to_owned(),
        frame: Frame::new(&portal.web, &reader),
    }))
}

impl Portal {
    /// One request as whoever may decide on it sees it.
    async fn approval_page(
        &self,
        reader: &Reader,
        visitor: &Visitor,
        id: RequestId,
        error: &'static str,
        comment: &str,
    ) -> Result<OnePage, Trouble> {
        let (principal, l) = (&visitor.principal, reader.words);
        let record = self.record(visitor, Event::ItemViewed, None, json!({ "page": "approval", "request": id }));
        let today = self.web.today();
        let (request, place, detail) =
            self.releases.request_to_decide(&principal.tenant, principal.account, today, id, record).await?;
        let contact = self.web.config.site.contact.as_str();
        let arrival = &detail.line.arrival;
        let of_files = arrival.parts.iter().filter(|part| parts::is_file(part));
        let mut files: Vec<Part> = of_files.map(|part| parts::part(part, l, contact)).collect();
        super::detail::number(&mut files);
        self.preview_to_decide(visitor, id, arrival, &mut files).await?;
        for part in &mut files {
            // Whoever decides fetches nothing.
            (part.digest, part.wants_password) = (None, false);
        }
        Ok(OnePage {
            request: row(&request, self.web.clock.now(), l),
            in_place_of: place.map(|label| label.to_string()),
            head: parts::line(&detail.line, l),
            files,
            fetch_hours: self.web.config.portal.fetch_hours,
            error,
            comment: comment.to_owned(),
            is_own: request.requester == principal.account,
            expired: detail.line.state == ArrivalState::Expired,
            frame: Frame::new(&self.web, reader),
        })
    }

    async fn judge(
        &self,
        visitor: &Visitor,
        request: &ReleaseRequest,
        ruling: Ruling,
        comment: Option<String>,
    ) -> Result<(), Trouble> {
        let principal = &visitor.principal;
        let event = match ruling {
            Ruling::Approve { .. } => Event::RequestApproved,
            Ruling::Return => Event::RequestReturned,
        };
        let details = json!({ "request": request.id, "comment": comment, "risk": request.risk });
        let record = self.record(visitor, event, Some(request.item), details);
        let judgement = Judgement {
            request: request.id,
            by: principal.account,
            by_name: principal.name.clone(),
            ruling,
            comment,
            at: self.web.clock.now(),
            day: self.web.today(),
        };
        Ok(self.releases.judge(&principal.tenant, judgement, record).await?)
    }

    fn approval(&self) -> Ruling {
        let hours = u64::from(self.web.config.portal.fetch_hours);
        Ruling::Approve { fetch_until: self.web.clock.now().after(Duration::from_secs(hours.saturating_mul(3_600))) }
    }
}

/// One request.
///
/// # Errors
/// [`Trouble::NotFound`] if it is not for the visitor to decide.
pub async fn page(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let id = RequestId::from_str(&id).map_err(|_| Trouble::NotFound)?;
    Ok(show(&portal.approval_page(&reader, &visitor, id, "", "").await?))
}

/// A decision.
///
/// # Errors
/// [`Trouble::NotFound`] if it is not for the visitor to decide; [`Trouble::Conflict`] if somebody else has.
pub async fn decide(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let id = RequestId::from_str(&id).map_err(|_| Trouble::NotFound)?;
    let l = reader.words;
    let comment: String = fields.text("comment").chars().take(MAX_WHY).collect();
    let approves = fields.text("ruling") == "approve";
    let (principal, today) = (&visitor.principal, portal.web.today());
    let waiting = portal.releases.to_decide(&principal.tenant, principal.account, today, u32::MAX >> 1).await?;
    let found = waiting.into_iter().map(|(request, _)| request).find(|request| request.id == id);
    let Some(request) = found else {
        // Somebody else's, which is as good as none, or decided on meanwhile.
        portal.approval_page(&reader, &visitor, id, "", "").await?;
        return Err(Trouble::Conflict);
    };
    let error = match (approves, comment.is_empty(), request.risk) {
        (false, true, _) => l.t("差し戻すときは、理由を書いてください。", "A return needs a comment."),
        (true, true, Risk::High) => l.t(
            "危険の高いものを承認するときは、理由を書いてください。",
            "Approving something dangerous needs a comment.",
        ),
        _ => "",
    };
    if !error.is_empty() {
        let page = portal.approval_page(&reader, &visitor, id, error, &comment).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response());
    }
    if approves && !is_fresh(&portal, &visitor) {
        return Ok(prove_first(&format!("/approvals/{id}")));
    }
    let ruling = if approves { portal.approval() } else { Ruling::Return };
    portal.judge(&visitor, &request, ruling, Some(comment).filter(|comment| !comment.is_empty())).await?;
    Ok(Redirect::to(if approves { "/approvals?said=approved" } else { "/approvals?said=returned" }).into_response())
}

/// Approves what was marked, if none of it is dangerous and the same rules keep back what one sender sent.
///
/// # Errors
/// [`Trouble::Conflict`] if the marked ones may not be approved together.
pub async fn together(State(portal): State<Portal>, visitor: Visitor, fields: Fields) -> Result<Response, Trouble> {
    let marked: Vec<RequestId> = fields.all("request").take(AT_ONCE).filter_map(|id| id.parse().ok()).collect();
    let (principal, today) = (&visitor.principal, portal.web.today());
    let waiting = portal.releases.to_decide(&principal.tenant, principal.account, today, u32::MAX >> 1).await?;
    let chosen: Vec<ReleaseRequest> =
        waiting.into_iter().map(|(request, _)| request).filter(|request| marked.contains(&request.id)).collect();
    let Some(first) = chosen.first() else { return Ok(Redirect::to("/approvals").into_response()) };
    let alike = |one: &ReleaseRequest| {
        let same_rule = one.rules == first.rules && one.kept_for == first.kept_for;
        one.risk == Risk::Normal && one.sender == first.sender && same_rule
    };
    if chosen.len() != marked.len() || !chosen.iter().all(alike) {
        return Err(Trouble::Conflict);
    }
    if !is_fresh(&portal, &visitor) {
        return Ok(prove_first("/approvals"));
    }
    for request in &chosen {
        portal.judge(&visitor, request, portal.approval(), None).await?;
    }
    Ok(Redirect::to("/approvals?said=approved").into_response())
}

/// True if the visitor proved who they are within the last minutes.
pub(super) fn is_fresh(portal: &Portal, visitor: &Visitor) -> bool {
    portal.web.clock.now().since(visitor.session.proved_at) <= FRESH
}

pub(super) fn prove_first(to: &str) -> Response {
    Redirect::to(&format!("/prove?to={}", escaped(to))).into_response()
}

/// Who decides in the visitor's place.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn deputies(State(portal): State<Portal>, Read(reader): Read, visitor: Visitor) -> Result<Response, Trouble> {
    Ok(show(&portal.deputies_page(&reader, &visitor, "").await?))
}

impl Portal {
    async fn deputies_page(
        &self,
        reader: &Reader,
        visitor: &Visitor,
        error: &'static str,
    ) -> Result<DeputiesPage, Trouble> {
        let principal = &visitor.principal;
        let named = self.web.accounts.deputies(&principal.tenant, principal.account, self.web.today()).await?;
        let accounts = self.web.accounts.accounts(&principal.tenant).await?;
        let own = named.into_iter().filter(|deputy| deputy.approver == principal.account);
        let deputies = own.filter_map(|deputy| {
            let account = accounts.iter().find(|account| account.id == deputy.deputy)?;
            Some((account.login.to_string(), deputy.from.to_string(), deputy.until.to_string()))
        });
        Ok(DeputiesPage { deputies: deputies.collect(), error, frame: Frame::new(&self.web, reader) })
    }
}

/// Names them anew: up to five rows of a sign-in name and two days.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn name_deputies(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Trouble> {
    let l = reader.words;
    let principal = &visitor.principal;
    let rows = fields.all("login").zip(fields.all("from")).zip(fields.all("until")).take(5);
    let mut deputies = Vec::new();
    for ((login, from), until) in rows.filter(|((login, _), _)| !login.trim().is_empty()) {
        let days = (from.trim().parse::<Date>(), until.trim().parse::<Date>());
        let (Ok(login), (Ok(from), Ok(until))) = (login.trim().parse::<Login>(), days) else {
            let error = l.t(
                "職員番号と、日付（2026-11-23 の形）を確かめてください。",
                "Check the sign-in name and the days (2026-11-23).",
            );
            let page = portal.deputies_page(&reader, &visitor, error).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response());
        };
        let found = portal.web.accounts.by_login(&principal.tenant, &login).await?;
        let Some((account, _)) = found.filter(|(account, _)| account.id != principal.account && from <= until) else {
            let error = l.t(
                "代理にする職員が見つからないか、日付が逆です。",
                "There is no such person, or the days are the wrong way round.",
            );
            let page = portal.deputies_page(&reader, &visitor, error).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response());
        };
        deputies.push(Deputy { approver: principal.account, deputy: account.id, from, until });
    }
    let details = json!({ "deputies": deputies });
    let record = portal.record(&visitor, Event::DeputiesNamed, None, details);
    let today = portal.web.today();
    portal.web.accounts.name_deputies(&principal.tenant, principal.account, deputies, today, record).await?;
    Ok(Redirect::to("/deputies").into_response())
}
