//! The simple servers and clients of examples-io: `echo`, `connect`; and what all
//! servers of examples-io have in common.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use tests::workspace::binary;
use tests::{Server, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::clients::{
    any_bytes, ask, descriptors, early_signal, names, packets, pattern, refused_addresses, unheard,
};
use super::scenario;

pub fn tests() -> Vec<Trial> {
    let mut tests = vec![
        scenario("io::echo_any_bytes", echo_any_bytes),
        scenario("io::echo_packets", echo_packets),
        scenario("io::echo_slow_reader", echo_slow_reader),
        scenario("io::echo_survives_resets", echo_survives_resets),
        scenario("io::echo_refused_addresses", echo_refused_addresses),
        scenario("io::echo_names", || names("echo", b"hello", b"hello")),
        scenario("io::echo_descriptors", echo_descriptors).with_ignored_flag(true),
        scenario("io::echo_stops", echo_stops),
        #[cfg(unix)]
        scenario("io::echo_early_signal", || early_signal("echo")),
        scenario("io::connect_into_closed_pipe", connect_into_closed_pipe),
        scenario("io::connect_server_closes", connect_server_closes),
        scenario("io::connect_input_fails", connect_input_fails),
    ];
    // On Linux, a full backlog makes the kernel ignore the next client.
    if cfg!(target_os = "linux") {
        let silent = scenario("io::connect_no_answer", connect_no_answer);
        tests.push(silent.with_ignored_flag(true));
    }
    for command in [
        "echo 127.0.0.1:0",
        "hardened_echo 127.0.0.1:0",
        "line_server 127.0.0.1:0",
        "chat 127.0.0.1:0",
        "heartbeat 127.0.0.1:0",
        "proxy 127.0.0.1:0 127.0.0.1:9",
    ] {
        let name = command.split(' ').next().unwrap_or(command);
        let name = format!("io::{name}_unheard");
        tests.push(scenario(&name, || unheard(command)));
    }
    tests
}

/// Many messages on one connection, of fewer and of more bytes than the buffer;
/// then the half-close, after which the rest still comes.
async fn echo_any_bytes() -> Result<()> {
    let server = Server::start("echo", "")?;
    any_bytes(server.address, &[1, 2, 1023, 1024, 1025, 2048, 65_537]).await
}

async fn echo_packets() -> Result<()> {
    let server = Server::start("echo", "")?;
    packets(server.address).await
}

/// A client that reads only when the buffers between the two are full: a write
/// that takes a part of its bytes loses none.
async fn echo_slow_reader() -> Result<()> {
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

/// Clients come, and reset the connection while their answer is on its way;
/// another one, which is there all the time, is served.
async fn echo_survives_resets() -> Result<()> {
    let mut server = Server::start("echo", "")?;
    let mut other = TcpStream::connect(server.address).await?;
    for _ in 0..20 {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(&pattern(100_000)).await?;
        client.set_zero_linger()?;
        drop(client);
        ask(&mut other, b"still there?").await?;
    }
    let output = server.output();
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

async fn echo_refused_addresses() -> Result<()> {
    let server = Server::start("echo", "")?;
    refused_addresses("echo", server.address)
}

/// The server has no descriptor for the next client, says so, and accepts it
/// later.
async fn echo_descriptors() -> Result<()> {
    let mut server = Server::start("echo", "ulimit -n 32;")?;
    descriptors(&mut server, b"me too", b"me too").await
}

/// Ctrl-C closes a connection in the middle of a message.
async fn echo_stops() -> Result<()> {
    let mut server = Server::start("echo", "")?;
    let mut client = TcpStream::connect(server.address).await?;
    ask(&mut client, b"I stay").await?;
    server.signal("INT")?;
    let status = server.wait(Duration::from_secs(5))?;
    ensure!(status == 0, "exit status {status}");
    ensure!(server.output().len() == 1, "{:?}", server.output());
    let end = client.read(&mut [0]).await;
    ensure!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    Ok(())
}

/// Runs a command line in which `connect` stands for the program, and gives its
/// lines.
fn run_connect(command: &str) -> Result<Vec<String>> {
    let mut terminal = Terminal::open()?;
    let path = format!("'{}'", binary("connect")?.display());
    let mut job = terminal.start(&command.replace("connect", &path))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(30);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    ensure!(status.is_some(), "{command} hangs after {lines:?}");
    Ok(lines.into_iter().map(|line| line.text).collect())
}

/// Nobody reads its output any more: it exits without an error.
async fn connect_into_closed_pipe() -> Result<()> {
    let server = Server::start("echo", "")?;
    let address = server.address;
    let lines = run_connect(&format!(
        "(yes | connect {address}; echo status $? >&2) | head -1"
    ))?;
    ensure!(lines == ["y", "status 0"], "{lines:?}");
    Ok(())
}

/// The server closes while the input is still open: `connect` exits.
async fn connect_server_closes() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serve = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        client.write_all(b"bye\n").await
    });
    let start = Instant::now();
    let command = format!("sleep 20 | (connect {address}; echo status $?; kill $$)");
    let lines = tokio::task::spawn_blocking(move || run_connect(&command)).await??;
    serve.await??;
    ensure!(lines == ["bye", "status 0"], "{lines:?}");
    ensure!(start.elapsed() < Duration::from_secs(15), "{start:?}");
    Ok(())
}

/// An input that cannot be read is an error, and no reason to wait forever.
async fn connect_input_fails() -> Result<()> {
    let server = Server::start("echo", "")?;
    let address = server.address;
    let lines = run_connect(&format!("connect {address} </; echo status $?"))?;
    let error = format!("Error: {address}: Is a directory");
    ensure!(
        lines.len() == 2 && lines[0].starts_with(&error) && lines[1] == "status 1",
        "{lines:?}"
    );
    Ok(())
}

/// A machine that does not answer: an error after ten seconds.
async fn connect_no_answer() -> Result<()> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse()?)?;
    let listener = socket.listen(0)?;
    let address = listener.local_addr()?;
    let mut waiting = Vec::new();
    let soon = Duration::from_millis(300);
    while let Ok(client) = tokio::time::timeout(soon, TcpStream::connect(address)).await {
        waiting.push(client?);
    }
    let start = Instant::now();
    let lines = run_connect(&format!("connect {address}; echo status $?"))?;
    let error = format!("Error: cannot connect to {address}: timed out");
    ensure!(lines == [&error, "status 1"], "{lines:?}");
    ensure!(start.elapsed() >= Duration::from_secs(10), "{start:?}");
    Ok(())
}
