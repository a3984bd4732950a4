//! Named and numbered characters of HTML (WHATWG 13.5), as far as mails use them.
//!
//! Refuses: names it does not know; they stay as they are. Invariant: linear; the output is no longer than the input
//! but for three bytes a character.

use memchr::memchr;

/// Longest reference that is looked at, in bytes.
const MAX_REFERENCE: usize = 32;

/// Appends `raw` with its references read; in an attribute only those that end with `;` are (WHATWG 13.2.5.73).
pub(crate) fn decode(raw: &str, attribute: bool, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        let (plain, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let (c, length) = read(reference, attribute).unwrap_or(('&', 1));
        out.push(c);
        rest = reference.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// The character of the reference at the start of `text`, and the reference's length.
fn read(text: &str, attribute: bool) -> Option<(char, usize)> {
    if text.as_bytes().get(1) == Some(&b'#') {
        return numbered(text);
    }
    let name = text.get(1..)?;
    let length = name.bytes().take(MAX_REFERENCE).take_while(u8::is_ascii_alphanumeric).count();
    let name = name.get(..length)?;
    let ended = text.as_bytes().get(length.saturating_add(1)) == Some(&b';');
    if ended && let Some(c) = named(name) {
        return Some((c, length.saturating_add(2)));
    }
    if attribute {
        return None;
    }
    // Old pages leave out the semicolon; the longest name wins.
    let longest = LEGACY.iter().filter(|legacy| name.starts_with(**legacy)).max_by_key(|legacy| legacy.len())?;
    Some((named(longest)?, longest.len().saturating_add(1)))
}

fn named(name: &str) -> Option<char> {
    let at = NAMES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    NAMES.get(at).map(|(_, c)| *c)
}

fn numbered(text: &str) -> Option<(char, usize)> {
    let digits = text.get(2..)?;
    let (radix, start) = if digits.starts_with(['x', 'X']) { (16, 3usize) } else { (10, 2) };
    let digits = text.get(start..)?;
    let mut code = 0u32;
    let mut length = 0usize;
    for digit in digits.chars().map_while(|c| c.to_digit(radix)) {
        code = code.saturating_mul(radix).saturating_add(digit);
        length = length.saturating_add(1);
    }
    if length == 0 {
        return None;
    }
    let end = start.saturating_add(length);
    let semicolon = usize::from(text.as_bytes().get(end) == Some(&b';'));
    let c = match code {
        0x80..=0x9F => WINDOWS.chars().nth(usize::try_from(code - 0x80).ok()?)?,
        0 => char::REPLACEMENT_CHARACTER,
        code => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Some((c, end.saturating_add(semicolon)))
}

/// What numbers 0x80 to 0x9F mean: they are read as windows-1252.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ";

/// Names that need no semicolon.
#[rustfmt::skip]
const LEGACY: &[&str] = &[
    "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil", "ETH",
    "Eacute", "Ecirc", "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT", "Ntilde", "Oacute",
    "Ocirc", "Ograve", "Oslash", "Otilde", "Ouml", "QUOT", "REG", "THORN", "Uacute", "Ucirc", "Ugrave",
    "Uuml", "Yacute", "aacute", "acirc", "acute", "aelig", "agrave", "amp", "aring", "atilde", "auml",
    "brvbar", "ccedil", "cedil", "cent", "copy", "curren", "deg", "divide", "eacute", "ecirc", "egrave",
    "eth", "euml", "frac12", "frac14", "frac34", "gt", "iacute", "icirc", "iexcl", "igrave", "iquest",
    "iuml", "laquo", "lt", "macr", "micro", "middot", "nbsp", "not", "ntilde", "oacute", "ocirc", "ograve",
    "ordf", "ordm", "oslash", "otilde", "ouml", "para", "plusmn", "pound", "quot", "raquo", "reg", "sect",
    "shy", "sup1", "sup2", "sup3", "szlig", "thorn", "times", "uacute", "ucirc", "ugrave", "uml", "uuml",
    "yacute", "yen", "yuml",
];

/// Names in byte order, and their characters.
#[rustfmt::skip]
const NAMES: &[(&str, char)] = &[
    ("AElig", 'Æ'), ("AMP", '&'), ("Aacute", 'Á'), ("Acirc", 'Â'), ("Agrave", 'À'), ("Alpha", 'Α'),
    ("Aring", 'Å'), ("Atilde", 'Ã'), ("Auml", 'Ä'), ("Beta", 'Β'), ("COPY", '©'), ("Ccedil", 'Ç'),
    ("Chi", 'Χ'), ("Dagger", '\u{2021}'), ("Delta", 'Δ'), ("ETH", 'Ð'), ("Eacute", 'É'), ("Ecirc", 'Ê'),
    ("Egrave", 'È'), ("Epsilon", 'Ε'), ("Eta", 'Η'), ("Euml", 'Ë'), ("GT", '>'), ("Gamma", 'Γ'),
    ("Hat", '^'), ("Iacute", 'Í'), ("Icirc", 'Î'), ("Igrave", 'Ì'), ("Iota", 'Ι'), ("Iuml", 'Ï'),
    ("Kappa", 'Κ'), ("LT", '<'), ("Lambda", 'Λ'), ("MediumSpace", '\u{205F}'), ("Mu", 'Μ'),
    ("NewLine", '\u{A}'), ("NoBreak", '\u{2060}'), ("Ntilde", 'Ñ'), ("Nu", 'Ν'), ("OElig", 'Œ'),
    ("Oacute", 'Ó'), ("Ocirc", 'Ô'), ("Ograve", 'Ò'), ("Omega", 'Ω'), ("Omicron", 'Ο'), ("Oslash", 'Ø'),
    ("Otilde", 'Õ'), ("Ouml", 'Ö'), ("Phi", 'Φ'), ("Pi", 'Π'), ("Prime", '\u{2033}'), ("Psi", 'Ψ'),
    ("QUOT", '"'), ("REG", '®'), ("Rho", 'Ρ'), ("Scaron", 'Š'), ("Sigma", 'Σ'), ("THORN", 'Þ'),
    ("TRADE", '™'), ("Tab", '\u{9}'), ("Tau", 'Τ'), ("Theta", 'Θ'), ("Uacute", 'Ú'), ("Ucirc", 'Û'),
    ("Ugrave", 'Ù'), ("Upsilon", 'Υ'), ("Uuml", 'Ü'), ("Xi", 'Ξ'), ("Yacute", 'Ý'), ("Yuml", 'Ÿ'),
    ("ZeroWidthSpace", '\u{200B}'), ("Zeta", 'Ζ'), ("aacute", 'á'), ("acirc", 'â'), ("acute", '´'),
    ("aelig", 'æ'), ("agrave", 'à'), ("alefsym", 'ℵ'), ("alpha", 'α'), ("amp", '&'), ("and", '∧'),
    ("ang", '∠'), ("apos", '\''), ("aring", 'å'), ("ast", '*'), ("asymp", '≈'), ("atilde", 'ã'),
    ("auml", 'ä'), ("bdquo", '\u{201E}'), ("beta", 'β'), ("bigstar", '★'), ("blacksquare", '▪'),
    ("block", '█'), ("boxh", '─'), ("boxv", '│'), ("brvbar", '¦'), ("bsol", '\\'), ("bull", '\u{2022}'),
    ("cap", '∩'), ("ccedil", 'ç'), ("cedil", '¸'), ("cent", '¢'), ("check", '✓'), ("checkmark", '✓'),
    ("chi", 'χ'), ("circ", 'ˆ'), ("clubs", '♣'), ("colon", ':'), ("comma", ','), ("commat", '@'),
    ("cong", '≅'), ("copy", '©'), ("crarr", '↵'), ("cup", '∪'), ("curren", '¤'), ("dArr", '⇓'),
    ("dagger", '\u{2020}'), ("darr", '↓'), ("dash", '\u{2010}'), ("deg", '°'), ("delta", 'δ'),
    ("diams", '♦'), ("divide", '÷'), ("dollar", '$'), ("eacute", 'é'), ("ecirc", 'ê'), ("egrave", 'è'),
    ("empty", '∅'), ("emsp", '\u{2003}'), ("emsp13", '\u{2004}'), ("emsp14", '\u{2005}'),
    ("ensp", '\u{2002}'), ("epsilon", 'ε'), ("equals", '='), ("equiv", '≡'), ("eta", 'η'), ("eth", 'ð'),
    ("euml", 'ë'), ("euro", '\u{20AC}'), ("excl", '!'), ("exist", '∃'), ("female", '♀'),
    ("ffilig", '\u{FB03}'), ("fnof", 'ƒ'), ("forall", '∀'), ("frac12", '½'), ("frac14", '¼'),
    ("frac34", '¾'), ("frasl", '\u{2044}'), ("gamma", 'γ'), ("ge", '≥'), ("grave", '`'), ("gt", '>'),
    ("hArr", '⇔'), ("hairsp", '\u{200A}'), ("harr", '↔'), ("hearts", '♥'), ("hellip", '\u{2026}'),
    ("horbar", '\u{2015}'), ("hyphen", '\u{2010}'), ("iacute", 'í'), ("icirc", 'î'), ("iexcl", '¡'),
    ("igrave", 'ì'), ("image", 'ℑ'), ("infin", '∞'), ("int", '∫'), ("iota", 'ι'), ("iquest", '¿'),
    ("isin", '∈'), ("iuml", 'ï'), ("kappa", 'κ'), ("lArr", '⇐'), ("lambda", 'λ'), ("lang", '⟨'),
    ("laquo", '«'), ("larr", '←'), ("lbrace", '{'), ("lbrack", '['), ("lceil", '⌈'), ("lcub", '{'),
    ("ldquo", '\u{201C}'), ("le", '≤'), ("lfloor", '⌊'), ("lowast", '∗'), ("lowbar", '_'), ("loz", '◊'),
    ("lpar", '('), ("lrm", '\u{200E}'), ("lsaquo", '\u{2039}'), ("lsqb", '['), ("lsquo", '\u{2018}'),
    ("lt", '<'), ("macr", '¯'), ("male", '♂'), ("map", '↦'), ("mdash", '\u{2014}'), ("micro", 'µ'),
    ("middot", '·'), ("minus", '−'), ("mu", 'μ'), ("nabla", '∇'), ("nbsp", '\u{A0}'), ("ndash", '\u{2013}'),
    ("ne", '≠'), ("ni", '∋'), ("not", '¬'), ("notin", '∉'), ("nsub", '⊄'), ("ntilde", 'ñ'), ("nu", 'ν'),
    ("num", '#'), ("numero", '№'), ("numsp", '\u{2007}'), ("oacute", 'ó'), ("ocirc", 'ô'), ("oelig", 'œ'),
    ("ograve", 'ò'), ("oline", '\u{203E}'), ("omega", 'ω'), ("omicron", 'ο'), ("oplus", '⊕'), ("or", '∨'),
    ("ordf", 'ª'), ("ordm", 'º'), ("oslash", 'ø'), ("otilde", 'õ'), ("otimes", '⊗'), ("ouml", 'ö'),
    ("para", '¶'), ("part", '∂'), ("percnt", '%'), ("period", '.'), ("permil", '\u{2030}'), ("perp", '⊥'),
    ("phi", 'φ'), ("phone", '☎'), ("pi", 'π'), ("piv", 'ϖ'), ("plus", '+'), ("plusmn", '±'), ("pound", '£'),
    ("prime", '\u{2032}'), ("prod", '∏'), ("prop", '∝'), ("psi", 'ψ'), ("puncsp", '\u{2008}'),
    ("quest", '?'), ("quot", '"'), ("rArr", '⇒'), ("radic", '√'), ("rang", '⟩'), ("raquo", '»'),
    ("rarr", '→'), ("rarrw", '↝'), ("rbrace", '}'), ("rbrack", ']'), ("rceil", '⌉'), ("rcub", '}'),
    ("rdquo", '\u{201D}'), ("real", 'ℜ'), ("reg", '®'), ("rfloor", '⌋'), ("rho", 'ρ'), ("rlm", '\u{200F}'),
    ("rpar", ')'), ("rsaquo", '\u{203A}'), ("rsqb", ']'), ("rsquo", '\u{2019}'), ("sbquo", '\u{201A}'),
    ("scaron", 'š'), ("sdot", '⋅'), ("sect", '§'), ("semi", ';'), ("shy", '\u{AD}'), ("sigma", 'σ'),
    ("sigmaf", 'ς'), ("sim", '∼'), ("sol", '/'), ("spades", '♠'), ("squ", '□'), ("star", '☆'),
    ("starf", '★'), ("sub", '⊂'), ("sube", '⊆'), ("sum", '∑'), ("sup", '⊃'), ("sup1", '¹'), ("sup2", '²'),
    ("sup3", '³'), ("supe", '⊇'), ("szlig", 'ß'), ("tau", 'τ'), ("there4", '∴'), ("theta", 'θ'),
    ("thetasym", 'ϑ'), ("thinsp", '\u{2009}'), ("thorn", 'þ'), ("tilde", '˜'), ("times", '×'),
    ("trade", '™'), ("uArr", '⇑'), ("uacute", 'ú'), ("uarr", '↑'), ("ucirc", 'û'), ("ugrave", 'ù'),
    ("uml", '¨'), ("upsih", 'ϒ'), ("upsilon", 'υ'), ("uuml", 'ü'), ("verbar", '|'), ("vert", '|'),
    ("weierp", '℘'), ("xi", 'ξ'), ("yacute", 'ý'), ("yen", '¥'), ("yuml", 'ÿ'), ("zeta", 'ζ'),
    ("zwj", '\u{200D}'), ("zwnj", '\u{200C}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_a_browser_reads_them() {
        for (raw, text, attribute) in [
            ("a&amp;b&lt;&#x3042;&#12356;&yen;1", "a&b<あい¥1", "a&b<あい¥1"),
            (
                "&nbsp&copy2026 &notit; &bogus; & &; &#; &#x;",
                "\u{A0}©2026 ¬it; &bogus; & &; &#; &#x;",
                "&nbsp&copy2026 &notit; &bogus; & &; &#; &#x;",
            ),
            (
                "&#150;&#0;&#xD800;&#99999999999999999999;&#x41",
                "–\u{FFFD}\u{FFFD}\u{FFFD}A",
                "–\u{FFFD}\u{FFFD}\u{FFFD}A",
            ),
            ("?a=1&copy=2&lt=3", "?a=1©=2<=3", "?a=1&copy=2&lt=3"),
        ] {
            for (expected, in_attribute) in [(text, false), (attribute, true)] {
                let mut out = String::new();
                decode(raw, in_attribute, &mut out);
                assert_eq!(out, expected);
            }
        }
        assert!(NAMES.is_sorted_by(|(one, _), (next, _)| one < next));
        assert!(LEGACY.iter().all(|name| named(name).is_some()));
    }
}
