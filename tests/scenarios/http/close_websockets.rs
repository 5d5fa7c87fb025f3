//! `close_websockets` with a client that does not read.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("unread", unread).slow()]
}

/// When the buffers are full, the server gives up on the close frame after 1 s.
async fn unread() -> Result<()> {
    let changes = [
        (
            "    while let Some(Ok(message)) = socket.recv().await {",
            "    loop {
        let message = ws::Message::binary(vec![0; 1_000_000]);",
        ),
        (
            "        stop.cancel();\n        server.await??;",
            "        tokio::time::sleep(Duration::from_millis(300)).await;
        let start = std::time::Instant::now();
        stop.cancel();
        server.await??;
        println!(\"{path}: stopped after {} s\", start.elapsed().as_secs());",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "close_websockets", &changes, "").await?;
    ensure!(
        status == 0 && lines.contains(&"fixed: stopped after 1 s".into()),
        "`fixed` is to stop after 1 s; status {status}: {lines:?}"
    );
    Ok(())
}
