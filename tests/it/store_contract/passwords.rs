//! Passwords that one mail names for what another keeps back: what is linked, what is not, and when it goes.

use std::time::Duration;

use temizu::audit::chain;
use temizu::domain::{
    Client, Envelope, ItemKey, Mailbox, NamedAddress, Origin, Password, Reason, ReversePath, TenantId,
};
use temizu::ports::{Conclusion, Lease, Operator, PasswordSearch, Settlement};

use super::fixture::{Ports, StoreUnderTest, at, decision, facts, item_id, mail, mailbox, operated, sanitized};

const HOUR: i64 = 3_600;
/// When everything has come in.
const LATER: i64 = 100 * HOUR;
const TOWN: &str = "a@city.example";

/// A mail of this sender to that recipient.
#[derive(Clone, Copy)]
struct Letter {
    number: u8,
    second: i64,
    path: &'static str,
    from: &'static str,
    to: &'static str,
    wants: bool,
    names: &'static [&'static str],
    /// A rule holds it for some.
    held: bool,
}

const FILE: Letter = Letter {
    number: 1,
    second: 30 * HOUR,
    path: "Taro@Sender.example",
    from: "taro@sender.example",
    to: TOWN,
    wants: true,
    names: &[],
    held: false,
};
const PASSWORD: Letter =
    Letter { number: 2, second: 31 * HOUR, wants: false, names: &["Abc-1234", "Ａｂｃ"], ..FILE };

impl Letter {
    fn key(&self, tenant: &TenantId) -> ItemKey {
        ItemKey { tenant: tenant.clone(), id: item_id(self.number) }
    }

    fn origin(&self) -> Origin {
        let reverse_path = if self.path.is_empty() { ReversePath::null() } else { ReversePath::of(mailbox(self.path)) };
        Origin::Mail(Envelope {
            reverse_path,
            forward_paths: vec![mailbox(self.to), mailbox(&format!("{}@city.example", self.number))],
            client: Client { address: [192, 0, 2, 1].into(), helo: "relay.example".to_owned(), tls: None },
            eight_bit: true,
        })
    }

    async fn accept(&self, ports: &Ports, tenant: &TenantId) {
        let writer = ports.sink.begin(self.key(tenant)).await.unwrap();
        writer.accept(self.origin(), at(self.second)).await.unwrap();
    }

    async fn conclude(&self, ports: &Ports, lease: Lease) {
        let mut outbound = mail(self.number, &[self.to], 20);
        let reason = if self.wants { Reason::PasswordRequired } else { Reason::TypeNotAllowed };
        outbound.outcomes[0].reason = Some(reason);
        let mut found = facts(&lease);
        found.headers.from = Mailbox::parse(self.from)
            .map(|address| NamedAddress { name: String::new(), address })
            .into_iter()
            .collect();
        let mut conclusion = sanitized(&lease, 10, vec![outbound]);
        if let Conclusion::Sanitized { facts, decision: decided, passwords, .. } = &mut conclusion {
            **facts = found;
            *decided = decision(self.held.then_some("R-001"));
            let candidates = self.names.iter().map(|name| Password::new((*name).to_owned()).unwrap()).collect();
            *passwords = Some(PasswordSearch { window: Duration::from_secs(24 * 3_600), candidates });
        }
        ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    }
}

/// Accepts all, then concludes them one after the other as they stand.
async fn pass(ports: &Ports, letters: &[(&TenantId, Letter)]) {
    let mut leases = Vec::new();
    for (tenant, letter) in letters {
        letter.accept(ports, tenant).await;
    }
    for (tenant, _) in letters {
        leases.push(ports.lease_for(tenant, LATER).await);
    }
    for (tenant, letter) in letters {
        let at = leases.iter().position(|lease| lease.key == letter.key(tenant)).unwrap();
        letter.conclude(ports, leases.swap_remove(at)).await;
    }
}

async fn pass_here(ports: &Ports, letters: &[Letter]) {
    let tenant = TenantId::single();
    pass(ports, &letters.iter().map(|letter| (&tenant, *letter)).collect::<Vec<_>>()).await;
}

async fn found(ports: &Ports, tenant: &TenantId, letter: Letter) -> Vec<String> {
    let found = ports.passwords.candidates(&letter.key(tenant)).await.unwrap();
    found.iter().map(|password| password.reveal().to_owned()).collect()
}

pub(super) async fn a_password_finds_what_it_is_for_whichever_is_concluded_first<S: StoreUnderTest>() {
    let tenant = TenantId::single();
    for letters in [[FILE, PASSWORD], [PASSWORD, FILE]] {
        let ports = S::open().await;
        pass_here(&ports, &letters).await;
        assert_eq!(found(&ports, &tenant, FILE).await, ["Abc-1234", "Ａｂｃ"]);
        assert_eq!(found(&ports, &tenant, PASSWORD).await, Vec::<String>::new());
        let held = ports.register.item(&FILE.key(&tenant)).await.unwrap();
        let [source] = held.password_candidates.as_slice() else { panic!("{:?}", held.password_candidates) };
        assert_eq!((source.item, source.count), (item_id(2), 2));
        let record = &held.records.last().unwrap().body;
        assert!(record.contains(r#""event":"password_candidates_linked""#) && record.contains(r#""count":2"#));
        assert!(!record.contains("Abc"), "{record}");
        chain::verify(&*ports.register, &tenant).await.unwrap();
    }
}

/// What is offered to an item that is being processed.
async fn offered(ports: &Ports, tenant: &TenantId, letter: Letter) -> Vec<String> {
    letter.accept(ports, tenant).await;
    let lease = ports.lease_for(tenant, LATER).await;
    let mut found = facts(&lease);
    found.headers.from =
        Mailbox::parse(letter.from).map(|address| NamedAddress { name: String::new(), address }).into_iter().collect();
    let window = Duration::from_secs(24 * 3_600);
    let offered = ports.passwords.offered(&lease.key, &found, window).await.unwrap();
    offered.iter().map(|password| password.reveal().to_owned()).collect()
}

pub(super) async fn passwords_that_came_before_are_offered_to_what_may_want_them<S: StoreUnderTest>() {
    let tenant = TenantId::single();
    let other: TenantId = "other".to_owned().try_into().unwrap();
    for (what, letter, expected) in [
        ("side by side", Letter { second: 30 * HOUR - 600, ..PASSWORD }, true),
        ("too early", Letter { second: 30 * HOUR - 601, ..PASSWORD }, false),
        ("another sender", Letter { path: "eve@evil.example", from: "eve@evil.example", ..PASSWORD }, false),
        ("another recipient", Letter { to: "b@city.example", ..PASSWORD }, false),
        ("no password", Letter { names: &[], ..PASSWORD }, false),
    ] {
        let ports = S::open().await;
        pass_here(&ports, &[letter]).await;
        let expected = if expected { &["Abc-1234", "Ａｂｃ"][..] } else { &[] };
        assert_eq!(offered(&ports, &tenant, FILE).await, expected, "{what}");
        assert_eq!(found(&ports, &tenant, FILE).await, Vec::<String>::new(), "nothing is linked by asking");
    }
    let ports = S::open().await;
    pass(&ports, &[(&other, PASSWORD)]).await;
    assert_eq!(offered(&ports, &tenant, FILE).await, Vec::<String>::new());
}

/// What waits for a mail that is being processed: the items, and what was named for each before.
async fn waiting(ports: &Ports, tenant: &TenantId, letter: Letter) -> Vec<(ItemKey, Vec<String>)> {
    letter.accept(ports, tenant).await;
    let lease = ports.lease_for(tenant, LATER).await;
    let mut found = facts(&lease);
    found.headers.from =
        Mailbox::parse(letter.from).map(|address| NamedAddress { name: String::new(), address }).into_iter().collect();
    let window = Duration::from_secs(24 * 3_600);
    let waiting = ports.passwords.waiting(&lease.key, &found, window).await.unwrap();
    let told = waiting.into_iter().map(|one| {
        assert_eq!(one.received_at, at(FILE.second));
        (one.key, one.known.iter().map(|password| password.reveal().to_owned()).collect())
    });
    told.collect()
}

pub(super) async fn what_waits_for_a_password_is_found_with_what_was_named_for_it<S: StoreUnderTest>() {
    let tenant = TenantId::single();
    let third = Letter { number: 3, second: 32 * HOUR, ..PASSWORD };
    let none: &[&str] = &[];
    for (what, before, letter, known) in [
        ("nothing was named", vec![FILE], PASSWORD, Some(none)),
        ("something was named", vec![FILE, PASSWORD], third, Some(PASSWORD.names)),
        ("nothing waits", vec![Letter { wants: false, ..FILE }], PASSWORD, None),
        ("another sender", vec![FILE], Letter { path: "eve@evil.example", from: "eve@evil.example", ..PASSWORD }, None),
        ("another recipient", vec![FILE], Letter { to: "b@city.example", ..PASSWORD }, None),
        ("too late", vec![FILE], Letter { second: 54 * HOUR + 1, ..PASSWORD }, None),
    ] {
        let ports = S::open().await;
        pass_here(&ports, &before).await;
        let expected: Vec<(ItemKey, Vec<String>)> = known
            .map(|known| (FILE.key(&tenant), known.iter().map(|name| (*name).to_owned()).collect()))
            .into_iter()
            .collect();
        assert_eq!(waiting(&ports, &tenant, letter).await, expected, "{what}");
    }
    let ports = S::open().await;
    pass(&ports, &[(&"other".to_owned().try_into().unwrap(), FILE)]).await;
    assert_eq!(waiting(&ports, &tenant, PASSWORD).await, []);
}

pub(super) async fn a_mail_that_names_the_password_of_its_own_file_is_linked_to_itself<S: StoreUnderTest>() {
    let ports = S::open().await;
    let both = Letter { names: &["Abc-1234"], ..FILE };
    pass_here(&ports, &[both]).await;
    assert_eq!(found(&ports, &TenantId::single(), both).await, ["Abc-1234"]);
}

pub(super) async fn passwords_of_others_and_of_other_times_are_not_linked<S: StoreUnderTest>() {
    let tenant = TenantId::single();
    let other: TenantId = "other".to_owned().try_into().unwrap();
    for (what, letter, expected) in [
        ("another sender", Letter { path: "eve@evil.example", from: "eve@evil.example", ..PASSWORD }, false),
        ("the same author by another way", Letter { path: "bounce@list.example", ..PASSWORD }, true),
        ("the same way for another author", Letter { from: "hanako@sender.example", ..PASSWORD }, true),
        ("no sender at all", Letter { path: "", from: "", ..PASSWORD }, false),
        ("another recipient", Letter { to: "b@city.example", ..PASSWORD }, false),
        ("the same recipient in capitals", Letter { to: "A@City.example", ..PASSWORD }, true),
        ("just in time", Letter { second: 54 * HOUR, ..PASSWORD }, true),
        ("too late", Letter { second: 54 * HOUR + 1, ..PASSWORD }, false),
        ("side by side", Letter { second: 30 * HOUR - 600, ..PASSWORD }, true),
        ("too early", Letter { second: 30 * HOUR - 601, ..PASSWORD }, false),
    ] {
        for letters in [[FILE, letter], [letter, FILE]] {
            let ports = S::open().await;
            pass_here(&ports, &letters).await;
            assert_eq!(!found(&ports, &tenant, FILE).await.is_empty(), expected, "{what}");
        }
    }
    let ports = S::open().await;
    pass(&ports, &[(&tenant, FILE), (&other, PASSWORD)]).await;
    assert!(found(&ports, &tenant, FILE).await.is_empty() && found(&ports, &other, FILE).await.is_empty());
}

pub(super) async fn a_flood_of_passwords_is_linked_in_part<S: StoreUnderTest>() {
    let ports = S::open().await;
    let tenant = TenantId::single();
    // The true one comes first, or behind all that somebody else wrote in the sender's name.
    for (file, from, true_one) in [(1, "hanako@sender.example", 2), (101, "jiro@sender.example", 139)] {
        let file = Letter { number: file, from, path: from, ..FILE };
        let letters = (file.number + 1..file.number + 40).map(|number| {
            let names = if number == true_one { PASSWORD.names } else { &["forged-1"][..] };
            Letter { number, names, from, path: from, ..PASSWORD }
        });
        pass_here(&ports, &[vec![file], letters.collect()].concat()).await;
        let held = ports.register.item(&file.key(&tenant)).await.unwrap();
        assert_eq!(held.password_candidates.len(), 20);
        let found = found(&ports, &tenant, file).await;
        assert!(PASSWORD.names.iter().all(|name| found.iter().any(|found| found == name)), "{from}");
    }
}

pub(super) async fn passwords_go_with_what_wants_them_and_others_with_the_window<S: StoreUnderTest>() {
    let tenant = TenantId::single();
    let ports = S::open().await;
    pass_here(&ports, &[PASSWORD, FILE]).await;
    ports.settle_all(LATER, Settlement::Sent).await;
    // Nothing is old enough, but the windows have ended.
    assert_eq!(ports.retention.expire(&tenant, at(1), at(LATER)).await.unwrap(), 0);
    let late = Letter { number: 3, ..FILE };
    pass_here(&ports, &[late]).await;
    assert!(found(&ports, &tenant, late).await.is_empty(), "the window had ended");
    assert_eq!(found(&ports, &tenant, FILE).await.len(), 2, "linked before that");
    ports.settle_all(LATER, Settlement::Sent).await;
    assert_eq!(ports.retention.expire(&tenant, at(LATER), at(LATER)).await.unwrap(), 3);
    assert!(found(&ports, &tenant, FILE).await.is_empty());
    let held = ports.register.item(&FILE.key(&tenant)).await.unwrap();
    assert_eq!(held.password_candidates, []);
}

pub(super) async fn passwords_go_when_nothing_wants_them_any_more<S: StoreUnderTest>() {
    let tenant = TenantId::single();
    for (wants, expected) in [(true, 2), (false, 0)] {
        let ports = S::open().await;
        pass_here(&ports, &[PASSWORD, Letter { held: true, ..FILE }]).await;
        ports.register.operate(&FILE.key(&tenant), Operator::Release, operated(LATER, item_id(1))).await.unwrap();
        let lease = ports.lease(LATER).await;
        Letter { wants, ..FILE }.conclude(&ports, lease).await;
        assert_eq!(found(&ports, &tenant, FILE).await.len(), expected, "{wants}");
    }
}

pub(super) async fn another_process_reads_the_passwords_that_one_linked<S: StoreUnderTest>() {
    let [one, other] = S::open_twice().await;
    pass_here(&one, &[FILE]).await;
    pass_here(&other, &[PASSWORD]).await;
    assert_eq!(found(&one, &TenantId::single(), FILE).await, ["Abc-1234", "Ａｂｃ"]);
}
