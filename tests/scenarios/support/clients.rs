//! What clients, good and bad, do to a server.

use std::array::from_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use harness::Server;
use harness::usage::{forget_peak, memory, peak_memory, processor_time};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Where a server listens.
pub trait Address {
    /// What a client of it is.
    type Client: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    fn connect(&self) -> impl Future<Output = io::Result<Self::Client>> + Send;
}

impl Address for SocketAddr {
    type Client = TcpStream;

    async fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(self).await
    }
}

#[cfg(unix)]
impl Address for std::path::PathBuf {
    type Client = tokio::net::UnixStream;

    async fn connect(&self) -> io::Result<Self::Client> {
        tokio::net::UnixStream::connect(self).await
    }
}

/// Sends a message and reads as many bytes: they must be the same.
pub async fn ask(client: &mut TcpStream, message: &[u8]) -> Result<()> {
    exchange(client, message, message).await
}

/// An answer that goes out in several writes comes whole and without a wait.
///
/// Without `set_nodelay` the last small write waits until the ones before it are
/// acknowledged, which a client that also talks puts off for 40 ms.
pub async fn prompt(mut round: impl AsyncFnMut() -> Result<()>) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..40 {
        let start = Instant::now();
        timeout(Duration::from_secs(5), round()).await??;
        times.push(start.elapsed());
    }
    // A young connection acknowledges each packet immediately; on a busy machine
    // a few of the others may be quick too, and many of the good ones slow.
    let mut times = times.split_off(20);
    times.sort();
    let fast = times[5];
    ensure!(
        fast < Duration::from_millis(30),
        "most answers take {fast:?} or more, not less than 30 ms"
    );
    Ok(())
}

/// Sends a request and reads as many bytes as `answer` has, which they must be.
pub async fn exchange(
    client: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &[u8],
    answer: &[u8],
) -> Result<()> {
    let (from_server, mut to_server) = split(client);
    let mut received = Vec::new();
    let mut from_server = from_server.take(answer.len() as u64);
    let both = async {
        tokio::join!(
            to_server.write_all(request),
            from_server.read_to_end(&mut received)
        )
    };
    let end = match timeout(PATIENCE, both).await {
        Ok((_, Err(error))) => format!(", then {error}"),
        Ok((Err(error), Ok(_))) => format!(", and the request could not be sent: {error}"),
        Ok(_) if received.len() < answer.len() => ", then the end of the connection".into(),
        Ok(_) => String::new(),
        Err(_) => format!(", then nothing for {PATIENCE:?}"),
    };
    if received != answer {
        // What else it says tells why.
        from_server.set_limit(200);
        let _ = timeout(
            Duration::from_millis(100),
            from_server.read_to_end(&mut received),
        )
        .await;
    }
    compare(request, &received, answer, &end)
}

/// For an answer, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes as text: of many the beginning, and how many they are.
pub fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 100;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
    if bytes.len() > SHOWN {
        format!("{text:?}... ({} bytes)", bytes.len())
    } else {
        format!("{text:?}")
    }
}

/// Expects that a request has this answer.
pub fn is_answered(
    request: impl AsRef<[u8]>,
    said: impl AsRef<[u8]>,
    expected: impl AsRef<[u8]>,
) -> Result<()> {
    compare(request.as_ref(), said.as_ref(), expected.as_ref(), "")
}

/// `end` says how the answer ended, if not as it should.
fn compare(request: &[u8], said: &[u8], expected: &[u8], end: &str) -> Result<()> {
    let alike = said
        .iter()
        .zip(expected)
        .take_while(|(it, right)| it == right);
    // Of a long answer the part is shown that is wrong.
    let from = alike.count().saturating_sub(40);
    ensure!(
        said == expected && end.is_empty(),
        "{} is to be answered by {}, not by {}{end}",
        shown(request),
        shown(&expected[from..]),
        shown(&said[from..])
    );
    Ok(())
}

/// All that the server says to all of `requests` and then the end.
pub async fn answers(address: impl Address, requests: &[u8]) -> Result<String> {
    answers_to(address.connect().await?, requests).await
}

/// Sends all of `requests`, and expects all of `expected` and then the end.
pub async fn exchange_all(
    address: impl Address,
    requests: impl AsRef<[u8]>,
    expected: impl AsRef<[u8]>,
) -> Result<()> {
    let said = answers(address, requests.as_ref()).await?;
    is_answered(requests, said, expected)
}

/// All that the server says to a client that has connected, to all of `requests`.
pub async fn answers_to(client: impl AsyncRead + AsyncWrite, requests: &[u8]) -> Result<String> {
    let (mut from_server, mut to_server) = split(client);
    let mut received = Vec::new();
    let send = async {
        // It may be refused halfway; what counts is what the server says.
        let _ = to_server.write_all(requests).await;
        let _ = to_server.shutdown().await;
    };
    let ((), read) = tokio::join!(send, from_server.read_to_end(&mut received));
    read.with_context(|| format!("after the answer {}", shown(&received)))?;
    let said = String::from_utf8_lossy(&received).into_owned();
    Ok(said)
}

/// Messages of many sizes, each of which comes back, until `end` is dropped;
/// then the half-close, after which the server closes too.
pub async fn talk(address: SocketAddr, mut end: watch::Receiver<()>) -> Result<()> {
    let mut client = TcpStream::connect(address).await?;
    let pause = Duration::from_millis(5);
    for number in 0_u64.. {
        let size = usize::try_from(number % 200)? * 97;
        let message = [&number.to_be_bytes(), &pattern(size)[..]].concat();
        ask(&mut client, &message)
            .await
            .with_context(|| format!("message {number} of {} bytes", message.len()))?;
        if timeout(pause, end.changed()).await.is_ok() {
            break;
        }
    }
    client.write_all(b"the last").await?;
    client.shutdown().await?;
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await?;
    ensure!(rest == b"the last", "{}", rest.escape_ascii());
    Ok(())
}

/// Messages of such sizes one after the other, of all byte values; then 5 MB at
/// once; then the half-close, after which the rest still comes.
pub async fn any_bytes(address: SocketAddr, sizes: &[usize]) -> Result<()> {
    let mut client = TcpStream::connect(address).await?;
    for &size in sizes {
        ask(&mut client, &pattern(size)).await?;
    }
    let all = pattern(5_000_000);
    let (mut from_server, mut to_server) = client.split();
    let send = async {
        to_server.write_all(&all).await?;
        to_server.shutdown().await
    };
    let mut answer = Vec::new();
    let (sent, received) = tokio::join!(send, from_server.read_to_end(&mut answer));
    sent?;
    received?;
    ensure!(answer == all, "{} of {} bytes", answer.len(), all.len());
    Ok(())
}

/// Many messages in one packet, one message in many: all come back.
pub async fn packets(address: SocketAddr) -> Result<()> {
    let mut client = TcpStream::connect(address).await?;
    client.set_nodelay(true)?;
    ask(&mut client, &b"one of many\r\n".repeat(1000)).await?;
    let message = pattern(300);
    for byte in &message {
        client.write_all(&[*byte]).await?;
        sleep(Duration::from_millis(1)).await;
    }
    exchange(&mut client, b"", &message).await
}

/// A message of so many MiB: it comes back whole, and then the end.
pub async fn long_message(address: SocketAddr, mebibytes: usize) -> Result<()> {
    let block = pattern(1 << 20);
    let mut client = TcpStream::connect(address).await?;
    let (mut from_server, mut to_server) = client.split();
    let send = async {
        for _ in 0..mebibytes {
            to_server.write_all(&block).await?;
        }
        Ok(to_server.shutdown().await?)
    };
    let receive = async {
        let mut part = vec![0; block.len()];
        for number in 0..mebibytes {
            from_server.read_exact(&mut part).await?;
            ensure!(part == block, "MiB {number} is another");
        }
        let more = from_server.read(&mut part).await?;
        ensure!(more == 0, "{more} bytes more");
        Ok(())
    };
    tokio::try_join!(send, receive).map(drop)
}

/// Who has connected when the signal comes is served, accepted or not.
pub async fn backlog_at_stop(server: &mut Server, request: &[u8], answer: &[u8]) -> Result<()> {
    // While it stands still, only the kernel takes clients: more than the 128 of
    // tokio's backlog, and several times the 128 that a task accepts at a time.
    let count = if cfg!(target_os = "linux") { 600 } else { 100 };
    server.signal("STOP")?;
    let mut clients = Vec::new();
    for number in 0..count {
        let client = timeout(Duration::from_secs(5), TcpStream::connect(server.address)).await;
        let mut client = client.with_context(|| format!("no room for client {number}"))??;
        client.write_all(request).await?;
        clients.push(client);
    }
    server.signal("TERM")?;
    server.signal("CONT")?;
    server.wait_for(&format!("stopping: {count} connections have 3s"))?;
    for (number, client) in clients.iter_mut().enumerate() {
        let served = exchange(client, b"", answer).await;
        served.with_context(|| format!("client {number}"))?;
    }
    drop(clients);
    let last = format!("stopped: {count} drained, 0 cut");
    server.ends(Duration::from_secs(5), &[&last])
}

/// Bytes of all values, in which a part that is lost or doubled shows. The byte
/// at `i` is `i ^ (i >> 8) ^ (i >> 16)`.
pub fn pattern(size: usize) -> Vec<u8> {
    // A debug build would take long to make millions of bytes one by one.
    static ROWS: LazyLock<[[u8; 256]; 256]> =
        LazyLock::new(|| from_fn(|high| from_fn(|low| (low ^ high).to_le_bytes()[0])));
    let mut bytes = Vec::with_capacity(size + 256);
    for row in 0..size.div_ceil(256) {
        bytes.extend_from_slice(&ROWS[(row ^ (row >> 8)) & 0xff]);
    }
    bytes.truncate(size);
    bytes
}

/// Sends `message`, and resets the connection with it halfway.
pub async fn reset(address: SocketAddr, message: &[u8]) -> Result<()> {
    let mut client = TcpStream::connect(address).await?;
    client.write_all(message).await?;
    client.set_zero_linger()?;
    Ok(())
}

/// Sends `block` again and again, never reading, until nothing more goes out.
pub async fn flood<A: Address>(address: A, block: &[u8]) -> Result<A::Client> {
    let mut client = address.connect().await?;
    let write = async {
        loop {
            client.write_all(block).await?;
        }
    };
    let stuck: Result<Result<()>, _> = timeout(Duration::from_millis(300), write).await;
    ensure!(stuck.is_err(), "a client that never reads: {stuck:?}");
    Ok(client)
}

/// Waits until the server has said exactly `count` lines for which `is` holds.
pub async fn lines(server: &mut Server, count: usize, is: impl Fn(&str) -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let output = server.output();
        let found = output.iter().filter(|line| is(line)).count();
        if found == count {
            return Ok(());
        }
        let late = Instant::now() > deadline;
        ensure!(
            found < count && !late,
            "{found} of {count} lines at the end of {:?}",
            &output[output.len().saturating_sub(20)..]
        );
        sleep(Duration::from_millis(20)).await;
    }
}

/// By how many bytes the server grows while `work` is done, at the most.
pub async fn peak_growth<T>(
    server: &Server,
    work: impl Future<Output = Result<T>>,
) -> Result<(T, usize)> {
    let before = memory(server.id())?;
    forget_peak(server.id())?;
    let mut peak = 0;
    let mut work = pin!(work);
    loop {
        // Where the system keeps no peak, look often.
        let done = timeout(Duration::from_millis(20), &mut work).await;
        peak = peak.max(peak_memory(server.id())?.saturating_sub(before));
        if let Ok(done) = done {
            return Ok((done?, peak));
        }
    }
}

/// By how many bytes a server has grown since it had `before`.
pub fn growth(server: u32, before: usize) -> Result<usize> {
    Ok(memory(server)?.saturating_sub(before))
}

/// Does `work`, in which a server may use so much processor time: it keeps still
/// while it waits.
pub async fn keeps_still<T>(
    server: u32,
    most: Duration,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let before = processor_time(server)?;
    let done = work.await?;
    let used = processor_time(server)?.saturating_sub(before);
    ensure!(used < most, "used {used:?}: it spins");
    Ok(done)
}

/// 2,000 clients that come while the server stands still: all of them have room
/// in its backlog. Then it goes on.
pub async fn connect_burst(server: &Server) -> Result<Vec<TcpStream>> {
    server.signal("STOP")?;
    let mut clients = JoinSet::new();
    for _ in 0..2000 {
        clients.spawn(TcpStream::connect(server.address));
    }
    let mut open = Vec::new();
    let connect_all = async {
        while let Some(client) = clients.join_next().await {
            open.push(client??);
        }
        anyhow::Ok(())
    };
    // The kernel lets one that finds no room try again, in vain.
    let connected = timeout(Duration::from_secs(20), connect_all).await;
    server.signal("CONT")?;
    if connected.is_err() {
        bail!("{} of 2,000 clients have room in the backlog", open.len());
    }
    connected??;
    Ok(open)
}

/// Bytes of memory for each of `count` clients that have had an answer and wait.
pub async fn idle_memory(
    server: &Server,
    count: usize,
    talk: impl Fn(usize) -> (Vec<u8>, Vec<u8>),
) -> Result<usize> {
    let before = memory(server.id())?;
    let mut open = Vec::new();
    for number in 0..count {
        let mut client = TcpStream::connect(server.address).await?;
        let (request, answer) = talk(number);
        exchange(&mut client, &request, &answer).await?;
        open.push(client);
    }
    Ok(growth(server.id(), before)? / count)
}

/// A server that does not answer, as long as this is held. Its backlog is full; on
/// Linux, the kernel then ignores the next client.
pub struct Mute {
    pub address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Mute {
    pub async fn start() -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(0)?;
        let address = listener.local_addr()?;
        let mut waiting = Vec::new();
        // On Linux, the first one has room, whatever time it takes.
        let mut limit = Duration::from_secs(3);
        while let Ok(client) = timeout(limit, TcpStream::connect(address)).await {
            waiting.push(client?);
            limit = Duration::from_millis(300);
        }
        ensure!(
            !waiting.is_empty() || cfg!(not(target_os = "linux")),
            "not even one client has room in the backlog"
        );
        Ok(Self {
            address,
            _listener: listener,
            _waiting: waiting,
        })
    }
}

/// Waits until the server has closed the connection, and says when.
pub async fn closed(client: &mut (impl AsyncRead + Unpin)) -> Result<Duration> {
    let start = Instant::now();
    let mut rest = Vec::new();
    // A reset is an end as well.
    let _ = client.read_to_end(&mut rest).await;
    Ok(start.elapsed())
}
