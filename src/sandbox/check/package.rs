//! The second look at documents of Office: the list of parts in their zip, whatever the worker says.
//!
//! Refuses: parts that are neither mark-up nor pictures by name, entries in a form that the writer does not use, bytes
//! before, between or behind the entries. Knows nothing of what the parts say. Invariant: one pass over the headers;
//! nothing is decompressed.

/// APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16: the signatures and the lengths of the fixed parts.
const LOCAL: (&[u8], usize) = (b"PK\x03\x04", 30);
const CENTRAL: (&[u8], usize) = (b"PK\x01\x02", 46);
const END: (&[u8], usize) = (b"PK\x05\x06", 22);

/// The first part of every package (ECMA-376 part 2, 10.1.2.2).
const FIRST: &[u8] = b"[Content_Types].xml";
/// Parts of one package at most.
const MAX_PARTS: usize = 20_000;
/// What parts may be called, by the end of their names.
const ENDINGS: [&[u8]; 8] = [b".xml", b".rels", b".vml", b".png", b".jpeg", b".jpg", b".gif", b".tiff"];

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
    let name = headers.take(number16(header, 26)?.into())?;
    headers.take(number32(header, 18)?)?;
    (plain && bare && is_part(name)).then_some(Entry { fixed, name, at })
}

fn central<'a>(headers: &mut Headers<'a>) -> Option<Entry<'a>> {
    let header = headers.header(CENTRAL)?;
    let bare = number16(header, 30)? == 0 && number16(header, 32)? == 0 && number16(header, 34)? == 0;
    let name = headers.take(number16(header, 28)?.into())?;
    bare.then_some(Entry { fixed: header.get(6..28)?, name, at: number32(header, 42)? })
}

fn is_part(name: &[u8]) -> bool {
    let characters = name.iter().all(|b| b.is_ascii_alphanumeric() || b"_-./[]".contains(b));
    let steps = name.split(|b| *b == b'/').all(|step| !step.is_empty() && step != b"." && step != b"..");
    characters && steps && ENDINGS.iter().any(|ending| name.ends_with(ending))
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
        assert!(holds(&zip(&["[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/media/image1.png"])));
    }

    #[test]
    fn other_parts_and_names_do_not_hold() {
        for name in
            ["word/vbaProject.bin", "a.exe", "../a.xml", "/a.xml", "a//b.xml", "a\\b.xml", "名.xml", "", "A.XML/"]
        {
            assert!(!holds(&zip(&["[Content_Types].xml", name])), "{name}");
        }
        for names in [&["a.xml"][..], &[], &["[Content_Types].xml", "a.xml", "A.xml"]] {
            assert!(!holds(&zip(names)), "{names:?}");
        }
    }

    #[test]
    fn every_changed_byte_of_a_header_is_seen_or_harmless() {
        let whole = zip(&["[Content_Types].xml", "a.xml"]);
        assert!(!holds(&[&whole[..], b"x"].concat()) && !holds(&[b"x", &whole[..]].concat()));
        for cut in 0..whole.len() {
            assert!(!holds(&whole[..cut]), "cut at {cut}");
        }
        // What both headers do not say twice: the content, and by what and for whom the directory was written.
        let told_twice = |at: &usize| {
            let content = [49, 85].contains(at);
            let directory = [(86, 19), (151, 5)].iter().any(|(begin, _)| (begin + 4..begin + 6).contains(at))
                || [(86, 19), (151, 5)].iter().any(|(begin, _)| (begin + 36..begin + 42).contains(at));
            !content && !directory
        };
        for at in (0..whole.len()).filter(told_twice) {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            assert!(!holds(&changed), "byte {at}");
        }
    }
}
