//! What was said in the SMTP dialogue that brought an item (RFC 5321 2.3.1), and where items come from.
//!
//! Invariant: an [`Envelope`] has at least one forward path once its item is accepted.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::address::{Mailbox, ReversePath};
use super::id::AccountId;
use super::name::FileName;

/// The envelope of one accepted mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// MAIL FROM.
    pub reverse_path: ReversePath,
    /// RCPT TO, in the order given, without repetition.
    pub forward_paths: Vec<Mailbox>,
    /// Who connected.
    pub client: Client,
    /// BODY=8BITMIME was declared (RFC 6152).
    pub eight_bit: bool,
}

/// The host at the other end of the SMTP session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its address: of the TCP peer, or as a listed peer's PROXY header gave it.
    pub address: IpAddr,
    /// Its EHLO or HELO argument, at most 255 printable ASCII characters.
    pub helo: String,
    /// TLS version and cipher suite, if the session was encrypted when the mail came.
    pub tls: Option<String>,
}

/// Where an item came from. All that follows is the same for every origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A mail, received over SMTP.
    Mail(Envelope),
    /// A file that staff put in themselves, to be sanitized for them.
    Upload(Upload),
}

/// A file from the portal. Nobody sent it, and no mail leaves because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Who put it in.
    pub by: AccountId,
    /// For which of their mailboxes: who else reads for it sees what became of the file.
    pub mailbox: Mailbox,
    /// The name it came under.
    pub name: FileName,
}

impl Origin {
    /// The envelope of a mail.
    #[must_use]
    pub const fn envelope(&self) -> Option<&Envelope> {
        match self {
            Self::Mail(envelope) => Some(envelope),
            Self::Upload(_) => None,
        }
    }

    /// The file that it is, if it is no mail.
    #[must_use]
    pub const fn upload(&self) -> Option<&Upload> {
        match self {
            Self::Mail(_) => None,
            Self::Upload(upload) => Some(upload),
        }
    }

    /// Who sent it, by the envelope. Nobody sent an upload.
    #[must_use]
    pub const fn sender(&self) -> Option<&Mailbox> {
        match self {
            Self::Mail(envelope) => envelope.reverse_path.mailbox(),
            Self::Upload(_) => None,
        }
    }

    /// Where a mail's failures are reported to: MAIL FROM; null for an upload.
    #[must_use]
    pub fn reverse_path(&self) -> ReversePath {
        self.envelope().map_or_else(ReversePath::null, |envelope| envelope.reverse_path.clone())
    }

    /// For whom it is: RCPT TO, or the mailbox of whoever put it in.
    #[must_use]
    pub fn recipients(&self) -> &[Mailbox] {
        match self {
            Self::Mail(envelope) => &envelope.forward_paths,
            Self::Upload(upload) => std::slice::from_ref(&upload.mailbox),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_items_come_from_reads_as_it_was_stored_before_there_were_uploads() {
        let stored = r#"{"mail":{"reverse_path":"a@x.example","forward_paths":["b@city.example"],"client":{"address":"192.0.2.1","helo":"x","tls":null},"eight_bit":false}}"#;
        let mail: Origin = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&mail).unwrap(), stored);
        assert_eq!(mail.sender().map(Mailbox::as_str), Some("a@x.example"));
        let (by, mailbox) = (AccountId::from_bytes([7; 16]), Mailbox::parse("hanako@city.example").unwrap());
        let upload =
            Origin::Upload(Upload { by, mailbox, name: FileName::try_from("見積.docx".to_owned()).unwrap() });
        let text = serde_json::to_string(&upload).unwrap();
        // The stores tell uploads by this.
        assert!(text.starts_with(r#"{"upload":{"#), "{text}");
        assert_eq!(serde_json::from_str::<Origin>(&text).unwrap(), upload);
        assert_eq!((upload.sender(), upload.recipients().len(), upload.reverse_path().as_str()), (None, 1, ""));
    }
}
