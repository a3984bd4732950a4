//! What a page carries from the password to the download: the password and its end, sealed under a key of this process.
//!
//! Refuses: a ticket of another session, of another request, of another process, one that is over, one that was used.
//! Invariant: a password is kept nowhere on this side; what is kept of a used ticket is its nonce, until the ticket is over.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::domain::{Digest, RequestId, Timestamp};
use crate::ports::{Entropy, NoEntropy};

/// Bytes of a nonce: long enough to be drawn at random.
const NONCE: usize = 24;
/// Longest ticket in characters that is looked at; ours have 91.
const MAX_TICKET: usize = 256;
/// Most used tickets that are remembered; who wants one more waits until some are over.
const MAX_USED: usize = 10_000;

/// Whose ticket it is, and what it is good for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose {
    /// The session, by the digest of its token.
    pub(super) session: Digest,
    /// The request.
    pub(super) request: RequestId,
}

impl Purpose {
    fn text(&self) -> String {
        format!("hand-over {} {}", self.session, self.request)
    }
}

/// The ticket is no good (any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotGood;

/// Makes tickets and takes each back once.
pub(super) struct Tickets {
    key: XChaCha20Poly1305,
    used: Mutex<BTreeMap<[u8; NONCE], i64>>,
}

impl Tickets {
    /// With a key that nobody else has.
    pub(super) fn new(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        let mut key = Zeroizing::new([0; 32]);
        entropy.secret(key.as_mut())?;
        let key = XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_| NoEntropy)?;
        Ok(Self { key, used: Mutex::default() })
    }

    /// A ticket with `password` in it, good once and before `until`.
    pub(super) fn issue(
        &self,
        entropy: &dyn Entropy,
        purpose: &Purpose,
        until: Timestamp,
        password: &str,
    ) -> Result<String, NoEntropy> {
        let mut nonce = [0; NONCE];
        entropy.secret(&mut nonce)?;
        let plain = Zeroizing::new([&until.millis().to_le_bytes(), password.as_bytes()].concat());
        let about = purpose.text();
        let payload = Payload { msg: &plain, aad: about.as_bytes() };
        // Fails for texts of 256 GiB only.
        let sealed = self.key.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| NoEntropy)?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The password in a ticket, which is used up by that.
    pub(super) fn take(&self, purpose: &Purpose, now: Timestamp, ticket: &str) -> Result<Zeroizing<String>, NotGood> {
        if ticket.len() > MAX_TICKET {
            return Err(NotGood);
        }
        let bytes = URL_SAFE_NO_PAD.decode(ticket).map_err(|_| NotGood)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(NotGood)?;
        let about = purpose.text();
        let payload = Payload { msg: sealed, aad: about.as_bytes() };
        let plain = self.key.decrypt(XNonce::from_slice(nonce), payload).map(Zeroizing::new).map_err(|_| NotGood)?;
        let (until, password) = plain.split_first_chunk::<8>().ok_or(NotGood)?;
        let until = i64::from_le_bytes(*until);
        let password = std::str::from_utf8(password).map_err(|_| NotGood)?;
        if now.millis() >= until {
            return Err(NotGood);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, end| now.millis() < *end);
        if used.len() >= MAX_USED || used.insert(*nonce, until).is_some() {
            return Err(NotGood);
        }
        Ok(Zeroizing::new(password.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Other bytes each time.
    #[derive(Default)]
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn ten_bytes(&self) -> [u8; 10] {
            [0; 10]
        }

        fn secret(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
            bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
            Ok(())
        }
    }

    const END: Timestamp = Timestamp::from_millis(1_000);
    const BEFORE: Timestamp = Timestamp::from_millis(999);

    fn purpose(session: &[u8], request: u8) -> Purpose {
        Purpose { session: Digest::of(session), request: RequestId::from_bytes([request; 16]) }
    }

    #[test]
    fn a_ticket_is_good_once_for_its_session_and_its_request_until_it_ends() {
        let entropy = Counting::default();
        let tickets = Tickets::new(&entropy).unwrap();
        let mine = purpose(b"mine", 1);
        let ticket = tickets.issue(&entropy, &mine, END, "PASSWORD").unwrap();
        let other_process = Tickets::new(&entropy).unwrap();
        assert_eq!(other_process.take(&mine, BEFORE, &ticket), Err(NotGood));
        for other in [purpose(b"theirs", 1), purpose(b"mine", 2)] {
            assert_eq!(tickets.take(&other, BEFORE, &ticket), Err(NotGood));
        }
        assert_eq!(tickets.take(&mine, END, &ticket), Err(NotGood));
        assert_eq!(tickets.take(&mine, BEFORE, &ticket).unwrap().as_str(), "PASSWORD");
        assert_eq!(tickets.take(&mine, BEFORE, &ticket), Err(NotGood));
    }

    #[test]
    fn a_ticket_says_nothing_and_cannot_be_changed() {
        let entropy = Counting::default();
        let tickets = Tickets::new(&entropy).unwrap();
        let mine = purpose(b"mine", 1);
        let ticket = tickets.issue(&entropy, &mine, END, "PASSWORD").unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&ticket).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"PASSWORD"));
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(tickets.take(&mine, BEFORE, &URL_SAFE_NO_PAD.encode(&changed)), Err(NotGood), "{place}");
        }
        for wrong in ["", "?", "AAAA", &"A".repeat(10_000)] {
            assert_eq!(tickets.take(&mine, BEFORE, wrong), Err(NotGood));
        }
        assert!(tickets.take(&mine, BEFORE, &ticket).is_ok());
    }

    #[test]
    fn used_tickets_are_forgotten_when_they_are_over() {
        let entropy = Counting::default();
        let tickets = Tickets::new(&entropy).unwrap();
        let mine = purpose(b"mine", 1);
        for end in [1_000, 2_000] {
            let ticket = tickets.issue(&entropy, &mine, Timestamp::from_millis(end), "P").unwrap();
            tickets.take(&mine, Timestamp::from_millis(end - 1), &ticket).unwrap();
        }
        assert_eq!(tickets.used.lock().unwrap().len(), 1);
    }
}
