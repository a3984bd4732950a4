//! The doors of the portal in a browser: the first start, a second factor, proofs anew, one's own password and settings.
//!
//! Invariant: each page of them is looked at, as it is at first and as it is after a mistake.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use temizu::config::TotpPolicy;

use super::support::{HANAKO, KANSA, MOMO, Office, PASSWORD, SAKURA};
use crate::browser::{Tab, Visit};
use crate::users::code;

/// The one button of a page that goes on.
const ON: &str = "main button.button-primary";

async fn found(tab: &Tab, token: &str) {
    for (field, text) in [
        ("#setup", token),
        ("#login", "kanri"),
        ("#name", "山本　管理"),
        ("#department", "it"),
        ("#department_name", "情報政策課"),
        ("#password", PASSWORD),
        ("#password_again", PASSWORD),
    ] {
        tab.fill(field, text).await;
    }
    tab.follow(ON).await;
}

async fn sign_in(tab: &Tab, login: &str, password: &str) {
    tab.fill("#login", login).await;
    tab.fill("#password", password).await;
    tab.follow(ON).await;
}

async fn type_code(tab: &Tab, code: &str) {
    tab.fill("#code", code).await;
    tab.follow(ON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_administrator_comes_in_with_a_second_factor_and_every_page_on_the_way_is_sound() {
    let office = Office::founding(|plan, _| plan.config.identity.totp = TotpPolicy::Administrators).await;
    let mut visit = Visit::new(&office.base, Tab::open().await);
    visit.look("sign-in-first", "/sign-in").await;
    visit.tab.follow("初めての起動です。最初の管理者を登録してください。").await;
    visit.weigh("setup").await;
    found(&visit.tab, "not-the-token").await;
    visit.tab.wait_for_text("セットアップ番号が違います。").await;
    visit.weigh_failed("setup-refused").await;
    for secret in office.site.secrets().into_iter().filter(|secret| secret.len() == 32) {
        found(&visit.tab, &URL_SAFE_NO_PAD.encode(&secret)).await;
        if visit.tab.url().await == office.at("/sign-in") {
            break;
        }
    }
    visit.tab.forgive_status().await;
    assert_eq!(visit.tab.url().await, office.at("/sign-in"), "one of the secrets is the token");

    sign_in(&visit.tab, "kanri", PASSWORD).await;
    assert_eq!(visit.tab.url().await, office.at("/second-factor"));
    visit.weigh("second-factor").await;
    type_code(&visit.tab, "000000").await;
    assert!(visit.tab.text("[role=alert]").await.contains("コードが違います。"));
    visit.weigh_failed("second-factor-refused").await;
    let secret = visit.tab.text("main code").await;
    type_code(&visit.tab, &code(&secret, &office.site)).await;
    assert_eq!(visit.tab.url().await, office.at("/sign-in"));

    office.site.advance(Duration::from_secs(30));
    sign_in(&visit.tab, "kanri", PASSWORD).await;
    visit.weigh("code").await;
    type_code(&visit.tab, "000000").await;
    visit.weigh_failed("code-refused").await;
    type_code(&visit.tab, &code(&secret, &office.site)).await;
    assert_eq!(visit.tab.url().await, office.at("/users"));
    visit.weigh("users-one").await;

    office.site.advance(Duration::from_secs(6 * 60));
    visit.go("/second-factor").await;
    visit.tab.fill("#password", PASSWORD).await;
    visit.tab.follow(ON).await;
    visit.weigh("prove-code").await;
    type_code(&visit.tab, &code(&secret, &office.site)).await;
    visit.weigh("second-factor-anew").await;
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_ones_own_are_sound_after_mistakes_and_after_success() {
    let office = Office::open().await;
    let mut visit = Visit::new(&office.base, office.tab(HANAKO).await);
    visit.look("settings", "/settings").await;
    visit.tab.click("label[for=digest-twice]").await;
    visit.tab.click("label[for=shortcuts]").await;
    visit.tab.follow(ON).await;
    visit.tab.wait_for_text("保存しました。").await;
    assert!(visit.tab.exists("#digest-twice:checked").await && !visit.tab.exists("#shortcuts:checked").await);
    visit.weigh("settings-saved").await;
    visit.go("/password").await;
    visit.tab.fill("#password", "kawa-no-nagareru-machi").await;
    visit.tab.fill("#password_again", "kawa-no-nagareru-mura").await;
    visit.tab.follow(ON).await;
    visit.tab.wait_for_text("二つのパスワードが違います。").await;
    visit.weigh_failed("password-refused").await;
    office.site.advance(Duration::from_secs(6 * 60));
    visit.go("/password").await;
    assert!(visit.tab.url().await.contains("/prove?to="), "an old proof does not do");
    visit.tab.fill("#password", "違うパスワード").await;
    visit.tab.follow(ON).await;
    visit.tab.wait_for_text("ログインできませんでした。").await;
    visit.weigh_failed("prove-refused").await;
    visit.tab.fill("#password", PASSWORD).await;
    visit.tab.follow(ON).await;
    assert_eq!(visit.tab.url().await, office.at("/password"));

    // The way back from the office's provider: a page with a button.
    visit.tab.set_cookie("__Host-temizu-journey=ticket.Lw; Secure; Path=/").await;
    visit.look("arrive", "/sso/back?state=state&code=code").await;
    visit.tab.follow("続ける").await;
    visit.weigh_failed("arrive-refused").await;
    office.sign_in(&visit.tab, KANSA).await;
    visit.weigh("auditor").await;
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_fails_too_often_is_told_to_wait() {
    let office = Office::open().await;
    let mut visit = Visit::new(&office.base, Tab::open().await);
    visit.tab.disable_javascript().await;
    visit.go("/sign-in").await;
    let mut tries = 0;
    while !visit.tab.text("main").await.contains("15分ほど待ってください。") {
        assert!(tries < 20, "nothing stops whoever guesses");
        sign_in(&visit.tab, MOMO, &format!("guess-number-{tries}")).await;
        tries += 1;
    }
    visit.weigh_failed("sign-in-throttled").await;
    visit.end();
    office.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doors_in_english_are_sound() {
    let office = Office::open().await;
    let mut visit = Visit::new(&office.base, Tab::open().await);
    visit.go("/sign-in").await;
    visit.tab.follow("English").await;
    visit.look("sign-in-en", "/sign-in").await;
    sign_in(&visit.tab, SAKURA, "another password").await;
    assert!(visit.tab.text("[role=alert]").await.contains("You could not be signed in."));
    visit.weigh_failed("sign-in-refused-en").await;
    office.sign_in_through(&visit.tab, SAKURA, "Sign in").await;
    visit.look("approvals-empty-en", "/approvals").await;
    visit.look("settings-en", "/settings").await;
    visit.look("second-factor-en", "/second-factor").await;
    visit.look("prove-en", "/prove").await;
    visit.look("password-en", "/password").await;
    visit.fail("not-found-en", "/nothing", 404).await;
    visit.end_of_different();
    office.site.stop().await;
}
