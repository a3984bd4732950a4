//! The laws of every sanitizer, over every file there is: samples, and the corpus where it is there.
//!
//! No panic and no crash, within time and memory, the same bytes again, its own fixed point, the type it promised; and
//! of a file that is cut off an error or a clean output. Files go through confined workers, as in the gateway.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::washing::{Washed, files, wash};

/// Places at which one file is cut.
const CUTS: usize = 2;
/// Files that are cut: every so many, by their digests.
const CUT_EVERY: u8 = 3;

/// The types that a file of a promised extension may be detected as.
fn promised(extension: &str) -> &'static [&'static str] {
    match extension {
        "docx" => &["ooxml-word"],
        "xlsx" => &["ooxml-excel"],
        "pptx" => &["ooxml-powerpoint"],
        "jpg" | "jpeg" => &["jpeg"],
        "png" => &["png"],
        "tif" | "tiff" => &["tiff"],
        "gif" => &["gif"],
        "zip" => &["zip"],
        "ics" => &["ics"],
        "vcf" => &["vcf"],
        "csv" => &["csv", "text"],
        _ => &["text"],
    }
}

fn detected(washed: &Washed) -> &str {
    washed.report["parts"][0]["detected"].as_str().unwrap_or_default()
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|it| it.to_str()).unwrap_or_default()
}

/// Files for which a worker did not answer for itself.
fn broken(origins: &[String], washed: &[Washed]) -> Vec<String> {
    let told =
        |(origin, washed): (&String, &Washed)| format!("{origin}: {:?} {}", washed.codes(), washed.report["why"]);
    origins.iter().zip(washed).filter(|(_, washed)| washed.broke()).map(told).collect()
}

/// What is wrong with the outputs: they are washed again, and must stay as they are.
fn unstable(folder: &Path, origins: &[String], washed: &[Washed]) -> Vec<String> {
    let outputs: Vec<(&String, &PathBuf)> =
        origins.iter().zip(washed).filter_map(|(origin, washed)| Some((origin, washed.output.as_ref()?))).collect();
    let again = washed_again(&folder.join("again"), outputs.iter().map(|(_, path)| *path));
    let mut wrong = Vec::new();
    for ((origin, path), again) in outputs.iter().zip(&again) {
        if !promised(extension(path)).contains(&detected(again)) {
            wrong.push(format!("{origin}: {} is detected as {}", extension(path), detected(again)));
        }
        if again.bytes() != std::fs::read(path).ok() {
            wrong.push(format!("{origin}: another output of its output: {:?}", again.codes()));
        }
    }
    wrong
}

fn washed_again<'p>(folder: &Path, paths: impl Iterator<Item = &'p PathBuf>) -> Vec<Washed> {
    wash(&paths.cloned().collect::<Vec<_>>(), folder)
}

#[test]
fn every_sanitizer_keeps_the_laws_on_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("inputs");
    std::fs::create_dir(&inputs).unwrap();
    let inputs = files(&inputs);
    let origins: Vec<String> = inputs.iter().map(|input| input.origin.clone()).collect();
    let paths: Vec<PathBuf> = inputs.iter().map(|input| input.path.clone()).collect();
    let first = wash(&paths, &folder.path().join("first"));
    let mut wrong = broken(&origins, &first);
    wrong.extend(unstable(folder.path(), &origins, &first));

    let second = wash(&paths, &folder.path().join("second"));
    for ((origin, first), second) in origins.iter().zip(&first).zip(&second) {
        if first.bytes() != second.bytes() || first.codes() != second.codes() {
            wrong.push(format!("{origin}: another output of the same input"));
        }
    }
    let mut kinds = BTreeMap::<&str, (usize, usize)>::new();
    for washed in &first {
        let (files, outputs) = kinds.entry(detected(washed)).or_default();
        *files += 1;
        *outputs += usize::from(washed.output.is_some());
    }
    println!("files and outputs of each type: {kinds:#?}");
    assert!(wrong.is_empty(), "{} laws are broken: {wrong:#?}", wrong.len());
}

#[test]
fn a_file_that_is_cut_off_gives_an_error_or_a_clean_output() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    let (inputs, cuts) = (made("inputs"), made("cuts"));
    let (mut origins, mut paths) = (Vec::new(), Vec::new());
    for input in files(&inputs) {
        let bytes = std::fs::read(&input.path).unwrap();
        let digest = crate::support::washing::digest(&bytes);
        if !digest[0].is_multiple_of(CUT_EVERY) {
            continue;
        }
        for cut in 0..CUTS {
            let at = u64::from_be_bytes(digest[cut * 8 + 8..cut * 8 + 16].try_into().unwrap());
            let at = usize::try_from(at % u64::try_from(bytes.len()).unwrap()).unwrap();
            let name = input.path.file_name().unwrap().to_str().unwrap();
            paths.push(cuts.join(format!("{cut}-{name}")));
            origins.push(format!("{} cut at {at}", input.origin));
            std::fs::write(paths.last().unwrap(), &bytes[..at]).unwrap();
        }
    }
    let washed = wash(&paths, &folder.path().join("first"));
    let mut wrong = broken(&origins, &washed);
    wrong.extend(unstable(folder.path(), &origins, &washed));
    println!("{} files cut, {} outputs", paths.len(), washed.iter().filter(|one| one.output.is_some()).count());
    assert!(wrong.is_empty(), "{} laws are broken: {wrong:#?}", wrong.len());
}
