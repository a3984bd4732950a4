//! The check of what a worker says an item is.
//!
//! Refuses: parts out of order, more parts, depth or bytes than the item can have, headers that are not lines.
//! Invariant: the facts are no larger than a small multiple of the headers and the number of parts allow.

use std::collections::BTreeSet;

use sanitizer_protocol::{Address, Headers, Inspected, Limits, PartFound, Role};

use super::{Lie, ensure, findings, is_line};
use crate::domain::{
    Digest, FileName, HeaderFacts, Mailbox, MessageId, NamedAddress, Part, PartPath, PartRole, TypeClass, TypeId,
};
use crate::ports::Inspection;

/// A byte of a header becomes at most so many bytes of UTF-8 (half-width kana become three).
const GROWTH: u64 = 4;

/// Names that one part may come under, and so extensions.
const MAX_EXTENSIONS: usize = 16;

/// Longest extension in bytes.
const MAX_EXTENSION: usize = 255;

/// Longest declared media type in bytes: two names of at most 127 (RFC 6838 4.2), and a slash.
const MAX_DECLARED: usize = 255;

/// Seconds since the epoch of the years 1 to 9999.
const DATES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Offsets from UTC stay below a day.
const OFFSETS: std::ops::RangeInclusive<i16> = -1439..=1439;

/// Checks what was found in an item of `length` bytes.
pub(in crate::sandbox) fn inspection(
    untrusted: Inspected,
    limits: &Limits,
    length: u64,
    is_file: bool,
) -> Result<Inspection, Lie> {
    let headers = headers(untrusted.headers, limits)?;
    let parts = parts(untrusted.parts, limits, length)?;
    if is_file {
        let whole = matches!(parts.as_slice(), [part] if part.path == PartPath::root()
            && part.role == PartRole::Attachment && part.length == length);
        ensure(whole && headers == HeaderFacts::default(), "a file that is not one part")?;
    }
    let places: BTreeSet<PartPath> = parts.iter().map(|part| part.path.clone()).chain([PartPath::root()]).collect();
    Ok(Inspection { headers, findings: findings(untrusted.findings, &places)?, parts })
}

fn parts(untrusted: Vec<PartFound>, limits: &Limits, length: u64) -> Result<Vec<Part>, Lie> {
    ensure(u64::try_from(untrusted.len()).is_ok_and(|count| count <= u64::from(limits.parts)), "too many parts")?;
    let parts: Vec<Part> = untrusted.into_iter().map(|found| part(found, limits)).collect::<Result<_, _>>()?;
    ensure(parts.is_sorted_by(|one, next| one.path < next.path), "parts that are not in reading order")?;
    // Every transfer encoding takes at least as many bytes as it carries.
    let total = parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.length));
    ensure(total.is_some_and(|total| total <= length), "parts that are larger than their item")?;
    Ok(parts)
}

fn part(untrusted: PartFound, limits: &Limits) -> Result<Part, Lie> {
    let depth = u64::try_from(untrusted.path.len()).unwrap_or(u64::MAX);
    ensure(depth <= u64::from(limits.depth) && !untrusted.path.contains(&0), "a part where there can be none")?;
    let path = PartPath::new(untrusted.path).ok_or(Lie("a part where there can be none"))?;
    let declared = untrusted.declared;
    ensure(
        declared.len() <= MAX_DECLARED && declared.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()),
        "a declared type that is not one",
    )?;
    let extensions = untrusted.extensions;
    let is_extension =
        |text: &String| (1..=MAX_EXTENSION).contains(&text.len()) && is_line(text) && !text.contains('.');
    ensure(extensions.len() <= MAX_EXTENSIONS && extensions.iter().all(is_extension), "an extension that is not one")?;
    Ok(Part {
        path,
        role: match untrusted.role {
            Role::Body => PartRole::Body,
            Role::Alternative => PartRole::Alternative,
            Role::Attachment => PartRole::Attachment,
        },
        declared,
        detected: TypeId::try_from(untrusted.detected.id).map_err(|_| Lie("a type that is not one"))?,
        class: TypeClass::from_name(&untrusted.detected.class).ok_or(Lie("a class of types that there is not"))?,
        name: untrusted.name.map(FileName::try_from).transpose().map_err(|_| Lie("a name that is not safe"))?,
        extensions,
        length: untrusted.length,
        digest: Digest::from_bytes(untrusted.sha256),
        encrypted: untrusted.encrypted,
    })
}

fn headers(untrusted: Headers, limits: &Limits) -> Result<HeaderFacts, Lie> {
    let texts = text_bytes(&untrusted);
    ensure(texts <= limits.header_bytes.saturating_mul(GROWTH), "headers that are longer than they can be")?;
    ensure(u64::from(untrusted.hops) <= limits.header_bytes, "more hops than headers")?;
    ensure(untrusted.subject.as_deref().is_none_or(is_line), "a subject that is not a line")?;
    ensure(
        untrusted.date.is_none_or(|(seconds, offset)| DATES.contains(&seconds) && OFFSETS.contains(&offset)),
        "a date outside the calendar",
    )?;
    Ok(HeaderFacts {
        from: addresses(untrusted.from)?,
        to: addresses(untrusted.to)?,
        cc: addresses(untrusted.cc)?,
        reply_to: addresses(untrusted.reply_to)?,
        subject: untrusted.subject,
        date: untrusted.date,
        message_id: untrusted.message_id.map(message_id).transpose()?,
        references: untrusted.references.into_iter().map(message_id).collect::<Result<_, _>>()?,
        in_reply_to: untrusted.in_reply_to.into_iter().map(message_id).collect::<Result<_, _>>()?,
        hops: untrusted.hops,
    })
}

fn text_bytes(headers: &Headers) -> u64 {
    let addresses = [&headers.from, &headers.to, &headers.cc, &headers.reply_to]
        .into_iter()
        .flatten()
        .map(|one| one.name.len().saturating_add(one.address.len()));
    let ids = headers.message_id.iter().chain(&headers.references).chain(&headers.in_reply_to).map(String::len);
    let total = addresses.chain(ids).chain(headers.subject.iter().map(String::len)).fold(0, usize::saturating_add);
    u64::try_from(total).unwrap_or(u64::MAX)
}

fn addresses(untrusted: Vec<Address>) -> Result<Vec<NamedAddress>, Lie> {
    untrusted
        .into_iter()
        .map(|one| {
            ensure(is_line(&one.name), "a display name that is not a line")?;
            let address = Mailbox::parse(&one.address).map_err(|_| Lie("an address that is not one"))?;
            Ok(NamedAddress { name: one.name, address })
        })
        .collect()
}

fn message_id(untrusted: String) -> Result<MessageId, Lie> {
    MessageId::try_from(untrusted).map_err(|_| Lie("a Message-ID that is not one"))
}
