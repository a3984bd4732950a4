//! The accept loops, and how they end.
//!
//! Refuses: connections beyond `smtp.max_sessions`, with a reply. An error of accept (no file descriptor left, say) is
//! waited out. Invariant: a loop ends by shutdown alone, and then lets a mail in progress finish.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info, warn};

use super::reply::Reply;
use super::{Intake, session};

/// How long mails in progress may take to finish after shutdown was asked for.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(30);
/// The first and the longest pause after a failed accept.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));
/// How long a connection that is not admitted may take to read why.
const TURN_AWAY: Duration = Duration::from_secs(1);

/// Intake that listens.
#[derive(Debug)]
pub struct Bound {
    intake: Arc<Intake>,
    listeners: Vec<TcpListener>,
}

impl Bound {
    pub(super) const fn new(intake: Arc<Intake>, listeners: Vec<TcpListener>) -> Self {
        Self { intake, listeners }
    }

    /// The addresses listened on, in the order of `smtp.listen`, with the ports the system chose for port 0.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn local_addrs(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(TcpListener::local_addr).collect()
    }

    /// Serves until `shutdown` is true or its sender is gone. Then accepts nothing more, says `421` to sessions
    /// between commands, and returns when mails in progress are finished, after 30 seconds at the latest.
    pub async fn serve(self, shutdown: watch::Receiver<bool>) {
        let mut loops = JoinSet::new();
        for listener in self.listeners {
            loops.spawn(accept(Arc::clone(&self.intake), listener, shutdown.clone()));
        }
        while loops.join_next().await.is_some() {}
    }
}

/// Returns when shutdown is asked for, or nobody is left who could ask.
pub(super) async fn asked_for(shutdown: &mut watch::Receiver<bool>) {
    drop(shutdown.wait_for(|asked| *asked).await);
}

async fn accept(intake: Arc<Intake>, listener: TcpListener, mut shutdown: watch::Receiver<bool>) {
    let mut sessions = JoinSet::new();
    let mut pause = BACK_OFF.0;
    loop {
        tokio::select! {
            biased;
            () = asked_for(&mut shutdown) => break,
            Some(ended) = sessions.join_next() => {
                if let Err(failure) = ended {
                    error!(%failure, "an SMTP session was torn down");
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    pause = BACK_OFF.0;
                    admit(&intake, stream, peer, &shutdown, &mut sessions).await;
                }
                Err(failure) => {
                    warn!(%failure, "cannot accept connections, trying again");
                    sleep(pause).await;
                    pause = (pause * 2).min(BACK_OFF.1);
                }
            },
        }
    }
    drop(listener);
    let finished = async { while sessions.join_next().await.is_some() {} };
    if timeout(SHUTDOWN_GRACE, finished).await.is_err() {
        warn!(sessions = sessions.len(), "SMTP sessions cut off at shutdown");
        sessions.shutdown().await;
    }
}

async fn admit(
    intake: &Arc<Intake>,
    mut stream: TcpStream,
    peer: SocketAddr,
    shutdown: &watch::Receiver<bool>,
    sessions: &mut JoinSet<()>,
) {
    // Replies are written in bursts already: waiting for more to send would only add 40 ms (Nagle, delayed ACK).
    if let Err(failure) = stream.set_nodelay(true) {
        debug!(%failure, "connection lost before its session");
        return;
    }
    let Ok(permit) = Arc::clone(&intake.sessions).try_acquire_owned() else {
        info!(code = Reply::TooManySessions.codes(), "connection refused");
        let line = format!("{}\r\n", Reply::TooManySessions.line());
        // The send buffer of a new connection is empty, so this does not hold up the loop.
        if !matches!(timeout(TURN_AWAY, stream.write_all(line.as_bytes())).await, Ok(Ok(()))) {
            debug!("connection lost before its refusal");
        }
        return;
    };
    let (intake, shutdown) = (Arc::clone(intake), shutdown.clone());
    sessions.spawn(async move {
        if let Err(failure) = session::hold(&intake, stream, peer.ip(), shutdown).await {
            debug!(%failure, "SMTP session broke off");
        }
        drop(permit);
    });
}
