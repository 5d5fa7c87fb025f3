//! Clients and servers of examples-http: what their headers cannot say.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tests::workspace::binary;
use tests::{Server, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::{clients, more_descriptors, scenario};

/// The examples that talk to a server of their own.
const CLIENTS: [&str; 7] = [
    "fetch",
    "fetch_to_disk",
    "fetch_json",
    "error_chain",
    "bounded_fetch",
    "timeouts",
    "client_reuse",
];
/// The first half of a request, which all servers here would answer.
const HALF: &[u8] = b"GET /users/1 HTTP/1.1\r\nhost: ";
/// A request that is answered with a status and the end of the connection.
const REQUEST: &[u8] = b"GET /users/1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

pub fn tests() -> Vec<Trial> {
    let mut tests = vec![
        scenario("http::clients_without_proxy", clients_without_proxy),
        scenario("http::fetch_by_proxy", fetch_by_proxy),
        scenario("http::fetch_silent_server", fetch_silent_server).with_ignored_flag(true),
        scenario("http::fetch_unknown_issuer", fetch_unknown_issuer),
        scenario("http::hello_stops", hello_stops),
        scenario("http::hello_server_connections", connections),
        scenario("http::hello_server_timeouts", hello_server_timeouts).with_ignored_flag(true),
        scenario("http::hello_server_drain", hello_server_drain),
        scenario("http::users_drain", users_drain),
        scenario("http::users_errors", users_errors),
        scenario("http::users_full", users_full).with_ignored_flag(true),
        scenario("http::users_slow_body", users_slow_body).with_ignored_flag(true),
    ];
    // Elsewhere rustls asks the system itself, which no test can change.
    #[cfg(target_os = "linux")]
    tests.extend([
        scenario("http::clients_without_certificates", || {
            clients_with(&[
                ("SSL_CERT_FILE", "/nonexistent"),
                ("SSL_CERT_DIR", "/nonexistent"),
            ])
        }),
        scenario("http::fetch_https", fetch_https),
    ]);
    for name in ["hello_server", "users"] {
        let unheard = format!("{name} 127.0.0.1:0");
        tests.extend([
            scenario(&format!("http::{name}_half_a_request"), || {
                half_a_request(name)
            })
            .with_ignored_flag(true),
            scenario(&format!("http::{name}_second_signal"), || {
                second_signal(name)
            }),
            scenario(&format!("http::{name}_unheard"), || async move {
                clients::unheard(&unheard).await
            }),
        ]);
    }
    tests
}

/// A client asks its own server directly, whatever proxy the environment names.
async fn clients_without_proxy() -> Result<()> {
    const NOBODY: &str = "http://127.0.0.1:9";
    clients_with(&[
        ("http_proxy", NOBODY),
        ("HTTP_PROXY", NOBODY),
        ("ALL_PROXY", NOBODY),
        ("NO_PROXY", ""),
        ("no_proxy", ""),
    ])
    .await
}

/// Each client prints the same with and without these variables, but for numbers
/// and the order of its lines.
async fn clients_with(variables: &'static [(&str, &str)]) -> Result<()> {
    let mut runs = JoinSet::new();
    for name in CLIENTS {
        runs.spawn(async move {
            let plain = run(name, "", &[]).await?;
            let changed = run(name, "", variables).await?;
            ensure!(plain.0 == 0 && changed.0 == 0, "{name}: {changed:?}");
            let masked = |lines: &[String]| {
                let digits = |line: &String| line.replace(|c: char| c.is_ascii_digit(), "");
                let mut lines: Vec<String> = lines.iter().map(digits).collect();
                lines.sort();
                lines
            };
            ensure!(
                masked(&plain.1) == masked(&changed.1),
                "{name}: {plain:?}, {changed:?}"
            );
            Ok(())
        });
    }
    while let Some(run) = runs.join_next().await {
        run??;
    }
    Ok(())
}

/// Runs an example to its end; its exit status and its lines.
async fn run(
    name: &'static str,
    argument: &str,
    variables: &[(&'static str, &str)],
) -> Result<(i32, Vec<String>)> {
    let mut terminal = Terminal::open()?;
    for (name, value) in variables {
        terminal.set(name, value);
    }
    let command = format!("exec '{}' {argument}", binary(name)?.display());
    let ended = spawn_blocking(move || {
        let mut lines = Vec::new();
        let mut job = terminal.start(&command)?;
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = terminal.wait(&mut job, deadline, &mut lines)?;
        let status = status.context("it does not end")?;
        anyhow::Ok((status, lines.into_iter().map(|line| line.text).collect()))
    });
    ended.await?.context(name)
}

/// A URL that the user gives is asked for by the proxy of the environment.
async fn fetch_by_proxy() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = format!("http://{}", listener.local_addr()?);
    let serve = async {
        let (mut stream, _) = listener.accept().await?;
        let mut request = [0; 1024];
        let length = stream.read(&mut request).await?;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        stream.write_all(answer).await?;
        anyhow::Ok(String::from_utf8_lossy(&request[..length]).into_owned())
    };
    let variables = [("http_proxy", proxy.as_str())];
    let fetch = run("fetch", "http://far.test/page", &variables);
    let (request, ran) = tokio::try_join!(serve, fetch)?;
    ensure!(
        request.starts_with("GET http://far.test/page HTTP/1.1\r\n"),
        "{request}"
    );
    ensure!(ran == (0, vec!["Downloaded 5 bytes".into()]), "{ran:?}");
    Ok(())
}

/// A server that accepts and then says nothing is given up after ten seconds.
async fn fetch_silent_server() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let start = Instant::now();
    let (status, lines) = run("fetch", &url, &[]).await?;
    let took = start.elapsed().as_secs();
    ensure!(
        status == 1 && lines.len() == 1 && lines[0].ends_with(": operation timed out"),
        "{status}: {lines:?}"
    );
    ensure!((10..15).contains(&took), "it took {took} s");
    Ok(())
}

/// A page over TLS, from a server whose certificate the system trusts.
#[cfg(target_os = "linux")]
async fn fetch_https() -> Result<()> {
    let output = fetch_over_tls(true).await?;
    ensure!(output == ["Downloaded 5 bytes"], "{output:?}");
    Ok(())
}

/// A certificate that nobody has vouched for is refused, and the cause named.
async fn fetch_unknown_issuer() -> Result<()> {
    let output = fetch_over_tls(false).await?.concat();
    ensure!(output.contains("invalid peer certificate"), "{output:?}");
    Ok(())
}

async fn fetch_over_tls(trusted: bool) -> Result<Vec<String>> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_string()])?;
    let folder = tempfile::tempdir()?;
    let roots = folder.path().join("roots.pem");
    let other = generate_simple_self_signed(["elsewhere".to_string()])?;
    let trust = if trusted { &cert } else { &other.cert };
    std::fs::write(&roots, trust.pem())?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://localhost:{}/", listener.local_addr()?.port());
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![cert.der().clone()],
            signing_key
                .serialize_der()
                .try_into()
                .map_err(anyhow::Error::msg)?,
        )?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut stream = acceptor.accept(stream).await?;
        let mut request = [0; 1024];
        let length = stream.read(&mut request).await?;
        assert!(request[..length].starts_with(b"GET / HTTP/1.1"));
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        stream.write_all(answer).await?;
        stream.shutdown().await
    });

    // Read by rustls on Linux in place of the system's own certificates.
    let roots = roots.display().to_string();
    let (_, output) = run("fetch", &url, &[("SSL_CERT_FILE", &roots)]).await?;
    server.abort();
    Ok(output)
}

/// Ctrl-C stops the simple server immediately, whatever its clients do.
async fn hello_stops() -> Result<()> {
    let mut server = Server::start("hello", "")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(HALF).await?;
    let mut idle = TcpStream::connect(server.address).await?;
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    idle.read_exact(&mut [0; 16]).await?;

    let start = Instant::now();
    server.signal("INT")?;
    let status = server.wait(Duration::from_secs(5))?;
    let (output, took) = (server.output(), start.elapsed());
    ensure!(status == 0 && output.len() == 1, "{status}: {output:?}");
    ensure!(took < Duration::from_secs(1), "it stopped after {took:?}");
    Ok(())
}

/// Half a request does not keep the server from stopping after three seconds,
/// nor others from their answers.
async fn half_a_request(name: &'static str) -> Result<()> {
    let mut server = Server::start(name, "")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(HALF).await?;
    let answer = ask(server.address, REQUEST).await?;
    ensure!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");

    let start = Instant::now();
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(10))?;
    let (output, took) = (server.output(), start.elapsed().as_secs());
    ensure!(status == 0, "exit status {status}");
    ensure!(
        output[1] == "stopped: open connections were closed",
        "{output:?}"
    );
    ensure!((3..6).contains(&took), "it stopped after {took} s");
    Ok(())
}

/// A second signal stops the server without waiting for half a request.
async fn second_signal(name: &'static str) -> Result<()> {
    let mut server = Server::start(name, "")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(HALF).await?;
    // It is accepted before the stop: one that waits is reset, not closed.
    ask(server.address, REQUEST).await?;

    let start = Instant::now();
    server.signal("INT")?;
    refuses(server.address).await?;
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(5))?;
    let (output, took) = (server.output(), start.elapsed());
    ensure!(status == 0, "exit status {status}");
    ensure!(took < Duration::from_secs(3), "it stopped after {took:?}");
    ensure!(
        output[1] == "stopped: open connections were closed",
        "{output:?}"
    );
    Ok(())
}

/// A request whose head is not complete at the stop is still answered.
async fn hello_server_drain() -> Result<()> {
    let (before, after) = ("GET / HTTP/1.1\r\nhost: ", "x\r\n\r\n");
    let answer = drain("hello_server", before, after).await?;
    ensure!(
        answer.starts_with("HTTP/1.1 200 OK\r\n")
            && answer.ends_with("{\"message\":\"Hello, World!\"}"),
        "{answer}"
    );
    Ok(())
}

/// A request whose body is not complete at the stop is still answered.
async fn users_drain() -> Result<()> {
    let request = create(1, "Ada");
    let (before, after) = request.split_at(request.len() - 4);
    let answer = drain("users", before, after).await?;
    ensure!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    Ok(())
}

/// Sends one part of a request, a signal, and the other part; the answer.
async fn drain(name: &str, before: &str, after: &str) -> Result<String> {
    let mut server = Server::start(name, "")?;
    let mut client = TcpStream::connect(server.address).await?;
    client.write_all(before.as_bytes()).await?;
    // The server must have read it: a connection without a byte is closed.
    ask(server.address, REQUEST).await?;
    sleep(Duration::from_millis(200)).await;

    server.signal("TERM")?;
    refuses(server.address).await?;
    sleep(Duration::from_millis(500)).await;
    client.write_all(after.as_bytes()).await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    let status = server.wait(Duration::from_secs(2))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(
        output[1] == "stopped: all requests were answered",
        "{output:?}"
    );
    Ok(answer)
}

/// Of 1,001 clients the last one waits until another has left.
async fn connections() -> Result<()> {
    more_descriptors()?;
    let server = Server::start("hello_server", "ulimit -n 1024;")?;
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open = Vec::new();
    for number in 0..1000 {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(request).await?;
        let answer = timeout(Duration::from_secs(5), client.read_exact(&mut [0; 16])).await;
        answer.with_context(|| format!("client {number}"))??;
        open.push(client);
    }
    let mut last = TcpStream::connect(server.address).await?;
    last.write_all(request).await?;
    let mut answer = [0; 16];
    let early = timeout(Duration::from_millis(300), last.read_exact(&mut answer)).await;
    ensure!(early.is_err(), "1,001 clients are served");
    open.pop();
    timeout(Duration::from_secs(5), last.read_exact(&mut answer)).await??;
    Ok(())
}

/// A connection closes after ten seconds if it sends half a head, if it is idle,
/// and if it does not read its answers.
async fn hello_server_timeouts() -> Result<()> {
    let server = Server::start("hello_server", "")?;
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    let half = async {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(HALF).await?;
        clients::closed(&mut client).await
    };
    let idle = async {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(request).await?;
        clients::closed(&mut client).await
    };
    let deaf = async {
        let mut client = TcpStream::connect(server.address).await?;
        let start = Instant::now();
        while client.write_all(&request.repeat(100)).await.is_ok() {}
        anyhow::Ok(start.elapsed())
    };
    let ended = async { tokio::try_join!(half, idle, deaf) };
    let ended = timeout(Duration::from_secs(60), ended).await;
    let (half, idle, deaf) = ended.context("a connection stays")??;
    for (case, took) in [("half", half), ("idle", idle)] {
        let took = took.as_secs_f64();
        ensure!((9.9..14.0).contains(&took), "{case}: {took} s");
    }
    // Until the buffers are full, it is served.
    ensure!(deaf >= Duration::from_secs(10), "deaf: {deaf:?}");
    Ok(())
}

/// Every answer that the header does not show, and the limit of a body.
async fn users_errors() -> Result<()> {
    let server = Server::start("users", "")?;
    let json = "content-type: application/json\r\n";
    for (method, path, header, body, status, text) in [
        (
            "POST",
            "/users",
            json,
            "{\"id\":1,\"name\":\"Ada\"}",
            201,
            "location: /users/1",
        ),
        (
            "GET",
            "/users/1",
            "",
            "",
            200,
            "{\"id\":1,\"name\":\"Ada\"}",
        ),
        (
            "GET",
            "/users/two",
            "",
            "",
            400,
            "{\"error\":\"Invalid URL: Cannot parse `two` to a `u32`\"}",
        ),
        (
            "POST",
            "/users",
            json,
            "{\"id\":2,",
            400,
            "{\"error\":\"Failed to parse the request body as JSON: ",
        ),
        (
            "POST",
            "/users",
            json,
            "{\"id\":2,\"name\":\" \"}",
            422,
            "{\"error\":\"the name is empty\"}",
        ),
        (
            "POST",
            "/users",
            "",
            "{\"id\":2,\"name\":\"Ben\"}",
            415,
            "{\"error\":\"Expected request with `Content-Type: application/json`\"}",
        ),
        (
            "DELETE",
            "/users/1",
            "",
            "",
            405,
            "{\"error\":\"no such method\"}",
        ),
        ("GET", "/user", "", "", 404, "{\"error\":\"no such path\"}"),
        (
            "POST",
            "/users",
            json,
            &" ".repeat(1025),
            413,
            "{\"error\":\"Failed to buffer the request body: length limit exceeded\"}",
        ),
    ] {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\
             content-length: {length}\r\n\r\n{body}"
        );
        let answer = ask(server.address, request.as_bytes()).await?;
        ensure!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(text),
            "{method} {path} {body}: {answer}"
        );
    }
    Ok(())
}

/// There are 10,000 users at most.
async fn users_full() -> Result<()> {
    let server = Server::start("users", "")?;
    let (mut read, mut write) = TcpStream::connect(server.address).await?.into_split();
    let mut requests: String = (0..10_000)
        .map(|id| create(id, "Ada").replace("connection: close\r\n", ""))
        .collect();
    requests += &create(10_000, "Ada");
    let mut answers = String::new();
    tokio::try_join!(
        write.write_all(requests.as_bytes()),
        read.read_to_string(&mut answers)
    )?;
    let created = answers.matches("HTTP/1.1 201 Created\r\n").count();
    ensure!(created == 10_000, "{created} users");
    ensure!(
        answers.contains("HTTP/1.1 507 Insufficient Storage\r\n")
            && answers.ends_with("{\"error\":\"there are 10000 users already\"}"),
        "{}",
        &answers[answers.len() - 300..]
    );
    Ok(())
}

/// A body that does not come is given up after ten seconds.
async fn users_slow_body() -> Result<()> {
    let server = Server::start("users", "")?;
    let request = create(1, "Ada");
    let start = Instant::now();
    let answer = ask(server.address, &request.as_bytes()[..request.len() - 4]);
    let answer = timeout(Duration::from_secs(20), answer).await;
    let answer = answer.context("no answer")??;
    let took = start.elapsed().as_secs_f64();
    ensure!(
        answer.starts_with("HTTP/1.1 408 Request Timeout\r\n")
            && answer.ends_with("{\"error\":\"too slow\"}"),
        "{answer}"
    );
    ensure!((9.9..14.0).contains(&took), "it took {took} s");
    Ok(())
}

/// The request that creates a user.
fn create(id: u32, name: &str) -> String {
    let body = format!("{{\"id\":{id},\"name\":\"{name}\"}}");
    let length = body.len();
    format!(
        "POST /users HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Sends a request and reads to the end of the connection.
async fn ask(address: SocketAddr, request: &[u8]) -> Result<String> {
    let mut client = TcpStream::connect(address).await?;
    client.write_all(request).await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Waits until the server accepts no more: a second signal that comes earlier
/// would be one with the first.
async fn refuses(address: SocketAddr) -> Result<()> {
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let refused = timeout(Duration::from_secs(10), refused).await;
    refused.context("it still accepts")
}
