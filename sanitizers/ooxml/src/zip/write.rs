//! A writer of zip files: the same members give the same bytes.
//!
//! Refuses: more than zip without zip64 can say. Invariant: one time for all (1980-01-01), no extra fields; deflate, but for pictures
//! that are packed already.

use std::ops::Range;

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};
use sanitizer_api::{Budget, SanitizeError};

/// 1980-01-01, the first day zip can say.
const DATE: u16 = 0x21;
/// Deflate level. Six takes three times as long, more than all the rest of the work, for a tenth of the size.
const LEVEL: i32 = 3;
/// Where the packed size stands in what both headers share.
const PACKED_SIZE: Range<usize> = 14..18;
/// Ends of names of members that deflate cannot make smaller.
const PACKED: [&str; 4] = [".png", ".jpeg", ".jpg", ".gif"];
const LIMIT: SanitizeError = SanitizeError::LimitReached { what: "output" };

/// Writes `members` in their order. Names must be ASCII.
///
/// # Errors
/// [`SanitizeError::LimitReached`] over the budget of output or the limits of zip.
pub(crate) fn pack(members: &[(String, Vec<u8>)], budget: &mut Budget) -> Result<Vec<u8>, SanitizeError> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    // Its tables are as large as many members: one for all of them.
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, 0, 0));
    for (name, content) in members {
        let offset = u32::try_from(out.len()).map_err(|_| LIMIT)?;
        let is_packed = PACKED.iter().any(|end| name.ends_with(end));
        let mut head = Vec::new();
        push16(&mut head, &[20, 0, if is_packed { 0 } else { 8 }, 0, DATE]);
        push32(&mut head, &[crc32fast::hash(content), 0, u32::try_from(content.len()).map_err(|_| LIMIT)?]);
        push16(&mut head, &[u16::try_from(name.len()).map_err(|_| LIMIT)?, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        let at = out.len();
        out.extend_from_slice(&head);
        out.extend_from_slice(name.as_bytes());
        let start = out.len();
        if is_packed {
            out.extend_from_slice(content);
        } else {
            deflate(&mut compressor, content, &mut out)?;
        }
        let length = u32::try_from(out.len() - start).map_err(|_| LIMIT)?.to_le_bytes();
        for header in [head.as_mut_slice(), out.get_mut(at..).ok_or(LIMIT)?] {
            header.get_mut(PACKED_SIZE).ok_or(LIMIT)?.copy_from_slice(&length);
        }
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&head);
        push16(&mut directory, &[0, 0, 0]);
        push32(&mut directory, &[0, offset]);
        directory.extend_from_slice(name.as_bytes());
        if u64::try_from(out.len()).unwrap_or(u64::MAX) > budget.output_bytes {
            return Err(LIMIT);
        }
    }
    let count = u16::try_from(members.len()).map_err(|_| LIMIT)?;
    let start = u32::try_from(out.len()).map_err(|_| LIMIT)?;
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06");
    push16(&mut out, &[0, 0, count, count]);
    push32(&mut out, &[u32::try_from(directory.len()).map_err(|_| LIMIT)?, start]);
    push16(&mut out, &[0]);
    budget.spend_output(out.len())?;
    Ok(out)
}

/// Appends `content`, deflated, to `out`.
fn deflate(compressor: &mut CompressorOxide, content: &[u8], out: &mut Vec<u8>) -> Result<(), SanitizeError> {
    compressor.reset();
    let (status, _) = compress_to_output(compressor, content, TDEFLFlush::Finish, |piece| {
        out.extend_from_slice(piece);
        true
    });
    if status == TDEFLStatus::Done { Ok(()) } else { Err(LIMIT) }
}

fn push16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn push32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip::Archive;

    #[test]
    fn no_member_changes_how_another_is_packed() {
        let content: Vec<u8> = (0..70_000_u64).flat_map(|at| (at * at / 7).to_string().into_bytes()).collect();
        let one = |name: &str| (name.to_owned(), content.clone());
        let alone = pack(&[one("b")], &mut Budget::generous()).unwrap();
        let both = pack(&[one("a"), one("b")], &mut Budget::generous()).unwrap();
        let length = alone.windows(4).rposition(|piece| piece == b"PK\x01\x02").unwrap();
        assert!(alone[..length] == both[length..2 * length]);
        assert!(alone[31..length] == miniz_oxide::deflate::compress_to_vec(&content, 3)[..]);
    }

    #[test]
    fn what_is_packed_is_read_again() {
        let members = vec![
            ("a.xml".to_owned(), b"hello hello hello".to_vec()),
            ("b/c".to_owned(), Vec::new()),
            ("b/d.png".to_owned(), b"aaaaaaaaaaaa".to_vec()),
        ];
        let bytes = pack(&members, &mut Budget::generous()).unwrap();
        let mut archive = Archive::open(&bytes).unwrap();
        assert!(!archive.has_surplus);
        for (name, content) in &members {
            assert_eq!(archive.read(name).unwrap().unwrap().as_ref(), content.as_slice());
        }
    }
}
