//! Files through a whole gateway: documents, pictures and archives, read again by programs that are not ours.

use std::path::Path;
use std::time::Duration;

use temizu::domain::{Reason, Stage};

use crate::support::delivered::{Delivered, File};
use crate::support::gateway::{DOMAIN, Plan, Site};
use crate::support::next_hop::NextHop;
use crate::support::tools::{members, zip_of};

fn file<'a>(mail: &'a Delivered, name: &str) -> &'a File {
    let found = mail.files.iter().find(|file| file.name == name);
    found.unwrap_or_else(|| panic!("no {name}: {:?}", mail.files.iter().map(|file| &file.name).collect::<Vec<_>>()))
}

fn member<'a>(members: &'a [(String, Vec<u8>)], name: &str) -> &'a [u8] {
    let found = members.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no {name}: {:?}", members.iter().map(|(name, _)| name).collect::<Vec<_>>())).1
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_pictures_and_archives_arrive_in_the_mail_itself() {
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/21-all-kinds/input.eml");
    let item = site.ended(site.send(&[&format!("shokuin@{DOMAIN}")], &std::fs::read(sample).unwrap()).await).await;
    assert_eq!(item.summary.stage, Stage::Delivered);
    let mail = Delivered::read(&hop.seen().taken[0].bytes).unwrap();

    let document = members(&file(&mail, "通知文書.docx").bytes);
    let text = member(&document, "word/document.xml");
    assert!(["通知文書", "手水", "ちょうず"].iter().all(|word| contains(text, word)), "{document:?}");

    let book = members(&file(&mail, "請求書_R8-1105.xlsx").bytes);
    assert!(!book.iter().any(|(name, content)| name.contains("vba") || contains(content, "no macro in here")));
    let sheets = book.iter().filter(|(name, _)| name.starts_with("xl/worksheets/sheet")).collect::<Vec<_>>();
    assert!(matches!(sheets.as_slice(), [(_, sheet)] if contains(sheet, "6*7")), "{sheets:?}");
    assert!(book.iter().any(|(_, content)| contains(content, "㈱山田建設")));

    let archive = members(&file(&mail, "資料.zip").bytes);
    assert_eq!(archive.len(), 2, "{archive:?}");
    assert_eq!(member(&archive, "読んでください.txt"), "資料です。".as_bytes());
    let list = std::str::from_utf8(member(&archive, "除去一覧.txt")).unwrap();
    assert!(list.contains("- 設定.bat\r\n") && list.contains("R-013"), "{list}");
    assert!(mail.text.contains("設定.bat（13B・資料.zipの中）… 渡せません"), "{}", mail.text);
    assert!(!mail.text.contains("読んでください.txt"), "it is in the archive: {}", mail.text);
    assert!(file(&mail, "写真.png").bytes.starts_with(b"\x89PNG"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_of_which_nothing_is_left_is_kept_back_and_each_member_says_why() {
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let zip = zip_of(&[("a.bat", b"rem"), ("b.vbs", b"x = 1")]);
    let (item, mail) = send(&site, &hop, &zip).await;
    let outcomes: Vec<_> = item.outcomes.iter().flat_map(|(_, outcomes)| outcomes).collect();
    let archive = outcomes.iter().find(|outcome| outcome.path.to_string() == "2").unwrap();
    assert_eq!((archive.reason, archive.derivative), (Some(Reason::ArchiveMemberRemoved), None));
    assert!(mail.files.is_empty());
    for line in ["a.zip（", "a.bat（3B・a.zipの中）… 渡せません", "b.vbs（5B・a.zipの中）… 渡せません"]
    {
        assert!(mail.text.contains(line), "{line}: {}", mail.text);
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archives_in_archives_open_three_levels_deep_and_no_further() {
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let mut zip = zip_of(&[("deepest.txt", b"deepest")]);
    for _ in 0..3 {
        zip = zip_of(&[("here.txt", b"here"), ("inner.zip", &zip)]);
    }
    let (_, mail) = send(&site, &hop, &zip).await;
    let mut inner = members(&file(&mail, "a.zip").bytes);
    for _ in 0..2 {
        assert_eq!(member(&inner, "here.txt"), b"here");
        inner = members(member(&inner, "inner.zip"));
    }
    assert!(!inner.iter().any(|(name, _)| name == "inner.zip"), "{inner:?}");
    let list = std::str::from_utf8(member(&inner, "除去一覧.txt")).unwrap();
    assert!(list.contains("- inner.zip"), "{list}");
    assert!(mail.text.contains("入れ子が決められた深さを超えています"), "{}", mail.text);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_ends_every_worker_costs_its_reader_the_file_and_not_the_words() {
    let hop = NextHop::start(Vec::new()).await;
    let mut plan = Plan::new(hop.address());
    plan.config.sandbox.wall_clock_seconds = 2;
    let site = Site::start(plan).await;
    // More cells than any worker writes anew in that time.
    let cells: String =
        (0..400_000u32).map(|n| format!("<row><c><v>{}</v></c></row>", n.wrapping_mul(2_654_435_761))).collect();
    let sheet = format!("<worksheet xmlns=\"{SHEET}\"><sheetData>{cells}</sheetData></worksheet>");
    let book = format!(
        "<workbook xmlns=\"{SHEET}\" xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
             <Relationship Id=\"r1\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let types = format!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{TYPES}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{TYPES}.worksheet+xml\"/></Types>"
    );
    let workbook = zip_of(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml").as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml").as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]);
    let (item, mail) = send(&site, &hop, &zip_of(&[("a.xlsx", &workbook)])).await;
    assert_eq!(item.summary.stage, Stage::Delivered);
    let archive = item.outcomes.iter().flat_map(|(_, outcomes)| outcomes).find(|one| one.path.to_string() == "2");
    assert_eq!(archive.unwrap().reason, Some(Reason::ConvertFailed), "{}", mail.text);
    assert!(mail.text.starts_with("■") && mail.text.contains("\ntext\n"), "{}", mail.text);
    assert!(mail.text.contains("安全な形に作り直せませんでした"), "{}", mail.text);
    site.stop().await;
}

const SHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Sends a zip; what became of it, and the mail that was delivered.
async fn send(site: &Site, hop: &NextHop, zip: &[u8]) -> (temizu::ports::ItemDetail, Delivered) {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(zip);
    let lines: Vec<&str> = encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let mail = format!(
        "From: a@example.com\r\nTo: shokuin@{DOMAIN}\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/zip\r\n\
         Content-Disposition: attachment; filename=\"a.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        lines.join("\r\n")
    );
    let ended = site.ended(site.send(&[&format!("shokuin@{DOMAIN}")], mail.as_bytes()).await);
    let mut ended = std::pin::pin!(ended);
    let item = loop {
        tokio::select! {
            item = &mut ended => break item,
            // Attempts that fail are made again a second or two later.
            () = tokio::time::sleep(Duration::from_secs(1)) => site.advance(Duration::from_secs(1)),
        }
    };
    let mail = Delivered::read(&hop.seen().taken[0].bytes).unwrap();
    (item, mail)
}
