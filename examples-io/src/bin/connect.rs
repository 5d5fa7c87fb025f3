//! Connect standard input and output to a TCP or Unix socket, as `nc` does.
//!
//! Talk to any server from a terminal or a pipe:
//!
//! - Both directions run at the same time, so a long input cannot block the
//!   answer.
//! - The end of the input closes only the sending direction (a half-close). The
//!   rest of the answer still arrives.
//! - When the server closes, the program exits, even if the input is still
//!   open.
//! - When nobody reads the output any more, as after `| head -1`, it exits too.
//! - Connecting may take 10 s at most.
//! - An address with a slash in it is the path of a Unix socket.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo &
//! listening on 127.0.0.1:8080
//! $ printf 'one\ntwo\n' | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! one
//! two
//! $ kill -INT %1
//! $ cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! Error: cannot connect to 127.0.0.1:8080: Connection refused (os error [..])  # exit 1
//! ```
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-std,io-util,macros,net,rt-multi-thread,time
//! cargo add anyhow
//! ```

use std::io::{self, ErrorKind, Write};
use std::{env, process, time::Duration};

use anyhow::{Context, anyhow};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, split, stdin, stdout};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args()
        .nth(1)
        .context("usage: connect 127.0.0.1:8080")?;
    #[cfg(unix)]
    if address.contains('/') {
        return run(&address, tokio::net::UnixStream::connect(&address)).await;
    }
    run(&address, TcpStream::connect(&address)).await
}

async fn run<S: AsyncRead + AsyncWrite>(
    address: &str,
    connect: impl Future<Output = io::Result<S>>,
) -> anyhow::Result<()> {
    let stream = timeout(CONNECT_TIMEOUT, connect)
        .await
        .unwrap_or_else(|late| Err(late.into()))
        .map_err(|error| anyhow!("cannot connect to {address}: {error}"))?;

    // A return would wait for the thread that reads standard input: on a
    // terminal, until the next Enter.
    match talk(stream).await {
        // At `BrokenPipe`, the reader of our output or the server wants no
        // more.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "Error: {address}: {error}");
            process::exit(1)
        }
        _ => process::exit(0),
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite) -> io::Result<()> {
    let (mut from_server, mut to_server) = split(stream);
    let send = async {
        let sent = copy(&mut stdin(), &mut to_server).await;
        // Half-close after an error too, or the server would wait for more. If
        // this fails, the connection is gone, and `receive` finds the same.
        let _ = to_server.shutdown().await;
        sent
    };
    let receive = async {
        let mut output = stdout();
        copy(&mut from_server, &mut output).await?;
        output.flush().await
    };

    tokio::pin!(receive);
    tokio::select! {
        received = &mut receive => received,
        sent = send => {
            receive.await?;
            sent.map(drop)
        }
    }
}
