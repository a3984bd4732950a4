//! Which XML is data: the namespaces that a document may declare.
//!
//! Refuses: every namespace that is not listed. No program gives a listed one, or none at all, a behaviour of its own;
//! pages, drawings, style sheets and documents (XHTML, SVG, XSLT, XAML, Office) have namespaces that are not. Invariant:
//! the list is code, so that a review of it is a review of what arrives as XML.

/// Instances of schemas: their hints where a schema lies are not written.
pub(crate) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// What `xml` stands for without a declaration.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

const LISTED: &[&str] = &[
    INSTANCE,
    XML,
    "http://www.w3.org/2001/XMLSchema",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/2005/Atom",
    "http://purl.org/rss/1.0/",
];

/// Families of namespaces, by how they begin: geographic data, metadata, business documents, payments, reports.
const FAMILIES: &[&str] = &[
    "http://purl.org/dc/",
    "http://www.opengis.net/gml",
    "http://www.opengis.net/citygml",
    "http://www.isotc211.org/",
    "https://www.geospatial.jp/iur/",
    "http://uri.etsi.org/01903/",
    "http://www.xbrl.org/",
    "http://xbrl.org/",
    "urn:oasis:names:specification:ubl:schema:xsd:",
    "urn:iso:std:iso:20022:tech:xsd:",
];

/// Ends of the hosts of vocabularies that Japanese authorities define (法令、防災情報、申告、公告): nobody else may register
/// such a name.
const AUTHORITIES: &[&str] = &[".go.jp", ".lg.jp"];

/// Pieces of the names of vocabularies that programs act upon: in no namespace, whoever's host it names. The gateway looks
/// for them, too.
const ACTIVE: &[&str] = &[
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
];

/// True if XML in the namespace `uri` is data; the empty one is none.
pub(crate) fn is_data(uri: &str) -> bool {
    let folded = uri.to_ascii_lowercase();
    if !uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#=+%".contains(&b))
        || ACTIVE.iter().any(|active| folded.contains(active))
    {
        return false;
    }
    uri.is_empty()
        || LISTED.contains(&uri)
        || FAMILIES.iter().any(|family| uri.starts_with(family))
        || host(uri).is_some_and(|host| AUTHORITIES.iter().any(|end| host.ends_with(end)))
}

fn host(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"))?;
    let host = rest.split(['/', '#', '?', ':']).next()?;
    host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vocabularies_that_a_program_acts_upon_are_not_listed() {
        for uri in [
            "http://www.w3.org/1999/xhtml",
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/XSL/Transform",
            "http://www.w3.org/2001/XInclude",
            "http://www.w3.org/1998/Math/MathML",
            "http://schemas.microsoft.com/winfx/2006/xaml/presentation",
            "http://schemas.microsoft.com/office/2006/xmlPackage",
            "http://schemas.microsoft.com/office/word/2003/wordml",
            "urn:schemas-microsoft-com:office:spreadsheet",
            "urn:schemas-microsoft-com:asm.v1",
            "urn:schemas-microsoft-com:xslt",
            "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://www.opengis.net/kml/2.2",
            "http://evil.example/x.go.jp",
            "http://x.go.jp@evil.example/",
            "http://xgo.jp/",
            "x.go.jp",
            "http://x.go.jp/2000/svg",
            "http://x.go.jp/XSLT/1",
            "http://x.go.jp/a&b",
            "http://x.go.jp/a b",
        ] {
            assert!(!is_data(uri), "{uri}");
        }
        for uri in [
            "",
            "http://xml.kishou.go.jp/jmaxml1/",
            "http://xml.e-tax.nta.go.jp/XSD/general",
            "http://www.opengis.net/gml/3.2",
            "http://purl.org/dc/elements/1.1/",
        ] {
            assert!(is_data(uri), "{uri}");
        }
    }
}
