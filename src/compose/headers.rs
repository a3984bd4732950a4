//! The header of the new mail: a fixed list of fields, each written anew from checked facts.
//!
//! Refuses: every field that is not named here, second authors, addresses over [`MAX_ADDRESSES`].
//! Invariant: every field but Received occurs at most once; From, Date and To exactly once (RFC 5322 3.6).

use super::contents::Contents;
use super::field::{Fields, addr_spec};
use super::text::{display_name, holds_encoded_word, single_line};
use super::{MailStatus, Notice, Site, wording};
use crate::domain::date;
use crate::domain::{Envelope, Facts, HeaderFacts, ItemId, MessageId, NamedAddress};

/// Addresses of one field.
const MAX_ADDRESSES: usize = 200;

/// Characters of a display name.
const MAX_DISPLAY_NAME: usize = 128;

/// Characters of a subject.
const MAX_SUBJECT: usize = 500;

/// Message-IDs of one thread: its first and its newest.
const MAX_THREAD: usize = 50;

/// Received fields kept for loop detection (RFC 5321 6.3: a threshold is "normally at least 100").
const MAX_HOPS: u32 = 100;

/// Our own name in From where nobody else wrote.
pub(super) const DAEMON: &str = "MAILER-DAEMON";

/// By what a mail is known.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) id: ItemId,
    pub(super) message_id: &'a MessageId,
    pub(super) status: MailStatus,
}

/// The header of a rebuilt mail, but for its MIME fields.
pub(super) fn of_letter(
    site: &Site,
    facts: &Facts,
    contents: &Contents<'_>,
    identity: &Identity<'_>,
    capacity: usize,
) -> Fields {
    let headers = &facts.headers;
    let received = date::local(facts.received_at, site.utc_offset_minutes);
    let mut fields = Fields::with_capacity(capacity);
    write_trace(&mut fields, site, facts.origin.envelope(), identity.id, headers.hops, &date::header(&received));
    fields.line("Message-ID", identity.message_id.as_str());
    fields.line("Date", &date::header(&headers.date.and_then(date::sent).unwrap_or(received)));
    write_author(&mut fields, site, facts);
    let answered =
        if headers.reply_to.is_empty() && headers.from.len() > 1 { &headers.from } else { &headers.reply_to };
    write_addresses(&mut fields, "Reply-To", answered);
    if headers.to.is_empty() {
        fields.line("To", "undisclosed-recipients:;");
    }
    write_addresses(&mut fields, "To", &headers.to);
    write_addresses(&mut fields, "Cc", &headers.cc);
    write_thread(&mut fields, "In-Reply-To", &headers.in_reply_to);
    write_thread(&mut fields, "References", &headers.references);
    write_subject(&mut fields, site, headers.subject.as_deref(), identity.status);
    write_origin(&mut fields, headers);
    write_own(&mut fields, identity);
    write_reasons(&mut fields, contents);
    fields
}

/// The header of a notice about an item that is kept back: nothing in it comes from the item's own header but the number
/// of its hops.
pub(super) fn of_notice(site: &Site, notice: &Notice<'_>, identity: &Identity<'_>, capacity: usize) -> Fields {
    let words = wording::of(site.language);
    let received = date::local(notice.received_at, site.utc_offset_minutes);
    let mut fields = Fields::with_capacity(capacity);
    write_trace(&mut fields, site, Some(notice.envelope), identity.id, notice.hops, &date::header(&received));
    fields.line("Message-ID", identity.message_id.as_str());
    fields.line("Date", &date::header(&received));
    fields.open("From").phrase(words.gateway).token(&format!("<{DAEMON}@{}>", site.host_name)).close();
    // Recipients may have been blind copies of one another.
    fields.line("To", "undisclosed-recipients:;");
    let subject = kept_subject(site, notice, identity.status);
    fields.open("Subject").unstructured(&subject).close();
    // RFC 3834 5: no responder answers a notice.
    fields.line("Auto-Submitted", "auto-generated");
    write_own(&mut fields, identity);
    let rule = notice.rule.map(|rule| format!("/{rule}")).unwrap_or_default();
    fields.line("X-Temizu-Reasons", &format!("mail={}{rule}", notice.reason));
    fields
}

/// Our own Received field, and one without content for each hop of the original. Hosts find loops by counting these
/// fields; a new mail that began to count anew would go round for ever.
fn write_trace(fields: &mut Fields, site: &Site, envelope: Option<&Envelope>, id: ItemId, hops: u32, date: &str) {
    fields.open("Received");
    let mut protocol = "HTTPS";
    if let Some(envelope) = envelope {
        let address = envelope.client.address.to_canonical();
        let literal = if address.is_ipv6() { format!("[IPv6:{address}]") } else { format!("[{address}]") };
        protocol = if envelope.client.tls.is_some() { "ESMTPS" } else { "ESMTP" };
        fields.token("from").token(&literal);
    }
    fields.token("by").token(site.host_name.as_str());
    fields.token("with").token(protocol).token("id").token(&format!("{};", id.reference())).token(date).close();
    for _ in 0..hops.min(MAX_HOPS) {
        fields.open("Received").token("from hidden.invalid").token("by hidden.invalid;").token(date).close();
    }
}

/// One author. With several, RFC 5322 3.6.2 asks for a Sender as well, and programs disagree on whom to show: some
/// show the Sender instead, which nobody checked. So the first author is named, no Sender is written, and whoever else
/// is named in From is left out rather than shown as something he is not; answers still reach them all by Reply-To.
fn write_author(fields: &mut Fields, site: &Site, facts: &Facts) {
    match (facts.headers.from.first(), facts.origin.sender()) {
        (Some(author), _) => write_addresses(fields, "From", std::slice::from_ref(author)),
        (None, Some(sender)) => fields.line("From", &addr_spec(sender)),
        (None, None) => fields.line("From", &format!("{DAEMON}@{}", site.host_name)),
    }
}

fn write_addresses(fields: &mut Fields, name: &str, addresses: &[NamedAddress]) {
    if addresses.is_empty() {
        return;
    }
    fields.open(name);
    let count = addresses.len().min(MAX_ADDRESSES);
    for (index, NamedAddress { name, address }) in addresses.iter().take(count).enumerate() {
        let comma = if index + 1 < count { "," } else { "" };
        let name = display_name(name, MAX_DISPLAY_NAME);
        if name.is_empty() {
            fields.token(&format!("{}{comma}", addr_spec(address)));
        } else {
            fields.phrase(&name).token(&format!("<{}>{comma}", addr_spec(address)));
        }
    }
    fields.close();
}

fn write_thread(fields: &mut Fields, name: &str, thread: &[MessageId]) {
    let newest = thread.len().saturating_sub(MAX_THREAD - 1).max(1);
    let mut kept = thread.iter().take(1).chain(thread.iter().skip(newest));
    let usable = |id: &&MessageId| !holds_encoded_word(id.as_str());
    let Some(first) = kept.by_ref().find(usable) else { return };
    fields.open(name).token(first.as_str());
    kept.filter(usable).for_each(|id| _ = fields.token(id.as_str()));
    fields.close();
}

fn write_subject(fields: &mut Fields, site: &Site, untrusted_subject: Option<&str>, status: MailStatus) {
    let line = subject(site, untrusted_subject, status);
    if !line.is_empty() {
        fields.open("Subject").unstructured(&line).close();
    }
}

/// What lists and robots say of themselves, so that filters find their mail and no responder answers it (RFC 2919,
/// RFC 3834 5). Words of known form, checked on both sides of the wall; everything else about a list stays behind,
/// above all its List-Unsubscribe, which programs open.
fn write_origin(fields: &mut Fields, headers: &HeaderFacts) {
    if let Some(list) = headers.list_id.as_deref().filter(|list| is_word(list)) {
        fields.line("List-Id", &format!("<{list}>"));
    }
    if let Some(keyword) = headers.auto_submitted.as_deref().filter(|word| is_word(word)) {
        fields.line("Auto-Submitted", keyword);
    }
    if let Some(precedence) = headers.precedence.as_deref().filter(|word| matches!(*word, "bulk" | "list" | "junk")) {
        fields.line("Precedence", precedence);
    }
}

/// Facts may be older than this version: only what could not be read as anything else.
fn is_word(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._@+=~".contains(&b))
}

/// The sender's subject behind our tag; empty if there is neither.
pub(super) fn subject(site: &Site, untrusted_subject: Option<&str>, status: MailStatus) -> String {
    let subject = single_line(untrusted_subject.unwrap_or_default(), MAX_SUBJECT);
    let words = wording::of(site.language);
    let tag = site.phrases.tag(status).unwrap_or(match status {
        MailStatus::Clean | MailStatus::Text => "",
        MailStatus::Changed => words.tag_changed,
        MailStatus::Action | MailStatus::Held | MailStatus::Quarantined => words.tag_action,
    });
    subject_line(tag, site.phrases.without_tags(&subject))
}

/// The subject of a notice about an item that is kept back.
pub(super) fn kept_subject(site: &Site, notice: &Notice<'_>, status: MailStatus) -> String {
    let tag = site.phrases.tag(status).unwrap_or(wording::of(site.language).tag_action);
    subject_line(tag, &super::notice::kept_subject(site, notice))
}

fn subject_line(tag: &str, subject: &str) -> String {
    let gap = if tag.is_empty() || subject.is_empty() { "" } else { " " };
    format!("{tag}{gap}{subject}")
}

fn write_own(fields: &mut Fields, identity: &Identity<'_>) {
    fields.line("X-Temizu-Id", &identity.id.reference().to_string());
    fields.line("X-Temizu-Status", identity.status.as_str());
}

/// Why parts are not in the mail, for machines and over the telephone: `3=password_required/R-004, body=too_large/R-009`,
/// by the number of the attachment in the text.
fn write_reasons(fields: &mut Fields, contents: &Contents<'_>) {
    let bodies = contents.bodies.iter().map(|piece| ("body".to_owned(), piece));
    let enclosed = contents.enclosures.iter().map(|enclosure| (enclosure.number.to_string(), &enclosure.piece));
    let mut withheld = bodies.chain(enclosed).filter(|(_, piece)| piece.written.is_none()).peekable();
    if withheld.peek().is_none() {
        return;
    }
    fields.open("X-Temizu-Reasons");
    while let Some((number, piece)) = withheld.next() {
        let comma = if withheld.peek().is_some() { "," } else { "" };
        fields.token(&format!("{number}={}/{}{comma}", piece.reason(), piece.outcome.rule));
    }
    fields.close();
}
