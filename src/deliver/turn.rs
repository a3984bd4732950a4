//! The stream below the SMTP client: one burst out, one bounded reply in.
//!
//! lettre writes and flushes in small pieces and reads lines of any length in UTF-8 only. This stream holds writes
//! back until the client reads (one system call, one segment per turn), ends a reply that grows beyond
//! [`MAX_REPLY`], turns octets over 0x7E in replies (Shift_JIS texts occur) into `?`, and tells a connection that ended
//! (an error here) from a reply that makes no sense.
//! Invariant: the client never waits for a reply to bytes that are still held back.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes the peer may send in answer to one burst.
const MAX_REPLY: usize = 100_000;

/// Bytes held back at most; more are written through.
const MAX_BURST: usize = 128 * 1024;

/// A connection on which client and server take turns.
pub(super) struct TurnStream<S> {
    inner: S,
    peer: SocketAddr,
    held_back: Vec<u8>,
    written: usize,
    allowance: usize,
}

impl<S> TurnStream<S> {
    /// Takes over `inner`, a connection to `peer`.
    pub(super) const fn new(inner: S, peer: SocketAddr) -> Self {
        Self { inner, peer, held_back: Vec::new(), written: 0, allowance: MAX_REPLY }
    }
}

impl<S: AsyncWrite + Unpin> TurnStream<S> {
    fn poll_release(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.held_back.get(self.written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut self.inner).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written = self.written.saturating_add(count);
        }
        self.held_back.clear();
        self.written = 0;
        Pin::new(&mut self.inner).poll_flush(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TurnStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_release(cx))?;
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let arrived = buf.filled_mut().get_mut(before..).unwrap_or_default();
        if arrived.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        for octet in arrived.iter_mut().filter(|octet| **octet > b'~') {
            *octet = b'?';
        }
        match self.allowance.checked_sub(arrived.len()) {
            Some(left) => self.allowance = left,
            None => return Poll::Ready(Err(io::Error::other("a reply beyond all measure"))),
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TurnStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.held_back.len() >= MAX_BURST {
            ready!(self.poll_release(cx))?;
        }
        let room = MAX_BURST.saturating_sub(self.held_back.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.held_back.extend_from_slice(taken);
        self.allowance = MAX_REPLY;
        Poll::Ready(Ok(taken.len()))
    }

    /// Does nothing: the next read releases what is held back.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_release(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Names the peer and no byte of the mail.
impl<S> fmt::Debug for TurnStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnStream").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for TurnStream<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    fn pair() -> (TurnStream<DuplexStream>, DuplexStream) {
        let (near, far) = duplex(1024 * 1024);
        (TurnStream::new(near, SocketAddr::from(([127, 0, 0, 1], 25))), far)
    }

    #[tokio::test]
    async fn writes_leave_in_one_burst_when_the_client_turns_to_read() {
        let (mut stream, mut far) = pair();
        for piece in [&b"MAIL"[..], b" FROM", b":<>\r\n"] {
            stream.write_all(piece).await.unwrap();
            stream.flush().await.unwrap();
        }
        far.write_all(b"250 ok\r\n").await.unwrap();
        let mut reply = [0; 64];
        assert_eq!(stream.read(&mut reply).await.unwrap(), 8);
        let mut seen = [0; 64];
        let count = far.read(&mut seen).await.unwrap();
        assert_eq!(&seen[..count], b"MAIL FROM:<>\r\n");
    }

    #[tokio::test]
    async fn a_large_mail_is_written_through_and_arrives_whole() {
        let (mut stream, mut far) = pair();
        let mail: Vec<u8> = (0..MAX_BURST * 3 + 17).map(|at| b'a' + u8::try_from(at % 26).unwrap()).collect();
        stream.write_all(&mail).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut seen = Vec::new();
        (&mut far).take(10_000_000).read_buf(&mut seen).await.unwrap();
        while far.read_buf(&mut seen).await.unwrap() > 0 {}
        assert!(seen == mail, "{} of {} bytes", seen.len(), mail.len());
    }

    #[tokio::test]
    async fn octets_that_are_not_ascii_become_question_marks() {
        let (mut stream, mut far) = pair();
        far.write_all(b"550 \x83\x86\x81[U\r\n").await.unwrap();
        let mut reply = [0; 64];
        let count = stream.read(&mut reply).await.unwrap();
        assert_eq!(&reply[..count], b"550 ???[U\r\n");
    }

    #[tokio::test]
    async fn a_peer_that_never_stops_talking_is_cut_off_and_each_burst_renews_its_allowance() {
        let (mut stream, mut far) = pair();
        let mut reply = vec![0; 80_000];
        for _ in 0..3 {
            stream.write_all(b"NOOP\r\n").await.unwrap();
            far.write_all(&vec![b'2'; 80_000]).await.unwrap();
            stream.read_exact(&mut reply).await.unwrap();
        }
        far.write_all(&vec![b'2'; 80_000]).await.unwrap();
        assert!(stream.read_exact(&mut reply).await.is_err());
    }
}
