//! Types of bytes made here, containers included.

use super::*;

fn id(bytes: &[u8]) -> &'static str {
    detect(bytes).id
}

/// Members, their flags and content, stored, with a central directory.
fn zip_of(members: &[(&str, u16, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, flags, content) in members {
        let offset = u32::try_from(file.len()).unwrap();
        let size = u32::try_from(content.len()).unwrap();
        let mut shared = Vec::new();
        shared.extend([20, 0]);
        shared.extend(flags.to_le_bytes());
        shared.extend([0; 10]);
        shared.extend(size.to_le_bytes());
        shared.extend(size.to_le_bytes());
        shared.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        shared.extend([0, 0]);
        file.extend([b"PK\x03\x04", shared.as_slice(), name.as_bytes(), content].concat());
        let central = [b"PK\x01\x02\x14\0", shared.as_slice(), &[0; 10], &offset.to_le_bytes(), name.as_bytes()];
        directory.extend(central.concat());
    }
    let start = u32::try_from(file.len()).unwrap();
    let size = u32::try_from(directory.len()).unwrap();
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    file.extend(directory);
    file.extend(
        [b"PK\x05\x06\0\0\0\0", &count[..], &count, &size.to_le_bytes(), &start.to_le_bytes(), &[0, 0]].concat(),
    );
    file
}

fn zip_with(names: &[&str]) -> Vec<u8> {
    zip_of(&names.iter().map(|name| (*name, 0, &b"x"[..])).collect::<Vec<_>>())
}

/// A compound file: header, one sector of table, one of directory; streams have the given first sector; a name after `/` lies in a folder.
fn ole_with(names: &[&str], root_class: [u8; 16], stream: &[u8]) -> Vec<u8> {
    let mut header = vec![0u8; 512];
    header[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    header[30] = 9;
    header[48] = 1;
    header[68..72].fill(0xFF);
    header[76..512].fill(0xFF);
    header[76..80].fill(0);
    let table = vec![0xFF; 512];
    let mut directory = Vec::new();
    for (number, name) in ["Root Entry"].iter().chain(names).enumerate() {
        let mut entry = vec![0u8; 128];
        entry[68..80].fill(0xFF);
        // The root's child, or the next entry to the right; what hangs on no other entry lies deeper.
        let link = if number == 0 { 76 } else { 72 };
        if number < names.len() && !names[number].starts_with('/') {
            entry[link..link + 4].copy_from_slice(&[u8::try_from(number + 1).unwrap(), 0, 0, 0]);
        }
        let name = name.trim_start_matches('/');
        for (at, unit) in name.encode_utf16().enumerate() {
            entry[at * 2..at * 2 + 2].copy_from_slice(&unit.to_le_bytes());
        }
        entry[64] = u8::try_from(name.encode_utf16().count() * 2 + 2).unwrap();
        if number == 0 {
            entry[80..96].copy_from_slice(&root_class);
        } else {
            entry[116] = 2;
            entry[121] = 0x20;
        }
        directory.extend(entry);
    }
    directory.resize(512, 0);
    let mut stream = stream.to_vec();
    stream.resize(512, 0);
    [header, table, directory, stream].concat()
}

fn program() -> Vec<u8> {
    let mut bytes = vec![0u8; 0x100];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3C] = 0x80;
    bytes[0x4E..0x4E + 38].copy_from_slice(b"This program cannot be run in DOS mode");
    bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
    bytes
}

#[test]
fn plain_signatures_are_known() {
    for (bytes, expected) in [
        (&b"\xFF\xD8\xFF\xE0\0\x10JFIF"[..], "jpeg"),
        (b"\x89PNG\r\n\x1A\n\0\0", "png"),
        (b"GIF89a\0\0", "gif"),
        (b"II*\0\x08\0", "tiff"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"\0\0\0\x18ftypheic\0\0", "heic"),
        (b"\0\0\0\x18ftypisom\0\0", "mp4"),
        (b"7z\xBC\xAF\x27\x1C\0\x04", "7z"),
        (b"\x1F\x8B\x08\0", "gzip"),
        (b"BZh91AY&SY", "bzip2"),
        (b"MSCF\0\0\0\0\0\0", "cab"),
        (b"\x20\0-lh5-\0\0", "lzh"),
        (b"\x7FELF\x02", "elf"),
        (b"\xCA\xFE\xBA\xBE\0\0\0\x34", "java-class"),
        (b"\xCA\xFE\xBA\xBE\0\0\0\x02", "mach-o"),
        (b"dex\n035\0", "dex"),
        (b"\0asm\x01\0\0\0", "wasm"),
        (b"\x4C\0\0\0\x01\x14\x02\0\0", "lnk"),
        (b"ITSF\x03\0", "chm"),
        (b"vhdxfile\0", "vhdx"),
        (b"\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", "onenote"),
        (b"\x60\x0E\x82\x01\0\0", "docuworks"),
        (b"\0\x01\0\0Standard ACE DB\0", "access"),
        (b"JwwData.\0\0", "jww"),
        (b"DOC\0\0\0\0\0    ", "ichitaro"),
        (b"AC1032\0\0\0", "dwg"),
        (b"\x78\x9F\x3E\x22\0", "tnef"),
        (b"\x78\x9F\x3E\x22\x01\0 %PDF-1.7\n%%EOF", "tnef"),
        (b"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\0", "p7s"),
        (b"\0\xF1\x02\x83\x99", "unknown"),
    ] {
        assert_eq!(id(bytes), expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn signatures_far_inside_and_at_the_end_are_known() {
    let at = |offset: usize, magic: &[u8], total: usize| {
        let mut bytes = vec![0u8; total];
        bytes[offset..offset + magic.len()].copy_from_slice(magic);
        bytes
    };
    assert_eq!(id(&at(32_769, b"CD001", 40_000)), "iso");
    assert_eq!(id(&at(1_024 - 512, b"koly", 1_024)), "dmg");
    assert_eq!(id(&at(1_024 - 512, b"conectix", 1_024)), "vhd");
    assert_eq!(id(&at(257, b"ustar\0", 1_024)), "tar");
    assert_eq!(id(&program()), "pe");
    assert_eq!(id(b"MZ\x90\0\x03"), "mz");
}

/// `pieces` at their offsets in zeros.
fn laid(total: usize, pieces: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0u8; total];
    for (at, piece) in pieces {
        bytes[*at..*at + piece.len()].copy_from_slice(piece);
    }
    bytes
}

/// Containers that are never opened, with the extensions they come under.
fn refused() -> Vec<(&'static str, Vec<u8>, Class, &'static [&'static str])> {
    let program_with = |archive: &[u8]| [&program()[..], archive].concat();
    let (disk, program, script) = (Class::DiskImage, Class::Executable, Class::Script);
    let partition = b"\x80\x01\x01\0\x07\xFE\xFF\xFF\0\x08\0\0\0\0\x10\0\0";
    let sync = b"\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\x02\0\x01";
    vec![
        ("iso", laid(40_000, &[(32_768, b"\x01CD001\x01")]), disk, &["iso", "img"]),
        ("iso", laid(40_000, &[(0, b"\xEB\x63\x90"), (510, b"\x55\xAA"), (32_768, b"\x01CD001\x01")]), disk, &["iso"]),
        ("iso", laid(40_000, &[(0, sync), (37_648, b"\x01CD001\x01")]), disk, &["mdf", "iso"]),
        ("iso", laid(1_024, &[(1_012, b"NER5\0\0\0\0\0\0\x01\0")]), disk, &["nrg"]),
        ("udf", laid(40_000, &[(32_768, b"\0BEA01\x01"), (34_816, b"\0NSR03\x01")]), disk, &["udf", "iso"]),
        ("disk", laid(1_024, &[(0, b"\xEB\x3C\x90MSDOS5.0"), (510, b"\x55\xAA")]), disk, &["img", "ima", "vfd"]),
        (
            "disk",
            laid(1_024, &[(0, b"\x33\xC0\x8E"), (446, &partition[..16]), (510, b"\x55\xAA")]),
            disk,
            &["img", "dd"],
        ),
        ("disk", laid(1_024, &[(512, b"EFI PART\0\0\x01\0")]), disk, &["img"]),
        ("disk", laid(2_048, &[(1_048, &[2, 0, 0, 0]), (1_080, b"\x53\xEF\x01\0")]), disk, &["img"]),
        ("disk", laid(2_048, &[(1_024, b"H+\0\x04")]), disk, &["img"]),
        ("disk", laid(2_048, &[(32, b"NXSB\0\x10\0\0")]), disk, &["img"]),
        ("vhd", laid(2_048, &[(0, b"conectix"), (1_536, b"conectix")]), disk, &["vhd"]),
        ("vhd", laid(2_048, &[(1_536, b"conectix")]), disk, &["vhd", "avhd"]),
        ("vhdx", laid(2_048, &[(0, b"vhdxfile")]), disk, &["vhdx"]),
        ("vmdk", laid(2_048, &[(0, b"KDMV\x01")]), disk, &["vmdk"]),
        ("vmdk", b"# Disk DescriptorFile\nversion=1\n".to_vec(), disk, &["vmdk"]),
        ("vdi", laid(2_048, &[(0, b"<<< Oracle VM VirtualBox"), (64, b"\x7F\x10\xDA\xBE")]), disk, &["vdi"]),
        ("qcow", laid(2_048, &[(0, b"QFI\xFB")]), disk, &["qcow2"]),
        ("dmg", laid(2_048, &[(1_536, b"koly\0\0\0\x04")]), disk, &["dmg"]),
        ("squashfs", laid(2_048, &[(0, b"hsqs")]), disk, &["snap"]),
        ("wim", laid(2_048, &[(0, b"MSWIM\0\0\0\xD0")]), Class::Archive, &["wim", "esd"]),
        ("chm", laid(2_048, &[(0, b"ITSF\x03\0\0\0")]), script, &["chm"]),
        ("hlp", laid(2_048, &[(0, b"\x3F\x5F\x03\0")]), script, &["hlp"]),
        ("pe", program_with(&zip_with(&["a"])), program, &["exe", "sfx"]),
        ("pe", program_with(b"Rar!\x1A\x07\x01\0\0\0\0\0\x10\x01\0"), program, &["exe"]),
        ("pe", program_with(b"7z\xBC\xAF\x27\x1C\0\x04"), program, &["exe"]),
        ("pe", program_with(b"\x20\0-lh5-\0\0"), program, &["exe"]),
        (
            "shell-script",
            [&b"#!/bin/sh\ntail -n +3 $0 | tar xz\n"[..], b"\x1F\x8B\x08\0\0\xFF\0"].concat(),
            script,
            &["sh"],
        ),
        ("msi", ole_with(&["x"], *b"\x84\x10\x0C\0\0\0\0\0\xC0\0\0\0\0\0\0\x46", b""), program, &["msi"]),
    ]
}

#[test]
fn containers_that_are_never_opened_are_known_by_content_and_by_name() {
    for (expected, bytes, class, extensions) in refused() {
        let detected = detect(&bytes);
        assert_eq!((detected.id, detected.class), (expected, class));
        for extension in extensions {
            assert!(agrees(&detected, extension), "{expected} as {extension}");
            let text = detect(b"words");
            assert!(*extension == "sh" || !agrees(&text, extension), "text as {extension}");
        }
        for false_one in ["pdf", "docx", "xlsx", "jpg", "txt", "zip", "csv"] {
            assert!(!agrees(&detected, false_one), "{expected} as {false_one}");
        }
    }
}

#[test]
fn an_image_of_a_disk_behind_another_beginning_is_told() {
    let fronts: [&[u8]; 4] = [b"\x89PNG\r\n\x1A\n", b"%PDF-1.7\n", b"\xFF\xD8\xFF\xE0", b"{\\rtf1 "];
    for front in fronts {
        for (magic, at, length, expected) in [
            (&b"\x01CD001\x01"[..], 32_768, 40_000, "iso"),
            (b"\0NSR02\x01", 34_816, 40_000, "udf"),
            (b"conectix", 1_536, 2_048, "vhd"),
            (b"koly\0\0\0\x04", 1_536, 2_048, "dmg"),
        ] {
            let bytes = laid(length, &[(0, front), (at, magic)]);
            let first = detect(&bytes);
            assert!(
                first.class == Class::DiskImage || polyglot(&bytes, &first) == Some(expected),
                "{first:?} {expected}"
            );
        }
    }
}

#[test]
fn letters_of_a_signature_in_front_of_text_are_text() {
    for text in ["AC100 volts", "070701,a,b", "MZ is a company", "ID3 tags", "BM is short", "FWS and CWS", "SIT! Stay!"]
    {
        assert_eq!(id(text.as_bytes()), "text", "{text}");
    }
}

#[test]
fn the_inside_of_a_zip_tells_its_type() {
    let types = "[Content_Types].xml";
    for (names, expected) in [
        (&["a.txt"][..], "zip"),
        (&[types, "_rels/.rels", "word/document.xml"], "ooxml-word"),
        (&[types, "word/document.xml", "word/vbaProject.bin"], "ooxml-word-macro"),
        (&[types, "docProps/app.xml", "xl/workbook.xml"], "ooxml-excel"),
        (&[types, "xl/workbook.xml", "xl/vbaProject.bin"], "ooxml-excel-macro"),
        (&[types, "xl/workbook.xml", "xl/macrosheets/sheet1.xml"], "ooxml-excel-macro"),
        (&[types, "xl/workbook.bin"], "xlsb"),
        (&[types, "ppt/presentation.xml"], "ooxml-powerpoint"),
        (&[types, "ppt\\presentation.xml", "PPT\\VBAPROJECT.BIN"], "ooxml-powerpoint-macro"),
        (&[types, "AppxManifest.xml"], "appx"),
        (&["META-INF/MANIFEST.MF", "a.class"], "jar"),
        (&["META-INF/MANIFEST.MF", "AndroidManifest.xml", "classes.dex"], "apk"),
        (&["word/document.xml"], "zip"),
    ] {
        assert_eq!(id(&zip_with(names)), expected, "{names:?}");
    }
    let odt = zip_of(&[("mimetype", 0, b"application/vnd.oasis.opendocument.text"), ("content.xml", 0, b"x")]);
    assert_eq!(id(&odt), "odt");
    let inner = zip_with(&[types, "word/document.xml"]);
    assert_eq!(id(&zip_of(&[("inner.docx", 0, &inner)])), "zip");
}

#[test]
fn a_zip_with_something_in_front_is_still_one() {
    assert_eq!(id(&[&b"\0\x01\xF1"[..], &zip_with(&["a"])].concat()), "zip");
}

#[test]
fn a_cut_zip_is_read_by_its_local_headers() {
    let whole = zip_with(&["[Content_Types].xml", "word/document.xml"]);
    let end = whole.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    assert_eq!(id(&whole[..end]), "ooxml-word");
}

/// A PDF whose cross-reference stream is too long for its dictionary to be near the end.
fn pdf_with(entry: &str) -> Vec<u8> {
    let head = format!("%PDF-1.7\n{}", "%".repeat(9_000));
    let stream = format!("9 0 obj << /Type /XRef {entry} >> stream\n{}\nendstream", "x".repeat(9_000));
    format!("{head}{stream}\nstartxref\n{}\n%%EOF\n", head.len()).into_bytes()
}

fn current_user(token: u32) -> Vec<u8> {
    [&[0, 0, 0xF6, 0x0F, 20, 0, 0, 0, 20, 0, 0, 0], token.to_le_bytes().as_slice()].concat()
}

#[test]
fn encryption_is_seen_in_every_container() {
    let ole = |names: &[&str], stream: &[u8]| ole_with(names, [0; 16], stream);
    for (bytes, expected, encrypted) in [
        (zip_of(&[("a", 0, b"x"), ("b", 1, b"x")]), "zip", true),
        (zip_of(&[("a", 0, b"x")]), "zip", false),
        (ole(&["EncryptionInfo", "EncryptedPackage"], b""), "office-encrypted", true),
        (ole(&["WordDocument"], b"\xEC\xA5\xC1\0\0\0\0\0\0\0\0\x01"), "doc", true),
        (ole(&["WordDocument"], b"\xEC\xA5\xC1\0\0\0\0\0\0\0\0\0"), "doc", false),
        (ole(&["Workbook"], b"\x09\x08\x02\0\0\0\x2F\0\x02\0\0\0"), "xls", true),
        (ole(&["Workbook"], b"\x09\x08\x02\0\0\0\x42\0\x02\0\0\0"), "xls", false),
        (b"%PDF-1.7\n1 0 obj\ntrailer << /Encrypt 5 0 R >>".to_vec(), "pdf", true),
        (b"%PDF-1.7\n1 0 obj\ntrailer << >>".to_vec(), "pdf", false),
        (b"%PDF-1.7\n1 0 obj\ntrailer << /EncryptMetadata false >>".to_vec(), "pdf", false),
        (pdf_with("/Encrypt 5 0 R"), "pdf", true),
        (pdf_with("/Info 5 0 R"), "pdf", false),
        (ole(&["PowerPoint Document", "Current User"], &current_user(0xF3D1_C4DF)), "ppt", true),
        (ole(&["PowerPoint Document", "Current User"], &current_user(0xE391_C05F)), "ppt", false),
        (zip_of(&[("a", 1 << 13, b"x")]), "zip", true),
        (b"Rar!\x1A\x07\x01\0\0\0\0\0\x10\x04\0".to_vec(), "rar", true),
        (b"Rar!\x1A\x07\x01\0\0\0\0\0\x10\x01\0".to_vec(), "rar", false),
        (b"Rar!\x1A\x07\0\0\0\x73\x80\0\x0D\0".to_vec(), "rar", true),
    ] {
        let detected = detect(&bytes);
        assert_eq!((detected.id, detected.encrypted), (expected, encrypted));
    }
}

#[test]
fn the_inside_of_a_compound_file_tells_its_type() {
    for (names, expected) in [
        (&["WordDocument"][..], "doc"),
        (&["Book"], "xls"),
        (&["PowerPoint Document"], "ppt"),
        (&["__properties_version1.0"], "msg"),
        (&["\u{4}JSRV_SegmentInformation"], "jtd"),
        (&["\u{5}HwpSummaryInformation"], "hwp"),
        (&["VisioDocument"], "vsd"),
        (&["Strange"], "ole2"),
    ] {
        assert_eq!(id(&ole_with(names, [0; 16], b"")), expected, "{names:?}");
    }
    assert_eq!(id(&ole_with(&["WordDocument", "/Workbook"], [0; 16], b"")), "doc");
    let installer = *b"\x84\x10\x0C\0\0\0\0\0\xC0\0\0\0\0\0\0\x46";
    assert_eq!(id(&ole_with(&["WordDocument"], installer, b"")), "msi");
    assert_eq!(id(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "ole2");
}

#[test]
fn text_is_told_from_noise_in_every_japanese_encoding() {
    for bytes in [
        &b""[..],
        b"plain",
        "手水、UTF-8".as_bytes(),
        b"\xEF\xBB\xBFa",
        b"\xFF\xFEa\0b\0",
        b"\x8e\xe8\x90\x85\x82\xcc\x96\x7b\x95\xb6\x82\xc5\x82\xb7",
        b"\xbc\xea\xbf\xe5\xa4\xce\xcb\xdc\xca\xb8",
        b"\x1B$B<j?e\x1B(B",
        b"caf\xE9 cr\xE8me",
        b"a,b\r\n1,2\r\n\x1A",
    ] {
        assert_eq!(id(bytes), "text", "{}", bytes.escape_ascii());
    }
    let noise: Vec<u8> = (0..2_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2] | 1).collect();
    assert_eq!(id(&noise), "unknown");
    assert_eq!(id(b"a\0b"), "unknown");
}

#[test]
fn kinds_of_text_are_told_by_what_they_do() {
    for (text, expected) in [
        ("<!DOCTYPE html><p>", "html"),
        ("<!-- x --><div>a</div>", "html"),
        ("a <script>x()</script>", "html"),
        ("<p>a", "html"),
        ("<phone>1</phone>", "xml"),
        ("<?xml version='1.0'?><a/>", "xml"),
        ("<?xml version='1.0'?><svg xmlns='x'/>", "svg"),
        ("<html><hta:application id=x>", "hta"),
        ("<job><script language=x>", "wsf"),
        ("<html xmlns:x='urn:schemas-microsoft-com:office:spreadsheet'><body><job><script>", "html"),
        ("<?xml version='1.0'?><?mso-application progid='Word.Document'?>", "office-xml"),
        ("<?xml version='1.0'?><libraryDescription>", "search-connector"),
        ("<PCSettings><x/>", "settingcontent"),
        ("{\\rt1", "rtf"),
        ("#!/bin/sh\n", "shell-script"),
        ("@ECHO OFF\r\n", "bat"),
        ("if exist x goto a\r\ngoto b\r\npowershell x\r\n", "bat"),
        ("$a = 1\nInvoke-Expression $a\n", "ps1"),
        ("Dim x\r\nSet x = CreateObject(\"WScript.Shell\")\r\n", "vbs"),
        ("var a = new ActiveXObject('x');\nfunction b() {}\n", "js"),
        ("[InternetShortcut]\r\nURL=file://x\r\n", "url"),
        ("[Shell]\r\nCommand=2\r\n", "scf"),
        ("Windows Registry Editor Version 5.00\r\n", "reg"),
        ("[Version]\r\nSignature=\"$Windows NT$\"\r\n", "inf"),
        ("WEB\r\n1\r\nhttp://x\r\n", "iqy"),
        ("ID;PWXL;N;E\r\n", "slk"),
        ("BEGIN:VCALENDAR\r\n", "ics"),
        ("BEGIN:VCARD\r\n", "vcf"),
        ("-----BEGIN PGP MESSAGE-----\n", "pgp"),
        ("-----BEGIN CERTIFICATE-----\n", "pem"),
        ("begin 644 a.exe\nM35J0\n`\nend\n", "uuencode"),
        ("Received: by x\nFrom: a@b\nSubject: c\nMIME-Version: 1.0\n\nx", "eml"),
        ("From: <saved>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\nx", "mhtml"),
        ("Received: by x\nTo: a@b\nContent-Type: multipart/related; boundary=x\n\n<html>", "eml"),
        ("ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('SCADEC level2 feature_mode'),'2;1');", "sfc"),
        ("ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('SCADEC level2 ambiguous_mode'),'2;1');", "p21"),
        ("  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "dxf"),
        ("junk\n%PDF-1.4\n", "pdf"),
    ] {
        assert_eq!(id(text.as_bytes()), expected, "{text}");
        assert!(is_text(text.as_bytes()), "{text}");
    }
    let wide: Vec<u8> = "\u{FEFF}<html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(id(&wide), "html");
}

#[test]
fn prose_about_scripts_and_mail_stays_prose() {
    for text in [
        "Please use CreateObject(\"x\") and On Error Resume Next.",
        "To: all\nFrom: me\nSubject: lunch\n\nSee you.",
        "Let us meet.\nCall me at nine.\nSet the table.",
        "$100 for a\n$200 for b\n",
        "Begin 600 words.",
        "if a < b and c > d",
    ] {
        assert_eq!(id(text.as_bytes()), "text", "{text}");
    }
}

#[test]
fn a_name_makes_a_table_of_text_and_of_nothing_else() {
    let named = |bytes: &[u8], extension: &str| with_name(detect(bytes), &[extension.to_owned()]).id;
    assert_eq!(named(b"a,b", "csv"), "csv");
    assert_eq!(named(b"a,b", "txt"), "text");
    assert_eq!(named(b"<html>", "csv"), "html");
}

#[test]
fn names_and_content_agree_or_not() {
    for (bytes, extension, expected) in [
        (&b"a,b"[..], "csv", true),
        (b"a", "md", true),
        (b"a", "docx", false),
        (b"%PDF-1.4", "pdf", true),
        (b"%PDF-1.4", "docx", false),
        (b"<html>", "txt", false),
        (b"MZ\x90\0\x03", "txt", false),
        (b"MZ\x90\0\x03", "exe", true),
        (b"\xFF\xD8\xFF", "jpeg", true),
        (b"\xFF\xD8\xFF", "png", false),
        (b"a", "strange", true),
    ] {
        assert_eq!(agrees(&detect(bytes), extension), expected, "{extension}");
    }
    let with_macro = detect(&zip_with(&["[Content_Types].xml", "word/vbaProject.bin"]));
    assert!(agrees(&with_macro, "docm") && !agrees(&with_macro, "docx"));
    let encrypted = detect(&ole_with(&["EncryptedPackage"], [0; 16], b""));
    assert!(agrees(&encrypted, "xlsx") && !agrees(&encrypted, "pdf"));
}

#[test]
fn extensions_have_families() {
    for (extension, class) in [
        ("exe", Class::Executable),
        ("scr", Class::Executable),
        ("jar", Class::Executable),
        ("msi", Class::Executable),
        ("xll", Class::Executable),
        ("ade", Class::Executable),
        ("diagcab", Class::Executable),
        ("bat", Class::Script),
        ("ps1", Class::Script),
        ("vbe", Class::Script),
        ("hta", Class::Script),
        ("chm", Class::Script),
        ("one", Class::Script),
        ("msc", Class::Script),
        ("lnk", Class::Shortcut),
        ("url", Class::Shortcut),
        ("search-ms", Class::Shortcut),
        ("settingcontent-ms", Class::Shortcut),
        ("iso", Class::DiskImage),
        ("vhdx", Class::DiskImage),
        ("docm", Class::Document),
        ("jtd", Class::Document),
        ("xdw", Class::Document),
        ("jww", Class::Drawing),
        ("csv", Class::Text),
        ("p7m", Class::Crypto),
    ] {
        assert_eq!(class_of_extension(extension), Some(class), "{extension}");
    }
    assert_eq!(class_of_extension("strange"), None);
}

#[test]
fn a_second_type_is_found_where_its_readers_look() {
    let check = |bytes: &[u8], expected: Option<&str>| {
        assert_eq!(polyglot(bytes, &detect(bytes)), expected, "{}", bytes[..bytes.len().min(40)].escape_ascii());
    };
    let gif = b"GIF89a\x01\0\x01\0\0\0\0";
    check(gif, None);
    check(&[gif, zip_with(&["a.exe"]).as_slice()].concat(), Some("zip"));
    check(&[gif.as_slice(), &program()].concat(), Some("pe"));
    check(&[gif.as_slice(), b"<script>x()</script>"].concat(), Some("html"));
    check(&[gif.as_slice(), b"Rar!\x1A\x07\0"].concat(), Some("rar"));
    check(&[b"%PDF-1.4\n".as_slice(), &zip_with(&["a"])].concat(), Some("zip"));
    check(b"%PDF-1.4\n plain", None);
    let compound = ole_with(&["Workbook"], [0; 16], b"");
    check(&[compound.as_slice(), &zip_with(&["a"])].concat(), Some("zip"));
    check(&[compound.as_slice(), &zip_with(&["a"]), &[0; 64]].concat(), None);
    check(&zip_with(&["a.gif"]), None);
    check(&zip_of(&[("a.exe", 0, &program())]), None);
    check(b"a sentence about 7z and zip", None);
}

#[test]
fn every_cut_of_a_container_is_survived() {
    for whole in [
        zip_with(&["[Content_Types].xml", "word/document.xml"]),
        ole_with(&["Workbook"], [0; 16], b"\x09\x08\x02\0\0\0"),
        program(),
    ] {
        for end in 0..whole.len() {
            let mut changed = whole.clone();
            changed[end] ^= 0xFF;
            for bytes in [&whole[..end], &changed] {
                let detected = detect(bytes);
                let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                assert!((1..=32).contains(&detected.id.len()) && detected.id.bytes().all(fits));
                assert_ne!(polyglot(bytes, &detected), Some(detected.id));
            }
        }
    }
}

#[test]
fn names_refine_text_and_words_about_mark_up_only() {
    let id = |bytes: &[u8], name: &str| crate::with_name(crate::detect(bytes), &[name.to_owned()]).id;
    assert_eq!(id(b"{\"a\": \"<html><script>\"}", "json"), "json");
    assert_eq!((id(b"a,b\n", "csv"), id(b"a\tb\n", "tsv"), id(b"a,b\n", "txt")), ("csv", "tsv", "text"));
    assert_eq!((id(b"<?xml version='1.0'?><a/>", "txt"), id(b"<?xml version='1.0'?><a/>", "xml")), ("text", "xml"));
    assert_eq!((id(b"<svg/>", "txt"), id(b"<html></html>", "json")), ("svg", "html"));
    let wide: Vec<u8> = "氏名,数\r\n机,-3\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(id(&wide, "csv"), "csv");
}
