//! The review listener: hands out approved originals, on the internet side.
//!
//! Refuses: everything that was not approved for whoever asks. Invariant: the record of a hand-over is written before the
//! first byte leaves.
