//! Requests for originals as rows: who may decide, and the order of the statements, the same for every kind of database.
//!
//! Refuses: a decision on one's own request, be it as a deputy or by one's own deputy; one by whoever is no approver of
//! the department that day; a second one, and one that comes too late. Invariant: what the words are is in `about`; how a
//! request stands is in columns only.

mod ports;
mod statements;
mod words;

use jiff::civil::Date;

pub(super) use self::ports::release_ports;
pub(super) use self::statements::TELL;
use self::statements::*;
use self::words::{About, Power, judged, seen};
pub(super) use self::words::{of_other, request};
use super::arrivals::{self, Found, lines};
use super::rows::Columns;
use crate::domain::{
    AccountId, AuditEvent, DepartmentCode, ItemId, Label, Rebuilt, ReleaseRequest, RequestId, RequestState, Stage,
    TenantId, Timestamp,
};
use crate::ports::{ArrivalDetail, Glance, Judgement, Ruling, StoreError, TidingKind};

/// What is counted at most.
pub(super) const MAX_COUNT: i64 = 1000;

/// A request about to be kept.
pub(super) struct Asking {
    pub(super) tenant: TenantId,
    pub(super) request: ReleaseRequest,
    pub(super) mailboxes: Vec<String>,
    pub(super) day: Date,
    pub(super) record: AuditEvent,
}

/// A request about to be taken back.
pub(super) struct Withdrawing {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) request: RequestId,
    pub(super) record: AuditEvent,
}

/// An approver's look at a request.
pub(super) struct Looking {
    pub(super) tenant: TenantId,
    pub(super) approver: AccountId,
    pub(super) day: Date,
    pub(super) request: RequestId,
    pub(super) record: AuditEvent,
}

/// A decision.
pub(super) struct Judging {
    pub(super) tenant: TenantId,
    pub(super) judgement: Judgement,
    pub(super) record: AuditEvent,
}

/// An original about to be handed out.
pub(super) struct HandingOver {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) request: RequestId,
    pub(super) now: Timestamp,
    pub(super) record: AuditEvent,
}

/// A look at a request whose original may be fetched, before that.
pub(super) struct Fetching(pub(super) HandingOver);

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds. `$lock` keeps
/// a row from everybody else until the transaction ends; `$lock_item` does so with an item.
macro_rules! releases {
    ($name:ident, $connection:ty, $row:ty, $lock:literal, $lock_item:expr) => {
        pub(super) mod $name {
            use super::*;
            use crate::domain::ItemKey;
            use crate::store::rows::{failed, to_column, to_json};

            const ONE: &str = concat!("SELECT * FROM release_request WHERE tenant = $1 AND id = $2", $lock);
            /// Retention locks an item before it destroys it.
            const LOCK_ITEM: Option<&str> = $lock_item;

            pub(in crate::store) async fn ask(connection: &mut $connection, asking: &Asking) -> Result<(), StoreError> {
                let Asking { tenant, request, mailboxes, day, .. } = asking;
                let stage = lock_item(connection, tenant, request.item).await?;
                let came_for = came_for(connection, tenant, request.item).await?;
                let own: Vec<String> = came_for.into_iter().filter(|mailbox| mailboxes.contains(mailbox)).collect();
                let belongs = sqlx::query(BELONGS)
                    .bind(tenant.as_str())
                    .bind(day.to_string())
                    .bind(request.requester.to_string())
                    .bind(request.department.as_str())
                    .fetch_optional(&mut *connection)
                    .await
                    .map_err(failed)?;
                if own.is_empty() || stage == Stage::Expired || belongs.is_none() {
                    return Err(StoreError::NotFound);
                }
                let deciders = deciders(connection, tenant, &request.department, *day, request.requester).await?;
                if deciders.is_empty() || !keep(connection, tenant, request, own).await? {
                    return Err(StoreError::Conflict);
                }
                for (decider, _) in deciders {
                    tell(connection, tenant, TidingKind::Asked, decider, request, request.asked_at).await?;
                }
                Ok(())
            }

            /// False if the same account waits for the same file already.
            async fn keep(
                connection: &mut $connection,
                tenant: &TenantId,
                request: &ReleaseRequest,
                mailboxes: Vec<String>,
            ) -> Result<bool, StoreError> {
                let kept = sqlx::query(KEEP)
                    .bind(tenant.as_str())
                    .bind(request.id.to_string())
                    .bind(request.item.to_string())
                    .bind(request.part.as_ref().map(ToString::to_string))
                    .bind(request.requester.to_string())
                    .bind(request.department.as_str())
                    .bind(request.asked_at.millis())
                    .bind(request.until.millis())
                    .bind(to_json(&About::of(request, mailboxes))?)
                    .execute(connection)
                    .await
                    .map_err(failed)?;
                Ok(kept.rows_affected() == 1)
            }

            async fn tell(
                connection: &mut $connection,
                tenant: &TenantId,
                kind: TidingKind,
                account: AccountId,
                request: &ReleaseRequest,
                since: Timestamp,
            ) -> Result<(), StoreError> {
                sqlx::query(TELL)
                    .bind(tenant.as_str())
                    .bind(kind.as_str())
                    .bind(account.to_string())
                    .bind(request.item.to_string())
                    .bind(request.id.to_string())
                    .bind(since.millis())
                    .execute(connection)
                    .await
                    .map(drop)
                    .map_err(failed)
            }

            /// How the item stands, now that nobody destroys it meanwhile.
            async fn lock_item(
                connection: &mut $connection,
                tenant: &TenantId,
                item: ItemId,
            ) -> Result<Stage, StoreError> {
                for statement in LOCK_ITEM.into_iter().chain([STAGE]) {
                    let query = sqlx::query(statement).bind(tenant.as_str()).bind(item.to_string());
                    let row = query.fetch_one(&mut *connection).await.map_err(failed)?;
                    if statement == STAGE {
                        return row.parsed("stage");
                    }
                }
                Err(StoreError::NotFound)
            }

            async fn came_for(
                connection: &mut $connection,
                tenant: &TenantId,
                item: ItemId,
            ) -> Result<Vec<String>, StoreError> {
                sqlx::query_scalar(CAME_FOR)
                    .bind(tenant.as_str())
                    .bind(item.to_string())
                    .fetch_all(connection)
                    .await
                    .map_err(failed)
            }

            /// Everybody who may decide on a request of `requester`: approvers first, then deputies, by name.
            pub(in crate::store) async fn deciders(
                connection: &mut $connection,
                tenant: &TenantId,
                department: &DepartmentCode,
                day: Date,
                requester: AccountId,
            ) -> Result<Vec<(AccountId, Label)>, StoreError> {
                let rows = sqlx::query(DECIDERS)
                    .bind(tenant.as_str())
                    .bind(day.to_string())
                    .bind(department.as_str())
                    .bind(requester.to_string())
                    .fetch_all(connection)
                    .await
                    .map_err(failed)?;
                rows.iter().map(|row| Ok((row.parsed("account")?, row.checked("name")?))).collect()
            }

            /// The request's row, locked.
            async fn one(
                connection: &mut $connection,
                tenant: &TenantId,
                request: RequestId,
            ) -> Result<$row, StoreError> {
                let query = sqlx::query(ONE).bind(tenant.as_str()).bind(request.to_string());
                query.fetch_one(connection).await.map_err(failed)
            }

            pub(in crate::store) async fn withdraw(
                connection: &mut $connection,
                withdrawing: &Withdrawing,
            ) -> Result<(), StoreError> {
                let Withdrawing { tenant, account, request: id, .. } = withdrawing;
                if request(&one(connection, tenant, *id).await?)?.requester != *account {
                    return Err(StoreError::NotFound);
                }
                let query = sqlx::query(WITHDRAW).bind(tenant.as_str()).bind(id.to_string());
                let done = query.execute(connection).await.map_err(failed)?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
            }

            async fn power(
                connection: &mut $connection,
                tenant: &TenantId,
                day: Date,
                decider: AccountId,
                request: &ReleaseRequest,
            ) -> Result<Power, StoreError> {
                let row = sqlx::query(POWER)
                    .bind(tenant.as_str())
                    .bind(day.to_string())
                    .bind(decider.to_string())
                    .bind(request.department.as_str())
                    .bind(request.requester.to_string())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                Power::of(&row)
            }

            pub(in crate::store) async fn judge(
                connection: &mut $connection,
                judging: &Judging,
            ) -> Result<(), StoreError> {
                let Judging { tenant, judgement, .. } = judging;
                // The item comes first, as everywhere: two who take both never wait for each other.
                let found = sqlx::query("SELECT item FROM release_request WHERE tenant = $1 AND id = $2")
                    .bind(tenant.as_str())
                    .bind(judgement.request.to_string())
                    .fetch_one(&mut *connection)
                    .await
                    .map_err(failed)?;
                let stage = lock_item(connection, tenant, found.parsed("item")?).await?;
                let row = one(connection, tenant, judgement.request).await?;
                let power = power(connection, tenant, judgement.day, judgement.by, &request(&row)?).await?;
                let (request, about) = judged(&row, judgement, power.place()?)?;
                if stage == Stage::Expired {
                    return Err(StoreError::Conflict);
                }
                let done = sqlx::query(JUDGE)
                    .bind(tenant.as_str())
                    .bind(request.id.to_string())
                    .bind(request.state.as_str())
                    .bind(request.until.millis())
                    .bind(judgement.by.to_string())
                    .bind(judgement.at.millis())
                    .bind(to_json(&about)?)
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                if done.rows_affected() != 1 {
                    return Err(StoreError::Conflict);
                }
                let kind = match judgement.ruling {
                    Ruling::Approve { .. } => TidingKind::Approved,
                    Ruling::Return => TidingKind::Returned,
                };
                tell(connection, tenant, kind, request.requester, &request, judgement.at).await
            }

            pub(in crate::store) async fn look(
                connection: &mut $connection,
                looking: &Looking,
            ) -> Result<(ReleaseRequest, Option<Label>, ArrivalDetail), StoreError> {
                let Looking { tenant, approver, day, request: id, .. } = looking;
                let row = one(connection, tenant, *id).await?;
                let (request, about) = (request(&row)?, row.json::<About>("about")?);
                let power = power(connection, tenant, *day, *approver, &request).await?;
                let place = power.looking(&request, *approver)?;
                let mailbox = about.mailboxes.first().ok_or(StoreError::Damaged("mailboxes"))?;
                let row = sqlx::query(SEEN)
                    .bind(tenant.as_str())
                    .bind(request.item.to_string())
                    .bind(mailbox)
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                Ok((request, place, seen(&row)?))
            }

            /// Where bytes are that belong to what [`look`] shows; what they are, and of which item.
            pub(in crate::store) async fn look_at_bytes(
                connection: &mut $connection,
                tenant: &TenantId,
                glance: Glance,
            ) -> Result<(ItemId, Rebuilt, Found), StoreError> {
                let row = sqlx::query("SELECT * FROM release_request WHERE tenant = $1 AND id = $2")
                    .bind(tenant.as_str())
                    .bind(glance.request.to_string())
                    .fetch_one(&mut *connection)
                    .await
                    .map_err(failed)?;
                let (request, about) = (request(&row)?, row.json::<About>("about")?);
                power(connection, tenant, glance.day, glance.approver, &request)
                    .await?
                    .looking(&request, glance.approver)?;
                let mailbox = about.mailboxes.into_iter().next().ok_or(StoreError::Damaged("mailboxes"))?;
                let row = sqlx::query(SEEN)
                    .bind(tenant.as_str())
                    .bind(request.item.to_string())
                    .bind(&mailbox)
                    .fetch_one(&mut *connection)
                    .await
                    .map_err(failed)?;
                let parts = lines::arrival(&row)?.parts.into_iter();
                let now = parts.filter_map(|part| part.now).find(|now| now.digest == glance.digest);
                let now = now.ok_or(StoreError::NotFound)?;
                let found = arrivals::$name::found(connection, tenant, request.item, glance.digest, mailbox).await?;
                Ok((request.item, now, found))
            }

            /// The request, if its original may be handed out now.
            pub(in crate::store) async fn fetchable(
                connection: &mut $connection,
                handing: &HandingOver,
            ) -> Result<ReleaseRequest, StoreError> {
                let HandingOver { tenant, account, request: id, now, .. } = handing;
                let request = request(&one(connection, tenant, *id).await?)?;
                let fetchable = [RequestState::Approved, RequestState::HandedOver].contains(&request.state);
                if request.requester != *account || !fetchable || *now >= request.until {
                    return Err(StoreError::NotFound);
                }
                let query = sqlx::query(STAGE).bind(tenant.as_str()).bind(request.item.to_string());
                let item = query.fetch_one(&mut *connection).await.map_err(failed)?;
                let query = sqlx::query(IS_BLOCKED).bind(tenant.as_str()).bind(account.to_string());
                let blocked = query.fetch_one(&mut *connection).await.map_err(failed)?.flag("blocked")?;
                if blocked || item.parsed::<Stage>("stage")? == Stage::Expired {
                    return Err(StoreError::NotFound);
                }
                Ok(request)
            }

            pub(in crate::store) async fn hand_over(
                connection: &mut $connection,
                handing: &HandingOver,
            ) -> Result<(ReleaseRequest, ItemKey), StoreError> {
                let HandingOver { tenant, request: id, .. } = handing;
                let mut request = fetchable(connection, handing).await?;
                let query = sqlx::query(HAND_OVER).bind(tenant.as_str()).bind(id.to_string());
                query.execute(connection).await.map_err(failed)?;
                request.state = RequestState::HandedOver;
                let key = ItemKey { tenant: tenant.clone(), id: request.item };
                Ok((request, key))
            }

            pub(in crate::store) async fn own_requests(
                connection: &mut $connection,
                tenant: &TenantId,
                account: AccountId,
                limit: u32,
            ) -> Result<Vec<ReleaseRequest>, StoreError> {
                let query = sqlx::query(OWN).bind(tenant.as_str()).bind(account.to_string()).bind(to_column(limit));
                query.fetch_all(connection).await.map_err(failed)?.iter().map(request).collect()
            }

            pub(in crate::store) async fn own_request(
                connection: &mut $connection,
                tenant: &TenantId,
                account: AccountId,
                id: RequestId,
            ) -> Result<ReleaseRequest, StoreError> {
                let row = sqlx::query("SELECT * FROM release_request WHERE tenant = $1 AND id = $2 AND requester = $3")
                    .bind(tenant.as_str())
                    .bind(id.to_string())
                    .bind(account.to_string())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                request(&row)
            }

            pub(in crate::store) async fn to_decide(
                connection: &mut $connection,
                tenant: &TenantId,
                approver: AccountId,
                day: Date,
                limit: u32,
            ) -> Result<Vec<(ReleaseRequest, Option<Label>)>, StoreError> {
                let rows = sqlx::query(TO_DECIDE)
                    .bind(tenant.as_str())
                    .bind(day.to_string())
                    .bind(approver.to_string())
                    .bind(to_column(limit))
                    .fetch_all(connection)
                    .await
                    .map_err(failed)?;
                rows.iter().map(|row| Ok((request(row)?, Power::of(row)?.place()?))).collect()
            }

            pub(in crate::store) async fn count_to_decide(
                connection: &mut $connection,
                tenant: &TenantId,
                approver: AccountId,
                day: Date,
            ) -> Result<u32, StoreError> {
                let row = sqlx::query(COUNT_TO_DECIDE)
                    .bind(tenant.as_str())
                    .bind(day.to_string())
                    .bind(approver.to_string())
                    .bind(MAX_COUNT)
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                row.number("count")
            }

            pub(in crate::store) async fn decided(
                connection: &mut $connection,
                tenant: &TenantId,
                approver: AccountId,
                since: Timestamp,
                limit: u32,
            ) -> Result<Vec<ReleaseRequest>, StoreError> {
                let rows = sqlx::query(DECIDED)
                    .bind(tenant.as_str())
                    .bind(approver.to_string())
                    .bind(since.millis())
                    .bind(to_column(limit))
                    .fetch_all(connection)
                    .await
                    .map_err(failed)?;
                rows.iter().map(request).collect()
            }

            pub(in crate::store) async fn approved(
                connection: &mut $connection,
                tenant: &TenantId,
                account: AccountId,
                now: Timestamp,
            ) -> Result<Vec<ReleaseRequest>, StoreError> {
                let query = sqlx::query(APPROVED).bind(tenant.as_str()).bind(account.to_string()).bind(now.millis());
                query.fetch_all(connection).await.map_err(failed)?.iter().map(request).collect()
            }
        }
    };
}

releases!(sqlite, sqlx::SqliteConnection, sqlx::sqlite::SqliteRow, "", None);
releases!(postgres, sqlx::PgConnection, sqlx::postgres::PgRow, " FOR UPDATE", Some("SELECT lock_item($1, $2)"));
