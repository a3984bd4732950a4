//! The frame layer: one byte of kind, four bytes of length (little endian), the payload.
//!
//! Refuses: payloads over [`MAX_FRAME`], unknown kinds, an end frame with a payload, control payloads that do not
//! decode to their last byte. Invariant: `Decoder` yields exactly the frames that were encoded, however the bytes were
//! cut on their way.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// Longest payload of one frame in bytes.
pub const MAX_FRAME: usize = 4 * 1024 * 1024;

/// Bytes before the payload.
pub const HEADER: usize = 5;

const CONTROL: u8 = 1;
const BYTES: u8 = 2;
const END: u8 = 3;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// An encoded message; see [`Frame::message`].
    Control(Vec<u8>),
    /// A piece of content.
    Bytes(Vec<u8>),
    /// The content is complete.
    End,
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Over [`MAX_FRAME`].
    #[error("a frame over {MAX_FRAME} bytes")]
    TooLong,
    /// No such kind.
    #[error("an unknown kind of frame")]
    UnknownKind,
    /// A control frame that does not decode, or has bytes left over.
    #[error("a control frame that does not decode")]
    BadMessage,
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame")]
    Cut,
}

impl Frame {
    /// Reads the kind and the payload length from a frame's first five bytes.
    ///
    /// # Errors
    /// [`FrameError::UnknownKind`], [`FrameError::TooLong`].
    pub fn header(bytes: [u8; HEADER]) -> Result<(u8, usize), FrameError> {
        let [kind, length @ ..] = bytes;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| FrameError::TooLong)?;
        match kind {
            CONTROL | BYTES if length <= MAX_FRAME => Ok((kind, length)),
            END if length == 0 => Ok((kind, 0)),
            CONTROL | BYTES | END => Err(FrameError::TooLong),
            _ => Err(FrameError::UnknownKind),
        }
    }

    /// The frame of this kind with this payload.
    ///
    /// # Errors
    /// [`FrameError::UnknownKind`].
    pub fn of(kind: u8, payload: Vec<u8>) -> Result<Self, FrameError> {
        match kind {
            CONTROL => Ok(Self::Control(payload)),
            BYTES => Ok(Self::Bytes(payload)),
            END => Ok(Self::End),
            _ => Err(FrameError::UnknownKind),
        }
    }

    /// The message of a control frame.
    ///
    /// # Errors
    /// [`FrameError::BadMessage`] for other frames, for payloads that do not decode, and for left-over bytes.
    pub fn message<T: DeserializeOwned>(&self) -> Result<T, FrameError> {
        let Self::Control(payload) = self else { return Err(FrameError::BadMessage) };
        match postcard::take_from_bytes(payload) {
            Ok((message, [])) => Ok(message),
            _ => Err(FrameError::BadMessage),
        }
    }
}

/// Appends a control frame with `message` to `out`.
///
/// # Errors
/// [`FrameError::TooLong`] if it does not fit a frame; [`FrameError::BadMessage`] if it cannot be encoded.
pub fn encode_control<T: Serialize>(message: &T, out: &mut Vec<u8>) -> Result<(), FrameError> {
    // Some messages hold passwords.
    let payload = Zeroizing::new(postcard::to_stdvec(message).map_err(|_| FrameError::BadMessage)?);
    put(CONTROL, &payload, out)
}

/// Appends a bytes frame to `out`.
///
/// # Errors
/// [`FrameError::TooLong`] if `bytes` do not fit a frame.
pub fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
    put(BYTES, bytes, out)
}

/// Appends an end frame to `out`.
pub fn encode_end(out: &mut Vec<u8>) {
    out.extend_from_slice(&[END, 0, 0, 0, 0]);
}

fn put(kind: u8, payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
    let length = u32::try_from(payload.len()).map_err(|_| FrameError::TooLong)?;
    if payload.len() > MAX_FRAME {
        return Err(FrameError::TooLong);
    }
    out.push(kind);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(payload);
    Ok(())
}

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` if more bytes are needed.
    ///
    /// # Errors
    /// [`FrameError::TooLong`], [`FrameError::UnknownKind`]: the stream is of no use any more.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(header) = self.buffer.first_chunk::<HEADER>() else { return Ok(None) };
        let (kind, length) = Frame::header(*header)?;
        let Some(payload) = self.buffer.get(HEADER..HEADER.saturating_add(length)) else { return Ok(None) };
        let frame = Frame::of(kind, payload.to_vec())?;
        self.buffer.drain(..HEADER.saturating_add(length));
        Ok(Some(frame))
    }

    /// Says that the stream has ended.
    ///
    /// # Errors
    /// [`FrameError::Cut`] if bytes of an unfinished frame are left.
    pub const fn finish(&self) -> Result<(), FrameError> {
        if self.buffer.is_empty() { Ok(()) } else { Err(FrameError::Cut) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Vec<u8> {
        let mut out = Vec::new();
        encode_control(&(7u32, "手水"), &mut out).unwrap();
        encode_bytes(b"abc", &mut out).unwrap();
        encode_end(&mut out);
        out
    }

    #[test]
    fn frames_survive_being_cut_anywhere() {
        let stream = stream();
        for size in 1..=stream.len() {
            let mut decoder = Decoder::default();
            let mut frames = Vec::new();
            for piece in stream.chunks(size) {
                decoder.push(piece);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    frames.push(frame);
                }
            }
            assert_eq!(decoder.finish(), Ok(()));
            assert_eq!(frames.len(), 3);
            assert_eq!(frames[0].message::<(u32, String)>(), Ok((7, "手水".to_owned())));
            assert_eq!(frames[1..], [Frame::Bytes(b"abc".to_vec()), Frame::End]);
        }
    }

    #[test]
    fn bytes_left_over_in_a_control_frame_are_an_error() {
        let mut payload = postcard::to_stdvec(&7u32).unwrap();
        payload.push(0);
        assert_eq!(Frame::Control(payload).message::<u32>(), Err(FrameError::BadMessage));
    }

    #[test]
    fn a_length_that_lies_is_refused_before_anything_is_allocated() {
        assert_eq!(Frame::header([BYTES, 255, 255, 255, 255]), Err(FrameError::TooLong));
        assert_eq!(Frame::header([END, 1, 0, 0, 0]), Err(FrameError::TooLong));
        assert_eq!(Frame::header([9, 0, 0, 0, 0]), Err(FrameError::UnknownKind));
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_is_noticed() {
        let mut decoder = Decoder::default();
        decoder.push(&stream()[..7]);
        assert_eq!(decoder.next_frame(), Ok(None));
        assert_eq!(decoder.finish(), Err(FrameError::Cut));
    }
}
