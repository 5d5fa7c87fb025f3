//! `sse` with many clients, slow ones, and some that stay.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::Server;
use harness::workspace::binary;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::scenarios::support::browser::{Browser, in_chromium};
use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::{faults, http};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("all_listeners", all_listeners),
        scenario("odd_lines", odd_lines),
        scenario("streams_end", streams_end),
        scenario("deaf", deaf),
        scenario("lagging", lagging),
        scenario("keep_alive", keep_alive).slow(),
        in_chromium("page", page).slow(),
        scenario("unheard", || faults::unheard("sse 127.0.0.1:0")),
        #[cfg(unix)]
        scenario("early_signal", || faults::early_signal("sse 127.0.0.1:0")),
    ]
}

/// All clients get the same events, whoever leaves.
async fn all_listeners() -> Result<()> {
    let server = Server::start("sse", "")?;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(listen(TcpStream::connect(server.address).await?).await?);
    }
    for number in 0..5 {
        publish(server.address, &format!("{number}\nand more")).await?;
        for client in &mut clients {
            for right in [format!("data: {number}\n\n"), "data: and more\n\n".into()] {
                let event = event(client).await?;
                ensure!(event == right, "news {number}: {event:?}");
            }
        }
        clients.pop();
    }
    // Nobody listens any more.
    publish(server.address, "alone").await
}

/// A line cannot end its event and begin another one, and what is no text is
/// refused.
async fn odd_lines() -> Result<()> {
    let server = Server::start("sse", "")?;
    let mut client = listen(TcpStream::connect(server.address).await?).await?;
    for (line, right) in [
        (
            "a\rb\r\revent: lagged",
            "data: a\rdata: b\rdata: \rdata: event: lagged\n\n",
        ),
        ("<b>\r\n", "data: <b>\n\n"),
        (": \u{2028}\0", "data: : \u{2028}\0\n\n"),
    ] {
        publish(server.address, line).await?;
        let event = event(&mut client).await?;
        ensure!(event == right, "{line:?}: {event:?}");
    }
    let no_text = b"POST /news HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        content-length: 1\r\n\r\n\xff";
    let answer = http::ask(server.address, no_text).await?;
    ensure!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    Ok(())
}

/// At Ctrl-C each stream is brought to its end, not cut off.
async fn streams_end() -> Result<()> {
    let mut server = Server::start("sse", "")?;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = TcpStream::connect(server.address).await?;
        let request = b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n";
        client.write_all(request).await?;
        let mut client = BufReader::new(client);
        // The head is there, and so is the subscription.
        event(&mut client).await?;
        clients.push(client);
    }
    server.signal("INT")?;
    for mut client in clients {
        let mut rest = String::new();
        client.read_to_string(&mut rest).await?;
        ensure!(rest.ends_with("\r\n0\r\n\r\n"), "cut off after {rest:?}");
    }
    let status = server.wait(Duration::from_secs(5))?;
    ensure!(status == 0, "exit status {status}: {:?}", server.output());
    Ok(())
}

/// A client that reads nothing keeps the server for a second.
async fn deaf() -> Result<()> {
    let mut took = 0.0;
    // On a busy machine, one try may take longer.
    for _ in 0..3 {
        let mut server = Server::start("sse", "")?;
        let _deaf = deaf_client(server.address).await?;
        let start = Instant::now();
        server.signal("INT")?;
        let status = server.wait(Duration::from_secs(5))?;
        let output = server.output();
        took = start.elapsed().as_secs_f64();
        ensure!(status == 0, "exit status {status}: {output:?}");
        // If it took no time, the client was not deaf enough.
        ensure!((1.0..3.0).contains(&took), "it stopped after {took} s");
        if took < 1.9 {
            return Ok(());
        }
    }
    bail!("it is to stop after 1 s, not three times after {took} s or so");
}

/// A client that falls behind loses events, is told exactly how many, and gets
/// the newest ones. Others lose nothing.
async fn lagging() -> Result<()> {
    let server = Server::start("sse", "")?;
    let mut deaf = deaf_client(server.address).await?;
    let mut good = listen(TcpStream::connect(server.address).await?).await?;
    publish(server.address, "the last one").await?;
    let last = event(&mut good).await?;
    ensure!(last == "data: the last one\n\n", "{last:?}");

    let (mut got, mut lost) = (0, 0);
    loop {
        let event = event(&mut deaf).await?;
        if event == last {
            break;
        }
        if let Some(count) = event.strip_prefix("event: lagged\ndata: ") {
            lost += count.trim_end().parse::<usize>()?;
        } else if event.ends_with("x\n\n") {
            got += 1;
        } else {
            bail!("{:?}", event.get(..100).unwrap_or(&event));
        }
    }
    ensure!(lost > 0, "nothing is lost of {BIG_EVENTS}");
    ensure!(got + lost == BIG_EVENTS, "{got} events, {lost} lost");
    Ok(())
}

/// More than the buffers between a server and a client take.
const BIG_EVENTS: usize = 20;

/// A client that has read nothing of so many large events.
async fn deaf_client(address: SocketAddr) -> Result<BufReader<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let client = listen(socket.connect(address).await?).await?;
    let line = "x".repeat(1_000_000);
    for _ in 0..BIG_EVENTS {
        publish(address, &line).await?;
    }
    Ok(client)
}

/// A comment comes after a quarter of a minute without events.
async fn keep_alive() -> Result<()> {
    let server = Server::start("sse", "")?;
    let start = Instant::now();
    let mut client = listen(TcpStream::connect(server.address).await?).await?;
    let comment = event(&mut client).await?;
    let took = start.elapsed().as_secs_f64();
    ensure!(comment == ":\n\n", "{comment:?}");
    ensure!((14.9..18.0).contains(&took), "it came after {took} s");
    Ok(())
}

/// A person publishes and sees the news, what was lost included; the page finds
/// the next server.
async fn page(browser: &Browser) -> Result<()> {
    let mut server = Server::start("sse", "")?;
    let address = server.address;
    browser.open(&format!("http://{address}/")).await?;
    browser.wait_for("output", "connected").await?;
    let tag = "<img src=x onerror=document.title=1>";
    browser.type_into("input", tag).await?;
    browser.click("button").await?;
    browser.wait_for("pre", tag).await?;
    publish(address, "1\n2\n3\n4\n5").await?;
    let right = format!("{tag}\n(3 were lost)\n4\n5\n");
    browser.wait_for("pre", &right).await?;
    let title = browser.text("title").await?;
    ensure!(title == "sse", "a script has run: {title}");

    server.signal("INT")?;
    let status = server.wait(Duration::from_secs(5))?;
    ensure!(status == 0, "exit status {status}: {:?}", server.output());
    browser.wait_for("output", "reconnecting").await?;
    let next = format!("exec '{}' {address}", binary("sse")?.display());
    let _next = Server::run(&next)?;
    browser.wait_for("output", "connected").await?;
    publish(address, "back again").await?;
    browser.wait_for("pre", "5\nback again\n").await
}

/// Listens on a connection, up to the first event.
async fn listen(mut client: TcpStream) -> Result<BufReader<TcpStream>> {
    // HTTP/1.0 has no chunks: what follows the head is the events.
    let request = b"GET /events HTTP/1.0\r\nhost: x\r\n\r\n";
    client.write_all(request).await?;
    let mut client = BufReader::new(client);
    let head = event(&mut client).await?;
    ensure!(
        head.starts_with("HTTP/1.0 200 OK\r\n")
            && head.contains("\r\ncontent-type: text/event-stream\r\n")
            && head.contains("\r\ncache-control: no-cache\r\n"),
        "{head}"
    );
    let first = event(&mut client).await?;
    ensure!(first == "retry: 1000\n\n", "{first:?}");
    Ok(client)
}

/// The next event, or a head, with the empty line that ends it.
async fn event(client: &mut BufReader<TcpStream>) -> Result<String> {
    let mut event = String::new();
    let read = async {
        while !event.ends_with("\n\n") && !event.ends_with("\r\n\r\n") {
            let length = client.read_line(&mut event).await?;
            ensure!(length > 0, "the stream ends after {event:?}");
        }
        Ok(())
    };
    let read = timeout(Duration::from_secs(20), read).await;
    read.context("no event")??;
    Ok(event)
}

async fn publish(address: SocketAddr, lines: &str) -> Result<()> {
    let length = lines.len();
    let request = format!(
        "POST /news HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{lines}"
    );
    let answer = http::ask(address, request.as_bytes()).await?;
    ensure!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    Ok(())
}
