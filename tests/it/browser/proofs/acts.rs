//! Pointing, typing, choosing, fetching and looking, as a person does it.

use std::time::Duration;

use super::super::pages::Pages;
use super::{GOOD, opened, pages};
use crate::browser::Tab;

#[tokio::test]
async fn a_form_is_filled_and_sent_with_scripts_and_without() {
    for with_scripts in [true, false] {
        let served = super::page(&[]).await;
        let tab = Tab::open().await;
        if !with_scripts {
            tab.disable_javascript().await;
        }
        tab.set_language("en").await;
        tab.go(&served.url("/")).await;
        tab.fill("#q", "はじめ").await;
        tab.fill("#q", "<見積書> & \"x\"").await;
        assert_eq!(tab.value("#q").await, "<見積書> & \"x\"");
        tab.choose("#kind", "b").await;
        tab.choose("#day", "2026-11-23").await;
        tab.click("1日2回").await;
        tab.follow("送信").await;
        assert_eq!(tab.url().await, served.url("/said"));
        let said = tab.text("body").await;
        let form = "q=%3C%E8%A6%8B%E7%A9%8D%E6%9B%B8%3E+%26+%22x%22&kind=b&r=2&day=2026-11-23&file=";
        assert_eq!(said, format!("en|{form}"));
        assert!(tab.requests().await.iter().any(|request| request.method == "POST" && request.url.ends_with("/said")));
    }
}

#[tokio::test]
async fn a_page_is_used_by_keyboard_alone() {
    let (tab, served) = opened(&[]).await;
    tab.press("Tab").await;
    tab.press("Tab").await;
    tab.press("Tab").await;
    tab.press("a").await;
    tab.press("Shift+Tab").await;
    let before = tab.url().await;
    tab.press("Enter").await;
    tab.wait_for_text("次のページ").await;
    tab.wait_until("the next page", "location.pathname === '/next'").await;
    assert_eq!((before, tab.title().await), (served.url("/"), "次".to_owned()));
    tab.follow("戻る").await;
    tab.fill("#q", "x").await;
    tab.fill("#q", "").await;
    assert_eq!(tab.value("#q").await, "");
}

#[tokio::test]
async fn a_file_is_sent_and_a_file_is_fetched() {
    let headers = [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment; filename*=UTF-8''%E8%A6%8B%E7%A9%8D%E6%9B%B8.pdf"),
    ];
    let html = GOOD.replace("</main>", "<a href=/file>受け取る</a></main>");
    let served = pages(&html).with("/file", &headers, "%PDF-1.7 見積").serve().await;
    let tab = Tab::open().await;
    tab.go(&served.url("/")).await;
    let fetched = tab.download("受け取る").await;
    assert_eq!((fetched.name.as_str(), fetched.bytes.as_slice()), ("見積書.pdf", "%PDF-1.7 見積".as_bytes()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("案内.txt");
    std::fs::write(&file, "内容").unwrap();
    tab.attach("#file", &file).await;
    assert!(tab.value("#file").await.ends_with("案内.txt"));
}

#[tokio::test]
async fn what_is_hidden_covered_or_doubled_is_not_clicked() {
    let added = "<button hidden>隠れた</button><button>同じ</button><button>同じ</button><button disabled>押せない</button></main>\
        <div class=cover>覆い</div>";
    let html = GOOD.replace("</main>", added);
    let style = "button { position: relative } .cover { position: fixed; inset: 0; background: #fff }";
    let served = pages(&html).with("/style.css", &[("content-type", "text/css")], style).serve().await;
    let tab = Tab::open().await;
    tab.go(&served.url("/")).await;
    for what in ["隠れた", "同じ", "押せない", "送信", "無い"] {
        let point = format!("temizu.point('{what}') !== null");
        assert!(!tab.comes_true(&point, Duration::from_millis(50)).await, "{what}");
    }
}

#[tokio::test]
async fn what_comes_later_is_waited_for_and_what_never_comes_is_not_waited_for_in_vain() {
    let script = "fetch('/later').then(it => it.text()).then(it => { document.querySelector('#text').textContent = it; \
        const box = document.createElement('p'); box.id = 'box'; box.textContent = '箱'; document.body.append(box); })";
    let html = GOOD.replace("</head>", "<script src=/x.js defer></script></head>");
    let served = pages(&html)
        .with("/x.js", &[("content-type", "text/javascript")], script)
        .with("/later", &[("content-type", "text/plain; charset=utf-8")], "変換しました")
        .serve()
        .await;
    let tab = Tab::open().await;
    tab.go(&served.url("/")).await;
    tab.wait_for_text("変換しました").await;
    tab.wait_for("#box").await;
    assert!(tab.exists("#box").await && !tab.exists("#none").await);
    assert!(!tab.comes_true("document.title === '別'", Duration::from_millis(50)).await);
    tab.disable_javascript().await;
    tab.reload().await;
    assert_eq!(tab.text("#text").await, "新しい添付ファイルはありません。");
}

#[tokio::test]
async fn the_page_is_asked_what_a_screen_reader_says() {
    let (tab, _served) = opened(&[]).await;
    let said = |role: &str, name: &str| (role.to_owned(), name.to_owned());
    assert_eq!(tab.role_and_name("#q").await, said("textbox", "検索"));
    assert_eq!(tab.role_and_name("#send").await, said("button", "送信"));
    assert_eq!(tab.role_and_name(".table").await, said("region", "一覧"));
}

#[tokio::test]
async fn windows_letters_and_pictures_are_as_large_as_they_are_asked_to_be() {
    let (tab, _served) = opened(&[]).await;
    let size = "parseFloat(getComputedStyle(document.querySelector('#text')).fontSize)";
    tab.set_text_zoom(200).await;
    assert_eq!(tab.ask::<u32>(size).await, 32);
    tab.set_text_zoom(100).await;
    assert_eq!(tab.ask::<u32>(size).await, 16);
    tab.set_page_zoom(200).await;
    assert_eq!(tab.ask::<(u32, u32)>("[innerWidth, devicePixelRatio]").await, (640, 2));
    tab.set_viewport(320, 640).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.png");
    tab.screenshot(&file).await;
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"\x89PNG"));
    assert_eq!(u32::from_be_bytes(bytes[16..20].try_into().unwrap()), 320, "one dot each");
}

#[tokio::test]
async fn two_tabs_are_two_people() {
    let cookie = "__Host-session=1; Secure; HttpOnly; SameSite=Strict; Path=/";
    let served = Pages::new().with("/", &[("content-type", "text/html"), ("set-cookie", cookie)], "x").serve().await;
    let (one, two) = (Tab::open().await, Tab::open().await);
    one.go(&served.url("/")).await;
    two.go(&served.url("/none")).await;
    let cookies = one.cookies().await;
    assert_eq!(cookies.len(), 1);
    assert!(cookies[0].name == "__Host-session" && cookies[0].secure && cookies[0].http_only);
    assert!(two.cookies().await.is_empty());
    assert_eq!(two.go(&served.url("/none")).await, 404);
}
