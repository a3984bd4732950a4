//! What in a text looks like a password that its sender names for a file: `パスワード：xxxx`, `Password = xxxx`, a line
//! of its own after 「パスワードは以下の通りです」.
//!
//! Refuses: addresses of the web, more than [`MAX_CANDIDATES`], what stands behind [`MAX_SEARCHED`]. Invariant: linear
//! time; each candidate is one line of 1 to [`MAX_LENGTH`] characters without controls, given once, the likeliest first.

#[cfg(test)]
mod tests;

use unicode_normalization::UnicodeNormalization as _;

/// Most candidates of one text.
pub const MAX_CANDIDATES: usize = 20;
/// Longest candidate in characters.
pub const MAX_LENGTH: usize = 128;
/// Longest rest of a line that may be a candidate with the blanks in it, in characters.
const MAX_REST: usize = 64;
/// Characters of one mail that are looked at: who names a password names it where it is read.
pub const MAX_SEARCHED: usize = 256 * 1024;
/// Characters of a line that are looked at.
const MAX_LINE: usize = 1_000;
/// Words of a line behind which a password is sought.
const MAX_WORDS: usize = 8;
/// Characters between the word for a password and the sign before it: `パスワード（半角英数字）：`.
const REACH: usize = 40;
/// Lines that are looked at after one that names a password but does not give it.
const FOLLOWING: u8 = 4;
/// Findings after which nothing more is sought.
const ENOUGH: usize = 200;

/// Folded: half-width letters, lower case.
const STRONG: &[&str] = &[
    "パスワード",
    "ﾊﾟｽﾜｰﾄﾞ",
    "パスコード",
    "パスフレーズ",
    "ぱすわーど",
    "暗証番号",
    "暗証コード",
    "復号キー",
    "解凍キー",
    "合言葉",
    "password",
    "passwd",
    "passcode",
    "passphrase",
    "p/w",
];
/// Count only with a sign after them.
const WEAK: &[&str] = &["パス", "解凍用", "展開用", "開封用", "閲覧用", "pass", "pwd", "pw"];
/// What the words begin with: most characters begin none.
const FIRST: &str = "パﾊぱ暗復解合展開閲p";
const SIGNS: &str = "：:＝=→⇒➡▶≫";
const QUOTES: &[(char, char)] = &[
    ('「', '」'),
    ('『', '』'),
    ('“', '”'),
    ('"', '"'),
    ('＂', '＂'),
    ('【', '】'),
    ('《', '》'),
    ('〈', '〉'),
    ('［', '］'),
    ('[', ']'),
    ('＜', '＞'),
    ('<', '>'),
    ('`', '`'),
];
/// What stands around the word or before a line, and is no part of a password.
const ORNAMENTS: &str = "】」』］〉》■□◆◇●○★☆・※▼►>＞|｜ \t\u{3000}";
/// A text with one of these tells where the password is, not what it is.
const POINTERS: &[&str] =
    &["以下", "下記", "次の", "別途", "別送", "別メール", "後ほど", "後程", "お知らせ", "送付", "送り", "連絡"];
const COPULAS: &[&str] = &["です", "でございます", "になります", "となります", "となっております", "である"];

/// The candidates in `text`. `left` are the characters that may still be looked at, at first [`MAX_SEARCHED`]: the
/// texts of one mail share them.
#[must_use]
pub fn candidates(text: &str, left: &mut usize) -> Vec<String> {
    let mut search = Search::default();
    for line in text.lines() {
        if search.found.len() > ENOUGH || *left == 0 {
            break;
        }
        let line: Vec<char> = line.chars().take(MAX_LINE.min(*left)).collect();
        *left = left.saturating_sub(line.len() + 1);
        search.line(&line);
    }
    search.found.sort_by_key(|(rank, _)| *rank);
    let mut best = Vec::new();
    for (_, candidate) in search.found {
        if best.len() < MAX_CANDIDATES && !best.contains(&candidate) {
            best.push(candidate);
        }
    }
    best
}

/// How likely a finding is a password; smaller is better.
type Rank = u8;
const SURE: Rank = 0;
const LIKELY: Rank = 1;
const POSSIBLE: Rank = 2;

#[derive(Default)]
struct Search {
    found: Vec<(Rank, String)>,
    /// Lines that may still bring what an earlier line has announced.
    following: u8,
}

impl Search {
    fn line(&mut self, line: &[char]) {
        let folded: Vec<char> = line.iter().map(|c| fold(*c)).collect();
        let (mut at, mut words, mut has_word, mut has_value) = (0, 0, false, false);
        while at < line.len() && words < MAX_WORDS {
            match word(&folded, at) {
                Some((end, strong)) => {
                    words += 1;
                    has_word |= strong;
                    has_value |= self.after_word(line.get(end..).unwrap_or_default(), strong);
                    at = end;
                }
                None => at += 1,
            }
        }
        if has_word || has_value {
            self.following = if has_value { 0 } else { FOLLOWING };
        } else if self.following > 0 {
            self.announced(line);
        }
    }

    /// What stands behind a word for a password in its line; true if that is one.
    fn after_word(&mut self, tail: &[char], strong: bool) -> bool {
        let value = trimmed(tail);
        let near = value.get(..REACH).unwrap_or(value);
        let mut note = 0u32;
        for (at, c) in near.iter().enumerate() {
            match c {
                '(' | '（' => note += 1,
                ')' | '）' => note = note.saturating_sub(1),
                '。' => break,
                _ if note > 0 => {}
                _ if SIGNS.contains(*c) => return self.value(value.get(at + 1..).unwrap_or_default()),
                _ if strong && opens(*c).is_some() => return self.value(value.get(at..).unwrap_or_default()),
                _ => {}
            }
        }
        let is_set_off = value.len() < tail.len();
        let after_verb =
            [&['は', '、'][..], &['は'], &['i', 's', ' ']].iter().find_map(|verb| value.strip_prefix(*verb));
        match after_verb.map(trimmed) {
            _ if !strong => false,
            Some(value) => self.run(value, LIKELY),
            None => is_set_off && looks_made_up(run_of(value)) && self.run(value, LIKELY),
        }
    }

    /// What stands behind a sign: quoted, a run of letters, or the rest of the line.
    fn value(&mut self, rest: &[char]) -> bool {
        let rest: &[char] = trim_start(rest, |c| SIGNS.contains(c) || is_blank(c));
        if let Some(close) = rest.first().and_then(|c| opens(*c))
            && let Some(inner) = rest.get(1..)
            && let Some(end) = inner.iter().position(|c| *c == close)
        {
            return self.add(SURE, inner.get(..end).unwrap_or_default());
        }
        let found = self.run(rest, if looks_made_up(run_of(rest)) { SURE } else { LIKELY });
        let whole = without_end(rest);
        if whole.len() > MAX_REST {
            return found;
        }
        let text: String = whole.iter().collect();
        let points = POINTERS.iter().any(|pointer| text.contains(pointer));
        (!points && self.add(POSSIBLE, whole)) || found
    }

    /// The letters at the start of `value`, with and without the mark at their end.
    fn run(&mut self, value: &[char], rank: Rank) -> bool {
        let run = run_of(value);
        let bare = trim_end(run, |c| ".,;)]>\"'．，）".contains(c));
        let starred = trim_end(trim_start(bare, |c| c == '*'), |c| c == '*');
        let found = self.add(rank, bare);
        if starred.len() < bare.len() {
            self.add(rank, starred);
        }
        if bare.len() < run.len() {
            self.add(POSSIBLE, run);
        }
        found
    }

    /// A line after one that has announced a password.
    fn announced(&mut self, line: &[char]) {
        let line = without_end(trimmed(line));
        if !line.iter().any(|c| c.is_alphanumeric()) {
            return;
        }
        self.following -= 1;
        let is_quoted = line.first().and_then(|c| opens(*c)).is_some();
        let is_run = line.len() > 2 && run_of(line).len() == line.len();
        let sign = line.iter().take(REACH).position(|c| SIGNS.contains(*c));
        let found = match sign {
            _ if is_quoted || is_run => self.value(line),
            Some(at) => self.value(line.get(at + 1..).unwrap_or_default()),
            None => false,
        };
        if found {
            self.following = 0;
        }
    }

    /// True if it was taken.
    fn add(&mut self, rank: Rank, candidate: &[char]) -> bool {
        let candidate = trim_end(trim_start(candidate, is_blank), is_blank);
        if candidate.len() > MAX_LENGTH {
            return false;
        }
        let text: String = candidate.iter().collect();
        let is_address = text.to_ascii_lowercase().starts_with("hxxp");
        let fits = |text: &str| (1..=MAX_LENGTH).contains(&text.chars().count()) && !text.chars().any(breaks_line);
        if !fits(&text) || is_address || !text.chars().any(char::is_alphanumeric) {
            return false;
        }
        let compatible: String = text.nfkc().collect();
        let other = (compatible != text && fits(&compatible)).then_some(compatible);
        self.found.extend([Some(text), other].into_iter().flatten().map(|text| (rank, text)));
        true
    }
}

fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Where a word for a password that begins at `at` ends, and whether it says so by itself.
fn word(folded: &[char], at: usize) -> Option<(usize, bool)> {
    let rest = folded.get(at..).filter(|rest| rest.first().is_some_and(|c| FIRST.contains(*c)))?;
    let before = at.checked_sub(1).and_then(|before| folded.get(before)).copied();
    let fits = |word: &&&str| {
        let mut letters = rest.iter().copied();
        let is_there = word.chars().all(|c| letters.next() == Some(c));
        // Not `bypass`, not `passport`, not パスポート.
        let joins = |end: Option<char>, beside: Option<char>| {
            end.zip(beside).is_some_and(|(end, beside)| {
                end.is_ascii() && beside.is_ascii_alphanumeric() || is_katakana(end) && is_katakana(beside)
            })
        };
        // ワンタイムパスワード is one, バイパス is none.
        let starts_apart = **word != "パス" && !word.is_ascii() || !joins(word.chars().next(), before);
        is_there && starts_apart && !joins(word.chars().last(), letters.next())
    };
    let end = |word: &&str| at + word.chars().count();
    let strong = STRONG.iter().find(fits).map(|word| (end(word), true));
    strong.or_else(|| WEAK.iter().find(fits).map(|word| (end(word), false)))
}

const fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30A1}'..='\u{30FC}' | '\u{FF66}'..='\u{FF9F}')
}

fn fold(c: char) -> char {
    let narrow = match c {
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        other => other,
    };
    narrow.to_ascii_lowercase()
}

/// The closing mark of an opening one.
fn opens(c: char) -> Option<char> {
    QUOTES.iter().find(|(open, _)| *open == c).map(|(_, close)| *close)
}

/// The letters, digits and signs, half or full width, that `value` begins with.
fn run_of(value: &[char]) -> &[char] {
    let is_letter = |c: &char| c.is_ascii_graphic() || matches!(c, '\u{FF01}'..='\u{FF5E}');
    value.get(..value.iter().position(|c| !is_letter(c)).unwrap_or(value.len())).unwrap_or_default()
}

/// No word of a language: it has a digit, a sign or a capital inside.
fn looks_made_up(run: &[char]) -> bool {
    let is_plain = |c: &char| c.is_ascii_lowercase() || ".,;:!?)'\"".contains(*c);
    run.len() > 2 && !run.iter().skip(1).all(is_plain)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
}

fn trimmed(value: &[char]) -> &[char] {
    trim_end(trim_start(value, |c| ORNAMENTS.contains(c)), is_blank)
}

/// Without the end of the sentence that a password may stand in.
fn without_end(value: &[char]) -> &[char] {
    let end = |c: char| is_blank(c) || "。".contains(c);
    let mut rest = trim_end(value, end);
    for copula in COPULAS {
        let copula: Vec<char> = copula.chars().collect();
        rest = rest.strip_suffix(copula.as_slice()).unwrap_or(rest);
    }
    trim_end(rest, end)
}

fn trim_start(value: &[char], is_outside: impl Fn(char) -> bool) -> &[char] {
    let from = value.iter().position(|c| !is_outside(*c)).unwrap_or(value.len());
    value.get(from..).unwrap_or_default()
}

fn trim_end(value: &[char], is_outside: impl Fn(char) -> bool) -> &[char] {
    let end = value.iter().rposition(|c| !is_outside(*c)).map_or(0, |last| last + 1);
    value.get(..end).unwrap_or_default()
}
