//! Events of an XML part with resolved namespaces.
//!
//! Refuses: document types, unknown entities, unbalanced mark-up, nesting over [`MAX_DEPTH`], more than 256 attributes
//! on an element. Comments and processing instructions are passed over. Invariant: every `Open` has its `Close`.

use std::borrow::Cow;

use sanitizer_api::SanitizeError;

use super::lexer::{Lexer, Token, content, literal, value};
use super::space::{self, SpaceId};

/// Elements inside one another; Word writes at most some sixty.
pub(crate) const MAX_DEPTH: usize = 256;
const MAX_ATTRIBUTES: usize = 256;
/// Namespace declarations in force at one place; Word writes some forty. Each name looks through them.
const MAX_BINDINGS: usize = 200;

/// What every error of this module says.
pub(crate) const fn malformed() -> SanitizeError {
    SanitizeError::Malformed { expected: "XML" }
}

/// One event.
#[derive(Debug)]
pub(crate) enum Item<'a> {
    /// An element begins.
    Open(Element<'a>),
    /// The element that was opened last ends.
    Close,
    /// Character data, unescaped.
    Text(Cow<'a, str>),
    /// The part ends.
    End,
}

/// The head of an element.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    /// Its namespace, if it is one that is written.
    pub(crate) space: Option<SpaceId>,
    /// Its name without prefix.
    pub(crate) local: &'a str,
    /// Attributes of namespaces that are written.
    pub(crate) attributes: Vec<Attribute<'a>>,
}

/// An attribute with its value unescaped.
#[derive(Debug)]
pub(crate) struct Attribute<'a> {
    /// Its namespace; 0 is none.
    pub(crate) space: SpaceId,
    /// Its name without prefix.
    pub(crate) local: &'a str,
    /// Its value.
    pub(crate) value: Cow<'a, str>,
}

impl Element<'_> {
    /// True for the element with this prefix (of the tables) and name.
    pub(crate) fn is(&self, prefix: &str, local: &str) -> bool {
        self.local == local && self.space.is_some() && self.space == space::by_prefix(prefix)
    }

    /// The value of an attribute in no namespace.
    pub(crate) fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|found| found.space == 0 && found.local == local).map(|found| found.value.as_ref())
    }
}

/// Prefixes whose namespaces are remembered.
const REMEMBERED: usize = 32;

/// A reader over the text of one part.
pub(crate) struct Reader<'a> {
    lexer: Lexer<'a>,
    /// Prefix, namespace, depth at which it was declared.
    bindings: Vec<(&'a str, Option<SpaceId>, usize)>,
    /// Answers of `bindings` for short prefixes, by their letters; empty after each change.
    remembered: [Option<(u64, Option<SpaceId>)>; REMEMBERED],
    /// Names of the elements that are open.
    open: Vec<&'a str>,
    is_closing: bool,
    /// The element that was opened last has no content.
    is_empty: bool,
    has_root: bool,
    /// Attributes of an element before its namespaces are known; kept for its memory.
    raw: Vec<(&'a str, Cow<'a, str>)>,
    /// Attributes of an element that was done with; kept for its memory.
    spare: Vec<Attribute<'a>>,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            lexer: Lexer::new(text),
            bindings: vec![("", Some(0), 0), ("xml", space::by_prefix("xml"), 0)],
            remembered: [None; REMEMBERED],
            open: Vec::new(),
            is_closing: false,
            is_empty: false,
            has_root: false,
            raw: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The next event.
    ///
    /// # Errors
    /// [`SanitizeError`] as the module says.
    pub(crate) fn next(&mut self) -> Result<Item<'a>, SanitizeError> {
        if std::mem::take(&mut self.is_closing) {
            self.unbind();
        }
        if std::mem::take(&mut self.is_empty) {
            return self.close();
        }
        loop {
            let is_inside = !self.open.is_empty();
            match self.lexer.next()? {
                Token::Start(name) => return self.start(name).map(Item::Open),
                Token::End(name) if self.open.last() == Some(&name) => return self.close(),
                Token::Text(raw) if is_inside => return content(raw).map(Item::Text),
                Token::Literal(raw) if is_inside => return literal(raw).map(Item::Text),
                Token::Text(raw) if raw.trim_ascii().is_empty() => {}
                Token::Eof if !is_inside && self.has_root => return Ok(Item::End),
                _ => return Err(malformed()),
            }
        }
    }

    /// Takes the attributes of an element back; the next one needs their memory.
    pub(crate) fn recycle(&mut self, mut attributes: Vec<Attribute<'a>>) {
        attributes.clear();
        self.spare = attributes;
    }

    fn close(&mut self) -> Result<Item<'a>, SanitizeError> {
        self.open.pop().ok_or_else(malformed)?;
        self.is_closing = true;
        Ok(Item::Close)
    }

    fn start(&mut self, name: &'a str) -> Result<Element<'a>, SanitizeError> {
        if self.open.is_empty() && std::mem::replace(&mut self.has_root, true) {
            return Err(malformed());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(SanitizeError::LimitReached { what: "XML depth" });
        }
        self.open.push(name);
        self.read_attributes()?;
        self.is_empty = self.lexer.is_empty;
        let mut attributes = std::mem::take(&mut self.spare);
        let mut raw = std::mem::take(&mut self.raw);
        for (key, value) in raw.drain(..) {
            let (space, local) = match split(key) {
                Some((prefix, local)) => (self.resolve(prefix).ok_or_else(malformed)?, local),
                None => (Some(0), key),
            };
            if let Some(space) = space {
                attributes.push(Attribute { space, local, value });
            }
        }
        self.raw = raw;
        let (prefix, local) = split(name).unwrap_or(("", name));
        let space = self.resolve(prefix).ok_or_else(malformed)?;
        Ok(Element { space, local, attributes })
    }

    /// Reads attributes into `raw`; declarations of namespaces come into force.
    fn read_attributes(&mut self) -> Result<(), SanitizeError> {
        self.raw.clear();
        let mut count = 0_usize;
        let from = self.bindings.len();
        while let Some((key, raw)) = self.lexer.attribute()? {
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(SanitizeError::LimitReached { what: "XML attributes" });
            }
            let value = value(raw)?;
            let bound = if key == "xmlns" { Some("") } else { key.strip_prefix("xmlns:") };
            if let Some(prefix) = bound {
                if self.bindings.iter().skip(from).any(|(other, _, _)| *other == prefix) {
                    return Err(malformed());
                }
                self.bind(prefix, &value)?;
            } else if self.raw.iter().any(|(other, _)| *other == key) {
                return Err(malformed());
            } else {
                self.raw.push((key, value));
            }
        }
        Ok(())
    }

    fn bind(&mut self, prefix: &'a str, uri: &str) -> Result<(), SanitizeError> {
        if self.bindings.len() >= MAX_BINDINGS {
            return Err(SanitizeError::LimitReached { what: "XML namespaces" });
        }
        self.bindings.push((prefix, space::by_uri(uri), self.open.len()));
        self.remembered = [None; REMEMBERED];
        Ok(())
    }

    /// Declarations of the element that was closed end with it.
    fn unbind(&mut self) {
        while self.bindings.last().is_some_and(|(_, _, at)| *at > self.open.len()) {
            self.bindings.pop();
            self.remembered = [None; REMEMBERED];
        }
    }

    /// What `prefix` stands for here: unbound, bound to a namespace that is not written, or the namespace.
    fn resolve(&mut self, prefix: &str) -> Option<Option<SpaceId>> {
        if prefix.len() > 7 {
            return self.lookup(prefix);
        }
        // The one in front tells how long it is.
        let letters = prefix.bytes().fold(1, |letters, byte| letters << 8 | u64::from(byte));
        let at = usize::try_from((letters ^ letters >> 8) & 31).unwrap_or(0);
        if let Some((_, space)) = self.remembered.get(at)?.filter(|(known, _)| *known == letters) {
            return Some(space);
        }
        let space = self.lookup(prefix)?;
        if let Some(slot) = self.remembered.get_mut(at) {
            *slot = Some((letters, space));
        }
        Some(space)
    }

    /// As [`Self::resolve`], for a prefix that stands in a value.
    pub(crate) fn lookup(&self, prefix: &str) -> Option<Option<SpaceId>> {
        self.bindings.iter().rev().find(|(bound, _, _)| *bound == prefix).map(|(_, space, _)| *space)
    }
}

/// Prefix and local name.
fn split(name: &str) -> Option<(&str, &str)> {
    let at = name.bytes().position(|byte| byte == b':')?;
    let (prefix, local) = name.split_at_checked(at)?;
    Some((prefix, local.strip_prefix(':')?))
}
