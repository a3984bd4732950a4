//! `temizu serve`: the gateway, until SIGTERM or SIGINT.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::arguments::Serve;
use super::print::Printer;
use super::trouble::{CONFIG, Trouble, UNAVAILABLE};
use super::{rules, setup};
use crate::config::load::Overrides;
use crate::serve::{Edge, Gateway, Role};

pub(super) async fn run(arguments: Serve, printer: &Printer) -> Result<ExitCode, Trouble> {
    let overrides = Overrides {
        smtp_listen: arguments.smtp_listen,
        next_hop: arguments.next_hop,
        domains: arguments.domain,
        ..Overrides::default()
    };
    let loaded = setup::configuration(&arguments.source, overrides, printer)?;
    let rules = Arc::new(rules::in_force(&loaded, printer)?);
    let config = &loaded.config;
    if arguments.role.contains(&Role::Process) {
        setup::site(config, printer)?;
    }
    let roles: BTreeSet<Role> = arguments.role.iter().copied().collect();
    let needs = |role, missing: bool, key: &str, option: &str| {
        let lacking = roles.contains(&role) && missing;
        lacking.then(|| {
            Trouble::new(
                CONFIG,
                format!("{key} がありません。設定ファイルに書くか {option} で示してください"),
                format!("`{key}` is missing; set it in the configuration file or give {option}"),
            )
        })
    };
    let missing = needs(Role::Intake, config.smtp.listen.is_empty(), "smtp.listen", "--smtp-listen")
        .or_else(|| needs(Role::Intake, config.smtp.domains.is_empty(), "smtp.domains", "--domain"))
        .or_else(|| needs(Role::Deliver, config.deliver.next_hop.is_empty(), "deliver.next_hop", "--next-hop"));
    if let Some(trouble) = missing {
        return Err(trouble);
    }
    let unset = loaded.missing_for(super::check::work(&arguments.role));
    if !unset.is_empty() {
        let rendered: String = unset.iter().map(|fault| fault.render(printer.language()) + "\n").collect();
        return Err(setup::faults(&rendered, printer));
    }
    log_to_stderr();
    for warning in &loaded.warnings {
        tracing::warn!("{}", warning.render(crate::domain::Language::En));
    }
    // Before anybody is told that the gateway runs: a signal that comes early stops it as one that comes late does.
    let signals = Signals::listen()?;
    let mut gateway =
        Gateway::start(Arc::new(loaded.config), rules, &roles, Edge::default()).await.map_err(|error| {
            Trouble::new(UNAVAILABLE, format!("起動できません: {error}"), format!("cannot start: {error}"))
        })?;
    tracing::info!(roles = %listed(&roles), version = env!("CARGO_PKG_VERSION"), "the gateway runs");
    for address in gateway.smtp_addresses() {
        tracing::info!(%address, "receiving mail");
    }
    let asked_to = tokio::select! {
        () = signals.come() => true,
        () = gateway.role_ended() => false,
    };
    tracing::info!("stopping: finishing what is in work");
    gateway.stop().await;
    tracing::info!("stopped");
    // A role that ended by itself must not go unnoticed: the service manager starts the gateway anew.
    Ok(if asked_to { ExitCode::SUCCESS } else { ExitCode::from(UNAVAILABLE) })
}

fn listed(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",")
}

/// JSON lines on standard error; the level by `TEMIZU_LOG` (default `info`).
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TEMIZU_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Trouble> {
        let trouble = |error: std::io::Error| Trouble::os("シグナルを待てません", "signals cannot be awaited", &error);
        let terminate = signal(SignalKind::terminate()).map_err(trouble)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(trouble)?;
        Ok(Self { terminate, interrupt })
    }

    /// Returns when one of them has come.
    async fn come(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
