//! What staff are shown: rows written at conclusions, lists and searches over them, bytes that are fetched.

use temizu::audit::chain;
use temizu::domain::{
    AccountId, Action, ArrivalState, AuditEvent, Derivative, Digest, Event, Facts, GroupDecision, ItemId, ItemKey,
    MessageId, NamedAddress, Outbound, Part, PartOutcome, PartRole, Reason, TenantId,
};
use temizu::ports::{
    ArrivalCounts, ArrivalLine, ArrivalQuery, Conclusion, Fetched, HandedName, Lease, Operator, Settlement, Sought,
    StoreError, Tab, Term, Viewer,
};

use super::fixture::{
    Ports, SPAN, StoreUnderTest, at, decision, derivative, event, facts, item_id, mail, mailbox, operated, sanitized,
};
use super::key;

const A: &str = "a@city.example";
const B: &str = "b@city.example";

fn viewer(mailboxes: &[&str]) -> Viewer {
    Viewer {
        tenant: TenantId::single(),
        account: AccountId::from_bytes([1; 16]),
        mailboxes: mailboxes.iter().map(|mailbox| (*mailbox).to_owned()).collect(),
    }
}

fn query() -> ArrivalQuery {
    ArrivalQuery { limit: 200, ..ArrivalQuery::default() }
}

fn with(terms: &[(Sought, bool)]) -> ArrivalQuery {
    let terms = terms.iter().map(|(sought, negated)| Term { sought: sought.clone(), negated: *negated }).collect();
    ArrivalQuery { terms, ..query() }
}

fn only(sought: Sought) -> ArrivalQuery {
    with(&[(sought, false)])
}

fn numbers(lines: &[ArrivalLine]) -> Vec<u8> {
    lines.iter().map(|line| u8::try_from(line.arrival.received_at.millis() / 1000).unwrap()).collect()
}

async fn listed(ports: &Ports, viewer: &Viewer, query: &ArrivalQuery) -> Vec<u8> {
    numbers(&ports.arrivals.list(viewer, query).await.unwrap())
}

async fn state(ports: &Ports, viewer: &Viewer, item: ItemId) -> ArrivalState {
    ports.arrivals.arrival(viewer, item, None).await.unwrap().line.state
}

fn viewed(item: ItemId) -> AuditEvent {
    event(Event::ItemViewed, item)
}

/// A mail with a file that was rebuilt, for both recipients.
fn rebuilt(lease: &Lease, number: u8, length: usize) -> Conclusion {
    let new = file(number, length);
    let mut mail = mail(number, &["a@city.example", "B@city.example"], 100);
    mail.outcomes = vec![written(&new)];
    let names = vec![HandedName { part: "2".parse().unwrap(), digest: new.digest(), name: "請求書.txt".to_owned() }];
    let mut conclusion = sanitized(lease, 10, vec![mail]);
    if let Conclusion::Sanitized { decision, mails, derivatives, names: handed, .. } = &mut conclusion {
        decision.groups[0].recipients.clone_from(&mails[0].forward_paths);
        (*derivatives, *handed) = (vec![new], names);
    }
    conclusion
}

fn file(number: u8, length: usize) -> Derivative {
    let bytes = (0..=255u8).cycle().take(length).map(|byte| byte ^ number).collect::<Vec<_>>();
    Derivative::vouch("2".parse().unwrap(), bytes.into(), derivative(1).about().clone())
}

fn written(new: &Derivative) -> PartOutcome {
    PartOutcome {
        action: Action::Rebuild,
        reason: None,
        derivative: Some(new.digest()),
        assurance: Some(new.about().assurance),
        ..mail(1, &[], 18).outcomes.remove(0)
    }
}

async fn concluded(ports: &Ports, number: u8, how: impl FnOnce(&Lease) -> Conclusion) -> ItemKey {
    ports.accept(number, 100).await.unwrap();
    conclude(ports, 1000, how).await
}

async fn conclude(ports: &Ports, second: i64, how: impl FnOnce(&Lease) -> Conclusion) -> ItemKey {
    let lease = ports.lease(second).await;
    let (key, conclusion) = (lease.key.clone(), how(&lease));
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    key
}

fn change(mut conclusion: Conclusion, change: impl FnOnce(&mut Facts)) -> Conclusion {
    match &mut conclusion {
        Conclusion::Sanitized { facts, .. } | Conclusion::Held { facts, .. } => change(facts),
        Conclusion::Quarantined { .. } | Conclusion::Deferred { .. } => {}
    }
    conclusion
}

/// Item `number` with this subject.
async fn about(ports: &Ports, number: u8, subject: &str) -> ItemKey {
    concluded(ports, number, |lease| {
        change(rebuilt(lease, number, 10), |facts| facts.headers.subject = Some(subject.to_owned()))
    })
    .await
}

pub(super) async fn what_came_for_others_is_not_there<S: StoreUnderTest>() {
    let ports = S::open().await;
    let item = concluded(&ports, 1, |lease| rebuilt(lease, 1, 10)).await.id;
    let digest = file(1, 10).digest();
    for stranger in
        [viewer(&["c@city.example"]), viewer(&[]), Viewer { account: AccountId::from_bytes([9; 16]), ..viewer(&[]) }]
    {
        assert!(ports.arrivals.list(&stranger, &query()).await.unwrap().is_empty());
        assert_eq!(ports.arrivals.count(&stranger).await.unwrap(), ArrivalCounts::default());
        let page = ports.arrivals.arrival(&stranger, item, Some(viewed(item))).await;
        assert!(matches!(page, Err(StoreError::NotFound)));
        let bytes = ports.arrivals.derivative(&stranger, item, digest, event(Event::FileFetched, item)).await;
        assert!(matches!(bytes, Err(StoreError::NotFound)));
        ports.arrivals.set_aside(&stranger, &[item], true).await.unwrap();
        let tab = ArrivalQuery { tab: Tab::Aside, ..query() };
        assert!(ports.arrivals.list(&stranger, &tab).await.unwrap().is_empty());
        let peek = ArrivalQuery { mailbox: Some(A.to_owned()), ..query() };
        assert!(ports.arrivals.list(&stranger, &peek).await.unwrap().is_empty(), "a filter opens nothing");
    }
    let records = ports.register.item(&key(1)).await.unwrap().records;
    assert!(!records.iter().any(|record| record.body.contains("file_fetched") || record.body.contains("item_viewed")));
    assert_eq!(listed(&ports, &viewer(&[A]), &query()).await, [1], "and whoever it came for has it still");
}

pub(super) async fn a_mail_is_shown_with_all_that_became_of_it<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 100).await.unwrap();
    assert!(listed(&ports, &viewer(&[A]), &query()).await.is_empty(), "nothing to show before it is concluded");
    let key = conclude(&ports, 1000, |lease| rebuilt(lease, 1, 10)).await;
    ports.settle_all(2000, Settlement::Sent).await;
    for (mailbox, other) in [(A, "a@city.example"), (B, "B@city.example")] {
        let viewer = viewer(&[mailbox]);
        let detail = ports.arrivals.arrival(&viewer, key.id, Some(viewed(key.id))).await.unwrap();
        assert_eq!(detail.line.state, ArrivalState::Available);
        assert_eq!(detail.line.reference, key.id.reference());
        assert_eq!(detail.line.arrival.reverse_path, "Taro@Sender.example");
        let [part] = detail.line.arrival.parts.as_slice() else { panic!("one part") };
        assert_eq!(part.part.name.as_ref().unwrap().as_str(), "請求書.pdf");
        assert_eq!(part.now.as_ref().unwrap().name, "請求書.txt");
        let [copy] = detail.deliveries.as_slice() else { panic!("one copy") };
        assert_eq!((copy.mailbox.as_str(), copy.status.as_str()), (other, "sent"));
        assert!(copy.reply.is_some() && copy.attempts == 1 && copy.answered_at.is_some(), "{copy:?}");
        assert!(detail.concluded_at.is_some());
        assert_eq!(ports.arrivals.list(&viewer, &query()).await.unwrap(), [detail.line]);
    }
    let records = ports.register.item(&key).await.unwrap().records;
    assert_eq!(records.iter().filter(|record| record.body.contains("item_viewed")).count(), 2);
    chain::verify(&*ports.register, &TenantId::single()).await.unwrap();
}

pub(super) async fn rebuilt_bytes_are_handed_out_on_record<S: StoreUnderTest>() {
    let ports = S::open().await;
    for (number, length) in [(1u8, 10), (2, 300_000)] {
        let key = concluded(&ports, number, |lease| rebuilt(lease, number, length)).await;
        let (new, both) = (file(number, length), viewer(&[A, B]));
        let record = || AuditEvent { at: at(i64::from(number) + 3000), ..event(Event::FileFetched, key.id) };
        let blob = ports.arrivals.derivative(&both, key.id, new.digest(), record()).await.unwrap();
        assert_eq!(blob.collect().await.unwrap(), *new.bytes());
        let other = ports.arrivals.derivative(&both, key.id, Digest::of(b"other"), record()).await;
        assert!(matches!(other, Err(StoreError::NotFound)));
        let records = ports.register.item(&key).await.unwrap().records;
        assert_eq!(records.iter().filter(|record| record.body.contains("file_fetched")).count(), 1);
        let shown = AuditEvent { at: record().at.after(SPAN), ..event(Event::FileShown, key.id) };
        ports.arrivals.derivative(&both, key.id, new.digest(), shown).await.unwrap();
        // Nobody has added the account: it has no name.
        let fetched = vec![Fetched { at: record().at, digest: new.digest(), by: None }];
        let mut colleague = viewer(&[A]);
        colleague.account = AccountId::from_bytes([2; 16]);
        assert_eq!(ports.arrivals.arrival(&colleague, key.id, None).await.unwrap().fetched, fetched);
        let since = |second| ports.arrivals.fetched_since(&both, at(second));
        assert_eq!(since(0).await.unwrap(), u32::from(number), "each of them once, however often");
        assert_eq!(since(1_000_000).await.unwrap(), 0);
        assert_eq!(ports.arrivals.fetched_since(&colleague, at(0)).await.unwrap(), 0, "of others nothing is counted");
        colleague.mailboxes = vec![B.to_owned()];
        let theirs = ports.arrivals.arrival(&colleague, key.id, None).await.unwrap().fetched;
        assert!(theirs.is_empty(), "others of another mailbox do not learn of it");
    }
    let (reader, of_another) = (viewer(&[A]), file(2, 300_000).digest());
    let bytes = ports.arrivals.derivative(&reader, item_id(1), of_another, event(Event::FileFetched, item_id(1))).await;
    assert!(matches!(bytes, Err(StoreError::NotFound)), "the bytes of another item");
}

pub(super) async fn each_recipient_sees_the_outcome_of_its_own_group<S: StoreUnderTest>() {
    let ports = S::open().await;
    let new = file(1, 10);
    let item = concluded(&ports, 1, |lease| {
        let mut rules = decision(None);
        rules.groups = [(A, None), (B, None), ("c@city.example", Some("R-001"))]
            .into_iter()
            .map(|(to, hold)| {
                let group = decision(hold).groups.remove(0);
                GroupDecision { recipients: vec![mailbox(to)], ..group }
            })
            .collect();
        let mails = vec![Outbound { outcomes: vec![written(&new)], ..mail(1, &[A], 18) }, mail(2, &[B], 18)];
        // A second mail about an item that came before.
        let later = Outbound { outcomes: Vec::new(), ..mail(3, &[A, "c@city.example"], 18) };
        Conclusion::Sanitized {
            facts: Box::new(facts(lease)),
            decision: rules,
            derivatives: vec![new.clone()],
            mails: mails.into_iter().chain([later]).collect(),
            notices: Vec::new(),
            passwords: None,
            outcomes: Vec::new(),
            opened: Vec::new(),
            names: Vec::new(),
        }
    })
    .await
    .id;
    assert_eq!(state(&ports, &viewer(&[A]), item).await, ArrivalState::Available);
    assert_eq!(state(&ports, &viewer(&[B]), item).await, ArrivalState::Withheld);
    assert_eq!(state(&ports, &viewer(&["c@city.example"]), item).await, ArrivalState::Checking);
    for mailbox in [B, "c@city.example"] {
        let viewer = viewer(&[mailbox]);
        let bytes = ports.arrivals.derivative(&viewer, item, new.digest(), event(Event::FileFetched, item)).await;
        assert!(matches!(bytes, Err(StoreError::NotFound)), "{mailbox} was not given it");
        let detail = ports.arrivals.arrival(&viewer, item, None).await.unwrap();
        assert!(detail.line.arrival.parts.iter().all(|file| file.now.is_none() && file.outcome.is_kept()));
        assert!(!serde_json::to_string(&detail.line.arrival).unwrap().contains(&new.digest().to_string()));
    }
    let all = viewer(&["c@city.example", B, A]);
    let lines = ports.arrivals.list(&all, &query()).await.unwrap();
    assert_eq!(lines.len(), 1, "a mail is listed once");
    assert_eq!((lines[0].state, lines[0].arrival.mailbox.as_str()), (ArrivalState::Withheld, B), "what there is to do");
    assert_eq!(ports.arrivals.arrival(&all, item, None).await.unwrap().line, lines[0]);
}

pub(super) async fn a_held_and_a_quarantined_item_are_shown_and_change_when_released<S: StoreUnderTest>() {
    let ports = S::open().await;
    let held = concluded(&ports, 1, |lease| Conclusion::Held {
        facts: Box::new(facts(lease)),
        decision: decision(Some("R-001")),
        notices: Vec::new(),
    })
    .await;
    let quarantined = concluded(&ports, 2, |_| Conclusion::Quarantined {
        reason: Reason::ConvertFailed,
        notices: vec![mail(2, &[A, B], 18)],
    })
    .await;
    let reader = viewer(&[B]);
    assert_eq!(state(&ports, &reader, held.id).await, ArrivalState::Checking);
    let detail = ports.arrivals.arrival(&reader, quarantined.id, None).await.unwrap();
    assert_eq!(detail.line.state, ArrivalState::Withheld);
    assert_eq!(detail.line.arrival.findings[0].code, Reason::ConvertFailed);
    assert!(detail.line.arrival.parts.is_empty() && detail.line.arrival.headers.subject.is_none());
    assert!(detail.deliveries.is_empty(), "a notice is no copy of the mail");
    assert_eq!(ports.arrivals.count(&reader).await.unwrap(), ArrivalCounts { action: 1, ready: 0 });
    for key in [&held, &quarantined] {
        let what = if *key == held { Operator::Release } else { Operator::Retry };
        ports.register.operate(key, what, operated(3000, key.id)).await.unwrap();
        conclude(&ports, 3000, |lease| rebuilt(lease, 1, 10)).await;
        assert_eq!(state(&ports, &reader, key.id).await, ArrivalState::Available);
    }
    assert_eq!(ports.arrivals.count(&reader).await.unwrap(), ArrivalCounts { action: 0, ready: 2 });
}

pub(super) async fn what_only_a_password_opens_waits_for_one<S: StoreUnderTest>() {
    let ports = S::open().await;
    let locked = concluded(&ports, 1, |lease| {
        change(sanitized(lease, 10, vec![mail(1, &[A], 18)]), |facts| facts.parts[0].encrypted = true)
    })
    .await;
    let sealed = concluded(&ports, 2, |lease| {
        let mut mail = mail(2, &[A], 18);
        mail.outcomes[0].reason = Some(Reason::WrongPassword);
        sanitized(lease, 10, vec![mail])
    })
    .await;
    for key in [&locked, &sealed] {
        assert_eq!(state(&ports, &viewer(&[A]), key.id).await, ArrivalState::PasswordWanted);
    }
    assert_eq!(listed(&ports, &viewer(&[A]), &ArrivalQuery { tab: Tab::Action, ..query() }).await, [2, 1]);
    assert_eq!(listed(&ports, &viewer(&[A]), &only(Sought::State(ArrivalState::PasswordWanted))).await, [2, 1]);
    assert_eq!(ports.arrivals.count(&viewer(&[A])).await.unwrap(), ArrivalCounts { action: 2, ready: 0 });
}

pub(super) async fn pages_are_complete_and_repeat_nothing<S: StoreUnderTest>() {
    let ports = S::open().await;
    for number in 1..=25 {
        concluded(&ports, number, |lease| rebuilt(lease, number, 10)).await;
    }
    let both = viewer(&[A, B]);
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let page = ArrivalQuery { limit: 7, older_than: last, ..query() };
        let lines = ports.arrivals.list(&both, &page).await.unwrap();
        assert!(lines.len() <= 7);
        let Some(line) = lines.last() else { break };
        last = Some(line.arrival.id);
        found.extend(numbers(&lines));
    }
    assert_eq!(found, (1..=25).rev().collect::<Vec<u8>>());
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let page = ArrivalQuery { limit: 7, newer_than: last, oldest_first: true, ..query() };
        let lines = ports.arrivals.list(&both, &page).await.unwrap();
        let Some(line) = lines.last() else { break };
        last = Some(line.arrival.id);
        found.extend(numbers(&lines));
    }
    assert_eq!(found, (1..=25).collect::<Vec<u8>>(), "the other way round");
    assert_eq!(ports.arrivals.count(&both).await.unwrap().ready, 25, "each once, whoever it came for");
    assert_eq!(
        listed(&ports, &both, &ArrivalQuery { mailbox: Some(B.to_owned()), limit: 3, ..query() }).await,
        [25, 24, 23]
    );
}

pub(super) async fn what_is_searched_for_is_found_and_nothing_else<S: StoreUnderTest>() {
    let ports = S::open().await;
    let author = |name: &str, address: &str| vec![NamedAddress { name: name.to_owned(), address: mailbox(address) }];
    concluded(&ports, 1, |lease| {
        change(rebuilt(lease, 1, 10), |facts| {
            facts.headers.subject = Some("ｶﾞｲｺｸ との 100% 契約_案\\".to_owned());
            facts.headers.from = author("手水 太郎", "Taro@Prefecture.example");
            facts.headers.message_id = Some(MessageId::try_from("<One@Sender.example>".to_owned()).unwrap());
            facts.length = 5_000_000;
        })
    })
    .await;
    concluded(&ports, 2, |lease| {
        change(sanitized(lease, 10, vec![mail(2, &[A, B], 18)]), |facts| {
            facts.headers.subject = Some("会議 1000 契約x案".to_owned());
            facts.headers.from = author("山田", "yamada@other.example");
            facts.length = 2_000;
        })
    })
    .await;
    concluded(&ports, 3, |lease| {
        change(rebuilt(lease, 3, 10), |facts| {
            facts.parts = vec![Part { role: PartRole::Body, name: None, ..facts.parts[0].clone() }];
        })
    })
    .await;
    let text = |text: &str| Sought::Text(text.to_owned());
    let reference = item_id(1).reference();
    for (sought, expected) in [
        (text("ガイコク"), &[1u8][..]),
        (text("ｶﾞｲｺｸ"), &[1]),
        (text("％"), &[1]),
        (text("%"), &[1]),
        (text("_"), &[1]),
        (text("契約_案"), &[1]),
        (text("\\"), &[1]),
        (text("10"), &[2, 1]),
        (text("YAMADA"), &[2]),
        (text("請求書.pdf"), &[2, 1]),
        (text("請求書.txt"), &[1]),
        (text(&reference.to_string()), &[1]),
        (text("'; DROP TABLE arrival; --"), &[]),
        (text("a\0b"), &[]),
        (Sought::From("手水".to_owned()), &[1]),
        (Sought::From("sender.example".to_owned()), &[3, 2, 1]),
        (Sought::To("B@City".to_owned()), &[]),
        (Sought::To("A@City".to_owned()), &[3, 2, 1]),
        (Sought::Subject("会議".to_owned()), &[2]),
        (Sought::Subject("請求書".to_owned()), &[]),
        (Sought::File("請求書".to_owned()), &[2, 1]),
        (Sought::MessageId("<one@sender.example>".to_owned()), &[1]),
        (Sought::MessageId("one@sender".to_owned()), &[]),
        (Sought::MessageId(String::new()), &[]),
        (Sought::MessageId(A.to_owned()), &[]),
        (Sought::Reference(reference), &[1]),
        (Sought::State(ArrivalState::Withheld), &[2]),
        (Sought::State(ArrivalState::Expired), &[]),
        (Sought::State(ArrivalState::Converting), &[]),
        (Sought::Action, &[2]),
        (Sought::Ready, &[1]),
        (Sought::HasAttachment, &[2, 1]),
        (Sought::Before(at(2)), &[1]),
        (Sought::After(at(2)), &[3, 2]),
        (Sought::Larger(2_000), &[1]),
        (Sought::Smaller(5_000_000), &[3, 2]),
        (Sought::Larger(u64::MAX), &[]),
    ] {
        let found = listed(&ports, &viewer(&[A]), &only(sought.clone())).await;
        assert_eq!(found, expected, "{sought:?}");
        let rest: Vec<u8> = [3, 2, 1].into_iter().filter(|number| !expected.contains(number)).collect();
        let found = listed(&ports, &viewer(&[A]), &with(&[(sought.clone(), true)])).await;
        assert_eq!(found, rest, "not {sought:?}");
    }
    let both = with(&[(text("契約"), false), (text("会議"), true), (Sought::HasAttachment, false)]);
    assert_eq!(listed(&ports, &viewer(&[A, B]), &both).await, [1]);
    let tab = ArrivalQuery { tab: Tab::Action, ..only(text("契約")) };
    assert_eq!(listed(&ports, &viewer(&[A]), &tab).await, [2]);
    let tab = ArrivalQuery { tab: Tab::Ready, ..only(text("契約")) };
    assert_eq!(listed(&ports, &viewer(&[A]), &tab).await, [1]);
}

pub(super) async fn what_somebody_took_off_the_list_is_off_theirs_only<S: StoreUnderTest>() {
    let ports = S::open().await;
    for number in [1, 2, 3] {
        concluded(&ports, number, |lease| rebuilt(lease, number, 10)).await;
    }
    let (mine, mut theirs) = (viewer(&[A]), viewer(&[A]));
    theirs.account = AccountId::from_bytes([2; 16]);
    let aside = ArrivalQuery { tab: Tab::Aside, ..query() };
    for _ in 0..2 {
        ports.arrivals.set_aside(&mine, &[item_id(2), item_id(3), item_id(99)], true).await.unwrap();
    }
    assert_eq!(listed(&ports, &mine, &query()).await, [1]);
    assert_eq!(listed(&ports, &mine, &aside).await, [3, 2]);
    assert_eq!(ports.arrivals.count(&mine).await.unwrap().ready, 1);
    assert!(ports.arrivals.arrival(&mine, item_id(2), None).await.unwrap().line.aside);
    assert_eq!(listed(&ports, &theirs, &query()).await, [3, 2, 1]);
    assert!(listed(&ports, &theirs, &aside).await.is_empty());
    ports.arrivals.set_aside(&mine, &[item_id(3)], false).await.unwrap();
    assert_eq!(listed(&ports, &mine, &query()).await, [3, 1]);
}

pub(super) async fn of_what_expired_only_that_it_came_is_left<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = about(&ports, 1, "生活保護の申請").await;
    ports.settle_all(2000, Settlement::Sent).await;
    let reader = viewer(&[A]);
    let fetch = || ports.arrivals.derivative(&reader, key.id, file(1, 10).digest(), event(Event::FileFetched, key.id));
    fetch().await.unwrap();
    assert_eq!(listed(&ports, &reader, &only(Sought::Text("生活保護".to_owned()))).await, [1]);
    assert_eq!(ports.retention.expire(&TenantId::single(), at(2), at(5000)).await.unwrap(), 1);
    assert!(matches!(fetch().await, Err(StoreError::NotFound)));
    let detail = ports.arrivals.arrival(&reader, key.id, None).await.unwrap();
    assert_eq!((detail.line.state, detail.line.reference), (ArrivalState::Expired, key.id.reference()));
    assert_eq!(detail.line.arrival.received_at, at(1));
    let shown = serde_json::to_string(&detail.line.arrival).unwrap();
    for gone in ["生活保護", "請求書", "Sender"] {
        assert!(!shown.contains(gone), "{gone}");
    }
    for term in ["生活保護", "請求書", "taro@"] {
        assert!(listed(&ports, &reader, &only(Sought::Text(term.to_owned()))).await.is_empty(), "{term}");
    }
    assert_eq!(listed(&ports, &reader, &only(Sought::State(ArrivalState::Expired))).await, [1]);
    assert_eq!(ports.arrivals.count(&reader).await.unwrap(), ArrivalCounts::default());
}

pub(super) async fn a_tenants_mails_are_shown_to_its_own_people<S: StoreUnderTest>() {
    let ports = S::open().await;
    let other = TenantId::try_from("town".to_owned()).unwrap();
    ports.accept_for(other.clone(), 1, 100).await.unwrap();
    let lease = ports.lease_for(&other, 1000).await;
    let conclusion = rebuilt(&lease, 1, 10);
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    let (mine, theirs) = (viewer(&[A]), Viewer { tenant: other, ..viewer(&[A]) });
    assert!(listed(&ports, &mine, &query()).await.is_empty());
    assert!(matches!(ports.arrivals.arrival(&mine, item_id(1), None).await, Err(StoreError::NotFound)));
    let bytes =
        ports.arrivals.derivative(&mine, item_id(1), file(1, 10).digest(), event(Event::FileFetched, item_id(1))).await;
    assert!(matches!(bytes, Err(StoreError::NotFound)));
    ports.arrivals.set_aside(&mine, &[item_id(1)], true).await.unwrap();
    assert_eq!(listed(&ports, &theirs, &query()).await, [1]);
    assert_eq!(ports.arrivals.count(&theirs).await.unwrap().ready, 1);
}
