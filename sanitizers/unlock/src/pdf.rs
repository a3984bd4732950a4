//! PDF files with the standard security handler (ISO 32000-2 7.6.4), revisions 2 to 6.
//!
//! Refuses: other handlers. Invariant: user or owner password fit the verifier before anything is deciphered, and
//! nothing in what is written refers to an encryption.

use lopdf::{Document, LoadOptions, Object};

use crate::candidate::Candidates;
use crate::{Allowance, Locked, Opened};

/// Hashed blocks of one candidate in revision 6: up to some hundred turns of 4 KiB, four times over.
const WORK: u64 = 100_000;
/// Bytes one object stream may unpack to, at most. Writers put some hundred objects into one, some tens of KiB; as objects
/// in memory they take up to a hundred times of that.
const MAX_STREAM: usize = 4 * 1024 * 1024;

/// Opens a PDF.
pub(crate) fn open(bytes: &[u8], candidates: &Candidates, allowance: &mut Allowance) -> Result<Opened, Locked> {
    // Reading tries the empty password, with which many a PDF opens without a question.
    allowance.spend_work(WORK)?;
    let sealed = load(bytes, None, allowance)?;
    if sealed.was_encrypted() {
        return Ok(Opened { bytes: write(sealed, allowance)?, used: Vec::new() });
    }
    let handler = sealed.get_encrypted().map_err(|_| Locked::NotSupported)?;
    if !matches!(handler.get(b"Filter").and_then(Object::as_name), Ok(b"Standard")) {
        return Err(Locked::NotSupported);
    }
    for spelling in candidates.after(&[]) {
        allowance.spend_work(WORK)?;
        if sealed.authenticate_password(&spelling.text).is_ok() {
            let opened = load(bytes, Some(&spelling.text), allowance)?;
            return Ok(Opened { bytes: write(opened, allowance)?, used: spelling.index.into_iter().collect() });
        }
    }
    Err(Locked::WrongPassword)
}

fn load(bytes: &[u8], password: Option<&str>, allowance: &Allowance) -> Result<Document, Locked> {
    let most = usize::try_from(allowance.bytes).unwrap_or(MAX_STREAM).min(MAX_STREAM);
    let options = LoadOptions {
        password: password.map(str::to_owned),
        max_decompressed_size: Some(most),
        ..LoadOptions::default()
    };
    Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::UnsupportedSecurityHandler(_) => Locked::NotSupported,
        lopdf::Error::Decompress(_) => Locked::TooMuch,
        _ => Locked::Broken,
    })
}

fn write(mut document: Document, allowance: &mut Allowance) -> Result<Vec<u8>, Locked> {
    if document.is_encrypted() {
        return Err(Locked::Broken);
    }
    // What the encryption took of the numbers is free again.
    document.max_id = document.objects.keys().map(|id| id.0).max().unwrap_or(0);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(|_| Locked::Broken)?;
    allowance.spend_bytes(bytes.len())?;
    Ok(bytes)
}
