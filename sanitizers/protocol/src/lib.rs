//! Frames between the gateway and its workers: the only crate on both sides of the wall.
//!
//! A session: the worker confines itself and says [`FromWorker::Ready`]; the gateway sends [`ToWorker::Inspect`], the
//! bytes, [`Frame::End`]; the worker answers [`FromWorker::Inspected`] or [`FromWorker::Failed`]; the gateway sends
//! [`ToWorker::Rebuild`]; per order the worker answers [`FromWorker::Written`], the bytes, [`Frame::End`], or
//! [`FromWorker::Refused`], and before that, if it likes, a few times [`FromWorker::Progress`]; then both close. Instead of
//! orders the gateway may ask for one part as it came ([`ToWorker::Extract`]). Refuses: frames over [`MAX_FRAME`], control
//! frames with left-over bytes,
//! unknown kinds. Invariant: decoding never allocates more than the bytes that arrived.

mod frame;
mod message;
mod passwords;

pub use frame::{Decoder, Frame, FrameError, HEADER, MAX_FRAME, encode_bytes, encode_control, encode_end};
pub use message::{
    Address, Assurance, AuthenticationField, AuthenticationResult, Detected, Failure, Found, FromWorker, Headers,
    Inspected, Limits, LinkFound, Order, PartFound, PlaceFound, Progress, Role, Settings, Subject, TableEncoding,
    ToWorker, Unit, VERSION, Way, WrittenHead,
};
pub use passwords::{Passwords, TooManyPasswords};
