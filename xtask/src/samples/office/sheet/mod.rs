//! Spreadsheets: forms of merged cells, the Japanese calendar in formats, readings, formulas, rules, drawings.
//!
//! Refuses: workbooks without sheets. Invariant: every cell that is written is a fact.

mod books;
mod calc;
mod drawn;
mod rest;
mod values;

use super::Draft;
use super::package::{OFFICE, escape};

/// Content types of the parts begin so.
const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const SPACE: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// All of them; the first two have most in them.
pub(super) fn drafts() -> Vec<Draft> {
    let mut drafts = values::drafts();
    drafts.extend(calc::drafts());
    drafts.extend(books::drafts());
    drafts.extend(drawn::drafts());
    drafts.extend(rest::drafts());
    drafts
}

/// A workbook being written.
struct Book {
    draft: Draft,
    sheets: Vec<Sheet>,
    /// Mark-up of `si`.
    strings: Vec<String>,
    /// Codes of number formats, from 164 on; the styles of cells have their order, from 1 on.
    formats: Vec<String>,
    /// Formats of conditional formats.
    differences: String,
    /// Attributes of `workbookPr`.
    properties: String,
    /// `definedName` elements.
    names: String,
    /// Mark-up before `sheets`.
    views: String,
    /// Mark-up at the end of the workbook.
    last: String,
}

struct Sheet {
    name: String,
    /// Attributes of its entry in the workbook.
    state: String,
    /// Mark-up before `sheetData`.
    before: String,
    rows: Vec<(u32, String, String)>,
    /// Mark-up behind `sheetData`, in the order of the schema.
    behind: String,
}

impl Book {
    fn new(name: &str) -> Self {
        Self {
            draft: Draft::new(name),
            sheets: Vec::new(),
            strings: Vec::new(),
            formats: Vec::new(),
            differences: String::new(),
            properties: " defaultThemeVersion=\"124226\"".to_owned(),
            names: String::new(),
            views: String::new(),
            last: String::new(),
        }
    }

    fn sheet(&mut self, name: &str) -> &mut Self {
        self.sheets.push(Sheet {
            name: name.to_owned(),
            state: String::new(),
            before: String::new(),
            rows: Vec::new(),
            behind: String::new(),
        });
        self.draft.fact(["sheet", name, "visible"]);
        self
    }

    /// The sheet at hand.
    fn at_hand(&mut self) -> Option<&mut Sheet> {
        self.sheets.last_mut()
    }

    fn before(&mut self, xml: &str) -> &mut Self {
        self.at_hand().into_iter().for_each(|sheet| sheet.before.push_str(xml));
        self
    }

    fn behind(&mut self, xml: &str) -> &mut Self {
        self.at_hand().into_iter().for_each(|sheet| sheet.behind.push_str(xml));
        self
    }

    /// A fact about the sheet at hand: its kind, a place, and more.
    fn told(&mut self, kind: &str, place: &str, more: &[&str]) -> &mut Self {
        let whole = format!("{}!{place}", self.sheets.last().map_or("", |sheet| &sheet.name));
        let mut fields = vec![kind, &whole];
        fields.extend_from_slice(more);
        self.draft.fact(fields);
        self
    }

    /// Begins a row with these attributes.
    fn row(&mut self, number: u32, attributes: &str) -> &mut Self {
        self.at_hand().into_iter().for_each(|sheet| sheet.rows.push((number, attributes.to_owned(), String::new())));
        self
    }

    /// A cell of the row at hand, as mark-up.
    fn raw(&mut self, xml: &str) -> &mut Self {
        self.at_hand().and_then(|sheet| sheet.rows.last_mut()).into_iter().for_each(|row| row.2.push_str(xml));
        self
    }

    /// A cell of shared text.
    fn text(&mut self, place: &str, text: &str) -> &mut Self {
        self.strings.push(format!("<t xml:space=\"preserve\">{}</t>", escape(text)));
        let index = self.strings.len() - 1;
        self.raw(&format!("<c r=\"{place}\" t=\"s\"><v>{index}</v></c>")).told("cell", place, &["text", text])
    }

    /// A cell of shared text from mark-up.
    fn rich(&mut self, place: &str, xml: &str, text: &str) -> &mut Self {
        self.strings.push(xml.to_owned());
        let index = self.strings.len() - 1;
        self.raw(&format!(
            "<c r=\"{place}\" t=\"s\" ph=\"1\"><v>{index}</v>\
            </c>"
        ))
        .told("cell", place, &["text", text])
    }

    /// A number, with a format (empty: none).
    fn number(&mut self, place: &str, value: &str, format: &str) -> &mut Self {
        let style = self.style(format);
        self.raw(&format!("<c r=\"{place}\"{style}><v>{value}</v></c>")).told("cell", place, &["n", value]);
        if !format.is_empty() {
            self.told("format", place, &[format]);
        }
        self
    }

    fn style(&mut self, format: &str) -> String {
        if format.is_empty() {
            return String::new();
        }
        let known = self.formats.iter().position(|known| known == format);
        let at = known.unwrap_or(self.formats.len());
        if known.is_none() {
            self.formats.push(format.to_owned());
        }
        format!(" s=\"{}\"", at + 1)
    }

    /// A formula with its cached value, of type `kind` (`n`, `str`, `b`, `e`).
    fn formula(&mut self, place: &str, formula: &str, kind: &str, value: &str) -> &mut Self {
        self.raw(&format!("<c r=\"{place}\" t=\"{kind}\"><f>{}</f><v>{}</v></c>", escape(formula), escape(value)));
        let kind = if kind == "str" { "text" } else { kind };
        self.told("cell", place, &[kind, value]).told("formula", place, &[formula])
    }

    /// Merged cells of the sheet at hand; behind all rows.
    fn merge(&mut self, places: &[&str]) -> &mut Self {
        let cells: String = places.iter().map(|place| format!("<mergeCell ref=\"{place}\"/>")).collect();
        for place in places {
            self.told("merged", place, &[]);
        }
        self.behind(&format!("<mergeCells count=\"{}\">{cells}</mergeCells>", places.len()))
    }

    /// A name of the workbook, or of one sheet.
    fn name(&mut self, name: &str, sheet: Option<usize>, formula: &str) -> &mut Self {
        let local = sheet.map_or_else(String::new, |at| format!(" localSheetId=\"{at}\""));
        self.names.push_str(&format!("<definedName name=\"{name}\"{local}>{}</definedName>", escape(formula)));
        let scope = sheet.and_then(|at| self.sheets.get(at)).map_or("", |sheet| &sheet.name).to_owned();
        self.draft.fact(["name", name, &scope, formula]);
        self
    }

    /// A part of the sheet at hand; the id of its relationship.
    fn part(&mut self, kind: &str, name: &str, content_type: &str, xml: &str) -> String {
        self.draft.package.xml(&format!("xl/{name}"), content_type, xml);
        let sheet = format!("xl/worksheets/sheet{}.xml", self.sheets.len());
        self.draft.package.relate(&sheet, kind, &format!("../{name}"))
    }

    fn done(mut self) -> Draft {
        let mut entries = String::new();
        for (at, sheet) in self.sheets.iter().enumerate() {
            let number = at + 1;
            let name = format!("worksheets/sheet{number}.xml");
            self.draft.package.xml(&format!("xl/{name}"), &format!("{TYPE}.worksheet+xml"), sheet.xml());
            let id = self.draft.package.relate("xl/workbook.xml", "worksheet", &name);
            entries.push_str(&format!(
                "<sheet name=\"{}\" sheetId=\"{number}\"{} r:id=\"{id}\"/>",
                escape(&sheet.name),
                sheet.state
            ));
        }
        let names =
            if self.names.is_empty() { String::new() } else { format!("<definedNames>{}</definedNames>", self.names) };
        let book = format!(
            "<workbook xmlns=\"{SPACE}\" xmlns:r=\"{OFFICE}\">\
                <workbookPr{}/>{}<sheets>{entries}</sheets>{names}<calcPr calcId=\"145621\"/>{}</workbook>",
            self.properties, self.views, self.last
        );
        let package = &mut self.draft.package;
        package.xml("xl/workbook.xml", &format!("{TYPE}.sheet.main+xml"), book);
        package.relate("", "officeDocument", "xl/workbook.xml");
        package.xml("xl/styles.xml", &format!("{TYPE}.styles+xml"), styles(&self.formats, &self.differences));
        package.relate("xl/workbook.xml", "styles", "styles.xml");
        let strings: String = self.strings.iter().map(|string| format!("<si>{string}</si>")).collect();
        let count = self.strings.len();
        package.xml(
            "xl/sharedStrings.xml",
            &format!("{TYPE}.sharedStrings+xml"),
            format!("<sst xmlns=\"{SPACE}\" count=\"{count}\" uniqueCount=\"{count}\">{strings}</sst>"),
        );
        package.relate("xl/workbook.xml", "sharedStrings", "sharedStrings.xml");
        self.draft
    }
}

impl Sheet {
    fn xml(&self) -> String {
        let rows: String = self
            .rows
            .iter()
            .map(|(number, attributes, cells)| format!("<row r=\"{number}\"{attributes}>{cells}</row>"))
            .collect();
        let extended = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main";
        format!(
            "<worksheet xmlns=\"{SPACE}\" xmlns:r=\"{OFFICE}\" xmlns:x14=\"{extended}\" xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\">{}<sheetData>{rows}</sheetData>{}</worksheet>",
            self.before, self.behind
        )
    }
}

fn styles(formats: &[String], differences: &str) -> String {
    let numbers: String = formats
        .iter()
        .enumerate()
        .map(|(at, code)| format!("<numFmt numFmtId=\"{}\" formatCode=\"{}\"/>", at + 164, escape(code)))
        .collect();
    let cells: String = (0..formats.len())
        .map(|at| {
            // Every third stands upright.
            let rotation = if at % 3 == 2 { " textRotation=\"255\"" } else { "" };
            format!(
                "<xf numFmtId=\"{}\" fontId=\"0\" fillId=\"0\" borderId=\"1\" xfId=\"0\" applyNumberFormat=\"1\" applyAlignment=\"1\">\
                 <alignment horizontal=\"center\" vertical=\"center\"{rotation} wrapText=\"1\" shrinkToFit=\"0\"/></xf>",
                at + 164
            )
        })
        .collect();
    let numbers =
        if numbers.is_empty() { numbers } else { format!("<numFmts count=\"{}\">{numbers}</numFmts>", formats.len()) };
    format!(
        "<styleSheet xmlns=\"{SPACE}\">{numbers}<fonts count=\"1\"><font><sz val=\"11\"/><color theme=\"1\"/>\
            <name val=\"ＭＳ Ｐゴシック\"/><family val=\"3\"/><charset val=\"128\"/></font></fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill>\
         <patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"2\"><border><left/><right/><top/><bottom/><diagonal/></border><border diagonalUp=\"1\">\
         <left style=\"thin\"/><right style=\"hair\"/><top style=\"double\"/><bottom style=\"mediumDashDot\"/>\
         <diagonal style=\"thin\"><color indexed=\"64\"/></diagonal></border></borders>\
         <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
         <cellXfs count=\"{}\">\
         <xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>{cells}</cellXfs>\
         <cellStyles count=\"1\"><cellStyle name=\"標準\" xfId=\"0\" builtinId=\"0\"/></cellStyles>\
         <dxfs>{differences}</dxfs></styleSheet>",
        formats.len() + 1
    )
}
