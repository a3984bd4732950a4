//! An office for the cases of accounts and sessions: a department, people in it, records of what they do.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::json;
use temizu::domain::{
    Account, AccountId, AuditEvent, Department, Digest, Event, IdentitySource, OfficeRole, Posting, Preferences,
    TenantId,
};
use temizu::ports::{AccountChange, Credentials, Door, Session};

use super::fixture::{Ports, at, mailbox};

pub(crate) fn town() -> TenantId {
    TenantId::try_from("town".to_owned()).unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn id(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

pub(crate) fn department(code: &str, mailboxes: &[&str]) -> Department {
    Department {
        code: code.parse().unwrap(),
        name: format!("{code}課").parse().unwrap(),
        mailboxes: mailboxes.iter().map(|text| mailbox(text)).collect(),
    }
}

pub(crate) fn posting(department: &str, roles: &[OfficeRole], from: &str, until: Option<&str>) -> Posting {
    Posting {
        department: department.parse().unwrap(),
        roles: roles.iter().copied().collect::<BTreeSet<_>>(),
        from: day(from),
        until: until.map(day),
    }
}

/// Somebody who is 職員 in the department `road` from the first of April 2026 on.
pub(crate) fn person(number: u8) -> Account {
    Account {
        id: id(number),
        login: format!("person{number}").parse().unwrap(),
        name: format!("職員{number}").parse().unwrap(),
        mailbox: Some(mailbox(&format!("Person{number}@city.example"))),
        source: IdentitySource::Local,
        postings: vec![posting("road", &[OfficeRole::Staff], "2026-04-01", None)],
        blocked: false,
        has_password: false,
        has_totp: false,
        preferences: Preferences::default(),
        signed_in_at: None,
    }
}

pub(crate) fn record(event: Event) -> AuditEvent {
    AuditEvent { at: at(2000), event, item: None, actor: "test".to_owned(), details: json!({}) }
}

pub(crate) fn added(account: Account) -> (AccountChange, AuditEvent) {
    (AccountChange::Add(account), record(Event::AccountAdded))
}

pub(crate) fn replaced(account: Account) -> (AccountChange, AuditEvent) {
    (AccountChange::Replace(account), record(Event::AccountChanged))
}

pub(crate) fn kept(department: Department) -> (AccountChange, AuditEvent) {
    (AccountChange::Department(department), record(Event::DepartmentChanged))
}

pub(crate) fn credentials() -> Credentials {
    Credentials { password: Some("$argon2id$test".to_owned()), totp: Some(vec![1, 2, 3]), totp_step: 7 }
}

/// The department `road`, and people with these numbers in it.
pub(crate) async fn move_in(ports: &Ports, tenant: &TenantId, numbers: &[u8]) {
    let road = kept(department("road", &["Road@city.example"]));
    let people = numbers.iter().map(|number| added(person(*number)));
    ports.accounts.change(tenant, [road].into_iter().chain(people).collect()).await.unwrap();
}

pub(crate) fn token(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A session of account `number` at the portal that began at `second`.
pub(crate) fn session(text: &str, number: u8, second: i64) -> Session {
    Session {
        token: token(text),
        door: Door::Portal,
        account: id(number),
        started_at: at(second),
        used_at: at(second),
        proved_at: at(second),
        form_token: "0123456789abcdef".to_owned(),
    }
}

/// The names of all events on record, in order.
pub(crate) async fn events(ports: &Ports, tenant: &TenantId) -> Vec<String> {
    let records = ports.register.records(tenant, 0, 1000).await.unwrap();
    let name = |body: &str| {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["event"].as_str().unwrap().to_owned()
    };
    records.iter().map(|record| name(&record.body)).collect()
}
