//! Office files made by hand: packages in both encryptions, a workbook and a document in RC4.

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha512;

use super::{agile, binary, standard};
use crate::tests::{allowance, encrypt_chain, refuses_random_passwords};
use crate::zip::tests::{With, contents, zip_file};
use crate::{Locked, unlock};

fn container(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        container.create_stream(path).unwrap().write_all(bytes).unwrap();
    }
    container.flush().unwrap();
    container.into_inner().into_inner()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A package, long enough for several segments.
fn package() -> Vec<u8> {
    let noise: Vec<u8> = (0..9_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    zip_file(&[(b"[Content_Types].xml", b"<Types/>", With::Nothing), (b"a", &noise, With::Nothing)])
}

fn filled(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    bytes
}

fn agile_parts(password: &str, turns: u32, whole: &[u8]) -> (String, Vec<u8>) {
    let (salt, key_salt, key) = ([3_u8; 16], [5_u8; 16], [9_u8; 32]);
    let sha512 = |parts: &[&[u8]]| Sha512::digest(parts.concat()).to_vec();
    let vector = |salt: &[u8], block: &[u8]| sha512(&[salt, block])[..16].try_into().unwrap();
    let mut hash = sha512(&[&salt, &utf16(password)]);
    for turn in 0..turns {
        hash = sha512(&[&turn.to_le_bytes(), &hash]);
    }
    let derived = |block: &[u8]| sha512(&[&hash, block])[..32].to_vec();
    let text = |bytes: Vec<u8>| STANDARD.encode(bytes);
    let input = [7_u8; 16];
    let sealed_input = text(encrypt_chain(&derived(&agile::VERIFIER_INPUT), salt, &input));
    let sealed_hash = text(encrypt_chain(&derived(&agile::VERIFIER_HASH), salt, &sha512(&[&input])));
    let sealed_key = text(encrypt_chain(&derived(&agile::PACKAGE_KEY), salt, &key));

    let mut sealed = u64::try_from(whole.len()).unwrap().to_le_bytes().to_vec();
    for (number, segment) in (0_u32..).zip(whole.chunks(4_096)) {
        sealed.extend(encrypt_chain(&key, vector(&key_salt, &number.to_le_bytes()), &filled(segment)));
    }
    let hash_key = [11_u8; 64];
    let mut mac = Hmac::<Sha512>::new_from_slice(&hash_key).unwrap();
    mac.update(&sealed);
    let value = text(encrypt_chain(&key, vector(&key_salt, &agile::HASH_VALUE), &mac.finalize().into_bytes()));
    let hash_key = text(encrypt_chain(&key, vector(&key_salt, &agile::HASH_KEY), &hash_key));
    let scheme = |salt: &[u8]| {
        let salt = STANDARD.encode(salt);
        format!(
            r#"saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES"
            cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="{salt}""#
        )
    };
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="urn:p"><keyData {}/>
        <dataIntegrity encryptedHmacKey="{hash_key}" encryptedHmacValue="{value}"/><keyEncryptors>
        <keyEncryptor uri="urn:p"><p:encryptedKey spinCount="{turns}" {} encryptedVerifierHashInput="{sealed_input}"
        encryptedVerifierHashValue="{sealed_hash}" encryptedKeyValue="{sealed_key}"/></keyEncryptor></keyEncryptors>
        </encryption>"#,
        scheme(&key_salt),
        scheme(&salt),
    );
    (xml, sealed)
}

fn agile_container(xml: &str, sealed: &[u8]) -> Vec<u8> {
    let info = [b"\x04\0\x04\0\x40\0\0\0", xml.as_bytes()].concat();
    container(&[("/EncryptionInfo", &info), ("/EncryptedPackage", sealed)])
}

pub(crate) fn agile_file(password: &str, turns: u32) -> Vec<u8> {
    let (xml, sealed) = agile_parts(password, turns, &package());
    agile_container(&xml, &sealed)
}

fn standard_file(password: &str) -> Vec<u8> {
    let salt = [3_u8; 16];
    let aes = crate::cipher::Aes::new(&standard::key(&salt, &utf16(password), 16)).unwrap();
    let seal = |bytes: &[u8]| {
        let blocks = bytes.chunks_exact(16).flat_map(|chunk| {
            let mut block = crate::cipher::Block::try_from(chunk).unwrap();
            aes.encrypt(&mut block);
            <[u8; 16]>::from(block)
        });
        blocks.collect::<Vec<u8>>()
    };
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let header = words(&[0x24, 0, 0x660E, 0x8004, 128, 24, 0, 0]);
    let mut hash = Sha1::digest([7; 16]).to_vec();
    hash.resize(32, 0);
    let info = [
        b"\x04\0\x02\0\x24\0\0\0".to_vec(),
        words(&[u32::try_from(header.len()).unwrap()]),
        header,
        words(&[16]),
        salt.to_vec(),
        seal(&[7; 16]),
        words(&[20]),
        seal(&hash),
    ];
    let whole = package();
    let sealed = [u64::try_from(whole.len()).unwrap().to_le_bytes().as_slice(), &seal(&filled(&whole))].concat();
    container(&[("/EncryptionInfo", &info.concat()), ("/EncryptedPackage", &sealed)])
}

#[test]
fn a_package_is_opened_in_both_encryptions() {
    for bytes in [agile_file("秘密", 100_000), standard_file("秘密")] {
        let opened = unlock("office-encrypted", &bytes, &["wrong", "秘密"], &mut allowance()).unwrap();
        assert!(opened.bytes == package() && opened.used == [1]);
        assert_eq!(contents(&opened.bytes).len(), 2);
        let ended = unlock("office-encrypted", &bytes, &["wrong"], &mut allowance());
        assert_eq!(ended, Err(Locked::WrongPassword));
    }
    let bytes = agile_file("VelvetSweatshop", 10);
    assert_eq!(unlock("office-encrypted", &bytes, &[], &mut allowance()).unwrap().used, []);
}

#[test]
fn no_random_password_opens_a_package() {
    refuses_random_passwords("office-encrypted", &agile_file("right", 3));
}

#[test]
fn a_changed_package_is_broken_and_no_password_is_blamed() {
    let (xml, sealed) = agile_parts("right", 3, &package());
    for at in [8, 5_000, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        let bytes = agile_container(&xml, &changed);
        assert_eq!(unlock("office-encrypted", &bytes, &["right"], &mut allowance()), Err(Locked::Broken));
    }
    let (xml, sealed) = agile_parts("right", 3, b"no package at all");
    let bytes = agile_container(&xml, &sealed);
    assert_eq!(unlock("office-encrypted", &bytes, &["right"], &mut allowance()), Err(Locked::Broken));
}

#[test]
fn descriptions_are_held_to_the_known_ciphers_and_turns() {
    let (xml, sealed) = agile_parts("right", 3, &package());
    for (from, to, expected) in [
        ("spinCount=\"3\"", "spinCount=\"10000001\"", Locked::TooMuch),
        ("\"SHA512\"", "\"MD5\"", Locked::NotSupported),
        ("\"AES\"", "\"DES\"", Locked::NotSupported),
        ("ChainingModeCBC", "ChainingModeCFB", Locked::NotSupported),
        ("hashSize=\"64\"", "hashSize=\"20\"", Locked::Broken),
        ("dataIntegrity", "dataTogether", Locked::Broken),
        ("p:encryptedKey", "p:certificate", Locked::NotSupported),
        ("<keyEncryptors>", "<keyData/><keyEncryptors>", Locked::Broken),
        ("<?xml version=\"1.0\"", "<!DOCTYPE a><?xml version=\"1.0\"", Locked::Broken),
    ] {
        assert!(xml.contains(from), "{from}");
        let bytes = agile_container(&xml.replace(from, to), &sealed);
        assert_eq!(unlock("office-encrypted", &bytes, &["right"], &mut allowance()), Err(expected), "{to}");
    }
    let bytes = agile_container(&xml.replace("spinCount=\"3\"", "spinCount=\"9000000\""), &sealed);
    let ended = unlock("office-encrypted", &bytes, &["a", "b", "c"], &mut allowance_without_work());
    assert_eq!(ended, Err(Locked::TooMuch));
}

fn allowance_without_work() -> crate::Allowance {
    crate::Allowance { work: 1_000, ..allowance() }
}

fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &u16::try_from(body.len()).unwrap().to_le_bytes(), body].concat()
}

/// Verifier of the RC4 of Office 97, and the cipher it goes with.
fn rc4_header(password: &str) -> (Vec<u8>, binary::Blocks) {
    let salt = [3_u8; 16];
    let blocks = binary::Blocks::Plain(zeroize::Zeroizing::new(binary::base(&salt, &utf16(password)).unwrap()));
    let mut sealed = [[7_u8; 16], md5::Md5::digest([7; 16]).into()].concat();
    blocks.apply(&mut sealed, 512);
    ([b"\x01\0\x01\0".as_slice(), &salt, &sealed].concat(), blocks)
}

/// A workbook and its plain records.
pub(crate) fn excel_file(password: &str) -> (Vec<u8>, Vec<u8>) {
    let (header, blocks) = rc4_header(password);
    let pass = record(0x2F, &[b"\x01\0".as_slice(), &header].concat());
    let front = [record(0x809, &[0, 6, 5, 0]), pass].concat();
    let rest = [record(0x85, b"\x10\0\0\0himitsu"), record(0x204, &[b'x'; 3_000]), record(0x0A, &[])].concat();
    let mut sealed = [front.clone(), rest.clone()].concat();
    blocks.apply(&mut sealed, 1_024);
    sealed[..front.len()].copy_from_slice(&front);
    // Heads of records and the offset in the first one are bare.
    let mut at = front.len();
    for bare in [8, 4, 4] {
        let length = usize::from(u16::from_le_bytes([rest[at - front.len() + 2], rest[at - front.len() + 3]]));
        sealed[at..at + bare].copy_from_slice(&rest[at - front.len()..at - front.len() + bare]);
        at += 4 + length;
    }
    (container(&[("/Workbook", &sealed)]), rest)
}

pub(crate) fn word_file(password: &str) -> Vec<u8> {
    let (header, blocks) = rc4_header(password);
    let mut document = vec![b'w'; 2_000];
    blocks.apply(&mut document, 512);
    document[..68].fill(0);
    document[10..12].copy_from_slice(&0x300_u16.to_le_bytes());
    document[14..18].copy_from_slice(&u32::try_from(header.len()).unwrap().to_le_bytes());
    let mut table = vec![b't'; 1_000];
    blocks.apply(&mut table, 512);
    table[..header.len()].copy_from_slice(&header);
    container(&[("/WordDocument", &document), ("/1Table", &table)])
}

fn stream_of(bytes: &[u8], path: &str) -> Vec<u8> {
    let mut container = cfb::CompoundFile::open(Cursor::new(bytes.to_vec())).unwrap();
    super::stream(&mut container, path, bytes.len()).unwrap()
}

#[test]
fn a_workbook_of_the_binary_kind_is_opened_in_its_place() {
    let (bytes, rest) = excel_file("秘密");
    let opened = unlock("xls", &bytes, &["wrong", "秘密"], &mut allowance()).unwrap();
    let stream = stream_of(&opened.bytes, "/Workbook");
    assert!(stream.ends_with(&rest) && opened.bytes.len() == bytes.len());
    assert_eq!(unlock("xls", &opened.bytes, &["秘密"], &mut allowance()), Err(Locked::NotSupported));
    refuses_random_passwords("xls", &bytes);
}

#[test]
fn a_document_of_the_binary_kind_is_opened_in_its_place() {
    let bytes = word_file("秘密");
    let opened = unlock("doc", &bytes, &["wrong", "秘密"], &mut allowance()).unwrap();
    let document = stream_of(&opened.bytes, "/WordDocument");
    assert!(document[68..].iter().all(|byte| *byte == b'w') && document[10..18] == [0, 2, 0, 0, 0, 0, 0, 0]);
    let table = stream_of(&opened.bytes, "/1Table");
    assert!(table.ends_with(&[b't'; 900]) && table.starts_with(&[0; 52]));
    assert_eq!(unlock("doc", &opened.bytes, &["秘密"], &mut allowance()), Err(Locked::NotSupported));
    refuses_random_passwords("doc", &bytes);
}
