//! What the styles of a body hide from its reader.
//!
//! Knows only the properties that hide (`display`, `visibility`, `font-size`, zero height with hidden overflow), read
//! for a screen of a desktop. Refuses: selectors with more than classes, names, ids and descent; their rules are skipped, so
//! that in doubt text is shown. Invariant: work is bounded by [`MAX_RULES`] per element.

use super::dom::{Tree, attribute};

/// Most rules that are kept.
const MAX_RULES: usize = 500;
/// The assumed width of the reader's window in CSS pixels.
const WINDOW: f32 = 1000.0;

/// What declarations say about being seen; `None` where they are silent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hiding {
    /// Not laid out at all.
    pub(crate) gone: Option<bool>,
    /// Laid out, but not painted; children may be.
    pub(crate) unseen: Option<bool>,
    /// Text of size zero; children may have another.
    pub(crate) tiny: Option<bool>,
}

impl Hiding {
    fn over(self, weaker: Self) -> Self {
        Self { gone: self.gone.or(weaker.gone), unseen: self.unseen.or(weaker.unseen), tiny: self.tiny.or(weaker.tiny) }
    }
}

/// Declarations split by importance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Declared {
    usual: Hiding,
    important: Hiding,
}

/// One compound selector: `td.note#a`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Compound {
    name: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
    /// The next compound to the left must match the parent itself, not any ancestor.
    child: bool,
}

#[derive(Debug)]
struct Rule {
    /// Rightmost first.
    compounds: Vec<Compound>,
    declared: Declared,
}

/// The rules of all style sheets of one body.
#[derive(Debug, Default)]
pub(crate) struct Sheet(Vec<Rule>);

impl Sheet {
    /// Adds the rules of one `<style>`.
    pub(crate) fn add(&mut self, css: &str) {
        let css = without_comments(css);
        self.block(&css, 0);
    }

    fn block(&mut self, css: &str, depth: u8) {
        let mut rest = css;
        while let Some(open) = rest.find('{') {
            let (prelude, tail) = rest.split_at(open);
            let prelude = prelude.rsplit([';', '}']).next().unwrap_or_default().trim();
            let tail = tail.strip_prefix('{').unwrap_or_default();
            let (body, after) = tail.split_at(block_end(tail));
            rest = after.strip_prefix('}').unwrap_or_default();
            if let Some(at_rule) = prelude.strip_prefix('@') {
                if depth == 0 && at_rule.strip_prefix("media").is_some_and(applies) {
                    self.block(body, 1);
                }
                continue;
            }
            let declared = declarations(body);
            if declared == Declared::default() {
                continue;
            }
            for selector in prelude.split(',') {
                if self.0.len() < MAX_RULES
                    && let Some(compounds) = compounds(selector)
                {
                    self.0.push(Rule { compounds, declared });
                }
            }
        }
    }

    /// What the sheet, the attributes and the place of `element` say about its being seen.
    pub(crate) fn hiding(&self, tree: &Tree, element: usize) -> Hiding {
        let Some((_, attributes)) = tree.element(element) else { return Hiding::default() };
        let mut declared = Declared::default();
        if attribute(attributes, "hidden").is_some() {
            declared.usual.gone = Some(true);
        }
        for rule in self.0.iter().filter(|rule| matches(tree, element, &rule.compounds)) {
            declared.usual = rule.declared.usual.over(declared.usual);
            declared.important = rule.declared.important.over(declared.important);
        }
        if let Some(style) = attribute(attributes, "style") {
            let own = declarations(style);
            declared.usual = own.usual.over(declared.usual);
            declared.important = own.important.over(declared.important);
        }
        declared.important.over(declared.usual)
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
                        _ => false,
                    }
                }
            }
        })
    })
}

fn declarations(body: &str) -> Declared {
    let mut declared = Declared::default();
    // Most style attributes say nothing about hiding: one look before any work.
    if !["display", "visibility", "font", "height"].iter().any(|word| contains_ignoring_case(body, word)) {
        return declared;
    }
    let (mut flat, mut clipped) = (false, false);
    for declaration in body.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let value = value.trim().to_ascii_lowercase();
        let (value, important) = match value.split_once('!') {
            Some((value, _)) => (value.trim(), true),
            None => (value.as_str(), false),
        };
        let target = if important { &mut declared.important } else { &mut declared.usual };
        match property.trim().to_ascii_lowercase().as_str() {
            "display" => target.gone = Some(value == "none"),
            "visibility" => target.unseen = Some(matches!(value, "hidden" | "collapse")),
            "font-size" => target.tiny = Some(is_zero(value)),
            "height" | "max-height" => flat |= is_zero(value),
            "overflow" => clipped |= value == "hidden",
            _ => {}
        }
    }
    if flat && clipped && declared.usual.gone.is_none() {
        declared.usual.gone = Some(true);
    }
    declared
}

fn contains_ignoring_case(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.parse::<f32>().is_ok_and(|number| number == 0.0)
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
    let mut rest = word;
    let name_end = rest.find(['.', '#']).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(name_end);
    if !name.is_empty() && name != "*" {
        compound.name = Some(name.to_ascii_lowercase());
    }
    rest = tail;
    while let Some(kind) = rest.chars().next() {
        let tail = rest.get(1..)?;
        let (value, after) = tail.split_at(tail.find(['.', '#']).unwrap_or(tail.len()));
        match kind {
            '.' => compound.classes.push(value.to_owned()),
            _ => compound.id = Some(value.to_owned()),
        }
        rest = after;
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '*');
    word.chars().all(plain).then_some(compound)
}

fn matches(tree: &Tree, element: usize, compounds: &[Compound]) -> bool {
    let Some((first, mut rest)) = compounds.split_first() else { return false };
    if !matches_one(tree, element, first) {
        return false;
    }
    let mut adjacent = first.child;
    let mut at = element;
    while let Some((next, tail)) = rest.split_first() {
        let Some(parent) = tree.node(at).and_then(|node| node.parent) else { return false };
        at = parent;
        if matches_one(tree, at, next) {
            adjacent = next.child;
            rest = tail;
        } else if adjacent {
            return false;
        }
    }
    true
}

fn matches_one(tree: &Tree, element: usize, compound: &Compound) -> bool {
    let Some((name, attributes)) = tree.element(element) else { return false };
    compound.name.as_deref().is_none_or(|wanted| wanted == &*name.local)
        && compound.id.as_deref().is_none_or(|wanted| attribute(attributes, "id") == Some(wanted))
        && (compound.classes.is_empty()
            || attribute(attributes, "class").is_some_and(|classes| {
                compound.classes.iter().all(|wanted| classes.split_ascii_whitespace().any(|class| class == wanted))
            }))
}
