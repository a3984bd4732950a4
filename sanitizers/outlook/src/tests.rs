//! Files of Outlook made by hand, and what is read of them.

use std::io::{Cursor, Write as _};

use crate::{Allowance, Content, Message, Unreadable, read_msg, read_tnef, rtf};

pub(crate) const ROOM: Allowance = Allowance { bytes: 1 << 20, parts: 100, depth: 20 };

/// A compound file with these streams.
fn compound(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        if let Some((folder, _)) = path.rsplit_once('/') {
            file.create_storage_all(format!("/{folder}")).unwrap();
        }
        file.create_stream(format!("/{path}")).unwrap().write_all(bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A property stream: its header, and numbers.
fn fixed(header: usize, numbers: &[(u16, u32)]) -> Vec<u8> {
    let mut out = vec![0; header];
    for (id, number) in numbers {
        out.extend([&[3, 0], &id.to_le_bytes()[..], &[6, 0, 0, 0], &number.to_le_bytes(), &[0; 4]].concat());
    }
    out
}

/// A message with a text, a file, and `levels` messages inside each other.
fn message(levels: usize) -> Vec<u8> {
    let mut streams = vec![
        ("__properties_version1.0".to_owned(), fixed(32, &[(0x3FFD, 932)])),
        ("__substg1.0_0037001E".to_owned(), b"\x8E\x8E\x90\x85".to_vec()),
        ("__substg1.0_1000001F".to_owned(), wide("本文")),
        ("__attach_version1.0_#00000000/__properties_version1.0".to_owned(), fixed(8, &[(0x3705, 1)])),
        ("__attach_version1.0_#00000000/__substg1.0_3707001F".to_owned(), wide("表.csv")),
        ("__attach_version1.0_#00000000/__substg1.0_37010102".to_owned(), b"a,b".to_vec()),
    ];
    let mut at = String::new();
    for _ in 0..levels {
        at += "__attach_version1.0_#00000001/";
        streams.push((format!("{at}__properties_version1.0"), fixed(8, &[(0x3705, 5)])));
        at += "__substg1.0_3701000D/";
        streams.push((format!("{at}__properties_version1.0"), fixed(24, &[])));
        streams.push((format!("{at}__substg1.0_1000001F"), wide("内側")));
    }
    compound(&streams.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect::<Vec<_>>())
}

pub(crate) fn message_file() -> Vec<u8> {
    message(2)
}

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    [&[level], &id.to_le_bytes()[..], &length.to_le_bytes(), data, &[0, 0]].concat()
}

fn tnef(attributes: &[Vec<u8>]) -> Vec<u8> {
    [b"\x78\x9F\x3E\x22\x01\0".to_vec(), attribute(1, 0x0006_9007, &932u32.to_le_bytes()), attributes.concat()].concat()
}

/// A list of one property of variable length.
fn list(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap();
    let mut out = [&1u32.to_le_bytes()[..], &kind.to_le_bytes(), &id.to_le_bytes(), &1u32.to_le_bytes()].concat();
    out.extend(length.to_le_bytes());
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// `levels` messages inside each other, each with a text.
fn nested(levels: usize) -> Vec<u8> {
    let mut stream = tnef(&[attribute(1, 0x0002_800C, b"\x8E\x8E\x90\x85\0")]);
    for _ in 0..levels {
        let object = [&b"\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"[..], &stream].concat();
        stream = tnef(&[attribute(2, 0x0006_9002, &[0; 14]), attribute(2, 0x0006_9005, &list(0x0D, 0x3701, &object))]);
    }
    stream
}

pub(crate) fn tnef_file() -> Vec<u8> {
    let mut file = nested(1);
    file.extend(attribute(2, 0x0006_9002, &[0; 14]));
    file.extend(attribute(2, 0x0001_8010, b"\x95\\.csv\0"));
    file.extend(attribute(2, 0x0006_800F, b"a,b"));
    file
}

fn depth(message: &Message) -> (u32, Option<Unreadable>) {
    let mut found = (1, None);
    for attachment in &message.attachments {
        match &attachment.content {
            Content::Message(message) => found = (depth(message).0 + 1, depth(message).1),
            Content::Closed(why) => found.1 = Some(*why),
            Content::File(_) | Content::Absent => {}
        }
    }
    found
}

#[test]
fn a_message_file_is_read_with_its_texts_files_and_messages() {
    let read = read_msg(&message(2), &mut ROOM.clone()).unwrap();
    assert_eq!(read.subject.as_deref(), Some("試水"));
    assert_eq!(read.bodies[0].bytes, "本文".as_bytes());
    assert_eq!(read.attachments[0].names, ["表.csv"]);
    assert_eq!(read.attachments[0].content, Content::File(b"a,b".to_vec()));
    assert_eq!(depth(&read), (3, None));
}

#[test]
fn winmail_is_read_in_its_code_page() {
    let read = read_tnef(&tnef_file(), &mut ROOM.clone()).unwrap();
    assert_eq!(depth(&read), (2, None));
    let Content::Message(inner) = &read.attachments[0].content else { panic!("{read:?}") };
    assert_eq!(
        (inner.bodies[0].bytes.as_slice(), inner.bodies[0].charset.as_deref()),
        (&b"\x8E\x8E\x90\x85"[..], Some("shift_jis"))
    );
    assert_eq!(read.attachments[1].names, ["表.csv"]);
}

#[test]
fn what_lies_too_deep_stays_closed() {
    for read in [read_msg(&message(30), &mut ROOM.clone()), read_tnef(&nested(30), &mut ROOM.clone())] {
        assert_eq!(depth(&read.unwrap()), (20, Some(Unreadable::TooDeep)));
    }
    let mut none = Allowance { depth: 0, ..ROOM };
    assert_eq!(read_msg(&message(0), &mut none), Err(Unreadable::TooDeep));
}

#[test]
fn what_costs_too_much_is_not_read() {
    let read = |allowance: Allowance| read_msg(&message(0), &mut allowance.clone());
    assert_eq!(read(Allowance { bytes: 2, ..ROOM }), Err(Unreadable::TooLarge));
    assert_eq!(read(Allowance { parts: 1, ..ROOM }), Err(Unreadable::TooManyParts));
    assert_eq!(read_msg(b"no compound file", &mut ROOM.clone()), Err(Unreadable::Malformed));
    assert_eq!(read_tnef(b"no TNEF", &mut ROOM.clone()), Err(Unreadable::Malformed));
}

/// Attachments whose streams of files all lie in the same sectors.
fn shared(attachments: u32, each: usize) -> Vec<u8> {
    let mut streams = vec![("__properties_version1.0".to_owned(), fixed(32, &[]))];
    for number in 0..attachments {
        let at = format!("__attach_version1.0_#{number:08X}/");
        streams.push((format!("{at}__properties_version1.0"), fixed(8, &[(0x3705, 1)])));
        let length = if number == 0 { each } else { 5_000 };
        streams.push((format!("{at}__substg1.0_37010102"), vec![7; length]));
    }
    let mut file = compound(&streams.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect::<Vec<_>>());
    let name = wide("__substg1.0_37010102");
    let at: Vec<usize> = (0..file.len() / 128).map(|n| n * 128).filter(|at| file[*at..].starts_with(&name)).collect();
    assert_eq!(at.len(), usize::try_from(attachments).unwrap());
    // Where a stream starts and how long it is stands at the end of its entry ([MS-CFB] 2.6.1).
    let length = u32::try_from(each).unwrap().to_le_bytes();
    let first = at.iter().find(|at| file[**at + 120..].starts_with(&length)).unwrap();
    let chain = file[first + 116..first + 128].to_vec();
    at.iter().for_each(|at| file[at + 116..at + 128].copy_from_slice(&chain));
    file
}

#[test]
fn streams_that_share_their_sectors_cost_no_more_than_the_file_has() {
    let room = Allowance { bytes: 1 << 30, ..ROOM };
    assert_eq!(read_msg(&shared(1, 100_000), &mut room.clone()).unwrap().attachments.len(), 1);
    let file = shared(40, 100_000);
    assert!(file.len() < 500_000);
    assert_eq!(read_msg(&file, &mut room.clone()).err(), Some(Unreadable::TooLarge));
}

#[test]
fn a_body_is_read_where_a_body_can_be() {
    let at = "__attach_version1.0_#00000000/";
    let to = "__recip_version1.0_#00000000/";
    let large = vec![b'x'; 200_000];
    let read = |extra: &str| {
        let mut streams = vec![
            ("__properties_version1.0".to_owned(), fixed(32, &[])),
            ("__substg1.0_1000001F".to_owned(), wide("本文")),
            (format!("{at}__properties_version1.0"), fixed(8, &[(0x3705, 1)])),
            (format!("{at}__substg1.0_37010102"), b"a,b".to_vec()),
            (format!("{to}__properties_version1.0"), fixed(8, &[(0x0C15, 1)])),
            (format!("{to}__substg1.0_3001001F"), wide("課長")),
        ];
        streams.push((extra.to_owned(), large.clone()));
        let streams: Vec<_> = streams.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
        read_msg(&compound(&streams), &mut Allowance { bytes: 100_000, ..ROOM }.clone())
    };
    let whole = read("unknown").unwrap();
    assert_eq!((whole.to[0].name.as_str(), whole.bodies.len(), whole.attachments.len()), ("課長", 1, 1));
    for nobody_asks in [
        format!("{at}__substg1.0_1000001F"),
        format!("{at}__substg1.0_10090102"),
        format!("{to}__substg1.0_10130102"),
        format!("{to}__substg1.0_37010102"),
        "__substg1.0_37010102".to_owned(),
    ] {
        assert_eq!(read(&nobody_asks).as_ref(), Ok(&whole), "{nobody_asks}");
    }
    for asked in ["__substg1.0_10090102".to_owned(), "__substg1.0_10130102".to_owned()] {
        assert_eq!(read(&asked), Err(Unreadable::TooLarge), "{asked}");
    }
}

#[test]
fn packed_rtf_is_unpacked_and_a_length_that_lies_is_spent_first() {
    // The example of [MS-OXRTFCP] 4.1.1.
    let packed = b"\x2D\0\0\0\x2B\0\0\0LZFu\xF1\xC5\xC7\xA7\x03\0\x0A\0rcpg125\x42\x32\x0A\xF3 hel\x09\0\x20bw\x05\xB0ld}\x0A\x80\x0F\xA0";
    let text = "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
    assert_eq!(rtf::unpack(packed, &mut ROOM.clone()).unwrap(), text.as_bytes());
    // A run may read what it writes itself (4.2).
    let run = b"\x1A\0\0\0\x1C\0\0\0LZFu\xE2\xD4KQ\x41\0\x04\x20WXYZ\x0Dn}\x01\x0E\xB0";
    assert_eq!(rtf::unpack(run, &mut ROOM.clone()).unwrap(), b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
    let mut lying = packed.to_vec();
    lying[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(rtf::unpack(&lying, &mut ROOM.clone()), Err(Unreadable::TooLarge));
}

#[test]
fn of_rtf_only_what_people_see_is_text() {
    for (rtf, text) in [
        (
            "{\\rtf1\\ansi\\ansicpg932{\\fonttbl{\\f0\\fcharset128 MS;}}\\f0 \\'8e\\'8e\\'90\\'85\\par a\\tab b}",
            "試水\na\tb",
        ),
        (
            "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset128 MS;}}\\f0 x\\f1 \\'90\\'85}",
            "x水",
        ),
        ("{\\rtf1\\uc1 \\u-30338 ?\\u27700 ?{\\*\\generator Word;}{\\pict 00ff}}", "襾水"),
        (
            "{\\rtf1\\ansi\\fromhtml1{\\*\\htmltag64 <p>}\\htmlrtf{\\htmlrtf0 one{\\*\\htmltag72 </p>}\\htmlrtf\\par}\\htmlrtf0 two}",
            "one\ntwo",
        ),
        ("{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"http://x\"}{\\fldrslt shown}}\\{\\}}", "shown{}"),
    ] {
        assert_eq!(rtf::text(rtf.as_bytes()), text, "{rtf}");
    }
}

#[test]
fn hidden_and_deleted_text_of_rtf_is_no_text_unless_html_decides() {
    for (rtf, text) in [
        ("{\\rtf1 a{\\v b}c\\v d\\v0 e\\v1 f\\plain g\\v\\u27700 ?\\par}", "aceg"),
        ("{\\rtf1 a{\\deleted b{c}}d\\deleted e\\deleted0 f\\deleted g\\plain h\\revised i}", "adfhi"),
        ("{\\rtf1\\ansi\\fromhtml1 \\htmlrtf\\v\\htmlrtf0 one{\\v two}}", "onetwo"),
    ] {
        assert_eq!(rtf::text(rtf.as_bytes()), text, "{rtf}");
    }
}

#[test]
fn rtf_in_groups_without_end_loses_no_text() {
    let (open, close) = ("{".repeat(100_000), "}".repeat(100_000));
    assert_eq!(rtf::text((open.clone() + "x").as_bytes()), "x");
    let inside = "a{\\*\\x no{no}no}b{\\pict 00{\\*\\y no}00}c{\\fonttbl{\\f0\\fcharset128 MS;}}\\'90\\'85{\\v d}e";
    assert_eq!(rtf::text(format!("{{\\rtf1{open}{inside}{close}f{{\\v no}}g}}").as_bytes()), "abc水defg");
    let skipped = format!("{{\\rtf1{{\\*\\x {open}no{close}no}}{open}{{\\*\\x {open}no{close}no}}seen{close}}}");
    assert_eq!(rtf::text(skipped.as_bytes()), "seen");
}
