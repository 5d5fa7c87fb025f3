//! Connect with a `JoinSet` to the first of several addresses that answers.
//!
//! A server has two addresses, and the first never answers, not even to refuse.
//! Tried one after the other, the first costs its whole timeout of 1 s. Below,
//! the next attempt starts after 200 ms, or as soon as one fails. The first
//! connection wins, and the other attempts are aborted. Browsers do the same
//! and call it "happy eyeballs" (RFC 8305, which recommends 250 ms).
//!
//! ```console
//! $ cargo run -p examples-io --bin happy_eyeballs
//! broken, one after the other: connected after 1.0 s, 0 attempts left
//! fixed, staggered: connected after 0.2 s, 0 attempts left
//! fixed, the first refuses: connected after 0.0 s, 0 attempts left
//! ```
//!
//! Copy it with `cargo add tokio -F macros,net,rt,time`.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const STAGGER: Duration = Duration::from_millis(200);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let live = TcpListener::bind("127.0.0.1:0").await?;
    let (silent, _backlog) = silent().await?;
    let addresses = [silent.local_addr()?, live.local_addr()?];

    let start = Instant::now();
    broken(&addresses).await?;
    println!("broken, one after the other: {}", state(start));

    let start = Instant::now();
    fixed(&addresses).await?;
    println!("fixed, staggered: {}", state(start));

    let refusing = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let start = Instant::now();
    fixed(&[refusing, live.local_addr()?]).await?;
    println!("fixed, the first refuses: {}", state(start));
    Ok(())
}

fn state(start: Instant) -> String {
    let time = start.elapsed().as_secs_f64();
    let attempts = Handle::current().metrics().num_alive_tasks();
    format!("connected after {time:.1} s, {attempts} attempts left")
}

/// A listener that answers nobody: clients that wait fill its backlog.
async fn silent() -> io::Result<(TcpListener, Vec<TcpStream>)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(1)?;
    let address = listener.local_addr()?;
    let mut backlog = Vec::new();
    let soon = Duration::from_millis(100);
    while let Ok(client) = timeout(soon, TcpStream::connect(address)).await {
        backlog.push(client?);
    }
    Ok((listener, backlog))
}

async fn broken(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last_error = io::Error::other("the name has no address");
    for address in addresses {
        match connect(*address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}

async fn fixed(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last_error = io::Error::other("the name has no address");
    let mut untried = addresses.iter();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(address) = untried.next() {
            attempts.spawn(connect(*address));
        }
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended? {
                Ok(stream) => {
                    attempts.shutdown().await;
                    return Ok(stream);
                }
                Err(error) => last_error = error,
            },
            () = sleep(STAGGER), if untried.len() > 0 => {}
            // No attempt is left, and no address to wait for.
            else => return Err(last_error),
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await?
}
