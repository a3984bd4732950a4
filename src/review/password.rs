//! The password of a zip: drawn anew for each hand-over, to be typed by hand.
//!
//! Refuses: to be printed by a debugger. Invariant: 100 bits, each character equally likely.

use zeroize::Zeroizing;

use crate::ports::{Entropy, NoEntropy};

/// Characters of a password.
pub(super) const LENGTH: usize = 20;
/// 32 characters; none looks like another (no 0 and O, no 1 and I).
const ALPHABET: [u8; 32] = *b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A fresh password.
pub(super) fn fresh(entropy: &dyn Entropy) -> Result<Zeroizing<String>, NoEntropy> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    entropy.secret(bytes.as_mut())?;
    let places = bytes.iter().map(|byte| usize::from(byte % 32));
    Ok(Zeroizing::new(places.filter_map(|place| ALPHABET.get(place)).map(|byte| char::from(*byte)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn ten_bytes(&self) -> [u8; 10] {
            [0; 10]
        }

        fn secret(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
            bytes.fill_with(|| self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
            Ok(())
        }
    }

    #[test]
    fn every_character_is_equally_likely_and_none_looks_like_another() {
        let entropy = Counting(std::sync::atomic::AtomicU8::new(0));
        let mut all: Vec<char> = (0..64).flat_map(|_| fresh(&entropy).unwrap().chars().collect::<Vec<_>>()).collect();
        assert_eq!(all.len(), 64 * LENGTH);
        all.sort_unstable();
        let counts: Vec<usize> = all.chunk_by(PartialEq::eq).map(<[char]>::len).collect();
        assert_eq!(counts, [64 * LENGTH / 32; 32]);
        assert!(all.iter().all(|c| c.is_ascii_alphanumeric() && !"01IOl".contains(*c)));
    }
}
