//! Pivot tables whose numbers stand in the same workbook.
//!
//! Refuses: numbers from connections, other files and cubes, and formulas that lead out; the cells of such a table keep
//! their values. Invariant: a pivot table is written only with its cache, and a cache only with a source inside.

use super::formula::is_inside;
use crate::xml::filter::Memory;
use crate::xml::reader::{Item, Reader};
use crate::xml::table::Value::{OneOf, Rel, Text, Token};
use crate::xml::table::{Row, Vocabulary, keep};

/// Memory: ids of the caches that are written.
pub(crate) const CACHES: &str = "caches";

const TABLE_ROWS: &[Row] = &[
    keep(
        "x:pivotTableDefinition",
        &[
            (
                Text,
                "name dataCaption grandTotalCaption errorCaption missingCaption pageStyle pivotTableStyle vacatedStyle tag \
                rowHeaderCaption colHeaderCaption",
            ),
            (
                Token,
                "cacheId dataOnRows dataPosition autoFormatId applyNumberFormats applyBorderFormats applyFontFormats \
                 applyPatternFormats applyAlignmentFormats applyWidthHeightFormats showError showMissing updatedVersion \
                 minRefreshableVersion asteriskTotals showItems editData disableFieldList showCalcMbrs visualTotals \
                 showMultipleLabel showDataDropDown showDrill printDrill showMemberPropertyTips showDataTips \
                 enableWizard enableDrill enableFieldProperties preserveFormatting useAutoFormatting pageWrap \
                 pageOverThenDown subtotalHiddenItems rowGrandTotals colGrandTotals fieldPrintTitles itemPrintTitles \
                 mergeItem showDropZones createdVersion indent showEmptyRow showEmptyCol showHeaders compact outline \
                 outlineData compactData published gridDropZones immersive multipleFieldFilters chartFormat \
                 fieldListSortAscending mdxSubqueries customListSort",
            ),
        ],
    ),
    keep("x:location", &[(Token, "ref firstHeaderRow firstDataRow firstDataCol rowPageCount colPageCount")]),
    keep(
        "x:pivotFields x:items x:references x:rowFields x:colFields x:rowItems x:colItems x:pageFields x:dataFields x:formats \
          x:conditionalFormats x:pivotAreas x:chartFormats x:filters",
        &[(Token, "count")],
    ),
    keep("x:autoSortScope", &[]),
    keep(
        "x:pivotField",
        &[
            (Text, "name subtotalCaption"),
            (
                Token,
                "axis dataField showDropDowns hiddenLevel compact allDrilled numFmtId outline subtotalTop dragToRow dragToCol \
                 multipleItemSelectionAllowed dragToPage dragToData dragOff showAll insertBlankRow serverField \
                 insertPageBreak autoShow topAutoShow hideNewItems measureFilter includeNewItemsInFilter itemPageCount \
                 sortType dataSourceSort nonAutoSortDefault rankBy defaultSubtotal sumSubtotal countASubtotal \
                 avgSubtotal maxSubtotal minSubtotal productSubtotal countSubtotal stdDevSubtotal stdDevPSubtotal \
                 varSubtotal varPSubtotal showPropCell showPropTip showPropAsCaption defaultAttributeDrillState",
            ),
        ],
    ),
    keep("x:item", &[(Text, "n"), (Token, "t h s sd f m c x d e")]),
    keep(
        "x:pivotArea",
        &[(
            Token,
            "field type dataOnly labelOnly grandRow grandCol cacheIndex outline offset \
             collapsedLevelsAreSubtotals axis fieldPosition",
        )],
    ),
    keep(
        "x:reference",
        &[(
            Token,
            "field count selected byPosition relative defaultSubtotal sumSubtotal countASubtotal avgSubtotal \
             maxSubtotal minSubtotal productSubtotal countSubtotal stdDevSubtotal stdDevPSubtotal varSubtotal \
             varPSubtotal",
        )],
    ),
    keep("x:field", &[(Token, "x")]),
    keep("x:x", &[(Token, "v")]),
    keep("x:i", &[(Token, "t r i")]),
    keep("x:pageField", &[(Text, "name cap"), (Token, "fld item hier")]),
    keep("x:dataField", &[(Text, "name"), (Token, "fld subtotal showDataAs baseField baseItem numFmtId")]),
    keep("x:format", &[(Token, "action dxfId")]),
    keep("x:conditionalFormat", &[(Token, "scope type priority")]),
    keep("x:chartFormat", &[(Token, "chart format series")]),
    keep(
        "x:pivotTableStyleInfo",
        &[(Text, "name"), (Token, "showRowHeaders showColHeaders showRowStripes showColStripes showLastColumn")],
    ),
    keep(
        "x:filter",
        &[
            (Text, "name description stringValue1 stringValue2 val"),
            (Token, "fld mpFld type evalOrder id iMeasureHier iMeasureFld"),
        ],
    ),
    keep("x:autoFilter", &[(Token, "ref")]),
    keep("x:filterColumn", &[(Token, "colId hiddenButton showButton")]),
    keep("x:top10", &[(Token, "top percent val filterVal")]),
    keep("x:customFilters", &[(Token, "and")]),
    keep("x:customFilter", &[(Token, "operator"), (Text, "val")]),
    keep("x:dynamicFilter", &[(Token, "type val valIso maxVal maxValIso")]),
];

/// Pivot tables.
pub(crate) static TABLE: Vocabulary = Vocabulary::new(&["x:pivotTableDefinition"], &[], &[TABLE_ROWS]);

/// Values of caches and their records.
const VALUES: &[Row] = &[
    keep("x:m", &[(Token, "u f in bc fc i un st b"), (Text, "c")]),
    keep("x:n", &[(Token, "v u f in bc fc i un st b"), (Text, "c")]),
    keep("x:e x:s", &[(Token, "u f in bc fc i un st b"), (Text, "v c")]),
    keep("x:b x:d", &[(Token, "v u f"), (Text, "c")]),
    keep("x:x", &[(Token, "v")]),
];

const CACHE_ROWS: &[Row] = &[
    keep(
        "x:pivotCacheDefinition",
        &[
            (Rel(&["records"]), "r:id"),
            (Text, "refreshedBy"),
            (
                Token,
                "invalid saveData refreshOnLoad optimizeMemory enableRefresh refreshedDateIso refreshedDate missingItemsLimit \
                 createdVersion refreshedVersion minRefreshableVersion recordCount upgradeOnRefresh tupleCache \
                 supportSubquery supportAdvancedDrill",
            ),
        ],
    ),
    keep("x:cacheSource", &[(OneOf(&["worksheet"]), "type")]),
    keep("x:worksheetSource", &[(Token, "ref"), (Text, "name sheet")]),
    keep("x:cacheFields x:discretePr x:groupItems", &[(Token, "count")]),
    keep(
        "x:cacheField",
        &[
            (Text, "name caption formula"),
            (
                Token,
                "serverField uniqueList numFmtId sqlType hierarchy level databaseField mappingCount memberPropertyField",
            ),
        ],
    ),
    keep(
        "x:sharedItems",
        &[(
            Token,
            "containsSemiMixedTypes containsNonDate containsDate containsString containsBlank \
             containsMixedTypes containsNumber containsInteger minValue maxValue minDate maxDate count longText",
        )],
    ),
    keep("x:fieldGroup", &[(Token, "par base")]),
    keep("x:rangePr", &[(Token, "autoStart autoEnd groupBy startNum endNum startDate endDate groupInterval")]),
];

/// Caches.
pub(crate) static CACHE: Vocabulary = Vocabulary::new(&["x:pivotCacheDefinition"], &[], &[CACHE_ROWS, VALUES]);

const RECORDS_ROWS: &[Row] = &[keep("x:pivotCacheRecords", &[(Token, "count")]), keep("x:r", &[])];

/// Records of caches.
pub(crate) static RECORDS: Vocabulary = Vocabulary::new(&["x:pivotCacheRecords"], &[], &[RECORDS_ROWS, VALUES]);

/// True if the numbers of a cache stand in the same workbook, and if it counts with nothing that a table does not say.
pub(crate) fn has_source_inside(text: &str, _memory: &Memory) -> bool {
    let mut reader = Reader::new(text);
    let (mut is_sheet, mut has_range) = (false, false);
    loop {
        match reader.next() {
            Ok(Item::Open(element)) if element.is("x", "cacheSource") => {
                is_sheet =
                    element.attribute("type") == Some("worksheet") && element.attribute("connectionId").is_none();
            }
            Ok(Item::Open(element)) if element.is("x", "worksheetSource") => {
                let is_own =
                    |name| !element.attribute(name).unwrap_or_default().contains(['[', ']', '\\', '/', '|', ':']);
                has_range = element.attributes.iter().all(|attribute| attribute.space == 0)
                    && is_own("sheet")
                    && is_own("name");
            }
            Ok(Item::Open(element)) if element.is("x", "cacheField") => {
                if element.attribute("formula").is_some_and(|formula| !is_inside(formula, &Memory::new())) {
                    return false;
                }
            }
            Ok(Item::Open(element)) => {
                let others = ["consolidation", "calculatedItems", "calculatedMembers", "cacheHierarchies", "kpis"];
                if others.iter().any(|other| element.is("x", other)) {
                    return false;
                }
            }
            Ok(Item::Text(_) | Item::Close) => {}
            Ok(Item::End) => return is_sheet && has_range,
            Err(_) => return false,
        }
    }
}

/// True if the cache of a pivot table is written.
pub(crate) fn has_cache(text: &str, memory: &Memory) -> bool {
    let Ok(Item::Open(root)) = Reader::new(text).next() else { return false };
    let id = root.attribute("cacheId").unwrap_or_default();
    memory.get(CACHES).is_some_and(|caches| caches.contains(id))
}
