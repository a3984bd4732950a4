//! A town's store as its administrator sets it up: an owner who is no superuser, `temizu migrate`, `temizu migrate
//! --roles`, and a key for each role with the policy that was written for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::aws::AmazonS3;
use sqlx::{Connection as _, PgConnection};
use temizu::config::{self, StoreKind};
use temizu::domain::{Event, ItemKey, TenantId};
use temizu::ports::{OriginalSink, Queue as _};
use temizu::store::scaleout::ScaleoutStore;
use temizu::store::{Keys, Store as _};

use crate::store_contract::fixture::{
    INLINE, SPAN, StillClock, at, event, item_id, mail, origin, original, sanitized, with_passwords,
};
use crate::support::postgres::{Cluster, Database};
use crate::support::process::{Ended, end, temizu};
use crate::support::s3::{Key, S3Server};
use crate::support::scaleout::write_secret;

/// Of the login that owns the database.
const OWNER_PASSWORD: &str = "of the owner";

pub(crate) struct Town {
    pub(crate) database: Database,
    pub(crate) prefix: String,
    s3: S3Server,
    folder: tempfile::TempDir,
    /// By role.
    keys: BTreeMap<String, Key>,
}

impl Town {
    /// Migrated, and with its wall.
    pub(crate) async fn built() -> Self {
        let mut town = Self::empty().await;
        town.migrate("").with(0);
        town.roles("--login host1=intake,process").with(0);
        town.hand_out_keys();
        town
    }

    /// An empty database, its owner, and empty buckets.
    pub(crate) async fn empty() -> Self {
        let database = Cluster::shared().database().await;
        let (name, prefix) = (database.name(), format!("z{}", database.name()));
        database.sql(&format!("CREATE ROLE {prefix}_owner LOGIN CREATEROLE PASSWORD '{OWNER_PASSWORD}'")).await;
        database.sql(&format!("ALTER DATABASE {name} OWNER TO {prefix}_owner")).await;
        let s3 = S3Server::start_in_process().await;
        for bucket in ["sealed", "new"] {
            s3.create_bucket(bucket).await;
        }
        let folder = tempfile::tempdir().unwrap();
        write_secret(&folder.path().join("owner.password"), OWNER_PASSWORD);
        Self { database, prefix, s3, folder, keys: BTreeMap::new() }
    }

    /// `temizu migrate` as the owner.
    pub(crate) fn migrate(&self, more: &str) -> Ended {
        self.run(&format!("migrate {more}"), &self.config_file("owner", ""))
    }

    /// `temizu migrate --roles` as the owner.
    pub(crate) fn roles(&self, more: &str) -> Ended {
        let out = self.out();
        self.run(
            &format!("migrate --roles --prefix {} --out {} {more}", self.prefix, out.display()),
            &self.config_file("owner", ""),
        )
    }

    /// `temizu` with these arguments, which are cut at spaces.
    pub(crate) fn run(&self, arguments: &str, config: &Path) -> Ended {
        let mut command = temizu();
        command.args(arguments.split_whitespace()).arg("--config").arg(config);
        end(command, b"")
    }

    /// One S3 key for each policy that was written.
    pub(crate) fn hand_out_keys(&mut self) {
        for entry in std::fs::read_dir(self.out()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let Some(role) = name.strip_suffix(".s3-policy.json") else { continue };
            let policy = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let key = self.s3.allow(&format!("{role}-key"), &format!("{role}-secret"), Some(&policy));
            let text = format!("access_key_id = {}\nsecret_access_key = {}\n", key.access, key.secret);
            write_secret(&self.folder.path().join(format!("{role}.credentials")), &text);
            self.keys.insert(role.to_owned(), key);
        }
    }

    /// Where `migrate --roles` writes.
    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The data folder of a role's host.
    pub(crate) fn data(&self, role: &str) -> PathBuf {
        self.folder.path().join(format!("data-{role}"))
    }

    pub(crate) fn login_name(&self, role: &str) -> String {
        format!("{}_{role}", self.prefix)
    }

    pub(crate) fn password_file(&self, role: &str) -> PathBuf {
        match role {
            "owner" => self.folder.path().join("owner.password"),
            role => self.out().join(format!("{}.password", self.login_name(role))),
        }
    }

    pub(crate) fn password(&self, role: &str) -> String {
        std::fs::read_to_string(self.password_file(role)).unwrap().trim().to_owned()
    }

    /// The configuration of a host of that role.
    pub(crate) fn config(&self, role: &str) -> config::Store {
        let s3_credentials_file = self.keys.get(role).map(|_| self.folder.path().join(format!("{role}.credentials")));
        let reaches = |bucket: &str| {
            let used = match bucket {
                "sealed" => ["intake", "process", "portal", "review", "host1"].contains(&role),
                _ => ["process", "deliver", "portal", "host1"].contains(&role),
            };
            if used || role == "owner" { format!("s3://{bucket}") } else { String::new() }
        };
        let url = self.database.url().replace("user=postgres", &format!("user={}", self.login_name(role)));
        config::Store {
            kind: StoreKind::Scaleout,
            data: self.data(role),
            postgres: url,
            postgres_password_file: Some(self.password_file(role)),
            originals: reaches("sealed"),
            derivatives: reaches("new"),
            s3_endpoint: self.s3.endpoint().to_owned(),
            s3_credentials_file,
            inline_bytes: INLINE,
            ..config::Store::default()
        }
    }

    /// The same as a file, with `more` at its end.
    pub(crate) fn config_file(&self, role: &str, more: &str) -> PathBuf {
        let store = self.config(role);
        let mut text = format!(
            "[store]\nkind = \"scaleout\"\ndata = {:?}\npostgres = {:?}\npostgres_password_file = {:?}\n\
             originals = {:?}\nderivatives = {:?}\ns3_endpoint = {:?}\n",
            store.data,
            store.postgres,
            store.postgres_password_file.unwrap(),
            store.originals,
            store.derivatives,
            store.s3_endpoint,
        );
        if let Some(file) = store.s3_credentials_file {
            writeln!(text, "s3_credentials_file = {file:?}").unwrap();
        }
        let file = self.folder.path().join(format!("{role}.toml"));
        std::fs::write(&file, format!("{text}{more}")).unwrap();
        file
    }

    /// The store, opened with the login and the key of a role.
    pub(crate) async fn store(&self, role: &str, keys: Keys) -> Arc<ScaleoutStore> {
        ScaleoutStore::open(&self.config(role), Arc::new(StillClock::default()), keys).await.unwrap()
    }

    /// A bucket, reached with the key of a role.
    pub(crate) fn bucket(&self, role: &str, bucket: &str) -> AmazonS3 {
        self.s3.client(bucket, &self.keys[role])
    }

    /// What is in the bucket.
    pub(crate) fn objects(&self, bucket: &str) -> Vec<String> {
        super::files_below(&self.s3.folder().join(bucket))
    }

    pub(crate) async fn connect(&self, role: &str) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect(&self.database.url_as(&self.login_name(role), &self.password(role))).await
    }

    /// Tries a statement with the login of a role and takes it back; the SQLSTATE if it is refused.
    pub(crate) async fn tried(&self, role: &str, sql: &'static str) -> Result<(), String> {
        let mut connection = self.connect(role).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        let tried = sqlx::raw_sql(sql).execute(&mut *transaction).await.map(drop).map_err(|error| refusal(&error));
        drop(transaction);
        connection.close().await.unwrap();
        tried
    }

    /// Three items through the stores of intake and process: a small one, a large one, and one with a notice; mails of
    /// all of them wait in the outbox.
    pub(crate) async fn fill(&self) -> Vec<ItemKey> {
        let process = self.store("process", Keys::Opening).await;
        let sink = self.store("intake", Keys::Sealing).await.sink().unwrap();
        let mut keys = Vec::new();
        for (number, length) in [(1, 100), (2, 20_000), (3, 10)] {
            keys.push(accept(&*sink, number, length).await);
        }
        for number in 1..=3 {
            let lease = process.lease_at(1000).await;
            process.renew(&lease, at(1100)).await.unwrap();
            let mails =
                vec![mail(number, &["a@city.example", "b@city.example"], 100 + 10_000 * usize::from(number % 2))];
            let conclusion = with_passwords(sanitized(&lease, 20_000, mails), &["Abc-1234"]);
            let record = event(Event::Sanitized, lease.key.id);
            process.conclude(lease, conclusion, vec![record]).await.unwrap();
        }
        keys
    }

    /// Every row of every table, as text.
    pub(crate) async fn dump(&self) -> String {
        let tables = self
            .database
            .sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
            .await;
        assert!(tables.lines().count() >= 13, "{tables}");
        let mut dump = String::new();
        for table in tables.lines() {
            dump += &self.database.sql(&format!("SELECT row_of::text FROM \"{table}\" AS row_of")).await;
        }
        dump
    }
}

trait LeaseAt {
    async fn lease_at(&self, second: i64) -> temizu::ports::Lease;
}

impl LeaseAt for ScaleoutStore {
    async fn lease_at(&self, second: i64) -> temizu::ports::Lease {
        self.lease(&TenantId::single(), at(second), SPAN).await.unwrap().expect("something to lease")
    }
}

pub(super) async fn accept(sink: &dyn OriginalSink, number: u8, length: usize) -> ItemKey {
    let mut writer = sink.begin(ItemKey { tenant: TenantId::single(), id: item_id(number) }).await.unwrap();
    writer.write(&original(number, length)).await.unwrap();
    writer.accept(origin(&["a@city.example", "b@city.example"]), at(number.into())).await.unwrap().key
}

/// The SQLSTATE of an error of the database.
pub(crate) fn refusal(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.map_or_else(|| error.to_string(), |code| code.into_owned())
}
