//! The laws of every sanitizer, as one check for any input, and what pictures lose.

use image::ImageFormat;
use sanitizer_api::{Budget, Code, Finding, Hints, Rebuilt, SanitizeError};

use crate::testing::{QR_TEXT, coloured, encoded, files, two_pages};
use crate::{rebuild_picture, sanitizer_for};

fn sanitize(type_id: &str, input: &[u8]) -> Result<Rebuilt, SanitizeError> {
    sanitizer_for(type_id).unwrap().sanitize(input, Hints::default(), &mut Budget::generous())
}

/// The type of what was written.
fn type_of(rebuilt: &Rebuilt) -> &'static str {
    match rebuilt.media_type {
        "image/png" => "png",
        "image/jpeg" => "jpeg",
        "image/tiff" => "tiff",
        other => panic!("{other}"),
    }
}

/// Panics if a law is broken on `input`.
fn hold(type_id: &str, input: &[u8]) {
    let mut budget = Budget::generous();
    let Ok(rebuilt) = sanitizer_for(type_id).unwrap().sanitize(input, Hints::default(), &mut budget) else { return };
    assert_eq!(Budget::generous().output_bytes - budget.output_bytes, rebuilt.bytes.len() as u64);
    assert_eq!(sanitize(type_id, input).as_ref(), Ok(&rebuilt));
    let again = sanitize(type_of(&rebuilt), &rebuilt.bytes).unwrap();
    assert_eq!(again.bytes, rebuilt.bytes);
    assert!(again.findings.iter().all(|finding| finding.code == Code::QrCodeFound), "{:?}", again.findings);
    let small = &mut Budget { output_bytes: 20, ..Budget::generous() };
    assert_eq!(
        sanitizer_for(type_id).unwrap().sanitize(input, Hints::default(), small),
        Err(SanitizeError::LimitReached { what: "output" })
    );
}

fn counts(rebuilt: &Rebuilt) -> Vec<(Code, u32)> {
    rebuilt.findings.iter().map(|Finding { code, count }| (*code, *count)).collect()
}

fn decoded(bytes: &[u8]) -> image::DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

#[test]
fn every_type_is_written_anew_with_all_its_samples() {
    for (type_id, file) in files() {
        let rebuilt = sanitize(type_id, &file).unwrap();
        let (before, after) = (decoded(&file).into_rgba8(), decoded(&rebuilt.bytes).into_rgba8());
        assert_eq!(before.dimensions(), after.dimensions());
        let most = before.as_raw().iter().zip(after.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most.unwrap() <= if type_id == "jpeg" { 40 } else { 0 }, "{type_id}: {most:?}");
        hold(type_id, &file);
    }
}

#[test]
fn cut_files_end_in_an_error_or_a_picture_of_their_own() {
    for (type_id, file) in files() {
        for cut in 0..40 {
            hold(type_id, &file[..file.len() * cut / 40]);
        }
    }
}

#[test]
fn all_pages_of_a_tiff_are_kept() {
    let rebuilt = sanitize("tiff", &two_pages()).unwrap();
    let mut reader = ::tiff::decoder::Decoder::new(std::io::Cursor::new(&rebuilt.bytes)).unwrap();
    assert_eq!(reader.colortype().unwrap(), ::tiff::ColorType::RGB(8));
    reader.next_image().unwrap();
    assert_eq!(reader.colortype().unwrap(), ::tiff::ColorType::Gray(8));
    assert!(!reader.more_images());
}

#[test]
fn a_tiff_whose_pages_go_round_is_refused() {
    let mut file = two_pages();
    let first = u32::from_le_bytes(*file[4..].first_chunk().unwrap()) as usize;
    let link = first + 2 + usize::from(u16::from_le_bytes([file[first], file[first + 1]])) * 12;
    file.copy_within(4..8, link);
    assert!(matches!(sanitize("tiff", &file), Err(SanitizeError::Malformed { .. })));
}

/// A TIFF of short numbers: tag, how many, and the number or where they are; `data` lies at 8.
fn tiff_of(entries: &[(u16, u32, u32)], data: &[u8]) -> Vec<u8> {
    let at = u32::try_from(8 + data.len()).unwrap().to_le_bytes();
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let mut file = [b"II*\0".as_slice(), &at, data, &count].concat();
    for (tag, count, value) in entries {
        file.extend([tag.to_le_bytes(), 3u16.to_le_bytes()].concat());
        file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.extend([0; 4]);
    file
}

/// Two columns and one row of gray, with `more` in the place of what has the same tag.
fn small_tiff(more: &[(u16, u32, u32)], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    let usual = [(256, 2), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, length)];
    let usual = usual.map(|(tag, value)| (tag, 1, value));
    let kept = usual.iter().filter(|(tag, ..)| more.iter().all(|(other, ..)| tag != other));
    let mut entries: Vec<(u16, u32, u32)> = kept.chain(more).copied().collect();
    entries.sort_unstable();
    tiff_of(&entries, data)
}

#[test]
fn a_tiff_that_says_something_twice_is_refused() {
    assert!(sanitize("tiff", &small_tiff(&[], b"ab")).is_ok());
    let twice = small_tiff(&[(256, 1, 2), (256, 1, 2)], b"ab");
    assert!(matches!(sanitize("tiff", &twice), Err(SanitizeError::Malformed { .. })));
}

#[test]
fn the_stamp_of_a_camera_is_not_taken_for_its_picture() {
    assert!(sanitize("tiff", &small_tiff(&[(254, 1, 1)], b"ab")).is_ok());
    let raw = small_tiff(&[(254, 1, 1), (330, 1, 8)], b"ab");
    assert_eq!(sanitize("tiff", &raw).map_err(SanitizeError::code), Err(Code::UnsupportedFormat));
}

#[test]
fn whole_pages_of_a_kind_that_is_not_read_are_not_called_damaged() {
    let lab = small_tiff(&[(256, 1, 1), (258, 3, 11), (262, 1, 8), (277, 1, 3)], b"abc\x08\0\x08\0\x08\0");
    let fax = small_tiff(&[(258, 1, 1), (259, 1, 3), (292, 1, 1)], b"ab");
    for file in [lab, fax] {
        assert_eq!(sanitize("tiff", &file).map_err(SanitizeError::code), Err(Code::UnsupportedFormat));
    }
}

#[test]
fn colours_are_taken_apart_from_the_opacity_they_were_multiplied_with() {
    let samples = |kind: u32| {
        let file = small_tiff(&[(258, 2, 0x0008_0008), (277, 1, 2), (338, 1, kind)], &[64, 128, 9, 0]);
        let rebuilt = sanitize("tiff", &file).unwrap();
        let mut reader = ::tiff::decoder::Decoder::new(std::io::Cursor::new(&rebuilt.bytes)).unwrap();
        match reader.read_image().unwrap() {
            ::tiff::decoder::DecodingResult::U8(samples) => samples,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(samples(2), [64, 64, 64, 128, 0, 0, 0, 0]);
    assert_eq!(samples(1), [128, 128, 128, 128, 0, 0, 0, 0]);
}

#[test]
fn details_and_tails_are_told_and_gone() {
    let mut file = encoded(coloured(), ImageFormat::Png);
    // A text behind the header: length, name, content, a checksum that nobody needs.
    file.splice(33..33, *b"\0\0\0\x0BtEXtAuthor\0Taro\xA0\x58\x7D\x9B");
    file.extend_from_slice(b"PK\x03\x04");
    let rebuilt = sanitize("png", &file).unwrap();
    let expected =
        [(Code::ImageRebuilt, 1), (Code::MetadataRemoved, 1), (Code::TrailingDataRemoved, 1), (Code::QrCodeFound, 1)];
    assert_eq!(counts(&rebuilt), expected);
    assert!(!rebuilt.bytes.windows(4).any(|window| window == b"Taro" || window == b"PK\x03\x04"));

    let mut file = encoded(coloured(), ImageFormat::Jpeg);
    // An Exif of one entry: turn by a quarter.
    let exif = b"\xFF\xE1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    file.splice(2..2, *exif);
    file.extend_from_slice(b"MZ");
    let rebuilt = sanitize("jpeg", &file).unwrap();
    assert_eq!(counts(&rebuilt), expected);
    assert_eq!(decoded(&rebuilt.bytes).into_rgb8().dimensions(), (117, 111));
}

#[test]
fn of_a_moving_picture_the_first_frame_remains() {
    let mut file = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut file);
    let frame = |gray| image::Frame::new(image::RgbaImage::from_pixel(9, 9, image::Rgba([gray, gray, gray, 255])));
    encoder.encode_frames([frame(0), frame(90), frame(255)]).unwrap();
    drop(encoder);
    let rebuilt = sanitize("gif", &file).unwrap();
    assert_eq!(counts(&rebuilt), [(Code::ImageRebuilt, 1), (Code::AnimationRemoved, 1)]);
    assert!(decoded(&rebuilt.bytes).into_luma8().pixels().all(|pixel| pixel.0 == [0]));
}

#[test]
fn codes_become_inert_links() {
    assert_eq!(QR_TEXT, b"https://evil.example/login?u=1");
    for (type_id, file) in files().into_iter().filter(|(type_id, _)| ["png", "jpeg", "tiff"].contains(type_id)) {
        let rebuilt = sanitize(type_id, &file).unwrap();
        let targets: Vec<&str> = rebuilt.links.iter().map(|link| link.target.as_str()).collect();
        assert_eq!(targets, ["hxxps://evil[.]example/login?u=1"], "{type_id}");
    }
}

#[test]
fn a_jpeg_is_known_again_only_as_it_was_written() {
    let rebuilt = sanitize("jpeg", &encoded(coloured(), ImageFormat::Jpeg)).unwrap().bytes;
    assert!(crate::jpeg::is_own(&rebuilt));
    let end = rebuilt.len() - 2;
    let with = |at: usize, piece: &[u8]| [&rebuilt[..at], piece, &rebuilt[at..]].concat();
    for other in [
        with(rebuilt.len(), b"x"),
        with(end, b"\0"),
        with(end, b"\xFF\x00"),
        with(end, b"\xFF\xD0"),
        with(2, b"\xFF\xFE\0\x04ab"),
        with(20, b"\xFF"),
        rebuilt[..end].to_vec(),
        [&rebuilt[..end - 9], b"\xFF\xD9"].concat(),
    ] {
        assert!(!crate::jpeg::is_own(&other));
    }
    // Every byte of the head but the four of the size counts; a size that is not that of the scan is seen, too.
    for at in 0..600 {
        let mut other = rebuilt.clone();
        other[at] ^= 0x10;
        assert!(!crate::jpeg::is_own(&other), "{at}");
    }
}

#[test]
fn any_samples_fit_into_a_jpeg() {
    // The hardest edges there are.
    for period in 1..9 {
        let hard = image::RgbImage::from_fn(65, 63, |x, y| {
            let on = |z: u32| if (z / period).is_multiple_of(2) { 0 } else { 255 };
            image::Rgb([on(x), on(y), on(x + y)])
        });
        hold("jpeg", &sanitize("jpeg", &encoded(hard.clone(), ImageFormat::Jpeg)).unwrap().bytes);
        hold("png", &encoded(hard, ImageFormat::Png));
    }
}

#[test]
fn pictures_over_the_limits_are_refused_before_they_are_decoded() {
    let start = std::time::Instant::now();
    let mut png = encoded(coloured(), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x70, 0, 0, 0, 0x70, 0]);
    // The checksum of the changed header.
    let mut sum = flate2::Crc::new();
    sum.update(&png[12..29]);
    png[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    let mut gif = encoded(image::RgbaImage::new(4, 4), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xFF, 0x7F, 0xFF, 0x7F]);
    let mut bmp = encoded(image::RgbImage::new(4, 4), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0, 0x7F, 0, 0, 0, 0x7F, 0, 0]);
    let mut jpeg = encoded(coloured(), ImageFormat::Jpeg);
    let size = jpeg.windows(2).position(|pair| pair == b"\xFF\xC0").unwrap() + 5;
    jpeg[size..size + 4].copy_from_slice(&[0x7F, 0, 0x7F, 0]);
    for (type_id, file) in [("png", png), ("gif", gif), ("bmp", bmp), ("jpeg", jpeg)] {
        assert_eq!(sanitize(type_id, &file), Err(SanitizeError::LimitReached { what: "picture size" }), "{type_id}");
    }
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn a_jpeg_of_very_many_scans_is_refused() {
    let mut file = encoded(image::RgbImage::new(2000, 2000), ImageFormat::Jpeg);
    let frame = file.windows(2).position(|pair| pair == b"\xFF\xC0").unwrap();
    file[frame + 1] = 0xC2;
    let scan = file.windows(2).position(|pair| pair == b"\xFF\xDA").unwrap();
    let piece = file[scan..scan + 14].to_vec();
    file.splice(scan..scan, piece.repeat(400));
    assert_eq!(sanitize("jpeg", &file), Err(SanitizeError::LimitReached { what: "scans of a picture" }));
}

#[test]
fn drawings_become_a_mark() {
    for type_id in ["svg", "emf", "wmf"] {
        let rebuilt = sanitize(type_id, b"<svg onload='x'/>").unwrap();
        assert_eq!(counts(&rebuilt), [(Code::ImageReplaced, 1)]);
        let again = sanitize("png", &rebuilt.bytes).unwrap();
        assert_eq!((again.bytes, again.findings), (rebuilt.bytes, Vec::new()));
    }
}

#[test]
fn pictures_of_documents_are_known_by_their_bytes() {
    for (type_id, file) in files() {
        let rebuilt = rebuild_picture(&file, &mut Budget::generous()).unwrap();
        let expected = match type_id {
            "jpeg" => "image/jpeg",
            "tiff" => "image/tiff",
            _ => "image/png",
        };
        assert_eq!(rebuilt.media_type, expected);
        let again = rebuild_picture(&rebuilt.bytes, &mut Budget::generous()).unwrap();
        assert_eq!((again.bytes, again.media_type), (rebuilt.bytes, rebuilt.media_type));
    }
    let emf = [b"\x01\0\0\0".as_slice(), &[0; 36], b" EMF", &[0; 60]].concat();
    for drawing in [emf.as_slice(), b"\xD7\xCD\xC6\x9A\0\0", b"\x01\0\x09\0\0\x03", b"<?xml version='1.0'?><svg/>"] {
        assert!(rebuild_picture(drawing, &mut Budget::generous()).is_some());
    }
    for other in [b"".as_slice(), b"MZ", b"%PDF-1.7", b"<html>", b"\x89PNG\r\n\x1A\n", b"BM"] {
        assert_eq!(rebuild_picture(other, &mut Budget::generous()), None);
    }
}

mod random {
    use proptest::prelude::*;

    use super::{files, hold};
    use crate::jpeg;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_laws_hold_for_damaged_files(
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            head in prop::collection::vec((0_usize..120, any::<u8>()), 0..3),
        ) {
            for (type_id, mut file) in files() {
                for (at, value) in &damage {
                    let at = at.index(file.len());
                    file[at] = *value;
                }
                hold(type_id, &file);
                for (at, value) in &head {
                    file[*at] = *value;
                }
                hold(type_id, &file);
            }
        }

        #[test]
        fn whatever_is_taken_for_our_own_jpeg_is_handed_on_as_it_is(
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
        ) {
            let (_, file) = files().into_iter().find(|(type_id, _)| *type_id == "jpeg").unwrap();
            let own = super::sanitize("jpeg", &file).unwrap().bytes;
            let mut other = own;
            for (at, value) in &damage {
                let at = at.index(other.len());
                other[at] = *value;
            }
            if jpeg::is_own(&other) {
                prop_assert_eq!(super::sanitize("jpeg", &other).map(|rebuilt| rebuilt.bytes), Ok(other));
            } else {
                hold("jpeg", &other);
            }
        }

        #[test]
        fn nothing_is_read_into_noise(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            for (type_id, _) in files() {
                hold(type_id, &bytes);
            }
        }
    }
}
