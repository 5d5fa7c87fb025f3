//! `sse_reconnect` with a server that cuts in the middle of an event, refuses, or
//! sends too much, with a receiver that is dropped, and with many clients.

use anyhow::{Result, bail, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("half_an_event", half_an_event).slow(),
        scenario("refused", refused).slow(),
        scenario("no_stream", no_stream).slow(),
        scenario("dropped", dropped).slow(),
        scenario("largest", largest).slow(),
        scenario("apart", apart).slow(),
    ]
}

/// If the connection closes, or fails, in the middle of an event, that event
/// does not count: it comes whole over the next connection. The events before it
/// have no id, and the last of them no pause: they leave these as they are. The server
/// asks for no pause, and then for one of days: the client waits 100 ms and 60 s.
async fn half_an_event() -> Result<()> {
    for end in ["", ", Err(io::Error::other(\"cut\"))"] {
        let server = format!(
            "async fn half(headers: HeaderMap) -> axum::response::Response {{
    let id = headers.get(\"last-event-id\");
    let id: Option<u32> = id.and_then(|id| id.to_str().ok()?.parse().ok());
    let (one, two) = (id.unwrap_or(0) + 1, id.unwrap_or(0) + 2);
    let text = format!(
        \"id: {{one}}\\ndata: order {{one}}\\n\\nretry: {{}}\\n\\nevent: ping\\n\\nid: {{two}}\\ndata: half of order\",
        if one == 1 {{ 0 }} else {{ 999_999_999 }}
    );
    let chunks = tokio_stream::iter([Ok(text){end}]);
    // An error that comes too early takes the head of the answer with it.
    let chunks = chunks.then(|it: Result<String, io::Error>| async {{
        sleep(Duration::from_millis(50)).await;
        it
    }});
    let body = axum::body::Body::from_stream(chunks);
    ([(\"content-type\", \"text/event-stream; charset=utf-8\")], body).into_response()
}}

/// Sends three orders"
        );
        let changes = [
            (
                "    println!(\"broken: {}\", broken(&client, &url).await?.join(\", \"));\n",
                "",
            ),
            ("get(orders)", "get(half)"),
            (
                "        sleep(delay",
                "        println!(\"pause of {delay:?}\");
        let delay = Duration::from_millis(1);
        sleep(delay",
            ),
            ("/// Sends three orders", &server),
            (
                "use axum::response::sse::{Event, Sse};",
                "use axum::response::IntoResponse;\nuse axum::response::sse::{Event, Sse};",
            ),
        ];
        let (status, lines) = run_changed("examples-http", "sse_reconnect", &changes, "").await?;
        // A sixth pause may begin before the program ends.
        let (pauses, follow): (Vec<_>, Vec<_>) =
            lines.iter().partition(|line| line.starts_with("pause of "));
        ensure!(
            status == 0
                && follow == ["follow: order 1, order 2, order 3, order 4, order 5, order 6"]
                && pauses.len() >= 5
                && pauses[0] == "pause of 100ms"
                && pauses[1..].iter().all(|pause| *pause == "pause of 60s"),
            "{status}: {lines:?}"
        );
    }
    Ok(())
}

/// An error of the server may pass, and so may "too many requests": `follow` asks
/// again. If the server refuses the request, it gives up. The first request has no
/// id.
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
        1 => axum::http::StatusCode::TOO_MANY_REQUESTS,
        2 => axum::http::StatusCode::NOT_FOUND,
        _ => std::process::exit(3),
    }
}

/// Sends three orders",
        ),
    ];
    let run = run_changed("examples-http", "sse_reconnect", &changes, "");
    let (status, lines) = run.await?;
    let [first, unavailable, second, too_many, third, not_found, last] = lines.as_slice() else {
        bail!("{status}: {lines:?}");
    };
    ensure!(
        status == 0
            && first == "request 0, None"
            && unavailable.starts_with("cannot connect: ")
            && unavailable.contains("503")
            && second == "request 1, None"
            && too_many.starts_with("cannot connect: ")
            && too_many.contains("429")
            && third == "request 2, None"
            && not_found.starts_with("refused: ")
            && not_found.contains("404")
            && last == "follow: ",
        "{status}: {lines:?}"
    );
    Ok(())
}

/// If the answer is no stream of events, such as a page for the login, or says that
/// there are no more (204), `follow` gives up.
async fn no_stream() -> Result<()> {
    for answer in [
        "axum::response::Html(\"<h1>Log in</h1>\")",
        "(axum::http::StatusCode::NO_CONTENT, [(\"content-type\", \"text/event-stream\")])",
        "axum::http::StatusCode::OK",
    ] {
        let server = format!(
            "async fn other() -> impl axum::response::IntoResponse {{
    static ASKED: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    if ASKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0 {{
        println!(\"asked again\");
        std::process::exit(3);
    }}
    {answer}
}}

/// Sends three orders"
        );
        let changes = [
            (
                "    println!(\"broken: {}\", broken(&client, &url).await?.join(\", \"));\n",
                "    let _ = broken;\n",
            ),
            ("get(orders)", "get(other).post(orders)"),
            ("Duration::from_secs(3)", "Duration::from_millis(100)"),
            ("/// Sends three orders", &server),
        ];
        let (status, lines) = run_changed("examples-http", "sse_reconnect", &changes, "").await?;
        ensure!(
            status == 0
                && lines.len() == 2
                && lines[0].starts_with("no events at http://127.0.0.1:")
                && lines[1] == "follow: ",
            "{answer}: {status}: {lines:?}"
        );
    }
    Ok(())
}

/// `follow` ends when nobody receives any more, while the server is unavailable and
/// while it sends a stream that does not end.
async fn dropped() -> Result<()> {
    let changes = [
        (
            "    println!(\"broken: {}\", broken(&client, &url).await?.join(\", \"));\n",
            "    let _ = (broken, orders);\n",
        ),
        (
            "get(orders));",
            "get(unavailable)).route(\"/endless\", get(endless));",
        ),
        ("Duration::from_secs(3)", "Duration::from_millis(100)"),
        (
            "    tokio::spawn(follow(client, url, sender));
    let orders: Vec<String> = ReceiverStream::new(receiver).take(6).collect().await;
    println!(\"follow: {}\", orders.join(\", \"));
",
            "    let limit = Duration::from_secs(5);
    let task = tokio::spawn(follow(client.clone(), url.clone(), sender));
    ASKED.notified().await;
    drop(receiver);
    println!(\"unavailable: {}\", tokio::time::timeout(limit, task).await.is_ok());
    let (sender, mut receiver) = mpsc::channel(1);
    let task = tokio::spawn(follow(client, url + \"endless\", sender));
    println!(\"{:?}\", receiver.recv().await);
    drop(receiver);
    println!(\"endless: {}\", tokio::time::timeout(limit, task).await.is_ok());
    let _ = ReceiverStream::<()>::new;
",
        ),
        (
            "/// Sends three orders",
            "static ASKED: tokio::sync::Notify = tokio::sync::Notify::const_new();

async fn unavailable() -> axum::http::StatusCode {
    ASKED.notify_one();
    axum::http::StatusCode::SERVICE_UNAVAILABLE
}

async fn endless() -> Sse<impl Stream<Item = io::Result<Event>>> {
    Sse::new(tokio_stream::iter(1_u64..).then(|id| async move {
        sleep(Duration::from_millis(20)).await;
        Ok(Event::default().data(format!(\"order {id}\")))
    }))
}

/// Sends three orders",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "sse_reconnect", &changes, "").await?;
    let shown = lines
        .iter()
        .filter(|it| !it.starts_with("cannot connect: "));
    let right = ["unavailable: true", "Some(\"order 1\")", "endless: true"];
    ensure!(
        status == 0 && shown.eq(&right),
        "when its receiver is dropped, it is to end: {right:?}; status {status}: {lines:?}"
    );
    Ok(())
}

/// An event of almost 10 MB comes. One that is larger is not kept: `follow` asks
/// again for what comes after the one before it.
async fn largest() -> Result<()> {
    let changes = [
        (
            "    println!(\"broken: {}\", broken(&client, &url).await?.join(\", \"));\n",
            "    let _ = (broken, orders);\n",
        ),
        ("get(orders)", "get(large)"),
        (
            ".take(6).collect().await;\n",
            ".map(|it| it.len().to_string())
        .take(2)
        .collect()
        .await;\n",
        ),
        (
            "/// Sends three orders",
            "async fn large(headers: HeaderMap) -> impl axum::response::IntoResponse {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    static ASKED: AtomicU32 = AtomicU32::new(0);
    println!(\"after {:?}\", headers.get(\"last-event-id\"));
    let (id, size) = match ASKED.fetch_add(1, Relaxed) {
        0 => (1, 9_999_900),
        1 => (2, 10_000_000),
        _ => (3, 5),
    };
    let event = format!(\"retry: 100\\nid: {id}\\ndata: {}\\n\\n\", \"x\".repeat(size));
    ([(header::CONTENT_TYPE, \"text/event-stream\")], event)
}

/// Sends three orders",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "sse_reconnect", &changes, "").await?;
    // A fourth request may come before the program ends.
    let shown = lines.iter().filter(|it| *it != "after Some(\"3\")");
    let right = [
        "after None",
        "after Some(\"1\")",
        "after Some(\"1\")",
        "follow: 9999900, 5",
    ];
    ensure!(
        status == 0 && shown.eq(&right),
        "{right:?} is right; status {status}: {lines:?}"
    );
    Ok(())
}

/// Clients whose responses end together do not connect again together, and none
/// of them before the time that the server has asked for. The clock is paused, since
/// a busy machine would spread them too.
async fn apart() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "/// Sends three orders",
            "static AGAIN: std::sync::Mutex<Vec<tokio::time::Instant>> =
    std::sync::Mutex::new(Vec::new());

/// Sends three orders",
        ),
        (
            "    let next = (1..1000)",
            "    if last == Some(3) {
        AGAIN.lock().unwrap().push(tokio::time::Instant::now());
    }
    let next = (1..1000)",
        ),
        (
            ".retry(Duration::from_millis(100))",
            ".retry(Duration::from_millis(600))",
        ),
        (
            "    tokio::spawn(follow(client, url, sender));",
            "    let start = tokio::time::Instant::now();
    for _ in 0..30 {
        tokio::spawn(follow(client.clone(), url.clone(), sender.clone()));
    }",
        ),
        (".take(6)", ".take(30 * 6)"),
        (
            "    println!(\"follow: {}\", orders.join(\", \"));",
            "    println!(\"{} orders\", orders.len());
    let again = AGAIN.lock().unwrap();
    let times = again.iter().map(|at| at.duration_since(start).as_millis());
    let (first, last) = (times.clone().min().unwrap(), times.max().unwrap());
    println!(\"{first} {last}\");",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "sse_reconnect", &changes, "").await?;
    let times = lines.last().and_then(|line| line.split_once(' '));
    let Some((first, last)) = times.filter(|_| status == 0) else {
        bail!("{status}: {lines:?}");
    };
    let (first, last): (u32, u32) = (first.parse()?, last.parse()?);
    ensure!(first >= 590, "too early: {first} ms");
    ensure!(
        last - first > 150,
        "all within {} ms: from {first} to {last} ms",
        last - first
    );
    Ok(())
}
