//! Packages (Open Packaging Conventions, ISO/IEC 29500-2): read strictly, walked by relationship, written anew.
//!
//! How a format uses it: a [`Format`] names its [`Kind`]s of parts: by which relationship type and content type they
//! are recognised, under which other kinds they may hang, how they are written, and what they are called in the output.
//! [`walk::rebuild`] starts at the root and follows relationships; names of parts in the input mean nothing. To add a
//! format: one static `Format`, one vocabulary per class of part (see [`crate::xml`]), one line in `lib.rs`.
//!
//! Refuses: what [`crate::zip`] and [`crate::xml`] refuse. Invariant: a part, its relationship and its content type are
//! written together or not at all.

pub(crate) mod before;
pub(crate) mod emit;
pub(crate) mod kind;
pub(crate) mod lost;
pub(crate) mod package;
pub(crate) mod target;
pub(crate) mod walk;

pub(crate) use kind::Format;
