//! Presentations: text of every kind, tables, notes, charts, pictures, groups, animation, and one that leads out.

use super::super::chart::{self, Kind};
use super::super::container::seal;
use super::super::words::{FORM, LINES};
use super::super::{Draft, line};
use super::{DRAWING, Deck, TYPE, paragraph};

pub(super) fn drafts() -> Vec<Draft> {
    vec![
        meeting(),
        vertical(),
        characters(),
        tables(),
        notes(),
        pictures(),
        charts("chart-bar", Kind::Bar),
        charts("chart-pie", Kind::Pie),
        groups(),
        moving(),
        many(),
        vectors(),
    ]
}

/// A meeting of an office with most of what slides have.
fn meeting() -> Draft {
    let mut deck = Deck::new("meeting");
    deck.slide("令和８年度　①システム更新　説明会").shape(
        "<p:ph type=\"body\" idx=\"1\"/>",
        "",
        &["髙﨑課長より説明", "㈱山田建設　葛\u{E0100}飾支店\n二行目", "\u{E000}田　辻\u{E0101}男"],
    );
    deck.note("ここで　１分　待つ。").note("②へ続く");
    table(deck.slide("日程"));
    deck.shape("", "eaVert", &["縦書きの注記", "二行目　㊞"]);
    picture(deck.slide("押印欄"), 1, "市長之印", 80);
    deck.raw(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"90\" name=\"番号\"/><p:cNvSpPr/><p:nvPr>\
        <p:ph type=\"sldNum\" sz=\"quarter\" idx=\"12\"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>\
        <a:lstStyle/><a:p><a:fld id=\"{D2D8002D-B5B0-4BAC-B1F6-782DDCCE6D9C}\" type=\"slidenum\">\
        <a:rPr lang=\"ja-JP\"/><a:t>3</a:t></a:fld></a:p></p:txBody></p:sp>",
    )
    .says("3");
    deck.raw(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"91\" name=\"日付\"/><p:cNvSpPr/><p:nvPr>\
        <p:ph type=\"dt\" sz=\"half\" idx=\"10\"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>\
        <a:p><a:fld id=\"{5BCAD085-E8A6-8845-BD4E-CB4CCA059FC4}\" type=\"datetime10\"><a:rPr lang=\"ja-JP\"/>\
        <a:t>令和8年11月23日</a:t></a:fld></a:p></p:txBody></p:sp>",
    )
    .says("令和8年11月23日");
    deck.done()
}

fn vertical() -> Draft {
    let mut deck = Deck::new("vertical");
    for direction in ["eaVert", "vert", "vert270", "wordArtVert", "mongolianVert", "wordArtVertRtl"] {
        deck.slide(&format!("文字の向き　{direction}")).shape(
            "",
            direction,
            &["縦書きの本文　髙﨑", "（括弧）と、句読点。ー"],
        );
    }
    deck.slide("縦の題").shape("<p:ph type=\"body\" orient=\"vert\" idx=\"1\"/>", "eaVert", &["縦書きの本文枠"]);
    deck.done()
}

fn characters() -> Draft {
    let mut deck = Deck::new("characters");
    for (number, line) in (1..).zip(LINES) {
        deck.slide(&format!("{number}枚目　{line}")).shape("", "", &[line]);
    }
    deck.raw(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"95\" name=\"x\"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody>\
        <a:bodyPr/><a:lstStyle/><a:p><a:pPr lvl=\"1\"><a:buAutoNum type=\"circleNumDbPlain\"/></a:pPr><a:r>\
        <a:rPr lang=\"ja-JP\" b=\"1\" u=\"wavy\" strike=\"sngStrike\" baseline=\"30000\"/><a:t>飾り</a:t></a:r><a:r>\
        <a:t> 半角空白 </a:t></a:r></a:p></p:txBody></p:sp>",
    )
    .says("飾り 半角空白 ");
    deck.done()
}

fn cell(text: &str, attributes: &str) -> String {
    format!(
        "<a:tc{attributes}><a:txBody><a:bodyPr/><a:lstStyle/>{}</a:txBody><a:tcPr anchor=\"ctr\"><a:lnL w=\"12700\">\
            <a:solidFill><a:srgbClr val=\"000000\"/></a:solidFill></a:lnL></a:tcPr></a:tc>",
        paragraph(text)
    )
}

fn table(deck: &mut Deck) {
    let mut rows = String::new();
    let head = [("申請書", " gridSpan=\"2\""), ("", " hMerge=\"1\"")];
    let mut add = |deck: &mut Deck, cells: &[(&str, &str)]| {
        let inner: String = cells.iter().map(|(text, attributes)| cell(text, attributes)).collect();
        rows.push_str(&format!("<a:tr h=\"370840\">{inner}</a:tr>"));
        let told: Vec<String> = cells
            .iter()
            .map(|(text, attributes)| {
                format!(
                    "{text}{}",
                    attributes.replace('"', "").replace(' ', "<") + if attributes.is_empty() { "" } else { ">" }
                )
            })
            .collect();
        deck.draft.fact(["row", &told.join("|")]);
        for (text, _) in cells.iter().filter(|(text, _)| !text.is_empty()) {
            deck.says(text);
        }
    };
    add(deck, &head);
    for (label, answer) in FORM {
        add(deck, &[(label, ""), (answer, "")]);
    }
    add(deck, &[("決裁", " rowSpan=\"2\""), ("㊞", "")]);
    add(deck, &[("", " vMerge=\"1\""), ("①", "")]);
    deck.raw(&format!(
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"50\" name=\"表 50\"/><p:cNvGraphicFramePr>\
        <a:graphicFrameLocks noGrp=\"1\"/></p:cNvGraphicFramePr><p:nvPr/></p:nvGraphicFramePr><p:xfrm>\
        <a:off x=\"457200\" y=\"1600200\"/><a:ext cx=\"8229600\" cy=\"4079240\"/></p:xfrm><a:graphic>\
        <a:graphicData uri=\"{DRAWING}/table\"><a:tbl><a:tblPr firstRow=\"1\" bandRow=\"1\">\
        <a:tableStyleId>{{5C22544A-7EE6-4342-B048-85BDC9FD1C3A}}</a:tableStyleId></a:tblPr><a:tblGrid>\
        <a:gridCol w=\"4114800\"/><a:gridCol w=\"4114800\"/></a:tblGrid>{rows}</a:tbl></a:graphicData></a:graphic>\
        </p:graphicFrame>"
    ));
}

fn tables() -> Draft {
    let mut deck = Deck::new("tables");
    table(deck.slide("様式　別表第１"));
    table(deck.slide("様式　別表第２"));
    deck.done()
}

fn notes() -> Draft {
    let mut deck = Deck::new("notes");
    for number in 1..=5 {
        deck.slide(&format!("議題{number}"));
        if number != 3 {
            deck.note(&format!("発言{number}　髙﨑①")).note("\u{E000}　葛\u{E0100}飾");
        }
    }
    deck.done()
}

fn picture(deck: &mut Deck, number: u32, name: &str, side: u32) {
    let media = format!("ppt/media/image{number}.png");
    deck.draft.package.binary(&media, "", seal(side));
    let part = deck.part();
    let id = deck.draft.package.relate(&part, "image", &format!("../media/image{number}.png"));
    let size = side * 12_700;
    deck.raw(&format!(
        "<p:pic><p:nvPicPr><p:cNvPr id=\"{}\" name=\"図 {number}\" descr=\"{name}\"/><p:cNvPicPr>\
        <a:picLocks noChangeAspect=\"1\"/></p:cNvPicPr><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed=\"{id}\"/>\
        <a:srcRect l=\"1000\" t=\"1000\"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm>\
        <a:off x=\"900000\" y=\"900000\"/><a:ext cx=\"{size}\" cy=\"{size}\"/></a:xfrm><a:prstGeom prst=\"ellipse\">\
        <a:avLst/></a:prstGeom></p:spPr></p:pic>",
        60 + number
    ));
    deck.draft.fact(["picture", &format!("{side}x{side}"), &format!("{size}x{size}"), name]);
}

fn pictures() -> Draft {
    let mut deck = Deck::new("pictures");
    picture(deck.slide("印影①"), 1, "公印", 120);
    picture(&mut deck, 2, "割印", 50);
    picture(deck.slide("印影②"), 3, "私印㊞", 31);
    deck.done()
}

fn charts(name: &str, kind: Kind) -> Draft {
    let mut deck = Deck::new(name);
    deck.slide("受付件数");
    deck.draft.package.xml("ppt/charts/chart1.xml", chart::TYPE, chart::part(kind));
    let part = deck.part();
    let id = deck.draft.package.relate(&part, "chart", "../charts/chart1.xml");
    deck.raw(&format!(
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"70\" name=\"グラフ 70\"/>\
        <p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x=\"457200\" y=\"1600200\"/>\
        <a:ext cx=\"8229600\" cy=\"4525963\"/></p:xfrm><a:graphic><a:graphicData uri=\"{DRAWING}/chart\">\
        <c:chart r:id=\"{id}\"/></a:graphicData></a:graphic></p:graphicFrame>"
    ));
    deck.draft.expected.stays.extend(chart::facts());
    deck.done()
}

fn groups() -> Draft {
    let mut deck = Deck::new("groups");
    deck.slide("流れ図");
    let inner = deck.shape_of("", "", &["受付①"]) + &deck.shape_of("", "eaVert", &["審査　髙﨑"]);
    let deep = format!(
        "<p:grpSp><p:nvGrpSpPr><p:cNvPr id=\"80\" name=\"内\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>\
            <p:grpSpPr/>{inner}</p:grpSp>"
    );
    let last = deck.shape_of("", "", &["交付"]);
    deck.raw(&format!(
        "<p:grpSp><p:nvGrpSpPr><p:cNvPr id=\"81\" name=\"外\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>\
        <p:grpSpPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"900\" cy=\"900\"/><a:chOff x=\"0\" y=\"0\"/>\
        <a:chExt cx=\"900\" cy=\"900\"/></a:xfrm></p:grpSpPr>{deep}{last}</p:grpSp>"
    ));
    deck.raw(
        "<p:cxnSp><p:nvCxnSpPr><p:cNvPr id=\"82\" name=\"矢印\"/><p:cNvCxnSpPr><a:stCxn id=\"80\" idx=\"3\"/>\
        </p:cNvCxnSpPr><p:nvPr/></p:nvCxnSpPr><p:spPr><a:prstGeom prst=\"straightConnector1\"><a:avLst/>\
        </a:prstGeom><a:ln><a:tailEnd type=\"arrow\"/></a:ln></p:spPr></p:cxnSp>",
    );
    deck.done()
}

/// Steps and sections stay; the shape of each step is there.
fn moving() -> Draft {
    let mut deck = Deck::new("moving");
    deck.slide("動き").shape("", "", &["現れる文字"]);
    let shape = deck.shapes;
    let timing = format!(
        "<p:transition spd=\"slow\"><p:fade/></p:transition><p:timing><p:tnLst><p:par>\
            <p:cTn id=\"1\" dur=\"indefinite\" restart=\"never\" nodeType=\"tmRoot\"><p:childTnLst><p:set><p:cBhvr>\
            <p:cTn id=\"2\" dur=\"1\" fill=\"hold\"/><p:tgtEl><p:spTgt spid=\"{shape}\"/></p:tgtEl><p:attrNameLst>\
            <p:attrName>style.visibility</p:attrName></p:attrNameLst></p:cBhvr><p:to><p:strVal val=\"visible\"/>\
            </p:to></p:set></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>"
    );
    deck.slides.last_mut().into_iter().for_each(|slide| slide.1.push_str(&timing));
    deck.draft.fact(["step", "set", &shape.to_string()]);
    deck.draft.fact(["step", "transition", "fade"]);
    deck.done()
}

fn many() -> Draft {
    let mut deck = Deck::new("many");
    for number in 1..=60 {
        deck.slide(&format!("第{number}枚")).shape("", "", &[LINES.get(number % LINES.len()).unwrap_or(&"")]);
    }
    deck.done()
}

/// Slides that lead out: a link, a program on click, a package of another kind.
fn vectors() -> Draft {
    let mut deck = Deck::new("vectors");
    deck.slide("外へ出る①");
    let part = deck.part();
    let link = deck.draft.package.lead(&part, "hyperlink", "https://evil.example/");
    deck.raw(&format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"97\" name=\"釦\">\
        <a:hlinkClick r:id=\"\" action=\"ppaction://program\"/></p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>\
        <p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:r><a:rPr lang=\"ja-JP\"><a:hlinkClick r:id=\"{link}\"/></a:rPr>\
        <a:t>髙﨑のページ</a:t></a:r></a:p></p:txBody></p:sp>"
    ))
    .says("髙﨑のページ");
    deck.draft.expected.goes.push(line(["link", "https://evil.example/"]));
    deck.draft.package.xml(
        "ppt/tags/tag1.xml",
        &format!("{TYPE}.tags+xml"),
        "<p:tagLst xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\">\
        <p:tag name=\"A\" val=\"秘\"/></p:tagLst>",
    );
    deck.draft.package.relate("ppt/presentation.xml", "tags", "tags/tag1.xml");
    deck.done()
}
