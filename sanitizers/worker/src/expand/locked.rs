//! Attachments behind a password, tried with the passwords that came with the item.
//!
//! Refuses: to try anything without a password, and to hash more for all attachments together than one may cost.
//! Invariant: what was opened goes on as a file that was never encrypted; nothing tells which password opened it.

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use sanitizer_api::{Code, Detected};
use sanitizer_mail::Leaf;
use sanitizer_protocol::Passwords;
use sanitizer_unlock::{Allowance, Locked};

use super::{Node, Origin, Walk, archive, length};
use crate::mapping;

/// Passwords, and what trying them may still cost.
pub(super) struct Keys {
    passwords: Passwords,
    work: u64,
}

impl Keys {
    pub(super) fn new(passwords: &Passwords) -> Self {
        Self { passwords: passwords.clone(), work: Allowance::WORK }
    }
}

impl<'a> Walk<'a> {
    /// A file that is no archive: if a password opens it, what was inside stands in its place.
    pub(super) fn locked(&mut self, leaf: Leaf<'a>, detected: Detected, origin: Origin) {
        let Some(content) = self.unlock(&leaf, &detected, origin) else { return self.push(leaf, detected) };
        let detected = mapping::detected_file(&content, &leaf.names.extensions);
        if archive::opens(&detected) {
            return self.archive_of(leaf, detected, origin, Some(&content));
        }
        let given_back = if origin.spent { length(&leaf.bytes) } else { 0 };
        self.reach.bytes = self.reach.bytes.saturating_add(given_back).saturating_sub(length(&content));
        self.out.nodes.push(Node { leaf, detected, head: None, text: None, opened: false, content: Some(content) });
    }

    /// The content of a file that is encrypted, if a password opens it; if none does, why is told of.
    pub(super) fn unlock(&mut self, leaf: &Leaf<'_>, detected: &Detected, origin: Origin) -> Option<Vec<u8>> {
        let passwords = self.keys.passwords.reveal();
        if !detected.encrypted || passwords.is_empty() {
            return None;
        }
        let given_back = if origin.spent { length(&leaf.bytes) } else { 0 };
        let bytes = self.reach.bytes.saturating_add(given_back);
        let mut allowance = Allowance { bytes, members: self.reach.parts, work: self.keys.work };
        // Libraries of others read these bytes: one that panics costs this file and nothing else.
        let ended = catch_unwind(AssertUnwindSafe(|| {
            sanitizer_unlock::unlock(detected.id, &leaf.bytes, &passwords, &mut allowance)
        }));
        self.keys.work = allowance.work;
        let (told, content) = match ended {
            Ok(Ok(opened)) => (Some(Code::PasswordOpened), Some(opened.bytes)),
            Ok(Err(Locked::WrongPassword)) => (Some(Code::WrongPassword), None),
            Ok(Err(Locked::TooMuch)) => (Some(Code::TooLarge), None),
            // That a password is wanted is said anyway.
            Ok(Err(Locked::NotSupported)) => (None, None),
            Ok(Err(Locked::Broken)) | Err(_) => (Some(Code::Corrupt), None),
        };
        self.out.findings.extend(told.map(|code| (leaf.path.clone(), code, 1)));
        content
    }
}
