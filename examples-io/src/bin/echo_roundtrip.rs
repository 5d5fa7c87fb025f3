//! Talk to an echo server from a client in the same program.
//!
//! Port 0 asks the system for a free port, so the program can run beside any
//! other, and a test beside its copies. The client half-closes: `shutdown` ends
//! its own direction, and the rest of the answer can still be read. Without it
//! both sides would wait for the other's end for ever.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo_roundtrip
//! client sent 11 bytes
//! server saw the end after 11 bytes
//! client received "Hello, echo"
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
    let answer = ask(address, "Hello, echo").await?;
    server.await??;

    println!("client received {answer:?}");
    Ok(())
}

async fn serve_one(listener: TcpListener) -> io::Result<()> {
    let (mut stream, _) = listener.accept().await?;
    let (mut from_client, mut to_client) = stream.split();
    let count = tokio::io::copy(&mut from_client, &mut to_client).await?;
    println!("server saw the end after {count} bytes");
    Ok(())
}

async fn ask(address: SocketAddr, question: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(question.as_bytes()).await?;
    println!("client sent {} bytes", question.len());
    stream.shutdown().await?;

    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
