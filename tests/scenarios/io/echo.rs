//! `echo` with slow and broken clients.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::scenarios::support::changed::stops_in_back_off;
use crate::scenarios::support::clients;
use crate::scenarios::support::clients::{ask, pattern};
use crate::scenarios::support::faults::{self, Service, of_services, survives_resets};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = of_services::<Echo>();
    tests.extend([
        scenario("any_bytes", any_bytes),
        scenario("packets", packets),
        scenario("silent_neighbor", silent_neighbor),
        scenario("slow_reader", slow_reader).slow(),
        scenario("survives_resets", survives_resets::<Echo>),
        scenario("says_what_failed", says_what_failed),
        scenario("descriptors", faults::descriptors::<Echo>)
            .measures()
            .slow(),
        scenario("back_off", || {
            stops_in_back_off::<Echo>("from_secs(1)", false)
        })
        .slow(),
        scenario("stops", stops),
    ]);
    tests
}

struct Echo;

impl Service for Echo {
    const NAME: &str = "echo";

    fn greeting(_number: usize) -> (String, String) {
        ("hello".into(), "hello".into())
    }

    fn talk(_number: usize) -> (String, String) {
        ("one of many".into(), "one of many".into())
    }
}

/// Many messages on one connection, of fewer and of more bytes than the buffer;
/// then the half-close, after which the rest still comes.
async fn any_bytes() -> Result<()> {
    let server = Server::start("echo", "")?;
    clients::any_bytes(server.address, &[1, 2, 1023, 1024, 1025, 2048, 65_537]).await
}

async fn packets() -> Result<()> {
    let server = Server::start("echo", "")?;
    clients::packets(server.address).await
}

/// A client that says nothing keeps nobody waiting.
async fn silent_neighbor() -> Result<()> {
    let server = Server::start("echo", "")?;
    let _silent = TcpStream::connect(server.address).await?;
    let mut client = TcpStream::connect(server.address).await?;
    let answer = timeout(Duration::from_secs(5), ask(&mut client, b"hello")).await;
    answer.context("it waits for its neighbor")?
}

/// A client that reads only when the buffers between the two are full: a write
/// that takes a part of its bytes loses none.
async fn slow_reader() -> Result<()> {
    let server = Server::start("echo", "")?;
    let all = pattern(20_000_000);
    let (mut from_server, mut to_server) = TcpStream::connect(server.address).await?.into_split();
    let send = async {
        to_server.write_all(&all).await?;
        to_server.shutdown().await
    };
    let mut answer = Vec::new();
    let receive = async {
        while answer.len() < all.len() {
            sleep(Duration::from_millis(20)).await;
            let mut part = (&mut from_server).take(3_000_001);
            part.read_to_end(&mut answer).await?;
        }
        from_server.read_to_end(&mut answer).await
    };
    tokio::try_join!(send, receive)?;
    ensure!(answer == all, "{} of {} bytes", answer.len(), all.len());
    Ok(())
}

/// The error of a connection is logged, with the address of the client.
async fn says_what_failed() -> Result<()> {
    let mut server = Server::start("echo", "")?;
    let mut client = TcpStream::connect(server.address).await?;
    ask(&mut client, b"hello").await?;
    let peer = client.local_addr()?;
    client.set_zero_linger()?;
    drop(client);
    server.wait_for(&format!("{peer}: Connection reset"))?;
    server.has_said(2)
}

/// Ctrl-C closes a connection in the middle of a message.
async fn stops() -> Result<()> {
    let mut server = Server::start("echo", "")?;
    let mut client = TcpStream::connect(server.address).await?;
    ask(&mut client, b"I stay").await?;
    server.signal("INT")?;
    server.ends(Duration::from_secs(5), &[])?;
    server.has_said(1)?;
    let end = client.read(&mut [0]).await;
    ensure!(matches!(end, Ok(0) | Err(_)), "not the end: {end:?}");
    Ok(())
}
