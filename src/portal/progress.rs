//! How far something is, in the reader's words: counts, a bar, a place in the queue.
//!
//! Refuses: an estimate of how long it takes; nobody knows. Invariant: what a worker said is a number by the time it
//! comes here, and a bar is never fuller than full.

use crate::domain::Language;
use crate::ports::{Progress, Step, Unit};
use crate::web::words::Words;

/// From here on, places in the queue are not counted.
const MANY: u32 = 1_000;

/// A bar: so much of so much.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) value: u64,
    pub(super) max: u64,
    pub(super) label: &'static str,
}

impl Bar {
    /// Files weigh the same, each of them by what is counted in it.
    pub(super) fn of(progress: &Progress, l: Words) -> Self {
        const WHOLE: u64 = 1_000;
        let max = u64::from(progress.files.max(1)).saturating_mul(WHOLE);
        let share = progress.step.map_or(0, |step| {
            let done = u64::from(step.done).saturating_mul(WHOLE);
            done.checked_div(u64::from(step.total)).unwrap_or_default().min(WHOLE)
        });
        let value = u64::from(progress.done).saturating_mul(WHOLE).saturating_add(share).min(max);
        Self { value, max, label: l.t("進み具合", "Progress") }
    }
}

/// `変換しています。ファイル5件中2件、スライド24枚中14枚`; of one file without parts that are counted, that it is under way.
pub(super) fn sentence(progress: &Progress, l: Words) -> String {
    let mut counts = Vec::new();
    if progress.files > 1 {
        counts.push(match l.language {
            Language::Ja => format!("ファイル{}件中{}件", progress.files, progress.done.min(progress.files)),
            Language::En => format!("files: {} of {}", progress.done.min(progress.files), progress.files),
        });
    }
    counts.extend(progress.step.map(|step| counted(step, l)));
    let under_way = l.t("変換しています。", "It is being converted.");
    match (counts.is_empty(), l.language) {
        (true, _) => under_way.to_owned(),
        (false, Language::Ja) => format!("{under_way}{}", counts.join("、")),
        (false, Language::En) => format!("{under_way} Done: {}", counts.join(", ")),
    }
}

fn counted(step: Step, l: Words) -> String {
    let Step { unit, done, total } = step;
    match (unit, l.language) {
        (Unit::Sheets, Language::Ja) => format!("シート{total}枚中{done}枚"),
        (Unit::Sheets, Language::En) => format!("sheets: {done} of {total}"),
        (Unit::Slides, Language::Ja) => format!("スライド{total}枚中{done}枚"),
        (Unit::Slides, Language::En) => format!("slides: {done} of {total}"),
    }
}

/// The place in a queue.
pub(super) fn queue(ahead: u32, l: Words) -> String {
    match (ahead, l.language) {
        (0, _) => l.t("まもなく始めます。", "It is about to begin.").to_owned(),
        (MANY.., Language::Ja) => format!("順番を待っています（前に{MANY}件以上）。"),
        (MANY.., Language::En) => format!("Waiting; ahead of it: {MANY} or more."),
        (_, Language::Ja) => format!("順番を待っています（前に{ahead}件）。"),
        (_, Language::En) => format!("Waiting; ahead of it: {ahead}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DateStyle;

    fn words(language: Language) -> Words {
        Words { language, date_style: DateStyle::Wareki, utc_offset_minutes: 540 }
    }

    fn progress(files: u32, done: u32, step: Option<(u32, u32)>) -> Progress {
        let step = step.map(|(done, total)| Step { unit: Unit::Slides, done, total });
        Progress { files, done, step }
    }

    #[test]
    fn counts_are_told_where_there_is_something_to_count() {
        for (progress, ja, en) in [
            (progress(1, 0, None), "変換しています。", "It is being converted."),
            (
                progress(1, 0, Some((14, 24))),
                "変換しています。スライド24枚中14枚",
                "It is being converted. Done: slides: 14 of 24",
            ),
            (
                progress(5, 2, Some((1, 3))),
                "変換しています。ファイル5件中2件、スライド3枚中1枚",
                "It is being converted. Done: files: 2 of 5, slides: 1 of 3",
            ),
        ] {
            assert_eq!(sentence(&progress, words(Language::Ja)), ja);
            assert_eq!(sentence(&progress, words(Language::En)), en);
        }
    }

    #[test]
    fn a_bar_is_never_fuller_than_full() {
        let l = words(Language::Ja);
        for (files, done, step, value, max) in [
            (4, 1, None, 1_000, 4_000),
            (4, 1, Some((1, 2)), 1_500, 4_000),
            (4, 9, Some((9, 2)), 4_000, 4_000),
            (0, 0, Some((1, 0)), 0, 1_000),
            (1, 1, None, 1_000, 1_000),
        ] {
            let bar = Bar::of(&progress(files, done, step), l);
            assert_eq!((bar.value, bar.max), (value, max), "{files} {done} {step:?}");
        }
        let most = Bar::of(&progress(u32::MAX, u32::MAX, Some((u32::MAX, 1))), l);
        assert_eq!(most.value, most.max);
    }

    #[test]
    fn a_place_in_the_queue_is_told_up_to_a_thousand() {
        let l = words(Language::Ja);
        assert_eq!(queue(0, l), "まもなく始めます。");
        assert_eq!(queue(3, l), "順番を待っています（前に3件）。");
        assert_eq!(queue(1_000, l), "順番を待っています（前に1000件以上）。");
    }
}
