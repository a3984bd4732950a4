//! Mails that belong to one: of its thread, and by its sender, among those that the visitor may see.
//!
//! Refuses to look further back than mails are kept. Invariant: a handful of bounded queries, whatever the mail names.

use std::time::Duration;

use super::Portal;
use super::parts::{self, Line};
use crate::domain::ItemId;
use crate::ports::{ArrivalDetail, ArrivalLine, ArrivalQuery, Sought, StoreError, Tab, Term, Viewer};
use crate::web::words::Words;

/// Mails that are shown.
const SHOWN: usize = 5;
/// Mails of the thread that are looked for: the nearest.
const NEAREST: usize = 3;

impl Portal {
    /// The newest mails of the thread and by the same sender, newest first; at most five.
    pub(super) async fn related(
        &self,
        viewer: &Viewer,
        detail: &ArrivalDetail,
        l: Words,
    ) -> Result<Vec<Line>, StoreError> {
        let arrival = &detail.line.arrival;
        let headers = &arrival.headers;
        let mut wanted: Vec<Sought> = Vec::new();
        for id in headers.in_reply_to.iter().chain(headers.references.iter().rev()).take(NEAREST) {
            let one = Sought::MessageId(id.as_str().to_owned());
            if !wanted.contains(&one) {
                wanted.push(one);
            }
        }
        let sender = headers.from.first().map(|from| from.address.as_str().to_lowercase());
        wanted.extend(sender.clone().map(Sought::From));
        let mut found: Vec<ArrivalLine> = Vec::new();
        for sought in wanted {
            let by_sender = matches!(sought, Sought::From(_));
            for line in self.arrivals.list(viewer, &self.lately(sought)).await? {
                let from = line.arrival.headers.from.first();
                let is_theirs = from.map(|from| from.address.as_str().to_lowercase()) == sender;
                let is_new = line.arrival.id != arrival.id && found.iter().all(|one| one.arrival.id != line.arrival.id);
                if is_new && (is_theirs || !by_sender) {
                    found.push(line);
                }
            }
        }
        found.sort_by_key(|line| std::cmp::Reverse(line.arrival.id));
        Ok(found.iter().take(SHOWN).map(|line| parts::line(line, l)).collect())
    }

    /// The newest for which it holds; none that is kept no more.
    fn lately(&self, sought: Sought) -> ArrivalQuery {
        let days = u64::from(self.web.config.retention.days).saturating_add(1);
        let since = self.web.clock.now().before(Duration::from_secs(days.saturating_mul(86_400)));
        ArrivalQuery {
            tab: Tab::All,
            terms: vec![Term { sought, negated: false }],
            newer_than: Some(ItemId::new(since, [0; 10])),
            limit: u32::try_from(SHOWN).unwrap_or(u32::MAX).saturating_add(1),
            ..ArrivalQuery::default()
        }
    }
}
