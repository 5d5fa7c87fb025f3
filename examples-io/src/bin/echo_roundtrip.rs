//! Talk to an echo server from a client in the same program.
//!
//! Port 0 asks the system for a free port, so the program can run beside any
//! other, and a test beside its copies. The client half-closes: `shutdown` ends
//! its own direction, and the rest of the answer can still be read. Without it
//! both sides would wait for the other's end for ever; and so they would if the
//! client wrote a million bytes before it read any, with all buffers full.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo_roundtrip
//! server saw the end after 1000000 bytes
//! client received 1000000 bytes, the same
//! ```
//!
//! Copy it with `cargo add tokio -F io-util,macros,net,rt-multi-thread` and
//! `cargo add anyhow`.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;

    let server = tokio::spawn(serve_one(listener));
    let question: Vec<u8> = "Hello, echo".bytes().cycle().take(1_000_000).collect();
    let answer = ask(address, &question).await?;
    server.await??;

    let verdict = if answer == question {
        "the same"
    } else {
        "others"
    };
    println!("client received {} bytes, {verdict}", answer.len());
    Ok(())
}

async fn serve_one(listener: TcpListener) -> io::Result<()> {
    let (mut stream, _) = listener.accept().await?;
    let (mut from_client, mut to_client) = stream.split();
    let count = tokio::io::copy(&mut from_client, &mut to_client).await?;
    println!("server saw the end after {count} bytes");
    Ok(())
}

async fn ask(address: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let (mut from_server, mut to_server) = stream.split();
    let send = async {
        to_server.write_all(question).await?;
        to_server.shutdown().await
    };
    let mut answer = Vec::new();
    tokio::try_join!(send, from_server.read_to_end(&mut answer))?;
    Ok(answer)
}
