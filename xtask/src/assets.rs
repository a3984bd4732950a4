//! What the web pages are made of and that is not ours: fetched from the npm registry into `target/assets`, once.
//!
//! Refuses: other versions and other bytes than `npm.txt` names; nothing of a package is unpacked before its digest was
//! found right, and nothing of it runs. Invariant: `embedded` is there only with every file in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};

use crate::run::{Failure, Outcome, root, run};

const REGISTRY: &str = "https://registry.npmjs.org";

/// Longest archive, in bytes; what we know is at most 6 MB.
const LONGEST: u64 = 32 << 20;

/// (package, file or folder in it, where it goes under `target/assets`). Rows with the same place are joined in this
/// order: htmx starts by itself as soon as it has run, and its extensions must be known by then.
const FILES: &[(&str, &str, &str)] = &[
    ("htmx.org", "dist/htmx.min.js", "embedded/htmx.js"),
    ("htmx.org", "dist/ext/hx-csp.min.js", "embedded/htmx.js"),
    ("htmx.org", "dist/ext/hx-sse.min.js", "embedded/htmx.js"),
    ("htmx.org", "LICENSE", "embedded/licences/htmx.org.txt"),
    ("@digital-go-jp/design-tokens", "dist/tokens.css", "embedded/tokens.css"),
    ("@digital-go-jp/design-tokens", "LICENSE", "embedded/licences/digital-go-jp-design-tokens.txt"),
    // Its addresses are relative (`./files/…`), so it needs no change to be served from a folder of ours.
    ("@fontsource-variable/noto-sans-jp", "index.css", "embedded/noto/noto-sans-jp.css"),
    ("@fontsource-variable/noto-sans-jp", "files", "embedded/noto/files"),
    ("@fontsource-variable/noto-sans-jp", "LICENSE", "embedded/licences/noto-sans-jp.txt"),
    ("axe-core", "axe.min.js", "tests/axe.min.js"),
    ("axe-core", "locales/ja.json", "tests/axe.ja.json"),
    ("axe-core", "LICENSE", "tests/axe.LICENSE"),
];

/// axe-core, which the tests of the pages run in the browser; there once [`install`] has run.
#[must_use]
pub fn axe() -> PathBuf {
    folder().join("tests/axe.min.js")
}

/// `src/web/assets.rs` names this folder too: it is fixed when the gateway is compiled, wherever cargo's target is.
fn folder() -> PathBuf {
    root().join("target/assets")
}

/// Fetches what `npm.txt` lists, where that was not done yet (seconds, from the npm registry).
///
/// An archive that lies in `target/assets/packages` already is not asked for again: that is how a machine without a
/// network is served.
///
/// # Errors
/// If there is no curl or no network, or if a package has another digest than `npm.txt` says.
pub fn install() -> Outcome {
    let list = fs::read_to_string(root().join("xtask/npm.txt"))?;
    let wanted = format!("{list}{FILES:?}\n");
    let (folder, made) = (folder(), folder().join("made-from"));
    if fs::read_to_string(&made).is_ok_and(|known| known == wanted) && FILES.iter().all(|it| folder.join(it.2).exists())
    {
        return Ok(());
    }
    println!("\n── what the pages are made of (once)");
    let packages = parse(&list)?;
    let scratch = folder.join(format!("new-{}", std::process::id()));
    let outcome = fill(&packages, &folder, &scratch).and_then(|()| replace(&scratch, &folder));
    drop(fs::remove_dir_all(&scratch));
    outcome.map_err(|failure| {
        Failure(format!(
            "{failure}\nthe web pages need the packages of xtask/npm.txt: curl, tar and a network that reaches the npm \
             registry are needed once (another registry: NPM_CONFIG_REGISTRY)"
        ))
    })?;
    told_to_cargo()?;
    fs::write(&made, wanted).map_err(Failure::from)
}

/// One line of `npm.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    name: String,
    version: String,
    /// SHA-512 of the archive, in base64.
    digest: String,
}

impl Package {
    /// As the registry names its archive: without the scope.
    fn archive(&self) -> String {
        let bare = self.name.rsplit('/').next().unwrap_or(&self.name);
        format!("{bare}-{}.tgz", self.version)
    }
}

fn parse(list: &str) -> Result<Vec<Package>, Failure> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [name, version, integrity] if integrity.starts_with("sha512-") => Ok(Package {
                name: (*name).to_owned(),
                version: (*version).to_owned(),
                digest: integrity.trim_start_matches("sha512-").to_owned(),
            }),
            _ => Err(Failure(format!("xtask/npm.txt: `{line}` is not a package, a version and a sha512 digest"))),
        })
        .collect()
}

fn fill(packages: &[Package], folder: &Path, scratch: &Path) -> Outcome {
    for package in packages {
        let archive = fetched(package, &folder.join("packages"))?;
        let unpacked = scratch.join("unpacked").join(&package.name);
        fs::create_dir_all(&unpacked)?;
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--gzip", "--no-same-owner", "--file"]).arg(&archive).arg("--directory").arg(&unpacked);
        run(&format!("{} {}", package.name, package.version), &mut tar)?;
        for (_, from, to) in FILES.iter().filter(|(of, ..)| *of == package.name) {
            put(&unpacked.join("package").join(from), &scratch.join(to))
                .map_err(|error| Failure(format!("{} has no usable {from}: {error}", package.name)))?;
        }
    }
    Ok(())
}

/// The archive of a package, with the bytes that `npm.txt` wants.
fn fetched(package: &Package, packages: &Path) -> Result<PathBuf, Failure> {
    fs::create_dir_all(packages)?;
    let archive = packages.join(package.archive());
    if is_wanted(&archive, package) {
        return Ok(archive);
    }
    let registry = std::env::var("NPM_CONFIG_REGISTRY").unwrap_or_else(|_| REGISTRY.to_owned());
    let address = format!("{}/{}/-/{}", registry.trim_end_matches('/'), package.name, package.archive());
    let arriving = packages.join(format!("{}.{}", package.archive(), std::process::id()));
    let mut curl = Command::new("curl");
    // `--disable`: no settings of the person who runs this.
    curl.args(["--disable", "--silent", "--show-error", "--fail", "--location", "--proto", "=https,http"]);
    curl.args(["--retry", "3", "--max-time", "300", "--max-filesize", &LONGEST.to_string(), "--output"]);
    // Not through `run`, which would show an address that may carry a secret of the registry.
    let status = curl.arg(&arriving).arg(&address).status().map_err(|error| Failure(format!("curl: {error}")))?;
    let outcome = if !status.success() {
        Err(Failure(format!("{} could not be fetched ({status})", package.archive())))
    } else if is_wanted(&arriving, package) {
        fs::rename(&arriving, &archive).map_err(Failure::from)
    } else {
        Err(Failure(format!("{} is not what xtask/npm.txt names: its digest differs", package.archive())))
    };
    drop(fs::remove_file(&arriving));
    outcome.map(|()| archive)
}

fn is_wanted(archive: &Path, package: &Package) -> bool {
    fs::read(archive).is_ok_and(|bytes| STANDARD.encode(Sha512::digest(bytes)) == package.digest)
}

/// Copies a file, or the files of a folder; joins to what is there already.
fn put(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            put(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut bytes = if to.exists() { fs::read(to)? } else { Vec::new() };
    if !bytes.is_empty() {
        bytes.extend_from_slice(b"\n;");
    }
    bytes.extend_from_slice(&fs::read(from)?);
    fs::write(to, bytes)
}

fn replace(scratch: &Path, folder: &Path) -> Outcome {
    for part in ["embedded", "tests"] {
        let place = folder.join(part);
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(scratch.join(part), place)?;
    }
    Ok(())
}

/// What is embedded is looked up when this file is compiled, and cargo does not know of files that were not there then.
fn told_to_cargo() -> Outcome {
    let source = fs::File::options().append(true).open(root().join("src/web/assets.rs"))?;
    source.set_modified(std::time::SystemTime::now())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(bytes: &[u8]) -> Package {
        let digest = STANDARD.encode(Sha512::digest(bytes));
        Package { name: "@somebody/something".to_owned(), version: "1.2.3".to_owned(), digest }
    }

    #[test]
    fn every_package_of_the_list_has_a_version_and_a_digest() {
        let list = fs::read_to_string(root().join("xtask/npm.txt")).unwrap();
        let packages = parse(&list).unwrap();
        let mut used: Vec<_> = FILES.iter().map(|(package, ..)| *package).collect();
        used.dedup();
        assert_eq!(packages.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), used);
        assert!(packages.iter().all(|it| STANDARD.decode(&it.digest).is_ok_and(|bytes| bytes.len() == 64)));
        assert!(packages.iter().all(|it| it.version.chars().all(|c| c.is_ascii_digit() || c == '.')));
    }

    #[test]
    fn a_line_without_a_sha512_digest_is_refused() {
        assert!(parse("htmx.org 4.0.1 sha1-oF7JgXhDW9U=").is_err());
        assert!(parse("htmx.org 4.0.1").is_err());
        assert_eq!(parse("# a remark\n\n").unwrap(), []);
    }

    #[test]
    fn an_archive_with_other_bytes_is_not_taken() {
        let path = std::env::temp_dir().join(format!("temizu-assets-{}.tgz", std::process::id()));
        fs::write(&path, b"what we know").unwrap();
        let (right, wrong) = (is_wanted(&path, &package(b"what we know")), is_wanted(&path, &package(b"another")));
        fs::remove_file(&path).unwrap();
        assert!(right);
        assert!(!wrong);
        assert!(!is_wanted(&path, &package(b"what we know")), "a file that is not there");
    }

    #[test]
    fn an_archive_is_named_without_the_scope_of_its_package() {
        assert_eq!(package(b"").archive(), "something-1.2.3.tgz");
    }
}
