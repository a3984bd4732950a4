//! `temizu user`: who may sign in, who may not any more, and a link for whoever cannot sign in otherwise.
//!
//! Refuses: a link for a blocked account. Invariant: the link is shown once, to whoever typed the command; the store and
//! the records have nothing that it could be made of.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::arguments::{OneUser, Source, User, UserCommand};
use super::print::{Printer, plain};
use super::queue::operator_name;
use super::roster;
use super::setup::{self, Opened};
use super::trouble::{NO_INPUT, OS, TEMPORARY, Trouble, USAGE};
use crate::config::load::Overrides;
use crate::domain::{Account, AuditEvent, Digest, Event, Login, OfficeRole};
use crate::policy::civil_date;
use crate::ports::{AccountChange, Clock as _, Door, OneTimeLink, StoreError};
use crate::serve::SystemClock;

pub(super) async fn run(arguments: User, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        UserCommand::List { source, json } => list(&source, json, printer).await?,
        UserCommand::Link { user, door, minutes } => link(&user, door, minutes, printer).await?,
        UserCommand::Import { import, source } => {
            let (store, day) = (setup::store(&source, printer).await?, today(&source, printer)?);
            roster::import(&import, &*store, &store.tenant, day, printer).await?;
        }
        UserCommand::Block(user) => block(&user, true, printer).await?,
        UserCommand::Unblock(user) => block(&user, false, printer).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Today, where the office is.
fn today(source: &Source, printer: &Printer) -> Result<jiff::civil::Date, Trouble> {
    let minutes = setup::configuration(source, Overrides::default(), printer)?.config.site.utc_offset_minutes;
    Ok(civil_date(SystemClock.now(), minutes))
}

async fn list(source: &Source, json: bool, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(source, printer).await?;
    let accounts = store.accounts(&store.tenant).await?;
    if json {
        return printer.json(&accounts);
    }
    if accounts.is_empty() {
        printer.say("アカウントはまだありません。", "there is no account yet.");
        return Ok(());
    }
    let day = today(source, printer)?;
    let rows: Vec<Vec<String>> = accounts
        .iter()
        .map(|account| {
            let in_force: Vec<_> = account.postings.iter().filter(|posting| posting.is_in_force(day)).collect();
            let roles: BTreeSet<OfficeRole> = in_force.iter().flat_map(|posting| posting.roles.clone()).collect();
            let roles: Vec<&str> = roles.into_iter().map(|role| role.title(printer.language())).collect();
            let departments: BTreeSet<&str> = in_force.iter().map(|posting| posting.department.as_str()).collect();
            vec![
                plain(account.login.as_str()),
                plain(account.name.as_str()),
                roles.join(", "),
                departments.into_iter().collect::<Vec<_>>().join(", "),
                state(account, printer).to_owned(),
                account.signed_in_at.map_or_else(|| "-".to_owned(), |at| at.to_string()),
            ]
        })
        .collect();
    let head = match printer.language() {
        crate::domain::Language::Ja => ["ログイン名", "氏名", "今日の役割", "所属", "状態", "最後のサインイン"],
        crate::domain::Language::En => ["login", "name", "roles today", "departments", "state", "last sign-in"],
    };
    printer.table(&head, &rows);
    Ok(())
}

fn state(account: &Account, printer: &Printer) -> &'static str {
    match (account.blocked, account.has_totp) {
        (true, _) => printer.choose("停止中", "blocked"),
        (false, true) => printer.choose("利用中（二要素）", "active, second factor"),
        (false, false) => printer.choose("利用中", "active"),
    }
}

/// The account that a person named.
async fn account(store: &Opened, user: &OneUser) -> Result<Account, Trouble> {
    let login: Login = user.login.parse().map_err(|_| {
        Trouble::new(
            USAGE,
            "ログイン名は空白のない 1〜128 文字です",
            "a sign-in name has 1 to 128 characters and no blanks",
        )
    })?;
    let found = store.accounts(&store.tenant).await?.into_iter().find(|account| account.login == login);
    found.ok_or_else(|| {
        Trouble::new(
            NO_INPUT,
            "そのログイン名のアカウントはありません。`temizu user list` で確かめてください",
            "there is no account with this sign-in name; see `temizu user list`",
        )
    })
}

fn record(event: Event, details: &Value) -> AuditEvent {
    let mut all = json!({ "by": "command line" });
    if let (Some(all), Some(details)) = (all.as_object_mut(), details.as_object()) {
        all.extend(details.clone());
    }
    AuditEvent { at: SystemClock.now(), event, item: None, actor: operator_name(), details: all }
}

async fn link(user: &OneUser, door: Door, minutes: u32, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(&user.source, printer).await?;
    let account = account(&store, user).await?;
    if account.blocked {
        return Err(Trouble::new(
            TEMPORARY,
            "このアカウントは停止中です。`temizu user unblock` で再開してからもう一度実行してください",
            "this account is blocked; `temizu user unblock` first",
        ));
    }
    let day = today(&user.source, printer)?;
    if store.principal(&store.tenant, account.id, day).await?.is_none() {
        printer.warn(printer.choose(
            "temizu: 今日の所属と役割がありません。所属が登録されるまで、このリンクでは何もできません",
            "temizu: no posting is in force today; until there is one, the link leads nowhere",
        ));
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| {
        Trouble::new(OS, format!("乱数が得られません: {error}"), format!("no random bytes: {error}"))
    })?;
    let token = URL_SAFE_NO_PAD.encode(secret);
    let until = SystemClock.now().after(Duration::from_secs(u64::from(minutes).saturating_mul(60)));
    let offered = OneTimeLink { token: Digest::of(token.as_bytes()), account: account.id, door, until };
    let details = json!({ "account": account.login, "door": door.as_str(), "until": until });
    store.offer_link(&store.tenant, offered, record(Event::LinkOffered, &details)).await?;
    let path = format!("/link/{token}");
    if user.json {
        return printer.json(&json!({ "path": path, "login": account.login, "door": door.as_str(), "until": until }));
    }
    printer.line(&path);
    let (ja, en) = match door {
        Door::Portal => ("ポータル", "the portal"),
        Door::Review => ("原本受け渡しの画面", "the review listener"),
    };
    printer.warn(match printer.language() {
        crate::domain::Language::Ja => {
            format!("{ja}のアドレスに続けて開いてください。一度だけ、{minutes} 分以内に使えます。本人のほかには渡さないでください")
        }
        crate::domain::Language::En => {
            format!("open it at the address of {en}: good once, for {minutes} minutes; hand it to nobody else")
        }
    });
    Ok(())
}

async fn block(user: &OneUser, blocked: bool, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(&user.source, printer).await?;
    let account = account(&store, user).await?;
    let changed = account.blocked != blocked;
    let login = account.login.clone();
    if changed {
        let record = record(Event::AccountChanged, &json!({ "account": login, "blocked": blocked }));
        let change = AccountChange::Block { account: account.id, blocked };
        store.change(&store.tenant, vec![(change, record)]).await.map_err(|error| match error {
            StoreError::Conflict => Trouble::new(
                TEMPORARY,
                "ほかの人が同時に変えました。もう一度実行してください",
                "somebody else has changed it meanwhile; try again",
            ),
            other => other.into(),
        })?;
    }
    if user.json {
        return printer.json(&json!({ "login": login, "blocked": blocked, "changed": changed }));
    }
    let login = plain(login.as_str());
    match (blocked, changed) {
        (true, true) => printer.say(
            format!(
                "{login} を停止しました。開いていた画面も使えなくなります。再開するには `temizu user unblock {login}`。"
            ),
            format!("{login} is blocked and signed out everywhere. To undo it: `temizu user unblock {login}`."),
        ),
        (false, true) => {
            printer.say(format!("{login} を再開しました。"), format!("{login} may sign in again."));
        }
        (true, false) => {
            printer.say(format!("{login} はすでに停止中です。"), format!("{login} is blocked already."));
        }
        (false, false) => {
            printer.say(format!("{login} は停止していません。"), format!("{login} is not blocked."));
        }
    }
    Ok(())
}
