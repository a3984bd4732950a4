//! Drawings in documents: seals, text boxes upright and vertical, groups, charts, pictures of old.

use super::super::Draft;
use super::super::chart::{self, Kind};
use super::super::container::seal;
use super::{Page, paragraph};

pub(super) fn drafts() -> Vec<Draft> {
    vec![
        boxes(),
        seals(),
        charts("chart-bar", Kind::Bar),
        charts("chart-line", Kind::Line),
        charts("chart-pie", Kind::Pie),
        old_picture(),
    ]
}

fn graphic(id: &str, name: &str, size: u32) -> String {
    format!(
        "<a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic>\
            <pic:nvPicPr><pic:cNvPr id=\"1\" name=\"{name}\"/><pic:cNvPicPr/></pic:nvPicPr>\
         <pic:blipFill><a:blip r:embed=\"{id}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr>\
         <a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{size}\" cy=\"{size}\"/></a:xfrm>\
         <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>"
    )
}

/// A picture that stands over the text.
pub(super) fn anchored(id: &str, name: &str, size: u32) -> String {
    format!(
        "<w:r><w:drawing>\
            <wp:anchor distT=\"0\" distB=\"0\" distL=\"114300\" distR=\"114300\" simplePos=\"0\" relativeHeight=\"251659264\" behindDoc=\"1\" locked=\"0\" layoutInCell=\"1\" allowOverlap=\"1\">\
         <wp:simplePos x=\"0\" y=\"0\"/><wp:positionH relativeFrom=\"column\"><wp:posOffset>4680000</wp:posOffset>\
         </wp:positionH><wp:positionV relativeFrom=\"paragraph\"><wp:posOffset>-270000</wp:posOffset></wp:positionV>\
         <wp:extent cx=\"{size}\" cy=\"{size}\"/><wp:wrapNone/><wp:docPr id=\"1\" name=\"図 1\" descr=\"{name}\"/>\
         <wp:cNvGraphicFramePr/>{}</wp:anchor></w:drawing></w:r>",
        graphic(id, name, size)
    )
}

fn seals() -> Draft {
    let mut page = Page::new("seals");
    page.text("印影　公印・私印・割印");
    for (at, (name, side)) in [("公印", 120), ("私印㊞", 64), ("割印", 33)].iter().enumerate() {
        let id = page.picture(&format!("seal{at}"), seal(*side));
        let size = side * 9525;
        if at == 0 {
            page.raw(&format!("<w:p>{}</w:p>", anchored(&id, name, size)), "");
        } else {
            page.raw(
                &format!(
                    "<w:p><w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\">\
                <wp:extent cx=\"{size}\" cy=\"{size}\"/>\
                <wp:docPr id=\"{}\" name=\"図\" descr=\"{name}\"/>{}</wp:inline></w:drawing></w:r>\
                </w:p>",
                    at + 1,
                    graphic(&id, name, size)
                ),
                "",
            );
        }
        page.fact(["picture", &format!("{side}x{side}"), &format!("{size}x{size}"), name]);
    }
    page.done()
}

/// A text box as Word writes it: new, and old for old readers.
fn text_box(number: u32, vertical: &str, content: &str) -> String {
    format!(
        "<w:r><mc:AlternateContent><mc:Choice Requires=\"wps\"><w:drawing>\
            <wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"1800000\" cy=\"1200000\"/>\
            <wp:docPr id=\"{number}\" name=\"テキスト ボックス {number}\"/>\
         <a:graphic><a:graphicData uri=\"http://schemas.microsoft.com/office/word/2010/wordprocessingShape\">\
         <wps:wsp><wps:cNvSpPr txBox=\"1\"/><wps:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/>\
         <a:ext cx=\"1800000\" cy=\"1200000\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>\
         <a:solidFill><a:srgbClr val=\"FFFFFF\"/></a:solidFill><a:ln w=\"6350\"><a:solidFill>\
         <a:prstClr val=\"black\"/></a:solidFill></a:ln></wps:spPr><wps:txbx>\
         <w:txbxContent>{content}</w:txbxContent></wps:txbx>\
         <wps:bodyPr rot=\"0\" vert=\"{vertical}\" wrap=\"square\"/></wps:wsp></a:graphicData></a:graphic>\
         </wp:inline></w:drawing></mc:Choice>\
         <mc:Fallback><w:pict><v:shape style=\"width:141pt;height:94pt\">\
         <v:textbox style=\"layout-flow:vertical-ideographic\"><w:txbxContent>{content}</w:txbxContent></v:textbox>\
         </v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
}

fn boxes() -> Draft {
    let mut page = Page::new("boxes");
    page.text("枠の前");
    for (number, vertical, text) in [
        (1, "horz", "横書きの枠　髙﨑①"),
        (2, "eaVert", "縦書きの枠　葛\u{E0100}飾"),
        (3, "vert270", "左に倒した枠"),
        (4, "mongolianVert", "左から右へ縦"),
    ] {
        page.raw(&format!("<w:p>{}</w:p>", text_box(number, vertical, &(paragraph(text) + &paragraph("二行目")))), "");
        page.fact(["text", "box", text]).fact(["text", "box", "二行目"]).fact(["direction", "box", vertical]);
    }
    let group = format!(
        "<w:p><w:r><mc:AlternateContent><mc:Choice Requires=\"wpg\"><w:drawing>\
            <wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"2000000\" cy=\"1000000\"/>\
            <wp:docPr id=\"9\" name=\"グループ\"/><a:graphic>\
            <a:graphicData uri=\"http://schemas.microsoft.com/office/word/2010/wordprocessingGroup\"><wpg:wgp>\
            <wpg:cNvGrpSpPr/><wpg:grpSpPr/>{}{}</wpg:wgp></a:graphicData></a:graphic></wp:inline></w:drawing>\
            </mc:Choice></mc:AlternateContent></w:r></w:p>",
        member("申請"),
        member("決定")
    );
    page.raw(&group, "");
    page.fact(["text", "box", "申請"]).fact(["text", "box", "決定"]);
    page.text("枠の後");
    page.done()
}

fn member(text: &str) -> String {
    format!(
        "<wps:wsp><wps:cNvPr id=\"10\" name=\"{text}\"/><wps:cNvSpPr/><wps:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/>\
            <a:ext cx=\"900000\" cy=\"900000\"/></a:xfrm><a:prstGeom prst=\"roundRect\"><a:avLst/></a:prstGeom>\
            </wps:spPr><wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp>",
        paragraph(text)
    )
}

fn charts(name: &str, kind: Kind) -> Draft {
    let mut page = Page::new(name);
    page.text("図１　受付件数の推移");
    page.draft.package.xml("word/charts/chart1.xml", chart::TYPE, chart::part(kind));
    let id = page.draft.package.relate("word/document.xml", "chart", "charts/chart1.xml");
    page.raw(
        &format!(
            "<w:p><w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\">\
        <wp:extent cx=\"5400000\" cy=\"3150000\"/><wp:docPr id=\"1\" name=\"グラフ 1\"/><a:graphic>\
        <a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart r:id=\"{id}\"/>\
        </a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
        ),
        "",
    );
    page.draft.expected.stays.extend(chart::facts());
    page.done()
}

fn old_picture() -> Draft {
    let mut page = Page::new("old-picture");
    let id = page.picture("old", seal(40));
    page.raw(
        &format!(
            "<w:p><w:r><w:pict><v:shape id=\"_x0000_i1025\" alt=\"旧図\" style=\"width:40pt;height:40pt\">\
        <v:imagedata r:id=\"{id}\" o:title=\"印\"/></v:shape></w:pict></w:r></w:p>"
        ),
        "",
    );
    page.raw(
        &format!(
            "<w:p><w:r><w:pict><v:rect style=\"width:100pt;height:50pt\">\
        <v:textbox style=\"layout-flow:vertical-ideographic\"><w:txbxContent>{}</w:txbxContent></v:textbox></v:rect>\
        </w:pict></w:r></w:p>",
            paragraph("旧い縦書きの枠")
        ),
        "",
    );
    page.fact(["picture", "40x40", "", "旧図"]).fact(["text", "box", "旧い縦書きの枠"]);
    page.fact(["direction", "old box", "vertical-ideographic"]);
    page.done()
}
