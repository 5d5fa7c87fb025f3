//! Finish the work of a request whose client has left, with `TaskTracker`.
//!
//! Placing an order charges a card, and saves the order 400 ms later. Three
//! requests time out after 200 ms. As soon as a client closes its connection,
//! `axum` drops the handler at its current `.await`, so `broken` charges cards
//! and saves no orders. `fixed` does the work in a task, which continues when
//! the handler is dropped. A `TaskTracker` counts these tasks, so the program
//! can wait for them before it exits.
//!
//! ```console
//! $ cargo run -p examples-http --bin client_disconnect
//! broken: 3 cards charged, 0 orders saved
//! fixed: 3 cards charged, 3 orders saved
//! ```
//!
//! To stop a server that has open connections, see `shutdown`. To finish the
//! work even after a crash, see `job_queue` in examples-advanced.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add tokio-util -F rt
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add futures --no-default-features -F alloc
//! cargo add anyhow axum
//! ```

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use futures::future::join_all;
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

static CHARGED: AtomicU32 = AtomicU32::new(0);
static SAVED: AtomicU32 = AtomicU32::new(0);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let tasks = TaskTracker::new();
    let server = serve(tasks.clone()).await?;
    let client = impatient_client()?;

    send_orders(&client, &format!("{server}/broken")).await;
    // If the handlers still ran, they would save the orders in this time.
    sleep(Duration::from_millis(400)).await;
    println!("broken: {}", count());

    send_orders(&client, &format!("{server}/fixed")).await;
    // In a service, stop the server first: a closed tracker still accepts
    // tasks, and nobody would wait for them.
    // `wait` returns when the tracker is closed and all its tasks are done.
    tasks.close();
    tasks.wait().await;
    println!("fixed: {}", count());
    Ok(())
}

async fn send_orders(client: &Client, url: &str) {
    let orders = (0..3).map(|_| client.post(url).send());
    for answer in join_all(orders).await {
        assert!(answer.is_err_and(|error| error.is_timeout()));
    }
}

fn count() -> String {
    let charged = CHARGED.swap(0, Relaxed);
    let saved = SAVED.swap(0, Relaxed);
    format!("{charged} cards charged, {saved} orders saved")
}

/// A client for this example's own server, with a timeout of 200 ms.
fn impatient_client() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_millis(200))
        .build()
}

async fn serve(tasks: TaskTracker) -> io::Result<String> {
    let app = Router::new()
        .route("/broken", post(broken))
        .route("/fixed", post(fixed))
        .with_state(tasks);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn broken() -> StatusCode {
    place_order().await;
    StatusCode::CREATED
}

/// A timeout or a limit of the handler does not apply to its task. To limit the
/// tasks, use a `Semaphore`.
async fn fixed(State(tasks): State<TaskTracker>) -> StatusCode {
    // Dropping this handler drops only the task's handle. The task continues.
    match tasks.spawn(place_order()).await {
        Ok(()) => StatusCode::CREATED,
        // The task panicked. (Nothing aborts it.)
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn place_order() {
    CHARGED.fetch_add(1, Relaxed);
    sleep(Duration::from_millis(400)).await;
    SAVED.fetch_add(1, Relaxed);
}
