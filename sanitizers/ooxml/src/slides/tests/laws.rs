//! Laws of slides: no panic, own fixed point, the same bytes each time, and nothing of what was grafted in.

use proptest::prelude::*;
use sanitizer_api::{Budget, Code, Hints, Rebuilt};

use super::deck::{Deck, sanitize};
use super::shape;

#[test]
fn what_is_grafted_in_leaves_no_trace() {
    let plain = Deck::new(&shape(2, "市", ""), "");
    let clean = plain.rebuilt();
    let grafts = [
        (
            "ppt/presentation.xml",
            "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
            "application/vnd.ms-office.vbaProject",
            Code::MacroRemoved,
        ),
        ("ppt/presentation.xml", "font", "application/x-fontdata", Code::FontRemoved),
        ("ppt/presentation.xml", "customXml", "application/xml", Code::MetadataRemoved),
        (
            "ppt/slide.xml",
            "tags",
            "application/vnd.openxmlformats-officedocument.presentationml.tags+xml",
            Code::MetadataRemoved,
        ),
        ("ppt/slide.xml", "control", "application/vnd.ms-office.activeX+xml", Code::ActiveContentRemoved),
        ("ppt/slide.xml", "video", "video/mp4", Code::EmbeddedObjectRemoved),
        (
            "ppt/slide.xml",
            "oleObject",
            "application/vnd.openxmlformats-officedocument.oleObject",
            Code::EmbeddedObjectRemoved,
        ),
        ("ppt/slide.xml", "urn:anything", "application/x-anything", Code::UnknownPartRemoved),
        // A part that calls itself a slide, but which nothing may lead to.
        (
            "ppt/theme.xml",
            "slide",
            "application/vnd.openxmlformats-officedocument.presentationml.slide+xml",
            Code::UnknownPartRemoved,
        ),
    ];
    for (source, relation, kind, code) in grafts {
        let mut deck = plain.clone();
        deck.part("ppt/media/image99.png", kind, "<x/>");
        deck.relate(source, "rId77", relation, "/ppt/media/image99.png");
        let found = deck.rebuilt();
        assert_eq!(found.0.bytes, clean.0.bytes, "{relation}");
        assert!(found.tells(code), "{relation}: {:?}", found.0.findings);
    }
}

#[test]
fn elements_that_are_not_listed_leave_no_trace() {
    let plain = Deck::new(&shape(2, "市", ""), "");
    let graft = "<p:custDataLst><p:tags r:id=\"rId9\"/></p:custDataLst><p:controls><p:control r:id=\"rId9\"/></p:controls>\
                 <p:extLst><p:ext uri=\"{X}\"><p:x/></p:ext></p:extLst><x:y xmlns:x=\"urn:x\">z</x:y>stray";
    let clean = plain.rebuilt();
    let mut deck = plain.clone();
    let slide = plain.text("ppt/slide.xml").replace("</p:cSld>", &format!("{graft}</p:cSld>{graft}"));
    deck.part("ppt/slide.xml", "application/vnd.openxmlformats-officedocument.presentationml.slide+xml", &slide);
    assert_eq!(deck.rebuilt().0.bytes, clean.0.bytes);
}

#[test]
fn a_deck_over_the_budget_is_refused() {
    let bytes = Deck::new(&shape(2, "市", ""), "").bytes();
    let mut budget = Budget { output_bytes: 500, ..Budget::generous() };
    assert!(crate::sanitizer_for("ooxml-powerpoint").unwrap().sanitize(&bytes, Hints::default(), &mut budget).is_err());
}

const PIECES: &[&str] = &[
    "<p:graphicFrame>",
    "</p:graphicFrame>",
    "<p:oleObj>",
    "</p:oleObj>",
    "<p:pic>",
    "</p:pic>",
    "<a:graphicData>",
    "</a:graphicData>",
    "<p:timing>",
    "</p:timing>",
    "<p:par>",
    "</p:par>",
    "<p:childTnLst>",
    "</p:childTnLst>",
    "<p:set/>",
    "<p:cmd/>",
    "<p:tgtEl/>",
    "<p:spTgt spid=\"2\"/>",
    "<a:hlinkClick r:id=\"rId1\" action=\"ppaction://hlinksldjump\"/>",
    "<p:cNvPr id=\"2\"/>",
    "<c:chart r:id=\"rId1\"/>",
    "<a:blip r:embed=\"rId1\"/>",
    "<p:bldLst/>",
    "<a:t>字&amp;</a:t>",
    "<",
    "<mc:AlternateContent>",
    "</mc:AlternateContent>",
    "<mc:Choice Requires=\"a14\">",
    "</mc:Choice>",
    "<mc:Fallback>",
    "</mc:Fallback>",
    "<p:extLst>",
    "</p:extLst>",
];

/// Panics unless `clean` comes out as it is, with nothing to tell.
pub(super) fn stable(clean: &Rebuilt) {
    let again = sanitize(&clean.bytes).unwrap();
    assert!(again.bytes == clean.bytes, "not its own fixed point");
    assert_eq!((again.findings, again.links), (vec![], vec![]));
}

/// Shapes of random pieces, always balanced.
fn tree() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(PIECES).prop_map(|piece| match piece.strip_prefix('<') {
        Some(name) if !piece.contains('/') && name.len() > 1 => {
            format!("{piece}</{}", name.split(' ').next().unwrap().trim_end_matches('>')) + ">"
        }
        _ if piece.starts_with("</") || piece == "<" => String::new(),
        _ => piece.to_owned(),
    });
    leaf.prop_recursive(8, 60, 6, |inner| {
        (proptest::sample::select(PIECES), proptest::collection::vec(inner, 0..6)).prop_map(|(piece, inner)| {
            let inner = inner.concat();
            match piece.strip_prefix('<').filter(|name| !piece.contains('/') && name.len() > 1) {
                Some(name) => format!("{piece}{inner}</{}>", name.split(' ').next().unwrap().trim_end_matches('>')),
                None => inner,
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_on_a_slide_comes_out_as_its_own_fixed_point(shapes in tree(), rest in tree()) {
        let bytes = Deck::new(&shapes, &rest).bytes();
        // Pieces that go one after the other, each because of the one before, may take more rounds than are tried.
        let Ok(clean) = sanitize(&bytes) else { return Ok(()) };
        prop_assert_eq!(&sanitize(&bytes).unwrap(), &clean);
        stable(&clean);
    }

    #[test]
    fn broken_bytes_never_panic(at in 0_usize..5_000, with in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut bytes = Deck::new(&shape(2, "市", ""), "").bytes();
        let from = at.min(bytes.len());
        let to = (from + with.len()).min(bytes.len());
        bytes.splice(from..to, with);
        if let Ok(done) = sanitize(&bytes) {
            stable(&done);
        }
    }

    #[test]
    fn broken_parts_never_panic(at in 0_usize..2_000, with in proptest::sample::select(PIECES), cut in 0_usize..20) {
        let mut deck = Deck::new(&shape(2, "市", ""), "");
        let text = deck.text("ppt/slide.xml");
        let head: String = text.chars().take(at).collect();
        let tail: String = text.chars().skip(at + cut).collect();
        let broken = format!("{head}{with}{tail}");
        deck.part("ppt/slide.xml", "application/vnd.openxmlformats-officedocument.presentationml.slide+xml", &broken);
        if let Ok(done) = sanitize(&deck.bytes()) {
            stable(&done);
        }
    }
}

#[test]
fn what_takes_several_rounds_comes_to_rest() {
    let inner = "<p:graphicFrame><p:graphicFrame><p:timing></p:timing></p:graphicFrame></p:graphicFrame>";
    let shapes = format!("<p:childTnLst></p:childTnLst>{inner}<p:par></p:par><p:par></p:par><p:set/>");
    stable(&sanitize(&Deck::new(&shapes, "<p:par></p:par>").bytes()).unwrap());
}
