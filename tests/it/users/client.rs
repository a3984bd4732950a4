//! A browser without scripts: TLS checked against the portal's own authority, cookies, forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};

/// The time that the certificate is checked at: that of the gateway, not of the machine.
#[derive(Debug)]
struct At(u64);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0)))
    }
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) to: String,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {}", self.to, self.text);
        self
    }

    pub(super) fn leads_to(self, to: &str) -> Self {
        let answer = self.is(303);
        assert_eq!(answer.to, to);
        answer
    }

    /// The value of the first field of this name.
    pub(super) fn field(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| {
            panic!("no field {name}: {}", self.text);
        });
        rest.split('"').next().unwrap().replace("&#38;", "&")
    }
}

/// One browser.
pub(super) struct Browser {
    client: reqwest::Client,
    origin: String,
    cookies: BTreeMap<String, String>,
    token: String,
    /// What a proxy in front adds to every request.
    pub(super) added: Vec<(&'static str, String)>,
}

impl Browser {
    pub(super) fn new(portal: SocketAddr, data: &Path, now: i64) -> Self {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(data.join("tls/portal-authority.pem")).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        let at = Arc::new(At(u64::try_from(now / 1000).unwrap()));
        let tls = ClientConfig::builder_with_details(Arc::new(rustls::crypto::ring::default_provider()), at)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        Self {
            client,
            origin: format!("https://{portal}"),
            cookies: BTreeMap::new(),
            token: String::new(),
            added: Vec::new(),
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.origin));
        let answer = self.send(request).await;
        if let Some((_, rest)) = answer.text.split_once("name=\"token\" value=\"") {
            rest.split('"').next().unwrap().clone_into(&mut self.token);
        }
        answer
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", &self.token).extend_pairs(fields);
        self.post_as(path, "application/x-www-form-urlencoded", body.finish().into_bytes()).await
    }

    /// A form with a file, as a browser sends it.
    pub(super) async fn put_in(&mut self, path: &str, file: &[u8], fields: &[(&str, &str)]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in [("token", self.token.clone().as_str())].iter().chain(fields) {
            body.extend_from_slice(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
            );
        }
        body.extend_from_slice(
            b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n",
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        self.post_as(path, "multipart/form-data; boundary=edge", body).await
    }

    async fn post_as(&mut self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = self.client.post(format!("{}{path}", self.origin));
        self.send(request.header("sec-fetch-site", "same-origin").header(CONTENT_TYPE, kind).body(body)).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let jar = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = self.added.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let answer = request.header(COOKIE, jar).send().await.unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let text = set.to_str().unwrap();
            assert!(text.starts_with("__Host-") && text.contains("; Secure; HttpOnly; SameSite="), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let to = answer.headers().get(LOCATION).map_or("", |to| to.to_str().unwrap()).to_owned();
        Answer { status: answer.status().as_u16(), to, text: answer.text().await.unwrap() }
    }
}
