//! Accounts and sessions behind the wall: each role does its own with its own login, and nobody else reads a password.

use temizu::domain::office::DigestTimes;
use temizu::domain::{Event, Preferences, TenantId};
use temizu::ports::{Accounts as _, Door, OneTimeLink, Session, Sessions, StoreError};
use temizu::store::Keys;
use temizu::store::scaleout::ScaleoutStore;

use super::DENIED;
use super::town::Town;
use crate::store_contract::fixture::at;
use crate::store_contract::office::{
    added, credentials, day, department, id, kept, person, posting, record, replaced, session, token,
};

/// What only the edges where people sign in may do.
const OF_THE_EDGES: &[&str] = &[
    "SELECT password FROM account",
    "SELECT totp FROM account",
    "SELECT totp_step FROM account",
    "SELECT token FROM session",
    "SELECT token FROM one_time_link",
    "SELECT login FROM sign_in_failure",
    "UPDATE session SET used_at = 0",
    "DELETE FROM sign_in_failure",
];

/// What only the portal may do.
const OF_THE_PORTAL: &[&str] = &[
    "UPDATE account SET password = 'mine'",
    "UPDATE account SET preferences = '{}'",
    "INSERT INTO deputy (tenant, approver, deputy, from_day, until_day) \
     SELECT tenant, id, id, '2026-01-01', '2026-01-01' FROM account",
    "DELETE FROM department_mailbox",
    "UPDATE department SET name = 'x'",
];

/// What nobody may do.
const OF_NOBODY: &[&str] = &[
    "DELETE FROM account",
    "UPDATE account SET login = 'mine'",
    "INSERT INTO account (tenant, id, login, name, source, preferences, digest, password) \
     VALUES ('main', 'x', 'x', 'x', 'local', '{}', 'never', 'mine')",
    "DELETE FROM department",
    "DELETE FROM founding",
    "UPDATE session SET account = ''",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_the_edges_where_people_sign_in_reads_what_they_prove_it_with() {
    let town = Town::built().await;
    let portal = town.store("portal", Keys::None).await;
    founded(&portal).await;
    for sql in OF_THE_EDGES {
        for role in ["portal", "review"] {
            assert_eq!(town.tried(role, sql).await, Ok(()), "{role}: {sql}");
        }
        for role in ["intake", "process", "deliver", "operator", "auditor", "host1"] {
            assert_eq!(town.tried(role, sql).await, Err(DENIED.to_owned()), "{role}: {sql}");
        }
    }
    for sql in OF_THE_PORTAL {
        assert_eq!(town.tried("portal", sql).await, Ok(()), "portal: {sql}");
        for role in ["intake", "process", "deliver", "review", "operator", "auditor", "host1"] {
            assert_eq!(town.tried(role, sql).await, Err(DENIED.to_owned()), "{role}: {sql}");
        }
    }
    for sql in OF_NOBODY {
        for role in ["intake", "process", "deliver", "portal", "review", "operator", "auditor", "host1"] {
            assert_eq!(town.tried(role, sql).await, Err(DENIED.to_owned()), "{role}: {sql}");
        }
    }
    let digests = "SELECT login, name, mailbox, digest FROM account WHERE digest_at < 1";
    for sql in [digests, "UPDATE account SET digest_at = 1"] {
        assert_eq!(town.tried("process", sql).await, Ok(()), "{sql}");
    }
    for role in ["intake", "deliver", "auditor"] {
        assert_eq!(town.tried(role, "SELECT name FROM account").await, Err(DENIED.to_owned()), "{role}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_sign_in_on_both_sides_and_are_changed_on_one() {
    let town = Town::built().await;
    let tenant = TenantId::single();
    let portal = town.store("portal", Keys::None).await;
    founded(&portal).await;
    portal.name_deputies(&tenant, id(1), Vec::new(), day("2026-06-01"), record(Event::DeputiesNamed)).await.unwrap();
    let chosen = Preferences { digest: DigestTimes::Never, ..Preferences::default() };
    portal.prefer(&tenant, id(1), chosen).await.unwrap();
    works(&portal, Door::Portal, 100).await;

    let review = town.store("review", Keys::None).await;
    works(&review, Door::Review, 200).await;
    assert!(review.has_administrator(&tenant).await.unwrap());
    let set = record(Event::CredentialsChanged);
    for refused in [
        review.change(&tenant, vec![replaced(person(2))]).await,
        review.set_credentials(&tenant, id(1), credentials(), set).await,
        review.prefer(&tenant, id(1), chosen).await,
    ] {
        assert!(matches!(refused, Err(StoreError::Denied(_))), "{refused:?}");
    }
    // What was refused has undone nothing: it goes on.
    works(&review, Door::Review, 300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_lists_blocks_and_makes_links_with_the_login_of_operators() {
    let town = Town::built().await;
    let portal = town.store("portal", Keys::None).await;
    founded(&portal).await;
    let config = town.config_file("operator", "");
    let listed = town.run("user list --json", &config).with(0).json();
    assert_eq!((&listed[1]["login"], &listed[1]["has_password"]), (&"person2".into(), &false.into()));
    assert_eq!(listed[0]["has_password"], true);
    town.run("user list", &config).with(0);
    town.run("user link person1", &config).with(0);
    town.run("user block person1", &config).with(0);
    town.run("user unblock person1", &config).with(0);
    let operator = town.store("operator", Keys::None).await;
    operator.change(&TenantId::single(), vec![added(person(7))]).await.unwrap();
    let said = town.run("user list", &town.config_file("auditor", "")).with(69).err;
    assert!(said.contains("this login may not do it"), "{said}");
}

/// An administrator, 1, and somebody of the same department, 2.
async fn founded(portal: &ScaleoutStore) {
    let tenant = TenantId::single();
    let postings = vec![posting("road", &[temizu::domain::OfficeRole::Administrator], "2026-04-01", None)];
    let first = temizu::domain::Account { postings, ..person(1) };
    let road = department("road", &["road@city.example"]);
    portal.found(&tenant, road.clone(), first, credentials(), record(Event::AdministratorFounded)).await.unwrap();
    portal.change(&tenant, vec![kept(road), added(person(2))]).await.unwrap();
    portal.change(&tenant, vec![replaced(person(2))]).await.unwrap();
    let set = record(Event::CredentialsChanged);
    portal.set_credentials(&tenant, id(1), credentials(), set).await.unwrap();
    let link = OneTimeLink { token: token("link"), account: id(2), door: Door::Review, until: at(9000) };
    portal.offer_link(&tenant, link, record(Event::LinkOffered)).await.unwrap();
}

/// Everything that a sign-in needs, from the first attempt to the end of the session.
async fn works(store: &ScaleoutStore, door: Door, step: u64) {
    let tenant = TenantId::single();
    let login = person(1).login;
    for well in [false, true] {
        store.note_attempt(&tenant, "person1", "192.0.2.1", well, record(Event::SignInFailed)).await.unwrap();
    }
    store.failures(&tenant, "person1", "192.0.2.1", at(0)).await.unwrap();
    assert!(store.by_login(&tenant, &login).await.unwrap().unwrap().1.password.is_some());
    store.use_totp_step(&tenant, id(1), step).await.unwrap();
    assert!(store.principal(&tenant, id(1), day("2026-06-01")).await.unwrap().is_some());
    let fresh = |text: &str| Session { door, ..session(text, 1, 1000) };
    Sessions::open(store, &tenant, fresh("one"), record(Event::SignedIn)).await.unwrap();
    assert!(store.find(&tenant, token("one"), door, at(1100), at(0), at(0)).await.unwrap().is_some());
    store.renew(&tenant, token("one"), fresh("two"), record(Event::ProvedAgain)).await.unwrap();
    store.close(&tenant, token("two"), record(Event::SignedOut)).await.unwrap();
    store.sweep_sessions(&tenant, at(2000), at(0)).await.unwrap();
    let other = if door == Door::Portal { "nothing" } else { "link" };
    store.take_link(&tenant, token(other), door, at(2000)).await.unwrap();
}
