//! Mail addresses of people (RFC 5545 3.3.3, RFC 6350 6.4.2), and nothing else that a URI can be.
//!
//! Refuses: every scheme but `mailto:`, quoted local parts, parameters of the URI, and percent signs, behind which a
//! second `@` or a header could stand. Invariant: an address is one word of ASCII with one `@`.

/// Longest address in octets (RFC 5321 4.5.3.1).
const MAX_ADDRESS: usize = 254;

/// The address in `mailto:address`, without what follows a question mark.
pub(crate) fn of_uri(value: &str) -> Option<&str> {
    let value = value.trim();
    let scheme = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"))?;
    let rest = value.get(scheme.len()..)?;
    of(rest.split('?').next()?)
}

/// `text` if it is an address.
pub(crate) fn of(text: &str) -> Option<&str> {
    let text = text.trim();
    let (local, domain) = text.split_once('@')?;
    let is_local =
        !local.is_empty() && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$&'*+/=_|~-".contains(&b));
    let is_domain = domain.starts_with(|c: char| c.is_ascii_alphanumeric())
        && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    (is_local && is_domain && text.len() <= MAX_ADDRESS).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_mail_addresses_are_people() {
        for (uri, address) in [
            ("MAILTO:a.b+c@city.example.lg.jp", Some("a.b+c@city.example.lg.jp")),
            ("mailto: hana..ko.@docomo.ne.jp ", Some("hana..ko.@docomo.ne.jp")),
            ("mailto:a@b.example?subject=x", Some("a@b.example")),
            ("invalid:nomail", None),
            ("http://a@b.example", None),
            ("mailto:a://b@c", None),
            ("mailto:a@b@c", None),
            ("mailto:", None),
            ("山田太郎@b", None),
            ("mailto:a%0D%0ABcc%3Ax%40evil.jp@b.jp", None),
            ("mailto:a%40evil.jp?x@b.jp", None),
        ] {
            assert_eq!(of_uri(uri), address, "{uri}");
        }
        assert_eq!(of("a?attach=x@b.jp"), None);
    }
}
