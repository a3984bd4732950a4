//! What is seldom and gets lost: hidden slides, comments, sections, jumps inside, formulas, decorated letters.
//!
//! Refuses: nothing. Invariant: as of [`super`].

use super::super::Draft;
use super::{Deck, TYPE, root};

pub(super) fn drafts() -> Vec<Draft> {
    vec![comments(), formula(), decorated(), jumps()]
}

fn comments() -> Draft {
    let mut deck = Deck::new("comments");
    deck.slide("確認中①");
    let part = deck.part();
    deck.draft.package.xml(
        "ppt/commentAuthors.xml",
        &format!("{TYPE}.commentAuthors+xml"),
        root("p:cmAuthorLst", "<p:cmAuthor id=\"0\" name=\"神﨑　課長\" initials=\"神\" lastIdx=\"1\" clrIdx=\"0\"/>"),
    );
    deck.draft.package.relate("ppt/presentation.xml", "commentAuthors", "commentAuthors.xml");
    deck.draft.package.xml(
        "ppt/comments/comment1.xml",
        &format!("{TYPE}.comments+xml"),
        root(
            "p:cmLst",
            "<p:cm authorId=\"0\" dt=\"2026-11-23T09:00:00.000\" idx=\"1\">\
        <p:pos x=\"10\" y=\"10\"/><p:text>辻\u{E0100}さんに確認㊞</p:text></p:cm>",
        ),
    );
    deck.draft.package.relate(&part, "comments", "../comments/comment1.xml");
    deck.draft.fact(["comment", "神﨑　課長", "辻\u{E0100}さんに確認㊞"]);
    deck.done()
}

fn formula() -> Draft {
    let mut deck = Deck::new("formula");
    deck.slide("計算式");
    deck.raw("<mc:AlternateContent xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\">\
        <mc:Choice xmlns:a14=\"http://schemas.microsoft.com/office/drawing/2010/main\" Requires=\"a14\"><p:sp>\
        <p:nvSpPr><p:cNvPr id=\"40\" name=\"式\"/><p:cNvSpPr txBox=\"1\"/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody>\
        <a:bodyPr/><a:lstStyle/><a:p><a14:m>\
        <m:oMath xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\"><m:r><m:t>税額=収入①</m:t></m:r>\
        </m:oMath></a14:m></a:p></p:txBody></p:sp></mc:Choice><mc:Fallback/></mc:AlternateContent>").says("税額=収入①");
    deck.done()
}

fn decorated() -> Draft {
    let mut deck = Deck::new("decorated");
    deck.slide("飾り文字")
        .raw(
            "<p:sp><p:nvSpPr><p:cNvPr id=\"41\" name=\"飾り\" title=\"題①\"/><p:cNvSpPr/><p:nvPr/>\
        </p:nvSpPr><p:spPr><a:prstGeom prst=\"star5\"><a:avLst><a:gd name=\"adj\" fmla=\"val 19098\"/></a:avLst>\
        </a:prstGeom><a:gradFill><a:gsLst><a:gs pos=\"0\"><a:srgbClr val=\"FF0000\"><a:alpha val=\"50000\"/>\
        </a:srgbClr></a:gs><a:gs pos=\"100000\"><a:schemeClr val=\"bg1\"/></a:gs></a:gsLst><a:lin ang=\"5400000\"/>\
        </a:gradFill><a:effectLst><a:outerShdw blurRad=\"50800\" dist=\"38100\"><a:prstClr val=\"black\"/>\
        </a:outerShdw></a:effectLst></p:spPr><p:txBody><a:bodyPr><a:prstTxWarp prst=\"textWave1\"><a:avLst/>\
        </a:prstTxWarp></a:bodyPr><a:lstStyle/><a:p><a:pPr algn=\"dist\"><a:lnSpc><a:spcPct val=\"150000\"/>\
        </a:lnSpc><a:buFont typeface=\"Wingdings\"/><a:buChar char=\"Ø\"/></a:pPr><a:r>\
        <a:rPr lang=\"ja-JP\" sz=\"2400\" spc=\"300\"><a:ln><a:solidFill><a:srgbClr val=\"0000FF\"/></a:solidFill>\
        </a:ln><a:highlight><a:srgbClr val=\"FFFF00\"/></a:highlight><a:latin typeface=\"HG創英角ﾎﾟｯﾌﾟ体\"/>\
        <a:ea typeface=\"HG創英角ﾎﾟｯﾌﾟ体\"/></a:rPr><a:t>波打つ文字　髙﨑</a:t></a:r></a:p></p:txBody></p:sp>",
        )
        .says("波打つ文字　髙﨑");
    deck.done()
}

/// A button that leads to another slide of the same deck.
fn jumps() -> Draft {
    let mut deck = Deck::new("jumps");
    deck.slide("目次");
    let part = deck.part();
    let id = deck.draft.package.relate(&part, "slide", "slide2.xml");
    deck.raw(&format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"42\" name=\"目次\">\
        <a:hlinkClick r:id=\"{id}\" action=\"ppaction://hlinksldjump\"/></p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr>\
        <p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:r><a:t>次へ①</a:t></a:r></a:p></p:txBody>\
        </p:sp>"
    ))
    .says("次へ①");
    deck.draft.fact(["jump", "1", "2"]);
    deck.slide("行き先");
    deck.done()
}
