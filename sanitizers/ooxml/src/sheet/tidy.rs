//! What goes because something in it went: elements that may not be empty, and elements around a bad formula.
//!
//! Refuses nothing itself. Invariant: an element that needs content has some, else it and its parents like it go.

use crate::xml::filter::Scene;

/// Elements that must have a child, and elements that go with a bad formula in them.
#[derive(Debug)]
pub(crate) struct Tidy {
    hollow: &'static [&'static str],
    spoilt: &'static [&'static str],
    /// Children of each open element that were written.
    counts: Vec<usize>,
    /// Places in `counts` of the elements that will go.
    going: Vec<usize>,
}

impl Tidy {
    /// For elements `hollow` that go when they are empty, and `spoilt` that go with a bad formula.
    pub(crate) const fn new(hollow: &'static [&'static str], spoilt: &'static [&'static str]) -> Self {
        Self { hollow, spoilt, counts: Vec::new(), going: Vec::new() }
    }

    /// An element will be written.
    pub(crate) fn open(&mut self) {
        if let Some(parent) = self.counts.last_mut() {
            *parent += 1;
        }
        self.counts.push(0);
    }

    /// The nearest open element that can go with what is in it will go. False if there is none.
    pub(crate) fn spoil(&mut self, scene: &Scene<'_>) -> bool {
        let at = scene.open.iter().rposition(|name| self.spoilt.contains(name));
        self.going.extend(at.filter(|at| !self.going.contains(at)));
        at.is_some()
    }

    /// The element `name` was written, from `from` on; `goes` if it shall not stay. True if it stays.
    pub(crate) fn close(&mut self, name: &'static str, from: usize, goes: bool, scene: &mut Scene<'_>) -> bool {
        let count = self.counts.pop().unwrap_or_default();
        let at = self.counts.len();
        let is_going = self.going.contains(&at);
        self.going.retain(|place| *place != at);
        let goes = goes || is_going || (count == 0 && self.hollow.contains(&name));
        if goes && at > 0 {
            let to = scene.out.place();
            scene.out.cut(from..to);
            if let Some(parent) = self.counts.last_mut() {
                *parent = parent.saturating_sub(1);
            }
        }
        !goes
    }
}
