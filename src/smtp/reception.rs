//! The reception of one mail between `354` and the reply to it: bytes from the channel to the writer of the original.
//!
//! Refuses: what is too large, looping, too slow, or framed by anything but CRLF. A mail refused for its size, its hops
//! or the store is read to its end first, as RFC 5321 4.2.5 has it. Invariant: one buffer, whatever the mail's length.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tracing::error;

use super::channel::Channel;
use super::data::{DataDecoder, Progress};
use super::hops::HopCounter;
use super::pace::Pace;
use super::reply::Reply;
use crate::config::Config;
use crate::ports::{OriginalWriter, StoreError};

/// Bytes of one read during DATA.
const DATA_ROOM: usize = 64 * 1024;

/// A mail being received.
pub(super) struct Reception {
    decoder: DataDecoder,
    hops: HopCounter,
    pace: Pace,
    max_bytes: u64,
    max_hops: u32,
    length: u64,
    /// The writer, or why there is none any more.
    writer: Result<Box<dyn OriginalWriter>, Reply>,
}

impl Reception {
    pub(super) fn new(config: &Config, writer: Box<dyn OriginalWriter>) -> Self {
        Self {
            decoder: DataDecoder::new(config.smtp.line_ends),
            hops: HopCounter::new(),
            pace: Pace::of(&config.smtp),
            max_bytes: config.limits.message_bytes,
            max_hops: config.smtp.max_hops,
            length: 0,
            writer: Ok(writer),
        }
    }

    /// Receives to the end of the mail: the writer that holds it all and waits for `accept`, or the refusal.
    pub(super) async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
        mut self,
        channel: &mut Channel<S>,
    ) -> io::Result<Result<Box<dyn OriginalWriter>, Reply>> {
        let (start, mut raw_length, mut mail) = (Instant::now(), 0u64, Vec::new());
        loop {
            let deadline = start + self.pace.allowance(raw_length);
            // Looked at here too: a client that always has bytes ready never waits, and must end as well.
            let filled = match timeout_at(deadline, channel.fill(DATA_ROOM)).await {
                Ok(filled) if Instant::now() < deadline => filled?,
                _ => return Ok(Err(Reply::DataTimeout)),
            };
            if filled == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            raw_length = raw_length.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
            mail.clear();
            let progress = self.decoder.feed(channel.input(), &mut mail);
            self.take(&mail).await;
            match progress {
                Progress::More => channel.consume(channel.input().len()),
                Progress::End(length) => {
                    channel.consume(length);
                    return Ok(self.writer);
                }
                Progress::BadLineEnd => return Ok(Err(Reply::BadLineEnd)),
            }
        }
    }

    /// Passes a piece of the mail on. With the first refusal the writer is dropped, and with it what it holds.
    async fn take(&mut self, mail: &[u8]) {
        let Ok(writer) = &mut self.writer else {
            return;
        };
        self.length = self.length.saturating_add(u64::try_from(mail.len()).unwrap_or(u64::MAX));
        self.hops.feed(mail);
        let refusal = if self.length > self.max_bytes {
            Some(Reply::TooLarge)
        } else if self.hops.hops() > self.max_hops {
            Some(Reply::Looping)
        } else {
            writer.write(mail).await.err().map(|failure| failed(&failure))
        };
        if let Some(reply) = refusal {
            self.writer = Err(reply);
        }
    }
}

/// What a client is told when the store failed; the operator is told why.
pub(super) fn failed(failure: &StoreError) -> Reply {
    match failure {
        StoreError::Full => Reply::StoreFull,
        StoreError::NotFound
        | StoreError::Conflict
        | StoreError::Unavailable(_)
        | StoreError::Denied(_)
        | StoreError::Damaged(_) => {
            let cause = std::error::Error::source(failure).map(ToString::to_string).unwrap_or_default();
            error!(%failure, cause, "the store did not take a mail");
            Reply::StoreUnavailable
        }
    }
}
