//! Measures `hardened_echo` beside three other servers, in turn: `echo`; tokio
//! with a buffer of 4 KiB for each connection, as most programs have it; and a
//! bare event loop on one thread. Messages have 1 KiB, and an event loop on one
//! thread sends them. Each round starts each server anew.
//!
//!     cargo bench -p tests --bench echo [-- ROUNDS]

use std::collections::HashMap;
use std::env;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MESSAGE: [u8; 1024] = [b'm'; 1024];
const TIME: Duration = Duration::from_secs(1);
const IDLE: usize = 10_000;
const BURST: usize = 2000;

/// The first is compared with the others; two are examples of examples-io.
const SERVERS: [&str; 4] = ["hardened_echo", "echo", "tokio, 4 KiB", "event loop"];
const MEASURES: [&str; 6] = [
    "messages/s on 1",
    "on 50",
    "on 1000",
    "bulk MB/s",
    "B an idle one",
    "ms for 2000",
];

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1).filter(|it| it != "--bench");
    match arguments.next().as_deref() {
        Some("tokio, 4 KiB") => serve_with_tokio(),
        Some("event loop") => serve_in_a_loop(),
        rounds => compare(rounds.map_or(Ok(7), str::parse)?),
    }
}

fn compare(rounds: usize) -> Result<()> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    }
    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let build = "build --release -p examples-io --bin hardened_echo --bin echo";
    let built = Command::new(cargo).args(build.split(' ')).status()?;
    ensure!(built.success());

    let mut all = vec![vec![]; SERVERS.len()];
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        for (server, measured) in SERVERS.iter().zip(&mut all) {
            let measures = measure(server);
            measured.push(measures.with_context(|| server.to_string())?);
        }
    }
    println!("medians of {rounds} rounds\n{:14}{}", "", row(MEASURES));
    for (server, measured) in SERVERS.iter().zip(&all) {
        let medians = medians(measured).map(|it| format!("{it:.0}"));
        println!("{server:14}{}", row(medians));
    }
    println!("hardened_echo, with the other as 1");
    for (server, measured) in SERVERS.iter().zip(&all).skip(1) {
        let rounds = all[0].iter().zip(measured);
        let ratios: Vec<_> = rounds
            .map(|(first, other)| [0, 1, 2, 3, 4, 5].map(|it| first[it] / other[it]))
            .collect();
        let ratios = medians(&ratios).map(|it| format!("{it:.2}"));
        println!("{server:14}{}", row(ratios));
    }
    Ok(())
}

fn row<T: ToString>(cells: [T; 6]) -> String {
    cells
        .map(|cell| format!("{:>16}", cell.to_string()))
        .concat()
}

fn medians(rounds: &[[f64; 6]]) -> [f64; 6] {
    [0, 1, 2, 3, 4, 5].map(|it| {
        let mut values: Vec<f64> = rounds.iter().map(|all| all[it]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

fn measure(name: &str) -> Result<[f64; 6]> {
    // On its own: to close so many would disturb what is measured next.
    let idle = idle_memory(&Server::start(name)?)?;
    let server = Server::start(name)?;
    Ok([
        messages(server.address, 1)?,
        messages(server.address, 50)?,
        messages(server.address, 1000)?,
        bulk(server.address)?,
        idle,
        burst(server.address)?,
    ])
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(name: &str) -> Result<Self> {
        let this = env::current_exe()?;
        let mut command = if name.ends_with("echo") {
            // This one is in target/release/deps.
            let folder = this.parent().and_then(|it| it.parent());
            let folder = folder.context("no target directory")?;
            let mut command = Command::new(folder.join(name));
            command.arg("127.0.0.1:0");
            command
        } else {
            let mut command = Command::new(this);
            command.arg(name);
            command
        };
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let mut line = String::new();
        let output = child.stdout.as_mut().context("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let address = line.split_whitespace().last();
        let address = address.context("it says no address")?.parse()?;
        Ok(Self { child, address })
    }

    fn memory(&self) -> Result<usize> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path)?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|it| it.trim().strip_suffix(" kB"));
        Ok(kibibytes.context("no VmRSS")?.parse::<usize>()? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Round trips a second over so many connections.
fn messages(address: SocketAddr, connections: usize) -> Result<f64> {
    let mut poll = Poll::new()?;
    let mut clients = Vec::new();
    for number in 0..connections {
        let client = StdStream::connect(address)?;
        client.set_nodelay(true)?;
        client.set_nonblocking(true)?;
        let mut client = TcpStream::from_std(client);
        let token = Token(number);
        poll.registry()
            .register(&mut client, token, Interest::READABLE)?;
        client.write_all(&MESSAGE)?;
        clients.push((client, 0));
    }
    let mut events = Events::with_capacity(1024);
    let mut answered = 0_u32;
    let start = Instant::now();
    while start.elapsed() < TIME {
        poll.poll(&mut events, Some(TIME))?;
        for event in &events {
            let (client, received) = &mut clients[event.token().0];
            let mut buffer = [0; MESSAGE.len()];
            // Until nothing more can come before something is sent.
            while let Some(count) = read(client, &mut buffer[*received..])? {
                ensure!(count > 0, "a connection was closed");
                *received += count;
                if *received == MESSAGE.len() {
                    *received = 0;
                    answered += 1;
                    client.write_all(&MESSAGE)?;
                    break;
                }
            }
        }
    }
    Ok(f64::from(answered) / start.elapsed().as_secs_f64())
}

/// Megabytes a second there and back, over one connection that is kept full.
fn bulk(address: SocketAddr) -> Result<f64> {
    let mut poll = Poll::new()?;
    let client = StdStream::connect(address)?;
    client.set_nonblocking(true)?;
    let mut client = TcpStream::from_std(client);
    let both = Interest::READABLE | Interest::WRITABLE;
    poll.registry().register(&mut client, Token(0), both)?;
    let mut events = Events::with_capacity(8);
    let mut buffer = vec![b'm'; 256 * 1024];
    let mut received = 0;
    let start = Instant::now();
    while start.elapsed() < TIME {
        poll.poll(&mut events, Some(TIME))?;
        loop {
            let sent = write(&mut client, &buffer)?;
            let count = read(&mut client, &mut buffer)?;
            received += count.unwrap_or(0);
            if sent.is_none() && count.is_none() {
                break;
            }
        }
    }
    let megabytes = f64::from(u32::try_from(received / 1000)?) / 1000.0;
    Ok(megabytes / start.elapsed().as_secs_f64())
}

/// Bytes for each connection that has said something and waits.
fn idle_memory(server: &Server) -> Result<f64> {
    let before = server.memory()?;
    let mut clients = Vec::new();
    for _ in 0..IDLE {
        let mut client = StdStream::connect(server.address)?;
        client.write_all(&MESSAGE)?;
        client.read_exact(&mut [0; MESSAGE.len()])?;
        clients.push(client);
    }
    let grown = server.memory()?.saturating_sub(before);
    Ok(f64::from(u32::try_from(grown / clients.len())?))
}

/// Milliseconds until all of many connections that are opened at once stand.
fn burst(address: SocketAddr) -> Result<f64> {
    let mut poll = Poll::new()?;
    let mut clients = Vec::new();
    let start = Instant::now();
    for number in 0..BURST {
        let mut client = TcpStream::connect(address)?;
        let token = Token(number);
        poll.registry()
            .register(&mut client, token, Interest::WRITABLE)?;
        clients.push((client, false));
    }
    let mut events = Events::with_capacity(1024);
    let mut connected = 0;
    while connected < BURST {
        poll.poll(&mut events, Some(30 * TIME))?;
        ensure!(!events.is_empty(), "{connected} have connected, no more");
        for event in &events {
            let (client, done) = &mut clients[event.token().0];
            if !*done && client.peer_addr().is_ok() {
                *done = true;
                connected += 1;
            }
        }
    }
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

#[tokio::main]
async fn serve_with_tokio() -> Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (mut client, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut buffer = vec![0; 4096];
            loop {
                let count = client.read(&mut buffer).await?;
                if count == 0 {
                    return io::Result::Ok(());
                }
                client.write_all(&buffer[..count]).await?;
            }
        });
    }
}

/// A client of the event loop, and what it has not taken yet.
struct Connection {
    client: TcpStream,
    waiting: Vec<u8>,
}

fn serve_in_a_loop() -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind("127.0.0.1:0".parse()?)?;
    let listening = Token(usize::MAX);
    poll.registry()
        .register(&mut listener, listening, Interest::READABLE)?;
    println!("{}", listener.local_addr()?);
    let mut connections = HashMap::new();
    let mut next = 0;
    let mut buffer = vec![0; 32 * 1024];
    let mut events = Events::with_capacity(1024);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == listening {
                while let Ok((mut client, _)) = listener.accept() {
                    let both = Interest::READABLE | Interest::WRITABLE;
                    poll.registry().register(&mut client, Token(next), both)?;
                    let waiting = Vec::new();
                    connections.insert(next, Connection { client, waiting });
                    next += 1;
                }
            } else if let Some(connection) = connections.get_mut(&event.token().0) {
                let closed = event.is_read_closed();
                if pass_on(connection, &mut buffer, closed).is_err() {
                    connections.remove(&event.token().0);
                }
            }
        }
    }
}

/// Echoes what is there; an error ends the connection.
fn pass_on(
    Connection { client, waiting }: &mut Connection,
    buffer: &mut [u8],
    closed: bool,
) -> io::Result<()> {
    loop {
        while !waiting.is_empty() {
            let Some(sent) = write(client, waiting)? else {
                return Ok(());
            };
            waiting.drain(..sent);
        }
        let Some(count) = read(client, buffer)? else {
            return Ok(());
        };
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let sent = write(client, &buffer[..count])?.unwrap_or(0);
        waiting.extend(&buffer[sent..count]);
        // What comes after less than a buffer is an event of its own.
        if count < buffer.len() && waiting.is_empty() && !closed {
            return Ok(());
        }
    }
}

/// `None` if there is nothing to read now.
fn read(client: &mut TcpStream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    later(client.read(buffer))
}

/// `None` if there is no room now.
fn write(client: &mut TcpStream, bytes: &[u8]) -> io::Result<Option<usize>> {
    later(client.write(bytes))
}

fn later(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        done => done.map(Some),
    }
}
