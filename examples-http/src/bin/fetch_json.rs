//! Fetch JSON into a struct with `reqwest` and `serde`.
//!
//! Each answer takes 100 ms: five of them take 500 ms one after the other, and
//! 100 ms all at once. `try_join_all` gives them in the order asked, whichever
//! comes first, and ends with the first error. One client serves all requests
//! and keeps their connections; `reqwest::get` makes a new one each time, which
//! loads the system's certificates: 30 ms more a request in a debug build.
//!
//! ```console
//! $ cargo run -p examples-http --bin fetch_json
//! five users of a server that takes 100 ms for each
//! user 1 is Ada                  # 100 ms
//! user 2 is Ben                  # 200 ms
//! user 3 is Chloe                # 300 ms
//! user 4 is Dev                  # 400 ms
//! user 5 is Eve                  # 500 ms
//! one after the other: [..] s    # 500 ms
//! user 1 is Ada                  # 600 ms
//! user 2 is Ben
//! user 3 is Chloe
//! user 4 is Dev
//! user 5 is Eve
//! all at once: [..] s
//! ```
//!
//! Copy it with
//! `cargo add reqwest --no-default-features -F json,rustls-no-provider`,
//! `cargo add rustls --no-default-features -F ring`,
//! `cargo add futures --no-default-features -F alloc`,
//! `cargo add serde -F derive`, `cargo add axum anyhow` and
//! `cargo add tokio -F macros,net,rt-multi-thread,time`.

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
    let client = client()?;

    println!("five users of a server that takes 100 ms for each");
    let start = Instant::now();
    process_users(&client, &server).await?;
    let elapsed = start.elapsed().as_secs_f64();
    println!("one after the other: {elapsed:.1} s");

    let start = Instant::now();
    let users = (1..=5).map(|id| fetch_user(&client, &server, id));
    for user in try_join_all(users).await? {
        println!("user {} is {}", user.id, user.name);
    }
    let elapsed = start.elapsed().as_secs_f64();
    println!("all at once: {elapsed:.1} s");
    Ok(())
}

async fn process_users(client: &Client, server: &str) -> reqwest::Result<()> {
    for id in 1..=5 {
        let user = fetch_user(client, server, id).await?;
        println!("user {} is {}", user.id, user.name);
    }
    Ok(())
}

async fn fetch_user(client: &Client, server: &str, id: u32) -> reqwest::Result<User> {
    let response = client.get(format!("{server}/users/{id}")).send().await?;
    // Without it a 404 would be read as a user, and only miss a field.
    response.error_for_status()?.json().await
}

#[derive(Serialize, Deserialize)]
struct User {
    id: u32,
    name: String,
}

fn client() -> reqwest::Result<Client> {
    // reqwest's own choice, aws-lc, takes longer to build than all the rest. An
    // error would say that another one is installed, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(Duration::from_secs(5)).build()
}

async fn serve_users() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let users = Router::new().route("/users/{id}", get(user));
    tokio::spawn(axum::serve(listener, users).into_future());
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
    Ok(Json(User {
        id,
        name: name.into(),
    }))
}
