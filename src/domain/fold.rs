//! How text is made comparable for a search: NFKC, then lower case.
//!
//! Refuses nothing. Invariant: what is stored to be found and what is searched for go through this one function.

use unicode_normalization::UnicodeNormalization as _;

/// `text` with its compatible characters made one (`Ａ`, `ｱ`, `㈱` become `a`, `ア`, `(株)`), in lower case.
#[must_use]
pub fn folded(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
    lower.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_and_cases_become_one() {
        for (text, expected) in [
            ("ＲｅｐＯＲＴ", "report"),
            ("ｶﾞｲｺｸ", "ガイコク"),
            ("㈱手水", "(株)手水"),
            ("か\u{3099}", "が"),
            ("100%_\\", "100%_\\"),
        ] {
            assert_eq!(folded(text), expected, "{text}");
            assert_eq!(folded(expected), expected, "folding twice changes nothing");
        }
    }
}
