//! Signed-in browsers. The cookie holds 256 random bits; the store knows their SHA-256 only.
//!
//! Refuses: sessions past their idle or absolute end. Invariant: a session says who signed in, never what they may do:
//! that is asked anew for each request.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{AccountId, AuditEvent, Digest, TenantId, Timestamp};

/// Which listener a session belongs to: one is of no use at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// The portal: LGWAN side.
    Portal,
    /// The review listener: internet side.
    Review,
}

impl Door {
    /// The name in the store and in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Review => "review",
        }
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the cookie.
    pub token: Digest,
    /// Where it is good.
    pub door: Door,
    /// Who signed in.
    pub account: AccountId,
    /// When.
    pub started_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Timestamp,
    /// When whoever holds it last proved who they are: at sign-in, or at re-authentication.
    pub proved_at: Timestamp,
    /// 128 random bits that forms send back, in hexadecimal.
    pub form_token: String,
}

/// A link that signs somebody in, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeLink {
    /// SHA-256 of the token as it stands in the link.
    pub token: Digest,
    /// Who is signed in by it.
    pub account: AccountId,
    /// Where.
    pub door: Door,
    /// Until when.
    pub until: Timestamp,
}

/// Sessions.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps a fresh session, and when its account last signed in.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such account, or it is blocked.
    async fn open(&self, tenant: &TenantId, session: Session, record: AuditEvent) -> Result<(), StoreError>;

    /// The session with this token that was used at or after `idle_since` and started at or after `started_since`; marks
    /// it as used at `now`, at most once a minute.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn find(
        &self,
        tenant: &TenantId,
        token: Digest,
        door: Door,
        now: Timestamp,
        idle_since: Timestamp,
        started_since: Timestamp,
    ) -> Result<Option<Session>, StoreError>;

    /// Replaces a session by one with a fresh token after its holder proved anew who they are.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it has ended, or is another account's or another door's.
    async fn renew(&self, tenant: &TenantId, old: Digest, new: Session, record: AuditEvent) -> Result<(), StoreError>;

    /// Ends a session.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn close(&self, tenant: &TenantId, token: Digest, record: AuditEvent) -> Result<(), StoreError>;

    /// Removes what is over: sessions not used since `idle_since`, links whose time is past, old failures to sign in.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn sweep_sessions(&self, tenant: &TenantId, now: Timestamp, idle_since: Timestamp) -> Result<(), StoreError>;

    /// Keeps a link.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such account.
    async fn offer_link(&self, tenant: &TenantId, link: OneTimeLink, record: AuditEvent) -> Result<(), StoreError>;

    /// Takes a link: it is gone afterwards. `None` if there is none, its time is over, or it is for another door.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn take_link(
        &self,
        tenant: &TenantId,
        token: Digest,
        door: Door,
        now: Timestamp,
    ) -> Result<Option<AccountId>, StoreError>;
}
