//! `close_websockets` with clients that do not read, still send, or come late.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("unread", unread).slow(),
        scenario("sending", sending).slow(),
        scenario("upgrading", upgrading).slow(),
    ]
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
            "        stop.cancel();\n",
            "        tokio::time::sleep(Duration::from_millis(300)).await;
        let start = std::time::Instant::now();
        stop.cancel();\n",
        ),
        (
            "        let (stopped, message) = tokio::join!(server, client);\n",
            "        let stopped = server.await;
        println!(\"{path}: stopped after {} s\", start.elapsed().as_secs());
        let message = client.await;\n",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "close_websockets", &changes, "").await?;
    ensure!(
        status == 0 && lines.contains(&"fixed: stopped after 1 s".into()),
        "`fixed` is to stop after 1 s; status {status}: {lines:?}"
    );
    Ok(())
}

/// A client hears its own words. When it is sending while the server stops, it can send
/// the rest, and then reads why the socket closes. The rest is more than the buffers of the sockets
/// hold, so the server must read it.
async fn sending() -> Result<()> {
    let changes = [
        ("[\"broken\", \"fixed\"]", "[\"fixed\"]"),
        ("Duration::from_millis(200)", "Duration::from_secs(10)"),
        (
            "timeout(Duration::from_secs(1), close(socket))",
            "timeout(Duration::from_secs(10), close(socket))",
        ),
        (
            "        stop.cancel();\n",
            "        futures::SinkExt::send(&mut socket, Message::text(\"soup\")).await?;
        let echo = timeout(Duration::from_secs(10), socket.next()).await;
        if let Ok(Some(Ok(echo))) = echo {
            println!(\"{path}: the echo is {echo}\");
        }
        stop.cancel();\n",
        ),
        (
            "            let message = socket.next().await;\n",
            "            tokio::time::sleep(Duration::from_millis(100)).await;
            for _ in 0..120 {
                let rest = Message::binary(vec![0; 100_000]);
                let sent = futures::SinkExt::send(&mut socket, rest).await;
                if sent.is_err() {
                    println!(\"{path}: {sent:?}\");
                    break;
                }
            }
            let message = socket.next().await;\n",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "close_websockets", &changes, "").await?;
    let right = [
        "fixed: the echo is soup",
        "fixed: closed, the server restarts (1001)",
    ];
    ensure!(
        status == 0 && lines == right,
        "the client is to send all, and to read the reason; status {status}: {lines:?}"
    );
    Ok(())
}

/// A socket counts from its request on: the server waits for one whose task only
/// begins when the server is told to stop.
async fn upgrading() -> Result<()> {
    let task = "upgrade.on_upgrade(async move |mut socket| {\n";
    let late = format!(
        "{task}        tokio::time::sleep(Duration::from_millis(300)).await;
        println!(\"its task begins\");\n"
    );
    let wait = "    sockets.wait().await;\n";
    let stops = format!("{wait}    println!(\"the server stops\");\n");
    let changes = [
        ("[\"broken\", \"fixed\"]", "[\"fixed\"]"),
        ("Duration::from_millis(200)", "Duration::from_secs(2)"),
        (task, &late),
        (wait, &stops),
    ];
    let (status, lines) = run_changed("examples-http", "close_websockets", &changes, "").await?;
    let right = [
        "its task begins",
        "the server stops",
        "fixed: closed, the server restarts (1001)",
    ];
    ensure!(
        status == 0 && lines == right,
        "status 0 and {right:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
