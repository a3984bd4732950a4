//! What cannot be seen from one value alone: contradictions, missing values, files that are not there.
//!
//! Invariant: each check names the key that has to change.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::fault::{Fault, Problem, Words};
use super::load::Work;
use super::places::Places;
use super::{Config, DeliverTls, StoreKind, gaiji};
use crate::domain::Domain;

/// Values that fit alone and not together.
pub(super) fn contradictions(config: &Config, places: &Places) -> Vec<Fault> {
    let (smtp, deliver, limits) = (&config.smtp, &config.deliver, &config.limits);
    let mut faults = Vec::new();
    let (portal, review) = (&config.portal, &config.review);
    for (certificate, key, has) in [
        ("smtp.tls_certificate", "smtp.tls_key", (smtp.tls_certificate.is_some(), smtp.tls_key.is_some())),
        ("portal.tls_certificate", "portal.tls_key", (portal.tls_certificate.is_some(), portal.tls_key.is_some())),
        ("review.tls_certificate", "review.tls_key", (review.tls_certificate.is_some(), review.tls_key.is_some())),
    ] {
        match has {
            (true, false) => faults.push(places.fault(certificate, half_pair(key))),
            (false, true) => faults.push(places.fault(key, half_pair(certificate))),
            _ => {}
        }
    }
    if smtp.max_sessions_per_client > smtp.max_sessions {
        faults.push(places.fault("smtp.max_sessions_per_client", at_most("smtp.max_sessions")));
    }
    if limits.header_bytes > limits.message_bytes {
        faults.push(places.fault("limits.header_bytes", at_most("limits.message_bytes")));
    }
    if smtp.listen.iter().any(|address| address.to_string() == deliver.next_hop) {
        faults.push(places.fault("deliver.next_hop", loops()));
    }
    if smtp.domains.iter().collect::<BTreeSet<_>>().len() < smtp.domains.len() {
        faults.push(places.fault("smtp.domains", repeated()));
    }
    if smtp.listen.iter().collect::<BTreeSet<_>>().len() < smtp.listen.len() {
        faults.push(places.fault("smtp.listen", repeated()));
    }
    if deliver.tls == DeliverTls::Off && deliver.tls_ca.is_some() {
        faults.push(places.fault("deliver.tls_ca", unused_ca()));
    }
    faults.extend(incomplete_scaleout(config, places));
    faults.extend(super::identity::contradictions(config, places));
    faults
}

/// A scale-out store without its database.
fn incomplete_scaleout(config: &Config, places: &Places) -> Vec<Fault> {
    let store = &config.store;
    if store.kind == StoreKind::Scaleout && store.postgres.is_empty() {
        return vec![places.fault("store.postgres", missing("postgres = \"postgres://temizu_process@db/temizu\""))];
    }
    Vec::new()
}

/// What is allowed but probably not meant.
pub(super) fn warnings(config: &Config, places: &Places) -> Vec<Fault> {
    let mut faults = Vec::new();
    if config.site.host_name == Domain::placeholder() {
        faults.push(places.fault("site.host_name", placeholder_name()));
    }
    if config.store.data.is_relative() {
        faults.push(places.fault("store.data", relative_folder()));
    }
    if config.store.s3_endpoint.starts_with("http://") {
        faults.push(places.fault("store.s3_endpoint", in_the_clear("https://")));
    }
    if goes_over_the_network(&config.store.postgres) && !config.store.postgres.contains("sslmode=verify-") {
        faults.push(places.fault("store.postgres", in_the_clear("?sslmode=verify-full")));
    }
    faults
}

/// The keys without which the work of a host cannot be done.
pub(super) fn missing_for(work: Work, config: &Config, places: &Places) -> Vec<Fault> {
    let scaleout = config.store.kind == StoreKind::Scaleout;
    let (receives, sends) = (work.receives, work.sends);
    let needed = [
        ("smtp.listen", receives && config.smtp.listen.is_empty(), "listen = [\"0.0.0.0:25\"]"),
        ("smtp.domains", receives && config.smtp.domains.is_empty(), "domains = [\"city.example.lg.jp\"]"),
        ("deliver.next_hop", sends && config.deliver.next_hop.is_empty(), "next_hop = \"mail.lgwan.example.lg.jp:25\""),
        (
            "store.originals",
            scaleout && (receives || work.processes) && config.store.originals.is_empty(),
            "originals = \"s3://temizu-originals\"",
        ),
        (
            "store.derivatives",
            scaleout && (work.processes || sends) && config.store.derivatives.is_empty(),
            "derivatives = \"s3://temizu-derivatives\"",
        ),
    ];
    needed.into_iter().filter(|(_, lacks, _)| *lacks).map(|(key, _, line)| places.fault(key, missing(line))).collect()
}

/// Files and folders that are named and cannot be used by this user.
pub(super) fn unusable_files(config: &Config, places: &Places) -> Vec<Fault> {
    let mut faults = Vec::new();
    let smtp = &config.smtp;
    for (key, path) in [
        ("smtp.tls_certificate", smtp.tls_certificate.as_deref()),
        ("smtp.tls_key", smtp.tls_key.as_deref()),
        ("deliver.tls_ca", config.deliver.tls_ca.as_deref()),
        ("store.postgres_password_file", config.store.postgres_password_file.as_deref()),
        ("store.s3_credentials_file", config.store.s3_credentials_file.as_deref()),
        ("portal.tls_certificate", config.portal.tls_certificate.as_deref()),
        ("portal.tls_key", config.portal.tls_key.as_deref()),
        ("review.tls_certificate", config.review.tls_certificate.as_deref()),
        ("review.tls_key", config.review.tls_key.as_deref()),
        ("notice.template", config.notice.template.as_deref()),
        ("directory.password_file", config.directory.password_file.as_deref()),
        ("directory.ca", config.directory.ca.as_deref()),
        ("openid.client_secret_file", config.openid.client_secret_file.as_deref()),
        ("openid.ca", config.openid.ca.as_deref()),
        ("proxy.secret_file", config.proxy.secret_file.as_deref()),
        ("sandbox.worker", Some(config.sandbox.worker.as_path()).filter(|path| !path.as_os_str().is_empty())),
    ] {
        if let Some(path) = path.filter(|path| !is_readable_file(path)) {
            faults.push(places.fault(key, no_file(path)));
        }
    }
    if let Some(errors) = config.site.gaiji.as_deref().and_then(|path| gaiji::read(path).err()) {
        faults.extend(errors.faults);
    }
    for path in config.rules.files.iter().filter(|path| !is_readable_file(path)) {
        faults.push(places.fault("rules.files", no_file(path)));
    }
    // The folder itself is made at the first start.
    if !config.store.data.ancestors().find(|folder| folder.exists()).is_some_and(Path::is_dir) {
        faults.push(places.fault("store.data", no_folder(&config.store.data)));
    }
    faults
}

/// True unless the database is reached through a Unix socket.
fn goes_over_the_network(database: &str) -> bool {
    let host = database.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    !host.is_empty() && !host.starts_with("%2F")
}

fn in_the_clear(with: &str) -> Problem {
    Problem {
        code: "in_the_clear",
        what: Words::new(
            "新しいメールがネットワークを平文で、または相手を確かめずに通ります",
            "new mails cross the network in the clear, or to a peer that is not checked",
        ),
        instead: Words::new(format!("{with} を使ってください"), format!("use {with}")),
    }
}

fn is_readable_file(path: &Path) -> bool {
    path.is_file() && fs::File::open(path).is_ok()
}

fn half_pair(other: &str) -> Problem {
    Problem {
        code: "half_pair",
        what: Words::new(format!("{other} がありません"), format!("{other} is missing")),
        instead: Words::new(
            "証明書と秘密鍵は両方書くか、両方消してください",
            "set certificate and key both, or neither",
        ),
    }
}

fn at_most(other: &str) -> Problem {
    Problem {
        code: "contradiction",
        what: Words::new(format!("{other} より大きくなっています"), format!("greater than {other}")),
        instead: Words::new(format!("{other} 以下にしてください"), format!("write at most the value of {other}")),
    }
}

fn loops() -> Problem {
    Problem {
        code: "loop",
        what: Words::new("自分自身にメールを送ることになります", "mail would be sent to this gateway itself"),
        instead: Words::new("LGWAN 側のメールサーバを書いてください", "write the LGWAN mail server"),
    }
}

fn repeated() -> Problem {
    Problem {
        code: "repeated",
        what: Words::new("同じ項目が二度あります", "an item is there twice"),
        instead: Words::new("一つにしてください", "write it once"),
    }
}

fn unused_ca() -> Problem {
    Problem {
        code: "contradiction",
        what: Words::new("deliver.tls が off なので使われません", "not used, because deliver.tls is off"),
        instead: Words::new(
            "deliver.tls を \"if-offered\" か \"required\" にするか、この行を消してください",
            "set deliver.tls to \"if-offered\" or \"required\", or remove this line",
        ),
    }
}

fn placeholder_name() -> Problem {
    Problem {
        code: "placeholder_name",
        what: Words::new("ゲートウェイの名前が決まっていません", "the gateway has no name"),
        instead: Words::new(
            "このゲートウェイの名前を書いてください（例 \"temizu.city.example.lg.jp\"）",
            "write the name of this gateway, such as \"temizu.city.example.lg.jp\"",
        ),
    }
}

fn relative_folder() -> Problem {
    Problem {
        code: "relative_folder",
        what: Words::new("起動した場所によって変わるパスです", "the path depends on where the program is started"),
        instead: Words::new("/ で始まるパスを書いてください", "write a path that begins with a slash"),
    }
}

fn missing(example: &str) -> Problem {
    Problem {
        code: "missing",
        what: Words::new("設定されていません", "not set"),
        instead: Words::new(format!("書いてください（例 {example}）"), format!("write, for example, {example}")),
    }
}

fn no_file(path: &Path) -> Problem {
    let path = path.display();
    Problem {
        code: "no_file",
        what: Words::new(format!("{path} を読めません"), format!("{path} cannot be read")),
        instead: Words::new(
            "ファイルを置くか、パスと権限を直してください",
            "put the file there, or correct the path or its permissions",
        ),
    }
}

fn no_folder(path: &Path) -> Problem {
    let path = path.display();
    Problem {
        code: "no_folder",
        what: Words::new(format!("フォルダ {path} がありません"), format!("there is no folder {path}")),
        instead: Words::new("フォルダを作るか、パスを直してください", "make the folder, or correct the path"),
    }
}
