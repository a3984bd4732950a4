//! A made-up mail in the making: parts, what became of them, and what was written of them.
//!
//! Refuses nothing. Invariant: every part has exactly one outcome, and its derivative if it was written.
#![expect(clippy::disallowed_methods, reason = "every byte here is our own text, and no mail is made of it")]

use bytes::Bytes;

use super::RECEIVED;
use crate::domain::derivative::About;
use crate::domain::{
    Action, Assurance, CheckMethod, CheckResult, Client, Derivative, Digest, Domain, Envelope, Facts, FileName,
    Finding, HeaderFacts, Link, Mailbox, NamedAddress, Origin, Part, PartOutcome, PartPath, PartRole, Reason,
    ReversePath, RuleName, SenderCheck, SenderFacts, TypeClass, TypeId,
};

/// The class of every made-up file.
pub(super) const CLASS: TypeClass = TypeClass::Document;

const AUTHOR: &str = "keiri@yamada-kensetsu.example";

/// A made-up mail.
#[derive(Debug)]
pub(super) struct Draft {
    japanese: bool,
    facts: Facts,
    outcomes: Vec<PartOutcome>,
    derivatives: Vec<Derivative>,
    /// The place of the mail inside the mail that was added last, and how many parts it has.
    enclosed: (u16, u16),
    next: u16,
}

impl Draft {
    pub(super) fn new(japanese: bool) -> Self {
        let author = Mailbox::parse(AUTHOR).ok();
        let envelope = Envelope {
            reverse_path: author.clone().map_or_else(ReversePath::null, ReversePath::of),
            forward_paths: Vec::new(),
            client: Client { address: [192, 0, 2, 25].into(), helo: String::new(), tls: None },
            eight_bit: false,
        };
        let (name, subject) = if japanese {
            ("山田建設", "令和8年度 下水道工事 請求書の送付")
        } else {
            ("Yamada Construction", "Invoice for the sewer works")
        };
        let from = author.map(|address| NamedAddress { name: name.to_owned(), address }).into_iter().collect();
        let headers = HeaderFacts { from, subject: Some(subject.to_owned()), ..HeaderFacts::default() };
        let facts = Facts {
            received_at: RECEIVED,
            origin: Origin::Mail(envelope),
            length: 0,
            headers,
            parts: Vec::new(),
            findings: Vec::new(),
            ambiguities: Vec::new(),
            sender: SenderFacts::default(),
        };
        Self { japanese, facts, outcomes: Vec::new(), derivatives: Vec::new(), enclosed: (0, 0), next: 1 }
    }

    pub(super) const fn is_japanese(&self) -> bool {
        self.japanese
    }

    pub(super) const fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn outcomes(&self) -> &[PartOutcome] {
        &self.outcomes
    }

    pub(super) fn derivatives(&self) -> &[Derivative] {
        &self.derivatives
    }

    pub(super) fn body(self, text: &str, findings: &[Reason], links: &[(&str, Option<&str>)]) -> Self {
        self.written(PartRole::Body, None, text, findings, links)
    }

    pub(super) fn file(self, name: &str, text: &str, findings: &[Reason]) -> Self {
        self.written(PartRole::Attachment, Some(name), text, findings, &[])
    }

    pub(super) fn enclosed_mail(mut self, header: &str) -> Self {
        self.enclosed = (self.next, 0);
        self.written(PartRole::Enclosed, None, header, &[Reason::EnclosedMail], &[])
    }

    /// A part of the mail inside the mail that was added last.
    pub(super) fn within(mut self, role: PartRole, name: Option<&str>, text: &str) -> Self {
        let (outer, count) = self.enclosed;
        self.enclosed = (outer, count.saturating_add(1));
        let path = path(&[outer, count.saturating_add(1)]);
        self.write(path, role, name, text, &[], &[]);
        self
    }

    fn written(
        mut self,
        role: PartRole,
        name: Option<&str>,
        text: &str,
        findings: &[Reason],
        links: &[(&str, Option<&str>)],
    ) -> Self {
        let path = self.step();
        self.write(path, role, name, text, findings, links);
        self
    }

    pub(super) fn kept(mut self, name: &str, length: u64, action: Action, reason: Reason) -> Self {
        let path = self.step();
        self.part(path.clone(), PartRole::Attachment, Some(name), length, Digest::of(b"original"));
        self.outcomes.extend(outcome(path, action, Some(reason), &[], None));
        self
    }

    /// Something was found about the mail as a whole.
    pub(super) fn found(mut self, code: Reason) -> Self {
        self.facts.findings.push(Finding { code, part: PartPath::root(), count: 1 });
        self
    }

    /// A trusted relay says that the author's domain sent it.
    pub(super) fn authenticated(mut self) -> Self {
        self.check(CheckResult::Pass);
        self
    }

    /// The author is not who he seems to be.
    pub(super) fn spoofed(mut self) -> Self {
        if let Some(author) = self.facts.headers.from.first_mut() {
            let title = if self.japanese { "市長" } else { "The mayor" };
            author.name = format!("{title} <mayor@city.example.lg.jp>");
        }
        self.check(CheckResult::Fail);
        self.found(Reason::SenderNameSpoofed).found(Reason::AuthenticationFailed)
    }

    fn check(&mut self, result: CheckResult) {
        let said_by = Domain::placeholder();
        let check = SenderCheck { method: CheckMethod::Dmarc, result, domain: None, aligned: true, said_by };
        self.facts.sender.checks.push(check);
    }

    fn step(&mut self) -> PartPath {
        let number = self.next;
        self.next = number.saturating_add(1);
        path(&[number])
    }

    fn part(&mut self, path: PartPath, role: PartRole, name: Option<&str>, length: u64, digest: Digest) {
        let name = name.and_then(|name| FileName::try_from(name.to_owned()).ok());
        let Ok(detected) = TypeId::try_from("text".to_owned()) else { return };
        let extensions = name.iter().filter_map(FileName::extension).collect();
        self.facts.parts.push(Part {
            path,
            role,
            declared: "text/plain".to_owned(),
            detected,
            class: CLASS,
            name,
            folders: Vec::new(),
            extensions,
            length,
            digest,
            encrypted: false,
        });
    }

    fn write(
        &mut self,
        path: PartPath,
        role: PartRole,
        name: Option<&str>,
        text: &str,
        findings: &[Reason],
        links: &[(&str, Option<&str>)],
    ) {
        let link = |(number, (target, shown)): (u32, &(&str, Option<&str>))| Link {
            number,
            target: (*target).to_owned(),
            shown: shown.map(str::to_owned),
        };
        let about = About {
            media_type: "text/plain".to_owned(),
            sanitizer: "text".to_owned(),
            version: 1,
            assurance: Assurance::Rebuilt,
            links: (1u32..).zip(links).map(link).collect(),
            places: Vec::new(),
        };
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let derivative = Derivative::vouch(path.clone(), bytes, about);
        // Unless something was found, the very bytes that were sent.
        let sent = if findings.is_empty() { derivative.digest() } else { Digest::of(b"original") };
        self.part(path.clone(), role, name, 1, sent);
        let action = if role == PartRole::Attachment { Action::Rebuild } else { Action::Text };
        self.outcomes.extend(outcome(path, action, None, findings, Some(derivative.digest())));
        self.derivatives.push(derivative);
    }
}

fn path(numbers: &[u16]) -> PartPath {
    PartPath::new(numbers.to_vec()).unwrap_or_default()
}

fn outcome(
    path: PartPath,
    action: Action,
    reason: Option<Reason>,
    findings: &[Reason],
    derivative: Option<Digest>,
) -> Option<PartOutcome> {
    let findings = findings.iter().map(|code| Finding { code: *code, part: path.clone(), count: 1 }).collect();
    let rule = RuleName::try_from("R-012".to_owned()).ok()?;
    let assurance = derivative.map(|_| Assurance::Rebuilt);
    Some(PartOutcome { path, action, reason, rule, findings, derivative, assurance })
}
