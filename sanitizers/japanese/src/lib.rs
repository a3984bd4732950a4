//! Japanese text from raw bytes: charset labels, detection, decoding, characters of a site's own, and which code points
//! may be shown.
//!
//! Refuses: nothing; what has no reading becomes 〓 and is counted. Invariant: decoding what was decoded (as UTF-8,
//! without a label) gives the same text, unless it has zero bytes.

mod decode;
mod encode;
mod euc;
mod gaiji;
mod inert;
mod jis;
mod label;
mod proof;
mod reading;
mod rows;
mod wide;

pub use decode::{Decoded, decode, reads};
pub use encode::to_cp932;
pub use gaiji::{Gaiji, is_private};
pub use inert::inert;
pub use reading::{changes_reading, nfc, single_line};
pub use wide::is_unmarked_utf16;
