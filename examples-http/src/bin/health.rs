//! Tell a load balancer when to send requests: liveness and readiness.
//!
//! A supervisor such as Kubernetes asks `/health`: 503 means that a restart
//! would help. The load balancer asks `/ready`: 503 means that the server
//! should get no requests. When the database is away, a restart does not help.
//! With `/broken` in place of `/health`, all servers would restart again and
//! again. A server that is told to stop is not ready, but serves for 500 ms
//! more. In this time the load balancer stops sending requests.
//!
//! ```console
//! $ cargo run -p examples-http --bin health
//! all is well: /health 200, /ready 200, /broken 200
//! the database is away: /health 200, /ready 503, /broken 503
//! told to stop: /health 200, /ready 503, /broken 200
//! stopped                                         # 500 ms
//! ```
//!
//! A load balancer stops after a few failed checks, which are seconds apart. In
//! a service, `GRACE` must be longer than all of them. To stop after a
//! deadline, even if a request is still in progress, see `users`.
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
    /// A real service would send the database `SELECT 1`, with a timeout.
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
    database_status(&service)
}

/// It must not be the answer of `/health`.
async fn broken(State(service): State<Service>) -> StatusCode {
    database_status(&service)
}

fn database_status(service: &Service) -> StatusCode {
    // `Relaxed` is enough, since no other data depends on the flag.
    if service.is_database_away.load(Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
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
