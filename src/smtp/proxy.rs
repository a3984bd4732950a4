//! The PROXY protocol header, versions 1 and 2, as load balancers put it before the SMTP session.
//!
//! Read only from peers that the configuration lists, and required from them. Refuses: anything else than one
//! well-formed header. Invariant: not one byte behind the header is taken.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Octets of the longest header that is read: version 1 ends at 107, version 2 may carry extensions.
pub const MAX_HEADER: usize = 1024;
const MAX_V1: usize = 107;
const SIGNATURE_V2: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// What the bytes received so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHeader {
    /// The beginning of a header.
    Incomplete,
    /// A whole header.
    Complete {
        /// Its length in octets.
        length: usize,
        /// The client, unless the proxy speaks for itself (LOCAL) or does not know (UNKNOWN).
        client: Option<IpAddr>,
    },
    /// No header.
    Invalid,
}

/// Reads the header at the beginning of `untrusted`.
#[must_use]
pub fn parse(untrusted: &[u8]) -> ProxyHeader {
    let seen = untrusted.len().min(SIGNATURE_V2.len());
    if untrusted.get(..seen) == SIGNATURE_V2.get(..seen) {
        return version_2(untrusted).unwrap_or(ProxyHeader::Invalid);
    }
    version_1(untrusted).unwrap_or(ProxyHeader::Invalid)
}

fn version_1(untrusted: &[u8]) -> Option<ProxyHeader> {
    let head = untrusted.get(..untrusted.len().min(MAX_V1))?;
    let Some(end) = memchr::memchr(b'\n', head) else {
        let begun = head.len() < MAX_V1 && head.iter().zip(b"PROXY ").all(|(got, expected)| got == expected);
        return begun.then_some(ProxyHeader::Incomplete);
    };
    let line = str::from_utf8(head.get(..end)?).ok()?.strip_prefix("PROXY ")?.strip_suffix('\r')?;
    let words: Vec<&str> = line.split(' ').collect();
    let client = match words.as_slice() {
        ["UNKNOWN", ..] => None,
        ["TCP4", source, target, ports @ ..] => {
            let pair: (Ipv4Addr, Ipv4Addr) = (source.parse().ok()?, target.parse().ok()?);
            are_ports(ports).then_some(Some(IpAddr::V4(pair.0)))?
        }
        ["TCP6", source, target, ports @ ..] => {
            let pair: (Ipv6Addr, Ipv6Addr) = (source.parse().ok()?, target.parse().ok()?);
            are_ports(ports).then_some(Some(IpAddr::V6(pair.0)))?
        }
        _ => return None,
    };
    Some(ProxyHeader::Complete { length: end + 1, client })
}

fn are_ports(words: &[&str]) -> bool {
    words.len() == 2 && words.iter().all(|word| word.parse::<u16>().is_ok())
}

fn version_2(untrusted: &[u8]) -> Option<ProxyHeader> {
    let Some((fixed, rest)) = untrusted.split_first_chunk::<16>() else {
        return Some(ProxyHeader::Incomplete);
    };
    let [.., version_command, family, high, low] = *fixed;
    let body_length = usize::from(u16::from_be_bytes([high, low]));
    let length = fixed.len() + body_length;
    if length > MAX_HEADER {
        return None;
    }
    let Some(body) = rest.get(..body_length) else {
        return Some(ProxyHeader::Incomplete);
    };
    let client = match (version_command, family) {
        (0x20, _) | (0x21, 0x00) => None,
        // Source and destination address, then two ports.
        (0x21, 0x11) => body.first_chunk::<12>()?.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
        (0x21, 0x21) => body.first_chunk::<36>()?.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
        _ => return None,
    };
    Some(ProxyHeader::Complete { length, client })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(version_command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&SIGNATURE_V2[..], &[version_command, family], &length, body].concat()
    }

    /// Every cut of a header is incomplete, and what follows it is left alone.
    fn check(header: &[u8], client: Option<&str>) {
        let client = client.map(|address| address.parse().unwrap());
        for cut in 0..header.len() {
            assert_eq!(parse(&header[..cut]), ProxyHeader::Incomplete, "{}", header[..cut].escape_ascii());
        }
        let followed = [header, b"EHLO x\r\n"].concat();
        assert_eq!(parse(&followed), ProxyHeader::Complete { length: header.len(), client });
    }

    #[test]
    fn a_header_names_the_client() {
        check(b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n", Some("192.0.2.1"));
        check(b"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", Some("2001:db8::1"));
        check(b"PROXY UNKNOWN\r\n", None);
        check(b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None);
        check(&v2(0x21, 0x11, &[192, 0, 2, 1, 198, 51, 100, 1, 0, 1, 0, 25]), Some("192.0.2.1"));
        let six = [&[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1][..], &[0; 20], b"extension"].concat();
        check(&v2(0x21, 0x21, &six), Some("2001:db8::1"));
        check(&v2(0x20, 0x00, b""), None);
        check(&v2(0x21, 0x00, b"whatever"), None);
    }

    #[test]
    fn anything_else_is_no_header() {
        for bytes in [
            &b"EHLO x\r\n"[..],
            b"X",
            b"PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 25 x\r\n",
            b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
            b"PROXY TCP4 192.0.2.999 198.51.100.1 1 2\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n",
            b"PROXY SCTP a b c d\r\n",
            b"proxy unknown\r\n",
            b"\r\n\r\n\0\r\nQUIX\n",
            &[b"PROXY UNKNOWN ", &[b'x'; MAX_V1][..], b"\r\n"].concat(),
            &v2(0x11, 0x11, &[0; 12]),
            &v2(0x22, 0x11, &[0; 12]),
            &v2(0x21, 0x31, &[0; 216]),
            &v2(0x21, 0x11, &[0; 11]),
            &v2(0x21, 0x21, &[0; 35]),
            &v2(0x21, 0x11, &[0; MAX_HEADER]),
        ] {
            assert_eq!(parse(bytes), ProxyHeader::Invalid, "{}", bytes.escape_ascii());
        }
    }
}
