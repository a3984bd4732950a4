//! The second look at documents of Office: the list of parts in their zip, whatever the worker says.
//!
//! Refuses: parts that no rebuilt document has, entries in a form that the writer does not use, bytes before, between
//! or behind the entries. Knows nothing of what the parts say. Invariant: one pass over the headers;
//! nothing is decompressed.

/// APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16: the signatures and the lengths of the fixed parts.
const LOCAL: (&[u8], usize) = (b"PK\x03\x04", 30);
const CENTRAL: (&[u8], usize) = (b"PK\x01\x02", 46);
const END: (&[u8], usize) = (b"PK\x05\x06", 22);

/// The first part of every package (ECMA-376 part 2, 10.1.2.2).
const FIRST: &[u8] = b"[Content_Types].xml";
/// Parts of one package at most.
const MAX_PARTS: usize = 20_000;
/// What the parts of a rebuilt document are called; `#` is a number. Pictures end in one of [`PICTURES`]; what a part
/// refers to stands beside it, in `_rels`.
const PARTS: [&str; 65] = [
    "docProps/core.xml",
    "ppt/authors.xml",
    "ppt/charts/chart#.xml",
    "ppt/commentAuthors.xml",
    "ppt/comments/comment#.xml",
    "ppt/comments/modernComment_#.xml",
    "ppt/diagrams/colors#.xml",
    "ppt/diagrams/data#.xml",
    "ppt/diagrams/drawing#.xml",
    "ppt/diagrams/layout#.xml",
    "ppt/diagrams/quickStyle#.xml",
    "ppt/drawings/drawing#.xml",
    "ppt/handoutMasters/handoutMaster#.xml",
    "ppt/media/image#",
    "ppt/notesMasters/notesMaster#.xml",
    "ppt/notesSlides/notesSlide#.xml",
    "ppt/presProps.xml",
    "ppt/presentation.xml",
    "ppt/slideLayouts/slideLayout#.xml",
    "ppt/slideMasters/slideMaster#.xml",
    "ppt/slides/slide#.xml",
    "ppt/tableStyles.xml",
    "ppt/theme/theme#.xml",
    "ppt/theme/themeOverride#.xml",
    "ppt/viewProps.xml",
    "word/charts/chart#.xml",
    "word/comments.xml",
    "word/diagrams/colors#.xml",
    "word/diagrams/data#.xml",
    "word/diagrams/drawing#.xml",
    "word/diagrams/layout#.xml",
    "word/diagrams/quickStyle#.xml",
    "word/document.xml",
    "word/drawings/drawing#.xml",
    "word/endnotes.xml",
    "word/fontTable.xml",
    "word/footer#.xml",
    "word/footnotes.xml",
    "word/header#.xml",
    "word/media/image#",
    "word/numbering.xml",
    "word/settings.xml",
    "word/styles.xml",
    "word/theme/theme#.xml",
    "xl/charts/chart#.xml",
    "xl/chartsheets/sheet#.xml",
    "xl/comments#.xml",
    "xl/diagrams/colors#.xml",
    "xl/diagrams/data#.xml",
    "xl/diagrams/drawing#.xml",
    "xl/diagrams/layout#.xml",
    "xl/diagrams/quickStyle#.xml",
    "xl/drawings/chartShapes#.xml",
    "xl/drawings/drawing#.xml",
    "xl/drawings/vmlDrawing#.vml",
    "xl/media/image#",
    "xl/pivotCache/pivotCacheDefinition#.xml",
    "xl/pivotCache/pivotCacheRecords#.xml",
    "xl/pivotTables/pivotTable#.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "xl/tables/table#.xml",
    "xl/theme/theme#.xml",
    "xl/workbook.xml",
    "xl/worksheets/sheet#.xml",
];
/// How the names of pictures end.
const PICTURES: [&str; 5] = [".png", ".jpeg", ".jpg", ".gif", ".tiff"];

/// A zip whose headers are read from the start.
struct Headers<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Headers<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        (self.rest, self.at) = (rest, self.at.checked_add(length)?);
        Some(taken)
    }

    fn header(&mut self, (signature, length): (&[u8], usize)) -> Option<&'a [u8]> {
        if self.rest.starts_with(signature) { self.take(length) } else { None }
    }
}

/// One part as both headers must tell it: all but where it begins.
#[derive(PartialEq, Eq)]
struct Entry<'a> {
    /// Version, flags, method, time, date, check sum, both lengths.
    fixed: &'a [u8],
    name: &'a [u8],
    at: usize,
}

/// True if `bytes` are a zip of nothing but mark-up and pictures, each entry told twice in the same words.
pub(super) fn holds(bytes: &[u8]) -> bool {
    read(bytes).is_some()
}

fn read(bytes: &[u8]) -> Option<()> {
    let mut headers = Headers { rest: bytes, at: 0 };
    let mut entries = Vec::new();
    while !headers.rest.starts_with(CENTRAL.0) {
        let entry = local(&mut headers).filter(|_| entries.len() < MAX_PARTS)?;
        entries.push(entry);
    }
    let begin = headers.at;
    for entry in &entries {
        if central(&mut headers)? != *entry {
            return None;
        }
    }
    let length = headers.at.checked_sub(begin)?;
    let end = headers.header(END)?;
    let count = u16::try_from(entries.len()).ok()?;
    let told = number16(end, 8)? == count && number16(end, 10)? == count;
    let placed = number32(end, 12)? == length && number32(end, 16)? == begin && number16(end, 4)? == 0;
    let ends = number16(end, 6)? == 0 && number16(end, 20)? == 0 && headers.rest.is_empty();
    let first = entries.first()?.name == FIRST;
    let mut names: Vec<Vec<u8>> = entries.iter().map(|entry| entry.name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    let unique = names.is_sorted_by(|one, next| one < next);
    (told && placed && ends && first && unique).then_some(())
}

fn local<'a>(headers: &mut Headers<'a>) -> Option<Entry<'a>> {
    let at = headers.at;
    let header = headers.header(LOCAL)?;
    let fixed = header.get(4..26)?;
    // No encryption, no descriptor behind the data; the name may be UTF-8. Stored or deflated.
    let plain = number16(header, 6)? & !0x0800 == 0 && matches!(number16(header, 8)?, 0 | 8);
    let bare = number16(header, 28)? == 0;
    let kept = number16(header, 8)? == 8 || number32(header, 18)? == number32(header, 22)?;
    let name = headers.take(number16(header, 26)?.into())?;
    headers.take(number32(header, 18)?)?;
    (plain && bare && kept && is_part(name)).then_some(Entry { fixed, name, at })
}

fn central<'a>(headers: &mut Headers<'a>) -> Option<Entry<'a>> {
    let header = headers.header(CENTRAL)?;
    let bare = number16(header, 30)? == 0 && number16(header, 32)? == 0 && number16(header, 34)? == 0;
    let name = headers.take(number16(header, 28)?.into())?;
    bare.then_some(Entry { fixed: header.get(6..28)?, name, at: number32(header, 42)? })
}

fn is_part(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    if matches!(name, "[Content_Types].xml" | "_rels/.rels") {
        return true;
    }
    if let Some((folder, part)) = name.strip_suffix(".rels").and_then(|rest| rest.rsplit_once("/_rels/")) {
        return PARTS.contains(&shape(&format!("{folder}/{part}")).as_str());
    }
    let shape = shape(name);
    let picture = PICTURES.iter().find_map(|ending| shape.strip_suffix(ending)).filter(|one| one.ends_with("/image#"));
    match picture {
        Some(picture) => PARTS.contains(&picture),
        None => !shape.ends_with("/image#") && PARTS.contains(&shape.as_str()),
    }
}

/// `name` with its number as `#`; a `#` of its own makes it nobody's.
fn shape(name: &str) -> String {
    let mut shape = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '#' => shape.push('?'),
            _ if !c.is_ascii_digit() => shape.push(c),
            _ if !shape.ends_with('#') => shape.push('#'),
            _ => {}
        }
    }
    shape
}

fn number16(header: &[u8], at: usize) -> Option<u16> {
    let bytes = header.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn number32(header: &[u8], at: usize) -> Option<usize> {
    let bytes = header.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip of stored entries.
    fn zip(names: &[&str]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for name in names {
            let at = u32::try_from(out.len()).unwrap().to_le_bytes();
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            let fixed = [&[20, 0, 0, 0, 0, 0, 0, 0, 33, 0][..], &[9; 4], &[1, 0, 0, 0, 1, 0, 0, 0]].concat();
            out.extend([LOCAL.0, &fixed, &length, &[0, 0], name.as_bytes(), b"x"].concat());
            let tail = [&length[..], &[0; 12], &at].concat();
            directory.extend([CENTRAL.0, &[20, 0], &fixed, &tail, name.as_bytes()].concat());
        }
        let count = u16::try_from(names.len()).unwrap().to_le_bytes();
        let begin = u32::try_from(out.len()).unwrap().to_le_bytes();
        let length = u32::try_from(directory.len()).unwrap().to_le_bytes();
        out.extend([&directory[..], END.0, &[0; 4], &count, &count, &length, &begin, &[0, 0]].concat());
        out
    }

    #[test]
    fn packages_of_mark_up_and_pictures_hold() {
        assert!(holds(&zip(&[
            "[Content_Types].xml",
            "_rels/.rels",
            "word/document.xml",
            "word/_rels/document.xml.rels",
            "word/header12.xml",
            "word/media/image1.png"
        ])));
    }

    #[test]
    fn other_parts_and_names_do_not_hold() {
        for name in [
            "word/vbaProject.bin",
            "word/vba.xml",
            "customUI/customUI.xml",
            "xl/externalLinks/externalLink1.xml",
            "xl/macrosheets/sheet1.xml",
            "word/header#.xml",
            "word/media/image1",
            "word/media/image1.xml",
            "word/document.xml.png",
            "word/_rels/vbaProject.bin.rels",
            "../word/document.xml",
            "/word/document.xml",
            "word//document.xml",
            "word\\document.xml",
            "名.xml",
            "",
            "word/document.xml/",
        ] {
            assert!(!holds(&zip(&["[Content_Types].xml", name])), "{name}");
        }
        for names in [
            &["word/document.xml"][..],
            &[],
            &["[Content_Types].xml", "word/document.xml", "word/document.xml"],
            &["[Content_Types].xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"],
        ] {
            assert!(!holds(&zip(names)), "{names:?}");
        }
    }

    #[test]
    fn every_changed_byte_of_a_header_is_seen_or_harmless() {
        let whole = zip(&["[Content_Types].xml", "xl/styles.xml"]);
        assert!(!holds(&[&whole[..], b"x"].concat()) && !holds(&[b"x", &whole[..]].concat()));
        for cut in 0..whole.len() {
            assert!(!holds(&whole[..cut]), "cut at {cut}");
        }
        // What both headers do not say twice: the content, and by what and for whom the directory was written.
        let told_twice = |at: &usize| {
            let content = [49, 93].contains(at);
            let directory = [(94, 19), (159, 13)].iter().any(|(begin, _)| (begin + 4..begin + 6).contains(at))
                || [(94, 19), (159, 13)].iter().any(|(begin, _)| (begin + 36..begin + 42).contains(at));
            !content && !directory
        };
        for at in (0..whole.len()).filter(told_twice) {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            assert!(!holds(&changed), "byte {at}");
        }
    }
}
