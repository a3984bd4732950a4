//! Zips made by hand, in each cipher that zip has.

use super::*;
use crate::tests::{allowance, refuses_random_passwords};
use crate::unlock;

/// How a member of a test file is enciphered.
#[derive(Clone, Copy)]
pub(crate) enum With<'a> {
    Nothing,
    Traditional(&'a [u8]),
    /// Version (AE-1, AE-2) and strength.
    Aes(u16, u8, &'a [u8]),
}

fn aes_sealed(strength: u8, password: &[u8], packed: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    let length = 8 + usize::from(strength) * 8;
    let salt: Vec<u8> = (0..length / 2).map(|n| u8::try_from(n * 37 % 256).unwrap()).collect();
    let key: Vec<u8> =
        (1..=4).flat_map(|number| crate::cipher::winzip_piece(password, &salt, number).unwrap()).collect();
    let mut content = packed.to_vec();
    crate::cipher::Aes::new(&key[..length]).unwrap().count_through(&mut content);
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&key[length..length * 2]).unwrap();
    mac.update(&content);
    let hash = mac.finalize().into_bytes();
    [&salt, &key[length * 2..length * 2 + 2], &content, &hash[..10]].concat()
}

/// A zip of `(name, content, cipher)`; every other member is deflated.
pub(crate) fn zip_file(members: &[(&[u8], &[u8], With<'_>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (number, (name, content, with)) in members.iter().enumerate() {
        let method: u16 = if number % 2 == 0 { DEFLATED } else { STORED };
        let packed =
            if method == DEFLATED { miniz_oxide::deflate::compress_to_vec(content, 6) } else { content.to_vec() };
        let crc = crc32fast::hash(content);
        let (flags, shown, crc_shown, extra, sealed) = match with {
            With::Nothing => (0_u16, method, crc, Vec::new(), packed),
            With::Traditional(password) => {
                let mut sealed = [b"eleven byte".as_slice(), &[crc.to_le_bytes()[3]], &packed].concat();
                Traditional::new(password).encrypt(&mut sealed);
                (1, method, crc, Vec::new(), sealed)
            }
            With::Aes(version, strength, password) => {
                let head = [0x9901_u16.to_le_bytes(), 7_u16.to_le_bytes(), version.to_le_bytes()].concat();
                let extra = [head.as_slice(), b"AE", &[*strength], &method.to_le_bytes()].concat();
                let crc = if *version == 1 { crc } else { 0 };
                (1, METHOD_AES, crc, extra, aes_sealed(*strength, password, &packed))
            }
        };
        let mut shared = [20_u16, flags, shown, 0x1234, 0x5678].map(u16::to_le_bytes).concat();
        for long in [crc_shown, u32::try_from(sealed.len()).unwrap(), u32::try_from(content.len()).unwrap()] {
            shared.extend(long.to_le_bytes());
        }
        shared.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        shared.extend(u16::try_from(extra.len()).unwrap().to_le_bytes());
        let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        bytes.extend([b"PK\x03\x04", shared.as_slice(), name, &extra, &sealed].concat());
        directory.extend([b"PK\x01\x02\x14\x03", shared.as_slice(), &[0; 10], &offset, name, &extra].concat());
    }
    let number = u16::try_from(members.len()).unwrap().to_le_bytes();
    let (size, offset) = (u32::try_from(directory.len()).unwrap(), u32::try_from(bytes.len()).unwrap());
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0", number.as_slice(), &number].concat());
    bytes.extend([&size.to_le_bytes()[..], &offset.to_le_bytes(), &[0, 0]].concat());
    bytes
}

/// Names and unpacked contents of a plain zip.
pub(crate) fn contents(zip: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let members = members(zip, &mut allowance()).unwrap();
    let unpack = |member: &Member<'_>| match member.method {
        STORED => member.content.to_vec(),
        _ => miniz_oxide::inflate::decompress_to_vec(member.content).unwrap(),
    };
    let open = members.iter().inspect(|member| assert_eq!(member.flags & 1, 0));
    open.map(|member| {
        let content = unpack(member);
        assert_eq!((crc32fast::hash(&content), content.len()), (member.crc, member.size as usize));
        (member.name.to_vec(), content)
    })
    .collect()
}

const NAME: &[u8] = b"\x95\x5C.txt";
const TEXT: &[u8] = b"himitsu himitsu himitsu himitsu";

fn open_zip(bytes: &[u8], candidates: &[&str]) -> Result<Opened, Locked> {
    unlock("zip", bytes, candidates, &mut allowance())
}

#[test]
fn every_cipher_of_zip_is_opened_and_names_stay_raw() {
    let mut ciphers = vec![With::Traditional(b"right")];
    ciphers.extend([(1, 1), (1, 3), (2, 1), (2, 2), (2, 3)].map(|(version, key)| With::Aes(version, key, b"right")));
    for with in ciphers {
        let bytes = zip_file(&[(NAME, TEXT, with), (b"b", TEXT, with), (b"c", b"", with), (b"d/", b"", With::Nothing)]);
        let opened = open_zip(&bytes, &["wrong", "right"]).unwrap();
        assert_eq!(opened.used, [1]);
        let names = contents(&opened.bytes);
        assert_eq!(names[..2], [(NAME.to_vec(), TEXT.to_vec()), (b"b".to_vec(), TEXT.to_vec())]);
        assert_eq!(open_zip(&bytes, &["wrong"]), Err(Locked::WrongPassword));
        assert_eq!(open_zip(&opened.bytes, &["right"]), Err(Locked::NotSupported), "nothing is closed any more");
    }
}

#[test]
fn no_password_is_said_to_open_an_empty_member() {
    let with = With::Traditional(b"right");
    let bytes = zip_file(&[(b"a", TEXT, With::Nothing), (b"b", b"", with), (b"c", TEXT, with)]);
    let empty = members(&bytes, &mut allowance()).unwrap().swap_remove(1);
    // One byte of the head is all that an empty member has to compare.
    let seems_right = |password: &String| {
        let mut head = empty.content.to_vec();
        Traditional::new(password.as_bytes()).decrypt(&mut head);
        head.len() == TRADITIONAL_HEAD && head.last() == Some(&0)
    };
    let wrong = (0..).map(|number| format!("wrong{number}")).find(seems_right).unwrap();
    assert_eq!(open_zip(&bytes, &[&wrong, "right"]).unwrap().used, [1]);
    assert_eq!(open_zip(&bytes, &[&wrong]), Err(Locked::WrongPassword));
}

#[test]
fn members_may_have_passwords_of_their_own_but_each_must_open() {
    let bytes = zip_file(&[(b"a", TEXT, With::Traditional(b"one")), (b"b", TEXT, With::Aes(2, 3, b"two"))]);
    assert_eq!(open_zip(&bytes, &["one", "x", "two"]).unwrap().used, [0, 2]);
    assert_eq!(open_zip(&bytes, &["one"]), Err(Locked::WrongPassword));
}

#[test]
fn a_japanese_password_opens_in_each_encoding_it_may_have_been_typed_in() {
    let cp932 = b"\x94\xE9\x96\xA7".as_slice();
    for password in [cp932, "秘密".as_bytes()] {
        for with in [With::Traditional(password), With::Aes(2, 3, password)] {
            assert!(open_zip(&zip_file(&[(b"a", TEXT, with)]), &["秘密"]).is_ok());
        }
    }
    assert!(open_zip(&zip_file(&[(b"a", TEXT, With::Aes(1, 3, b"Ab1!"))]), &["Ａｂ１！"]).is_ok());
}

#[test]
fn damage_is_told_apart_where_the_format_can_tell() {
    let bytes = zip_file(&[(b"a", TEXT, With::Aes(2, 3, b"right"))]);
    let mut damaged = bytes.clone();
    // Head, name, AES field, salt, check value: the content follows.
    damaged[30 + 1 + 11 + 16 + 2 + 3] ^= 1;
    assert_eq!(open_zip(&damaged, &["right"]), Err(Locked::Broken));
    assert_eq!(open_zip(&bytes[..bytes.len() - 1], &["right"]), Err(Locked::Broken));
    assert_eq!(open_zip(&[b"x", bytes.as_slice()].concat(), &["right"]), Err(Locked::NotSupported));
    let mut renamed = bytes;
    renamed[30] ^= 1;
    assert_eq!(open_zip(&renamed, &["right"]), Err(Locked::Broken), "two names for one member");
}

#[test]
fn a_member_that_unpacks_to_more_than_it_says_is_not_opened() {
    let mut bytes = zip_file(&[(b"a", &[7; 5_000], With::Traditional(b"right"))]);
    let central = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    for at in [22, central + 24] {
        bytes[at..at + 4].copy_from_slice(&4_999_u32.to_le_bytes());
    }
    assert_eq!(open_zip(&bytes, &["right"]), Err(Locked::WrongPassword));
}

#[test]
fn no_random_password_opens_a_zip() {
    for with in [With::Traditional(b"right"), With::Aes(2, 1, b"right")] {
        refuses_random_passwords("zip", &zip_file(&[(b"a", TEXT, with)]));
    }
}
