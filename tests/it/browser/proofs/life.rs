//! How a browser comes and goes, and what it does not reach.

use std::path::Path;
use std::time::Instant;

use super::super::authority::{Authority, issued};
use super::super::chromium::Chromium;
use super::super::tab::PATIENCE;
use super::{opened, pages};
use crate::browser::Tab;

/// Processes that have `word` in their command line.
fn processes(word: &str) -> usize {
    let folders = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let lines = folders.filter_map(|folder| std::fs::read(folder.join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(word)).count()
}

#[tokio::test]
async fn a_browser_that_is_missing_is_a_failure_with_a_hint() {
    let missing = Chromium::start("chromium-that-is-not-there").await.unwrap_err();
    assert!(missing.contains("run `cargo xtask tools` first"), "{missing}");
    let broken = Chromium::start("false").await.unwrap_err();
    assert!(broken.contains("does not start"), "{broken}");
}

#[tokio::test]
async fn a_browser_leaves_no_process_and_no_file_behind() {
    let browser = Chromium::start("chromium").await.unwrap();
    let folder = browser.folder.clone();
    let word = folder.to_str().unwrap().to_owned();
    assert!(folder.join("profile").is_dir() && processes(&word) > 2);
    tokio::task::spawn_blocking(move || drop(browser)).await.unwrap();
    let since = Instant::now();
    while processes(&word) > 0 || folder.exists() {
        assert!(since.elapsed() < PATIENCE, "{} is still used", folder.display());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_browser_knows_no_name_but_localhost_and_no_authority_but_ours() {
    let (tab, served) = opened(&[]).await;
    let by_name = served.url("/").replace("127.0.0.1", "localhost");
    assert_eq!(tab.go(&by_name).await, 200);
    let other = pages("<p>x</p>").serve_as(&Authority::new()).await;
    let refused = tab.page.goto(other.url("/")).await.unwrap_err().to_string();
    assert!(refused.contains("ERR_CERT_AUTHORITY_INVALID"), "{refused}");
    let refused = tab.page.goto("https://example.com/").await.unwrap_err().to_string();
    assert!(refused.contains("ERR_NAME_NOT_RESOLVED"), "{refused}");
}

#[tokio::test]
async fn a_certificate_for_a_server_under_test_is_two_files() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = issued(folder.path());
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&chain).matches("BEGIN CERTIFICATE").count(), 2);
    assert!(read(&key).contains("PRIVATE KEY"));
}

#[tokio::test]
async fn a_further_origin_is_foreign_until_the_tab_may_ask_it() {
    let other = pages("<p>x</p>").serve().await;
    let html = super::GOOD.replace("</main>", &format!("<a href={}>もう一つ</a></main>", other.url("/next")));
    let served = pages(&html).serve().await;
    let tab = Tab::open().await;
    tab.go(&served.url("/")).await;
    tab.follow("もう一つ").await;
    super::super::checks::no_foreign_request(&tab).await.unwrap_err();
    tab.may_ask(&other.url("/"));
    super::super::checks::no_foreign_request(&tab).await.unwrap();
}
