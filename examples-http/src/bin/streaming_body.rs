//! Stream a large response, and save a large request body, with `axum`.
//!
//! Two handlers send a report of 10 MB. `broken` makes all of it before it
//! sends the first byte. `report` makes the next 20 kB when the client has room
//! for more. `upload` writes the chunks of a body to a file as they arrive.
//! axum's limit of 2 MB does not apply to a `Body`, so `upload` sets limits: 12
//! MB, and 200 ms between two chunks. A failed request leaves no file.
//!
//! ```console
//! $ cargo run -p examples-http --bin streaming_body
//! /broken: 10000 kB made before the first chunk arrives
//! /report: 20 kB made before the first chunk arrives
//! upload of 10 MB: 201 Created
//! upload of 13 MB: 413 Payload Too Large
//! upload that stalls: 408 Request Timeout
//! upload that breaks off: 400 Bad Request
//! files: 1, of 10000 kB
//! ```
//!
//! To stream rows of a database, see `row_stream` in examples-advanced. To
//! limit the whole time, see `limits`. To keep all uploads, see `upload`. The
//! part to reuse starts at `upload`. Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,rt-multi-thread,time
//! cargo add tower -F util
//! cargo add futures --no-default-features
//! cargo add anyhow axum tempfile
//! ```

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use std::{fs, io};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use futures::{Stream, StreamExt, stream};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let app = Router::new()
        .route("/broken", get(broken))
        .route("/report", get(report))
        .route("/upload", post(upload))
        .with_state(folder.path().to_path_buf());

    for path in ["/broken", "/report"] {
        let request = Request::get(path).body(Body::empty())?;
        let response = app.clone().oneshot(request).await?;
        let mut chunks = response.into_body().into_data_stream();
        chunks.next().await.transpose()?;
        let made = MADE.swap(0, Relaxed) / 1000;
        println!("{path}: {made} kB made before the first chunk arrives");
    }

    let stalls = pages(1).chain(stream::pending());
    // The body of a client that leaves ends in such an error.
    let breaks_off = pages(1).chain(stream::iter([Err(io::ErrorKind::ConnectionReset.into())]));
    for (what, body) in [
        ("of 10 MB", Body::from_stream(pages(500))),
        ("of 13 MB", Body::from_stream(pages(650))),
        ("that stalls", Body::from_stream(stalls)),
        ("that breaks off", Body::from_stream(breaks_off)),
    ] {
        let request = Request::post("/upload").body(body)?;
        let status = app.clone().oneshot(request).await?.status();
        println!("upload {what}: {status}");
    }

    let size = fs::metadata(folder.path().join("report"))?.len() / 1000;
    let count = fs::read_dir(&folder)?.count();
    println!("files: {count}, of {size} kB");
    Ok(())
}

async fn broken() -> String {
    (0..500).map(page).collect()
}

async fn report() -> Body {
    Body::from_stream(pages(500))
}

/// Makes each page when the one before it has been taken.
fn pages(count: u32) -> impl Stream<Item = io::Result<String>> {
    stream::iter(0..count).map(|number| Ok(page(number)))
}

/// Makes a thousand lines of the report, each of 20 bytes.
fn page(number: u32) -> String {
    let orders = number * 1000..(number + 1) * 1000;
    let orders: Vec<String> = orders.map(|id| format!("order {id:>13}\n")).collect();
    MADE.fetch_add(20 * orders.len(), Relaxed);
    orders.concat()
}

static MADE: AtomicUsize = AtomicUsize::new(0);

async fn upload(State(folder): State<PathBuf>, body: Body) -> Result<StatusCode, StatusCode> {
    const MAX_SIZE: usize = 12_000_000;
    // This is short for the demonstration. A service allows 10 s or more.
    const MAX_PAUSE: Duration = Duration::from_millis(200);

    // If this fails or the client leaves, `temporary` is dropped and deleted.
    let temporary = NamedTempFile::new_in(&folder).map_err(internal)?;
    let mut file = File::from_std(temporary.reopen().map_err(internal)?);
    let mut chunks = body.into_data_stream();
    let mut size = 0;
    let too_slow = |_| StatusCode::REQUEST_TIMEOUT;
    while let Some(chunk) = timeout(MAX_PAUSE, chunks.next()).await.map_err(too_slow)? {
        let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
        size += chunk.len();
        if size > MAX_SIZE {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        file.write_all(&chunk).await.map_err(internal)?;
    }
    // `flush` waits for tokio's last write, and `sync_all` for the disk.
    file.flush().await.map_err(internal)?;
    file.sync_all().await.map_err(internal)?;
    // This replaces the report of an earlier upload.
    temporary.persist(folder.join("report")).map_err(internal)?;
    Ok(StatusCode::CREATED)
}

fn internal(error: impl Display) -> StatusCode {
    eprintln!("cannot save an upload: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}
