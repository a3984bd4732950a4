//! ZIP, walked strictly (APPNOTE 6.3.10): directory, local headers and descriptors must tell the same of each member.
//!
//! Refuses: two directories, members that overlap, directories that hold more than they count. Invariant: nothing is
//! unpacked before all places, sizes and counts are known to be within the allowance.

mod directory;
mod local;
mod unpack;

use directory::Entry;
use local::Place;

use crate::allowance::Spending;
use crate::listing::Listing;
use crate::name::{Naming, Spelling, naming};
use crate::{Archive, Kept, Oddity, Unreadable};

/// Encrypted; encrypted strongly; with masked headers (APPNOTE 4.4.4).
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Patched data, which nobody writes.
const PATCHED: u16 = 1 << 5;
/// Method that stands for AES (APPNOTE, appendix E).
const AES: u16 = 99;

pub(crate) fn open(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let mut listing = Listing::default();
    let directory = directory::read(bytes, spending, &mut listing)?;
    let places: Vec<Option<Place<'_>>> =
        directory.entries.iter().map(|entry| local::find(bytes, directory.base, entry)).collect();
    lie_apart(&places, directory.base, directory.start, &mut listing)?;
    let members: Vec<(&Entry<'_>, Result<Place<'_>, Kept>)> = directory
        .entries
        .iter()
        .zip(places)
        .filter(|(entry, _)| !entry.is_folder())
        .map(|(entry, place)| (entry, readable(entry, place, spending)))
        .collect();
    spending.foresee(members.iter().filter(|(_, place)| place.is_ok()).map(|(entry, _)| entry.size))?;
    for (entry, place) in members {
        let name = name_of(entry);
        match place {
            Ok(place) => {
                let unpacked = unpack::unpack(entry, place.data, spending)?;
                listing.unpacked(name, entry.size, unpacked);
            }
            Err(why) => listing.kept(name, entry.size, why),
        }
    }
    Ok(listing.finish())
}

fn name_of(entry: &Entry<'_>) -> Naming {
    let raw =
        if entry.flags & directory::UTF8 != 0 { Spelling::Utf8(entry.name) } else { Spelling::Legacy(entry.name) };
    match entry.unicode_name {
        Some(text) => naming(&[Spelling::Text(text.to_owned()), raw]),
        None => naming(&[raw]),
    }
}

/// Where a member is, or why it is kept back.
fn readable<'a>(entry: &Entry<'_>, place: Option<Place<'a>>, spending: &Spending<'_>) -> Result<Place<'a>, Kept> {
    let place = place.filter(|place| place.agrees).ok_or(Kept::Disagrees)?;
    if let Some(why) = entry.special() {
        return Err(why);
    }
    if entry.flags & ENCRYPTED != 0 || entry.method == AES {
        return Err(Kept::Encrypted);
    }
    if entry.flags & PATCHED != 0 || !unpack::knows(entry.method) {
        return Err(Kept::Unsupported);
    }
    if spending.is_too_large(entry.size) {
        return Err(Kept::TooLarge);
    }
    Ok(place)
}

/// Members may not share a byte, with each other or with the directory.
fn lie_apart(
    places: &[Option<Place<'_>>],
    base: usize,
    directory: usize,
    listing: &mut Listing,
) -> Result<(), Unreadable> {
    let mut spans: Vec<(usize, usize)> = places.iter().flatten().map(|place| (place.start, place.end)).collect();
    spans.sort_unstable();
    let mut at = base;
    for (start, end) in &spans {
        if *start < at {
            return Err(Unreadable::Ambiguous);
        }
        if *start > at {
            listing.note(if at == base { Oddity::DataBefore } else { Oddity::DataBetween });
        }
        at = *end;
    }
    if at > directory {
        return Err(Unreadable::Ambiguous);
    }
    if at < directory {
        listing.note(Oddity::DataBetween);
    }
    if base > 0 {
        listing.note(Oddity::DataBefore);
    }
    Ok(())
}
