//! Passwords as senders write them, and texts that name none.

use proptest::prelude::*;

use super::*;

fn candidates(text: &str) -> Vec<String> {
    super::candidates(text, &mut { MAX_SEARCHED })
}

#[test]
fn what_senders_write_is_found_and_stands_first() {
    for (text, expected) in [
        ("パスワード：Abc-1234", "Abc-1234"),
        ("パスワードは「Abc-1234」です。", "Abc-1234"),
        ("パスワードは Abc-1234 です。", "Abc-1234"),
        ("パスワードはabc1234です", "abc1234"),
        ("【パスワード】Abc-1234", "Abc-1234"),
        ("■解凍パスワード： 【Abc-1234】", "Abc-1234"),
        ("解凍パスワード（半角英数字）：Abc-1234", "Abc-1234"),
        ("展開用 → Abc-1234", "Abc-1234"),
        ("PW: Abc-1234", "Abc-1234"),
        ("ＰＷ：Abc-1234", "Abc-1234"),
        ("Password = Abc-1234", "Abc-1234"),
        ("ZIP PASS:Abc-1234", "Abc-1234"),
        ("The password is \"Abc-1234\".", "Abc-1234"),
        ("The password for the file is: Abc-1234.", "Abc-1234"),
        ("password is Abc-1234.", "Abc-1234"),
        ("ﾊﾟｽﾜｰﾄﾞ:Abc-1234", "Abc-1234"),
        ("暗証番号　0420", "0420"),
        ("パスワードは以下の通りです。\n\nAbc-1234\n\n以上", "Abc-1234"),
        ("先ほどの添付ファイルのパスワードをお送りします。\n\n　「Abc-1234」\n", "Abc-1234"),
        ("■パスワード\n----------\nAbc-1234\n----------\n", "Abc-1234"),
        ("パスワード：下記\n・資料.zip：Abc-1234\n", "Abc-1234"),
        ("パスワード：hanako", "hanako"),
        ("パスワード：「さくら2024」", "さくら2024"),
        ("パスワード：さくら二〇二四です。", "さくら二〇二四"),
        ("> パスワード：Abc-1234", "Abc-1234"),
        ("ワンタイムパスワード：Abc-1234", "Abc-1234"),
        ("ZIPパスワード：Abc-1234", "Abc-1234"),
    ] {
        assert_eq!(candidates(text).first().map(String::as_str), Some(expected), "{text}");
    }
}

#[test]
fn full_width_and_doubtful_ends_are_offered_both_ways() {
    assert_eq!(candidates("パスワード：Ａｂｃ１２３"), ["Ａｂｃ１２３", "Abc123"]);
    let both = candidates("Password: Abc123.");
    assert_eq!(both.first().map(String::as_str), Some("Abc123"));
    assert!(both.contains(&"Abc123.".to_owned()));
    assert_eq!(candidates("パスワード：correct horse 9")[1..], ["correct horse 9"]);
}

#[test]
fn the_likeliest_stands_first_and_each_stands_once() {
    let text = "Password: required\nパスワード：Abc-1234\nPW: Abc-1234\n";
    assert_eq!(candidates(text), ["Abc-1234", "required"]);
    let many: String = (0..100).map(|n| format!("PW: x{n}y\n")).collect();
    assert_eq!(candidates(&many).len(), MAX_CANDIDATES);
}

#[test]
fn what_names_no_password_gives_none() {
    for text in [
        "",
        "明日の会議の資料をお送りします。ご確認ください。",
        "パスワードは別途お知らせします。",
        "パスワードの再設定はこちら：hxxps://example[.]jp/reset",
        "The bypass was opened by the mayor.",
        "パスポートの申請：窓口3番",
        "バイパス：4号線",
    ] {
        assert_eq!(candidates(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_longest_line_and_the_longest_text_take_no_time() {
    let started = std::time::Instant::now();
    let tiring = format!("{}{}\n", "pw:".repeat(240), "x".repeat(260));
    for text in
        ["パスワード".repeat(200_000), "パスワード：\n".repeat(200_000), "pw:(".repeat(500_000), tiring.repeat(20_000)]
    {
        assert!(candidates(&text).len() <= MAX_CANDIDATES);
    }
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn behind_what_a_mail_may_have_and_behind_eight_words_of_a_line_nothing_is_sought() {
    let mut left = 12;
    assert_eq!(super::candidates("PW: Abc-1\nPW: Abc-2\n", &mut left), ["Abc-1"]);
    assert_eq!((super::candidates("PW: Abc-3", &mut left), left), (vec![], 0), "texts of a mail share it");
    let line = |words: usize| format!("{}PW: Abc-1", format!("PW {} ", "-".repeat(REACH)).repeat(words));
    assert_eq!(candidates(&line(7)), ["Abc-1"]);
    assert_eq!(candidates(&line(8)), [""; 0]);
    let far = format!("{}\nPW: Abc-1", "x\n".repeat(MAX_SEARCHED / 2));
    assert_eq!(candidates(&far), [""; 0]);
}

#[test]
fn every_word_begins_as_words_do() {
    for word in STRONG.iter().chain(WEAK) {
        assert!(word.starts_with(|c| FIRST.contains(c)), "{word}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_few_single_lines(
        text in prop::collection::vec(
            prop_oneof![
                Just("パスワード".to_owned()), Just("：".to_owned()), Just("「".to_owned()), Just("\n".to_owned()),
                Just("password is ".to_owned()), Just("です。".to_owned()), "\\PC{0,150}", any::<String>(),
            ],
            0..20,
        ),
    ) {
        let text = text.concat();
        let found = candidates(&text);
        prop_assert!(found.len() <= MAX_CANDIDATES);
        for (at, candidate) in found.iter().enumerate() {
            prop_assert!((1..=MAX_LENGTH).contains(&candidate.chars().count()), "{candidate:?}");
            prop_assert!(!candidate.chars().any(char::is_control), "{candidate:?}");
            prop_assert!(!found[..at].contains(candidate));
        }
    }
}
