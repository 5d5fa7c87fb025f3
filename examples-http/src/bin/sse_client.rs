//! Read an answer that is streamed as server-sent events, with `sse-stream`.
//!
//! The server answers like the API of a language model, with an event for each
//! token (a word, or a part of one), and sends each byte on its own. `broken`
//! decodes each chunk, and loses characters of two or more bytes. `Answer`
//! decodes whole lines. Dropping it closes the connection.
//!
//! ```console
//! $ cargo run -p examples-http --bin sse_client
//! broken: A caf�� cr��me is 3 ���
//! Answer: A café crème is 3 €
//! Answer, dropped after one token: A
//! server: the client is gone
//! ```
//!
//! To continue after a broken connection, see `sse_reconnect`. The part to
//! reuse starts at `Answer`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,sync,time
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add sse-stream tokio-stream --no-default-features
//! cargo add anyhow axum http-body-util
//! ```

use std::io;
use std::time::Duration;

use anyhow::bail;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Limited};
use reqwest::{Client, RequestBuilder};
use sse_stream::SseStream;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

static CLIENT_GONE: Notify = Notify::const_new();

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = serve().await?;
    let client = streaming_client()?;
    println!("broken: {}", broken(client.post(&url)).await?);

    let mut text = String::new();
    let mut answer = Answer::ask(client.post(&url)).await?;
    while let Some(token) = answer.next_token().await? {
        text += &token;
    }
    println!("Answer: {text}");

    let mut answer = Answer::ask(client.post(&url)).await?;
    let token = answer.next_token().await?.unwrap_or_default();
    println!("Answer, dropped after one token: {token}");
    drop(answer);
    CLIENT_GONE.notified().await;
    Ok(())
}

async fn broken(request: RequestBuilder) -> reqwest::Result<String> {
    let mut events = String::new();
    let mut response = request.send().await?.error_for_status()?;
    while let Some(chunk) = response.chunk().await? {
        events += &String::from_utf8_lossy(&chunk);
    }
    let events = events.replace("data: [DONE]", "");
    Ok(events.replace("data: ", "").replace("\n\n", ""))
}

async fn serve() -> io::Result<String> {
    let app = Router::new().route("/", post(chat));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn chat() -> impl IntoResponse {
    let (chunks, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for token in ["A", " café", " crème", " is", " 3 €", "[DONE]"] {
            for byte in format!("data: {token}\n\n").into_bytes() {
                if chunks.send(Ok::<_, io::Error>(vec![byte])).await.is_err() {
                    println!("server: the client is gone");
                    CLIENT_GONE.notify_one();
                    return;
                }
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    let body = Body::from_stream(ReceiverStream::new(receiver));
    ([(CONTENT_TYPE, "text/event-stream")], body)
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

/// An answer that is being written. Dropping it aborts the request. The client
/// needs a `read_timeout`, or this would wait for a silent server forever.
struct Answer(SseStream<BoxBody<Bytes, io::Error>>);

impl Answer {
    async fn ask(request: RequestBuilder) -> reqwest::Result<Self> {
        let response = request.send().await?.error_for_status()?;
        // An event without an end would fill the memory, so the limit is 10 MB.
        let body = Limited::new(reqwest::Body::from(response), 10_000_000);
        let body = body.map_err(io::Error::other).boxed();
        Ok(Self(SseStream::new(body)))
    }

    async fn next_token(&mut self) -> anyhow::Result<Option<String>> {
        while let Some(event) = self.0.next().await {
            // Most APIs send JSON as data, to be parsed with `serde_json`.
            if let Some(data) = event?.data {
                // `[DONE]` is the last event. `None` means that it has come.
                return Ok((data != "[DONE]").then_some(data));
            }
        }
        bail!("the connection closed before the answer was complete");
    }
}
