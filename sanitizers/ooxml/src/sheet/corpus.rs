//! Real workbooks, where a folder of them is at hand: above the workspace, never inside it.

use std::path::{Path, PathBuf};

use sanitizer_api::{Budget, Hints, Rebuilt, SanitizeError};

use crate::opc::package::{Package, Target};
use crate::xml::encoding::decode;
use crate::xml::reader::{Item, Reader};

fn workbooks() -> Vec<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(3);
    let folders =
        above.map(|folder| folder.join("shared/corpus")).filter_map(|folder| folder.read_dir().ok()).flatten();
    let files = folders
        .filter_map(|folder| folder.ok()?.path().read_dir().ok())
        .flatten()
        .filter_map(|file| Some(file.ok()?.path()));
    let kinds = ["xlsx", "xlsm", "xltx", "xltm"];
    let mut found: Vec<PathBuf> = files
        .filter(|file| file.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| kinds.contains(&kind)))
        .collect();
    found.sort();
    found
}

/// The values of all cells, sheet by sheet, each behind its place; and how many formulas there are. Nothing if this is
/// no workbook that can be read.
fn values(bytes: &[u8]) -> Option<(Vec<String>, usize)> {
    let mut package = Package::open(bytes).ok()?;
    let is_main = |kind: &str| kind.ends_with("/officeDocument");
    let main = package.relations("").ok()?.into_iter().find(|relation| is_main(&relation.kind))?;
    let Target::Part(main) = main.target else { return None };
    let (mut found, mut formulas) = (Vec::new(), 0);
    for relation in package.relations(&main).ok()? {
        let shows = ["/worksheet", "/sharedStrings"].iter().any(|end| relation.kind.ends_with(end));
        let (true, Target::Part(part)) = (shows, relation.target) else { continue };
        let Some(bytes) = package.read(&part).ok()? else { continue };
        let text = decode(&bytes).ok()?;
        let mut reader = Reader::new(&text);
        let mut open = Vec::new();
        loop {
            match reader.next().ok()? {
                Item::Open(element) => {
                    if element.local == "c" || element.local == "si" {
                        found.push(element.attribute("r").unwrap_or_default().to_owned());
                    }
                    formulas += usize::from(element.local == "f");
                    open.push(element.local == "v" || element.local == "t");
                }
                Item::Close => {
                    open.pop();
                }
                Item::Text(text) if open.last() == Some(&true) => found.extend([text.into_owned()]),
                Item::Text(_) => {}
                Item::End => break,
            }
        }
    }
    Some((found, formulas))
}

fn sanitize(bytes: &[u8]) -> Result<Rebuilt, SanitizeError> {
    crate::sanitizer_for("ooxml-excel").unwrap().sanitize(bytes, Hints::default(), &mut Budget::generous())
}

#[test]
fn real_workbooks_are_delivered_with_every_value() {
    let (mut readable, mut delivered, mut count, mut formulas, mut left) = (0, 0, 0, 0, 0);
    for file in workbooks() {
        let bytes = std::fs::read(&file).unwrap();
        let Some((before, ours)) = values(&bytes) else {
            assert!(sanitize(&bytes).is_err(), "{}", file.display());
            continue;
        };
        readable += 1;
        let Ok(rebuilt) = sanitize(&bytes) else {
            println!("not delivered: {}", file.display());
            continue;
        };
        delivered += 1;
        let again = sanitize(&rebuilt.bytes).unwrap();
        assert!(again.bytes == rebuilt.bytes && again.findings.is_empty(), "{}", file.display());
        let (after, theirs) = values(&rebuilt.bytes).unwrap();
        assert!(before.concat() == after.concat(), "{}", file.display());
        count += before.len();
        formulas += ours;
        left += theirs;
    }
    println!("{delivered} of {readable} workbooks delivered, {count} values, {left} of {formulas} formulas");
    assert!(delivered * 100 >= readable * 97 && left * 100 >= formulas * 98);
}
