//! What every presentation needs around its slides: master, layout, theme, master of notes.
//!
//! Refuses nothing. Invariant: the same for all presentations.

use super::super::package::Package;
use super::{DRAWING, TYPE, paragraph, root, tree};

const MAP: &str = "<p:clrMap bg1=\"lt1\" tx1=\"dk1\" bg2=\"lt2\" tx2=\"dk2\" accent1=\"accent1\" accent2=\"accent2\" accent3=\"accent3\" accent4=\"accent4\" accent5=\"accent5\" accent6=\"accent6\" hlink=\"hlink\" folHlink=\"folHlink\"/>";

pub(super) fn write(package: &mut Package, has_notes: bool) {
    let theme = "application/vnd.openxmlformats-officedocument.theme+xml";
    package.xml("ppt/theme/theme1.xml", theme, colours());
    let (master, layout) = ("ppt/slideMasters/slideMaster1.xml", "ppt/slideLayouts/slideLayout1.xml");
    let id = package.relate(master, "slideLayout", "../slideLayouts/slideLayout1.xml");
    package.relate(master, "theme", "../theme/theme1.xml");
    package.relate(layout, "slideMaster", "../slideMasters/slideMaster1.xml");
    let styles = "<p:txStyles><p:titleStyle><a:lvl1pPr algn=\"ctr\"><a:defRPr sz=\"4400\"/></a:lvl1pPr>\
        </p:titleStyle><p:bodyStyle><a:lvl1pPr marL=\"342900\" indent=\"-342900\"><a:buFont typeface=\"Arial\"/>\
        <a:buChar char=\"•\"/><a:defRPr sz=\"3200\"/></a:lvl1pPr></p:bodyStyle><p:otherStyle/></p:txStyles>";
    let content = format!(
        "{}{MAP}<p:sldLayoutIdLst><p:sldLayoutId id=\"2147483649\" r:id=\"{id}\"/></p:sldLayoutIdLst>{styles}",
        tree(&title("マスター　書式設定"))
    );
    package.xml(master, &format!("{TYPE}.slideMaster+xml"), root("p:sldMaster", &content));
    let content = format!("{}<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>", tree(&title("タイトルを入力")));
    package.xml(
        layout,
        &format!("{TYPE}.slideLayout+xml"),
        root("p:sldLayout", &content).replacen("<p:cSld>", "<p:cSld name=\"タイトル①\">", 1),
    );
    if has_notes {
        let notes = "ppt/notesMasters/notesMaster1.xml";
        package.xml(notes, &format!("{TYPE}.notesMaster+xml"), root("p:notesMaster", &format!("{}{MAP}", tree(""))));
        package.xml("ppt/theme/theme2.xml", theme, colours());
        package.relate(notes, "theme", "../theme/theme2.xml");
    }
}

fn title(text: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"タイトル 1\"/><p:cNvSpPr><a:spLocks noGrp=\"1\"/></p:cNvSpPr><p:nvPr>\
            <p:ph type=\"title\"/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"457200\" y=\"274638\"/>\
            <a:ext cx=\"8229600\" cy=\"1143000\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>\
            </p:spPr><p:txBody><a:bodyPr vert=\"horz\" anchor=\"ctr\"><a:normAutofit/></a:bodyPr>\
            <a:lstStyle/>{}</p:txBody></p:sp>",
        paragraph(text)
    )
}

fn colours() -> String {
    let system = "<a:dk1><a:sysClr val=\"windowText\" lastClr=\"000000\"/></a:dk1><a:lt1>\
        <a:sysClr val=\"window\" lastClr=\"FFFFFF\"/></a:lt1>";
    let others: String = [
        "dk2:1F497D",
        "lt2:EEECE1",
        "accent1:4F81BD",
        "accent2:C0504D",
        "accent3:9BBB59",
        "accent4:8064A2",
        "accent5:4BACC6",
        "accent6:F79646",
        "hlink:0000FF",
        "folHlink:800080",
    ]
    .iter()
    .filter_map(|entry| entry.split_once(':'))
    .map(|(name, value)| format!("<a:{name}><a:srgbClr val=\"{value}\"/></a:{name}>"))
    .collect();
    let font = |kind: &str| {
        format!(
            "<a:{kind}Font><a:latin typeface=\"Calibri\"/><a:ea typeface=\"\"/><a:cs typeface=\"\"/>\
                <a:font script=\"Jpan\" typeface=\"ＭＳ Ｐゴシック\"/></a:{kind}Font>"
        )
    };
    let fill = "<a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill>";
    let line = format!("<a:ln w=\"9525\">{fill}</a:ln>");
    let effect = "<a:effectStyle><a:effectLst/></a:effectStyle>";
    format!(
        "<a:theme xmlns:a=\"{DRAWING}/main\" name=\"市の配色①\"><a:themeElements>\
            <a:clrScheme name=\"市\">{system}{others}</a:clrScheme><a:fontScheme name=\"市\">{}{}</a:fontScheme>\
         <a:fmtScheme name=\"市\"><a:fillStyleLst>{fill}{fill}{fill}</a:fillStyleLst>\
         <a:lnStyleLst>{line}{line}{line}</a:lnStyleLst>\
         <a:effectStyleLst>{effect}{effect}{effect}</a:effectStyleLst>\
         <a:bgFillStyleLst>{fill}{fill}{fill}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>",
        font("major"),
        font("minor")
    )
}
