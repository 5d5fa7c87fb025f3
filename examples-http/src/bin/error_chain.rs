//! Print a failed request with all its causes, and ask what kind it is.
//!
//! `{}` prints only the outermost error. In `reqwest` that is "error sending
//! request", both for a refused connection and for a timeout. The reason is
//! among its causes. `{:#}` prints them all for an `anyhow::Error`. (For a bare
//! `reqwest::Error`, `{:#}` prints the same as `{}`.) To decide whether to try
//! again, do not read the text: call `is_timeout` and the like.
//!
//! ```console
//! $ cargo run -p examples-http --bin error_chain
//! found
//!   Ada
//! not found
//!   {}    HTTP status client error (404 Not Found) for url ([..])
//!   {:#}  HTTP status client error (404 Not Found) for url ([..])
//!   is_status: 404
//! broken JSON
//!   {}    error decoding response body for url ([..])
//!   {:#}  error decoding [..]: EOF while parsing a string at line 1 column 12
//!   is_decode
//! refused
//!   {}    error sending request for url (http://127.0.0.1:9/)
//!   {:#}  error sending [..]: client error (Connect): tcp connect error: [..]
//!   is_connect
//! silent
//!   {}    error sending request for url ([..])            # 1 s
//!   {:#}  error sending [..]: operation timed out
//!   is_timeout
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

    for (case, url) in [
        ("found", format!("{server}/found")),
        ("not found", format!("{server}/missing")),
        ("broken JSON", format!("{server}/broken")),
        ("refused", "http://127.0.0.1:9/".into()),
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
    // Check the status first: a 404 would fail in `json` with "missing field".
    let response = client.get(url).send().await?.error_for_status()?;
    Ok(response.json().await?)
}

fn kind(error: &anyhow::Error) -> String {
    let Some(error) = error.downcast_ref::<reqwest::Error>() else {
        return "not from reqwest".into();
    };
    // Ask for a timeout first: `is_connect` is true of a connection that timed
    // out, `is_decode` of a body that did.
    if error.is_timeout() {
        "is_timeout".into()
    } else if error.is_connect() {
        "is_connect".into()
    } else if error.is_decode() {
        "is_decode".into()
    } else if let Some(status) = error.status() {
        format!("is_status: {}", status.as_u16())
    } else {
        "another kind".into()
    }
}

async fn serve_users() -> io::Result<String> {
    let app = Router::new()
        .route("/found", get(async || r#"{"name":"Ada"}"#))
        .route("/broken", get(async || r#"{"name":"Ada"#))
        .route("/silent", get(pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

/// A client for this example's own server: no proxy, no certificates.
fn local_client() -> reqwest::Result<Client> {
    // reqwest needs a provider even for http; an error means there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(1))
        .build()
}
