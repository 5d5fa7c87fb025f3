//! Close the WebSockets of an `axum` server before it stops.
//!
//! A server is stopped while a client waits for messages. With `broken`, the
//! client is not told. A WebSocket begins as a request. After the upgrade,
//! `axum` (0.8) does not track the socket. The server stops without closing it.
//! The task of `fixed` watches a `CancellationToken`. It sends a close frame,
//! which says why the socket closes, and waits for the client's close frame.
//! The code 1001 means "going away". A `TaskTracker` counts these tasks, and
//! `serve` waits for them.
//!
//! ```console
//! $ cargo run -p examples-http --bin close_websockets
//! broken: the server has stopped, the client waits     # 200 ms
//! fixed: closed, the server restarts (1001)
//! ```
//!
//! For streams of events, which keep the server from stopping, see `shutdown`.
//! To limit what clients may do, see `websocket`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add tokio-util -F rt
//! cargo add axum -F ws
//! cargo add futures --no-default-features
//! cargo add anyhow tokio-tungstenite
//! ```

use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{self, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use futures::StreamExt;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    for path in ["broken", "fixed"] {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("ws://{}/{path}", listener.local_addr()?);
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, stop.clone()));
        let (mut socket, _response) = connect_async(url).await?;

        stop.cancel();
        let client = async {
            let message = socket.next().await;
            // The answer to a close frame is sent by the next read.
            while let Some(Ok(_)) = socket.next().await {}
            message
        };
        let client = timeout(Duration::from_millis(200), client);
        let (stopped, message) = tokio::join!(server, client);
        stopped??;
        match message {
            Ok(Some(Ok(Message::Close(Some(CloseFrame { code, reason }))))) => {
                println!("{path}: closed, {reason} ({code})");
            }
            Ok(_) => println!("{path}: cut off"),
            Err(_) => println!("{path}: the server has stopped, the client waits"),
        }
    }
    Ok(())
}

/// Serves until `stop`, and until the tracked WebSockets are closed.
async fn serve(listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
    let sockets = TaskTracker::new();
    let app = Router::new()
        // In HTTP/1.1 a WebSocket starts with `GET`, in HTTP/2 with `CONNECT`.
        .route("/broken", any(broken))
        .route("/fixed", any(fixed))
        .with_state((stop.clone(), sockets.clone()));
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await?;
    // `wait` returns when the tracker is closed and all its tasks are done.
    sockets.close();
    sockets.wait().await;
    Ok(())
}

async fn broken(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| echo(&mut socket).await)
}

async fn fixed(
    State((stop, sockets)): State<(CancellationToken, TaskTracker)>,
    upgrade: WebSocketUpgrade,
) -> Response {
    // Count the task now: it starts only after this handler has returned.
    let counted = sockets.token();
    upgrade.on_upgrade(async move |mut socket| {
        tokio::select! {
            () = echo(&mut socket) => {}
            () = stop.cancelled() => {
                // A client that does not answer must not hold the server up.
                let _ = timeout(Duration::from_secs(1), close(socket)).await;
            }
        }
        // Naming `counted` moves it into this task. It counts until here.
        drop(counted);
    })
}

/// Sends a close frame and waits for that of the client: closing the connection
/// earlier may reset it, and the client would not read the reason.
async fn close(mut socket: WebSocket) {
    let goodbye = ws::Message::Close(Some(ws::CloseFrame {
        code: ws::close_code::AWAY,
        reason: "the server restarts".into(),
    }));
    // It fails if the client has closed first. Then `recv` answers.
    let _ = socket.send(goodbye).await;
    while let Some(Ok(_)) = socket.recv().await {}
}

async fn echo(socket: &mut WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
