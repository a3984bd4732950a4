//! Targets of relationships, and names of parts.
//!
//! Refuses: targets that leave the package, or that have a scheme. Invariant: the same part has one key.

use crate::zip::read::{key, unescape};

/// The key of the part that `target` names, seen from the part `source` (a key; empty: the package).
pub(crate) fn resolve(source: &str, target: &str) -> Option<String> {
    let target = target.split(['#', '?']).next().unwrap_or_default().replace('\\', "/");
    let target = unescape(&target);
    if target.is_empty() || target.contains(':') || target.contains('\0') {
        return None;
    }
    let mut steps: Vec<&str> = Vec::new();
    if !target.starts_with('/') {
        steps.extend(source.split('/'));
        steps.pop();
    }
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                // Some writers climb from the top; readers stay there.
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    (!steps.is_empty()).then(|| key(&steps.join("/")))
}

/// The key of the part that holds the relationships of `source`.
pub(crate) fn relations_of(source: &str) -> String {
    let (folder, name) = source.rsplit_once('/').unwrap_or(("", source));
    let separator = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{separator}_rels/{name}.rels")
}

/// The path from the part `source` to the part `target`, absolute: every reader takes that.
pub(crate) fn absolute(target: &str) -> String {
    format!("/{target}")
}

/// True if `id` may stand in `r:id` as it is (`xsd:ID`).
pub(crate) fn is_id(id: &str) -> bool {
    let mut letters = id.chars();
    id.len() <= 255
        && letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_stay_inside_the_package() {
        let cases = [
            ("word/document.xml", "media/Image1.png", Some("word/media/image1.png")),
            ("word/document.xml", "/word\\media/a%20b.png", Some("word/media/a b.png")),
            ("ppt/slides/slide1.xml", "../slideLayouts/x.xml", Some("ppt/slidelayouts/x.xml")),
            ("", "../../../etc/passwd", Some("etc/passwd")),
            ("", "file:///etc/passwd", None),
            ("word/document.xml", "#here", None),
        ];
        for (source, target, expected) in cases {
            assert_eq!(resolve(source, target).as_deref(), expected, "{target}");
        }
        assert_eq!(relations_of(""), "_rels/.rels");
        assert_eq!(relations_of("word/document.xml"), "word/_rels/document.xml.rels");
        assert!(is_id("rId1") && is_id("_a.b-c") && !is_id("1") && !is_id("a\"b") && !is_id("") && is_id("画1"));
    }
}
