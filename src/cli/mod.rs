//! The command line: what operators type at 3 a.m.
//!
//! Refuses: unknown commands, options and keys, with the nearest known one. Errors go to standard error, say what to do
//! next, and end with an exit code of `sysexits`; every list has `--json`. Japanese if the locale is Japanese, English
//! otherwise. Invariant: no command but `serve` and `demo` listens on anything.

mod arguments;
mod audit;
mod backup;
mod backup_trouble;
mod check;
mod config;
mod demo;
mod explain;
mod health;
mod migrate;
mod notice;
mod onlooker;
mod print;
mod quarantine;
mod queue;
mod restore;
mod retention;
mod roster;
mod rules;
mod sanitize;
mod serve;
mod setup;
mod store;
mod store_trouble;
mod trace;
mod trouble;
mod user;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use arguments::{Arguments, Command};
use print::Printer;
use trouble::{Trouble, USAGE};

pub use trouble::EXIT_CODES;

/// The commands and options as data, for whoever writes a manual from them.
#[must_use]
pub fn grammar() -> clap::Command {
    Arguments::command()
}

/// Parses the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(shown) => return refused(&shown),
    };
    let printer = Printer::from_environment();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return printer.trouble(&Trouble::os("実行環境を作れません", "no runtime can be started", &error));
        }
    };
    match runtime.block_on(run(arguments.command, &printer)) {
        Ok(code) => code,
        Err(trouble) => printer.trouble(&trouble),
    }
}

/// Help and version are answers; anything else is wrong usage.
fn refused(shown: &clap::Error) -> ExitCode {
    // A reader that went away (`--help | head`) is no reason to fail.
    shown.print().unwrap_or_default();
    if shown.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}

async fn run(command: Command, printer: &Printer) -> Result<ExitCode, Trouble> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, printer).await,
        Command::Demo(arguments) => demo::run(arguments, printer).await,
        Command::Check(arguments) => check::run(&arguments, printer),
        Command::Config(arguments) => config::run(&arguments, printer),
        Command::Sanitize(arguments) => sanitize::run(arguments, printer).await,
        Command::Explain(arguments) => explain::run(arguments, printer).await,
        Command::Queue(arguments) => queue::run(arguments, printer).await,
        Command::Quarantine(arguments) => quarantine::run(arguments, printer).await,
        Command::Trace(arguments) => trace::run(arguments, printer).await,
        Command::Notice(arguments) => notice::run(arguments, printer),
        Command::Rules(arguments) => rules::run(arguments, printer).await,
        Command::Audit(arguments) => audit::run(arguments, printer).await,
        Command::Backup(arguments) => backup::run(arguments, printer).await,
        Command::Restore(arguments) => restore::run(arguments, printer).await,
        Command::Migrate(arguments) => migrate::run(arguments, printer).await,
        Command::Retention(arguments) => retention::run(arguments, printer).await,
        Command::Store(arguments) => store::run(arguments, printer).await,
        Command::User(arguments) => user::run(arguments, printer).await,
        Command::Healthcheck(arguments) => health::run(arguments, printer).await,
    }
}
