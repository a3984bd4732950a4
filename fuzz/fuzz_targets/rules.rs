//! Rules: what parses has one spelling that parses as the same, and decides about every part for every recipient.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use temizu::domain::{Client, Envelope, Facts, Language, Mailbox, Origin, ReversePath, Timestamp};
use temizu::policy::{RuleSet, civil_date};

const MAIL: &[u8] = include_bytes!("../../samples/21-all-kinds/input.eml");

static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let mailbox = |text: &str| Mailbox::parse(text).unwrap();
    let inspection = temizu_fuzz::inspect(MAIL).expect("a sample");
    Facts {
        received_at: Timestamp::from_millis(1_790_000_000_000),
        origin: Origin::Mail(Envelope {
            reverse_path: ReversePath::of(mailbox("taro@shop.example")),
            forward_paths: vec![mailbox("hanako@city.example.lg.jp"), mailbox("jiro@pref.example.lg.jp")],
            client: Client { address: [192, 0, 2, 1].into(), helo: "relay".to_owned(), tls: None },
            eight_bit: false,
        }),
        length: MAIL.len() as u64,
        headers: inspection.headers,
        parts: inspection.parts,
        findings: inspection.findings, ambiguities: Vec::new(), sender: temizu::domain::SenderFacts::default()
    }
});

fuzz_target!(|text: &str| {
    let rules = match RuleSet::parse(&[("fuzz.toml".to_owned(), text.to_owned())]) {
        Ok(rules) => rules,
        Err(errors) => {
            assert!(!errors.render(Language::Ja).is_empty() && !errors.render(Language::En).is_empty());
            return;
        }
    };
    let again = RuleSet::parse(&[("again.toml".to_owned(), rules.canonical().to_owned())]).expect("canonical reads");
    assert_eq!(again.canonical(), rules.canonical());
    assert_eq!(again.version(), rules.version());
    let today = civil_date(FACTS.received_at, 540);
    let decision = rules.decide(&FACTS, today);
    assert_eq!(decision, again.decide(&FACTS, today), "equal rules decide alike");
    let mut decided: Vec<&Mailbox> = decision.groups.iter().flat_map(|group| &group.recipients).collect();
    let mut asked: Vec<&Mailbox> = FACTS.origin.envelope().forward_paths.iter().collect();
    (decided.sort(), asked.sort());
    assert_eq!(decided, asked, "every recipient once");
    for group in &decision.groups {
        assert!(group.parts.iter().map(|part| &part.path).eq(FACTS.parts.iter().map(|part| &part.path)));
    }
    drop(rules.explain(&FACTS, today));
    drop(rules.run_tests(today));
    drop(rules.remarks(today));
});
