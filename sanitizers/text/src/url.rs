//! Addresses of the web, written so that no program makes them clickable: `hxxps://host[.]example/path`.
//!
//! Refuses: to print targets that a browser would run (`javascript:`, `data:`, `file:` and every unknown scheme).
//! Invariant: what was defanged once is not changed by defanging it again.

use unicode_normalization::UnicodeNormalization;

use crate::link::Links;
use crate::punycode;

/// Longest target that is listed, in bytes.
const MAX_TARGET: usize = 2048;

/// Longest user of an address that is told, in characters.
const MAX_USER: usize = 100;

/// Last labels that make a word in a sentence the name of a site.
const COMMON_TOPS: [&str; 9] = ["jp", "com", "net", "org", "info", "biz", "tokyo", "site", "shop"];

/// Live schemes and what stands for them.
const SCHEMES: [(&str, &str); 3] = [("https", "hxxps"), ("http", "hxxp"), ("ftp", "fxp")];

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A page: the whole address in normal form, live.
    Web(String),
    /// A mail address or a telephone number, as it would be written by hand.
    Contact(String),
    /// Nowhere outside this text.
    Nowhere,
    /// Something that a browser or the system would run.
    Active,
}

impl Target {
    /// Reads the `href` of a link as a browser would.
    pub(crate) fn of(untrusted_href: &str) -> Self {
        let href: String = untrusted_href
            .trim_matches(|c: char| c <= ' ')
            .chars()
            .filter(|&c| !sanitizer_japanese::changes_reading(c))
            .take(MAX_TARGET)
            .collect();
        if href.starts_with("\\\\") {
            return Self::Active;
        }
        if let Some(rest) = href.strip_prefix("//") {
            return Self::web("https", rest);
        }
        let Some((scheme, rest)) = href.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
            return Self::Nowhere;
        };
        match scheme.to_ascii_lowercase().as_str() {
            scheme @ ("http" | "https" | "ftp") => Self::web(scheme, rest),
            "mailto" | "tel" => {
                let contact = rest.split('?').next().unwrap_or_default().trim();
                if contact.is_empty() { Self::Nowhere } else { Self::Contact(contact.to_owned()) }
            }
            "cid" | "mid" | "about" => Self::Nowhere,
            _ => Self::Active,
        }
    }

    fn web(scheme: &str, rest: &str) -> Self {
        let rest = rest.trim_start_matches(['/', '\\']);
        let (authority, path) = rest.split_at(rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len()));
        let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
        let host = punycode::to_ascii(&host.replace(' ', ""));
        if host.is_empty() {
            return Self::Nowhere;
        }
        let at = if user.is_empty() { "" } else { "@" };
        let path = path.replace(' ', "%20");
        Self::Web(format!("{scheme}://{}{at}{host}{path}", user.replace(' ', "%20")))
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// The live address `url` as it is listed: inert, and with the letters that its host stands for beside it.
pub(crate) fn written(url: &str) -> String {
    let inert = defang(url);
    let host = url.split_once("://").map_or("", |(_, rest)| host_of(rest));
    match punycode::to_unicode(host) {
        Some(letters) => format!("{inert}（{}）", defang_host(&letters)),
        None => inert,
    }
}

/// What the text `shown` of a link to `url` says of its target, if that is not so.
pub(crate) fn lie(shown: &str, url: &str) -> Option<String> {
    // Found once: a text of many hosts beside a long target would cost their product.
    let target = url.split_once("://").map_or("", |(_, rest)| host_of(rest));
    let other = hosts_shown(shown).into_iter().find(|host| !same_site(host, target));
    other.or_else(|| user_of(url)).map(|name| defang_host(&name))
}

/// The user in an address: it stands where a reader looks for the host.
fn user_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (user, _) = authority_of(rest).rsplit_once('@')?;
    Some(user.chars().filter(|&c| !sanitizer_japanese::changes_reading(c)).take(MAX_USER).collect())
}

/// The hosts that a reader of `text` takes it for.
pub(crate) fn hosts_shown(text: &str) -> Vec<String> {
    let plain: String = text.nfkc().filter(|&c| !sanitizer_japanese::changes_reading(c)).collect();
    let pieces =
        plain.split(|c: char| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '(' | ')' | '"' | '\'' | '[' | ']'));
    let found: Vec<String> = pieces
        .map(|piece| piece.trim_end_matches(is_sentence_end))
        .filter(|piece| piece.contains("://") || looks_like_host(piece))
        .filter_map(host_shown)
        .collect();
    if found.is_empty() { host_shown(&plain).into_iter().collect() } else { found }
}

/// True for a word inside a sentence that can only be the name of a site.
fn looks_like_host(word: &str) -> bool {
    let host = host_of(word);
    let top = host.rsplit('.').next().unwrap_or_default();
    host.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."))
        || (host.contains('.') && !word.contains('@') && COMMON_TOPS.contains(&top))
}

/// The host that a reader takes `text` for, if it looks like an address of the web.
fn host_shown(text: &str) -> Option<String> {
    let text = text.trim();
    let (explicit, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (true, rest),
        Some(_) => return None,
        None => (false, text),
    };
    if rest.contains(char::is_whitespace) || (!explicit && rest.contains('@')) {
        return None;
    }
    let host = punycode::to_ascii(host_of(rest));
    let (name, top) = host.rsplit_once('.')?;
    let plausible = !name.is_empty()
        && top.len() >= 2
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && (explicit || top.chars().all(|c| c.is_ascii_alphabetic()) || top.starts_with("xn--"));
    // A bare name with a file's ending is a file to the reader.
    let file = !explicit && !name.contains('.') && ["pdf", "doc", "docx", "xls", "xlsx", "zip", "txt"].contains(&top);
    (plausible && !file).then_some(host)
}

/// True if someone who reads `shown` may end at the host `target` without surprise: the same host or one below it.
fn same_site(shown: &str, target: &str) -> bool {
    let shown = shown.strip_prefix("www.").unwrap_or(shown);
    target.strip_suffix(shown).is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// The host in what follows `://`, without user and port.
fn host_of(rest: &str) -> &str {
    let host = authority_of(rest).rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

/// User, host and port in what follows `://`.
fn authority_of(rest: &str) -> &str {
    rest.split(['/', '\\', '?', '#']).next().unwrap_or_default()
}

/// `url` so that nothing makes it clickable.
#[must_use]
pub fn defang(url: &str) -> String {
    let mut out = String::with_capacity(url.len().saturating_add(8));
    rewrite(url, &mut out, &mut |_| {});
    out
}

/// `host` so that nothing makes it clickable.
pub(crate) fn defang_host(host: &str) -> String {
    host.replace('.', "[.]")
}

/// Defangs every address in `text` and lists it.
pub(crate) fn defang_text(text: String, links: &mut Links) -> String {
    if !text.contains("://") {
        return text;
    }
    let mut out = String::with_capacity(text.len().saturating_add(64));
    rewrite(&text, &mut out, &mut |address| {
        let listed = address.get(..address.floor_char_boundary(MAX_TARGET)).unwrap_or_default();
        links.number(defang(listed), None);
    });
    out
}

/// Copies `text` to `out` with every address made inert; `found` gets each outermost live address.
fn rewrite(text: &str, out: &mut String, found: &mut dyn FnMut(&str)) {
    let mut rest = text;
    let mut inside = 0usize;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at);
        let tail = after.strip_prefix("://").unwrap_or_default();
        let Some((live, inert)) = live_end(before) else {
            out.push_str(before);
            out.push_str("://");
            inside = inside.saturating_sub(before.len().saturating_add(3));
            rest = tail;
            continue;
        };
        let start = before.len().saturating_sub(live.len());
        out.push_str(before.get(..start).unwrap_or_default());
        out.push_str(inert);
        out.push_str("://");
        let (authority, path) = tail.split_at(authority_length(tail));
        for c in authority.chars() {
            if is_dot(c) { out.push_str("[.]") } else { out.push(c) }
        }
        // An address inside the query of another one is a part of that one.
        if before.len() >= inside && !authority.is_empty() {
            let length = authority.len().saturating_add(path_length(path));
            let whole = tail.get(..length).unwrap_or_default().trim_end_matches(is_sentence_end);
            found(&format!("{live}://{whole}"));
            inside = whole.len().saturating_sub(authority.len());
        } else {
            inside = inside.saturating_sub(before.len().saturating_add(3).saturating_add(authority.len()));
        }
        rest = path;
    }
    out.push_str(rest);
}

/// The live scheme at the end of `text`.
fn live_end(text: &str) -> Option<&'static (&'static str, &'static str)> {
    SCHEMES.iter().find(|(live, _)| ends_with_ignoring_case(text, live))
}

fn ends_with_ignoring_case(text: &str, end: &str) -> bool {
    text.len().checked_sub(end.len()).and_then(|at| text.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// Bytes of the authority at the start of `text`: ASCII, or letters of any script if it starts with one.
fn authority_length(text: &str) -> usize {
    let international = text.starts_with(|c: char| !c.is_ascii() && c.is_alphanumeric());
    let belongs = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '.' | '-' | '_' | ':' | '@' | '%' | '~' | '!' | '$' | '&' | '+' | '=' | '*')
            || (international && (c.is_alphanumeric() || is_dot(c)))
    };
    let length = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let authority = text.get(..length).unwrap_or_default().trim_end_matches(is_sentence_end);
    let next_scheme =
        text.get(authority.len()..).filter(|after| after.starts_with("://")).and_then(|_| live_end(authority));
    authority.len().saturating_sub(next_scheme.map_or(0, |(live, _)| live.len()))
}

/// Bytes of path, query and fragment at the start of `text`.
fn path_length(text: &str) -> usize {
    if !text.starts_with(['/', '?', '#']) {
        return 0;
    }
    let belongs = |c: char| {
        c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '`' | '[' | ']' | '{' | '}' | '|' | '\\' | '^')
    };
    let length = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let path = text.get(..length).unwrap_or_default();
    if path.ends_with(')') && !path.contains('(') { length.saturating_sub(1) } else { length }
}

/// Dots as browsers read them in a host.
const fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}')
}

/// Marks that end a sentence rather than an address.
const fn is_sentence_end(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_out_once_and_for_all() {
        for (text, inert) in [
            ("https://www.example.jp/a.html?x=1.5", "hxxps://www[.]example[.]jp/a.html?x=1.5"),
            ("HTTP://Example.JP", "hxxp://Example[.]JP"),
            ("ftp://a.example/x", "fxp://a[.]example/x"),
            ("http://user@a.example:8080/", "hxxp://user@a[.]example:8080/"),
            ("http://a.example/?u=https://b.example/", "hxxp://a[.]example/?u=hxxps://b[.]example/"),
            ("見る→https://a.example。次", "見る→hxxps://a[.]example。次"),
            ("https://日本語。jp/", "hxxps://日本語[.]jp/"),
            ("xhttp://a.b", "xhxxp://a[.]b"),
            ("hthttp://tp://a.b", "hthxxp://tp://a.b"),
            ("http://https://a.b", "hxxp://hxxps://a[.]b"),
            ("://", "://"),
            ("http://", "hxxp://"),
            ("foo://a.b http://c.d.", "foo://a.b hxxp://c[.]d."),
        ] {
            assert_eq!(defang(text), inert);
            assert_eq!(defang(inert), inert);
        }
    }

    #[test]
    fn an_address_ends_where_the_sentence_goes_on() {
        for (text, expected) in [
            ("http://a.example/x。です", &["hxxp://a[.]example/x"][..]),
            ("（http://a.example/x）", &["hxxp://a[.]example/x"]),
            ("(http://a.example/x)", &["hxxp://a[.]example/x"]),
            ("http://a.example/x_(y)", &["hxxp://a[.]example/x_(y)"]),
            ("http://a.example/?u=http://b.example/c d", &["hxxp://a[.]example/?u=hxxp://b[.]example/c"]),
            ("http://a.example をhttp://b.example", &["hxxp://a[.]example", "hxxp://b[.]example"]),
            ("<http://a.example/>,http://a.example/.", &["hxxp://a[.]example/"]),
            ("http://[::1]/", &[]),
        ] {
            let mut links = Links::default();
            defang_text(text.to_owned(), &mut links);
            assert_eq!(links.into_vec().into_iter().map(|l| l.target).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn targets_are_read_as_a_browser_reads_them() {
        let web = |url: &str| Target::Web(url.to_owned());
        for (href, target) in [
            (" https://a.example/b c ", web("https://a.example/b%20c")),
            ("ht\ntps:\\\\A.example\\x", web("https://a.example\\x")),
            ("//a.example/x", web("https://a.example/x")),
            ("http:a.example", web("http://a.example")),
            ("https://city.lg.jp@evil.example/", web("https://city.lg.jp@evil.example/")),
            ("https://日本語.jp/", web("https://xn--wgv71a119e.jp/")),
            ("mailto:a@b.example?subject=x", Target::Contact("a@b.example".to_owned())),
            ("tel:03-1234-5678", Target::Contact("03-1234-5678".to_owned())),
            ("java\tscript:alert(1)", Target::Active),
            ("data:text/html,x", Target::Active),
            ("file:///c:/x", Target::Active),
            ("\\\\host\\share", Target::Active),
            ("#top", Target::Nowhere),
            ("page.html", Target::Nowhere),
            ("cid:1", Target::Nowhere),
            ("", Target::Nowhere),
        ] {
            assert_eq!(Target::of(href), target, "{href}");
        }
    }

    #[test]
    fn a_shown_host_is_compared_with_the_true_one() {
        for (shown, target, honest) in [
            ("www.city.example.lg.jp", "https://evil.example/", false),
            ("https://city.example.lg.jp/a", "https://city.example.lg.jp.evil.example/", false),
            ("city.example.jp", "https://click.city.example.jp/t", true),
            ("https://www.example.jp/", "http://example.jp/", true),
            ("https://example.jp", "https://example.jp@evil.example/", false),
            ("https://notexample.jp", "https://example.jp/", false),
            ("example.jp", "https://notexample.jp/", false),
            ("ｗｗｗ．ｃｉｔｙ．ｌｇ．ｊｐ", "https://evil.example/", false),
            ("ｗｗｗ．ｃｉｔｙ．ｌｇ．ｊｐ", "https://www.city.lg.jp/", true),
            ("詳しくはwww.city.lg.jpへ", "https://evil.example/", false),
            ("市のサイト（city.lg.jp）", "https://evil.example/?u=city.lg.jp", false),
            ("市のサイト（city.lg.jp）", "https://www.city.lg.jp/", true),
            ("こちら", "https://city.lg.jp@evil.example/", false),
            ("こちら", "https://r.example/?u=https%3A%2F%2Fcity.lg.jp%2F", true),
            ("資料.pdfとNode.js、Ver.2.0", "https://evil.example/", true),
            ("担当a@city.lg.jpまで", "https://evil.example/", true),
        ] {
            assert_eq!(lie(shown, target).is_none(), honest, "{shown} {target}");
        }
        for text in ["こちら", "詳細.pdf", "report.pdf", "a@b.example", "Ver.2", "1.5", "foo bar.rs", "", "."] {
            assert_eq!(hosts_shown(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(lie("こちら", "https://city.lg.jp@evil.example/").as_deref(), Some("city[.]lg[.]jp"));
        assert_eq!(written("https://xn--80ak6aa92e.com/x"), "hxxps://xn--80ak6aa92e[.]com/x（аррӏе[.]com）");
        assert_eq!(defang(&written("https://xn--80ak6aa92e.com/x")), written("https://xn--80ak6aa92e.com/x"));
    }
}
