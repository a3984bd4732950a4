//! Programs that the tests use and that are not ours: named, and installed where that can be done.
//!
//! Refuses to go on without one of them: a missing program is a failed run, never a skipped test.

use std::process::Command;

use crate::run::{Failure, Outcome, on_path, run};

/// (program or file, Debian package, what for)
const NEEDED: &[(&str, &str, &str)] = &[
    ("postfix", "postfix", "the two real mail servers around the gateway"),
    ("smtp-source", "postfix", "load"),
    ("python3", "python3", "a second parser for the mails we write"),
    ("curl", "curl", "fetching what the web pages are made of"),
    ("kill", "procps", "workers that die while they wait"),
    ("postgres", "postgresql", "a real database behind the scale-out store"),
    ("/usr/sbin/slapd", "slapd", "a real directory to sign in with"),
    ("setpriv", "util-linux", "a database server that refuses to be root"),
    ("7zz", "7zip", "a second reader of the archives we write"),
    ("exiftool", "libimage-exiftool-perl", "what is left in the pictures we write"),
    ("/usr/lib/libreoffice/program/libswlo.so", "libreoffice-writer-nogui", "opening the documents we write"),
    ("/usr/lib/libreoffice/program/libsclo.so", "libreoffice-calc-nogui", "opening the spreadsheets we write"),
    ("/usr/lib/libreoffice/program/libsdlo.so", "libreoffice-impress-nogui", "opening the slides we write"),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts-noto-cjk", "Japanese letters for LibreOffice"),
    ("chromium", "chromium", "the browser that the pages are tested in"),
    ("chromium", "chromium", "looking at the web pages"),
    ("pdfinfo", "poppler-utils", "counting the pages LibreOffice makes"),
];

/// What Debian takes out of Python; asked of Python itself, which need not be Debian's.
const VENV: (&str, &str, &str) = ("ensurepip of python3", "python3-venv", "the tools of xtask/python.txt");

/// Installs what is missing (Debian, root) or says how to.
pub(crate) fn install() -> Outcome {
    let venv = (!makes_venvs()).then_some(VENV);
    let missing: Vec<_> = NEEDED.iter().copied().filter(|(program, ..)| !installed(program)).chain(venv).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for (program, package, purpose) in &missing {
        println!("missing: {program} (package {package}): {purpose}");
    }
    let mut packages: Vec<&str> = missing.iter().map(|(_, package, _)| *package).collect();
    packages.dedup();
    let by_hand = format!("install them with: apt-get install --no-install-recommends {}", packages.join(" "));
    if !on_path("apt-get") || !is_root() {
        return Err(Failure(by_hand));
    }
    let guards = (PolicyGuard::set()?, NoCluster::set()?);
    let mut update = Command::new("apt-get");
    run("package lists", update.args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600"])
        .args(&packages);
    let outcome = run("packages", &mut install).map_err(|failure| Failure(format!("{failure}\n{by_hand}")));
    drop(guards);
    outcome
}

/// Debian puts the programs of a PostgreSQL server into a folder per version, which is on nobody's PATH.
fn installed(program: &str) -> bool {
    let versions = || std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    on_path(program) || (program == "postgres" && versions().any(|it| it.path().join("bin/postgres").is_file()))
}

fn makes_venvs() -> bool {
    Command::new("python3").args(["-I", "-c", "import ensurepip, venv"]).output().is_ok_and(|it| it.status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

/// Keeps packages from starting their daemons (public listeners) while they are installed.
struct PolicyGuard {
    ours: bool,
}

impl PolicyGuard {
    const PATH: &'static str = "/usr/sbin/policy-rc.d";

    fn set() -> Result<Self, Failure> {
        use std::os::unix::fs::PermissionsExt as _;
        if std::path::Path::new(Self::PATH).exists() {
            return Ok(Self { ours: false });
        }
        std::fs::write(Self::PATH, "#!/bin/sh\nexit 101\n")?;
        std::fs::set_permissions(Self::PATH, std::fs::Permissions::from_mode(0o755))?;
        Ok(Self { ours: true })
    }
}

impl Drop for PolicyGuard {
    fn drop(&mut self) {
        if self.ours && std::fs::remove_file(Self::PATH).is_err() {
            eprintln!("could not remove {}", Self::PATH);
        }
    }
}

/// Keeps Debian's PostgreSQL from making a database of its own on this machine: the tests make theirs.
struct NoCluster {
    ours: bool,
}

impl NoCluster {
    const FOLDER: &'static str = "/etc/postgresql-common/createcluster.d";
    const PATH: &'static str = "/etc/postgresql-common/createcluster.d/temizu-tests.conf";

    fn set() -> Result<Self, Failure> {
        if std::path::Path::new(Self::PATH).exists() {
            return Ok(Self { ours: false });
        }
        std::fs::create_dir_all(Self::FOLDER)?;
        std::fs::write(Self::PATH, "create_main_cluster = false\n")?;
        Ok(Self { ours: true })
    }
}

impl Drop for NoCluster {
    fn drop(&mut self) {
        if self.ours && std::fs::remove_file(Self::PATH).is_err() {
            eprintln!("could not remove {}", Self::PATH);
        }
    }
}
