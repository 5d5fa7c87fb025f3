//! Close the WebSockets of an `axum` server before it stops.
//!
//! A client waits for messages while its server is stopped. A WebSocket begins
//! as a request, which is then upgraded. After that, `axum` (0.8) does not
//! track it. So in `broken`, the client still waits after the server has
//! stopped. The task of `fixed` watches a `CancellationToken`. It sends a
//! close frame (a last message, with the reason), and waits for the client's
//! close frame. The code 1001 means "going away". A `TaskTracker` counts these
//! tasks, and `serve` waits for them.
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
            // Read on: the next read answers the close frame of the server.
            while let Some(Ok(_)) = socket.next().await {}
            message
        };
        let client = timeout(Duration::from_millis(200), client);
        let (stopped, message) = tokio::join!(server, client);
        // The first `?` is for a panic.
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
        // A WebSocket begins with `GET`, or in HTTP/2 with `CONNECT`.
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
                // `echo` is dropped now, so `socket` can move. A client that
                // does not answer must not delay the end of the server.
                let _ = timeout(Duration::from_secs(1), close(socket)).await;
            }
        }
        // Naming `counted` moves it into this task. It counts until here.
        drop(counted);
    })
}

/// Sends a close frame and waits for that of the client: closing the
/// connection earlier may reset it, and the client would not read the reason.
async fn close(mut socket: WebSocket) {
    let goodbye = ws::Message::Close(Some(ws::CloseFrame {
        code: ws::close_code::AWAY,
        reason: "the server restarts".into(),
    }));
    // If the client has closed first, `send` fails, and `recv` sends the
    // answer to the client's close frame.
    let _ = socket.send(goodbye).await;
    while let Some(Ok(_)) = socket.recv().await {}
}

/// Stands for any use of a WebSocket.
async fn echo(socket: &mut WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
