//! Marks of review: what was inserted, deleted, moved, formatted; comments.

use super::super::Draft;
use super::super::line;
use super::{Page, paragraph, root, run_of};

pub(super) fn drafts() -> Vec<Draft> {
    vec![changes(), comments(), vectors()]
}

const BY: &str = "w:author=\"髙﨑 係長\" w:date=\"2026-11-23T10:00:00Z\"";

fn changes() -> Draft {
    let mut page = Page::new("changes");
    let deleted = |text: &str| format!("<w:r><w:delText xml:space=\"preserve\">{text}</w:delText></w:r>");
    page.raw(
        &format!(
            "<w:p>{}<w:ins w:id=\"1\" {BY}>{}</w:ins><w:del w:id=\"2\" {BY}>{}</w:del>{}</w:p>",
            run_of("", "期限は"),
            run_of("", "令和８年①月"),
            deleted("平成３０年"),
            run_of("", "とする。")
        ),
        "期限は令和８年①月とする。",
    );
    page.fact(["changed", "ins", "髙﨑 係長", "令和８年①月"]).fact(["changed", "del", "髙﨑 係長", "平成３０年"]);
    page.raw(
        &format!(
            "<w:p><w:moveFromRangeStart w:id=\"3\" {BY} w:name=\"move1\"/>\
        <w:moveFrom w:id=\"4\" {BY}>{}</w:moveFrom><w:moveFromRangeEnd w:id=\"3\"/></w:p>",
            run_of("", "移す文")
        ),
        "",
    );
    page.raw(
        &format!(
            "<w:p><w:moveToRangeStart w:id=\"5\" {BY} w:name=\"move1\"/>\
        <w:moveTo w:id=\"6\" {BY}>{}</w:moveTo><w:moveToRangeEnd w:id=\"5\"/></w:p>",
            run_of("", "移す文")
        ),
        "移す文",
    );
    page.fact(["changed", "moveFrom", "髙﨑 係長", "移す文"]).fact(["changed", "moveTo", "髙﨑 係長", "移す文"]);
    page.raw(
        &format!(
            "<w:p><w:pPr><w:jc w:val=\"center\"/><w:rPr><w:ins w:id=\"7\" {BY}/></w:rPr>\
        <w:pPrChange w:id=\"8\" {BY}><w:pPr><w:jc w:val=\"left\"/></w:pPr></w:pPrChange></w:pPr><w:r><w:rPr><w:b/>\
        <w:rPrChange w:id=\"9\" {BY}><w:rPr/></w:rPrChange></w:rPr><w:t>書式の変更</w:t></w:r></w:p>"
        ),
        "書式の変更",
    );
    page.raw(
        &format!(
            "<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tblGrid>\
        <w:gridCol w:w=\"900\"/></w:tblGrid><w:tr><w:trPr><w:ins w:id=\"10\" {BY}/></w:trPr><w:tc><w:tcPr>\
        <w:tcW w:w=\"900\" w:type=\"dxa\"/></w:tcPr>{}</w:tc></w:tr>\
        </w:tbl>{}",
            paragraph("追加の行"),
            paragraph("後")
        ),
        "追加の行",
    );
    page.settings = page.settings.replace("<w:defaultTabStop", "<w:trackRevisions/><w:defaultTabStop");
    page.done()
}

fn comments() -> Draft {
    let mut page = Page::new("comments");
    let mut xml = String::new();
    for (number, text, about) in
        [(0, "①の根拠条文は？", "第３条"), (1, "辻\u{E0100}さんに確認済み㈱", "別紙"), (2, "改行\nあり", "附則")]
    {
        page.raw(
            &format!(
                "<w:p>{}<w:commentRangeStart w:id=\"{number}\"/>{}<w:commentRangeEnd w:id=\"{number}\"/>\
            <w:r><w:commentReference w:id=\"{number}\"/></w:r>\
            </w:p>",
                run_of("", "本文の"),
                run_of("", about)
            ),
            &format!("本文の{about}"),
        );
        xml.push_str(&format!(
            "<w:comment w:id=\"{number}\" w:author=\"神﨑 課長\" w:date=\"2026-11-23T09:00:00Z\" w:initials=\"神\">\
            <w:p><w:r><w:annotationRef/></w:r>{}</w:p></w:comment>",
            run_of("", text)
        ));
        page.fact(["comment", "神﨑 課長", text, about]);
    }
    page.part("comments", "comments", &root("w:comments", &xml));
    page.done()
}

/// A letter that fetches and asks: a template elsewhere, a field that speaks to programs, a link, a foreign part.
fn vectors() -> Draft {
    let mut page = Page::new("vectors");
    page.text("髙﨑様　①前の段落");
    let instruction = "DDEAUTO excel \"C:\\\\a.xlsx\" R1C1";
    page.raw(
        &format!(
            "<w:p>{}<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r>\
        <w:instrText xml:space=\"preserve\"> {} </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/>\
        </w:r>{}<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>\
        </w:p>",
            run_of("", "残高"),
            super::escape(instruction),
            run_of("", "1,234円")
        ),
        "残高1,234円",
    );
    page.draft.expected.goes.push(line(["field", instruction, "1,234円"]));
    let link = page.draft.package.lead("word/document.xml", "hyperlink", "https://evil.example/");
    page.raw(
        &format!("<w:p><w:hyperlink r:id=\"{link}\">{}</w:hyperlink></w:p>", run_of("", "こちらを押す")),
        "こちらを押す",
    );
    let foreign = page.draft.package.relate("word/document.xml", "aFChunk", "chunk.html");
    page.draft.package.binary("word/chunk.html", "text/html", b"<html><script>alert(1)</script></html>".to_vec());
    page.raw(&format!("<w:altChunk r:id=\"{foreign}\"/>"), "");
    page.draft.package.lead("word/settings.xml", "attachedTemplate", "https://evil.example/a.dotm");
    page.settings = page.settings.replace(
        "<w:defaultTabStop",
        "<w:attachedTemplate r:id=\"rId1\"/>\
        <w:defaultTabStop",
    );
    page.text("後の段落　葛\u{E0100}飾");
    page.done()
}
