//! The same documents in other spellings: Strict, UTF-16, other prefixes, templates, macro documents, other zips.
//!
//! Refuses: anything that changes what a document says. Invariant: the facts are those of the document it was made from,
//! but for a project of macros, of which nothing is told.

use super::container::Wrap;
use super::package::Encoding;
use super::{Document, Draft};

/// How one format is spelled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    /// Extensions: plain, with macros, template, template with macros.
    extensions: [&'static str; 4],
    /// Content types of the main part, in the same order.
    types: [&'static str; 4],
    main: &'static str,
    /// Replacements of prefixes.
    prefixes: &'static [(&'static str, &'static str)],
}

pub(super) const WORD: Format = Format {
    extensions: ["docx", "docm", "dotx", "dotm"],
    types: [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
    main: "word/document.xml",
    prefixes: &[
        ("<w:", "<文:"),
        ("</w:", "</文:"),
        (" w:", " 文:"),
        ("xmlns:w=", "xmlns:文="),
        ("<a:", "<ns1:"),
        ("</a:", "</ns1:"),
        ("xmlns:a=", "xmlns:ns1="),
        (" r:", " rel_:"),
        ("xmlns:r=", "xmlns:rel_="),
    ],
};

pub(super) const SHEET: Format = Format {
    extensions: ["xlsx", "xlsm", "xltx", "xltm"],
    types: [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        "application/vnd.ms-excel.template.macroEnabled.main+xml",
    ],
    main: "xl/workbook.xml",
    // What has no prefix gets one; `spell` does that.
    prefixes: &[(" r:", " rel_:"), ("xmlns:r=", "xmlns:rel_=")],
};

pub(super) const SLIDES: Format = Format {
    extensions: ["pptx", "pptm", "potx", "ppsx"],
    types: [
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
    ],
    main: "ppt/presentation.xml",
    prefixes: &[
        ("<p:", "<発表:"),
        ("</p:", "</発表:"),
        ("xmlns:p=", "xmlns:発表="),
        ("<a:", "<ns1:"),
        ("</a:", "</ns1:"),
        ("xmlns:a=", "xmlns:ns1="),
    ],
};

/// Namespaces and types of relationships in Strict (ISO/IEC 29500-1).
const STRICT: [(&str, &str); 6] = [
    (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    ),
    ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
    ("http://schemas.openxmlformats.org/presentationml/2006/main", "http://purl.oclc.org/ooxml/presentationml/main"),
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
    ("http://schemas.openxmlformats.org/officeDocument/2006/math", "http://purl.oclc.org/ooxml/officeDocument/math"),
    ("http://schemas.openxmlformats.org/drawingml/2006/", "http://purl.oclc.org/ooxml/drawingml/"),
];

/// The document as it was written.
pub(super) fn plain(draft: &Draft, format: Format) -> Document {
    document(draft, "", format.extensions[0], Encoding::Utf8, Wrap::Stored)
}

/// It in Strict, and with other prefixes.
pub(super) fn spelled(draft: &Draft, format: Format) -> Vec<Document> {
    let [extension, ..] = format.extensions;
    let mut strict = draft.clone();
    strict.package.rewrite(|text| STRICT.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)));
    let mut prefixed = draft.clone();
    prefixed.package.rewrite(|text| spell(text, format.prefixes));
    vec![
        document(&strict, "-strict", extension, Encoding::Utf8, Wrap::Deflated),
        document(&prefixed, "-prefixes", extension, Encoding::Utf8, Wrap::Deflated),
    ]
}

/// It in other zips and encodings, as a template, with macros.
pub(super) fn packed(draft: &Draft, format: Format) -> Vec<Document> {
    let [extension, ..] = format.extensions;
    let mut documents = vec![
        document(draft, "-deflated", extension, Encoding::Utf8, Wrap::Deflated),
        document(draft, "-streamed", extension, Encoding::Utf8, Wrap::Streamed),
        document(draft, "-utf16", extension, Encoding::Utf16, Wrap::Deflated),
        document(draft, "-utf16be", extension, Encoding::Utf16Big, Wrap::Deflated),
    ];
    for (extension, content_type) in format.extensions.iter().zip(format.types).skip(1) {
        let mut other = draft.clone();
        other.package.rewrite(|text| text.replace(format.types[0], content_type));
        if extension.ends_with('m') {
            // Only a word, in the place where macros would be.
            other.package.binary(
                "vbaProject.bin",
                "application/vnd.ms-office.vbaProject",
                b"no macro in here".to_vec(),
            );
            let kind = "http://schemas.microsoft.com/office/2006/relationships/vbaProject";
            other.package.relate(format.main, kind, "/vbaProject.bin");
        }
        documents.push(document(&other, "", extension, Encoding::Utf8, Wrap::Deflated));
    }
    documents
}

/// Other prefixes; elements without one get one.
fn spell(text: &str, prefixes: &[(&str, &str)]) -> String {
    let mut text = prefixes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    if text.contains(&format!(" xmlns=\"{space}\"")) {
        text = text.replace(&format!(" xmlns=\"{space}\""), &format!(" xmlns:表=\"{space}\""));
        let mut out = String::new();
        for (at, piece) in text.split('<').enumerate() {
            let (slash, rest) = piece.strip_prefix('/').map_or(("", piece), |rest| ("/", rest));
            let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').next().unwrap_or_default();
            let is_bare = at > 0 && !name.contains(':') && !name.is_empty();
            let mark = if at > 0 { "<" } else { "" };
            out.push_str(&format!("{mark}{slash}{}{rest}", if is_bare { "表:" } else { "" }));
        }
        text = out;
    }
    text
}

fn document(draft: &Draft, variant: &str, extension: &str, encoding: Encoding, wrap: Wrap) -> Document {
    Document {
        name: format!("{extension}-{}{variant}.{extension}", draft.name),
        bytes: draft.package.pack(encoding, wrap),
        expected: draft.expected.clone(),
    }
}
