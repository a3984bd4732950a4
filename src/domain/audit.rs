//! Audit records: one per event, written in the transaction of the state change they tell of.
//!
//! A record holds no text of a mail and no file content. Each names the hash of the one before it, so that nothing can
//! be taken out, put in or changed unseen (reference: security 5.3).
//! Invariant: `record.hash == SHA-256(record.previous ‖ canonical body)`; the body is JSON with sorted keys.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::{Digest, Digester};
use super::id::ItemId;
use super::time::Timestamp;

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal),+ $(,)?) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Event { $($(#[doc = $doc])+ $variant),+ }

        impl Event {
            /// All events.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the record.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it tells, in one English sentence: the documentation of the variant.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }

            /// The event with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|event| event.as_str() == name)
            }
        }
    };
}

events! {
    /// An item was accepted: envelope, length, SHA-256 of the original.
    Received = "received",
    /// A worker told what the item is: parts, findings.
    Inspected = "inspected",
    /// The rules decided: version, and per group and part the action, the reason, the rule.
    Decided = "decided",
    /// Parts were rebuilt and mails composed: method, sanitizer and digests per part, SHA-256 of each mail.
    Sanitized = "sanitized",
    /// An attempt to inspect or rebuild failed; the item will be tried again.
    Deferred = "deferred",
    /// Passwords that a mail seems to name were linked, sealed, to this item: how many, and which mail; never themselves.
    PasswordCandidatesLinked = "password_candidates_linked",
    /// A mail that came later named a password that opens this item: which mail, and what was delivered then.
    PasswordOpened = "password_opened",
    /// An item was quarantined as a whole.
    Quarantined = "quarantined",
    /// A whole item was held, by a rule or by an operator.
    Held = "held",
    /// A held or quarantined item was put back to be processed.
    Retried = "retried",
    /// The next hop answered for one or more recipients.
    Delivered = "delivered",
    /// An attempt to deliver failed for now.
    DeliveryDeferred = "delivery_deferred",
    /// The next hop refused a recipient or the mail for good.
    DeliveryRefused = "delivery_refused",
    /// Delivery was given up after the last retry.
    DeliveryGivenUp = "delivery_given_up",
    /// An operator held a delivery.
    DeliveryHeld = "delivery_held",
    /// An operator put a delivery back on the schedule.
    DeliveryReleased = "delivery_released",
    /// An original was exported by an operator.
    OriginalExported = "original_exported",
    /// An original was destroyed at the end of its retention.
    Expired = "expired",
    /// An operator put an item under a legal hold: retention spares it.
    LegalHoldSet = "legal_hold_set",
    /// An operator lifted the legal hold of an item.
    LegalHoldLifted = "legal_hold_lifted",
    /// Somebody signed in: where, and how they proved who they are.
    SignedIn = "signed_in",
    /// A browser of somebody who had proved who they are got a session: where.
    SessionBegun = "session_begun",
    /// Somebody failed to sign in: where, and with what kind of proof.
    SignInFailed = "sign_in_failed",
    /// Somebody proved anew who they are, for something that asks for it.
    ProvedAgain = "proved_again",
    /// Somebody signed out.
    SignedOut = "signed_out",
    /// A link that signs somebody in once was made: for whom, until when.
    LinkOffered = "link_offered",
    /// The first administrator was made.
    AdministratorFounded = "administrator_founded",
    /// An account was added.
    AccountAdded = "account_added",
    /// An account was changed: what of it.
    AccountChanged = "account_changed",
    /// A department was added or changed.
    DepartmentChanged = "department_changed",
    /// A password or a second factor of an account was set or taken away.
    CredentialsChanged = "credentials_changed",
    /// An approver named deputies.
    DeputiesNamed = "deputies_named",
    /// Somebody opened the page of an item: who.
    ItemViewed = "item_viewed",
    /// Somebody fetched rebuilt bytes of an item: who, which part, SHA-256.
    FileFetched = "file_fetched",
    /// Somebody was shown rebuilt bytes of an item on a page, as text or as a picture: who, which part, SHA-256.
    FileShown = "file_shown",
    /// Somebody fetched very many files within an hour and was given no more: how many.
    FetchesRefused = "fetches_refused",
    /// Somebody put a file in to be sanitized: who, its length.
    FileUploaded = "file_uploaded",
    /// Whoever put a file in stopped it before it was sanitized.
    UploadWithdrawn = "upload_withdrawn",
    /// Somebody typed passwords for an item: who, how many; never themselves.
    PasswordsTyped = "passwords_typed",
    /// None of the passwords that somebody typed opens the item.
    PasswordsWrong = "passwords_wrong",
    /// Whoever typed passwords stopped them from being tried.
    PasswordsWithdrawn = "passwords_withdrawn",
    /// Somebody asked for an original: who, of which part, why.
    OriginalRequested = "original_requested",
    /// A request was taken back by whoever asked.
    RequestWithdrawn = "request_withdrawn",
    /// An approver or a deputy approved a request.
    RequestApproved = "request_approved",
    /// An approver or a deputy returned a request.
    RequestReturned = "request_returned",
    /// Nobody decided on a request, or fetched what was approved, in time.
    RequestExpired = "request_expired",
    /// An approved original was handed out on the internet side: to whom, how it was packed.
    OriginalHandedOver = "original_handed_over",
    /// Somebody was told of something by mail: of what.
    Told = "told",
    /// A list was exported from a page: which, how many lines.
    ListExported = "list_exported",
    /// A set of rules was loaded that had not been seen before.
    RulesLoaded = "rules_loaded",
    /// A backup of the store was made: SHA-256 of its list, and the records and the head of this chain in it.
    BackedUp = "backed_up",
    /// The store was made from a backup: SHA-256 of its list, and the records and the head of this chain in it.
    Restored = "restored",
    /// The gateway started.
    Started = "started",
}

/// An event about to be recorded: what the caller knows. The store adds sequence and hashes.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// The item it concerns.
    pub item: Option<ItemId>,
    /// Who did it: `intake`, `process`, `deliver`, `user:LOGIN` of a page, or `operator:NAME` from the command line.
    pub actor: String,
    /// Details, by event; a JSON object without floating-point numbers.
    pub details: Value,
}

/// A record of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Position in the chain of its tenant, from 1, without gaps.
    pub sequence: u64,
    /// Hash of the record before; all zero for the first.
    pub previous: Digest,
    /// The canonical body.
    pub body: String,
    /// SHA-256 of `previous` (32 bytes) followed by `body`.
    pub hash: Digest,
}

impl AuditRecord {
    /// What the first record names as its predecessor.
    pub const GENESIS: Digest = Digest::from_bytes([0; 32]);

    /// The record of `event` after a record with hash `previous`.
    #[must_use]
    pub fn chain(sequence: u64, previous: Digest, event: &AuditEvent) -> Self {
        let body = canonical(sequence, event);
        let hash = Self::hash_of(previous, &body);
        Self { sequence, previous, body, hash }
    }

    /// The hash a record with this body has after `previous`.
    #[must_use]
    pub fn hash_of(previous: Digest, body: &str) -> Digest {
        let mut digester = Digester::default();
        digester.update(previous.as_bytes());
        digester.update(body.as_bytes());
        digester.finish()
    }
}

/// One line of JSON with keys in byte order and no blanks (`serde_json`'s map is a `BTreeMap`).
fn canonical(sequence: u64, event: &AuditEvent) -> String {
    let mut body = serde_json::Map::new();
    body.insert("actor".to_owned(), Value::from(event.actor.as_str()));
    body.insert("at".to_owned(), Value::from(event.at.to_string()));
    body.insert("details".to_owned(), event.details.clone());
    body.insert("event".to_owned(), Value::from(event.event.as_str()));
    if let Some(item) = event.item {
        body.insert("item".to_owned(), Value::from(item.to_string()));
        body.insert("reference".to_owned(), Value::from(item.reference().to_string()));
    }
    body.insert("sequence".to_owned(), Value::from(sequence));
    Value::Object(body).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> AuditEvent {
        AuditEvent {
            at: Timestamp::from_millis(0),
            event: Event::Started,
            item: None,
            actor: "intake".to_owned(),
            details: serde_json::json!({ "b": 1, "a": "x" }),
        }
    }

    #[test]
    fn the_body_is_canonical() {
        let record = AuditRecord::chain(1, AuditRecord::GENESIS, &event());
        assert_eq!(
            record.body,
            r#"{"actor":"intake","at":"1970-01-01T00:00:00.000Z","details":{"a":"x","b":1},"event":"started","sequence":1}"#
        );
    }

    #[test]
    fn the_hash_covers_the_predecessor_and_every_byte_of_the_body() {
        let record = AuditRecord::chain(1, AuditRecord::GENESIS, &event());
        assert_eq!(record.hash, AuditRecord::hash_of(AuditRecord::GENESIS, &record.body));
        assert_ne!(record.hash, AuditRecord::hash_of(record.hash, &record.body));
        assert_ne!(record.hash, AuditRecord::hash_of(AuditRecord::GENESIS, &record.body.replace("started", "expired")));
    }

    #[test]
    fn event_names_are_unique() {
        for event in Event::ALL {
            assert_eq!(Event::from_name(event.as_str()), Some(*event));
        }
    }
}
