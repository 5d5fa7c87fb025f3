//! Fetch many pages with a limited number of requests under way.
//!
//! Sixteen pages of 100 ms each, four at a time; two fail and one never
//! answers: each failure is reported, and the rest go on. `buffer_unordered`
//! runs all of them on this one task, and only while the stream is being read.
//! A `JoinSet` gives each a task of its own, and several such lists could share
//! the permits of one `Semaphore`. A limit of 0 never ends, so take `.max(1)`
//! of a length.
//!
//! ```console
//! $ cargo run -p examples-http --bin bounded_fetch
//! buffer_unordered
//! page 3: HTTP status server error (500 Internal Server Error)    # 100 ms
//! page 7: HTTP status server error (500 Internal Server Error)    # 200 ms
//! page 2: error sending request: operation timed out              # 1 s
//! 13 of 16 fetched, at most 4 at once                             # 1 s
//! JoinSet and Semaphore
//! page 3: HTTP status server error (500 Internal Server Error)    # 1100 ms
//! page 7: HTTP status server error (500 Internal Server Error)    # 1200 ms
//! page 2: error sending request: operation timed out              # 2 s
//! 13 of 16 fetched, at most 4 at once                             # 2 s
//! no pages: 0 and 0 fetched
//! no pages, limit 0: has it ended? false                          # 2100 ms
//! ```
//!
//! Copy it with
//! `cargo add reqwest --no-default-features -F rustls-no-provider`,
//! `cargo add rustls --no-default-features -F ring`,
//! `cargo add futures --no-default-features -F alloc`, `cargo add axum anyhow`
//! and `cargo add tokio -F macros,net,rt-multi-thread,sync,time`.

use std::future::pending;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use futures::{StreamExt, stream};
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const LIMIT: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let site = Arc::new(Site::new(serve_pages().await?)?);

    println!("buffer_unordered");
    let fetched = with_stream(&site, 1..17, LIMIT).await;
    let highest = site.highest.swap(0, Ordering::Relaxed);
    println!("{fetched} of 16 fetched, at most {highest} at once");

    println!("JoinSet and Semaphore");
    let fetched = with_tasks(&site, 1..17).await;
    let highest = site.highest.swap(0, Ordering::Relaxed);
    println!("{fetched} of 16 fetched, at most {highest} at once");

    let one = with_stream(&site, 1..1, LIMIT).await;
    let other = with_tasks(&site, 1..1).await;
    println!("no pages: {one} and {other} fetched");

    // Not one future is taken on, so that there is nothing to wait for.
    let never = with_stream(&site, 1..1, 0);
    let ended = timeout(Duration::from_millis(100), never).await.is_ok();
    println!("no pages, limit 0: has it ended? {ended}");
    Ok(())
}

async fn with_stream(site: &Site, pages: Range<u32>, limit: usize) -> usize {
    let mut fetches = stream::iter(pages)
        .map(|page| site.fetch(page))
        .buffer_unordered(limit);
    let mut fetched = 0;
    while let Some(ok) = fetches.next().await {
        fetched += usize::from(ok);
    }
    fetched
}

async fn with_tasks(site: &Arc<Site>, pages: Range<u32>) -> usize {
    let permits = Arc::new(Semaphore::new(LIMIT));
    let mut tasks = JoinSet::new();
    for page in pages {
        // Before the spawn, so that a long list does not become as many tasks.
        let permit = Arc::clone(&permits).acquire_owned().await;
        let site = Arc::clone(site);
        tasks.spawn(async move {
            let fetched = site.fetch(page).await;
            drop(permit);
            fetched
        });
    }
    let mut fetched = 0;
    while let Some(task) = tasks.join_next().await {
        // A task that panicked has said so, and the others go on.
        fetched += usize::from(task.unwrap_or(false));
    }
    fetched
}

struct Site {
    client: Client,
    url: String,
    under_way: AtomicUsize,
    highest: AtomicUsize,
}

impl Site {
    fn new(url: String) -> reqwest::Result<Self> {
        // reqwest's own choice, aws-lc, takes longer to build than all the
        // rest. An error would say that another one is installed: as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(Duration::from_secs(1));
        let client = client.build()?;
        Ok(Self {
            client,
            url,
            under_way: AtomicUsize::new(0),
            highest: AtomicUsize::new(0),
        })
    }

    /// Fetches a page and reports a failure; tells whether it was fetched.
    async fn fetch(&self, page: u32) -> bool {
        let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.highest.fetch_max(now, Ordering::Relaxed);
        let result = self.body(page).await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        match result {
            Ok(_body) => true,
            Err(error) => {
                // The page is named already; a URL may hold a key.
                let error = anyhow::Error::new(error.without_url());
                println!("page {page}: {error:#}");
                false
            }
        }
    }

    async fn body(&self, page: u32) -> reqwest::Result<String> {
        let url = format!("{}/{page}", self.url);
        self.client
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await
    }
}

async fn serve_pages() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let pages = Router::new().route("/{page}", get(page));
    tokio::spawn(axum::serve(listener, pages).into_future());
    Ok(url)
}

async fn page(Path(page): Path<u32>) -> Result<&'static str, StatusCode> {
    if page == 2 {
        pending::<()>().await;
    }
    sleep(Duration::from_millis(100)).await;
    if page == 3 || page == 7 {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    Ok("a page")
}
