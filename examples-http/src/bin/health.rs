//! Answer health checks of a server: liveness and readiness.
//!
//! A supervisor such as Kubernetes asks `/health` (liveness), and restarts a
//! server that does not answer 200. A load balancer asks `/ready` (readiness),
//! and sends requests only to a server that answers 200. If the database is
//! down, a restart does not help. `/broken` asks the database: in place of
//! `/health`, it would restart all servers again and again. A server that is
//! told to stop is not ready, but serves for 500 ms more. In this time the load
//! balancer stops sending requests.
//!
//! ```console
//! $ cargo run -p examples-http --bin health
//! all is well: /health 200, /ready 200, /broken 200
//! the database is down: /health 200, /ready 503, /broken 503
//! told to stop: /health 200, /ready 503, /broken 200
//! stopped                                         # 500 ms
//! ```
//!
//! A load balancer stops sending requests only after several failed checks,
//! seconds apart. In a service, `GRACE` must be longer than that. If all
//! servers share one database, its failure makes all of them unready. If many
//! requests do not need the database, do not ask it in `/ready`. To stop after
//! a deadline, even if a request is still in progress, see `users`.
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
    service.is_database_down.store(true, Relaxed);
    println!("the database is down: {}", ask(&client, &url).await?);
    service.is_database_down.store(false, Relaxed);
    // In a service, Ctrl-C or SIGTERM does this: see `hello_server`.
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
    /// A real service would send the database a query, with a timeout.
    is_database_down: Arc<AtomicBool>,
    stop: CancellationToken,
}

async fn serve(listener: TcpListener, service: Service) -> io::Result<()> {
    let stop = service.stop.clone();
    let app = Router::new()
        // An answer that is always the same needs no function.
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

/// Asks the database, which `/health` must not do.
async fn broken(State(service): State<Service>) -> StatusCode {
    database_status(&service)
}

fn database_status(service: &Service) -> StatusCode {
    // `Relaxed` is enough, since no other data depends on the flag.
    if service.is_database_down.load(Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
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
