//! That the browser does what a person does, and that every check can fail.

mod acts;
mod breakage;
mod life;

use super::pages::{Pages, Served};
use super::tab::Tab;

const STYLE: &str =
    "body { font: 16px/1.7 'Noto Sans CJK JP', sans-serif; margin: 1rem; color: #1a1a1a; background: #fff }
    a { color: #0017c1 } :focus-visible { outline: 4px solid #000; outline-offset: 2px }
    input, button, select { font: inherit; min-height: 44px; max-width: 100% }
    .skip { position: absolute; left: -9999px } .skip:focus { left: 0; top: 0 }
    .table { overflow-x: auto } th { white-space: nowrap } p, td { overflow-wrap: anywhere }";

/// A page with one of everything, and nothing wrong with it.
const GOOD: &str = r#"<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>添付ファイル一覧</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css"></head>
<body><a class="skip" href="/next">本文へ</a>
<header><nav aria-label="メニュー"><a href="/next" id="next">次のページ</a></nav></header>
<main id="main"><h1>添付ファイル一覧</h1><p id="text">新しい添付ファイルはありません。</p>
<form method="post" action="/said"><p><label for="q">検索</label> <input id="q" name="q"></p>
<p><label for="kind">種類</label> <select id="kind" name="kind"><option value="a">すべて</option><option value="b">PDF</option></select></p>
<fieldset><legend>知らせ</legend><label><input type="radio" name="r" value="1">すぐ</label>
<label><input type="radio" name="r" value="2">1日2回</label></fieldset>
<p><label for="day">日付</label> <input id="day" type="date" name="day"></p>
<p><label for="file">ファイル</label> <input id="file" type="file" name="file"></p>
<p><button id="send">送信</button></p></form>
<div class="table" role="region" aria-label="一覧" tabindex="0"><table><caption>一覧</caption>
<tr><th scope="col">件名がとても長い列の名前です</th><th scope="col">差出人がとても長い列の名前です</th></tr>
<tr><td>見積書</td><td><a href="/next">開く</a></td></tr></table></div>
<details><summary>くわしく</summary><p>中身 <a href="/next">もっと</a></p></details></main></body></html>"#;

const NEXT: &str = r#"<!doctype html><html lang="ja"><head><title>次</title></head>
<body><main><h1>次のページ</h1><a href="/">戻る</a></main></body></html>"#;

/// Serves [`GOOD`] with every `from` replaced by its `to`, which must be there.
async fn page(changes: &[(&str, &str)]) -> Served {
    let mut html = GOOD.to_owned();
    for (from, to) in changes {
        assert!(html.contains(from), "the page has {from}");
        html = html.replace(from, to);
    }
    pages(&html).serve().await
}

fn pages(html: &str) -> Pages {
    Pages::new().html("/", html).html("/next", NEXT).with("/style.css", &[("content-type", "text/css")], STYLE)
}

/// A new tab on the changed page.
async fn opened(changes: &[(&str, &str)]) -> (Tab, Served) {
    let served = page(changes).await;
    let tab = Tab::open().await;
    assert_eq!(tab.go(&served.url("/")).await, 200);
    (tab, served)
}
