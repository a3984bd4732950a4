//! A mail transaction (RFC 5321 3.3): the envelope while it is being given.
//!
//! Refuses: recipients of other domains, recipients beyond the limit. Invariant: no recipient is in it twice.

use std::collections::BTreeSet;

use super::command::{MailFrom, Recipient};
use super::reply::Reply;
use crate::config;
use crate::domain::{Client, Domain, Envelope, Mailbox, ReversePath};

/// From MAIL to the end of DATA, or to RSET.
#[derive(Debug)]
pub(super) struct Transaction {
    reverse_path: ReversePath,
    eight_bit: bool,
    forward_paths: Vec<Mailbox>,
    known: BTreeSet<(String, Domain)>,
}

impl Transaction {
    pub(super) fn begin(mail: MailFrom) -> Self {
        Self {
            reverse_path: mail.reverse_path,
            eight_bit: mail.eight_bit,
            forward_paths: Vec::new(),
            known: BTreeSet::new(),
        }
    }

    /// Takes a recipient, or says why not. Case matters in the local part and not in the domain (RFC 5321 2.4).
    pub(super) fn add(&mut self, recipient: Recipient, smtp: &config::Smtp) -> Reply {
        let Some(mailbox) = resolve(recipient, &smtp.domains) else {
            return Reply::RelayDenied;
        };
        let key = (mailbox.local_part().to_owned(), mailbox.domain());
        if self.known.contains(&key) {
            return Reply::RecipientAccepted;
        }
        if self.forward_paths.len() >= usize::try_from(smtp.max_recipients).unwrap_or(usize::MAX) {
            return Reply::TooManyRecipients;
        }
        self.known.insert(key);
        self.forward_paths.push(mailbox);
        Reply::RecipientAccepted
    }

    pub(super) fn has_recipient(&self) -> bool {
        !self.forward_paths.is_empty()
    }

    /// The envelope of the mail that was received in this transaction.
    pub(super) fn into_envelope(self, client: Client) -> Envelope {
        Envelope {
            reverse_path: self.reverse_path,
            forward_paths: self.forward_paths,
            client,
            eight_bit: self.eight_bit,
        }
    }
}

/// The mailbox of a recipient, if it is in one of `domains`; the bare postmaster belongs to the first of them.
fn resolve(recipient: Recipient, domains: &[Domain]) -> Option<Mailbox> {
    match recipient {
        Recipient::Mailbox(mailbox) => domains.contains(&mailbox.domain()).then_some(mailbox),
        Recipient::Postmaster => {
            domains.first().and_then(|domain| Mailbox::parse(&format!("postmaster@{domain}")).ok())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(max_recipients: u32) -> config::Smtp {
        let domains = ["city.example.lg.jp", "town.example.lg.jp"].map(|name| Domain::parse(name).unwrap()).to_vec();
        config::Smtp { domains, max_recipients, ..config::Smtp::default() }
    }

    fn begin() -> Transaction {
        Transaction::begin(MailFrom { reverse_path: ReversePath::null(), size: None, eight_bit: true })
    }

    fn check(transaction: &mut Transaction, smtp: &config::Smtp, address: &str, reply: Reply) {
        let recipient = Recipient::Mailbox(Mailbox::parse(address).unwrap());
        assert_eq!(transaction.add(recipient, smtp), reply, "{address}");
    }

    #[test]
    fn only_exactly_the_configured_domains_are_ours() {
        let (mut transaction, smtp) = (begin(), smtp(10));
        check(&mut transaction, &smtp, "a@city.example.lg.jp", Reply::RecipientAccepted);
        check(&mut transaction, &smtp, "a@TOWN.example.LG.jp", Reply::RecipientAccepted);
        for address in ["a@mail.city.example.lg.jp", "a@evilcity.example.lg.jp", "a@lg.jp", "a@[192.0.2.1]"] {
            check(&mut transaction, &smtp, address, Reply::RelayDenied);
        }
        check(&mut transaction, &smtp, "\"x@evil.example\"@city.example.lg.jp", Reply::RecipientAccepted);
    }

    #[test]
    fn a_repeated_recipient_is_kept_once_and_does_not_count() {
        let (mut transaction, smtp) = (begin(), smtp(2));
        assert!(!transaction.has_recipient());
        check(&mut transaction, &smtp, "a@city.example.lg.jp", Reply::RecipientAccepted);
        check(&mut transaction, &smtp, "a@City.example.lg.jp", Reply::RecipientAccepted);
        check(&mut transaction, &smtp, "A@city.example.lg.jp", Reply::RecipientAccepted);
        check(&mut transaction, &smtp, "b@city.example.lg.jp", Reply::TooManyRecipients);
        check(&mut transaction, &smtp, "a@CITY.example.lg.jp", Reply::RecipientAccepted);
        assert!(transaction.has_recipient());
        let client = Client { address: [192, 0, 2, 1].into(), helo: "x".to_owned(), tls: None };
        let envelope = transaction.into_envelope(client);
        let paths: Vec<&str> = envelope.forward_paths.iter().map(Mailbox::as_str).collect();
        assert_eq!(paths, ["a@city.example.lg.jp", "A@city.example.lg.jp"]);
        assert!(envelope.eight_bit);
    }

    #[test]
    fn the_bare_postmaster_is_that_of_the_first_domain() {
        let (mut transaction, smtp) = (begin(), smtp(10));
        assert_eq!(transaction.add(Recipient::Postmaster, &smtp), Reply::RecipientAccepted);
        check(&mut transaction, &smtp, "postmaster@city.example.lg.jp", Reply::RecipientAccepted);
        assert_eq!(transaction.forward_paths.len(), 1);
    }
}
