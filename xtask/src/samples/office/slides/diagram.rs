//! Diagrams (SmartArt): their model, and the shapes a program drew of it.

use super::super::Draft;
use super::{DRAWING, Deck};

pub(super) fn drafts() -> Vec<Draft> {
    vec![steps()]
}

const STEPS: [&str; 3] = ["申請①", "審査　髙﨑", "交付　葛\u{E0100}飾"];

fn steps() -> Draft {
    let mut deck = Deck::new("diagram");
    deck.slide("手続の流れ");
    let spaces = format!("xmlns:dgm=\"{DRAWING}/diagram\" xmlns:a=\"{DRAWING}/main\"");
    for text in STEPS {
        deck.draft.fact(["text", "diagram", text]);
    }
    let layout = format!(
        "<dgm:layoutDef {spaces} uniqueId=\"urn:microsoft.com/office/officeart/2005/8/layout/process1\">\
            <dgm:title val=\"\"/><dgm:desc val=\"\"/><dgm:catLst><dgm:cat type=\"process\" pri=\"1000\"/>\
            </dgm:catLst><dgm:layoutNode name=\"流れ\"><dgm:alg type=\"lin\"/><dgm:shape><dgm:adjLst/></dgm:shape>\
            <dgm:presOf/><dgm:forEach name=\"各段\" axis=\"ch\" ptType=\"node\"><dgm:layoutNode name=\"段\">\
            <dgm:alg type=\"tx\"/><dgm:shape type=\"roundRect\"><dgm:adjLst/></dgm:shape>\
            <dgm:presOf axis=\"desOrSelf\" ptType=\"node\"/></dgm:layoutNode></dgm:forEach></dgm:layoutNode>\
            </dgm:layoutDef>"
    );
    let style = format!(
        "<dgm:styleDef {spaces} uniqueId=\"urn:microsoft.com/office/officeart/2005/8/quickstyle/simple1\">\
            <dgm:title val=\"\"/><dgm:desc val=\"\"/><dgm:catLst><dgm:cat type=\"simple\" pri=\"10100\"/>\
            </dgm:catLst></dgm:styleDef>"
    );
    let colours = format!(
        "<dgm:colorsDef {spaces} uniqueId=\"urn:microsoft.com/office/officeart/2005/8/colors/accent1_2\">\
            <dgm:title val=\"\"/><dgm:desc val=\"\"/><dgm:catLst><dgm:cat type=\"accent1\" pri=\"11200\"/>\
            </dgm:catLst></dgm:colorsDef>"
    );
    let part = deck.part();
    let mut attributes = String::new();
    for (name, kind, short, xml) in [
        ("data", "diagramData", "dm", model(&spaces)),
        ("layout", "diagramLayout", "lo", layout),
        ("quickStyle", "diagramQuickStyle", "qs", style),
        ("colors", "diagramColors", "cs", colours),
    ] {
        let content = if name == "quickStyle" { "diagramStyle" } else { kind };
        deck.draft.package.xml(
            &format!("ppt/diagrams/{name}1.xml"),
            &format!("application/vnd.openxmlformats-officedocument.drawingml.{content}+xml"),
            xml,
        );
        let id = deck.draft.package.relate(&part, kind, &format!("../diagrams/{name}1.xml"));
        attributes.push_str(&format!(" r:{short}=\"{id}\""));
    }
    deck.raw(&format!(
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"75\" name=\"図表 75\"/><p:cNvGraphicFramePr/>\
        <p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x=\"457200\" y=\"1600200\"/>\
        <a:ext cx=\"8229600\" cy=\"4525963\"/></p:xfrm><a:graphic><a:graphicData uri=\"{DRAWING}/diagram\">\
        <dgm:relIds{attributes}/></a:graphicData></a:graphic></p:graphicFrame>"
    ));
    deck.done()
}

/// What is told in steps.
fn model(spaces: &str) -> String {
    let mut points = "<dgm:pt modelId=\"1\" type=\"doc\">\
        <dgm:prSet loTypeId=\"urn:microsoft.com/office/officeart/2005/8/layout/process1\" csTypeId=\"urn:microsoft.com/office/officeart/2005/8/colors/accent1_2\"/>\
        <dgm:spPr/></dgm:pt>".to_owned();
    let mut lines = String::new();
    for (at, text) in STEPS.iter().enumerate() {
        let id = at + 10;
        points.push_str(&format!(
            "<dgm:pt modelId=\"{id}\"><dgm:prSet phldrT=\"[テキスト]\"/><dgm:spPr/><dgm:t>\
            <a:bodyPr/><a:lstStyle/><a:p><a:r><a:rPr lang=\"ja-JP\"/><a:t>{text}</a:t></a:r></a:p></dgm:t>\
            </dgm:pt>"
        ));
        lines.push_str(&format!(
            "<dgm:cxn modelId=\"{}\" srcId=\"1\" destId=\"{id}\" srcOrd=\"{at}\" destOrd=\"0\"/>",
            at + 20
        ));
    }
    format!(
        "<dgm:dataModel {spaces}><dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{lines}</dgm:cxnLst><dgm:bg/>\
            <dgm:whole/></dgm:dataModel>"
    )
}
