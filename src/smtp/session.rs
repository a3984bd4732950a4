//! An SMTP session (RFC 5321 3.1 to 3.9): who connects, what is said, in which order.
//!
//! Refuses: commands out of turn, bytes behind a command that must be the last of its group, more than
//! [`MAX_ERRORS`] errors, silence. Invariant: a session never goes on after a reply that says it closes.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::info;

use super::channel::{Channel, Line};
use super::command::{self, Command, MailFrom};
use super::proxy::{self, ProxyHeader};
use super::reception::{self, Reception};
use super::reply::{self, Reply};
use super::transaction::Transaction;
use super::{Intake, listener, tls};
use crate::config::LineEnds;
use crate::domain::{Client, ItemKey, Origin};

/// 5xx replies after which a session ends.
const MAX_ERRORS: u32 = 20;
/// Commands that bring no mail forward (NOOP, RSET, EHLO and so on) after which a session ends; a mail starts the
/// count again.
const MAX_IDLE_COMMANDS: u32 = 100;
/// How long a PROXY header or a TLS handshake may take: neither waits for a person or a queue.
const OPENING: Duration = Duration::from_secs(20);
/// Bytes of one read between commands.
const COMMAND_ROOM: usize = 4 * 1024;

/// Holds one session from the first byte to the last.
pub(super) async fn hold(
    intake: &Intake,
    stream: TcpStream,
    peer: IpAddr,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let patience = Duration::from_secs(intake.config.smtp.command_timeout_seconds);
    let mut channel = Channel::new(stream, patience);
    let Some(address) = client_address(intake, &mut channel, peer.to_canonical()).await? else {
        info!("connection without a PROXY header refused");
        return Ok(());
    };
    let Some(_slot) = intake.clients.take(address) else {
        info!(code = Reply::TooManySessionsOfClient.codes(), "connection refused");
        channel.say(Reply::TooManySessionsOfClient.line());
        return channel.close().await;
    };
    let mut session = Session::new(intake, address, patience);
    channel.say(&reply::banner(&intake.config.site.host_name));
    let upgrade = match session.converse(&mut channel, &mut shutdown).await? {
        Ending::Close => return channel.close().await,
        Ending::StartTls(acceptor) => acceptor.accept(channel.into_stream()),
    };
    let stream = timeout(OPENING, upgrade).await??;
    session.encrypted(tls::agreed(stream.get_ref().1));
    let mut channel = Channel::new(stream, patience);
    session.converse(&mut channel, &mut shutdown).await?;
    channel.close().await
}

/// The peer's address, or the one its PROXY header gives if it is a listed proxy; none if that header is missing.
async fn client_address(intake: &Intake, channel: &mut Channel<TcpStream>, peer: IpAddr) -> io::Result<Option<IpAddr>> {
    let is_proxy = |listed: &IpAddr| listed.to_canonical() == peer;
    if !intake.config.smtp.proxy_protocol_from.iter().any(is_proxy) {
        return Ok(Some(peer));
    }
    let deadline = Instant::now() + OPENING;
    loop {
        match proxy::parse(channel.input()) {
            ProxyHeader::Complete { length, client } => {
                channel.consume(length);
                return Ok(Some(client.map_or(peer, |client| client.to_canonical())));
            }
            ProxyHeader::Invalid => return Ok(None),
            ProxyHeader::Incomplete => {}
        }
        if timeout_at(deadline, channel.fill(proxy::MAX_HEADER)).await?? == 0 {
            return Ok(None);
        }
    }
}

/// What is known of the session so far.
struct Session<'gateway> {
    intake: &'gateway Intake,
    client: Client,
    greeted: bool,
    transaction: Option<Transaction>,
    patience: Duration,
    errors: u32,
    idle_commands: u32,
}

/// Why a conversation ended.
enum Ending {
    /// Everything is said.
    Close,
    /// The client may begin the handshake.
    StartTls(tokio_rustls::TlsAcceptor),
}

/// What a command is answered with.
enum Answer {
    /// A reply of the catalogue.
    Fixed(Reply),
    /// A positive reply that names something.
    Positive(String),
    /// The client closed the connection.
    Gone,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Fixed(reply)
    }
}

impl<'gateway> Session<'gateway> {
    fn new(intake: &'gateway Intake, address: IpAddr, patience: Duration) -> Self {
        let client = Client { address, helo: String::new(), tls: None };
        Self { intake, client, greeted: false, transaction: None, patience, errors: 0, idle_commands: 0 }
    }

    /// Forgets all that was said in plain text (RFC 3207 4.2).
    fn encrypted(&mut self, agreed: String) {
        self.client.tls = Some(agreed);
        self.client.helo.clear();
        self.greeted = false;
        self.transaction = None;
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        channel: &mut Channel<S>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> io::Result<Ending> {
        loop {
            let answer = match self.command(channel, shutdown).await? {
                Ok(command) => self.obey(command, channel).await?,
                Err(answer) => answer,
            };
            let reply = match answer {
                Answer::Gone => return Ok(Ending::Close),
                Answer::Positive(line) => {
                    channel.say(&line);
                    continue;
                }
                Answer::Fixed(reply) => self.judge(reply),
            };
            if reply.is_negative() {
                info!(code = reply.codes(), "SMTP command refused");
            }
            channel.say(reply.line());
            match (&self.intake.tls, reply) {
                (Some(acceptor), Reply::ReadyForTls) => {
                    channel.flush().await?;
                    return Ok(Ending::StartTls(acceptor.clone()));
                }
                (_, reply) if reply.closes() => return Ok(Ending::Close),
                _ => {}
            }
        }
    }

    /// The next command; the replies to all before it are written first unless it is here already.
    async fn command<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        channel: &mut Channel<S>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> io::Result<Result<Command, Answer>> {
        let mut deadline = None;
        loop {
            if channel.is_output_full() {
                channel.flush().await?;
            }
            if let Some(line) = channel.take_line() {
                return Ok(self.read(&line).map_err(Answer::Fixed));
            }
            channel.flush().await?;
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + self.patience);
            tokio::select! {
                biased;
                () = listener::asked_for(shutdown) => return Ok(Err(Reply::ShuttingDown.into())),
                filled = timeout_at(deadline, channel.fill(COMMAND_ROOM)) => {
                    let Ok(filled) = filled else {
                        return Ok(Err(Reply::CommandTimeout.into()));
                    };
                    if filled? == 0 {
                        return Ok(Err(Answer::Gone));
                    }
                }
            }
        }
    }

    fn read(&self, line: &Line) -> Result<Command, Reply> {
        match line {
            Line::Crlf(line) => command::parse(line),
            Line::BareLf(line) if self.intake.config.smtp.line_ends == LineEnds::Normalize => command::parse(line),
            Line::BareLf(_) => Err(Reply::BareLineFeed),
            Line::TooLong => Err(Reply::LineTooLong),
        }
    }

    /// Counts the reply, and turns the one too many into the last.
    fn judge(&mut self, reply: Reply) -> Reply {
        if reply.is_clients_fault() {
            self.errors += 1;
        }
        match reply {
            closing if closing.closes() => closing,
            _ if self.errors > MAX_ERRORS => Reply::TooManyErrors,
            other => other,
        }
    }

    async fn obey<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        command: Command,
        channel: &mut Channel<S>,
    ) -> io::Result<Answer> {
        if !matches!(command, Command::Mail(_) | Command::Rcpt(_) | Command::Data) {
            self.idle_commands += 1;
        }
        if self.idle_commands > MAX_IDLE_COMMANDS {
            return Ok(Reply::TooManyIdleCommands.into());
        }
        let must_be_last = matches!(command, Command::Ehlo(_) | Command::Helo(_) | Command::Data);
        if must_be_last && !channel.input().is_empty() {
            return Ok(Reply::ImproperPipelining.into());
        }
        Ok(match command {
            Command::Ehlo(helo) => self.greet(helo, true),
            Command::Helo(helo) => self.greet(helo, false),
            Command::Mail(mail) => self.mail(mail).await.into(),
            Command::Rcpt(recipient) => match &mut self.transaction {
                Some(transaction) => transaction.add(recipient, &self.intake.config.smtp).into(),
                None => Reply::MailFirst.into(),
            },
            Command::Data => return self.data(channel).await,
            Command::Rset => {
                self.transaction = None;
                Reply::Okay.into()
            }
            Command::Noop => Reply::Okay.into(),
            Command::Quit => Reply::Bye.into(),
            Command::StartTls if self.intake.tls.is_none() => Reply::NotImplemented.into(),
            Command::StartTls if self.client.tls.is_some() => Reply::AlreadyEncrypted.into(),
            Command::StartTls => Reply::ReadyForTls.into(),
            Command::Vrfy => Reply::NotVerified.into(),
            Command::Help => Reply::Help.into(),
        })
    }

    /// EHLO and HELO also end a mail transaction (RFC 5321 4.1.4).
    fn greet(&mut self, helo: String, extended: bool) -> Answer {
        self.client.helo = helo;
        self.greeted = true;
        self.transaction = None;
        let config = &self.intake.config;
        let offers_tls = self.intake.tls.is_some() && self.client.tls.is_none();
        Answer::Positive(if extended {
            reply::ehlo(&config.site.host_name, config.limits.message_bytes, offers_tls)
        } else {
            reply::helo(&config.site.host_name)
        })
    }

    async fn mail(&mut self, mail: MailFrom) -> Reply {
        if !self.greeted {
            return Reply::HelloFirst;
        }
        if self.transaction.is_some() {
            return Reply::NestedMail;
        }
        let size = mail.size.unwrap_or(0);
        if size > self.intake.config.limits.message_bytes {
            return Reply::TooLarge;
        }
        match self.intake.sink.has_room(size).await {
            Ok(true) => {
                self.transaction = Some(Transaction::begin(mail));
                Reply::SenderAccepted
            }
            Ok(false) => Reply::StoreFull,
            Err(failure) => reception::failed(&failure),
        }
    }

    async fn data<S: AsyncRead + AsyncWrite + Unpin>(&mut self, channel: &mut Channel<S>) -> io::Result<Answer> {
        let Some(transaction) = self.transaction.take_if(|open| open.has_recipient()) else {
            return Ok(Reply::NoRecipient.into());
        };
        let id = self.intake.entropy.item_id(self.intake.clock.now());
        let key = ItemKey { tenant: self.intake.config.site.tenant.clone(), id };
        let writer = match self.intake.sink.begin(key).await {
            Ok(writer) => writer,
            Err(failure) => return Ok(reception::failed(&failure).into()),
        };
        channel.say(Reply::StartMail.line());
        channel.flush().await?;
        let received = match Reception::new(&self.intake.config, writer).receive(channel).await? {
            Ok(received) => received,
            Err(reply) => return Ok(reply.into()),
        };
        let envelope = transaction.into_envelope(self.client.clone());
        let recipients = envelope.forward_paths.len();
        match received.accept(Origin::Mail(envelope), self.intake.clock.now()).await {
            Ok(accepted) => {
                let reference = accepted.key.id.reference();
                info!(item = %accepted.key.id, %reference, bytes = accepted.length, recipients, "mail accepted");
                self.idle_commands = 0;
                Ok(Answer::Positive(reply::accepted(reference)))
            }
            Err(failure) => Ok(reception::failed(&failure).into()),
        }
    }
}
