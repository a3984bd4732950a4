//! People by CSV on a page (人事異動): a file goes in, its difference is shown, and a second form applies what was shown.
//!
//! Refuses: files over 16 MiB, a file with any mistake, to apply what is not what was shown. Invariant: a file waits in
//! the memory of this process only, for [`KEPT`] at most, and for whoever put it in.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::Portal;
use super::approvals::{is_fresh, prove_first};
use super::users::{Names, named, names, titles};
use crate::domain::{AccountId, Digest, Language, Posting, TenantId, Timestamp};
use crate::identity::roster::{Difference, Entry, Fault, Kind, MAX_BYTES, Roster, Step};
use crate::web::form::{Fields, TOKEN, same};
use crate::web::frame::Frame;
use crate::web::reader::{Read, Reader, Visitor};
use crate::web::trouble::{Trouble, show};
use crate::web::words::Words;

/// Longest body of the form with the file in bytes.
pub const MAX_UPLOAD: usize = MAX_BYTES + 64 * 1024;
/// How long a file waits to be applied.
pub const KEPT: Duration = Duration::from_secs(15 * 60);
/// Most files that wait at once; one of each administrator.
const MAX_FILES: usize = 20;
/// Most bytes of all of them.
const MAX_ALL: usize = 64 * 1024 * 1024;
/// Longest text field beside the file in bytes.
const MAX_TEXT: usize = 256;
/// Most people that a page shows; the counts are of all.
const SHOWN: usize = 500;

/// A file that was put in and not applied yet.
#[derive(Clone)]
struct Waiting {
    bytes: Bytes,
    complete: bool,
    until: Timestamp,
}

/// Files that wait, by who put them in.
#[derive(Default)]
pub struct Previews(Mutex<BTreeMap<AccountId, Waiting>>);

impl std::fmt::Debug for Previews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Previews")
    }
}

impl Previews {
    /// Keeps a file in place of the one before; false if too much waits.
    fn keep(&self, account: AccountId, waiting: Waiting, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&account);
        all.retain(|_, other| other.until > now);
        let bytes = all.values().map(|other| other.bytes.len()).fold(waiting.bytes.len(), usize::saturating_add);
        let fits = all.len() < MAX_FILES && bytes <= MAX_ALL;
        if fits {
            all.insert(account, waiting);
        }
        fits
    }

    fn of(&self, account: AccountId, now: Timestamp) -> Option<Waiting> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, other| other.until > now);
        all.get(&account).cloned()
    }

    fn forget(&self, account: AccountId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
    }
}

#[derive(Template)]
#[template(path = "roster.html")]
struct Page {
    frame: Frame,
    faults: Vec<(String, &'static str)>,
    error: &'static str,
    shown: Option<Shown>,
}

/// A difference, for people.
struct Shown {
    digest: String,
    counts: [(&'static str, usize); 5],
    people: Vec<Person>,
    more: usize,
    departments: Vec<(String, String, String)>,
    complete: bool,
    changes: bool,
    until: String,
}

struct Person {
    kind: &'static str,
    login: String,
    name: String,
    steps: Vec<String>,
}

/// A difference and the SHA-256 of all that it says: what is applied is what was shown, or nothing.
struct Compared {
    difference: Difference,
    digest: Digest,
}

impl Portal {
    /// Compares a file with the accounts as they are now.
    async fn compare(&self, tenant: &TenantId, waiting: &Waiting) -> Result<Result<Compared, Vec<Fault>>, Trouble> {
        let accounts = self.web.accounts.accounts(tenant).await?;
        let departments = self.web.accounts.departments(tenant).await?;
        let (bytes, complete, today) = (waiting.bytes.clone(), waiting.complete, self.web.today());
        let work = move || {
            let roster = Roster::read(&bytes)?;
            Difference::of(&roster, &accounts, &departments, today, complete)
        };
        // Up to 50,000 rows: not on a thread that serves pages.
        let compared = tokio::task::spawn_blocking(work).await.map_err(|_| Trouble::Unavailable)?;
        let difference = match compared {
            Ok(difference) => difference,
            Err(faults) => return Ok(Err(faults)),
        };
        let text = serde_json::to_vec(&difference).map_err(|_| Trouble::Unavailable)?;
        Ok(Ok(Compared { digest: Digest::of(&text), difference }))
    }

    fn roster_page(&self, reader: &Reader, faults: &[Fault], error: &'static str, shown: Option<Shown>) -> Page {
        let l = reader.words;
        let faults = faults.iter().map(|fault| (place(fault, l), fault.problem.sentence(l.language))).collect();
        Page { faults, error, shown, frame: Frame::new(&self.web, reader) }
    }
}

/// Where a mistake is.
fn place(fault: &Fault, l: Words) -> String {
    let column = fault.column.map(|column| column.head(l.language));
    let line = (fault.line > 0).then(|| match l.language {
        Language::Ja => format!("{}行目", fault.line),
        Language::En => format!("line {}", fault.line),
    });
    let parts = line.into_iter().chain(column.map(str::to_owned));
    parts.collect::<Vec<_>>().join(l.t("、", ", "))
}

/// The form, or what waits to be applied.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn page(State(portal): State<Portal>, Read(reader): Read, visitor: Visitor) -> Result<Response, Trouble> {
    let principal = &visitor.principal;
    let Some(waiting) = portal.previews.of(principal.account, portal.web.clock.now()) else {
        return Ok(show(&portal.roster_page(&reader, &[], "", None)));
    };
    match portal.compare(&principal.tenant, &waiting).await? {
        Ok(compared) => {
            let departments = portal.web.accounts.departments(&principal.tenant).await?;
            let shown = shown(&compared, &waiting, &names(&departments), reader.words);
            Ok(show(&portal.roster_page(&reader, &[], "", Some(shown))))
        }
        Err(faults) => Ok(show(&portal.roster_page(&reader, &faults, "", None))),
    }
}

/// Takes a file in and leads to its difference. Nothing is changed.
///
/// # Errors
/// [`Trouble::TooLarge`], [`Trouble::BadForm`], [`Trouble::StaleForm`].
pub async fn upload(
    State(portal): State<Portal>,
    Read(reader): Read,
    visitor: Visitor,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Trouble> {
    let (bytes, complete) = read(form.map_err(|_| Trouble::BadForm)?, &visitor).await?;
    let now = portal.web.clock.now();
    let waiting = Waiting { bytes, complete, until: now.after(KEPT) };
    if let Err(faults) = portal.compare(&visitor.principal.tenant, &waiting).await? {
        let page = portal.roster_page(&reader, &faults, "", None);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response());
    }
    if !portal.previews.keep(visitor.principal.account, waiting, now) {
        let error = reader.words.t(
            "ほかの管理者のファイルがたくさん待っています。15分ほど待ってください。",
            "Too many files of other administrators wait. Try again in about 15 minutes.",
        );
        let page = portal.roster_page(&reader, &[], error, None);
        return Ok((StatusCode::SERVICE_UNAVAILABLE, show(&page)).into_response());
    }
    Ok(Redirect::to("/users/import").into_response())
}

/// The file of the form and whether it has everybody. The session's token stands before the file, and is checked before
/// any byte of it is kept.
async fn read(mut form: Multipart, visitor: &Visitor) -> Result<(Bytes, bool), Trouble> {
    let (mut known, mut complete) = (false, false);
    while let Some(field) = form.next_field().await.map_err(|_| Trouble::BadForm)? {
        match field.name().unwrap_or_default() {
            TOKEN => {
                let token = capped(field, MAX_TEXT).await?;
                known = std::str::from_utf8(&token).is_ok_and(|token| same(token, &visitor.session.form_token));
            }
            "complete" if known => complete = capped(field, MAX_TEXT).await? == b"1",
            "file" if known => return Ok((capped(field, MAX_BYTES).await?.into(), complete)),
            _ if known => return Err(Trouble::BadForm),
            _ => return Err(Trouble::StaleForm),
        }
        if !known {
            return Err(Trouble::StaleForm);
        }
    }
    Err(Trouble::BadForm)
}

async fn capped(mut field: Field<'_>, limit: usize) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|_| Trouble::TooLarge)? {
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(Trouble::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Applies what was shown: the form names it by its SHA-256.
///
/// # Errors
/// [`Trouble::Conflict`] if nothing waits any more, or the accounts have changed since it was shown.
pub async fn apply(State(portal): State<Portal>, visitor: Visitor, fields: Fields) -> Result<Response, Trouble> {
    let principal = &visitor.principal;
    let now = portal.web.clock.now();
    if fields.has("discard") {
        portal.previews.forget(principal.account);
        return Ok(Redirect::to("/users/import").into_response());
    }
    let waiting = portal.previews.of(principal.account, now).ok_or(Trouble::Conflict)?;
    if !is_fresh(&portal, &visitor) {
        return Ok(prove_first("/users/import"));
    }
    let compared = portal.compare(&principal.tenant, &waiting).await?.map_err(|_| Trouble::Conflict)?;
    if fields.text("digest") != compared.digest.to_string() {
        return Err(Trouble::Conflict);
    }
    let entropy = portal.web.entropy.as_ref();
    let changes = compared.difference.changes(entropy, now, &principal.actor()).map_err(|_| Trouble::Unavailable)?;
    portal.web.accounts.change(&principal.tenant, changes).await?;
    portal.previews.forget(principal.account);
    Ok(Redirect::to("/users?said=imported").into_response())
}

fn shown(compared: &Compared, waiting: &Waiting, names: &Names<'_>, l: Words) -> Shown {
    let difference = &compared.difference;
    let count = |kind| (title(kind, l), difference.count(kind));
    let changed = || difference.people.iter().filter(|entry| entry.kind != Kind::Unchanged);
    let departments = difference.departments.iter().map(|department| {
        let mailboxes = department.mailboxes.iter().map(ToString::to_string).collect::<Vec<_>>();
        (department.code.to_string(), department.name.to_string(), mailboxes.join(l.t("、", ", ")))
    });
    // A department of the file has its name there, not here yet.
    let mut all = names.clone();
    all.extend(difference.departments.iter().map(|department| (&department.code, department)));
    Shown {
        digest: compared.digest.to_string(),
        counts: [
            count(Kind::Added),
            count(Kind::Moved),
            count(Kind::Changed),
            count(Kind::Ended),
            count(Kind::Unchanged),
        ],
        people: changed().take(SHOWN).map(|entry| person(entry, &all, l)).collect(),
        more: changed().count().saturating_sub(SHOWN),
        changes: changed().next().is_some() || !difference.departments.is_empty(),
        departments: departments.collect(),
        complete: waiting.complete,
        until: l.short(&waiting.until),
    }
}

const fn title(kind: Kind, l: Words) -> &'static str {
    match kind {
        Kind::Added => l.t("追加", "Added"),
        Kind::Moved => l.t("異動", "Moved"),
        Kind::Changed => l.t("変更", "Changed"),
        Kind::Ended => l.t("終了", "Ended"),
        Kind::Unchanged => l.t("変更なし", "Unchanged"),
    }
}

fn person(entry: &Entry, names: &Names<'_>, l: Words) -> Person {
    let place = |posting: &Posting| format!("{} {}", named(names, &posting.department), titles(&posting.roles, l));
    let last = |posting: &Posting| posting.until.as_ref().map(|day| l.day(day));
    let step = |step: &Step| match step {
        Step::Begins(posting) => {
            let from = l.day(&posting.from);
            let until = |day: String| format!("{}{day}{}", l.t("", " to "), l.t("まで", ""));
            let until = last(posting).map_or_else(String::new, until);
            format!("{} {}{from}{}{until}", place(posting), l.t("", "from "), l.t("から", ""))
        }
        Step::Ends(posting) => match last(posting) {
            Some(day) => format!("{} {}{day}", place(posting), l.t("最終日：", "last day: ")),
            None => format!("{} {}", place(posting), l.t("終了日をなくす", "without a last day")),
        },
        Step::TakenBack(posting) => {
            let from = l.day(&posting.from);
            format!("{} {}{from}", place(posting), l.t("発令の取消し：", "taken back: from "))
        }
        Step::Field(field) => match *field {
            "name" => l.t("氏名が変わります", "another name"),
            "mailbox" => l.t("メールアドレスが変わります", "another mail address"),
            "source" => l.t("認証が変わります", "proven by something else"),
            _ => l.t("停止・再開が変わります", "blocked or let in again"),
        }
        .to_owned(),
    };
    Person {
        kind: title(entry.kind, l),
        login: entry.login.to_string(),
        name: entry.name.clone(),
        steps: entry.steps.iter().map(step).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(bytes: usize, until: i64) -> Waiting {
        Waiting { bytes: vec![0; bytes].into(), complete: false, until: Timestamp::from_millis(until) }
    }

    #[test]
    fn what_waits_is_bounded_in_number_size_and_time() {
        let previews = Previews::default();
        let id = |number: u8| AccountId::from_bytes([number; 16]);
        let now = Timestamp::from_millis(10);
        for number in 1..=20 {
            assert!(previews.keep(id(number), waiting(1, 20), now));
        }
        assert!(!previews.keep(id(21), waiting(1, 20), now), "the twenty-first waits");
        assert!(previews.keep(id(20), waiting(2, 30), now), "one's own is replaced");
        assert!(previews.keep(id(21), waiting(1, 30), Timestamp::from_millis(20)), "what is over makes room");
        assert!(previews.of(id(1), Timestamp::from_millis(20)).is_none());
        assert!(!previews.keep(id(22), waiting(MAX_ALL, 30), Timestamp::from_millis(20)));
        previews.forget(id(21));
        assert!(previews.of(id(21), now).is_none());
    }
}
