//! A package (ECMA-376 part 2) that grows: parts, their content types, their relationships.
//!
//! Refuses nothing: the packages are ours. Invariant: a part has a content type, and relationships have ids of their own.

use super::container::{Wrap, zip};

/// Types of relationships, Transitional.
pub(super) const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";

/// How parts are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// Little end first.
    Utf16,
    /// Big end first.
    Utf16Big,
}

#[derive(Debug, Clone)]
struct Part {
    name: String,
    /// Empty: by its extension.
    content_type: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Xml(String),
    Bytes(Vec<u8>),
}

/// The package.
#[derive(Debug, Clone, Default)]
pub(super) struct Package {
    parts: Vec<Part>,
    /// Source, id, type, target, and whether it leads out.
    relations: Vec<(String, String, String, String, bool)>,
}

impl Package {
    /// Adds a part of XML, without its declaration.
    pub(super) fn xml(&mut self, name: &str, content_type: &str, text: impl Into<String>) {
        let content = Content::Xml(text.into());
        self.parts.push(Part { name: name.to_owned(), content_type: content_type.to_owned(), content });
    }

    /// Adds a part of bytes.
    pub(super) fn binary(&mut self, name: &str, content_type: &str, bytes: Vec<u8>) {
        let content = Content::Bytes(bytes);
        self.parts.push(Part { name: name.to_owned(), content_type: content_type.to_owned(), content });
    }

    /// Adds a relationship; its id.
    pub(super) fn relate(&mut self, source: &str, kind: &str, target: &str) -> String {
        self.relation(source, kind, target, false)
    }

    /// Adds a relationship that leads out; its id.
    pub(super) fn lead(&mut self, source: &str, kind: &str, target: &str) -> String {
        self.relation(source, kind, target, true)
    }

    fn relation(&mut self, source: &str, kind: &str, target: &str, is_outside: bool) -> String {
        let id = format!("rId{}", self.relations.iter().filter(|(from, ..)| from == source).count() + 1);
        let kind = if kind.contains(':') { kind.to_owned() } else { format!("{OFFICE}/{kind}") };
        self.relations.push((source.to_owned(), id.clone(), kind, target.to_owned(), is_outside));
        id
    }

    /// Rewrites the mark-up of every part, its content type and the types of all relationships.
    pub(super) fn rewrite(&mut self, change: impl Fn(&str) -> String) {
        for part in &mut self.parts {
            part.content_type = change(&part.content_type);
            if let Content::Xml(text) = &mut part.content {
                *text = change(text);
            }
        }
        for (_, _, kind, ..) in &mut self.relations {
            *kind = change(kind);
        }
    }

    /// The zip file.
    pub(super) fn pack(&self, encoding: Encoding, wrap: Wrap) -> Vec<u8> {
        let mut members = vec![("[Content_Types].xml".to_owned(), encode(&self.types(), Encoding::Utf8))];
        let mut sources: Vec<&str> = self.relations.iter().map(|(source, ..)| source.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let (folder, name) = source.rsplit_once('/').map_or(("", source), |(folder, name)| (folder, name));
            let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            members.push((format!("{folder}_rels/{name}.rels"), encode(&self.relations_of(source), encoding)));
        }
        for part in &self.parts {
            let bytes = match &part.content {
                Content::Xml(text) => encode(text, encoding),
                Content::Bytes(bytes) => bytes.clone(),
            };
            members.push((part.name.clone(), bytes));
        }
        zip(&members, wrap)
    }

    fn types(&self) -> String {
        let typed = self.parts.iter().filter(|part| !part.content_type.is_empty());
        let overrides: String = typed
            .map(|part| format!("<Override PartName=\"/{}\" ContentType=\"{}\"/>", part.name, part.content_type))
            .collect();
        format!(
            "<Types xmlns=\"{TYPES}\">\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
             <Default Extension=\"png\" ContentType=\"image/png\"/>{overrides}</Types>"
        )
    }

    fn relations_of(&self, source: &str) -> String {
        let of = self.relations.iter().filter(|(from, ..)| from == source);
        let rows: String = of
            .map(|(_, id, kind, target, is_outside)| {
                let mode = if *is_outside { " TargetMode=\"External\"" } else { "" };
                format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{}\"{mode}/>", escape(target))
            })
            .collect();
        format!("<Relationships xmlns=\"{RELATIONS}\">{rows}</Relationships>")
    }
}

fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    let whole = |label: &str| format!("<?xml version=\"1.0\" encoding=\"{label}\" standalone=\"yes\"?>\r\n{text}");
    let wide = || format!("\u{FEFF}{}", whole("UTF-16"));
    match encoding {
        Encoding::Utf8 => whole("UTF-8").into_bytes(),
        Encoding::Utf16 => wide().encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Big => wide().encode_utf16().flat_map(u16::to_be_bytes).collect(),
    }
}

/// Text as content or as the value of an attribute.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
