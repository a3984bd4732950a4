//! Steps over raw header bytes that never land inside a Japanese character.
//!
//! Shift_JIS has 0x5C (the backslash), 0x40 (`@`) and letters as second bytes, ISO-2022-JP is printable ASCII between
//! escapes; read bytewise, both break quoting and addresses. Invariant: a step is at least one byte and total work is linear.

const ESCAPE: u8 = 0x1B;

/// How the bytes of one field over 0x7F pair up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lexer {
    double_byte: bool,
}

impl Lexer {
    /// Bytes that are UTF-8 never pair; others may be Shift_JIS.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { double_byte: std::str::from_utf8(bytes).is_err() }
    }

    /// Length of the character that `bytes` start with; a whole ISO-2022-JP run counts as one.
    pub(crate) fn step(self, bytes: &[u8]) -> usize {
        match bytes {
            [ESCAPE, b'$', rest @ ..] => jis_run(rest).map_or(1, |length| length + 2),
            [lead, trail, ..] if self.double_byte && is_lead(*lead) && is_trail(*trail) => 2,
            _ => 1,
        }
    }
}

/// Bytes of a run up to the escape that ends it, which belongs to it if it leads back to single bytes.
fn jis_run(rest: &[u8]) -> Option<usize> {
    let end = rest.iter().position(|b| *b == ESCAPE)?;
    match rest.get(end..) {
        Some([ESCAPE, b'(', _, ..]) => Some(end + 3),
        _ => Some(end),
    }
}

const fn is_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0x9F | 0xE0..=0xFC)
}

const fn is_trail(byte: u8) -> bool {
    matches!(byte, 0x40..=0x7E | 0x80..=0xFC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(bytes: &[u8]) -> Vec<usize> {
        let lexer = Lexer::of(bytes);
        let mut rest = bytes;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step = lexer.step(rest);
            steps.push(step);
            rest = &rest[step..];
        }
        steps
    }

    #[test]
    fn a_shift_jis_character_is_one_step_and_utf_8_is_not_taken_for_it() {
        assert_eq!(steps(b"a\x95\\\""), [1, 2, 1]);
        assert_eq!(steps("表\"".as_bytes()), [1, 1, 1, 1]);
        assert_eq!(steps(b"\x95"), [1]);
    }

    #[test]
    fn a_jis_run_is_one_step_even_if_another_run_or_nothing_follows() {
        assert_eq!(steps(b"\x1B$B\"<\\\"\x1B(B,"), [10, 1]);
        assert_eq!(steps(b"\x1B$B\"<\x1B$@\"<\x1B(J"), [5, 8]);
        assert_eq!(steps(b"\x1B$B\""), [1, 1, 1, 1]);
    }
}
