//! Documents of Office as Japanese offices write them, each with what is known of it (`cargo xtask samples --office`).
//!
//! Refuses: other people's documents; all mark-up is written here. Invariant: the same bytes at every run, and no two
//! documents of one name.

mod chart;
mod container;
mod package;
mod sheet;
mod slides;
mod variants;
mod word;
mod words;

use std::path::Path;

use crate::run::Outcome;
use package::Package;

/// One document and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name with its extension, the same at every run.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What a reader must find.
    pub expected: Expected,
}

/// What a reader must find: facts, each a line of fields between tabs, whose first field says what kind it is
/// (`text`, `cell`, `formula`, `ruby` …; `tests/it/office/read.py` knows them all).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// In the document as it is made, and in what becomes of it.
    pub stays: Vec<String>,
    /// Only in the document as it is made: what is taken out on purpose.
    pub goes: Vec<String>,
    /// Only in what becomes of it.
    pub comes: Vec<String>,
}

/// A document being made.
#[derive(Debug, Clone, Default)]
struct Draft {
    name: String,
    package: Package,
    expected: Expected,
}

impl Draft {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// With a title, an author and dates.
    fn described(mut self) -> Self {
        let core = "application/vnd.openxmlformats-package.core-properties+xml";
        let kind = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
        let space = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
        let title = format!("①{}の標題", self.name);
        let date =
            |name: &str| format!("<dcterms:{name} xsi:type=\"dcterms:W3CDTF\">2026-11-23T00:00:00Z</dcterms:{name}>");
        let content = format!(
            "<cp:coreProperties xmlns:cp=\"{space}\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
             <dc:title>{title}</dc:title><dc:creator>髙﨑　係長</dc:creator>{}{}</cp:coreProperties>",
            date("created"),
            date("modified")
        );
        self.package.xml("docProps/core.xml", core, content);
        self.package.relate("", kind, "docProps/core.xml");
        self.fact(["property", "title", &title]);
        self.fact(["property", "creator", "髙﨑　係長"]);
        self.fact(["property", "created", "2026-11-23T00:00:00Z"]);
        self
    }

    /// Adds a fact that stays.
    fn fact<I: IntoIterator<Item = S>, S: AsRef<str>>(&mut self, fields: I) {
        self.expected.stays.push(line(fields));
    }
}

/// A fact from its fields.
fn line<I: IntoIterator<Item = S>, S: AsRef<str>>(fields: I) -> String {
    let fields: Vec<String> =
        fields.into_iter().map(|field| field.as_ref().replace('\n', "\\n").replace('\t', "\\t")).collect();
    fields.join("\t")
}

/// All documents, in the order of their making.
#[must_use]
pub fn all() -> Vec<Document> {
    let (word, sheet, slides) = (word::drafts(), sheet::drafts(), slides::drafts());
    let mut all = Vec::new();
    for (drafts, format) in [(word, variants::WORD), (sheet, variants::SHEET), (slides, variants::SLIDES)] {
        let drafts: Vec<Draft> = drafts.into_iter().map(Draft::described).collect();
        all.extend(drafts.iter().map(|draft| variants::plain(draft, format)));
        all.extend(drafts.iter().flat_map(|draft| variants::spelled(draft, format)));
        all.extend(drafts.iter().take(2).flat_map(|draft| variants::packed(draft, format)));
    }
    all
}

/// Writes every document, and beside it `NAME.txt` (what is known of it), into `folder`.
///
/// # Errors
/// If the folder cannot be written.
pub fn write(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder)?;
    let documents = all();
    for document in &documents {
        std::fs::write(folder.join(&document.name), &document.bytes)?;
        std::fs::write(folder.join(format!("{}.txt", document.name)), known(&document.expected))?;
    }
    println!("{} documents in {}", documents.len(), folder.display());
    Ok(())
}

/// What is known of a document: a sign (`=` stays, `-` goes, `+` comes) and a fact on every line.
fn known(expected: &Expected) -> String {
    let signed = [('=', &expected.stays), ('-', &expected.goes), ('+', &expected.comes)];
    signed.iter().flat_map(|(sign, facts)| facts.iter().map(move |fact| format!("{sign}{fact}\n"))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_document_has_a_name_of_its_own_and_the_same_bytes_at_every_run() {
        let documents = all();
        let names: BTreeSet<&str> = documents.iter().map(|document| document.name.as_str()).collect();
        assert_eq!(names.len(), documents.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))));
        assert_eq!(documents, all());
        assert!(documents.iter().all(|document| !document.expected.stays.is_empty()));
    }
}
