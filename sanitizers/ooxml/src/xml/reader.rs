//! Events of an XML part with resolved namespaces.
//!
//! Refuses: document types, unknown entities, unbalanced mark-up, nesting over [`MAX_DEPTH`], more than 256 attributes
//! on an element. Comments and processing instructions are passed over. Invariant: every `Open` has its `Close`.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use sanitizer_api::SanitizeError;

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
    pub(crate) local: String,
    /// Attributes of namespaces that are written.
    pub(crate) attributes: Vec<Attribute<'a>>,
}

/// An attribute with its value unescaped.
#[derive(Debug)]
pub(crate) struct Attribute<'a> {
    /// Its namespace; 0 is none.
    pub(crate) space: SpaceId,
    /// Its name without prefix.
    pub(crate) local: String,
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

/// A reader over the text of one part.
pub(crate) struct Reader<'a> {
    inner: quick_xml::Reader<&'a [u8]>,
    /// Prefix, namespace, depth at which it was declared.
    bindings: Vec<(String, Option<SpaceId>, usize)>,
    depth: usize,
    closing: bool,
    has_root: bool,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut inner = quick_xml::Reader::from_str(text);
        inner.config_mut().expand_empty_elements = true;
        inner.config_mut().check_end_names = true;
        let bindings = vec![(String::new(), Some(0), 0), ("xml".to_owned(), space::by_prefix("xml"), 0)];
        Self { inner, bindings, depth: 0, closing: false, has_root: false }
    }

    /// The next event.
    ///
    /// # Errors
    /// [`SanitizeError`] as the module says.
    pub(crate) fn next(&mut self) -> Result<Item<'a>, SanitizeError> {
        if std::mem::take(&mut self.closing) {
            while self.bindings.last().is_some_and(|(_, _, at)| *at > self.depth) {
                self.bindings.pop();
            }
        }
        loop {
            match self.inner.read_event().map_err(|_| malformed())? {
                Event::Start(start) => return self.open(&start).map(Item::Open),
                Event::End(_) => {
                    self.depth = self.depth.checked_sub(1).ok_or_else(malformed)?;
                    self.closing = true;
                    return Ok(Item::Close);
                }
                Event::Text(text) if self.depth > 0 => return Ok(Item::Text(text.xml10_content())),
                Event::CData(text) if self.depth > 0 => return Ok(Item::Text(text.xml10_content())),
                Event::GeneralRef(reference) if self.depth > 0 => {
                    let character = reference.resolve_char_ref().map_err(|_| malformed())?;
                    let character = character.or_else(|| match reference.as_ref() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => None,
                    });
                    return Ok(Item::Text(Cow::Owned(character.ok_or_else(malformed)?.to_string())));
                }
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof if self.depth == 0 && self.has_root => return Ok(Item::End),
                _ => return Err(malformed()),
            }
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Element<'a>, SanitizeError> {
        if self.depth == 0 && std::mem::replace(&mut self.has_root, true) {
            return Err(malformed());
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SanitizeError::LimitReached { what: "XML depth" });
        }
        let mut raw = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed())?;
            if raw.len() >= MAX_ATTRIBUTES {
                return Err(SanitizeError::LimitReached { what: "XML attributes" });
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| malformed())?;
            match attribute.key.0 {
                "xmlns" => self.bind("", &value)?,
                key => match key.strip_prefix("xmlns:") {
                    Some(prefix) => self.bind(prefix, &value)?,
                    None => raw.push((key.to_owned(), value.into_owned())),
                },
            }
        }
        let mut attributes = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let (space, local) = match key.split_once(':') {
                Some((prefix, local)) => (self.resolve(prefix).ok_or_else(malformed)?, local.to_owned()),
                None => (Some(0), key),
            };
            if let Some(space) = space {
                attributes.push(Attribute { space, local, value: Cow::Owned(value) });
            }
        }
        let name = start.name().0;
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let space = self.resolve(prefix).ok_or_else(malformed)?;
        Ok(Element { space, local: local.to_owned(), attributes })
    }

    fn bind(&mut self, prefix: &str, uri: &str) -> Result<(), SanitizeError> {
        if self.bindings.len() >= MAX_BINDINGS {
            return Err(SanitizeError::LimitReached { what: "XML namespaces" });
        }
        self.bindings.push((prefix.to_owned(), space::by_uri(uri), self.depth));
        Ok(())
    }

    /// What `prefix` stands for here: unbound, bound to a namespace that is not written, or the namespace.
    pub(crate) fn resolve(&self, prefix: &str) -> Option<Option<SpaceId>> {
        self.bindings.iter().rev().find(|(bound, _, _)| bound == prefix).map(|(_, space, _)| *space)
    }
}
