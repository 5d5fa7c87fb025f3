//! `fetch` with a proxy, a server that breaks off or is silent, and certificates.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::scenarios::support::http;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("by_proxy", by_proxy),
        scenario("cut_off", cut_off),
        scenario("silent_server", silent_server).slow(),
        scenario("slow_page", slow_page).slow(),
        scenario("unknown_issuer", unknown_issuer),
        scenario("https", https).needs(
            cfg!(target_os = "linux"),
            "elsewhere rustls asks the system itself, which no test can change",
        ),
    ]
}

/// A URL that the user gives is asked for by the proxy of the environment.
async fn by_proxy() -> Result<()> {
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
    let fetch = http::run("fetch", "http://far.test/page", &variables);
    let (request, ran) = tokio::try_join!(serve, fetch)?;
    ensure!(
        request.starts_with("GET http://far.test/page HTTP/1.1\r\n"),
        "{request}"
    );
    ensure!(ran == (0, vec!["Downloaded 5 bytes".into()]), "{ran:?}");
    Ok(())
}

/// A page that comes little by little may take as long as it wants.
async fn slow_page() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let serve = async {
        let (mut stream, _) = listener.accept().await?;
        let _request = stream.read(&mut [0; 1024]).await?;
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n";
        stream.write_all(head).await?;
        for _ in 0..3 {
            sleep(Duration::from_secs(5)).await;
            // An error means that the client has left; what it said is looked at.
            let _ = stream.write_all(b".").await;
        }
        anyhow::Ok(())
    };
    let ((), ran) = tokio::try_join!(serve, http::run("fetch", &url, &[]))?;
    let right = (0, vec!["Downloaded 3 bytes".into()]);
    ensure!(
        ran == right,
        "of a page that takes 15 s, {right:?} is expected, not {ran:?}"
    );
    Ok(())
}

/// A page that breaks off is an error with its cause, and not a shorter page.
async fn cut_off() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let serve = async {
        let (mut stream, _) = listener.accept().await?;
        let _request = stream.read(&mut [0; 1024]).await?;
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello";
        anyhow::Ok(stream.write_all(half).await?)
    };
    let ((), (status, lines)) = tokio::try_join!(serve, http::run("fetch", &url, &[]))?;
    let cause = "end of file before message length reached";
    ensure!(
        status == 1 && lines.len() == 1 && lines.iter().all(|it| it.ends_with(cause)),
        "of half a page, status 1 and {cause:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// A server that takes the request and then says nothing is given up after ten
/// seconds.
async fn silent_server() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let begin = Instant::now();
    let serve = async {
        let (mut stream, _) = listener.accept().await?;
        let mut request = [0; 1024];
        let length = stream.read(&mut request).await?;
        let start = Instant::now();
        ensure!(length > 0, "no request has come");
        let end = stream.read(&mut request).await;
        ensure!(matches!(end, Ok(0)), "the client leaves: {end:?}");
        Ok((begin.elapsed().as_secs_f64(), start.elapsed().as_secs_f64()))
    };
    let (waited, ran) = tokio::join!(serve, http::run("fetch", &url, &[]));
    let (status, lines) = ran?;
    let right = |line: &String| line.ends_with(": operation timed out");
    ensure!(
        status == 1 && lines.len() == 1 && lines.iter().all(right),
        "status {status}, after {waited:?} s: {lines:?}"
    );
    // The client counts from a moment between these two. A machine may stand still
    // for a while.
    let (most, least) = waited?;
    ensure!(
        most >= 9.9 && least < 18.0,
        "it waited for {least:.1} to {most:.1} s"
    );
    Ok(())
}

/// A page over TLS, from a server whose certificate the system trusts.
async fn https() -> Result<()> {
    let output = fetch_over_tls(true).await?;
    ensure!(output == ["Downloaded 5 bytes"], "{output:?}");
    Ok(())
}

/// A certificate that nobody has vouched for is refused, and the cause named.
async fn unknown_issuer() -> Result<()> {
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
    let (_, output) = http::run("fetch", &url, &[("SSL_CERT_FILE", &roots)]).await?;
    server.abort();
    Ok(output)
}
