//! Accepts connections, and stops without leaving a request unanswered.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Further clients wait in the backlog.
const MAX_CONNECTIONS: usize = 4096;
/// How long a client may take to send a request's header, or to send nothing.
/// `axum::serve` has no such limit.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// The most of a header that a connection may hold in memory.
const MAX_HEADER: usize = 16 * 1024;
/// How long a client may leave its answer unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long answers say `connection: close` before connections are closed: an
/// idle client might be sending just then.
const GOODBYE_TIME: Duration = Duration::from_secs(1);
/// How long requests in progress may take after that.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(15);

/// The address of the client; each request carries it.
#[derive(Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Serves until `goodbye` is canceled, and then for as long as clients need, or
/// until `cut` is canceled. Returns how many connections had to be cut.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    goodbye: CancellationToken,
    cut: CancellationToken,
) -> io::Result<usize> {
    // Asked for each answer, which is cheaper than with a token.
    let leaving = Arc::new(AtomicBool::new(false));
    let close = CancellationToken::new();
    let serve = |stream, peer| serve_one(stream, peer, app.clone(), leaving.clone(), close.clone());
    let mut connections = JoinSet::new();
    let mut quiet_until = Instant::now();
    let mut end = pin!(async {
        goodbye.cancelled().await;
        leaving.store(true, Ordering::Relaxed);
        cut.run_until_cancelled(sleep(GOODBYE_TIME)).await;
    });
    loop {
        tokio::select! {
            (stream, peer) = accept_quietly(&listener, &mut quiet_until),
                if connections.len() < MAX_CONNECTIONS =>
            {
                connections.spawn(serve(stream, peer));
            }
            Some(ended) = connections.join_next() => warn_of_panic(ended),
            () = &mut end => break,
            () = goodbye.cancelled(), if connections.is_empty() => break,
        }
    }

    // Also serve clients that the kernel has accepted meanwhile.
    let backlog = listener.into_std()?;
    while connections.len() < MAX_CONNECTIONS
        && let Ok((stream, peer)) = backlog.accept()
    {
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream)?;
        connections.spawn(serve(stream, peer));
    }
    drop(backlog);
    close.cancel();
    let drained = async { while connections.join_next().await.is_some() {} };
    // Connections that are left after this time are counted and cut.
    let _ = timeout(DRAIN_TIMEOUT, cut.run_until_cancelled(drained)).await;
    // Connections that have just ended need not be cut.
    while connections.try_join_next().is_some() {}
    let left = connections.len();
    connections.shutdown().await;
    Ok(left)
}

/// Accepts the next connection. An error such as "too many open files" lasts
/// until a connection closes: log it once a minute, and wait before the next
/// try.
async fn accept_quietly(
    listener: &TcpListener,
    quiet_until: &mut Instant,
) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if *quiet_until <= Instant::now() => {
                tracing::warn!("cannot accept: {error}");
                *quiet_until = Instant::now() + Duration::from_secs(60);
            }
            Err(_) => {}
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// A panic in one task must not take down the others.
fn warn_of_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::warn!("a connection's task failed: {error}");
    }
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    leaving: Arc<AtomicBool>,
    close: CancellationToken,
) {
    let accepted = Instant::now();
    // Send short answers immediately; a closed connection is reported below.
    let _ = stream.set_nodelay(true);
    let mut stream = pin!(TimeoutWriter::new(stream));
    stream.as_mut().set_timeout_pinned(Some(WRITE_TIMEOUT));
    let answer = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let (app, leaving) = (app.clone(), leaving.clone());
        async move {
            let mut response = app.oneshot(request.map(Body::new)).await?;
            if leaving.load(Ordering::Relaxed) {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
    let end = async {
        close.cancelled().await;
        // A new connection gets this time for its first request.
        sleep_until(accepted + GOODBYE_TIME).await;
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = end => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "the connection ended early");
    }
}
