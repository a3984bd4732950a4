//! Pictures of a mail that were encoded anew, shown on its page; and the beginning of tables as text.
//!
//! Refuses whatever our own sanitizer of pictures did not write, and what does not begin as its type does. Invariant: the
//! browser is told one exact type, may do nothing with the bytes but draw them, and every look is on record.

use std::str::FromStr as _;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::parts::Part;
use super::{Portal, viewer};
use crate::domain::{Arrival, Digest, Event, ItemId, Rebuilt, RequestId};
use crate::ports::{Blob, Glance, IsShown};
use crate::web::headers::DOWNLOAD_POLICY;
use crate::web::reader::Visitor;
use crate::web::trouble::Trouble;

/// Longest picture that is shown, in bytes; a larger one is fetched.
const MAX_PICTURE: u64 = 20 * 1024 * 1024;
/// Bytes of a table that a page shows.
const MAX_TABLE: usize = 64 * 1024;
/// Pictures, and tables, that one page shows.
const SHOWN: usize = 20;

/// The types that are shown, and how their bytes begin.
const PICTURES: [(&str, &[u8]); 2] = [("image/png", b"\x89PNG\r\n\x1a\n"), ("image/jpeg", b"\xff\xd8\xff")];

/// The type and the first bytes of a picture that may be shown.
fn picture(now: &Rebuilt) -> Option<(&'static str, &'static [u8])> {
    let is_ours = now.sanitizer.starts_with("image/") && now.length <= MAX_PICTURE;
    PICTURES.into_iter().find(|(kind, _)| is_ours && *kind == now.media_type)
}

/// True if a page may show its beginning as text.
fn is_table(now: &Rebuilt) -> bool {
    now.media_type == "text/csv"
}

impl Portal {
    /// Bytes of the mail of a request, on record as shown.
    async fn shown_to_decide(
        &self,
        visitor: &Visitor,
        request: RequestId,
        digest: Digest,
        shown: IsShown,
        how: &str,
    ) -> Result<(Rebuilt, Blob), Trouble> {
        let principal = &visitor.principal;
        let details = json!({ "sha256": digest, "as": how, "request": request });
        let record = self.record(visitor, Event::FileShown, None, details);
        let glance = Glance { approver: principal.account, day: self.web.today(), request, digest };
        Ok(self.releases.derivative_to_decide(&principal.tenant, glance, shown, record).await?)
    }

    /// What the page of a mail shows of its files: pictures by their addresses, tables by their first lines.
    pub(super) async fn preview(
        &self,
        visitor: &Visitor,
        arrival: &Arrival,
        parts: &mut [Part],
    ) -> Result<(), Trouble> {
        let viewer = viewer(visitor);
        for part in parts.iter_mut().take(SHOWN) {
            let Some(now) = part.digest.and_then(|digest| find(arrival, digest)) else { continue };
            if picture(now).is_some() {
                part.picture = Some(format!("/m/{}/preview/{}", arrival.id, now.digest));
            } else if is_table(now) {
                let details = json!({ "sha256": now.digest, "as": "text" });
                let record = self.record(visitor, Event::FileShown, Some(arrival.id), details);
                part.table =
                    beginning(self.arrivals.derivative(&viewer, arrival.id, now.digest, record).await?).await?;
            }
        }
        Ok(())
    }

    /// The same for whoever decides on a request; they see no address of the mail's own page.
    pub(super) async fn preview_to_decide(
        &self,
        visitor: &Visitor,
        request: RequestId,
        arrival: &Arrival,
        parts: &mut [Part],
    ) -> Result<(), Trouble> {
        for part in parts.iter_mut().take(SHOWN) {
            let Some(now) = part.digest.and_then(|digest| find(arrival, digest)) else { continue };
            if picture(now).is_some() {
                part.picture = Some(format!("/approvals/{request}/preview/{}", now.digest));
            } else if is_table(now) {
                part.table =
                    beginning(self.shown_to_decide(visitor, request, now.digest, is_table, "text").await?.1).await?;
            }
        }
        Ok(())
    }
}

fn find(arrival: &Arrival, digest: Digest) -> Option<&Rebuilt> {
    arrival.parts.iter().filter_map(|part| part.now.as_ref()).find(|now| now.digest == digest)
}

/// A picture of a mail.
///
/// # Errors
/// [`Trouble::NotFound`] if it is not the visitor's, or nothing that is shown; [`Trouble::TooMany`] beyond the site's limit.
pub async fn picture_of_mail(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((item, digest)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let digest = Digest::from_str(&digest).map_err(|_| Trouble::NotFound)?;
    let viewer = viewer(&visitor);
    let detail = portal.arrivals.arrival(&viewer, id, None).await?;
    let now = find(&detail.line.arrival, digest).ok_or(Trouble::NotFound)?;
    let kind = picture(now).ok_or(Trouble::NotFound)?;
    portal.within_limit(&visitor, 1).await?;
    let record = portal.record(&visitor, Event::FileShown, Some(id), json!({ "sha256": digest, "as": "picture" }));
    shown(kind, portal.arrivals.derivative(&viewer, id, digest, record).await?).await
}

/// A picture of the mail of a request.
///
/// # Errors
/// [`Trouble::NotFound`] if the request is not for the visitor to decide, or it is nothing that is shown.
pub async fn picture_of_request(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((request, digest)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let id = RequestId::from_str(&request).map_err(|_| Trouble::NotFound)?;
    let digest = Digest::from_str(&digest).map_err(|_| Trouble::NotFound)?;
    let (now, blob) = portal.shown_to_decide(&visitor, id, digest, |now| picture(now).is_some(), "picture").await?;
    let kind = picture(&now).ok_or(Trouble::NotFound)?;
    shown(kind, blob).await
}

/// The bytes, if they begin as their type does.
async fn shown((kind, start): (&'static str, &'static [u8]), blob: Blob) -> Result<Response, Trouble> {
    let bytes = blob.collect().await?;
    if !bytes.starts_with(start) {
        return Err(Trouble::NotFound);
    }
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    headers.insert(CONTENT_SECURITY_POLICY, DOWNLOAD_POLICY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Ok((headers, Body::from(bytes)).into_response())
}

/// The beginning of a table: whole lines of at most 64 KiB, and whether there is more. Nothing, if it is not UTF-8: a site
/// may want its tables otherwise.
async fn beginning(mut blob: Blob) -> Result<Option<(String, bool)>, Trouble> {
    let mut bytes = Vec::new();
    while bytes.len() <= MAX_TABLE
        && let Some(piece) = blob.next_piece().await?
    {
        bytes.extend_from_slice(&piece);
    }
    let more = bytes.len() > MAX_TABLE;
    if more {
        bytes.truncate(MAX_TABLE);
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last.saturating_add(1));
        bytes.truncate(end);
    }
    let text = String::from_utf8(bytes).ok();
    Ok(text.filter(|text| !text.is_empty()).map(|text| (text.trim_start_matches('\u{feff}').to_owned(), more)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rebuilt(sanitizer: &str, media_type: &str, length: u64) -> Rebuilt {
        Rebuilt {
            digest: Digest::of(b""),
            length,
            name: "地図".to_owned(),
            media_type: media_type.to_owned(),
            sanitizer: sanitizer.to_owned(),
            links: Vec::new(),
            places: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_shown_but_pictures_that_were_encoded_anew() {
        assert_eq!(picture(&rebuilt("image/gif/1", "image/png", 1)).unwrap().0, "image/png");
        assert_eq!(picture(&rebuilt("image/jpeg/1", "image/jpeg", 1)).unwrap().0, "image/jpeg");
        for (sanitizer, media_type, length) in [
            ("image/svg/1", "image/svg+xml", 1),
            ("image/gif/1", "image/gif", 1),
            ("image/webp/1", "image/webp", 1),
            ("text/plain/1", "image/png", 1),
            ("ooxml/word/1", "image/png", 1),
            ("image/png/1", "image/png; x", 1),
            ("image/png/1", "text/html", 1),
            ("image/png/1", "image/png", MAX_PICTURE + 1),
        ] {
            assert!(picture(&rebuilt(sanitizer, media_type, length)).is_none(), "{sanitizer} {media_type} {length}");
        }
    }

    #[tokio::test]
    async fn what_does_not_begin_as_a_picture_is_not_shown() {
        let blob = |bytes: &'static [u8]| Blob::in_memory(bytes::Bytes::from_static(bytes));
        assert!(shown(PICTURES[0], blob(b"<svg onload=alert(1)>")).await.is_err());
        assert!(shown(PICTURES[0], blob(b"\xff\xd8\xff")).await.is_err());
        assert!(shown(PICTURES[1], blob(b"\xff\xd8\xff\xe0")).await.is_ok());
    }

    #[tokio::test]
    async fn of_a_table_whole_lines_are_shown_and_only_of_utf_8() {
        let blob = |bytes: Vec<u8>| Blob::in_memory(bytes.into());
        assert_eq!(beginning(blob("\u{feff}氏名\n".into())).await.unwrap(), Some(("氏名\n".to_owned(), false)));
        assert_eq!(beginning(blob(vec![0x8e, 0x81])).await.unwrap(), None);
        let long = "氏名,内線\n".repeat(10_000);
        let (text, more) = beginning(blob(long.into_bytes())).await.unwrap().unwrap();
        assert!(more && text.len() <= MAX_TABLE && text.ends_with("内線\n"));
    }
}
