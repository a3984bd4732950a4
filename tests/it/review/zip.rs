//! Zips under a password, as 7-Zip opens them.

use temizu::zip::Zip;

use crate::support::tools::program;

/// Names and contents of what 7-Zip takes out of `zip` with `password`; what it said if it takes out nothing.
pub(crate) fn opened(zip: &[u8], password: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("it.zip"), folder.path().join("out"));
    std::fs::write(&file, zip).unwrap();
    let options = ["x", "-y", &format!("-p{password}"), &format!("-o{}", out.display()), file.to_str().unwrap()];
    let said = program("7zz", &options);
    if !said.status.success() {
        return Err(String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned());
    }
    let entries = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    Ok(files)
}

#[test]
fn seven_zip_opens_members_of_every_length_with_their_password_and_with_no_other() {
    // Neither a block nor a piece more or less goes unnoticed; the last is deflated as well.
    let noise = |length: usize| -> Vec<u8> {
        let mut state = 0x9e37_79b9_u32;
        let step = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..length).map(step).collect()
    };
    let mut contents: Vec<Vec<u8>> = [0, 1, 15, 16, 17, 1 << 20].map(noise).into();
    contents.push(b"again and ".repeat(100_000));
    let mut zip = Zip::default();
    let mut expected = Vec::new();
    for (number, content) in (0_u8..).zip(contents) {
        let name = format!("7K3F-92QD {number} 見積.eml");
        zip.add_sealed(&name, &content, "P4SSWORD", [number; 16]).unwrap();
        expected.push((name, content));
    }
    let zip = zip.finish().unwrap();
    assert!(zip.len() < (1 << 20) + 20_000, "what can be packed is packed before it is sealed");
    assert_eq!(opened(&zip, "P4SSWORD"), Ok(expected));
    let refused = opened(&zip, "P4SSWORE").unwrap_err();
    assert!(refused.contains("Wrong password"), "{refused}");
}

#[test]
fn seven_zip_notices_a_changed_byte_and_sees_the_method() {
    let mut zip = Zip::default();
    zip.add_sealed("a", &[7; 40], "P", [1; 16]).unwrap();
    let mut zip = zip.finish().unwrap();
    let listed = {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("it.zip");
        std::fs::write(&file, &zip).unwrap();
        String::from_utf8(program("7zz", &["l", "-slt", file.to_str().unwrap()]).stdout).unwrap()
    };
    assert!(listed.contains("AES-256") && listed.contains("Encrypted = +") && !listed.contains("CRC = 0"), "{listed}");
    // Behind the head of the entry (30), its name, its extra field, the salt and the check value.
    zip[30 + 1 + 11 + 16 + 2] ^= 1;
    assert!(opened(&zip, "P").is_err());
}
