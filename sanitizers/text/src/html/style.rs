//! The style sheets of a body, read for the screen of a desktop in daylight.
//!
//! Refuses: rules over [`MAX_RULES`]; selectors that it cannot follow make colours unknown instead of hiding text, so
//! that in doubt text is shown. Invariant: all matching together takes at most [`MAX_WORK`] steps.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::declared::{Declared, Style};
use super::look::Attributes;
use super::tag::Tag;

/// Most rules that are kept.
const MAX_RULES: usize = 4000;
/// Most steps of matching for one body.
const MAX_WORK: u32 = 4_000_000;
/// Most classes of a compound; selectors with more of them are not followed.
const MAX_CLASSES: usize = 8;
/// Most bytes of a `class` or an `id` that are looked at.
const MAX_CLASS: usize = 512;
/// The assumed width of the reader's window in CSS pixels.
const WINDOW: f32 = 1000.0;
/// Parts of selectors that hold only for a while, for a piece or in another program.
const NEVER: [&str; 14] = [
    "hover",
    "active",
    "focus",
    "before",
    "after",
    "first-line",
    "first-letter",
    "selection",
    "placeholder",
    "-webkit-",
    "-moz-",
    "-ms-",
    "[data-ogs",
    "[owa]",
];

/// An element as selectors see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    /// Its name.
    pub(crate) tag: Tag,
    /// Its `class`.
    pub(crate) class: &'a str,
    /// Its `id`.
    pub(crate) id: &'a str,
}

impl<'a> Element<'a> {
    /// The element `tag` with these attributes.
    pub(crate) fn new(tag: Tag, attributes: &Attributes<'a>) -> Self {
        let start = |text: &'a str| text.get(..text.floor_char_boundary(MAX_CLASS)).unwrap_or_default();
        Self { tag, class: start(attributes.class), id: start(attributes.id) }
    }

    /// Steps that comparing with `compound` takes.
    fn cost(&self, compound: &Compound) -> u32 {
        let steps = (self.class.len() / 32).saturating_add(1).saturating_mul(compound.classes.len().saturating_add(1));
        u32::try_from(steps).unwrap_or(u32::MAX)
    }
}

/// One compound selector: `td.note#a`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Compound {
    tag: Option<Tag>,
    id: Option<String>,
    classes: Vec<String>,
    /// The next compound to the left must match the parent itself, not any ancestor.
    child: bool,
}

impl Compound {
    fn matches(&self, element: &Element<'_>) -> bool {
        self.tag.is_none_or(|tag| tag == element.tag)
            && self.id.as_deref().is_none_or(|id| id == element.id)
            && self.classes.iter().all(|wanted| element.class.split_ascii_whitespace().any(|class| class == wanted))
    }

    fn weight(&self) -> u32 {
        let classes = u32::try_from(self.classes.len()).unwrap_or(u32::MAX).saturating_mul(100);
        u32::from(self.id.is_some())
            .saturating_mul(10_000)
            .saturating_add(classes)
            .saturating_add(self.tag.is_some().into())
    }
}

#[derive(Debug)]
struct Rule {
    /// Rightmost first.
    compounds: Vec<Compound>,
    weight: u32,
    declared: Declared,
}

/// The rules of all style sheets of one body.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    rules: Vec<Rule>,
    /// Rules by the class, id or name of their rightmost compound; `""` for those without.
    by_key: BTreeMap<String, Vec<usize>>,
    by_tag: BTreeMap<usize, Vec<usize>>,
    work: Cell<u32>,
}

impl Sheet {
    /// Adds the rules of one `<style>`.
    pub(crate) fn add(&mut self, css: &str) {
        let css = without_comments(css);
        self.block(&css, 0);
    }

    fn block(&mut self, css: &str, depth: u8) {
        let mut rest = css;
        while let Some(open) = rest.find('{') {
            let (prelude, tail) = rest.split_at_checked(open).unwrap_or((rest, ""));
            let prelude = prelude.rsplit([';', '}']).next().unwrap_or_default().trim();
            let tail = tail.strip_prefix('{').unwrap_or_default();
            let (body, after) = tail.split_at_checked(block_end(tail)).unwrap_or((tail, ""));
            rest = after.strip_prefix('}').unwrap_or_default();
            if let Some(at_rule) = prelude.strip_prefix('@') {
                if depth == 0 && at_rule.strip_prefix("media").is_some_and(applies) {
                    self.block(body, 1);
                }
                continue;
            }
            let declared = Declared::of(body);
            if declared.is_silent() {
                continue;
            }
            for selector in prelude.split(',') {
                self.rule(selector, declared);
            }
        }
    }

    fn rule(&mut self, selector: &str, declared: Declared) {
        if self.rules.len() >= MAX_RULES || NEVER.iter().any(|never| selector.contains(never)) {
            return;
        }
        let (compounds, declared) = match compounds(selector) {
            Some(compounds) => (compounds, declared),
            None => (vec![last_compound(selector)], declared.doubted()),
        };
        let Some(first) = compounds.first().filter(|_| !declared.is_silent()) else { return };
        let weight = compounds.iter().fold(0u32, |sum, compound| sum.saturating_add(compound.weight()));
        let at = self.rules.len();
        match (first.classes.first(), &first.id, first.tag) {
            (Some(class), ..) => self.by_key.entry(format!(".{class}")).or_default().push(at),
            (None, Some(id), _) => self.by_key.entry(format!("#{id}")).or_default().push(at),
            (None, None, tag) => self.by_tag.entry(tag.map_or(usize::MAX, Tag::index)).or_default().push(at),
        }
        self.rules.push(Rule { compounds, weight, declared });
    }

    /// What the sheets say of `element` inside `ancestors` (outermost first).
    pub(crate) fn declared(&self, element: &Element<'_>, ancestors: &[Element<'_>]) -> Declared {
        let mut found = Vec::new();
        if self.rules.is_empty() {
            return Declared::default();
        }
        if self.work.get() >= MAX_WORK {
            return Declared { usual: Style::UNKNOWN, important: Style::default() };
        }
        let mut look_up = |candidates: Option<&Vec<usize>>| {
            for &at in candidates.into_iter().flatten() {
                if let Some(rule) = self.rules.get(at)
                    && self.work.get() < MAX_WORK
                    && self.matches(element, ancestors, &rule.compounds)
                {
                    found.push((rule.weight, at));
                }
            }
        };
        look_up(self.by_tag.get(&element.tag.index()));
        look_up(self.by_tag.get(&usize::MAX));
        if !self.by_key.is_empty() {
            let mut key = String::new();
            let classes = element.class.split_ascii_whitespace().map(|class| ('.', class)).take(32);
            for (mark, name) in classes.chain((!element.id.is_empty()).then_some(('#', element.id))) {
                key.clear();
                key.push(mark);
                key.push_str(name);
                look_up(self.by_key.get(&key));
            }
        }
        found.sort_unstable();
        found.dedup();
        let mut declared = Declared::default();
        for rule in found.iter().filter_map(|&(_, at)| self.rules.get(at)) {
            declared.usual = rule.declared.usual.over(declared.usual);
            declared.important = rule.declared.important.over(declared.important);
        }
        declared
    }

    fn matches(&self, element: &Element<'_>, ancestors: &[Element<'_>], compounds: &[Compound]) -> bool {
        let Some((first, mut rest)) = compounds.split_first() else { return false };
        let mut work = self.work.get().saturating_add(element.cost(first));
        let mut adjacent = first.child;
        let mut matched = first.matches(element);
        let mut outwards = ancestors.iter().rev();
        while matched && let Some((next, tail)) = rest.split_first() {
            let Some(ancestor) = outwards.next().filter(|_| work < MAX_WORK) else {
                matched = false;
                break;
            };
            work = work.saturating_add(ancestor.cost(next));
            if next.matches(ancestor) {
                adjacent = next.child;
                rest = tail;
            } else if adjacent {
                matched = false;
            }
        }
        self.work.set(work);
        matched
    }

    /// The style of an element with `hints` from its attributes and `own` declarations.
    pub(crate) fn style(&self, element: &Element<'_>, ancestors: &[Element<'_>], own: Declared, hints: Style) -> Style {
        let sheet = self.declared(element, ancestors);
        own.important.over(sheet.important).over(own.usual).over(sheet.usual).over(hints)
    }
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.replace("<!--", "").replace("-->", "")
}

/// Bytes before the brace that closes the block at the start of `css`.
fn block_end(css: &str) -> usize {
    let mut depth = 0usize;
    for (at, byte) in css.bytes().enumerate() {
        match byte {
            b'{' => depth = depth.saturating_add(1),
            b'}' if depth == 0 => return at,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    css.len()
}

/// True if a media query holds for a desktop window.
fn applies(query: &str) -> bool {
    query.split(',').any(|query| {
        let query = query.to_ascii_lowercase();
        query.split(" and ").all(|condition| {
            let condition = condition.trim().trim_start_matches("only ").trim_matches(['(', ')']).trim();
            match condition.split_once(':') {
                None => matches!(condition, "" | "all" | "screen"),
                Some((feature, value)) => {
                    let pixels = value.trim().trim_end_matches("px").trim().parse::<f32>();
                    match (feature.trim(), pixels) {
                        ("max-width" | "max-device-width", Ok(limit)) => limit >= WINDOW,
                        ("min-width" | "min-device-width", Ok(limit)) => limit <= WINDOW,
                        ("prefers-color-scheme", _) => value.trim() == "light",
                        _ => false,
                    }
                }
            }
        })
    })
}

/// The compounds of a selector, rightmost first; `None` if it holds anything else.
fn compounds(selector: &str) -> Option<Vec<Compound>> {
    let mut compounds: Vec<Compound> = Vec::new();
    let mut child = false;
    for word in selector.replace('>', " > ").split_ascii_whitespace() {
        if word == ">" {
            child = true;
            continue;
        }
        let mut compound = compound(word)?;
        compound.child = std::mem::take(&mut child);
        compounds.push(compound);
    }
    compounds.reverse();
    (!compounds.is_empty() && !child).then_some(compounds)
}

fn compound(word: &str) -> Option<Compound> {
    let mut compound = Compound::default();
    let word = word.trim_end_matches(":link").trim_end_matches(":visited").trim_end_matches(":any-link");
    let mut rest = word;
    let (name, tail) = rest.split_at_checked(rest.find(['.', '#', '[', ':']).unwrap_or(rest.len()))?;
    if !name.is_empty() && name != "*" {
        compound.tag = Some(Tag::of(name)).filter(|&tag| tag != Tag::Other);
        compound.tag?;
    }
    rest = tail;
    while let Some(kind) = rest.chars().next() {
        if compound.classes.len() >= MAX_CLASSES {
            return None;
        }
        let tail = rest.get(kind.len_utf8()..)?;
        let (value, after) = tail.split_at_checked(tail.find(['.', '#', '[', ':']).unwrap_or(tail.len()))?;
        match kind {
            '.' => compound.classes.push(value.to_owned()),
            '#' => compound.id = Some(value.to_owned()),
            // Old style sheets write classes so.
            '[' => {
                let class = value.strip_suffix(']')?.strip_prefix("class")?;
                let class = class.strip_prefix("~=").or_else(|| class.strip_prefix('='))?;
                compound.classes.push(class.trim_matches(['"', '\'']).to_owned());
            }
            _ => return None,
        }
        rest = after;
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let names = compound.classes.iter().chain(&compound.id);
    names.clone().all(|name| !name.is_empty() && name.chars().all(plain)).then_some(compound)
}

/// What can be said of the rightmost compound of a selector that nobody here can follow.
fn last_compound(selector: &str) -> Compound {
    let word = selector.rsplit([' ', '>', '+', '~']).next().unwrap_or_default();
    let simple = word.split([':', '[', '\\']).next().unwrap_or_default();
    compound(simple).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparing_classes_takes_steps_for_every_class_on_both_sides() {
        let mut sheet = Sheet::default();
        sheet.add(".a.b.c.d.e.f.g.z { color: red }");
        let class = format!("a b c d e f g {}", "x ".repeat(MAX_CLASS));
        let written = format!("class='{class}'");
        let element = Element::new(Tag::B, &Attributes::of(&written));
        let mut compared = 0u32;
        while sheet.declared(&element, &[]).usual.colour != Style::UNKNOWN.colour {
            compared += 1;
            // Eight classes beside 512 bytes; 32 bytes are a step.
            assert!(compared <= MAX_WORK / (8 * 512 / 32), "compared without end");
        }
        assert!(compared > 0);
    }

    #[test]
    fn a_compound_of_too_many_classes_makes_colours_unknown() {
        for (classes, followed) in [(MAX_CLASSES, true), (MAX_CLASSES + 1, false)] {
            let selector: String = (0..classes).map(|n| format!(".c{n}")).collect();
            assert_eq!(compounds(&selector).is_some(), followed);
            let mut sheet = Sheet::default();
            sheet.add(&format!("{selector} {{ color: #ffffff }}"));
            let class: String = (0..classes).map(|n| format!("c{n} ")).collect();
            let written = format!("class='{class}'");
            let declared = sheet.declared(&Element::new(Tag::B, &Attributes::of(&written)), &[]);
            assert_eq!(declared.usual.colour == Style::UNKNOWN.colour, !followed, "{classes}");
        }
    }
}
