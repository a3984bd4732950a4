//! Files that are two things at once.
//!
//! Invariant: a second type is reported only where its readers would find it, so that a picture of a PDF in a
//! document is none.

use sanitizer_api::{Class, Detected};

use crate::bytes::{find, find_last, has_at, head, u32_at};
use crate::{disk, zip};

/// What some browsers sniff, and more.
const MARKUP_WINDOW: usize = 65_536;

/// The id of a second type in `bytes`, which were detected as `first`.
#[must_use]
pub fn polyglot(bytes: &[u8], first: &Detected) -> Option<&'static str> {
    let is_container = matches!(first.class, Class::Archive | Class::Executable | Class::DiskImage | Class::Mail)
        || is_office(first.id);
    let is_text = matches!(first.class, Class::Text | Class::Markup | Class::Script);
    // Programs of Microsoft Office store whole ZIP files in their documents, often near the end.
    let is_compound = first.class == Class::Document && first.id != "pdf";
    let has_zip = if is_compound { zip::closes(bytes) } else { zip::is_behind(bytes) };
    if !is_container && !bytes.starts_with(b"PK") && has_zip {
        return Some("zip");
    }
    // Systems mount an image of a disk whatever it begins with.
    if first.class != Class::DiskImage
        && first.class != Class::Executable
        && let Some(image) = disk::image(bytes)
    {
        return Some(image);
    }
    if is_container {
        return (first.id != "zip" || !bytes.starts_with(b"PK")).then(|| late_pdf(bytes)).flatten();
    }
    if first.id != "pdf" && !is_text {
        let pdf = late_pdf(bytes);
        if pdf.is_some() {
            return pdf;
        }
    }
    if is_compound {
        return None;
    }
    archive_behind(bytes).or_else(|| program_behind(bytes)).or_else(|| {
        let is_picture = matches!(first.class, Class::Image | Class::Media) || first.id == "pdf";
        is_picture.then(|| markup_inside(bytes)).flatten()
    })
}

fn is_office(id: &str) -> bool {
    id.starts_with("ooxml") || id.starts_with("od") || matches!(id, "xlsb" | "xps" | "epub" | "hwpx" | "iwork")
}

/// A PDF header within the first kilobyte, where its readers still look.
fn late_pdf(bytes: &[u8]) -> Option<&'static str> {
    find(head(bytes, 1_024), b"%PDF-").map(|_| "pdf")
}

fn archive_behind(bytes: &[u8]) -> Option<&'static str> {
    let behind = bytes.get(8..)?;
    if find(behind, b"Rar!\x1A\x07").is_some() {
        Some("rar")
    } else if find(behind, b"7z\xBC\xAF\x27\x1C").is_some() {
        Some("7z")
    } else {
        None
    }
}

/// A DOS stub with the new header where it says.
fn program_behind(bytes: &[u8]) -> Option<&'static str> {
    let stub = find(bytes, b"This program cannot be run in DOS mode")?;
    let before = head(bytes, stub);
    let start = find_last(before, b"MZ")?;
    let program = bytes.get(start..)?;
    u32_at(program, 0x3C).is_some_and(|header| has_at(program, header, b"PE\0\0")).then_some("pe")
}

fn markup_inside(bytes: &[u8]) -> Option<&'static str> {
    let lower = head(bytes, MARKUP_WINDOW).to_ascii_lowercase();
    [&b"<script"[..], b"<html", b"<iframe"].iter().any(|tag| find(&lower, tag).is_some()).then_some("html")
}
