//! The certificate authority of this test process, and the certificate that servers under test show to the browser.
//!
//! Invariant: its keys live in this process and in temporary folders only; the browser forgives certificates that this
//! authority's key is in the chain of, and no others.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData as _};
use sha2::{Digest as _, Sha256};

static SHARED: LazyLock<Authority> = LazyLock::new(Authority::new);

/// An authority and one server certificate of it.
#[derive(Debug)]
pub(super) struct Authority {
    /// The server's certificate, then the authority's: browsers are told to look for the key of the second.
    pub(super) chain: String,
    pub(super) key: String,
    /// What `--ignore-certificate-errors-spki-list` takes: SHA-256 of the public key of the authority, in base64.
    pub(super) fingerprint: String,
}

impl Authority {
    /// A new one, for `localhost` and `127.0.0.1`.
    pub(super) fn new() -> Self {
        let root_key = KeyPair::generate().unwrap();
        let fingerprint = BASE64.encode(Sha256::digest(root_key.subject_public_key_info()));
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let issuer = Issuer::new(root, root_key);
        let server_key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let server_pem = server.signed_by(&server_key, &issuer).unwrap().pem();
        Self { chain: format!("{server_pem}{root_pem}"), key: server_key.serialize_pem(), fingerprint }
    }

    /// The one that the shared browser knows.
    pub(super) fn shared() -> &'static Self {
        &SHARED
    }
}

/// Writes a certificate that the browser accepts, for `localhost` and `127.0.0.1`, and its key into `folder`.
pub(crate) fn issued(folder: &Path) -> (PathBuf, PathBuf) {
    let (chain, key) = (folder.join("browser-test.pem"), folder.join("browser-test.key"));
    std::fs::write(&chain, &Authority::shared().chain).unwrap();
    std::fs::write(&key, &Authority::shared().key).unwrap();
    (chain, key)
}
