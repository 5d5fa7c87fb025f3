//! Clients and servers of examples-http: what their headers cannot say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tests::workspace::binary;
use tests::{Server, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::scenario;

pub fn tests() -> Vec<Trial> {
    vec![
        // Elsewhere rustls asks the system itself, which no test can change.
        #[cfg(target_os = "linux")]
        scenario("http::fetch_https", fetch_https),
        scenario("http::fetch_unknown_issuer", fetch_unknown_issuer),
        scenario("http::hello_half_a_request", hello_half_a_request).with_ignored_flag(true),
        scenario("http::hello_second_signal", || {
            second_signal("hello_server")
        }),
        scenario("http::users_second_signal", || second_signal("users")),
    ]
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

    let path = binary("fetch")?.display();
    let command = format!("'{path}' {url}");
    let roots = roots.display().to_string();
    let fetch = tokio::task::spawn_blocking(move || {
        let mut terminal = Terminal::open()?;
        // Read by rustls on Linux in place of the system's own certificates.
        terminal.set("SSL_CERT_FILE", &roots);
        let mut lines = Vec::new();
        let mut job = terminal.start(&command)?;
        let deadline = Instant::now() + Duration::from_secs(10);
        terminal.wait(&mut job, deadline, &mut lines)?;
        anyhow::Ok(lines.into_iter().map(|line| line.text).collect())
    });
    let output = fetch.await?.context("fetch");
    server.abort();
    output
}

/// Half a request does not keep the server from stopping, nor others from their
/// answers.
async fn hello_half_a_request() -> Result<()> {
    let mut server = Server::start("hello_server", "")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(b"GET / HTTP/1.1\r\nhost: ").await?;
    let mut other = TcpStream::connect(server.address).await?;
    other
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = String::new();
    other.read_to_string(&mut answer).await?;
    ensure!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    ensure!(
        answer.ends_with("{\"message\":\"Hello, World!\"}"),
        "{answer}"
    );

    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(5))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[1] == "stopped: cut what was open", "{output:?}");
    Ok(())
}

/// Who does not want to wait for half a request sends a second signal.
async fn second_signal(name: &'static str) -> Result<()> {
    let mut server = Server::start(name, "")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(b"GET / HTTP/1.1\r\nhost: ").await?;
    // It is accepted before the stop: one that waits is reset, not cut.
    let mut other = TcpStream::connect(server.address).await?;
    other
        .write_all(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await?;
    other.read_to_end(&mut Vec::new()).await?;

    let start = Instant::now();
    server.signal("INT")?;
    // A signal that is still pending would swallow the next.
    while TcpStream::connect(server.address).await.is_ok() {
        sleep(Duration::from_millis(10)).await;
    }
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(5))?;
    let (output, took) = (server.output(), start.elapsed());
    ensure!(status == 0, "exit status {status}");
    ensure!(took < Duration::from_secs(3), "it ended after {took:?}");
    ensure!(output[1] == "stopped: cut what was open", "{output:?}");
    Ok(())
}
