//! What is handed out of a mail: the file that was asked for, or the mail as it was received.
//!
//! Refuses: a file that is not the one on record, which an approver was shown. Invariant: the name of the sender's file is
//! not in the name that is given; of a zip, names can be read without the password.

use bytes::Bytes;

use super::Review;
use crate::domain::{ItemKey, Part, PartPath, ReleaseRequest};
use crate::ports::Blob;

/// Longest ending of a name that is kept.
const MAX_ENDING: usize = 8;

/// What goes into the zip.
pub(super) struct Handed {
    pub(super) name: String,
    pub(super) bytes: Bytes,
    /// For the record: `file` or `mail`.
    pub(super) what: &'static str,
}

impl Review {
    /// The file that was asked for; where it cannot be taken out, and where no file was named, the whole mail.
    pub(super) async fn handed(&self, key: &ItemKey, request: &ReleaseRequest, original: Vec<u8>) -> Handed {
        let (reference, original) = (request.reference, Bytes::from(original));
        let file = match &request.part {
            Some(path) => self.file(key, path, original.clone()).await,
            None => None,
        };
        match file {
            Some((part, bytes)) => Handed { name: format!("{reference}.{}", ending(&part)), bytes, what: "file" },
            None => Handed { name: format!("{reference}.eml"), bytes: original, what: "mail" },
        }
    }

    async fn file(&self, key: &ItemKey, path: &PartPath, original: Bytes) -> Option<(Part, Bytes)> {
        let facts = self.register.item(key).await.ok()?.facts?;
        let known = facts.parts.into_iter().find(|part| part.path == *path)?;
        match self.parts.part(Blob::in_memory(original), path).await {
            Ok(found) => found.filter(|(part, _)| part.digest == known.digest),
            Err(error) => {
                tracing::warn!(%error, "a file was not taken out of its mail, which is handed out as a whole");
                None
            }
        }
    }
}

/// How the name of a file ends, for the program that opens it.
fn ending(part: &Part) -> String {
    let given = part.name.as_ref().and_then(crate::domain::FileName::extension).unwrap_or_default();
    let plain = (1..=MAX_ENDING).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { given } else { "bin".to_owned() }
}
