//! `upload` with clients that leave, stall, never end, and name their files.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use harness::Server;
use harness::repository::build_changed;
#[cfg(target_os = "linux")]
use harness::suite::Company;
use harness::usage::NO_PROC;
use harness::workspace::root;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::scenarios::support::clients::{peak_growth, shown};
#[cfg(target_os = "linux")]
use crate::scenarios::support::files;
use crate::scenarios::support::http::ask;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("names", names).slow(),
        scenario("leaves", leaves).slow(),
        scenario("endless", endless).slow(),
        scenario("wrong", wrong).slow(),
        scenario("idle", idle).slow(),
        scenario("full_disk", full_disk).slow(),
        scenario("memory", memory)
            .needs(cfg!(target_os = "linux"), NO_PROC)
            .slow(),
        #[cfg(target_os = "linux")]
        Scenario::new("syncs", Company::Any, || {
            files::syncs_before_rename("upload", "")
        })
        .slow(),
    ]
}

const HEAD: &str = "HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";

/// A copy of the example that only serves, and the folder in which it makes its
/// own.
struct Upload {
    server: Server,
    folder: TempDir,
    _copy: TempDir,
}

impl Upload {
    fn start(changes: &[(&str, &str)]) -> Result<Self> {
        Self::start_with(changes, "")
    }

    /// `setup` is typed before the command.
    fn start_with(changes: &[(&str, &str)], setup: &str) -> Result<Self> {
        let report = "    let report = NamedTempFile::new()?;";
        let serve = format!(
            "println!(\"listening on {{}}\", url.trim_end_matches('/'));
    std::future::pending::<()>().await;
{report}"
        );
        let changes = [changes, &[(report, serve.as_str())]].concat();
        let copy = build_changed(root(), "examples-http", "upload", &changes)?;
        let folder = tempfile::tempdir()?;
        let (path, temporary) = (copy.path().join("upload"), folder.path().display());
        let command = format!("{setup} TMPDIR='{temporary}' exec '{}'", path.display());
        Ok(Self {
            server: Server::run(&command)?,
            folder,
            _copy: copy,
        })
    }

    /// The files in its folder, which is the only thing beside it.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let all: Result<Vec<_>, _> = fs::read_dir(self.folder.path())?.collect();
        let all = all?;
        ensure!(all.len() == 1, "files beside the folder: {all:?}");
        let mut files = Vec::new();
        for file in fs::read_dir(all[0].path())? {
            files.push(file?.path());
        }
        Ok(files)
    }

    async fn wait_for_files(&self, count: usize) -> Result<()> {
        let come = async {
            while self.files()?.len() != count {
                sleep(Duration::from_millis(10)).await;
            }
            anyhow::Ok(())
        };
        let come = timeout(Duration::from_secs(5), come).await;
        come.with_context(|| format!("not {count} files but {:?}", self.files()))?
    }
}

/// A file comes whole, under no name of the client's.
async fn names() -> Result<()> {
    let upload = Upload::start(&[])?;
    let data: Vec<u8> = (0..=255).cycle().take(700_000).collect();
    for name in ["../../evil", "/evil", "", "upload-0.complete", "a\\..\\b"] {
        let part = format!(
            "--b\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--b\r\n\
             content-disposition: form-data; name=\"report\"; filename=\"{name}\"\r\n\r\n"
        );
        let body = [part.as_bytes(), &data, b"\r\n--b--\r\n"].concat();
        let head = format!(
            "POST /form {HEAD}content-type: multipart/form-data; boundary=b\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.as_bytes(), &body].concat();
        let answer = ask(upload.server.address, &request).await?;
        ensure!(answer.starts_with("HTTP/1.1 201 "), "{name}: {answer}");
    }
    let files = upload.files()?;
    ensure!(files.len() == 5, "{files:?}");
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        ensure!(
            name.starts_with("upload-") && name.len() > "upload-.complete".len(),
            "{name}"
        );
        ensure!(fs::read(&file)? == data, "{name} has other bytes");
    }
    Ok(())
}

/// A client that leaves in the middle leaves no file; until then, the file does not
/// look complete.
async fn leaves() -> Result<()> {
    let upload = Upload::start(&[])?;
    let mut client = TcpStream::connect(upload.server.address).await?;
    let request = format!("POST /body {HEAD}content-length: 1000\r\n\r\nonly a part");
    client.write_all(request.as_bytes()).await?;
    upload.wait_for_files(1).await?;
    let files = upload.files()?;
    ensure!(
        files[0].extension().is_none(),
        "a part is to have a name without an extension: {files:?}"
    );
    drop(client);
    upload.wait_for_files(0).await
}

/// The server stops reading what does not end: a body, a part of a form, and what
/// stands before the first part.
async fn endless() -> Result<()> {
    let upload = Upload::start(&[])?;
    let form = format!("POST /form {HEAD}content-type: multipart/form-data; boundary=b\r\n");
    let report = "--b\r\ncontent-disposition: form-data; name=\"report\"\r\n\r\n";
    let note = report.replace("report", "note");
    for (what, head, begin) in [
        ("a body", format!("POST /body {HEAD}"), ""),
        ("a report", form.clone(), report),
        ("a note", form.clone(), &note),
        ("a form without a part", form, ""),
    ] {
        let mut client = TcpStream::connect(upload.server.address).await?;
        let head = format!(
            "{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{begin}\r\n",
            begin.len()
        );
        // A chunk of no bytes would be the end.
        let head = head.replace("\r\n0\r\n\r\n", "\r\n");
        client.write_all(head.as_bytes()).await?;
        let chunk = format!("{:x}\r\n{}\r\n", 100_000, "x".repeat(100_000));
        let mut sent = 0;
        let write = async {
            while client.write_all(chunk.as_bytes()).await.is_ok() {
                sent += chunk.len();
            }
        };
        let stopped = timeout(Duration::from_secs(20), write).await;
        ensure!(stopped.is_ok(), "{what}: it reads {sent} bytes and more");
        // The buffers of the sockets take some megabytes.
        ensure!(sent < 20_000_000, "{what}: {sent} bytes");
        upload.wait_for_files(0).await.context(what)?;
    }
    Ok(())
}

/// What is no upload is refused.
async fn wrong() -> Result<()> {
    let upload = Upload::start(&[])?;
    let form = "content-type: multipart/form-data; boundary=b\r\n";
    let note = "--b\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--b--\r\n";
    for (what, request, header, body, status) in [
        ("no form", "POST /form", "", "", 400),
        (
            "no boundary",
            "POST /form",
            "content-type: multipart/form-data\r\n",
            "",
            400,
        ),
        ("no report", "POST /form", form, note, 400),
        ("half a form", "POST /form", form, &note[..40], 400),
        // It would be safe to repeat, and this is not.
        ("a body to repeat", "PUT /body", "", "a file", 405),
        ("a form to repeat", "PUT /form", form, note, 405),
    ] {
        let length = body.len();
        let request = format!("{request} {HEAD}{header}content-length: {length}\r\n\r\n{body}");
        let answer = ask(upload.server.address, request.as_bytes()).await?;
        let right = format!("HTTP/1.1 {status} ");
        ensure!(answer.starts_with(&right), "{what}: {answer}");
    }
    upload.wait_for_files(0).await
}

/// A client that stalls is given up after ten seconds, wherever it does. One that is
/// slow is not.
async fn idle() -> Result<()> {
    let upload = Upload::start(&[])?;
    let body = format!("POST /body {HEAD}content-length: 1000\r\n\r\n");
    let form = format!(
        "POST /form {HEAD}content-type: multipart/form-data; boundary=b\r\n\
         content-length: 1000\r\n\r\n"
    );
    let report = "--b\r\ncontent-disposition: form-data; name=\"report\"\r\n\r\n";
    let note = report.replace("report", "note");
    let cases = [
        ("a body", body, "only a part"),
        ("a report", form.clone(), report),
        ("a note", form.clone(), &note),
        ("a form without a part", form, ""),
    ];
    let stalls = cases.iter().map(async |(what, head, begin)| {
        let start = Instant::now();
        let request = format!("{head}{begin}");
        let answer = ask(upload.server.address, request.as_bytes());
        let answer = timeout(Duration::from_secs(20), answer).await;
        let answer = answer.with_context(|| format!("{what}: no answer"))??;
        let took = start.elapsed().as_secs_f64();
        ensure!(answer.starts_with("HTTP/1.1 408 "), "{what}: {answer}");
        ensure!((9.9..14.0).contains(&took), "{what}: it took {took} s");
        Ok(())
    });
    let slow = async {
        let mut client = TcpStream::connect(upload.server.address).await?;
        let head = format!("POST /body {HEAD}content-length: 4\r\n\r\n");
        client.write_all(head.as_bytes()).await?;
        for byte in b"slow" {
            sleep(Duration::from_secs(3)).await;
            // If it is refused, the answer says so, or the connection is reset.
            let _ = client.write_all(&[*byte]).await;
        }
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        ensure!(
            answer.starts_with(b"HTTP/1.1 201 "),
            "a body with a piece every 3 s is to be saved, not {:?}",
            shown(&answer)
        );
        Ok(())
    };
    tokio::try_join!(try_join_all(stalls), slow)?;
    upload.wait_for_files(1).await
}

/// When the disk is full, the client is told, also if it is full at the last piece.
async fn full_disk() -> Result<()> {
    let upload = Upload::start_with(&[], "trap '' XFSZ; ulimit -f 0;")?;
    let request = format!("POST /body {HEAD}content-length: 5\r\n\r\nhello");
    let answer = ask(upload.server.address, request.as_bytes()).await?;
    ensure!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    upload.wait_for_files(0).await
}

/// Of 100 MB only a piece is in memory. A form may have as much as a body.
async fn memory() -> Result<()> {
    let upload = Upload::start(&[("= 1_000_000;", "= 100_000_000;")])?;
    let form = "content-type: multipart/form-data; boundary=b\r\n";
    let report = "--b\r\ncontent-disposition: form-data; name=\"report\"\r\n\r\n";
    for (path, header, begin, end) in [
        ("/body", "", "", ""),
        ("/form", form, report, "\r\n--b--\r\n"),
    ] {
        let send = async {
            let mut client = TcpStream::connect(upload.server.address).await?;
            let length = begin.len() + 100_000_000 + end.len();
            let head = format!("POST {path} {HEAD}{header}content-length: {length}\r\n\r\n");
            client.write_all(head.as_bytes()).await?;
            client.write_all(begin.as_bytes()).await?;
            let piece = vec![b'x'; 100_000];
            for _ in 0..1000 {
                client.write_all(&piece).await?;
            }
            client.write_all(end.as_bytes()).await?;
            let mut answer = String::new();
            client.read_to_string(&mut answer).await?;
            ensure!(answer.starts_with("HTTP/1.1 201 "), "{path}: {answer}");
            Ok(())
        };
        let ((), growth) = peak_growth(&upload.server, send).await.context(path)?;
        ensure!(growth < 5_000_000, "{path}: grown by {growth} bytes");
    }
    Ok(())
}
