//! A throw-away PostgreSQL on a Unix socket in a temporary folder: one for all tests of a process, and private ones.
//!
//! Refuses to run without the server's programs: a test that needs them fails, it is never skipped. Invariant: server
//! and folder are gone soon after the test process has ended, however it ended.

use std::ffi::OsString;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Waits until nobody holds the other end of its standard input any more, which a killed process does not either.
/// The signals that a terminal sends to all it started must not end it before that.
const WATCHER: &str = "trap '' HUP INT QUIT TERM\n\
     read -r nothing\n\
     folder=$1; shift\n\
     \"$@\"\n\
     rm -rf -- \"$folder\" || { sleep 2; rm -rf -- \"$folder\"; }\n";

/// Longest wait of `pg_ctl` for a start or a stop, in seconds.
const PATIENCE: &str = "60";

static SHARED: LazyLock<Result<Cluster, String>> =
    LazyLock::new(|| Cluster::create(Options { max_connections: 300, ..Options::default() }));

/// How a private cluster is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Waits for the disk at every commit. Off is no loss where processes are killed and the power is not: what the
    /// server has written is in the page cache, which survives it.
    pub(crate) fsync: bool,
    /// Logins at the same time.
    pub(crate) max_connections: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self { fsync: false, max_connections: 100 }
    }
}

/// How a running server is ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shutdown {
    /// Sessions are cut off, open transactions rolled back, everything written down.
    Fast,
    /// At once, as in a crash: the next start recovers from the log.
    Immediate,
}

impl Shutdown {
    const fn word(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Immediate => "immediate",
        }
    }
}

/// A PostgreSQL server with its folder; ended and removed when dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    installation: Installation,
    /// Holds the data folder, the log and the socket; the watcher removes it.
    folder: PathBuf,
    watcher: Child,
    /// Closed to end the watcher.
    life: Option<ChildStdin>,
}

impl Cluster {
    /// The cluster of this test process, started by whoever asks first. Superuser `postgres` without a password,
    /// everybody else with one; 300 connections; no fsync.
    pub(crate) fn shared() -> &'static Self {
        SHARED.as_ref().unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// A cluster of its own, running.
    pub(crate) async fn start_own(options: Options) -> Self {
        let created = tokio::task::spawn_blocking(move || Self::create(options)).await.unwrap();
        created.unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// A new, empty database.
    pub(crate) async fn database(&self) -> Database {
        self.database_from("template0").await
    }

    /// A new database with the content of `template`, to which nobody may be connected meanwhile.
    pub(crate) async fn database_from(&self, template: &str) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let database = Database { psql: self.psql(), socket: self.folder.clone(), name };
        let mut create = database.as_superuser("postgres");
        create.arg("--command").arg(format!("CREATE DATABASE \"{}\" TEMPLATE \"{template}\"", database.name));
        in_background(create).await.unwrap_or_else(|reason| panic!("no new database: {reason}"));
        database
    }

    /// Starts it again after [`Self::stop`]; returns when it accepts connections.
    pub(crate) async fn start(&self) {
        in_background(self.start_command()).await.unwrap_or_else(|reason| panic!("{reason}\n{}", self.log()));
    }

    /// Ends the server; returns when its process is gone.
    pub(crate) async fn stop(&self, how: Shutdown) {
        let mut stop = self.pg_ctl("stop");
        stop.args(["-m", how.word()]);
        in_background(stop).await.unwrap_or_else(|reason| panic!("{reason}\n{}", self.log()));
    }

    /// [`Self::stop`] and [`Self::start`].
    pub(crate) async fn restart(&self, how: Shutdown) {
        self.stop(how).await;
        self.start().await;
    }

    /// What the server logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Where its socket is; gone with the cluster.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn create(options: Options) -> Result<Self, String> {
        let installation = Installation::find()?;
        let folder = tempfile::Builder::new().prefix("temizu-pg-").tempdir().unwrap();
        if let Some((user, group)) = installation.owner {
            chown(folder.path(), Some(user), Some(group)).map_err(|error| error.to_string())?;
        }
        // Only the server's user and root may connect: the superuser has no password.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let folder = folder.keep();
        let mut watcher = watcher(&installation, &folder);
        let life = watcher.stdin.take();
        let cluster = Self { installation, folder, watcher, life };
        let mut initdb = cluster.installation.command("initdb");
        initdb.arg("--pgdata").arg(cluster.data()).args(["--username=postgres", "--auth=trust", "--no-sync"]);
        done(initdb.args(["--encoding=UTF8", "--locale=C", "--no-instructions"]).current_dir(&cluster.folder))?;
        cluster.configure(options);
        done(&mut cluster.start_command()).map_err(|reason| format!("{reason}\n{}", cluster.log()))?;
        Ok(cluster)
    }

    fn configure(&self, options: Options) {
        let settings = format!(
            "listen_addresses = ''\n\
             unix_socket_directories = '{socket}'\n\
             fsync = {fsync}\n\
             full_page_writes = {fsync}\n\
             max_connections = {connections}\n\
             shared_buffers = 16MB\n\
             log_statement = none\n\
             password_encryption = 'scram-sha-256'\n\
             timezone = 'UTC'\n",
            socket = self.folder.display(),
            fsync = if options.fsync { "on" } else { "off" },
            connections = options.max_connections,
        );
        // Both exist already and belong to the server's user; truncating keeps that.
        std::fs::write(self.data().join("postgresql.conf"), settings).unwrap();
        let logins = "local all postgres trust\nlocal all all scram-sha-256\n";
        std::fs::write(self.data().join("pg_hba.conf"), logins).unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn psql(&self) -> PathBuf {
        self.installation.programs.join("psql")
    }

    fn pg_ctl(&self, word: &str) -> Command {
        let mut command = self.installation.command("pg_ctl");
        command.arg(word).arg("--pgdata").arg(self.data()).args(["--wait", "--silent", "--timeout", PATIENCE]);
        command.current_dir(&self.folder);
        command
    }

    fn start_command(&self) -> Command {
        let mut command = self.pg_ctl("start");
        command.arg("--log").arg(self.folder.join("log"));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.life.take());
        drop(self.watcher.wait());
    }
}

/// A database of its own for one test; dropped, whoever is connected, with this value.
#[derive(Debug)]
pub(crate) struct Database {
    psql: PathBuf,
    socket: PathBuf,
    name: String,
}

impl Database {
    /// Its name, for [`Cluster::database_from`].
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// For sqlx and psql, as the superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres:///{}?host={}&user=postgres", self.name, encoded(&self.socket.to_string_lossy()))
    }

    /// For sqlx and psql, as somebody who has to show a password.
    pub(crate) fn url_as(&self, user: &str, password: &str) -> String {
        let (host, user, password) = (encoded(&self.socket.to_string_lossy()), encoded(user), encoded(password));
        format!("postgres:///{}?host={host}&user={user}&password={password}", self.name)
    }

    /// What psql answers to `sql` as the superuser: rows as lines, columns divided by `|`.
    pub(crate) async fn sql(&self, sql: &str) -> String {
        let mut command = self.as_superuser(&self.name);
        command.arg("--command").arg(sql);
        in_background(command).await.unwrap_or_else(|reason| panic!("{reason}\n{sql}"))
    }

    fn as_superuser(&self, database: &str) -> Command {
        let mut command = Command::new(&self.psql);
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        command.arg("--host").arg(&self.socket).args(["--username=postgres", "--dbname", database]);
        command
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut command = self.as_superuser("postgres");
        // The test may have stopped the server, and the watcher removes what is left.
        drop(done(command.arg("--command").arg(format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name))));
    }
}

/// Where PostgreSQL's programs are, and who may run its server.
#[derive(Debug)]
struct Installation {
    programs: PathBuf,
    /// User and group of the server, if we are root: PostgreSQL refuses to be that.
    owner: Option<(u32, u32)>,
}

impl Installation {
    fn find() -> Result<Self, String> {
        let programs = newest_on_debian()
            .or_else(on_path)
            .ok_or("this test needs PostgreSQL's server (initdb, pg_ctl, postgres): apt-get install postgresql")?;
        if number("-u", None)? != 0 {
            return Ok(Self { programs, owner: None });
        }
        let owner = number("-u", Some("postgres")).and_then(|user| Ok((user, number("-g", Some("postgres"))?)));
        let owner = owner.map_err(|reason| format!("no user `postgres`: apt-get install postgresql ({reason})"))?;
        Ok(Self { programs, owner: Some(owner) })
    }

    /// The words before a program's own arguments that run it as the right user.
    fn words(&self, program: &str) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        if let Some((user, group)) = self.owner {
            words.push("setpriv".into());
            words.push(format!("--reuid={user}").into());
            words.push(format!("--regid={group}").into());
            words.push("--clear-groups".into());
            words.push("--".into());
        }
        words.push(self.programs.join(program).into());
        words
    }

    fn command(&self, program: &str) -> Command {
        let mut words = self.words(program).into_iter();
        let mut command = Command::new(words.next().unwrap());
        command.args(words).env("LC_ALL", "C");
        command
    }
}

/// Debian keeps each version's programs in a folder of its own and puts none of the server's on the PATH.
fn newest_on_debian() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    folders.filter(|(_, programs)| programs.join("postgres").is_file()).max().map(|(_, programs)| programs)
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join("postgres").is_file() && folder.join("initdb").is_file())
}

fn number(what: &str, user: Option<&str>) -> Result<u32, String> {
    let mut id = Command::new("id");
    let said = done(id.arg(what).args(user))?;
    said.trim().parse().map_err(|_| format!("`id` said {said:?}"))
}

fn watcher(installation: &Installation, folder: &Path) -> Child {
    let mut sh = Command::new("sh");
    sh.args(["-c", WATCHER, "sh"]).arg(folder).args(installation.words("pg_ctl"));
    sh.args(["stop", "--mode=immediate", "--silent", "--timeout", PATIENCE, "--pgdata"]).arg(folder.join("data"));
    // A group of its own: it must outlive a Ctrl-C. Nothing open but its pipe: it must not keep others' pipes open.
    sh.current_dir("/").process_group(0);
    sh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

async fn in_background(mut command: Command) -> Result<String, String> {
    tokio::task::spawn_blocking(move || done(&mut command)).await.unwrap()
}

/// Runs `command` to its end; what it wrote, or what went wrong.
fn done(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{program}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!("{program} ended with {}: {}{}", output.status, text(&output.stdout), text(&output.stderr)))
}

/// For a value in the query of an address.
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
