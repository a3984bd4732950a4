//! Doubts: what two readers of the same bytes could read differently, counted by flag.
//!
//! Refuses nothing. Invariant: a doubt that could hide a part stays one, whatever is added to it.

use std::collections::BTreeMap;

use sanitizer_api::Flag;

/// How often a flag was met, and how often in a way that could hide a part from one reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Count {
    pub(crate) all: u32,
    pub(crate) hiding: u32,
}

/// The doubts about one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Doubts(BTreeMap<Flag, Count>);

impl Doubts {
    /// Could hide a part.
    pub(crate) fn hides(&mut self, flag: Flag) {
        self.add(flag, Count { all: 1, hiding: 1 });
    }

    /// Is told and has no consequence.
    pub(crate) fn tell(&mut self, flag: Flag) {
        self.add(flag, Count { all: 1, hiding: 0 });
    }

    /// One or the other.
    pub(crate) fn note(&mut self, flag: Flag, hides: bool) {
        if hides { self.hides(flag) } else { self.tell(flag) }
    }

    /// Adds all doubts of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(flag, count)| self.add(*flag, *count));
    }

    /// How often something could hide a part.
    pub(crate) fn hiding(&self) -> u32 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(count.hiding))
    }

    /// Each flag and how often it was met.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Flag, u32)> {
        self.0.iter().map(|(flag, count)| (*flag, count.all))
    }

    fn add(&mut self, flag: Flag, more: Count) {
        let count = self.0.entry(flag).or_default();
        count.all = count.all.saturating_add(more.all);
        count.hiding = count.hiding.saturating_add(more.hiding);
    }
}

#[cfg(test)]
impl Doubts {
    /// The flags that could hide a part, then the others after a bar: `a b | c`.
    pub(crate) fn summary(&self) -> String {
        let of = |hiding: bool| {
            let flags = self.0.iter().filter(|(_, count)| (count.hiding > 0) == hiding).map(|(flag, _)| flag.as_str());
            flags.collect::<Vec<_>>().join(" ")
        };
        format!("{} | {}", of(true), of(false)).trim().to_owned()
    }
}
