//! Telling people by mail: of requests for originals, of what waits for them; and the end of requests nobody decided.
//!
//! Refuses nothing: what cannot be told now stays for the next look. Invariant: a failure of one mail, or of the store,
//! never ends the task; MAIL FROM of all its mails is the null path, so that nothing ever answers them.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use serde_json::json;
use tokio::sync::watch;

use crate::compose::{News, Site, compose_tiding};
use crate::domain::office::DigestTimes;
use crate::domain::{AuditEvent, Event, ItemId, Outbound, ReversePath, TenantId, TimeOfDay, Timestamp};
use crate::ports::{Clock, DigestQuery, StoreError, Tiding, Tidings};

/// Between two looks at what is to be told at once.
const PAUSE: Duration = Duration::from_secs(3);
/// Until digests are asked for and requests end again, by the clock.
const ROUND: Duration = Duration::from_secs(60);
/// Tidings of one look.
const MAX_TIDINGS: u32 = 100;
const DAY_MILLIS: i64 = 24 * 3_600 * 1_000;

/// The part of the process role that tells people.
pub struct Teller {
    /// Whose people.
    pub tenant: TenantId,
    /// Where tidings come from, and mails go.
    pub tidings: Arc<dyn Tidings>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What mails say about the site.
    pub site: Site,
    /// When digests are sent to those who want them twice a day.
    pub digest_times: Vec<TimeOfDay>,
}

impl Teller {
    /// Runs until `shutdown` turns true.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut last_round: Option<Timestamp> = None;
        while !*shutdown.borrow() {
            let now = self.clock.now();
            let is_round = last_round.is_none_or(|last| now < last || now.since(last) >= ROUND);
            match self.look(now, is_round).await {
                Ok(()) if is_round => last_round = Some(now),
                Ok(()) => {}
                Err(error) => tracing::error!(%error, "people are not told of what waits for them; it is tried again"),
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = shutdown.changed() => {}
            }
        }
    }

    /// Tells what is due; with `all`, ends requests and sends digests as well. Whatever ends is told by the same look.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn look(&self, now: Timestamp, all: bool) -> Result<(), StoreError> {
        if all {
            match self.tidings.expire_requests(&self.tenant, now).await? {
                0 => {}
                count => tracing::info!(count, "requests ended without a decision, or were not fetched in time"),
            }
            if let Some(up_to) = self.last_digest(now) {
                self.digests(DigestTimes::TwiceADay, up_to, now).await?;
            }
        }
        for tiding in self.tidings.due_tidings(&self.tenant, MAX_TIDINGS).await? {
            self.tell(&tiding, now).await?;
        }
        self.digests(DigestTimes::AtOnce, now, now).await
    }

    async fn digests(&self, times: DigestTimes, up_to: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let kept = Duration::from_secs(u64::from(self.site.retention_days).saturating_mul(86_400));
        let query = DigestQuery { times, day: self.day(now), since: now.before(kept), up_to };
        for tiding in self.tidings.digests(&self.tenant, query).await? {
            self.tell(&tiding, now).await?;
        }
        Ok(())
    }

    async fn tell(&self, tiding: &Tiding, now: Timestamp) -> Result<(), StoreError> {
        let items: Vec<ItemId> = tiding.items.iter().map(|(item, _)| *item).collect();
        let news = News {
            kind: tiding.kind,
            account: tiding.account,
            mailbox: &tiding.mailbox,
            language: tiding.language,
            items: &items,
            request: tiding.request,
            until: tiding.until,
            at: now,
        };
        let composed = match compose_tiding(&self.site, &news) {
            Ok(composed) => composed,
            Err(error) => {
                tracing::error!(kind = tiding.kind.as_str(), %error, "no mail could be written about what waits");
                return Ok(());
            }
        };
        let record = self.record(tiding, &items, &composed.mail.digest().to_string(), now);
        let mail = Outbound {
            reverse_path: ReversePath::null(),
            forward_paths: vec![tiding.mailbox.clone()],
            message_id: composed.message_id,
            mail: composed.mail,
            outcomes: Vec::new(),
        };
        match self.tidings.told(&self.tenant, tiding, mail, record).await {
            // Another process was faster.
            Err(StoreError::Conflict) => Ok(()),
            told => told,
        }
    }

    /// Who was told what, by which bytes.
    fn record(&self, tiding: &Tiding, items: &[ItemId], sha256: &str, at: Timestamp) -> AuditEvent {
        AuditEvent {
            at,
            event: Event::Told,
            item: items.last().copied(),
            actor: "process".to_owned(),
            details: json!({
                "kind": tiding.kind.as_str(),
                "account": tiding.account,
                "request": tiding.request,
                "items": items,
                "recipients": [&tiding.mailbox],
                "sha256": sha256,
            }),
        }
    }

    fn offset_millis(&self) -> i64 {
        i64::from(self.site.utc_offset_minutes).saturating_mul(60_000)
    }

    /// The day at the site.
    fn day(&self, now: Timestamp) -> Date {
        let local = now.millis().saturating_add(self.offset_millis());
        let instant = jiff::Timestamp::from_millisecond(local).unwrap_or_default();
        instant.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// The last time at which digests were to be sent. It follows from the time alone: after a pause of this process what
    /// was missed is sent, and nothing twice.
    fn last_digest(&self, now: Timestamp) -> Option<Timestamp> {
        let local = now.millis().saturating_add(self.offset_millis());
        let midnight = local.saturating_sub(local.rem_euclid(DAY_MILLIS));
        let times = self.digest_times.iter().map(|time| i64::from(time.minutes()).saturating_mul(60_000));
        let at = times.flat_map(|time| [midnight.saturating_add(time), midnight.saturating_add(time - DAY_MILLIS)]);
        let last = at.filter(|at| *at <= local).max()?;
        Some(Timestamp::from_millis(last.saturating_sub(self.offset_millis())))
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::compose::Phrases;
    use crate::domain::{Domain, Language};

    /// Nobody asks it anything here.
    struct Nothing;

    #[async_trait]
    impl Tidings for Nothing {
        async fn due_tidings(&self, _: &TenantId, _: u32) -> Result<Vec<Tiding>, StoreError> {
            Ok(Vec::new())
        }

        async fn digests(&self, _: &TenantId, _: DigestQuery) -> Result<Vec<Tiding>, StoreError> {
            Ok(Vec::new())
        }

        async fn told(&self, _: &TenantId, _: &Tiding, _: Outbound, _: AuditEvent) -> Result<(), StoreError> {
            Ok(())
        }

        async fn expire_requests(&self, _: &TenantId, _: Timestamp) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    impl Clock for Nothing {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
    }

    fn teller(times: &[&str]) -> Teller {
        Teller {
            tenant: TenantId::single(),
            tidings: Arc::new(Nothing),
            clock: Arc::new(Nothing),
            site: Site {
                host_name: Domain::placeholder(),
                language: Language::Ja,
                utc_offset_minutes: 540,
                contact: String::new(),
                portal_url: String::new(),
                retention_days: 14,
                phrases: Phrases::default(),
            },
            digest_times: times.iter().map(|time| time.parse().unwrap()).collect(),
        }
    }

    fn utc(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn the_last_time_of_a_digest_is_one_of_today_or_the_last_of_yesterday() {
        let twice = teller(&["13:00", "08:30"]);
        for (now, last) in [
            ("2026-11-22T23:29:59Z", "2026-11-22T04:00:00Z"),
            ("2026-11-22T23:30:00Z", "2026-11-22T23:30:00Z"),
            ("2026-11-23T03:59:59Z", "2026-11-22T23:30:00Z"),
            ("2026-11-23T04:00:00Z", "2026-11-23T04:00:00Z"),
            ("2026-11-23T14:59:59Z", "2026-11-23T04:00:00Z"),
        ] {
            assert_eq!(twice.last_digest(utc(now)), Some(utc(last)), "{now}");
        }
        assert_eq!(teller(&[]).last_digest(utc("2026-11-23T04:00:00Z")), None);
    }

    #[test]
    fn the_day_is_that_of_the_site() {
        let teller = teller(&[]);
        assert_eq!(teller.day(utc("2026-11-22T14:59:59Z")).to_string(), "2026-11-22");
        assert_eq!(teller.day(utc("2026-11-22T15:00:00Z")).to_string(), "2026-11-23");
    }
}
