//! Slides (pptx, pptm, ppsx, ppsm, potx, potm), written as pptx.
//!
//! Refuses: macros, objects, controls, sound and film, embedded fonts, own data, links that lead out. Invariant: all text
//! of slides, notes, comments, tables, charts and diagrams stays; nothing in the output runs, fetches or leads out.

mod frame;
mod kinds;
mod link;
mod modern;
mod presentation;
mod slide;
#[cfg(test)]
mod tests;
mod timing;
mod tree;

use sanitizer_api::Unit;

use crate::opc::Format;

/// The format.
pub(crate) static FORMAT: Format = Format {
    name: "ooxml-powerpoint",
    version: 2,
    media_type: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    main: "presentation",
    kinds: kinds::KINDS,
    counted: Some(("slide", Unit::Slides)),
};
