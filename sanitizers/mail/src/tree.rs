//! The walk over the MIME tree.
//!
//! Refuses: mail over a limit. Invariant: every leaf has one path, paths rise in reading order, and leaves borrow
//! from the mail wherever nothing had to be decoded.

use std::collections::BTreeMap;

use mail_parser::{HeaderForm, HeaderName, MessageParser, MessagePart, PartFlags};
use sanitizer_api::{Code, Flag};

use crate::block::Block;
use crate::charsets::Charsets;
use crate::entity::{Disposition, Entity};
use crate::headers::Headers;
use crate::{Leaf, Limits, MAX_FIELDS, Mail, Path, Role, Unreadable, alternative};

/// Deepest tree the gateway can name.
const MAX_DEPTH: u32 = 64;

/// Text subtypes that are files rather than words to the reader.
const FILE_TEXTS: [&str; 14] = [
    "text/calendar",
    "text/csv",
    "text/tab-separated-values",
    "text/vcard",
    "text/x-vcard",
    "text/directory",
    "text/rtf",
    "text/xml",
    "text/css",
    "text/javascript",
    "text/ecmascript",
    "text/rfc822-headers",
    "text/x-amp-html",
    "text/vbscript",
];

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
    let parser = parser().max_depth(depth.saturating_add(1)).max_parts(parts.saturating_add(1));
    let Some(message) = parser.parse(bytes) else { return Ok(without_headers(bytes)) };
    if message.parts().len() > parts {
        return Err(Unreadable::TooManyParts);
    }
    if message.parts().any(|part| part.flags().contains(PartFlags::LIMIT_REACHED)) {
        return Err(Unreadable::TooDeep);
    }
    let mut walk = Walk {
        bytes,
        limits,
        leaves: Vec::new(),
        found: BTreeMap::new(),
        charsets: Charsets::default(),
        open: Vec::new(),
        text: None,
    };
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

/// Bytes before the first blank line.
fn header_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            return length;
        }
        length += line.len();
    }
    length
}

/// True if a line of `bytes` reads as a header of a MIME part.
fn names_content(bytes: &[u8]) -> bool {
    const HEADERS: [&[u8]; 3] = [b"content-type:", b"content-disposition:", b"content-transfer-encoding:"];
    bytes.split(|b| matches!(b, b'\n' | b'\r')).any(|line| {
        HEADERS.iter().any(|name| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
    })
}

fn check_length(length: usize, limits: &Limits) -> Result<(), Unreadable> {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    if length > limits.header_bytes { Err(Unreadable::HeadersTooLong) } else { Ok(()) }
}

/// Bytes without any header line: words that someone handed to an SMTP server.
fn without_headers(bytes: &[u8]) -> Mail<'_> {
    let leaf = Leaf {
        path: vec![1],
        role: Role::Body,
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
        ambiguities: vec![(Path::new(), Flag::Unspecified, 1)],
    }
}

/// Where a part stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Only files here: signatures, pictures of a body, encrypted content.
    filed: bool,
    /// A part without a type is a message (RFC 2046 5.1.5).
    digest: bool,
}

struct Walk<'a, 'l> {
    bytes: &'a [u8],
    limits: &'l Limits,
    leaves: Vec<Leaf<'a>>,
    found: BTreeMap<Path, u32>,
    charsets: Charsets,
    /// Multiparts that were never closed.
    open: Vec<Path>,
    /// The first text that only its name makes a file.
    text: Option<usize>,
}

impl<'a> Walk<'a, '_> {
    fn headers(&mut self, root: &MessagePart<'_>) -> Result<Headers, Unreadable> {
        let block = self.block(root)?;
        self.note(&[], Headers::contradictions(&block));
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

    /// Visits a part; the depth was bounded by the parser.
    fn visit(&mut self, part: &MessagePart<'_>, path: &Path, place: Place) -> Result<(), Unreadable> {
        let block = self.block(part)?;
        self.charsets.of_part(&block, path);
        let entity = Entity::read(&block);
        self.note(path, entity.irregular);
        if part.flags().contains(PartFlags::FALLBACK_DELIMITER) {
            self.note(path, 1);
        }
        let declares_multipart = entity.media_type.as_deref().and_then(|kind| kind.strip_prefix("multipart/"));
        let is_multipart = part.is_multipart() && part.children().len() > 0;
        match declares_multipart {
            Some(subtype) if is_multipart && KNOWN_MULTIPARTS.contains(&subtype) => {
                self.children(part, path, place, subtype, entity.start.as_deref())
            }
            None if is_multipart => {
                self.note(path, 1);
                self.children(part, path, place, "mixed", None)
            }
            Some(_) if !is_multipart => {
                // RFC 2045 5.2: what cannot be taken apart is read as text.
                self.note(path, 1);
                self.leaf(part, path, place, Entity { media_type: None, ..entity });
                Ok(())
            }
            _ => {
                self.leaf(part, path, place, entity);
                Ok(())
            }
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
        self.boundary(part, path);
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
            let filed = place.filed || shown.is_some_and(|shown| shown != at);
            self.visit(&child, &child_path, Place { filed, digest: subtype == "digest" })?;
            choices.push(first..self.leaves.len());
        }
        if subtype == "alternative" {
            alternative::settle(&mut self.leaves, &choices);
        }
        Ok(())
    }

    /// Notes delimiters that another reader could take for those of an enclosing multipart.
    fn boundary(&mut self, part: &MessagePart<'_>, path: &Path) {
        let own = part.boundary().unwrap_or_default();
        let mut outer = part.parent();
        while let Some(multipart) = outer {
            if let Some(boundary) = multipart.boundary()
                && (boundary.starts_with(own) || own.starts_with(boundary))
            {
                self.note(path, 1);
            }
            outer = multipart.parent();
        }
        if part.flags().contains(PartFlags::UNTERMINATED) {
            self.open.push(path.clone());
        }
    }

    /// Notes headers of parts before the first delimiter and behind the last: another reader could find a file there.
    fn surroundings(&mut self, part: &MessagePart<'_>, path: &Path) {
        let mut children = part.children();
        let Some(first) = children.next() else { return };
        let last_end = children.last().map_or(first.offset_end(), |last| last.offset_end());
        let around = [self.slice(part.offset_body(), first.offset_header()), self.slice(last_end, part.offset_end())];
        self.note(path, u32::from(around.into_iter().any(names_content)));
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

    fn leaf(&mut self, part: &MessagePart<'_>, path: &Path, place: Place, entity: Entity) {
        let path = if path.is_empty() { vec![1] } else { path.clone() };
        let raw = self.slice(part.offset_body(), part.offset_end());
        let (bytes, malformed) = entity.encoding.decode_checked(raw);
        let default = if place.digest { "message/rfc822" } else { "text/plain" };
        let declared = entity.media_type.unwrap_or_else(|| default.to_owned());
        let is_text = declared.starts_with("text/") && !FILE_TEXTS.contains(&declared.as_str());
        let may_show = is_text && !place.filed && entity.disposition == Disposition::Inline;
        let role = if may_show && entity.names.shown.is_none() { Role::Body } else { Role::Attachment };
        if role == Role::Attachment {
            self.note(&path, u32::from(malformed));
            if may_show && self.text.is_none() {
                self.text = Some(self.leaves.len());
            }
        }
        self.leaves.push(Leaf {
            path,
            role,
            declared,
            charset: entity.charset,
            flowed: entity.flowed,
            names: entity.names,
            bytes,
        });
    }

    fn note(&mut self, path: &[u16], count: u32) {
        if count > 0 {
            let sum = self.found.entry(path.to_vec()).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    fn finish(mut self, headers: Headers) -> Mail<'a> {
        if !self.leaves.iter().any(|leaf| leaf.role == Role::Body)
            && let Some(leaf) = self.text.and_then(|at| self.leaves.get_mut(at))
        {
            leaf.role = Role::Body;
        }
        // A missing end is harmless where all is text; a file may have been cut, or another read into it.
        for path in std::mem::take(&mut self.open) {
            if self.leaves.iter().any(|leaf| leaf.role == Role::Attachment && leaf.path.starts_with(&path)) {
                self.note(&path, 1);
            }
        }
        let ambiguities = self.found.iter().map(|(path, count)| (path.clone(), Flag::Unspecified, *count)).collect();
        let ambiguous = self.found.into_iter().map(|(path, count)| (path, Code::AmbiguousStructure, count));
        let findings = ambiguous.chain(self.charsets.findings()).collect();
        Mail { headers, leaves: self.leaves, findings, ambiguities }
    }
}
