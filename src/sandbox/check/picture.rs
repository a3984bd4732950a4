//! The second look at pictures: their segments, whatever the worker says.
//!
//! Refuses: segments that no rebuilt picture has (text, places, profiles, thumbnails), bytes behind the end. Knows
//! nothing of the pixels. Invariant: one pass; nothing is decompressed.

/// PNG 5.2 and what a rebuilt one consists of (PNG 11.2, 11.3.2.1).
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";
const CHUNKS: [&[u8]; 5] = [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"];

/// True if `bytes` are a PNG of nothing but its pixels.
pub(super) fn is_png(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(PNG) else { return false };
    let (mut first, mut stage) = (true, 0);
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok();
        let Some((chunk, behind)) = length.and_then(|length| behind.split_at_checked(length.checked_add(8)?)) else {
            return false;
        };
        let name = chunk.get(..4).unwrap_or_default();
        if !CHUNKS.contains(&name) || first != (name == b"IHDR") {
            return false;
        }
        // Colours and their opacities stand once each, in front of the pixels, and there are at most 256 of them.
        let content = chunk.len().saturating_sub(8);
        let (next, fits) = match name {
            b"IHDR" => (0, content == 13),
            b"PLTE" => (1, content <= 3 * 256 && content % 3 == 0),
            b"tRNS" => (2, content <= 256),
            b"IDAT" => (3, true),
            _ => (4, true),
        };
        if !fits || !(first || next > stage || (next, stage) == (3, 3)) {
            return false;
        }
        stage = next;
        if name == b"IEND" {
            return behind.is_empty() && chunk.len() == 8;
        }
        (first, rest) = (false, behind);
    }
    false
}

/// True if `bytes` are a JPEG of nothing but its pixels (ITU-T T.81 B.2; the density of JFIF 1.02 may stand).
pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(b"\xFF\xD8") else { return false };
    loop {
        let Some(([0xFF, marker], behind)) = rest.split_first_chunk::<2>() else { return false };
        if *marker == 0xD9 {
            return behind.is_empty();
        }
        let Some((segment, behind)) = segment(behind) else { return false };
        let fits = match marker {
            // Frames of one picture, tables, restarts, the begin of a scan.
            0xC0..=0xC2 | 0xC4 | 0xDB | 0xDD | 0xDA => true,
            // JFIF without a thumbnail.
            0xE0 => segment.starts_with(b"JFIF\0") && segment.len() == 14,
            _ => false,
        };
        if !fits {
            return false;
        }
        rest = if *marker == 0xDA { scanned(behind) } else { behind };
    }
}

/// Tags of a rebuilt page (TIFF 6.0, section 8): sizes, samples, strips, densities.
const TAGS: [u16; 14] = [256, 257, 258, 259, 262, 273, 277, 278, 279, 282, 283, 296, 317, 338];
/// Pages that are looked at; a worker writes fewer.
const MAX_PAGES: usize = 10_000;

/// True if `bytes` are a TIFF whose pages have nothing but their pixels: each directory behind the one before, the last at
/// the end of the file.
pub(super) fn is_tiff(bytes: &[u8]) -> bool {
    let number =
        |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).map(|four| u32::from_le_bytes(*four));
    if !bytes.starts_with(b"II*\0") {
        return false;
    }
    let mut link = 4;
    for _ in 0..MAX_PAGES {
        let Some(at) = number(link).and_then(|at| usize::try_from(at).ok()) else { return false };
        if at == 0 {
            // The first directory has to be there; nothing stands behind the last.
            return link > 4 && link.checked_add(4) == Some(bytes.len());
        }
        let count = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()).map(|two| u16::from_le_bytes(*two));
        let Some(count) = count.filter(|_| at > link).map(usize::from) else { return false };
        let begin = at.saturating_add(2);
        let Some(directory) = bytes.get(begin..begin.saturating_add(count.saturating_mul(12))) else { return false };
        let is_listed =
            |entry: &[u8]| entry.first_chunk::<2>().is_some_and(|tag| TAGS.contains(&u16::from_le_bytes(*tag)));
        if count == 0 || !directory.chunks_exact(12).all(is_listed) {
            return false;
        }
        link = begin.saturating_add(directory.len());
    }
    false
}

/// The content of a segment and what follows.
fn segment(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, behind) = bytes.split_first_chunk::<2>()?;
    behind.split_at_checked(usize::from(u16::from_be_bytes(*length)).checked_sub(2)?)
}

/// What follows the coded pixels of a scan.
fn scanned(bytes: &[u8]) -> &[u8] {
    let is_marker = |pair: &[u8]| matches!(pair, [0xFF, next] if !matches!(next, 0 | 0xD0..=0xD7));
    let end = bytes.windows(2).position(is_marker);
    end.and_then(|end| bytes.get(end..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Chunk = (&'static [u8], &'static [u8]);

    fn png(chunks: &[Chunk]) -> Vec<u8> {
        let mut out = PNG.to_vec();
        for (name, content) in chunks {
            let length = u32::try_from(content.len()).unwrap().to_be_bytes();
            out.extend([&length[..], name, content, &[0; 4]].concat());
        }
        out
    }

    #[test]
    fn a_png_has_nothing_but_its_pixels() {
        let (head, pixels, end): (Chunk, Chunk, Chunk) = ((b"IHDR", &[0; 13]), (b"IDAT", b"xyz"), (b"IEND", b""));
        let whole = png(&[head, (b"PLTE", b"abc"), (b"tRNS", b"a"), pixels, pixels, end]);
        assert!(is_png(&whole));
        for cut in 0..whole.len() {
            assert!(!is_png(&whole[..cut]), "cut at {cut}");
        }
        for (name, chunks) in [
            ("text", vec![head, (b"tEXt", b"x"), pixels, end]),
            ("a moving picture", vec![head, (b"acTL", &[0; 8]), pixels, end]),
            ("no head", vec![pixels, end]),
            ("two heads", vec![head, head, pixels, end]),
            ("colours behind the pixels", vec![head, pixels, (b"PLTE", b"abc"), end]),
            ("colours twice", vec![head, (b"PLTE", b"abc"), (b"PLTE", b"abc"), pixels, end]),
            ("more opacities than colours", vec![head, (b"tRNS", &[0; 257]), pixels, end]),
            ("a head with more in it", vec![(b"IHDR", &[0; 14]), pixels, end]),
            ("an end with content", vec![head, pixels, (b"IEND", b"x")]),
            ("more behind the end", vec![head, pixels, end, pixels]),
        ] {
            assert!(!is_png(&png(&chunks)), "{name}");
        }
        assert!(!is_png(&[&whole[..], b"PK"].concat()));
    }

    #[test]
    fn a_tiff_has_nothing_but_its_pixels() {
        let page = |at: u32, tags: &[u16], next: u32| {
            let entries = tags.iter().flat_map(|tag| [&tag.to_le_bytes()[..], &[0; 10]].concat());
            let count = u16::try_from(tags.len()).unwrap().to_le_bytes();
            (at, [&count[..], &entries.collect::<Vec<u8>>(), &next.to_le_bytes()].concat())
        };
        let tiff = |pages: &[(u32, Vec<u8>)]| {
            let mut out = [b"II*\0", &pages.first().map_or(0, |page| page.0).to_le_bytes()[..]].concat();
            for (at, page) in pages {
                out.resize(usize::try_from(*at).unwrap(), b'x');
                out.extend(page);
            }
            out
        };
        let whole = tiff(&[page(20, &[256, 273], 60), page(60, &[256], 0)]);
        assert!(is_tiff(&whole));
        for cut in 0..whole.len() {
            assert!(!is_tiff(&whole[..cut]), "cut at {cut}");
        }
        assert!(!is_tiff(&[&whole[..], b"x"].concat()), "more behind the end");
        for (name, pages) in [
            ("no page", vec![]),
            ("places and times", vec![page(20, &[256, 34665], 0)]),
            ("an empty page", vec![page(20, &[], 0)]),
            ("in circles", vec![page(20, &[256], 20)]),
        ] {
            assert!(!is_tiff(&tiff(&pages)), "{name}");
        }
    }

    #[test]
    fn a_jpeg_has_nothing_but_its_pixels() {
        const JFIF: &[u8] = b"\xFF\xE0\0\x10JFIF\0\x01\x02\0\0\x01\0\x01\0\0";
        const SCAN: &[u8] = b"\xFF\xC0\0\x03x\xFF\xC4\0\x02\xFF\xDA\0\x03xab\xFF\0c\xFF\xD0d";
        const END: &[u8] = b"\xFF\xD9";
        let jpeg = |segments: &[&[u8]]| [&[&b"\xFF\xD8"[..]], segments].concat().concat();
        let whole = jpeg(&[JFIF, SCAN, SCAN, END]);
        assert!(is_jpeg(&whole) && is_jpeg(&jpeg(&[SCAN, END])));
        for cut in 0..whole.len() {
            assert!(!is_jpeg(&whole[..cut]), "cut at {cut}");
        }
        for (name, segments) in [
            ("places and times", vec![JFIF, b"\xFF\xE1\0\x08Exif\0\0", SCAN, END]),
            ("a comment", vec![JFIF, b"\xFF\xFE\0\x03x", SCAN, END]),
            ("a thumbnail", vec![&b"\xFF\xE0\0\x07JFXX\0"[..], SCAN, END]),
            ("more behind the end", vec![JFIF, SCAN, END, b"PK"]),
            ("a length of nothing", vec![JFIF, b"\xFF\xDB\0\x01", SCAN, END]),
        ] {
            assert!(!is_jpeg(&jpeg(&segments)), "{name}");
        }
    }
}
