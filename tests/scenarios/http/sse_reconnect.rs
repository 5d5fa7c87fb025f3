//! `sse_reconnect` with a server that cuts in the middle of an event, or refuses.

use anyhow::{Result, bail, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("half_an_event", half_an_event).slow(),
        scenario("refused", refused).slow(),
    ]
}

/// If the connection closes, or fails, in the middle of an event, that event
/// does not count: it comes whole over the next connection.
async fn half_an_event() -> Result<()> {
    for end in ["", ", Err(io::Error::other(\"cut\"))"] {
        let server = format!(
            "async fn half(headers: HeaderMap) -> axum::response::Response {{
    let id = headers.get(\"last-event-id\");
    let id: Option<u32> = id.and_then(|id| id.to_str().ok()?.parse().ok());
    let (one, two) = (id.unwrap_or(0) + 1, id.unwrap_or(0) + 2);
    let text = format!(
        \"id: {{one}}\\nretry: 100\\ndata: order {{one}}\\n\\nid: {{two}}\\ndata: half of order\"
    );
    let chunks = tokio_stream::iter([Ok(text){end}]);
    // An error that comes too early takes the head of the answer with it.
    let chunks = chunks.then(|it: Result<String, io::Error>| async {{
        sleep(Duration::from_millis(50)).await;
        it
    }});
    axum::body::Body::from_stream(chunks).into_response()
}}

/// Sends three orders"
        );
        let changes = [
            (
                "    println!(\"broken: {}\", broken(&client, &url).await?.join(\", \"));\n",
                "",
            ),
            ("get(orders)", "get(half)"),
            ("/// Sends three orders", &server),
            (
                "use axum::response::sse::{Event, Sse};",
                "use axum::response::IntoResponse;\nuse axum::response::sse::{Event, Sse};",
            ),
        ];
        let (status, lines) = run_changed("examples-http", "sse_reconnect", &changes, "").await?;
        let right = "follow: order 1, order 2, order 3, order 4, order 5, order 6";
        ensure!(
            status == 0 && lines.last().is_some_and(|line| line == right),
            "{status}: {lines:?}"
        );
    }
    Ok(())
}

/// An error of the server may pass, and `follow` asks again. If the server refuses
/// the request, it gives up. The first request has no id.
async fn refused() -> Result<()> {
    let changes = [
        (
            "    println!(\"broken: {}\", broken(&client, &url).await?.join(\", \"));\n",
            "    let _ = broken;\n",
        ),
        ("get(orders)", "get(refuse).post(orders)"),
        ("Duration::from_secs(3)", "Duration::from_millis(100)"),
        (
            "/// Sends three orders",
            "async fn refuse(headers: HeaderMap) -> axum::http::StatusCode {
    static ASKED: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let asked = ASKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let id = headers.get(\"last-event-id\");
    println!(\"request {asked}, {id:?}\");
    match asked {
        0 => axum::http::StatusCode::SERVICE_UNAVAILABLE,
        1 => axum::http::StatusCode::NOT_FOUND,
        _ => std::process::exit(3),
    }
}

/// Sends three orders",
        ),
    ];
    let run = run_changed("examples-http", "sse_reconnect", &changes, "");
    let (status, lines) = run.await?;
    let [first, unavailable, second, not_found, last] = lines.as_slice() else {
        bail!("{status}: {lines:?}");
    };
    ensure!(
        status == 0
            && first == "request 0, None"
            && unavailable.starts_with("cannot connect: ")
            && unavailable.contains("503")
            && second == "request 1, None"
            && not_found.starts_with("refused: ")
            && not_found.contains("404")
            && last == "follow: ",
        "{status}: {lines:?}"
    );
    Ok(())
}
