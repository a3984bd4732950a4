//! Columns and cells of a roster, in the words of Japanese offices and in English.
//!
//! Refuses: a cell that does not hold, by its kind and never by its text. Invariant: no message repeats a cell.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

use super::{DepartmentRow, Row};
use crate::domain::{IdentitySource, Label, Language, Mailbox, OfficeRole};

/// Most mailboxes of one department.
const MAX_MAILBOXES: usize = 100;

macro_rules! columns {
    ($($(#[$doc:meta])+ $name:ident = $ja:literal, $en:literal;)+) => {
        /// A column.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Column { $($(#[$doc])+ $name),+ }

        impl Column {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its head.
            #[must_use]
            pub const fn head(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::Ja) => $ja, (Self::$name, Language::En) => $en,)+
                }
            }
        }
    };
}

columns! {
    /// What somebody signs in with.
    Login = "職員番号", "login";
    /// Their name.
    Name = "氏名", "name";
    /// Their address.
    Mailbox = "メール", "mailbox";
    /// Code of their department.
    Department = "所属コード", "department";
    /// Its name.
    DepartmentName = "所属名", "department_name";
    /// Its mailboxes, with `;` between them.
    SectionMailboxes = "組織アドレス", "section_mailboxes";
    /// What they are there, with `;` between them.
    Roles = "役割", "roles";
    /// First day.
    From = "発令日", "from";
    /// Last day.
    Until = "終了日", "until";
    /// Who proves who they are.
    Source = "認証", "source";
    /// Whether they are stopped.
    Blocked = "停止", "blocked";
}

impl Column {
    /// Without these there is no roster.
    pub const NEEDED: [Self; 3] = [Self::Login, Self::Name, Self::Department];

    /// The column with this head, in either language.
    #[must_use]
    pub fn named(head: &str) -> Option<Self> {
        let fits =
            |column: &Self| column.head(Language::Ja) == head || column.head(Language::En).eq_ignore_ascii_case(head);
        Self::ALL.iter().copied().find(fits)
    }
}

/// What is wrong with a cell, a line or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// Over 16 MiB.
    TooLong,
    /// Over 50,000 rows.
    TooManyRows,
    /// Not UTF-8.
    NotUtf8,
    /// No CSV.
    NoCsv,
    /// Nothing in it.
    Empty,
    /// A head that is none.
    UnknownColumn,
    /// A column that must be there.
    MissingColumn,
    /// More cells than heads.
    TooManyCells,
    /// Nothing where something must be.
    Missing,
    /// Not of its kind.
    Wrong,
    /// Ends before it begins.
    Backwards,
    /// Said twice.
    Twice,
    /// Another line says something else of the same person or department.
    Contradicts,
    /// A department that is neither here nor named in the file.
    NoDepartment,
    /// Nobody could administer the gateway any more.
    NoAdministrator,
}

impl Problem {
    /// What it is, and what to do.
    #[must_use]
    pub const fn sentence(self, language: Language) -> &'static str {
        let (ja, en) = match self {
            Self::TooLong => {
                ("ファイルが 16 MiB を超えています。分けてください。", "the file is over 16 MiB; split it")
            }
            Self::TooManyRows => ("50,000 行を超えています。分けてください。", "over 50,000 rows; split the file"),
            Self::NotUtf8 => (
                "UTF-8 ではありません。エクセルでは「名前を付けて保存」で「CSV UTF-8（コンマ区切り）」を選んでください。",
                "not UTF-8; in Excel choose Save As, CSV UTF-8 (Comma delimited)",
            ),
            Self::NoCsv => ("CSV として読めません。", "this cannot be read as CSV"),
            Self::Empty => ("見出しの行がありません。", "there is no line of heads"),
            Self::UnknownColumn => ("知らない見出しの列があります。", "there is a column with an unknown head"),
            Self::MissingColumn => ("必要な列がありません。", "a column is missing"),
            Self::TooManyCells => ("見出しより多くの値があります。", "there are more cells than heads"),
            Self::Missing => ("空です。値を書いてください。", "empty; write a value"),
            Self::Wrong => ("値の形が正しくありません。", "this is no such value"),
            Self::Backwards => ("終了日が発令日より前です。", "it ends before it begins"),
            Self::Twice => ("同じものが二度あります。", "it is there twice"),
            Self::Contradicts => ("ほかの行と食い違っています。", "another line says something else"),
            Self::NoDepartment => (
                "この所属は未登録です。所属名の列に名前を書いてください。",
                "this department is not known; write its name in the column department_name",
            ),
            Self::NoAdministrator => {
                ("このままでは管理者が一人もいなくなります。", "nobody would be administrator any more")
            }
        };
        match language {
            Language::Ja => ja,
            Language::En => en,
        }
    }
}

type Cells<'a> = BTreeMap<Column, &'a str>;
type Wrong = Vec<(Column, Problem)>;

/// The cell of a column as something; nothing if it is empty.
fn read<T>(cells: &Cells<'_>, column: Column, wrong: &mut Wrong, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let text = cells.get(&column).copied().filter(|text| !text.is_empty())?;
    let value = parse(text);
    if value.is_none() {
        wrong.push((column, Problem::Wrong));
    }
    value
}

fn need<T>(cells: &Cells<'_>, column: Column, wrong: &mut Wrong, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    if cells.get(&column).is_none_or(|text| text.is_empty()) {
        wrong.push((column, Problem::Missing));
        return None;
    }
    read(cells, column, wrong, parse)
}

/// Somebody's row; what does not hold goes to `wrong`.
pub(super) fn row(line: u64, cells: &Cells<'_>, wrong: &mut Wrong) -> Option<Row> {
    let login = need(cells, Column::Login, wrong, |text| text.parse().ok());
    let name = need(cells, Column::Name, wrong, |text| text.parse().ok());
    let department = need(cells, Column::Department, wrong, |text| text.parse().ok());
    let mailbox = read(cells, Column::Mailbox, wrong, |text| Mailbox::parse(text).ok());
    let roles = read(cells, Column::Roles, wrong, roles);
    let from = read(cells, Column::From, wrong, date);
    let until = read(cells, Column::Until, wrong, date);
    let source = read(cells, Column::Source, wrong, source);
    let blocked = read(cells, Column::Blocked, wrong, switch);
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        wrong.push((Column::Until, Problem::Backwards));
    }
    let roles = roles.unwrap_or_else(|| BTreeSet::from([OfficeRole::Staff]));
    Some(Row {
        line,
        login: login?,
        name: name?,
        mailbox,
        department: department?,
        roles,
        from,
        until,
        source,
        blocked,
    })
}

/// What the row says of the department.
pub(super) fn department(line: u64, cells: &Cells<'_>, wrong: &mut Wrong) -> Option<DepartmentRow> {
    let before = wrong.len();
    let name = read(cells, Column::DepartmentName, wrong, |text| text.parse::<Label>().ok());
    let mailboxes = read(cells, Column::SectionMailboxes, wrong, mailboxes);
    (wrong.len() == before).then_some(DepartmentRow { line, name, mailboxes })
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '；', '、']).map(str::trim).filter(|piece| !piece.is_empty())
}

fn mailboxes(text: &str) -> Option<BTreeSet<Mailbox>> {
    let all: Option<BTreeSet<Mailbox>> = pieces(text).map(|piece| Mailbox::parse(piece).ok()).collect();
    all.filter(|all| (1..=MAX_MAILBOXES).contains(&all.len()))
}

fn roles(text: &str) -> Option<BTreeSet<OfficeRole>> {
    let all: Option<BTreeSet<OfficeRole>> = pieces(text).map(|piece| piece.to_lowercase().parse().ok()).collect();
    all.filter(|all| !all.is_empty())
}

fn source(text: &str) -> Option<IdentitySource> {
    match text {
        "パスワード" => Some(IdentitySource::Local),
        "ディレクトリ" => Some(IdentitySource::Directory),
        "プロキシ" => Some(IdentitySource::Proxy),
        other => other.to_lowercase().parse().ok(),
    }
}

fn switch(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "はい" | "停止" | "○" | "〇" => Some(true),
        "0" | "false" | "no" | "いいえ" | "-" | "×" => Some(false),
        _ => None,
    }
}

/// `2026-04-01`, `2026/4/1`, `2026年4月1日`, `令和8年4月1日`, `R8.4.1`; full-width digits as well.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    let text: String = text.nfkc().filter(|c| !c.is_whitespace()).take(32).collect();
    let (era, rest) = ERAS
        .iter()
        .find_map(|(names, first)| {
            let name = names.iter().find(|name| text.starts_with(**name))?;
            Some((*first, text.strip_prefix(*name)?))
        })
        .map_or((0, text.as_str()), |(first, rest)| (first, rest));
    let rest = rest.strip_suffix('日').unwrap_or(rest);
    let mut numbers = rest.split(['-', '/', '.', '年', '月']);
    let (year, month, day) = (numbers.next()?, numbers.next()?, numbers.next()?);
    if numbers.next().is_some() {
        return None;
    }
    let number = |text: &str, most: usize| {
        let fits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let year = match (era, year) {
        (0, year) => number(year, 4).filter(|year| (1900..=2199).contains(year))?,
        (first, "元") => first,
        (first, year) => first.checked_add(number(year, 2).filter(|year| *year > 0)?)?.checked_sub(1)?,
    };
    Date::new(year, i8::try_from(number(month, 2)?).ok()?, i8::try_from(number(day, 2)?).ok()?).ok()
}

/// Names of eras and the year each began in.
const ERAS: [(&[&str], i16); 3] =
    [(&["令和", "R", "r"], 2019), (&["平成", "H", "h"], 1989), (&["昭和", "S", "s"], 1926)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_offices_write_them() {
        let expected = Date::new(2026, 4, 1).ok();
        for text in
            ["2026-04-01", "2026/4/1", "2026年4月1日", "令和8年4月1日", "R8.4.1", "令和８年４月１日", "r08/04/01"]
        {
            assert_eq!(date(text), expected, "{text}");
        }
        assert_eq!(date("令和元年5月1日"), Date::new(2019, 5, 1).ok());
        assert_eq!(date("平成31年4月30日"), Date::new(2019, 4, 30).ok());
        for text in
            ["", "2026", "2026-13-01", "2026-02-30", "令和0年1月1日", "8.4.1", "2026-4-1-1", "-1-1-1", "R+8.4.1"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn every_problem_is_told_in_both_languages() {
        assert_eq!(Column::named("職員番号"), Column::named("LOGIN"));
        assert_eq!(Column::named("電話"), None);
        assert!(Problem::NotUtf8.sentence(Language::Ja).contains("CSV UTF-8"));
    }
}
