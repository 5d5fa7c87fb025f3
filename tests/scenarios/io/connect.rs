//! `connect` with servers and inputs that fail.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::workspace::binary;
use harness::{Server, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::scenarios::support::clients::Mute;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("arguments", arguments),
        scenario("any_bytes", any_bytes),
        scenario("into_closed_pipe", into_closed_pipe),
        scenario("server_closes", server_closes),
        scenario("server_resets", server_resets),
        scenario("resets_after_the_input", resets_after_the_input),
        scenario("input_fails", input_fails),
        #[cfg(unix)]
        scenario("relative_path", relative_path),
        scenario("no_answer", no_answer)
            .needs(
                cfg!(target_os = "linux"),
                "only Linux ignores the clients that a full backlog has no room for",
            )
            .slow(),
    ]
}

/// Runs a command line in which `connect` stands for the program, and gives its
/// lines.
fn run_connect(command: &str) -> Result<Vec<String>> {
    let path = format!("'{}'", binary("connect")?.display());
    let command = command.replace("connect", &path);
    let (_status, lines) = Terminal::open()?.run(&command, Duration::from_secs(30))?;
    Ok(lines)
}

fn prints(lines: &[String], expected: &[&str]) -> Result<()> {
    ensure!(
        lines == expected,
        "connect is to print {expected:?}, not {lines:?}"
    );
    Ok(())
}

/// Without an address it says how it is called; an address may have a name.
async fn arguments() -> Result<()> {
    let lines = run_connect("connect; echo status $?")?;
    prints(
        &lines,
        &["Error: usage: connect 127.0.0.1:8080", "status 1"],
    )?;
    let server = Server::start("echo", "")?;
    let port = server.address.port();
    let lines = run_connect(&format!("echo hello | connect localhost:{port}"))?;
    prints(&lines, &["hello"])
}

/// All bytes pass as they are, with no line end at the end.
async fn any_bytes() -> Result<()> {
    let server = Server::start("echo", "")?;
    let address = server.address;
    let lines = run_connect(&format!(
        r"printf 'a\377\000\r\n\nb' | connect {address} | od -A n -t x1"
    ))?;
    prints(&lines, &[" 61 ff 00 0d 0a 0a 62"])
}

/// Nobody reads its output any more: it exits without an error.
async fn into_closed_pipe() -> Result<()> {
    let server = Server::start("echo", "")?;
    let address = server.address;
    let lines = run_connect(&format!(
        "(yes | connect {address}; echo status $? >&2) | head -1"
    ))?;
    prints(&lines, &["y", "status 0"])?;
    Ok(())
}

/// The server closes while the input is still open: `connect` exits.
async fn server_closes() -> Result<()> {
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
    prints(&lines, &["bye", "status 0"])?;
    let took = start.elapsed();
    ensure!(took < Duration::from_secs(15), "it exits after {took:?}");
    Ok(())
}

/// The server resets the connection while the input is still open: `connect` says
/// so and exits.
async fn server_resets() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let reset = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        client.read_u8().await?;
        client.set_zero_linger()
    });
    let start = Instant::now();
    let command = format!("(echo; sleep 20) | (connect {address}; echo status $?; kill $$)");
    let lines = tokio::task::spawn_blocking(move || run_connect(&command)).await??;
    reset.await??;
    let error = format!("Error: {address}: Connection reset by peer (os error 104)");
    prints(&lines, &[&error, "status 1"])?;
    let took = start.elapsed();
    ensure!(took < Duration::from_secs(15), "it exits after {took:?}");
    Ok(())
}

/// The server resets the connection after the end of the input: the answer may not be
/// whole, so this is an error too.
async fn resets_after_the_input() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let reset = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        client.read_to_end(&mut Vec::new()).await?;
        client.set_zero_linger()
    });
    let command = format!("echo | connect {address}; echo status $?");
    let lines = tokio::task::spawn_blocking(move || run_connect(&command)).await??;
    reset.await??;
    let error = format!("Error: {address}: Connection reset by peer (os error 104)");
    prints(&lines, &[&error, "status 1"])
}

/// An input that cannot be read is an error, on standard error, and no reason to
/// wait forever.
async fn input_fails() -> Result<()> {
    let server = Server::start("echo", "")?;
    let address = server.address;
    let lines = run_connect(&format!(
        "connect {address} </ >shown; echo status $?; cat shown"
    ))?;
    let error = format!("Error: {address}: Is a directory");
    ensure!(
        lines.len() == 2 && lines[0].starts_with(&error) && lines[1] == "status 1",
        "{error:?} and \"status 1\" are expected, not {lines:?}"
    );
    Ok(())
}

/// A path may also begin in the current directory. It may be wrong.
#[cfg(unix)]
async fn relative_path() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let listener = tokio::net::UnixListener::bind(folder.path().join("socket"))?;
    let serve = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        client.write_all(b"hello\n").await
    });
    let command = format!("cd '{}'; connect ./socket", folder.path().display());
    let lines = tokio::task::spawn_blocking(move || run_connect(&command)).await??;
    prints(&lines, &["hello"])?;
    serve.await??;
    let lines = run_connect("connect ./missing; echo status $?")?;
    let error = "Error: cannot connect to ./missing: No such file or directory (os error 2)";
    prints(&lines, &[error, "status 1"])
}

/// A machine that does not answer: an error after ten seconds.
async fn no_answer() -> Result<()> {
    let server = Mute::start().await?;
    let address = server.address;
    let start = Instant::now();
    let lines = run_connect(&format!("connect {address}; echo status $?"))?;
    let error = format!("Error: cannot connect to {address}: timed out");
    prints(&lines, &[&error, "status 1"])?;
    let took = start.elapsed().as_secs();
    ensure!((10..15).contains(&took), "it gave up after {took} s");
    Ok(())
}
