//! The walk over the MIME tree.
//!
//! Refuses: mail over a limit. Invariant: every leaf has one path, paths rise in reading order, and leaves borrow
//! from the mail wherever nothing had to be decoded.

mod finish;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use mail_parser::{HeaderForm, HeaderName, MessageParser, MessagePart, PartFlags};
use sanitizer_api::{Code, Flag};

use crate::block::Block;
use crate::charsets::Charsets;
use crate::doubt::Doubts;
use crate::entity::Entity;
use crate::headers::Headers;
use crate::role::{self, Place};
use crate::transfer;
use crate::{Leaf, Limits, MAX_FIELDS, Mail, Path, Role, Unreadable, alternative, outside};

/// Deepest tree the gateway can name.
const MAX_DEPTH: u32 = 64;

/// Multiparts whose children are read; others are kept whole.
const KNOWN_MULTIPARTS: [&str; 9] =
    ["mixed", "alternative", "related", "signed", "encrypted", "report", "digest", "parallel", "appledouble"];

/// See [`crate::inspect`].
pub(crate) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Mail<'a>, Unreadable> {
    if bytes.trim_ascii().is_empty() {
        return Err(Unreadable::Empty);
    }
    check_length(header_length(bytes), limits)?;
    let parts = usize::try_from(limits.parts).unwrap_or(usize::MAX).min(usize::from(u16::MAX));
    let depth = usize::try_from(limits.depth.min(MAX_DEPTH)).unwrap_or(0);
    // One more of each than allowed, so that reaching it can be told from ending there.
    // Mails inside the mail are leaves here: whoever opens them counts their depth and parts.
    let parser = parser().max_depth(depth.saturating_add(1)).max_parts(usize::from(u16::MAX));
    let Some(message) = parser.parse(bytes) else { return Ok(without_headers(bytes)) };
    let own = || message.root().parts();
    if message.parts().len() >= usize::from(u16::MAX) || own().nth(parts).is_some() {
        return Err(Unreadable::TooManyParts);
    }
    if own().any(|part| part.flags().contains(PartFlags::LIMIT_REACHED) && part.is_text()) {
        return Err(Unreadable::TooDeep);
    }
    let mut walk = Walk::new(bytes, limits);
    let root = message.root_part();
    let headers = walk.headers(&root)?;
    walk.visit(&root, &Vec::new(), Place::default())?;
    Ok(walk.finish(headers))
}

/// Only the tree is wanted of the parser: headers are read here.
fn parser() -> MessageParser {
    [
        HeaderName::From,
        HeaderName::To,
        HeaderName::Cc,
        HeaderName::Bcc,
        HeaderName::ReplyTo,
        HeaderName::Sender,
        HeaderName::Subject,
        HeaderName::Date,
        HeaderName::MessageId,
        HeaderName::References,
        HeaderName::InReplyTo,
        HeaderName::Received,
        HeaderName::ReturnPath,
        HeaderName::ListUnsubscribe,
    ]
    .into_iter()
    .fold(MessageParser::new().max_encoded_nesting(0), |parser, name| parser.header(name, HeaderForm::Ignore))
}

/// See [`crate::header_length`].
pub(crate) fn header_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            return length;
        }
        length += line.len();
    }
    length
}

fn check_length(length: usize, limits: &Limits) -> Result<(), Unreadable> {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    if length > limits.header_bytes { Err(Unreadable::HeadersTooLong) } else { Ok(()) }
}

/// Bytes without any header line: words that someone handed to an SMTP server, or an encoded file.
fn without_headers(bytes: &[u8]) -> Mail<'_> {
    let holds_file = transfer::holds_file(bytes, None);
    let leaf = Leaf {
        path: vec![1],
        role: if holds_file { Role::Attachment } else { Role::Body },
        declared: "text/plain".to_owned(),
        charset: None,
        flowed: None,
        names: crate::Names::default(),
        bytes: bytes.into(),
    };
    Mail {
        headers: Headers::default(),
        leaves: vec![leaf],
        findings: vec![(Path::new(), Code::AmbiguousStructure, 1)],
        ambiguities: std::iter::once((Path::new(), Flag::HeaderAbsent, 1))
            .chain(holds_file.then(|| (vec![1], Flag::EncodedFileInText, 1)))
            .collect(),
    }
}

struct Walk<'a, 'l> {
    bytes: &'a [u8],
    limits: &'l Limits,
    leaves: Vec<Leaf<'a>>,
    doubts: BTreeMap<Path, Doubts>,
    findings: Vec<(Path, Code, u32)>,
    charsets: Charsets,
    /// Multiparts that were never closed.
    open: Vec<Path>,
    boundaries: BTreeSet<Vec<u8>>,
    /// Leaves that say they are multiparts and could not be taken apart.
    unopened: Vec<Path>,
    /// The first text that only its name makes a file.
    text: Option<usize>,
}

impl<'a, 'l> Walk<'a, 'l> {
    fn new(bytes: &'a [u8], limits: &'l Limits) -> Self {
        Self {
            bytes,
            limits,
            leaves: Vec::new(),
            doubts: BTreeMap::new(),
            findings: Vec::new(),
            charsets: Charsets::default(),
            open: Vec::new(),
            boundaries: BTreeSet::new(),
            unopened: Vec::new(),
            text: None,
        }
    }

    fn headers(&mut self, root: &MessagePart<'_>) -> Result<Headers, Unreadable> {
        let block = self.block(root)?;
        self.at(&[]).merge(&Headers::doubts(&block));
        self.charsets.of_mail(&block);
        Ok(Headers::read(&block))
    }

    fn block(&self, part: &MessagePart<'_>) -> Result<Block<'a>, Unreadable> {
        let bytes = self.slice(part.offset_header(), part.offset_body());
        check_length(bytes.len(), self.limits)?;
        let block = Block::read(bytes);
        if block.len() > MAX_FIELDS { Err(Unreadable::HeadersTooLong) } else { Ok(block) }
    }

    /// Nothing transfer-encoded is parsed as a message, so all offsets are into the mail itself.
    fn slice(&self, start: u32, end: u32) -> &'a [u8] {
        let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
        self.bytes.get(at(start)..at(end)).unwrap_or_default()
    }

    fn at(&mut self, path: &[u16]) -> &mut Doubts {
        self.doubts.entry(path.to_vec()).or_default()
    }

    /// Visits a part; the depth was bounded by the parser.
    fn visit(&mut self, part: &MessagePart<'_>, path: &Path, place: Place) -> Result<(), Unreadable> {
        let block = self.block(part)?;
        self.charsets.of_part(&block, path);
        let entity = Entity::read(&block);
        self.at(path).merge(&entity.doubts);
        let declares_multipart = entity.media_type.as_deref().and_then(|kind| kind.strip_prefix("multipart/"));
        let is_multipart = part.is_multipart() && part.children().len() > 0;
        self.flags(part, path, is_multipart);
        match declares_multipart {
            Some(subtype) if is_multipart && KNOWN_MULTIPARTS.contains(&subtype) => {
                self.boundary(part, path, &entity);
                self.children(part, path, place, subtype, entity.start.as_deref())
            }
            None if is_multipart => {
                self.at(path).hides(Flag::StructureUndeclared);
                self.children(part, path, place, "mixed", None)
            }
            Some(_) if !is_multipart => {
                // RFC 2045 5.2: what cannot be taken apart is read as text.
                self.at(path).hides(Flag::BoundaryNotFound);
                let path = leaf_path(path);
                self.unopened.push(path.clone());
                self.leaf(part, &path, place, Entity { media_type: None, ..entity });
                Ok(())
            }
            _ => {
                self.leaf(part, &leaf_path(path), place, entity);
                Ok(())
            }
        }
    }

    /// What the tree's parser itself found odd.
    fn flags(&mut self, part: &MessagePart<'_>, path: &Path, is_multipart: bool) {
        let flags = part.flags();
        if flags.contains(PartFlags::FALLBACK_DELIMITER) {
            self.at(path).hides(Flag::DelimiterOdd);
        }
        if flags.contains(PartFlags::NO_BLANK_LINE) {
            // A mail of headers only hides nothing; a part cut off among its headers may have more to some.
            self.at(path).note(Flag::HeaderUnterminated, !path.is_empty());
        }
        if is_multipart && flags.contains(PartFlags::UNTERMINATED) {
            self.open.push(path.clone());
        }
    }

    fn children(
        &mut self,
        part: &MessagePart<'_>,
        path: &Path,
        place: Place,
        subtype: &str,
        start: Option<&str>,
    ) -> Result<(), Unreadable> {
        self.surroundings(part, path);
        let shown = match subtype {
            "related" => Some(self.start(part, start)?),
            "signed" => Some(0),
            "encrypted" => Some(usize::MAX),
            _ => None,
        };
        let mut choices = Vec::new();
        for (at, child) in part.children().enumerate() {
            let first = self.leaves.len();
            let mut child_path = path.clone();
            child_path.push(u16::try_from(at + 1).map_err(|_| Unreadable::TooManyParts)?);
            let inside = Place {
                filed: place.filed || shown.is_some_and(|shown| shown != at),
                digest: subtype == "digest",
                report: subtype == "report",
                signature: subtype == "signed" && at > 0,
                encrypted: subtype == "encrypted" || place.encrypted,
            };
            self.visit(&child, &child_path, inside)?;
            choices.push(first..self.leaves.len());
        }
        if subtype == "alternative" {
            alternative::settle(&mut self.leaves, &choices);
        }
        if subtype == "signed" {
            self.findings.push((path.clone(), Code::SignatureRemoved, 1));
        }
        Ok(())
    }

    /// Notes delimiters that another reader could take for those of an enclosing multipart.
    fn boundary(&mut self, part: &MessagePart<'_>, path: &Path, entity: &Entity) {
        let own = part.boundary().unwrap_or_default();
        self.boundaries.insert(own.as_bytes().to_vec());
        if entity.boundary.as_deref() != Some(own) {
            self.at(path).hides(Flag::BoundaryOdd);
        }
        let own = own.to_ascii_lowercase();
        let mut outer = part.parent();
        while let Some(multipart) = outer {
            if let Some(boundary) = multipart.boundary().map(str::to_ascii_lowercase) {
                if boundary == own {
                    self.at(path).hides(Flag::BoundarySameAsOuter);
                } else if boundary.starts_with(&own) || own.starts_with(&boundary) {
                    self.at(path).hides(Flag::BoundaryPrefix);
                }
            }
            outer = multipart.parent();
        }
    }

    /// Looks before the first delimiter and behind the last: another reader could find a file there.
    fn surroundings(&mut self, part: &MessagePart<'_>, path: &Path) {
        let mut children = part.children();
        let Some(first) = children.next() else { return };
        let last_end = children.last().map_or(first.offset_end(), |last| last.offset_end());
        let around = [self.slice(part.offset_body(), first.offset_header()), self.slice(last_end, part.offset_end())];
        let multiparts = std::iter::successors(Some(*part), MessagePart::parent);
        let boundaries: Vec<String> = multiparts.filter_map(|one| one.boundary().map(str::to_owned)).collect();
        let boundaries: Vec<&[u8]> = boundaries.iter().map(String::as_bytes).filter(|one| !one.is_empty()).collect();
        around.into_iter().for_each(|bytes| outside::around(bytes, &boundaries, self.at(path)));
    }

    /// The root of a multipart/related: the one `start` names, else the first.
    fn start(&self, part: &MessagePart<'_>, start: Option<&str>) -> Result<usize, Unreadable> {
        let Some(start) = start else { return Ok(0) };
        for (at, child) in part.children().enumerate() {
            if Entity::read(&self.block(&child)?).content_id.as_deref() == Some(start) {
                return Ok(at);
            }
        }
        Ok(0)
    }

    /// A mail inside may have a multipart of its own; where that reuses a boundary from around it, another reader ends
    /// the mail at the first delimiter and finds other parts behind it.
    fn reused_boundary(&mut self, part: &MessagePart<'_>, path: &[u16], raw: &[u8]) {
        let around: Vec<MessagePart<'_>> = std::iter::successors(part.parent(), MessagePart::parent).collect();
        let boundaries: Vec<&[u8]> =
            around.iter().filter_map(|part| part.boundary()).map(str::as_bytes).filter(|one| !one.is_empty()).collect();
        if outside::holds_delimiter(raw, &boundaries) {
            let around = path.split_last().map_or(path, |(_, around)| around);
            self.at(around).hides(Flag::BoundarySameAsOuter);
        }
    }

    fn leaf(&mut self, part: &MessagePart<'_>, path: &Path, place: Place, entity: Entity) {
        let raw = self.slice(part.offset_body(), part.offset_end());
        self.reused_boundary(part, path, raw);
        let (bytes, flags) = transfer::decode(entity.encoding, raw);
        let default = if place.digest { "message/rfc822" } else { "text/plain" };
        let declared = entity.media_type.clone().unwrap_or_else(|| default.to_owned());
        let standing = role::standing(&declared, &entity, place, &bytes);
        // Words that do not decode hide nothing; of a file another reader could see other bytes.
        flags.into_iter().for_each(|flag| self.at(path).note(flag, standing.role == Role::Attachment));
        self.findings.extend(standing.finding.map(|code| (path.clone(), code, 1)));
        if standing.is_named_text && self.text.is_none() {
            self.text = Some(self.leaves.len());
        }
        let is_shown = standing.role == Role::Body;
        self.push(path.clone(), standing.role, declared, entity, if is_shown { without_nul(bytes) } else { bytes });
    }

    fn push(&mut self, path: Path, role: Role, declared: String, entity: Entity, bytes: Cow<'a, [u8]>) {
        let (charset, flowed, names) = (entity.charset, entity.flowed, entity.names);
        self.leaves.push(Leaf { path, role, declared, charset, flowed, names, bytes });
    }
}

/// Words without the NUL that some programs end them with (RFC 5322 4.1 has readers that ignore it).
fn without_nul(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    let has_text = bytes.get(..end).is_some_and(|text| !text.contains(&0));
    match bytes {
        Cow::Borrowed(all) if has_text => Cow::Borrowed(all.get(..end).unwrap_or(all)),
        Cow::Owned(mut all) if has_text => {
            all.truncate(end);
            Cow::Owned(all)
        }
        other => other,
    }
}

/// Leaves have a number, also the only one of a mail.
fn leaf_path(path: &Path) -> Path {
    if path.is_empty() { vec![1] } else { path.clone() }
}
