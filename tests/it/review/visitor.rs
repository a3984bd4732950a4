//! Somebody at a door of the gateway: TLS, HTTP and one cookie, as a browser without scripts has it.
//!
//! Invariant: it trusts the certificate of the test and no other, and follows no redirect by itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode};
use temizu::domain::{Digest, Event};
use temizu::ports::{Door, OneTimeLink};
use temizu::store::Store;

use crate::releases::office::{account, city, record};
use crate::store_contract::fixture::{at, item_id};
use crate::support::s3::ring_for_tls;

/// A certificate for `127.0.0.1` and its key.
pub(super) struct Certified {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pem: String,
}

impl Certified {
    pub(super) fn new(folder: &Path) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        let (certificate, path) = (folder.join("door.pem"), folder.join("door.key"));
        std::fs::write(&certificate, &pem).unwrap();
        std::fs::write(&path, key.serialize_pem()).unwrap();
        Self { certificate, key: path, pem }
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the hidden field `name`.
    pub(super) fn field(&self, name: &str) -> String {
        let text = self.text();
        let mark = format!("name=\"{name}\" value=\"");
        let (_, rest) = text.split_once(&mark).unwrap_or_else(|| panic!("no field {name}: {text}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// What stands in the element of this id.
    pub(super) fn element(&self, id: &str) -> String {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {text}"));
        rest.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()
    }
}

/// A browser at one address.
#[derive(Clone)]
pub(super) struct Visitor {
    client: Client,
    base: String,
    cookie: String,
}

impl Visitor {
    pub(super) fn at(address: SocketAddr, certified: &Certified) -> Self {
        ring_for_tls();
        let certificate = Certificate::from_pem(certified.pem.as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([certificate]).redirect(Policy::none()).build().unwrap();
        Self { client, base: format!("https://{address}"), cookie: String::new() }
    }

    /// With a session of account `number`, by a link that works once.
    pub(super) async fn signed_in(mut self, store: &dyn Store, door: Door, number: u8) -> Self {
        static LINKS: AtomicU32 = AtomicU32::new(0);
        let token = format!("link-{}", LINKS.fetch_add(1, Ordering::SeqCst));
        let link = OneTimeLink {
            token: Digest::of(token.as_bytes()),
            account: account(number),
            door,
            until: at(i64::MAX / 2_000),
        };
        store.offer_link(&city(), link, record(Event::LinkOffered, item_id(1))).await.unwrap();
        let path = format!("/link/{token}");
        let answer = self.post(&path, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        self.cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let again = self.post(&path, &[]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "a link works once");
        self
    }

    /// The same browser with a cookie that another door has set.
    pub(super) fn with_the_cookie_of(&self, other: &Self) -> Self {
        Self { cookie: other.cookie.clone(), ..self.clone() }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.sent(self.client.get(format!("{}{path}", self.base))).await
    }

    /// A form of a page of this door.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(&self.base, path, fields).await
    }

    /// A form of a page of `origin`.
    pub(super) async fn post_from(&self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.base)).header("origin", origin);
        self.sent(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.header("cookie", &self.cookie).send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, bytes: answer.bytes().await.unwrap().to_vec() }
    }
}
