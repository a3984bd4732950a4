//! What the fuzz targets share: limits small enough to be reached, and the laws that several targets assert.
//!
//! Invariant: everything here is a pure function of the fuzzer's bytes.

use sanitizer_api::{Budget, Hints, Sanitizer};
use sanitizer_protocol::{Limits, Subject};
use temizu::ports::Inspection;
use temizu::sandbox::check;
use temizu_worker::mapping;

/// Limits of one item that a fuzzer's input can reach.
pub const LIMITS: Limits = Limits {
    header_bytes: 16 * 1024,
    depth: 8,
    parts: 40,
    html_bytes: 64 * 1024,
    text_bytes: 64 * 1024,
    output_bytes: 1024 * 1024,
};

/// Labels that senders use, and none.
pub const LABELS: [Option<&str>; 10] = [
    None,
    Some("utf-8"),
    Some("iso-2022-jp"),
    Some("shift_jis"),
    Some("windows-31j"),
    Some("euc-jp"),
    Some("us-ascii"),
    Some("utf-16"),
    Some("iso-8859-1"),
    Some("gb18030"),
];

/// The first byte chooses a label, the rest is the content.
pub fn labelled(data: &[u8]) -> (Option<&'static str>, &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return (None, data) };
    (LABELS[usize::from(choice) % LABELS.len()], rest)
}

/// Pieces of `data` whose lengths the bytes of `cuts` choose, one byte at least.
pub fn pieces<'a>(data: &'a [u8], cuts: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut lengths = cuts.iter().chain([&255]).cycle().map(|&cut| usize::from(cut % 16) + 1);
    let mut rest = data;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(lengths.next()?.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Two inputs in one: the first byte says how long the first is.
pub fn two(data: &[u8]) -> (&[u8], &[u8]) {
    let Some((&length, rest)) = data.split_first() else { return (&[], &[]) };
    rest.split_at(usize::from(length).min(rest.len()))
}

/// What a worker tells of a mail is the same every time, and the gateway believes it.
pub fn inspect(mail: &[u8]) -> Option<Inspection> {
    let item = mapping::inspect(&Subject::Mail, mail, &LIMITS).ok()?;
    let again = mapping::inspect(&Subject::Mail, mail, &LIMITS).expect("the same mail reads again");
    assert_eq!(item.found, again.found, "two readings differ");
    for (part, source) in item.found.parts.iter().zip(&item.sources) {
        assert_eq!((&part.path, part.length), (&source.path, source.bytes.len() as u64));
    }
    let length = mail.len() as u64;
    Some(check::inspection(item.found, &LIMITS, length, false).expect("an honest worker is believed"))
}

/// The laws of a sanitizer: budget, determinism, fixed point (read again by `reader`), defanged links.
pub fn hold(sanitizer: &dyn Sanitizer, reader: &dyn Sanitizer, input: &[u8], charset: Option<&str>) {
    let hints = Hints { charset, ..Hints::default() };
    let mut budget = Budget::generous();
    let Ok(rebuilt) = sanitizer.sanitize(input, hints, &mut budget) else { return };
    let spent = Budget::generous().output_bytes - budget.output_bytes;
    assert_eq!(spent, rebuilt.bytes.len() as u64, "what is written is spent");
    let same = sanitizer.sanitize(input, hints, &mut Budget::generous());
    assert_eq!(same.as_ref(), Ok(&rebuilt), "the same input gives the same bytes");
    let utf8 = Hints { charset: Some("utf-8"), ..Hints::default() };
    let again = reader.sanitize(&rebuilt.bytes, utf8, &mut Budget::generous()).expect("our own output reads");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    assert_eq!(text(again.bytes), text(rebuilt.bytes), "the output is its own fixed point");
    assert_eq!(again.findings, [], "nothing is left to find in our own output");
    let small = &mut Budget { output_bytes: 16, text_bytes: 16, html_bytes: 16, samples: 16 };
    if let Ok(rebuilt) = sanitizer.sanitize(input, hints, small) {
        assert!(rebuilt.bytes.len() <= 16, "over the budget");
    }
    for link in &rebuilt.links {
        assert_eq!(sanitizer_text::defang(&link.target), link.target, "a live link");
    }
}
