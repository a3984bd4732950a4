//! Chaining audit records at the end of a transaction.
//!
//! Whoever appends locks the head of the tenant's chain until the commit: nodes take turns here and nowhere else, for
//! two round trips and one sync. Invariant: sequences have no gap; a record is in the transaction of its change.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::bells::CHANNELS;
use crate::domain::{AuditEvent, AuditRecord, Digest, TenantId};
use crate::ports::StoreError;
use crate::store::rows::{Columns, failed, to_column};

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
    loop {
        let row = sqlx::query("SELECT sequence, hash FROM audit_head WHERE tenant = $1 FOR UPDATE")
            .bind(tenant.as_str())
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        if let Some(row) = row {
            return Ok((row.number("sequence")?, row.digest("hash")?));
        }
        sqlx::query("INSERT INTO audit_head (tenant, sequence, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING")
            .bind(tenant.as_str())
            .bind(AuditRecord::GENESIS.as_bytes().as_slice())
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
    }
}

const WRITE: &str = "\
    WITH written AS ( \
        INSERT INTO audit (tenant, sequence, item, previous, body, hash) \
        SELECT $1, * FROM UNNEST($2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::bytea[])) \
    UPDATE audit_head SET sequence = $7, hash = $8 WHERE tenant = $1 \
    RETURNING (SELECT COUNT(pg_notify(channel, '')) FROM UNNEST($9::text[]) AS channel)";

async fn write(
    connection: &mut PgConnection,
    tenant: &TenantId,
    (mut sequence, mut hash): (u64, Digest),
    events: &[&AuditEvent],
    channels: &[&str],
) -> Result<(), StoreError> {
    let count = events.len();
    let (mut sequences, mut items) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut previous, mut bodies, mut hashes) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    for event in events {
        let record = AuditRecord::chain(sequence.saturating_add(1), hash, event);
        (sequence, hash) = (record.sequence, record.hash);
        sequences.push(to_column(record.sequence));
        items.push(event.item.map(|item| item.to_string()));
        previous.push(record.previous.as_bytes().to_vec());
        bodies.push(record.body);
        hashes.push(record.hash.as_bytes().to_vec());
    }
    sqlx::query(WRITE)
        .bind(tenant.as_str())
        .bind(sequences)
        .bind(items)
        .bind(previous)
        .bind(bodies)
        .bind(hashes)
        .bind(to_column(sequence))
        .bind(hash.as_bytes().as_slice())
        .bind(channels)
        .execute(connection)
        .await
        .map(drop)
        .map_err(failed)
}
