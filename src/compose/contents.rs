//! What of an item goes into the mail, and what its recipients are told of the rest.
//!
//! Refuses: a body or attachment without exactly one outcome; a derivative that is missing, belongs to a part that was
//! kept back, or is not of a listed media type (text: strict UTF-8). Invariant: every body and attachment of the item is in
//! [`Contents`] exactly once, but for what is kept back inside an attached mail that is kept back itself, and for what
//! is in an archive that was written anew.

use std::collections::{BTreeMap, BTreeSet};

use super::filename::{Format, Names};
use super::{ComposeError, Letter, MailStatus};
use crate::domain::{Action, Derivative, Digest, FileName, Part, PartOutcome, PartPath, PartRole, Reason};

/// What becomes of a part, as its reader counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// 受け取れます: it is in the mail.
    Delivered,
    /// 操作が必要: it is kept back, and staff can do something to get it.
    Waiting,
    /// 渡せません: it is not handed over.
    Withheld,
}

/// One body or attachment with what became of it.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// Facts about the original part.
    pub(super) part: &'a Part,
    /// What became of it.
    pub(super) outcome: &'a PartOutcome,
    /// The same, as its reader counts.
    pub(super) standing: Standing,
    /// What was written of it.
    pub(super) written: Option<Written<'a>>,
}

/// What was written of a part.
#[derive(Debug)]
pub(super) struct Written<'a> {
    pub(super) derivative: &'a Derivative,
    pub(super) format: &'static Format,
    /// What it says; empty if its format is not text.
    pub(super) text: &'a str,
}

/// A file on its way into the mail.
#[derive(Debug)]
pub(super) struct File<'a> {
    /// The name it is attached under.
    pub(super) name: &'a str,
    pub(super) format: &'static Format,
    pub(super) bytes: &'a [u8],
}

/// An attachment of the original.
#[derive(Debug)]
pub(super) struct Enclosure<'a> {
    /// Its number in the list, from 1.
    pub(super) number: usize,
    pub(super) piece: Piece<'a>,
    /// The name it is attached under; empty if it is not.
    pub(super) name: String,
}

/// Everything a reader has to be told about.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    /// Bodies in reading order.
    pub(super) bodies: Vec<Piece<'a>>,
    /// Attachments in reading order.
    pub(super) enclosures: Vec<Enclosure<'a>>,
    /// What was written into an archive that is attached, in reading order.
    pub(super) packed: Vec<Piece<'a>>,
    /// Where the mails inside the mail are, shown or not.
    mails: BTreeSet<&'a PartPath>,
    /// The archives that were opened, and what the sender called them.
    archives: BTreeMap<&'a PartPath, Option<&'a FileName>>,
    /// Those of which a body is shown, with their numbers from 1.
    shown: BTreeMap<&'a PartPath, usize>,
}

impl<'a> Contents<'a> {
    /// Puts parts, outcomes and derivatives together.
    pub(super) fn gather(letter: &Letter<'a>) -> Result<Self, ComposeError> {
        let outcomes = outcomes_by_path(letter)?;
        let derivatives: BTreeMap<_, _> = letter.derivatives.iter().map(|d| ((d.path(), d.digest()), *d)).collect();
        let is_mail = |part: &&Part| part.role == PartRole::Enclosed;
        let mails = letter.facts.parts.iter().filter(is_mail).map(|part| &part.path).collect();
        let (archives, shown) = (BTreeMap::new(), BTreeMap::new());
        let (bodies, enclosures, packed) = (Vec::new(), Vec::new(), Vec::new());
        let mut contents = Self { bodies, enclosures, packed, mails, archives, shown };
        let mut names = Names::default();
        let mut unopened = BTreeSet::new();
        for part in letter.facts.parts.iter().filter(|part| part.role != PartRole::Alternative) {
            let outcome = *outcomes.get(&part.path).ok_or_else(|| inconsistent(&part.path, "has no outcome"))?;
            let piece = Piece::new(part, outcome, &derivatives)?;
            let is_mail = part.role == PartRole::Enclosed;
            if piece.written.is_none() {
                // What an attached mail or archive keeps back with itself is told with it.
                if unopened.iter().any(|outer: &&PartPath| part.path.is_inside(outer)) {
                    continue;
                }
                // An archive of which nothing is left says of each member why.
                let is_opened = outcome.reason == Some(Reason::ArchiveMemberRemoved);
                if is_mail || (part.role == PartRole::Archive && !is_opened) {
                    unopened.insert(&part.path);
                }
            } else if contents.is_in_archive(&part.path) {
                // It lies in the archive that is attached.
                contents.packed.push(piece);
                continue;
            }
            if part.role == PartRole::Archive {
                contents.archives.insert(&part.path, part.name.as_ref());
            }
            // An enclosed mail that was opened is text to read, its parts follow it; one in an archive stays there.
            let is_shown = part.role == PartRole::Body || (is_mail && piece.written.is_some());
            if is_shown && !contents.is_in_archive(&part.path) {
                contents.bodies.push(piece);
                continue;
            }
            let number = contents.enclosures.len() + 1;
            let name = piece.written.as_ref().map(|file| names.give(part.name.as_ref(), number, file.format));
            contents.enclosures.push(Enclosure { number, piece, name: name.unwrap_or_default() });
        }
        contents.number_mails();
        Ok(contents)
    }

    fn number_mails(&mut self) {
        let around: Vec<_> = self.bodies.iter().flat_map(|body| self.around(&body.part.path)).collect();
        for mail in around {
            let next = self.shown.len() + 1;
            self.shown.entry(mail).or_insert(next);
        }
    }

    /// The mails inside the mail that `path` is in, outermost first; the last is `path` if that is one itself.
    pub(super) fn around(&self, path: &PartPath) -> Vec<&'a PartPath> {
        let numbers = path.numbers();
        let prefix = |depth| PartPath::new(numbers.get(..depth)?.to_vec());
        (1..=numbers.len()).filter_map(prefix).filter_map(|outer| self.mails.get(&outer).copied()).collect()
    }

    /// The number of a mail inside the mail; absent if there are no two to tell apart, or if nothing of it is shown.
    pub(super) fn mail_number(&self, mail: &PartPath) -> Option<usize> {
        self.shown.get(mail).copied().filter(|_| self.shown.len() > 1)
    }

    /// The mail inside the mail that an attachment came in, if it did.
    pub(super) fn mail_of(&self, enclosure: &Enclosure<'_>) -> Option<&'a PartPath> {
        let path = &enclosure.piece.part.path;
        self.around(path).into_iter().rfind(|mail| *mail != path)
    }

    /// What the archive that an attachment came in is called, if it came in one that has a name.
    pub(super) fn archive_of(&self, enclosure: &Enclosure<'_>) -> Option<&'a FileName> {
        let path = &enclosure.piece.part.path;
        self.archives.iter().rev().find(|(outer, _)| path.is_inside(outer)).and_then(|(_, name)| *name)
    }

    /// True for what an archive held.
    pub(super) fn is_in_archive(&self, path: &PartPath) -> bool {
        self.archives.keys().any(|outer| path.is_inside(outer))
    }

    /// The files to attach.
    pub(super) fn files(&self) -> Vec<File<'_>> {
        let written = self.enclosures.iter().filter_map(|e| e.piece.written.as_ref().map(|written| (e, written)));
        written
            .map(|(e, written)| File { name: &e.name, format: written.format, bytes: written.derivative.bytes() })
            .collect()
    }

    /// The names of the files to attach.
    pub(super) fn names(&self) -> Vec<(PartPath, String)> {
        let attached = self.enclosures.iter().filter(|enclosure| enclosure.piece.written.is_some());
        attached.map(|enclosure| (enclosure.piece.part.path.clone(), enclosure.name.clone())).collect()
    }

    /// How many attachments stand so.
    pub(super) fn count(&self, standing: Standing) -> usize {
        self.enclosures.iter().filter(|enclosure| enclosure.piece.standing == standing).count()
    }

    /// True if a body is not in the mail.
    pub(super) fn lacks_body(&self) -> bool {
        self.bodies.iter().any(|body| body.standing != Standing::Delivered)
    }

    /// What the recipients find.
    pub(super) fn status(&self) -> MailStatus {
        let enclosed = || self.enclosures.iter().map(|enclosure| &enclosure.piece);
        if enclosed().chain(&self.bodies).any(|piece| piece.outcome.is_kept()) {
            MailStatus::Action
        } else if self.lacks_body() || enclosed().any(Piece::is_another_file) {
            MailStatus::Changed
        } else if self.bodies.iter().any(|body| !body.outcome.findings.is_empty()) {
            MailStatus::Text
        } else {
            MailStatus::Clean
        }
    }
}

impl<'a> Piece<'a> {
    fn new(
        part: &'a Part,
        outcome: &'a PartOutcome,
        derivatives: &BTreeMap<(&'a PartPath, Digest), &'a Derivative>,
    ) -> Result<Self, ComposeError> {
        let path = &part.path;
        let written = match (outcome.action.needs_worker(), outcome.derivative) {
            (true, Some(digest)) => {
                let derivative = *derivatives
                    .get(&(path, digest))
                    .ok_or_else(|| inconsistent(path, "its derivative was not given"))?;
                let written = Written::of(derivative)?;
                if outcome.action == Action::Text && !written.format.is_text() {
                    return Err(inconsistent(path, "is to be read and is no text"));
                }
                Some(written)
            }
            (false, None) => None,
            (true, None) => return Err(inconsistent(path, "was to be rebuilt and has no derivative")),
            (false, Some(_)) => return Err(inconsistent(path, "is kept back and has a derivative")),
        };
        let standing = if written.is_some() { Standing::Delivered } else { standing(outcome) };
        Ok(Self { part, outcome, standing, written })
    }

    /// Why it is not in the mail.
    pub(super) fn reason(&self) -> Reason {
        self.outcome.reason.unwrap_or(match self.outcome.action {
            Action::Strip => Reason::RemovedByRule,
            Action::Hold => Reason::SenderRule,
            Action::Quarantine | Action::Text | Action::Rebuild => Reason::QuarantinedByRule,
        })
    }

    /// True if its reader does not get the very bytes that were sent.
    fn is_another_file(&self) -> bool {
        self.outcome.derivative != Some(self.part.digest)
    }
}

impl<'a> Written<'a> {
    fn of(derivative: &'a Derivative) -> Result<Self, ComposeError> {
        let unfit = |what| ComposeError::Unfit { path: derivative.path().clone(), what };
        let format = Format::of(&derivative.about().media_type).ok_or_else(|| unfit("has an unlisted media type"))?;
        let text = if format.is_text() { std::str::from_utf8(derivative.bytes()) } else { Ok("") };
        let text = text.map_err(|_| unfit("is not UTF-8"))?;
        Ok(Self { derivative, format, text })
    }
}

fn outcomes_by_path<'a>(letter: &Letter<'a>) -> Result<BTreeMap<&'a PartPath, &'a PartOutcome>, ComposeError> {
    let mut outcomes = BTreeMap::new();
    for outcome in letter.outcomes {
        if letter.facts.part(&outcome.path).is_none() {
            return Err(inconsistent(&outcome.path, "is not a part of the item"));
        }
        if outcomes.insert(&outcome.path, outcome).is_some() {
            return Err(inconsistent(&outcome.path, "has two outcomes"));
        }
    }
    Ok(outcomes)
}

fn inconsistent(path: &PartPath, what: &'static str) -> ComposeError {
    ComposeError::Inconsistent { path: path.clone(), what }
}

/// Where a part that was not written stands: whether its next step can bring it to its reader.
fn standing(outcome: &PartOutcome) -> Standing {
    use Reason as R;
    match (outcome.action, outcome.reason) {
        (Action::Strip, _) => Standing::Withheld,
        (Action::Hold, _) | (_, None) => Standing::Waiting,
        (
            _,
            Some(
                R::PasswordRequired
                | R::UnsupportedFormat
                | R::SenderRule
                | R::QuarantinedByRule
                | R::AmbiguousStructure
                | R::ArchiveMemberRemoved
                | R::ConvertFailed
                | R::ConvertTimeout,
            ),
        ) => Standing::Waiting,
        (_, Some(_)) => Standing::Withheld,
    }
}
