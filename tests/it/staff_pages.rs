//! Pages on which staff type passwords and put files in: a whole gateway, asked over TLS as a browser without scripts does.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode};
use serde_json::json;
use temizu::domain::{
    Account, AccountId, AuditEvent, Department, Digest, Event, IdentitySource, Language, Mailbox, OfficeRole, Posting,
    Preferences, TenantId, Timestamp,
};
use temizu::ports::{AccountChange, Door, ItemFilter, OneTimeLink};

use crate::passwords::files_with;
use crate::support::gateway::{DOMAIN, Plan, Site};
use crate::support::log::Captured;
use crate::support::next_hop::NextHop;
use crate::support::s3::ring_for_tls;

const TYPED: &str = "Zq9Xk27Lm";
const WRONG: &str = "Ｗq3Vb81Tn";
/// Bytes of a file that may be put in.
const LIMIT: usize = 100_000;

/// A gateway with a portal, and people.
struct Town {
    site: Site,
    hop: NextHop,
    pem: String,
    _folder: tempfile::TempDir,
}

/// What came back.
struct Answer {
    status: StatusCode,
    location: String,
    cookie: String,
    text: String,
}

/// Somebody who has signed in.
struct Browser {
    client: Client,
    base: String,
    cookie: String,
}

impl Town {
    async fn start() -> Self {
        let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        let (certificate, secret) = (folder.path().join("portal.pem"), folder.path().join("portal.key"));
        std::fs::write(&certificate, &pem).unwrap();
        std::fs::write(&secret, key.serialize_pem()).unwrap();
        let mut plan = Plan::new(hop.address());
        plan.config.portal.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
        plan.config.portal.tls_certificate = Some(certificate);
        plan.config.portal.tls_key = Some(secret);
        plan.config.portal.upload_bytes = u64::try_from(LIMIT).unwrap();
        let site = Site::start(plan).await;
        let road =
            Department {
                code: "road".parse().unwrap(), name: "道路課".parse().unwrap(), mailboxes: BTreeSet::new()
            };
        let record =
            |event| AuditEvent { at: site.now(), event, item: None, actor: "test".to_owned(), details: json!({}) };
        let mut changes = vec![(AccountChange::Department(road), record(Event::DepartmentChanged))];
        // The third has no address.
        for number in 1..=3 {
            changes.push((AccountChange::Add(person(number)), record(Event::AccountAdded)));
        }
        site.store().change(&TenantId::single(), changes).await.unwrap();
        Self { site, hop, pem, _folder: folder }
    }

    async fn sign_in(&self, number: u8) -> Browser {
        ring_for_tls();
        let certificate = Certificate::from_pem(self.pem.as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([certificate]).redirect(Policy::none()).build().unwrap();
        let mut browser = Browser { client, base: format!("https://{}", self.site.portal()), cookie: String::new() };
        let token = format!("link-of-{number}");
        let link = OneTimeLink {
            token: Digest::of(token.as_bytes()),
            account: AccountId::from_bytes([number; 16]),
            door: Door::Portal,
            until: Timestamp::from_millis(i64::MAX / 2),
        };
        let event = Event::LinkOffered;
        let record =
            AuditEvent { at: self.site.now(), event, item: None, actor: "test".to_owned(), details: json!({}) };
        self.site.store().offer_link(&TenantId::single(), link, record).await.unwrap();
        let answer = browser.post(&format!("/link/{token}"), &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser.cookie = answer.cookie;
        browser
    }

    /// A mail with a locked archive for the first of the people; its item.
    async fn locked_mail(&self) -> String {
        let zip = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/locked/aes.zip")).unwrap();
        let zip = BASE64.encode(zip);
        let lines: Vec<&str> = zip.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let mail = format!(
            "From: sender@example.com\nTo: staff1@{DOMAIN}\nSubject: locked\nMessage-ID: <l@example.com>\n\
             MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain\n\n\
             see the file\n--m\nContent-Type: application/zip; name=a.zip\n\
             Content-Disposition: attachment; filename=a.zip\nContent-Transfer-Encoding: base64\n\n{}\n--m--\n",
            lines.join("\n")
        );
        let reference = self.site.send(&[&format!("staff1@{DOMAIN}")], mail.as_bytes()).await;
        self.site.ended(reference).await.summary.id.to_string()
    }

    async fn items(&self) -> usize {
        let filter = ItemFilter { limit: 100, ..ItemFilter::default() };
        self.site.store().items(&TenantId::single(), &filter).await.unwrap().len()
    }
}

fn person(number: u8) -> Account {
    Account {
        id: AccountId::from_bytes([number; 16]),
        login: format!("person{number}").parse().unwrap(),
        name: format!("職員{number}").parse().unwrap(),
        mailbox: (number < 3).then(|| Mailbox::parse(&format!("staff{number}@{DOMAIN}")).unwrap()),
        source: IdentitySource::Local,
        postings: vec![Posting {
            department: "road".parse().unwrap(),
            roles: BTreeSet::from([OfficeRole::Staff]),
            from: "2026-04-01".parse().unwrap(),
            until: None,
        }],
        blocked: false,
        has_password: false,
        has_totp: false,
        preferences: Preferences { language: Some(Language::Ja), ..Preferences::default() },
        signed_in_at: None,
    }
}

impl Browser {
    async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        self.post_as(path, kind, body.into_bytes()).await
    }

    async fn post_as(&self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = self.client.post(format!("{}{path}", self.base)).header("origin", &self.base);
        self.send(request.header("content-type", kind).body(body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.header("cookie", &self.cookie).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let cookie = header("set-cookie").split(';').next().unwrap().to_owned();
        let (status, location) = (answer.status(), header("location"));
        Answer { status, location, cookie, text: answer.text().await.unwrap() }
    }

    /// The token of this session's forms.
    async fn token(&self, path: &str) -> String {
        let text = self.get(path).await.text;
        let (_, rest) = text.split_once("name=\"token\" value=\"").unwrap_or_else(|| panic!("no form: {text}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Types passwords for an item; the page that waits.
    async fn types(&self, item: &str, passwords: &[&str], by_mail: bool) -> Answer {
        let token = self.token(&format!("/m/{item}/password")).await;
        let mut fields = vec![("token", token.as_str())];
        fields.extend(passwords.iter().map(|password| ("password", *password)));
        if by_mail {
            fields.push(("by_mail", "1"));
        }
        self.post(&format!("/m/{item}/password"), &fields).await
    }

    /// Everything that the stream of a waiting page says.
    async fn follow(&self, page: &str) -> String {
        let (path, query) = page.split_once('?').unwrap_or((page, ""));
        let told = self.get(&format!("{path}/events?{query}")).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        assert!(told.text.trim_end().ends_with("event: done\ndata: done"), "it ends: {}", told.text);
        assert!(!told.text.contains("hx-"), "{}", told.text);
        told.text
    }

    async fn puts_in(&self, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, file, bytes) in parts {
            let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            body.extend_from_slice(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge--\r\n");
        self.post_as("/upload", "multipart/form-data; boundary=edge", body).await
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_right_one_opens_the_file() {
    let log = Captured::start();
    let town = Town::start().await;
    let (staff, stranger) = (town.sign_in(1).await, town.sign_in(2).await);
    let item = town.locked_mail().await;
    assert!(staff.get(&format!("/m/{item}")).await.text.contains(&format!("/m/{item}/password")));
    let form = staff.get(&format!("/m/{item}/password")).await.text;
    assert_eq!(form.matches("name=\"password\"").count(), 10, "{form}");
    assert!(form.contains("a.zip") && form.contains("あと5回") && form.contains("保存しません"), "{form}");

    let wrong = staff.types(&item, &[WRONG, "", WRONG], false).await;
    assert_eq!(wrong.status, StatusCode::SEE_OTHER, "{}", wrong.text);
    assert!(wrong.location.ends_with("?wide=1"), "{}", wrong.location);
    let told = staff.follow(&wrong.location).await;
    assert!(told.contains("パスワードが違います。全角の文字が入っていました") && told.contains("あと4回"), "{told}");
    let again = staff.get(&wrong.location).await.text;
    assert!(again.contains("パスワードが違います") && again.contains("name=\"password\""), "{again}");

    let right = staff.types(&item, &["unrelated", TYPED], true).await;
    assert!(right.location.starts_with(&format!("/m/{item}/trial/")) && !right.location.contains('?'));
    let theirs = [
        format!("/m/{item}/password"),
        format!("/m/{item}/trial"),
        right.location.clone(),
        format!("{}/events", right.location),
    ];
    for path in &theirs {
        assert_eq!(stranger.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let told = staff.follow(&right.location).await;
    assert!(told.contains("開けました") && told.contains(&format!("href=\"/m/{item}\"")), "{told}");
    let page = staff.get(&right.location).await.text;
    assert!(page.contains("開けました") && !page.contains("hx-sse"), "{page}");
    assert!(staff.get(&format!("/m/{item}")).await.text.contains("通知.docx"));
    town.hop.until("what was opened arrives", |seen| seen.taken.len() == 2).await;

    let token = stranger.token("/upload").await;
    let fields = [("token", token.as_str()), ("password", TYPED)];
    let refused = stranger.post(&format!("/m/{item}/password"), &fields).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    for secret in [TYPED, WRONG] {
        for text in [&form, &again, &told, &page, &wrong.text, &right.text, &log.text()] {
            assert!(!text.contains(secret), "{text}");
        }
        assert_eq!(files_with(&town.site.data(), secret), Vec::<String>::new());
    }
    town.site.stop().await;
}

#[tokio::test]
async fn passwords_are_refused_after_five_wrong_ones_and_more_than_ten_at_once_always() {
    let town = Town::start().await;
    let staff = town.sign_in(1).await;
    let item = town.locked_mail().await;
    let eleven: Vec<String> = (0..11).map(|number| format!("typo.{number}")).collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    let long = "x".repeat(129);
    for (typed, said) in [
        (&eleven[..], "10個まで"),
        (&[][..], "パスワードを入れて"),
        (&[""][..], "パスワードを入れて"),
        (&[&long], "1行"),
    ] {
        let answer = staff.types(&item, typed, false).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(said) && answer.text.contains("あと5回"), "{}", answer.text);
        assert!(!answer.text.contains("typo.") && !answer.text.contains(&long));
    }
    for left in (0..5).rev() {
        let wrong = staff.types(&item, &["half-width"], false).await;
        let told = staff.follow(&wrong.location).await;
        let words = if left > 0 {
            format!("全角になっていないか確かめてください（あと{left}回）")
        } else {
            "続けて違ったため".to_owned()
        };
        assert!(told.contains(&words), "{told}");
    }
    let locked = staff.get(&format!("/m/{item}/password")).await.text;
    assert!(locked.contains("情報政策課") && !locked.contains("name=\"password\""), "{locked}");
    let token = staff.token("/upload").await;
    let fields = [("token", token.as_str()), ("password", TYPED)];
    let refused = staff.post(&format!("/m/{item}/password"), &fields).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("止めました"), "{}", refused.text);
    town.site.stop().await;
}

/// How many files there are below `folder`.
fn files(folder: PathBuf) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(path) } else { 1 }).sum()
}

#[tokio::test]
async fn nothing_is_kept_of_a_file_that_is_refused() {
    let town = Town::start().await;
    let (staff, nobody) = (town.sign_in(1).await, town.sign_in(3).await);
    let form = staff.get("/upload").await.text;
    assert!(form.contains("100KB") && form.contains(&format!("staff1@{DOMAIN}")), "{form}");
    let token = staff.token("/upload").await;
    let (token, big) = (token.as_bytes(), vec![b'x'; LIMIT + 1]);
    let before = files(town.site.data());
    type Parts<'a> = &'a [(&'a str, Option<&'a str>, &'a [u8])];
    let stale = StatusCode::FORBIDDEN;
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let cases: [(Parts<'_>, StatusCode, &str); 8] = [
        (&[("file", Some("a.txt"), b"text")], stale, "古く"),
        (&[("file", Some("a.txt"), b"text"), ("token", None, token)], stale, "古く"),
        (&[("token", None, b"guessed"), ("file", Some("a.txt"), b"text")], stale, "古く"),
        (&[("token", None, token)], wrong, "選んで"),
        (&[("token", None, token), ("file", Some(""), b"")], wrong, "選んで"),
        (&[("token", None, token), ("file", Some("a.txt"), b"")], wrong, "中身のない"),
        (&[("token", None, token), ("file", Some("a.txt"), b"1"), ("file", Some("b.txt"), b"2")], wrong, "1個ずつ"),
        (&[("token", None, token), ("file", Some("a.txt"), &big)], StatusCode::PAYLOAD_TOO_LARGE, "決められた大きさ"),
    ];
    for (parts, status, said) in cases {
        let answer = staff.puts_in(parts).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    let cut = b"--edge\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n".to_vec();
    let cut =
        [&cut[..], token, b"\r\n--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhal"];
    let answer = staff.post_as("/upload", "multipart/form-data; boundary=edge", cut.concat()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
    assert_eq!(staff.post("/upload", &[]).await.status, StatusCode::BAD_REQUEST);

    assert!(nobody.get("/upload").await.text.contains("登録されていない"));
    let token = nobody.token("/mails").await;
    let answer = nobody.puts_in(&[("token", None, token.as_bytes()), ("file", Some("a.txt"), b"text")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    assert_eq!((town.items().await, files(town.site.data())), (0, before));
    town.site.stop().await;
}

#[tokio::test]
async fn a_file_that_staff_put_in_is_sanitized_and_only_they_see_what_became_of_it() {
    let town = Town::start().await;
    let (staff, stranger) = (town.sign_in(1).await, town.sign_in(2).await);
    let token = staff.token("/upload").await;
    let mut program = b"MZ".to_vec();
    program.resize(4096, 0);
    let text = "お見積りです。\r\n".as_bytes();
    for (name, bytes, shown, state) in [
        ("見積.txt", text, "見積.txt", "chip-available"),
        ("setup.exe", &program, "setup.exe", "chip-withheld"),
        ("..", text, "file", "chip-"),
    ] {
        let taken = staff.puts_in(&[("token", None, token.as_bytes()), ("file", Some(name), bytes)]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{name}: {}", taken.text);
        let path = taken.location.as_str();
        let item = path.strip_prefix("/upload/").unwrap();
        for path in [path.to_owned(), format!("{path}/events"), format!("/m/{item}")] {
            assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let told = staff.follow(&taken.location).await;
        assert!(told.contains("終わりました") && told.contains(&format!("href=\"/m/{item}\"")), "{told}");
        assert_eq!(staff.get(path).await.location, format!("/m/{item}"));
        let page = staff.get(&format!("/m/{item}")).await.text;
        assert!(page.contains("入れた人") && page.contains("職員1（person1）"), "{page}");
        assert!(page.contains(&format!(">{shown}</")) && page.contains(state), "{name}: {page}");
    }
    assert_eq!((town.items().await, town.hop.seen().taken.len()), (3, 0), "nobody is sent anything");
    let other = "A".repeat(26).replacen('A', "0", 1);
    assert_eq!(staff.get(&format!("/upload/{other}")).await.status, StatusCode::NOT_FOUND);
    town.site.stop().await;
}
