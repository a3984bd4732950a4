//! The three roles as three processes on one data folder.
//!
//! With `TEMIZU_LEASES` set, a lease is left to run out by itself (70 s); `cargo xtask nightly` sets it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::next_hop::{Act, Fault, NextHop};
use crate::support::process::{Gateway, run_on};
use crate::support::sender::Sender;

fn mail(subject: &str) -> Vec<u8> {
    format!(
        "From: <sender@example.com>\r\nTo: <a@city.test>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n\
         Message-ID: <{subject}@example.com>\r\nSubject: {subject}\r\n\r\nhello\r\n"
    )
    .into_bytes()
}

/// The three processes, each with the options of its role alone.
struct Roles {
    intake: Gateway,
    process: Gateway,
    deliver: Gateway,
}

impl Roles {
    async fn start(data: &Path, next_hop: SocketAddr, config: &Path) -> Self {
        let intake = Gateway::with(data, "--role intake --smtp-listen 127.0.0.1:0 --domain city.test", None);
        intake.logged("the gateway runs").await;
        let process = Gateway::with(data, "--role process", None);
        let deliver = Self::start_deliver(data, next_hop, config).await;
        process.logged("the gateway runs").await;
        Self { intake, process, deliver }
    }

    async fn start_deliver(data: &Path, next_hop: SocketAddr, config: &Path) -> Gateway {
        let deliver = Gateway::with(data, &format!("--role deliver --next-hop {next_hop}"), Some(config));
        deliver.logged("the gateway runs").await;
        deliver
    }

    async fn send(&self, subject: &str) -> String {
        let mut sender = Sender::connect(self.intake.address().await).await.unwrap();
        sender.send("a@city.test", &mail(subject)).await.unwrap()
    }

    async fn stop(mut self) {
        for gateway in [&mut self.intake, &mut self.process, &mut self.deliver] {
            gateway.terminate();
            assert_eq!(gateway.ended().await.0.code(), Some(0), "{:#?}", gateway.log());
        }
    }
}

/// A next hop that never answers the first mail, and a configuration with little patience.
async fn silent_once(folder: &Path) -> (NextHop, std::path::PathBuf) {
    let hold = Act::Hold(Arc::new(tokio::sync::Notify::new()));
    let config = folder.join("deliver.toml");
    std::fs::write(&config, "[deliver]\ntimeout_seconds = 1\n").unwrap();
    (NextHop::start(vec![Fault::at(".", hold).times(1)]).await, config)
}

#[tokio::test]
async fn three_processes_do_together_what_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let hop = NextHop::start(Vec::new()).await;
    let config = folder.path().join("empty.toml");
    std::fs::write(&config, "").unwrap();
    let roles = Roles::start(&data, hop.address(), &config).await;
    for subject in ["one", "two", "three"] {
        roles.send(subject).await;
    }
    hop.until("three mails arrive", |seen| seen.taken.len() == 3).await;
    roles.stop().await;
    run_on(&data, "audit verify").with(0);
}

#[tokio::test]
async fn a_mail_in_flight_when_deliver_is_killed_is_sent_again_and_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (hop, config) = silent_once(folder.path()).await;
    let mut roles = Roles::start(&data, hop.address(), &config).await;
    let reference = roles.send("in-flight").await;
    hop.until("the mail is in flight", |seen| seen.count(".") == 1).await;
    roles.deliver.kill();
    roles.deliver = Roles::start_deliver(&data, hop.address(), &config).await;
    roles.send("another").await;
    let another = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("Subject: another");
    hop.until("the other mail arrives", |seen| seen.taken.iter().any(|mail| another(&mail.bytes))).await;
    let stage = run_on(&data, &format!("queue show {reference} --json")).with(0).json()["stage"].clone();
    assert_eq!(stage, "sanitized", "it still waits");

    let roles = if std::env::var_os("TEMIZU_LEASES").is_some() {
        // Its lease lasts ten times the timeout and a minute for settling.
        tokio::time::sleep(Duration::from_secs(60)).await;
        roles
    } else {
        // Whoever has the data folder alone knows that nobody works on the mail.
        roles.stop().await;
        Roles::start(&data, hop.address(), &config).await
    };
    let in_flight = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("Subject: in-flight");
    hop.until("the mail arrives", |seen| seen.taken.iter().any(|mail| in_flight(&mail.bytes))).await;
    roles.stop().await;
    run_on(&data, "audit verify").with(0);
}
