//! Values with parameters: Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183, RFC 2231).
//!
//! Invariant: at most [`MAX_PARAMETERS`] are read, in linear time; every occurrence of a repeated parameter is kept.

use sanitizer_api::Flag;
use sanitizer_japanese::decode as decode_charset;

use crate::doubt::Doubts;
use crate::lexer::Lexer;
use crate::words::{self, Doubt};

/// Parameters read of one field.
const MAX_PARAMETERS: usize = 200;
/// Parameters of which a second, different value makes a mail ambiguous.
const DECISIVE: [&str; 3] = ["boundary", "filename", "name"];
/// Beginnings of one continued file name that are kept as names, and the longest of them in bytes.
const MAX_BEGINNINGS: usize = 16;
const MAX_BEGINNING: usize = 4 * 1024;

/// A value and its parameters.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    /// What precedes the first `;`, lower case, without comments and blanks.
    pub(crate) head: String,
    list: Vec<Parameter>,
    boundary_is_odd: bool,
    /// What two readers could read differently.
    pub(crate) doubts: Doubts,
}

/// One parameter, decoded.
#[derive(Debug, PartialEq, Eq)]
struct Parameter {
    name: String,
    text: String,
    extended: bool,
    doubt: Doubt,
}

/// A boundary and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) text: String,
    /// Written in another form than `boundary=token` or `boundary="text"`.
    pub(crate) is_odd: bool,
}

impl Parameters {
    /// Reads an unfolded field.
    pub(crate) fn read(value: &[u8]) -> Self {
        let mut reader =
            Reader { rest: value, lexer: Lexer::of(value), doubts: Doubts::default(), boundary_is_odd: false };
        let head = reader.head();
        let mut pieces = Vec::new();
        while let Some(piece) = reader.piece() {
            if pieces.len() == MAX_PARAMETERS {
                reader.doubts.hides(Flag::MalformedParameter);
                break;
            }
            pieces.push(piece);
        }
        let mut doubts = reader.doubts;
        let (mut list, beginnings) = assemble(&pieces, &mut doubts);
        contradictions(&list, &mut doubts);
        list.extend(beginnings);
        Self { head, list, boundary_is_odd: reader.boundary_is_odd, doubts }
    }

    /// The boundary of a multipart.
    pub(crate) fn boundary(&self) -> Option<Boundary> {
        let is_extended = self.list.iter().any(|parameter| parameter.name == "boundary" && parameter.extended);
        let text = self.get("boundary")?;
        let is_odd = self.boundary_is_odd || is_extended || text.contains(char::is_control) || !text.is_ascii();
        Some(Boundary {
            text: text.to_owned(),
            is_odd: is_odd || text.ends_with(' ') || text.contains(['"', '\\', ';']),
        })
    }

    /// The first value of a parameter, the extended form (RFC 2231) first: it is the one that can be decoded for sure.
    pub(crate) fn get(&self, name: &'static str) -> Option<&str> {
        self.all(name).next()
    }

    /// How surely the names of a file in it were read.
    pub(crate) fn doubt_of_names(&self) -> Doubt {
        let names = self.list.iter().filter(|parameter| matches!(parameter.name.as_str(), "filename" | "name"));
        names.fold(Doubt::default(), |sum, name| sum.and(name.doubt))
    }

    /// All values of a parameter, those in the extended form first.
    pub(crate) fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let of_form = move |extended: bool| {
            self.list.iter().filter(move |p| p.extended == extended && p.name == name).map(|p| p.text.as_str())
        };
        of_form(true).chain(of_form(false))
    }
}

fn contradictions(list: &[Parameter], doubts: &mut Doubts) {
    for (at, parameter) in list.iter().enumerate() {
        let earlier = || list.iter().take(at).filter(|earlier| earlier.name == parameter.name);
        let differs = |earlier: &&Parameter| earlier.text != parameter.text;
        if earlier().any(|earlier| earlier.extended == parameter.extended) {
            let flag = if parameter.name == "charset" { Flag::CharsetDuplicate } else { Flag::DuplicateParameter };
            doubts.note(flag, DECISIVE.contains(&parameter.name.as_str()) && earlier().any(|one| differs(&one)));
        } else if earlier().any(|one| differs(&one)) {
            // Names: an old program's fallback is often shorter. Whether they end alike is looked at with all names.
            doubts.note(Flag::ParameterFormsDisagree, parameter.name == "boundary");
        }
    }
}

/// `name*section*=bytes`, not yet decoded.
struct Piece {
    name: String,
    section: Option<u16>,
    /// Its number is written as some readers do not read it, or is none.
    is_odd: bool,
    percent: bool,
    bytes: Vec<u8>,
}

impl Piece {
    fn new(name: &[u8], bytes: Vec<u8>) -> Self {
        let name: String = name.iter().map(|b| char::from(b.to_ascii_lowercase())).collect();
        let (name, percent) = name.strip_suffix('*').map_or((name.as_str(), false), |name| (name, true));
        let sectioned = name.rsplit_once('*').and_then(|(base, number)| Some((base, number.parse::<u16>().ok()?)));
        let is_odd = name.contains('*') && sectioned.is_none_or(|(base, number)| format!("{base}*{number}") != name);
        let (base, section) = sectioned.map_or((name, None), |(base, number)| (base, Some(number)));
        Self { is_odd: is_odd || base.contains('*'), name: base.to_owned(), section, percent, bytes }
    }
}

/// The parameters, and the beginnings of names whose sections do not follow each other: each is the name to some reader.
fn assemble(pieces: &[Piece], doubts: &mut Doubts) -> (Vec<Parameter>, Vec<Parameter>) {
    let mut list: Vec<Parameter> = Vec::with_capacity(pieces.len());
    let mut beginnings = Vec::new();
    let mut continued: Vec<&str> = Vec::new();
    for piece in pieces {
        if piece.is_odd {
            doubts.note(Flag::MalformedParameter, DECISIVE.iter().any(|name| piece.name.contains(name)));
        }
        if piece.section.is_none() {
            list.push(decode(&piece.name, &[piece]));
        } else if !continued.contains(&piece.name.as_str()) {
            continued.push(&piece.name);
            let mut sections: Vec<&Piece> =
                pieces.iter().filter(|other| other.section.is_some() && other.name == piece.name).collect();
            sections.sort_by_key(|section| section.section);
            list.push(decode(&piece.name, &sections));
            if !sections.iter().zip(0..).all(|(section, number)| section.section == Some(number)) {
                doubts.note(Flag::MalformedParameter, DECISIVE.contains(&piece.name.as_str()));
                beginnings.extend(beginnings_of(&piece.name, &sections));
            }
        }
    }
    (list, beginnings)
}

fn beginnings_of(name: &str, sections: &[&Piece]) -> Vec<Parameter> {
    if !matches!(name, "filename" | "name") {
        return Vec::new();
    }
    let short = sections.iter().scan(0usize, |length, section| {
        *length = length.saturating_add(section.bytes.len());
        Some(*length <= MAX_BEGINNING)
    });
    let count = short.take(MAX_BEGINNINGS).take_while(|is_short| *is_short).count();
    let beginning = |end| sections.get(..end).map(|some| Parameter { doubt: Doubt::default(), ..decode(name, some) });
    (1..=count).filter_map(beginning).collect()
}

/// RFC 2231 3 and 4: the first section names the charset, sections marked so are percent-encoded.
fn decode(name: &str, sections: &[&Piece]) -> Parameter {
    let mut charset = None;
    let mut bytes = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        let mut content = section.bytes.as_slice();
        if at == 0 && section.percent {
            (charset, content) = split_charset(content);
        }
        if section.percent { percent(content, &mut bytes) } else { bytes.extend_from_slice(content) }
    }
    let is_encoded = sections.iter().any(|section| section.percent);
    let (text, doubt) = if is_encoded {
        let decoded = decode_charset(charset.as_deref(), &bytes);
        let doubt = Doubt::of(&decoded);
        (decoded.text, doubt)
    } else {
        words::read(&bytes)
    };
    let extended = is_encoded || sections.iter().any(|section| section.section.is_some());
    Parameter { name: name.to_owned(), text, extended, doubt }
}

fn split_charset(bytes: &[u8]) -> (Option<String>, &[u8]) {
    let mut parts = bytes.splitn(3, |b| *b == b'\'');
    let (Some(label), Some(_language), Some(content)) = (parts.next(), parts.next(), parts.next()) else {
        return (None, bytes);
    };
    (std::str::from_utf8(label).ok().filter(|label| !label.is_empty()).map(str::to_owned), content)
}

fn percent(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, words::hex_pair(tail)) {
            (b'%', Some(value)) => {
                out.push(value);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => out.push(*byte),
        }
    }
}

/// Reads from the front of a value.
struct Reader<'a> {
    rest: &'a [u8],
    lexer: Lexer,
    doubts: Doubts,
    boundary_is_odd: bool,
}

impl Reader<'_> {
    fn head(&mut self) -> String {
        let end = self.rest.iter().position(|b| *b == b';').unwrap_or(self.rest.len());
        let head = self.rest.get(..end).unwrap_or_default();
        if head.windows(2).any(|pair| pair == b"=?") {
            self.doubts.hides(Flag::EncodedWordInStructure);
        }
        if head.contains(&b'=') {
            // A parameter where the value should be: `Content-Disposition: filename=x`.
            self.doubts.hides(Flag::MalformedParameter);
            return String::new();
        }
        let text = without_comments(head);
        let lowered = head.to_ascii_lowercase();
        let names = |word: &[u8]| lowered.windows(word.len()).any(|window| window == word);
        if is_interrupted(head) {
            // `multipart /mixed` is a multipart here and one text to others.
            self.doubts.note(Flag::MediaTypeMalformed, text.contains("multipart") || text.contains("message"));
        }
        if head.contains(&b'(') {
            // `text/plain (plain text)` is in RFC 2045 itself; a comment inside the type, or about another type, is not.
            let inside = !head.trim_ascii().to_ascii_lowercase().starts_with(text.as_bytes());
            self.doubts.note(Flag::CommentInStructure, inside || names(b"multipart") || names(b"message"));
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        text
    }

    fn piece(&mut self) -> Option<Piece> {
        loop {
            self.skip(|b| b == b';' || b.is_ascii_whitespace());
            if self.rest.is_empty() {
                return None;
            }
            let end = self.rest.iter().position(|b| matches!(b, b'=' | b';')).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest;
            let name = name.trim_ascii();
            if let Some((b'=', rest)) = rest.split_first() {
                self.rest = rest;
                let (bytes, is_odd) = self.value();
                let of_boundary = contains_ignoring_case(name, b"boundary");
                let is_token = name.iter().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?".contains(b));
                if !is_token || name.is_empty() {
                    self.doubts.note(Flag::MalformedParameter, of_boundary || contains_ignoring_case(name, b"name"));
                }
                if of_boundary {
                    self.of_boundary(&bytes, is_odd);
                }
                return Some(Piece::new(name, bytes));
            }
            self.doubts.note(Flag::MalformedParameter, contains_ignoring_case(name, b"boundary"));
        }
    }

    fn of_boundary(&mut self, bytes: &[u8], is_odd: bool) {
        self.boundary_is_odd |= is_odd;
        if is_odd && bytes.contains(&b'(') {
            self.doubts.hides(Flag::CommentInStructure);
        }
        if bytes.windows(2).any(|pair| pair == b"=?") {
            self.doubts.hides(Flag::EncodedWordInStructure);
        }
    }

    /// The value, and whether a reader could see more or less of it as a boundary.
    fn value(&mut self) -> (Vec<u8>, bool) {
        self.skip(|b| b.is_ascii_whitespace());
        match self.rest.split_first() {
            Some((b'"', rest)) => {
                self.rest = rest;
                let (value, is_escaped) = self.quoted();
                let more = self.bare();
                if !more.is_empty() {
                    self.doubts.tell(Flag::MalformedParameter);
                }
                (value, is_escaped || !more.is_empty())
            }
            _ => {
                let value = self.bare();
                let is_odd = value.iter().any(|b| !b.is_ascii_graphic() || b"(),;\"'<>@[]\\".contains(b));
                (value, is_odd)
            }
        }
    }

    fn quoted(&mut self) -> (Vec<u8>, bool) {
        let mut value = Vec::new();
        let mut is_escaped = false;
        while let Some(byte) = self.rest.first() {
            match byte {
                b'"' => {
                    self.take(1);
                    return (value, is_escaped);
                }
                b'\\' => {
                    is_escaped = true;
                    self.take(1);
                    value.extend_from_slice(self.take(1));
                }
                _ => value.extend_from_slice(self.take(self.lexer.step(self.rest))),
            }
        }
        self.doubts.hides(Flag::MalformedParameter);
        (value, true)
    }

    /// Up to the next `;`: blanks are let pass, they are common in unquoted file names.
    fn bare(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        while let Some(byte) = self.rest.first()
            && *byte != b';'
        {
            let step = words::length(self.rest).unwrap_or_else(|| self.lexer.step(self.rest));
            value.extend_from_slice(self.take(step));
        }
        value.trim_ascii().to_vec()
    }

    fn take(&mut self, length: usize) -> &[u8] {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn skip(&mut self, skips: impl Fn(u8) -> bool) {
        let length = self.rest.iter().take_while(|b| skips(**b)).count();
        self.take(length);
    }
}

fn contains_ignoring_case(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// True if [`without_comments`] drops a blank or another byte that is of no comment from within `bytes`.
fn is_interrupted(bytes: &[u8]) -> bool {
    let mut depth = 0usize;
    let mut text = Vec::new();
    for byte in bytes {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            _ if depth > 0 => {}
            other => text.push(*other),
        }
    }
    text.trim_ascii().iter().any(|b| !b.is_ascii_graphic())
}

/// Lower-case ASCII of `bytes`, without comments (RFC 5322 3.2.2), blanks and bytes over 0x7E.
pub(crate) fn without_comments(bytes: &[u8]) -> String {
    let mut depth = 0usize;
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b if depth == 0 && b.is_ascii_graphic() => text.push(char::from(b.to_ascii_lowercase())),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &[u8], name: &'static str, expected: &[&str]) {
        let parameters = Parameters::read(value);
        assert_eq!(parameters.all(name).collect::<Vec<_>>(), expected, "{}", value.escape_ascii());
    }

    #[test]
    fn the_value_loses_case_comments_and_blanks() {
        for (value, head) in [
            (&b"Text/HTML; charset=utf-8"[..], "text/html"),
            (b"text/plain (a (b) c)", "text/plain"),
            (b" ATTACHMENT ;x=y", "attachment"),
            (b"", ""),
            (b"filename=x", ""),
        ] {
            assert_eq!(Parameters::read(value).head, head);
        }
    }

    #[test]
    fn plain_values_are_read_quoted_or_not() {
        check(b"a/b; charset=utf-8", "charset", &["utf-8"]);
        check(b"a/b; Charset = \"utf-8\" (c); x=y", "charset", &["utf-8"]);
        check(b"a; filename=my file.txt; size=1", "filename", &["my file.txt"]);
        check(b"a; filename=\"a;b\\\"c.txt\"", "filename", &["a;b\"c.txt"]);
        check(b"a; filename=\"x", "filename", &["x"]);
        check(b"a; flag; filename=x;", "filename", &["x"]);
        check(b"filename=x", "filename", &["x"]);
    }

    #[test]
    fn encoded_words_and_raw_bytes_in_names_are_decoded() {
        check(b"a; filename=\"=?UTF-8?B?5omL5rC0?=.txt\"", "filename", &["手水.txt"]);
        check(b"a; filename==?UTF-8?Q?=E6=89=8B;?=.txt; x=y", "filename", &["手;.txt"]);
        check(b"a; filename=\"\x97\\\x92\xe8\x95\\\"", "filename", &["予定表"]);
        check(b"a; filename=\"\x1B$B<j?e\x1B(B.txt\"", "filename", &["手水.txt"]);
        check("a; filename=\"表.txt\"".as_bytes(), "filename", &["表.txt"]);
    }

    #[test]
    fn extended_values_are_joined_in_order_whatever_the_order_they_came_in() {
        check(b"a; filename*=UTF-8'ja'%E6%89%8B.txt", "filename", &["手.txt"]);
        check(b"a; filename*=iso-2022-jp''%1B$B%3Cj%3Fe%1B(B.txt", "filename", &["手水.txt"]);
        check(b"a; filename*1*=%8B.txt; filename*0*=UTF-8''%E6%89", "filename", &["手.txt"]);
        check(b"a; filename*0=\"abc\"; filename*1=def", "filename", &["abcdef"]);
        check(b"a; filename*0*=UTF-8''%E6%89%8B; filename*1=\".txt\"", "filename", &["手.txt"]);
        check(b"a; filename*=%41.txt", "filename", &["A.txt"]);
    }

    #[test]
    fn all_values_are_kept_and_contradictions_counted() {
        let value = b"a; filename=\"safe.txt\"; filename=\"evil.exe\"; filename*=UTF-8''x.txt";
        check(value, "filename", &["x.txt", "safe.txt", "evil.exe"]);
        for (value, flags) in [
            (&value[..], "duplicate_parameter | parameter_forms_disagree"),
            (b"multipart/mixed; boundary=a; boundary=b", "duplicate_parameter |"),
            (b"multipart/mixed; boundary=a; boundary=\"a\"", "| duplicate_parameter"),
            (b"text/plain; charset=a; charset=b", "| charset_duplicate"),
            (b"a; filename=_.txt; filename*=UTF-8''x.txt", "| parameter_forms_disagree"),
            (b"multipart/mixed; boundary=a; boundary*=b", "parameter_forms_disagree |"),
            (b"a; filename=\"x", "malformed_parameter |"),
            (b"filename=x", "malformed_parameter |"),
            (b"a; flag", "| malformed_parameter"),
            (b"text/plain (c); charset=x", "| comment_in_structure"),
            (b"(multipart/mixed) text/plain", "comment_in_structure |"),
            (b"text/plain; charset=x (c)", "|"),
            (b"multipart/mixed; boundary=a(b)c", "comment_in_structure |"),
            (b"multipart/mixed; boundary=\"=?utf-8?q?a?=\"", "encoded_word_in_structure |"),
            (b"multipart/mixed boundary=a", "malformed_parameter |"),
            (b"a; filename=\"x\"y", "| malformed_parameter"),
            (b"multipart /mixed; boundary=a", "media_type_malformed |"),
            (b"multipart/mi xed; boundary=a", "media_type_malformed |"),
            (b"multipart/mixed\x01; boundary=a", "media_type_malformed |"),
            (b"text/plain message/rfc822", "media_type_malformed |"),
            (b"multi)part/mixed; boundary=a", "media_type_malformed |"),
            (b"multipart/mixed ; boundary=a", "|"),
            (b"text /plain", "| media_type_malformed"),
            (b"text/plain (a b)", "| comment_in_structure"),
        ] {
            assert_eq!(Parameters::read(value).doubts.summary(), flags, "{}", value.escape_ascii());
        }
        let many = [b"a".as_slice(), &b"; x=y".repeat(10_000)].concat();
        assert_eq!(Parameters::read(&many).doubts.summary(), "malformed_parameter | duplicate_parameter");
    }

    #[test]
    fn sections_that_do_not_follow_each_other_are_flagged_and_every_beginning_is_a_name() {
        for (value, name, names, flags) in [
            (
                &b"a; filename*0=\"a.exe\"; filename*0=\".csv\""[..],
                "filename",
                &["a.exe.csv", "a.exe", "a.exe.csv"][..],
                "malformed_parameter |",
            ),
            (b"a; name*2=.csv; name*0=a.exe", "name", &["a.exe.csv", "a.exe", "a.exe.csv"], "malformed_parameter |"),
            (b"a; filename*1=a.exe", "filename", &["a.exe", "a.exe"], "malformed_parameter |"),
            (b"a; filename*00=a.exe; x=y", "filename", &["a.exe"], "malformed_parameter |"),
            (b"a; filename*65536=a.exe", "filename", &[], "malformed_parameter |"),
            (b"m/m; boundary*0=a; boundary*2=b", "boundary", &["ab"], "malformed_parameter |"),
            (b"a; charset*1=b", "charset", &["b"], "| malformed_parameter"),
            (b"a; filename*1=.txt; filename*0=a", "filename", &["a.txt"], "|"),
            (b"a; filename*=UTF-8''a.txt", "filename", &["a.txt"], "|"),
        ] {
            check(value, name, names);
            assert_eq!(Parameters::read(value).doubts.summary(), flags, "{}", value.escape_ascii());
        }
        let many: String = (1..=150).map(|at| format!("; filename*{at}={}", "x".repeat(400))).collect();
        assert_eq!(Parameters::read(format!("a{many}").as_bytes()).all("filename").count(), 1 + 10);
    }

    #[test]
    fn a_boundary_is_odd_if_readers_could_cut_it_differently() {
        for (value, expected) in [
            (&b"m/m; boundary=abc"[..], Some(("abc", false))),
            (b"m/m; boundary=\"----=_Part 1'()+_,-./:=?\"", Some(("----=_Part 1'()+_,-./:=?", false))),
            (b"m/m; boundary=----=_NextPart_1", Some(("----=_NextPart_1", false))),
            (b"m/m; boundary = abc", Some(("abc", false))),
            (b"m/m; boundary=\"abc \"", Some(("abc ", true))),
            (b"m/m; boundary=a b", Some(("a b", true))),
            (b"m/m; boundary=a,b", Some(("a,b", true))),
            (b"m/m; boundary=\"a\\b\"", Some(("ab", true))),
            (b"m/m; boundary=\"a\"b", Some(("a", true))),
            (b"m/m; boundary*=us-ascii''abc", Some(("abc", true))),
            (b"m/m; boundary*0=a; boundary*1=b", Some(("ab", true))),
            (b"m/m", None),
        ] {
            let boundary = Parameters::read(value).boundary();
            let read = boundary.as_ref().map(|boundary| (boundary.text.as_str(), boundary.is_odd));
            assert_eq!(read, expected, "{}", value.escape_ascii());
        }
    }
}
