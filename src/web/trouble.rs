//! What a page says when it cannot be shown: what happened, that no mail is lost, what to do, an incident number.
//!
//! Refuses: any word of an error of ours or of a mail. Invariant: what is not there and what is not yours look the same.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::Web;
use super::frame::Frame;
use super::reader::Reader;
use crate::domain::{ItemId, Reference};
use crate::ports::StoreError;

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is none, or it is somebody else's.
    NotFound,
    /// The visitor's role does not reach here.
    Forbidden,
    /// Nobody has signed in, or not lately.
    SignInWanted,
    /// Something asks for a proof of identity of the last minutes.
    ProofWanted,
    /// The form comes from a page of another session.
    StaleForm,
    /// The form cannot be read.
    BadForm,
    /// The request comes from another site.
    Foreign,
    /// Somebody else was faster, or the state does not allow it any more.
    Conflict,
    /// More than the site takes.
    TooLarge,
    /// Too many attempts.
    Throttled,
    /// More files within an hour than anybody needs.
    TooMany,
    /// The store, the disk or a directory does not answer.
    Unavailable,
}

impl Trouble {
    const fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Foreign | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::SignInWanted | Self::ProofWanted => StatusCode::UNAUTHORIZED,
            Self::BadForm => StatusCode::BAD_REQUEST,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Throttled | Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What happened, in both languages, and what to do.
    const fn sentences(self) -> [&'static str; 4] {
        match self {
            Self::NotFound => [
                "ページが見つかりません。",
                "番号が違うか、保管期限が過ぎたか、あなたあてのものではありません。",
                "This page was not found.",
                "The number may be wrong, its time may be over, or it may not be yours.",
            ],
            Self::Forbidden => [
                "この画面は、あなたの役割では使えません。",
                "必要なときは、所属の情報セキュリティ管理者へ相談してください。",
                "Your role does not reach this page.",
                "Ask the information security manager of your department if you need it.",
            ],
            Self::SignInWanted => [
                "ログインしてください。",
                "しばらく使わないと、自動でログアウトします。",
                "Please sign in.",
                "You are signed out when you have not used the pages for a while.",
            ],
            Self::ProofWanted => [
                "もう一度、本人の確認をしてください。",
                "原本にかかわる操作の前に、パスワードを確かめます。",
                "Please confirm who you are once more.",
                "Your password is checked before anything that concerns an original.",
            ],
            Self::StaleForm => [
                "この画面は古くなっています。",
                "前の画面を開き直して、もう一度送ってください。何も変わっていません。",
                "This form is out of date.",
                "Open the page again and send it once more. Nothing was changed.",
            ],
            Self::BadForm => [
                "送られた内容を読めませんでした。",
                "前の画面へ戻って、もう一度送ってください。何も変わっていません。",
                "What was sent could not be read.",
                "Go back and send it again. Nothing was changed.",
            ],
            Self::Foreign => [
                "ほかのサイトからの操作は受け付けません。",
                "このポータルの画面から操作してください。何も変わっていません。",
                "Requests from other sites are not taken.",
                "Use the pages of this portal. Nothing was changed.",
            ],
            Self::Conflict => [
                "ほかの人が先に操作したか、状態が変わりました。",
                "画面を開き直して、今の状態を確かめてください。",
                "Somebody else was faster, or the state has changed.",
                "Open the page again to see how it stands now.",
            ],
            Self::TooLarge => [
                "大きすぎるため、受け取れません。",
                "小さく分けて、もう一度送ってください。",
                "It is too large.",
                "Send it again in smaller pieces.",
            ],
            Self::Throttled => [
                "続けて失敗したため、しばらく止めています。",
                "15分ほど待ってから、もう一度ためしてください。",
                "Too many attempts failed; this is paused for a while.",
                "Wait about 15 minutes and try again.",
            ],
            Self::TooMany => [
                "1時間に受け取れる数を超えたため、止めました。",
                "時間をおいて、もう一度ためしてください。仕事で続けて必要なときは、連絡してください。",
                "More files were fetched within an hour than the site allows.",
                "Try again later. If your work needs more of them now, ask.",
            ],
            Self::Unavailable => [
                "ただいま表示できません。",
                "届いたメールは失われていません。少し待ってから、もう一度開いてください。",
                "This page cannot be shown at the moment.",
                "No mail is lost. Wait a little and open it again.",
            ],
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Conflict => Self::Conflict,
            error => {
                tracing::error!(%error, "a page could not be made");
                Self::Unavailable
            }
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct Page {
    frame: Frame,
    what: &'static str,
    next: &'static str,
    incident: Reference,
    contact: String,
}

/// Turns a [`Trouble`] into its page; whoever has to sign in is led there.
pub(super) async fn tell(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or("/", |all| all.as_str()).to_owned();
    let is_get = request.method().is_safe();
    let (headers, uri, extensions) = (request.headers().clone(), request.uri().clone(), request.extensions().clone());
    let response = next.run(request).await;
    let Some(trouble) = response.extensions().get::<Trouble>().copied() else { return response };
    if trouble == Trouble::SignInWanted && is_get {
        return Redirect::to(&format!("/sign-in?to={}", escaped(&target))).into_response();
    }
    let reader = match Reader::of(response.extensions()) {
        Some(reader) => Arc::clone(reader),
        None => match web.reader(&headers, &extensions, &uri).await {
            Ok(reader) => Arc::new(reader),
            Err(_) => Arc::new(Reader::nobody(&web, target)),
        },
    };
    let incident = ItemId::new(web.clock.now(), web.entropy.ten_bytes()).reference();
    tracing::warn!(%incident, ?trouble, status = trouble.status().as_u16(), "a request was answered with an error page");
    let [ja, ja_next, en, en_next] = trouble.sentences();
    let page = Page {
        what: reader.words.t(ja, en),
        next: reader.words.t(ja_next, en_next),
        incident,
        contact: web.config.site.contact.clone(),
        frame: Frame::new(&web, &reader),
    };
    let mut response = (trouble.status(), show(&page)).into_response();
    response.extensions_mut().insert(reader);
    response
}

/// A page as a response.
pub fn show(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A path and query as the value of a parameter.
#[must_use]
pub fn escaped(target: &str) -> String {
    form_urlencoded::byte_serialize(target.as_bytes()).collect()
}
