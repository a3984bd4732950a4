//! Somebody's browser without a window: one cookie, no script, no redirect followed by itself.
//!
//! Invariant: what it sends is what a page of the portal would send, unless the test says otherwise.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// What a page answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's value; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads.
    pub(crate) fn to(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The cookies that it sets, whole.
    pub(crate) fn cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}

/// A browser.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    /// `name=value` of the session's cookie; empty before anybody has signed in.
    pub(crate) cookie: String,
    /// What forms send back.
    pub(crate) token: String,
}

impl Client {
    /// Nobody's, for the portal at `base`, which shows a certificate of the authority in `chain`.
    pub(crate) fn new(base: &str, chain: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        let last = CertificateDer::pem_file_iter(chain).unwrap().last().unwrap().unwrap();
        roots.add(last).unwrap();
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .tls_backend_preconfigured(tls)
            .build()
            .unwrap();
        Self { http, base: base.to_owned(), cookie: String::new(), token: String::new() }
    }

    /// A request with exactly these headers and this body, and the cookie.
    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookie.is_empty() {
            request = request.header(COOKIE, &self.cookie);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, body: answer.bytes().await.unwrap().to_vec() }
    }

    /// Reads a stream until it says `awaited`; all that it said.
    pub(crate) async fn listen(&self, path: &str, awaited: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/event-stream");
        let mut heard = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&heard).into_owned();
            if text.contains(awaited) {
                return text;
            }
            heard.extend(answer.chunk().await.unwrap().unwrap_or_else(|| panic!("it ended: {text}")));
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[("sec-fetch-site", "same-origin")], Vec::new()).await
    }

    /// Sends a form as a page of the portal does.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [("sec-fetch-site", "same-origin"), (CONTENT_TYPE.as_str(), FORM)];
        self.ask(Method::POST, path, &headers, form(&self.token, fields)).await
    }

    /// Takes the cookie that an answer sets, and the token of the forms of that session, which are on `page`.
    pub(crate) async fn take(&mut self, answer: &Answer, page: &str) {
        let cookies = answer.cookies();
        let set = cookies.iter().find(|cookie| cookie.starts_with("__Host-temizu=")).expect("a session's cookie");
        self.cookie = set.split(';').next().unwrap().to_owned();
        let page = self.get(page).await.text();
        self.token = hidden(&page, "token").expect("a form");
    }
}

/// The value of a page's hidden field.
pub(crate) fn hidden(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split('"').next().map(str::to_owned)
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A form's body.
pub(crate) fn form(token: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = form_urlencoded::Serializer::new(String::new());
    if !token.is_empty() {
        body.append_pair("token", token);
    }
    body.extend_pairs(fields);
    body.finish().into_bytes()
}

pub(crate) const PARTS: &str = "multipart/form-data; boundary=part";

/// The body of a form with a file.
pub(crate) fn parts(token: &str, file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    if !token.is_empty() {
        let field = format!("--part\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n");
        body.extend_from_slice(field.as_bytes());
    }
    body.extend_from_slice(b"--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n");
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--part--\r\n");
    body
}
