//! Reconnect to a stream of server-sent events with `Last-Event-ID`.
//!
//! The server ends each response after three events. A restart or a proxy may
//! end it at any time. `broken` simply asks again, and gets the first events
//! twice. `follow` sends the id of its last event, and the stream continues
//! there. Before it connects again, it waits as long as the server has asked
//! for, here 100 ms. It gives up if the server refuses the request, for example
//! with 404. The `EventSource` of a browser also gives up after a 503.
//!
//! ```console
//! $ cargo run -p examples-http --bin sse_reconnect
//! broken: order 1, order 2, order 3, order 1, order 2, order 3
//! follow: order 1, order 2, order 3, order 4, order 5, order 6    # 100 ms
//! ```
//!
//! If the stream is the answer to one request, see `sse_client`. The part to
//! reuse starts at `follow`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,sync,time
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add sse-stream tokio-stream --no-default-features
//! cargo add anyhow axum http-body-util
//! ```

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Limited};
use reqwest::Client;
use sse_stream::SseStream;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let app = Router::new().route("/", get(orders));
    tokio::spawn(axum::serve(listener, app).into_future());
    let client = streaming_client()?;
    println!("broken: {}", broken(&client, &url).await?.join(", "));
    let (sender, receiver) = mpsc::channel(10);
    tokio::spawn(follow(client, url, sender));
    let orders: Vec<String> = ReceiverStream::new(receiver).take(6).collect().await;
    println!("follow: {}", orders.join(", "));
    Ok(())
}

async fn broken(client: &Client, url: &str) -> anyhow::Result<Vec<String>> {
    let mut orders = Vec::new();
    for _ in 0..2 {
        let response = client.get(url).send().await?.error_for_status()?;
        let mut events = SseStream::new(reqwest::Body::from(response));
        while let Some(event) = events.next().await {
            orders.extend(event?.data);
        }
    }
    Ok(orders)
}

/// Sends three orders, from the one after `Last-Event-ID` on.
async fn orders(headers: HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let id = headers.get("last-event-id");
    let id: Option<u32> = id.and_then(|id| id.to_str().ok()?.parse().ok());
    let next = id.unwrap_or(0).saturating_add(1);
    Sse::new(tokio_stream::iter(next..next.saturating_add(3)).map(|id| {
        let event = Event::default().retry(Duration::from_millis(100));
        Ok(event.id(id.to_string()).data(format!("order {id}")))
    }))
}

/// A client for this example's own server: no proxy, no certificates. It gives
/// up after 60 s without data; `.timeout(..)` would cut long answers off.
fn streaming_client() -> reqwest::Result<Client> {
    // reqwest needs a crypto provider. An error means that one is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .read_timeout(Duration::from_secs(60))
        .build()
}

/// Passes on the data of all events, and reconnects as often as needed. If the
/// receiver is dropped, it stops at the next event or before it reconnects.
/// Without a `read_timeout`, it would wait for a silent server forever.
async fn follow(client: Client, url: String, events: mpsc::Sender<String>) {
    let mut last_id = String::new();
    let mut delay = Duration::from_secs(3);
    while !events.is_closed() {
        match connect(&client, &url, &last_id).await {
            Ok(mut connection) => {
                while let Some(Ok(event)) = connection.next().await {
                    last_id = event.id.unwrap_or(last_id);
                    if let Some(milliseconds) = event.retry {
                        // Neither flood the server nor wait for hours.
                        delay = Duration::from_millis(milliseconds.clamp(100, 60_000));
                    }
                    if let Some(data) = event.data
                        && events.send(data).await.is_err()
                    {
                        return;
                    }
                }
            }
            Err(error) if error.status().is_some_and(|it| it.is_client_error()) => {
                eprintln!("refused: {error}");
                return;
            }
            Err(error) => eprintln!("cannot connect: {error}"),
        }
        sleep(delay).await;
    }
}

type Connection = SseStream<BoxBody<Bytes, io::Error>>;

async fn connect(client: &Client, url: &str, last_id: &str) -> reqwest::Result<Connection> {
    let mut request = client.get(url);
    if !last_id.is_empty() {
        request = request.header("last-event-id", last_id);
    }
    let response = request.send().await?.error_for_status()?;
    // An event without an end would fill the memory: connect again after 10 MB.
    let body = Limited::new(reqwest::Body::from(response), 10_000_000);
    let body = body.map_err(io::Error::other).boxed();
    Ok(SseStream::new(body))
}
