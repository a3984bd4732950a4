//! The end of DATA, against a splitter that says the same as plainly as it can be said.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temizu::config::LineEnds;
use temizu::smtp::data::{DataDecoder, Progress};
use temizu_fuzz::{pieces, two};

fuzz_target!(|data: &[u8]| {
    let (cuts, raw) = two(data);
    // With an end behind it, nothing of the raw bytes is left undecided.
    let raw = [raw, b"\r\n.\r\n"].concat();
    for line_ends in [LineEnds::Refuse, LineEnds::Normalize] {
        let (mail, ended) = decode(&raw, cuts, line_ends);
        assert_eq!((&mail, ended), (&reference(&raw, line_ends).0, reference(&raw, line_ends).1));
        if let Progress::End(_) = ended {
            let without_crlf = String::from_utf8_lossy(&mail).replace("\r\n", "");
            assert!(!without_crlf.contains(['\r', '\n', '\0']), "a bare line end got through");
        }
    }
});

fn decode(raw: &[u8], cuts: &[u8], line_ends: LineEnds) -> (Vec<u8>, Progress) {
    let mut decoder = DataDecoder::new(line_ends);
    let (mut mail, mut before) = (Vec::new(), 0);
    for piece in pieces(raw, cuts) {
        match decoder.feed(piece, &mut mail) {
            Progress::More => before += piece.len(),
            Progress::End(taken) => return (mail, Progress::End(before + taken)),
            Progress::BadLineEnd => return (Vec::new(), Progress::BadLineEnd),
        }
    }
    (mail, Progress::More)
}

fn reference(raw: &[u8], line_ends: LineEnds) -> (Vec<u8>, Progress) {
    let framed = [b"\r\n", raw].concat();
    let end = framed.windows(5).position(|window| window == b"\r\n.\r\n").expect("an end was put there");
    let mut mail = Vec::new();
    let mut rest = &raw[..end];
    let mut bad = false;
    loop {
        let line_end = rest.windows(2).position(|window| window == b"\r\n");
        let line = &rest[..line_end.unwrap_or(rest.len())];
        for &byte in line.strip_prefix(b".").unwrap_or(line) {
            match byte {
                0 => bad = true,
                b'\r' | b'\n' => {
                    bad = true;
                    mail.extend_from_slice(b"\r\n");
                }
                other => mail.push(other),
            }
        }
        let Some(line_end) = line_end else { break };
        mail.extend_from_slice(b"\r\n");
        rest = &rest[line_end + 2..];
    }
    if bad && line_ends == LineEnds::Refuse {
        return (Vec::new(), Progress::BadLineEnd);
    }
    (mail, Progress::End(end + 3))
}
