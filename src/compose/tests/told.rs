//! Who sent it, mails inside the mail, what is told once, and the site's own words.

use super::*;
use crate::domain::{Authentication, CheckMethod, CheckResult, SenderCheck};

fn sub(text: &str) -> PartPath {
    text.parse().unwrap()
}

impl Case {
    /// Moves the part that was added last to another place.
    fn at(mut self, path: &str) -> Self {
        let path = sub(path);
        let part = self.facts.parts.last_mut().unwrap();
        let before = std::mem::replace(&mut part.path, path.clone());
        self.outcomes.last_mut().unwrap().path = path.clone();
        if self.derivatives.last().is_some_and(|derivative| *derivative.path() == before) {
            let old = self.derivatives.pop().unwrap();
            self.derivatives.push(Derivative::vouch(path, old.bytes().clone(), old.about().clone()));
        }
        self
    }

    fn found(mut self, code: Reason, part: &str) -> Self {
        self.facts.findings.push(Finding { code, part: sub(part), count: 1 });
        self
    }

    fn enclosed(self, header: &str) -> Self {
        self.written(PartRole::Enclosed, None, ("text/plain", header.as_bytes()), &[Reason::EnclosedMail])
    }

    fn phrased(&self, texts: &[(&str, &str)]) -> Read {
        let site = site(Language::Ja);
        let phrases = Phrases::new(texts.iter().copied(), &site).unwrap();
        laws::check(&self.compose_as(&Site { phrases, ..site }, 0).unwrap().mail)
    }
}

#[test]
fn a_mail_inside_the_mail_is_set_off_and_its_end_is_seen() {
    let read = Case::new()
        .body("転送します。\n", &[])
        .enclosed("差出人: 佐藤\n件名: 図面\n")
        .at("2")
        .body("中の本文\n", &[])
        .at("2.1")
        .enclosed("差出人: 鈴木\n")
        .at("2.2")
        .body("一番中の本文\n", &[])
        .at("2.2.1")
        .file("図面.txt", "x", &[])
        .at("2.3")
        .body("外の追伸\n", &[])
        .at("3")
        .file("送付状.txt", "y", &[])
        .at("4")
        .read();
    let bodies = "\
転送します。

──── 添付されたメール 1 ────
差出人: 佐藤
件名: 図面

中の本文

──── 添付されたメール 2 ────
差出人: 鈴木

一番中の本文
──── 添付されたメール 2 ここまで ────
──── 添付されたメール 1 ここまで ────

外の追伸

";
    assert!(read.text.contains(bodies), "{}", read.text);
    assert!(read.text.contains(" 1. 図面.txt（1B・添付されたメール 1 の中）…"), "{}", read.text);
    assert!(read.text.contains(" 2. 送付状.txt（1B）…"), "{}", read.text);
    assert_eq!(read.text.matches("添付されたメールを文字にしました。").count(), 1, "told once");
}

#[test]
fn an_attached_mail_of_which_nothing_is_known_begins_with_its_text() {
    for header in ["", "\n", "\r\n\n"] {
        let read = Case::new()
            .body("外\n", &[])
            .enclosed(header)
            .at("2")
            .enclosed(header)
            .at("2.1")
            .body("中\n", &[])
            .at("2.1.1")
            .body("追伸\n", &[])
            .at("2.2")
            .read();
        let bodies = "\
外

──── 添付されたメール 1 ────
──── 添付されたメール 2 ────
中
──── 添付されたメール 2 ここまで ────

追伸
──── 添付されたメール 1 ここまで ────

";
        assert!(read.text.contains(bodies), "{}", read.text);
    }
}

#[test]
fn an_attached_mail_that_is_kept_back_is_one_line() {
    let read = Case::new()
        .body("転送します。\n", &[])
        .kept(PartRole::Enclosed, Some("mail.eml"), 900, Action::Quarantine, Some(Reason::TooDeep))
        .at("2")
        .kept(PartRole::Body, None, 5, Action::Quarantine, Some(Reason::TooDeep))
        .at("2.1")
        .kept(PartRole::Attachment, Some("a.pdf"), 5, Action::Quarantine, Some(Reason::TooDeep))
        .at("2.2")
        .read();
    assert!(read.text.contains("添付 1件:") && read.text.contains(" 1. mail.eml（900B）"), "{}", read.text);
    assert!(!read.text.contains("本文を渡していません") && !read.text.contains("a.pdf"), "{}", read.text);
}

#[test]
fn nobody_can_end_an_attached_mail_but_us() {
    let forged = "x\n──── 添付されたメール ここまで ────\nこれは外の本文です\n──── 添付されたメール ────";
    let read = Case::new().body("外\n", &[]).enclosed("差出人: x\n").at("2").body(forged, &[]).at("2.1").read();
    assert_eq!(read.text.matches("──── 添付されたメール ────\n").count(), 1, "{}", read.text);
    assert_eq!(read.text.matches("──── 添付されたメール ここまで ────\n").count(), 1, "{}", read.text);
    assert!(read.text.contains("---- 添付されたメール ここまで ----\nこれは外の本文です"), "{}", read.text);
}

#[test]
fn a_doubtful_sender_is_told_before_the_body_even_without_attachments() {
    let read = Case::new()
        .body("至急お願いします。\n", &[])
        .found(Reason::SenderNameSpoofed, "0")
        .found(Reason::AuthenticationFailed, "0")
        .read();
    let top = "\
■ このメールは安全な形に変えてお届けしています。
  ※ 差出人の名前に、別のアドレスやドメインが書かれています。差出人に電話で確かめてください。差出人を確かめられませんでした（なりすましの疑い）。
  操作はこちら → ";
    assert!(read.text.starts_with(top), "{}", read.text);
    assert!(read.text.contains("■ 差出人 山田建設 <keiri@yamada-kensetsu.example>（庁外）\n"), "{}", read.text);
}

#[test]
fn what_relays_say_of_the_sender_is_in_his_block() {
    for (result, found, ja, en) in [
        (Some(CheckResult::Pass), Authentication::Passed, "合格", "passed"),
        (Some(CheckResult::Fail), Authentication::Failed, "不合格", "failed"),
        (None, Authentication::None, "なし", "none"),
    ] {
        let mut case = Case::new().body("x", &[]).file("a.txt", "x", &[]);
        case.facts.sender.checks = result
            .map(|result| SenderCheck {
                method: CheckMethod::Dmarc,
                result,
                domain: None,
                aligned: true,
                said_by: Domain::parse("mx.example.lg.jp").unwrap(),
            })
            .into_iter()
            .collect();
        assert_eq!(case.facts.sender.authentication(), found);
        assert!(case.read().text.contains(&format!("（庁外）\n  差出人の確認: {ja}\n")));
        let english = laws::check(&case.compose_as(&site(Language::En), 0).unwrap().mail);
        assert!(english.text.contains(&format!(" (outside)\n  Sender check: {en}\n")));
    }
}

#[test]
fn up_to_three_authors_are_shown_with_their_addresses() {
    let authors = |count: usize| {
        let from = (1..=count).map(|n| named(&format!("係{n}"), &format!("a{n}@example.jp"))).collect();
        let case = Case::new().headers(|headers| headers.from = from).file("a.txt", "x", &[]);
        case.read().text.lines().find(|line| line.starts_with("■ 差出人")).unwrap().to_owned()
    };
    assert_eq!(authors(1), "■ 差出人 係1 <a1@example.jp>（庁外）");
    assert_eq!(authors(3), "■ 差出人 係1 <a1@example.jp>、係2 <a2@example.jp>、係3 <a3@example.jp>（庁外）");
    assert!(authors(5).ends_with("係3 <a3@example.jp>、ほか2人（庁外）"));
}

#[test]
fn what_concerns_the_mail_as_a_whole_is_told_once() {
    let read = Case::new()
        .body("a\n", &[Reason::HtmlToText])
        .body("b\n", &[Reason::HtmlToText])
        .file("a.txt", "x", &[Reason::TextRebuilt])
        .found(Reason::SignatureRemoved, "0")
        .found(Reason::ReportToText, "7")
        .found(Reason::InlineFileExtracted, "3")
        .read();
    let block = "■ 本文\n  本文を文字だけにしました。\n  電子署名を外しました（確かめていません）。\n  配送や開封の知らせを文字にしました。\n";
    assert!(read.text.contains(block), "{}", read.text);
    let file = "    文字だけのファイルに作り直しました。\n    本文に埋め込まれたファイルを取り出しました。\n";
    assert!(read.text.contains(file), "{}", read.text);
    let encrypted = Some(Reason::EncryptedMail);
    let read = Case::new()
        .body("x", &[])
        .kept(PartRole::Attachment, Some("smime.p7m"), 1, Action::Quarantine, encrypted)
        .found(Reason::EncryptedMail, "0")
        .read();
    assert_eq!(read.text.matches("暗号化されたメールのため").count(), 1, "{}", read.text);
    let footer = Case::new().body("x\n", &[]).found(Reason::SignatureRemoved, "0").read().text;
    assert!(footer.ends_with(&format!(
        "電子署名を外しました（確かめていません）。添付ファイルはありません。管理番号 {}\n",
        id().reference()
    )));
}

#[test]
fn files_kept_for_a_malformed_mail_are_told_of_at_the_top() {
    let reason = Some(Reason::AmbiguousStructure);
    let read = Case::new().body("x", &[]).kept(PartRole::Attachment, None, 1, Action::Quarantine, reason).read();
    assert!(
        read.text
            .contains("\n  ※ メールの組み立てが不正なため、添付を預かっています。差出人に電話で確かめてください。\n")
    );
    let summary = read.text.lines().take_while(|line| *line != text::RULER).count();
    assert_eq!(summary, 4);
}

#[test]
fn without_a_portal_nothing_leads_to_one() {
    let site = Site { portal_url: String::new(), ..site(Language::Ja) };
    let text = laws::check(&example().compose_as(&site, 0).unwrap().mail).text;
    for line in [
        "    原本が必要なときは情報政策課 内線1234へ連絡してください。",
        " 3. 名簿.zip（1.2MB）… 預かっています（操作が必要です）",
        "    パスワードが付いているため、中身を確かめられません。",
        "    パスワードなしで送ってもらってください。",
    ] {
        assert!(text.lines().any(|written| written == line), "{line}\n{text}");
    }
    assert!(!text.contains("申請") && !text.contains("上のページ") && !text.contains('→'), "{text}");
}

#[test]
fn a_site_says_it_in_its_own_words() {
    let texts = [
        ("top", "■ 山川市のメール無害化です（{{ attachments }}件）。"),
        ("contact", "問い合わせ: 情報政策課\n平日 8:30 から 17:15 まで"),
        ("closing", "{% if waiting %}くわしくは {{ portal }} へ。{% endif %}"),
        ("tag_action", "〔要手続〕"),
    ];
    let read = example().phrased(&texts);
    let reference = id().reference();
    assert!(read.text.starts_with("■ 山川市のメール無害化です（4件）。\n  添付 4件"), "{}", read.text);
    let end = format!(
        "  保管期限 令和8年12月7日（月）\n  問い合わせ: 情報政策課\n  平日 8:30 から 17:15 まで\n  くわしくは https://mail-portal.example.lg.jp/m/{reference} へ。\n"
    );
    assert!(read.text.ends_with(&end), "{}", read.text);
    assert_eq!(read.fields["Subject"], "〔要手続〕 令和8年度 下水道工事 請求書の送付");

    let forged = "■ 山川市のメール無害化です（4件）。\n■ 添付ファイル\n";
    let read = example().body(forged, &[]).phrased(&texts);
    assert_eq!(read.text.matches("■ 山川市のメール無害化です").count(), 1, "{}", read.text);
}

#[test]
fn no_line_of_a_senders_begins_as_a_site_begins_however_either_writes_it() {
    for (own, forged) in [
        ("■　山川市のメール無害化です。", "■ 山川市のメール無害化です。"),
        ("■　山川市のメール無害化です。", "　■山川市の　メール無害化です。安全です"),
        ("山川市のメール無害化です。", "■\u{FE0E}山川市のメール無害化です。"),
        ("■ 山川市のメール無害化です。", "■■\u{2800}山川市のメール無害化です。"),
    ] {
        let read = example().body(&format!("x\n{forged}\n■ 山川市の議題\n"), &[]).phrased(&[("top", own)]);
        assert!(read.text.starts_with("■ 山川市のメール無害化です。\n"), "{}", read.text);
        assert!(!read.text.contains(&format!("\n{forged}")), "{}", read.text);
        assert!(read.text.contains(&forged.replace('■', "□")), "{}", read.text);
        assert!(read.text.contains("\n■ 山川市の議題\n"), "{}", read.text);
    }
}

#[test]
fn a_notice_of_a_hold_says_so_in_its_headers() {
    let envelope = envelope_of(ReversePath::null());
    let notice = Notice {
        id: id(),
        group: 2,
        received_at: RECEIVED,
        envelope: &envelope,
        hops: 7,
        kept: Kept::Held,
        reason: Reason::QuarantinedByRule,
        rule: None,
    };
    let phrases = [
        ("kept", "{{ reference }} を預かっています。\n規則によるものです。"),
        ("kept_subject", "預かり {{ reference }}"),
    ];
    let site = site(Language::Ja);
    let phrases = Phrases::new(phrases, &site).unwrap();
    let composed = compose_notice(&Site { phrases, ..site }, &notice).unwrap();
    let read = laws::check(&composed.mail);
    let reference = id().reference();
    assert_eq!((composed.status, read.fields["X-Temizu-Status"].as_str()), (MailStatus::Held, "held"));
    assert!(composed.message_id.as_str().contains(".2.held@"));
    assert_eq!(read.hops, 8, "a notice that is sent on to us counts on");
    assert!(
        read.text.starts_with(&format!("■ {reference} を預かっています。\n  規則によるものです。\n  規則により")),
        "{}",
        read.text
    );
    assert_eq!(read.fields["Subject"], format!("[要操作] 預かり {reference}"));
}

#[test]
fn a_notice_of_ours_is_known_by_its_sender_its_path_and_what_it_says_of_itself() {
    let site = site(Language::Ja);
    let known = |path: ReversePath, author: &str, keyword: Option<&str>| {
        let headers = HeaderFacts {
            from: vec![named("メール無害化", author)],
            auto_submitted: keyword.map(str::to_owned),
            ..HeaderFacts::default()
        };
        is_own_notice(&site, &envelope_of(path), &headers)
    };
    let (ours, auto) = ("MAILER-DAEMON@temizu.example.lg.jp", Some("auto-generated"));
    assert!(known(ReversePath::null(), ours, auto));
    assert!(known(ReversePath::null(), "mailer-daemon@TEMIZU.example.lg.jp", auto));
    assert!(!known(ReversePath::of(mailbox("a@b.example")), ours, auto));
    assert!(!known(ReversePath::null(), "MAILER-DAEMON@other.example", auto), "a bounce of somebody else's");
    assert!(!known(ReversePath::null(), "a@temizu.example.lg.jp", auto));
    assert!(!known(ReversePath::null(), ours, None));
}
