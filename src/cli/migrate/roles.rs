//! `temizu migrate --roles`: a login for each role, its password in a file, and a policy for its key to the buckets.
//!
//! Invariant: no password is printed, logged or sent; the database gets what cannot be turned back into one.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::secrets::{Folder, Pending};
use crate::cli::arguments::Migrate;
use crate::cli::print::{Printer, plain};
use crate::cli::trouble::{Trouble, USAGE};
use crate::config::{self, StoreKind};
use crate::store::scaleout::ScaleoutStore;
use crate::store::scaleout::bucket;
use crate::store::scaleout::grants::Zone;
use crate::store::scaleout::wall::{Bystanders, Login, Wall, is_name};

/// A login, and the files that belong to it.
struct Made {
    login: String,
    zones: Vec<Zone>,
    password: PathBuf,
    is_new: bool,
    policy: Option<PathBuf>,
}

pub(super) async fn run(arguments: &Migrate, config: &config::Store, printer: &Printer) -> Result<ExitCode, Trouble> {
    if config.kind == StoreKind::Embedded {
        return Err(super::embedded("--roles"));
    }
    let mut wall = wall(arguments)?;
    let policies = policies(config, &wall)?;
    let names: Vec<String> = wall.logins.iter().map(|login| login.name.clone()).collect();
    let known = ScaleoutStore::known_logins(config, &names).await.map_err(|error| Trouble::open(&error))?;
    let folder = Folder::make(&arguments.out)?;
    let mut pending = Pending::default();
    for login in &mut wall.logins {
        if arguments.new_passwords || !known.contains(&login.name) {
            login.verifier = Some(folder.new_password(&login.name, &mut pending)?);
        }
    }
    let bystanders = ScaleoutStore::raise_wall(config, &wall).await.map_err(|error| Trouble::open(&error))?;
    pending.keep()?;
    let mut made = Vec::new();
    for (login, policy) in wall.logins.into_iter().zip(policies) {
        let policy = match policy {
            Some((name, text)) => Some(folder.write_open(&name, &text)?),
            None => None,
        };
        let password = folder.password_file(&login.name);
        made.push(Made { login: login.name, zones: login.zones, password, is_new: login.verifier.is_some(), policy });
    }
    if arguments.json {
        as_json(&made, &bystanders, printer)?;
    } else {
        tell(&made, &bystanders, config, printer);
    }
    Ok(ExitCode::SUCCESS)
}

/// One login for each zone, and those that the options name.
fn wall(arguments: &Migrate) -> Result<Wall, Trouble> {
    let prefix = arguments.prefix.clone();
    let mut logins: Vec<Login> = Zone::ALL
        .into_iter()
        .map(|zone| Login { name: format!("{prefix}_{zone}"), zones: vec![zone], verifier: None })
        .collect();
    for named in &arguments.login {
        let name = format!("{prefix}_{}", named.name);
        if !is_name(&named.name) || named.name.starts_with("role_") || logins.iter().any(|login| login.name == name) {
            return Err(Trouble::new(
                USAGE,
                format!(
                    "--login {} の名前は使えません。英小文字で始まる英小文字・数字・_ の 24 文字まで、役割の名前と role_ は除きます（例 host1=intake,process）",
                    plain(&named.name)
                ),
                format!(
                    "the name in --login {} cannot be used: up to 24 lower case letters, digits and `_`, beginning with a letter, neither a role nor role_… nor given twice (like host1=intake,process)",
                    plain(&named.name)
                ),
            ));
        }
        logins.push(Login { name, zones: named.zones.clone(), verifier: None });
    }
    if !is_name(&prefix) {
        return Err(Trouble::new(
            USAGE,
            "--prefix は英小文字で始まる英小文字・数字・_ の 24 文字までにしてください",
            "--prefix is up to 24 lower case letters, digits and `_`, beginning with a letter",
        ));
    }
    Ok(Wall { prefix, logins })
}

/// Name and text of the policy of each login, for those that need a key to a bucket.
fn policies(config: &config::Store, wall: &Wall) -> Result<Vec<Option<(String, String)>>, Trouble> {
    let policy = |login: &Login| {
        let Some(policy) = bucket::policy(config, &login.zones).map_err(|error| Trouble::open(&error))? else {
            return Ok(None);
        };
        let name = login.name.strip_prefix(&format!("{}_", wall.prefix)).unwrap_or(&login.name);
        Ok(Some((format!("{name}.s3-policy.json"), format!("{policy:#}\n"))))
    };
    wall.logins.iter().map(policy).collect()
}

fn as_json(made: &[Made], bystanders: &Bystanders, printer: &Printer) -> Result<(), Trouble> {
    let logins: Vec<_> = made
        .iter()
        .map(|made| {
            json!({
                "login": made.login,
                "roles": made.zones.iter().map(|zone| zone.as_str()).collect::<Vec<_>>(),
                "password_file": made.password,
                "new_password": made.is_new,
                "s3_policy_file": made.policy,
            })
        })
        .collect();
    printer.json(&json!({
        "logins": logins,
        "other_members": bystanders.members,
        "other_grantees": bystanders.grantees,
    }))
}

fn tell(made: &[Made], bystanders: &Bystanders, config: &config::Store, printer: &Printer) {
    let head = match printer.language() {
        crate::domain::Language::Ja => ["ログイン", "役割", "パスワード", "S3 のポリシー"],
        crate::domain::Language::En => ["LOGIN", "ROLES", "PASSWORD", "S3 POLICY"],
    };
    let rows: Vec<Vec<String>> = made
        .iter()
        .map(|made| {
            let unchanged = printer.choose("（変更なし）", "(unchanged)").to_owned();
            vec![
                made.login.clone(),
                made.zones.iter().map(|zone| zone.as_str()).collect::<Vec<_>>().join(","),
                if made.is_new { made.password.display().to_string() } else { unchanged },
                made.policy.as_ref().map(|file| file.display().to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    printer.table(&head, &rows);
    printer.say(
        "\nデータベースの権限を一覧（src/store/scaleout/grants.rs）のとおりにし、各ログインで確かめました。",
        "\nthe privileges in the database are now those of the list (src/store/scaleout/grants.rs), proven for each login.",
    );
    next_steps(config, made, printer);
    others(bystanders, printer);
}

fn next_steps(config: &config::Store, made: &[Made], printer: &Printer) {
    if made.iter().any(|made| made.is_new) {
        printer.say(
            "パスワードのファイルは、それを使うホストへ移し（所有者 temizu、モード 600）、store.postgres_password_file で示し、ここから消してください。",
            "move each password file to the host that uses it (owner temizu, mode 600), name it in store.postgres_password_file, and remove it here.",
        );
    }
    if made.iter().any(|made| made.policy.is_some()) {
        printer.say(
            "S3 の鍵を役割ごとに一つ作り、ポリシーを付けてください。MinIO: mc admin policy create ALIAS temizu-deliver deliver.s3-policy.json、mc admin policy attach ALIAS temizu-deliver --user KEY。\n\
             AWS・Ceph: aws iam put-user-policy --user-name temizu-deliver --policy-name temizu --policy-document file://deliver.s3-policy.json。\n\
             役割に要らない store.originals と store.derivatives は、そのホストの設定で空にしてください。\n\
             garage にポリシーはありません。garage bucket allow --read（--write）BUCKET --key KEY で、ポリシーにあるバケットだけを許してください。",
            "make one S3 key for each role and attach its policy. MinIO: mc admin policy create ALIAS temizu-deliver deliver.s3-policy.json, then mc admin policy attach ALIAS temizu-deliver --user KEY.\n\
             AWS, Ceph: aws iam put-user-policy --user-name temizu-deliver --policy-name temizu --policy-document file://deliver.s3-policy.json.\n\
             leave store.originals and store.derivatives empty on a host whose role does not need them.\n\
             garage has no policies: allow each key only the buckets of its policy, garage bucket allow --read (--write) BUCKET --key KEY.",
        );
    }
    if [&config.originals, &config.derivatives].iter().any(|place| place.starts_with("file://")) {
        printer.say(
            "file:// のフォルダは、役割ごとの OS の利用者と権限で守ってください。deliver から原本のフォルダを読めてはいけません。",
            "folders (file://) are guarded by the system's users and modes: deliver must not be able to read the one with originals.",
        );
    }
}

/// What was left as it is, and somebody should know of.
fn others(bystanders: &Bystanders, printer: &Printer) {
    if !bystanders.members.is_empty() {
        let names = bystanders.members.join(", ");
        printer.say(
            format!(
                "今回示されていないログインも役割を持っています: {names}。要らなければ DROP ROLE で消してください。"
            ),
            format!(
                "logins that were not named this time have roles, too: {names}. DROP ROLE those that are not needed."
            ),
        );
    }
    if !bystanders.grantees.is_empty() {
        let names = bystanders.grantees.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ");
        printer.say(
            format!("このプログラムのものではないログインに表の権限があります: {names}。壁の外です。要るものか確かめてください。"),
            format!("logins that are not this program's have privileges on tables: {names}. The wall does not hold them; check whether they are needed."),
        );
    }
}
