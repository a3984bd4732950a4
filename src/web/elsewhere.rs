//! What is done in the portal and nowhere else, told at the review listener: second factors and passwords.
//!
//! Refuses to change either: its process stands on the internet side. Invariant: whoever is led here is told where to go.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Web;
use super::frame::Frame;
use super::reader::{Read, Visitor};
use super::trouble::show;

#[derive(Template)]
#[template(path = "elsewhere.html")]
struct Page {
    frame: Frame,
    title: &'static str,
    what: &'static str,
    /// The address of the portal; empty if the site has not said it.
    portal: String,
    /// Nothing else can be done here before.
    stuck: bool,
}

/// Where a second factor is set up.
pub async fn second_factor(State(web): State<Arc<Web>>, Read(reader): Read, visitor: Visitor) -> Response {
    let l = reader.words;
    show(&Page {
        title: l.t("二要素認証の登録", "Set up a second factor"),
        what: l.t(
            "二要素認証は、この画面では登録できません。LGWAN側のポータルで登録してください。",
            "A second factor cannot be set up here. Set it up in the portal on the LGWAN side.",
        ),
        portal: web.config.site.portal_url.clone(),
        stuck: web.identity.must_enrol(&visitor.principal),
        frame: Frame::new(&web, &reader),
    })
}

/// Where a password is changed.
pub async fn password(State(web): State<Arc<Web>>, Read(reader): Read, _: Visitor) -> Response {
    let l = reader.words;
    show(&Page {
        title: l.t("パスワードを変える", "Change your password"),
        what: l.t(
            "パスワードは、この画面では変えられません。LGWAN側のポータルで変えてください。",
            "Your password cannot be changed here. Change it in the portal on the LGWAN side.",
        ),
        portal: web.config.site.portal_url.clone(),
        stuck: false,
        frame: Frame::new(&web, &reader),
    })
}
