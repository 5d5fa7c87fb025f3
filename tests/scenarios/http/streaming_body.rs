//! `streaming_body` behind a socket: large bodies, and clients that stop halfway.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
#[cfg(target_os = "linux")]
use harness::suite::Company;
use harness::workspace::root;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::scenarios::support::clients::{peak_growth, shown};
use crate::scenarios::support::faults::SAME_EVERYWHERE;
#[cfg(target_os = "linux")]
use crate::scenarios::support::files;
use crate::scenarios::support::http::ask;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("memory", memory).slow(),
        scenario("uploads", uploads).slow(),
        scenario("steady", steady).slow(),
        scenario("full_disk", full_disk).slow(),
        #[cfg(target_os = "linux")]
        Scenario::new("syncs", Company::Any, || {
            files::syncs_before_rename("streaming_body", "")
        })
        .slow(),
    ]
}

/// A download of 30 MB takes little memory, also while its client does not read.
async fn memory() -> Result<()> {
    let change = (
        "    Body::from_stream(pages(500))\n}",
        "    Body::from_stream(pages(1500))\n}",
    );
    let (server, _folder, _copy) = start(&[change], "")?;
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
    let head = |length: usize| {
        format!("POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")
    };
    let upload_to = async |server: &Server, length: usize, sent: usize| {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(head(length).as_bytes()).await?;
        client.write_all(&vec![b'.'; sent]).await?;
        let mut answer = [0; 12];
        let read = timeout(Duration::from_secs(5), client.read_exact(&mut answer)).await;
        read.context("no answer")??;
        anyhow::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let is_late = async |server: &Server, size: usize, least: u128| {
        let start = Instant::now();
        let answer = upload_to(server, size, size - 1).await?;
        ensure!(
            answer == "HTTP/1.1 408",
            "one byte is missing: 408 expected, not {answer}"
        );
        let took = start.elapsed().as_millis();
        // What is large takes a while by itself.
        ensure!(
            took >= least && (took < 1500 || size > 10),
            "{size} bytes refused after {took} ms, not after {least} ms"
        );
        Ok(())
    };
    let (server, _, _copy) = start(&[], "")?;
    is_late(&server, 10, 200).await?;
    // This one is as patient as a busy machine needs.
    let patient = ("Duration::from_millis(200)", "Duration::from_secs(2)");
    let (server, folder, _copy) = start(&[patient], "")?;
    let saved = || fs::metadata(folder.join("report")).map(|it| it.len());
    is_late(&server, 12_000_000, 2000).await?;
    let upload = async |length, sent| upload_to(&server, length, sent).await;
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

    let answer = upload(10, 10).await?;
    let files = fs::read_dir(&folder)?.count();
    ensure!(
        answer == "HTTP/1.1 201" && saved()? == 10 && files == 1,
        "an upload of 10 bytes is to take the place of the other one: {answer}, {files} files, \
         of {:?} bytes",
        saved()
    );
    Ok(())
}

/// Only a pause is limited: here to two seconds, and the upload takes longer.
async fn steady() -> Result<()> {
    let change = ("Duration::from_millis(200)", "Duration::from_secs(2)");
    let (server, _folder, _copy) = start(&[change], "")?;
    let mut client = TcpStream::connect(server.address).await?;
    let head = "POST /upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 6\r\n\r\n";
    client.write_all(head.as_bytes()).await?;
    for byte in b"steady" {
        sleep(Duration::from_millis(500)).await;
        // If it is refused, the answer says so, or the connection is reset.
        let _ = client.write_all(&[*byte]).await;
    }
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    ensure!(
        answer.starts_with(b"HTTP/1.1 201 "),
        "an upload with a piece every 500 ms is to be saved, not {:?}",
        shown(&answer)
    );
    Ok(())
}

/// When the disk is full, the client is told, also if it is full at the last piece.
async fn full_disk() -> Result<()> {
    let (server, folder, _copy) = start(&[], "trap '' XFSZ; ulimit -f 0;")?;
    let request = b"POST /upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                    content-length: 5\r\n\r\nhello";
    let answer = ask(server.address, request).await?;
    let files = fs::read_dir(&folder)?.count();
    ensure!(
        answer.starts_with("HTTP/1.1 500 ") && files == 0,
        "{files} files, {answer}"
    );
    Ok(())
}

/// A copy that serves instead of its demonstration, and the folder of its files;
/// `setup` is typed before it.
fn start(changes: &[(&str, &str)], setup: &str) -> Result<(Server, PathBuf, TempDir)> {
    let mut changes = changes.to_vec();
    // The folder of other temporary files may be on another disk, or missing.
    changes.push((
        "tempfile::tempdir()?;",
        "tempfile::tempdir()?;
    let _ = tempfile::env::override_temp_dir(&folder.path().join(\"missing\"));",
    ));
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
    let command = format!("{setup} {SAME_EVERYWHERE} exec '{}'", path.display());
    let mut server = Server::run(&command)?;
    let folder = server.output()[0].clone().into();
    Ok((server, folder, copy))
}
