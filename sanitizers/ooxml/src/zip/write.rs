//! A writer of zip files: the same members give the same bytes.
//!
//! Refuses: more than zip without zip64 can say. Invariant: one time for all (1980-01-01), no extra fields; deflate, but for pictures
//! that are packed already.

use sanitizer_api::{Budget, SanitizeError};

/// 1980-01-01, the first day zip can say.
const DATE: u16 = 0x21;
/// Deflate level. Six takes three times as long, more than all the rest of the work, for a tenth of the size.
const LEVEL: u8 = 3;
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
    for (name, content) in members {
        let is_packed = PACKED.iter().any(|end| name.ends_with(end));
        let deflated = (!is_packed).then(|| miniz_oxide::deflate::compress_to_vec(content, LEVEL));
        let packed = deflated.as_ref().unwrap_or(content);
        let offset = u32::try_from(out.len()).map_err(|_| LIMIT)?;
        let mut head = Vec::new();
        push16(&mut head, &[20, 0, if is_packed { 0 } else { 8 }, 0, DATE]);
        push32(
            &mut head,
            &[
                crc32fast::hash(content),
                u32::try_from(packed.len()).map_err(|_| LIMIT)?,
                u32::try_from(content.len()).map_err(|_| LIMIT)?,
            ],
        );
        push16(&mut head, &[u16::try_from(name.len()).map_err(|_| LIMIT)?, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&head);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(packed);
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
