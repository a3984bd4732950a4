//! Names under which rebuilt files are attached: the sender's, with an extension that fits what was written.
//!
//! Refuses: media types without a row here, so that nothing a mail program would run or render as mark-up is attached.
//! Invariant: within a mail no two names are equal when case is ignored, and each is a [`FileName`].

use std::collections::BTreeSet;

use crate::domain::FileName;
use crate::domain::name::MAX_NAME;

/// A media type that may be attached.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// The media type without parameters; text is in UTF-8, but for tables.
    pub(super) media_type: &'static str,
    /// Extensions that fit; the first is given to names that have none of them.
    extensions: &'static [&'static str],
}

/// `.csv` only where cells were made plain: a spreadsheet would run the formulas of any other text.
const FORMATS: &[Format] = &[
    Format { media_type: "text/plain", extensions: &["txt", "text", "log", "md", "yaml", "yml"] },
    Format { media_type: "text/csv", extensions: &["csv"] },
    Format { media_type: "text/tab-separated-values", extensions: &["tsv"] },
    // Data without scripts, style sheets and document types: a browser shows it as a tree.
    Format { media_type: "application/json", extensions: &["json", "geojson"] },
    Format { media_type: "application/xml", extensions: &["xml"] },
    Format { media_type: "text/calendar", extensions: &["ics"] },
    Format { media_type: "text/vcard", extensions: &["vcf"] },
    // Documents of Office; those with macros and templates have become plain ones.
    Format {
        media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        extensions: &["docx"],
    },
    Format { media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", extensions: &["xlsx"] },
    Format {
        media_type: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        extensions: &["pptx"],
    },
    // Written on this side of the wall, of members that have rows here themselves.
    Format { media_type: super::archive::MEDIA_TYPE, extensions: &["zip"] },
    Format { media_type: "image/png", extensions: &["png"] },
    Format { media_type: "image/jpeg", extensions: &["jpg", "jpeg", "jpe", "jfif"] },
    Format { media_type: "image/tiff", extensions: &["tif", "tiff"] },
];

/// What a calendar may ask for (RFC 5546 1.4).
const METHODS: &[&str] = &["PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"];

/// Longest run of letters and digits after a dot that is taken for an extension.
const MAX_EXTENSION: usize = 8;

impl Format {
    /// The row of `media_type`.
    pub(super) fn of(media_type: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.media_type == media_type)
    }

    /// True if it is text in UTF-8, which people read as it is.
    pub(super) fn is_text(&self) -> bool {
        self.media_type.starts_with("text/") && !self.is_table()
    }

    /// The charset of text: a table that is no UTF-8 was written in CP932.
    pub(super) fn charset(&self, bytes: &[u8]) -> Option<&'static str> {
        let is_wide = self.is_table() && std::str::from_utf8(bytes).is_err();
        self.media_type.starts_with("text/").then_some(if is_wide { "Shift_JIS" } else { "UTF-8" })
    }

    fn is_table(&self) -> bool {
        matches!(self.media_type, "text/csv" | "text/tab-separated-values")
    }

    /// What a calendar asks for, which mail programs look for in the Content-Type, too (RFC 6047 2.4). The worker writes
    /// it into one of the first lines.
    pub(super) fn method(&self, bytes: &[u8]) -> Option<&'static str> {
        let lines = bytes.split(|b| *b == b'\n').take(6).filter(|_| self.media_type == "text/calendar");
        let mut values = lines.filter_map(|line| line.trim_ascii_end().strip_prefix(b"METHOD:"));
        let value = values.next()?;
        METHODS.iter().copied().find(|method| method.as_bytes() == value)
    }

    fn default_extension(&self) -> &'static str {
        self.extensions.first().copied().unwrap_or_default()
    }

    fn fits(&self, extension: &str) -> bool {
        self.extensions.contains(&extension)
    }
}

/// The name under which a file that was called `name` is handed on as `media_type`; `None` if neither is fit for it.
#[must_use]
pub fn attached_name(name: &str, media_type: &str) -> Option<String> {
    let name = FileName::try_from(name.to_owned()).ok()?;
    Some(Names::default().give(Some(&name), 1, Format::of(media_type)?))
}

/// The names given out within one mail.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name for the `number`th attachment, which the sender called `name`.
    pub(super) fn give(&mut self, name: Option<&FileName>, number: usize, format: &Format) -> String {
        let (stem, extension) = name.map_or_else(
            || (format!("attachment-{number}"), format.default_extension().to_owned()),
            |name| split(name, format),
        );
        let mut candidate = joined(&stem, "", &extension);
        let mut copy = 2u32;
        while candidate.as_ref().is_none_or(|name| self.0.contains(&name.to_lowercase())) {
            candidate = joined(&stem, &format!(" ({copy})"), &extension)
                .or_else(|| joined(&format!("attachment-{number}"), &format!(" ({copy})"), &extension));
            copy = copy.saturating_add(1);
        }
        let name = candidate.unwrap_or_default();
        self.0.insert(name.to_lowercase());
        name
    }

    /// Takes a name that is not given out here.
    pub(super) fn reserve(&mut self, name: &str) {
        self.0.insert(name.to_lowercase());
    }

    /// A folder for what belongs to the `number`th file, which the sender called `name`.
    pub(super) fn folder(&mut self, name: Option<&FileName>, number: usize) -> String {
        let name = name.map_or("", FileName::as_str);
        let stem = match name.rsplit_once('.') {
            Some((stem, extension)) if is_extension(extension) => stem,
            _ => name,
        };
        let numbered = || (2u32..).map(|copy| format!(" ({copy})"));
        let of_name = std::iter::once(String::new()).chain(numbered()).take(100).map(|copy| (stem.to_owned(), copy));
        let nameless =
            std::iter::once(String::new()).chain(numbered()).map(|copy| (format!("attachment-{number}"), copy));
        let mut candidates = of_name.chain(nameless).filter_map(|(stem, copy)| folder(&stem, &copy));
        let free = candidates.find(|name| !self.0.contains(&name.to_lowercase())).unwrap_or_default();
        self.reserve(&free);
        free
    }
}

/// The name of a folder, its stem cut to fit; `None` if it is not safe.
fn folder(stem: &str, copy: &str) -> Option<String> {
    let (stem, _) = stem.split_at_checked(stem.floor_char_boundary(MAX_NAME.saturating_sub(copy.len())))?;
    let stem = stem.trim_end_matches([' ', '.']);
    (!stem.is_empty()).then(|| FileName::try_from(format!("{stem}{copy}")).ok().map(String::from)).flatten()
}

/// Stem and extension. An extension that does not fit is replaced (`page.html` becomes `page.txt`, so that nobody who
/// hides extensions sees `page.html`); what is none, as in `議事録R8.11`, stays.
fn split(name: &FileName, format: &Format) -> (String, String) {
    let text = name.as_str();
    let (stem, extension) = match text.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && is_extension(extension) => (stem, extension),
        _ => (text, ""),
    };
    let fits = format.fits(&extension.to_ascii_lowercase());
    // `資料.tar.gz` is one archive, and one extension.
    let stem = match stem.rsplit_once('.') {
        Some((of_tar, tar)) if !fits && !of_tar.is_empty() && tar.eq_ignore_ascii_case("tar") => of_tar,
        _ => stem,
    };
    (stem.to_owned(), if fits { extension.to_owned() } else { format.default_extension().to_owned() })
}

fn is_extension(text: &str) -> bool {
    text.len() <= MAX_EXTENSION
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The name, its stem cut to fit; `None` if it is not safe.
fn joined(stem: &str, copy: &str, extension: &str) -> Option<String> {
    let room = MAX_NAME.saturating_sub(copy.len() + 1 + extension.len());
    let (stem, _) = stem.split_at_checked(stem.floor_char_boundary(room))?;
    FileName::try_from(format!("{stem}{copy}.{extension}")).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(names: &mut Names, name: &str, media_type: &str) -> String {
        let name = FileName::try_from(name.to_owned()).ok();
        names.give(name.as_ref(), 7, Format::of(media_type).unwrap())
    }

    #[test]
    fn the_extension_follows_what_was_written() {
        for (name, media_type, expected) in [
            ("記録.txt", "text/plain", "記録.txt"),
            ("server.LOG", "text/plain", "server.LOG"),
            ("page.html", "text/plain", "page.txt"),
            ("run.bat", "text/plain", "run.txt"),
            ("a.pdf.exe", "text/plain", "a.pdf.txt"),
            ("名簿.csv", "text/csv", "名簿.csv"),
            ("名簿.csv", "text/plain", "名簿.txt"),
            ("名簿.txt", "text/csv", "名簿.csv"),
            ("invite.ICS", "text/calendar", "invite.ICS"),
            ("会議.txt", "text/calendar", "会議.ics"),
            ("名刺.vcard", "text/vcard", "名刺.vcf"),
            ("", "text/calendar", "attachment-7.ics"),
            ("名簿.tsv", "text/tab-separated-values", "名簿.tsv"),
            ("名簿.tab", "text/tab-separated-values", "名簿.tsv"),
            ("data.JSON", "application/json", "data.JSON"),
            ("data.json", "text/plain", "data.txt"),
            ("図.svg", "application/xml", "図.xml"),
            ("資料.tar.gz", "application/zip", "資料.zip"),
            (".tar.gz", "application/zip", ".tar.zip"),
            ("README", "text/plain", "README.txt"),
            (".profile", "text/plain", ".profile.txt"),
            ("議事録R8.11", "text/plain", "議事録R8.11.txt"),
            ("第1.案と第2.案", "text/plain", "第1.案と第2.案.txt"),
            ("", "text/plain", "attachment-7.txt"),
        ] {
            assert_eq!(given(&mut Names::default(), name, media_type), expected);
        }
    }

    #[test]
    fn the_method_of_a_calendar_is_a_listed_word_near_its_top() {
        let calendar = Format::of("text/calendar").unwrap();
        let top = "BEGIN:VCALENDAR\r\nPRODID:x\r\nVERSION:2.0\r\n";
        let method = |lines: &str| calendar.method(format!("{top}{lines}").as_bytes());
        assert_eq!(method("METHOD:REQUEST\r\n"), Some("REQUEST"));
        assert_eq!(method("CALSCALE:GREGORIAN\r\nMETHOD:CANCEL\r\n"), Some("CANCEL"));
        assert_eq!(method("METHOD:REQUEST; x=y\r\n"), None);
        assert_eq!(method("BEGIN:VEVENT\r\n"), None);
        assert_eq!(Format::of("text/plain").unwrap().method(b"METHOD:REQUEST\r\n"), None);
    }

    #[test]
    fn the_charset_of_a_table_is_that_of_its_bytes() {
        let charset = |media_type, bytes: &[u8]| Format::of(media_type).unwrap().charset(bytes);
        assert_eq!(charset("text/csv", "\u{FEFF}氏名".as_bytes()), Some("UTF-8"));
        assert_eq!(charset("text/csv", b"\x8E\x81\x96\xBC"), Some("Shift_JIS"));
        assert_eq!(charset("text/plain", b"a"), Some("UTF-8"));
        assert_eq!(charset("application/json", b"{}"), None);
    }

    #[test]
    fn names_that_repeat_are_numbered() {
        let mut names = Names::default();
        let given: Vec<_> =
            ["a.txt", "A.html", "a.txt", "a (2).txt", "a.csv"].map(|name| given(&mut names, name, "text/plain")).into();
        assert_eq!(given, ["a.txt", "A (2).txt", "a (3).txt", "a (2) (2).txt", "a (4).txt"]);
    }

    #[test]
    fn a_name_of_the_longest_kind_is_cut_in_whole_characters() {
        let mut names = Names::default();
        let long = "あ".repeat(MAX_NAME / 3);
        for number in 1..=3 {
            let name = given(&mut names, &long, "text/plain");
            assert!(FileName::try_from(name.clone()).is_ok() && name.ends_with(".txt"), "{number}: {name}");
        }
        assert_eq!(names.0.len(), 3);
    }

    #[test]
    fn no_format_is_run_or_rendered_by_a_mail_program() {
        for format in FORMATS {
            assert!(!format.extensions.is_empty(), "{}", format.media_type);
            for extension in
                ["html", "htm", "svg", "xsl", "js", "bat", "eml", "mht", "url", "ps1", "docm", "dotx", "xlam"]
            {
                assert!(!format.fits(extension), "{}: {extension}", format.media_type);
            }
        }
        assert_eq!(Format::of("text/html"), None);
        assert_eq!(Format::of("message/rfc822"), None);
    }
}
