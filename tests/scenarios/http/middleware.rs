//! `middleware` with an id that is not text, with none, with a path that does not
//! exist, and with a client that leaves.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::http;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("odd_id", odd_id).slow(),
        scenario("random_id", random_id),
    ]
}

/// An id that is not text is sent back as it came, and logged as missing. A random
/// one is sent back too. A path that does not exist is logged, and no path with its
/// query, which may be secret. A request whose client leaves is counted.
async fn odd_id() -> Result<()> {
    let changes = [
        (
            r#"Request::get("/report")
        .header("x-request-id", "42")"#,
            r#"Request::get("/report?key=1")
        .header("x-request-id", &b"4\xe92"[..])"#,
        ),
        (
            "    app.oneshot(request).await?;\n",
            r#"    let response = app.clone().oneshot(request).await?;
    println!("{:?}", response.headers().get("x-request-id"));
    let request = Request::post("/nowhere?key=2").body(Body::empty())?;
    app.clone().oneshot(request).await?;
    let request = Request::get("/report").body(Body::empty())?;
    let leaves = tokio::time::timeout(Duration::ZERO, app.oneshot(request)).await;
    assert!(leaves.is_err());
"#,
        ),
    ];
    let (status, lines) = run_changed("examples-http", "middleware", &changes, "").await?;
    ensure!(
        status == 0
            && lines[2].starts_with("request -: GET /report 200 OK, ")
            && lines[3] == r#"response header x-request-id: "4\xe92""#,
        "the id is to be logged as -, and sent back; status {status}: {lines:?}"
    );
    let sent = lines[5].strip_prefix("Some(\"").unwrap_or_default();
    ensure!(
        sent.len() == 38 && lines[4].contains(&sent[..36]),
        "the random id that is logged is to be sent back: {lines:?}"
    );
    ensure!(
        lines[6].contains(": POST /nowhere 404 Not Found, "),
        "a path that does not exist is to be logged without its query: {lines:?}"
    );
    ensure!(
        lines[7] == "requests: 4",
        "the request of a client that has left is to be counted: {lines:?}"
    );
    Ok(())
}

/// A request without an id is logged with the random one that it gets.
async fn random_id() -> Result<()> {
    let (status, lines) = http::run("middleware", "", &[]).await?;
    let line = lines.get(4).map_or("", |it| it);
    let id = line.strip_prefix("request ").unwrap_or_default();
    let (id, _) = id.split_once(": GET /report 200 OK, ").unwrap_or_default();
    ensure!(
        status == 0 && id.len() == 36 && id.split('-').count() == 5,
        "a request is to be logged with a UUID; status {status}: {line}"
    );
    Ok(())
}
