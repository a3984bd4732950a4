//! The second look at data: nothing in it that a program would act upon, whatever the worker says.
//!
//! Reads marks and words, not values. Refuses nothing by itself. Invariant: one pass, no memory but a depth.

/// What every XML file begins with; it has no other `<?`.
const FIRST: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Pieces of the names of vocabularies that browsers and Office act upon.
const ACTIVE: [&str; 12] = [
    "/1999/xhtml",
    "/2000/svg",
    "/1999/xsl",
    "mathml",
    "xinclude",
    "xslt",
    "schemas-microsoft-com",
    "schemas.microsoft.com",
    "openxmlformats.org",
    "/ooxml/",
    "opendocument",
    "&",
];

/// True for marks, numbers and words of JSON outside of strings that end, brackets that close, and no more.
pub(super) fn is_json(text: &str) -> bool {
    let mut quoted = false;
    let mut escaped = false;
    let mut depth = 0usize;
    for c in text.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => quoted = true,
            '{' | '[' => depth = depth.saturating_add(1),
            '}' | ']' if depth == 0 => return false,
            '}' | ']' => depth = depth.saturating_sub(1),
            ':' | ',' | ' ' | '\t' | '\n' | '+' | '-' | '.' | '0'..='9' | 'E' => {}
            c if "truefalsn".contains(c) => {}
            _ => return false,
        }
    }
    !quoted && depth == 0
}

/// True for XML with one declaration, no other instruction, no `<!`, and no namespace that a program acts upon. Every `<`
/// and `>` in it is a mark: the worker writes others as references.
pub(super) fn is_inert_xml(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(FIRST) else { return false };
    let mut tags = rest.split('<');
    let before = tags.next().unwrap_or_default();
    before.is_empty()
        && tags.all(|tag| tag.split_once('>').is_some_and(|(tag, text)| !text.contains('>') && is_inert(tag)))
}

/// True for a tag that begins with a name and declares nothing active.
fn is_inert(tag: &str) -> bool {
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let named = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    // One blank before an attribute and double quotes around its value is all that the worker writes.
    named && !tag.contains(['\'', '\t', '\n']) && !tag.match_indices("xmlns").any(|(at, _)| declares_active(tag, at))
}

/// True if `xmlns` at this place of a tag declares a namespace that a program acts upon.
fn declares_active(tag: &str, at: usize) -> bool {
    let (before, after) = tag.split_at_checked(at).unwrap_or_default();
    let mut quoted = after.split('"');
    let kind = quoted.next().unwrap_or_default().strip_prefix("xmlns").unwrap_or_default().trim_start();
    let uri = quoted.next().unwrap_or_default().to_ascii_lowercase();
    before.ends_with([' ', '"']) && kind.starts_with(['=', ':']) && ACTIVE.iter().any(|active| uri.contains(active))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_marks_numbers_words_and_strings() {
        for (text, expected) in [
            ("{\"a\": [1.5e-3, true, null, \"<script>alert(1)</script>\\\"\"]}\n", true),
            ("\"\\\\\"", true),
            ("", true),
            ("{", false),
            ("]", false),
            ("\"a", false),
            ("\"\\\"", false),
            ("alert(1)", false),
            ("<html>", false),
            ("// x\n1", false),
        ] {
            assert_eq!(is_json(text), expected, "{text}");
        }
    }

    #[test]
    fn xml_that_a_program_acts_upon_is_not_inert() {
        for (body, expected) in [
            ("<a/>\n", true),
            ("<a xmlns=\"http://xml.kishou.go.jp/jmaxml1/\" b=\"&lt;\">http://www.w3.org/2000/svg</a>\n", true),
            ("<名 x=\"1\"></名>", true),
            ("<xmlns xmlnsa=\"/2000/svg\" b=\"xmlns\" c=\"/2000/svg\" p:xmlns=\"/2000/svg\"/>", true),
            ("<a xmlns='/2000/svg'/>", false),
            ("<a\nxmlns=\"/2000/svg\"/>", false),
            ("x<a/>", false),
            ("<a/><?x y?>", false),
            ("<!DOCTYPE a><a/>", false),
            ("<a><![CDATA[x]]></a>", false),
            ("<a>></a>", false),
            ("<a", false),
            ("<a xmlns=\"http://www.w3.org/1999/xhtml\"/>", false),
            ("<a b=\"1\" xmlns:x=\"http://www.w3.org/1999/XSL/Transform\"/>", false),
            ("<a xmlns:o = \"urn:schemas-microsoft-com:office:spreadsheet\"/>", false),
            ("<a xmlns=\"http&#58;//www.w3.org/\"/>", false),
        ] {
            assert_eq!(is_inert_xml(&format!("{FIRST}{body}")), expected, "{body}");
        }
        assert!(!is_inert_xml("<a/>") && !is_inert_xml(" <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a/>"));
    }
}
