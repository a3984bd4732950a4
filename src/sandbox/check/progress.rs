//! What a worker says of how far it is.
//!
//! Refuses: more of it than an order needs, about another part, counts that cannot be, and counts that go back.
//! Invariant: numbers come out and nothing else; nobody decides anything by them.

use sanitizer_protocol::{Progress, Unit as Spoken};

use super::{Lie, ensure};
use crate::ports::{Order, Step, Unit};

/// What is still listened to of one order.
#[derive(Debug)]
pub struct Patience {
    left: u32,
    last: Option<u32>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { left: Progress::MOST, last: None }
    }
}

/// The step that a worker says it has reached before it answers `order`.
///
/// # Errors
/// [`Lie`] for what the protocol's documents do not promise.
pub fn progress(untrusted: &Progress, order: &Order, patience: &mut Patience) -> Result<Step, Lie> {
    patience.left = patience.left.checked_sub(1).ok_or(Lie("more talk of progress than of parts"))?;
    let Progress { ref path, unit, done, total } = *untrusted;
    ensure(path.as_slice() == order.path.numbers(), "progress of another order")?;
    ensure((1..=Progress::LARGEST).contains(&total) && done <= total, "progress that cannot be")?;
    ensure(patience.last.is_none_or(|last| done > last), "progress that goes back")?;
    patience.last = Some(done);
    let unit = match unit {
        Spoken::Sheets => Unit::Sheets,
        Spoken::Slides => Unit::Slides,
    };
    Ok(Step { unit, done, total })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Action, PartPath};

    fn order() -> Order {
        Order { path: PartPath::new(vec![2, 1]).unwrap(), action: Action::Rebuild }
    }

    fn told(path: &[u16], done: u32, total: u32) -> Progress {
        Progress { path: path.to_vec(), unit: Spoken::Slides, done, total }
    }

    #[test]
    fn counts_that_cannot_be_and_other_parts_are_lies() {
        for (path, done, total, holds) in [
            (&[2, 1][..], 14, 24, true),
            (&[2, 1], 0, 1, true),
            (&[2, 1], Progress::LARGEST, Progress::LARGEST, true),
            (&[2, 1], 25, 24, false),
            (&[2, 1], 0, 0, false),
            (&[2, 1], 1, Progress::LARGEST + 1, false),
            (&[2], 14, 24, false),
            (&[], 14, 24, false),
        ] {
            let heard = progress(&told(path, done, total), &order(), &mut Patience::default());
            assert_eq!(heard.is_ok(), holds, "{path:?} {done} {total}");
        }
    }

    #[test]
    fn a_worker_that_goes_back_or_talks_without_end_is_a_liar() {
        let mut patience = Patience::default();
        progress(&told(&[2, 1], 2, 9), &order(), &mut patience).unwrap();
        assert_eq!(progress(&told(&[2, 1], 2, 9), &order(), &mut patience), Err(Lie("progress that goes back")));
        let mut patience = Patience::default();
        let heard = |done| progress(&told(&[2, 1], done, 1_000), &order(), &mut patience).is_ok();
        assert_eq!((1..=500).map(heard).filter(|is_heard| *is_heard).count(), 100);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_a_share_of_something_whatever_was_told(
            path in prop::collection::vec(any::<u16>(), 0..3), done: u32, total: u32,
        ) {
            if let Ok(step) = progress(&told(&path, done, total), &order(), &mut Patience::default()) {
                prop_assert!(step.total > 0 && step.done <= step.total && step.total <= Progress::LARGEST);
            }
        }
    }
}
