//! `limits` with bodies whose length nobody has announced.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("chunked", chunked).slow()]
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
