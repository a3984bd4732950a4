//! The pages of the review listener in a browser: signing in, what can be fetched, one original, its password and zip.
//!
//! Invariant: each is sound in every state, and the story from the list to the opened zip is gone through on them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use temizu::config::Config;
use temizu::domain::{Digest, Event};
use temizu::ports::{Door, OneTimeLink};

use super::zip::opened;
use super::{House, account, city, one, record};
use crate::browser::{Tab, Visit, authority};

/// The one button of a page that goes on.
const ON: &str = "main button.button-primary";

/// A house whose certificate the browser accepts, and somebody at its review listener.
async fn house(adjust: impl FnOnce(&mut Config)) -> (House, Visit, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = authority::issued(folder.path());
    let house = House::opened(|config| {
        config.review.tls_certificate = Some(chain);
        config.review.tls_key = Some(key);
        adjust(config);
    })
    .await;
    let base = format!("https://{}", house.site.gateway().review_addresses()[0]);
    (house, Visit::new(&base, Tab::open().await), folder)
}

/// Signs account `number` in, in the tab.
async fn sign_in(house: &House, visit: &Visit, number: u8, button: &str) {
    static LINKS: AtomicU32 = AtomicU32::new(0);
    let token = format!("browser-link-{}", LINKS.fetch_add(1, Ordering::SeqCst));
    let link = OneTimeLink {
        token: Digest::of(token.as_bytes()),
        account: account(number),
        door: Door::Review,
        until: house.site.now().after(Duration::from_secs(600)),
    };
    house.site.store().offer_link(&city(), link, record(Event::LinkOffered, house.key.id)).await.unwrap();
    visit.go(&format!("/link/{token}")).await;
    visit.tab.follow(button).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_original_is_fetched_over_pages_that_are_all_sound() {
    let (house, mut visit, _folder) = house(|_| ()).await;
    visit.look("review-sign-in", "/sign-in").await;
    visit.tab.fill("#login", "p1").await;
    visit.tab.fill("#password", "違うパスワード").await;
    visit.tab.follow(ON).await;
    visit.weigh_failed("review-sign-in-refused").await;
    sign_in(&house, &visit, 1, "ログインする").await;
    visit.look("review-empty", "/").await;
    visit.fail("review-none", &one(), 404).await;
    house.approve().await;
    visit.look("review-list", "/").await;
    visit.tab.follow("main .button-primary").await;
    visit.weigh("review-original").await;
    visit.tab.follow(ON).await;
    visit.weigh("review-handing").await;
    let password = visit.tab.text("#password").await;
    let zip = visit.tab.download(ON).await;
    let name = format!("{}.eml", house.reference);
    assert_eq!(zip.name, format!("{}.zip", house.reference));
    assert_eq!(opened(&zip.bytes, &password), Ok(vec![(name, house.site.original(house.reference).await)]));
    visit.look("review-list-fetched", "/").await;
    visit.look("review-original-again", &one()).await;
    house.site.advance(Duration::from_secs(6 * 60));
    visit.tab.follow(ON).await;
    assert!(visit.tab.url().await.contains("/prove?to="), "an old proof does not do");
    visit.weigh("review-prove").await;
    sign_in(&house, &visit, 3, "ログインする").await;
    visit.look("review-approver", "/").await;
    visit.fail("review-forbidden", &one(), 403).await;
    visit.end();
    house.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_original_is_fetched_without_scripts_in_english_and_one_that_is_too_large_is_not() {
    let (house, mut visit, _folder) = house(|_| ()).await;
    house.approve().await;
    visit.tab.disable_javascript().await;
    visit.go("/sign-in").await;
    visit.tab.follow("English").await;
    visit.weigh("review-sign-in-en").await;
    sign_in(&house, &visit, 1, "Sign in").await;
    visit.look("review-list-en", "/").await;
    visit.tab.follow("main .button-primary").await;
    visit.weigh("review-original-en").await;
    visit.tab.follow(ON).await;
    visit.weigh("review-handing-en").await;
    let password = visit.tab.text("#password").await;
    let zip = visit.tab.download(ON).await;
    assert!(opened(&zip.bytes, &password).is_ok());
    visit.end();
    house.site.stop().await;

    let (house, mut visit, _folder) = self::house(|config| config.review.original_bytes = 64).await;
    house.approve().await;
    sign_in(&house, &visit, 1, "ログインする").await;
    visit.go(&one()).await;
    visit.tab.follow(ON).await;
    visit.tab.wait_for_text("大きすぎるため、この画面では渡せません。").await;
    visit.weigh_failed("review-too-large").await;
    visit.end();
    house.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_200_originals_is_sound() {
    let (house, mut visit, _folder) = house(|_| ()).await;
    house.approve().await;
    let options = SqliteConnectOptions::new().filename(house.site.data().join("temizu.db"));
    let mut database = options.busy_timeout(Duration::from_secs(30)).foreign_keys(false).connect().await.unwrap();
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info('release_request')")
        .fetch_all(&mut database)
        .await
        .unwrap();
    for number in 1..200 {
        // A request has an identifier of its own, 26 characters of base 32, and nobody waits twice for the same file.
        let values = names.iter().map(|name| match name.as_str() {
            "id" => format!("'{number:026}'"),
            "part" => format!("'{}'", number + 2),
            name => name.to_owned(),
        });
        let values: Vec<String> = values.collect();
        let copy = format!(
            "INSERT INTO release_request ({}) SELECT {} FROM release_request LIMIT 1",
            names.join(", "),
            values.join(", ")
        );
        sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut database).await.unwrap();
    }
    sign_in(&house, &visit, 1, "ログインする").await;
    visit.look("review-list-200", "/").await;
    assert_eq!(visit.tab.count("article").await, 200);
    visit.end();
    // The rows that were put in have no records: the chain is not asked.
}
