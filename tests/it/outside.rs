//! What comes out, before programs that are not ours: readers of macros and links, strict loaders, unpackers, renderers.
//!
//! Files are those of the samples, and of the corpus where it is there. Rates are those of the roadmap's issue; every
//! file that counts against one is named when it is missed.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::support::tools::{ask, program};
use crate::support::washing::{Input, Washed, digest, files, wash};

/// Compares documents before and after.
const DOCUMENTS: &str = include_str!("outside/documents.py");

/// Loads each picture whole; says how large it is, or why not.
const PICTURES: &str = r#"
import json, sys
from PIL import Image
def load(path):
    try:
        with Image.open(path) as picture:
            for frame in range(getattr(picture, "n_frames", 1)):
                picture.seek(frame)
                picture.load()
            return list(picture.size)
    except Exception as error:
        return [type(error).__name__]
json.dump([load(path) for path in json.load(sys.stdin)], sys.stdout)
"#;

/// Names in each zip as Python's zipfile reads them, sorted; none if a member is damaged.
const NAMES: &str = r#"
import json, sys, zipfile
def names(path):
    with zipfile.ZipFile(path) as archive:
        return None if archive.testzip() else sorted(archive.namelist())
json.dump([names(path) for path in json.load(sys.stdin)], sys.stdout)
"#;

const WORD: [&str; 4] = ["docx", "docm", "dotx", "dotm"];
const SHEET: [&str; 4] = ["xlsx", "xlsm", "xltx", "xltm"];
const SLIDES: [&str; 6] = ["pptx", "pptm", "potx", "potm", "ppsx", "ppsm"];
const PICTURE: [&str; 8] = ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp"];

/// What `documents.py` says of one document.
#[derive(Debug, Deserialize)]
struct Seen {
    loads_before: bool,
    loads_after: bool,
    characters: u64,
    lost: u64,
    cells: u64,
    differing: u64,
    formulas: u64,
    flattened: u64,
    active: Vec<String>,
    samples: Value,
}

/// An input and what became of it.
struct Case {
    input: Input,
    washed: Washed,
}

/// Every input with one of these extensions, washed into a folder.
struct Batch {
    folder: tempfile::TempDir,
    cases: Vec<Case>,
}

fn extension(path: &Path) -> String {
    path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_lowercase()
}

impl Batch {
    fn of(wanted: impl Fn(&Path) -> bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inputs = folder.path().join("inputs");
        std::fs::create_dir(&inputs).unwrap();
        let inputs: Vec<Input> = files(&inputs).into_iter().filter(|input| wanted(&input.path)).collect();
        Self::washed(folder, inputs)
    }

    fn washed(folder: tempfile::TempDir, inputs: Vec<Input>) -> Self {
        let paths: Vec<PathBuf> = inputs.iter().map(|input| input.path.clone()).collect();
        let washed = wash(&paths, &folder.path().join("outputs"));
        let cases = inputs.into_iter().zip(washed).map(|(input, washed)| Case { input, washed }).collect();
        Self { folder, cases }
    }

    /// New files with one of these extensions, in a folder of their own, and where each came from.
    fn outputs(&self, extensions: &[&str]) -> Vec<(&Path, &Case)> {
        let with = |case| (Case::output(case), case);
        let outputs = self.cases.iter().map(with).filter_map(|(output, case)| Some((output?, case)));
        outputs.filter(|(output, _)| extensions.contains(&extension(output).as_str())).collect()
    }
}

impl Case {
    fn output(&self) -> Option<&Path> {
        self.washed.output.as_deref()
    }
}

fn is_document(path: &Path) -> bool {
    let extension = extension(path);
    [&WORD[..], &SHEET, &SLIDES].iter().any(|kind| kind.contains(&extension.as_str()))
}

/// `part` of `whole` in hundredths of a percent.
fn rate(part: u64, whole: u64) -> u64 {
    part.saturating_mul(10_000).checked_div(whole).unwrap_or(10_000)
}

#[test]
fn documents_lose_what_acts_and_nothing_else_before_other_peoples_readers() {
    let batch = Batch::of(is_document);
    let pairs: Vec<_> = batch.cases.iter().map(|case| (&case.input.path, case.output())).collect();
    let seen: Vec<Seen> = ask(DOCUMENTS, &[], &pairs);
    let all = || batch.cases.iter().zip(&seen);
    let loadable = || all().filter(|(_, seen)| seen.loads_before);
    let named = |of: &dyn Fn(&Case, &Seen) -> bool| -> Vec<String> {
        let these = loadable().filter(|(case, seen)| of(case, seen));
        these
            .map(|(case, seen)| format!("{} {:?} {:?}", case.input.origin, case.washed.codes(), seen.samples))
            .collect()
    };
    let active: Vec<_> = all().filter(|(_, seen)| !seen.active.is_empty()).collect();
    let active: Vec<_> = active.iter().map(|(case, seen)| (&case.input.origin, &seen.active)).collect();
    assert!(active.is_empty(), "{active:#?}");

    let kept_back = named(&|case, _| case.output().is_none());
    let unopened = named(&|case, seen| case.output().is_some() && !seen.loads_after);
    let changed = named(&|_, seen| seen.differing > 0);
    let poorer = named(&|_, seen| seen.lost > 0);
    let sum = |of: &dyn Fn(&Seen) -> u64| -> u64 { loadable().map(|(_, seen)| of(seen)).sum() };
    let count = |list: &[String]| u64::try_from(list.len()).unwrap();
    let documents = u64::try_from(loadable().count()).unwrap();
    let delivered = documents - count(&kept_back);
    println!(
        "{} documents, {documents} that load, {delivered} delivered, {} of them load; {} of {} characters lost; \
         {} of {} cells differ; {} of {} formulas are values now",
        batch.cases.len(),
        delivered - count(&unopened),
        sum(&|seen| seen.lost),
        sum(&|seen| seen.characters),
        sum(&|seen| seen.differing),
        sum(&|seen| seen.cells),
        sum(&|seen| seen.flattened),
        sum(&|seen| seen.formulas),
    );
    println!("kept back: {kept_back:#?}\nlost text: {poorer:#?}");
    assert!(documents > 0 && delivered > 0);
    assert!(rate(delivered, documents) >= 9_700, "kept back: {kept_back:#?}");
    assert!(rate(delivered - count(&unopened), delivered) >= 9_950, "do not open: {unopened:#?}");
    let text = sum(&|seen| seen.characters);
    assert!(rate(text - sum(&|seen| seen.lost), text) >= 9_990, "lost text: {poorer:#?}");
    assert_eq!(sum(&|seen| seen.differing), 0, "cells differ: {changed:#?}");
    drop(batch.folder);
}

#[test]
fn documents_and_archives_are_zips_that_7zip_lists_and_unpacks_alike() {
    let archives = ["zip", "7z", "rar", "lzh", "tar", "gz", "tgz", "cab"];
    let batch = Batch::of(|path| is_document(path) || archives.contains(&extension(path).as_str()));
    let outputs = batch.outputs(&["docx", "xlsx", "pptx", "zip"]);
    assert!(outputs.iter().any(|(path, _)| extension(path) == "zip"));
    let paths: Vec<&str> = outputs.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    let names: Vec<Option<Vec<String>>> = ask(NAMES, &[], &paths);
    for ((path, case), python) in outputs.iter().zip(names) {
        let origin = &case.input.origin;
        let path = path.to_str().unwrap();
        let tested = program("7zz", &["t", path]);
        let said = String::from_utf8_lossy(&tested.stdout);
        assert!(tested.status.success() && !said.contains("WARNING"), "{origin}: {said}");
        let listed = program("7zz", &["l", "-slt", "-ba", "-sccUTF-8", path]);
        let listed = String::from_utf8(listed.stdout).unwrap();
        let mut listed: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("Path = ")).collect();
        listed.sort_unstable();
        let python = python.unwrap_or_else(|| panic!("{origin} is damaged"));
        assert_eq!(listed, python, "{origin}");
    }
    println!("{} archives and documents", outputs.len());
}

#[test]
fn pictures_load_and_have_nothing_left_but_their_size() {
    let batch = Batch::of(|path| PICTURE.contains(&extension(path).as_str()));
    let outputs = batch.outputs(&PICTURE);
    assert!(!outputs.is_empty());
    let paths: Vec<&str> = outputs.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    let sizes: Vec<Vec<Value>> = ask(PICTURES, &[], &paths);
    for ((_, case), size) in outputs.iter().zip(sizes) {
        assert_eq!(size.len(), 2, "{} does not load: {size:?}", case.input.origin);
    }
    let arguments: Vec<&str> = ["-a", "-G1", "-s", "-j"].into_iter().chain(paths).collect();
    let said: Vec<serde_json::Map<String, Value>> =
        serde_json::from_slice(&program("exiftool", &arguments).stdout).unwrap();
    assert_eq!(said.len(), outputs.len());
    for (picture, (_, case)) in said.iter().zip(&outputs) {
        let told: Vec<_> = picture.keys().filter(|key| !is_dimension(key)).collect();
        assert!(told.is_empty(), "{}: {told:?}", case.input.origin);
    }
    println!("{} pictures", outputs.len());
}

/// Tags of exiftool that tell of the file on this disk, or of the form of its pixels.
fn is_dimension(tag: &str) -> bool {
    const FORM: [&str; 20] = [
        "ImageWidth",
        "ImageHeight",
        "BitDepth",
        "ColorType",
        "Compression",
        "Filter",
        "Interlace",
        "Palette",
        "Transparency",
        "BitsPerSample",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "StripOffsets",
        "StripByteCounts",
        "RowsPerStrip",
        "Predictor",
        "JFIFVersion",
        "ResolutionUnit",
        "XResolution",
        "YResolution",
    ];
    match tag.split_once(':').unwrap_or(("", tag)) {
        ("" | "System" | "Composite", _) | ("ExifTool", "ExifToolVersion") => true,
        ("File", name) => name != "Comment",
        ("PNG" | "JFIF" | "IFD0" | "IFD1", name) => FORM.contains(&name),
        _ => false,
    }
}

/// Documents of each kind that LibreOffice turns into pages; all of them would take minutes.
const RENDERED: usize = 12;

#[test]
fn libreoffice_opens_documents_and_makes_pages_of_them() {
    let out = tempfile::tempdir().unwrap();
    let mut rendered = Vec::new();
    for (kind, output) in [(&WORD[..], "docx"), (&SHEET, "xlsx"), (&SLIDES, "pptx")] {
        let folder = tempfile::tempdir().unwrap();
        let mut inputs = files(folder.path());
        inputs.retain(|input| kind.contains(&extension(&input.path).as_str()));
        // By what they are, so that a new file changes little in the choice.
        inputs.sort_by_key(|input| digest(&std::fs::read(&input.path).unwrap()));
        inputs.truncate(RENDERED * 2);
        let batch = Batch::washed(folder, inputs);
        let outputs = batch.outputs(&[output]);
        assert!(!outputs.is_empty());
        for (path, case) in outputs.into_iter().take(RENDERED) {
            std::fs::copy(path, out.path().join(format!("{:02}.{output}", rendered.len()))).unwrap();
            rendered.push(case.input.origin.clone());
        }
    }
    let pages = render(out.path(), rendered.len());
    let empty: Vec<_> = rendered.iter().zip(&pages).filter(|(_, pages)| **pages == 0).collect();
    println!("{} documents, {} pages", rendered.len(), pages.iter().sum::<usize>());
    assert!(empty.is_empty(), "no page is made of them: {empty:#?}");
}

/// Number of pages that LibreOffice makes of each file of a folder, 0 if it makes none; one process for all of them.
fn render(folder: &Path, count: usize) -> Vec<usize> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let folder = folder.to_str().unwrap();
    // A document that it cannot open is told of; one that it never finishes with ends the run.
    let mut arguments = vec!["--kill-after=5", "300", "soffice", &profile];
    arguments.extend(["--headless", "--norestore", "--convert-to", "pdf", "--outdir", folder]);
    arguments.extend(files.iter().map(|path| path.to_str().unwrap()));
    let said = program("timeout", &arguments);
    assert!(said.status.success(), "{} {}", said.status, String::from_utf8_lossy(&said.stderr));
    let pages = |number| {
        let said = program("pdfinfo", &[&format!("{folder}/{number:02}.pdf")]).stdout;
        let said = String::from_utf8_lossy(&said).into_owned();
        said.lines().find_map(|line| line.strip_prefix("Pages:")?.trim().parse().ok()).unwrap_or(0)
    };
    (0..count).map(pages).collect()
}
