//! Files of the folder that `temizu migrate --roles` writes: passwords that nobody has seen, and policies.
//!
//! Refuses: a folder that others may look into. Invariants: a password is in its file, synced, before the database
//! knows it; the file of a password in force is replaced only after that; no password is in a message.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::cli::trouble::{CANNOT_CREATE, OS, Trouble};

/// The folder.
pub(super) struct Folder(PathBuf);

/// Passwords in files that are not in force yet; the files go if this is dropped before [`Self::keep`].
#[derive(Default)]
pub(super) struct Pending(Vec<(PathBuf, PathBuf)>);

impl Folder {
    /// Makes the folder, for its owner only.
    pub(super) fn make(path: &Path) -> Result<Self, Trouble> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| refused(path, &error))?;
        let mode = fs::metadata(path).map_err(|error| refused(path, &error))?.permissions().mode();
        if mode & 0o077 != 0 {
            let name = path.display();
            return Err(Trouble::new(
                CANNOT_CREATE,
                format!(
                    "フォルダ {name} をほかの人が見られます。chmod 700 を実行するか、--out で別のフォルダを示してください"
                ),
                format!("the folder {name} is open to others; chmod 700 it, or name another one with --out"),
            ));
        }
        Ok(Self(path.to_owned()))
    }

    /// Where the password of a login is.
    pub(super) fn password_file(&self, login: &str) -> PathBuf {
        self.0.join(format!("{login}.password"))
    }

    /// A new password for `login`, in a file beside the one in force; returns what the database is to keep of it.
    pub(super) fn new_password(&self, login: &str, pending: &mut Pending) -> Result<String, Trouble> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| {
            Trouble::new(OS, format!("乱数が得られません: {error}"), format!("no random bytes: {error}"))
        })?;
        let password = URL_SAFE_NO_PAD.encode(secret);
        let file = self.0.join(format!(".{login}.password.new"));
        pending.0.push((file.clone(), self.password_file(login)));
        self.write(&file, 0o600, format!("{password}\n").as_bytes())?;
        // Made here, so that the password itself never reaches the server, its log or its statistics.
        Ok(postgres_protocol::password::scram_sha_256(password.as_bytes()))
    }

    /// Writes a file that others may see, in place of the one that is there.
    pub(super) fn write_open(&self, name: &str, text: &str) -> Result<PathBuf, Trouble> {
        let file = self.0.join(name);
        self.write(&file, 0o644, text.as_bytes())?;
        Ok(file)
    }

    fn write(&self, file: &Path, mode: u32, bytes: &[u8]) -> Result<(), Trouble> {
        let written = (|| {
            match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut handle = OpenOptions::new().write(true).create_new(true).mode(mode).open(file)?;
            handle.write_all(bytes)?;
            handle.sync_all()?;
            File::open(&self.0)?.sync_all()
        })();
        written.map_err(|error| refused(file, &error))
    }
}

impl Pending {
    /// The passwords are in force: puts the files where they belong.
    pub(super) fn keep(mut self) -> Result<(), Trouble> {
        for (new, file) in std::mem::take(&mut self.0) {
            fs::rename(&new, &file).map_err(|error| refused(&file, &error))?;
        }
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        for (new, _) in &self.0 {
            // What cannot be removed is a password that opens nothing.
            fs::remove_file(new).unwrap_or_default();
        }
    }
}

fn refused(path: &Path, error: &io::Error) -> Trouble {
    let name = path.display();
    Trouble::new(
        CANNOT_CREATE,
        format!("{name} を書けません: {error}。権限と空き容量を確かめてください"),
        format!("{name} cannot be written: {error}; check the permissions and the free space"),
    )
}
