//! What follows the walk: doubts about the whole, files hidden in words, findings.
//!
//! Refuses nothing. Invariant: in a mail with a doubt that could hide a part, no leaf is shown that holds an encoded file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sanitizer_api::{Code, Flag};

use super::{MAX_DEPTH, Walk};
use crate::headers::Headers;
use crate::transfer::holds_file;
use crate::{Leaf, Mail, Path, Role, outside, salvage};

/// Lines that are nearly delimiters, counted at most.
const MAX_NEAR: u32 = 1_000;

impl<'a> Walk<'a, '_> {
    pub(super) fn finish(mut self, headers: Headers) -> Mail<'a> {
        if !self.leaves.iter().any(|leaf| leaf.role == Role::Body)
            && let Some(leaf) = self.text.and_then(|at| self.leaves.get_mut(at))
        {
            leaf.role = Role::Body;
        }
        // A missing end is harmless where all is text; a file may have been cut, or another read into it.
        for path in std::mem::take(&mut self.open) {
            let holds_file = |leaf: &Leaf<'_>| leaf.role == Role::Attachment && leaf.path.starts_with(&path);
            let hides = self.leaves.iter().any(holds_file);
            self.at(&path).note(Flag::BoundaryNotClosed, hides);
        }
        self.conceal();
        let near = outside::near_delimiters(self.bytes, &self.boundaries);
        (0..near.min(MAX_NEAR)).for_each(|_| self.at(&[]).hides(Flag::DelimiterOdd));
        if self.doubts.values().any(|doubts| doubts.hiding() > 0) {
            self.salvage();
        }
        self.told(headers)
    }

    /// Headers of a part and an encoded file in what should be words: to another reader they are a part. Parts of an
    /// unknown multipart are such words too.
    fn conceal(&mut self) {
        let conceals = |leaf: &&Leaf<'_>| {
            let is_looked_at = leaf.role != Role::Attachment || leaf.declared.starts_with("multipart/");
            is_looked_at && outside::names_content(&leaf.bytes) && holds_file(&leaf.bytes, leaf.charset.as_deref())
        };
        let found: Vec<Path> = self.leaves.iter().filter(conceals).map(|leaf| leaf.path.clone()).collect();
        found.into_iter().for_each(|path| self.at(&path).hides(Flag::EncodedFileInText));
    }

    /// In a mail that is ambiguous anyway: no text is shown that another reader would decode to a file.
    fn salvage(&mut self) {
        let leaves = std::mem::take(&mut self.leaves);
        let mut room = usize::try_from(self.limits.parts).unwrap_or(usize::MAX).saturating_sub(self.doubts.len());
        for leaf in leaves {
            let is_shown = matches!(leaf.role, Role::Body | Role::Alternative);
            let holds = is_shown && holds_file(&leaf.bytes, leaf.charset.as_deref());
            if !(holds || is_shown && self.unopened.contains(&leaf.path)) {
                self.leaves.push(leaf);
                continue;
            }
            let fits = u32::try_from(leaf.path.len()).is_ok_and(|depth| depth < self.limits.depth.min(MAX_DEPTH));
            match salvage::pieces(&leaf.bytes, if fits { room } else { 0 }) {
                Some(pieces) if !pieces.is_empty() => {
                    room = room.saturating_sub(pieces.len());
                    self.pieces(&leaf, pieces);
                }
                _ if holds => {
                    self.at(&leaf.path).hides(Flag::EncodedFileInText);
                    self.leaves.push(Leaf { role: Role::Attachment, ..leaf });
                }
                _ => self.leaves.push(leaf),
            }
        }
    }

    fn pieces(&mut self, leaf: &Leaf<'a>, pieces: Vec<salvage::Piece<'_>>) {
        for (number, piece) in (1..).zip(pieces) {
            let mut path = leaf.path.clone();
            path.push(number);
            let declared = match (&piece.entity.media_type, piece.is_text) {
                (Some(declared), true) if declared.starts_with("text/") => declared.clone(),
                (_, true) => "text/plain".to_owned(),
                (Some(declared), false) => declared.clone(),
                (None, false) => "application/octet-stream".to_owned(),
            };
            let role = if piece.is_text { leaf.role } else { Role::Attachment };
            if !piece.is_text {
                self.at(&path).hides(Flag::EncodedFileInText);
            }
            let mut entity = piece.entity;
            entity.charset = entity.charset.or_else(|| leaf.charset.clone());
            self.push(path, role, declared, entity, Cow::Owned(piece.bytes.into_owned()));
        }
    }

    /// A doubt about where parts begin and end concerns the whole mail, one about a leaf that leaf.
    fn told(mut self, headers: Headers) -> Mail<'a> {
        let leaves: BTreeSet<&Path> = self.leaves.iter().map(|leaf| &leaf.path).collect();
        let mut hiding: BTreeMap<Path, u32> = BTreeMap::new();
        let mut ambiguities = Vec::new();
        for (path, doubts) in &self.doubts {
            if doubts.hiding() > 0 {
                let place = if leaves.contains(path) { path.clone() } else { Path::new() };
                let sum = hiding.entry(place).or_default();
                *sum = sum.saturating_add(doubts.hiding());
            }
            ambiguities.extend(doubts.iter().map(|(flag, count)| (path.clone(), flag, count)));
        }
        let ambiguous = hiding.into_iter().map(|(path, count)| (path, Code::AmbiguousStructure, count));
        self.findings.extend(ambiguous);
        self.findings.extend(self.charsets.findings());
        self.findings.sort_by(|one, other| one.0.cmp(&other.0));
        Mail { headers, leaves: self.leaves, findings: self.findings, ambiguities }
    }
}
