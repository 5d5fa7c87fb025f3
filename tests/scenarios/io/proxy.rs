//! The proxy of examples-io under load and under faults.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::usage::{descriptors as descriptors_of, memory, processor_time};
use harness::workspace::binary;
use harness::{Server, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::scenarios::support::changed::{self, FINISHED};
use crate::scenarios::support::clients::{
    Mute, PATIENCE, any_bytes, ask, exchange, exchange_all, flood, growth, long_message, packets,
    pattern, peak_growth, prompt, reset, talk,
};
use crate::scenarios::support::faults::{
    Draining, MANY_DESCRIPTORS, Running, SAME_EVERYWHERE, Service, of_draining,
};
use crate::scenarios::support::runner::{Scenario, alone, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = of_draining::<Proxy>();
    tests.extend([
        scenario("any_bytes", proxy_any_bytes),
        scenario("packets", one_by_one),
        scenario("long_message", long).slow(),
        scenario("never_read", never_read).slow(),
        scenario("upstream_half_closes", upstream_half_closes),
        scenario("resets", resets).slow(),
        scenario("prompt", prompt_answers),
        scenario("defaults", defaults),
        scenario("upstream_down", upstream_down),
        scenario("upstream_names", upstream_names),
        scenario("connect_limit", connect_limit).slow(),
        scenario("descriptors", descriptors).measures().slow(),
        scenario("panic", || changed::panics::<Proxy>(&PANIC, FINISHED)).slow(),
        scenario("idle_limit", idle_limit).slow(),
        scenario("progress_limit", progress_limit)
            .needs(cfg!(target_os = "linux"), "only Linux counts descriptors")
            .slow(),
        alone("all_at_once", all_at_once).slow(),
    ]);
    tests
}

struct Proxy;

impl Service for Proxy {
    const NAME: &str = "proxy";
    const ARGUMENTS: &str = "127.0.0.1:9";

    fn start(program: &Path, address: &str, setup: &str) -> Result<Running> {
        let upstream = Server::start("hardened_echo", MANY_DESCRIPTORS)?;
        let (path, behind) = (program.display(), upstream.address);
        let server = Server::run(&format!("{setup} exec '{path}' {address} {behind}"))?;
        Ok(Running::new(server, Some(upstream)))
    }

    fn greeting(_number: usize) -> (String, String) {
        ("hello".into(), "hello".into())
    }

    fn talk(_number: usize) -> (String, String) {
        ("one of many".into(), "one of many".into())
    }
}

/// Each client takes two descriptors, and two buffers of 8 KiB.
impl Draining for Proxy {
    const MAX_CONNECTIONS: usize = 500;
    const DESCRIPTORS: u64 = 1200;
    const IDLE: usize = 25_000;
}

fn proxy(upstream: SocketAddr, setup: &str) -> Result<Server> {
    start(&upstream.to_string(), setup)
}

fn start(upstream: &str, setup: &str) -> Result<Server> {
    let path = binary("proxy")?.display();
    Server::run(&format!("{setup} exec '{path}' 127.0.0.1:0 {upstream}"))
}

async fn proxy_any_bytes() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let proxy = proxy(echo.address, "")?;
    let sizes = [1, 1024, 8191, 65_535, 65_536, 65_537, 1_000_000];
    any_bytes(proxy.address, &sizes).await
}

async fn one_by_one() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let proxy = proxy(echo.address, "")?;
    packets(proxy.address).await
}

/// 64 MiB without an end of line are 64 MiB: none of it is kept.
async fn long() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let proxy = proxy(echo.address, SAME_EVERYWHERE)?;
    let message = long_message(proxy.address, 64);
    let ((), growth) = peak_growth(&proxy, message).await?;
    ensure!(
        growth < 500_000,
        "grown by {growth} bytes, not less than 500_000"
    );
    Ok(())
}

/// A server that does what the first byte of a request says.
struct Upstream {
    address: SocketAddr,
    accepting: JoinHandle<()>,
    /// Bound and not listening: nobody else gets the port while it is down.
    place: TcpSocket,
}

impl Upstream {
    fn start() -> Result<Self> {
        let place = TcpSocket::new_v4()?;
        place.set_reuseport(true)?;
        place.bind(([127, 0, 0, 1], 0).into())?;
        Self::start_at(place)
    }

    fn start_at(place: TcpSocket) -> Result<Self> {
        let address = place.local_addr()?;
        let listener = TcpSocket::new_v4()?;
        listener.set_reuseport(true)?;
        listener.bind(address)?;
        let listener = listener.listen(128)?;
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream));
            }
        });
        Ok(Self {
            address,
            accepting,
            place,
        })
    }

    /// Refuses the next clients; those that are there are served on.
    async fn stop(self) -> TcpSocket {
        self.accepting.abort();
        // It ends by being aborted.
        let _ = self.accepting.await;
        self.place
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0];
    stream.peek(&mut request).await?;
    match request {
        RESET => {
            stream.write_all(b"half an").await?;
            stream.set_zero_linger()
        }
        FLOOD => loop {
            stream.write_all(&[b'x'; 16 * 1024]).await?;
        },
        NEVER_READ => pending().await,
        CLOSE_FIRST => {
            stream.write_all(b"bye").await?;
            stream.shutdown().await?;
            stream.read_to_end(&mut Vec::new()).await.map(drop)
        }
        _ => {
            let (mut from_client, mut to_client) = stream.split();
            copy(&mut from_client, &mut to_client).await?;
            to_client.shutdown().await
        }
    }
}

const RESET: [u8; 1] = *b"R";
const FLOOD: [u8; 1] = *b"F";
const NEVER_READ: [u8; 1] = *b"N";
const CLOSE_FIRST: [u8; 1] = *b"C";

/// Whoever floods and whoever does not read, client or upstream: the proxy
/// keeps a buffer for each way, and others are served.
async fn never_read() -> Result<()> {
    let upstream = Upstream::start()?;
    let proxy = proxy(upstream.address, SAME_EVERYWHERE)?;
    let mut good = TcpStream::connect(proxy.address).await?;
    ask(&mut good, b"first").await?;
    let before = memory(proxy.id())?;
    let mut block = pattern(256 * 1024);
    let mut stuck = Vec::new();
    for _ in 0..3 {
        stuck.push(flood(proxy.address, &block).await?);
        block[0] = NEVER_READ[0];
        stuck.push(flood(proxy.address, &block).await?);
        block[0] = 0;
        let mut client = TcpStream::connect(proxy.address).await?;
        client.write_all(&FLOOD).await?;
        stuck.push(client);
    }
    ask(&mut good, &pattern(1_000_000)).await?;
    let each = growth(proxy.id(), before)? / stuck.len();
    ensure!(
        each < 100_000,
        "{each} bytes for each connection, not less than 100_000"
    );
    Ok(())
}

/// The server ends its direction first; the client's still goes on.
async fn upstream_half_closes() -> Result<()> {
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = proxy(upstream.local_addr()?, "")?;
    let mut client = TcpStream::connect(proxy.address).await?;
    let mut server = accept(&upstream).await?;
    server.write_all(b"bye").await?;
    server.shutdown().await?;
    exchange(&mut client, b"", b"bye").await?;
    let end = end_of(&mut client).await?;
    ensure!(end == 0, "more than the upstream has sent");
    let all = pattern(1_000_000);
    let send = async {
        client.write_all(&all).await?;
        client.shutdown().await
    };
    let mut received = Vec::new();
    let (sent, read) = tokio::join!(send, server.read_to_end(&mut received));
    sent?;
    read?;
    ensure!(received == all, "{} of {} bytes", received.len(), all.len());
    Ok(())
}

/// Accepts the next client of an upstream.
async fn accept(upstream: &TcpListener) -> Result<TcpStream> {
    let accepted = timeout(PATIENCE, upstream.accept()).await;
    let (stream, _) = accepted.context("the proxy does not connect to its upstream")??;
    Ok(stream)
}

/// The next byte, or how the connection ended: with `Ok(0)`, or with a reset.
async fn end_of(client: &mut TcpStream) -> io::Result<usize> {
    let read = timeout(PATIENCE, client.read(&mut [0])).await;
    read.unwrap_or_else(|_| Err(io::Error::other("nothing comes")))
}

/// Expects that the proxy resets a client, perhaps before the connection is known
/// to stand.
async fn is_reset(address: SocketAddr) -> Result<()> {
    let end = match TcpStream::connect(address).await {
        Ok(mut client) => end_of(&mut client).await,
        Err(error) => Err(error),
    };
    ensure!(end.is_err(), "a client is to be reset, not {end:?}");
    Ok(())
}

/// A reset on one side is one on the other: not an end, which would make half
/// an answer look like a whole one. A thousand of them do not fill the log.
async fn resets() -> Result<()> {
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let mut proxy = proxy(upstream.local_addr()?, "")?;
    for from_client in [false, true] {
        let mut client = TcpStream::connect(proxy.address).await?;
        let mut server = accept(&upstream).await?;
        server.write_all(b"half an").await?;
        exchange(&mut client, b"", b"half an").await?;
        let (broken, mut other) = if from_client {
            (client, server)
        } else {
            (server, client)
        };
        broken.set_zero_linger()?;
        drop(broken);
        let end = end_of(&mut other).await;
        let side = if from_client { "client" } else { "upstream" };
        ensure!(
            end.is_err(),
            "a reset by the {side} is to be a reset on the other side, not {end:?}"
        );
    }
    for _ in 0..1000 {
        reset(proxy.address, b"half a").await?;
        accept(&upstream).await?;
    }
    proxy.has_said(1)
}

/// No upstream: one line that names it and a reset for each client; one line and
/// service again as soon as there is an upstream.
async fn upstream_down() -> Result<()> {
    // Bound and not listening: it refuses, and nobody else gets the port.
    let upstream = TcpSocket::new_v4()?;
    upstream.bind(([127, 0, 0, 1], 0).into())?;
    let address = upstream.local_addr()?;
    let mut proxy = proxy(address, "")?;
    for _ in 0..100 {
        is_reset(proxy.address).await?;
    }
    proxy.wait_for(&format!("cannot reach {address}: "))?;

    let upstream = upstream.listen(8)?;
    for _ in 0..2 {
        let mut client = TcpStream::connect(proxy.address).await?;
        let mut server = accept(&upstream).await?;
        client.write_all(b"again").await?;
        exchange(&mut server, b"", b"again").await?;
    }
    proxy.wait_for(&format!("reached {address} again"))?;
    proxy.has_said(3)
}

/// An upstream that does not answer: after 5 s one line that names it, and a
/// reset for each client.
async fn connect_limit() -> Result<()> {
    let upstream = Mute::start().await?;
    let address = upstream.address;
    let mut proxy = proxy(address, "")?;
    let start = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(TcpStream::connect(proxy.address).await?);
    }
    for client in &mut clients {
        let end = end_of(client).await;
        ensure!(end.is_err(), "a client is to be reset, not {end:?}");
    }
    let lasted = start.elapsed().as_secs();
    ensure!(
        (5..10).contains(&lasted),
        "clients are reset after {lasted} s, not 5"
    );
    proxy.wait_for(&format!("cannot reach {address}: timed out"))?;
    proxy.has_said(2)
}

/// The upstream may be a name, and is named when it is no address at all.
async fn upstream_names() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let name = format!("localhost:{}", echo.address.port());
    let proxy = start(&name, "")?;
    let mut client = TcpStream::connect(proxy.address).await?;
    ask(&mut client, b"hello").await?;
    let mut proxy = start("nowhere", "")?;
    is_reset(proxy.address).await?;
    proxy.wait_for("cannot reach nowhere: invalid socket address")
}

/// Without a file descriptor the next clients wait, or are reset when there is
/// none for the way to the server; those that are served are served whole.
async fn descriptors() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let mut proxy = proxy(echo.address, "ulimit -n 32;")?;
    let before = processor_time(proxy.id())?;
    let mut clients = JoinSet::new();
    for _ in 0..80 {
        // The proxy may reset it before `connect` has returned.
        let Ok(mut client) = TcpStream::connect(proxy.address).await else {
            continue;
        };
        clients.spawn(async move {
            let served = ask(&mut client, b"me too").await.is_ok();
            sleep(Duration::from_millis(500)).await;
            served
        });
    }
    let mut served = 0;
    while let Some(client) = clients.join_next().await {
        served += usize::from(client?);
    }
    ensure!(served >= 10, "{served} clients were served");
    let start = Instant::now();
    let late = async || {
        let mut client = TcpStream::connect(proxy.address).await?;
        ask(&mut client, b"after them").await
    };
    while let Err(error) = late().await {
        ensure!(start.elapsed() < Duration::from_secs(20), "{error:#}");
        sleep(Duration::from_millis(200)).await;
    }
    let used = processor_time(proxy.id())?.saturating_sub(before);
    ensure!(used < Duration::from_millis(300), "used {used:?}: it spins");
    let output = proxy.output();
    let told = |text: &str| output.iter().any(|it| it.starts_with(text));
    ensure!(
        told("cannot reach") && told("reached"),
        "it is to say when it cannot reach the upstream, and when it can again"
    );
    Ok(())
}

/// Two short messages from the upstream, one right after the other, and two from
/// the client.
async fn prompt_answers() -> Result<()> {
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = proxy(upstream.local_addr()?, "")?;
    let mut client = TcpStream::connect(proxy.address).await?;
    let mut server = accept(&upstream).await?;
    let answered = prompt_to(&mut client, &mut server).await;
    answered.context("from the upstream to the client")?;
    let asked = prompt_to(&mut server, &mut client).await;
    asked.context("from the client to the upstream")
}

/// Whoever asks gets an answer of two short messages.
async fn prompt_to(asks: &mut TcpStream, answers: &mut TcpStream) -> Result<()> {
    answers.set_nodelay(true)?;
    prompt(async || {
        asks.write_all(b"?").await?;
        exchange(answers, b"", b"?").await?;
        for message in [b"one", b"two"] {
            answers.write_all(message).await?;
            sleep(Duration::from_millis(2)).await;
        }
        exchange(asks, b"", b"onetwo").await
    })
    .await
}

/// Without arguments, it listens where its header says, and forwards to where
/// `echo` listens.
async fn defaults() -> Result<()> {
    let program = binary("proxy")?.display();
    let mut proxy = Server::run(&format!("exec '{program}' 127.0.0.1:0"))?;
    let line = format!("forwarding {} to 127.0.0.1:8080", proxy.address);
    let said = proxy.output();
    ensure!(said == [&*line], "{line:?} is expected, not {said:?}");

    // If this fails, somebody else has the port.
    let _taken = TcpListener::bind("127.0.0.1:8081").await;
    let command = format!("exec '{program}'");
    let (status, lines) = Terminal::open()?.run(&command, Duration::from_secs(10))?;
    let error = "Error: cannot listen on 127.0.0.1:8081: ";
    ensure!(
        status == 1 && lines.concat().starts_with(error),
        "where 127.0.0.1:8081 is taken, status 1 and {error:?} are expected, not {status} and \
         {lines:?}"
    );
    Ok(())
}

/// A minute of silence both ways resets both sides of a connection; a word each way
/// does not have to come from both sides.
async fn idle_limit() -> Result<()> {
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let mut proxy = proxy(upstream.local_addr()?, "")?;
    let mut silent = TcpStream::connect(proxy.address).await?;
    let mut silent_server = accept(&upstream).await?;
    let mut one_way = TcpStream::connect(proxy.address).await?;
    let mut one_way_server = accept(&upstream).await?;
    let mut hears = TcpStream::connect(proxy.address).await?;
    let mut speaks = accept(&upstream).await?;
    let start = Instant::now();
    let word_a_while = async {
        loop {
            one_way.write_all(b"x").await?;
            one_way_server.read_exact(&mut [0]).await?;
            speaks.write_all(b"x").await?;
            hears.read_exact(&mut [0]).await?;
            sleep(Duration::from_secs(20)).await;
        }
    };
    let mut byte = [0];
    let word_a_while: io::Result<io::Result<usize>> = tokio::select! {
        end = silent.read(&mut byte) => Ok(end),
        end = word_a_while => end,
    };
    let silent_end = word_a_while.context("a connection that spoke one way")?;
    // What ends with the silent one has ended by then.
    sleep(Duration::from_secs(1)).await;
    let heard = async {
        speaks.write_all(b"y").await?;
        hears.read_exact(&mut [0]).await
    };
    let heard = heard.await;
    heard.context("a connection on which only the server spoke")?;
    let heard = async {
        one_way.write_all(b"y").await?;
        one_way_server.read_exact(&mut [0]).await
    };
    let heard = heard.await;
    heard.context("a connection on which only the client spoke")?;
    let server_end = end_of(&mut silent_server).await;
    ensure!(
        silent_end.is_err() && server_end.is_err(),
        "both sides of a silent connection are to be reset: the client's end is {silent_end:?}, \
         the upstream's {server_end:?}"
    );
    let lasted = start.elapsed().as_secs();
    ensure!(
        (59..65).contains(&lasted),
        "a silent connection is closed after {lasted} s, not 60"
    );
    proxy.has_said(1)
}

/// A client that takes one byte of its answer a second is reset after two minutes
/// at most, since nothing more is read for it. To say one a second is fine.
async fn progress_limit() -> Result<()> {
    let upstream = Upstream::start()?;
    let mut proxy = proxy(upstream.address, "")?;
    let idle = descriptors_of(proxy.id()).context("none are counted")?;
    let mut slow = TcpStream::connect(proxy.address).await?;
    let mut stuck = TcpStream::connect(proxy.address).await?;
    stuck.write_all(&FLOOD).await?;
    for byte in pattern(124) {
        ask(&mut slow, &[byte]).await?;
        // When it has been reset, some of its answer is still there.
        let _ = stuck.read_u8().await;
        sleep(Duration::from_secs(1)).await;
    }
    // Two for each connection that is there.
    let left = descriptors_of(proxy.id()).context("none are counted")?;
    ensure!(
        left < idle + 4,
        "{left} descriptors, not {idle} and two for one client"
    );
    proxy.has_said(1)
}

/// All faults, of clients and of the upstream, and more clients than there are
/// descriptors, while good clients get every byte back, once and in order: also
/// those that are at it at SIGTERM.
async fn all_at_once() -> Result<()> {
    const ROUNDS: usize = 5;
    const CROWD: usize = 60;
    let upstream = Upstream::start()?;
    let mut proxy = proxy(
        upstream.address,
        &format!("{SAME_EVERYWHERE} ulimit -n 128;"),
    )?;
    let address = proxy.address;
    let before = memory(proxy.id())?;
    let (end, ended) = watch::channel(());
    let mut good = JoinSet::new();
    for _ in 0..8 {
        good.spawn(talk(address, ended.clone()));
    }
    let long = tokio::spawn(long_message(address, 64));
    let mut block = pattern(256 * 1024);
    let mut stuck = Vec::new();
    for round in 1..=ROUNDS {
        reset(address, &block).await?;
        stuck.push(TcpStream::connect(address).await?);
        stuck.push(flood(address, &block).await?);
        block[0] = NEVER_READ[0];
        stuck.push(flood(address, &block).await?);
        block[0] = 0;
        let mut client = TcpStream::connect(address).await?;
        client.write_all(&FLOOD).await?;
        stuck.push(client);

        let mut client = TcpStream::connect(address).await?;
        client.write_all(&RESET).await?;
        let end = client.read_to_end(&mut Vec::new()).await;
        ensure!(end.is_err(), "half an answer looks like a whole one");
        let mut client = TcpStream::connect(address).await?;
        exchange(&mut client, &CLOSE_FIRST, b"bye").await?;
        exchange_all(address, b"\0\n\n\r\nhalf a line", "\0\n\n\r\nhalf a line").await?;
        packets(address).await?;

        let growth = growth(proxy.id(), before)?;
        // Buffers for three that are stuck, and for those that are served.
        let bound = 800_000 + round * 300_000;
        ensure!(growth < bound, "{growth} bytes in round {round}");
    }
    let down = upstream.stop().await;
    for _ in 0..ROUNDS {
        is_reset(address).await?;
    }
    let _upstream = Upstream::start_at(down)?;
    long.await??;

    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        crowd.spawn(async move {
            let mut client = TcpStream::connect(address).await?;
            let served = ask(&mut client, b"me too").await.is_ok();
            sleep(Duration::from_millis(500)).await;
            client.shutdown().await?;
            client.read_to_end(&mut Vec::new()).await?;
            io::Result::Ok(served)
        });
    }
    let mut served = 0;
    while let Some(client) = crowd.join_next().await {
        // Any step may be the one at which it is reset.
        served += usize::from(client?.unwrap_or(false));
    }
    ensure!(served > 0, "none of the crowd was served");
    proxy.signal("TERM")?;
    proxy.wait_for("stopping: 28 connections still open")?;
    drop(end);
    while let Some(client) = good.join_next().await {
        client??;
    }
    proxy.ends(Duration::from_secs(5), &["stopped: 8 drained, 20 cut"])
}

static PANIC: [(&str, &str); 2] = [
    (
        "InspectReader::new(client, |_| active",
        r#"InspectReader::new(client, |bytes| {
            assert!(bytes != b"PANIC\n", "told to");
            active"#,
    ),
    (
        ".store(true, Relaxed));\n    let mut server",
        ".store(true, Relaxed)});\n    let mut server",
    ),
];
