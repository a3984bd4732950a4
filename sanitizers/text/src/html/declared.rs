//! What declarations of CSS say about being seen and about lines.
//!
//! Knows only the properties that hide text or end lines; the rest of a style is looks. Refuses: values that it cannot
//! read; they say nothing. Invariant: linear in the length of the declarations.

use super::colour::Paint;

/// Anything further away is off the page, in CSS pixels.
const FAR: f32 = 500.0;

/// A length as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Length {
    /// CSS pixels.
    Pixels(f32),
    /// Times the size of the text around.
    Times(f32),
}

/// What declarations say; `None` where they are silent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Style {
    /// `display: none`, `mso-hide: all`.
    pub(crate) gone: Option<bool>,
    pub(crate) office_hides: Option<bool>,
    /// `visibility`.
    pub(crate) unseen: Option<bool>,
    /// `font-size`.
    pub(crate) size: Option<Length>,
    /// `color`.
    pub(crate) colour: Option<Paint>,
    /// `background`.
    pub(crate) back: Option<Paint>,
    /// No opacity, cut to nothing, scaled to nothing.
    pub(crate) faint: Option<bool>,
    /// No height, no width.
    pub(crate) flat: Option<bool>,
    pub(crate) narrow: Option<bool>,
    /// `overflow: hidden`.
    pub(crate) clipped: Option<bool>,
    /// Placed by hand, and far outside.
    pub(crate) placed: Option<bool>,
    pub(crate) away: Option<bool>,
    /// `text-indent` or a margin far outside.
    pub(crate) indented: Option<bool>,
    pub(crate) pushed: Option<bool>,
    /// Line ends of the source count.
    pub(crate) preformatted: Option<bool>,
    /// A gap above, below.
    pub(crate) above: Option<bool>,
    pub(crate) below: Option<bool>,
    /// A line above; any line around.
    pub(crate) ruled: Option<bool>,
    pub(crate) bordered: Option<bool>,
    /// Aligned to the right.
    pub(crate) right: Option<bool>,
}

macro_rules! merge {
    ($strong:expr, $weak:expr; $($field:ident),+) => { Style { $($field: $strong.$field.or($weak.$field)),+ } };
}

impl Style {
    /// Nobody knows the colours.
    pub(crate) const UNKNOWN: Self = {
        let mut style = Self::SILENT;
        style.colour = Some(Paint::Unknown);
        style.back = Some(Paint::Unknown);
        style
    };

    /// Nothing is said.
    const SILENT: Self = Self {
        gone: None,
        office_hides: None,
        unseen: None,
        size: None,
        colour: None,
        back: None,
        faint: None,
        flat: None,
        narrow: None,
        clipped: None,
        placed: None,
        away: None,
        indented: None,
        pushed: None,
        preformatted: None,
        above: None,
        below: None,
        ruled: None,
        bordered: None,
        right: None,
    };

    /// This, and `weaker` where this is silent.
    pub(crate) fn over(self, weaker: Self) -> Self {
        merge!(self, weaker; gone, office_hides, unseen, size, colour, back, faint, flat, narrow, clipped, placed, away,
            indented, pushed, preformatted, above, below, ruled, bordered, right)
    }

    /// What is left of it if nobody knows whether it holds: colours are unknown then.
    pub(crate) fn doubted(self) -> Self {
        Self { colour: self.colour.map(|_| Paint::Unknown), back: self.back.map(|_| Paint::Unknown), ..Self::default() }
    }
}

/// Declarations split by importance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Declared {
    /// Without `!important`.
    pub(crate) usual: Style,
    /// With it.
    pub(crate) important: Style,
}

impl Declared {
    /// Reads `body`: declarations between semicolons.
    pub(crate) fn of(body: &str) -> Self {
        let mut declared = Self::default();
        for declaration in body.split(';') {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let property = property.trim_ascii();
            let mut lower = [0u8; 20];
            let Some(lower) = lower.get_mut(..property.len()) else { continue };
            lower.copy_from_slice(property.as_bytes());
            lower.make_ascii_lowercase();
            let (value, important) = match value.split_once('!') {
                Some((value, _)) => (value.trim_ascii(), true),
                None => (value.trim_ascii(), false),
            };
            let style = if important { &mut declared.important } else { &mut declared.usual };
            declare(style, lower, value);
        }
        declared
    }

    /// True if it says nothing.
    pub(crate) fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// See [`Style::doubted`].
    pub(crate) fn doubted(self) -> Self {
        Self { usual: self.usual.doubted(), important: self.important.doubted() }
    }
}

fn is(value: &str, word: &str) -> bool {
    value.eq_ignore_ascii_case(word)
}

fn declare(style: &mut Style, property: &[u8], value: &str) {
    match property {
        b"display" => style.gone = Some(is(value, "none")),
        b"mso-hide" => style.office_hides = Some(is(value, "all") || is(value, "screen")),
        b"visibility" => style.unseen = Some(is(value, "hidden") || is(value, "collapse")),
        b"font-size" => style.size = size(value).or(style.size),
        b"font" => style.size = value.split_ascii_whitespace().find_map(font_word).or(style.size),
        b"white-space" => {
            style.preformatted = Some(value.get(..3).is_some_and(|start| is(start, "pre")));
        }
        b"text-align" => style.right = Some(is(value, "right") || is(value, "end")),
        b"overflow" => style.clipped = Some(is(value, "hidden") || is(value, "clip")),
        b"position" => style.placed = Some(!is(value, "static")),
        b"opacity" => style.faint = Some(value.trim_end_matches('%').parse::<f32>().is_ok_and(|part| part < 0.05)),
        _ => declare_colour(style, property, value),
    }
}

fn declare_colour(style: &mut Style, property: &[u8], value: &str) {
    match property {
        b"color" => style.colour = Paint::of(value).or(style.colour),
        b"background" | b"background-color" => {
            // A picture stays, whatever colour is behind it.
            if style.back != Some(Paint::Unknown) {
                style.back = Paint::of_background(value).or(style.back);
            }
        }
        b"background-image" => {
            if !is(value, "none") {
                style.back = Some(Paint::Unknown);
            }
        }
        b"text-shadow" => {
            if !is(value, "none") {
                style.colour = Some(Paint::Unknown);
            }
        }
        _ => declare_place(style, property, value),
    }
}

fn declare_place(style: &mut Style, property: &[u8], value: &str) {
    match property {
        b"height" | b"max-height" => style.flat = Some(style.flat == Some(true) || is_nothing(value)),
        b"width" | b"max-width" => style.narrow = Some(style.narrow == Some(true) || is_nothing(value)),
        b"left" | b"top" | b"right" | b"bottom" => style.away = Some(style.away == Some(true) || is_far(value)),
        b"text-indent" => style.indented = Some(is_far(value)),
        b"clip" | b"clip-path" => {
            let digits = value.bytes().filter(u8::is_ascii_digit);
            let all_nothing = value.contains("rect(") && digits.clone().all(|b| b <= b'1') && digits.count() <= 4;
            let inset = value.contains("inset(50%") || value.contains("inset(100%") || value.contains("circle(0");
            style.faint = Some(all_nothing || inset);
        }
        b"transform" => {
            let moved = value.split_once("translate").and_then(|(_, rest)| rest.split_once('(')).is_some_and(
                |(_, arguments)| arguments.split([',', ')']).any(|argument| is_far(argument.trim_ascii())),
            );
            style.faint = Some(value.contains("scale(0)") || value.contains("scale(0,") || moved);
        }
        _ => declare_line(style, property, value),
    }
}

fn declare_line(style: &mut Style, property: &[u8], value: &str) {
    match property {
        b"margin" => {
            let mut words = value.split_ascii_whitespace();
            let top = words.next().unwrap_or_default();
            let right = words.next();
            let bottom = words.next().unwrap_or(top);
            style.above = Some(is_gap(top));
            style.below = Some(is_gap(bottom));
            style.pushed = Some(is_far(words.next().or(right).unwrap_or(top)));
        }
        b"margin-left" => style.pushed = Some(is_far(value)),
        b"margin-top" => style.above = Some(is_gap(value)),
        b"margin-bottom" => style.below = Some(is_gap(value)),
        b"border" | b"border-bottom" | b"border-left" | b"border-right" => {
            style.bordered = Some(style.bordered == Some(true) || is_line(value));
            if property == b"border" {
                style.ruled = Some(false);
            }
        }
        b"border-top" => {
            style.ruled = Some(is_line(value));
            style.bordered = Some(style.bordered == Some(true) || is_line(value));
        }
        _ => {}
    }
}

fn is_line(value: &str) -> bool {
    let words = || value.split_ascii_whitespace();
    words().any(|word| ["solid", "double", "dotted", "dashed", "ridge", "groove"].iter().any(|line| is(word, line)))
        && !words().any(|word| matches!(pixels(word), Some(width) if width == 0.0))
}

/// A `font` names weights without unit and the size with one; what follows a slash is the height of the line.
fn font_word(word: &str) -> Option<Length> {
    let (first, height) = word.split_once('/').map_or((word, false), |(first, _)| (first, true));
    let plain = first.bytes().all(|b| b.is_ascii_digit());
    (!plain || height || first == "0").then(|| size(first)).flatten()
}

fn size(value: &str) -> Option<Length> {
    let length = number(value).and_then(|(number, unit)| {
        Some(match unit {
            "em" => Length::Times(number),
            "%" => Length::Times(number / 100.0),
            _ => Length::Pixels(pixels_of(number, unit)?),
        })
    });
    let word = || {
        let pixels = match value.to_ascii_lowercase().as_str() {
            "xx-small" => 9.0,
            "x-small" => 10.0,
            "small" => 13.0,
            "medium" | "initial" => 16.0,
            "large" => 18.0,
            "x-large" => 24.0,
            "xx-large" => 32.0,
            "smaller" => return Some(Length::Times(0.83)),
            "larger" => return Some(Length::Times(1.2)),
            "inherit" => return Some(Length::Times(1.0)),
            _ => return None,
        };
        Some(Length::Pixels(pixels))
    };
    length.or_else(word)
}

/// A number and its unit.
fn number(value: &str) -> Option<(f32, &str)> {
    let digits = value.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+')).count();
    let (number, unit) = value.split_at_checked(digits)?;
    number.parse().ok().map(|number| (number, unit))
}

fn pixels(value: &str) -> Option<f32> {
    let (number, unit) = number(value)?;
    pixels_of(number, unit)
}

fn pixels_of(number: f32, unit: &str) -> Option<f32> {
    let mut lower = [0u8; 4];
    let lower = lower.get_mut(..unit.len())?;
    lower.copy_from_slice(unit.as_bytes());
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"" | b"px" => number,
        b"pt" => number * 4.0 / 3.0,
        b"em" | b"rem" | b"pc" => number * 16.0,
        b"ex" | b"ch" => number * 8.0,
        b"in" => number * 96.0,
        b"cm" => number * 37.8,
        b"mm" => number * 3.78,
        b"vw" | b"vh" | b"%" => number * 10.0,
        _ => return None,
    })
}

fn is_nothing(value: &str) -> bool {
    pixels(value).is_some_and(|pixels| (0.0..=1.0).contains(&pixels))
}

fn is_far(value: &str) -> bool {
    pixels(value).is_some_and(|pixels| pixels <= -FAR || pixels >= 8.0 * FAR)
}

fn is_gap(value: &str) -> bool {
    pixels(value).is_some_and(|pixels| pixels > 3.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_that_hide_are_read_and_others_say_nothing() {
        let read = |body: &str| Declared::of(body).usual;
        assert_eq!(read("Display : NONE").gone, Some(true));
        assert_eq!(read("display:block").gone, Some(false));
        assert_eq!(Declared::of("display:none !important").important.gone, Some(true));
        assert_eq!(read("font:0/0 a").size, Some(Length::Pixels(0.0)));
        assert_eq!(read("font:bold 700 12px/1.5 Meiryo").size, Some(Length::Pixels(12.0)));
        assert_eq!(read("font-size:.5em").size, Some(Length::Times(0.5)));
        assert_eq!(read("margin:0mm;margin-bottom:.0001pt").below, Some(false));
        assert_eq!(
            read("margin:0 0 1em -9999px"),
            Style { above: Some(false), below: Some(true), pushed: Some(true), ..Style::default() }
        );
        assert_eq!(read("clip:rect(0 0 0 0)").faint, Some(true));
        assert_eq!(read("clip:rect(1px, 1px, 1px, 1px)").faint, Some(true));
        assert_eq!(read("clip:rect(0 200px 30px 0)").faint, Some(false));
        assert_eq!(read("transform:translateX(-9999px)").faint, Some(true));
        assert_eq!(read("border:none;border-top:solid #E1E1E1 1.0pt").ruled, Some(true));
        assert_eq!(read("border-top:0px solid").ruled, Some(false));
        assert!(Declared::of("line-height:0;letter-spacing:1px;x").is_silent());
    }
}
