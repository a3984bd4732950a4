//! The new package: parts, relationships and content types as members of one zip file.
//!
//! Refuses nothing itself. Invariant: content types first, then names in order; ids and types only from lists.

use std::collections::BTreeMap;

use sanitizer_api::SanitizeError;

use super::before::{Before, Members};
use super::target::{absolute, relations_of};
use super::walk::{Part, Rebuilt};
use crate::xml::output::Output;
use crate::xml::space;

const TYPES: &str = "[Content_Types].xml";
const RELATIONS_TYPE: &str = "application/vnd.openxmlformats-package.relationships+xml";

/// The members of the zip file: names and bytes, in order.
///
/// # Errors
/// [`SanitizeError::LimitReached`] if a list of relationships or types is too long.
pub(crate) fn emit(rebuilt: Rebuilt, before: &mut Before) -> Result<Members, SanitizeError> {
    let Rebuilt { parts, relations } = rebuilt;
    let paths: BTreeMap<&str, &str> = parts.iter().map(|(key, part)| (key.as_str(), part.path.as_str())).collect();
    let mut small = vec![(relations_of(""), relations_part(&relations, &paths)?)];
    for part in parts.values().filter(|part| !part.relations.is_empty()) {
        small.push((relations_of(&part.path), relations_part(&part.relations, &paths)?));
    }
    let types = before.meet(TYPES, types_part(parts.values())?);
    let mut members: Members = Vec::with_capacity(parts.len() + small.len() + 1);
    members.extend(small.into_iter().map(|(name, bytes)| {
        let bytes = before.meet(&name, bytes);
        (name, bytes)
    }));
    members.extend(parts.into_values().map(|part| (part.path, part.bytes)));
    members.sort();
    members.insert(0, (TYPES.to_owned(), types));
    Ok(members)
}

fn relations_part(
    relations: &[(String, String, String)],
    paths: &BTreeMap<&str, &str>,
) -> Result<Vec<u8>, SanitizeError> {
    let mut out = Table::begin("Relationships", "rel")?;
    for (id, kind, target) in relations {
        if let Some(path) = paths.get(target.as_str()) {
            out.row("Relationship", &[("Id", id), ("Type", kind), ("Target", &absolute(path))])?;
        }
    }
    Ok(out.finish())
}

fn types_part<'a>(parts: impl Iterator<Item = &'a Part>) -> Result<Vec<u8>, SanitizeError> {
    let mut defaults = BTreeMap::from([("rels", RELATIONS_TYPE), ("xml", "application/xml")]);
    let mut overrides = BTreeMap::new();
    for part in parts {
        let extension = part.path.rsplit_once('.').map_or("", |(_, extension)| extension);
        if part.content_type.starts_with("image/") {
            defaults.insert(extension, &part.content_type);
        } else {
            overrides.insert(absolute(&part.path), &part.content_type);
        }
    }
    let mut out = Table::begin("Types", "ct")?;
    for (extension, kind) in defaults {
        out.row("Default", &[("Extension", extension), ("ContentType", kind)])?;
    }
    for (path, kind) in overrides {
        out.row("Override", &[("PartName", &path), ("ContentType", kind)])?;
    }
    Ok(out.finish())
}

/// A part that is one list. Its namespace is the default one: some readers know no prefix here.
struct Table {
    out: Output,
    root: &'static str,
}

impl Table {
    fn begin(root: &'static str, prefix: &str) -> Result<Self, SanitizeError> {
        let mut out = Output::default();
        out.open(0, root)?;
        let uri = space::by_prefix(prefix).and_then(space::get).map_or("", |space| space.uri);
        out.attribute(0, "xmlns", uri);
        Ok(Self { out, root })
    }

    fn row(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<(), SanitizeError> {
        self.out.open(0, name)?;
        for (name, value) in attributes {
            self.out.attribute(0, name, value);
        }
        self.out.close(name);
        Ok(())
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.close(self.root);
        self.out.finish()
    }
}
