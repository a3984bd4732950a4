//! Dates, times, durations and offsets (RFC 5545 3.3.4 to 3.3.14), written in one spelling.
//!
//! Refuses: days that no calendar has, and everything that is not of the form. Invariant: reading what was written
//! gives the same bytes.

/// A value of DATE or DATE-TIME.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A whole day.
    Day,
    /// A time in the zone that TZID names, or wherever the reader is.
    Local,
    /// A time in UTC.
    Utc,
}

/// What kind of moment `text` is, if it is one: `20261123`, `20261123T100000`, `20261123T010000Z`.
pub(crate) fn moment(text: &str) -> Option<Moment> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    if !is_day(day) {
        return None;
    }
    let Some(time) = time else { return Some(Moment::Day) };
    let (time, kind) = time.strip_suffix('Z').map_or((time, Moment::Local), |time| (time, Moment::Utc));
    let (hour, rest) = number(time, 2)?;
    let (minute, rest) = number(rest, 2)?;
    let (second, rest) = number(rest, 2)?;
    (hour < 24 && minute < 60 && second <= 60 && rest.is_empty()).then_some(kind)
}

/// `YYYYMMDD`, of a day that there is.
pub(crate) fn is_day(text: &str) -> bool {
    let read = || {
        let (year, rest) = number(text, 4)?;
        let (month, rest) = number(rest, 2)?;
        let (day, rest) = number(rest, 2)?;
        Some(rest.is_empty() && (1..=days(year, month)).contains(&day))
    };
    read().unwrap_or(false)
}

const fn days(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

/// The number in the first `digits` characters, and the rest.
fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    let is_number = head.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| head.parse().ok()).flatten().map(|number| (number, rest))
}

/// `[+-]P1W` or `[+-]P1DT2H3M4S`; each number of five digits at most.
pub(crate) fn is_duration(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some(text) = text.strip_prefix('P') else { return false };
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let days = steps(day, "WD");
    let times = time.map_or(Some(0), |time| steps(time, "HMS").filter(|steps| *steps > 0));
    matches!((days, times), (Some(days), Some(times)) if days.saturating_add(times) > 0)
}

/// How many numbers with a unit, in the order of `units`, each once.
fn steps(mut text: &str, units: &str) -> Option<usize> {
    let (mut units, mut steps) = (units.chars(), 0usize);
    while !text.is_empty() {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (_, rest) = text.split_at_checked(digits).filter(|_| (1..=5).contains(&digits))?;
        let unit = rest.chars().next()?;
        units.find(|candidate| *candidate == unit)?;
        text = rest.get(1..)?;
        steps = steps.saturating_add(1);
    }
    Some(steps)
}

/// `20261123T010000Z/20261123T020000Z` or `20261123T010000Z/PT1H`.
pub(crate) fn is_period(text: &str) -> bool {
    let is_time = |text| matches!(moment(text), Some(Moment::Utc | Moment::Local));
    text.split_once('/').is_some_and(|(start, end)| is_time(start) && (is_time(end) || is_duration(end)))
}

/// `+0900`, `-033000`.
pub(crate) fn is_offset(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['+', '-']) else { return false };
    let fits = |(at, pair): (usize, &[u8])| {
        let limit: &[u8] = if at == 0 { b"23" } else { b"59" };
        pair.iter().all(u8::is_ascii_digit) && pair <= limit
    };
    matches!(rest.len(), 4 | 6) && rest.as_bytes().chunks(2).enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_a_calendar() {
        assert_eq!(moment("20261123"), Some(Moment::Day));
        assert_eq!(moment("20261123T100000"), Some(Moment::Local));
        assert_eq!(moment("20240229T235960Z"), Some(Moment::Utc));
        for wrong in [
            "20250229",
            "20261323",
            "2026-11-23",
            "20261123T2400",
            "20261123T240000",
            "20261123T100000ZZ",
            "",
            "T",
            "２０２６１１２３",
        ] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_periods_and_offsets_have_their_form() {
        for right in ["PT15M", "-P1D", "+P2W", "P1DT2H", "PT0S"] {
            assert!(is_duration(right), "{right}");
        }
        for wrong in ["", "P", "PT", "P1", "1D", "PT999999M", "P1DT", "PTM", "PT1S1H", "P1日"] {
            assert!(!is_duration(wrong), "{wrong}");
        }
        assert!(is_period("20261123T010000Z/PT1H") && !is_period("20261123/PT1H"));
        assert!(is_offset("+0900") && is_offset("-033000") && !is_offset("+09") && !is_offset("+2460"));
    }
}
