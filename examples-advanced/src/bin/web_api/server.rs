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
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Further clients wait in the backlog, unaccepted.
const MAX_CONNECTIONS: usize = 4096;
/// How long a client may take to send a request's header, or to send nothing.
/// `axum::serve` has no such limit.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// How long a client may take none of its answer.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// How long clients are told to go away before connections are closed: those
/// that are idle might be sending just then.
const GOODBYE_TIME: Duration = Duration::from_secs(1);
/// How long requests under way may take after that.
const DRAIN_TIME: Duration = Duration::from_secs(15);

/// Who is at the other end; put into each request.
#[derive(Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Serves until `goodbye` is cancelled, and then for as long as clients need,
/// or until `cut` is. Returns how many connections had to be cut.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    goodbye: CancellationToken,
    cut: CancellationToken,
) -> io::Result<usize> {
    // Cheaper to ask than a token, for each answer.
    let leaving = Arc::new(AtomicBool::new(false));
    let close = CancellationToken::new();
    let serve = |stream, peer| serve_one(stream, peer, app.clone(), leaving.clone(), close.clone());
    let mut connections = JoinSet::new();
    let mut end = pin!(async {
        goodbye.cancelled().await;
        leaving.store(true, Ordering::Relaxed);
        cut.run_until_cancelled(sleep(GOODBYE_TIME)).await;
    });
    loop {
        tokio::select! {
            // In this order: who waits in the backlog is served first.
            biased;
            accepted = listener.accept(),
                if connections.len() < MAX_CONNECTIONS =>
            match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept for now");
                    // It stays until a connection ends: do not spin.
                    sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = &mut end => break,
            () = goodbye.cancelled(), if connections.is_empty() => break,
        }
    }

    // Whom the kernel has let in meanwhile is served too.
    let listener = listener.into_std()?;
    while let Ok((stream, peer)) = listener.accept() {
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream)?;
        connections.spawn(serve(stream, peer));
    }
    drop(listener);
    close.cancel();
    let drained = async { while connections.join_next().await.is_some() {} };
    // What is left when it has elapsed is counted, and cut.
    let _ = timeout(DRAIN_TIME, cut.run_until_cancelled(drained)).await;
    // Who has just ended need not be cut.
    while connections.try_join_next().is_some() {}
    let left = connections.len();
    connections.shutdown().await;
    Ok(left)
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    leaving: Arc<AtomicBool>,
    close: CancellationToken,
) {
    let accepted = Instant::now();
    // A short answer is not held back; a connection that is gone says so below.
    let _ = stream.set_nodelay(true);
    let mut stream = pin!(TimeoutWriter::new(stream));
    stream.as_mut().set_timeout_pinned(Some(WRITE_TIME));
    let answer = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let (app, leaving) = (app.clone(), leaving.clone());
        async move {
            let mut response = app.oneshot(request).await?;
            if leaving.load(Ordering::Relaxed) {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
    let end = async {
        close.cancelled().await;
        // One that has just come is closed only if it asks for nothing.
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
