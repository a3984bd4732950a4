//! U8, 設定: notices by mail, language, single-key shortcuts, and the ways to one's password and second factor.
//!
//! Refuses nothing; what is not a choice leaves things as they are. Invariant: people change their own settings only.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::Portal;
use crate::domain::office::DigestTimes;
use crate::domain::{IdentitySource, Language, Preferences};
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::reader::{Read, Visitor};
use crate::web::trouble::{Trouble, show};

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    choice: Preferences,
    times: String,
    mailbox: Option<String>,
    is_local: bool,
    may_enrol: bool,
    has_totp: bool,
    said: bool,
}

/// What the address of the page says.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    said: String,
}

/// The page.
pub async fn page(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let principal = &visitor.principal;
    let times = portal.web.config.portal.digest_times.iter().map(ToString::to_string);
    show(&Page {
        choice: principal.preferences,
        times: times.collect::<Vec<_>>().join(reader.words.t("、", ", ")),
        mailbox: principal.mailbox.as_ref().map(ToString::to_string),
        is_local: principal.source == IdentitySource::Local,
        // Who comes from a provider has all of it there.
        may_enrol: principal.source != IdentitySource::Openid,
        has_totp: principal.has_totp,
        said: asked.said == "saved",
        frame: Frame::new(&portal.web, &reader),
    })
}

/// Keeps them.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn save(State(portal): State<Portal>, visitor: Visitor, fields: Fields) -> Result<Response, Trouble> {
    let principal = &visitor.principal;
    let preferences = Preferences {
        language: match fields.text("language") {
            "ja" => Some(Language::Ja),
            "en" => Some(Language::En),
            _ => None,
        },
        digest: match fields.text("digest") {
            "at_once" => DigestTimes::AtOnce,
            "twice_a_day" => DigestTimes::TwiceADay,
            "never" => DigestTimes::Never,
            _ => principal.preferences.digest,
        },
        shortcuts: fields.has("shortcuts"),
    };
    portal.web.accounts.prefer(&principal.tenant, principal.account, preferences).await?;
    Ok(Redirect::to("/settings?said=saved").into_response())
}
