//! A private Postfix on loopback: own configuration, queue, data and log in a temporary folder, gone when dropped.
//!
//! Needs root (Postfix's master does) and the Debian package; says so clearly when either is missing.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Debian's fixed identifier of `nobody`, who owns delivered mail.
const NOBODY: u32 = 65_534;

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running Postfix.
pub(crate) struct Postfix {
    folder: tempfile::TempDir,
    address: SocketAddr,
    master: Child,
}

impl Postfix {
    /// The mail server behind the gateway, as documented: final for `domain`, every address into one Maildir.
    pub(crate) fn behind(domain: &str) -> Self {
        let documented = snippet(include_str!("../../../docs/integration/postfix-behind.md"));
        Self::start(&format!(
            "{}\
             virtual_mailbox_domains = {domain}\n\
             virtual_mailbox_maps = static:inbox/\n\
             virtual_uid_maps = static:{NOBODY}\n\
             virtual_gid_maps = static:{NOBODY}\n\
             default_transport = error:nothing leaves this test\n",
            documented.replace("192.0.2.10", "127.0.0.1")
        ))
    }

    /// The relay in front of the gateway, as documented: hands mail for `domain` to `gateway`.
    pub(crate) fn in_front(domain: &str, gateway: SocketAddr) -> Self {
        let documented = snippet(include_str!("../../../docs/integration/postfix-in-front.md"));
        let gateway = format!("[{}]:{}", gateway.ip(), gateway.port());
        Self::start(&documented.replace("[192.0.2.10]:25", &gateway).replace("city.example.lg.jp", domain))
    }

    /// A Postfix with `settings` (lines of main.cf) besides those that keep it private.
    fn start(settings: &str) -> Self {
        assert!(
            Path::new("/usr/sbin/postfix").exists(),
            "this test needs Postfix: apt-get install postfix (choose \"No configuration\")"
        );
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["conf", "queue", "data", "mail"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        chown(root.join("mail"), Some(NOBODY), Some(NOBODY)).expect("this test needs root: Postfix's master does");
        let owned = Command::new("chown").arg("postfix").arg(root.join("data")).status().unwrap();
        assert!(owned.success(), "no user `postfix`: is the package configured?");
        let address = free_port();
        std::fs::write(root.join("conf/main.cf"), main_cf(root, settings)).unwrap();
        std::fs::write(root.join("conf/master.cf"), master_cf(address)).unwrap();
        let quiet = || Stdio::null();
        let master = postfix(root, "start-fg").stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().unwrap();
        let mut running = Self { folder, address, master };
        running.wait_until_it_listens();
        running
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for `count` mails and returns them all, oldest first, with the line ends of the disk (LF).
    pub(crate) async fn mails(&self, count: usize) -> Vec<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut files = list(&self.folder.path().join("mail/inbox/new"));
            if files.len() >= count {
                files.sort_by_key(|path| std::fs::metadata(path).unwrap().modified().unwrap());
                return files.iter().map(|path| std::fs::read(path).unwrap()).collect();
            }
            assert!(Instant::now() < deadline, "{} of {count} mails arrived\n{}", files.len(), self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("mail.log")).unwrap_or_default()
    }

    fn wait_until_it_listens(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(self.address).is_err() {
            assert!(self.master.try_wait().unwrap().is_none(), "Postfix ended at once\n{}", self.log());
            assert!(Instant::now() < deadline, "Postfix does not listen\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let stopped = postfix(self.folder.path(), "stop").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            drop(self.master.kill());
        }
        drop(self.master.wait());
    }
}

fn postfix(root: &Path, command: &str) -> Command {
    let mut postfix = Command::new("/usr/sbin/postfix");
    postfix.arg("-c").arg(root.join("conf")).arg(command);
    postfix
}

fn free_port() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

fn list(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .map_or_else(|_| Vec::new(), |entries| entries.map(|entry| entry.unwrap().path()).collect())
}

/// The block of main.cf in a page of the documentation.
fn snippet(page: &str) -> &str {
    let (_, rest) = page.split_once("```main.cf\n").expect("a block of main.cf");
    rest.split_once("```").expect("its end").0
}

fn main_cf(root: &Path, settings: &str) -> String {
    let root = root.display();
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {root}/queue\n\
         data_directory = {root}/data\n\
         maillog_file = {root}/mail.log\n\
         maillog_file_prefixes = {root}\n\
         virtual_mailbox_base = {root}/mail\n\
         daemon_directory = /usr/lib/postfix/sbin\n\
         command_directory = /usr/sbin\n\
         shlib_directory = /usr/lib/postfix\n\
         mail_owner = postfix\n\
         setgid_group = postdrop\n\
         myhostname = postfix.test\n\
         mydestination =\n\
         local_recipient_maps =\n\
         alias_maps =\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         smtpd_peername_lookup = no\n\
         smtp_dns_support_level = disabled\n\
         smtp_host_lookup = native\n\
         mailbox_size_limit = 0\n\
         virtual_mailbox_limit = 0\n\
         {settings}"
    )
}

fn master_cf(address: SocketAddr) -> String {
    format!(
        "{address} inet n - n - - smtpd\n\
         pickup unix n - n 60 1 pickup\n\
         cleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\n\
         rewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\n\
         trace unix - - n - 0 bounce\n\
         verify unix - - n - 1 verify\n\
         proxymap unix - - n - - proxymap\n\
         smtp unix - - n - - smtp\n\
         relay unix - - n - - smtp\n\
         error unix - - n - - error\n\
         retry unix - - n - - error\n\
         discard unix - - n - - discard\n\
         virtual unix - n n - - virtual\n\
         lmtp unix - - n - - lmtp\n\
         anvil unix - - n - 1 anvil\n\
         scache unix - - n - 1 scache\n\
         postlog unix-dgram n - n - 1 postlogd\n\
         tlsmgr unix - - n 1000? 1 tlsmgr\n"
    )
}
