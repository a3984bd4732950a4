//! The web edges: which ports each is handed, and the certificate it shows.
//!
//! Refuses: a portal without its style sheets. Invariant: the portal is handed no way to read an original.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Edge, Gateway, StartError, start_error};
use crate::config::Config;
use crate::domain::date;
use crate::identity::Identity;
use crate::portal::streams::Slots;
use crate::portal::{self, Portal};
use crate::ports::{Accounts, Door};
use crate::review::{self, Review};
use crate::sandbox::{Sandbox, Settings};
use crate::web::tls::Identity as Certificate;
use crate::web::{Menu, Web, assets, listener};

impl Gateway {
    /// Starts the portal; without an address to listen on there is none.
    pub(super) async fn start_portal(
        &mut self,
        config: &Arc<Config>,
        edge: &Edge,
        watcher: &watch::Receiver<bool>,
    ) -> Result<(), StartError> {
        if config.portal.listen.is_empty() {
            tracing::info!("no portal: portal.listen is empty");
            return Ok(());
        }
        let web = self.web(config, edge, Door::Portal, portal::menu)?;
        if let Some(setup) = web.identity.offer_setup(&web.tenant).await.map_err(start_error)? {
            // Not into the log, which leaves this host: whoever reads it could make themselves administrator.
            announce_setup(&setup.token);
        }
        let router = Portal {
            web,
            arrivals: self.store.clone(),
            releases: self.store.clone(),
            register: self.store.clone(),
            offers: self.store.clone(),
            put_in: self.store.clone(),
            sink: self.store.sink().map_err(start_error)?,
            streams: Slots::new(5, 500),
            uploads: Slots::new(3, 50),
            previews: Arc::default(),
        }
        .router();
        let given = config.portal.tls_certificate.as_deref().zip(config.portal.tls_key.as_deref());
        let names = names(&config.portal.names, &config.site.portal_url, &config.portal.listen);
        self.portal_addresses =
            self.open_door(config, edge, watcher, "portal", given, &names, &config.portal.listen, router).await?;
        Ok(())
    }

    /// Starts the review listener; without an address to listen on there is none, and the private key is not read.
    pub(super) async fn start_review(
        &mut self,
        config: &Arc<Config>,
        edge: &Edge,
        watcher: &watch::Receiver<bool>,
    ) -> Result<(), StartError> {
        if config.review.listen.is_empty() {
            tracing::info!("no review listener: review.listen is empty");
            return Ok(());
        }
        let web = self.web(config, edge, Door::Review, review::menu)?;
        let originals = self.store.source().map_err(start_error)?;
        let parts = Arc::new(taker(config)?);
        let review = Review::new(web, self.store.clone(), originals, self.store.clone(), parts);
        let router = review.map_err(start_error)?.router();
        let given = config.review.tls_certificate.as_deref().zip(config.review.tls_key.as_deref());
        let names = names(&config.review.names, &config.review.url, &config.review.listen);
        self.review_addresses =
            self.open_door(config, edge, watcher, "review", given, &names, &config.review.listen, router).await?;
        Ok(())
    }

    fn web(&self, config: &Arc<Config>, edge: &Edge, door: Door, menu: Menu) -> Result<Arc<Web>, StartError> {
        assets::complete().map_err(start_error)?;
        let accounts: Arc<dyn Accounts> = self.store.clone();
        let identity = Identity::new(accounts, Arc::clone(&edge.clock), Arc::clone(&edge.entropy), config);
        Ok(Arc::new(Web {
            identity: Arc::new(identity.map_err(start_error)?),
            config: Arc::clone(config),
            tenant: config.site.tenant.clone(),
            door,
            accounts: self.store.clone(),
            sessions: self.store.clone(),
            clock: Arc::clone(&edge.clock),
            entropy: Arc::clone(&edge.entropy),
            menu,
        }))
    }

    #[expect(clippy::too_many_arguments, reason = "what a door is made of, from one place")]
    async fn open_door(
        &mut self,
        config: &Config,
        edge: &Edge,
        watcher: &watch::Receiver<bool>,
        door: &'static str,
        given: Option<(&Path, &Path)>,
        names: &[String],
        addresses: &[SocketAddr],
        router: axum::Router,
    ) -> Result<Vec<SocketAddr>, StartError> {
        let today = date::local(edge.clock.now(), config.site.utc_offset_minutes).date();
        let certificate = Certificate { door, given, data: &config.store.data, names, today };
        let tls = certificate.acceptor().map_err(start_error)?;
        let mut bound = Vec::new();
        for address in addresses {
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| StartError(format!("{door}.listen: {address} cannot be used: {error}")))?;
            let address = listener.local_addr().map_err(start_error)?;
            tracing::info!(door, %address, "listening");
            bound.push(address);
            self.tasks.spawn(listener::serve(listener, tls.clone(), router.clone(), watcher.clone()));
        }
        Ok(bound)
    }
}

/// Takes files out of mails. Without a worker on this host whole mails are handed out; that is logged.
fn taker(config: &Config) -> Result<Sandbox, StartError> {
    let own = std::env::current_exe().map_err(start_error)?;
    let folder = own.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(Sandbox::start(Settings { ready: 1, ..Settings::new(&config.sandbox, &config.limits, &folder) }))
}

/// What a certificate made here is for: the names that the site gives, that of the address browsers use, and the addresses
/// listened on, if they are of one interface.
fn names(given: &[String], url: &str, listen: &[SocketAddr]) -> Vec<String> {
    let host = url.split_once("://").map(|(_, rest)| rest.split(['/', ':']).next().unwrap_or_default());
    let addresses = listen.iter().map(SocketAddr::ip).filter(|address| !address.is_unspecified());
    let mut names: Vec<String> = given.to_vec();
    names.extend(host.filter(|host| !host.is_empty()).map(str::to_owned));
    names.extend(addresses.map(|address| address.to_string()));
    if names.is_empty() {
        names.push("localhost".to_owned());
    }
    names.dedup();
    names
}

/// Shows the token of the first page to whoever started the gateway.
#[expect(clippy::print_stderr, reason = "for the person at the console, and for nobody who reads the log")]
fn announce_setup(token: &str) {
    eprintln!(
        "there is no administrator yet: open /setup?token={token} of the portal / 最初の管理者を登録してください"
    );
}
