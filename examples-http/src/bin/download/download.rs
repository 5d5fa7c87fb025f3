//! Downloads one file, with retries.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use indicatif::ProgressBar;
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderName, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, Url};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::error::{Error, retry_after};
use crate::part::Part;
use crate::progress::Progress;

/// Pauses of 0.5, 1, 2 … up to 60 s, each made longer by up to 100% at random:
/// downloads that were cut off together must not retry together.
const BACK_OFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_delay(Duration::from_secs(60))
    .with_jitter();

pub struct Downloader {
    pub client: Client,
    pub retries: usize,
    pub sha256: bool,
    pub sync: bool,
    pub progress: Progress,
}

pub enum Outcome {
    Downloaded,
    Kept,
    Failed,
}

impl Downloader {
    pub async fn run(&self, url: &Url, target: PathBuf) -> Outcome {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let outcome = self.download(url, &target, &name).await;
        outcome.unwrap_or_else(|error| {
            // The last cause is the most precise.
            self.progress
                .print(&format!("{name}: {}", error.root_cause()));
            Outcome::Failed
        })
    }

    async fn download(&self, url: &Url, target: &Path, name: &str) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::Kept;
        let (path, source, sync) = (target.to_path_buf(), url.clone(), self.sync);
        // The first `?` is for a panic.
        let part = spawn_blocking(move || Part::find(path, &source, sync)).await??;
        if let Some(part) = part {
            let size = self.complete(url, part, name).await?;
            self.progress.print(&format!("{name}: {size} bytes"));
            outcome = Outcome::Downloaded;
        }
        if self.sha256 {
            let path = target.to_path_buf();
            let sum = spawn_blocking(move || sha256(&path)).await??;
            self.progress.print_sum(&sum, target);
        }
        Ok(outcome)
    }

    /// Makes attempts until the file is complete, and returns its size.
    async fn complete(&self, url: &Url, part: Part, name: &str) -> anyhow::Result<u64> {
        let bar = self.progress.add(name);
        let back_off = BACK_OFF.with_max_times(self.retries);
        let mut delays = back_off.build();
        let mut largest = part.size;
        let part = Arc::new(Mutex::new(part));
        loop {
            let attempt = self.attempt(url, &part, &bar).await;
            let size = part.lock().unwrap().size;
            let Err(error) = attempt else {
                return Ok(size);
            };
            // Data that is sent again is not progress.
            if size > largest {
                largest = size;
                delays = back_off.build();
            }
            let (Some(pause), Some(delay)) = (error.pause(), delays.next()) else {
                // Another attempt would fail too, or no retries are left.
                return Err(error.into());
            };
            // The pause that the server asks for comes first.
            let delay = pause + delay;
            let error = anyhow::Error::from(error);
            let (cause, ms) = (error.root_cause(), delay.as_millis());
            let message = format!("{name}: {cause}, next attempt in {ms} ms");
            self.progress.print(&message);
            sleep(delay).await;
        }
    }

    /// Requests the rest of the file, and appends it to the part.
    async fn attempt(
        &self,
        url: &Url,
        part: &Arc<Mutex<Part>>,
        bar: &ProgressBar,
    ) -> Result<(), Error> {
        let mut request = self.client.get(url.clone());
        if let Some((etag, size)) = part.lock().unwrap().to_continue() {
            // If the file has changed, the server sends all of it, with 200.
            let range = format!("bytes={size}-");
            request = request.header(RANGE, range).header(IF_RANGE, etag);
        }
        let mut response = request.send().await?;
        self.begin(&response, &mut part.lock().unwrap(), bar)?;
        let mut piece = response.chunk().await?;
        while let Some(bytes) = piece {
            bar.inc(bytes.len() as u64);
            let writer = Arc::clone(part);
            let write = spawn_blocking(move || writer.lock().unwrap().append(&bytes));
            // The next piece arrives while this one is written.
            let (written, next) = tokio::join!(write, response.chunk());
            // If the task panicked, `io::Error::from` makes that an error too.
            written.map_err(io::Error::from)??;
            if part.lock().unwrap().is_finished {
                return Ok(());
            }
            piece = next?;
        }
        if part.lock().unwrap().total.is_some_and(|total| total > 0) {
            // The body ended early. (An empty file is complete, though.)
            return Err(Error::Incomplete);
        }
        // Without a length, the file ends where the body ends. (If the server
        // only closes the connection, nobody can tell the end from a cut.)
        let writer = Arc::clone(part);
        let finish = spawn_blocking(move || writer.lock().unwrap().finish());
        Ok(finish.await.map_err(io::Error::from)??)
    }

    /// Prepares the part for the body of this answer.
    fn begin(&self, response: &Response, part: &mut Part, bar: &ProgressBar) -> Result<(), Error> {
        let rest = size_of_rest(response, part);
        match response.status() {
            // This is also the answer of a server that ignores ranges.
            StatusCode::OK => {
                // A weak ETag, `W/"…"`, does not promise equal bytes.
                let etag = header(response, ETAG).filter(|etag| etag.starts_with('"'));
                part.restart(etag, response.content_length());
            }
            StatusCode::PARTIAL_CONTENT if rest.is_some() => {
                part.total = rest;
                let (name, size) = (bar.prefix(), part.size);
                self.progress
                    .print(&format!("{name}: continues at {size} bytes"));
            }
            // Start again. Either this is another range, or (with 416) the
            // server has nothing that follows the part.
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                part.restart(None, None);
                return Err(Error::NoRest);
            }
            status => return Err(Error::Status(status, retry_after(response))),
        }
        match part.total {
            Some(total) => bar.set_length(total),
            None => bar.unset_length(),
        }
        bar.set_position(part.size);
        Ok(())
    }
}

fn header(response: &Response, name: HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}

/// The size of the whole file, if the answer is its rest after this part.
fn size_of_rest(response: &Response, part: &Part) -> Option<u64> {
    let (etag, size) = part.to_continue()?;
    if header(response, ETAG).is_some_and(|other| other != etag) {
        // This is the rest of another version.
        return None;
    }
    // The header is, for example, `bytes 500000-999999/1000000`.
    let range = header(response, CONTENT_RANGE)?;
    let rest = range.strip_prefix(&format!("bytes {size}-"))?;
    rest.split_once('/')?.1.parse().ok()
}

/// The sum of what is on the disk, whichever run has downloaded it.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    let mut sum = String::new();
    for byte in hasher.finalize() {
        let _ = write!(sum, "{byte:02x}");
    }
    Ok(sum)
}
