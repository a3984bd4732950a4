//! U3 and U4: passwords that staff type for a file, and how trying them goes.
//!
//! Refuses: more than ten at once, more wrong ones than the site allows, an item that is not the visitor's. Invariant: what
//! was typed goes into the sealed offer and nowhere else: no page, no address, no record holds it.

use std::str::FromStr as _;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;

use super::streams::{self, Standing};
use super::{Portal, parts, progress, viewer};
use crate::domain::{ArrivalState, Event, ItemId, Language, OfferId, Password};
use crate::ports::{ArrivalDetail, Offer, OfferState, StoreError};
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::reader::{Read, Reader, Visitor};
use crate::web::trouble::{Trouble, show};
use crate::web::words::Words;

/// Passwords of one batch.
const AT_ONCE: usize = 10;

#[derive(Template)]
#[template(path = "typed.html")]
struct FormPage {
    frame: Frame,
    item: ItemId,
    subject: String,
    files: Vec<String>,
    left: u32,
    candidates: u32,
    can_mail: bool,
    errors: Vec<String>,
}

#[derive(Template)]
#[template(path = "waiting.html")]
pub(super) struct WaitingPage {
    pub(super) frame: Frame,
    pub(super) title: &'static str,
    pub(super) back: String,
    pub(super) back_label: &'static str,
    pub(super) standing: Standing,
    pub(super) events: Option<String>,
    pub(super) again: Option<String>,
    pub(super) stop: Option<Stop>,
}

/// How it is stopped, and what that means.
pub(super) struct Stop {
    pub(super) action: String,
    pub(super) label: &'static str,
    pub(super) consequence: &'static str,
    pub(super) button: &'static str,
}

/// What an address says of what was typed.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
pub struct Asked {
    /// Something in it was full-width.
    #[serde(default)]
    wide: u8,
}

impl Asked {
    const fn is_wide(self) -> bool {
        self.wide != 0
    }
}

impl Portal {
    fn left(&self, detail: &ArrivalDetail) -> u32 {
        self.web.config.portal.password_attempts.saturating_sub(detail.wrong_passwords)
    }

    fn password_page(&self, reader: &Reader, detail: &ArrivalDetail, errors: Vec<String>) -> FormPage {
        let l = reader.words;
        let arrival = &detail.line.arrival;
        let locked = arrival.parts.iter().filter(|part| part.wants_password() && part.outcome.is_kept());
        FormPage {
            item: arrival.id,
            subject: parts::line(&detail.line, l).subject,
            files: locked.map(|part| parts::name(part, l)).collect(),
            left: self.left(detail),
            candidates: detail.candidates,
            can_mail: arrival.uploaded_by.is_none(),
            errors,
            frame: Frame::new(&self.web, reader),
        }
    }
}

/// The form.
///
/// # Errors
/// [`Trouble::NotFound`] if the mail is not the visitor's.
pub async fn form(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(item): Path<String>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let viewer = viewer(&visitor);
    if let Some(elsewhere) = elsewhere(&portal.arrivals.arrival(&viewer, id, None).await?) {
        return Ok(elsewhere);
    }
    let record = portal.record(&visitor, Event::ItemViewed, Some(id), json!({ "page": "password" }));
    let detail = portal.arrivals.arrival(&viewer, id, Some(record)).await?;
    Ok(show(&portal.password_page(&reader, &detail, Vec::new())))
}

/// Where to go if no password is asked for now.
fn elsewhere(detail: &ArrivalDetail) -> Option<Response> {
    let id = detail.line.arrival.id;
    if detail.trying {
        return Some(Redirect::to(&format!("/m/{id}/trial")).into_response());
    }
    (detail.line.state != ArrivalState::PasswordWanted).then(|| Redirect::to(&format!("/m/{id}")).into_response())
}

/// Seals what was typed and leads to the page that waits.
///
/// # Errors
/// [`Trouble::NotFound`] if the mail is not the visitor's; [`Trouble::Conflict`] if others are being tried.
pub async fn offer(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(item): Path<String>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let viewer = viewer(&visitor);
    let detail = portal.arrivals.arrival(&viewer, id, None).await?;
    if let Some(elsewhere) = elsewhere(&detail) {
        return Ok(elsewhere);
    }
    let passwords = match typed(&fields, reader.words) {
        Ok(passwords) => passwords,
        Err(error) => {
            let page = portal.password_page(&reader, &detail, vec![error.to_owned()]);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response());
        }
    };
    let is_wide = passwords.iter().any(|password| password.reveal().chars().any(is_wide));
    let (count, by_mail) = (passwords.len(), fields.has("by_mail") && detail.line.arrival.uploaded_by.is_none());
    let mut random = [0; 16];
    portal.web.entropy.secret(&mut random).map_err(|_| Trouble::Unavailable)?;
    let offer = Offer {
        id: OfferId::from_bytes(random),
        item: id,
        account: viewer.account,
        mailbox: detail.line.arrival.mailbox.as_str().to_lowercase(),
        passwords,
        by_mail,
        at: portal.web.clock.now(),
    };
    let (batch, limit) = (offer.id, portal.web.config.portal.password_attempts);
    let details = json!({ "count": count, "by_mail": by_mail });
    let record = portal.record(&visitor, Event::PasswordsTyped, Some(id), details);
    match portal.offers.offer(&viewer, offer, limit, record).await {
        Err(StoreError::Conflict) => {
            let detail = portal.arrivals.arrival(&viewer, id, None).await?;
            if let Some(elsewhere) = elsewhere(&detail) {
                return Ok(elsewhere);
            }
            Ok((StatusCode::CONFLICT, show(&portal.password_page(&reader, &detail, Vec::new()))).into_response())
        }
        done => {
            done?;
            let wide = if is_wide { "?wide=1" } else { "" };
            Ok(Redirect::to(&format!("/m/{id}/trial/{batch}{wide}")).into_response())
        }
    }
}

/// The passwords of a form, each once, as they were typed: blanks count.
fn typed(fields: &Fields, l: Words) -> Result<Vec<Password>, &'static str> {
    if fields.all("password").count() > AT_ONCE {
        return Err(l.t("パスワードは一度に10個までです。", "Type at most 10 passwords at once."));
    }
    let mut passwords = Vec::new();
    for text in fields.all("password").filter(|text| !text.is_empty()) {
        let password = Password::new(text.to_owned()).map_err(|_| {
            l.t("パスワードは128文字までの1行で入れてください。", "A password is one line of at most 128 characters.")
        })?;
        if !passwords.contains(&password) {
            passwords.push(password);
        }
    }
    if passwords.is_empty() {
        return Err(l.t("パスワードを入れてください。", "Type a password."));
    }
    Ok(passwords)
}

/// True for full-width forms of what passwords are made of, and for the blank of that width.
const fn is_wide(c: char) -> bool {
    matches!(c, '\u{FF01}'..='\u{FF5E}' | '\u{3000}')
}

/// What is said of a wrong password.
fn wrong(left: u32, is_wide: bool, contact: &str, l: Words) -> String {
    if left == 0 {
        return match l.language {
            Language::Ja => format!("パスワードの入力が続けて違ったため、止めました。{contact}へ連絡してください。"),
            Language::En => format!("Wrong passwords were typed too often; no more are taken. Ask {contact}."),
        };
    }
    let hint = match (l.language, is_wide) {
        (Language::Ja, true) => "全角の文字が入っていました。半角で入れ直してください",
        (Language::Ja, false) => "全角になっていないか確かめてください",
        (Language::En, true) => "It had full-width characters; type half-width ones",
        (Language::En, false) => "Check that it has no full-width characters",
    };
    match l.language {
        Language::Ja => format!("パスワードが違います。{hint}（あと{left}回）。"),
        Language::En => format!("The password is wrong. {hint} (attempts left: {left})."),
    }
}

impl Portal {
    /// How a batch stands.
    async fn standing(
        &self,
        visitor: &Visitor,
        item: ItemId,
        offer: OfferId,
        asked: Asked,
        l: Words,
    ) -> Result<(OfferState, ArrivalDetail, Standing), StoreError> {
        let viewer = viewer(visitor);
        let state = self.offers.offer_state(&viewer.tenant, viewer.account, offer).await?;
        // After the state: what it says of attempts and files is not older.
        let detail = self.arrivals.arrival(&viewer, item, None).await?;
        let contact = self.web.config.site.contact.as_str();
        let standing = match state {
            OfferState::Queued(ahead) => Standing::going(progress::queue(ahead, l)),
            OfferState::Trying(None) => {
                Standing::going(l.t("パスワードをためしています。", "The password is being tried.").to_owned())
            }
            OfferState::Trying(Some(progress)) => Standing::working(&progress, l),
            OfferState::Opened => Standing::ended(
                "success",
                l.t("開けました。ファイルを受け取れます。", "It opened. The file is ready.").to_owned(),
                Some((format!("/m/{item}"), l.t("メールを開く", "Open the mail"))),
            ),
            OfferState::Wrong => {
                let left = self.left(&detail);
                let again = (format!("/m/{item}/password"), l.t("もう一度入れる", "Try again"));
                let text = wrong(left, asked.is_wide(), contact, l);
                Standing::ended("error", text, (left > 0).then_some(again))
            }
            OfferState::Failed => Standing::ended(
                "error",
                match l.language {
                    Language::Ja => format!("ためせませんでした。もう一度入れるか、{contact}へ連絡してください。"),
                    Language::En => format!("It could not be tried. Type it again, or ask {contact}."),
                },
                Some((format!("/m/{item}/password"), l.t("もう一度入れる", "Try again"))),
            ),
        };
        Ok((state, detail, standing))
    }
}

/// How trying goes; the form again if none was right.
///
/// # Errors
/// [`Trouble::NotFound`] if mail or batch is not the visitor's.
pub async fn trial(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path((item, offer)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let batch = OfferId::from_str(&offer).map_err(|_| Trouble::NotFound)?;
    let l = reader.words;
    let (state, detail, standing) = portal.standing(&visitor, id, batch, asked, l).await?;
    if state == OfferState::Wrong && elsewhere(&detail).is_none() {
        let errors = if portal.left(&detail) == 0 { Vec::new() } else { vec![standing.text] };
        return Ok(show(&portal.password_page(&reader, &detail, errors)));
    }
    let wide = if asked.is_wide() { "?wide=1" } else { "" };
    let own = format!("/m/{id}/trial/{batch}");
    Ok(show(&WaitingPage {
        title: l.t("パスワードをためす", "Trying the password"),
        back: format!("/m/{id}"),
        back_label: l.t("メールへ戻る", "Back to the mail"),
        events: (!standing.is_final).then(|| format!("{own}/events{wide}")),
        again: (!standing.is_final).then(|| format!("{own}{wide}")),
        stop: (!standing.is_final).then(|| Stop {
            action: format!("{own}/stop"),
            label: l.t("中止する…", "Stop…"),
            consequence: l.t(
                "入れたパスワードを消し、ためすのをやめます。回数には数えません。ファイルは預かったままです。",
                "The typed password is deleted and not tried; it does not count. The file stays kept back.",
            ),
            button: l.t("ためすのを中止する", "Stop trying it"),
        }),
        standing,
        frame: Frame::new(&portal.web, &reader),
    }))
}

/// The same as a stream.
///
/// # Errors
/// As [`trial`]; [`Trouble::Throttled`] if the account has too many.
pub async fn events(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path((item, offer)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    request: Parts,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let batch = OfferId::from_str(&offer).map_err(|_| Trouble::NotFound)?;
    portal.standing(&visitor, id, batch, asked, reader.words).await?;
    let slot = portal.streams.take(visitor.principal.account).ok_or(Trouble::Throttled)?;
    let looking = portal.clone();
    let look = move |visitor: Visitor, l: Words| {
        let portal = looking.clone();
        let look = async move {
            let (.., standing) = portal.standing(&visitor, id, batch, asked, l).await.ok()?;
            Some(standing)
        };
        Box::pin(look) as futures_util::future::BoxFuture<'static, _>
    };
    Ok(streams::tell(portal, request, slot, Box::new(look)))
}

/// Deletes a batch of the visitor's that has not ended; one that has is shown.
///
/// # Errors
/// [`Trouble::NotFound`] if mail or batch is not the visitor's.
pub async fn stop(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((item, offer)): Path<(String, String)>,
    _fields: Fields,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let batch = OfferId::from_str(&offer).map_err(|_| Trouble::NotFound)?;
    let principal = &visitor.principal;
    let record = portal.record(&visitor, Event::PasswordsWithdrawn, Some(id), json!({}));
    match portal.offers.withdraw_offer(&principal.tenant, principal.account, (id, batch), record).await {
        Err(StoreError::Conflict) => Ok(Redirect::to(&format!("/m/{id}/trial/{batch}")).into_response()),
        done => {
            done?;
            Ok(Redirect::to(&format!("/m/{id}")).into_response())
        }
    }
}

/// Whether passwords of anybody are being tried for a mail: for whoever reads for the same mailbox.
///
/// # Errors
/// [`Trouble::NotFound`] if the mail is not the visitor's.
pub async fn under_way(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(item): Path<String>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let detail = portal.arrivals.arrival(&viewer(&visitor), id, None).await?;
    if !detail.trying {
        return Ok(Redirect::to(&format!("/m/{id}")).into_response());
    }
    let l = reader.words;
    Ok(show(&WaitingPage {
        title: l.t("パスワードをためす", "Trying the password"),
        back: format!("/m/{id}"),
        back_label: l.t("メールへ戻る", "Back to the mail"),
        standing: Standing::going(l.t("パスワードをためしています。", "A password is being tried.").to_owned()),
        events: None,
        again: Some(format!("/m/{id}/trial")),
        stop: None,
        frame: Frame::new(&portal.web, &reader),
    }))
}
