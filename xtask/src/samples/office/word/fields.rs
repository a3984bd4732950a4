//! Fields with cached results: dates of the Japanese calendar, numbers of pages, contents, references, sums; equations.

use super::super::Draft;
use super::{Page, escape, run_of};

pub(super) fn drafts() -> Vec<Draft> {
    vec![dates(), contents(), equations()]
}

/// A field in its five runs.
fn field(instruction: &str, result: &str) -> String {
    let (begin, instruction) = ("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>", escape(instruction));
    format!(
        "{begin}<w:r><w:instrText xml:space=\"preserve\"> {instruction} </w:instrText></w:r><w:r>\
            <w:fldChar w:fldCharType=\"separate\"/></w:r>{}\
         <w:r><w:fldChar w:fldCharType=\"end\"/></w:r>",
        run_of("", result)
    )
}

fn dates() -> Draft {
    let mut page = Page::new("dates");
    let fields = [
        ("DATE \\@ \"ggge年M月d日\" \\* MERGEFORMAT", "令和8年11月23日"),
        ("TIME \\@ \"ggge年M月d日（aaa）AM/PMh時m分\"", "令和8年11月23日（月）午後3時5分"),
        ("CREATEDATE \\@ \"gge.M.d\"", "令8.11.23"),
        ("SAVEDATE \\@ \"yyyy/MM/dd\" \\h", "2026/11/23"),
        ("PRINTDATE \\@ \"EEEE年O月A日\"", "二〇二六年十一月二十三日"),
        ("= SUM(ABOVE) \\# \"#,##0円\"", "1,234,567円"),
        ("= 12345 \\* KANJINUM2", "壱萬弐阡参百四拾五"),
        ("NUMPAGES \\* DBNUM1", "三"),
        ("SEQ 図 \\* DBCHAR", "１"),
        ("EQ \\o\\ac(○,印)", "㊞"),
        ("SYMBOL 254 \\f Wingdings", "þ"),
    ];
    for (instruction, result) in fields {
        page.raw(
            &format!("<w:p>{}{}</w:p>", run_of("", "日付："), field(instruction, result)),
            &format!("日付：{result}"),
        );
        page.fact(["field", instruction, result]);
    }
    page.raw(
        "<w:p><w:fldSimple w:instr=\" DATE \\@ &quot;ggge年M月d日&quot; \"><w:r><w:t>平成31年4月30日</w:t></w:r>\
        </w:fldSimple></w:p>",
        "平成31年4月30日",
    );
    page.fact(["field", "DATE \\@ \"ggge年M月d日\"", "平成31年4月30日"]);
    let outer = field("= 1 + 2", "3");
    page.raw(&format!("<w:p>{}{outer}<w:r><w:t>件</w:t></w:r></w:p>", run_of("", "計")), "計3件");
    page.done()
}

fn contents() -> Draft {
    let mut page = Page::new("contents");
    let heads = ["第１章　総則", "第２章　手続（①申請）", "第３章　髙﨑地区"];
    page.raw(
        "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r>\
        <w:instrText xml:space=\"preserve\"> TOC \\o \"1-3\" \\h \\z \\u </w:instrText></w:r><w:r>\
        <w:fldChar w:fldCharType=\"separate\"/></w:r></w:p>",
        "",
    );
    for (at, head) in heads.iter().enumerate() {
        let name = format!("_Toc{}", at + 1);
        page.raw(
            &format!(
                "<w:p><w:hyperlink w:anchor=\"{name}\" w:history=\"1\">{}<w:r><w:tab/></w:r>{}</w:hyperlink></w:p>",
                run_of("", head),
                field(&format!("PAGEREF {name} \\h"), &(at + 1).to_string())
            ),
            &format!("{head}\t{}", at + 1),
        );
        page.fact(["field", &format!("PAGEREF {name} \\h"), &(at + 1).to_string()]);
    }
    page.raw("<w:p><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>", "");
    for (at, head) in heads.iter().enumerate() {
        page.raw(
            &format!(
                "<w:p><w:pPr><w:pStyle w:val=\"1\"/></w:pPr>\
            <w:bookmarkStart w:id=\"{at}\" w:name=\"_Toc{}\"/>{}<w:bookmarkEnd w:id=\"{at}\"/>\
            </w:p>",
                at + 1,
                run_of("", head)
            ),
            head,
        );
        page.fact(["bookmark", &format!("_Toc{}", at + 1)]).fact(["styled", "見出し 1", head]);
    }
    page.raw(
        &format!(
            "<w:p><w:bookmarkStart w:id=\"9\" w:name=\"別表第一\"/>{}<w:bookmarkEnd w:id=\"9\"/></w:p>",
            run_of("", "別表第一")
        ),
        "別表第一",
    );
    page.raw(
        &format!("<w:p>{}{}</w:p>", field("REF 別表第一 \\h", "別表第一"), run_of("", "を参照")),
        "別表第一を参照",
    );
    page.fact(["bookmark", "別表第一"]).fact(["field", "REF 別表第一 \\h", "別表第一"]);
    page.raw(
        &format!(
            "<w:p>{}{}</w:p>",
            run_of("", "索引"),
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r>\
        <w:instrText xml:space=\"preserve\"> XE \"髙﨑:地区\" \\y \"たかさき\" </w:instrText></w:r><w:r>\
        <w:fldChar w:fldCharType=\"end\"/></w:r>"
        ),
        "索引",
    );
    page.fact(["field", "XE \"髙﨑:地区\" \\y \"たかさき\"", ""]);
    page.done()
}

fn equations() -> Draft {
    let mut page = Page::new("equations");
    let run = |text: &str| {
        format!(
            "<m:r><m:rPr><m:sty m:val=\"p\"/></m:rPr><w:rPr>\
                <w:rFonts w:ascii=\"Cambria Math\" w:hAnsi=\"Cambria Math\"/></w:rPr><m:t>{text}</m:t></m:r>"
        )
    };
    let fraction = format!(
        "<m:f><m:fPr><m:type m:val=\"bar\"/></m:fPr><m:num>{}</m:num><m:den>{}</m:den></m:f>",
        run("支出額①"),
        run("収入額")
    );
    let root = format!("<m:rad><m:radPr><m:degHide m:val=\"1\"/></m:radPr><m:deg/><m:e>{}</m:e></m:rad>", run("面積"));
    let sum = format!(
        "<m:nary><m:naryPr><m:chr m:val=\"∑\"/><m:limLoc m:val=\"undOvr\"/></m:naryPr><m:sub>{}</m:sub>\
            <m:sup>{}</m:sup><m:e>{}</m:e></m:nary>",
        run("i=1"),
        run("n"),
        run("税額")
    );
    page.raw(
        &format!("<w:p>{}<m:oMath>{}{fraction}</m:oMath></w:p>", run_of("", "比率"), run("r=")),
        "比率r=支出額①収入額",
    );
    page.raw(
        &format!(
            "<w:p><m:oMathPara><m:oMathParaPr><m:jc m:val=\"center\"/></m:oMathParaPr>\
        <m:oMath>{root}{}{sum}</m:oMath></m:oMathPara></w:p>",
            run("+")
        ),
        "面積+i=1n税額",
    );
    page.fact(["equation", "r=支出額①収入額"]).fact(["equation", "面積+i=1n税額"]);
    page.done()
}
