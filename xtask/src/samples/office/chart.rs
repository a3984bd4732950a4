//! Charts with cached values and Japanese categories.
//!
//! Refuses: workbooks behind charts. Invariant: the facts name what is cached, not what a program would compute.

use super::package::{OFFICE, escape};
use super::words::MONTHS;

pub(super) const TYPE: &str = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml";
const SPACE: &str = "http://schemas.openxmlformats.org/drawingml/2006/chart";
const MAIN: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";

/// Kinds of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bar,
    Line,
    Pie,
    /// A radar chart, with the titles of axes left out.
    Radar,
}

const SERIES: [&str; 2] = ["窓口（髙橋）", "郵送①"];
const TITLE: &str = "令和８年度　受付件数";

/// The part.
pub(super) fn part(kind: Kind) -> String {
    let series: String = SERIES.iter().enumerate().map(|(at, name)| series(at, name)).collect();
    let axes = "<c:axId val=\"111\"/><c:axId val=\"222\"/>";
    let plot = match kind {
        Kind::Bar => format!(
            "<c:barChart><c:barDir val=\"col\"/><c:grouping val=\"clustered\"/><c:varyColors val=\"0\"/>{series}\
             <c:gapWidth val=\"150\"/>{axes}</c:barChart>"
        ),
        Kind::Line => format!(
            "<c:lineChart><c:grouping val=\"standard\"/>\
                <c:varyColors val=\"0\"/>{series}<c:marker val=\"1\"/>{axes}</c:lineChart>"
        ),
        Kind::Pie => {
            format!("<c:pieChart><c:varyColors val=\"1\"/>{series}<c:firstSliceAng val=\"0\"/></c:pieChart>")
        }
        Kind::Radar => format!(
            "<c:radarChart><c:radarStyle val=\"marker\"/><c:varyColors val=\"0\"/>{series}{axes}</c:radarChart>"
        ),
    };
    let axes = if kind == Kind::Pie {
        String::new()
    } else {
        let ends = "<c:majorTickMark val=\"out\"/><c:minorTickMark val=\"none\"/><c:tickLblPos val=\"nextTo\"/>";
        format!(
            "<c:catAx><c:axId val=\"111\"/><c:scaling><c:orientation val=\"minMax\"/></c:scaling>\
                <c:delete val=\"0\"/>\
             <c:axPos val=\"b\"/>{}{ends}\
             <c:txPr><a:bodyPr rot=\"0\" vert=\"eaVert\"/><a:lstStyle/><a:p><a:pPr><a:defRPr sz=\"900\"/></a:pPr>\
             <a:endParaRPr lang=\"ja-JP\"/></a:p></c:txPr>\
             <c:crossAx val=\"222\"/><c:crosses val=\"autoZero\"/></c:catAx>\
             <c:valAx><c:axId val=\"222\"/><c:scaling><c:orientation val=\"minMax\"/></c:scaling>\
             <c:delete val=\"0\"/>\
             <c:axPos val=\"l\"/>\
             <c:majorGridlines/>{}<c:numFmt formatCode=\"#,##0&quot;件&quot;\" sourceLinked=\"0\"/>{ends}\
             <c:crossAx val=\"111\"/><c:crosses val=\"autoZero\"/></c:valAx>",
            title("月"),
            title("件数"),
        )
    };
    format!(
        "<c:chartSpace xmlns:c=\"{SPACE}\" xmlns:a=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><c:date1904 val=\"0\"/>\
            <c:lang val=\"ja-JP\"/>\
         <c:roundedCorners val=\"0\"/><c:chart>{}<c:autoTitleDeleted val=\"0\"/><c:plotArea>\
         <c:layout/>{plot}{axes}</c:plotArea>\
         <c:legend><c:legendPos val=\"r\"/><c:overlay val=\"0\"/></c:legend><c:plotVisOnly val=\"1\"/>\
         <c:dispBlanksAs val=\"gap\"/></c:chart></c:chartSpace>",
        title(TITLE)
    )
}

fn title(text: &str) -> String {
    format!(
        "<c:title><c:tx><c:rich><a:bodyPr/><a:lstStyle/><a:p><a:r><a:rPr lang=\"ja-JP\" altLang=\"en-US\"/>\
            <a:t>{}</a:t></a:r></a:p>\
         </c:rich></c:tx><c:overlay val=\"0\"/></c:title>",
        escape(text)
    )
}

fn series(at: usize, name: &str) -> String {
    let points = |of: &dyn Fn(usize) -> String| -> String {
        (0..MONTHS.len()).map(|at| format!("<c:pt idx=\"{at}\"><c:v>{}</c:v></c:pt>", of(at))).collect()
    };
    let count = MONTHS.len();
    let months = points(&|at| MONTHS.get(at).map_or_else(String::new, |(month, _)| escape(month)));
    let values = points(&|of| value(at, of).to_string());
    let column = if at == 0 { 'B' } else { 'C' };
    let last = count + 1;
    format!(
        "<c:ser><c:idx val=\"{at}\"/><c:order val=\"{at}\"/><c:tx><c:strRef><c:f>'集計 表'!${column}$1</c:f><c:strCache>\
         <c:ptCount val=\"1\"/><c:pt idx=\"0\"><c:v>{name}</c:v></c:pt></c:strCache></c:strRef></c:tx>\
         <c:cat><c:strRef><c:f>'集計 表'!$A$2:$A${last}</c:f><c:strCache>\
         <c:ptCount val=\"{count}\"/>{months}</c:strCache></c:strRef></c:cat>\
         <c:val><c:numRef><c:f>'集計 表'!${column}$2:${column}${last}</c:f><c:numCache>\
         <c:formatCode>#,##0\"件\"</c:formatCode>\
         <c:ptCount val=\"{count}\"/>{values}</c:numCache></c:numRef></c:val></c:ser>"
    )
}

/// The number of a series in a month.
pub(super) fn value(series: usize, month: usize) -> u32 {
    let value = MONTHS.get(month).map_or(0, |(_, value)| *value);
    if series == 0 { value } else { value / 3 + 7 }
}

/// What a reader must find in it.
pub(super) fn facts() -> Vec<String> {
    let mut facts: Vec<String> = [TITLE].iter().map(|text| format!("chart title\t{text}")).collect();
    for (at, name) in SERIES.iter().enumerate() {
        let points: Vec<String> =
            MONTHS.iter().enumerate().map(|(month, (label, _))| format!("{label}={}", value(at, month))).collect();
        facts.push(format!("chart series\t{name}\t{}", points.join(" ")));
    }
    facts
}
