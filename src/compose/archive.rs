//! A new zip for the members of an archive that could be rebuilt, with a list of those that are kept back.
//!
//! Refuses: members of media types that may not be attached. Invariant: the same members give the same bytes, in the
//! order of the original; no two have one name on any system, and none is the folder of another.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bytes::Bytes;

use super::filename::{Format, Names};
use super::text::{page, single_line, without_scheme};
use super::{ComposeError, Site, notice, wording};
use crate::domain::derivative::About;
use crate::domain::reason::Detail;
use crate::domain::{Assurance, Derivative, Facts, FileName, Language, Part, PartPath, PartRole, Reason};
use crate::zip::Zip;

/// The media type of what is written here.
pub const MEDIA_TYPE: &str = "application/zip";

/// A member of which something was written.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// The folders around it, outermost first.
    pub folders: &'a [FileName],
    /// As the sender called it.
    pub name: Option<&'a FileName>,
    /// What was written of it.
    pub content: Content<'a>,
}

/// What was written of a member.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// A file.
    File(&'a Derivative),
    /// A mail: it becomes a text, and a folder of its name beside that for what was attached to it.
    Mail {
        /// Its headers and bodies in reading order, those of mails in it among them.
        texts: Vec<Text<'a>>,
        /// Its attachments, by name.
        attachments: Vec<(Option<&'a FileName>, &'a Derivative)>,
    },
}

/// A piece of the text of a mail.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// True for the headers of a mail; what lies inside its place belongs to it.
    pub begins_mail: bool,
    /// What was written.
    pub derivative: &'a Derivative,
}

/// A member that was not written.
#[derive(Debug, Clone)]
pub struct Missing<'a> {
    /// Where it was in the archive ([`place`]).
    pub place: String,
    /// Why.
    pub reason: Reason,
    /// What the sentences of the reason are filled with.
    pub detail: Detail<'a>,
}

/// Where a part is in the innermost archive around it, as people read it: folders, mails and its name, divided by
/// slashes; only its name if it is in none.
#[must_use]
pub fn place(facts: &Facts, part: &Part, language: Language) -> String {
    let around = facts.parts.iter().filter(|other| part.path.is_inside(&other.path));
    let mut places: Vec<&Part> = Vec::new();
    for outer in around {
        match outer.role {
            PartRole::Archive => places.clear(),
            PartRole::Enclosed => places.push(outer),
            PartRole::Body | PartRole::Alternative | PartRole::Attachment => {}
        }
    }
    // A body is the mail that it is of.
    if part.role != PartRole::Body || places.is_empty() {
        places.push(part);
    }
    let nameless = wording::of(language).no_name.to_owned();
    let shown = |name: &FileName| single_line(name.as_str(), usize::MAX);
    let told = places.iter().flat_map(|part| {
        let name = part.name.as_ref().map_or_else(|| nameless.clone(), shown);
        part.folders.iter().map(shown).chain([name]).collect::<Vec<_>>()
    });
    told.collect::<Vec<_>>().join("/")
}

/// Writes the archive at `path` anew.
///
/// # Errors
/// A member of an unlisted media type or a text that is none, or more than a zip without extensions can hold (65,534
/// members, 4 GiB).
pub fn archive(
    site: &Site,
    path: &PartPath,
    members: &[Member<'_>],
    missing: &[Missing<'_>],
) -> Result<Derivative, ComposeError> {
    let unfit = |what| ComposeError::Unfit { path: path.clone(), what };
    let listed = |media_type: &str| Format::of(media_type).ok_or_else(|| unfit("has an unlisted media type"));
    let mut tree = Tree::default();
    // Folders first: a file that would take the name of one gives way.
    members.iter().for_each(|member| drop(tree.folder(member.folders)));
    let mut zip = Zip::default();
    let mut add = |name: &str, bytes: &[u8]| zip.add(name, bytes).ok_or_else(|| unfit("is too large"));
    for (number, member) in (1..).zip(members) {
        let folder = tree.folder(member.folders);
        match &member.content {
            Content::File(derivative) => {
                let format = listed(&derivative.about().media_type)?;
                add(&tree.file(&folder, member.name, number, format), derivative.bytes())?;
            }
            Content::Mail { texts, attachments } => {
                if !texts.is_empty() {
                    let text = mail(site, texts).ok_or_else(|| unfit("has a mail whose text is not UTF-8"))?;
                    add(&tree.file(&folder, member.name, number, listed("text/plain")?), text.as_bytes())?;
                }
                let inner = if attachments.is_empty() { folder } else { tree.beside(&folder, member.name, number) };
                for (number, (name, derivative)) in (1..).zip(attachments) {
                    let format = listed(&derivative.about().media_type)?;
                    add(&tree.file(&inner, *name, number, format), derivative.bytes())?;
                }
            }
        }
    }
    if !missing.is_empty() {
        let list = if site.language == Language::Ja { "除去一覧" } else { "removed" };
        let list = FileName::try_from(list.to_owned()).ok();
        let number = members.len().saturating_add(1);
        let name = tree.file(&Folder::default(), list.as_ref(), number, listed("text/plain")?);
        add(&name, told(site, missing).as_bytes())?;
    }
    let bytes = Bytes::from(zip.finish().ok_or_else(|| unfit("is too large"))?);
    let about = About {
        media_type: MEDIA_TYPE.to_owned(),
        sanitizer: "archive/zip".to_owned(),
        version: 2,
        assurance: Assurance::Rebuilt,
        links: Vec::new(),
        places: Vec::new(),
    };
    #[expect(clippy::disallowed_methods, reason = "every byte is ours or that of a derivative, which was vouched for")]
    Ok(Derivative::vouch(path.clone(), bytes, about))
}

/// A folder of the new archive.
#[derive(Debug, Clone, Default)]
struct Folder {
    /// As systems compare it; each part of it ends in a slash.
    key: String,
    /// As it is written.
    spelling: String,
}

/// The names given out in each folder.
#[derive(Debug, Default)]
struct Tree {
    names: BTreeMap<String, Names>,
    folders: BTreeMap<String, Folder>,
}

impl Tree {
    /// The folder at these names; spelled as when it was first met.
    fn folder(&mut self, names: &[FileName]) -> Folder {
        names.iter().fold(Folder::default(), |outer, name| {
            let key = format!("{}{}/", outer.key, name.as_str().to_lowercase());
            if !self.folders.contains_key(&key) {
                self.names.entry(outer.key).or_default().reserve(name.as_str());
                let spelling = format!("{}{name}/", outer.spelling);
                self.folders.insert(key.clone(), Folder { key: key.clone(), spelling });
            }
            self.folders.get(&key).cloned().unwrap_or_default()
        })
    }

    /// The whole name of a file in `folder`.
    fn file(&mut self, folder: &Folder, name: Option<&FileName>, number: usize, format: &Format) -> String {
        let name = self.names.entry(folder.key.clone()).or_default().give(name, number, format);
        format!("{}{name}", folder.spelling)
    }

    /// A new folder in `folder` for what was attached to a mail of that name.
    fn beside(&mut self, folder: &Folder, mail: Option<&FileName>, number: usize) -> Folder {
        let name = self.names.entry(folder.key.clone()).or_default().folder(mail, number);
        Folder {
            key: format!("{}{}/", folder.key, name.to_lowercase()),
            spelling: format!("{}{name}/", folder.spelling),
        }
    }
}

/// The list, written as text files are: UTF-8 without a mark, LF. What is washed again stays as it is.
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
        lines.push(format!("- {}", one.place));
        let said = [one.reason.sentence(site.language, &one.detail), one.reason.next_step(site.language, &one.detail)];
        lines.extend(said.into_iter().filter(|line| !line.is_empty()).map(|line| format!("    {line}")));
    }
    format!("{}\n", lines.join("\n"))
}

/// The text of a mail, written likewise: headers, bodies, their links; `None` if a piece is not UTF-8.
fn mail(site: &Site, texts: &[Text<'_>]) -> Option<String> {
    let words = wording::of(site.language);
    let mut out = String::new();
    let mut open: Vec<&PartPath> = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let path = text.derivative.path();
        while open.pop_if(|mail| !path.is_inside(mail)).is_some() {
            out.push_str(&notice::end_of_mail(words));
        }
        if !out.is_empty() {
            out.push('\n');
        }
        if text.begins_mail && number > 0 {
            out.push_str(&notice::begin_of_mail(words));
            open.push(path);
        }
        page(std::str::from_utf8(text.derivative.bytes()).ok()?, &[], &mut out);
        let links = &text.derivative.about().links;
        if !links.is_empty() {
            out.push_str(&format!("\n{}\n", words.links));
        }
        for link in links {
            let target = without_scheme(&single_line(&link.target, notice::MAX_TARGET));
            out.push_str(&format!(" [{}] {target}\n", link.number));
        }
    }
    open.iter().for_each(|_| out.push_str(&notice::end_of_mail(words)));
    Some(out)
}
