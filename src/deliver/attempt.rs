//! One attempt to hand a mail over: a result for each recipient.
//!
//! Only a 2xx after the final dot counts as sent; whatever breaks before it leaves the recipients waiting, so that a
//! mail may arrive twice and never not at all. A refusal concerns its recipient alone; one that concerns this gateway
//! and comes before any recipient was taken is a setting to be mended, and the mail waits for that.
//! Invariant: one settlement per recipient of the dispatch, in its order.

use lettre::Address;
use lettre::transport::smtp::commands::{Mail, Rcpt};
use lettre::transport::smtp::extension::MailParameter;

use super::connection::Connection;
use super::reply::{Answer, Class, Lost};
use crate::domain::Mailbox;
use crate::ports::{Dispatch, Reply, Settlement};

/// Commands of one burst, so that replies never fill the peer's buffers while commands fill ours.
const BURST: usize = 100;

/// What came of an attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    /// One per recipient; `Sent`, `Refused` or `Deferred`.
    pub(super) settlements: Vec<(Mailbox, Settlement)>,
    /// The connection was gone before MAIL was answered: if it had been used before, a fresh one may do better.
    pub(super) stale: bool,
}

impl Attempt {
    /// Nothing could be tried: every recipient waits, for the same reason.
    pub(super) fn deferred(dispatch: &Dispatch, reply: &Reply) -> Self {
        let wait = |to: &Mailbox| (to.clone(), Settlement::Deferred(reply.clone()));
        Self { settlements: dispatch.forward_paths.iter().map(wait).collect(), stale: false }
    }

    /// Hands `dispatch` over on `connection`.
    pub(super) async fn make(connection: &mut Connection, dispatch: &Dispatch) -> Self {
        connection.begin_mail();
        let mut answers = Vec::with_capacity(dispatch.forward_paths.len().saturating_add(1));
        let end = hand_over(connection, dispatch, &mut answers).await;
        let stale = answers.is_empty();
        let of_recipients = answers.into_iter().skip(1).map(Some).chain(std::iter::repeat(None));
        let settlements = dispatch.forward_paths.iter().cloned().zip(of_recipients);
        Self { settlements: settlements.map(|(to, rcpt)| (to, settle(rcpt.as_ref(), &end))).collect(), stale }
    }
}

/// How the transaction ended for the recipients that RCPT did not turn away.
enum End {
    Answered(Answer),
    Lost(Lost),
    /// MAIL was turned away: what RCPT said then means nothing.
    NotBegun(Answer),
    /// RCPT turned everybody away.
    ForNobody,
}

async fn hand_over(connection: &mut Connection, dispatch: &Dispatch, answers: &mut Vec<Answer>) -> End {
    let lost = envelope(connection, dispatch, answers).await.err();
    if lost == Some(Lost::Senseless) {
        return End::Lost(Lost::Senseless);
    }
    if let Some(mail) = answers.first().filter(|mail| is_no(mail)) {
        connection.reset().await;
        return End::NotBegun(mail.clone());
    }
    if let Some(lost) = lost {
        return End::Lost(lost);
    }
    if answers.iter().skip(1).all(is_no) {
        connection.reset().await;
        return End::ForNobody;
    }
    match content(connection, dispatch).await {
        Ok(answer) => End::Answered(answer),
        Err(lost) => End::Lost(lost),
    }
}

/// MAIL and RCPT, until MAIL is turned away.
async fn envelope(connection: &mut Connection, dispatch: &Dispatch, answers: &mut Vec<Answer>) -> Result<(), Lost> {
    let commands = envelope_commands(connection, dispatch);
    let burst = if connection.offers_pipelining() { BURST } else { 1 };
    for commands in commands.chunks(burst) {
        connection.turn(commands, answers).await?;
        if answers.first().is_some_and(is_no) {
            return Ok(());
        }
        if answers.iter().any(|answer| answer.class() == Class::GoOn) {
            return Err(connection.doubt());
        }
    }
    Ok(())
}

fn is_no(answer: &Answer) -> bool {
    matches!(answer.class(), Class::NotNow | Class::Never)
}

fn envelope_commands(connection: &Connection, dispatch: &Dispatch) -> Vec<String> {
    let size = connection.offers_size().then(|| MailParameter::Size(dispatch.mail.bytes().len()));
    let mail = Mail::new(dispatch.reverse_path.mailbox().map(verbatim), size.into_iter().collect());
    let rcpt = dispatch.forward_paths.iter().map(|to| Rcpt::new(verbatim(to), Vec::new()).to_string());
    std::iter::once(mail.to_string()).chain(rcpt).collect()
}

async fn content(connection: &mut Connection, dispatch: &Dispatch) -> Result<Answer, Lost> {
    let data = connection.data().await?;
    match data.class() {
        Class::GoOn => {}
        Class::NotNow | Class::Never => {
            connection.reset().await;
            return Ok(data);
        }
        Class::Done => return Err(connection.doubt()),
    }
    let end = connection.content(&dispatch.mail).await?;
    if end.class() == Class::GoOn { Err(connection.doubt()) } else { Ok(end) }
}

fn settle(rcpt: Option<&Answer>, end: &End) -> Settlement {
    let decisive = match (end, rcpt) {
        // A host that the next hop does not relay for is told so for every mail: refused, all mail of that day would need
        // an operator. It waits instead, and the alarm rings.
        (End::NotBegun(no), _) | (End::ForNobody, Some(no)) if no.objects_to_us() => {
            return Settlement::Deferred(no.to_reply());
        }
        (End::NotBegun(mail), _) => mail,
        // Who knows which command the earlier replies belong to?
        (End::Lost(Lost::Senseless), _) => return Settlement::Deferred(Lost::Senseless.to_reply()),
        (_, Some(rcpt)) if rcpt.class() != Class::Done => rcpt,
        (End::Answered(answer), _) => answer,
        (End::Lost(lost), _) => return Settlement::Deferred(lost.to_reply()),
        (End::ForNobody, _) => return Settlement::Deferred(Lost::Senseless.to_reply()),
    };
    match decisive.class() {
        Class::Done => Settlement::Sent(decisive.to_reply()),
        Class::Never => Settlement::Refused(decisive.to_reply()),
        Class::NotNow | Class::GoOn => Settlement::Deferred(decisive.to_reply()),
    }
}

/// The address as it was spoken. lettre's own check refuses `a..b.@docomo.ne.jp`; a [`Mailbox`] is safe in a command.
fn verbatim(mailbox: &Mailbox) -> Address {
    let (local, domain) = mailbox.as_str().rsplit_once('@').unwrap_or((mailbox.as_str(), ""));
    Address::new_dangerous(local, domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mailbox_reaches_the_command_line_as_it_was_spoken() {
        for text in ["abc..def.@docomo.ne.jp", ".a@EZweb.ne.jp", "\"a b@c\"@Example.JP", "x@[192.168.0.1]"] {
            let mailbox = Mailbox::parse(text).unwrap();
            assert_eq!(Rcpt::new(verbatim(&mailbox), Vec::new()).to_string(), format!("RCPT TO:<{text}>\r\n"));
        }
    }
}
