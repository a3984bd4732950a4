//! What pages name must exist, and what they show must work.

use std::collections::BTreeSet;

use temizu::compose::phrases::{Place, VARIABLES};
use temizu::config::load::{Overrides, parse};
use temizu::config::reference::{KEYS, SECTIONS, find};
use temizu::domain::{Action, Event, Language, Reason, Stage, Status, TypeClass};
use temizu::identity::roster::Column;
use temizu::policy::RuleSet;

use super::markdown::{Outline, commands};
use super::{Page, pages, root};

/// Words of rule files and of JSON that pages explain and no table in the program lists.
const OTHER_WORDS: &[&str] = &[
    "reason_text",
    "open_with_found_passwords",
    "extension_only",
    "name_matches",
    "size_over",
    "size_under",
    "mail_finding",
    "message_size_limit",
    "relay_recipient_maps",
];

/// Errors of a command line that is an excerpt: something is left to fill in, nothing is wrong.
fn is_incomplete(error: &clap::Error) -> bool {
    use clap::error::ErrorKind::{
        DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion, MissingRequiredArgument,
        MissingSubcommand,
    };
    matches!(
        error.kind(),
        DisplayHelp
            | DisplayVersion
            | DisplayHelpOnMissingArgumentOrSubcommand
            | MissingRequiredArgument
            | MissingSubcommand
    )
}

fn parsed(words: &[String]) -> Result<(), clap::Error> {
    let line = std::iter::once("temizu").chain(words.iter().map(String::as_str));
    temizu::cli::grammar().try_get_matches_from(line).map(|_| ())
}

/// The manual in one language: name of the page, and its text.
fn manual(language: &str) -> Vec<Page> {
    pages(&root().join("docs").join(language))
}

/// Lines of shell blocks, with continued lines joined.
fn shell_lines(outline: &Outline<'_>) -> Vec<String> {
    let shell = outline.blocks.iter().filter(|block| matches!(block.language, "" | "sh" | "console"));
    let text: String = shell.flat_map(|block| block.lines.iter().flat_map(|line| [*line, "\n"])).collect();
    text.replace("\\\n", " ").lines().map(str::to_owned).collect()
}

#[test]
fn both_languages_have_the_same_pages_headings_and_commands() {
    let (ja, en) = (manual("ja"), manual("en"));
    let name = |page: &Page| page.path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(ja.iter().map(name).collect::<Vec<_>>(), en.iter().map(name).collect::<Vec<_>>());
    for (ja, en) in ja.iter().zip(&en) {
        let (one, other) = (Outline::of(&ja.text), Outline::of(&en.text));
        let shape = |outline: &Outline<'_>| -> Vec<(usize, String)> {
            let code = |heading: &str| super::markdown::spans(heading).collect::<Vec<_>>().join(" ");
            outline.headings.iter().map(|(level, heading)| (*level, code(heading))).collect()
        };
        assert_eq!(shape(&one), shape(&other), "{}: headings", en.path);
        let said = |outline: &Outline<'_>| -> Vec<Vec<String>> {
            shell_lines(outline).iter().flat_map(|line| commands(line).collect::<Vec<_>>()).collect()
        };
        assert_eq!(said(&one), said(&other), "{}: commands", en.path);
        let rows = |outline: &Outline<'_>| outline.prose.iter().filter(|line| line.starts_with('|')).count();
        assert_eq!(rows(&one), rows(&other), "{}: rows of tables", en.path);
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    for page in pages(&root()) {
        let folder = root().join(&page.path).parent().unwrap().to_path_buf();
        for link in Outline::of(&page.text).links() {
            let target = link.split('#').next().unwrap();
            let outside = target.contains("://") || target.starts_with("mailto:");
            assert!(outside || target.is_empty() || folder.join(target).exists(), "{}: {link}", page.path);
        }
    }
}

#[test]
fn every_command_is_one_that_the_program_takes() {
    let mut seen = 0;
    for page in pages(&root()) {
        let outline = Outline::of(&page.text);
        for line in shell_lines(&outline) {
            for words in commands(&line) {
                seen += 1;
                let result = parsed(&words);
                assert!(result.is_ok(), "{}: {line}: {}", page.path, result.unwrap_err());
            }
        }
        for span in outline.spans().filter(|span| span.starts_with("temizu ")) {
            for words in commands(span) {
                seen += 1;
                let result = parsed(&words);
                assert!(
                    result.as_ref().err().is_none_or(is_incomplete),
                    "{}: {span}: {}",
                    page.path,
                    result.unwrap_err()
                );
            }
        }
    }
    assert!(seen > 50, "only {seen} commands were found");
}

#[test]
fn every_configuration_key_exists() {
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let mut seen = 0;
    for page in pages(&root()) {
        for span in Outline::of(&page.text).spans() {
            let Some((section, key)) = span.split_once('.') else { continue };
            let is_key = SECTIONS.iter().any(|known| known.name == section) && is_word(key);
            if is_key && !matches!(key, "md" | "toml" | "rs") {
                seen += 1;
                assert!(find(span).is_some(), "{}: {span}", page.path);
            }
        }
    }
    assert!(seen > 20, "only {seen} keys were found");
}

#[test]
fn every_reason_code_and_every_other_name_of_the_program_exists() {
    let mut known: BTreeSet<&str> = OTHER_WORDS.iter().copied().collect();
    known.extend(Reason::ALL.iter().map(|reason| reason.code()));
    known.extend(Event::ALL.iter().map(|event| event.as_str()));
    known.extend(Stage::ALL.iter().map(|stage| stage.as_str()));
    known.extend(Status::ALL.iter().map(|status| status.as_str()));
    known.extend(TypeClass::ALL.iter().map(|class| class.as_str()));
    known.extend(KEYS.iter().filter_map(|key| key.path.split_once('.')).map(|(_, leaf)| leaf));
    known.extend(Place::ALL.iter().map(|place| place.name()).chain(VARIABLES.iter().map(|(name, ..)| *name)));
    known.extend(Column::ALL.iter().map(|column| column.head(Language::En)));
    let is_name = |span: &str| span.contains('_') && span.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    for page in manual("ja").iter().chain(&manual("en")) {
        for span in Outline::of(&page.text).spans().filter(|span| is_name(span)) {
            assert!(known.contains(span), "{}: `{span}` is no name of this program", page.path);
        }
    }
}

#[test]
fn every_stage_and_every_kind_of_action_is_explained() {
    for language in ["ja", "en"] {
        let explained = |page: &str, names: &[&str]| {
            let text = std::fs::read_to_string(root().join("docs").join(language).join(page)).unwrap();
            let spans: BTreeSet<&str> = Outline::of(&text).spans().collect();
            for name in names {
                assert!(spans.contains(name), "{language}/{page} does not explain `{name}`");
            }
        };
        let stages: Vec<&str> = Stage::ALL.iter().map(|stage| stage.as_str()).collect();
        let states: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        let actions: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
        let classes: Vec<&str> = TypeClass::ALL.iter().map(|class| class.as_str()).collect();
        let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        let events: Vec<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
        explained("operate.md", &stages);
        explained("operate.md", &states);
        explained("rules.md", &actions);
        explained("rules.md", &classes);
        explained("rules.md", &["body", "alternative", "attachment", "enclosed", "archive", "hold-mail"]);
        explained("quarantine.md", &reasons);
        explained("audit.md", &events);
    }
}

#[test]
fn every_rule_and_every_configuration_shown_works() {
    // Rules are tried in front of the built-in ones, and must leave the cases of those unharmed.
    let built_in = ("builtin:alpha".to_owned(), include_str!("../../../config/rules/alpha.toml").to_owned());
    let mut seen = 0;
    for page in pages(&root()) {
        for block in Outline::of(&page.text).blocks.iter().filter(|block| block.language == "toml") {
            let text = block.lines.join("\n");
            if text.contains("[[rule]]") {
                let shown = (page.path.clone(), text);
                let rules = RuleSet::parse(&[shown, built_in.clone()]).unwrap_or_else(|errors| panic!("{errors}"));
                let results = rules.run_tests(jiff::civil::date(2026, 11, 23));
                let failed: Vec<_> = results.into_iter().filter(|result| !result.passed).collect();
                assert_eq!(failed, [], "{}", page.path);
                seen += 1;
            } else {
                let loaded = parse(&page.path, &text, &Overrides::default());
                assert!(loaded.is_ok(), "{}", loaded.unwrap_err().render(Language::En));
            }
        }
    }
    assert!(seen > 10, "only {seen} rules were found");
}

#[test]
fn every_test_that_a_table_of_requirements_names_exists() {
    for (page, at_least) in [("design/通信経路の分割.md", 31), ("ja/accessibility.md", 12), ("en/accessibility.md", 12)]
    {
        let text = std::fs::read_to_string(root().join("docs").join(page)).unwrap();
        let outline = Outline::of(&text);
        let named: Vec<(&str, &str)> = outline.spans().filter_map(|span| span.split_once(".rs::")).collect();
        assert!(named.len() >= at_least, "{page}: only {} tests are named", named.len());
        for (file, test) in named {
            let source = std::fs::read_to_string(root().join(format!("{file}.rs"))).unwrap_or_default();
            assert!(source.contains(&format!("fn {test}(")), "{page}: {file}.rs::{test} does not exist");
        }
    }
}
