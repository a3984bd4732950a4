//! What the tests of sign-in share: a clock that is set by hand, a generator that counts, accounts in memory.

mod accounts;
mod directory;
mod ledger;
mod openid;
mod roster;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use zeroize::Zeroizing;

pub(crate) use ledger::Ledger;

use super::{Cost, Founder, Identity, Proof, Refusal, SignedIn};
use crate::config::Config;
use crate::domain::{Department, OfficeRole, Principal, TenantId, Timestamp};
use crate::ports::{Clock, Door, Entropy, NoEntropy};

/// Counts instead of drawing: never the same twice, never zero.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Entropy for Counting {
    fn ten_bytes(&self) -> [u8; 10] {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut bytes = [7; 10];
        bytes[2..].copy_from_slice(&count);
        bytes
    }

    fn secret(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        bytes.chunks_mut(10).for_each(|chunk| chunk.copy_from_slice(&self.ten_bytes()[..chunk.len()]));
        Ok(())
    }
}

/// Stands still until it is moved; 2026-11-23T00:00:00Z at first.
pub(crate) struct HandClock(AtomicI64);

impl Default for HandClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_795_392_000_000))
    }
}

impl HandClock {
    pub(crate) fn pass(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Sign-in over accounts in memory, with the administrator `chief` in it.
pub(crate) struct Desk {
    pub(crate) identity: Identity,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) tenant: TenantId,
    _folder: tempfile::TempDir,
    pub(crate) config: Config,
}

pub(crate) const GOOD: &str = "plum tree by the well 7";
pub(crate) const HERE: &str = "192.0.2.7";
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(set: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.store.data = folder.path().to_owned();
        set(&mut config);
        let (ledger, clock) = (Arc::new(Ledger::default()), Arc::new(HandClock::default()));
        let identity = identity(&ledger, &clock, &config, CHEAP);
        let desk = Self { identity, ledger, clock, tenant: TenantId::single(), _folder: folder, config };
        let setup = desk.identity.offer_setup(&desk.tenant).await.unwrap().unwrap();
        desk.identity.found(&desk.tenant, &setup.token, founder("chief", GOOD)).await.unwrap();
        desk
    }

    /// The same accounts seen by another process.
    pub(crate) fn another(&self, cost: Cost) -> Identity {
        identity(&self.ledger, &self.clock, &self.config, cost)
    }

    pub(crate) async fn try_password(
        &self,
        login: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<SignedIn, Refusal> {
        self.identity.sign_in(&self.tenant, Door::Portal, typed(login, password, code), here()).await
    }

    pub(crate) async fn try_code(&self, ticket: &str, code: &str) -> Result<SignedIn, Refusal> {
        let proof = Proof::Code { ticket: ticket.to_owned(), code: code.to_owned() };
        self.identity.sign_in(&self.tenant, Door::Portal, proof, here()).await
    }

    /// Signs `chief` in and sets up a second factor; returns who it is and the secret.
    pub(crate) async fn enrolled(&self) -> (Principal, Vec<u8>) {
        let principal = welcomed(self.try_password("chief", GOOD, None).await);
        let enrolment = self.identity.begin_enrolment(&principal).unwrap();
        let secret = base32(&enrolment.secret);
        self.identity.finish_enrolment(&principal, &enrolment.ticket, &self.code(&secret)).await.unwrap();
        self.clock.pass(Duration::from_secs(30));
        (principal, secret)
    }

    /// The code of now, as an app shows it.
    pub(crate) fn code(&self, secret: &[u8]) -> String {
        let totp = totp_rs::Builder::new().with_secret(secret.to_vec()).build().unwrap();
        totp.generate(u64::try_from(self.clock.now().millis() / 1_000).unwrap()).to_string()
    }
}

fn identity(ledger: &Arc<Ledger>, clock: &Arc<HandClock>, config: &Config, cost: Cost) -> Identity {
    let (accounts, clock): (Arc<Ledger>, Arc<HandClock>) = (Arc::clone(ledger), Arc::clone(clock));
    Identity::with_cost(accounts, clock, Arc::new(Counting::default()), config, cost).unwrap()
}

pub(crate) fn founder(login: &str, password: &str) -> Founder {
    let department =
        Department {
            code: "it".parse().unwrap(), name: "情報政策課".parse().unwrap(), mailboxes: Default::default()
        };
    Founder {
        login: login.parse().unwrap(),
        name: "管理 花子".parse().unwrap(),
        mailbox: None,
        department,
        password: Zeroizing::new(password.to_owned()),
    }
}

pub(crate) fn here() -> IpAddr {
    HERE.parse().unwrap()
}

pub(crate) fn typed(login: &str, password: &str, code: Option<&str>) -> Proof {
    let password = Zeroizing::new(password.to_owned());
    Proof::Password { login: login.to_owned(), password, code: code.map(ToOwned::to_owned) }
}

pub(crate) fn welcomed(answer: Result<SignedIn, Refusal>) -> Principal {
    match answer {
        Ok(SignedIn::Welcome { principal, .. }) => *principal,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn ticket(answer: Result<SignedIn, Refusal>) -> String {
    match answer {
        Ok(SignedIn::SecondFactorWanted { ticket }) => ticket,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn roles(principal: &Principal) -> Vec<OfficeRole> {
    principal.roles.iter().copied().collect()
}

fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for c in text.bytes() {
        let digit = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|symbol| *symbol == c).unwrap();
        (bits, count) = ((bits << 5) | u32::try_from(digit).unwrap(), count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 255).unwrap());
        }
    }
    bytes
}
