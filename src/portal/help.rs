//! U10, ヘルプ: what each screen is for, in one page of short guides, with the words and whom to ask.
//!
//! Refuses nothing. Invariant: readable before anybody has signed in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Portal;
use crate::domain::ArrivalState;
use crate::web::frame::Frame;
use crate::web::reader::Read;
use crate::web::trouble::show;

#[derive(Template)]
#[template(path = "help.html")]
struct Page {
    frame: Frame,
    states: &'static [ArrivalState],
    days: u32,
}

/// The page.
pub async fn page(State(portal): State<Portal>, Read(reader): Read) -> Response {
    show(&Page {
        states: ArrivalState::ALL,
        days: portal.web.config.retention.days,
        frame: Frame::new(&portal.web, &reader),
    })
}
