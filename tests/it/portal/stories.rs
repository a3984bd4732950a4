//! What people come for, from the first page to the last: to fetch a file, to get an original, to decide.
//!
//! Typed passwords and uploads have stories of their own. Invariant: a page says what happened, and the store agrees.

use std::time::Duration;

use serde_json::json;
use temizu::domain::{ArrivalState, AuditEvent, Event, ItemId, RequestId, RequestState};
use temizu::ports::{ArrivalQuery, Viewer};

use super::letters::{kept_back, letter, lists, picture, program};
use super::support::{HANAKO, JIRO, KAEDE, MOMO, Office, PASSWORD, SAKURA, account, city, mailbox};
use crate::browser::{Tab, checks, hostile};

const WHY: &str = "業務で原本のまま編集する必要があるため。";

/// Asks for the whole of a mail; the request.
async fn asked(office: &Office, who: &str, item: ItemId) -> RequestId {
    let fields = [("part", ""), ("department", "road"), ("why", WHY), ("pledge", "1")];
    let answer = office.client(who).await.post(&format!("/m/{item}/request"), &fields).await;
    assert_eq!((answer.status, answer.to()), (303, "/requests?said=asked"), "{}", answer.text());
    office.site.store().own_requests(&city(), account(who), 10).await.unwrap()[0].id
}

/// How a request stands.
async fn state(office: &Office, who: &str, request: RequestId) -> RequestState {
    office.site.store().own_request(&city(), account(who), request).await.unwrap().state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_time_user_sees_before_and_after_and_fetches_the_file_with_scripts_and_without() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &lists()).await;
    let arrival = office.arrival(HANAKO, item).await;
    let file =
        arrival.parts.iter().find(|part| part.part.name.as_ref().is_some_and(|name| name.to_string() == "名簿.csv"));
    let now = file.and_then(|file| file.now.as_ref()).expect("a rebuilt table");
    let viewer = Viewer { tenant: city(), account: account(HANAKO), mailboxes: vec![mailbox(HANAKO)] };
    let record = AuditEvent {
        at: office.site.now(),
        event: Event::FileFetched,
        item: Some(item),
        actor: "operator:test".to_owned(),
        details: json!({}),
    };
    let stored = office.site.store().derivative(&viewer, item, now.digest, record).await.unwrap();
    let stored = stored.collect().await.unwrap();
    for with_scripts in [true, false] {
        let tab = Tab::open().await;
        if !with_scripts {
            tab.disable_javascript().await;
        }
        office.sign_in(&tab, HANAKO).await;
        let mut clicks = 0;
        while !tab.url().await.ends_with(&format!("/m/{item}")) {
            assert!(clicks < 3, "the page of a mail is further than three clicks away");
            tab.follow("名簿の送付").await;
            clicks += 1;
        }
        tab.wait_for_text("変える前").await;
        tab.wait_for_text("変えた後").await;
        tab.wait_for_text("名簿を送ります。").await;
        let head = office.head().await;
        let fetched = tab.download(&format!("a[href='/m/{item}/file/{}']", now.digest)).await;
        assert_eq!((fetched.name.as_str(), &fetched.bytes), ("名簿.csv", &stored));
        let written = office.records(head).await;
        let fetch = ("file_fetched".to_owned(), format!("user:{HANAKO}"), Some(item.to_string()));
        assert!(written.contains(&fetch), "{written:?}");
        let all = tab.download("ファイルをまとめてダウンロード").await;
        assert!(all.name.ends_with(".zip") && all.bytes.starts_with(b"PK"), "{}", all.name);
        checks::no_csp_report(&tab).await.unwrap();
    }
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_original_is_asked_for_and_approved_after_a_fresh_proof_with_scripts_and_without() {
    for with_scripts in [true, false] {
        let office = Office::open().await;
        office.mail(HANAKO, &kept_back()).await;
        let (staff, approver) = (Tab::open().await, Tab::open().await);
        if !with_scripts {
            staff.disable_javascript().await;
            approver.disable_javascript().await;
        }
        office.sign_in(&staff, HANAKO).await;
        staff.follow("議事録の送付").await;
        staff.follow("原本を申請する").await;
        staff.click("議事録.pdf").await;
        staff.fill("#why", WHY).await;
        staff.click("#pledge").await;
        staff.follow("申請する").await;
        staff.wait_for_text("申請しました").await;
        let request = office.site.store().own_requests(&city(), account(HANAKO), 10).await.unwrap()[0].id;

        office.sign_in(&approver, SAKURA).await;
        office.site.advance(Duration::from_secs(6 * 60));
        approver.follow("議事録.pdf").await;
        approver.wait_for_text(WHY).await;
        approver.follow("差し戻す").await;
        approver.wait_for_text("差し戻すときは、理由を書いてください。").await;
        approver.follow("承認する").await;
        approver.wait_for_text("もう一度パスワードを入れてください").await;
        assert_eq!(state(&office, HANAKO, request).await, RequestState::Waiting);
        approver.fill("#password", "違うパスワード").await;
        approver.follow("確かめる").await;
        approver.fill("#password", PASSWORD).await;
        approver.follow("確かめる").await;
        assert_eq!(approver.url().await, office.at(&format!("/approvals/{request}")));
        approver.follow("承認する").await;
        approver.wait_for_text("承認しました").await;
        assert_eq!(state(&office, HANAKO, request).await, RequestState::Approved);

        staff.go(&office.at("/requests")).await;
        staff.wait_for_text("インターネット側の端末で受け取れます。").await;
        office.site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_request_and_a_decision_must_say_is_asked_for() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &program()).await;
    let staff = office.client(HANAKO).await;
    let path = format!("/m/{item}/request");
    for fields in [
        vec![("part", ""), ("department", "road"), ("why", "短い"), ("pledge", "1")],
        vec![("part", ""), ("department", "road"), ("why", WHY)],
        vec![("part", "99"), ("department", "road"), ("why", WHY), ("pledge", "1")],
        vec![("part", ""), ("department", "library"), ("why", WHY), ("pledge", "1")],
    ] {
        let answer = staff.post(&path, &fields).await;
        assert_eq!(answer.status, 422, "{fields:?}");
        assert!(answer.text().contains("role=\"alert\""));
    }
    let request = asked(&office, HANAKO, item).await;
    let again = staff.post(&path, &[("part", ""), ("department", "road"), ("why", WHY), ("pledge", "1")]).await;
    assert_eq!(again.status, 409);

    // A program is dangerous: neither at once with others, nor without a comment.
    let approver = office.client(SAKURA).await;
    let page = format!("/approvals/{request}");
    assert_eq!(approver.post("/approvals", &[("request", &request.to_string())]).await.status, 409);
    assert_eq!(approver.post(&page, &[("ruling", "approve")]).await.status, 422);
    assert_eq!(approver.post(&page, &[("ruling", "return"), ("comment", " ")]).await.status, 422);
    assert_eq!(state(&office, HANAKO, request).await, RequestState::Waiting);
    let returned = approver.post(&page, &[("ruling", "return"), ("comment", "再送を頼んでください。")]).await;
    assert_eq!((returned.status, returned.to()), (303, "/approvals?said=returned"));
    assert_eq!(approver.post(&page, &[("ruling", "approve"), ("comment", "やはり")]).await.status, 409);
    assert!(staff.get("/requests").await.text().contains("再送を頼んでください。"));
    let csv = approver.get("/decided.csv").await;
    assert!(
        csv.text().contains("再送を頼んでください。") && csv.header("content-disposition").starts_with("attachment")
    );
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_decides_on_their_own_request() {
    let office = Office::open().await;
    let item = office.mail(MOMO, &kept_back()).await;
    let request = asked(&office, MOMO, item).await;
    let momo = office.client(MOMO).await;
    assert!(!momo.get("/approvals").await.text().contains(&request.to_string()));
    let page = format!("/approvals/{request}");
    let approved = momo.post(&page, &[("ruling", "approve"), ("comment", "自分で")]).await;
    assert!([404, 409].contains(&approved.status), "{}", approved.status);
    momo.post("/approvals", &[("request", &request.to_string())]).await;
    assert_eq!(state(&office, MOMO, request).await, RequestState::Waiting);
    let sakura = office.client(SAKURA).await;
    assert_eq!(sakura.post("/approvals", &[("request", &request.to_string())]).await.to(), "/approvals?said=approved");
    assert_eq!(state(&office, MOMO, request).await, RequestState::Approved);
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deputy_decides_on_the_days_given_and_the_history_says_for_whom() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &kept_back()).await;
    let request = asked(&office, HANAKO, item).await;
    let page = format!("/approvals/{request}");
    let deputy = office.client(KAEDE).await;
    assert_eq!(deputy.get(&page).await.status, 404);

    let tab = office.tab(SAKURA).await;
    tab.go(&office.at("/deputies")).await;
    tab.fill("#login-new", KAEDE).await;
    tab.choose("#from-new", "2026-11-24").await;
    tab.choose("#until-new", "2026-11-25").await;
    tab.follow("保存する").await;
    assert_eq!(tab.value("#login-1").await, KAEDE);
    assert_eq!(deputy.get(&page).await.status, 404, "not before the first day");

    office.site.advance(Duration::from_secs(24 * 3_600));
    let deputy = office.client(KAEDE).await;
    assert!(deputy.get("/approvals").await.text().contains("佐藤 桜さんの代理として"));
    let done = deputy.post(&page, &[("ruling", "approve"), ("comment", "代理で承認")]).await;
    assert_eq!((done.status, done.to()), (303, "/approvals?said=approved"));
    assert!(deputy.get("/decided").await.text().contains("佐藤 桜の代理"));

    let second = office.mail(HANAKO, &lists()).await;
    let second = asked(&office, HANAKO, second).await;
    office.site.advance(Duration::from_secs(2 * 24 * 3_600));
    let deputy = office.client(KAEDE).await;
    assert_eq!(deputy.get(&format!("/approvals/{second}")).await.status, 404, "not after the last day");
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_decides_or_fetches_in_time_ends_and_the_page_says_so() {
    let office = Office::open().await;
    let (first, second) = (office.mail(HANAKO, &kept_back()).await, office.mail(HANAKO, &lists()).await);
    let waiting = asked(&office, HANAKO, first).await;
    let approved = asked(&office, HANAKO, second).await;
    let approver = office.client(SAKURA).await;
    let page = |request: RequestId| format!("/approvals/{request}");
    let done = approver.post(&page(approved), &[("ruling", "approve")]).await;
    assert_eq!(done.to(), "/approvals?said=approved");

    office.site.advance(Duration::from_secs(73 * 3_600));
    let approver = office.client(SAKURA).await;
    let late = approver.post(&page(waiting), &[("ruling", "approve")]).await;
    assert_eq!(late.status, 409);
    office.site.store().expire_requests(&city(), office.site.now()).await.unwrap();
    for request in [waiting, approved] {
        assert_eq!(state(&office, HANAKO, request).await, RequestState::Expired);
    }
    let text = office.client(HANAKO).await.get("/requests").await.text();
    assert_eq!(text.matches("もう一度申請する").count(), 2);
    office.site.stop().await;
}

/// The shapes of list and page of a mail in which subject and sender are these words, and how many things were found in
/// the mail as a whole: the page has a line for each.
async fn shapes(tab: &Tab, office: &Office, word: &str) -> ([Vec<String>; 2], usize) {
    let item = office.mail(HANAKO, &letter(word, word, "本文", &[("a.txt", "text/plain", b"x\r\n".to_vec())])).await;
    let reference = item.reference();
    tab.go(&office.at(&format!("/mails?tab=all&q={reference}"))).await;
    let list = tab.shape().await;
    tab.go(&office.at(&format!("/m/{item}"))).await;
    let found = office.arrival(HANAKO, item).await.findings.len();
    ([list, tab.shape().await], found)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_subjects_and_senders_change_no_element_of_a_page() {
    let office = Office::open().await;
    let tab = office.tab(HANAKO).await;
    // Something to do, all the time: the list says so above its lines.
    // And as many mails by the same sender as a page names.
    for _ in 0..5 {
        office.mail(HANAKO, &kept_back()).await;
    }
    let (plain, nothing) = shapes(&tab, &office, "見積書").await;
    assert_eq!(nothing, 0);
    let mut compared = 0;
    for (tries, word) in hostile::words() {
        let (found, lines) = shapes(&tab, &office, &word).await;
        // What is found in the headers, or keeps the mail back, has lines of its own on the page.
        compared += usize::from(lines == 0);
        if lines > 0 {
            assert!(!tab.exists("#injected").await && tab.title().await != "injected", "{tries}");
            continue;
        }
        for (found, plain) in found.iter().zip(&plain) {
            let differs = found.iter().zip(plain).find(|(one, other)| one != other);
            assert!(found == plain, "{tries}: {differs:?}, {} and {} elements", found.len(), plain.len());
        }
        assert!(!tab.exists("#injected").await && tab.title().await != "injected", "{tries}");
    }
    assert!(compared >= 20, "only {compared} were compared");
    checks::no_csp_report(&tab).await.unwrap();
    checks::no_foreign_request(&tab).await.unwrap();
    checks::no_script_error(&tab).await.unwrap();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_file_names_put_nothing_into_a_page_nor_into_the_name_of_what_is_saved() {
    let office = Office::open().await;
    let tab = office.tab(HANAKO).await;
    // Whole sets of names in one mail: each is one file of it.
    for words in hostile::words().chunks(8) {
        let names: Vec<String> =
            words.iter().map(|(_, word)| format!("{}.txt", word.chars().take(300).collect::<String>())).collect();
        let mut files: Vec<_> = names.iter().map(|name| (name.as_str(), "text/plain", b"x\r\n".to_vec())).collect();
        let drawn: Vec<String> = names.iter().map(|name| format!("{}.png", name.trim_end_matches(".txt"))).collect();
        files.extend(drawn.iter().map(|name| (name.as_str(), "image/png", picture().2)));
        let item = office.mail(HANAKO, &letter("名前", "山田建設", "本文", &files)).await;
        for path in [format!("/m/{item}"), format!("/m/{item}/request"), "/mails?tab=all".to_owned()] {
            assert_eq!(tab.go(&office.at(&path)).await, 200);
            assert!(!tab.exists("#injected").await && tab.title().await != "injected", "{path} {names:?}");
        }
        let client = office.client(HANAKO).await;
        for part in office.arrival(HANAKO, item).await.parts.iter().filter(|part| part.part.name.is_some()) {
            let Some(now) = &part.now else { continue };
            let answer = client.get(&format!("/m/{item}/file/{}", now.digest)).await;
            let name = answer.header("content-disposition");
            assert!(answer.status == 200 && name.starts_with("attachment; filename=\""), "{name}");
            assert!(!name.contains(['<', '>', '/', '\\']) && name.matches('"').count() == 2, "{name}");
        }
        // Now the page tells of what was fetched, by name.
        assert_eq!(tab.go(&office.at(&format!("/m/{item}"))).await, 200);
        assert!(!tab.exists("#injected").await && tab.title().await != "injected", "{names:?}");
        assert!(tab.exists("figure.preview > img").await, "pictures are shown");
    }
    checks::no_csp_report(&tab).await.unwrap();
    checks::no_foreign_request(&tab).await.unwrap();
    checks::no_script_error(&tab).await.unwrap();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_is_named_and_cannot_be_fetched() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &lists()).await;
    let digest = office.arrival(HANAKO, item).await.parts.iter().find_map(|part| part.now.as_ref()).unwrap().digest;
    office.site.advance(Duration::from_secs(400 * 86_400));
    let now = office.site.now();
    office.site.store().expire(&city(), now, now).await.unwrap();
    let client = office.client(HANAKO).await;
    let viewer = Viewer { tenant: city(), account: account(HANAKO), mailboxes: vec![mailbox(HANAKO)] };
    let query = ArrivalQuery { limit: 10, ..ArrivalQuery::default() };
    let lines = office.site.store().list(&viewer, &query).await.unwrap();
    assert!(lines.iter().all(|line| line.state == ArrivalState::Expired), "{lines:?}");
    assert_eq!(client.get(&format!("/m/{item}/file/{digest}")).await.status, 404);
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_files_of_several_mails_come_in_one_zip_and_nobody_elses_among_them() {
    let office = Office::open().await;
    let own = [office.mail(HANAKO, &lists()).await, office.mail(HANAKO, &lists()).await];
    let foreign = office.mail(JIRO, &lists()).await;
    let client = office.client(HANAKO).await;
    let named: Vec<String> = own.iter().chain([&foreign]).map(ToString::to_string).collect();
    let mut fields: Vec<(&str, &str)> = named.iter().map(|item| ("item", item.as_str())).collect();
    fields.push(("fetch", "1"));
    let head = office.head().await;
    let answer = client.post("/mails", &fields).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-disposition").contains("temizu.zip"));
    for item in own {
        let folder = format!("{}/", item.reference());
        assert!(answer.body.windows(folder.len()).any(|bytes| bytes == folder.as_bytes()), "{folder}");
    }
    let other = foreign.reference().to_string();
    assert!(!answer.body.windows(other.len()).any(|bytes| bytes == other.as_bytes()), "somebody else's");
    let written = office.records(head).await;
    let fetched: Vec<_> = written.iter().filter(|(event, ..)| event == "file_fetched").collect();
    assert!(fetched.len() >= 2 && fetched.iter().all(|(.., item)| *item != Some(foreign.to_string())), "{fetched:?}");
    let none = client.post("/mails", &[("item", named[2].as_str()), ("fetch", "1")]).await;
    assert_eq!(none.status, 404);
    office.site.stop().await;
}
