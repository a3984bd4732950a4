//! The laws of every sanitizer, as one check for any input.

use sanitizer_api::{Budget, Code, Hints};

use crate::samples::{Sample, sanitize};

/// Panics if a law breaks on `input`, on cuts of it, or on it with one byte changed.
pub(crate) fn hold(input: &[u8]) {
    one(input);
    for step in 0..32 {
        one(&input[..input.len() * step / 32]);
        let mut changed = input.to_vec();
        if let Some(byte) = changed.get_mut(input.len() * step / 32) {
            *byte ^= 1 << (step % 8);
        }
        one(&changed);
    }
}

fn one(input: &[u8]) {
    let sanitizer = crate::sanitizer_for("ooxml-word").unwrap();
    let mut budget = Budget::generous();
    let Ok(rebuilt) = sanitizer.sanitize(input, Hints::default(), &mut budget) else { return };
    assert_eq!(Budget::generous().output_bytes - budget.output_bytes, rebuilt.bytes.len() as u64);
    assert_eq!(sanitize(input).as_ref(), Ok(&rebuilt));
    let again = sanitize(&rebuilt.bytes).unwrap();
    assert!(again.bytes == rebuilt.bytes, "not its own fixed point");
    assert_eq!((again.findings, again.links), (vec![], vec![]));
    let small = &mut Budget { output_bytes: 100, ..Budget::generous() };
    assert!(sanitizer.sanitize(input, Hints::default(), small).is_err());
    assert_eq!(small.output_bytes, 100);
}

#[test]
fn the_laws_hold_for_a_document_with_everything() {
    hold(&crate::word::tests::everything().bytes());
}

#[test]
fn a_bomb_is_refused_before_it_is_inflated() {
    let mut sample = Sample::document("<w:p/>");
    sample.members.insert("word/document.xml".to_owned(), vec![b' '; 30_000_000]);
    assert!(matches!(sample.sanitize(), Err(sanitizer_api::SanitizeError::LimitReached { .. })));
    let mut beside = Sample::document("<w:p/>");
    beside.members.insert("word/bomb.xml".to_owned(), vec![b' '; 30_000_000]);
    assert_eq!(beside.count(Code::UnknownPartRemoved), 1);
}

#[test]
fn deep_mark_up_is_refused() {
    let body = format!("{}{}", "<w:sdt>".repeat(100_000), "</w:sdt>".repeat(100_000));
    assert!(Sample::document(&body).sanitize().is_err());
    let body = format!("{}{}", "<x>".repeat(100_000), "</x>".repeat(100_000));
    assert!(Sample::document(&body).sanitize().is_err());
}

mod random {
    use proptest::prelude::*;

    use super::one;
    use crate::samples::Sample;

    /// Pieces of mark-up that matter, in any order, some of them unbalanced.
    fn body() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<w:p>",
            "</w:p>",
            "<w:p/>",
            "<w:r>",
            "</w:r>",
            "<w:t>手</w:t>",
            "<w:t/>",
            "<w:t xml:space='preserve'> a</w:t>",
            "<w:tbl><w:tr><w:tc/></w:tr></w:tbl>",
            "<w:tc>",
            "</w:tc>",
            "<w:drawing/>",
            "<mc:AlternateContent>",
            "</mc:AlternateContent>",
            "<mc:Choice Requires='wps'>",
            "<mc:Choice Requires='v2'>",
            "</mc:Choice>",
            "<mc:Fallback>",
            "</mc:Fallback>",
            "<w:smartTag>",
            "</w:smartTag>",
            "<w:hyperlink r:id='rId7'>",
            "<w:hyperlink w:anchor='a'>",
            "</w:hyperlink>",
            "<w:fldSimple w:instr='PAGE'>",
            "<w:fldSimple w:instr='DDE a'>",
            "</w:fldSimple>",
            "<w:r><w:fldChar w:fldCharType='begin'/></w:r>",
            "<w:r><w:fldChar w:fldCharType='separate'/></w:r>",
            "<w:r><w:fldChar w:fldCharType='end'/></w:r>",
            "<w:r><w:instrText>PAGE</w:instrText></w:r>",
            "<w:r><w:instrText>DDE</w:instrText></w:r>",
            "<w:object>",
            "</w:object>",
            "<v:shape>",
            "</v:shape>",
            "<w:txbxContent>",
            "</w:txbxContent>",
            "<w:pict>",
            "</w:pict>",
            "<w:b w:val='1' e='&amp;'/>",
            "&lt;",
            "]]>",
            "<![CDATA[x]]>",
            "<!-- -->",
            "<?x y?>",
            "&#x0;",
            "\u{1}",
            "<w:footnote>",
            "</w:footnote>",
        ]);
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    /// The same elements, balanced.
    fn tree() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "w:p",
            "w:r",
            "w:r",
            "w:tbl",
            "w:tr",
            "w:tc",
            "w:sdt",
            "w:sdtContent",
            "w:smartTag",
            "w:hyperlink r:id='rId7'",
            "w:hyperlink w:anchor='a'",
            "w:fldSimple w:instr='PAGE'",
            "w:fldSimple w:instr='DDE a'",
            "w:object",
            "w:pict",
            "v:shape style='a:b'",
            "w:txbxContent",
            "w:drawing",
            "a:graphicData uri='x'",
            "wps:wsp",
            "mc:AlternateContent",
            "mc:Choice Requires='wps'",
            "mc:Choice Requires='e'",
            "mc:Fallback",
            "e:x",
            ".<w:r><w:t>手 </w:t></w:r>",
            ".<w:t/>",
            ".<w:fldChar w:fldCharType='begin'/>",
            ".<w:fldChar w:fldCharType='separate'/>",
            ".<w:fldChar w:fldCharType='end'/>",
            ".<w:fldChar w:fldCharType='begin'/><w:instrText>PAGE</w:instrText>",
            ".<w:instrText> DDE</w:instrText>",
            ".text &amp; ",
            "/",
            "/",
            "/",
            "/",
        ]);
        prop::collection::vec(piece, 0..60).prop_map(|pieces| {
            let (mut text, mut open) = (String::new(), Vec::<String>::new());
            for piece in pieces {
                if piece == "/" {
                    text.push_str(&open.pop().unwrap_or_default());
                } else if let Some(leaf) = piece.strip_prefix('.') {
                    text.push_str(leaf);
                } else {
                    let name = piece.split(' ').next().unwrap();
                    open.push(format!("</{name}>"));
                    text.push_str(&format!("<{piece}>"));
                }
            }
            open.into_iter().rev().fold(text, |text, end| text + &end)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_laws_hold_for_any_mark_up(text in body()) {
            let mut sample = Sample::document(&text);
            sample.lead("word/document.xml", "rId7", "hyperlink", "http://a.example/");
            one(&sample.bytes());
        }

        #[test]
        fn the_laws_hold_for_any_tree(text in tree()) {
            let mut sample = Sample::document(&text.replace("e:x", "e:x xmlns:e='urn:e'").replace("</e:x xmlns:e='urn:e'>", "</e:x>").replace("Requires='e'", "Requires='e' xmlns:e='urn:e'"));
            sample.lead("word/document.xml", "rId7", "hyperlink", "http://a.example/");
            prop_assert!(sample.sanitize().is_ok());
            one(&sample.bytes());
        }

        #[test]
        fn the_laws_hold_for_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            one(&bytes);
            one(&[b"PK\x05\x06".as_slice(), &bytes].concat());
        }
    }
}
