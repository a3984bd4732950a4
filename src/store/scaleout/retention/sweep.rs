//! Removing objects that no row names: those that could not be removed when their rows went, and those whose rows were
//! never written.
//!
//! Refuses: objects younger than a day; objects of items that are being processed, or changed, at the moment; names that are
//! not ours. Invariant: an object that a row names, or is about to name, stays.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};

use super::super::objects::{KINDS, Objects};
use super::remove_unneeded;
use crate::domain::{ItemKey, Timestamp};
use crate::ports::StoreError;
use crate::store::place::Place;
use crate::store::rows::failed;

/// Younger objects may be on their way to a row.
const MARGIN: Duration = Duration::from_secs(24 * 60 * 60);
/// Notes that are read at once.
const BATCH: i64 = 500;

/// See [`Retention::sweep`](crate::ports::Retention::sweep). Several nodes may sweep at the same time.
pub(super) async fn sweep(pool: &PgPool, objects: &Arc<Objects>, now: Timestamp) -> Result<u64, StoreError> {
    let older_than = now.before(MARGIN);
    let mut removed = sweep_noted(pool, objects).await?;
    for kind in KINDS {
        let unfinished = objects.remove_unfinished(kind, older_than).await?;
        let orphans = sweep_orphans(pool, objects, kind, older_than).await?;
        removed = removed.saturating_add(unfinished).saturating_add(orphans);
    }
    Ok(removed)
}

/// Removes the objects of `unneeded_object`. One that cannot be removed does not keep those behind it.
async fn sweep_noted(pool: &PgPool, objects: &Arc<Objects>) -> Result<u64, StoreError> {
    let (mut removed, mut last, mut failure) = (0u64, String::new(), Ok(()));
    loop {
        let files: Vec<String> =
            sqlx::query_scalar("SELECT file FROM unneeded_object WHERE file > $1 ORDER BY file LIMIT $2")
                .bind(&last)
                .bind(BATCH)
                .fetch_all(pool)
                .await
                .map_err(failed)?;
        let Some(end) = files.last() else { return failure.map(|()| removed) };
        last.clone_from(end);
        match remove_unneeded(pool, objects, &files).await {
            Ok(count) => removed = removed.saturating_add(count),
            Err(away @ StoreError::Unavailable(_)) => return Err(away),
            Err(error) => failure = Err(error),
        }
    }
}

/// Removes the old objects of a kind that no row names.
async fn sweep_orphans(
    pool: &PgPool,
    objects: &Arc<Objects>,
    kind: &'static str,
    older_than: Timestamp,
) -> Result<u64, StoreError> {
    let mut removed = 0u64;
    let mut listing = objects.list(kind, older_than)?;
    while let Some(page) = listing.page().await? {
        for orphan in without_row(pool, &page).await? {
            if remove_orphan(pool, objects, &orphan).await? {
                removed = removed.saturating_add(1);
            }
        }
    }
    Ok(removed)
}

/// An object and the item its name tells of.
pub(super) struct Listed<'a> {
    pub(super) file: &'a str,
    key: ItemKey,
}

/// The item that an object belongs to; nothing if we would not have given it this name.
fn listed(file: &str) -> Option<Listed<'_>> {
    Place::item(file).map(|key| Listed { file, key })
}

/// Rows are found by their item: no index knows the names of objects.
const WITHOUT_ROW: &str = "\
    SELECT listed.file FROM UNNEST($1::text[], $2::text[], $3::text[]) AS listed (tenant, item, file) WHERE \
        NOT EXISTS (SELECT 1 FROM original AS kept WHERE kept.tenant = listed.tenant AND kept.item = listed.item \
            AND kept.file = listed.file) \
        AND NOT EXISTS (SELECT 1 FROM derivative AS kept WHERE kept.tenant = listed.tenant \
            AND kept.item = listed.item AND kept.file = listed.file) \
        AND NOT EXISTS (SELECT 1 FROM mail AS kept WHERE kept.tenant = listed.tenant AND kept.item = listed.item \
            AND kept.file = listed.file)";

pub(super) async fn without_row<'a>(pool: &PgPool, page: &'a [String]) -> Result<Vec<Listed<'a>>, StoreError> {
    let candidates: Vec<Listed<'_>> = page.iter().filter_map(|file| listed(file)).collect();
    if candidates.is_empty() {
        return Ok(candidates);
    }
    let mut connection = pool.acquire().await.map_err(failed)?;
    let orphans = names_without_row(&mut connection, &candidates).await?;
    Ok(candidates.into_iter().filter(|candidate| orphans.iter().any(|file| file == candidate.file)).collect())
}

async fn names_without_row(
    connection: &mut PgConnection,
    candidates: &[Listed<'_>],
) -> Result<Vec<String>, StoreError> {
    sqlx::query_scalar(WITHOUT_ROW)
        .bind(candidates.iter().map(|listed| listed.key.tenant.as_str()).collect::<Vec<_>>())
        .bind(candidates.iter().map(|listed| listed.key.id.to_string()).collect::<Vec<_>>())
        .bind(candidates.iter().map(|listed| listed.file).collect::<Vec<_>>())
        .fetch_all(connection)
        .await
        .map_err(failed)
}

/// Removes an object, unless its item may be about to name it. A second try at an item writes its derivatives under the
/// same names: what the first one left would go just before the row that names it is written. So an item that could be
/// leased is spared, and any other cannot become one while its row is locked.
async fn remove_orphan(pool: &PgPool, objects: &Objects, orphan: &Listed<'_>) -> Result<bool, StoreError> {
    let mut transaction = pool.begin().await.map_err(failed)?;
    let (exists, at_rest): (bool, bool) = sqlx::query_as(
        "WITH locked AS (SELECT 1 FROM item WHERE tenant = $1 AND id = $2 AND stage <> 'received' \
             FOR UPDATE SKIP LOCKED) \
         SELECT EXISTS (SELECT 1 FROM item WHERE tenant = $1 AND id = $2), EXISTS (SELECT 1 FROM locked)",
    )
    .bind(orphan.key.tenant.as_str())
    .bind(orphan.key.id.to_string())
    .fetch_one(&mut *transaction)
    .await
    .map_err(failed)?;
    let again = std::slice::from_ref(orphan);
    if (exists && !at_rest) || names_without_row(&mut transaction, again).await?.is_empty() {
        return Ok(false);
    }
    objects.remove(orphan.file).await?;
    transaction.commit().await.map_err(failed)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Digest, ItemId, TenantId};

    #[test]
    fn only_names_that_we_give_are_ours() {
        let key = ItemKey { tenant: TenantId::single(), id: ItemId::new(Timestamp::from_millis(1), [7; 10]) };
        let ours =
            [Place::original(&key), Place::derivative(&key, Digest::from_bytes([1; 32])), Place::mail(&key, 3, 0)];
        for file in ours.map(|place| place.relative()) {
            assert!(listed(&file).is_some_and(|listed| listed.key == key), "{file}");
            let (kind, rest) = file.split_once('/').unwrap();
            let other = if kind == "originals" { "derivatives" } else { "originals" };
            assert!(listed(&format!("{other}/{rest}")).is_none(), "the two kinds may share a bucket: {file}");
            assert!(listed(&format!("{kind}/zz/{}", rest.split_once('/').unwrap().1)).is_none());
            assert!(listed(&format!("{file}.bak")).is_none());
        }
        assert!(listed("originals/ab/backup.tar.gz").is_none());
        assert!(listed("").is_none());
    }
}
