//! `temizu user`: who may sign in, who may no more, and a link for when nobody can sign in otherwise.

use std::sync::Arc;

use temizu::domain::{Digest, Event, OfficeRole, TenantId};
use temizu::ports::Door;
use temizu::serve::SystemClock;
use temizu::store::Keys;
use temizu::store::embedded::EmbeddedStore;

use crate::store_contract::fixture::{Ports, embedded_config};
use crate::store_contract::office;
use crate::support::process::run_on;

/// Two people: one who may work every day, one who may not yet.
async fn town(data: &std::path::Path) -> Ports {
    let clock = Arc::new(SystemClock);
    let ports = Ports::of(EmbeddedStore::open(&embedded_config(data), clock, Keys::Opening).await.unwrap(), ());
    let tenant = TenantId::single();
    office::move_in(&ports, &tenant, &[]).await;
    let forever = office::posting("road", &[OfficeRole::Staff, OfficeRole::Approver], "2000-01-01", None);
    let later = office::posting("road", &[OfficeRole::Staff], "9000-01-01", None);
    let one = temizu::domain::Account { postings: vec![forever], ..office::person(1) };
    let two = temizu::domain::Account { postings: vec![later], ..office::person(2) };
    ports.accounts.change(&tenant, vec![office::added(one), office::added(two)]).await.unwrap();
    ports
}

#[tokio::test]
async fn people_are_listed_with_what_they_may_do_today() {
    let folder = tempfile::tempdir().unwrap();
    drop(town(folder.path()).await);
    let listed = run_on(folder.path(), "user list").with(0).out;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 3, "{listed}");
    assert!(lines[1].contains("person1") && lines[1].contains("職員1") && lines[1].contains("Staff, Approver"));
    assert!(lines[1].contains("road") && lines[1].contains("active"), "{listed}");
    assert!(lines[2].contains("person2") && !lines[2].contains("Staff") && !lines[2].contains("road"), "{listed}");
    let json = run_on(folder.path(), "user list --json").with(0).json();
    assert_eq!((json[0]["login"].as_str(), json[0]["blocked"].as_bool()), (Some("person1"), Some(false)));
    assert!(json.to_string().find("argon2").is_none());
    assert!(run_on(folder.path(), "user block nobody").with(66).err.contains("temizu user list"));
    run_on(folder.path(), "user link person1 --door cellar").with(64);
    run_on(folder.path(), "user link person1 --minutes 0").with(64);
    run_on(folder.path(), "user link person1 --minutes 1441").with(64);
}

#[tokio::test]
async fn a_link_signs_in_once_and_only_who_typed_the_command_has_seen_it() {
    let folder = tempfile::tempdir().unwrap();
    let ports = town(folder.path()).await;
    let tenant = TenantId::single();
    let said = run_on(folder.path(), "user link Person1").with(0);
    let token = said.out.trim().strip_prefix("/link/").unwrap().to_owned();
    assert_eq!(token.len(), 43, "32 bytes in base64url");
    assert!(said.err.contains("good once, for 30 minutes"), "{}", said.err);
    let now = temizu::ports::Clock::now(&SystemClock);
    let taken = |token: String, door| {
        let (tenant, sessions) = (tenant.clone(), Arc::clone(&ports.sessions));
        async move { sessions.take_link(&tenant, Digest::of(token.as_bytes()), door, now).await.unwrap() }
    };
    let records = ports.register.records(&tenant, 0, 100).await.unwrap();
    let last = &records.last().unwrap().body;
    assert!(last.contains("link_offered") && last.contains("person1") && last.contains("operator:tester"), "{last}");
    assert!(!last.contains(&token));
    assert_eq!(taken(token.clone(), Door::Review).await, None);
    assert_eq!(taken(token.clone(), Door::Portal).await, Some(office::id(1)));
    assert_eq!(taken(token.clone(), Door::Portal).await, None);

    let json = run_on(folder.path(), "user link person1 --door review --minutes 5 --json").with(0).json();
    let second = json["path"].as_str().unwrap().strip_prefix("/link/").unwrap().to_owned();
    assert_ne!(second, token);
    assert_eq!(taken(second, Door::Review).await, Some(office::id(1)));
    let until: jiff::Timestamp = json["until"].as_str().unwrap().parse().unwrap();
    let minutes = (until.as_millisecond() - now.millis()) / 60_000;
    assert!((5..60).contains(&minutes), "{minutes}");
    let idle = run_on(folder.path(), "user link person2").with(0);
    assert!(idle.err.contains("no posting is in force"), "{}", idle.err);
}

#[tokio::test]
async fn people_come_by_csv_and_a_dry_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    drop(town(folder.path()).await);
    let file = folder.path().join("people.csv");
    let text =
        "職員番号,氏名,所属コード,所属名,役割,発令日\nperson9,柏木　太郎,water,水道課,職員;承認者,令和8年4月1日\n";
    std::fs::write(&file, text).unwrap();
    let import = |options: &str| run_on(folder.path(), &format!("user import {} {options}", file.display()));
    let difference = import("--dry-run --json").with(0).json();
    assert_eq!(difference["people"][0]["kind"].as_str(), Some("added"), "{difference}");
    assert!(import("--dry-run").with(0).out.contains("added 1, moved 0"));
    assert!(!run_on(folder.path(), "user list").with(0).out.contains("person9"));
    assert!(import("").with(0).out.contains("added 1"));
    assert!(run_on(folder.path(), "user list").with(0).out.contains("person9"));
    assert!(import("").with(0).out.contains("added 0, moved 0, changed 0, ended 0, unchanged 1"));
    let ended = import("--complete --dry-run").with(0).out;
    assert!(ended.contains("ended") && ended.contains("person1"), "{ended}");

    std::fs::write(&file, "login,name,department\nsome body,,water\n").unwrap();
    let wrong = import("").with(64).err;
    assert!(wrong.contains("line 2, login") && wrong.contains("line 2, name"), "{wrong}");
    assert!(!wrong.contains("some body"), "no cell is repeated: {wrong}");
    run_on(folder.path(), "user import /nowhere.csv").with(66);
    run_on(folder.path(), "audit verify").with(0);
}

#[tokio::test]
async fn whoever_is_blocked_is_signed_out_and_may_be_let_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let ports = town(folder.path()).await;
    let tenant = TenantId::single();
    let signed_in = office::record(Event::SignedIn);
    ports.sessions.open(&tenant, office::session("s", 1, 1000), signed_in).await.unwrap();
    let today = office::day("2026-06-01");
    let may_come_in = async || ports.accounts.principal(&tenant, office::id(1), today).await.unwrap().is_some();
    assert!(may_come_in().await);
    assert!(run_on(folder.path(), "user block person1").with(0).out.contains("signed out everywhere"));
    assert!(!may_come_in().await);
    let at = crate::store_contract::fixture::at;
    let session = ports.sessions.find(&tenant, office::token("s"), Door::Portal, at(1001), at(0), at(0)).await;
    assert_eq!(session.unwrap(), None);
    assert!(run_on(folder.path(), "user block person1").with(0).out.contains("blocked already"));
    run_on(folder.path(), "user link person1").with(75);
    assert!(run_on(folder.path(), "user list").with(0).out.contains("blocked"));
    let again = run_on(folder.path(), "user unblock person1 --json").with(0).json();
    assert_eq!((again["changed"].as_bool(), again["blocked"].as_bool()), (Some(true), Some(false)));
    assert!(may_come_in().await);
    let records = office::events(&ports, &tenant).await;
    assert_eq!(records.iter().filter(|event| *event == "account_changed").count(), 2, "{records:?}");
    run_on(folder.path(), "audit verify").with(0);
}
