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
    check("<ul><li>あ<li>い<ul><li>う</ul></ul><ol start=3><li>え<li>お</ol>", "- あ\n- い\n  - う\n\n3. え\n4. お\n");
    check("前<blockquote>引用<blockquote>孫引き</blockquote></blockquote>後", "前\n\n> 引用\n>\n> > 孫引き\n\n後\n");
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
fn plain_text_that_is_called_html_stays_as_it_is() {
    check("お知らせ <https://a.example/>\n二行目 &amp;\n", "お知らせ <hxxps://a[.]example/>\n二行目 &\n");
    check("一行目\n&amp;二行目", "一行目 &二行目\n");
}

#[test]
fn tables_of_data_are_set_and_tables_that_place_things_are_not() {
    check(
        "<table><thead><tr><th>項目<th>金額</thead><tbody><tr><td><p>水道</p><td>1,234<tr><td>計<td></tbody>\
         <tfoot><tr><td>合計<td>１２３，４５６</tfoot></table>",
        "項目 |           金額\n-----+---------------\n水道 |          1,234\n計\n合計 | １２３，４５６\n",
    );
    check("<table><tr><td>左<br>二行<td>右</table>", "左\n二行\n右\n");
    check("<table><tr><td>左<td>右</table>", "左  右\n");
    check("<table><caption>表題<tr><td>a<td><td>c</table>", "表題\na  c\n");
    check("<table><tr><td><table><tr><td>内側</table><td>外側</table>", "内側\n外側\n");
    check("<table border=1 role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>", "a  b\nc  d\n");
    check("<table border=1><tr><td>a<td>b<tr><td>c<td>d</table>", "a | b\nc | d\n");
    check("<table border=1><tr><td rowspan=2>a<td>b<tr><td>d<tr><td colspan=2>e</table>", "a | b\n  | d\ne\n");
    check("<table border=1>外<tr><td>a<td>b<tr><td>c<td>d</table>", "外\na  b\nc  d\n");
    check(
        "<ul><li>費用<table border=1><tr><td>大人<td>1,200円<tr><td>子ども<td>無料</table></ul>",
        "- 費用\n\n  大人   | 1,200円\n  子ども | 無料\n",
    );
    check(
        "<table border=1><tr><td>申込先<td>https://www.city.example/a<tr><td>電話<td>なし</table>",
        "申込先 | hxxps://www[.]city[.]example/a\n電話   | なし\n",
    );
    check(
        "<table border=1><tr style='display:none'><td>隠<td>す<tr><td>a<td><a href='https://a.example/'>b</a><tr><td>c<td>d</table>",
        "a | b[1]\nc | d\n",
    );
}

#[test]
fn wide_tables_become_one_paragraph_a_row() {
    let long = "あいうえおかきくけこさしすせそたちつてと";
    check(
        &format!(
            "<table border=1><tr><th>氏名<th>住所<th>電話<th>金額<tr><td>甲<td>{}<td>0123-45-6789<td>1,234,567,890,123円</table>",
            long.repeat(5)
        ),
        &format!("氏名: 甲\n住所: {}\n電話: 0123-45-6789\n金額: 1,234,567,890,123円\n", long.repeat(5)),
    );
    check(
        &format!("<table border=1><tr><td>甲<td>{long}、「{long}」ー<tr><td>乙<td>い</table>"),
        &format!("甲 | {long}、「{}\n   | {}」ー\n乙 | い\n", "あいうえおかきくけこさしすせ", "そたちつてと"),
    );
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
    assert_eq!(spoof.links[0].target, "hxxps://xn--80ak6aa92e[.]com/（аррӏе[.]com）");
    assert_eq!(count(&spoof, Code::LinkMismatch), 1);
    for (link, shown) in [
        ("<a href='https://city.lg.jp@evil.example/'>こちら</a>", "city[.]lg[.]jp"),
        ("<a href='https://evil.example/'>ｗｗｗ．ｃｉｔｙ．ｌｇ．ｊｐ</a>", "www[.]city[.]lg[.]jp"),
        ("<a href='https://evil.example/'>市の<b>city.lg</b>.jpへ</a>", "city[.]lg[.]jp"),
        ("<a href='https://evil.example/'><img src=x alt='https://city.lg.jp/'></a>", "city[.]lg[.]jp"),
    ] {
        let rebuilt = read(link);
        assert_eq!(rebuilt.links[0].shown.as_deref(), Some(shown), "{link}");
        assert_eq!(rebuilt.links.len(), 1, "what is only shown is no target: {link}");
    }
    let honest = read("<a href='https://r.example/?u=https%3A%2F%2Fcity.lg.jp'>申込みはこちら</a>");
    assert_eq!(
        (honest.links[0].target.as_str(), count(&honest, Code::LinkMismatch)),
        ("hxxps://r[.]example/?u=https%3A%2F%2Fcity.lg.jp", 0)
    );
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
        "<p>見&#xE0041;える</p>",
        "<p>見<span style='display&#58;none'>隠</span>える</p>",
        "<p>見<span style='mso-hide:all'>隠</span>える</p>",
        "<p>見<span style='font-size:1px'>隠</span>える</p>",
        "<p>見<span style='font:0/0 a'>隠</span>える</p>",
        "<p style='font-size:2px'>&nbsp;<span style='font-size:100%'>隠</span></p>見える",
        "<p>見<span style='opacity:0'>隠</span>える</p>",
        "<p>見<span style='color:#fff'>隠</span>える</p>",
        "<p>見<span style='color:rgb(253, 253, 253)'>隠</span>える</p>",
        "<p>見<span style='color:transparent'>隠</span>える</p>",
        "<p>見<font color=WHITE>隠</font>える</p>",
        "<p>見<font color='#000000' style='background:black'>隠</font>える</p>",
        "<body bgcolor=navy text=yellow><p>見<span style='color:#000080'>隠</span>える</p>",
        "<table><tr><td bgcolor='#ffffff'>見<span style='color:white'>隠</span>える</table>",
        "<div style='background-color:#123'><span style='color:#112234'>隠</span><b style='color:#fff'>見える</b></div>",
        "<style>.x{color:#fefefe}</style><p>見<span class=x>隠</span>える</p>",
        "<style>p span{background:#eee}.x{color:#eee}</style><p>見<span class=x>隠</span>える</p>",
        "<body link=white>見<a href='#x'>隠</a>える",
        "<p>見<span style='position:absolute;left:-9999px'>隠</span>える</p>",
        "<p>見える</p><p style='text-indent:-9999px'>隠</p>",
        "<p>見える</p><div style='margin-left:-5000px'>隠</div>",
        "<p>見<span style='position:absolute;clip:rect(0,0,0,0)'>隠</span>える</p>",
        "<p>見<span style='display:inline-block;width:0;overflow:hidden'>隠</span>える</p>",
        "<style>@media (prefers-color-scheme:light){.x{display:none}}</style><p>見<span class=x>隠</span>える</p>",
    ] {
        check(html, "見える\n");
        assert_eq!(count(&read(html), Code::HiddenTextRemoved), 1, "{html}");
    }
    for html in [
        "<svg><g/><p>見える</p>",
        "<style>@media (max-width:600px){p{display:none}} @media print{p{display:none}}</style><p>見える</p>",
        "<style>.x{display:none} .x{display:block}</style><p class=x>見える</p>",
        "<style>.x{display:none}</style><p class=x style='display:block'>見える</p>",
        "<style>.a .x{display:none} p:hover{display:none}</style><p class=x>見える</p>",
        "<div style='font-size:0'><span style='font-size:14px'>見える</span></div>",
        "<div style='visibility:hidden'><span style='visibility:visible'>見える</span></div>",
        "<p style='line-height:0;mso-line-height-rule:exactly'>見える</p>",
        "<table><tr><td style='height:0;overflow:hidden;max-width:0'>見える</table>",
        "<style>@media (prefers-color-scheme:dark){p{color:#fff!important}}</style><p>見える</p>",
        "<style>[data-ogsc] p{color:#fff}p:hover{color:#fff}</style><p>見える</p>",
        "<style>td:first-child{background:#000}</style><table><tr><td><p style='color:#fff'>見える</table>",
        "<p style='background:url(x.png);color:#fff'>見える</p>",
        "<table background='x.png'><tr><td bgcolor=''><font color=white>見える</font></table>",
        "<div style='background:#006'><p style='color:#fff'>見える</p></div>",
        "<style>a{color:#fff}.b{background:#06c}</style><p class=b><a>見える</a></p>",
        "<p style='color:#ccc'>見える</p>",
        "<p style='color:nonsense'>見える</p>",
        "<p style='text-indent:-18.0pt;margin-left:18pt'>見える</p>",
        "<p style='color:#fff;color:#333'>見える</p>",
        "<select><option><p>見える",
        "<title>見える",
        "<!-- 見える",
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
fn a_document_that_speaks_for_itself_is_believed_if_it_can_be_true() {
    let jis = b"<p>\x1b$B$*4j$$\x1b(B</p>";
    for bytes in [
        &jis[..],
        b"<meta charset=utf-8><p>\x1b$B$*4j$$\x1b(B</p>",
        "\u{FEFF}<meta charset=shift_jis><p>お願い</p>".as_bytes(),
        "<meta charset=\"utf-16\"><p>お願い</p>".as_bytes(),
        "<META http-equiv='Content-Type' content='text/html; charset = utf-8'><p>お願い</p>".as_bytes(),
        b"<meta content='text/html; charset=x-sjis' http-equiv=content-type><p>\x82\xa8\x8a\xe8\x82\xa2</p>",
        b"<meta charset=euc-jp><p>\xa4\xaa\xb4\xea\xa4\xa4</p>",
    ] {
        let rebuilt = HtmlBody.sanitize(bytes, Hints::default(), &mut Budget::generous()).unwrap();
        assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok("お願い\n"));
    }
}

mod random {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_tag_survives(pieces in prop::collection::vec(prop::sample::select(vec![
            "<div>", "<p ", "<table><tr><td>", "</td>", "<style>", "</style>", "<title>", "<script>", "</script>", "<!--",
            "-->", "<!", "<?", "<", ">", "\"", "'", "=", " a=", "<a href=x>", "</a>", "<o:p>", "あ", "x", "\n", "<b", "/",
            "<svg>", "<select>", "<ruby>漢<rt>かん", "<blockquote>", "<li>", "</",
        ]), 0..40)) {
            // With one tag of HTML in front of it everything is HTML.
            let text = super::text(&format!("<p>始</p>{}", pieces.concat()));
            for tag in ["<div", "<p", "<table", "<tr", "<td", "<style", "<title", "<script", "<a", "<o", "<b", "<s", "<r", "<li"] {
                prop_assert!(!text.contains(tag), "{text}");
            }
            prop_assert!(text.starts_with("始\n"));
        }
    }
}

#[test]
fn long_reply_chains_keep_all_their_text_and_a_mark_that_can_be_read() {
    for depth in [7, 60, 2000] {
        let html: String = (1..=depth).map(|level| format!("<div><blockquote><div>返信{level}</div>")).collect();
        let text = text(&html);
        for level in 1..=depth {
            let mark = if level <= 6 { "> ".repeat(level) } else { format!(">({level}) ") };
            assert!(text.contains(&format!("\n{mark}返信{level}\n")) || level == 1, "{level} of {depth}");
        }
        assert!(text.lines().all(|line| line.chars().count() < 30), "no line is lost behind its marks");
    }
}

#[test]
fn whole_mails_read_as_their_writers_meant_them() {
    for (html, expected) in [
        (include_str!("golden/newsletter.html"), include_str!("golden/newsletter.txt")),
        (include_str!("golden/estimate.html"), include_str!("golden/estimate.txt")),
        (include_str!("golden/invoice.html"), include_str!("golden/invoice.txt")),
        (include_str!("golden/outlook-reply.html"), include_str!("golden/outlook-reply.txt")),
        (include_str!("golden/gmail-reply.html"), include_str!("golden/gmail-reply.txt")),
    ] {
        check(html, expected);
    }
    let newsletter = read(include_str!("golden/newsletter.html"));
    let counts = [Code::HiddenTextRemoved, Code::RemoteImageRemoved, Code::LinkDisabled, Code::LinkMismatch]
        .map(|code| count(&newsletter, code));
    assert_eq!(counts, [1, 2, 6, 0]);
}

#[test]
fn bodies_of_one_mail_share_the_budget() {
    let html = format!("{}<table border=1><tr><td>項目<td>1<tr><td>計<td>10</table>", "<p>x</p>".repeat(100));
    let mut budget = Budget { html_bytes: 2000, ..Budget::generous() };
    let mut set = || {
        HtmlBody
            .sanitize(html.as_bytes(), Hints { charset: Some("utf-8"), ..Hints::default() }, &mut budget)
            .unwrap()
            .bytes
    };
    let texts: Vec<String> = (0..4).map(|_| String::from_utf8(set()).unwrap()).collect();
    assert!(texts[1].ends_with("項目 |  1\n計   | 10\n"));
    assert!(texts[2].ends_with("項目 1\n計 10\n"), "{}", texts[2]);
    assert_eq!((&texts[0], &texts[2]), (&texts[1], &texts[3]));
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
        format!("{}<p>深い<a href='https://a.example/'>所</a>", "<b><i></b></i>".repeat(75_000)),
        format!("{}<p>深い<a href='https://a.example/'>所</a>", "<font><div></font>".repeat(60_000)),
        format!(
            "<table border=1>{}</table>深い<a href='https://a.example/'>所</a>",
            format!("<tr>{}", "<td>12".repeat(300)).repeat(300)
        ),
        format!(
            "<table border=1>{}</table>深い<a href='https://a.example/'>所</a>",
            "<tr><td>甲<td>乙<td>1,234<td>あいう".repeat(20_000)
        ),
        format!(
            "<table border=1>{}</table>深い<a href='https://a.example/'>所</a>",
            "<tr><td rowspan=99 colspan=99>甲<td>1".repeat(25_000)
        ),
        format!(
            "<table border=1><tr>{}</table>深い<a href='https://a.example/'>所</a>",
            "<td rowspan=9999>1".repeat(50_000)
        ),
        format!(
            "<style>{}</style>{}深い<a href='https://a.example/'>所</a>",
            ".a .b .c{color:red}".repeat(20_000),
            "<b class='b c'>".repeat(40_000)
        ),
        format!("{}深い<a href='https://a.example/'>所</a>", "<!--".repeat(250_000)),
        format!("{}深い<a href='https://a.example/'>所</a>", "<title></b>".repeat(90_000)),
        format!("{}深い<a href='https://a.example/'>所</a>", "&#0;\0&#99999999999;&amp".repeat(40_000)),
        format!("{}深い<a href='https://a.example/'>所</a>", "<blockquote><ul><li>".repeat(50_000)),
        format!("<div>{}{}深い<a href='https://a.example/'>所</a>", "<b>".repeat(100_000), "</div>".repeat(100_000)),
        format!(
            "{}深い<a href='https://a.example/'>所</a>",
            "<p style='color:#fff;background:#000;font:12px/1 x'>".repeat(20_000)
        ),
    ];
    for html in cases {
        let start = Instant::now();
        let rebuilt = read(&html);
        let taken = start.elapsed();
        let text = String::from_utf8(rebuilt.bytes).unwrap();
        assert!(text.contains("深い所[1]"), "{html:.40} {text:.80}");
        assert_eq!(rebuilt.links[0].target, "hxxps://a[.]example/");
        // A second in a release build; twenty times that without optimisation, on a busy machine.
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
         道路工事の契約および入札の公告は議会の日程の確認を経て担当の課長から通知します。\n\n申請のお願いを確認します。[1]\n\n\
         - 子育ての手続の案内です。\n- 図書館の予定の調整です。\n\n\
         ■ 防災 1\n\n令和8年度の補助金の申請について、期限までに市民生活課の窓口へ書類をお送りください。\n\
         道路工事の契約および入札の公告は議会の日程の確認を経て担当の課長から通知します。\n\n申請のお願いを確認します。[2]\n\n\
         - 子育ての手続の案内です。\n- 図書館の予定の調整です。\n"
    );
    assert_eq!((count(&rebuilt, Code::RemoteImageRemoved), count(&rebuilt, Code::LinkDisabled)), (2, 2));
    laws::hold(&HtmlBody, html.as_bytes(), None);
}
