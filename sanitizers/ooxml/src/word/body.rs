//! Elements of the text of word processing documents, of their styles and their numbering.
//!
//! Refuses: objects, controls, parts of other formats, bindings to data, macros of form fields. Invariant: rows are
//! those of the schema (ECMA-376 part 1, 17) that can stand below the roots of these parts.

use crate::xml::table::Value::{NeedRel, Outside, Text, Token};
use crate::xml::table::{Row, keep, text, unwrap};

/// `w:`: text, styles, numbering, notes, comments.
pub(crate) const ROWS: &[Row] = &[
    keep(
        "w:annotationRef w:bibliography w:body w:checkBox w:citation w:comments w:continuationSeparator w:cr \
          w:dayLong w:dayShort w:ddList w:docDefaults w:docPartList w:docPartObj w:document w:drawing \
          w:endnotePr w:endnoteRef w:endnotes w:equation w:ffData w:footnotePr w:footnoteRef w:footnotes w:ftr \
          w:group w:hdr w:monthLong w:monthShort w:noBreakHyphen w:numPr w:numbering w:object w:pBdr w:pPr \
          w:pPrDefault w:pgNum w:pict w:picture w:rPr w:rPrDefault w:richText w:rt w:ruby w:rubyBase w:rubyPr \
          w:sdt w:sdtContent w:sdtEndPr w:sdtPr w:separator w:softHyphen w:styles w:tabs w:tbl w:tblBorders \
          w:tblCellMar w:tblCol w:tblGrid w:tblPr w:tblPrEx w:tc w:tcBorders w:tcMar w:tcPr w:textInput w:trPr \
          w:txbxContent w:yearLong w:yearShort",
        &[],
    ),
    keep("w:abstractNum", &[(Token, "w:abstractNumId")]),
    keep(
        "w:abstractNumId w:adjustRightInd w:autoRedefine w:autoSpaceDE w:autoSpaceDN w:b w:bCs w:bdo w:bidi \
          w:bidiVisual w:calcOnExit w:calendar w:cantSplit w:caps w:checked w:contextualSpacing w:cs \
          w:dir w:dirty w:docPartUnique w:dstrike w:effect w:em w:emboss w:enabled w:formProt w:gridAfter \
          w:gridBefore w:gridSpan w:hMerge w:hidden w:hideMark w:highlight w:hps w:hpsBaseText w:hpsRaise \
          w:hyphenationLines w:i w:iCs w:id w:ilvl w:imprint w:isLgl w:jc w:keepLines w:keepNext w:kern \
          w:kinsoku w:lock w:locked w:lvlJc w:lvlPicBulletId w:lvlRestart w:maxLength w:mirrorIndents \
          w:mirrorMargins w:multiLevelType w:noEndnote w:noProof w:noWrap w:nsid w:numId w:numRestart \
          w:numStart w:oMath w:outline w:outlineLvl w:overflowPunct w:pageBreakBefore w:personal \
          w:personalCompose w:personalReply w:pos w:position w:qFormat w:result w:rtl w:rtlGutter w:rubyAlign \
          w:semiHidden w:shadow w:showingPlcHdr w:size w:sizeAuto w:smallCaps w:snapToGrid w:specVanish \
          w:startOverride w:storeMappedDataAs w:strike w:suff w:suppressAutoHyphens w:suppressLineNumbers \
          w:suppressOverlap w:szCs w:tabIndex w:tblHeader w:tblOverlap w:tblStyleColBandSize \
          w:tblStyleRowBandSize w:tcFitText w:temporary w:textAlignment w:textDirection w:textboxTightWrap \
          w:titlePg w:tmGutter w:tmpl w:topLinePunct w:type w:uiPriority w:unhideWhenUsed w:vAlign w:vMerge \
          w:vanish w:vertAlign w:w w:webHidden w:widowControl w:wordWrap",
        &[(Token, "w:val")],
    ),
    keep(
        "w:alias w:aliases w:basedOn w:dateFormat w:default w:docPartCategory w:docPartGallery w:format w:lid w:link \
          w:listEntry w:next w:numStyleLink w:pStyle w:rStyle w:styleLink w:sz w:tag w:tblCaption \
          w:tblDescription w:tblStyle",
        &[(Text, "w:val")],
    ),
    keep("w:br", &[(Token, "m:alnAt m:val w:clear w:type")]),
    keep("w:col", &[(Token, "w:space w:w")]),
    keep("w:cols", &[(Token, "w:equalWidth w:num w:sep w:space")]),
    keep("w:comboBox w:dropDownList", &[(Text, "w:lastValue")]),
    keep(
        "w:commentReference w:customXmlDelRangeEnd w:customXmlInsRangeEnd w:customXmlMoveFromRangeEnd \
          w:customXmlMoveToRangeEnd w:tblGridChange",
        &[(Text, "w:id")],
    ),
    keep("w:date", &[(Token, "w:fullDate")]),
    keep("w:docGrid", &[(Token, "w:charSpace w:linePitch w:type")]),
    keep("w:eastAsianLayout", &[(Token, "w:combine w:combineBrackets w:id w:vert w:vertCompress")]),
    keep("w:endnote w:footnote", &[(Token, "w:id w:type")]),
    keep("w:endnoteReference w:footnoteReference", &[(Token, "w:customMarkFollows w:id")]),
    keep("w:fitText", &[(Token, "w:id w:val")]),
    keep("w:fldChar", &[(Token, "w:dirty w:fldCharType w:fldLock")]),
    keep("w:gridCol", &[(Token, "w:w")]),
    keep(
        "w:ind",
        &[(
            Token,
            "w:end w:endChars w:firstLine w:firstLineChars w:hanging w:hangingChars w:left w:leftChars w:right \
             w:rightChars w:start w:startChars",
        )],
    ),
    keep("w:lang", &[(Text, "w:bidi w:eastAsia w:val")]),
    keep(
        "w:latentStyles",
        &[(Token, "w:count w:defLockedState w:defQFormat w:defSemiHidden w:defUIPriority w:defUnhideWhenUsed")],
    ),
    keep("w:legacy", &[(Token, "w:legacy w:legacyIndent w:legacySpace")]),
    keep("w:listItem", &[(Text, "w:displayText w:value")]),
    keep("w:lnNumType", &[(Token, "w:countBy w:distance w:restart w:start")]),
    keep("w:lvl", &[(Token, "w:ilvl w:tentative w:tplc")]),
    keep("w:lvlOverride", &[(Token, "w:ilvl")]),
    keep("w:num", &[(Token, "w:durableId w:numId")]),
    keep("w:numPicBullet", &[(Token, "w:numPicBulletId")]),
    keep("w:p", &[(Token, "w14:paraId w14:textId w:rsidDel w:rsidP w:rsidR w:rsidRDefault w:rsidRPr")]),
    keep("w:paperSrc", &[(Token, "w:first w:other")]),
    keep("w:permEnd", &[(Token, "w:displacedByCustomXml w:id")]),
    keep("w:pgBorders", &[(Token, "w:display w:offsetFrom w:zOrder")]),
    keep("w:pgMar", &[(Token, "w:bottom w:footer w:gutter w:header w:left w:right w:top")]),
    keep("w:pgNumType", &[(Token, "w:chapSep w:chapStyle w:fmt w:start")]),
    keep("w:pgSz", &[(Token, "w:code w:h w:orient w:w")]),
    keep("w:ptab", &[(Token, "w:alignment w:leader w:relativeTo")]),
    keep("w:r", &[(Token, "w:rsidDel w:rsidR w:rsidRPr")]),
    keep("w:sectPr", &[(Token, "w:rsidDel w:rsidR w:rsidRPr w:rsidSect")]),
    keep(
        "w:spacing",
        &[(
            Token,
            "w:after w:afterAutospacing w:afterLines w:before w:beforeAutospacing w:beforeLines w:line \
             w:lineRule w:val",
        )],
    ),
    keep("w:tab", &[(Token, "w:leader w:pos w:val")]),
    keep("w:tblCellSpacing w:tblInd w:tblW w:tcW w:wAfter w:wBefore", &[(Token, "w:type w:w")]),
    keep("w:tblLayout w:tblStylePr", &[(Token, "w:type")]),
    keep("w:tblLook", &[(Token, "w:firstColumn w:firstRow w:lastColumn w:lastRow w:noHBand w:noVBand w:val")]),
    keep(
        "w:tblpPr",
        &[(
            Token,
            "w:bottomFromText w:horzAnchor w:leftFromText w:rightFromText w:tblpX w:tblpXSpec w:tblpY w:tblpYSpec \
             w:topFromText w:vertAnchor",
        )],
    ),
    keep("w:text", &[(Token, "w:multiLine")]),
    keep("w:tmSection", &[(Token, "w:h")]),
    keep("w:tr", &[(Token, "w14:paraId w14:textId w:rsidDel w:rsidR w:rsidRPr w:rsidTr")]),
    keep("w:trHeight", &[(Token, "w:hRule w:val")]),
    keep("w:background", &[(Text, "w:color w:themeShade w:themeTint"), (Token, "w:themeColor")]),
    keep(
        "w:bar w:bdr w:between w:insideH w:insideV w:tl2br w:tr2bl",
        &[(Text, "w:color w:themeShade w:themeTint"), (Token, "w:frame w:shadow w:space w:sz w:themeColor w:val")],
    ),
    keep(
        "w:bookmarkEnd w:commentRangeEnd w:commentRangeStart w:moveFromRangeEnd w:moveToRangeEnd",
        &[(Text, "w:id"), (Token, "w:displacedByCustomXml")],
    ),
    keep("w:bookmarkStart", &[(Text, "w:id w:name"), (Token, "w:colFirst w:colLast w:displacedByCustomXml")]),
    keep(
        "w:bottom w:end w:left w:right w:start w:top",
        &[
            (Text, "w:color w:themeShade w:themeTint"),
            (Token, "w:frame w:shadow w:space w:sz w:themeColor w:type w:val w:w"),
        ],
    ),
    keep(
        "w:cellDel w:cellIns w:customXmlDelRangeStart w:customXmlInsRangeStart w:customXmlMoveFromRangeStart \
          w:customXmlMoveToRangeStart w:del w:ins w:moveFrom w:moveTo w:pPrChange w:rPrChange w:sectPrChange \
          w:tblPrChange w:tblPrExChange w:tcPrChange w:trPrChange",
        &[(Text, "w:author w:id"), (Token, "w:date")],
    ),
    keep("w:cellMerge", &[(Text, "w:author w:id"), (Token, "w:date w:vMerge w:vMergeOrig")]),
    keep(
        "w:cnfStyle",
        &[
            (Text, "w:val"),
            (
                Token,
                "w:evenHBand w:evenVBand w:firstColumn w:firstRow w:firstRowFirstColumn w:firstRowLastColumn \
             w:lastColumn w:lastRow w:lastRowFirstColumn w:lastRowLastColumn w:oddHBand w:oddVBand",
            ),
        ],
    ),
    keep("w:color", &[(Text, "w:themeShade w:themeTint w:val"), (Token, "w:themeColor")]),
    keep("w:comment", &[(Text, "w:author w:id w:initials"), (Token, "w:date")]),
    keep("w:fldSimple", &[(Text, "w:instr"), (Token, "w:dirty w:fldLock")]),
    keep("w:footerReference", &[(NeedRel(&["footer"]), "r:id"), (Token, "w:type")]),
    keep(
        "w:framePr",
        &[
            (Text, "fillcolor"),
            (
                Token,
                "w:anchorLock w:dropCap w:h w:hAnchor w:hRule w:hSpace w:lines w:vAnchor w:vSpace w:w w:wrap w:x \
             w:xAlign w:y w:yAlign",
            ),
        ],
    ),
    keep("w:headerReference", &[(NeedRel(&["header"]), "r:id"), (Token, "w:type")]),
    keep("w:helpText w:statusText", &[(Text, "w:val"), (Token, "w:type")]),
    keep(
        "w:lsdException",
        &[(Text, "w:name"), (Token, "w:locked w:qFormat w:semiHidden w:uiPriority w:unhideWhenUsed")],
    ),
    keep("w:lvlText", &[(Text, "w:val"), (Token, "w:null")]),
    keep(
        "w:moveFromRangeStart w:moveToRangeStart",
        &[(Text, "w:author w:id w:name"), (Token, "w:colFirst w:colLast w:date w:displacedByCustomXml")],
    ),
    keep("w:name", &[(Text, "w:val"), (Token, "w:decorated")]),
    keep("w:numFmt", &[(Text, "w:format"), (Token, "w:val")]),
    keep("w:numberingChange", &[(Text, "w:author w:id w:original"), (Token, "w:date")]),
    keep("w:permStart", &[(Text, "w:ed"), (Token, "w:colFirst w:colLast w:displacedByCustomXml w:edGrp w:id")]),
    keep(
        "w:rFonts",
        &[
            (Text, "w:ascii w:cs w:eastAsia w:hAnsi"),
            (Token, "w:asciiTheme w:cstheme w:eastAsiaTheme w:hAnsiTheme w:hint"),
        ],
    ),
    keep(
        "w:shd",
        &[
            (Text, "w:color w:fill w:themeFillShade w:themeFillTint w:themeShade w:themeTint"),
            (Token, "w:themeColor w:themeFill w:val"),
        ],
    ),
    keep("w:style", &[(Text, "w:styleId w:val"), (Token, "w:customStyle w:default w:type")]),
    keep("w:sym", &[(Text, "w:font"), (Token, "w:char")]),
    keep("w:u", &[(Text, "w:color w:themeShade w:themeTint"), (Token, "w:themeColor w:val")]),
    keep("w:hyperlink", &[(Outside, "r:id"), (Text, "w:anchor"), (Token, "w:history")]),
    text("w:delInstrText w:delText w:instrText w:t", &[(Token, "xml:space")]),
    unwrap("w:smartTag w:customXml"),
];
