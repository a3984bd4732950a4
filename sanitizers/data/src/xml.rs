//! XML, read as events with namespaces and written as elements, attributes and text.
//!
//! Refuses: document types with declarations of their own, unknown entities, namespaces that are not data
//! ([`crate::vocabulary`]), documents of Office, nesting over [`MAX_DEPTH`]. Invariant: the output has one declaration,
//! one root, no other `<?` and no `<!`.

use std::collections::BTreeSet;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use sanitizer_api::{Budget, Code, Hints, Rebuilt, SanitizeError, Sanitizer};

use crate::output::{self, Output, by_number};
use crate::vocabulary::{INSTANCE, XML, is_data};

/// Elements inside one another.
const MAX_DEPTH: usize = 256;
/// Attributes of one element; each is compared with the others.
const MAX_ATTRIBUTES: usize = 256;
/// Namespace declarations in force at one place; each name looks through them.
const MAX_BINDINGS: usize = 200;
/// How far a declaration reaches, in bytes.
const DECLARATION: usize = 200;

/// The first line of every output.
const FIRST: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// An XML document of data.
#[derive(Debug, Clone, Copy)]
pub struct Xml;

impl Sanitizer for Xml {
    fn name(&self) -> &'static str {
        "data/xml"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let declared = declared(input);
        let label = declared.as_deref().or(hints.charset).unwrap_or("utf-8");
        let (text, mut output) = output::begin(input, Some(label), budget, "XML")?;
        output.push_str(FIRST)?;
        let mut reader = quick_xml::Reader::from_str(&text);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_end_names = true;
        let mut writer = Writer {
            output,
            bindings: vec![(String::new(), String::new(), 0), ("xml".to_owned(), XML.to_owned(), 0)],
            names: Vec::new(),
            pending: false,
            has_root: false,
        };
        while writer.event(reader.read_event().map_err(|_| malformed())?)? {}
        writer.output.push('\n')?;
        writer.output.finish(input, "application/xml", budget)
    }
}

const fn malformed() -> SanitizeError {
    SanitizeError::Malformed { expected: "XML" }
}

const fn unsupported(what: &'static str) -> SanitizeError {
    SanitizeError::Unsupported { what }
}

/// The encoding that the declaration names, if its bytes can be read one by one (XML 1.0, appendix F).
fn declared(input: &[u8]) -> Option<String> {
    let head = input.get(..input.len().min(DECLARATION))?;
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).strip_prefix(b"<?xml")?;
    let head: String = head.iter().take_while(|byte| **byte != b'>').map(|byte| char::from(*byte)).collect();
    let (_, value) = head.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value.strip_prefix(quote)?.split(quote).next()?.to_ascii_lowercase();
    (!label.starts_with("utf-16")).then_some(label)
}

struct Writer {
    output: Output,
    /// Prefix, namespace, depth at which it was declared.
    bindings: Vec<(String, String, usize)>,
    /// The elements that are open.
    names: Vec<String>,
    /// A start tag lacks its end: an element without content is written as one tag.
    pending: bool,
    has_root: bool,
}

impl Writer {
    /// Writes one event; false at the end.
    fn event(&mut self, event: Event<'_>) -> Result<bool, SanitizeError> {
        let inside = !self.names.is_empty();
        match event {
            Event::Start(start) => self.open(&start)?,
            Event::End(_) => self.close()?,
            Event::Text(text) if inside => self.text(&text.xml10_content())?,
            Event::CData(text) if inside => self.text(&text.xml10_content())?,
            Event::GeneralRef(reference) if inside => {
                let character = reference.resolve_char_ref().map_err(|_| malformed())?;
                let named = || match reference.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                };
                let character = character.or_else(named).ok_or_else(malformed)?;
                self.end_of_tag()?;
                self.character(character, character == '\r')?;
            }
            Event::Text(text) if text.trim_matches([' ', '\t', '\n', '\r', '\u{FEFF}']).is_empty() => {}
            Event::Comment(_) => self.output.note(Code::UnknownPartRemoved, 1),
            Event::PI(instruction) => match instruction.target() {
                "mso-application" => return Err(unsupported("a document of Office as XML")),
                "xml-stylesheet" => self.output.note(Code::ExternalReferenceRemoved, 1),
                _ => self.output.note(Code::UnknownPartRemoved, 1),
            },
            Event::Decl(declaration) if !inside && !self.has_root => {
                let version = declaration.version().map_err(|_| malformed())?;
                if version != "1.0" {
                    return Err(unsupported("XML of another version than 1.0"));
                }
            }
            Event::DocType(text) if !inside && !self.has_root => {
                if text.contains('[') {
                    return Err(unsupported("a document type with declarations"));
                }
                self.output.note(Code::ExternalReferenceRemoved, 1);
            }
            Event::Eof if !inside && self.has_root => return Ok(false),
            _ => return Err(malformed()),
        }
        Ok(true)
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), SanitizeError> {
        if self.names.is_empty() && std::mem::replace(&mut self.has_root, true) {
            return Err(malformed());
        }
        if self.names.len() >= MAX_DEPTH {
            return Err(SanitizeError::LimitReached { what: "XML depth" });
        }
        self.end_of_tag()?;
        let name = start.name().0;
        self.names.push(name.to_owned());
        let mut attributes: Vec<(String, String)> = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed())?;
            if attributes.len() >= MAX_ATTRIBUTES {
                return Err(SanitizeError::LimitReached { what: "XML attributes" });
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| malformed())?.into_owned();
            let key = attribute.key.0;
            if key == "xmlns" || key.starts_with("xmlns:") {
                self.bind(key.strip_prefix("xmlns:").unwrap_or_default(), key == "xmlns", &value)?;
            }
            attributes.push((key.to_owned(), value));
        }
        self.resolved(name)?;
        self.output.push('<')?;
        self.output.push_str(name)?;
        let mut expanded = BTreeSet::new();
        for (key, value) in &attributes {
            if self.is_written(key, &mut expanded)? {
                self.attribute(key, value)?;
            } else {
                self.output.note(Code::ExternalReferenceRemoved, 1);
            }
        }
        self.pending = true;
        Ok(())
    }

    /// False for attributes that say where something else lies. `expanded` holds the names that the element has so far.
    fn is_written(&self, key: &str, expanded: &mut BTreeSet<(String, String)>) -> Result<bool, SanitizeError> {
        if key == "xmlns" || key.starts_with("xmlns:") {
            return Ok(true);
        }
        let (space, local) = match key.split_once(':') {
            Some((_, local)) => (self.resolved(key)?, local),
            None if is_name(key) => ("", key),
            None => return Err(malformed()),
        };
        // XML Namespaces 6.3: two prefixes may stand for one namespace.
        if !expanded.insert((space.to_owned(), local.to_owned())) {
            return Err(malformed());
        }
        let points_elsewhere = (space == INSTANCE && matches!(local, "schemaLocation" | "noNamespaceSchemaLocation"))
            || (space == XML && local == "base");
        Ok(!points_elsewhere)
    }

    fn bind(&mut self, prefix: &str, is_default: bool, uri: &str) -> Result<(), SanitizeError> {
        let may_be_bound = is_default || (is_name(prefix) && prefix != "xmlns" && !uri.is_empty());
        // `xml` stands for its own namespace, which no other prefix may have (XML Namespaces 3).
        if !may_be_bound || ((prefix == "xml") != (uri == XML)) {
            return Err(malformed());
        }
        if !is_data(uri) {
            return Err(unsupported("XML of a vocabulary that is not listed as data"));
        }
        if self.bindings.len() >= MAX_BINDINGS {
            return Err(SanitizeError::LimitReached { what: "XML namespaces" });
        }
        self.bindings.push((prefix.to_owned(), uri.to_owned(), self.names.len()));
        Ok(())
    }

    /// The namespace of a name whose parts are names.
    fn resolved(&self, name: &str) -> Result<&str, SanitizeError> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        if !is_name(local) || (name.contains(':') && !is_name(prefix)) {
            return Err(malformed());
        }
        let bound = self.bindings.iter().rev().find(|(bound, _, _)| bound == prefix);
        bound.map(|(_, uri, _)| uri.as_str()).ok_or_else(malformed)
    }

    fn close(&mut self) -> Result<(), SanitizeError> {
        let name = self.names.pop().ok_or_else(malformed)?;
        if std::mem::take(&mut self.pending) {
            self.output.push_str("/>")?;
        } else {
            self.output.push_str("</")?;
            self.output.push_str(&name)?;
            self.output.push('>')?;
        }
        while self.bindings.last().is_some_and(|(_, _, at)| *at > self.names.len()) {
            self.bindings.pop();
        }
        Ok(())
    }

    fn end_of_tag(&mut self) -> Result<(), SanitizeError> {
        if std::mem::take(&mut self.pending) { self.output.push('>') } else { Ok(()) }
    }

    fn text(&mut self, text: &str) -> Result<(), SanitizeError> {
        if text.is_empty() {
            return Ok(());
        }
        self.end_of_tag()?;
        text.chars().try_for_each(|c| self.character(c, false))
    }

    fn attribute(&mut self, key: &str, value: &str) -> Result<(), SanitizeError> {
        self.output.push(' ')?;
        self.output.push_str(key)?;
        self.output.push_str("=\"")?;
        for c in value.chars() {
            match c {
                '"' => self.output.push_str("&quot;")?,
                '\'' => self.output.push_str("&apos;")?,
                c => self.character(c, matches!(c, '\t' | '\n' | '\r'))?,
            }
        }
        self.output.push('"')
    }

    /// A character of text or of a value; `numbered` where it would not be read back as it is.
    fn character(&mut self, c: char, numbered: bool) -> Result<(), SanitizeError> {
        // XML 1.0, 2.2.
        if (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}') {
            return Err(malformed());
        }
        match c {
            '&' => self.output.push_str("&amp;"),
            '<' => self.output.push_str("&lt;"),
            '>' => self.output.push_str("&gt;"),
            '\t' | '\n' if !numbered => self.output.push(c),
            c if numbered || by_number(c) => self.output.push_str(&format!("&#x{:X};", u32::from(c))),
            c => self.output.push(c),
        }
    }
}

/// A name without colon, of letters and digits that a reader can see (XML 1.0, 2.3, without its odder corners).
fn is_name(text: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    let visible = |c: char| !by_number(c);
    text.starts_with(is_start)
        && text.chars().all(|c| (is_start(c) || c.is_numeric() || matches!(c, '-' | '.' | '·' | '・')) && visible(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws;

    fn read(input: &[u8]) -> Result<(String, Vec<(Code, u32)>), SanitizeError> {
        laws::hold(&Xml, input, None);
        let rebuilt = Xml.sanitize(input, Hints::default(), &mut Budget::generous())?;
        let text = String::from_utf8(rebuilt.bytes).unwrap();
        let text = text.strip_prefix(FIRST).unwrap().strip_suffix('\n').unwrap().to_owned();
        Ok((text, rebuilt.findings.iter().map(|found| (found.code, found.count)).collect()))
    }

    fn text(input: &str) -> String {
        read(input.as_bytes()).unwrap_or_else(|error| panic!("{error}: {input}")).0
    }

    #[test]
    fn elements_attributes_and_text_keep_their_values() {
        for (input, expected) in [
            ("<a>手水</a>", "<a>手水</a>"),
            ("<a></a>", "<a/>"),
            ("<a x=\"'\">'</a>", "<a x=\"&apos;\">'</a>"),
            ("<a x='1' 属性=\"2 &quot;\"><氏名/> b\r\n</a>", "<a x=\"1\" 属性=\"2 &quot;\"><氏名/> b\n</a>"),
            ("<a><![CDATA[<b>&]]>&#x41;&amp;&gt;</a>", "<a>&lt;b&gt;&amp;A&amp;&gt;</a>"),
            ("<a x='b\n&#10;&#x9;'>&#13;\u{202E}\u{E000}</a>", "<a x=\"b &#xA;&#x9;\">&#xD;&#x202E;&#xE000;</a>"),
            (
                "<g:a xmlns:g='http://www.opengis.net/gml/3.2' g:id='x'/>",
                "<g:a xmlns:g=\"http://www.opengis.net/gml/3.2\" g:id=\"x\"/>",
            ),
        ] {
            assert_eq!(text(input), expected);
        }
        let whole = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a/>\n";
        assert_eq!(read(whole.as_bytes()), Ok(("<a/>".to_owned(), Vec::new())));
    }

    #[test]
    fn what_points_elsewhere_or_speaks_to_programs_is_left_out_and_counted() {
        let input = "<?xml version='1.0'?><!DOCTYPE a SYSTEM 'http://x/a.dtd'><?xml-stylesheet href='x.xsl'?><!--c-->\
            <a xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='a b' xml:base='c' xml:lang='ja'>\
            <?php x?>1</a>";
        assert_eq!(
            read(input.as_bytes()).unwrap(),
            (
                "<a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xml:lang=\"ja\">1</a>".to_owned(),
                vec![(Code::ExternalReferenceRemoved, 4), (Code::UnknownPartRemoved, 2), (Code::TextRebuilt, 1)]
            )
        );
    }

    #[test]
    fn what_is_no_data_is_not_supported() {
        for input in [
            "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            "<a><b xmlns='http://www.w3.org/1999/xhtml'/></a>",
            "<a><b xmlns:x='http://www.w3.org/1999/XSL/Transform'/></a>",
            "<a xmlns='http&#58;//www.w3.org/1999/xhtml'/>",
            "<?mso-application progid='Word.Document'?><a/>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<?xml version='1.1'?><a/>",
        ] {
            assert!(matches!(read(input.as_bytes()), Err(SanitizeError::Unsupported { .. })), "{input}");
        }
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        for input in [
            "",
            "x",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "x<a/>",
            "<a x=1/>",
            "<a x='1' x='2'/>",
            "<a>&x;</a>",
            "<a>&#0;</a>",
            "<a>&#1;</a>",
            "<a>\u{1}</a>",
            "<b:a/>",
            "<a b:c='1'/>",
            "<a:/>",
            "<:a/>",
            "<1/>",
            "<a\u{200C}/>",
            "<a xmlns:b=''/>",
            "<a xmlns:xml='http://purl.org/dc/'/>",
            "<a:b:c xmlns:a='http://purl.org/dc/'/>",
            "<a xmlns:x='http://purl.org/dc/' xmlns:y='http://purl.org/dc/' x:b='1' y:b='2'/>",
            "<a/><?xml version='1.0'?>",
            "<a><!DOCTYPE a></a>",
            "<a b/>",
            "< a/>",
        ] {
            assert_eq!(read(input.as_bytes()), Err(malformed()), "{input}");
        }
        assert_eq!(read(b"<a>\xFF\xFF\xFF</a>"), Err(malformed()));
    }

    #[test]
    fn encodings_are_those_of_the_declaration_or_the_mark() {
        let sjis = b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x8E\xE8\x90\x85</a>";
        assert_eq!(read(sjis).unwrap(), ("<a>手水</a>".to_owned(), vec![(Code::TextRebuilt, 1)]));
        let wide = "\u{FEFF}<?xml version='1.0' encoding='UTF-16'?><a>手水</a>";
        let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&wide).unwrap().0, "<a>手水</a>");
    }

    #[test]
    fn nesting_attributes_and_output_have_their_limits() {
        let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(read(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(read(deep(MAX_DEPTH + 1).as_bytes()), Err(SanitizeError::LimitReached { what: "XML depth" }));
        let wide: String = (0..=MAX_ATTRIBUTES).map(|n| format!(" a{n}=''")).collect();
        assert!(read(format!("<a{wide}/>").as_bytes()).is_err());
        let mut poor = Budget { output_bytes: 60, ..Budget::generous() };
        assert!(Xml.sanitize(format!("<a>{}</a>", ">".repeat(20)).as_bytes(), Hints::default(), &mut poor).is_err());
    }
}
