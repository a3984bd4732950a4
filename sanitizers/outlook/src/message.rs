//! From properties to a message.
//!
//! Refuses: a message over the allowance. Invariant: both containers end here, so that the same properties give the
//! same message whichever way they came.

use crate::properties::Properties;
use crate::{Allowance, Attachment, Body, Content, Message, Person, Unreadable, rtf};

/// Names shown at most in one list.
const MAX_PEOPLE: usize = 200;

/// One recipient: what it is (1 To, 2 Cc, 3 Bcc) and who.
pub(crate) struct Recipient {
    pub(crate) kind: u32,
    pub(crate) person: Person,
}

/// The message that has these properties.
pub(crate) fn assemble(
    mut properties: Properties<'_>,
    recipients: Vec<Recipient>,
    attachments: Vec<Attachment>,
    allowance: &mut Allowance,
) -> Result<Message, Unreadable> {
    let bodies = bodies(&mut properties, allowance)?;
    let (mut to, mut cc) = (Vec::new(), Vec::new());
    for recipient in recipients {
        match recipient.kind {
            1 if to.len() < MAX_PEOPLE => to.push(recipient.person),
            2 if cc.len() < MAX_PEOPLE => cc.push(recipient.person),
            _ => {}
        }
    }
    Ok(Message {
        subject: properties.text(0x0037),
        from: author(&properties).into_iter().collect(),
        to: if to.is_empty() { listed(&properties, 0x0E04) } else { to },
        cc: if cc.is_empty() { listed(&properties, 0x0E03) } else { cc },
        date: properties.time(0x0039).or_else(|| properties.time(0x0E06)),
        bodies,
        attachments,
    })
}

/// The recipient that has these properties.
pub(crate) fn recipient(properties: &Properties<'_>) -> Recipient {
    let person = Person {
        name: properties.text(0x3001).unwrap_or_default(),
        address: address(properties, &[0x39FE, 0x3003]).unwrap_or_default(),
    };
    Recipient { kind: properties.number(0x0C15).unwrap_or(1), person }
}

/// The attachment that has these properties and, for a file, these bytes.
pub(crate) fn attachment(properties: &Properties<'_>, content: Content) -> Attachment {
    let names = [0x3707, 0x3704, 0x3001].into_iter().filter_map(|id| properties.text(id));
    Attachment { names: names.collect(), media_type: properties.text(0x370E), content }
}

/// Whom the message was sent for, or else who sent it.
fn author(properties: &Properties<'_>) -> Option<Person> {
    let name = properties.text(0x0042).or_else(|| properties.text(0x0C1A)).unwrap_or_default();
    let address = address(properties, &[0x5D02, 0x0065, 0x5D01, 0x0C1F]).unwrap_or_default();
    let person = Person { name, address };
    (person != Person::default()).then_some(person)
}

/// The first that is an address of the internet and not the name in a directory.
fn address(properties: &Properties<'_>, ids: &[u16]) -> Option<String> {
    let mut given = ids.iter().filter_map(|id| properties.text(*id));
    given.find(|text| text.contains('@') && !text.starts_with('/'))
}

/// The names of a list as Outlook shows it.
fn listed(properties: &Properties<'_>, id: u16) -> Vec<Person> {
    let text = properties.text(id).unwrap_or_default();
    let names = text.split(';').map(str::trim).filter(|name| !name.is_empty());
    names.take(MAX_PEOPLE).map(|name| Person { name: name.to_owned(), address: String::new() }).collect()
}

/// Plain text and HTML; the text of RTF where there is neither.
fn bodies(properties: &mut Properties<'_>, allowance: &mut Allowance) -> Result<Vec<Body>, Unreadable> {
    let mut bodies = Vec::new();
    if let Some((bytes, charset)) = properties.take_text(0x1000) {
        bodies.push(Body { is_html: false, charset, bytes });
    }
    let html_charset = properties.charset(0x3FDE);
    let binary = properties.take_binary(0x1013).map(|bytes| (bytes.into_owned(), html_charset));
    if let Some((bytes, charset)) = binary.or_else(|| properties.take_text(0x1013)) {
        bodies.push(Body { is_html: true, charset, bytes });
    }
    bodies.retain(|body| !body.bytes.trim_ascii().is_empty());
    if let Some(packed) = properties.take_binary(0x1009).filter(|_| bodies.is_empty())
        && let Some(text) = rtf::text_of_packed(&packed, allowance)?
    {
        bodies.push(Body { is_html: false, charset: Some("utf-8".to_owned()), bytes: text.into_bytes() });
    }
    for body in &bodies {
        allowance.spend_part()?;
        allowance.spend_bytes(body.bytes.len())?;
    }
    Ok(bodies)
}
