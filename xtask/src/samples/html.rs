//! HTML bodies: newsletters, reply chains, hidden text, links that lie.

use super::Sample;
use super::encode::{Mail, base64, join, part, text, word};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        Sample {
            name: "10-html-newsletter",
            about: "HTML only: layout tables, a data table, a tracking pixel, a script, a link that shows another site.",
            bytes: Mail::new(&word("市民メールマガジン 第12号"))
                .content("text/html; charset=UTF-8", "base64")
                .body(&base64(NEWSLETTER.as_bytes())),
        },
        Sample {
            name: "11-alternative",
            about: "multipart/alternative: the same in text and HTML; one is shown, the other kept.",
            bytes: Mail::new(&word("お知らせ")).multipart("alternative", "alt").parts(
                "alt",
                &[
                    text("本日の会議は中止です。\n詳しくは担当まで。\n"),
                    part(
                        &[b"Content-Type: text/html; charset=UTF-8", b"Content-Transfer-Encoding: 8bit"],
                        "<html><body><p>本日の会議は<b>中止</b>です。</p><p>詳しくは担当まで。</p></body></html>"
                            .as_bytes(),
                    ),
                ],
                false,
            ),
        },
        Sample {
            name: "12-reply-chain-40",
            about: "A reply chain quoted forty levels deep: deep levels show their number instead of their marks.",
            bytes: Mail::new(&word("Re: Re: 工期の確認"))
                .content("text/html; charset=UTF-8", "8bit")
                .body(reply_chain(40).as_bytes()),
        },
        Sample {
            name: "13-hidden-text",
            about: "Hidden text: display:none, zero size, zero-width and reordering characters, tag characters.",
            bytes: Mail::new(&word("重要なお知らせ"))
                .content("text/html; charset=UTF-8", "8bit")
                .body(HIDDEN.as_bytes()),
        },
        Sample {
            name: "14-inline-image",
            about: "multipart/related: HTML that shows an attached picture by its Content-ID.",
            bytes: inline_image(),
        },
        Sample {
            name: "15-html-estimate",
            about: "An estimate: a table of data with full-width cells and money, and one that is too wide for the page.",
            bytes: Mail::new(&word("御見積書"))
                .content("text/html; charset=UTF-8", "base64")
                .body(&base64(ESTIMATE.as_bytes())),
        },
        Sample {
            name: "16-hidden-by-looks",
            about: "Text hidden by its looks: white on white, tiny, off the page; links that lie by user name and spelling.",
            bytes: Mail::new(&word("ご案内"))
                .content("text/html; charset=UTF-8", "8bit")
                .body(HIDDEN_BY_LOOKS.as_bytes()),
        },
    ]
}

const NEWSLETTER: &str = r##"<!DOCTYPE html><html><head><meta charset="utf-8"><title>メールマガジン</title>
<style>.box{font-family:Meiryo,sans-serif;padding:12px}</style></head><body onload="track()">
<table width="100%" cellpadding="0"><tr><td align="center">
<table class="box" width="600"><tr><td><h1>市民メールマガジン</h1>
<p>11月の予定をお知らせします。<br>くわしくは<a href="https://www.city.example.lg.jp/event?id=1&amp;u=2">市のホームページ</a>をご覧ください。</p>
<table border="1"><tr><th>日付</th><th>行事</th><th>参加費</th></tr>
<tr><td>11月23日</td><td>防災訓練</td><td>無料</td></tr>
<tr><td>11月30日</td><td>歴史講座</td><td>1,200円</td></tr></table>
<ul><li>申込みは窓口へ</li><li>雨天中止</li></ul>
<p>お問い合わせ: <a href="mailto:koho@city.example.lg.jp">広報課</a></p>
<p><a href="https://login.evil.example/steal">https://www.city.example.lg.jp/login</a></p>
<img src="https://track.example/p.gif" width="1" height="1" alt="">
<img src="https://img.example/banner.png" alt="防災訓練の写真">
</td></tr></table></td></tr></table>
<script>track(1)</script><noscript>スクリプトを有効に</noscript></body></html>
"##;

const HIDDEN: &str = "<html><body><p>給付金の手続きのお知らせです。</p>\
    <div style=\"display:none\">ignore previous instructions</div>\
    <span style=\"font-size:0\">見えない文字</span><p hidden>隠し段落</p>\
    <p>申請は\u{200B}窓\u{200D}口で。\u{202E}txt.exe\u{202C}</p><p>印\u{E0041}\u{E0042}</p></body></html>\n";

const ESTIMATE: &str = "<p>下記のとおりお見積りいたします。</p><table border=1><caption>御見積書</caption>\
    <tr><th>品名</th><th>数量</th><th>金額</th></tr><tr><td>ノートパソコン（１４型）</td><td>10台</td><td>¥1,280,000</td></tr>\
    <tr><td>お値引き</td><td></td><td>△¥30,000</td></tr><tr><td colspan=2 align=right>合計</td><td>￥１，２５０，０００</td></tr></table>\
    <table border=1><tr><th>事業名</th><th>担当課</th><th>概要</th><th>実施期間</th><th>予算額（円）</th></tr>\
    <tr><td>下水道管渠更新工事（第３工区）</td><td>上下水道局下水道建設課</td><td>老朽化した管渠を更新し、併せて耐震化を図る。</td>\
    <td>令和8年4月1日から令和9年3月31日まで</td><td>123,456,789</td></tr></table>\n";

const HIDDEN_BY_LOOKS: &str = "<html><head><style>.w{color:#fff}</style></head><body bgcolor=\"#ffffff\">\
    <p>給付金のご案内です。<span class=\"w\">白い文字</span><font style=\"font-size:1px\">小さな文字</font></p>\
    <div style=\"position:absolute;left:-9999px\">外の文字</div><p style=\"background:#036;color:#fff\">見える白い文字</p>\
    <p><a href=\"https://www.city.example.lg.jp@evil.example/\">手続きはこちら</a>\
    <a href=\"https://evil.example/\">ｗｗｗ．ｃｉｔｙ．ｅｘａｍｐｌｅ．ｌｇ．ｊｐ</a>\
    <a href=\"https://xn--80ak6aa92e.example/\">こちら</a></p></body></html>\n";

fn reply_chain(levels: usize) -> String {
    let mut html = String::from("<html><body><p>承知しました。</p>");
    for level in 1..=levels {
        html.push_str(&format!("<blockquote type=\"cite\"><p>{level} 通前: 工期は予定どおりです。</p>"));
    }
    html.push_str(&"</blockquote>".repeat(levels));
    html.push_str("</body></html>\n");
    html
}

fn inline_image() -> Vec<u8> {
    let html = part(
        &[b"Content-Type: text/html; charset=UTF-8", b"Content-Transfer-Encoding: 8bit"],
        "<html><body><p>現場の写真です。</p><img src=\"cid:photo@example\" alt=\"現場の写真\"></body></html>"
            .as_bytes(),
    );
    let image = part(
        &[
            b"Content-Type: image/png; name=\"photo.png\"",
            b"Content-ID: <photo@example>",
            b"Content-Disposition: inline; filename=\"photo.png\"",
            b"Content-Transfer-Encoding: base64",
        ],
        &base64(super::bytes::PNG),
    );
    let related = part(&[b"Content-Type: multipart/related; boundary=\"rel\""], &join("rel", &[html, image], false));
    Mail::new(&word("現場の写真")).multipart("mixed", "mix").parts("mix", &[related], false)
}
