//! Proving who one is: the form, the code, the first administrator, a fresh proof, a second factor, one's own password.
//!
//! Refuses: to say which part of a proof was wrong, to keep a password on a page. Invariant: every answer to a form is a
//! page or a redirect, never a state that only a script could leave.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Web;
use super::form::Fields;
use super::frame::Frame;
use super::reader::{Read, Reader, Visitor};
use super::sign_in::inside;
use super::trouble::{Trouble, escaped, show};
use super::words::Words;
use crate::domain::{Department, IdentitySource, Principal};
use crate::identity::{
    ChoiceRefusal, EnrolRefusal, Enrolment, FoundRefusal, Founder, Proof, Refusal, SignedIn, Weakness,
};
use crate::ports::Door;

/// Where a form is to lead.
#[derive(Debug, Default, Deserialize)]
pub struct To {
    #[serde(default)]
    to: String,
    #[serde(default)]
    token: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    to: String,
    login: String,
    error: &'static str,
    has_setup: bool,
    has_openid: bool,
    by_proxy: bool,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    frame: Frame,
    to: String,
    ticket: String,
    error: &'static str,
    again: bool,
}

#[derive(Template)]
#[template(path = "prove.html")]
struct ProvePage {
    frame: Frame,
    to: String,
    error: &'static str,
    source: IdentitySource,
    proves_anew: bool,
    has_totp: bool,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    frame: Frame,
    token: String,
    errors: Vec<&'static str>,
    login: String,
    name: String,
    mailbox: String,
    department: String,
    department_name: String,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct EnrolPage {
    frame: Frame,
    enrolment: Enrolment,
    picture: String,
    error: &'static str,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    errors: Vec<&'static str>,
}

/// What a refusal says.
pub(super) const fn said(refusal: Refusal, l: Words) -> &'static str {
    match refusal {
        Refusal::Refused => l.t(
            "ログインできませんでした。職員番号とパスワードを確かめてください。",
            "You could not be signed in. Check your sign-in name and password.",
        ),
        Refusal::Throttled { .. } => l.t(
            "続けて失敗したため、しばらく止めています。15分ほど待ってください。",
            "Too many attempts failed. Wait about 15 minutes.",
        ),
        Refusal::TicketOver => {
            l.t("時間が過ぎました。初めからやり直してください。", "This took too long. Begin again.")
        }
        Refusal::Unavailable => l.t(
            "ただいまログインできません。少し待ってから、もう一度ためしてください。",
            "Signing in is not possible now. Try again in a while.",
        ),
    }
}

pub(super) const fn status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Refused | Refusal::TicketOver => StatusCode::UNAUTHORIZED,
    }
}

fn weak(found: &[Weakness], l: Words) -> Vec<&'static str> {
    found.iter().map(|weakness| weakness.sentence(l.language)).collect()
}

impl Web {
    pub(super) fn sign_in_page(
        &self,
        reader: &Reader,
        to: &str,
        login: &str,
        error: &'static str,
        has_setup: bool,
    ) -> Response {
        show(&SignInPage {
            has_openid: self.identity.has_openid(),
            by_proxy: reader.proxied,
            to: inside(to).to_owned(),
            login: login.to_owned(),
            error,
            has_setup,
            frame: Frame::new(self, reader),
        })
    }

    /// How somebody proves anew who they are, by what keeps their proof.
    pub(super) fn prove_page(&self, reader: &Reader, visitor: &Visitor, to: &str, error: &'static str) -> Response {
        show(&ProvePage {
            to: inside(to).to_owned(),
            error,
            source: visitor.principal.source,
            proves_anew: self.config.proxy.proves_anew,
            has_totp: visitor.principal.has_totp,
            frame: Frame::new(self, reader),
        })
    }

    /// Lets somebody in whose proof holds.
    async fn welcome(&self, principal: &Principal, to: &str) -> Result<Response, Trouble> {
        let cookie = self.begin_session(principal.account, "proof").await?;
        Ok(([(SET_COOKIE, cookie)], Redirect::to(inside(to))).into_response())
    }
}

/// The form.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn form(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    Query(asked): Query<To>,
) -> Result<Response, Trouble> {
    if reader.visitor.is_some() {
        return Ok(Redirect::to(inside(&asked.to)).into_response());
    }
    let has_setup = web.door == Door::Portal && !web.accounts.has_administrator(&web.tenant).await?;
    Ok(web.sign_in_page(&reader, &asked.to, "", "", has_setup))
}

/// Name and password.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn password(State(web): State<Arc<Web>>, Read(reader): Read, fields: Fields) -> Result<Response, Trouble> {
    let (login, to) = (fields.text("login").to_owned(), fields.text("to").to_owned());
    let password = Zeroizing::new(fields.raw("password").to_owned());
    let proof = Proof::Password { login: login.clone(), password, code: None };
    match web.identity.sign_in(&web.tenant, web.door, proof, reader.address).await {
        Ok(SignedIn::Welcome { principal, .. }) => web.welcome(&principal, &to).await,
        Ok(SignedIn::SecondFactorWanted { ticket }) => {
            let frame = Frame::new(&web, &reader);
            Ok(show(&CodePage { to: inside(&to).to_owned(), ticket, error: "", again: false, frame }))
        }
        Err(refusal) => {
            let page = web.sign_in_page(&reader, &to, &login, said(refusal, reader.words), false);
            Ok((status(refusal), page).into_response())
        }
    }
}

/// The code that was asked for.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn code(State(web): State<Arc<Web>>, Read(reader): Read, fields: Fields) -> Result<Response, Trouble> {
    let (ticket, to) = (fields.text("ticket").to_owned(), fields.text("to").to_owned());
    let proof = Proof::Code { ticket: ticket.clone(), code: fields.text("code").to_owned() };
    match web.identity.sign_in(&web.tenant, web.door, proof, reader.address).await {
        Ok(SignedIn::Welcome { principal, .. }) => web.welcome(&principal, &to).await,
        Err(refusal @ Refusal::Refused) | Err(refusal @ Refusal::Unavailable) => {
            let error = match refusal {
                Refusal::Refused => wrong_code(reader.words),
                refusal => said(refusal, reader.words),
            };
            let frame = Frame::new(&web, &reader);
            let page = CodePage { to: inside(&to).to_owned(), ticket, error, again: false, frame };
            Ok((status(refusal), show(&page)).into_response())
        }
        Ok(SignedIn::SecondFactorWanted { .. }) => Ok(Redirect::to("/sign-in").into_response()),
        Err(refusal) => {
            let page = web.sign_in_page(&reader, &to, "", said(refusal, reader.words), false);
            Ok((status(refusal), page).into_response())
        }
    }
}

const fn wrong_code(l: Words) -> &'static str {
    l.t("コードが違います。新しいコードを入れてください。", "The code is not right. Type a new one.")
}

/// The page of the first administrator; there as long as there is none.
///
/// # Errors
/// [`Trouble::NotFound`] once there is an administrator.
pub async fn setup(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    Query(asked): Query<To>,
) -> Result<Response, Trouble> {
    if web.accounts.has_administrator(&web.tenant).await? {
        return Err(Trouble::NotFound);
    }
    Ok(show(&SetupPage {
        token: asked.token,
        errors: Vec::new(),
        login: String::new(),
        name: String::new(),
        mailbox: String::new(),
        department: "it".to_owned(),
        department_name: reader.words.t("情報政策課", "IT section").to_owned(),
        frame: Frame::new(&web, &reader),
    }))
}

/// Makes the first administrator.
///
/// # Errors
/// [`Trouble::NotFound`] once there is an administrator.
pub async fn found(State(web): State<Arc<Web>>, Read(reader): Read, fields: Fields) -> Result<Response, Trouble> {
    if web.accounts.has_administrator(&web.tenant).await? {
        return Err(Trouble::NotFound);
    }
    let l = reader.words;
    let mut errors = Vec::new();
    match founder(&fields, l) {
        Err(found) => errors = found,
        Ok(founder) => {
            let refusal = web.identity.found(&web.tenant, fields.text("setup"), founder).await.err();
            match refusal {
                None => return Ok(Redirect::to("/sign-in").into_response()),
                Some(FoundRefusal::Exists) => return Err(Trouble::Conflict),
                Some(FoundRefusal::Unavailable) => return Err(Trouble::Unavailable),
                Some(FoundRefusal::Weak(found)) => errors = weak(&found, l),
                Some(FoundRefusal::WrongToken) => errors.push(l.t(
                    "セットアップ番号が違います。サーバの起動時に表示されたものを入れてください。",
                    "The setup token is not right. It is shown when the server starts.",
                )),
            }
        }
    }
    let page = SetupPage {
        token: fields.text("setup").to_owned(),
        errors,
        login: fields.text("login").to_owned(),
        name: fields.text("name").to_owned(),
        mailbox: fields.text("mailbox").to_owned(),
        department: fields.text("department").to_owned(),
        department_name: fields.text("department_name").to_owned(),
        frame: Frame::new(&web, &reader),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response())
}

/// Who is to become administrator, as the form says; else what is wrong with it.
fn founder(fields: &Fields, l: Words) -> Result<Founder, Vec<&'static str>> {
    let login = fields.text("login").parse();
    let name = fields.text("name").parse();
    let code = fields.text("department").parse();
    let department = fields.text("department_name").parse();
    let mailbox = Some(fields.text("mailbox")).filter(|text| !text.is_empty()).map(crate::domain::Mailbox::parse);
    let mut errors = Vec::new();
    let mut want = |fits: bool, text: &'static str| {
        if !fits {
            errors.push(text);
        }
    };
    want(
        login.is_ok(),
        l.t(
            "職員番号は空白のない128文字以内にしてください。",
            "The sign-in name has no blanks and at most 128 characters.",
        ),
    );
    want(name.is_ok(), l.t("氏名を入れてください。", "Give your name."));
    want(
        code.is_ok(),
        l.t("所属コードは英数字と - _ で書いてください。", "The department code takes a-z, 0-9, - and _."),
    );
    want(department.is_ok(), l.t("所属名を入れてください。", "Give the name of the department."));
    want(!matches!(mailbox, Some(Err(_))), l.t("メールアドレスの形が違います。", "This is no mail address."));
    want(
        fields.raw("password") == fields.raw("password_again"),
        l.t("二つのパスワードが違います。", "The two passwords differ."),
    );
    match (login, name, code, department) {
        (Ok(login), Ok(name), Ok(code), Ok(label)) if errors.is_empty() => Ok(Founder {
            login,
            name,
            mailbox: mailbox.and_then(Result::ok),
            department: Department { code, name: label, mailboxes: std::collections::BTreeSet::new() },
            password: Zeroizing::new(fields.raw("password").to_owned()),
        }),
        _ => Err(errors),
    }
}

/// The form for a fresh proof.
pub async fn again(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    visitor: Visitor,
    Query(asked): Query<To>,
) -> Response {
    web.prove_page(&reader, &visitor, &asked.to, "")
}

/// Weighs a fresh proof.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn prove(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Trouble> {
    let to = inside(fields.text("to")).to_owned();
    let is_proxied = visitor.principal.source == IdentitySource::Proxy;
    let proof = match fields.text("ticket") {
        "" if is_proxied => Proof::CodeOfProxied { code: fields.text("code").to_owned() },
        "" => Proof::Password {
            login: visitor.principal.login.as_str().to_owned(),
            password: Zeroizing::new(fields.raw("password").to_owned()),
            code: None,
        },
        ticket => Proof::Code { ticket: ticket.to_owned(), code: fields.text("code").to_owned() },
    };
    match web.identity.prove_again(&visitor.principal, web.door, proof, reader.address).await {
        Ok(SignedIn::Welcome { .. }) => {
            let cookie = web.renew_session(&visitor).await?;
            Ok(([(SET_COOKIE, cookie)], Redirect::to(&to)).into_response())
        }
        Ok(SignedIn::SecondFactorWanted { ticket }) => {
            Ok(show(&CodePage { to, ticket, error: "", again: true, frame: Frame::new(&web, &reader) }))
        }
        Err(refusal) => {
            let error = match refusal {
                Refusal::Refused if is_proxied => wrong_code(reader.words),
                refusal => said(refusal, reader.words),
            };
            let page = web.prove_page(&reader, &visitor, &to, error);
            Ok((status(refusal), page).into_response())
        }
    }
}

/// The page of a second factor.
///
/// # Errors
/// [`Trouble::Unavailable`] without randomness.
pub async fn enrol(State(web): State<Arc<Web>>, Read(reader): Read, visitor: Visitor) -> Result<Response, Trouble> {
    if web.clock.now().since(visitor.session.proved_at) > super::reader::FRESH {
        return Ok(Redirect::to(&format!("/prove?to={}", escaped("/second-factor"))).into_response());
    }
    web.enrol_page(&reader, &visitor, "")
}

/// Takes the code that proves that the app has the secret.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn enrolled(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Trouble> {
    let l = reader.words;
    match web.identity.finish_enrolment(&visitor.principal, fields.text("ticket"), fields.text("code")).await {
        // All sessions have ended with the change: sign in anew, with the code.
        Ok(()) => Ok(Redirect::to("/sign-in").into_response()),
        Err(EnrolRefusal::WrongCode) => web.enrol_page(&reader, &visitor, wrong_code(l)),
        Err(EnrolRefusal::TicketOver) => web.enrol_page(&reader, &visitor, said(Refusal::TicketOver, l)),
        Err(EnrolRefusal::Unavailable) => Err(Trouble::Unavailable),
    }
}

impl Web {
    fn enrol_page(&self, reader: &Reader, visitor: &Visitor, error: &'static str) -> Result<Response, Trouble> {
        let enrolment = self.identity.begin_enrolment(&visitor.principal).map_err(|_| Trouble::Unavailable)?;
        let picture = picture(&enrolment.picture);
        Ok(show(&EnrolPage { enrolment, picture, error, frame: Frame::new(self, reader) }))
    }
}

/// An SVG as the address of a picture would need `data:`, which the policy of pages forbids: only the element itself stays.
fn picture(svg: &str) -> String {
    svg.find("<svg").and_then(|at| svg.get(at..)).unwrap_or_default().to_owned()
}

/// The form for one's own password.
pub async fn own_password(State(web): State<Arc<Web>>, Read(reader): Read, visitor: Visitor) -> Response {
    if web.clock.now().since(visitor.session.proved_at) > super::reader::FRESH {
        return Redirect::to(&format!("/prove?to={}", escaped("/password"))).into_response();
    }
    show(&PasswordPage { errors: Vec::new(), frame: Frame::new(&web, &reader) })
}

/// Sets one's own password.
///
/// # Errors
/// [`Trouble::ProofWanted`] without a proof of the last minutes.
pub async fn choose_password(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Trouble> {
    if web.clock.now().since(visitor.session.proved_at) > super::reader::FRESH {
        return Err(Trouble::ProofWanted);
    }
    let l = reader.words;
    let password = Zeroizing::new(fields.raw("password").to_owned());
    let mut errors = Vec::new();
    if fields.raw("password_again") == password.as_str() {
        let actor = visitor.principal.actor();
        match web.identity.choose_password(&web.tenant, &visitor.principal.login, &password, &actor).await {
            Ok(()) => return Ok(Redirect::to("/sign-in").into_response()),
            Err(ChoiceRefusal::Weak(found)) => errors = weak(&found, l),
            Err(ChoiceRefusal::NotLocal) => errors.push(l.t(
                "あなたのパスワードは、庁内の別のしくみで変えてください。",
                "Your password is kept by another system of the office.",
            )),
            Err(ChoiceRefusal::Unavailable) => return Err(Trouble::Unavailable),
        }
    } else {
        errors.push(l.t("二つのパスワードが違います。", "The two passwords differ."));
    }
    let page = PasswordPage { errors, frame: Frame::new(&web, &reader) };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response())
}
