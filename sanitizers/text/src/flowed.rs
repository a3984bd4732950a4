//! Paragraphs out of flowed lines (RFC 3676 4.1 to 4.5).
//!
//! Refuses: nothing. Invariant: lines are joined at equal depth of quotation only, and a signature line joins nothing;
//! the work is linear in the text.

use sanitizer_api::Flowed;

/// `text`, whose lines end in LF, with its soft line breaks removed.
pub(crate) fn joined(text: &str, how: Flowed) -> String {
    let mut out = String::with_capacity(text.len());
    // Depth of a paragraph that the next line may go on with.
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let quoted = line.get(depth..).unwrap_or_default();
        let content = quoted.strip_prefix(' ').unwrap_or(quoted);
        let is_signature = content == "-- ";
        if open != Some(depth) || is_signature {
            if open.is_some() {
                end_paragraph(&mut out);
            }
            out.push_str(line.get(..depth).unwrap_or_default());
            if depth > 0 && !content.is_empty() {
                out.push(' ');
            }
        }
        let soft = content.strip_suffix(' ').filter(|_| !is_signature);
        match soft {
            Some(joined) => {
                out.push_str(if how.delsp { joined } else { content });
                open = Some(depth);
            }
            None => {
                out.push_str(content);
                out.push_str(end);
                open = None;
            }
        }
    }
    if open.is_some() {
        end_paragraph(&mut out);
    }
    out
}

/// Ends a paragraph whose last line was soft: its last blank belongs to nothing.
fn end_paragraph(out: &mut String) {
    if out.ends_with(' ') {
        out.pop();
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(delsp: bool, text: &str, expected: &str) {
        assert_eq!(joined(text, Flowed { delsp }), expected, "{text:?}");
    }

    #[test]
    fn soft_lines_become_paragraphs() {
        check(true, "総務 \n課 \nです。\n次\n", "総務課です。\n次\n");
        check(false, "one \ntwo\n\nthree\n", "one two\n\nthree\n");
        check(true, "last \n", "last\n");
        check(false, "no end ", "no end\n");
        check(true, "", "");
        check(true, "\n\n", "\n\n");
    }

    #[test]
    fn quotations_are_joined_at_equal_depth_only() {
        check(true, "> a \n> b\n>> c \n> d\ne\n", "> ab\n>> c\n> d\ne\n");
        check(true, ">a \n>b\n>\n", "> ab\n>\n");
        check(false, "text \n> quoted\n", "text\n> quoted\n");
    }

    #[test]
    fn stuffing_is_taken_away_and_signatures_stay() {
        check(true, " > no quotation\n From here\n", "> no quotation\nFrom here\n");
        check(true, "text \n-- \nname \nsection\n", "text\n-- \nnamesection\n");
        check(true, "> -- \n> name\n", "> -- \n> name\n");
    }

    proptest! {
        #[test]
        fn nothing_but_blanks_line_ends_and_marks_is_ever_lost(text in "[ab> \\-\n]{0,60}", delsp: bool) {
            let kept = |text: &str| text.chars().filter(|c| !" \n>".contains(*c)).collect::<String>();
            let joined = joined(&text, Flowed { delsp });
            prop_assert_eq!(kept(&joined), kept(&text));
            prop_assert!(joined.len() <= text.len() + text.lines().count() + 1);
        }
    }
}
