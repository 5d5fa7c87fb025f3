//! The line server of examples-io under load and under faults.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Server;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::scenarios::support::changed::{self, FINISHED};
use crate::scenarios::support::clients::{exchange, exchange_all, prompt, reset};
use crate::scenarios::support::faults::{
    Client, Draining, FLAT, GOOD, HOUR, SECOND, Service, Stay, Target, flood_until_cut, of_targets,
    say_until_cut, serve_through,
};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = of_targets::<LineServer>();
    tests.extend([
        scenario("pipeline", pipeline),
        scenario("one_write", one_write),
        scenario("one_and_a_half", one_and_a_half),
        scenario("odd_lines", odd_lines),
        scenario("full", full),
        scenario("prompt", prompt_answers),
        scenario("longest_line", longest_line),
        scenario("quiet_about_resets", quiet_about_resets).slow(),
        scenario("panic", || changed::panics::<LineServer>(&PANIC, FINISHED)).slow(),
        scenario("back_off", || {
            changed::stops_in_back_off::<LineServer>("from_secs(1)", true)
        })
        .slow(),
        scenario("line_limit", line_limit).slow(),
    ]);
    tests
}

/// Requests of a session and the answers, which do not depend on how the bytes
/// were cut into packets.
const SESSION: &str = "SET tea Earl Grey\nGET tea\r\nGET milk\nSET tea \n\
    GET tea\nDEL tea\nDEL tea\nSET t\u{e9} \u{2615} hot\nGET t\u{e9}\n";
const ANSWERS: &str = "OK\nOK Earl Grey\nNONE\nOK\nOK \nOK\nNONE\nOK\n\
    OK \u{2615} hot\n";

const USAGE: &str = ": use SET key value, GET key or DEL key\n";

/// 1,000 sessions in one go.
async fn pipeline() -> Result<()> {
    let server = Server::start("line_server", "")?;
    exchange_all(server.address, SESSION.repeat(1000), ANSWERS.repeat(1000)).await
}

/// The replies to requests that arrive together are one packet: each read gets
/// all of them. With a write for each, a read now and then gets only the first.
async fn one_write() -> Result<()> {
    let server = Server::start("line_server", "")?;
    spawn_blocking(move || {
        let mut client = std::net::TcpStream::connect(server.address)?;
        for round in 0..50 {
            client.write_all(&b"DEL a\n".repeat(100))?;
            let mut replies = [0; 1024];
            let count = client.read(&mut replies)?;
            ensure!(
                count == 500,
                "in round {round} the replies to 100 requests begin with a write of {count} bytes, \
                 not all 500"
            );
        }
        Ok(())
    })
    .await?
}

/// A request and a half in a packet: the one is answered, the half is waited for.
async fn one_and_a_half() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let mut client = TcpStream::connect(server.address).await?;
    exchange(&mut client, b"SET tea hot\nGET t", b"OK\n").await?;
    exchange(&mut client, b"ea\n", b"OK hot\n").await
}

/// Each is answered in one line, and the connection goes on.
async fn odd_lines() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let mut client = TcpStream::connect(server.address).await?;
    let unknown = |request: &str| format!("ERROR \"{request}\"{USAGE}");
    for (line, answer) in [
        (&b"\n"[..], unknown("")),
        (b"\r\n", unknown("")),
        (b"GET\n", unknown("GET")),
        (b"SET tea\n", unknown("SET tea")),
        (b"get tea\n", unknown("get tea")),
        (b"GET tea milk\n", unknown("GET tea milk")),
        (b" GET tea\n", unknown(" GET tea")),
        (b"SET tea \t hot \n", "OK\n".into()),
        (b"GET tea\n", "OK \t hot \n".into()),
        (b"\0\x1b[2J\n", unknown("\\0\\u{1b}[2J")),
        // A key may be empty.
        (b"GET \n", "NONE\n".into()),
        (b"SET tea \xff\n", "ERROR a request is UTF-8\n".into()),
        (b"SET tea a\0b\n", "OK\n".into()),
        (b"GET tea\n", "OK a\0b\n".into()),
    ] {
        exchange(&mut client, line, answer.as_bytes()).await?;
    }
    // Half a value is no value.
    exchange_all(
        server.address,
        b"SET tea hot\nSET tea co",
        "OK\nERROR the last line was cut off\n",
    )
    .await?;
    exchange(&mut client, b"GET tea\n", b"OK hot\n").await
}

/// The keys have an end; those that are there can still be changed.
async fn full() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let sets: Vec<String> = (0..16_384).map(|i| format!("SET {i} x\n")).collect();
    exchange_all(server.address, sets.concat(), "OK\n".repeat(16_384)).await?;
    let requests = "SET more x\nSET 7 y\nGET 7\nDEL 7\nSET more x\n";
    let expected = "ERROR there are 16384 keys already\nOK\nOK y\nOK\nOK\n";
    exchange_all(server.address, requests, expected).await
}

/// The longest line, and one byte more.
async fn longest_line() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let value = "x".repeat(1024 - "SET a \n".len());
    let longest = format!("SET a {value}\nGET a\n");
    exchange_all(
        server.address,
        longest.as_bytes(),
        format!("OK\nOK {value}\n"),
    )
    .await?;
    let longer = format!("SET a {value}y\nGET a\n");
    exchange_all(
        server.address,
        longer.as_bytes(),
        "ERROR a line has at most 1024 bytes\n",
    )
    .await?;
    Ok(())
}

/// Many replies together are more than one write.
async fn prompt_answers() -> Result<()> {
    let server = Server::start("line_server", "")?;
    let mut client = TcpStream::connect(server.address).await?;
    let requests = b"GET tea\n".repeat(500);
    let answers = b"NONE\n".repeat(500);
    prompt(async || exchange(&mut client, &requests, &answers).await).await
}

/// A client that says nothing, sends a byte a second, or does not read is closed
/// after a minute: also if it does not read long replies, which are written before
/// the flush, or sends on after it was refused.
async fn line_limit() -> Result<()> {
    serve_through::<LineServer>(FLAT, async |address| {
        let start = Instant::now();
        let connect = || TcpStream::connect(address);
        let clients = tokio::try_join!(connect(), connect(), connect(), connect(), connect());
        let (silent, slow, deaf, mut very_deaf, refused) = clients?;
        let long = format!("SET long {}\n", "x".repeat(1000));
        exchange(&mut very_deaf, long.as_bytes(), b"OK\n").await?;
        let lasted: [_; 5] = tokio::join!(
            at_last(start, say_until_cut(silent, "", HOUR)),
            at_last(start, say_until_cut(slow, "x", SECOND)),
            at_last(start, flood_until_cut(deaf, "GET milk\n", Duration::ZERO)),
            at_last(
                start,
                flood_until_cut(very_deaf, "GET long\n", Duration::ZERO)
            ),
            at_last(start, flood_until_cut(refused, "x", SECOND)),
        )
        .into();
        let minute = |it: &Duration| (59..75).contains(&it.as_secs());
        ensure!(
            lasted.iter().all(minute),
            "silent, slow, deaf, deaf to long replies, and refused: each is to be cut after a \
             minute, not after {lasted:?}"
        );
        Ok(Stay::new())
    })
    .await
    .map(drop)
}

/// How long after `start` a client is cut that should be cut after a minute.
async fn at_last(start: Instant, stay: impl Future<Output = Duration>) -> Duration {
    let _ = timeout(Duration::from_secs(90), stay).await;
    start.elapsed()
}

/// A thousand clients that reset do not fill the log.
async fn quiet_about_resets() -> Result<()> {
    let mut server = Server::start("line_server", "")?;
    for _ in 0..1000 {
        reset(server.address, b"GET tea\nGET").await?;
    }
    exchange_all(server.address, b"GET tea\n", "NONE\n").await?;
    server.has_said(1)
}

struct LineServer;

impl Service for LineServer {
    const NAME: &str = "line_server";

    fn greeting(number: usize) -> (String, String) {
        (format!("SET key{number} hot\n"), "OK\n".into())
    }

    fn talk(number: usize) -> (String, String) {
        let request = format!("GET key{number}\nDEL milk\n");
        (request, "OK hot\nNONE\n".into())
    }
}

impl Draining for LineServer {
    const MAX_CONNECTIONS: usize = 1000;
    const DESCRIPTORS: u64 = 1200;
    const IDLE: usize = 5000;
}

impl Target for LineServer {
    const FLOODED: usize = 500_000;
    const LOADED: usize = 5_000_000;
    fn session(number: usize) -> (String, String) {
        let requests = SESSION.replace("tea", &format!("tea{number}"));
        (requests.repeat(5), ANSWERS.repeat(5))
    }

    /// The last request would spoil the key of a good client.
    fn half(number: usize) -> String {
        "GET tea\n".repeat(1000) + &format!("SET good{} 99", number % GOOD)
    }

    fn odd_bytes(_number: usize) -> (Vec<u8>, String) {
        let answers = format!(
            "ERROR a request is UTF-8\nERROR \"\\0\"{USAGE}ERROR \"\"{USAGE}\
             ERROR \"\"{USAGE}NONE\nERROR the last line was cut off\n"
        );
        (b"\xff\n\0\n\n\r\nGET milk\r\nGET".into(), answers)
    }

    fn endless(_number: usize) -> (String, String) {
        let answers = "NONE\nERROR a line has at most 1024 bytes\n";
        ("GET milk\nSET milk ".into(), answers.into())
    }

    fn flood(_number: usize) -> String {
        "GET milk\n".into()
    }

    /// Each has a key of its own.
    async fn round(clients: &mut [Client], round: usize) -> Result<()> {
        for (number, client) in clients.iter_mut().enumerate() {
            let requests = format!("GET good{number}\nSET good{number} {round}\n");
            let old = match round {
                0 => "NONE".into(),
                _ => format!("OK {}", round - 1),
            };
            let answers = format!("{old}\nOK\n");
            let client = client.get_mut();
            exchange(client, requests.as_bytes(), answers.as_bytes()).await?;
        }
        Ok(())
    }
}

static PANIC: [(&str, &str); 1] = [(
    r#"let reply = match line.strip_suffix(b"\n") {"#,
    r#"assert!(line != b"PANIC\n", "told to");
    let reply = match line.strip_suffix(b"\n") {"#,
)];
