//! Print a `reqwest` error with all its causes, and find out its kind.
//!
//! `{}` prints only the outermost error. For a refused connection or a timeout,
//! it says only "error sending request". The reason is among the causes. For an
//! `anyhow::Error`, `{:#}` prints them all. (A 404 has no cause.) For a bare
//! `reqwest::Error`, it prints the same as `{}`. The text contains the URL: if
//! its query is secret, call `without_url`. To decide whether to try again, do
//! not read the text: call `is_timeout`, `is_connect` and so on.
//!
//! ```console
//! $ cargo run -p examples-http --bin error_chain
//! found: Ada
//! not found
//!   {}    HTTP status client error (404 Not Found) for url ([..])
//!   {:#}  HTTP status client error (404 Not Found) for url ([..])
//!   is_status
//! broken JSON
//!   {}    error decoding response body for url ([..])
//!   {:#}  error decoding [..]: EOF while parsing a string at line 1 column 12
//!   is_decode
//! no answer                                               # 1 s
//!   {}    error sending request for url ([..])
//!   {:#}  error sending [..]: operation timed out
//!   is_timeout
//! refused
//!   {}    error sending request for url (http://127.0.0.1:9/users/1)
//!   {:#}  error sending [..]: client error (Connect): tcp connect error: [..]
//!   is_connect
//! ```
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread
//! cargo add reqwest --no-default-features -F json,rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add serde -F derive
//! cargo add anyhow axum
//! ```

use std::future::pending;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use reqwest::Client;
use serde::Deserialize;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = serve_users().await?;
    let client = local_client()?;

    show("found", fetch_user(&client, &server, 1).await);
    show("not found", fetch_user(&client, &server, 2).await);
    show("broken JSON", fetch_user(&client, &server, 3).await);
    show("no answer", fetch_user(&client, &server, 4).await);
    // Nothing listens on port 9.
    let nobody = "http://127.0.0.1:9";
    show("refused", fetch_user(&client, nobody, 1).await);
    Ok(())
}

#[derive(Deserialize)]
struct User {
    name: String,
}

async fn fetch_user(client: &Client, server: &str, id: u32) -> anyhow::Result<User> {
    let url = format!("{server}/users/{id}");
    // Check the status first: the error of `json` would not name the 404.
    let response = client.get(url).send().await?.error_for_status()?;
    Ok(response.json().await?)
}

fn show(case: &str, fetched: anyhow::Result<User>) {
    match fetched {
        Ok(user) => println!("{case}: {}", user.name),
        Err(error) => {
            println!("{case}");
            println!("  {{}}    {error}");
            println!("  {{:#}}  {error:#}");
            println!("  {}", kind(&error));
        }
    }
}

/// Finds the `reqwest::Error` inside. `is_timeout` comes first: a timeout while
/// connecting is also `is_connect`, and one in the body is also `is_decode`.
fn kind(error: &anyhow::Error) -> &'static str {
    match error.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_timeout() => "is_timeout",
        Some(error) if error.is_connect() => "is_connect",
        Some(error) if error.is_decode() => "is_decode",
        Some(error) if error.is_status() => "is_status",
        _ => "another kind",
    }
}

async fn serve_users() -> io::Result<String> {
    let app = Router::new()
        .route("/users/1", get(async || r#"{"name":"Ada"}"#))
        .route("/users/3", get(async || r#"{"name":"Ada"#))
        // This handler never answers.
        .route("/users/4", get(pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
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
