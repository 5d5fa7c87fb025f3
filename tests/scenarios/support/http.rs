//! What servers and clients of examples-http have in common.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::workspace::binary;
use harness::{Server, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// The first half of a request, which all servers here would answer.
pub const HALF: &[u8] = b"GET /users/1 HTTP/1.1\r\nhost: ";
/// A request that is answered with a status and the end of the connection.
pub const REQUEST: &[u8] = b"GET /users/1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// What a server says last that has closed connections at its deadline.
const CUT: &str = "stopped: open connections were closed";

/// Runs an example to its end; its exit status and its lines.
pub async fn run(
    name: &'static str,
    argument: &str,
    variables: &[(&'static str, &str)],
) -> Result<(i32, Vec<String>)> {
    let mut terminal = Terminal::open()?;
    for (name, value) in variables {
        terminal.set(name, value);
    }
    let command = format!("exec '{}' {argument}", binary(name)?.display());
    spawn_blocking(move || terminal.run(&command, Duration::from_secs(30))).await?
}

/// Half a request does not keep the server from stopping after three seconds,
/// nor others from their answers.
pub async fn half_a_request(name: &'static str) -> Result<()> {
    let mut server = Server::start(name, "")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(HALF).await?;
    let answer = ask(server.address, REQUEST).await?;
    ensure!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");

    let start = Instant::now();
    server.signal("TERM")?;
    server.ends(Duration::from_secs(10), &[CUT])?;
    let took = start.elapsed().as_secs();
    ensure!((3..6).contains(&took), "it stopped after {took} s");
    Ok(())
}

/// A second signal stops the server without waiting for half a request.
pub async fn second_signal(name: &'static str) -> Result<()> {
    let mut server = Server::start(name, "")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(HALF).await?;
    // It is accepted before the stop: one that waits is reset, not closed.
    ask(server.address, REQUEST).await?;

    let start = Instant::now();
    server.signal("INT")?;
    refuses(server.address).await?;
    server.signal("TERM")?;
    server.ends(Duration::from_secs(5), &[CUT])?;
    let took = start.elapsed();
    ensure!(took < Duration::from_secs(3), "it stopped after {took:?}");
    Ok(())
}

/// Sends one part of a request, a signal, and the other part; the answer.
pub async fn drain(name: &str, before: &str, after: &str) -> Result<String> {
    let mut server = Server::start(name, "")?;
    let mut client = TcpStream::connect(server.address).await?;
    client.write_all(before.as_bytes()).await?;
    // The server must have read it: a connection without a byte is closed.
    ask(server.address, REQUEST).await?;
    sleep(Duration::from_millis(200)).await;

    server.signal("TERM")?;
    refuses(server.address).await?;
    sleep(Duration::from_millis(500)).await;
    client.write_all(after.as_bytes()).await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    server.ends(
        Duration::from_secs(2),
        &["stopped: all requests were answered"],
    )?;
    Ok(answer)
}

/// Sends a request and reads to the end of the connection.
pub async fn ask(address: SocketAddr, request: &[u8]) -> Result<String> {
    let mut client = TcpStream::connect(address).await?;
    client.write_all(request).await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Waits until the server accepts no more: a second signal that comes earlier
/// would be one with the first.
pub async fn refuses(address: SocketAddr) -> Result<()> {
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let refused = timeout(Duration::from_secs(10), refused).await;
    refused.context("it still accepts")
}
