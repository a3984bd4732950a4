//! Whether a file with a secret is its owner's alone.
//!
//! Refuses to count a group as nobody, with one exception. Invariant: a file that is written by its group or read by
//! everybody is never private.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// True if nobody but its owner may open the file.
///
/// What systemd hands a service as a credential (`LoadCredential=`) belongs to root and has the service's user in an access
/// list; the mode shows what the list allows as if it were the group's (acl(5)), and root's group is root.
#[must_use]
pub fn is_private(file: &Metadata) -> bool {
    let by_list = file.uid() == 0 && file.gid() == 0 && file.mode() & 0o777 == 0o440;
    file.mode() & 0o077 == 0 || by_list
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_that_others_read_or_write_is_not_private() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let with = |mode| {
            fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            is_private(&fs::metadata(file.path()).unwrap())
        };
        assert!([0o600, 0o400].into_iter().all(with));
        assert!(![0o640, 0o660, 0o644, 0o604, 0o620, 0o601].into_iter().any(with));
        let own = fs::metadata(file.path()).unwrap();
        assert_eq!(with(0o440), (own.uid(), own.gid()) == (0, 0), "root's group is root");
    }
}
