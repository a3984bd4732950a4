//! `temizu healthcheck`: does the gateway answer, and is nothing stuck?

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::arguments::Health;
use super::print::Printer;
use super::setup;
use super::trouble::{CONFIG, Trouble, UNAVAILABLE};
use crate::config::load::Overrides;

/// How long a healthy gateway may take to greet.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: Health, printer: &Printer) -> Result<ExitCode, Trouble> {
    let addresses = if arguments.smtp_listen.is_empty() {
        setup::configuration(&arguments.source, Overrides::default(), printer)?.config.smtp.listen
    } else {
        arguments.smtp_listen
    };
    if addresses.is_empty() {
        return Err(Trouble::new(
            CONFIG,
            "受信アドレスがわかりません。--smtp-listen か --config で示してください",
            "no address to ask; give --smtp-listen or --config",
        ));
    }
    for address in addresses {
        greeting(address).await.map_err(|error| {
            Trouble::new(
                UNAVAILABLE,
                format!("{address} が応えません: {error}。サービスの状態とログを確かめてください"),
                format!("{address} does not answer: {error}; look at the service and its log"),
            )
        })?;
        printer.line(format!("{address} ok"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Connects, reads `220`, says QUIT.
async fn greeting(address: SocketAddr) -> std::io::Result<()> {
    let talk = async {
        let mut stream = BufReader::new(TcpStream::connect(address).await?);
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        stream.write_all(b"QUIT\r\n").await?;
        if line.starts_with("220") { Ok(()) } else { Err(std::io::Error::other("the greeting is not 220")) }
    };
    tokio::time::timeout(PATIENCE, talk).await?
}
