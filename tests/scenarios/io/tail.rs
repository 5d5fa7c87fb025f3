//! `tail` on logs that are renamed, cut, deleted and large.

use std::fs;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::terminal::Job;
use harness::usage::{catches_interrupt, peak_memory};
use harness::workspace::root;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::scenarios::support::files::{
    FLAT, Files, LIMIT, POLL, Ran, Rights, block, interrupt, odd_name, unprivileged,
};
use crate::scenarios::support::runner::{Scenario, alone, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("any_bytes", any_bytes).slow(),
        scenario("rotated", rotated).slow(),
        scenario("truncated", truncated).slow(),
        scenario("deleted", deleted).slow(),
        scenario("late_writer", late_writer),
        scenario("late_writer_of_an_old_log", late_writer_of_an_old_log).slow(),
        scenario("quiet_old_log", quiet_old_log).slow(),
        scenario("gaps", gaps).slow(),
        scenario("link", link),
        scenario("waits", waits),
        scenario("pipe", pipe),
        scenario("stops", stops),
        unprivileged("loses_permission", loses_permission).slow(),
        alone("gigabyte", gigabyte).slow(),
    ]
}

/// A line in two writes, bytes that are no text, a line of 64 MiB, all as they
/// are, half lines at once.
async fn any_bytes() -> Result<()> {
    let mut tail = Tail::start(Files::of("tail")?, b"").await?;
    for piece in [
        &b"half a"[..],
        b" line\n",
        b"\xff\xfe\0\xc3\r\n",
        b"\n\n",
        b"\x1b[2J",
    ] {
        tail.append(piece).await?;
    }
    tail.append(&vec![b'x'; 64 << 20]).await?;
    tail.append(b"\nlast").await?;
    tail.rotate(b"first\n").await?;
    tail.stop(&["-- rotated"]).await
}

/// Each log is renamed, and a new one made, again and again: all lines of all
/// logs are shown once and in order, those before a rename and without an end
/// too.
async fn rotated() -> Result<()> {
    const ROTATIONS: usize = 20;
    let mut tail = Tail::start(Files::of("tail")?, b"").await?;
    for number in 0..ROTATIONS {
        tail.append(&block(number)[..64_000]).await?;
        tail.files.append("log", b"before it is renamed")?;
        tail.expected.extend(b"before it is renamed");
        tail.rotate(&block(number)[64_000..64_000 + number * 64])
            .await?;
    }
    tail.stop(&["-- rotated"; ROTATIONS]).await
}

/// The log is copied and cut, again and again.
async fn truncated() -> Result<()> {
    const CUTS: usize = 20;
    let mut tail = Tail::start(Files::of("tail")?, b"").await?;
    for number in 0..CUTS {
        tail.append(&block(number)[..6400]).await?;
        fs::copy(tail.log(), tail.files.path("log.old"))?;
        File::options().write(true).open(tail.log())?.set_len(0)?;
        tail.said(number + 1, "-- truncated").await?;
    }
    // Cut and written at once, though to less than it was.
    tail.append(&block(CUTS)[..6400]).await?;
    fs::write(tail.log(), "again\n")?;
    tail.expected.extend(b"again\n");
    tail.shown().await?;
    tail.stop(&["-- truncated"; CUTS + 1]).await
}

/// A log that is deleted and made anew at once; then one that is gone for long,
/// which is said once: what its writer still writes into it is shown.
async fn deleted() -> Result<()> {
    const DELETIONS: usize = 10;
    let mut tail = Tail::start(Files::of("tail")?, b"0\n").await?;
    for number in 1..=DELETIONS {
        // The same size, so that only the file itself is another.
        let text = format!("{number}\n");
        fs::remove_file(tail.log())?;
        fs::write(tail.log(), &text)?;
        tail.expected.extend(text.as_bytes());
        tail.said(number, "-- rotated").await?;
        tail.shown().await?;
    }
    let mut gone = File::options().append(true).open(tail.log())?;
    fs::remove_file(tail.log())?;
    let missing = "-- log: No such file or directory (os error 2)";
    tail.said(DELETIONS + 1, missing).await?;
    tail.looks_on(&mut gone).await?;
    tail.rotated(b"back\n").await?;

    let mut said = vec!["-- rotated"; DELETIONS + 2];
    said[DELETIONS] = missing;
    tail.stop(&said).await
}

/// The writer of a renamed log goes on for a while before it opens the new one:
/// no line is lost.
async fn late_writer() -> Result<()> {
    late_writer_after(Duration::ZERO).await
}

/// The same if the log was opened long ago: a renamed log is followed for 10 s
/// after its last line.
async fn late_writer_of_an_old_log() -> Result<()> {
    late_writer_after(Duration::from_millis(10_500)).await
}

async fn late_writer_after(pause: Duration) -> Result<()> {
    let mut tail = Tail::start(Files::of("tail")?, b"first\n").await?;
    sleep(pause).await;
    tail.append(b"second\n").await?;
    let mut late = File::options().append(true).open(tail.log())?;
    tail.rotate(b"new\n").await?;
    for number in 0..3 {
        let line = format!("late {number}\n");
        late.write_all(line.as_bytes())?;
        tail.expected.extend(line.as_bytes());
        tail.shown().await?;
        tail.append(format!("new {number}\n").as_bytes()).await?;
        sleep(Duration::from_millis(200)).await;
    }
    tail.stop(&["-- rotated"]).await
}

/// A renamed log is followed when it has been quiet for 8 s, and not after 11 s more.
async fn quiet_old_log() -> Result<()> {
    let mut tail = Tail::start(Files::of("tail")?, b"first\n").await?;
    let mut old = File::options().append(true).open(tail.log())?;
    tail.rotate(b"new\n").await?;
    sleep(Duration::from_secs(8)).await;
    old.write_all(b"late\n")?;
    tail.expected.extend(b"late\n");
    tail.shown().await?;
    sleep(Duration::from_secs(11)).await;
    old.write_all(b"too late\n")?;
    // Each look takes the old log first.
    tail.append(b"newer\n").await?;
    tail.stop(&["-- rotated"]).await
}

/// A rotation leaves a gap, in which the name leads nowhere: nothing is said about
/// gaps of 0.4 s, however many there are, also if the same log is there again. The copy
/// that runs here says it after 2 s, not 1 s: on a busy machine gaps are longer.
async fn gaps() -> Result<()> {
    let change = [(
        "const MAX_FAILURES: u32 = 50;",
        "const MAX_FAILURES: u32 = 100;",
    )];
    let copy = build_changed(root(), "examples-io", "tail", &change)?;
    let mut files = Files::of("tail")?;
    files.command = format!("exec '{}'", copy.path().join("tail").display());
    let mut tail = Tail::start(files, b"first\n").await?;
    let away = tail.files.path("away");
    for number in 0..8 {
        fs::rename(tail.log(), &away)?;
        sleep(Duration::from_millis(400)).await;
        fs::rename(&away, tail.log())?;
        tail.append(format!("back {number}\n").as_bytes()).await?;
        sleep(Duration::from_millis(100)).await;
    }
    fs::remove_file(tail.log())?;
    sleep(Duration::from_millis(400)).await;
    tail.rotated(b"another\n").await?;
    tail.stop(&["-- rotated"]).await
}

/// The name may be a symbolic link: what counts is the log to which it leads.
async fn link() -> Result<()> {
    let files = Files::of("tail")?;
    files.write("today", b"")?;
    symlink("today", files.path("log"))?;
    let mut tail = Tail::start(files, b"1\n").await?;
    tail.append(b"2\n").await?;
    tail.files.write("tomorrow", b"3\n")?;
    symlink("tomorrow", tail.files.path("next"))?;
    fs::rename(tail.files.path("next"), tail.log())?;
    tail.expected.extend(b"3\n");
    tail.said(1, "-- rotated").await?;
    tail.append(b"4\n").await?;
    tail.stop(&["-- rotated"]).await
}

/// A log that is not there yet is waited for, which is said once.
async fn waits() -> Result<()> {
    let files = Files::of("tail")?;
    let job = files.start("log")?;
    let mut tail = Tail {
        files,
        job,
        expected: Vec::new(),
    };
    let missing = "-- log: No such file or directory (os error 2)";
    tail.said(1, missing).await?;
    sleep(Duration::from_millis(200)).await;
    tail.files.write("log", b"one\n")?;
    tail.expected.extend(b"one\n");
    tail.shown().await?;
    tail.append(b"two\n").await?;
    tail.stop(&[missing]).await
}

/// A pipe is followed beyond each of its writers, and Ctrl-C stops it while it
/// waits for one.
async fn pipe() -> Result<()> {
    let files = Files::of("tail")?;
    files.make_pipe("log")?;
    let job = files.start("log")?;
    let mut tail = Tail {
        files,
        job,
        expected: Vec::new(),
    };
    for number in 0..3 {
        let path = tail.log();
        let line = format!("line {number}\n");
        tail.expected.extend(line.as_bytes());
        // To open a pipe waits for its reader.
        spawn_blocking(move || fs::write(path, line)).await??;
        tail.shown().await?;
    }
    tail.stop(&[]).await?;

    let files = Files::of("tail")?;
    files.make_pipe("log")?;
    let mut job = files.start("log")?;
    // By its name, since the shell that becomes it catches Ctrl-C too.
    let catches = || {
        let name = fs::read_to_string(format!("/proc/{}/comm", job.id())).ok()?;
        Some(name == "tail\n" && catches_interrupt(job.id())?)
    };
    let deadline = Instant::now() + LIMIT;
    while catches() == Some(false) && Instant::now() < deadline {
        sleep(POLL).await;
    }
    sleep(Duration::from_millis(200)).await;
    interrupt(&job)?;
    let (status, _) = files.ended(&mut job).await?;
    ensure!(status == 0, "status {status}");
    Ok(())
}

/// A log that may not be read any more is followed, since it is open, and cuts
/// of it are seen; the next one, which may not be read, is named once, and read
/// when it may be.
async fn loses_permission(rights: Rights) -> Result<()> {
    let files = Files::with_rights("tail", rights)?;
    let mut tail = Tail::start(files, b"open\n").await?;
    let mut log = File::options().append(true).open(tail.log())?;
    let denied = "-- log: Permission denied (os error 13)";

    tail.files.set_mode("log", 0o000)?;
    tail.looks_on(&mut log).await?;
    log.set_len(0)?;
    tail.said(1, "-- truncated").await?;
    tail.looks_on(&mut log).await?;

    tail.files.write("next", b"next\n")?;
    tail.files.set_mode("next", 0o000)?;
    fs::rename(tail.files.path("next"), tail.log())?;
    tail.said(2, denied).await?;
    tail.looks_on(&mut log).await?;
    tail.files.set_mode("log", 0o644)?;
    tail.expected.extend(b"next\n");
    tail.said(3, "-- rotated").await?;
    tail.stop(&["-- truncated", denied, "-- rotated"]).await
}

/// Ctrl-C ends it with status 0, also while nobody reads what it shows; so does
/// a reader that has gone. What is no log ends it with status 1.
async fn stops() -> Result<()> {
    let mut tail = Tail::start(Files::of("tail")?, b"one\n").await?;
    tail.stop(&[]).await?;

    for gone in [false, true] {
        let files = Files::of("tail")?;
        files.write("log", &block(0))?;
        let (mut job, shown) = files.start_into_pipe("log")?;
        let reader = spawn_blocking(move || {
            let mut reader = File::open(shown)?;
            reader.read_exact(&mut [0])?;
            anyhow::Ok(reader)
        });
        // It now waits to write the rest, of which a pipe takes 64 KiB.
        let mut reader = Some(reader.await??);
        if gone {
            reader = None;
        } else {
            interrupt(&job)?;
        }
        let (status, _) = files.ended(&mut job).await?;
        drop(reader);
        let said = files.read("said")?;
        ensure!(status == 0 && said.is_empty(), "{gone}: {status}: {said}");
    }

    let files = Files::of("tail")?;
    fs::create_dir(files.path("").join(odd_name()))?;
    let complaint = format!("Error: {}: ", odd_name().display());
    files.run("caf*").await?.expect(1, "", &[&complaint])
}

/// 512 MiB that are there and 512 MiB that come: all bytes once and in order.
async fn gigabyte() -> Result<()> {
    let files = Files::of("tail")?;
    let mut log = File::create(files.path("log"))?;
    for number in 0..512 {
        log.write_all(&block(number))?;
    }
    let (mut job, shown) = files.start_into_pipe("log")?;
    let reader = spawn_blocking(move || {
        let mut shown = File::open(shown)?;
        let mut bytes = vec![0; 1 << 20];
        for number in 0..1024 {
            shown.read_exact(&mut bytes)?;
            ensure!(bytes == block(number), "not as written: MiB {number}");
        }
        Ok(shown)
    });
    let writer = spawn_blocking(move || {
        for number in 512..1024 {
            log.write_all(&block(number))?;
        }
        anyhow::Ok(())
    });
    writer.await??;
    let mut shown = reader.await??;
    let peak = peak_memory(job.id()).ok();
    interrupt(&job)?;
    let (status, _) = files.ended(&mut job).await?;
    let rest = shown.read(&mut [0])?;
    ensure!(
        status == 0 && rest == 0,
        "status {status}, {rest} bytes more"
    );
    Ran {
        peak,
        ..Ran::default()
    }
    .expect_memory(FLAT)
}

/// A `tail` that follows `log`, and what it is to have shown.
struct Tail {
    files: Files,
    job: Job,
    expected: Vec<u8>,
}

impl Tail {
    async fn start(files: Files, first: &[u8]) -> Result<Self> {
        files.write("log", first)?;
        files.set_mode("log", 0o644)?;
        let job = files.start("log")?;
        let mut tail = Self {
            files,
            job,
            expected: first.to_vec(),
        };
        tail.shown().await?;
        Ok(tail)
    }

    fn log(&self) -> PathBuf {
        self.files.path("log")
    }

    /// Writes to the end of the log, and waits until it is shown.
    async fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.files.append("log", bytes)?;
        self.expected.extend(bytes);
        self.shown().await
    }

    async fn rotate(&mut self, first: &[u8]) -> Result<()> {
        fs::rename(self.log(), self.files.path("log.old"))?;
        self.rotated(first).await
    }

    /// Makes the next log, and waits until it is followed.
    async fn rotated(&mut self, first: &[u8]) -> Result<()> {
        let before = self.files.read("said")?.lines().count();
        self.files.write("log", first)?;
        self.expected.extend(first);
        self.said(before + 1, "-- rotated").await?;
        self.shown().await
    }

    /// Writes to a file that has no name, or may not be read, during more looks
    /// than it takes to complain.
    async fn looks_on(&mut self, open: &mut File) -> Result<()> {
        for number in 0..60 {
            let line = format!("still here {number}\n");
            open.write_all(line.as_bytes())?;
            self.expected.extend(line.as_bytes());
            self.shown().await?;
        }
        Ok(())
    }

    /// Waits until exactly the expected is shown.
    async fn shown(&mut self) -> Result<()> {
        let path = self.files.path("shown");
        let deadline = Instant::now() + LIMIT;
        while fs::metadata(&path)?.len() < self.expected.len() as u64 {
            let ended = self.job.ended()?;
            ensure!(ended.is_none(), "{ended:?}: {}", self.files.read("said")?);
            ensure!(Instant::now() < deadline, "{}", self.difference()?);
            sleep(POLL).await;
        }
        ensure!(fs::read(path)? == self.expected, "{}", self.difference()?);
        Ok(())
    }

    /// Waits for so many lines on standard error, and for the last of them.
    async fn said(&mut self, count: usize, last: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let said = self.files.read("said")?;
            let complete = said.lines().count() == count && said.ends_with('\n');
            if complete && said.lines().last() == Some(last) {
                return Ok(());
            }
            let ended = self.job.ended()?;
            ensure!(
                said.lines().count() <= count && ended.is_none() && Instant::now() < deadline,
                "line {count} is to be {last:?}, status {ended:?}: {said}"
            );
            sleep(POLL).await;
        }
    }

    /// Presses Ctrl-C: it ends at once, and has shown and said just that.
    async fn stop(&mut self, said: &[&str]) -> Result<()> {
        self.shown().await?;
        let peak = peak_memory(self.job.id()).ok();
        interrupt(&self.job)?;
        let (status, _) = self.files.ended(&mut self.job).await?;
        let really = self.files.read("said")?;
        ensure!(
            status == 0 && really.lines().eq(said.iter().copied()),
            "status {status}, expected {said:?}, said {really}"
        );
        ensure!(
            fs::read(self.files.path("shown"))? == self.expected,
            "{}",
            self.difference()?
        );
        Ran {
            peak,
            ..Ran::default()
        }
        .expect_memory(FLAT)
    }

    fn difference(&self) -> Result<String> {
        let shown = fs::read(self.files.path("shown"))?;
        let pairs = shown.iter().zip(&self.expected);
        let equal = pairs.take_while(|(is, should)| is == should).count();
        let is = &shown[equal..shown.len().min(equal + 100)];
        let should = &self.expected[equal..self.expected.len().min(equal + 100)];
        Ok(format!(
            "shown {} bytes of {}; the same until {equal}; then {:?} instead \
             of {:?}; it said {:?}",
            shown.len(),
            self.expected.len(),
            String::from_utf8_lossy(is),
            String::from_utf8_lossy(should),
            self.files.read("said")?
        ))
    }
}
