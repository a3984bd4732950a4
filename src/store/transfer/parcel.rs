//! An item as a whole, and the rules, as they travel from one kind of database to the other: values column by column.
//!
//! Refuses nothing: what is stored is moved as it is. Invariant: two parcels have the same digest exactly when every
//! value that lasts is the same; a lease does not last, so what is leased counts as waiting since it came in.

use std::collections::BTreeSet;

use crate::domain::digest::Digester;
use crate::domain::{Digest, TenantId};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Form {
    Text,
    Number,
    Flag,
    Bytes,
}

/// A value, or NULL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Flag(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

/// The values of one row, in the order of its table's columns.
pub(in crate::store) type Values = Vec<Value>;

/// A column that travels: its name, what it holds, and how it is read.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Column {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) form: Form,
    pub(in crate::store) read: &'static str,
}

/// A table that travels. Its first column is the tenant, its second what rows are asked for by.
#[derive(Debug)]
pub(in crate::store) struct Table {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) columns: &'static [Column],
}

const fn text(name: &'static str) -> Column {
    Column { name, form: Form::Text, read: name }
}

const fn number(name: &'static str) -> Column {
    Column { name, form: Form::Number, read: name }
}

const fn flag(name: &'static str) -> Column {
    Column { name, form: Form::Flag, read: name }
}

const fn bytes(name: &'static str) -> Column {
    Column { name, form: Form::Bytes, read: name }
}

/// When it is due; what is leased has been due since it came in.
const fn due(read: &'static str) -> Column {
    Column { name: "due_at", form: Form::Number, read }
}

/// Items; `leased_until` stays behind, and so does how far the work under a lease is.
pub(in crate::store) const ITEM: Table = Table {
    name: "item",
    columns: &[
        text("tenant"),
        text("id"),
        text("reference"),
        text("stage"),
        number("received_at"),
        number("length"),
        bytes("digest"),
        text("origin"),
        due("CASE WHEN leased_until IS NULL OR due_at IS NULL THEN due_at ELSE received_at END"),
        number("lease"),
        number("attempts"),
        flag("released"),
        flag("held_by_rule"),
        text("reason"),
        text("facts"),
        text("decision"),
        flag("legal_hold"),
    ],
};

/// What belongs to items, so that no row comes before one that it refers to; `leased_until` stays behind.
pub(in crate::store) const BELONGINGS: [Table; 14] = [
    Table { name: "search_term", columns: &[text("tenant"), text("item"), text("term")] },
    Table { name: "original", columns: &[text("tenant"), text("item"), bytes("sealed"), text("file")] },
    Table {
        name: "derivative",
        columns: &[
            text("tenant"),
            text("item"),
            text("part"),
            bytes("digest"),
            number("length"),
            text("about"),
            bytes("bytes"),
            text("file"),
        ],
    },
    Table {
        name: "mail",
        columns: &[
            text("tenant"),
            text("item"),
            number("number"),
            flag("is_notice"),
            text("reverse_path"),
            text("message_id"),
            bytes("digest"),
            text("outcomes"),
            bytes("bytes"),
            text("file"),
            number("queued_at"),
            due("CASE WHEN leased_until IS NULL OR due_at IS NULL THEN due_at ELSE queued_at END"),
            number("lease"),
            number("attempts"),
        ],
    },
    Table {
        name: "mail_recipient",
        columns: &[
            text("tenant"),
            text("item"),
            number("number"),
            number("position"),
            text("recipient"),
            text("status"),
            text("reply"),
            number("attempts"),
            number("settled_at"),
        ],
    },
    Table {
        name: "kept",
        columns: &[
            text("tenant"),
            text("item"),
            text("part"),
            text("name"),
            text("detected"),
            number("length"),
            text("reason"),
            text("rule"),
        ],
    },
    Table {
        name: "password_search",
        columns: &[
            text("tenant"),
            text("item"),
            number("received_at"),
            number("until"),
            text("from_address"),
            text("reverse_path"),
            flag("wanted"),
            number("count"),
            bytes("sealed"),
        ],
    },
    Table {
        name: "password_candidate",
        columns: &[text("tenant"), text("item"), text("source"), number("count"), bytes("sealed")],
    },
    Table {
        name: "arrival",
        columns: &[
            text("tenant"),
            text("item"),
            text("mailbox"),
            number("received_at"),
            text("state"),
            flag("has_files"),
            number("attachments"),
            number("length"),
            text("sender"),
            text("subject"),
            text("files"),
            text("message_id"),
            text("about"),
            number("wrong_passwords"),
            number("concluded_at"),
        ],
    },
    Table { name: "set_aside", columns: &[text("tenant"), text("item"), text("account")] },
    Table {
        name: "fetched",
        columns: &[
            text("tenant"),
            text("item"),
            bytes("digest"),
            text("account"),
            number("at"),
            text("mailbox"),
            flag("shown"),
        ],
    },
    // These refer to accounts and departments, which go before all items.
    Table {
        name: "release_request",
        columns: &[
            text("tenant"),
            text("item"),
            text("id"),
            text("part"),
            text("requester"),
            text("department"),
            text("state"),
            number("asked_at"),
            number("until"),
            text("decided_by"),
            number("decided_at"),
            text("about"),
        ],
    },
    Table {
        name: "tiding",
        columns: &[text("tenant"), text("item"), text("kind"), text("account"), text("request"), number("since")],
    },
    Table { name: "digested", columns: &[text("tenant"), text("item"), text("account")] },
];

/// Sets of rules.
pub(in crate::store) const RULES: Table =
    Table { name: "rules", columns: &[text("tenant"), bytes("digest"), text("text"), number("first_seen")] };

/// Tables of which nothing travels, and which are empty on the other side afterwards: what was in a target before may be
/// older than what people have done since. Whoever was signed in signs in again; a typed password lives for minutes.
pub(in crate::store) const BEHIND: [&str; 4] = ["password_offer", "session", "one_time_link", "sign_in_failure"];

/// The people of the office, so that no row comes before one that it refers to.
pub(in crate::store) const PEOPLE: [Table; 6] = [
    Table { name: "department", columns: &[text("tenant"), text("code"), text("name")] },
    Table {
        name: "department_mailbox",
        columns: &[text("tenant"), text("department"), text("folded"), text("mailbox")],
    },
    Table {
        name: "account",
        columns: &[
            text("tenant"),
            text("id"),
            text("login"),
            text("name"),
            text("mailbox"),
            text("source"),
            flag("blocked"),
            text("password"),
            bytes("totp"),
            number("totp_step"),
            text("preferences"),
            text("digest"),
            number("digest_at"),
            number("signed_in_at"),
        ],
    },
    Table {
        name: "posting",
        columns: &[
            text("tenant"),
            text("account"),
            text("department"),
            text("role"),
            text("from_day"),
            text("until_day"),
        ],
    },
    Table { name: "founding", columns: &[text("tenant"), number("founded_at")] },
    Table {
        name: "deputy",
        columns: &[text("tenant"), text("approver"), text("deputy"), text("from_day"), text("until_day")],
    },
];

/// Every table that is counted; the chain is moved on its own.
pub(in crate::store) fn tables() -> impl Iterator<Item = &'static Table> {
    [&ITEM, &RULES].into_iter().chain(&BELONGINGS).chain(&PEOPLE)
}

/// An item and all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Parcel {
    pub(in crate::store) tenant: TenantId,
    pub(in crate::store) id: String,
    pub(in crate::store) item: Values,
    /// Rows of each of [`BELONGINGS`], sorted.
    pub(in crate::store) belongings: Vec<Vec<Values>>,
}

impl Parcel {
    /// Of everything, in an order and a form that no database has a part in.
    pub(in crate::store) fn digest(&self) -> Digest {
        let mut digester = Digester::default();
        digest_rows(&mut digester, std::slice::from_ref(&self.item));
        for rows in &self.belongings {
            digest_rows(&mut digester, rows);
        }
        digester.finish()
    }

    /// Bytes of its values, roughly; objects are not among them.
    pub(in crate::store) fn weight(&self) -> u64 {
        let values = self.item.iter().chain(self.belongings.iter().flatten().flatten());
        let bytes: usize = values
            .map(|value| match value {
                Value::Text(text) => text.as_ref().map_or(0, String::len),
                Value::Bytes(bytes) => bytes.as_ref().map_or(0, Vec::len),
                Value::Number(_) | Value::Flag(_) => 8,
            })
            .sum();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    /// The objects that its rows name.
    pub(in crate::store) fn files(&self) -> BTreeSet<&str> {
        let tables = BELONGINGS.iter().zip(&self.belongings);
        let named = tables.flat_map(|(table, rows)| {
            let place = table.columns.iter().position(|column| column.name == "file");
            rows.iter().filter_map(move |row| row.get(place?))
        });
        named.filter_map(|value| if let Value::Text(Some(file)) = value { Some(file.as_str()) } else { None }).collect()
    }
}

/// Of rows that are sorted.
pub(in crate::store) fn digest_rows(digester: &mut Digester, rows: &[Values]) {
    digester.update(&length(rows.len()));
    for value in rows.iter().flatten() {
        let (tag, bytes) = match value {
            Value::Text(text) => (b't', text.as_ref().map(|text| text.as_bytes().to_vec())),
            Value::Number(number) => (b'n', number.map(|number| number.to_be_bytes().to_vec())),
            Value::Flag(flag) => (b'f', flag.map(|flag| vec![u8::from(flag)])),
            Value::Bytes(bytes) => (b'b', bytes.clone()),
        };
        digester.update(&[tag, u8::from(bytes.is_some())]);
        let bytes = bytes.unwrap_or_default();
        digester.update(&length(bytes.len()));
        digester.update(&bytes);
    }
}

fn length(length: usize) -> [u8; 8] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::steps::STEPS;

    fn parcel() -> Parcel {
        let row =
            vec![Value::Text(Some("a".to_owned())), Value::Text(None), Value::Text(Some("originals/x/y".to_owned()))];
        let mut belongings = vec![Vec::new(); BELONGINGS.len()];
        belongings[1] = vec![vec![Value::Text(None), Value::Text(None), Value::Bytes(None), row[2].clone()]];
        Parcel { tenant: TenantId::single(), id: "1".to_owned(), item: row, belongings }
    }

    #[test]
    fn every_value_and_its_place_are_in_the_digest() {
        let whole = parcel().digest();
        let changed = |change: fn(&mut Parcel)| {
            let mut parcel = parcel();
            change(&mut parcel);
            parcel.digest()
        };
        let digests = [
            changed(|p| p.item[0] = Value::Text(Some("b".to_owned()))),
            changed(|p| p.item[1] = Value::Text(Some(String::new()))),
            changed(|p| p.item[1] = Value::Bytes(None)),
            changed(|p| p.item.swap(0, 1)),
            changed(|p| p.belongings.swap(1, 2)),
        ];
        assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), digests.len());
        assert!(!digests.contains(&whole));
        assert_eq!(parcel().files(), BTreeSet::from(["originals/x/y"]));
    }

    #[test]
    fn every_column_of_the_migrations_travels_but_the_lease() {
        let text: String = STEPS.iter().map(|step| step.postgres).collect();
        for table in tables() {
            let start = format!("CREATE TABLE {} (", table.name);
            let body = text.split(&start).nth(1).unwrap().split("\n)").next().unwrap();
            let added = format!("ALTER TABLE {} ADD COLUMN ", table.name);
            let added = text.split(&added).skip(1).map(|rest| rest.split(' ').next().unwrap());
            let own = body
                .lines()
                .filter(|line| line.starts_with("    "))
                .map(|line| line.split_whitespace().next().unwrap());
            let found: BTreeSet<&str> =
                own.filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')).chain(added).collect();
            let mut known: BTreeSet<&str> = table.columns.iter().map(|column| column.name).collect();
            if ["item", "mail"].contains(&table.name) {
                known.insert("leased_until");
            }
            if table.name == "item" {
                known.insert("standing");
            }
            if table.name == "account" {
                known.extend(["has_password", "has_totp"]);
            }
            assert_eq!(found, known, "{}", table.name);
        }
        let all: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("CREATE TABLE "))
            .map(|rest| rest.split(' ').next().unwrap())
            .collect();
        let known: BTreeSet<&str> = tables()
            .map(|table| table.name)
            .chain(["audit", "audit_head", "sealing_key", "unneeded_object", "store_mark"])
            .chain(BEHIND)
            .collect();
        assert_eq!(all, known, "a table that is neither moved nor known to stay behind");
    }
}
