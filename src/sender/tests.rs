//! Whom the site believes, and which senders it flags.

use super::*;
use crate::domain::{CheckMethod, CheckResult, Mailbox, NamedAddress};
use crate::ports::AuthenticationResult;

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn known(hops: u32) -> Known {
    let sender = config::Sender {
        trusted_authserv_ids: vec![domain("relay.example.lg.jp")],
        trusted_hops: hops,
        known_domains: vec![domain("example-bank.co.jp")],
    };
    Known::new(&sender, &[domain("city.komatsu.lg.jp")])
}

fn headers(from: &[&str]) -> HeaderFacts {
    let author = |text: &&str| {
        let (name, address) = text.rsplit_once('|').unwrap_or(("", text));
        NamedAddress { name: name.to_owned(), address: Mailbox::parse(address).unwrap() }
    };
    HeaderFacts { from: from.iter().map(author).collect(), ..HeaderFacts::default() }
}

/// `relay.example.lg.jp@0 spf=pass:a.example`, another name than Authentication-Results before a colon and a blank.
fn field(text: &str) -> AuthenticationField {
    let (name, text) = text.split_once(": ").unwrap_or(("authentication-results", text));
    let mut words = text.split_whitespace();
    let (authserv_id, below) = words.next().unwrap().split_once('@').unwrap();
    let result = |word: &str| {
        let (method, rest) = word.split_once('=').unwrap();
        let (result, said) = rest.split_once(':').unwrap_or((rest, ""));
        AuthenticationResult {
            method: CheckMethod::from_word(method).unwrap(),
            result: CheckResult::from_word(result).unwrap(),
            domain: Domain::parse(said).ok(),
        }
    };
    AuthenticationField {
        name: name.to_owned(),
        authserv_id: domain(authserv_id),
        results: words.map(result).collect(),
        below_received: below.parse().unwrap(),
    }
}

fn authentication(hops: u32, from: &[&str], fields: &[&str]) -> Authentication {
    let fields: Vec<_> = fields.iter().map(|text| field(text)).collect();
    known(hops).recognise(&headers(from), &ReversePath::null(), &fields).0.authentication()
}

fn codes(from: &[&str], fields: &[&str]) -> Vec<&'static str> {
    let fields: Vec<_> = fields.iter().map(|text| field(text)).collect();
    let (_, findings) = known(1).recognise(&headers(from), &ReversePath::null(), &fields);
    assert!(findings.iter().all(|finding| finding.part == PartPath::root()));
    findings.iter().map(|finding| finding.code.code()).collect()
}

const PASS: &str = "relay.example.lg.jp@0 dmarc=pass:a.example";

#[test]
fn only_a_listed_relay_within_the_trusted_hops_is_believed() {
    use Authentication::{Failed, None, Passed};
    let from = ["x@a.example"];
    for (hops, field, expected) in [
        (1, PASS, Passed),
        (1, "relay.example.lg.jp@1 dmarc=pass:a.example", None),
        (2, "relay.example.lg.jp@1 dmarc=pass:a.example", Passed),
        (2, "relay.example.lg.jp@2 dmarc=pass:a.example", None),
        (1, "other.example.lg.jp@0 dmarc=pass:a.example", None),
        (1, "sub.relay.example.lg.jp@0 dmarc=pass:a.example", None),
        (1, "relay.example.lg.jp@0 dmarc=fail:a.example", Failed),
    ] {
        assert_eq!(authentication(hops, &from, &[field]), expected, "{field} {hops}");
    }
}

#[test]
fn the_newest_believed_relay_speaks_for_its_method_in_all_its_fields() {
    let from = ["x@a.example"];
    let fail = "relay.example.lg.jp@0 dmarc=fail:a.example";
    let older = "relay.example.lg.jp@1 dmarc=fail:a.example";
    let spf = "relay.example.lg.jp@0 spf=pass:a.example";
    assert_eq!(authentication(2, &from, &[PASS, older]), Authentication::Passed);
    assert_eq!(authentication(2, &from, &[fail, "relay.example.lg.jp@1 dmarc=pass:a.example"]), Authentication::Failed);
    assert_eq!(authentication(1, &from, &[spf, fail]), Authentication::Failed);
    let (list, own) = ("relay.example.lg.jp@0 dkim=fail:list.example", "relay.example.lg.jp@0 dkim=pass:a.example");
    assert_eq!(authentication(1, &from, &[list, own]), Authentication::Passed);
    assert_eq!(authentication(1, &from, &[PASS, fail]), Authentication::Failed, "one relay that says both");
    assert_eq!(authentication(1, &from, &["evil.example@0 dmarc=fail:a.example", PASS]), Authentication::Passed);
}

#[test]
fn no_field_that_relays_let_pass_stands_beside_what_a_relay_found_out() {
    let from = ["x@a.example"];
    let fail = "relay.example.lg.jp@1 spf=fail:a.example dmarc=none";
    let spf = "relay.example.lg.jp@1 spf=fail:a.example";
    for (fields, expected) in [
        (&[fail, "arc-authentication-results: relay.example.lg.jp@1 dmarc=pass:a.example"][..], Authentication::Failed),
        (&["arc-authentication-results: relay.example.lg.jp@0 spf=pass:a.example", spf], Authentication::Failed),
        (&["arc-authentication-results: relay.example.lg.jp@1 dkim=pass:a.example"], Authentication::None),
        (&["received-spf: relay.example.lg.jp@1 spf=pass:a.example", spf], Authentication::Failed),
        (&["received-spf: relay.example.lg.jp@0 spf=pass:a.example", spf], Authentication::Failed),
        (&["received-spf: relay.example.lg.jp@0 spf=pass:a.example"], Authentication::Passed),
        (&["received-spf: relay.example.lg.jp@0 dmarc=pass:a.example"], Authentication::None),
    ] {
        assert_eq!(authentication(2, &from, fields), expected, "{fields:?}");
    }
}

#[test]
fn what_speaks_for_another_domain_or_for_one_of_several_authors_does_not_count() {
    assert_eq!(authentication(1, &["x@b.example"], &[PASS]), Authentication::None);
    assert_eq!(authentication(1, &["x@a.example", "y@b.example"], &[PASS]), Authentication::None);
    assert_eq!(authentication(1, &["x@a.example", "y@sub.a.example"], &[PASS]), Authentication::Passed);
    assert_eq!(authentication(1, &[], &[PASS]), Authentication::None);
    assert_eq!(authentication(1, &["x@a.example"], &["relay.example.lg.jp@0 dmarc=pass"]), Authentication::None);
}

#[test]
fn tricks_are_flagged_on_the_item() {
    let fail = "relay.example.lg.jp@0 dmarc=fail:a.example";
    assert_eq!(codes(&["山田建設|a@a.example"], &[]), <[&str; 0]>::default());
    assert_eq!(codes(&["市長 mayor@city.komatsu.lg.jp|x@a.example"], &[]), ["sender_name_spoofed"]);
    assert_eq!(codes(&["x@city-komatsu.jp"], &[]), ["sender_lookalike"]);
    assert_eq!(codes(&["x@exarnple-bank.co.jp"], &[]), ["sender_lookalike"]);
    assert_eq!(codes(&["x@a.example"], &[fail]), ["authentication_failed"]);
    assert_eq!(codes(&[], &[]), ["sender_unclear"]);
    assert_eq!(codes(&["x@a.example", "y@a.example"], &[]), ["sender_unclear"]);
    assert_eq!(codes(&["x@a.example", "x@a.example"], &[]), <[&str; 0]>::default());
}

#[test]
fn an_own_address_from_outside_is_flagged_unless_it_is_proven() {
    let own = ["x@mail.city.komatsu.lg.jp"];
    let pass = "relay.example.lg.jp@0 dkim=pass:city.komatsu.lg.jp";
    assert_eq!(codes(&own, &[]), ["sender_own_domain"]);
    assert_eq!(codes(&own, &[PASS]), ["sender_own_domain"]);
    assert_eq!(codes(&own, &[pass]), <[&str; 0]>::default());
    let fail = "relay.example.lg.jp@0 dmarc=fail:city.komatsu.lg.jp";
    assert_eq!(codes(&own, &[fail]), ["sender_own_domain", "authentication_failed"]);
}

#[test]
fn other_domains_in_envelope_and_reply_to_are_facts_and_no_findings() {
    let look = |reverse: &str, reply: &str| {
        let mut headers = headers(&["x@a.example"]);
        headers.reply_to = vec![NamedAddress { name: String::new(), address: Mailbox::parse(reply).unwrap() }];
        let (facts, findings) = known(1).recognise(&headers, &ReversePath::of(Mailbox::parse(reverse).unwrap()), &[]);
        assert_eq!(findings, []);
        (facts.envelope_differs, facts.reply_differs)
    };
    assert_eq!(look("bounce@mail.a.example", "x@a.example"), (false, false));
    assert_eq!(look("bounce@b.example", "x@a.example"), (true, false));
    assert_eq!(look("bounce@a.example", "x@b.example"), (false, true));
    let (facts, _) = known(1).recognise(&headers(&["x@a.example"]), &ReversePath::null(), &[]);
    assert!(!facts.envelope_differs);
}
