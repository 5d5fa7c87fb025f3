//! Serve a folder, and nothing outside of it, with `ServeDir` of `tower-http`.
//!
//! `ServeDir` sends files and parts of them (ranges), and answers 304 if a file
//! has not changed since a date (`-z`). This example adds:
//!
//! - a 404 for hidden files, such as `.env`, and for links that lead out of the
//!   folder: `ServeDir` itself would serve both, and refuses only `..` (`curl`
//!   sends it with `--path-as-is`);
//! - a year of caching for `/assets/`: a file there must get another name when
//!   it changes; browsers check any other file with the server first;
//! - on Ctrl-C or SIGTERM, 3 s for requests in progress; a second signal exits
//!   immediately.
//!
//! ```console
//! $ cargo run -p examples-http --bin static_files &
//! Server running on http://127.0.0.1:3000
//! $ curl -s 127.0.0.1:3000/
//! <h1>Hello</h1>
//! $ curl -s -r 2-5 -w ' %{http_code} %header{content-range}\n' 127.0.0.1:3000/digits.txt
//! 2345 206 bytes 2-5/10
//! $ curl -so /dev/null -w '%{http_code} %header{cache-control}\n' 127.0.0.1:3000/
//! 200 no-cache
//! $ curl -so /dev/null -w '%{http_code} %header{cache-control}\n' 127.0.0.1:3000/assets/app-3f9a.js
//! 200 public, max-age=31536000, immutable
//! $ curl -so /dev/null -w '%{http_code} %header{cache-control}\n' 127.0.0.1:3000/ -z '1 jan 2030'
//! 304 no-cache
//! $ curl -so /dev/null -w '%{http_code}\n' --path-as-is 127.0.0.1:3000/../secret.txt
//! 404
//! $ curl -so /dev/null -w '%{http_code}\n' 127.0.0.1:3000/link-to-secret.txt
//! 404
//! $ curl -so /dev/null -w '%{http_code}\n' 127.0.0.1:3000/.env
//! 404
//! $ kill -INT %1
//! stopped: all requests were answered
//! ```
//!
//! The arguments are the address and the folder to serve. To limit connections
//! and slow clients, see `hello_server`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,macros,net,rt-multi-thread,signal,time
//! cargo add tower-http -F fs
//! cargo add anyhow axum percent-encoding tempfile tokio-util
//! ```

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, anyhow};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower_http::services::ServeDir;

const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or("127.0.0.1:3000".into());
    // From here on, a signal does not kill the program. So `main` reaches its
    // end, and drops `demo`, which deletes the folder.
    let mut stop = StopSignals::new()?;
    let demo = tempfile::tempdir()?;
    let folder = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => create_demo(&demo)?,
    };
    let folder = fs::canonicalize(&folder).with_context(|| folder.display().to_string())?;
    let app = Router::new()
        .fallback_service(ServeDir::new(&folder))
        .layer(from_fn_with_state(Arc::from(folder), guard));

    let listener = listen(&address).await?;
    println!("Server running on http://{}", listener.local_addr()?);
    // After `cancel`, the server accepts nothing more, and answers the requests
    // in progress.
    let draining = CancellationToken::new();
    let server =
        axum::serve(listener, app).with_graceful_shutdown(draining.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());
    stop.recv().await;
    draining.cancel();
    let stopped = tokio::select! {
        served = server => {
            served??;
            "all requests were answered"
        }
        () = sleep(DRAIN_TIMEOUT) => "open connections were closed",
        () = stop.recv() => "open connections were closed",
    };
    log(&format!("stopped: {stopped}"));
    Ok(())
}

/// A folder `public`, with a secret beside it.
fn create_demo(demo: &TempDir) -> io::Result<PathBuf> {
    let public = demo.path().join("public");
    fs::create_dir_all(public.join("assets"))?;
    fs::write(demo.path().join("secret.txt"), "secret")?;
    fs::write(public.join("index.html"), "<h1>Hello</h1>\n")?;
    fs::write(public.join("digits.txt"), "0123456789")?;
    fs::write(public.join("assets/app-3f9a.js"), "hello();")?;
    fs::write(public.join(".env"), "KEY=secret")?;
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret.txt", public.join("link-to-secret.txt"))?;
    Ok(public)
}

async fn guard(State(folder): State<Arc<Path>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let decoded = percent_decode_str(&path).decode_utf8_lossy();
    let mut names = decoded.split(['/', '\\']);
    // `.well-known` is public: certificate authorities read it.
    let is_hidden = names.any(|name| name.starts_with('.') && name != ".well-known");
    // With a `/` in front, `join` would replace the folder.
    let mut file = folder.join(decoded.trim_start_matches('/'));
    if decoded.ends_with('/') {
        // `ServeDir` adds this name, too. The file may be a link.
        file.push("index.html");
    }
    // If there is no such file, this is the empty path, which is not in the
    // folder. Then the answer is 404.
    let file = tokio::fs::canonicalize(file).await.unwrap_or_default();
    if is_hidden || !file.starts_with(&folder) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = next.run(request).await;
    let cache = if path.starts_with("/assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let status = response.status();
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        let cache = HeaderValue::from_static(cache);
        response.headers_mut().insert(CACHE_CONTROL, cache);
    }
    response
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give another address as an argument")
    })
}

/// Ctrl-C and SIGTERM, caught from `new` on: a signal that comes right after
/// the first line of output is not lost.
#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct StopSignals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn recv(&mut self) {
        self.0.recv().await;
    }
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}
