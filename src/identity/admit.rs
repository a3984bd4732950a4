//! Somebody whom a directory or a provider vouches for, and the account they have here, or are given.
//!
//! Refuses: an account whose source is another one; nobody takes over a name. Invariant: what changes in an account
//! because of a group is a change like any other, with its record.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::json;

use super::sign_in::{Occasion, Verdict};
use super::{Identity, Refusal};
use crate::config::identity::role_of_group;
use crate::domain::{
    Account, AccountId, AuditEvent, DepartmentCode, Event, IdentitySource, Label, Login, Mailbox, OfficeRole, Posting,
    Preferences,
};
use crate::ports::{AccountChange, StoreError};

/// What a directory or a provider says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) login: Login,
    pub(super) name: Option<Label>,
    pub(super) mailbox: Option<Mailbox>,
    pub(super) groups: Vec<String>,
}

/// What is done with whoever they vouch for.
#[derive(Debug, Clone, Default)]
pub(super) struct Admission {
    /// Roles by group, in lower case; empty leaves the roles alone.
    roles: Vec<(OfficeRole, String)>,
    /// The department of accounts that are made; none makes none.
    department: Option<DepartmentCode>,
}

impl Admission {
    pub(super) fn new(groups: &[String], create: bool, department: &str) -> Self {
        let roles = groups.iter().filter_map(|line| role_of_group(line));
        Self {
            roles: roles.map(|(role, group)| (role, group.to_lowercase())).collect(),
            department: create.then(|| department.parse().ok()).flatten(),
        }
    }

    /// The roles of these groups; `None` if groups decide nothing.
    fn roles_of(&self, groups: &[String]) -> Option<BTreeSet<OfficeRole>> {
        let has = |wanted: &str| groups.iter().any(|group| group.to_lowercase() == wanted);
        let roles = || self.roles.iter().filter(|(_, group)| has(group)).map(|(role, _)| *role).collect();
        (!self.roles.is_empty()).then(roles)
    }
}

impl Identity {
    /// Weighs what a directory or a provider says: is there an account, or may one be made?
    pub(super) async fn admit(
        &self,
        occasion: &Occasion<'_>,
        source: IdentitySource,
        admission: &Admission,
        claims: Claims,
        code: Option<String>,
    ) -> Result<Verdict, Refusal> {
        let wrong = |account: Option<AccountId>| Verdict::Wrong { account, source };
        let roles = admission.roles_of(&claims.groups);
        let found = self.accounts.by_login(occasion.tenant, &claims.login).await?;
        if roles.as_ref().is_some_and(BTreeSet::is_empty) {
            return Ok(wrong(found.map(|(account, _)| account.id)));
        }
        let (account, credentials) = match (found, &admission.department) {
            (Some((account, _)), _) if account.source != source => return Ok(wrong(Some(account.id))),
            (Some(found), _) => found,
            (None, None) => return Ok(wrong(None)),
            (None, Some(_)) if !occasion.may_change() => return Ok(wrong(None)),
            (None, Some(department)) => {
                let account = self.newcomer(&claims, source, department, roles.clone())?;
                if !self.add(occasion, &account).await? {
                    return Ok(wrong(None));
                }
                (account, crate::ports::Credentials::default())
            }
        };
        if let Some(roles) = roles {
            if !occasion.may_change() {
                // What the groups have taken away is written at the next sign-in to the portal; it counts now.
                let today = self.today();
                let mut current =
                    account.postings.iter().filter(|posting| posting.until.is_none_or(|end| end >= today));
                if !current.all(|posting| posting.roles.is_subset(&roles)) {
                    return Ok(wrong(Some(account.id)));
                }
                return self.weigh_rest(occasion, &account, &credentials, code).await;
            }
            self.follow_groups(occasion, &account, &roles).await?;
        }
        self.weigh_rest(occasion, &account, &credentials, code).await
    }

    fn newcomer(
        &self,
        claims: &Claims,
        source: IdentitySource,
        department: &DepartmentCode,
        roles: Option<BTreeSet<OfficeRole>>,
    ) -> Result<Account, Refusal> {
        let mut id = [0; 16];
        self.entropy.secret(&mut id)?;
        let by_login = || claims.login.as_str().chars().take(crate::domain::office::MAX_LABEL).collect::<String>();
        let name = claims.name.clone().map_or_else(|| by_login().parse().map_err(|_| Refusal::Refused), Ok)?;
        Ok(Account {
            id: AccountId::from_bytes(id),
            login: claims.login.clone(),
            name,
            mailbox: claims.mailbox.clone(),
            source,
            postings: vec![Posting {
                department: department.clone(),
                roles: roles.unwrap_or_else(|| BTreeSet::from([OfficeRole::Staff])),
                from: self.today(),
                until: None,
            }],
            blocked: false,
            has_password: false,
            has_totp: false,
            preferences: Preferences::default(),
            signed_in_at: None,
        })
    }

    /// False if somebody with that name came in between, or the department is not there.
    async fn add(&self, occasion: &Occasion<'_>, account: &Account) -> Result<bool, Refusal> {
        let departments = self.accounts.departments(occasion.tenant).await?;
        let department = account.postings.first().map(|posting| &posting.department);
        if !departments.iter().any(|known| Some(&known.code) == department) {
            tracing::error!(
                "sign-in: the department of new accounts does not exist; set directory.department or openid.department"
            );
            return Ok(false);
        }
        let record = self.record_of_change(Event::AccountAdded, account, "added");
        match self.accounts.change(occasion.tenant, vec![(AccountChange::Add(account.clone()), record)]).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn follow_groups(
        &self,
        occasion: &Occasion<'_>,
        account: &Account,
        roles: &BTreeSet<OfficeRole>,
    ) -> Result<(), Refusal> {
        let today = self.today();
        let postings = with_roles(&account.postings, roles, today);
        if postings == account.postings {
            return Ok(());
        }
        let record = self.record_of_change(Event::AccountChanged, account, "roles");
        // Nothing else: whoever is blocked at this moment stays blocked.
        let change = AccountChange::Post { account: account.id, postings };
        self.accounts.change(occasion.tenant, vec![(change, record)]).await?;
        Ok(())
    }

    fn record_of_change(&self, event: Event, account: &Account, what: &'static str) -> AuditEvent {
        AuditEvent {
            at: self.clock.now(),
            event,
            item: None,
            actor: account.source.as_str().to_owned(),
            details: json!({ "account": account.id.to_string(), "login": account.login.as_str(), "what": what }),
        }
    }
}

/// The postings with these roles from `today` on; what was before stays as it was.
fn with_roles(postings: &[Posting], roles: &BTreeSet<OfficeRole>, today: Date) -> Vec<Posting> {
    let mut changed = Vec::new();
    for posting in postings {
        let over = posting.until.is_some_and(|until| until < today);
        if over || posting.roles == *roles {
            changed.push(posting.clone());
            continue;
        }
        if posting.from < today {
            changed.push(Posting { until: today.yesterday().ok(), ..posting.clone() });
        }
        changed.push(Posting { roles: roles.clone(), from: posting.from.max(today), ..posting.clone() });
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_change_roles_from_today_on_and_leave_the_past() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let staff = Posting {
            department: "road".parse().unwrap(),
            roles: BTreeSet::from([OfficeRole::Staff]),
            from: day("2026-04-01"),
            until: None,
        };
        let approver = BTreeSet::from([OfficeRole::Approver]);
        let changed = with_roles(std::slice::from_ref(&staff), &approver, day("2026-11-23"));
        assert_eq!(changed[0], Posting { until: Some(day("2026-11-22")), ..staff.clone() });
        assert_eq!(changed[1], Posting { roles: approver.clone(), from: day("2026-11-23"), ..staff.clone() });
        assert_eq!(with_roles(&changed, &approver, day("2026-11-24")), changed);
        assert_eq!(with_roles(&[staff], &approver, day("2026-04-01")).len(), 1);
    }

    #[test]
    fn groups_are_compared_whole_and_in_any_case() {
        let admission = Admission::new(&["approver: CN=Chiefs,DC=x".to_owned()], false, "");
        let roles = |group: &str| admission.roles_of(&[group.to_owned()]).unwrap();
        assert_eq!(roles("cn=chiefs,dc=X"), BTreeSet::from([OfficeRole::Approver]));
        assert_eq!(roles("cn=chiefs,dc=x,dc=y"), BTreeSet::new());
        assert_eq!(Admission::new(&[], false, "").roles_of(&["x".to_owned()]), None);
    }
}
