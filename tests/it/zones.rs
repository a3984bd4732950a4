//! The wall between the zones, tried with the very credentials that `temizu migrate --roles` hands out: what a role
//! needs works, and everything else is refused, by PostgreSQL and by the object store.
//!
//! Invariant: whatever is refused here is also done by somebody who may, so that no case passes because nothing works.

mod attempts;
mod edges;
mod outside;
mod people;
pub(crate) mod town;
mod wall;

use std::path::Path;
use std::time::Duration;

use object_store::path::Path as Location;
use object_store::{Error, ObjectStoreExt as _};
use temizu::audit::chain;
use temizu::domain::{AuditEvent, Digest, Event, ItemKey, Stage, TenantId};
use temizu::ports::{
    Clock as _, Dispatch, ItemFilter, Operator, Outbox, Register as _, Reply, Retention as _, Settlement,
};
use temizu::serve::SystemClock;
use temizu::store::scaleout::ScaleoutStore;
use temizu::store::{Keys, Store as _};

use self::town::Town;
use crate::store_contract::fixture::{SPAN, at, event, operated, original};
use crate::support::process::Gateway;

/// SQLSTATE "insufficient privilege".
const DENIED: &str = "42501";

/// What nobody on the LGWAN side nor in front of the portal may read or write, and process may.
const BEHIND_THE_WALL: &[&str] = &[
    "SELECT sealed FROM original",
    "SELECT file FROM original",
    "SELECT count(*) FROM original",
    "SELECT public_key FROM sealing_key",
    "SELECT facts FROM item",
    "SELECT decision FROM item",
    "SELECT * FROM item",
    "DELETE FROM original",
    "INSERT INTO sealing_key (public_key) VALUES ('mine') ON CONFLICT DO NOTHING",
    "INSERT INTO search_term (tenant, item, term) SELECT tenant, id, 'x' FROM item",
    "UPDATE item SET due_at = 0",
    "DELETE FROM derivative",
    "SELECT file FROM unneeded_object",
    "SELECT sealed FROM password_candidate",
    "SELECT from_address FROM password_search",
    "DELETE FROM password_candidate",
];

/// What the portal may all the same, because staff put files in: it seals them, and never opens one.
const TO_PUT_FILES_IN: &[&str] = &[
    "SELECT public_key FROM sealing_key",
    "INSERT INTO search_term (tenant, item, term) SELECT tenant, id, 'x' FROM item",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliver_and_portal_cannot_read_what_process_can() {
    let town = Town::built().await;
    town.fill().await;
    for sql in BEHIND_THE_WALL {
        assert_eq!(town.tried("process", sql).await, Ok(()), "process: {sql}");
        for role in ["deliver", "portal", "auditor"] {
            let may = role == "portal" && TO_PUT_FILES_IN.contains(sql);
            let expected = if may { Ok(()) } else { Err(DENIED.to_owned()) };
            assert_eq!(town.tried(role, sql).await, expected, "{role}: {sql}");
        }
    }
    for (role, sql) in [
        ("deliver", "SELECT origin FROM item"),
        ("deliver", "SELECT digest FROM item"),
        ("deliver", "SELECT bytes FROM derivative"),
        ("deliver", "SELECT name FROM kept"),
        ("deliver", "SELECT term FROM search_term"),
        ("portal", "SELECT bytes FROM mail"),
        ("portal", "SELECT file FROM mail"),
        ("intake", "SELECT facts FROM item"),
        ("intake", "SELECT sealed FROM original"),
        ("intake", "SELECT bytes FROM mail"),
        ("operator", "SELECT sealed FROM original"),
        ("operator", "SELECT bytes FROM mail"),
        ("operator", "SELECT public_key FROM sealing_key"),
        ("operator", "SELECT sealed FROM password_candidate"),
        ("operator", "SELECT sealed FROM password_search"),
        ("review", "SELECT sealed FROM password_candidate"),
        ("intake", "SELECT source FROM password_candidate"),
        ("deliver", "SELECT count FROM password_candidate"),
        ("review", "DELETE FROM original"),
        ("auditor", "SELECT bytes FROM mail"),
        ("auditor", "SELECT recipient FROM mail_recipient"),
        ("auditor", "SELECT origin FROM item"),
    ] {
        assert_eq!(town.tried("process", sql).await, Ok(()), "process: {sql}");
        assert_eq!(town.tried(role, sql).await, Err(DENIED.to_owned()), "{role}: {sql}");
    }
    for (role, sql) in [("deliver", "SELECT body FROM audit"), ("portal", "SELECT body FROM audit")] {
        assert_eq!(town.tried("auditor", sql).await, Ok(()));
        assert_eq!(town.tried(role, sql).await, Err(DENIED.to_owned()), "{role}: {sql}");
    }
    for role in ["portal", "operator", "review"] {
        assert_eq!(town.tried(role, "SELECT item, source, count FROM password_candidate").await, Ok(()), "{role}");
    }
    assert_eq!(town.tried("operator", "UPDATE item SET legal_hold = TRUE").await, Ok(()));
    assert_eq!(town.tried("process", "UPDATE item SET legal_hold = FALSE").await, Err(DENIED.to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_the_owner_touches_the_chain_and_the_owner_is_stopped_by_the_trigger() {
    let town = Town::built().await;
    town.fill().await;
    for role in ["intake", "process", "deliver", "portal", "review", "operator", "auditor", "host1"] {
        for sql in [
            "UPDATE audit SET body = body",
            "DELETE FROM audit",
            "TRUNCATE audit",
            "ALTER TABLE audit DISABLE TRIGGER ALL",
            "DROP TABLE audit",
            "CREATE TABLE mine (n integer)",
            "INSERT INTO audit (tenant, sequence, previous, body, hash) VALUES ('main', 9, '', '', '')",
            "UPDATE audit_head SET sequence = 0",
            "DELETE FROM audit_head",
            "UPDATE rules SET text = text",
            "UPDATE schema_version SET version = 99",
        ] {
            assert_eq!(town.tried(role, sql).await, Err(DENIED.to_owned()), "{role}: {sql}");
        }
    }
    for role in ["intake", "process", "deliver", "portal", "review", "operator", "host1"] {
        for record in [
            "SELECT append_audit('main', ARRAY[NULL], ARRAY['{}'], ARRAY['\\x00'::bytea])",
            // Its hash is right, its sequence is not.
            "SELECT append_audit('main', ARRAY[NULL], ARRAY['{\"sequence\":1}'], \
             ARRAY[(SELECT sha256(hash || convert_to('{\"sequence\":1}', 'UTF8')) FROM audit_head)])",
        ] {
            assert_eq!(town.tried(role, record).await, Err("P0001".to_owned()), "{role}: {record}");
        }
    }
    assert_eq!(town.tried("auditor", "SELECT * FROM lock_audit_head('main')").await, Err(DENIED.to_owned()));
    assert_eq!(town.tried("deliver", "UPDATE item SET stage = 'delivered'").await, Err(DENIED.to_owned()));
    assert_eq!(town.tried("owner", "UPDATE audit SET body = body").await, Err("P0001".to_owned()));
    assert_eq!(town.tried("owner", "ALTER TABLE audit DISABLE TRIGGER ALL").await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_object_store_refuses_a_sealed_original_to_every_key_but_those_of_process_and_review() {
    let town = Town::built().await;
    town.fill().await;
    let name = town.database.sql("SELECT file FROM original WHERE file IS NOT NULL").await;
    let sealed = Location::from(name.strip_prefix("originals/").expect("one large original"));
    for role in ["process", "review", "host1"] {
        assert!(town.bucket(role, "sealed").get(&sealed).await.is_ok(), "{role}");
    }
    for role in ["intake", "deliver", "portal"] {
        let refused = town.bucket(role, "sealed").get(&sealed).await.unwrap_err();
        assert!(matches!(refused, Error::PermissionDenied { .. }), "{role}: {refused}");
    }
    for role in ["operator", "auditor"] {
        assert!(!town.out().join(format!("{role}.s3-policy.json")).exists(), "{role} needs no key");
    }
    let name = town.database.sql("SELECT file FROM mail WHERE file IS NOT NULL LIMIT 1").await;
    let new = Location::from(name.strip_prefix("derivatives/").expect("one large mail"));
    for role in ["process", "deliver", "portal"] {
        assert!(town.bucket(role, "new").get(&new).await.is_ok(), "{role}");
    }
    for role in ["deliver", "portal", "review", "intake"] {
        let refused = town.bucket(role, "new").put(&new, "forged".into()).await.unwrap_err();
        assert!(matches!(refused, Error::PermissionDenied { .. }), "{role}: {refused}");
        let refused = town.bucket(role, "sealed").delete(&sealed).await.unwrap_err();
        assert!(matches!(refused, Error::PermissionDenied { .. }), "{role}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_can_do_its_own_work_with_its_own_login_and_key() {
    let town = Town::built().await;
    let keys = town.fill().await;
    let tenant = TenantId::single();

    let process = town.store("process", Keys::Opening).await;
    let source = process.source().unwrap();
    for (number, length) in [(1, 100), (2, 20_000)] {
        let read = source.open(&keys[usize::from(number) - 1]).await.unwrap().collect().await.unwrap();
        assert_eq!(read, original(number, length));
    }

    let operator = town.store("operator", Keys::None).await;
    operator_works(&operator, &keys).await;
    let deliver = town.store("deliver", Keys::None).await;
    assert!(deliver.source().is_err(), "no key, no original");
    // Put off; then its clock is set back, which brings forward what was put off.
    for (second, how) in
        [(1500, Settlement::Deferred as fn(Reply) -> Settlement), (1400, Settlement::Sent), (6000, Settlement::Sent)]
    {
        let dispatch = Outbox::lease(&*deliver, &tenant, at(second), SPAN).await.unwrap().expect("something to send");
        renew_and_settle(&*deliver, dispatch, how).await;
    }
    assert!(Outbox::lease(&*deliver, &tenant, at(7000), SPAN).await.unwrap().is_none(), "the third is on hold");
    for key in &keys[..2] {
        assert_eq!(operator.item(key).await.unwrap().summary.stage, Stage::Delivered);
    }

    let review = town.store("review", Keys::None).await;
    review.item(&keys[1]).await.unwrap();
    review.record(&tenant, event(Event::OriginalExported, keys[1].id)).await.unwrap();
    let portal = town.store("portal", Keys::None).await;
    assert_eq!(portal.items(&tenant, &all()).await.unwrap().len(), keys.len());
    portal.quarantine(&tenant, &all()).await.unwrap();
    let auditor = town.store("auditor", Keys::None).await;
    assert!(chain::verify(&*auditor, &tenant).await.unwrap().count > 5);

    let held_and_on_hold = process.expire(&tenant, at(100), at(9000)).await.unwrap();
    assert_eq!(held_and_on_hold, 1, "one of three is under a legal hold, one still on hold");
    process.sweep(SystemClock.now().after(Duration::from_secs(864_000))).await.unwrap();
    assert!(source.open(&keys[1]).await.is_err() && source.open(&keys[0]).await.is_ok());
    let names = |key: &ItemKey, bucket| town.objects(bucket).iter().any(|name| name.contains(&key.id.to_string()));
    assert!(!names(&keys[1], "sealed") && !names(&keys[1], "new") && names(&keys[0], "new"));
}

async fn renew_and_settle(deliver: &dyn Outbox, dispatch: Dispatch, how: fn(Reply) -> Settlement) {
    deliver.renew(&dispatch, at(1600)).await.unwrap();
    let settlements = dispatch.forward_paths.iter().map(|to| (to.clone(), how(Reply("250 ok".to_owned())))).collect();
    let record = event(Event::Delivered, dispatch.key.id);
    deliver.settle(dispatch, settlements, at(5000), vec![record]).await.unwrap();
}

async fn operator_works(operator: &ScaleoutStore, keys: &[ItemKey]) {
    let tenant = TenantId::single();
    let found = ItemFilter { text: Some("a@city.example".to_owned()), ..all() };
    assert_eq!(operator.items(&tenant, &found).await.unwrap().len(), keys.len());
    assert_eq!(operator.quarantine(&tenant, &all()).await.unwrap().len(), keys.len());
    let text = Digest::of(b"text");
    let loaded = AuditEvent { item: None, ..event(Event::RulesLoaded, keys[0].id) };
    assert!(operator.keep_rules(&tenant, text, "text", loaded).await.unwrap());
    operator.set_legal_hold(&keys[0], true, operated(3000, keys[0].id)).await.unwrap();
    operator.set_legal_hold(&keys[0], false, operated(3001, keys[0].id)).await.unwrap();
    operator.set_legal_hold(&keys[0], true, operated(3002, keys[0].id)).await.unwrap();
    for what in [Operator::Hold, Operator::Release, Operator::Retry, Operator::Hold] {
        operator.operate(&keys[2], what, operated(3003, keys[2].id)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_with_the_wrong_login_says_whose_login_it_needs() {
    let town = Town::built().await;
    town.fill().await;
    for (role, command) in [("deliver", "audit verify"), ("auditor", "queue list"), ("operator", "retention run")] {
        let said = town.run(command, &town.config_file(role, "")).with(69).err;
        assert!(said.contains("this login may not do it") && said.contains("permission denied"), "{role}: {said}");
    }
    town.run("audit verify", &town.config_file("auditor", "")).with(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_private_key_is_in_no_table_and_on_no_host_but_that_of_process() {
    let town = Town::built().await;
    town.fill().await;
    let mut deliver = Gateway::with(
        &town.data("deliver"),
        "--role deliver --next-hop 127.0.0.1:9",
        Some(&town.config_file("deliver", "")),
    );
    deliver.logged("the gateway runs").await;
    deliver.terminate();
    assert!(deliver.ended().await.0.success());
    assert_eq!(files_below(&town.data("deliver")), Vec::<String>::new());

    let key = std::fs::read_to_string(town.data("process").join("keys/sealing.key")).unwrap();
    let secret = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).expect("the private key").to_owned();
    let dump = town.dump().await;
    assert!(dump.contains("age1"), "the public key is in the dump, so this looks at all of it");
    for text in ["AGE-SECRET-KEY", &secret] {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!dump.contains(text) && !dump.contains(&hex));
    }
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path.display().to_string()) }
    }
    files
}

fn all() -> ItemFilter {
    ItemFilter { limit: 1000, ..ItemFilter::default() }
}
