//! The rules of the house that a machine can check: who names whom, which side links what, how large a file may be.
//!
//! The table of modules is read from ARCHITECTURE.md, so that the page cannot drift from the code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Crates that touch the network, storage or keys: never in a worker.
const TRUSTED_ONLY: &[&str] = &[
    "tokio",
    "mio",
    "socket2",
    "rustls",
    "tokio-rustls",
    "ring",
    "lettre",
    "sqlx",
    "sqlx-core",
    "libsqlite3-sys",
    "age",
    "axum",
    "hyper",
    "clap",
    "temizu",
];

/// Crates that parse hostile bytes: never in the gateway. (encoding_rs is linked there by the reader of web forms, which
/// decodes field names with it; files that come with a form stay bytes.)
const HOSTILE_ONLY: &[&str] = &[
    "mail-parser",
    "html2text",
    "html5ever",
    "lzma-rust2",
    "infer",
    "chardetng",
    "zip",
    "bzip2",
    "deflate64",
    "delharc",
    "lzxd",
    "ppmd-rust",
    "rars",
    "ruzstd",
    "sevenz-rust2",
    "cfb",
    "image",
    "png",
    "tiff",
    "fax",
    "rqrr",
    "lopdf",
    "landlock",
    "seccompiler",
    "sanitizer-api",
    "sanitizer-archive",
    "sanitizer-calendar",
    "sanitizer-data",
    "sanitizer-image",
    "sanitizer-mail",
    "sanitizer-ooxml",
    "sanitizer-outlook",
    "sanitizer-text",
    "sanitizer-unlock",
    "sanitizer-detect",
    "sanitizer-japanese",
    "temizu-worker",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().unwrap() != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no source under {}", folder.display());
    files
}

/// The code of a file without its unit tests and its comments.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Module and what it may name, from the table under "Who may name whom".
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = page.split("### Who may name whom").nth(1).expect("ARCHITECTURE.md has the table of modules");
    let section = section.split("\n## ").next().unwrap().split("\n### ").next().unwrap();
    let mut table = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let names: BTreeSet<String> =
            cells[1].split(',').map(|name| name.trim().trim_matches('`').to_owned()).collect();
        for module in cells[0].split(',') {
            table.insert(module.trim().trim_matches('`').to_owned(), names.clone());
        }
    }
    table
}

/// The modules named by `crate::…` in a piece of code: `crate::a::b`, `crate::{a, b::c}`.
fn named(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(list) = rest.strip_prefix('{') {
            let (mut depth, mut item) = (0, String::new());
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        names.insert(std::mem::take(&mut item));
                        continue;
                    }
                    _ => {}
                }
                item.push(c);
            }
            names.insert(item);
        } else {
            names.insert(rest.to_owned());
        }
    }
    let ident = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    names.iter().map(|name| ident(name)).filter(|name| !name.is_empty()).collect()
}

#[test]
fn modules_name_only_what_their_layer_may_name() {
    let table = table();
    let source = root().join("src");
    let modules: BTreeSet<String> = std::fs::read_dir(&source)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(modules, table.keys().cloned().collect(), "ARCHITECTURE.md lists the modules of src/");
    let mut wrong = Vec::new();
    for (module, allowed) in &table {
        for file in rust_files(&source.join(module)) {
            for name in named(&code(&file)) {
                let known = modules.contains(&name);
                if known && name != *module && !allowed.contains(&name) && !allowed.contains("all") {
                    wrong.push(format!("{} names `{name}`", file.strip_prefix(root()).unwrap().display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// True if the code has the word `name`.
fn names_word(code: &str, name: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

#[test]
fn of_the_doors_only_review_is_handed_what_opens_originals() {
    let source = root().join("src");
    let review: Vec<String> = rust_files(&source.join("review")).iter().map(|file| code(file)).collect();
    assert!(review.iter().any(|code| names_word(code, "OriginalSource")), "this looks for the right word");
    let doors = code(&source.join("serve/doors.rs"));
    let (portal, rest) = doors.split_once("async fn start_review").expect("serve/doors.rs starts the review listener");
    let (review, shared) = rest.split_once("fn web(").expect("what both share comes after");
    assert!(review.contains(".source()"));
    for (what, code) in [("portal", portal), ("both", shared)] {
        for opens in [".source()", ".passwords()", ".trials()"] {
            assert!(!code.contains(opens), "the door of {what} is handed {opens}");
        }
    }
}

#[test]
fn the_internet_edge_and_the_lgwan_edge_cannot_name_an_original_to_read() {
    for (module, forbidden) in [
        ("smtp", &["OriginalSource", "Derivative", "Outbox", "Queue", "Rebuilder", "PartReader"][..]),
        ("deliver", &["OriginalSource", "OriginalSink", "Queue", "Rebuilder", "PartReader", "Facts"][..]),
        ("compose", &["OriginalSource", "OriginalSink", "PartReader", "Blob"][..]),
        ("pipeline", &["PartReader"][..]),
        ("store", &["PartReader"][..]),
        ("portal", &["OriginalSource", "HandOver", "Passwords", "Trials", "Queue", "Rebuilder", "PartReader"][..]),
        (
            "web",
            &["OriginalSource", "OriginalSink", "HandOver", "Passwords", "Trials", "Queue", "Rebuilder", "PartReader"]
                [..],
        ),
        ("identity", &["OriginalSource", "OriginalSink", "HandOver", "Passwords", "Trials", "Queue"][..]),
        ("review", &["OriginalSink", "Passwords", "Trials", "Queue", "Rebuilder", "Outbox"][..]),
    ] {
        for file in rust_files(&root().join("src").join(module)) {
            let code = code(&file);
            for name in forbidden {
                assert!(!names_word(&code, name), "{} names `{name}`", file.display());
            }
        }
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec().unwrap()
}

/// Everything a package links, without dev- and build-dependencies.
fn closure(metadata: &Metadata, package: &str) -> BTreeSet<String> {
    let graph = metadata.resolve.as_ref().unwrap();
    let name = |id: &PackageId| metadata[id].name.to_string();
    let first = metadata.packages.iter().find(|candidate| candidate.name.as_str() == package).unwrap();
    let mut open = vec![first.id.clone()];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let node = graph.nodes.iter().find(|node| node.id == id).unwrap();
        for dependency in &node.deps {
            if dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal) {
                open.push(dependency.pkg.clone());
            }
        }
    }
    seen.iter().map(name).collect()
}

#[test]
fn neither_side_links_the_crates_of_the_other() {
    let metadata = metadata();
    let worker = closure(&metadata, "temizu-worker");
    let gateway = closure(&metadata, "temizu");
    assert!(worker.contains("mail-parser") && gateway.contains("lettre"), "the closures were read");
    let wrong: Vec<_> = TRUSTED_ONLY.iter().filter(|name| worker.contains(**name)).collect();
    assert!(wrong.is_empty(), "the worker links {wrong:?}");
    let wrong: Vec<_> = HOSTILE_ONLY.iter().filter(|name| gateway.contains(**name)).collect();
    assert!(wrong.is_empty(), "the gateway links {wrong:?}");
}

#[test]
fn format_crates_name_no_other_format_crate() {
    let metadata = metadata();
    let shared = ["sanitizer-api", "sanitizer-japanese"];
    for package in metadata.workspace_packages() {
        let is_format = package.name.starts_with("sanitizer-")
            && !["sanitizer-api", "sanitizer-protocol", "sanitizer-japanese"].contains(&package.name.as_str());
        for dependency in package.dependencies.iter().filter(|dependency| is_format && dependency.path.is_some()) {
            assert!(shared.contains(&dependency.name.as_str()), "{} names {}", package.name, dependency.name);
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for package in metadata().workspace_packages() {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
    }
}

#[test]
fn no_file_outgrows_its_room_or_leaves_something_open() {
    let mut wrong = Vec::new();
    for folder in ["src", "sanitizers", "xtask", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            let shown = file.strip_prefix(root()).unwrap().display().to_string();
            let lines = text.split("\n#[cfg(test)]\nmod ").next().unwrap().lines().count();
            if lines > 600 {
                wrong.push(format!("{shown}: {lines} lines before its tests"));
            }
            if !text.starts_with("//!") {
                wrong.push(format!("{shown}: does not say what it is"));
            }
            for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ign", "ore"), concat!("todo", "!(")] {
                if text.contains(mark) {
                    wrong.push(format!("{shown}: {mark}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_path_named_in_architecture_exists() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut checked = 0;
    for word in page.split('`').skip(1).step_by(2) {
        let is_path = ["src/", "sanitizers/", "tests/", "config/", "docs/", "samples/", "xtask/", "fuzz/"]
            .iter()
            .any(|start| word.starts_with(start));
        if is_path && !word.contains(['*', '{', ' ', '<', 'N']) {
            checked += 1;
            assert!(root().join(word).exists(), "ARCHITECTURE.md names `{word}`");
        }
    }
    assert!(checked > 10, "the page names paths");
}

#[test]
fn the_fuzz_targets_are_all_listed_and_their_lock_file_fits() {
    let folder = root().join("fuzz");
    let listed = std::fs::read_to_string(root().join("xtask/src/fuzz.rs")).unwrap();
    let read =
        MetadataCommand::new().manifest_path(folder.join("Cargo.toml")).other_options(["--locked".to_owned()]).exec();
    let metadata = read.expect("fuzz/Cargo.lock fits: run `cargo update --workspace` in fuzz/");
    let package = metadata.workspace_packages().into_iter().find(|package| package.name.contains("fuzz")).unwrap();
    let bins: BTreeSet<_> = package.targets.iter().filter(|t| t.is_bin()).map(|t| t.name.clone()).collect();
    let files = rust_files(&folder.join("fuzz_targets"));
    assert_eq!(files.len(), bins.len());
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(bins.contains(&name) && listed.contains(&format!("(\"{name}\", ")), "{name} is listed");
    }
}
