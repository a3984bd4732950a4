//! Real mail, where a folder of it is at hand: above the workspace, never inside it.

use std::path::{Path, PathBuf};

use super::{Limits, Role, inspect};

const LIMITS: Limits = Limits { header_bytes: 65_536, depth: 20, parts: 500 };

fn mails() -> Vec<(PathBuf, Vec<u8>)> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(3);
    let mut files: Vec<PathBuf> = above
        .flat_map(|folder| ["mikel", "stalwart"].map(|name| folder.join("shared/corpus").join(name)))
        .filter_map(|folder| folder.read_dir().ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn real_mail_can_be_read() {
    let mails = mails();
    if mails.is_empty() {
        println!("no folder of real mail above the workspace: nothing was read");
        return;
    }
    let (mut readable, mut ambiguous) = (0, 0);
    for (path, bytes) in &mails {
        let mail = inspect(bytes, &LIMITS);
        let shows = mail.as_ref().is_ok_and(|mail| mail.leaves.iter().any(|leaf| leaf.role == Role::Body));
        let found = mail.as_ref().map(|mail| mail.findings.len()).unwrap_or(0);
        (readable, ambiguous) = (readable + usize::from(shows), ambiguous + usize::from(found > 0));
        if !shows || found > 0 {
            println!("{}: body {shows}, ambiguous in {found} places, {:?}", path.display(), mail.as_ref().err());
        }
        let names_sender = bytes.split(|b| *b == b'\n').take_while(|line| !line.trim_ascii().is_empty()).any(|line| {
            line.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"from:")) && line.contains(&b'@')
        });
        if names_sender && let Ok(mail) = &mail && mail.headers.from.is_empty() {
            println!("{}: sender not read", path.display());
        }
    }
    println!("{} mails, {readable} with a body, {ambiguous} ambiguous", mails.len());
    assert!(readable * 100 >= mails.len() * 98, "{readable} of {} have a body", mails.len());
}
