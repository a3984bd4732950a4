//! Real documents, where a folder of them is at hand: above the workspace, never inside it.

use std::path::{Path, PathBuf};

use crate::opc::package::{Package, Target};
use crate::samples::sanitize;
use crate::xml::encoding::decode;
use crate::xml::reader::{Item, Reader};

/// Files whose names end in one of `kinds`.
pub(crate) fn files(kinds: &[&str]) -> Vec<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(3);
    let folders =
        above.map(|folder| folder.join("shared/corpus")).filter_map(|folder| folder.read_dir().ok()).flatten();
    let files = folders
        .filter_map(|folder| folder.ok()?.path().read_dir().ok())
        .flatten()
        .filter_map(|file| Some(file.ok()?.path()));
    let mut found: Vec<PathBuf> = files
        .filter(|file| file.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| kinds.contains(&kind)))
        .collect();
    found.sort();
    found
}

/// The text of all parts that show text: each run of the main part and of what it names, sorted. Of alternatives the
/// fallback does not count. Nothing if this is no package that can be read.
fn text(bytes: &[u8]) -> Option<Vec<String>> {
    let mut package = Package::open(bytes).ok()?;
    let is_main = |kind: &str| kind.ends_with("/officeDocument");
    let main = package.relations("").ok()?.into_iter().find(|relation| is_main(&relation.kind))?;
    let Target::Part(main) = main.target else { return None };
    let mut parts = vec![main.clone()];
    for relation in package.relations(&main).ok()? {
        let shows = ["/header", "/footer", "/footnotes", "/endnotes", "/comments"]
            .iter()
            .any(|end| relation.kind.ends_with(end));
        if let (true, Target::Part(part)) = (shows, relation.target) {
            parts.push(part);
        }
    }
    let mut found = Vec::new();
    for part in parts {
        let Some(bytes) = package.read(&part).ok()? else { continue };
        let text = decode(&bytes).ok()?;
        let mut reader = Reader::new(&text);
        let (mut open, mut fallbacks) = (Vec::new(), 0);
        loop {
            match reader.next().ok()? {
                Item::Open(element) => {
                    fallbacks += usize::from(element.is("mc", "Fallback"));
                    let shows = element.local == "t" || element.local == "delText";
                    open.push((shows, element.is("mc", "Fallback")));
                }
                Item::Close => fallbacks -= usize::from(open.pop().is_some_and(|(_, is_fallback)| is_fallback)),
                Item::Text(text) if fallbacks == 0 && open.last().is_some_and(|(shows, _)| *shows) => {
                    found.push(text.into_owned());
                }
                Item::Text(_) => {}
                Item::End => break,
            }
        }
    }
    let mut characters: Vec<String> = found.concat().chars().map(String::from).collect();
    characters.sort();
    Some(characters)
}

/// How many of the sorted `before` are in the sorted `after`.
pub(crate) fn kept(before: &[String], after: &[String]) -> usize {
    let mut rest = after.iter().peekable();
    let is_kept = |one: &&String| {
        while rest.next_if(|other| other < one).is_some() {}
        rest.next_if(|other| other == one).is_some()
    };
    before.iter().filter(is_kept).count()
}

#[test]
fn real_documents_are_delivered_with_their_text() {
    let (mut readable, mut delivered, mut characters, mut left) = (0, 0, 0, 0);
    for file in files(&["docx", "docm", "dotx", "dotm"]) {
        let bytes = std::fs::read(&file).unwrap();
        let Some(before) = text(&bytes) else {
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
        let after = text(&rebuilt.bytes).unwrap();
        characters += before.len();
        left += kept(&before, &after);
    }
    println!("{delivered} of {readable} documents delivered, {left} of {characters} characters");
    assert!(delivered * 100 >= readable * 97 && left * 1000 >= characters * 999);
}

#[test]
fn characters_are_counted_one_by_one() {
    let list = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
    assert_eq!(kept(&list("aabc"), &list("abbd")), 2);
}
