//! A page with nothing wrong passes every check; one thing wrong, and the check that is for it says so.

use super::super::checks::{
    Check, accessible, focus_order, no_csp_report, no_foreign_request, no_script_error, reflows,
    reflows_at_200_percent, sound, tab_order, titles_differ, well_formed,
};
use super::super::hostile;
use super::{GOOD, STYLE, opened, page, pages};
use crate::browser::Tab;

const HEAD: &str = "</head>";
const END: &str = "</main>";

/// Fails unless the check found something that has `word` in it.
fn finds(check: Check, word: &str) {
    let findings = check.expect_err(word);
    assert!(findings.name(word), "{word} is missing in {findings:?}");
}

/// [`super::GOOD`] with `style` after its own style sheet, and `added` at its end.
async fn styled(style: &str, added: &str) -> (Tab, super::Served) {
    let html = GOOD.replace(END, &format!("{added}{END}"));
    let (served, tab) =
        (pages(&html).with("/style.css", &[("content-type", "text/css")], &format!("{STYLE} {style}")), Tab::open());
    let (served, tab) = tokio::join!(served.serve(), tab);
    tab.go(&served.url("/")).await;
    (tab, served)
}

#[tokio::test]
async fn a_good_page_passes_every_check_with_scripts_and_without() {
    let (tab, served) = opened(&[]).await;
    sound(&tab).await.unwrap();
    tab.disable_javascript().await;
    tab.go(&served.url("/")).await;
    sound(&tab).await.unwrap();
}

#[tokio::test]
async fn axe_finds_a_picture_without_words_and_letters_without_contrast() {
    let (tab, _served) = styled(".pale { color: #ccc }", "<p class=pale>うすい文字</p><img src=/x.png>").await;
    let check = accessible(&tab).await;
    finds(check.clone(), "image-alt");
    finds(check, "color-contrast");
    finds(sound(&tab).await, "accessible: image-alt");
}

#[tokio::test]
async fn axe_does_not_pass_a_frame_that_it_does_not_look_into() {
    let (tab, _served) = opened(&[(END, "<iframe title=x src=/next></iframe></main>")]).await;
    finds(accessible(&tab).await, "frame: not looked into");
}

#[tokio::test]
async fn a_page_that_is_too_wide_for_a_telephone_does_not_reflow() {
    let (tab, _served) = styled(".wide { width: 400px; border: 1px solid }", "<p class=wide>広い</p>").await;
    finds(reflows(&tab).await, "sticks out");
    finds(reflows(&tab).await, "pixels wide in a window of 320");
    reflows_at_200_percent(&tab).await.unwrap();
}

#[tokio::test]
async fn what_is_cut_off_instead_of_scrolling_is_found_too() {
    let style = "main { overflow-x: clip } .wide { width: 400px; white-space: nowrap; overflow: hidden }";
    let (tab, _served) = styled(style, "<p class=wide>広い</p>").await;
    finds(reflows(&tab).await, "sticks out");
    let style = ".short { width: 200px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }";
    let (tab, _served) = styled(style, "<p class=short>とても長いファイル名なのでおしまいまで読めません.pdf</p>").await;
    finds(reflows(&tab).await, "text is cut off");
}

#[tokio::test]
async fn a_page_with_boxes_of_a_fixed_height_does_not_take_large_letters() {
    let (tab, _served) = styled(".low { height: 28px; overflow: hidden }", "<p class=low>一行の文字</p>").await;
    reflows(&tab).await.unwrap();
    finds(reflows_at_200_percent(&tab).await, "text is cut off");
}

#[tokio::test]
async fn a_page_with_a_fixed_width_does_not_take_the_zoom() {
    let (tab, _served) = styled("main { width: 700px }", "").await;
    finds(reflows_at_200_percent(&tab).await, "pixels wide in a window of 640");
}

#[tokio::test]
async fn tab_reaches_everything_in_order_and_comes_back_to_the_top() {
    let (tab, _served) = opened(&[]).await;
    tab.click("#q").await;
    let order = focus_order(&tab).await;
    let starts = [
        "<a class",
        "<a href",
        "<input id=\"q\"",
        "<select",
        "<input type=\"radio\"",
        "<input id=\"day\"",
        "<input id=\"file\"",
        "<button",
        "<div class=\"table\"",
        "<a href",
        "<summary",
    ];
    assert_eq!(order.len(), starts.len(), "{order:#?}");
    assert!(order.iter().zip(starts).all(|(shown, start)| shown.starts_with(start)), "{order:#?}");
    tab_order(&tab).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_reached_or_comes_out_of_order_or_is_not_seen_fails_the_tab_order() {
    let (tab, _served) =
        opened(&[("<a href=\"/next\" id=\"next\"", "<a href=\"/next\" id=\"next\" tabindex=-1")]).await;
    finds(tab_order(&tab).await, "does not reach <a href=\"/next\" id=\"next\"");
    let (tab, _served) = opened(&[(END, "<div role=button>押す</div></main>")]).await;
    finds(tab_order(&tab).await, "does not reach <div role=\"button\"");
    let (tab, _served) = opened(&[("<button id", "<button tabindex=3 id")]).await;
    finds(tab_order(&tab).await, "out of order");
    let (tab, _served) = styled("a:focus-visible { outline: none; color: red }", "").await;
    finds(tab_order(&tab).await, "one cannot see that it has the focus: <a href=\"/next\" id");
    let (tab, _served) = styled(".skip:focus { left: -9999px }", "").await;
    finds(tab_order(&tab).await, "one cannot see that it has the focus: <a class=\"skip\"");
    // A ring that fades in, or that is a shadow, can be seen.
    let style = "button { transition: all 5s } button:focus-visible { outline: none; box-shadow: 0 0 0 4px #000 }";
    let (tab, _served) = styled(style, "").await;
    tab_order(&tab).await.unwrap();
}

#[tokio::test]
async fn a_request_to_another_origin_fails_even_if_the_policy_stops_it() {
    let added = "<img alt=x src=https://one.example/x.png><img alt=x src=https://127.0.0.1:9/x.png>\
        <link rel=stylesheet href=//two.example/x.css><iframe title=x src=https://three.example/></iframe>\
        <link rel=preconnect href=https://four.example>";
    for policy in ["default-src * 'unsafe-inline'", super::super::pages::POLICY] {
        let html = GOOD.replace(END, &format!("{added}{END}"));
        let headers = [("content-type", "text/html; charset=utf-8"), ("content-security-policy", policy)];
        let served = pages(&html).with("/", &headers, &html).serve().await;
        let tab = Tab::open().await;
        tab.go(&served.url("/")).await;
        for word in ["one.example", "127.0.0.1:9", "two.example", "three.example", "hint https://four.example"] {
            finds(no_foreign_request(&tab).await, word);
        }
    }
}

#[tokio::test]
async fn another_window_and_a_socket_to_elsewhere_are_foreign_requests() {
    let script = "new WebSocket('wss://evil.example/'); fetch('https://evil.example/f').catch(() => 0);";
    let (headers, js) = ([("content-type", "text/html; charset=utf-8")], [("content-type", "text/javascript")]);
    let html = GOOD
        .replace(END, "<a href=/next target=_blank>別の窓</a></main>")
        .replace(HEAD, "<script src=/x.js></script></head>");
    let served = pages("").with("/", &headers, &html).with("/x.js", &js, script).serve().await;
    let tab = Tab::open().await;
    tab.go(&served.url("/")).await;
    let check = no_foreign_request(&tab).await;
    finds(check.clone(), "CONNECT wss://evil.example/");
    finds(check, "GET https://evil.example/f");
    tab.click("別の窓").await;
    let since = std::time::Instant::now();
    while !no_foreign_request(&tab).await.is_err_and(|found| found.name("another window")) {
        assert!(since.elapsed() < super::super::tab::PATIENCE, "the other window is not seen");
    }
}

#[tokio::test]
async fn what_breaks_the_policy_is_reported() {
    let added = "<p style='color: red'>赤</p><script>document.title = 'x'</script><p onclick='x()'>押す</p>\
        <img alt=x src=https://evil.example/x.png><script src=/sink.js></script>";
    let js = [("content-type", "text/javascript")];
    let html = GOOD.replace(END, &format!("{added}{END}"));
    let served = pages(&html).with("/sink.js", &js, "document.body.innerHTML = '<p>x</p>'").serve().await;
    let tab = Tab::open().await;
    tab.go(&served.url("/")).await;
    for word in ["style-src", "script-src-elem", "script-src-attr", "img-src", "require-trusted-types-for"] {
        finds(no_csp_report(&tab).await, word);
    }
}

#[tokio::test]
async fn a_policy_that_only_reports_is_reported_too() {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy-report-only", "style-src 'self'; report-uri /said"),
    ];
    let html = GOOD.replace(END, "<p style='color: red'>赤</p></main>");
    let served = pages("").with("/", &headers, &html).serve().await;
    let tab = Tab::open().await;
    tab.go(&served.url("/")).await;
    finds(no_csp_report(&tab).await, "style-src");
}

#[tokio::test]
async fn a_script_that_fails_and_a_file_that_is_missing_are_errors() {
    let served = pages(&GOOD.replace(END, "<script src=/x.js></script><script src=/none.js></script></main>"))
        .with("/x.js", &[("content-type", "text/javascript")], "console.log('前', 1); throw new Error('壊れた')")
        .serve()
        .await;
    let tab = Tab::open().await;
    tab.go(&served.url("/")).await;
    finds(no_script_error(&tab).await, "壊れた");
    finds(no_script_error(&tab).await, "404");
    assert!(tab.console().await.iter().any(|message| message.level == "log" && message.text == "前 1"));
    assert!(tab.requests().await.iter().any(|request| request.method == "GET" && request.url.ends_with("/none.js")));
}

#[tokio::test]
async fn a_page_that_is_not_well_formed_is_told_what_is_wrong() {
    let tab = Tab::open().await;
    for (from, to, word) in [
        ("<!doctype html>", "", "doctype"),
        ("<html lang=\"ja\">", "<html>", "language"),
        ("<title>添付ファイル一覧</title>", "<title> </title>", "no title"),
        ("<h1>添付ファイル一覧</h1>", "", "0 headings"),
        (END, "<h1>二つめ</h1></main>", "2 headings"),
        (END, "</main><main></main>", "main parts"),
        (END, "<p id=text>同じ</p></main>", "two elements have the id text"),
        ("<label for=\"q\">検索</label>", "", "no label: <input id=\"q\""),
        ("for=\"q\"", "for=\"p\"", "for names p"),
        (END, "<p aria-describedby='main none'>x</p></main>", "aria-describedby names none"),
        (END, "<p style='color: red'>赤</p></main>", "inline style"),
    ] {
        let served = page(&[(from, to)]).await;
        tab.go(&served.url("/")).await;
        finds(well_formed(&tab).await, word);
    }
}

#[test]
fn pages_with_the_same_title_are_found() {
    titles_differ(&[("list", "一覧"), ("help", "使い方")]).unwrap();
    finds(titles_differ(&[("list", "一覧"), ("help", "使い方"), ("detail", "一覧")]), "list and detail");
}

#[tokio::test]
async fn hostile_words_change_a_page_that_does_not_escape_them() {
    let words = hostile::words();
    assert!(words.iter().all(|(_, word)| !word.contains(['\r', '\n'])), "as in a header");
    let harmful = words.iter().filter(|(_, word)| word.contains("id=injected")).collect::<Vec<_>>();
    assert!(harmful.len() > 5);
    let tab = Tab::open().await;
    let plain = GOOD.replace("<input id=\"q\"", "<input value=\"\" id=\"q\"");
    let escaped = |word: &str| {
        word.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
    };
    let places = |word: &str| {
        plain
            .replace("一覧</title>", &format!("{word}</title>"))
            .replace("value=\"\" id", &format!("value=\"{word}\" id"))
            .replace("新しい", word)
    };
    let mut served = pages(&plain);
    for (i, (_, word)) in words.iter().enumerate() {
        served =
            served.html(&format!("/escaped/{i}"), &places(&escaped(word))).html(&format!("/raw/{i}"), &places(word));
    }
    let served = served.serve().await;
    tab.go(&served.url("/")).await;
    let shape = tab.shape().await;
    for (i, (tries, word)) in words.iter().enumerate() {
        tab.go(&served.url(&format!("/escaped/{i}"))).await;
        assert_eq!(tab.shape().await, shape, "{tries}");
        if word.contains("id=injected") {
            tab.go(&served.url(&format!("/raw/{i}"))).await;
            assert_ne!(tab.shape().await, shape, "{tries}");
        }
    }
}
