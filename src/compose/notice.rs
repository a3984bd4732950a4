//! The text of a mail: a summary of at most four lines, the body, then what was done with everything (reference: ux 6).
//!
//! Refuses: text of the sender's between our own lines that is not one guarded line. Invariant: the ruler occurs only
//! where we end and the sender begins.

use jiff::Zoned;

use super::contents::{Contents, Enclosure, Piece, Standing};
use super::text::{RULER, display_name, inert, page, single_line, without_scheme};
use super::wording::{self, Wording};
use super::{Letter, Notice, Site, date};
use crate::domain::reason::Detail;
use crate::domain::{Finding, ItemId, Link, Reason};

/// Characters of a sender's name, a shown link and an extension within our own lines.
const SHORT: usize = 64;

/// Characters of a link's target.
const MAX_TARGET: usize = 2048;

/// The text of a rebuilt mail, lines ending in LF.
pub(super) fn delivered(site: &Site, letter: &Letter<'_>, contents: &Contents<'_>) -> String {
    let bodies = contents.bodies.iter().filter_map(|body| body.written.as_ref());
    let length: usize = bodies.map(|written| written.text.len()).sum();
    let mut text = Lines { site, words: wording::of(site.language), out: String::with_capacity(length + 4096) };

    // With files, or with a body kept back, there is something to count and to do; without, one line says it all.
    let full = !contents.enclosures.is_empty() || contents.lacks_body();
    if full {
        text.summary(letter.id, contents);
        text.line("", RULER);
    }
    text.bodies(contents);
    text.line("", RULER);
    text.attachments(contents);
    if full {
        text.body_findings(contents);
    }
    text.links(contents);
    if full {
        text.sender(&author(text.words, letter));
        text.closing(&date::local(letter.facts.received_at, site.utc_offset_minutes), letter.id);
    } else {
        text.footer(letter.id, contents);
    }
    text.out
}

/// The text of a notice about an item that is kept back, lines ending in LF.
pub(super) fn quarantined(site: &Site, notice: &Notice<'_>) -> String {
    let words = wording::of(site.language);
    let mut text = Lines { site, words, out: String::with_capacity(2048) };
    let detail = Detail { rule: notice.rule.map(|rule| rule.as_str()), ..Detail::default() };
    text.line("", words.kept_mail);
    text.line("  ", &text.told(notice.reason, &detail));
    text.portal(notice.id);
    text.line("", RULER);
    let sender = notice.reverse_path.mailbox().map(|sender| inert(sender.as_str()));
    text.sender(sender.as_deref().unwrap_or(words.no_sender));
    text.closing(&date::local(notice.received_at, site.utc_offset_minutes), notice.id);
    text.out
}

/// The text in the making.
#[derive(Debug)]
struct Lines<'a> {
    site: &'a Site,
    words: &'static Wording,
    out: String,
}

impl Lines<'_> {
    fn line(&mut self, indent: &str, line: &str) {
        self.out.push_str(indent);
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn summary(&mut self, id: ItemId, contents: &Contents<'_>) {
        let words = self.words;
        self.line("", words.made_safe);
        if !contents.enclosures.is_empty() {
            let [delivered, waiting, withheld] =
                [Standing::Delivered, Standing::Waiting, Standing::Withheld].map(|standing| contents.count(standing));
            self.line("  ", &words.counts(contents.enclosures.len(), delivered, waiting, withheld));
        }
        if contents.lacks_body() {
            self.line("  ", words.lacks_body);
        }
        self.portal(id);
    }

    fn portal(&mut self, id: ItemId) {
        if !self.site.portal_url.is_empty() {
            let address = format!("{}/m/{}", self.site.portal_url, id.reference());
            self.line("  ", &self.words.portal(address));
        }
    }

    fn bodies(&mut self, contents: &Contents<'_>) {
        let start = self.out.len();
        for body in &contents.bodies {
            let before = self.out.len();
            if before > start {
                self.out.push('\n');
            }
            let separated = self.out.len();
            match &body.written {
                Some(written) => page(written.text, &mut self.out),
                None => {
                    let why = self.told(body.reason(), &detail(body));
                    self.line("", &self.words.body_not_handed_over(&why));
                }
            }
            if self.out.len() == separated {
                self.out.truncate(before);
            }
        }
        if self.out.len() == start {
            self.line("", self.words.no_body);
        }
        self.out.push('\n');
    }

    fn attachments(&mut self, contents: &Contents<'_>) {
        if contents.enclosures.is_empty() {
            return;
        }
        self.line("", self.words.attachments);
        for enclosure in &contents.enclosures {
            self.attachment(enclosure);
        }
    }

    fn attachment(&mut self, enclosure: &Enclosure<'_>) {
        let Enclosure { number, piece, name: attached_as } = enclosure;
        let name = match &piece.part.name {
            Some(name) => single_line(name.as_str(), usize::MAX),
            None if attached_as.is_empty() => self.words.no_name.to_owned(),
            None => attached_as.clone(),
        };
        let renamed = (!attached_as.is_empty() && name != *attached_as).then_some(attached_as.as_str());
        let length = piece
            .written
            .as_ref()
            .map_or(piece.part.length, |written| u64::try_from(written.text.len()).unwrap_or(u64::MAX));
        let entry = self.words.attachment(&name, &size(length), piece.standing, renamed);
        self.line(&format!("{number:2}. "), &entry);
        if piece.written.is_none() {
            self.line("    ", &self.told(piece.reason(), &detail(piece)));
        }
        for line in self.findings(piece) {
            self.line("    ", &line);
        }
        for link in piece.written.iter().flat_map(|written| &written.derivative.about().links) {
            self.link("    ", link);
        }
    }

    fn body_findings(&mut self, contents: &Contents<'_>) {
        let lines: Vec<_> = contents.bodies.iter().flat_map(|body| self.findings(body)).collect();
        if !lines.is_empty() {
            self.line("", self.words.body);
            lines.iter().for_each(|line| self.line("  ", line));
        }
    }

    fn links(&mut self, contents: &Contents<'_>) {
        let linked: Vec<_> = contents
            .bodies
            .iter()
            .filter_map(|body| body.written.as_ref())
            .enumerate()
            .map(|(index, written)| (index + 1, &written.derivative.about().links))
            .filter(|(_, links)| !links.is_empty())
            .collect();
        if linked.is_empty() {
            return;
        }
        self.line("", self.words.links);
        for (number, links) in &linked {
            // Every body counts its links from one.
            if linked.len() > 1 {
                self.line(" ", &self.words.body_number(*number));
            }
            links.iter().for_each(|link| self.link(" ", link));
        }
    }

    fn link(&mut self, indent: &str, link: &Link) {
        let target = without_scheme(&single_line(&link.target, MAX_TARGET));
        self.line(indent, &format!("[{}] {target}", link.number));
        if let Some(shown) = &link.shown {
            self.line(indent, &self.words.mismatch(&inert(&single_line(shown, SHORT))));
        }
    }

    fn sender(&mut self, sender: &str) {
        let line = format!("{} {sender}{}", self.words.sender, self.words.outside);
        self.line("", &line);
    }

    fn closing(&mut self, received: &Zoned, id: ItemId) {
        let Self { site, words, .. } = *self;
        let moment = date::moment(received, site.language);
        let reference = id.reference();
        self.line("  ", &format!("{} {moment}{}{} {reference}", words.received, words.slash, words.reference));
        let deadline = date::day(date::deadline(received, site.retention_days), site.language);
        let contact = match single_line(&site.contact, SHORT).as_str() {
            "" => String::new(),
            contact => format!("{}{} {contact}", words.slash, words.contact),
        };
        self.line("  ", &format!("{} {deadline}{contact}", words.kept_until));
    }

    fn footer(&mut self, id: ItemId, contents: &Contents<'_>) {
        let Self { words, .. } = *self;
        let mut line: String =
            contents.bodies.iter().flat_map(|body| self.findings(body)).map(|line| line + words.gap).collect();
        line.push_str(words.no_attachments);
        line.push_str(words.gap);
        line.push_str(&format!("{} {}", words.reference, id.reference()));
        self.line("", &line);
    }

    /// What was changed in a piece, each kind once, in the order found.
    fn findings(&self, piece: &Piece<'_>) -> Vec<String> {
        let findings: &[Finding] = if piece.written.is_some() { &piece.outcome.findings } else { &[] };
        let mut told = Vec::new();
        for finding in findings {
            if !told.contains(&finding.code) {
                told.push(finding.code);
            }
        }
        told.into_iter().map(|code| self.told(code, &detail(piece))).collect()
    }

    /// What happened and what to do next.
    fn told(&self, reason: Reason, detail: &Detail<'_>) -> String {
        let language = self.site.language;
        let sentence = reason.sentence(language, detail);
        match reason.next_step(language, detail).as_str() {
            "" => sentence,
            next => format!("{sentence}{}{next}", self.words.gap),
        }
    }
}

/// The author as the sender wrote himself, or else the sender of the envelope.
fn author(words: &Wording, letter: &Letter<'_>) -> String {
    let envelope = letter.facts.origin.envelope();
    match (letter.facts.headers.from.first(), envelope.reverse_path.mailbox()) {
        (Some(author), _) => {
            let name = without_scheme(&display_name(&author.name, SHORT));
            let gap = if name.is_empty() { "" } else { " " };
            format!("{name}{gap}<{}>", author.address)
        }
        (None, Some(sender)) => format!("<{sender}>"),
        (None, None) => words.no_sender.to_owned(),
    }
}

fn detail<'a>(piece: &Piece<'a>) -> Detail<'a> {
    let fits = |extension: &&String| extension.len() <= 16 && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    Detail {
        rule: Some(piece.outcome.rule.as_str()),
        extension: piece.part.extensions.iter().find(fits).map(String::as_str),
        class: Some(piece.part.class),
    }
}

/// `512B`, `182KB`, `3.1MB`, rounded up as file managers do, by 1024.
fn size(bytes: u64) -> String {
    const KB: u64 = 1024;
    const MB: u64 = KB * KB;
    if bytes < KB {
        format!("{bytes}B")
    } else if bytes.div_ceil(KB) < KB {
        format!("{}KB", bytes.div_ceil(KB))
    } else {
        let tenths = u128::from(bytes).saturating_mul(10).div_ceil(u128::from(MB));
        format!("{}.{}MB", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_as_file_managers_show_them() {
        for (bytes, text) in [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1KB"),
            (186_000, "182KB"),
            (1_047_552, "1023KB"),
            (1_047_553, "1.0MB"),
            (3_250_000, "3.1MB"),
            (u64::MAX, "17592186044416.0MB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
