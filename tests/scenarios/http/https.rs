//! `https` with clients that do not speak TLS, or stop halfway.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::workspace::root;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::clients::closed;
use crate::scenarios::support::http::{
    SILENT_CLIENTS, TELLING_HANDLER, TELLING_LAYER, built_once, closes_silent,
};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_handshake", no_handshake).slow(),
        scenario("layers", layers).slow(),
        scenario("silent", silent).slow(),
    ]
}

/// The demonstration's client waits longer than the machine stands still.
const PATIENT: (&str, &str) = (
    ".timeout(Duration::from_millis(300))",
    ".timeout(Duration::from_secs(3))",
);

/// The layers of a router without state are built once, not for each request.
async fn layers() -> Result<()> {
    let route = r#"Router::new().route("/", get(async || "hello"));"#;
    let telling = format!(r#"Router::new().route("/", {TELLING_HANDLER}){TELLING_LAYER};"#);
    // `broken` is not asked: it makes no such promise.
    let broken = r#"    ask("broken, beside a silent client", &other_url, Some(&trusted)).await?;
"#;
    let use_of_get = "use axum::routing::get;\n";
    let changes = [
        (route, telling.as_str()),
        (broken, ""),
        (use_of_get, ""),
        PATIENT,
        (
            "HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(500)",
            "HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5)",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "https", &changes, "").await?;
    ensure!(status == 0, "status {status}: {lines:?}");
    built_once(&lines, 2)
}

/// A client that is silent has 500 ms before its handshake, and ten seconds after
/// it.
async fn silent() -> Result<()> {
    let first = r#"    ask("localhost", &url, Some(&trusted)).await?;"#;
    let silent = format!("    let cert = cert.der().clone();{SILENT_CLIENTS}{first}");
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (first, silent.as_str()),
    ];
    closes_silent("https", &changes, "0.5").await
}

/// Plain HTTP and noise are refused immediately, silence and half a handshake
/// after 500 ms, and 100 of them hold nobody up: the demonstration succeeds
/// beside them, also after more clients than the server has descriptors for.
async fn no_handshake() -> Result<()> {
    // It begins when the port is known, and waits for the end of a line.
    let first = r#"    ask("localhost", &url, Some(&trusted)).await?;"#;
    let waits = format!(
        r#"    println!("listening on {{address}}");
    std::io::stdin().read_line(&mut String::new())?;
{first}"#
    );
    let changes = [(first, waits.as_str()), PATIENT];
    let copy = build_changed(root(), "examples-http", "https", &changes)?;
    let fifo = copy.path().join("go");
    let (path, go) = (copy.path().join("https"), fifo.display());
    let mut server = Server::run(&format!(
        "mkfifo '{go}'; ulimit -n 150; exec '{}' <>'{go}'",
        path.display()
    ))?;

    // The first bytes of a ClientHello.
    let half = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for (case, bytes, least, most) in [
        (
            "plain HTTP",
            &b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..],
            0,
            400,
        ),
        ("noise", b"\xff\x00\xff\x00\xff\x00\xff\x00", 0, 400),
        ("silence", b"", 490, 2000),
        ("half a handshake", half, 490, 2000),
    ] {
        let mut took = u128::MAX;
        // A busy machine may hold up a few.
        for _ in 0..5 {
            let start = Instant::now();
            let mut client = TcpStream::connect(server.address).await?;
            client.write_all(bytes).await?;
            let end = timeout(Duration::from_secs(5), closed(&mut client)).await;
            end.with_context(|| format!("{case}: it stays open"))??;
            took = took.min(start.elapsed().as_millis());
            if took < most {
                break;
            }
        }
        ensure!(
            (least..most).contains(&took),
            "{case}: closed after {took} ms, not within {least} to {most} ms"
        );
    }

    let silent = async |count| {
        let mut clients = Vec::new();
        for _ in 0..count {
            let client = TcpStream::connect(server.address).await;
            clients.push(client.context("it is to try again when it cannot accept")?);
        }
        anyhow::Ok(clients)
    };
    // More than it has descriptors for.
    for mut client in silent(200).await? {
        closed(&mut client).await?;
    }
    let _silent = silent(100).await?;
    std::fs::write(&fifo, "go\n")?;
    let status = server.wait(Duration::from_secs(15))?;
    let output = server.output();
    ensure!(
        status == 0 && output.contains(&"serve, beside a silent client: 200 OK".into()),
        "it is to answer beside silent clients; status {status}: {output:?}"
    );
    Ok(())
}
