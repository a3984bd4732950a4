//! What an element looks like to its reader, as far as text is hidden or placed by it.
//!
//! Refuses: to hide in doubt. Invariant: a look is a function of the element, its ancestors and the style sheets.

use std::borrow::Cow;

use super::colour::Paint;
use super::declared::{Declared, Length, Style};
use super::entity;
use super::lexer;
use super::tag::Tag;

/// Smallest text that somebody can read, in CSS pixels.
const READABLE: f32 = 4.0;
/// Most attributes of one tag that are looked at.
const MAX_ATTRIBUTES: usize = 128;

/// The attributes of an element that matter, as written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Attributes<'a> {
    pub(crate) style: &'a str,
    pub(crate) class: &'a str,
    pub(crate) id: &'a str,
    pub(crate) href: Option<&'a str>,
    pub(crate) alt: &'a str,
    pub(crate) width: &'a str,
    pub(crate) height: &'a str,
    pub(crate) border: &'a str,
    pub(crate) role: &'a str,
    pub(crate) align: &'a str,
    pub(crate) columns: &'a str,
    pub(crate) rows: &'a str,
    pub(crate) start: &'a str,
    pub(crate) value: &'a str,
    pub(crate) equiv: &'a str,
    pub(crate) hidden: bool,
    pub(crate) handlers: bool,
    size: &'a str,
    colour: &'a str,
    back: &'a str,
    picture: &'a str,
    text: &'a str,
    link: &'a str,
}

impl<'a> Attributes<'a> {
    /// Reads a start tag.
    pub(crate) fn of(written: &'a str) -> Self {
        let mut all = Self::default();
        for (name, value) in lexer::attributes(written).take(MAX_ATTRIBUTES) {
            let mut lower = [0u8; 12];
            let length = name.len().min(lower.len());
            let Some((known, name)) = lower.get_mut(..length).zip(name.as_bytes().get(..length)) else { continue };
            known.copy_from_slice(name);
            known.make_ascii_lowercase();
            all.set(known, value);
        }
        all
    }

    fn set(&mut self, name: &[u8], value: &'a str) {
        let field = match name {
            b"href" => {
                self.href = self.href.or(Some(value));
                return;
            }
            b"hidden" => {
                self.hidden = true;
                return;
            }
            b"style" => &mut self.style,
            b"class" => &mut self.class,
            b"id" => &mut self.id,
            b"alt" => &mut self.alt,
            b"width" => &mut self.width,
            b"height" => &mut self.height,
            b"border" => &mut self.border,
            b"role" => &mut self.role,
            b"align" => &mut self.align,
            b"colspan" => &mut self.columns,
            b"rowspan" => &mut self.rows,
            b"start" => &mut self.start,
            b"value" => &mut self.value,
            b"http-equiv" => &mut self.equiv,
            b"size" => &mut self.size,
            b"color" => &mut self.colour,
            b"bgcolor" => &mut self.back,
            b"background" => &mut self.picture,
            b"text" => &mut self.text,
            b"link" => &mut self.link,
            _ => {
                self.handlers |= name.starts_with(b"on") && name.len() > 2;
                return;
            }
        };
        // Of two with one name the first counts.
        if field.is_empty() {
            *field = value;
        }
    }

    /// What the attributes say of looks.
    pub(crate) fn hints(&self, tag: Tag) -> Style {
        let mut hints = Style { gone: self.hidden.then_some(true), ..Style::default() };
        if !self.back.is_empty() {
            hints.back = Paint::of_attribute(self.back);
        }
        if !self.picture.is_empty() {
            hints.back = Some(Paint::Unknown);
        }
        match tag {
            Tag::Font => {
                hints.colour = Paint::of_attribute(self.colour);
                hints.size = match self.size.trim() {
                    "1" => Some(10.0),
                    "2" => Some(13.0),
                    "3" => Some(16.0),
                    "4" => Some(18.0),
                    "5" | "6" | "7" => Some(24.0),
                    _ => None,
                }
                .map(Length::Pixels);
            }
            Tag::Body => hints.colour = Paint::of_attribute(self.text),
            Tag::A if self.href.is_some() => hints.colour = Some(Paint::LINK),
            Tag::Table => hints.size = None,
            _ => {}
        }
        hints
    }

    /// The colour that `<body link>` gives to links.
    pub(crate) fn link_colour(&self) -> Option<Paint> {
        Paint::of_attribute(self.link)
    }

    /// A picture that nobody is meant to see.
    pub(crate) fn is_pixel(&self) -> bool {
        let tiny = |value: &str| matches!(value.trim().trim_end_matches("px"), "0" | "1");
        tiny(self.width) || tiny(self.height)
    }

    /// Aligned to the right by an attribute.
    pub(crate) fn is_right(&self) -> bool {
        self.align.trim().eq_ignore_ascii_case("right")
    }

    /// The declarations of `style`.
    pub(crate) fn declared(&self) -> Declared {
        if self.style.is_empty() { Declared::default() } else { Declared::of(&decoded(self.style)) }
    }
}

/// The value of an attribute with its references read.
pub(crate) fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    entity::decode(value, true, &mut out);
    Cow::Owned(out)
}

/// What text inherits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    size: f32,
    colour: Paint,
    back: Paint,
    unseen: bool,
    indented: bool,
    /// Line ends of the source count.
    pub(crate) preformatted: bool,
}

impl Look {
    /// The page before anything is said.
    pub(crate) const PAGE: Self = Self {
        size: 16.0,
        colour: Paint::BLACK,
        back: Paint::WHITE,
        unseen: false,
        indented: false,
        preformatted: false,
    };

    /// What the content of an element with `style` looks like.
    pub(crate) fn inside(self, tag: Tag, style: &Style) -> Self {
        let size = match style.size {
            Some(Length::Pixels(pixels)) => pixels,
            Some(Length::Times(times)) => self.size * times,
            None => self.size,
        };
        let colour = match style.colour {
            None | Some(Paint::Inherited) => self.colour,
            Some(paint) => paint,
        };
        let back = match style.back {
            None | Some(Paint::Inherited | Paint::Clear) => self.back,
            Some(paint) => paint,
        };
        let source = matches!(tag, Tag::Pre | Tag::Listing | Tag::Plaintext | Tag::Xmp);
        Self {
            size,
            colour,
            back,
            unseen: style.unseen.unwrap_or(self.unseen),
            indented: style.indented.unwrap_or(self.indented),
            preformatted: style.preformatted.unwrap_or(self.preformatted || source),
        }
    }

    /// True if text of this look is not seen.
    pub(crate) fn hides_text(&self) -> bool {
        self.unseen || self.indented || self.size < READABLE || self.colour.vanishes_on(self.back)
    }

    /// True if a picture of this look is not seen; its words do not depend on the size and colour of text.
    pub(crate) const fn hides_pictures(&self) -> bool {
        self.unseen
    }
}

/// True if nothing of the element is seen.
pub(crate) fn is_gone(tag: Tag, style: &Style) -> bool {
    let says = |field: Option<bool>| field == Some(true);
    // Cells grow with their content, whatever height they are given.
    let cut = says(style.clipped) && (says(style.flat) || says(style.narrow)) && !tag.is_cell() && tag != Tag::Table;
    let outside = says(style.placed) && says(style.away);
    says(style.gone) || says(style.office_hides) || says(style.faint) || cut || outside || says(style.pushed)
}
