//! The namespaces that are written, each with its one prefix; Strict names are read as Transitional.
//!
//! Refuses: every other namespace. Invariant: one prefix per namespace, one namespace per prefix.

/// A namespace by its place in [`SPACES`]; 0 is none.
pub(crate) type SpaceId = u8;

/// One namespace.
#[derive(Debug)]
pub(crate) struct Space {
    /// The prefix that is written and that tables use.
    pub(crate) prefix: &'static str,
    /// Its name (Transitional).
    pub(crate) uri: &'static str,
    /// Its name in ISO/IEC 29500 Strict.
    pub(crate) strict: &'static str,
    /// Older readers must be told to pass over it (`mc:Ignorable`).
    pub(crate) ignorable: bool,
}

const fn plain(prefix: &'static str, uri: &'static str) -> Space {
    Space { prefix, uri, strict: "", ignorable: false }
}

const fn both(prefix: &'static str, uri: &'static str, strict: &'static str) -> Space {
    Space { prefix, uri, strict, ignorable: false }
}

const fn extension(prefix: &'static str, uri: &'static str) -> Space {
    Space { prefix, uri, strict: "", ignorable: true }
}

/// `mc`, whose elements the filter resolves itself.
pub(crate) const MC: &str = "mc";

/// All of them. At most 64: the filter keeps a set of them in one word.
pub(crate) static SPACES: &[Space] = &[
    plain("", ""),
    plain("xml", "http://www.w3.org/XML/1998/namespace"),
    both(
        "w",
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    ),
    both(
        "x",
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
    both(
        "p",
        "http://schemas.openxmlformats.org/presentationml/2006/main",
        "http://purl.oclc.org/ooxml/presentationml/main",
    ),
    both("a", "http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main"),
    both(
        "r",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
    both(
        "wp",
        "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing",
    ),
    both(
        "xdr",
        "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
        "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing",
    ),
    both(
        "pic",
        "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "http://purl.oclc.org/ooxml/drawingml/picture",
    ),
    both("c", "http://schemas.openxmlformats.org/drawingml/2006/chart", "http://purl.oclc.org/ooxml/drawingml/chart"),
    both(
        "cdr",
        "http://schemas.openxmlformats.org/drawingml/2006/chartDrawing",
        "http://purl.oclc.org/ooxml/drawingml/chartDrawing",
    ),
    both(
        "dgm",
        "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        "http://purl.oclc.org/ooxml/drawingml/diagram",
    ),
    // Nothing is in it: frames of tables are called so.
    both("tbl", "http://schemas.openxmlformats.org/drawingml/2006/table", "http://purl.oclc.org/ooxml/drawingml/table"),
    both(
        "m",
        "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "http://purl.oclc.org/ooxml/officeDocument/math",
    ),
    both(
        "vt",
        "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
        "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
    ),
    plain("v", "urn:schemas-microsoft-com:vml"),
    plain("o", "urn:schemas-microsoft-com:office:office"),
    plain("w10", "urn:schemas-microsoft-com:office:word"),
    plain("xvml", "urn:schemas-microsoft-com:office:excel"),
    plain("pvml", "urn:schemas-microsoft-com:office:powerpoint"),
    plain("mc", "http://schemas.openxmlformats.org/markup-compatibility/2006"),
    plain("cp", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"),
    plain("dc", "http://purl.org/dc/elements/1.1/"),
    plain("dcterms", "http://purl.org/dc/terms/"),
    plain("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    plain("ct", "http://schemas.openxmlformats.org/package/2006/content-types"),
    plain("rel", "http://schemas.openxmlformats.org/package/2006/relationships"),
    plain("wps", "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"),
    plain("wpg", "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"),
    plain("wpc", "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas"),
    plain("wpi", "http://schemas.microsoft.com/office/word/2010/wordprocessingInk"),
    plain("dsp", "http://schemas.microsoft.com/office/drawing/2008/diagram"),
    plain("a14", "http://schemas.microsoft.com/office/drawing/2010/main"),
    plain("c14", "http://schemas.microsoft.com/office/drawing/2007/8/2/chart"),
    plain("c15", "http://schemas.microsoft.com/office/drawing/2012/chart"),
    plain("c16", "http://schemas.microsoft.com/office/drawing/2014/chart"),
    extension("wp14", "http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing"),
    extension("w14", "http://schemas.microsoft.com/office/word/2010/wordml"),
    extension("w15", "http://schemas.microsoft.com/office/word/2012/wordml"),
    extension("x14ac", "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"),
    plain("x14", "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"),
    plain("x15", "http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"),
    plain("xm", "http://schemas.microsoft.com/office/excel/2006/main"),
    plain("p14", "http://schemas.microsoft.com/office/powerpoint/2010/main"),
    plain("a16", "http://schemas.microsoft.com/office/drawing/2014/main"),
    plain("p188", "http://schemas.microsoft.com/office/powerpoint/2018/8/main"),
    plain("pc", "http://schemas.microsoft.com/office/powerpoint/2013/main/command"),
    plain("ac", "http://schemas.microsoft.com/office/drawing/2013/main/command"),
    plain("p15", "http://schemas.microsoft.com/office/powerpoint/2012/main"),
];

fn find(fits: impl Fn(&Space) -> bool) -> Option<SpaceId> {
    SPACES.iter().position(fits).and_then(|at| SpaceId::try_from(at).ok())
}

/// The namespace `uri` names, in either spelling.
pub(crate) fn by_uri(uri: &str) -> Option<SpaceId> {
    find(|space| space.uri == uri || (!space.strict.is_empty() && space.strict == uri))
}

/// The namespace that tables call `prefix`.
pub(crate) fn by_prefix(prefix: &str) -> Option<SpaceId> {
    find(|space| space.prefix == prefix)
}

/// The space with this number.
pub(crate) fn get(id: SpaceId) -> Option<&'static Space> {
    SPACES.get(usize::from(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_names_are_unique_and_few() {
        assert!(SPACES.len() <= 64);
        for (at, space) in SPACES.iter().enumerate() {
            assert_eq!(by_prefix(space.prefix).map(usize::from), Some(at));
            assert_eq!(by_uri(space.uri).map(usize::from), Some(at));
        }
    }
}
