//! The workbook: its sheets, its names, how it is shown.
//!
//! Refuses: sheets of macros and dialogues, sheets that no menu shows (they are shown), names that lead out, names that
//! run. Invariant: at least one sheet stays and is visible; places of sheets in names and views are counted anew.

use std::collections::{BTreeMap, BTreeSet};

use sanitizer_api::{Code, SanitizeError};

use super::formula::{self, LOST_NAMES, OWN_FUNCTIONS, SHEETS, Word, is_inside, is_sheet_name};
use super::pivot::CACHES;
use super::tidy::Tidy;
use crate::xml::filter::{Goal, Grammar, Memory, Scene, Step, Tag};
use crate::xml::reader::{Element, Item, Reader};
use crate::xml::table::Value::{NeedRel, OneOf, Text, Token};
use crate::xml::table::{Row, Vocabulary, drop, keep, text};

const ROWS: &[Row] = &[
    keep("x:workbook x:bookViews x:sheets x:definedNames", &[]),
    keep("x:fileVersion", &[(Token, "appName lastEdited lowestEdited rupBuild")]),
    keep(
        "x:workbookPr",
        &[(
            Token,
            "date1904 dateCompatibility showObjects showBorderUnselectedTables filterPrivacy promptedSolutions \
             showInkAnnotation backupFile hidePivotFieldList showPivotChartFilter checkCompatibility \
             autoCompressPictures defaultThemeVersion",
        )],
    ),
    keep(
        "x:workbookProtection",
        &[
            (Token, "workbookPassword lockStructure lockWindows lockRevision workbookAlgorithmName workbookSpinCount"),
            (Text, "workbookHashValue workbookSaltValue"),
        ],
    ),
    keep(
        "x:workbookView",
        &[(
            Token,
            "visibility minimized showHorizontalScroll showVerticalScroll showSheetTabs xWindow yWindow \
             windowWidth windowHeight tabRatio firstSheet activeTab autoFilterDateGrouping",
        )],
    ),
    keep(
        "x:sheet",
        &[
            (Text, "name"),
            (Token, "sheetId"),
            (OneOf(&["visible", "hidden", "veryHidden"]), "state"),
            (NeedRel(&["worksheet", "chartsheet"]), "r:id"),
        ],
    ),
    text(
        "x:definedName",
        &[
            (Text, "name comment description help statusBar"),
            (Token, "localSheetId hidden publishToServer workbookParameter"),
            (OneOf(&["preserve"]), "xml:space"),
        ],
    ),
    keep(
        "x:calcPr",
        &[(
            Token,
            "calcId calcMode fullCalcOnLoad refMode iterate iterateCount iterateDelta fullPrecision calcCompleted \
             calcOnSave concurrentCalc concurrentManualCount forceFullCalc",
        )],
    ),
    keep("x:pivotCaches", &[]),
    keep("x:pivotCache", &[(Token, "cacheId"), (NeedRel(&["cache"]), "r:id")]),
    drop(Code::ExternalReferenceRemoved, "x:externalReferences x:webPublishing x:webPublishObjects"),
];

/// Workbooks.
pub(crate) static VOCABULARY: Vocabulary = Vocabulary::new(&["x:workbook"], &[], &[ROWS]);

/// Names of Excel's own that may stay.
const OWN: [&str; 8] = [
    "print_area",
    "print_titles",
    "_filterdatabase",
    "criteria",
    "extract",
    "database",
    "sheet_title",
    "consolidate_area",
];

/// Words of all defined names together; workbooks that were copied for years have some ten thousand.
const MAX_WORDS: usize = 1_000_000;

/// A name as it stands in the workbook: in lower case, with the place of the sheet it belongs to.
type NameKey = (String, Option<String>);

#[derive(Debug, Default)]
struct Sheet {
    name: String,
    is_hidden: bool,
    stays: bool,
}

#[derive(Debug)]
struct Name {
    key: NameKey,
    formula: String,
    runs: bool,
}

impl Name {
    /// True for a function that the workbook defines itself.
    fn is_function(&self) -> bool {
        let formula = self.formula.trim_start_matches('=').to_ascii_uppercase();
        formula.starts_with("_XLFN.LAMBDA(") || formula.starts_with("LAMBDA(")
    }
}

/// The grammar of workbooks.
#[derive(Default)]
pub(crate) struct Book {
    tidy: Option<Tidy>,
    /// New place of each sheet, by its old one.
    places: Vec<Option<usize>>,
    /// New place of the first sheet that people see.
    first: usize,
    /// No sheet was visible: the first one becomes so.
    is_dark: bool,
    hidden: BTreeSet<usize>,
    lost: BTreeSet<NameKey>,
    seen: usize,
    /// The name at hand leads out.
    is_bad: bool,
}

impl Book {
    fn tidy(&mut self) -> &mut Tidy {
        self.tidy.get_or_insert(Tidy::new(&["x:definedNames", "x:bookViews", "x:pivotCaches"], &[]))
    }

    /// Counts the sheets.
    fn count(&mut self, sheets: Vec<Sheet>, memory: &mut Memory) -> Result<(), SanitizeError> {
        let (mut next, mut first) = (0, None);
        for sheet in sheets {
            self.places.push(sheet.stays.then_some(next));
            if sheet.stays {
                if sheet.is_hidden {
                    self.hidden.insert(next);
                } else {
                    first = first.or(Some(next));
                }
                next += 1;
                if is_sheet_name(&sheet.name) {
                    memory.entry(SHEETS).or_default().insert(sheet.name.to_lowercase());
                }
            }
        }
        if next == 0 {
            return Err(SanitizeError::Malformed { expected: "a workbook with sheets" });
        }
        self.is_dark = first.is_none();
        self.first = first.unwrap_or(0);
        if self.is_dark {
            self.hidden.remove(&0);
        }
        Ok(())
    }

    /// Finds the names that go: those that run or lead out, and those that speak of them.
    fn sift(&mut self, names: &[Name], scene: &mut Scene<'_>) -> Result<(), SanitizeError> {
        let mut speakers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let (mut waiting, mut words) = (Vec::new(), 0_usize);
        let functions = scene.memory.entry(OWN_FUNCTIONS).or_default();
        functions.extend(names.iter().filter(|name| name.is_function()).map(|name| name.key.0.clone()));
        for (at, name) in names.iter().enumerate() {
            if name.runs || !self.belongs(&name.key) || !is_inside(&name.formula, scene.memory) {
                waiting.push(at);
            }
            formula::read(&name.formula, &mut |word| {
                words += 1;
                if let Word::Name(other) | Word::Function(other) = word {
                    speakers.entry(other.to_lowercase()).or_default().push(at);
                }
                words <= MAX_WORDS
            });
        }
        if words > MAX_WORDS {
            return Err(SanitizeError::LimitReached { what: "defined names" });
        }
        let lost = scene.memory.entry(LOST_NAMES).or_default();
        while let Some(name) = waiting.pop().and_then(|at| names.get(at)) {
            self.lost.insert(name.key.clone());
            if lost.insert(name.key.0.clone()) {
                waiting.extend(speakers.get(&name.key.0).into_iter().flatten());
            }
        }
        Ok(())
    }

    /// True if the sheet of a name stays, or if it has none.
    fn belongs(&self, key: &NameKey) -> bool {
        key.1.as_ref().is_none_or(|place| self.place(place).is_some())
    }

    fn place(&self, old: &str) -> Option<usize> {
        old.parse().ok().and_then(|old: usize| self.places.get(old).copied().flatten())
    }
}

impl Grammar for Book {
    fn begin(&mut self, text: &str, scene: &mut Scene<'_>) -> Result<(), SanitizeError> {
        let (sheets, names) = survey(text, scene)?;
        self.count(sheets, scene.memory)?;
        self.sift(&names, scene)?;
        for name in names.iter().filter(|name| self.lost.contains(&name.key)) {
            let code = if name.runs {
                Code::MacroRemoved
            } else if name.formula.contains('[') {
                Code::ExternalReferenceRemoved
            } else {
                Code::FormulaFlattened
            };
            scene.report.add(code);
        }
        Ok(())
    }

    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        match tag.name {
            "x:sheet" => {
                let is_forced = self.is_dark && self.seen == 0;
                if tag.get("state") == Some("veryHidden") || (is_forced && tag.get("state").is_some()) {
                    tag.remove("state");
                    scene.report.add(Code::HiddenSheetShown);
                }
                self.seen += 1;
            }
            "x:pivotCache" => {
                let id = tag.get("cacheId").unwrap_or_default().to_owned();
                scene.memory.entry(CACHES).or_default().insert(id);
            }
            "x:workbookView" => {
                let active = tag.get("activeTab").map_or(Some(0), |tab| self.place(tab));
                let active = active.filter(|tab| self.places.len() > *tab && !self.hidden.contains(tab));
                let active = active.unwrap_or(self.first);
                if active == 0 {
                    tag.remove("activeTab");
                } else {
                    tag.set("activeTab", active.to_string());
                }
                let first = tag.get("firstSheet").and_then(|tab| self.place(tab)).filter(|tab| *tab > 0);
                match first {
                    Some(first) => tag.set("firstSheet", first.to_string()),
                    None => {
                        tag.remove("firstSheet");
                    }
                }
            }
            "x:definedName" => {
                let sheet = tag.get("localSheetId").map(str::to_owned);
                let key = (tag.get("name").unwrap_or_default().to_lowercase(), sheet);
                if self.lost.contains(&key) || !self.belongs(&key) {
                    return Step::Drop;
                }
                if let Some(place) = key.1.and_then(|place| self.place(&place)) {
                    tag.set("localSheetId", place.to_string());
                }
            }
            _ => {}
        }
        self.tidy().open();
        Step::Keep
    }

    fn text(&mut self, name: &'static str, text: &mut String, scene: &mut Scene<'_>) {
        // As it is written, whatever was learned of it before.
        self.is_bad = name == "x:definedName" && !is_inside(text, scene.memory);
        if self.is_bad {
            scene.report.add(Code::FormulaFlattened);
        }
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        let goes = name == "x:definedName" && std::mem::take(&mut self.is_bad);
        self.tidy().close(name, from, goes, scene);
    }
}

/// Reads sheets and names before anything is written.
fn survey(text: &str, scene: &Scene<'_>) -> Result<(Vec<Sheet>, Vec<Name>), SanitizeError> {
    let mut reader = Reader::new(text);
    let (mut sheets, mut names) = (Vec::new(), Vec::<Name>::new());
    // Elements that are open, from the name on. Text in others than the name is not written.
    let mut depth = 0_usize;
    loop {
        match reader.next()? {
            Item::Open(element) if element.is("x", "sheet") => {
                sheets.push(sheet(&element, scene));
                depth += usize::from(depth > 0);
            }
            Item::Open(element) if element.is("x", "definedName") => {
                names.push(name(&element));
                depth = 1;
            }
            Item::Open(_) => depth += usize::from(depth > 0),
            Item::Text(text) if depth == 1 => {
                if let Some(name) = names.last_mut() {
                    name.formula.push_str(&text);
                }
            }
            Item::Text(_) => {}
            Item::Close => depth = depth.saturating_sub(1),
            Item::End => return Ok((sheets, names)),
        }
    }
}

fn sheet(element: &Element<'_>, scene: &Scene<'_>) -> Sheet {
    let id = element.attributes.iter().find(|found| found.local == "id" && found.space != 0);
    let goal = id.and_then(|id| scene.goals.get(id.value.as_ref()));
    Sheet {
        name: element.attribute("name").unwrap_or_default().to_owned(),
        is_hidden: element.attribute("state") == Some("hidden"),
        stays: matches!(goal, Some(Goal::Part("worksheet" | "chartsheet"))),
    }
}

fn name(element: &Element<'_>) -> Name {
    let is = |attribute| element.attribute(attribute).is_some_and(|value| matches!(value.trim(), "1" | "true"));
    let name = element.attribute("name").unwrap_or_default().to_lowercase();
    let own = name.strip_prefix("_xlnm.");
    let plain = own.unwrap_or(&name);
    let runs = is("xlm")
        || is("function")
        || is("vbProcedure")
        || own.is_some_and(|own| !OWN.contains(&own))
        || ["auto_open", "auto_close", "auto_activate", "auto_deactivate"].iter().any(|auto| plain.starts_with(auto));
    let sheet = element.attribute("localSheetId").map(str::to_owned);
    Name { key: (name, sheet), formula: String::new(), runs }
}
