//! Colours of text and of what is behind it.
//!
//! Refuses: to guess; a colour that depends on a picture or on a variable is [`Paint::Unknown`]. Invariant: an unknown
//! colour never hides text.

/// Largest difference of one channel (of 255) that an eye does not see.
const NEAR: u8 = 16;

/// What something is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Red, green, blue.
    Known([u8; 3]),
    /// Nothing: what is behind shows through.
    Clear,
    /// A picture, a gradient, a variable.
    Unknown,
    /// As around it.
    Inherited,
}

impl Paint {
    /// The page, before anything is said.
    pub(crate) const WHITE: Self = Self::Known([255; 3]);
    /// Text, before anything is said.
    pub(crate) const BLACK: Self = Self::Known([0; 3]);
    /// A link, before anything is said.
    pub(crate) const LINK: Self = Self::Known([0, 0, 238]);

    /// True if text of this colour cannot be seen on `back`.
    pub(crate) fn vanishes_on(self, back: Self) -> bool {
        match (self, back) {
            (Self::Clear, _) => true,
            (Self::Known(text), Self::Known(back)) => {
                text.iter().zip(back).all(|(&one, other)| one.abs_diff(other) <= NEAR)
            }
            _ => false,
        }
    }

    /// The colour that an attribute of HTML names: `#ffffff`, `ffffff`, `white`.
    pub(crate) fn of_attribute(value: &str) -> Option<Self> {
        let value = value.trim();
        hex(value.strip_prefix('#').unwrap_or(value)).or_else(|| Self::of(value))
    }

    /// The colour that a value of a style names; `None` if it names none, so that a browser skips it.
    pub(crate) fn of(value: &str) -> Option<Self> {
        let value = value.trim();
        if let Some(digits) = value.strip_prefix('#') {
            return hex(digits);
        }
        if let Some((function, arguments)) = value.split_once('(') {
            let arguments = arguments.trim_end_matches(')');
            return Some(match function.trim().to_ascii_lowercase().as_str() {
                "rgb" | "rgba" => rgb(arguments)?,
                "hsl" | "hsla" => hsl(arguments)?,
                _ => Self::Unknown,
            });
        }
        let mut lower = [0u8; 24];
        let lower = lower.get_mut(..value.len())?;
        lower.copy_from_slice(value.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            b"transparent" => return Some(Self::Clear),
            b"inherit" | b"unset" | b"currentcolor" => return Some(Self::Inherited),
            _ => {}
        }
        let at = NAMES.binary_search_by(|(name, _)| name.as_bytes().cmp(lower)).ok()?;
        let [_, red, green, blue] = NAMES.get(at)?.1.to_be_bytes();
        Some(Self::Known([red, green, blue]))
    }

    /// The colour of a `background`: one of its words.
    pub(crate) fn of_background(value: &str) -> Option<Self> {
        if value.contains("url(") || value.contains("gradient") || value.contains("var(") || value.contains("URL(") {
            return Some(Self::Unknown);
        }
        if value.contains('(') {
            return Self::of(value);
        }
        let mut words = value.split_ascii_whitespace();
        words.find_map(Self::of).or_else(|| value.trim().eq_ignore_ascii_case("none").then_some(Self::Clear))
    }
}

fn hex(digits: &str) -> Option<Paint> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let long: String = match digits.len() {
        3 | 4 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 | 8 => digits.to_owned(),
        _ => return None,
    };
    let channel = |at: usize| u8::from_str_radix(long.get(at..at.saturating_add(2))?, 16).ok();
    if channel(6).is_some_and(|alpha| alpha < 26) {
        return Some(Paint::Clear);
    }
    Some(Paint::Known([channel(0)?, channel(2)?, channel(4)?]))
}

/// Numbers of a function, and its opacity.
fn numbers(arguments: &str, whole: [f32; 3]) -> Option<([f32; 3], f32)> {
    let mut words = arguments.split([',', ' ', '/', '\t', '\n']).filter(|word| !word.is_empty());
    let mut next = |whole: f32| -> Option<f32> {
        let word = words.next()?;
        match word.strip_suffix('%') {
            Some(percent) => Some(percent.parse::<f32>().ok()? * whole / 100.0),
            None => word.trim_end_matches("deg").parse().ok(),
        }
    };
    let channels = [next(whole[0])?, next(whole[1])?, next(whole[2])?];
    Some((channels, next(1.0).unwrap_or(1.0)))
}

fn rgb(arguments: &str) -> Option<Paint> {
    let (channels, alpha) = numbers(arguments, [255.0; 3])?;
    Some(paint(channels, alpha))
}

fn hsl(arguments: &str) -> Option<Paint> {
    let ([hue, saturation, lightness], alpha) = numbers(arguments, [360.0, 1.0, 1.0])?;
    let chroma = saturation * lightness.min(1.0 - lightness);
    let channel = |shift: f32| {
        let place = (shift + hue / 30.0).rem_euclid(12.0);
        255.0 * (lightness - chroma * (place - 3.0).min(9.0 - place).clamp(-1.0, 1.0))
    };
    Some(paint([channel(0.0), channel(8.0), channel(4.0)], alpha))
}

fn paint(channels: [f32; 3], alpha: f32) -> Paint {
    if alpha < 0.1 {
        return Paint::Clear;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = |channel: f32| channel.round().clamp(0.0, 255.0) as u8;
    Paint::Known(channels.map(byte))
}

/// The colours that have names, in byte order.
#[rustfmt::skip]
const NAMES: &[(&str, u32)] = &[
    ("aliceblue", 0x00F0F8FF), ("antiquewhite", 0x00FAEBD7), ("aqua", 0x0000FFFF),
    ("aquamarine", 0x007FFFD4), ("azure", 0x00F0FFFF), ("beige", 0x00F5F5DC), ("bisque", 0x00FFE4C4),
    ("black", 0x00000000), ("blanchedalmond", 0x00FFEBCD), ("blue", 0x000000FF), ("blueviolet", 0x008A2BE2),
    ("brown", 0x00A52A2A), ("burlywood", 0x00DEB887), ("cadetblue", 0x005F9EA0), ("chartreuse", 0x007FFF00),
    ("chocolate", 0x00D2691E), ("coral", 0x00FF7F50), ("cornflowerblue", 0x006495ED),
    ("cornsilk", 0x00FFF8DC), ("crimson", 0x00DC143C), ("cyan", 0x0000FFFF), ("darkblue", 0x0000008B),
    ("darkcyan", 0x00008B8B), ("darkgoldenrod", 0x00B8860B), ("darkgray", 0x00A9A9A9),
    ("darkgreen", 0x00006400), ("darkgrey", 0x00A9A9A9), ("darkkhaki", 0x00BDB76B),
    ("darkmagenta", 0x008B008B), ("darkolivegreen", 0x00556B2F), ("darkorange", 0x00FF8C00),
    ("darkorchid", 0x009932CC), ("darkred", 0x008B0000), ("darksalmon", 0x00E9967A),
    ("darkseagreen", 0x008FBC8F), ("darkslateblue", 0x00483D8B), ("darkslategray", 0x002F4F4F),
    ("darkslategrey", 0x002F4F4F), ("darkturquoise", 0x0000CED1), ("darkviolet", 0x009400D3),
    ("deeppink", 0x00FF1493), ("deepskyblue", 0x0000BFFF), ("dimgray", 0x00696969), ("dimgrey", 0x00696969),
    ("dodgerblue", 0x001E90FF), ("firebrick", 0x00B22222), ("floralwhite", 0x00FFFAF0),
    ("forestgreen", 0x00228B22), ("fuchsia", 0x00FF00FF), ("gainsboro", 0x00DCDCDC),
    ("ghostwhite", 0x00F8F8FF), ("gold", 0x00FFD700), ("goldenrod", 0x00DAA520), ("gray", 0x00808080),
    ("green", 0x00008000), ("greenyellow", 0x00ADFF2F), ("grey", 0x00808080), ("honeydew", 0x00F0FFF0),
    ("hotpink", 0x00FF69B4), ("indianred", 0x00CD5C5C), ("indigo", 0x004B0082), ("ivory", 0x00FFFFF0),
    ("khaki", 0x00F0E68C), ("lavender", 0x00E6E6FA), ("lavenderblush", 0x00FFF0F5),
    ("lawngreen", 0x007CFC00), ("lemonchiffon", 0x00FFFACD), ("lightblue", 0x00ADD8E6),
    ("lightcoral", 0x00F08080), ("lightcyan", 0x00E0FFFF), ("lightgoldenrodyellow", 0x00FAFAD2),
    ("lightgray", 0x00D3D3D3), ("lightgreen", 0x0090EE90), ("lightgrey", 0x00D3D3D3),
    ("lightpink", 0x00FFB6C1), ("lightsalmon", 0x00FFA07A), ("lightseagreen", 0x0020B2AA),
    ("lightskyblue", 0x0087CEFA), ("lightslategray", 0x00778899), ("lightslategrey", 0x00778899),
    ("lightsteelblue", 0x00B0C4DE), ("lightyellow", 0x00FFFFE0), ("lime", 0x0000FF00),
    ("limegreen", 0x0032CD32), ("linen", 0x00FAF0E6), ("magenta", 0x00FF00FF), ("maroon", 0x00800000),
    ("mediumaquamarine", 0x0066CDAA), ("mediumblue", 0x000000CD), ("mediumorchid", 0x00BA55D3),
    ("mediumpurple", 0x009370DB), ("mediumseagreen", 0x003CB371), ("mediumslateblue", 0x007B68EE),
    ("mediumspringgreen", 0x0000FA9A), ("mediumturquoise", 0x0048D1CC), ("mediumvioletred", 0x00C71585),
    ("midnightblue", 0x00191970), ("mintcream", 0x00F5FFFA), ("mistyrose", 0x00FFE4E1),
    ("moccasin", 0x00FFE4B5), ("navajowhite", 0x00FFDEAD), ("navy", 0x00000080), ("oldlace", 0x00FDF5E6),
    ("olive", 0x00808000), ("olivedrab", 0x006B8E23), ("orange", 0x00FFA500), ("orangered", 0x00FF4500),
    ("orchid", 0x00DA70D6), ("palegoldenrod", 0x00EEE8AA), ("palegreen", 0x0098FB98),
    ("paleturquoise", 0x00AFEEEE), ("palevioletred", 0x00DB7093), ("papayawhip", 0x00FFEFD5),
    ("peachpuff", 0x00FFDAB9), ("peru", 0x00CD853F), ("pink", 0x00FFC0CB), ("plum", 0x00DDA0DD),
    ("powderblue", 0x00B0E0E6), ("purple", 0x00800080), ("rebeccapurple", 0x00663399), ("red", 0x00FF0000),
    ("rosybrown", 0x00BC8F8F), ("royalblue", 0x004169E1), ("saddlebrown", 0x008B4513),
    ("salmon", 0x00FA8072), ("sandybrown", 0x00F4A460), ("seagreen", 0x002E8B57), ("seashell", 0x00FFF5EE),
    ("sienna", 0x00A0522D), ("silver", 0x00C0C0C0), ("skyblue", 0x0087CEEB), ("slateblue", 0x006A5ACD),
    ("slategray", 0x00708090), ("slategrey", 0x00708090), ("snow", 0x00FFFAFA), ("springgreen", 0x0000FF7F),
    ("steelblue", 0x004682B4), ("tan", 0x00D2B48C), ("teal", 0x00008080), ("thistle", 0x00D8BFD8),
    ("tomato", 0x00FF6347), ("turquoise", 0x0040E0D0), ("violet", 0x00EE82EE), ("wheat", 0x00F5DEB3),
    ("white", 0x00FFFFFF), ("whitesmoke", 0x00F5F5F5), ("window", 0x00FFFFFF), ("windowtext", 0x00000000),
    ("yellow", 0x00FFFF00), ("yellowgreen", 0x009ACD32),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_every_spelling() {
        assert!(NAMES.is_sorted_by(|(one, _), (next, _)| one < next));
        for value in [
            "white",
            "WHITE",
            "#fff",
            "#FFFFFF",
            "#ffffffff",
            "rgb(255,255,255)",
            "rgb(100% 100% 100%)",
            "hsl(0,0%,100%)",
            "rgba(255, 255, 255, 1)",
        ] {
            assert_eq!(Paint::of(value), Some(Paint::WHITE), "{value}");
        }
        assert_eq!(Paint::of_attribute("ffffff"), Some(Paint::WHITE));
        assert_eq!(Paint::of("hsl(120, 100%, 25%)"), Some(Paint::Known([0, 128, 0])));
        assert_eq!(Paint::of("rgba(0,0,0,0)"), Some(Paint::Clear));
        assert_eq!(Paint::of("#0000"), Some(Paint::Clear));
        assert_eq!(Paint::of("var(--x)"), Some(Paint::Unknown));
        assert_eq!(Paint::of("nonsense"), None);
        assert_eq!(Paint::of_background("#fff none repeat"), Some(Paint::WHITE));
        assert_eq!(Paint::of_background("#fff url(x.png)"), Some(Paint::Unknown));
        assert!(Paint::of("#f8f8f8").unwrap().vanishes_on(Paint::WHITE));
        assert!(!Paint::of("#ddd").unwrap().vanishes_on(Paint::WHITE));
        assert!(!Paint::WHITE.vanishes_on(Paint::Unknown));
    }
}
