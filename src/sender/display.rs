//! Display names that pretend to be an address: most mail clients show the name alone.
//!
//! Invariant: a name that shows the sender's own address, or a domain of the same owner, is no trick.

use super::domains::{is_aligned, organisational};
use crate::domain::{Domain, NamedAddress};

/// True if the name shows an address or a domain of `known` that belongs to somebody else than the address.
pub(super) fn is_spoof(author: &NamedAddress, known: &[Domain]) -> bool {
    let name: String = author.name.chars().map(narrow).collect::<String>().to_lowercase();
    let real = author.address.domain();
    shows_another_address(&name, &real) || shows_a_known_domain(&name, &real, known)
}

/// Full-width letters and dots as their plain ones.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3002}' | '\u{FF61}' => '.',
        '\u{FE6B}' => '@',
        other => other,
    }
}

fn shows_another_address(name: &str, real: &Domain) -> bool {
    let is_outside = |c: char| !c.is_ascii_alphanumeric() && !"!#$%&'*+-/=?^_`{|}~.@".contains(c);
    name.split(is_outside).any(|word| {
        let Some((local, domain)) = word.rsplit_once('@') else { return false };
        let has_local = local.bytes().any(|b| b.is_ascii_alphanumeric());
        let shown = Domain::parse(domain.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
        has_local && shown.is_ok_and(|shown| shown.as_str().contains('.') && !is_aligned(&shown, real))
    })
}

fn shows_a_known_domain(name: &str, real: &Domain, known: &[Domain]) -> bool {
    let continues = |c: char| c.is_ascii_alphanumeric() || c == '-';
    known.iter().filter(|known| known.as_str().contains('.')).any(|known| {
        let stands_alone = |(at, text): (usize, &str)| {
            let before = name.get(..at).and_then(|before| before.chars().next_back());
            let after = name.get(at + text.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(continues) && !after.is_some_and(continues)
        };
        let is_of_owner = real.is_within(known) || organisational(real) == organisational(known);
        !is_of_owner && name.match_indices(known.as_str()).any(stands_alone)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Mailbox;

    #[test]
    fn a_name_that_shows_another_address_is_a_trick() {
        let known = [Domain::parse("city.example.lg.jp").unwrap()];
        for (name, address, expected) in [
            ("市長 <mayor@city.example.lg.jp>", "x@evil.example", true),
            ("mayor@city.example.lg.jp", "x@evil.example", true),
            ("市長（ｍａｙｏｒ＠ｓｈｏｐ．ｃｏｍ）", "x@evil.example", true),
            ("Shop info@shop.com.", "x@evil.example", true),
            ("info@Shop.com", "noreply@mail.shop.com", false),
            ("情報政策課 city.example.lg.jp", "x@evil.example", true),
            ("CITY.EXAMPLE.LG.JP.", "x@evil.example", true),
            ("www.city.example.lg.jp", "x@evil.example", true),
            ("xcity.example.lg.jp", "x@evil.example", false),
            ("city.example.lg.jp-x", "x@evil.example", false),
            ("city.example.lg.jp", "a@mail.city.example.lg.jp", false),
            ("情報政策課", "x@evil.example", false),
            ("Taro @ Tokyo", "x@evil.example", false),
            ("@handle", "x@evil.example", false),
            ("a@b", "x@evil.example", false),
            ("", "x@evil.example", false),
        ] {
            let author = NamedAddress { name: name.to_owned(), address: Mailbox::parse(address).unwrap() };
            assert_eq!(is_spoof(&author, &known), expected, "{name} <{address}>");
        }
    }
}
