//! The two directions of one connection: lines and bytes in, replies out.
//!
//! Input is bounded by what one read brings, replies to pipelined commands leave in one write. Refuses: lines over
//! [`MAX_PATH_LINE`]; they are skipped, never kept. Invariant: what was read and not yet taken is in `input`, and only there.

use std::io;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::command::MAX_PATH_LINE;

/// Replies are written at the latest when so many bytes wait.
const MAX_OUTPUT: usize = 16 * 1024;
/// How long a closing connection is still read, so that the last reply is not lost in a TCP reset.
const LINGER: Duration = Duration::from_secs(5);

/// A connection with its buffers.
#[derive(Debug)]
pub(super) struct Channel<S> {
    stream: S,
    input: BytesMut,
    output: Vec<u8>,
    skipping: bool,
    write_timeout: Duration,
}

/// A command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// One that ended in CRLF, without it.
    Crlf(BytesMut),
    /// One that ended in LF alone, without it.
    BareLf(BytesMut),
    /// One over the limit; nothing of it was kept.
    TooLong,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Channel<S> {
    pub(super) fn new(stream: S, write_timeout: Duration) -> Self {
        Self { stream, input: BytesMut::new(), output: Vec::new(), skipping: false, write_timeout }
    }

    /// The next command line, if all of it is here.
    pub(super) fn take_line(&mut self) -> Option<Line> {
        let Some(end) = memchr::memchr(b'\n', &self.input) else {
            if self.input.len() > MAX_PATH_LINE {
                self.skipping = true;
            }
            if self.skipping {
                self.input.clear();
            }
            return None;
        };
        let mut line = self.input.split_to(end);
        self.input.advance(1);
        if std::mem::take(&mut self.skipping) || line.len() >= MAX_PATH_LINE {
            return Some(Line::TooLong);
        }
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
            return Some(Line::Crlf(line));
        }
        Some(Line::BareLf(line))
    }

    /// What was read and not yet taken.
    pub(super) fn input(&self) -> &[u8] {
        &self.input
    }

    /// Takes `length` bytes of the input.
    pub(super) fn consume(&mut self, length: usize) {
        self.input.advance(length.min(self.input.len()));
    }

    /// Reads once, at most about `room` bytes; 0 if the client closed. Safe to cancel.
    pub(super) async fn fill(&mut self, room: usize) -> io::Result<usize> {
        self.input.reserve(room);
        self.stream.read_buf(&mut self.input).await
    }

    /// Puts a reply, without its line end, behind those that wait.
    pub(super) fn say(&mut self, line: &str) {
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }

    /// True if replies should be written before more commands are obeyed.
    pub(super) fn is_output_full(&self) -> bool {
        self.output.len() >= MAX_OUTPUT
    }

    /// Writes all waiting replies, in one write where the socket takes it.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let write = async {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await
        };
        timeout(self.write_timeout, write).await??;
        self.output.clear();
        Ok(())
    }

    /// Says what waits, closes, and throws away what the client still sends, for a few seconds.
    pub(super) async fn close(mut self) -> io::Result<()> {
        self.flush().await?;
        timeout(self.write_timeout, self.stream.shutdown()).await??;
        let drain = async {
            loop {
                self.input.clear();
                if self.fill(MAX_OUTPUT).await? == 0 {
                    return io::Result::Ok(());
                }
            }
        };
        timeout(LINGER, drain).await.unwrap_or(Ok(()))
    }

    /// The bare stream. What was read and not taken is dropped: behind STARTTLS it is not to be trusted (RFC 3207 4.2).
    pub(super) fn into_stream(self) -> S {
        self.stream
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `pieces` one read at a time and collects the lines.
    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let mut channel = Channel::new(tokio::io::empty(), Duration::from_secs(1));
        let mut lines = Vec::new();
        for piece in pieces {
            channel.input.extend_from_slice(piece);
            lines.extend(std::iter::from_fn(|| channel.take_line()));
            assert!(channel.input.len() <= MAX_PATH_LINE, "no more than a line is kept");
        }
        lines
    }

    fn crlf(text: &str) -> Line {
        Line::Crlf(text.as_bytes().into())
    }

    #[test]
    fn lines_are_cut_at_lf_and_told_apart_by_their_ends() {
        assert_eq!(lines(&[b"RS", b"ET\r", b"\nNOOP\r\n\r\nQU"]), [crlf("RSET"), crlf("NOOP"), crlf("")]);
        assert_eq!(lines(&[b"RSET\nNOOP\r\n"]), [Line::BareLf("RSET".as_bytes().into()), crlf("NOOP")]);
        assert_eq!(lines(&[b"a\rb\r\r\n"]), [crlf("a\rb\r")]);
    }

    #[test]
    fn an_overlong_line_is_skipped_to_its_end_and_reported_once() {
        let long = vec![b'x'; MAX_PATH_LINE];
        assert_eq!(lines(&[&long, b"y", &long, b"\r\nNOOP\r\n"]), [Line::TooLong, crlf("NOOP")]);
        assert_eq!(lines(&[&[&long[..], b"\r\nNOOP\r\n"].concat()]), [Line::TooLong, crlf("NOOP")]);
        let longest = &long[2..];
        let line = lines(&[&[longest, b"\r\n"].concat()]);
        assert_eq!(line, [Line::Crlf(longest.into())], "{MAX_PATH_LINE} octets with CRLF are allowed");
    }

    #[tokio::test]
    async fn replies_that_wait_leave_together() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let mut channel = Channel::new(ours, Duration::from_secs(1));
        channel.say("250 a");
        channel.say("354 b");
        channel.flush().await.unwrap();
        let mut read = [0; 100];
        assert_eq!(theirs.read(&mut read).await.unwrap(), 14);
        assert_eq!(&read[..14], b"250 a\r\n354 b\r\n");
    }
}
