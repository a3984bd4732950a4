//! Receiving SMTP (RFC 5321), internet side: from the TCP connection to a durable original.
//!
//! Refuses: mail for other domains, line ends other than CRLF, what is too large, too slow, too many or out of turn.
//! It knows nothing of MIME; the content passes through as bytes. Invariant: `250` after DATA is said only when
//! [`OriginalWriter::accept`](crate::ports::OriginalWriter::accept) has returned `Ok`.

pub mod command;
pub mod data;
pub mod proxy;
pub mod reply;

mod channel;
mod hops;
mod intake;
mod listener;
mod pace;
mod reception;
mod session;
mod slots;
mod tls;
mod transaction;

pub use intake::Intake;
pub use listener::Bound;

/// Why intake cannot start. Every variant is for the operator to mend; nothing here is said to a client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpError {
    /// Only one of `smtp.tls_certificate` and `smtp.tls_key` is set.
    #[error("smtp.tls_certificate and smtp.tls_key must be set together")]
    HalfTls,
    /// A PEM file cannot be read, or holds nothing of use.
    #[error("cannot read {path} as PEM")]
    Pem {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: rustls_pki_types::pem::Error,
    },
    /// Certificate and key do not make a server identity.
    #[error("the certificate and the key of smtp.tls_certificate and smtp.tls_key do not fit together")]
    Identity(#[source] rustls::Error),
    /// An address of `smtp.listen` cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address as configured.
        address: std::net::SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
}
