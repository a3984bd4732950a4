//! The messages inside control frames. All data is owned, nothing here has been checked by the receiver.

use serde::{Deserialize, Serialize};

use crate::Passwords;

/// Both binaries must agree on it; it changes with every change of a message.
pub const VERSION: u16 = 8;

/// Gateway to worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker {
    /// The original follows as bytes frames and an end frame.
    Inspect {
        /// What the bytes are.
        subject: Subject,
        /// How many bytes follow.
        length: u64,
        /// What the worker may spend.
        limits: Limits,
        /// What the site wants.
        settings: Settings,
        /// What to try on attachments that are encrypted.
        passwords: Passwords,
    },
    /// Write these, in this order.
    Rebuild {
        /// The orders.
        orders: Vec<Order>,
    },
    /// Hand this part out as it came, instead of writing anything: asked on the internet side only, for whoever may have
    /// the whole original.
    Extract {
        /// The part, by its numbers.
        path: Vec<u16>,
    },
}

/// What the bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// A mail whose archives stay closed, because earlier attempts at it ended badly.
    BareMail,
    /// A mail.
    Mail,
    /// A single file.
    File {
        /// The name it came under.
        name: String,
    },
}

/// What a worker may spend on one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of all headers of a mail.
    pub header_bytes: u64,
    /// Depth of the MIME tree.
    pub depth: u32,
    /// Parts of a mail.
    pub parts: u32,
    /// Bytes of one HTML body.
    pub html_bytes: u64,
    /// Bytes of text written for one body.
    pub text_bytes: u64,
    /// Bytes written for all parts together.
    pub output_bytes: u64,
}

/// What the site wants of every item.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Characters of the site's own making: a private code point (U+E000 to U+F8FF) and the text that stands for it,
    /// sorted by code point.
    pub gaiji: Vec<(u32, String)>,
    /// How tables are encoded.
    pub tables: TableEncoding,
}

/// How CSV and TSV files are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TableEncoding {
    /// UTF-8 with a byte order mark, without which Excel in Japan reads CP932; a table of ASCII needs none.
    #[default]
    Utf8Bom,
    /// UTF-8 without a byte order mark.
    Utf8,
    /// CP932; a table with a character that has no code there is written as [`Self::Utf8Bom`].
    Cp932,
}

/// One thing to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The part, by its numbers.
    pub path: Vec<u16>,
    /// In which way.
    pub way: Way,
}

/// In which way a part is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// Its text, for the body of the new mail.
    Text,
    /// Anew in its own format.
    Rebuild,
}

/// Worker to gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromWorker {
    /// Confined; waits for an item.
    Ready {
        /// [`VERSION`] of the worker.
        version: u16,
    },
    /// What the item is.
    Inspected(Box<Inspected>),
    /// The answer to an order: bytes frames and an end frame follow.
    Written(WrittenHead),
    /// The answer to an order: it cannot be written.
    Refused {
        /// The order's part.
        path: Vec<u16>,
        /// The order's way.
        way: Way,
        /// Reason code.
        code: String,
    },
    /// The item cannot be inspected.
    Failed(Failure),
    /// How far the next answer is: it stands before the answer to an order, at most [`Progress::MOST`] times.
    Progress(Progress),
    /// The answer to [`ToWorker::Extract`]: bytes frames and an end frame follow.
    Extracted {
        /// How many bytes follow.
        length: u64,
    },
    /// The answer to [`ToWorker::Extract`]: there is no such part, or it is not kept as it came.
    NotExtracted,
}

/// How far the work on one order is. It is only ever shown: nothing is decided by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The order's part.
    pub path: Vec<u16>,
    /// What is counted.
    pub unit: Unit,
    /// How many are done, at most `total`.
    pub done: u32,
    /// How many there are, 1 to [`Progress::LARGEST`].
    pub total: u32,
}

impl Progress {
    /// Most frames of one order.
    pub const MOST: u32 = 100;
    /// Largest total.
    pub const LARGEST: u32 = 100_000;

    /// True if this step is told: the last one always, of more than [`Self::MOST`] only each hundredth part.
    #[must_use]
    pub fn is_told(done: u32, total: u32) -> bool {
        let share = |done: u32| u64::from(done).saturating_mul(u64::from(Self::MOST)) / u64::from(total.max(1));
        done > 0 && done <= total && total <= Self::LARGEST && share(done) > share(done.saturating_sub(1))
    }
}

/// What is counted inside of a file. Files themselves are counted by the gateway, by the answers that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Sheets of a workbook.
    Sheets,
    /// Slides of a presentation.
    Slides,
}

/// Why an item cannot be inspected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// Over a limit; reason code `too_large`, `too_many_files` or `too_deep`.
    Limit {
        /// Reason code.
        code: String,
    },
    /// It has no structure that could be read.
    Unreadable,
    /// The gateway broke the protocol.
    Protocol,
}

/// What a worker found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Inspected {
    /// Headers of a mail; empty for a file.
    pub headers: Headers,
    /// Leaves in reading order.
    pub parts: Vec<PartFound>,
    /// Findings.
    pub findings: Vec<Found>,
    /// Why the structure can be read in more than one way: the `code` of each is a flag.
    pub ambiguities: Vec<Found>,
}

/// Decoded headers: single lines, no control or reordering characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Headers {
    /// From.
    pub from: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// Subject.
    pub subject: Option<String>,
    /// Date: seconds since the epoch, offset in minutes.
    pub date: Option<(i64, i16)>,
    /// Message-ID with angle brackets.
    pub message_id: Option<String>,
    /// References, oldest first, each with angle brackets.
    pub references: Vec<String>,
    /// In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// Number of Received headers.
    pub hops: u32,
    /// List-Id (RFC 2919): what stands in its angle brackets.
    pub list_id: Option<String>,
    /// Auto-Submitted (RFC 3834): its keyword, lower case.
    pub auto_submitted: Option<String>,
    /// Precedence: `bulk`, `list` or `junk`.
    pub precedence: Option<String>,
    /// What relays say of the sender, outermost (newest) first.
    pub authentication: Vec<AuthenticationField>,
}

/// A header in which a relay says what it found out about the sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationField {
    /// Field name, lower case: `authentication-results`, `arc-authentication-results`, `arc-seal`, `received-spf`.
    pub name: String,
    /// Who says so, a domain: the authserv-id; `receiver` of a Received-SPF, `d` of an ARC-Seal.
    pub authserv_id: String,
    /// What it found, in its order.
    pub results: Vec<AuthenticationResult>,
    /// How many Received fields stand above it.
    pub below_received: u32,
}

/// One result of a relay's checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationResult {
    /// `spf`, `dkim`, `dmarc` or `arc`.
    pub method: String,
    /// A word of RFC 8601 2.7: `pass`, `fail` and the like.
    pub result: String,
    /// The domain it speaks for, lower case.
    pub domain: Option<String>,
}

/// A display name and an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Display name, or empty.
    pub name: String,
    /// `local@domain`.
    pub address: String,
}

/// One leaf of the MIME tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFound {
    /// Its place, by numbers from 1, outermost first.
    pub path: Vec<u16>,
    /// What it is for the reader.
    pub role: Role,
    /// Declared media type, lower case, without parameters.
    pub declared: String,
    /// Real type.
    pub detected: Detected,
    /// A name that is safe to show, if there was one.
    pub name: Option<String>,
    /// Of a member of an archive the folders around it, outermost first, each as safe as a name.
    pub folders: Vec<String>,
    /// Extensions of all names given, lower case, without dots, without repetition.
    pub extensions: Vec<String>,
    /// Decoded length in bytes.
    pub length: u64,
    /// SHA-256 of the decoded bytes.
    pub sha256: [u8; 32],
    /// Its content is encrypted with a password.
    pub encrypted: bool,
}

/// What a part is for the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Text shown in place.
    Body,
    /// The less rich twin of a body.
    Alternative,
    /// A file.
    Attachment,
    /// A mail inside the mail: its own parts follow it, one level deeper.
    Enclosed,
    /// An archive that was opened: its members follow it, one level deeper.
    Archive,
}

/// The real type of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// Short name, `pdf`.
    pub id: String,
    /// Family, `document`.
    pub class: String,
}

/// One observation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Reason code.
    pub code: String,
    /// The part; empty for the item as a whole.
    pub path: Vec<u16>,
    /// How many times.
    pub count: u32,
}

/// What precedes the bytes of a rebuilt part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenHead {
    /// The order's part.
    pub path: Vec<u16>,
    /// The order's way.
    pub way: Way,
    /// How many bytes follow.
    pub length: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// Media type of the bytes.
    pub media_type: String,
    /// Which sanitizer wrote them.
    pub sanitizer: String,
    /// Its version.
    pub version: u32,
    /// How they were made.
    pub assurance: Assurance,
    /// What was removed or changed.
    pub findings: Vec<Found>,
    /// Links of a body.
    pub links: Vec<LinkFound>,
    /// Where in the file the findings were made, as far as it has places; at most 1,000.
    pub places: Vec<PlaceFound>,
    /// Passwords that the text seems to name. Secret: never logged, sealed before they are kept.
    pub candidates: Vec<String>,
}

/// Where in a file something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceFound {
    /// Reason code of a finding.
    pub code: String,
    /// A part of a document, a sheet, a slide: 1 to 64 printable ASCII characters, none of the sender's.
    pub name: String,
    /// How many times; all places of a code together have no more than its finding.
    pub count: u32,
}

/// How bytes were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Assurance {
    /// Copied after checks.
    Filtered,
    /// Serialized anew from a parsed model.
    Rebuilt,
}

/// A link of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFound {
    /// Its number in the text, from 1.
    pub number: u32,
    /// The true target, defanged.
    pub target: String,
    /// What the text showed, if it looked like another host's address.
    pub shown: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frame, encode_control};

    #[test]
    fn no_file_has_more_steps_told_than_an_order_may_have_and_the_last_is_always_told() {
        for total in [1, 2, 24, 99, 100, 101, 250, 5_000, Progress::LARGEST] {
            let told: Vec<u32> = (0..=total.saturating_add(1)).filter(|done| Progress::is_told(*done, total)).collect();
            assert!(told.len() <= usize::try_from(Progress::MOST).unwrap(), "{total}: {}", told.len());
            assert_eq!(told.last(), Some(&total), "{total}");
        }
        assert!((0..100).all(|done| !Progress::is_told(done, 0) && !Progress::is_told(done, Progress::LARGEST + 1)));
    }

    #[test]
    fn progress_is_spelled_as_it_always_was() {
        let message = FromWorker::Progress(Progress { path: vec![2, 300], unit: Unit::Slides, done: 14, total: 240 });
        let mut frame = Vec::new();
        encode_control(&message, &mut frame).unwrap();
        assert_eq!(frame, [1, 9, 0, 0, 0, 5, 2, 2, 0xac, 0x02, 1, 14, 0xf0, 0x01]);
        assert_eq!(Frame::of(1, frame.split_off(5)).unwrap().message(), Ok(message));
    }
}
