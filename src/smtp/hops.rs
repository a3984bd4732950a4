//! A count of the Received headers of a mail, for loop detection (RFC 5321 6.3).
//!
//! It reads nothing else of the content and stops at the first empty line. Invariant: the count does not depend on how
//! the mail is cut into pieces.

use memchr::memchr;

const FIELD: &[u8] = b"received:";

/// The counter of one mail.
#[derive(Debug)]
pub(super) struct HopCounter {
    place: Place,
    hops: u32,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// So many bytes of [`FIELD`] have been seen since the start of the line.
    Name(usize),
    /// In a line that is something else, or already counted.
    Rest,
    /// Behind the header block.
    Body,
}

impl HopCounter {
    pub(super) const fn new() -> Self {
        Self { place: Place::Name(0), hops: 0 }
    }

    /// Received headers so far.
    pub(super) const fn hops(&self) -> u32 {
        self.hops
    }

    /// Takes the next bytes of the unstuffed mail.
    pub(super) fn feed(&mut self, mail: &[u8]) {
        let mut rest = mail;
        while let Some((&byte, after)) = rest.split_first() {
            rest = match self.place {
                Place::Body => return,
                Place::Rest => match memchr(b'\n', rest).and_then(|end| rest.get(end + 1..)) {
                    Some(next_line) => {
                        self.place = Place::Name(0);
                        next_line
                    }
                    None => return,
                },
                Place::Name(seen) => {
                    self.place = self.match_name(seen, byte);
                    after
                }
            };
        }
    }

    fn match_name(&mut self, seen: usize, byte: u8) -> Place {
        match FIELD.get(seen) {
            Some(expected) if byte.eq_ignore_ascii_case(expected) && seen + 1 == FIELD.len() => {
                self.hops = self.hops.saturating_add(1);
                Place::Rest
            }
            Some(expected) if byte.eq_ignore_ascii_case(expected) => Place::Name(seen + 1),
            // An empty line, or one with other bytes: the line end must be seen in either case.
            _ if seen == 0 && byte == b'\r' => Place::Body,
            _ => Place::Rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mail: &str, hops: u32) {
        for cut in [1, 3, 1000] {
            let mut counter = HopCounter::new();
            mail.as_bytes().chunks(cut).for_each(|piece| counter.feed(piece));
            assert_eq!(counter.hops(), hops, "{mail:?} in pieces of {cut}");
        }
    }

    #[test]
    fn received_headers_are_counted_at_the_start_of_a_line_in_any_case() {
        check("Received: a\r\nRECEIVED:b\r\nreceived: c\r\n\r\n", 3);
        check("Received: a\r\n by b\r\n Received: folded\r\n\tReceived: folded\r\n\r\n", 1);
        check("X-Received: a\r\nReceived-SPF: b\r\nReceive: c\r\nReReceived: d\r\n\r\n", 0);
    }

    #[test]
    fn the_body_is_not_counted() {
        check("Received: a\r\n\r\nReceived: b\r\n", 1);
        check("\r\nReceived: b\r\n", 0);
        check("", 0);
    }
}
