//! The form a configuration value must have, and how that form is told to people.
//!
//! Refuses: values out of range before they reach a type. Invariant: a value that passes its key's form deserializes.

use std::net::{IpAddr, SocketAddr};

use toml::Spanned;
use toml::de::DeValue;

use super::document::{self, Document};
use super::fault::{self, Fault, Words};
use crate::domain::{Domain, TenantId, TimeOfDay};

/// What may stand after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A whole number within bounds, both included.
    Integer {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// Yes or no.
    Switch,
    /// One line of text.
    Line,
    /// A domain name.
    Domain,
    /// An IP address and a port.
    Socket,
    /// An IP address.
    Ip,
    /// A file or folder.
    Path,
    /// A host and a port; empty for none.
    HostPort,
    /// An `https:` or `http:` address without a slash at the end; empty for none.
    Url,
    /// The name of a tenant.
    Tenant,
    /// A PostgreSQL database without a password; empty for none.
    Database,
    /// A bucket or a folder for objects; empty for none.
    Objects,
    /// A local time of the day.
    Time,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A list of values of one form.
    List {
        /// The form of each.
        of: &'static Self,
        /// The list may be empty.
        may_be_empty: bool,
    },
}

impl Form {
    /// Checks a value and reports every mistake in it under `key`.
    pub fn check(&self, document: &Document<'_>, key: &str, value: &Spanned<DeValue<'_>>, faults: &mut Vec<Fault>) {
        let Self::List { of, may_be_empty } = self else {
            if !self.fits(value.get_ref()) {
                let problem = fault::wrong_value(document.written(value), self.words());
                faults.push(document.fault(value.span().start, key, problem));
            }
            return;
        };
        match value.get_ref().as_array() {
            Some(items) if *may_be_empty || !items.is_empty() => {
                items.iter().for_each(|item| of.check(document, key, item, faults));
            }
            _ => {
                let problem = fault::wrong_value(document.written(value), self.words());
                faults.push(document.fault(value.span().start, key, problem));
            }
        }
    }

    /// What fits, as an instruction.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Integer { min, max } => Words::new(
                format!("{min} 以上 {max} 以下の整数を書いてください"),
                format!("write a whole number from {min} to {max}"),
            ),
            Self::Switch => Words::new("true か false を書いてください", "write true or false"),
            Self::Line => Words::new("一行の文字列を書いてください", "write one line of text in quotes"),
            Self::Domain => Words::new(
                "ドメイン名を書いてください（例 \"city.example.lg.jp\"）",
                "write a domain name, such as \"city.example.lg.jp\"",
            ),
            Self::Socket => Words::new(
                "IP アドレスとポートを書いてください（例 \"192.0.2.1:25\"、\"[2001:db8::1]:25\"）",
                "write an IP address and a port, such as \"192.0.2.1:25\" or \"[2001:db8::1]:25\"",
            ),
            Self::Ip => Words::new(
                "IP アドレスを書いてください（例 \"192.0.2.1\"）",
                "write an IP address, such as \"192.0.2.1\"",
            ),
            Self::Path => {
                Words::new("パスを書いてください（例 \"/etc/temizu/x\"）", "write a path, such as \"/etc/temizu/x\"")
            }
            Self::HostPort => Words::new(
                "ホストとポートを書いてください（例 \"mail.example.lg.jp:25\"、\"[2001:db8::1]:25\"）",
                "write a host and a port, such as \"mail.example.lg.jp:25\" or \"[2001:db8::1]:25\"",
            ),
            Self::Url => Words::new(
                "https:// で始まり / で終わらない URL を書いてください",
                "write a URL that begins with https:// and does not end in a slash",
            ),
            Self::Tenant => Words::new(
                "a-z、0-9、- で 1〜32 文字の名前を書いてください",
                "write a name of 1 to 32 of a-z, 0-9 and -",
            ),
            Self::Database => Words::new(
                "postgres://ログイン名@ホスト/データベース名 と書いてください。パスワードは store.postgres_password_file に書きます",
                "write postgres://login@host/database; the password goes into store.postgres_password_file",
            ),
            Self::Objects => Words::new(
                "s3://バケット名 か file:///フォルダ と書いてください",
                "write s3://bucket or file:///folder",
            ),
            Self::Time => {
                Words::new("時刻を書いてください（例 \"08:30\"）", "write a time of the day, such as \"08:30\"")
            }
            Self::Choice(words) => {
                let list = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
                Words::new(format!("次のどれかを書いてください: {list}"), format!("write one of {list}"))
            }
            Self::List { of, may_be_empty } => {
                let Words { ja, en } = of.words();
                let (least_ja, least_en) =
                    if *may_be_empty { ("", "") } else { ("空でない", " that is not empty") };
                Words::new(
                    format!("[ ] で囲んだ{least_ja}リスト。各項目: {ja}"),
                    format!("a list in [ ]{least_en}; each item: {en}"),
                )
            }
        }
    }

    fn fits(&self, value: &DeValue<'_>) -> bool {
        if let Self::Integer { min, max } = self {
            return document::integer(value).is_some_and(|number| (*min..=*max).contains(&number));
        }
        if *self == Self::Switch {
            return value.as_bool().is_some();
        }
        let Some(text) = value.as_str() else { return false };
        let one_line = !text.chars().any(char::is_control);
        match self {
            Self::Line | Self::Path => one_line,
            Self::Domain => Domain::parse(text).is_ok(),
            Self::Socket => text.parse::<SocketAddr>().is_ok(),
            Self::Ip => text.parse::<IpAddr>().is_ok(),
            Self::HostPort => text.is_empty() || is_host_port(text),
            Self::Url => text.is_empty() || is_url(text),
            Self::Tenant => TenantId::try_from(text.to_owned()).is_ok(),
            Self::Database => text.is_empty() || (one_line && is_database(text)),
            Self::Objects => text.is_empty() || (one_line && is_objects(text)),
            Self::Time => text.parse::<TimeOfDay>().is_ok(),
            Self::Choice(words) => words.contains(&text),
            Self::Integer { .. } | Self::Switch | Self::List { .. } => false,
        }
    }
}

/// True for `host:port` and `[ipv6]:port` with a port that is not zero.
#[must_use]
pub fn is_host_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let port_fits = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let host_fits = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.starts_with('[') && Domain::parse(host).is_ok(),
    };
    port_fits && host_fits
}

/// True for `postgres://…` whose part before the host holds no password.
#[must_use]
pub fn is_database(text: &str) -> bool {
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    rest.is_some_and(|rest| {
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let login = authority.rsplit_once('@').map_or("", |(login, _)| login);
        !login.contains(':') && !rest.contains("password=") && !rest.is_empty()
    })
}

/// True for `s3://bucket`, `s3://bucket/folder` and `file:///folder`.
fn is_objects(text: &str) -> bool {
    let plain = |rest: &str| !rest.ends_with('/') && !rest.contains(['?', '#', ' ']);
    match (text.strip_prefix("s3://"), text.strip_prefix("file:///")) {
        (Some(bucket), _) => !bucket.is_empty() && !bucket.starts_with('/') && plain(bucket),
        (None, Some(folder)) => !folder.is_empty() && plain(folder),
        (None, None) => false,
    }
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    !rest.is_empty() && !rest.ends_with('/') && rest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"\\?#@".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, value: &str) -> usize {
        let text = format!("x = {value}");
        let document = Document::new("t", &text);
        let table = document.parse().unwrap();
        let mut faults = Vec::new();
        form.check(&document, "x", table.get("x").unwrap(), &mut faults);
        faults.len()
    }

    #[test]
    fn every_form_takes_what_it_names_and_nothing_else() {
        const PORTS: Form = Form::Integer { min: 1, max: 10 };
        for (form, good, bad) in [
            (
                PORTS,
                vec!["1", "10", "0xA", "1_0"],
                vec!["0", "11", "-1", "1.5", "\"1\"", "true", "[1]", "99999999999999999999"],
            ),
            (Form::Switch, vec!["true", "false"], vec!["\"true\"", "1", "[true]"]),
            (Form::Line, vec!["\"\"", "\"情報政策課\""], vec!["\"a\\nb\"", "\"\\u001b\"", "1"]),
            (Form::Domain, vec!["\"City.lg.jp\""], vec!["\"\"", "\"a b\"", "\"日本\"", "\"-a\""]),
            (
                Form::Socket,
                vec!["\"0.0.0.0:25\"", "\"[::1]:25\""],
                vec!["\"25\"", "\"host:25\"", "\"1.2.3.4\"", "\"::1:25\""],
            ),
            (Form::Ip, vec!["\"::1\"", "\"192.0.2.1\""], vec!["\"192.0.2.1:25\"", "\"host\""]),
            (
                Form::HostPort,
                vec!["\"\"", "\"mail.lg.jp:25\"", "\"192.0.2.1:25\"", "\"[2001:db8::1]:25\""],
                vec![
                    "\"mail\"",
                    "\"mail:0\"",
                    "\"mail:65536\"",
                    "\"mail:+5\"",
                    "\":25\"",
                    "\"2001:db8::1:25\"",
                    "\"[x]:25\"",
                ],
            ),
            (
                Form::Url,
                vec!["\"\"", "\"https://a.lg.jp\"", "\"http://127.0.0.1:8025/x\""],
                vec![
                    "\"a.lg.jp\"",
                    "\"https://\"",
                    "\"https://a/\"",
                    "\"javascript:1\"",
                    "\"https://u@a\"",
                    "\"https://a b\"",
                ],
            ),
            (Form::Tenant, vec!["\"main\"", "\"city-1\""], vec!["\"\"", "\"City\"", "\"a b\"", "1"]),
            (
                Form::Database,
                vec!["\"\"", "\"postgres://a@db/t?sslmode=verify-full\"", "\"postgresql:///t?host=/run\""],
                vec![
                    "\"mysql://a\"",
                    "\"postgres://\"",
                    "\"postgres://a:secret@db/t\"",
                    "\"postgres://db/t?password=x\"",
                ],
            ),
            (
                Form::Objects,
                vec!["\"\"", "\"s3://bucket\"", "\"s3://bucket/folder\"", "\"file:///srv/objects\""],
                vec!["\"bucket\"", "\"s3://\"", "\"s3://b/\"", "\"file://srv\"", "\"file:///\"", "\"s3://b?x=1\""],
            ),
            (Form::Time, vec!["\"08:30\"", "\"00:00\""], vec!["\"8:30\"", "\"24:00\"", "\"\"", "830", "08:30:00"]),
            (Form::Choice(&["ja", "en"]), vec!["\"ja\""], vec!["\"JA\"", "\"\"", "1"]),
        ] {
            good.iter().for_each(|value| assert_eq!(check(form, value), 0, "{form:?} takes {value}"));
            bad.iter().for_each(|value| assert_eq!(check(form, value), 1, "{form:?} refuses {value}"));
        }
    }

    #[test]
    fn a_list_reports_each_of_its_wrong_items() {
        const OF: Form = Form::Integer { min: 1, max: 9 };
        let some = Form::List { of: &OF, may_be_empty: false };
        assert_eq!(check(some, "[1, 2]"), 0);
        assert_eq!(check(some, "[0, 1, 99]"), 2);
        assert_eq!(check(some, "[]"), 1);
        assert_eq!(check(some, "1"), 1);
        assert_eq!(check(Form::List { of: &OF, may_be_empty: true }, "[]"), 0);
    }
}
