//! The session: one item in, facts out; orders in, rebuilt parts out.
//!
//! Refuses: frames out of turn, more or fewer bytes than announced, a second item. Invariant: a sanitizer that fails,
//! by an error or by a panic, costs its own part only.

use std::io::{self, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use sanitizer_api::{Assurance, Budget, Code, Hints, Rebuilt};
use sanitizer_protocol::{
    self as protocol, Failure, Found, Frame, FrameError, FromWorker, LinkFound, Order, Subject, ToWorker, VERSION,
    WrittenHead, encode_bytes, encode_control, encode_end,
};
use sha2::{Digest, Sha256};

use crate::mapping::{self, Item, Source};
use crate::registry;

/// Bytes asked of the pipe at once (a pipe holds 64 KiB), and bytes of answers gathered before they are written.
const PIECE: usize = 64 * 1024;

/// Why a session ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The gateway closed a pipe.
    #[error("the pipe to the gateway: {0}")]
    Pipe(#[from] io::Error),
    /// The gateway sent something that is no frame.
    #[error("the frames of the gateway: {0}")]
    Frame(#[from] FrameError),
    /// The gateway broke the order of the session.
    #[error("the gateway broke the protocol")]
    Protocol,
}

/// Serves one item. Returns at once if the gateway closes its end instead of sending one.
///
/// # Errors
/// See [`SessionError`]; the gateway learns of a broken protocol before that.
pub fn run(input: impl Read, output: impl Write) -> Result<(), SessionError> {
    let mut inbox = Inbox { reader: BufReader::with_capacity(PIECE, input) };
    let mut outbox = Outbox { writer: output, waiting: Vec::new() };
    let ended = session(&mut inbox, &mut outbox);
    if matches!(ended, Err(SessionError::Protocol | SessionError::Frame(_))) {
        outbox.say(&FromWorker::Failed(Failure::Protocol))?;
    }
    outbox.flush()?;
    ended
}

fn session(inbox: &mut Inbox<impl Read>, outbox: &mut Outbox<impl Write>) -> Result<(), SessionError> {
    outbox.say(&FromWorker::Ready { version: VERSION })?;
    outbox.flush()?;
    let Some(first) = inbox.next_frame()? else { return Ok(()) };
    let ToWorker::Inspect { subject, length, limits } = first.message()? else { return Err(SessionError::Protocol) };
    let Some(bytes) = inbox.receive(length)? else {
        return outbox.say(&FromWorker::Failed(Failure::Limit { code: Code::TooLarge.as_str().to_owned() }));
    };
    let item = match inspect(&subject, &bytes, &limits) {
        Ok(item) => item,
        Err(failure) => return outbox.say(&FromWorker::Failed(failure)),
    };
    let Item { found, sources } = item;
    outbox.say(&FromWorker::Inspected(Box::new(found)))?;
    outbox.flush()?;
    let Some(second) = inbox.next_frame()? else { return Ok(()) };
    let ToWorker::Rebuild { orders } = second.message()? else { return Err(SessionError::Protocol) };
    let mut budget =
        Budget { output_bytes: limits.output_bytes, text_bytes: limits.text_bytes, html_bytes: limits.html_bytes };
    orders.into_iter().try_for_each(|order| outbox.answer(order, &sources, &mut budget))
}

/// A parser that panics has met something that is not a mail or file as it should be.
fn inspect<'a>(subject: &Subject, bytes: &'a [u8], limits: &protocol::Limits) -> Result<Item<'a>, Failure> {
    catch_unwind(|| mapping::inspect(subject, bytes, limits)).unwrap_or(Err(Failure::Unreadable))
}

struct Inbox<R> {
    reader: BufReader<R>,
}

impl<R: Read> Inbox<R> {
    /// The next frame; `None` if the gateway closed its end between two frames.
    fn next_frame(&mut self) -> Result<Option<Frame>, SessionError> {
        let mut header = [0; protocol::HEADER];
        let (first, rest) = header.split_at_mut(1);
        if !self.read_first(first)? {
            return Ok(None);
        }
        self.reader.read_exact(rest)?;
        let (kind, length) = Frame::header(header)?;
        let mut payload = vec![0; length];
        self.reader.read_exact(&mut payload)?;
        Ok(Some(Frame::of(kind, payload)?))
    }

    fn read_first(&mut self, byte: &mut [u8]) -> Result<bool, SessionError> {
        loop {
            match self.reader.read(byte) {
                Ok(read) => return Ok(read > 0),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Exactly `length` bytes, held once; `None` if there is no memory for them.
    fn receive(&mut self, length: u64) -> Result<Option<Vec<u8>>, SessionError> {
        let mut bytes = Vec::new();
        let Ok(length) = usize::try_from(length) else { return Ok(None) };
        if bytes.try_reserve_exact(length).is_err() {
            return Ok(None);
        }
        loop {
            match self.next_frame()? {
                Some(Frame::Bytes(piece)) if piece.len() <= length.saturating_sub(bytes.len()) => {
                    bytes.extend_from_slice(&piece);
                }
                Some(Frame::End) if bytes.len() == length => return Ok(Some(bytes)),
                Some(Frame::Bytes(_) | Frame::End | Frame::Control(_)) | None => return Err(SessionError::Protocol),
            }
        }
    }
}

struct Outbox<W> {
    writer: W,
    waiting: Vec<u8>,
}

impl<W: Write> Outbox<W> {
    /// Gathers a message. One that fits no frame tells of more than an item within its limits can hold.
    fn say(&mut self, message: &FromWorker) -> Result<(), SessionError> {
        let length = self.waiting.len();
        if encode_control(message, &mut self.waiting).is_err() {
            self.waiting.truncate(length);
            let too_large = Failure::Limit { code: Code::TooLarge.as_str().to_owned() };
            encode_control(&FromWorker::Failed(too_large), &mut self.waiting)?;
        }
        Ok(())
    }

    /// Writes one part, or says why not.
    fn answer(&mut self, order: Order, sources: &[Source<'_>], budget: &mut Budget) -> Result<(), SessionError> {
        let Some(source) = sources.iter().find(|source| source.path == order.path) else {
            return Err(SessionError::Protocol);
        };
        let written =
            registry::sanitizer(source.type_id, order.way).ok_or(Code::UnsupportedFormat).and_then(|sanitizer| {
                let hints = Hints { charset: source.charset.as_deref() };
                // What a panicking sanitizer had spent stays spent.
                let rebuilt = catch_unwind(AssertUnwindSafe(|| sanitizer.sanitize(&source.bytes, hints, budget)))
                    .map_err(|_| Code::ConvertFailed)?
                    .map_err(sanitizer_api::SanitizeError::code)?;
                Ok((head(&order, sanitizer.name(), sanitizer.version(), &rebuilt), rebuilt.bytes))
            });
        match written {
            Ok((head, bytes)) => {
                let length = self.waiting.len();
                if encode_control(&FromWorker::Written(head), &mut self.waiting).is_err() {
                    self.waiting.truncate(length);
                    return self.refuse(order, Code::TooLarge);
                }
                self.send(&bytes)
            }
            Err(code) => self.refuse(order, code),
        }
    }

    fn refuse(&mut self, order: Order, code: Code) -> Result<(), SessionError> {
        self.say(&FromWorker::Refused { path: order.path, way: order.way, code: code.as_str().to_owned() })
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        for piece in bytes.chunks(PIECE) {
            encode_bytes(piece, &mut self.waiting)?;
            if self.waiting.len() >= PIECE {
                self.flush()?;
            }
        }
        encode_end(&mut self.waiting);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SessionError> {
        self.writer.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }
}

fn head(order: &Order, sanitizer: &str, version: u32, rebuilt: &Rebuilt) -> WrittenHead {
    let found = |finding: &sanitizer_api::Finding| Found {
        code: finding.code.as_str().to_owned(),
        path: order.path.clone(),
        count: finding.count,
    };
    let link = |link: &sanitizer_api::Link| LinkFound {
        number: link.number,
        target: link.target.clone(),
        shown: link.shown.clone(),
    };
    WrittenHead {
        path: order.path.clone(),
        way: order.way,
        length: u64::try_from(rebuilt.bytes.len()).unwrap_or(u64::MAX),
        sha256: Sha256::digest(&rebuilt.bytes).into(),
        media_type: rebuilt.media_type.to_owned(),
        sanitizer: sanitizer.to_owned(),
        version,
        assurance: match rebuilt.assurance {
            Assurance::Filtered => protocol::Assurance::Filtered,
            Assurance::Rebuilt => protocol::Assurance::Rebuilt,
        },
        findings: rebuilt.findings.iter().map(found).collect(),
        links: rebuilt.links.iter().map(link).collect(),
    }
}

#[cfg(test)]
mod tests;
