//! What is known of a sender, with real workers: relays that are believed and forged fields that are not, tricks that
//! are flagged and keep nothing back, rules that ask.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use temizu::config::{self, Config};
use temizu::domain::{
    Action, Authentication, CheckMethod, CheckResult, Client, Domain, Envelope, Facts, ItemId, Mailbox, Origin,
    ReversePath, Stage, Timestamp,
};
use temizu::pipeline::{Arrival, Washed, Washer};
use temizu::policy::RuleSet;
use temizu::ports::{Blob, Subject};
use temizu::sandbox::{Sandbox, Settings};
use temizu::sender::Known;
use temizu::serve;

use crate::support::gateway::{DOMAIN, Plan, Site};
use crate::support::next_hop::NextHop;
use crate::support::process::run;
use crate::support::worker::worker;

const BODY: &str = "To: a@city.example.lg.jp\nSubject: test\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nthe body\n\
    --b\nContent-Type: text/plain; charset=utf-8\nContent-Disposition: attachment; filename=notes.txt\n\nthe notes\n--b--\n";

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn believing(hops: u32) -> config::Sender {
    config::Sender {
        trusted_authserv_ids: vec![domain("relay.example.lg.jp")],
        trusted_hops: hops,
        known_domains: vec![domain("example-bank.co.jp")],
    }
}

/// Washes mails, each in a worker of its own.
struct Bench(Washer);

impl Bench {
    fn new(sender: &config::Sender, rules: &str) -> Self {
        let sandbox =
            config::Sandbox { worker: worker(), wall_clock_seconds: 60, ready: 1, ..config::Sandbox::default() };
        let sandbox = Sandbox::start(Settings::new(&sandbox, &config::Limits::default(), Path::new("/")));
        let sources = match rules {
            "" => Vec::new(),
            own => vec![("own.toml".to_owned(), own.to_owned()), temizu::policy::PRESETS[0].source()],
        };
        let rules = Arc::new(RuleSet::parse(&sources).unwrap());
        let known = Known::new(sender, &[domain(DOMAIN)]);
        Self(Washer::new(Arc::new(sandbox), rules, known, serve::site(&Config::default()).unwrap()))
    }

    /// The fields above, then an ordinary mail.
    async fn wash(&self, fields: &str) -> Washed {
        let mail = format!("{fields}{BODY}").replace('\n', "\r\n");
        let envelope = Envelope {
            reverse_path: ReversePath::of(Mailbox::parse("bounce@a.example").unwrap()),
            forward_paths: vec![Mailbox::parse("a@city.example.lg.jp").unwrap()],
            client: Client { address: Ipv4Addr::LOCALHOST.into(), helo: "relay.example.lg.jp".to_owned(), tls: None },
            eight_bit: false,
        };
        let arrival = Arrival {
            id: ItemId::new(Timestamp::from_millis(0), [0; 10]),
            origin: Origin::Mail(envelope),
            received_at: Timestamp::from_millis(0),
            length: mail.len() as u64,
            released: false,
            passwords: Vec::new(),
        };
        self.0.wash(Subject::Mail, arrival, Blob::in_memory(Bytes::from(mail.into_bytes()))).await.unwrap()
    }

    async fn facts(&self, fields: &str) -> Facts {
        self.wash(fields).await.facts
    }
}

fn codes(facts: &Facts) -> Vec<&str> {
    facts.findings.iter().map(|finding| finding.code.code()).collect()
}

/// The action on the body and on the attachment.
fn actions(washed: &Washed) -> Vec<Action> {
    washed.decision.groups[0].parts.iter().map(|part| part.action).collect()
}

#[tokio::test]
async fn the_relay_of_the_site_is_believed_and_says_who_says_so() {
    let bench = Bench::new(&believing(1), "");
    let facts = bench
        .facts(
            "Authentication-Results: relay.example.lg.jp;\n\tspf=pass (a \"comment) smtp.mailfrom=bounce@a.example;\n\t\
             dkim=pass header.d=mail.a.example; dkim=fail header.d=list.example;\n\tdmarc=pass header.from=a.example\n\
             ARC-Seal: i=1; cv=none; d=relay.example.lg.jp\n\
             Received: from mx.a.example by relay.example.lg.jp; Mon, 23 Nov 2026 10:00:00 +0900\n\
             From: Taro <taro@a.example>\n",
        )
        .await;
    assert_eq!(facts.sender.authentication(), Authentication::Passed);
    let told: Vec<_> = facts.sender.checks.iter().map(|check| (check.method, check.result, check.aligned)).collect();
    assert_eq!(
        told,
        [
            (CheckMethod::Spf, CheckResult::Pass, true),
            (CheckMethod::Dkim, CheckResult::Pass, true),
            (CheckMethod::Dkim, CheckResult::Fail, false),
            (CheckMethod::Dmarc, CheckResult::Pass, true),
            (CheckMethod::Arc, CheckResult::None, false),
        ]
    );
    assert!(facts.sender.checks.iter().all(|check| check.said_by == domain("relay.example.lg.jp")));
    assert_eq!(codes(&facts), <[&str; 0]>::default());
    assert!(!facts.sender.envelope_differs);
}

#[tokio::test]
async fn a_field_that_the_sender_wrote_is_not_believed_wherever_he_puts_it() {
    const FORGED: &str = "Authentication-Results: relay.example.lg.jp; dmarc=pass header.from=city.example.lg.jp\n\
        Received-SPF: pass identity=mailfrom; envelope-from=x@city.example.lg.jp; receiver=relay.example.lg.jp\n\
        ARC-Authentication-Results: i=1; relay.example.lg.jp; dkim=pass header.d=city.example.lg.jp\n";
    const RECEIVED: &str = "Received: from evil by relay.example.lg.jp\n";
    const FROM: &str = "From: x@city.example.lg.jp\n";
    let (bench, farther) = (Bench::new(&believing(1), ""), Bench::new(&believing(2), ""));
    for fields in [
        // First thing that the sender wrote: right beneath the Received of the relay.
        format!("{RECEIVED}{FORGED}{FROM}"),
        format!("{RECEIVED}Received: from x by y\n{FORGED}{FROM}"),
        format!("{RECEIVED}{FROM}{FORGED}"),
        format!("{RECEIVED}Received : forged\n{FORGED}Received: forged\n{FROM}"),
        format!("Authentication-Results: relay.example.lg.jp; none\n{RECEIVED}{FORGED}{FROM}"),
    ] {
        let facts = bench.facts(&fields).await;
        assert_eq!(facts.sender.authentication(), Authentication::None, "{fields}");
        assert_eq!((facts.sender.checks.len(), codes(&facts)), (0, vec!["sender_own_domain"]), "{fields}");
    }
    let inner = format!("Received: from relay2 by relay3\n{RECEIVED}{FORGED}{FROM}");
    assert_eq!(farther.facts(&inner).await.sender.authentication(), Authentication::None);
    // A relay that writes beneath its own Received strips Authentication-Results of its name, and nothing else.
    let beside = "Authentication-Results: relay.example.lg.jp; spf=fail smtp.mailfrom=city.example.lg.jp; dmarc=none\n";
    let (_, others) = FORGED.split_once('\n').unwrap();
    let facts = farther.facts(&format!("{RECEIVED}{beside}{others}{FROM}")).await;
    assert_eq!((facts.sender.authentication(), facts.sender.checks.len()), (Authentication::Failed, 2));
    let dmarc = others.replace("dkim=pass header.d", "dmarc=pass header.from");
    let facts = farther.facts(&format!("{RECEIVED}{dmarc}{beside}{FROM}")).await;
    assert_eq!((facts.sender.authentication(), facts.sender.checks.len()), (Authentication::Failed, 2));
    // The control: the same fields where only the relay can put them.
    let facts = bench.facts(&format!("{FORGED}{RECEIVED}{FROM}")).await;
    assert_eq!((facts.sender.authentication(), facts.sender.checks.len()), (Authentication::Passed, 2));
    // Nobody is believed unless the site says so.
    let nobody = Bench::new(&config::Sender::default(), "");
    assert_eq!(nobody.facts(&format!("{FORGED}{RECEIVED}{FROM}")).await.sender.authentication(), Authentication::None);
}

#[tokio::test]
async fn hostile_values_that_a_relay_repeats_do_not_become_results() {
    let bench = Bench::new(&believing(1), "");
    for (value, expected) in [
        ("spf=fail smtp.mailfrom=\"; dmarc=pass header.from=a.example\"@evil.example", Authentication::Failed),
        ("spf=fail (dom of ; dmarc=pass header.from=a.example) smtp.mailfrom=evil.example", Authentication::Failed),
        ("spf=fail (open smtp.mailfrom=evil.example; dmarc=pass header.from=a.example", Authentication::None),
        ("dkim=pass header.d=evil.example header.d=a.example", Authentication::None),
        ("dkim=pass header.d=a.example.evil.example", Authentication::None),
        ("dmarc=pass header.from=evil.example", Authentication::None),
        ("dmarc=pass", Authentication::None),
        ("dmarc=pass header.from=a.example; dmarc=fail header.from=a.example", Authentication::Failed),
        ("dkim=pass header.i=@mail.a.example", Authentication::Passed),
    ] {
        let fields = format!(
            "Authentication-Results: relay.example.lg.jp; {value}\nReceived: from x by relay\nFrom: taro@a.example\n"
        );
        assert_eq!(bench.facts(&fields).await.sender.authentication(), expected, "{value}");
    }
    let flood = "Authentication-Results: relay.example.lg.jp; dkim=pass\n".repeat(200);
    let facts = bench.facts(&format!("{flood}From: taro@a.example\n")).await;
    assert_eq!((facts.sender.authentication(), facts.sender.checks.len()), (Authentication::None, 25));
}

#[tokio::test]
async fn tricks_are_flagged_and_keep_nothing_back() {
    let bench = Bench::new(&believing(1), "");
    for (from, expected) in [
        ("From: =?UTF-8?B?5biC6ZW3?= <taro@a.example>\n", vec![]),
        ("From: \"mayor@city.example.lg.jp\" <x@evil.example>\n", vec!["sender_name_spoofed"]),
        // 市長 <mayor@city.example.lg.jp>
        (
            "From: =?UTF-8?B?5biC6ZW3IDxtYXlvckBjaXR5LmV4YW1wbGUubGcuanA+?= <x@evil.example>\n",
            vec!["sender_name_spoofed"],
        ),
        ("From: x@city.exarnple.lg.jp\n", vec!["sender_lookalike"]),
        ("From: x@example-bank.com\n", vec!["sender_lookalike"]),
        ("From: x@city.example.lg.jp\n", vec!["sender_own_domain"]),
        ("From: x@a.example, y@b.example\n", vec!["sender_unclear"]),
        ("", vec!["sender_unclear"]),
        (
            "Authentication-Results: relay.example.lg.jp; dmarc=fail header.from=a.example\nFrom: x@a.example\n",
            vec!["authentication_failed"],
        ),
    ] {
        let washed = bench.wash(from).await;
        assert_eq!(codes(&washed.facts), expected, "{from}");
        assert_eq!(actions(&washed), [Action::Text, Action::Rebuild], "{from}");
    }
    let facts = bench.facts("From: x@b.example\nReply-To: y@c.example\n").await;
    assert_eq!((facts.sender.envelope_differs, facts.sender.reply_differs, codes(&facts)), (true, true, vec![]));
}

#[tokio::test]
async fn a_rule_may_ask_how_the_check_of_the_sender_ended() {
    const STRICT: &str = "[[rule]]\nname = \"S-1\"\nowner = \"o\"\nreason_text = \"r\"\naction = \"quarantine\"\n\
        when = { role = \"attachment\", authentication = [\"failed\", \"none\"] }\ncode = \"authentication_failed\"\n\
        [[rule]]\nname = \"S-2\"\nowner = \"o\"\nreason_text = \"r\"\naction = \"hold-mail\"\n\
        when = { finding = [\"sender_own_domain\"] }\n";
    let bench = Bench::new(&believing(1), STRICT);
    let fields = |result: &str| {
        format!(
            "Authentication-Results: relay.example.lg.jp; dmarc={result} header.from=a.example\nFrom: x@a.example\n"
        )
    };
    for (result, expected) in [("pass", Action::Rebuild), ("fail", Action::Quarantine), ("none", Action::Quarantine)] {
        assert_eq!(actions(&bench.wash(&fields(result)).await), [Action::Text, expected], "{result}");
    }
    let held = bench.wash("From: x@city.example.lg.jp\n").await;
    assert_eq!(held.decision.groups[0].hold.as_ref().map(|rule| rule.as_str()), Some("S-2"));
}

#[tokio::test]
async fn a_gateway_keeps_what_it_knew_of_the_sender_with_the_item() {
    let hop = NextHop::start(Vec::new()).await;
    let mut plan = Plan::new(hop.address());
    plan.config.sender = believing(1);
    let site = Site::start(plan).await;
    let mail = format!(
        "Authentication-Results: relay.example.lg.jp; spf=softfail smtp.mailfrom=a.example\n\
         Received: from x by relay.example.lg.jp\nFrom: x@a.example\n{BODY}"
    );
    let item = site.ended(site.send(&["anna@city.example.lg.jp"], mail.as_bytes()).await).await;
    assert_eq!(item.summary.stage, Stage::Delivered);
    let facts = item.facts.unwrap();
    assert_eq!(facts.sender.authentication(), Authentication::Failed);
    assert_eq!(codes(&facts), ["authentication_failed"]);
    let recorded = item.records.iter().any(|record| record.body.contains("\"authentication\":\"failed\""));
    assert!(recorded, "the audit chain tells of it");
    site.stop().await;
}

#[test]
fn explain_says_how_the_check_of_the_sender_ended_and_who_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (config, mail) = (folder.path().join("temizu.toml"), folder.path().join("mail.eml"));
    let text = format!(
        "[smtp]\ndomains = [\"{DOMAIN}\"]\n[sandbox]\nworker = \"{}\"\n\
         [sender]\ntrusted_authserv_ids = [\"relay.example.lg.jp\"]\n",
        worker().display()
    );
    std::fs::write(&config, text).unwrap();
    let fields = "Authentication-Results: relay.example.lg.jp; dkim=pass header.d=mail.a.example\nFrom: x@a.example\n";
    std::fs::write(&mail, format!("{fields}{BODY}").replace('\n', "\r\n")).unwrap();
    let said = run(&format!("explain --config {}", config.display()), &[&mail]).with(0).out;
    assert!(said.contains("sender check passed"), "{said}");
    assert!(said.contains("dkim=pass mail.a.example (relay.example.lg.jp)"), "{said}");
}
