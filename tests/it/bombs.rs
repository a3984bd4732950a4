//! Bombs: small files that are huge, deep or endless to whoever reads them, each before a confined worker.
//!
//! Every one ends with a reason that people see, or with a new file. That a worker is killed by its limit of memory, or
//! by the clock, is a defect: limits of its own must have stopped it before.

use std::path::PathBuf;

use serde::Deserialize;

use crate::support::tools::ask;
use crate::support::washing::wash;

const BOMBS: &str = include_str!("bombs/bombs.py");

#[derive(Debug, Deserialize)]
struct Bomb {
    name: String,
    path: PathBuf,
    /// True if nothing may come out.
    kept_back: bool,
}

#[test]
fn every_bomb_ends_with_a_reason_and_not_with_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let bombs: Vec<Bomb> = ask(BOMBS, &[folder.path()], &());
    let paths: Vec<PathBuf> = bombs.iter().map(|bomb| bomb.path.clone()).collect();
    let washed = wash(&paths, &folder.path().join("outputs"));
    let mut wrong = Vec::new();
    for (bomb, washed) in bombs.iter().zip(&washed) {
        let codes = washed.codes();
        let end = if washed.output.is_some() { "a new file" } else { "kept back" };
        println!("{}: {end} {codes:?}", bomb.name);
        if washed.broke() {
            wrong.push(format!("{}: {codes:?} {}", bomb.name, washed.report["why"]));
        }
        if washed.output.is_some() && bomb.kept_back {
            wrong.push(format!("{}: it came out: {codes:?}", bomb.name));
        }
        if codes.is_empty() && washed.output.is_none() {
            wrong.push(format!("{}: no reason", bomb.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} bombs: {wrong:#?}", wrong.len(), bombs.len());
}
