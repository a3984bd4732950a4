//! Pages of administrators in a browser: the list of people, one of them, and the people of a CSV file.
//!
//! Invariant: each is looked at as it is at first, with 200 rows, after a mistake and after success.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::support::{HANAKO, KANRI, Office, account};
use crate::browser::Visit;

/// The one button of a page that goes on.
const ON: &str = "main button.button-primary";

/// A file with these lines below its heads, in the office's folder.
fn csv(office: &Office, name: &str, lines: &str) -> PathBuf {
    let path = office.folder().join(name);
    std::fs::write(&path, format!("職員番号,氏名,所属コード,所属名,役割,発令日\n{lines}")).unwrap();
    path
}

/// Puts a file into the form of the page and sends it.
async fn put_in(visit: &Visit, path: &std::path::Path) {
    visit.go("/users/import").await;
    visit.tab.attach("#file", path).await;
    visit.tab.follow(ON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_come_by_csv_after_a_look_at_the_difference_and_200_of_them_are_a_sound_list() {
    let office = Office::open().await;
    let mut visit = Visit::new(&office.base, office.tab(KANRI).await);
    visit.look("users", "/users").await;
    visit.look("users-none", "/users?q=nobody").await;
    visit.look("import", "/users/import").await;
    put_in(&visit, &csv(&office, "wrong.csv", "a b,,nowhere,,king,yesterday\n")).await;
    visit.tab.wait_for_text("ファイルに誤りがあります。何も変えていません。").await;
    visit.weigh_failed("import-refused").await;
    let mut lines = String::new();
    for number in 0..200 {
        let long = if number == 7 { "ｊｕｇｅｍｕ".repeat(8) } else { format!("職員 {number}") };
        writeln!(lines, "s{number:04},{long},road,道路課,職員,2026-12-01").unwrap();
    }
    put_in(&visit, &csv(&office, "right.csv", &lines)).await;
    visit.tab.wait_for_text("まだ何も変えていません。").await;
    assert_eq!(visit.tab.count("tbody tr").await, 200);
    visit.weigh("import-200").await;
    visit.tab.follow("反映する").await;
    visit.tab.wait_for_text("反映しました。").await;
    assert_eq!(visit.tab.count("tr[data-row]").await, 50);
    visit.weigh("users-200").await;
    visit.tab.follow("次へ").await;
    visit.weigh("users-second-page").await;
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_person_is_sound_whatever_was_done_with_them() {
    let office = Office::open().await;
    let mut visit = Visit::new(&office.base, office.tab(KANRI).await);
    let page = format!("/users/{}", account(HANAKO));
    visit.look("user", &page).await;
    visit.tab.follow("一度だけ使えるリンクを作る").await;
    assert!(visit.tab.text("#link").await.starts_with("https://"));
    visit.weigh("user-link").await;
    visit.go(&page).await;
    visit.tab.follow("停止する").await;
    visit.tab.wait_for_text("再開する").await;
    visit.weigh("user-blocked").await;
    visit.look("user-self", &format!("/users/{}", account(KANRI))).await;
    visit.tab.follow("English").await;
    visit.look("users-en", "/users").await;
    visit.look("user-en", &page).await;
    visit.look("import-en", "/users/import").await;
    put_in(&visit, &csv(&office, "one.csv", "s1,職員,river,河川課,職員,2026-12-01\n")).await;
    visit.weigh("import-preview-en").await;
    visit.tab.follow("Discard").await;
    visit.weigh("import-discarded-en").await;
    visit.fail("user-none-en", "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV", 404).await;
    visit.end();
    office.site.stop().await;
}
