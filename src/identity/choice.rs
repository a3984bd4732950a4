//! Which passwords may be chosen: long enough, and with enough left once everything guessable is taken out.
//!
//! There is no list of leaked passwords: such a list is somebody else's copy of stolen goods, and must be kept up. The
//! rules here are our own: names, keyboard rows, years and seasons, words of the office, repetition.
//! Invariant: a sentence about a weak password holds nothing of the password.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::{Label, Language, Login};

/// Fewest characters, in NFC.
pub const MIN_CHARACTERS: usize = 12;
/// Most characters, in NFC.
pub const MAX_CHARACTERS: usize = 128;
/// Fewest different characters.
const MIN_DIFFERENT: usize = 5;
/// Fewest characters that no rule here guesses.
const MIN_UNGUESSED: usize = 6;
/// Shortest run on a keyboard row that counts as one.
const RUN: usize = 4;

/// Rows of keyboards and orders that everybody knows; they count backwards as well.
const ROWS: [&str; 8] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "0123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "あいうえおかきくけこさしすせそ",
    "!@#$%^&*()",
];

/// Words that passwords are made of everywhere; seasons and months with them.
const WORDS: [&str; 40] = [
    "password",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "pass",
    "welcome",
    "admin",
    "administrator",
    "login",
    "letmein",
    "temizu",
    "lgwan",
    "user",
    "test",
    "ぱすわーど",
    "パスワード",
    "haru",
    "natsu",
    "aki",
    "fuyu",
    "spring",
    "summer",
    "autumn",
    "winter",
    "春",
    "夏",
    "秋",
    "冬",
    "令和",
    "reiwa",
    "平成",
    "heisei",
    "january",
    "april",
    "july",
    "october",
    "1月",
    "4月",
    "職員",
    "市役所",
];

/// What is wrong with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weakness {
    /// Fewer than [`MIN_CHARACTERS`].
    TooShort,
    /// More than [`MAX_CHARACTERS`].
    TooLong,
    /// Control characters or line breaks.
    Unprintable,
    /// The sign-in name or the name is in it.
    NamesYou,
    /// The same few characters again and again.
    Repeats,
    /// Mostly keyboard rows, years, seasons, common words, words of the office.
    Guessable,
}

impl Weakness {
    /// What to do instead.
    #[must_use]
    pub const fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::TooShort, Language::Ja) => "12 文字以上にしてください。",
            (Self::TooLong, Language::Ja) => "128 文字以下にしてください。",
            (Self::Unprintable, Language::Ja) => "改行やタブは使えません。",
            (Self::NamesYou, Language::Ja) => "サインイン名や氏名を入れないでください。",
            (Self::Repeats, Language::Ja) => "同じ文字のくり返しは使えません。",
            (Self::Guessable, Language::Ja) => {
                "推測されやすい言葉（キーボードの並び、年、季節、団体の名前など）ばかりです。別の言葉を足してください。"
            }
            (Self::TooShort, Language::En) => "Use at least 12 characters.",
            (Self::TooLong, Language::En) => "Use at most 128 characters.",
            (Self::Unprintable, Language::En) => "Line breaks and tabs cannot be used.",
            (Self::NamesYou, Language::En) => "Leave out your sign-in name and your name.",
            (Self::Repeats, Language::En) => "Do not repeat the same characters.",
            (Self::Guessable, Language::En) => {
                "This is mostly keyboard rows, years, seasons or words of the office. Add other words."
            }
        }
    }
}

/// What is wrong with `password` for this person; nothing if it may be chosen.
#[must_use]
pub fn weaknesses(password: &str, login: &Login, name: &Label, office: &[String]) -> Vec<Weakness> {
    let mut found = Vec::new();
    let length = password.nfc().take(MAX_CHARACTERS + 1).count();
    if length > MAX_CHARACTERS {
        return vec![Weakness::TooLong];
    }
    if length < MIN_CHARACTERS {
        found.push(Weakness::TooShort);
    }
    if password.chars().any(char::is_control) {
        found.push(Weakness::Unprintable);
    }
    let text = folded(password);
    if own_words(login, name).iter().any(|word| text.contains(word.as_str())) {
        found.push(Weakness::NamesYou);
    }
    if text.chars().collect::<BTreeSet<_>>().len() < MIN_DIFFERENT || is_repeated(&text) {
        found.push(Weakness::Repeats);
    } else if unguessed(&text, office) < MIN_UNGUESSED {
        found.push(Weakness::Guessable);
    }
    found
}

/// Compatibility form in lower case: `Ｐａｓｓ` is `pass`.
fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// The sign-in name and the name, whole and in pieces: at least three characters, or two if they are not ASCII.
fn own_words(login: &Login, name: &Label) -> BTreeSet<String> {
    let (login, name) = (folded(login.as_str()), folded(name.as_str()));
    let pieces = login.split(['@', '.', '-', '_']).chain(name.split_whitespace());
    let whole = [login.as_str(), name.as_str()];
    let fits = |word: &&str| word.chars().count() >= if word.is_ascii() { 3 } else { 2 };
    pieces.chain(whole).filter(fits).map(ToOwned::to_owned).collect()
}

/// True for `abcabcabcabc`: one piece of up to a third of the length, again and again.
fn is_repeated(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len() / 3).any(|size| letters.iter().zip(letters.iter().skip(size)).all(|(a, b)| a == b))
}

/// Characters that are left once words, years and runs are taken out; marks and blanks do not count.
fn unguessed(text: &str, office: &[String]) -> usize {
    let office = office.iter().map(|word| folded(word.trim())).filter(|word| word.chars().count() >= 2);
    let mut words: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).chain(office).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let mut text = text.to_owned();
    for word in &words {
        text = text.replace(word.as_str(), " ");
    }
    let letters: Vec<char> = text.chars().collect();
    let mut left = 0;
    let mut rest = letters.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        let skip = run(rest).max(year(rest));
        left += usize::from(skip == 0 && first.is_alphanumeric());
        rest = rest.get(skip..).filter(|_| skip > 0).unwrap_or(tail);
    }
    left
}

/// Length of the keyboard run at the start; 0 if there is none.
fn run(letters: &[char]) -> usize {
    let one_way = |row: &[char]| {
        let starts = 0..row.len();
        let fits = |start| row.iter().skip(start).zip(letters).take_while(|(a, b)| a == b).count();
        starts.map(fits).max().unwrap_or_default()
    };
    let longest = ROWS.iter().flat_map(|row| {
        let forth: Vec<char> = row.chars().collect();
        let back: Vec<char> = row.chars().rev().collect();
        [one_way(&forth), one_way(&back)]
    });
    longest.max().filter(|length| *length >= RUN).unwrap_or_default()
}

/// 4 if a year from 1900 to 2099 stands at the start, or 8 if a day follows it (`20260401`).
fn year(letters: &[char]) -> usize {
    let digits = letters.iter().take_while(|c| c.is_ascii_digit()).count();
    let century = matches!(letters, ['1', '9', ..] | ['2', '0', ..]);
    match digits {
        4..8 if century => 4,
        8.. if century => 8,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weak(password: &str) -> Vec<Weakness> {
        let office = ["みなと市".to_owned(), "minato".to_owned()];
        weaknesses(password, &"t.kashiwagi@city.example".parse().unwrap(), &"柏木 太郎".parse().unwrap(), &office)
    }

    #[test]
    fn long_and_unguessable_passwords_may_be_chosen() {
        for password in
            ["correct horse battery", "さくらの下で雨やどりした日", "x7!Kd92-mmQz", "坂道を下る三毛猫と青い傘"]
        {
            assert_eq!(weak(password), [], "{password}");
        }
    }

    #[test]
    fn each_rule_refuses_what_it_names() {
        for (password, expected) in [
            ("x7!Kd92-mmQ", Weakness::TooShort),
            ("Kashiwagi-x7!Kd92", Weakness::NamesYou),
            ("x7!Kd92柏木mmQzz", Weakness::NamesYou),
            ("aaaaaaaaaaaaaaaa", Weakness::Repeats),
            ("x7!Kdx7!Kdx7!Kd", Weakness::Repeats),
            ("qwertyuiop1234", Weakness::Guessable),
            ("poiuytrewq4321!", Weakness::Guessable),
            ("Password2026!!", Weakness::Guessable),
            ("Ｐａｓｓｗｏｒｄ２０２６！", Weakness::Guessable),
            ("Minato-Spring-2026", Weakness::Guessable),
            ("みなと市みなと市春2026夏", Weakness::Guessable),
            ("welcome20260401", Weakness::Guessable),
            ("x7!Kd92-\tmmQz", Weakness::Unprintable),
        ] {
            assert!(weak(password).contains(&expected), "{password}: {:?}", weak(password));
        }
        assert_eq!(weak(&"x7!Kd92-mmQz".repeat(11)), [Weakness::TooLong]);
        assert!(weak("").contains(&Weakness::TooShort));
    }
}
