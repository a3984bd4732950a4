//! Host names in the spelling that the name system knows (`xn--…`, RFC 3492).
//!
//! Refuses: labels that overflow; they are left as they are. Invariant: ASCII names come back in lower case, unchanged.

use unicode_normalization::UnicodeNormalization;

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const FIRST_BIAS: u32 = 72;
const FIRST_CODE: u32 = 128;

/// Longest host that is converted, in characters.
const MAX_HOST: usize = 253;

/// `host` with every label in ASCII, as far as possible.
pub(crate) fn to_ascii(host: &str) -> String {
    if host.is_ascii() || host.chars().nth(MAX_HOST).is_some() {
        return host.to_ascii_lowercase();
    }
    let normal: String = host.nfkc().flat_map(char::to_lowercase).collect();
    normal
        .split(['.', '\u{3002}'])
        .map(
            |label| {
                if label.is_ascii() { label.to_owned() } else { encode(label).unwrap_or_else(|| label.to_owned()) }
            },
        )
        .collect::<Vec<_>>()
        .join(".")
}

/// The letters that `host` stands for; `None` if it has no `xn--` label, or one that is no proper spelling.
pub(crate) fn to_unicode(host: &str) -> Option<String> {
    if !host.contains("xn--") || host.len() > MAX_HOST {
        return None;
    }
    let labels: Option<Vec<String>> = host
        .split('.')
        .map(|label| match label.strip_prefix("xn--") {
            Some(coded) => decode(coded),
            None => Some(label.to_owned()),
        })
        .collect();
    let letters = labels?.join(".");
    (!letters.chars().any(|c| sanitizer_japanese::changes_reading(c) || c.is_whitespace())).then_some(letters)
}

/// RFC 3492 6.2.
fn decode(coded: &str) -> Option<String> {
    let (basic, digits) = coded.rsplit_once('-').unwrap_or(("", coded));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut code, mut at, mut bias) = (FIRST_CODE, 0u32, FIRST_BIAS);
    let mut digits = digits.chars().peekable();
    while digits.peek().is_some() {
        let (before, mut weight, mut k) = (at, 1u32, BASE);
        loop {
            let digit = value(digits.next()?)?;
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE.checked_sub(threshold)?)?;
            k = k.checked_add(BASE)?;
        }
        let length = u32::try_from(out.len()).ok()?.checked_add(1)?;
        bias = adapt(at.checked_sub(before)?, length, before == 0);
        code = code.checked_add(at / length)?;
        at %= length;
        out.insert(usize::try_from(at).ok()?, char::from_u32(code)?);
        at = at.checked_add(1)?;
    }
    Some(out.into_iter().collect())
}

/// The reverse of [`digit`].
fn value(digit: char) -> Option<u32> {
    match digit.to_ascii_lowercase() {
        c @ 'a'..='z' => u32::from(c).checked_sub(u32::from('a')),
        c => c.to_digit(10)?.checked_add(26),
    }
}

/// RFC 3492 6.3.
fn encode(label: &str) -> Option<String> {
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut code, mut delta, mut bias, mut handled) = (FIRST_CODE, 0u32, FIRST_BIAS, basic);
    let total = u32::try_from(label.chars().count()).ok()?;
    while handled < total {
        let next = label.chars().map(u32::from).filter(|&c| c >= code).min()?;
        delta = delta.checked_add((next.checked_sub(code)?).checked_mul(handled.checked_add(1)?)?)?;
        code = next;
        for c in label.chars().map(u32::from) {
            if c < code {
                delta = delta.checked_add(1)?;
            }
            if c == code {
                variable_length(delta, bias, &mut out)?;
                bias = adapt(delta, handled.checked_add(1)?, handled == basic);
                delta = 0;
                handled = handled.checked_add(1)?;
            }
        }
        delta = delta.checked_add(1)?;
        code = code.checked_add(1)?;
    }
    Some(format!("xn--{out}"))
}

fn variable_length(delta: u32, bias: u32, out: &mut String) -> Option<()> {
    let mut rest = delta;
    let mut k = BASE;
    loop {
        let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if rest < threshold {
            out.push(digit(rest)?);
            return Some(());
        }
        let span = BASE.checked_sub(threshold)?;
        out.push(digit(threshold.checked_add((rest - threshold) % span)?)?);
        rest = (rest - threshold) / span;
        k = k.checked_add(BASE)?;
    }
}

/// RFC 3492 6.1.
fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta = delta.saturating_add(delta / points.max(1));
    let mut k = 0u32;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k = k.saturating_add(BASE);
    }
    k.saturating_add(((BASE - T_MIN + 1) * delta) / delta.saturating_add(SKEW))
}

/// The digits of RFC 3492 5: a to z, then 0 to 9.
fn digit(value: u32) -> Option<char> {
    match value {
        0..26 => char::from_u32(u32::from('a').checked_add(value)?),
        26..36 => char::from_digit(value.checked_sub(26)?, 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_spelled_as_the_name_system_knows_them() {
        for (host, ascii) in [
            ("Example.JP", "example.jp"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("日本語.jp", "xn--wgv71a119e.jp"),
            ("日本語。ｊｐ", "xn--wgv71a119e.jp"),
            ("аррӏе.com", "xn--80ak6aa92e.com"),
            ("ｅｘａｍｐｌｅ．com", "example.com"),
        ] {
            assert_eq!(to_ascii(host), ascii);
        }
        for (ascii, letters) in [
            ("xn--bcher-kva.example", Some("bücher.example")),
            ("www.xn--wgv71a119e.jp", Some("www.日本語.jp")),
            ("xn--80ak6aa92e.com", Some("аррӏе.com")),
            ("xn--99999999999.jp", None),
            ("xn--!.jp", None),
            ("example.jp", None),
        ] {
            assert_eq!(to_unicode(ascii).as_deref(), letters, "{ascii}");
        }
    }
}
