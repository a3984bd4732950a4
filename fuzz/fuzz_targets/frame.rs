//! The frame decoder: however the stream is cut, the frames are the same, and writing them gives the stream again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_protocol::{Decoder, Frame, FromWorker, ToWorker, encode_bytes, encode_control, encode_end};
use temizu_fuzz::{pieces, two};

fuzz_target!(|data: &[u8]| {
    let (cuts, stream) = two(data);
    let whole = frames([stream].into_iter());
    assert_eq!(whole, frames(pieces(stream, cuts)), "cuts change the frames");
    let mut written = Vec::new();
    for frame in &whole.0 {
        match frame {
            Frame::Control(payload) => {
                repeats::<ToWorker>(frame);
                repeats::<FromWorker>(frame);
                written.push(1);
                written.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
                written.extend_from_slice(payload);
            }
            Frame::Bytes(payload) => encode_bytes(payload, &mut written).unwrap(),
            Frame::End => encode_end(&mut written),
        }
    }
    assert!(stream.starts_with(&written), "frames that were not sent");
});

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, bool) {
    let mut decoder = Decoder::default();
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return (frames, false),
            }
        }
    }
    (frames, decoder.finish().is_ok())
}

/// A message that reads is written and read as the same message.
fn repeats<T>(frame: &Frame)
where
    T: serde::de::DeserializeOwned + serde::Serialize + PartialEq + std::fmt::Debug,
{
    let Ok(message) = frame.message::<T>() else { return };
    let mut written = Vec::new();
    encode_control(&message, &mut written).unwrap();
    let mut decoder = Decoder::default();
    decoder.push(&written);
    let again = decoder.next_frame().unwrap().unwrap();
    assert_eq!(again.message::<T>().unwrap(), message);
}
