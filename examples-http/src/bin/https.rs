//! Serve an `axum` router over HTTPS with `tokio-rustls`.
//!
//! At its start, the server makes a certificate for `localhost`. A client gets
//! an answer only if it asks for this name and trusts this certificate. Then
//! another client connects and stays silent. `broken` waits for its TLS
//! handshake (the first messages) in the accept loop, so nobody else gets in.
//! `serve` does the handshake in the connection's task, and gives it 500 ms.
//!
//! ```console
//! $ cargo run -p examples-http --bin https
//! localhost: 200 OK
//! 127.0.0.1: invalid peer certificate: certificate not valid for name [..]
//! without the certificate: invalid peer certificate: UnknownIssuer
//! broken, beside a silent client: operation timed out  # 300 ms
//! serve, beside a silent client: 200 OK
//! the silent client was disconnected                   # 800 ms
//! ```
//!
//! To read the certificate from files, and to replace it while the server runs,
//! see `tls_reload`. To limit connections and stop cleanly, see `hello_server`.
//! The part to reuse starts at `serve`. Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt-multi-thread,time
//! cargo add tokio-rustls --no-default-features -F ring,tls12
//! cargo add rustls --no-default-features -F ring
//! cargo add rcgen --no-default-features -F ring
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add hyper -F http1,server
//! cargo add hyper-util -F service,tokio
//! cargo add anyhow axum
//! ```

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client};
use rustls::ServerConfig;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The server and reqwest use this crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()])?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], signing_key.into())?;
    let tls = TlsAcceptor::from(Arc::new(config));
    let app = Router::new().route("/", get(async || "hello"));
    let trusted = Certificate::from_der(cert.der())?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let url = format!("https://localhost:{}", address.port());
    tokio::spawn(serve(listener, tls.clone(), app.clone()));
    ask("localhost", &url, Some(&trusted)).await?;
    ask("127.0.0.1", &format!("https://{address}"), Some(&trusted)).await?;
    ask("without the certificate", &url, None).await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let other = listener.local_addr()?;
    tokio::spawn(broken(listener, tls, app));
    let _silent = TcpStream::connect(other).await?;
    let other_url = format!("https://localhost:{}", other.port());
    ask("broken, beside a silent client", &other_url, Some(&trusted)).await?;

    let mut silent = TcpStream::connect(address).await?;
    ask("serve, beside a silent client", &url, Some(&trusted)).await?;
    // It reads 0 bytes when the server has closed the connection.
    assert_eq!(silent.read(&mut [0]).await?, 0);
    println!("the silent client was disconnected");
    Ok(())
}

/// Sends a request. Its client trusts only this certificate, or none.
async fn ask(case: &str, url: &str, trusted: Option<&Certificate>) -> anyhow::Result<()> {
    let client = Client::builder()
        .no_proxy()
        .tls_certs_only(trusted.cloned())
        .timeout(Duration::from_millis(300))
        .build()?;
    match client.get(url).send().await {
        Ok(response) => println!("{case}: {}", response.status()),
        Err(error) => println!("{case}: {}", anyhow::Error::from(error).root_cause()),
    }
    Ok(())
}

async fn broken(mut listener: TcpListener, tls: TlsAcceptor, app: Router) {
    loop {
        // Unlike tokio's, axum's `accept` returns no errors: it tries again.
        let (stream, _) = Listener::accept(&mut listener).await;
        if let Ok(stream) = tls.accept(stream).await {
            tokio::spawn(serve_http(stream, app.clone()));
        }
    }
}

async fn serve(mut listener: TcpListener, tls: TlsAcceptor, app: Router) {
    // `with_state` builds the layers now, not again for each request.
    let app = app.with_state(());
    loop {
        let (stream, _) = Listener::accept(&mut listener).await;
        tokio::spawn(serve_tls(stream, tls.clone(), app.clone()));
    }
}

async fn serve_tls(stream: TcpStream, tls: TlsAcceptor, app: Router) {
    // An error means that the client was silent, did not speak TLS, or does not
    // trust the certificate.
    if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        serve_http(stream, app).await;
    }
}

async fn serve_http(stream: TlsStream<TcpStream>, app: Router) {
    let service = TowerToHyperService::new(app);
    // An error means that the client has left, or was too slow.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Short for the transcript above. In a service, give slow clients 10 s.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(500);
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
