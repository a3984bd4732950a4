//! One part of an original as it came, from a worker that has inspected the whole.
//!
//! Refuses: bytes that are not those the worker has told of. Invariant: what comes of it is nobody's derivative: only
//! [`PartReader`] hands it on, which no room names where mails are sanitized, composed or shown.

use async_trait::async_trait;
use bytes::Bytes;
use sanitizer_protocol::{FromWorker, ToWorker};
use tokio::io::AsyncRead;
use tokio::time::timeout;

use super::link::{self, Broken, Inbox};
use super::pool::Sandbox;
use super::session::{self, Session};
use super::worker::{Worker, converse};
use crate::domain::{Digest, Part, PartPath};
use crate::ports::{Blob, PartReader, SandboxError, Subject};

#[async_trait]
impl PartReader for Sandbox {
    async fn part(&self, original: Blob, path: &PartPath) -> Result<Option<(Part, Bytes)>, SandboxError> {
        let worker = self.worker().await?;
        let (inspection, session) = session::inspect(worker, &self.settings, Subject::Mail, original, &[]).await?;
        let Session { mut worker, left, .. } = session;
        let Some(part) = inspection.parts.into_iter().find(|part| part.path == *path) else {
            worker.retire();
            return Ok(None);
        };
        match timeout(left, asked(&mut worker, &part)).await {
            Ok(Ok(bytes)) => {
                worker.retire();
                Ok(bytes.map(|bytes| (part, bytes)))
            }
            Ok(Err(broken)) => Err(worker.autopsy(broken).await),
            Err(_) => {
                worker.retire();
                Err(SandboxError::TimedOut)
            }
        }
    }
}

async fn asked(worker: &mut Worker, part: &Part) -> Result<Option<Bytes>, Broken> {
    let request = ToWorker::Extract { path: part.path.numbers().to_vec() };
    let talk = link::send(&mut worker.stdin, &request);
    match converse(talk, answer(&mut worker.inbox, part)).await? {
        (bytes, true) => Ok(bytes),
        (_, false) => Err(Broken::Lie("an answer before it was asked for")),
    }
}

/// The bytes, if they are those of the part: of some parts (a body with files in it, what a password opened) the worker
/// keeps others.
async fn answer(inbox: &mut Inbox<impl AsyncRead + Unpin>, part: &Part) -> Result<Option<Bytes>, Broken> {
    let bytes = match inbox.message().await? {
        FromWorker::Extracted { length } => Some(inbox.content(length).await?),
        FromWorker::NotExtracted => None,
        _ => return Err(Broken::Lie("an answer out of turn")),
    };
    if inbox.has_more() {
        return Err(Broken::Lie("more than was asked for"));
    }
    Ok(bytes.filter(|bytes| Digest::of(bytes) == part.digest))
}

#[cfg(test)]
mod tests {
    use sanitizer_protocol::{encode_bytes, encode_control, encode_end};

    use super::*;
    use crate::domain::{PartRole, TypeClass, TypeId};

    fn part(bytes: &[u8]) -> Part {
        Part {
            path: PartPath::new(vec![2]).unwrap(),
            role: PartRole::Attachment,
            declared: "application/octet-stream".to_owned(),
            detected: TypeId::try_from("pe".to_owned()).unwrap(),
            class: TypeClass::Executable,
            name: None,
            folders: Vec::new(),
            extensions: Vec::new(),
            length: u64::try_from(bytes.len()).unwrap(),
            digest: Digest::of(bytes),
            encrypted: false,
        }
    }

    fn heard(message: &FromWorker, bytes: &[&[u8]]) -> Result<Option<Bytes>, Broken> {
        let mut stream = Vec::new();
        encode_control(message, &mut stream).unwrap();
        for piece in bytes {
            encode_bytes(piece, &mut stream).unwrap();
            encode_end(&mut stream);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(answer(&mut Inbox::new(stream.as_slice(), 1000), &part(b"MZ")))
    }

    #[test]
    fn only_the_bytes_that_were_told_of_are_handed_on() {
        let extracted = |length| FromWorker::Extracted { length };
        assert_eq!(heard(&extracted(2), &[b"MZ"]).unwrap().as_deref(), Some(&b"MZ"[..]));
        assert_eq!(heard(&extracted(2), &[b"PK"]).unwrap(), None);
        assert_eq!(heard(&FromWorker::NotExtracted, &[]).unwrap(), None);
        assert!(matches!(heard(&extracted(1), &[b"MZ"]), Err(Broken::Lie(_))));
        assert!(matches!(heard(&extracted(2000), &[&[0; 2000]]), Err(Broken::Lie(_))));
        assert!(matches!(heard(&extracted(2), &[b"MZ", b"MZ"]), Err(Broken::Lie(_))));
        assert!(matches!(heard(&FromWorker::Ready { version: 7 }, &[]), Err(Broken::Lie(_))));
    }
}
