//! The people of the office: who may sign in, in which department, as what, and for how long.
//!
//! Refuses: sign-in names that could be taken for something else on a line of a log, roles outside the four.
//! Invariant: what somebody may do on a day follows from the postings in force on that day, and from nothing else.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::address::Mailbox;
use super::id::{AccountId, TenantId};
use super::reason::Language;
use super::time::Timestamp;

/// Longest sign-in name in bytes.
pub const MAX_LOGIN: usize = 128;
/// Longest name of a person or a department, in characters.
pub const MAX_LABEL: usize = 80;

/// A value that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidOffice(&'static str);

/// What somebody may do in the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfficeRole {
    /// 職員: reads what came for their own and their section's addresses.
    Staff,
    /// 承認者: decides on requests of their department.
    Approver,
    /// 管理者: accounts, rules, operation. Reads no mail.
    Administrator,
    /// 監査: reads records. Changes nothing.
    Auditor,
}

impl OfficeRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Staff, Self::Approver, Self::Administrator, Self::Auditor];

    /// The name in the store, in records and in CSV.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Approver => "approver",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// What people are shown.
    #[must_use]
    pub const fn title(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Staff, Language::Ja) => "職員",
            (Self::Approver, Language::Ja) => "承認者",
            (Self::Administrator, Language::Ja) => "管理者",
            (Self::Auditor, Language::Ja) => "監査",
            (Self::Staff, Language::En) => "Staff",
            (Self::Approver, Language::En) => "Approver",
            (Self::Administrator, Language::En) => "Administrator",
            (Self::Auditor, Language::En) => "Auditor",
        }
    }
}

impl fmt::Display for OfficeRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads the English name and the Japanese title, as both stand in the CSV files of offices.
impl FromStr for OfficeRole {
    type Err = InvalidOffice;

    fn from_str(text: &str) -> Result<Self, InvalidOffice> {
        let fits = |role: &Self| role.as_str() == text || role.title(Language::Ja) == text;
        Self::ALL.into_iter().find(fits).ok_or(InvalidOffice("role (職員, 承認者, 管理者, 監査)"))
    }
}

/// What somebody signs in with: 1 to 128 printable characters without blanks; compared in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Login(String);

impl Login {
    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Login {
    type Error = InvalidOffice;

    fn try_from(text: String) -> Result<Self, InvalidOffice> {
        let text = text.to_lowercase();
        let odd = |c: char| c.is_control() || c.is_whitespace() || super::name::changes_reading(c);
        let fits = (1..=MAX_LOGIN).contains(&text.len()) && !text.chars().any(odd);
        if fits { Ok(Self(text)) } else { Err(InvalidOffice("sign-in name (1 to 128 characters without blanks)")) }
    }
}

impl FromStr for Login {
    type Err = InvalidOffice;

    fn from_str(text: &str) -> Result<Self, InvalidOffice> {
        Self::try_from(text.to_owned())
    }
}

impl From<Login> for String {
    fn from(login: Login) -> Self {
        login.0
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a person or a department: one line of 1 to 80 characters, none of which hides or reorders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

impl Label {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Label {
    type Error = InvalidOffice;

    fn try_from(text: String) -> Result<Self, InvalidOffice> {
        let odd = |c: char| c.is_control() || super::name::changes_reading(c);
        let text = text.trim();
        let fits = (1..=MAX_LABEL).contains(&text.chars().count()) && !text.chars().any(odd);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidOffice("name (one line of 1 to 80 characters)")) }
    }
}

impl FromStr for Label {
    type Err = InvalidOffice;

    fn from_str(text: &str) -> Result<Self, InvalidOffice> {
        Self::try_from(text.to_owned())
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Code of a department as the personnel system has it: 1 to 32 of a-z, 0-9, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DepartmentCode(String);

impl DepartmentCode {
    /// The code, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DepartmentCode {
    type Error = InvalidOffice;

    fn try_from(text: String) -> Result<Self, InvalidOffice> {
        let text = text.to_ascii_lowercase();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Self(text)) } else { Err(InvalidOffice("department code (1 to 32 of a-z, 0-9, - and _)")) }
    }
}

impl FromStr for DepartmentCode {
    type Err = InvalidOffice;

    fn from_str(text: &str) -> Result<Self, InvalidOffice> {
        Self::try_from(text.to_owned())
    }
}

impl From<DepartmentCode> for String {
    fn from(code: DepartmentCode) -> Self {
        code.0
    }
}

impl fmt::Display for DepartmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A department and its section mailboxes (組織アドレス).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// Its code.
    pub code: DepartmentCode,
    /// Its name.
    pub name: Label,
    /// Addresses that all its people read while they are posted there.
    pub mailboxes: BTreeSet<Mailbox>,
}

/// Somebody's place in a department (発令): from the first day to the last, both included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Posting {
    /// Where.
    pub department: DepartmentCode,
    /// As what.
    pub roles: BTreeSet<OfficeRole>,
    /// First day.
    pub from: Date,
    /// Last day; open if absent.
    pub until: Option<Date>,
}

impl Posting {
    /// True on the days from the first to the last.
    #[must_use]
    pub fn is_in_force(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// Who proves that somebody is who they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentitySource {
    /// A password kept here.
    Local,
    /// LDAP or Active Directory.
    Directory,
    /// An OpenID provider.
    Openid,
    /// A proxy in front that has signed them in.
    Proxy,
}

impl IdentitySource {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Local, Self::Directory, Self::Openid, Self::Proxy];

    /// The name in the store and in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Directory => "directory",
            Self::Openid => "openid",
            Self::Proxy => "proxy",
        }
    }
}

impl FromStr for IdentitySource {
    type Err = InvalidOffice;

    fn from_str(text: &str) -> Result<Self, InvalidOffice> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or(InvalidOffice("source of identity"))
    }
}

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Never used again for somebody else.
    pub id: AccountId,
    /// What they sign in with.
    pub login: Login,
    /// Their name.
    pub name: Label,
    /// Their own address (個人アドレス).
    pub mailbox: Option<Mailbox>,
    /// Who proves who they are.
    pub source: IdentitySource,
    /// Places, past, present and future.
    pub postings: Vec<Posting>,
    /// An administrator has stopped it.
    pub blocked: bool,
    /// A local password is set.
    pub has_password: bool,
    /// A second factor (RFC 6238) is set up.
    pub has_totp: bool,
    /// What they have chosen.
    pub preferences: Preferences,
    /// When they last signed in.
    pub signed_in_at: Option<Timestamp>,
}

/// When somebody is told that something waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DigestTimes {
    /// Each time.
    AtOnce,
    /// Collected, twice a day.
    #[default]
    TwiceADay,
    /// Not by mail.
    Never,
}

/// What somebody has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Language of the pages; that of the site if absent.
    pub language: Option<Language>,
    /// Notices by mail.
    pub digest: DigestTimes,
    /// Single-key shortcuts (WCAG 2.1.4: they can be switched off).
    pub shortcuts: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { language: None, digest: DigestTimes::default(), shortcuts: true }
    }
}

/// Who asks, on a day: made anew from the store for each request, never kept in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The municipality.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountId,
    /// Its sign-in name, for records.
    pub login: Login,
    /// Its name.
    pub name: Label,
    /// What it may do today.
    pub roles: BTreeSet<OfficeRole>,
    /// The departments it belongs to today.
    pub departments: Vec<Department>,
    /// Its own address.
    pub mailbox: Option<Mailbox>,
    /// What it has chosen.
    pub preferences: Preferences,
    /// Who proves who it is.
    pub source: IdentitySource,
    /// A second factor is set up.
    pub has_totp: bool,
}

impl Principal {
    /// True if it may act as `role` today.
    #[must_use]
    pub fn is(&self, role: OfficeRole) -> bool {
        self.roles.contains(&role)
    }

    /// The addresses whose mail it may see as 職員: its own and those of its departments, in lower case, each once.
    #[must_use]
    pub fn mailboxes(&self) -> Vec<String> {
        if !self.is(OfficeRole::Staff) {
            return Vec::new();
        }
        let sections = self.departments.iter().flat_map(|department| &department.mailboxes);
        let all: BTreeSet<String> =
            self.mailbox.iter().chain(sections).map(|mailbox| mailbox.as_str().to_lowercase()).collect();
        all.into_iter().collect()
    }

    /// How records name it: `user:LOGIN`.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("user:{}", self.login)
    }
}

/// Somebody who may decide in an approver's place (代理), from the first day to the last, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deputy {
    /// In whose place.
    pub approver: AccountId,
    /// Who.
    pub deputy: AccountId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_posting_counts_on_its_first_and_its_last_day() {
        let posting = Posting {
            department: "road".parse().unwrap(),
            roles: BTreeSet::from([OfficeRole::Staff]),
            from: date("2026-04-01"),
            until: Some(date("2027-03-31")),
        };
        for (day, counts) in [("2026-03-31", false), ("2026-04-01", true), ("2027-03-31", true), ("2027-04-01", false)]
        {
            assert_eq!(posting.is_in_force(date(day)), counts, "{day}");
        }
    }

    #[test]
    fn names_that_hide_or_reorder_are_refused() {
        for text in ["", "a b", "a\u{202e}b", "a\nb", "a\u{200b}"] {
            assert!(text.parse::<Login>().is_err(), "{text:?}");
        }
        assert_eq!("Kashiwagi@City".parse::<Login>().unwrap().as_str(), "kashiwagi@city");
        assert!("柏木\u{202e}太郎".parse::<Label>().is_err());
        assert_eq!(" 柏木　太郎 ".parse::<Label>().unwrap().as_str(), "柏木　太郎");
        assert!("道路課".parse::<DepartmentCode>().is_err());
    }

    #[test]
    fn roles_read_in_both_languages() {
        for role in OfficeRole::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(role.title(Language::Ja).parse(), Ok(role));
        }
    }

    #[test]
    fn an_administrator_sees_no_mail() {
        let principal = Principal {
            tenant: TenantId::single(),
            account: AccountId::from_bytes([1; 16]),
            login: "admin".parse().unwrap(),
            name: "管理".parse().unwrap(),
            roles: BTreeSet::from([OfficeRole::Administrator]),
            departments: Vec::new(),
            mailbox: Some(Mailbox::parse("admin@city.example").unwrap()),
            preferences: Preferences::default(),
            source: IdentitySource::Local,
            has_totp: false,
        };
        assert!(principal.mailboxes().is_empty());
    }
}
