//! What is typed, what it means, and how it is shown again.

use proptest::prelude::*;

use super::*;

const JAPAN: i16 = 540;

fn parsed(typed: &str) -> Search {
    Search::parse(typed, JAPAN)
}

fn sought(typed: &str) -> Vec<Sought> {
    parsed(typed).terms.into_iter().map(|term| term.sought).collect()
}

fn text(text: &str) -> Sought {
    Sought::Text(text.to_owned())
}

fn midnight(rfc3339: &str) -> Timestamp {
    Timestamp::from_millis(rfc3339.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[test]
fn each_prefix_is_understood_and_shown_again() {
    let from = |text: &str| Sought::From(text.to_owned());
    let begins = midnight("2026-11-22T15:00:00Z");
    for (typed, expected, shown) in [
        ("見積", text("見積"), "見積"),
        ("\"会議 資料\"", text("会議 資料"), "\"会議 資料\""),
        ("“会議 資料”", text("会議 資料"), "\"会議 資料\""),
        ("from:Taro", from("taro"), "from:taro"),
        ("ＦＲＯＭ：Ｔａｒｏ", from("taro"), "from:taro"),
        ("from: 太郎", from("太郎"), "from:太郎"),
        ("差出人：太郎", from("太郎"), "from:太郎"),
        ("from:\"山田 太郎\"", from("山田 太郎"), "from:\"山田 太郎\""),
        ("from: \"山田 太郎\"", from("山田 太郎"), "from:\"山田 太郎\""),
        ("to:soumu@city", Sought::To("soumu@city".to_owned()), "to:soumu@city"),
        ("subject:Re:会議", Sought::Subject("re:会議".to_owned()), "subject:re:会議"),
        ("件名:-x", Sought::Subject("-x".to_owned()), "subject:-x"),
        ("file:.XLSX", Sought::File(".xlsx".to_owned()), "file:.xlsx"),
        ("message-id:<A@b>", Sought::MessageId("<a@b>".to_owned()), "message-id:<a@b>"),
        ("is:action", Sought::Action, "is:action"),
        ("is:要対応", Sought::Action, "is:action"),
        ("is:ready", Sought::Ready, "is:ready"),
        ("is:password", Sought::State(ArrivalState::PasswordWanted), "is:password"),
        ("状態:パスワード待ち", Sought::State(ArrivalState::PasswordWanted), "is:password"),
        ("is:expired", Sought::State(ArrivalState::Expired), "is:expired"),
        ("has:attachment", Sought::HasAttachment, "has:attachment"),
        ("before:2026-11-23", Sought::Before(begins), "before:2026-11-23"),
        ("after:2026/11/23", Sought::After(begins), "after:2026-11-23"),
        ("after:2026年11月23日", Sought::After(begins), "after:2026-11-23"),
        ("after:令和8年11月23日", Sought::After(begins), "after:2026-11-23"),
        ("after:㋿８年１１月２３日", Sought::After(begins), "after:2026-11-23"),
        ("after:R8.11.23", Sought::After(begins), "after:2026-11-23"),
        ("before:令和元年5月1日", Sought::Before(midnight("2019-04-30T15:00:00Z")), "before:2019-05-01"),
        ("before:H31.4.30", Sought::Before(midnight("2019-04-29T15:00:00Z")), "before:2019-04-30"),
        ("before:昭和64年1月7日", Sought::Before(midnight("1989-01-06T15:00:00Z")), "before:1989-01-07"),
        ("larger:5M", Sought::Larger(5 << 20), "larger:5M"),
        ("larger:５００ＫＢ", Sought::Larger(500 << 10), "larger:500K"),
        ("smaller:1g", Sought::Smaller(1 << 30), "smaller:1G"),
        ("smaller:1000", Sought::Smaller(1000), "smaller:1000"),
        ("smaller:0", Sought::Smaller(0), "smaller:0"),
        ("7K3F-92QD", Sought::Reference("7K3F92QD".parse().unwrap()), "7K3F-92QD"),
        ("７ｋ３ｆ－９２ｑｄ", Sought::Reference("7K3F92QD".parse().unwrap()), "7K3F-92QD"),
        ("\"7K3F-92QD\"", text("7k3f-92qd"), "\"7k3f-92qd\""),
        ("20261123", text("20261123"), "20261123"),
        ("test-data", text("test-data"), "test-data"),
        ("10:30", text("10:30"), "\"10:30\""),
        ("https://a.example/", text("https://a.example/"), "\"https://a.example/\""),
    ] {
        let search = parsed(typed);
        assert_eq!(search.terms, [Term { sought: expected, negated: false }], "{typed}");
        assert_eq!(search.to_string(), shown, "{typed}");
        assert!(search.hints.is_empty(), "{typed}: {:?}", search.hints);
        for sign in ["-", "!", "－", "！", "−"] {
            let negated = parsed(&format!("{sign}{typed}"));
            assert_eq!(
                negated.terms,
                [Term { sought: search.terms[0].sought.clone(), negated: true }],
                "{sign}{typed}"
            );
            assert_eq!(negated.to_string(), format!("-{shown}"));
        }
    }
}

#[test]
fn words_are_parted_by_blanks_and_quotes() {
    for (typed, expected) in [
        ("", &[][..]),
        (" 　\t\n", &[]),
        ("- ! \"\" -\"\" from: ", &[]),
        ("予算　案", &["予算", "案"]),
        ("予算\n案", &["予算", "案"]),
        ("a\"b c\"d", &["a", "b c", "d"]),
        ("\"open end", &["open end"]),
        ("予\u{200B}算", &["予算"]),
    ] {
        let expected: Vec<Sought> = expected.iter().map(|one| text(one)).collect();
        assert_eq!(sought(typed), expected, "{typed:?}");
    }
    let both = parsed("予算 -from:taro -\"a b\"");
    assert_eq!(both.terms.iter().map(|term| term.negated).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn what_is_not_understood_is_text_and_said() {
    let unknown = |prefix: &str| Hint::UnknownPrefix(prefix.to_owned());
    let value = |value: &str| Hint::UnknownValue(value.to_owned());
    for (typed, expected, hint) in [
        ("tag:red", "tag:red", unknown("tag")),
        ("tag:\"a b\"", "tag:a b", unknown("tag")),
        ("reply-to:x", "reply-to:x", unknown("reply-to")),
        ("is:green", "is:green", value("is:green")),
        ("has:nothing", "has:nothing", value("has:nothing")),
        ("before:yesterday", "before:yesterday", value("before:yesterday")),
        ("before:2026-13-01", "before:2026-13-01", value("before:2026-13-01")),
        ("after:2026-11", "after:2026-11", value("after:2026-11")),
        ("after:2026-11-23-1", "after:2026-11-23-1", value("after:2026-11-23-1")),
        ("after:R0.1.1", "after:r0.1.1", value("after:r0.1.1")),
        ("larger:big", "larger:big", value("larger:big")),
        ("larger:-1", "larger:-1", value("larger:-1")),
        ("larger:99999999999999999999", "larger:99999999999999999999", value("larger:99999999999999999999")),
        ("larger:99999999999G", "larger:99999999999g", value("larger:99999999999g")),
    ] {
        let search = parsed(typed);
        assert_eq!(search.terms, [Term { sought: text(expected), negated: false }], "{typed}");
        assert_eq!(search.hints, [hint], "{typed}");
        assert_eq!(parsed(&search.to_string()).terms, search.terms, "{typed}");
    }
}

#[test]
fn a_day_begins_where_the_site_is() {
    let utc = Search::parse("after:2026-11-23", 0);
    assert_eq!(utc.terms[0].sought, Sought::After(midnight("2026-11-23T00:00:00Z")));
    assert_eq!(utc.to_string(), "after:2026-11-23");
    let west = Search::parse("after:2026-11-23", -300);
    assert_eq!(west.terms[0].sought, Sought::After(midnight("2026-11-23T05:00:00Z")));
    assert_eq!(west.to_string(), "after:2026-11-23");
}

#[test]
fn there_is_an_end_to_it() {
    let many = parsed(&"x ".repeat(30));
    assert_eq!((many.terms.len(), many.hints.as_slice()), (MAX_TERMS, &[Hint::TooLong][..]));
    let long = parsed(&format!("from:{} b", "あ".repeat(500)));
    assert_eq!(long.terms, [Term { sought: Sought::From("あ".repeat(MAX_TEXT)), negated: false }]);
    assert_eq!(long.hints, [Hint::TooLong]);
    assert_eq!(parsed(&"あ".repeat(100_000)).hints, [Hint::TooLong]);
    assert!(parsed(&"あ".repeat(MAX_TEXT)).hints.is_empty());
}

proptest! {
    #[test]
    fn any_text_is_read_and_what_is_shown_reads_as_the_same(typed in "\\PC{0,60}", offset in -900i16..900) {
        let search = Search::parse(&typed, offset);
        prop_assert_eq!(&Search::parse(&search.to_string(), offset).terms, &search.terms);
    }

    #[test]
    fn so_is_what_looks_like_a_search(
        words in proptest::collection::vec(
            "[-!−]?(from|is|larger|before|tag|件名|after)?[:：]?[\" ]?([A-Za-z0-9あー・%._\u{3099}\u{ff9e}-]{0,40}|令和[0-9]{1,3}年1月2日|[0-9]{1,5}[kmgb]?)[\" ]?",
            0..30,
        ),
    ) {
        let search = Search::parse(&words.join(" "), JAPAN);
        prop_assert!(search.terms.len() <= MAX_TERMS);
        let shown = search.to_string();
        prop_assert_eq!(&Search::parse(&shown, JAPAN).terms, &search.terms, "{}", shown);
    }
}
