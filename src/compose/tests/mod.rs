//! Composed mails, read back by the strict reader of `laws`.
#![allow(clippy::disallowed_methods, reason = "tests make the derivatives that a sandbox would vouch for")]

mod hostile;
mod told;

use bytes::Bytes;

use super::laws::{self, Read};
use super::*;
use crate::domain::derivative::About;
use crate::domain::{
    Action, Assurance, Client, Digest, Envelope, FileName, Finding, HeaderFacts, Link, Mailbox, NamedAddress, Origin,
    Part, PartRole, ReversePath, TypeClass, TypeId,
};

const RECEIVED: Timestamp = Timestamp::from_millis(1_795_398_120_000);

pub(super) fn site(language: Language) -> Site {
    Site {
        host_name: Domain::parse("temizu.example.lg.jp").unwrap(),
        language,
        utc_offset_minutes: 540,
        contact: "情報政策課 内線1234".to_owned(),
        portal_url: "https://mail-portal.example.lg.jp".to_owned(),
        retention_days: 14,
        phrases: Phrases::default(),
    }
}

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

fn named(name: &str, address: &str) -> NamedAddress {
    NamedAddress { name: name.to_owned(), address: mailbox(address) }
}

fn envelope_of(reverse_path: ReversePath) -> Envelope {
    Envelope {
        reverse_path,
        forward_paths: vec![mailbox("kashiwagi@city.example.lg.jp")],
        client: Client { address: "192.0.2.25".parse().unwrap(), helo: "relay".to_owned(), tls: None },
        eight_bit: false,
    }
}

/// A mail in the making: parts, what becomes of them, and the rest.
#[derive(Debug)]
struct Case {
    facts: Facts,
    outcomes: Vec<PartOutcome>,
    derivatives: Vec<Derivative>,
}

impl Case {
    fn new() -> Self {
        let envelope = envelope_of(ReversePath::of(mailbox("bounce@yamada-kensetsu.example")));
        let headers = HeaderFacts {
            from: vec![named("山田建設", "keiri@yamada-kensetsu.example")],
            to: vec![named("総務課 柏木", "kashiwagi@city.example.lg.jp")],
            subject: Some("令和8年度 下水道工事 請求書の送付".to_owned()),
            date: Some((1_795_398_060, 540)),
            ..HeaderFacts::default()
        };
        let origin = Origin::Mail(envelope);
        let facts = Facts {
            received_at: RECEIVED,
            origin,
            length: 9,
            headers,
            parts: Vec::new(),
            findings: Vec::new(),
            ambiguities: Vec::new(),
            sender: crate::domain::SenderFacts::default(),
        };
        Self { facts, outcomes: Vec::new(), derivatives: Vec::new() }
    }

    fn part(&mut self, role: PartRole, name: Option<&str>, length: u64) -> PartPath {
        let path = PartPath::new(vec![u16::try_from(self.facts.parts.len() + 1).unwrap()]).unwrap();
        let name = name.map(|name| FileName::try_from(name.to_owned()).unwrap());
        self.facts.parts.push(Part {
            path: path.clone(),
            role,
            declared: "application/octet-stream".to_owned(),
            detected: TypeId::try_from("pdf".to_owned()).unwrap(),
            class: TypeClass::Script,
            folders: Vec::new(),
            extensions: name.iter().filter_map(FileName::extension).collect(),
            name,
            length,
            digest: Digest::of(b"original"),
            encrypted: false,
        });
        path
    }

    fn written(mut self, role: PartRole, name: Option<&str>, content: (&str, &[u8]), findings: &[Reason]) -> Self {
        let path = self.part(role, name, 1);
        let (media_type, bytes) = content;
        let about = About {
            media_type: media_type.to_owned(),
            sanitizer: "text".to_owned(),
            version: 1,
            assurance: Assurance::Rebuilt,
            links: Vec::new(),
            places: Vec::new(),
        };
        let derivative = Derivative::vouch(path.clone(), Bytes::copy_from_slice(bytes), about);
        let finding = |code: &Reason| Finding { code: *code, part: path.clone(), count: 1 };
        self.outcomes.push(PartOutcome {
            path: path.clone(),
            action: if role == PartRole::Body { Action::Text } else { Action::Rebuild },
            reason: None,
            rule: rule("R-001"),
            findings: findings.iter().map(finding).collect(),
            derivative: Some(derivative.digest()),
            assurance: Some(Assurance::Rebuilt),
        });
        self.derivatives.push(derivative);
        self
    }

    fn body(self, text: &str, findings: &[Reason]) -> Self {
        self.written(PartRole::Body, None, ("text/plain", text.as_bytes()), findings)
    }

    fn file(self, name: &str, text: &str, findings: &[Reason]) -> Self {
        self.written(PartRole::Attachment, Some(name), ("text/plain", text.as_bytes()), findings)
    }

    fn kept(mut self, role: PartRole, name: Option<&str>, length: u64, action: Action, reason: Option<Reason>) -> Self {
        let path = self.part(role, name, length);
        let rule = rule("R-012");
        self.outcomes.push(PartOutcome {
            path,
            action,
            reason,
            rule,
            findings: Vec::new(),
            derivative: None,
            assurance: None,
        });
        self
    }

    /// As if the sanitizer had given back what it got.
    fn unchanged(mut self) -> Self {
        let derivative = self.derivatives.last().unwrap().digest();
        self.facts.parts.last_mut().unwrap().digest = derivative;
        self
    }

    fn links(mut self, links: &[(u32, &str, Option<&str>)]) -> Self {
        let last = self.derivatives.pop().unwrap();
        let link = |(number, target, shown): &(u32, &str, Option<&str>)| Link {
            number: *number,
            target: (*target).to_owned(),
            shown: shown.map(str::to_owned),
        };
        let about = About { links: links.iter().map(link).collect(), ..last.about().clone() };
        self.derivatives.push(Derivative::vouch(last.path().clone(), last.bytes().clone(), about));
        self
    }

    fn headers(mut self, change: impl FnOnce(&mut HeaderFacts)) -> Self {
        change(&mut self.facts.headers);
        self
    }

    fn compose_as(&self, site: &Site, group: u32) -> Result<Composed, ComposeError> {
        let derivatives: Vec<_> = self.derivatives.iter().collect();
        let letter = Letter {
            id: id(),
            group,
            facts: &self.facts,
            outcomes: &self.outcomes,
            derivatives: &derivatives,
            opened_later: false,
        };
        compose(site, &letter)
    }

    fn compose(&self) -> Result<Composed, ComposeError> {
        self.compose_as(&site(Language::Ja), 0)
    }

    fn read(&self) -> Read {
        laws::check(&self.compose().unwrap().mail)
    }
}

fn rule(name: &str) -> RuleName {
    RuleName::try_from(name.to_owned()).unwrap()
}

fn id() -> ItemId {
    ItemId::new(RECEIVED, [1, 2, 3, 4, 5, 0x39, 0xC6, 0xF4, 0x8A, 0xED])
}

/// The mail of the design's example: four attachments, each with another fate, and a link.
fn example() -> Case {
    Case::new()
        .body("総務課 柏木様\n\n「工事の進み具合」[1]をご覧ください。\n", &[Reason::LinkMismatch])
        .links(&[(1, "hxxps://progress.yamada-kensetsu[.]example/2026/11", Some("市のホームページ"))])
        .file("請求書_R8-1105.html", "請求書", &[Reason::ActiveContentRemoved])
        .kept(PartRole::Attachment, Some("議事録.pdf"), 3_250_000, Action::Quarantine, Some(Reason::UnsupportedFormat))
        .kept(PartRole::Attachment, Some("名簿.zip"), 1_258_000, Action::Quarantine, Some(Reason::PasswordRequired))
        .kept(PartRole::Attachment, Some("invoice.js"), 4096, Action::Quarantine, Some(Reason::TypeNotAllowed))
}

#[test]
fn the_example_of_the_design_reads_as_drawn() {
    let read = example().read();
    assert_eq!(read.fields["Subject"], "[要操作] 令和8年度 下水道工事 請求書の送付");
    let expected = "\
■ このメールは安全な形に変えてお届けしています。
  添付 4件: 受け取れます 1 ／ 操作が必要 2 ／ 渡せません 1
  操作はこちら → https://mail-portal.example.lg.jp/m/REFERENCE
────────────────────────────────
総務課 柏木様

「工事の進み具合」[1]をご覧ください。

────────────────────────────────
■ 添付ファイル
 1. 請求書_R8-1105.html（9B）… このメールに付けました（名前: 請求書_R8-1105.txt）
    埋め込みの動くしくみ（スクリプト等）を取り除きました。
 2. 議事録.pdf（3.1MB）… 預かっています（操作が必要です）
    無害化できない形式です（スクリプト）。
    原本が必要なときは申請してください。
 3. 名簿.zip（1.2MB）… パスワードの入力が必要です
    上のページでパスワードを入れると、受け取れます。
 4. invoice.js（4KB）… 渡せません
    受け取れない種類のファイルです（規則 R-012）。
    別の形式で送ってもらってください。
■ 本文のリンク（押せません。必要なときはインターネット用の端末で開いてください）
 [1] hxxps://progress.yamada-kensetsu[.]example/2026/11
 ※ 表示は「市のホームページ」ですが、リンク先は上のとおり別のサイトです。
■ 差出人 山田建設 <keiri@yamada-kensetsu.example>（庁外）
  差出人の確認: なし
  受信 令和8年（2026年）11月23日（月）10:42 ／ 管理番号 REFERENCE
  保管期限 令和8年12月7日（月） ／ 問い合わせ 情報政策課 内線1234
";
    assert_eq!(read.text, expected.replace("REFERENCE", &id().reference().to_string()));
    assert_eq!(read.files, [("請求書_R8-1105.txt".to_owned(), "請求書".as_bytes().to_vec())]);
    assert_eq!(
        read.fields["X-Temizu-Reasons"],
        "2=unsupported_format/R-012, 3=password_required/R-012, 4=type_not_allowed/R-012"
    );
}

#[test]
fn the_english_mail_says_the_same_line_by_line() {
    let japanese = example().read().text;
    let english = laws::check(&example().compose_as(&site(Language::En), 0).unwrap().mail);
    assert_eq!(english.fields["Subject"], "[Action needed] 令和8年度 下水道工事 請求書の送付");
    assert_eq!(english.text.lines().count(), japanese.lines().count());
    for line in [
        "  Attachments: 4 (attached 1 / action needed 2 / not handed over 1)",
        " 2. 議事録.pdf (3.1MB) … kept back (action needed)",
        "    Ask for the original if you need it.",
        " 3. 名簿.zip (1.2MB) … its password is needed",
        "  Sender check: none",
        "  Received 23 November 2026 (Mon) 10:42 / Reference REFERENCE",
    ] {
        let line = line.replace("REFERENCE", &id().reference().to_string());
        assert!(english.text.lines().any(|written| written == line), "{line}\n{}", english.text);
    }
}

#[test]
fn a_mail_without_attachments_has_no_top_block_and_one_line_at_its_end() {
    let reference = id().reference();
    for (findings, footer) in [
        (&[][..], format!("添付ファイルはありません。管理番号 {reference}")),
        (&[Reason::HtmlToText], format!("本文を文字だけにしました。添付ファイルはありません。管理番号 {reference}")),
    ] {
        let read = Case::new().body("こんにちは\n", findings).read();
        assert_eq!(read.text, format!("こんにちは\n\n{}\n{footer}\n", text::RULER));
    }
}

#[test]
fn status_and_tag_say_what_the_recipient_finds() {
    let plain = || Case::new().body("本文", &[]);
    let attachment = |action, reason| plain().kept(PartRole::Attachment, Some("a.pdf"), 1, action, reason);
    for (case, status, tag) in [
        (plain(), MailStatus::Clean, ""),
        (plain().file("a.txt", "x", &[]).unchanged(), MailStatus::Clean, ""),
        (Case::new().body("本文", &[Reason::HtmlToText]), MailStatus::Text, ""),
        (plain().file("a.txt", "x", &[Reason::TextRebuilt]), MailStatus::Changed, "[無害化] "),
        (attachment(Action::Strip, None), MailStatus::Changed, "[無害化] "),
        (attachment(Action::Hold, None), MailStatus::Action, "[要操作] "),
        (attachment(Action::Quarantine, Some(Reason::MalwareFound)), MailStatus::Action, "[要操作] "),
        (
            Case::new().kept(PartRole::Body, None, 1, Action::Quarantine, Some(Reason::TooLarge)),
            MailStatus::Action,
            "[要操作] ",
        ),
    ] {
        let composed = case.compose().unwrap();
        assert_eq!(composed.status, status);
        let read = laws::check(&composed.mail);
        assert_eq!(read.fields["X-Temizu-Status"], status.as_str());
        assert_eq!(read.fields["Subject"], format!("{tag}令和8年度 下水道工事 請求書の送付"));
    }
}

#[test]
fn attachments_are_counted_by_what_their_reader_can_do() {
    use Reason as R;
    for (action, reason, counts) in [
        (Action::Hold, None, "操作が必要 1 ／ 渡せません 0"),
        (Action::Quarantine, None, "操作が必要 1 ／ 渡せません 0"),
        (Action::Quarantine, Some(R::PasswordRequired), "操作が必要 1 ／ 渡せません 0"),
        (Action::Quarantine, Some(R::UnsupportedFormat), "操作が必要 1 ／ 渡せません 0"),
        (Action::Quarantine, Some(R::ConvertTimeout), "操作が必要 1 ／ 渡せません 0"),
        (Action::Quarantine, Some(R::TypeNotAllowed), "操作が必要 0 ／ 渡せません 1"),
        (Action::Quarantine, Some(R::MalwareFound), "操作が必要 0 ／ 渡せません 1"),
        (Action::Quarantine, Some(R::TypeMismatch), "操作が必要 0 ／ 渡せません 1"),
        (Action::Strip, Some(R::UnsupportedFormat), "操作が必要 0 ／ 渡せません 1"),
    ] {
        let read = Case::new().body("x", &[]).kept(PartRole::Attachment, None, 1, action, reason).read();
        let line = format!("  添付 1件: 受け取れます 0 ／ {counts}");
        assert!(read.text.lines().any(|written| written == line), "{action} {reason:?}\n{}", read.text);
    }
}

#[test]
fn a_body_that_is_kept_back_is_told_in_its_place() {
    let read = Case::new()
        .body("一つ目\n", &[])
        .kept(PartRole::Body, None, 1, Action::Quarantine, Some(Reason::TooLarge))
        .body("三つ目\n\n", &[])
        .read();
    let bodies = "一つ目\n\n（本文を渡していません。決められた大きさを超えています。分けて送ってもらってください。）\n\n三つ目\n\n";
    assert!(read.text.contains(&format!("{}\n{bodies}{}", text::RULER, text::RULER)), "{}", read.text);
    assert!(read.text.contains("\n  本文の全部または一部を渡していません。\n"));
    assert_eq!(read.fields["X-Temizu-Reasons"], "body=too_large/R-012");
}

#[test]
fn a_mail_without_any_text_says_so() {
    for case in [Case::new(), Case::new().body("\n\r\n", &[]), Case::new().file("a.txt", "", &[])] {
        assert!(case.read().text.contains("（本文はありません）\n"));
    }
}

#[test]
fn alternatives_are_neither_shown_nor_counted() {
    let case = Case::new().body("本文", &[]).kept(PartRole::Alternative, None, 1, Action::Strip, None);
    assert_eq!(case.read().text, Case::new().body("本文", &[]).read().text);
}

#[test]
fn links_of_several_bodies_are_told_apart() {
    let one = [(1, "hxxps://a[.]example/", None)];
    let read = Case::new().body("x[1]", &[]).links(&one).body("y", &[]).body("z[1]", &[]).links(&one).read();
    let list = " 本文 1\n [1] hxxps://a[.]example/\n 本文 3\n [1] hxxps://a[.]example/\n添付ファイルはありません。";
    assert!(read.text.contains(list), "{}", read.text);
}

#[test]
fn the_message_id_is_kept_if_it_can_be_and_never_changes_otherwise() {
    let kept = MessageId::try_from("<20261123.1@mail.example>".to_owned()).unwrap();
    let case = Case::new().headers(|headers| headers.message_id = Some(kept.clone()));
    assert_eq!(case.compose_as(&site(Language::Ja), 3).unwrap().message_id, kept);

    let odd = MessageId::try_from("<=?UTF-8?B?eA==?=@mail.example>".to_owned()).unwrap();
    for case in [Case::new(), Case::new().headers(|headers| headers.message_id = Some(odd))] {
        let composed = case.compose_as(&site(Language::Ja), 3).unwrap();
        let derived = format!("<{}.3@temizu.example.lg.jp>", id().to_string().to_lowercase());
        assert_eq!(composed.message_id.as_str(), derived);
        assert_eq!(laws::check(&composed.mail).fields["Message-ID"], derived);
        assert_eq!(case.compose_as(&site(Language::Ja), 3).unwrap(), composed, "the same bytes at every attempt");
    }

    let host_name = Domain::parse(&format!("{}example", "a.".repeat(120))).unwrap();
    let site = Site { host_name, ..site(Language::Ja) };
    assert_eq!(Case::new().compose_as(&site, 0), Err(ComposeError::HostName));
}

#[test]
fn missing_headers_are_made_up_from_the_envelope() {
    let bare = |case: Case| case.headers(|headers| *headers = HeaderFacts::default());
    let read = bare(Case::new()).read();
    assert_eq!(read.fields["From"], "bounce@yamada-kensetsu.example");
    assert_eq!(read.fields["To"], "undisclosed-recipients:;");
    assert_eq!(read.fields["Date"], "Mon, 23 Nov 2026 10:42:00 +0900");
    assert!(!read.fields.contains_key("Subject"));

    let mut case = bare(Case::new().kept(PartRole::Attachment, None, 1, Action::Hold, None));
    let Origin::Mail(envelope) = &mut case.facts.origin else { panic!("a case is a mail") };
    envelope.reverse_path = ReversePath::null();
    let read = case.read();
    assert_eq!(read.fields["From"], "MAILER-DAEMON@temizu.example.lg.jp");
    assert_eq!(read.fields["Subject"], "[要操作]");
    assert!(read.text.contains("■ 差出人 （差出人の記載なし）（庁外）\n"), "{}", read.text);
}

#[test]
fn hops_are_carried_on_so_that_loops_are_found() {
    for (hops, received) in [(0, 1), (7, 8), (100, 101), (u32::MAX, 101)] {
        let case = Case::new().headers(|headers| headers.hops = hops);
        assert_eq!(case.read().hops, received);
    }
    let composed = Case::new().compose().unwrap();
    let reference = id().reference();
    let own = format!(
        "Received: from [192.0.2.25] by temizu.example.lg.jp with ESMTP id {reference};\r\n Mon, 23 Nov 2026 10:42:00 +0900\r\n"
    );
    let unfolded = |text: &str| text.replace("\r\n ", " ");
    let mail = std::str::from_utf8(composed.mail.bytes()).unwrap();
    assert!(unfolded(mail).starts_with(&unfolded(&own)), "{mail}");
}

#[test]
fn of_several_authors_one_is_shown_and_all_are_answered() {
    let (one, two) = (named("山田", "yamada@a.example"), named("", "suzuki@b.example"));
    let read = |from: Vec<NamedAddress>, reply_to: Vec<NamedAddress>| {
        let case = Case::new().headers(|headers| (headers.from, headers.reply_to) = (from, reply_to)).body("x", &[]);
        case.read().fields
    };
    let fields = read(vec![one.clone(), two.clone()], Vec::new());
    assert_eq!(fields["From"], "山田 <yamada@a.example>");
    assert_eq!(fields["Reply-To"], "山田 <yamada@a.example>, suzuki@b.example");
    assert!(!fields.contains_key("Sender"));
    assert_eq!(read(vec![one.clone(), two.clone()], vec![two])["Reply-To"], "suzuki@b.example");
    assert!(!read(vec![one], Vec::new()).contains_key("Reply-To"));
}

#[test]
fn what_lists_and_robots_say_of_themselves_is_kept() {
    let read = |list: &str, keyword: &str, precedence: &str| {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let case = Case::new().headers(|headers| {
            headers.list_id = given(list);
            headers.auto_submitted = given(keyword);
            headers.precedence = given(precedence);
        });
        let fields = case.body("x", &[]).read().fields;
        ["List-Id", "Auto-Submitted", "Precedence"].map(|name| fields.get(name).cloned().unwrap_or_default())
    };
    assert_eq!(
        read("staff.lists.example.jp", "auto-replied", "bulk"),
        ["<staff.lists.example.jp>", "auto-replied", "bulk"]
    );
    assert_eq!(read("", "", ""), ["", "", ""]);
    assert_eq!(read("a> <b", "x\r\nBcc: y", "first-class"), ["", "", ""]);
}

#[test]
fn threads_and_address_lists_are_bounded() {
    let ids = |n: usize| (0..n).map(|i| MessageId::try_from(format!("<{i}@x>")).unwrap()).collect::<Vec<_>>();
    for (count, kept) in [(0, None), (1, Some(1)), (2, Some(2)), (50, Some(50)), (51, Some(50)), (999, Some(50))] {
        let read = Case::new().headers(|headers| headers.references = ids(count)).read();
        let thread = read.fields.get("References");
        assert_eq!(thread.map(|thread| thread.split(' ').count()), kept);
        if let Some(thread) = thread {
            assert!(thread.starts_with("<0@x>") && thread.ends_with(&format!("<{}@x>", count - 1)), "{thread}");
        }
    }
    let many = (0..300).map(|i| named("課 長", &format!("a{i}@example.jp"))).collect();
    let read = Case::new().headers(|headers| headers.cc = many).read();
    assert_eq!(read.fields["Cc"].matches('@').count(), 200);
    assert!(read.fields["Cc"].ends_with("課 長 <a199@example.jp>"));
}

#[test]
fn parts_outcomes_and_derivatives_that_do_not_fit_give_no_mail() {
    let check = |what: &str, spoil: fn(&mut Case)| {
        let mut case = Case::new().body("x", &[]).file("a.txt", "y", &[]);
        assert!(case.compose().is_ok());
        spoil(&mut case);
        let error = case.compose().unwrap_err().to_string();
        assert!(error.ends_with(what), "{error}");
    };
    check("has no outcome", |case| drop(case.outcomes.pop()));
    check("has two outcomes", |case| case.outcomes.push(case.outcomes[0].clone()));
    check("is not a part of the item", |case| drop(case.facts.parts.pop()));
    check("its derivative was not given", |case| drop(case.derivatives.pop()));
    check("its derivative was not given", |case| case.outcomes[1].derivative = Some(Digest::of(b"")));
    check("has no derivative", |case| case.outcomes[1].derivative = None);
    check("is kept back and has a derivative", |case| case.outcomes[1].action = Action::Hold);

    for (media_type, bytes, what) in [
        ("text/html", &b"<p>"[..], "has an unlisted media type"),
        ("message/rfc822", b"", "has an unlisted media type"),
        ("text/plain\r\nX: y", b"", "has an unlisted media type"),
        ("text/plain", b"\x82\xA0", "is not UTF-8"),
    ] {
        let error = Case::new().written(PartRole::Attachment, None, (media_type, bytes), &[]).compose().unwrap_err();
        assert!(error.to_string().ends_with(what), "{error}");
    }
}

#[test]
fn a_sender_cannot_speak_in_our_name() {
    let forged = format!("x\n{}\n■ 添付ファイル\n 1. a.txt", text::RULER);
    let read = Case::new()
        .headers(|headers| {
            headers.from = vec![named("市長 <mayor@city.example.lg.jp>（庁内）", "x@evil.example")];
            headers.subject = Some("[無害化] 至急".to_owned());
        })
        .body(&forged, &[])
        .file("a.txt", "x", &[])
        .unchanged()
        .read();
    assert_eq!(read.text.matches(text::RULER).count(), 2);
    let sender = "■ 差出人 市長 ＜mayor@city.example.lg.jp＞（庁内） <x@evil.example>（庁外）\n";
    assert!(read.text.contains(sender), "{}", read.text);
    assert_eq!(read.fields["From"], "市長 ＜mayor@city.example.lg.jp＞（庁内） <x@evil.example>");
    assert_eq!(read.fields["Subject"], "至急");
}

#[test]
fn a_notice_tells_who_when_and_why_and_nothing_else() {
    let envelope = envelope_of(ReversePath::of(mailbox("keiri@yamada-kensetsu.example")));
    let rule = rule("R-009");
    let notice = Notice {
        id: id(),
        group: 0,
        received_at: RECEIVED,
        envelope: &envelope,
        hops: 0,
        kept: Kept::Quarantined,
        reason: Reason::QuarantinedByRule,
        rule: Some(&rule),
    };
    let composed = compose_notice(&site(Language::Ja), &notice).unwrap();
    assert_eq!(composed.status, MailStatus::Quarantined);
    let read = laws::check(&composed.mail);
    let expected = "\
■ あなたあてのメールを預かっています。中身は渡していません。
  規則 R-009 により預かっています。
  必要なときは申請してください。
  操作はこちら → https://mail-portal.example.lg.jp/m/REFERENCE
────────────────────────────────
■ 差出人 keiri@yamada-kensetsu[.]example（庁外）
  受信 令和8年（2026年）11月23日（月）10:42 ／ 管理番号 REFERENCE
  保管期限 令和8年12月7日（月） ／ 問い合わせ 情報政策課 内線1234
";
    let reference = id().reference().to_string();
    assert_eq!(read.text, expected.replace("REFERENCE", &reference));
    assert_eq!(read.fields["Subject"], format!("[要操作] メールを預かっています（管理番号 {reference}）"));
    assert_eq!(read.fields["To"], "undisclosed-recipients:;");
    assert_eq!(read.fields["Auto-Submitted"], "auto-generated");
    assert_eq!(read.fields["X-Temizu-Reasons"], "mail=quarantined_by_rule/R-009");

    let site = Site { portal_url: String::new(), contact: String::new(), ..site(Language::En) };
    let envelope = envelope_of(ReversePath::null());
    let null = Notice { envelope: &envelope, rule: None, ..notice };
    let read = laws::check(&compose_notice(&site, &null).unwrap().mail);
    assert!(read.text.contains("(no sender given)") && !read.text.contains("→") && !read.text.contains("/ Contact"));
}

#[test]
fn large_bodies_and_files_pass_through_whole() {
    let line = "議事録の一行である。\n";
    let text = line.repeat(2 * 1024 * 1024 / line.len());
    let table = "1,2,3\r\n".repeat(1024 * 1024);
    let case =
        Case::new().body(&text, &[]).written(PartRole::Attachment, Some("表.csv"), ("text/csv", table.as_bytes()), &[]);
    let read = case.read();
    assert!(read.text.contains(&text));
    assert_eq!(read.files, [("表.csv".to_owned(), table.into_bytes())]);
}
