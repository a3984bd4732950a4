//! The elements of HTML that matter to a reader of text.
//!
//! Refuses: nothing; every other element is [`Tag::Other`], which flows in the line. Invariant: a name and its tag are
//! one line of one table.

macro_rules! tags {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// An element by its name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub(crate) enum Tag { $(#[doc = $name] $variant,)+
            /// Any other element.
            #[default]
            Other }

        /// Names in byte order.
        const NAMES: &[(&str, Tag)] = &[$(($name, Tag::$variant)),+];
    };
}

tags! {
    A = "a", Address = "address", Applet = "applet", Area = "area", Article = "article", Aside = "aside",
    Audio = "audio", B = "b", Base = "base", Big = "big", Blockquote = "blockquote", Body = "body", Br = "br",
    Button = "button", Canvas = "canvas", Caption = "caption", Center = "center", Code = "code", Col = "col",
    Colgroup = "colgroup", Datalist = "datalist", Dd = "dd", Del = "del", Details = "details", Dialog = "dialog",
    Dir = "dir", Div = "div", Dl = "dl", Dt = "dt", Em = "em", Embed = "embed", Fieldset = "fieldset",
    Figcaption = "figcaption", Figure = "figure", Font = "font", Footer = "footer", Form = "form", Frame = "frame",
    Frameset = "frameset", H1 = "h1", H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5", H6 = "h6", Head = "head",
    Header = "header", Hgroup = "hgroup", Hr = "hr", Html = "html", I = "i", Iframe = "iframe", Image = "image",
    Img = "img", Input = "input", Keygen = "keygen", Legend = "legend", Li = "li", Link = "link",
    Listing = "listing", Main = "main", Marquee = "marquee", Math = "math", Menu = "menu", Meta = "meta", Nav = "nav",
    Nobr = "nobr", Noembed = "noembed", Noframes = "noframes", Noscript = "noscript", Object = "object", Ol = "ol",
    Optgroup = "optgroup", Option = "option", P = "p", Param = "param", Plaintext = "plaintext", Pre = "pre",
    Rp = "rp", Rt = "rt", Ruby = "ruby", S = "s", Script = "script", Search = "search", Section = "section",
    Select = "select", Small = "small", Source = "source", Span = "span", Strike = "strike", Strong = "strong",
    Style = "style", Sub = "sub", Summary = "summary", Sup = "sup", Svg = "svg", Table = "table", Tbody = "tbody",
    Td = "td", Template = "template", Textarea = "textarea", Tfoot = "tfoot", Th = "th", Thead = "thead",
    Title = "title", Tr = "tr", Track = "track", Tt = "tt", U = "u", Ul = "ul", Video = "video", Wbr = "wbr",
    Xmp = "xmp",
}

/// All names, for tests of every element.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}

/// How many tags there are.
pub(crate) const COUNT: usize = NAMES.len() + 1;

impl Tag {
    /// The element called `name`, in any case.
    pub(crate) fn of(name: &str) -> Self {
        let mut lower = [0u8; 12];
        let Some(lower) = lower.get_mut(..name.len()) else { return Self::Other };
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        let at = NAMES.binary_search_by(|(known, _)| known.as_bytes().cmp(lower));
        at.ok().and_then(|at| NAMES.get(at)).map_or(Self::Other, |(_, tag)| *tag)
    }

    /// Its place in a table of all tags.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// Never has content.
    pub(crate) const fn is_void(self) -> bool {
        matches!(
            self,
            Self::Area
                | Self::Base
                | Self::Br
                | Self::Col
                | Self::Embed
                | Self::Frame
                | Self::Hr
                | Self::Image
                | Self::Img
                | Self::Input
                | Self::Keygen
                | Self::Link
                | Self::Meta
                | Self::Param
                | Self::Source
                | Self::Track
                | Self::Wbr
        )
    }

    /// Starts and ends a line.
    pub(crate) const fn is_block(self) -> bool {
        matches!(
            self,
            Self::Address
                | Self::Article
                | Self::Aside
                | Self::Blockquote
                | Self::Body
                | Self::Caption
                | Self::Center
                | Self::Dd
                | Self::Details
                | Self::Dialog
                | Self::Dir
                | Self::Div
                | Self::Dl
                | Self::Dt
                | Self::Fieldset
                | Self::Figcaption
                | Self::Figure
                | Self::Footer
                | Self::Form
                | Self::Header
                | Self::Hgroup
                | Self::Html
                | Self::Legend
                | Self::Li
                | Self::Listing
                | Self::Main
                | Self::Marquee
                | Self::Menu
                | Self::Nav
                | Self::Ol
                | Self::Optgroup
                | Self::P
                | Self::Plaintext
                | Self::Pre
                | Self::Search
                | Self::Section
                | Self::Summary
                | Self::Table
                | Self::Tbody
                | Self::Td
                | Self::Tfoot
                | Self::Th
                | Self::Thead
                | Self::Tr
                | Self::Ul
                | Self::Xmp
        ) || self.is_heading()
    }

    /// A heading.
    pub(crate) const fn is_heading(self) -> bool {
        matches!(self, Self::H1 | Self::H2 | Self::H3 | Self::H4 | Self::H5 | Self::H6)
    }

    /// A cell of a table.
    pub(crate) const fn is_cell(self) -> bool {
        matches!(self, Self::Td | Self::Th)
    }

    /// A group of rows.
    pub(crate) const fn is_section(self) -> bool {
        matches!(self, Self::Tbody | Self::Thead | Self::Tfoot)
    }

    /// Looks that a later end tag may end although blocks stand between.
    pub(crate) const fn is_formatting(self) -> bool {
        matches!(
            self,
            Self::A
                | Self::B
                | Self::Big
                | Self::Code
                | Self::Em
                | Self::Font
                | Self::I
                | Self::Nobr
                | Self::S
                | Self::Small
                | Self::Strike
                | Self::Strong
                | Self::Tt
                | Self::U
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        assert!(NAMES.is_sorted_by(|(one, _), (next, _)| one < next));
        for (name, tag) in NAMES {
            assert_eq!((Tag::of(name), Tag::of(&name.to_ascii_uppercase())), (*tag, *tag));
            assert!(tag.index() < COUNT);
        }
        assert_eq!(
            (Tag::of("o:p"), Tag::of(""), Tag::of("averylongunknownname")),
            (Tag::Other, Tag::Other, Tag::Other)
        );
        assert_eq!(Tag::Other.index(), COUNT - 1);
    }
}
