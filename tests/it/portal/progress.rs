//! Pages that wait: how far a file is, how many stand before it, and how it is stopped.
//!
//! Invariant: the worker says how far it is and then never gets further, so that nothing here depends on time.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use reqwest::Method;
use temizu::domain::{ItemId, ItemKey, Reason, Stage};

use super::client::{Client, PARTS, parts};
use super::support::{HANAKO, JIRO, Office, city};
use crate::support::worker::example;

/// What the page says of a worker that stands still.
const STANDING: &str = "変換しています。スライド24枚中14枚";
const STOPPED: &str = "中止しました。結果は出ません。";

/// Puts a file in; where its page is.
async fn put_in(client: &Client) -> String {
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", PARTS)];
    let answer = client.ask(Method::POST, "/upload", &headers, parts(&client.token, b"ab")).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.to().to_owned()
}

/// Looks again and again, as somebody without scripts does.
async fn until(client: &Client, page: &str, awaited: &str) -> String {
    let since = Instant::now();
    loop {
        let answer = client.get(page).await;
        assert_eq!(answer.status, 200);
        let text = answer.text();
        if text.contains(awaited) {
            return text;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "waited for {awaited}: {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn ended_so(office: &Office, page: &str) -> (Stage, Option<Reason>) {
    let id: ItemId = page.strip_prefix("/upload/").unwrap().parse().unwrap();
    let summary = office.site.store().item(&ItemKey { tenant: city(), id }).await.unwrap().summary;
    (summary.stage, summary.reason)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_tells_how_far_it_is_and_is_stopped_by_whoever_put_it_in_and_by_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let busy = folder.path().join("busy");
    symlink(example("misbehave"), &busy).unwrap();
    let office = Office::open_with(|plan| {
        plan.config.sandbox.worker = busy;
        plan.config.sandbox.concurrent = 1;
    })
    .await;
    let (hanako, jiro) = (office.client(HANAKO).await, office.client(JIRO).await);

    let first = put_in(&hanako).await;
    let page = until(&hanako, &first, STANDING).await;
    for part in ["<progress", "max=\"1000\"", "value=\"583\"", "閉じても", "変換を中止する", "もう一度見る"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("時間がかかっています"));
    let heard = hanako.listen(&format!("{first}/events"), STANDING).await;
    assert!(heard.contains("value=\"583\"") && !heard.contains("event: done"), "{heard}");
    // Those of one moment have no order.
    office.site.advance(Duration::from_secs(1));
    let second = put_in(&hanako).await;
    office.site.advance(Duration::from_secs(1));
    let third = put_in(&hanako).await;
    until(&hanako, &second, "まもなく始めます。").await;
    until(&hanako, &third, "順番を待っています（前に1件）。").await;

    // Nobody else stops it, or sees that it is there.
    let head = office.head().await;
    for path in [format!("{first}/stop"), format!("{second}/stop")] {
        assert_eq!(jiro.post(&path, &[]).await.status, 404, "{path}");
    }
    for path in [first.clone(), format!("{first}/events")] {
        assert_eq!(jiro.get(&path).await.status, 404, "{path}");
    }
    assert!(office.records(head).await.iter().all(|(_, actor, _)| actor != &format!("user:{JIRO}")));

    // One that waits, then the one that is worked on: its worker is let go and takes the next.
    for page in [&second, &first] {
        let stopped = hanako.post(&format!("{page}/stop"), &[]).await;
        assert_eq!((stopped.status, stopped.to()), (303, page.as_str()));
        assert!(hanako.get(page).await.text().contains(STOPPED));
        assert_eq!(ended_so(&office, page).await, (Stage::Quarantined, Some(Reason::Withdrawn)));
        let told = hanako.get(&format!("{page}/events")).await.text();
        assert!(told.contains(STOPPED) && told.contains("event: done"), "{told}");
    }
    until(&hanako, &third, STANDING).await;
    let written = office.records(head).await;
    let stops = written.iter().filter(|(event, actor, _)| event == "upload_withdrawn" && actor == "user:hanako");
    assert_eq!(stops.count(), 2);

    office.site.advance(Duration::from_secs(180));
    let page = until(&hanako, &third, "時間がかかっています。終わると、結果が受信一覧に出ます。").await;
    assert!(page.contains(STANDING));
    hanako.post(&format!("{third}/stop"), &[]).await;
    assert!(hanako.get("/mails").await.status == 200 && !hanako.get("/mails").await.text().contains("a.txt"));
    office.site.stop().await;
}
