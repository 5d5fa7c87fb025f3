//! Stream a download to a file with `reqwest`, up to a size limit.
//!
//! Of four downloads, one succeeds. `chunk` returns the body in pieces as they
//! arrive, so memory never holds the whole page. A page that never ends fails
//! at the size limit. One that stops in the middle fails at the client's
//! timeout. If a body fails for any reason, `reqwest` reports a decoding error.
//! A temporary file gets its real name only when it is complete, so a failed
//! download leaves no file. (A killed program may leave the temporary one.)
//!
//! ```console
//! $ cargo run -p examples-http --bin fetch_to_disk
//! /page: saved 14000 bytes
//! /missing: HTTP status client error (404 Not Found) for url ([..])
//! /endless: the page is larger than 1000000 bytes
//! /stalled: error decoding response body: [..]: operation timed out  # 1 s
//! files: ["page"]
//! ```
//!
//! If a page may take long to arrive, give the client a `read_timeout` and a
//! longer `timeout`: see `timeouts`. To keep the permissions of an old file,
//! and to survive a system crash, see `atomic_write` in examples-io.
//!
//! The part to reuse starts at `fetch_to_disk`. Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,net,rt-multi-thread
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add futures --no-default-features
//! cargo add anyhow axum tempfile
//! ```

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures::{StreamExt, stream};
use reqwest::Client;
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// A piece of a page. It is an `Ok`, since `from_stream` takes `Result`s.
const CHUNK: Result<&[u8], Infallible> = Ok(&[b'.'; 14_000]);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = serve_pages().await?;
    let client = local_client()?;
    let folder = tempfile::tempdir()?;

    for name in ["page", "missing", "endless", "stalled"] {
        let url = format!("{server}/{name}");
        match fetch_to_disk(&client, &url, &folder.path().join(name)).await {
            Ok(size) => println!("/{name}: saved {size} bytes"),
            Err(error) => println!("/{name}: {error:#}"),
        }
    }

    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        files.push(entry?.file_name());
    }
    println!("files: {files:?}");
    Ok(())
}

/// Serves three pages and returns the URL of the server.
async fn serve_pages() -> io::Result<String> {
    let app = Router::new()
        .route("/page", get(async || CHUNK))
        .route("/endless", get(endless))
        .route("/stalled", get(stalled));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn endless() -> Body {
    Body::from_stream(stream::repeat(CHUNK))
}

async fn stalled() -> Body {
    Body::from_stream(stream::iter([CHUNK]).chain(stream::pending()))
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

/// Saves a page as `path` and returns its size. An old file is replaced. On
/// Unix, only the user who runs the program may read the new one.
///
/// The client must have a timeout, or this may wait forever. To take the name
/// of the file from the URL, see `file_name` in `download`: it refuses `..`.
async fn fetch_to_disk(client: &Client, url: &str, path: &Path) -> anyhow::Result<usize> {
    const MAX_SIZE: usize = 1_000_000;

    let mut response = client.get(url).send().await?.error_for_status()?;
    // A rename cannot move a file to another disk, so use the folder of `path`.
    // (Only `/` and the empty path have none.)
    let folder = path.parent().context("the path has no folder")?;
    // Dropping `temporary_path` deletes the file, even if this future is
    // canceled. Creating and renaming a file blocks the thread briefly.
    let (file, temporary_path) = NamedTempFile::new_in(folder)?.into_parts();
    let mut file = File::from_std(file);
    let mut size = 0;
    while let Some(chunk) = response.chunk().await? {
        size += chunk.len();
        ensure!(size <= MAX_SIZE, "the page is larger than {MAX_SIZE} bytes");
        file.write_all(&chunk).await?;
    }
    // Without `flush`, the last write may still be pending and its error lost.
    file.flush().await?;
    temporary_path.persist(path)?;
    Ok(size)
}
