//! The confined process that reads hostile bytes.
