//! The pair of keys originals are sealed with, and the folder they lie in.
//!
//! Intake holds a [`SealingKey`] only and cannot read back. Refuses: key files that do not parse, a private key that
//! others can read, a key folder without its public half. Invariant: the public key is published after the private one is durable, so that nothing is ever
//! sealed to a key that could be lost.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use age::secrecy::{ExposeSecret, SecretString};
use age::x25519;

use super::disk::Disk;

/// Longest key file in bytes; a key is 74 characters.
const MAX_KEY_FILE: u64 = 1024;

/// What originals are sealed to (X25519 public key).
#[derive(Clone)]
pub(super) struct SealingKey(pub(super) x25519::Recipient);

/// What originals are unsealed with (X25519 private key).
pub(super) struct OpeningKey(pub(super) x25519::Identity);

/// The folder `keys/`.
pub(super) struct KeyFolder(PathBuf);

impl KeyFolder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Makes the pair, unless there is a public key already. A private key left by a start that did not get
    /// further is used, never replaced.
    pub(super) fn make_pair(&self, disk: &dyn Disk) -> io::Result<()> {
        disk.make_folder(&self.0)?;
        if self.public_path().exists() {
            return Ok(());
        }
        let identity = if self.private_path().exists() {
            self.opening_key()?.0
        } else {
            let identity = x25519::Identity::generate();
            write_durably(disk, &self.private_path(), identity.to_string().expose_secret())?;
            identity
        };
        write_durably(disk, &self.public_path(), &identity.to_public().to_string())
    }

    /// The public half of the private key in this folder, as text.
    pub(super) fn public_text(&self) -> io::Result<String> {
        Ok(self.opening_key()?.0.to_public().to_string())
    }

    /// Reads the public key; the private one need not be on this machine.
    pub(super) fn sealing_key(&self) -> io::Result<SealingKey> {
        let text = read(&self.public_path())?;
        text.expose_secret().trim().parse().map(SealingKey).map_err(|_| invalid("sealing.pub does not hold a key"))
    }

    /// A public key that came from elsewhere, as text.
    pub(super) fn parse_public(text: &str) -> io::Result<SealingKey> {
        text.trim().parse().map(SealingKey).map_err(|_| invalid("this is no public key"))
    }

    /// Reads the private key.
    pub(super) fn opening_key(&self) -> io::Result<OpeningKey> {
        if std::fs::metadata(self.private_path())?.permissions().mode() & 0o077 != 0 {
            return Err(invalid(
                "sealing.key is open to others; give it mode 600, and a new pair if others may have read it",
            ));
        }
        let text = read(&self.private_path())?;
        text.expose_secret().trim().parse().map(OpeningKey).map_err(|_| invalid("sealing.key does not hold a key"))
    }

    /// Reads the private key, which must be that of the public one beside it: what is sealed now is opened with it.
    pub(super) fn opening_key_of_pair(&self) -> io::Result<OpeningKey> {
        let key = self.opening_key()?;
        match self.sealing_key() {
            Ok(public) if public.0.to_string() != key.0.to_public().to_string() => Err(invalid(
                "sealing.key does not belong to sealing.pub: put the private key of this store there, not another one",
            )),
            // Without a public key nothing is sealed, so nothing can be sealed to another one.
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(key),
        }
    }

    fn public_path(&self) -> PathBuf {
        self.0.join("sealing.pub")
    }

    fn private_path(&self) -> PathBuf {
        self.0.join("sealing.key")
    }
}

fn write_durably(disk: &dyn Disk, path: &Path, text: &str) -> io::Result<()> {
    let partial = path.with_extension("partial");
    match disk.remove(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = disk.create(&partial)?;
    file.write(text.as_bytes())?;
    file.write(b"\n")?;
    file.sync()?;
    disk.publish(&partial, path)?;
    path.parent().map_or(Ok(()), |folder| disk.sync_folder(folder))
}

fn read(path: &Path) -> io::Result<SecretString> {
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "capped by take: a key is short")]
    File::open(path)?.take(MAX_KEY_FILE).read_to_string(&mut text)?;
    Ok(SecretString::from(text))
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::disk::LocalDisk;
    use super::*;

    #[test]
    fn the_pair_is_made_once_and_belongs_together() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("keys"));
        keys.make_pair(&LocalDisk).unwrap();
        let first = keys.sealing_key().unwrap().0.to_string();
        keys.make_pair(&LocalDisk).unwrap();
        assert_eq!(keys.sealing_key().unwrap().0.to_string(), first);
        assert_eq!(keys.opening_key().unwrap().0.to_public().to_string(), first);
    }

    #[test]
    fn a_private_key_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("keys"));
        keys.make_pair(&LocalDisk).unwrap();
        let first = keys.sealing_key().unwrap().0.to_string();
        fs::remove_file(folder.path().join("keys/sealing.pub")).unwrap();
        keys.make_pair(&LocalDisk).unwrap();
        assert_eq!(keys.sealing_key().unwrap().0.to_string(), first);
    }

    #[test]
    fn intake_needs_the_public_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("keys"));
        keys.make_pair(&LocalDisk).unwrap();
        fs::remove_file(folder.path().join("keys/sealing.key")).unwrap();
        keys.make_pair(&LocalDisk).unwrap();
        assert!(keys.sealing_key().is_ok());
        assert_eq!(keys.opening_key().err().unwrap().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_private_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("keys"));
        keys.make_pair(&LocalDisk).unwrap();
        for (mode, usable) in [(0o400, true), (0o600, true), (0o640, false), (0o604, false), (0o660, false)] {
            fs::set_permissions(keys.private_path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(keys.opening_key().is_ok(), usable, "{mode:o}");
        }
    }

    #[test]
    fn a_private_key_of_another_pair_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, other] = ["ours", "other"].map(|name| KeyFolder::new(folder.path().join(name)));
        for keys in [&ours, &other] {
            keys.make_pair(&LocalDisk).unwrap();
            assert!(keys.opening_key_of_pair().is_ok());
        }
        fs::copy(other.private_path(), ours.private_path()).unwrap();
        let error = ours.opening_key_of_pair().err().unwrap();
        assert!(error.to_string().starts_with("sealing.key does not belong to sealing.pub"), "{error}");
        fs::remove_file(ours.public_path()).unwrap();
        assert!(ours.opening_key_of_pair().is_ok());
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sealing.key"), "AGE-SECRET-KEY-nonsense").unwrap();
        fs::set_permissions(folder.path().join("sealing.key"), fs::Permissions::from_mode(0o600)).unwrap();
        let error = KeyFolder::new(folder.path().to_owned()).opening_key().err().unwrap();
        assert_eq!(error.to_string(), "sealing.key does not hold a key");
    }
}
