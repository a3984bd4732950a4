//! The notice as a site sees it: previews and wording on the built program, holds on a whole gateway.

use std::path::{Path, PathBuf};

use temizu::domain::{Stage, Status};
use temizu::ports::Operator;

use crate::support::delivered::Delivered;
use crate::support::gateway::{Plan, Site, events};
use crate::support::next_hop::NextHop;
use crate::support::process::run;

const CASES: &[&str] =
    &["unchanged", "text", "changed", "action", "quarantined", "held", "enclosed", "spoofed", "ambiguous", "reasons"];
const ANNA: &str = "anna@city.example.lg.jp";
const BEN: &str = "ben@city.example.lg.jp";
const MAIL: &[u8] = b"From: Taro <taro@sender.example>\r\nTo: a@city.example.lg.jp\r\nSubject: test\r\n\
    Message-ID: <1@sender.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nthe body\r\n";

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_made_up_case_can_be_seen_without_a_store() {
    for language in ["ja", "en"] {
        let shown = run(&format!("notice preview --json --lang {language}"), &[]).with(0).json();
        let names: Vec<&str> = shown.as_array().unwrap().iter().map(|case| case["case"].as_str().unwrap()).collect();
        assert_eq!(names, CASES);
    }
    let one = run("notice preview --lang ja --case action", &[]).with(0).out;
    assert!(one.contains("[要操作] 令和8年度 下水道工事 請求書の送付\n\n■ このメールは安全な形に変えて"), "{one}");
    assert!(run("notice preview --case nothing", &[]).with(64).err.contains("there are: unchanged, text"));
}

#[test]
fn wording_with_a_mistake_is_refused_with_its_line_before_any_mail_comes() {
    let folder = tempfile::tempdir().unwrap();
    let wording = file(folder.path(), "notice.toml", "top = \"x\"\nclosing = \"\"\"\nask\n{{ subject }}\n\"\"\"\n");
    let told = format!("{}:4:1: closing: there is no variable subject here", wording.display());
    let shown = run("notice preview --template", &[&wording]).with(1);
    assert!(shown.err.contains(&told), "{}", shown.err);

    let config = format!(
        "[notice]\ntemplate = \"{}\"\n[smtp]\nlisten = [\"127.0.0.1:0\"]\ndomains = [\"a.test\"]\n\
                          [deliver]\nnext_hop = \"mail.test:25\"\n[store]\ndata = \"{}\"\n",
        wording.display(),
        folder.path().display()
    );
    let config = file(folder.path(), "temizu.toml", &config);
    let checked = run("check --config", &[&config]).with(78);
    assert!(checked.out.contains(&told), "{}", checked.out);
    let served = run("serve --config", &[&config]).with(78);
    assert!(served.err.contains(&told), "{}", served.err);

    let missing = folder.path().join("nothing.toml");
    assert!(run("notice preview --template", &[&missing]).with(1).err.contains("no such file"));
}

#[test]
fn wording_that_does_not_fit_with_the_sites_own_contact_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = "kept = \"メールを預かっています。お問い合わせは{{ contact }}までお願いします。\"\n";
    let wording = file(folder.path(), "notice.toml", text);
    let config = |contact: &str| {
        let text = format!(
            "[site]\ncontact = \"{contact}\"\n[notice]\ntemplate = \"{}\"\n[smtp]\nlisten = [\"127.0.0.1:0\"]\n\
             domains = [\"a.test\"]\n[deliver]\nnext_hop = \"mail.test:25\"\n[store]\ndata = \"{}\"\n",
            wording.display(),
            folder.path().display()
        );
        file(folder.path(), "temizu.toml", &text)
    };
    let told = format!("{}:1:", wording.display());
    let long = config("総務部 情報政策課 情報システム係 内線1234、夜間は守衛室 内線9999");
    let checked = run("check --config", &[&long]).with(78);
    assert!(checked.out.contains(&told) && checked.out.contains("a line is over 60 characters"), "{}", checked.out);
    let shown = run("notice preview --config", &[&long]).with(1);
    assert!(shown.err.contains(&told) && shown.err.contains("a line is over 60 characters"), "{}", shown.err);
    let shown = run("notice preview --case quarantined --lang ja --config", &[&config("内線1234")]).with(0).out;
    assert!(shown.contains("■ メールを預かっています。お問い合わせは内線1234まで"), "{shown}");
}

#[test]
fn wording_of_the_sites_own_is_seen_in_the_preview() {
    let folder = tempfile::tempdir().unwrap();
    let text = "top = \"山川市のメール無害化です。\"\ntag_action = \"【要手続】\"\nclosing = \"{{ reference }}\"\n";
    let wording = file(folder.path(), "notice.toml", text);
    let shown = run("notice preview --lang ja --case action --template", &[&wording]).with(0).out;
    for line in ["件名: 【要手続】 ", "Subject: 【要手続】 "] {
        if shown.contains(line) {
            assert!(shown.contains("\n■ 山川市のメール無害化です。\n  添付 4件"), "{shown}");
            return;
        }
    }
    panic!("{shown}");
}

#[tokio::test]
async fn recipients_of_a_mail_that_a_rule_holds_are_told_and_get_it_when_it_is_released() {
    let rules = r#"
        [[rule]]
        name = "T-002"
        owner = "test"
        reason_text = "ben's mail is looked at"
        when = { recipient = "ben@city.example.lg.jp" }
        action = "hold-mail"
    "#;
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address()).with_rules(rules)).await;
    let partly = site.send(&[ANNA, BEN], MAIL).await;
    let item = site.ended(partly).await;
    assert_eq!(item.recipients_state.iter().map(|copy| copy.status).collect::<Vec<_>>(), [Status::Sent, Status::Sent]);
    let taken = hop.seen().taken;
    let of = |who: &str| taken.iter().find(|mail| mail.to == [format!("RCPT TO:<{who}>")]).unwrap();
    assert!(Delivered::read(&of(ANNA).bytes).unwrap().text.contains("the body"));
    let notice = Delivered::read(&of(BEN).bytes).unwrap();
    assert!(of(BEN).mail_command.starts_with("MAIL FROM:<> "), "nothing answers a notice");
    assert_eq!(notice.value("x-temizu-status"), Some("held"));
    assert!(notice.text.contains("  規則 T-002 により預かっています。\n") && !notice.text.contains("the body"));

    let wholly = site.send(&[BEN], MAIL).await;
    let item = site.ended(wholly).await;
    assert_eq!((item.summary.stage, item.recipients_state.len()), (Stage::Held, 1));
    for reference in [partly, wholly] {
        site.operate(reference, Operator::Release).await.unwrap();
        site.until(reference, "its delivery", |item| item.summary.stage == Stage::Delivered).await;
    }
    let taken = hop.seen().taken;
    let bodies = |who: &str| {
        let to = [format!("RCPT TO:<{who}>")];
        let mails = taken.iter().filter(|mail| mail.to == to).map(|mail| Delivered::read(&mail.bytes).unwrap());
        mails.filter(|mail| mail.text.contains("the body")).count()
    };
    assert_eq!((bodies(ANNA), bodies(BEN), taken.len()), (1, 2, 5), "each mail once, and two notices");
    site.stop().await;
}

#[tokio::test]
async fn a_site_may_keep_its_holds_quiet() {
    let rules = r#"
        [[rule]]
        name = "T-003"
        owner = "test"
        reason_text = "everything is looked at"
        action = "hold-mail"
    "#;
    let hop = NextHop::start(Vec::new()).await;
    let mut plan = Plan::new(hop.address()).with_rules(rules);
    plan.config.notice.held = false;
    let site = Site::start(plan).await;
    let reference = site.send(&[ANNA], MAIL).await;
    let item = site.ended(reference).await;
    assert_eq!((item.summary.stage, item.recipients_state.len()), (Stage::Held, 0));
    assert_eq!(events(&item), ["received", "inspected", "decided", "held"]);
    assert!(hop.seen().taken.is_empty());
    site.stop().await;
}

#[tokio::test]
async fn a_notice_that_is_sent_back_to_us_ends_there() {
    let rules = r#"
        [[rule]]
        name = "T-004"
        owner = "test"
        reason_text = "everything is looked at"
        action = "hold-mail"
    "#;
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address()).with_rules(rules)).await;
    let trace = b"Received: from a by b\r\nReceived: from b by c\r\n".as_slice();
    let first = site.send(&[ANNA], &[trace, MAIL].concat()).await;
    site.ended(first).await;
    let notice = hop.seen().taken[0].bytes.clone();
    let hops = |mail: &[u8]| String::from_utf8_lossy(mail).matches("\r\nReceived: ").count() + 1;
    assert_eq!(hops(&notice), 3, "the hops of the mail and our own");

    let again = site.try_send_from("", &[ANNA], &notice).await.unwrap();
    let item = site.ended(again).await;
    assert_eq!((item.summary.stage, item.recipients_state.len()), (Stage::Held, 0));
    let held = &item.records.last().unwrap().body;
    assert!(held.contains(r#""notices":[],"notices_left_out":"own_notice""#), "{held}");
    // What only looks a little like it is told of.
    let other = site.try_send_from("", &[ANNA], MAIL).await.unwrap();
    assert_eq!(site.ended(other).await.recipients_state.len(), 1);
    assert_eq!(hop.seen().taken.len(), 2);

    let site = site.restart(std::time::Duration::ZERO, |config| config.smtp.max_hops = 2).await;
    let refused = site.try_send(&[ANNA], &notice).await.unwrap_err();
    assert!(refused.starts_with("5"), "{refused}");
    site.stop().await;
}
