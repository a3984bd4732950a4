//! Sends composed mails to the LGWAN mail server; retries.
//!
//! Refuses: a next hop that is not `host:port`, TLS without authorities. Never writes to the sender of a mail: what
//! cannot be delivered stays with the operator, no bounce goes to the internet (security contract, point 5).
//! Invariant: a mail counts as sent only after the next hop's 2xx to the final dot; it may arrive twice, never not.

mod attempt;
mod connection;
mod health;
mod record;
mod reply;
mod schedule;
mod sender;
mod tls;
mod turn;

use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use self::connection::NextHop;
use self::health::{Alarm, Breaker};
use self::schedule::Schedule;
use self::sender::{Sender, Shared};
use crate::config::Config;
use crate::ports::{Clock, Outbox};

/// How long mails in flight may take to end at shutdown.
const GRACE: Duration = Duration::from_secs(30);

/// How often the alarm is looked at.
const ALARM_TICK: Duration = Duration::from_secs(1);

/// Why nothing can be delivered with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// `deliver.next_hop` is not an address.
    #[error("deliver.next_hop is {0:?}; write host:port, for example \"mail.city.example.lg.jp:25\"")]
    NextHop(String),
    /// `deliver.tls_ca` cannot be used.
    #[error("deliver.tls_ca {} cannot be used as a file of certificate authorities (PEM)", .path.display())]
    AuthorityFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls_pki_types::pem::Error,
    },
    /// `deliver.tls = "required"`, and nobody to vouch for the next hop.
    #[error("deliver.tls is \"required\", but this system knows no certificate authority; set deliver.tls_ca")]
    NoAuthority,
    /// An authority or the TLS library's own set-up was refused.
    #[error("TLS towards the next hop cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// The deliver role: empties the outbox towards the next hop.
pub struct Deliverer {
    shared: Arc<Shared>,
    max_senders: usize,
}

impl Deliverer {
    /// Reads what `config` says of the next hop, of retries and of TLS (files of authorities are read now). Mails in
    /// flight are renewed before `lease_span` is over; those of a process that is gone are sent by another after it.
    ///
    /// # Errors
    /// [`DeliverError`], if nothing could be delivered with this configuration.
    #[expect(clippy::needless_pass_by_value, reason = "every role is handed its share of the configuration alike")]
    pub fn new(
        config: Arc<Config>,
        outbox: Arc<dyn Outbox>,
        clock: Arc<dyn Clock>,
        lease_span: Duration,
    ) -> Result<Self, DeliverError> {
        let deliver = &config.deliver;
        let shared = Shared {
            tenant: config.site.tenant.clone(),
            next_hop: NextHop::new(&config)?,
            schedule: Schedule::new(deliver),
            outbox,
            clock,
            lease_span,
            breaker: Mutex::new(Breaker::default()),
            alarm: Mutex::new(Alarm::new(Duration::from_secs(deliver.alarm_minutes.saturating_mul(60)))),
            patience: Duration::from_secs(deliver.timeout_seconds.max(1)),
            idle: AtomicUsize::new(0),
            more_senders: Notify::new(),
        };
        let max_senders = usize::try_from(deliver.max_connections.max(1)).unwrap_or(usize::MAX);
        Ok(Self { shared: Arc::new(shared), max_senders })
    }

    /// Delivers until `shutdown` becomes true or its sender is gone; then finishes the mails in flight, for at most
    /// thirty seconds. What is cut off then is sent again after its lease has run out.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        let mut stop = shutdown.clone();
        let mut senders = JoinSet::new();
        let mut tick = interval(ALARM_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut standing = self.start(&mut senders, true, &shutdown);
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                _ = tick.tick() => self.ring(),
                () = self.shared.more_senders.notified() => {
                    if senders.len() < self.max_senders {
                        self.start(&mut senders, false, &shutdown);
                    }
                }
                Some(ended) = senders.join_next_with_id() => {
                    let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
                    if let Err(error) = ended {
                        let panicked = error.is_panic();
                        tracing::error!(panicked, "a sender broke; its mail is tried again when its lease runs out");
                    }
                    if id == standing {
                        standing = self.start(&mut senders, true, &shutdown);
                    }
                }
            }
        }
        let ended = timeout(GRACE, async { while senders.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!(cut_off = senders.len(), "mails in flight were cut off; they are tried again");
        }
    }

    fn start(&self, senders: &mut JoinSet<()>, standing: bool, shutdown: &watch::Receiver<bool>) -> tokio::task::Id {
        let sender = Sender::new(Arc::clone(&self.shared), standing);
        senders.spawn(sender.run(shutdown.clone())).id()
    }

    fn ring(&self) {
        if let Some(waited) = self.shared.with_alarm(|alarm| alarm.ring(Instant::now())) {
            tracing::error!(
                minutes = waited.as_secs() / 60,
                "no mail could be delivered while mail waits: check that the next hop (deliver.next_hop) runs, is \
                 reachable from here and accepts mail from this host; the warnings before this line say what it \
                 answered; nothing is lost meanwhile"
            );
        }
    }
}
