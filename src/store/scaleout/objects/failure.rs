//! Errors of the object store in the field's words.
//!
//! Refuses: to pass on what the other side wrote, which quotes requests and keys. Invariant: an object counts as missing
//! only if the place it would be in answered; a bucket or a share that is not there is an outage.

use std::error::Error;
use std::io;

use object_store::client::HttpError;

use crate::ports::StoreError;

/// What an error means to whoever reads or removes.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
pub(super) fn failed(error: object_store::Error) -> StoreError {
    match &error {
        object_store::Error::NotFound { source, .. } if source.to_string().contains("NoSuchBucket") => {
            unavailable("there is no such bucket: check store.originals and store.derivatives")
        }
        object_store::Error::NotFound { .. } => StoreError::NotFound,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            unavailable("the object store refuses: check store.s3_credentials_file and what its key may do")
        }
        _ => of_cause(&error),
    }
}

/// What an error means to whoever writes: nothing is missing yet.
pub(super) fn not_written(error: object_store::Error) -> StoreError {
    match failed(error) {
        StoreError::NotFound => unavailable("the place for an object is gone: check store.originals and derivatives"),
        other => other,
    }
}

pub(super) fn unavailable(text: impl Into<String>) -> StoreError {
    StoreError::Unavailable(text.into().into())
}

/// The first cause that has a kind says it.
fn of_cause(error: &object_store::Error) -> StoreError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return unavailable(format!("no good answer from the object store ({:?})", error.kind()));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
                kind => unavailable(format!("the object store failed: {kind}")),
            };
        }
        cause = error.source();
    }
    unavailable("the object store answered with an error")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: impl Into<Box<dyn Error + Send + Sync>>) -> object_store::Error {
        object_store::Error::Generic { store: "test", source: source.into() }
    }

    #[test]
    fn a_full_disk_is_told_from_an_outage() {
        assert!(matches!(failed(error(io::Error::from(io::ErrorKind::StorageFull))), StoreError::Full));
        assert!(matches!(failed(error(io::Error::from(io::ErrorKind::TimedOut))), StoreError::Unavailable(_)));
    }

    #[test]
    fn what_the_other_side_wrote_is_not_passed_on() {
        let Err(StoreError::Unavailable(text)) = Err::<(), _>(failed(error("AWSAccessKeyId=ID"))) else { panic!() };
        assert!(!text.to_string().contains("ID"), "{text}");
    }

    #[test]
    fn an_object_is_missing_only_if_its_bucket_is_there() {
        let missing = |text: &str| object_store::Error::NotFound { path: "a".to_owned(), source: text.into() };
        assert!(matches!(failed(missing("<Code>NoSuchKey</Code>")), StoreError::NotFound));
        assert!(matches!(failed(missing("<Code>NoSuchBucket</Code>")), StoreError::Unavailable(_)));
        assert!(matches!(not_written(missing("<Code>NoSuchUpload</Code>")), StoreError::Unavailable(_)));
    }
}
