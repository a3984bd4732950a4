//! What was left out and changed while one file was written anew.
//!
//! Refuses nothing. Invariant: one finding per code, in a fixed order.

use sanitizer_api::{Code, Finding};
use sanitizer_japanese::Decoded;

/// Counts of one file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Fields that are not listed, or whose value is not what their name says.
    pub(crate) left_out: u32,
    /// Files, pictures, sounds, mark-up and alarms that do more than show a text.
    pub(crate) active: u32,
    /// Addresses of the web that were left out or made inert.
    pub(crate) links: u32,
    /// Dropped controls and code points that reorder or hide.
    pub(crate) controls: u32,
    /// Sequences without a reading.
    pub(crate) undecodable: u32,
    /// The charset was missing or wrong.
    pub(crate) guessed: bool,
}

/// Adds one.
pub(crate) fn count(number: &mut u32) {
    *number = number.saturating_add(1);
}

impl Tally {
    /// Notes how a text was read.
    pub(crate) fn read(&mut self, decoded: &Decoded) {
        self.guessed |= decoded.guessed;
        self.undecodable = self.undecodable.saturating_add(decoded.undecodable);
    }

    /// All of it; `rebuilt` counts what was left out, and at least one if the file changed.
    pub(crate) fn findings(&self, rebuilt: Code, changed: bool) -> Vec<Finding> {
        let rows = [
            (Code::CharsetGuessed, u32::from(self.guessed)),
            (Code::Undecodable, self.undecodable),
            (Code::ControlRemoved, self.controls),
            (Code::ActiveContentRemoved, self.active),
            (Code::LinkDisabled, self.links),
            (rebuilt, self.left_out.max(u32::from(changed))),
        ];
        rows.into_iter().filter(|(_, count)| *count > 0).map(|(code, count)| Finding { code, count }).collect()
    }
}
