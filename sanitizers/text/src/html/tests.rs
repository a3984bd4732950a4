//! Bodies as they come, and as an attacker would write them.

use std::time::{Duration, Instant};

use super::*;
use crate::laws;

fn read(html: &str) -> Rebuilt {
    HtmlBody
        .sanitize(html.as_bytes(), Hints { charset: Some("utf-8"), ..Hints::default() }, &mut Budget::generous())
        .unwrap()
}

fn text(html: &str) -> String {
    String::from_utf8(read(html).bytes).unwrap()
}

fn count(rebuilt: &Rebuilt, code: Code) -> u32 {
    rebuilt.findings.iter().find(|finding| finding.code == code).map_or(0, |finding| finding.count)
}

fn check(html: &str, expected: &str) {
    assert_eq!(text(html), expected, "{html}");
    laws::hold(&HtmlBody, html.as_bytes(), Some("utf-8"));
}

/// A newsletter of `cards` nested tables with styles, links, lists and tracking pictures.
fn newsletter(cards: usize) -> String {
    let mut html = String::from("<!DOCTYPE html><html><head><meta charset='utf-8'><title>お知らせ</title><style>");
    for class in 0..60 {
        html.push_str(&format!(
            ".c{class}{{font-family:'Hiragino Sans',Meiryo,sans-serif;font-size:{}px;color:#123456;padding:4px}}",
            10 + class % 9
        ));
    }
    html.push_str("</style></head><body><table width='100%' cellpadding=0><tr><td align='center'>");
    for card in 0..cards {
        html.push_str(&format!(
            "<table class='c{}' width='600' style='border-collapse:collapse;background:#ffffff'><tr><td style='padding:12px 20px'>\
             <h2 style='margin:0'>防災&nbsp;{card}</h2><p>令和8年度の補助金の申請について、期限までに市民生活課の窓口へ書類をお送りください。<br>\
             道路工事の契約および入札の公告は議会の日程の確認を経て担当の課長から通知します。</p>\
             <a href='https://example.invalid/t?id={card}&amp;u=123456789' style='color:#06c' target='_blank'>申請のお願いを確認します。</a>\
             <ul><li>子育ての手続の案内です。</li><li><b>図書館の予定の調整です。</b></li></ul>\
             <img src='https://example.invalid/p/{card}.gif' width='1' height='1' alt=''></td></tr></table>\n",
            card % 60
        ));
    }
    html.push_str("</td></tr></table><script>track(1)</script></body></html>");
    html
}

#[test]
fn blocks_lists_quotes_and_headings_read_well() {
    check("<h1>見出し</h1><p>一つ目。<br>二行目。</p><p>二つ目。</p>", "■ 見出し\n\n一つ目。\n二行目。\n\n二つ目。\n");
    check("<ul><li>あ<li>い<ul><li>う</ul></ul><ol start=3><li>え<li>お</ol>", "- あ\n- い\n  - う\n3. え\n4. お\n");
    check("前<blockquote>引用<blockquote>孫引き</blockquote></blockquote>後", "前\n\n> 引用\n\n> > 孫引き\n\n後\n");
    check("<div>一行</div><section>二行</section><center>三行</center>", "一行\n二行\n三行\n");
    check("<pre>a  b\n\tc</pre>", "a  b\n        c\n");
    check("<dl><dt>用語<dd>説明</dl>", "用語\n  説明\n");
    check("上<hr>下", "上\n\n────────────────\n\n下\n");
    check(
        "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>、10m<sup>2</sup>、<s>旧</s>新",
        "漢字（かんじ）、10m²、旧新\n",
    );
    check("<ul><li></ul><ul></ul><ol><li></ol><blockquote></blockquote><dl><dd></dl>あ", "あ\n");
    check("", "");
}

#[test]
fn blanks_are_those_a_reader_sees() {
    check("長い文章が\n途中で\n  折れても、abc\ndef つながる。", "長い文章が途中で折れても、abc def つながる。\n");
    check("<p>　字下げ。　間　。</p>", "　字下げ。　間　。\n");
    check("a<b> b </b>c &nbsp; d<wbr>e", "a b c de\n");
    check("<br><br><br>あ<br><br><br><br>い<p>&nbsp;</p><p>う</p>", "あ\n\nい\n\nう\n");
    let long = "とても長い段落です。".repeat(200);
    check(&format!("<p>{long}</p>"), &format!("{long}\n"));
}

#[test]
fn tables_become_lines_and_blocks() {
    check(
        "<table><thead><tr><th>項目<th>金額</thead><tbody><tr><td><p>水道</p><td>1,234<tr><td>計<td></tbody>\
         <tfoot><tr><td>合計<td>１２３，４５６</tfoot></table>",
        "項目 | 金額\n水道 | 1,234\n計\n合計 | １２３，４５６\n",
    );
    check("<table><tr><td>左<br>二行<td>右</table>", "左\n二行\n右\n");
    check("<table><caption>表題<tr><td>a<td><td>c</table>", "表題\na | | c\n");
    check("<table><tr><td><table><tr><td>内側</table><td>外側</table>", "内側\n\n外側\n");
}

#[test]
fn links_are_numbered_and_inert() {
    let html = "<a href='https://progress.example/2026'>工事の進み具合</a>と<a href=\"https://progress.example/2026\">同じ</a>、\
        <a href='http://b.example/'><p>別 </p></a><a href='#x'>中</a><a href='https://c.example/'><img src=x></a>\
        https://d.example/ <a href='mailto:a@b.example'>連絡先</a><a href='tel:03-1'>03-1</a>";
    check(
        html,
        "工事の進み具合[1]と同じ[1]、\n\n別[2]\n\n中［画像］[3]hxxps://d[.]example/ 連絡先（a@b.example）03-1\n",
    );
    let targets: Vec<_> = read(html).links.into_iter().map(|link| link.target).collect();
    assert_eq!(
        targets,
        ["hxxps://progress[.]example/2026", "hxxp://b[.]example/", "hxxps://c[.]example/", "hxxps://d[.]example/"]
    );
}

#[test]
fn a_link_that_shows_another_host_is_said() {
    let rebuilt = read(
        "<a href='https://evil.example/x'>https://www.city.example.lg.jp/</a> <a href='https://t.example.jp/'>example.jp</a>",
    );
    assert_eq!(count(&rebuilt, Code::LinkMismatch), 1);
    assert_eq!(rebuilt.links[0].shown.as_deref(), Some("www[.]city[.]example[.]lg[.]jp"));
    assert_eq!(rebuilt.links[1].shown, None);
    assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok("hxxps://www[.]city[.]example[.]lg[.]jp/[1] example.jp[2]\n"));
    let spoof = read("<a href='https://аррӏе.com/'>apple.com</a>");
    assert_eq!(spoof.links[0].target, "hxxps://xn--80ak6aa92e[.]com/");
    assert_eq!(count(&spoof, Code::LinkMismatch), 1);
}

#[test]
fn active_content_leaves_no_trace_but_its_count() {
    let html = "<body onload='x()'><script>alert(1)</script><form action='https://f.example/'>名前<input value='秘密'>\
        <select><option>選択</select><button>送信</button></form><iframe src='https://i.example/'>内</iframe>\
        <a href='java&#10;script:alert(1)'>押す</a><a href='data:text/html,x'>見る</a>\
        <img src='https://p.example/1.gif' alt=''><img src='cid:1' alt='市章'>\
        <meta http-equiv=refresh content='0;url=https://r.example/'></body>";
    check(html, "名前送信\n押す見る［画像: 市章］\n");
    let rebuilt = read(html);
    assert_eq!(count(&rebuilt, Code::ActiveContentRemoved), 9);
    assert_eq!(count(&rebuilt, Code::RemoteImageRemoved), 2);
    assert_eq!(rebuilt.links, []);
}

#[test]
fn what_a_reader_does_not_see_is_dropped_and_counted() {
    for html in [
        "<p>見<span style='display:none'>隠</span>える</p>",
        "<p>見<span style='DISPLAY : none !important'>隠</span>える</p>",
        "<p>見<span hidden>隠</span>える</p>",
        "<p>見<span style='visibility:hidden'>隠</span>える</p>",
        "<p>見<span style='font-size:0px'>隠</span>える</p>",
        "<p>見<span style='max-height:0;overflow:hidden'>隠</span>える</p>",
        "<style>.x{display:none}</style><p>見<span class='a x'>隠</span>える</p>",
        "<style>/* c */ div, p > span.x { color:red; display:none }</style><p>見<span class=x>隠</span>える</p>",
        "<style>@media screen and (min-width:600px){#i{display:none!important}}</style><p>見<span id=i style='display:inline'>隠</span>える</p>",
        "<p>見<noscript>隠</noscript>える</p>",
        "<p>見&#8203;える</p>",
    ] {
        check(html, "見える\n");
        assert_eq!(count(&read(html), Code::HiddenTextRemoved), 1, "{html}");
    }
    for html in [
        "<style>@media (max-width:600px){p{display:none}} @media print{p{display:none}}</style><p>見える</p>",
        "<style>.x{display:none} .x{display:block}</style><p class=x>見える</p>",
        "<style>.x{display:none}</style><p class=x style='display:block'>見える</p>",
        "<style>.a .x{display:none} p:hover{display:none}</style><p class=x>見える</p>",
        "<div style='font-size:0'><span style='font-size:14px'>見える</span></div>",
        "<div style='visibility:hidden'><span style='visibility:visible'>見える</span></div>",
    ] {
        check(html, "見える\n");
        assert_eq!(count(&read(html), Code::HiddenTextRemoved), 0, "{html}");
    }
}

#[test]
fn the_charset_comes_from_the_label_then_the_document_then_the_bytes() {
    let body = "<meta charset=\"Shift_JIS\"><p>髙﨑㈱の件</p>";
    let sjis = {
        let mut bytes = b"<meta charset=\"Shift_JIS\"><p>".to_vec();
        bytes.extend(b"\xFB\xFC\xFA\xB1\x87\x8A\x82\xCC\x8C\x8F</p>");
        bytes
    };
    for (label, bytes, guessed) in [
        (None, &sjis[..], 0),
        (Some("cp932"), &sjis, 0),
        (Some("utf-8"), body.as_bytes(), 0),
        (None, body.as_bytes(), 1),
    ] {
        let rebuilt =
            HtmlBody.sanitize(bytes, Hints { charset: label, ..Hints::default() }, &mut Budget::generous()).unwrap();
        assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok("髙﨑㈱の件\n"));
        assert_eq!(count(&rebuilt, Code::CharsetGuessed), guessed, "{label:?}");
    }
}

#[test]
fn long_reply_chains_keep_all_their_text() {
    for depth in [40, 60, 120] {
        let mut html = String::new();
        for level in 0..depth {
            html.push_str(&format!("<blockquote><div>返信{level}</div>"));
        }
        let text = text(&html);
        for level in 0..depth {
            assert!(text.contains(&format!("{}返信{level}\n", "> ".repeat(level + 1))), "{level} of {depth}");
        }
    }
}

#[test]
fn hostile_nesting_loses_its_tags_and_not_its_text() {
    let cases = [
        format!("{}深い<a href='https://a.example/'>所</a>", "<div>".repeat(200_000)),
        format!("{}深い<a href='https://a.example/'>所</a>", "<table><tr><td>".repeat(70_000)),
        format!("{}深い<a href='https://a.example/'>所</a>", "<a><div></a>".repeat(80_000)),
        format!("{}深い<a href='https://a.example/'>所</a>", "<b x=1><i><p>".repeat(80_000)),
        format!("{}深い<a href='https://a.example/'>所</a>", "<table><div>".repeat(80_000)),
        format!("<p {}>深い<a href='https://a.example/'>所</a>", " a=1 b c".repeat(100_000)),
        format!(
            "<p {}>深い<a href='https://a.example/'>所</a>",
            (0..150_000).map(|n| format!(" a{n}")).collect::<String>()
        ),
        format!("{}<p>深い<a href='https://a.example/'>所</a>", "<br>".repeat(250_000)),
        format!("{}<p>深い<a href='https://a.example/'>所</a>", "<table><caption>".repeat(60_000)),
        format!("{}<p>深い<a href='https://a.example/'>所</a>", "<!-- -->".repeat(120_000)),
        format!("{}<p>深い<a href='https://a.example/'>所</a>", "<br><p>&nbsp;</p>".repeat(50_000)),
    ];
    for html in cases {
        let start = Instant::now();
        let rebuilt = read(&html);
        let taken = start.elapsed();
        let text = String::from_utf8(rebuilt.bytes).unwrap();
        assert!(text.contains("深い所[1]"), "{html:.40} {text:.80}");
        assert_eq!(rebuilt.links[0].target, "hxxps://a[.]example/");
        // A second in a release build; ten times that without optimisation, on a busy machine.
        assert!(taken < Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 }), "{html:.40} {taken:?}");
    }
}

#[test]
fn html_over_the_budget_is_stripped_and_stays_lawful() {
    let html = "<p>水道&amp;<b>下水道</b></p><script>x</script><ul><li>一<li><a href=\"https://a.example\">二</a></ul>\
        <img src=x alt='図'><a href='javascript:x'>三</a>&#x3042;&bogus;<td>四";
    let mut small = Budget { html_bytes: 10, ..Budget::generous() };
    let rebuilt = HtmlBody.sanitize(html.as_bytes(), Hints::default(), &mut small).unwrap();
    assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok("水道&下水道\n\n- 一\n- 二[1]\n［画像: 図］三あ&bogus; 四\n"));
    let mut tiny = Budget { text_bytes: 7, ..Budget::generous() };
    let cut = HtmlBody.sanitize(html.as_bytes(), Hints::default(), &mut tiny).unwrap();
    assert_eq!(cut.bytes, "水道&".as_bytes());
    assert_eq!(count(&cut, Code::TextTruncated), 1);
}

#[test]
fn a_newsletter_reads_as_one() {
    let html = newsletter(2);
    let rebuilt = read(&html);
    assert_eq!(
        String::from_utf8(rebuilt.bytes.clone()).unwrap(),
        "■ 防災 0\n\n令和8年度の補助金の申請について、期限までに市民生活課の窓口へ書類をお送りください。\n\
         道路工事の契約および入札の公告は議会の日程の確認を経て担当の課長から通知します。\n\n申請のお願いを確認します。[1]\n\
         - 子育ての手続の案内です。\n- 図書館の予定の調整です。\n\n\
         ■ 防災 1\n\n令和8年度の補助金の申請について、期限までに市民生活課の窓口へ書類をお送りください。\n\
         道路工事の契約および入札の公告は議会の日程の確認を経て担当の課長から通知します。\n\n申請のお願いを確認します。[2]\n\
         - 子育ての手続の案内です。\n- 図書館の予定の調整です。\n"
    );
    assert_eq!((count(&rebuilt, Code::RemoteImageRemoved), count(&rebuilt, Code::LinkDisabled)), (2, 2));
    laws::hold(&HtmlBody, html.as_bytes(), None);
}
