//! What a worker does with a mail once it has it: taking it apart, telling types, writing bodies anew.
//!
//! Classes: `a` 2.7 KB of ISO-2022-JP text, `b` 28 KB of text and HTML, `c` 1 MB with three attachments.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use sanitizer_api::{Budget, Hints, Sanitizer};
use sanitizer_protocol::{Limits, Subject};
use sanitizer_text::{BodyText, HtmlBody};
use temizu_worker::mapping;

fn main() {
    divan::main();
}

const LIMITS: Limits = Limits {
    header_bytes: 1024 * 1024,
    depth: 20,
    parts: 1000,
    html_bytes: 2 * 1024 * 1024,
    text_bytes: 2 * 1024 * 1024,
    output_bytes: 64 * 1024 * 1024,
};

const HEADERS: &str = "From: =?ISO-2022-JP?B?GyRCOzM1QBsoQg==?= <a@shop.example>\r\nTo: b@city.example.lg.jp\r\n\
    Subject: =?ISO-2022-JP?B?GyRCJCo0aiQkGyhC?=\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n\
    Message-ID: <1@shop.example>\r\nMIME-Version: 1.0\r\n";

/// A line of ISO-2022-JP: お願い, twelve times.
const JIS_LINE: &str = "\x1b$B$*4j$$$*4j$$$*4j$$$*4j$$$*4j$$$*4j$$$*4j$$$*4j$$$*4j$$$*4j$$$*4j$$$*4j$$\x1b(B\r\n";

#[divan::bench(args = ["a", "b", "c"])]
fn inspect(bencher: Bencher<'_, '_>, class: &str) {
    let mail = mail(class);
    bencher.counter(BytesCount::of_slice(mail.as_bytes())).bench(|| {
        mapping::inspect(&Subject::Mail, black_box(mail.as_bytes()), &LIMITS).map(|item| item.found.parts.len())
    });
}

#[divan::bench]
fn body_of_iso_2022_jp(bencher: Bencher<'_, '_>) {
    rebuild(bencher, &BodyText, JIS_LINE.repeat(32).as_bytes(), "iso-2022-jp");
}

#[divan::bench]
fn body_of_html(bencher: Bencher<'_, '_>) {
    rebuild(bencher, &HtmlBody, html().as_bytes(), "utf-8");
}

/// Ordinary newsletters and replies; the reach is 20 MB/s.
#[divan::bench(args = [0, 1, 2, 3, 4])]
fn ordinary_html(bencher: Bencher<'_, '_>, mail: usize) {
    let mails = [
        include_str!("../../text/src/html/golden/newsletter.html"),
        include_str!("../../text/src/html/golden/estimate.html"),
        include_str!("../../text/src/html/golden/invoice.html"),
        include_str!("../../text/src/html/golden/outlook-reply.html"),
        include_str!("../../text/src/html/golden/gmail-reply.html"),
    ];
    rebuild(bencher, &HtmlBody, mails.get(mail).copied().unwrap_or_default().as_bytes(), "utf-8");
}

/// HTML mails of other people, one after another: the files that `TEMIZU_BENCH_HTML` names, parted by colons.
#[divan::bench]
fn found_html(bencher: Bencher<'_, '_>) {
    let named = std::env::var_os("TEMIZU_BENCH_HTML").unwrap_or_default();
    let mails: Vec<Vec<u8>> = std::env::split_paths(&named).filter_map(|path| std::fs::read(path).ok()).collect();
    let bytes: usize = mails.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for mail in &mails {
            let hints = Hints { charset: Some("utf-8"), ..Hints::default() };
            drop(black_box(HtmlBody.sanitize(black_box(mail), hints, &mut Budget::generous())));
        }
    });
}

/// A megabyte each that somebody wrote to keep a computer busy; the reach is a second.
const NASTY: [(&str, &str, &str); 14] = [
    ("nested blocks", "", "<div>"),
    ("nested tables", "", "<table><tr><td>"),
    ("nested quotes and lists", "", "<blockquote><ul><li>"),
    ("misnested looks", "", "<b><i></b></i>"),
    ("looks around blocks", "", "<font><div></font>"),
    ("links in links", "", "<a><div></a>"),
    ("attributes", "<p ", " a=1 b c"),
    ("comments without end", "", "<!--"),
    ("titles without end", "", "<title></b>"),
    ("rules", "<div class='a b c'><style>", ".a .b .c{color:red}"),
    ("styles", "<style>.a .b .c{color:red}</style>", "<b class='b c' style='color:#fff;font:12px x'>"),
    ("rows", "<table border=1>", "<tr><td>甲<td>乙<td>1,234<td>あいう"),
    ("cells that reach", "<table border=1>", "<tr><td rowspan=99 colspan=99>甲<td>1"),
    ("references", "", "&#0;\0&#99999999999;&amp"),
];

#[divan::bench(args = 0..NASTY.len(), sample_count = 5)]
fn hostile_html(bencher: Bencher<'_, '_>, case: usize) {
    let Some((_, start, piece)) = NASTY.get(case) else { return };
    let html = format!("{start}{}", piece.repeat(1024 * 1024 / piece.len()));
    rebuild(bencher, &HtmlBody, html.as_bytes(), "utf-8");
}

#[divan::bench(sample_count = 5)]
fn hostile_table_of_300_by_300(bencher: Bencher<'_, '_>) {
    let html = format!("<table border=1>{}</table>", format!("<tr>{}", "<td>12345678".repeat(300)).repeat(300));
    rebuild(bencher, &HtmlBody, html.as_bytes(), "utf-8");
}

#[divan::bench]
fn decoding_what_nobody_labelled(bencher: Bencher<'_, '_>) {
    let text = JIS_LINE.repeat(1000);
    bencher
        .counter(BytesCount::of_slice(text.as_bytes()))
        .bench(|| sanitizer_japanese::decode(None, black_box(text.as_bytes())));
}

#[divan::bench]
fn type_of_a_megabyte_of_noise(bencher: Bencher<'_, '_>) {
    let noise = noise(1024 * 1024);
    bencher.counter(BytesCount::of_slice(&noise)).bench(|| sanitizer_detect::detect(black_box(&noise)));
}

fn rebuild(bencher: Bencher<'_, '_>, sanitizer: &dyn Sanitizer, input: &[u8], charset: &str) {
    let hints = Hints { charset: Some(charset), ..Hints::default() };
    bencher
        .counter(BytesCount::of_slice(input))
        .bench_local(|| sanitizer.sanitize(black_box(input), hints, &mut Budget::generous()));
}

fn mail(class: &str) -> String {
    match class {
        "a" => format!("{HEADERS}Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n{}", JIS_LINE.repeat(31)),
        "b" => format!(
            "{HEADERS}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n{}--b\r\n{}--b--\r\n",
            encoded("text/plain; charset=utf-8", "お知らせです。\r\n".repeat(100).as_bytes()),
            encoded("text/html; charset=utf-8", html().as_bytes()),
        ),
        _ => {
            let file = |name: &str, head: &[u8]| {
                encoded(&format!("application/octet-stream; name={name}"), &[head, &noise(250_000)].concat())
            };
            format!(
                "{HEADERS}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{}--b\r\n{}--b\r\n{}--b\r\n{}--b--\r\n",
                encoded("text/plain; charset=utf-8", "添付します。\r\n".as_bytes()),
                file("a.zip", b"PK\x03\x04"),
                file("b.pdf", b"%PDF-1.7\n"),
                file("c.jpg", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"),
            )
        }
    }
}

fn encoded(media_type: &str, bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = format!("Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            let [one, two, three] = [0, 1, 2].map(|at| u32::from(group.get(at).copied().unwrap_or_default()));
            let bits = one << 16 | two << 8 | three;
            let digits = [18, 12, 6, 0].map(|shift| DIGITS.get((bits >> shift & 63) as usize).copied().unwrap_or(b'A'));
            let real = group.len() + 1;
            out.extend(digits.iter().enumerate().map(|(at, digit)| if at < real { char::from(*digit) } else { '=' }));
        }
        out.push_str("\r\n");
    }
    out
}

fn html() -> String {
    let mut html = "<html><head><style>p{color:red}.x{display:none}</style></head><body>".to_owned();
    for number in 0..70 {
        html.push_str(&format!(
            "<table width=\"100%\"><tr><td style=\"color:#333;font-size:12px\"><p class=\"y\">市民の皆様へのお知らせです。<br>\
             申請は三月までにお願いします。</p><a href=\"https://shop.example/{number}?x=y&amp;z\">申込み</a></td></tr></table>"
        ));
    }
    html + "</body></html>"
}

/// Bytes without any order, always the same (a linear congruence; MMIX by Knuth).
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}
