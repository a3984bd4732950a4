//! The way from a file and the command line to a checked [`Config`].
//!
//! Refuses: unknown keys, values that do not fit, values that contradict each other; all mistakes are told at once.
//! Invariant: a [`Loaded`] exists only for a configuration without a mistake.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::Config;
use super::check;
use super::document::{Document, MAX_FAULTS, MAX_TEXT};
use super::fault::{self, Fault, Problem, Words};
use super::form::Form;
use super::places::Places;
use super::reference::{self, SECTIONS};
use crate::domain::{Domain, Language};

/// What the command line says; it wins over the file and is enough without one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// `store.data`
    pub data: Option<PathBuf>,
    /// `smtp.listen`; empty leaves the file's.
    pub smtp_listen: Vec<SocketAddr>,
    /// `deliver.next_hop`
    pub next_hop: Option<String>,
    /// `smtp.domains`, unchecked; empty leaves the file's.
    pub domains: Vec<String>,
    /// `sandbox.worker`
    pub worker: Option<PathBuf>,
}

/// What a host does, as far as the configuration has to provide for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Receives mail.
    pub receives: bool,
    /// Rebuilds it.
    pub processes: bool,
    /// Sends it on.
    pub sends: bool,
}

impl Work {
    /// Everything: a host that does all of it.
    pub const ALL: Self = Self { receives: true, processes: true, sends: true };
}

/// A configuration without a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Fault>,
    places: Places,
}

impl Loaded {
    /// The keys without which `work` cannot be done; `serve` refuses to start if there is one.
    #[must_use]
    pub fn missing_for(&self, work: Work) -> Vec<Fault> {
        check::missing_for(work, &self.config, &self.places)
    }

    /// The files and folders that the configuration names and that cannot be used, for `temizu check`.
    #[must_use]
    pub fn unusable_files(&self) -> Vec<Fault> {
        check::unusable_files(&self.config, &self.places)
    }

    /// Reads the rule files, in order, each with its name: what `RuleSet::parse` takes. Empty for the built-in preset.
    ///
    /// # Errors
    /// One fault per file that cannot be read.
    pub fn rule_texts(&self) -> Result<Vec<(String, String)>, ConfigErrors> {
        rule_texts(&self.config.rules.files, |problem| self.places.fault("rules.files", problem))
    }
}

/// A configuration with mistakes: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors {
    /// All of them, in the order of the file.
    pub faults: Vec<Fault>,
}

impl ConfigErrors {
    /// One line per mistake.
    #[must_use]
    pub fn render(&self, language: Language) -> String {
        self.faults.iter().map(|fault| fault.render(language) + "\n").collect()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Language::En).trim_end())
    }
}

impl std::error::Error for ConfigErrors {}

/// Reads `path`, if there is one, and puts `overrides` on top.
///
/// # Errors
/// All mistakes, in both languages.
pub fn load(path: Option<&Path>, overrides: &Overrides) -> Result<Loaded, ConfigErrors> {
    let Some(path) = path else { return parse("", "", overrides) };
    let file = path.display().to_string();
    match read(path) {
        Ok(text) => parse(&file, &text, overrides),
        Err(error) => {
            let problem = unreadable(path, &error);
            Err(ConfigErrors { faults: vec![Fault { source: file, position: None, key: String::new(), problem }] })
        }
    }
}

/// Reads rule files that no configuration names, in order, each with its name: what `RuleSet::parse` takes.
///
/// # Errors
/// One fault per file that cannot be read.
pub fn read_rules(files: &[PathBuf]) -> Result<Vec<(String, String)>, ConfigErrors> {
    rule_texts(files, |problem| Fault { source: String::new(), position: None, key: String::new(), problem })
}

/// Reads one more text file that a configuration or a command names, with its name.
///
/// # Errors
/// One fault if it cannot be read.
pub fn read_text(path: &Path) -> Result<(String, String), ConfigErrors> {
    let texts = read_rules(&[path.to_path_buf()])?;
    Ok(texts.into_iter().next().unwrap_or_default())
}

/// Checks `text`, which came from `file` (empty if there is none), and puts `overrides` on top.
///
/// # Errors
/// All mistakes, in both languages.
pub fn parse(file: &str, text: &str, overrides: &Overrides) -> Result<Loaded, ConfigErrors> {
    let document = Document::new(file, text);
    let table = document.parse().map_err(|faults| ConfigErrors { faults })?;
    let mut places = Places::new(file);
    let mut faults = Vec::new();
    check_table(&document, &table, &mut places, &mut faults);
    let mut config = Config::default();
    if faults.is_empty() {
        match toml::from_str(text) {
            Ok(read) => config = read,
            Err(error) => faults.push(document.fault(
                error.span().map_or(0, |span| span.start),
                "",
                fault::syntax(error.message()),
            )),
        }
    }
    override_with(overrides, &mut config, &mut places, &mut faults);
    if faults.is_empty() {
        faults.extend(check::contradictions(&config, &places));
    }
    faults.sort_by_key(|fault| fault.position);
    faults.truncate(MAX_FAULTS);
    if !faults.is_empty() {
        return Err(ConfigErrors { faults });
    }
    let warnings = check::warnings(&config, &places);
    Ok(Loaded { config, warnings, places })
}

fn check_table(document: &Document<'_>, table: &DeTable<'_>, places: &mut Places, faults: &mut Vec<Fault>) {
    for (name, value) in table {
        let section = SECTIONS.iter().find(|section| section.name == name.get_ref());
        match (section, value.get_ref().as_table()) {
            (Some(section), Some(keys)) => check_section(document, section.name, keys, places, faults),
            (Some(section), None) => {
                let form =
                    Words::new(format!("[{}] と書いてください", section.name), format!("write [{}]", section.name));
                let problem = fault::wrong_value(document.written(value), form);
                faults.push(document.fault(value.span().start, section.name, problem));
            }
            (None, _) => {
                let path = name.get_ref();
                faults.push(document.fault(name.span().start, fault::excerpt(path), unknown(path)));
            }
        }
    }
}

fn check_section(
    document: &Document<'_>,
    section: &str,
    keys: &DeTable<'_>,
    places: &mut Places,
    faults: &mut Vec<Fault>,
) {
    for (name, value) in keys {
        let path = format!("{section}.{}", name.get_ref());
        match reference::find(&path) {
            Some(key) => {
                places.put(key.path, document.position(name.span().start));
                key.form.check(document, key.path, value, faults);
            }
            None => faults.push(document.fault(name.span().start, fault::excerpt(&path), unknown(&path))),
        }
    }
}

/// An unknown path, with the keys or sections that may be meant.
fn unknown(path: &str) -> Problem {
    let sections: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
    let mut near = fault::nearest(path, sections.iter().copied());
    near.extend(reference::meant(path));
    fault::unknown_key(match path.split_once('.') {
        _ if !near.is_empty() => fault::did_you_mean(&near),
        Some((section, _)) => fault::one_of(&keys_in(section)),
        None => fault::one_of(&sections),
    })
}

fn keys_in(section: &str) -> Vec<&'static str> {
    let inside = |key: &&reference::Key| key.path.split_once('.').is_some_and(|(name, _)| name == section);
    reference::KEYS.iter().filter(inside).map(|key| key.path).collect()
}

fn override_with(overrides: &Overrides, config: &mut Config, places: &mut Places, faults: &mut Vec<Fault>) {
    let Overrides { data, smtp_listen, next_hop, domains, worker } = overrides;
    if let Some(data) = data {
        places.put_option("store.data", "--data");
        config.store.data.clone_from(data);
    }
    if let Some(worker) = worker {
        places.put_option("sandbox.worker", "--worker");
        config.sandbox.worker.clone_from(worker);
    }
    if !smtp_listen.is_empty() {
        places.put_option("smtp.listen", "--smtp-listen");
        config.smtp.listen.clone_from(smtp_listen);
    }
    if let Some(next_hop) = next_hop {
        places.put_option("deliver.next_hop", "--next-hop");
        if !super::form::is_host_port(next_hop) {
            faults.push(places.fault("deliver.next_hop", fault::wrong_value(next_hop, Form::HostPort.words())));
        }
        config.deliver.next_hop.clone_from(next_hop);
    }
    if !domains.is_empty() {
        places.put_option("smtp.domains", "--domain");
        config.smtp.domains.clear();
        for text in domains {
            match Domain::parse(text) {
                Ok(domain) => config.smtp.domains.push(domain),
                Err(_) => faults.push(places.fault("smtp.domains", fault::wrong_value(text, Form::Domain.words()))),
            }
        }
    }
}

fn rule_texts(files: &[PathBuf], fault: impl Fn(Problem) -> Fault) -> Result<Vec<(String, String)>, ConfigErrors> {
    let (mut texts, mut faults) = (Vec::new(), Vec::new());
    for path in files {
        match read(path) {
            Ok(text) => texts.push((path.display().to_string(), text)),
            Err(error) => faults.push(fault(unreadable(path, &error))),
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(ConfigErrors { faults }) }
}

/// The text of a file of at most [`MAX_TEXT`] bytes; one byte more is read, so that a longer one is noticed.
fn read(path: &Path) -> io::Result<String> {
    let limit = u64::try_from(MAX_TEXT).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "capped: `take` ends it one byte after MAX_TEXT")]
    File::open(path)?.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let path = path.display();
    let (ja, en) = match error.kind() {
        io::ErrorKind::NotFound => ("ファイルがありません", "no such file"),
        io::ErrorKind::PermissionDenied => ("読む権限がありません", "permission denied"),
        io::ErrorKind::InvalidData => ("UTF-8 の文字ではありません", "not UTF-8 text"),
        _ => ("読めません", "cannot be read"),
    };
    Problem {
        code: "unreadable_file",
        what: Words::new(format!("{path}: {ja}"), format!("{path}: {en}")),
        instead: Words::new(
            "パスと権限、文字コードを確かめてください",
            "check the path, its permissions and its encoding",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes, keys and lines of what is wrong with `text`.
    fn faults(text: &str) -> Vec<(&'static str, String, u32)> {
        let errors = parse("t.toml", text, &Overrides::default()).unwrap_err();
        let line = |fault: &Fault| fault.position.map_or(0, |position| position.line);
        errors.faults.iter().map(|fault| (fault.problem.code, fault.key.clone(), line(fault))).collect()
    }

    fn check(text: &str, expected: &[(&'static str, &str, u32)]) {
        let expected: Vec<_> = expected.iter().map(|(code, key, line)| (*code, (*key).to_owned(), *line)).collect();
        assert_eq!(faults(text), expected, "{text}");
    }

    #[test]
    fn nothing_at_all_is_a_configuration() {
        let loaded = load(None, &Overrides::default()).unwrap();
        assert_eq!(loaded.config, Config::default());
        let missing: Vec<String> = loaded.missing_for(Work::ALL).into_iter().map(|fault| fault.key).collect();
        assert_eq!(missing, ["smtp.listen", "smtp.domains", "deliver.next_hop"]);
    }

    #[test]
    fn the_command_line_alone_is_enough_and_wins_over_the_file() {
        let overrides = Overrides {
            data: Some("/data".into()),
            smtp_listen: vec!["127.0.0.1:2525".parse().unwrap()],
            next_hop: Some("[::1]:25".to_owned()),
            domains: vec!["City.Example.LG.JP".to_owned()],
            worker: Some("/w".into()),
        };
        let loaded = load(None, &overrides).unwrap();
        assert_eq!(loaded.missing_for(Work::ALL), []);
        assert_eq!(loaded.config.smtp.domains, [Domain::parse("city.example.lg.jp").unwrap()]);
        let file = "[deliver]\nnext_hop = \"other:25\"\n[smtp]\nmax_hops = 7\ndomains = [\"x.jp\"]\n";
        let both = parse("t", file, &overrides).unwrap().config;
        assert_eq!((both.deliver.next_hop.as_str(), both.smtp.max_hops), ("[::1]:25", 7));
        assert_eq!(both.smtp.domains, loaded.config.smtp.domains);
        assert_eq!((both.store.data, both.sandbox.worker), ("/data".into(), "/w".into()));
    }

    #[test]
    fn a_wrong_command_line_names_the_option() {
        let overrides = Overrides {
            next_hop: Some("mail".to_owned()),
            domains: vec!["ok.jp".to_owned(), "a b".to_owned()],
            ..Overrides::default()
        };
        let errors = load(None, &overrides).unwrap_err();
        let sources: Vec<&str> = errors.faults.iter().map(|fault| fault.source.as_str()).collect();
        assert_eq!(sources, ["--next-hop", "--domain"]);
    }

    #[test]
    fn several_mistakes_are_told_at_once_with_their_lines() {
        check(
            "[smtp]\nlistn = []\nmax_hops = 0\n\n[deliver]\nnext_hop = 25\nretry_minutes = [1, 0]\n[smpt]\n",
            &[
                ("unknown_key", "smtp.listn", 2),
                ("wrong_value", "smtp.max_hops", 3),
                ("wrong_value", "deliver.next_hop", 6),
                ("wrong_value", "deliver.retry_minutes", 7),
                ("unknown_key", "smpt", 8),
            ],
        );
    }

    #[test]
    fn a_key_in_the_wrong_section_is_answered_with_the_right_one() {
        let errors = parse("t", "next_hop = \"a:25\"\n[smtp]\ndays = 3\n", &Overrides::default()).unwrap_err();
        let instead: Vec<&str> = errors.faults.iter().map(|fault| fault.problem.instead.en.as_str()).collect();
        assert_eq!(instead, ["did you mean: deliver.next_hop", "did you mean: retention.days"]);
    }

    #[test]
    fn values_that_contradict_each_other_are_refused() {
        check("[smtp]\ntls_key = \"/k\"\n", &[("half_pair", "smtp.tls_key", 2)]);
        check("[smtp]\ntls_certificate = \"/k\"\n", &[("half_pair", "smtp.tls_certificate", 2)]);
        check("[smtp]\nmax_sessions = 5\n", &[("contradiction", "smtp.max_sessions_per_client", 0)]);
        check(
            "[smtp]\nlisten = [\"127.0.0.1:25\"]\n[deliver]\nnext_hop = \"127.0.0.1:25\"\n",
            &[("loop", "deliver.next_hop", 4)],
        );
        check(
            "[limits]\nmessage_bytes = 65536\nheader_bytes = 65537\n",
            &[("contradiction", "limits.header_bytes", 3)],
        );
        check("[smtp]\ndomains = [\"a.jp\", \"A.jp\"]\n", &[("repeated", "smtp.domains", 2)]);
        check("[deliver]\ntls = \"off\"\ntls_ca = \"/ca\"\n", &[("contradiction", "deliver.tls_ca", 3)]);
    }

    #[test]
    fn every_bound_and_every_word_that_a_form_allows_is_read() {
        for key in reference::KEYS {
            let values: Vec<String> = match key.form {
                Form::Integer { min, max } => vec![min.to_string(), max.to_string()],
                Form::Choice(words) => words.iter().map(|word| format!("\"{word}\"")).collect(),
                _ => vec![key.example.to_owned()],
            };
            let (section, leaf) = key.path.split_once('.').unwrap();
            for value in values {
                let codes = match parse("t", &format!("[{section}]\n{leaf} = {value}\n"), &Overrides::default()) {
                    Ok(_) => Vec::new(),
                    Err(errors) => errors.faults.iter().map(|fault| fault.problem.code).collect(),
                };
                assert!(
                    codes.iter().all(|code| matches!(*code, "half_pair" | "contradiction" | "missing")),
                    "{}: {codes:?}",
                    key.path
                );
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.toml");
        let errors = load(Some(&path), &Overrides::default()).unwrap_err();
        assert_eq!(errors.faults[0].problem.code, "unreadable_file");
        std::fs::write(&path, [0xFF, 0xFE]).unwrap();
        let errors = load(Some(&path), &Overrides::default()).unwrap_err();
        assert!(errors.render(Language::En).contains("not UTF-8"), "{errors}");
        std::fs::write(&path, "#".repeat(MAX_TEXT + 1)).unwrap();
        assert_eq!(load(Some(&path), &Overrides::default()).unwrap_err().faults[0].problem.code, "too_long");
    }

    #[test]
    fn rule_files_are_read_in_order_and_missing_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
        let text = format!("[rules]\nfiles = [{:?}, {:?}]\n", b.to_str().unwrap(), a.to_str().unwrap());
        std::fs::write(&a, "A").unwrap();
        let loaded = parse("t", &text, &Overrides::default()).unwrap();
        assert_eq!(loaded.rule_texts().unwrap_err().faults.len(), 1);
        assert_eq!(loaded.unusable_files().iter().filter(|fault| fault.key == "rules.files").count(), 1);
        std::fs::write(&b, "B").unwrap();
        let texts: Vec<String> = loaded.rule_texts().unwrap().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["B", "A"]);
        assert_eq!(read_rules(&[b, a]).unwrap(), loaded.rule_texts().unwrap());
        let errors = read_rules(&[folder.path().join("none")]).unwrap_err();
        assert!(errors.to_string().contains("no such file"), "{errors}");
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_text_it_is_read_or_refused_with_a_reason(text in "(\\[(smtp|deliver|x)\\]\n|(listen|tls|domains|max_hops) = (1|\"a\"|\\[\\]|\\[\"[::]:25\"\\])\n|.)*") {
            if let Err(errors) = parse("t", &text, &Overrides::default()) {
                proptest::prop_assert!(!errors.faults.is_empty() && errors.faults.len() <= MAX_FAULTS);
            }
        }
    }
}
