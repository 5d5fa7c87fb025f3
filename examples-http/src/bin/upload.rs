//! Upload a file as the body of a request, or in a form, and save it to disk.
//!
//! A file of 1 MB is sent as the body of a `POST`, and in a form. One byte more
//! is refused with 413, and nothing is kept. `DefaultBodyLimit` limits a
//! `Multipart` but not a `Body`, so `save` counts the bytes of both. It writes
//! each piece to the disk as it arrives, under a random name: the client's may
//! be `../../etc/passwd`.
//!
//! ```console
//! $ cargo run -p examples-http --bin upload
//! body, 1000000 bytes: 201 Created
//! form, 1000000 bytes: 201 Created
//! body, 1000001 bytes: 413 Payload Too Large
//! form, 1000001 bytes: 413 Payload Too Large
//! files saved: 2
//! ```
//!
//! For a download, see `fetch_to_disk`. To limit the whole time, see `limits`.
//! The part to reuse starts at `uploads`. Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,net,rt-multi-thread,time
//! cargo add axum -F multipart
//! cargo add reqwest --no-default-features -F multipart,rustls-no-provider,stream
//! cargo add rustls --no-default-features -F ring
//! cargo add futures --no-default-features
//! cargo add anyhow tempfile
//! ```

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use axum::routing::post;
use futures::{Stream, TryFutureExt, TryStreamExt};
use reqwest::{Client, multipart};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, uploads(folder.path())).into_future());
    let client = local_client()?;
    let report = NamedTempFile::new()?;
    for size in [MAX_FILE, MAX_FILE + 1] {
        report.as_file().set_len(size as u64)?;
        let file = File::open(report.path()).await?;
        let request = client.post(format!("{url}/body")).body(file);
        println!("body, {size} bytes: {}", request.send().await?.status());
        let form = multipart::Form::new().file("report", report.path()).await?;
        let request = client.post(format!("{url}/form")).multipart(form);
        println!("form, {size} bytes: {}", request.send().await?.status());
    }
    println!("files saved: {}", folder.path().read_dir()?.count());
    Ok(())
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

fn uploads(folder: &Path) -> Router {
    Router::new()
        // Not `put`: it must be safe to repeat, and each call makes a new file.
        .route("/body", post(save_body))
        .route("/form", post(save_form))
        // A form is larger than its file. Without this, its limit is 2 MB.
        .layer(DefaultBodyLimit::max(2 * MAX_FILE))
        .with_state(folder.to_path_buf())
}

async fn save_body(folder: State<PathBuf>, body: Body) -> Result<StatusCode, StatusCode> {
    let body = body.into_data_stream().map_err(|_| StatusCode::BAD_REQUEST);
    save(&folder, body).await
}

async fn save_form(folder: State<PathBuf>, mut form: Multipart) -> Result<StatusCode, StatusCode> {
    // These two `map_err`s are those of `TryFutureExt` and `TryStreamExt`.
    while let Some(field) = in_time(form.next_field().map_err(|error| error.status())).await? {
        if field.name() == Some("report") {
            return save(&folder, field.map_err(|error| error.status())).await;
        }
    }
    Err(StatusCode::BAD_REQUEST)
}

async fn save(
    folder: &Path,
    mut body: impl Stream<Item = Result<Bytes, StatusCode>> + Unpin,
) -> Result<StatusCode, StatusCode> {
    // If this fails or the client leaves, `temporary` is dropped and deleted.
    let temporary = NamedTempFile::with_prefix_in("upload-", folder).map_err(internal)?;
    let mut file = File::from_std(temporary.reopen().map_err(internal)?);
    let mut size = 0;
    while let Some(chunk) = in_time(body.try_next()).await? {
        size += chunk.len();
        if size > MAX_FILE {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        file.write_all(&chunk).await.map_err(internal)?;
    }
    // `flush` waits for tokio's last write, and `sync_all` for the disk.
    file.flush().await.map_err(internal)?;
    file.sync_all().await.map_err(internal)?;
    // A file without this extension is not complete: it is left from a crash.
    let path = temporary.path().with_extension("complete");
    temporary.persist_noclobber(path).map_err(internal)?;
    Ok(StatusCode::CREATED)
}

async fn in_time<T>(next: impl Future<Output = Result<T, StatusCode>>) -> Result<T, StatusCode> {
    let next = timeout(IDLE_TIMEOUT, next).await;
    next.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

fn internal(error: impl Display) -> StatusCode {
    eprintln!("cannot save an upload: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

const MAX_FILE: usize = 1_000_000;
/// How long to wait for the next piece of a file or the next field of a form.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
