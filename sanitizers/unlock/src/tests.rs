//! What is opened and what stays closed, on files made here, files of 7-Zip and qpdf, and a corpus if there is one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::cipher::{Aes, Block};
use crate::zip::tests::contents;

pub(crate) fn allowance() -> Allowance {
    Allowance::new(1 << 24, 1_000)
}

/// Enciphers a chain (CBC); `bytes` are whole blocks.
pub(crate) fn encrypt_chain(key: &[u8], vector: [u8; 16], bytes: &[u8]) -> Vec<u8> {
    let aes = Aes::new(key).unwrap();
    let mut before = vector;
    let mut sealed = Vec::new();
    for block in bytes.chunks_exact(16) {
        let mixed: [u8; 16] = std::array::from_fn(|at| block[at] ^ before[at]);
        let mut block = Block::from(mixed);
        aes.encrypt(&mut block);
        before = block.into();
        sealed.extend(before);
    }
    sealed
}

/// 2,000 passwords that are not the right one, ten at a time.
pub(crate) fn refuses_random_passwords(type_id: &str, bytes: &[u8]) {
    let mut state: u64 = 0x5EED;
    for _ in 0..200 {
        let passwords: Vec<String> = (0..10)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format!("{:x}", state >> 20)
            })
            .collect();
        let list: Vec<&str> = passwords.iter().map(String::as_str).collect();
        assert_eq!(unlock(type_id, bytes, &list, &mut allowance()), Err(Locked::WrongPassword));
    }
}

/// A 7z of one stored member, its key made in `2^power` turns.
pub(crate) fn seven_file(password: &str, power: u8, content: &[u8]) -> Vec<u8> {
    seven_of(password, power, &[content])
}

/// A 7z of stored members `a`, `b`… in one block; what is empty has no stream.
fn seven_of(password: &str, power: u8, contents: &[&[u8]]) -> Vec<u8> {
    use sha2::Digest;
    let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut hash = sha2::Sha256::new();
    for turn in 0..1_u64 << power {
        hash.update(&password);
        hash.update(turn.to_le_bytes());
    }
    let mut padded = contents.concat();
    let total = padded.len();
    padded.resize(total.next_multiple_of(16), 0);
    let sealed = encrypt_chain(&hash.finalize(), [0; 16], &padded);
    let byte = |length: usize| u8::try_from(length).ok().filter(|length| *length < 0x80).unwrap();
    let mut header = vec![1, 4, 6, 0, 1, 9, byte(sealed.len()), 0];
    // One block of one coder: AES with its power, without salt or vector.
    header.extend([7, 11, 1, 0, 1, 0x24, 6, 0xF1, 7, 1, 1, power, 12, byte(total), 0]);
    let streams: Vec<&&[u8]> = contents.iter().filter(|content| !content.is_empty()).collect();
    header.extend([8, 13, byte(streams.len())]);
    if streams.len() > 1 {
        header.push(9);
        header.extend(streams[..streams.len() - 1].iter().map(|content| byte(content.len())));
    }
    header.extend([10, 1]);
    header.extend(streams.iter().flat_map(|content| crc32fast::hash(content).to_le_bytes()));
    header.extend([0, 0, 5, byte(contents.len())]);
    let empty = (0..8).fold(0, |bits, at| bits << 1 | u8::from(contents.get(at).is_some_and(|one| one.is_empty())));
    if empty != 0 {
        // Without a stream; files, not folders.
        header.extend([14, 1, empty, 15, 1, 0xFF]);
    }
    header.extend([17, byte(contents.len() * 4 + 1), 0]);
    header.extend((b'a'..).take(contents.len()).flat_map(|name| [name, 0, 0, 0]));
    header.extend([0, 0]);
    let mut start = u64::try_from(sealed.len()).unwrap().to_le_bytes().to_vec();
    start.extend(u64::try_from(header.len()).unwrap().to_le_bytes());
    start.extend(crc32fast::hash(&header).to_le_bytes());
    let sum = crc32fast::hash(&start).to_le_bytes();
    [b"7z\xBC\xAF\x27\x1C\0\x04", sum.as_slice(), &start, &sealed, &header].concat()
}

/// Writes the checksums in front of a 7z anew, as somebody would who changed its directory.
pub(crate) fn resummed(mut bytes: Vec<u8>) -> Vec<u8> {
    let number = |at: usize| usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap();
    let from = number(12) + 32;
    let sum = crc32fast::hash(&bytes[from..from + number(20)]).to_le_bytes();
    bytes[28..32].copy_from_slice(&sum);
    let sum = crc32fast::hash(&bytes[12..32]).to_le_bytes();
    bytes[8..12].copy_from_slice(&sum);
    bytes
}

pub(crate) fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

/// Made by 7-Zip (`-p -mhe=on`): two small members, the directory enciphered. Password `Himitsu123`.
pub(crate) const SEVEN_SEALED: &str = include_str!("../testdata/sealed.7z.b64").trim_ascii();
/// Made by qpdf, revisions 3 and 6. User password `Himitsu123`.
pub(crate) const PDF_3: &str = include_str!("../testdata/r3.pdf.b64").trim_ascii();
pub(crate) const PDF_6: &str = include_str!("../testdata/r6.pdf.b64").trim_ascii();

#[test]
fn a_7z_is_opened_also_where_its_directory_is_closed() {
    let bytes = seven_file("秘密", 4, b"himitsu");
    let opened = unlock("7z", &bytes, &["wrong", "秘密"], &mut allowance()).unwrap();
    assert_eq!(
        (opened.used.as_slice(), contents(&opened.bytes)),
        (&[1][..], vec![(b"a".to_vec(), b"himitsu".to_vec())])
    );
    let bytes = decoded(SEVEN_SEALED);
    let opened = unlock("7z", &bytes, &["wrong", "Himitsu123"], &mut allowance()).unwrap();
    let names: Vec<Vec<u8>> = contents(&opened.bytes).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["b.txt".as_bytes(), "表.txt".as_bytes()]);
    assert_eq!(unlock("7z", &bytes, &["wrong"], &mut allowance()), Err(Locked::WrongPassword));
    let mut damaged = bytes;
    damaged[14] ^= 1;
    assert_eq!(unlock("7z", &damaged, &["Himitsu123"], &mut allowance()), Err(Locked::Broken));
}

#[test]
fn empty_files_between_others_of_a_7z_need_no_checksum() {
    let bytes = seven_of("秘密", 4, &[b"himitsu", b"", b"naisho"]);
    let opened = unlock("7z", &bytes, &["wrong", "秘密"], &mut allowance()).unwrap();
    let expected = [(b"a", b"himitsu".to_vec()), (b"b", Vec::new()), (b"c", b"naisho".to_vec())];
    assert_eq!(contents(&opened.bytes), expected.map(|(name, content)| (name.to_vec(), content)));
    assert_eq!(unlock("7z", &bytes, &["wrong"], &mut allowance()), Err(Locked::WrongPassword));
}

#[test]
fn turns_are_paid_for_before_they_are_made() {
    let bytes = seven_file("x", 4, b"himitsu");
    let power = bytes.windows(5).position(|five| five == [6, 0xF1, 7, 1, 1]).unwrap() + 5;
    let mut dear = bytes.clone();
    dear[power] = 40;
    assert_eq!(unlock("7z", &resummed(dear), &["x"], &mut allowance()), Err(Locked::TooMuch));
    let mut poor = Allowance { work: 3, ..allowance() };
    assert_eq!(unlock("7z", &bytes, &["x"], &mut poor), Err(Locked::TooMuch));
    let mut narrow = Allowance { bytes: 5, ..allowance() };
    assert_eq!(unlock("7z", &bytes, &["x"], &mut narrow), Err(Locked::TooMuch));
}

#[test]
fn no_random_password_opens_a_7z() {
    refuses_random_passwords("7z", &seven_file("right", 3, b"himitsu"));
}

/// A RAR 5 of stored members, each enciphered with a key of `2^power` turns.
fn rar_of(password: &str, power: u8, members: u8) -> Vec<u8> {
    let block = |fields: &[u8], data: &[u8]| {
        let sized = [&[u8::try_from(fields.len()).unwrap()], fields].concat();
        [crc32fast::hash(&sized).to_le_bytes().as_slice(), &sized, data].concat()
    };
    let mut file = [b"Rar!\x1A\x07\x01\0".to_vec(), block(&[1, 0, 0], b"")].concat();
    for name in (b'A'..).take(members.into()) {
        let salt = [name; 16];
        let keys = rars::crypto::rar50::Rar50Keys::derive(password.as_bytes(), salt, power).unwrap();
        let sealed = encrypt_chain(&keys.key, [7; 16], b"sixteen bytes ..");
        let sum = crc32fast::hash(b"sixteen bytes ..").to_le_bytes();
        let record = [&[1, 0, 1, power][..], &salt, &[7; 16], &keys.password_check_record()].concat();
        let extra = [&[u8::try_from(record.len()).unwrap()], record.as_slice()].concat();
        // With more behind and with data; a checksum, stored, on Unix.
        let length = u8::try_from(extra.len()).unwrap();
        let head = [&[2, 3, length, 16, 4, 16, 0][..], &sum, &[0, 1, 1, name], &extra].concat();
        file.extend(block(&head, &sealed));
    }
    [file, block(&[5, 0, 0], b"")].concat()
}

#[test]
fn a_wrong_password_of_a_rar_costs_one_key_however_many_members_there_are() {
    let bytes = rar_of("right", 4, 20);
    // A key costs 160: one for each password, and of the right one one for each member too.
    let mut enough = Allowance { work: 25 * 160, ..allowance() };
    let opened = unlock("rar", &bytes, &["one", "two", "three", "right"], &mut enough).unwrap();
    assert_eq!((opened.used.as_slice(), contents(&opened.bytes).len()), (&[3][..], 20));
    assert_eq!(unlock("rar", &bytes, &["one", "two"], &mut allowance()), Err(Locked::WrongPassword));
}

#[test]
fn a_pdf_is_opened_with_either_password() {
    for bytes in [PDF_3, PDF_6].map(decoded) {
        for password in ["Himitsu123", "ownerHimitsu123"] {
            let opened = unlock("pdf", &bytes, &["wrong", password], &mut allowance()).unwrap();
            let document = lopdf::Document::load_mem(&opened.bytes).unwrap();
            let page = document.page_iter().next().unwrap();
            assert_eq!(document.get_page_content(page).trim_ascii_end(), b"BT /F1 12 Tf (hello secret) Tj ET");
            assert!(!opened.bytes.windows(8).any(|window| window == b"/Encrypt"));
            assert_eq!(unlock("pdf", &opened.bytes, &[], &mut allowance()), Err(Locked::NotSupported));
        }
        assert_eq!(unlock("pdf", &bytes, &[], &mut allowance()), Err(Locked::WrongPassword));
    }
}

#[test]
fn objects_of_a_pdf_that_unpack_to_too_much_are_not_read() {
    let file = |length: usize| {
        let content = [b"9 0 ".as_slice(), &vec![b' '; length], b"1"].concat();
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&content, 6);
        let about = format!("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length {}>>", packed.len());
        let head = format!("%PDF-1.7\n1 0 obj\n{about}\nstream\n");
        let body = [head.as_bytes(), &packed, b"\nendstream\nendobj\n"].concat();
        let list = "xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<</Size 2/Root 1 0 R>>\n";
        let end = format!("{list}startxref\n{}\n%%EOF\n", body.len());
        [body, end.into_bytes()].concat()
    };
    assert_eq!(unlock("pdf", &file(1 << 20), &["x"], &mut allowance()), Err(Locked::NotSupported));
    let bomb = file(5 << 20);
    assert!(bomb.len() < 20_000);
    assert_eq!(unlock("pdf", &bomb, &["x"], &mut allowance()), Err(Locked::TooMuch));
}

#[test]
fn no_random_password_opens_a_pdf() {
    refuses_random_passwords("pdf", &decoded(PDF_3));
}

#[test]
fn what_is_opened_is_never_printed() {
    let opened = Opened { bytes: b"himitsu".to_vec(), used: vec![0] };
    assert_eq!(format!("{opened:?}"), "Opened { length: 7, used: [0] }");
}

/// Files of other projects, if they lie beside the project; their passwords are named in their notes.
#[test]
fn files_of_other_programs_are_opened() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(corpus) = here.ancestors().map(|above| above.join("shared/corpus")).find(|folder| folder.is_dir()) else {
        return;
    };
    for (type_id, file, password, expected) in [
        ("rar", "la/61bcc127-test_read_format_rar5_solid_encrypted_filenames.rar", "password", Ok(&[0][..])),
        ("rar", "la/307de6b7-test_read_format_rar5_solid_encrypted.rar", "password", Ok(&[0])),
        ("rar", "la/144ab227-test_read_format_rar_encryption_partially.rar", "12345678", Ok(&[0])),
        ("rar", "la/0201a8cd-test_read_format_rar4_encrypted_filenames.rar", "wrong", Err(Locked::WrongPassword)),
        ("rar", "la/307de6b7-test_read_format_rar5_solid_encrypted.rar", "wrong", Err(Locked::WrongPassword)),
        ("rar", "la/144ab227-test_read_format_rar_encryption_partially.rar", "wrong", Err(Locked::WrongPassword)),
        ("zip", "la/9731b91c-test_read_format_zip_traditional_encryption_data.zip", "12345678", Ok(&[0])),
        ("zip", "la/49bed557-test_read_format_zip_encryption_header.zip", "x", Err(Locked::NotSupported)),
        ("office-encrypted", "poi/c182f782-bug53475-password-is-pass.docx", "pass", Ok(&[0])),
        ("office-encrypted", "oletools/59c79d4d-dde-test-encrypt-standardpassword.xlsb", "x", Ok(&[])),
        ("xls", "oletools/346f1ee5-dde-test-encrypt-standardpassword.xls", "x", Ok(&[])),
        ("ppt", "poi/8d0dd9f5-Password_Protected-hello.ppt", "hello", Err(Locked::NotSupported)),
        ("pdf", "pdfbox/a2f06610-PasswordSample-256bit.pdf", "user", Ok(&[0])),
        ("pdf", "pdfbox/7dac5439-PasswordSample-40bit.pdf", "owner", Ok(&[0])),
        ("pdf", "pdfbox/a6701f87-AESkeylength256.pdf", "user", Err(Locked::NotSupported)),
    ] {
        let Ok(bytes) = std::fs::read(corpus.join(file)) else { continue };
        let ended = unlock(type_id, &bytes, &[password], &mut allowance());
        assert_eq!(ended.map(|opened| opened.used), expected.map(<[usize]>::to_vec), "{file}");
    }
}
