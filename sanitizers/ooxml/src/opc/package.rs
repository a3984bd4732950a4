//! A package being read: content types, relationships, parts.
//!
//! Refuses: no content types, content types or relationships that do not read. Invariant: nothing is inflated that
//! nobody asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sanitizer_api::SanitizeError;

use super::kind::{OFFICE, STRICT};
use super::target;
use crate::xml::encoding::decode;
use crate::xml::filter::rows;
use crate::zip::Archive;
use crate::zip::read::key;

/// Relationships of one part, and content types of one package.
const MAX_ROWS: usize = 20_000;
const TYPES: &str = "[content_types].xml";

/// Where a relationship leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// To the part with this key; it may not exist.
    Part(String),
    /// Outside.
    Outside(String),
}

/// One relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    /// Its id, unique in its source.
    pub(crate) id: String,
    /// Its type, in Transitional spelling.
    pub(crate) kind: String,
    /// Where it leads.
    pub(crate) target: Target,
}

/// An opened package.
pub(crate) struct Package<'a> {
    archive: Archive<'a>,
    defaults: BTreeMap<String, String>,
    overrides: BTreeMap<String, String>,
}

impl<'a> Package<'a> {
    /// Opens the package and reads its content types.
    ///
    /// # Errors
    /// [`SanitizeError`] if zip or content types do not read.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, SanitizeError> {
        let mut archive = Archive::open(bytes)?;
        let raw = archive.read(TYPES)?.ok_or(SanitizeError::Malformed { expected: "Office Open XML" })?;
        let mut package = Self { archive, defaults: BTreeMap::new(), overrides: BTreeMap::new() };
        let found = rows(&decode(&raw)?, ("ct", "Types"), MAX_ROWS, |element| {
            let kind = element.attribute("ContentType")?.trim().to_ascii_lowercase();
            if element.is("ct", "Default") {
                Some((true, element.attribute("Extension")?.to_lowercase(), kind))
            } else if element.is("ct", "Override") {
                Some((false, target::resolve("", element.attribute("PartName")?)?, kind))
            } else {
                None
            }
        })?;
        for (is_default, name, kind) in found {
            let table = if is_default { &mut package.defaults } else { &mut package.overrides };
            // Two answers for one name: readers differ in which they take.
            if table.insert(name, kind.clone()).is_some_and(|before| before != kind) {
                return Err(SanitizeError::Malformed { expected: "Office Open XML" });
            }
        }
        Ok(package)
    }

    /// True if bytes stand around the zip file proper.
    pub(crate) fn has_surplus(&self) -> bool {
        self.archive.has_surplus
    }

    /// The content type of a part, in lower case.
    pub(crate) fn content_type(&self, part: &str) -> &str {
        let extension = part.rsplit_once('.').map_or("", |(_, extension)| extension);
        self.overrides.get(part).or_else(|| self.defaults.get(extension)).map_or("", String::as_str)
    }

    /// True if there is such a part.
    pub(crate) fn has(&self, part: &str) -> bool {
        self.archive.has(part)
    }

    /// The keys of all parts proper.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.archive.keys().filter(|key| *key != TYPES && !key.ends_with(".rels"))
    }

    /// The bytes of a part.
    ///
    /// # Errors
    /// As [`Archive::read`].
    pub(crate) fn read(&mut self, part: &str) -> Result<Option<Cow<'a, [u8]>>, SanitizeError> {
        self.archive.read(part)
    }

    /// The relationships of a part (empty: of the package), in the order of their ids.
    ///
    /// # Errors
    /// [`SanitizeError`] if they do not read, or if an id stands twice.
    pub(crate) fn relations(&mut self, part: &str) -> Result<Vec<Relation>, SanitizeError> {
        let Some(raw) = self.archive.read(&key(&target::relations_of(part)))? else { return Ok(Vec::new()) };
        let mut found = rows(&decode(&raw)?, ("rel", "Relationships"), MAX_ROWS, |element| {
            if !element.is("rel", "Relationship") {
                return None;
            }
            let (id, kind) = (element.attribute("Id")?.to_owned(), element.attribute("Type")?.trim());
            let kind = kind.strip_prefix(STRICT).map_or_else(|| kind.to_owned(), |tail| format!("{OFFICE}{tail}"));
            let spelled = element.attribute("Target").unwrap_or_default();
            let is_outside =
                element.attribute("TargetMode").is_some_and(|mode| mode.trim().eq_ignore_ascii_case("external"));
            let inside = if is_outside { None } else { target::resolve(part, spelled) };
            let target = inside.map_or_else(|| Target::Outside(spelled.to_owned()), Target::Part);
            Some(Relation { id, kind, target })
        })?;
        // By number, then by name: rId2 before rId10.
        found.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
        if found.windows(2).any(|pair| matches!(pair, [a, b] if a.id == b.id)) {
            return Err(SanitizeError::Malformed { expected: "relationships" });
        }
        Ok(found)
    }
}
