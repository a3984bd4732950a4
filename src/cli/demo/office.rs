//! The office of the demo: four people, and a link for each that signs them in once.
//!
//! Refuses nothing. Invariant: nobody in it has a password; the links are all there is, and they end with the demo.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::civil::Date;
use serde_json::json;

use super::super::print::Printer;
use super::super::trouble::{Trouble, UNAVAILABLE};
use super::DOMAIN;
use crate::domain::{
    Account, AccountId, AuditEvent, Department, Digest, Event, IdentitySource, ItemId, Language, Mailbox, OfficeRole,
    Posting, Preferences, TenantId, Timestamp,
};
use crate::ports::{AccountChange, Clock as _, Credentials, Door, Entropy as _, OneTimeLink, StoreError};
use crate::serve::{OsEntropy, SystemClock};
use crate::store::Store;

/// How long a link is good.
const LINK_LIFE: Duration = Duration::from_secs(8 * 3_600);

/// Sign-in name, name, department, role.
const PEOPLE: [(&str, &str, &str, OfficeRole); 4] = [
    ("admin", "管理 太郎", "it", OfficeRole::Administrator),
    ("shokuin", "柏木 花子", "road", OfficeRole::Staff),
    ("kacho", "石川 一郎", "road", OfficeRole::Approver),
    ("kansa", "監査 次郎", "audit", OfficeRole::Auditor),
];
const DEPARTMENTS: [(&str, &str); 3] = [("it", "情報政策課"), ("road", "道路課"), ("audit", "監査事務局")];

/// Makes the people, and prints a link for each of them and the page of `item`.
pub(super) async fn open(
    store: &dyn Store,
    portal: SocketAddr,
    item: Option<ItemId>,
    printer: &Printer,
) -> Result<(), Trouble> {
    let tenant = TenantId::single();
    let now = SystemClock.now();
    let made = make(store, &tenant, now).await;
    let accounts =
        made.map_err(|_| Trouble::new(UNAVAILABLE, "職員を作れませんでした", "the people of the demo cannot be made"))?;
    printer.say(
        "\nポータル（証明書は独自の認証局のものなので、ブラウザの警告は先へ進んでください）:",
        "\nThe portal (its certificate is by an authority of its own: go past the browser's warning):",
    );
    for account in accounts {
        let link = link(store, &tenant, &account, portal, now).await?;
        let role = account.postings.first().and_then(|posting| posting.roles.first()).copied();
        let title = |language: Language| role.map_or("", |role| role.title(language));
        printer.say(
            format!("  {}（{}）: {link}", title(Language::Ja), account.name),
            format!("  {} ({}): {link}", title(Language::En), account.name),
        );
    }
    if let Some(item) = item {
        let page = format!("https://{portal}/m/{item}");
        printer.say(format!("  変える前・変えた後（職員）: {page}"), format!("  before and after (staff): {page}"));
    }
    Ok(())
}

/// The accounts, made in the store.
async fn make(store: &dyn Store, tenant: &TenantId, now: Timestamp) -> Result<Vec<Account>, StoreError> {
    let record = |event, login: &str| AuditEvent {
        at: now,
        event,
        item: None,
        actor: "demo".to_owned(),
        details: json!({ "login": login }),
    };
    let first = |name: &'static str| StoreError::Damaged(name);
    let mut accounts = Vec::new();
    for (login, name, department, role) in PEOPLE {
        let mut random = [0; 16];
        OsEntropy.secret(&mut random).map_err(|_| first("no randomness"))?;
        accounts.push(Account {
            id: AccountId::from_bytes(random),
            login: login.parse().map_err(|_| first("a name of the demo"))?,
            name: name.parse().map_err(|_| first("a name of the demo"))?,
            mailbox: Mailbox::parse(&format!("{login}@{DOMAIN}")).ok(),
            source: IdentitySource::Local,
            postings: vec![Posting {
                department: department.parse().map_err(|_| first("a name of the demo"))?,
                roles: BTreeSet::from([role]),
                from: Date::constant(2026, 4, 1),
                until: None,
            }],
            blocked: false,
            has_password: false,
            has_totp: false,
            preferences: Preferences::default(),
            signed_in_at: None,
        });
    }
    let mut departments = DEPARTMENTS.into_iter().map(|(code, name)| {
        let mailboxes = BTreeSet::from_iter(Mailbox::parse(&format!("{code}@{DOMAIN}")).ok());
        Ok(Department {
            code: code.parse().map_err(|_| first("a name of the demo"))?,
            name: name.parse().map_err(|_| first("a name of the demo"))?,
            mailboxes,
        })
    });
    let (Some(own), Some(admin)) = (departments.next().transpose()?, accounts.first().cloned()) else {
        return Err(first("nobody"));
    };
    store.found(tenant, own, admin, Credentials::default(), record(Event::AdministratorFounded, "admin")).await?;
    let mut changes = Vec::new();
    for department in departments {
        changes.push((AccountChange::Department(department?), record(Event::DepartmentChanged, "")));
    }
    for account in accounts.iter().skip(1) {
        changes.push((AccountChange::Add(account.clone()), record(Event::AccountAdded, account.login.as_str())));
    }
    store.change(tenant, changes).await?;
    Ok(accounts)
}

/// A link that signs `account` in once.
async fn link(
    store: &dyn Store,
    tenant: &TenantId,
    account: &Account,
    portal: SocketAddr,
    now: Timestamp,
) -> Result<String, Trouble> {
    let mut random = [0; 32];
    let refused = || Trouble::new(UNAVAILABLE, "乱数を得られません", "the system gives no random bytes");
    OsEntropy.secret(&mut random).map_err(|_| refused())?;
    let token = URL_SAFE_NO_PAD.encode(random);
    let until = now.after(LINK_LIFE);
    let offered = OneTimeLink { token: Digest::of(token.as_bytes()), account: account.id, door: Door::Portal, until };
    let record = AuditEvent {
        at: now,
        event: Event::LinkOffered,
        item: None,
        actor: "demo".to_owned(),
        details: json!({ "login": account.login, "until": until }),
    };
    store.offer_link(tenant, offered, record).await?;
    Ok(format!("https://{portal}/link/{token}"))
}
