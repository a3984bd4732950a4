//! Letters and plain text: characters, fonts, marks above and beside, vertical writing, ruby.

use super::super::Draft;
use super::super::container::seal;
use super::super::words::LINES;
use super::drawn::anchored;
use super::forms::table;
use super::{Page, paragraph, root, run_of};

pub(super) fn drafts() -> Vec<Draft> {
    vec![letter(), characters(), ruby(), vertical(), emphasis(), sections(), headers(), long()]
}

/// A letter of an office with most of what letters have.
fn letter() -> Draft {
    let mut page = Page::new("letter");
    page.styled("<w:jc w:val=\"right\"/>", "", "船情第１２３４号");
    page.styled("<w:jc w:val=\"right\"/>", "", "令和８年１１月２３日");
    page.text("㈱山田建設　代表取締役　髙﨑　德\u{E0101}子　様");
    page.styled("<w:ind w:leftChars=\"2000\" w:left=\"4200\"/>", "", "船橋市長　\u{E000}田　辻\u{E0100}男");
    let id = page.picture("seal", seal(48));
    page.raw(&format!("<w:p>{}</w:p>", anchored(&id, "市長之印", 540_000)), "");
    page.fact(["picture", "48x48", "540000x540000", "市長之印"]);
    page.styled("<w:pStyle w:val=\"a3\"/>", "", "①システムの更新について（通知）");
    ruby_in(&mut page, "標記の件、", &[("手水", "ちょうず")], "により下記のとおり実施します。");
    page.styled("<w:jc w:val=\"center\"/>", "", "記");
    table(
        &mut page,
        &[
            &[("期間", 1, ""), ("令和8年12月1日～令和9年3月31日", 2, "")],
            &[("場所", 1, "restart"), ("本庁舎", 1, ""), ("１階", 1, "")],
            &[("", 1, "continue"), ("分庁舎", 1, ""), ("Ⅲ階", 1, "")],
        ],
    );
    page.styled("<w:jc w:val=\"right\"/>", "", "以上");
    let header = page.part("header", "header1", &root("w:hdr", &paragraph("【機密性２】取扱注意")));
    let number = "<w:p><w:r><w:t xml:space=\"preserve\">- </w:t></w:r><w:fldSimple w:instr=\" PAGE  \\* DBCHAR \">\
        <w:r><w:t>１</w:t></w:r></w:fldSimple>\
                  <w:r><w:t xml:space=\"preserve\"> -</w:t></w:r></w:p>";
    let footer = page.part("footer", "footer1", &root("w:ftr", number));
    page.fact(["text", "header", "【機密性２】取扱注意"]).fact(["text", "footer", "- １ -"]);
    page.fact(["field", "PAGE  \\* DBCHAR", "１"]);
    let references = format!(
        "<w:headerReference w:type=\"default\" r:id=\"{header}\"/>\
            <w:footerReference w:type=\"default\" r:id=\"{footer}\"/>"
    );
    page.section.insert_str(0, &references);
    page.done()
}

fn characters() -> Draft {
    let mut page = Page::new("characters");
    for line in LINES {
        page.text(line);
    }
    page.text("見出し\t内容\n二行目\t①");
    page.raw(
        "<w:p><w:r><w:t>記号</w:t><w:sym w:font=\"Wingdings\" w:char=\"F0FE\"/><w:noBreakHyphen/><w:softHyphen/>\
        <w:cr/><w:t>終</w:t></w:r></w:p>",
        "記号[Wingdings:F0FE]‑\u{AD}\n終",
    );
    page.raw(
        "<w:p><w:r><w:t>&#x9AD9;&#xFA11;&#x2460;&#x845B;&#xE0100;</w:t></w:r><w:r><w:t><![CDATA[<辻> & ]]></w:t>\
        </w:r></w:p>",
        "髙﨑①葛\u{E0100}<辻> & ",
    );
    page.done()
}

/// A run with text above it.
pub(super) fn ruby_run(base: &str, above: &str) -> String {
    format!(
        "<w:r><w:ruby><w:rubyPr><w:rubyAlign w:val=\"distributeSpace\"/><w:hps w:val=\"10\"/>\
            <w:hpsRaise w:val=\"18\"/>\
         <w:hpsBaseText w:val=\"21\"/><w:lid w:val=\"ja-JP\"/></w:rubyPr><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase>\
         </w:ruby></w:r>",
        run_of(
            "<w:rFonts w:ascii=\"ＭＳ 明朝\" w:hAnsi=\"ＭＳ 明朝\" w:hint=\"eastAsia\"/><w:sz w:val=\"10\"/>",
            above
        ),
        run_of("", base)
    )
}

fn ruby_in(page: &mut Page, before: &str, pairs: &[(&str, &str)], after: &str) {
    let (mut content, mut text) = (run_of("", before), before.to_owned());
    for (base, above) in pairs {
        content.push_str(&ruby_run(base, above));
        text.push_str(base);
        page.fact(["ruby", base, above]);
    }
    content.push_str(&run_of("", after));
    page.raw(&format!("<w:p>{content}</w:p>"), &(text + after));
}

fn ruby() -> Draft {
    let mut page = Page::new("ruby");
    ruby_in(&mut page, "", &[("手水", "ちょうず"), ("髙﨑", "たかさき"), ("辻\u{E0100}", "つじ")], "");
    ruby_in(&mut page, "熟語：", &[("無", "む"), ("害", "がい"), ("化", "か")], "（むがいか）");
    ruby_in(&mut page, "片仮名：", &[("東京", "ﾄｳｷｮｳ"), ("\u{E000}", "がいじ")], "。");
    let instruction = "EQ \\* jc2 \\* \"Font:ＭＳ 明朝\" \\* hps10 \\o\\ad(\\s\\up 9(ふなばし),船橋)";
    page.raw(
        &format!(
            "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r>\
        <w:instrText xml:space=\"preserve\"> {} </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>\
        </w:p>",
            super::escape(instruction)
        ),
        "",
    );
    page.fact(["field", instruction, ""]);
    page.done()
}

fn vertical() -> Draft {
    let mut page = Page::new("vertical");
    page.section = "<w:pgSz w:w=\"16838\" w:h=\"11906\" w:orient=\"landscape\"/>\
        <w:pgMar w:top=\"1701\" w:right=\"1985\" w:bottom=\"1701\" w:left=\"1701\" \
        w:header=\"851\" w:footer=\"992\" w:gutter=\"0\"/><w:pgNumType w:fmt=\"ideographDigital\" w:start=\"1\"/>\
            <w:cols w:space=\"425\"/>\
        <w:textDirection w:val=\"tbRl\"/>\
        <w:docGrid w:type=\"linesAndChars\" w:linePitch=\"360\" w:charSpace=\"-2000\"/>"
        .to_owned();
    page.fact(["direction", "section", "tbRl"]);
    page.raw(
        &format!(
            "<w:p>{}{}{}</w:p>",
            run_of("", "令和"),
            run_of("<w:eastAsianLayout w:id=\"-1\" w:vert=\"1\" w:vertCompress=\"1\"/>", "11"),
            run_of("", "年度")
        ),
        "令和11年度",
    );
    page.raw(
        &format!(
            "<w:p>{}</w:p>",
            run_of("<w:eastAsianLayout w:id=\"-2\" w:combine=\"1\" w:combineBrackets=\"round\"/>", "割注を入れる")
        ),
        "割注を入れる",
    );
    page.fact(["mark", "eastAsianLayout", "11", "vert=1 vertCompress=1"]);
    page.fact(["mark", "eastAsianLayout", "割注を入れる", "combine=1 combineBrackets=round"]);
    for (direction, text) in [("tbRlV", "縦書きの欄"), ("btLr", "下から上"), ("lrTbV", "横")] {
        let cell = format!(
            "<w:tc><w:tcPr><w:tcW w:w=\"900\" w:type=\"dxa\"/><w:textDirection w:val=\"{direction}\"/>\
                </w:tcPr>{}</w:tc>",
            paragraph(text)
        );
        page.raw(
            &format!(
                "<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tblGrid>\
            <w:gridCol w:w=\"900\"/></w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:trHeight w:val=\"2000\"/>\
            </w:trPr>{cell}</w:tr></w:tbl>{}",
                paragraph("")
            ),
            text,
        );
        page.fact(["direction", "cell", direction]).fact(["row", text]);
    }
    page.done()
}

fn emphasis() -> Draft {
    let mut page = Page::new("emphasis");
    let marks = [
        ("em", "dot", "val=dot"),
        ("em", "comma", "val=comma"),
        ("em", "circle", "val=circle"),
        ("em", "underDot", "val=underDot"),
        ("u", "wave", "val=wave"),
        ("u", "double", "val=double"),
        ("strike", "", ""),
        ("dstrike", "", ""),
        ("highlight", "yellow", "val=yellow"),
        ("vertAlign", "superscript", "val=superscript"),
        ("w", "66", "val=66"),
        ("position", "12", "val=12"),
        ("b", "", ""),
        ("i", "", ""),
        ("outline", "", ""),
        ("vanish", "", ""),
    ];
    for (at, (mark, value, fields)) in marks.iter().enumerate() {
        let text = format!("圏点{at}号{mark}");
        let value = if value.is_empty() { String::new() } else { format!(" w:val=\"{value}\"") };
        page.styled("", &format!("<w:{mark}{value}/>"), &text);
        page.fact(["mark", mark, &text, fields]);
    }
    page.styled("", "<w:bdr w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"auto\"/>", "囲み線");
    page.fact(["mark", "bdr", "囲み線", "color=auto space=0 sz=4 val=single"]);
    page.styled("", "<w:shd w:val=\"pct15\" w:color=\"auto\" w:fill=\"FFFFFF\"/>", "網掛け");
    page.fact(["mark", "shd", "網掛け", "color=auto fill=FFFFFF val=pct15"]);
    page.styled("", "<w:fitText w:val=\"2100\" w:id=\"-1234567\"/>", "均等割付");
    page.fact(["mark", "fitText", "均等割付", "val=2100"]);
    page.styled(
        "",
        "<w:rFonts w:ascii=\"HG正楷書体-PRO\" w:eastAsia=\"HG正楷書体-PRO\" w:hint=\"eastAsia\"/>",
        "正楷書体",
    );
    page.fact(["mark", "rFonts", "正楷書体", "ascii=HG正楷書体-PRO eastAsia=HG正楷書体-PRO hint=eastAsia"]);
    page.styled("<w:jc w:val=\"distribute\"/><w:textAlignment w:val=\"center\"/>", "", "均　等　に　割　る");
    page.styled(
        "<w:kinsoku w:val=\"0\"/><w:overflowPunct w:val=\"0\"/><w:topLinePunct/><w:autoSpaceDE w:val=\"0\"/>\
        <w:autoSpaceDN w:val=\"0\"/>",
        "",
        "禁則なし、追込みなし。",
    );
    page.done()
}

fn sections() -> Draft {
    let mut page = Page::new("sections");
    let first = "<w:sectPr><w:pgSz w:w=\"16838\" w:h=\"11906\" w:orient=\"landscape\"/>\
        <w:pgMar w:top=\"1000\" w:right=\"1000\" w:bottom=\"1000\" w:left=\"1000\" w:header=\"500\" w:footer=\"500\" w:gutter=\"0\"/>\
        <w:pgBorders w:offsetFrom=\"page\"><w:top w:val=\"double\" w:sz=\"6\" w:space=\"24\" w:color=\"auto\"/>\
        </w:pgBorders><w:lnNumType w:countBy=\"5\"/>\
        <w:cols w:num=\"2\" w:sep=\"1\" w:space=\"425\"/><w:docGrid w:type=\"snapToChars\" w:linePitch=\"360\"/>\
        </w:sectPr>";
    page.styled(first, "", "横置き二段組の区画");
    page.styled("<w:pageBreakBefore/>", "", "縦置きの区画");
    page.raw(
        "<w:p><w:r><w:br w:type=\"page\"/></w:r><w:r><w:br w:type=\"column\"/><w:t>改段の後</w:t></w:r></w:p>",
        "\n\n改段の後",
    );
    page.fact(["page", "16838x11906", "landscape", "2"]).fact(["page", "11906x16838", "", ""]);
    page.done()
}

fn headers() -> Draft {
    let mut page = Page::new("headers");
    page.text("一頁目");
    let mut references = String::new();
    for (kind, text) in [("default", "奇数頁　髙﨑課長"), ("even", "偶数頁　㈱山田"), ("first", "表紙　①")]
    {
        for part in ["header", "footer"] {
            let text = format!("{text}（{part}）");
            let element = if part == "header" { "w:hdr" } else { "w:ftr" };
            let id = page.part(part, &format!("{part}-{kind}"), &root(element, &paragraph(&text)));
            references.push_str(&format!("<w:{part}Reference w:type=\"{kind}\" r:id=\"{id}\"/>"));
            page.fact(["text", part, &text]);
        }
    }
    page.section = format!("{references}{}", page.section).replace("<w:docGrid", "<w:titlePg/><w:docGrid");
    page.settings =
        page.settings.replace("<w:characterSpacingControl", "<w:evenAndOddHeaders/><w:characterSpacingControl");
    page.done()
}

fn long() -> Draft {
    let mut page = Page::new("long");
    for number in 1..=400 {
        let line = LINES.get(number % LINES.len()).unwrap_or(&"");
        page.text(&format!("第{number}条　{line}"));
    }
    page.text(&"長い段落は切られません。".repeat(3_000));
    page.done()
}
