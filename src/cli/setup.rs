//! From command-line options to a checked configuration and an opened store.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::arguments::Source;
use super::print::Printer;
use super::trouble::{CONFIG, Trouble, UNAVAILABLE, USAGE};
use crate::compose::Site;
use crate::config::load::{self, ConfigErrors, Loaded, Overrides};
use crate::config::{self, Config, StoreKind};
use crate::domain::{
    Client, Domain, Envelope, Explanation, ItemId, ItemKey, Mailbox, Origin, Password, Reference, ReversePath, TenantId,
};
use crate::pipeline::{Arrival, Stop, Washed, Washer};
use crate::policy::{RuleSet, civil_date};
use crate::ports::{Blob, Clock as _, Entropy as _, ItemFilter, Subject};
use crate::serve::{OsEntropy, SystemClock};
use crate::store::{self, Keys, Store};

/// Where the configuration is looked for when none is named.
const DEFAULT_FILE: &str = "/etc/temizu/temizu.toml";

/// The configuration that a command's options name.
pub(super) fn configuration(source: &Source, overrides: Overrides, printer: &Printer) -> Result<Loaded, Trouble> {
    load(source, overrides).map_err(|errors| faults(&errors.render(printer.language()), printer))
}

/// As [`configuration`], for commands that show the mistakes themselves.
pub(super) fn load(source: &Source, overrides: Overrides) -> Result<Loaded, ConfigErrors> {
    let default = Path::new(DEFAULT_FILE);
    let file = source.config.as_deref().or_else(|| default.exists().then_some(default));
    let overrides = Overrides { data: source.data.clone(), worker: source.worker.clone(), ..overrides };
    load::load(file, &overrides)
}

/// Mistakes in a configuration or in rules, one a line.
pub(super) fn faults(rendered: &str, printer: &Printer) -> Trouble {
    let text = format!(
        "{}\n{}",
        printer.choose("設定に誤りがあります。", "the configuration has mistakes:"),
        rendered.trim_end()
    );
    Trouble::new(CONFIG, text.clone(), text)
}

/// A store that exists, and whose items are looked at.
pub(super) struct Opened {
    store: Arc<dyn Store>,
    pub(super) tenant: TenantId,
}

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// The store of a gateway that exists.
pub(super) async fn store(source: &Source, printer: &Printer) -> Result<Opened, Trouble> {
    let config = configuration(source, Overrides::default(), printer)?.config;
    must_exist(&config.store)?;
    let store = store::open(&config.store, Arc::new(SystemClock), Keys::None).await;
    let store = store.map_err(|error| Trouble::open(&error))?;
    Ok(Opened { store, tenant: config.site.tenant })
}

/// Refuses an embedded store that nobody has made: commands do not make one by looking.
pub(super) fn must_exist(config: &config::Store) -> Result<(), Trouble> {
    if config.kind == StoreKind::Scaleout || config.data.join("temizu.db").exists() {
        return Ok(());
    }
    let folder = config.data.display();
    Err(Trouble::new(
        USAGE,
        format!("{folder} に保管庫がありません。--data か --config でゲートウェイのフォルダを示してください"),
        format!("there is no store in {folder}; name the gateway's folder with --data or --config"),
    ))
}

/// The item that a person named.
pub(super) async fn item(store: &Opened, text: &str) -> Result<ItemKey, Trouble> {
    let tenant = store.tenant.clone();
    if let Ok(id) = text.parse::<ItemId>() {
        return Ok(ItemKey { tenant, id });
    }
    if text.parse::<Reference>().is_err() {
        return Err(Trouble::new(
            USAGE,
            format!("「{text}」は管理番号（7K3F-92QD の形）でも ID（26 文字）でもありません"),
            format!("`{text}` is neither a reference (like 7K3F-92QD) nor an item id (26 characters)"),
        ));
    }
    let filter = ItemFilter { text: Some(text.to_owned()), limit: 1, ..ItemFilter::default() };
    let found = store.items(&tenant, &filter).await?;
    let id = found.first().map(|item| item.id).ok_or(crate::ports::StoreError::NotFound)?;
    Ok(ItemKey { tenant, id })
}

/// The items that a person named: one, or with `-` those on standard input, one a line.
pub(super) async fn items(store: &Opened, text: &str) -> Result<Vec<ItemKey>, Trouble> {
    if text != "-" {
        return Ok(vec![item(store, text).await?]);
    }
    let mut keys = Vec::new();
    for line in std::io::stdin().lines() {
        let line =
            line.map_err(|error| Trouble::os("標準入力を読めません", "standard input cannot be read", &error))?;
        if !line.trim().is_empty() {
            keys.push(item(store, line.trim()).await?);
        }
    }
    Ok(keys)
}

/// What notices say of the site, in its own words where it has some.
pub(super) fn site(config: &Config, printer: &Printer) -> Result<Site, Trouble> {
    crate::serve::site(config).map_err(|errors| faults(&errors.render(printer.language()), printer))
}

/// Workers and rules without a gateway, for commands that look at one mail here and now.
pub(super) struct Workbench {
    config: Config,
    washer: Washer,
    rules: Arc<RuleSet>,
}

impl Workbench {
    pub(super) async fn new(source: &Source, printer: &Printer) -> Result<Self, Trouble> {
        let loaded = configuration(source, Overrides::default(), printer)?;
        let rules = Arc::new(super::rules::in_force(&loaded, printer)?);
        let config = loaded.config;
        let sandbox = crate::serve::sandbox(&config).await.map_err(|error| {
            Trouble::new(UNAVAILABLE, format!("ワーカーを始められません: {error}"), format!("no worker: {error}"))
        })?;
        let (known, site) = (crate::serve::known(&config), site(&config, printer)?);
        let washer = Washer::new(Arc::new(sandbox), Arc::clone(&rules), known, site);
        Ok(Self { config, washer, rules })
    }

    /// Bytes that one item may have.
    pub(super) const fn message_bytes(&self) -> u64 {
        self.config.limits.message_bytes
    }

    /// The way to the decision about a washed item.
    pub(super) fn explain(&self, washed: &Washed) -> Vec<Explanation> {
        let day = civil_date(washed.facts.received_at, self.config.site.utc_offset_minutes);
        self.rules.explain(&washed.facts, day)
    }

    /// Washes one item as if it had just come in for one recipient of the site.
    pub(super) async fn wash(&self, subject: Subject, bytes: Bytes) -> Result<Washed, Stop> {
        self.wash_with(subject, bytes, &[]).await
    }

    /// As [`Self::wash`]; files that are encrypted are tried with `passwords`.
    pub(super) async fn wash_with(
        &self,
        subject: Subject,
        bytes: Bytes,
        passwords: &[Password],
    ) -> Result<Washed, Stop> {
        let now = SystemClock.now();
        let domain = self.config.smtp.domains.first().cloned().unwrap_or_else(Domain::placeholder);
        let recipient = Mailbox::parse(&format!("shokuin@{domain}")).ok();
        let client = Client { address: IpAddr::V4(Ipv4Addr::LOCALHOST), helo: "localhost".to_owned(), tls: None };
        let envelope = Envelope {
            reverse_path: ReversePath::null(),
            forward_paths: recipient.into_iter().collect(),
            client,
            eight_bit: true,
        };
        let arrival = Arrival {
            id: OsEntropy.item_id(now),
            origin: Origin::Mail(envelope),
            received_at: now,
            length: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            released: false,
            passwords: passwords.to_vec(),
        };
        self.washer.wash(subject, arrival, Blob::in_memory(bytes)).await
    }
}
