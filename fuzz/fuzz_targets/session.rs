//! A whole session of an honest worker, every part ordered in every way: the gateway believes all of it.
#![no_main]

use std::vec::IntoIter;

use libfuzzer_sys::fuzz_target;
use sanitizer_protocol::{
    Decoder, Frame, FromWorker, Order as Spoken, Subject, ToWorker, Way, encode_bytes, encode_control, encode_end,
};
use temizu::domain::{Action, PartPath};
use temizu::ports::Order;
use temizu::sandbox::check;
use temizu_fuzz::LIMITS;
use temizu_worker::{mapping, run};

fuzz_target!(|mail: &[u8]| {
    let Ok(item) = mapping::inspect(&Subject::Mail, mail, &LIMITS) else { return };
    let orders: Vec<Spoken> = item
        .found
        .parts
        .iter()
        .flat_map(|part| [Way::Text, Way::Rebuild].map(|way| Spoken { path: part.path.clone(), way }))
        .collect();
    let mut answers = frames(mail, &orders).into_iter();
    assert!(matches!(message(&mut answers), FromWorker::Ready { .. }));
    let FromWorker::Inspected(found) = message(&mut answers) else { panic!("not inspected") };
    check::inspection(*found, &LIMITS, mail.len() as u64, false).expect("an honest worker is believed");
    let mut allowance = check::Allowance::of(&LIMITS, sanitizer_protocol::TableEncoding::default());
    for order in orders {
        let action = if order.way == Way::Text { Action::Text } else { Action::Rebuild };
        let order = Order { path: PartPath::new(order.path).unwrap(), action };
        let mut patience = check::Patience::default();
        let answer = loop {
            match message(&mut answers) {
                FromWorker::Progress(told) => {
                    check::progress(&told, &order, &mut patience).expect("honest progress");
                }
                answer => break answer,
            }
        };
        match answer {
            FromWorker::Written(head) => {
                let promise = check::promise(head, &order, &mut allowance).expect("an honest promise");
                let bytes = content(&mut answers);
                assert_eq!(promise.length(), bytes.len() as u64);
                promise.kept_by(bytes.into()).expect("honest bytes");
            }
            FromWorker::Refused { path, way, code } => {
                check::refusal(&path, way, &code, &order).expect("an honest refusal");
            }
            other => panic!("out of turn: {other:?}"),
        }
    }
    assert_eq!(answers.next(), None, "more answers than orders");
});

fn frames(mail: &[u8], orders: &[Spoken]) -> Vec<Frame> {
    let mut input = Vec::new();
    let length = mail.len() as u64;
    encode_control(&ToWorker::Inspect { subject: Subject::Mail, length, limits: LIMITS, settings: sanitizer_protocol::Settings::default(), passwords: sanitizer_protocol::Passwords::default() }, &mut input).unwrap();
    encode_bytes(mail, &mut input).unwrap();
    encode_end(&mut input);
    encode_control(&ToWorker::Rebuild { orders: orders.to_vec() }, &mut input).unwrap();
    let mut output = Vec::new();
    run::run(input.as_slice(), &mut output).expect("a session that ends well");
    let mut decoder = Decoder::default();
    decoder.push(&output);
    let frames = std::iter::from_fn(|| decoder.next_frame().expect("frames")).collect();
    decoder.finish().expect("whole frames");
    frames
}

fn message(answers: &mut IntoIter<Frame>) -> FromWorker {
    answers.next().expect("an answer").message().expect("a message")
}

fn content(answers: &mut IntoIter<Frame>) -> Vec<u8> {
    let mut content = Vec::new();
    loop {
        match answers.next().expect("content") {
            Frame::Bytes(piece) => content.extend(piece),
            Frame::End => return content,
            Frame::Control(_) => panic!("a message inside content"),
        }
    }
}
