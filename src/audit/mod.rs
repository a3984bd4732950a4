//! Verifying and exporting the audit chain.
