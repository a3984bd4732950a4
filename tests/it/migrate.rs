//! `temizu migrate` on both kinds of store: what was to do, what was not, and what is refused.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::support::process::{end, run_on, temizu};
use crate::zones::town::Town;

const FIRST: &str = include_str!("../../src/store/migrations/0001_item.sqlite.sql");

async fn sqlite(data: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(data.join("temizu.db")).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn an_older_embedded_store_is_brought_up_to_date_once() {
    let data = tempfile::tempdir().unwrap();
    assert!(run_on(data.path(), "migrate").with(64).err.contains("there is no store"));
    assert!(!data.path().join("temizu.db").exists(), "looking makes none");
    sqlite(data.path(), FIRST).await;
    sqlite(
        data.path(),
        "CREATE TABLE schema_version (version INTEGER NOT NULL); INSERT INTO schema_version VALUES (1)",
    )
    .await;
    assert!(run_on(data.path(), "migrate --check").with(1).out.contains("run `temizu migrate`"));
    let done = run_on(data.path(), "migrate").with(0).out;
    assert!(done.contains("from version 1 to version "), "{done}");
    assert!(run_on(data.path(), "migrate").with(0).out.contains("nothing to do"));
    run_on(data.path(), "migrate --check").with(0);
    let said = run_on(data.path(), "migrate --json").with(0).json();
    assert!(said["changed"] == false && said["found"] == said["now"], "{said}");
    sqlite(data.path(), "UPDATE schema_version SET version = 99").await;
    for arguments in ["migrate", "migrate --check", "queue list"] {
        assert!(run_on(data.path(), arguments).with(78).err.contains("install the newer program"), "{arguments}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_database_serves_nobody_until_it_is_migrated() {
    let town = Town::empty().await;
    let config = town.config_file("owner", "");
    let serve = "serve --role deliver --next-hop 127.0.0.1:9";
    let refused = town.run(serve, &config).with(69).err;
    assert!(refused.contains("run `temizu migrate` once"), "{refused}");
    assert!(town.migrate("--check").with(1).out.contains("version 0"));
    let done = town.migrate("").with(0).out;
    assert!(done.contains("from version 0 to version ") && done.contains("migrate --roles"), "{done}");
    assert!(town.migrate("").with(0).out.contains("nothing to do"));
    town.migrate("--check --json").with(0);

    town.database.sql("UPDATE schema_version SET version = 99").await;
    let roles = format!("migrate --roles --out {}", town.out().display());
    for arguments in ["migrate", "migrate --check", roles.as_str()] {
        assert!(town.run(arguments, &config).with(78).err.contains("install the newer program"), "{arguments}");
    }
    let mut japanese = temizu();
    japanese.env("LANG", "ja_JP.UTF-8").arg("migrate").arg("--config").arg(&config);
    let said = end(japanese, b"").with(78).err;
    assert!(said.contains("版 99") && said.contains("新しいプログラム"), "{said}");
}
