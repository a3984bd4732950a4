//! What is seldom and gets lost: watermarks, decorated letters, tags without meaning, fields of letters to many.
//!
//! Refuses: nothing. Invariant: where a field is taken out, its result is a fact that stays.

use super::super::package::escape;
use super::super::{Draft, line};
use super::{Page, paragraph, root, run_of};

pub(super) fn drafts() -> Vec<Draft> {
    vec![watermark(), tagged(), merged(), decorated(), columns(), directions()]
}

/// 複写厳禁 behind the text of every page.
fn watermark() -> Draft {
    let mut page = Page::new("watermark");
    page.text("本文　髙﨑");
    let shape = "<w:p><w:r><w:pict>\
        <v:shapetype id=\"_x0000_t136\" coordsize=\"21600,21600\" o:spt=\"136\" adj=\"10800\" path=\"m@7,l@8,m@5,21600l@6,21600e\">\
        <v:textpath on=\"t\" fitshape=\"t\"/></v:shapetype>\
        <v:shape id=\"PowerPlusWaterMarkObject1\" o:spid=\"_x0000_s2049\" type=\"#_x0000_t136\" style=\"position:absolute;margin-left:0;margin-top:0;width:400pt;height:100pt;rotation:315;z-index:-251658752\" o:allowincell=\"f\" fillcolor=\"silver\" stroked=\"f\">\
        <v:fill opacity=\".5\"/><v:textpath style=\"font-family:ＭＳ 明朝;font-size:1pt\" string=\"複写厳禁　㊙\"/></v:shape>\
        </w:pict></w:r></w:p>";
    let id = page.part("header", "header1", &root("w:hdr", shape));
    page.section.insert_str(0, &format!("<w:headerReference w:type=\"default\" r:id=\"{id}\"/>"));
    page.fact(["letters", "複写厳禁　㊙"]);
    page.done()
}

/// Tags that programs leave around text: the text is what matters.
fn tagged() -> Draft {
    let mut page = Page::new("tagged");
    let smart = format!(
        "<w:smartTag w:uri=\"urn:schemas-microsoft-com:office:smarttags\" w:element=\"date\"><w:smartTagPr>\
            <w:attr w:name=\"Year\" w:val=\"2026\"/></w:smartTagPr>{}</w:smartTag>",
        run_of("", "平成３０年４月１日")
    );
    page.raw(
        &format!("<w:p>{}{smart}{}</w:p>", run_of("", "施行日："), run_of("", "から")),
        "施行日：平成３０年４月１日から",
    );
    let custom =
        format!("<w:customXml w:uri=\"urn:a\" w:element=\"氏名\">{}</w:customXml>", paragraph("属性つきの段落①"));
    page.raw(&custom, "属性つきの段落①");
    let bound = format!(
        "<w:sdt><w:sdtPr><w:alias w:val=\"会社\"/><w:id w:val=\"77\"/>\
            <w:dataBinding w:prefixMappings=\"\" w:xpath=\"/a\" w:storeItemID=\"{{A}}\"/><w:text/></w:sdtPr>\
            <w:sdtContent>{}</w:sdtContent></w:sdt>",
        paragraph("㈱山田建設")
    );
    page.raw(&bound, "㈱山田建設");
    page.raw(
        &format!(
            "<w:p><w:proofErr w:type=\"spellStart\"/>{}<w:proofErr w:type=\"spellEnd\"/>\
        <w:lastRenderedPageBreak/></w:p>",
            run_of("", "校正の印")
        ),
        "校正の印",
    );
    page.fact(["control", "会社"]);
    for tag in ["date", "氏名"] {
        page.draft.expected.goes.push(line(["tag", tag]));
    }
    page.done()
}

/// A letter to many (差し込み印刷): its fields ask for data elsewhere.
fn merged() -> Draft {
    let mut page = Page::new("merged");
    let fields = [
        ("MERGEFIELD 氏名", "«氏名»"),
        ("MERGEFIELD \"住所 1\" \\* MERGEFORMAT", "船橋市湊町①"),
        ("FILLIN \"日付は？\"", "令和８年"),
        ("DOCPROPERTY 課名", "情報システム課"),
        ("FILENAME \\p", "C:\\a\\通知.docx"),
        ("AUTHOR", "髙﨑"),
        ("IF 1 = 1 \"はい\" \"いいえ\"", "はい"),
        ("INCLUDETEXT \"\\\\\\\\srv\\\\a.docx\"", "取り込んだ文"),
        ("QUOTE \"引用\"", "引用"),
    ];
    for (instruction, result) in fields {
        let xml = format!(
            "<w:p>{}<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r>\
                <w:instrText xml:space=\"preserve\"> {} </w:instrText></w:r><w:r>\
                <w:fldChar w:fldCharType=\"separate\"/></w:r>{}<w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>",
            run_of("", "欄："),
            escape(instruction),
            run_of("<w:b/>", result)
        );
        page.raw(&xml, &format!("欄：{result}"));
        page.fact(["mark", "b", result, ""]);
        page.draft.expected.goes.push(line(["field", instruction, result]));
    }
    page.done()
}

/// Letters with effects, and letters of the old kind.
fn decorated() -> Draft {
    let mut page = Page::new("decorated");
    let glow = "<w14:glow w14:rad=\"63500\"><w14:srgbClr w14:val=\"FF0000\"/></w14:glow>\
        <w14:textOutline w14:w=\"9525\" w14:cap=\"flat\" w14:cmpd=\"sng\" w14:algn=\"ctr\"><w14:solidFill>\
        <w14:srgbClr w14:val=\"000000\"/></w14:solidFill><w14:round/></w14:textOutline>";
    page.styled("", glow, "光彩のある題①");
    page.styled(
        "<w:framePr w:dropCap=\"drop\" w:lines=\"2\" w:wrap=\"around\" w:vAnchor=\"text\" w:hAnchor=\"text\"/>",
        "",
        "頭",
    );
    page.styled(
        "<w:pBdr><w:top w:val=\"wave\" w:sz=\"6\" w:space=\"1\" w:color=\"auto\"/></w:pBdr>\
        <w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"FFFF00\"/>",
        "",
        "枠つき段落",
    );
    page.styled("<w:tabs><w:tab w:val=\"right\" w:leader=\"middleDot\" w:pos=\"8000\"/></w:tabs>", "", "項目\t頁");
    page.styled(
        "",
        "<w:bdr w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"auto\" w:frame=\"1\"/>\
        <w:rFonts w:ascii=\"游明朝 Demibold\" w:eastAsia=\"游明朝 Demibold\" w:hAnsi=\"游明朝 Demibold\"/>\
        <w:lang w:eastAsia=\"zh-CN\"/>",
        "直骨",
    );
    page.done()
}

/// A table of contents by columns, cells of every direction, a table beside text.
fn columns() -> Draft {
    let mut page = Page::new("floating");
    page.raw(&format!("<w:tbl><w:tblPr>\
        <w:tblpPr w:leftFromText=\"142\" w:rightFromText=\"142\" w:vertAnchor=\"text\" w:horzAnchor=\"margin\" w:tblpXSpec=\"right\" w:tblpY=\"1\"/>\
        <w:tblOverlap w:val=\"never\"/><w:tblW w:w=\"2000\" w:type=\"dxa\"/><w:tblCaption w:val=\"押印欄①\"/>\
        <w:tblDescription w:val=\"決裁の印を押す欄\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"2000\"/></w:tblGrid><w:tr><w:tc>\
        <w:tcPr><w:tcW w:w=\"2000\" w:type=\"dxa\"/><w:noWrap/><w:tcMar><w:left w:w=\"0\" w:type=\"dxa\"/></w:tcMar>\
        <w:tcFitText/></w:tcPr>{}</w:tc></w:tr></w:tbl>{}", paragraph("課長印㊞"), paragraph("表の横の文")), "課長印㊞");
    page.fact(["text", "body", "表の横の文"]);
    page.done()
}

/// Hebrew and Arabic among Japanese, and marks of direction.
fn directions() -> Draft {
    let mut page = Page::new("directions");
    page.styled("<w:bidi/>", "<w:rtl/>", "שלום 髙﨑");
    page.raw(
        &format!(
            "<w:p><w:dir w:val=\"rtl\">{}</w:dir><w:bdo w:val=\"ltr\">{}</w:bdo></w:p>",
            run_of("", "عربي"),
            run_of("", "上書き")
        ),
        "عربي上書き",
    );
    page.text("한국어・简体字：骨直返　繁體字");
    page.done()
}
