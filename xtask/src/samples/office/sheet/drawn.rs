//! Drawings on sheets: seals, shapes with text upright and vertical, charts, comments.

use super::super::Draft;
use super::super::chart::{self, Kind};
use super::super::container::seal;
use super::super::package::OFFICE;
use super::super::words::MONTHS;
use super::{Book, SPACE, TYPE};

pub(super) fn drafts() -> Vec<Draft> {
    vec![pictures(), charts("chart-bar", Kind::Bar), charts("chart-radar", Kind::Radar), comments()]
}

const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006";

fn drawing(content: &str) -> String {
    format!(
        "<xdr:wsDr xmlns:xdr=\"{DRAWING}/spreadsheetDrawing\" xmlns:a=\"{DRAWING}/main\" xmlns:r=\"{OFFICE}\" xmlns:c=\"{DRAWING}/chart\">{content}</xdr:wsDr>"
    )
}

fn anchored(row: u32, content: &str) -> String {
    format!(
        "<xdr:twoCellAnchor editAs=\"oneCell\"><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff>\
            <xdr:row>{row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>4</xdr:col>\
            <xdr:colOff>0</xdr:colOff><xdr:row>{}</xdr:row><xdr:rowOff>9525</xdr:rowOff>\
            </xdr:to>{content}<xdr:clientData/></xdr:twoCellAnchor>",
        row + 6
    )
}

fn pictures() -> Draft {
    let mut book = Book::new("pictures");
    book.sheet("印影").row(1, "").text("A1", "押印欄");
    let mut content = String::new();
    for (row, (name, side)) in (1u32..).zip([("課長印", 60u32), ("係長印①", 45)]) {
        book.draft.package.binary(&format!("xl/media/image{row}.png"), "", seal(side));
        let id = book.draft.package.relate("xl/drawings/drawing1.xml", "image", &format!("../media/image{row}.png"));
        let size = side * 9525;
        content.push_str(&anchored(
            row * 8,
            &format!(
                "<xdr:pic><xdr:nvPicPr>\
            <xdr:cNvPr id=\"{row}\" name=\"図 {row}\" descr=\"{name}\"/><xdr:cNvPicPr>\
            <a:picLocks noChangeAspect=\"1\"/></xdr:cNvPicPr></xdr:nvPicPr><xdr:blipFill><a:blip r:embed=\"{id}\"/>\
            <a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/>\
            <a:ext cx=\"{size}\" cy=\"{size}\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>\
            </xdr:spPr></xdr:pic>"
            ),
        ));
        book.draft.fact(["picture", &format!("{side}x{side}"), &format!("{size}x{size}"), name]);
    }
    for (row, (direction, text)) in
        (20u32..).zip([("horz", "記入例①"), ("eaVert", "縦書きの注意　葛\u{E0100}飾"), ("wordArtVertRtl", "縦の飾り")])
    {
        content.push_str(&anchored(
            row,
            &format!(
                "<xdr:sp textlink=\"\"><xdr:nvSpPr>\
            <xdr:cNvPr id=\"{row}\" name=\"図形\"/><xdr:cNvSpPr txBox=\"1\"/></xdr:nvSpPr><xdr:spPr>\
            <a:prstGeom prst=\"wedgeRectCallout\"><a:avLst/></a:prstGeom><a:ln><a:solidFill>\
            <a:srgbClr val=\"FF0000\"/></a:solidFill></a:ln></xdr:spPr><xdr:txBody>\
            <a:bodyPr vert=\"{direction}\" wrap=\"square\"/><a:lstStyle/><a:p><a:r>\
            <a:rPr kumimoji=\"1\" lang=\"ja-JP\" altLang=\"en-US\" sz=\"1100\"><a:latin typeface=\"ＭＳ Ｐゴシック\"/>\
            <a:ea typeface=\"ＭＳ Ｐゴシック\"/></a:rPr><a:t>{text}</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
            ),
        ));
        book.draft.fact(["text", "drawing", text]);
        book.draft.fact(["direction", "box", direction]);
    }
    // A shape that shows a cell.
    content.push_str(&anchored(
        40,
        "<xdr:sp textlink=\"印影!$A$1\"><xdr:nvSpPr><xdr:cNvPr id=\"40\" name=\"図形\"/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr/>\
         <xdr:txBody><a:bodyPr/><a:lstStyle/><a:p><a:fld id=\"{8D9D4B5F-3E5C-4C5B-9E0B-1B1D1E3F2A10}\" type=\"TxLink\">\
         <a:rPr lang=\"ja-JP\"/><a:t>押印欄</a:t></a:fld></a:p></xdr:txBody></xdr:sp>",
    ));
    book.draft.fact(["text", "drawing", "押印欄"]);
    let id = book.part(
        "drawing",
        "drawings/drawing1.xml",
        "application/vnd.openxmlformats-officedocument.drawing+xml",
        &drawing(&content),
    );
    book.behind(&format!("<drawing r:id=\"{id}\"/>"));
    book.done()
}

fn charts(name: &str, kind: Kind) -> Draft {
    let mut book = Book::new(name);
    book.sheet("集計 表").row(1, "").text("B1", "窓口（髙橋）").text("C1", "郵送①");
    for (at, (month, _)) in MONTHS.iter().enumerate() {
        let row = u32::try_from(at).unwrap_or(0) + 2;
        book.row(row, "")
            .text(&format!("A{row}"), month)
            .number(&format!("B{row}"), &chart::value(0, at).to_string(), "#,##0\"件\"")
            .number(&format!("C{row}"), &chart::value(1, at).to_string(), "#,##0\"件\"");
    }
    book.draft.package.xml("xl/charts/chart1.xml", chart::TYPE, chart::part(kind));
    let id = book.draft.package.relate("xl/drawings/drawing1.xml", "chart", "../charts/chart1.xml");
    let frame = format!(
        "<xdr:graphicFrame macro=\"\"><xdr:nvGraphicFramePr><xdr:cNvPr id=\"2\" name=\"グラフ 1\"/>\
            <xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x=\"0\" y=\"0\"/>\
            <a:ext cx=\"0\" cy=\"0\"/></xdr:xfrm><a:graphic><a:graphicData uri=\"{DRAWING}/chart\">\
            <c:chart r:id=\"{id}\"/></a:graphicData></a:graphic></xdr:graphicFrame>"
    );
    let id = book.part(
        "drawing",
        "drawings/drawing1.xml",
        "application/vnd.openxmlformats-officedocument.drawing+xml",
        &drawing(&anchored(9, &frame)),
    );
    book.behind(&format!("<drawing r:id=\"{id}\"/>"));
    book.draft.expected.stays.extend(chart::facts());
    book.done()
}

fn comments() -> Draft {
    let mut book = Book::new("comments");
    book.sheet("注記").row(1, "").text("A1", "①").text("B2", "㈱");
    let mut list = String::new();
    let mut shapes = String::new();
    for (at, (place, text)) in [("A1", "髙﨑係長：要確認"), ("B2", "葛\u{E0100}飾支店へ\n照会済み")].iter().enumerate()
    {
        list.push_str(&format!(
            "<comment ref=\"{place}\" authorId=\"0\"><text><r><rPr><b/><sz val=\"9\"/>\
            <rFont val=\"ＭＳ Ｐゴシック\"/><charset val=\"128\"/></rPr><t xml:space=\"preserve\">{text}</t></r></text>\
            </comment>"
        ));
        shapes.push_str(&format!("<v:shape id=\"_x0000_s{}\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:60pt;margin-top:2pt;width:108pt;height:60pt;visibility:hidden\" fillcolor=\"#ffffe1\">\
            <v:textbox/><x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/>\
            <x:Anchor>1, 15, 0, 2, 3, 15, 3, 16</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{at}</x:Row>\
            <x:Column>{at}</x:Column></x:ClientData></v:shape>", 1025 + at));
        book.told("comment", place, &["神﨑　課長", text]).told("note", &format!("{at},{at}"), &[]);
    }
    book.part(
        "comments",
        "comments1.xml",
        &format!("{TYPE}.comments+xml"),
        &format!(
            "<comments xmlns=\"{SPACE}\">\
        <authors><author>神﨑　課長</author></authors><commentList>{list}</commentList></comments>"
        ),
    );
    let notes = format!(
        "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\">\
            <v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" path=\"m,l,21600r21600,l21600,xe\">\
            <v:stroke joinstyle=\"miter\"/></v:shapetype>{shapes}</xml>"
    );
    let id = book.part(
        "vmlDrawing",
        "drawings/vmlDrawing1.vml",
        "application/vnd.openxmlformats-officedocument.vmlDrawing",
        &notes,
    );
    book.behind(&format!("<legacyDrawing r:id=\"{id}\"/>"));
    book.done()
}
