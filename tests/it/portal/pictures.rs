//! The pictures of the README: the list of mails, a mail before and after, a request that is decided on.
//!
//! Refuses pictures that a page of text must not wait for. Invariant: `cargo xtask pictures` writes them into `docs/images`
//! (`TEMIZU_PICTURES` names the folder); a test run makes them anew elsewhere and looks at both.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mail_parser::MessageParser;
use temizu::domain::ItemId;

use super::letters::{Enclosure, all_kinds, letter, locked_zip, pdf};
use super::support::{JIRO, KAEDE, Office};

/// Name, width and height in pixels.
const PICTURES: [(&str, u32, u32); 3] = [("list", 1280, 925), ("before-after", 1280, 1250), ("approval", 1280, 1690)];
/// The most bytes of one.
const MOST: usize = 150_000;

const WHY: &str = "議事録の原本に確認印を押して、返送する必要があるため。";

/// A file of the sample with files of every kind.
fn enclosed(name: &'static str, kind: &'static str) -> Enclosure<'static> {
    let mail = all_kinds();
    let mail = MessageParser::default().parse(&mail).unwrap();
    let part = mail.attachments().find(|part| part.attachment_name() == Some(name)).expect("a file of the sample");
    (name, kind, part.decoded().into_owned())
}

/// A morning's mail, oldest first; the one with a file that is shown before and after, and the one whose original is
/// asked for.
async fn mails(office: &Office) -> (ItemId, ItemId) {
    let sheet = enclosed("請求書_R8-1105.xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12");
    let notice = enclosed("通知文書.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    let photo = enclosed("写真.png", "image/png");
    let rows: [(&str, &str, &str, Vec<Enclosure<'_>>); 5] = [
        ("改修工事 打合せ議事録", "川上設計", "議事録をお送りします。ご確認ください。", vec![pdf()]),
        ("空調設備の図面について", "山田建設", "パスワードは別のメールでお送りします。", vec![locked_zip()]),
        ("ご請求内容のご確認", "経理部", "至急ご確認ください。", vec![("請求書.pdf", "application/pdf", program())]),
        ("講習会のご案内", "図書館協会", "ご案内と写真を添付します。", vec![notice, photo]),
        ("11月分 請求書の送付", "山田建設", "お世話になっております。\r\n11月分の請求書をお送りします。", vec![sheet]),
    ];
    let mut items = Vec::new();
    for (subject, sender, text, files) in rows {
        items.push(office.mail(JIRO, &letter(subject, sender, text, &files)).await);
        office.site.advance(Duration::from_secs(17 * 60));
    }
    (items[4], items[0])
}

/// A program, as far as its first bytes say.
fn program() -> Vec<u8> {
    let mut program = b"MZ".to_vec();
    program.resize(4_096, 0);
    program
}

/// Holds a picture to its size in pixels; its bytes.
fn weigh(path: &Path, width: u32, height: u32) -> usize {
    let bytes =
        std::fs::read(path).unwrap_or_else(|error| panic!("{} ({error}): cargo xtask pictures", path.display()));
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert!(bytes.starts_with(b"\x89PNG"), "{}", path.display());
    assert_eq!((number(16), number(20)), (width, height), "{}", path.display());
    bytes.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pictures_of_the_readme_are_small_and_can_be_made_anew() {
    let office = Office::open().await;
    let own = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("TEMIZU_PICTURES").map_or_else(|| own.path().to_owned(), PathBuf::from);
    let (sheet, minutes) = mails(&office).await;
    let fields = [("part", ""), ("department", "library"), ("why", WHY), ("pledge", "1")];
    let asked = office.client(JIRO).await.post(&format!("/m/{minutes}/request"), &fields).await;
    assert_eq!(asked.status, 303, "{}", asked.text());

    let tab = office.tab(JIRO).await;
    let [list, compared, approval] = PICTURES;
    tab.set_viewport(list.1, list.2).await;
    tab.go(&office.at("/mails?tab=all")).await;
    tab.picture(&folder.join("list.png")).await;
    tab.set_viewport(compared.1, compared.2).await;
    tab.go(&office.at(&format!("/m/{sheet}"))).await;
    tab.scroll_to("h1").await;
    tab.picture(&folder.join("before-after.png")).await;
    office.sign_in(&tab, KAEDE).await;
    tab.follow("td .button-primary").await;
    tab.set_viewport(approval.1, approval.2).await;
    tab.wait_for_text(WHY).await;
    tab.picture(&folder.join("approval.png")).await;

    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    for (name, width, height) in PICTURES {
        weigh(&folder.join(name).with_extension("png"), width, height);
        let bytes = weigh(&kept.join(name).with_extension("png"), width, height);
        assert!(bytes < MOST, "docs/images/{name}.png has {bytes} bytes");
    }
    office.site.stop().await;
}
