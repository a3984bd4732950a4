//! Mail as Outlook keeps it: `.msg` files ([MS-OXMSG]) and `winmail.dat` (TNEF, [MS-OXTNEF]), read to one model.
//!
//! Refuses: what is no such container, and one that costs more than its [`Allowance`]. Invariant: an allowance only
//! ever shrinks, and every length a file claims is checked against the bytes that are there before it is believed.

mod bytes;
mod message;
mod msg;
mod properties;
mod rtf;
mod tnef;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

/// What reading may still cost, counted down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of bodies and attachments, unpacked.
    pub bytes: u64,
    /// Bodies and attachments.
    pub parts: u32,
    /// Levels below this one: a message without any needs one.
    pub depth: u32,
}

/// Why a container, or a message in it, is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not what it should be.
    #[error("not a message of Outlook")]
    Malformed,
    /// Over [`Allowance::bytes`].
    #[error("too many bytes inside")]
    TooLarge,
    /// Over [`Allowance::parts`].
    #[error("too many parts inside")]
    TooManyParts,
    /// Over [`Allowance::depth`].
    #[error("nested too deeply")]
    TooDeep,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Subject, as it stands there.
    pub subject: Option<String>,
    /// Who wrote it.
    pub from: Vec<Person>,
    /// To.
    pub to: Vec<Person>,
    /// Cc.
    pub cc: Vec<Person>,
    /// When it was sent, or else delivered: seconds since the epoch.
    pub date: Option<i64>,
    /// The same text in several forms, the richest last.
    pub bodies: Vec<Body>,
    /// Attachments, in their order.
    pub attachments: Vec<Attachment>,
}

/// Somebody who wrote or got a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Display name, or empty.
    pub name: String,
    /// `local@domain`, or empty where only a directory name is known.
    pub address: String,
}

/// A body in one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// HTML; plain text otherwise.
    pub is_html: bool,
    /// Charset label of the bytes, if one is given.
    pub charset: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The names it came under, the one to show first.
    pub names: Vec<String>,
    /// Media type it declares, as written.
    pub media_type: Option<String>,
    /// What it is.
    pub content: Content,
}

/// What an attachment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A file.
    File(Vec<u8>),
    /// A message that has no bytes of its own.
    Message(Box<Message>),
    /// A message that was left closed, and why.
    Closed(Unreadable),
    /// An object of another program, or a file that lies elsewhere.
    Absent,
}

/// Reads a `.msg` file.
///
/// # Errors
/// [`Unreadable`]; what was spent stays spent.
pub fn read_msg(bytes: &[u8], allowance: &mut Allowance) -> Result<Message, Unreadable> {
    msg::read(bytes, allowance)
}

/// Reads a `winmail.dat`.
///
/// # Errors
/// [`Unreadable`]; what was spent stays spent.
pub fn read_tnef(bytes: &[u8], allowance: &mut Allowance) -> Result<Message, Unreadable> {
    tnef::read(bytes, allowance)
}

impl Allowance {
    fn spend_bytes(&mut self, length: usize) -> Result<(), Unreadable> {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.bytes = self.bytes.checked_sub(length).ok_or(Unreadable::TooLarge)?;
        Ok(())
    }

    fn spend_part(&mut self) -> Result<(), Unreadable> {
        self.parts = self.parts.checked_sub(1).ok_or(Unreadable::TooManyParts)?;
        Ok(())
    }

    /// Runs `read` one level deeper; bytes and parts that it spends are spent here too.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Unreadable>) -> Result<T, Unreadable> {
        let depth = self.depth;
        self.depth = depth.checked_sub(1).filter(|left| *left > 0).ok_or(Unreadable::TooDeep)?;
        let ended = read(self);
        self.depth = depth;
        ended
    }
}
