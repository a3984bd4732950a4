//! Domains that look like one that the site knows: letters that look alike (UTS 39), one slip of the pen, another
//! suffix, other separators, the known name in front of somebody else's.
//!
//! Refuses: short names, in which one letter more or less is another honest name. Invariant: a domain of an owner
//! that the site knows is never a look-alike of another one.

use std::collections::BTreeSet;

use super::domains::{name_and_suffix, organisational};
use crate::domain::Domain;

/// A name needs so many characters for one slip of the pen to mean something.
const MIN_EDITED: usize = 5;
/// The same for a name under another suffix.
const MIN_NAME: usize = 4;
/// Labels of a domain that are compared, from the right.
const MAX_LABELS: usize = 10;
/// Labels that name a host, not its owner.
const HOSTS: [&str; 5] = ["www", "mail", "smtp", "mx", "m"];
/// Labels that many owners have.
const GENERIC: [&str; 7] = ["metro", "pref", "city", "town", "vill", "union", "info"];
/// Suffixes under which only public bodies get names (JPRS rules for attribute types LG.JP and GO.JP).
const PUBLIC_BODIES: [&str; 2] = ["lg.jp", "go.jp"];

/// The known domains and how they look.
#[derive(Debug, Clone)]
pub(super) struct Shapes {
    known: Vec<Domain>,
    owners: BTreeSet<String>,
    shapes: Vec<Shape>,
    names: BTreeSet<Vec<String>>,
}

/// How a domain looks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    text: String,
    squeezed: String,
    /// Characters of its longest label, the last one apart.
    longest: usize,
}

impl Shapes {
    pub(super) fn of<'d>(known: impl Iterator<Item = &'d Domain>) -> Self {
        let known: Vec<Domain> = known.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let texts: BTreeSet<&str> = known.iter().flat_map(|one| [one.as_str(), organisational(one)]).collect();
        Self {
            owners: known.iter().map(|one| organisational(one).to_owned()).collect(),
            shapes: texts.into_iter().filter(|text| !name_and_suffix(text).0.is_empty()).map(Shape::of).collect(),
            names: known.iter().filter_map(|one| name(one.as_str())).collect(),
            known,
        }
    }

    /// The known domains, sorted.
    pub(super) fn known(&self) -> &[Domain] {
        &self.known
    }

    /// True if `domain` looks like a known one and belongs to another owner. Of public bodies that a relay has
    /// confirmed (`has_passed`) two may well have names alike.
    pub(super) fn resembles(&self, domain: &Domain, has_passed: bool) -> bool {
        let text = domain.as_str();
        let is_known =
            self.owners.contains(organisational(domain)) || self.known.iter().any(|known| domain.is_within(known));
        let is_public_body = PUBLIC_BODIES.iter().any(|suffix| name_and_suffix(text).1 == *suffix);
        if is_known || (has_passed && is_public_body) {
            return false;
        }
        let owner = organisational(domain);
        let starts = text.match_indices('.').map(|(dot, _)| dot.saturating_add(1));
        // From the whole down to what its owner registered.
        let ends: Vec<&str> = [0]
            .into_iter()
            .chain(starts)
            .filter_map(|start| text.get(start..))
            .filter(|end| end.len() >= owner.len() && end.split('.').count() <= MAX_LABELS)
            .collect();
        ends.iter().map(|end| Shape::of(end)).any(|shape| self.shapes.iter().any(|known| known.resembles(&shape)))
            || ends.iter().filter_map(|end| name(end)).any(|name| self.names.contains(&name))
            || self.is_in_front(&Shape::of(text))
    }

    /// `city.example.lg.jp.evil.example`, `city.example.lg.jp-info.example`.
    fn is_in_front(&self, shape: &Shape) -> bool {
        let text = format!(".{}", shape.text);
        self.known.iter().filter(|known| known.as_str().len() > MIN_EDITED).any(|known| {
            let known = skeleton(known.as_str());
            text.contains(&format!(".{known}.")) || text.contains(&format!(".{known}-"))
        })
    }
}

impl Shape {
    fn of(domain: &str) -> Self {
        let text = skeleton(domain);
        let squeezed = text.replace(['.', '-'], "");
        let labels = text.rsplit('.').skip(1).map(|label| label.chars().count());
        Self { longest: labels.max().unwrap_or(0), squeezed, text }
    }

    fn resembles(&self, other: &Self) -> bool {
        self.text == other.text
            || self.squeezed == other.squeezed
            || (self.longest >= MIN_EDITED
                && self.text.len().abs_diff(other.text.len()) <= 4
                && strsim::osa_distance(&self.text, &other.text) == 1)
    }
}

/// The letters that people see, look-alikes made one: `xn--…` decoded, accents dropped, `rn` for `m`, `l` for `1`.
fn skeleton(domain: &str) -> String {
    let (shown, _) = idna::domain_to_unicode(domain);
    let is_mark = |c: &char| matches!(c, '\u{300}'..='\u{36F}');
    let plain: String = unicode_security::skeleton(&shown).filter(|c| !is_mark(c)).collect();
    // The table speaks of letters as they are; of `0` it makes a capital.
    plain.to_lowercase().replace("vv", "w").replace("cl", "d")
}

/// The words of what stands before the public suffix, sorted; absent if they are too few to be somebody's name.
fn name(domain: &str) -> Option<Vec<String>> {
    let (name, _) = name_and_suffix(domain);
    let mut words: Vec<String> =
        name.split(['.', '-']).filter(|word| !word.is_empty() && !HOSTS.contains(word)).map(skeleton).collect();
    words.sort();
    let own = words.iter().filter(|word| !GENERIC.contains(&word.as_str())).map(|word| word.chars().count());
    (own.sum::<usize>() >= MIN_NAME).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(known: &[&str]) -> Shapes {
        let domains: Vec<Domain> = known.iter().map(|text| Domain::parse(text).unwrap()).collect();
        Shapes::of(domains.iter())
    }

    fn resembles(known: &[&str], domain: &str) -> bool {
        shapes(known).resembles(&Domain::parse(domain).unwrap(), false)
    }

    #[test]
    fn what_looks_like_a_known_domain_is_found() {
        let known = ["city.komatsu.lg.jp", "example-bank.co.jp"];
        for domain in [
            "city.kornatsu.lg.jp",
            "city.komatu.lg.jp",
            "city.komattsu.lg.jp",
            "city.komtasu.lg.jp",
            "city.k0matsu.lg.jp",
            "mail.city.komatsv.lg.jp",
            // Cyrillic о: city.kоmatsu.lg.jp
            "city.xn--kmatsu-wqf.lg.jp",
            "city-komatsu.jp",
            "komatsu-city.com",
            "city.komatsu.jp",
            "city.komatsu-lg.jp",
            "citykomatsu.lg.jp",
            "city.komatsu.lg.jp.evil.example",
            "mail.city.komatsu.lg.jp-info.example",
            "example-bank.com",
            "examplebank.co.jp",
            "bank-example.net",
            "exarnple-bank.co.jp",
            "exampie-bank.co.jp",
            "login.example-bank.cc",
        ] {
            assert!(resembles(&known, domain), "{domain}");
        }
    }

    #[test]
    fn what_merely_has_something_in_common_is_not() {
        let known = ["city.komatsu.lg.jp", "example-bank.co.jp", "abc.jp", "city.ota.tokyo.jp"];
        for domain in [
            "city.komatsu.lg.jp",
            "mail.city.komatsu.lg.jp",
            "www.example-bank.co.jp",
            "city.kanazawa.lg.jp",
            "city.komatsu.ishikawa.jp",
            "komatsu.co.jp",
            "example.co.jp",
            "bank.co.jp",
            "abd.jp",
            "abc.com",
            "city.kawasaki.jp",
            "city.oita.oita.jp",
            "gmail.com",
            "xn--wgv71a119e.jp",
            "[192.0.2.1]",
            "localhost",
        ] {
            assert!(!resembles(&known, domain), "{domain}");
        }
        assert!(!resembles(&[], "example.jp"));
    }

    #[test]
    fn a_confirmed_public_body_may_have_a_name_alike() {
        let shapes = shapes(&["city.komatsu.lg.jp"]);
        let other = Domain::parse("city.komatu.lg.jp").unwrap();
        assert!(shapes.resembles(&other, false));
        assert!(!shapes.resembles(&other, true));
        assert!(shapes.resembles(&Domain::parse("city-komatsu.jp").unwrap(), true));
    }

    #[test]
    fn a_listed_neighbour_is_no_look_alike() {
        assert!(!resembles(&["city.komatsu.lg.jp", "city.komatu.lg.jp"], "city.komatu.lg.jp"));
    }
}
