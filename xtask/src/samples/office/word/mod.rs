//! Word processing documents: letters, forms, ruby, vertical writing, fields, marks of review, drawings.
//!
//! Refuses: more than one section of settings. Invariant: what is written as text is a fact.

mod drawn;
mod fields;
mod forms;
mod letters;
mod lists;
mod rest;
mod review;

use super::Draft;
use super::package::{OFFICE, escape};

/// Content types of the parts begin so.
const TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
const SPACE: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006";

/// All of them; the first two have most in them.
pub(super) fn drafts() -> Vec<Draft> {
    let mut drafts = letters::drafts();
    drafts.extend(forms::drafts());
    drafts.extend(fields::drafts());
    drafts.extend(lists::drafts());
    drafts.extend(review::drafts());
    drafts.extend(drawn::drafts());
    drafts.extend(rest::drafts());
    drafts
}

/// A document being written.
struct Page {
    draft: Draft,
    body: String,
    /// Content of the last `w:sectPr`.
    section: String,
    /// Content of `w:settings`.
    settings: String,
}

impl Page {
    fn new(name: &str) -> Self {
        let section = "<w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
            <w:pgMar w:top=\"1985\" w:right=\"1701\" w:bottom=\"1701\" \
                       w:left=\"1701\" w:header=\"851\" w:footer=\"992\" w:gutter=\"0\"/><w:cols w:space=\"425\"/>\
                       <w:docGrid w:type=\"lines\" w:linePitch=\"360\"/>";
        let settings = "<w:zoom w:percent=\"100\"/><w:bordersDoNotSurroundHeader/><w:defaultTabStop w:val=\"840\"/>\
                        <w:characterSpacingControl w:val=\"compressPunctuation\"/>\
                        <w:noLineBreaksAfter w:lang=\"ja-JP\" w:val=\"（［｛「『\"/>\
                        <w:noLineBreaksBefore w:lang=\"ja-JP\" w:val=\"、。）］｝」』\"/>\
                        <w:compat><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/>\
                        <w:ulTrailSpace/>\
                        <w:doNotExpandShiftReturn/><w:adjustLineHeightInTable/><w:useFELayout/></w:compat>\
                        <w:themeFontLang w:val=\"en-US\" w:eastAsia=\"ja-JP\"/>";
        Self {
            draft: Draft::new(name),
            body: String::new(),
            section: section.to_owned(),
            settings: settings.to_owned(),
        }
    }

    /// A paragraph of plain text.
    fn text(&mut self, text: &str) -> &mut Self {
        self.styled("", "", text)
    }

    /// A paragraph with these properties of its own and of its run.
    fn styled(&mut self, paragraph: &str, run: &str, text: &str) -> &mut Self {
        let content = run_of(run, text);
        self.raw(&format!("<w:p>{}{content}</w:p>", wrapped("w:pPr", paragraph)), text)
    }

    /// Mark-up whose text, as one paragraph, is `text` (empty: it has none, or other facts name it).
    fn raw(&mut self, xml: &str, text: &str) -> &mut Self {
        self.body.push_str(xml);
        if !text.is_empty() {
            self.draft.fact(["text", "body", text]);
        }
        self
    }

    fn fact<const N: usize>(&mut self, fields: [&str; N]) -> &mut Self {
        self.draft.fact(fields);
        self
    }

    /// Adds a part beside the document; the id of its relationship.
    fn part(&mut self, kind: &str, name: &str, xml: &str) -> String {
        self.draft.package.xml(&format!("word/{name}.xml"), &format!("{TYPE}.{kind}+xml"), xml);
        self.draft.package.relate("word/document.xml", kind, &format!("{name}.xml"))
    }

    /// A picture; the id of its relationship.
    fn picture(&mut self, name: &str, bytes: Vec<u8>) -> String {
        self.draft.package.binary(&format!("word/media/{name}.png"), "", bytes);
        self.draft.package.relate("word/document.xml", "image", &format!("media/{name}.png"))
    }

    fn done(mut self) -> Draft {
        let main = root(
            "w:document",
            &format!(
                "<w:body>{}<w:sectPr>{}</w:sectPr>\
            </w:body>",
                self.body, self.section
            ),
        );
        self.draft.package.xml("word/document.xml", &format!("{TYPE}.document.main+xml"), main);
        self.draft.package.relate("", "officeDocument", "word/document.xml");
        self.part("styles", "styles", &root("w:styles", STYLES));
        let settings = root("w:settings", &self.settings);
        self.part("settings", "settings", &settings);
        self.part("fontTable", "fontTable", &root("w:fonts", FONTS));
        for style in ["標準", "見出し 1", "表題", "脚注参照"] {
            self.draft.fact(["style", style]);
        }
        self.draft
    }
}

/// A root element with all prefixes.
fn root(name: &str, content: &str) -> String {
    let second = "http://schemas.microsoft.com/office/word/2010";
    format!(
        "<{name} xmlns:w=\"{SPACE}\" xmlns:r=\"{OFFICE}\" xmlns:a=\"{DRAWING}/main\" xmlns:pic=\"{DRAWING}/picture\" \
         xmlns:wp=\"{DRAWING}/wordprocessingDrawing\" xmlns:c=\"{DRAWING}/chart\" xmlns:wps=\"{second}/wordprocessingShape\" \
         xmlns:wpg=\"{second}/wordprocessingGroup\" xmlns:wp14=\"{second}/wordprocessingDrawing\" \
         xmlns:w14=\"http://schemas.microsoft.com/office/word/2010/wordml\" \
         xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" xmlns:v=\"urn:schemas-microsoft-com:vml\" \
         xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
         xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\" mc:Ignorable=\"w14 wp14\">{content}</{name}>"
    )
}

fn wrapped(name: &str, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("<{name}>{content}</{name}>") }
}

/// Runs of text: tabs and line ends are elements.
fn run_of(properties: &str, text: &str) -> String {
    let inner = escape(text)
        .replace('\t', "</w:t><w:tab/><w:t xml:space=\"preserve\">")
        .replace('\n', "</w:t><w:br/><w:t xml:space=\"preserve\">");
    format!("<w:r>{}<w:t xml:space=\"preserve\">{inner}</w:t></w:r>", wrapped("w:rPr", properties))
}

/// A paragraph of plain text that nobody counts.
fn paragraph(text: &str) -> String {
    format!("<w:p>{}</w:p>", run_of("", text))
}

const STYLES: &str = "<w:docDefaults><w:rPrDefault><w:rPr>\
    <w:rFonts w:ascii=\"Century\" w:eastAsia=\"ＭＳ 明朝\" w:hAnsi=\"Century\" w:cs=\"Times New Roman\"/>\
    <w:kern w:val=\"2\"/>\
    <w:sz w:val=\"21\"/><w:szCs w:val=\"22\"/><w:lang w:val=\"en-US\" w:eastAsia=\"ja-JP\" w:bidi=\"ar-SA\"/>\
    </w:rPr></w:rPrDefault>\
    <w:pPrDefault/></w:docDefaults>\
    <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"a\"><w:name w:val=\"標準\"/><w:qFormat/><w:pPr>\
    <w:widowControl w:val=\"0\"/>\
    <w:jc w:val=\"both\"/></w:pPr></w:style>\
    <w:style w:type=\"paragraph\" w:styleId=\"1\"><w:name w:val=\"見出し 1\"/><w:basedOn w:val=\"a\"/>\
    <w:next w:val=\"a\"/><w:qFormat/>\
    <w:pPr><w:keepNext/><w:outlineLvl w:val=\"0\"/></w:pPr><w:rPr><w:rFonts w:eastAsia=\"ＭＳ ゴシック\"/>\
    <w:sz w:val=\"24\"/></w:rPr></w:style>\
    <w:style w:type=\"paragraph\" w:styleId=\"a3\"><w:name w:val=\"表題\"/><w:basedOn w:val=\"a\"/><w:pPr>\
    <w:jc w:val=\"center\"/></w:pPr>\
    <w:rPr><w:b/><w:spacing w:val=\"40\"/><w:sz w:val=\"32\"/></w:rPr></w:style>\
    <w:style w:type=\"character\" w:styleId=\"a4\"><w:name w:val=\"脚注参照\"/><w:rPr>\
    <w:vertAlign w:val=\"superscript\"/></w:rPr></w:style>";

const FONTS: &str = "<w:font w:name=\"ＭＳ 明朝\"><w:altName w:val=\"MS Mincho\"/>\
    <w:panose1 w:val=\"02020609040205080304\"/>\
    <w:charset w:val=\"80\"/><w:family w:val=\"roman\"/><w:pitch w:val=\"fixed\"/>\
    <w:sig w:usb0=\"E00002FF\" w:usb1=\"6AC7FDFB\" w:usb2=\"08000012\" w:usb3=\"00000000\" w:csb0=\"0002009F\" w:csb1=\"00000000\"/>\
    </w:font>\
    <w:font w:name=\"ＭＳ ゴシック\"><w:altName w:val=\"MS Gothic\"/><w:charset w:val=\"80\"/><w:family w:val=\"modern\"/>\
    <w:pitch w:val=\"fixed\"/></w:font>";
