//! The names that rebuilt parts are handed out under: those of the delivered mails, and fit ones for the rest.
//!
//! Refuses nothing. Invariant: the extension of a name fits the bytes; a part has one name per form it was written in,
//! that of the first mail that carries it.

use crate::compose;
use crate::domain::{Derivative, Digest, Facts, PartOutcome, PartPath, PartRole};
use crate::ports::HandedName;

/// Names in the making.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<HandedName>);

impl Names {
    /// Takes the names under which a mail carries files of which it became `outcomes`.
    pub(super) fn attached(&mut self, outcomes: &[PartOutcome], names: Vec<(PartPath, String)>) {
        for (part, name) in names {
            let outcome = outcomes.iter().find(|outcome| outcome.path == part);
            if let Some(digest) =
                outcome.and_then(|outcome| outcome.derivative).filter(|digest| !self.has(&part, *digest))
            {
                self.0.push(HandedName { part, digest, name });
            }
        }
    }

    /// All names, with fit ones for what no mail carries as a file: texts, what lies in archives, single files.
    pub(super) fn of_all(mut self, facts: &Facts, derivatives: &[Derivative]) -> Vec<HandedName> {
        for derivative in derivatives {
            let (path, digest) = (derivative.path(), derivative.digest());
            let Some(part) = facts.part(path).filter(|_| !self.has(path, digest)) else { continue };
            let media_type = derivative.about().media_type.as_str();
            let nameless = if part.role == PartRole::Attachment { "attachment" } else { "text" };
            let came_as = part.name.as_ref().and_then(|name| compose::attached_name(name.as_str(), media_type));
            let name = came_as.or_else(|| compose::attached_name(&format!("{nameless}-{path}"), media_type));
            self.0.extend(name.map(|name| HandedName { part: path.clone(), digest, name }));
        }
        self.0
    }

    fn has(&self, part: &PartPath, digest: Digest) -> bool {
        self.0.iter().any(|one| one.part == *part && one.digest == digest)
    }
}
