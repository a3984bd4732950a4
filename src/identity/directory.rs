//! LDAP and Active Directory: one search for the name, one bind with the password.
//!
//! Refuses: an empty password (a bind without one always succeeds, RFC 4513 5.1.2), more than one entry, referrals.
//! Invariant: what was typed is in a filter only escaped (RFC 4515), and in a DN never.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry, SearchOptions, ldap_escape};
use rustls::ClientConfig;

use super::admit::{Admission, Claims};
use super::{IdentityError, secret, tls};
use crate::config;
use crate::domain::{Label, Mailbox};

/// What a bind with a wrong password is answered with (RFC 4511 4.1.9), or one that the directory does not want.
const NO: [u32; 4] = [19, 48, 49, 53];

/// What the directory says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is the password of this entry.
    Right(Claims),
    /// It is not, or there is no such entry.
    Wrong,
    /// The directory does not answer, or not as it should.
    Unavailable,
}

/// A directory.
pub(super) struct Directory {
    config: config::Directory,
    tls: Arc<ClientConfig>,
    pub(super) admission: Admission,
}

impl Directory {
    /// `None` if the configuration names none.
    pub(super) fn new(config: &config::Directory) -> Result<Option<Self>, IdentityError> {
        if config.url.is_empty() {
            return Ok(None);
        }
        let tls = Arc::new(tls::client(config.ca.as_deref())?);
        let admission = Admission::new(&config.groups, config.create, &config.department);
        Ok(Some(Self { config: config.clone(), tls, admission }))
    }

    /// Asks whether `password` is that of `login`.
    pub(super) async fn ask(&self, login: &str, password: &str) -> Answer {
        if password.is_empty() || login.is_empty() {
            return Answer::Wrong;
        }
        let limit = Duration::from_secs(self.config.timeout_seconds);
        match tokio::time::timeout(limit, self.exchange(login, password)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(trouble)) => {
                tracing::error!(%trouble, "sign-in: the directory cannot be asked");
                Answer::Unavailable
            }
            Err(_) => {
                tracing::error!("sign-in: the directory does not answer in time");
                Answer::Unavailable
            }
        }
    }

    async fn exchange(&self, login: &str, password: &str) -> Result<Answer, Trouble> {
        let settings = LdapConnSettings::new().set_config(Arc::clone(&self.tls)).set_starttls(self.config.starttls);
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &self.config.url).await?;
        let driver = tokio::spawn(async move { connection.drive().await });
        let answer = self.search_and_bind(&mut ldap, login, password).await;
        // The connection ends with its driver, whether the farewell arrives or not.
        drop(ldap.unbind().await);
        driver.abort();
        answer
    }

    async fn search_and_bind(&self, ldap: &mut Ldap, login: &str, password: &str) -> Result<Answer, Trouble> {
        if let Some(path) = &self.config.password_file {
            let password = secret::read(path).map_err(|source| Trouble::Secret { path: path.clone(), source })?;
            let code = ldap.simple_bind(&self.config.bind_dn, &password).await?.rc;
            if code != 0 {
                return Err(Trouble::Bind(code));
            }
        }
        let Some(entry) = self.find(ldap, login).await? else {
            // As long as for an entry that is there.
            let nobody = format!("cn=temizu-no-such-entry,{}", self.config.base);
            drop(ldap.simple_bind(&nobody, password).await);
            return Ok(Answer::Wrong);
        };
        match ldap.simple_bind(&entry.dn, password).await?.rc {
            0 => Ok(self.claims(&entry).map_or(Answer::Wrong, Answer::Right)),
            code if NO.contains(&code) => Ok(Answer::Wrong),
            code => Err(Trouble::Bind(code)),
        }
    }

    /// The one entry that the filter finds.
    async fn find(&self, ldap: &mut Ldap, login: &str) -> Result<Option<SearchEntry>, Trouble> {
        let config = &self.config;
        let filter = config.user_filter.replace("{login}", &ldap_escape(login));
        let attributes =
            [&config.login_attribute, &config.name_attribute, &config.mail_attribute, &config.group_attribute];
        let options = SearchOptions::new().sizelimit(2);
        let found = ldap.with_search_options(options).search(&config.base, Scope::Subtree, &filter, attributes).await?;
        // 4: more than two match. Referrals (RFC 4511 4.5.3) are left alone.
        let mut entries: Vec<_> =
            found.0.into_iter().filter(|entry| !entry.is_ref() && !entry.is_intermediate()).collect();
        match (found.1.rc, entries.len()) {
            (0, 1) => Ok(entries.pop().map(SearchEntry::construct)),
            (0 | 4 | 32, number) => {
                if number > 1 {
                    tracing::warn!(
                        "sign-in: more than one entry matches directory.user_filter; nobody is let in by it"
                    );
                }
                Ok(None)
            }
            (code, _) => Err(Trouble::Search(code)),
        }
    }

    fn claims(&self, entry: &SearchEntry) -> Option<Claims> {
        let first = |attribute: &str| values(entry, attribute).into_iter().next();
        let Some(login) = first(&self.config.login_attribute).and_then(|text| text.parse().ok()) else {
            tracing::error!("sign-in: an entry has no usable directory.login_attribute");
            return None;
        };
        Some(Claims {
            login,
            name: first(&self.config.name_attribute).and_then(|text| text.parse::<Label>().ok()),
            mailbox: first(&self.config.mail_attribute).and_then(|text| Mailbox::parse(&text).ok()),
            groups: values(entry, &self.config.group_attribute),
        })
    }
}

/// The values of an attribute, whose name is compared in any case.
fn values(entry: &SearchEntry, attribute: &str) -> Vec<String> {
    let fits = |(name, _): &(&String, &Vec<String>)| name.eq_ignore_ascii_case(attribute);
    entry.attrs.iter().find(fits).map(|(_, values)| values.clone()).unwrap_or_default()
}

/// Why the directory cannot be asked. No text of the directory: it may repeat what was typed.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("directory.password_file {path} cannot be used: {source}")]
    Secret { path: PathBuf, source: std::io::Error },
    #[error("the bind was answered with result code {0}")]
    Bind(u32),
    #[error("the search was answered with result code {0}")]
    Search(u32),
    #[error("no connection, or a broken one ({0})")]
    Connection(&'static str),
}

impl From<LdapError> for Trouble {
    fn from(error: LdapError) -> Self {
        Self::Connection(match error {
            LdapError::Io { .. } => "network or TLS",
            LdapError::FilterParsing => "directory.user_filter is no filter",
            LdapError::UrlParsing { .. } | LdapError::UnknownScheme(_) => "directory.url is no address",
            _ => "protocol",
        })
    }
}
