//! The portal: pages of staff, approvers and administrators, on the LGWAN side.
//!
//! Refuses: to name an original; there is no port to one here. Invariant: every object is looked up together with whoever
//! asks for it.

pub mod search;
