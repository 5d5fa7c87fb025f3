//! Upload a file as the body of a request, or in a form, and save it to disk.
//!
//! A file of 1 MB is sent as the body of a `PUT`, and in a multipart form, as a
//! browser does. Both sides have only a piece in memory. The server refuses a
//! file that is one byte too large with 413. `DefaultBodyLimit` limits a
//! `Multipart` but not a `Body`, so `save` counts the bytes itself. It makes up
//! a name: the name that the client sends may be `../../etc/passwd`.
//!
//! ```console
//! $ cargo run -p examples-http --bin upload
//! PUT, 1000000 bytes: 201 Created
//! form, 1000000 bytes: 201 Created
//! PUT, 1000001 bytes: 413 Payload Too Large
//! form, 1000001 bytes: 413 Payload Too Large
//! files saved: 2
//! ```
//!
//! To save a download, see `fetch_to_disk`.
//!
//! The part to reuse starts at `put_file`. Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,net,rt-multi-thread,time
//! cargo add axum -F multipart
//! cargo add reqwest --no-default-features -F multipart,rustls-no-provider,stream
//! cargo add rustls --no-default-features -F ring
//! cargo add futures --no-default-features
//! cargo add anyhow tempfile
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use axum::routing::put;
use futures::{Stream, TryStreamExt};
use reqwest::{Client, multipart};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = serve(folder.path().to_path_buf()).await?;
    let client = local_client()?;
    let report = NamedTempFile::new()?;

    for size in [MAX_FILE, MAX_FILE + 1] {
        report.as_file().set_len(size as u64)?;
        let file = File::open(report.path()).await?;
        let response = client.put(&url).body(file).send().await?;
        println!("PUT, {size} bytes: {}", response.status());

        let form = multipart::Form::new().file("report", report.path()).await?;
        let response = client.post(&url).multipart(form).send().await?;
        println!("form, {size} bytes: {}", response.status());
    }
    println!("files saved: {}", folder.path().read_dir()?.count());
    Ok(())
}

async fn serve(folder: PathBuf) -> io::Result<String> {
    let app = Router::new()
        .route("/", put(put_file).post(post_form))
        // A form is larger than its file, by headers and maybe other fields.
        .layer(DefaultBodyLimit::max(2 * MAX_FILE))
        .with_state(folder);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

/// A client for this example's own server: no proxy, no certificates.
fn local_client() -> reqwest::Result<Client> {
    // reqwest needs a crypto provider; an error means that it has one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(1))
        .build()
}

async fn put_file(folder: State<PathBuf>, body: Body) -> Result<StatusCode, StatusCode> {
    let body = body.into_data_stream().map_err(|_| StatusCode::BAD_REQUEST);
    save(&folder, body).await
}

async fn post_form(folder: State<PathBuf>, mut form: Multipart) -> Result<StatusCode, StatusCode> {
    while let Some(field) = form.next_field().await.map_err(|error| error.status())? {
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
    // When `temporary` is dropped, the file is deleted. If the client leaves,
    // `axum` drops this future, and `temporary` with it.
    let temporary = NamedTempFile::with_prefix_in("upload-", folder).map_err(internal)?;
    let mut file = File::from_std(temporary.reopen().map_err(internal)?);
    let mut size = 0;
    while let Some(chunk) = timeout(IDLE_TIMEOUT, body.try_next())
        .await
        .unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))?
    {
        size += chunk.len();
        if size > MAX_FILE {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        file.write_all(&chunk).await.map_err(internal)?;
    }
    // tokio may still be writing when `write_all` returns: wait for it.
    file.flush().await.map_err(internal)?;
    let path = temporary.path().with_extension("csv");
    let saved = temporary.persist_noclobber(path);
    saved.map_err(|error| internal(error.error))?;
    Ok(StatusCode::CREATED)
}

fn internal(error: io::Error) -> StatusCode {
    eprintln!("cannot save an upload: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

const MAX_FILE: usize = 1_000_000;
/// How long to wait for the next piece of a file.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
