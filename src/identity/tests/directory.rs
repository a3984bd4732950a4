//! Sign-in against a real directory: OpenLDAP's slapd of Debian, with TLS, on a free port, in a temporary folder.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::super::Refusal;
use super::*;
use crate::config::TotpPolicy;
use crate::domain::{Event, IdentitySource};

const PATIENCE: Duration = Duration::from_secs(60);

struct Slapd {
    folder: tempfile::TempDir,
    child: Option<Child>,
    port: u16,
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}

const PEOPLE: &str = "\
dn: dc=city,dc=example
objectClass: domain
dc: city

dn: ou=people,dc=city,dc=example
objectClass: organizationalUnit
ou: people

dn: uid=kashiwagi,ou=people,dc=city,dc=example
objectClass: inetOrgPerson
uid: kashiwagi
cn: Kashiwagi
sn: Kashiwagi
displayName:: 5p+P5pyoIOWkqumDjg==
mail: kashiwagi@city.example
departmentNumber: cn=Approvers,dc=city,dc=example
userPassword: plum tree

dn: uid=mori,ou=people,dc=city,dc=example
objectClass: inetOrgPerson
uid: mori
cn: twin
sn: Mori
userPassword: plum tree

dn: uid=mori2,ou=people,dc=city,dc=example
objectClass: inetOrgPerson
uid: mori2
cn: twin
sn: Mori
userPassword: plum tree
";

impl Slapd {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(at("ca.pem"), key.cert.pem()).unwrap();
        fs::write(at("key.pem"), key.signing_key.serialize_pem()).unwrap();
        let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(at("other.pem"), other.cert.pem()).unwrap();
        fs::write(at("people.ldif"), PEOPLE).unwrap();
        fs::write(at("password"), "search here\n").unwrap();
        fs::set_permissions(at("password"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        fs::create_dir(at("db")).unwrap();
        let schema =
            ["core", "cosine", "inetorgperson"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
        let conf = format!(
            "{}modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {}\nTLSCertificateFile {}\nTLSCertificateKeyFile {}\n\
             database mdb\nsuffix \"dc=city,dc=example\"\nrootdn \"cn=temizu,dc=city,dc=example\"\nrootpw \"search here\"\n\
             directory {}\naccess to attrs=userPassword by anonymous auth by * none\naccess to * by users read by anonymous auth by * none\n",
            schema.concat(),
            at("pid"),
            at("ca.pem"),
            at("key.pem"),
            at("db"),
        );
        fs::write(at("slapd.conf"), conf).unwrap();
        let mut slapd = Self { folder, child: None, port: 0 };
        let added = slapd.command("slapadd", &["-q", "-l", &slapd.path("people.ldif")]).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8(added.stderr).unwrap());
        slapd.listen();
        slapd
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    #[expect(clippy::disallowed_methods, reason = "a real server for the test; it dies with it")]
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", &format!("/usr/sbin/{program}"), "-f", &self.path("slapd.conf")]);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// On a port that was free a moment ago; another one if somebody else was faster.
    fn listen(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let sealed = format!("ldaps://127.0.0.1:{}/", self.port);
            let mut child = self.command("slapd", &["-d", "0", "-h", &sealed]).stderr(Stdio::null()).spawn().unwrap();
            while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                    self.child = Some(child);
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            drop(child.kill());
            drop(child.wait());
            assert!(Instant::now() < deadline, "slapd does not come up");
        }
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }

    fn set(&self, config: &mut Config) {
        let directory = &mut config.directory;
        directory.url = format!("ldaps://127.0.0.1:{}", self.port);
        directory.base = "ou=people,dc=city,dc=example".to_owned();
        directory.user_filter = "(|(uid={login})(cn={login}))".to_owned();
        directory.bind_dn = "cn=temizu,dc=city,dc=example".to_owned();
        directory.password_file = Some(PathBuf::from(self.path("password")));
        directory.group_attribute = "departmentnumber".to_owned();
        directory.ca = Some(PathBuf::from(self.path("ca.pem")));
        directory.create = true;
        directory.department = "it".to_owned();
        config.identity.totp = TotpPolicy::Nobody;
    }
}

#[tokio::test]
async fn the_directory_knows_who_it_is_and_an_account_is_made_once() {
    let slapd = Slapd::start();
    let desk = Desk::with(|config| slapd.set(config)).await;
    let principal = welcomed(desk.try_password("Kashiwagi", "plum tree", None).await);
    assert_eq!((principal.login.as_str(), principal.name.as_str()), ("kashiwagi", "柏木 太郎"));
    assert_eq!(principal.mailbox.as_ref().map(|mailbox| mailbox.as_str()), Some("kashiwagi@city.example"));
    assert_eq!((principal.source, roles(&principal)), (IdentitySource::Directory, vec![OfficeRole::Staff]));
    let again = welcomed(desk.try_password("kashiwagi", "plum tree", None).await);
    assert_eq!(again.account, principal.account);
    let rows = desk.ledger.rows();
    assert_eq!(rows.records.iter().filter(|record| record.event == Event::AccountAdded).count(), 1);
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let slapd = Slapd::start();
    let desk = Desk::with(|config| slapd.set(config)).await;
    for (login, password) in [
        ("kashiwagi", "wrong"),
        ("nobody", "plum tree"),
        ("kashiwagi", ""),
        ("nobody", ""),
        ("*)(uid=*", "plum tree"),
        ("kashi*", "plum tree"),
        ("*", "plum tree"),
        ("kashiwagi)(objectClass=*", "plum tree"),
        ("twin", "plum tree"),
        ("uid=kashiwagi,ou=people,dc=city,dc=example", "plum tree"),
    ] {
        assert_eq!(desk.try_password(login, password, None).await, Err(Refusal::Refused), "{login} {password}");
    }
    assert_eq!(desk.ledger.rows().accounts.len(), 1, "nobody was added");
}

#[tokio::test]
async fn an_account_kept_here_is_never_asked_of_the_directory() {
    let slapd = Slapd::start();
    let desk = Desk::with(|config| slapd.set(config)).await;
    desk.ledger.rows().account("chief").login = "kashiwagi".parse().unwrap();
    assert_eq!(desk.try_password("kashiwagi", "plum tree", None).await, Err(Refusal::Refused));
    welcomed(desk.try_password("kashiwagi", GOOD, None).await);
}

#[tokio::test]
async fn groups_give_and_take_roles() {
    let slapd = Slapd::start();
    let desk = Desk::with(|config| {
        slapd.set(config);
        config.directory.groups = vec!["approver: CN=approvers,dc=city,dc=example".to_owned()];
    })
    .await;
    let principal = welcomed(desk.try_password("kashiwagi", "plum tree", None).await);
    assert_eq!(roles(&principal), [OfficeRole::Approver]);
    desk.ledger.rows().account("kashiwagi").postings[0].roles = [OfficeRole::Administrator].into();
    let principal = welcomed(desk.try_password("kashiwagi", "plum tree", None).await);
    assert_eq!(roles(&principal), [OfficeRole::Approver]);
    assert_eq!(desk.try_password("mori", "plum tree", None).await, Err(Refusal::Refused), "in no group");
}

#[tokio::test]
async fn on_the_internet_side_nobody_is_added_and_whoever_lost_a_role_stays_out() {
    let slapd = Slapd::start();
    let desk = Desk::with(|config| {
        slapd.set(config);
        config.directory.groups = vec!["staff: CN=approvers,dc=city,dc=example".to_owned()];
    })
    .await;
    let outside = async || {
        let proof = typed("kashiwagi", "plum tree", None);
        desk.identity.sign_in(&desk.tenant, Door::Review, proof, here()).await
    };
    assert_eq!(outside().await, Err(Refusal::Refused));
    assert_eq!(desk.ledger.rows().accounts.len(), 1, "nobody was added");
    welcomed(desk.try_password("kashiwagi", "plum tree", None).await);
    welcomed(outside().await);
    let both = [OfficeRole::Staff, OfficeRole::Approver];
    desk.ledger.rows().account("kashiwagi").postings[0].roles = both.into();
    assert_eq!(outside().await, Err(Refusal::Refused), "the groups say staff only");
    assert_eq!(desk.ledger.rows().account("kashiwagi").postings[0].roles, both.into(), "nothing is written there");
    welcomed(desk.try_password("kashiwagi", "plum tree", None).await);
    welcomed(outside().await);
}

#[tokio::test]
async fn without_create_only_accounts_that_are_here_come_in() {
    let slapd = Slapd::start();
    let desk = Desk::with(|config| {
        slapd.set(config);
        config.directory.create = false;
    })
    .await;
    assert_eq!(desk.try_password("kashiwagi", "plum tree", None).await, Err(Refusal::Refused));
    {
        let mut rows = desk.ledger.rows();
        let account = rows.account("chief");
        (account.login, account.source) = ("kashiwagi".parse().unwrap(), IdentitySource::Directory);
    }
    welcomed(desk.try_password("kashiwagi", "plum tree", None).await);
}

#[tokio::test]
async fn a_directory_that_is_down_or_another_one_lets_nobody_in_and_says_so() {
    let mut slapd = Slapd::start();
    let desk = Desk::with(|config| slapd.set(config)).await;
    let other = Desk::with(|config| {
        slapd.set(config);
        config.directory.ca = Some(PathBuf::from(slapd.path("other.pem")));
    })
    .await;
    let other_name = Desk::with(|config| {
        slapd.set(config);
        config.directory.url = format!("ldaps://localhost:{}", slapd.port);
    })
    .await;
    for wrong in [&other, &other_name] {
        assert_eq!(wrong.try_password("kashiwagi", "plum tree", None).await, Err(Refusal::Unavailable));
    }
    welcomed(desk.try_password("kashiwagi", "plum tree", None).await);
    slapd.stop();
    assert_eq!(desk.try_password("kashiwagi", "plum tree", None).await, Err(Refusal::Unavailable));
    welcomed(desk.try_password("chief", GOOD, None).await);
}
