//! Download a page with `reqwest` and print its size.
//!
//! Without an argument, the program serves the page itself. A 404 has a body
//! too. Without `error_for_status`, it would count as a download. `bytes`
//! returns the page as it was sent. `text` would turn it into UTF-8 first,
//! which can change its size. The last call fails: nothing listens on port 9.
//!
//! ```console
//! $ cargo run -p examples-http --bin fetch
//! Downloaded 1400 bytes
//! $ cargo run -p examples-http --bin hello &
//! Server running on http://127.0.0.1:3000
//! $ cargo run -p examples-http --bin fetch http://127.0.0.1:3000/
//! Downloaded 27 bytes
//! $ cargo run -p examples-http --bin fetch http://127.0.0.1:3000/a
//! Error: HTTP status client error (404 Not Found) for url (http://127.0.0.1:3000/a)
//! # exit 1
//! $ kill -INT %1
//! $ cargo run -p examples-http --bin fetch http://127.0.0.1:9/
//! Error: error sending request for url (http://127.0.0.1:9/): client error (Connect): tcp connect error: [..]
//! # exit 1
//! ```
//!
//! The whole page is held in memory, even a huge one. To write it to a file,
//! with a limit, see `fetch_to_disk`. If a server sends little by little, a
//! page may take hours. To limit the time of the whole request, see `timeouts`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add anyhow axum
//! ```

use std::time::Duration;
use std::{env, io};

use anyhow::bail;
use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use reqwest::Client;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (client, url) = match env::args().nth(1) {
        Some(url) => (client()?, url),
        None => (local_client()?, serve_page().await?),
    };

    match fetch_url(&client, &url).await {
        Ok(page) => println!("Downloaded {} bytes", page.len()),
        // With `?`, each cause would be printed on a line of its own.
        Err(error) => bail!("{error:#}"),
    }
    Ok(())
}

async fn fetch_url(client: &Client, url: &str) -> anyhow::Result<Bytes> {
    let response = client.get(url).send().await?.error_for_status()?;
    Ok(response.bytes().await?)
}

/// Serves "café " 280 times in Latin-1, 5 bytes each. Returns the page's URL.
async fn serve_page() -> io::Result<String> {
    let app = Router::new().route("/", get(async || b"caf\xe9 ".repeat(280)));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    // `.await` would call `into_future` by itself. `spawn` does not.
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

/// A client for any URL, with timeouts: by default there are none. TLS needs
/// the package `ca-certificates` in a minimal container.
fn client() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library; its default, aws-lc, takes
    // long to build. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(10))
        .build()
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
