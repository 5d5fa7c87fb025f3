//! Tell a load balancer when to send requests: health and readiness.
//!
//! Two questions are asked in three situations. `/health` is asked by whatever
//! restarts servers: 503 means that a restart would help. `/ready` is asked by
//! the load balancer: 503 means that the server should get no requests. When
//! the database is away, a restart does not help, but `broken` says that it
//! does, so all servers restart again and again. When the server is told to
//! stop, it says that it is not ready, and serves for 500 ms more. In this time
//! the load balancer learns that, and no request is refused.
//!
//! ```console
//! $ cargo run -p examples-http --bin health
//! all is well: /health 200, /ready 200, /broken 200
//! the database is away: /health 200, /ready 503, /broken 503
//! told to stop: /health 200, /ready 503, /broken 200
//! stopped                                         # 500 ms
//! ```
//!
//! A load balancer asks every few seconds, so a real service sets `GRACE` to at
//! least that. To finish the requests in progress, see `shutdown` and `users`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add tokio-util
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add anyhow axum
//! ```

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long a load balancer may still send requests to a server that stops.
const GRACE: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let service = Service::default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(serve(listener, service.clone()));
    let client = local_client()?;

    println!("all is well: {}", ask(&client, &url).await?);
    service.is_database_away.store(true, Relaxed);
    println!("the database is away: {}", ask(&client, &url).await?);
    service.is_database_away.store(false, Relaxed);
    service.stop.cancel();
    println!("told to stop: {}", ask(&client, &url).await?);
    server.await??;
    println!("stopped");
    Ok(())
}

async fn ask(client: &Client, url: &str) -> reqwest::Result<String> {
    let mut answers = Vec::new();
    for path in ["/health", "/ready", "/broken"] {
        let response = client.get(format!("{url}{path}")).send().await?;
        answers.push(format!("{path} {}", response.status().as_u16()));
    }
    Ok(answers.join(", "))
}

#[derive(Clone, Default)]
struct Service {
    /// A service asks with `SELECT 1` and a timeout.
    is_database_away: Arc<AtomicBool>,
    stop: CancellationToken,
}

async fn serve(listener: TcpListener, service: Service) -> io::Result<()> {
    let stop = service.stop.clone();
    let app = Router::new()
        .route("/health", get(StatusCode::OK))
        .route("/ready", get(ready))
        .route("/broken", get(broken))
        .with_state(service);
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            stop.cancelled().await;
            sleep(GRACE).await;
        })
        .await
}

async fn ready(State(service): State<Service>) -> StatusCode {
    if service.stop.is_cancelled() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    broken(State(service)).await
}

/// Right for `/ready`, and wrong for `/health`.
async fn broken(State(service): State<Service>) -> StatusCode {
    if service.is_database_away.load(Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

/// A client for this example's own server: no proxy, no certificates.
fn local_client() -> reqwest::Result<Client> {
    // reqwest needs a crypto provider; an error means that it has one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(1))
        .build()
}
