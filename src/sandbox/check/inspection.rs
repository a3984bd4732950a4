//! The check of what a worker says an item is.
//!
//! Refuses: parts out of order, more parts, depth or bytes than the item can have, headers that are not lines.
//! Invariant: the facts are no larger than a small multiple of the headers and the number of parts allow.

use std::collections::BTreeSet;

use sanitizer_protocol::{self as protocol, Address, Found, Headers, Inspected, Limits, PartFound, Role};

use super::{Lie, ensure, findings, is_line};
use crate::domain::{
    Ambiguity, AmbiguityFlag, CheckMethod, CheckResult, Digest, Domain, FileName, HeaderFacts, Mailbox, MessageId,
    NamedAddress, Part, PartPath, PartRole, TypeClass, TypeId,
};
use crate::ports::{AuthenticationField, AuthenticationResult, Inspection};

/// A byte of a header becomes at most so many bytes of UTF-8 (half-width kana become three).
const GROWTH: u64 = 4;

/// Names that one part may come under, and so extensions.
const MAX_EXTENSIONS: usize = 16;

/// Folders around one member of an archive.
const MAX_FOLDERS: usize = 10;

/// Longest extension in bytes.
const MAX_EXTENSION: usize = 255;

/// Longest declared media type in bytes: two names of at most 127 (RFC 6838 4.2), and a slash.
const MAX_DECLARED: usize = 255;

/// Seconds since the epoch of the years 1 to 9999.
const DATES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Offsets from UTC stay below a day.
const OFFSETS: std::ops::RangeInclusive<i16> = -1439..=1439;

/// Checks what was found in an item of `length` bytes.
pub fn inspection(untrusted: Inspected, limits: &Limits, length: u64, is_file: bool) -> Result<Inspection, Lie> {
    let mut found = untrusted.headers;
    let authentication = authentication(std::mem::take(&mut found.authentication))?;
    let headers = headers(found, limits)?;
    let parts = parts(untrusted.parts, limits, length)?;
    if is_file {
        // What is in an archive was checked to be in its place.
        let whole = parts.split_first().is_some_and(|(file, inside)| {
            let holds = file.role == PartRole::Archive || (file.role == PartRole::Attachment && inside.is_empty());
            holds && file.path == PartPath::root() && file.length == length
        });
        ensure(whole && headers == HeaderFacts::default(), "a file that is not one part")?;
    }
    let places = places(&parts);
    Ok(Inspection {
        headers,
        findings: findings(untrusted.findings, &places)?,
        ambiguities: ambiguities(untrusted.ambiguities, &places)?,
        authentication,
        parts,
    })
}

/// Where something can be found: the item, the parts, and the containers around them.
fn places(parts: &[Part]) -> BTreeSet<PartPath> {
    let outwards = |part: &Part| {
        let numbers = part.path.numbers().to_vec();
        (1..=numbers.len()).filter_map(move |depth| PartPath::new(numbers.get(..depth)?.to_vec()))
    };
    parts.iter().flat_map(outwards).chain([PartPath::root()]).collect()
}

fn parts(untrusted: Vec<PartFound>, limits: &Limits, length: u64) -> Result<Vec<Part>, Lie> {
    ensure(u64::try_from(untrusted.len()).is_ok_and(|count| count <= u64::from(limits.parts)), "too many parts")?;
    let parts: Vec<Part> = untrusted.into_iter().map(|found| part(found, limits)).collect::<Result<_, _>>()?;
    ensure(parts.is_sorted_by(|one, next| one.path < next.path), "parts that are not in reading order")?;
    let is_inside = |part: &Part| parts.iter().any(|other| part.path.is_inside(&other.path));
    let holds_parts = |part: &Part| parts.iter().any(|other| other.path.is_inside(&part.path));
    let total = |wanted: &dyn Fn(&Part) -> bool| {
        parts.iter().filter(|part| wanted(part)).map(|part| part.length).try_fold(0u64, u64::checked_add)
    };
    // Every transfer encoding takes at least as many bytes as it carries.
    let outermost = total(&|part| !is_inside(part));
    ensure(outermost.is_some_and(|total| total <= length), "parts that are larger than their item")?;
    // What a mail inside the mail holds may be compressed in it (TNEF, RTF); each byte counts once, where it ends up.
    let innermost = total(&|part| is_inside(part) && !holds_parts(part));
    ensure(innermost.is_some_and(|total| total <= limits.output_bytes), "enclosed parts that are too large")?;
    ensure(parts.iter().all(|part| is_in_its_place(part, &parts)), "parts inside something that holds none")?;
    ensure(parts.iter().all(|part| may_have_folders(part, &parts)), "folders around something that lies in none")?;
    Ok(parts)
}

/// Parts lie in mails and archives inside the mail; only files lie in a text.
fn is_in_its_place(part: &Part, parts: &[Part]) -> bool {
    parts.iter().filter(|other| part.path.is_inside(&other.path)).all(|other| match other.role {
        PartRole::Enclosed | PartRole::Archive => true,
        // A file that was taken out of a text may itself be a mail with parts.
        PartRole::Body => {
            let directly = part.path.numbers().len() == other.path.numbers().len() + 1;
            !directly || matches!(part.role, PartRole::Attachment | PartRole::Enclosed | PartRole::Archive)
        }
        PartRole::Alternative | PartRole::Attachment => false,
    })
}

/// Only what lies in an archive itself lies in folders.
fn may_have_folders(part: &Part, parts: &[Part]) -> bool {
    let holds = |other: &Part| {
        let directly = part.path.numbers().len() == other.path.numbers().len() + 1;
        other.role == PartRole::Archive && directly && part.path.is_inside(&other.path)
    };
    part.folders.is_empty() || parts.iter().any(holds)
}

/// Flags found at most: each kind once per part.
const MAX_AMBIGUITIES: usize = 10_000;

fn ambiguities(untrusted: Vec<Found>, places: &BTreeSet<PartPath>) -> Result<Vec<Ambiguity>, Lie> {
    ensure(untrusted.len() <= MAX_AMBIGUITIES, "more ambiguities than there can be")?;
    let one = |found: Found| {
        let flag = AmbiguityFlag::try_from(found.code).map_err(|_| Lie("an ambiguity that is not one"))?;
        let part = PartPath::new(found.path).filter(|path| places.contains(path)).ok_or(Lie("an ambiguity nowhere"))?;
        ensure(found.count > 0, "an ambiguity that did not occur")?;
        Ok(Ambiguity { flag, part, count: found.count })
    };
    untrusted.into_iter().map(one).collect()
}

/// Fields of relays that are looked at.
const MAX_AUTHENTICATION: usize = 50;
/// Results of one of them.
const MAX_RESULTS: usize = 20;

fn authentication(untrusted: Vec<protocol::AuthenticationField>) -> Result<Vec<AuthenticationField>, Lie> {
    ensure(untrusted.len() <= MAX_AUTHENTICATION, "more relays than there can be")?;
    let one = |field: protocol::AuthenticationField| {
        let named = field.name.len() <= 64 && field.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        ensure(named, "a field of a relay without a name")?;
        ensure(field.results.len() <= MAX_RESULTS, "more results than a relay has")?;
        Ok(AuthenticationField {
            name: field.name,
            authserv_id: domain(&field.authserv_id)?,
            results: field.results.iter().map(authentication_result).collect::<Result<_, _>>()?,
            below_received: field.below_received,
        })
    };
    untrusted.into_iter().map(one).collect()
}

fn authentication_result(untrusted: &protocol::AuthenticationResult) -> Result<AuthenticationResult, Lie> {
    Ok(AuthenticationResult {
        method: CheckMethod::from_word(&untrusted.method).ok_or(Lie("a check that there is not"))?,
        result: CheckResult::from_word(&untrusted.result).ok_or(Lie("a result that there is not"))?,
        domain: untrusted.domain.as_deref().map(domain).transpose()?,
    })
}

fn domain(untrusted: &str) -> Result<Domain, Lie> {
    Domain::parse(untrusted).map_err(|_| Lie("a relay's domain that is not one"))
}

/// A lower-case word of a header, or a list's identifier.
fn word(untrusted: Option<String>, longest: usize) -> Result<Option<String>, Lie> {
    let fits = |text: &String| {
        (1..=longest).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._@+=~".contains(&b))
    };
    ensure(untrusted.as_ref().is_none_or(fits), "a header that is not a word")?;
    Ok(untrusted)
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
    ensure(untrusted.folders.len() <= MAX_FOLDERS, "more folders than a path has")?;
    let folders = untrusted.folders.into_iter().map(FileName::try_from).collect::<Result<_, _>>();
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
            Role::Enclosed => PartRole::Enclosed,
            Role::Archive => PartRole::Archive,
        },
        declared,
        detected: TypeId::try_from(untrusted.detected.id).map_err(|_| Lie("a type that is not one"))?,
        class: TypeClass::from_name(&untrusted.detected.class).ok_or(Lie("a class of types that there is not"))?,
        name: untrusted.name.map(FileName::try_from).transpose().map_err(|_| Lie("a name that is not safe"))?,
        folders: folders.map_err(|_| Lie("a folder that is not safe"))?,
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
        list_id: word(untrusted.list_id, 255)?,
        auto_submitted: word(untrusted.auto_submitted, 32)?,
        precedence: word(untrusted.precedence, 32)?,
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

#[cfg(test)]
mod tests {
    use sanitizer_protocol::Detected;

    use super::*;
    use crate::domain::Reason;

    const LIMITS: Limits =
        Limits { header_bytes: 1000, depth: 3, parts: 4, html_bytes: 10, text_bytes: 10, output_bytes: 10 };
    const LENGTH: u64 = 100;

    fn part(path: &[u16]) -> PartFound {
        PartFound {
            path: path.to_vec(),
            role: Role::Attachment,
            declared: "application/pdf".to_owned(),
            detected: Detected { id: "pdf".to_owned(), class: "document".to_owned() },
            name: Some("見積書.pdf".to_owned()),
            folders: Vec::new(),
            extensions: vec!["pdf".to_owned()],
            length: 30,
            sha256: [7; 32],
            encrypted: false,
        }
    }

    fn address(name: &str, address: &str) -> Vec<Address> {
        vec![Address { name: name.to_owned(), address: address.to_owned() }]
    }

    fn honest() -> Inspected {
        Inspected {
            headers: Headers {
                from: address("山田太郎", "a@example.jp"),
                subject: Some("件名".to_owned()),
                date: Some((1_795_398_120, 540)),
                message_id: Some("<a@example.jp>".to_owned()),
                references: vec!["<b@example.jp>".to_owned()],
                hops: 3,
                ..Headers::default()
            },
            parts: vec![part(&[1]), part(&[2, 1])],
            findings: vec![Found { code: "type_mismatch".to_owned(), path: vec![2, 1], count: 1 }],
            ambiguities: Vec::new(),
        }
    }

    fn check(found: Inspected) -> Result<Inspection, Lie> {
        inspection(found, &LIMITS, LENGTH, false)
    }

    /// The honest answer but for one change.
    fn but(change: impl FnOnce(&mut Inspected)) -> Result<Inspection, Lie> {
        let mut found = honest();
        change(&mut found);
        check(found)
    }

    #[test]
    fn an_honest_answer_becomes_facts() {
        let inspection = check(honest()).unwrap();
        assert_eq!(inspection.parts.iter().map(|part| part.path.to_string()).collect::<Vec<_>>(), ["1", "2.1"]);
        assert_eq!(inspection.headers.from[0].address.as_str(), "a@example.jp");
        assert_eq!(inspection.findings[0].code, Reason::TypeMismatch);
        assert!(check(Inspected::default()).is_ok());
    }

    #[test]
    fn parts_that_cannot_be_are_not_believed() {
        type Change = fn(&mut PartFound);
        let lies: &[(&str, Change)] = &[
            ("too deep", |part| part.path = vec![1, 1, 1, 1]),
            ("nowhere", |part| part.path = vec![0]),
            ("out of order", |part| part.path = vec![3]),
            ("twice", |part| part.path = vec![2, 1]),
            ("larger than the item", |part| part.length = 71),
            ("larger than any item", |part| part.length = u64::MAX),
            ("no type", |part| part.detected.id = "PDF".to_owned()),
            ("no class", |part| part.detected.class = "harmless".to_owned()),
            ("a path as a name", |part| part.name = Some("../a".to_owned())),
            ("folders in no archive", |part| part.folders = vec!["様式".to_owned()]),
            ("a name that turns around", |part| part.name = Some("a\u{202E}fdp.exe".to_owned())),
            ("a declared type with a line end", |part| part.declared = "text/plain\r\nx: y".to_owned()),
            ("a declared type in upper case", |part| part.declared = "Text/Plain".to_owned()),
            ("a long declared type", |part| part.declared = "x".repeat(256)),
            ("an empty extension", |part| part.extensions = vec![String::new()]),
            ("an extension with a dot", |part| part.extensions = vec!["tar.gz".to_owned()]),
            ("a hidden extension", |part| part.extensions = vec!["pdf\u{200B}".to_owned()]),
            ("many extensions", |part| part.extensions = vec!["a".to_owned(); 17]),
        ];
        for (what, lie) in lies {
            assert!(but(|found| lie(&mut found.parts[0])).is_err(), "{what}");
        }
        assert!(but(|found| found.parts = (1..=5).map(|n| part(&[n])).collect()).is_err(), "too many");
    }

    #[test]
    fn headers_that_are_not_lines_are_not_believed() {
        type Change = fn(&mut Headers);
        let lies: &[(&str, Change)] = &[
            ("a line end in the subject", |headers| headers.subject = Some("a\r\nBcc: x@example.jp".to_owned())),
            ("a subject that turns around", |headers| headers.subject = Some("\u{202E}abc".to_owned())),
            ("a long subject", |headers| headers.subject = Some("x".repeat(4001))),
            ("a name with a control character", |headers| headers.from = address("\x1b[2J", "a@b")),
            ("an address with a line end", |headers| headers.to = address("", "a@b\r\nDATA")),
            ("an address of nobody", |headers| headers.cc = address("", "")),
            ("a long list", |headers| headers.reply_to = vec![address("", "a@b").remove(0); 2000]),
            ("a loose Message-ID", |headers| headers.message_id = Some("a@b".to_owned())),
            ("a reference with a blank", |headers| headers.references = vec!["<a b@c>".to_owned()]),
            ("an answer to nothing", |headers| headers.in_reply_to = vec![String::new()]),
            ("a date without a year", |headers| headers.date = Some((i64::MAX, 0))),
            ("an offset of days", |headers| headers.date = Some((0, i16::MIN))),
            ("endless hops", |headers| headers.hops = u32::MAX),
        ];
        for (what, lie) in lies {
            assert!(but(|found| lie(&mut found.headers)).is_err(), "{what}");
        }
    }

    #[test]
    fn findings_that_cannot_be_are_not_believed() {
        let found = |code: &str, path: &[u16], count| Found { code: code.to_owned(), path: path.to_vec(), count };
        for lie in [
            found("type_mismatch", &[9], 1),
            found("type_mismatch", &[1], 0),
            found("harmless", &[1], 1),
            // A worker decides nothing, scans nothing and delivers nothing.
            found(Reason::Expired.code(), &[1], 1),
            found(Reason::RefusedByNextHop.code(), &[], 1),
        ] {
            assert!(but(|inspected| inspected.findings = vec![lie.clone()]).is_err(), "{lie:?}");
        }
        let flood = vec![found("corrupt", &[], 1); 1000];
        assert!(but(|inspected| inspected.findings = flood).is_err());
        for place in [&[][..], &[1], &[2], &[2, 1]] {
            assert!(but(|inspected| inspected.findings = vec![found("ambiguous_structure", place, 2)]).is_ok());
        }
    }

    #[test]
    fn what_relays_say_is_words_and_domains() {
        let field = || protocol::AuthenticationField {
            name: "authentication-results".to_owned(),
            authserv_id: "mx.example.jp".to_owned(),
            results: vec![protocol::AuthenticationResult {
                method: "spf".to_owned(),
                result: "pass".to_owned(),
                domain: Some("a.example".to_owned()),
            }],
            below_received: 0,
        };
        let check = |change: fn(&mut protocol::AuthenticationField)| {
            let mut changed = field();
            change(&mut changed);
            authentication(vec![changed])
        };
        assert_eq!(check(|_| ()).unwrap()[0].results[0].method, CheckMethod::Spf);
        assert!(check(|field| field.name = "a b".to_owned()).is_err());
        assert!(check(|field| field.authserv_id = "mx\r\n".to_owned()).is_err());
        assert!(check(|field| field.results[0].method = "SPF".to_owned()).is_err());
        assert!(check(|field| field.results[0].result = "great".to_owned()).is_err());
        assert!(check(|field| field.results[0].domain = Some("a b".to_owned())).is_err());
        assert!(check(|field| field.results = vec![field.results[0].clone(); MAX_RESULTS + 1]).is_err());
        assert!(authentication(vec![field(); MAX_AUTHENTICATION + 1]).is_err());
    }

    #[test]
    fn parts_lie_in_mails_and_files_in_texts_and_each_byte_counts_once() {
        let at = |path: &[u16], role, length| PartFound { role, length, ..part(path) };
        let check = |parts: Vec<PartFound>| {
            inspection(Inspected { parts, ..Inspected::default() }, &LIMITS, LENGTH, false).is_ok()
        };
        use Role::{Alternative, Attachment, Body, Enclosed};
        // Two mails inside each other are the same bytes.
        let nested = |innermost| {
            vec![at(&[1], Enclosed, LENGTH), at(&[1, 1], Enclosed, LENGTH), at(&[1, 1, 1], Attachment, innermost)]
        };
        assert!(check(nested(LIMITS.output_bytes)));
        assert!(!check(nested(LIMITS.output_bytes + 1)));
        assert!(!check(vec![at(&[1], Enclosed, LENGTH), at(&[2], Attachment, 1)]));
        for (outer, inner, may) in [
            (Enclosed, Body, true),
            (Enclosed, Alternative, true),
            (Body, Attachment, true),
            (Body, Enclosed, true),
            (Body, Body, false),
            (Attachment, Attachment, false),
            (Alternative, Attachment, false),
        ] {
            assert_eq!(check(vec![at(&[1], outer, 1), at(&[1, 1], inner, 1)]), may, "{outer:?} {inner:?}");
        }
    }

    #[test]
    fn a_file_is_one_attachment_of_its_own_length_without_headers() {
        let whole = PartFound { length: LENGTH, ..part(&[]) };
        let file = |parts: Vec<PartFound>, headers: Headers| {
            inspection(Inspected { headers, parts, ..Inspected::default() }, &LIMITS, LENGTH, true)
        };
        assert!(file(vec![whole.clone()], Headers::default()).is_ok());
        assert!(file(vec![], Headers::default()).is_err());
        assert!(file(vec![part(&[])], Headers::default()).is_err());
        assert!(file(vec![PartFound { role: Role::Body, ..whole.clone() }], Headers::default()).is_err());
        assert!(file(vec![PartFound { path: vec![1], ..whole.clone() }], Headers::default()).is_err());
        assert!(file(vec![whole], honest().headers).is_err());
    }

    #[test]
    fn folders_are_safe_names_around_members_of_an_archive() {
        let with = |folders: &[&str]| {
            let outer = PartFound { role: Role::Archive, length: 50, ..part(&[1]) };
            let folders = folders.iter().map(|&folder| folder.to_owned()).collect();
            let inner = PartFound { folders, length: 4, ..part(&[1, 1]) };
            let findings = Vec::new();
            check(Inspected { parts: vec![outer, inner], findings, ..honest() })
        };
        let told = with(&["2025", "様式"]).unwrap();
        assert_eq!(told.parts[1].folders.iter().map(FileName::as_str).collect::<Vec<_>>(), ["2025", "様式"]);
        for lie in
            ["", ".", "..", "a/b", "a\\b", "C:", "a:b", "nul", "COM1.x", "a.", "a ", " a", "a\u{202E}b", "a\nb", "a\0"]
        {
            assert!(with(&["a", lie]).is_err(), "{lie:?}");
        }
        assert!(with(&["あ".repeat(41).as_str()]).is_err());
        assert!(with(&["a"; MAX_FOLDERS]).is_ok() && with(&["a"; MAX_FOLDERS + 1]).is_err());
    }
}
