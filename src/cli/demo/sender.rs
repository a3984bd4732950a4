//! A mail sent the way the internet relay would send it: byte for byte, dot-stuffed, nothing repaired.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::super::trouble::{Trouble, UNAVAILABLE};

/// Sends `mail` and returns the 管理番号 of the reply `250 2.0.0 … 7K3F-92QD`.
pub(super) async fn send(gateway: SocketAddr, recipient: &str, mail: &[u8]) -> Result<String, Trouble> {
    let talk = async {
        let mut stream = BufReader::new(TcpStream::connect(gateway).await?);
        expect(&mut stream, "220").await?;
        for (command, reply) in [
            ("EHLO relay.example.net\r\n".to_owned(), "250"),
            ("MAIL FROM:<sender@example.com>\r\n".to_owned(), "250"),
            (format!("RCPT TO:<{recipient}>\r\n"), "250"),
            ("DATA\r\n".to_owned(), "354"),
        ] {
            stream.write_all(command.as_bytes()).await?;
            expect(&mut stream, reply).await?;
        }
        stream.write_all(&stuffed(mail)).await?;
        let accepted = expect(&mut stream, "250").await?;
        stream.write_all(b"QUIT\r\n").await?;
        Ok(accepted.split_whitespace().last().unwrap_or_default().to_owned())
    };
    talk.await.map_err(|error: std::io::Error| {
        Trouble::new(UNAVAILABLE, format!("送れませんでした: {error}"), format!("a sample could not be sent: {error}"))
    })
}

/// Dot-stuffed, with the end of data (RFC 5321 4.5.2).
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len().saturating_add(64));
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// Reads one reply; its last line.
async fn expect(stream: &mut BufReader<TcpStream>, code: &str) -> std::io::Result<String> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::Error::other("the gateway closed the connection"));
        }
        if !line.starts_with(code) {
            return Err(std::io::Error::other(format!("the gateway said: {}", line.trim_end())));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line.trim_end().to_owned());
        }
    }
}
