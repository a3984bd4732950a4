//! Accounts: who may sign in, as what, and what guards it.

use temizu::domain::office::DigestTimes;
use temizu::domain::{Deputy, Event, OfficeRole, Preferences, TenantId};
use temizu::ports::{AccountChange, Credentials, Failures, StoreError};

use super::fixture::{Embedded, Scaleout, StoreUnderTest, at, mailbox};
use super::office::{
    added, credentials, day, department, events, id, kept, move_in, person, posting, record, replaced, session, town,
};
use super::{conflicts, join_all};

contract! {
    Embedded as embedded, Scaleout as scaleout; [
        the_first_administrator_is_made_once,
        of_two_who_found_at_the_same_time_one_is_refused,
        an_administrator_by_another_way_leaves_nothing_to_found,
        accounts_and_departments_read_back_as_they_were_written,
        a_posting_counts_on_its_first_and_its_last_day,
        roles_and_departments_of_all_postings_of_the_day_count,
        who_is_blocked_is_nobody,
        a_block_and_other_changes_leave_each_other_alone,
        a_change_that_cannot_be_made_whole_is_not_made_at_all,
        thousands_of_people_change_at_once,
        credentials_are_read_with_the_sign_in_name_only,
        a_step_of_the_second_factor_counts_once,
        of_many_with_one_step_at_the_same_time_one_gets_through,
        preferences_are_kept,
        failures_count_by_name_and_by_address_until_it_goes_well,
        deputies_are_replaced_unless_they_are_over,
        offices_of_two_tenants_are_apart,
    ]
}

fn city() -> TenantId {
    TenantId::single()
}

fn administrator() -> temizu::domain::Account {
    let postings = vec![posting("road", &[OfficeRole::Administrator], "2026-04-01", None)];
    temizu::domain::Account { postings, ..person(1) }
}

async fn found(ports: &super::fixture::Ports, number: u8) -> Result<(), StoreError> {
    let account = temizu::domain::Account { id: id(number), ..administrator() };
    let record = record(Event::AdministratorFounded);
    ports.accounts.found(&city(), department("road", &[]), account, credentials(), record).await
}

async fn the_first_administrator_is_made_once<S: StoreUnderTest>() {
    let ports = S::open().await;
    assert!(!ports.accounts.has_administrator(&city()).await.unwrap());
    found(&ports, 1).await.unwrap();
    assert!(ports.accounts.has_administrator(&city()).await.unwrap());
    assert!(conflicts(&found(&ports, 2).await));
    assert_eq!(ports.accounts.accounts(&city()).await.unwrap().len(), 1);
    let (account, found) = ports.accounts.by_login(&city(), &person(1).login).await.unwrap().unwrap();
    assert!(account.has_password && account.has_totp);
    assert_eq!(found.password, credentials().password);
    assert_eq!(events(&ports, &city()).await, ["administrator_founded"]);
}

async fn of_two_who_found_at_the_same_time_one_is_refused<S: StoreUnderTest>() {
    let [one, two] = S::open_twice().await;
    let (first, second) = tokio::join!(found(&one, 1), found(&two, 2));
    assert_eq!([&first, &second].into_iter().filter(|result| result.is_ok()).count(), 1);
    assert!(conflicts(&first) || conflicts(&second), "{first:?} {second:?}");
    assert_eq!(one.accounts.accounts(&city()).await.unwrap().len(), 1);
    assert_eq!(events(&one, &city()).await, ["administrator_founded"]);
}

async fn an_administrator_by_another_way_leaves_nothing_to_found<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[5]).await;
    assert!(!ports.accounts.has_administrator(&city()).await.unwrap(), "nobody but 職員");
    ports.accounts.change(&city(), vec![added(administrator())]).await.unwrap();
    assert!(ports.accounts.has_administrator(&city()).await.unwrap());
    assert!(conflicts(&found(&ports, 2).await));
    // For good: whoever takes the last administrator away does not open the first-run page to others.
    ports.accounts.change(&city(), vec![replaced(person(1))]).await.unwrap();
    assert!(ports.accounts.has_administrator(&city()).await.unwrap());
}

async fn accounts_and_departments_read_back_as_they_were_written<S: StoreUnderTest>() {
    let ports = S::open().await;
    let [road, water] = [department("road", &["Road@City.example", "b@city.example"]), department("water", &[])];
    let mut one = person(1);
    one.postings = vec![
        posting("road", &[OfficeRole::Staff, OfficeRole::Approver], "2025-04-01", Some("2026-03-31")),
        posting("road", &[OfficeRole::Staff], "2026-04-01", None),
        posting("water", &[OfficeRole::Auditor], "2026-04-01", Some("2026-04-30")),
    ];
    one.preferences.digest = DigestTimes::Never;
    let two = temizu::domain::Account { mailbox: None, postings: Vec::new(), ..person(2) };
    let changes = vec![kept(water.clone()), kept(road.clone()), added(two.clone()), added(one.clone())];
    ports.accounts.change(&city(), changes).await.unwrap();
    assert_eq!(ports.accounts.accounts(&city()).await.unwrap(), [one.clone(), two]);
    assert_eq!(ports.accounts.departments(&city()).await.unwrap(), [road, water.clone()]);

    let renamed = department("road", &["new@city.example"]);
    one.name = "別の名".parse().unwrap();
    one.postings = vec![posting("water", &[OfficeRole::Staff], "2026-05-01", None)];
    ports.accounts.change(&city(), vec![kept(renamed.clone()), replaced(one.clone())]).await.unwrap();
    assert_eq!(ports.accounts.accounts(&city()).await.unwrap()[0], one);
    assert_eq!(ports.accounts.departments(&city()).await.unwrap(), [renamed, water]);
    let expected = ["department_changed", "department_changed", "account_added", "account_added"];
    let all = [expected.as_slice(), &["department_changed", "account_changed"]].concat();
    assert_eq!(events(&ports, &city()).await, all);
}

async fn a_posting_counts_on_its_first_and_its_last_day<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[]).await;
    let postings = vec![posting("road", &[OfficeRole::Staff], "2026-04-01", Some("2027-03-31"))];
    let account = temizu::domain::Account { postings, ..person(1) };
    ports.accounts.change(&city(), vec![added(account)]).await.unwrap();
    for (text, counts) in [("2026-03-31", false), ("2026-04-01", true), ("2027-03-31", true), ("2027-04-01", false)] {
        let principal = ports.accounts.principal(&city(), id(1), day(text)).await.unwrap();
        assert_eq!(principal.is_some(), counts, "{text}");
    }
    assert_eq!(ports.accounts.principal(&city(), id(2), day("2026-04-01")).await.unwrap(), None, "no account");
}

async fn roles_and_departments_of_all_postings_of_the_day_count<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[]).await;
    let water = department("water", &["w1@city.example", "w2@city.example"]);
    let mut one = person(1);
    one.postings.push(posting("water", &[OfficeRole::Approver, OfficeRole::Staff], "2026-05-01", None));
    one.postings.push(posting("water", &[OfficeRole::Auditor], "2027-05-01", None));
    ports.accounts.change(&city(), vec![kept(water.clone()), added(one.clone())]).await.unwrap();
    let april = ports.accounts.principal(&city(), id(1), day("2026-04-30")).await.unwrap().unwrap();
    assert_eq!(april.roles.into_iter().collect::<Vec<_>>(), [OfficeRole::Staff]);
    let road = department("road", &["Road@city.example"]);
    assert_eq!(april.departments, std::slice::from_ref(&road));
    let may = ports.accounts.principal(&city(), id(1), day("2026-05-01")).await.unwrap().unwrap();
    assert_eq!((may.departments.as_slice(), may.account), ([road, water].as_slice(), id(1)));
    assert_eq!(may.mailboxes(), ["person1@city.example", "road@city.example", "w1@city.example", "w2@city.example"]);
    assert_eq!(may.roles.into_iter().collect::<Vec<_>>(), [OfficeRole::Staff, OfficeRole::Approver]);
    assert_eq!((may.login, may.name, may.mailbox), (one.login, one.name, one.mailbox));
}

async fn who_is_blocked_is_nobody<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[1, 2]).await;
    for number in [1, 2] {
        let session = session(&format!("of {number}"), number, 100);
        ports.sessions.open(&city(), session, record(Event::SignedIn)).await.unwrap();
    }
    let blocked = temizu::domain::Account { blocked: true, ..person(1) };
    ports.accounts.change(&city(), vec![replaced(blocked)]).await.unwrap();
    let today = day("2026-06-01");
    assert_eq!(ports.accounts.principal(&city(), id(1), today).await.unwrap(), None);
    assert!(ports.accounts.principal(&city(), id(2), today).await.unwrap().is_some());
    let find = async |text| {
        let token = super::office::token(text);
        ports.sessions.find(&city(), token, temizu::ports::Door::Portal, at(101), at(0), at(0)).await
    };
    assert_eq!(find("of 1").await.unwrap(), None);
    assert!(find("of 2").await.unwrap().is_some());
    let again = ports.sessions.open(&city(), session("late", 1, 102), record(Event::SignedIn)).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    ports.accounts.change(&city(), vec![replaced(person(1))]).await.unwrap();
    assert!(ports.accounts.principal(&city(), id(1), today).await.unwrap().is_some());
}

async fn a_block_and_other_changes_leave_each_other_alone<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[1, 2]).await;
    ports.sessions.open(&city(), session("s", 1, 100), record(Event::SignedIn)).await.unwrap();
    let block = |blocked| (AccountChange::Block { account: id(1), blocked }, record(Event::AccountChanged));
    let moved = vec![posting("road", &[OfficeRole::Approver], "2026-05-01", None)];
    let post =
        |number, postings| (AccountChange::Post { account: id(number), postings }, record(Event::AccountChanged));
    let change = async |what| ports.accounts.change(&city(), vec![what]).await;
    change(block(true)).await.unwrap();
    change(post(1, moved.clone())).await.unwrap();
    let token = super::office::token("s");
    let found = ports.sessions.find(&city(), token, temizu::ports::Door::Portal, at(101), at(0), at(0)).await;
    assert_eq!(found.unwrap(), None, "whoever is blocked is signed out");
    let signed_in_at = Some(at(100));
    let expected = temizu::domain::Account { blocked: true, postings: moved, signed_in_at, ..person(1) };
    assert_eq!(ports.accounts.accounts(&city()).await.unwrap(), [expected.clone(), person(2)]);
    change(block(true)).await.unwrap();
    change(block(false)).await.unwrap();
    let expected = temizu::domain::Account { blocked: false, ..expected };
    assert_eq!(ports.accounts.accounts(&city()).await.unwrap()[0], expected);
    let nobody = AccountChange::Block { account: id(9), blocked: true };
    assert!(conflicts(&change((nobody, record(Event::AccountChanged))).await));
    assert!(conflicts(&change(post(9, Vec::new())).await));
}

async fn a_change_that_cannot_be_made_whole_is_not_made_at_all<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[1, 2]).await;
    let before = (ports.accounts.accounts(&city()).await.unwrap(), events(&ports, &city()).await);
    let taken = temizu::domain::Account { login: person(2).login, ..person(9) };
    let renamed = temizu::domain::Account { login: "another".parse().unwrap(), ..person(1) };
    let nowhere = temizu::domain::Account {
        postings: vec![posting("nowhere", &[OfficeRole::Staff], "2026-04-01", None)],
        ..person(9)
    };
    let first = temizu::domain::Account { name: "新".parse().unwrap(), ..person(1) };
    for last in [added(taken), added(person(1)), replaced(person(9)), added(nowhere), replaced(renamed)] {
        let changes = vec![kept(department("water", &[])), replaced(first.clone()), added(person(3)), last];
        let result = ports.accounts.change(&city(), changes.clone()).await;
        assert!(conflicts(&result), "{result:?}: {changes:?}");
        assert_eq!((ports.accounts.accounts(&city()).await.unwrap(), events(&ports, &city()).await), before);
        assert_eq!(ports.accounts.departments(&city()).await.unwrap().len(), 1);
    }
}

async fn thousands_of_people_change_at_once<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[]).await;
    let people: Vec<_> = (0..3_000_u16)
        .map(|number| {
            let [high, low] = number.to_be_bytes();
            let mut bytes = [0; 16];
            (bytes[14], bytes[15]) = (high, low);
            temizu::domain::Account {
                id: temizu::domain::AccountId::from_bytes(bytes),
                login: format!("p{number:05}").parse().unwrap(),
                ..person(1)
            }
        })
        .collect();
    ports.accounts.change(&city(), people.iter().cloned().map(added).collect()).await.unwrap();
    assert_eq!(ports.accounts.accounts(&city()).await.unwrap(), people);
    let moved: Vec<_> = people
        .into_iter()
        .map(|person| temizu::domain::Account {
            postings: vec![posting("road", &[OfficeRole::Approver], "2027-04-01", None)],
            ..person
        })
        .collect();
    ports.accounts.change(&city(), moved.iter().cloned().map(replaced).collect()).await.unwrap();
    assert_eq!(ports.accounts.accounts(&city()).await.unwrap(), moved);
    let (sequence, _) = ports.register.head(&city()).await.unwrap();
    assert_eq!(sequence, 1 + 2 * 3_000);
}

async fn credentials_are_read_with_the_sign_in_name_only<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[1]).await;
    let login = person(1).login;
    let (account, none) = ports.accounts.by_login(&city(), &login).await.unwrap().unwrap();
    assert_eq!(account, person(1));
    assert!(none.password.is_none() && none.totp.is_none());
    ports.sessions.open(&city(), session("s", 1, 100), record(Event::SignedIn)).await.unwrap();

    let set = async || {
        let record = record(Event::CredentialsChanged);
        ports.accounts.set_credentials(&city(), id(1), credentials(), record).await
    };
    set().await.unwrap();
    let (account, found) = ports.accounts.by_login(&city(), &login).await.unwrap().unwrap();
    assert!(account.has_password && account.has_totp);
    assert_eq!((found.password, found.totp, found.totp_step), (credentials().password, credentials().totp, 7));
    let token = super::office::token("s");
    let found = ports.sessions.find(&city(), token, temizu::ports::Door::Portal, at(101), at(0), at(0)).await;
    assert_eq!(found.unwrap(), None, "its sessions end");
    // The same second factor does not take up again what was used; another one begins anew.
    ports.accounts.use_totp_step(&city(), id(1), 9).await.unwrap();
    set().await.unwrap();
    assert_eq!(ports.accounts.by_login(&city(), &login).await.unwrap().unwrap().1.totp_step, 9);
    let other = Credentials { totp: Some(vec![9]), totp_step: 3, ..credentials() };
    let record_of = || record(Event::CredentialsChanged);
    ports.accounts.set_credentials(&city(), id(1), other, record_of()).await.unwrap();
    assert_eq!(ports.accounts.by_login(&city(), &login).await.unwrap().unwrap().1.totp_step, 3);
    let nobody = ports.accounts.set_credentials(&city(), id(9), credentials(), record_of()).await;
    assert!(matches!(nobody, Err(StoreError::NotFound)));
    assert_eq!(ports.accounts.by_login(&city(), &person(9).login).await.unwrap().map(|found| found.0), None);
}

async fn a_step_of_the_second_factor_counts_once<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[1, 2]).await;
    ports.accounts.use_totp_step(&city(), id(1), 100).await.unwrap();
    assert!(conflicts(&ports.accounts.use_totp_step(&city(), id(1), 100).await));
    assert!(conflicts(&ports.accounts.use_totp_step(&city(), id(1), 99).await));
    ports.accounts.use_totp_step(&city(), id(1), 101).await.unwrap();
    ports.accounts.use_totp_step(&city(), id(2), 100).await.unwrap();
}

async fn of_many_with_one_step_at_the_same_time_one_gets_through<S: StoreUnderTest>() {
    let [one, two] = S::open_twice().await;
    move_in(&one, &city(), &[1]).await;
    let city = city();
    let uses = (0..20).map(|number| {
        let ports = if number % 2 == 0 { &one } else { &two };
        ports.accounts.use_totp_step(&city, id(1), 100)
    });
    let used = join_all(uses).await;
    assert_eq!(used.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(used.iter().filter(|result| conflicts(result)).count(), 19);
}

async fn preferences_are_kept<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[1, 2]).await;
    let chosen =
        Preferences { language: Some(temizu::domain::Language::En), digest: DigestTimes::AtOnce, shortcuts: false };
    ports.accounts.prefer(&city(), id(1), chosen).await.unwrap();
    let principal = ports.accounts.principal(&city(), id(1), day("2026-06-01")).await.unwrap().unwrap();
    assert_eq!(principal.preferences, chosen);
    let other = ports.accounts.principal(&city(), id(2), day("2026-06-01")).await.unwrap().unwrap();
    assert_eq!(other.preferences, Preferences::default());
    // An administrator who changes the account leaves them alone.
    ports.accounts.change(&city(), vec![replaced(person(1))]).await.unwrap();
    assert_eq!(ports.accounts.accounts(&city()).await.unwrap()[0].preferences, chosen);
    assert!(matches!(ports.accounts.prefer(&city(), id(9), chosen).await, Err(StoreError::NotFound)));
}

async fn failures_count_by_name_and_by_address_until_it_goes_well<S: StoreUnderTest>() {
    let ports = S::open().await;
    let note = async |login: &str, address: &str, well: bool| {
        let event = if well { Event::SignedIn } else { Event::SignInFailed };
        ports.accounts.note_attempt(&city(), login, address, well, record(event)).await.unwrap();
    };
    let count = async |login: &str, address: &str, since: i64| {
        ports.accounts.failures(&city(), login, address, at(since)).await.unwrap()
    };
    for login in ["taro", "Taro ", "hanako", "私の秘密の合言葉"] {
        note(login, "192.0.2.1", false).await;
    }
    note("taro", "192.0.2.2", false).await;
    assert_eq!(count("taro", "192.0.2.1", 0).await, Failures { of_login: 3, of_address: 4 });
    assert_eq!(count("taro", "192.0.2.9", 2000).await, Failures { of_login: 3, of_address: 0 });
    assert_eq!(count("taro", "192.0.2.1", 2001).await, Failures { of_login: 0, of_address: 0 });
    note("taro", "192.0.2.1", true).await;
    assert_eq!(count("taro", "192.0.2.1", 0).await, Failures { of_login: 0, of_address: 2 });
    assert_eq!(count("hanako", "192.0.2.2", 0).await, Failures { of_login: 1, of_address: 0 });
    assert_eq!(events(&ports, &city()).await.len(), 6);
    // A day after, they are forgotten.
    ports.sessions.sweep_sessions(&city(), at(2000 + 24 * 3_600), at(0)).await.unwrap();
    assert_eq!(count("hanako", "192.0.2.1", 0).await.of_login, 1);
    ports.sessions.sweep_sessions(&city(), at(2001 + 24 * 3_600), at(0)).await.unwrap();
    assert_eq!(count("hanako", "192.0.2.1", 0).await, Failures { of_login: 0, of_address: 0 });
}

async fn deputies_are_replaced_unless_they_are_over<S: StoreUnderTest>() {
    let ports = S::open().await;
    move_in(&ports, &city(), &[1, 2, 3]).await;
    let deputy = |number: u8, from: &str, until: &str| Deputy {
        approver: id(1),
        deputy: id(number),
        from: day(from),
        until: day(until),
    };
    let name = async |deputies: Vec<Deputy>, today: &str| {
        let record = record(Event::DeputiesNamed);
        ports.accounts.name_deputies(&city(), id(1), deputies, day(today), record).await
    };
    let of = async |number: u8, today: &str| ports.accounts.deputies(&city(), id(number), day(today)).await.unwrap();
    let first = vec![deputy(2, "2026-06-01", "2026-06-05"), deputy(3, "2026-06-04", "2026-06-30")];
    name(first.clone(), "2026-05-20").await.unwrap();
    assert_eq!(of(1, "2026-06-05").await, first);
    assert_eq!(of(2, "2026-06-05").await, first[..1]);
    assert_eq!(of(1, "2026-06-06").await, first[1..]);
    // On the sixth the first is over and stays as it was; the other gives way.
    let second = vec![deputy(2, "2026-06-01", "2026-06-20")];
    let third = vec![deputy(2, "2026-07-01", "2026-07-02")];
    name(third.clone(), "2026-06-06").await.unwrap();
    assert_eq!(of(1, "2026-06-05").await, [first[0].clone(), third[0].clone()]);
    assert_eq!(of(3, "2026-06-05").await, []);
    name(second.clone(), "2026-06-06").await.unwrap();
    assert_eq!(of(1, "2026-06-06").await, second);
    let nobody = name(vec![deputy(9, "2026-06-07", "2026-06-08")], "2026-06-06").await;
    assert!(matches!(nobody, Err(StoreError::NotFound)), "{nobody:?}");
    assert_eq!(of(1, "2026-06-06").await, second, "nothing was changed");
}

async fn offices_of_two_tenants_are_apart<S: StoreUnderTest>() {
    let ports = S::open().await;
    found(&ports, 1).await.unwrap();
    ports.sessions.open(&city(), session("s", 1, 100), record(Event::SignedIn)).await.unwrap();
    let before = (ports.accounts.accounts(&city()).await.unwrap(), events(&ports, &city()).await);
    assert!(!ports.accounts.has_administrator(&town()).await.unwrap());
    assert!(ports.accounts.accounts(&town()).await.unwrap().is_empty());
    assert!(ports.accounts.departments(&town()).await.unwrap().is_empty());
    assert!(ports.accounts.by_login(&town(), &person(1).login).await.unwrap().is_none());
    assert_eq!(ports.accounts.principal(&town(), id(1), day("2026-06-01")).await.unwrap(), None);
    assert!(conflicts(&ports.accounts.use_totp_step(&town(), id(1), 100).await));
    assert!(ports.accounts.prefer(&town(), id(1), Preferences::default()).await.is_err());
    let set = record(Event::CredentialsChanged);
    assert!(ports.accounts.set_credentials(&town(), id(1), Credentials::default(), set).await.is_err());
    assert!(conflicts(&ports.accounts.change(&town(), vec![replaced(person(1))]).await));
    let deputies = vec![Deputy { approver: id(1), deputy: id(1), from: day("2026-06-01"), until: day("2026-06-01") }];
    let named = record(Event::DeputiesNamed);
    assert!(ports.accounts.name_deputies(&town(), id(1), deputies, day("2026-06-01"), named).await.is_err());
    ports.accounts.note_attempt(&town(), "person1", "192.0.2.1", false, record(Event::SignInFailed)).await.unwrap();
    let failures = ports.accounts.failures(&city(), "person1", "192.0.2.1", at(0)).await.unwrap();
    assert_eq!(failures, Failures { of_login: 0, of_address: 0 });
    assert_eq!((ports.accounts.accounts(&city()).await.unwrap(), events(&ports, &city()).await), before);

    // The same people, with the same names and numbers, in another town.
    move_in(&ports, &town(), &[1, 2]).await;
    let blocked = temizu::domain::Account { blocked: true, mailbox: Some(mailbox("x@town.example")), ..person(1) };
    ports.accounts.change(&town(), vec![replaced(blocked)]).await.unwrap();
    assert_eq!((ports.accounts.accounts(&city()).await.unwrap(), events(&ports, &city()).await), before);
    let token = super::office::token("s");
    let found = ports.sessions.find(&city(), token, temizu::ports::Door::Portal, at(101), at(0), at(0)).await;
    assert!(found.unwrap().is_some(), "its session goes on");
}
