//! Archives inside an item: opened, each member a part of the item, one level deeper.
//!
//! Refuses: to open what is encrypted as a whole, what can be read in two ways, and the fourth archive around one member; it stays a
//! closed attachment with a finding. Mails in archives are opened as those in mails are, but for the envelopes of S/MIME.
//! Invariant: a member that is kept back is there, without its bytes, and of no known type: no rule takes it for a file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sanitizer_api::{Class, Code, Detected};
use sanitizer_archive::{Allowance, Archive, Content, Member, Oddity, Unreadable};
use sanitizer_mail::{Leaf, Names};

use super::{Inside, Node, Origin, Walk, attachment, child, inside, length};
use crate::mapping;

/// Archives around one member at most: what more would be for is to hide something.
const MAX_AROUND: usize = 3;

/// Folders around one member at most, and bytes of their names: what is deeper goes into the last that fits, so that the
/// path stays within what Windows can open.
const MAX_FOLDERS: usize = 10;
const MAX_FOLDER_BYTES: usize = 360;

/// What a member is that is kept back.
const CLOSED: Detected = Detected { id: "unknown", class: Class::Unknown, encrypted: false };

/// True for archives that can be opened, if need be with a password.
pub(super) fn opens(detected: &Detected) -> bool {
    detected.class == Class::Archive && sanitizer_archive::opens(detected.id)
}

impl<'a> Walk<'a> {
    /// Every level of this recursion is an archive in an archive, of which there are [`MAX_AROUND`], or a mail, which
    /// lengthens the path, which [`Reach::depth`](super::Reach) bounds.
    pub(super) fn archive(&mut self, leaf: Leaf<'a>, detected: Detected, origin: Origin) {
        let around = self.archives.iter().filter(|outer| leaf.path.starts_with(outer)).count();
        if around >= MAX_AROUND || self.depth_below(&leaf.path).is_none() {
            return self.closed(leaf, detected, Code::TooDeep);
        }
        let content = self.unlock(&leaf, &detected, origin);
        self.archive_of(leaf, detected, origin, content.as_deref());
    }

    /// Takes an archive apart, of which `content` is what a password opened.
    pub(super) fn archive_of(&mut self, leaf: Leaf<'a>, detected: Detected, origin: Origin, content: Option<&[u8]>) {
        let is_sealed = detected.encrypted && content.is_none();
        let left = (self.reach.parts, self.reach.bytes);
        // What is opened with a password is a zip, whatever it was.
        let inside = content.map_or((detected.id, &*leaf.bytes), |content| ("zip", content));
        let archive = match self.open(inside, &leaf, origin) {
            // Without the password there is nothing to see in it, or names alone.
            Ok(archive) if is_sealed && archive.members.iter().all(|member| member.encrypted) => {
                (self.reach.parts, self.reach.bytes) = left;
                return self.push(leaf, detected);
            }
            Err(_) if is_sealed => return self.push(leaf, detected),
            Ok(archive) => archive,
            Err(why) => return self.closed(leaf, detected, why),
        };
        let detected = Detected { encrypted: false, ..detected };
        let at = leaf.path.clone();
        self.archives.push(at.clone());
        let alone = archive.single.then(|| alone(leaf.names.shown.as_deref()));
        self.out.nodes.push(Node { leaf, detected, head: None, text: None, opened: true, content: None });
        for oddity in archive.oddities {
            self.out.findings.push((at.clone(), code(oddity), 1));
        }
        for (number, member) in (1u16..).zip(archive.members) {
            self.member(child(&at, number), member, alone.as_deref());
        }
    }

    /// Opens an archive and spends what it brings.
    fn open(&mut self, inside: (&str, &[u8]), leaf: &Leaf<'_>, origin: Origin) -> Result<Archive, Code> {
        let (type_id, archive) = inside;
        let given_back = if origin.spent { length(&leaf.bytes) } else { 0 };
        let bytes = self.reach.bytes.saturating_add(given_back);
        // The places of parts are numbers of 16 bits, and counting them goes one further.
        let members = self.reach.parts.min(u32::from(u16::MAX - 1));
        let mut allowance = Allowance { bytes, member_bytes: bytes, members };
        // Unpackers of others read these bytes: one that panics costs this archive and nothing else.
        let opened = catch_unwind(AssertUnwindSafe(|| sanitizer_archive::open(type_id, archive, &mut allowance)));
        let archive = opened.map_err(|_| Code::Corrupt)?.map_err(Unreadable::code)?;
        if archive.members.is_empty() {
            return Err(Code::Corrupt);
        }
        self.reach.parts = self.reach.parts.saturating_sub(members.saturating_sub(allowance.members));
        self.reach.bytes = allowance.bytes;
        Ok(archive)
    }

    fn member(&mut self, at: Vec<u16>, member: Member, alone: Option<&str>) {
        let last = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let folders = if alone.is_none() { folders(&member.name) } else { Vec::new() };
        let written = [member.name].into_iter().chain(member.written);
        let candidates: Vec<String> = match alone {
            Some(name) => vec![name.to_owned()],
            None => written.map(|name| last(&name)).collect(),
        };
        let names = Names::of(candidates.iter().map(String::as_str));
        if !folders.is_empty() {
            self.out.folders.insert(at.clone(), folders);
        }
        if member.changes.iter().any(|change| change.is_hostile()) {
            self.out.findings.push((at.clone(), Code::TypeMismatch, 1));
        }
        match member.content {
            Content::File(bytes) => {
                let leaf = attachment(at, "", names, bytes);
                let detected = mapping::detected(&leaf);
                // What an envelope holds takes its place in a mail; here it would have none.
                let inside = inside(&leaf, &detected).filter(|inside| !matches!(inside, Inside::Signed));
                self.attached(leaf, detected, Origin { beside_text: false, spent: true }, inside);
            }
            Content::Kept(why) => {
                let detected = Detected { encrypted: member.encrypted, ..CLOSED };
                let leaf = attachment(at, "", names, Vec::new());
                // Of what is encrypted it is told anyway.
                if member.encrypted { self.push(leaf, detected) } else { self.closed(leaf, detected, why.code()) }
            }
        }
    }
}

/// The folders of a safe path, each a name of its own.
fn folders(path: &str) -> Vec<String> {
    let mut room = MAX_FOLDER_BYTES;
    let around = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let named = around.split('/').filter_map(|folder| Names::of([folder]).shown);
    let fits = |folder: &String| {
        let rest = room.checked_sub(folder.len());
        room = rest.unwrap_or_default();
        rest.is_some()
    };
    named.take(MAX_FOLDERS).take_while(fits).collect()
}

/// The name of the only file in a compressed one: that of the archive without its last extension.
fn alone(archive: Option<&str>) -> String {
    let name = archive.unwrap_or("unpacked");
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// What its reader is told of something strange.
const fn code(oddity: Oddity) -> Code {
    match oddity {
        Oddity::DataBefore | Oddity::DataBehind => Code::TrailingDataRemoved,
        Oddity::DataBetween | Oddity::HeadersDisagree | Oddity::DuplicateNames => Code::AmbiguousStructure,
        Oddity::HostileNames => Code::TypeMismatch,
        Oddity::Leftovers => Code::MetadataRemoved,
        Oddity::Truncated => Code::Corrupt,
    }
}
