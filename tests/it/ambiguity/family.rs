//! A generated family of mails that readers take apart differently, each with a program in it and words to read.
//!
//! Modelled on the kinds of cases that the literature lists (reference: security 3); every mail here is made here.
//! Invariant: names are unique; the program is the same in all of them.

mod trees;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// What stands in the program and must not leave, in whatever encoding.
pub(crate) const MARKER: &str = "TEMIZU-HIDDEN-PROGRAM-MARKER-0123456789";
/// What people should be able to read.
pub(crate) const WORDS: &str = "Visible words of the mail.";

/// One mail.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) mail: Vec<u8>,
    /// There are words in it.
    pub(crate) has_words: bool,
    /// A second program stands where no part is, or other parts are there to some: the whole mail must be flagged.
    pub(crate) is_outside: bool,
}

/// The program that is hidden.
pub(crate) fn program() -> Vec<u8> {
    let mut bytes = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0".to_vec();
    bytes.extend_from_slice(MARKER.as_bytes());
    bytes.extend_from_slice(&[0x90; 8]);
    bytes.extend_from_slice(&[0; 24]);
    bytes
}

fn base64_lines(length: usize, end: &str) -> String {
    let encoded = BASE64.encode(program());
    encoded.as_bytes().chunks(length).map(|line| std::str::from_utf8(line).unwrap().to_owned() + end).collect()
}

fn quoted() -> String {
    quoted_with(|b| format!("={b:02X}"))
}

fn quoted_with(escape: impl Fn(u8) -> String) -> String {
    program()
        .iter()
        .map(|b| match b {
            b'=' => "=3D".to_owned(),
            b' '..=b'~' => char::from(*b).to_string(),
            b => escape(*b),
        })
        .collect::<Vec<_>>()
        .chunks(20)
        .map(|line| line.concat() + "=\r\n")
        .collect()
}

const TOP: &str = "From: a@b.example\r\nTo: shokuin@city.example.lg.jp\r\nSubject: x\r\nMessage-ID: <1@b.example>\r\n\
                   Date: Mon, 23 Nov 2026 10:41:07 +0900\r\nMIME-Version: 1.0\r\n";
const TYPE: &str = "Content-Type: multipart/mixed; boundary=\"b-outer-1\"\r\n";
const TEXT: &str = "Content-Type: text/plain; charset=utf-8\r\n";
const PART_TYPE: &str = "Content-Type: application/octet-stream; name=\"report.bin\"\r\n";
const PART_DISPOSITION: &str = "Content-Disposition: attachment; filename=\"report.bin\"\r\n";
const PART_ENCODING: &str = "Content-Transfer-Encoding: base64\r\n";

/// A mail of words, a harmless file and the program; its pieces are replaced to make the cases.
#[derive(Clone)]
struct Base {
    kind: String,
    preamble: String,
    part: String,
    separator: String,
    content: String,
    epilogue: String,
    open: String,
    close: String,
}

impl Base {
    fn new() -> Self {
        Self {
            kind: TYPE.to_owned(),
            preamble: String::new(),
            part: [PART_TYPE, PART_DISPOSITION, PART_ENCODING].concat(),
            separator: "\r\n".to_owned(),
            content: base64_lines(76, "\r\n"),
            epilogue: String::new(),
            open: "--b-outer-1\r\n".to_owned(),
            close: "--b-outer-1--\r\n".to_owned(),
        }
    }

    fn mail(&self) -> Vec<u8> {
        let Self { kind, preamble, part, separator, content, epilogue, open, close } = self;
        let memo = "Content-Type: text/plain; name=memo.txt\r\nContent-Disposition: attachment; filename=memo.txt\r\n";
        format!(
            "{TOP}{kind}\r\n{preamble}--b-outer-1\r\n{TEXT}\r\n{WORDS}\r\n{open}{part}{separator}{content}\
             --b-outer-1\r\n{memo}\r\nmemo\r\n{close}{epilogue}"
        )
        .into_bytes()
    }

    /// The hidden part as it would stand alone.
    fn whole_part(&self) -> String {
        format!("{}\r\n{}", self.part, self.content)
    }
}

#[derive(Default)]
struct Family {
    cases: Vec<Case>,
}

impl Family {
    fn add(&mut self, name: impl Into<String>, change: impl FnOnce(&mut Base)) {
        let mut base = Base::new();
        change(&mut base);
        self.raw(name, base.mail(), true);
    }

    fn raw(&mut self, name: impl Into<String>, mail: Vec<u8>, has_words: bool) {
        self.cases.push(Case { name: name.into(), mail, has_words, is_outside: false });
    }
}

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    let mut family = Family::default();
    duplicates(&mut family);
    names(&mut family);
    cases_and_nuls(&mut family);
    folding(&mut family);
    line_ends(&mut family);
    separators(&mut family);
    boundaries(&mut family);
    nesting(&mut family);
    trees::enclosed(&mut family);
    let before = family.cases.len();
    outside(&mut family);
    trees::other(&mut family);
    family.cases.iter_mut().skip(before).for_each(|case| case.is_outside = true);
    comments_and_words(&mut family);
    base64_forms(&mut family);
    quoted_forms(&mut family);
    whole_mails(&mut family);
    family.cases
}

fn duplicates(family: &mut Family) {
    let encodings = ["7bit", "8bit", "binary", "quoted-printable", "x-unknown", "base64"];
    for other in encodings {
        let line = format!("Content-Transfer-Encoding: {other}\r\n");
        family.add(format!("encoding-{other}-first"), |base| base.part.insert_str(0, &line));
        family.add(format!("encoding-{other}-last"), |base| base.part.push_str(&line));
        for joined in [
            format!("base64, {other}"),
            format!("{other} base64"),
            format!("{other}; base64"),
            format!("base64;{other}"),
        ] {
            let value = format!("Content-Transfer-Encoding: {joined}\r\n");
            let name =
                format!("encoding-value-{}", joined.replace(' ', "_").replace(';', "semicolon").replace(',', "comma"));
            family.add(name, |base| base.part = [PART_TYPE, PART_DISPOSITION, &value].concat());
        }
    }
    for other in ["text/plain", "text/html", "message/rfc822", "multipart/mixed; boundary=x", "image/png"] {
        let line = format!("Content-Type: {other}\r\n");
        let name = other.replace([' ', ';', '/', '='], "-");
        family.add(format!("type-{name}-first"), |base| base.part.insert_str(0, &line));
        family.add(format!("type-{name}-last"), |base| base.part.push_str(&line));
    }
    family.add("disposition-inline-first", |base| base.part.insert_str(0, "Content-Disposition: inline\r\n"));
    family.add("disposition-inline-last", |base| base.part.push_str("Content-Disposition: inline\r\n"));
    let other = "Content-Type: multipart/mixed; boundary=\"other\"\r\n";
    family.add("boundary-header-first", |base| base.kind.insert_str(0, other));
    family.add("boundary-header-last", |base| base.kind.push_str(other));
    family.add("root-type-text-first", |base| base.kind.insert_str(0, TEXT));
    family.add("root-type-text-last", |base| base.kind.push_str(TEXT));
    for (name, parameters) in [
        ("first", "boundary=other; boundary=b-outer-1"),
        ("last", "boundary=b-outer-1; boundary=other"),
        ("extended-first", "boundary*=us-ascii''other; boundary=b-outer-1"),
        ("extended-last", "boundary=other; boundary*=us-ascii''b-outer-1"),
        ("continued", "boundary*0=b-outer; boundary*1=-1"),
        ("continued-and-plain", "boundary=other; boundary*0=b-outer; boundary*1=-1"),
        ("comma", "boundary=b-outer-1, boundary=other"),
    ] {
        let kind = format!("Content-Type: multipart/mixed; {parameters}\r\n");
        family.add(format!("boundary-parameter-{name}"), |base| base.kind = kind);
    }
    family.add("mime-version-twice", |base| base.kind.insert_str(0, "MIME-Version: 2.0\r\n"));
    for (name, sections) in [
        ("twice", "filename*0=\"report.exe\"; filename*0=\".csv\""),
        ("gap", "filename*0=\"report.exe\"; filename*2=\".csv\""),
        ("no-first", "filename*1=\"report.exe\""),
    ] {
        let line = format!("Content-Disposition: attachment; {sections}\r\n");
        family.add(format!("file-name-sections-{name}"), |base| {
            base.part = base.part.replace(PART_DISPOSITION, &line);
        });
    }
    family.add("file-names-disagree", |base| {
        base.part = base.part.replace("filename=\"report.bin\"", "filename=\"a.txt\"");
    });
}

fn names(family: &mut Family) {
    let fields =
        [("type", "Content-Type"), ("encoding", "Content-Transfer-Encoding"), ("disposition", "Content-Disposition")];
    let marks = [("space", " "), ("tab", "\t"), ("nul", "\0"), ("vt", "\x0B"), ("ff", "\x0C"), ("colon", ":")];
    for (short, name) in fields {
        for (mark, text) in marks {
            family.add(format!("{mark}-before-{short}"), |base| {
                base.part = base.part.replace(name, &format!("{text}{name}"));
            });
            family.add(format!("{mark}-before-colon-of-{short}"), |base| {
                base.part = base.part.replace(&format!("{name}:"), &format!("{name}{text}:"));
            });
            family.add(format!("{mark}-inside-{short}"), |base| {
                base.part = base.part.replace(name, &name.replace("ent-", &format!("ent{text}-")));
            });
        }
    }
    for (mark, text) in marks {
        family.add(format!("{mark}-before-root-type"), |base| base.kind.insert_str(0, text));
        family.add(format!("{mark}-before-colon-of-root-type"), |base| {
            base.kind = base.kind.replace("Type:", &format!("Type{text}:"));
        });
    }
}

fn cases_and_nuls(family: &mut Family) {
    family.add("names-lower", |base| base.part = base.part.replace("Content-T", "content-t"));
    family.add("names-upper", |base| {
        base.part = base.part.replace("Content-Transfer-Encoding", "CONTENT-TRANSFER-ENCODING");
    });
    family.add("encoding-odd-case", |base| base.part = base.part.replace("base64", "BaSe64"));
    family.add("type-upper", |base| {
        base.kind = base.kind.replace("multipart/mixed; boundary", "MULTIPART/MIXED; BOUNDARY");
    });
    family.add("boundary-other-case", |base| base.kind = base.kind.replace("b-outer-1", "B-OUTER-1"));
    for (name, value) in
        [("inside", "base\u{0}64"), ("before", "\u{0}base64"), ("behind", "base64\u{0}"), ("cut", "base64\u{0}x")]
    {
        family.add(format!("nul-{name}-value-of-encoding"), |base| base.part = base.part.replace("base64", value));
    }
    family.add("nul-in-type-of-root", |base| base.kind = base.kind.replace("multipart", "multi\0part"));
    family.add("nul-behind-type", |base| base.kind = base.kind.replace("mixed;", "mixed\0;"));
    family.add("nul-inside-boundary", |base| base.kind = base.kind.replace("b-outer", "b-\0outer"));
    family.add("nul-behind-boundary", |base| base.kind = base.kind.replace("outer-1", "outer-1\0x"));
    family.add("nul-inside-file-name", |base| base.part = base.part.replace("report.bin", "report.exe\0.txt"));
}

fn folding(family: &mut Family) {
    for (name, value) in [
        ("inside", "base\r\n 64"),
        ("before", "\r\n base64"),
        ("tab", "\r\n\tbase64"),
        ("blank-line", "\r\n \r\n base64"),
        ("behind", "base64\r\n "),
        ("form-feed", "\r\n\x0Cbase64"),
        ("no-blank", "\r\nbase64"),
    ] {
        family.add(format!("fold-{name}-encoding"), |base| base.part = base.part.replace("base64", value));
    }
    for (name, from, to) in [
        ("before-colon", "Content-Type:", "Content-Type\r\n :"),
        ("inside-name", "Content-Type:", "Content-\r\n Type:"),
        ("inside-type", "multipart/mixed", "multipart/\r\n mixed"),
        ("before-boundary", "; boundary", ";\r\n boundary"),
        ("blank-before-boundary", "; boundary", ";\r\n \r\n boundary"),
        ("unfolded-boundary", "; boundary", ";\r\nboundary"),
        ("inside-boundary", "b-outer-1", "b-\r\n outer-1"),
        ("behind-equals", "boundary=", "boundary=\r\n "),
        ("open-quote", "b-outer-1\"", "b-outer-1"),
        ("empty-parameter", "; boundary", ";; boundary"),
        ("no-semicolon", "mixed; boundary", "mixed boundary"),
        ("no-value", "Content-Type: multipart/mixed; boundary=\"b-outer-1\"", "Content-Type:"),
        ("no-subtype", "multipart/mixed", "multipart"),
        ("slash-only", "multipart/mixed", "multipart/"),
        ("parameter-first", "multipart/mixed; boundary", "boundary"),
    ] {
        family.add(format!("root-{name}"), |base| base.kind = base.kind.replace(from, to));
    }
}

/// Ends of lines that are none, or that only some take for one.
const ENDS: [(&str, &str); 8] = [
    ("lf", "\n"),
    ("cr", "\r"),
    ("crcrlf", "\r\r\n"),
    ("lfcr", "\n\r"),
    ("nul", "\0"),
    ("nul-crlf", "\0\r\n"),
    ("crlf-nul", "\r\n\0"),
    ("vt", "\x0B"),
];

fn line_ends(family: &mut Family) {
    for (name, end) in ENDS {
        family.add(format!("{name}-between-part-headers"), |base| {
            base.part = base.part.replacen("\r\n", end, 2);
        });
        family.add(format!("{name}-behind-root-type"), |base| base.kind = base.kind.replace("\r\n", end));
        family.add(format!("{name}-behind-delimiter"), |base| base.open = format!("--b-outer-1{end}"));
        family.add(format!("{name}-before-delimiter"), |base| base.open = format!("{end}--b-outer-1\r\n"));
        family.add(format!("{name}-behind-end"), |base| base.close = format!("--b-outer-1--{end}"));
        family.add(format!("{name}-in-content"), |base| base.content = base64_lines(40, end) + "\r\n");
    }
}

/// What stands between headers and content.
fn separators(family: &mut Family) {
    let pieces = [("crlf", "\r\n"), ("lf", "\n"), ("cr", "\r"), ("nul", "\0"), ("sp", " "), ("none", "")];
    for (first, one) in pieces {
        for (second, two) in pieces {
            family.add(format!("separator-{first}-{second}"), |base| {
                let trimmed = base.part.trim_end().len();
                base.part.truncate(trimmed);
                base.separator = format!("{one}{two}");
            });
        }
    }
    for (name, text) in
        [("blank-line", "\r\n \r\n"), ("tab-line", "\r\n\t\r\n"), ("nul-line", "\r\n\0\r\n"), ("dots", "\r\n.\r\n")]
    {
        family.add(format!("separator-{name}"), |base| {
            let trimmed = base.part.trim_end().len();
            base.part.truncate(trimmed);
            base.separator = text.to_owned();
        });
    }
}

fn boundaries(family: &mut Family) {
    for (name, value) in [
        ("empty", ""),
        ("empty-quoted", "\"\""),
        ("blank", " "),
        ("blank-quoted", "\" \""),
        ("nul", "\0"),
        ("semicolon", ";"),
        ("quote", "\""),
        ("quotes", "\"\"\"\""),
        ("comma", "\"b-outer-1,x\""),
        ("null", "null"),
        ("blank-behind", "\"b-outer-1 \""),
        ("blank-before", "\" b-outer-1\""),
        ("blank-inside", "b-outer-1 x"),
        ("single-quotes", "'b-outer-1'"),
        ("backslash", "\"b-\\outer-1\""),
        ("half-quoted", "b-outer\"-1\""),
        ("quoted-then-more", "\"b-outer\"-1"),
        ("cut", "b-outer"),
        ("longer", "b-outer-12"),
        ("dashes", "\"--b-outer-1\""),
        ("other", "\"nothing-like-it\""),
    ] {
        let kind = format!("Content-Type: multipart/mixed; boundary={value}\r\n");
        family.add(format!("boundary-{name}"), |base| base.kind = kind);
    }
    let long = format!("Content-Type: multipart/mixed; boundary={}\r\n", "b".repeat(80));
    let mut base = Base::new();
    base.kind = long;
    let mail = String::from_utf8(base.mail()).unwrap().replace("b-outer-1", &"b".repeat(80));
    family.raw("boundary-too-long", mail.into_bytes(), true);
    family.add("boundary-absent", |base| base.kind = "Content-Type: multipart/mixed\r\n".to_owned());
    for (name, open) in [
        ("blank-before", " --b-outer-1\r\n"),
        ("blank-behind", "--b-outer-1 \r\n"),
        ("words-behind", "--b-outer-1 words\r\n"),
        ("letters-behind", "--b-outer-1x\r\n"),
        ("words-before", "words --b-outer-1\r\n"),
        ("end-first", "--b-outer-1--\r\n--b-outer-1\r\n"),
        ("three-dashes", "---b-outer-1\r\n"),
        ("one-dash", "-b-outer-1\r\n"),
        ("upper", "--B-OUTER-1\r\n"),
        ("nul-inside", "--b-\0outer-1\r\n"),
        ("quoted", "--\"b-outer-1\"\r\n"),
        ("absent", ""),
        ("twice", "--b-outer-1\r\n--b-outer-1\r\n"),
    ] {
        family.add(format!("delimiter-{name}"), |base| base.open = open.to_owned());
    }
    family.add("end-absent", |base| base.close = String::new());
    family.add("end-half", |base| base.close = "--b-outer-1-\r\n".to_owned());
    family.add("end-with-words", |base| base.close = "--b-outer-1--x\r\n".to_owned());
}

fn nesting(family: &mut Family) {
    let inner = |kind: &str, boundary: &str, open: &str, close: &str| {
        let hidden = Base::new().whole_part();
        (format!("Content-Type: {kind}; boundary=\"{boundary}\"\r\n"), format!("{open}{hidden}{close}"))
    };
    for (name, kind, boundary, open, close) in [
        ("plain", "multipart/mixed", "inner", "--inner\r\n", "--inner--\r\n"),
        ("same-as-outer", "multipart/mixed", "b-outer-1", "--b-outer-1\r\n", "--b-outer-1--\r\n"),
        ("longer-than-outer", "multipart/mixed", "b-outer-12", "--b-outer-12\r\n", "--b-outer-12--\r\n"),
        ("shorter-than-outer", "multipart/mixed", "b-outer", "--b-outer\r\n", "--b-outer--\r\n"),
        ("never-opened", "multipart/mixed", "inner", "", ""),
        ("never-closed", "multipart/mixed", "inner", "--inner\r\n", ""),
        ("closed-twice", "multipart/mixed", "inner", "--inner\r\n", "--inner--\r\n--inner--\r\n"),
        ("part-behind-end", "multipart/mixed", "inner", "--inner\r\n\r\nx\r\n--inner--\r\n", ""),
        ("unknown-kind", "multipart/x-strange", "inner", "--inner\r\n", "--inner--\r\n"),
        ("no-multipart", "text/plain", "inner", "--inner\r\n", "--inner--\r\n"),
        ("alternative", "multipart/alternative", "inner", "--inner\r\n", "--inner--\r\n"),
        ("encrypted", "multipart/encrypted", "inner", "--inner\r\n", "--inner--\r\n"),
        ("signed", "multipart/signed", "inner", "--inner\r\n\r\nx\r\n--inner\r\n", "--inner--\r\n"),
        ("report", "multipart/report", "inner", "--inner\r\n", "--inner--\r\n"),
    ] {
        let (part, content) = inner(kind, boundary, open, close);
        family.add(format!("inner-{name}"), |base| (base.part, base.content) = (part, content));
    }
    for (name, encoding) in [("base64", "base64"), ("quoted", "quoted-printable"), ("unknown", "x-y")] {
        let (part, content) = inner("multipart/mixed", "inner", "--inner\r\n", "--inner--\r\n");
        let part = format!("{part}Content-Transfer-Encoding: {encoding}\r\n");
        family.add(format!("inner-says-{name}"), |base| (base.part, base.content) = (part.clone(), content.clone()));
        if encoding == "base64" {
            let encoded = BASE64
                .encode(&content)
                .as_bytes()
                .chunks(76)
                .fold(String::new(), |all, line| all + std::str::from_utf8(line).unwrap() + "\r\n");
            family.add("inner-is-base64", |base| (base.part, base.content) = (part, encoded));
        }
    }
}

fn outside(family: &mut Family) {
    let hidden = || Base::new().whole_part();
    family.add("part-in-preamble", |base| base.preamble = hidden());
    family.add("part-in-epilogue", |base| base.epilogue = hidden());
    family.add("part-in-preamble-of-other-boundary", |base| base.preamble = format!("--x\r\n{}--x--\r\n", hidden()));
    family.add("part-in-epilogue-of-other-boundary", |base| base.epilogue = format!("--x\r\n{}--x--\r\n", hidden()));
    family.add("part-behind-the-end", |base| base.epilogue = format!("--b-outer-1\r\n{}--b-outer-1--\r\n", hidden()));
    family.add("base64-in-preamble", |base| base.preamble = base64_lines(76, "\r\n"));
    family.add("base64-in-epilogue", |base| base.epilogue = base64_lines(76, "\r\n"));
}

fn comments_and_words(family: &mut Family) {
    for (name, value) in [
        ("before", "(c) base64"),
        ("behind", "base64 (c)"),
        ("close", "base64(c)"),
        ("inside", "base(c)64"),
        ("open", "base64 (c"),
        ("closed", "base64 c)"),
        ("nested", "(a (b) c) base64"),
        ("other", "7bit (base64)"),
        ("hidden", "(base64) 7bit"),
        ("quoted", "\"base64\""),
        ("single-quoted", "'base64'"),
        ("equals", "=base64"),
        ("colon", ": base64"),
        ("encoded-q", "=?utf-8?q?base64?="),
        ("encoded-b", "=?utf-8?b?YmFzZTY0?="),
        ("half-encoded", "base=?utf-8?q?64?="),
        ("hyphen", "base-64"),
        ("blank", "base 64"),
        ("letters-behind", "base64x"),
        ("parameter", "base64; x=y"),
    ] {
        let line = format!("Content-Transfer-Encoding: {value}\r\n");
        family.add(format!("encoding-form-{name}"), |base| base.part = base.part.replace(PART_ENCODING, &line));
    }
    for (name, from, to) in [
        ("comment-before-type", "multipart/", "(c) multipart/"),
        ("comment-in-type", "multipart/", "multi(c)part/"),
        ("comment-behind-type", "mixed;", "mixed (c);"),
        ("comment-with-type", "multipart/mixed;", "text/plain (multipart/mixed;"),
        ("comment-before-boundary", "boundary=", "(c) boundary="),
        ("comment-behind-boundary", "-1\"", "-1\" (c)"),
        ("comment-in-boundary", "\"b-outer-1\"", "b-outer(c)-1"),
        ("comment-is-boundary", "\"b-outer-1\"", "(b-outer-1)"),
        ("half-comment", "\"b-outer-1\"", "b-outer-1 (c"),
        ("encoded-boundary-q", "b-outer-1", "=?utf-8?q?b-outer-1?="),
        ("encoded-boundary-b", "b-outer-1", "=?utf-8?b?Yi1vdXRlci0x?="),
        ("half-encoded-boundary", "b-outer-1", "b-=?utf-8?q?outer-1?="),
        ("encoded-type", "multipart/mixed", "=?utf-8?q?multipart/mixed?="),
        ("percent-boundary", "b-outer-1", "b%2Douter%2D1"),
    ] {
        family.add(name, |base| base.kind = base.kind.replace(from, to));
    }
}

fn base64_forms(family: &mut Family) {
    let encoded = BASE64.encode(program());
    let lines = |length: usize| base64_lines(length, "\r\n");
    let each = |length: usize, mark: &str| -> String {
        encoded.as_bytes().chunks(length).map(|piece| std::str::from_utf8(piece).unwrap().to_owned() + mark).collect()
    };
    for (name, content) in [
        ("six-a-line", lines(6)),
        ("one-a-line", lines(1)),
        ("five-a-line", lines(5)),
        ("one-line", format!("{encoded}\r\n")),
        ("blank-lines", lines(40).replace("\r\n", "\r\n\r\n")),
        ("dots", each(4, ".") + "\r\n"),
        ("blanks", each(4, " ") + "\r\n"),
        ("hyphens", each(8, "-") + "\r\n"),
        ("exclamation", each(8, "!") + "\r\n"),
        ("high-bytes", each(8, "\u{3042}") + "\r\n"),
        ("nul", each(8, "\0") + "\r\n"),
        ("equals", each(8, "=") + "\r\n"),
        ("double-equals", each(8, "==") + "\r\n"),
        ("padded-lines", program().chunks(10).map(|piece| BASE64.encode(piece) + "\r\n").collect()),
        ("padding-first", format!("====\r\n{}", lines(76))),
        ("words-first", format!("Some words first\r\n\r\n{}", lines(76))),
        ("words-behind", format!("{}\r\nSome words behind\r\n", lines(76))),
        ("no-padding", lines(76).replace('=', "")),
        ("more-behind-padding", format!("YWJj=\r\n{}", lines(76))),
        ("url-alphabet", lines(76).replace('+', "-").replace('/', "_")),
        ("quoted", format!("\"{encoded}\"\r\n")),
    ] {
        family.add(format!("base64-{name}"), |base| base.content = content);
    }
}

fn quoted_forms(family: &mut Family) {
    let quoted = quoted();
    for (name, content) in [
        ("plain", quoted.clone()),
        ("lower-hex", quoted_with(|b| format!("={b:02x}"))),
        ("illegal", quoted.replace("=\r\n", "=XY=\r\n")),
        ("lone-equals", quoted.replace("=\r\n", "= =\r\n")),
        ("blank-behind-soft", quoted.replace("=\r\n", "= \r\n")),
        ("lf-soft", quoted.replace("=\r\n", "=\n")),
        ("cr-soft", quoted.replace("=\r\n", "=\r")),
        ("everything", program().iter().map(|b| format!("={b:02X}")).collect::<Vec<_>>().concat() + "\r\n"),
        ("one-digit", quoted.replace("=00", "=0")),
        ("high-bytes", quoted.replace("=\r\n", "\u{3042}=\r\n")),
    ] {
        family.add(format!("quoted-{name}"), |base| {
            base.part = base.part.replace("base64", "quoted-printable");
            base.content = content.clone() + "\r\n";
        });
        family.add(format!("quoted-{name}-as-text"), |base| {
            base.part = "Content-Type: text/plain\r\nContent-Transfer-Encoding: x-quoted\r\n".to_owned();
            base.content = content + "\r\n";
        });
    }
}

/// Mails that are nothing but the program.
fn whole_mails(family: &mut Family) {
    let content = base64_lines(76, "\r\n");
    for (name, headers) in [
        ("no-mime-version", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"),
        ("unknown-encoding", "Content-Type: text/plain\r\nContent-Transfer-Encoding: base-64\r\n"),
        ("two-encodings", "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n"),
        ("encoding-with-comment", "Content-Transfer-Encoding: (c) base64\r\n"),
        ("name-with-blank", "Content-Type: text/plain\r\nContent-Transfer-Encoding : base64\r\n"),
        ("multipart-of-nothing", "Content-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: base64\r\n"),
    ] {
        let top = TOP.replace("MIME-Version: 1.0\r\n", "");
        family.raw(format!("whole-{name}"), format!("{top}{headers}\r\n{content}").into_bytes(), false);
    }
}
