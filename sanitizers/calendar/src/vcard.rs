//! Address cards of every version, written as vCard 3.0 (RFC 2426) in UTF-8, which every address book reads.
//!
//! Refuses: files that are not whole, and cards without a name. Invariant: the output is its own fixed point, which is
//! tried before it is handed out.

use std::borrow::Cow;

use sanitizer_api::{Assurance, Budget, Code, Hints, Rebuilt, SanitizeError, Sanitizer};
use sanitizer_japanese::{decode, single_line};

use crate::date::is_day;
use crate::line::{Line, colon, fold, unfold};
use crate::tally::{Tally, count};
use crate::vcard_value::{Components, Dialect, says_something, write};
use crate::{address, text};

/// Most cards of a file.
const MAX_CARDS: usize = 10_000;
/// Most fields of a card that are read; those that are added to every card (VERSION, N, FN) are among them.
const MAX_FIELDS: usize = 1_000;

/// Kinds of telephone numbers and addresses that may stand in TYPE.
const TYPES: [&str; 17] = [
    "HOME", "WORK", "CELL", "FAX", "VOICE", "PREF", "PAGER", "MSG", "CAR", "VIDEO", "MODEM", "ISDN", "INTERNET", "DOM",
    "INTL", "POSTAL", "PARCEL",
];

/// One or more address cards.
#[derive(Debug, Clone, Copy)]
pub struct Contacts;

impl Sanitizer for Contacts {
    fn name(&self) -> &'static str {
        "calendar/vcard"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let limit = usize::try_from(budget.text_bytes).unwrap_or(usize::MAX);
        if input.len() / 4 > limit {
            return Err(SanitizeError::LimitReached { what: "text" });
        }
        let mut tally = Tally::default();
        let out = anew(input, hints.charset, &mut tally)?;
        if out.len() > limit {
            return Err(SanitizeError::LimitReached { what: "text" });
        }
        // What another reading of our own lines would change is not ours to hand out.
        if anew(out.as_bytes(), Some("utf-8"), &mut Tally::default())? != out {
            return Err(malformed());
        }
        budget.spend_output(out.len())?;
        let findings = tally.findings(Code::ContactRebuilt, out.as_bytes() != input);
        let bytes = out.into_bytes();
        Ok(Rebuilt {
            bytes,
            media_type: "text/vcard",
            assurance: Assurance::Rebuilt,
            findings,
            links: Vec::new(),
            places: Vec::new(),
        })
    }
}

const fn malformed() -> SanitizeError {
    SanitizeError::Malformed { expected: "an address card (vCard)" }
}

/// Writes the cards of a file anew.
fn anew(input: &[u8], label: Option<&str>, tally: &mut Tally) -> Result<String, SanitizeError> {
    let (unfolded, charset) = if let Some(decoded) = text::wide(input, label) {
        tally.read(&decoded);
        (unfold(decoded.text.as_bytes()), "utf-8")
    } else {
        let unfolded = unfold(input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input));
        let is_utf8 = label.is_none() && std::str::from_utf8(&unfolded).is_ok();
        // Read as a whole once: a single line is too short to tell its charset.
        let whole = decode(if is_utf8 { Some("utf-8") } else { label }, &unfolded);
        tally.guessed |= whole.guessed;
        (unfolded, whole.charset)
    };
    let mut out = String::with_capacity(unfolded.len());
    let mut card: Vec<Cow<'_, [u8]>> = Vec::new();
    let (mut depth, mut cards) = (0u32, 0usize);
    for raw in whole_lines(&unfolded) {
        let Some(line) = Line::named(&raw) else {
            count(&mut tally.left_out);
            continue;
        };
        let is_card = line.value.trim_ascii().eq_ignore_ascii_case(b"VCARD");
        match (line.name.as_str(), depth) {
            ("BEGIN", _) if is_card => {
                depth = depth.saturating_add(1);
                cards = cards.saturating_add(1);
                if cards > MAX_CARDS {
                    return Err(SanitizeError::LimitReached { what: "cards" });
                }
            }
            ("END", 0) if is_card => return Err(malformed()),
            ("END", 1) if is_card => {
                depth = 0;
                one(&std::mem::take(&mut card), charset, &mut out, tally)?;
            }
            ("END", _) if is_card => depth = depth.saturating_sub(1),
            (_, 1) if is_read(&line.name) => {
                if card.len() >= MAX_FIELDS {
                    return Err(SanitizeError::LimitReached { what: "fields" });
                }
                card.push(raw);
            }
            (_, 1) => left_out(&line.name, tally),
            // Around the cards, and in a card inside a card (AGENT).
            _ => count(&mut tally.left_out),
        }
    }
    if depth == 0 && !out.is_empty() { Ok(out) } else { Err(malformed()) }
}

/// Lines, each with those that a soft break of quoted-printable ties to it.
fn whole_lines(unfolded: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut raws = unfolded.split(|b| *b == b'\n');
    std::iter::from_fn(move || {
        let first = raws.by_ref().find(|raw| !raw.trim_ascii().is_empty())?;
        let mut line = Cow::Borrowed(first);
        let head = first.get(..colon(first).unwrap_or_default()).unwrap_or_default();
        let is_quoted = || head.windows(16).any(|window| window.eq_ignore_ascii_case(b"QUOTED-PRINTABLE"));
        if first.ends_with(b"=") && is_quoted() {
            for raw in raws.by_ref() {
                let line = line.to_mut();
                line.pop();
                line.extend_from_slice(raw);
                if !raw.ends_with(b"=") {
                    break;
                }
            }
        }
        Some(line)
    })
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// This many components.
    Parts(usize),
    List,
    Text,
    Telephone,
    Address,
    Day,
}

/// Name, shape, and whether it may stand more than once.
const ROWS: &[(&str, Shape, bool)] = &[
    ("N", Shape::Parts(5), false),
    ("FN", Shape::Text, false),
    ("NICKNAME", Shape::List, true),
    ("ORG", Shape::Parts(10), true),
    ("TITLE", Shape::Text, true),
    ("ROLE", Shape::Text, true),
    ("TEL", Shape::Telephone, true),
    ("EMAIL", Shape::Address, true),
    ("ADR", Shape::Parts(7), true),
    ("LABEL", Shape::Text, true),
    ("BDAY", Shape::Day, false),
    ("NOTE", Shape::Text, true),
    ("X-PHONETIC-FIRST-NAME", Shape::Text, false),
    ("X-PHONETIC-LAST-NAME", Shape::Text, false),
    ("SORT-STRING", Shape::Text, false),
];

/// True if a line of this name is looked at.
fn is_read(name: &str) -> bool {
    matches!(name, "VERSION" | "SOUND") || ROWS.iter().any(|(listed, _, _)| *listed == name)
}

/// Notes a field that has no row, by what it carries.
fn left_out(name: &str, tally: &mut Tally) {
    count(&mut tally.left_out);
    match name {
        "PHOTO" | "LOGO" | "KEY" | "AGENT" => count(&mut tally.active),
        "URL" | "SOURCE" | "FBURL" | "CALURI" | "CALADRURI" | "IMPP" => count(&mut tally.links),
        _ => {}
    }
}

/// A card in the making.
#[derive(Debug, Default)]
struct Card {
    fields: Vec<Field>,
    /// What may stand once and stands there.
    once: Vec<&'static str>,
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    types: Vec<&'static str>,
    components: Components,
}

/// Writes one card.
fn one(lines: &[Cow<'_, [u8]>], charset: &str, out: &mut String, tally: &mut Tally) -> Result<(), SanitizeError> {
    let mut names = lines.iter().filter_map(|raw| Line::named(raw));
    let version = names.find(|line| line.name == "VERSION").map(|line| line.value.trim_ascii());
    let dialect = Dialect { old: version == Some(b"2.1"), charset: Some(charset) };
    let mut card = Card::default();
    // One line at a time is taken apart: the parameters of all of them could be many times as large as the file.
    let lines = lines.iter().filter_map(|raw| Line::read(raw, |head| decode(Some(charset), head).text));
    for line in lines.filter(|line| line.name != "VERSION") {
        if card.take(&line, &dialect, tally).is_none() {
            count(&mut tally.left_out);
        }
    }
    card.name_it(tally).ok_or_else(malformed)?;
    fold("BEGIN:VCARD", out);
    fold("VERSION:3.0", out);
    for field in &card.fields {
        let mut line = field.name.to_owned();
        if !field.types.is_empty() {
            line.push_str(";TYPE=");
            line.push_str(&field.types.join(","));
        }
        line.push(':');
        write(&field.components, &mut line);
        fold(&line, out);
    }
    fold("END:VCARD", out);
    Ok(())
}

impl Card {
    /// Takes in a line; `None` if it is left out.
    fn take(&mut self, line: &Line<'_>, dialect: &Dialect<'_>, tally: &mut Tally) -> Option<()> {
        if line.name == "SOUND" {
            return self.reading(line, dialect, tally);
        }
        let &(name, shape, many) = ROWS.iter().find(|(name, _, _)| *name == line.name)?;
        if !many && self.has(name) {
            return None;
        }
        let value = dialect.text(line, tally)?;
        let components = match shape {
            Shape::Parts(most) => {
                let mut components = dialect.components(&value, tally);
                components.truncate(most);
                if name != "ORG" {
                    components.resize(most, vec![String::new()]);
                }
                components
            }
            Shape::List => dialect.list(&value, tally),
            Shape::Text => whole(text::shown(&text::unescaped(&value), tally)),
            Shape::Telephone => whole(text::telephone(&text::unescaped(&value), tally)),
            Shape::Address => {
                // As it is: nobody makes a link of this field, and answers need the host.
                let address = single_line(&text::unescaped(&value));
                whole(address::of(text::without_scheme(&address, "mailto:").unwrap_or(&address))?.to_owned())
            }
            Shape::Day => whole(day(&value)?),
        };
        if !says_something(&components) {
            return Some(());
        }
        let types = if matches!(shape, Shape::Telephone | Shape::Address | Shape::Parts(7)) || name == "LABEL" {
            types(line)
        } else {
            Vec::new()
        };
        if !many {
            self.once.push(name);
        }
        self.fields.push(Field { name, types, components });
        Some(())
    }

    /// How a name is read, as telephones of Japan write it (IrMC): `SOUND;X-IRMC-N:ﾔﾏﾀﾞ;ﾀﾛｳ;;;`.
    fn reading(&mut self, line: &Line<'_>, dialect: &Dialect<'_>, tally: &mut Tally) -> Option<()> {
        let is_reading = |value: &String| value.eq_ignore_ascii_case("X-IRMC-N");
        if !line.parameters.iter().any(|p| p.name == "TYPE" && p.values.iter().any(is_reading)) {
            count(&mut tally.active);
            return None;
        }
        let value = dialect.text(line, tally)?;
        let read = dialect.components(&value, tally);
        let part =
            |at: usize| read.get(at).and_then(|component| component.first()).filter(|part| !part.trim().is_empty());
        let rows = match (part(0), part(1)) {
            (Some(last), Some(first)) => {
                vec![("X-PHONETIC-LAST-NAME", last.clone()), ("X-PHONETIC-FIRST-NAME", first.clone())]
            }
            (Some(all), None) => vec![("SORT-STRING", all.clone())],
            (None, Some(first)) => vec![("X-PHONETIC-FIRST-NAME", first.clone())],
            (None, None) => Vec::new(),
        };
        for (name, value) in rows {
            if !self.has(name) {
                self.once.push(name);
                self.fields.push(Field { name, types: Vec::new(), components: whole(value) });
            }
        }
        Some(())
    }

    fn has(&self, name: &str) -> bool {
        self.once.contains(&name)
    }

    /// The first `most` components of a field on one line; empty if there is none.
    fn words(&self, name: &str, most: usize) -> String {
        let components =
            self.fields.iter().filter(|field| field.name == name).flat_map(|f| f.components.iter().take(most));
        let words = components.flatten().flat_map(|entry| entry.split('\n')).map(str::trim);
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Puts N and FN, which every card must have, to the front; `None` if nothing could be a name.
    fn name_it(&mut self, tally: &mut Tally) -> Option<()> {
        if !self.has("FN") {
            // The family name and the given name; of a card without them whatever it is about.
            let rows = [("N", 2), ("N", 5), ("ORG", 5), ("NICKNAME", 1), ("EMAIL", 1), ("TEL", 1)];
            let name = rows.iter().map(|(name, most)| self.words(name, *most)).find(|words| !words.is_empty())?;
            // An address of a mail is no name yet.
            let name = text::line(&name, tally);
            self.fields.insert(0, Field { name: "FN", types: Vec::new(), components: whole(name) });
        }
        if !self.has("N") {
            let mut components = self.fields.iter().find(|field| field.name == "FN")?.components.clone();
            components.resize(5, vec![String::new()]);
            self.fields.insert(0, Field { name: "N", types: Vec::new(), components });
        }
        // A stable sort: N, FN, then the order of the sender.
        self.fields.sort_by_key(|field| match field.name {
            "N" => 0,
            "FN" => 1,
            _ => 2,
        });
        Some(())
    }
}

fn whole(text: String) -> Components {
    vec![vec![text]]
}

/// Listed kinds, each once, in the order given.
fn types(line: &Line<'_>) -> Vec<&'static str> {
    let given = line.parameters.iter().filter(|parameter| parameter.name == "TYPE").flat_map(|p| &p.values);
    let mut types = Vec::new();
    for value in given {
        if let Some(listed) = TYPES.iter().copied().find(|listed| listed.eq_ignore_ascii_case(value))
            && !types.contains(&listed)
        {
            types.push(listed);
        }
    }
    let is_preferred = line.parameter("PREF") == Some("1");
    if is_preferred && !types.contains(&"PREF") {
        types.push("PREF");
    }
    types
}

/// A birthday: `1990-01-02`, `19900102`, without a year `--01-02`; a time of day is cut off.
fn day(value: &str) -> Option<String> {
    let day = value.trim().split(['T', ' ']).next()?;
    let digits: String = day.chars().filter(|c| *c != '-').collect();
    let year = if day.starts_with("--") { "2000" } else { "" };
    let form: String = day.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let is_form = ["00000000", "0000-00-00", "--0000", "--00-00"].contains(&form.as_str());
    (is_form && is_day(&format!("{year}{digits}"))).then(|| day.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws;

    fn rebuilt(card: &[u8]) -> (String, Vec<(Code, u32)>) {
        laws::hold(&Contacts, card, None);
        let rebuilt = Contacts.sanitize(card, Hints::default(), &mut Budget::generous()).unwrap();
        let found = rebuilt.findings.iter().map(|found| (found.code, found.count)).collect();
        (String::from_utf8(unfold(&rebuilt.bytes)).unwrap(), found)
    }

    #[test]
    fn a_card_from_an_old_telephone_is_readable() {
        let (card, found) = rebuilt(
            b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8E=52=93=63;=91=BE=\r\n=98=59\r\n\
            SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:\xD4\xCF\xC0\xDE;\xC0\xDB\xB3;;;\r\nTEL;CELL;VOICE:09000000000\r\n\
            PHOTO;JPEG;ENCODING=BASE64:\r\n /9j/4AAQ\r\n\r\nADR;HOME:;;1-1, Kashiwa;;;277-8505;\r\nX-GN:1\r\nEND:VCARD\r\n",
        );
        assert_eq!(
            card,
            "BEGIN:VCARD\nVERSION:3.0\nN:山田;太郎;;;\nFN:山田 太郎\nX-PHONETIC-LAST-NAME:ﾔﾏﾀﾞ\nX-PHONETIC-FIRST-NAME:ﾀﾛｳ\n\
            TEL;TYPE=CELL,VOICE:09000000000\nADR;TYPE=HOME:;;1-1\\, Kashiwa;;;277-8505;\nEND:VCARD\n"
        );
        assert_eq!(found, [(Code::CharsetGuessed, 1), (Code::ActiveContentRemoved, 1), (Code::ContactRebuilt, 2)]);
    }

    #[test]
    fn cards_of_every_version_become_version_3() {
        let (card, found) = rebuilt(
            "BEGIN:VCARD\nVERSION:4.0\nFN:Yamada\nN:Yamada;Taro;Q.,P.;;\nitem1.EMAIL;PREF=1;TYPE=work:mailto:a@b.example\n\
            TEL;VALUE=uri;TYPE=\"voice,home\":tel:+81-47-000-0000\nBDAY:--0203\nURL:https://evil.example/\nNOTE:see https://x.example\\n終わり\n\
            EMAIL:not an address\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nORG:柏市;情報政策課\nEND:VCARD\n"
                .as_bytes(),
        );
        assert_eq!(
            card,
            "BEGIN:VCARD\nVERSION:3.0\nN:Yamada;Taro;Q.,P.;;\nFN:Yamada\nEMAIL;TYPE=WORK,PREF:a@b.example\n\
            TEL:+81-47-000-0000\nBDAY:--0203\nNOTE:see hxxps://x[.]example\\n終わり\nEND:VCARD\n\
            BEGIN:VCARD\nVERSION:3.0\nN:柏市 情報政策課;;;;\nFN:柏市 情報政策課\nORG:柏市;情報政策課\nEND:VCARD\n"
        );
        assert_eq!(found, [(Code::LinkDisabled, 2), (Code::ContactRebuilt, 2)]);
    }

    #[test]
    fn files_that_are_not_whole_or_have_no_name_are_refused() {
        for card in [
            "",
            "BEGIN:VCARD\nFN:a\n",
            "BEGIN:VCARD\nNOTE:a\nEND:VCARD\n",
            "END:VCARD\n",
            "FN:a\n",
            "BEGIN:VCARD\nFN:a\nAGENT:\nBEGIN:VCARD\nFN:b\nEND:VCARD\n",
        ] {
            assert!(Contacts.sanitize(card.as_bytes(), Hints::default(), &mut Budget::generous()).is_err(), "{card}");
        }
    }

    #[test]
    fn addresses_keep_their_host_and_numbers_and_lists_read_the_same_again() {
        let (card, found) = rebuilt(
            b"BEGIN:VCARD\nVERSION:3.0\nEMAIL:soumu@www.city.example.jp\nTEL:tel:tel:1\nNICKNAME:a;b,c\\;d\nEND:VCARD\n",
        );
        assert_eq!(
            card,
            "BEGIN:VCARD\nVERSION:3.0\nN:a\\;b c\\;d;;;;\nFN:a\\;b c\\;d\nEMAIL:soumu@www.city.example.jp\nTEL:1\n\
            NICKNAME:a\\;b,c\\;d\nEND:VCARD\n"
        );
        assert_eq!(found, [(Code::ContactRebuilt, 1)]);
        let (card, _) = rebuilt(b"BEGIN:VCARD\nEMAIL:soumu@www.city.example.jp\nEND:VCARD\n");
        assert!(card.contains("\nFN:soumu@www[.]city[.]example[.]jp\nEMAIL:soumu@www.city.example.jp\n"), "{card}");
    }

    #[test]
    fn wide_cards_are_decoded_before_they_are_unfolded_and_say_what_had_no_reading() {
        // \u{300A} and \u{300D} hold the bytes of line ends.
        let text = "BEGIN:VCARD\r\nFN:\u{300A}\u{300D}\u{2020}\r\nNOTE:〓\r\nEND:VCARD\r\n".replace('〓', "\u{D7FF}");
        let big: Vec<u8> =
            text.encode_utf16().map(|c| if c == 0xD7FF { 0xD800 } else { c }).flat_map(u16::to_be_bytes).collect();
        let marked = [b"\xFE\xFF".as_slice(), &big].concat();
        for (bytes, label, guessed) in
            [(&marked, None, false), (&marked, Some("utf-8"), true), (&big, Some("utf-16be"), false)]
        {
            laws::hold(&Contacts, bytes, label);
            let hints = Hints { charset: label, ..Hints::default() };
            let rebuilt = Contacts.sanitize(bytes, hints, &mut Budget::generous()).unwrap();
            let found: Vec<_> = rebuilt.findings.iter().map(|found| (found.code, found.count)).collect();
            let mut expected = vec![(Code::Undecodable, 1), (Code::ContactRebuilt, 1)];
            if guessed {
                expected.insert(0, (Code::CharsetGuessed, 1));
            }
            assert_eq!(found, expected, "{label:?}");
            assert!(
                String::from_utf8(rebuilt.bytes).unwrap().contains("\r\nFN:\u{300A}\u{300D}\u{2020}\r\nNOTE:〓\r\n")
            );
        }
    }

    #[test]
    fn a_card_of_too_many_fields_is_refused_and_fields_without_a_row_do_not_count() {
        let card = |field: &str, times| format!("BEGIN:VCARD\nFN:a\n{}END:VCARD\n", field.repeat(times));
        let ended = |card: &str| Contacts.sanitize(card.as_bytes(), Hints::default(), &mut Budget::generous());
        assert!(ended(&card("TEL:1\n", MAX_FIELDS - 10)).is_ok() && ended(&card("X-A:1\n", MAX_FIELDS + 1)).is_ok());
        assert_eq!(ended(&card("TEL:1\n", MAX_FIELDS)), Err(SanitizeError::LimitReached { what: "fields" }));
    }

    #[test]
    fn a_card_inside_a_card_is_left_out() {
        let (card, _) = rebuilt(b"BEGIN:VCARD\nFN:a\nAGENT:\nBEGIN:VCARD\nFN:b\nEND:VCARD\nEND:VCARD\n");
        assert_eq!(card, "BEGIN:VCARD\nVERSION:3.0\nN:a;;;;\nFN:a\nEND:VCARD\n");
    }
}
