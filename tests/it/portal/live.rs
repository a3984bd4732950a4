//! Passwords and files from staff, in a browser: typed, tried, wrong too often, put in, and pages that tell by themselves
//! how it goes.
//!
//! Invariant: while a test looks at what is under way no worker begins; what a page says next it says without being
//! loaded anew, and once it has said the last word it asks for nothing more.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use temizu::config::Config;
use temizu::domain::ItemId;

use super::letters::locked;
use super::support::{HANAKO, Office};
use crate::browser::{Tab, Visit, checks};

const TYPED: &str = "Zq9Xk27Lm";
/// Longest wait for a page to ask for its stream.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is looked at to see that nothing comes: longer than htmx waits before it asks for a stream again.
const QUIET: Duration = Duration::from_secs(2);

/// Lets workers begin, or has them wait.
struct Gate(PathBuf);

impl Gate {
    /// Where the worker of `config` is, one that is handed what it is to do only while the gate is open. Workers start
    /// before there is anything to do: it is the first byte that waits.
    fn before(config: &mut Config, folder: &Path) {
        let (script, worker) = (folder.join("worker"), config.sandbox.worker.display().to_string());
        let gate = folder.join("closed").display().to_string();
        let text = format!(
            "#!/bin/sh\nfirst=\"$0.$$\"\n{{ dd bs=1 count=1 of=\"$first\" 2>/dev/null\n\
             while [ -e '{gate}' ]; do sleep 0.02; done\ncat \"$first\" -; }} | '{worker}' \"$@\"\n"
        );
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
        config.sandbox.worker = script;
    }

    /// No worker begins before [`Self::open`].
    fn close(office: &Office) -> Self {
        let gate = Self(office.folder().join("closed"));
        std::fs::write(&gate.0, "").unwrap();
        gate
    }

    fn open(self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

/// How often the page asked for a stream.
async fn streams(tab: &Tab) -> usize {
    let requests = tab.requests().await;
    requests.iter().filter(|request| request.url.split('?').next().unwrap().ends_with("/events")).count()
}

/// Waits until the page has said how it ended, and holds it to having done so by itself, over the last of `all` streams.
async fn told(visit: &Visit, gate: Gate, words: &str, all: usize) {
    let tab = &visit.tab;
    let shown = tab.page_shown().await;
    assert!(!tab.text("main").await.contains(words), "it says so before it is so");
    let since = Instant::now();
    while streams(tab).await < all {
        assert!(since.elapsed() < PATIENCE, "the page asks for no stream");
    }
    gate.open();
    tab.wait_for_text(words).await;
    tokio::time::sleep(QUIET).await;
    assert_eq!(tab.page_shown().await, shown, "nothing was loaded anew");
    assert_eq!(streams(tab).await, all, "nothing is asked for after the last word");
    assert_eq!(tab.count(".while-going").await, 0, "nothing is said of what goes on");
}

async fn type_password(tab: &Tab, password: &str) {
    tab.fill("#password-1", password).await;
    tab.follow("開く").await;
}

/// The opened file is on the page of the mail and can be fetched.
async fn fetched(visit: &Visit, item: ItemId) {
    let tab = &visit.tab;
    tab.follow("メールを開く").await;
    assert!(tab.url().await.ends_with(&format!("/m/{item}")), "{}", tab.url().await);
    tab.wait_for_text("通知.docx").await;
    let file = tab.download("article:last-of-type a[data-download]").await;
    assert!(file.bytes.starts_with(b"PK") && file.name == "通知.docx", "{}", file.name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_password_opens_the_file_and_the_page_says_so_by_itself() {
    let office = Office::open_in(Gate::before).await;
    let item = office.mail(HANAKO, &locked()).await;
    let mut visit = Visit::new(&office.base, office.tab(HANAKO).await);
    visit.tab.follow("td .button-primary").await;
    visit.weigh("password-wanted").await;
    visit.tab.click("もう一つ入れる").await;
    visit.tab.wait_for("#password-2").await;
    visit.tab.click("[data-reveal=password-2]").await;
    visit.weigh("password-two").await;
    let gate = Gate::close(&office);
    type_password(&visit.tab, TYPED).await;
    let trial = visit.tab.url().await;
    visit.weigh("trial").await;
    visit.look("trial-others", &format!("/m/{item}/trial")).await;
    visit.look("mail-trying", &format!("/m/{item}")).await;
    visit.tab.go(&trial).await;
    told(&visit, gate, "開けました。", 2).await;
    visit.weigh("trial-opened").await;
    fetched(&visit, item).await;
    visit.weigh("mail-opened").await;
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_password_opens_the_file_without_scripts_too() {
    let office = Office::open_in(Gate::before).await;
    let item = office.mail(HANAKO, &locked()).await;
    let mut visit = Visit::new(&office.base, Tab::open().await);
    visit.tab.disable_javascript().await;
    office.sign_in(&visit.tab, HANAKO).await;
    visit.tab.follow("td .button-primary").await;
    assert_eq!(visit.tab.count("input[type=password]").await, 10, "all of them, where no script can bring more");
    visit.weigh("password-wanted-plain").await;
    let gate = Gate::close(&office);
    type_password(&visit.tab, TYPED).await;
    visit.weigh("trial-plain").await;
    visit.tab.follow("もう一度見る").await;
    assert!(!visit.tab.text("main").await.contains("開けました。"));
    gate.open();
    while visit.tab.exists("p > a[href*='/trial/']").await {
        visit.tab.follow("もう一度見る").await;
    }
    visit.tab.wait_for_text("開けました。").await;
    assert_eq!(streams(&visit.tab).await, 0);
    fetched(&visit, item).await;
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_are_counted_down_and_after_the_fifth_the_page_says_whom_to_ask() {
    let office = Office::open_in(Gate::before).await;
    let item = office.mail(HANAKO, &locked()).await;
    let mut visit = Visit::new(&office.base, office.tab(HANAKO).await);
    visit.go(&format!("/m/{item}/password")).await;
    for left in (0..5).rev() {
        assert!(visit.tab.text("#password-help").await.contains(&format!("あと{}回ためせます。", left + 1)));
        let gate = Gate::close(&office);
        // A full-width letter is what goes wrong most often.
        type_password(&visit.tab, if left == 4 { "Ｗq3Vb81Tn" } else { "wrong-password" }).await;
        let words = match left {
            4 => "全角の文字が入っていました。半角で入れ直してください（あと4回）",
            0 => "続けて違ったため、止めました。情報政策課 内線1234へ",
            _ => "全角になっていないか確かめてください",
        };
        told(&visit, gate, words, 5 - left).await;
        if left > 0 {
            assert!(visit.tab.text("main").await.contains(&format!("（あと{left}回）")));
            if left == 4 {
                visit.weigh("trial-wrong").await;
                visit.tab.reload().await;
                visit.weigh("password-wrong").await;
            } else {
                visit.tab.follow("もう一度入れる").await;
            }
        }
    }
    visit.weigh("trial-locked").await;
    visit.look("password-locked", &format!("/m/{item}/password")).await;
    let main = visit.tab.text("main").await;
    assert!(main.contains("止めました。") && main.contains("情報政策課 内線1234"), "{main}");
    assert_eq!(visit.tab.count("main input, main button").await, 0);
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_put_in_is_made_safe_while_the_page_tells_how_it_goes() {
    let office = Office::open_in(|config, folder| {
        config.portal.upload_bytes = 100_000;
        Gate::before(config, folder);
    })
    .await;
    let (file, big) = (office.folder().join("見積.txt"), office.folder().join("big.txt"));
    std::fs::write(&file, "お見積りです。\r\n").unwrap();
    std::fs::write(&big, vec![b'x'; 100_001]).unwrap();
    let mut visit = Visit::new(&office.base, office.tab(HANAKO).await);
    visit.look("upload", "/upload").await;
    visit.tab.attach("#file", &big).await;
    visit.tab.follow("無害化する").await;
    visit.tab.wait_for_text("決められた大きさを超えています。何も保存していません。").await;
    visit.weigh_failed("upload-refused").await;
    let gate = Gate::close(&office);
    visit.tab.attach("#file", &file).await;
    visit.tab.follow("無害化する").await;
    visit.weigh("upload-under-way").await;
    told(&visit, gate, "終わりました。", 1).await;
    visit.weigh("upload-done").await;
    visit.tab.follow("結果を見る").await;
    visit.weigh("upload-result").await;
    let fetched = visit.tab.download("a[data-download]").await;
    assert_eq!(fetched.name, "見積.txt");
    assert!(String::from_utf8_lossy(&fetched.bytes).contains("お見積りです。"));
    checks::no_script_error(&visit.tab).await.unwrap();
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_wait_are_sound_in_english() {
    let office = Office::open_in(Gate::before).await;
    let item = office.mail(HANAKO, &locked()).await;
    let mut visit = Visit::new(&office.base, office.tab(HANAKO).await);
    visit.tab.follow("English").await;
    visit.look("password-wanted-en", &format!("/m/{item}/password")).await;
    let gate = Gate::close(&office);
    visit.tab.fill("#password-1", "wrong-password").await;
    visit.tab.follow("Open").await;
    visit.weigh("trial-en").await;
    told(&visit, gate, "The password is wrong.", 1).await;
    visit.weigh("trial-wrong-en").await;
    visit.look("upload-en", "/upload").await;
    visit.look("request-en", &format!("/m/{item}/request")).await;
    visit.end();
    office.site.stop().await;
}
