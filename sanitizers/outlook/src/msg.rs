//! `.msg` files: a message in a compound file ([MS-OXMSG]).
//!
//! Refuses: compound files without a message, and storages with more entries than a message needs. Invariant: a
//! storage is opened by its own path only and at most [`Allowance::depth`] levels deep, and the streams read have no
//! more bytes together than twice the file: entries that share their sectors cost as much as entries that do not.

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use crate::bytes::Reader;
use crate::message::{self, Recipient};
use crate::properties::{BINARY, LONG, Properties, STRING8, TIME, UNICODE};
use crate::{Allowance, Attachment, Content, Message, Unreadable};

/// Entries of one storage; a message has some hundred.
const MAX_ENTRIES: usize = 2_048;
/// Bytes of one value that is not a body or a file.
const MAX_VALUE: u64 = 1024 * 1024;
/// Recipients looked at.
const MAX_RECIPIENTS: usize = 200;

/// What a storage is ([MS-OXMSG] 2.4).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    File,
    Embedded,
    Recipient,
    Attachment,
}

/// A compound file, and the bytes of streams that may still be read of it.
struct File<'a> {
    tree: CompoundFile<Cursor<&'a [u8]>>,
    left: u64,
}

pub(crate) fn read(bytes: &[u8], allowance: &mut Allowance) -> Result<Message, Unreadable> {
    if allowance.depth == 0 {
        return Err(Unreadable::TooDeep);
    }
    let tree = CompoundFile::open(Cursor::new(bytes)).map_err(|_| Unreadable::Malformed)?;
    // No two streams of an honest file share a sector; twice, for one that lost its end.
    let mut file = File { tree, left: u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_mul(2) };
    storage(&mut file, "/", Storage::File, None, allowance)
}

fn storage(
    file: &mut File<'_>,
    path: &str,
    kind: Storage,
    code_page: Option<u32>,
    allowance: &mut Allowance,
) -> Result<Message, Unreadable> {
    let entries = entries(file, path)?;
    let properties = properties(file, path, kind, &entries, code_page, allowance)?;
    let code_page = properties.code_page(0x3FFD);
    let inside = |prefix: &str| -> Vec<String> {
        let storages = entries.iter().filter(|(name, is_storage)| *is_storage && name.starts_with(prefix));
        storages.map(|(name, _)| join(path, name)).collect()
    };
    let mut recipients: Vec<Recipient> = Vec::new();
    for path in inside("__recip_version1.0_").iter().take(MAX_RECIPIENTS) {
        let entries = self::entries(file, path)?;
        recipients.push(message::recipient(&self::properties(
            file,
            path,
            Storage::Recipient,
            &entries,
            code_page,
            allowance,
        )?));
    }
    let mut attachments = Vec::new();
    for path in inside("__attach_version1.0_") {
        allowance.spend_part()?;
        attachments.push(attachment(file, &path, code_page, allowance)?);
    }
    message::assemble(properties, recipients, attachments, allowance)
}

fn attachment(
    file: &mut File<'_>,
    path: &str,
    code_page: Option<u32>,
    allowance: &mut Allowance,
) -> Result<Attachment, Unreadable> {
    let entries = entries(file, path)?;
    let mut properties = properties(file, path, Storage::Attachment, &entries, code_page, allowance)?;
    let object = "__substg1.0_3701000D";
    let is_message = properties.number(0x3705) == Some(5);
    let content = if entries.iter().any(|(name, is_storage)| *is_storage && name == object) && is_message {
        let path = join(path, object);
        match allowance.deeper(|allowance| storage(file, &path, Storage::Embedded, code_page, allowance)) {
            Ok(message) => Content::Message(Box::new(message)),
            Err(why) => Content::Closed(why),
        }
    } else {
        match properties.take_binary(0x3701) {
            Some(bytes) => {
                allowance.spend_bytes(bytes.len())?;
                Content::File(bytes.into_owned())
            }
            None => Content::Absent,
        }
    };
    Ok(message::attachment(&properties, content))
}

/// Names in a storage, and whether each is a storage itself; in the order of the file's tree, which is by name.
fn entries(file: &File<'_>, path: &str) -> Result<Vec<(String, bool)>, Unreadable> {
    let entries = file.tree.read_storage(path).map_err(|_| Unreadable::Malformed)?.take(MAX_ENTRIES + 1);
    let entries: Vec<_> = entries.map(|entry| (entry.name().to_owned(), entry.is_storage())).collect();
    if entries.len() > MAX_ENTRIES { Err(Unreadable::TooManyParts) } else { Ok(entries) }
}

fn join(path: &str, name: &str) -> String {
    format!("{}/{name}", path.trim_end_matches('/'))
}

fn properties(
    file: &mut File<'_>,
    path: &str,
    kind: Storage,
    entries: &[(String, bool)],
    code_page: Option<u32>,
    allowance: &Allowance,
) -> Result<Properties<'static>, Unreadable> {
    let mut properties = Properties::within(code_page);
    let fixed = stream(file, &join(path, "__properties_version1.0"), MAX_VALUE)?.ok_or(Unreadable::Malformed)?;
    let mut reader = Reader::new(fixed.get(kind.header()..).unwrap_or_default());
    while let Ok(entry) = reader.take(16) {
        let mut entry = Reader::new(entry);
        let (type_of, id, _flags) = (entry.u16()?, entry.u16()?, entry.u32()?);
        if matches!(type_of, LONG | TIME) {
            properties.insert(id, type_of, entry.rest().to_vec().into());
        }
    }
    for (name, is_storage) in entries {
        let wanted = number(name).filter(|(id, type_of)| !is_storage && kind.wants(*id, *type_of));
        let Some((id, type_of)) = wanted else { continue };
        // A body or a file is as large as it is; what becomes of it is spent by who takes it.
        let limit = if matches!(id, 0x1000 | 0x1009 | 0x1013 | 0x3701) { allowance.bytes } else { MAX_VALUE };
        if let Some(bytes) = stream(file, &join(path, name), limit)? {
            properties.insert(id, type_of, bytes.into());
        }
    }
    Ok(properties)
}

/// Number and type of the property in `__substg1.0_PPPPTTTT`.
fn number(name: &str) -> Option<(u16, u16)> {
    let digits = name.strip_prefix("__substg1.0_").filter(|digits| digits.len() == 8)?;
    let (id, kind) = digits.split_at_checked(4)?;
    Some((u16::from_str_radix(id, 16).ok()?, u16::from_str_radix(kind, 16).ok()?))
}

impl Storage {
    /// Bytes before the first property.
    const fn header(self) -> usize {
        match self {
            Self::File => 32,
            Self::Embedded => 24,
            Self::Recipient | Self::Attachment => 8,
        }
    }

    /// True if somebody asks for this property here; everything else is not read.
    const fn wants(self, id: u16, type_of: u16) -> bool {
        match (self, type_of) {
            (Self::File | Self::Embedded, STRING8 | UNICODE) => matches!(
                id,
                0x0037 | 0x0042 | 0x0065 | 0x0C1A | 0x0C1F | 0x0E03 | 0x0E04 | 0x1000 | 0x1013 | 0x5D01 | 0x5D02
            ),
            (Self::File | Self::Embedded, BINARY) => matches!(id, 0x1009 | 0x1013),
            (Self::Recipient, STRING8 | UNICODE) => matches!(id, 0x3001 | 0x3003 | 0x39FE),
            (Self::Attachment, STRING8 | UNICODE) => matches!(id, 0x3001 | 0x3704 | 0x3707 | 0x370E),
            (Self::Attachment, BINARY) => id == 0x3701,
            _ => false,
        }
    }
}

/// The bytes of a stream; absent if it cannot be read to its end. They are spent before they are
/// read.
fn stream(file: &mut File<'_>, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Unreadable> {
    let Ok(stream) = file.tree.open_stream(path) else { return Ok(None) };
    if stream.len() > limit {
        return Err(Unreadable::TooLarge);
    }
    file.left = file.left.checked_sub(stream.len()).ok_or(Unreadable::TooLarge)?;
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "the stream was just found to be within the limit")]
    let read = stream.take(limit).read_to_end(&mut bytes);
    Ok(read.is_ok().then_some(bytes))
}
