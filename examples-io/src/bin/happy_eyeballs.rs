//! Connect to the first of several addresses that answers, staggered.
//!
//! A name often has several addresses, and one of them may be dead: not
//! refused, which shows at once, but silent. Tried one after the other, it
//! costs its whole timeout. Here the next attempt starts 200 ms after the last
//! one, or as soon as one fails; the first connection wins, and the `JoinSet`
//! that is dropped ends the other attempts. Browsers do so as well: "happy
//! eyeballs", RFC 8305, which advises 250 ms.
//!
//! ```console
//! $ cargo run -p examples-io --bin happy_eyeballs
//! the bakery has a silent address and a live one
//! broken, one after the other: connected       # 1100 ms
//! fixed, staggered: connected                  # 1300 ms
//! fixed, the first one refused: connected      # 1300 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,net,rt-multi-thread,time`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const STAGGER: Duration = Duration::from_millis(200);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> io::Result<()> {
    println!("the bakery has a silent address and a live one");
    let live = TcpListener::bind("127.0.0.1:0").await?;
    let silent = Silent::open().await?;
    let refused = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;

    let addresses = [silent.address, live.local_addr()?];
    broken(&addresses).await?;
    println!("broken, one after the other: connected");
    fixed(&addresses).await?;
    println!("fixed, staggered: connected");

    fixed(&[refused, live.local_addr()?]).await?;
    println!("fixed, the first one refused: connected");
    Ok(())
}

async fn broken(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for address in addresses {
        match connect(*address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn fixed(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    let mut waiting = addresses.iter();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(connect(*address));
        }
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended? {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            },
            () = sleep(STAGGER), if waiting.len() > 0 => {}
            else => return Err(last),
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    timeout(CONNECT_LIMIT, TcpStream::connect(address)).await?
}

/// An address that answers nothing: a listener whose queue is full.
struct Silent {
    address: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Silent {
    async fn open() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(1)?;
        let address = listener.local_addr()?;
        let mut queue = Vec::new();
        let soon = Duration::from_millis(100);
        while let Ok(queued) = timeout(soon, TcpStream::connect(address)).await {
            queue.push(queued?);
        }
        Ok(Self {
            address,
            _listener: listener,
            _queue: queue,
        })
    }
}
