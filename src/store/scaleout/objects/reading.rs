//! Objects as readers for the blocking pool, piece by piece.
//!
//! Refuses: to end early. Invariant: a reader gives as many bytes as the object has, or an error; a broken connection never
//! looks like a short object.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use object_store::{GetResult, GetResultPayload};
use tokio::sync::mpsc;

use super::failure::failed;

/// Pieces on their way from the network to a reader; each is what one read of a socket gave.
const AHEAD: usize = 4;

/// A reader of the whole object. Must be called within a tokio runtime, and read outside of its workers.
pub(super) fn reader(object: GetResult) -> Box<dyn Read + Send> {
    let left = object.meta.size;
    match object.payload {
        GetResultPayload::File(file, _) => Box::new(Whole { from: file, left }),
        GetResultPayload::Stream(_) => {
            let (send, next) = mpsc::channel(AHEAD);
            tokio::spawn(feed(object, send));
            Box::new(Whole { from: Pieces { next, piece: Bytes::new() }, left })
        }
    }
}

/// Fetches until the end, an error, or until nobody reads any more.
async fn feed(object: GetResult, to: mpsc::Sender<io::Result<Bytes>>) {
    let mut stream = object.into_stream();
    while let Some(piece) = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
        let piece = piece.map_err(|error| io::Error::other(failed(error)));
        let over = piece.is_err();
        if to.send(piece).await.is_err() || over {
            return;
        }
    }
}

/// The pieces of a stream, one after the other.
struct Pieces {
    next: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.next.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = (&*self.piece).read(buffer)?;
        self.piece.advance(count);
        Ok(count)
    }
}

/// A reader that must give `left` more bytes.
struct Whole<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.left == 0 {
            return Ok(0);
        }
        let count = (&mut self.from).take(self.left).read(buffer)?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "an object ended before its end"));
        }
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: Vec<io::Result<Bytes>>, left: u64) -> io::Result<Vec<u8>> {
        let (send, next) = mpsc::channel(8);
        pieces.into_iter().for_each(|piece| send.try_send(piece).unwrap());
        drop(send);
        let mut bytes = Vec::new();
        #[expect(clippy::disallowed_methods, reason = "a test's own bytes")]
        Whole { from: Pieces { next, piece: Bytes::new() }, left }.read_to_end(&mut bytes).map(|_| bytes)
    }

    #[test]
    fn pieces_are_read_as_one_and_empty_ones_do_not_end_it() {
        let pieces = ["ab", "", "cde"].map(|text| Ok(Bytes::from_static(text.as_bytes())));
        assert_eq!(read(pieces.into(), 5).unwrap(), b"abcde");
        assert_eq!(read(Vec::new(), 0).unwrap(), b"");
    }

    #[test]
    fn a_stream_that_breaks_off_is_an_error_and_never_a_short_read() {
        let ab = || Ok(Bytes::from_static(b"ab"));
        assert_eq!(read(vec![ab()], 5).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let broken = vec![ab(), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
        assert_eq!(read(broken, 5).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
}
