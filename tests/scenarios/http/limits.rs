//! `limits` with bodies whose length nobody has announced, and with a handler that
//! reads its body itself.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("chunked", chunked).slow(),
        scenario("own_reader", own_reader).slow(),
    ]
}

/// A body in chunks is counted as it is read.
async fn chunked() -> Result<()> {
    let changes = [(
        "        let body = Body::from(vec![b'.'; size]);",
        "        let bytes = (0..size).map(|_| Ok::<_, std::io::Error>(\".\"));
        let body = Body::from_stream(futures::stream::iter(bytes));",
    )];
    let (status, lines) = run_changed("examples-http", "limits", &changes, "").await?;
    ensure!(
        status == 0
            && lines[0] == "body of 1024 bytes: 200 OK"
            && lines[1] == "body of 1025 bytes: 413 Payload Too Large",
        "1024 bytes are to be taken, and 1025 refused with 413; status {status}: {lines:?}"
    );
    Ok(())
}

/// The limit does not depend on how a handler reads. A body that announces its length
/// is refused before the handler; of another one, the handler gets 1 KiB and then an
/// error, which this one answers with 400.
async fn own_reader() -> Result<()> {
    for (length, refused) in [
        (".header(\"content-length\", size)", "413 Payload Too Large"),
        ("", "400 Bad Request"),
    ] {
        let request = format!("Request::post(\"/upload\"){length}.body(body)?");
        let changes = [
            (
                "use axum::body::{Body, Bytes};",
                "use axum::body::{Body, to_bytes};",
            ),
            (
                "post(async |body: Bytes| body.len().to_string())",
                "post(async |body: Body| {
                    let bytes = to_bytes(body, usize::MAX).await;
                    let size = bytes.map(|bytes| bytes.len().to_string());
                    size.map_err(|_| StatusCode::BAD_REQUEST)
                })",
            ),
            ("Request::post(\"/upload\").body(body)?", &request),
        ];
        let (status, lines) = run_changed("examples-http", "limits", &changes, "").await?;
        let right = [
            "body of 1024 bytes: 200 OK".into(),
            format!("body of 1025 bytes: {refused}"),
        ];
        ensure!(
            status == 0 && lines.starts_with(&right),
            "of a handler that reads its body itself, {right:?} is expected; \
             status {status}: {lines:?}"
        );
    }
    Ok(())
}
