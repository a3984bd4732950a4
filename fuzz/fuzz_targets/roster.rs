//! People by CSV: any bytes are a roster or up to fifty mistakes, and what is taken in changes nothing a second time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temizu::identity::roster::{Difference, MAX_FAULTS, Roster};

fuzz_target!(|bytes: &[u8]| {
    match Roster::read(bytes) {
        Ok(roster) => {
            let today = jiff::civil::date(2026, 11, 23);
            if let Err(faults) = Difference::of(&roster, &[], &[], today, true) {
                assert!((1..=MAX_FAULTS).contains(&faults.len()));
            }
        }
        Err(faults) => assert!((1..=MAX_FAULTS).contains(&faults.len())),
    }
});
