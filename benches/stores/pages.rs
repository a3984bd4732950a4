//! Time to the last byte of the portal's list, over TLS, from the release build, signed in.
//!
//! The whole way of a page: session, account, counts of the tabs, fifty lines, template. Invariant: each page is there.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use temizu::domain::{
    Account, AccountId, AuditEvent, Department, Digest, Event, IdentitySource, Mailbox, OfficeRole, Posting,
    Preferences, TenantId,
};
use temizu::ports::{AccountChange, Clock as _, Door, OneTimeLink};
use temizu::serve::SystemClock;
use temizu::store::Store;

use crate::client::Client;
use crate::portal::{TIMES, show};

/// Measures the pages of a store whose mails are for `own` and for the mailboxes of a section.
pub(crate) async fn measure(
    name: &str,
    folder: &Path,
    section_of_store: &str,
    store: Arc<dyn Store>,
    mailboxes: &[String],
) {
    let Some((own, section)) = mailboxes.split_first() else { return };
    let base = format!("https://127.0.0.1:{}", free_port());
    let portal = Portal::start(folder, &base, section_of_store);
    for (number, addresses) in [(1_u8, &[][..]), (2, section)] {
        let mut client = sign_in(&store, &base, folder, number, own, addresses).await;
        for (what, path) in [
            ("list page", "/mails?tab=all"),
            ("action page", "/mails"),
            ("hit page", "/mails?tab=all&q=%28%E7%AC%AC777%E5%8F%B7%29"),
            ("miss page", "/mails?tab=all&q=%E5%AD%98%E5%9C%A8%E3%81%97%E3%81%AA%E3%81%84"),
        ] {
            let mut spans = Vec::with_capacity(TIMES);
            for _ in 0..TIMES {
                let since = Instant::now();
                let status = client.get(path).await.status;
                spans.push(since.elapsed());
                assert_eq!(status, 200, "{what}");
            }
            show(name, addresses.len().saturating_add(1), what, spans);
        }
        client.cookie.clear();
    }
    drop(portal);
}

/// A browser of somebody with these mailboxes, who came by a link that works once.
async fn sign_in(
    store: &Arc<dyn Store>,
    base: &str,
    folder: &Path,
    number: u8,
    own: &str,
    section: &[String],
) -> Client {
    let (tenant, now) = (TenantId::single(), SystemClock.now());
    let record =
        |event| AuditEvent { at: now, event, item: None, actor: "operator:bench".to_owned(), details: json!({}) };
    let department = Department {
        code: format!("section{number}").parse().unwrap(),
        name: "総務課".parse().unwrap(),
        mailboxes: section.iter().map(|text| Mailbox::parse(text).unwrap()).collect(),
    };
    let account = Account {
        id: AccountId::from_bytes([number; 16]),
        login: format!("soumu{number}").parse().unwrap(),
        name: "総務 花子".parse().unwrap(),
        mailbox: Some(Mailbox::parse(own).unwrap()),
        source: IdentitySource::Local,
        postings: vec![Posting {
            department: department.code.clone(),
            roles: BTreeSet::from([OfficeRole::Staff]),
            from: "2026-04-01".parse().unwrap(),
            until: None,
        }],
        blocked: false,
        has_password: true,
        has_totp: false,
        preferences: Preferences::default(),
        signed_in_at: None,
    };
    let token = format!("link-{number}");
    let link = OneTimeLink {
        token: Digest::of(token.as_bytes()),
        account: account.id,
        door: Door::Portal,
        until: now.after(Duration::from_secs(600)),
    };
    let changes = vec![
        (AccountChange::Department(department), record(Event::DepartmentChanged)),
        (AccountChange::Add(account), record(Event::AccountAdded)),
    ];
    store.change(&tenant, changes).await.unwrap();
    store.offer_link(&tenant, link, record(Event::LinkOffered)).await.unwrap();
    let mut client = Client::new(base, &folder.join("tls/portal-authority.pem"));
    let answer = client.post(&format!("/link/{token}"), &[]).await;
    client.take(&answer, "/help").await;
    client
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running portal, and nothing else; ended when dropped.
struct Portal(Child);

impl Portal {
    fn start(folder: &Path, base: &str, store: &str) -> Self {
        let address = base.trim_start_matches("https://");
        let config = folder.join("portal.toml");
        fs::write(&config, format!("[portal]\nlisten = [\"{address}\"]\n{store}\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_temizu"));
        command.env_clear().args(["serve", "--role", "portal", "--config"]).arg(&config).arg("--data").arg(folder);
        let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).env("RUST_LOG", "warn").spawn().unwrap();
        let portal = Self(child);
        for _ in 0..600 {
            if std::net::TcpStream::connect(address).is_ok() {
                return portal;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the portal did not start");
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
