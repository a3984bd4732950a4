//! Documents of Office as Japanese offices write them (`cargo xtask samples --office`): through the real confined worker,
//! and read before and after by a program that is not ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xtask::samples::office::{self, Document};

use crate::support::process::temizu;

/// A reader of all three formats in nothing but Python's standard library.
const READER: &str = concat!(
    include_str!("office/read.py"),
    include_str!("office/word.py"),
    include_str!("office/sheet.py"),
    include_str!("office/slides.py")
);

/// How often each fact stands in a document.
type Facts = BTreeMap<String, usize>;

/// What one file says, and its elements.
#[derive(Debug, Default)]
struct Reading {
    facts: Facts,
    elements: BTreeSet<String>,
}

fn readings(folder: &Path) -> BTreeMap<String, Reading> {
    let output = Command::new("python3").args(["-I", "-c", READER]).arg(folder).output().unwrap();
    assert!(output.status.success(), "python3: {}", String::from_utf8_lossy(&output.stderr));
    let read: BTreeMap<String, BTreeMap<String, Vec<String>>> = serde_json::from_slice(&output.stdout).unwrap();
    let reading = |read: &BTreeMap<String, Vec<String>>| Reading {
        facts: counted(&read["facts"]),
        elements: read["elements"].iter().cloned().collect(),
    };
    read.iter().map(|(name, read)| (name.clone(), reading(read))).collect()
}

fn counted<'a>(facts: impl IntoIterator<Item = &'a String>) -> Facts {
    let mut counted = Facts::new();
    for fact in facts {
        *counted.entry(fact.clone()).or_default() += 1;
    }
    counted
}

/// Facts of `one` that `other` has not, or not as often.
fn missing(one: &Facts, other: &Facts) -> Vec<String> {
    let is_missing = |(fact, count): &(&String, &usize)| other.get(*fact).copied().unwrap_or(0) < **count;
    one.iter().filter(is_missing).map(|(fact, _)| fact.chars().take(300).collect()).collect()
}

/// What is wrong with what became of a document.
fn wrong(document: &Document, before: &Reading, after: &Reading) -> Vec<String> {
    let expected = &document.expected;
    let mut wrong = Vec::new();
    let mut tell = |what: &str, facts: Vec<String>| {
        wrong.extend(facts.into_iter().take(8).map(|fact| format!("{what}: {fact}")));
    };
    tell("not in the set", missing(&counted(expected.stays.iter().chain(&expected.goes)), &before.facts));
    let mut wanted = before.facts.clone();
    for fact in &expected.goes {
        *wanted.get_mut(fact).unwrap() -= 1;
    }
    for fact in &expected.comes {
        *wanted.entry(fact.clone()).or_default() += 1;
    }
    tell("lost", missing(&wanted, &after.facts));
    tell("won", missing(&after.facts, &wanted));
    // Where nothing has to go, no element and no attribute goes.
    if expected.goes.is_empty() {
        tell("lost element", before.elements.difference(&after.elements).cloned().collect());
        tell("won element", after.elements.difference(&before.elements).cloned().collect());
    }
    wrong
}

/// What was told of a document although nothing had to go, and of macros although there are some.
fn told_wrong(document: &Document, report: &Value) -> Option<String> {
    let findings = report["parts"].as_array()?.iter().filter_map(|part| part["findings"].as_array()).flatten();
    let mut told: BTreeSet<&str> = findings.filter_map(|finding| finding["code"].as_str()).collect();
    let has_macros = document.name.ends_with('m');
    if told.remove("macro_removed") != has_macros || !told.remove("document_rebuilt") {
        return Some(format!("told of macros or not of the document: {told:?}"));
    }
    told.remove("image_rebuilt");
    // Tags around text go without a word.
    let is_due = document.expected.goes.iter().any(|fact| !fact.starts_with("tag\t"));
    (told.is_empty() == is_due).then(|| format!("told {told:?}, which is due: {is_due}"))
}

#[test]
fn every_way_of_writing_documents_says_afterwards_what_it_said_before() {
    let documents = office::all();
    assert!(documents.len() >= 200, "the set is there: {}", documents.len());
    let (inputs, outputs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut files = Vec::new();
    for document in &documents {
        files.push(inputs.path().join(&document.name));
        std::fs::write(files.last().unwrap(), &document.bytes).unwrap();
    }
    let output = temizu().args(["sanitize", "--json", "-o"]).arg(outputs.path()).args(&files).output().unwrap();
    let reports: Vec<Value> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(reports.len(), documents.len());
    let (before, after) = (readings(inputs.path()), readings(outputs.path()));
    let mut failed = Vec::new();
    for (document, report) in documents.iter().zip(&reports) {
        assert!(report["file"].as_str().unwrap().ends_with(&document.name), "{report}");
        // The extension may be another one.
        let (stem, _) = document.name.rsplit_once('.').unwrap();
        let after = after.iter().find(|(name, _)| name.rsplit_once('.').unwrap().0 == stem);
        let mut wrong = after.map_or_else(
            || vec!["was not written".to_owned()],
            |(_, after)| wrong(document, &before[&document.name], after),
        );
        wrong.extend(told_wrong(document, report));
        if !wrong.is_empty() {
            failed.push(format!("{}: {}", document.name, wrong.join("\n  ")));
        }
    }
    let facts: usize = documents.iter().map(|document| before[&document.name].facts.values().sum::<usize>()).sum();
    println!("{} documents, {facts} facts", documents.len());
    assert!(failed.is_empty(), "{} of {} are wrong:\n{}", failed.len(), documents.len(), failed.join("\n"));
}
