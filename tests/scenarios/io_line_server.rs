//! The line server of examples-io under load and under faults.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use tests::Server;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::clients::{
    answers, burst, closed, descriptors, exchange, flood, growth, idle_memory,
    refused_addresses, reset,
};
use super::{alone, scenario};

pub fn tests() -> Vec<Trial> {
    vec![
        scenario("io::line_server_packets", packets),
        scenario("io::line_server_odd_lines", odd_lines),
        scenario("io::line_server_full", full),
        scenario("io::line_server_endless_line", endless_line),
        scenario("io::line_server_refused_addresses", addresses),
        scenario("io::line_server_deadline", deadline).with_ignored_flag(true),
        scenario("io::line_server_descriptors", no_descriptors)
            .with_ignored_flag(true),
        scenario("io::line_server_line_limit", line_limit)
            .with_ignored_flag(true),
        alone("io::line_server_all_at_once", all_at_once)
            .with_ignored_flag(true),
        alone("io::line_server_burst", many).with_ignored_flag(true),
        alone("io::line_server_idle_memory", idle).with_ignored_flag(true),
    ]
}

/// Requests of a session and the answers, which do not depend on how the bytes
/// were cut into packets.
const SESSION: &str = "SET tea Earl Grey\nGET tea\r\nGET milk\nSET tea \n\
    GET tea\nDEL tea\nDEL tea\nSET t\u{e9} \u{2615} hot\nGET t\u{e9}\n";
const ANSWERS: &str = "OK\nOK Earl Grey\nNONE\nOK\nOK \nOK\nNONE\nOK\n\
    OK \u{2615} hot\n";

async fn packets() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let at_once = answers(server.address, SESSION.as_bytes()).await?;
    ensure!(at_once == ANSWERS, "{at_once:?}");
    // 1,000 times in one go; then byte for byte.
    let many = answers(server.address, SESSION.repeat(1000).as_bytes()).await?;
    ensure!(many == ANSWERS.repeat(1000), "{} bytes", many.len());
    let mut client = TcpStream::connect(server.address).await?;
    client.set_nodelay(true)?;
    for byte in SESSION.bytes() {
        client.write_all(&[byte]).await?;
        sleep(Duration::from_millis(1)).await;
    }
    exchange(&mut client, b"", ANSWERS.as_bytes()).await
}

/// Each is answered in one line, and the connection goes on.
async fn odd_lines() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let mut client = TcpStream::connect(server.address).await?;
    let unknown = "ERROR neither GET key nor SET key value nor DEL key: ";
    for (line, answer) in [
        (&b"\n"[..], format!("{unknown}\"\"\n")),
        (b"\r\n", format!("{unknown}\"\"\n")),
        (b"GET\n", format!("{unknown}\"GET\"\n")),
        (b"GET \n", format!("{unknown}\"GET \"\n")),
        (b"get tea\n", format!("{unknown}\"get tea\"\n")),
        (b"GET tea milk\n", format!("{unknown}\"GET tea milk\"\n")),
        (b"\0\x1b[2J\n", format!("{unknown}\"\\0\\u{{1b}}[2J\"\n")),
        (b"SET tea \xff\n", "ERROR a request is UTF-8\n".into()),
        (b"SET tea a\0b\n", "OK\n".into()),
        (b"GET tea\n", "OK a\0b\n".into()),
    ] {
        exchange(&mut client, line, answer.as_bytes()).await?;
    }
    // Half a value is no value.
    let said = answers(server.address, b"SET tea hot\nSET tea co").await?;
    ensure!(said == "OK\nERROR the last line was cut off\n", "{said:?}");
    exchange(&mut client, b"GET tea\n", b"OK hot\n").await
}

/// The keys have an end; those that are there can still be changed.
async fn full() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let sets: Vec<String> =
        (0..16_384).map(|i| format!("SET {i} x\n")).collect();
    let said = answers(server.address, sets.concat().as_bytes()).await?;
    ensure!(said == "OK\n".repeat(16_384));
    let requests = b"SET more x\nSET 7 y\nGET 7\nDEL 7\nSET more x\n";
    let said = answers(server.address, requests).await?;
    let expected = "ERROR there are 16384 keys already\nOK\nOK y\nOK\nOK\n";
    ensure!(said == expected, "{said:?}");
    Ok(())
}

/// Longest line, one byte more, 64 MiB: refused in one line that the client
/// gets, without memory.
async fn endless_line() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let value = "x".repeat(1024 - "SET a \n".len());
    let longest = format!("SET a {value}\nGET a\n");
    let said = answers(server.address, longest.as_bytes()).await?;
    ensure!(said == format!("OK\nOK {value}\n"), "{said:?}");
    let longer = format!("SET a {value}y\nGET a\n");
    let before = server.memory();
    for line in [longer.into_bytes(), vec![b'x'; 64 << 20]] {
        let said = answers(server.address, &line).await?;
        let expected = "ERROR a line has at most 1024 bytes\n";
        ensure!(said == expected, "{} bytes: {said:?}", line.len());
    }
    let growth = growth(&server, before);
    ensure!(growth < 500_000, "grown by {growth} bytes");
    Ok(())
}

async fn addresses() -> Result<()> {
    let server = Server::start("line_server", "")?;
    refused_addresses("line_server", server.address)
}

/// At SIGTERM under load: what was asked is answered, who stays is cut at the
/// deadline, and the counts are true.
async fn deadline() -> Result<()> {
    let mut server = Server::start("line_server", "")?;
    let mut leaving = TcpStream::connect(server.address).await?;
    let mut staying = TcpStream::connect(server.address).await?;
    exchange(&mut leaving, b"GET a\n", b"NONE\n").await?;
    exchange(&mut staying, b"GET a\n", b"NONE\n").await?;
    staying.write_all(b"GET").await?;
    server.signal("TERM")?;
    server.wait_for("stopping: 2 connections")?;
    let start = Instant::now();
    let late = TcpStream::connect(server.address).await;
    ensure!(late.is_err(), "it still accepts: {late:?}");
    exchange(&mut leaving, b"GET a\n", b"NONE\n").await?;
    drop(leaving);
    closed(&mut staying).await?;
    ensure!(start.elapsed() > Duration::from_millis(2500), "{start:?}");
    let status = server.wait(Duration::from_secs(2))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[2] == "stopped: 1 drained, 1 cut", "{output:?}");
    Ok(())
}

async fn no_descriptors() -> Result<()> {
    let mut server = Server::start("line_server", "ulimit -n 32;")?;
    descriptors(&mut server, b"GET tea\n", b"NONE\n").await
}

/// One that says nothing, and one that sends a byte a second, end after a
/// minute.
async fn line_limit() -> Result<()> {
    let mut server = Server::start("line_server", "")?;
    let mut silent = TcpStream::connect(server.address).await?;
    let mut slow = TcpStream::connect(server.address).await?;
    let (mut from_server, mut to_server) = slow.split();
    let start = Instant::now();
    let dribble = async {
        while to_server.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    };
    let mut end = BufReader::new(&mut from_server);
    let mut line = String::new();
    tokio::select! {
        () = dribble => {}
        // A reset is an end as well.
        _ = end.read_line(&mut line) => {}
    }
    closed(&mut silent).await?;
    let lasted = start.elapsed().as_secs();
    ensure!((59..65).contains(&lasted), "closed after {lasted} s");
    let output = server.output();
    let ends = output.iter().filter(|it| it.ends_with("timed out")).count();
    ensure!(ends == 2, "{output:?}");
    Ok(())
}

/// All faults, while good clients are served: each request is answered, once
/// and in order, and the memory stays flat.
async fn all_at_once() -> Result<()> {
    let mut server = Server::start("line_server", "")?;
    let address = server.address;
    let before = server.memory();
    let mut good = JoinSet::new();
    for id in 0..8 {
        good.spawn(async move {
            let mut client = TcpStream::connect(address).await?;
            let mut kept = HashMap::new();
            for round in 0..500 {
                let key = format!("{id}-{}", round % 10);
                let old = kept.insert(key.clone(), round);
                let old = old.map_or("NONE".into(), |it| format!("OK {it}"));
                let requests = format!("GET {key}\nSET {key} {round}\n");
                let answers = format!("{old}\nOK\n");
                exchange(&mut client, requests.as_bytes(), answers.as_bytes())
                    .await?;
                sleep(Duration::from_millis(2)).await;
            }
            anyhow::Ok(())
        });
    }
    let mut stuck = Vec::new();
    for round in 0..10 {
        reset(address, &b"GET 0-1\n".repeat(1000)[..7999]).await?;
        stuck.push(flood(address, &b"GET 0-1\n".repeat(10_000)).await?);
        stuck.push(TcpStream::connect(address).await?);
        answers(address, &vec![b'x'; 1 << 20]).await?;
        answers(address, b"\xff\n\0\n\n\r\nGET").await?;
        let growth = growth(&server, before);
        ensure!(growth < 1_000_000, "{growth} bytes in round {round}");
    }
    while let Some(client) = good.join_next().await {
        client??;
    }
    // Let it see that they have gone.
    sleep(Duration::from_millis(300)).await;
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(5))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    let last = output.last().map(String::as_str);
    ensure!(last == Some("stopped: 0 drained, 20 cut"), "{output:?}");
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

async fn many() -> Result<()> {
    super::more_descriptors()?;
    let server = Server::start("line_server", "")?;
    burst(&server, b"GET tea\n", b"NONE\n").await
}

async fn idle() -> Result<()> {
    super::more_descriptors()?;
    let server = Server::start("line_server", "")?;
    let each = idle_memory(&server, 10_000, b"GET tea\n", b"NONE\n").await?;
    ensure!(each < 5000, "{each} bytes for each connection");
    Ok(())
}
