//! Reconnect to a stream of server-sent events with `Last-Event-ID`.
//!
//! The server ends each response after three events, as a proxy may do.
//! `broken` asks again, and gets the first events twice. `follow` sends the id
//! of its last event, and the stream continues there. First it waits 100 ms, as
//! the server asks, and a random part, which keeps clients apart. It asks again
//! after a 503, but not after a 404, a 204 or a wrong content type.
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
//! cargo add anyhow axum fastrand http-body-util
//! ```

use std::io;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Limited};
use reqwest::{Client, header};
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
        let mut events = connect(client, url, "").await?.context("no events")?;
        while let Some(event) = events.next().await {
            orders.extend(event?.data);
        }
    }
    Ok(orders)
}

/// Sends three orders, from the one after `Last-Event-ID` on.
async fn orders(headers: HeaderMap) -> Sse<impl Stream<Item = io::Result<Event>>> {
    let id = headers.get("last-event-id");
    let last: Option<usize> = id.and_then(|id| id.to_str().ok()?.parse().ok());
    let next = (1..1000).skip(last.unwrap_or(0)).take(3);
    Sse::new(tokio_stream::iter(next).map(|id| {
        let event = Event::default().retry(Duration::from_millis(100));
        Ok(event.id(id.to_string()).data(format!("order {id}")))
    }))
}

/// A client for this example's own server needs no proxy and no certificates.
/// It gives up after 60 s without data; `.timeout(..)` would cut long answers.
fn streaming_client() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .read_timeout(Duration::from_secs(60))
        .build()
}

/// Forwards the data of all events until the receiver is dropped. A connection
/// needs a `read_timeout`, or a silent server would keep it waiting forever.
async fn follow(client: Client, url: String, events: mpsc::Sender<String>) {
    let mut last_id = String::new();
    let mut delay = Duration::from_secs(3);
    while !events.is_closed() {
        match connect(&client, &url, &last_id).await {
            Ok(Some(mut connection)) => {
                while let Some(Ok(event)) = connection.next().await {
                    last_id = event.id.unwrap_or(last_id);
                    // Neither flood the server nor wait for hours.
                    let retry = event.retry.map(|it| it.clamp(100, 60_000));
                    delay = retry.map_or(delay, Duration::from_millis);
                    let Some(data) = event.data else { continue };
                    if events.send(data).await.is_err() {
                        return;
                    }
                }
            }
            Ok(None) => return eprintln!("no events at {url}"),
            // 429 asks the client to come back later.
            Err(error) if matches!(error.status(), Some(s) if s.is_client_error() && s != 429) => {
                return eprintln!("refused: {error}");
            }
            Err(error) => eprintln!("cannot connect: {error}"),
        }
        sleep(delay + delay.mul_f32(fastrand::f32() / 2.0)).await;
    }
}

type Events = SseStream<BoxBody<Bytes, io::Error>>;

async fn connect(client: &Client, url: &str, last_id: &str) -> reqwest::Result<Option<Events>> {
    let mut request = client.get(url);
    if !last_id.is_empty() {
        request = request.header("last-event-id", last_id);
    }
    let response = request.send().await?.error_for_status()?;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_stream = kind.is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"));
    if response.status() != 200 || !is_stream {
        return Ok(None);
    }
    // An event without an end would fill the memory: connect again after 10 MB.
    let body = Limited::new(reqwest::Body::from(response), 10_000_000);
    Ok(Some(SseStream::new(body.map_err(io::Error::other).boxed())))
}
