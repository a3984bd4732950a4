//! Lines of a given width, broken as Japanese is set (kinsoku, JIS X 4051), and the widths of text.
//!
//! Refuses: to break numbers, words and the numbers of links; they may stick out. Invariant: lines put together again
//! are the text but for the blanks at their ends.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Never at the start of a line.
const NOT_FIRST: &str = "、。，．・：；？！゛゜ヽヾゝゞ々ー）］｝〕〉》」』】〙〗°′″℃％‰’”)],.!?:;}%>ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ～〜…‥ﾞﾟ｡､･｣ｰ円";
/// Never at the end of a line.
const NOT_LAST: &str = "（［｛〔〈《「『【〘〖‘“([{<¥$￥＄￡€№＃#｢△▲";

/// Columns of `text`; full-width and ambiguous characters take two, as Japanese fonts draw them.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width_cjk() }
}

fn char_width(c: char) -> usize {
    c.width_cjk().unwrap_or(0)
}

/// `text` in lines of at most `columns`, but for what must not be broken.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    if width(text) <= columns && !text.trim().is_empty() {
        return vec![text.trim_end().trim_start_matches(' ').to_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut taken = 0usize;
    for run in runs(text) {
        let columns_of_run = width(run.trim_end());
        if taken > 0 && taken.saturating_add(columns_of_run) > columns {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            taken = 0;
        }
        let run = if taken == 0 { run.trim_start_matches(' ') } else { run };
        line.push_str(run);
        taken = taken.saturating_add(width(run));
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Columns of the widest piece that is never broken.
pub(crate) fn widest_run(text: &str) -> usize {
    runs(text).map(|run| width(run.trim_end())).max().unwrap_or(0)
}

/// The pieces of `text` between which a line may end.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut previous = None;
        let end = rest.char_indices().find(|&(_, c)| previous.replace(c).is_some_and(|before| may_break(before, c)));
        let (run, tail) = rest.split_at_checked(end.map_or(rest.len(), |(at, _)| at)).unwrap_or((rest, ""));
        rest = tail;
        Some(run)
    })
}

/// True if a line may end between two neighbours.
fn may_break(before: char, after: char) -> bool {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '０'..='９' | ',' | '.' | '，' | '．');
    if after == ' ' || char_width(after) == 0 || NOT_FIRST.contains(after) || NOT_LAST.contains(before) {
        return false;
    }
    // The number of a link stays with its text.
    if after == '[' || (number(before) && number(after)) {
        return false;
    }
    before == ' ' || !before.is_ascii() || !after.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_begin_and_end_as_japanese_lines_do() {
        for (text, columns, lines) in [
            ("これは、長い文です。", 8, &["これは、", "長い文で", "す。"][..]),
            ("あいう「えお」か", 8, &["あいう", "「えお」", "か"]),
            ("サーバー管理", 4, &["サー", "バー", "管理"]),
            ("予算は1,234,567円です", 8, &["予算は", "1,234,567円", "です"]),
            ("計１２３，４５６", 6, &["計", "１２３，４５６"]),
            ("申請書[12]を見る", 8, &["申請", "書[12]を", "見る"]),
            ("the quick brown fox", 9, &["the quick", "brown fox"]),
            ("ﾊﾝｶｸﾃﾞｽ", 4, &["ﾊﾝｶｸ", "ﾃﾞｽ"]),
            ("", 4, &[]),
        ] {
            assert_eq!(wrap(text, columns), lines, "{text}");
        }
        assert_eq!((width("漢字kana①"), widest_run("ab 12,345 漢字")), (10, 6));
    }
}
