//! Print a failed request with all its causes, and ask what kind it is.
//!
//! `{}` prints only the outermost error, and to `reqwest` a refused connection
//! and a timeout are both "error sending request". The reason is in the chain
//! of sources, which `{:#}` prints once the error is an `anyhow::Error`; of a
//! bare `reqwest::Error` it prints no more than `{}` does. What to do next,
//! such as to try again, is decided by `is_timeout` and the like, not by the
//! text.
//!
//! ```console
//! $ cargo run -p examples-http --bin error_chain
//! found
//!   Ada
//! not found
//!   {}    HTTP status client error (404 Not Found) for url ([..])
//!   {:#}  HTTP status client error (404 Not Found) for url ([..])
//!   is_status: the server said 404
//! broken
//!   {}    error decoding response body for url ([..])
//!   {:#}  error decoding [..]: EOF while parsing a string at line 1 column 12
//!   is_decode: what came is no user
//! refused
//!   {}    error sending request for url ([..])
//!   {:#}  error sending [..]: client error (Connect): tcp connect error: [..]
//!   is_connect: no server was reached
//! silent
//!   {}    error sending request for url ([..])            # 300 ms
//!   {:#}  error sending [..]: operation timed out
//!   is_timeout: no answer in time
//! ```
//!
//! Copy it with
//! `cargo add reqwest --no-default-features -F json,rustls-no-provider`,
//! `cargo add rustls --no-default-features -F ring`,
//! `cargo add serde -F derive`, `cargo add axum anyhow` and
//! `cargo add tokio -F macros,net,rt-multi-thread`.

use std::future::pending;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use reqwest::Client;
use serde::Deserialize;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = serve_users().await?;
    let nobody = "http://127.0.0.1:9";
    let client = client()?;

    for (case, url) in [
        ("found", format!("{server}/found")),
        ("not found", format!("{server}/missing")),
        ("broken", format!("{server}/broken")),
        ("refused", nobody.to_string()),
        ("silent", format!("{server}/silent")),
    ] {
        println!("{case}");
        match fetch_user(&client, &url).await {
            Ok(user) => println!("  {}", user.name),
            Err(error) => {
                println!("  {{}}    {error}");
                println!("  {{:#}}  {error:#}");
                println!("  {}", kind(&error));
            }
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct User {
    name: String,
}

async fn fetch_user(client: &Client, url: &str) -> anyhow::Result<User> {
    // Before `json`: a 404 would fail there, for want of the field `name`.
    let response = client.get(url).send().await?.error_for_status()?;
    Ok(response.json().await?)
}

fn kind(error: &anyhow::Error) -> String {
    let Some(error) = error.downcast_ref::<reqwest::Error>() else {
        return "not from reqwest".into();
    };
    // Asked first, since connecting and reading the body can time out as well.
    if error.is_timeout() {
        "is_timeout: no answer in time".into()
    } else if error.is_connect() {
        "is_connect: no server was reached".into()
    } else if error.is_decode() {
        "is_decode: what came is no user".into()
    } else if let Some(status) = error.status() {
        format!("is_status: the server said {}", status.as_u16())
    } else {
        "another kind".into()
    }
}

fn client() -> reqwest::Result<Client> {
    // reqwest's own choice, aws-lc, takes longer to build than all the rest. An
    // error would say that another one is installed, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(Duration::from_millis(300))
        .build()
}

async fn serve_users() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let users = Router::new()
        .route("/found", get(|| async { r#"{"name":"Ada"}"# }))
        .route("/broken", get(|| async { r#"{"name":"Ada"# }))
        .route("/silent", get(pending::<StatusCode>));
    tokio::spawn(axum::serve(listener, users).into_future());
    Ok(url)
}
