//! A new zip for the members of an archive that could be rebuilt, with a list of those that are kept back.
//!
//! Refuses: members of media types that may not be attached. Invariant: the same members give the same bytes, in the
//! order of the original; each is told twice in the same words (APPNOTE.TXT 4.3.7, 4.3.12), and no two have one name.

use std::io::Write;

use bytes::Bytes;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::filename::{Format, Names};
use super::text::single_line;
use super::{ComposeError, Site};
use crate::domain::derivative::About;
use crate::domain::reason::Detail;
use crate::domain::{Assurance, Derivative, FileName, Language, PartPath, Reason};

/// The media type of what is written here.
pub const MEDIA_TYPE: &str = "application/zip";

/// 1980-01-01 00:00, the first day that a zip can tell: the new file has no history (APPNOTE.TXT 4.4.6).
const DATE: [u8; 4] = [0, 0, 0x21, 0];
/// Version 2.0: folders and deflate (APPNOTE.TXT 4.4.3.2).
const VERSION: [u8; 2] = [20, 0];
/// Names are UTF-8 (APPNOTE.TXT 4.4.4, bit 11).
const UTF8: [u8; 2] = [0, 0x08];

/// A member that was rebuilt.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// As the sender called it.
    pub name: Option<&'a FileName>,
    /// What was written of it.
    pub derivative: &'a Derivative,
}

/// A member that was not.
#[derive(Debug, Clone, Copy)]
pub struct Missing<'a> {
    /// As the sender called it.
    pub name: Option<&'a FileName>,
    /// Why.
    pub reason: Reason,
    /// What the sentences of the reason are filled with.
    pub detail: Detail<'a>,
}

/// Writes the archive at `path` anew.
///
/// # Errors
/// A member of an unlisted media type, or more than a zip without extensions can hold (65,534 members, 4 GiB).
pub fn archive(
    site: &Site,
    path: &PartPath,
    members: &[Member<'_>],
    missing: &[Missing<'_>],
) -> Result<Derivative, ComposeError> {
    let unfit = |what| ComposeError::Unfit { path: path.clone(), what };
    let mut names = Names::default();
    let mut zip = Zip::default();
    for (number, member) in (1..).zip(members) {
        let format =
            Format::of(&member.derivative.about().media_type).ok_or_else(|| unfit("has an unlisted media type"))?;
        zip.add(&names.give(member.name, number, format), member.derivative.bytes())
            .ok_or_else(|| unfit("is too large"))?;
    }
    if !missing.is_empty() {
        let list =
            FileName::try_from(if site.language == Language::Ja { "除去一覧" } else { "removed" }.to_owned()).ok();
        let text = Format::of("text/plain").ok_or_else(|| unfit("has an unlisted media type"))?;
        let name = names.give(list.as_ref(), members.len().saturating_add(1), text);
        zip.add(&name, told(site, missing).as_bytes()).ok_or_else(|| unfit("is too large"))?;
    }
    let bytes = Bytes::from(zip.finish().ok_or_else(|| unfit("is too large"))?);
    let about = About {
        media_type: MEDIA_TYPE.to_owned(),
        sanitizer: "archive/zip".to_owned(),
        version: 1,
        assurance: Assurance::Rebuilt,
        links: Vec::new(),
    };
    #[expect(clippy::disallowed_methods, reason = "every byte is ours or that of a derivative, which was vouched for")]
    Ok(Derivative::vouch(path.clone(), bytes, about))
}

/// The list, as the text editors of Windows read it: with a mark of its charset and CRLF.
fn told(site: &Site, missing: &[Missing<'_>]) -> String {
    let ja = site.language == Language::Ja;
    let mut lines = vec![
        if ja {
            "この圧縮ファイルから、次のファイルを外しました。"
        } else {
            "Not in this archive:"
        }
        .to_owned(),
    ];
    for one in missing {
        let nameless = if ja { "（名前なし）" } else { "(no name)" };
        let name = one.name.map_or_else(|| nameless.to_owned(), |name| single_line(name.as_str(), usize::MAX));
        lines.push(format!("- {name}"));
        let said = [one.reason.sentence(site.language, &one.detail), one.reason.next_step(site.language, &one.detail)];
        lines.extend(said.into_iter().filter(|line| !line.is_empty()).map(|line| format!("    {line}")));
    }
    format!("\u{FEFF}{}\r\n", lines.join("\r\n"))
}

/// A zip under way: the entries, and their directory.
#[derive(Debug, Default)]
struct Zip {
    entries: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    /// Adds a member; `None` if there is no room for it.
    fn add(&mut self, name: &str, bytes: &[u8]) -> Option<()> {
        let packed = deflated(bytes).filter(|packed| packed.len() < bytes.len());
        let (method, content): ([u8; 2], &[u8]) = packed.as_deref().map_or(([0, 0], bytes), |packed| ([8, 0], packed));
        let mut crc = Crc::new();
        crc.update(bytes);
        let name_length = u16::try_from(name.len()).ok()?.to_le_bytes();
        let fixed = [
            &VERSION[..],
            &UTF8,
            &method,
            &DATE,
            &crc.sum().to_le_bytes(),
            &u32::try_from(content.len()).ok()?.to_le_bytes(),
            &u32::try_from(bytes.len()).ok()?.to_le_bytes(),
            &name_length,
            &[0, 0],
        ]
        .concat();
        let at = u32::try_from(self.entries.len()).ok()?.to_le_bytes();
        self.count = self.count.checked_add(1).filter(|count| *count < u16::MAX)?;
        self.entries.extend([b"PK\x03\x04", &fixed[..], name.as_bytes(), content].concat());
        // No comment, one disk, no attributes.
        self.directory.extend([b"PK\x01\x02", &VERSION[..], &fixed, &[0; 10], &at, name.as_bytes()].concat());
        Some(())
    }

    fn finish(self) -> Option<Vec<u8>> {
        let count = self.count.to_le_bytes();
        let length = u32::try_from(self.directory.len()).ok()?.to_le_bytes();
        let begin = u32::try_from(self.entries.len()).ok()?.to_le_bytes();
        let end = [b"PK\x05\x06", &[0; 4][..], &count, &count, &length, &begin, &[0, 0]].concat();
        Some([self.entries, self.directory, end].concat())
    }
}

/// `None` only if memory cannot be written to.
fn deflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
