//! Japanese text from raw bytes: charset labels, detection, decoding, and which code points may be shown.
//!
//! Refuses: nothing; what has no reading becomes 〓 and is counted. Invariant: decoding what was decoded (as UTF-8,
//! without a label) gives the same text.

mod decode;
mod jis;
mod label;
mod reading;

pub use decode::{Decoded, decode};
pub use reading::{changes_reading, nfc, single_line};
