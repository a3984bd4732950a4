//! Dates as a mail's header and as people in a Japanese office write them.
//!
//! Refuses: years and offsets that RFC 5322 3.3 cannot write. Invariant: no clock and no time zone data is read; local
//! time is a fixed offset.

use jiff::civil::{Date, Weekday, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp as Instant, Zoned};

use super::{Language, Timestamp};

/// `at` in local time.
pub fn local(at: Timestamp, utc_offset_minutes: i16) -> Zoned {
    zoned(Instant::from_millisecond(at.millis()).unwrap_or_default(), utc_offset_minutes)
}

/// The date of a header in the sender's own offset; absent if it lies where no calendar of mail programs reaches.
pub fn sent((seconds, utc_offset_minutes): (i64, i16)) -> Option<Zoned> {
    let at = zoned(Instant::from_second(seconds).ok()?, utc_offset_minutes);
    (1970..=9998).contains(&at.year()).then_some(at)
}

/// `Mon, 23 Nov 2026 10:42:00 +0900` (RFC 5322 3.3).
pub fn header(at: &Zoned) -> String {
    jiff::fmt::rfc2822::to_string(at).unwrap_or_else(|_| "Thu, 1 Jan 1970 00:00:00 +0000".to_owned())
}

/// `令和8年（2026年）11月23日（月）10:42`, `23 November 2026 (Mon) 10:42`.
pub fn moment(at: &Zoned, language: Language) -> String {
    let day = at.date();
    let (hour, minute) = (at.hour(), at.minute());
    let both = match (language, era_year(day)) {
        (Language::Ja, Some(year)) => {
            format!("{year}（{}年）{}月{}日（{}）", day.year(), day.month(), day.day(), weekday(day, language))
        }
        _ => self::day(day, language),
    };
    let gap = if language == Language::Ja { "" } else { " " };
    format!("{both}{gap}{hour:02}:{minute:02}")
}

/// `令和8年12月7日（月）`, `7 December 2026 (Mon)`.
pub fn day(day: Date, language: Language) -> String {
    let weekday = weekday(day, language);
    match language {
        Language::Ja => {
            let year = era_year(day).unwrap_or_else(|| format!("{}年", day.year()));
            format!("{year}{}月{}日（{weekday}）", day.month(), day.day())
        }
        Language::En => format!("{} {} {} ({weekday})", day.day(), month(day), day.year()),
    }
}

/// The last day on which something received at `at` is kept.
pub fn deadline(at: &Zoned, days: u32) -> Date {
    const LONGEST: u32 = 3_000_000;
    at.date().saturating_add(jiff::Span::new().days(days.min(LONGEST)))
}

fn zoned(instant: Instant, utc_offset_minutes: i16) -> Zoned {
    // A day at most: RFC 5322 could write more, but no place on Earth has it.
    let minutes = if (-1439..=1439).contains(&utc_offset_minutes) { utc_offset_minutes } else { 0 };
    let offset = Offset::from_seconds(i32::from(minutes) * 60).unwrap_or(Offset::UTC);
    instant.to_zoned(TimeZone::fixed(offset))
}

/// The year of the Japanese calendar, `令和8年`; a new era is a new row. Absent before 平成.
fn era_year(day: Date) -> Option<String> {
    const ERAS: [(Date, &str); 2] = [(date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成")];
    let (first, era) = ERAS.iter().find(|(first, _)| day >= *first)?;
    Some(match day.year() - first.year() + 1 {
        1 => format!("{era}元年"),
        year => format!("{era}{year}年"),
    })
}

fn weekday(day: Date, language: Language) -> &'static str {
    let (ja, en) = match day.weekday() {
        Weekday::Monday => ("月", "Mon"),
        Weekday::Tuesday => ("火", "Tue"),
        Weekday::Wednesday => ("水", "Wed"),
        Weekday::Thursday => ("木", "Thu"),
        Weekday::Friday => ("金", "Fri"),
        Weekday::Saturday => ("土", "Sat"),
        Weekday::Sunday => ("日", "Sun"),
    };
    if language == Language::Ja { ja } else { en }
}

fn month(day: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(day.month() - 1).ok().and_then(|index| NAMES.get(index)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_era_changes_on_its_first_day() {
        for (day, text) in [
            (date(2026, 12, 7), "令和8年12月7日（月）"),
            (date(2019, 5, 1), "令和元年5月1日（水）"),
            (date(2019, 4, 30), "平成31年4月30日（火）"),
            (date(1989, 1, 8), "平成元年1月8日（日）"),
            (date(1989, 1, 7), "1989年1月7日（土）"),
        ] {
            assert_eq!(super::day(day, Language::Ja), text);
        }
        assert_eq!(super::day(date(2026, 12, 7), Language::En), "7 December 2026 (Mon)");
    }

    #[test]
    fn a_moment_is_given_in_local_time() {
        let at = local(Timestamp::from_millis(1_795_398_120_000), 540);
        assert_eq!(moment(&at, Language::Ja), "令和8年（2026年）11月23日（月）10:42");
        assert_eq!(moment(&at, Language::En), "23 November 2026 (Mon) 10:42");
        assert_eq!(header(&at), "Mon, 23 Nov 2026 10:42:00 +0900");
        assert_eq!(deadline(&at, 14), date(2026, 12, 7));
        assert_eq!(deadline(&at, u32::MAX).year(), 9999);
    }

    #[test]
    fn dates_that_mail_cannot_write_are_none() {
        assert_eq!(sent((1_795_398_120, -210)).map(|at| header(&at)).unwrap(), "Sun, 22 Nov 2026 22:12:00 -0330");
        assert_eq!(sent((0, i16::MAX)).map(|at| header(&at)).unwrap(), "Thu, 1 Jan 1970 00:00:00 +0000");
        for seconds in [i64::MIN, i64::MAX, -62_135_596_800, 253_402_300_799] {
            assert!(sent((seconds, 0)).is_none(), "{seconds}");
        }
    }
}
