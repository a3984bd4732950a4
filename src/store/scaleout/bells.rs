//! Who waits for something to lease is woken: by this node at once, by the others through LISTEN and NOTIFY.
//!
//! Refuses: to be relied on. A bell that is not heard costs a moment, never an item. Invariant: the listener outlives the
//! database's restarts.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;

use super::transfer;
use crate::store::open::OpenError;

/// The channels, queue and outbox.
pub(super) const CHANNELS: [&str; 2] = ["temizu_queue", "temizu_outbox"];

/// Held, shared, by everybody who works on the store; whoever copies it wants it alone.
pub(super) const IN_USE: i64 = 0x7465_6d69_7a76;
/// After so long without a ring the connection is tried.
const SILENCE: Duration = Duration::from_secs(30);
/// Pause after the database refused to be listened to.
const PAUSE: Duration = Duration::from_secs(2);

/// Rung when there may be something to lease.
#[derive(Debug, Default)]
pub(super) struct Bells {
    pub(super) queue: Notify,
    pub(super) outbox: Notify,
}

impl Bells {
    /// Wakes one who waits, or the next who is about to. Whoever finds something to lease wakes the next, so that nobody
    /// is woken in vain.
    pub(super) fn ring(&self, [queue, outbox]: [bool; 2]) {
        if queue {
            self.queue.notify_one();
        }
        if outbox {
            self.outbox.notify_one();
        }
    }
}

/// Marks the store as in use for as long as `connection` lives; refuses one that is being copied, or was copied away.
pub(super) async fn enter(connection: &mut PgConnection) -> Result<(), OpenError> {
    let entered: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_lock_shared($1)").bind(IN_USE).fetch_one(&mut *connection).await?;
    if entered { transfer::may_be_served(connection).await } else { Err(OpenError::BeingCopied) }
}

/// Passes on what other nodes ring, until it is aborted.
pub(super) async fn listen(pool: PgPool, bells: Arc<Bells>) {
    loop {
        let Err(error) = hear(&pool, &bells).await;
        tracing::warn!(%error, "the database's bell is not heard; there will be short waits until it is");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn hear(pool: &PgPool, bells: &Bells) -> Result<Infallible, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen_all(CHANNELS).await?;
    loop {
        // What was rung before, nobody heard; after a lost connection neither.
        bells.ring([true, true]);
        loop {
            match tokio::time::timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(heard))) => bells.ring(CHANNELS.map(|channel| channel == heard.channel())),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(error),
                // A connection that is dead says nothing either; this finds out.
                Err(_) => {
                    let alive = tokio::time::timeout(SILENCE, sqlx::query("SELECT 1").execute(&mut listener)).await;
                    alive.map_err(|_| sqlx::Error::PoolTimedOut)??;
                }
            }
        }
    }
}
