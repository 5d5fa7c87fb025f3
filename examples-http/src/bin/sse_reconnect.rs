//! Reconnect to a stream of server-sent events with `Last-Event-ID`.
//!
//! The server ends the response after every third event. A restart or a proxy
//! may end it at any time. `broken` simply asks again, and gets the first
//! events twice. `follow` tells the server the id of the last event that it has
//! seen, and the stream continues where it stopped. Before it connects again,
//! it waits as long as the server has asked for, here 100 ms. The `EventSource`
//! of a browser does the same.
//!
//! ```console
//! $ cargo run -p examples-http --bin sse_reconnect
//! broken: order 1, order 2, order 3, order 1, order 2, order 3
//! follow: order 1, order 2, order 3, order 4, order 5, order 6    # 100 ms
//! ```
//!
//! The part to reuse starts at `follow`. If the stream is one answer to one
//! request, see `sse_client`.
//!
//! Copy it with
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
    let url = serve().await?;
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

async fn serve() -> io::Result<String> {
    let app = Router::new().route("/", get(orders));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

/// Sends three orders, from the one after `Last-Event-ID` on.
async fn orders(headers: HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let id = headers.get("last-event-id");
    let id: Option<u32> = id.and_then(|id| id.to_str().ok()?.parse().ok());
    let last = id.unwrap_or(0);
    Sse::new(tokio_stream::iter(last + 1..=last + 3).map(|id| {
        let event = Event::default().id(id.to_string());
        let event = event.retry(Duration::from_millis(100));
        Ok(event.data(format!("order {id}")))
    }))
}

/// Gives up after 60 s without data. `.timeout(..)` would cut long answers off.
fn streaming_client() -> reqwest::Result<Client> {
    // reqwest needs a crypto provider; an error means that it has one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .read_timeout(Duration::from_secs(60))
        .build()
}

/// Passes on the data of all events, and reconnects as often as needed. After
/// the receiver is dropped, it stops at the next event or before it reconnects.
async fn follow(client: Client, url: String, events: mpsc::Sender<String>) {
    let mut last_id = String::new();
    let mut delay = Duration::from_secs(3);
    while !events.is_closed() {
        match connect(&client, &url, &last_id).await {
            Ok(mut connection) => {
                while let Some(Ok(event)) = connection.next().await {
                    last_id = event.id.unwrap_or(last_id);
                    if let Some(milliseconds) = event.retry {
                        delay = Duration::from_millis(milliseconds.clamp(100, 60_000));
                    }
                    if let Some(data) = event.data
                        && events.send(data).await.is_err()
                    {
                        return;
                    }
                }
            }
            Err(error) => eprintln!("cannot connect: {error}"),
        }
        sleep(delay).await;
    }
}

type Connection = SseStream<BoxBody<Bytes, io::Error>>;

async fn connect(client: &Client, url: &str, last_id: &str) -> reqwest::Result<Connection> {
    let request = client.get(url).header("last-event-id", last_id);
    let response = request.send().await?.error_for_status()?;
    // An event without an end would fill the memory: connect again after 10 MB.
    let body = Limited::new(reqwest::Body::from(response), 10_000_000);
    let body = body.map_err(io::Error::other).boxed();
    Ok(SseStream::new(body))
}
