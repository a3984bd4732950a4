//! Many files through `temizu sanitize`: the standard rules, and a confined worker for each file.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use sha2::Digest as _;

use super::process::temizu;
use super::tools;

/// Collects files to wash.
const GATHER: &str = include_str!("../outside/gather.py");

/// Processes at a time.
const LANES: usize = 2;

/// What says that a worker did not answer for itself: a panic, a crash, or the clock.
const BROKEN: [&str; 2] = ["convert_failed", "convert_timeout"];

/// A machine with other work to do is no reason to fail: what is slow has limits of its own to meet.
const PATIENT: &str = "[sandbox]\nwall_clock_seconds = 300\n";

/// A file and where it came from.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    pub(crate) origin: String,
}

/// What became of a file.
#[derive(Debug)]
pub(crate) struct Washed {
    pub(crate) report: Value,
    /// The new file, if there is one.
    pub(crate) output: Option<PathBuf>,
}

impl Washed {
    /// Every reason and finding of the file as a whole.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let part = &self.report["parts"][0];
        let findings = [&self.report["findings"], &part["findings"]];
        let found = findings.into_iter().flat_map(|list| list.as_array().into_iter().flatten()).map(|one| &one["code"]);
        found.chain([&self.report["reason"], &part["reason"]]).filter_map(Value::as_str).collect()
    }

    /// True if a worker panicked, crashed or was killed.
    pub(crate) fn broke(&self) -> bool {
        self.report["why"].is_string() || self.codes().iter().any(|code| BROKEN.contains(code))
    }

    /// How often the report says `code`.
    pub(crate) fn told(&self, code: &str) -> u64 {
        let part = &self.report["parts"][0];
        let findings = [&self.report["findings"], &part["findings"]];
        let found = findings.into_iter().flat_map(|list| list.as_array().into_iter().flatten());
        let reasons = [&self.report["reason"], &part["reason"]].into_iter().filter(|reason| **reason == code).count();
        let counted: u64 = found.filter(|one| one["code"] == code).map(|one| one["count"].as_u64().unwrap_or(1)).sum();
        counted + u64::try_from(reasons).unwrap()
    }

    /// The bytes of the new file.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        self.output.as_ref().map(|path| std::fs::read(path).unwrap())
    }
}

/// The files of the samples, and of the corpus where it is there, those in mails too; copied into `folder`.
pub(crate) fn files(folder: &Path) -> Vec<Input> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let samples = root.join("samples");
    let beside = || root.join("../shared/corpus");
    let corpus = std::env::var_os("TEMIZU_CORPUS").map_or_else(beside, PathBuf::from);
    tools::ask(GATHER, &[folder, &samples, &corpus], &())
}

/// Writes every file anew into `folder`; what became of each, in their order.
pub(crate) fn wash(files: &[PathBuf], folder: &Path) -> Vec<Washed> {
    std::fs::create_dir_all(folder).unwrap();
    let config = folder.join("temizu.toml");
    std::fs::write(&config, PATIENT).unwrap();
    let lane = |number: usize| {
        let config = config.clone();
        let folder = folder.join(number.to_string());
        let files: Vec<&PathBuf> = files.iter().skip(number).step_by(LANES).collect();
        move || one_lane(&files, &folder, &config)
    };
    let mut lanes: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..LANES).map(|number| scope.spawn(lane(number))).collect();
        running.into_iter().map(|lane| lane.join().unwrap().into_iter()).collect()
    });
    (0..files.len()).map(|number| lanes[number % LANES].next().unwrap()).collect()
}

fn one_lane(files: &[&PathBuf], folder: &Path, config: &Path) -> Vec<Washed> {
    let mut washed = Vec::new();
    for files in files.chunks(200) {
        let output = temizu()
            .args(["sanitize", "--json", "--config"])
            .arg(config)
            .arg("-o")
            .arg(folder)
            .args(files)
            .output()
            .unwrap();
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        let reports: Vec<Value> =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said()));
        assert_eq!(reports.len(), files.len());
        washed.extend(reports.into_iter().map(|report| {
            let output = report["written"][0].as_str().map(PathBuf::from);
            Washed { report, output }
        }));
    }
    washed
}

/// What a file is, for choices that a new file does not change.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}
