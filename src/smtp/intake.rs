//! Intake: what all sessions of this gateway share, ready to listen.
//!
//! Refuses to be made with a half or broken TLS identity. Invariant: whoever holds an [`Intake`] can write originals
//! and never read one.

use std::fmt;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::slots::ClientSlots;
use super::{Bound, SmtpError, tls};
use crate::config::Config;
use crate::ports::{Clock, Entropy, OriginalSink};

/// Receiving SMTP, configured but not yet listening.
pub struct Intake {
    pub(super) config: Arc<Config>,
    pub(super) sink: Arc<dyn OriginalSink>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) tls: Option<TlsAcceptor>,
    /// Sessions that may still begin.
    pub(super) sessions: Arc<Semaphore>,
    pub(super) clients: Arc<ClientSlots>,
}

impl Intake {
    /// Reads the TLS identity, if one is configured.
    ///
    /// # Errors
    /// [`SmtpError`] if the TLS identity cannot be used.
    pub fn new(
        config: Arc<Config>,
        sink: Arc<dyn OriginalSink>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SmtpError> {
        let tls = tls::acceptor(&config.smtp)?;
        let most = usize::try_from(config.smtp.max_sessions).unwrap_or(Semaphore::MAX_PERMITS);
        let sessions = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        let clients = ClientSlots::new(config.smtp.max_sessions_per_client);
        Ok(Self { config, sink, clock, entropy, tls, sessions, clients })
    }

    /// Listens on every address of `smtp.listen`. Connections wait from now on; nothing is said before
    /// [`Bound::serve`].
    ///
    /// # Errors
    /// [`SmtpError::Listen`] for the first address that cannot be had; none is listened on then.
    pub async fn bind(self) -> Result<Bound, SmtpError> {
        let mut listeners = Vec::new();
        for &address in &self.config.smtp.listen {
            let listener = TcpListener::bind(address).await;
            listeners.push(listener.map_err(|source| SmtpError::Listen { address, source })?);
        }
        Ok(Bound::new(Arc::new(self), listeners))
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("listen", &self.config.smtp.listen).finish_non_exhaustive()
    }
}
