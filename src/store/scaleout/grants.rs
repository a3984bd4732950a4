//! Who may do what in the database: for each zone, each table and each column. The wall between the zones, as a table.
//!
//! Refuses, by saying nothing of it, whatever is not listed. Invariants: only process and review read an original; no
//! byte of one is written by anybody but intake, and portal, where staff put files in; nobody changes or removes an audit record; deliver and portal read
//! nothing of an original or of what a worker found.

use std::fmt;
use std::str::FromStr;

/// One side of the wall: what a login may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone {
    /// Receives mail.
    Intake,
    /// Opens originals, decides, rebuilds, destroys.
    Process,
    /// Sends composed mails.
    Deliver,
    /// Shows staff what was kept back.
    Portal,
    /// Looks at originals, for whoever decides about them.
    Review,
    /// Lists, holds, releases.
    Operator,
    /// Reads the chain.
    Auditor,
}

impl Zone {
    /// All zones.
    pub const ALL: [Self; 7] =
        [Self::Intake, Self::Process, Self::Deliver, Self::Portal, Self::Review, Self::Operator, Self::Auditor];

    /// The name in logins, files and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Process => "process",
            Self::Deliver => "deliver",
            Self::Portal => "portal",
            Self::Review => "review",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name no zone has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown role; the roles are intake, process, deliver, portal, review, operator, auditor")]
pub struct UnknownZone;

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        Self::ALL.into_iter().find(|zone| zone.as_str() == text).ok_or(UnknownZone)
    }
}

/// Table, privilege, columns. `DELETE` is always on whole rows.
pub type Grant = (&'static str, &'static str, &'static str);

/// Every column of a table, those of later versions included.
const EVERY: &str = "*";

/// The privilege to call a function, which stands in the place of a table, as `regprocedure` writes it.
const CALL: &str = "EXECUTE";

/// To know whether program and database fit together, and whether the store may be served.
const VERSION: &[Grant] = &[("schema_version", "SELECT", EVERY), ("store_mark", "SELECT", EVERY)];

/// To put on record what was done, and the rules it was done by. What others put on record cannot be read: it names
/// senders and recipients.
const RECORD: &[Grant] = &[
    ("lock_audit_head(text)", CALL, EVERY),
    ("append_audit(text,text[],text[],bytea[])", CALL, EVERY),
    ("audit", "SELECT", "tenant, sequence, hash"),
    ("audit_head", "SELECT", EVERY),
    ("rules", "SELECT", EVERY),
    ("rules", "INSERT", EVERY),
];

/// To read the chain.
const CHAIN: &[Grant] = &[("audit", "SELECT", EVERY), ("audit_head", "SELECT", EVERY), ("rules", "SELECT", EVERY)];

/// To find and show items, without a byte of a mail.
const REGISTER: &[Grant] = &[
    ("item", "SELECT", EVERY),
    ("search_term", "SELECT", EVERY),
    ("kept", "SELECT", EVERY),
    (
        "mail",
        "SELECT",
        "tenant, item, number, is_notice, message_id, outcomes, queued_at, due_at, leased_until, attempts",
    ),
    ("mail_recipient", "SELECT", EVERY),
    ("password_candidate", "SELECT", "tenant, item, source, count"),
];

const INTAKE: &[Grant] = &[
    ("item", "INSERT", "tenant, id, reference, stage, received_at, length, digest, origin, due_at"),
    ("item", "SELECT", "tenant, id"),
    ("original", "INSERT", EVERY),
    ("search_term", "INSERT", EVERY),
    ("sealing_key", "SELECT", EVERY),
];

/// Process decides about items and ends them; who they are, and whether a legal hold spares them, it cannot change.
const PROCESS: &[Grant] = &[
    ("item", "SELECT", EVERY),
    ("item", "UPDATE", "stage, due_at, leased_until, lease, attempts, held_by_rule, reason, facts, decision, standing"),
    ("finish_item(text,text)", CALL, EVERY),
    ("original", "SELECT", EVERY),
    ("original", "DELETE", EVERY),
    ("derivative", "SELECT", EVERY),
    ("derivative", "INSERT", EVERY),
    ("derivative", "DELETE", EVERY),
    ("kept", "SELECT", EVERY),
    ("kept", "INSERT", EVERY),
    ("kept", "DELETE", EVERY),
    ("search_term", "SELECT", EVERY),
    ("search_term", "INSERT", EVERY),
    ("mail", "SELECT", EVERY),
    ("mail", "INSERT", EVERY),
    ("mail", "UPDATE", "bytes, file"),
    ("mail_recipient", "SELECT", EVERY),
    ("mail_recipient", "INSERT", EVERY),
    ("password_search", "SELECT", EVERY),
    ("password_search", "INSERT", EVERY),
    ("password_search", "DELETE", EVERY),
    ("password_candidate", "SELECT", EVERY),
    ("password_candidate", "INSERT", EVERY),
    ("password_candidate", "DELETE", EVERY),
    ("unneeded_object", "SELECT", EVERY),
    ("unneeded_object", "INSERT", EVERY),
    ("unneeded_object", "DELETE", EVERY),
    ("sealing_key", "SELECT", EVERY),
    ("sealing_key", "INSERT", EVERY),
];

/// What staff are shown is written when an item is concluded, and emptied when its time is over.
const SHOWS: &[Grant] = &[("arrival", "SELECT", EVERY), ("arrival", "INSERT", EVERY), ("arrival", "UPDATE", EVERY)];

/// Of an item deliver sees nothing; it says when one is delivered, if that is so.
const DELIVER: &[Grant] = &[
    ("mail", "SELECT", EVERY),
    ("mail", "UPDATE", "due_at, leased_until, lease, attempts, bytes, file"),
    ("mail_recipient", "SELECT", EVERY),
    ("mail_recipient", "UPDATE", "status, reply, attempts, settled_at"),
    ("lock_item(text,text)", CALL, EVERY),
    ("finish_item(text,text)", CALL, EVERY),
    ("unneeded_object", "INSERT", EVERY),
];

/// What was rebuilt and what was kept back, without what the worker found and the rules decided.
const PORTAL: &[Grant] = &[
    (
        "item",
        "SELECT",
        "tenant, id, reference, stage, received_at, length, digest, origin, attempts, reason, legal_hold, due_at, \
         leased_until, standing",
    ),
    ("search_term", "SELECT", EVERY),
    ("derivative", "SELECT", EVERY),
    ("kept", "SELECT", EVERY),
    (
        "mail",
        "SELECT",
        "tenant, item, number, is_notice, message_id, outcomes, queued_at, due_at, leased_until, attempts",
    ),
    ("mail_recipient", "SELECT", EVERY),
    ("password_candidate", "SELECT", "tenant, item, source, count"),
];

/// The portal asks process for something: passwords to try. What it seals it cannot read back.
const ASK: &[Grant] = &[
    ("password_offer", "INSERT", "tenant, id, item, account, actor, mailbox, by_mail, at, state, sealed, count"),
    (
        "password_offer",
        "SELECT",
        "tenant, id, item, account, actor, mailbox, by_mail, at, state, leased_until, attempts, count, standing",
    ),
    ("arrival", "SELECT", EVERY),
    // Of what they themselves put in or typed, before anything has come of it.
    ("withdraw_upload(text,text,text)", CALL, EVERY),
    ("withdraw_offer(text,text,text,text)", CALL, EVERY),
];

/// Process tries them, and says what became of them.
const TRY: &[Grant] = &[
    ("password_offer", "SELECT", EVERY),
    ("password_offer", "UPDATE", "state, sealed, leased_until, lease, attempts, standing"),
    ("password_offer", "DELETE", EVERY),
    ("password_search", "UPDATE", "wanted"),
    ("arrival", "SELECT", EVERY),
    ("arrival", "UPDATE", "about, state, has_files, files, wrong_passwords"),
];

/// What staff see of their mails, and what they fetched; whether a request or a typed password waits.
const SEES: &[Grant] = &[
    ("arrival", "SELECT", EVERY),
    ("set_aside", "SELECT", EVERY),
    ("set_aside", "INSERT", EVERY),
    ("set_aside", "DELETE", EVERY),
    ("fetched", "SELECT", EVERY),
    ("fetched", "INSERT", EVERY),
    ("release_request", "SELECT", "tenant, item, requester, state"),
    ("password_offer", "SELECT", "tenant, item, mailbox, state"),
];

/// Looking at an original is put on record; nothing else is changed.
const REVIEW: &[Grant] = &[("original", "SELECT", EVERY), ("sealing_key", "SELECT", EVERY)];

const OPERATOR: &[Grant] = &[
    ("item", "UPDATE", "stage, due_at, leased_until, attempts, released, held_by_rule, reason, legal_hold"),
    ("kept", "DELETE", EVERY),
    ("mail", "UPDATE", "due_at"),
    ("mail_recipient", "UPDATE", "status"),
];

/// Who may sign in, what they prove it with, and who is signed in. Rows of accounts stay; a sign-in name is never changed.
const PORTAL_OFFICE: &[Grant] = &[
    ("account", "SELECT", EVERY),
    ("account", "INSERT", "tenant, id, login, name, mailbox, source, blocked, preferences, digest"),
    (
        "account",
        "UPDATE",
        "name, mailbox, source, blocked, password, totp, totp_step, preferences, digest, signed_in_at",
    ),
    ("department", "SELECT", EVERY),
    ("department", "INSERT", EVERY),
    ("department", "UPDATE", "name"),
    ("department_mailbox", "SELECT", EVERY),
    ("department_mailbox", "INSERT", EVERY),
    ("department_mailbox", "DELETE", EVERY),
    ("posting", "SELECT", EVERY),
    ("posting", "INSERT", EVERY),
    ("posting", "DELETE", EVERY),
    ("founding", "SELECT", EVERY),
    ("founding", "INSERT", EVERY),
    ("deputy", "SELECT", EVERY),
    ("deputy", "INSERT", EVERY),
    ("deputy", "UPDATE", "until_day"),
    ("deputy", "DELETE", EVERY),
    ("one_time_link", "INSERT", EVERY),
];

/// The same people, signing in on the other side of the wall: who they are is not changed there.
const REVIEW_OFFICE: &[Grant] = &[
    ("account", "SELECT", EVERY),
    ("account", "UPDATE", "totp_step, signed_in_at"),
    ("department", "SELECT", EVERY),
    ("department_mailbox", "SELECT", EVERY),
    ("posting", "SELECT", EVERY),
    ("founding", "SELECT", EVERY),
];

/// Browsers that are signed in, and attempts to be.
const SIGN_IN: &[Grant] = &[
    ("session", "SELECT", EVERY),
    ("session", "INSERT", EVERY),
    ("session", "UPDATE", "used_at"),
    ("session", "DELETE", EVERY),
    ("one_time_link", "SELECT", EVERY),
    ("one_time_link", "DELETE", EVERY),
    ("sign_in_failure", "SELECT", EVERY),
    ("sign_in_failure", "INSERT", EVERY),
    ("sign_in_failure", "UPDATE", "count"),
    ("sign_in_failure", "DELETE", EVERY),
];

/// The command line adds, blocks, and makes links, where nobody can sign in any more. It ends sessions and reads none.
const OPERATOR_OFFICE: &[Grant] = &[
    (
        "account",
        "SELECT",
        "tenant, id, login, name, mailbox, source, blocked, has_password, has_totp, preferences, signed_in_at",
    ),
    ("account", "INSERT", "tenant, id, login, name, mailbox, source, blocked, preferences, digest"),
    ("account", "UPDATE", "name, mailbox, source, blocked"),
    ("department", "SELECT", EVERY),
    ("department_mailbox", "SELECT", EVERY),
    ("posting", "SELECT", EVERY),
    ("posting", "INSERT", EVERY),
    ("posting", "DELETE", EVERY),
    ("founding", "SELECT", EVERY),
    ("founding", "INSERT", EVERY),
    ("session", "SELECT", "tenant, account"),
    ("session", "DELETE", EVERY),
    ("one_time_link", "SELECT", "tenant, account"),
    ("one_time_link", "INSERT", EVERY),
    ("one_time_link", "DELETE", EVERY),
];

/// Whom to tell by mail what waits for them.
const PROCESS_OFFICE: &[Grant] = &[
    ("account", "SELECT", "tenant, id, login, name, mailbox, blocked, preferences, digest, digest_at"),
    ("account", "UPDATE", "digest_at"),
];

/// Requests: asked, withdrawn and decided in the portal; what is told of them is written, never read.
const REQUESTS_PORTAL: &[Grant] = &[
    ("release_request", "SELECT", EVERY),
    ("release_request", "INSERT", EVERY),
    ("release_request", "UPDATE", "state, until, decided_by, decided_at, about"),
    ("tiding", "INSERT", EVERY),
    ("lock_item(text,text)", CALL, EVERY),
    ("arrival", "SELECT", EVERY),
    ("account", "SELECT", "tenant, id, name, blocked"),
    ("posting", "SELECT", EVERY),
    ("deputy", "SELECT", EVERY),
];

/// Requests: what was approved is handed out. Nobody decides here.
const REQUESTS_REVIEW: &[Grant] = &[
    ("release_request", "SELECT", EVERY),
    ("release_request", "UPDATE", "state"),
    ("account", "SELECT", "tenant, id, blocked"),
];

/// Requests end by themselves, and people are told; why somebody asks is not for this role, nor who decided what.
const REQUESTS_PROCESS: &[Grant] = &[
    ("release_request", "SELECT", "tenant, id, item, until, state, requester"),
    ("release_request", "UPDATE", "state"),
    ("tiding", "SELECT", EVERY),
    ("tiding", "INSERT", EVERY),
    ("tiding", "DELETE", EVERY),
    ("digested", "SELECT", EVERY),
    ("digested", "INSERT", EVERY),
    ("digested", "DELETE", EVERY),
    ("arrival", "SELECT", "tenant, mailbox, item, state"),
    ("set_aside", "SELECT", EVERY),
    ("account", "SELECT", "tenant, id, name, mailbox, blocked, preferences, digest"),
    ("posting", "SELECT", EVERY),
    ("department_mailbox", "SELECT", EVERY),
];

/// Everything that a zone may do.
pub fn of(zone: Zone) -> impl Iterator<Item = Grant> {
    let lists: &[&[Grant]] = match zone {
        Zone::Intake => &[VERSION, RECORD, INTAKE],
        Zone::Process => &[VERSION, RECORD, PROCESS, PROCESS_OFFICE, REQUESTS_PROCESS, TRY, SHOWS],
        Zone::Deliver => &[VERSION, RECORD, DELIVER],
        Zone::Portal => &[VERSION, RECORD, PORTAL, PORTAL_OFFICE, SIGN_IN, REQUESTS_PORTAL, INTAKE, ASK, SEES],
        Zone::Review => &[VERSION, RECORD, CHAIN, REGISTER, REVIEW, REVIEW_OFFICE, SIGN_IN, REQUESTS_REVIEW],
        Zone::Operator => &[VERSION, RECORD, CHAIN, REGISTER, OPERATOR, OPERATOR_OFFICE],
        Zone::Auditor => &[VERSION, CHAIN],
    };
    lists.iter().flat_map(|list| list.iter().copied())
}

/// True if one of `zones` has `privilege` on `column` of `table`.
pub(super) fn allow(zones: &[Zone], table: &str, privilege: &str, column: &str) -> bool {
    zones.iter().copied().flat_map(of).any(|(granted_table, granted, columns)| {
        let named = columns == EVERY || columns.split(", ").any(|named| named == column);
        granted_table == table && granted == privilege && named
    })
}

/// `SELECT (a, b) ON "table"` as a `GRANT` has it.
pub(super) fn clause((table, privilege, columns): Grant) -> String {
    if privilege == CALL {
        return format!("{privilege} ON FUNCTION {table}");
    }
    if columns == EVERY { format!("{privilege} ON {table}") } else { format!("{privilege} ({columns}) ON {table}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::steps::STEPS;

    fn named(pick: impl Fn(&Grant) -> bool) -> BTreeSet<&'static str> {
        Zone::ALL.into_iter().flat_map(of).filter(pick).map(|(table, ..)| table).collect()
    }

    #[test]
    fn every_table_of_the_migrations_is_in_the_list_and_no_other() {
        let texts: Vec<&str> = STEPS.iter().map(|step| step.postgres).collect();
        let mut tables: BTreeSet<&str> = texts
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.strip_prefix("CREATE TABLE "))
            .map(|rest| rest.split([' ', '(']).next().unwrap())
            .collect();
        assert!(tables.contains("item") && tables.len() >= 12, "{tables:?}");
        tables.insert("schema_version");
        assert_eq!(named(|(_, privilege, _)| *privilege != CALL), tables);
    }

    #[test]
    fn privileges_are_written_as_postgresql_has_them() {
        for (table, privilege, columns) in Zone::ALL.into_iter().flat_map(of) {
            assert!(["SELECT", "INSERT", "UPDATE", "DELETE", CALL].contains(&privilege), "{table} {privilege}");
            assert!(privilege != "DELETE" || columns == EVERY, "{table}: rows are deleted whole");
            assert!(!columns.is_empty() && !columns.contains('\n'), "{table} {privilege}");
        }
    }

    #[test]
    fn only_process_and_review_read_an_original_or_what_it_is_sealed_with() {
        for zone in Zone::ALL {
            let reads = |table: &str, column: &str| allow(&[zone], table, "SELECT", column);
            assert_eq!(reads("original", "sealed"), [Zone::Process, Zone::Review].contains(&zone), "{zone}");
            let writes = allow(&[zone], "original", "INSERT", "sealed");
            assert_eq!(writes, [Zone::Intake, Zone::Portal].contains(&zone), "{zone}");
            let sees_key = [Zone::Intake, Zone::Process, Zone::Portal, Zone::Review].contains(&zone);
            assert_eq!(reads("sealing_key", "public_key"), sees_key, "{zone}");
            let sees_facts = [Zone::Process, Zone::Review, Zone::Operator].contains(&zone);
            assert_eq!(reads("item", "facts") || reads("item", "decision"), sees_facts, "{zone}");
        }
    }

    #[test]
    fn nobody_but_process_reads_a_password_and_nobody_changes_one() {
        for zone in Zone::ALL {
            for table in ["password_search", "password_candidate"] {
                assert_eq!(allow(&[zone], table, "SELECT", "sealed"), zone == Zone::Process, "{zone} {table}");
                assert_eq!(allow(&[zone], table, "INSERT", "sealed"), zone == Zone::Process, "{zone} {table}");
                assert!(!allow(&[zone], table, "UPDATE", "sealed"), "{zone} {table}");
            }
            let counts = [Zone::Process, Zone::Portal, Zone::Review, Zone::Operator].contains(&zone);
            assert_eq!(allow(&[zone], "password_candidate", "SELECT", "count"), counts, "{zone}");
        }
    }

    #[test]
    fn a_typed_password_goes_from_the_portal_to_process_and_nobody_else_reads_it() {
        for zone in Zone::ALL {
            let may = |privilege| allow(&[zone], "password_offer", privilege, "sealed");
            assert_eq!(may("INSERT"), zone == Zone::Portal, "{zone}");
            for privilege in ["SELECT", "UPDATE", "DELETE"] {
                assert_eq!(may(privilege), zone == Zone::Process, "{zone} {privilege}");
            }
            let state = [Zone::Process, Zone::Portal].contains(&zone);
            assert_eq!(allow(&[zone], "password_offer", "SELECT", "state"), state, "{zone}");
        }
    }

    #[test]
    fn only_process_says_what_staff_are_shown_and_only_the_portal_what_they_fetched() {
        for zone in Zone::ALL {
            for privilege in ["INSERT", "UPDATE"] {
                assert_eq!(allow(&[zone], "arrival", privilege, "about"), zone == Zone::Process, "{zone}");
            }
            assert_eq!(allow(&[zone], "fetched", "INSERT", "digest"), zone == Zone::Portal, "{zone}");
            assert_eq!(allow(&[zone], "set_aside", "DELETE", "item"), zone == Zone::Portal, "{zone}");
        }
        let shown = |zone| allow(&[zone], "arrival", "SELECT", "about");
        assert!(![Zone::Intake, Zone::Deliver, Zone::Operator, Zone::Auditor].into_iter().any(shown));
    }

    #[test]
    fn nobody_changes_or_removes_an_audit_record() {
        let changed = named(|(_, privilege, _)| ["UPDATE", "DELETE"].contains(privilege));
        assert!(changed.contains("item") && !changed.contains("audit"), "{changed:?}");
        let added = named(|(_, privilege, _)| *privilege == "INSERT");
        assert!(!added.contains("audit") && !added.contains("audit_head"), "but through the functions: {added:?}");
    }

    #[test]
    fn only_the_edges_where_people_sign_in_read_what_they_prove_it_with() {
        let edges = [Zone::Portal, Zone::Review];
        for zone in Zone::ALL {
            for column in ["password", "totp", "totp_step"] {
                assert_eq!(allow(&[zone], "account", "SELECT", column), edges.contains(&zone), "{zone} {column}");
                assert!(!allow(&[zone], "account", "INSERT", column), "{zone} {column}");
            }
            for column in ["password", "totp"] {
                assert_eq!(allow(&[zone], "account", "UPDATE", column), zone == Zone::Portal, "{zone} {column}");
            }
            for (table, column) in [("session", "token"), ("one_time_link", "token"), ("sign_in_failure", "login")] {
                assert_eq!(allow(&[zone], table, "SELECT", column), edges.contains(&zone), "{zone} {table}");
            }
            let sees_state = [Zone::Portal, Zone::Review, Zone::Operator].contains(&zone);
            assert_eq!(allow(&[zone], "account", "SELECT", "has_password"), sees_state, "{zone}");
        }
    }

    #[test]
    fn only_the_portal_and_the_command_line_say_who_people_are() {
        for zone in Zone::ALL {
            let may = [Zone::Portal, Zone::Operator].contains(&zone);
            for (table, privilege, column) in [
                ("account", "INSERT", "id"),
                ("account", "UPDATE", "blocked"),
                ("posting", "INSERT", "role"),
                ("founding", "INSERT", "tenant"),
                ("one_time_link", "INSERT", "token"),
            ] {
                assert_eq!(allow(&[zone], table, privilege, column), may, "{zone} {privilege} {table}");
            }
            assert!(!allow(&[zone], "account", "UPDATE", "login"), "{zone}: records name people by it");
            assert!(!allow(&[zone], "account", "DELETE", "id"), "{zone}");
            assert_eq!(allow(&[zone], "deputy", "INSERT", "deputy"), zone == Zone::Portal, "{zone}");
            assert_eq!(allow(&[zone], "account", "UPDATE", "digest_at"), zone == Zone::Process, "{zone}");
        }
    }

    #[test]
    fn only_an_operator_sets_or_lifts_a_legal_hold() {
        let who: Vec<Zone> =
            Zone::ALL.into_iter().filter(|zone| allow(&[*zone], "item", "UPDATE", "legal_hold")).collect();
        assert_eq!(who, [Zone::Operator]);
    }

    #[test]
    fn a_decision_is_written_in_the_portal_and_nowhere_else() {
        for zone in Zone::ALL {
            let may = |privilege: &str, column: &str| allow(&[zone], "release_request", privilege, column);
            let portal = zone == Zone::Portal;
            assert_eq!(may("INSERT", "id"), portal, "{zone}");
            assert_eq!(
                may("UPDATE", "decided_by") || may("UPDATE", "about") || may("UPDATE", "until"),
                portal,
                "{zone}"
            );
            assert_eq!(may("UPDATE", "state"), [Zone::Process, Zone::Portal, Zone::Review].contains(&zone), "{zone}");
            assert_eq!(may("SELECT", "about"), [Zone::Portal, Zone::Review].contains(&zone), "{zone}");
            assert!(!may("DELETE", "id"), "{zone}");
            for column in ["tenant", "id", "item", "requester", "department", "asked_at"] {
                assert!(!may("UPDATE", column), "{zone} {column}: a request stays what it was");
            }
        }
        let operator: Vec<Grant> = of(Zone::Operator).filter(|(table, ..)| *table == "release_request").collect();
        assert_eq!(operator, []);
    }

    #[test]
    fn only_process_reads_what_is_to_be_told() {
        for zone in Zone::ALL {
            for table in ["tiding", "digested"] {
                for privilege in ["SELECT", "DELETE"] {
                    assert_eq!(allow(&[zone], table, privilege, "account"), zone == Zone::Process, "{zone} {table}");
                }
                assert!(!allow(&[zone], table, "UPDATE", "account"), "{zone} {table}");
            }
            let tells = [Zone::Process, Zone::Portal].contains(&zone);
            assert_eq!(allow(&[zone], "tiding", "INSERT", "account"), tells, "{zone}");
            assert!(!allow(&[zone], "release_request", "SELECT", "about") || zone != Zone::Process);
        }
    }
}
