//! The audit records of one attempt: at most one per kind of result.
//!
//! Recipients and reply codes are part of the record, reply texts are not. Invariant: every recipient of the attempt
//! is in exactly one record.

use serde_json::{Value, json};

use super::reply::code_of;
use crate::domain::{AuditEvent, Event, Mailbox, Timestamp};
use crate::ports::{Dispatch, Reply, Settlement};

/// The records of `settlements` of `dispatch`.
pub(super) fn records(at: Timestamp, dispatch: &Dispatch, settlements: &[(Mailbox, Settlement)]) -> Vec<AuditEvent> {
    [Event::Delivered, Event::DeliveryDeferred, Event::DeliveryRefused, Event::DeliveryGivenUp]
        .into_iter()
        .filter_map(|event| {
            let concerned = settlements.iter().filter(|(_, settlement)| event_of(settlement) == event);
            let recipients: Vec<Value> =
                concerned.map(|(to, settlement)| recipient(to, reply_of(settlement))).collect();
            (!recipients.is_empty()).then(|| AuditEvent {
                at,
                event,
                item: Some(dispatch.key.id),
                actor: "deliver".to_owned(),
                details: json!({
                    "mail": dispatch.number,
                    "sha256": dispatch.digest.to_string(),
                    "attempt": dispatch.attempt,
                    "recipients": recipients,
                }),
            })
        })
        .collect()
}

/// What the next hop, or this gateway in its place, said about a recipient.
pub(super) const fn reply_of(settlement: &Settlement) -> &Reply {
    match settlement {
        Settlement::Sent(reply)
        | Settlement::Refused(reply)
        | Settlement::Deferred(reply)
        | Settlement::GivenUp(reply) => reply,
    }
}

const fn event_of(settlement: &Settlement) -> Event {
    match settlement {
        Settlement::Sent(_) => Event::Delivered,
        Settlement::Deferred(_) => Event::DeliveryDeferred,
        Settlement::Refused(_) => Event::DeliveryRefused,
        Settlement::GivenUp(_) => Event::DeliveryGivenUp,
    }
}

/// Without `code` if the next hop did not answer.
fn recipient(to: &Mailbox, reply: &Reply) -> Value {
    match code_of(reply) {
        Some(code) => json!({ "address": to.as_str(), "code": code }),
        None => json!({ "address": to.as_str() }),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::{ItemId, ItemKey, ReversePath, TenantId, WireMail};

    #[test]
    fn each_kind_of_result_gets_one_record_with_its_recipients_codes_and_the_digest() {
        let at = Timestamp::from_millis(1_795_401_600_000);
        let mail = WireMail::try_from(Bytes::from_static(b"a\r\n")).unwrap();
        let dispatch = Dispatch {
            key: ItemKey { tenant: TenantId::single(), id: ItemId::new(at, [1; 10]) },
            number: 2,
            reverse_path: ReversePath::null(),
            forward_paths: Vec::new(),
            digest: mail.digest(),
            mail,
            queued_at: at,
            attempt: 3,
            token: 9,
        };
        let to = |name: &str| Mailbox::parse(&format!("{name}@city.test")).unwrap();
        let reply = |text: &str| Reply(text.to_owned());
        let records = records(
            at,
            &dispatch,
            &[
                (to("a"), Settlement::Sent(reply("250 ok, dear a@city.test"))),
                (to("b"), Settlement::Refused(reply("550 no"))),
                (to("c"), Settlement::Sent(reply("250 ok"))),
                (to("d"), Settlement::Deferred(reply("the connection was lost"))),
                (to("e"), Settlement::GivenUp(reply("450 later"))),
            ],
        );
        let sha256 = dispatch.digest.to_string();
        let details =
            |recipients: Value| json!({ "mail": 2, "sha256": sha256, "attempt": 3, "recipients": recipients });
        let found: Vec<_> = records.iter().map(|record| (record.event, record.details.clone())).collect();
        let wanted = vec![
            (
                Event::Delivered,
                details(json!([{"address": "a@city.test", "code": 250}, {"address": "c@city.test", "code": 250}])),
            ),
            (Event::DeliveryDeferred, details(json!([{"address": "d@city.test"}]))),
            (Event::DeliveryRefused, details(json!([{"address": "b@city.test", "code": 550}]))),
            (Event::DeliveryGivenUp, details(json!([{"address": "e@city.test", "code": 450}]))),
        ];
        assert_eq!(found, wanted);
        assert!(records.iter().all(|record| record.item == Some(dispatch.key.id) && record.actor == "deliver"));
    }
}
