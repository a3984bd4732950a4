//! The contract of the storage ports: many small cases, each run on every kind of store.
//!
//! Invariant: a case knows ports only; a store is added by one line in [`contract!`].

#[path = "store_contract/fixture.rs"]
pub(crate) mod fixture;
#[path = "store_contract/leases.rs"]
mod leases;

mod arrivals;
mod expiry;
mod legal_holds;
mod offers;
mod passwords;
mod standing;
mod tenants;
mod together;

use std::time::Duration;

use futures_util::future::join_all;
use temizu::audit::{chain, export};
use temizu::domain::{AuditRecord, Digest, Event, ItemKey, Reason, Stage, Status, TenantId};
use temizu::ports::{Conclusion, ItemFilter, Operator, Settlement, StoreError};

use self::arrivals::{
    a_held_and_a_quarantined_item_are_shown_and_change_when_released, a_mail_is_shown_with_all_that_became_of_it,
    a_tenants_mails_are_shown_to_its_own_people, each_recipient_sees_the_outcome_of_its_own_group,
    of_what_expired_only_that_it_came_is_left, pages_are_complete_and_repeat_nothing,
    rebuilt_bytes_are_handed_out_on_record, what_came_for_others_is_not_there,
    what_is_searched_for_is_found_and_nothing_else, what_only_a_password_opens_waits_for_one,
    what_somebody_took_off_the_list_is_off_theirs_only,
};
use self::expiry::{expiry_destroys_content_and_keeps_the_record, expiry_spares_what_still_waits};
use self::fixture::{
    Embedded, INLINE, SPAN, Scaleout, ScaleoutOnS3, StoreUnderTest, at, decision, event, facts, item_id, mail, mailbox,
    operated, origin, original, sanitized,
};
use self::leases::{
    a_lease_is_exclusive_until_it_runs_out, a_lost_lease_concludes_nothing, a_lost_lease_is_not_renewed,
    a_renewed_dispatch_lasts_longer_and_stays_good, a_renewed_lease_lasts_longer_and_stays_good,
    many_workers_lease_each_item_once, the_oldest_due_item_is_leased_first,
    what_came_in_while_the_clock_was_fast_is_due_when_it_is_set_back,
};

use self::legal_holds::{
    a_legal_hold_is_recorded_and_listed, a_legal_hold_keeps_an_item_from_expiring,
    a_legal_hold_that_changes_nothing_is_refused,
};
use self::offers::{
    a_batch_is_leased_by_one_and_again_when_its_lease_ran_out, a_batch_that_fails_three_times_is_over,
    a_tenant_offers_and_leases_only_what_is_its_own, passwords_are_refused_where_none_is_wanted,
    passwords_that_nobody_tries_are_forgotten, what_typed_passwords_open_takes_the_place_of_what_was_locked,
    wrong_passwords_are_counted_up_to_the_limit,
};
use self::passwords::{
    a_flood_of_passwords_is_linked_in_part, a_mail_that_names_the_password_of_its_own_file_is_linked_to_itself,
    a_password_finds_what_it_is_for_whichever_is_concluded_first, another_process_reads_the_passwords_that_one_linked,
    passwords_go_when_nothing_wants_them_any_more, passwords_go_with_what_wants_them_and_others_with_the_window,
    passwords_of_others_and_of_other_times_are_not_linked,
    passwords_that_came_before_are_offered_to_what_may_want_them,
    what_waits_for_a_password_is_found_with_what_was_named_for_it,
};
use self::standing::*;
use self::tenants::{
    a_tenant_leases_only_what_is_its_own, a_tenant_operates_only_on_what_is_its_own,
    a_tenants_legal_holds_and_rules_are_its_own, tenants_see_nothing_of_each_other,
    the_chains_of_two_tenants_are_verified_apart, two_tenants_may_have_the_same_item,
    what_expires_for_one_tenant_stays_for_the_other,
};
use self::together::{
    a_conclusion_and_a_hold_at_the_same_moment_leave_no_held_item_with_waiting_mails,
    the_chain_verifies_after_two_hundred_mixed_operations_at_once,
    twenty_workers_lease_a_thousand_items_once_and_in_order_of_due_time,
    two_mails_settled_at_the_same_moment_deliver_their_item,
};

macro_rules! contract {
    ($($store:ident as $module:ident),+; $cases:tt) => { $(contract!(@store $store $module $cases);)+ };
    (@store $store:ident $module:ident [$($case:ident),+ $(,)?]) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() { super::$case::<super::$store>().await; })+
        }
    };
}

mod accounts;
pub(crate) mod office;
mod sessions;

contract! {
    Embedded as embedded, Scaleout as scaleout, ScaleoutOnS3 as scaleout_on_s3; [
        what_was_accepted_reads_back,
        an_original_that_was_not_accepted_leaves_nothing,
        a_reference_is_given_once_per_tenant,
        two_hundred_accepts_at_once_are_all_kept_in_one_chain,
        one_conflict_among_many_accepts_undoes_no_other,
        the_oldest_due_item_is_leased_first,
        a_lease_is_exclusive_until_it_runs_out,
        a_renewed_lease_lasts_longer_and_stays_good,
        many_workers_lease_each_item_once,
        a_lost_lease_concludes_nothing,
        a_deferred_item_waits_for_its_time,
        what_came_in_while_the_clock_was_fast_is_due_when_it_is_set_back,
        a_waiting_worker_is_woken_by_an_accept,
        a_sanitized_item_tells_everything_and_waits_in_the_outbox,
        large_mails_and_derivatives_are_kept_too,
        a_mail_is_leased_until_it_is_settled,
        a_renewed_dispatch_lasts_longer_and_stays_good,
        a_lost_lease_is_not_renewed,
        a_lost_dispatch_settles_nothing,
        recipients_are_settled_one_by_one,
        a_mail_that_everybody_has_can_not_be_sent_again,
        refused_and_given_up_copies_can_be_tried_again,
        a_delivery_on_hold_is_not_sent_until_released,
        a_hold_during_an_attempt_keeps_its_result,
        a_retry_during_an_attempt_starts_no_second_one,
        an_item_held_by_a_rule_is_released_past_it,
        an_item_held_by_an_operator_meets_the_rules_again,
        a_partly_held_item_is_released_to_those_who_have_nothing,
        a_quarantined_item_is_processed_anew,
        operations_the_stage_does_not_allow_change_nothing,
        items_are_found_by_what_people_know_of_them,
        lists_are_filtered_and_newest_first,
        the_quarantine_lists_parts_and_whole_items,
        rules_are_kept_and_recorded_once,
        the_chain_verifies_and_exports,
        expiry_destroys_content_and_keeps_the_record,
        expiry_spares_what_still_waits,
        a_legal_hold_keeps_an_item_from_expiring,
        a_legal_hold_is_recorded_and_listed,
        a_legal_hold_that_changes_nothing_is_refused,
        a_password_finds_what_it_is_for_whichever_is_concluded_first,
        a_mail_that_names_the_password_of_its_own_file_is_linked_to_itself,
        passwords_that_came_before_are_offered_to_what_may_want_them,
        what_waits_for_a_password_is_found_with_what_was_named_for_it,
        passwords_of_others_and_of_other_times_are_not_linked,
        a_flood_of_passwords_is_linked_in_part,
        passwords_go_with_what_wants_them_and_others_with_the_window,
        passwords_go_when_nothing_wants_them_any_more,
        another_process_reads_the_passwords_that_one_linked,
        a_standing_is_kept_with_its_lease_and_goes_with_it,
        an_upload_knows_how_many_stand_before_it,
        an_upload_that_is_stopped_is_concluded_by_nobody,
        passwords_that_are_stopped_are_gone_and_tried_by_nobody,
        what_is_not_ones_own_or_is_a_mail_is_not_stopped,
        what_has_ended_is_not_stopped,
        passwords_are_refused_where_none_is_wanted,
        a_batch_is_leased_by_one_and_again_when_its_lease_ran_out,
        a_batch_that_fails_three_times_is_over,
        passwords_that_nobody_tries_are_forgotten,
        wrong_passwords_are_counted_up_to_the_limit,
        what_typed_passwords_open_takes_the_place_of_what_was_locked,
        a_tenant_offers_and_leases_only_what_is_its_own,
        two_tenants_may_have_the_same_item,
        tenants_see_nothing_of_each_other,
        a_tenant_leases_only_what_is_its_own,
        a_tenant_operates_only_on_what_is_its_own,
        a_tenants_legal_holds_and_rules_are_its_own,
        what_expires_for_one_tenant_stays_for_the_other,
        the_chains_of_two_tenants_are_verified_apart,
        two_mails_settled_at_the_same_moment_deliver_their_item,
        a_conclusion_and_a_hold_at_the_same_moment_leave_no_held_item_with_waiting_mails,
        twenty_workers_lease_a_thousand_items_once_and_in_order_of_due_time,
        the_chain_verifies_after_two_hundred_mixed_operations_at_once,
        what_came_for_others_is_not_there,
        a_mail_is_shown_with_all_that_became_of_it,
        rebuilt_bytes_are_handed_out_on_record,
        each_recipient_sees_the_outcome_of_its_own_group,
        a_held_and_a_quarantined_item_are_shown_and_change_when_released,
        what_only_a_password_opens_waits_for_one,
        pages_are_complete_and_repeat_nothing,
        what_is_searched_for_is_found_and_nothing_else,
        what_somebody_took_off_the_list_is_off_theirs_only,
        of_what_expired_only_that_it_came_is_left,
        a_tenants_mails_are_shown_to_its_own_people,
    ]
}

fn key(number: u8) -> ItemKey {
    ItemKey { tenant: TenantId::single(), id: item_id(number) }
}

fn all() -> ItemFilter {
    ItemFilter { limit: 1000, ..ItemFilter::default() }
}

async fn stage(ports: &fixture::Ports, key: &ItemKey) -> Stage {
    ports.register.item(key).await.unwrap().summary.stage
}

async fn statuses(ports: &fixture::Ports, key: &ItemKey) -> Vec<Status> {
    ports.register.item(key).await.unwrap().recipients_state.iter().map(|copy| copy.status).collect()
}

fn conflicts<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict))
}

async fn what_was_accepted_reads_back<S: StoreUnderTest>() {
    let ports = S::open().await;
    let inline = usize::try_from(INLINE).unwrap();
    for (number, length) in [(1, 0), (2, 1), (3, 2700), (4, inline), (5, inline * 3), (6, 1_000_000)] {
        let accepted = ports.accept(number, length).await.unwrap();
        let bytes = original(number, length);
        assert_eq!((accepted.digest, accepted.length), (Digest::of(&bytes), length as u64));
        assert_eq!(ports.read(&key(number)).await.unwrap(), bytes, "{length}");
        assert_eq!(stage(&ports, &key(number)).await, Stage::Received);
    }
    assert!(matches!(ports.read(&key(9)).await, Err(StoreError::NotFound)));
}

async fn an_original_that_was_not_accepted_leaves_nothing<S: StoreUnderTest>() {
    let ports = S::open().await;
    let mut writer = ports.sink.begin(key(1)).await.unwrap();
    writer.write(&original(1, 100_000)).await.unwrap();
    drop(writer);
    assert!(ports.register.items(&TenantId::single(), &all()).await.unwrap().is_empty());
    assert!(matches!(ports.read(&key(1)).await, Err(StoreError::NotFound)));
    ports.accept(1, 100_000).await.unwrap();
}

async fn a_reference_is_given_once_per_tenant<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    for length in [10, 100_000] {
        assert!(conflicts(&ports.accept(1, length).await));
    }
    // Another time of acceptance, the same random bits: another id with the same reference.
    let twin = ItemKey { tenant: TenantId::single(), id: temizu::domain::ItemId::new(at(50), [1; 10]) };
    let writer = ports.sink.begin(twin.clone()).await.unwrap();
    assert!(conflicts(&writer.accept(origin(&["a@city.example"]), at(50)).await));
    assert!(matches!(ports.register.item(&twin).await, Err(StoreError::NotFound)));
    assert_eq!(ports.read(&key(1)).await.unwrap(), original(1, 10));
    ports.accept_for(TenantId::try_from("other".to_owned()).unwrap(), 1, 10).await.unwrap();
}

async fn two_hundred_accepts_at_once_are_all_kept_in_one_chain<S: StoreUnderTest>() {
    let ports = S::open().await;
    let accepts = (0..200).map(|number| ports.accept(number, 2700));
    for accepted in join_all(accepts).await {
        let accepted = accepted.unwrap();
        assert_eq!(Digest::of(&ports.read(&accepted.key).await.unwrap()), accepted.digest);
    }
    let verified = chain::verify(&*ports.register, &TenantId::single()).await.unwrap();
    assert_eq!(verified.count, 200);
}

async fn one_conflict_among_many_accepts_undoes_no_other<S: StoreUnderTest>() {
    let ports = S::open().await;
    let accepts = (0..40).map(|number| ports.accept(number % 20, 100));
    let outcomes = join_all(accepts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 20);
    assert!(outcomes.into_iter().all(|outcome| outcome.is_ok() || conflicts(&outcome)));
    assert_eq!(ports.register.items(&TenantId::single(), &all()).await.unwrap().len(), 20);
    assert_eq!(chain::verify(&*ports.register, &TenantId::single()).await.unwrap().count, 20);
}

async fn a_deferred_item_waits_for_its_time<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let lease = ports.lease(10).await;
    let deferred = Conclusion::Deferred { retry_at: at(500), counts: true };
    ports.queue.conclude(lease, deferred, vec![event(Event::Deferred, item_id(1))]).await.unwrap();
    assert!(ports.queue.lease(&TenantId::single(), at(499), SPAN).await.unwrap().is_none());
    let lease = ports.lease(500).await;
    assert_eq!(lease.attempt, 2);
    let not_its_fault = Conclusion::Deferred { retry_at: at(900), counts: false };
    ports.queue.conclude(lease, not_its_fault, vec![event(Event::Deferred, item_id(1))]).await.unwrap();
    assert_eq!(ports.lease(900).await.attempt, 2, "an attempt that the item did not spoil does not count");
}

async fn a_waiting_worker_is_woken_by_an_accept<S: StoreUnderTest>() {
    let ports = S::open().await;
    let woken = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(ports.queue.wait(Duration::from_secs(3600)), async { ports.accept(1, 10).await.unwrap() })
    });
    woken.await.expect("woken long before its longest wait");
    ports.queue.wait(Duration::ZERO).await;
}

async fn a_sanitized_item_tells_everything_and_waits_in_the_outbox<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    let detail = ports.register.item(&key).await.unwrap();
    assert_eq!((detail.summary.stage, detail.summary.kept_parts, detail.summary.attempts), (Stage::Sanitized, 1, 1));
    assert_eq!(detail.decision, Some(decision(None)));
    assert_eq!(detail.facts.unwrap().parts.len(), 1);
    assert_eq!(detail.outcomes, [(0, mail(1, &[], 100).outcomes)]);
    let copies: Vec<_> = detail.recipients_state.iter().map(|copy| (copy.recipient.as_str(), copy.status)).collect();
    assert_eq!(copies, [("a@city.example", Status::Waiting), ("b@city.example", Status::Waiting)]);
    assert_eq!(detail.records.len(), 2);
    let dispatch = ports.lease_mail(2000).await;
    let expected = mail(1, &["a@city.example", "b@city.example"], 100);
    assert_eq!((dispatch.key, dispatch.number, dispatch.attempt), (key, 0, 1));
    assert_eq!((dispatch.digest, dispatch.mail), (expected.mail.digest(), expected.mail));
    assert_eq!((dispatch.forward_paths, dispatch.reverse_path), (expected.forward_paths, expected.reverse_path));
}

async fn large_mails_and_derivatives_are_kept_too<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let lease = ports.lease(10).await;
    let large = mail(1, &["a@city.example"], 300_000);
    let conclusion = sanitized(&lease, 300_000, vec![large.clone(), mail(2, &["b@city.example"], 20)]);
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    let mut dispatches = [ports.lease_mail(2000).await, ports.lease_mail(2000).await];
    dispatches.sort_by_key(|dispatch| dispatch.number);
    assert_eq!(dispatches[0].mail, large.mail);
    for dispatch in dispatches {
        ports.settle(dispatch, Settlement::Sent, 0).await.unwrap();
    }
    assert_eq!(stage(&ports, &key(1)).await, Stage::Delivered);
}

async fn a_mail_is_leased_until_it_is_settled<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    let first = ports.lease_mail(2000).await;
    assert!(ports.outbox.lease(&TenantId::single(), at(2059), SPAN).await.unwrap().is_none());
    ports.settle(first, Settlement::Deferred, 2500).await.unwrap();
    assert!(ports.outbox.lease(&TenantId::single(), at(2499), SPAN).await.unwrap().is_none());
    assert_eq!(ports.register.item(&key).await.unwrap().recipients_state[0].next_attempt, Some(at(2500)));
    let second = ports.lease_mail(2500).await;
    assert_eq!(second.attempt, 2);
    ports.settle(second, Settlement::Sent, 0).await.unwrap();
    assert_eq!(stage(&ports, &key).await, Stage::Delivered);
    let copy = ports.register.item(&key).await.unwrap().recipients_state[1].clone();
    assert_eq!((copy.status, copy.attempts, copy.next_attempt), (Status::Sent, 2, None));
    assert_eq!(copy.reply.as_deref(), Some("250 2.0.0 ok"));
}

async fn a_lost_dispatch_settles_nothing<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    let (slow, quick) = (ports.lease_mail(2000).await, ports.lease_mail(2060).await);
    assert!(conflicts(&ports.settle(slow, Settlement::Refused, 0).await));
    assert_eq!(statuses(&ports, &key).await, [Status::Waiting, Status::Waiting]);
    ports.settle(quick, Settlement::Sent, 0).await.unwrap();
    assert_eq!(statuses(&ports, &key).await, [Status::Sent, Status::Sent]);
}

async fn recipients_are_settled_one_by_one<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    let dispatch = ports.lease_mail(2000).await;
    let reply = || temizu::ports::Reply("reply".to_owned());
    let settlements = vec![
        (mailbox("a@city.example"), Settlement::Sent(reply())),
        (mailbox("b@city.example"), Settlement::Deferred(reply())),
    ];
    ports.outbox.settle(dispatch, settlements, at(2100), Vec::new()).await.unwrap();
    assert_eq!(stage(&ports, &key).await, Stage::Sanitized);
    let rest = ports.lease_mail(2100).await;
    assert_eq!(rest.forward_paths, [mailbox("b@city.example")]);
    ports.settle(rest, Settlement::GivenUp, 0).await.unwrap();
    assert_eq!(statuses(&ports, &key).await, [Status::Sent, Status::Undeliverable]);
    assert_eq!(stage(&ports, &key).await, Stage::Delivered);
}

async fn a_mail_that_everybody_has_can_not_be_sent_again<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    ports.settle_all(2000, Settlement::Sent).await;
    for what in [Operator::Retry, Operator::Hold, Operator::Release] {
        assert!(conflicts(&ports.register.operate(&key, what, operated(2001, key.id)).await), "{what:?}");
    }
    assert!(ports.outbox.lease(&TenantId::single(), at(9999), SPAN).await.unwrap().is_none());
}

async fn refused_and_given_up_copies_can_be_tried_again<S: StoreUnderTest>() {
    for how in [Settlement::Refused, Settlement::GivenUp] {
        let ports = S::open().await;
        let key = ports.sanitized(1).await;
        ports.settle_all(2000, how).await;
        assert_eq!(stage(&ports, &key).await, Stage::Delivered);
        ports.register.operate(&key, Operator::Retry, operated(3000, key.id)).await.unwrap();
        assert_eq!(stage(&ports, &key).await, Stage::Sanitized);
        let dispatch = ports.lease_mail(3000).await;
        assert_eq!(dispatch.forward_paths.len(), 2);
        ports.settle(dispatch, Settlement::Sent, 0).await.unwrap();
        assert_eq!(statuses(&ports, &key).await, [Status::Sent, Status::Sent]);
    }
}

async fn a_delivery_on_hold_is_not_sent_until_released<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    ports.register.operate(&key, Operator::Hold, operated(2000, key.id)).await.unwrap();
    assert_eq!(statuses(&ports, &key).await, [Status::OnHold, Status::OnHold]);
    assert!(ports.outbox.lease(&TenantId::single(), at(9999), SPAN).await.unwrap().is_none());
    ports.register.operate(&key, Operator::Release, operated(3000, key.id)).await.unwrap();
    assert_eq!(ports.lease_mail(3000).await.forward_paths.len(), 2);
}

async fn a_hold_during_an_attempt_keeps_its_result<S: StoreUnderTest>() {
    for (how, then) in [(Settlement::Sent as fn(_) -> _, Status::Sent), (Settlement::Deferred, Status::OnHold)] {
        let ports = S::open().await;
        let key = ports.sanitized(1).await;
        let dispatch = ports.lease_mail(2000).await;
        ports.register.operate(&key, Operator::Hold, operated(2001, key.id)).await.unwrap();
        ports.settle(dispatch, how, 2100).await.unwrap();
        assert_eq!(statuses(&ports, &key).await, [then, then]);
        assert!(ports.outbox.lease(&TenantId::single(), at(9999), SPAN).await.unwrap().is_none());
    }
}

async fn a_retry_during_an_attempt_starts_no_second_one<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(9, 10).await.unwrap();
    let _lease = ports.lease(500).await;
    ports.register.operate(&key(9), Operator::Retry, operated(501, item_id(9))).await.unwrap();
    assert!(ports.queue.lease(&TenantId::single(), at(502), SPAN).await.unwrap().is_none());
    let key = ports.sanitized(1).await;
    let _dispatch = ports.lease_mail(2000).await;
    ports.register.operate(&key, Operator::Retry, operated(2001, key.id)).await.unwrap();
    assert!(ports.outbox.lease(&TenantId::single(), at(2002), SPAN).await.unwrap().is_none());
}

async fn an_item_held_by_a_rule_is_released_past_it<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let lease = ports.lease(10).await;
    let notices = vec![mail(1, &["a@city.example"], 50)];
    let held = Conclusion::Held { facts: Box::new(facts(&lease)), decision: decision(Some("R-001")), notices };
    ports.queue.conclude(lease, held, vec![event(Event::Held, item_id(1))]).await.unwrap();
    ports.settle_all(2000, Settlement::Sent).await;
    let summary = ports.register.item(&key(1)).await.unwrap().summary;
    assert_eq!((summary.stage, summary.reason), (Stage::Held, Some(Reason::QuarantinedByRule)));
    assert!(ports.queue.lease(&TenantId::single(), at(9999), SPAN).await.unwrap().is_none());
    ports.register.operate(&key(1), Operator::Release, operated(3000, item_id(1))).await.unwrap();
    let lease = ports.lease(3000).await;
    assert!(lease.released);
    assert!(ports.register.quarantine(&TenantId::single(), &all()).await.unwrap().is_empty());
}

async fn an_item_held_by_an_operator_meets_the_rules_again<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let running = ports.lease(10).await;
    ports.register.operate(&key(1), Operator::Hold, operated(11, item_id(1))).await.unwrap();
    let late = sanitized(&running, 10, Vec::new());
    assert!(conflicts(&ports.queue.conclude(running, late, Vec::new()).await), "the hold comes first");
    ports.register.operate(&key(1), Operator::Release, operated(12, item_id(1))).await.unwrap();
    assert!(!ports.lease(12).await.released);
}

async fn a_partly_held_item_is_released_to_those_who_have_nothing<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let lease = ports.lease(10).await;
    let partly = Conclusion::Sanitized {
        facts: Box::new(facts(&lease)),
        decision: decision(Some("R-001")),
        derivatives: Vec::new(),
        mails: vec![mail(1, &["a@city.example"], 50)],
        notices: vec![mail(7, &["b@city.example"], 9000)],
        passwords: None,
        outcomes: Vec::new(),
        opened: Vec::new(),
        names: Vec::new(),
    };
    ports.queue.conclude(lease, partly, Vec::new()).await.unwrap();
    ports.settle_all(2000, Settlement::Sent).await;
    let kept = ports.register.quarantine(&TenantId::single(), &all()).await.unwrap();
    assert_eq!(kept.iter().map(|entry| entry.part.as_str()).collect::<Vec<_>>(), ["0", "2"]);
    ports.register.operate(&key(1), Operator::Release, operated(3000, item_id(1))).await.unwrap();
    let lease = ports.lease(3000).await;
    assert!(lease.released);
    let mails = vec![mail(2, &["a@city.example", "b@city.example"], 50), mail(3, &["a@city.example"], 9000)];
    let conclusion = sanitized(&lease, 10, mails);
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    assert_eq!(ports.lease_mail(9000).await.forward_paths, [mailbox("b@city.example")]);
    assert!(ports.outbox.lease(&TenantId::single(), at(9000), SPAN).await.unwrap().is_none());
}

async fn a_quarantined_item_is_processed_anew<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let lease = ports.lease(10).await;
    let notices = vec![mail(1, &["a@city.example", "b@city.example"], 50)];
    let quarantined = Conclusion::Quarantined { reason: Reason::ConvertFailed, notices };
    ports.queue.conclude(lease, quarantined, vec![event(Event::Quarantined, item_id(1))]).await.unwrap();
    ports.settle_all(2000, Settlement::Sent).await;
    assert_eq!(stage(&ports, &key(1)).await, Stage::Quarantined, "a notice does not deliver the item");
    ports.register.operate(&key(1), Operator::Retry, operated(3000, item_id(1))).await.unwrap();
    let lease = ports.lease(3000).await;
    assert_eq!((lease.attempt, lease.released), (1, false));
    let conclusion = sanitized(&lease, 10, vec![mail(2, &["a@city.example", "b@city.example"], 50)]);
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    let dispatch = ports.lease_mail(9000).await;
    assert_eq!((dispatch.number, dispatch.forward_paths.len()), (1, 2));
}

async fn operations_the_stage_does_not_allow_change_nothing<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let operate = async |what| ports.register.operate(&key(1), what, operated(5, item_id(1))).await;
    assert!(conflicts(&operate(Operator::Release).await));
    operate(Operator::Hold).await.unwrap();
    assert!(conflicts(&operate(Operator::Hold).await));
    assert!(conflicts(&operate(Operator::Retry).await));
    assert_eq!(ports.register.item(&key(1)).await.unwrap().records.len(), 2, "received, held");
}

async fn items_are_found_by_what_people_know_of_them<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(2, 10).await.unwrap();
    let _busy = ports.lease(5).await;
    let found = ports.sanitized(1).await;
    let check = async |text: &str, expected: &[ItemKey]| {
        let filter = ItemFilter { text: Some(text.to_owned()), ..all() };
        let ids: Vec<_> =
            ports.register.items(&TenantId::single(), &filter).await.unwrap().iter().map(|item| item.id).collect();
        assert_eq!(ids, expected.iter().map(|key| key.id).collect::<Vec<_>>(), "{text}");
    };
    let reference = found.id.reference().to_string();
    let both = [key(2), key(1)];
    for text in [&found.id.to_string(), &reference, &reference.replace('-', ""), &reference.to_lowercase()] {
        check(text, std::slice::from_ref(&found)).await;
    }
    for text in ["<Original@sender.example>", "original@sender.example", "new.1@temizu.example"] {
        check(text, std::slice::from_ref(&found)).await;
    }
    for text in ["taro@sender.example", "A@CITY.example", "b@city.example"] {
        check(text, &both).await;
    }
    for text in ["c@city.example", "%", "city.example", "' OR 1=1 --"] {
        check(text, &[]).await;
    }
}

async fn lists_are_filtered_and_newest_first<S: StoreUnderTest>() {
    let ports = S::open().await;
    for number in [1, 3, 2] {
        ports.accept(number, 10).await.unwrap();
    }
    ports.register.operate(&key(2), Operator::Hold, operated(5, item_id(2))).await.unwrap();
    let check = async |filter: ItemFilter, expected: &[u8]| {
        let items = ports.register.items(&TenantId::single(), &filter).await.unwrap();
        let ids: Vec<_> = items.iter().map(|item| item.id).collect();
        assert_eq!(ids, expected.iter().map(|number| item_id(*number)).collect::<Vec<_>>(), "{filter:?}");
    };
    check(all(), &[3, 2, 1]).await;
    check(ItemFilter { limit: 2, ..all() }, &[3, 2]).await;
    check(ItemFilter { since: Some(at(2)), ..all() }, &[3, 2]).await;
    check(ItemFilter { stages: vec![Stage::Held], ..all() }, &[2]).await;
    check(ItemFilter { stages: vec![Stage::Held, Stage::Received], ..all() }, &[3, 2, 1]).await;
    check(ItemFilter { stages: vec![Stage::Expired], ..all() }, &[]).await;
}

async fn the_quarantine_lists_parts_and_whole_items<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.sanitized(1).await;
    ports.accept(2, 77).await.unwrap();
    let lease = ports.lease(1000).await;
    let quarantined = Conclusion::Quarantined { reason: Reason::TooDeep, notices: Vec::new() };
    ports.queue.conclude(lease, quarantined, Vec::new()).await.unwrap();
    let entries = ports.register.quarantine(&TenantId::single(), &all()).await.unwrap();
    let [whole, part] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((whole.id, whole.part.as_str(), whole.reason, whole.length), (item_id(2), "0", Reason::TooDeep, 77));
    assert_eq!(
        (part.id, part.part.as_str(), part.reason, part.length),
        (item_id(1), "2", Reason::TypeNotAllowed, 4321)
    );
    assert_eq!((part.name.as_deref(), part.detected.as_deref()), (Some("請求書.pdf"), Some("pdf")));
    assert_eq!((part.rule.as_deref(), part.sender.as_str()), (Some("R-012"), "Taro@Sender.example"));
    let by_text = ItemFilter { text: Some(item_id(2).reference().to_string()), ..all() };
    assert_eq!(ports.register.quarantine(&TenantId::single(), &by_text).await.unwrap(), std::slice::from_ref(whole));
}

async fn rules_are_kept_and_recorded_once<S: StoreUnderTest>() {
    let ports = S::open().await;
    let tenant = TenantId::single();
    for (text, is_new) in [("a", true), ("a", false), ("b", true)] {
        let record = event(Event::RulesLoaded, item_id(1));
        let kept = ports.register.keep_rules(&tenant, Digest::of(text.as_bytes()), text, record).await.unwrap();
        assert_eq!(kept, is_new, "{text}");
    }
    assert_eq!(ports.register.records(&tenant, 0, 10).await.unwrap().len(), 2);
}

async fn the_chain_verifies_and_exports<S: StoreUnderTest>() {
    let ports = S::open().await;
    let tenant = TenantId::single();
    ports.sanitized(1).await;
    ports.settle_all(2000, Settlement::Sent).await;
    let records = ports.register.records(&tenant, 0, 10).await.unwrap();
    assert_eq!(records[0].previous, AuditRecord::GENESIS);
    assert_eq!(ports.register.records(&tenant, 1, 1).await.unwrap(), records[1..2]);
    let verified = chain::verify(&*ports.register, &tenant).await.unwrap();
    assert_eq!((verified.count, verified.head), (3, records[2].hash));
    assert_eq!(ports.register.head(&tenant).await.unwrap(), (3, records[2].hash));
    let nobody = TenantId::try_from("nobody".to_owned()).unwrap();
    assert_eq!(ports.register.head(&nobody).await.unwrap(), (0, AuditRecord::GENESIS));
    let mut file = Vec::new();
    assert_eq!(export::export(&*ports.register, &tenant, 0, &mut file).await.unwrap(), 3);
    assert_eq!(export::verify_export(&*file).unwrap(), verified);
}
