//! How people sign in: what seals their second factors and who must have one; a directory, a provider, a proxy.
//!
//! Refuses: passwords sent in the clear, a header that anybody could set. Invariant: with nothing set, sign-in works with
//! accounts kept here and no other.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Config;
use super::fault::{Fault, Problem, Words};
use super::places::Places;
use crate::domain::{DepartmentCode, OfficeRole};

/// Sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// The file with the key that seals second factors; `identity.key` in the folder of the store if not set.
    pub key: Option<PathBuf>,
    /// Who must have a second factor.
    pub totp: TotpPolicy,
    /// Words of the office that no password may be made of.
    pub office_words: Vec<String>,
}

/// Who must have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TotpPolicy {
    /// Administrators and approvers.
    #[default]
    Administrators,
    /// Everybody.
    Everybody,
    /// Nobody; whoever has one is asked for it nevertheless.
    Nobody,
}

/// LDAP or Active Directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Directory {
    /// `ldaps://host` or, with `starttls`, `ldap://host`; empty for none.
    pub url: String,
    /// STARTTLS on an `ldap://` connection.
    pub starttls: bool,
    /// Where people are searched.
    pub base: String,
    /// How one is found; `{login}` stands for what was typed.
    pub user_filter: String,
    /// Who searches; empty for nobody in particular.
    pub bind_dn: String,
    /// A file with their password.
    pub password_file: Option<PathBuf>,
    /// The attribute that is the sign-in name here.
    pub login_attribute: String,
    /// The attribute with the name.
    pub name_attribute: String,
    /// The attribute with the address.
    pub mail_attribute: String,
    /// The attribute with the groups.
    pub group_attribute: String,
    /// `role: group`, one line each; empty leaves roles to the accounts here.
    pub groups: Vec<String>,
    /// Certificate authorities (PEM) to trust besides the system's.
    pub ca: Option<PathBuf>,
    /// Seconds for the whole exchange.
    pub timeout_seconds: u64,
    /// Makes an account at the first sign-in.
    pub create: bool,
    /// The department of accounts that are made so.
    pub department: String,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            url: String::new(),
            starttls: false,
            base: String::new(),
            user_filter: "(uid={login})".to_owned(),
            bind_dn: String::new(),
            password_file: None,
            login_attribute: "uid".to_owned(),
            name_attribute: "displayName".to_owned(),
            mail_attribute: "mail".to_owned(),
            group_attribute: "memberOf".to_owned(),
            groups: Vec::new(),
            ca: None,
            timeout_seconds: 10,
            create: false,
            department: String::new(),
        }
    }
}

/// An OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Openid {
    /// Its issuer, as its discovery document names it; empty for none.
    pub issuer: String,
    /// What it knows this gateway as.
    pub client_id: String,
    /// A file with the secret of that client; none for a public client.
    pub client_secret_file: Option<PathBuf>,
    /// Asked for besides `openid`.
    pub scopes: Vec<String>,
    /// The claim that is the sign-in name here.
    pub login_claim: String,
    /// The claim with the groups; empty for none.
    pub groups_claim: String,
    /// `role: group`, one line each; empty leaves roles to the accounts here.
    pub groups: Vec<String>,
    /// Certificate authorities (PEM) to trust besides the system's.
    pub ca: Option<PathBuf>,
    /// Seconds for each request to it.
    pub timeout_seconds: u64,
    /// Makes an account at the first sign-in.
    pub create: bool,
    /// The department of accounts that are made so.
    pub department: String,
}

impl Default for Openid {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_file: None,
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            login_claim: "preferred_username".to_owned(),
            groups_claim: String::new(),
            groups: Vec::new(),
            ca: None,
            timeout_seconds: 10,
            create: false,
            department: String::new(),
        }
    }
}

/// A proxy in front that has signed people in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInProxy {
    /// The header with the sign-in name; empty for no such proxy.
    pub header: String,
    /// Where it connects from.
    pub from: Vec<IpAddr>,
    /// The header with the secret that proves that it is the proxy.
    pub secret_header: String,
    /// A file with that secret.
    pub secret_file: Option<PathBuf>,
    /// What the proxy says counts as a proof of the last minutes, for what asks for one.
    pub proves_anew: bool,
}

/// Reads `role: group`; the group may hold colons.
#[must_use]
pub fn role_of_group(line: &str) -> Option<(OfficeRole, &str)> {
    let (role, group) = line.split_once(':')?;
    let (role, group) = (role.trim().parse().ok()?, group.trim());
    (!group.is_empty()).then_some((role, group))
}

/// Values that do not fit together.
pub(super) fn contradictions(config: &Config, places: &Places) -> Vec<Fault> {
    let (directory, openid, proxy) = (&config.directory, &config.openid, &config.proxy);
    let mut faults = Vec::new();
    let mut check = |key: &'static str, wrong: bool, problem: fn() -> Problem| {
        if wrong {
            faults.push(places.fault(key, problem()));
        }
    };
    let used = !directory.url.is_empty();
    check("directory.url", used && !is_sealed(&directory.url, directory.starttls), in_the_clear);
    check("directory.base", used && directory.base.is_empty(), missing);
    check("directory.user_filter", used && !directory.user_filter.contains("{login}"), no_login);
    check("directory.password_file", directory.bind_dn.is_empty() == directory.password_file.is_some(), half);
    check("directory.groups", directory.groups.iter().any(|line| role_of_group(line).is_none()), no_group);
    check("directory.department", directory.create && no_code(&directory.department), no_department);
    check("openid.issuer", !openid.issuer.is_empty() && !is_web(&openid.issuer), in_the_clear);
    check("openid.client_id", !openid.issuer.is_empty() && openid.client_id.is_empty(), missing);
    check("openid.groups", openid.groups.iter().any(|line| role_of_group(line).is_none()), no_group);
    check("openid.department", openid.create && no_code(&openid.department), no_department);
    let used = !proxy.header.is_empty();
    check("proxy.from", used && proxy.from.is_empty(), missing);
    check("proxy.secret_header", used && proxy.secret_header.is_empty(), missing);
    check("proxy.secret_file", used && proxy.secret_file.is_none(), missing);
    faults
}

fn no_code(text: &str) -> bool {
    text.parse::<DepartmentCode>().is_err()
}

/// True if passwords that go there are not read on the way.
fn is_sealed(url: &str, starttls: bool) -> bool {
    let plain = url.strip_prefix("ldap://");
    url.starts_with("ldaps://") || plain.is_some_and(|rest| starttls || is_loopback(rest))
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.strip_prefix("http://").is_some_and(is_loopback)
}

/// True if what follows the scheme is an address of this machine.
pub(crate) fn is_loopback(rest: &str) -> bool {
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn problem(code: &'static str, what: (&'static str, &'static str), instead: (&'static str, &'static str)) -> Problem {
    Problem { code, what: Words::new(what.0, what.1), instead: Words::new(instead.0, instead.1) }
}

fn in_the_clear() -> Problem {
    problem(
        "in_the_clear",
        ("パスワードや身元の情報が平文でネットワークを通ります", "secrets would cross the network in the clear"),
        (
            "ldaps:// か https:// を使うか、directory.starttls を true にしてください",
            "use ldaps:// or https://, or set directory.starttls",
        ),
    )
}

fn missing() -> Problem {
    problem("missing", ("設定されていません", "not set"), ("書いてください", "write it"))
}

fn no_login() -> Problem {
    problem(
        "no_login",
        ("入力された名前を入れる場所がありません", "there is no place for what was typed"),
        ("{login} を入れてください（例 \"(uid={login})\"）", "put {login} into it, such as \"(uid={login})\""),
    )
}

fn half() -> Problem {
    problem(
        "half_pair",
        ("directory.bind_dn とそろっていません", "directory.bind_dn and this go together"),
        ("両方書くか、両方消してください", "set both, or neither"),
    )
}

fn no_group() -> Problem {
    problem(
        "wrong_value",
        ("「役割: グループ」の形ではありません", "this is not role: group"),
        (
            "\"administrator: cn=...\" のように書いてください（staff、approver、administrator、auditor）",
            "write such as \"administrator: cn=...\" (staff, approver, administrator, auditor)",
        ),
    )
}

fn no_department() -> Problem {
    problem(
        "missing",
        ("作るアカウントの所属コードがありません", "accounts that are made need a department code"),
        ("所属コードを書いてください（a-z、0-9、-、_）", "write a department code (a-z, 0-9, - and _)"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::load::{Overrides, parse};
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        match parse("t", text, &Overrides::default()) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.faults.into_iter().map(|fault| fault.key).collect(),
        }
    }

    #[test]
    fn passwords_go_to_a_directory_sealed_or_not_at_all() {
        let with = |url: &str, more: &str| keys(&format!("[directory]\nurl = \"{url}\"\nbase = \"dc=x\"\n{more}"));
        for (url, more, fits) in [
            ("ldaps://ad.example", "", true),
            ("ldap://ad.example", "starttls = true\n", true),
            ("ldap://127.0.0.1:389", "", true),
            ("ldap://[::1]", "", true),
            ("ldap://ad.example", "", false),
            ("ldap://127.0.0.1.example", "", false),
            ("http://ad.example", "", false),
        ] {
            let expected: &[&str] = if fits { &[] } else { &["directory.url"] };
            assert_eq!(with(url, more), expected, "{url}");
        }
    }

    #[test]
    fn what_belongs_together_is_asked_for() {
        assert_eq!(keys("[directory]\nurl = \"ldaps://x\"\n"), ["directory.base"]);
        assert_eq!(keys("[directory]\nbind_dn = \"cn=x\"\n"), ["directory.password_file"]);
        assert_eq!(keys("[directory]\ngroups = [\"chief: cn=x\"]\n"), ["directory.groups"]);
        assert_eq!(keys("[directory]\ncreate = true\n"), ["directory.department"]);
        assert_eq!(keys("[openid]\nissuer = \"http://idp.example\"\nclient_id = \"x\"\n"), ["openid.issuer"]);
        assert_eq!(keys("[proxy]\nheader = \"X-User\"\n"), ["proxy.from", "proxy.secret_header", "proxy.secret_file"]);
        assert_eq!(role_of_group("approver: cn=a:b,dc=x"), Some((OfficeRole::Approver, "cn=a:b,dc=x")));
    }
}
