//! What servers and clients of examples-http have in common.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::workspace::binary;
use harness::{Server, Terminal};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::changed::run_changed;
use super::clients::{PATIENCE, shown};

/// The first half of a request, which all servers here would answer.
pub const HALF: &[u8] = b"GET /users/1 HTTP/1.1\r\nhost: ";
/// What a server says last that has closed connections at its deadline.
const CUT: &str = "stopped: open connections were closed";

/// Runs an example to its end; its exit status and its lines.
pub async fn run(
    name: &'static str,
    argument: &str,
    variables: &[(&'static str, &str)],
) -> Result<(i32, Vec<String>)> {
    let mut terminal = Terminal::open()?;
    for (name, value) in variables {
        terminal.set(name, value);
    }
    let command = format!("exec '{}' {argument}", binary(name)?.display());
    spawn_blocking(move || terminal.run(&command, Duration::from_secs(30))).await?
}

/// A connection with half a request, which the server has begun to read. At a stop,
/// one that has sent nothing yet is closed without waiting.
pub async fn half_a_head(server: SocketAddr) -> Result<TcpStream> {
    let mut half = TcpStream::connect(server).await?;
    half.write_all(HALF).await?;
    is_read(server, &half).await?;
    // Where nobody tells, this is long enough.
    sleep(Duration::from_millis(50)).await;
    Ok(half)
}

/// Waits until a server on this machine has read all that a client has sent.
async fn is_read(server: SocketAddr, client: &TcpStream) -> Result<()> {
    let client = client.local_addr()?;
    let reads = async {
        while unread(server, client) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let reads = timeout(PATIENCE, reads).await;
    reads.context("the server does not read")
}

/// Whether a server on this machine has not read all that a client has sent; only
/// Linux tells.
fn unread(server: SocketAddr, client: SocketAddr) -> bool {
    // See proc(5): the addresses are fields 2 and 3, and behind the colon of field
    // 5 is the number of bytes.
    let [near, far] = [server, client].map(|it| format!(":{:04X}", it.port()));
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    sockets.lines().any(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields.len() > 4
            && fields[1].ends_with(&near)
            && fields[2].ends_with(&far)
            && !fields[4].ends_with(":00000000")
    })
}

/// Half a request does not keep the server from stopping after three seconds,
/// nor others from their answers.
pub async fn half_a_request(name: &'static str) -> Result<()> {
    let mut server = Server::start(name, "")?;
    let _half = half_a_head(server.address).await?;
    let mut other = Client::connect(server.address).await?;
    other.get("/users/1").await?.is(404, "")?;
    drop(other);

    let start = Instant::now();
    server.signal("TERM")?;
    server.ends(Duration::from_secs(10), &[CUT])?;
    let took = start.elapsed().as_secs();
    ensure!((3..6).contains(&took), "it stopped after {took} s");
    Ok(())
}

/// A second signal stops the server without waiting for half a request.
pub async fn second_signal(name: &'static str) -> Result<()> {
    let mut server = Server::start(name, "")?;
    let _half = half_a_head(server.address).await?;

    let start = Instant::now();
    server.signal("INT")?;
    refuses(server.address).await?;
    server.signal("TERM")?;
    server.ends(Duration::from_secs(5), &[CUT])?;
    let took = start.elapsed();
    ensure!(took < Duration::from_secs(3), "it stopped after {took:?}");
    Ok(())
}

/// Without a descriptor for the next client, a server says so, and waits before it
/// tries again. Then it serves. `command` is its name and its arguments.
pub async fn back_off(command: &str) -> Result<()> {
    let (name, arguments) = command.split_once(' ').unwrap_or((command, ""));
    let path = binary(name)?.display();
    let mut server = Server::run(&format!("ulimit -n 24; exec '{path}' {arguments}"))?;
    let mut clients = Vec::new();
    for _ in 0..24 {
        clients.push(TcpStream::connect(server.address).await?);
    }
    server.wait_for("cannot accept: ")?;
    sleep(Duration::from_millis(300)).await;
    let output = server.output();
    let tries = output.iter().filter(|it| it.starts_with("cannot accept"));
    let tries = tries.count();
    ensure!(
        tries < 4,
        "{name} cannot accept, and has tried {tries} times in 300 ms"
    );
    drop(clients);
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = ask(server.address, request).await;
    let answer = answer.with_context(|| format!("{name}, when it can accept again"))?;
    ensure!(answer.starts_with("HTTP/1.1 "), "{name}: {answer:?}");
    Ok(())
}

/// The layer that a copied router gets, for [`built_once`]. It says when `axum`
/// builds it.
pub const TELLING_LAYER: &str = r#".layer(tower::layer::layer_fn(|route: axum::routing::Route| {
        println!("a layer is built");
        route
    }))"#;
/// The handler of such a router.
pub const TELLING_HANDLER: &str = r#"axum::routing::get(async || println!("a request"))"#;

/// What the demonstration of an HTTPS server becomes for [`closes_silent`]: `address`
/// is the server's, and `cert` its certificate.
pub const SILENT_CLIENTS: &str = r#"
    let mut roots = rustls::RootCertStore::empty();
    roots.add(cert)?;
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let begin = tokio::time::Instant::now();
    let mut silent = TcpStream::connect(address).await?;
    let _ = tokio::io::AsyncReadExt::read(&mut silent, &mut [0]).await;
    println!("no handshake: closed after {:.1} s", begin.elapsed().as_secs_f64());
    let silent = TcpStream::connect(address).await?;
    let mut silent = connector.connect("localhost".try_into()?, silent).await?;
    let begin = tokio::time::Instant::now();
    let _ = tokio::io::AsyncReadExt::read(&mut silent, &mut [0]).await;
    println!("no request: closed after {:.1} s", begin.elapsed().as_secs_f64());
    let silent = TcpStream::connect(address).await?;
    let mut silent = connector.connect("localhost".try_into()?, silent).await?;
    let begin = tokio::time::Instant::now();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut silent, request).await?;
    while tokio::io::AsyncReadExt::read(&mut silent, &mut [0; 1000]).await.is_ok_and(|it| it > 0) {}
    println!("a request after 6 s: closed after {:.1} s", begin.elapsed().as_secs_f64());
    return Ok(());
"#;

/// On a paused clock, an HTTPS server closes a connection after so many seconds
/// without a handshake, and after ten without a request, or without the next one.
pub async fn closes_silent(name: &str, changes: &[(&str, &str)], handshake: &str) -> Result<()> {
    let (status, lines) = run_changed("examples-http", name, changes, "").await?;
    let right = [
        format!("no handshake: closed after {handshake} s"),
        "no request: closed after 10.0 s".into(),
        "a request after 6 s: closed after 16.0 s".into(),
    ];
    ensure!(
        status == 0 && lines == right,
        "{right:?} is expected; status {status}: {lines:?}"
    );
    Ok(())
}

/// Its layers are built before the first of its requests, not once more for each.
pub fn built_once(lines: &[String], requests: usize) -> Result<()> {
    let positions = |text| (0..lines.len()).filter(move |&at| lines[at] == text);
    let asked: Vec<usize> = positions("a request").collect();
    let built: Vec<usize> = positions("a layer is built").collect();
    ensure!(
        asked.len() == requests && !built.is_empty(),
        "a layer is to be built, and {requests} requests to arrive: {lines:?}"
    );
    ensure!(
        built.iter().all(|at| *at < asked[0]),
        "a layer is built after the first request: {lines:?}"
    );
    Ok(())
}

/// Sends one part of a request, a signal, and the other part; the answer. A client that
/// is there and asks for nothing does not keep the server.
pub async fn drain(name: &str, before: &str, after: &str) -> Result<String> {
    let mut server = Server::start(name, "")?;
    let mut client = TcpStream::connect(server.address).await?;
    client.write_all(before.as_bytes()).await?;
    // The server must have read it: a connection without a byte is closed.
    is_read(server.address, &client).await?;
    let mut idle = Client::connect(server.address).await?;
    idle.get("/").await?;
    // Where nobody tells, this is long enough.
    sleep(Duration::from_millis(200)).await;

    server.signal("TERM")?;
    refuses(server.address).await?;
    sleep(Duration::from_millis(500)).await;
    let mut answer = String::new();
    let finish = async {
        client.write_all(after.as_bytes()).await?;
        client.read_to_string(&mut answer).await
    };
    finish
        .await
        .context("a request that has begun before the stop is to be answered")?;
    server.ends(
        Duration::from_secs(2),
        &["stopped: all requests were answered"],
    )?;
    drop(idle);
    Ok(answer)
}

/// A client with one connection, which it keeps. For requests that are broken on
/// purpose, see [`ask`].
pub struct Client {
    requests: SendRequest<Full<Bytes>>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Its error is that of the request, too.
        tokio::spawn(connection);
        Ok(Self { requests })
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, &[], "").await
    }

    /// Sends a request with headers such as `("if-match", "7")`; the answer comes
    /// within a minute.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("host", "test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.to_string()))?;
        let answer = async {
            // After an answer, the connection needs a moment for the next request.
            self.requests.ready().await?;
            let answer = self.requests.send_request(request).await?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await?.to_bytes();
            anyhow::Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            })
        };
        let answer = timeout(PATIENCE, answer).await;
        let answer = answer.unwrap_or_else(|_| bail!("no answer for {PATIENCE:?}"));
        answer.with_context(|| format!("{method} {path} {}", shown(body.as_bytes())))
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Expects this status, and this part of the body.
    pub fn is(&self, status: u16, part: &str) -> Result<()> {
        ensure!(
            self.status == status && self.body.contains(part),
            "status {status} and {part:?} are expected, not {self:?}"
        );
        Ok(())
    }
}

/// Sends bytes as they are, and reads to the end of the connection: for what no
/// client would send.
pub async fn ask(address: SocketAddr, request: &[u8]) -> Result<String> {
    let mut client = TcpStream::connect(address).await?;
    let mut answer = Vec::new();
    let both = async {
        client.write_all(request).await?;
        client.read_to_end(&mut answer).await
    };
    let end = timeout(PATIENCE, both).await;
    let end = end.unwrap_or_else(|late| Err(late.into()));
    end.with_context(|| format!("{} to {}", shown(&answer), shown(request)))?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Waits until the server accepts no more: a second signal that comes earlier
/// would be one with the first.
pub async fn refuses(address: SocketAddr) -> Result<()> {
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let refused = timeout(Duration::from_secs(10), refused).await;
    refused.context("it still accepts 10 s after the signal")
}
