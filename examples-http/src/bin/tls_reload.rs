//! Replace the certificate of an HTTPS server while it runs.
//!
//! For each connection, the server takes the newest certificate from a `watch`
//! channel, which keeps one value. When a second certificate is loaded, client
//! 1 stays connected and still sees serial number 1, and client 2 sees number
//! 2. A certificate and its key are two files. If `load` reads one old and one
//! new file, it fails, and the server keeps the pair that it has.
//!
//! ```console
//! $ cargo run -p examples-http --bin tls_reload
//! client 1: certificate 1
//! client 1, still connected: certificate 1
//! client 2: certificate 2
//! cannot load: keys may not be consistent: KeyMismatch
//! client 3: certificate 2
//! ```
//!
//! To reload on SIGHUP, see `signals`. To learn why each handshake has a task,
//! see `https`. The part to reuse starts at `serve`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt,sync,time
//! cargo add tokio-rustls --no-default-features -F ring,tls12
//! cargo add rustls --no-default-features -F ring
//! cargo add rcgen --no-default-features -F pem,ring
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add hyper -F http1,server
//! cargo add hyper-util -F service,tokio
//! cargo add rustls-webpki --no-default-features
//! cargo add anyhow axum tempfile
//! ```

use std::path::Path;
use std::sync::Arc;
use std::{fs, time::Duration};

use anyhow::Context;
use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Certificate, Client, tls::TlsInfo};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

// On one thread, client 1 asks again only when its connection is free to use.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // `rustls` needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let first = issue(1, folder.path())?;
    let (tls, newest) = watch::channel(load(folder.path())?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://localhost:{}", listener.local_addr()?.port());
    tokio::spawn(serve(listener, newest, Router::new()));
    let client = trusting(&first)?;
    ask("client 1", &client, &url).await?;

    let second = issue(2, folder.path())?;
    tls.send_replace(load(folder.path())?);
    ask("client 1, still connected", &client, &url).await?;
    ask("client 2", &trusting(&second)?, &url).await?;

    // Certificate 1 beside key 2: one of the two files is replaced.
    fs::write(folder.path().join("cert.pem"), first)?;
    match load(folder.path()) {
        Ok(acceptor) => drop(tls.send_replace(acceptor)),
        Err(error) => println!("cannot load: {error:#}"),
    }
    ask("client 3", &trusting(&second)?, &url).await
}

/// Writes a certificate with this serial number, and its key, into a folder.
fn issue(number: u64, folder: &Path) -> anyhow::Result<String> {
    let mut params = CertificateParams::new(["localhost".into()])?;
    params.serial_number = Some(number.into());
    let key = KeyPair::generate()?;
    let cert = params.self_signed(&key)?.pem();
    fs::write(folder.join("cert.pem"), &cert)?;
    fs::write(folder.join("key.pem"), key.serialize_pem())?;
    Ok(cert)
}

fn trusting(cert: &str) -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .tls_certs_only([Certificate::from_pem(cert.as_bytes())?])
        .tls_info(true)
        .timeout(Duration::from_secs(1))
        .build()
}

/// Prints the serial number of the certificate that the client sees.
async fn ask(name: &str, client: &Client, url: &str) -> anyhow::Result<()> {
    let response = client.get(url).send().await?;
    let tls = response.extensions().get::<TlsInfo>().context("no TLS")?;
    let cert = CertificateDer::from(tls.peer_certificate().context("no certificate")?);
    let number = webpki::EndEntityCert::try_from(&cert)?.serial()[0];
    println!("{name}: certificate {number}");
    Ok(())
}

async fn serve(mut listener: TcpListener, tls: watch::Receiver<TlsAcceptor>, app: Router) {
    // Without this, a `Router` that hyper calls builds its layers each time.
    let app = app.with_state(());
    loop {
        // Unlike tokio's, axum's `accept` tries again after an error.
        let (stream, _) = Listener::accept(&mut listener).await;
        tokio::spawn(serve_connection(stream, tls.borrow().clone(), app.clone()));
    }
}

async fn serve_connection(stream: TcpStream, tls: TlsAcceptor, app: Router) {
    let handshake = timeout(Duration::from_secs(10), tls.accept(stream)).await;
    if let Ok(Ok(stream)) = handshake {
        // An error means that the client has left or was too slow.
        let _ = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(10))
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app))
            .await;
    }
}

/// Reads the files, and blocks: in a spawned task, call it in `spawn_blocking`.
fn load(folder: &Path) -> anyhow::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(folder.join("cert.pem")).context("cert.pem")?;
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).context("key.pem")?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain.collect::<Result<_, _>>()?, key)?;
    Ok(Arc::new(config).into())
}
