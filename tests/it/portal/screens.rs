//! What the pages of a mail, of requests and of decisions show beyond their first lines, and what they refuse.
//!
//! Invariant: by HTTP alone; what a browser makes of the pages is told elsewhere.

use std::time::Duration;

use temizu::domain::{Digest, ItemId, RequestId};
use temizu::ports::{ArrivalQuery, Viewer};

use super::letters::{kept_back, letter, lists, locked, pdf, picture, program};
use super::support::{HANAKO, JIRO, KAEDE, MOMO, Office, SAKURA, account, city, mailbox};

const WHY: &str = "業務で原本のまま編集する必要があるため。";

/// The bytes that were rebuilt of the file with this name.
async fn rebuilt(office: &Office, item: ItemId, name: &str) -> Digest {
    let arrival = office.arrival(HANAKO, item).await;
    let named = arrival.parts.iter().find(|part| part.part.name.as_ref().is_some_and(|one| one.to_string() == name));
    named.and_then(|part| part.now.as_ref()).expect("a rebuilt file").digest
}

async fn asked(office: &Office, item: ItemId) -> RequestId {
    let fields = [("part", ""), ("department", "road"), ("why", WHY), ("use_until", "2026-12-24"), ("pledge", "1")];
    let answer = office.client(HANAKO).await.post(&format!("/m/{item}/request"), &fields).await;
    assert_eq!((answer.status, answer.to()), (303, "/requests?said=asked"), "{}", answer.text());
    let own = office.site.store().own_requests(&city(), account(HANAKO), 10).await.unwrap();
    own.iter().find(|request| request.item == item).expect("the request").id
}

fn in_order(text: &str, pieces: &[&str]) {
    let mut from = 0;
    for piece in pieces {
        let at = text[from..].find(piece).unwrap_or_else(|| panic!("{piece} is not after what came before it: {text}"));
        from += at + piece.len();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_and_tables_that_were_written_anew_are_shown_and_nothing_else_is() {
    let office = Office::open().await;
    let table = ("名簿.csv", "text/csv", "氏名,内線\r\n柏木,<b>12</b>\r\n".as_bytes().to_vec());
    let text = ("連絡.txt", "text/plain", "十時からです。\r\n".as_bytes().to_vec());
    let item = office.mail(HANAKO, &letter("地図", "山田建設", "送ります。", &[picture(), table, text, pdf()])).await;
    let other = office.mail(JIRO, &letter("別の地図", "山田建設", "送ります。", &[picture(), pdf()])).await;
    let client = office.client(HANAKO).await;
    let drawn = rebuilt(&office, item, "地図.png").await;
    let page = client.get(&format!("/m/{item}")).await.text();
    assert!(page.contains(&format!("<img src=\"/m/{item}/preview/{drawn}\" alt=\"地図.png\"")), "{page}");
    assert!(page.contains("柏木,&#60;b&#62;12&#60;/b&#62;"), "the table, escaped: {page}");
    assert_eq!(page.matches("<img ").count(), 1);

    let head = office.head().await;
    let answer = client.get(&format!("/m/{item}/preview/{drawn}")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-disposition", "inline"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    let looked = ("file_shown".to_owned(), format!("user:{HANAKO}"), Some(item.to_string()));
    assert_eq!(office.records(head).await, [looked]);
    assert!(
        !client.get(&format!("/m/{item}")).await.text().contains("ダウンロードしました"),
        "to look is not to fetch"
    );

    for name in ["名簿.csv", "連絡.txt"] {
        let digest = rebuilt(&office, item, name).await;
        assert_eq!(client.get(&format!("/m/{item}/preview/{digest}")).await.status, 404, "{name}");
    }
    assert_eq!(client.get(&format!("/m/{other}/preview/{drawn}")).await.status, 404, "of somebody else's mail");
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approver_sees_the_pictures_of_the_mail_they_decide_on_and_of_no_other() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &letter("地図", "山田建設", "送ります。", &[picture(), pdf()])).await;
    let other = ("別.png", "image/png", picture().2);
    let other = office.mail(HANAKO, &letter("別の地図", "山田建設", "送ります。", &[other, lists_file()])).await;
    let request = asked(&office, item).await;
    let drawn = rebuilt(&office, item, "地図.png").await;
    let table = rebuilt(&office, other, "名簿.csv").await;
    let path = format!("/approvals/{request}/preview/{drawn}");
    let approver = office.client(SAKURA).await;
    let page = approver.get(&format!("/approvals/{request}")).await.text();
    assert!(page.contains(&format!("<img src=\"{path}\" alt=\"地図.png\"")), "{page}");
    assert!(!page.contains("/file/"), "nothing to fetch");
    let head = office.head().await;
    let answer = approver.get(&path).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    let looked = ("file_shown".to_owned(), format!("user:{SAKURA}"), Some(item.to_string()));
    assert_eq!(office.records(head).await, [looked]);
    assert_eq!(approver.get(&format!("/approvals/{request}/preview/{table}")).await.status, 404);
    for login in [KAEDE, HANAKO, JIRO] {
        assert_eq!(office.client(login).await.get(&path).await.status, 404, "{login}");
    }
    office.site.stop().await;
}

fn lists_file() -> (&'static str, &'static str, Vec<u8>) {
    ("名簿.csv", "text/csv", "氏名,内線\r\n柏木,12\r\n".as_bytes().to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_to_a_mail_is_one_list_and_others_learn_no_reasons() {
    let office = Office::open().await;
    let reference = office.site.send(&["road@city.example.lg.jp"], &lists()).await;
    let item = office.site.ended(reference).await.summary.id;
    let viewer = |login: &str| Viewer {
        tenant: city(),
        account: account(login),
        mailboxes: vec!["road@city.example.lg.jp".to_owned(), mailbox(login)],
    };
    let detail = office.site.store().arrival(&viewer(HANAKO), item, None).await.unwrap();
    let table =
        detail.line.arrival.parts.iter().filter_map(|part| part.now.as_ref()).find(|now| now.name == "名簿.csv");
    let path = format!("/m/{item}/file/{}", table.unwrap().digest);
    let mut clients = Vec::new();
    for login in [HANAKO, MOMO] {
        office.site.advance(Duration::from_secs(60));
        let client = office.client(login).await;
        assert_eq!(client.get(&path).await.status, 200);
        clients.push(client);
    }
    office.site.advance(Duration::from_secs(60));
    let request = asked(&office, item).await;
    office.site.advance(Duration::from_secs(60));
    let returned = [("ruling", "return"), ("comment", "再送を頼んでください。")];
    assert_eq!(office.client(SAKURA).await.post(&format!("/approvals/{request}"), &returned).await.status, 303);

    let own = clients[0].get(&format!("/m/{item}")).await.text();
    in_order(
        &own,
        &[
            "<h2 id=\"history\">",
            "メールが届きました。",
            "高橋 花子さんが「名簿.csv」をダウンロードしました。",
            "渡辺 桃さんが「名簿.csv」をダウンロードしました。",
            "あなたが原本を申請しました：メール全体。理由：業務で",
            "佐藤 桜さんが申請を差し戻しました。コメント：再送を頼んでください。",
            "保管期限です。過ぎると削除します。",
        ],
    );
    assert!(own.contains("road@city.example.lg.jp へ"), "its delivery: {own}");
    let others = clients[1].get(&format!("/m/{item}")).await.text();
    assert!(others.contains("高橋 花子さんが原本を申請しました（"), "{others}");
    assert!(!others.contains(WHY) && !others.contains("再送を頼んでください。"), "{others}");
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typed_passwords_are_told_by_number_and_by_whom() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &locked()).await;
    let client = office.client(HANAKO).await;
    let fields = [("password", "Wq3Vb81Tn"), ("password", "kaeru-no-ko")];
    let answer = client.post(&format!("/m/{item}/password"), &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let page = client.get(&format!("/m/{item}")).await.text();
    assert!(page.contains("高橋 花子さんがパスワードを2個入れました（"), "{page}");
    assert!(!page.contains("Wq3Vb81Tn"), "never themselves");
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_of_the_thread_and_of_the_sender_are_named_and_those_of_others_are_not() {
    let office = Office::open().await;
    let with = |mail: Vec<u8>, headers: &str, from: &str| {
        let text = String::from_utf8(mail).unwrap().replace("sender@example.com", from);
        text.replacen("MIME-Version", &format!("{headers}MIME-Version"), 1).into_bytes()
    };
    let plain = |subject: &str| letter(subject, "山田建設", "本文", &[]);
    let first =
        office.mail(HANAKO, &with(plain("最初の便り"), "Message-ID: <1@example.com>\r\n", "a@example.com")).await;
    office.site.advance(Duration::from_secs(60));
    office.mail(HANAKO, &with(plain("同じ人の便り"), "", "b@example.net")).await;
    office.mail(HANAKO, &with(plain("似た人の便り"), "", "bb@example.net")).await;
    office.mail(JIRO, &with(plain("よその便り"), "", "b@example.net")).await;
    let reply = with(plain("返事"), "In-Reply-To: <1@example.com>\r\n", "b@example.net");
    let reply = office.mail(HANAKO, &reply).await;
    let page = office.client(HANAKO).await.get(&format!("/m/{reply}")).await.text();
    let (_, related) = page.split_once("<h2 id=\"related\">").expect("related mail");
    in_order(related, &["同じ人の便り", &format!("/m/{first}"), "最初の便り"]);
    assert!(!related.contains("よその便り") && !related.contains("似た人の便り"), "{related}");
    assert!(!related.contains(&format!("href=\"/m/{reply}\"")), "not itself");
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_again_finds_the_old_words_and_nobody_elses() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &kept_back()).await;
    let request = asked(&office, item).await;
    let client = office.client(HANAKO).await;
    let waiting = client.get("/requests").await.text();
    assert!(
        waiting.contains("承認できる人") && waiting.contains("佐藤 桜") && waiting.contains("あと3日"),
        "{waiting}"
    );
    assert!(waiting.contains("令和8年12月24日（木）まで"), "{waiting}");
    let approver = office.client(SAKURA).await;
    assert!(approver.get("/approvals").await.text().contains("あと3日"));
    office.site.advance(Duration::from_secs(60 * 3_600));
    let late = office.client(SAKURA).await.get("/approvals").await.text();
    assert!(late.contains("<span class=\"warn-text\">あと12時間</span>"), "{late}");
    let returned = [("ruling", "return"), ("comment", "理由をくわしく書いてください。")];
    let approver = office.client(SAKURA).await;
    assert_eq!(approver.post(&format!("/approvals/{request}"), &returned).await.status, 303);

    let client = office.client(HANAKO).await;
    let again = format!("/m/{item}/request?again={request}");
    assert!(client.get("/requests").await.text().contains(&again.replace('&', "&amp;")));
    assert!(client.get(&again).await.text().contains(WHY), "the old words");
    let other = office.mail(MOMO, &kept_back()).await;
    let page = office.client(MOMO).await.get(&format!("/m/{other}/request?again={request}")).await;
    assert!(page.status == 200 && !page.text().contains(&format!(">{WHY}<")), "nobody else's");
    let past = [("part", ""), ("department", "road"), ("why", WHY), ("use_until", "2026-01-01"), ("pledge", "1")];
    assert_eq!(client.post(&format!("/m/{item}/request"), &past).await.status, 422);
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_different_rules_keep_back_are_not_approved_together() {
    let office = Office::open().await;
    let (one, two) = (office.mail(HANAKO, &kept_back()).await, office.mail(HANAKO, &kept_back()).await);
    let other = office.mail(HANAKO, &lists()).await;
    let mut ids = Vec::new();
    for item in [one, two, other] {
        ids.push(asked(&office, item).await.to_string());
    }
    let approver = office.client(SAKURA).await;
    let all: Vec<_> = ids.iter().map(|id| ("request", id.as_str())).collect();
    assert_eq!(approver.post("/approvals", &all).await.status, 409, "nothing of the last one is kept back");
    assert_eq!(approver.post("/approvals", &all[..2]).await.to(), "/approvals?said=approved");
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_are_filtered_on_the_page_and_in_the_file() {
    let office = Office::open().await;
    let approver = office.client(SAKURA).await;
    for (mail, ruling) in [(kept_back(), "approve"), (program(), "return")] {
        let request = asked(&office, office.mail(HANAKO, &mail).await).await;
        let done = approver.post(&format!("/approvals/{request}"), &[("ruling", ruling), ("comment", ruling)]).await;
        assert_eq!(done.status, 303);
    }
    for (query, lines) in [
        ("", 2),
        ("?state=approved", 1),
        ("?state=returned", 1),
        ("?q=%E9%AB%98%E6%A9%8B", 2),
        ("?q=nobody", 0),
        ("?until=2026-01-01", 0),
        ("?since=2026-11-23&state=approved", 1),
        ("?since=yesterday", 2),
    ] {
        let page = approver.get(&format!("/decided{query}")).await;
        assert_eq!(
            (page.status, page.text().matches("<td role=\"cell\" data-label=\"結果\"").count()),
            (200, lines),
            "{query}"
        );
        let file = approver.get(&format!("/decided.csv{query}")).await.text();
        assert_eq!(file.lines().count(), lines + 1, "{query}: {file}");
    }
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn very_many_files_within_an_hour_are_refused_on_record() {
    let office = Office::open_with(|plan| plan.config.portal.fetches_per_hour = 3).await;
    let item = office.mail(HANAKO, &lists()).await;
    let digests = [rebuilt(&office, item, "名簿.csv").await, rebuilt(&office, item, "連絡事項.txt").await];
    let client = office.client(HANAKO).await;
    for digest in digests.iter().cycle().take(6) {
        assert_eq!(client.get(&format!("/m/{item}/file/{digest}")).await.status, 200, "the same bytes count once");
    }
    let head = office.head().await;
    assert_eq!(client.post(&format!("/m/{item}/files"), &[]).await.status, 429);
    let refused = ("fetches_refused".to_owned(), format!("user:{HANAKO}"), None);
    assert_eq!(office.records(head).await, [refused]);
    let page = client.get(&format!("/m/{item}")).await;
    assert!(page.status == 200 && page.text().contains("名簿を送ります。"), "one more is within the limit");
    let text = client.get(&format!("/m/{item}/file/{}", digests[0])).await;
    assert!(text.status == 429 && text.text().contains("1時間に受け取れる数を超えた"), "{}", text.status);
    let page = client.get(&format!("/m/{item}")).await;
    assert!(page.status == 200 && !page.text().contains("名簿を送ります。"), "the page is there, its text is not");
    assert_eq!(office.client(JIRO).await.get("/mails").await.status, 200);
    office.site.advance(Duration::from_secs(3_601));
    let client = office.client(HANAKO).await;
    assert_eq!(client.get(&format!("/m/{item}/file/{}", digests[0])).await.status, 200, "an hour later");
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_goes_either_way_and_a_line_has_its_files() {
    let office = Office::open().await;
    let mut items = Vec::new();
    for _ in 0..2 {
        items.push(office.mail(HANAKO, &lists()).await);
        office.site.advance(Duration::from_secs(60));
    }
    let client = office.client(HANAKO).await;
    let [older, newer] = [0, 1].map(|at: usize| format!("href=\"/m/{}\" data-open", items[at]));
    in_order(&client.get("/mails?tab=all").await.text(), &[&newer, &older]);
    let turned = client.get("/mails?tab=all&order=old").await.text();
    in_order(&turned, &[&older, &newer]);
    assert!(turned.contains("新しい順に並べる") && turned.contains("data-shortcuts"), "{turned}");
    let next = client.get(&format!("/mails?tab=all&order=old&older={}", items[0])).await.text();
    assert!(next.contains(&newer) && !next.contains(&older), "what comes after");
    let zip = client.post("/mails", &[("one", items[0].to_string().as_str())]).await;
    assert!(zip.status == 200 && zip.body.starts_with(b"PK"));
    let viewer = Viewer { tenant: city(), account: account(HANAKO), mailboxes: vec![mailbox(HANAKO)] };
    assert_eq!(
        office.site.store().list(&viewer, &ArrivalQuery { limit: 9, ..ArrivalQuery::default() }).await.unwrap().len(),
        2
    );
    office.site.stop().await;
}
