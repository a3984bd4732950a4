//! Who may do what: every row of the tables of both listeners for everybody, with objects of their own, of others, and of nobody.
//!
//! Refuses a row whose parameters it does not know: a new page cannot be forgotten. Invariant: what is expected follows
//! from the row and from whose the object is, and from nothing else.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use temizu::domain::{AuditEvent, Event, ItemId, OfferId, OfficeRole, Password, RequestId};
use temizu::ports::{Door, Judgement, Offer, OfferState, Ruling, Viewer};
use temizu::web::routes::{Need, Row};

use super::client::{Answer, Client, FORM, PARTS, form, hidden, parts};
use super::letters::{letter, locked_zip, pdf, picture};
use super::support::{HANAKO, JIRO, KAEDE, KANRI, KANSA, MOMO, Office, PASSWORD, SAKURA, account, city, mailbox};

/// Everybody who asks; `None` has not signed in.
const ACTORS: [Option<&str>; 6] = [None, Some(HANAKO), Some(JIRO), Some(SAKURA), Some(KANRI), Some(KANSA)];

/// What a GET may write: who looked at what.
const VIEWS: [&str; 4] = ["item_viewed", "file_shown", "file_fetched", "list_exported"];

/// They answer with a picture that was encoded anew.
const PICTURES: [&str; 2] = ["/m/{item}/preview/{digest}", "/approvals/{request}/preview/{digest}"];

/// They tell how an errand of one's own stands, and nothing of a mail.
const PROGRESS: [&str; 4] =
    ["/m/{item}/trial/{offer}", "/m/{item}/trial/{offer}/events", "/upload/{item}", "/upload/{item}/events"];

/// There no more once there is an administrator.
const GONE: [&str; 1] = ["/setup"];

/// Whose the object is that a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Foreign,
    Nobodys,
}

/// What somebody has: a mail, the digests of its rebuilt text and of its picture, a request for its original, passwords typed for it, a file
/// that they put in.
struct Things {
    item: ItemId,
    digest: String,
    picture: String,
    request: RequestId,
    offer: OfferId,
    /// What they put in; absent where no page takes files.
    upload: Option<ItemId>,
}

struct World {
    office: Office,
    /// Where everybody asks.
    door: Door,
    hanakos: Things,
    jiros: Things,
}

impl World {
    async fn open(door: Door) -> Self {
        let office = Office::open().await;
        let hanakos = things(&office, HANAKO, "road").await;
        let jiros = things(&office, JIRO, "library").await;
        if door == Door::Review {
            approved(&office, &hanakos, SAKURA).await;
            approved(&office, &jiros, KAEDE).await;
        }
        Self { office, door, hanakos, jiros }
    }

    fn rows(&self) -> Vec<Row> {
        self.office.rows(self.door)
    }

    /// The path of a row with an object in it, and whether the object is there for `login`.
    async fn path(&self, row: &Row, login: Option<&str>, whose: Whose) -> (String, bool) {
        let own = if login == Some(JIRO) { &self.jiros } else { &self.hanakos };
        let other = if login == Some(JIRO) { &self.hanakos } else { &self.jiros };
        let things = if whose == Whose::Foreign { other } else { own };
        let is_there = whose != Whose::Nobodys;
        let (mut path, mut theirs) = (String::new(), true);
        for piece in row.path.split('/').skip(1) {
            path.push('/');
            let (value, is_theirs) = match piece {
                "{item}" if !is_there => ("01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned(), false),
                "{item}" if row.path.starts_with("/upload/") => {
                    (things.upload.expect("an upload").to_string(), whose == Whose::Own)
                }
                "{item}" if row.path.starts_with("/m/") => (things.item.to_string(), whose == Whose::Own),
                "{offer}" if !is_there => (OfferId::from_bytes([99; 16]).to_string(), false),
                "{offer}" => (things.offer.to_string(), whose == Whose::Own),
                "{digest}" if !is_there => ("0".repeat(64), false),
                "{digest}" if PICTURES.contains(&row.path) => (things.picture.clone(), whose == Whose::Own),
                "{digest}" => (things.digest.clone(), whose == Whose::Own),
                "{request}" if !is_there => (RequestId::from_bytes([99; 16]).to_string(), false),
                // Nobody decides on their own; an approver does on those of their department.
                "{request}" if row.path.starts_with("/approvals") => {
                    (things.request.to_string(), whose == Whose::Own && login == Some(SAKURA))
                }
                "{request}" if ["/requests/", "/originals/"].iter().any(|of| row.path.starts_with(of)) => {
                    (things.request.to_string(), whose == Whose::Own)
                }
                "{account}" if !is_there => (temizu::domain::AccountId::from_bytes([99; 16]).to_string(), false),
                // Whoever manages accounts manages all of them.
                "{account}" => (account(if whose == Whose::Own { MOMO } else { KAEDE }).to_string(), true),
                // A link is whoever's holds it.
                "{token}" if is_there => (self.office.link_at(HANAKO, self.door).await, true),
                "{token}" => ("nothing".to_owned(), false),
                plain if !plain.contains(['{', '}', '*']) => (plain.to_owned(), true),
                unknown => panic!("the matrix does not know whose {unknown} of {} is", row.path),
            };
            path.push_str(&value);
            theirs &= is_theirs;
        }
        (path, theirs)
    }

    async fn client(&self, login: Option<&str>) -> Client {
        self.office.client_at(login, self.door).await
    }
}

/// A mail with a text, a PDF that is kept back and an archive behind a password; and what its reader did with it.
async fn things(office: &Office, login: &str, department: &str) -> Things {
    let text = format!("{login}への連絡です。\r\n").into_bytes();
    let files = [("連絡.txt", "text/plain", text), pdf(), locked_zip(), picture()];
    let item = office.mail(login, &letter("連絡", "山田建設", "送ります。", &files)).await;
    let arrival = office.arrival(login, item).await;
    let mut rebuilt = arrival.parts.iter().filter(|part| part.part.name.is_some()).filter_map(|part| part.now.as_ref());
    let digest = rebuilt.next().expect("a rebuilt text").digest.to_string();
    let picture = rebuilt.next().expect("a picture").digest.to_string();
    let offer = typed(office, login, item).await;
    let client = office.client(login).await;
    let why = [("part", ""), ("department", department), ("why", "仕事で原本が必要なため。"), ("pledge", "1")];
    let asked = client.post(&format!("/m/{item}/request"), &why).await;
    assert_eq!((asked.status, asked.to()), (303, "/requests?said=asked"), "{}", asked.text());
    let request = office.site.store().own_requests(&city(), account(login), 10).await.unwrap()[0].id;
    Things { item, digest, picture, request, offer, upload: put_in(office, login, &client).await }
}

/// Approved by somebody of the department.
async fn approved(office: &Office, things: &Things, by: &str) {
    let at = office.site.now();
    let judgement = Judgement {
        request: things.request,
        by: account(by),
        by_name: by.parse().unwrap(),
        ruling: Ruling::Approve { fetch_until: at.after(Duration::from_secs(86_400)) },
        comment: None,
        at,
        day: "2026-11-23".parse().unwrap(),
    };
    let actor = format!("user:{by}");
    let record = AuditEvent { at, event: Event::RequestApproved, item: Some(things.item), actor, details: json!({}) };
    office.site.store().judge(&city(), judgement, record).await.unwrap();
}

/// A wrong password, tried.
async fn typed(office: &Office, login: &str, item: ItemId) -> OfferId {
    let (store, id) = (office.site.store(), OfferId::from_bytes([if login == JIRO { 2 } else { 1 }; 16]));
    let viewer = Viewer { tenant: city(), account: account(login), mailboxes: vec![mailbox(login)] };
    let (at, actor) = (office.site.now(), format!("user:{login}"));
    let record = AuditEvent { at, event: Event::PasswordsTyped, item: Some(item), actor, details: json!({}) };
    let passwords = vec![Password::new("Wq3Vb81Tn".to_owned()).unwrap()];
    let by = (account(login), mailbox(login));
    let offer = Offer { id, item, account: by.0, mailbox: by.1, passwords, by_mail: false, at };
    store.offer(&viewer, offer, 5, record).await.unwrap();
    let since = Instant::now();
    while matches!(store.offer_state(&city(), by.0, id).await.unwrap(), OfferState::Queued(_) | OfferState::Trying(_)) {
        assert!(since.elapsed() < Duration::from_secs(60), "nobody tries the password");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    id
}

/// A file put in, where a page takes files.
async fn put_in(office: &Office, login: &str, client: &Client) -> Option<ItemId> {
    office.rows(Door::Portal).iter().find(|row| row.path == "/upload" && row.method == Method::POST)?;
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", PARTS)];
    let body = parts(&client.token, format!("{login}の資料").as_bytes());
    let answer = client.ask(Method::POST, "/upload", &headers, body).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let place = answer.to().strip_prefix("/upload/").unwrap();
    let id: ItemId = place.split('?').next().unwrap().parse().unwrap();
    office.site.ended(id.reference()).await;
    Some(id)
}

/// The rows with what makes them a form of each; those that name nothing have one object: their own.
fn cases(rows: Vec<Row>, method: &Method) -> Vec<(Row, Vec<Whose>)> {
    let objects = |row: &Row| match row.path.contains('{') {
        true => vec![Whose::Own, Whose::Foreign, Whose::Nobodys],
        false => vec![Whose::Own],
    };
    rows.into_iter().filter(|row| row.method == *method).map(|row| (row.clone(), objects(&row))).collect()
}

/// If the role of `login` reaches a row.
async fn may(world: &World, need: Need, login: &str) -> bool {
    let principal = world.office.principal(login).await;
    match need {
        Need::Nobody | Need::Anyone => true,
        Need::OneOf(roles) => roles.iter().any(|role: &OfficeRole| principal.is(*role)),
    }
}

/// What is wrong with an answer, if something is.
fn judged(row: &Row, login: Option<&str>, may: bool, theirs: bool, answer: &Answer) -> Option<String> {
    let status = answer.status;
    let expected = match (row.need, login) {
        (Need::Nobody, _) if GONE.contains(&row.path) => status == 404,
        (Need::Nobody, _) => status != 403 && status < 500,
        (_, None) if row.method == Method::GET => status == 303 && answer.to().starts_with("/sign-in?to="),
        (_, None) => status == 401,
        _ if !may => status == 403,
        _ if !theirs => status == 404,
        _ => ![401, 403, 404].contains(&status) && status < 500,
    };
    (!expected).then(|| format!("{} {} as {login:?}, theirs: {theirs}: {status}", row.method, row.path))
}

/// What is missing among the headers of an answer.
fn bare(row: &Row, answer: &Answer) -> Vec<String> {
    let policy = answer.header("content-security-policy");
    let mut wrong = Vec::new();
    let mut want = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{} {}: {what}: {:?}", row.method, row.path, answer.headers));
        }
    };
    want(policy.contains("default-src 'none'"), "nothing by default");
    want(policy.contains("frame-ancestors 'none'"), "never in a frame");
    want(!policy.contains("unsafe"), "nothing inline, nothing made of text");
    want(answer.header("x-content-type-options") == "nosniff", "nosniff");
    want(answer.header("cache-control") == "no-store", "no-store");
    want(answer.header("strict-transport-security").starts_with("max-age="), "always TLS");
    want(answer.header("referrer-policy") == "no-referrer", "no referrer");
    let is_page = answer.header("content-type").starts_with("text/html");
    let is_saved = answer.header("content-disposition").starts_with("attachment");
    let is_stream = PROGRESS.contains(&row.path) && answer.header("content-type") == "text/event-stream";
    let is_drawn = PICTURES.contains(&row.path) && answer.header("content-type") == "image/png";
    want(!is_drawn || policy.contains("sandbox"), "bytes that do nothing");
    want(answer.header("cross-origin-resource-policy") == "same-origin", "drawn by our pages only");
    want(is_page || is_saved || is_stream || is_drawn || answer.body.is_empty(), "a page, or saved");
    for cookie in answer.cookies() {
        let parts: BTreeSet<&str> = cookie.split("; ").skip(1).collect();
        let strict = ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"].iter().all(|part| parts.contains(part));
        want(cookie.starts_with("__Host-") && strict && !cookie.contains("Domain"), "a strict cookie");
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_what_is_theirs_and_looking_changes_nothing_but_the_record_of_it() {
    everybody_sees(Door::Portal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_holds_on_the_internet_side() {
    everybody_sees(Door::Review).await;
}

async fn everybody_sees(door: Door) {
    let world = World::open(door).await;
    let mut wrong = Vec::new();
    let before = state(&world).await;
    for login in ACTORS {
        let client = world.client(login).await;
        for (row, objects) in cases(world.rows(), &Method::GET) {
            let may = match login {
                Some(login) => may(&world, row.need, login).await,
                None => false,
            };
            for whose in objects {
                let (path, theirs) = world.path(&row, login, whose).await;
                let head = world.office.head().await;
                let answer = client.get(&path).await;
                wrong.extend(judged(&row, login, may, theirs, &answer));
                wrong.extend(bare(&row, &answer));
                let actor = login.map(|login| format!("user:{login}"));
                let written = world.office.records(head).await;
                let by_people: Vec<_> = written.iter().filter(|(_, actor, _)| actor.starts_with("user:")).collect();
                for (event, by, _) in &by_people {
                    if !VIEWS.contains(&event.as_str()) || Some(by) != actor.as_ref() {
                        wrong.push(format!("GET {} as {login:?} wrote {event} of {by}", row.path));
                    }
                }
                let names_item = ["{item}", "{request}"].iter().any(|name| row.path.contains(name));
                let names_item = names_item && !PROGRESS.contains(&row.path);
                let item = if login == Some(JIRO) { world.jiros.item } else { world.hanakos.item }.to_string();
                let noted = by_people.iter().any(|(.., of)| of.as_deref() == Some(item.as_str()));
                if names_item && (answer.status == 200) != noted {
                    wrong.push(format!("GET {} as {login:?}: {} and on record: {noted}", row.path, answer.status));
                }
            }
        }
    }
    let after = state(&world).await;
    wrong.extend(before.iter().filter(|row| !after.contains(row)).map(|row| format!("changed by looking: {row}")));
    wrong.extend(after.iter().filter(|row| !before.contains(row)).map(|row| format!("made by looking: {row}")));
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.office.site.stop().await;
}

/// How mails and requests stand, whoever asks.
async fn state(world: &World) -> Vec<String> {
    let store = world.office.site.store();
    let mut rows = Vec::new();
    for login in [HANAKO, JIRO] {
        let requests = store.own_requests(&city(), account(login), 100).await.unwrap();
        rows.extend(requests.iter().map(|request| format!("{request:?}")));
        rows.push(format!("{:?}", world.office.principal(login).await));
        for things in [&world.hanakos, &world.jiros] {
            let key = temizu::domain::ItemKey { tenant: city(), id: things.item };
            let item = store.item(&key).await.unwrap();
            rows.push(format!("{:?} {:?}", item.summary, item.recipients_state));
        }
    }
    let deputies = store.deputies(&city(), account(SAKURA), "2026-11-23".parse().unwrap()).await.unwrap();
    rows.push(format!("{deputies:?}"));
    rows
}

/// Whose forms bring a file along.
const WITH_FILES: [&str; 2] = ["/upload", "/users/import"];

/// The kind and the body of a row's form.
fn filled(row: &Row, token: &str, ticket: &str) -> (&'static str, Vec<u8>) {
    if WITH_FILES.contains(&row.path) {
        return (PARTS, parts(token, b"x"));
    }
    let mut fields = fields(row);
    fields.extend((!ticket.is_empty()).then_some(("ticket", ticket)));
    (FORM, form(token, &fields))
}

/// What the form of a row carries from the page before: that with the password of a zip; empty if there is none before.
async fn ticket(row: &Row, client: &Client, path: &str) -> String {
    let Some(before) = path.strip_suffix("/zip").filter(|_| row.path.starts_with("/originals/")) else {
        return String::new();
    };
    let page = client.post(before, &[]).await;
    hidden(&page.text(), "ticket").unwrap_or_else(|| panic!("{}: {}", page.status, page.text()))
}

/// What the form of a row needs, so that it does what it is for.
fn fields<'f>(row: &Row) -> Vec<(&'static str, &'f str)> {
    match row.path {
        "/prove" => vec![("password", PASSWORD)],
        "/sign-in" => vec![("login", HANAKO), ("password", PASSWORD)],
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_changes_what_is_theirs() {
    everybody_changes(Door::Portal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_fetches_what_is_theirs() {
    everybody_changes(Door::Review).await;
}

async fn everybody_changes(door: Door) {
    let world = World::open(door).await;
    let mut wrong = Vec::new();
    for (row, objects) in cases(world.rows(), &Method::POST) {
        for login in ACTORS {
            let may = match login {
                Some(login) => may(&world, row.need, login).await,
                None => false,
            };
            for whose in &objects {
                // Signed in anew each time: some forms end the session.
                let client = world.client(login).await;
                let (path, theirs) = world.path(&row, login, *whose).await;
                let ticket = if may && theirs { ticket(&row, &client, &path).await } else { String::new() };
                let head = world.office.head().await;
                let (kind, body) = filled(&row, &client.token, &ticket);
                let headers = [("sec-fetch-site", "same-origin"), ("content-type", kind)];
                let answer = client.ask(Method::POST, &path, &headers, body).await;
                wrong.extend(judged(&row, login, may, theirs, &answer));
                wrong.extend(bare(&row, &answer));
                let written = world.office.records(head).await;
                let done = written.iter().any(|(_, by, _)| by.starts_with("user:"));
                if row.need != Need::Nobody && (!may || !theirs) && done {
                    wrong.push(format!("POST {} as {login:?} was refused and wrote {written:?}", row.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_from_elsewhere_or_of_another_session_changes_nothing() {
    foreign_forms(Door::Portal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_does_it_on_the_internet_side() {
    foreign_forms(Door::Review).await;
}

async fn foreign_forms(door: Door) {
    let world = World::open(door).await;
    let mut wrong = Vec::new();
    let mut clients = Vec::new();
    for login in ACTORS.into_iter().flatten() {
        clients.push((login, world.client(Some(login)).await));
    }
    for (row, _) in cases(world.rows(), &Method::POST) {
        for (login, client) in &clients {
            if !may(&world, row.need, login).await {
                continue;
            }
            let (path, _) = world.path(&row, Some(login), Whose::Own).await;
            let kind = ("content-type", filled(&row, "", "").0);
            let head = world.office.head().await;
            for (headers, token) in [
                (vec![kind], client.token.as_str()),
                (vec![kind, ("sec-fetch-site", "cross-site")], &client.token),
                (vec![kind, ("sec-fetch-site", "same-site")], &client.token),
                (vec![kind, ("origin", "https://evil.example")], &client.token),
                (vec![kind, ("sec-fetch-site", "same-origin")], ""),
                (vec![kind, ("sec-fetch-site", "same-origin")], "0123456789abcdef0123456789abcdef"),
            ] {
                let is_ours = headers.contains(&("sec-fetch-site", "same-origin"));
                if row.need == Need::Nobody && is_ours {
                    continue;
                }
                let answer = client.ask(Method::POST, &path, &headers, filled(&row, token, "").1).await;
                if answer.status != 403 {
                    wrong.push(format!("POST {path} as {login} with {headers:?} {token:?}: {}", answer.status));
                }
            }
            let written = world.office.records(head).await;
            if written.iter().any(|(_, by, _)| by.starts_with("user:")) {
                wrong.push(format!("POST {path} as {login} wrote {written:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_are_given_with_the_mail_that_they_came_with_and_with_no_other() {
    let world = World::open(Door::Portal).await;
    let client = world.office.client(HANAKO).await;
    for kind in ["text", "file"] {
        let path = format!("/m/{}/{kind}/{}", world.hanakos.item, world.jiros.digest);
        assert_eq!(client.get(&path).await.status, 404, "{path}");
    }
    world.office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assets_may_be_kept_and_nothing_else_may() {
    let office = Office::open().await;
    let client = office.stranger();
    let page = client.get("/sign-in").await.text();
    let (_, rest) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let sheet = client.get(rest.split('"').next().unwrap()).await;
    assert_eq!(sheet.status, 200);
    assert!(sheet.header("cache-control").contains("immutable"), "{:?}", sheet.headers);
    assert_eq!(sheet.header("x-content-type-options"), "nosniff");
    assert_eq!(client.get("/nothing").await.header("cache-control"), "no-store");
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_prove_who_they_are_with_is_set_in_the_portal_and_nowhere_else() {
    let office = Office::open().await;
    let of = |door| office.rows(door).into_iter().map(|row| (row.method, row.path)).collect::<BTreeSet<_>>();
    let (portal, review) = (of(Door::Portal), of(Door::Review));
    for (method, path) in [
        (Method::POST, "/second-factor"),
        (Method::POST, "/password"),
        (Method::GET, "/setup"),
        (Method::POST, "/setup"),
    ] {
        assert!(portal.contains(&(method.clone(), path)), "{method} {path}");
        assert!(!review.contains(&(method.clone(), path)), "{method} {path}");
    }
    office.site.stop().await;
}
