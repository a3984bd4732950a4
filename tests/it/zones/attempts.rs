//! What whoever has taken over the portal would try: its login in the database, its key in the object store.
//!
//! Invariant: each way is open to somebody who may, in the same test, so that nothing is refused because it is misspelt.

use object_store::path::Path as Location;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use temizu::store::{Keys, Store as _};

use super::DENIED;
use super::town::{Town, accept, refusal};
use crate::store_contract::fixture::original;

/// Ways to an original that are more than a plain `SELECT`.
const WAYS: &[&str] = &[
    "CREATE TEMP TABLE mine AS SELECT * FROM original",
    "CREATE FUNCTION pg_temp.mine() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(sealed) FROM original'; \
     SELECT pg_temp.mine()",
    "CREATE VIEW mine AS SELECT * FROM original",
    "CREATE TRIGGER mine BEFORE INSERT ON original FOR EACH ROW \
     EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "EXPLAIN ANALYZE SELECT sealed FROM original",
    "SELECT query_to_xml('SELECT file FROM original', true, false, '')",
    "SELECT lock_item('main', (SELECT file FROM original LIMIT 1))",
    "INSERT INTO search_term (tenant, item, term) SELECT tenant, item, 'x' || COALESCE(length(sealed), 0) FROM original",
    "UPDATE original SET sealed = sealed RETURNING sealed",
    "DELETE FROM original RETURNING sealed",
    "UPDATE sealing_key SET public_key = 'mine'",
    "ALTER TABLE original RENAME TO mine",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('base')",
    "SELECT lo_import('/etc/hostname')",
    "COPY (SELECT 1) TO PROGRAM 'cat > /dev/null'",
];

/// Runs statements in a transaction that is taken back; the SQLSTATE of the first that is refused.
async fn tried(connection: &mut PgConnection, sql: &str) -> Result<(), String> {
    let mut transaction = connection.begin().await.unwrap();
    let tried = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *transaction).await;
    transaction.rollback().await.unwrap();
    tried.map(drop).map_err(|error| refusal(&error))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_login_of_the_portal_finds_no_way_round_to_an_original() {
    let town = Town::built().await;
    town.fill().await;
    let mut superuser = PgConnection::connect(&town.database.url()).await.unwrap();
    let mut portal = town.connect("portal").await.unwrap();
    let roles = ["process", "review"].map(|zone| format!("SET ROLE {}_role_{zone}", town.prefix));
    let owner = format!("SET ROLE {}", town.login_name("owner"));
    let ways = WAYS.iter().copied().chain(roles.iter().map(String::as_str)).chain([owner.as_str()]);
    for way in ways {
        assert_eq!(tried(&mut superuser, way).await, Ok(()), "{way}");
        assert_eq!(tried(&mut portal, way).await, Err(DENIED.to_owned()), "{way}");
    }
    // What the planner keeps of the values is not shown either.
    town.database.sql("ANALYZE original").await;
    let kept = "SELECT count(*) FROM pg_stats WHERE tablename = 'original' AND attname IN ('sealed', 'file', 'item')";
    let seen: i64 = sqlx::query_scalar(kept).fetch_one(&mut portal).await.unwrap();
    assert_eq!(seen, 0);
    assert_ne!(town.database.sql(kept).await, "0");
    portal.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_of_the_caller_never_stands_in_for_one_of_the_owner() {
    let town = Town::built().await;
    town.fill().await;
    let owners = "SELECT count(*) FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace";
    let open = format!("{owners} AND COALESCE(proconfig::text, '') NOT LIKE '%search_path=public, pg_temp%'");
    assert_ne!(town.database.sql(owners).await, "0");
    assert_eq!(town.database.sql(&open).await, "0", "each says where it looks for tables, the caller's last");

    let mut portal = town.connect("portal").await.unwrap();
    let forged = "CREATE TEMP TABLE audit_head (tenant text, sequence bigint, hash bytea); \
                  INSERT INTO pg_temp.audit_head VALUES ('main', 999999, '\\x00')";
    sqlx::raw_sql(forged).execute(&mut portal).await.unwrap();
    let own: i64 = sqlx::query_scalar("SELECT sequence FROM audit_head").fetch_one(&mut portal).await.unwrap();
    assert_eq!(own, 999_999, "the caller's comes first for the caller");
    let head = "SELECT sequence FROM public.audit_head WHERE tenant = 'main'";
    let locked: i64 =
        sqlx::query_scalar("SELECT last_sequence FROM lock_audit_head('main')").fetch_one(&mut portal).await.unwrap();
    assert_eq!(locked.to_string(), town.database.sql(head).await);
    portal.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_staff_put_in_is_sealed_on_its_way_and_the_portal_never_reads_it_back() {
    let town = Town::built().await;
    let process = town.store("process", Keys::Opening).await;
    let portal = town.store("portal", Keys::Sealing).await;
    // Too large for a row: it goes to the bucket of originals.
    let key = accept(&*portal.sink().unwrap(), 7, 20_000).await;
    let read = process.source().unwrap().open(&key).await.unwrap().collect().await.unwrap();
    assert_eq!(read, original(7, 20_000));
    let name = town.database.sql("SELECT file FROM original WHERE file IS NOT NULL").await;
    let sealed = Location::from(name.strip_prefix("originals/").expect("a large original"));
    let (own, of_process) = (town.bucket("portal", "sealed"), town.bucket("process", "sealed"));
    let refused = own.get(&sealed).await.unwrap_err();
    assert!(matches!(refused, Error::PermissionDenied { .. }), "{refused}");
    let refused = own.head(&sealed).await.unwrap_err();
    assert!(matches!(refused, Error::PermissionDenied { .. }), "{refused}");
    let refused = own.list_with_delimiter(None).await.unwrap_err().to_string();
    assert!(refused.contains("AccessDenied"), "{refused}");
    let refused = own.delete(&sealed).await.unwrap_err();
    assert!(matches!(refused, Error::PermissionDenied { .. }), "{refused}");
    let bytes = of_process.get(&sealed).await.unwrap().bytes().await.unwrap();
    assert!(!bytes.windows(32).any(|window| read.windows(32).take(64).any(|plain| plain == window)));
    assert!(!of_process.list_with_delimiter(None).await.unwrap().common_prefixes.is_empty());
}
