//! What the sender wrote, mails inside the mail set off from it, and its links as inert text.
//!
//! Refuses: lines of the sender's that look like ours (see [`page`]). Invariant: every mail inside the mail that begins
//! here also ends here.

use super::super::contents::{Contents, Piece};
use super::super::text::{inert, page, single_line, without_scheme};
use super::super::wording::Wording;
use super::{Lines, SHORT, each_once, of_item};
use crate::domain::reason::Detail;
use crate::domain::{Facts, Link, Part, PartPath, Reason};

/// Characters of a link's target.
pub(in crate::compose) const MAX_TARGET: usize = 2048;

impl Lines<'_> {
    pub(super) fn bodies(&mut self, contents: &Contents<'_>) {
        let start = self.out.len();
        // Where the text or the last mail in it begins: nothing is set off from a beginning.
        let mut begin = start;
        let mut open: Vec<&PartPath> = Vec::new();
        for body in &contents.bodies {
            let around = contents.around(&body.part.path);
            while open.last().is_some_and(|mail| !around.contains(mail)) {
                self.end_mail(contents, &mut open);
            }
            for mail in around.into_iter().skip(open.len()) {
                self.gap(begin);
                let mark = self.words.mail(contents.mail_number(mail));
                self.line("", &drawn(&mark));
                open.push(mail);
                begin = self.out.len();
            }
            self.body(body, begin);
        }
        while !open.is_empty() {
            self.end_mail(contents, &mut open);
        }
        if self.out.len() == start {
            self.line("", self.words.no_body);
        }
        self.out.push('\n');
    }

    /// A body, a blank line after what was written since `begin`; an empty one leaves no trace.
    fn body(&mut self, body: &Piece<'_>, begin: usize) {
        let before = self.out.len();
        self.gap(begin);
        let separated = self.out.len();
        match &body.written {
            Some(written) => page(written.text, &self.headings, &mut self.out),
            None => {
                let why = self.told_at_once(body.reason(), &self.detail_of(body));
                let line = self.words.body_not_handed_over(&why);
                self.line("", &line);
            }
        }
        if self.out.len() == separated {
            self.out.truncate(before);
        }
    }

    fn end_mail(&mut self, contents: &Contents<'_>, open: &mut Vec<&PartPath>) {
        if let Some(mail) = open.pop() {
            let mark = self.words.end_of(contents.mail_number(mail));
            self.line("", &drawn(&mark));
        }
    }

    fn gap(&mut self, begin: usize) {
        if self.out.len() > begin {
            self.out.push('\n');
        }
    }

    /// What was changed in the bodies, or found about the mail as a whole, each kind once.
    pub(super) fn body_findings(&self, contents: &Contents<'_>, facts: &Facts) -> Vec<String> {
        // The list of links says that they are inactive, and warns beside their targets of those that lead astray.
        let bodies = contents.bodies.iter().filter_map(|body| body.written.as_ref());
        let links: Vec<&Link> = bodies.flat_map(|written| &written.derivative.about().links).collect();
        let warned = links.iter().any(|link| link.shown.is_some());
        let is_listed = |code: Reason| match code {
            Reason::LinkDisabled => !links.is_empty(),
            Reason::LinkMismatch => warned,
            _ => false,
        };
        let is_attached = |path: &PartPath| contents.enclosures.iter().any(|file| file.piece.part.path == *path);
        let in_bodies = contents.bodies.iter().flat_map(|body| {
            let detail = self.detail_of(body);
            self.findings(body).into_iter().map(move |code| (code, detail))
        });
        // Nor is told again what an attachment says of itself.
        let kept = |code| contents.enclosures.iter().any(|file| is_told_of(&file.piece, code));
        let is_elsewhere = |path: &PartPath| is_attached(path) || contents.is_in_archive(path);
        let of_mail = of_item(facts).filter(|finding| !is_elsewhere(&finding.part) && !kept(finding.code));
        let of_mail = of_mail.map(|finding| {
            let Detail { contact, portal, .. } = self.detail();
            let known = facts.part(&finding.part).map(Part::detail).unwrap_or_default();
            (finding.code, Detail { contact, portal, ..known })
        });
        let found: Vec<_> = in_bodies.chain(of_mail).collect();
        let codes = each_once(found.iter().map(|(code, _)| *code));
        let told = codes.into_iter().filter(|code| !is_listed(*code));
        let first = |code| found.iter().find(|(found, _)| *found == code);
        told.filter_map(first).map(|(code, detail)| self.told_at_once(*code, detail)).collect()
    }

    pub(super) fn links(&mut self, contents: &Contents<'_>) {
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

    pub(super) fn link(&mut self, indent: &str, link: &Link) {
        let target = without_scheme(&single_line(&link.target, MAX_TARGET));
        self.line(indent, &format!("[{}] {target}", link.number));
        if let Some(shown) = &link.shown {
            self.line(indent, &self.words.mismatch(&inert(&single_line(shown, SHORT))));
        }
    }
}

/// True if the list says this of an attachment that is kept back, or that was written.
fn is_told_of(piece: &Piece<'_>, code: Reason) -> bool {
    match piece.written {
        None => piece.reason() == code,
        Some(_) => piece.outcome.findings.iter().any(|finding| finding.code == code),
    }
}

/// The line where a mail inside a mail begins in the text of that one.
pub(in crate::compose) fn begin_of_mail(words: &Wording) -> String {
    format!("{}\n", drawn(&words.mail(None)))
}

/// The line where it ends.
pub(in crate::compose) fn end_of_mail(words: &Wording) -> String {
    format!("{}\n", drawn(&words.end_of(None)))
}

/// The line where a mail inside the mail begins or ends; nothing of a sender's looks like it.
fn drawn(mark: &str) -> String {
    format!("──── {mark} ────")
}
