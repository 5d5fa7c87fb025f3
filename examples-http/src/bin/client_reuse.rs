//! Keep connections open: share one `Client`, and read the bodies.
//!
//! The server counts its connections. A client holds a pool of open ones. A new
//! client for each request has to connect again. On Linux it also loads the
//! system's certificates again. A connection returns to the pool when the body
//! has been read. If a response of 1 MB is dropped unread, the connection
//! closes. A `head` request has no body to read.
//!
//! ```console,busy
//! $ cargo run -p examples-http --bin client_reuse
//! connections with a new client each time: 10 (~33 requests a second)
//! connections with one client: 1 (~928 requests a second)
//! connections with one client, bodies not read: 10
//! connections with one client, no bodies: 1
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

// On one thread the counts are exact. On several, the next request may be sent
// before the connection is back in the pool, and opens another.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let url = serve().await?;

    let start = Instant::now();
    for _ in 0..10 {
        let client = new_client()?;
        client.get(&url).send().await?.bytes().await?;
    }
    let (count, speed) = (connections(), 10.0 / start.elapsed().as_secs_f64());
    println!("connections with a new client each time: {count} ({speed:.0} requests a second)");

    let client = new_client()?;
    let start = Instant::now();
    for _ in 0..10 {
        client.get(&url).send().await?.bytes().await?;
    }
    let (count, speed) = (connections(), 10.0 / start.elapsed().as_secs_f64());
    println!("connections with one client: {count} ({speed:.0} requests a second)");

    let client = new_client()?;
    for _ in 0..10 {
        client.get(&url).send().await?.error_for_status()?;
    }
    let count = connections();
    println!("connections with one client, bodies not read: {count}");

    let client = new_client()?;
    for _ in 0..10 {
        client.head(&url).send().await?.error_for_status()?;
    }
    let count = connections();
    println!("connections with one client, no bodies: {count}");
    Ok(())
}

/// The number of connections since the last call.
fn connections() -> u32 {
    CONNECTIONS.swap(0, Relaxed)
}

/// The client that `reqwest::get` makes for each call, but without a proxy.
fn new_client() -> reqwest::Result<Client> {
    // reqwest needs a provider even for http; an error means there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().build();
    // A system without certificates has none to load.
    client.or_else(|_| Client::builder().no_proxy().tls_certs_only([]).build())
}

async fn serve() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let listener = listener.tap_io(|_connection| {
        CONNECTIONS.fetch_add(1, Relaxed);
    });
    let app = Router::new().route("/", get(async || vec![b'.'; 1_000_000]));
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}
