//! What mail programs make a link of although no `http://` stands before it.
//!
//! Refuses: nothing; it only writes brackets into it: `www[.]host[.]example`, `file[://]x`, `[\\]server\share`.
//! Invariant: what was made inert once is not changed by making it inert again.

/// Ends of schemes that `url` has made inert already.
const INERT: [&str; 3] = ["hxxp", "hxxps", "fxp"];

/// Schemes that are followed up with one slash, too.
const LENIENT: [&str; 4] = ["http", "https", "ftp", "file"];

/// Starts of hosts that are taken for addresses of the web.
const HOSTS: [&str; 2] = ["www.", "ftp."];

/// Schemes that are followed without a slash; telephone numbers stay as they are written.
const BARE: [&str; 18] = [
    "mailto",
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

/// Ends of hosts that some programs link before a slash, besides the two letters of a country.
const TOPS: [&str; 22] = [
    "com", "net", "org", "info", "biz", "app", "dev", "xyz", "top", "site", "shop", "online", "link", "click", "club",
    "page", "store", "tokyo", "cloud", "live", "website", "vip",
];

/// Longest host, in bytes.
const MAX_HOST: usize = 253;

/// `text`, whose addresses with a live scheme are inert already, without any other; and how many there were.
pub(crate) fn disarm(text: String) -> (String, u32) {
    let mut out = String::new();
    let mut copied = 0;
    let mut count = 0u32;
    let mut at = 0;
    let mut previous = ' ';
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let before = || text.get(copied..at).unwrap_or_default();
        let found = match fold(c) {
            'w' | 'W' | 'f' | 'F' if !fold(previous).is_ascii_alphanumeric() => host(rest),
            ':' if fold(previous).is_ascii_alphanumeric() => {
                if previous.is_ascii() && c == ':' {
                    colon(text.get(..at).unwrap_or_default(), rest).or_else(|| wide_colon(before(), rest))
                } else {
                    wide_colon(before(), rest)
                }
            }
            '\\' if c == '\\' && previous != '\\' && !is_drive(text.get(..at).unwrap_or_default()) => share(rest),
            '/' if c == '/' && previous.is_ascii_alphabetic() => {
                if let Some(host) = bare_host(before()) {
                    out.push_str(text.get(copied..at.saturating_sub(host.len())).unwrap_or_default());
                    out.push_str(&host.replace('.', "[.]"));
                    copied = at;
                    count = count.saturating_add(1);
                }
                None
            }
            _ => None,
        };
        previous = c;
        at = at.saturating_add(c.len_utf8());
        if let Some((length, inert)) = found {
            let start = at.saturating_sub(c.len_utf8());
            out.push_str(text.get(copied..start).unwrap_or_default());
            out.push_str(&inert);
            at = start.saturating_add(length);
            copied = at;
            previous = inert.chars().next_back().unwrap_or(' ');
            count = count.saturating_add(1);
        }
    }
    if count == 0 {
        return (text, 0);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    (out, count)
}

/// The ASCII character that a full-width one looks like.
const fn fold(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => match char::from_u32(c as u32 - 0xFEE0) {
            Some(folded) => folded,
            None => c,
        },
        c => c,
    }
}

/// A host that its first label makes an address: bytes taken, and what stands for them.
fn host(rest: &str) -> Option<(usize, String)> {
    let mut characters = rest.chars().map(fold);
    let start: String = characters.by_ref().take(4).collect();
    HOSTS.iter().find(|label| start.eq_ignore_ascii_case(label))?;
    characters.next().filter(|c| c.is_alphanumeric())?;
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '．');
    let run = rest.get(..rest.find(|c| !belongs(c)).unwrap_or(rest.len()))?;
    let host = run.trim_end_matches(['.', '．']);
    Some((host.len(), host.replace('.', "[.]").replace('．', "[．]")))
}

/// The host at the end of `before`, which a slash follows: `bit.ly` before `/x`.
fn bare_host(before: &str) -> Option<&str> {
    let length = before
        .bytes()
        .rev()
        .take(MAX_HOST.saturating_add(1))
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        .count();
    let (around, host) = before.split_at_checked(before.len().checked_sub(length)?)?;
    let (name, top) = host.rsplit_once('.')?;
    let known = (top.len() == 2 && top.bytes().all(|b| b.is_ascii_alphabetic()))
        || TOPS.iter().any(|known| known.eq_ignore_ascii_case(top));
    let free =
        around.chars().next_back().is_none_or(|c| !c.is_ascii() || c.is_ascii_whitespace() || "([<\"',;:".contains(c));
    let whole = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.contains("..")
        && !name.ends_with('.')
        && length <= MAX_HOST;
    (known && free && whole).then_some(host)
}

/// A colon, slashes or letters of a scheme that are full-width.
fn wide_colon(before: &str, rest: &str) -> Option<(usize, String)> {
    let scheme: Vec<char> = before.chars().rev().take(5).map(|c| fold(c).to_ascii_lowercase()).collect();
    let scheme: String = scheme.into_iter().rev().collect();
    LENIENT.iter().find(|lenient| scheme.ends_with(*lenient))?;
    let slash = |c: &char| matches!(fold(*c), '/' | '\\');
    let slashes: usize = rest.chars().skip(1).take_while(slash).map(char::len_utf8).sum();
    let length = slashes.saturating_add(rest.chars().next()?.len_utf8());
    (slashes > 0).then(|| (length, format!("[{}]", rest.get(..length).unwrap_or_default())))
}

/// A colon between a scheme and the slashes, of either kind, after it.
fn colon(before: &str, rest: &str) -> Option<(usize, String)> {
    let scheme_length = before.bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
    let scheme = before.get(before.len().saturating_sub(scheme_length)..)?.to_ascii_lowercase();
    let slashes = if rest.starts_with("://") {
        !INERT.iter().any(|inert| scheme.ends_with(inert))
    } else {
        // One letter is a drive.
        let is_lenient = LENIENT.iter().any(|lenient| scheme.ends_with(lenient));
        (scheme.len() > 1 && rest.starts_with(":\\\\")) || (is_lenient && is_slash(rest))
    };
    if !slashes && is_bare(&scheme, rest) {
        return Some((1, "[:]".to_owned()));
    }
    slashes.then(|| {
        let length = 1 + rest.bytes().skip(1).take_while(|b| matches!(b, b'/' | b'\\')).count();
        (length, format!("[{}]", rest.get(..length).unwrap_or_default()))
    })
}

/// True before something that a program may be started with.
fn is_bare(scheme: &str, rest: &str) -> bool {
    let started = rest.chars().nth(1).is_some_and(|c| !c.is_whitespace() && c != '[');
    started && (BARE.contains(&scheme) || scheme.ends_with("mailto") || (scheme.starts_with("ms-") && scheme.len() > 3))
}

fn is_slash(rest: &str) -> bool {
    matches!(rest.as_bytes().get(1), Some(b'/' | b'\\'))
}

/// True behind a drive letter and its colon.
fn is_drive(before: &str) -> bool {
    let mut backwards = before.bytes().rev();
    backwards.next() == Some(b':')
        && backwards.next().is_some_and(|b| b.is_ascii_alphabetic())
        && !backwards.next().is_some_and(|b| b.is_ascii_alphanumeric())
}

/// The two backslashes before the name of a file server.
fn share(rest: &str) -> Option<(usize, String)> {
    let name = rest.strip_prefix("\\\\")?;
    name.starts_with(|c: char| c.is_alphanumeric()).then(|| (2, "[\\\\]".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_programs_link_by_themselves_is_inert_once_and_for_all() {
        for (text, inert, count) in [
            ("www.evil.example/a?b=1.5", "www[.]evil[.]example/a?b=1.5", 1),
            ("見る（WWW.Evil.Example）。", "見る（WWW[.]Evil[.]Example）。", 1),
            ("市www.日本語.jp", "市www[.]日本語[.]jp", 1),
            ("ftp.a.example.", "ftp[.]a[.]example.", 1),
            ("http:\\\\a.example\\b", "http[:\\\\]a.example\\b", 1),
            ("HTTP:/a.example", "HTTP[:/]a.example", 1),
            ("file:///c:/x と file://server/x", "file[:///]c:/x と file[://]server/x", 2),
            ("search-ms:query=x&crumb=location:\\\\a\\b", "search-ms[:]query=x&crumb=location[:\\\\]a\\b", 2),
            ("\\\\server\\share \\\\文書\\x", "[\\\\]server\\share [\\\\]文書\\x", 2),
            ("ldap://a", "ldap[://]a", 1),
            ("hxxps://www[.]a[.]jp/ fxp://x", "hxxps://www[.]a[.]jp/ fxp://x", 0),
            ("C:\\\\x D:\\x 10:30 注:/ :// \\ \\\\ a\\\\b", "C:\\\\x D:\\x 10:30 注:/ :// \\ \\\\ a[\\\\]b", 1),
            ("awww.b xftp.y www. www。", "awww.b xftp.y www. www。", 0),
            ("a@b.example TEL:03-1234-5678 Ver.2 mailto: x", "a@b.example TEL:03-1234-5678 Ver.2 mailto: x", 0),
            ("連絡先mailto:a@b.example MS-MSDT:/id", "連絡先mailto[:]a@b.example MS-MSDT[:]/id", 2),
            ("bit.ly/x（evil.com/a.jp/b）URL:a.co.jp/", "bit[.]ly/x（evil[.]com/a.jp/b）URL:a[.]co[.]jp/", 3),
            ("and/or R8.11/23 a@b.jp/x Ltd./co a..jp/x v1.2/x", "and/or R8.11/23 a@b.jp/x Ltd./co a..jp/x v1.2/x", 0),
            ("ｈｔｔｐ：／／evil.jp http:／／x https：//y", "ｈｔｔｐ[：／／]evil.jp http[:／／]x https[：//]y", 3),
            ("ｗｗｗ．ｅｖｉｌ．jp ｗｗｗ.a.b", "ｗｗｗ[．]ｅｖｉｌ[．]jp ｗｗｗ[.]a[.]b", 2),
        ] {
            assert_eq!(disarm(text.to_owned()), (inert.to_owned(), count));
            assert_eq!(disarm(inert.to_owned()), (inert.to_owned(), 0));
        }
    }
}
