//! Excel workbooks of the binary kind ([MS-XLS] 2.2.10): records, some of whose bodies are enciphered.
//!
//! Refuses: XOR obfuscation, and workbooks without a FilePass record. Invariant: the stream keeps its length, so that
//! the offsets in it stay true.

use std::io::{Seek, SeekFrom, Write};

use super::binary::Blocks;
use super::{Container, Fields, stream};
use crate::candidate::Key;
use crate::{Allowance, Locked, Opened};

const FILE_PASS: u16 = 0x2F;
const BOUND_SHEET: u16 = 0x85;
/// Records that are never enciphered: BOF, FilePass, UsrExcl, FileLock, InterfaceHdr, RRDInfo, RRDHead.
const BARE: [u16; 7] = [0x809, FILE_PASS, 0x194, 0x195, 0xE1, 0x196, 0x138];
/// Bytes that have a key of their own.
const BLOCK: usize = 1_024;

pub(super) fn open(
    mut container: Container,
    keys: &[Key],
    most: usize,
    allowance: &mut Allowance,
) -> Result<Opened, Locked> {
    let sealed = stream(&mut container, "/Workbook", most)?;
    let records = records(&sealed)?;
    let pass = records.iter().find(|record| record.kind == FILE_PASS).ok_or(Locked::NotSupported)?;
    let mut fields = Fields(sealed.get(pass.from..pass.to).ok_or(Locked::Broken)?);
    // 0 is XOR obfuscation.
    if fields.u16()? != 1 {
        return Err(Locked::NotSupported);
    }
    let (blocks, index) = Blocks::open(fields.0, keys, allowance)?;
    let mut plain = sealed.clone();
    blocks.apply(&mut plain, BLOCK);
    for record in &records {
        // Heads are bare, and so are some bodies and the offset in BoundSheet8.
        let bare_to = match record.kind {
            kind if BARE.contains(&kind) => record.to,
            BOUND_SHEET => record.to.min(record.from + 4),
            _ => record.from,
        };
        let (Some(to), Some(from)) = (plain.get_mut(record.from - 4..bare_to), sealed.get(record.from - 4..bare_to))
        else {
            return Err(Locked::Broken);
        };
        to.copy_from_slice(from);
    }
    // FilePass becomes a record without meaning, as long as it was.
    let gone = plain.get_mut(pass.from - 4..pass.from - 2).ok_or(Locked::Broken)?;
    gone.fill(0);
    let body = plain.get_mut(pass.from..pass.to).ok_or(Locked::Broken)?;
    body.fill(0);
    replace(&mut container, "/Workbook", &plain)?;
    Ok(Opened { bytes: container.into_inner().into_inner(), used: index.into_iter().collect() })
}

/// Writes a stream of the same length over the old one.
pub(super) fn replace(container: &mut Container, path: &str, bytes: &[u8]) -> Result<(), Locked> {
    let write = |container: &mut Container| {
        let mut stream = container.open_stream(path)?;
        stream.seek(SeekFrom::Start(0))?;
        stream.write_all(bytes)?;
        stream.flush()?;
        drop(stream);
        container.flush()
    };
    write(container).map_err(|_| Locked::Broken)
}

struct Record {
    kind: u16,
    from: usize,
    to: usize,
}

/// Records up to the end; zeros behind the last are padding.
fn records(stream: &[u8]) -> Result<Vec<Record>, Locked> {
    let mut records = Vec::new();
    let mut fields = Fields(stream);
    while fields.0.len() >= 4 {
        let (kind, length) = (fields.u16()?, usize::from(fields.u16()?));
        if kind == 0 && length == 0 && fields.0.iter().all(|byte| *byte == 0) {
            break;
        }
        let from = stream.len() - fields.0.len();
        let _body = fields.take(length)?;
        records.push(Record { kind, from, to: from + length });
    }
    Ok(records)
}
