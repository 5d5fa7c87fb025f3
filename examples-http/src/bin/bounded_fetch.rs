//! Fetch many pages with at most four requests at a time.
//!
//! The server takes 100 ms for each of 16 pages, so four at a time take 400 ms.
//! Page 3 fails. The others still arrive, and then the error is printed.
//! `buffer_unordered` makes all requests in one task, on one core at a time. To
//! process the pages on all cores, `fetch_all_spawned` spawns a task for each
//! one into a `JoinSet`. A `Semaphore` limits the tasks.
//!
//! ```console
//! $ cargo run -p examples-http --bin bounded_fetch
//! HTTP status server error (500 Internal Server Error) for url ([..]/3)  # 400 ms
//! fetch_all: 15 of 16 pages, at most 4 requests at a time
//! HTTP status server error (500 Internal Server Error) for url ([..]/3)  # 800 ms
//! fetch_all_spawned: 15 of 16 pages, at most 4 requests at a time
//! ```
//!
//! For large pages, see `fetch_to_disk`. The part to reuse starts at `LIMIT`.
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,sync,time
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add futures --no-default-features -F alloc
//! cargo add anyhow axum
//! ```

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use futures::{StreamExt, stream};
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How many requests the server is answering now, and the most so far.
static CURRENT: AtomicU32 = AtomicU32::new(0);
static HIGHEST: AtomicU32 = AtomicU32::new(0);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = serve_pages().await?;
    let client = local_client()?;
    let urls: Vec<String> = (1..=16).map(|page| format!("{server}/{page}")).collect();

    show("fetch_all", &fetch_all(&client, urls.clone()).await);
    show("fetch_all_spawned", &fetch_all_spawned(&client, urls).await);
    Ok(())
}

fn show(function: &str, results: &[Fetched]) {
    let mut count = 0;
    for (_url, result) in results {
        match result {
            Ok(_body) => count += 1,
            Err(error) => println!("{error:#}"),
        }
    }
    let highest = HIGHEST.swap(0, Relaxed);
    println!("{function}: {count} of 16 pages, at most {highest} requests at a time");
}

async fn serve_pages() -> io::Result<String> {
    let app = Router::new().route("/{page}", get(serve_page));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn serve_page(Path(number): Path<u32>) -> Result<&'static str, StatusCode> {
    let current = CURRENT.fetch_add(1, Relaxed) + 1;
    HIGHEST.fetch_max(current, Relaxed);
    sleep(Duration::from_millis(100)).await;
    CURRENT.fetch_sub(1, Relaxed);
    if number == 3 {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    Ok("a page")
}

/// A client for this example's own server needs no proxy and no certificates.
fn local_client() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(1))
        .build()
}

/// The highest number of requests in progress.
const LIMIT: usize = 4;

type Fetched = (String, anyhow::Result<Bytes>);

/// Fetches all URLs in this task. The results are in the order of arrival.
async fn fetch_all(client: &Client, urls: Vec<String>) -> Vec<Fetched> {
    stream::iter(urls)
        .map(|url| async move {
            let result = fetch(client, &url).await;
            (url, result)
        })
        .buffer_unordered(LIMIT)
        .collect()
        .await
}

/// Does the same in a task for each URL. Panics if one of the tasks panics.
async fn fetch_all_spawned(client: &Client, urls: Vec<String>) -> Vec<Fetched> {
    let permits = Arc::new(Semaphore::new(LIMIT));
    let mut tasks = JoinSet::new();
    for url in urls {
        // Wait before spawning, so at most `LIMIT` tasks run. Nothing closes
        // `permits`, so this cannot fail.
        let permit = permits.clone().acquire_owned().await.unwrap();
        let client = client.clone();
        tasks.spawn(async move {
            let result = fetch(&client, &url).await;
            drop(permit);
            (url, result)
        });
    }
    tasks.join_all().await
}

async fn fetch(client: &Client, url: &str) -> anyhow::Result<Bytes> {
    let response = client.get(url).send().await?.error_for_status()?;
    Ok(response.bytes().await?)
}
