//! Packages of our own making, for tests.

use std::collections::BTreeMap;

use sanitizer_api::{Budget, Code, Hints, Rebuilt, SanitizeError};

use crate::zip::{Archive, pack};

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
pub(crate) const MAIN: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";

/// A package that grows.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) members: BTreeMap<String, Vec<u8>>,
    pub(crate) types: BTreeMap<String, String>,
    /// Per source: id, type, target, mode.
    pub(crate) relations: BTreeMap<String, Vec<[String; 4]>>,
}

impl Sample {
    /// A document with this mark-up in its body.
    pub(crate) fn document(body: &str) -> Self {
        let mut sample = Self { members: BTreeMap::new(), types: BTreeMap::new(), relations: BTreeMap::new() };
        sample.text(
            "word/document.xml",
            MAIN,
            &format!("<w:document {}><w:body>{body}</w:body></w:document>", spaces()),
        );
        sample.relate("", "rId1", "officeDocument", "word/document.xml");
        sample
    }

    /// Adds a part.
    pub(crate) fn text(&mut self, name: &str, content_type: &str, text: &str) -> &mut Self {
        self.members.insert(name.to_owned(), text.as_bytes().to_vec());
        self.types.insert(name.to_owned(), content_type.to_owned());
        self
    }

    /// Adds a relationship to a part.
    pub(crate) fn relate(&mut self, source: &str, id: &str, kind: &str, target: &str) -> &mut Self {
        self.relation(source, [id, kind, target, "Internal"])
    }

    /// Adds a relationship to the outside.
    pub(crate) fn lead(&mut self, source: &str, id: &str, kind: &str, target: &str) -> &mut Self {
        self.relation(source, [id, kind, target, "External"])
    }

    fn relation(&mut self, source: &str, row: [&str; 4]) -> &mut Self {
        let mut row = row.map(str::to_owned);
        if !row[1].contains(':') {
            row[1].insert_str(0, OFFICE);
        }
        self.relations.entry(source.to_owned()).or_default().push(row);
        self
    }

    /// The members of the zip file.
    pub(crate) fn parts(&self) -> Vec<(String, Vec<u8>)> {
        let mut types = String::from(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
             ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"png\" \
             ContentType=\"image/png\"/>",
        );
        for (name, kind) in &self.types {
            types.push_str(&format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/>"));
        }
        types.push_str("</Types>");
        let mut parts = vec![("[Content_Types].xml".to_owned(), types.into_bytes())];
        for (source, rows) in &self.relations {
            let mut text =
                String::from("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
            for [id, kind, target, mode] in rows {
                let target = if mode == "Internal" { format!("/{target}") } else { target.clone() };
                text.push_str(&format!(
                    "<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\" TargetMode=\"{mode}\"/>"
                ));
            }
            text.push_str("</Relationships>");
            let (folder, name) = source.rsplit_once('/').unwrap_or(("", source));
            let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            parts.push((format!("{folder}_rels/{name}.rels"), text.into_bytes()));
        }
        parts.extend(self.members.clone());
        parts
    }

    /// The package as a file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        pack(&self.parts(), &mut Budget::generous()).unwrap()
    }

    /// The package, sanitized.
    pub(crate) fn sanitize(&self) -> Result<Rebuilt, SanitizeError> {
        sanitize(&self.bytes())
    }

    /// The text of one part of the package, sanitized.
    pub(crate) fn part(&self, name: &str) -> Option<String> {
        member(&self.sanitize().unwrap().bytes, name)
    }

    /// What stands in the body after it was sanitized.
    pub(crate) fn body(&self) -> String {
        inside(&self.part("word/document.xml").unwrap())
    }

    /// How often `code` was found.
    pub(crate) fn count(&self, code: Code) -> u32 {
        self.sanitize().unwrap().findings.iter().find(|finding| finding.code == code).map_or(0, |finding| finding.count)
    }
}

/// Declarations of the prefixes that tests use.
pub(crate) fn spaces() -> String {
    crate::xml::space::SPACES.iter().skip(2).map(|space| format!("xmlns:{}=\"{}\" ", space.prefix, space.uri)).collect()
}

/// Sanitizes a document.
pub(crate) fn sanitize(bytes: &[u8]) -> Result<Rebuilt, SanitizeError> {
    crate::sanitizer_for("ooxml-word").unwrap().sanitize(bytes, Hints::default(), &mut Budget::generous())
}

/// The text of one member of a zip file.
pub(crate) fn member(bytes: &[u8], name: &str) -> Option<String> {
    let content = Archive::open(bytes).unwrap().read(&name.to_lowercase()).unwrap()?;
    Some(String::from_utf8(content.into_owned()).unwrap())
}

/// The body in the text of a document.
pub(crate) fn inside(document: &str) -> String {
    let (_, body) = document.split_once("<w:body").unwrap();
    format!("<w:body{}", body.replace("</w:document>", ""))
}
