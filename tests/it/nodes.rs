//! Several hosts on one store: two processes that receive and process, two that deliver, on one PostgreSQL.
//!
//! `TEMIZU_KILL_ROUNDS` sets the number of kills (8 without it), as for the gateway of one host.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::load::{Accepted, LARGE, SENDERS, Sent, keep_sending, mail, reference_of, texts_of};
use crate::support::next_hop::{NextHop, Taken};
use crate::support::postgres::{Cluster, Options, Shutdown};
use crate::support::process::{Gateway, run};
use crate::support::scaleout::Site;
use crate::support::sender::Sender;

/// A lease, and the time to do what it was for.
const TAKEOVER: Duration = Duration::from_secs(90);

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    Inside,
    Deliver,
}

/// The configuration and the data folder of one host.
struct Host {
    duty: Duty,
    data: PathBuf,
    config: PathBuf,
    node: Option<Gateway>,
    address: watch::Sender<Option<SocketAddr>>,
}

impl Host {
    fn new(site: &Site, name: &str, duty: Duty, next_hop: SocketAddr) -> Self {
        let data = site.folder.path().join(name);
        let config = site.folder.path().join(format!("{name}.toml"));
        std::fs::create_dir(&data).unwrap();
        let store = &site.config;
        let text = format!(
            "[smtp]\nlisten = [\"127.0.0.1:0\"]\ndomains = [\"city.test\"]\n[deliver]\nnext_hop = \"{next_hop}\"\n\
             [store]\nkind = \"scaleout\"\npostgres = \"{}\"\noriginals = \"{}\"\nderivatives = \"{}\"\n\
             [sandbox]\nready = 1\nconcurrent = 2\n",
            store.postgres, store.originals, store.derivatives
        );
        std::fs::write(&config, text).unwrap();
        Self { duty, data, config, node: None, address: watch::Sender::new(None) }
    }

    async fn start(&mut self) {
        let role = match self.duty {
            Duty::Inside => "--role intake,process",
            Duty::Deliver => "--role deliver",
        };
        let node = Gateway::with(&self.data, role, Some(&self.config));
        node.logged("the gateway runs").await;
        if self.duty == Duty::Inside {
            self.address.send_replace(Some(node.address().await));
        }
        self.node = Some(node);
    }

    fn kill(&mut self) {
        self.address.send_replace(None);
        self.node.take().unwrap().kill();
    }

    /// SIGTERM; returns when it has ended, which must be in order.
    async fn stop(&mut self) {
        self.address.send_replace(None);
        let mut node = self.node.take().unwrap();
        node.terminate();
        assert_eq!(node.ended().await.0.code(), Some(0), "{:#?}", node.log());
    }
}

/// Four hosts on one store, and a mail server behind them.
struct Fleet {
    hosts: Vec<Host>,
    hop: NextHop,
    site: Site,
}

impl Fleet {
    async fn start(site: Site) -> Self {
        let hop = NextHop::start(Vec::new()).await;
        let duties = [("a", Duty::Inside), ("b", Duty::Inside), ("c", Duty::Deliver), ("d", Duty::Deliver)];
        let hosts = duties.map(|(name, duty)| Host::new(&site, name, duty, hop.address()));
        let mut fleet = Self { hosts: hosts.into(), hop, site };
        fleet.hosts[0].start().await;
        // As an operator does: the host that made the keys gives the private one to the other that processes.
        std::fs::create_dir(fleet.hosts[1].data.join("keys")).unwrap();
        let key = |host: &Host| host.data.join("keys/sealing.key");
        std::fs::copy(key(&fleet.hosts[0]), key(&fleet.hosts[1])).unwrap();
        for host in &mut fleet.hosts[1..] {
            host.start().await;
        }
        fleet
    }

    /// Senders to both receiving hosts.
    fn load(&self, accepted: &Accepted) -> JoinSet<()> {
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            let host = &self.hosts[usize::try_from(sender % 2).unwrap()];
            senders.spawn(keep_sending(sender, host.address.subscribe(), Arc::clone(accepted)));
        }
        senders
    }

    /// Waits until every accepted mail has arrived.
    async fn drained(&self, accepted: &BTreeMap<String, Sent>, within: Duration) {
        let deadline = Instant::now() + within;
        loop {
            let arrived: BTreeSet<String> =
                self.hop.with_seen(|seen| seen.taken.iter().filter_map(reference_of).map(str::to_owned).collect());
            let missing: Vec<&String> = accepted.keys().filter(|reference| !arrived.contains(*reference)).collect();
            let Some(first) = missing.first() else { return };
            if Instant::now() > deadline {
                let shown = self.command(&format!("queue show {first}"));
                panic!("{} of {} mails did not arrive; the first: {shown}", missing.len(), accepted.len());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Each mail arrived with its own content, every copy of it the same bytes; how many copies there are of each.
    fn copies(&self, accepted: &BTreeMap<String, Sent>) -> BTreeMap<String, usize> {
        let seen = self.hop.seen();
        let mut first = BTreeMap::<&str, &Taken>::new();
        let mut copies = BTreeMap::<String, usize>::new();
        for taken in &seen.taken {
            let Some(reference) = reference_of(taken) else { continue };
            *copies.entry(reference.to_owned()).or_default() += 1;
            let one = first.entry(reference).or_insert(taken);
            assert!(one.bytes == taken.bytes, "{reference} arrived in two shapes, or under two Message-IDs");
            if let Some(sent) = accepted.get(reference) {
                let times = texts_of(taken).matches(&sent.mark).count();
                let least = if sent.large { LARGE / 40 + 1 } else { 1 };
                assert!(times >= least, "{reference} arrived with {times} of {least} lines of {sent:?}");
            }
        }
        copies
    }

    /// `temizu` with these arguments, on the store of all.
    fn command(&self, arguments: &str) -> String {
        run(&format!("{arguments} --config"), &[Path::new(&self.hosts[0].config)]).with(0).out
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_share_the_work_and_do_nothing_twice() {
    let fleet = Fleet::start(Site::on_files().await).await;
    let accepted = Accepted::default();
    let mut senders = fleet.load(&accepted);
    tokio::time::sleep(Duration::from_secs(3)).await;
    senders.shutdown().await;
    let accepted = accepted.lock().unwrap().clone();
    fleet.drained(&accepted, Duration::from_secs(60)).await;

    let copies = fleet.copies(&accepted);
    assert!(copies.values().all(|copies| *copies == 1), "{copies:?}");
    let database = &fleet.site.database;
    let leases = database.sql("SELECT MAX(lease), MAX(attempts) FROM item").await;
    assert_eq!(leases.trim(), "1|1", "no item was handed out twice");
    let leases = database.sql("SELECT MAX(lease), MAX(attempts) FROM mail").await;
    assert_eq!(leases.trim(), "1|1", "no mail was handed out twice");
    for node in fleet.hosts.iter().filter_map(|host| host.node.as_ref()) {
        let said = node.log();
        let errors: Vec<_> = said.iter().filter(|line| line["level"] == "ERROR").collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    fleet.command("audit verify");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_of_killed_nodes_is_taken_over_and_nothing_is_lost() {
    let rounds: usize = std::env::var("TEMIZU_KILL_ROUNDS").map_or(8, |text| text.parse().unwrap());
    let mut fleet = Fleet::start(Site::on_files().await).await;
    let accepted = Accepted::default();
    let mut senders = fleet.load(&accepted);
    for round in 0..rounds {
        // Moments that differ, and that a second run repeats.
        let pause = 100 + u64::try_from(round).unwrap() * 7919 % 500;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let host = &mut fleet.hosts[round % 4];
        host.kill();
        host.start().await;
    }
    senders.shutdown().await;
    let accepted = accepted.lock().unwrap().clone();
    assert!(accepted.len() >= rounds, "only {} mails were accepted: no load", accepted.len());
    fleet.drained(&accepted, TAKEOVER).await;
    let copies = fleet.copies(&accepted);
    let most = copies.values().max().copied().unwrap_or_default();
    println!("{rounds} kills: {} accepted, {} arrived, at most {most} copies", accepted.len(), copies.len());
    assert!(most <= 1 + rounds.div_ceil(2), "{most} copies of one mail");
    fleet.command("audit verify");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_loses_nothing_and_sends_nothing_twice() {
    let mut fleet = Fleet::start(Site::on_files().await).await;
    let accepted = Accepted::default();
    let mut senders = fleet.load(&accepted);
    for number in 0..4 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        fleet.hosts[number].stop().await;
        fleet.hosts[number].start().await;
    }
    senders.shutdown().await;
    let accepted = accepted.lock().unwrap().clone();
    fleet.drained(&accepted, Duration::from_secs(60)).await;
    let copies = fleet.copies(&accepted);
    assert!(copies.values().all(|copies| *copies == 1), "{copies:?}");
    fleet.command("audit verify");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_restarts_intake_answers_4xx_and_recovers_by_itself() {
    let cluster = Cluster::start_own(Options { fsync: true, ..Options::default() }).await;
    let site = Site::on_files_of(&cluster).await;
    let fleet = Fleet::start(site).await;
    let accepted = Accepted::default();
    let mut senders = fleet.load(&accepted);
    for how in [Shutdown::Fast, Shutdown::Immediate] {
        tokio::time::sleep(Duration::from_secs(1)).await;
        cluster.stop(how).await;
        let address = fleet.hosts[0].node.as_ref().unwrap().address().await;
        let mut sender = Sender::connect(address).await.unwrap();
        let since = Instant::now();
        let refused = sender.send("a@city.test", &mail("while-it-is-away", false)).await.unwrap_err().to_string();
        assert!(refused.starts_with('4'), "{refused}");
        assert!(since.elapsed() < Duration::from_secs(25), "a sender waits {:?} for its 4xx", since.elapsed());
        cluster.start().await;
        let since = Instant::now();
        while sender.send("a@city.test", &mail("after-it-is-back", false)).await.is_err() {
            assert!(since.elapsed() < Duration::from_secs(20), "intake does not recover");
            tokio::time::sleep(Duration::from_millis(50)).await;
            sender = Sender::connect(address).await.unwrap();
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    senders.shutdown().await;
    let accepted = accepted.lock().unwrap().clone();
    assert!(!accepted.is_empty());
    fleet.drained(&accepted, TAKEOVER).await;
    fleet.copies(&accepted);
    fleet.command("audit verify");
}
