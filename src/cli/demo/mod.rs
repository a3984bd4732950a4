//! `temizu demo`: the main job on the sample mails, without any set-up.
//!
//! A whole gateway on free loopback ports, an inbox behind it in place of the LGWAN mail server, and the samples sent
//! through real SMTP. Refuses: nothing leaves the machine. Invariant: it ends with the audit chain verified, or fails.

mod inbox;
mod office;
mod sender;
mod show;

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::arguments::{Demo, Source};
use super::print::Printer;
use super::trouble::{NO_INPUT, Trouble, UNAVAILABLE};
use super::{rules, setup};
use crate::audit;
use crate::config::TotpPolicy;
use crate::config::load::Overrides;
use crate::domain::{Domain, ItemKey, Stage, TenantId};
use crate::ports::{ItemDetail, ItemFilter};
use crate::serve::{Edge, Gateway, Role};
use crate::store::Store;
use crate::web::assets;
use inbox::Inbox;

/// The recipient domain of the demo.
const DOMAIN: &str = "city.example.lg.jp";
/// How long one sample may take from its `250` to its end.
const PATIENCE: Duration = Duration::from_secs(60);

/// One sample mail.
struct Sample {
    name: String,
    bytes: Vec<u8>,
}

pub(super) async fn run(arguments: Demo, printer: &Printer) -> Result<ExitCode, Trouble> {
    let samples = samples(arguments.samples.as_deref())?;
    let folder = Folder::new()?;
    let inbox = Inbox::start(&folder.0.join("inbox")).await?;
    let gateway = start(&arguments, &folder.0, &inbox, printer).await?;
    let address =
        gateway.smtp_addresses().first().copied().ok_or_else(|| {
            Trouble::new(UNAVAILABLE, "受信の口が開きませんでした", "the gateway listens on no address")
        })?;
    printer.say(
        format!("ゲートウェイ {address} → LGWAN 側の受信箱 {}（どちらもこの計算機の中）\n", inbox.address()),
        format!("gateway {address} → LGWAN-side inbox {} (both on this machine)\n", inbox.address()),
    );
    let store = gateway.store();
    let (mut last, mut shown) = (None, None);
    for sample in &samples {
        let started = Instant::now();
        let reference = sender::send(address, &format!("shokuin@{DOMAIN}"), &sample.bytes).await?;
        let detail = ended(&*store, &reference).await?;
        show::line(&sample.name, &detail, started.elapsed(), printer);
        if detail.facts.as_ref().is_some_and(|facts| facts.attachments().next().is_some()) {
            last = Some((sample, detail));
        }
    }
    if let Some((sample, detail)) = last {
        show::before_and_after(&sample.bytes, &detail, &inbox, printer);
        shown = Some(detail.summary.id);
    }
    match gateway.portal_addresses().first() {
        Some(portal) => office::open(&*store, *portal, shown, printer).await?,
        None => printer.say(
            "\nポータルは動いていません: cargo xtask demo で始めると、画面も見られます。",
            "\nThere is no portal: start with `cargo xtask demo` to see its pages.",
        ),
    }
    verify(&*store, printer).await?;
    if arguments.keep || std::io::stdin().is_terminal() {
        printer.say(
            format!("\nこのまま動きます。{address} へ送ってください（宛先 @{DOMAIN}）。届いたメール: {}。Ctrl-C で終わります。", inbox.folder().display()),
            format!("\nStays up. Send to {address} (recipients @{DOMAIN}); delivered mails: {}. Ctrl-C ends it.", inbox.folder().display()),
        );
        tokio::signal::ctrl_c().await.map_err(|error| Trouble::os("待てません", "cannot wait", &error))?;
    }
    gateway.stop().await;
    inbox.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn start(arguments: &Demo, folder: &Path, inbox: &Inbox, printer: &Printer) -> Result<Gateway, Trouble> {
    let source = Source { config: None, data: Some(folder.join("data")), worker: arguments.worker.clone() };
    let overrides = Overrides {
        smtp_listen: vec![([127, 0, 0, 1], 0).into()],
        next_hop: Some(inbox.address().to_string()),
        domains: vec![DOMAIN.to_owned()],
        ..Overrides::default()
    };
    let loaded = setup::configuration(&source, overrides, printer)?;
    let rules = Arc::new(rules::in_force(&loaded, printer)?);
    let mut config = loaded.config;
    config.store.reserve_bytes = 0;
    config.site.host_name = Domain::parse("temizu.city.example.lg.jp").unwrap_or_else(|_| Domain::placeholder());
    config.site.contact = "情報政策課 内線1234".to_owned();
    config.site.name = "手水市".to_owned();
    if assets::complete().is_ok() {
        config.portal.listen = vec![([127, 0, 0, 1], 0).into()];
        // The links are all that signs anybody in here.
        config.identity.totp = TotpPolicy::Nobody;
    }
    let roles = BTreeSet::from(Role::ALL);
    Gateway::start(Arc::new(config), rules, &roles, Edge::default()).await.map_err(|error| {
        Trouble::new(UNAVAILABLE, format!("起動できません: {error}"), format!("cannot start: {error}"))
    })
}

/// Waits until an item and its deliveries have ended.
async fn ended(store: &dyn Store, reference: &str) -> Result<ItemDetail, Trouble> {
    let tenant = TenantId::single();
    let filter = ItemFilter { text: Some(reference.to_owned()), limit: 1, ..ItemFilter::default() };
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(found) = store.items(&tenant, &filter).await?.first()
            && matches!(found.stage, Stage::Delivered | Stage::Held | Stage::Quarantined)
        {
            return Ok(store.item(&ItemKey { tenant, id: found.id }).await?);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err(Trouble::new(
        UNAVAILABLE,
        format!("{reference} が {} 秒で終わりませんでした", PATIENCE.as_secs()),
        format!("{reference} did not end within {} s", PATIENCE.as_secs()),
    ))
}

async fn verify(store: &dyn Store, printer: &Printer) -> Result<(), Trouble> {
    match audit::chain::verify(store, &TenantId::single()).await {
        Ok(verified) => {
            printer.say(
                format!("\n監査記録 {} 件: 連鎖は正しくつながっています。", verified.count),
                format!("\n{} audit records: every link of the chain holds.", verified.count),
            );
            Ok(())
        }
        Err(error) => Err(Trouble::new(
            UNAVAILABLE,
            format!("監査記録が正しくありません: {error}"),
            format!("the audit chain does not hold: {error}"),
        )),
    }
}

/// The samples of a folder (`NAME/input.eml` or `NAME.eml`), in the order of their names.
fn samples(folder: Option<&Path>) -> Result<Vec<Sample>, Trouble> {
    let Some(folder) = folder else { return Ok(show::built_in()) };
    let unreadable = |error: std::io::Error| Trouble::os("見本を読めません", "the samples cannot be read", &error);
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let file = if path.is_dir() { path.join("input.eml") } else { path.clone() };
        if file.extension().is_some_and(|extension| extension == "eml") && file.is_file() {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            samples.push(Sample { name, bytes: std::fs::read(&file).map_err(unreadable)? });
        }
    }
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    if samples.is_empty() {
        let folder = folder.display();
        return Err(Trouble::new(
            NO_INPUT,
            format!("{folder} に見本（NAME/input.eml）がありません"),
            format!("there are no samples (NAME/input.eml) in {folder}"),
        ));
    }
    Ok(samples)
}

/// A folder of the demo's own, removed at its end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Result<Self, Trouble> {
        let path = std::env::temp_dir().join(format!("temizu-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path)
            .map_err(|error| Trouble::os("作業フォルダを作れません", "the work folder cannot be made", &error))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the demo's folder could not be removed");
        }
    }
}
