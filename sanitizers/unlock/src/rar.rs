//! RAR archives (1.5 to 7): members are deciphered, unpacked and checked, then written unpacked to a zip.
//!
//! Refuses: archives without encryption, single volumes of several, and members without a checksum. Invariant: no key
//! is made before its turns are paid for; nothing is given out before every member passed its check.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::rc::Rc;

use rars::crypto::rar50::Rar50Keys;
use rars::{Archive, ArchiveMemberRef, ArchiveReadOptions, ArchiveReader, ErrorKind};

use crate::candidate::{Candidates, Spelling};
use crate::container::{Kind, Members};
use crate::{Allowance, Locked, Opened, count};

const RAR5: &[u8] = b"Rar!\x1A\x07\x01\0";
const RAR4: &[u8] = b"Rar!\x1A\x07\0";
/// Blocks of an archive that are no members: main, end, services.
const OTHER_HEADERS: u64 = 64;
const MAX_HEADER_BYTES: u64 = 16 * 1024 * 1024;
/// RAR's usual dictionaries have 32 MiB and less; larger ones are for archives that no mail carries.
const MAX_DICTIONARY: u64 = 128 * 1024 * 1024;
const MAX_WORKSPACE: u64 = 384 * 1024 * 1024;
/// Turns of a RAR 3 key.
const TURNS_3: u64 = 1 << 18;
/// Most turns of a RAR 5 key, as a power of two: RAR's own limit. It writes 15.
const MAX_POWER: u8 = 24;

/// Opens a RAR archive.
pub(crate) fn open(bytes: &[u8], candidates: &Candidates, allowance: &mut Allowance) -> Result<Opened, Locked> {
    let costs = Costs::of(bytes)?;
    // Read once where headers are plain: damage shows without a password, and no key is made for reading.
    let plain = if costs.has_sealed_headers { None } else { Some(parse(bytes, None, allowance)?) };
    for spelling in candidates.after(&[]) {
        if spelling.text.is_empty() {
            continue;
        }
        match attempt(bytes, &costs, plain.as_ref(), &spelling, allowance) {
            Err(Locked::WrongPassword) => {}
            ended => return ended,
        }
    }
    Err(Locked::WrongPassword)
}

/// What making a key costs before the first header is read.
struct Costs {
    has_sealed_headers: bool,
    /// Power of the turns, in RAR 5.
    power: u8,
}

impl Costs {
    fn of(bytes: &[u8]) -> Result<Self, Locked> {
        if let Some(rest) = bytes.strip_prefix(RAR5) {
            let mut fields = Numbers(rest.get(4..).ok_or(Locked::Broken)?);
            let (_size, kind, flags) = (fields.next()?, fields.next()?, fields.next()?);
            if kind != 4 {
                return Ok(Self { has_sealed_headers: false, power: 0 });
            }
            if flags & 1 != 0 {
                let _extra = fields.next()?;
            }
            let (_version, _flags) = (fields.next()?, fields.next()?);
            let power = fields.0.first().copied().ok_or(Locked::Broken)?;
            return Ok(Self { has_sealed_headers: true, power });
        }
        let rest = bytes.strip_prefix(RAR4).ok_or(Locked::NotSupported)?;
        // Bit 7 of the flags of the main header.
        Ok(Self { has_sealed_headers: rest.get(3).is_some_and(|low| low & 0x80 != 0), power: 0 })
    }
}

/// Numbers of seven bits a byte.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Result<u64, Locked> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Locked::Broken)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Locked::Broken)
    }
}

fn work_5(power: u8) -> Result<u64, Locked> {
    if power > MAX_POWER { Err(Locked::TooMuch) } else { Ok(2 * ((1 << power) + 64)) }
}

/// Salt, number of the turn and UTF-16 in each.
fn work_3(spelling: &Spelling) -> u64 {
    TURNS_3 * (count(spelling.text.encode_utf16().count()) * 2 + 11) / 64
}

fn options<'a>(spelling: Option<&'a Spelling>, allowance: &Allowance) -> ArchiveReadOptions<'a> {
    let headers = u64::from(allowance.members).saturating_add(OTHER_HEADERS);
    ArchiveReadOptions::with_optional_password(spelling.map(|spelling| spelling.text.as_bytes()))
        .with_max_header_count(headers)
        .with_max_header_bytes(MAX_HEADER_BYTES)
        .with_max_member_output_bytes(allowance.bytes)
        .with_max_total_output_bytes(allowance.bytes)
        .with_rar50_dictionary_size_limit(MAX_DICTIONARY)
        .with_max_reader_workspace_bytes(MAX_WORKSPACE)
}

fn parse(bytes: &[u8], spelling: Option<&Spelling>, allowance: &Allowance) -> Result<Archive, Locked> {
    ArchiveReader::read_with_options(bytes, options(spelling, allowance)).map_err(|error| refused(&error))
}

/// Reads headers that are enciphered.
fn parse_sealed(
    bytes: &[u8],
    costs: &Costs,
    spelling: &Spelling,
    allowance: &mut Allowance,
) -> Result<Archive, Locked> {
    if bytes.starts_with(RAR5) {
        allowance.spend_work(work_5(costs.power)?)?;
        return parse(bytes, Some(spelling), allowance);
    }
    // RAR 5 makes the keys of members while it reads them; they are paid for afterwards (the limit of the process holds
    // a file whose members ask for more). RAR 3 may have a salt for each header.
    let each = work_3(spelling).max(1);
    allowance.spend_work(each)?;
    let paid = u32::try_from(allowance.work / each).unwrap_or(u32::MAX);
    let archive = parse(bytes, Some(spelling), &Allowance { members: allowance.members.min(paid), ..*allowance });
    // With a wrong key its headers are noise.
    archive.map_err(|error| if error == Locked::Broken { Locked::WrongPassword } else { error })
}

fn attempt(
    bytes: &[u8],
    costs: &Costs,
    plain: Option<&Archive>,
    spelling: &Spelling,
    allowance: &mut Allowance,
) -> Result<Opened, Locked> {
    let sealed;
    let archive = match plain {
        Some(archive) => archive,
        None => {
            sealed = parse_sealed(bytes, costs, spelling, allowance)?;
            &sealed
        }
    };
    verify(archive, spelling, allowance)?;
    // Members are counted anew with each candidate.
    let mut left = *allowance;
    let Checked { links, has_verifiers } = check(archive, costs, spelling, &mut left)?;
    allowance.work = left.work;
    let members = extract(archive, spelling, &left).map_err(|error| match error {
        // Noise of a wrong key, or damage: only a verifier tells.
        Locked::Broken if !has_verifiers => Locked::WrongPassword,
        error => error,
    })?;
    allowance.members = left.members;
    let mut zip = Members::default();
    for (member, content) in members {
        let kind = if links.contains(&member.name) { Kind::Link } else { member.kind };
        zip.add(&member.name, member.is_utf8, kind, &content, allowance)?;
    }
    Ok(Opened { bytes: zip.end()?, used: spelling.index.into_iter().collect() })
}

/// What the headers say of the members.
struct Checked {
    /// Names of those that are links.
    links: BTreeSet<Vec<u8>>,
    /// A wrong password shows before anything is deciphered.
    has_verifiers: bool,
}

/// Tries one key where a member can verify it, before the keys of all are paid for.
fn verify(archive: &Archive, spelling: &Spelling, allowance: &mut Allowance) -> Result<(), Locked> {
    let sealed = archive.member_refs().find_map(|member| match member {
        ArchiveMemberRef::Rar50Plus(file) => {
            let encryption = file.encryption.as_ref().filter(|encryption| encryption.version == 0)?;
            Some((encryption.salt, encryption.kdf_count, encryption.check_value?))
        }
        _ => None,
    });
    let Some((salt, power, check)) = sealed else { return Ok(()) };
    allowance.spend_work(work_5(power)?)?;
    let keys = Rar50Keys::derive(spelling.text.as_bytes(), salt, power).map_err(|_| Locked::Broken)?;
    keys.check_password(&check).map_err(|_| Locked::WrongPassword)
}

/// Pays for the keys of all members.
fn check(archive: &Archive, costs: &Costs, spelling: &Spelling, allowance: &mut Allowance) -> Result<Checked, Locked> {
    let mut has_verifiers = true;
    let mut links = BTreeSet::new();
    let mut is_sealed = costs.has_sealed_headers;
    for member in archive.member_refs() {
        allowance.spend_members(1)?;
        let meta = member.to_owned().meta;
        if meta.is_split_before || meta.is_split_after {
            return Err(Locked::NotSupported);
        }
        let mode = meta.file_attr & 0o170_000;
        if meta.is_redirection || (meta.attr_source() == rars::AttrSource::Unix && mode == 0o120_000) {
            links.insert(meta.name.clone());
        }
        allowance.spend_work(meta.unpacked_size.min(allowance.bytes) / 64 + 1)?;
        if !meta.is_encrypted {
            continue;
        }
        is_sealed = true;
        let work = match member {
            ArchiveMemberRef::Rar50Plus(file) => {
                let has_sum = file.data_crc32.is_some() || file.hash.is_some();
                if !has_sum && !meta.is_directory && !meta.is_redirection {
                    return Err(Locked::NotSupported);
                }
                has_verifiers &= file.encryption.as_ref().is_some_and(|one| one.check_value.is_some());
                work_5(file.encryption.as_ref().map_or(0, |encryption| encryption.kdf_count))?
            }
            _ => {
                has_verifiers = false;
                work_3(spelling)
            }
        };
        allowance.spend_work(work)?;
    }
    if is_sealed { Ok(Checked { links, has_verifiers }) } else { Err(Locked::NotSupported) }
}

struct Member {
    name: Vec<u8>,
    is_utf8: bool,
    kind: Kind,
}

type Contents = Rc<RefCell<Vec<(Member, Vec<u8>)>>>;

/// Writes to the member opened last.
struct Tail(Contents);

impl Write for Tail {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some((_, content)) = self.0.borrow_mut().last_mut() {
            content.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn extract(archive: &Archive, spelling: &Spelling, allowance: &Allowance) -> Result<Vec<(Member, Vec<u8>)>, Locked> {
    let contents = Contents::default();
    let ended = archive.extract_to_with_options(options(Some(spelling), allowance), |entry| {
        let kind = if entry.is_directory { Kind::Folder } else { Kind::File };
        let member = Member { name: entry.name.clone(), is_utf8: entry.name_is_unicode, kind };
        contents.borrow_mut().push((member, Vec::new()));
        Ok(Box::new(Tail(Rc::clone(&contents))))
    });
    ended.map_err(|error| refused(&error))?;
    Ok(contents.take())
}

fn refused(error: &rars::Error) -> Locked {
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => Locked::WrongPassword,
        ErrorKind::UnsupportedFormat | ErrorKind::UnsupportedFeature => Locked::NotSupported,
        ErrorKind::ResourceLimit => Locked::TooMuch,
        _ => Locked::Broken,
    }
}
