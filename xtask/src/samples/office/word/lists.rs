//! Numbered lists in the ways of offices (一、（１）、ア、イロハ、①), and notes.

use super::super::Draft;
use super::{Page, paragraph, root, run_of};

pub(super) fn drafts() -> Vec<Draft> {
    vec![numbering(), notes()]
}

const LEVELS: [(&str, &str); 9] = [
    ("decimalFullWidth", "第%1"),
    ("japaneseCounting", "%2、"),
    ("decimalFullWidth", "（%3）"),
    ("aiueoFullWidth", "%4"),
    ("aiueo", "（%5）"),
    ("iroha", "%6"),
    ("irohaFullWidth", "%7．"),
    ("decimalEnclosedCircle", "%8"),
    ("ideographDigital", "〔%9〕"),
];

fn numbering() -> Draft {
    let mut page = Page::new("numbering");
    let levels: String = LEVELS
        .iter()
        .enumerate()
        .map(|(at, (format, text))| {
            format!(
                "<w:lvl w:ilvl=\"{at}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{format}\"/>\
                <w:suff w:val=\"space\"/><w:lvlText w:val=\"{text}\"/><w:lvlJc w:val=\"left\"/><w:pPr>\
                <w:ind w:left=\"{}\" w:hanging=\"420\"/></w:pPr></w:lvl>",
                (at + 1) * 420
            )
        })
        .collect();
    let bullets = "<w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"bullet\"/><w:lvlText w:val=\"※\"/>\
        <w:lvlJc w:val=\"left\"/><w:rPr><w:rFonts w:ascii=\"ＭＳ 明朝\" w:eastAsia=\"ＭＳ 明朝\" w:hint=\"eastAsia\"/>\
        </w:rPr></w:lvl>";
    let xml = format!(
        "<w:abstractNum w:abstractNumId=\"0\"><w:multiLevelType w:val=\"multilevel\"/>{levels}</w:abstractNum>\
            <w:abstractNum w:abstractNumId=\"1\">\
            <w:multiLevelType w:val=\"hybridMultilevel\"/>{bullets}</w:abstractNum>\
         <w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num><w:num w:numId=\"2\">\
         <w:abstractNumId w:val=\"1\"/></w:num><w:num w:numId=\"3\"><w:abstractNumId w:val=\"0\"/>\
         <w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"5\"/></w:lvlOverride></w:num>"
    );
    page.part("numbering", "numbering", &root("w:numbering", &xml));
    for (at, (format, text)) in LEVELS.iter().enumerate() {
        let content = format!("{at}段目の項目（{format}）");
        page.styled(&format!("<w:numPr><w:ilvl w:val=\"{at}\"/><w:numId w:val=\"1\"/></w:numPr>"), "", &content);
        page.fact(["numbered", &content, format, text]);
    }
    page.styled("<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"2\"/></w:numPr>", "", "米印の項目");
    page.styled("<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"3\"/></w:numPr>", "", "五から始まる項目");
    page.fact(["numbered", "米印の項目", "bullet", "※"]).fact([
        "numbered",
        "五から始まる項目",
        "decimalFullWidth",
        "第%1",
    ]);
    page.done()
}

fn notes() -> Draft {
    let mut page = Page::new("notes");
    for (kind, element) in [("footnotes", "footnote"), ("endnotes", "endnote")] {
        let mut xml = format!(
            "<w:{element} w:type=\"separator\" w:id=\"-1\"><w:p><w:r><w:separator/></w:r></w:p></w:{element}>\
                <w:{element} w:type=\"continuationSeparator\" w:id=\"0\"><w:p><w:r><w:continuationSeparator/></w:r>\
                </w:p></w:{element}>"
        );
        for (number, text) in
            [(1, "髙﨑（令和７年）による①"), (2, "㈱山田建設　葛\u{E0100}飾支店"), (3, "\u{E000}は外字")]
        {
            let reference = format!(
                "<w:r><w:rPr><w:rStyle w:val=\"a4\"/></w:rPr><w:{element}Reference w:id=\"{number}\"/>\
                    </w:r>"
            );
            page.raw(
                &format!("<w:p>{}{reference}</w:p>", run_of("", &format!("{element}の本文{number}"))),
                &format!("{element}の本文{number}"),
            );
            xml.push_str(&format!(
                "<w:{element} w:id=\"{number}\"><w:p><w:r><w:rPr><w:rStyle w:val=\"a4\"/></w:rPr>\
                <w:{element}Ref/></w:r>{}</w:p>{}</w:{element}>",
                run_of("", text),
                paragraph("二段落目")
            ));
            page.fact(["text", kind, text]).fact(["note", kind, &number.to_string(), &format!("{text}/二段落目")]);
        }
        page.part(kind, kind, &root(&format!("w:{kind}"), &xml));
    }
    page.settings = page.settings.replace(
        "<w:compat>",
        "<w:footnotePr><w:footnote w:id=\"-1\"/>\
        <w:footnote w:id=\"0\"/></w:footnotePr><w:endnotePr><w:endnote w:id=\"-1\"/><w:endnote w:id=\"0\"/>\
        </w:endnotePr><w:compat>",
    );
    page.done()
}
