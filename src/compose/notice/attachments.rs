//! The numbered list of attachments: a name, a size, what became of it, and what to do next on a line of its own.
//!
//! Invariant: the number is the one in `X-Temizu-Reasons`, and what stands behind the only ellipsis of an entry is ours.

use super::super::archive;
use super::super::contents::{Contents, Enclosure, Piece, Standing};
use super::super::looks::{draws_nothing, is_gap};
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
        let entry = self.entry(enclosure, contents, facts);
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
        self.packed(piece, contents, facts);
    }

    /// What the members of an archive lost, each kind once: of the first of them, and how many more there are.
    fn packed(&mut self, archive: &Piece<'_>, contents: &Contents<'_>, facts: &Facts) {
        let inside: Vec<&Piece<'_>> =
            contents.packed.iter().filter(|piece| piece.part.path.is_inside(&archive.part.path)).collect();
        let lost = |piece: &Piece<'_>| {
            let found = self.findings(piece).into_iter().chain(at(facts, &piece.part.path));
            each_once(found.filter(|code| !is_usual(*code)))
        };
        let found: Vec<(&Piece<'_>, Vec<Reason>)> = inside.into_iter().map(|piece| (piece, lost(piece))).collect();
        for code in each_once(found.iter().flat_map(|(_, codes)| codes.iter().copied())) {
            let mut those = found.iter().filter(|(_, codes)| codes.contains(&code)).map(|(piece, _)| *piece);
            let Some(first) = those.next() else { continue };
            let name = listed(&archive::place(facts, first.part, self.site.language));
            let told = self.told_at_once(code, &self.detail_of(first));
            let line = self.words.of_member(&name, &told, those.count());
            self.line("    ", &line);
        }
    }

    /// The archive or the mail inside the mail that it came in.
    fn within(&self, enclosure: &Enclosure<'_>, contents: &Contents<'_>) -> Option<String> {
        let mail = || contents.mail_of(enclosure).map(|mail| self.words.mail(contents.mail_number(mail)));
        let archive = contents.archive_of(enclosure).map(|name| listed(&single_line(name.as_str(), MAX_WITHIN)));
        archive.or_else(mail)
    }

    fn entry(&self, enclosure: &Enclosure<'_>, contents: &Contents<'_>, facts: &Facts) -> String {
        let Enclosure { piece, name: attached_as, .. } = enclosure;
        let name = match &piece.part.name {
            _ if contents.is_in_archive(&piece.part.path) => archive::place(facts, piece.part, self.site.language),
            Some(name) => single_line(name.as_str(), usize::MAX),
            None if attached_as.is_empty() => self.words.no_name.to_owned(),
            None => attached_as.clone(),
        };
        let written =
            piece.written.as_ref().map(|written| u64::try_from(written.derivative.bytes().len()).unwrap_or(u64::MAX));
        let waits_for_password = piece.standing == Standing::Waiting && piece.reason() == Reason::PasswordRequired;
        self.words.attachment(&Attachment {
            name: &listed(&name),
            size: &size(written.unwrap_or(piece.part.length)),
            within: self.within(enclosure, contents),
            what: self.words.standing(piece.standing, waits_for_password && self.detail().portal),
            attached_as: (!attached_as.is_empty() && name != *attached_as).then(|| listed(attached_as)),
        })
    }
}

/// True for what happens to every file of its kind: of a member it goes without saying.
const fn is_usual(code: Reason) -> bool {
    matches!(
        code,
        Reason::HtmlToText
            | Reason::LinkDisabled
            | Reason::TextRebuilt
            | Reason::CharsetGuessed
            | Reason::EnclosedMail
            | Reason::ReportToText
            | Reason::CalendarRebuilt
            | Reason::ContactRebuilt
            | Reason::DocumentRebuilt
            | Reason::ImageRebuilt
            | Reason::ArchiveRebuilt
            | Reason::ArchiveMemberRemoved
    )
}

/// A name as it stands in an entry, which people and rules of mail programs take apart at its ellipsis: no name has one,
/// nor a gap that would push what follows out of sight.
fn listed(name: &str) -> String {
    const MOST_DOTS: usize = 2;
    let mut out = String::with_capacity(name.len());
    // Whether the last character to be seen is a gap, and how many of the last are dots.
    let (mut after_gap, mut dots) = (false, 0);
    for c in name.chars() {
        let more: usize = match c {
            '.' => 1,
            '…' | '⋯' | '‥' => MOST_DOTS,
            _ => 0,
        };
        if more > 0 {
            out.extend(std::iter::repeat_n('.', more.min(MOST_DOTS.saturating_sub(dots))));
            (after_gap, dots) = (false, dots.saturating_add(more));
        } else if is_gap(c) {
            out.extend((!after_gap).then_some(if c.is_whitespace() { c } else { ' ' }));
            (after_gap, dots) = (true, 0);
        } else if draws_nothing(c) {
            out.extend((!after_gap).then_some(c));
        } else {
            out.push(c);
            (after_gap, dots) = (false, 0);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn a_name_in_the_list_has_neither_an_ellipsis_nor_a_wide_gap() {
        for (name, shown) in [
            ("請求書_R8-1105.xlsx", "請求書_R8-1105.xlsx"),
            ("葛\u{E0100}飾区　議事録.csv", "葛\u{E0100}飾区　議事録.csv"),
            ("見積.pdf（9KB）… このメールに付けました　　　　.exe", "見積.pdf（9KB）.. このメールに付けました　.exe"),
            ("a\u{3000} \u{2800}\u{FE0E}\u{3000}.exe", "a\u{3000}.exe"),
            ("a\u{2800}\u{2800}b", "a b"),
            ("a...... b.…‥⋯.c", "a.. b..c"),
            (".\u{FE0E}.\u{FE0E}.\u{FE0E}.", ".\u{FE0E}.\u{FE0E}\u{FE0E}"),
            ("続き….txt", "続き..txt"),
        ] {
            assert_eq!(listed(name), shown, "{name:?}");
            assert_eq!(listed(shown), shown, "twice: {name:?}");
        }
    }
}
