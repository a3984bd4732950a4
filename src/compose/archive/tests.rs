//! Names and texts of new archives.

use super::*;

fn name(text: &str) -> FileName {
    FileName::try_from(text.to_owned()).unwrap()
}

fn text(path: &str, content: &str) -> Derivative {
    let about = About {
        media_type: "text/plain".to_owned(),
        sanitizer: "text".to_owned(),
        version: 1,
        assurance: Assurance::Rebuilt,
        links: Vec::new(),
        places: Vec::new(),
    };
    #[expect(clippy::disallowed_methods, reason = "made here")]
    Derivative::vouch(path.parse().unwrap(), Bytes::copy_from_slice(content.as_bytes()), about)
}

/// The names in the directory of a zip, in order.
fn names(zip: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = zip;
    while let Some(at) = rest.windows(4).position(|four| four == b"PK\x01\x02") {
        let length = usize::from(u16::from_le_bytes([rest[at + 28], rest[at + 29]]));
        names.push(String::from_utf8(rest[at + 46..at + 46 + length].to_vec()).unwrap());
        rest = &rest[at + 46 + length..];
    }
    names
}

fn site() -> Site {
    Site {
        host_name: crate::domain::Domain::parse("gw.example.jp").unwrap(),
        language: Language::Ja,
        utc_offset_minutes: 540,
        contact: String::new(),
        portal_url: String::new(),
        retention_days: 90,
        phrases: crate::compose::Phrases::default(),
    }
}

#[test]
fn folders_and_files_that_would_meet_are_told_apart() {
    let given = [
        (vec!["2025", "様式"], "申請書.txt"),
        (vec!["2026", "様式"], "申請書.txt"),
        (vec![], "a.txt"),
        (vec!["A.TXT"], "b.txt"),
        (vec!["a.txt"], "B.txt"),
        (vec!["ガ"], "除去一覧.txt"),
        (vec![], "除去一覧.txt"),
    ];
    let content = text("1.1", "x");
    let given: Vec<(Vec<FileName>, FileName)> =
        given.iter().map(|(folders, file)| (folders.iter().map(|one| name(one)).collect(), name(file))).collect();
    let members: Vec<Member<'_>> = given
        .iter()
        .map(|(folders, file)| Member { folders, name: Some(file), content: Content::File(&content) })
        .collect();
    let missing =
        Missing { place: "様式/設定.bat".to_owned(), reason: Reason::TypeNotAllowed, detail: Detail::default() };
    let path: PartPath = "1".parse().unwrap();
    let zip = archive(&site(), &path, &members, &[missing]).unwrap();
    assert_eq!(
        names(zip.bytes()),
        [
            "2025/様式/申請書.txt",
            "2026/様式/申請書.txt",
            "a (2).txt",
            "A.TXT/b.txt",
            "A.TXT/B (2).txt",
            "ガ/除去一覧.txt",
            "除去一覧.txt",
            "除去一覧 (2).txt"
        ]
    );
    assert_eq!(archive(&site(), &path, &members, &[]).unwrap(), archive(&site(), &path, &members, &[]).unwrap());
}

#[test]
fn a_mail_becomes_a_text_beside_a_folder_of_its_attachments() {
    let (outer, body) = (text("1.1", "件名 (Subject): a\n"), text("1.1.1", "本文\n────────────────\n"));
    let (inner, words) = (text("1.1.2", "件名 (Subject): b\n"), text("1.1.2.1", "中"));
    let (file, again) = (text("1.1.3", "file"), text("1.2", "x"));
    let texts = [(true, &outer), (false, &body), (true, &inner), (false, &words)]
        .map(|(begins_mail, derivative)| Text { begins_mail, derivative });
    let (mail, attached, folder) = (name("連絡.eml"), name("表.txt"), [name("連絡")]);
    let of_mail = Content::Mail { texts: texts.to_vec(), attachments: vec![(Some(&attached), &file)] };
    let members = [
        Member { folders: &[], name: Some(&mail), content: of_mail.clone() },
        Member { folders: &folder, name: Some(&attached), content: Content::File(&again) },
        Member { folders: &[], name: Some(&mail), content: of_mail },
    ];
    let zip = archive(&site(), &"1".parse().unwrap(), &members, &[]).unwrap();
    let expected = ["連絡.txt", "連絡 (2)/表.txt", "連絡/表.txt", "連絡 (2).txt", "連絡 (3)/表.txt"];
    assert_eq!(names(zip.bytes()), expected);
    let said = super::mail(&site(), &texts).unwrap();
    assert_eq!(
        said,
        "件名 (Subject): a\n\n本文\n----------------\n\n──── 添付されたメール ────\n\
         件名 (Subject): b\n\n中\n──── 添付されたメール ここまで ────\n"
    );
}
