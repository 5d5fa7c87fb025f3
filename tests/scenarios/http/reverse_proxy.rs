//! `reverse_proxy` between attackers and upstream servers that fail.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use harness::Server;
use harness::usage::{forget_peak, peak_memory};
use harness::workspace::binary;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::scenarios::support::clients::{Mute, closed, exchange, pattern, prompt};
use crate::scenarios::support::faults::{self, MANY_DESCRIPTORS};
use crate::scenarios::support::http::{HALF, ask, back_off, half_a_head, refuses, run};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("arguments", arguments),
        scenario("headers", headers),
        scenario("mapped_address", mapped_address).needs(has_ipv6(), "it needs IPv6"),
        scenario("targets", targets),
        scenario("upgrades", upgrades),
        scenario("smuggling", smuggling),
        scenario("large_heads", large_heads),
        scenario("large_bodies", large_bodies).slow(),
        scenario("slow_clients", slow_clients).slow(),
        scenario("streams", streams),
        scenario("prompt", prompt_pieces),
        scenario("upstream_down", upstream_down),
        scenario("upstream_dies", upstream_dies),
        scenario("upstream_silent", upstream_silent).slow(),
        scenario("unused", unused).slow(),
        scenario("client_leaves", client_leaves),
        scenario("connections", connections).slow(),
        scenario("memory", memory).slow(),
        scenario("drain", drain),
        scenario("half_a_request", half_a_request).slow(),
        scenario("second_signal", second_signal),
        scenario("back_off", || {
            back_off("reverse_proxy 127.0.0.1:0 127.0.0.1:9")
        }),
        scenario("unheard", || {
            faults::unheard("reverse_proxy 127.0.0.1:0 127.0.0.1:9")
        }),
        scenario("early_signal", || {
            faults::early_signal("reverse_proxy 127.0.0.1:0 127.0.0.1:9")
        }),
    ]
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A request as it reached the upstream server.
#[derive(Clone, Debug)]
struct Seen {
    head: String,
    body: Vec<u8>,
}

/// An upstream server that reads requests strictly, keeps them, and answers
/// each with the same bytes; after an answer that is not `OK`, it closes.
struct Upstream {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    async fn open(answer: impl Into<Vec<u8>>) -> Result<Self> {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (keep, answer) = (Arc::clone(&keep), answer.clone());
                tokio::spawn(async move {
                    loop {
                        let request = read_request(&mut stream).await?;
                        keep.lock().unwrap().push(request);
                        stream.write_all(&answer).await?;
                        if answer != OK {
                            return anyhow::Ok(());
                        }
                    }
                });
            }
        });
        Ok(Self { address, seen })
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn read_head(stream: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head)?)
}

/// Reads a request whose body has one length, or one `chunked`.
async fn read_request(stream: &mut TcpStream) -> Result<Seen> {
    let head = read_head(stream).await?;
    let lengths = fields(&head, "content-length");
    let codings = fields(&head, "transfer-encoding");
    let mut body = Vec::new();
    match (&lengths[..], &codings[..]) {
        ([], []) => {}
        ([length], []) => {
            body.resize(length.parse()?, 0);
            stream.read_exact(&mut body).await?;
        }
        ([], ["chunked"]) => loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.push(stream.read_u8().await?);
            }
            let size = usize::from_str_radix(str::from_utf8(&line)?.trim(), 16)?;
            let start = body.len();
            body.resize(start + size, 0);
            stream.read_exact(&mut body[start..]).await?;
            ensure!(stream.read_u16().await? == 0x0d0a, "no end of a chunk");
            if size == 0 {
                break;
            }
        },
        _ => body = b"AMBIGUOUS".to_vec(),
    }
    Ok(Seen { head, body })
}

fn fields<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let same = lines.filter(|(it, _)| it.eq_ignore_ascii_case(name));
    same.map(|(_, value)| value).collect()
}

fn start(upstream: SocketAddr, setup: &str) -> Result<Server> {
    let path = binary("reverse_proxy")?.display();
    Server::run(&format!("{setup} exec '{path}' 127.0.0.1:0 {upstream}"))
}

/// The status of an answer.
fn status(answer: &str) -> &str {
    let line = answer.lines().next().unwrap_or_default();
    line.strip_prefix("HTTP/1.1 ")
        .or(line.strip_prefix("HTTP/1.0 "))
        .and_then(|line| line.get(..3))
        .unwrap_or("none")
}

/// Without arguments, it listens on port 3001, and forwards to port 3000. An upstream
/// server that cannot be one is told before anything is forwarded.
async fn arguments() -> Result<()> {
    let path = binary("reverse_proxy")?.display();
    let mut proxy = Server::run(&format!("exec '{path}' 127.0.0.1:0"))?;
    let line = proxy.output().remove(0);
    ensure!(line.ends_with(" to http://127.0.0.1:3000"), "{line}");
    // Somebody else may listen there.
    let line = match Server::run(&format!("exec '{path}'")) {
        Ok(mut proxy) => proxy.output().remove(0),
        Err(error) => format!("{error:#}"),
    };
    ensure!(
        line == "forwarding http://127.0.0.1:3001 to http://127.0.0.1:3000"
            || line.contains("cannot listen on 127.0.0.1:3001: "),
        "without arguments, it is to listen on port 3001: {line}"
    );
    let (status, lines) = run("reverse_proxy", "127.0.0.1:0 'shop test:80'", &[]).await?;
    ensure!(
        status == 1 && !lines.is_empty() && lines[0] == "Error: shop test:80 is not HOST:PORT",
        "it is to say what is wrong with \"shop test:80\"; status {status}: {lines:?}"
    );
    Ok(())
}

fn has_ipv6() -> bool {
    std::net::TcpListener::bind("[::]:0").is_ok()
}

/// A proxy on an IPv6 address names a client of IPv4 by its IPv4 address.
async fn mapped_address() -> Result<()> {
    let upstream = Upstream::open(OK).await?;
    let path = binary("reverse_proxy")?.display();
    let proxy = Server::run(&format!("exec '{path}' '[::]:0' {}", upstream.address))?;
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    ask(([127, 0, 0, 1], proxy.address.port()).into(), request).await?;
    let head = &upstream.seen()[0].head;
    let client = fields(head, "x-forwarded-for");
    ensure!(
        client == ["127.0.0.1"],
        "the client is 127.0.0.1, not {client:?}"
    );
    Ok(())
}

/// What concerns one connection does not cross the proxy, in either direction;
/// the client's address is added to those that it claims.
async fn headers() -> Result<()> {
    let answer = "HTTP/1.1 200 OK\r\nconnection: X-Inner, close\r\nx-inner: 1\r\n\
                  keep-alive: timeout=5\r\nx-outer: 2\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\
                  content-length: 2\r\n\r\nok";
    let upstream = Upstream::open(answer).await?;
    let proxy = start(upstream.address, "")?;
    let request = "GET /a?b=%2f HTTP/1.1\r\nHost: shop.test\r\nConnection: close, X-Secret\r\n\
                   Connection: x-other\r\nX-Secret: 1\r\nX-Other: 1\r\nKeep-Alive: 1\r\n\
                   Proxy-Connection: close\r\nTE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\n\
                   X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\nX-Kept: 1\r\n\r\n";
    let got = ask(proxy.address, request.as_bytes()).await?;
    let seen = upstream.seen();
    let head = &seen[0].head;
    ensure!(head.starts_with("GET /a?b=%2f HTTP/1.1\r\n"), "{head}");
    for (name, values) in [
        ("host", &["shop.test"][..]),
        ("x-forwarded-for", &["1.2.3.4, 5.6.7.8, 127.0.0.1"]),
        ("x-kept", &["1"]),
        ("connection", &[]),
        ("x-secret", &[]),
        ("x-other", &[]),
        ("keep-alive", &[]),
        ("proxy-connection", &[]),
        ("te", &[]),
        ("trailer", &[]),
        ("upgrade", &[]),
        ("transfer-encoding", &[]),
        ("content-length", &[]),
    ] {
        ensure!(fields(head, name) == values, "{name}: {head}");
    }
    for (name, values) in [
        ("x-outer", &["2"][..]),
        ("set-cookie", &["a=1", "b=2"]),
        ("content-length", &["2"]),
        ("x-inner", &[]),
        ("keep-alive", &[]),
    ] {
        ensure!(fields(&got, name) == values, "{name}: {got}");
    }
    ensure!(
        status(&got) == "200" && got.ends_with("\r\n\r\nok"),
        "{got}"
    );

    let request = "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-For: 1.2.3.4\r\n\
                   Connection: close, host, x-forwarded-for\r\n\r\n";
    ask(proxy.address, request.as_bytes()).await?;
    let head = &upstream.seen()[1].head;
    let (host, list) = (fields(head, "host"), fields(head, "x-forwarded-for"));
    ensure!(
        host == ["shop.test"] && list == ["127.0.0.1"],
        "a client hides its host or its address: {head}"
    );

    // The proxy itself has told the client to continue.
    let request = "POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\
                   Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok";
    ask(proxy.address, request.as_bytes()).await?;
    let head = &upstream.seen()[2].head;
    let (expect, length) = (fields(head, "expect"), fields(head, "content-length"));
    ensure!(
        expect.is_empty() && length == ["2"],
        "the upstream server is to be sent a length of 2, and nothing to expect: {head}"
    );

    // The upstream server may speak another version than the client.
    let upstream = Upstream::open("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n").await?;
    let proxy = start(upstream.address, "")?;
    let request = b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let got = ask(proxy.address, request).await?;
    ensure!(
        got.starts_with("HTTP/1.1 200 OK\r\n") && fields(&got, "content-length") == ["2"],
        "the answer to HEAD is to be one of HTTP/1.1 with the length of the page: {got}"
    );
    Ok(())
}

/// Whatever target is asked for, the upstream server gets a path of its own,
/// and one host.
async fn targets() -> Result<()> {
    let upstream = Upstream::open(OK).await?;
    let proxy = start(upstream.address, "")?;
    for (request, code, line, host) in [
        (
            "GET http://evil.test/a HTTP/1.1\r\nhost: shop.test",
            "200",
            "GET /a",
            "evil.test",
        ),
        (
            "GET http://u:p@evil.test:1/ HTTP/1.1\r\nhost: x",
            "200",
            "GET /",
            "evil.test:1",
        ),
        (
            "GET //evil.test/a HTTP/1.1\r\nhost: shop.test",
            "200",
            "GET //evil.test/a",
            "shop.test",
        ),
        (
            "GET /../a HTTP/1.1\r\nhost: shop.test",
            "200",
            "GET /../a",
            "shop.test",
        ),
        ("GET / HTTP/1.0", "200", "GET /", ""),
        (
            "CONNECT evil.test:80 HTTP/1.1\r\nhost: evil.test:80",
            "400",
            "",
            "",
        ),
        ("OPTIONS * HTTP/1.1\r\nhost: shop.test", "400", "", ""),
        ("GET evil.test HTTP/1.1\r\nhost: shop.test", "400", "", ""),
        ("GET / HTTP/1.1\r\nx-host: shop.test", "400", "", ""),
        (
            "GET / HTTP/1.1\r\nhost: shop.test\r\nhost: evil.test",
            "400",
            "",
            "",
        ),
        ("GET /a b HTTP/1.1\r\nhost: shop.test", "400", "", ""),
    ] {
        let before = upstream.seen().len();
        let request = format!("{request}\r\nconnection: close\r\n\r\n");
        let answer = ask(proxy.address, request.as_bytes()).await?;
        ensure!(status(&answer) == code, "{request}: {answer}");
        let seen = upstream.seen();
        if code == "400" {
            ensure!(seen.len() == before, "{request}: {seen:?}");
            continue;
        }
        let head = &seen.last().context("nothing arrived")?.head;
        let own = upstream.address.to_string();
        let host = if host.is_empty() { &own } else { host };
        ensure!(
            head.starts_with(&format!("{line} HTTP/1.1\r\n")) && fields(head, "host") == [host],
            "{request}: {head}"
        );
    }
    Ok(())
}

/// A WebSocket is refused, and the upstream server sees nothing of it. Another
/// upgrade is optional, so it is left out.
async fn upgrades() -> Result<()> {
    let upstream = Upstream::open(OK).await?;
    let proxy = start(upstream.address, "")?;
    for (upgrade, code) in [("websocket", "501"), ("WebSocket", "501"), ("h2c", "200")] {
        let request = format!(
            "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: {upgrade}\r\n\r\n"
        );
        let answer = ask(proxy.address, request.as_bytes()).await?;
        ensure!(status(&answer) == code, "{upgrade}: {answer}");
    }
    let seen = upstream.seen();
    ensure!(seen.len() == 1, "{seen:?}");
    Ok(())
}

/// Where two servers could find the end of a body in two places, the request is
/// refused, or its body is framed anew, in one way only.
async fn smuggling() -> Result<()> {
    let hidden = "GET /admin HTTP/1.1\r\nhost: x\r\n\r\n";
    let length = hidden.len();
    for (case, fields, body, code) in [
        (
            "two lengths",
            "content-length: 0\r\ncontent-length: 3",
            "abc",
            "400",
        ),
        ("a list of lengths", "content-length: 3, 0", "abc", "400"),
        ("plus", "content-length: +3", "abc", "400"),
        ("minus", "content-length: -1", "abc", "400"),
        ("hexadecimal", "content-length: 0x3", "abc", "400"),
        (
            "overflow",
            "content-length: 18446744073709551617",
            "abc",
            "400",
        ),
        ("a blank in front", "content-length : 3", "abc", "400"),
        ("a folded line", "x: y\r\n content-length: 3", "abc", "400"),
        ("NUL", "x: a\0b", "", "400"),
        (
            "unknown coding",
            "transfer-encoding: xchunked",
            "0\r\n\r\n",
            "400",
        ),
        (
            "chunked not last",
            "transfer-encoding: chunked, identity",
            "0\r\n\r\n",
            "400",
        ),
        (
            "chunk size",
            "transfer-encoding: chunked",
            "1000000000000000000\r\n",
            "none",
        ),
        (
            "no chunk size",
            "transfer-encoding: chunked",
            "x\r\n",
            "none",
        ),
        (
            "length and chunked",
            "content-length: 3\r\ntransfer-encoding: chunked",
            "3\r\nabc\r\n0\r\n\r\n",
            "200",
        ),
        (
            "chunked and length",
            "transfer-encoding: chunked\r\ncontent-length: 3",
            "3\r\nabc\r\n0\r\n\r\n",
            "200",
        ),
        (
            "same length twice",
            "content-length: 3\r\ncontent-length: 3",
            "abc",
            "200",
        ),
        (
            "length is named",
            "connection: content-length\r\ncontent-length: 3",
            "abc",
            "200",
        ),
        (
            "body is a request",
            &format!("content-length: {length}"),
            hidden,
            "200",
        ),
    ] {
        let upstream = Upstream::open(OK).await?;
        let proxy = start(upstream.address, "")?;
        let request =
            format!("POST /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{fields}\r\n\r\n{body}");
        let answer = ask(proxy.address, request.as_bytes()).await?;
        let seen = upstream.seen();
        if code == "200" {
            let body = if body == hidden { hidden } else { "abc" };
            ensure!(
                status(&answer) == "200"
                    && seen.len() == 1
                    && seen[0].head.starts_with("POST /a HTTP/1.1\r\n")
                    && seen[0].body == body.as_bytes(),
                "{case}: {answer} {seen:?}"
            );
        } else {
            // A chunk that is wrong comes when the request is being sent.
            let refused = ["400", "502"].contains(&status(&answer));
            ensure!(refused && seen.is_empty(), "{case}: {answer} {seen:?}");
            ensure!(
                code == "none" || status(&answer) == code,
                "{case}: {answer}"
            );
        }
    }
    Ok(())
}

/// A head that is too long is refused.
async fn large_heads() -> Result<()> {
    let upstream = Upstream::open(OK).await?;
    let proxy = start(upstream.address, "")?;
    for (case, fields, code) in [
        ("12 KiB", format!("x: {}\r\n", "y".repeat(12 << 10)), "200"),
        ("17 KiB", format!("x: {}\r\n", "y".repeat(17 << 10)), "431"),
        ("90 fields", "x: y\r\n".repeat(90), "200"),
        ("200 fields", "x: y\r\n".repeat(200), "431"),
    ] {
        let request = format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{fields}\r\n");
        let answer = ask(proxy.address, request.as_bytes()).await?;
        ensure!(status(&answer) == code, "{case}: {answer}");
    }
    Ok(())
}

/// A body of 10 MB passes as it is. A longer one is refused before it is read
/// if its length is said, and else when it is reached.
async fn large_bodies() -> Result<()> {
    const MAX: usize = 10_000_000;

    let upstream = Upstream::open(OK).await?;
    let proxy = start(upstream.address, "")?;
    let head = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let body = pattern(MAX);
    let request = [
        format!("{head}content-length: {MAX}\r\n\r\n").as_bytes(),
        &body,
    ]
    .concat();
    let answer = ask(proxy.address, &request).await?;
    ensure!(status(&answer) == "200", "{answer}");
    ensure!(upstream.seen()[0].body == body, "another body");

    let length = MAX + 1;
    let said = format!("{head}expect: 100-continue\r\ncontent-length: {length}\r\n\r\n");
    let answer = ask(proxy.address, said.as_bytes()).await?;
    ensure!(status(&answer) == "413", "{answer}");

    let mut client = TcpStream::connect(proxy.address).await?;
    let head = format!("{head}transfer-encoding: chunked\r\n\r\n{length:x}\r\n");
    client.write_all(head.as_bytes()).await?;
    // It may close before it has read all, which then fails.
    let (mut reader, mut writer) = client.split();
    let write = async {
        let _ = writer.write_all(&pattern(length)).await;
        let _ = writer.write_all(b"\r\n0\r\n\r\n").await;
    };
    let mut answer = Vec::new();
    let ((), read) = tokio::join!(write, reader.read_to_end(&mut answer));
    let answer = String::from_utf8_lossy(&answer).into_owned();
    ensure!(read.is_err() || status(&answer) == "413", "{answer}");
    let seen = upstream.seen();
    ensure!(seen.len() == 1, "{} requests were complete", seen.len());
    Ok(())
}

/// Half a head, half a body, and an answer that is not read: each is given up
/// after ten seconds.
async fn slow_clients() -> Result<()> {
    let body = vec![b'.'; 50_000_000];
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let upstream = Upstream::open([head.into_bytes(), body].concat()).await?;
    let proxy = start(upstream.address, "")?;
    let head = async {
        let start = Instant::now();
        let mut client = TcpStream::connect(proxy.address).await?;
        client.write_all(HALF).await?;
        closed(&mut client).await?;
        anyhow::Ok(start.elapsed())
    };
    let body = async {
        let start = Instant::now();
        let request = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf";
        let answer = ask(proxy.address, request).await?;
        ensure!(status(&answer) == "408", "{answer}");
        anyhow::Ok(start.elapsed())
    };
    let unread = async {
        let mut client = TcpStream::connect(proxy.address).await?;
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await?;
        sleep(Duration::from_secs(15)).await;
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        anyhow::Ok(answer.len())
    };
    let all = async { tokio::try_join!(head, body, unread) };
    let all = timeout(Duration::from_secs(60), all).await;
    let (head, body, unread) = all.context("a connection stays")??;
    for (case, took) in [("head", head), ("body", body)] {
        let took = took.as_secs_f64();
        ensure!((9.9..14.0).contains(&took), "{case}: {took} s");
    }
    ensure!(unread < 50_000_000, "all of the answer came");
    Ok(())
}

/// A piece of a body is passed on before the next one is there, in both
/// directions.
async fn streams() -> Result<()> {
    let (_proxy, mut client, mut upstream) = upload_in_pieces().await?;
    let talk = async {
        read_head(&mut upstream).await?;
        for piece in ["first", "other"] {
            let chunk = format!("5\r\n{piece}\r\n");
            client.write_all(chunk.as_bytes()).await?;
            let mut got = [0; 10];
            upstream.read_exact(&mut got).await?;
            ensure!(got == *chunk.as_bytes(), "{got:?}");
        }
        client.write_all(b"0\r\n\r\n").await?;
        upstream.read_exact(&mut [0; 5]).await?;
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        upstream.write_all(head.as_bytes()).await?;
        read_head(&mut client).await?;
        for piece in ["first", "other"] {
            let chunk = format!("5\r\n{piece}\r\n");
            upstream.write_all(chunk.as_bytes()).await?;
            let mut got = [0; 10];
            client.read_exact(&mut got).await?;
            ensure!(got == *chunk.as_bytes(), "{got:?}");
        }
        Ok(())
    };
    let talk = timeout(Duration::from_secs(5), talk).await;
    talk.context("a piece is held back")?
}

/// A request whose pieces are still to come: the proxy, the client, and the upstream,
/// which has not read its head yet.
async fn upload_in_pieces() -> Result<(Server, TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = start(listener.local_addr()?, "")?;
    let mut client = TcpStream::connect(proxy.address).await?;
    let head = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    client.write_all(head.as_bytes()).await?;
    let (upstream, _) = listener.accept().await?;
    Ok((proxy, client, upstream))
}

/// Two short pieces of an answer, and of an upload, one right after the other.
async fn prompt_pieces() -> Result<()> {
    let (_proxy, mut client, mut upstream) = upload_in_pieces().await?;
    upstream.set_nodelay(true)?;
    client.set_nodelay(true)?;
    read_head(&mut upstream).await?;
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    upstream.write_all(head.as_bytes()).await?;
    read_head(&mut client).await?;
    prompt(async || {
        // Who also sends does not acknowledge immediately.
        client.write_all(b"1\r\n?\r\n").await?;
        exchange(&mut upstream, b"", b"1\r\n?\r\n").await?;
        for piece in [b"3\r\none\r\n", b"3\r\ntwo\r\n"] {
            upstream.write_all(piece).await?;
            sleep(Duration::from_millis(2)).await;
        }
        exchange(&mut client, b"", b"3\r\none\r\n3\r\ntwo\r\n").await
    })
    .await?;
    prompt(async || {
        upstream.write_all(b"1\r\n?\r\n").await?;
        exchange(&mut client, b"", b"1\r\n?\r\n").await?;
        for piece in [b"3\r\none\r\n", b"3\r\ntwo\r\n"] {
            client.write_all(piece).await?;
            sleep(Duration::from_millis(2)).await;
        }
        exchange(&mut upstream, b"", b"3\r\none\r\n3\r\ntwo\r\n").await
    })
    .await
    .context("an upload")
}

/// A server that is down is told once, and its return too, each time; what is no
/// HTTP is 502.
async fn upstream_down() -> Result<()> {
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let bind = |address: SocketAddr| {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseport(true)?;
        socket.bind(address)?;
        std::io::Result::Ok(socket)
    };
    // Nobody else gets this port, on which nobody listens yet.
    let kept = bind("127.0.0.1:0".parse()?)?;
    let address = kept.local_addr()?;
    let mut proxy = start(address, "")?;
    for _ in 0..3 {
        let answer = ask(proxy.address, request).await?;
        ensure!(status(&answer) == "502", "{answer}");
    }
    let listener = bind(address)?.listen(16)?;
    for _ in 0..2 {
        let back = async {
            let (mut upstream, _) = listener.accept().await?;
            read_head(&mut upstream).await?;
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
            Ok(upstream.write_all(answer).await?)
        };
        let ((), answer) = tokio::try_join!(back, ask(proxy.address, request))?;
        ensure!(status(&answer) == "200", "{answer}");
    }
    drop(listener);
    // The first request may still find a connection that waited in the backlog.
    for _ in 0..3 {
        let answer = ask(proxy.address, request).await?;
        ensure!(status(&answer) == "502", "{answer}");
    }
    proxy.signal("TERM")?;
    proxy.wait(Duration::from_secs(5))?;
    let output = proxy.output();
    let down = format!("cannot reach {address}: ");
    let again = format!("reached {address} again");
    ensure!(
        output.len() == 5
            && output[1].starts_with(&down)
            && output[2] == again
            && output[3].starts_with(&down),
        "each outage and its end are to be told once: {output:?}"
    );

    for answer in [
        "",
        "SSH-2.0-x\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
    ] {
        let upstream = Upstream::open(answer).await?;
        let proxy = start(upstream.address, "")?;
        let got = ask(proxy.address, request).await?;
        ensure!(status(&got) == "502", "{answer}: {got}");
    }
    Ok(())
}

/// An answer that breaks off must not look whole.
async fn upstream_dies() -> Result<()> {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let upstream = Upstream::open(answer).await?;
        let proxy = start(upstream.address, "")?;
        let mut client = TcpStream::connect(proxy.address).await?;
        // The connection would stay open after a whole answer.
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await?;
        let mut got = Vec::new();
        let read = timeout(Duration::from_secs(5), client.read_to_end(&mut got)).await;
        let _ = read.context("the connection stays open")?;
        let got = String::from_utf8_lossy(&got).into_owned();
        ensure!(
            (got.is_empty() || status(&got) == "200") && !got.ends_with("0\r\n\r\n"),
            "{answer}: {got}"
        );
        if answer.contains("length") && !got.is_empty() {
            ensure!(fields(&got, "content-length") == ["100"], "{got}");
        }
    }
    Ok(())
}

/// However an upstream server is silent, the proxy gives up in time; and it does
/// not give up one that is only slow.
async fn upstream_silent() -> Result<()> {
    let all = async {
        tokio::try_join!(
            no_connection(),
            no_answer(),
            half_an_answer(),
            slow_upload(),
            slow_answer()
        )
    };
    all.await.map(drop)
}

const CLOSE: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// A machine that does not answer is 502 after 5 s, and an outage. Only Linux ignores
/// a client.
async fn no_connection() -> Result<()> {
    let upstream = Mute::start().await?;
    let mut proxy = start(upstream.address, "")?;
    let begin = Instant::now();
    let answer = ask(proxy.address, CLOSE).await?;
    let took = begin.elapsed().as_secs_f64();
    ensure!(status(&answer) == "502", "no connection: {answer}");
    ensure!(
        (4.9..9.0).contains(&took) || cfg!(not(target_os = "linux")),
        "no connection: it is to be given up after 5 s, not after {took} s"
    );
    proxy.wait_for(&format!("cannot reach {}: ", upstream.address))
}

/// A server that accepts and does not answer is 504 after 30 s.
async fn no_answer() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = start(listener.local_addr()?, "")?;
    let begin = Instant::now();
    let answer = ask(proxy.address, CLOSE).await?;
    let took = begin.elapsed().as_secs_f64();
    ensure!(status(&answer) == "504", "{answer}");
    ensure!((29.9..35.0).contains(&took), "after {took} s");
    Ok(())
}

/// A server that stops in mid-body is cut after 30 s.
async fn half_an_answer() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = start(listener.local_addr()?, "")?;
    let stuck = async {
        let (mut upstream, _) = listener.accept().await?;
        read_head(&mut upstream).await?;
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
        upstream.write_all(half).await?;
        closed(&mut upstream).await
    };
    let begin = Instant::now();
    let (_, answer) = tokio::try_join!(stuck, ask(proxy.address, CLOSE))?;
    let took = begin.elapsed().as_secs_f64();
    ensure!(answer.ends_with("half"), "{answer}");
    ensure!((29.9..35.0).contains(&took), "cut after {took} s");
    Ok(())
}

/// An upload whose pieces come in time, but go on for more than 30 s, is 504.
async fn slow_upload() -> Result<()> {
    let begin = Instant::now();
    let (_proxy, mut client, mut upstream) = upload_in_pieces().await?;
    tokio::spawn(async move { tokio::io::copy(&mut upstream, &mut tokio::io::sink()).await });
    let (mut reader, mut writer) = client.split();
    let upload = async {
        while begin.elapsed() < Duration::from_secs(40) {
            // When the proxy has given up, this fails.
            let _ = writer.write_all(b"1\r\n.\r\n").await;
            sleep(Duration::from_secs(2)).await;
        }
    };
    let mut answer = [0; 12];
    tokio::select! {
        read = reader.read_exact(&mut answer) => read.context("a slow upload")?,
        () = upload => bail!("a slow upload has no answer after 40 s"),
    };
    let (answer, took) = (answer.escape_ascii(), begin.elapsed().as_secs_f64());
    ensure!(
        answer.to_string() == "HTTP/1.1 504" && (29.9..35.0).contains(&took),
        "a slow upload is to be a 504 after 30 s, not {answer} after {took} s"
    );
    Ok(())
}

/// An answer that takes more than 30 s, with shorter pauses, comes whole.
async fn slow_answer() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = start(listener.local_addr()?, "")?;
    let slow = async {
        let (mut upstream, _) = listener.accept().await?;
        read_head(&mut upstream).await?;
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n";
        upstream.write_all(head).await?;
        for byte in b"slow" {
            sleep(Duration::from_secs(8)).await;
            let sent = upstream.write_all(&[*byte]).await;
            sent.context("a slow answer is cut off")?;
        }
        Ok(())
    };
    let ((), answer) = tokio::try_join!(slow, ask(proxy.address, CLOSE))?;
    ensure!(answer.ends_with("\r\n\r\nslow"), "a slow answer: {answer}");
    Ok(())
}

/// A connection to the upstream server is used again. If it is not, it is closed,
/// before a server that keeps it for a quarter of a minute would.
async fn unused() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = start(listener.local_addr()?, "")?;
    let first = async {
        let (mut upstream, _) = listener.accept().await?;
        read_head(&mut upstream).await?;
        upstream.write_all(OK).await?;
        Ok(upstream)
    };
    let (mut upstream, _) = tokio::try_join!(first, ask(proxy.address, CLOSE))?;
    let second = async {
        let head = timeout(Duration::from_secs(5), read_head(&mut upstream)).await;
        head.context("the connection is not used again")??;
        Ok(upstream.write_all(OK).await?)
    };
    tokio::try_join!(second, ask(proxy.address, CLOSE))?;
    // The pool looks every five seconds which ones it has not used for five.
    let end = timeout(Duration::from_secs(14), closed(&mut upstream)).await;
    let took = end.context("a connection that nobody uses is open after 14 s")??;
    ensure!(
        took > Duration::from_millis(4900),
        "an unused connection is to be kept for 5 s, not for {took:?}"
    );
    Ok(())
}

/// When the client leaves, the upstream server need not go on.
async fn client_leaves() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = start(listener.local_addr()?, "")?;
    let mut client = TcpStream::connect(proxy.address).await?;
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await?;
    let (mut upstream, _) = listener.accept().await?;
    read_head(&mut upstream).await?;
    drop(client);
    let closed = timeout(Duration::from_secs(5), closed(&mut upstream)).await;
    closed.context("the request goes on")??;
    Ok(())
}

/// Of 501 clients the last one waits until another has left.
async fn connections() -> Result<()> {
    let upstream = Upstream::open(OK).await?;
    let proxy = start(upstream.address, MANY_DESCRIPTORS)?;
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open = Vec::new();
    // Many at a time: the proxy closes one that asks for nothing more in ten seconds.
    for _ in 0..10 {
        let served = (0..50).map(async |_| {
            let mut client = TcpStream::connect(proxy.address).await?;
            client.write_all(request).await?;
            timeout(Duration::from_secs(5), client.read_exact(&mut [0; 16])).await??;
            anyhow::Ok(client)
        });
        let served = try_join_all(served).await;
        let served = served.with_context(|| format!("after {} clients", open.len()))?;
        open.extend(served);
    }
    let mut last = TcpStream::connect(proxy.address).await?;
    last.write_all(request).await?;
    let mut answer = [0; 16];
    let early = timeout(Duration::from_millis(300), last.read_exact(&mut answer)).await;
    ensure!(early.is_err(), "501 clients are served");
    open.pop();
    timeout(Duration::from_secs(5), last.read_exact(&mut answer)).await??;
    Ok(())
}

/// A large answer and a slow reader do not fill the memory.
async fn memory() -> Result<()> {
    const SIZE: usize = 100 << 20;

    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n");
    let answer = [head.into_bytes(), vec![b'.'; SIZE]].concat();
    let upstream = Upstream::open(answer).await?;
    let proxy = start(upstream.address, "")?;
    forget_peak(proxy.id())?;
    let mut client = TcpStream::connect(proxy.address).await?;
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await?;
    read_head(&mut client).await?;
    sleep(Duration::from_millis(500)).await;
    let mut body = vec![0; SIZE];
    client.read_exact(&mut body).await?;
    let peak = peak_memory(proxy.id())?;
    ensure!(peak < 20_000_000, "{peak} bytes of memory");
    Ok(())
}

/// A request that the upstream server is still working on is answered after the
/// signal.
async fn drain() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut proxy = start(listener.local_addr()?, "")?;
    let address = proxy.address;
    let asked =
        tokio::spawn(async move { ask(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await });
    let (mut upstream, _) = listener.accept().await?;
    read_head(&mut upstream).await?;
    proxy.signal("TERM")?;
    refuses(address).await?;
    sleep(Duration::from_millis(500)).await;
    upstream.write_all(OK).await?;
    let answer = asked.await??;
    ensure!(
        status(&answer) == "200" && answer.ends_with("ok"),
        "{answer}"
    );
    let code = proxy.wait(Duration::from_secs(2))?;
    let output = proxy.output();
    ensure!(
        code == 0 && output[1] == "stopped: all requests were answered",
        "{code}: {output:?}"
    );
    Ok(())
}

/// Half a request does not keep the proxy from stopping after three seconds.
async fn half_a_request() -> Result<()> {
    let (code, output, took) = stop_with_half(&["TERM"]).await?;
    ensure!(
        code == 0 && output[1] == "stopped: open connections were closed",
        "{code}: {output:?}"
    );
    let took = took.as_secs_f64();
    ensure!((2.9..6.0).contains(&took), "it stopped after {took} s");
    Ok(())
}

/// A second signal stops it without waiting.
async fn second_signal() -> Result<()> {
    let (code, output, took) = stop_with_half(&["INT", "TERM"]).await?;
    ensure!(
        code == 0 && output[1] == "stopped: open connections were closed",
        "{code}: {output:?}"
    );
    ensure!(took < Duration::from_secs(3), "it stopped after {took:?}");
    Ok(())
}

async fn stop_with_half(signals: &[&str]) -> Result<(i32, Vec<String>, Duration)> {
    let upstream = Upstream::open(OK).await?;
    let mut proxy = start(upstream.address, "")?;
    let _half = half_a_head(proxy.address).await?;
    let start = Instant::now();
    for signal in signals {
        proxy.signal(signal)?;
        refuses(proxy.address).await?;
    }
    let code = proxy.wait(Duration::from_secs(10))?;
    Ok((code, proxy.output(), start.elapsed()))
}
