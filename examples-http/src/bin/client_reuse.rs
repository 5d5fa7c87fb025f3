//! Keep connections open: share one `Client`, and read the bodies.
//!
//! A client keeps a pool of open connections. A new client must connect again,
//! and on Linux it also loads certificates, even for `http`. Reading the body
//! returns the connection to the pool. If a large response (here 1 MB) is
//! dropped unread, its connection closes. The answer to a `head` request has no
//! body to read. Here ten requests are sent in each of four ways. The server
//! counts the connections. The times are those of the fastest request.
//!
//! ```console,busy
//! $ cargo run -p examples-http --bin client_reuse
//! a new client each time: 10 connections, ~30.1 ms a request
//! one client: 1 connection, ~0.6 ms a request
//! one client, bodies not read: 10 connections
//! one client, head: 1 connection
//! ```
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add anyhow axum
//! ```

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Instant;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use reqwest::Client;
use tokio::net::TcpListener;

static CONNECTIONS: AtomicU32 = AtomicU32::new(0);

// On one thread the counts are exact. On several threads, the next request may
// start before the connection is back in the pool. It then opens another one.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let url = serve().await?;

    let mut fastest = f64::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        let client = new_client()?;
        client.get(&url).send().await?.bytes().await?;
        fastest = fastest.min(milliseconds(start));
    }
    let count = take_count();
    println!("a new client each time: {count} connections, {fastest:.1} ms a request");

    let client = new_client()?;
    let mut fastest = f64::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        client.get(&url).send().await?.bytes().await?;
        fastest = fastest.min(milliseconds(start));
    }
    let count = take_count();
    println!("one client: {count} connection, {fastest:.1} ms a request");

    let client = new_client()?;
    for _ in 0..10 {
        // The response is dropped here, before its body is read.
        client.get(&url).send().await?.error_for_status()?;
    }
    println!("one client, bodies not read: {} connections", take_count());

    let client = new_client()?;
    for _ in 0..10 {
        client.head(&url).send().await?.error_for_status()?;
    }
    println!("one client, head: {} connection", take_count());
    Ok(())
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// Returns the number of connections since the last call.
fn take_count() -> u32 {
    CONNECTIONS.swap(0, Relaxed)
}

/// Makes the client that `reqwest::get` makes for each call, without a proxy. A
/// service needs a client with timeouts: see `timeouts`.
fn new_client() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // This loads the system's certificates. It fails on a system without any.
    let client = Client::builder().no_proxy().build();
    client.or_else(|_| Client::builder().no_proxy().tls_certs_only([]).build())
}

async fn serve() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    // `tap_io` calls this for each new connection.
    let listener = listener.tap_io(|_connection| {
        CONNECTIONS.fetch_add(1, Relaxed);
    });
    let app = Router::new().route("/", get(async || vec![b'.'; 1_000_000]));
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}
