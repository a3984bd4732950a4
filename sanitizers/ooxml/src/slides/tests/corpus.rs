//! Real slides, where a folder of them is at hand.

use super::deck::sanitize;
use super::laws::stable;
use crate::corpus::{files, kept};
use crate::opc::package::Package;
use crate::xml::encoding::decode;
use crate::xml::reader::{Item, Reader};

/// Parts that show text, by the end of their content type.
const SHOWN: &[&str] = &["slide+xml", "notesslide+xml", "comments+xml", "chart+xml", "diagramdata+xml"];

/// All characters of slides, notes, comments, charts and diagrams, sorted; of alternatives only those outside of them.
/// Nothing if this is no package that can be read.
fn text(bytes: &[u8]) -> Option<Vec<String>> {
    let mut package = Package::open(bytes).ok()?;
    let is_shown = |kind: &str| SHOWN.iter().any(|end| kind.ends_with(end));
    let parts: Vec<String> =
        package.parts().filter(|part| is_shown(package.content_type(part))).map(str::to_owned).collect();
    let mut found = String::new();
    for part in parts {
        let bytes = package.read(&part).ok()??;
        let text = decode(&bytes).ok()?;
        let mut reader = Reader::new(&text);
        let mut open: Vec<(bool, bool)> = Vec::new();
        loop {
            match reader.next().ok()? {
                Item::Open(element) => {
                    let is_apart = element.is("mc", "AlternateContent") || open.last().is_some_and(|(_, apart)| *apart);
                    open.push((matches!(element.local, "t" | "v" | "text"), is_apart));
                }
                Item::Close => drop(open.pop()),
                Item::Text(text) if open.last() == Some(&(true, false)) => found.push_str(&text),
                Item::Text(_) => {}
                Item::End => break,
            }
        }
    }
    let mut characters: Vec<String> = found.chars().map(String::from).collect();
    characters.sort();
    Some(characters)
}

#[test]
fn real_slides_are_delivered_with_their_text() {
    let (mut readable, mut delivered, mut characters, mut left) = (0, 0, 0, 0);
    for file in files(&["pptx", "pptm", "ppsx", "ppsm", "potx", "potm"]) {
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
        stable(&rebuilt);
        characters += before.len();
        left += kept(&before, &text(&rebuilt.bytes).unwrap());
    }
    println!("{delivered} of {readable} decks delivered, {left} of {characters} characters");
    assert!(delivered * 100 >= readable * 97 && left * 1000 >= characters * 999);
}
