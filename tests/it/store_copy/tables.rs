//! Every table of both databases, as the databases themselves tell of them: it arrives row by row, or is named here with
//! the reason why it does not.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};
use temizu::config::{self, StoreKind};
use temizu::domain::TenantId;

use super::{copied, copy_key, embedded, fill};
use crate::support::scaleout::Site;

/// Tables that do not travel.
const LEFT_OUT: [(&str, &str); 9] = [
    ("schema_version", "each database has its own"),
    ("store_mark", "it says what each side is"),
    ("lease_guard", "it never holds a row"),
    ("audit_head", "made from the chain that travels"),
    ("sealing_key", "the embedded store has it as a file; it is held against that"),
    ("unneeded_object", "what is to be swept in one place of objects"),
    ("session", "whoever was signed in signs in again"),
    ("one_time_link", "good for minutes, and for one door"),
    ("sign_in_failure", "counts for fifteen minutes"),
];
/// Sealed, and tried within minutes or not at all.
const OFFERS: &str = "password_offer";
/// What a lease leaves in a row: whatever was leased is due on the other side.
const OF_LEASES: [(&str, &str); 4] =
    [("item", "leased_until"), ("item", "due_at"), ("mail", "leased_until"), ("mail", "due_at")];

/// Rows of what the ports of [`fill`] leave empty, for the item of the tenant that comes first.
const MORE: [&str; 9] = [
    "INSERT INTO rules (tenant, digest, text, first_seen) SELECT tenant, X'ab', '規則', 7 FROM {one}",
    "INSERT INTO set_aside SELECT tenant, account, item FROM {one}",
    "INSERT INTO fetched (tenant, item, digest, account, at, mailbox) \
     SELECT tenant, item, X'00ff', account, 1234567890123, 'a@city.example' FROM {one}",
    "INSERT INTO release_request (tenant, id, item, part, requester, department, state, asked_at, until, decided_by, \
     decided_at, about) SELECT tenant, 'r1', item, '2', account, 'road', 'approved', 1, 2, account, 3, '{\"な\":1}' FROM {one}",
    "INSERT INTO release_request (tenant, id, item, requester, department, state, asked_at, until, about) \
     SELECT tenant, 'r2', item, account, 'road', 'waiting', 1, 2, '{}' FROM {one}",
    "INSERT INTO tiding (tenant, kind, account, item, request, since) SELECT tenant, 'asked', account, item, 'r1', 5 FROM {one}",
    "INSERT INTO digested (tenant, account, item) SELECT tenant, account, item FROM {one}",
    "INSERT INTO one_time_link (tenant, token, door, account, until) SELECT tenant, X'01', 'portal', account, 9 FROM {one}",
    "INSERT INTO sign_in_failure (tenant, at, login, address) SELECT tenant, 1, 'x', '192.0.2.1' FROM {one}",
];
const ONE: &str = "(SELECT item.tenant, MIN(item.id) AS item, MIN(account.id) AS account FROM item \
     JOIN account ON account.tenant = item.tenant WHERE item.stage <> 'expired' GROUP BY item.tenant) AS one";
const OFFER: &str = "INSERT INTO password_offer (tenant, id, item, account, actor, mailbox, by_mail, at, state, sealed) \
     SELECT tenant, 'o1', item, account, 'user:x', 'a@city.example', FALSE, 1, 'queued', X'02' FROM {one}";

/// Rows by table, each value as text; the columns are those that `compared` takes.
type Content = BTreeMap<String, Vec<Vec<Option<String>>>>;

fn is_left_out(table: &str) -> bool {
    table == OFFERS || LEFT_OUT.iter().any(|(name, _)| *name == table)
}

fn is_compared(table: &str, column: &str) -> bool {
    !OF_LEASES.contains(&(table, column))
}

fn database_of(config: &config::Store) -> String {
    format!("sqlite://{}", config.data.join("temizu.db").display())
}

/// Columns by table, as the database tells of them: name and type.
type Schema = BTreeMap<String, Vec<(String, String)>>;

async fn sqlite_schema(connection: &mut SqliteConnection) -> Schema {
    let rows = sqlx::query(
        "SELECT of.name AS of, column.name, column.type FROM sqlite_schema AS of, pragma_table_xinfo(of.name) AS column \
         WHERE of.type = 'table' AND of.name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    schema(rows.iter().map(|row| [row.get(0), row.get(1), row.get(2)]))
}

async fn postgres_schema(connection: &mut PgConnection) -> Schema {
    let rows = sqlx::query(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
         WHERE table_schema = current_schema() ORDER BY 1, 2",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    schema(rows.iter().map(|row| [row.get(0), row.get(1), row.get(2)]))
}

fn schema(rows: impl Iterator<Item = [String; 3]>) -> Schema {
    let mut tables = Schema::new();
    for [table, column, kind] in rows {
        tables.entry(table).or_default().push((column, kind));
    }
    tables
}

fn list<'c>(columns: impl Iterator<Item = &'c (String, String)>, value: impl Fn(&str, &str) -> String) -> String {
    columns.map(|(name, kind)| value(name, kind)).collect::<Vec<_>>().join(", ")
}

async fn in_sqlite(connection: &mut SqliteConnection) -> Content {
    let mut content = Content::new();
    for (table, columns) in sqlite_schema(connection).await {
        let taken = columns.iter().filter(|(column, _)| is_compared(&table, column));
        let values = list(taken, |name, _| {
            format!("CASE typeof(\"{name}\") WHEN 'blob' THEN lower(hex(\"{name}\")) ELSE CAST(\"{name}\" AS TEXT) END")
        });
        let text = format!("SELECT {values} FROM \"{table}\"");
        let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(&mut *connection).await.unwrap();
        let mut rows: Vec<Vec<Option<String>>> =
            rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect();
        rows.sort();
        content.insert(table, rows);
    }
    content
}

async fn in_postgres(connection: &mut PgConnection) -> Content {
    let mut content = Content::new();
    for (table, columns) in postgres_schema(connection).await {
        let taken = columns.iter().filter(|(column, _)| is_compared(&table, column));
        let values = list(taken, |name, kind| match kind {
            "bytea" => format!("encode(\"{name}\", 'hex')"),
            "boolean" => format!("\"{name}\"::int::text"),
            _ => format!("\"{name}\"::text"),
        });
        let text = format!("SELECT {values} FROM \"{table}\"");
        let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(&mut *connection).await.unwrap();
        let mut rows: Vec<Vec<Option<String>>> =
            rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect();
        rows.sort();
        content.insert(table, rows);
    }
    content
}

async fn run(connection: &mut SqliteConnection, statements: &[&str]) {
    for statement in statements {
        let text = statement.replace("{one}", ONE);
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *connection).await.unwrap();
    }
}

fn same(found: &Content, expected: &Content) {
    for (table, rows) in expected.iter().filter(|(table, _)| !is_left_out(table)) {
        assert!(!rows.is_empty(), "{table}: nothing is proved of a table without a row");
        assert_eq!(found.get(table), Some(rows), "{table}");
    }
}

/// Of nobody whose session would come to life again, and of no password that would be tried late.
fn nothing_short_lived(content: &Content) {
    for table in ["session", "one_time_link", "sign_in_failure", OFFERS] {
        assert_eq!(content[table], Vec::<Vec<_>>::new(), "{table}");
    }
}

#[tokio::test]
async fn every_table_arrives_there_and_back_or_is_named_as_left_out() {
    let site = Site::on_files().await;
    let here = &site.config;
    let ports = embedded(here).await;
    fill(&ports).await;
    drop(ports);
    let mut ours = SqliteConnection::connect(&database_of(here)).await.unwrap();
    run(&mut ours, &MORE).await;
    run(&mut ours, &[OFFER]).await;
    let before = in_sqlite(&mut ours).await;
    for table in ["session", "one_time_link", "sign_in_failure", OFFERS] {
        assert!(!before[table].is_empty(), "{table}");
    }
    let columns = sqlite_schema(&mut ours).await;
    ours.close().await.unwrap();

    copied(here, StoreKind::Embedded).await;
    let mut theirs = PgConnection::connect(&site.database.url()).await.unwrap();
    let there = in_postgres(&mut theirs).await;
    same(&there, &before);
    nothing_short_lived(&there);
    of_both_sides(&columns, &postgres_schema(&mut theirs).await);
    theirs.close().await.unwrap();

    let other = tempfile::tempdir().unwrap();
    let back = config::Store { data: other.path().join("data"), ..here.clone() };
    copy_key(&here.data, &back.data);
    copied(&back, StoreKind::Scaleout).await;
    let mut again = SqliteConnection::connect(&database_of(&back)).await.unwrap();
    let returned = in_sqlite(&mut again).await;
    again.close().await.unwrap();
    same(&returned, &before);
    nothing_short_lived(&returned);
}

/// A table of one side only is one that is left out; one of both has the same columns.
fn of_both_sides(sqlite: &Schema, postgres: &Schema) {
    let names = |schema: &Schema| schema.keys().cloned().collect::<BTreeSet<String>>();
    for table in names(sqlite).symmetric_difference(&names(postgres)) {
        assert!(is_left_out(table), "{table} is in one of the databases only");
    }
    for (table, columns) in sqlite.iter().filter(|(table, _)| !is_left_out(table)) {
        let Some(others) = postgres.get(table) else { continue };
        let names = |columns: &[(String, String)]| columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(columns), names(others), "{table}");
    }
}

#[tokio::test]
async fn back_into_the_store_that_it_came_from_nothing_short_lived_is_left_and_what_changed_arrives() {
    let site = Site::on_files().await;
    let here = &site.config;
    let ports = embedded(here).await;
    fill(&ports).await;
    drop(ports);
    let mut ours = SqliteConnection::connect(&database_of(here)).await.unwrap();
    run(&mut ours, &MORE).await;
    run(&mut ours, &[OFFER]).await;
    ours.close().await.unwrap();
    copied(here, StoreKind::Embedded).await;
    let mut theirs = PgConnection::connect(&site.database.url()).await.unwrap();
    for change in [
        "UPDATE release_request SET state = 'returned' WHERE id = 'r2'",
        "DELETE FROM tiding",
        "UPDATE account SET blocked = TRUE",
        "UPDATE item SET attempts = attempts + 1",
    ] {
        sqlx::query(change).execute(&mut theirs).await.unwrap();
    }
    let expected = in_postgres(&mut theirs).await;
    theirs.close().await.unwrap();
    let report = copied(here, StoreKind::Scaleout).await;
    assert_eq!((report.copied, report.handed_over), (9, true));
    let mut ours = SqliteConnection::connect(&database_of(here)).await.unwrap();
    let found = in_sqlite(&mut ours).await;
    ours.close().await.unwrap();
    for table in ["item", "account", "release_request", "tiding", "set_aside", "fetched", "arrival", "digested"] {
        assert_eq!(found[table], expected[table], "{table}");
    }
    nothing_short_lived(&found);
    let ports = embedded(here).await;
    assert_eq!(ports.accounts.accounts(&TenantId::single()).await.unwrap().len(), 2);
}
