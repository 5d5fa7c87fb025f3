//! Write a TCP echo server with `TcpListener` and a task for each connection.
//!
//! Every client below gets back what it sends. The server accepts connections
//! in a loop and spawns a task for each one, so no client waits for another.
//! `read` returns what has arrived, at most one buffer. It returns 0 when the
//! client has sent everything. An error stops only the task of its connection.
//! Ctrl-C (here `kill -INT`) stops the server and closes all connections, even
//! in the middle of a message.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo &
//! listening on 127.0.0.1:8080
//! $ echo hello | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! hello
//! $ seq 100000 | cargo run -q -p examples-io --bin connect 127.0.0.1:8080 | tail -1
//! 100000
//! $ cargo run -q -p examples-io --bin echo 127.0.0.1:8080
//! Error: cannot listen on 127.0.0.1:8080: [..]; give another address as an argument  # exit 1
//! $ kill -INT %1
//! ```
//!
//! The client above is `connect`. This server limits neither time nor the
//! number of connections: for that see `hardened_echo`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt-multi-thread,signal,time
//! cargo add anyhow
//! ```

use std::io::{self, Write};
use std::{env, time::Duration};

use anyhow::anyhow;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).await?;
    let mut ctrl_c = ctrl_c()?;
    println!("listening on {}", listener.local_addr()?);

    // `select!` runs both, and stops when one of them returns.
    tokio::select! {
        () = accept_loop(listener) => {}
        _ = ctrl_c.recv() => {}
    }
    // When `main` returns, the runtime drops all tasks and their connections.
    Ok(())
}

async fn accept_loop(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(async move {
                    if let Err(error) = echo(stream).await {
                        log(&format!("{peer}: {error}"));
                    }
                });
            }
            Err(error) => {
                // An error such as "too many open files" lasts for a while.
                log(&format!("cannot accept: {error}"));
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give another address as an argument")
    })
}

/// Catches Ctrl-C from this call on. (`tokio::signal::ctrl_c` would catch it
/// only once it is awaited, and an earlier Ctrl-C would kill the program.)
#[cfg(unix)]
fn ctrl_c() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(windows)]
fn ctrl_c() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}
