//! The walk over a package: from the root along relationships of listed types to parts of listed content types.
//!
//! Refuses: a package without the main part of its format. Invariant: what is not reached is neither read nor written;
//! names in the output follow the order of the walk, so that the output gives the same names again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sanitizer_api::{Code, SanitizeError, Step, Watch};

use super::before::Before;
use super::kind::{Body, Format, Kind, ROOT};
use super::lost;
use super::package::{Package, Relation, Target};
use super::target::is_id;
use crate::pictures::{Gallery, Picture};
use crate::report::Report;
use crate::xml::encoding::decode;
use crate::xml::filter::{Goal, Goals, Memory, filter};

/// Parts that one walk writes.
const MAX_PARTS: usize = 5_000;
/// Bytes of all of them; more would not be read again.
const MAX_BYTES: usize = 200 * 1024 * 1024;

/// One part of the new package.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its name, without `/` in front.
    pub(crate) path: String,
    /// Its content type.
    pub(crate) content_type: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Its relationships: id, whole type, key of the target.
    pub(crate) relations: Vec<(String, String, String)>,
}

/// What the walk found, by key of the input.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    /// The parts.
    pub(crate) parts: BTreeMap<String, Part>,
    /// The relationships of the package, as those of a part.
    pub(crate) relations: Vec<(String, String, String)>,
}

struct Walk<'a, 'b> {
    package: &'a mut Package<'b>,
    format: &'static Format,
    pictures: &'a mut Gallery,
    report: &'a mut Report,
    /// The kind of each part that will be written.
    kinds: BTreeMap<String, &'static Kind>,
    waiting: VecDeque<String>,
    /// Targets of relationships that were left out and told.
    told: BTreeSet<String>,
    numbers: BTreeMap<&'static str, usize>,
    memory: Memory,
}

/// Writes every part that stays. Those that are as they were `before` take no memory of their own.
///
/// # Errors
/// [`SanitizeError`] of a part that does not read, of a limit, or without a main part.
pub(crate) fn rebuild(
    package: &mut Package<'_>,
    format: &'static Format,
    before: &mut Before,
    pictures: &mut Gallery,
    report: &mut Report,
    watch: Watch<'_>,
) -> Result<Rebuilt, SanitizeError> {
    let mut walk = Walk {
        package,
        format,
        pictures,
        report,
        kinds: BTreeMap::new(),
        waiting: VecDeque::new(),
        told: BTreeSet::new(),
        numbers: BTreeMap::new(),
        memory: Memory::new(),
    };
    let candidates = walk.candidates(ROOT, ROOT)?;
    let relations = walk.take(candidates, &BTreeSet::new());
    if !walk.kinds.values().any(|kind| kind.id == format.main) {
        return Err(SanitizeError::Malformed { expected: format.name });
    }
    let (mut parts, mut length, mut counted) = (BTreeMap::new(), 0_usize, 0_usize);
    while let Some(key) = walk.waiting.pop_front() {
        if parts.len() >= MAX_PARTS {
            return Err(SanitizeError::LimitReached { what: "parts" });
        }
        let mut part = walk.part(&key)?;
        part.bytes = before.meet(&part.path, part.bytes);
        length = length.saturating_add(part.bytes.len());
        if length > MAX_BYTES {
            return Err(SanitizeError::LimitReached { what: "size of all parts" });
        }
        if walk.is_counted(&key) {
            counted = counted.saturating_add(1);
            walk.tell(counted, watch);
        }
        parts.insert(key, part);
    }
    walk.report.enter("");
    walk.unreached(&parts);
    Ok(Rebuilt { parts, relations })
}

impl Walk<'_, '_> {
    fn is_counted(&self, key: &str) -> bool {
        let kind = self.kinds.get(key).map(|kind| kind.id);
        kind.is_some() && kind == self.format.counted.map(|(id, _)| id)
    }

    /// Says how many of the parts that are counted are done; all of them wait since the main part was read.
    fn tell(&self, done: usize, watch: Watch<'_>) {
        let Some((id, unit)) = self.format.counted else { return };
        let total = self.kinds.values().filter(|kind| kind.id == id).count();
        watch.saw(Step { unit, done, total });
    }

    /// Writes one part, and lets what it uses wait.
    fn part(&mut self, key: &str) -> Result<Part, SanitizeError> {
        let missing = SanitizeError::Malformed { expected: "Office Open XML" };
        let kind = *self.kinds.get(key).ok_or(missing)?;
        let bytes = self.package.read(key)?.ok_or(missing)?;
        let number = self.numbers.entry(kind.path).or_default();
        *number += 1;
        let path = kind.path.replace('#', &number.to_string());
        self.report.enter(&path);
        match &kind.body {
            Body::Picture => {
                let Picture { bytes, extension, media_type } = self.pictures.rebuild(&bytes, self.report);
                let content_type = media_type.to_owned();
                Ok(Part { path: format!("{path}.{extension}"), content_type, bytes, relations: Vec::new() })
            }
            Body::Own(write) => {
                let content_type = kind.types.first().copied().unwrap_or_default().to_owned();
                Ok(Part { path, content_type, bytes: write(&bytes, self.report), relations: Vec::new() })
            }
            Body::Xml(vocabulary, grammar) | Body::XmlIf(vocabulary, grammar, _) => {
                let candidates = self.candidates(key, kind.id)?;
                let goals = goals(&candidates);
                let text = decode(&bytes)?;
                let written = filter(&text, vocabulary, grammar().as_mut(), &goals, self.report, &mut self.memory)?;
                let relations = self.take(candidates, &written.used);
                let content_type = kind.types.first().copied().unwrap_or_default().to_owned();
                Ok(Part { path, content_type, bytes: written.bytes, relations })
            }
        }
    }

    /// The relationships of a part, each with the kind it would lead to. What leads nowhere is told.
    fn candidates(&mut self, key: &str, under: &str) -> Result<Vec<(Relation, Option<&'static Kind>)>, SanitizeError> {
        let mut found = Vec::new();
        let mut claimed = BTreeMap::new();
        for relation in self.package.relations(key)? {
            let kind = match &relation.target {
                _ if !is_id(&relation.id) => None,
                Target::Part(target) => self.kind_of(target, &relation.kind, under, &claimed)?,
                Target::Outside(_) => {
                    if relation.kind.ends_with("/hyperlink") {
                        found.push((relation, None));
                        continue;
                    }
                    None
                }
            };
            match (&relation.target, kind) {
                (Target::Part(target), Some(kind)) => {
                    claimed.insert(target.clone(), kind);
                    found.push((relation, Some(kind)));
                }
                (target, _) => self.lose(&relation.kind, target),
            }
        }
        Ok(found)
    }

    fn lose(&mut self, kind: &str, target: &Target) {
        match target {
            // Dangling: nothing was lost.
            Target::Part(target) if !self.package.has(target) => {}
            Target::Part(target) => {
                if self.told.insert(target.clone()) {
                    let code = lost::by_relation(kind, false);
                    self.report.add(code);
                    if matches!(code, Code::MetadataRemoved | Code::UnknownPartRemoved) {
                        self.lose_ways_out(target);
                    }
                }
            }
            // A place in the same document.
            Target::Outside(target) if target.is_empty() || target.starts_with('#') => {}
            Target::Outside(_) => self.report.add(lost::by_relation(kind, true)),
        }
    }

    /// What a part that sounds harmless leads to, as frames of a page do, is told by itself.
    fn lose_ways_out(&mut self, part: &str) {
        let relations = self.package.relations(part).unwrap_or_default();
        let leads_out = |relation: &&Relation| match &relation.target {
            Target::Outside(target) => !(target.is_empty() || target.starts_with('#')),
            Target::Part(_) => false,
        };
        self.report.add_many(Code::ExternalReferenceRemoved, relations.iter().filter(leads_out).count());
    }

    fn kind_of(
        &mut self,
        target: &str,
        relation: &str,
        under: &str,
        claimed: &BTreeMap<String, &'static Kind>,
    ) -> Result<Option<&'static Kind>, SanitizeError> {
        let content_type = self.package.content_type(target);
        let kind = self.format.kinds.iter().find(|kind| {
            kind.is_reached_by(relation)
                && kind.under.contains(&under)
                && (matches!(kind.body, Body::Picture)
                    || kind.types.iter().any(|known| known.eq_ignore_ascii_case(content_type)))
        });
        let Some(kind) = kind else { return Ok(None) };
        let known = self.kinds.get(target).or_else(|| claimed.get(target)).copied();
        let is_same = |other: &Kind| other.id == kind.id;
        let is_alone = kind.path.contains('#')
            || !self.kinds.iter().chain(claimed).any(|(key, other)| key != target && is_same(other));
        if !(self.package.has(target) && known.is_none_or(is_same) && is_alone) {
            return Ok(None);
        }
        if let (Body::XmlIf(_, _, test), None) = (&kind.body, known)
            && let Some(bytes) = self.package.read(target)?
            && !test(&decode(&bytes)?, &self.memory)
        {
            return Ok(None);
        }
        Ok(Some(kind))
    }

    /// Of `candidates` those that are implied or used; their targets will be written.
    fn take(
        &mut self,
        candidates: Vec<(Relation, Option<&'static Kind>)>,
        used: &BTreeSet<String>,
    ) -> Vec<(String, String, String)> {
        let mut kept = Vec::new();
        for (relation, kind) in candidates {
            let (Target::Part(target), Some(kind)) = (relation.target, kind) else { continue };
            if !kind.implied && !used.contains(&relation.id) {
                // The picture may stand elsewhere, too: that it is gone from here is told here.
                if matches!(kind.body, Body::Picture) && self.told.insert(target.clone()) {
                    self.report.add(Code::UnknownPartRemoved);
                }
                continue;
            }
            if self.kinds.insert(target.clone(), kind).is_none() {
                self.waiting.push_back(target.clone());
            }
            kept.push((relation.id, kind.relation(), target));
        }
        kept
    }

    /// Tells of parts that nothing written leads to.
    fn unreached(&mut self, parts: &BTreeMap<String, Part>) {
        let codes: Vec<Code> = self
            .package
            .parts()
            .filter(|part| !parts.contains_key(*part) && !self.told.contains(*part))
            .map(|part| lost::by_type(self.package.content_type(part)))
            .collect();
        for code in codes {
            self.report.add(code);
        }
    }
}

fn goals(candidates: &[(Relation, Option<&'static Kind>)]) -> Goals {
    let goal = |(relation, kind): &(Relation, Option<&'static Kind>)| {
        let goal = match (&relation.target, kind) {
            (Target::Part(_), Some(kind)) => Goal::Part(kind.id),
            (Target::Outside(target), _) => Goal::Outside(target.clone()),
            (Target::Part(_), None) => return None,
        };
        Some((relation.id.clone(), goal))
    };
    candidates.iter().filter_map(goal).collect()
}
