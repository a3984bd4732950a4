//! U6 and U7: asking for an original, and what became of one's requests.
//!
//! Refuses: a reason of fewer than ten characters, a request that nobody could decide on. Invariant: what is asked for is
//! named by the store's own row of the mail, never by the form.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::civil::Date;
use serde_json::json;

use super::parts;
use super::{Portal, viewer};
use crate::domain::release::{MAX_WHY, MIN_WHY};
use crate::domain::{
    ArrivalFile, ArrivalState, Department, DepartmentCode, Event, ItemId, Label, Language, PartPath, Reason,
    ReleaseRequest, RequestId, RequestState, Risk, RuleName, Timestamp, TypeClass,
};
use crate::ports::{ArrivalDetail, StoreError};
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::reader::{Read, Reader, Visitor};
use crate::web::trouble::{Trouble, show};
use crate::web::words::Words;

/// Requests that a page shows.
const SHOWN: u32 = 200;

#[derive(Template)]
#[template(path = "request.html")]
struct FormPage {
    frame: Frame,
    item: ItemId,
    subject: String,
    files: Vec<(String, String)>,
    part: String,
    departments: Vec<(String, String, String)>,
    department: String,
    why: String,
    use_until: String,
    today: String,
    templates: Vec<&'static str>,
    decision_hours: u32,
    fetch_hours: u32,
    errors: Vec<String>,
    /// Nobody could decide, whatever is chosen.
    nobody: bool,
}

#[derive(Template)]
#[template(path = "requests.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    review: String,
    said: bool,
}

/// One request as pages show it.
pub(super) struct Row {
    pub(super) id: RequestId,
    pub(super) reference: String,
    pub(super) item: ItemId,
    pub(super) what: String,
    pub(super) subject: String,
    pub(super) sender: String,
    pub(super) requester: String,
    pub(super) why: String,
    /// The last day on which it is needed.
    pub(super) use_until: Option<String>,
    /// Who may decide, while it waits.
    pub(super) route: Option<String>,
    /// How long is left to decide, and whether that is little.
    pub(super) left: Option<(String, bool)>,
    pub(super) asked: String,
    pub(super) until: String,
    pub(super) state: &'static str,
    pub(super) chip: &'static str,
    pub(super) is_waiting: bool,
    pub(super) is_approved: bool,
    pub(super) is_over: bool,
    pub(super) is_risky: bool,
    pub(super) decided: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) kept_for: String,
}

/// A request in the reader's words.
pub(super) fn row(request: &ReleaseRequest, now: Timestamp, l: Words) -> Row {
    let decided = request.decided.as_ref().map(|decided| {
        let place = decided.in_place_of.as_ref().map(|approver| match l.language {
            crate::domain::Language::Ja => format!("（{approver}の代理）"),
            crate::domain::Language::En => format!(" (for {approver})"),
        });
        format!("{}{} {}", decided.by_name, place.unwrap_or_default(), l.short(&decided.at))
    });
    Row {
        id: request.id,
        reference: request.reference.to_string(),
        item: request.item,
        what: request.file.clone().unwrap_or_else(|| l.t("メール全体", "The whole mail").to_owned()),
        subject: parts::subject(request.subject.as_deref(), crate::domain::ArrivalState::Available, l),
        sender: request.sender.clone(),
        requester: request.requester_name.to_string(),
        why: request.why.clone(),
        use_until: request.use_until.map(|day| l.day(&day)),
        route: None,
        left: (request.state == RequestState::Waiting).then(|| left(request.until, now, l)),
        asked: l.short(&request.asked_at),
        until: l.short(&request.until),
        state: request.state.title(l.language),
        chip: chip(request.state),
        is_waiting: request.state == RequestState::Waiting,
        is_approved: matches!(request.state, RequestState::Approved | RequestState::HandedOver),
        is_over: matches!(request.state, RequestState::Returned | RequestState::Withdrawn | RequestState::Expired),
        is_risky: request.risk == Risk::High,
        comment: request.decided.as_ref().and_then(|decided| decided.comment.clone()),
        kept_for: request.kept_for.map(|reason| l.reason(&reason)).unwrap_or_default(),
        decided,
    }
}

/// How long is left until `until`; less than a day is little.
fn left(until: Timestamp, now: Timestamp, l: Words) -> (String, bool) {
    let minutes = until.since(now).as_secs() / 60;
    let (hours, days) = (minutes / 60, minutes / 1_440);
    let text = match (days, hours, l.language) {
        (0, 0, Language::Ja) if minutes == 0 => "期限です".to_owned(),
        (0, 0, Language::En) if minutes == 0 => "due now".to_owned(),
        (0, 0, Language::Ja) => format!("あと{minutes}分"),
        (0, 0, Language::En) => format!("{minutes} min left"),
        (0, hours, Language::Ja) => format!("あと{hours}時間"),
        (0, hours, Language::En) => format!("{hours} h left"),
        (days, _, Language::Ja) => format!("あと{days}日"),
        (days, _, Language::En) => format!("{days} d left"),
    };
    (text, days == 0)
}

/// Which of the chips fits.
const fn chip(state: RequestState) -> &'static str {
    match state {
        RequestState::Waiting => "approval",
        RequestState::Approved | RequestState::HandedOver => "available",
        RequestState::Returned => "withheld",
        RequestState::Withdrawn | RequestState::Expired => "expired",
    }
}

/// The form for the original of a mail.
///
/// # Errors
/// [`Trouble::NotFound`] if the mail is not the visitor's.
pub async fn form(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(item): Path<String>,
    Query(asked): Query<Again>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let record = portal.record(&visitor, Event::ItemViewed, Some(id), json!({ "page": "request" }));
    let detail = portal.arrivals.arrival(&viewer(&visitor), id, Some(record)).await?;
    if !can_ask(&detail) {
        return Ok(Redirect::to(&format!("/m/{id}")).into_response());
    }
    let typed = match RequestId::from_str(&asked.again) {
        Ok(again) => portal.asked_before(&visitor, id, again).await?,
        Err(_) => Typed::default(),
    };
    let page = portal.request_page(&reader, &visitor, &detail, typed, Vec::new()).await?;
    Ok(show(&page))
}

/// What the address of the form says.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Again {
    /// A request of one's own that is over: its words stand in the form.
    #[serde(default)]
    again: String,
}

/// What was typed, to be shown again.
#[derive(Default)]
struct Typed {
    part: String,
    department: String,
    why: String,
    use_until: String,
}

/// True if an approver can be asked for its original: not of malware, not of what is over.
pub(super) fn can_ask(detail: &ArrivalDetail) -> bool {
    let parts = &detail.line.arrival.parts;
    detail.line.state != ArrivalState::Expired
        && !parts.iter().any(|part| part.outcome.reason == Some(Reason::MalwareFound))
}

impl Portal {
    /// The words of a request of the visitor for the same mail; none of anybody else's.
    async fn asked_before(&self, visitor: &Visitor, item: ItemId, again: RequestId) -> Result<Typed, Trouble> {
        let principal = &visitor.principal;
        let before = match self.releases.own_request(&principal.tenant, principal.account, again).await {
            Ok(before) if before.item == item => before,
            Ok(_) | Err(StoreError::NotFound) => return Ok(Typed::default()),
            Err(error) => return Err(error.into()),
        };
        Ok(Typed {
            part: before.part.map(|part| part.to_string()).unwrap_or_default(),
            department: before.department.to_string(),
            why: before.why,
            use_until: String::new(),
        })
    }

    async fn request_page(
        &self,
        reader: &Reader,
        visitor: &Visitor,
        detail: &ArrivalDetail,
        typed: Typed,
        errors: Vec<String>,
    ) -> Result<FormPage, StoreError> {
        let l = reader.words;
        let (tenant, today) = (&visitor.principal.tenant, self.web.today());
        let (mut departments, mut nobody) = (Vec::new(), true);
        for department in &visitor.principal.departments {
            let names = self.releases.approvers(tenant, &department.code, today, visitor.principal.account).await?;
            nobody &= names.is_empty();
            let route = if names.is_empty() {
                l.t("承認者がいません", "nobody can approve").to_owned()
            } else {
                names.iter().map(Label::as_str).collect::<Vec<_>>().join(l.t("、", ", "))
            };
            departments.push((department.code.to_string(), department.name.to_string(), route));
        }
        let config = &self.web.config.portal;
        let first = departments.first().map(|(code, ..)| code.clone()).unwrap_or_default();
        Ok(FormPage {
            item: detail.line.arrival.id,
            subject: parts::line(&detail.line, l).subject,
            files: asked_for(detail, l),
            part: typed.part,
            department: if typed.department.is_empty() { first } else { typed.department },
            departments,
            why: typed.why,
            use_until: typed.use_until,
            today: today.to_string(),
            templates: vec![
                l.t(
                    "業務で原本のまま編集して返送する必要があるため。",
                    "I have to edit the original and send it back.",
                ),
                l.t(
                    "図面（CAD）を専用のソフトで開く必要があるため。",
                    "I have to open a drawing (CAD) in its own program.",
                ),
                l.t("電子署名のある原本を保存する必要があるため。", "I have to keep the original with its signature."),
            ],
            decision_hours: config.decision_hours,
            fetch_hours: config.fetch_hours,
            errors,
            nobody,
            frame: Frame::new(&self.web, reader),
        })
    }
}

/// What can be asked for: each file that came, or the whole mail.
fn asked_for(detail: &ArrivalDetail, l: Words) -> Vec<(String, String)> {
    let files = detail.line.arrival.parts.iter().filter(|part| parts::is_file(part));
    let mut rows: Vec<_> = files.map(|file| (file.part.path.to_string(), parts::name(file, l))).collect();
    rows.push((String::new(), l.t("メール全体（.eml）", "The whole mail (.eml)").to_owned()));
    rows
}

/// Keeps a request.
///
/// # Errors
/// [`Trouble::NotFound`] if the mail is not the visitor's; [`Trouble::Conflict`] if the same waits already.
pub async fn ask(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(item): Path<String>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let l = reader.words;
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let viewer = viewer(&visitor);
    let detail = portal.arrivals.arrival(&viewer, id, None).await?;
    if !can_ask(&detail) {
        return Err(Trouble::Conflict);
    }
    let typed = Typed {
        part: fields.text("part").to_owned(),
        department: fields.text("department").to_owned(),
        why: fields.text("why").replace("\r\n", "\n"),
        use_until: fields.text("use_until").trim().to_owned(),
    };
    let department = visitor.principal.departments.iter().find(|one| one.code.as_str() == typed.department);
    let mut errors = Vec::new();
    if !(MIN_WHY..=MAX_WHY).contains(&typed.why.chars().count()) {
        errors.push(
            l.t("理由を10文字以上、1000文字以内で書いてください。", "Give a reason of 10 to 1000 characters.")
                .to_owned(),
        );
    }
    if !fields.has("pledge") {
        errors.push(l.t("取扱いの約束を確かめ、印を付けてください。", "Confirm how you will handle it.").to_owned());
    }
    let use_until = typed.use_until.parse::<Date>().ok();
    if !typed.use_until.is_empty() && use_until.is_none_or(|day| day < portal.web.today()) {
        errors.push(
            l.t(
                "使う期間は、今日からの日付（2026-11-23 の形）で書いてください。",
                "Give the last day of use from today on (2026-11-23).",
            )
            .to_owned(),
        );
    }
    let part = asked_part(&detail, &typed.part);
    let (Some(department), Some(part), true) = (department, part, errors.is_empty()) else {
        if errors.is_empty() {
            errors.push(l.t("ファイルと所属を選んでください。", "Choose a file and a department.").to_owned());
        }
        let page = portal.request_page(&reader, &visitor, &detail, typed, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response());
    };
    let request =
        ReleaseRequest { use_until, ..portal.request(&visitor, &detail, part, department, typed.why.clone(), l)? };
    let details = json!({
        "request": request.id, "part": request.part.as_ref().map(ToString::to_string),
        "department": request.department, "why": request.why, "risk": request.risk, "use_until": request.use_until,
    });
    let record = portal.record(&visitor, Event::OriginalRequested, Some(id), details);
    let tenant = &visitor.principal.tenant;
    if portal.releases.approvers(tenant, &department.code, portal.web.today(), viewer.account).await?.is_empty() {
        let contact = &portal.web.config.site.contact;
        errors.push(format!(
            "{}{contact}{}",
            l.t("この所属には承認者がいません。", "Nobody can approve in this department: ask "),
            l.t("へ連絡してください。", ".")
        ));
        let page = portal.request_page(&reader, &visitor, &detail, typed, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response());
    }
    portal.releases.ask(tenant, request, &viewer.mailboxes, portal.web.today(), record).await?;
    Ok(Redirect::to("/requests?said=asked").into_response())
}

/// The part that a form names: none for the whole mail; `None` if there is no such file.
#[expect(clippy::option_option, reason = "no such file, the whole mail, a file")]
fn asked_part<'d>(detail: &'d ArrivalDetail, path: &str) -> Option<Option<&'d ArrivalFile>> {
    if path.is_empty() {
        return Some(None);
    }
    let path = PartPath::from_str(path).ok()?;
    let mut files = detail.line.arrival.parts.iter().filter(|part| parts::is_file(part));
    files.find(|file| file.part.path == path).map(Some)
}

impl Portal {
    fn request(
        &self,
        visitor: &Visitor,
        detail: &ArrivalDetail,
        part: Option<&ArrivalFile>,
        department: &Department,
        why: String,
        l: Words,
    ) -> Result<ReleaseRequest, Trouble> {
        let mut random = [0; 16];
        self.web.entropy.secret(&mut random).map_err(|_| Trouble::Unavailable)?;
        let now = self.web.clock.now();
        let hours = u64::from(self.web.config.portal.decision_hours);
        let arrival = &detail.line.arrival;
        Ok(ReleaseRequest {
            id: RequestId::from_bytes(random),
            item: arrival.id,
            reference: detail.line.reference,
            part: part.map(|part| part.part.path.clone()),
            file: part.map(|part| parts::name(part, l)),
            subject: arrival.headers.subject.clone(),
            sender: parts::sender(&detail.line),
            kept_for: part.and_then(|part| part.outcome.reason),
            rules: rules(detail, part),
            risk: risk(detail, part),
            requester: visitor.principal.account,
            requester_name: visitor.principal.name.clone(),
            department: department.code.clone(),
            why,
            use_until: None,
            asked_at: now,
            until: now.after(Duration::from_secs(hours.saturating_mul(3_600))),
            state: RequestState::Waiting,
            decided: None,
        })
    }
}

/// The rules that keep back what is asked for.
fn rules(detail: &ArrivalDetail, part: Option<&ArrivalFile>) -> Vec<RuleName> {
    let parts = detail.line.arrival.parts.iter().filter(|one| within(one, part) && one.outcome.is_kept());
    let mut rules: Vec<RuleName> = parts.map(|one| one.outcome.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// True of what is asked for and of what is in it; all of a mail, if that is asked for.
fn within(one: &ArrivalFile, part: Option<&ArrivalFile>) -> bool {
    part.is_none_or(|part| one.part.path == part.part.path || one.part.path.is_inside(&part.part.path))
}

/// How dangerous what is asked for is: of a whole mail, the most dangerous of its parts.
fn risk(detail: &ArrivalDetail, part: Option<&ArrivalFile>) -> Risk {
    const TRICKS: [Reason; 4] =
        [Reason::TypeMismatch, Reason::TypeNotAllowed, Reason::AmbiguousStructure, Reason::MacroRemoved];
    let parts = &detail.line.arrival.parts;
    let mut asked = parts.iter().filter(|one| within(one, part));
    let dangerous = |one: &ArrivalFile| {
        let findings = one.findings.iter().chain(&one.outcome.findings).map(|finding| finding.code);
        one.part.class == TypeClass::Executable
            || one.outcome.reason.into_iter().chain(findings).any(|reason| TRICKS.contains(&reason))
    };
    if asked.any(dangerous) { Risk::High } else { Risk::Normal }
}

/// What the address of the list says.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Asked {
    #[serde(default)]
    said: String,
}

/// One's own requests.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn list(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let principal = &visitor.principal;
    let requests = portal.releases.own_requests(&principal.tenant, principal.account, SHOWN).await?;
    let (l, now, today) = (reader.words, portal.web.clock.now(), portal.web.today());
    let mut routes: BTreeMap<&DepartmentCode, String> = BTreeMap::new();
    let mut rows = Vec::with_capacity(requests.len());
    for request in &requests {
        let mut row = row(request, now, l);
        if row.is_waiting {
            if !routes.contains_key(&request.department) {
                let (department, own) = (&request.department, principal.account);
                let names = portal.releases.approvers(&principal.tenant, department, today, own).await?;
                routes.insert(department, names.iter().map(Label::as_str).collect::<Vec<_>>().join(l.t("、", ", ")));
            }
            row.route = routes.get(&request.department).filter(|names| !names.is_empty()).cloned();
        }
        rows.push(row);
    }
    Ok(show(&ListPage {
        rows,
        review: portal.web.config.review.url.clone(),
        said: asked.said == "asked",
        frame: Frame::new(&portal.web, &reader),
    }))
}

/// Takes a waiting request back.
///
/// # Errors
/// [`Trouble::NotFound`] if it is not the visitor's; [`Trouble::Conflict`] if it does not wait any more.
pub async fn withdraw(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    _fields: Fields,
) -> Result<Response, Trouble> {
    let id = RequestId::from_str(&id).map_err(|_| Trouble::NotFound)?;
    let principal = &visitor.principal;
    let request = portal.releases.own_request(&principal.tenant, principal.account, id).await?;
    let record = portal.record(&visitor, Event::RequestWithdrawn, Some(request.item), json!({ "request": id }));
    portal.releases.withdraw(&principal.tenant, principal.account, id, record).await?;
    Ok(Redirect::to("/requests").into_response())
}
