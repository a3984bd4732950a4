//! A bucket of an S3-compatible service.
//!
//! Refuses: settings, keys and proxies out of the environment; redirects; http, unless the endpoint says so. Invariant: a
//! request to a service that is away or hangs ends within about ten seconds, so that intake answers 451 soon.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::client::{HttpClient, HttpConnector};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use rustls::{ClientConfig, RootCertStore};

use crate::config;
use crate::store::open::OpenError;
use crate::store::scaleout::connect::secret;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long the service may be silent: from the request, whose body is a part at most, to the answer, and between two
/// pieces of that.
const SILENCE: Duration = Duration::from_secs(6);
/// After so long, what failed is not tried again.
const RETRIES_END: Duration = Duration::from_secs(3);

/// A client for `bucket`. Makes no request.
pub(super) fn open(config: &config::Store, bucket: &str) -> Result<Arc<dyn ObjectStore>, OpenError> {
    let path = config.s3_credentials_file.as_ref().ok_or_else(|| refused("set store.s3_credentials_file"))?;
    let (id, key) = credentials(&secret(path).map_err(|error| refused(&error.to_string()))?)?;
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(1), base: 2.0 };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&config.s3_region)
        .with_access_key_id(id)
        .with_secret_access_key(key)
        .with_virtual_hosted_style_request(false)
        // Every compatible service knows DELETE; few know the bulk form, and a policy refuses that as a whole.
        .with_disable_bulk_delete(true)
        .with_retry(RetryConfig { backoff, max_retries: 3, retry_timeout: RETRIES_END })
        .with_http_connector(Connector { allow_http: config.s3_endpoint.starts_with("http://") });
    if !config.s3_endpoint.is_empty() {
        builder = builder.with_endpoint(&config.s3_endpoint);
    }
    // What the builder complains of may quote what it was given.
    let store = builder.build().map_err(|_| refused("check store.s3_endpoint and store.s3_region"))?;
    Ok(Arc::new(store))
}

/// The two halves of a key. Errors quote nothing of the file.
fn credentials(text: &str) -> Result<(String, String), OpenError> {
    let (mut id, mut key) = (None, None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.split_once('=').map_or(("", ""), |(name, value)| (name.trim(), value.trim()));
        match name {
            "access_key_id" => id = Some(value.to_owned()),
            "secret_access_key" => key = Some(value.to_owned()),
            _ => return Err(refused("a line of store.s3_credentials_file is neither of the two that belong there")),
        }
    }
    match (id, key) {
        (Some(id), Some(key)) if !id.is_empty() && !key.is_empty() => Ok((id, key)),
        _ => Err(refused("store.s3_credentials_file needs the lines access_key_id = ... and secret_access_key = ...")),
    }
}

fn refused(what: &str) -> OpenError {
    OpenError::Objects(what.to_owned())
}

/// Makes HTTP clients of ours. Those that `object_store` makes would ask the environment for a proxy, and the process
/// for a TLS provider, and would panic where it has none.
#[derive(Debug)]
struct Connector {
    allow_http: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .https_only(!self.allow_http)
            // Transfers at the same time go faster over connections of their own than over one.
            .http1_only()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .tls_backend_preconfigured(tls().map_err(generic)?)
            .build()
            .map_err(generic)?;
        Ok(HttpClient::new(client))
    }
}

/// TLS with ring, trusting the authorities of the system.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(client)
}

fn generic(error: impl std::error::Error + Send + Sync + 'static) -> object_store::Error {
    object_store::Error::Generic { store: "S3", source: Box::new(io::Error::other(error)) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    use object_store::ObjectStoreExt;

    use super::*;

    fn settings(folder: &tempfile::TempDir, endpoint: String, mode: u32) -> config::Store {
        let path = folder.path().join("s3.credentials");
        fs::write(&path, "# this host\naccess_key_id = ID\nsecret_access_key = SE=CRET\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        config::Store { s3_endpoint: endpoint, s3_credentials_file: Some(path), ..config::Store::default() }
    }

    #[test]
    fn both_halves_of_the_key_are_read_and_nothing_else_is_taken_for_one() {
        let (id, key) = credentials("access_key_id = ID\n\n  secret_access_key=SE=CRET \n").unwrap();
        assert_eq!((id.as_str(), key.as_str()), ("ID", "SE=CRET"));
        for text in ["", "access_key_id = ID", "access_key_id = ID\nsecret_access_key =", "secret = CRET\n", "CRET"] {
            let error = credentials(text).unwrap_err().to_string();
            assert!(error.contains("s3_credentials_file") && !error.contains("CRET"), "{error}");
        }
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = "http://127.0.0.1:9".to_owned();
        let error = open(&settings(&folder, endpoint.clone(), 0o640), "bucket").unwrap_err().to_string();
        assert!(error.contains("mode 600"), "{error}");
        assert!(open(&settings(&folder, endpoint, 0o600), "bucket").is_ok());
    }

    #[tokio::test]
    async fn a_service_that_does_not_listen_is_given_up_soon() {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let store = open(&settings(&folder, format!("http://127.0.0.1:{port}"), 0o600), "bucket").unwrap();
        let began = Instant::now();
        assert!(store.get(&"a/b".into()).await.is_err());
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_service_that_hangs_is_given_up_soon() {
        let folder = tempfile::tempdir().unwrap();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let store = open(&settings(&folder, endpoint, 0o600), "bucket").unwrap();
        let began = Instant::now();
        assert!(store.put(&"a/b".into(), "bytes".into()).await.is_err());
        assert!(began.elapsed() < SILENCE + RETRIES_END, "{:?}", began.elapsed());
    }
}
