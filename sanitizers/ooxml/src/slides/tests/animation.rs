//! Animations of our own making.

use sanitizer_api::Code;

use super::deck::Deck;
use super::shape;

/// One step with `effect` in it.
fn step(effect: &str) -> String {
    format!("<p:par><p:cTn id=\"3\" fill=\"hold\"><p:childTnLst>{effect}</p:childTnLst></p:cTn></p:par>")
}

fn timing(steps: &str) -> String {
    format!(
        "<p:timing><p:tnLst><p:par><p:cTn id=\"1\" nodeType=\"tmRoot\"><p:childTnLst>{steps}</p:childTnLst></p:cTn></p:par>\
         </p:tnLst></p:timing>"
    )
}

fn shows(shape: u32, sound: &str) -> String {
    format!(
        "<p:set><p:cBhvr><p:cTn id=\"4\" dur=\"1\">{sound}</p:cTn><p:tgtEl><p:spTgt spid=\"{shape}\"/></p:tgtEl><p:attrNameLst>\
         <p:attrName>style.visibility</p:attrName></p:attrNameLst></p:cBhvr><p:to><p:strVal val=\"visible\"/></p:to></p:set>"
    )
    .replace("\"></p:cTn>", "\"/>")
}

const PLAY: &str = "<p:cmd type=\"call\" cmd=\"playFrom(0.0)\"><p:cBhvr><p:cTn id=\"5\"/></p:cBhvr></p:cmd>";
const MEDIA: &str = "<p:video><p:cMediaNode><p:cTn id=\"6\"/></p:cMediaNode></p:video>";

#[test]
fn steps_of_shapes_stay_and_those_of_media_go() {
    let sound = "<p:subTnLst><p:audio><p:cMediaNode/></p:audio></p:subTnLst>";
    let steps = format!("{}{}{MEDIA}", step(&shows(2, sound)), step(&step(PLAY)));
    let slide = Deck::new(&shape(2, "一", ""), &timing(&steps)).rebuilt().slide();
    assert!(slide.ends_with(&format!("{}</p:sld>", timing(&step(&shows(2, ""))))), "{slide}");
}

#[test]
fn an_animation_without_steps_or_of_a_shape_that_is_not_there_goes_whole() {
    for steps in [MEDIA.to_owned(), step(PLAY), step(&shows(99, "")), step(&shows(2, "")) + &step(&shows(99, ""))] {
        let rebuilt = Deck::new(&shape(2, "一", ""), &timing(&steps)).rebuilt();
        assert!(rebuilt.tells(Code::EffectRemoved));
        let slide = rebuilt.slide();
        assert!(slide.contains("<a:t>一</a:t>") && slide.ends_with("</p:cSld></p:sld>"), "{slide}");
    }
}

#[test]
fn a_transition_stays_without_its_sound() {
    let transition = "<p:transition spd=\"slow\"><p:wipe dir=\"r\"/><p:sndAc><p:stSnd/></p:sndAc></p:transition>";
    let slide = Deck::new("", transition).rebuilt().slide();
    assert!(slide.contains("<p:transition spd=\"slow\"><p:wipe dir=\"r\"/></p:transition>"), "{slide}");
}
