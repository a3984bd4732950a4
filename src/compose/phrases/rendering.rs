//! Templates at work: bounded, without anything to call, their output checked like everything else in a notice.
//!
//! Refuses: what breaks the rules of its place, however the template came to say it. Invariant: rendering ends after
//! [`FUEL`] steps, and the same template and facts give the same text.

use std::collections::BTreeMap;

use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::fault::PhraseProblem;
use super::place::{Place, Room, VARIABLES};
use crate::compose::looks::unmarked;
use crate::compose::text::{holds_encoded_word, inside_dashes, is_ruler, opens_file};
use crate::compose::{Site, notice, wording};
use crate::domain::Language;
use crate::domain::name::changes_reading;

/// Steps of one rendering.
const FUEL: u64 = 10_000;

/// Depth of one rendering.
const RECURSION: usize = 16;

/// Characters of what the engine says of a mistake.
const MAX_WHY: usize = 120;

/// A problem and its line within the text, from 1.
pub(super) type Trouble = (usize, PhraseProblem);

/// What a template may know of a mail: nothing that a sender wrote.
#[derive(Debug, Clone)]
pub(in crate::compose) struct Known<'a> {
    pub(in crate::compose) language: Language,
    pub(in crate::compose) reference: String,
    pub(in crate::compose) received: String,
    pub(in crate::compose) kept_until: String,
    /// One guarded line.
    pub(in crate::compose) contact: &'a str,
    pub(in crate::compose) portal: String,
    /// Attachments: all, in the mail, waiting, withheld.
    pub(in crate::compose) counts: [usize; 4],
}

impl Known<'_> {
    fn value(&self, variable: &str) -> Value {
        let [all, delivered, waiting, withheld] = self.counts;
        match variable {
            "language" => Value::from(if self.language == Language::Ja { "ja" } else { "en" }),
            "reference" => Value::from(self.reference.as_str()),
            "received" => Value::from(self.received.as_str()),
            "kept_until" => Value::from(self.kept_until.as_str()),
            "contact" => Value::from(self.contact),
            "portal" => Value::from(self.portal.as_str()),
            "attachments" => Value::from(all),
            "delivered" => Value::from(delivered),
            "waiting" => Value::from(waiting),
            "withheld" => Value::from(withheld),
            _ => Value::UNDEFINED,
        }
    }
}

/// Tries a template on made-up mails at this site, as they would be worded; gives one of the results.
pub(super) fn prove(place: Place, text: &str, site: &Site) -> Result<String, Trouble> {
    let contact = notice::contact(site);
    let mut rendered = String::new();
    for known in notice::trials(site, &contact) {
        rendered = render(place, text, &known, &site.portal_url)?;
    }
    Ok(rendered)
}

/// What a template says of a mail, if that may stand in its place.
pub(super) fn render(place: Place, text: &str, known: &Known<'_>, portal_url: &str) -> Result<String, Trouble> {
    // Nothing in it but what is put there: no loader, no filters, no functions.
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(RECURSION);
    let template = engine.template_from_str(text).map_err(|error| trouble(&error, PhraseProblem::Syntax))?;
    let variables = variables(place);
    let unknown = template.undeclared_variables(false).into_iter().filter(|name| !variables.contains(&name.as_str()));
    if let Some(name) = unknown.min() {
        let line = text.lines().position(|line| line.contains(&name)).unwrap_or_default().saturating_add(1);
        return Err((line, PhraseProblem::UnknownVariable(name.chars().take(MAX_WHY).collect(), place)));
    }
    let values: BTreeMap<&str, Value> = variables.iter().map(|name| (*name, known.value(name))).collect();
    let rendered = template.render(Value::from(values)).map_err(|error| {
        let no_such_thing = matches!(error.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest);
        trouble(&error, if no_such_thing { PhraseProblem::Syntax } else { PhraseProblem::Fails })
    })?;
    check(place, rendered.trim_matches(['\n', '\r']), portal_url)
}

fn variables(place: Place) -> Vec<&'static str> {
    let all = VARIABLES.iter().map(|(name, ..)| *name);
    if place.is_tag() { all.take(1).collect() } else { all.collect() }
}

fn trouble(error: &Error, problem: impl Fn(String) -> PhraseProblem) -> Trouble {
    let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let why = why.chars().filter(|c| !changes_reading(*c)).take(MAX_WHY).collect();
    (error.line().unwrap_or(1).max(1), problem(why))
}

fn check(place: Place, text: &str, portal_url: &str) -> Result<String, Trouble> {
    let Room { lines, width, may_be_empty } = place.room();
    if unmarked(text).is_empty() && !may_be_empty {
        return Err((1, PhraseProblem::Empty));
    }
    let mut kept = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end();
        let problem = if number > lines {
            PhraseProblem::TooManyLines(lines)
        } else if line.contains(changes_reading) {
            PhraseProblem::ControlCharacter
        } else if line.replace(portal_url, "").chars().count() > width {
            PhraseProblem::TooLong(width)
        } else if has_foreign_link(line, portal_url) {
            PhraseProblem::ForeignLink
        } else if is_ruler(line) || inside_dashes(line).is_some_and(wording::is_mark) || opens_file(line) {
            PhraseProblem::Imitation
        } else if place.is_in_header() && holds_encoded_word(line) {
            PhraseProblem::EncodedWord
        } else {
            kept.push_str(line);
            kept.push('\n');
            continue;
        };
        return Err((number, problem));
    }
    Ok(kept.trim_end_matches('\n').to_owned())
}

/// True if a mail program could make a link of something in `line` that is not an address of the portal.
fn has_foreign_link(line: &str, portal_url: &str) -> bool {
    let mut rest = line.to_owned();
    if !portal_url.is_empty() {
        let ends = |rest: &str| rest.chars().next().is_none_or(|c| !(c.is_ascii_alphanumeric() || "-._@:".contains(c)));
        let pieces: Vec<&str> = line.split(portal_url).collect();
        if pieces.iter().skip(1).all(|after| ends(after)) {
            rest = pieces.concat();
        }
    }
    let rest = rest.to_ascii_lowercase();
    ["://", "www.", "mailto:", "http:", "https:", "file:", "\\\\"].iter().any(|start| rest.contains(start))
}
