//! A whole gateway in the test's process, all roles, in front of a next hop of the test's choice.
//!
//! Mails come in through a real SMTP session and are followed by the reference of their `250`. Time stands still until
//! the test moves it. Invariant: nothing here waits longer than [`PATIENCE`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use temizu::audit::chain;
use temizu::config::{Config, DeliverTls};
use temizu::domain::{AuditEvent, Digest, Domain, Event, ItemKey, Reference, Stage, Status, TenantId, Timestamp};
use temizu::policy::RuleSet;
use temizu::ports::{Clock, Entropy, ItemDetail, ItemFilter, NoEntropy, Operator, StoreError};
use temizu::serve::{Edge, Gateway, Role};
use temizu::store::Store;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::worker::worker;

/// When every gateway starts: 2026-11-23T01:42:00Z.
const START: i64 = 1_795_398_120_000;
/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);
/// The recipient domain.
pub(crate) const DOMAIN: &str = "city.example.lg.jp";

/// A clock that shows what it was told.
struct SetClock(AtomicI64);

impl SetClock {
    fn advance(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Bytes that follow from a seed and from how many were drawn before.
struct SeededEntropy {
    seed: Mutex<String>,
    drawn: AtomicU64,
    secrets: Mutex<Vec<Vec<u8>>>,
}

impl Entropy for SeededEntropy {
    fn ten_bytes(&self) -> [u8; 10] {
        let number = self.drawn.fetch_add(1, Ordering::SeqCst);
        let digest = Digest::of(format!("{}/{number}", self.seed.lock().unwrap()).as_bytes());
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&digest.as_bytes()[..10]);
        bytes
    }

    fn secret(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        bytes.chunks_mut(10).for_each(|chunk| chunk.copy_from_slice(&self.ten_bytes()[..chunk.len()]));
        self.secrets.lock().unwrap().push(bytes.to_vec());
        Ok(())
    }
}

/// How a gateway is set up; the defaults are those of the demo.
pub(crate) struct Plan {
    pub(crate) config: Config,
    pub(crate) rules: RuleSet,
}

impl Plan {
    /// In front of `next_hop`, with the built-in rules.
    pub(crate) fn new(next_hop: SocketAddr) -> Self {
        let mut config = Config::default();
        config.site.host_name = Domain::parse("temizu.city.example.lg.jp").unwrap();
        config.site.contact = "情報政策課 内線1234".to_owned();
        config.smtp.listen = vec![([127, 0, 0, 1], 0).into()];
        config.smtp.domains = vec![Domain::parse(DOMAIN).unwrap()];
        config.deliver.next_hop = next_hop.to_string();
        config.deliver.tls = DeliverTls::Off;
        config.deliver.timeout_seconds = 20;
        config.store.reserve_bytes = 0;
        config.sandbox.worker = worker();
        Self { config, rules: RuleSet::parse(&[]).unwrap() }
    }

    /// With these rules before the built-in ones.
    pub(crate) fn with_rules(mut self, text: &str) -> Self {
        let own = ("own.toml".to_owned(), text.to_owned());
        self.rules = RuleSet::parse(&[own, temizu::policy::PRESETS[0].source()]).unwrap();
        self
    }

    /// With another worker binary.
    pub(crate) fn with_worker(mut self, worker: &Path) -> Self {
        worker.clone_into(&mut self.config.sandbox.worker);
        self
    }
}

/// A running gateway.
pub(crate) struct Site {
    gateway: Gateway,
    store: Arc<dyn Store>,
    clock: Arc<SetClock>,
    entropy: Arc<SeededEntropy>,
    plan: Plan,
    folder: tempfile::TempDir,
}

impl Site {
    /// Starts a gateway with an empty store.
    pub(crate) async fn start(plan: Plan) -> Self {
        let clock = Arc::new(SetClock(AtomicI64::new(START)));
        let entropy =
            Arc::new(SeededEntropy { seed: Mutex::default(), drawn: AtomicU64::new(0), secrets: Mutex::default() });
        Self::start_on(plan, tempfile::tempdir().unwrap(), clock, entropy).await
    }

    async fn start_on(
        mut plan: Plan,
        folder: tempfile::TempDir,
        clock: Arc<SetClock>,
        entropy: Arc<SeededEntropy>,
    ) -> Self {
        folder.path().join("data").clone_into(&mut plan.config.store.data);
        let edge = Edge { clock: clock.clone(), entropy: entropy.clone() };
        let (config, rules) = (Arc::new(plan.config.clone()), Arc::new(plan.rules.clone()));
        let gateway = Gateway::start(config, rules, &BTreeSet::from(Role::ALL), edge).await.unwrap();
        Self { store: gateway.store(), gateway, clock, entropy, plan, folder }
    }

    /// Stops the gateway and starts it again `later` on the same store, with `adjust` made to its configuration.
    pub(crate) async fn restart(self, later: Duration, adjust: impl FnOnce(&mut Config)) -> Self {
        let Self { gateway, store, clock, entropy, mut plan, folder } = self;
        drop(store);
        gateway.stop().await;
        clock.advance(later);
        adjust(&mut plan.config);
        Self::start_on(plan, folder, clock, entropy).await
    }

    /// Stops the gateway after a check of its audit chain.
    pub(crate) async fn stop(self) {
        self.verify().await;
        self.gateway.stop().await;
    }

    /// The running gateway, for its addresses.
    pub(crate) const fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The store of the running gateway.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Where the portal is.
    pub(crate) fn portal(&self) -> SocketAddr {
        self.gateway.portal_addresses()[0]
    }

    /// How the gateway is set up.
    pub(crate) fn config(&self) -> &Config {
        &self.plan.config
    }

    /// What the clock shows.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// All secrets that were drawn so far, oldest first.
    pub(crate) fn secrets(&self) -> Vec<Vec<u8>> {
        self.entropy.secrets.lock().unwrap().clone()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Moves the time forward. Leases of whatever is in work run out by that, as they would in real time.
    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// From now on random bytes follow from `seed`.
    pub(crate) fn seed(&self, seed: &str) {
        seed.clone_into(&mut self.entropy.seed.lock().unwrap());
        self.entropy.drawn.store(0, Ordering::SeqCst);
    }

    /// Sends `mail` as it is, but for line ends: every bare LF becomes CRLF.
    pub(crate) async fn send(&self, to: &[&str], mail: &[u8]) -> Reference {
        self.try_send(to, mail).await.unwrap_or_else(|reply| panic!("not accepted: {reply}"))
    }

    /// As [`Self::send`]; the reply if it was not accepted.
    pub(crate) async fn try_send(&self, to: &[&str], mail: &[u8]) -> Result<Reference, String> {
        self.try_send_from("sender@example.com", to, mail).await
    }

    /// As [`Self::try_send`], from this reverse path.
    pub(crate) async fn try_send_from(&self, from: &str, to: &[&str], mail: &[u8]) -> Result<Reference, String> {
        let talk = send(self.gateway.smtp_addresses()[0], from, to, mail);
        tokio::time::timeout(PATIENCE, talk).await.expect("the gateway answers")
    }

    /// The item's details once it and all its deliveries have ended.
    pub(crate) async fn ended(&self, reference: Reference) -> ItemDetail {
        self.until(reference, "its end", |item| {
            !matches!(item.summary.stage, Stage::Received | Stage::Sanitized)
                && item.recipients_state.iter().all(|copy| copy.status != Status::Waiting)
        })
        .await
    }

    /// The item's details once `holds` does.
    pub(crate) async fn until(
        &self,
        reference: Reference,
        what: &str,
        holds: impl Fn(&ItemDetail) -> bool,
    ) -> ItemDetail {
        let key = self.key(reference).await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let item = self.store.item(&key).await.unwrap();
            if holds(&item) {
                return item;
            }
            assert!(Instant::now() < deadline, "{what} did not come: {:?} {:?}", item.summary, item.recipients_state);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Does what an operator does.
    pub(crate) async fn operate(&self, reference: Reference, what: Operator) -> Result<(), StoreError> {
        let key = self.key(reference).await;
        let event = match what {
            Operator::Retry => Event::Retried,
            Operator::Hold => Event::DeliveryHeld,
            Operator::Release => Event::DeliveryReleased,
        };
        let record = AuditEvent {
            at: self.clock.now(),
            event,
            item: Some(key.id),
            actor: "operator:hanako".to_owned(),
            details: json!({}),
        };
        self.store.operate(&key, what, record).await
    }

    /// The original as it is stored.
    pub(crate) async fn original(&self, reference: Reference) -> Vec<u8> {
        let source = self.store.source().unwrap();
        source.open(&self.key(reference).await).await.unwrap().collect().await.unwrap()
    }

    /// Every record of the chain holds.
    pub(crate) async fn verify(&self) {
        chain::verify(&*self.store, &TenantId::single()).await.unwrap();
    }

    async fn key(&self, reference: Reference) -> ItemKey {
        let tenant = TenantId::single();
        let filter = ItemFilter { text: Some(reference.to_string()), limit: 2, ..ItemFilter::default() };
        let found = self.store.items(&tenant, &filter).await.unwrap();
        assert_eq!(found.len(), 1, "one item is {reference}");
        ItemKey { tenant, id: found[0].id }
    }
}

/// The names of an item's audit events, oldest first.
pub(crate) fn events(item: &ItemDetail) -> Vec<String> {
    let name = |body: &str| {
        let body: BTreeMap<String, serde_json::Value> = serde_json::from_str(body).unwrap();
        body["event"].as_str().unwrap().to_owned()
    };
    item.records.iter().map(|record| name(&record.body)).collect()
}

/// `mail` with CRLF for every bare LF, and a line end at its end.
pub(crate) fn with_crlf(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + mail.len() / 32);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        out.extend_from_slice(b"\r\n");
    }
    out
}

async fn send(gateway: SocketAddr, from: &str, to: &[&str], mail: &[u8]) -> Result<Reference, String> {
    let mut stream = BufReader::new(TcpStream::connect(gateway).await.unwrap());
    reply(&mut stream).await?;
    let mut commands = vec!["EHLO relay.example.net".to_owned(), format!("MAIL FROM:<{from}>")];
    commands.extend(to.iter().map(|to| format!("RCPT TO:<{to}>")));
    commands.push("DATA".to_owned());
    for command in commands {
        stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        reply(&mut stream).await?;
    }
    let mut data = Vec::with_capacity(mail.len() + 64);
    for line in with_crlf(mail).split_inclusive(|byte| *byte == b'\n') {
        // RFC 5321 4.5.2.
        data.extend_from_slice(if line.starts_with(b".") { b"." } else { b"" });
        data.extend_from_slice(line);
    }
    data.extend_from_slice(b".\r\n");
    stream.write_all(&data).await.map_err(|error| error.to_string())?;
    let accepted = reply(&mut stream).await?;
    stream.write_all(b"QUIT\r\n").await.map_err(|error| error.to_string())?;
    Ok(accepted.rsplit(' ').next().unwrap().parse().unwrap())
}

/// The last line of a reply; an error unless it is 2xx or 3xx.
async fn reply(stream: &mut BufReader<TcpStream>) -> Result<String, String> {
    loop {
        let mut line = String::new();
        let count = stream.read_line(&mut line).await.map_err(|error| error.to_string())?;
        let line = line.trim_end().to_owned();
        if count == 0 || !line.starts_with(['2', '3']) {
            return Err(line);
        }
        if line.as_bytes()[3] != b'-' {
            return Ok(line);
        }
    }
}
