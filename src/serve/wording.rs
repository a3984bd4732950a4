//! The site's own wording: from a TOML file to templates that were tried.
//!
//! Refuses: what is not one text per key, and whatever [`Phrases`] refuses. Invariant: every fault names its file and its
//! line.

use toml::Spanned;
use toml::de::DeValue;

use crate::compose::phrases::{PhraseFault, PhraseProblem};
use crate::compose::{Phrases, Site};
use crate::config::Config;
use crate::config::document::{Document, MAX_FAULTS};
use crate::config::fault::{self, Fault, Position, Problem, Words};
use crate::config::load::{self, ConfigErrors};
use crate::domain::Language;

/// The wording that a configuration names; none if it names none.
///
/// # Errors
/// All mistakes in the file, or one if it cannot be read.
pub fn phrases(config: &Config) -> Result<Phrases, ConfigErrors> {
    let Some(path) = &config.notice.template else { return Ok(Phrases::default()) };
    let (file, text) = load::read_text(path)?;
    parse(&file, &text, &super::site_without_wording(config))
}

/// Checks `text`, which came from `file`, by trying it at `site`.
///
/// # Errors
/// All mistakes.
pub fn parse(file: &str, text: &str, site: &Site) -> Result<Phrases, ConfigErrors> {
    let document = Document::new(file, text);
    let table = document.parse().map_err(|faults| ConfigErrors { faults })?;
    let (mut texts, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in &table {
        if let Some(text) = value.get_ref().as_str() {
            texts.push((name, value, text));
        } else {
            let words = Words::new("文字列を書いてください", "write a text in quotes");
            let problem = fault::wrong_value(document.written(value), words);
            faults.push(document.fault(value.span().start, fault::excerpt(name.get_ref()), problem));
        }
    }
    let wrong = match Phrases::new(texts.iter().map(|(name, _, text)| (&**name.get_ref(), *text)), site) {
        Ok(phrases) if faults.is_empty() => return Ok(phrases),
        Ok(_) => Vec::new(),
        Err(wrong) => wrong,
    };
    for one in wrong {
        let Some((name, value, _)) = texts.iter().find(|(name, ..)| *name.get_ref() == one.name) else { continue };
        let position = match one.problem {
            PhraseProblem::UnknownPlace => document.position(name.span().start),
            _ => position(&document, value, one.line),
        };
        faults.push(told(file, position, &one));
    }
    faults.sort_by_key(|fault| fault.position);
    faults.truncate(MAX_FAULTS);
    Err(ConfigErrors { faults })
}

/// Where a line of a value stands in the file.
fn position(document: &Document<'_>, value: &Spanned<DeValue<'_>>, line: usize) -> Position {
    let start = document.position(value.span().start);
    let written = document.written(value);
    if !written.contains('\n') {
        return start;
    }
    // A line end right after the opening quotes is not part of the text (TOML 1.0).
    let opens = |quotes: &str| written.strip_prefix(quotes).is_some_and(|rest| rest.starts_with(['\n', '\r']));
    let skipped = u32::from(opens("\"\"\"") || opens("'''"));
    let line = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
    Position { line: start.line.saturating_add(skipped).saturating_add(line), column: 1 }
}

fn told(file: &str, position: Position, fault: &PhraseFault) -> Fault {
    let problem = &fault.problem;
    Fault {
        source: file.to_owned(),
        position: Some(position),
        key: fault::excerpt(&fault.name),
        problem: Problem {
            code: problem.code(),
            what: Words::new(problem.what(Language::Ja), problem.what(Language::En)),
            instead: Words::new(problem.instead(Language::Ja), problem.instead(Language::En)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Site {
        super::super::site_without_wording(&Config::default())
    }

    fn faults(text: &str) -> Vec<(&'static str, String, u32)> {
        let errors = parse("notice.toml", text, &here()).unwrap_err();
        let place = |fault: &Fault| fault.position.map_or(0, |position| position.line);
        errors.faults.iter().map(|fault| (fault.problem.code, fault.key.clone(), place(fault))).collect()
    }

    #[test]
    fn mistakes_name_their_lines_in_the_file() {
        let text = "top = \"{{ x }}\"\n\nclosing = \"\"\"\nline 1\n{% if %}\n\"\"\"\ntpo = \"x\"\nkept = 3\n\
                    contact = '''a\nhttp://x'''\n";
        assert_eq!(
            faults(text),
            [
                ("unknown_variable", "top".to_owned(), 1),
                ("template_syntax", "closing".to_owned(), 5),
                ("unknown_place", "tpo".to_owned(), 7),
                ("wrong_value", "kept".to_owned(), 8),
                ("foreign_link", "contact".to_owned(), 10),
            ]
        );
        assert_eq!(faults("top = \n"), [("syntax", String::new(), 1)]);
    }

    #[test]
    fn an_empty_file_leaves_the_built_in_words() {
        assert_eq!(parse("notice.toml", "", &here()).unwrap(), Phrases::default());
    }
}
