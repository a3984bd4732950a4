//! A converter that is killed while somebody waits for its result: bar 7 of the pages.
//!
//! Invariant: the page tells the end by itself, nothing unsanitized is in anybody's hands meanwhile, and the file is made
//! safe by the next worker.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use temizu::config::Config;

use super::support::{HANAKO, Office};

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the worker of `config` is, one that is killed with its first byte as long as there is a file `deadly`.
fn killed(config: &mut Config, folder: &Path) {
    let (script, worker) = (folder.join("worker"), config.sandbox.worker.display().to_string());
    let deadly = folder.join("deadly").display().to_string();
    let text = format!(
        "#!/bin/sh\nfirst=\"$0.$$\"\n{{ dd bs=1 count=1 of=\"$first\" 2>/dev/null\n\
         [ -e '{deadly}' ] && kill -9 $$ && exit\ncat \"$first\" -; }} | '{worker}' \"$@\"\n"
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    config.sandbox.worker = script;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_waits_survives_a_killed_converter_and_tells_the_end_by_itself() {
    let office = Office::open_in(killed).await;
    let deadly = office.folder().join("deadly");
    std::fs::write(&deadly, "").unwrap();
    let file = office.folder().join("見積.txt");
    std::fs::write(&file, "お見積りです。\r\n").unwrap();
    let tab = office.tab(HANAKO).await;
    tab.go(&office.at("/upload")).await;
    tab.attach("#file", &file).await;
    tab.follow("無害化する").await;
    let (shown, since) = (tab.page_shown().await, Instant::now());
    while !office.records(0).await.iter().any(|(event, ..)| event == "deferred") {
        assert!(since.elapsed() < PATIENCE, "no worker was killed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!tab.text("main").await.contains("終わりました。"));
    let list = office.client(HANAKO).await.get("/mails?tab=all").await.text();
    assert!(!list.contains("data-row"), "nothing is there to be fetched: {list}");
    std::fs::remove_file(&deadly).unwrap();
    office.site.advance(Duration::from_secs(300));
    tab.wait_for_text("終わりました。").await;
    assert_eq!(tab.page_shown().await, shown, "nothing was loaded anew");
    tab.follow("結果を見る").await;
    let fetched = tab.download("a[data-download]").await;
    assert!(String::from_utf8_lossy(&fetched.bytes).contains("お見積りです。"));
    assert!(office.hop.seen().taken.is_empty(), "and nobody is sent anything");
    office.site.stop().await;
}
