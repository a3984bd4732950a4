//! RAR 1.3 to 7, without its recovery and without passwords.
//!
//! Refuses: heads over [`MAX_HEADS`], dictionaries and work space over a worker's memory. Invariant: no thread, no file: all
//! is unpacked into memory, one member after the other, and no more than what is left of the allowance.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::rc::Rc;

use rars::error::ErrorKind;
use rars::{Archive as Head, ArchiveMember, ArchiveMemberDetail, ArchiveReadOptions, ArchiveReader};
use rars::{ExtractionDecision, ExtractionErrorAction};

use crate::allowance::Spending;
use crate::listing::Listing;
use crate::name::{Naming, Spelling, naming};
use crate::{Archive, Kept, Oddity, Unreadable};

/// Headers, those of services included: several for each member.
const MAX_HEADS: u64 = 20_000;
/// Bytes of all headers.
const MAX_HEAD_BYTES: u64 = 8 << 20;
/// Bytes of a dictionary; WinRAR's usual one has 32 MiB.
const DICTIONARY: u64 = 128 << 20;
/// Bytes of all that unpacking holds besides its output.
const WORKSPACE: u64 = 320 << 20;

pub(crate) fn open(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let options = ArchiveReadOptions::new().with_max_header_count(MAX_HEADS).with_max_header_bytes(MAX_HEAD_BYTES);
    let head = ArchiveReader::read_owned_with_options(bytes.to_vec(), options).map_err(|error| why(&error))?;
    let mut listing = Listing::default();
    if head.sfx_offset() > 0 {
        listing.note(Oddity::DataBefore);
    }
    let mut members = Vec::new();
    for member in head.members() {
        spending.member()?;
        members.push(member);
    }
    let kept: Vec<Option<Kept>> = members.iter().map(|member| kept(member, spending)).collect();
    let wanted = || members.iter().zip(&kept).filter(|(member, kept)| kept.is_none() && !member.meta.is_directory);
    spending.foresee(wanted().map(|(member, _)| member.meta.unpacked_size))?;
    let files = unpack(&head, &kept, spending)?;
    for (index, (member, kept)) in members.iter().zip(kept).enumerate() {
        let (size, name) = (member.meta.unpacked_size, name_of(member));
        match (kept, files.get(&index)) {
            (Some(why), _) => listing.kept(name, size, why),
            (None, _) if member.meta.is_directory => {}
            (None, Some(Got::Whole(bytes))) => {
                let bytes = bytes.take();
                spending.bytes(bytes.len())?;
                let is_whole = u64::try_from(bytes.len()) == Ok(size);
                listing.unpacked(name, size, if is_whole { Ok(bytes) } else { Err(Kept::Corrupt) });
            }
            (None, Some(Got::Refused(why))) => listing.kept(name, size, *why),
            (None, None) => listing.kept(name, size, Kept::Corrupt),
        }
    }
    Ok(listing.finish())
}

/// What unpacking a member gave.
enum Got {
    Whole(Rc<RefCell<Vec<u8>>>),
    Refused(Kept),
}

/// Unpacks what is not kept back; who is not in the answer was never reached.
fn unpack(head: &Head, kept: &[Option<Kept>], spending: &Spending<'_>) -> Result<BTreeMap<usize, Got>, Unreadable> {
    let options = ArchiveReadOptions::new()
        .with_max_total_output_bytes(spending.left())
        .with_rar50_dictionary_size_limit(DICTIONARY)
        .with_max_reader_workspace_bytes(WORKSPACE);
    let files = RefCell::new(BTreeMap::new());
    let next = RefCell::new(0usize);
    let decide = |member: &ArchiveMember| {
        let index = *next.borrow();
        *next.borrow_mut() = index.saturating_add(1);
        if member.meta.is_directory || kept.get(index).is_none_or(Option::is_some) {
            // In a solid archive what is kept back must be unpacked too; links have no bytes.
            let must = is_solid(head) && !member.meta.is_directory && !member.meta.is_redirection;
            return Ok(if must {
                ExtractionDecision::Extract(Box::new(std::io::sink()))
            } else {
                ExtractionDecision::Skip
            });
        }
        let bytes = Rc::new(RefCell::new(Vec::new()));
        files.borrow_mut().insert(index, Got::Whole(Rc::clone(&bytes)));
        Ok(ExtractionDecision::Extract(Box::new(Memory(bytes))))
    };
    let refuse = |_: &ArchiveMember, error: &rars::Error| {
        let index = next.borrow().saturating_sub(1);
        files.borrow_mut().insert(index, Got::Refused(refused(error.kind())));
        Ok(ExtractionErrorAction::Continue)
    };
    if let Err(error) = head.extract_with_control_and_errors(options, decide, refuse) {
        let index = next.borrow().saturating_sub(1);
        files.borrow_mut().insert(index, Got::Refused(refused(error.kind())));
    }
    Ok(files.into_inner())
}

/// Bytes of one member.
struct Memory(Rc<RefCell<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn is_solid(head: &Head) -> bool {
    match head {
        Head::Rar13(archive) => archive.main.is_solid(),
        Head::Rar15To40(archive) => archive.main.is_solid(),
        Head::Rar50Plus(archive) => archive.main.is_solid(),
        _ => true,
    }
}

/// Why a member is not unpacked at all.
fn kept(member: &ArchiveMember, spending: &Spending<'_>) -> Option<Kept> {
    let meta = &member.meta;
    // Mode of Unix, and reparse points of Windows: version 5 has a host of 0 or 1, older ones of 2 or 3.
    let (is_unix, is_windows) = match member.detail {
        ArchiveMemberDetail::Rar50Plus { .. } => (meta.host_os == Some(1), meta.host_os == Some(0)),
        _ => (meta.host_os == Some(3), meta.host_os == Some(2)),
    };
    let kind = if is_unix { meta.file_attr & 0o170_000 } else { 0 };
    if meta.is_redirection || kind == 0o120_000 || (is_windows && meta.file_attr & 0x400 != 0) {
        Some(Kept::Link)
    } else if matches!(kind, 0o010_000 | 0o020_000 | 0o060_000 | 0o140_000) {
        Some(Kept::Device)
    } else if meta.is_directory {
        None
    } else if meta.is_encrypted {
        Some(Kept::Encrypted)
    } else if meta.is_split_before || meta.is_split_after {
        Some(Kept::Unsupported)
    } else {
        spending.is_too_large(meta.unpacked_size).then_some(Kept::TooLarge)
    }
}

fn name_of(member: &ArchiveMember) -> Naming {
    let name = &member.meta.name;
    if !member.name_is_unicode() {
        return naming(&[Spelling::Legacy(name)]);
    }
    let spelt = Spelling::Utf8(name);
    // Before version 5 the name of the system stands before the other.
    let legacy = match &member.detail {
        ArchiveMemberDetail::Rar15To40 { unicode_name: Some(both), .. } => both.split(|byte| *byte == 0).next(),
        _ => None,
    };
    match legacy.filter(|legacy| !legacy.is_empty()) {
        Some(legacy) => naming(&[spelt, Spelling::Legacy(legacy)]),
        None => naming(&[spelt]),
    }
}

const fn refused(kind: ErrorKind) -> Kept {
    match kind {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => Kept::Encrypted,
        ErrorKind::ResourceLimit => Kept::TooLarge,
        ErrorKind::UnsupportedFeature | ErrorKind::UnsupportedFormat => Kept::Unsupported,
        _ => Kept::Corrupt,
    }
}

fn why(error: &rars::Error) -> Unreadable {
    // Passwords are not compiled in: what fails for that before there is a list is an encrypted list.
    if matches!(error.root_cause(), rars::Error::FeatureDisabled { .. } | rars::Error::Rar50Crypto(_)) {
        return Unreadable::Encrypted;
    }
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => Unreadable::Encrypted,
        ErrorKind::ResourceLimit => Unreadable::TooManyMembers,
        ErrorKind::UnsupportedFeature | ErrorKind::UnsupportedFormat => Unreadable::Unsupported,
        _ => Unreadable::Malformed,
    }
}
