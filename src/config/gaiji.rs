//! The table of a site's own characters (gaiji): what to write for a private code point.
//!
//! One entry a line: a code, a blank or tab, the word that stands for it; `#` begins a comment. Refuses: codes that are
//! not private, words that could be more than words to some program (ASCII signs, controls), the same character twice.
//! Invariant: a table that was read is sorted and holds each code point once.

use std::path::Path;

use super::document::{Document, MAX_FAULTS};
use super::fault::{Fault, Problem, Words, excerpt};
use super::load::{ConfigErrors, read_rules};
use crate::domain::name::changes_reading;

/// Longest word in characters.
const MAX_WORD: usize = 16;
/// Private code points of the first plane; at most so many entries there can be.
const PRIVATE: std::ops::RangeInclusive<u32> = 0xE000..=0xF8FF;

/// Reads the table in the file at `path`.
///
/// # Errors
/// All mistakes with their lines, or one fault if the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<(u32, String)>, ConfigErrors> {
    let texts = read_rules(&[path.to_path_buf()])?;
    let (file, text) = texts.into_iter().next().unwrap_or_default();
    parse(&file, &text)
}

/// Reads the table in `text`, which came from `file`.
///
/// # Errors
/// All mistakes with their lines.
pub fn parse(file: &str, text: &str) -> Result<Vec<(u32, String)>, ConfigErrors> {
    let document = Document::new(file, text);
    let mut table = std::collections::BTreeMap::new();
    let mut faults: Vec<Fault> = Vec::new();
    let mut offset = 0usize;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset = offset.saturating_add(line.len());
        let entry = line.trim_start_matches('\u{FEFF}').split('#').next().unwrap_or_default().trim();
        if entry.is_empty() {
            continue;
        }
        let (code, word) = entry.split_once([' ', '\t', '\u{3000}']).unwrap_or((entry, ""));
        let word = word.trim();
        let problem = match code_point(code) {
            None => Some(no_code(code)),
            Some(_) if !is_word(word) => Some(no_word(word)),
            Some(point) if table.insert(point, word.to_owned()).is_some() => Some(repeated(point)),
            Some(_) => None,
        };
        faults.extend(problem.map(|problem| document.fault(start, "", problem)));
        if faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if faults.is_empty() { Ok(table.into_iter().collect()) } else { Err(ConfigErrors { faults }) }
}

/// `U+E000`, `E000`, or `F040`: the code of a user-defined character in Windows' Shift_JIS (CP932), F040 to F9FC.
fn code_point(code: &str) -> Option<u32> {
    let unicode = code.strip_prefix("U+").or_else(|| code.strip_prefix("u+"));
    let digits = unicode.unwrap_or(code);
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 4 && !digits.starts_with('+'))?;
    match number {
        0xF000.. if unicode.is_none() => of_cp932(number),
        private if PRIVATE.contains(&private) => Some(private),
        _ => None,
    }
}

fn of_cp932(code: u32) -> Option<u32> {
    let (lead, trail) = (code >> 8, code & 0xFF);
    let cell = match trail {
        0x40..=0x7E => trail.checked_sub(0x40)?,
        0x80..=0xFC => trail.checked_sub(0x41)?,
        _ => return None,
    };
    let row = lead.checked_sub(0xF0).filter(|row| *row < 10)?;
    Some(0xE000 + row * 188 + cell)
}

/// One to [`MAX_WORD`] characters that are nothing but characters to every program that may see them: no controls, and of
/// ASCII and its full-width twins no signs but brackets, so that a word can be no formula, address, path or ending.
fn is_word(word: &str) -> bool {
    let is_sign = |c: char| {
        let twin = u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).filter(char::is_ascii_punctuation);
        twin.is_some_and(|twin| !matches!(twin, '(' | ')'))
    };
    let fits = |c: char| match c {
        '(' | ')' | ' ' => true,
        c if c.is_ascii() => false,
        c => !changes_reading(c) && !is_private(c) && !is_sign(c) && !c.is_whitespace(),
    };
    (1..=MAX_WORD).contains(&word.chars().count()) && word.chars().all(fits)
}

fn is_private(c: char) -> bool {
    PRIVATE.contains(&u32::from(c)) || u32::from(c) >= 0xF_0000
}

fn no_code(code: &str) -> Problem {
    let code = excerpt(code);
    Problem {
        code: "gaiji_code",
        what: Words::new(
            format!("{code} は外字のコードではありません"),
            format!("{code} is no code of a private character"),
        ),
        instead: Words::new(
            "E000〜EFFF、U+E000〜U+F8FF、または CP932 の F040〜F9FC を書いてください",
            "write E000 to EFFF, U+E000 to U+F8FF, or F040 to F9FC of CP932",
        ),
    }
}

fn no_word(word: &str) -> Problem {
    let word = excerpt(word);
    Problem {
        code: "gaiji_word",
        what: Words::new(format!("置き換える文字「{word}」は使えません"), format!("the word {word:?} cannot be used")),
        instead: Words::new(
            format!("{MAX_WORD} 文字以内の全角文字を書いてください（記号は括弧だけ使えます）"),
            format!("write 1 to {MAX_WORD} characters, no ASCII and no signs but brackets"),
        ),
    }
}

fn repeated(point: u32) -> Problem {
    Problem {
        code: "repeated",
        what: Words::new(
            format!("U+{point:04X} は前の行にもあります"),
            format!("U+{point:04X} is there on an earlier line too"),
        ),
        instead: Words::new("一つにしてください", "write it once"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_code_is_read_and_the_table_is_sorted() {
        let text = "\u{FEFF}# 外字\n\nF9FC\t吉（土）\nE000 髙\nu+f8ff りんご # logo\nF07F 誤 \n"
            .replace("F07F 誤 \n", "F080\t(未) 登録\r\n");
        let table = parse("g.txt", &text).unwrap();
        let expected = [(0xE000, "髙"), (0xE03F, "(未) 登録"), (0xE757, "吉（土）"), (0xF8FF, "りんご")]
            .map(|(c, w)| (c, w.to_owned()));
        assert_eq!(table, expected);
        assert_eq!(parse("g.txt", ""), Ok(Vec::new()));
    }

    #[test]
    fn codes_of_cp932_count_over_the_hole_at_7f() {
        for (code, point) in [
            ("F040", Some(0xE000)),
            ("F07E", Some(0xE03E)),
            ("F080", Some(0xE03F)),
            ("F140", Some(0xE0BC)),
            ("F9FC", Some(0xE757)),
            ("U+F040", Some(0xF040)),
            ("F07F", None),
            ("F0FD", None),
            ("FA40", None),
            ("9000", None),
            ("U+3042", None),
            ("+E00", None),
            ("E0000", None),
            ("", None),
        ] {
            assert_eq!(code_point(code), point, "{code}");
        }
    }

    #[test]
    fn words_that_could_be_more_than_words_are_refused() {
        for word in ["髙", "(土の吉)", "（土の吉）", "ﾀｶ", "葛\u{E0100}", "一二三四五六七八九十一二三四五六"]
        {
            assert!(is_word(word), "{word}");
        }
        for word in [
            "",
            "a",
            "=1",
            "＝１",
            "www",
            "．",
            "一\u{202E}",
            "\u{E000}",
            "、\t、",
            "一二三四五六七八九十一二三四五六七",
        ] {
            assert!(!is_word(word), "{word}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_file_and_line() {
        let errors = parse("g.txt", "E000 髙\nE000 高\nX 一\nE001\nE002 a\n").unwrap_err();
        let told: Vec<_> = errors
            .faults
            .iter()
            .map(|fault| (fault.position.map(|place| place.line), fault.problem.code, fault.source.as_str()))
            .collect();
        let at = |line, code| (Some(line), code, "g.txt");
        assert_eq!(told, [at(2, "repeated"), at(3, "gaiji_code"), at(4, "gaiji_word"), at(5, "gaiji_word")]);
        assert!(parse("g.txt", &"x\n".repeat(5_000)).unwrap_err().faults.len() <= MAX_FAULTS);
        assert!(read(Path::new("/nowhere/gaiji.txt")).is_err());
    }
}
