//! Configurations and rules that must be refused, each for the right reason: `tests/bad-configs/NN-name/`.
//!
//! `expected.txt` holds every line people would read, in Japanese and in English. To write it anew, run with `UPDATE=1`
//! and read the difference.

use std::fs;
use std::path::{Path, PathBuf};

use temizu::config::fault::Fault;
use temizu::config::load::{self, Overrides};
use temizu::domain::Language;
use temizu::policy::RuleSet;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-configs")
}

/// What is wrong with the file in `case`; nothing if it is accepted.
fn faults(case: &Path) -> Vec<Fault> {
    let (config, rules) = (case.join("temizu.toml"), case.join("rules.toml"));
    if let Ok(text) = fs::read_to_string(&config) {
        return load::parse("temizu.toml", &text, &Overrides::default())
            .err()
            .map_or(Vec::new(), |errors| errors.faults);
    }
    let text = fs::read_to_string(&rules).expect("a case holds temizu.toml or rules.toml");
    RuleSet::parse(&[("rules.toml".to_owned(), text)]).err().map_or(Vec::new(), |errors| errors.faults)
}

fn rendered(faults: &[Fault]) -> String {
    let lines = |language| faults.iter().map(|fault| fault.render(language) + "\n").collect::<String>();
    format!("{}\n{}", lines(Language::Ja), lines(Language::En))
}

#[test]
fn every_bad_configuration_is_refused_for_the_expected_reason() {
    let mut cases: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 28, "only {} cases found", cases.len());
    for case in cases {
        let faults = faults(&case);
        assert!(!faults.is_empty(), "{} was accepted", case.display());
        let expected = case.join("expected.txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, rendered(&faults)).unwrap();
        }
        assert_eq!(rendered(&faults), fs::read_to_string(&expected).unwrap_or_default(), "{}", case.display());
    }
}

#[test]
fn every_fault_has_a_place_and_a_remedy() {
    for case in fs::read_dir(folder()).unwrap() {
        for fault in faults(&case.unwrap().path()) {
            assert!(fault.position.is_some(), "{fault}");
            for language in [Language::Ja, Language::En] {
                assert!(!fault.problem.what.text(language).is_empty(), "{fault}");
                assert!(!fault.problem.instead.text(language).is_empty(), "{fault}");
            }
        }
    }
}
