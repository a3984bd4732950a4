//! What the certificate of the next hop is checked against.
//!
//! Refuses: a file of authorities that cannot be read or holds none; `required` without any authority.
//! Invariant: there is no way to switch the check off.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_rustls::TlsConnector;

use super::DeliverError;
use crate::config::{self, DeliverTls};

/// The connector for `config`; `None` if TLS is off.
pub(super) fn connector(config: &config::Deliver) -> Result<Option<TlsConnector>, DeliverError> {
    if config.tls == DeliverTls::Off {
        return Ok(None);
    }
    let roots = authorities(config.tls_ca.as_deref())?;
    if roots.is_empty() {
        if config.tls == DeliverTls::Required {
            return Err(DeliverError::NoAuthority);
        }
        tracing::warn!("this system knows no certificate authority: set deliver.tls_ca, or STARTTLS will fail");
    }
    let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(DeliverError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(TlsConnector::from(Arc::new(client))))
}

fn authorities(file: Option<&Path>) -> Result<RootCertStore, DeliverError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    let (_, unusable) = roots.add_parsable_certificates(system.certs);
    tracing::debug!(usable = roots.len(), unusable, errors = system.errors.len(), "authorities of the system");
    if let Some(path) = file {
        let refused = |source| DeliverError::AuthorityFile { path: path.to_owned(), source };
        let before = roots.len();
        for certificate in CertificateDer::pem_file_iter(path).map_err(refused)? {
            roots.add(certificate.map_err(refused)?).map_err(DeliverError::Tls)?;
        }
        if roots.len() == before {
            return Err(refused(rustls_pki_types::pem::Error::NoItemsFound));
        }
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tls: DeliverTls, pem: &str) -> Result<bool, DeliverError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, pem).unwrap();
        let config = config::Deliver { tls, tls_ca: Some(path), ..config::Deliver::default() };
        connector(&config).map(|connector| connector.is_some())
    }

    #[test]
    fn a_file_of_authorities_must_hold_one() {
        let pem = rcgen::generate_simple_self_signed(["hop.test".to_owned()]).unwrap().cert.pem();
        assert!(check(DeliverTls::Required, &pem).unwrap());
        assert!(matches!(check(DeliverTls::Required, "nothing"), Err(DeliverError::AuthorityFile { .. })));
        let broken = pem.replace("MII", "!!!");
        assert!(matches!(check(DeliverTls::IfOffered, &broken), Err(DeliverError::AuthorityFile { .. })));
    }

    #[test]
    fn a_missing_file_of_authorities_is_an_error_unless_tls_is_off() {
        let missing = |tls| config::Deliver { tls, tls_ca: Some("/nonexistent/ca.pem".into()), ..Default::default() };
        assert!(matches!(connector(&missing(DeliverTls::IfOffered)), Err(DeliverError::AuthorityFile { .. })));
        assert!(connector(&missing(DeliverTls::Off)).unwrap().is_none());
    }
}
