//! The ports of requests for a store of either kind: reading on a connection of its own, writing by jobs.
//!
//! Refuses nothing itself. Invariant: whatever changes a row is a job, with its record in the same transaction.

/// The ports of a store that has a `writer`, and connections to read on in `$pool`.
macro_rules! release_ports {
    ($store:ty, $pool:ident, $rows:ident) => {
        #[async_trait::async_trait]
        impl crate::ports::Releases for $store {
            async fn approvers(
                &self,
                tenant: &TenantId,
                department: &DepartmentCode,
                day: Date,
                without: AccountId,
            ) -> Result<Vec<Label>, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                let all = $rows::deciders(&mut connection, tenant, department, day, without).await?;
                Ok(all.into_iter().map(|(_, name)| name).collect())
            }

            async fn ask(
                &self,
                tenant: &TenantId,
                request: ReleaseRequest,
                mailboxes: &[String],
                day: Date,
                record: AuditEvent,
            ) -> Result<(), StoreError> {
                let (tenant, mailboxes) = (tenant.clone(), mailboxes.to_vec());
                self.writer.submit(Asking { tenant, request, mailboxes, day, record }).await
            }

            async fn own_requests(
                &self,
                tenant: &TenantId,
                account: AccountId,
                limit: u32,
            ) -> Result<Vec<ReleaseRequest>, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                $rows::own_requests(&mut connection, tenant, account, limit).await
            }

            async fn own_request(
                &self,
                tenant: &TenantId,
                account: AccountId,
                request: RequestId,
            ) -> Result<ReleaseRequest, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                $rows::own_request(&mut connection, tenant, account, request).await
            }

            async fn withdraw(
                &self,
                tenant: &TenantId,
                account: AccountId,
                request: RequestId,
                record: AuditEvent,
            ) -> Result<(), StoreError> {
                self.writer.submit(Withdrawing { tenant: tenant.clone(), account, request, record }).await
            }

            async fn to_decide(
                &self,
                tenant: &TenantId,
                approver: AccountId,
                day: Date,
                limit: u32,
            ) -> Result<Vec<(ReleaseRequest, Option<Label>)>, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                $rows::to_decide(&mut connection, tenant, approver, day, limit).await
            }

            async fn request_to_decide(
                &self,
                tenant: &TenantId,
                approver: AccountId,
                day: Date,
                request: RequestId,
                record: AuditEvent,
            ) -> Result<(ReleaseRequest, Option<Label>, ArrivalDetail), StoreError> {
                self.writer.submit(Looking { tenant: tenant.clone(), approver, day, request, record }).await
            }

            async fn derivative_to_decide(
                &self,
                tenant: &TenantId,
                glance: Glance,
                shown: IsShown,
                record: AuditEvent,
            ) -> Result<(Rebuilt, Blob), StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                let (item, now, found) = $rows::look_at_bytes(&mut connection, tenant, glance).await?;
                drop(connection);
                if !shown(&now) {
                    return Err(StoreError::NotFound);
                }
                let blob = self.opened(found, glance.digest).await?;
                self.record(tenant, AuditEvent { item: Some(item), ..record }).await?;
                Ok((now, blob))
            }

            async fn judge(
                &self,
                tenant: &TenantId,
                judgement: Judgement,
                record: AuditEvent,
            ) -> Result<(), StoreError> {
                self.writer.submit(Judging { tenant: tenant.clone(), judgement, record }).await
            }

            async fn decided(
                &self,
                tenant: &TenantId,
                approver: AccountId,
                since: Timestamp,
                limit: u32,
            ) -> Result<Vec<ReleaseRequest>, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                $rows::decided(&mut connection, tenant, approver, since, limit).await
            }

            async fn count_to_decide(
                &self,
                tenant: &TenantId,
                approver: AccountId,
                day: Date,
            ) -> Result<u32, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                $rows::count_to_decide(&mut connection, tenant, approver, day).await
            }
        }

        #[async_trait::async_trait]
        impl crate::ports::HandOver for $store {
            async fn approved(
                &self,
                tenant: &TenantId,
                account: AccountId,
                now: Timestamp,
            ) -> Result<Vec<ReleaseRequest>, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                $rows::approved(&mut connection, tenant, account, now).await
            }

            async fn look_at_approved(
                &self,
                tenant: &TenantId,
                account: AccountId,
                request: RequestId,
                now: Timestamp,
                record: AuditEvent,
            ) -> Result<ReleaseRequest, StoreError> {
                let handing = HandingOver { tenant: tenant.clone(), account, request, now, record };
                self.writer.submit(Fetching(handing)).await
            }

            async fn hand_over(
                &self,
                tenant: &TenantId,
                account: AccountId,
                request: RequestId,
                now: Timestamp,
                record: AuditEvent,
            ) -> Result<(ReleaseRequest, ItemKey), StoreError> {
                self.writer.submit(HandingOver { tenant: tenant.clone(), account, request, now, record }).await
            }
        }
    };
}

pub(in crate::store) use release_ports;
