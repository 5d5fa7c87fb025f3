//! `download` from servers that break off, change a file, ignore a range, send
//! another one, or are overloaded.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use harness::repository::build_changed;
use harness::suite::Company;
use harness::workspace::root;
use nix::pty::{Winsize, openpty};
use nix::unistd::ttyname;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::scenarios::support::clients::pattern;
use crate::scenarios::support::files::{self, Files, Ran};
use crate::scenarios::support::http;
use crate::scenarios::support::runner::{Scenario, scenario};

/// A size that no buffer divides.
const SIZE: usize = 300_001;
/// What has arrived when a server breaks off.
const HALF: usize = 123_456;

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = vec![
        scenario("resume_after_a_cut", resume_after_a_cut).slow(),
        scenario("resume_after_a_signal", resume_after_a_signal).slow(),
        scenario("another_version", another_version),
        scenario("third_run", third_run).slow(),
        scenario("another_url", another_url),
        scenario("wrong_ranges", wrong_ranges).slow(),
        scenario("no_version", no_version).slow(),
        scenario("part_of_the_rest", part_of_the_rest).slow(),
        scenario("lengths", lengths).slow(),
        scenario("pauses", pauses).slow(),
        scenario("growing_pauses", growing_pauses).slow(),
        scenario("apart", apart).slow(),
        scenario("gives_up", gives_up).slow(),
        scenario("no_new_data", no_new_data).slow(),
        scenario("silent_server", silent_server).slow(),
        scenario("some_fail", some_fail),
        scenario("jobs", jobs),
        scenario("arguments", arguments).slow(),
        scenario("help", help),
        scenario("checksums", checksums).slow(),
        scenario("stop_in_a_checksum", stop_in_a_checksum),
        scenario("same_file_twice", same_file_twice),
        scenario("finished_before_the_lock", finished_before_the_lock).slow(),
        scenario("full_disk", full_disk),
        scenario("memory", memory).slow(),
        scenario("by_proxy", by_proxy),
        scenario("terminal", terminal).slow(),
    ];
    if cfg!(target_os = "linux") {
        let syncs = Scenario::new("syncs", Company::Any, || {
            files::syncs_before_rename("download", "--sync")
        });
        tests.push(syncs.slow());
        let strace = Command::new("strace").arg("-V").output();
        let clears = scenario("clears", clears).slow();
        tests.push(clears.needs(strace.is_ok(), "no strace here: install it"));
    }
    tests
}

/// What a server sends, and whether it then waits instead of closing.
struct Answer {
    bytes: Vec<u8>,
    stays: bool,
}

/// A server that answers each request by a function of its number, from 0 on,
/// and of its head.
struct Site {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Site {
    async fn open(answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                tokio::spawn(async move {
                    let head = head(&mut stream).await?;
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push((Instant::now(), head.clone()));
                        seen.len() - 1
                    };
                    let Answer { bytes, stays } = answer(number, &head);
                    stream.write_all(&bytes).await?;
                    if stays {
                        // Until the client leaves.
                        stream.read_u8().await?;
                    }
                    anyhow::Ok(())
                });
            }
        });
        Ok(Self { address, requests })
    }

    fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// The range that each request asked for, and the version that it must be
    /// of.
    fn ranges(&self) -> Vec<Option<(String, String)>> {
        let requests = self.requests.lock().unwrap();
        let range = |head: &str| {
            let range = field(head, "range")?.to_string();
            Some((range, field(head, "if-range")?.to_string()))
        };
        requests.iter().map(|(_, head)| range(head)).collect()
    }

    fn times(&self) -> Vec<Instant> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|(at, _)| *at).collect()
    }
}

async fn head(stream: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head)?)
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// What a server sends that has this version of a file: all of it, or the rest,
/// if it is asked for the rest of that version.
fn file(head: &str, etag: &str, bytes: &[u8]) -> Vec<u8> {
    let start = field(head, "range").filter(|_| field(head, "if-range") == Some(etag));
    let start = start.and_then(|it| it.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let Some(start) = start else {
        return whole(etag, bytes);
    };
    let (size, last) = (bytes.len(), bytes.len() - 1);
    if start > last {
        return status("416 Range Not Satisfiable", "");
    }
    let range = format!("bytes {start}-{last}/{size}");
    partial(etag, &range, &bytes[start..])
}

fn whole(etag: &str, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\netag: {etag}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), bytes].concat()
}

fn partial(etag: &str, range: &str, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    let head = format!(
        "HTTP/1.1 206 Partial Content\r\netag: {etag}\r\ncontent-range: {range}\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), bytes].concat()
}

fn status(line: &str, fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\n{fields}connection: close\r\ncontent-length: 0\r\n\r\n")
        .into_bytes()
}

fn sent(bytes: Vec<u8>) -> Answer {
    Answer {
        bytes,
        stays: false,
    }
}

/// So many bytes of an answer's body, of which there are `size`.
fn cut(mut answer: Vec<u8>, size: usize, count: usize) -> Vec<u8> {
    answer.truncate(answer.len() - size + count);
    answer
}

fn read(files: &Files, name: &str) -> Result<Vec<u8>> {
    fs::read(files.path(name)).with_context(|| name.to_string())
}

/// Expects these files in the folder, beside what the run has printed.
fn ensure_files(files: &Files, expected: &[&str]) -> Result<()> {
    let mut left = files.terminal.left_behind()?;
    left.retain(|name| name != "shown" && name != "said");
    left.sort();
    ensure!(left == expected, "{left:?} are there, not {expected:?}");
    Ok(())
}

fn ensure_summary(ran: &Ran, downloaded: usize, kept: usize, failed: usize) -> Result<()> {
    let summary = format!("{downloaded} downloaded, {kept} already there, {failed} failed");
    ensure!(
        ran.status == i32::from(failed > 0) && ran.said.last() == Some(&summary),
        "expected \"{summary}\": {ran:?}"
    );
    Ok(())
}

/// What is asked for to continue version 1.
fn rest_from(start: usize) -> (String, String) {
    (format!("bytes={start}-"), "\"1\"".into())
}

/// A server that sends half of a file and then nothing, and later what is
/// asked.
async fn half_and_rest() -> Result<Site> {
    let site = Site::open(|number, head| {
        let answer = file(head, "\"1\"", &pattern(SIZE));
        match number {
            0 => Answer {
                bytes: cut(answer, SIZE, HALF),
                stays: true,
            },
            _ => sent(answer),
        }
    });
    site.await
}

/// Starts a download of `a.bin`, and returns when a server that stays has sent
/// half of it and the half is on the disk.
async fn half_of(files: &Files, url: &str) -> Result<harness::terminal::Job> {
    let mut job = files.start(url)?;
    let part = files.path("a.bin.part");
    let arrived = async {
        while fs::metadata(&part).map_or(0, |it| it.len()) < HALF as u64 {
            ensure!(job.ended()?.is_none(), "it ended: {}", files.read("said")?);
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    };
    let arrived = timeout(Duration::from_secs(20), arrived).await;
    arrived.context("the half does not arrive")??;
    Ok(job)
}

/// A server that breaks off twice: each time only the rest is requested, and in
/// the end the bytes are those of the file.
async fn resume_after_a_cut() -> Result<()> {
    let bytes = pattern(SIZE);
    let content = bytes.clone();
    let site = Site::open(move |number, head| {
        let answer = file(head, "\"1\"", &content);
        sent(match number {
            0 => cut(answer, SIZE, HALF),
            1 => cut(answer, SIZE - HALF, HALF),
            _ => answer,
        })
    });
    let site = site.await?;
    let files = Files::of("download")?;
    let ran = files.run(&site.url("a.bin")).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    ensure!(read(&files, "a.bin")? == bytes, "other bytes: {ran:?}");
    ensure_files(&files, &["a.bin"])?;
    let ranges = site.ranges();
    let expected = [None, Some(rest_from(HALF)), Some(rest_from(2 * HALF))];
    ensure!(ranges == expected, "{ranges:?}");
    Ok(())
}

/// Ctrl-C, SIGTERM and even SIGKILL leave a part, and the next run requests the
/// rest.
async fn resume_after_a_signal() -> Result<()> {
    for (signal, expected) in [("INT", 130), ("TERM", 130), ("KILL", 137)] {
        let bytes = pattern(SIZE);
        let content = bytes.clone();
        let site = Site::open(move |number, head| {
            let answer = file(head, "\"1\"", &content);
            match number {
                0 => Answer {
                    bytes: cut(answer, SIZE, HALF),
                    stays: true,
                },
                _ => sent(answer),
            }
        });
        let site = site.await?;
        let files = Files::of("download")?;
        let url = site.url("a.bin");
        let mut job = half_of(&files, &url).await?;
        job.signal(signal)?;
        let start = Instant::now();
        let ran = files.ran(&mut job).await?;
        let took = start.elapsed();
        ensure!(ran.status == expected, "{signal}: {ran:?}");
        ensure!(took < Duration::from_secs(2), "{signal}: {took:?}");
        let stopped = ["stopped; to continue, run the same command again"];
        ensure!(signal == "KILL" || ran.said == stopped, "{signal}: {ran:?}");
        ensure_files(&files, &["a.bin.part", "a.bin.part.etag"]).context(signal)?;

        let ran = files.run(&url).await?;
        ensure_summary(&ran, 1, 0, 0).context(signal)?;
        let same = read(&files, "a.bin")? == bytes;
        ensure!(same, "{signal}: other bytes: {ran:?}");
        ensure_files(&files, &["a.bin"]).context(signal)?;
        let ranges = site.ranges();
        ensure!(
            ranges == [None, Some(rest_from(HALF))],
            "{signal}: {ranges:?}"
        );
    }
    Ok(())
}

/// Leaves half of a file of version 1, and then downloads it from a server that
/// answers so.
async fn after_half(
    answer: impl Fn(usize, &str) -> Vec<u8> + Send + Sync + 'static,
) -> Result<(Site, Files, Ran)> {
    let site = Site::open(move |number, head| match number {
        0 => Answer {
            bytes: cut(whole("\"1\"", &pattern(SIZE)), SIZE, HALF),
            stays: true,
        },
        _ => sent(answer(number, head)),
    });
    let site = site.await?;
    let files = Files::of("download")?;
    let url = site.url("a.bin");
    let mut job = half_of(&files, &url).await?;
    job.signal("INT")?;
    files.ended(&mut job).await?;
    let ran = files.run(&url).await?;
    Ok((site, files, ran))
}

/// The file has changed between two runs, or the server ignores ranges: all of
/// it is downloaded.
async fn another_version() -> Result<()> {
    let mut other = pattern(SIZE);
    other.reverse();
    let content = other.clone();
    let (_, files, ran) = after_half(move |_, head| file(head, "\"2\"", &content)).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    ensure!(read(&files, "a.bin")? == other, "a mixture: {ran:?}");

    let (site, files, ran) = after_half(|_, _| whole("\"1\"", &pattern(SIZE))).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    ensure!(
        read(&files, "a.bin")? == pattern(SIZE),
        "other bytes: {ran:?}"
    );
    let ranges = site.ranges();
    ensure!(ranges == [None, Some(rest_from(HALF))], "{ranges:?}");
    Ok(())
}

/// What is left of the second version is continued as that, and not as the first one.
async fn third_run() -> Result<()> {
    let other: Vec<u8> = pattern(SIZE).into_iter().rev().collect();
    let content = other.clone();
    let (site, files, ran) = after_half(move |number, head| {
        let answer = file(head, "\"2\"", &content);
        match number {
            1 => cut(answer, SIZE, HALF),
            2 => status("404 Not Found", ""),
            _ => answer,
        }
    })
    .await?;
    ensure_summary(&ran, 0, 0, 1)?;
    let ran = files.run(&site.url("a.bin")).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    ensure!(read(&files, "a.bin")? == other, "a mixture: {ran:?}");
    ensure_files(&files, &["a.bin"])?;
    let rest = || Some((format!("bytes={HALF}-"), "\"2\"".into()));
    let (expected, ranges) = ([None, Some(rest_from(HALF)), rest(), rest()], site.ranges());
    ensure!(
        ranges == expected,
        "{expected:?} are to be asked for, not {ranges:?}"
    );
    Ok(())
}

/// A part of a file of the same name from elsewhere is not continued.
async fn another_url() -> Result<()> {
    let site = half_and_rest().await?;
    let files = Files::of("download")?;
    let mut job = half_of(&files, &site.url("old/a.bin")).await?;
    job.signal("INT")?;
    files.ended(&mut job).await?;
    // The user and the query may be others.
    let user = format!("http://ann:secret@{}/old/a.bin?token=1", site.address);
    for (url, ranges) in [
        (user, vec![None, Some(rest_from(HALF))]),
        (
            site.url("new/a.bin"),
            vec![None, Some(rest_from(HALF)), None],
        ),
    ] {
        let part = [
            read(&files, "a.bin.part")?,
            read(&files, "a.bin.part.etag")?,
        ];
        let ran = files.run(&format!("'{url}'")).await?;
        ensure_summary(&ran, 1, 0, 0)?;
        ensure!(site.ranges() == ranges, "{url}: {:?}", site.ranges());
        ensure!(
            read(&files, "a.bin")? == pattern(SIZE),
            "{url}: other bytes"
        );
        fs::remove_file(files.path("a.bin"))?;
        files.write("a.bin.part", &part[0])?;
        files.write("a.bin.part.etag", &part[1])?;
    }
    Ok(())
}

/// A range that is not the one that was asked for is not appended.
async fn wrong_ranges() -> Result<()> {
    let bytes = pattern(SIZE);
    let last = SIZE - 1;
    let from = |start: usize| format!("bytes {start}-{last}/{SIZE}");
    for (case, answer) in [
        ("from 0", partial("\"1\"", &from(0), &bytes)),
        (
            "one later",
            partial("\"1\"", &from(HALF + 1), &bytes[HALF + 1..]),
        ),
        ("no range", partial("\"1\"", "", &bytes[HALF..])),
        (
            "no size",
            partial("\"1\"", &format!("bytes {HALF}-{last}/*"), &bytes[HALF..]),
        ),
        (
            "other version",
            partial("\"2\"", &from(HALF), &vec![0; SIZE - HALF]),
        ),
        ("416", status("416 Range Not Satisfiable", "")),
        (
            "416 with a range",
            status(
                "416 Range Not Satisfiable",
                &format!("content-range: {}\r\n", from(HALF)),
            ),
        ),
    ] {
        let (site, files, ran) = after_half(move |number, head| match number {
            1 => answer.clone(),
            _ => file(head, "\"1\"", &pattern(SIZE)),
        })
        .await?;
        ensure_summary(&ran, 1, 0, 0).context(case)?;
        ensure!(
            read(&files, "a.bin")? == bytes,
            "{case}: other bytes: {ran:?}"
        );
        let ranges = site.ranges();
        ensure!(
            ranges == [None, Some(rest_from(HALF)), None],
            "{case}: {ranges:?}"
        );
    }
    Ok(())
}

/// What cannot be continued is not kept: a file without an ETag, or with a weak
/// one.
async fn no_version() -> Result<()> {
    for etag in ["", "W/\"1\""] {
        let site = Site::open(move |number, head| {
            let answer = file(head, etag, &pattern(SIZE));
            sent(match number {
                0 | 1 => cut(answer, SIZE, HALF),
                _ => answer,
            })
        });
        let site = site.await?;
        let files = Files::of("download")?;
        let url = site.url("a.bin");
        let ran = files.run(&format!("--retries 0 {url}")).await?;
        ensure_summary(&ran, 0, 0, 1)?;
        ensure_files(&files, &[]).context(etag)?;
        let ran = files.run(&url).await?;
        ensure_summary(&ran, 1, 0, 0)?;
        ensure!(read(&files, "a.bin")? == pattern(SIZE), "{etag}: {ran:?}");
        let ranges = site.ranges();
        ensure!(ranges == [None, None, None], "{etag}: {ranges:?}");
    }
    Ok(())
}

/// A server may send less of the rest than it is asked for.
async fn part_of_the_rest() -> Result<()> {
    let (site, files, ran) = after_half(|number, head| match number {
        1 => {
            let range = format!("bytes {HALF}-{}/{SIZE}", HALF + 999);
            partial("\"1\"", &range, &pattern(SIZE)[HALF..HALF + 1000])
        }
        _ => file(head, "\"1\"", &pattern(SIZE)),
    })
    .await?;
    ensure_summary(&ran, 1, 0, 0)?;
    ensure!(
        read(&files, "a.bin")? == pattern(SIZE),
        "other bytes: {ran:?}"
    );
    let expected = [None, Some(rest_from(HALF)), Some(rest_from(HALF + 1000))];
    let ranges = site.ranges();
    ensure!(ranges == expected, "{ranges:?}");
    Ok(())
}

/// Without a length a file ends where the body does, but not where its chunks break off.
/// An empty file is complete, and takes the place of a part.
async fn lengths() -> Result<()> {
    let bytes = pattern(SIZE);
    let head = "HTTP/1.1 200 OK\r\netag: \"1\"\r\nconnection: close\r\n";
    let chunks = format!("{head}transfer-encoding: chunked\r\n\r\n");
    let first = format!("{chunks}{SIZE:x}\r\n");
    let chunked = [first.as_bytes(), &bytes, b"\r\n0\r\n\r\n"].concat();
    let to_the_end = [head.as_bytes(), b"\r\n", &bytes].concat();
    let no_chunk = format!("{chunks}0\r\n\r\n").into_bytes();
    let cut_off = [first.as_bytes(), &bytes[..HALF]].concat();
    for (case, answer, right, requests) in [
        ("chunked", chunked, &bytes[..], 1),
        ("to the end", to_the_end, &bytes[..], 1),
        ("empty", whole("\"1\"", b""), &bytes[..0], 1),
        ("no chunk", no_chunk, &bytes[..0], 1),
        ("cut off", cut_off, &bytes[..], 2),
    ] {
        let site = Site::open(move |number, head| {
            sent(match number {
                0 => answer.clone(),
                _ => file(head, "\"1\"", &pattern(SIZE)),
            })
        });
        let site = site.await?;
        let files = Files::of("download")?;
        let command = format!("--retries 1 {}", site.url("a.bin"));
        let ran = files.run(&command).await?;
        ensure_summary(&ran, 1, 0, 0).context(case)?;
        let same = read(&files, "a.bin")? == right;
        ensure!(same, "{case}: other bytes: {ran:?}");
        ensure_files(&files, &["a.bin"]).context(case)?;
        let all = [None, Some(rest_from(HALF))];
        let ranges = site.ranges();
        ensure!(ranges == all[..requests], "{case}: {ranges:?}: {ran:?}");
    }

    let (_, files, ran) = after_half(|_, _| whole("\"2\"", b"")).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    let size = read(&files, "a.bin")?.len();
    ensure!(size == 0, "an empty file after a part has {size} bytes");
    ensure_files(&files, &["a.bin"])
}

/// The next attempt comes after what the server asks for and at most twice the
/// back-off; a server that asks for an hour is not asked again.
async fn pauses() -> Result<()> {
    for (line, pause, least, most) in [
        ("503 Service Unavailable", "", 0.5, 1.0),
        ("429 Too Many Requests", "2", 2.5, 3.0),
        // A date has whole seconds.
        ("503 Service Unavailable", "in 3 s", 2.5, 4.0),
    ] {
        let fields = move || match pause {
            "" => String::new(),
            "in 3 s" => {
                let date = http_date(SystemTime::now() + Duration::from_secs(3));
                format!("retry-after: {}\r\n", date.unwrap_or_default())
            }
            seconds => format!("retry-after: {seconds}\r\n"),
        };
        let site = Site::open(move |number, head| {
            sent(match number {
                0 => status(line, &fields()),
                _ => file(head, "\"1\"", b"orders"),
            })
        });
        let site = site.await?;
        let files = Files::of("download")?;
        let ran = files.run(&site.url("a.bin")).await?;
        ensure_summary(&ran, 1, 0, 0)?;
        let said = format!("a.bin: {line}, next attempt in ");
        let said = ran.said[0].strip_prefix(&said);
        let said: Option<f64> = said.and_then(|it| it.strip_suffix(" ms")?.parse().ok());
        let said = said.with_context(|| format!("{ran:?}"))? / 1000.0;
        let times = site.times();
        let took = (times[1] - times[0]).as_secs_f64();
        // On a busy machine, a date is nearer when it is read, and the attempt late.
        let shortest = if pause == "in 3 s" { 0.5 } else { least };
        ensure!(
            (shortest..=most).contains(&said)
                && took >= least
                && (said..said + 3.0).contains(&took),
            "{line}, {pause}: {said} s were said, {took} s it took"
        );
    }
    Ok(())
}

/// The pauses double up to a minute, and each is longer by as much at most, whatever
/// passing trouble a server has. What it asks for comes on top, up to two minutes, unless
/// it cannot be read or is over.
async fn growing_pauses() -> Result<()> {
    let passing = [
        "408 Request Timeout",
        "429 Too Many Requests",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
    ];
    let site = Site::open(move |number, head| {
        sent(match number {
            0 => status(passing[0], "retry-after: 120\r\n"),
            1 => status(passing[1], "retry-after: soon\r\n"),
            2 => status(passing[2], "retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
            3..10 => status(passing[number % 5], ""),
            _ => file(head, "\"1\"", b"orders"),
        })
    });
    let site = site.await?;
    let changes = [("            sleep(delay).await;\n", "")];
    let copy = build_changed(root(), "examples-http", "download/download", &changes)?;
    let mut files = Files::of("download")?;
    files.command = format!("exec '{}'", copy.path().join("download").display());
    let ran = files
        .run(&format!("--retries 10 {}", site.url("a.bin")))
        .await?;
    ensure_summary(&ran, 1, 0, 0)?;
    let pauses = ran.said.iter().filter_map(|line| {
        let (_, pause) = line.split_once(", next attempt in ")?;
        pause.strip_suffix(" ms")?.parse().ok()
    });
    let pauses: Vec<u64> = pauses.collect();
    ensure!(pauses.len() == 10, "ten pauses are expected: {ran:?}");
    for (number, pause) in pauses.iter().enumerate() {
        let asked = if number == 0 { 120_000 } else { 0 };
        let least = (500 << number).min(60_000);
        let right = asked + least..=asked + 2 * least;
        ensure!(
            right.contains(pause),
            "pause {number} is to take {right:?} ms, not {pause}: {pauses:?}"
        );
    }

    let longer = status(passing[0], "retry-after: 121\r\n");
    let site = Site::open(move |_, _| sent(longer.clone())).await?;
    let command = format!("--retries 1 {}", site.url("b.bin"));
    let ran = files.run(&command).await?;
    ensure_summary(&ran, 0, 0, 1)?;
    let count = site.times().len();
    ensure!(
        count == 1,
        "a server that asks for 121 s is to be asked once, not {count} times"
    );
    Ok(())
}

/// Downloads that fail together are not tried again together.
async fn apart() -> Result<()> {
    let asked = Mutex::new(HashSet::new());
    let site = Site::open(move |_, head| {
        let is_first = asked.lock().unwrap().insert(head.to_string());
        sent(if is_first {
            status("503 Service Unavailable", "")
        } else {
            file(head, "\"1\"", b"orders")
        })
    });
    let site = site.await?;
    let files = Files::of("download")?;
    let urls: Vec<_> = (0..10).map(|it| site.url(&it.to_string())).collect();
    let ran = files.run(&format!("-j 10 {}", urls.join(" "))).await?;
    ensure_summary(&ran, 10, 0, 0)?;
    let pauses = ran.said.iter().filter_map(|line| {
        let (_, pause) = line.split_once(": 503 Service Unavailable, next attempt in ")?;
        pause.strip_suffix(" ms")?.parse().ok()
    });
    let mut pauses: Vec<u32> = pauses.collect();
    pauses.sort_unstable();
    ensure!(
        pauses.len() == 10
            && pauses.iter().all(|pause| (500..=1000).contains(pause))
            && pauses[9] - pauses[0] > 50,
        "ten different pauses of 500 to 1000 ms are expected, not {pauses:?}: {ran:?}"
    );
    Ok(())
}

/// The date, as HTTP writes it.
fn http_date(time: SystemTime) -> Result<String> {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let date = Command::new("date")
        .args(["-u", "-d", &format!("@{seconds}"), "+%a, %d %b %Y %T GMT"])
        .env("LC_ALL", "C")
        .output()?;
    Ok(String::from_utf8(date.stdout)?.trim().into())
}

/// How often is asked: not again where it is in vain; `--retries` times where
/// nothing comes; and more often while each attempt brings something.
async fn gives_up() -> Result<()> {
    for (answer, requests) in [
        (status("404 Not Found", ""), 1),
        (status("500 Internal Server Error", ""), 1),
        (status("204 No Content", ""), 1),
        (
            status("503 Service Unavailable", "retry-after: 3600\r\n"),
            1,
        ),
        (status("301 Moved", "location: /a.bin\r\n"), 11),
        (status("503 Service Unavailable", ""), 3),
        (Vec::new(), 3),
    ] {
        let shown = String::from_utf8_lossy(&answer).into_owned();
        let site = Site::open(move |_, _| sent(answer.clone())).await?;
        let files = Files::of("download")?;
        let url = site.url("a.bin");
        let ran = files
            .run(&format!("--retries 2 '{url}?token=secret'"))
            .await?;
        let is_told = ran.said.concat().contains("secret");
        ensure!(!is_told, "it prints the query: {ran:?}");
        ensure_summary(&ran, 0, 0, 1).context(shown.clone())?;
        ensure_files(&files, &[]).context(shown.clone())?;
        let count = site.times().len();
        ensure!(count == requests, "{shown}: {count} requests: {ran:?}");
    }

    let site = Site::open(|number, head| {
        let answer = file(head, "\"1\"", &pattern(SIZE));
        let rest = SIZE - number * 60_000;
        sent(cut(answer, rest, rest.min(60_000)))
    });
    let site = site.await?;
    let files = Files::of("download")?;
    let command = format!("--retries 1 {}", site.url("a.bin"));
    let ran = files.run(&command).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    ensure!(site.times().len() == 6, "{ran:?}");
    Ok(())
}

/// After new data, the attempts count from zero, but only once: an answer without
/// data, and data that is sent again, use up `--retries`.
async fn no_new_data() -> Result<()> {
    for (then, etag) in [("503", "\"1\""), ("the same half again", "")] {
        let site = Site::open(move |number, head| {
            sent(match number {
                // By now it should have given up. This stops it.
                4.. => status("404 Not Found", ""),
                1.. if then == "503" => status("503 Service Unavailable", ""),
                _ => cut(file(head, etag, &pattern(SIZE)), SIZE, HALF),
            })
        });
        let site = site.await?;
        let files = Files::of("download")?;
        let command = format!("--retries 1 {}", site.url("a.bin"));
        let ran = files.run(&command).await?;
        ensure_summary(&ran, 0, 0, 1).context(then)?;
        let count = site.times().len();
        ensure!(
            count == 2,
            "half of the file and then {then}, with one retry: \
             2 requests are expected, not {count}: {ran:?}"
        );
    }
    Ok(())
}

/// A server that stops sending without closing is left after ten seconds, and
/// asked for the rest.
async fn silent_server() -> Result<()> {
    let site = half_and_rest().await?;
    let files = Files::of("download")?;
    let ran = files.run(&site.url("a.bin")).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    ensure!(
        read(&files, "a.bin")? == pattern(SIZE),
        "other bytes: {ran:?}"
    );
    let times = site.times();
    let pause = (times[1] - times[0]).as_secs_f64();
    ensure!((10.5..15.0).contains(&pause), "after {pause} s: {ran:?}");
    Ok(())
}

/// One file that fails does not keep the others from arriving, and a second run
/// tries only that one again.
async fn some_fail() -> Result<()> {
    let site = Site::open(|number, head| {
        sent(match head.split(' ').nth(1) {
            Some("/b.bin") if number < 3 => status("404 Not Found", ""),
            Some(path) => file(head, "\"1\"", path.as_bytes()),
            None => Vec::new(),
        })
    });
    let site = site.await?;
    let files = Files::of("download")?;
    files.make("into")?;
    let urls = ["a.bin", "b.bin", "c%20c.bin"].map(|it| site.url(it));
    let command = format!("-d into {}", urls.join(" "));
    let ran = files.run(&command).await?;
    ensure_summary(&ran, 2, 0, 1)?;
    let failed = "b.bin: 404 Not Found".to_string();
    ensure!(ran.said.contains(&failed), "{ran:?}");
    let ran = files.run(&command).await?;
    ensure_summary(&ran, 1, 2, 0)?;
    for name in ["a.bin", "b.bin", "c%20c.bin"] {
        let bytes = read(&files, &format!("into/{name}"))?;
        ensure!(bytes == format!("/{name}").as_bytes(), "{name}: {bytes:?}");
    }
    ensure!(site.times().len() == 4, "{:?}", site.times());
    Ok(())
}

/// As many requests at a time as `--jobs` allows, and no more; a slow first one does
/// not hold up the others.
async fn jobs() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (current, highest) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let most = Arc::clone(&highest);
    let (answered, passed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let passed_first = Arc::clone(&passed);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (current, highest) = (Arc::clone(&current), Arc::clone(&highest));
            let (answered, passed) = (Arc::clone(&answered), Arc::clone(&passed));
            tokio::spawn(async move {
                let asked = head(&mut stream).await?;
                highest.fetch_max(current.fetch_add(1, Relaxed) + 1, Relaxed);
                sleep(Duration::from_millis(50)).await;
                if asked.starts_with("GET /0 ") {
                    let others = async {
                        while answered.load(Relaxed) < 4 {
                            sleep(Duration::from_millis(10)).await;
                        }
                    };
                    let _ = timeout(Duration::from_secs(3), others).await;
                    passed.store(answered.load(Relaxed), Relaxed);
                }
                answered.fetch_add(1, Relaxed);
                current.fetch_sub(1, Relaxed);
                stream.write_all(&whole("\"1\"", b"orders")).await?;
                anyhow::Ok(())
            });
        }
    });
    let urls: Vec<_> = (0..9).map(|it| format!("http://{address}/{it}")).collect();
    for (option, jobs) in [("-j 3", 3), ("", 4)] {
        let files = Files::of("download")?;
        let ran = files.run(&format!("{option} {}", urls.join(" "))).await?;
        ensure_summary(&ran, 9, 0, 0)?;
        let highest = most.swap(0, Relaxed);
        ensure!(
            highest == jobs,
            "\"{option}\": {highest} requests at a time"
        );
        let passed = passed_first.load(Relaxed);
        ensure!(passed >= 4, "the first holds up all but {passed} others");
    }
    Ok(())
}

/// What cannot be right is refused before anything is requested, as a file in the
/// place of another one's part; no name leads out of the directory.
async fn arguments() -> Result<()> {
    let site = Site::open(|_, head| sent(file(head, "\"1\"", b"orders"))).await?;
    let files = Files::of("download")?;
    let (url, other) = (site.url("a.bin"), site.url("b/a.bin"));
    let (root, part) = (site.url(""), site.url("a.bin.part"));
    for (command, status, said) in [
        (
            format!("{url} {other}"),
            1,
            "Error: two URLs name the file a.bin".into(),
        ),
        (
            "'http://ann:secret@example.com/a/?token=1'".into(),
            1,
            "Error: cannot name a file after /a/".into(),
        ),
        (root, 1, "Error: cannot name a file after /".into()),
        (
            format!("{url} {part}"),
            1,
            "Error: cannot name a file after /a.bin.part".into(),
        ),
        (
            format!("{url} {part}.etag"),
            1,
            "Error: cannot name a file after /a.bin.part.etag".into(),
        ),
        (
            "mailto:ann@example.com".into(),
            1,
            "Error: cannot name a file after ann@example.com".into(),
        ),
        (
            format!("-d missing {url}"),
            1,
            "Error: missing is not a directory".into(),
        ),
        (
            "a.bin".into(),
            2,
            "error: invalid value 'a.bin' for '[URLS]...': relative URL without a base".into(),
        ),
        (
            format!("--jobs 0 {url}"),
            2,
            "error: invalid value '0' for '--jobs <JOBS>': number would be zero for non-zero type"
                .into(),
        ),
    ] {
        let ran = files.run(&command).await?;
        ensure!(
            ran.status == status && ran.said.first() == Some(&said),
            "{command}: expected {status}, \"{said}\": {ran:?}"
        );
    }
    ensure!(site.times().is_empty(), "something was requested");
    ensure_files(&files, &[])?;

    files.make("into")?;
    let hidden = site.url("..%2f..%2fb.bin");
    let command = format!("-d into {hidden} {url}/../../c.bin");
    let ran = files.run(&command).await?;
    ensure_summary(&ran, 2, 0, 0)?;
    ensure_files(&files, &["into"])?;
    for name in ["..%2f..%2fb.bin", "c.bin"] {
        read(&files, &format!("into/{name}"))?;
    }
    Ok(())
}

/// What `--help` says of each option, and of what it is when it is not given.
async fn help() -> Result<()> {
    let ran = Files::of("download")?.run("--help").await?;
    let words: Vec<&str> = ran.shown.split_whitespace().collect();
    let shown = words.join(" ");
    for part in [
        "[OPTIONS] [URLS]...",
        "-d, --directory <DIRECTORY> Where to put the files [default: .]",
        "-j, --jobs <JOBS> How many files to download at a time [default: 4]",
        "-r, --retries <RETRIES> How many times in a row to retry without new data [default: 5]",
        "--sha256 Print the SHA-256 of each file",
        "--sync Name a file only when the disk has all of it; this is slower",
    ] {
        ensure!(
            ran.status == 0 && shown.contains(part),
            "\"{part}\" is missing: {ran:?}"
        );
    }
    Ok(())
}

/// The sum of a file that came in two runs, and of one that was there, as
/// `sha256sum` reads it.
async fn checksums() -> Result<()> {
    const SIZE: usize = 1_000_000;
    /// From FIPS 180-2.
    const SUM: &str = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

    let site = Site::open(|number, head| {
        let answer = file(head, "\"1\"", &vec![b'a'; SIZE]);
        match number {
            0 => Answer {
                bytes: cut(answer, SIZE, HALF),
                stays: true,
            },
            _ => sent(answer),
        }
    });
    let site = site.await?;
    let files = Files::of("download")?;
    let url = site.url("a.bin");
    let mut job = half_of(&files, &url).await?;
    job.signal("INT")?;
    files.ended(&mut job).await?;
    for (downloaded, kept) in [(1, 0), (0, 1)] {
        let ran = files.run(&format!("--sha256 {url}")).await?;
        ensure_summary(&ran, downloaded, kept, 0)?;
        ensure!(ran.shown == format!("{SUM}  ./a.bin\n"), "{ran:?}");
    }
    files
        .unread(
            &format!("--sha256 {url}"),
            0,
            &["0 downloaded, 1 already there, 0 failed"],
        )
        .await
}

/// Ctrl-C does not wait for a checksum. The file is a pipe, whose end does not come.
async fn stop_in_a_checksum() -> Result<()> {
    let files = Files::of("download")?;
    let pipe = files.make_pipe("a.bin")?;
    let mut job = files.start("--sha256 http://127.0.0.1:9/a.bin")?;
    let reads = async {
        loop {
            if let Ok(writer) = tokio::net::unix::pipe::OpenOptions::new().open_sender(&pipe) {
                break writer;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let reads = timeout(Duration::from_secs(20), reads).await;
    let _writer = reads.context("it does not read the file")?;
    job.signal("INT")?;
    let ran = timeout(Duration::from_secs(10), files.ran(&mut job)).await;
    let ran = ran.context("10 s after Ctrl-C it still waits for a checksum")??;
    ran.expect(
        130,
        "",
        &["stopped; to continue, run the same command again"],
    )
}

/// While a file is downloaded, another run does not touch it.
async fn same_file_twice() -> Result<()> {
    let site = half_and_rest().await?;
    let files = Files::of("download")?;
    let url = site.url("a.bin");
    let _job = half_of(&files, &url).await?;
    let ran = files.run(&url).await?;
    ensure_summary(&ran, 0, 0, 1)?;
    let said = "a.bin: another program is downloading it";
    ensure!(ran.said[0] == said, "{ran:?}");
    ensure!(site.times().len() == 1, "it has asked for the file");
    let part = read(&files, "a.bin.part")?;
    ensure!(part == pattern(SIZE)[..HALF], "the part has changed");
    Ok(())
}

/// If another program finishes the file between the opening and the lock, the
/// lock is on the finished file, which stays as it is.
async fn finished_before_the_lock() -> Result<()> {
    let site = Site::open(|_, head| sent(file(head, "\"1\"", &pattern(SIZE)))).await?;
    let changes = [(
        ".open(&self.path)?;",
        ".open(&self.path)?;
        while !self.target.exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }",
    )];
    let copy = build_changed(root(), "examples-http", "download/part", &changes)?;
    let mut files = Files::of("download")?;
    files.command = format!("'{}'", copy.path().join("download").display());
    let mut job = files.start(&site.url("a.bin"))?;
    let part = files.path("a.bin.part");
    let opened = async {
        while !part.exists() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let opened = timeout(Duration::from_secs(20), opened).await;
    opened.context("it does not open its part")?;
    fs::write(&part, "the whole file")?;
    fs::rename(&part, files.path("a.bin"))?;
    let ran = files.ran(&mut job).await?;
    ensure_summary(&ran, 0, 0, 1)?;
    let said = "a.bin: another program is downloading it";
    ensure!(ran.said[0] == said, "{ran:?}");
    ensure!(
        read(&files, "a.bin")? == b"the whole file",
        "the file has changed: {ran:?}"
    );
    ensure_files(&files, &["a.bin"])
}

/// A full disk is an error with the file's name; no other attempt is made.
async fn full_disk() -> Result<()> {
    let site = Site::open(|_, head| sent(file(head, "\"1\"", &pattern(SIZE)))).await?;
    let mut files = Files::of("download")?;
    files.command = format!("trap '' XFSZ; ulimit -f 8; {}", files.command);
    let ran = files.run(&site.url("a.bin")).await?;
    ensure_summary(&ran, 0, 0, 1)?;
    let said = "a.bin: File too large (os error 27)";
    ensure!(ran.said[0] == said, "{ran:?}");
    ensure!(site.times().len() == 1, "{ran:?}");
    Ok(())
}

/// A large file does not fill the memory.
async fn memory() -> Result<()> {
    const SIZE: usize = 256 << 20;

    let site = Site::open(|_, _| sent(whole("\"1\"", &vec![b'a'; SIZE]))).await?;
    let files = Files::of("download")?;
    let ran = files.run(&site.url("a.bin")).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    ran.expect_memory(20_000_000)
}

/// A URL that the user gives is asked for by the proxy of the environment.
async fn by_proxy() -> Result<()> {
    let site = Site::open(|_, head| sent(file(head, "\"1\"", b"orders"))).await?;
    let proxy = format!("http://{}", site.address);
    let folder = tempfile::tempdir()?;
    let command = format!("-d '{}' http://far.test/a.bin", folder.path().display());
    let (status, lines) = http::run("download", &command, &[("http_proxy", &proxy)]).await?;
    ensure!(status == 0, "{lines:?}");
    let head = site.requests.lock().unwrap()[0].1.clone();
    ensure!(
        head.starts_with("GET http://far.test/a.bin HTTP/1.1\r\n"),
        "{head}"
    );
    Ok(())
}

/// On a terminal there is a bar for each file and one for all, which are gone
/// in the end, and the lines stand above them.
async fn terminal() -> Result<()> {
    let mut files = Files::of("download")?;
    let size = Winsize {
        ws_row: 24,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = openpty(&size, None)?;
    let name = ttyname(&pty.slave)?;
    let mut screen = File::from(pty.master);
    let shown = thread::spawn(move || {
        let mut shown = Vec::new();
        // Linux ends it with an error when nobody writes any more.
        let _ = screen.read_to_end(&mut shown);
        String::from_utf8_lossy(&shown).into_owned()
    });
    let command = format!("TERM=xterm {} >'{}' 2>&1", files.command, name.display());
    let mut job = files.terminal.start(&command)?;
    let deadline = Instant::now() + Duration::from_secs(30);
    let status = files.terminal.wait(&mut job, deadline, &mut Vec::new())?;
    drop(pty.slave);
    let Ok(shown) = shown.join() else {
        bail!("no screen")
    };
    ensure!(status == Some(0), "{status:?}: {shown:?}");
    for part in [
        "photos.zip       ",
        "B/s",
        "total ",
        "1 of 3 files",
        "2 of 3 files",
        "photos.zip: 1000000 bytes",
    ] {
        ensure!(shown.contains(part), "no \"{part}\" in {shown:?}");
    }
    let last = shown.rsplit("\x1b[2K").next().unwrap_or_default();
    let last = last.trim_start_matches('\r').trim_end();
    ensure!(
        last == "3 downloaded, 0 already there, 0 failed",
        "after the bars: {last:?}"
    );
    Ok(())
}

/// A part of another version is emptied before its ETag is removed: a crash between the
/// two leaves nothing that would be continued.
async fn clears() -> Result<()> {
    let other = vec![b'a'; SIZE];
    let (site, mut files, _) = after_half(move |number, head| match number {
        1 => status("404 Not Found", ""),
        _ => file(head, "\"2\"", &other),
    })
    .await?;
    let calls = "trace=ftruncate,unlink,unlinkat";
    files.command = files
        .command
        .replace("exec ", &format!("exec strace -f -o calls -e {calls} "));
    let ran = files.run(&site.url("a.bin")).await?;
    ensure_summary(&ran, 1, 0, 0)?;
    let calls = files.read("calls")?;
    let place = |name| calls.lines().position(|line| line.contains(name));
    let (emptied, removed) = (place("ftruncate("), place(".part.etag"));
    ensure!(
        emptied.is_some() && removed.is_some() && emptied < removed,
        "the part is to be emptied, and then its ETag removed: {calls}"
    );
    Ok(())
}
