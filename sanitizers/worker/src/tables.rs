//! The bytes of a table: its text in the encoding that the site wants.
//!
//! Refuses: a mark that the budget has no room for. Invariant: the text of the bytes is that of the table, whatever the
//! encoding; encoding it again gives the same bytes.

use sanitizer_api::{Budget, Code, Finding, Rebuilt, SanitizeError};
use sanitizer_japanese::to_cp932;
use sanitizer_protocol::TableEncoding;

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// `rebuilt`, made of `source`, in its encoding; what is no table stays as it is.
pub(crate) fn encoded(
    encoding: TableEncoding,
    mut rebuilt: Rebuilt,
    source: &[u8],
    budget: &mut Budget,
) -> Result<Rebuilt, SanitizeError> {
    if !matches!(rebuilt.media_type, "text/csv" | "text/tab-separated-values") {
        return Ok(rebuilt);
    }
    let in_cp932 = || std::str::from_utf8(&rebuilt.bytes).ok().and_then(to_cp932);
    match encoding {
        TableEncoding::Utf8 => {}
        // Whatever the reader takes it for, it reads ASCII.
        _ if rebuilt.bytes.is_ascii() => {}
        TableEncoding::Utf8Bom => mark(&mut rebuilt, budget)?,
        TableEncoding::Cp932 => match in_cp932() {
            Some(bytes) => rebuilt.bytes = bytes,
            None => {
                mark(&mut rebuilt, budget)?;
                rebuilt.findings.push(Finding { code: Code::EncodingKept, count: 1 });
            }
        },
    }
    // The sanitizer compared with UTF-8, whatever was to become of it.
    rebuilt.findings.retain(|finding| finding.code != Code::TextRebuilt);
    if !are_same(source, &rebuilt.bytes) {
        rebuilt.findings.push(Finding { code: Code::TextRebuilt, count: 1 });
    }
    Ok(rebuilt)
}

fn mark(rebuilt: &mut Rebuilt, budget: &mut Budget) -> Result<(), SanitizeError> {
    budget.spend_output(MARK.len())?;
    rebuilt.bytes.splice(..0, MARK.iter().copied());
    Ok(())
}

/// True if both differ in their marks and line ends at most.
fn are_same(one: &[u8], other: &[u8]) -> bool {
    plain(one).eq(plain(other))
}

fn plain(bytes: &[u8]) -> impl Iterator<Item = &u8> {
    bytes.strip_prefix(MARK).unwrap_or(bytes).iter().filter(|byte| **byte != b'\r')
}

#[cfg(test)]
mod tests {
    use sanitizer_api::{Hints, Sanitizer};
    use sanitizer_text::Csv;

    use super::*;

    fn written(encoding: TableEncoding, source: &[u8], charset: Option<&str>) -> (Vec<u8>, Vec<Code>) {
        let mut budget = Budget::generous();
        let rebuilt = Csv.sanitize(source, Hints { charset, ..Hints::default() }, &mut budget).unwrap();
        let rebuilt = encoded(encoding, rebuilt, source, &mut budget).unwrap();
        (rebuilt.bytes, rebuilt.findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn a_table_is_written_as_the_site_wants_it_and_again_gives_the_same_bytes() {
        let sjis: &[u8] = b"\x8E\x81\x96\xBC,=1\r\n";
        let marked = b"\xEF\xBB\xBF\xE6\xB0\x8F\xE5\x90\x8D,'=1\r\n";
        for (encoding, expected) in [
            (TableEncoding::Utf8Bom, &marked[..]),
            (TableEncoding::Utf8, &marked[3..]),
            (TableEncoding::Cp932, b"\x8E\x81\x96\xBC,'=1\r\n"),
        ] {
            let (bytes, codes) = written(encoding, sjis, Some("cp932"));
            assert_eq!((bytes.as_slice(), codes), (expected, vec![Code::FormulaNeutralised, Code::TextRebuilt]));
            let label = if encoding == TableEncoding::Cp932 { "shift_jis" } else { "utf-8" };
            assert_eq!(written(encoding, &bytes, Some(label)), (bytes, Vec::new()), "{encoding:?}");
        }
    }

    #[test]
    fn what_cp932_has_no_code_for_is_not_lost() {
        let table = "氏名\r\n𠮷田\r\n";
        let (bytes, codes) = written(TableEncoding::Cp932, table.as_bytes(), Some("utf-8"));
        assert_eq!((bytes.as_slice(), codes), (format!("\u{FEFF}{table}").as_bytes(), vec![Code::EncodingKept]));
        assert_eq!(written(TableEncoding::Cp932, &bytes, Some("utf-8")).0, bytes);
    }

    #[test]
    fn a_mark_alone_is_no_change_and_ascii_has_none() {
        assert_eq!(written(TableEncoding::Utf8Bom, b"a,b\r\n", None), (b"a,b\r\n".to_vec(), Vec::new()));
        let (bytes, codes) = written(TableEncoding::Utf8Bom, "氏名\n".as_bytes(), Some("utf-8"));
        assert_eq!((bytes.as_slice(), codes), ("\u{FEFF}氏名\r\n".as_bytes(), Vec::new()));
        let same: &[u8] = b"\x8E\x81\x96\xBC\r\n";
        assert_eq!(written(TableEncoding::Cp932, same, Some("cp932")), (same.to_vec(), Vec::new()));
    }

    #[test]
    fn a_mark_is_spent_and_other_formats_have_none() {
        let mut budget = Budget { output_bytes: 8, ..Budget::generous() };
        let rebuilt = Csv.sanitize("字,字".as_bytes(), Hints::default(), &mut Budget::generous()).unwrap();
        assert!(encoded(TableEncoding::Utf8Bom, rebuilt.clone(), b"", &mut budget).is_ok());
        assert!(
            encoded(TableEncoding::Utf8Bom, rebuilt.clone(), b"", &mut Budget { output_bytes: 2, ..budget }).is_err()
        );
        assert_eq!(budget.output_bytes, 5);
        let text = Rebuilt { media_type: "text/plain", ..rebuilt };
        assert_eq!(encoded(TableEncoding::Utf8Bom, text.clone(), b"", &mut budget), Ok(text));
    }
}
