//! U9: a file from staff on its way in, and the page that waits for what becomes of it.
//!
//! Refuses: a file before the token of the form, a second one, nothing, more bytes than the site allows. Invariant: no
//! more of a file is in memory than the piece that is on its way, and of one that is refused nothing is kept.

use std::str::FromStr as _;
use std::time::Duration;

use askama::Template;
use async_trait::async_trait;
use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::password::{Stop, WaitingPage};
use super::streams::{self, Standing};
use super::{Portal, progress};
use crate::domain::{Event, FileName, ItemId, ItemKey, Reason, Upload, name};
use crate::ports::{StoreError, UploadBytes, UploadCut, UploadError, UploadState, accept_upload};
use crate::web::form::{Fields, TOKEN, same};
use crate::web::frame::Frame;
use crate::web::reader::{Read, Reader, Visitor};
use crate::web::trouble::{Trouble, show};
use crate::web::words::Words;

/// What a form has besides its file, in bytes.
const OVERHEAD: u64 = 64 * 1024;
/// Longest token in bytes.
const MAX_TOKEN: usize = 256;
/// Longest wait for the next piece of a file.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest body of the form: twice what is taken, so that whoever sends too much can read why nothing was.
pub(super) fn body(limit: u64) -> usize {
    usize::try_from(limit.saturating_mul(2).saturating_add(OVERHEAD)).unwrap_or(usize::MAX)
}

#[derive(Template)]
#[template(path = "upload.html")]
struct FormPage {
    frame: Frame,
    mailbox: String,
    limit: String,
    errors: Vec<&'static str>,
}

impl Portal {
    fn upload_page(&self, reader: &Reader, visitor: &Visitor, errors: Vec<&'static str>) -> FormPage {
        FormPage {
            mailbox: visitor.principal.mailbox.as_ref().map(ToString::to_string).unwrap_or_default(),
            limit: reader.words.size(&self.web.config.portal.upload_bytes),
            errors,
            frame: Frame::new(&self.web, reader),
        }
    }
}

/// The form.
pub async fn form(State(portal): State<Portal>, Read(reader): Read, visitor: Visitor) -> Response {
    show(&portal.upload_page(&reader, &visitor, Vec::new()))
}

/// Why a form brought no file.
enum Refused {
    /// For what everybody knows.
    Trouble(Trouble),
    /// Nothing was chosen.
    Nothing,
    /// Two files, or something beside the file.
    TooMany,
    Empty,
    TooLong,
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Takes a file in.
///
/// # Errors
/// [`Trouble::StaleForm`] without the token of the session before the file; [`Trouble::BadForm`] for what is no such form.
pub async fn take(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Trouble> {
    let l = reader.words;
    let multipart = multipart.map_err(|_| Trouble::BadForm)?;
    let (status, error) = match portal.take_file(&visitor, multipart).await {
        Ok(id) => {
            return Ok(Redirect::to(&format!("/upload/{id}")).into_response());
        }
        Err(Refused::Trouble(trouble)) => return Err(trouble),
        Err(Refused::Nothing) => {
            (StatusCode::UNPROCESSABLE_ENTITY, l.t("ファイルを選んでください。", "Choose a file."))
        }
        Err(Refused::TooMany) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            l.t(
                "ファイルは1個ずつ入れてください。何も保存していません。",
                "Put in one file at a time. Nothing was kept.",
            ),
        ),
        Err(Refused::Empty) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            l.t("中身のないファイルです。何も保存していません。", "The file is empty. Nothing was kept."),
        ),
        Err(Refused::TooLong) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            l.t(
                "決められた大きさを超えています。何も保存していません。分けて入れてください。",
                "The file is larger than allowed. Nothing was kept. Put it in in pieces.",
            ),
        ),
    };
    Ok((status, show(&portal.upload_page(&reader, &visitor, vec![error]))).into_response())
}

impl Portal {
    async fn take_file(&self, visitor: &Visitor, mut multipart: Multipart) -> Result<ItemId, Refused> {
        check_token(&mut multipart, &visitor.session.form_token).await?;
        let mailbox = visitor.principal.mailbox.clone().ok_or(Trouble::Forbidden)?;
        let _slot = self.uploads.take(visitor.principal.account).ok_or(Trouble::Throttled)?;
        let (pieces, taken) = mpsc::channel(1);
        let (named, name) = tokio::sync::oneshot::channel();
        let limit = self.web.config.portal.upload_bytes;
        let sending = send(multipart, named, pieces);
        let taking = async {
            // Without a file there is no name, and `sending` says why.
            let Ok(name) = name.await else { return None };
            let at = self.web.clock.now();
            let key = ItemKey { tenant: visitor.principal.tenant.clone(), id: self.web.entropy.item_id(at) };
            let upload = Upload { by: visitor.principal.account, mailbox, name };
            let actor = visitor.principal.actor();
            let mut bytes = Pieces(taken);
            Some(accept_upload(&*self.sink, key, upload, &mut bytes, limit, (at, &actor)).await)
        };
        let (sent, accepted) = tokio::join!(sending, taking);
        match (sent, accepted) {
            (Err(why), None | Some(Err(UploadError::Cut(_)))) => Err(why),
            (_, Some(Ok(accepted))) => Ok(accepted.key.id),
            (_, Some(Err(UploadError::TooLong(_)))) => Err(Refused::TooLong),
            (_, Some(Err(UploadError::Empty))) => Err(Refused::Empty),
            (_, Some(Err(UploadError::Store(error)))) => Err(Trouble::from(error).into()),
            _ => Err(Trouble::BadForm.into()),
        }
    }
}

/// The token stands first: nothing is read of a file that another site sends.
async fn check_token(multipart: &mut Multipart, expected: &str) -> Result<(), Trouble> {
    let field = timeout(PATIENCE, multipart.next_field()).await.map_err(|_| Trouble::BadForm)?;
    let field = field.map_err(|_| Trouble::BadForm)?.filter(|field| field.name() == Some(TOKEN));
    let mut field = field.ok_or(Trouble::StaleForm)?;
    let mut token = Vec::new();
    while let Some(piece) = next(&mut field).await? {
        token.extend_from_slice(&piece);
        if token.len() > MAX_TOKEN {
            return Err(Trouble::BadForm);
        }
    }
    let token = String::from_utf8(token).map_err(|_| Trouble::BadForm)?;
    if same(&token, expected) { Ok(()) } else { Err(Trouble::StaleForm) }
}

async fn next(field: &mut Field<'_>) -> Result<Option<Bytes>, Trouble> {
    let piece = timeout(PATIENCE, field.chunk()).await.map_err(|_| Trouble::BadForm)?;
    piece.map_err(
        |error| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Trouble::TooLarge } else { Trouble::BadForm }
        },
    )
}

/// A piece, or the end of a file after which nothing came.
enum Piece {
    Bytes(Bytes),
    End,
}

/// Sends the file on, piece by piece; its end only once the form has ended, too. What nobody takes any more is read all
/// the same: browsers show an answer after they have sent everything.
async fn send(
    mut multipart: Multipart,
    named: tokio::sync::oneshot::Sender<FileName>,
    pieces: mpsc::Sender<Piece>,
) -> Result<(), Refused> {
    let broken = |_| Refused::Trouble(Trouble::BadForm);
    let late = |_| Refused::Trouble(Trouble::BadForm);
    let field = timeout(PATIENCE, multipart.next_field()).await.map_err(late)?.map_err(broken)?;
    let mut field = field.filter(|field| field.name() == Some("file")).ok_or(Refused::Nothing)?;
    let name = field.file_name().filter(|name| !name.is_empty()).map(safe).ok_or(Refused::Nothing)?;
    // Who takes it waits for the name in the same call; if it is gone, sending fails below.
    let mut is_wanted = named.send(name).is_ok();
    while let Some(piece) = next(&mut field).await? {
        is_wanted = is_wanted && pieces.send(Piece::Bytes(piece)).await.is_ok();
    }
    drop(field);
    let more = timeout(PATIENCE, multipart.next_field()).await.map_err(late)?;
    if more.map_err(broken)?.is_some() {
        return Err(Refused::TooMany);
    }
    if is_wanted {
        // Without a taker there is nothing to end.
        drop(pieces.send(Piece::End).await);
    }
    Ok(())
}

/// What comes out at the other end.
struct Pieces(mpsc::Receiver<Piece>);

#[async_trait]
impl UploadBytes for Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadCut> {
        match self.0.recv().await {
            Some(Piece::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Piece::End) => Ok(None),
            None => Err(UploadCut),
        }
    }
}

/// The name a file came under, if it is safe; one that is only too long is cut before its ending.
fn safe(given: &str) -> FileName {
    FileName::try_from(given.to_owned())
        .or_else(|_| FileName::try_from(shortened(given)))
        .unwrap_or_else(|_| FileName::neutral())
}

fn shortened(given: &str) -> String {
    let (stem, ending) = match given.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 20 => (stem, format!(".{ending}")),
        _ => (given, String::new()),
    };
    let room = name::MAX_NAME.saturating_sub(ending.len());
    let fits = |end: &usize| *end <= room && stem.is_char_boundary(*end);
    let end = (0..=stem.len().min(room)).rev().find(fits).unwrap_or_default();
    format!("{}{ending}", stem.get(..end).unwrap_or_default())
}

/// After so long it is said that it takes long.
const LONG: Duration = Duration::from_secs(120);

impl Portal {
    /// How a file stands that the visitor put in.
    async fn upload_standing(&self, visitor: &Visitor, id: ItemId, l: Words) -> Result<Standing, Trouble> {
        let key = ItemKey { tenant: visitor.principal.tenant.clone(), id };
        let (standing, since) = match self.put_in.upload_state(&key, visitor.principal.account).await? {
            UploadState::Waiting { ahead, since } => (Standing::going(progress::queue(ahead, l)), since),
            UploadState::Working { progress: None, since } => {
                let text = l.t("中身を調べています。", "Its content is being looked at.");
                (Standing::going(text.to_owned()), since)
            }
            UploadState::Working { progress: Some(progress), since } => (Standing::working(&progress, l), since),
            UploadState::Held => {
                let text = l.t("担当者の確認を待っています。", "Somebody in charge looks at it first.");
                return Ok(Standing::going(text.to_owned()));
            }
            UploadState::Ended => {
                let next = (format!("/m/{id}"), l.t("結果を見る", "See the result"));
                return Ok(Standing::ended("success", l.t("終わりました。", "Done.").to_owned(), Some(next)));
            }
            UploadState::Stopped => {
                let next = ("/upload".to_owned(), l.t("ファイルを入れる", "Put in a file"));
                let text = l.t("中止しました。結果は出ません。", "It was stopped. There is no result.");
                return Ok(Standing::ended("info", text.to_owned(), Some(next)));
            }
        };
        let note = if self.web.clock.now().since(since) < LONG {
            ""
        } else {
            l.t(
                "時間がかかっています。終わると、結果が受信一覧に出ます。",
                "It takes a while. When it is done, the result is in the list of mails.",
            )
        };
        Ok(Standing { note, ..standing })
    }
}

/// The page that waits; once there is a result, the result.
///
/// # Errors
/// [`Trouble::NotFound`] if it is no file that the visitor put in.
pub async fn page(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(item): Path<String>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let l = reader.words;
    let key = ItemKey { tenant: visitor.principal.tenant.clone(), id };
    if portal.put_in.upload_state(&key, visitor.principal.account).await? == UploadState::Ended {
        return Ok(Redirect::to(&format!("/m/{id}")).into_response());
    }
    let standing = portal.upload_standing(&visitor, id, l).await?;
    let is_going = !standing.is_final;
    Ok(show(&WaitingPage {
        title: l.t("ファイルを無害化しています", "The file is being sanitized"),
        back: "/mails".to_owned(),
        back_label: l.t("受信一覧へ戻る", "Back to the list"),
        standing,
        events: is_going.then(|| format!("/upload/{id}/events")),
        again: is_going.then(|| format!("/upload/{id}")),
        stop: is_going.then(|| Stop {
            action: format!("/upload/{id}/stop"),
            label: l.t("中止する…", "Stop…"),
            consequence: l.t(
                "変換をやめ、結果を出しません。元に戻せません。必要になったら、もう一度ファイルを入れてください。",
                "It is not converted and there is no result. This cannot be undone; put the file in again if you need it.",
            ),
            button: l.t("変換を中止する", "Stop converting"),
        }),
        frame: Frame::new(&portal.web, &reader),
    }))
}

/// Stops a file that the visitor put in, unless its result is there.
///
/// # Errors
/// [`Trouble::NotFound`] if it is no file that the visitor put in.
pub async fn stop(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(item): Path<String>,
    _fields: Fields,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let key = ItemKey { tenant: visitor.principal.tenant.clone(), id };
    let record =
        portal.record(&visitor, Event::UploadWithdrawn, Some(id), json!({ "reason": Reason::Withdrawn.code() }));
    match portal.put_in.withdraw_upload(&key, visitor.principal.account, record).await {
        // The page says how it ended.
        Ok(()) | Err(StoreError::Conflict) => Ok(Redirect::to(&format!("/upload/{id}")).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// The same as a stream.
///
/// # Errors
/// As [`page`]; [`Trouble::Throttled`] if the account has too many.
pub async fn events(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    Path(item): Path<String>,
    request: Parts,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    portal.upload_standing(&visitor, id, reader.words).await?;
    let slot = portal.streams.take(visitor.principal.account).ok_or(Trouble::Throttled)?;
    let looking = portal.clone();
    let look = move |visitor: Visitor, l: Words| {
        let portal = looking.clone();
        let look = async move { portal.upload_standing(&visitor, id, l).await.ok() };
        Box::pin(look) as futures_util::future::BoxFuture<'static, _>
    };
    Ok(streams::tell(portal, request, slot, Box::new(look)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_cut_or_replaced_and_always_safe() {
        let long = format!("{}.xlsx", "報".repeat(60));
        let cut = format!("{}.xlsx", "報".repeat(38));
        for (given, kept) in [
            ("見積.txt", "見積.txt"),
            (long.as_str(), cut.as_str()),
            ("../../etc/passwd", "file"),
            ("C:\\secret.txt", "file"),
            ("見積\u{202E}fdp.exe", "file"),
            ("nul.txt", "file"),
            ("..", "file"),
        ] {
            assert_eq!(safe(given).as_str(), kept, "{given:?}");
        }
    }
}
