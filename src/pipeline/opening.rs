//! Files behind a password, opened while their mail is processed: the password stands in the mail itself, or came before.
//!
//! Refuses: to open what is kept back by a rule that does not say so. Invariant: an item that no password opens, or whose
//! second processing fails, is concluded as if there had been no password.

use super::{Arrival, Pipeline, Stop, Washed, subject};
use crate::domain::{ItemKey, Password, Reason};
use crate::ports::{Lease, Onlooker};

impl Pipeline {
    /// The item with what its passwords open, or as it was.
    pub(super) async fn open(&self, lease: &Lease, washed: Washed, onlooker: &dyn Onlooker) -> Washed {
        if !self.washer.may_open(&washed) {
            return washed;
        }
        let passwords = self.found(&lease.key, &washed).await;
        if passwords.is_empty() {
            return washed;
        }
        match self.wash(subject(&lease.origin), Arrival { passwords, ..Arrival::from(lease) }, None, onlooker).await {
            Ok(again) if is_opened(&again) => again,
            Ok(_) => washed,
            Err(stop) => {
                tracing::warn!(item = %lease.key.id, why = %why(&stop), "passwords were not tried; its files stay closed");
                washed
            }
        }
    }

    /// What the mail names itself, and what others of its sender named before it; none if the site searches for none.
    pub(super) async fn found(&self, key: &ItemKey, washed: &Washed) -> Vec<Password> {
        let Some(window) = self.password_window else { return Vec::new() };
        let mut found = washed.candidates.clone();
        match self.passwords.offered(key, &washed.facts, window).await {
            Ok(offered) => {
                for password in offered {
                    if !found.contains(&password) {
                        found.push(password);
                    }
                }
            }
            // They are linked to the item all the same.
            Err(error) => tracing::warn!(item = %key.id, %error, "passwords of other mails were not read"),
        }
        found
    }
}

pub(super) fn is_opened(washed: &Washed) -> bool {
    washed.facts.findings.iter().any(|finding| finding.code == Reason::PasswordOpened)
}

/// Why nothing was opened, for the log.
pub(super) fn why(stop: &Stop) -> &str {
    match stop {
        Stop::Quarantine(reason) => reason.code(),
        Stop::Attempt(_, why) | Stop::Wait(why) => why,
    }
}
