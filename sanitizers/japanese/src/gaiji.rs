//! Characters of somebody's own making (gaiji): private code points and the text that a site has for them.
//!
//! Refuses: nothing; a private code point that the table does not know becomes 〓. Invariant: what comes out has no
//! private code point, unless the table itself put one there.

/// What stands for a character that only its sender's machine knows.
const GETA: char = '〓';

/// True for code points whose meaning is agreed between machines, not by a standard: the private use area and planes
/// 15 and 16.
#[must_use]
pub const fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

/// The table of a site, sorted by code point.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gaiji<'a>(&'a [(u32, String)]);

impl<'a> Gaiji<'a> {
    /// The table, which must be sorted by code point.
    #[must_use]
    pub const fn new(sorted: &'a [(u32, String)]) -> Self {
        Self(sorted)
    }

    /// `text` with the site's words for private code points, and how many the table did not know; `None` if there is
    /// no private code point in it.
    #[must_use]
    pub fn written(&self, text: &str) -> Option<(String, u32)> {
        if !text.contains(is_private) {
            return None;
        }
        let mut written = String::with_capacity(text.len());
        let mut unknown = 0u32;
        for c in text.chars() {
            match self.word(c) {
                _ if !is_private(c) => written.push(c),
                Some(word) => written.push_str(word),
                None => {
                    written.push(GETA);
                    unknown = unknown.saturating_add(1);
                }
            }
        }
        Some((written, unknown))
    }

    fn word(&self, c: char) -> Option<&'a str> {
        let at = self.0.binary_search_by_key(&u32::from(c), |(code, _)| *code).ok()?;
        self.0.get(at).map(|(_, word)| word.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sites_words_are_written_and_the_rest_is_marked() {
        let table = [(0xE000, "髙".to_owned()), (0xE757, "(土吉)".to_owned())];
        let gaiji = Gaiji::new(&table);
        assert_eq!(gaiji.written("髙橋"), None);
        assert_eq!(gaiji.written("\u{E000}橋\u{E757}"), Some(("髙橋(土吉)".to_owned(), 0)));
        assert_eq!(gaiji.written("\u{E001}\u{F8FF}\u{F0000}"), Some(("〓〓〓".to_owned(), 3)));
        assert_eq!(Gaiji::default().written("a\u{E000}"), Some(("a〓".to_owned(), 1)));
    }
}
