//! Download many files at a time, with progress, retries and resume.
//!
//! `fetch_to_disk` is the simple form. This one adds:
//!
//! - four downloads at a time (`--jobs`), each with a progress bar, or plain
//!   lines if standard error is not a terminal, as with `| cat` below;
//! - retries after growing, random pauses (the first is 0.5 to 1 s), plus the
//!   pause that a server asks for with `Retry-After` (here 1 s);
//! - resume after a cut, Ctrl-C or a crash, from a `.part` file, if the server
//!   has sent a strong ETag (a version) and the file is still the same;
//! - checksums for `sha256sum -c` (`--sha256`); exit status 1 if a file failed;
//! - files that a power failure cannot leave empty or short (`--sync`).
//!
//! Unlike `fetch_to_disk`, it has no size limit. Without a URL, it asks its own
//! server, which cuts `photos.zip` off, and first answers 503 for `backup.tar`.
//!
//! ```console,unordered
//! $ cargo run -q -p examples-http --bin download 2>&1 | cat
//! orders.csv: 1000000 bytes
//! photos.zip: end of file before message length reached, next attempt in ~546 ms
//! backup.tar: 503 Service Unavailable, next attempt in ~1703 ms
//! photos.zip: continues at 500000 bytes
//! photos.zip: 1000000 bytes
//! backup.tar: 1000000 bytes
//! 3 downloaded, 0 already there, 0 failed
//! $ cargo run -q -p examples-http --bin download -- --retries 0 http://127.0.0.1:9/orders.csv
//! orders.csv: Connection refused (os error [..])
//! 0 downloaded, 0 already there, 1 failed
//! # exit 1
//! ```
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt,signal,time
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add clap --no-default-features -F derive,error-context,help,std,usage
//! cargo add backon --no-default-features -F std
//! cargo add futures --no-default-features -F alloc
//! cargo add indicatif --no-default-features
//! cargo add anyhow axum httpdate same-file sha2 tempfile thiserror
//! ```

mod demo;
mod download;
mod error;
mod part;
mod progress;

use std::collections::HashSet;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use futures::{StreamExt, stream};
use reqwest::{Client, Url};

use download::{Downloader, Outcome};
use part::file_name;
use progress::Progress;

/// Downloads files. A file that is there already is not downloaded again.
#[derive(Parser)]
struct Arguments {
    /// What to download; without a URL, demo files from a server of its own
    urls: Vec<Url>,
    /// Where to put the files
    #[arg(short, long, default_value = ".")]
    directory: PathBuf,
    /// How many files to download at a time
    #[arg(short, long, default_value = "4")]
    jobs: NonZeroUsize,
    /// How many times in a row to retry without new data
    #[arg(short, long, default_value = "5")]
    retries: usize,
    /// Print the SHA-256 of each file
    #[arg(long)]
    sha256: bool,
    /// Name a file only when the disk has all of it; this is slower
    #[arg(long)]
    sync: bool,
}

// One thread is enough: `spawn_blocking` has others, which wait for the disk.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let mut stop = StopSignals::new()?;
    let arguments = Arguments::parse();
    let finished = tokio::select! {
        failed = run(arguments) => Some(failed?),
        () = stop.recv() => None,
    };
    match finished {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(_failed) => Ok(ExitCode::FAILURE),
        None => {
            log("stopped; to continue, run the same command again");
            // 130 says Ctrl-C. `return` would wait for the task of a checksum.
            process::exit(130);
        }
    }
}

/// Downloads everything, and returns how many files failed.
async fn run(mut arguments: Arguments) -> anyhow::Result<usize> {
    // Declared here, the temporary directory lives until `run` returns.
    let temporary;
    let client = if arguments.urls.is_empty() {
        temporary = tempfile::tempdir()?;
        arguments.directory = temporary.path().into();
        arguments.urls = demo::serve().await?;
        demo::local_client()?
    } else {
        client()?
    };
    let directory = &arguments.directory;
    let shown = directory.display();
    ensure!(directory.is_dir(), "{shown} is not a directory");
    let (mut names, mut files) = (HashSet::new(), Vec::new());
    for url in &arguments.urls {
        // Do not print the whole URL: a password or the query may be in it.
        let path = url.path();
        let name = file_name(url).with_context(|| format!("cannot name a file after {path}"))?;
        ensure!(names.insert(name), "two URLs name the file {name}");
        files.push((url, directory.join(name)));
    }

    let downloader = Downloader {
        client,
        retries: arguments.retries,
        sha256: arguments.sha256,
        sync: arguments.sync,
        progress: Progress::new(files.len()),
    };
    let (mut downloaded, mut kept, mut failed) = (0, 0, 0);
    let mut downloads = stream::iter(files)
        .map(|(url, target)| downloader.run(url, target))
        .buffer_unordered(arguments.jobs.get());
    while let Some(outcome) = downloads.next().await {
        match outcome {
            Outcome::Downloaded => downloaded += 1,
            Outcome::Kept => kept += 1,
            Outcome::Failed => failed += 1,
        }
        downloader.progress.advance();
    }
    downloader.progress.finish();
    let summary = format!("{downloaded} downloaded, {kept} already there, {failed} failed");
    log(&summary);
    Ok(failed)
}

/// A client for any URL, with timeouts: by default there are none. TLS needs
/// the package `ca-certificates` in a minimal container.
fn client() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library; its default, aws-lc, takes
    // long to build. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(10))
        .build()
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}

/// Ctrl-C and SIGTERM, caught from `new` on: a signal that comes right after
/// the first line of output is not lost.
#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct StopSignals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn recv(&mut self) {
        self.0.recv().await;
    }
}
