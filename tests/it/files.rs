//! Files through a whole gateway: documents, pictures and archives, read again by programs that are not ours.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use temizu::domain::{Reason, Stage};

use crate::support::delivered::{Delivered, File};
use crate::support::gateway::{DOMAIN, Plan, Site};
use crate::support::next_hop::NextHop;
use crate::support::process::temizu;
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
    assert!(list.contains("- 設定.bat\n") && list.contains("R-013"), "{list}");
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
async fn folders_of_an_archive_and_mails_in_it_come_back_and_what_is_missing_is_told_with_its_path() {
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let inner = "From: b@example.jp\r\nSubject: =?utf-8?B?6KaL56mN?=\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n\
        --m\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n見積書を送ります。\r\n\
        --m\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nattached\r\n\
        --m\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=b.vbs\r\n\r\nx = 1\r\n--m--\r\n";
    let zip = zip_of(&[
        ("2025/様式/申請書.txt", b"2025"),
        ("2026/様式/申請書.txt", b"2026"),
        ("様式/設定.bat", b"rem"),
        ("資料/a.txt", b"safe"),
        ("連絡/見積.eml", inner.as_bytes()),
    ]);
    let (_, mail) = send(&site, &hop, &zip).await;
    let archive = members(&file(&mail, "a.zip").bytes);
    assert_eq!(member(&archive, "2025/様式/申請書.txt"), b"2025");
    assert_eq!(member(&archive, "2026/様式/申請書.txt"), b"2026");
    assert_eq!(member(&archive, "資料/a.txt"), b"safe");
    let text = std::str::from_utf8(member(&archive, "連絡/見積.txt")).unwrap();
    for words in ["件名 (Subject): 見積\n", "b@example", "見積書を送ります。"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(member(&archive, "連絡/見積/a.txt").trim_ascii(), b"attached");
    assert_eq!(archive.len(), 6, "{archive:?}");
    let list = std::str::from_utf8(member(&archive, "除去一覧.txt")).unwrap();
    assert!(list.contains("- 様式/設定.bat\n") && list.contains("- 連絡/見積.eml/b.vbs\n"), "{list}");
    assert!(mail.text.contains("様式/設定.bat（3B・a.zipの中）… 渡せません"), "{}", mail.text);
    assert!(mail.text.contains("連絡/見積.eml/b.vbs（5B・a.zipの中）… 渡せません"), "{}", mail.text);
    assert!(!mail.text.contains("見積書を送ります"), "it is in the archive: {}", mail.text);
    assert!(!mail.text.contains(".-") && !mail.text.contains("（）"), "{}", mail.text);
    site.stop().await;
}

/// `pieces` at their offsets in zeros.
fn laid(total: usize, pieces: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0u8; total];
    for (at, piece) in pieces {
        bytes[*at..*at + piece.len()].copy_from_slice(piece);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_that_are_never_opened_are_kept_back_by_content_and_by_name_in_archives_too() {
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let program = laid(256, &[(0, b"MZ"), (0x3C, b"\x80"), (0x80, b"PE\0\0")]);
    let unpacking = [program, zip_of(&[("x.txt", b"x")])].concat();
    let contents = [
        ("請求書.pdf", laid(40_000, &[(32_768, b"\x01CD001\x01")])),
        ("b.xlsx", laid(2_048, &[(1_536, b"conectix")])),
        ("c.jpg", laid(1_024, &[(0, b"\xEB\x3C\x90MSDOS5.0"), (510, b"\x55\xAA")])),
        ("d.docx", unpacking.clone()),
        ("e.txt", laid(64, &[(0, b"ITSF\x03\0\0\0")])),
        ("f.zip", laid(40_000, &[(0, b"PK\x05\x06"), (32_768, b"\x01CD001\x01")])),
        ("g.png", laid(40_000, &[(0, b"\x89PNG\r\n\x1A\n"), (32_768, b"\x01CD001\x01")])),
        ("h.exe", unpacking),
    ];
    let names = ["i.iso", "j.img", "k.vhd", "l.vhdx", "m.chm", "n.exe", "o.vdi", "p.wim"];
    let refused: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .chain(names.map(|name| (name, &b"words"[..])))
        .collect();
    let mut all = refused.clone();
    all.push(("good.txt", b"good"));
    let (_, mail) = send(&site, &hop, &zip_of(&all)).await;
    let archive = members(&file(&mail, "a.zip").bytes);
    let left: Vec<&str> = archive.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(member(&archive, "good.txt"), b"good");
    let list = std::str::from_utf8(member(&archive, "除去一覧.txt")).unwrap();
    for (name, _) in refused {
        assert!(list.contains(&format!("- {name}\n")), "{name}: {list}");
        assert!(mail.text.contains(&format!("{name}（")), "{name}: {}", mail.text);
    }
    site.stop().await;
}

#[test]
fn the_report_of_a_file_says_by_what_each_part_was_written_what_it_lost_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("資料.zip");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/21-all-kinds/input.eml");
    std::fs::write(&input, zip_of(&[("様式/a.txt", b"a\n"), ("様式/b.pdf", b"MZ is no program"), ("c.bat", b"rem")]))
        .unwrap();
    let output = temizu().args(["sanitize", "--json"]).args([&input, &sample]).output().unwrap();
    let reports: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let parts = |report: &Value| report["parts"].as_array().unwrap().clone();
    let inside = parts(&reports[0]);
    assert_eq!(inside[1]["place"], "様式/a.txt");
    for part in reports.iter().flat_map(parts) {
        assert_eq!(part["sha256"].is_null(), part["sanitizer"].is_null(), "{part}");
        assert_eq!(part["sha256"].is_null(), part["assurance"].is_null(), "{part}");
        let places = part["places"].as_array().unwrap();
        for finding in part["findings"].as_array().unwrap() {
            let here = places.iter().filter(|place| place["code"] == finding["code"]);
            let sum: u64 = here.map(|place| place["count"].as_u64().unwrap()).sum();
            assert!(sum <= finding["count"].as_u64().unwrap(), "{part}");
        }
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains(".-") && !said.contains("（）") && !said.contains("規則 - "), "{said}");
    assert!(reports[0]["sentences"].to_string().contains("Named .pdf."), "{}", reports[0]);
    let table = parts(&reports[1]).into_iter().find(|part| part["name"] == "請求書_R8-1105.xlsm").unwrap();
    assert_eq!(table["sanitizer"].as_str().unwrap().split('/').next(), Some("ooxml-excel"), "{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_ends_every_worker_costs_its_reader_the_file_and_not_the_words() {
    let hop = NextHop::start(Vec::new()).await;
    let mut plan = Plan::new(hop.address());
    plan.config.sandbox.memory_bytes = 64 << 20;
    let site = Site::start(plan).await;
    // More cells than a worker writes anew in so little memory; the words of the mail need a fraction of it.
    let cells: String =
        (0..400_000u32).map(|n| format!("<row><c><v>{}</v></c></row>", n.wrapping_mul(2_654_435_761))).collect();
    let sheet = format!("<worksheet xmlns=\"{SHEET}\"><sheetData>{cells}</sheetData></worksheet>");
    let workbook = book_of(&[&sheet]);
    let (item, mail) = send(&site, &hop, &zip_of(&[("a.xlsx", &workbook)])).await;
    assert_eq!(item.summary.stage, Stage::Delivered);
    let archive = item.outcomes.iter().flat_map(|(_, outcomes)| outcomes).find(|one| one.path.to_string() == "2");
    assert_eq!(archive.unwrap().reason, Some(Reason::ConvertFailed), "{}", mail.text);
    assert!(mail.text.starts_with("■") && mail.text.contains("\ntext\n"), "{}", mail.text);
    assert!(mail.text.contains("安全な形に作り直せませんでした"), "{}", mail.text);
    site.stop().await;
}

/// A workbook of these sheets.
pub(crate) fn book_of(sheets: &[&str]) -> Vec<u8> {
    let numbered = |write: fn(usize) -> String| (1..=sheets.len()).map(write).collect::<String>();
    let listed = numbered(|n| format!("<sheet name=\"a{n}\" sheetId=\"{n}\" r:id=\"r{n}\"/>"));
    let book = format!("<workbook xmlns=\"{SHEET}\" xmlns:r=\"{RELATIONS}\"><sheets>{listed}</sheets></workbook>");
    let relations = |inside: String| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{inside}\
             </Relationships>"
        )
    };
    let to_book =
        relations(format!("<Relationship Id=\"r1\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/>"));
    let to_sheets = relations(numbered(|n| {
        format!("<Relationship Id=\"r{n}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>")
    }));
    let typed = numbered(|n| {
        format!("<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"{TYPES}.worksheet+xml\"/>")
    });
    let types = format!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{TYPES}.sheet.main+xml\"/>{typed}</Types>"
    );
    let names: Vec<String> = (1..=sheets.len()).map(|n| format!("xl/worksheets/sheet{n}.xml")).collect();
    let mut parts = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", to_book.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", to_sheets.as_bytes()),
    ];
    parts.extend(names.iter().zip(sheets).map(|(name, sheet)| (name.as_str(), sheet.as_bytes())));
    zip_of(&parts)
}

/// A sheet with one number in it.
pub(crate) fn sheet_of(number: u32) -> String {
    format!("<worksheet xmlns=\"{SHEET}\"><sheetData><row><c><v>{number}</v></c></row></sheetData></worksheet>")
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
