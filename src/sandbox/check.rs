//! From a worker's words to the domain's types, trusting nothing.
//!
//! Refuses: whatever the protocol's documents do not promise. Invariant: a compromised worker can lie about its own
//! item, within the limits of one item, and about nothing else.

mod card;
mod cp932;
mod data;
mod derivative;
mod inspection;
mod package;
mod picture;
mod progress;
mod table;

use std::collections::BTreeSet;

use sanitizer_protocol::Found;

pub use derivative::{Allowance, Promise, promise, refusal};
pub use inspection::inspection;
pub use progress::{Patience, progress};

use crate::domain::name::changes_reading;
use crate::domain::{Finding, PartPath, Reason};

/// What does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lie(pub &'static str);

/// Holds `condition`, or tells what does not.
fn ensure(condition: bool, what: &'static str) -> Result<(), Lie> {
    if condition { Ok(()) } else { Err(Lie(what)) }
}

/// Findings, each of them about one of `places`.
fn findings(untrusted: Vec<Found>, places: &BTreeSet<PartPath>) -> Result<Vec<Finding>, Lie> {
    ensure(
        untrusted.len() <= places.len().saturating_mul(Reason::ALL.len()),
        "more findings than there are codes and parts",
    )?;
    untrusted
        .into_iter()
        .map(|found| {
            let part =
                PartPath::new(found.path).filter(|part| places.contains(part)).ok_or(Lie("a finding nowhere"))?;
            ensure(found.count > 0, "a finding that was not found")?;
            Ok(Finding { code: reason(&found.code)?, part, count: found.count })
        })
        .collect()
}

/// A code that a worker may speak. The others tell of decisions, scans and deliveries, which are not its business.
fn reason(untrusted: &str) -> Result<Reason, Lie> {
    let reason = untrusted.parse().map_err(|_| Lie("a code that there is not"))?;
    let spoken = matches!(
        reason,
        Reason::HtmlToText
            | Reason::RemoteImageRemoved
            | Reason::LinkDisabled
            | Reason::LinkMismatch
            | Reason::HiddenTextRemoved
            | Reason::ControlRemoved
            | Reason::ActiveContentRemoved
            | Reason::TextRebuilt
            | Reason::CharsetGuessed
            | Reason::Undecodable
            | Reason::FormulaNeutralised
            | Reason::EncodingKept
            | Reason::TextTruncated
            | Reason::HtmlStripped
            | Reason::TypeMismatch
            | Reason::UnsupportedFormat
            | Reason::PasswordRequired
            | Reason::PasswordOpened
            | Reason::WrongPassword
            | Reason::AmbiguousStructure
            | Reason::Gaiji
            | Reason::SignatureRemoved
            | Reason::EncryptedMail
            | Reason::PartialMessage
            | Reason::ExternalBody
            | Reason::EnclosedMail
            | Reason::InlineFileExtracted
            | Reason::CalendarRebuilt
            | Reason::ContactRebuilt
            | Reason::ReportToText
            | Reason::DocumentRebuilt
            | Reason::ShownTextRemoved
            | Reason::EffectRemoved
            | Reason::MacroRemoved
            | Reason::EmbeddedObjectRemoved
            | Reason::ExternalReferenceRemoved
            | Reason::FieldFlattened
            | Reason::FormulaFlattened
            | Reason::HiddenSheetShown
            | Reason::FontRemoved
            | Reason::UnknownPartRemoved
            | Reason::ImageRebuilt
            | Reason::ImageReplaced
            | Reason::AnimationRemoved
            | Reason::MetadataRemoved
            | Reason::TrailingDataRemoved
            | Reason::QrCodeFound
            | Reason::ArchiveRebuilt
            | Reason::ArchiveMemberRemoved
            | Reason::TooLarge
            | Reason::TooManyFiles
            | Reason::TooDeep
            | Reason::Corrupt
            | Reason::ConvertFailed
    );
    if spoken { Ok(reason) } else { Err(Lie("a code that is not for workers")) }
}

/// One line of text that reads as it is spelled.
fn is_line(text: &str) -> bool {
    !text.chars().any(changes_reading)
}
