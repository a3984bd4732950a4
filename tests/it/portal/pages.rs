//! Every page of staff and approvers in a browser: as it is by default, empty, with an error, and with 200 rows.
//!
//! Invariant: what `checks::sound` asks for holds of each.

use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};
use temizu::domain::ItemId;
use temizu::ports::{ArrivalQuery, Viewer};

use super::letters::{all_kinds, kept_back, lists, locked, program};
use super::support::{HANAKO, Office, PASSWORD, SAKURA, account, city, mailbox};
use crate::browser::{Tab, Visit};

const WHY: &str = "業務で原本のまま編集する必要があるため。";

/// `login` at the portal.
async fn visit(office: &Office, login: &str) -> Visit {
    Visit::new(&office.base, office.tab(login).await)
}

async fn ask(office: &Office, item: ItemId) {
    let fields = [("part", ""), ("department", "road"), ("why", WHY), ("pledge", "1")];
    let answer = office.client(HANAKO).await.post(&format!("/m/{item}/request"), &fields).await;
    assert_eq!((answer.status, answer.to()), (303, "/requests?said=asked"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_staff_are_sound() {
    let office = Office::open().await;
    office.mail(HANAKO, &locked()).await;
    office.mail(HANAKO, &program()).await;
    let item = office.mail(HANAKO, &all_kinds()).await;
    let text = office.mail(HANAKO, &lists()).await;
    ask(&office, item).await;
    let arrival = office.arrival(HANAKO, text).await;
    let rebuilt = arrival.parts.iter().filter(|part| part.part.name.is_some()).find_map(|part| part.now.as_ref());
    let digest = rebuilt.unwrap().digest;
    let mut visit = visit(&office, HANAKO).await;
    visit.look("mails", "/mails?tab=all").await;
    visit.look("mail", &format!("/m/{item}")).await;
    visit.look("text", &format!("/m/{text}/text/{digest}")).await;
    visit.look("request", &format!("/m/{item}/request")).await;
    visit.look("requests", "/requests").await;
    visit.look("help", "/help").await;
    visit.look("prove", "/prove").await;
    visit.look("password", "/password").await;
    visit.end_of_different();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_in_english_are_sound() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &all_kinds()).await;
    ask(&office, item).await;
    let mut visit = visit(&office, HANAKO).await;
    visit.tab.follow("English").await;
    visit.look("mails-en", "/mails?tab=all").await;
    visit.look("mail-en", &format!("/m/{item}")).await;
    visit.look("help-en", "/help").await;
    visit.end_of_different();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_with_nothing_on_them_are_sound() {
    let office = Office::open().await;
    let mut visit = visit(&office, HANAKO).await;
    visit.look("mails-empty", "/mails?tab=all").await;
    visit.look("mails-nothing-to-do", "/mails?tab=action").await;
    visit.look("mails-not-found", "/mails?q=from:nobody").await;
    visit.look("requests-empty", "/requests").await;
    office.sign_in(&visit.tab, SAKURA).await;
    visit.look("approvals-empty", "/approvals").await;
    visit.look("decided-empty", "/decided").await;
    visit.look("deputies-empty", "/deputies").await;
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_approvers_are_sound() {
    let office = Office::open().await;
    let (first, second) = (office.mail(HANAKO, &kept_back()).await, office.mail(HANAKO, &program()).await);
    ask(&office, first).await;
    // The older one, which is less dangerous, comes first.
    office.site.advance(Duration::from_secs(60));
    ask(&office, second).await;
    let mut visit = visit(&office, SAKURA).await;
    visit.look("approvals", "/approvals").await;
    visit.tab.follow("tr:nth-child(2) .button-primary").await;
    visit.weigh("approval").await;
    let approver = office.client(SAKURA).await;
    approver.post("/deputies", &[("login", HANAKO), ("from", "2026-11-24"), ("until", "2026-11-25")]).await;
    visit.look("deputies", "/deputies").await;
    visit.tab.go(&office.at("/approvals")).await;
    visit.tab.follow("tr:nth-child(1) .button-primary").await;
    visit.tab.follow("承認する").await;
    visit.look("decided", "/decided").await;
    visit.end_of_different();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_say_what_went_wrong_are_sound() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &kept_back()).await;
    let mut visit = Visit::new(&office.base, Tab::open().await);
    visit.look("sign-in", "/sign-in").await;
    visit.look("link", "/link/none").await;
    visit.tab.follow("ログインする").await;
    visit.weigh_failed("link-over").await;
    visit.tab.go(&office.at("/sign-in")).await;
    visit.tab.fill("#login", HANAKO).await;
    visit.tab.fill("#password", "違うパスワード").await;
    visit.tab.follow("form button.button-primary").await;
    visit.weigh_failed("sign-in-refused").await;
    visit.tab.fill("#login", HANAKO).await;
    visit.tab.fill("#password", PASSWORD).await;
    visit.tab.follow("form button.button-primary").await;
    visit.fail("not-found", "/m/01ARZ3NDEKTSV4RRFFQ69G5FAV", 404).await;
    visit.fail("forbidden", "/deputies", 403).await;
    visit.look("mails-hint", "/mails?q=is:strange%20x:y").await;
    visit.tab.disable_javascript().await;
    visit.tab.go(&office.at(&format!("/m/{item}/request"))).await;
    visit.tab.click("議事録.pdf").await;
    visit.tab.fill("#why", "　　　　　　　　　　　").await;
    visit.tab.click("#pledge").await;
    visit.tab.follow("申請する").await;
    visit.weigh_failed("request-refused").await;
    ask(&office, item).await;
    office.sign_in(&visit.tab, SAKURA).await;
    visit.tab.follow("td .button-primary").await;
    visit.tab.follow("差し戻す").await;
    visit.weigh_failed("approval-refused").await;
    visit.tab.go(&office.at("/deputies")).await;
    visit.tab.fill("#login-new", "nobody").await;
    visit.tab.follow("保存する").await;
    visit.weigh_failed("deputies-refused").await;
    visit.end();
    office.site.stop().await;
}

async fn database(office: &Office) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(office.site.data().join("temizu.db"));
    options.busy_timeout(Duration::from_secs(30)).foreign_keys(false).connect().await.unwrap()
}

/// Rows of `table` that name an item, once more for each of these references.
async fn copy(database: &mut SqliteConnection, table: &'static str, item: ItemId, references: &[String]) {
    let names: Vec<(String, String)> = sqlx::query_as("SELECT name, type FROM pragma_table_info(?1)")
        .bind(table)
        .fetch_all(&mut *database)
        .await
        .unwrap();
    let id = item.to_string();
    let old = id.split_at(ItemId::LENGTH - 8).1;
    let shown = item.reference().to_string();
    let key = if table == "item" { "id" } else { "item" };
    for new in references {
        let values = names.iter().map(|(name, kind)| match (name.as_str(), kind.as_str()) {
            // A request has an identifier of its own: 26 characters of base 32.
            ("id", _) if table == "release_request" => format!("'{}{new}'", "0".repeat(18)),
            (name, "TEXT") => format!("replace(replace({name}, '{old}', '{new}'), '{shown}', '{new}')"),
            (name, _) => name.to_owned(),
        });
        let values: Vec<String> = values.collect();
        let columns: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE {key} = '{item}'",
            columns.join(", "),
            values.join(", ")
        );
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *database).await.unwrap();
    }
}

/// 200 references that no item has.
fn references() -> Vec<String> {
    (0..200).map(|number| format!("00000{number:03}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_200_mails_is_sound_and_is_gone_through_by_keyboard_alone() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &lists()).await;
    let mut connection = database(&office).await;
    for table in ["item", "arrival", "derivative"] {
        copy(&mut connection, table, item, &references()).await;
    }
    let viewer = Viewer { tenant: city(), account: account(HANAKO), mailboxes: vec![mailbox(HANAKO)] };
    let query = ArrivalQuery { limit: 200, ..ArrivalQuery::default() };
    assert_eq!(office.site.store().list(&viewer, &query).await.unwrap().len(), 200);
    let mut visit = visit(&office, HANAKO).await;
    visit.look("mails-200", "/mails?tab=all").await;
    let tab = &visit.tab;
    tab.go(&office.at("/mails?tab=all")).await;
    assert_eq!(tab.count("tr[data-row]").await, 50);
    for key in ["j", "j", "k", "j"] {
        tab.press(key).await;
    }
    tab.wait_for("tbody tr:nth-child(2)[data-at]").await;
    let (_, _) = tab.role_and_name("tr[data-at] a[data-open]").await;
    tab.press("Enter").await;
    tab.wait_for_text("変える前").await;
    tab.go(&office.at("/mails?tab=all")).await;
    for older in 1..=4 {
        tab.follow("前のメール").await;
        let rows = tab.count("tr[data-row]").await;
        assert_eq!(rows, if older < 4 { 50 } else { 1 });
    }
    visit.weigh("mails-last-page").await;
    visit.end();
    // The rows that were put in have no records: the chain is not asked.
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_200_requests_are_sound() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &kept_back()).await;
    ask(&office, item).await;
    let mut connection = database(&office).await;
    for table in ["item", "arrival", "derivative", "release_request"] {
        copy(&mut connection, table, item, &references()[1..]).await;
    }
    let mut visit = visit(&office, HANAKO).await;
    visit.look("requests-200", "/requests").await;
    assert_eq!(visit.tab.count("article").await, 200);
    office.sign_in(&visit.tab, SAKURA).await;
    visit.look("approvals-200", "/approvals").await;
    assert_eq!(visit.tab.count("tr[data-row]").await, 200);
    let decide = format!(
        "UPDATE release_request SET state = 'returned', decided_by = '{}', decided_at = asked_at",
        account(SAKURA)
    );
    sqlx::raw_sql(AssertSqlSafe(decide)).execute(&mut connection).await.unwrap();
    visit.look("decided-200", "/decided").await;
    assert_eq!(visit.tab.count("tbody tr").await, 200);
    visit.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_staff_do_daily_needs_no_script() {
    let office = Office::open().await;
    let item = office.mail(HANAKO, &kept_back()).await;
    let tab = Tab::open().await;
    tab.disable_javascript().await;
    office.sign_in(&tab, HANAKO).await;
    tab.fill("#q", "議事録").await;
    tab.follow("form.search button").await;
    assert_eq!(tab.count("tr[data-row]").await, 1);
    tab.click("td.select label").await;
    tab.follow("選んだものを一覧から外す").await;
    tab.wait_for_text("1件を一覧から外しました。").await;
    tab.go(&office.at("/mails?tab=aside")).await;
    tab.click("td.select label").await;
    tab.follow("選んだものを一覧に戻す").await;
    tab.go(&office.at("/mails?tab=all")).await;
    assert_eq!(tab.count("tr[data-row]").await, 1);
    ask(&office, item).await;
    tab.go(&office.at("/requests")).await;
    tab.follow("article form button").await;
    tab.wait_for_text("もう一度申請する").await;
    tab.follow("English").await;
    tab.wait_for_text("My requests").await;
    tab.follow("Sign out").await;
    assert_eq!(tab.url().await, office.at("/sign-in"));
    tab.go(&office.at(&format!("/m/{item}"))).await;
    assert!(tab.url().await.contains("/sign-in?to="));
    office.site.stop().await;
}
