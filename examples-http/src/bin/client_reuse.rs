//! Keep connections open with one `Client` and bodies that are read.
//!
//! A client holds the pool of connections, so a new one for each request has to
//! connect again, and to load the certificates again. A connection returns to
//! the pool once its answer has been read to the end: dropping a response of
//! 1 MB after a look at its status closes it; `head` asks for no body at all.
//! On one thread the counts are exact; on several the next request may be sent
//! before the connection is back, and opens another: up to 6 in 30 runs.
//!
//! ```console
//! $ cargo run -p examples-http --bin client_reuse
//! 10 requests, the server sees
//! a new client each time: 10 connections, [..] ms a request
//! one client: 1 connection, [..] ms a request
//! one client, bodies not read: 10 connections, [..] ms a request
//! one client, no bodies: 1 connection, [..] ms a request
//! ```
//!
//! Copy it with
//! `cargo add reqwest --no-default-features -F rustls-no-provider`,
//! `cargo add rustls --no-default-features -F ring`, `cargo add axum anyhow`
//! and `cargo add tokio -F macros,net,rt`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use reqwest::Client;
use tokio::net::TcpListener;

const REQUESTS: u32 = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let server = serve().await?;
    println!("{REQUESTS} requests, the server sees");

    let start = Instant::now();
    for _ in 0..REQUESTS {
        let client = new_client()?;
        client.get(&server.url).send().await?.bytes().await?;
    }
    server.report("a new client each time", start);

    let start = Instant::now();
    let client = new_client()?;
    for _ in 0..REQUESTS {
        client.get(&server.url).send().await?.bytes().await?;
    }
    server.report("one client", start);

    let start = Instant::now();
    let client = new_client()?;
    for _ in 0..REQUESTS {
        client.get(&server.url).send().await?.error_for_status()?;
    }
    server.report("one client, bodies not read", start);

    let start = Instant::now();
    let client = new_client()?;
    for _ in 0..REQUESTS {
        client.head(&server.url).send().await?.error_for_status()?;
    }
    server.report("one client, no bodies", start);
    Ok(())
}

fn new_client() -> reqwest::Result<Client> {
    // reqwest's own choice, aws-lc, takes longer to build than all the rest. An
    // error would say that another one is installed, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(Duration::from_secs(5)).build()
}

struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn report(&self, case: &str, start: Instant) {
        let each = start.elapsed().as_secs_f64() * 1000.0 / f64::from(REQUESTS);
        let count = self.connections.swap(0, Ordering::Relaxed);
        let plural = if count == 1 { "" } else { "s" };
        println!("{case}: {count} connection{plural}, {each:.1} ms a request");
    }
}

async fn serve() -> io::Result<Server> {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let listener = listener.tap_io(move |_connection| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let page = Router::new().route("/", get(async || vec![b'.'; 1_000_000]));
    tokio::spawn(axum::serve(listener, page).into_future());
    Ok(Server { url, connections })
}
