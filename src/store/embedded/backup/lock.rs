//! The lock between a backup, which copies the files that its snapshot names, and whoever removes files.
//!
//! Refuses: a second backup at the same time. Invariant: while a backup holds it, no file of the store goes; a process
//! that dies lets go of it, because the kernel does.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// How often, and after what pause, a backup tries: somebody may just be removing files, which is short work.
const LOOKS: u32 = 300;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// `backup.lock` in the data folder.
pub(in crate::store::embedded) struct BackupLock(File);

impl BackupLock {
    pub(in crate::store::embedded) fn open(root: &Path) -> io::Result<Self> {
        let path = root.join("backup.lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.open(path).map(Self)
    }

    /// Takes it for a backup, until this is dropped; false if another backup has it, or if it `stops`. May take three
    /// seconds.
    pub(in crate::store::embedded) fn hold(&self, stops: impl Fn() -> bool) -> io::Result<bool> {
        for look in 0..LOOKS {
            if stops() {
                break;
            }
            if look > 0 {
                std::thread::sleep(BETWEEN_LOOKS);
            }
            match self.0.try_lock() {
                Ok(()) => return Ok(true),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Runs `work`, unless a backup is under way; true if it ran. None begins meanwhile.
    pub(in crate::store::embedded) fn unless_held(&self, work: impl FnOnce()) -> io::Result<bool> {
        match self.0.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        work();
        // By name, not by closing: a child between its fork and its exec would keep a closed one.
        self.0.unlock()?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_removed_while_a_backup_runs_and_no_backup_begins_while_something_is() {
        let root = tempfile::tempdir().unwrap();
        let (backup, gateway) = (BackupLock::open(root.path()).unwrap(), BackupLock::open(root.path()).unwrap());
        assert!(gateway.unless_held(|| assert!(backup.0.try_lock().is_err())).unwrap());
        assert!(backup.hold(|| false).unwrap());
        assert!(!gateway.unless_held(|| panic!("it is held")).unwrap());
        drop(backup);
        assert!(gateway.unless_held(|| ()).unwrap());
    }
}
