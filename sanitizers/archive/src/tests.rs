//! Archives of every kind, made by hand, and what is told about them.

use std::collections::BTreeSet;

use crate::listing::Listing;
use crate::name::{Spelling, naming};
use crate::tests::made::{Zip, cab, gz, hex, lzh, rar, stored, tar, tar_row, whole};
use crate::{Allowance, Archive, Content, Kept, NameChange, Oddity, Unreadable, open, opens};

pub(crate) mod made;

fn usual(id: &str, bytes: &[u8]) -> Result<Archive, Unreadable> {
    open(id, bytes, &mut Allowance::usual())
}

/// Names and contents of the files.
pub(crate) fn files(archive: &Archive) -> Vec<(&str, &[u8])> {
    let members = archive.members.iter();
    members
        .filter_map(|member| match &member.content {
            Content::File(bytes) => Some((member.name.as_str(), bytes.as_slice())),
            Content::Kept(_) => None,
        })
        .collect()
}

/// The files of an archive in a zip with names in UTF-8.
pub(crate) fn again(archive: &Archive) -> Vec<u8> {
    let mut zip = Zip::new();
    for (name, bytes) in files(archive) {
        let mut member = stored(name.as_bytes(), bytes);
        member.flags = 1 << 11;
        zip.add(member);
    }
    zip.bytes()
}

/// Names and contents; what is kept back by its reason.
fn told(archive: &Archive) -> Vec<(&str, Result<&[u8], Kept>)> {
    let members = archive.members.iter();
    members
        .map(|member| match &member.content {
            Content::File(bytes) => (member.name.as_str(), Ok(bytes.as_slice())),
            Content::Kept(why) => (member.name.as_str(), Err(*why)),
        })
        .collect()
}

#[test]
fn every_kind_of_archive_opens_to_its_files_with_japanese_names() {
    for (id, bytes) in whole() {
        assert!(opens(id));
        let archive = usual(id, &bytes).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(archive.oddities, [], "{id}");
        let mut members = told(&archive);
        members.sort_unstable();
        if archive.single {
            assert_eq!(members.len(), 1, "{id}");
            assert!(members[0].1.unwrap().starts_with(b"hello"), "{id}");
            continue;
        }
        assert!(members.contains(&("見積/表.txt", Ok(b"abcabcabcabcabcabc\n"))), "{id}: {members:?}");
        assert!(archive.members.iter().all(|member| member.changes.is_empty() && !member.encrypted), "{id}");
        assert!(!archive.members.iter().any(|member| member.name == "見積"), "{id}: folders are no members");
    }
}

#[test]
fn kinds_without_an_opener_are_refused() {
    for id in ["iso", "udf", "vhd", "vhdx", "chm", "mz", "pe", "ace", "arj", "cpio", "wim", "lzip", ""] {
        assert!(!opens(id));
        assert_eq!(usual(id, b"anything"), Err(Unreadable::Unsupported), "{id}");
    }
}

#[test]
fn names_of_zip_members_are_read_in_the_charset_they_are_in() {
    let unicode = |raw: &[u8], text: &str| {
        let content = [&[1][..], &crc32fast::hash(raw).to_le_bytes(), text.as_bytes()].concat();
        [&[0x75, 0x70, u8::try_from(content.len()).unwrap(), 0], content.as_slice()].concat()
    };
    let mut zip = Zip::new();
    zip.add(stored(b"\x95\\\x8E\x86.txt", b"cp932"));
    zip.add(stored("合計.txt".as_bytes(), b"utf-8 without a flag"));
    let mut flagged = stored("ソ.txt".as_bytes(), b"utf-8 with a flag");
    flagged.flags = 1 << 11;
    zip.add(flagged);
    let mut extra = stored(b"?.txt", b"extra field");
    extra.extra = unicode(b"?.txt", "予定.txt");
    zip.add(extra);
    let mut stale = stored(b"a.txt", b"extra field of another name");
    stale.extra = unicode(b"b.txt", "無関係.exe");
    zip.add(stale);
    let mut tricky = stored(b"b.txt", b"extensions differ");
    tricky.extra = unicode(b"b.txt", "b.exe");
    zip.add(tricky);
    let archive = usual("zip", &zip.bytes()).unwrap();
    let names: Vec<&str> = archive.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["表紙.txt", "合計.txt", "ソ.txt", "予定.txt", "a.txt", "b.exe"]);
    assert_eq!(archive.members[5].written, ["b.exe", "b.txt"]);
    assert_eq!(archive.members[5].changes, [NameChange::SpellingsDisagree]);
    assert_eq!(archive.oddities, [Oddity::HostileNames]);
}

#[test]
fn members_that_their_headers_describe_differently_are_kept_back_and_the_rest_is_given() {
    type Change = fn(&mut made::Member);
    let changes: [Change; 6] = [
        |m| m.local_name = Some(b"other.exe".to_vec()),
        |m| m.local_size = Some(2),
        |m| m.local_crc = Some(1),
        |m| m.local_method = Some(8),
        |m| m.local_flags = Some(1),
        |m| m.local_extra = Some(b"\x75\x70\x0A\0\x01\xED\xF6\xEB\x5Ab.exe".to_vec()),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut zip = Zip::new();
        let mut member = stored(b"a.txt", b"a");
        change(&mut member);
        if number == 5 {
            let sum = crc32fast::hash(b"a.txt").to_le_bytes();
            member.local_extra.as_mut().unwrap()[5..9].copy_from_slice(&sum);
        }
        zip.add(member);
        zip.add(stored(b"b.txt", b"b"));
        let archive = usual("zip", &zip.bytes()).unwrap();
        let expected = [("a.txt", Err(Kept::Disagrees)), ("b.txt", Ok(b"b".as_slice()))];
        assert_eq!(told(&archive), expected, "{number}");
        assert!(archive.oddities.contains(&Oddity::HeadersDisagree));
    }
}

#[test]
fn descriptors_of_every_length_are_understood_and_wrong_ones_are_not() {
    for (descriptor, good) in [
        (made::Descriptor::Signed, true),
        (made::Descriptor::Bare, true),
        (made::Descriptor::Wide, true),
        (made::Descriptor::Wrong, false),
    ] {
        let mut zip = Zip::new();
        let mut member = stored(b"a.txt", b"abc");
        member.descriptor = Some(descriptor);
        zip.add(member);
        let archive = usual("zip", &zip.bytes()).unwrap();
        let expected = if good { Ok(b"abc".as_slice()) } else { Err(Kept::Disagrees) };
        assert_eq!(told(&archive), [("a.txt", expected)]);
        assert_eq!(archive.oddities.is_empty(), good);
    }
}

#[test]
fn zip_files_that_two_readers_would_read_differently_are_refused() {
    let inner = {
        let mut zip = Zip::new();
        zip.add(stored(b"evil.exe", b"evil"));
        zip.bytes()
    };
    let outer = || {
        let mut zip = Zip::new();
        zip.add(stored(b"a.txt", b"a"));
        zip
    };
    // An end in the comment, once of a whole archive, once one that closes the file as well.
    let mut commented = outer();
    commented.comment = inner.clone();
    assert_eq!(usual("zip", &commented.bytes()), Err(Unreadable::Ambiguous));
    let mut hidden = outer();
    hidden.add(stored(b"b.txt", b"b"));
    hidden.count = Some(1);
    assert_eq!(usual("zip", &hidden.bytes()), Err(Unreadable::Ambiguous));
    let mut overlapping = outer();
    let mut again = stored(b"a.txt", b"a");
    again.offset = Some(0);
    overlapping.add(again);
    assert_eq!(usual("zip", &overlapping.bytes()), Err(Unreadable::Ambiguous));
    // A second archive behind: the last one is what most readers show.
    let two = [outer().bytes(), inner].concat();
    let archive = usual("zip", &two);
    assert!(archive.as_ref().is_ok_and(|archive| archive.oddities.contains(&Oddity::DataBefore)), "{archive:?}");
}

#[test]
fn bytes_before_between_and_behind_are_told() {
    let mut zip = Zip::new();
    zip.add(stored(b"a.txt", b"a"));
    let plain = zip.bytes();
    let before = usual("zip", &[b"MZ-not".as_slice(), &plain].concat()).unwrap();
    assert_eq!(before.oddities, [Oddity::DataBefore]);
    let behind = usual("zip", &[plain.as_slice(), b"tail"].concat()).unwrap();
    assert_eq!(behind.oddities, [Oddity::DataBehind]);
    zip.raw(b"between");
    zip.add(stored(b"b.txt", b"b"));
    assert_eq!(usual("zip", &zip.bytes()).unwrap().oddities, [Oddity::DataBetween]);
}

#[test]
fn names_that_meet_in_one_file_are_told_apart() {
    let mut zip = Zip::new();
    for name in ["a.txt", "A.TXT", "ガ.txt", "カ\u{3099}.txt", "d", "d/e.txt", "ａ.txt", "./a.txt"] {
        zip.add(stored(name.as_bytes(), name.as_bytes()));
    }
    let archive = usual("zip", &zip.bytes()).unwrap();
    let names: Vec<&str> = archive.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["a.txt", "A (2).TXT", "ガ.txt", "ガ (2).txt", "d", "d (2)/e.txt", "ａ.txt", "a (3).txt"]);
    assert_eq!(archive.oddities, [Oddity::DuplicateNames]);
    let odd = |names: &[&str]| {
        let mut zip = Zip::new();
        names.iter().for_each(|name| zip.add(stored(name.as_bytes(), b"")));
        !usual("zip", &zip.bytes()).unwrap().oddities.is_empty()
    };
    assert!(!odd(&["Readme.txt", "README.TXT", "D/a", "d/A"]));
    assert!(odd(&["a", "a"]) && odd(&["d", "d/a"]) && odd(&["d/a", "d"]));
}

#[test]
fn the_numbers_of_a_thousand_members_of_one_long_name_are_found_at_once() {
    let long = format!("{}/{}", ["表".repeat(60).as_str(); 2].join("/"), "a".repeat(190));
    let mut listing = Listing::default();
    let mut add = |name: String| listing.kept(naming(&[Spelling::Text(name)]), 0, Kept::Unsupported);
    (0..1_000).for_each(|_| add(long.clone()));
    (0..1_000).for_each(|_| add(format!("{long}/b")));
    let members = listing.finish().members;
    let names: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names.len(), 2_000);
    assert!(members[999].name.ends_with(" (1000)") && members[1_000].name.ends_with("a (1001)/b"));
    assert!(members[1_999].name.ends_with("a (1001)/b (1000)"));
}

#[test]
fn what_macos_and_windows_put_in_for_themselves_is_no_member() {
    let mut zip = Zip::new();
    for (name, content) in [
        ("d/a.txt", b"a".as_slice()),
        ("__MACOSX/d/._a.txt", b"\x00\x05\x16\x07\x00\x02\0\0"),
        ("d/.DS_Store", b"\0\0\0\x01Bud1"),
        ("__MACOSX/b.exe", b"MZ"),
    ] {
        zip.add(stored(name.as_bytes(), content));
    }
    let archive = usual("zip", &zip.bytes()).unwrap();
    assert_eq!(told(&archive), [("d/a.txt", Ok(b"a".as_slice())), ("__MACOSX/b.exe", Ok(b"MZ"))]);
    assert_eq!(archive.oddities, [Oddity::Leftovers]);
}

#[test]
fn headers_that_differ_in_what_says_nothing_agree() {
    let differing = |name: &[u8], local_name: &[u8], local_flags: u16| {
        let mut zip = Zip::new();
        let mut member = stored(name, b"a");
        (member.local_name, member.local_flags) = (Some(local_name.to_vec()), Some(local_flags));
        zip.add(member);
        usual("zip", &zip.bytes()).unwrap().oddities.is_empty()
    };
    assert!(differing(b"d/a", b"d/a", 1 << 11) && differing(b"d/a", b"d\\a", 0));
    assert!(!differing("表".as_bytes(), "表".as_bytes(), 1 << 11) && !differing(b"\x95/", b"\x95\\", 0));
}

#[test]
fn links_devices_and_encrypted_members_are_kept_back() {
    let mut zip = Zip::new();
    for (mode, name) in [(0o120_777u32, "link"), (0o020_666, "device"), (0o100_644, "file")] {
        let mut member = stored(name.as_bytes(), b"/etc/passwd");
        member.attributes = mode << 16;
        zip.add(member);
    }
    let mut encrypted = stored(b"secret", b"............");
    encrypted.flags = 1;
    zip.add(encrypted);
    let mut aes = stored(b"aes", b"............");
    aes.method = 99;
    zip.add(aes);
    let archive = usual("zip", &zip.bytes()).unwrap();
    let expected = [
        ("link", Err(Kept::Link)),
        ("device", Err(Kept::Device)),
        ("file", Ok(b"/etc/passwd".as_slice())),
        ("secret", Err(Kept::Encrypted)),
        ("aes", Err(Kept::Encrypted)),
    ];
    assert_eq!(told(&archive), expected);
    assert!(archive.members[3].encrypted && !archive.members[2].encrypted);

    let rows = [
        tar_row("../a.txt", b'0', b"a"),
        tar_row("link", b'2', b""),
        tar_row("hard", b'1', b""),
        tar_row("fifo", b'6', b""),
        tar_row("folder/", b'5', b""),
        tar_row("b.txt", b'0', b"b"),
    ];
    let archive = usual("tar", &tar(&rows)).unwrap();
    let expected = [
        ("a.txt", Ok(b"a".as_slice())),
        ("link", Err(Kept::Link)),
        ("hard", Err(Kept::Link)),
        ("fifo", Err(Kept::Device)),
        ("b.txt", Ok(b"b".as_slice())),
    ];
    assert_eq!(told(&archive), expected);
    assert_eq!(archive.members[0].changes, [NameChange::Traversal]);
}

#[test]
fn passwords_of_7z_and_their_heads_are_told() {
    let archive = usual("7z", &hex(made::SEVEN_ZIP_PASSWORD)).unwrap();
    assert_eq!(told(&archive), [("空.csv", Err(Kept::Encrypted))]);
    assert_eq!(usual("7z", &hex(made::SEVEN_ZIP_HIDDEN)), Err(Unreadable::Encrypted));
    assert_eq!(usual("7z", &[hex(made::SEVEN_ZIP), b"tail".to_vec()].concat()).unwrap().oddities, [Oddity::DataBehind]);
}

#[test]
fn the_head_of_a_7z_may_be_packed_by_any_writer_but_not_be_long() {
    let archive = usual("7z", &made::seven_zip_with_packed_head(0)).unwrap();
    assert_eq!(told(&archive), [("見積/表.txt", Ok(made::CONTENT))]);
    assert_eq!(usual("7z", &made::seven_zip_with_packed_head(2 << 20)), Err(Unreadable::TooLarge));
}

#[test]
fn long_names_of_tar_are_read() {
    let long = "表".repeat(50);
    let record = format!("path=見積/{long}.txt\n");
    let record = format!("{} {record}", record.len() + 4);
    let rows = [
        tar_row("PaxHeaders/a", b'x', record.as_bytes()),
        tar_row("a", b'0', b"pax"),
        tar_row("././@LongLink", b'L', format!("{long}.csv\0").as_bytes()),
        tar_row("a", b'0', b"gnu"),
    ];
    let archive = usual("tar", &tar(&rows)).unwrap();
    let (pax, gnu) = (format!("見積/{long}.txt"), format!("{long}.csv"));
    assert_eq!(told(&archive), [(pax.as_str(), Ok(b"pax".as_slice())), (gnu.as_str(), Ok(b"gnu"))]);
}

#[test]
fn a_compressed_file_is_a_member_named_by_its_header_or_after_the_archive() {
    let named = usual("gzip", &gz(Some(b"\x95\\.csv"), b"1,2")).unwrap();
    assert_eq!((told(&named), named.single), (vec![("表.csv", Ok(b"1,2".as_slice()))], false));
    let nameless = usual("gzip", &[gz(None, b"hello "), gz(None, b"again")].concat()).unwrap();
    assert_eq!((told(&nameless), nameless.single), (vec![("file", Ok(b"hello again".as_slice()))], true));
    let inside = usual("gzip", &gz(None, &tar(&[tar_row("a.txt", b'0', b"a")]))).unwrap();
    assert_eq!((told(&inside), inside.single), (vec![("a.txt", Ok(b"a".as_slice()))], false));
    let padded = [gz(None, b"a"), vec![0; 100]].concat();
    assert_eq!(usual("gzip", &padded).unwrap().oddities, []);
    let behind = [gz(None, b"a"), b"tail".to_vec()].concat();
    assert_eq!(usual("gzip", &behind).unwrap().oddities, [Oddity::DataBehind]);
    let mut wrong = gz(None, b"a");
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(usual("gzip", &wrong), Err(Unreadable::Malformed));
}

#[test]
fn members_with_a_wrong_checksum_or_size_are_kept_back() {
    let mut zip = Zip::new();
    let mut wrong = stored(b"a", b"a");
    wrong.crc = Some(7);
    zip.add(wrong);
    let mut short = made::deflated(b"b", &[b'b'; 100]);
    short.size = Some(50);
    zip.add(short);
    let mut long = made::deflated(b"c", &[b'c'; 100]);
    long.size = Some(200);
    zip.add(long);
    let mut tail = made::deflated(b"d", b"d");
    tail.data.extend(b"tail");
    zip.add(tail);
    let archive = usual("zip", &zip.bytes()).unwrap();
    assert!(archive.members.iter().all(|member| member.content == Content::Kept(Kept::Corrupt)), "{archive:?}");
    for (id, bytes) in [("lzh", lzh(true)), ("rar", rar(true)), ("cab", cab(true))] {
        let archive = usual(id, &bytes).unwrap();
        assert_eq!(told(&archive), [("見積/表.txt", Err(Kept::Corrupt))], "{id}");
    }
}

#[test]
fn bombs_end_early_at_a_limit() {
    let zeros = made::zeros(20 << 20);
    // Stated sizes over the total, as in 42.zip: nothing is unpacked.
    let mut stated = Zip::new();
    for n in 0..16 {
        let mut member = made::deflated(format!("{n}").as_bytes(), b"");
        member.size = Some(200 << 20);
        stated.add(member);
    }
    // A lie about ten gigabytes of zeros is found at the stated size.
    let mut lying = Zip::new();
    let mut member = made::deflated(b"0", b"");
    (member.data, member.size) = (zeros.clone(), Some(10));
    lying.add(member);
    let mut dense = Zip::new();
    let mut member = made::deflated(b"0", b"");
    (member.data, member.size) = (zeros.clone(), Some(20 << 20));
    dense.add(member);
    let mut many = Zip::new();
    for n in 0..1_001 {
        many.add(stored(format!("{n}").as_bytes(), b""));
    }
    let gzip = [b"\x1F\x8B\x08\0\0\0\0\0\0\0".to_vec(), zeros].concat();
    for (id, bytes, expected) in [
        ("zip", stated.bytes(), Err(Unreadable::TooLarge)),
        ("zip", dense.bytes(), Err(Unreadable::TooLarge)),
        ("zip", many.bytes(), Err(Unreadable::TooManyMembers)),
        ("zip", made::fifield(200), Err(Unreadable::Ambiguous)),
        ("gzip", gzip, Err(Unreadable::TooLarge)),
    ] {
        assert_eq!(usual(id, &bytes), expected, "{id}");
    }
    let archive = usual("zip", &lying.bytes()).unwrap();
    assert_eq!(told(&archive), [("0", Err(Kept::Corrupt))]);
    let mut huge = Zip::new();
    let mut member = made::deflated(b"0", b"");
    member.size = Some(u32::MAX - 1);
    huge.add(member);
    assert_eq!(told(&usual("zip", &huge.bytes()).unwrap()), [("0", Err(Kept::TooLarge))]);
    let mut tight = Allowance { member_bytes: 10, ..Allowance::usual() };
    for (id, bytes) in whole() {
        let archive = open(id, &bytes, &mut tight).unwrap();
        let large = archive.members.iter().find(|member| member.name == "見積/表.txt");
        assert!(archive.single || large.unwrap().content == Content::Kept(Kept::TooLarge), "{id}");
    }
}

#[test]
fn an_allowance_is_shared_by_the_archives_that_are_opened_with_it() {
    let bytes = whole().into_iter().find(|(id, _)| *id == "zip").unwrap().1;
    let mut allowance = Allowance { bytes: 30, member_bytes: 30, members: 100 };
    assert!(open("zip", &bytes, &mut allowance).is_ok());
    assert_eq!(open("zip", &bytes, &mut allowance), Err(Unreadable::TooLarge));
    let mut allowance = Allowance { members: 3, ..Allowance::usual() };
    assert!(open("zip", &bytes, &mut allowance).is_ok());
    assert_eq!(open("zip", &bytes, &mut allowance), Err(Unreadable::TooManyMembers));
}
