//! Composition root: configuration to adapters to roles. The only place, beside `cli`, that names every room.
//!
//! A role is handed the ports it needs and nothing else: without the role `process` this process never loads the
//! sealing key. Invariant: roles meet only in the store.

mod doors;
mod edge;
mod role;
pub mod wording;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::compose::{Phrases, Site};
use crate::config::load::ConfigErrors;
use crate::config::{Config, gaiji};
use crate::deliver::Deliverer;
use crate::domain::{AuditEvent, Event, TenantId};
use crate::pipeline::{Pipeline, Processor, Teller, Washer};
use crate::policy::RuleSet;
use crate::ports::{Clock, Entropy};
use crate::sandbox::{Sandbox, Settings};
use crate::sender::Known;
use crate::smtp::Intake;
use crate::store::{self, Keys, Store};

pub use edge::{OsEntropy, SystemClock};
pub use role::Role;

/// How often the process role looks for originals whose retention has ended.
const EXPIRY_PERIOD: Duration = Duration::from_secs(3600);

/// How long work stays with a process that does not renew its lease: that of one that is gone is taken over then.
const LEASE_SPAN: Duration = Duration::from_secs(60);

/// By how much this host's clock and the store's may differ; a lease is renewed every 20 s and lasts 60.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(10);

/// How often the head of the audit chain is logged.
const HEAD_PERIOD: Duration = Duration::from_secs(3600);

/// A role could not be started. The text says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(String);

/// A running gateway.
pub struct Gateway {
    store: Arc<dyn Store>,
    tasks: JoinSet<()>,
    shutdown: watch::Sender<bool>,
    smtp_addresses: Vec<SocketAddr>,
    portal_addresses: Vec<SocketAddr>,
    review_addresses: Vec<SocketAddr>,
}

/// Where time and randomness come from.
#[derive(Clone)]
pub struct Edge {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for Edge {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(OsEntropy) }
    }
}

impl Gateway {
    /// Starts `roles` under `config` with the rules given.
    ///
    /// # Errors
    /// [`StartError`] if an address cannot be bound, the store cannot be opened or no worker can be found.
    pub async fn start(
        config: Arc<Config>,
        rules: Arc<RuleSet>,
        roles: &BTreeSet<Role>,
        edge: Edge,
    ) -> Result<Self, StartError> {
        let store = store::open(&config.store, Arc::clone(&edge.clock), keys(roles)).await.map_err(start_error)?;
        check_clock(&*store, &*edge.clock).await?;
        let (shutdown, watcher) = watch::channel(false);
        let mut gateway = Self {
            store,
            tasks: JoinSet::new(),
            shutdown,
            smtp_addresses: Vec::new(),
            portal_addresses: Vec::new(),
            review_addresses: Vec::new(),
        };
        gateway.announce(&config, &rules, roles, &edge).await?;
        gateway.tasks.spawn(note_head(gateway.store(), config.site.tenant.clone(), watcher.clone()));
        if roles.contains(&Role::Deliver) {
            gateway.start_deliver(&config, &edge, &watcher)?;
        }
        if roles.contains(&Role::Process) {
            gateway.start_process(&config, rules, &edge, &watcher).await?;
        }
        if roles.contains(&Role::Intake) {
            gateway.start_intake(&config, &edge, &watcher).await?;
        }
        if roles.contains(&Role::Portal) {
            gateway.start_portal(&config, &edge, &watcher).await?;
        }
        if roles.contains(&Role::Review) {
            gateway.start_review(&config, &edge, &watcher).await?;
        }
        Ok(gateway)
    }

    /// The addresses mail is received on; of use when port 0 was asked for.
    #[must_use]
    pub fn smtp_addresses(&self) -> &[SocketAddr] {
        &self.smtp_addresses
    }

    /// The addresses of the portal.
    #[must_use]
    pub fn portal_addresses(&self) -> &[SocketAddr] {
        &self.portal_addresses
    }

    /// The addresses of the review listener.
    #[must_use]
    pub fn review_addresses(&self) -> &[SocketAddr] {
        &self.review_addresses
    }

    /// The store, for whoever shows or checks what happened.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Returns when a role has ended by itself, which none should: whoever runs the gateway starts it anew.
    pub async fn role_ended(&mut self) {
        match self.tasks.join_next().await {
            Some(Err(error)) => tracing::error!(%error, "a role broke"),
            Some(Ok(())) => tracing::error!("a role ended by itself"),
            None => std::future::pending().await,
        }
    }

    /// Stops accepting, finishes what is in work, ends.
    pub async fn stop(mut self) {
        self.shutdown.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a role ended badly");
            }
        }
    }

    /// Puts the start and rules not seen before on record.
    async fn announce(
        &self,
        config: &Config,
        rules: &RuleSet,
        roles: &BTreeSet<Role>,
        edge: &Edge,
    ) -> Result<(), StartError> {
        let tenant = config.site.tenant.clone();
        let version = rules.version();
        let record =
            |event, details| AuditEvent { at: edge.clock.now(), event, item: None, actor: "serve".to_owned(), details };
        let loaded = record(Event::RulesLoaded, json!({ "rules": version.digest }));
        self.store.keep_rules(&tenant, version.digest, rules.canonical(), loaded).await.map_err(start_error)?;
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let details = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "roles": roles,
            "rules": version.digest,
            "host_name": config.site.host_name.as_str(),
        });
        self.store.record(&tenant, record(Event::Started, details)).await.map_err(start_error)
    }

    async fn start_intake(
        &mut self,
        config: &Arc<Config>,
        edge: &Edge,
        watcher: &watch::Receiver<bool>,
    ) -> Result<(), StartError> {
        let sink = self.store.sink().map_err(start_error)?;
        let intake = Intake::new(Arc::clone(config), sink, Arc::clone(&edge.clock), Arc::clone(&edge.entropy))
            .map_err(start_error)?;
        let bound = intake.bind().await.map_err(start_error)?;
        self.smtp_addresses = bound.local_addrs().map_err(start_error)?;
        self.tasks.spawn(bound.serve(watcher.clone()));
        Ok(())
    }

    async fn start_process(
        &mut self,
        config: &Arc<Config>,
        rules: Arc<RuleSet>,
        edge: &Edge,
        watcher: &watch::Receiver<bool>,
    ) -> Result<(), StartError> {
        let sandbox = Arc::new(sandbox(config).await?);
        let pipeline = Pipeline {
            tenant: config.site.tenant.clone(),
            queue: self.store.clone(),
            originals: self.store.source().map_err(start_error)?,
            passwords: self.store.passwords().map_err(start_error)?,
            trials: self.store.trials().map_err(start_error)?,
            standings: self.store.clone(),
            washer: Arc::new(Washer::new(sandbox, rules, known(config), site(config).map_err(start_error)?)),
            clock: Arc::clone(&edge.clock),
            tells_of_holds: config.notice.held,
            lease_span: LEASE_SPAN,
            password_window: config.password.window(),
        };
        let processor = Processor::new(pipeline, lanes(config));
        self.tasks.spawn(processor.run(watcher.clone()));
        self.tasks.spawn(expire(self.store(), Arc::clone(config), Arc::clone(&edge.clock), watcher.clone()));
        let teller = Teller {
            tenant: config.site.tenant.clone(),
            tidings: self.store.clone(),
            clock: Arc::clone(&edge.clock),
            site: site(config).map_err(start_error)?,
            digest_times: config.portal.digest_times.clone(),
        };
        self.tasks.spawn(teller.run(watcher.clone()));
        Ok(())
    }

    fn start_deliver(
        &mut self,
        config: &Arc<Config>,
        edge: &Edge,
        watcher: &watch::Receiver<bool>,
    ) -> Result<(), StartError> {
        let deliverer = Deliverer::new(Arc::clone(config), self.store.clone(), Arc::clone(&edge.clock), LEASE_SPAN)
            .map_err(start_error)?;
        self.tasks.spawn(deliverer.run(watcher.clone()));
        Ok(())
    }
}

/// What `roles` need of the sealing keys.
fn keys(roles: &BTreeSet<Role>) -> Keys {
    let needed = roles.iter().map(|role| match role {
        Role::Intake | Role::Portal => Keys::Sealing,
        Role::Process | Role::Review => Keys::Opening,
        Role::Deliver => Keys::None,
    });
    needed.max().unwrap_or(Keys::None)
}

/// Refuses to work with a clock that would make leases run out early, or never.
async fn check_clock(store: &dyn Store, clock: &dyn Clock) -> Result<(), StartError> {
    let difference = store.clock_difference(clock.now()).await.map_err(start_error)?;
    if difference <= CLOCK_DIFFERENCE {
        return Ok(());
    }
    let seconds = difference.as_secs();
    Err(StartError(format!(
        "this host's clock and the database's differ by {seconds} s: let both follow the same NTP server"
    )))
}

/// Workers, proven to start and to confine themselves.
///
/// # Errors
/// [`StartError`] if there is no worker binary or the kernel cannot confine it.
pub async fn sandbox(config: &Config) -> Result<Sandbox, StartError> {
    let own = std::env::current_exe().map_err(start_error)?;
    let folder = own.parent().map(std::path::Path::to_path_buf).unwrap_or_default();
    let gaiji = config.site.gaiji.as_deref().map(gaiji::read).transpose().map_err(start_error)?.unwrap_or_default();
    let settings = Settings::new(&config.sandbox, &config.limits, &folder);
    let sandbox = Sandbox::start(settings.with_gaiji(gaiji).with_tables(config.files.csv_encoding));
    sandbox.prove().await.map_err(start_error)?;
    Ok(sandbox)
}

/// What the new mails say about the site.
///
/// # Errors
/// If the file with the site's wording cannot be used.
pub fn site(config: &Config) -> Result<Site, ConfigErrors> {
    Ok(Site { phrases: wording::phrases(config)?, ..site_without_wording(config) })
}

/// The same with the built-in words.
fn site_without_wording(config: &Config) -> Site {
    Site {
        host_name: config.site.host_name.clone(),
        language: config.site.language,
        utc_offset_minutes: config.site.utc_offset_minutes,
        contact: config.site.contact.clone(),
        portal_url: config.site.portal_url.clone(),
        retention_days: config.retention.days,
        phrases: Phrases::default(),
    }
}

/// Whom the site believes about a sender, and whom a sender could imitate.
#[must_use]
pub fn known(config: &Config) -> Known {
    Known::new(&config.sender, &config.smtp.domains)
}

/// Items processed at once: as configured, or four times the cores, since a lane mostly waits for its worker and the disk.
fn lanes(config: &Config) -> u32 {
    match config.sandbox.concurrent {
        0 => {
            let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            u32::try_from(cores).unwrap_or(1).saturating_mul(4)
        }
        configured => configured,
    }
}

/// Destroys originals whose retention has ended, now and then every hour.
async fn expire(
    store: Arc<dyn Store>,
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    mut shutdown: watch::Receiver<bool>,
) {
    let span = Duration::from_secs(u64::from(config.retention.days).saturating_mul(86_400));
    loop {
        let now = clock.now();
        match store.expire(&config.site.tenant, now.before(span), now).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "originals destroyed at the end of their retention"),
            Err(error) => {
                tracing::error!(%error, "the retention could not be carried out; it is tried again in an hour");
            }
        }
        match store.sweep(now).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "stored bytes that no row named any more were removed"),
            Err(error) => tracing::warn!(%error, "what no row names any more stays for another hour"),
        }
        tokio::select! {
            () = tokio::time::sleep(EXPIRY_PERIOD) => {}
            _ = shutdown.changed() => return,
        }
    }
}

/// Logs the head of the audit chain at the start and then every hour. A chain that somebody cut at its end verifies by
/// itself; lines that have left this host with the log show how long it once was (`temizu audit verify` gives count and
/// head to compare).
async fn note_head(store: Arc<dyn Store>, tenant: TenantId, mut shutdown: watch::Receiver<bool>) {
    loop {
        match store.head(&tenant).await {
            Ok((records, head)) => tracing::info!(records, %head, "audit head"),
            Err(error) => tracing::error!(%error, "the head of the audit chain cannot be read"),
        }
        tokio::select! {
            () = tokio::time::sleep(HEAD_PERIOD) => {}
            _ = shutdown.changed() => return,
        }
    }
}

fn start_error(error: impl std::error::Error) -> StartError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    StartError(text)
}
