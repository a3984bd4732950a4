//! Which part of a multipart/alternative is shown (RFC 2046 5.1.4).
//!
//! The richer readable one wins: HTML with any text, else the last text that is not blank. Refuses nothing.
//! Invariant: at most one alternative keeps its bodies; the others' become [`Role::Alternative`].

use std::ops::Range;

use crate::{Leaf, Role};

/// Settles the roles of the leaves of one multipart/alternative; `choices` are its children's leaves.
pub(crate) fn settle(leaves: &mut [Leaf<'_>], choices: &[Range<usize>]) {
    let richness = |choice: &Range<usize>| leaves.get(choice.clone())?.iter().filter_map(richness).max();
    let best =
        choices.iter().enumerate().filter_map(|(at, choice)| Some((richness(choice)?, at))).max().map(|(_, at)| at);
    for (_, choice) in choices.iter().enumerate().filter(|(at, _)| Some(*at) != best) {
        let others = leaves.get_mut(choice.clone()).unwrap_or_default();
        others.iter_mut().filter(|leaf| leaf.role == Role::Body).for_each(|leaf| leaf.role = Role::Alternative);
    }
}

fn richness(leaf: &Leaf<'_>) -> Option<u8> {
    match (leaf.role, leaf.declared.as_str()) {
        (Role::Body, "text/html") if shows_text(&leaf.bytes) => Some(2),
        (Role::Body, "text/html") => Some(0),
        (Role::Body, _) => Some(u8::from(leaf.bytes.iter().any(|b| *b > b' '))),
        (Role::Alternative | Role::Attachment, _) => None,
    }
}

/// True if mark-up has a visible character outside tags, comments, head, style and script.
fn shows_text(html: &[u8]) -> bool {
    let mut rest = html;
    while let Some((byte, tail)) = rest.split_first() {
        rest = match byte {
            b'<' => after_tag(rest),
            b'&' if starts_with(tail, b"nbsp;") => tail.get(5..).unwrap_or_default(),
            b if b.is_ascii_whitespace() => tail,
            _ => return true,
        };
    }
    false
}

/// What follows the tag, comment or unseen element that `html` starts with; nothing if it never ends.
fn after_tag(html: &[u8]) -> &[u8] {
    if html.starts_with(b"<!--") {
        return after(html, b"-->");
    }
    for (opening, closing) in
        [(&b"<head"[..], &b"</head"[..]), (b"<style", b"</style"), (b"<script", b"</script"), (b"<title", b"</title")]
    {
        let is_whole_name = html.get(opening.len()).is_some_and(|b| !b.is_ascii_alphanumeric());
        if starts_with(html, opening) && is_whole_name {
            return after(after(html, closing), b">");
        }
    }
    after(html, b">")
}

fn after<'a>(bytes: &'a [u8], end: &[u8]) -> &'a [u8] {
    let found = bytes.windows(end.len()).position(|window| window.eq_ignore_ascii_case(end));
    found.and_then(|at| bytes.get(at + end.len()..)).unwrap_or_default()
}

fn starts_with(bytes: &[u8], start: &[u8]) -> bool {
    bytes.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_up_shows_text_only_if_people_would_see_some() {
        for (html, shows) in [
            (&b"<p>a</p>"[..], true),
            (b"<html><head><title>x</title></head><body>&nbsp; <br></body></html>", false),
            (b"<style>p{}</style><script>a()</script><!-- x --><img src=x>", false),
            (b"<header>a</header>", true),
            (b"<head>x", false),
            (b"\x1B$B<j?e\x1B(B", true),
            (b"", false),
        ] {
            assert_eq!(shows_text(html), shows, "{}", html.escape_ascii());
        }
    }
}
