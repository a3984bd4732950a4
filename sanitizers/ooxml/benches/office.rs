//! What it costs to write an office document anew, by format: throughput of the file, and of the XML in it.
//!
//! `B/s` counts bytes of the file, `char/s` bytes of the XML that it inflates to. The reach is 20 MB/s of XML per core.
//! Generated documents are as office programs write them: short runs with properties, cells with styles and formulas,
//! shapes with text. `real` are the documents of `../shared/corpus`, where that folder is at hand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot start should say so and end")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;

use divan::Bencher;
use divan::counter::{BytesCount, CharsCount};
use sanitizer_api::{Budget, Hints};

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const APPLICATION: &str = "application/vnd.openxmlformats-officedocument";

fn main() {
    divan::main();
}

/// Members of a package: name and content.
type Members = Vec<(String, String)>;

#[divan::bench(args = ["word", "excel", "powerpoint"])]
fn generated(bencher: Bencher<'_, '_>, format: &str) {
    let members = match format {
        "word" => word(9_000),
        "excel" => excel(20_000),
        _ => powerpoint(60),
    };
    let xml: usize = members.iter().map(|(_, content)| content.len()).sum();
    let file = zip(&members);
    let sanitizer = sanitizer_ooxml::sanitizer_for(&format!("ooxml-{format}")).unwrap();
    let budget = Budget { output_bytes: 256 * 1024 * 1024, ..Budget::generous() };
    assert!(sanitizer.sanitize(&file, Hints::default(), &mut budget.clone()).is_ok());
    bencher.counter(BytesCount::of_slice(&file)).counter(CharsCount::new(xml)).bench_local(|| {
        sanitizer.sanitize(black_box(&file), Hints::default(), &mut budget.clone()).map(|rebuilt| rebuilt.bytes.len())
    });
}

/// All documents of the folder that can be written anew, one after another.
#[divan::bench(args = [("word", "docx"), ("excel", "xlsx"), ("powerpoint", "pptx")])]
fn real(bencher: Bencher<'_, '_>, (format, extension): (&str, &str)) {
    let sanitizer = sanitizer_ooxml::sanitizer_for(&format!("ooxml-{format}")).unwrap();
    let budget = Budget { output_bytes: 256 * 1024 * 1024, ..Budget::generous() };
    let rebuild = |file: &[u8]| sanitizer.sanitize(file, Hints::default(), &mut budget.clone());
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(3);
    let folders = above.map(|folder| folder.join("shared/corpus")).filter_map(|folder| folder.read_dir().ok());
    let files: Vec<Vec<u8>> = folders
        .flatten()
        .filter_map(|folder| folder.ok()?.path().read_dir().ok())
        .flatten()
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter_map(|path| std::fs::read(path).ok())
        .filter(|file| rebuild(file).is_ok())
        .collect();
    let length: usize = files.iter().map(Vec::len).sum();
    let xml: usize = files.iter().map(|file| inflated(file)).sum();
    bencher
        .counter(BytesCount::new(length))
        .counter(CharsCount::new(xml))
        .bench_local(|| files.iter().filter(|file| rebuild(black_box(file)).is_ok()).count());
}

/// Numbers that look like chance and are the same each time; without them documents would pack too well.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    /// A sentence of `length` words.
    fn sentence(&mut self, length: usize) -> String {
        (0..length).map(|_| WORDS[self.next(WORDS.len())]).collect()
    }
}

const WORDS: [&str; 24] = [
    "市長は",
    "申請者に",
    "前条の規定",
    "により",
    "交付決定",
    "通知書",
    "を",
    "速やかに",
    "提出し",
    "審査会の",
    "意見を聴き",
    "必要と",
    "認める",
    "ときは",
    "令和八年度",
    "補助金",
    "事業計画",
    "変更",
    "承認",
    "、",
    "。",
    "庁舎",
    "管理",
    "要綱",
];

/// Paragraphs of three runs, every tenth a row of a table.
fn word(paragraphs: usize) -> Members {
    let (mut body, mut chance) = (String::new(), Chance(1));
    let run = "<w:r w:rsidRPr=\"00A77B3E\"><w:rPr><w:rFonts w:ascii=\"游明朝\" w:eastAsia=\"游明朝\" w:hAnsi=\"游明朝\" \
               w:hint=\"eastAsia\"/><w:b/><w:sz w:val=\"21\"/><w:szCs w:val=\"21\"/></w:rPr><w:t xml:space=\"preserve\">";
    for at in 0..paragraphs {
        let (first, second, id) = (chance.sentence(9), chance.sentence(12), chance.next(1 << 28));
        let paragraph = format!(
            "<w:p w14:paraId=\"{id:08X}\" w14:textId=\"77777777\" w:rsidR=\"00A77B3E\" w:rsidRDefault=\"00A77B3E\">\
             <w:pPr><w:pStyle w:val=\"a3\"/><w:ind w:firstLineChars=\"100\" w:firstLine=\"210\"/><w:jc w:val=\"both\"/>\
             </w:pPr>{run}第{at}条　</w:t></w:r>{run}{first} &amp; </w:t></w:r>\
             {run}{second}</w:t></w:r></w:p>"
        );
        if at % 10 == 0 {
            write!(
                body,
                "<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tr><w:tc><w:tcPr><w:tcW w:w=\"4252\" \
                 w:type=\"dxa\"/></w:tcPr>{paragraph}</w:tc></w:tr></w:tbl>"
            )
            .unwrap();
        } else {
            body.push_str(&paragraph);
        }
    }
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let w14 = "http://schemas.microsoft.com/office/word/2010/wordml";
    let document = format!(
        "<w:document xmlns:w=\"{space}\" xmlns:r=\"{OFFICE}\" xmlns:w14=\"{w14}\"><w:body>{body}</w:body></w:document>"
    );
    let kind = format!("{APPLICATION}.wordprocessingml.document.main+xml");
    package(vec![("word/document.xml".to_owned(), document, kind)], &[])
}

/// Rows of twelve cells: texts, numbers, a formula.
fn excel(rows: usize) -> Members {
    let (mut cells, mut strings, mut chance) = (String::new(), String::new(), Chance(1));
    for at in 1..=rows {
        write!(cells, "<row r=\"{at}\" spans=\"1:12\" ht=\"18.75\" customHeight=\"1\" x14ac:dyDescent=\"0.4\">")
            .unwrap();
        for column in 'A'..='C' {
            let index = chance.next(5_000);
            write!(cells, "<c r=\"{column}{at}\" s=\"3\" t=\"s\"><v>{index}</v></c>").unwrap();
        }
        for column in 'D'..='J' {
            write!(cells, "<c r=\"{column}{at}\" s=\"12\"><v>{}</v></c>", chance.next(9_000_000)).unwrap();
        }
        write!(cells, "<c r=\"K{at}\" s=\"7\"><f>IF(SUM(D{at}:J{at})&gt;0,ROUND(D{at}*1.1,0),\"\")</f><v>{at}</v></c>")
            .unwrap();
        write!(cells, "<c r=\"L{at}\" s=\"7\"/></row>").unwrap();
    }
    for at in 0..5_000 {
        write!(strings, "<si><t>{}{at}</t><phoneticPr fontId=\"1\"/></si>", chance.sentence(4)).unwrap();
    }
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let ac = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac";
    let mc = "http://schemas.openxmlformats.org/markup-compatibility/2006";
    let kind = |name: &str| format!("{APPLICATION}.spreadsheetml.{name}+xml");
    package(
        vec![
            (
                "xl/workbook.xml".to_owned(),
                format!(
                    "<workbook xmlns=\"{space}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"集計\" sheetId=\"1\" \
                     r:id=\"rId1\"/></sheets></workbook>"
                ),
                kind("sheet.main"),
            ),
            (
                "xl/worksheets/sheet1.xml".to_owned(),
                format!(
                    "<worksheet xmlns=\"{space}\" xmlns:r=\"{OFFICE}\" xmlns:mc=\"{mc}\" mc:Ignorable=\"x14ac\" \
                     xmlns:x14ac=\"{ac}\"><sheetData>{cells}</sheetData></worksheet>"
                ),
                kind("worksheet"),
            ),
            (
                "xl/sharedStrings.xml".to_owned(),
                format!("<sst xmlns=\"{space}\">{strings}</sst>"),
                kind("sharedStrings"),
            ),
        ],
        &[("worksheet", "/xl/worksheets/sheet1.xml"), ("sharedStrings", "/xl/sharedStrings.xml")],
    )
}

/// Slides of forty shapes.
fn powerpoint(slides: usize) -> Members {
    let spaces = format!(
        "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:r=\"{OFFICE}\" \
         xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\""
    );
    let kind = |name: &str| format!("{APPLICATION}.presentationml.{name}+xml");
    let (mut parts, mut targets, mut ids, mut chance) = (Vec::new(), Vec::new(), String::new(), Chance(1));
    for slide in 1..=slides {
        let mut shapes = String::new();
        for at in 2..42 {
            let (x, y, text) = (chance.next(9_000_000), chance.next(6_000_000), chance.sentence(8));
            write!(
                shapes,
                "<p:sp><p:nvSpPr><p:cNvPr id=\"{at}\" name=\"テキスト {at}\"/><p:cNvSpPr txBox=\"1\"/><p:nvPr/></p:nvSpPr>\
                 <p:spPr><a:xfrm><a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"5400000\" cy=\"360000\"/></a:xfrm>\
                 <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom><a:noFill/></p:spPr><p:txBody><a:bodyPr wrap=\"square\" \
                 rtlCol=\"0\"><a:spAutoFit/></a:bodyPr><a:lstStyle/><a:p><a:pPr marL=\"285750\" indent=\"-285750\">\
                 <a:buFont typeface=\"Arial\" panose=\"020B0604020202020204\"/><a:buChar char=\"•\"/></a:pPr><a:r>\
                 <a:rPr lang=\"ja-JP\" altLang=\"en-US\" sz=\"1800\" dirty=\"0\"><a:solidFill><a:schemeClr val=\"tx1\"/>\
                 </a:solidFill><a:latin typeface=\"メイリオ\"/><a:ea typeface=\"メイリオ\"/></a:rPr>\
                 <a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
            )
            .unwrap();
        }
        let content = format!(
            "<p:sld {spaces}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/>\
             </p:nvGrpSpPr><p:grpSpPr/>{shapes}</p:spTree></p:cSld></p:sld>"
        );
        parts.push((format!("ppt/slides/slide{slide}.xml"), content, kind("slide")));
        targets.push(("slide", format!("/ppt/slides/slide{slide}.xml")));
        write!(ids, "<p:sldId id=\"{}\" r:id=\"rId{slide}\"/>", 255 + slide).unwrap();
    }
    let main = format!("<p:presentation {spaces}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>");
    parts.insert(0, ("ppt/presentation.xml".to_owned(), main, kind("presentation.main")));
    let targets: Vec<_> = targets.iter().map(|(kind, target)| (*kind, target.as_str())).collect();
    package(parts, &targets)
}

/// The members of a package whose first part is the main one and has relationships to `targets`.
fn package(parts: Vec<(String, String, String)>, targets: &[(&str, &str)]) -> Members {
    let relations = |rows: &[(&str, &str)]| {
        let rows: String = rows
            .iter()
            .enumerate()
            .map(|(at, (kind, target))| {
                format!("<Relationship Id=\"rId{}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>", at + 1)
            })
            .collect();
        format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{rows}</Relationships>")
    };
    let types: String = parts
        .iter()
        .map(|(name, _, kind)| format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/>"))
        .collect();
    let (folder, name) = parts[0].0.rsplit_once('/').unwrap();
    let mut members = vec![
        (
            "[Content_Types].xml".to_owned(),
            format!(
                "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>{types}</Types>"
            ),
        ),
        ("_rels/.rels".to_owned(), relations(&[("officeDocument", &parts[0].0)])),
        (format!("{folder}/_rels/{name}.rels"), relations(targets)),
    ];
    members.extend(parts.into_iter().map(|(name, content, _)| (name, content)));
    members
}

/// A zip file as office programs write it.
fn zip(members: &Members) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let packed = miniz_oxide::deflate::compress_to_vec(content.as_bytes(), 6);
        let number = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
        let mut head = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
        head.extend(crc32fast::hash(content.as_bytes()).to_le_bytes());
        head.extend([number(packed.len()), number(content.len())].concat());
        head.extend([number(name.len())[..2].to_vec(), vec![0, 0]].concat());
        directory.extend([b"PK\x01\x02\x14\x00", &head[..], &[0; 10], &number(file.len()), name.as_bytes()].concat());
        file.extend([b"PK\x03\x04", &head[..], name.as_bytes(), &packed].concat());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let (start, length) = (file.len(), directory.len());
    file.extend(directory);
    file.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count[..]].concat());
    file.extend([length, start].map(|value| u32::try_from(value).unwrap().to_le_bytes()).concat());
    file.extend([0, 0]);
    file
}

/// Bytes that the members of `file` inflate to, by its directory.
fn inflated(file: &[u8]) -> usize {
    let entries = file.windows(4).enumerate().filter(|(_, four)| *four == b"PK\x01\x02");
    entries
        .filter_map(|(at, _)| {
            let name_length = usize::from(*file.get(at + 28)?);
            let name = file.get(at + 46..at + 46 + name_length)?;
            let is_xml = [b".xml".as_slice(), b"rels", b".vml"].iter().any(|end| name.ends_with(end));
            let size = u32::from_le_bytes(*file.get(at + 24..)?.first_chunk::<4>()?);
            is_xml.then(|| usize::try_from(size).unwrap())
        })
        .sum()
}
