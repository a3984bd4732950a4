//! Python programs that the tests read our files with: a folder of their own under `target/`, made once.
//!
//! Refuses: other versions and other bytes than `python.txt` names. Invariant: [`interpreter`] exists only with all of
//! them installed, so that a test that finds it need not ask further.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Failure, Outcome, root, run, target};

/// Python with the programs of `python.txt`; there once `cargo xtask test` has run.
#[must_use]
pub fn interpreter() -> PathBuf {
    folder().join("bin/python")
}

fn folder() -> PathBuf {
    target().join("python")
}

/// Installs what `python.txt` lists, where that was not done yet (half a minute, from the Python Package Index).
///
/// # Errors
/// If there is no Python that makes such folders, or no network.
pub fn install() -> Outcome {
    let list = root().join("xtask/python.txt");
    let wanted = std::fs::read(&list)?;
    let (folder, made) = (folder(), folder().join("made-from"));
    if std::fs::read(&made).is_ok_and(|known| known == wanted) && answers(&interpreter()) {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let outcome = fill(&folder, &list);
    match outcome {
        Ok(()) => std::fs::write(&made, wanted).map_err(Failure::from),
        Err(failure) => {
            // Half of it would be taken for all.
            drop(std::fs::remove_dir_all(&folder));
            Err(Failure(format!(
                "{failure}\nthe tests read files with the Python programs of xtask/python.txt: python3 with venv and a \
                 network that reaches the Python Package Index are needed once"
            )))
        }
    }
}

fn fill(folder: &Path, list: &Path) -> Outcome {
    run("a folder for Python programs", Command::new("python3").args(["-I", "-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    // Wheels only: nothing of a package runs while it is installed.
    pip.args(["--only-binary", ":all:", "--require-hashes", "--requirement"]).arg(list);
    run("Python programs", &mut pip)
}

fn answers(interpreter: &Path) -> bool {
    let mut asked = Command::new(interpreter);
    asked.args(["-I", "-c", "import oletools, docx, openpyxl, pptx, PIL"]).output().is_ok_and(|it| it.status.success())
}
