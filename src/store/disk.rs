//! Durable file operations, each of which can be the last one before the power goes.
//!
//! Refuses: writing over a file that exists. Invariant: a file that was synced, published and whose folder was synced
//! afterwards survives a crash under its final name, whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// The file operations of the store. Tests replace them to stop the world after any of them.
pub trait Disk: Send + Sync + 'static {
    /// Creates a file that must not exist yet, readable by its owner only.
    ///
    /// # Errors
    /// As the operating system says; `AlreadyExists` if there is one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Makes a folder, accessible to its owner only, and syncs its parent; a folder that exists stays as it is.
    ///
    /// # Errors
    /// As the operating system says.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// Moves a file of the same file system to a name that nobody has.
    ///
    /// # Errors
    /// As the operating system says; `AlreadyExists` if the name is taken.
    fn publish(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// As the operating system says; what was done in the folder since the last sync counts as lost then.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// As the operating system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Bytes that an ordinary user may still write to the file system of `path`.
    ///
    /// # Errors
    /// As the operating system says.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;

    /// Called before the database commits; an error keeps it from doing so.
    ///
    /// # Errors
    /// Only a test's disk refuses.
    fn before_commit(&self) -> io::Result<()> {
        Ok(())
    }

    /// Called after the database has committed; an error keeps everybody from learning of it, as a crash would.
    ///
    /// # Errors
    /// Only a test's disk refuses.
    fn after_commit(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A file being written.
pub trait DiskFile: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// As the operating system says.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes the content durable.
    ///
    /// # Errors
    /// As the operating system says. The content is lost then: the kernel may have dropped it already, so that a
    /// second try would succeed without having written anything.
    fn sync(&mut self) -> io::Result<()>;
}

/// The operating system's file systems.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => path.parent().map_or(Ok(()), |parent| self.sync_folder(parent)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        // Unlike rename(2), link(2) never replaces what is there, and every file system for servers knows it.
        fs::hard_link(from, to)?;
        fs::remove_file(from)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let space = rustix::fs::statvfs(path)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

impl DiskFile for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write(path: &Path, bytes: &[u8]) {
        let mut file = LocalDisk.create(path).unwrap();
        file.write(bytes).unwrap();
        file.sync().unwrap();
    }

    #[test]
    fn nothing_that_exists_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        write(&a, b"first");
        write(&b, b"second");
        assert_eq!(LocalDisk.create(&a).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(LocalDisk.publish(&a, &b).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&b).unwrap(), b"second");
        LocalDisk.publish(&a, &folder.path().join("c")).unwrap();
        assert!(!a.exists());
        assert_eq!(fs::read(folder.path().join("c")).unwrap(), b"first");
    }

    #[test]
    fn files_and_folders_are_for_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        LocalDisk.make_folder(&inner).unwrap();
        LocalDisk.make_folder(&inner).unwrap();
        write(&inner.join("a"), b"x");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&inner.join("a"))), (0o700, 0o600));
        assert!(LocalDisk.make_folder(&inner.join("a")).is_err(), "a file is not a folder");
    }

    #[test]
    fn the_file_system_says_how_much_is_free() {
        let folder = tempfile::tempdir().unwrap();
        assert!(LocalDisk.free_bytes(folder.path()).unwrap() > 0);
        assert!(LocalDisk.free_bytes(&folder.path().join("missing")).is_err());
    }
}
