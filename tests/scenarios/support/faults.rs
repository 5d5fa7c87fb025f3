//! Faults that servers have to withstand, each on its own and then all at once,
//! while good clients go on being served.

use std::io;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use harness::server::address_in;
use harness::workspace::binary;
use harness::{Server, Terminal, usage};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};

use super::clients::{
    answers, answers_to, closed, exchange, exchange_all, idle_memory, is_answered, keeps_still,
    pattern, peak_growth, reset,
};
use super::runner::{Scenario, alone, scenario};

/// Good clients of a server, who are there all the time.
pub const GOOD: usize = 8;
/// Between two rounds of their words.
const PAUSE: Duration = Duration::from_millis(10);
/// For all answers of a round, on a busy machine.
const ROUND_LIMIT: Duration = Duration::from_secs(20);
pub const SECOND: Duration = Duration::from_secs(1);
pub const HOUR: Duration = Duration::from_secs(3600);
/// Fewer than the clients of the crowd: some have to wait.
const DESCRIPTORS: usize = 512;

/// Typed before a server whose memory is measured: the number of processors does
/// not change it.
pub const SAME_EVERYWHERE: &str = "export TOKIO_WORKER_THREADS=2 MALLOC_ARENA_MAX=8;";
/// Typed before a server that is to have more descriptors than a shell gives.
pub const MANY_DESCRIPTORS: &str = "ulimit -n $(ulimit -Hn);";

/// Whatever the number of clients that have come and gone.
pub const FLAT: usize = 500_000;

/// A server, as the scenarios that all servers share have to know it. Each number
/// is another client.
pub trait Service: 'static {
    const NAME: &'static str;
    /// What follows the address on its command line.
    const ARGUMENTS: &'static str = "";

    /// Starts it, or a copy of it, on an address, after what is typed before the command.
    fn start(program: &Path, address: &str, setup: &str) -> Result<Running> {
        let (path, more) = (program.display(), Self::ARGUMENTS);
        let server = Server::run(&format!("{setup} exec '{path}' {address} {more}"))?;
        Ok(Running::new(server, None))
    }

    /// What a client says first, and what it hears.
    fn greeting(number: usize) -> (String, String);
    /// What it says from then on, and what it hears.
    fn talk(number: usize) -> (String, String);
}

/// A server, and the one behind it.
pub struct Running {
    server: Server,
    _upstream: Option<Server>,
}

impl Running {
    pub fn new(server: Server, upstream: Option<Server>) -> Self {
        Self {
            server,
            _upstream: upstream,
        }
    }
}

impl Deref for Running {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

pub fn start<S: Service>(setup: &str) -> Result<Running> {
    S::start(binary(S::NAME)?, "127.0.0.1:0", setup)
}

/// What every server withstands.
pub fn of_services<S: Service>() -> Vec<Scenario> {
    let command = || format!("{} 127.0.0.1:0 {}", S::NAME, S::ARGUMENTS);
    vec![
        scenario("names", names::<S>),
        scenario("refused_addresses", refused_addresses::<S>),
        scenario("unheard", async move || unheard(&command()).await),
        #[cfg(unix)]
        scenario("early_signal", async move || early_signal(&command()).await),
    ]
}

/// A server that lets its clients finish when it stops, and has places for so
/// many of them.
pub trait Draining: Service {
    const MAX_CONNECTIONS: usize;
    /// How many descriptors of a server the clients take that have all places.
    const DESCRIPTORS: u64;
    /// Bytes for each client that waits.
    const IDLE: usize;
}

/// What every server withstands that drains.
pub fn of_draining<S: Draining>() -> Vec<Scenario> {
    let mut tests = of_services::<S>();
    tests.extend([
        scenario("second_signal", second_signal::<S>),
        scenario("deadline", deadline::<S>).slow(),
        alone("idle", idle::<S>).slow(),
        alone("limit", limit::<S>)
            .with_descriptors(S::DESCRIPTORS)
            .measures()
            .slow(),
    ]);
    tests
}

/// A server whose sessions are text, as the faults have to know it.
pub trait Target: Draining {
    /// By how many bytes it may grow under ten floods, and under all faults.
    const FLOODED: usize;
    const LOADED: usize;

    /// All that a client says until its end, and all answers.
    fn session(number: usize) -> (String, String);
    /// What a client says that then resets, in the middle of a message.
    fn half(number: usize) -> String;
    /// Bytes that are no text, NUL, empty lines, `\r\n`, and all answers.
    fn odd_bytes(number: usize) -> (Vec<u8>, String);
    /// What a client says before a line without end, and all answers.
    fn endless(number: usize) -> (String, String);
    /// What it says again and again after the greeting, to get many answers.
    fn flood(number: usize) -> String;

    /// Each good client says something, and hears all that it is to hear.
    fn round(clients: &mut [Client], round: usize) -> impl Future<Output = Result<()>> + Send;
}

/// A good client; its number is its index.
pub type Client = BufReader<TcpStream>;

/// Clients that stay until the server ends them.
pub type Stay = Vec<JoinHandle<()>>;

pub fn of_targets<T: Target>() -> Vec<Scenario> {
    let mut tests = of_draining::<T>();
    tests.extend([
        scenario("resets", || withstand::<T>(FLAT, resets::<T>)),
        scenario("half_closes", || withstand::<T>(FLAT, half_closes::<T>)),
        scenario("odd_bytes", || withstand::<T>(FLAT, odd_bytes::<T>)),
        scenario("unread_errors", unread_errors::<T>),
        scenario("descriptors", descriptors::<T>).measures().slow(),
        scenario("packets", || withstand::<T>(FLAT, packets::<T>)).slow(),
        scenario("endless", || withstand::<T>(FLAT, endless::<T>)).slow(),
        scenario("silence", || withstand::<T>(FLAT, silence::<T>)).slow(),
        alone("floods", || withstand::<T>(T::FLOODED, floods::<T>)).slow(),
        alone("crowd", || withstand::<T>(T::LOADED, crowd::<T>)).slow(),
        alone("all_at_once", || {
            withstand::<T>(T::LOADED, all_at_once::<T>)
        })
        .slow(),
    ]);
    tests
}

/// Serves good clients, exactly, while a fault goes on and then through SIGTERM:
/// who is there is counted, good clients are served to their end, who stays is
/// cut at the deadline. Memory is looked at all the time.
async fn withstand<T: Target>(
    memory: usize,
    fault: impl AsyncFnOnce(SocketAddr) -> Result<Stay>,
) -> Result<()> {
    serve_through::<T>(memory, fault).await.map(drop)
}

/// The same, and gives what the server has said.
pub async fn serve_through<T: Target>(
    memory: usize,
    fault: impl AsyncFnOnce(SocketAddr) -> Result<Stay>,
) -> Result<Vec<String>> {
    let setup = format!("{SAME_EVERYWHERE} ulimit -n {DESCRIPTORS};");
    let mut server = start::<T>(&setup)?;
    let address = server.address;
    let mut good = Vec::new();
    for number in 0..GOOD {
        good.push(Client::new(greeted::<T>(address, number).await?));
    }
    let served = descriptors_of(&server);
    let rounds = Arc::new(AtomicUsize::new(0));
    let stopping = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicBool::new(false));
    let serve = tokio::spawn({
        let (rounds, stopping) = (Arc::clone(&rounds), Arc::clone(&stopping));
        let done = Arc::clone(&done);
        async move {
            while !done.load(Relaxed) {
                let round = rounds.load(Relaxed);
                let served = timeout(ROUND_LIMIT, T::round(&mut good, round)).await;
                let served = served.unwrap_or_else(|_| bail!("no answer for {ROUND_LIMIT:?}"));
                let before_or_after = if stopping.load(Relaxed) {
                    "after"
                } else {
                    "before"
                };
                served.with_context(|| {
                    format!("a good client in round {round}, {before_or_after} SIGTERM")
                })?;
                rounds.fetch_add(1, Relaxed);
                sleep(PAUSE).await;
            }
            anyhow::Ok(good)
        }
    });
    let serve = async { serve.await? };
    let serve_more = async |count| {
        let enough = rounds.load(Relaxed) + count;
        while rounds.load(Relaxed) < enough {
            sleep(PAUSE).await;
        }
    };
    let harm = async {
        let (stay, peak) = peak_growth(&server, fault(address)).await?;
        ensure!(peak < memory, "grown by {peak} bytes, not {memory} at most");
        serve_more(10).await;
        gone(&server, served.map(|served| served + stay.len())).await?;
        stopping.store(true, Relaxed);
        let told = Instant::now();
        server.signal("TERM")?;
        let open = GOOD + stay.len();
        server.wait_for(&format!("stopping: {open} connections still open"))?;
        let late = TcpStream::connect(address).await;
        ensure!(late.is_err(), "it still accepts: {late:?}");
        // On a busy machine a second round may not end before all are cut.
        for _ in 0..3 {
            if told.elapsed() < Duration::from_millis(1500) {
                serve_more(1).await;
            }
        }
        done.store(true, Relaxed);
        Ok(stay)
    };
    let (good, stay) = tokio::try_join!(serve, harm)?;
    drop(good);
    let last = format!("stopped: {GOOD} drained, {} cut", stay.len());
    server.ends(Duration::from_secs(5), &[&last])?;
    for client in stay {
        client.await?;
    }
    Ok(server.output())
}

pub async fn greeted<T: Service>(address: SocketAddr, number: usize) -> Result<TcpStream> {
    let mut client = TcpStream::connect(address).await?;
    let (words, answer) = T::greeting(number);
    exchange(&mut client, words.as_bytes(), answer.as_bytes()).await?;
    Ok(client)
}

fn descriptors_of(server: &Server) -> Option<usize> {
    usage::descriptors(server.id())
}

/// Waits until the server has so many descriptors at the most: the others are
/// gone, and it knows.
async fn gone(server: &Server, open: Option<usize>) -> Result<()> {
    let start = Instant::now();
    while descriptors_of(server) > open {
        ensure!(
            start.elapsed() < Duration::from_secs(10),
            "{:?} descriptors, not {open:?} at the most",
            descriptors_of(server)
        );
        sleep(PAUSE).await;
    }
    if open.is_none() {
        // Where the system does not tell, it has to be given the time.
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// In the middle of a message.
async fn resets<T: Target>(address: SocketAddr) -> Result<Stay> {
    for number in 100..150 {
        reset(address, T::half(number).as_bytes()).await?;
    }
    Ok(Stay::new())
}

/// Of the client, with answers still to come; of the server, which has refused a
/// line while the client still sends.
async fn half_closes<T: Target>(address: SocketAddr) -> Result<Stay> {
    for number in 200..220 {
        let (requests, expected) = T::session(number);
        exchange_all(address, requests.as_bytes(), expected).await?;
    }
    for number in 220..225 {
        let (first, expected) = T::endless(number);
        let mut client = TcpStream::connect(address).await?;
        client.write_all(first.as_bytes()).await?;
        let start = Instant::now();
        client.write_all(&[b'x'; 4096]).await?;
        let mut said = String::new();
        client.read_to_string(&mut said).await?;
        is_answered(&first, &said, &expected).context("and then an endless line")?;
        // For a second, what is on its way is taken: a reset could have taken
        // the refusal away.
        for _ in 0..2 {
            let sent = client.write_all(b"x").await;
            ensure!(
                sent.is_ok() || start.elapsed() > SECOND,
                "a client that is refused is reset before a second is over: {sent:?}"
            );
            sleep(5 * PAUSE).await;
        }
    }
    Ok(Stay::new())
}

/// Many requests in one packet, and one in as many as it has bytes.
async fn packets<T: Target>(address: SocketAddr) -> Result<Stay> {
    let sessions: Vec<_> = (300..303).map(T::session).collect();
    for (requests, expected) in &sessions {
        let client = TcpStream::connect(address).await?;
        client.set_nodelay(true)?;
        let (mut from_server, mut to_server) = client.into_split();
        for byte in requests.bytes() {
            to_server.write_all(&[byte]).await?;
            sleep(Duration::from_millis(1)).await;
        }
        to_server.shutdown().await?;
        let mut said = String::new();
        from_server.read_to_string(&mut said).await?;
        is_answered(requests, &said, expected).context("byte for byte")?;
        // Half-closed with the last packet.
        exchange_all(address, requests.as_bytes(), expected).await?;
    }
    Ok(Stay::new())
}

async fn odd_bytes<T: Target>(address: SocketAddr) -> Result<Stay> {
    for number in 400..420 {
        let (requests, expected) = T::odd_bytes(number);
        exchange_all(address, &requests, expected).await?;
    }
    Ok(Stay::new())
}

/// 64 MiB of a line.
async fn endless<T: Target>(address: SocketAddr) -> Result<Stay> {
    let (start, expected) = T::endless(500);
    let mut line = start.clone().into_bytes();
    line.resize(64 << 20, b'x');
    let said = answers(address, &line).await?;
    is_answered(&start, &said, &expected).context("and then an endless line")?;
    Ok(Stay::new())
}

/// Clients that say nothing, half a message, or a byte a second.
async fn silence<T: Target>(address: SocketAddr) -> Result<Stay> {
    let mut stay = Stay::new();
    for number in 600..605 {
        for (group, words, pause) in [(0, "", HOUR), (10, "x", HOUR), (20, "x", SECOND)] {
            let client = greeted::<T>(address, number + group).await?;
            stay.push(tokio::spawn(async move {
                say_until_cut(client, words, pause).await;
            }));
        }
    }
    sleep(2 * SECOND).await;
    Ok(stay)
}

/// Says `words` after every `pause` and listens, until the server ends that; how
/// long it was.
pub async fn say_until_cut(mut client: TcpStream, words: &str, pause: Duration) -> Duration {
    let start = Instant::now();
    let (mut from_server, mut to_server) = client.split();
    let mut heard = Vec::new();
    let talk = async {
        while to_server.write_all(words.as_bytes()).await.is_ok() {
            sleep(pause).await;
        }
    };
    tokio::select! {
        () = talk => {}
        _ = from_server.read_to_end(&mut heard) => {}
    }
    start.elapsed()
}

/// Clients that never read.
async fn floods<T: Target>(address: SocketAddr) -> Result<Stay> {
    let mut stay = Stay::new();
    for number in 700..710 {
        let client = greeted::<T>(address, number).await?;
        stay.push(tokio::spawn(async move {
            flood_until_cut(client, &T::flood(number), Duration::ZERO).await;
        }));
    }
    sleep(2 * SECOND).await;
    Ok(stay)
}

/// Says 64 KiB of `line` after every `pause` and never listens, until the server
/// ends that; how long it was.
pub async fn flood_until_cut(mut client: TcpStream, line: &str, pause: Duration) -> Duration {
    let start = Instant::now();
    let block = line.repeat(65_536 / line.len());
    while client.write_all(block.as_bytes()).await.is_ok() {
        sleep(pause).await;
    }
    start.elapsed()
}

/// More clients than the server has descriptors for. Some have to wait in the
/// backlog, which has room for 128.
async fn crowd<T: Target>(address: SocketAddr) -> Result<Stay> {
    let mut connected = Vec::new();
    for number in 1000..1000 + DESCRIPTORS + 40 {
        connected.push((number, TcpStream::connect(address).await?));
    }
    let mut clients = JoinSet::new();
    for (number, client) in connected {
        clients.spawn(async move {
            let (requests, expected) = T::session(number);
            let said = answers_to(client, requests.as_bytes()).await?;
            is_answered(&requests, &said, &expected)?;
            anyhow::Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(Stay::new())
}

/// Each of these, and another server that wants the same port.
async fn all_at_once<T: Target>(address: SocketAddr) -> Result<Stay> {
    let taken = async { spawn_blocking(move || refuses::<T>(address)).await? };
    let (.., mut stay, flooding, ()) = tokio::try_join!(
        resets::<T>(address),
        half_closes::<T>(address),
        packets::<T>(address),
        odd_bytes::<T>(address),
        endless::<T>(address),
        crowd::<T>(address),
        silence::<T>(address),
        floods::<T>(address),
        taken,
    )?;
    stay.extend(flooding);
    Ok(stay)
}

/// Nobody reads standard error any more, and there is something to be said.
async fn unread_errors<T: Target>() -> Result<()> {
    let unread = "mkfifo errors; : <errors & exec 2>errors;";
    let mut server = start::<T>(unread)?;
    let idle = descriptors_of(&server);
    for number in 100..120 {
        reset(server.address, T::half(number).as_bytes()).await?;
    }
    gone(&server, idle).await?;
    let (requests, expected) = T::session(200);
    exchange_all(server.address, requests.as_bytes(), expected).await?;
    server.signal("TERM")?;
    server.ends(Duration::from_secs(2), &[])
}

/// The server listens where a name says, and on an IPv6 address.
async fn names<S: Service>() -> Result<()> {
    for address in ["localhost:0", "[::1]:0"] {
        // Not every machine has IPv6.
        if std::net::TcpListener::bind(address).is_err() {
            continue;
        }
        let server = S::start(binary(S::NAME)?, address, "")?;
        greeted::<S>(server.address, 0).await?;
    }
    Ok(())
}

/// A taken port, a name that is no address: one clear line each, status 1.
async fn refused_addresses<S: Service>() -> Result<()> {
    let server = start::<S>("")?;
    refuses::<S>(server.address)
}

fn refuses<S: Service>(taken: SocketAddr) -> Result<()> {
    let path = binary(S::NAME)?.display();
    for address in [&taken.to_string(), "nowhere"] {
        let command = format!("exec '{path}' {address} {}", S::ARGUMENTS);
        let (status, lines) = Terminal::open()?.run(&command, Duration::from_secs(10))?;
        let start = format!("Error: cannot listen on {address}: ");
        ensure!(
            status == 1 && lines.len() == 1 && lines[0].starts_with(&start),
            "{} is to end with status 1 and \"{start}...\", not with status {status} and {lines:?}",
            S::NAME
        );
    }
    Ok(())
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
        ensure!(more, "{name} does not say where it listens: {lines:?}");
    }
    let address = address_in(&lines[0].text).context("it says no address")?;
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
        .with_context(|| format!("{name} still accepts 10 s after Ctrl-C"))?;
    drop(client);
    let status = terminal.wait(&mut job, deadline.into_std(), &mut lines)?;
    ensure!(
        status == Some(0) && lines.len() == 2,
        "{name} is to stop with status 0 when nobody reads, not with {status:?}: {lines:?}"
    );
    Ok(())
}

/// Catches Ctrl-C before it prints its first line: the signal comes while the
/// line does not fit into the pipe.
#[cfg(unix)]
pub async fn early_signal(command: &str) -> Result<()> {
    early_signal_on(command, "127.0.0.1:").await
}

/// The same; `address` stands in the line.
#[cfg(unix)]
pub async fn early_signal_on(command: &str, address: &str) -> Result<()> {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use tokio::net::unix::pipe;

    let (sender, mut receiver) = pipe::pipe()?;
    sender.writable().await?;
    while sender.try_write(&[b' '; 512]).is_ok() {}
    let (name, arguments) = command.split_once(' ').unwrap_or((command, ""));
    let mut server = std::process::Command::new(binary(name)?)
        .args(arguments.split_whitespace())
        .stdout(sender.into_blocking_fd()?)
        .stderr(std::process::Stdio::null())
        .spawn()?;
    // With the handler missing, the signal kills it, and the status says so.
    let start = Instant::now();
    let id = server.id();
    // Tokio installs the handler a moment before it hears of the signal.
    let prints = || Some(usage::catches_interrupt(id)? && usage::waits(id)?);
    while prints() != Some(true) && start.elapsed() < Duration::from_secs(20) {
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
        status.success() && output.contains(address),
        "at a Ctrl-C during its first line {name} is to print the line and to stop, but has \
         {status}, after {:?}",
        output.trim_start()
    );
    Ok(())
}

/// Clients of a server that echoes come, and reset the connection while their
/// answer is on its way; another one, which is there all the time, is served.
pub async fn survives_resets<S: Service>() -> Result<()> {
    let mut server = start::<S>("")?;
    let mut other = greeted::<S>(server.address, 0).await?;
    for _ in 0..20 {
        reset(server.address, &pattern(100_000)).await?;
        talk::<S>(&mut other, 0).await?;
    }
    let output = server.output();
    let panicked = output.concat().contains("panicked");
    ensure!(!panicked, "{} has panicked", S::NAME);
    Ok(())
}

/// The second signal does not wait for a client that stays.
async fn second_signal<S: Draining>() -> Result<()> {
    let mut server = start::<S>("")?;
    let _staying = greeted::<S>(server.address, 1000).await?;
    server.signal("INT")?;
    server.wait_for("stopping: 1 connections ")?;
    server.signal("INT")?;
    server.ends(Duration::from_secs(2), &["stopped: 0 drained, 1 cut"])
}

/// At SIGTERM it accepts no more and serves the others until they leave or are cut
/// at the deadline, not earlier; it counts them.
async fn deadline<S: Draining>() -> Result<()> {
    let mut server = start::<S>("")?;
    let mut leaving = greeted::<S>(server.address, 1000).await?;
    let mut staying = greeted::<S>(server.address, 1001).await?;
    let start = Instant::now();
    server.signal("TERM")?;
    server.wait_for("stopping: 2 connections ")?;
    let late = TcpStream::connect(server.address).await;
    ensure!(late.is_err(), "it still accepts: {late:?}");
    talk::<S>(&mut leaving, 1000).await?;
    drop(leaving);
    closed(&mut staying).await?;
    let took = start.elapsed().as_secs_f64();
    ensure!((2.9..6.0).contains(&took), "cut after {took} s, not 3");
    server.ends(Duration::from_secs(2), &["stopped: 1 drained, 1 cut"])
}

pub async fn talk<S: Service>(client: &mut TcpStream, number: usize) -> Result<()> {
    let (words, answer) = S::talk(number);
    exchange(client, words.as_bytes(), answer.as_bytes()).await
}

/// As many clients as the server takes, which have had an answer and wait.
async fn idle<S: Draining>() -> Result<()> {
    let server = start::<S>(&format!("{SAME_EVERYWHERE} {MANY_DESCRIPTORS}"))?;
    let count = S::MAX_CONNECTIONS.min(10_000);
    let each = idle_memory(&server, count, |number| {
        let (request, answer) = S::greeting(1000 + number);
        (request.into(), answer.into())
    });
    let each = each.await?;
    ensure!(
        each < S::IDLE,
        "{each} bytes for each client, not less than {}",
        S::IDLE
    );
    Ok(())
}

/// With all its places taken the server keeps still, and the next clients wait
/// until others leave: one for each.
async fn limit<S: Draining>() -> Result<()> {
    let server = start::<S>(MANY_DESCRIPTORS)?;
    let mut open = Vec::new();
    // Some at a time, or the first ones would be silent for too long.
    for first in (0..S::MAX_CONNECTIONS).step_by(64) {
        let next = S::MAX_CONNECTIONS.min(first + 64);
        let some = (first..next).map(|it| tokio::spawn(greeted::<S>(server.address, 1000 + it)));
        let some: Vec<_> = some.collect();
        for (number, greeted) in (first..).zip(some) {
            open.push(greeted.await?.with_context(|| format!("client {number}"))?);
        }
    }
    let mut waiting = Vec::new();
    for number in 50_000..50_100 {
        let mut client = TcpStream::connect(server.address).await?;
        let (words, answer) = S::greeting(number);
        client.write_all(words.as_bytes()).await?;
        waiting.push((client, answer));
    }
    let (first, others) = waiting.split_first_mut().context("nobody waits")?;
    let silent = stays_silent(&mut first.0);
    keeps_still(server.id(), Duration::from_millis(300), silent).await?;
    talk::<S>(&mut open[0], 1000).await?;
    drop(open.pop());
    exchange(&mut first.0, b"", first.1.as_bytes()).await?;
    stays_silent(&mut others[0].0).await?;
    drop(open);
    for (client, answer) in others {
        exchange(client, b"", answer.as_bytes()).await?;
    }
    Ok(())
}

async fn stays_silent(client: &mut TcpStream) -> Result<()> {
    let read = timeout(SECOND, client.read(&mut [0])).await;
    ensure!(read.is_err(), "more than there are places: {read:?}");
    Ok(())
}

/// Without a file descriptor for the next client the server says so, keeps still,
/// serves those that it has, and then the others.
pub async fn descriptors<S: Service>() -> Result<()> {
    descriptors_said::<S>().await.map(drop)
}

/// The same, and gives what it has said.
pub async fn descriptors_said<S: Service>() -> Result<Vec<String>> {
    let mut server = start::<S>("ulimit -n 32;")?;
    let serve_all = async {
        // All of them are there before the first one leaves.
        let mut connected = Vec::new();
        for _ in 0..80 {
            connected.push(TcpStream::connect(server.address).await?);
        }
        let mut clients = JoinSet::new();
        for (number, mut client) in connected.into_iter().enumerate() {
            let (words, answer) = S::greeting(1000 + number);
            clients.spawn(async move {
                exchange(&mut client, words.as_bytes(), answer.as_bytes()).await?;
                // The first ones stay for a while, so that the others must wait.
                let stay = if number < 40 { 500 } else { 0 };
                sleep(Duration::from_millis(stay)).await;
                anyhow::Ok(())
            });
        }
        let mut served = 0;
        while let Some(client) = clients.join_next().await {
            client?.with_context(|| format!("after {served} clients"))?;
            served += 1;
        }
        ensure!(served == 80, "{served} clients were served");
        Ok(())
    };
    keeps_still(server.id(), Duration::from_millis(300), serve_all).await?;
    let output = server.output();
    let complaints = output
        .iter()
        .filter(|line| line.starts_with("cannot accept"))
        .count();
    ensure!(
        (1..=10).contains(&complaints),
        "{} complains {complaints} times that it cannot accept, not 1 to 10 times",
        S::NAME
    );
    Ok(output)
}
