//! One SMTP connection to the next hop, on lettre's low-level client.
//!
//! TLS is put under the client by this module: lettre 0.11.23 keeps plain-text replies that arrive together with the
//! answer to STARTTLS and would take them for encrypted ones; here they are thrown away with the plain stream.
//! Invariant: whatever a mail's bytes are, the next hop takes in exactly these ([`WireMail`] ends in CRLF, and lettre
//! adds one of its own before the final dot, so the last CRLF is left to lettre).

use std::fmt::Display;
use std::io;
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Quit, Rset, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::reply::{Answer, Lost, Unreachable, answer_of};
use super::turn::TurnStream;
use super::{DeliverError, tls};
use crate::config::{Config, DeliverTls};
use crate::domain::WireMail;

/// Bytes of a mail handed to the client at once.
const PIECE: usize = 64 * 1024;

/// The final dot is answered only after the mail is stored: this many times the usual patience (RFC 5321 4.5.3.2.6:
/// ten minutes where other replies have two; leaving early would deliver twice).
const PATIENCE_FOR_CONTENT: u32 = 5;

/// Patience with a server that does not answer QUIT.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where mails go, and how.
#[derive(Clone)]
pub(super) struct NextHop {
    host: String,
    port: u16,
    name: ServerName<'static>,
    tls: Option<TlsConnector>,
    tls_required: bool,
    hello: ClientId,
    patience: Duration,
}

impl NextHop {
    /// Reads `deliver` and `site` of `config`.
    pub(super) fn new(config: &Config) -> Result<Self, DeliverError> {
        let invalid = || DeliverError::NextHop(config.deliver.next_hop.clone());
        let (host, port) = config.deliver.next_hop.rsplit_once(':').ok_or_else(invalid)?;
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        Ok(Self {
            name: ServerName::try_from(host.to_owned()).map_err(|_| invalid())?,
            host: host.to_owned(),
            port: port.parse().map_err(|_| invalid())?,
            tls: tls::connector(&config.deliver)?,
            tls_required: config.deliver.tls == DeliverTls::Required,
            hello: ClientId::Domain(config.site.host_name.as_str().to_owned()),
            patience: Duration::from_secs(config.deliver.timeout_seconds.max(1)),
        })
    }

    /// Connects, says EHLO, and turns on TLS as configured.
    pub(super) async fn connect(&self) -> Result<Connection, Unreachable> {
        // A task of its own: lettre 0.11.23 panics on a blank line in an EHLO reply.
        let mut task = JoinSet::new();
        let next_hop = self.clone();
        task.spawn(async move { next_hop.open().await });
        match task.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(_)) | None => Err(Unreachable::Lost(Lost::Senseless)),
        }
    }

    async fn open(&self) -> Result<Connection, Unreachable> {
        let plain = within(self.patience, TcpStream::connect((self.host.as_str(), self.port))).await?;
        plain.set_nodelay(true).map_err(Unreachable::Network)?;
        let peer = plain.peer_addr().map_err(Unreachable::Network)?;
        let (plain, twin) = twins(plain, self.tls.is_some()).map_err(Unreachable::Network)?;
        let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(TurnStream::new(plain, peer)), &self.hello);
        let smtp = match timeout(self.patience * 2, greeting).await {
            Err(_) => return Err(Unreachable::Late),
            Ok(Ok(smtp)) => smtp,
            Ok(Err(error)) => return Err(answer_of(Err(error)).map_or_else(Unreachable::from, Unreachable::TurnedAway)),
        };
        let mut connection =
            Connection { smtp, patience: self.patience, size: false, pipelining: false, mails: 0, usable: true };
        match (&self.tls, twin) {
            (Some(tls), Some(twin)) if connection.smtp.server_info().supports_feature(Extension::StartTls) => {
                done(connection.command(Starttls).await?)?;
                let handshake = within_tls(self.patience, tls.connect(self.name.clone(), twin)).await?;
                connection.continue_on(TurnStream::new(handshake, peer));
            }
            _ if self.tls_required => {
                connection.close().await;
                return Err(Unreachable::NoTls);
            }
            _ => {}
        }
        connection.learn_extensions(&self.hello).await?;
        Ok(connection)
    }
}

/// A connection past EHLO, between two mails.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    patience: Duration,
    size: bool,
    pipelining: bool,
    mails: u32,
    usable: bool,
}

impl Connection {
    /// The server wants to know a mail's size (RFC 1870).
    pub(super) const fn offers_size(&self) -> bool {
        self.size
    }

    /// The server takes several commands in one burst (RFC 2920).
    pub(super) const fn offers_pipelining(&self) -> bool {
        self.pipelining
    }

    /// Mails tried on this connection.
    pub(super) const fn mails(&self) -> u32 {
        self.mails
    }

    /// False after anything that leaves the dialog in doubt.
    pub(super) const fn is_usable(&self) -> bool {
        self.usable
    }

    /// Counts a mail.
    pub(super) const fn begin_mail(&mut self) {
        self.mails = self.mails.saturating_add(1);
    }

    /// Sends `commands` in one burst and adds one answer for each to `answers`, until the connection is lost.
    pub(super) async fn turn(&mut self, commands: &[String], answers: &mut Vec<Answer>) -> Result<(), Lost> {
        answers.push(self.command(commands.concat()).await?);
        for _ in commands.iter().skip(1) {
            let reply = timeout(self.patience, self.smtp.read_response()).await;
            answers.push(self.judge(reply.ok())?);
        }
        Ok(())
    }

    /// DATA.
    pub(super) async fn data(&mut self) -> Result<Answer, Lost> {
        self.command(Data).await
    }

    /// The bytes of `mail`, dot-stuffed (RFC 5321 4.5.2) by lettre, and the final dot.
    pub(super) async fn content(&mut self, mail: &WireMail) -> Result<Answer, Lost> {
        let bytes = mail.bytes();
        let without_last_line_end = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let sending = self.smtp.message_iter(without_last_line_end.chunks(PIECE));
        let reply = timeout(self.patience * PATIENCE_FOR_CONTENT, sending).await;
        self.judge(reply.ok())
    }

    /// RSET. A server that refuses it is not used again.
    pub(super) async fn reset(&mut self) {
        if !self.usable {
            return;
        }
        match self.command(Rset).await {
            Ok(answer) if answer.code == 250 => {}
            Ok(_) | Err(_) => self.usable = false,
        }
    }

    /// QUIT, if there is still somebody to say it to.
    pub(super) async fn close(mut self) {
        if self.usable && timeout(FAREWELL, self.smtp.command(Quit)).await.is_err() {
            tracing::debug!("the next hop did not answer QUIT");
        }
    }

    /// The next hop's answer is no answer to what was sent.
    pub(super) const fn doubt(&mut self) -> Lost {
        self.usable = false;
        Lost::Senseless
    }

    async fn command(&mut self, command: impl Display) -> Result<Answer, Lost> {
        let reply = timeout(self.patience, self.smtp.command(command)).await;
        self.judge(reply.ok())
    }

    fn judge(
        &mut self,
        reply: Option<Result<lettre::transport::smtp::response::Response, lettre::transport::smtp::Error>>,
    ) -> Result<Answer, Lost> {
        let judged = reply.map_or(Err(Lost::Late), answer_of);
        self.usable &= judged.is_ok();
        judged
    }

    /// Drops the plain stream with everything that was read from it, and goes on over `stream`.
    #[expect(deprecated, reason = "lettre has no other way to name a stream for `set_stream`")]
    fn continue_on(&mut self, stream: TurnStream<tokio_rustls::client::TlsStream<TcpStream>>) {
        use lettre::transport::smtp::client::AsyncNetworkStream;
        self.smtp.set_stream(AsyncNetworkStream::use_existing_tokio1(Box::new(stream)));
    }

    /// EHLO again: after STARTTLS it must be said, and lettre keeps neither SIZE nor PIPELINING of the first one.
    async fn learn_extensions(&mut self, hello: &ClientId) -> Result<(), Unreachable> {
        let reply = timeout(self.patience, self.smtp.command(Ehlo::new(hello.clone()))).await;
        if let Ok(Ok(response)) = &reply {
            let keywords = response.message().skip(1).filter_map(|line| line.split_whitespace().next());
            for keyword in keywords {
                self.size |= keyword.eq_ignore_ascii_case("SIZE");
                self.pipelining |= keyword.eq_ignore_ascii_case("PIPELINING");
            }
        }
        done(self.judge(reply.ok())?)
    }
}

fn done(answer: Answer) -> Result<(), Unreachable> {
    if (200..300).contains(&answer.code) { Ok(()) } else { Err(Unreachable::TurnedAway(answer)) }
}

/// A second handle on the same socket, for TLS, so that the first can stay with the client until it is replaced.
fn twins(plain: TcpStream, wanted: bool) -> io::Result<(TcpStream, Option<TcpStream>)> {
    if !wanted {
        return Ok((plain, None));
    }
    let plain = plain.into_std()?;
    let twin = TcpStream::from_std(plain.try_clone()?)?;
    Ok((TcpStream::from_std(plain)?, Some(twin)))
}

async fn within<T>(patience: Duration, work: impl Future<Output = io::Result<T>>) -> Result<T, Unreachable> {
    timeout(patience, work).await.map_err(|_| Unreachable::Late)?.map_err(Unreachable::Network)
}

async fn within_tls<T>(patience: Duration, work: impl Future<Output = io::Result<T>>) -> Result<T, Unreachable> {
    timeout(patience, work).await.map_err(|_| Unreachable::Late)?.map_err(Unreachable::Tls)
}
