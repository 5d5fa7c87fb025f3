//! A real browser: Chromium without a window, driven through WebDriver.

use std::env;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use harness::Terminal;
use harness::terminal::Job;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::time::sleep;

use super::runner::{Scenario, scenario};

/// How long the browser may take to start, and a page to show something.
const DEADLINE: Duration = Duration::from_secs(30);

/// A scenario in a Chromium of its own, with a new profile. Without Chromium it
/// is reported as ignored.
pub fn in_chromium<F>(name: &str, body: F) -> Scenario
where
    F: AsyncFnOnce(&Browser) -> Result<()> + Send + 'static,
{
    let scenario = scenario(name, async move || {
        let browser = Browser::start().await.context("Chromium")?;
        let done = body(&browser).await;
        let closed = browser.close().await;
        done.and(closed)
    });
    let is_there = ["chromium", "chromedriver"].into_iter().all(is_program);
    scenario.needs(
        is_there,
        "no Chromium: install chromium and chromium-driver",
    )
}

fn is_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// A Chromium, which is killed when this is dropped.
pub struct Browser {
    client: Client,
    driver: Job,
    chromium: Job,
    terminal: Terminal,
}

impl Browser {
    async fn start() -> Result<Self> {
        let mut terminal = Terminal::open()?;
        let home = terminal.temporary().display().to_string();
        terminal.set("HOME", &home);
        // The driver would start Chromium in a process group of its own, and
        // what hangs could not be killed.
        let mut chromium = terminal.start(&format!(
            "exec chromium --headless --no-sandbox --disable-gpu --disable-quic \
             --no-first-run --disable-background-networking --disable-component-update \
             --disable-sync --no-proxy-server --user-data-dir='{home}/profile' \
             --remote-debugging-port=0 about:blank"
        ))?;
        let address = line_after(&terminal, &mut chromium, "DevTools listening on ws://")?;
        let (address, _) = address.split_once('/').context(address.clone())?;
        let (driver, port) = start_driver(&mut terminal)?;
        let options = json!({ "debuggerAddress": address });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(
                [("goog:chromeOptions".into(), options)]
                    .into_iter()
                    .collect(),
            )
            .connect(&format!("http://127.0.0.1:{}", port.trim_end_matches('.')))
            .await?;
        Ok(Self {
            client,
            driver,
            chromium,
            terminal,
        })
    }

    async fn close(self) -> Result<()> {
        let Self {
            client,
            mut driver,
            mut chromium,
            terminal,
        } = self;
        client.close().await?;
        driver.kill();
        chromium.kill();
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = running_in(terminal.temporary())?;
            if left.is_empty() {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "Chromium leaves behind {left:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Opens a page and waits until it is loaded.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.client.goto(url).await.context(url.to_string())
    }

    /// Waits until an element of the page has a text in it.
    pub async fn wait_for(&self, element: &str, text: &str) -> Result<()> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let shown = self.text(element).await?;
            if shown.contains(text) {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "<{element}> shows {shown:?}, and never {text:?}"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The text in an element.
    pub async fn text(&self, element: &str) -> Result<String> {
        self.run(&format!(
            "return document.querySelector('{element}').textContent"
        ))
        .await
    }

    /// Runs a script in the page; the text that it returns.
    pub async fn run(&self, script: &str) -> Result<String> {
        let value = self.client.execute(script, Vec::new()).await;
        let value = value.with_context(|| script.to_string())?;
        Ok(value.as_str().map_or(value.to_string(), Into::into))
    }

    /// Types a text into an element, as a person does.
    pub async fn type_into(&self, element: &str, text: &str) -> Result<()> {
        Ok(self.find(element).await?.send_keys(text).await?)
    }

    pub async fn click(&self, element: &str) -> Result<()> {
        Ok(self.find(element).await?.click().await?)
    }

    async fn find(&self, element: &str) -> Result<Element> {
        let found = self.client.find(Locator::Css(element)).await;
        found.with_context(|| element.to_string())
    }
}

/// Starts the driver; gives its port, too. It takes one that is free for IPv6, and
/// ends if another program has the same for IPv4.
fn start_driver(terminal: &mut Terminal) -> Result<(Job, String)> {
    let started = "ChromeDriver was started successfully on port ";
    let mut tries = 0;
    loop {
        let mut driver = terminal.start("exec chromedriver --port=0")?;
        tries += 1;
        match line_after(terminal, &mut driver, started) {
            Ok(port) => return Ok((driver, port)),
            Err(error) if tries < 5 && error.to_string().contains("port not available") => {}
            Err(error) => return Err(error),
        }
    }
}

/// What follows `text` in a line that a job prints.
fn line_after(terminal: &Terminal, job: &mut Job, text: &str) -> Result<String> {
    let deadline = Instant::now() + DEADLINE;
    let mut lines = Vec::new();
    loop {
        let soon = Instant::now() + Duration::from_millis(50);
        terminal.read_until(soon, &mut lines)?;
        let mut found = lines.iter().filter_map(|line| line.text.split_once(text));
        if let Some((_, after)) = found.next() {
            return Ok(after.into());
        }
        ensure!(
            Instant::now() < deadline && job.ended()?.is_none(),
            "no line with {text:?} in {lines:?}"
        );
    }
}

/// The processes of a Chromium that still run: each has the profile's folder in
/// its command line. Only Linux tells.
fn running_in(folder: &Path) -> Result<Vec<String>> {
    let folder = folder.display().to_string();
    let mut found = Vec::new();
    if cfg!(target_os = "linux") {
        for entry in fs::read_dir("/proc")? {
            // One that has ended has none.
            let command = fs::read(entry?.path().join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            if command.contains(&folder) {
                found.push(command);
            }
        }
    }
    Ok(found)
}
