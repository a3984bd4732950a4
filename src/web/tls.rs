//! The certificate of a listener: the one that the site gives, or one by an authority made at the first start.
//!
//! Refuses: to serve without TLS, a pair that does not fit. Invariant: the authority's key is readable by its owner only,
//! and a certificate made here names nothing but what the configuration names.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Years for which an authority is good, and days for which a certificate is; browsers refuse more than 398.
const AUTHORITY_YEARS: i32 = 20;
const CERTIFICATE_DAYS: i32 = 390;
/// A certificate is made anew when it has fewer days left.
const RENEW_DAYS: i32 = 30;

/// What a listener's certificate is made of.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// `portal`, `review`: names of files, and of the authority.
    pub door: &'static str,
    /// The certificate chain and the key that the site gives.
    pub given: Option<(&'a Path, &'a Path)>,
    /// The data folder; `tls/` below it holds what is made here.
    pub data: &'a Path,
    /// Host names and addresses for a certificate made here.
    pub names: &'a [String],
    /// Today.
    pub today: Date,
}

/// Why a listener has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or not be made.
    #[error("{} cannot be used: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate or key file holds none.
    #[error("{} holds no certificate or key (PEM)", .0.display())]
    Pem(PathBuf),
    /// A certificate cannot be made of these names.
    #[error("no certificate can be made; check portal.names and review.names: {0}")]
    Made(#[from] rcgen::Error),
    /// Certificate and key do not fit.
    #[error("certificate and key do not fit: {0}")]
    Pair(#[from] rustls::Error),
}

impl Identity<'_> {
    /// What accepts connections.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let (certificate, key) = match self.given {
            Some((certificate, key)) => (certificate.to_owned(), key.to_owned()),
            None => self.made()?,
        };
        let pem = |path: &Path| TlsError::Pem(path.to_owned());
        let chain: Vec<_> = CertificateDer::pem_file_iter(&certificate)
            .and_then(Iterator::collect::<Result<_, _>>)
            .map_err(|_| pem(&certificate))?;
        if chain.is_empty() {
            return Err(pem(&certificate));
        }
        let key = PrivateKeyDer::from_pem_file(&key).map_err(|_| pem(&key))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(server)))
    }

    /// The certificate that was made here, or is made now; with its key.
    fn made(&self) -> Result<(PathBuf, PathBuf), TlsError> {
        let folder = self.data.join("tls");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|source| TlsError::File { path: folder.clone(), source })?;
        let file = |name: &str| folder.join(format!("{}-{name}", self.door));
        let (certificate, key, made_for) = (file("certificate.pem"), file("key.pem"), file("made-for"));
        if self.is_good(&certificate, &key, &made_for) {
            return Ok((certificate, key));
        }
        let authority = self.authority(&file("authority.pem"), &file("authority-key.pem"))?;
        let own = KeyPair::generate()?;
        let issued = self.leaf()?.signed_by(&own, &authority)?;
        write(&key, &own.serialize_pem())?;
        write(&certificate, &format!("{}{}", issued.pem(), read(&file("authority.pem"))?))?;
        write(&made_for, &self.made_for(plus_days(self.today, CERTIFICATE_DAYS)))?;
        Ok((certificate, key))
    }

    /// True while what was made still serves: same names, days left.
    fn is_good(&self, certificate: &Path, key: &Path, made_for: &Path) -> bool {
        let Ok(kept) = read(made_for) else { return false };
        let until = kept.lines().next().and_then(|line| line.parse::<Date>().ok());
        let lasts = until.is_some_and(|until| plus_days(self.today, RENEW_DAYS) < until);
        lasts && until.is_some_and(|until| kept == self.made_for(until)) && certificate.is_file() && key.is_file()
    }

    fn made_for(&self, until: Date) -> String {
        format!("{until}\n{}\n", self.names.join("\n"))
    }

    /// The authority of this listener; made on first use.
    fn authority(&self, certificate: &Path, key: &Path) -> Result<Issuer<'static, KeyPair>, TlsError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, format!("Temizu {} authority", self.door));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // Only the name and the key matter to whoever checks a certificate by it; both are the same at every start.
        let (year, month, day) = parts(self.today);
        params.not_before = rcgen::date_time_ymd(year, month, day);
        params.not_after = rcgen::date_time_ymd(year + AUTHORITY_YEARS, 1, 1);
        if key.is_file() && certificate.is_file() {
            let pair = KeyPair::from_pem(&read(key)?)?;
            return Ok(Issuer::new(params, pair));
        }
        let pair = KeyPair::generate()?;
        write(key, &pair.serialize_pem())?;
        write(certificate, &params.self_signed(&pair)?.pem())?;
        tracing::info!(
            authority = %certificate.display(),
            "an authority was made for this listener: give its certificate to the browsers of the office"
        );
        Ok(Issuer::new(params, pair))
    }

    fn leaf(&self) -> Result<CertificateParams, TlsError> {
        let mut params = CertificateParams::new(self.names.to_vec())?;
        let name = self.names.first().map_or("localhost", String::as_str);
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let (year, month, day) = parts(plus_days(self.today, -1));
        params.not_before = rcgen::date_time_ymd(year, month, day);
        let (year, month, day) = parts(plus_days(self.today, CERTIFICATE_DAYS));
        params.not_after = rcgen::date_time_ymd(year, month, day);
        Ok(params)
    }
}

fn plus_days(date: Date, days: i32) -> Date {
    date.saturating_add(jiff::Span::new().days(days))
}

/// Year, month and day, as `rcgen` takes them.
fn parts(date: Date) -> (i32, u8, u8) {
    (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
}

fn read(path: &Path) -> Result<String, TlsError> {
    fs::read_to_string(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Writes a file for its owner only, whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    let failed = |source| TlsError::File { path: path.to_owned(), source };
    let half = path.with_extension("new");
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&half, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(folder: &Path, names: &[String], today: &str) -> (TlsAcceptor, String) {
        let today = today.parse().unwrap();
        let identity = Identity { door: "portal", given: None, data: folder, names, today };
        let acceptor = identity.acceptor().unwrap();
        (acceptor, fs::read_to_string(folder.join("tls/portal-certificate.pem")).unwrap())
    }

    #[test]
    fn a_certificate_lasts_until_its_names_or_its_days_change_and_its_authority_stays() {
        let folder = tempfile::tempdir().unwrap();
        let one = ["portal.city.example".to_owned(), "127.0.0.1".to_owned()];
        let authority = || fs::read_to_string(folder.path().join("tls/portal-authority.pem")).unwrap();
        let (_, first) = made(folder.path(), &one, "2026-11-23");
        let made_first = authority();
        assert_eq!(made(folder.path(), &one, "2027-10-01").1, first, "days left");
        let (_, renewed) = made(folder.path(), &one, "2027-12-01");
        assert_ne!(renewed, first, "over soon");
        let (_, other) = made(folder.path(), &one[..1], "2027-12-01");
        assert_ne!(other, renewed, "other names");
        assert_eq!(authority(), made_first);
    }

    #[test]
    fn keys_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        made(folder.path(), &["localhost".to_owned()], "2026-11-23");
        for name in ["portal-key.pem", "portal-authority-key.pem"] {
            let mode = fs::metadata(folder.path().join("tls").join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_given_pair_must_fit() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let [a, b] = [0, 1].map(|_| rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap());
        let (certificate, key) = (write("c", &a.cert.pem()), write("k", &b.signing_key.serialize_pem()));
        let today = "2026-11-23".parse().unwrap();
        let given = Some((certificate.as_path(), key.as_path()));
        let identity = Identity { door: "portal", given, data: folder.path(), names: &[], today };
        assert!(matches!(identity.acceptor(), Err(TlsError::Pair(_))));
        let given = Some((key.as_path(), key.as_path()));
        assert!(matches!(Identity { given, ..identity }.acceptor(), Err(TlsError::Pem(_))));
    }
}
