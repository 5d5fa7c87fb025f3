//! Download a page to disk with `reqwest` and print its size.
//!
//! What a first version lacks. `error_for_status`: a 404 has a body too, and
//! would count as a success. Timeouts: there are none by default, and a silent
//! server is waited for without end. `chunk`: the body goes to disk as it
//! comes, so that memory stays flat, and its bytes are counted, where `text`
//! counts those of its translation to UTF-8. A limit: a body need not end. And
//! one client for all requests.
//!
//! ```console
//! $ cargo run -p examples-http --bin fetch
//! Downloaded 1400 bytes
//! $ cargo run -p examples-http --bin fetch http://127.0.0.1:9/  # exit 1
//! error sending request for url (http://127.0.0.1:9/): client error [..]
//! $ cargo run -p examples-http --bin hello_server &
//! Server running on http://127.0.0.1:3000
//! $ cargo run -q -p examples-http --bin fetch http://127.0.0.1:3000/a  # exit 1
//! HTTP status client error (404 Not Found) for url (http://127.0.0.1:3000/a)
//! $ kill -INT %1
//! stopped: nothing was left open
//! ```
//!
//! Without arguments it serves itself a page. Any URLs may be given, such as
//! `fetch https://www.rust-lang.org`. It wants the certificates that come with
//! the system, in a slim container the package `ca-certificates`.
//!
//! Copy it with `cargo add reqwest --no-default-features -F
//! rustls-no-provider`, `cargo add rustls --no-default-features -F ring`,
//! `cargo add axum anyhow` and `cargo add tokio -F
//! fs,io-util,macros,net,rt-multi-thread`.

use std::path::Path;
use std::process::{self, ExitCode};
use std::time::Duration;
use std::{env, io};

use anyhow::{Context, ensure};
use axum::Router;
use axum::routing::get;
use reqwest::Client;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// More than this is not worth its disk: 1 GiB.
const MAX_BODY: usize = 1 << 30;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut urls: Vec<String> = env::args().skip(1).collect();
    if urls.is_empty() {
        urls.push(serve_page().await?);
    }
    let client = client().context("no TLS; are there certificates?")?;
    let path = env::temp_dir().join(format!("fetch-{}", process::id()));
    let mut status = ExitCode::SUCCESS;

    for url in urls {
        let fetched = fetch_url(&client, &url, &path).await;
        // It does not exist if the server has not answered.
        let _ = fs::remove_file(&path).await;
        match fetched {
            Ok(count) => println!("Downloaded {count} bytes"),
            Err(error) => {
                eprintln!("{error:#}");
                status = ExitCode::FAILURE;
            }
        }
    }
    Ok(status)
}

fn client() -> reqwest::Result<Client> {
    // reqwest's own choice, aws-lc, takes longer to build than all the rest. An
    // error would say that another one is installed, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(10))
        .build()
}

async fn fetch_url(client: &Client, url: &str, path: &Path) -> anyhow::Result<usize> {
    let mut response = client.get(url).send().await?.error_for_status()?;
    // A file that is there already, or a link, is somebody else's.
    let file = File::create_new(path).await;
    let mut file = file.with_context(|| path.display().to_string())?;
    let mut count = 0;
    while let Some(chunk) = response.chunk().await? {
        count += chunk.len();
        ensure!(count <= MAX_BODY, "{url}: more than {MAX_BODY} bytes");
        file.write_all(&chunk).await?;
    }
    // Without it the last write may still be under way, and its error is lost.
    file.flush().await?;
    Ok(count)
}

async fn serve_page() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let page = Router::new().route("/", get(|| async { "a page ".repeat(200) }));
    tokio::spawn(axum::serve(listener, page).into_future());
    Ok(url)
}
