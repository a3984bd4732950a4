//! What was said in the SMTP dialogue that brought an item (RFC 5321 2.3.1), and where items come from.
//!
//! Invariant: an [`Envelope`] has at least one forward path once its item is accepted.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::address::{Mailbox, ReversePath};

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
}

impl Origin {
    /// The envelope of a mail.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        match self {
            Self::Mail(envelope) => envelope,
        }
    }
}
