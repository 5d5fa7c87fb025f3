//! The chat of examples-io under load and under faults.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use tests::Server;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::clients::{
    answers, closed, descriptors, exchange, flood, growth, refused_addresses,
    reset,
};
use super::{alone, scenario};

pub fn tests() -> Vec<Trial> {
    vec![
        scenario("io::chat_rooms", rooms),
        scenario("io::chat_odd_lines", odd_lines),
        scenario("io::chat_endless_line", endless_line),
        scenario("io::chat_refused_addresses", addresses),
        alone("io::chat_every_line_once", every_line_once)
            .with_ignored_flag(true),
        alone("io::chat_slow_reader", slow_reader).with_ignored_flag(true),
        scenario("io::chat_descriptors", no_descriptors)
            .with_ignored_flag(true),
        scenario("io::chat_deadline", deadline).with_ignored_flag(true),
        scenario("io::chat_join_limit", join_limit).with_ignored_flag(true),
        alone("io::chat_all_at_once", all_at_once).with_ignored_flag(true),
        alone("io::chat_many", many).with_ignored_flag(true),
    ]
}

/// Joins, and waits until the room knows it.
async fn join(
    address: SocketAddr,
    room: &str,
    name: &str,
) -> Result<TcpStream> {
    let mut client = TcpStream::connect(address).await?;
    let request = format!("{room} {name}\n");
    let answer = format!("* {name} joined\n");
    exchange(&mut client, request.as_bytes(), answer.as_bytes()).await?;
    Ok(client)
}

async fn expect(client: &mut TcpStream, text: &str) -> Result<()> {
    exchange(client, b"", text.as_bytes()).await
}

/// Who is in a room hears all that is said there, and nothing else.
async fn rooms() -> Result<()> {
    let server = Server::start("chat", "")?;
    let address = server.address;
    let mut ann = join(address, "kitchen", "ann").await?;
    let mut eve = join(address, "attic", "ann").await?;
    let mut bob = join(address, "kitchen", "bob").await?;
    expect(&mut ann, "* bob joined\n").await?;
    let said = answers(address, b"kitchen bob\n").await?;
    ensure!(said == "ERROR bob is taken in kitchen\n", "{said:?}");
    bob.write_all(b"Is there tea?\nOr milk?\n").await?;
    for client in [&mut ann, &mut bob] {
        expect(client, "bob: Is there tea?\nbob: Or milk?\n").await?;
    }
    // A reset is a way to leave; then the name is free.
    bob.set_zero_linger()?;
    drop(bob);
    expect(&mut ann, "* bob left\n").await?;
    drop(join(address, "kitchen", "bob").await?);
    expect(&mut ann, "* bob joined\n* bob left\n").await?;
    exchange(&mut eve, b"quiet here\n", b"ann: quiet here\n").await
}

/// What would do things to a terminal is left out; nothing ends the server.
async fn odd_lines() -> Result<()> {
    let server = Server::start("chat", "")?;
    let said = answers(
        server.address,
        b"kitchen ann\r\n\xff\xfe\n\0a\x1b[2Jb\n\nhalf a line",
    )
    .await?;
    let expected = "* ann joined\nann: \u{fffd}\u{fffd}\nann: a[2Jb\nann: \n\
        ann: half a line\n";
    ensure!(said == expected, "{said:?}");
    for first in [&b"\n"[..], b"kitchen\n", b"kitchen \n", b"\xff\n", b"a"] {
        let said = answers(server.address, first).await?;
        let expected = "ERROR the first line must be: room name\n";
        ensure!(said == expected, "{first:?}: {said:?}");
    }
    let said = answers(server.address, b"").await?;
    ensure!(said.is_empty(), "{said:?}");
    Ok(())
}

async fn endless_line() -> Result<()> {
    let server = Server::start("chat", "")?;
    let mut ann = join(server.address, "kitchen", "ann").await?;
    let before = server.memory();
    let text = "x".repeat(1023);
    let request = format!("{text}\n");
    let answer = format!("ann: {text}\n");
    exchange(&mut ann, request.as_bytes(), answer.as_bytes()).await?;
    for start in ["", "attic bob\n"] {
        let mut line = start.as_bytes().to_vec();
        line.resize(64 << 20, b'x');
        let said = answers(server.address, &line).await?;
        let refused = said.ends_with("ERROR a line has at most 1024 bytes\n");
        ensure!(refused, "{said:?}");
    }
    let growth = growth(&server, before);
    ensure!(growth < 500_000, "grown by {growth} bytes");
    Ok(())
}

async fn addresses() -> Result<()> {
    let server = Server::start("chat", "")?;
    refused_addresses("chat", server.address)
}

/// 20 members say 500 lines each as fast as they can: each member gets all
/// 10,000, none twice, those of each speaker in order.
async fn every_line_once() -> Result<()> {
    let server = Server::start("chat", "")?;
    let mut members = Vec::new();
    for name in 0..20 {
        members.push(join(server.address, "hall", &name.to_string()).await?);
    }
    let mut all = JoinSet::new();
    for client in members {
        all.spawn(async move {
            let (from_server, mut to_server) = client.into_split();
            let talk = async {
                for i in 0..500 {
                    to_server.write_all(format!("{i}\n").as_bytes()).await?;
                }
                anyhow::Ok(())
            };
            let hear = async {
                let mut lines = BufReader::new(from_server).lines();
                let mut next = [0; 20];
                while next.iter().sum::<usize>() < 20 * 500 {
                    let line = lines.next_line().await?.context("the end")?;
                    if line.starts_with("* ") {
                        ensure!(line.ends_with(" joined"), "{line}");
                        continue;
                    }
                    let (name, number) =
                        line.split_once(": ").context(line.clone())?;
                    let next = &mut next[name.parse::<usize>()?];
                    ensure!(number == next.to_string(), "{line}, not {next}");
                    *next += 1;
                }
                Ok(())
            };
            // Nobody leaves before all have heard all.
            let (talked, heard) = tokio::join!(talk, hear);
            talked.and(heard).map(|()| to_server)
        });
    }
    let mut open = Vec::new();
    while let Some(member) = all.join_next().await {
        open.push(member??);
    }
    Ok(())
}

/// A member that does not read holds up the others for a second, once; what it
/// then gets and what it is told to have missed add up.
async fn slow_reader() -> Result<()> {
    const LINES: usize = 10_000;
    let server = Server::start("chat", "")?;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let mut slow = socket.connect(server.address).await?;
    exchange(&mut slow, b"hall slow\n", b"* slow joined\n").await?;
    let mut good = join(server.address, "hall", "good").await?;
    let before = server.memory();
    let start = Instant::now();
    for i in 0..LINES {
        let request = format!("{i:01000}\n");
        let answer = format!("good: {i:01000}\n");
        exchange(&mut good, request.as_bytes(), answer.as_bytes()).await?;
    }
    let took = start.elapsed();
    ensure!(took < Duration::from_secs(20), "took {took:?}");
    let growth = growth(&server, before);
    ensure!(growth < 2_000_000, "grown by {growth} bytes");

    let mut lines = BufReader::new(slow).lines();
    let (mut next, mut missed) = (0, 0);
    while next < LINES {
        let limit = Duration::from_secs(10);
        let line = timeout(limit, lines.next_line()).await;
        let line = line.with_context(|| format!("nothing after {next}"))?;
        let line = line?.context("the end")?;
        if let Some(number) = line.strip_prefix("good: ") {
            let number: usize = number.parse()?;
            ensure!(number == next, "{number}, not {next}");
            next += 1;
        } else if let Some(notice) = line.strip_prefix("* you missed ") {
            let count: usize = notice
                .strip_suffix(" lines")
                .and_then(|count| count.parse().ok())
                .context(line.clone())?;
            next += count;
            missed += count;
        } else {
            ensure!(line == "* good joined", "{line}");
        }
    }
    ensure!(missed > 0 && next == LINES, "{missed} missed, {next} in all");
    Ok(())
}

/// A first line that is none is answered without a place in a room.
async fn no_descriptors() -> Result<()> {
    let mut server = Server::start("chat", "ulimit -n 32;")?;
    let answer = b"ERROR the first line must be: room name\n";
    descriptors(&mut server, b"hello\n", answer).await
}

async fn deadline() -> Result<()> {
    let mut server = Server::start("chat", "")?;
    let mut staying = join(server.address, "hall", "ann").await?;
    let leaving = join(server.address, "hall", "bob").await?;
    server.signal("TERM")?;
    server.wait_for("stopping: 2 connections")?;
    let start = Instant::now();
    let late = TcpStream::connect(server.address).await;
    ensure!(late.is_err(), "it still accepts: {late:?}");
    drop(leaving);
    expect(&mut staying, "* bob joined\n* bob left\n").await?;
    closed(&mut staying).await?;
    ensure!(start.elapsed() > Duration::from_millis(2500), "{start:?}");
    let status = server.wait(Duration::from_secs(2))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[2] == "stopped: 1 drained, 1 cut", "{output:?}");
    Ok(())
}

/// Who does not say who they are within 10 s has to go, a byte a second or not.
async fn join_limit() -> Result<()> {
    let server = Server::start("chat", "")?;
    let mut silent = TcpStream::connect(server.address).await?;
    let mut slow = TcpStream::connect(server.address).await?;
    let start = Instant::now();
    let dribble = async {
        while slow.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    };
    let ((), ended) = tokio::join!(dribble, closed(&mut silent));
    let (lasted, ended) = (start.elapsed().as_secs(), ended?.as_secs());
    ensure!((9..14).contains(&lasted) && (9..13).contains(&ended), "{lasted}");
    Ok(())
}

/// All faults at once, while two talk and get every line.
async fn all_at_once() -> Result<()> {
    let mut server = Server::start("chat", "")?;
    let address = server.address;
    let mut ann = join(address, "kitchen", "ann").await?;
    let before = server.memory();
    let talk = tokio::spawn(async move {
        for i in 0..500 {
            let (request, answer) = (format!("{i}\n"), format!("ann: {i}\n"));
            exchange(&mut ann, request.as_bytes(), answer.as_bytes()).await?;
            sleep(Duration::from_millis(5)).await;
        }
        anyhow::Ok(())
    });
    let mut stuck = Vec::new();
    let lines = "let me in\n".repeat(10_000);
    for name in 0..5 {
        reset(address, format!("attic gone{name}\n{lines}").as_bytes()).await?;
        let mut client = join(address, "cellar", &name.to_string()).await?;
        client.write_all(b"half a").await?;
        stuck.push(client);
        let flooder = format!("attic mob{name}\n{lines}");
        stuck.push(flood(address, flooder.as_bytes()).await?);
        answers(address, &vec![b'x'; 1 << 20]).await?;
        let growth = growth(&server, before);
        ensure!(growth < 2_000_000, "grown by {growth} bytes");
    }
    talk.await??;
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(5))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    let last = output.last().context("no line")?;
    ensure!(last.starts_with("stopped: "), "{output:?}");
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

/// 2,000 at once and 10,000 idle, each in a room of its own.
async fn many() -> Result<()> {
    super::more_descriptors()?;
    let server = Server::start("chat", "")?;
    let before = server.memory();
    let mut joining = JoinSet::new();
    let address = server.address;
    for room in 0..2000 {
        joining.spawn(
            async move { join(address, &room.to_string(), "ann").await },
        );
    }
    let mut open = Vec::new();
    while let Some(client) = joining.join_next().await {
        open.push(client??);
    }
    for room in 2000..10_000 {
        open.push(join(address, &room.to_string(), "ann").await?);
    }
    let each = growth(&server, before) / open.len();
    ensure!(each < 6000, "{each} bytes for each connection");
    Ok(())
}
