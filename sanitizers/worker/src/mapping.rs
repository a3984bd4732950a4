//! From what the format crates found to the words of the protocol.
//!
//! Refuses: items over their limits, mails without structure. Invariant: every part told of has a [`Source`] with the
//! same path and type, so that whatever the gateway may order can be found again.

use std::borrow::Cow;

use sanitizer_api::Code;
use sanitizer_mail::{Headers, Leaf, Mail, Unreadable};
use sanitizer_protocol::{self as protocol, Address, Failure, Found, Inspected, Limits, PartFound, Role, Subject};
use sha2::{Digest, Sha256};

use crate::registry;

/// An inspected item: what the gateway is told, and what its orders will be written from.
#[derive(Debug)]
pub struct Item<'a> {
    /// What the gateway is told.
    pub found: Inspected,
    /// One source per part, in the same order.
    pub sources: Vec<Source<'a>>,
}

/// The decoded bytes of one part.
#[derive(Debug)]
pub struct Source<'a> {
    /// Its place.
    pub path: Vec<u16>,
    /// Real type.
    pub type_id: &'static str,
    /// The charset label the sender gave.
    pub charset: Option<String>,
    /// The bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// Finds out what `bytes` are.
///
/// # Errors
/// [`Failure::Limit`] over a limit; [`Failure::Unreadable`] without a structure.
pub fn inspect<'a>(subject: &Subject, bytes: &'a [u8], limits: &Limits) -> Result<Item<'a>, Failure> {
    match subject {
        Subject::Mail => {
            let limits =
                sanitizer_mail::Limits { header_bytes: limits.header_bytes, depth: limits.depth, parts: limits.parts };
            let mail = sanitizer_mail::inspect(bytes, &limits).map_err(|unreadable| failure(&unreadable))?;
            Ok(item(mail))
        }
        Subject::File { name } => Ok(item(single_file(name, bytes))),
    }
}

fn failure(unreadable: &Unreadable) -> Failure {
    match unreadable.code() {
        code @ (Code::TooLarge | Code::TooManyFiles | Code::TooDeep) => {
            Failure::Limit { code: code.as_str().to_owned() }
        }
        _ => Failure::Unreadable,
    }
}

/// A file is a mail of one attachment and no headers.
fn single_file<'a>(name: &str, bytes: &'a [u8]) -> Mail<'a> {
    let leaf = Leaf {
        path: Vec::new(),
        role: sanitizer_mail::Role::Attachment,
        declared: String::new(),
        charset: None,
        names: sanitizer_mail::Names::from_spoken(&[name]),
        bytes: Cow::Borrowed(bytes),
    };
    Mail { headers: Headers::default(), leaves: vec![leaf], findings: Vec::new() }
}

fn item(mail: Mail<'_>) -> Item<'_> {
    let mut findings: Vec<Found> =
        mail.findings.into_iter().map(|(path, code, count)| found(path, code, count)).collect();
    let mut parts = Vec::with_capacity(mail.leaves.len());
    let mut sources = Vec::with_capacity(mail.leaves.len());
    for leaf in mail.leaves {
        let (part, source) = part(leaf, &mut findings);
        parts.push(part);
        sources.push(source);
    }
    Item { found: Inspected { headers: headers(mail.headers), parts, findings }, sources }
}

fn part<'a>(leaf: Leaf<'a>, findings: &mut Vec<Found>) -> (PartFound, Source<'a>) {
    let detected = sanitizer_detect::with_name(sanitizer_detect::detect(&leaf.bytes), &leaf.names.extensions);
    let extensions = leaf.names.extensions;
    let lies = extensions.iter().any(|extension| !sanitizer_detect::agrees(&detected, extension));
    if lies || sanitizer_detect::polyglot(&leaf.bytes, &detected).is_some() {
        findings.push(found(leaf.path.clone(), Code::TypeMismatch, 1));
    }
    if detected.encrypted {
        findings.push(found(leaf.path.clone(), Code::PasswordRequired, 1));
    }
    // A body that nothing can show in place is a file, whatever the sender says.
    let showable = registry::sanitizer(detected.id, protocol::Way::Text).is_some();
    let role = match leaf.role {
        sanitizer_mail::Role::Body if showable => Role::Body,
        sanitizer_mail::Role::Alternative if showable => Role::Alternative,
        sanitizer_mail::Role::Body | sanitizer_mail::Role::Alternative | sanitizer_mail::Role::Attachment => {
            Role::Attachment
        }
    };
    let part = PartFound {
        path: leaf.path.clone(),
        role,
        declared: leaf.declared,
        detected: protocol::Detected { id: detected.id.to_owned(), class: detected.class.as_str().to_owned() },
        name: leaf.names.shown,
        extensions,
        length: u64::try_from(leaf.bytes.len()).unwrap_or(u64::MAX),
        sha256: Sha256::digest(&leaf.bytes).into(),
        encrypted: detected.encrypted,
    };
    (part, Source { path: leaf.path, type_id: detected.id, charset: leaf.charset, bytes: leaf.bytes })
}

fn found(path: Vec<u16>, code: Code, count: u32) -> Found {
    Found { code: code.as_str().to_owned(), path, count }
}

fn headers(headers: Headers) -> protocol::Headers {
    let addresses = |addresses: Vec<sanitizer_mail::Address>| {
        addresses.into_iter().map(|one| Address { name: one.name, address: one.address }).collect()
    };
    protocol::Headers {
        from: addresses(headers.from),
        to: addresses(headers.to),
        cc: addresses(headers.cc),
        reply_to: addresses(headers.reply_to),
        subject: headers.subject,
        date: headers.date,
        message_id: headers.message_id,
        references: headers.references,
        in_reply_to: headers.in_reply_to,
        hops: headers.hops,
    }
}
