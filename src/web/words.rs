//! Pages in two languages: words beside each other where they are used, dates and sizes as an office writes them.
//!
//! Refuses nothing. Invariant: whatever is shown in one language exists in the other.

use crate::config::DateStyle;
use crate::domain::{Language, Reason, Timestamp, date};

/// How one reader's page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// The language.
    pub language: Language,
    /// How dates are written in Japanese.
    pub date_style: DateStyle,
    /// The site's offset from UTC in minutes.
    pub utc_offset_minutes: i16,
}

impl Words {
    /// The text in the reader's language.
    #[must_use]
    pub const fn t<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    /// The `lang` of the page (BCP 47).
    #[must_use]
    pub const fn lang(&self) -> &'static str {
        self.t("ja", "en")
    }

    /// A moment with its weekday: `令和8年（2026年）11月23日（月）10:42`.
    #[must_use]
    pub fn moment(&self, at: &Timestamp) -> String {
        let local = date::local(*at, self.utc_offset_minutes);
        let clock = format!("{:02}:{:02}", local.hour(), local.minute());
        match (self.language, self.date_style) {
            (Language::Ja, DateStyle::Wareki) => format!("{}{clock}", date::day(local.date(), Language::Ja)),
            (Language::Ja, DateStyle::Seireki) => format!("{} {clock}", seireki(local.date())),
            _ => date::moment(&local, self.language),
        }
    }

    /// The same for tables: `令和8年11月23日 10:42`.
    #[must_use]
    pub fn short(&self, at: &Timestamp) -> String {
        let local = date::local(*at, self.utc_offset_minutes);
        format!("{} {:02}:{:02}", self.day_without_weekday(local.date()), local.hour(), local.minute())
    }

    /// A day: `令和8年11月23日（月）`.
    #[must_use]
    pub fn day(&self, day: &jiff::civil::Date) -> String {
        match (self.language, self.date_style) {
            (Language::Ja, DateStyle::Seireki) => seireki(*day),
            _ => date::day(*day, self.language),
        }
    }

    fn day_without_weekday(&self, day: jiff::civil::Date) -> String {
        let text = self.day(&day);
        text.split_once(['（', '(']).map_or(text.clone(), |(before, _)| before.trim_end().to_owned())
    }

    /// For the attribute `datetime` of `<time>`: RFC 3339 at the site's offset.
    #[must_use]
    pub fn machine(&self, at: &Timestamp) -> String {
        let local = date::local(*at, self.utc_offset_minutes);
        local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// Bytes as people read them: `182KB`, `3.1MB`.
    #[must_use]
    pub fn size(&self, bytes: &u64) -> String {
        size(*bytes)
    }

    /// The sentence of a reason, without what only its place could fill in.
    #[must_use]
    pub fn reason(&self, reason: &Reason) -> String {
        reason.sentence(self.language, &crate::domain::reason::Detail::default())
    }
}

/// `2026年11月23日`.
fn seireki(day: jiff::civil::Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Bytes as people read them; powers of 1,000 with one digit after the point below ten.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            let tenths = bytes.saturating_mul(10) / unit;
            return if tenths < 100 {
                format!("{}.{}{name}", tenths / 10, tenths % 10)
            } else {
                format!("{}{name}", tenths / 10)
            };
        }
    }
    format!("{bytes}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(language: Language, date_style: DateStyle) -> Words {
        Words { language, date_style, utc_offset_minutes: 540 }
    }

    #[test]
    fn dates_follow_language_and_style() {
        let at = Timestamp::from_millis(1_795_398_120_000);
        for (language, style, long, short) in [
            (Language::Ja, DateStyle::Both, "令和8年（2026年）11月23日（月）10:42", "令和8年11月23日 10:42"),
            (Language::Ja, DateStyle::Wareki, "令和8年11月23日（月）10:42", "令和8年11月23日 10:42"),
            (Language::Ja, DateStyle::Seireki, "2026年11月23日 10:42", "2026年11月23日 10:42"),
            (Language::En, DateStyle::Both, "23 November 2026 (Mon) 10:42", "23 November 2026 10:42"),
        ] {
            let words = words(language, style);
            assert_eq!((words.moment(&at).as_str(), words.short(&at).as_str()), (long, short));
        }
        assert_eq!(words(Language::Ja, DateStyle::Both).machine(&at), "2026-11-23T10:42:00+09:00");
    }

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [(0, "0B"), (999, "999B"), (1_234, "1.2KB"), (182_000, "182KB"), (3_149_000, "3.1MB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
