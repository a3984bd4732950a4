//! The numbered list of attachments: a name, a size, what became of it, and what to do next on a line of its own.
//!
//! Invariant: the number is the one in `X-Temizu-Reasons`.

use super::super::contents::{Contents, Enclosure, Standing};
use super::super::text::single_line;
use super::super::wording::Attachment;
use super::{Lines, at, each_once, size};
use crate::domain::{Facts, Reason};

/// Characters of the name of an archive beside those of its members.
const MAX_WITHIN: usize = 40;

impl Lines<'_> {
    pub(super) fn attachments(&mut self, contents: &Contents<'_>, facts: &Facts) {
        if contents.enclosures.is_empty() {
            return;
        }
        self.line("", self.words.attachments);
        for enclosure in &contents.enclosures {
            self.attachment(enclosure, contents, facts);
        }
    }

    fn attachment(&mut self, enclosure: &Enclosure<'_>, contents: &Contents<'_>, facts: &Facts) {
        let Enclosure { number, piece, .. } = enclosure;
        let entry = self.entry(enclosure, contents);
        self.line(&format!("{number:2}. "), &entry);
        let detail = self.detail_of(piece);
        let kept = piece.written.is_none().then(|| piece.reason());
        let found = self.findings(piece).into_iter().chain(at(facts, &piece.part.path));
        for code in each_once(kept.into_iter().chain(found)) {
            // A password is entered above; why it is asked for is said by the entry.
            let told = match self.told(code, &detail) {
                told if code == Reason::PasswordRequired && detail.portal => told.into_iter().skip(1).collect(),
                told => told,
            };
            told.iter().for_each(|line| self.line("    ", line));
        }
        for link in piece.written.iter().flat_map(|written| &written.derivative.about().links) {
            self.link("    ", link);
        }
    }

    /// The archive or the mail inside the mail that it came in.
    fn within(&self, enclosure: &Enclosure<'_>, contents: &Contents<'_>) -> Option<String> {
        let mail = || contents.mail_of(enclosure).map(|mail| self.words.mail(contents.mail_number(mail)));
        let archive = contents.archive_of(enclosure).map(|name| single_line(name.as_str(), MAX_WITHIN));
        archive.or_else(mail)
    }

    fn entry(&self, enclosure: &Enclosure<'_>, contents: &Contents<'_>) -> String {
        let Enclosure { piece, name: attached_as, .. } = enclosure;
        let name = match &piece.part.name {
            Some(name) => single_line(name.as_str(), usize::MAX),
            None if attached_as.is_empty() => self.words.no_name.to_owned(),
            None => attached_as.clone(),
        };
        let written =
            piece.written.as_ref().map(|written| u64::try_from(written.derivative.bytes().len()).unwrap_or(u64::MAX));
        let waits_for_password = piece.standing == Standing::Waiting && piece.reason() == Reason::PasswordRequired;
        self.words.attachment(&Attachment {
            name: &name,
            size: &size(written.unwrap_or(piece.part.length)),
            within: self.within(enclosure, contents),
            what: self.words.standing(piece.standing, waits_for_password && self.detail().portal),
            attached_as: (!attached_as.is_empty() && name != *attached_as).then_some(attached_as.as_str()),
        })
    }
}
