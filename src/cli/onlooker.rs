//! Who looks on while a backup is made or restored: a line on a terminal, and SIGINT or SIGTERM.
//!
//! The first signal asks for an orderly end, the second one ends at once.
//! Invariant: no progress is shown off a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

use super::print::Printer;
use super::trouble::{TEMPORARY, Trouble};
use crate::store::embedded::backup::error::{Onlooker, Step};

/// Between two lines.
const PAUSE: Duration = Duration::from_millis(100);

/// Shows progress, and passes on the wish to stop.
pub(super) struct Watch {
    printer: Printer,
    /// When a line was last shown; `None` if none ever is.
    shown: Option<Mutex<Instant>>,
    stops: Arc<AtomicBool>,
}

impl Watch {
    /// Quiet if `json`, or off a terminal.
    pub(super) fn start(printer: &Printer, json: bool) -> Result<Arc<Self>, Trouble> {
        let trouble = |error: std::io::Error| Trouble::os("シグナルを待てません", "signals cannot be awaited", &error);
        let mut terminate = signal(SignalKind::terminate()).map_err(trouble)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(trouble)?;
        let stops = Arc::new(AtomicBool::new(false));
        let (told, speaking) = (Arc::clone(&stops), *printer);
        tokio::spawn(async move {
            for is_first in [true, false] {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if is_first {
                    told.store(true, Ordering::Relaxed);
                } else {
                    leave(&speaking);
                }
            }
        });
        let is_shown = !json && std::io::stderr().is_terminal();
        Ok(Arc::new(Self { printer: *printer, shown: is_shown.then(|| Mutex::new(Instant::now())), stops }))
    }

    /// Wipes the line.
    pub(super) fn end(&self) {
        if self.shown.is_some() {
            show("");
        }
    }
}

impl Onlooker for Watch {
    fn see(&self, step: Step) {
        let Some(shown) = &self.shown else { return };
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if step != Step::Database && shown.elapsed() < PAUSE {
            return;
        }
        *shown = Instant::now();
        let text = |ja: &str, en: &str| self.printer.choose(ja, en).to_owned();
        show(&match step {
            Step::Database => text("データベースを写しています", "copying the database"),
            Step::Copied(done, all) => format!("{} {done}/{all}", text("ファイルを写しています", "copying files")),
            Step::Compared(done, all) => {
                format!("{} {done}/{all}", text("ファイルを照合しています", "comparing files"))
            }
            Step::Proved(done) => format!("{} {done}", text("中身を確かめています", "checking contents")),
        });
    }

    fn stops(&self) -> bool {
        self.stops.load(Ordering::Relaxed)
    }
}

/// Whatever the work waits for, a disk or a pipe: the second signal does not wait for it.
#[expect(clippy::exit, reason = "returning would wait for the blocked work; what it leaves is refused as unfinished")]
fn leave(printer: &Printer) {
    printer.warn(printer.choose(
        "すぐにやめました。書きかけのものが残っています。そのフォルダを空にしてください",
        "ended at once; what was written so far is left: empty that folder",
    ));
    std::process::exit(i32::from(TEMPORARY));
}

/// One line, over the one before.
fn show(text: &str) {
    let mut err = std::io::stderr().lock();
    // A terminal that went away is no reason to fail.
    if write!(err, "\r\u{1b}[K{text}").and_then(|()| err.flush()).is_err() {}
}
