//! Connect standard input and output to a socket, TCP or Unix, as `nc` does.
//!
//! Both directions run at once. The end of the input half-closes the
//! connection: the server sees it, and the rest of its answer still arrives.
//! When the server closes, there is nothing left to read and the program ends,
//! even if standard input is still open. An address with a slash in it is the
//! path of a Unix socket.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo &
//! listening on 127.0.0.1:8080
//! $ printf 'one\ntwo\n' | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! one
//! two
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! $ cargo run -q -p examples-io --bin connect 127.0.0.1:8080  # exit 1
//! Error: cannot connect to 127.0.0.1:8080: Connection refused (os error [..])
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-std,io-util,macros,net,rt-multi-thread` and
//! `cargo add anyhow`.

use std::io::{self, ErrorKind};
use std::{env, process};

use anyhow::{Context, anyhow, bail};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, stdin, stdout};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1);
    let address = address.context("usage: connect 127.0.0.1:8080")?;
    let (mut from_server, mut to_server) = connect(&address)
        .await
        .map_err(|error| anyhow!("cannot connect to {address}: {error}"))?;

    let mut output = stdout();
    let send = async {
        copy(&mut stdin(), &mut to_server).await?;
        to_server.shutdown().await
    };
    let receive = async {
        let received = copy(&mut from_server, &mut output).await;
        received.and(output.flush().await)
    };

    tokio::pin!(receive);
    let ended = tokio::select! {
        received = &mut receive => received,
        sent = send => sent.and(receive.await),
    };
    match ended {
        // Whoever reads the output has enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => bail!("{address}: {error}"),
        Ok(()) => {}
    }

    // Returning would wait for the thread that reads standard input, which a
    // terminal keeps open until the next Enter.
    process::exit(0)
}

type Halves = (Box<dyn AsyncRead + Unpin>, Box<dyn AsyncWrite + Unpin>);

async fn connect(address: &str) -> io::Result<Halves> {
    #[cfg(unix)]
    if address.contains('/') {
        let stream = tokio::net::UnixStream::connect(address).await?;
        let (from_server, to_server) = stream.into_split();
        return Ok((Box::new(from_server), Box::new(to_server)));
    }
    let (from_server, to_server) = TcpStream::connect(address).await?.into_split();
    Ok((Box::new(from_server), Box::new(to_server)))
}
