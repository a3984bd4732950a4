//! Archives, opened strictly into a list of members with safe names.
//!
//! Refuses: what costs more than its [`Allowance`], and what two readers would read as two different archives. Nothing is
//! written to a file; links and devices are never followed. Invariant: an allowance only ever shrinks, it is spent
//! before bytes are kept, and no two members of an [`Archive`] would meet in one file of any system.

mod allowance;
mod bytes;
mod cab;
mod inflate;
mod leftover;
mod listing;
mod lzh;
mod member;
mod name;
mod rar;
mod seven_zip;
mod single;
mod tar;
mod zip;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use allowance::Allowance;
pub use member::{Archive, Content, Kept, Member, NameChange, Oddity, Unreadable};

use allowance::Spending;

/// Whether [`open`] knows what to do with a type.
#[must_use]
pub fn opens(type_id: &str) -> bool {
    opener(type_id).is_some()
}

/// Opens the archive in `bytes`, whose type is `type_id` as the detector calls it: `zip`, `7z`, `rar`, `lzh`, `cab`, `tar`,
/// `gzip`, `bzip2`, `xz`, `zstd`.
///
/// A compressed tar is opened as the tar; any other compressed file is an archive of one member
/// ([`Archive::single`]). Members stand in their order in the archive; folders are none. Archives in archives are
/// members like others: who opens them counts the levels.
///
/// # Errors
/// [`Unreadable`]; what was spent stays spent.
pub fn open(type_id: &str, bytes: &[u8], allowance: &mut Allowance) -> Result<Archive, Unreadable> {
    let open = opener(type_id).ok_or(Unreadable::Unsupported)?;
    let mut spending = Spending::new(allowance, bytes.len());
    open(bytes, &mut spending)
}

type Opener = fn(&[u8], &mut Spending<'_>) -> Result<Archive, Unreadable>;

fn opener(type_id: &str) -> Option<Opener> {
    Some(match type_id {
        "zip" => zip::open,
        "7z" => seven_zip::open,
        "rar" => rar::open,
        "lzh" => lzh::open,
        "cab" => cab::open,
        "tar" => tar::open,
        "gzip" => single::gzip,
        "bzip2" => single::bzip2,
        "xz" => single::xz,
        "zstd" => single::zstd,
        _ => return None,
    })
}
