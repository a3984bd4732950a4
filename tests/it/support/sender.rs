//! A sender of mail: what an internet relay does, over real SMTP, byte for byte.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A connection to the gateway.
pub(crate) struct Sender(BufReader<TcpStream>);

impl Sender {
    /// Connects and says EHLO.
    pub(crate) async fn connect(gateway: SocketAddr) -> io::Result<Self> {
        let mut sender = Self(BufReader::new(TcpStream::connect(gateway).await?));
        sender.expect("220").await?;
        sender.command("EHLO relay.example.net", "250").await?;
        Ok(sender)
    }

    /// Sends `mail` to one recipient; the 管理番号 it was accepted under.
    pub(crate) async fn send(&mut self, to: &str, mail: &[u8]) -> io::Result<String> {
        self.begin(to).await?;
        self.finish(mail).await
    }

    /// Everything up to the `354` for DATA.
    pub(crate) async fn begin(&mut self, to: &str) -> io::Result<()> {
        self.command("MAIL FROM:<sender@example.com>", "250").await?;
        self.command(&format!("RCPT TO:<{to}>"), "250").await?;
        self.command("DATA", "354").await.map(|_| ())
    }

    /// The mail, in which no line begins with a dot, and its end; the 管理番号 it was accepted under.
    pub(crate) async fn finish(&mut self, mail: &[u8]) -> io::Result<String> {
        self.0.write_all(mail).await?;
        self.0.write_all(if mail.ends_with(b"\r\n") { &b".\r\n"[..] } else { b"\r\n.\r\n" }).await?;
        let accepted = self.expect("250").await?;
        Ok(accepted.split_whitespace().last().unwrap_or_default().to_owned())
    }

    async fn command(&mut self, line: &str, reply: &str) -> io::Result<String> {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.expect(reply).await
    }

    /// Reads one reply; its last line.
    pub(crate) async fn expect(&mut self, code: &str) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if !line.starts_with(code) {
                return Err(io::Error::other(line));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line.trim_end().to_owned());
            }
        }
    }
}
