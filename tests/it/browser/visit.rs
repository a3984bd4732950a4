//! Somebody who looks at one page after the other, and everything that they found wrong.
//!
//! Refuses to end if anything was. Invariant: what `checks::sound` asks for holds of each page; of a page that is an error
//! on purpose all but the browser's own word of that. `TEMIZU_SCREENSHOTS` names a folder for pictures of them.

use std::path::PathBuf;

use super::{Tab, checks};

/// Somebody who looks at pages of one server.
pub(crate) struct Visit {
    pub(crate) tab: Tab,
    base: String,
    seen: Vec<(String, String)>,
    wrong: Vec<String>,
}

impl Visit {
    /// In `tab`, of the server at `base`.
    pub(crate) fn new(base: &str, tab: Tab) -> Self {
        Self { tab, base: base.to_owned(), seen: Vec::new(), wrong: Vec::new() }
    }

    /// Opens a page.
    pub(crate) async fn go(&self, path: &str) -> u16 {
        self.tab.go(&format!("{}{path}", self.base)).await
    }

    /// Opens a page and looks at it.
    pub(crate) async fn look(&mut self, name: &str, path: &str) {
        let status = self.go(path).await;
        if status != 200 {
            self.wrong.push(format!("{name}: {status}"));
        }
        self.weigh(name).await;
    }

    /// Looks at the page that is there.
    pub(crate) async fn weigh(&mut self, name: &str) {
        self.keep(name).await;
        self.seen.push((name.to_owned(), self.tab.title().await));
        if let Err(findings) = checks::sound(&self.tab).await {
            self.wrong.push(format!("{name}: {findings:?}"));
        }
    }

    /// Opens a page whose status is an error, and looks at it.
    pub(crate) async fn fail(&mut self, name: &str, path: &str, expected: u16) {
        let status = self.go(path).await;
        if status != expected {
            self.wrong.push(format!("{name}: {status}"));
        }
        self.weigh_failed(name).await;
    }

    /// Looks at the page of an error that is there. Browsers write such a status to their console; that is forgiven.
    pub(crate) async fn weigh_failed(&mut self, name: &str) {
        self.tab.forgive_status().await;
        self.keep(name).await;
        if let Err(findings) = checks::sound(&self.tab).await {
            self.wrong.push(format!("{name}: {findings:?}"));
        }
    }

    async fn keep(&self, name: &str) {
        if let Some(folder) = std::env::var_os("TEMIZU_SCREENSHOTS").map(PathBuf::from) {
            std::fs::create_dir_all(&folder).unwrap();
            self.tab.screenshot(&folder.join(format!("{name}.png"))).await;
        }
    }

    /// Says what was wrong with any of the pages.
    pub(crate) fn end(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }

    /// As [`Self::end`], of pages that are different ones.
    pub(crate) fn end_of_different(self) {
        let seen: Vec<(&str, &str)> = self.seen.iter().map(|(name, title)| (name.as_str(), title.as_str())).collect();
        checks::titles_differ(&seen).unwrap();
        self.end();
    }
}
