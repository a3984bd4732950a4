//! Builds the new mail from derivatives only; never sees an original.
