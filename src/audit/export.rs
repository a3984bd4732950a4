//! The chain as a file: JSON, one record per line, for an auditor without access to the gateway.
//!
//! Refuses: lines longer than [`MAX_LINE`]. Invariant: an export verifies exactly when the chain it came from does.

use std::io::{self, BufRead, Read, Write};

use super::chain::{FirstBad, Flaw, Verified, Verifier};
use crate::domain::{AuditRecord, TenantId};
use crate::ports::{Register, StoreError};

/// Longest line in bytes. The longest records tell of hundreds of parts for a thousand recipients.
pub const MAX_LINE: u64 = 64 * 1024 * 1024;
/// Records read from the store at a time.
const PAGE: u32 = 1000;

/// Why an export was not finished, or could not be checked to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The chain does not hold. Tell the auditor.
    #[error(transparent)]
    Bad(#[from] FirstBad),
    /// The chain cannot be read. Try again.
    #[error("the chain cannot be read")]
    Store(#[from] StoreError),
    /// The file cannot be read or written.
    #[error("the export cannot be read or written")]
    File(#[from] io::Error),
}

/// Writes the records after `after`, one per line, and returns how many. The caller syncs.
///
/// # Errors
/// [`ExportError::Store`] or [`ExportError::File`]; what was written so far stays.
pub async fn export(
    register: &dyn Register,
    tenant: &TenantId,
    after: u64,
    out: &mut (dyn Write + Send),
) -> Result<u64, ExportError> {
    let (mut last, mut count) = (after, 0u64);
    loop {
        let page = register.records(tenant, last, PAGE).await?;
        for record in &page {
            serde_json::to_writer(&mut *out, record).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            (last, count) = (record.sequence, count.saturating_add(1));
        }
        if page.is_empty() {
            out.flush()?;
            return Ok(count);
        }
    }
}

/// Checks an export that begins with the first record.
///
/// # Errors
/// [`ExportError::Bad`] with the first record that does not hold, or [`ExportError::File`].
pub fn verify_export(reader: impl BufRead) -> Result<Verified, ExportError> {
    verify_lines(reader, MAX_LINE)
}

fn verify_lines(mut reader: impl BufRead, max_line: u64) -> Result<Verified, ExportError> {
    let mut verifier = Verifier::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = (&mut reader).take(max_line.saturating_add(1)).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(verifier.finish());
        }
        let bad = |what| FirstBad { sequence: verifier.due(), what };
        if u64::try_from(length).unwrap_or(u64::MAX) > max_line {
            return Err(bad(Flaw::LongLine).into());
        }
        // A line without its end was cut, even if what is left reads.
        let text = line.strip_suffix(b"\n").ok_or_else(|| bad(Flaw::Line))?;
        let record: AuditRecord = serde_json::from_slice(text).map_err(|_| bad(Flaw::Line))?;
        verifier.check(&record)?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::chain::tests::chain;
    use super::*;

    fn lines(records: &[AuditRecord]) -> Vec<u8> {
        let mut all = Vec::new();
        for record in records {
            serde_json::to_writer(&mut all, record).unwrap();
            all.push(b'\n');
        }
        all
    }

    fn first_bad(file: &[u8], max_line: u64) -> FirstBad {
        match verify_lines(file, max_line) {
            Err(ExportError::Bad(bad)) => bad,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_export_verifies_offline() {
        let records = chain(3);
        let verified = verify_export(&*lines(&records)).unwrap();
        assert_eq!((verified.count, verified.head), (3, records[2].hash));
    }

    #[test]
    fn every_changed_byte_of_an_export_is_noticed() {
        let file = lines(&chain(2));
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
            assert!(verify_export(&*changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_cut_line_is_named() {
        let file = lines(&chain(3));
        assert_eq!(first_bad(&file[..file.len() - 1], MAX_LINE), FirstBad { sequence: 3, what: Flaw::Line });
        assert_eq!(first_bad(&file[..file.len() - 40], MAX_LINE), FirstBad { sequence: 3, what: Flaw::Line });
    }

    #[test]
    fn a_line_without_end_is_not_read_to_its_end() {
        let bad = first_bad(&[b'x'; 1000], 100);
        assert_eq!(bad, FirstBad { sequence: 1, what: Flaw::LongLine });
    }
}
