//! Bodies that are made to break the reader: too deep, too dear, or lying about what they hide.

use std::time::{Duration, Instant};

use super::*;

fn read(html: &str) -> Rebuilt {
    let hints = Hints { charset: Some("utf-8"), ..Hints::default() };
    HtmlBody.sanitize(html.as_bytes(), hints, &mut Budget::generous()).unwrap()
}

fn text(html: &str) -> String {
    String::from_utf8(read(html).bytes).unwrap()
}

fn count(rebuilt: &Rebuilt, code: Code) -> u32 {
    rebuilt.findings.iter().find(|finding| finding.code == code).map_or(0, |finding| finding.count)
}

/// Reads `html` on a stack of 256 KiB.
fn read_on_a_small_stack(html: String) -> Rebuilt {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(move || read(&html)).unwrap().join().unwrap()
}

#[test]
fn no_element_nested_in_itself_costs_stack() {
    for name in tag::names().chain(["x-y"]) {
        let html = format!("始{}終{}", format!("<{name}>").repeat(30_000), format!("</{name}>").repeat(30_000));
        let rebuilt = read_on_a_small_stack(html);
        assert!(rebuilt.bytes.starts_with("始".as_bytes()), "{name}");
    }
}

#[test]
fn no_mixture_of_elements_costs_stack() {
    let rows = "<tr><td>a<td>b<tr><td>c<td>d";
    for (open, close, times) in [
        ("<table><caption>".to_owned(), format!("{rows}</table>"), 40_000),
        (format!("<table border=1>{rows}<caption>"), "</caption></table>".to_owned(), 30_000),
        (format!("<table border=1>{rows}<td>"), "</td></tr></table>".to_owned(), 30_000),
        (format!("<table border=1>{rows}<tr><td hidden>"), "</table>".to_owned(), 30_000),
        (format!("<table border=1>{rows}<tbody><tr><th>"), "</table>".to_owned(), 30_000),
        ("<table><tr><td><ul><li><blockquote>".to_owned(), "</blockquote></ul></table>".to_owned(), 25_000),
        ("<details><summary>a</summary><table><caption><ol><li>".to_owned(), format!("{rows}</table>"), 20_000),
        ("<table border=1><colgroup><tbody><tr><td>a<td>b<tr><td>c<td><xmp>x</xmp>".to_owned(), String::new(), 15_000),
    ] {
        let html = format!("始<p>{}{}", open.repeat(times), close.repeat(times));
        let rebuilt = read_on_a_small_stack(html);
        assert!(rebuilt.bytes.starts_with("始".as_bytes()), "{open}");
    }
}

#[test]
fn a_caption_with_a_table_in_it_loses_no_text() {
    let html = "<table><caption>表題<table border=1><tr><td>一<td>二<tr><td>三<td>四</table></caption>\
        <tr><th>五<th>六<tr><td>七<td>八</table>";
    assert_eq!(text(html), "表題\n\n一 | 二\n三 | 四\n\n五  六\n七  八\n");
}

#[test]
fn style_sheets_that_cost_much_are_cut_short() {
    let many = |count: usize, piece: &str| piece.repeat(count);
    for (what, html) in [
        (
            "classes of a compound",
            format!("<style>{}{{color:red}}</style>{}", many(500_000, ".a"), many(80_000, "<b class=a>x")),
        ),
        (
            "classes on both sides",
            format!(
                "<style>{}</style>{}",
                many(3_000, ".a.a.a.a.a.a.a.z{color:red}"),
                many(3_000, &format!("<b class='{}'>x", "b ".repeat(250) + "a")),
            ),
        ),
        (
            "selectors of a rule",
            format!("<style>{}b{{color:red}}</style>{}", many(300_000, "b,"), many(80_000, "<b>x")),
        ),
        ("steps of a selector", format!("<style>{}{{color:red}}</style>{}", many(500_000, "b "), many(80_000, "<b>x"))),
        (
            "rules of one class",
            format!("<style>{}</style>{}", many(4_000, ".a{color:red}"), many(80_000, "<b class=a>x")),
        ),
        (
            "one class often",
            format!(
                "<style>{}</style>{}",
                many(4_000, ".a{color:red}"),
                many(10_000, "<b class='a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a'>x"),
            ),
        ),
        (
            "long names",
            format!(
                "<style>{}</style>{}",
                many(500, &format!("#{} b{{color:red}}", "i".repeat(1_000))),
                many(1_000, &format!("<b id={}>x", "i".repeat(1_000))),
            ),
        ),
        ("style attributes", many(1_000, &format!("<b style='{}'>x", "--x:y;".repeat(300)))),
        (
            "custom properties",
            format!("<style>b{{{}}}</style>{}", many(200_000, "--x:var(--x);"), many(80_000, "<b>x")),
        ),
        ("braces", format!("<style>{}</style>x", many(700_000, "a{"))),
        ("media", format!("<style>{}</style>x", many(80_000, "@media all{a{b:c}"))),
        ("style elements", many(60_000, "<style>b{color:red}</style>x")),
    ] {
        let start = Instant::now();
        let rebuilt = read(&html);
        let taken = start.elapsed();
        assert!(rebuilt.bytes.starts_with(b"x"), "{what}");
        assert!(taken < Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 }), "{what} {taken:?}");
    }
}

#[test]
fn what_a_browser_shows_is_kept() {
    for (html, expected) in [
        (
            "<table border=1><xmp>振込先変更</xmp><tr><td>a<td>b<tr><td>c<td>d</table>".to_owned(),
            "振込先変更\n\na  b\nc  d\n",
        ),
        ("<table border=1><tr><td><xmp>振込先</xmp><td>b<tr><td>c<td>d</table>".to_owned(), "振込先 | b\nc      | d\n"),
        ("<table border=1><colgroup>見出し<tr><td>a<td>b<tr><td>c<td>d</table>".to_owned(), "見出し\na  b\nc  d\n"),
        ("<colgroup>本文".to_owned(), "本文\n"),
        ("前<svg/>本文".to_owned(), "前本文\n"),
        ("<ruby>漢<rp>（<rt>かん<rp>）</ruby>本文".to_owned(), "漢（かん）本文\n"),
        (format!("<div style=display:none>{}x</div>本文", "<b>".repeat(300)), "本文\n"),
        (format!("<b style=display:none><div>{}x</b>本文", "<i>".repeat(20)), "本文\n"),
        ("<b><div><span style=display:none></b>本文".to_owned(), "本文\n"),
    ] {
        assert_eq!(text(&html), expected, "{html:.60}");
        crate::laws::hold(&HtmlBody, html.as_bytes(), Some("utf-8"));
    }
}

#[test]
fn what_no_browser_shows_is_counted() {
    for html in [
        "見える<template>隠</template>",
        "見える<noembed>隠</noembed>",
        "見える<noframes>隠</noframes>",
        "見える<ruby><rp>隠れた文</ruby>",
    ] {
        let rebuilt = read(html);
        assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok("見える\n"), "{html}");
        assert_eq!(count(&rebuilt, Code::HiddenTextRemoved), 1, "{html}");
    }
}

#[test]
fn nothing_is_gone_through_more_often_than_it_ends() {
    let hosts = |count: usize| format!("<a href=https://{}.a.jp>{}", "x".repeat(count * 5), "a.jp ".repeat(count));
    for (what, html) in [
        (
            "end tags below many blocks",
            format!("<b>{}{}{}x", "<span>".repeat(80_000), "<div>".repeat(9), "</b>".repeat(120_000)),
        ),
        (
            "end tags below few blocks",
            format!("<b>{}{}{}x", "<span>".repeat(80_000), "<div>".repeat(8), "</b>".repeat(120_000)),
        ),
        ("end tags of headings", format!("{}{}x", "<h1><b>".repeat(60_000), "</h2></h3></p>".repeat(40_000))),
        ("end tags in cells", format!("{}{}x", "<table><td>".repeat(45_000), "</b></div>".repeat(50_000))),
        ("hosts and a long target", hosts(100_000)),
        ("many links", "<a href=//a.jp>a.jp a.jp</a>".repeat(37_000)),
        ("one long word as a link", format!("<a href=//a.jp>{}x", "\u{FDFA}".repeat(330_000))),
    ] {
        let start = Instant::now();
        let rebuilt = read(&html);
        let taken = start.elapsed();
        assert!(!rebuilt.bytes.is_empty(), "{what}");
        assert!(taken < Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 }), "{what} {taken:?}");
    }
}

#[test]
fn what_stands_beside_the_cells_of_a_table_of_data_is_counted() {
    for beside in ["<template>隠</template>", "<noscript>隠</noscript>"] {
        let html = format!(
            "<table border=1>{beside}<tbody>{beside}<tr>{beside}<td>a<td>b{beside}</td>{beside}<tr><td>c<td>d</table>"
        );
        let rebuilt = read(&html);
        assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok("a | b\nc | d\n"), "{html}");
        assert_eq!(count(&rebuilt, Code::HiddenTextRemoved), 5, "{html}");
    }
    let active = read(
        "<table border=1><script>x</script><br><tr><td>a<td>b<script>x</script></td><input><tr><td>c<td>d</table>",
    );
    assert_eq!(std::str::from_utf8(&active.bytes), Ok("a | b\nc | d\n"));
    assert_eq!(count(&active, Code::ActiveContentRemoved), 3);
}

#[test]
fn brackets_around_a_reading_hide_nothing() {
    for html in [
        "<ruby>漢<rp>（</rp><rt>かん</rt><rp>）</rp></ruby>",
        "<ruby>漢<rp>&#65288;</rp><rt>かん</rt><rp>&#xFF09;</rp></ruby>",
        "<ruby>漢<rp> ( </rp><rt>かん</rt><rp><b>)</b></rp></ruby>",
    ] {
        let rebuilt = read(html);
        assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok("漢（かん）\n"), "{html}");
        assert_eq!(count(&rebuilt, Code::HiddenTextRemoved), 0, "{html}");
    }
}

#[test]
fn a_link_lies_wherever_its_text_does() {
    let far = "あ".repeat(100);
    let honest = "a.evil.example ".repeat(50).replace("a.evil.example", "https://evil.example/");
    for html in [
        format!("<a href=https://evil.example>{far}<b>https://www.city.lg.jp/</b></a>"),
        format!("<a href=https://evil.example>{far}https://www.city.lg.jp/{far}</a>"),
        format!("<a href=https://evil.example>{honest}https://www.city.lg.jp/</a>"),
    ] {
        let rebuilt = read(&html);
        assert_eq!(count(&rebuilt, Code::LinkMismatch), 1, "{html:.60}");
        assert_eq!(rebuilt.links[0].shown.as_deref(), Some("www[.]city[.]lg[.]jp"));
        // Without a tree nobody is more credulous, and a link needs no end.
        for html in [html.as_str(), html.trim_end_matches("</a>")] {
            let mut small = Budget { html_bytes: 1, ..Budget::generous() };
            let hints = Hints { charset: Some("utf-8"), ..Hints::default() };
            let stripped = HtmlBody.sanitize(html.as_bytes(), hints, &mut small).unwrap();
            assert_eq!(count(&stripped, Code::LinkMismatch), 1, "{html:.60}");
        }
    }
    let many: String = (0..1100).map(|n| format!("<a href=https://evil.example/{n}>www.city.lg.jp</a>")).collect();
    assert_eq!(count(&read(&many), Code::LinkMismatch), 1100);
}

#[test]
fn entities_are_read_even_where_nothing_else_is_html() {
    for (html, expected) in [
        ("&#26085;&#26412;", "日本\n"),
        ("<!-- 注 -->&#26085;&#26412;", "日本\n"),
        ("<x-y>&#26085;&#26412;</x-y>", "<x-y>日本</x-y>"),
        ("お知らせ <https://a.example/>\n<!-- 注 -->&#26085;&#26412;\n", "お知らせ <hxxps://a[.]example/>\n日本\n"),
        ("<x-y><!-->本文<!--->本文<!-- 注 --!>本文<!-- 注 -->", "<x-y>本文本文本文"),
        ("<x-y><!-- 終わらない &amp;", "<x-y><!-- 終わらない &"),
    ] {
        assert_eq!(text(html), expected, "{html}");
        crate::laws::hold(&HtmlBody, html.as_bytes(), Some("utf-8"));
    }
}

#[test]
fn a_body_that_was_too_large_for_a_tree_says_so() {
    let html = "<p style='display:none'>隠</p>本文";
    let mut small = Budget { html_bytes: 1, ..Budget::generous() };
    let hints = Hints { charset: Some("utf-8"), ..Hints::default() };
    let stripped = HtmlBody.sanitize(html.as_bytes(), hints, &mut small).unwrap();
    assert_eq!(std::str::from_utf8(&stripped.bytes), Ok("隠\n本文\n"));
    assert_eq!(count(&stripped, Code::HtmlStripped), 1);
    assert_eq!(count(&read(html), Code::HtmlStripped), 0);
    // Over the limit of nodes as well; text without any tag hides nothing.
    let nodes = format!("<p style='display:none'>隠</p>{}本文", "<b>".repeat(1_000_001));
    let mut large = Budget { html_bytes: u64::MAX, ..Budget::generous() };
    let stripped = HtmlBody.sanitize(nodes.as_bytes(), hints, &mut large).unwrap();
    assert_eq!(count(&stripped, Code::HtmlStripped), 1);
    let plain = HtmlBody.sanitize("1 &lt; 2".as_bytes(), hints, &mut small).unwrap();
    assert_eq!((std::str::from_utf8(&plain.bytes), count(&plain, Code::HtmlStripped)), (Ok("1 < 2\n"), 0));
}

mod random {
    use proptest::prelude::*;

    use super::*;

    /// Elements whose text browsers do not show, or not always.
    const UNSEEN: [&str; 15] = [
        "datalist", "dialog", "iframe", "noembed", "noframes", "noscript", "optgroup", "option", "rp", "script",
        "select", "style", "svg", "template", "title",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn no_text_is_lost_however_elements_are_nested(
            pieces in prop::collection::vec((0usize..200, 0u8..5, prop::bool::weighted(0.2)), 1..60)
        ) {
            let names: Vec<&str> = tag::names().filter(|name| !UNSEEN.contains(name)).collect();
            let mut html = String::new();
            let mut letters = Vec::new();
            for (at, (name, what, table)) in pieces.into_iter().enumerate() {
                let tables = ["table", "table border=1", "tr", "td", "th", "caption", "tbody", "colgroup"];
                let name = if table { tables[name % tables.len()] } else { names[name % names.len()] };
                match what {
                    0 | 1 => html.push_str(&format!("<{name}>")),
                    2 => html.push_str(&format!("</{}>", name.split(' ').next().unwrap())),
                    _ => {
                        let letter = char::from_u32(0x4E00 + u32::try_from(at).unwrap()).unwrap();
                        html.push(letter);
                        letters.push(letter);
                    }
                }
            }
            let out = text(&html);
            for letter in letters {
                prop_assert_eq!(out.chars().filter(|&c| c == letter).count(), 1, "{} of {:?} in {:?}", letter, &html, &out);
            }
        }
    }
}
