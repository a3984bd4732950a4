//! Rebuilt files on their way to a browser: one by one, or all of a mail in one zip.
//!
//! Refuses: bytes that the visitor was not given. Invariant: whatever leaves here was written by a worker, is saved and
//! never opened by the browser, and is on record before its first byte.

use std::str::FromStr as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::{Portal, viewer};
use crate::domain::{ArrivalFile, Digest, Event, ItemId};
use crate::ports::{Blob, StoreError};
use crate::web::form::Fields;
use crate::web::headers::DOWNLOAD_POLICY;
use crate::web::reader::Visitor;
use crate::web::trouble::Trouble;
use crate::zip::Zip;

/// One rebuilt file.
///
/// # Errors
/// [`Trouble::NotFound`] if the visitor was not given it, or its time is over.
pub async fn file(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((item, digest)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    let digest = Digest::from_str(&digest).map_err(|_| Trouble::NotFound)?;
    let viewer = viewer(&visitor);
    let detail = portal.arrivals.arrival(&viewer, id, None).await?;
    let parts = &detail.line.arrival.parts;
    let part = parts.iter().find(|part| part.now.as_ref().is_some_and(|now| now.digest == digest));
    let part = part.ok_or(Trouble::NotFound)?;
    let name = part.now.as_ref().map_or("file", |now| now.name.as_str());
    portal.within_limit(&visitor, 1).await?;
    let details = json!({ "part": part.part.path.to_string(), "sha256": digest });
    let record = portal.record(&visitor, Event::FileFetched, Some(id), details);
    let blob = portal.arrivals.derivative(&viewer, id, digest, record).await?;
    Ok((download(name, Some(blob.len())), Body::from_stream(pieces(blob))).into_response())
}

/// Bytes of files that one zip may hold: it is made in memory.
const MAX_ZIP: u64 = 200 * 1024 * 1024;

/// All rebuilt files of a mail in one zip.
///
/// # Errors
/// [`Trouble::NotFound`] if it is not the visitor's or has no file; [`Trouble::TooLarge`] over 200 MiB.
pub async fn all(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(item): Path<String>,
    _fields: Fields,
) -> Result<Response, Trouble> {
    let id = ItemId::from_str(&item).map_err(|_| Trouble::NotFound)?;
    portal.zip_of(&visitor, &[id], None).await
}

impl Portal {
    /// The rebuilt files of some mails in one zip, those of each in a folder of its own if there are several. Mails that are
    /// not the visitor's are passed over.
    ///
    /// # Errors
    /// [`Trouble::NotFound`] if there is no file; [`Trouble::TooLarge`] over 200 MiB.
    pub(super) async fn zip_of(
        &self,
        visitor: &Visitor,
        items: &[ItemId],
        name: Option<&str>,
    ) -> Result<Response, Trouble> {
        let viewer = viewer(visitor);
        let mut members: Vec<(String, Vec<u8>)> = Vec::new();
        let (mut room, mut last) = (MAX_ZIP, String::new());
        let mut details = Vec::new();
        for id in items {
            match self.arrivals.arrival(&viewer, *id, None).await {
                Ok(detail) => details.push(detail),
                Err(StoreError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let rebuilt = |part: &&ArrivalFile| super::parts::is_file(part) && part.now.is_some();
        let count =
            details.iter().map(|detail| detail.line.arrival.parts.iter().filter(rebuilt).count()).sum::<usize>();
        self.within_limit(visitor, u32::try_from(count).unwrap_or(u32::MAX)).await?;
        for detail in details {
            let id = detail.line.arrival.id;
            last = detail.line.reference.to_string();
            let folder = if items.len() > 1 { format!("{last}/") } else { String::new() };
            for part in detail.line.arrival.parts.iter().filter(|part| super::parts::is_file(part)) {
                let Some(now) = &part.now else { continue };
                room = room.checked_sub(now.length).ok_or(Trouble::TooLarge)?;
                let details = json!({ "part": part.part.path.to_string(), "sha256": now.digest, "in": "zip" });
                let record = self.record(visitor, Event::FileFetched, Some(id), details);
                let bytes = self.arrivals.derivative(&viewer, id, now.digest, record).await?.collect().await?;
                members.push((distinct(&format!("{folder}{}", now.name), &members), bytes));
            }
        }
        if members.is_empty() {
            return Err(Trouble::NotFound);
        }
        let mut zip = Zip::default();
        for (name, bytes) in &members {
            zip.add(name, bytes).ok_or(Trouble::TooLarge)?;
        }
        let zip = zip.finish().ok_or(Trouble::TooLarge)?;
        let name = name.map_or_else(|| format!("{last}.zip"), ToOwned::to_owned);
        Ok((download(&name, u64::try_from(zip.len()).ok()), zip).into_response())
    }
}

impl Portal {
    /// Refuses, on record, what would be more than `portal.fetches_per_hour` (reference: security 5.1).
    ///
    /// # Errors
    /// [`Trouble::TooMany`].
    pub(super) async fn within_limit(&self, visitor: &Visitor, more: u32) -> Result<(), Trouble> {
        if self.may_fetch(visitor, more).await? { Ok(()) } else { Err(Trouble::TooMany) }
    }

    /// False, and on record, if so many more would be too many.
    pub(super) async fn may_fetch(&self, visitor: &Visitor, more: u32) -> Result<bool, Trouble> {
        let most = self.web.config.portal.fetches_per_hour;
        let since = self.web.clock.now().before(HOUR);
        let so_far = self.arrivals.fetched_since(&viewer(visitor), since).await?;
        if so_far.saturating_add(more) <= most {
            return Ok(true);
        }
        let details = json!({ "within_an_hour": so_far, "wanted": more, "limit": most });
        let record = self.record(visitor, Event::FetchesRefused, None, details);
        self.register.record(&visitor.principal.tenant, record).await?;
        Ok(false)
    }
}

/// What the limit of fetches is counted over.
const HOUR: Duration = Duration::from_secs(3600);

/// A name that no member has yet: `a.txt`, `a (2).txt`.
fn distinct(name: &str, members: &[(String, Vec<u8>)]) -> String {
    let taken = |name: &str| members.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    if !taken(name) {
        return name.to_owned();
    }
    let (stem, extension) =
        name.rsplit_once('.').map_or((name, String::new()), |(stem, end)| (stem, format!(".{end}")));
    let numbered = (2..).map(|number| format!("{stem} ({number}){extension}")).find(|name| !taken(name));
    numbered.unwrap_or_default()
}

/// The headers of a file that is saved, never shown (RFC 6266; ASVS 5.4).
#[must_use]
pub fn download(name: &str, length: Option<u64>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_SECURITY_POLICY, DOWNLOAD_POLICY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&disposition(name)) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    headers
}

/// `attachment` with the name in ASCII for old browsers and in UTF-8 for all others (RFC 6266 4.3, RFC 8187).
fn disposition(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.() ".contains(c);
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let mut extended = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            extended.push(char::from(byte));
        } else {
            extended.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{extended}")
}

fn pieces(
    blob: Blob,
) -> impl futures_util::Stream<Item = Result<bytes::Bytes, crate::ports::StoreError>> + Send + 'static {
    futures_util::stream::try_unfold(
        blob,
        |mut blob| async move { Ok(blob.next_piece().await?.map(|piece| (piece, blob))) },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(
            disposition("見積書 \"1\"\r\n.xlsx"),
            "attachment; filename=\"___ _1___.xlsx\"; \
             filename*=UTF-8''%E8%A6%8B%E7%A9%8D%E6%9B%B8%20%221%22%0D%0A.xlsx"
        );
        assert!(HeaderValue::from_str(&disposition("a\u{202e}b;filename=c")).is_ok());
    }
}
