//! Addresses of the web in texts, written so that no program makes them clickable: `hxxps://host[.]example/path`.
//!
//! The same spelling as in bodies of mails; formats may not name each other, so it is said here once more. Refuses
//! nothing. Invariant: what was made inert once is not changed by making it inert again.

use crate::tally::count;

/// Live schemes and what stands for them, the longer first.
const SCHEMES: [(&str, &str); 3] = [("https", "hxxps"), ("http", "hxxp"), ("ftp", "fxp")];
/// What stands for live schemes.
const INERT: [&str; 3] = ["hxxps", "hxxp", "fxp"];
/// Schemes that are followed up with one slash, too.
const LENIENT: [&str; 4] = ["https", "http", "ftp", "file"];
/// Schemes that are followed without a slash; telephone numbers stay as they are written.
const BARE: [&str; 17] = [
    "file",
    "javascript",
    "vbscript",
    "nntp",
    "telnet",
    "gopher",
    "outlook",
    "onenote",
    "callto",
    "sip",
    "sips",
    "ldap",
    "ldaps",
    "smb",
    "shell",
    "search-ms",
    "view-source",
];
/// Starts of hosts that are taken for addresses of the web.
const HOSTS: [&str; 2] = ["www.", "ftp."];

/// `text` without anything that is made a link of; `changed` counts the addresses.
pub(crate) fn inert(text: &str, changed: &mut u32) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(8));
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            ':' => colon(&mut out, rest),
            'w' | 'W' | 'f' | 'F' => host(&mut out, rest),
            '\\' => share(&mut out, rest),
            _ => None,
        };
        if taken.is_some() {
            count(changed);
        } else {
            out.push(c);
        }
        rest = rest.get(taken.unwrap_or(c.len_utf8())..).unwrap_or_default();
    }
    out
}

/// `identifier` without a live scheme; hosts stay as they are, because nobody shows identifiers and answers need them.
pub(crate) fn inert_identifier(identifier: &str, changed: &mut u32) -> String {
    let mut out = String::with_capacity(identifier.len());
    for piece in identifier.split_inclusive("://") {
        match piece.strip_suffix("://") {
            Some(before) if !before.ends_with('[') => {
                count(changed);
                out.push_str(before);
                out.push_str("[://]");
            }
            _ => out.push_str(piece),
        }
    }
    out
}

/// What stands behind a scheme: bytes taken.
fn colon(out: &mut String, rest: &str) -> Option<usize> {
    let length = out.bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
    let scheme = out.get(out.len().saturating_sub(length)..)?.to_ascii_lowercase();
    let is_one_of = |schemes: &[&str]| schemes.iter().any(|one| scheme.ends_with(one));
    if let Some(tail) = rest.strip_prefix("://") {
        if scheme.is_empty() || is_one_of(&INERT) {
            return None;
        }
        let Some((live, inert)) = SCHEMES.iter().find(|(live, _)| scheme.ends_with(live)) else {
            out.push_str("[://]");
            return Some(3);
        };
        out.truncate(out.len().saturating_sub(live.len()));
        out.push_str(inert);
        out.push_str("://");
        let belongs = |c: char| c.is_alphanumeric() || ".-_@%~!$&+=*".contains(c);
        let authority = tail.get(..tail.find(|c| !belongs(c)).unwrap_or(tail.len()))?;
        // The scheme of an address that follows at once is no part of this host.
        let follows = tail.get(authority.len()..)?.starts_with(':');
        let authority = if follows { without_scheme(authority) } else { authority.trim_end_matches('.') };
        out.push_str(&authority.replace('.', "[.]"));
        return authority.len().checked_add(3);
    }
    let slashes = rest.bytes().skip(1).take_while(|b| matches!(b, b'/' | b'\\')).count();
    let is_path = (scheme.len() > 1 && rest.starts_with(":\\\\")) || (slashes > 0 && is_one_of(&LENIENT));
    if !is_path && is_bare(&scheme, rest) {
        out.push_str("[:]");
        return Some(1);
    }
    is_path.then(|| {
        out.push('[');
        out.push_str(rest.get(..=slashes).unwrap_or_default());
        out.push(']');
        slashes.saturating_add(1)
    })
}

/// True before something that a program may be started with.
fn is_bare(scheme: &str, rest: &str) -> bool {
    let is_started = rest.chars().nth(1).is_some_and(|c| !c.is_whitespace());
    is_started
        && (BARE.contains(&scheme) || scheme.ends_with("mailto") || (scheme.starts_with("ms-") && scheme.len() > 3))
}

/// `authority` without a scheme at its end.
fn without_scheme(authority: &str) -> &str {
    let lower = authority.to_ascii_lowercase();
    let scheme = LENIENT.iter().find(|scheme| lower.ends_with(**scheme)).map_or(0, |scheme| scheme.len());
    authority.get(..authority.len().saturating_sub(scheme)).unwrap_or_default()
}

/// A host that its first label makes an address.
fn host(out: &mut String, rest: &str) -> Option<usize> {
    if out.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let is_label = |label: &&str| rest.get(..label.len()).is_some_and(|head| head.eq_ignore_ascii_case(label));
    let label = HOSTS.iter().find(|label| is_label(label))?;
    rest.get(label.len()..)?.chars().next().filter(|c| c.is_alphanumeric())?;
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let host = rest.get(..rest.find(|c| !belongs(c)).unwrap_or(rest.len()))?.trim_end_matches('.');
    out.push_str(&host.replace('.', "[.]"));
    Some(host.len())
}

/// The backslashes, two or more, before the name of a file server. Behind a drive they are broken, too: who escapes a
/// path twice loses nothing, and no reader has to know what a drive is.
fn share(out: &mut String, rest: &str) -> Option<usize> {
    let name = rest.trim_start_matches('\\');
    let run = rest.get(..rest.len().checked_sub(name.len())?)?;
    (run.len() > 1 && name.starts_with(char::is_alphanumeric)).then(|| {
        out.push('[');
        out.push_str(run);
        out.push(']');
        run.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_inert_once_and_for_all() {
        for (text, expected, number) in [
            (
                "会議 https://teams.example.com/l/meetup-join/19%3ameeting?x=1.5 へ",
                "会議 hxxps://teams[.]example[.]com/l/meetup-join/19%3ameeting?x=1.5 へ",
                1,
            ),
            ("HTTP://A.example:8080/?u=http://b.example.", "hxxp://A[.]example:8080/?u=hxxp://b[.]example.", 2),
            ("http://http://a.b http://http:/x", "hxxp://hxxp://a[.]b hxxp://http[:/]x", 4),
            ("www.a.example、WWW.B.example/x.html", "www[.]a[.]example、WWW[.]B[.]example/x.html", 2),
            ("file://server/x ldap://a sftp://b", "file[://]server/x ldap[://]a sfxp://b", 3),
            ("\\\\server\\share file:/x location:\\\\a", "[\\\\]server\\share file[:/]x location[:\\\\]a", 3),
            ("C:\\\\x \\\\\\y", "C:[\\\\]x [\\\\\\]y", 2),
            ("C:\\x 10:30 awww.b :// a@b.example mailto: x", "C:\\x 10:30 awww.b :// a@b.example mailto: x", 0),
            ("連絡先 <mailto:a@b.jp> MAILTO:a", "連絡先 <mailto[:]a@b.jp> MAILTO[:]a", 2),
            ("javascript:x ms-msdt:/id tel:1", "javascript[:]x ms-msdt[:]/id tel:1", 2),
            ("http://www.日本語.jp/x", "hxxp://www[.]日本語[.]jp/x", 1),
            ("http://www.http://b.jp", "hxxp://www[.]hxxp://b[.]jp", 2),
            ("hxxps://www[.]a[.]jp/", "hxxps://www[.]a[.]jp/", 0),
        ] {
            let mut changed = 0;
            assert_eq!(inert(text, &mut changed), expected);
            assert_eq!(changed, number, "{text}");
            assert_eq!(inert(expected, &mut changed), expected);
            assert_eq!(changed, number, "{expected}");
        }
    }

    #[test]
    fn identifiers_keep_their_hosts() {
        let mut changed = 0;
        assert_eq!(inert_identifier("1@www.a.example", &mut changed), "1@www.a.example");
        assert_eq!(inert_identifier("http://a://b", &mut changed), "http[://]a[://]b");
        assert_eq!(inert_identifier("http[://]a[://]b", &mut changed), "http[://]a[://]b");
        assert_eq!(changed, 2);
    }
}
