//! The one place where characters of somebody's own making become what a site reads: its own words, or 〓.
//!
//! Refuses: words that would make a text longer than it may be; 〓 stands for them too. Invariant: nothing that leaves
//! the worker for people has a private code point that the site's table did not put there.

use sanitizer_api::{Budget, Code, Finding, Rebuilt};
use sanitizer_japanese::Gaiji;
use sanitizer_mail::Names;
use sanitizer_protocol::{Address, Found, Headers, Inspected, Limits, PartFound};

/// Extensions that are told of one part.
const MAX_EXTENSIONS: usize = 16;
/// Longest line of a calendar or card in bytes (RFC 5545 3.1, RFC 6350 3.2).
const WIDTH: usize = 75;

/// Writes the site's words into headers and names.
pub(crate) fn in_inspected(gaiji: Gaiji<'_>, found: &mut Inspected, limits: &Limits) {
    let unknown = in_headers(gaiji, &mut found.headers, limits);
    note(&mut found.findings, &[], unknown);
    for part in &mut found.parts {
        let unknown = in_names(gaiji, part);
        note(&mut found.findings, &part.path, unknown);
    }
}

/// Writes the site's words into a rebuilt text; its longer form is spent of the budget, or not written.
pub(crate) fn in_rebuilt(gaiji: Gaiji<'_>, rebuilt: Rebuilt, limits: &Limits, budget: &mut Budget) -> Rebuilt {
    let mut rebuilt = rebuilt;
    for link in &mut rebuilt.links {
        for text in std::iter::once(&mut link.target).chain(&mut link.shown) {
            marked(text);
        }
    }
    let written = std::str::from_utf8(&rebuilt.bytes).ok().and_then(|text| {
        let (written, unknown) = as_format_allows(gaiji, text, rebuilt.media_type)?;
        let more = written.len().saturating_sub(text.len());
        let fits = u64::try_from(written.len()).is_ok_and(|length| length <= limits.text_bytes || more == 0);
        if fits && budget.spend_output(more).is_ok() {
            Some((written, unknown))
        } else {
            Gaiji::default().written(text)
        }
    });
    if let Some((text, unknown)) = written {
        rebuilt.bytes = text.into_bytes();
        if unknown > 0 {
            rebuilt.findings.push(Finding { code: Code::Gaiji, count: unknown });
        }
    }
    rebuilt
}

/// Words for the private code points of a whole text; where lines have a width (calendars, cards), for those of each line
/// that stays within it.
fn as_format_allows(gaiji: Gaiji<'_>, text: &str, media_type: &str) -> Option<(String, u32)> {
    if matches!(media_type, "text/plain" | "text/csv" | "text/tab-separated-values") {
        return gaiji.written(text);
    }
    let mut whole = String::with_capacity(text.len());
    let mut unknown = 0u32;
    let mut changed = false;
    for line in text.split_inclusive('\n') {
        let fits = |(written, _): &(String, u32)| written.trim_end_matches(['\r', '\n']).len() <= WIDTH;
        match gaiji.written(line).filter(fits).or_else(|| Gaiji::default().written(line)) {
            Some((written, left)) => {
                whole.push_str(&written);
                unknown = unknown.saturating_add(left);
                changed = true;
            }
            None => whole.push_str(line),
        }
    }
    changed.then_some((whole, unknown))
}

/// How many characters the table did not know.
fn in_headers(gaiji: Gaiji<'_>, headers: &mut Headers, limits: &Limits) -> u32 {
    let Headers { from, to, cc, reply_to, subject, .. } = headers;
    let names = [from, to, cc, reply_to].into_iter().flatten().map(|Address { name, .. }| name);
    // All texts together may grow by this much, so that they stay within what the gateway believes of a header.
    let mut room = usize::try_from(limits.header_bytes).unwrap_or(usize::MAX);
    let mut unknown = 0u32;
    for text in names.chain(subject.as_mut()) {
        let Some((written, left)) = gaiji.written(text) else { continue };
        let more = written.len().saturating_sub(text.len());
        if let Some(rest) = room.checked_sub(more) {
            room = rest;
            *text = written;
            unknown = unknown.saturating_add(left);
        } else {
            unknown = unknown.saturating_add(marked(text));
        }
    }
    unknown
}

/// How many characters the table did not know. The names are made safe anew: a word may be what a name must not have.
fn in_names(gaiji: Gaiji<'_>, part: &mut PartFound) -> u32 {
    for extension in &mut part.extensions {
        marked(extension);
    }
    let in_folders = in_folders(gaiji, &mut part.folders);
    let Some((written, unknown)) = part.name.as_deref().and_then(|name| gaiji.written(name)) else {
        return in_folders;
    };
    let names = Names::of([written.as_str()]);
    for extension in names.extensions {
        if !part.extensions.contains(&extension) && part.extensions.len() < MAX_EXTENSIONS {
            part.extensions.push(extension);
        }
    }
    part.name = names.shown;
    unknown.saturating_add(in_folders)
}

/// The same for the folders around a member of an archive.
fn in_folders(gaiji: Gaiji<'_>, folders: &mut [String]) -> u32 {
    let mut unknown = 0u32;
    for folder in folders {
        let Some((written, left)) = gaiji.written(folder) else { continue };
        if let Some(safe) = Names::of([written.as_str()]).shown {
            *folder = safe;
        }
        unknown = unknown.saturating_add(left);
    }
    unknown
}

/// Marks every private code point; returns how many there were.
fn marked(text: &mut String) -> u32 {
    let Some((marked, unknown)) = Gaiji::default().written(text) else { return 0 };
    *text = marked;
    unknown
}

fn note(findings: &mut Vec<Found>, path: &[u16], count: u32) {
    if count > 0 {
        findings.push(Found { code: Code::Gaiji.as_str().to_owned(), path: path.to_vec(), count });
    }
}

#[cfg(test)]
mod tests {
    use sanitizer_api::{Assurance, Link};
    use sanitizer_protocol::{Detected, Role};

    use super::*;

    const LIMITS: Limits =
        Limits { header_bytes: 30, depth: 3, parts: 4, html_bytes: 1000, text_bytes: 30, output_bytes: 1000 };

    fn table() -> Vec<(u32, String)> {
        vec![(0xE000, "髙".to_owned()), (0xE001, "（土の吉）".to_owned())]
    }

    fn rebuilt(text: &str) -> Rebuilt {
        Rebuilt {
            bytes: text.as_bytes().to_vec(),
            media_type: "text/plain",
            assurance: Assurance::Rebuilt,
            findings: Vec::new(),
            places: Vec::new(),
            links: vec![Link {
                number: 1,
                target: "hxxp://\u{E000}[.]jp/".to_owned(),
                shown: Some("\u{E000}".to_owned()),
            }],
        }
    }

    #[test]
    fn a_text_gets_the_sites_words_and_marks_what_it_does_not_know() {
        let table = table();
        let mut budget = Budget { output_bytes: 100, ..Budget::generous() };
        let text = in_rebuilt(Gaiji::new(&table), rebuilt("\u{E000}橋\u{E001}\u{E002}"), &LIMITS, &mut budget);
        assert_eq!(String::from_utf8(text.bytes).unwrap(), "髙橋（土の吉）〓");
        assert_eq!(text.findings, [Finding { code: Code::Gaiji, count: 1 }]);
        assert_eq!((text.links[0].target.as_str(), text.links[0].shown.as_deref()), ("hxxp://〓[.]jp/", Some("〓")));
        assert_eq!(budget.output_bytes, 100 - 12);
    }

    #[test]
    fn words_that_do_not_fit_are_marked_instead() {
        let table = table();
        let mut poor = Budget { output_bytes: 11, ..Budget::generous() };
        let text = in_rebuilt(Gaiji::new(&table), rebuilt("\u{E001}"), &LIMITS, &mut poor);
        assert_eq!((String::from_utf8(text.bytes).unwrap().as_str(), text.findings.len()), ("〓", 1));
        let mut rich = Budget::generous();
        let text = in_rebuilt(Gaiji::new(&table), rebuilt("\u{E001}\u{E001}\u{E001}"), &LIMITS, &mut rich);
        assert_eq!(String::from_utf8(text.bytes).unwrap(), "〓〓〓");
    }

    #[test]
    fn a_line_of_a_calendar_stays_within_its_width() {
        let table = table();
        let text = format!("SUMMARY:\u{E001}\r\n {}\u{E001}\r\n", "x".repeat(60));
        let calendar = Rebuilt { media_type: "text/calendar", ..rebuilt(&text) };
        let limits = Limits { text_bytes: 1000, ..LIMITS };
        let written = in_rebuilt(Gaiji::new(&table), calendar, &limits, &mut Budget::generous());
        let expected = format!("SUMMARY:（土の吉）\r\n {}〓\r\n", "x".repeat(60));
        assert_eq!(String::from_utf8(written.bytes).unwrap(), expected);
        assert_eq!(written.findings, [Finding { code: Code::Gaiji, count: 1 }]);
    }

    #[test]
    fn headers_and_names_are_told_in_the_sites_words() {
        let table = table();
        let mut found = Inspected::default();
        found.headers.subject = Some("\u{E000}様\u{E009}".to_owned());
        found.headers.from =
            vec![Address { name: "\u{E001}\u{E001}\u{E001}".to_owned(), address: "a@b.jp".to_owned() }];
        found.parts = vec![PartFound {
            folders: Vec::new(),
            path: vec![1],
            role: Role::Attachment,
            declared: String::new(),
            detected: Detected { id: "text".to_owned(), class: "text".to_owned() },
            name: Some("\u{E000}\u{E001}\u{E009}.txt".to_owned()),
            extensions: vec!["txt".to_owned()],
            length: 0,
            sha256: [0; 32],
            encrypted: false,
        }];
        in_inspected(Gaiji::new(&table), &mut found, &LIMITS);
        assert_eq!(found.headers.subject.as_deref(), Some("髙様〓"));
        assert_eq!(found.headers.from[0].name, "〓〓〓");
        assert_eq!(found.parts[0].name.as_deref(), Some("髙（土の吉）〓.txt"));
        assert_eq!(found.parts[0].extensions, ["txt"]);
        let told: Vec<_> = found.findings.iter().map(|one| (one.path.as_slice(), one.count)).collect();
        assert_eq!(told, [(&[][..], 4), (&[1][..], 1)]);
    }
}
