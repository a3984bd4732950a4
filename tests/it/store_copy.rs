//! `temizu store copy`: everything arrives on the other side, whatever interrupts it, and nothing is served half.

mod tables;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, SqliteConnection};
use temizu::config::{self, StoreKind};
use temizu::domain::{Account, Deputy, Event, ItemKey, OfficeRole, Reason, TenantId};
use temizu::ports::{Conclusion, Door, ItemFilter, Settlement};
use temizu::store::embedded::EmbeddedStore;
use temizu::store::scaleout::ScaleoutStore;
use temizu::store::transfer::{self, ChainCheck, Missing, Report, TransferError, Watch};
use temizu::store::{Keys, OpenError};

use crate::store_contract::fixture::*;
use crate::store_contract::office;
use crate::support::process::{end, temizu};
use crate::support::scaleout::Site;
use crate::zones::town::Town;

/// Longer than what rides in a row.
const LARGE: usize = 300_000;

fn tenants() -> [TenantId; 2] {
    [TenantId::single(), TenantId::try_from("higashi".to_owned()).unwrap()]
}

async fn embedded(config: &config::Store) -> Ports {
    Ports::of(EmbeddedStore::open(config, Arc::new(StillClock::default()), Keys::Opening).await.unwrap(), ())
}

/// The database lets go of a copy's lock when it sees that its connection has ended: a moment after the copy.
async fn scaleout(config: &config::Store) -> Ports {
    for _ in 0..200 {
        match ScaleoutStore::open(config, Arc::new(StillClock::default()), Keys::Opening).await {
            Err(OpenError::BeingCopied) => tokio::time::sleep(Duration::from_millis(50)).await,
            opened => return Ports::of(opened.unwrap(), ()),
        }
    }
    panic!("the store is not let go of");
}

fn check() -> ChainCheck {
    let mut verifier = temizu::audit::chain::Verifier::default();
    Box::new(move |record| verifier.check(record).map_err(|bad| bad.to_string()))
}

/// Runs a copy or a comparison; whoever had a store open a moment ago may still be closing it.
async fn patiently(config: &config::Store, from: StoreKind, verify_only: bool) -> Result<Report, TransferError> {
    for _ in 0..200 {
        let mut progress = |_| {};
        let watch = Watch { chain: &check, progress: &mut progress };
        let done = if verify_only {
            transfer::verify(config, from, watch).await
        } else {
            transfer::copy(config, from, Missing::Refuse, watch).await
        };
        match done {
            Err(TransferError::InUse(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
            done => return done,
        }
    }
    panic!("the store is not let go of");
}

async fn copied(config: &config::Store, from: StoreKind) -> Report {
    let report = patiently(config, from, false).await.unwrap();
    assert_eq!(report.differences, Vec::new());
    report
}

/// Items in every stage and of every size, for two tenants; the last ones leased and waiting.
async fn fill(ports: &Ports) {
    ports.accept(1, 100).await.unwrap();
    ports.accept_for(tenants()[1].clone(), 21, LARGE).await.unwrap();
    let expiring = ports.lease(1000).await;
    let key = expiring.key.clone();
    let conclusion = sanitized(&expiring, LARGE, vec![mail(1, &["a@city.example"], LARGE)]);
    ports.queue.conclude(expiring, conclusion, vec![event(Event::Sanitized, key.id)]).await.unwrap();
    ports.settle_all(1001, Settlement::Sent).await;
    ports.retention.expire(&TenantId::single(), at(2), at(1100)).await.unwrap();
    ports.sanitized(2).await;
    ports.settle_all(1200, Settlement::Sent).await;
    ports.sanitized(3).await;
    ports.settle_all(1300, Settlement::Deferred).await;
    for (number, length) in [(4u8, 100), (5, LARGE), (6, 5000)] {
        ports.accept(number, length).await.unwrap();
        let lease = ports.lease(1400).await;
        let conclusion = match number {
            4 => Conclusion::Held {
                facts: Box::new(facts(&lease)),
                decision: decision(Some("R-001")),
                notices: Vec::new(),
            },
            5 => Conclusion::Quarantined { reason: Reason::TooDeep, notices: Vec::new() },
            _ => {
                let mails = vec![mail(number, &["a@city.example", "b@city.example"], LARGE)];
                with_passwords(sanitized(&lease, LARGE, mails), &["Abc-1234", "さくら"])
            }
        };
        let id = lease.key.id;
        ports.queue.conclude(lease, conclusion, vec![event(Event::Sanitized, id)]).await.unwrap();
    }
    let held = ItemKey { tenant: TenantId::single(), id: item_id(5) };
    ports.register.set_legal_hold(&held, true, event(Event::LegalHoldSet, held.id)).await.unwrap();
    for tenant in tenants() {
        people(ports, &tenant).await;
    }
    ports.accept(7, LARGE).await.unwrap();
    ports.accept(8, 10).await.unwrap();
    assert_eq!(ports.lease(1500).await.key.id, item_id(7));
}

/// Two people with a department; one has credentials, a deputy and a session.
async fn people(ports: &Ports, tenant: &TenantId) {
    office::move_in(ports, tenant, &[1, 2]).await;
    let set = office::record(Event::CredentialsChanged);
    ports.accounts.set_credentials(tenant, office::id(1), office::credentials(), set).await.unwrap();
    let [from, until] = ["2026-06-01", "2026-06-30"].map(office::day);
    let deputies = vec![Deputy { approver: office::id(1), deputy: office::id(2), from, until }];
    let named = office::record(Event::DeputiesNamed);
    ports.accounts.name_deputies(tenant, office::id(1), deputies, from, named).await.unwrap();
    let administrator = office::posting("road", &[OfficeRole::Administrator], "2026-04-01", Some("2027-03-31"));
    let two = Account { postings: vec![administrator], ..office::person(2) };
    ports.accounts.change(tenant, vec![office::replaced(two)]).await.unwrap();
    let signed_in = office::record(Event::SignedIn);
    ports.sessions.open(tenant, office::session("s", 1, 1000), signed_in).await.unwrap();
}

/// What the ports tell of a store.
async fn told(ports: &Ports) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    for tenant in tenants() {
        let name = tenant.as_str().to_owned();
        let filter = ItemFilter { limit: 1000, ..ItemFilter::default() };
        let items = ports.register.items(&tenant, &filter).await.unwrap();
        assert!(!items.is_empty());
        told.insert(format!("{name} items"), format!("{items:?}"));
        for item in items {
            let key = ItemKey { tenant: tenant.clone(), id: item.id };
            told.insert(format!("{name} {}", item.id), format!("{:?}", ports.register.item(&key).await.unwrap()));
            let original = ports.read(&key).await.map_err(|error| error.to_string());
            told.insert(format!("{name} {} original", item.id), format!("{original:?}"));
            for password in ports.passwords.candidates(&key).await.unwrap() {
                let names = told.entry(format!("{name} passwords")).or_default();
                names.push_str(password.reveal());
            }
        }
        let kept = ports.register.quarantine(&tenant, &filter).await.unwrap();
        told.insert(format!("{name} kept"), format!("{kept:?}"));
        let chain = ports.register.records(&tenant, 0, 1000).await.unwrap();
        told.insert(format!("{name} chain"), format!("{chain:?}"));
        let people = ports.accounts.accounts(&tenant).await.unwrap();
        assert_eq!(people.len(), 2);
        told.insert(format!("{name} people"), format!("{people:?}"));
        told.insert(format!("{name} departments"), format!("{:?}", ports.accounts.departments(&tenant).await.unwrap()));
        let deputies = ports.accounts.deputies(&tenant, office::id(1), office::day("2026-06-01")).await.unwrap();
        assert_eq!(deputies.len(), 1);
        told.insert(format!("{name} deputies"), format!("{deputies:?}"));
        let (_, own) = ports.accounts.by_login(&tenant, &people[0].login).await.unwrap().unwrap();
        assert!(own.password.is_some());
        let own = (own.password, own.totp, own.totp_step, ports.accounts.has_administrator(&tenant).await.unwrap());
        told.insert(format!("{name} credentials"), format!("{own:?}"));
        told.insert(format!("{name} head"), format!("{:?}", ports.register.head(&tenant).await.unwrap()));
    }
    told
}

async fn there_and_back(site: &Site) {
    let here = &site.config;
    let ports = embedded(here).await;
    fill(&ports).await;
    let before = told(&ports).await;
    assert_eq!(before.get("main passwords").map(String::as_str), Some("Abc-1234さくら"));
    drop(ports);
    let report = copied(here, StoreKind::Embedded).await;
    assert_eq!((report.items, report.copied, report.skipped), (9, 9, 0));
    assert!(report.objects >= 5, "{report:?}");
    let ports = scaleout(here).await;
    same(&told(&ports).await, &before);
    let token = office::token("s");
    let session = ports.sessions.find(&tenants()[0], token, Door::Portal, at(1001), at(0), at(0)).await;
    assert_eq!(session.unwrap(), None, "who was signed in signs in again");
    // What was leased by nobody who lives is due now.
    assert_eq!(ports.lease(1501).await.key.id, item_id(7));
    // The mail that was never tried comes before the one that was put off.
    for number in [6, 3] {
        let dispatch = ports.lease_mail(9000).await;
        assert_eq!(dispatch.key.id, item_id(number));
        ports.settle(dispatch, Settlement::Deferred, 9500).await.unwrap();
    }
    // Those attempts were counted.
    let before = told(&ports).await;
    drop(ports);
    let other = tempfile::tempdir().unwrap();
    let back = config::Store { data: other.path().join("data"), ..here.clone() };
    let missing = patiently(&back, StoreKind::Scaleout, false).await.unwrap_err();
    assert!(missing.to_string().contains("sealing.key"), "{missing}");
    copy_key(&here.data, &back.data);
    let report = copied(&back, StoreKind::Scaleout).await;
    assert_eq!((report.items, report.copied), (9, 9));
    let ports = embedded(&back).await;
    same(&told(&ports).await, &before);
}

fn same(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) {
    assert!(found.keys().eq(expected.keys()));
    for (name, text) in expected {
        assert_eq!(&found[name], text, "{name}");
    }
}

fn copy_key(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("keys")).unwrap();
    std::fs::copy(from.join("keys/sealing.key"), to.join("keys/sealing.key")).unwrap();
}

#[tokio::test]
async fn everything_goes_to_files_and_comes_back() {
    there_and_back(&Site::on_files().await).await;
}

#[tokio::test]
async fn everything_goes_to_buckets_and_comes_back() {
    there_and_back(&Site::on_s3().await).await;
}

#[tokio::test]
async fn a_store_that_was_moved_is_refused_until_its_mark_is_lifted() {
    let site = Site::on_files().await;
    fill(&embedded(&site.config).await).await;
    copied(&site.config, StoreKind::Embedded).await;
    let open = || EmbeddedStore::open(&site.config, Arc::new(StillClock::default()), Keys::Opening);
    assert!(matches!(open().await.err(), Some(OpenError::Moved)));
    assert!(transfer::unmark(&site.config, StoreKind::Embedded).await.unwrap());
    assert!(open().await.is_ok());
}

#[tokio::test]
async fn a_store_in_use_is_not_copied() {
    let site = Site::on_files().await;
    let ports = embedded(&site.config).await;
    fill(&ports).await;
    let run = || async {
        let mut progress = |_| {};
        let watch = Watch { chain: &check, progress: &mut progress };
        transfer::copy(&site.config, StoreKind::Embedded, Missing::Refuse, watch).await
    };
    assert!(matches!(run().await, Err(TransferError::InUse("embedded"))));
    drop(ports);
    let node = scaleout(&Site::on_files().await.config).await;
    drop(node);
    let config = config::Store { data: site.folder.path().join("elsewhere"), ..site.config.clone() };
    let node = scaleout(&config).await;
    let refused = patiently_unless(&site.config, "scaleout").await;
    assert!(refused, "a node has the store open");
    drop(node);
}

/// True if the copy is refused because of the store named so.
async fn patiently_unless(config: &config::Store, name: &str) -> bool {
    for _ in 0..100 {
        let mut progress = |_| {};
        let watch = Watch { chain: &check, progress: &mut progress };
        match transfer::copy(config, StoreKind::Embedded, Missing::Refuse, watch).await {
            Err(TransferError::InUse(found)) if found == name => return true,
            Err(TransferError::InUse(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
            other => panic!("{other:?}"),
        }
    }
    false
}

#[tokio::test]
async fn a_target_with_another_chain_is_refused_and_left_alone() {
    let site = Site::on_files().await;
    fill(&embedded(&site.config).await).await;
    let ports = scaleout(&site.config).await;
    ports.accept(9, 10).await.unwrap();
    drop(ports);
    let refused = patiently(&site.config, StoreKind::Embedded, false).await.unwrap_err();
    assert!(matches!(refused, TransferError::OtherChain(_)), "{refused}");
    assert_eq!(scaleout(&site.config).await.register.head(&TenantId::single()).await.unwrap().0, 1);
}

#[tokio::test]
async fn a_flipped_byte_in_one_object_is_found() {
    let site = Site::on_files().await;
    fill(&embedded(&site.config).await).await;
    copied(&site.config, StoreKind::Embedded).await;
    let file = first_file(&site.folder.path().join("originals"));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let report = patiently(&site.config, StoreKind::Embedded, true).await.unwrap();
    assert_eq!(report.differences.len(), 1, "{:?}", report.differences);
    assert_eq!(report.differences[0].what, "object");
    let id = report.differences[0].item.clone().unwrap();
    assert!(file.display().to_string().contains(&id));
}

#[tokio::test]
async fn a_bad_or_missing_object_of_the_target_is_copied_once_more() {
    let site = Site::on_files().await;
    fill(&embedded(&site.config).await).await;
    assert!(copied(&site.config, StoreKind::Embedded).await.handed_over);
    assert!(transfer::unmark(&site.config, StoreKind::Embedded).await.unwrap());
    std::fs::write(first_file(&site.folder.path().join("originals")), b"short").unwrap();
    std::fs::remove_file(first_file(&site.folder.path().join("derivatives"))).unwrap();
    let report = copied(&site.config, StoreKind::Embedded).await;
    assert_eq!((report.copied, report.mended, report.handed_over), (0, 2, true));
    assert_eq!(patiently(&site.config, StoreKind::Embedded, true).await.unwrap().differences, Vec::new());
}

#[tokio::test]
async fn objects_missing_in_the_source_are_named_and_keep_the_rest_from_being_handed_over_until_accepted() {
    let site = Site::on_files().await;
    fill(&embedded(&site.config).await).await;
    let file = first_file(&site.config.data.join("originals"));
    std::fs::remove_file(&file).unwrap();
    let report = copied(&site.config, StoreKind::Embedded).await;
    assert_eq!((report.copied, report.handed_over), (9, false));
    let [missing] = report.missing.as_slice() else { panic!("{:?}", report.missing) };
    assert!(file.display().to_string().contains(missing.item.as_ref().unwrap()));
    let open = || ScaleoutStore::open(&site.config, Arc::new(StillClock::default()), Keys::None);
    assert!(matches!(open().await.err(), Some(OpenError::Unfinished)));
    let said = end(command_of(&site), b"").with(1);
    assert!(said.out.contains("--accept-missing"), "{}", said.out);
    assert!(said.err.contains(missing.item.as_ref().unwrap()), "{}", said.err);
    let mut comparing = command_of(&site);
    comparing.arg("--verify-only");
    let compared = end(comparing, b"").with(1).out;
    assert!(compared.contains("1 objects that") && !compared.contains("copied"), "{compared}");
    let mut accepting = command_of(&site);
    accepting.args(["--accept-missing", "--json"]);
    let report = end(accepting, b"").with(0).json();
    assert!(report["skipped"] == 9 && report["handed_over"] == true, "{report}");
    assert_eq!(report["missing"].as_array().unwrap().len(), 1);
    assert!(open().await.is_ok());
}

#[tokio::test]
async fn a_target_that_does_not_take_objects_is_not_called_a_damaged_source() {
    let site = Site::on_files().await;
    fill(&embedded(&site.config).await).await;
    // What would be a folder of objects is a file.
    let folder = site.folder.path().join("originals");
    std::fs::create_dir_all(&folder).unwrap();
    for shard in std::fs::read_dir(site.config.data.join("originals")).unwrap() {
        std::fs::write(folder.join(shard.unwrap().file_name()), b"").unwrap();
    }
    let refused = patiently(&site.config, StoreKind::Embedded, false).await.unwrap_err();
    assert!(matches!(refused, TransferError::Target(_)), "{refused:?}");
    let said = end(command_of(&site), b"").with(69).err;
    assert!(said.contains("the target does not take") && !said.contains("auditor"), "{said}");
}

#[tokio::test]
async fn a_folder_whose_restore_did_not_end_is_copied_neither_from_nor_into() {
    let site = Site::on_files().await;
    fill(&embedded(&site.config).await).await;
    std::fs::write(site.config.data.join("restore.unfinished"), b"").unwrap();
    for from in [StoreKind::Embedded, StoreKind::Scaleout] {
        let refused = patiently(&site.config, from, false).await.unwrap_err();
        assert!(matches!(refused, TransferError::Open("embedded", OpenError::Folder(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_comparison_does_not_bring_an_older_store_up_to_date() {
    let site = Site::on_files().await;
    fill(&embedded(&site.config).await).await;
    let older = "UPDATE schema_version SET version = 0";
    let database = format!("sqlite://{}", site.config.data.join("temizu.db").display());
    let mut connection = SqliteConnection::connect(&database).await.unwrap();
    sqlx::raw_sql(older).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let refused = patiently(&site.config, StoreKind::Embedded, true).await.unwrap_err();
    assert!(matches!(refused, TransferError::Open("embedded", OpenError::Older { found: 0, .. })), "{refused:?}");
    assert_eq!(EmbeddedStore::versions(&site.config).await.unwrap().0, 0);
}

/// The commands of the manual, in its order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_move_succeeds_while_the_configuration_still_names_the_embedded_store() {
    let mut town = Town::empty().await;
    let store = config::Store { kind: StoreKind::Embedded, ..town.config("host1") };
    let ports = embedded(&store).await;
    fill(&ports).await;
    let before = told(&ports).await;
    drop(ports);
    let host = town.config_file("host1", "");
    let as_embedded = |more: &str| {
        let text = std::fs::read_to_string(&host).unwrap().replace("kind = \"scaleout\"", "kind = \"embedded\"");
        std::fs::write(&host, format!("{text}{more}")).unwrap();
    };
    as_embedded("");
    let owner = town.config("owner");
    let password = owner.postgres_password_file.unwrap();
    let owner = format!("--postgres {} --postgres-password-file {}", owner.postgres, password.display());
    let copy = "store copy --from embedded --to scaleout";

    let refused = town.run(&format!("{copy} {owner}"), &host).with(78).err;
    assert!(refused.contains("temizu migrate --store scaleout"), "{refused}");
    let done = town.run(&format!("migrate --store scaleout {owner}"), &host).with(0).out;
    assert!(done.contains("from version 0"), "{done}");
    let roles = format!("--login host1=intake,process --prefix {} --out {}", town.prefix, town.out().display());
    town.run(&format!("migrate --store scaleout --roles {roles} {owner}"), &host).with(0);
    town.hand_out_keys();
    town.config_file("host1", "");
    as_embedded("");
    let refused = town.run(copy, &host).with(78).err;
    assert!(refused.contains("use the owner's login with --postgres"), "{refused}");
    let said = town.run(&format!("{copy} {owner}"), &host).with(0).out;
    assert!(said.contains("store.kind = \"scaleout\"") && said.contains("temizu.db*"), "{said}");
    town.run(&format!("{copy} --verify-only {owner}"), &host).with(0);
    let reader = config::Store { kind: StoreKind::Scaleout, data: store.data, ..town.config("owner") };
    let reader = config::Store { s3_credentials_file: town.config("host1").s3_credentials_file, ..reader };
    same(&told(&scaleout(&reader).await).await, &before);
    assert_eq!(scaleout(&town.config("host1")).await.lease(1501).await.key.id, item_id(7));
}

fn first_file(folder: &Path) -> std::path::PathBuf {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
        .iter()
        .find(|path| path.is_file())
        .cloned()
        .unwrap_or_else(|| first_file(entries.iter().find(|path| path.is_dir()).unwrap()))
}

#[tokio::test]
async fn killed_at_many_moments_it_goes_on_and_nothing_is_served_before_it_is_whole() {
    let site = Site::on_files().await;
    let ports = embedded(&site.config).await;
    fill(&ports).await;
    for number in 30..90 {
        ports.accept(number, if number % 4 == 0 { LARGE } else { 500 }).await.unwrap();
    }
    let before = told(&ports).await;
    drop(ports);
    let store = &site.config;
    let command = || {
        let mut command = command_of(&site);
        command.arg("--json");
        command
    };
    let (mut unfinished, mut kills) = (0, 0);
    for round in 0u64..200 {
        let mut child =
            command().stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(20 + round * 13 % 400)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        let opened = ScaleoutStore::open(store, Arc::new(StillClock::default()), Keys::None).await;
        match opened.err() {
            Some(OpenError::Unfinished) => unfinished += 1,
            Some(OpenError::BeingCopied) | None => {}
            Some(other) => panic!("{other}"),
        }
        if kills >= 12 && unfinished >= 4 {
            break;
        }
    }
    assert!(unfinished >= 4, "{unfinished} of {kills}");
    let mut ended = end(command(), b"");
    for _ in 0..100 {
        if ended.code != 75 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        ended = end(command(), b"");
    }
    let report = ended.with(0).json();
    assert_eq!(report["items"], 69);
    same(&told(&scaleout(store).await).await, &before);
}

/// The copy from the embedded store, by the program.
fn command_of(site: &Site) -> std::process::Command {
    let (file, store) = (site.folder.path().join("temizu.toml"), &site.config);
    let text = format!(
        "[store]\ndata = {:?}\npostgres = {:?}\noriginals = {:?}\nderivatives = {:?}\n",
        store.data, store.postgres, store.originals, store.derivatives
    );
    std::fs::write(&file, text).unwrap();
    let mut command = temizu();
    command.args(["store", "copy", "--from", "embedded", "--to", "scaleout", "--config"]).arg(&file);
    command
}
