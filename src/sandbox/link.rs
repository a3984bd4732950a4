//! Frames over a worker's pipes.
//!
//! Refuses: frames longer than what is expected, empty pieces, more bytes in all than a session may bring. Invariant:
//! nothing is allocated for bytes that have not arrived.

use bytes::Bytes;
use sanitizer_protocol::{Frame, HEADER, ToWorker, encode_bytes, encode_control, encode_end};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use zeroize::Zeroizing;

use crate::ports::{Blob, StoreError};

/// Bytes of one frame of content, and bytes gathered before they are written.
const PIECE: usize = 64 * 1024;

/// Why a conversation cannot go on.
#[derive(Debug)]
pub(super) enum Broken {
    /// The other end is gone.
    Ended,
    /// What came is not what the protocol or the check allows.
    Lie(&'static str),
    /// The original cannot be read.
    Original(StoreError),
}

/// What comes from a worker.
#[derive(Debug)]
pub(super) struct Inbox<R> {
    reader: BufReader<R>,
    allowance: u64,
}

impl<R: AsyncRead + Unpin> Inbox<R> {
    /// Frames from `reader`, of `allowance` bytes in all.
    pub(super) fn new(reader: R, allowance: u64) -> Self {
        Self { reader: BufReader::new(reader), allowance }
    }

    /// The next frame.
    pub(super) async fn next_frame(&mut self) -> Result<Frame, Broken> {
        let mut header = [0; HEADER];
        self.reader.read_exact(&mut header).await.map_err(|_| Broken::Ended)?;
        let (kind, length) = Frame::header(header).map_err(|_| Broken::Lie("not a frame"))?;
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.allowance = self.allowance.checked_sub(length).ok_or(Broken::Lie("more bytes than any answer needs"))?;
        let mut payload = Vec::new();
        (&mut self.reader).take(length).read_to_end(&mut payload).await.map_err(|_| Broken::Ended)?;
        if u64::try_from(payload.len()).unwrap_or(u64::MAX) < length {
            return Err(Broken::Ended);
        }
        Frame::of(kind, payload).map_err(|_| Broken::Lie("not a frame"))
    }

    /// A control frame that holds a `T`.
    pub(super) async fn message<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Broken> {
        self.next_frame().await?.message().map_err(|_| Broken::Lie("not a message of the protocol"))
    }

    /// Exactly `length` bytes and the end frame.
    pub(super) async fn content(&mut self, length: u64) -> Result<Bytes, Broken> {
        let mut content = Vec::new();
        loop {
            match self.next_frame().await? {
                Frame::Bytes(piece) if piece.is_empty() => return Err(Broken::Lie("an empty piece")),
                Frame::Bytes(piece) => content.extend_from_slice(&piece),
                Frame::End if u64::try_from(content.len()).unwrap_or(u64::MAX) == length => return Ok(content.into()),
                Frame::End => return Err(Broken::Lie("fewer bytes than announced")),
                Frame::Control(_) => return Err(Broken::Lie("a message inside content")),
            }
            if u64::try_from(content.len()).unwrap_or(u64::MAX) > length {
                return Err(Broken::Lie("more bytes than announced"));
            }
        }
    }

    /// True if bytes have arrived that nobody asked for.
    pub(super) fn has_more(&self) -> bool {
        !self.reader.buffer().is_empty()
    }
}

/// Sends a message.
pub(super) async fn send(writer: &mut (impl AsyncWrite + Unpin), message: &ToWorker) -> Result<(), Broken> {
    // It may hold passwords.
    let mut waiting = Zeroizing::new(Vec::new());
    encode_control(message, &mut waiting).map_err(|_| Broken::Lie("the message fits no frame"))?;
    writer.write_all(&waiting).await.map_err(|_| Broken::Ended)
}

/// Sends a message and the whole of `original` after it. The end frame is the last thing written.
pub(super) async fn feed(
    writer: &mut (impl AsyncWrite + Unpin),
    message: &ToWorker,
    mut original: Blob,
) -> Result<(), Broken> {
    let mut left = original.len();
    send(writer, message).await?;
    let mut waiting = Vec::new();
    while let Some(piece) = original.next_piece().await.map_err(Broken::Original)? {
        left = left
            .checked_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX))
            .ok_or(Broken::Original(StoreError::Damaged("more bytes than recorded")))?;
        for part in piece.chunks(PIECE) {
            encode_bytes(part, &mut waiting).map_err(|_| Broken::Lie("the piece fits no frame"))?;
            if waiting.len() >= PIECE {
                writer.write_all(&waiting).await.map_err(|_| Broken::Ended)?;
                waiting.clear();
            }
        }
    }
    if left > 0 {
        return Err(Broken::Original(StoreError::Damaged("fewer bytes than recorded")));
    }
    encode_end(&mut waiting);
    writer.write_all(&waiting).await.map_err(|_| Broken::Ended)
}
