//! Test a server from a client in the same program, on port 0.
//!
//! The client sends ten million bytes and gets them all back. Port 0 asks the
//! system for a free port, so the program never collides with another one. The
//! client must read while it writes. Otherwise the buffers in between fill up,
//! the server cannot send and stops reading, and both wait forever. `shutdown`
//! closes only the client's sending direction. The server reads the end of
//! input, and the rest of its answer still arrives.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo_roundtrip
//! server: end of input after 10000000 bytes
//! client: 10000000 bytes received, equal to what was sent: true
//! ```
//!
//! To test without a network, see `duplex`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt-multi-thread
//! cargo add anyhow
//! ```

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve_one(listener));

    let question: Vec<u8> = b"Hello, echo"
        .iter()
        .copied()
        .cycle()
        .take(10_000_000)
        .collect();
    let answer = ask(address, &question).await?;
    server.await??;

    let count = answer.len();
    let equal = answer == question;
    println!("client: {count} bytes received, equal to what was sent: {equal}");
    Ok(())
}

async fn serve_one(listener: TcpListener) -> io::Result<()> {
    let (mut stream, _) = listener.accept().await?;
    let (mut from_client, mut to_client) = stream.split();
    let count = copy(&mut from_client, &mut to_client).await?;
    println!("server: end of input after {count} bytes");
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
