//! Composed mails, read by a mail parser that is not ours: Python's `email` package.

use std::io::Write as _;
use std::process::{Command, Stdio};

use bytes::Bytes;
use serde::Deserialize;
use temizu::compose::{Kept, Letter, Notice, Phrases, Site, compose, compose_notice};
use temizu::domain::derivative::About;
use temizu::domain::{
    Action, Assurance, Client, Derivative, Digest, Domain, Envelope, Facts, FileName, HeaderFacts, ItemId, Language,
    Mailbox, MessageId, NamedAddress, Origin, Part, PartOutcome, PartPath, PartRole, Reason, ReversePath, RuleName,
    Timestamp, TypeClass, TypeId, WireMail,
};

/// Prints what a mail program would see. `name` is looked up as old programs do it, `filename` as new ones.
const READER: &str = r#"
import base64, email, email.header, email.policy, email.utils, json, sys

source = sys.stdin.buffer.read()
mail = email.message_from_bytes(source, policy=email.policy.default)
raw = email.message_from_bytes(source)
old = lambda text: str(email.header.make_header(email.header.decode_header(text)))
# Not `mail[name].addresses`: it keeps the blanks between the encoded words of a name (RFC 2047 6.2).
people = lambda name: [[old(n), a] for n, a in email.utils.getaddresses(raw.get_all(name, [])) if a]
parts = list(mail.walk())
files = [p for p in parts if p.get_content_disposition() == "attachment"]
texts = [p for p in parts if not p.is_multipart() and p not in files]
fields = ["subject", "from", "to", "cc", "reply-to", "date", "references", "in-reply-to", "x-temizu-status"]
json.dump({
    "defects": [repr(d) for p in parts for d in p.defects] + [repr(d) for f in fields if mail[f] for d in mail[f].defects],
    "subject": mail["subject"], "from": people("from"), "to": people("to"), "cc": people("cc"),
    "reply_to": people("reply-to"), "date": int(mail["date"].datetime.timestamp()),
    "message_id": mail["message-id"], "references": mail["references"], "received": len(mail.get_all("received", [])),
    "texts": [p.get_content() for p in texts],
    "files": [[p.get_filename(), old(p.get_param("name")), p.get_content_type(),
               base64.b64encode(p.get_payload(decode=True)).decode()] for p in files],
}, sys.stdout)
"#;

/// What Python read.
#[derive(Debug, Deserialize)]
struct Read {
    defects: Vec<String>,
    subject: Option<String>,
    from: Vec<(String, String)>,
    to: Vec<(String, String)>,
    cc: Vec<(String, String)>,
    reply_to: Vec<(String, String)>,
    date: i64,
    message_id: String,
    references: Option<String>,
    received: usize,
    texts: Vec<String>,
    files: Vec<(String, String, String, String)>,
}

fn read_by_python(mail: &WireMail) -> Read {
    let mut python = Command::new("python3")
        .args(["-I", "-c", READER])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test reads mails with python3: install it (Debian: apt-get install python3)");
    python.stdin.take().unwrap().write_all(mail.bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "python3 could not read the mail");
    let read: Read = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read.defects, Vec::<String>::new());
    read
}

fn site() -> Site {
    Site {
        host_name: Domain::parse("temizu.example.lg.jp").unwrap(),
        language: Language::Ja,
        utc_offset_minutes: 540,
        contact: "情報政策課 内線1234".to_owned(),
        portal_url: "https://portal.example.lg.jp".to_owned(),
        retention_days: 14,
        phrases: Phrases::default(),
    }
}

fn id() -> ItemId {
    ItemId::new(Timestamp::from_millis(1_795_398_120_000), [7; 10])
}

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

fn people(list: &[(&str, &str)]) -> Vec<NamedAddress> {
    list.iter().map(|(name, address)| NamedAddress { name: (*name).to_owned(), address: mailbox(address) }).collect()
}

fn facts(headers: HeaderFacts) -> Facts {
    let envelope = Envelope {
        reverse_path: ReversePath::of(mailbox("bounce@example.jp")),
        forward_paths: vec![mailbox("kashiwagi@city.example.lg.jp")],
        client: Client { address: "2001:db8::25".parse().unwrap(), helo: "relay".to_owned(), tls: None },
        eight_bit: true,
    };
    let origin = Origin::Mail(envelope);
    let received_at = Timestamp::from_millis(1_795_398_120_000);
    Facts {
        received_at,
        origin,
        length: 1,
        headers,
        parts: Vec::new(),
        findings: Vec::new(),
        ambiguities: Vec::new(),
        sender: temizu::domain::SenderFacts::default(),
    }
}

/// Composes a mail of `text` and of `files` with their names and media types, and has it read.
fn round_trip(headers: HeaderFacts, text: &str, files: &[(&str, &str, &[u8])]) -> Read {
    let mut facts = facts(headers);
    let (mut outcomes, mut derivatives) = (Vec::new(), Vec::new());
    let body = (PartRole::Body, "", "text/plain", text.as_bytes());
    let files = files.iter().map(|(name, media_type, bytes)| (PartRole::Attachment, *name, *media_type, *bytes));
    for (number, (role, name, media_type, bytes)) in (1..).zip([body].into_iter().chain(files)) {
        let path = PartPath::new(vec![number]).unwrap();
        facts.parts.push(part(&path, role, name));
        let about = About {
            media_type: media_type.to_owned(),
            sanitizer: "text".to_owned(),
            version: 1,
            assurance: Assurance::Rebuilt,
            links: Vec::new(),
            places: Vec::new(),
        };
        let derivative = Derivative::vouch(path.clone(), Bytes::copy_from_slice(bytes), about);
        outcomes.push(PartOutcome {
            path,
            action: if role == PartRole::Body { Action::Text } else { Action::Rebuild },
            reason: None,
            rule: RuleName::try_from("R-001".to_owned()).unwrap(),
            findings: Vec::new(),
            derivative: Some(derivative.digest()),
            assurance: Some(Assurance::Rebuilt),
        });
        derivatives.push(derivative);
    }
    let derivatives: Vec<_> = derivatives.iter().collect();
    let letter = Letter {
        id: id(),
        group: 0,
        facts: &facts,
        outcomes: &outcomes,
        derivatives: &derivatives,
        opened_later: false,
    };
    read_by_python(&compose(&site(), &letter).unwrap().mail)
}

fn part(path: &PartPath, role: PartRole, name: &str) -> Part {
    Part {
        path: path.clone(),
        role,
        declared: "text/plain".to_owned(),
        detected: TypeId::try_from("text".to_owned()).unwrap(),
        class: TypeClass::Text,
        name: FileName::try_from(name.to_owned()).ok(),
        folders: Vec::new(),
        extensions: Vec::new(),
        length: 1,
        digest: Digest::of(b"original"),
        encrypted: false,
    }
}

fn owned(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, address)| ((*name).to_owned(), (*address).to_owned())).collect()
}

#[test]
fn subjects_are_read_as_they_were_given() {
    for subject in [
        "Invoice",
        "Quarterly report of the section for roads, rivers and parks, second and last corrected edition",
        "令和8年度 下水道工事 請求書の送付",
        "=?UTF-8?B?5bGx?= is not decoded",
        "=?ISO-2022-JP?B?GyRCOzMbKEI=?=",
        "葛\u{E0100}飾区 𠮷野家 ①㈱髙﨑 ﾊﾝｶｸ “quotes” <a@b> ; , :",
        &"長い件名".repeat(40),
        &"x".repeat(400),
        "two  blanks and 日本語",
    ] {
        let headers = HeaderFacts { subject: Some(subject.to_owned()), ..HeaderFacts::default() };
        assert_eq!(round_trip(headers, "x", &[]).subject.as_deref(), Some(subject));
    }
}

#[test]
fn people_are_read_as_they_were_given() {
    let many: Vec<_> = (0..200).map(|i| ("総務課 職員".to_owned(), format!("a{i}@city.example.lg.jp"))).collect();
    let borrowed: Vec<_> = many.iter().map(|(name, address)| (name.as_str(), address.as_str())).collect();
    let authors = [("山田建設（株） 経理", "keiri@yamada.example")];
    let to = [
        ("", "plain@example.jp"),
        ("Yamada, Taro \"T\" \\", "taro@example.jp"),
        ("=?UTF-8?B?5bGx?=", "look-alike@example.jp"),
        ("Taro Yamada", "taro.y@example.jp"),
        ("市長 <mayor@city.example.lg.jp>", "x@evil.example"),
        (&"長".repeat(100), "long@example.jp"),
    ];
    let odd = [("携帯", "abc..def.@docomo.ne.jp")];
    let read = round_trip(
        HeaderFacts {
            from: people(&authors),
            to: people(&to),
            cc: people(&borrowed),
            reply_to: people(&odd),
            ..HeaderFacts::default()
        },
        "x",
        &[],
    );
    assert_eq!(read.from, owned(&authors));
    let shown = to.map(|(name, address)| (name.replace('<', "＜").replace('>', "＞"), address.to_owned()));
    assert_eq!(read.to, shown, "angle brackets belong to true addresses alone");
    assert_eq!(read.cc, many);
    assert_eq!(read.reply_to, owned(&[("携帯", "\"abc..def.\"@docomo.ne.jp")]), "quoted, as RFC 5322 has it");
}

#[test]
fn threads_dates_and_hops_are_read_as_they_were_given() {
    let message_id = |text: &str| MessageId::try_from(text.to_owned()).unwrap();
    let read = round_trip(
        HeaderFacts {
            message_id: Some(message_id("<1@yamada.example>")),
            references: (0..9).map(|i| message_id(&format!("<{i}.long-long-long-id@yamada.example>"))).collect(),
            date: Some((1_795_398_060, -570)),
            hops: 4,
            ..HeaderFacts::default()
        },
        "x",
        &[],
    );
    assert_eq!(read.message_id, "<1@yamada.example>");
    assert_eq!(read.references.unwrap().split_whitespace().count(), 9);
    assert_eq!(read.date, 1_795_398_060);
    assert_eq!(read.received, 5);
}

#[test]
fn text_is_read_as_it_was_given() {
    for text in ["こんにちは。\n\n  字下げ\t表\n.\n..\nFrom 山田\n-- \n署名", &"改行のない長い文".repeat(2000)]
    {
        let read = round_trip(HeaderFacts::default(), text, &[]);
        let [body] = read.texts.as_slice() else { panic!("one text: {:?}", read.texts) };
        assert!(body.replace("\r\n", "\n").starts_with(&format!("{text}\n\n────")), "{body}");
        assert!(read.files.is_empty());
    }
}

#[test]
fn files_are_read_as_they_were_given() {
    let long = format!("{}.txt", "長い名前".repeat(9));
    let ascii = format!("{}.txt", "a-long-name-".repeat(8));
    let files: &[(&str, &str, &[u8])] = &[
        ("請求書.txt", "text/plain", "請求書\r\n".as_bytes()),
        ("report.txt", "text/plain", b""),
        ("it's 100%; (final), v=2 & more.log", "text/plain", b"x"),
        ("表.csv", "text/csv", b"\xEF\xBB\xBFa,b\n--temizu\n.\n"),
        (&long, "text/plain", b"\n"),
        (&ascii, "text/plain", b"\n"),
    ];
    let read = round_trip(HeaderFacts::default(), "x", files);
    assert_eq!(read.files.len(), files.len());
    for ((filename, name, media_type, base64), (given, given_type, bytes)) in read.files.iter().zip(files) {
        assert_eq!(filename, given);
        assert_eq!(name, given, "as old programs read it");
        assert_eq!(media_type, given_type);
        assert_eq!(*base64, base64_of(bytes));
    }
}

#[test]
fn a_notice_is_read_as_one_text() {
    let envelope = Envelope {
        reverse_path: ReversePath::of(mailbox("keiri@yamada.example")),
        forward_paths: Vec::new(),
        client: Client { address: "192.0.2.25".parse().unwrap(), helo: "relay".to_owned(), tls: None },
        eight_bit: false,
    };
    let notice = Notice {
        id: id(),
        group: 0,
        received_at: Timestamp::from_millis(1_795_398_120_000),
        envelope: &envelope,
        hops: 2,
        kept: Kept::Quarantined,
        reason: Reason::ConvertTimeout,
        rule: None,
    };
    let read = read_by_python(&compose_notice(&site(), &notice).unwrap().mail);
    assert_eq!(read.from, owned(&[("メール無害化", "MAILER-DAEMON@temizu.example.lg.jp")]));
    assert!(read.to.is_empty());
    assert!(read.subject.unwrap().starts_with("[要操作] "));
    assert!(read.texts.concat().contains("時間内に作り直せませんでした。"));
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
