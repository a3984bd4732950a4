//! Sign-in with accounts kept here.

use std::time::Duration;

use zeroize::Zeroizing;

use super::super::sign_in::TICKET_LIFE;
use super::super::throttle::{MAX_OF_ADDRESS, MAX_OF_LOGIN, WINDOW};
use super::super::{ChoiceRefusal, Cost, EnrolRefusal, FoundRefusal, Proof, Refusal, SignedIn};
use super::*;
use crate::config::TotpPolicy;
use crate::domain::{Event, IdentitySource};

#[tokio::test]
async fn the_right_password_is_welcomed_and_recorded() {
    let desk = Desk::open().await;
    let principal = welcomed(desk.try_password(" Chief ", GOOD, None).await);
    assert_eq!((principal.login.as_str(), roles(&principal)), ("chief", vec![OfficeRole::Administrator]));
    let rows = desk.ledger.rows();
    let record = rows.records.last().unwrap();
    assert_eq!((record.event, record.actor.as_str()), (Event::SignedIn, "user:chief"));
    assert_eq!((&record.details["door"], &record.details["address"]), (&"portal".into(), &HERE.into()));
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same_and_the_record_has_nothing_of_what_was_typed() {
    let desk = Desk::open().await;
    let nobody = desk.try_password("nobody", "secret typed here", None).await;
    let no_name = desk.try_password("secret typed here", "x", None).await;
    let wrong = desk.try_password("chief", "secret typed here", None).await;
    desk.ledger.rows().account("chief").blocked = true;
    let blocked = desk.try_password("chief", GOOD, None).await;
    {
        let mut rows = desk.ledger.rows();
        let account = rows.account("chief");
        account.blocked = false;
        account.postings[0].until = Some("2026-11-22".parse().unwrap());
    }
    let gone = desk.try_password("chief", GOOD, None).await;
    desk.ledger.rows().account("chief").source = IdentitySource::Directory;
    let elsewhere = desk.try_password("chief", GOOD, None).await;
    for answer in [nobody, no_name, wrong, blocked, gone, elsewhere] {
        assert_eq!(answer, Err(Refusal::Refused));
    }
    let rows = desk.ledger.rows();
    let failed: Vec<_> = rows.records.iter().filter(|record| record.event == Event::SignInFailed).collect();
    assert_eq!(failed.len(), 6);
    assert!(failed.iter().all(|record| !format!("{record:?}").contains("typed")));
}

#[tokio::test]
async fn the_sixth_try_is_not_weighed_even_if_it_is_right() {
    let desk = Desk::open().await;
    for name in ["chief", "nobody"] {
        for _ in 0..MAX_OF_LOGIN {
            assert_eq!(desk.try_password(name, "wrong", None).await, Err(Refusal::Refused));
        }
        let before = desk.ledger.rows().records.len();
        assert_eq!(desk.try_password(name, GOOD, None).await, Err(Refusal::Throttled { wait: WINDOW }));
        assert_eq!(desk.ledger.rows().records.len(), before, "what is not weighed is not noted");
    }
    desk.clock.pass(WINDOW + Duration::from_secs(1));
    welcomed(desk.try_password("chief", GOOD, None).await);
}

#[tokio::test]
async fn an_address_that_tries_many_names_is_stopped_and_others_are_not() {
    let desk = Desk::open().await;
    for n in 0..MAX_OF_ADDRESS {
        assert_eq!(desk.try_password(&format!("n{n}"), "wrong", None).await, Err(Refusal::Refused));
    }
    assert_eq!(desk.try_password("chief", GOOD, None).await, Err(Refusal::Throttled { wait: WINDOW }));
    let other = "2001:db8::1".parse().unwrap();
    let answer = desk.identity.sign_in(&desk.tenant, Door::Portal, typed("chief", GOOD, None), other).await;
    welcomed(answer);
}

#[tokio::test]
async fn neighbours_in_one_ipv6_network_count_as_one() {
    let desk = Desk::open().await;
    for n in 0..=MAX_OF_ADDRESS {
        let from = format!("2001:db8::{n:x}").parse().unwrap();
        let answer = desk.identity.sign_in(&desk.tenant, Door::Portal, typed(&format!("n{n}"), "x", None), from).await;
        assert_eq!(answer.is_err_and(|refusal| refusal != Refusal::Refused), n == MAX_OF_ADDRESS, "{n}");
    }
}

#[tokio::test]
async fn many_tries_at_once_gain_nothing() {
    let desk = Desk::open().await;
    let mut answers = Vec::new();
    let tries = (0..20).map(|_| desk.try_password("chief", "wrong", None));
    for answer in futures(tries).await {
        answers.push(answer);
    }
    let weighed = answers.iter().filter(|answer| **answer == Err(Refusal::Refused)).count();
    assert!(weighed <= usize::try_from(MAX_OF_LOGIN).unwrap(), "{weighed} were weighed");
}

/// All of them, polled side by side.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, slot) in all.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().any(Option::is_none) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(done.iter_mut().filter_map(Option::take).collect())
    })
    .await
}

#[tokio::test]
async fn a_code_is_wanted_after_the_right_password_only() {
    let desk = Desk::open().await;
    let (_, secret) = desk.enrolled().await;
    assert_eq!(desk.try_password("chief", "wrong", None).await, Err(Refusal::Refused));
    assert_eq!(desk.try_password("chief", "wrong", Some(&desk.code(&secret))).await, Err(Refusal::Refused));
    let wanted = ticket(desk.try_password("chief", GOOD, None).await);
    assert_eq!(desk.try_code(&wanted, "000000").await, Err(Refusal::Refused));
    welcomed(desk.try_code(&wanted, &desk.code(&secret)).await);
    desk.clock.pass(Duration::from_secs(30));
    welcomed(desk.try_password("chief", GOOD, Some(&desk.code(&secret))).await);
}

#[tokio::test]
async fn a_code_counts_once() {
    let desk = Desk::open().await;
    let (_, secret) = desk.enrolled().await;
    let code = desk.code(&secret);
    let [first, second] = [(); 2].map(|()| desk.try_password("chief", GOOD, None));
    let (first, second) = (ticket(first.await), ticket(second.await));
    welcomed(desk.try_code(&first, &code).await);
    assert_eq!(desk.try_code(&second, &code).await, Err(Refusal::Refused));
}

#[tokio::test]
async fn a_right_password_does_not_forget_wrong_codes() {
    let desk = Desk::open().await;
    desk.enrolled().await;
    for _ in 0..MAX_OF_LOGIN {
        let wanted = ticket(desk.try_password("chief", GOOD, None).await);
        assert_eq!(desk.try_code(&wanted, "000000").await, Err(Refusal::Refused));
    }
    assert_eq!(desk.try_password("chief", GOOD, None).await, Err(Refusal::Throttled { wait: WINDOW }));
}

#[tokio::test]
async fn a_ticket_ends_with_time_with_its_password_and_at_its_door() {
    let desk = Desk::open().await;
    let (_, secret) = desk.enrolled().await;
    let wanted = ticket(desk.try_password("chief", GOOD, None).await);
    let elsewhere = Proof::Code { ticket: wanted.clone(), code: desk.code(&secret) };
    let answer = desk.identity.sign_in(&desk.tenant, Door::Review, elsewhere, here()).await;
    assert_eq!(answer, Err(Refusal::TicketOver));
    desk.clock.pass(TICKET_LIFE);
    assert_eq!(desk.try_code(&wanted, &desk.code(&secret)).await, Err(Refusal::TicketOver));
    let wanted = ticket(desk.try_password("chief", GOOD, None).await);
    let new = Zeroizing::new("another plum tree 88".to_owned());
    desk.identity.choose_password(&desk.tenant, &"chief".parse().unwrap(), &new, "user:chief").await.unwrap();
    assert_eq!(desk.try_code(&wanted, &desk.code(&secret)).await, Err(Refusal::TicketOver));
    assert_eq!(desk.try_code("nonsense", "123456").await, Err(Refusal::TicketOver));
}

#[tokio::test]
async fn an_administrator_without_a_second_factor_is_led_to_one() {
    for (policy, wanted) in
        [(TotpPolicy::Administrators, true), (TotpPolicy::Everybody, true), (TotpPolicy::Nobody, false)]
    {
        let desk = Desk::with(|config| config.identity.totp = policy).await;
        let answer = desk.try_password("chief", GOOD, None).await;
        assert!(matches!(answer, Ok(SignedIn::Welcome { must_enrol, .. }) if must_enrol == wanted), "{policy:?}");
        let principal = welcomed(desk.try_password("chief", GOOD, None).await);
        assert_eq!(desk.identity.must_enrol(&principal), wanted, "{policy:?}");
    }
}

#[tokio::test]
async fn a_second_factor_is_kept_only_when_a_code_of_it_was_typed_and_can_be_taken_away() {
    let desk = Desk::open().await;
    let principal = welcomed(desk.try_password("chief", GOOD, None).await);
    let enrolment = desk.identity.begin_enrolment(&principal).unwrap();
    let refused = desk.identity.finish_enrolment(&principal, &enrolment.ticket, "000000").await;
    assert_eq!(refused, Err(EnrolRefusal::WrongCode));
    assert!(desk.identity.must_enrol(&principal));
    let other = welcomed(desk.try_password("chief", GOOD, None).await);
    let of_other = Principal { account: crate::domain::AccountId::from_bytes([9; 16]), ..other };
    let refused = desk.identity.finish_enrolment(&of_other, &enrolment.ticket, "000000").await;
    assert_eq!(refused, Err(EnrolRefusal::TicketOver));
    desk.enrolled().await;
    ticket(desk.try_password("chief", GOOD, None).await);
    desk.identity.take_second_factor(&desk.tenant, &"chief".parse().unwrap(), "user:boss").await.unwrap();
    welcomed(desk.try_password("chief", GOOD, None).await);
    let rows = desk.ledger.rows();
    let stored = format!("{:?}", rows.records);
    assert!(stored.contains("second_factor_set") && stored.contains("second_factor_taken"), "{stored}");
}

#[tokio::test]
async fn proving_again_is_for_oneself_and_under_the_same_throttle() {
    let desk = Desk::open().await;
    let principal = welcomed(desk.try_password("chief", GOOD, None).await);
    let again = |password: &'static str| {
        desk.identity.prove_again(&principal, Door::Review, typed("whoever", password, None), here())
    };
    assert_eq!(welcomed(again(GOOD).await).account, principal.account);
    assert_eq!(desk.ledger.rows().records.last().unwrap().event, Event::ProvedAgain);
    for _ in 0..MAX_OF_LOGIN {
        assert_eq!(again("wrong").await, Err(Refusal::Refused));
    }
    assert_eq!(again(GOOD).await, Err(Refusal::Throttled { wait: WINDOW }));
    assert_eq!(desk.try_password("chief", GOOD, None).await, Err(Refusal::Throttled { wait: WINDOW }));
}

#[tokio::test]
async fn a_ticket_for_proving_again_is_none_for_sign_in() {
    let desk = Desk::open().await;
    let (principal, secret) = desk.enrolled().await;
    let proof = typed("chief", GOOD, None);
    let wanted = ticket(desk.identity.prove_again(&principal, Door::Portal, proof, here()).await);
    assert_eq!(desk.try_code(&wanted, &desk.code(&secret)).await, Err(Refusal::TicketOver));
    let proof = Proof::Code { ticket: wanted, code: desk.code(&secret) };
    welcomed(desk.identity.prove_again(&principal, Door::Portal, proof, here()).await);
}

#[tokio::test]
async fn whom_a_proxy_signs_in_proves_anew_by_a_code_and_nobody_else_does() {
    let desk = Desk::open().await;
    let (principal, secret) = desk.enrolled().await;
    let by_code = async |code: String| {
        let proof = Proof::CodeOfProxied { code };
        desk.identity.prove_again(&principal, Door::Portal, proof, here()).await
    };
    let code = desk.code(&secret);
    assert_eq!(by_code(code.clone()).await, Err(Refusal::Refused), "a password is asked of whoever has one");
    desk.ledger.rows().account("chief").source = crate::domain::IdentitySource::Proxy;
    for wrong in ["", "000000"] {
        assert_eq!(by_code(wrong.to_owned()).await, Err(Refusal::Refused));
    }
    assert_eq!(welcomed(by_code(code.clone()).await).account, principal.account);
    assert_eq!(desk.ledger.rows().records.last().unwrap().event, Event::ProvedAgain);
    assert_eq!(by_code(code).await, Err(Refusal::Refused), "a code counts once");
    desk.clock.pass(Duration::from_secs(30));
    let code = desk.code(&secret);
    let proof = Proof::CodeOfProxied { code: code.clone() };
    let signing_in = desk.identity.sign_in(&desk.tenant, Door::Portal, proof, here()).await;
    assert_eq!(signing_in, Err(Refusal::Refused), "nobody comes in with a code alone");
    desk.identity.take_second_factor(&desk.tenant, &principal.login, "user:boss").await.unwrap();
    assert_eq!(by_code(code).await, Err(Refusal::Refused), "without a second factor there is no code");
}

#[tokio::test]
async fn a_hash_is_made_anew_when_the_cost_rises() {
    let desk = Desk::open().await;
    let hash = || desk.ledger.rows().accounts.values().next().unwrap().1.password.clone().unwrap();
    let dear = desk.another(Cost { memory_kib: 128, passes: 1, lanes: 1 });
    assert!(hash().contains("m=64,"));
    welcomed(dear.sign_in(&desk.tenant, Door::Portal, typed("chief", GOOD, None), here()).await);
    assert!(hash().contains("m=128,"));
    welcomed(desk.try_password("chief", GOOD, None).await);
    assert!(hash().contains("m=128,"), "and never with less");
}

#[tokio::test]
async fn nobody_comes_in_while_the_store_is_down() {
    let desk = Desk::open().await;
    desk.ledger.rows().down = true;
    assert_eq!(desk.try_password("chief", GOOD, None).await, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn the_first_administrator_needs_the_token_of_this_start_and_there_is_one_only() {
    let desk = Desk::open().await;
    assert!(desk.identity.offer_setup(&desk.tenant).await.unwrap().is_none());
    let used = desk.identity.found(&desk.tenant, "", founder("second", GOOD)).await;
    assert_eq!(used, Err(FoundRefusal::WrongToken));

    let fresh = Desk { ledger: Arc::default(), ..desk };
    let identity = fresh.another(CHEAP);
    let first = identity.offer_setup(&fresh.tenant).await.unwrap().unwrap();
    let setup = identity.offer_setup(&fresh.tenant).await.unwrap().unwrap();
    assert_eq!(setup.token.len(), 43);
    for token in ["", "guess", first.token.as_str()] {
        let refused = identity.found(&fresh.tenant, token, founder("chief", GOOD)).await;
        assert_eq!(refused, Err(FoundRefusal::WrongToken), "{token}");
    }
    let weak = identity.found(&fresh.tenant, &setup.token, founder("chief", "password2026")).await;
    assert!(matches!(weak, Err(FoundRefusal::Weak(_))));
    identity.found(&fresh.tenant, &setup.token, founder("chief", GOOD)).await.unwrap();
    let again = identity.found(&fresh.tenant, &setup.token, founder("second", GOOD)).await;
    assert_eq!(again, Err(FoundRefusal::WrongToken));
}

#[tokio::test]
async fn weak_passwords_and_passwords_of_others_are_not_set() {
    let desk = Desk::open().await;
    let set = async |password: &str| {
        let password = Zeroizing::new(password.to_owned());
        desk.identity.choose_password(&desk.tenant, &"chief".parse().unwrap(), &password, "user:chief").await
    };
    assert!(matches!(set("chief-chief-chief").await, Err(ChoiceRefusal::Weak(_))));
    desk.ledger.rows().account("chief").source = IdentitySource::Openid;
    assert_eq!(set("another plum tree 88").await, Err(ChoiceRefusal::NotLocal));
}
