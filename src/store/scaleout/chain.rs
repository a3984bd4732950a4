//! Chaining audit records at the end of a transaction.
//!
//! Whoever appends locks the head of the tenant's chain until the commit: nodes take turns here and nowhere else, for
//! two round trips and one sync. Invariant: sequences have no gap; a record is in the transaction of its change.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::bells::CHANNELS;
use crate::domain::{AuditEvent, AuditRecord, Digest, TenantId};
use crate::ports::StoreError;
use crate::store::rows::{Columns, failed};

/// Appends the records of one transaction, and rings for the other nodes when it commits. Tenants are taken in their
/// order, so that two transactions never wait for each other.
pub(super) async fn append(
    connection: &mut PgConnection,
    records: &[(TenantId, AuditEvent)],
    rung: [bool; 2],
) -> Result<(), StoreError> {
    let mut chains = BTreeMap::<&TenantId, Vec<&AuditEvent>>::new();
    for (tenant, event) in records {
        chains.entry(tenant).or_default().push(event);
    }
    let mut channels: Vec<&str> =
        CHANNELS.into_iter().zip(rung).filter(|(_, rung)| *rung).map(|(name, _)| name).collect();
    for (tenant, events) in chains {
        let head = lock_head(connection, tenant).await?;
        write(connection, tenant, head, &events, &channels).await?;
        channels.clear();
    }
    Ok(())
}

async fn lock_head(connection: &mut PgConnection, tenant: &TenantId) -> Result<(u64, Digest), StoreError> {
    let row = sqlx::query("SELECT last_sequence, last_hash FROM lock_audit_head($1)")
        .bind(tenant.as_str())
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    Ok((row.number("last_sequence")?, row.digest("last_hash")?))
}

/// The database checks once more that each record follows the one before it.
const WRITE: &str = "\
    SELECT append_audit($1, $2::text[], $3::text[], $4::bytea[]), \
        (SELECT COUNT(pg_notify(channel, '')) FROM UNNEST($5::text[]) AS channel)";

async fn write(
    connection: &mut PgConnection,
    tenant: &TenantId,
    (mut sequence, mut hash): (u64, Digest),
    events: &[&AuditEvent],
    channels: &[&str],
) -> Result<(), StoreError> {
    let (mut items, mut bodies, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        let record = AuditRecord::chain(sequence.saturating_add(1), hash, event);
        (sequence, hash) = (record.sequence, record.hash);
        items.push(event.item.map(|item| item.to_string()));
        bodies.push(record.body);
        hashes.push(record.hash.as_bytes().to_vec());
    }
    sqlx::query(WRITE)
        .bind(tenant.as_str())
        .bind(items)
        .bind(bodies)
        .bind(hashes)
        .bind(channels)
        .execute(connection)
        .await
        .map(drop)
        .map_err(failed)
}
