//! The server side of STARTTLS: the identity, and what was agreed with a client.
//!
//! TLS 1.2 and 1.3 by the ring provider. Refuses: an identity that is half configured, unreadable or inconsistent.
//! Invariant: without a whole identity there is no acceptor, and STARTTLS is not offered.

use std::path::Path;
use std::sync::Arc;

use rustls::{ProtocolVersion, ServerConfig, ServerConnection};
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::SmtpError;
use crate::config;

/// The acceptor for the configured identity; none if none is configured.
pub(super) fn acceptor(smtp: &config::Smtp) -> Result<Option<TlsAcceptor>, SmtpError> {
    let (certificate, key) = match (&smtp.tls_certificate, &smtp.tls_key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) => return Ok(None),
        _ => return Err(SmtpError::HalfTls),
    };
    let chain = chain(certificate).map_err(|source| SmtpError::Pem { path: certificate.clone(), source })?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|source| SmtpError::Pem { path: key.clone(), source })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(SmtpError::Identity)?;
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(path)?.collect::<Result<_, _>>()?;
    if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) }
}

/// Protocol version and cipher suite, as the envelope keeps them: `TLSv1.3 TLS_AES_256_GCM_SHA384`.
pub(super) fn agreed(connection: &ServerConnection) -> String {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "TLS",
    };
    let suite = connection.negotiated_cipher_suite().map(|suite| suite.suite().as_str().unwrap_or_default());
    // rustls marks the suites of TLS 1.3 in the name; RFC 8446 B.4 does not.
    format!("{version} {}", suite.unwrap_or_default().replacen("TLS13_", "TLS_", 1))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn smtp(certificate: Option<PathBuf>, key: Option<PathBuf>) -> config::Smtp {
        config::Smtp { tls_certificate: certificate, tls_key: key, ..config::Smtp::default() }
    }

    #[test]
    fn an_identity_is_whole_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let issued = rcgen::generate_simple_self_signed(vec!["gw.example".to_owned()]).unwrap();
        let [certificate, key, empty] = ["cert.pem", "key.pem", "empty.pem"].map(|name| folder.path().join(name));
        std::fs::write(&certificate, issued.cert.pem()).unwrap();
        std::fs::write(&key, issued.signing_key.serialize_pem()).unwrap();
        std::fs::write(&empty, "").unwrap();

        let whole = smtp(Some(certificate.clone()), Some(key.clone()));
        assert!(acceptor(&whole).unwrap().is_some());
        assert!(acceptor(&smtp(None, None)).unwrap().is_none());
        for half in [smtp(Some(certificate), None), smtp(None, Some(key.clone()))] {
            assert!(matches!(acceptor(&half), Err(SmtpError::HalfTls)));
        }
        for bad in [smtp(Some(empty), Some(key.clone())), smtp(Some(key.clone()), Some(key.clone()))] {
            assert!(matches!(acceptor(&bad), Err(SmtpError::Pem { .. })));
        }
        let other = rcgen::generate_simple_self_signed(vec!["gw.example".to_owned()]).unwrap();
        std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
        assert!(matches!(acceptor(&whole), Err(SmtpError::Identity(_))), "the key of another certificate");
    }
}
