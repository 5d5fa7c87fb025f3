//! `hello` with clients that stay.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[cfg(unix)]
use crate::scenarios::support::faults;
use crate::scenarios::support::http::HALF;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("stops", stops),
        #[cfg(unix)]
        scenario("early_signal", || faults::early_signal("hello 127.0.0.1:0")),
    ]
}

/// Ctrl-C stops the simple server immediately, whatever its clients do.
async fn stops() -> Result<()> {
    let mut server = Server::start("hello", "")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(HALF).await?;
    let mut idle = TcpStream::connect(server.address).await?;
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    idle.read_exact(&mut [0; 16]).await?;

    let start = Instant::now();
    server.signal("INT")?;
    let status = server.wait(Duration::from_secs(5))?;
    let (output, took) = (server.output(), start.elapsed());
    ensure!(status == 0 && output.len() == 1, "{status}: {output:?}");
    ensure!(took < Duration::from_secs(1), "it stopped after {took:?}");
    Ok(())
}
