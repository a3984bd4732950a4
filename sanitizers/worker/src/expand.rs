//! Mails and archives inside a mail: opened, each part of theirs a part of the item, one level deeper.
//!
//! Refuses: to open what is over the [`Reach`] that all levels share; it stays a closed attachment with a finding.
//! Invariant: what is opened stays in the list itself, before everything that was in it, and nothing that was in it is
//! lost: what cannot be read stays one attachment.

mod archive;
mod locked;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sanitizer_api::{Budget, Class, Code, Detected, Flag, Hints};
use sanitizer_mail::smime::{self, Enveloped};
use sanitizer_mail::{Headers, Leaf, Limits, Mail, Names, Path, Role, Unreadable};
use sanitizer_outlook::{self as outlook, Allowance, Attachment, Content, Message};
use sanitizer_protocol as protocol;

use self::locked::Keys;
use crate::{head, inline, mapping, registry};

/// Header blocks as long as one may be that all mails inside the mail have together: real ones are far shorter, and a
/// forwarded day of mails still opens.
const HEADER_BLOCKS: u64 = 16;
/// How a `winmail.dat` begins.
const TNEF: &[u8] = b"\x78\x9F\x3E\x22";

/// A mail with everything that was in it.
#[derive(Debug, Default)]
pub(crate) struct Expanded<'a> {
    pub(crate) headers: Headers,
    /// In reading order.
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) findings: Vec<(Path, Code, u32)>,
    pub(crate) ambiguities: Vec<(Path, Flag, u32)>,
    /// Of members of archives the folders around them, outermost first.
    pub(crate) folders: BTreeMap<Path, Vec<String>>,
}

/// One part.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) leaf: Leaf<'a>,
    pub(crate) detected: Detected,
    /// The lines shown of an opened mail; only those have any.
    pub(crate) head: Option<String>,
    /// What is written in place of a body's bytes.
    pub(crate) text: Option<inline::Remains>,
    /// An archive whose members follow.
    pub(crate) opened: bool,
    /// What a password opened; it stands in the place of the bytes, which are as they came.
    pub(crate) content: Option<Vec<u8>>,
}

/// What the levels below the mail itself may still bring, together.
#[derive(Debug)]
pub(crate) struct Reach {
    /// Bytes of one header block.
    header_bytes: u64,
    /// Bytes of the header blocks of all mails.
    headers: u64,
    depth: u32,
    pub(crate) parts: u32,
    pub(crate) bytes: u64,
    /// Bytes of bodies that may still be written only to see whether they say something.
    looks: u64,
}

/// What an attachment holds besides itself.
#[derive(Clone, Copy)]
enum Inside {
    Mail,
    Msg,
    Tnef,
    Signed,
    Archive,
}

/// Where a leaf comes from.
#[derive(Clone, Copy)]
struct Origin {
    /// Its mail has a text of its own that a reader sees.
    beside_text: bool,
    /// Its bytes were spent when the mail around it was opened.
    spent: bool,
}

/// Opens everything in `mail`; its archives, and what `passwords` open, only if they are wanted.
pub(crate) fn expand<'a>(
    mail: Mail<'a>,
    limits: &protocol::Limits,
    opens_archives: bool,
    passwords: &protocol::Passwords,
) -> Expanded<'a> {
    let own = u32::try_from(mail.leaves.len()).unwrap_or(u32::MAX);
    let out = Expanded {
        headers: mail.headers,
        findings: mail.findings,
        ambiguities: mail.ambiguities,
        ..Expanded::default()
    };
    let keys = Keys::new(passwords);
    let mut walk = Walk { reach: Reach::of(limits, own), out, archives: Vec::new(), opens_archives, keys };
    walk.leaves(mail.leaves, false);
    walk.out
}

/// Opens an archive that came alone; a mail as a file stays one file.
pub(crate) fn expand_file<'a>(
    file: Leaf<'a>,
    limits: &protocol::Limits,
    passwords: &protocol::Passwords,
) -> Expanded<'a> {
    let out = Expanded::default();
    let keys = Keys::new(passwords);
    let mut walk = Walk { reach: Reach::of(limits, 1), out, archives: Vec::new(), opens_archives: true, keys };
    let detected = mapping::detected(&file);
    let origin = Origin { beside_text: false, spent: false };
    if archive::opens(&detected) {
        walk.archive(file, detected, origin);
    } else {
        walk.locked(file, detected, origin);
    }
    walk.out
}

impl Reach {
    /// Everything that `limits` leave beside `own` parts.
    fn of(limits: &protocol::Limits, own: u32) -> Self {
        Self {
            header_bytes: limits.header_bytes,
            headers: limits.header_bytes.saturating_mul(HEADER_BLOCKS),
            depth: limits.depth.min(64),
            parts: limits.parts.saturating_sub(own),
            bytes: limits.output_bytes,
            looks: limits.html_bytes,
        }
    }
}

struct Walk<'a> {
    reach: Reach,
    out: Expanded<'a>,
    /// Where the archives are that were opened.
    archives: Vec<Path>,
    opens_archives: bool,
    keys: Keys,
}

impl<'a> Walk<'a> {
    fn leaves(&mut self, leaves: Vec<Leaf<'a>>, spent: bool) {
        // Whether there is a text matters only to what may say it again.
        let beside_text = leaves.iter().any(|leaf| may_repeat(&leaf.declared, &leaf.bytes))
            && leaves.iter().any(|leaf| leaf.role == Role::Body && self.says_something(leaf));
        for leaf in leaves {
            self.leaf(leaf, Origin { beside_text, spent });
        }
    }

    /// Every level of this recursion lengthens the path, which [`Reach::depth`] bounds.
    fn leaf(&mut self, leaf: Leaf<'a>, origin: Origin) {
        let detected = mapping::detected(&leaf);
        match leaf.role {
            Role::Attachment => {
                let inside = inside(&leaf, &detected);
                self.attached(leaf, detected, origin, inside);
            }
            Role::Body if detected.id == "text" => self.text(leaf, detected),
            Role::Body | Role::Alternative => self.push(leaf, detected),
        }
    }

    fn attached(&mut self, leaf: Leaf<'a>, detected: Detected, origin: Origin, inside: Option<Inside>) {
        match inside {
            Some(Inside::Mail) => self.mail(leaf, detected, origin),
            Some(Inside::Msg) => self.outlook(leaf, detected, origin, outlook::read_msg),
            Some(Inside::Tnef) => self.outlook(leaf, detected, origin, outlook::read_tnef),
            Some(Inside::Signed) => self.signed(leaf, detected, origin),
            Some(Inside::Archive) if self.opens_archives => self.archive(leaf, detected, origin),
            Some(Inside::Archive) if !detected.encrypted => self.closed(leaf, detected, Code::ConvertFailed),
            None if self.opens_archives => self.locked(leaf, detected, origin),
            Some(Inside::Archive) | None => self.push(leaf, detected),
        }
    }

    fn push(&mut self, leaf: Leaf<'a>, detected: Detected) {
        self.out.nodes.push(Node { leaf, detected, head: None, text: None, opened: false, content: None });
    }

    /// An attachment that could not be opened.
    fn closed(&mut self, leaf: Leaf<'a>, detected: Detected, why: Code) {
        self.out.findings.push((leaf.path.clone(), why, 1));
        self.push(leaf, detected);
    }

    /// Levels that may still lie below `path`.
    fn depth_below(&self, path: &Path) -> Option<u32> {
        self.reach.depth.checked_sub(u32::try_from(path.len()).ok()?).filter(|depth| *depth > 0)
    }

    fn mail(&mut self, leaf: Leaf<'a>, detected: Detected, origin: Origin) {
        let detected = if detected.class == Class::Mail {
            detected
        } else {
            Detected { id: "eml", class: Class::Mail, ..detected }
        };
        let inner = match &leaf.bytes {
            Cow::Borrowed(bytes) => self.inspect(bytes, &leaf, origin),
            Cow::Owned(bytes) => self.inspect(bytes, &leaf, origin).map(owned),
        };
        let inner = match inner {
            Ok(inner) => inner,
            Err(why) => return self.closed(leaf, detected, why),
        };
        let at = leaf.path.clone();
        let head = Some(head::of_mail(leaf.names.shown.as_deref(), &inner.headers));
        self.out.nodes.push(Node { leaf, detected, head, text: None, opened: false, content: None });
        self.tell(&at, inner.findings, inner.ambiguities);
        self.leaves(below(&at, inner.leaves), true);
    }

    /// Reads a mail and spends what it brings.
    fn inspect<'b>(&mut self, bytes: &'b [u8], leaf: &Leaf<'_>, origin: Origin) -> Result<Mail<'b>, Code> {
        let depth = self.depth_below(&leaf.path).ok_or(Code::TooDeep)?;
        // Spent before it is read, whatever comes of it.
        let header = u64::try_from(sanitizer_mail::header_length(bytes)).unwrap_or(u64::MAX);
        let header = header.min(self.reach.header_bytes);
        self.reach.headers = self.reach.headers.checked_sub(header).ok_or(Code::TooLarge)?;
        let limits = Limits { header_bytes: self.reach.header_bytes, depth, parts: self.reach.parts };
        let mail = sanitizer_mail::inspect(bytes, &limits).map_err(Unreadable::code)?;
        if mail.leaves.iter().any(|leaf| u32::try_from(leaf.path.len()).is_ok_and(|length| length > depth)) {
            return Err(Code::TooDeep);
        }
        let parts = u32::try_from(mail.leaves.len()).unwrap_or(u32::MAX);
        let brought = mail.leaves.iter().fold(0, |sum: u64, leaf| sum.saturating_add(length(&leaf.bytes)));
        let given_back = if origin.spent { length(&leaf.bytes) } else { 0 };
        let bytes = self.reach.bytes.saturating_add(given_back).checked_sub(brought).ok_or(Code::TooLarge)?;
        self.reach.parts = self.reach.parts.checked_sub(parts).ok_or(Code::TooManyFiles)?;
        self.reach.bytes = bytes;
        Ok(mail)
    }

    /// What was found in a mail at `at`, told where it is in the item.
    fn tell(&mut self, at: &Path, findings: Vec<(Path, Code, u32)>, ambiguities: Vec<(Path, Flag, u32)>) {
        let place = |path: Path| at.iter().copied().chain(path).collect::<Path>();
        self.out.findings.extend(findings.into_iter().map(|(path, code, count)| (place(path), code, count)));
        self.out.ambiguities.extend(ambiguities.into_iter().map(|(path, flag, count)| (place(path), flag, count)));
    }

    /// Signed content takes the place of its envelope: its bodies are bodies of the mail.
    fn signed(&mut self, leaf: Leaf<'a>, detected: Detected, origin: Origin) {
        let content = match (leaf.declared.as_str(), &leaf.bytes) {
            // Outlook keeps a clear-signed mail as a file in the message that it made of it.
            ("multipart/signed", bytes) => Some(Enveloped::Signed(bytes.clone())),
            (_, Cow::Borrowed(bytes)) => smime::read(bytes),
            (_, Cow::Owned(bytes)) => smime::read(bytes).map(kept),
        };
        let content = match content {
            Some(Enveloped::Signed(content)) if smime::is_entity(&content) => content,
            Some(Enveloped::Encrypted) => return self.closed(leaf, detected, Code::EncryptedMail),
            Some(Enveloped::Signed(_) | Enveloped::Bare) | None => return self.push(leaf, detected),
        };
        let inner = match &content {
            Cow::Borrowed(bytes) => self.inspect(bytes, &leaf, origin),
            Cow::Owned(bytes) => self.inspect(bytes, &leaf, origin).map(owned),
        };
        match inner {
            Ok(inner) => {
                let says_it_again = origin.beside_text && leaf.declared == "multipart/signed";
                let at = leaf.path;
                // Of a multipart it is told by whoever took it apart.
                if leaf.declared != "multipart/signed" {
                    self.out.findings.push((at.clone(), Code::SignatureRemoved, 1));
                }
                let first = self.out.nodes.len();
                self.tell(&at, inner.findings, inner.ambiguities);
                let mut leaves = below(&at, inner.leaves);
                if says_it_again {
                    // Outlook made the text of its message from this one.
                    leaves
                        .iter_mut()
                        .filter(|leaf| leaf.role == Role::Body)
                        .for_each(|leaf| leaf.role = Role::Alternative);
                }
                self.leaves(leaves, true);
                self.settle_signed(first);
            }
            Err(why) => self.closed(leaf, detected, why),
        }
    }

    /// The first body of signed content says that the signature is gone.
    fn settle_signed(&mut self, first: usize) {
        let inside = self.out.nodes.get_mut(first..).unwrap_or_default();
        if let Some(body) = inside.iter_mut().find(|node| node.leaf.role == Role::Body) {
            let remains = body.text.get_or_insert_with(|| inline::Remains::unchanged(&body.leaf));
            remains.found.push((Code::SignatureRemoved, 1));
        }
    }

    /// A body without the armour and the files in it; these follow it.
    fn text(&mut self, leaf: Leaf<'a>, detected: Detected) {
        let most = self.depth_below(&leaf.path).map_or(0, |_| self.reach.parts);
        let (remains, files, notes) = inline::take_out(&leaf, most, &mut self.reach.bytes);
        self.reach.parts = self.reach.parts.saturating_sub(u32::try_from(files.len()).unwrap_or(u32::MAX));
        let at = leaf.path.clone();
        let noted = remains.iter().flat_map(|remains| &remains.told).chain(&notes);
        self.out.findings.extend(noted.map(|(code, count)| (at.clone(), *code, *count)));
        self.out.nodes.push(Node { leaf, detected, head: None, text: remains, opened: false, content: None });
        for (number, file) in (1..).zip(files) {
            let leaf = attachment(child(&at, number), "", file.names, file.bytes);
            // The text around it may be nothing but the file: better twice than not at all.
            self.leaf(leaf, Origin { beside_text: false, spent: true });
        }
    }

    fn outlook(
        &mut self,
        leaf: Leaf<'a>,
        detected: Detected,
        origin: Origin,
        read: fn(&[u8], &mut Allowance) -> Result<Message, outlook::Unreadable>,
    ) {
        let Some(depth) = self.depth_below(&leaf.path) else { return self.closed(leaf, detected, Code::TooDeep) };
        let mut allowance = Allowance { bytes: self.reach.bytes, parts: self.reach.parts, depth };
        // A reader of compound files that panics costs this attachment, not the mail.
        let ended = catch_unwind(AssertUnwindSafe(|| read(&leaf.bytes, &mut allowance)));
        self.reach.bytes = allowance.bytes;
        match ended {
            Ok(Ok(message)) => {
                self.reach.parts = allowance.parts;
                let role_of_text =
                    if origin.beside_text && detected.id == "tnef" { Role::Alternative } else { Role::Body };
                self.message(leaf, detected, message, role_of_text);
            }
            Ok(Err(why)) => self.closed(leaf, detected, code(why)),
            Err(_) => self.closed(leaf, detected, Code::Corrupt),
        }
    }

    fn message(&mut self, leaf: Leaf<'a>, detected: Detected, message: Message, role_of_text: Role) {
        let at = leaf.path.clone();
        // What has no bytes of its own is no file; its name is its subject again.
        let name = leaf.names.shown.as_deref().filter(|_| !leaf.bytes.is_empty());
        let head = Some(head::of_message(name, &message));
        self.out.nodes.push(Node { leaf, detected, head, text: None, opened: false, content: None });
        let (mut number, count) = (0, message.bodies.len());
        let repeats = |enclosed: &Attachment| match (&enclosed.content, &enclosed.media_type) {
            (Content::File(bytes), declared) => {
                may_repeat(&declared.as_deref().unwrap_or_default().to_ascii_lowercase(), bytes)
            }
            (Content::Message(_) | Content::Closed(_) | Content::Absent, _) => false,
        };
        let may_be_repeated = message.attachments.iter().any(repeats);
        let mut beside_text = false;
        for body in message.bodies {
            number += 1;
            let role = if usize::from(number) == count { role_of_text } else { Role::Alternative };
            let leaf = Leaf {
                path: child(&at, number),
                role,
                declared: if body.is_html { "text/html" } else { "text/plain" }.to_owned(),
                charset: body.charset,
                flowed: None,
                names: Names::default(),
                bytes: Cow::Owned(body.bytes),
            };
            beside_text |= may_be_repeated && role == Role::Body && self.says_something(&leaf);
            self.leaf(leaf, Origin { beside_text: true, spent: true });
        }
        for enclosed in message.attachments {
            number = number.saturating_add(1);
            self.enclosed(child(&at, number), enclosed, beside_text);
        }
    }

    fn enclosed(&mut self, path: Path, enclosed: Attachment, beside_text: bool) {
        const MESSAGE: Detected = Detected { id: "msg", class: Class::Mail, encrypted: false };
        const OBJECT: Detected = Detected { id: "unknown", class: Class::Unknown, encrypted: false };
        let names = Names::of(enclosed.names.iter().map(String::as_str));
        let declared = enclosed.media_type.unwrap_or_default().to_ascii_lowercase();
        let with = |bytes| attachment(path, &declared, names, bytes);
        match enclosed.content {
            Content::File(bytes) => self.leaf(with(bytes), Origin { beside_text, spent: true }),
            // It has no bytes of its own.
            Content::Message(message) => self.message(with(Vec::new()), MESSAGE, *message, Role::Body),
            Content::Closed(why) => self.closed(with(Vec::new()), MESSAGE, code(why)),
            Content::Absent => self.closed(with(Vec::new()), OBJECT, Code::UnsupportedFormat),
        }
    }

    /// True if a reader of this body sees a character. A body that cannot be written says nothing, nor does one over
    /// what may be looked at: a text that is shown twice is better than one that is not shown.
    fn says_something(&mut self, leaf: &Leaf<'_>) -> bool {
        let Some(left) = self.reach.looks.checked_sub(length(&leaf.bytes)) else { return false };
        self.reach.looks = left;
        let Some(sanitizer) = registry::sanitizer(mapping::detected(leaf).id, protocol::Way::Text) else {
            return false;
        };
        let hints = Hints { charset: leaf.charset.as_deref(), ..Hints::default() };
        let ended = catch_unwind(AssertUnwindSafe(|| sanitizer.sanitize(&leaf.bytes, hints, &mut Budget::generous())));
        let Ok(Ok(written)) = ended else { return false };
        // Fillers of Hangul and the empty pattern of Braille are no blanks, and nobody sees them.
        let is_filler = |c| matches!(c, '\u{115F}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}');
        let is_seen = |c: char| !c.is_whitespace() && !c.is_control() && !is_filler(c);
        std::str::from_utf8(&written.bytes).is_ok_and(|text| text.contains(is_seen))
    }
}

/// True for what a mail program keeps beside a text and that holds the same text again.
fn may_repeat(declared: &str, bytes: &[u8]) -> bool {
    declared == "multipart/signed" || bytes.starts_with(TNEF)
}

/// What an attachment is opened as.
fn inside(leaf: &Leaf<'_>, detected: &Detected) -> Option<Inside> {
    let declared = leaf.declared.as_str();
    let named = |extension: &str| leaf.names.extensions.iter().any(|known| known == extension);
    let says_mail = matches!(declared, "message/rfc822" | "message/global" | "message/news") || named("eml");
    match detected.id {
        _ if declared == "multipart/signed" => Some(Inside::Signed),
        "eml" => Some(Inside::Mail),
        "msg" => Some(Inside::Msg),
        "tnef" => Some(Inside::Tnef),
        "p7m" | "p7s" => Some(Inside::Signed),
        _ if archive::opens(detected) => Some(Inside::Archive),
        // A mail of few headers is text like every other, whatever that says; one with raw eight-bit parts is not even
        // that.
        _ if says_mail && (detected.class == Class::Unknown || sanitizer_detect::is_text(&leaf.bytes)) => {
            Some(Inside::Mail)
        }
        _ if matches!(declared, "application/pkcs7-mime" | "application/x-pkcs7-mime") => Some(Inside::Signed),
        _ => None,
    }
}

const fn code(why: outlook::Unreadable) -> Code {
    match why {
        outlook::Unreadable::Malformed => Code::Corrupt,
        outlook::Unreadable::TooLarge => Code::TooLarge,
        outlook::Unreadable::TooManyParts => Code::TooManyFiles,
        outlook::Unreadable::TooDeep => Code::TooDeep,
    }
}

fn child(path: &[u16], number: u16) -> Path {
    path.iter().copied().chain([number]).collect()
}

fn below<'a>(at: &[u16], leaves: Vec<Leaf<'a>>) -> Vec<Leaf<'a>> {
    leaves.into_iter().map(|leaf| Leaf { path: at.iter().copied().chain(leaf.path).collect(), ..leaf }).collect()
}

/// The same mail with bytes of its own.
fn owned<'a>(mail: Mail<'_>) -> Mail<'a> {
    let own = |leaf: Leaf<'_>| Leaf {
        bytes: Cow::Owned(leaf.bytes.into_owned()),
        path: leaf.path,
        role: leaf.role,
        declared: leaf.declared,
        charset: leaf.charset,
        flowed: leaf.flowed,
        names: leaf.names,
    };
    Mail {
        headers: mail.headers,
        leaves: mail.leaves.into_iter().map(own).collect(),
        findings: mail.findings,
        ambiguities: mail.ambiguities,
    }
}

fn kept<'a>(enveloped: Enveloped<'_>) -> Enveloped<'a> {
    match enveloped {
        Enveloped::Signed(content) => Enveloped::Signed(Cow::Owned(content.into_owned())),
        Enveloped::Bare => Enveloped::Bare,
        Enveloped::Encrypted => Enveloped::Encrypted,
    }
}

fn attachment<'a>(path: Path, declared: &str, names: Names, bytes: Vec<u8>) -> Leaf<'a> {
    let is_type = declared.len() <= 255
        && declared.contains('/')
        && declared.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase());
    Leaf {
        path,
        role: Role::Attachment,
        declared: if is_type { declared } else { "application/octet-stream" }.to_owned(),
        charset: None,
        flowed: None,
        names,
        bytes: Cow::Owned(bytes),
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
