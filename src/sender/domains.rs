//! Organisational domains: which domains belong to one owner (RFC 7489 3.2, by the public suffix list).
//!
//! Invariant: `lg.jp`, `co.jp` and the like are nobody's; two of their customers never share an owner.

use crate::domain::Domain;

/// Local governments register KIND.NAME.lg.jp with one of six kinds (JPRS, LG.JP of 2002), each on its own; the public
/// suffix list ends at `lg.jp` and would make a prefecture and a city of one name one owner.
const GOVERNMENTS: [&str; 6] = ["metro", "pref", "city", "town", "vill", "union"];

/// The part of `domain` that somebody registered; the whole of it if it is a public suffix, or an address literal.
pub(super) fn organisational(domain: &Domain) -> &str {
    let text = domain.as_str();
    let Some(listed) = psl::domain_str(text) else { return text };
    let before =
        text.strip_suffix(listed).and_then(|before| before.strip_suffix('.')).filter(|_| listed.ends_with(".lg.jp"));
    let label = before.map(|before| before.rsplit('.').next().unwrap_or(before));
    match label.filter(|label| GOVERNMENTS.contains(label)) {
        // One label and its dot more.
        Some(label) => text.get(text.len().saturating_sub(listed.len() + label.len() + 1)..).unwrap_or(listed),
        None => listed,
    }
}

/// What stands before the public suffix of `domain`, and the suffix: `mail.city`, `lg.jp`.
pub(super) fn name_and_suffix(domain: &str) -> (&str, &str) {
    let suffix = psl::suffix_str(domain).unwrap_or_default();
    let name = domain.strip_suffix(suffix).map_or(domain, |name| name.trim_end_matches('.'));
    (name, suffix)
}

/// Relaxed alignment (RFC 7489 3.1): one owner.
pub(super) fn is_aligned(one: &Domain, other: &Domain) -> bool {
    one == other || organisational(one) == organisational(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(one: &str, other: &str) -> bool {
        is_aligned(&Domain::parse(one).unwrap(), &Domain::parse(other).unwrap())
    }

    #[test]
    fn domains_of_one_owner_are_aligned_and_neighbours_are_not() {
        assert!(aligned("mail.example.co.jp", "www.example.co.jp"));
        assert!(aligned("example.jp", "a.b.example.jp"));
        assert!(aligned("city.example.lg.jp", "mail.city.example.lg.jp"));
        assert!(aligned("co.jp", "co.jp"));
        assert!(!aligned("a.co.jp", "b.co.jp"));
        assert!(!aligned("city.one.lg.jp", "city.other.lg.jp"));
        assert!(!aligned("co.jp", "a.co.jp"));
        assert!(!aligned("pref.chiba.lg.jp", "city.chiba.lg.jp"), "a prefecture and a city of one name");
        assert!(aligned("a.pref.chiba.lg.jp", "b.pref.chiba.lg.jp"));
        assert!(!aligned("union.chiba.lg.jp", "chiba.lg.jp"));
        assert!(aligned("a.other.lg.jp", "b.other.lg.jp"));
        assert!(!aligned("one.github.io", "other.github.io"));
        assert!(!aligned("a.[192.0.2.1]".trim_start_matches("a."), "example.jp"));
    }

    #[test]
    fn a_name_stands_before_its_suffix() {
        assert_eq!(name_and_suffix("mail.city.example.lg.jp"), ("mail.city.example", "lg.jp"));
        assert_eq!(name_and_suffix("example.com"), ("example", "com"));
        assert_eq!(name_and_suffix("lg.jp"), ("", "lg.jp"));
        assert_eq!(name_and_suffix("host"), ("", "host"));
    }
}
