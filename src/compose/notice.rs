//! The text of a mail: a summary of at most four lines, the body, then what was done with everything (reference: ux 6).
//!
//! Refuses: text of the sender's between our own lines that is not one guarded line. Invariant: the ruler occurs only
//! where we end and the sender begins.

mod attachments;
mod bodies;
mod sender;

pub(super) use bodies::{MAX_TARGET, begin_of_mail, end_of_mail};

use std::time::Duration;

use jiff::Zoned;

use super::contents::{Contents, Piece, Standing};
use super::looks::unmarked;
use super::phrases::{Known, Place};
use super::text::{RULER, inert, single_line};
use super::wording::{self, Wording};
use super::{Letter, Notice, Site};
use crate::domain::date;
use crate::domain::reason::Detail;
use crate::domain::{Facts, Finding, ItemId, PartPath, Reason, Timestamp};

/// Characters of a sender's name, a shown link, a contact and an extension within our own lines.
const SHORT: usize = 64;

/// The text of a rebuilt mail, lines ending in LF.
pub(super) fn delivered(site: &Site, letter: &Letter<'_>, contents: &Contents<'_>) -> String {
    let bodies = contents.bodies.iter().filter_map(|body| body.written.as_ref());
    let length: usize = bodies.map(|written| written.text.len()).sum();
    let received = date::local(letter.facts.received_at, site.utc_offset_minutes);
    let contact = contact(site);
    let counts = [
        contents.enclosures.len(),
        contents.count(Standing::Delivered),
        contents.count(Standing::Waiting),
        contents.count(Standing::Withheld),
    ];
    let mut text = Lines::new(site, known(site, letter.id, &received, &contact, counts), length + 4096);

    // With files, a body kept back or a doubtful sender there is something to tell; without, one line says it all.
    let warnings = text.warnings(letter.facts, contents);
    let full = !contents.enclosures.is_empty() || contents.lacks_body() || !warnings.is_empty();
    if full {
        text.summary(contents, &warnings, letter.opened_later);
        text.line("", RULER);
    }
    text.bodies(contents);
    text.line("", RULER);
    text.attachments(contents, letter.facts);
    let findings = text.body_findings(contents, letter.facts);
    if full && !findings.is_empty() {
        text.line("", text.words.body);
        findings.iter().for_each(|line| text.line("  ", line));
    }
    text.links(contents);
    if full {
        text.senders(letter.facts);
        text.closing();
    } else {
        text.footer(&findings);
    }
    text.out
}

/// The text of a notice about an item that is kept back, lines ending in LF.
pub(super) fn kept(site: &Site, notice: &Notice<'_>) -> String {
    let received = date::local(notice.received_at, site.utc_offset_minutes);
    let contact = contact(site);
    let mut text = Lines::new(site, known(site, notice.id, &received, &contact, [0; 4]), 2048);
    let detail = Detail { rule: notice.rule.map(|rule| rule.as_str()), ..text.detail() };
    match site.phrases.say(Place::Kept, &text.known) {
        Some(lines) => text.own_lines(&lines),
        None => text.line("", text.words.kept_mail),
    }
    for line in text.told(notice.reason, &detail) {
        text.line("  ", &line);
    }
    text.portal();
    text.line("", RULER);
    let sender = notice.envelope.reverse_path.mailbox().map(|sender| inert(sender.as_str()));
    text.sender(sender.as_deref().unwrap_or(text.words.no_sender));
    text.closing();
    text.out
}

/// The subject of that notice, without its tag.
pub(super) fn kept_subject(site: &Site, notice: &Notice<'_>) -> String {
    let received = date::local(notice.received_at, site.utc_offset_minutes);
    let contact = contact(site);
    let known = known(site, notice.id, &received, &contact, [0; 4]);
    let own = site.phrases.say(Place::KeptSubject, &known).and_then(|lines| lines.into_iter().next());
    own.unwrap_or_else(|| wording::of(site.language).kept_subject(&known.reference))
}

/// Whom staff ask, as it is written.
pub(super) fn contact(site: &Site) -> String {
    single_line(&site.contact, SHORT)
}

/// What may be said of made-up mails at this site: the longest dates it writes, attachments of every standing, and none.
pub(super) fn trials<'a>(site: &Site, contact: &'a str) -> Vec<Known<'a>> {
    // Noon of 22 September and of 22 December 2038.
    const LONG: [i64; 2] = [2_168_769_600_000, 2_176_632_000_000];
    const COUNTS: [[usize; 4]; 5] = [[0; 4], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [999; 4]];
    let kept = Duration::from_secs(u64::from(site.retention_days).saturating_mul(86_400));
    let long = LONG.map(Timestamp::from_millis).into_iter().flat_map(|at| [at, at.before(kept)]);
    long.flat_map(|at| {
        let received = date::local(at, site.utc_offset_minutes);
        COUNTS.map(|counts| known(site, ItemId::new(at, [0; 10]), &received, contact, counts))
    })
    .collect()
}

/// What may be said of a mail in anybody's words.
fn known<'a>(site: &Site, id: ItemId, received: &Zoned, contact: &'a str, counts: [usize; 4]) -> Known<'a> {
    let reference = id.reference().to_string();
    let portal = match site.portal_url.as_str() {
        "" => String::new(),
        address => format!("{address}/m/{reference}"),
    };
    Known {
        language: site.language,
        received: date::moment(received, site.language),
        kept_until: date::day(date::deadline(received, site.retention_days), site.language),
        reference,
        contact,
        portal,
        counts,
    }
}

/// The text in the making.
#[derive(Debug)]
struct Lines<'a> {
    site: &'a Site,
    words: &'static Wording,
    known: Known<'a>,
    /// First lines in the site's own words; no line of a sender's begins like them.
    headings: Vec<String>,
    out: String,
}

impl<'a> Lines<'a> {
    fn new(site: &'a Site, known: Known<'a>, capacity: usize) -> Self {
        let own = [Place::Top, Place::Kept].into_iter().filter_map(|place| site.phrases.say(place, &known));
        let headings = own.filter_map(|lines| lines.into_iter().next()).collect();
        Self { site, words: wording::of(site.language), known, headings, out: String::with_capacity(capacity) }
    }

    fn line(&mut self, indent: &str, line: &str) {
        self.out.push_str(indent);
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// Lines in the site's own words; the mark at their front is ours.
    fn own_lines(&mut self, lines: &[String]) {
        for (number, line) in lines.iter().enumerate() {
            self.line(if number == 0 { "■ " } else { "  " }, unmarked(line));
        }
    }

    /// At most four lines, so that a preview still shows the body.
    fn summary(&mut self, contents: &Contents<'_>, warnings: &[String], opened_later: bool) {
        match self.site.phrases.say(Place::Top, &self.known) {
            _ if opened_later => self.line("", self.words.opened_later),
            Some(lines) => self.own_lines(&lines),
            None => self.line("", self.words.made_safe),
        }
        if !contents.enclosures.is_empty() {
            let [all, delivered, waiting, withheld] = self.known.counts;
            self.line("  ", &self.words.counts(all, delivered, waiting, withheld));
        }
        let lacks_body = contents.lacks_body().then_some(self.words.lacks_body);
        let told: Vec<&str> = lacks_body.into_iter().chain(warnings.iter().map(String::as_str)).collect();
        if !told.is_empty() {
            let mark = if warnings.is_empty() { String::new() } else { format!("{} ", self.words.warning) };
            self.line("  ", &format!("{mark}{}", told.join(self.words.gap)));
        }
        self.portal();
    }

    /// What a reader has to know before he reads: tricks with the sender, and a structure that made us keep files back.
    fn warnings(&self, facts: &Facts, contents: &Contents<'_>) -> Vec<String> {
        let about_sender = facts.findings.iter().map(|finding| finding.code).filter(|code| code.is_about_sender());
        let enclosed = contents.enclosures.iter().map(|enclosure| &enclosure.piece);
        let kept = enclosed.chain(&contents.bodies).filter(|piece| piece.written.is_none());
        let ambiguous = kept.map(Piece::reason).find(|reason| *reason == Reason::AmbiguousStructure);
        let mut told: Vec<String> = Vec::new();
        for line in about_sender.chain(ambiguous).flat_map(|code| self.told(code, &self.detail())) {
            if !told.contains(&line) {
                told.push(line);
            }
        }
        told
    }

    fn portal(&mut self) {
        if !self.known.portal.is_empty() {
            let line = self.words.portal(&self.known.portal);
            self.line("  ", &line);
        }
    }

    fn closing(&mut self) {
        let Self { site, words, .. } = *self;
        let Known { received, reference, kept_until, contact, .. } = &self.known;
        let received = format!("{} {received}{}{} {reference}", words.received, words.slash, words.reference);
        let own_contact = site.phrases.say(Place::Contact, &self.known);
        let contact = match *contact {
            "" => String::new(),
            _ if own_contact.is_some() => String::new(),
            contact => format!("{}{} {contact}", words.slash, words.contact),
        };
        let kept_until = format!("{} {kept_until}{contact}", words.kept_until);
        self.line("  ", &received);
        self.line("  ", &kept_until);
        let closing = site.phrases.say(Place::Closing, &self.known);
        own_contact.into_iter().chain(closing).flatten().for_each(|line| self.line("  ", &line));
    }

    fn footer(&mut self, findings: &[String]) {
        let Self { words, .. } = *self;
        let reference = format!("{} {}", words.reference, self.known.reference);
        let told = findings.iter().map(String::as_str).chain([words.no_attachments, &reference]);
        let line = told.collect::<Vec<_>>().join(words.gap);
        self.line("", &line);
    }

    /// What was changed in a piece while it was written, each kind once, in the order found.
    fn findings(&self, piece: &Piece<'_>) -> Vec<Reason> {
        let findings: &[Finding] = if piece.written.is_some() { &piece.outcome.findings } else { &[] };
        each_once(findings.iter().map(|finding| finding.code))
    }

    /// What happened, and on a line of its own what to do next.
    fn told(&self, reason: Reason, detail: &Detail<'_>) -> Vec<String> {
        let language = self.site.language;
        let next = reason.next_step(language, detail);
        let mut told = vec![reason.sentence(language, detail)];
        if !next.is_empty() {
            told.push(next);
        }
        told
    }

    /// The same on one line.
    fn told_at_once(&self, reason: Reason, detail: &Detail<'_>) -> String {
        self.told(reason, detail).join(self.words.gap)
    }

    /// What sentences about the mail as a whole are filled with.
    fn detail(&self) -> Detail<'a> {
        Detail { contact: Some(self.known.contact), portal: !self.site.portal_url.is_empty(), ..Detail::default() }
    }

    fn detail_of<'p>(&self, piece: &Piece<'p>) -> Detail<'p>
    where
        'a: 'p,
    {
        let Detail { contact, portal, .. } = self.detail();
        Detail { rule: Some(piece.outcome.rule.as_str()), contact, portal, ..piece.part.detail() }
    }
}

/// Findings about the item that are told neither at the top nor in the block of the sender.
fn of_item(facts: &Facts) -> impl Iterator<Item = &Finding> {
    let elsewhere = |code: Reason| code.is_about_sender() || code == Reason::AmbiguousStructure;
    facts.findings.iter().filter(move |finding| !elsewhere(finding.code))
}

/// Findings about the item that were made at this part.
fn at<'f>(facts: &'f Facts, path: &'f PartPath) -> impl Iterator<Item = Reason> + 'f {
    of_item(facts).filter(move |finding| finding.part == *path).map(|finding| finding.code)
}

fn each_once(codes: impl IntoIterator<Item = Reason>) -> Vec<Reason> {
    let mut told = Vec::new();
    for code in codes {
        if !told.contains(&code) {
            told.push(code);
        }
    }
    told
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
