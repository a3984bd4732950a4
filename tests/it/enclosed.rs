//! Things in mail that hold other things, through a whole gateway: mails, files of Outlook, files in a text, envelopes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use temizu::domain::{PartRole, Reason, Stage};
use temizu::ports::ItemDetail;

use crate::support::delivered::Delivered;
use crate::support::gateway::{DOMAIN, Plan, Site, with_crlf};
use crate::support::next_hop::NextHop;

/// Longest time that a hostile mail may take.
const SLOWEST: Duration = Duration::from_secs(20);

/// A gateway and what it delivers to.
struct Basin {
    hop: NextHop,
    site: Site,
}

impl Basin {
    async fn start() -> Self {
        let hop = NextHop::start(Vec::new()).await;
        let site = Site::start(Plan::new(hop.address())).await;
        Self { hop, site }
    }

    /// Sends a mail; what became of it, and the mail that was delivered.
    async fn wash(&self, mail: &[u8]) -> (ItemDetail, Delivered) {
        let before = self.hop.seen().taken.len();
        let item = self.site.ended(self.site.send(&[&format!("shokuin@{DOMAIN}")], mail).await).await;
        let mails: Vec<Vec<u8>> =
            self.hop.seen().taken.split_off(before).into_iter().map(|taken| taken.bytes).collect();
        let [mail] = mails.as_slice() else { panic!("{} mails of {:?}", mails.len(), item.summary) };
        let delivered = Delivered::read(mail).unwrap();
        assert_eq!(item.summary.stage, Stage::Delivered, "{:?}", item.summary);
        (item, delivered)
    }
}

/// Every part in one line: where, what for, its real type, and why it was kept back.
fn parts(item: &ItemDetail) -> Vec<String> {
    let facts = item.facts.as_ref().unwrap();
    let outcomes = item.outcomes.iter().flat_map(|(_, outcomes)| outcomes);
    let line = |outcome: &temizu::domain::PartOutcome| {
        let part = facts.part(&outcome.path).unwrap();
        let role = match part.role {
            PartRole::Body => "body",
            PartRole::Alternative => "alternative",
            PartRole::Attachment => "file",
            PartRole::Enclosed => "mail",
            PartRole::Archive => "archive",
        };
        let kept = if outcome.derivative.is_some() { "" } else { outcome.reason.map_or("kept", Reason::code) };
        format!("{} {role} {} {kept}", outcome.path, part.detected.as_str()).trim_end().to_owned()
    };
    outcomes.map(line).collect()
}

fn files(delivered: &Delivered) -> Vec<&str> {
    delivered.files.iter().map(|file| file.name.as_str()).collect()
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name).join("input.eml")).unwrap()
}

fn says(delivered: &Delivered, words: &[&str]) {
    let mut rest = delivered.text.as_str();
    for word in words {
        let Some((_, behind)) = rest.split_once(word) else {
            panic!("{word} is missing or out of order: {}", delivered.text)
        };
        rest = behind;
    }
}

/// A mail of a text and of one attachment in base64.
fn around(declared: &str, name: &str, content: &[u8]) -> Vec<u8> {
    let mut mail = format!(
        "From: a@example.com\r\nTo: shokuin@{DOMAIN}\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\nContent-Type: text/plain\r\n\r\nouter text\r\n\
         --outer\r\nContent-Type: {declared}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    for line in STANDARD.encode(content).as_bytes().chunks(76) {
        write!(mail, "{}\r\n", std::str::from_utf8(line).unwrap()).unwrap();
    }
    (mail + "--outer--\r\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_in_a_mail_are_shown_and_their_files_handled_by_their_real_type() {
    let basin = Basin::start().await;
    let (item, mail) = basin.wash(&sample("50-forwarded-with-attachments")).await;
    assert_eq!(
        parts(&item),
        ["1 body text", "2 mail eml", "2.1 body text", "2.2 file csv", "2.3 file pe type_not_allowed"]
    );
    says(
        &mail,
        &[
            "転送します。",
            "──── 添付されたメール ────\n",
            "件名 (Subject): 見積りの件",
            "差出人 (From): 山田建設 <keiri@",
            "見積りの内訳を送ります。",
        ],
    );
    assert_eq!(files(&mail), ["内訳.csv"]);
    assert_eq!(
        mail.text.matches("添付されたメール ").count(),
        2,
        "one line where it begins, one where it ends: {}",
        mail.text
    );

    let (item, mail) = basin.wash(&sample("51-forwarded-base64")).await;
    assert_eq!(
        parts(&item)[1..],
        [
            "2 mail eml",
            "2.1 body text",
            "2.2 mail eml",
            "2.2.1 body text",
            "2.2.2 file csv",
            "2.2.3 file pe type_not_allowed"
        ]
    );
    says(&mail, &["件名 (Subject): 外側", "外側の本文です。", "件名 (Subject): 内側", "見積りの内訳を送ります。"]);

    let (item, mail) = basin.wash(&sample("52-winmail")).await;
    assert_eq!(
        parts(&item)[1..],
        [
            "2 mail tnef",
            "2.1 alternative text removed_by_rule",
            "2.2 file csv",
            "2.3 file pdf unsupported_format",
            "2.4 file pe type_not_allowed"
        ]
    );
    assert_eq!(files(&mail), ["一覧表.csv"]);
    assert!(mail.files[0].content.contains("髙橋"));

    let (item, mail) = basin.wash(&sample("53-outlook-message")).await;
    assert_eq!(
        parts(&item)[1..],
        [
            "2 mail msg",
            "2.1 body text",
            "2.2 file text",
            "2.3 file pe type_not_allowed",
            "2.4 mail msg",
            "2.4.1 body text"
        ]
    );
    says(
        &mail,
        &[
            "ファイル名 (File): 打合せの議事録.msg\n件名 (Subject): 打合せの議事録\n",
            "宛先 (To): 職員 <shokuin@",
            "Cc: 課長",
            "2026-11-23",
            "①が決定事項です。",
            // A message that is no file of its own.
            "──── 添付されたメール 2 ────\n件名 (Subject): Re: 打合せ",
            "十時で結構です。",
        ],
    );
    assert_eq!(files(&mail), ["議事録.txt"]);
    basin.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_a_text_or_around_it_is_taken_apart() {
    let basin = Basin::start().await;
    let (item, mail) = basin.wash(&sample("54-uuencode")).await;
    assert_eq!(parts(&item), ["1 body text", "1.1 file csv", "1.2 file pe type_not_allowed"]);
    says(
        &mail,
        &["一覧を送ります。", "［添付: list.csv］", "道具も送ります。", "［添付: tool.exe］", "begin 644 は文字"],
    );
    assert_eq!(files(&mail), ["list.csv"]);

    let (item, mail) = basin.wash(&sample("55-smime-opaque")).await;
    assert_eq!(parts(&item), ["1.1 body text", "1.2 file text"]);
    says(&mail, &["電子署名つきの本文です。", "電子署名を外しました"]);

    let (_, mail) = basin.wash(&sample("56-pgp-signed")).await;
    says(&mail, &["署名した本文です。\n-- \n山田", "電子署名を外しました"]);
    assert!(!mail.text.contains("PGP SIGN"));

    let (item, _) = basin.wash(&sample("58-smime-encrypted")).await;
    assert_eq!(parts(&item), ["1 file p7m encrypted_mail"]);
    basin.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enclosed_mail_of_which_nothing_is_known_is_set_off_like_every_other() {
    let basin = Basin::start().await;
    let mail = format!(
        "From: a@example.com\r\nTo: shokuin@{DOMAIN}\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\n\r\nouter text\r\n--outer\r\n\
         Content-Type: message/rfc822\r\n\r\nX-Note: 1\r\n\r\ninner text\r\n--outer--\r\n"
    );
    let (item, mail) = basin.wash(mail.as_bytes()).await;
    assert_eq!(parts(&item), ["1 body text", "2 mail eml", "2.1 body text"]);
    says(&mail, &["outer text\n\n──── 添付されたメール ────\ninner text\n──── 添付されたメール ここまで ────\n"]);
    basin.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_nested_without_end_cost_only_what_lies_too_deep() {
    let basin = Basin::start().await;
    let started = Instant::now();
    let (item, mail) = basin.wash(&sample("57-nested-without-end")).await;
    says(&mail, &["いちばん外側の本文です。", "Subject): 1", "Subject): 18"]);
    let parts = parts(&item);
    assert_eq!(parts.len(), 21);
    assert!(parts[20].ends_with("file eml too_deep"), "{parts:?}");

    let mut mail = b"From: a@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: x\r\n\r\ninnermost\r\n".to_vec();
    for _ in 0..30 {
        mail = around("message/rfc822", "a.eml", &mail);
    }
    let (item, _) = basin.wash(&mail).await;
    assert!(self::parts(&item).iter().any(|part| part.ends_with("file eml too_deep")), "{:?}", self::parts(&item));
    assert!(started.elapsed() < SLOWEST, "{:?}", started.elapsed());
    basin.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_that_lie_about_their_lengths_or_run_in_circles_stay_closed_files() {
    let basin = Basin::start().await;
    let started = Instant::now();
    // An attachment of four gigabytes, and a list of as many properties.
    let mut lying = b"\x78\x9F\x3E\x22\x01\x00\x02\x02\x90\x06\x00\x0E\0\0\0".to_vec();
    lying.extend([0; 16]);
    lying.extend(b"\x02\x05\x90\x06\x00\x04\0\0\0\xFF\xFF\xFF\xFF\xFC\x03");
    lying.extend(b"\x02\x0F\x80\x06\x00\xFF\xFF\xFF\xFF too short");
    let (item, mail) = basin.wash(&around("application/ms-tnef", "winmail.dat", &lying)).await;
    assert_eq!(parts(&item), ["1 body text", "2 mail tnef", "2.1 file unknown unsupported_format"]);
    says(&mail, &["outer text"]);

    // Every chain of sectors leads back to its beginning.
    let whole = String::from_utf8(sample("53-outlook-message")).unwrap();
    let (_, encoded) = whole.split_once(".msg").unwrap_or_else(|| whole.rsplit_once("base64\r\n\r\n").unwrap());
    let encoded = encoded.rsplit_once("base64\r\n\r\n").map_or(encoded, |(_, encoded)| encoded);
    let encoded: String = encoded.lines().take_while(|line| !line.starts_with("--")).collect();
    let message = STANDARD.decode(encoded).unwrap();
    let table = message.len() - 512;
    for link in [0u32, 1, 5, 0xFFFF_FFFE, 0xFFFF_FFFD] {
        let mut broken = message.clone();
        broken[table..].chunks_exact_mut(4).for_each(|four| four.copy_from_slice(&link.to_le_bytes()));
        let (item, mail) = basin.wash(&around("application/vnd.ms-outlook", "a.msg", &broken)).await;
        assert_eq!(parts(&item).len(), 2, "{link}: {:?}", parts(&item));
        assert!(parts(&item)[1].starts_with("2 file"), "{:?}", parts(&item));
        says(&mail, &["outer text"]);
    }
    assert!(started.elapsed() < SLOWEST, "{:?}", started.elapsed());
    basin.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_can_be_read_in_two_ways_gives_its_text_and_its_files_are_kept_back() {
    let basin = Basin::start().await;
    let mail = |subject: &str, second: &str| {
        format!(
            "Content-Type: message/rfc822\r\n\r\nFrom: a@example.com\r\nSubject: {subject}\r\n{second}MIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"{subject}\"\r\n\r\n--{subject}\r\n\r\ntext of {subject}\r\n--{subject}\r\n\
             Content-Type: text/plain; name=\"{subject}.txt\"\r\nContent-Disposition: attachment; filename=\"{subject}.txt\"\r\n\
             \r\nfile\r\n--{subject}--\r\n"
        )
    };
    let outer = format!(
        "From: a@example.com\r\nTo: shokuin@{DOMAIN}\r\nSubject: two\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\n{}--outer\r\n{}--outer--\r\n",
        mail("clear", ""),
        mail("forked", "Subject: another\r\n")
    );
    let (item, mail) = basin.wash(outer.as_bytes()).await;
    assert_eq!(
        parts(&item),
        [
            "1 mail eml",
            "1.1 body text",
            "1.2 file text",
            "2 mail eml",
            "2.1 body text",
            "2.2 file text ambiguous_structure"
        ]
    );
    assert_eq!(files(&mail), ["clear.txt"]);
    says(&mail, &["text of clear", "text of forked"]);
    basin.site.stop().await;
}

/// The corpus lies beside the repository, or where `TEMIZU_CORPUS` says; without it there is nothing to test.
fn corpus(ending: &str) -> Vec<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let root = std::env::var_os("TEMIZU_CORPUS").map_or_else(beside, PathBuf::from);
    let folders = std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let files =
        folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == ending)).collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_messages_of_outlook_in_the_corpus_are_shown() {
    let messages = corpus("msg");
    let basin = Basin::start().await;
    let mut wrong = Vec::new();
    for path in &messages {
        let (item, mail) =
            basin.wash(&around("application/octet-stream", "a.msg", &std::fs::read(path).unwrap())).await;
        let parts = parts(&item);
        // Of a message that was signed, the files are in the envelope.
        if parts.iter().any(|part| part.contains(" mail eml") || part.ends_with("eml unsupported_format")) {
            wrong.push(format!("{}: an envelope stayed closed: {parts:?}", path.display()));
        }
        if !parts.iter().any(|part| part.starts_with("2.") && part.contains("body"))
            || !mail.text.contains("(Subject): ")
        {
            wrong.push(format!("{}: {parts:?}", path.display()));
        }
    }
    println!("{} messages, {} of them without text", messages.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    basin.site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mails_of_the_corpus_are_shown_inside_a_mail_too() {
    let basin = Basin::start().await;
    let mut opened = 0;
    let mails: Vec<PathBuf> = corpus("eml").into_iter().step_by(5).collect();
    for path in &mails {
        let mail = with_crlf(&std::fs::read(path).unwrap());
        let (item, _) = basin.wash(&around("message/rfc822", "a.eml", &mail)).await;
        opened += usize::from(parts(&item).iter().any(|part| part.starts_with("2 mail")));
    }
    println!("{opened} of {} mails opened", mails.len());
    assert!(opened * 10 >= mails.len() * 9, "{opened} of {}", mails.len());
    basin.site.stop().await;
}
