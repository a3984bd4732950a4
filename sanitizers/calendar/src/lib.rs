//! Calendars (iCalendar, RFC 5545 and 5546) and address cards (vCard 2.1, 3.0, 4.0), written anew with listed fields.
//!
//! Refuses: everything that is not listed (files, pictures, sound, programs, pages, alarms that do more than show a
//! text), and files that are not whole. Invariant: the output holds content lines with listed names only, and no
//! address that a program would make clickable.

mod address;
mod date;
mod ics;
mod inert;
#[cfg(test)]
mod laws;
mod line;
mod property;
mod recurrence;
mod tally;
mod text;
mod vcard;
mod vcard_value;

use sanitizer_api::Sanitizer;

pub use ics::Calendar;
pub use vcard::Contacts;

/// The sanitizer for the real type `type_id`, handed on as a file.
#[must_use]
pub fn sanitizer_for(type_id: &str) -> Option<&'static dyn Sanitizer> {
    match type_id {
        "ics" => Some(&Calendar),
        "vcf" => Some(&Contacts),
        _ => None,
    }
}
