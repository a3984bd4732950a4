//! Rosters: what a file means for the people who are there.

use std::collections::BTreeSet;

use jiff::civil::Date;
use proptest::prelude::*;

use super::super::roster::{Column, Difference, Kind, MAX_FAULTS, Problem, Roster, Step};
use super::Counting;
use crate::domain::{Account, Department, Language, OfficeRole, Timestamp};
use crate::ports::AccountChange;

const HEAD: &str = "職員番号,氏名,所属コード,所属名,役割,発令日,終了日\n";

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn read(rows: &str) -> Roster {
    Roster::read(format!("{HEAD}{rows}").as_bytes()).unwrap()
}

fn faults(text: &str) -> Vec<(u64, Option<Column>, Problem)> {
    let faults = Roster::read(text.as_bytes()).unwrap_err();
    faults.into_iter().map(|fault| (fault.line, fault.column, fault.problem)).collect()
}

/// What is there once the file is taken in, on a day.
fn taken(rows: &str, before: &(Vec<Account>, Vec<Department>), today: &str) -> (Vec<Account>, Vec<Department>) {
    let difference = Difference::of(&read(rows), &before.0, &before.1, day(today), false).unwrap();
    let (mut accounts, mut departments) = before.clone();
    for (change, _) in difference.changes(&Counting::default(), Timestamp::from_millis(0), "operator:x").unwrap() {
        match change {
            AccountChange::Add(account) => accounts.push(account),
            AccountChange::Replace(account) => {
                let old = accounts.iter_mut().find(|old| old.id == account.id).unwrap();
                *old = account;
            }
            AccountChange::Block { .. } | AccountChange::Post { .. } => panic!("a file says all of an account"),
            AccountChange::Department(department) => {
                departments.retain(|old| old.code != department.code);
                departments.push(department);
            }
        }
    }
    (accounts, departments)
}

fn start() -> (Vec<Account>, Vec<Department>) {
    taken(
        "k1,柏木 太郎,road,道路課,職員,2026-04-01,\nk2,森 花子,road,,管理者,2026-04-01,\n",
        &Default::default(),
        "2026-04-01",
    )
}

#[test]
fn a_first_file_adds_people_and_departments_and_the_same_file_changes_nothing() {
    let before = start();
    assert_eq!((before.0.len(), before.1.len()), (2, 1));
    let rows = "k1,柏木 太郎,road,道路課,職員,令和8年4月1日,\nk2,森 花子,road,,管理者,,\n";
    let again = Difference::of(&read(rows), &before.0, &before.1, day("2026-11-23"), true).unwrap();
    assert_eq!((again.count(Kind::Unchanged), again.departments.len()), (2, 0));
    assert!(again.changes(&Counting::default(), Timestamp::from_millis(0), "x").unwrap().is_empty());
}

#[test]
fn a_move_at_a_later_day_ends_the_old_place_the_day_before() {
    let before = start();
    let rows = "k1,柏木 太郎,water,水道課,職員;承認者,2027-04-01,\n";
    let difference = Difference::of(&read(rows), &before.0, &before.1, day("2027-03-10"), false).unwrap();
    assert_eq!((difference.count(Kind::Moved), difference.people.len()), (1, 1));
    assert!(matches!(&difference.people[0].steps[0], Step::Ends(place) if place.until == Some(day("2027-03-31"))));
    let (accounts, _) = taken(rows, &before, "2027-03-10");
    let places: Vec<_> =
        accounts[0].postings.iter().map(|place| (place.department.as_str(), place.from, place.until)).collect();
    let expected = [("road", day("2026-04-01"), Some(day("2027-03-31"))), ("water", day("2027-04-01"), None)];
    assert_eq!(places, expected);
    assert_eq!(accounts[0].postings[1].roles, BTreeSet::from([OfficeRole::Staff, OfficeRole::Approver]));
    let again = Difference::of(&read(rows), &accounts, &before.1, day("2027-04-02"), false).unwrap();
    assert_eq!(again.count(Kind::Unchanged), 1);
}

#[test]
fn who_is_not_in_the_file_leaves_only_if_the_file_is_complete() {
    let before = start();
    let rows = "k2,森 花子,road,,管理者,,\n";
    let difference = |complete| Difference::of(&read(rows), &before.0, &before.1, day("2026-11-23"), complete);
    assert_eq!(difference(false).unwrap().count(Kind::Ended), 0);
    let complete = difference(true).unwrap();
    let ended: Vec<_> = complete.people.iter().filter(|entry| entry.kind == Kind::Ended).collect();
    assert_eq!(ended.len(), 1);
    assert!(matches!(&ended[0].steps[0], Step::Ends(place) if place.until == Some(day("2026-11-22"))));
}

#[test]
fn a_file_that_leaves_no_administrator_is_refused() {
    let before = start();
    let refused = Difference::of(&read("k1,柏木 太郎,road,,,,\n"), &before.0, &before.1, day("2026-11-23"), true);
    assert_eq!(refused.unwrap_err()[0].problem, Problem::NoAdministrator);
}

#[test]
fn a_department_that_nobody_has_named_is_refused_with_its_line() {
    let before = start();
    let refused = Difference::of(&read("k1,柏木 太郎,water,,,,\n"), &before.0, &before.1, day("2026-11-23"), false);
    let fault = &refused.unwrap_err()[0];
    assert_eq!((fault.line, fault.column, fault.problem), (2, Some(Column::DepartmentName), Problem::NoDepartment));
}

#[test]
fn all_mistakes_are_told_at_once_with_line_and_column() {
    let text =
        format!("\u{feff}{HEAD}k1,,road,,部長,2026-04-31,\n\"k\n3\",名,road,,,,\nk4,名,road,,,2026-4-2,2026-4-1\n");
    assert_eq!(
        faults(&text),
        [
            (2, Some(Column::Name), Problem::Missing),
            (2, Some(Column::Roles), Problem::Wrong),
            (2, Some(Column::From), Problem::Wrong),
            (3, Some(Column::Login), Problem::Wrong),
            (5, Some(Column::Until), Problem::Backwards),
        ]
    );
    let many = format!("{HEAD}{}", "k1,,,,,,\n".repeat(100));
    assert_eq!(faults(&many).len(), MAX_FAULTS);
    assert_eq!(
        faults("職員番号,電話\n"),
        [
            (1, None, Problem::UnknownColumn),
            (1, Some(Column::Name), Problem::MissingColumn),
            (1, Some(Column::Department), Problem::MissingColumn),
        ]
    );
    assert_eq!(faults(""), [(0, None, Problem::Empty)]);
    let two = format!("{HEAD}k1,甲,road,道路課,,,\nk1,乙,road,河川課,職員;監査,2026-4-1,\n");
    assert_eq!(
        faults(&two),
        [(3, Some(Column::DepartmentName), Problem::Contradicts), (3, Some(Column::Name), Problem::Contradicts),]
    );
}

#[test]
fn shift_jis_is_refused_with_how_to_save_it() {
    let cp932 = [0x90, 0x45, 0x88, 0xf5, 0x94, 0xd4, 0x8d, 0x86, b','];
    let fault = &Roster::read(&cp932).unwrap_err()[0];
    assert_eq!((fault.line, fault.problem), (0, Problem::NotUtf8));
    assert!(fault.problem.sentence(Language::En).contains("CSV UTF-8"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        if let Err(faults) = Roster::read(&bytes) {
            prop_assert!((1..=MAX_FAULTS).contains(&faults.len()));
        }
    }

    #[test]
    fn what_was_taken_in_changes_nothing_the_second_time(
        rows in proptest::collection::vec((0..4u8, 0..3u8, 1..28u8, proptest::option::of(1..28u8)), 1..6),
        today in 1..28i8,
    ) {
        let line = |(who, place, from, until): &(u8, u8, u8, Option<u8>)| {
            let until = until.map_or(String::new(), |until| format!("2027-01-{until}"));
            format!("k{who},名,d{place},課,職員,2026-12-{from},{until}\n")
        };
        let text = format!("{HEAD}{}", rows.iter().map(line).collect::<String>());
        let Ok(roster) = Roster::read(text.as_bytes()) else { return Ok(()) };
        let body: String = text.strip_prefix(HEAD).unwrap().to_owned();
        let today = Date::new(2026, 12, today).unwrap();
        let after = taken(&body, &Default::default(), &today.to_string());
        let again = Difference::of(&roster, &after.0, &after.1, today, true).unwrap();
        prop_assert_eq!(again.count(Kind::Unchanged), again.people.len());
        prop_assert!(again.departments.is_empty());
    }
}
