//! Tables, web pages and data through a whole gateway: what staff find in the mail.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use temizu::config::CsvEncoding;
use temizu::domain::{Reason, Stage};
use temizu::ports::ItemDetail;

use crate::support::delivered::{Delivered, File};
use crate::support::gateway::{DOMAIN, Plan, Site};
use crate::support::next_hop::NextHop;

/// 氏名,増減,電話 / 佐藤,-12,+81-3-1234-5678 / =HYPERLINK(1),＝1,-1,234.5 in CP932.
const TABLE: &[u8] = b"\x8E\x81\x96\xBC,\x91\x9D\x8C\xB8,\x93\x64\x98\x62\r\n\x8D\xB2\x93\xA1,-12,+81-3-1234-5678\r\n\
    =HYPERLINK(1),\x81\x811,\"-1,234.5\"\r\n";

const PAGE: &str = "<html><head><meta charset=utf-8></head><body><h1>お知らせ</h1><script>alert(1)</script>\
    <p style=\"display:none\">隠れた文字</p><p><a href=\"https://evil.example/\">www.city.example.lg.jp</a></p></body></html>";

/// Sends a mail with these files; what became of it, and the mail that was delivered.
async fn send(encoding: CsvEncoding, files: &[(&str, &str, &[u8])]) -> (ItemDetail, Delivered) {
    let hop = NextHop::start(Vec::new()).await;
    let mut plan = Plan::new(hop.address());
    plan.config.files.csv_encoding = encoding;
    let site = Site::start(plan).await;
    let part = |(name, kind, bytes): &(&str, &str, &[u8])| {
        let lines: Vec<String> =
            BASE64.encode(bytes).as_bytes().chunks(76).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
        format!(
            "--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            lines.join("\r\n")
        )
    };
    let mail = format!(
        "From: a@example.com\r\nTo: shokuin@{DOMAIN}\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\r\ntext\r\n{}--b--\r\n",
        files.iter().map(part).collect::<String>()
    );
    let item = site.ended(site.send(&[&format!("shokuin@{DOMAIN}")], mail.as_bytes()).await).await;
    assert_eq!(item.summary.stage, Stage::Delivered);
    let mail = Delivered::read(&hop.seen().taken[0].bytes).unwrap();
    site.stop().await;
    (item, mail)
}

fn file<'a>(mail: &'a Delivered, name: &str) -> &'a File {
    let names = || mail.files.iter().map(|file| &file.name).collect::<Vec<_>>();
    mail.files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no {name}: {:?}", names()))
}

fn reason(item: &ItemDetail, part: &str) -> Option<Reason> {
    let mut outcomes = item.outcomes.iter().flat_map(|(_, outcomes)| outcomes);
    outcomes.find(|outcome| outcome.path.to_string() == part).unwrap().reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_pages_and_data_arrive_in_the_mail_itself() {
    let json = b"\xEF\xBB\xBF{\"id\": 12345678901234567890, \"id\": 1.00, \"note\": \"<script>\\u624b\"}\r\n";
    let xml = "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><!DOCTYPE a SYSTEM \"a.dtd\"><a b='1'>";
    let xml = [xml.as_bytes(), b"\x8E\xE8</a>"].concat();
    let drawing = b"<?xml version='1.0'?><a><b xmlns='http://www.w3.org/1999/xhtml'>x</b></a>";
    let wide: Vec<u8> = "品名\t数\r\n机\t-3\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (item, mail) = send(
        CsvEncoding::Utf8Bom,
        &[
            ("a.csv", "text/csv; charset=Shift_JIS", TABLE),
            ("page.html", "text/html", PAGE.as_bytes()),
            ("data.json", "application/json", json),
            ("data.xml", "application/xml", &xml),
            ("page.xml", "application/xml", drawing),
            ("broken.json", "application/json", b"{\"a\": 1,}"),
            ("wide.tsv", "application/octet-stream", &wide),
        ],
    )
    .await;
    let table = &file(&mail, "a.csv").content;
    assert_eq!(table, "\u{FEFF}氏名,増減,電話\r\n佐藤,-12,+81-3-1234-5678\r\n'=HYPERLINK(1),'＝1,\"-1,234.5\"\r\n");
    let page = &file(&mail, "page.txt").content;
    assert!(page.contains("お知らせ") && page.contains("[1] hxxps://evil[.]example/"), "{page}");
    assert!(!["alert", "隠れた", "<p", "https://"].iter().any(|gone| page.contains(gone)), "{page}");
    let data = std::str::from_utf8(&file(&mail, "data.json").bytes).unwrap();
    assert_eq!(data, "{\"id\": 12345678901234567890, \"id\": 1.00, \"note\": \"<script>手\"}\n");
    let data = std::str::from_utf8(&file(&mail, "data.xml").bytes).unwrap();
    assert_eq!(data, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"1\">手</a>\n");
    assert_eq!(file(&mail, "wide.tsv").content, "\u{FEFF}品名\t数\r\n机\t-3\r\n");
    assert_eq!((reason(&item, "6"), reason(&item, "7")), (Some(Reason::UnsupportedFormat), Some(Reason::Corrupt)));
    assert_eq!(mail.files.len(), 5, "{}", mail.text);
    for line in [
        "page.xml（",
        "broken.json（",
        "計算式として動くセルを文字にしました",
        "外のファイルやサイトへの参照を取り除きました",
    ] {
        assert!(mail.text.contains(line), "{line}: {}", mail.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_shift_jis_where_the_site_wants_it_and_no_character_is_lost() {
    let names = "氏名\r\n𠮷田\r\n";
    let (item, mail) = send(
        CsvEncoding::Cp932,
        &[
            ("a.csv", "text/csv; charset=Shift_JIS", TABLE),
            ("b.csv", "text/csv; charset=UTF-8", names.as_bytes()),
            ("c.csv", "text/csv; charset=UTF-8", "髙橋,①\r\n".as_bytes()),
        ],
    )
    .await;
    let table = &file(&mail, "a.csv").bytes;
    assert!(
        table.starts_with(&TABLE[..16]) && table.ends_with(b"'=HYPERLINK(1),'\x81\x811,\"-1,234.5\"\r\n"),
        "{table:?}"
    );
    assert_eq!(file(&mail, "b.csv").content, format!("\u{FEFF}{names}"));
    assert_eq!(file(&mail, "c.csv").bytes, b"\xFB\xFC\x8B\xB4,\x87\x40\r\n");
    assert!(mail.text.contains("シフト JIS にない文字があるため、UTF-8 にしました"), "{}", mail.text);
    assert_eq!(reason(&item, "2"), None);
}
