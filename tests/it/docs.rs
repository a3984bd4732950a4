//! The pages under `docs/`, held to the program: what they name exists, and both languages say the same.
//!
//! Reference pages are written from the types (`UPDATE=1` rewrites them). Invariant: no page is exempt; a page that has
//! nothing to check does not exist.

mod checks;
mod markdown;
mod references;

use std::path::{Path, PathBuf};

/// Folders that hold no page of ours.
const NOT_OURS: &[&str] = &["target", "vendor", ".git", "node_modules"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A page: its path from the root, and its text.
struct Page {
    path: String,
    text: String,
}

/// All Markdown files under `folder`, sorted.
fn pages(folder: &Path) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && !NOT_OURS.contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".md") {
                let text = std::fs::read_to_string(&path).unwrap();
                pages.push(Page { path: path.strip_prefix(root()).unwrap().display().to_string(), text });
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!pages.is_empty(), "no page under {}", folder.display());
    pages
}
