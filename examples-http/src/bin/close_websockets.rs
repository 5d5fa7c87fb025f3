//! Close the WebSockets of an `axum` server before it stops.
//!
//! A server is stopped while a client waits for messages. With `broken`, the
//! client learns nothing. A WebSocket begins as a request. After the upgrade,
//! `axum` (0.8) does not track the socket, so it does not wait for it or close
//! it. The task of `fixed` watches a `CancellationToken` and sends a close
//! frame, which says why a socket closes: 1001 means "going away". A
//! `TaskTracker` counts these tasks, and the server waits for them.
//!
//! ```console
//! $ cargo run -p examples-http --bin close_websockets
//! broken: the server has stopped, the client waits     # 200 ms
//! fixed: closed, the server restarts (1001)
//! ```
//!
//! For streams of events, which keep the server from stopping, see `shutdown`.
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
        server.await??;
        let message = timeout(Duration::from_millis(200), socket.next()).await;
        match message {
            Ok(Some(Ok(Message::Close(Some(reason))))) => println!("{path}: closed, {reason}"),
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
        // A WebSocket starts with `GET` in HTTP/1.1, with `CONNECT` in HTTP/2.
        .route("/broken", any(broken))
        .route("/fixed", any(fixed))
        .with_state((stop.clone(), sockets.clone()));
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await?;
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
                let goodbye = ws::Message::Close(Some(ws::CloseFrame {
                    code: ws::close_code::AWAY,
                    reason: "the server restarts".into(),
                }));
                // A client that does not read must not hold the server up.
                let _ = timeout(Duration::from_secs(1), socket.send(goodbye)).await;
            }
        }
        // Naming `counted` moves it into this task. It counts until here.
        drop(counted);
    })
}

async fn echo(socket: &mut WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
