//! What certificates of a directory or a provider are checked against: the authorities of the system, and a file.
//!
//! Refuses: a file that cannot be read or holds no authority. Invariant: there is no way to switch the check off.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::IdentityError;

pub(super) fn client(authorities: Option<&Path>) -> Result<ClientConfig, IdentityError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = authorities {
        let refused = || IdentityError::Authorities(path.to_owned());
        let before = roots.len();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|_| refused())? {
            roots.add(certificate.map_err(|_| refused())?).map_err(|_| refused())?;
        }
        if roots.len() == before {
            return Err(refused());
        }
    }
    let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(IdentityError::Tls)?;
    Ok(client.with_root_certificates(roots).with_no_client_auth())
}
