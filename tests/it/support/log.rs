//! The log of one test, on the thread of that test.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tracing_subscriber::fmt::MakeWriter;

/// Captures everything logged on this thread while it lives (`#[tokio::test]` runs on one thread).
pub(crate) struct Captured {
    lines: watch::Sender<String>,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Captured {
    /// Begins to capture, down to `debug`.
    pub(crate) fn start() -> Self {
        let lines = watch::Sender::new(String::new());
        let subscriber = tracing_subscriber::fmt()
            .with_writer(Writer(Arc::new(Mutex::new(lines.clone()))))
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// Everything so far.
    pub(crate) fn text(&self) -> String {
        self.lines.borrow().clone()
    }

    /// Waits until `words` have been logged.
    pub(crate) async fn until(&self, words: &str) {
        let mut lines = self.lines.subscribe();
        let logged = tokio::time::timeout(Duration::from_secs(30), lines.wait_for(|text| text.contains(words))).await;
        assert!(logged.is_ok_and(|logged| logged.is_ok()), "{words:?} is missing in {}", self.text());
    }
}

#[derive(Clone)]
struct Writer(Arc<Mutex<watch::Sender<String>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().send_modify(|text| text.push_str(std::str::from_utf8(bytes).unwrap()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
