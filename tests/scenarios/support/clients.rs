//! What clients, good and bad, do to a server.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, Result, ensure};
use harness::workspace::binary;
use harness::{Server, Terminal};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream};
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

/// Sends a request and reads as many bytes as `answer` has, which they must be.
pub async fn exchange(
    client: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &[u8],
    answer: &[u8],
) -> Result<()> {
    let (mut from_server, mut to_server) = split(client);
    let mut received = vec![0; answer.len()];
    let (sent, read) = tokio::join!(
        to_server.write_all(request),
        from_server.read_exact(&mut received)
    );
    sent?;
    read?;
    ensure!(
        received == answer,
        "another answer of {} bytes to {} bytes: {:?}",
        answer.len(),
        request.len(),
        String::from_utf8_lossy(&received[..answer.len().min(100)])
    );
    Ok(())
}

/// All that the server says to all of `requests` and then the end.
pub async fn answers(address: impl Address, requests: &[u8]) -> Result<String> {
    answers_to(address.connect().await?, requests).await
}

/// The same of a client that has connected.
pub async fn answers_to(client: impl AsyncRead + AsyncWrite, requests: &[u8]) -> Result<String> {
    let (mut from_server, mut to_server) = split(client);
    let mut received = Vec::new();
    let send = async {
        // It may be refused halfway; what counts is what the server says.
        let _ = to_server.write_all(requests).await;
        let _ = to_server.shutdown().await;
    };
    let ((), read) = tokio::join!(send, from_server.read_to_end(&mut received));
    let said = String::from_utf8(received)?;
    read.with_context(|| format!("after {said:?}"))?;
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
    // While it stands still, only the kernel takes clients.
    server.signal("STOP")?;
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(request).await?;
        clients.push(client);
    }
    server.signal("TERM")?;
    server.signal("CONT")?;
    server.wait_for("stopping: 100 connections have 3s")?;
    for (number, client) in clients.iter_mut().enumerate() {
        let served = exchange(client, b"", answer).await;
        served.with_context(|| format!("client {number}"))?;
    }
    drop(clients);
    let status = server.wait(Duration::from_secs(5))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    let last = output.last().map(String::as_str);
    ensure!(last == Some("stopped: 100 drained, 0 cut"), "{output:?}");
    Ok(())
}

/// With all its places taken the server keeps still, and the next clients wait
/// until others leave.
pub async fn limit(
    server: &mut Server,
    places: usize,
    request: &[u8],
    answer: &[u8],
) -> Result<()> {
    let mut open = Vec::new();
    for number in 0..places {
        let mut client = TcpStream::connect(server.address).await?;
        let served = exchange(&mut client, request, answer).await;
        served.with_context(|| format!("client {number}"))?;
        open.push(client);
    }
    let mut waiting = Vec::new();
    for _ in 0..100 {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(request).await?;
        waiting.push(client);
    }
    let before = server.processor_time();
    stays_silent(&mut waiting[0]).await?;
    if let (Some(before), Some(after)) = (before, server.processor_time()) {
        let used = after.saturating_sub(before);
        ensure!(used < Duration::from_millis(200), "used {used:?}: it spins");
    }
    exchange(&mut open[0], request, answer).await?;
    drop(open.pop());
    exchange(&mut waiting[0], b"", answer).await?;
    stays_silent(&mut waiting[1]).await?;
    drop(open);
    for client in &mut waiting[1..] {
        exchange(client, b"", answer).await?;
    }
    Ok(())
}

async fn stays_silent(client: &mut TcpStream) -> Result<()> {
    let read = timeout(Duration::from_secs(1), client.read(&mut [0])).await;
    ensure!(read.is_err(), "more than there are places: {read:?}");
    Ok(())
}

/// Bytes of all values, in which a part that is lost or doubled shows.
pub fn pattern(size: usize) -> Vec<u8> {
    (0..size)
        .map(|i| (i ^ (i >> 8) ^ (i >> 16)).to_le_bytes()[0])
        .collect()
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
    let before = server.memory();
    let mut peak = 0;
    let mut work = pin!(work);
    loop {
        let done = timeout(Duration::from_millis(20), &mut work).await;
        peak = peak.max(growth(server, before));
        if let Ok(done) = done {
            return Ok((done?, peak));
        }
    }
}

/// By how many bytes the server has grown; nothing where that is not known.
pub fn growth<A>(server: &Server<A>, before: Option<usize>) -> usize {
    let (Some(before), Some(now)) = (before, server.memory()) else {
        return 0;
    };
    now.saturating_sub(before)
}

/// Without a file descriptor for the next client the server says so, keeps
/// still, serves those that it has, and then the others.
pub async fn descriptors(
    server: &mut Server<impl Address>,
    request: &'static [u8],
    answer: &'static [u8],
) -> Result<()> {
    let mut clients = JoinSet::new();
    for number in 0..80 {
        let mut client = server.address.connect().await?;
        clients.spawn(async move {
            exchange(&mut client, request, answer).await?;
            // The first ones stay for a while, so that the others must wait.
            let stay = if number < 40 { 500 } else { 0 };
            sleep(Duration::from_millis(stay)).await;
            anyhow::Ok(())
        });
    }
    let before = server.processor_time();
    let mut served = 0;
    while let Some(client) = clients.join_next().await {
        client?.with_context(|| format!("after {served} clients"))?;
        served += 1;
    }
    ensure!(served == 80, "{served} clients were served");
    if let (Some(before), Some(after)) = (before, server.processor_time()) {
        let used = after.saturating_sub(before);
        ensure!(used < Duration::from_millis(300), "used {used:?}: it spins");
    }
    let output = server.output();
    let complaints = output
        .iter()
        .filter(|line| line.starts_with("cannot accept"))
        .count();
    ensure!((1..=10).contains(&complaints), "{output:?}");
    Ok(())
}

/// 2,000 clients at once, none of which the kernel makes try again; all are
/// answered.
pub async fn burst(server: &Server, request: &[u8], answer: &[u8]) -> Result<()> {
    for client in &mut connect_burst(server.address).await? {
        exchange(client, request, answer).await?;
    }
    Ok(())
}

/// 2,000 clients that have connected at once, at the first try of the kernel.
pub async fn connect_burst(address: SocketAddr) -> Result<Vec<TcpStream>> {
    let overflows = listen_overflows();
    let mut clients = JoinSet::new();
    for _ in 0..2000 {
        clients.spawn(TcpStream::connect(address));
    }
    let mut open = Vec::new();
    while let Some(client) = clients.join_next().await {
        open.push(client??);
    }
    let retried = listen_overflows();
    ensure!(retried == overflows, "{overflows:?}, {retried:?} overflows");
    Ok(open)
}

/// Bytes of memory for each of `count` clients that have had an answer and wait.
pub async fn idle_memory(
    server: &Server,
    count: usize,
    request: &[u8],
    answer: &[u8],
) -> Result<usize> {
    let before = server.memory();
    let mut open = Vec::new();
    for _ in 0..count {
        let mut client = TcpStream::connect(server.address).await?;
        exchange(&mut client, request, answer).await?;
        open.push(client);
    }
    Ok(growth(server, before) / count)
}

/// A taken port, a name that is no address: one clear line each, status 1.
pub fn refused_addresses(binary: &str, taken: SocketAddr) -> Result<()> {
    let path = harness::workspace::binary(binary)?.display();
    for address in [&taken.to_string(), "nowhere"] {
        let mut terminal = Terminal::open()?;
        let mut job = terminal.start(&format!("exec '{path}' {address}"))?;
        let mut lines = Vec::new();
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        let status = terminal.wait(&mut job, deadline, &mut lines)?;
        let start = format!("Error: cannot listen on {address}: ");
        ensure!(
            status == Some(1) && lines.len() == 1 && lines[0].text.starts_with(&start),
            "{status:?}: {lines:?}"
        );
    }
    Ok(())
}

/// The server listens where a name says, and on an IPv6 address.
pub async fn names(binary: &str, request: &[u8], answer: &[u8]) -> Result<()> {
    let path = harness::workspace::binary(binary)?.display();
    for address in ["localhost:0", "[::1]:0"] {
        // Not every machine has IPv6.
        if std::net::TcpListener::bind(address).is_err() {
            continue;
        }
        let server = Server::start(binary, &format!("exec '{path}' {address} #"))?;
        let mut client = TcpStream::connect(server.address).await?;
        exchange(&mut client, request, answer).await?;
    }
    Ok(())
}

/// Catches Ctrl-C before it prints its first line: the signal comes while the
/// line does not fit into the pipe.
#[cfg(unix)]
pub async fn early_signal(binary: &str) -> Result<()> {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use tokio::net::unix::pipe;

    let (sender, mut receiver) = pipe::pipe()?;
    sender.writable().await?;
    while sender.try_write(&[b' '; 512]).is_ok() {}
    let mut server = std::process::Command::new(harness::workspace::binary(binary)?)
        .arg("127.0.0.1:0")
        .stdout(sender.into_blocking_fd()?)
        .stderr(std::process::Stdio::null())
        .spawn()?;
    // With the handler missing, the signal kills it, and the status says so.
    let start = Instant::now();
    while catches_interrupt(server.id()) != Some(true) && start.elapsed() < Duration::from_secs(5) {
        sleep(Duration::from_millis(10)).await;
    }
    kill(Pid::from_raw(server.id().try_into()?), Signal::SIGINT)?;
    let mut output = String::new();
    let read = timeout(
        Duration::from_secs(10),
        receiver.read_to_string(&mut output),
    );
    let read = read.await;
    if read.is_err() {
        server.kill()?;
    }
    let status = server.wait()?;
    ensure!(
        status.success() && output.contains("listening on "),
        "{status}, after {:?}",
        output.trim_start()
    );
    Ok(())
}

/// Whether a process has a handler for SIGINT, as Linux knows; `None` elsewhere.
#[cfg(unix)]
fn catches_interrupt(id: u32) -> Option<bool> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let caught = status.lines().find_map(|it| it.strip_prefix("SigCgt:"))?;
    let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
    Some(caught & 0b10 != 0)
}

/// Names and IPv6 addresses are addresses too.
pub async fn listens_on_names(binary: &str, arguments: &str) -> Result<()> {
    let path = harness::workspace::binary(binary)?.display();
    for address in ["localhost:0", "[::1]:0"] {
        if TcpListener::bind(address).await.is_err() {
            // This machine does not know it.
            continue;
        }
        let server = Server::start(binary, &format!("exec '{path}' {address} {arguments} #"))?;
        TcpStream::connect(server.address).await?;
    }
    Ok(())
}

/// Waits until the server has closed the connection, and says when.
pub async fn closed(client: &mut (impl AsyncRead + Unpin)) -> Result<Duration> {
    let start = Instant::now();
    let mut rest = Vec::new();
    // A reset is an end as well.
    let _ = client.read_to_end(&mut rest).await;
    Ok(start.elapsed())
}

/// How often the kernel has dropped a client that came while a backlog was
/// full, as Linux counts it; `None` elsewhere.
pub fn listen_overflows() -> Option<u64> {
    let text = fs::read_to_string("/proc/net/netstat").ok()?;
    let mut lines = text.lines().filter(|line| line.starts_with("TcpExt:"));
    let names = lines.next()?.split(' ');
    let values = lines.next()?.split(' ');
    let mut pairs = names.zip(values);
    pairs
        .find(|(name, _)| *name == "ListenOverflows")?
        .1
        .parse()
        .ok()
}

/// When nobody reads what a server prints any more, it accepts and stops as ever.
pub async fn unheard(command: &str) -> Result<()> {
    let (name, arguments) = command.split_once(' ').unwrap_or((command, ""));
    let mut terminal = Terminal::open()?;
    let server = binary(name)?.display();
    let mut job = terminal.start(&format!(
        "mkfifo output; '{server}' {arguments} >output 2>&1 & head -n 1 output; \
         echo $!; wait $!"
    ))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    while lines.len() < 2 {
        let more = terminal.read_until(deadline.into_std(), &mut lines)?;
        ensure!(more, "{lines:?}");
    }
    let mut words = lines[0].text.split(' ');
    let address: Option<SocketAddr> =
        words.find_map(|it| it.trim_start_matches("http://").parse().ok());
    let address = address.context("it says no address")?;
    // One client that fails in a way worth a line, and one that is there at the
    // stop. A proxy without an upstream resets both, perhaps before `connect`
    // has returned.
    let _ = reset(address, b"x").await;
    let client = TcpStream::connect(address).await;
    let mut kill = terminal.start(&format!("kill -INT {}", lines[1].text))?;
    terminal.wait(&mut kill, deadline.into_std(), &mut lines)?;
    let closed = async {
        let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        while !TcpStream::connect(address).await.is_err_and(refused) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), closed)
        .await
        .context("does not stop")?;
    drop(client);
    let status = terminal.wait(&mut job, deadline.into_std(), &mut lines)?;
    ensure!(
        status == Some(0) && lines.len() == 2,
        "{status:?} {lines:?}"
    );
    Ok(())
}
