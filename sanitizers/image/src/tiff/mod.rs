//! TIFF files with all their pages.
//!
//! Refuses: more pages or samples than the limits, BigTIFF, and pages of a kind that does not decode; one bad page
//! keeps back the whole file. Invariant: pages are decoded, looked at and written one by one.

mod directory;
mod fax;
mod page;
mod write;

use sanitizer_api::{Budget, SanitizeError};

use crate::limits::{MAX_PAGES, MAX_SAMPLES_OF_PAGES, over};
use crate::picture::Picture;
use crate::scan::Scan;
use directory::Directory;

/// Writes all pages of `input`, each after `look` saw it; what was left out, and the bytes.
pub(crate) fn anew(
    input: &[u8],
    budget: &mut Budget,
    mut look: impl FnMut(&Picture),
) -> Result<(Scan, Vec<u8>), SanitizeError> {
    let directories = directory::all(input, MAX_PAGES)?;
    let mut own = input.to_vec();
    let mut seen = Scan::default();
    let mut samples = 0_u64;
    let mut writer = write::Writer::within(budget);
    // Small pictures of pages are shown by file lists only.
    let is_page = |directory: &Directory<'_>| !directory.is_reduced();
    let has_pages = directories.iter().any(is_page);
    // Files of cameras show a stamp in front, and keep the picture where no page is.
    if !has_pages && directories.iter().any(Directory::has_inner) {
        return Err(unsupported("a file of a camera"));
    }
    for directory in &directories {
        seen.details = seen.details.saturating_add(directory.details());
        if has_pages && !is_page(directory) {
            seen.details = seen.details.saturating_add(1);
            continue;
        }
        samples = samples.saturating_add(directory.samples());
        if samples > MAX_SAMPLES_OF_PAGES {
            return Err(over("pages of a picture"));
        }
        budget.spend_samples(directory.samples())?;
        let page = page::decode(&mut own, directory)?;
        look(&page);
        writer.page(&page, directory.density())?;
    }
    Ok((seen, writer.finish()?))
}

const fn malformed(expected: &'static str) -> SanitizeError {
    SanitizeError::Malformed { expected }
}

const fn unsupported(what: &'static str) -> SanitizeError {
    SanitizeError::Unsupported { what }
}
