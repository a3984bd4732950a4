//! A server of the test's own for small pages, over TLS.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::serve::Listener;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::authority::Authority;

/// As strict as the portal's.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// What is served at one path.
#[derive(Clone, Debug)]
struct Page {
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

/// Pages at paths; gone when dropped.
#[derive(Debug)]
pub(super) struct Pages {
    pages: BTreeMap<String, Page>,
}

impl Pages {
    pub(super) fn new() -> Self {
        Self { pages: BTreeMap::new() }
    }

    /// A page under [`POLICY`].
    pub(super) fn html(self, path: &str, body: &str) -> Self {
        self.with(path, &[("content-type", "text/html; charset=utf-8"), ("content-security-policy", POLICY)], body)
    }

    /// Anything, with its headers.
    pub(super) fn with(mut self, path: &str, headers: &[(&'static str, &'static str)], body: &str) -> Self {
        self.pages.insert(path.to_owned(), Page { headers: headers.to_vec(), body: body.to_owned() });
        self
    }

    /// Serves them with a certificate that the browser accepts.
    pub(super) async fn serve(self) -> Served {
        self.serve_as(Authority::shared()).await
    }

    pub(super) async fn serve_as(self, authority: &Authority) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::new(self.pages));
        let tls = Tls::new(listener, authority);
        let serving = tokio::spawn(async move { drop(axum::serve(tls, router).await) });
        Served { address, serving }
    }
}

/// Answers what was asked: the page at the path, or the words of the request where the path is `/said`.
async fn answer(State(pages): State<Arc<BTreeMap<String, Page>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if path == "/said" {
        let languages = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
        let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
        let languages = languages.map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
        return format!("{languages}|{}", String::from_utf8(body.to_vec()).unwrap()).into_response();
    }
    let Some(page) = pages.get(&path) else { return (StatusCode::NOT_FOUND, "no such page").into_response() };
    let mut response = page.body.clone().into_response();
    response.headers_mut().clear();
    for (name, value) in &page.headers {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    response
}

/// A running server.
#[derive(Debug)]
pub(super) struct Served {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Served {
    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Shakes hands one task each, so that a client that does not hinders nobody.
#[derive(Debug)]
struct Tls {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    accepting: JoinHandle<()>,
}

impl Tls {
    fn new(listener: TcpListener, authority: &Authority) -> Self {
        let chain = CertificateDer::pem_slice_iter(authority.chain.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(authority.key.as_bytes()).unwrap();
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()));
        let address = listener.local_addr().unwrap();
        let (shaken, ready) = mpsc::channel(16);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let (acceptor, shaken) = (acceptor.clone(), shaken.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        drop(shaken.send((stream, peer)).await);
                    }
                });
            }
        });
        Self { address, ready, accepting }
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(next) => next,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
