//! Japanese mail in every way in which it is written (`cargo xtask samples --japanese`): through a real worker and into
//! the mail that is delivered, every one must read as it was meant.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use temizu::config;
use temizu::domain::{Client, Envelope, ItemId, Mailbox, Origin, Reason, ReversePath, Timestamp};
use temizu::pipeline::{Arrival, Washed, Washer};
use temizu::policy::RuleSet;
use temizu::ports::{Blob, Subject};
use temizu::sandbox::{Sandbox, Settings};
use temizu::sender::Known;
use xtask::samples::japanese::{self, Variant};

use crate::support::delivered::Delivered;
use crate::support::worker::worker;

/// What stands between the text of a mail and what the gateway says of it.
const RULE: &str = "────────────────────────────────";

fn washer(gaiji: &str) -> Washer {
    let sandbox = config::Sandbox { worker: worker(), ready: 4, ..config::Sandbox::default() };
    let settings = Settings::new(&sandbox, &config::Limits::default(), Path::new("/"));
    let settings = settings.with_gaiji(config::gaiji::parse("gaiji.txt", gaiji).unwrap());
    let site = temizu::serve::site(&config::Config::default()).unwrap();
    let known = Known::new(&config::Sender::default(), &[]);
    Washer::new(Arc::new(Sandbox::start(settings)), Arc::new(RuleSet::parse(&[]).unwrap()), known, site)
}

async fn washed(washer: &Washer, mail: &[u8]) -> Washed {
    let received_at = Timestamp::from_millis(1_795_398_120_000);
    let client = Client { address: [127, 0, 0, 1].into(), helo: "localhost".to_owned(), tls: None };
    let envelope = Envelope {
        reverse_path: ReversePath::null(),
        forward_paths: vec![Mailbox::parse("shokuin@city.example.lg.jp").unwrap()],
        client,
        eight_bit: true,
    };
    let arrival = Arrival {
        id: ItemId::new(received_at, [7; 10]),
        origin: Origin::Mail(envelope),
        received_at,
        length: mail.len() as u64,
        released: false,
        passwords: Vec::new(),
    };
    washer.wash(Subject::Mail, arrival, Blob::in_memory(Bytes::copy_from_slice(mail))).await.unwrap()
}

/// The findings that this set has an opinion about, sorted.
fn told(washed: &Washed) -> Vec<&'static str> {
    let of_parts = washed.outcomes.iter().flatten().flat_map(|outcome| &outcome.findings);
    let mut told: Vec<&str> = washed
        .facts
        .findings
        .iter()
        .chain(of_parts)
        .filter_map(|finding| match finding.code {
            Reason::CharsetGuessed => Some(japanese::GUESSED),
            Reason::Undecodable => Some(japanese::UNDECODABLE),
            Reason::Gaiji => Some(japanese::GAIJI),
            _ => None,
        })
        .collect();
    told.sort_unstable();
    told.dedup();
    told
}

/// The text of the sender in a delivered mail.
fn body(read: &Delivered) -> &str {
    let text = read.text.as_str();
    let text = if text.starts_with('■') { text.split_once(RULE).map_or(text, |(_, rest)| rest) } else { text };
    text.rsplit_once(RULE).map_or(text, |(text, _)| text).trim_matches('\n')
}

/// What is wrong with what became of a variant.
fn wrong(variant: &Variant, washed: &Washed) -> Vec<String> {
    let expected = &variant.expected;
    let [mail] = washed.mails.as_slice() else { return vec![format!("{} mails", washed.mails.len())] };
    let read = match Delivered::read(mail.mail.bytes()) {
        Ok(read) => read,
        Err(law) => return vec![law],
    };
    let mut wrong = Vec::new();
    let mut compare = |what: &str, got: &str, wanted: &str| {
        if got != wanted {
            wrong.push(format!("{what}\n    is  {got:?}\n    not {wanted:?}"));
        }
    };
    let subject = read.value("subject").unwrap_or_default();
    compare("subject", subject.strip_prefix("[無害化] ").unwrap_or(subject), &expected.subject);
    let from = read.value("from").unwrap_or_default();
    let name = from.rsplit_once(" <").map_or("", |(name, _)| name);
    compare("sender", name.trim_matches('"'), &expected.sender);
    compare("body", body(&read), &expected.body);
    let files: Vec<(String, String)> =
        read.files.iter().map(|file| (file.name.clone(), file.content.replace("\r\n", "\n"))).collect();
    compare("files", &format!("{files:?}"), &format!("{:?}", expected.files));
    if let Some(expected) = &expected.told {
        compare("told", &told(washed).join(" "), &expected.join(" "));
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_of_writing_japanese_reads_as_it_was_meant() {
    let variants = japanese::all();
    assert!(variants.len() >= 400, "the set is there: {}", variants.len());
    let washer = washer("");
    let mut failed = Vec::new();
    for variant in &variants {
        let wrong = wrong(variant, &washed(&washer, &variant.bytes).await);
        if !wrong.is_empty() {
            failed.push(format!("{}: {}", variant.name, wrong.join("\n  ")));
        }
    }
    let right = variants.len() - failed.len();
    println!("{right} of {} variants right", variants.len());
    assert!(failed.is_empty(), "{right} of {} are right; wrong are\n{}", variants.len(), failed.join("\n"));
}

/// A table that knows every private character of the set.
const TABLE: &str = "F040 髙\nU+E3AB 﨑\nU+E3AC （土の吉）\nF9FC 濵\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn characters_of_their_own_are_written_in_the_sites_words() {
    let washer = washer(TABLE);
    let named = |name: &str| japanese::all().into_iter().find(|variant| variant.name == name).unwrap();
    let names = ["sjis", "sjis-base64", "jis-rows", "jis-set", "euc", "utf8"].map(|name| format!("char-gaiji-{name}"));
    for name in &names {
        let mut variant = named(name);
        variant.expected.body = variant.expected.body.replacen("〓田〓・〓・〓", "髙田﨑・（土の吉）・濵", 1);
        variant.expected.told = Some(Vec::new());
        let wrong = wrong(&variant, &washed(&washer, &variant.bytes).await);
        assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
    }
    for name in ["gaiji-subject", "gaiji-sender", "gaiji-file"] {
        let mut variant = named(name);
        let expected = &mut variant.expected;
        let names = expected.files.iter_mut().map(|(name, _)| name);
        for text in [&mut expected.subject, &mut expected.sender].into_iter().chain(names) {
            *text = text.replace('〓', "髙");
        }
        expected.told = Some(Vec::new());
        let wrong = wrong(&variant, &washed(&washer, &variant.bytes).await);
        assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
    }
}

#[test]
fn a_mail_on_the_command_line_is_written_with_the_table_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let variant = japanese::all().into_iter().find(|variant| variant.name == "gaiji-subject").unwrap();
    std::fs::write(at("mail.eml"), &variant.bytes).unwrap();
    let sanitize = |table: &str| {
        std::fs::write(at("gaiji.txt"), table).unwrap();
        let config = format!(
            "[site]\ngaiji = \"{}\"\n[sandbox]\nworker = \"{}\"\n",
            at("gaiji.txt").display(),
            worker().display()
        );
        std::fs::write(at("temizu.toml"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_temizu"));
        command.arg("sanitize").arg("--config").arg(at("temizu.toml")).arg("--output").arg(at("out"));
        command.arg(at("mail.eml")).output().unwrap()
    };
    sanitize(TABLE);
    let mut written = std::fs::read_dir(at("out")).unwrap().map(|entry| entry.unwrap().path());
    let mail = written.find(|path| path.extension().is_some_and(|ending| ending == "eml")).unwrap();
    let read = Delivered::read(&std::fs::read(mail).unwrap()).unwrap();
    assert_eq!(read.value("subject"), Some("髙田様"));

    let refused = sanitize("F040 髙\nF041 =1\n");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("gaiji.txt:2:1"), "{said}");
}
