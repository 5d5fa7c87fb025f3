//! Serve a chat with rooms, each member behind a bounded `mpsc` queue.
//!
//! An unbounded queue lets one reader who stalls fill the memory; to drop lines
//! as soon as a queue is full loses them in every burst. Here the speaker waits
//! for full queues, 1 s for all together. Who is still behind then misses lines
//! until it reads again, is told how many, and holds up nobody. Lines that have
//! gathered go out in one write.
//!
//! ```console
//! $ cargo run -p examples-io --bin chat &
//! listening on 127.0.0.1:8080
//! $ printf 'kitchen ann\nIs there tea?\n' | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! * ann joined
//! ann: Is there tea?
//! $ echo hello | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! 127.0.0.1:[..]: the first line must be: room name
//! ERROR the first line must be: room name
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt,signal,sync,time` and
//! `cargo add anyhow`.

use std::collections::{HashMap, hash_map::Entry};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, io, net::SocketAddr, pin::pin};

use anyhow::anyhow;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::io::{BufReader, copy, sink};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinError, JoinSet, consume_budget};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Further clients wait in the backlog, unaccepted.
const MAX_CONNECTIONS: usize = 16_384;
/// With the default of 128, a burst of clients waits for seconds.
const BACKLOG: u32 = 4096;
const MAX_LINE: usize = 1024;
/// Lines that wait for a member; the members of a room share their text.
const QUEUE: usize = 256;
const PATIENCE: Duration = Duration::from_secs(1);
const JOIN_LIMIT: Duration = Duration::from_secs(10);
const IDLE_LIMIT: Duration = Duration::from_secs(600);
const WRITE_LIMIT: Duration = Duration::from_secs(60);
const LINGER_LIMIT: Duration = Duration::from_secs(1);
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give a free one as argument")
    })?;
    let mut stop_signal = stop_signals()?;
    println!("listening on {}", listener.local_addr()?);

    let rooms = Arc::new(Rooms::default());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(),
                if connections.len() < MAX_CONNECTIONS =>
            match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer, rooms.clone()));
                }
                Err(error) => {
                    log(&format!("cannot accept for now: {error}"));
                    // The error stays until a connection ends: do not spin.
                    sleep(Duration::from_secs(1)).await;
                }
            },
            Some(ended) = connections.join_next() => report(ended),
            () = stop_signal() => break,
        }
    }

    while let Some(ended) = connections.try_join_next() {
        report(ended);
    }
    // Closing the listener would reset those who are still in its backlog.
    while connections.len() < MAX_CONNECTIONS
        && let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await
    {
        connections.spawn(serve(stream, peer, rooms.clone()));
    }
    drop(listener);
    let open = connections.len();
    if open > 0 {
        log(&format!(
            "stopping: {open} connections have {DRAIN_LIMIT:?}"
        ));
    }
    let drain = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    tokio::select! {
        () = drain => {}
        () = sleep(DRAIN_LIMIT) => {}
        () = stop_signal() => {}
    }
    let cut = connections.len();
    connections.shutdown().await;
    log(&format!("stopped: {} drained, {cut} cut", open - cut));
    Ok(())
}

fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let address: SocketAddr = address.parse()?;
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Unix would keep the port from a restart for a minute; Windows would let
    // another program take it away.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(address)?;
    Ok(socket.listen(BACKLOG)?)
}

async fn serve(mut stream: TcpStream, peer: SocketAddr, rooms: Arc<Rooms>) {
    if let Err(error) = take_part(&mut stream, &rooms).await {
        log(&format!("{peer}: {error}"));
        let goodbye = async {
            let text = format!("ERROR {error}\n");
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await?;
            // Closing on unread bytes would send a reset, and that can take the
            // error away from the client.
            copy(&mut stream, &mut sink()).await
        };
        // The client may well be gone.
        let _ = timeout(LINGER_LIMIT, goodbye).await;
    }
}

async fn take_part(stream: &mut TcpStream, rooms: &Rooms) -> io::Result<()> {
    // Do not hold back a short line in the hope of more.
    stream.set_nodelay(true)?;
    let (from_client, mut to_client) = stream.split();
    let mut input = BufReader::with_capacity(MAX_LINE, from_client);
    let first = timeout(JOIN_LIMIT, read_line(&mut input)).await??;
    let Some(first) = first else { return Ok(()) };
    let parts = first.split_once(' ').filter(|(_, name)| !name.is_empty());
    let Some((room, name)) = parts else {
        return Err(io::Error::other("the first line must be: room name"));
    };

    let (queue, lines) = channel(QUEUE);
    let missed = Arc::new(AtomicUsize::new(0));
    let member = Member {
        queue,
        missed: missed.clone(),
    };
    let Some(seat) = Seat::take(rooms, room, name, member) else {
        return Err(io::Error::other(format!("{name} is taken in {room}")));
    };
    let mut deliver = pin!(deliver(lines, &missed, &mut to_client));
    let listen = async {
        seat.say(format!("* {name} joined\n")).await;
        while let Some(line) = timeout(IDLE_LIMIT, read_line(&mut input)).await?? {
            seat.say(format!("{name}: {line}\n")).await;
            // Or who says thousands at once would hold up the other rooms.
            consume_budget().await;
        }
        Ok(())
    };
    tokio::select! {
        delivered = &mut deliver => delivered,
        heard = listen => {
            drop(seat);
            // What others had said by then still arrives.
            deliver.await?;
            heard
        }
    }
}

/// A line without what would do things to the terminals of others.
async fn read_line(input: &mut BufReader<ReadHalf<'_>>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut bounded = input.take(MAX_LINE as u64);
    let size = bounded.read_until(b'\n', &mut line).await?;
    if size == MAX_LINE && !line.ends_with(b"\n") {
        let text = format!("a line has at most {MAX_LINE} bytes");
        return Err(io::Error::other(text));
    }
    let text = String::from_utf8_lossy(&line);
    let text = text.chars().filter(|c| !c.is_control()).collect();
    Ok((size > 0).then_some(text))
}

/// Ends when nobody can say anything to this member any more.
async fn deliver(
    mut lines: Receiver<Arc<str>>,
    missed: &AtomicUsize,
    to_client: &mut WriteHalf<'_>,
) -> io::Result<()> {
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, QUEUE).await > 0 {
        // Lines are missed while the queue is full: they would come here.
        let missed = missed.swap(0, Relaxed);
        if missed > 0 {
            batch.push(format!("* you missed {missed} lines\n").into());
        }
        let text = batch.concat();
        batch.clear();
        timeout(WRITE_LIMIT, to_client.write_all(text.as_bytes())).await??;
    }
    Ok(())
}

type Rooms = Mutex<HashMap<String, Members>>;

/// By their names.
type Members = HashMap<String, Member>;

#[derive(Clone)]
struct Member {
    queue: Sender<Arc<str>>,
    missed: Arc<AtomicUsize>,
}

fn lock(rooms: &Rooms) -> MutexGuard<'_, HashMap<String, Members>> {
    rooms.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in a room. However its task ends, by a panic too, it is given up.
struct Seat<'a> {
    rooms: &'a Rooms,
    room: &'a str,
    name: &'a str,
}

impl<'a> Seat<'a> {
    /// None if the name is taken.
    fn take(rooms: &'a Rooms, room: &'a str, name: &'a str, member: Member) -> Option<Self> {
        match lock(rooms)
            .entry(room.into())
            .or_default()
            .entry(name.into())
        {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                place.insert(member);
                Some(Self { rooms, room, name })
            }
        }
    }

    async fn say(&self, line: String) {
        let line: Arc<str> = line.into();
        let deadline = Instant::now() + PATIENCE;
        for Member { queue, missed } in self.offer(&line) {
            let send = timeout_at(deadline, queue.send(line.clone()));
            // Who is behind already is not waited for again.
            if missed.load(Relaxed) > 0 || send.await.is_err() {
                missed.fetch_add(1, Relaxed);
            }
        }
    }

    /// Queues a line for all in the room; gives those whose queue is full.
    fn offer(&self, line: &Arc<str>) -> Vec<Member> {
        let rooms = lock(self.rooms);
        let Some(members) = rooms.get(self.room) else {
            return Vec::new();
        };
        let full = |it: &&Member| it.queue.try_send(line.clone()).is_err();
        members.values().filter(full).cloned().collect()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut rooms = lock(self.rooms);
        if let Some(members) = rooms.get_mut(self.room) {
            members.remove(self.name);
            if members.is_empty() {
                rooms.remove(self.room);
            }
        }
        drop(rooms);
        for member in self.offer(&format!("* {} left\n", self.name).into()) {
            member.missed.fetch_add(1, Relaxed);
        }
    }
}

/// The panic of one task is no reason to end the others.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        log(&format!("a connection's task failed: {error}"));
    }
}

/// Unlike `eprintln!`, this does not panic if nobody reads standard error, and
/// writes a line as a whole.
fn log(text: &str) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Catches Ctrl-C and SIGTERM from the call on; what it returns waits for one.
#[cfg(unix)]
fn stop_signals() -> io::Result<impl AsyncFnMut()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn stop_signals() -> io::Result<impl AsyncFnMut()> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move || {
        ctrl_c.recv().await;
    })
}
