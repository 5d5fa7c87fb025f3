//! Accepts connections, and stops without leaving a request unanswered.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
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
use tokio::sync::Semaphore;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Each connection holds a permit. Further clients wait in the backlog.
static PERMITS: Semaphore = Semaphore::const_new(4096);
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

#[derive(Clone)]
struct Server {
    app: Router,
    connections: TaskTracker,
    /// When it is canceled, answers begin to say `connection: close`.
    goodbye: CancellationToken,
    /// When it is canceled, each connection closes after its request.
    close: CancellationToken,
}

/// Serves until `goodbye` is canceled, and then for as long as clients need, or
/// until `cut` is canceled. Returns how many connections have to be cut.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    goodbye: CancellationToken,
    cut: CancellationToken,
) -> usize {
    let server = Server {
        app,
        connections: TaskTracker::new(),
        goodbye,
        close: CancellationToken::new(),
    };
    tokio::select! {
        () = accept_loop(&listener, &server) => {}
        () = server.goodbye.cancelled() => {}
    }

    // `wait` returns when the tracker is closed and all its tasks are done.
    server.connections.close();
    tokio::select! {
        () = accept_loop(&listener, &server) => {}
        () = server.connections.wait() => {}
        () = sleep(GOODBYE_TIME) => {}
        () = cut.cancelled() => {}
    }

    // Closing the listener would reset the clients in the backlog. So accept
    // them first: with a timeout of zero, the loop stops when it has to wait.
    // `unconstrained` keeps Tokio from interrupting it before that.
    let backlog = unconstrained(accept_loop(&listener, &server));
    let _ = timeout(Duration::ZERO, backlog).await;
    drop(listener);

    server.close.cancel();
    tokio::select! {
        () = server.connections.wait() => {}
        () = sleep(DRAIN_TIMEOUT) => {}
        () = cut.cancelled() => {}
    }
    server.connections.len()
}

/// Accepts connections, and serves each one in a task of its own.
async fn accept_loop(listener: &TcpListener, server: &Server) {
    let mut quiet_until = Instant::now();
    loop {
        let permit = PERMITS.acquire().await.expect("nothing closes it");
        match listener.accept().await {
            Ok((stream, peer)) => {
                let one = serve_one(stream, peer, server.clone());
                server.connections.spawn(async move {
                    one.await;
                    drop(permit);
                });
            }
            Err(error) => {
                // "Too many open files" lasts until a connection closes.
                if quiet_until <= Instant::now() {
                    tracing::warn!("cannot accept: {error}");
                    quiet_until = Instant::now() + Duration::from_secs(60);
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_one(stream: TcpStream, peer: SocketAddr, server: Server) {
    let accepted = Instant::now();
    // Send short answers immediately; a closed connection is reported below.
    let _ = stream.set_nodelay(true);
    let mut stream = pin!(TimeoutWriter::new(stream));
    stream.as_mut().set_timeout_pinned(Some(WRITE_TIMEOUT));
    let answer = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let (app, goodbye) = (server.app.clone(), server.goodbye.clone());
        async move {
            let mut response = app.oneshot(request.map(Body::new)).await?;
            if goodbye.is_cancelled() {
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
        server.close.cancelled().await;
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
