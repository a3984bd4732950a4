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

/// `text`, whose addresses with a live scheme are inert already, without any other; and how many there were.
pub(crate) fn disarm(text: String) -> (String, u32) {
    let mut out = String::new();
    let mut copied = 0;
    let mut count = 0u32;
    let mut at = 0;
    let mut previous = ' ';
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let found = match c {
            'w' | 'W' | 'f' | 'F' if !previous.is_ascii_alphanumeric() => host(rest),
            ':' if previous.is_ascii_alphanumeric() => colon(text.get(..at).unwrap_or_default(), rest),
            '\\' if previous != '\\' && !is_drive(text.get(..at).unwrap_or_default()) => share(rest),
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

/// A host that its first label makes an address: bytes taken, and what stands for them.
fn host(rest: &str) -> Option<(usize, String)> {
    let label = HOSTS.iter().find(|label| starts_with_ignoring_case(rest, label))?;
    rest.get(label.len()..)?.chars().next().filter(|c| c.is_alphanumeric())?;
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let run = rest.get(..rest.find(|c| !belongs(c)).unwrap_or(rest.len()))?;
    let host = run.trim_end_matches('.');
    Some((host.len(), host.replace('.', "[.]")))
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
    slashes.then(|| {
        let length = 1 + rest.bytes().skip(1).take_while(|b| matches!(b, b'/' | b'\\')).count();
        (length, format!("[{}]", rest.get(..length).unwrap_or_default()))
    })
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

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
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
            ("search-ms:query=x&crumb=location:\\\\a\\b", "search-ms:query=x&crumb=location[:\\\\]a\\b", 1),
            ("\\\\server\\share \\\\文書\\x", "[\\\\]server\\share [\\\\]文書\\x", 2),
            ("ldap://a", "ldap[://]a", 1),
            ("hxxps://www[.]a[.]jp/ fxp://x", "hxxps://www[.]a[.]jp/ fxp://x", 0),
            ("C:\\\\x D:\\x 10:30 注:/ :// \\ \\\\ a\\\\b", "C:\\\\x D:\\x 10:30 注:/ :// \\ \\\\ a[\\\\]b", 1),
            ("awww.b xftp.y www. www。", "awww.b xftp.y www. www。", 0),
            ("mailto:a@b.example 03-1234-5678 Ver.2", "mailto:a@b.example 03-1234-5678 Ver.2", 0),
        ] {
            assert_eq!(disarm(text.to_owned()), (inert.to_owned(), count));
            assert_eq!(disarm(inert.to_owned()), (inert.to_owned(), 0));
        }
    }
}
