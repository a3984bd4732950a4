//! One observation about an item or a part: a stable code and a count, never free text.

use serde::{Deserialize, Serialize};

use super::part::PartPath;
use super::reason::Reason;

/// What was found, where, how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The code.
    pub code: Reason,
    /// The part it was found in; [`PartPath::root`] for the item as a whole.
    pub part: PartPath,
    /// How many times; at least one.
    pub count: u32,
}
