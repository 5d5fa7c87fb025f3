//! Fetch JSON into a struct with `reqwest` and `serde`.
//!
//! Each answer takes 100 ms. Five users take 500 ms one after the other, and
//! 100 ms together. `try_join_all` returns the users in the order of the
//! requests. (At an error, it would drop the other requests.) One client sends
//! all requests. `reqwest::get` would make a new client each time.
//!
//! ```console
//! $ cargo run -p examples-http --bin fetch_json
//! Fetched: User { id: 1, name: "Ada" }     # 100 ms
//! Fetched: User { id: 2, name: "Ben" }     # 200 ms
//! Fetched: User { id: 3, name: "Chloe" }   # 300 ms
//! Fetched: User { id: 4, name: "Dev" }     # 400 ms
//! Fetched: User { id: 5, name: "Eve" }     # 500 ms
//! one after the other: ~515 ms
//! Fetched: User { id: 1, name: "Ada" }     # 600 ms
//! Fetched: User { id: 2, name: "Ben" }
//! Fetched: User { id: 3, name: "Chloe" }
//! Fetched: User { id: 4, name: "Dev" }
//! Fetched: User { id: 5, name: "Eve" }
//! all together: ~104 ms
//! ```
//!
//! To fetch many, a few at a time, see `bounded_fetch`. For what a new client
//! costs, see `client_reuse`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add reqwest --no-default-features -F json,rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add serde -F derive
//! cargo add futures --no-default-features -F alloc
//! cargo add anyhow axum
//! ```

use std::io;
use std::time::{Duration, Instant};

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use futures::future::try_join_all;
use reqwest::Client;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = serve_users().await?;
    let client = local_client()?;

    let start = Instant::now();
    process_users(&client, &server).await?;
    let elapsed = start.elapsed().as_millis();
    println!("one after the other: {elapsed} ms");

    let start = Instant::now();
    // This sends nothing yet. `try_join_all` starts all requests.
    let fetches = (1..=5).map(|id| fetch_user(&client, &server, id));
    for user in try_join_all(fetches).await? {
        println!("Fetched: {user:?}");
    }
    let elapsed = start.elapsed().as_millis();
    println!("all together: {elapsed} ms");
    Ok(())
}

#[derive(Debug, Serialize, Deserialize)]
struct User {
    id: u32,
    name: String,
}

async fn fetch_user(client: &Client, server: &str, id: u32) -> reqwest::Result<User> {
    let response = client.get(format!("{server}/users/{id}")).send().await?;
    // Without `error_for_status`, the body of a 404 would be parsed as a user.
    response.error_for_status()?.json().await
}

/// Waits for each user before it asks for the next one.
async fn process_users(client: &Client, server: &str) -> reqwest::Result<()> {
    for id in 1..=5 {
        let user = fetch_user(client, server, id).await?;
        println!("Fetched: {user:?}");
    }
    Ok(())
}

async fn serve_users() -> io::Result<String> {
    let app = Router::new().route("/users/{id}", get(user));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn user(Path(id): Path<u32>) -> Result<Json<User>, StatusCode> {
    sleep(Duration::from_millis(100)).await;
    let name = match id {
        1 => "Ada",
        2 => "Ben",
        3 => "Chloe",
        4 => "Dev",
        5 => "Eve",
        _ => return Err(StatusCode::NOT_FOUND),
    };
    let name = name.into();
    Ok(Json(User { id, name }))
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
