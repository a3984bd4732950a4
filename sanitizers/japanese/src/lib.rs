//! Japanese text from raw bytes: charset labels, detection, decoding, characters of a site's own, and which code points
//! may be shown.
//!
//! Refuses: nothing; what has no reading becomes 〓 and is counted. Invariant: decoding what was decoded (as UTF-8,
//! without a label) gives the same text.

mod decode;
mod euc;
mod gaiji;
mod inert;
mod jis;
mod label;
mod proof;
mod reading;
mod rows;

pub use decode::{Decoded, decode, reads};
pub use gaiji::{Gaiji, is_private};
pub use inert::inert;
pub use reading::{changes_reading, nfc, single_line};
