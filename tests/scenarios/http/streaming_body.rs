//! `streaming_body` behind a socket: large bodies, and clients that stop halfway.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::workspace::root;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::scenarios::support::clients::peak_growth;
use crate::scenarios::support::faults::SAME_EVERYWHERE;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("memory", memory).slow(),
        scenario("uploads", uploads).slow(),
    ]
}

/// A download of 30 MB takes little memory, also while its client does not read.
async fn memory() -> Result<()> {
    let (server, _folder, _copy) = start(&[(
        "    Body::from_stream(pages(500))\n}",
        "    Body::from_stream(pages(1500))\n}",
    )])?;
    let download = async {
        let mut client = TcpStream::connect(server.address).await?;
        let request = b"GET /report HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        client.write_all(request).await?;
        sleep(Duration::from_millis(500)).await;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await?;
        anyhow::Ok(answer.len())
    };
    let (size, growth) = peak_growth(&server, download).await?;
    // The sizes of the chunks stand between them.
    ensure!(
        (30_000_000..31_000_000).contains(&size),
        "{size} bytes, not 30 MB and the sizes of the chunks"
    );
    ensure!(
        growth < 3_000_000,
        "grown by {growth} bytes, not less than 3,000,000"
    );
    Ok(())
}

/// What is too large, stalls or breaks off is not saved, and does not stay.
async fn uploads() -> Result<()> {
    let (server, folder, _copy) = start(&[])?;
    let head = |length: usize| {
        format!("POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")
    };
    let upload = async |length: usize, sent: usize| {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(head(length).as_bytes()).await?;
        client.write_all(&vec![b'.'; sent]).await?;
        let mut answer = [0; 12];
        let read = timeout(Duration::from_secs(5), client.read_exact(&mut answer)).await;
        read.context("no answer")??;
        anyhow::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let saved = || fs::metadata(folder.join("report")).map(|it| it.len());

    let start = Instant::now();
    let answer = upload(12_000_000, 11_999_999).await?;
    ensure!(
        answer == "HTTP/1.1 408",
        "one byte is missing: 408 expected, not {answer}"
    );
    let took = start.elapsed().as_millis();
    ensure!(took >= 200, "refused after {took} ms, not 200 ms or more");
    let answer = upload(12_000_001, 12_000_001).await?;
    ensure!(
        answer == "HTTP/1.1 413",
        "one byte too many: 413 expected, not {answer}"
    );
    ensure!(saved().is_err(), "a wrong upload is saved: {:?}", saved());

    let (answer, growth) = peak_growth(&server, upload(12_000_000, 12_000_000)).await?;
    ensure!(
        answer == "HTTP/1.1 201",
        "as much as may be: 201 expected, not {answer}"
    );
    ensure!(
        saved()? == 12_000_000,
        "12,000,000 bytes are to be saved, not {:?}",
        saved()
    );
    ensure!(
        growth < 3_000_000,
        "grown by {growth} bytes, not less than 3,000,000"
    );

    let mut client = TcpStream::connect(server.address).await?;
    client.write_all(head(1000).as_bytes()).await?;
    client.write_all(b"half of it").await?;
    drop(client);
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let files = fs::read_dir(&folder)?.count();
        if files == 1 {
            break;
        }
        ensure!(
            Instant::now() < deadline,
            "1 file is to be left, not {files}"
        );
        sleep(Duration::from_millis(20)).await;
    }
    ensure!(
        saved()? == 12_000_000,
        "12,000,000 bytes are to be saved, not {:?}",
        saved()
    );
    Ok(())
}

/// A copy that serves instead of its demonstration, and the folder of its files.
fn start(changes: &[(&str, &str)]) -> Result<(Server, PathBuf, TempDir)> {
    let mut changes = changes.to_vec();
    changes.push((
        "    for path in [\"/broken\", \"/report\"] {\n",
        "    println!(\"{}\", folder.path().display());
    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:0\").await?;
    println!(\"listening on {}\", listener.local_addr()?);
    axum::serve(listener, app.clone()).await?;
    for path in [\"/broken\", \"/report\"] {\n",
    ));
    let copy = build_changed(root(), "examples-http", "streaming_body", &changes)?;
    let path = copy.path().join("streaming_body");
    let command = format!("{SAME_EVERYWHERE} exec '{}'", path.display());
    let mut server = Server::run(&command)?;
    let folder = server.output()[0].clone().into();
    Ok((server, folder, copy))
}
