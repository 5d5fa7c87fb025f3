//! Faults that servers have to withstand, each on its own and then all at once,
//! while good clients go on being served.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};

use super::clients::{
    answers, answers_to, exchange, growth, listens_on_names, peak_growth, refused_addresses, reset,
};
use super::runner::{Scenario, alone, alone_if, more_descriptors, most_descriptors, scenario};

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

/// Whatever the number of clients that have come and gone.
pub const FLAT: usize = 500_000;

/// A server, as the faults have to know it. Each number is another client.
pub trait Target: 'static {
    const NAME: &'static str;
    const MAX_CONNECTIONS: usize;
    /// By how many bytes it may grow under ten floods, and under all faults.
    const FLOODED: usize;
    const LOADED: usize;
    /// Bytes for each client that waits.
    const IDLE: usize;

    /// What a client says first, and what it hears.
    fn greeting(number: usize) -> (String, String);
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
    async fn round(clients: &mut [Client], round: usize) -> Result<()>;
}

/// A good client; its number is its index.
pub type Client = BufReader<TcpStream>;

/// Clients that stay until the server ends them.
pub type Stay = Vec<JoinHandle<()>>;

pub fn scenarios<T: Target>() -> Vec<Scenario> {
    let tests = vec![
        scenario("resets", || withstand::<T>(FLAT, resets::<T>)),
        scenario("half_closes", || withstand::<T>(FLAT, half_closes::<T>)),
        scenario("odd_bytes", || withstand::<T>(FLAT, odd_bytes::<T>)),
        scenario("unread_errors", unread_errors::<T>),
        scenario("names", || listens_on_names(T::NAME, "")),
    ];
    let mut slow = vec![
        scenario("packets", || withstand::<T>(FLAT, packets::<T>)),
        scenario("endless", || withstand::<T>(FLAT, endless::<T>)),
        scenario("silence", || withstand::<T>(FLAT, silence::<T>)),
        alone("floods", || withstand::<T>(T::FLOODED, floods::<T>)),
        alone("crowd", || withstand::<T>(T::LOADED, crowd::<T>)),
        alone("all_at_once", || {
            withstand::<T>(T::LOADED, all_at_once::<T>)
        }),
        alone("idle", idle::<T>),
    ];
    let reason = "it needs 1200 file descriptors: see ulimit -Hn";
    let can_run = most_descriptors() >= 1200;
    slow.push(alone_if("limit", can_run, reason, limit::<T>));
    let slow = slow.into_iter().map(Scenario::slow);
    tests.into_iter().chain(slow).collect()
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
    more_descriptors()?;
    let limit = format!("ulimit -n {DESCRIPTORS};");
    let mut server = Server::start(T::NAME, &limit)?;
    let address = server.address;
    let idle = server.descriptors();
    let mut good = Vec::new();
    for number in 0..GOOD {
        good.push(Client::new(greeted::<T>(address, number).await?));
    }
    let (rounds, done) = (Cell::new(0), Cell::new(false));
    let serve = async {
        while !done.get() {
            let round = rounds.get();
            timeout(ROUND_LIMIT, T::round(&mut good, round))
                .await
                .unwrap_or_else(|late| Err(late.into()))
                .with_context(|| format!("a good client in round {round}"))?;
            rounds.set(round + 1);
            sleep(PAUSE).await;
        }
        Ok(())
    };
    let serve_more = async |count| {
        let enough = rounds.get() + count;
        while rounds.get() < enough {
            sleep(PAUSE).await;
        }
    };
    let harm = async {
        let (stay, peak) = peak_growth(&server, fault(address)).await?;
        ensure!(peak < memory, "grown by {peak} bytes");
        serve_more(10).await;
        let open = GOOD + stay.len();
        gone(&server, idle.map(|idle| idle + open)).await?;
        server.signal("TERM")?;
        server.wait_for(&format!("stopping: {open} connections still open"))?;
        let late = TcpStream::connect(address).await;
        ensure!(late.is_err(), "it still accepts: {late:?}");
        serve_more(3).await;
        done.set(true);
        Ok(stay)
    };
    let served = tokio::try_join!(serve, harm);
    let said = server.output();
    let ((), stay) = served.with_context(|| format!("it said {said:?}"))?;
    drop(good);
    let status = server.wait(Duration::from_secs(5))?;
    let output = server.output();
    let last = format!("stopped: {GOOD} drained, {} cut", stay.len());
    ensure!(
        status == 0 && output.last() == Some(&last) && !output.concat().contains("panicked"),
        "status {status}, no \"{last}\" at the end, or a panic: {output:?}"
    );
    for client in stay {
        client.await?;
    }
    Ok(output)
}

async fn greeted<T: Target>(address: SocketAddr, number: usize) -> Result<TcpStream> {
    let mut client = TcpStream::connect(address).await?;
    let (words, answer) = T::greeting(number);
    exchange(&mut client, words.as_bytes(), answer.as_bytes()).await?;
    Ok(client)
}

/// Waits until the server has only so many descriptors: the others are gone, and
/// it knows.
async fn gone(server: &Server, open: Option<usize>) -> Result<()> {
    let start = Instant::now();
    while server.descriptors() != open {
        ensure!(
            start.elapsed() < Duration::from_secs(10),
            "{:?} descriptors instead of {open:?}",
            server.descriptors()
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
        let said = answers(address, requests.as_bytes()).await?;
        ensure!(said == expected, "{requests:?}: {said:?}");
    }
    for number in 220..225 {
        let (first, expected) = T::endless(number);
        let mut client = TcpStream::connect(address).await?;
        client.write_all(first.as_bytes()).await?;
        let start = Instant::now();
        client.write_all(&[b'x'; 4096]).await?;
        let mut said = String::new();
        client.read_to_string(&mut said).await?;
        ensure!(said == expected, "an endless line: {said:?}");
        // For a second, what is on its way is taken: a reset could have taken
        // the refusal away.
        client.write_all(b"x").await?;
        sleep(5 * PAUSE).await;
        let sent = client.write_all(b"x").await;
        ensure!(sent.is_ok() || start.elapsed() > SECOND, "{sent:?}");
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
        ensure!(said == *expected, "{requests:?}, byte for byte: {said:?}");
        // Half-closed with the last packet.
        let said = answers(address, requests.as_bytes()).await?;
        ensure!(said == *expected, "{requests:?}: {said:?}");
    }
    Ok(Stay::new())
}

async fn odd_bytes<T: Target>(address: SocketAddr) -> Result<Stay> {
    for number in 400..420 {
        let (requests, expected) = T::odd_bytes(number);
        let said = answers(address, &requests).await?;
        ensure!(said == expected, "{requests:?}: {said:?}");
    }
    Ok(Stay::new())
}

/// 64 MiB of a line.
async fn endless<T: Target>(address: SocketAddr) -> Result<Stay> {
    let (start, expected) = T::endless(500);
    let mut line = start.into_bytes();
    line.resize(64 << 20, b'x');
    let said = answers(address, &line).await?;
    ensure!(said == expected, "an endless line: {said:?}");
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
            ensure!(said == expected, "{requests:?}: {said:?}");
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
    let taken = async { spawn_blocking(move || refused_addresses(T::NAME, address)).await? };
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
    let mut server = Server::start(T::NAME, unread)?;
    let idle = server.descriptors();
    for number in 100..120 {
        reset(server.address, T::half(number).as_bytes()).await?;
    }
    gone(&server, idle).await?;
    let (requests, expected) = T::session(200);
    let said = answers(server.address, requests.as_bytes()).await?;
    ensure!(said == expected, "{said:?}");
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(2))?;
    ensure!(status == 0, "status {status}: {:?}", server.output());
    Ok(())
}

/// As many clients as the server takes, which have had an answer and wait.
async fn idle<T: Target>() -> Result<()> {
    more_descriptors()?;
    let server = Server::start(T::NAME, "")?;
    let before = server.memory();
    let mut open = Vec::new();
    for number in 1000..1000 + T::MAX_CONNECTIONS {
        open.push(greeted::<T>(server.address, number).await?);
    }
    let each = growth(&server, before) / open.len();
    ensure!(each < T::IDLE, "{each} bytes for each client");
    Ok(())
}

/// As many clients as the server takes: it lets a hundred more wait, keeping
/// still, and serves them as soon as others have gone.
async fn limit<T: Target>() -> Result<()> {
    more_descriptors()?;
    let server = Server::start(T::NAME, "")?;
    let mut good = Vec::new();
    for number in 0..GOOD {
        let client = greeted::<T>(server.address, number).await?;
        good.push(Client::new(client));
    }
    let mut others = Vec::new();
    for number in GOOD..T::MAX_CONNECTIONS {
        others.push(greeted::<T>(server.address, 1000 + number).await?);
    }
    let mut more = Vec::new();
    for number in 20_000..20_100 {
        let mut client = TcpStream::connect(server.address).await?;
        let (words, answer) = T::greeting(number);
        client.write_all(words.as_bytes()).await?;
        more.push((client, answer));
    }
    let before = server.processor_time();
    sleep(Duration::from_secs(1)).await;
    if let (Some(before), Some(after)) = (before, server.processor_time()) {
        let used = after.saturating_sub(before);
        ensure!(used < Duration::from_millis(300), "used {used:?}: it spins");
    }
    T::round(&mut good, 0).await?;
    for (client, _) in &more {
        let early = client.try_read(&mut [0]);
        ensure!(early.is_err(), "served beyond the limit: {early:?}");
    }
    others.truncate(T::MAX_CONNECTIONS - GOOD - more.len());
    for (client, answer) in &mut more {
        exchange(client, b"", answer.as_bytes()).await?;
    }
    drop((others, more));
    greeted::<T>(server.address, 30_000).await?;
    T::round(&mut good, 1).await
}
