//! The check of what a worker wrote, before and after its bytes arrive.
//!
//! Refuses: answers to other orders, more bytes than are left of the item's allowance, media types and characters that
//! are not listed. Invariant: only bytes that passed here are vouched for.

use std::borrow::Cow;
use std::collections::BTreeSet;

use bytes::Bytes;
use sanitizer_protocol::{self as protocol, Limits, LinkFound, PlaceFound, TableEncoding, Way, WrittenHead};

use super::{Lie, card, data, ensure, findings, is_line, package, picture, reason, table};
use crate::domain::derivative::About;
use crate::domain::name::changes_reading;
use crate::domain::password::MAX_CANDIDATES;
use crate::domain::{Action, Assurance, Derivative, Digest, Finding, Link, Password, Place};
use crate::ports::{Answer, Order};
use crate::sandbox::session::way;

/// Longest name of a sanitizer in bytes: `body/plain`.
const MAX_SANITIZER: usize = 64;

/// Places that are told of one file, and longest name of one in bytes.
const MAX_PLACES: usize = 1_000;
const MAX_PLACE: usize = 64;

/// Documents of Office without macros (ECMA-376 part 1, 11.3, 12.3, 13.3).
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SLIDES: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// What may still be written of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes for all parts together.
    output_bytes: u64,
    /// Bytes for one text.
    text_bytes: u64,
    /// How tables are encoded.
    tables: TableEncoding,
}

impl Allowance {
    /// Everything that `limits` allow, with tables in this encoding.
    pub const fn of(limits: &Limits, tables: TableEncoding) -> Self {
        Self { output_bytes: limits.output_bytes, text_bytes: limits.text_bytes, tables }
    }
}

/// What a worker says it is about to send: checked, but for the bytes.
#[derive(Debug)]
pub struct Promise {
    order: Order,
    length: u64,
    digest: Digest,
    format: Format,
    tables: TableEncoding,
    about: About,
    findings: Vec<Finding>,
    candidates: Vec<Password>,
}

/// What bytes may be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Csv,
    Json,
    Xml,
    Calendar,
    Contact,
    Office,
    Png,
    Jpeg,
    Tiff,
}

/// Checks the head of an answer against its order and spends its length.
pub fn promise(untrusted: WrittenHead, order: &Order, allowance: &mut Allowance) -> Result<Promise, Lie> {
    answers(order, &untrusted.path, untrusted.way)?;
    let format = match (untrusted.way, untrusted.media_type.as_str()) {
        (_, "text/plain") => Format::Text,
        (Way::Rebuild, "text/csv" | "text/tab-separated-values") => Format::Csv,
        (Way::Rebuild, "application/json") => Format::Json,
        (Way::Rebuild, "application/xml") => Format::Xml,
        (Way::Rebuild, "text/calendar") => Format::Calendar,
        (Way::Rebuild, "text/vcard") => Format::Contact,
        (Way::Rebuild, WORD | SHEET | SLIDES) => Format::Office,
        (Way::Rebuild, "image/png") => Format::Png,
        (Way::Rebuild, "image/jpeg") => Format::Jpeg,
        (Way::Rebuild, "image/tiff") => Format::Tiff,
        _ => return Err(Lie("a media type that is not listed")),
    };
    ensure(untrusted.way == Way::Rebuild || untrusted.length <= allowance.text_bytes, "a text over its limit")?;
    allowance.output_bytes =
        allowance.output_bytes.checked_sub(untrusted.length).ok_or(Lie("more bytes than the item may bring"))?;
    let findings = findings(untrusted.findings, &BTreeSet::from([order.path.clone()]))?;
    let sanitizer = untrusted.sanitizer;
    let is_name = (1..=MAX_SANITIZER).contains(&sanitizer.len())
        && sanitizer.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-/".contains(&b));
    ensure(is_name, "a sanitizer without a name")?;
    Ok(Promise {
        order: order.clone(),
        length: untrusted.length,
        digest: Digest::from_bytes(untrusted.sha256),
        format,
        tables: allowance.tables,
        candidates: candidates(untrusted.candidates, untrusted.way)?,
        about: About {
            media_type: untrusted.media_type,
            sanitizer,
            version: untrusted.version,
            // A worker that has seen the original can never claim `Rendered`: the protocol has no word for it.
            assurance: match untrusted.assurance {
                protocol::Assurance::Filtered => Assurance::Filtered,
                protocol::Assurance::Rebuilt => Assurance::Rebuilt,
            },
            links: links(untrusted.links)?,
            places: places(untrusted.places, &findings)?,
        },
        findings,
    })
}

impl Promise {
    /// How many bytes are to come.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The second look at what was written, format by format.
    fn keeps_its_form(&self, untrusted: &[u8]) -> Result<(), Lie> {
        match self.format {
            Format::Office => return ensure(package::holds(untrusted), "a document with parts that it may not have"),
            Format::Png => return ensure(picture::is_png(untrusted), "a PNG with more than its pixels"),
            Format::Jpeg => return ensure(picture::is_jpeg(untrusted), "a JPEG with more than its pixels"),
            Format::Tiff => return ensure(picture::is_tiff(untrusted), "a TIFF with more than its pixels"),
            Format::Text | Format::Csv | Format::Json | Format::Xml | Format::Calendar | Format::Contact => {}
        }
        let text = match self.format {
            Format::Csv => table::text(untrusted, self.tables),
            _ => std::str::from_utf8(untrusted).ok().map(Cow::Borrowed),
        };
        let text = text.filter(|text| is_plain(text, self.format));
        let text = text.ok_or(Lie("bytes that are not the text they should be"))?;
        let text = text.as_ref();
        ensure(self.order.action != Action::Text || !is_live(text), "a body with a link that can be clicked")?;
        let fits = match self.format {
            Format::Csv => !table::runs(text),
            Format::Json => data::is_json(text),
            Format::Xml => data::is_inert_xml(text),
            Format::Calendar => card::holds(text, &card::CALENDAR),
            Format::Contact => card::holds(text, &card::CONTACT),
            Format::Text | Format::Office | Format::Png | Format::Jpeg | Format::Tiff => true,
        };
        ensure(fits, "a table with a formula, or data, a calendar or a card with more than it may have")
    }

    /// Checks the bytes and vouches for them.
    pub fn kept_by(self, untrusted: Bytes) -> Result<Answer, Lie> {
        ensure(Digest::of(&untrusted) == self.digest, "bytes that are not those of the digest")?;
        self.keeps_its_form(&untrusted)?;
        #[expect(clippy::disallowed_methods, reason = "these bytes have been checked: this is where vouching begins")]
        let derivative = Derivative::vouch(self.order.path.clone(), untrusted, self.about);
        Ok(Answer::Written { order: self.order, derivative, findings: self.findings, candidates: self.candidates })
    }
}

/// Places are names of parts that sanitizers give, and no more was found in them than was found.
fn places(untrusted: Vec<PlaceFound>, findings: &[Finding]) -> Result<Vec<Place>, Lie> {
    ensure(untrusted.len() <= MAX_PLACES, "more places than a file is told to have")?;
    let mut places: Vec<Place> = Vec::with_capacity(untrusted.len());
    for found in untrusted {
        let is_name = (1..=MAX_PLACE).contains(&found.name.len())
            && found.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
        ensure(is_name && found.count > 0, "a place that is none")?;
        places.push(Place { code: reason(&found.code)?, name: found.name, count: found.count });
    }
    for place in &places {
        let there = places.iter().filter(|other| other.code == place.code);
        let sum = there.map(|other| other.count).try_fold(0u32, u32::checked_add);
        let found = findings.iter().filter(|finding| finding.code == place.code);
        let total = found.map(|finding| finding.count).fold(0, u32::saturating_add);
        ensure(sum.is_some_and(|sum| sum <= total), "more found in places than was found")?;
    }
    Ok(places)
}

/// Only a body names passwords, and none of them breaks a line.
fn candidates(untrusted: Vec<String>, way: Way) -> Result<Vec<Password>, Lie> {
    ensure(untrusted.is_empty() || way == Way::Text, "passwords in a file")?;
    ensure(untrusted.len() <= MAX_CANDIDATES, "more passwords than a mail names")?;
    let lie = |_| Lie("a password that is none");
    untrusted.into_iter().map(|text| Password::new(text).map_err(lie)).collect()
}

/// Checks a refusal against its order.
pub fn refusal(path: &[u16], way: Way, code: &str, order: &Order) -> Result<Answer, Lie> {
    answers(order, path, way)?;
    Ok(Answer::Refused { order: order.clone(), reason: reason(code)? })
}

fn answers(order: &Order, path: &[u16], spoken: Way) -> Result<(), Lie> {
    ensure(order.path.numbers() == path && way(order.action) == Some(spoken), "an answer to another order")
}

fn links(untrusted: Vec<LinkFound>) -> Result<Vec<Link>, Lie> {
    ensure(untrusted.is_sorted_by(|one, next| one.number < next.number), "links that are not in order")?;
    untrusted
        .into_iter()
        .map(|link| {
            let fits = link.number > 0 && is_line(&link.target) && link.shown.as_deref().is_none_or(is_line);
            ensure(fits, "a link that is not a line")?;
            ensure(!has_live_scheme(&link.target), "a link that can be clicked")?;
            Ok(Link { number: link.number, target: link.target, shown: link.shown })
        })
        .collect()
}

/// True if a mail program would make the text, or a piece of it, a link.
pub(super) fn is_live(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let is_name = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_host = |(at, label): (usize, &str)| {
        let (before, host) = text.split_at_checked(at).unwrap_or_default();
        !is_name(before.chars().next_back()) && is_name(host.chars().nth(label.len()))
    };
    has_live_scheme(&text) || text.match_indices("www.").chain(text.match_indices("mailto:")).any(is_host)
}

pub(super) fn has_live_scheme(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["http://", "https://", "ftp://", "file://"].iter().any(|scheme| text.contains(scheme))
}

/// Text without controls or reordering code points but for tabs and line ends; a CR only before an LF, and only where
/// lines end so (RFC 4180 2.1, RFC 5545 3.1).
fn is_plain(text: &str, format: Format) -> bool {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let fits = match character {
            '\n' | '\t' => true,
            '\r' => {
                matches!(format, Format::Csv | Format::Calendar | Format::Contact) && characters.peek() == Some(&'\n')
            }
            other => !changes_reading(other),
        };
        if !fits {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use sanitizer_protocol::Found;

    use super::*;
    use crate::domain::{Action, PartPath, Reason};

    fn order(action: Action) -> Order {
        Order { path: PartPath::new(vec![1, 2]).unwrap(), action }
    }

    fn head(bytes: &[u8], way: Way, media_type: &str) -> WrittenHead {
        WrittenHead {
            path: vec![1, 2],
            way,
            length: u64::try_from(bytes.len()).unwrap(),
            sha256: *Digest::of(bytes).as_bytes(),
            media_type: media_type.to_owned(),
            sanitizer: "body/plain".to_owned(),
            version: 1,
            assurance: protocol::Assurance::Rebuilt,
            findings: vec![Found { code: "control_removed".to_owned(), path: vec![1, 2], count: 2 }],
            links: vec![link(1, "hxxps://example[.]jp/")],
            places: Vec::new(),
            candidates: Vec::new(),
        }
    }

    fn link(number: u32, target: &str) -> LinkFound {
        LinkFound { number, target: target.to_owned(), shown: None }
    }

    fn allowance() -> Allowance {
        Allowance { output_bytes: 100, text_bytes: 50, tables: TableEncoding::Utf8Bom }
    }

    fn check(bytes: &[u8], action: Action, media_type: &str) -> Result<Answer, Lie> {
        let head = head(bytes, way(action).unwrap(), media_type);
        promise(head, &order(action), &mut allowance())?.kept_by(Bytes::copy_from_slice(bytes))
    }

    #[test]
    fn an_honest_answer_becomes_a_derivative() {
        let Ok(Answer::Written { derivative, findings, .. }) = check(b"text\n", Action::Text, "text/plain") else {
            panic!("it was not believed")
        };
        assert_eq!((derivative.bytes().as_ref(), derivative.digest()), (b"text\n".as_slice(), Digest::of(b"text\n")));
        assert_eq!(
            (derivative.path().to_string(), derivative.about().assurance),
            ("1.2".to_owned(), Assurance::Rebuilt)
        );
        assert_eq!((findings[0].code, findings[0].count), (Reason::ControlRemoved, 2));
    }

    #[test]
    fn only_plain_characters_pass() {
        let cases: &[(&[u8], bool, bool)] = &[
            (b"a\tb\n", true, true),
            ("件名 葛\u{E0100}\n".as_bytes(), true, false),
            // Tables begin with a mark, unless they are of ASCII.
            ("\u{FEFF}件名,葛\u{E0100}\r\n".as_bytes(), false, true),
            (b"", true, true),
            (b"a,b\r\n", false, true),
            (b"a\rb", false, false),
            (b"a\r", false, false),
            (b"\x1b[2J", false, false),
            (b"a\0", false, false),
            (b"\x7f", false, false),
            ("\u{85}".as_bytes(), false, false),
            ("a\u{202E}b".as_bytes(), false, false),
            (b"\xff\xfe", false, false),
            (b"\xe6\x97", false, false),
        ];
        for (bytes, as_text, as_csv) in cases {
            assert_eq!(check(bytes, Action::Rebuild, "text/plain").is_ok(), *as_text, "{bytes:?}");
            assert_eq!(check(bytes, Action::Rebuild, "text/csv").is_ok(), *as_csv, "{bytes:?}");
        }
    }

    #[test]
    fn heads_that_break_their_order_or_a_limit_are_not_believed() {
        type Change = fn(&mut WrittenHead);
        let lies: &[(&str, Change)] = &[
            ("another part", |head| head.path = vec![1]),
            ("another way", |head| head.way = Way::Rebuild),
            ("too long a text", |head| head.length = 51),
            ("endless", |head| head.length = u64::MAX),
            ("a program", |head| head.media_type = "application/x-msdownload".to_owned()),
            ("a web page", |head| head.media_type = "text/html".to_owned()),
            ("a table as a body", |head| head.media_type = "text/csv".to_owned()),
            ("no sanitizer", |head| head.sanitizer = String::new()),
            ("a sanitizer with a line end", |head| head.sanitizer = "text\n".to_owned()),
            ("a finding elsewhere", |head| head.findings[0].path = vec![3]),
            ("a link out of order", |head| head.links = vec![link(2, "a"), link(1, "b")]),
            ("link nought", |head| head.links = vec![link(0, "a")]),
            ("a link of two lines", |head| head.links = vec![link(1, "a\nb")]),
            ("too many passwords", |head| head.candidates = vec!["x".to_owned(); 21]),
            ("a password of two lines", |head| head.candidates = vec!["x\ny".to_owned()]),
            ("an endless password", |head| head.candidates = vec!["x".repeat(129)]),
            ("an empty password", |head| head.candidates = vec![String::new()]),
            ("a link that can be clicked", |head| head.links = vec![link(1, "HTTPS://example.jp")]),
        ];
        for (what, lie) in lies {
            let mut head = head(b"text", Way::Text, "text/plain");
            lie(&mut head);
            assert!(promise(head, &order(Action::Text), &mut allowance()).is_err(), "{what}");
        }
    }

    #[test]
    fn bodies_with_live_links_and_tables_with_formulas_are_lies() {
        for (body, believed) in [
            ("hxxps://www[.]example[.]jp/ C:\\x 10:30 awww.b", true),
            ("see HTTPS://example.jp", false),
            ("file://server/x", false),
            ("見る:Www.example.jp", false),
            ("連絡先MAILTO:a@city.example", false),
            ("mailto: a@city.example mailto[:]a@city.example", true),
        ] {
            assert_eq!(check(body.as_bytes(), Action::Text, "text/plain").is_ok(), believed, "{body}");
            assert!(check(body.as_bytes(), Action::Rebuild, "text/plain").is_ok(), "a file may name an address");
        }
        assert!(check(b"a,'=x\r\n", Action::Rebuild, "text/csv").is_ok());
        assert!(check(b"a,=x\r\n", Action::Rebuild, "text/csv").is_err());
        assert!(check(b"a,=x\n", Action::Rebuild, "text/plain").is_ok(), "no spreadsheet opens it by its name");
    }

    #[test]
    fn a_table_is_believed_in_the_encoding_of_the_site_only() {
        let believed = |bytes: &[u8], tables| {
            let head = head(bytes, Way::Rebuild, "text/csv");
            let promise = promise(head, &order(Action::Rebuild), &mut Allowance { tables, ..allowance() }).unwrap();
            promise.kept_by(Bytes::copy_from_slice(bytes)).is_ok()
        };
        let all = [TableEncoding::Utf8Bom, TableEncoding::Utf8, TableEncoding::Cp932];
        for (bytes, expected) in [
            (&b"a,'=x\r\n"[..], [true, true, true]),
            ("\u{FEFF}氏名\r\n".as_bytes(), [true, false, true]),
            ("氏名\r\n".as_bytes(), [false, true, false]),
            (b"\x8E\x81\x96\xBC\r\n", [false, false, true]),
            (b"\x8E\x81,\x81\x81x\r\n", [false, false, false]),
            (b"\xEF\xBB\xBFa\r\n", [false, false, false]),
            ("\u{FEFF}氏名,=x\r\n".as_bytes(), [false, false, false]),
        ] {
            assert_eq!(all.map(|tables| believed(bytes, tables)), expected, "{bytes:?}");
        }
    }

    #[test]
    fn data_is_looked_at_again() {
        let believed = |text: &str, way, media_type| check(text.as_bytes(), way, media_type).is_ok();
        assert!(believed("{\"a\": [1]}\n", Action::Rebuild, "application/json"));
        assert!(!believed("{\"a\": [1]}\n", Action::Text, "application/json"), "nobody reads it in place");
        assert!(!believed("{\"a\": alert(1)}\n", Action::Rebuild, "application/json"));
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a/>\n";
        assert!(believed(xml, Action::Rebuild, "application/xml"));
        assert!(!believed(&xml.replace("<a/>", "<?b c?><a/>"), Action::Rebuild, "application/xml"));
        assert!(!believed(xml, Action::Rebuild, "text/xml"));
    }

    #[test]
    fn calendars_and_cards_are_looked_at_again() {
        let calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let believed = |text: &str, way, media_type| check(text.as_bytes(), way, media_type).is_ok();
        assert!(believed(calendar, Action::Rebuild, "text/calendar"));
        assert!(!believed(calendar, Action::Text, "text/calendar"), "nobody reads it in place");
        assert!(!believed(calendar, Action::Rebuild, "text/vcard"));
        assert!(!believed(&calendar.replace("SUMMARY", "ATTACH"), Action::Rebuild, "text/calendar"));
        assert!(!believed(&calendar.replace(":x", ":www.x"), Action::Rebuild, "text/calendar"));
        assert!(believed("BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\n", Action::Rebuild, "text/vcard"));
    }

    #[test]
    fn the_allowance_is_shared_by_all_parts_of_an_item() {
        let mut allowance = allowance();
        let mut spend = || {
            let head = head(&[b'x'; 40], Way::Rebuild, "text/plain");
            promise(head, &order(Action::Rebuild), &mut allowance).map(|promise| promise.length())
        };
        assert_eq!((spend(), spend()), (Ok(40), Ok(40)));
        assert_eq!(spend(), Err(Lie("more bytes than the item may bring")));
    }

    #[test]
    fn bytes_must_be_those_of_the_digest() {
        let promise = promise(head(b"text", Way::Text, "text/plain"), &order(Action::Text), &mut allowance()).unwrap();
        assert_eq!(promise.kept_by(Bytes::from_static(b"TEXT")), Err(Lie("bytes that are not those of the digest")));
    }

    #[test]
    fn a_refusal_names_its_order_and_a_reason_of_its_own() {
        let order = order(Action::Text);
        assert!(refusal(&[1, 2], Way::Text, "corrupt", &order).is_ok());
        assert!(refusal(&[1], Way::Text, "corrupt", &order).is_err());
        assert!(refusal(&[1, 2], Way::Rebuild, "corrupt", &order).is_err());
        assert!(refusal(&[1, 2], Way::Text, "because", &order).is_err());
        assert!(refusal(&[1, 2], Way::Text, Reason::Undeliverable.code(), &order).is_err());
    }

    #[test]
    fn places_are_parts_of_which_no_more_is_told_than_was_found() {
        let finding = |count| Found { code: "macro_removed".to_owned(), path: vec![1, 2], count };
        let place = |code: &str, name: &str, count| PlaceFound { code: code.to_owned(), name: name.to_owned(), count };
        let told = |count, places: Vec<PlaceFound>| {
            let head = WrittenHead { findings: vec![finding(count)], places, ..head(b"x", Way::Rebuild, "text/plain") };
            promise(
                head,
                &order(Action::Rebuild),
                &mut Allowance { output_bytes: 99, text_bytes: 99, tables: TableEncoding::Utf8Bom },
            )
        };
        let good = |count| place("macro_removed", "xl/worksheets/sheet1.xml", count);
        assert!(told(3, vec![good(1), place("macro_removed", "xl/workbook.xml", 2)]).is_ok());
        for lie in [
            vec![good(4)],
            vec![good(2), good(2)],
            vec![good(0)],
            vec![good(u32::MAX), good(4)],
            vec![place("font_removed", "a", 1)],
            vec![place("malware_found", "a", 1)],
            vec![place("macro_removed", "", 1)],
            vec![place("macro_removed", "シート", 1)],
            vec![place("macro_removed", "a b", 1)],
            vec![place("macro_removed", &"a".repeat(65), 1)],
            vec![good(1); 1_001],
        ] {
            assert!(told(3, lie.clone()).is_err(), "{:?}", lie.first());
        }
    }
}
