//! The real type of bytes, whatever their name says.
