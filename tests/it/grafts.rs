//! Grafts: a clean file and the same file with one thing added that acts, leads out or hides must come out alike.
//!
//! The tables are in `grafts/`: one row a graft, with the word that the report must say of it. Where the outcome cannot
//! be the same bytes, as in archives that list what they lost, the row states it.

use std::path::PathBuf;

use serde::Deserialize;

use crate::support::tools::{ask, members};
use crate::support::washing::{Washed, wash};

const OFFICE: &str = include_str!("grafts/office.py");
const OTHERS: &str = include_str!("grafts/others.py");

/// One row.
#[derive(Debug, Deserialize)]
struct Graft {
    name: String,
    grafted: PathBuf,
    /// What the report says of it; none if there is nothing to say.
    code: Option<String>,
    /// The file without it.
    clean: Option<PathBuf>,
    /// The text that comes out.
    text: Option<String>,
    /// The members that come out.
    names: Option<Vec<String>>,
    /// Mark-up without content that may stay where the graft was.
    #[serde(default)]
    leaves: Vec<String>,
    /// True if nothing may come out.
    #[serde(default)]
    refused: bool,
}

/// What is wrong with what became of a graft; empty if nothing is.
fn judge(graft: &Graft, grafted: &Washed, clean: Option<&Washed>) -> Vec<String> {
    let mut wrong = Vec::new();
    let (bytes, codes) = (grafted.bytes(), grafted.codes());
    if bytes.is_none() != graft.refused {
        wrong.push(format!("{}: {codes:?}", if graft.refused { "something came out" } else { "nothing came out" }));
    }
    let alike = |clean: &Washed| match (clean.bytes(), &bytes) {
        (Some(clean), Some(bytes)) if !graft.leaves.is_empty() => {
            without(&graft.leaves, &clean) == without(&graft.leaves, bytes)
        }
        (clean, _) => clean == bytes,
    };
    if let Some(clean) = clean.filter(|clean| !alike(clean)) {
        wrong.push(format!("not the bytes of the clean file: {:?}, clean {:?}", codes, clean.codes()));
    }
    if let Some(code) = &graft.code
        && grafted.told(code) <= clean.map_or(0, |clean| clean.told(code))
    {
        wrong.push(format!("the report does not say {code}: {codes:?}"));
    }
    if let (Some(text), Some(bytes)) = (&graft.text, &bytes)
        && text.as_bytes() != bytes
    {
        wrong.push(format!("{:?} came out", String::from_utf8_lossy(bytes)));
    }
    if let (Some(names), Some(bytes)) = (&graft.names, &bytes) {
        let found: Vec<String> = members(bytes).into_iter().map(|(name, _)| name).collect();
        let (mut names, mut found) = (names.clone(), found);
        names.sort();
        found.sort();
        if names != found {
            wrong.push(format!("the archive has {found:?}"));
        }
    }
    wrong
}

/// The members of a document, without this mark-up.
fn without(leaves: &[String], document: &[u8]) -> Vec<(String, Vec<u8>)> {
    let cut = |content: Vec<u8>| match String::from_utf8(content) {
        Ok(text) => leaves.iter().fold(text, |text, leaf| text.replace(leaf, "")).into_bytes(),
        Err(other) => other.into_bytes(),
    };
    members(document).into_iter().map(|(name, content)| (name, cut(content))).collect()
}

fn check(table: &str) {
    let folder = tempfile::tempdir().unwrap();
    let grafts: Vec<Graft> = ask(table, &[folder.path()], &());
    let mut files: Vec<PathBuf> = grafts.iter().map(|graft| graft.grafted.clone()).collect();
    files.extend(grafts.iter().filter_map(|graft| graft.clean.clone()));
    files.sort();
    files.dedup();
    let washed = wash(&files, &folder.path().join("outputs"));
    let of = |path: &PathBuf| &washed[files.binary_search(path).unwrap()];
    let mut wrong = Vec::new();
    for graft in &grafts {
        let clean = graft.clean.as_ref().map(of);
        assert!(clean.is_none_or(|clean| clean.output.is_some()), "{}: the clean file is kept back", graft.name);
        let faults = judge(graft, of(&graft.grafted), clean);
        wrong.extend(faults.into_iter().map(|fault| format!("{}: {fault}", graft.name)));
    }
    assert!(wrong.is_empty(), "{} of {} grafts: {wrong:#?}", wrong.len(), grafts.len());
}

#[test]
fn a_document_with_a_graft_comes_out_as_the_document_without_it() {
    check(OFFICE);
}

#[test]
fn a_picture_text_or_archive_with_a_graft_comes_out_as_its_table_says() {
    check(OTHERS);
}
