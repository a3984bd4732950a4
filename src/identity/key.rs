//! The key of sign-in: seals secrets of second factors at rest, and what a browser carries from one form to the next.
//!
//! Refuses: a key file that others can read, or that holds something else. Invariant: what was sealed for one purpose
//! opens for that purpose only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::is_private;
use crate::domain::Timestamp;
use crate::ports::{Entropy, NoEntropy};

/// What the file begins with.
const HEAD: &str = "temizu-identity-key-1 ";
/// Longest key file in bytes.
const MAX_KEY_FILE: u64 = 1024;
/// Bytes of a nonce: long enough to be drawn at random.
const NONCE: usize = 24;
/// Longest sealed text in bytes that is looked at.
const MAX_SEALED: usize = 4096;

/// What does not open: made with another key, for another purpose, changed, or too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this was not sealed here, or its time is over")]
pub struct NotOurs;

/// The key.
pub struct IdentityKey(XChaCha20Poly1305);

impl std::fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentityKey")
    }
}

/// What a browser carries, with its end.
#[derive(Serialize, Deserialize)]
struct Carried<T> {
    until: i64,
    what: T,
}

impl IdentityKey {
    /// Reads the key at `path`; makes one if there is none.
    ///
    /// # Errors
    /// If the file cannot be read or made, is open to others, or holds no key.
    pub fn open_or_make(path: &Path, entropy: &dyn Entropy) -> io::Result<Self> {
        if !path.exists() {
            make(path, entropy)?;
        }
        Self::open(path)
    }

    fn open(path: &Path) -> io::Result<Self> {
        if !is_private(&fs::metadata(path)?) {
            return Err(invalid("the key of sign-in is open to others; give it mode 600"));
        }
        let mut text = Zeroizing::new(String::new());
        #[expect(clippy::disallowed_methods, reason = "capped by take: a key is short")]
        File::open(path)?.take(MAX_KEY_FILE).read_to_string(&mut text)?;
        let bytes =
            text.trim().strip_prefix(HEAD).and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok()).map(Zeroizing::new);
        let cipher = bytes.and_then(|bytes| XChaCha20Poly1305::new_from_slice(&bytes).ok());
        cipher.map(Self).ok_or_else(|| invalid("the file holds no key of sign-in"))
    }

    /// Seals `plain`; `purpose` names what it is and whose.
    pub(super) fn seal(&self, entropy: &dyn Entropy, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, NoEntropy> {
        let mut nonce = [0; NONCE];
        entropy.secret(&mut nonce)?;
        let payload = Payload { msg: plain, aad: purpose.as_bytes() };
        // Fails for texts of 256 GiB only.
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| NoEntropy)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed for `purpose`.
    pub(super) fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOurs> {
        let (nonce, rest) = sealed.split_at_checked(NONCE).filter(|_| sealed.len() <= MAX_SEALED).ok_or(NotOurs)?;
        let payload = Payload { msg: rest, aad: purpose.as_bytes() };
        self.0.decrypt(XNonce::from_slice(nonce), payload).map(Zeroizing::new).map_err(|_| NotOurs)
    }

    /// A ticket for a form or a cookie, good until `until`.
    pub(super) fn ticket<T: Serialize>(
        &self,
        entropy: &dyn Entropy,
        purpose: &str,
        until: Timestamp,
        what: T,
    ) -> Result<String, NoEntropy> {
        let carried = Carried { until: until.millis(), what };
        let plain = Zeroizing::new(serde_json::to_vec(&carried).map_err(|_| NoEntropy)?);
        Ok(URL_SAFE_NO_PAD.encode(self.seal(entropy, purpose, &plain)?))
    }

    /// What is in a ticket that was made for `purpose` and whose time is not over.
    pub(super) fn open_ticket<T: DeserializeOwned>(
        &self,
        purpose: &str,
        now: Timestamp,
        ticket: &str,
    ) -> Result<T, NotOurs> {
        if ticket.len() > MAX_SEALED {
            return Err(NotOurs);
        }
        let plain = self.unseal(purpose, &URL_SAFE_NO_PAD.decode(ticket).map_err(|_| NotOurs)?)?;
        let carried: Carried<T> = serde_json::from_slice(&plain).map_err(|_| NotOurs)?;
        if now.millis() < carried.until { Ok(carried.what) } else { Err(NotOurs) }
    }
}

/// Makes a key. Of two processes that start at once one wins, and both use its key.
fn make(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let (mut key, mut suffix) = (Zeroizing::new([0; 32]), [0; 8]);
    entropy.secret(&mut *key).and_then(|()| entropy.secret(&mut suffix)).map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let partial = path.with_extension(format!("partial-{}", URL_SAFE_NO_PAD.encode(suffix)));
    let text = Zeroizing::new(format!("{HEAD}{}\n", URL_SAFE_NO_PAD.encode(key.as_slice())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let published = written.and_then(|()| match fs::hard_link(&partial, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&partial)?;
    published?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::tests::Counting;
    use super::*;

    fn key(folder: &Path) -> IdentityKey {
        IdentityKey::open_or_make(&folder.join("keys/identity.key"), &Counting::default()).unwrap()
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = key(folder.path()).seal(&Counting::default(), "a", b"secret").unwrap();
        assert_eq!(key(folder.path()).unseal("a", &sealed).unwrap().as_slice(), b"secret");
        let path = folder.path().join("keys/identity.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 1, "nothing else is left");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(IdentityKey::open_or_make(&path, &Counting::default()).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "temizu-identity-key-1 AAAA").unwrap();
        assert!(IdentityKey::open_or_make(&path, &Counting::default()).is_err());
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_only_and_unchanged_only() {
        let folder = tempfile::tempdir().unwrap();
        let key = key(folder.path());
        let sealed = key.seal(&Counting::default(), "totp a", b"secret").unwrap();
        assert_eq!(key.unseal("totp b", &sealed), Err(NotOurs));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.unseal("totp a", &changed), Err(NotOurs), "{at}");
        }
        assert_eq!(key.unseal("totp a", &[]), Err(NotOurs));
    }

    #[test]
    fn a_ticket_ends() {
        let folder = tempfile::tempdir().unwrap();
        let key = key(folder.path());
        let until = Timestamp::from_millis(1_000);
        let ticket = key.ticket(&Counting::default(), "p", until, "x").unwrap();
        let open = |at| key.open_ticket::<String>("p", Timestamp::from_millis(at), &ticket);
        assert_eq!(open(999).as_deref(), Ok("x"));
        assert_eq!(open(1_000), Err(NotOurs));
        assert_eq!(key.open_ticket::<String>("p", until, "?"), Err(NotOurs));
    }

    #[test]
    fn without_randomness_nothing_is_made() {
        struct Zero;
        impl Entropy for Zero {
            fn ten_bytes(&self) -> [u8; 10] {
                [0; 10]
            }

            fn secret(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
                Err(NoEntropy)
            }
        }
        let folder = tempfile::tempdir().unwrap();
        assert!(IdentityKey::open_or_make(&folder.path().join("k"), &Zero).is_err());
        assert!(key(folder.path()).seal(&Zero, "p", b"x").is_err());
    }
}
