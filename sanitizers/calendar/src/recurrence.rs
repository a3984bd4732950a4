//! Rules of repetition (RFC 5545 3.3.10).
//!
//! Refuses: repetition more often than once a day, unknown and repeated parts, numbers out of their range, more than a
//! thousand repetitions. Invariant: what is written is a rule with its parts in the order of the sender.

use crate::date::moment;

/// Longest rule in octets.
const MAX_RULE: usize = 1_000;
/// Most repetitions that a rule may count.
const MAX_COUNT: i32 = 1_000;
const DAYS: [&str; 7] = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/// The rule in upper case; `None` if it is none that may stay.
pub(crate) fn rule(value: &str) -> Option<String> {
    let value = value.trim().trim_end_matches(';');
    if value.len() > MAX_RULE {
        return None;
    }
    let value = value.to_ascii_uppercase();
    let mut seen: Vec<&str> = Vec::new();
    for part in value.split(';') {
        let (name, values) = part.split_once('=')?;
        if seen.contains(&name) || !fits(name, values) {
            return None;
        }
        seen.push(name);
    }
    let ends_once = !(seen.contains(&"COUNT") && seen.contains(&"UNTIL"));
    (seen.contains(&"FREQ") && ends_once).then_some(value)
}

fn fits(name: &str, values: &str) -> bool {
    match name {
        "FREQ" => ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].contains(&values),
        "UNTIL" => moment(values).is_some(),
        "COUNT" => number(values, 1, MAX_COUNT),
        "INTERVAL" => number(values, 1, 1_000),
        "WKST" => DAYS.contains(&values),
        "BYDAY" => all(values, 49, |day| {
            day.len()
                .checked_sub(2)
                .and_then(|at| day.split_at_checked(at))
                .is_some_and(|(nth, day)| DAYS.contains(&day) && (nth.is_empty() || signed(nth, 53)))
        }),
        "BYMONTHDAY" => all(values, 62, |day| signed(day, 31)),
        "BYYEARDAY" => all(values, 31, |day| signed(day, 366)),
        "BYWEEKNO" => all(values, 53, |week| signed(week, 53)),
        "BYSETPOS" => all(values, 31, |place| signed(place, 366)),
        "BYMONTH" => all(values, 12, |month| number(month, 1, 12)),
        // Lists of these would repeat it within a day.
        "BYHOUR" => number(values, 0, 23),
        "BYMINUTE" => number(values, 0, 59),
        "BYSECOND" => number(values, 0, 60),
        _ => false,
    }
}

fn all(values: &str, most: usize, fits: impl Fn(&str) -> bool) -> bool {
    values.split(',').count() <= most && values.split(',').all(fits)
}

fn signed(text: &str, most: i32) -> bool {
    number(text.strip_prefix(['+', '-']).unwrap_or(text), 1, most)
}

fn number(text: &str, least: i32, most: i32) -> bool {
    let is_number = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_number && text.parse().is_ok_and(|number: i32| (least..=most).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_offices_use_stay_and_the_endless_go() {
        for (given, expected) in [
            ("FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE", Some("FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE")),
            ("freq=monthly;byday=-1fr;until=20271231T145959Z", Some("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271231T145959Z")),
            ("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU;", Some("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU")),
            ("FREQ=SECONDLY", None),
            ("FREQ=HOURLY;COUNT=2", None),
            ("FREQ=DAILY;COUNT=1001", None),
            ("FREQ=DAILY;COUNT=0", None),
            ("FREQ=DAILY;COUNT=1;UNTIL=20270101", None),
            ("FREQ=DAILY;FREQ=WEEKLY", None),
            ("FREQ=DAILY;BYSECOND=1,2", None),
            ("FREQ=DAILY;BYMINUTE=1,2", None),
            ("FREQ=DAILY;BYHOUR=0,12", None),
            ("FREQ=DAILY;BYHOUR=9;BYMINUTE=30", Some("FREQ=DAILY;BYHOUR=9;BYMINUTE=30")),
            ("FREQ=DAILY;BYDAY=54MO", None),
            ("FREQ=DAILY;BYDAY=日", None),
            ("FREQ=DAILY;X-A=1", None),
            ("COUNT=3", None),
            ("", None),
        ] {
            assert_eq!(rule(given).as_deref(), expected, "{given}");
        }
        assert_eq!(rule(&format!("FREQ=DAILY;BYMONTHDAY={}", "1,".repeat(900))), None);
    }
}
