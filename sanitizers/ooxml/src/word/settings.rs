//! Settings of word processing documents.
//!
//! Refuses: templates, mail merge, schemas, transformations, document variables, what makes Word ask when it opens the
//! file. Invariant: rows are of layout and of protection only.

use sanitizer_api::Code;

use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, drop, keep};

/// `w:`: settings.
pub(crate) const ROWS: &[Row] = &[
    keep("w:compat w:endnotePr w:footnotePr w:settings", &[]),
    keep(
        "w:adjustLineHeightInTable w:alignBordersAndEdges w:alignTablesRowByRow w:allowSpaceOfSameStyleInTable \
          w:applyBreakingRules w:autoFormatOverride w:autoHyphenation w:autoSpaceLikeWord95 \
          w:autofitToFirstFixedWidthCell w:balanceSingleByteDoubleByteWidth w:bookFoldPrinting \
          w:bookFoldPrintingSheets w:bookFoldRevPrinting w:bordersDoNotSurroundFooter \
          w:bordersDoNotSurroundHeader w:cachedColBalance w:characterSpacingControl w:consecutiveHyphenLimit \
          w:defaultTabStop w:displayBackgroundShape w:displayHangulFixedWidth \
          w:displayHorizontalDrawingGridEvery w:displayVerticalDrawingGridEvery w:doNotAutofitConstrainedTables \
          w:doNotBreakConstrainedForcedTable w:doNotBreakWrappedTables w:doNotExpandShiftReturn \
          w:doNotHyphenateCaps w:doNotLeaveBackslashAlone w:doNotShadeFormData w:doNotSnapToGridInCell \
          w:doNotSuppressIndentation w:doNotSuppressParagraphBorders w:doNotTrackFormatting w:doNotTrackMoves \
          w:doNotUseEastAsianBreakRules w:doNotUseHTMLParagraphAutoSpacing w:doNotUseIndentAsNumberingTabStop \
          w:doNotUseMarginsForDrawingGridOrigin w:doNotVertAlignCellWithSp w:doNotVertAlignInTxbx \
          w:doNotWrapTextWithPunct w:drawingGridHorizontalOrigin w:drawingGridHorizontalSpacing \
          w:drawingGridVerticalOrigin w:drawingGridVerticalSpacing w:evenAndOddHeaders w:footnoteLayoutLikeWW8 \
          w:forgetLastTabAlignment w:growAutofit w:gutterAtTop w:hideGrammaticalErrors w:hideSpellingErrors \
          w:hyphenationZone w:layoutRawTableWidth w:layoutTableRowsApart w:lineWrapLikeWord6 w:mirrorMargins \
          w:mwSmallCaps w:noColumnBalance w:noExtraLineSpacing w:noLeading w:noPunctuationKerning \
          w:noSpaceRaiseLower w:noTabHangInd w:numRestart w:numStart w:pos w:printBodyTextBeforeHeader \
          w:printColBlack w:printFormsData w:printFractionalCharacterWidth w:printPostScriptOverText \
          w:printTwoOnOne w:selectFldWithFirstOrLastChar w:shapeLayoutLikeWW8 w:showBreaksInFrames w:spaceForUL \
          w:spacingInWholePoints w:splitPgBreakAndParaMark w:strictFirstAndLastChars w:styleLockQFSet \
          w:styleLockTheme w:subFontBySize w:summaryLength w:suppressBottomSpacing w:suppressSpBfAfterPgBrk \
          w:suppressSpacingAtTopOfPage w:suppressTopSpacing w:suppressTopSpacingWP w:swapBordersFacingPages \
          w:trackRevisions w:truncateFontHeightsLikeWP6 w:ulTrailSpace w:underlineTabInNumList \
          w:useAltKinsokuLineBreakRules w:useAnsiKerningPairs w:useFELayout w:useNormalStyleForList \
          w:usePrinterMetrics w:useSingleBorderforContiguousCells w:useWord2002TableStyleRules \
          w:useWord97LineBreakRules w:view w:wpJustification w:wpSpaceWidth w:wrapTrailSpaces",
        &[(Token, "w:val")],
    ),
    keep(
        "w:clrSchemeMapping",
        &[(
            Token,
            "w:accent1 w:accent2 w:accent3 w:accent4 w:accent5 w:accent6 w:bg1 w:bg2 w:followedHyperlink \
             w:hyperlink w:t1 w:t2",
        )],
    ),
    keep("w:decimalSymbol w:listSeparator", &[(Text, "w:val")]),
    keep("w:endnote w:footnote", &[(Token, "w:id w:type")]),
    keep("w:noLineBreaksAfter w:noLineBreaksBefore", &[(Text, "w:lang w:val")]),
    keep("w:revisionView", &[(Token, "w:comments w:formatting w:inkAnnotations w:insDel w:markup")]),
    keep("w:themeFontLang", &[(Text, "w:bidi w:eastAsia w:val")]),
    keep("w:zoom", &[(Token, "w:percent w:val")]),
    keep("w:compatSetting", &[(Text, "w:uri w:val"), (Token, "w:name")]),
    keep(
        "w:documentProtection",
        &[
            (
                Text,
                "w:algIdExtSource w:algorithmName w:cryptProvider w:cryptProviderTypeExtSource w:hash w:hashValue \
             w:salt w:saltValue",
            ),
            (
                Token,
                "w:algIdExt w:cryptAlgorithmClass w:cryptAlgorithmType w:cryptProviderType w:cryptProviderTypeExt \
             w:cryptSpinCount w:edit w:enforcement w:formatting w:spinCount",
            ),
        ],
    ),
    keep("w:numFmt", &[(Text, "w:format"), (Token, "w:val")]),
    drop(Code::ExternalReferenceRemoved, "w:mailMerge"),
];
