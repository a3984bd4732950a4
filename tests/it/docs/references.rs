//! The pages of `docs/reference` that are written from the types of the program.

use std::fmt::Write as _;

use temizu::cli::{EXIT_CODES, grammar};
use temizu::domain::reason::{Detail, Reason, kind};
use temizu::domain::{Event, Language, TypeClass};
use temizu::smtp::reply::Reply;

use super::root;

const WRITTEN: &str =
    "<!-- written from the types by `UPDATE=1 cargo test --test it docs::references`; do not edit -->";

/// Compares with the file in the tree, or writes it when `UPDATE` is set.
fn check(name: &str, expected: &str) {
    let path = root().join("docs/reference").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is out of date: run the test with UPDATE=1", path.display());
}

#[test]
fn reasons_are_listed_in_both_languages() {
    check("reasons.ja.md", &reasons(Language::Ja));
    check("reasons.en.md", &reasons(Language::En));
}

#[test]
fn audit_events_are_listed() {
    let mut page = format!(
        "# Audit events / 監査記録の出来事\n\n{WRITTEN}\n\nThe form of a record: [audit (ja)](../ja/audit.md), [audit (en)](../en/audit.md).\n\n| `event` | what it tells |\n|---|---|\n"
    );
    for event in Event::ALL {
        writeln!(page, "| `{}` | {} |", event.as_str(), event.meaning()).unwrap();
    }
    check("audit-events.md", &page);
}

#[test]
fn smtp_replies_are_listed() {
    let mut page = format!(
        "# SMTP replies / SMTP の応答\n\n{WRITTEN}\n\nEverything the receiving side says, beside the banner, the answers to EHLO and HELO, and `250 2.0.0 accepted as REFERENCE`\nafter DATA. *closes*: the connection ends after the reply.\n\n| reply | when | |\n|---|---|---|\n"
    );
    for reply in Reply::ALL {
        let closes = if reply.closes() { "closes" } else { "" };
        writeln!(page, "| `{}` | {} | {closes} |", reply.line(), reply.occasion()).unwrap();
    }
    check("smtp-replies.md", &page);
}

#[test]
fn exit_codes_are_listed() {
    let mut page = format!("# Exit codes / 終了コード\n\n{WRITTEN}\n\n| code | 意味 | meaning |\n|---|---|---|\n");
    for (code, ja, en) in EXIT_CODES {
        writeln!(page, "| {code} | {ja} | {en} |").unwrap();
    }
    check("exit-codes.md", &page);
}

#[test]
fn commands_are_listed() {
    let mut page = format!("# Commands / コマンド\n\n{WRITTEN}\n");
    let mut program = grammar().term_width(100);
    program.build();
    describe(&mut program, &mut page);
    check("commands.md", &page);
}

fn reasons(language: Language) -> String {
    let (title, head) = match language {
        Language::Ja => (
            "理由コード",
            "お知らせ、コマンドの表示、監査記録は、どれもこの表の文を使います。`{…}` には値が入ります。\n\n| コード | 文 | 次にすること |",
        ),
        Language::En => (
            "Reason codes",
            "Notices, commands and audit records all use the sentences of this table. `{…}` is filled in.\n\n| code | sentence | what to do next |",
        ),
    };
    let detail = Detail {
        rule: Some("{rule}"),
        extension: Some("{extension}"),
        class: Some(TypeClass::Unknown),
        contact: Some("{contact}"),
        portal: false,
    };
    let unknown = kind(TypeClass::Unknown, language);
    let shown = |text: String| {
        text.replace(&format!("（{unknown}）"), "（{kind}）")
            .replace(&format!("({unknown})"), "({kind})")
            .replace(&format!(": {unknown}."), ": {kind}.")
    };
    let mut page = format!("# {title}\n\n{WRITTEN}\n\n{head}\n|---|---|---|\n");
    for reason in Reason::ALL {
        let (sentence, next) = (reason.sentence(language, &detail), reason.next_step(language, &detail));
        writeln!(page, "| `{}` | {} | {next} |", reason.code(), shown(sentence)).unwrap();
    }
    page
}

/// The help of a command and of all below it.
fn describe(command: &mut clap::Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or("temizu").to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end()).unwrap();
    for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
        describe(below, page);
    }
}
