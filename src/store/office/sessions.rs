//! Signed-in browsers, and links that sign somebody in once.
//!
//! Refuses: a session for who is blocked or gone. Invariant: rows name tokens by SHA-256 only, and whoever takes a link
//! removes it in the same statement.

use std::time::Duration;

use async_trait::async_trait;

use super::Act;
use crate::domain::{AccountId, AuditEvent, Digest, TenantId, Timestamp};
use crate::ports::{Door, OneTimeLink, Session, StoreError};
use crate::store::rows::Columns;
use crate::store::statement::{Rows, Statement};

/// How often a session is marked as used, at most.
pub(super) const MARKED_EVERY: Duration = Duration::from_secs(60);
/// How long failures to sign in are kept.
const FAILURES_KEPT: Duration = Duration::from_secs(24 * 3_600);

/// Locks the account: whoever blocks it waits, and ends the session that came first.
const SIGN_IN: &str = "UPDATE account SET signed_in_at = $3 WHERE tenant = $1 AND id = $2 AND NOT blocked";
const KEEP: &str = "\
    INSERT INTO session (tenant, token, door, account, started_at, used_at, proved_at, form_token) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const FIND: &str = "\
    SELECT token, account, started_at, used_at, proved_at, form_token FROM session \
    WHERE tenant = $1 AND token = $2 AND door = $3 AND used_at >= $4 AND started_at >= $5";
const MARK: &str = "\
    UPDATE session SET used_at = CASE WHEN used_at < $3 THEN $3 ELSE used_at END WHERE tenant = $1 AND token = $2";
const END_OWN: &str = "DELETE FROM session WHERE tenant = $1 AND token = $2 AND door = $3 AND account = $4";
const END: &str = "DELETE FROM session WHERE tenant = $1 AND token = $2";
const SWEEP_SESSIONS: &str = "DELETE FROM session WHERE tenant = $1 AND used_at < $2";
const SWEEP_LINKS: &str = "DELETE FROM one_time_link WHERE tenant = $1 AND until <= $2";
const SWEEP_FAILURES: &str = "DELETE FROM sign_in_failure WHERE tenant = $1 AND at < $2";
const OFFER: &str = "INSERT INTO one_time_link (tenant, token, door, account, until) VALUES ($1, $2, $3, $4, $5)";
const TAKE: &str = "\
    DELETE FROM one_time_link WHERE tenant = $1 AND token = $2 AND door = $3 AND until > $4 RETURNING account";

/// A fresh session.
pub(super) struct Opening {
    pub(super) tenant: TenantId,
    pub(super) session: Session,
    pub(super) record: AuditEvent,
}

/// The session with a token.
pub(super) struct Finding {
    pub(super) tenant: TenantId,
    pub(super) token: Digest,
    pub(super) door: Door,
    pub(super) idle_since: Timestamp,
    pub(super) started_since: Timestamp,
}

/// A session that was used. False if it has ended.
pub(super) struct Marking {
    pub(super) tenant: TenantId,
    pub(super) token: Digest,
    pub(super) now: Timestamp,
}

/// One session in place of another.
pub(super) struct Renewing {
    pub(super) tenant: TenantId,
    pub(super) old: Digest,
    pub(super) new: Session,
    pub(super) record: AuditEvent,
}

/// The end of a session.
pub(super) struct Closing {
    pub(super) tenant: TenantId,
    pub(super) token: Digest,
    pub(super) record: AuditEvent,
}

/// The removal of what is over.
pub(super) struct Sweeping {
    pub(super) tenant: TenantId,
    pub(super) now: Timestamp,
    pub(super) idle_since: Timestamp,
}

/// A link.
pub(super) struct Offering {
    pub(super) tenant: TenantId,
    pub(super) link: OneTimeLink,
    pub(super) record: AuditEvent,
}

/// A link, used.
pub(super) struct Taking {
    pub(super) tenant: TenantId,
    pub(super) token: Digest,
    pub(super) door: Door,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Act for Opening {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let Session { account, started_at, .. } = &self.session;
        let signed_in = of(SIGN_IN, &self.tenant).with(account.to_string()).with(started_at.millis());
        if rows.change(signed_in).await? == 0 {
            return Err(StoreError::NotFound);
        }
        rows.change(keep(&self.tenant, &self.session)).await.map(drop)
    }

    fn records(&self) -> Vec<&AuditEvent> {
        vec![&self.record]
    }
}

#[async_trait]
impl Act for Finding {
    type Answer = Option<Session>;

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Option<Session>, StoreError> {
        let statement = of_token(FIND, &self.tenant, self.token)
            .with(self.door.as_str())
            .with(self.idle_since.millis())
            .with(self.started_since.millis());
        let session = |row: R::Row| {
            Ok(Session {
                token: row.digest("token")?,
                door: self.door,
                account: row.parsed("account")?,
                started_at: row.time("started_at")?,
                used_at: row.time("used_at")?,
                proved_at: row.time("proved_at")?,
                form_token: row.checked("form_token")?,
            })
        };
        rows.read(statement).await?.pop().map(session).transpose()
    }
}

#[async_trait]
impl Act for Marking {
    type Answer = bool;

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<bool, StoreError> {
        Ok(rows.change(of_token(MARK, &self.tenant, self.token).with(self.now.millis())).await? == 1)
    }
}

#[async_trait]
impl Act for Renewing {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let end = of_token(END_OWN, &self.tenant, self.old);
        if rows.change(end.with(self.new.door.as_str()).with(self.new.account.to_string())).await? == 0 {
            return Err(StoreError::NotFound);
        }
        rows.change(keep(&self.tenant, &self.new)).await.map(drop)
    }

    fn records(&self) -> Vec<&AuditEvent> {
        vec![&self.record]
    }
}

#[async_trait]
impl Act for Closing {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        rows.change(of_token(END, &self.tenant, self.token)).await.map(drop)
    }

    fn records(&self) -> Vec<&AuditEvent> {
        vec![&self.record]
    }
}

#[async_trait]
impl Act for Sweeping {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let failures = self.now.before(FAILURES_KEPT);
        for (text, before) in [(SWEEP_SESSIONS, self.idle_since), (SWEEP_LINKS, self.now), (SWEEP_FAILURES, failures)] {
            rows.change(of(text, &self.tenant).with(before.millis())).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Act for Offering {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let OneTimeLink { token, account, door, until } = &self.link;
        let statement = of_token(OFFER, &self.tenant, *token);
        let statement = statement.with(door.as_str()).with(account.to_string()).with(until.millis());
        rows.change(statement).await.map(drop)
    }

    fn records(&self) -> Vec<&AuditEvent> {
        vec![&self.record]
    }
}

#[async_trait]
impl Act for Taking {
    type Answer = Option<AccountId>;

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Option<AccountId>, StoreError> {
        let statement = of_token(TAKE, &self.tenant, self.token).with(self.door.as_str()).with(self.now.millis());
        rows.read(statement).await?.pop().map(|row| row.parsed("account")).transpose()
    }
}

fn of(text: &'static str, tenant: &TenantId) -> Statement {
    Statement::of(text).with(tenant.as_str())
}

fn of_token(text: &'static str, tenant: &TenantId, token: Digest) -> Statement {
    of(text, tenant).with(token.as_bytes().as_slice())
}

fn keep(tenant: &TenantId, session: &Session) -> Statement {
    of_token(KEEP, tenant, session.token)
        .with(session.door.as_str())
        .with(session.account.to_string())
        .with(session.started_at.millis())
        .with(session.used_at.millis())
        .with(session.proved_at.millis())
        .with(session.form_token.as_str())
}
