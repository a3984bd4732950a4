//! A3, 承認履歴: what an approver decided, filtered on the page and in the file.
//!
//! Refuses nothing; what a filter does not understand filters nothing. Invariant: no cell of the file begins a formula.

use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use serde_json::json;

use super::Portal;
use super::requests::{Row, row};
use crate::domain::{Event, Language, ReleaseRequest, RequestState, date, folded};
use crate::web::frame::Frame;
use crate::web::reader::{Read, Visitor};
use crate::web::trouble::{Trouble, escaped, show};
use crate::web::words::Words;

/// Decisions that a page shows.
const SHOWN: usize = 200;
/// Days that the history reaches back.
const HISTORY: u64 = 400;
/// Decisions that are looked through, and lines of a file at most.
const EXPORTED: u32 = 10_000;

#[derive(Template)]
#[template(path = "decided.html")]
struct HistoryPage {
    frame: Frame,
    rows: Vec<Row>,
    filter: Filter,
    /// What the file of the same lines is asked for by.
    csv: String,
    more: bool,
}

/// Which decisions are shown: what the address of the page says.
#[derive(Debug, Default, Clone, serde::Deserialize)]
pub struct Filter {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
}

impl Filter {
    /// True of what is to be shown; days are those of the site.
    fn shows(&self, request: &ReleaseRequest, l: Words) -> bool {
        let wanted = folded(self.q.trim());
        let texts = [
            request.reference.to_string(),
            request.requester_name.to_string(),
            request.sender.clone(),
            request.file.clone().unwrap_or_default(),
            request.subject.clone().unwrap_or_default(),
            request.why.clone(),
        ];
        let approved =
            matches!(request.state, RequestState::Approved | RequestState::HandedOver | RequestState::Expired);
        let day = request.decided.as_ref().map(|one| date::local(one.at, l.utc_offset_minutes).date());
        let from_on = self.since.parse::<Date>().map_or(true, |since| day.is_some_and(|day| day >= since));
        let up_to = self.until.parse::<Date>().map_or(true, |until| day.is_some_and(|day| day <= until));
        let in_state = match self.state.as_str() {
            "approved" => approved,
            "returned" => request.state == RequestState::Returned,
            _ => true,
        };
        (wanted.is_empty() || texts.iter().any(|text| folded(text).contains(&wanted))) && in_state && from_on && up_to
    }

    fn is_empty(&self) -> bool {
        [&self.q, &self.state, &self.since, &self.until].iter().all(|text| text.trim().is_empty())
    }

    fn href(&self) -> String {
        let Self { q, state, since, until } = self;
        let [q, state, since, until] = [q, state, since, until].map(|text| escaped(text));
        format!("/decided.csv?q={q}&state={state}&since={since}&until={until}")
    }
}

impl Portal {
    async fn history(&self, visitor: &Visitor, filter: &Filter, l: Words) -> Result<Vec<ReleaseRequest>, Trouble> {
        let principal = &visitor.principal;
        let since = self.web.clock.now().before(Duration::from_secs(HISTORY * 86_400));
        let mut all = self.releases.decided(&principal.tenant, principal.account, since, EXPORTED).await?;
        all.retain(|request| filter.shows(request, l));
        Ok(all)
    }
}

/// What the visitor decided.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn page(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Query(filter): Query<Filter>,
) -> Result<Response, Trouble> {
    let (l, now) = (reader.words, portal.web.clock.now());
    let requests = portal.history(&visitor, &filter, l).await?;
    Ok(show(&HistoryPage {
        rows: requests.iter().take(SHOWN).map(|request| row(request, now, l)).collect(),
        csv: filter.href(),
        more: requests.len() > SHOWN,
        filter,
        frame: Frame::new(&portal.web, &reader),
    }))
}

/// The same as CSV: UTF-8 with a byte order mark, for Excel; no cell begins a formula.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn file(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Query(filter): Query<Filter>,
) -> Result<Response, Trouble> {
    let requests = portal.history(&visitor, &filter, reader.words).await?;
    let record =
        portal.record(&visitor, Event::ListExported, None, json!({ "list": "decided", "lines": requests.len() }));
    portal.register.record(&visitor.principal.tenant, record).await?;
    let text = csv(&requests, reader.words.language).map_err(|()| Trouble::Unavailable)?;
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"approvals.csv\"")];
    Ok((headers, text).into_response())
}

fn csv(requests: &[ReleaseRequest], language: Language) -> Result<Vec<u8>, ()> {
    let head = match language {
        Language::Ja => {
            ["申請番号", "管理番号", "申請日時", "申請者", "対象", "理由", "結果", "決定日時", "代理", "コメント"]
        }
        Language::En => {
            ["request", "reference", "asked", "requester", "what", "why", "state", "decided", "for", "comment"]
        }
    };
    let mut writer = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    writer.write_record(head).map_err(drop)?;
    for request in requests {
        let decided = request.decided.as_ref();
        let cells = [
            request.id.to_string(),
            request.reference.to_string(),
            request.asked_at.to_string(),
            request.requester_name.to_string(),
            request.file.clone().unwrap_or_default(),
            request.why.clone(),
            request.state.as_str().to_owned(),
            decided.map(|decided| decided.at.to_string()).unwrap_or_default(),
            decided.and_then(|decided| decided.in_place_of.as_ref()).map(ToString::to_string).unwrap_or_default(),
            decided.and_then(|decided| decided.comment.clone()).unwrap_or_default(),
        ];
        writer.write_record(cells.iter().map(|cell| inert(cell))).map_err(drop)?;
    }
    writer.into_inner().map_err(drop)
}

/// A cell that no spreadsheet runs (OWASP: CSV injection).
fn inert(cell: &str) -> String {
    // Those of full width, too: some spreadsheets fold them.
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for cell in ["=1+1", "+81", "-1", "@x", "\tx", "\rx", "＝1"] {
            assert!(inert(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(inert("図面"), "図面");
    }
}
