//! What somebody may fetch, one of it, its password, and the zip.
//!
//! Refuses: a hand-over without a proof of identity of the last minutes, what is larger than the site hands out. Invariant:
//! what leaves is sealed under a password that was shown before, once, and stands in no header, no file and no log.

use std::str::FromStr as _;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;
use zeroize::Zeroizing;

use super::file::Handed;
use super::ticket::Purpose;
use super::{Review, password};
use crate::domain::{AuditEvent, Event, ItemKey, OfficeRole, Reference, ReleaseRequest, RequestId, RequestState, Risk};
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::headers::DOWNLOAD_POLICY;
use crate::web::reader::{FRESH, Read, Reader, Visitor};
use crate::web::trouble::{Trouble, escaped, show};
use crate::web::words::Words;
use crate::zip::{SALT, Zip};

#[derive(Template)]
#[template(path = "originals.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    is_staff: bool,
}

#[derive(Template)]
#[template(path = "original.html")]
struct OnePage {
    frame: Frame,
    row: Row,
    error: String,
}

#[derive(Template)]
#[template(path = "handing.html")]
struct HandingPage {
    frame: Frame,
    row: Row,
    password: Zeroizing<String>,
    ticket: String,
    minutes: u64,
}

/// One request as these pages show it.
struct Row {
    id: RequestId,
    reference: String,
    what: String,
    subject: String,
    sender: String,
    why: String,
    until: String,
    decided: String,
    state: &'static str,
    is_fetched: bool,
    is_part: bool,
    is_risky: bool,
}

fn row(request: &ReleaseRequest, l: Words) -> Row {
    let decided = request.decided.as_ref().map(|decided| format!("{} {}", decided.by_name, l.short(&decided.at)));
    Row {
        id: request.id,
        reference: request.reference.to_string(),
        what: request.file.clone().unwrap_or_else(|| l.t("メール全体", "The whole mail").to_owned()),
        subject: request.subject.clone().unwrap_or_else(|| l.t("（件名なし）", "(no subject)").to_owned()),
        sender: request.sender.clone(),
        why: request.why.clone(),
        until: l.short(&request.until),
        decided: decided.unwrap_or_default(),
        state: request.state.title(l.language),
        is_fetched: request.state == RequestState::HandedOver,
        is_part: request.part.is_some(),
        is_risky: request.risk == Risk::High,
    }
}

impl Review {
    /// A request that the visitor may fetch now.
    async fn request(&self, visitor: &Visitor, id: &str) -> Result<ReleaseRequest, Trouble> {
        let id = RequestId::from_str(id).map_err(|_| Trouble::NotFound)?;
        let approved = self.approved(visitor).await?;
        approved.into_iter().find(|request| request.id == id).ok_or(Trouble::NotFound)
    }

    /// The same, for a page that shows it: on record.
    async fn seen(&self, visitor: &Visitor, id: &str, page: &'static str) -> Result<ReleaseRequest, Trouble> {
        let id = RequestId::from_str(id).map_err(|_| Trouble::NotFound)?;
        let principal = &visitor.principal;
        let record = AuditEvent {
            at: self.web.clock.now(),
            event: Event::ItemViewed,
            // The store names it.
            item: None,
            actor: principal.actor(),
            details: json!({ "page": page, "request": id }),
        };
        Ok(self.requests.look_at_approved(&principal.tenant, principal.account, id, record.at, record).await?)
    }

    async fn approved(&self, visitor: &Visitor) -> Result<Vec<ReleaseRequest>, Trouble> {
        let principal = &visitor.principal;
        Ok(self.requests.approved(&principal.tenant, principal.account, self.web.clock.now()).await?)
    }

    fn page_of(&self, reader: &Reader, request: &ReleaseRequest, error: String) -> OnePage {
        OnePage { row: row(request, reader.words), error, frame: Frame::new(&self.web, reader) }
    }

    /// The page that says why an original is not handed out.
    fn too_large(&self, reader: &Reader, request: &ReleaseRequest) -> Response {
        let l = reader.words;
        let limit = l.size(&self.web.config.review.original_bytes);
        let error = l.t(
            "大きすぎるため、この画面では渡せません。お困りのときの連絡先へ相談してください。上限は",
            "It is too large to be handed out here. Ask whoever is named below. The limit is",
        );
        let page = self.page_of(reader, request, format!("{error} {limit}"));
        (StatusCode::PAYLOAD_TOO_LARGE, show(&page)).into_response()
    }
}

/// Where the original of a request is.
fn key_of(visitor: &Visitor, request: &ReleaseRequest) -> ItemKey {
    ItemKey { tenant: visitor.principal.tenant.clone(), id: request.item }
}

/// What the visitor may fetch.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub(super) async fn list(
    State(review): State<Review>,
    Read(reader): Read,
    visitor: Visitor,
) -> Result<Response, Trouble> {
    let is_staff = reader.is(OfficeRole::Staff);
    let requests = if is_staff { review.approved(&visitor).await? } else { Vec::new() };
    Ok(show(&ListPage {
        rows: requests.iter().map(|request| row(request, reader.words)).collect(),
        is_staff,
        frame: Frame::new(&review.web, &reader),
    }))
}

/// One of it.
///
/// # Errors
/// [`Trouble::NotFound`] if it is not the visitor's, not approved, or over.
pub(super) async fn page(
    State(review): State<Review>,
    Read(reader): Read,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let request = review.seen(&visitor, &id, "original").await?;
    Ok(show(&review.page_of(&reader, &request, String::new())))
}

/// Makes a password, shows it once, and a button that downloads what it opens.
///
/// # Errors
/// As [`page`].
pub(super) async fn prepare(
    State(review): State<Review>,
    Read(reader): Read,
    visitor: Visitor,
    Path(id): Path<String>,
    _fields: Fields,
) -> Result<Response, Trouble> {
    let now = review.web.clock.now();
    let request = review.request(&visitor, &id).await?;
    if now.since(visitor.session.proved_at) > FRESH {
        let back = format!("/originals/{}", request.id);
        return Ok(Redirect::to(&format!("/prove?to={}", escaped(&back))).into_response());
    }
    let request = review.seen(&visitor, &id, "original_password").await?;
    // Opened for its length; whether it can be opened at all is better known now than with a password in hand.
    let length = review.originals.open(&key_of(&visitor, &request)).await?.len();
    if length > review.web.config.review.original_bytes {
        return Ok(review.too_large(&reader, &request));
    }
    let entropy = &*review.web.entropy;
    let password = password::fresh(entropy).map_err(|_| Trouble::Unavailable)?;
    let purpose = Purpose { session: visitor.session.token, request: request.id };
    let ticket = review.tickets.issue(entropy, &purpose, now.after(FRESH), &password);
    Ok(show(&HandingPage {
        row: row(&request, reader.words),
        password,
        ticket: ticket.map_err(|_| Trouble::Unavailable)?,
        minutes: FRESH.as_secs() / 60,
        frame: Frame::new(&review.web, &reader),
    }))
}

/// Hands the original out.
///
/// # Errors
/// As [`page`]; [`Trouble::StaleForm`] if the ticket is not good any more.
pub(super) async fn hand_out(
    State(review): State<Review>,
    Read(reader): Read,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let request = review.request(&visitor, &id).await?;
    let purpose = Purpose { session: visitor.session.token, request: request.id };
    let ticket = review.tickets.take(&purpose, review.web.clock.now(), fields.text("ticket"));
    let password = ticket.map_err(|_| Trouble::StaleForm)?;
    let place = review.packing.acquire().await.map_err(|_| Trouble::Unavailable)?;
    let original = review.originals.open(&key_of(&visitor, &request)).await?;
    let length = original.len();
    if length > review.web.config.review.original_bytes {
        return Ok(review.too_large(&reader, &request));
    }
    let original = original.collect().await?;
    let Handed { name, bytes, what } = review.handed(&key_of(&visitor, &request), &request, original).await;
    let mut salt = [0; SALT];
    review.web.entropy.secret(&mut salt).map_err(|_| Trouble::Unavailable)?;
    let reference = request.reference;
    let packing = tokio::task::spawn_blocking(move || packed(&name, &bytes, &password, salt));
    let zip = packing.await.map_err(|_| Trouble::Unavailable)?.ok_or(Trouble::TooLarge)?;
    drop(place);
    // The last word is the store's: in one transaction it is approved still, and on record.
    let (tenant, account) = (&visitor.principal.tenant, visitor.principal.account);
    let record = AuditEvent {
        at: review.web.clock.now(),
        event: Event::OriginalHandedOver,
        item: Some(request.item),
        actor: visitor.principal.actor(),
        details: json!({ "request": request.id, "packed": "zip, AES-256", "bytes": length, "what": what }),
    };
    review.requests.hand_over(tenant, account, request.id, record.at, record).await?;
    Ok((headers(reference)?, zip).into_response())
}

/// The zip: one member, as it was received. No name of the mail's own leaves.
fn packed(name: &str, bytes: &[u8], password: &str, salt: [u8; SALT]) -> Option<Vec<u8>> {
    let mut zip = Zip::default();
    zip.add_sealed(name, bytes, password, salt)?;
    zip.finish()
}

/// Those of a file that is saved, never shown (RFC 6266; ASVS 5.4).
fn headers(reference: Reference) -> Result<HeaderMap, Trouble> {
    let disposition = format!("attachment; filename=\"{reference}.zip\"");
    let disposition = HeaderValue::from_str(&disposition).map_err(|_| Trouble::Unavailable)?;
    Ok(HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, DOWNLOAD_POLICY),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]))
}
