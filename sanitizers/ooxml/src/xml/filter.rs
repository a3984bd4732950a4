//! The filter that writes one XML part anew: a vocabulary says what stays, a grammar what tables cannot say.
//!
//! Order for each element: its row (no row: it goes with its content), its attributes, then [`Grammar::open`]. Of
//! `mc:AlternateContent` the first choice that is understood stays (still marked as a choice), else the fallback.
//! Character data stays in rows made with [`super::table::text`] only.
//!
//! Refuses: another root than the vocabulary has. Invariant: every relationship id that is written was looked up.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sanitizer_api::{Code, SanitizeError};

use super::output::Output;
use super::reader::{Element, Item, Reader, malformed};
use super::space::{self, MC, SpaceId};
use super::table::{Act, Allowed, Entry, Value, Vocabulary, is_style, is_token};
use crate::report::Report;

/// What a relationship of the part being written leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goal {
    /// A part of this kind, which will be written.
    Part(&'static str),
    /// An address outside; never written.
    Outside(String),
}

/// What the grammars of parts that were written first leave for those behind them; one walk has one.
pub(crate) type Memory = BTreeMap<&'static str, BTreeSet<String>>;

/// Relationships of one part, by id.
pub(crate) type Goals = BTreeMap<String, Goal>;

/// What a grammar sees and may change besides the element at hand.
pub(crate) struct Scene<'a> {
    /// Relationships of this part.
    pub(crate) goals: &'a Goals,
    /// Ids that were written so far.
    pub(crate) used: BTreeSet<String>,
    /// Findings of the whole package.
    pub(crate) report: &'a mut Report,
    /// What other parts left, and this one leaves.
    pub(crate) memory: &'a mut Memory,
    /// What is written.
    pub(crate) out: Output,
    /// Names of the elements that are open in the output, outermost first.
    pub(crate) open: Vec<&'static str>,
}

impl Scene<'_> {
    /// The name of the element around the one at hand.
    pub(crate) fn parent(&self) -> &'static str {
        self.open.last().copied().unwrap_or_default()
    }
}

/// The head of an element that is about to be written.
#[derive(Debug)]
pub(crate) struct Tag<'a> {
    /// With the prefix of the tables. A grammar may give it another name of the same namespace.
    pub(crate) name: &'static str,
    attributes: Vec<(SpaceId, &'static str, Cow<'a, str>)>,
    /// The target of an attribute that names a relationship to the outside.
    pub(crate) outside: Option<String>,
}

impl Tag<'_> {
    /// The value of an attribute that will be written (its name as in the tables).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(_, found, _)| *found == name).map(|(_, _, value)| value.as_ref())
    }

    /// Takes an attribute away.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let count = self.attributes.len();
        self.attributes.retain(|(_, found, _)| *found != name);
        count != self.attributes.len()
    }

    /// Sets an attribute, at its place or behind the others.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        if let Some(found) = self.attributes.iter_mut().find(|(_, found, _)| *found == name) {
            found.2 = Cow::Owned(value);
        } else if let Some(space) = name.split_once(':').map_or(Some(0), |(prefix, _)| space::by_prefix(prefix)) {
            self.attributes.push((space, name, Cow::Owned(value)));
        }
    }
}

/// What a grammar decides about an element that its row keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is written.
    Keep,
    /// Its children stay in its place.
    Unwrap,
    /// It goes with its content.
    Drop,
}

/// What tables cannot say about one class of parts. One value lives as long as one part.
pub(crate) trait Grammar {
    /// The part `text` is about to be filtered; what must be known before its first element is learned here.
    ///
    /// # Errors
    /// [`SanitizeError`] if the part cannot stay and the package cannot do without it.
    fn begin(&mut self, _text: &str, _scene: &mut Scene<'_>) -> Result<(), SanitizeError> {
        Ok(())
    }

    /// An element that its row keeps is about to be written.
    fn open(&mut self, _tag: &mut Tag<'_>, _scene: &mut Scene<'_>) -> Step {
        Step::Keep
    }

    /// All character data of the element `name`, just before its end.
    fn text(&mut self, _name: &'static str, _text: &mut String, _scene: &mut Scene<'_>) {}

    /// The element `name` is about to end; the grammar may still write into it.
    fn closing(&mut self, _name: &'static str, _scene: &mut Scene<'_>) {}

    /// The element `name` that begins at `from` of the output was written.
    fn close(&mut self, _name: &'static str, _from: usize, _scene: &mut Scene<'_>) {}

    /// The part ends.
    fn end(&mut self, _scene: &mut Scene<'_>) {}
}

/// A grammar for parts whose table says it all.
pub(crate) struct Plain;

impl Grammar for Plain {}

/// One written part.
#[derive(Debug)]
pub(crate) struct Written {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// The ids of relationships that it uses.
    pub(crate) used: BTreeSet<String>,
}

enum Frame {
    Kept { name: &'static str, from: usize, text: Option<String> },
    Open,
    Skipped,
    Alternate { chosen: bool },
    Choice,
}

/// Writes the part `text` anew.
///
/// # Errors
/// [`SanitizeError`] if it is not whole, over a limit, or another class of part.
pub(crate) fn filter(
    text: &str,
    vocabulary: &Vocabulary,
    grammar: &mut dyn Grammar,
    goals: &Goals,
    report: &mut Report,
    memory: &mut Memory,
) -> Result<Written, SanitizeError> {
    let scene = Scene { goals, used: BTreeSet::new(), report, memory, out: Output::default(), open: Vec::new() };
    let (reader, frames) = (Reader::new(text), Vec::new());
    let mut filter = Filter { reader, vocabulary, grammar, scene, frames, attributes: Vec::new(), text: String::new() };
    filter.grammar.begin(text, &mut filter.scene)?;
    loop {
        match filter.reader.next()? {
            Item::Open(element) => {
                let frame = filter.open(element)?;
                filter.frames.push(frame);
            }
            Item::Close => filter.close(),
            Item::Text(text) => {
                if let Some(Frame::Kept { text: Some(kept), .. }) = filter.frames.last_mut() {
                    kept.push_str(&text);
                }
            }
            Item::End => break,
        }
    }
    filter.grammar.end(&mut filter.scene);
    filter.scene.out.check()?;
    let dropped = filter.scene.out.dropped;
    filter.scene.report.add_many(Code::ControlRemoved, dropped);
    Ok(Written { bytes: filter.scene.out.finish(), used: filter.scene.used })
}

struct Filter<'a, 'r> {
    reader: Reader<'a>,
    vocabulary: &'r Vocabulary,
    grammar: &'r mut dyn Grammar,
    scene: Scene<'r>,
    frames: Vec<Frame>,
    /// Attributes and character data of elements that were written; kept for their memory.
    attributes: Vec<(SpaceId, &'static str, Cow<'a, str>)>,
    text: String,
}

impl<'a> Filter<'a, '_> {
    fn open(&mut self, element: Element<'a>) -> Result<Frame, SanitizeError> {
        match self.frames.last() {
            Some(Frame::Skipped) => return Ok(Frame::Skipped),
            Some(Frame::Alternate { chosen }) => {
                let chosen = *chosen;
                return self.alternative(&element, chosen);
            }
            _ => {}
        }
        if element.is(MC, "AlternateContent") && !self.frames.is_empty() {
            return Ok(Frame::Alternate { chosen: false });
        }
        let entry = element.space.and_then(|space| self.vocabulary.entry(space, element.local).map(|e| (space, e)));
        if self.frames.is_empty() && !entry.is_some_and(|(_, entry)| self.vocabulary.is_root(entry.name)) {
            return Err(SanitizeError::Malformed { expected: "a part of its declared kind" });
        }
        let Some((space, entry)) = entry else { return Ok(Frame::Skipped) };
        match entry.act {
            Act::Drop(code) => {
                self.scene.report.add(code);
                Ok(Frame::Skipped)
            }
            Act::Unwrap => Ok(Frame::Open),
            Act::Keep | Act::Text => self.keep(space, entry, element),
        }
    }

    fn keep(&mut self, space: SpaceId, entry: &Entry, element: Element<'a>) -> Result<Frame, SanitizeError> {
        let Some(mut tag) = self.tag(entry, element) else { return Ok(Frame::Skipped) };
        match self.grammar.open(&mut tag, &mut self.scene) {
            // The root cannot go; its grammar has no say in that.
            Step::Drop if !self.frames.is_empty() => return Ok(Frame::Skipped),
            Step::Unwrap if !self.frames.is_empty() => return Ok(Frame::Open),
            _ => {}
        }
        let from = self.scene.out.place();
        self.scene.out.open(space, tag.name)?;
        for (space, name, value) in &tag.attributes {
            self.scene.out.attribute(*space, name, value);
            if name.starts_with("r:") {
                self.scene.used.insert(value.clone().into_owned());
            }
        }
        self.scene.open.push(tag.name);
        let name = tag.name;
        self.attributes = tag.attributes;
        self.attributes.clear();
        let text = (entry.act == Act::Text).then(|| std::mem::take(&mut self.text));
        Ok(Frame::Kept { name, from, text })
    }

    /// The head with its allowed attributes; nothing if the element goes with a relationship.
    fn tag(&mut self, entry: &Entry, mut element: Element<'a>) -> Option<Tag<'a>> {
        let mut tag = Tag { name: entry.name, attributes: std::mem::take(&mut self.attributes), outside: None };
        let mut needs = entry.needs;
        for attribute in element.attributes.drain(..) {
            let Some(allowed) = entry.attribute(attribute.space, attribute.local) else { continue };
            match self.value(allowed, &attribute.value) {
                Fit::Yes => {
                    needs = needs.filter(|name| *name != allowed.name);
                    tag.attributes.push((allowed.space, allowed.name, attribute.value));
                }
                Fit::As(value) => tag.attributes.push((allowed.space, allowed.name, Cow::Borrowed(value))),
                Fit::No => {}
                Fit::Outside(target) => tag.outside = Some(target),
            }
        }
        self.reader.recycle(element.attributes);
        needs.is_none().then_some(tag)
    }

    fn value(&self, allowed: &Allowed, value: &str) -> Fit {
        let fits = match allowed.value {
            Value::Token => is_token(value),
            Value::Text => true,
            Value::Style => is_style(value),
            // Names of namespaces are values too; Strict has its own.
            Value::OneOf(values) if values.contains(&value) => true,
            Value::OneOf(values) => {
                let strict = space::by_uri(value).and_then(space::get).map(|space| space.uri);
                if let Some(uri) = strict.filter(|uri| *uri != value && values.contains(uri)) {
                    return Fit::As(uri);
                }
                false
            }
            Value::Fixed(value) => return Fit::As(value),
            Value::Rel(kinds) | Value::NeedRel(kinds) => match self.scene.goals.get(value) {
                Some(Goal::Part(kind)) => kinds.contains(kind),
                Some(Goal::Outside(target)) => return Fit::Outside(target.clone()),
                None => false,
            },
            Value::Outside => match self.scene.goals.get(value) {
                Some(Goal::Outside(target)) => return Fit::Outside(target.clone()),
                _ => false,
            },
        };
        if fits { Fit::Yes } else { Fit::No }
    }

    /// A child of `mc:AlternateContent`.
    fn alternative(&mut self, element: &Element<'_>, chosen: bool) -> Result<Frame, SanitizeError> {
        if chosen {
            return Ok(Frame::Skipped);
        }
        if element.is(MC, "Fallback") {
            return Ok(Frame::Open);
        }
        let Some(required) = element.attribute("Requires").filter(|_| element.is(MC, "Choice")) else {
            return Ok(Frame::Skipped);
        };
        let mut prefixes = Vec::new();
        for prefix in required.split_ascii_whitespace() {
            let known = self.reader.lookup(prefix).flatten().and_then(space::get).map(|space| space.prefix);
            let Some(known) = known.filter(|known| self.vocabulary.understood.contains(known)) else {
                return Ok(Frame::Skipped);
            };
            prefixes.push(known);
        }
        if let Some(Frame::Alternate { chosen }) = self.frames.last_mut() {
            *chosen = true;
        }
        let mc = space::by_prefix(MC).unwrap_or(0);
        self.scene.out.open(mc, "mc:AlternateContent")?;
        self.scene.out.open(mc, "mc:Choice")?;
        self.scene.out.attribute(0, "Requires", &prefixes.join(" "));
        for prefix in prefixes {
            self.scene.out.uses(space::by_prefix(prefix).unwrap_or(0));
        }
        Ok(Frame::Choice)
    }

    fn close(&mut self) {
        match self.frames.pop() {
            Some(Frame::Kept { name, from, text }) => {
                if let Some(mut text) = text {
                    self.grammar.text(name, &mut text, &mut self.scene);
                    self.scene.out.text(&text);
                    text.clear();
                    self.text = text;
                }
                self.grammar.closing(name, &mut self.scene);
                self.scene.open.pop();
                self.scene.out.close(name);
                self.grammar.close(name, from, &mut self.scene);
            }
            Some(Frame::Choice) => {
                self.scene.out.close("mc:Choice");
                self.scene.out.close("mc:AlternateContent");
            }
            _ => {}
        }
    }
}

enum Fit {
    Yes,
    No,
    As(&'static str),
    Outside(String),
}

/// Reads the root and its direct children of a small part that is not written (relationships, content types).
///
/// # Errors
/// [`SanitizeError`] if it is not whole, or if its root is another.
pub(crate) fn rows<T>(
    text: &str,
    root: (&str, &str),
    limit: usize,
    mut take: impl FnMut(&Element<'_>) -> Option<T>,
) -> Result<Vec<T>, SanitizeError> {
    let mut reader = Reader::new(text);
    let (mut depth, mut found) = (0_usize, Vec::new());
    loop {
        match reader.next()? {
            Item::Open(element) => {
                if depth == 0 && !element.is(root.0, root.1) {
                    return Err(malformed());
                }
                if depth == 1 {
                    found.extend(take(&element));
                }
                if found.len() > limit {
                    return Err(SanitizeError::LimitReached { what: "relationships" });
                }
                depth += 1;
            }
            Item::Close => depth = depth.saturating_sub(1),
            Item::Text(_) => {}
            Item::End => return Ok(found),
        }
    }
}
