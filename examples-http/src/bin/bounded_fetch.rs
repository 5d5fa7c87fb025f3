//! Fetch many pages with at most four requests at a time.
//!
//! The server takes 100 ms for each of 16 pages, so four at a time take 400 ms.
//! Page 3 fails and is reported; the others still arrive. `buffer_unordered`
//! makes all requests in one task. One task is enough if it only waits. To
//! compute with the pages on all cores, spawn tasks into a `JoinSet`, and limit
//! them with a `Semaphore`.
//!
//! ```console
//! $ cargo run -p examples-http --bin bounded_fetch
//! HTTP status server error (500 Internal Server Error) for url ([..]/3)  # 400 ms
//! fetch_all: 15 of 16 pages, at most 4 requests at a time
//! HTTP status server error (500 Internal Server Error) for url ([..]/3)  # 800 ms
//! fetch_all_spawned: 15 of 16 pages, at most 4 requests at a time
//! ```
//!
//! If the pages may be large, see `fetch_to_disk`.
//!
//! The part to reuse starts at `fetch_all`. Copy it with
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

fn show(function: &str, pages: &[Page]) {
    let mut fetched = 0;
    for (_url, page) in pages {
        match page {
            Ok(_page) => fetched += 1,
            Err(error) => println!("{error:#}"),
        }
    }
    let highest = HIGHEST.swap(0, Relaxed);
    println!("{function}: {fetched} of 16 pages, at most {highest} requests at a time");
}

async fn serve_pages() -> io::Result<String> {
    let app = Router::new().route("/{page}", get(page));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn page(Path(page): Path<u32>) -> Result<&'static str, StatusCode> {
    let current = CURRENT.fetch_add(1, Relaxed) + 1;
    HIGHEST.fetch_max(current, Relaxed);
    sleep(Duration::from_millis(100)).await;
    CURRENT.fetch_sub(1, Relaxed);
    if page == 3 {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    Ok("a page")
}

/// A client for this example's own server: no proxy, no certificates.
fn local_client() -> reqwest::Result<Client> {
    // reqwest needs a crypto provider. An error means that one is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(1))
        .build()
}

/// Fetches all pages on this task. They are returned in the order of arrival.
async fn fetch_all(client: &Client, urls: Vec<String>) -> Vec<Page> {
    stream::iter(urls)
        .map(|url| async move {
            let page = fetch(client, &url).await;
            (url, page)
        })
        .buffer_unordered(LIMIT)
        .collect()
        .await
}

/// Fetches each page in a task of its own. Panics if one of the tasks panics.
async fn fetch_all_spawned(client: &Client, urls: Vec<String>) -> Vec<Page> {
    let permits = Arc::new(Semaphore::new(LIMIT));
    let mut tasks = JoinSet::new();
    for url in urls {
        // Wait before spawning, so at most `LIMIT` tasks run.
        let permit = Arc::clone(&permits).acquire_owned().await.unwrap();
        let client = client.clone();
        tasks.spawn(async move {
            let page = fetch(&client, &url).await;
            drop(permit);
            (url, page)
        });
    }
    tasks.join_all().await
}

async fn fetch(client: &Client, url: &str) -> anyhow::Result<Bytes> {
    let response = client.get(url).send().await?.error_for_status()?;
    Ok(response.bytes().await?)
}

type Page = (String, anyhow::Result<Bytes>);

/// The highest number of requests in progress.
const LIMIT: usize = 4;
