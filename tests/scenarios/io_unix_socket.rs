//! The Unix socket server of examples-io under load and under faults.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use tempfile::TempDir;
use tests::workspace::binary;
use tests::{Server, Terminal};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixSocket, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::clients::{answers, closed, descriptors, exchange, flood, growth};
use super::{alone, alone_if, scenario};

pub fn tests() -> Vec<Trial> {
    let root = user().is_ok_and(|user| user == 0);
    vec![
        scenario("io::unix_socket_packets", packets),
        scenario("io::unix_socket_odd_lines", odd_lines),
        scenario("io::unix_socket_endless_line", endless_line),
        scenario("io::unix_socket_resets", resets),
        scenario("io::unix_socket_never_read", never_read).with_ignored_flag(true),
        scenario("io::unix_socket_stale", stale),
        scenario("io::unix_socket_in_use", in_use),
        scenario("io::unix_socket_refused_paths", refused_paths),
        scenario("io::unix_socket_locked", locked).with_ignored_flag(true),
        scenario("io::unix_socket_replaced", replaced),
        scenario("io::unix_socket_second_signal", second_signal),
        scenario("io::unix_socket_unheard", unheard),
        alone_if(
            "io::unix_socket_other_user",
            root || env::var_os("CI").is_some(),
            "only root can be another user",
            move || other_user(root),
        ),
        scenario("io::unix_socket_starters", starters).with_ignored_flag(true),
        scenario("io::unix_socket_deadline", deadline).with_ignored_flag(true),
        scenario("io::unix_socket_descriptors", no_descriptors).with_ignored_flag(true),
        scenario("io::unix_socket_line_limit", line_limit).with_ignored_flag(true),
        alone("io::unix_socket_all_at_once", all_at_once).with_ignored_flag(true),
        alone("io::unix_socket_burst", burst).with_ignored_flag(true),
        alone("io::unix_socket_full", full).with_ignored_flag(true),
    ]
}

/// A server on a path of its own, in a directory that is removed.
struct Bakery {
    server: Server<PathBuf>,
    folder: TempDir,
}

impl Bakery {
    fn open(setup: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let server = start(&folder.path().join("socket"), setup)?;
        Ok(Self { server, folder })
    }

    fn path(&self) -> PathBuf {
        self.server.address.clone()
    }

    async fn client(&self) -> Result<UnixStream> {
        Ok(UnixStream::connect(self.path()).await?)
    }
}

fn start(path: &Path, setup: &str) -> Result<Server<PathBuf>> {
    Server::start_on_path("unix_socket", setup, path)
}

/// Starts it over a socket that this process has closed. A process that another
/// test forks has a copy of that until it runs its program.
async fn start_over(path: &Path) -> Result<Server<PathBuf>> {
    let soon = Instant::now() + Duration::from_secs(5);
    loop {
        match start(path, "") {
            Err(_) if Instant::now() < soon => {
                sleep(Duration::from_millis(50)).await;
            }
            started => return started,
        }
    }
}

/// Starts it where it must not start: one line that ends in `reason`, status 1.
fn refused(path: &Path, reason: &str) -> Result<()> {
    let mut terminal = Terminal::open()?;
    let (binary, path) = (binary("unix_socket")?.display(), path.display());
    let mut job = terminal.start(&format!("exec '{binary}' '{path}'"))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let line = format!(
        "Error: cannot listen on {path}: {reason}; give another path, of at \
         most 100 bytes"
    );
    ensure!(
        status == Some(1) && lines.len() == 1 && lines[0].text == line,
        "{path}: {status:?} {lines:?}"
    );
    Ok(())
}

/// The user that runs this, without asking for what only `libc` tells.
fn user() -> Result<u32> {
    Ok(std::os::unix::fs::MetadataExt::uid(
        &tempfile::tempdir()?.path().metadata()?,
    ))
}

/// What the server calls this process.
fn own_name() -> Result<String> {
    Ok(format!(
        "process {} of user {}",
        std::process::id(),
        user()?
    ))
}

/// The answers do not depend on how the requests were cut into packets.
async fn packets() -> Result<()> {
    let bakery = Bakery::open("")?;
    let name = own_name()?;
    let session = "NEXT\nWHO\nNEXT\r\nEAT\nWHO\r\n";
    let answer = |round: usize| {
        let (first, second) = (2 * round + 1, 2 * round + 2);
        format!(
            "{first}\n{name}\n{second}\nERROR neither NEXT nor WHO: \"EAT\"\n\
             {name}\n"
        )
    };
    let at_once = answers(bakery.path(), session.as_bytes()).await?;
    ensure!(at_once == answer(0), "{at_once:?}");
    let many = answers(bakery.path(), session.repeat(1000).as_bytes()).await?;
    let expected: String = (1..=1000).map(answer).collect();
    ensure!(many == expected, "{} bytes", many.len());
    let mut client = bakery.client().await?;
    for byte in session.bytes() {
        client.write_all(&[byte]).await?;
        sleep(Duration::from_millis(1)).await;
    }
    exchange(&mut client, b"", answer(1001).as_bytes()).await
}

/// Each is answered in one line, and the connection goes on.
async fn odd_lines() -> Result<()> {
    let bakery = Bakery::open("")?;
    let mut client = bakery.client().await?;
    for (line, shown) in [
        (&b"\n"[..], ""),
        (b"\r\n", ""),
        (b"next\n", "next"),
        (b"NEXT \n", "NEXT "),
        (b"NEXT\r\r\n", r"NEXT\r"),
        (b"\0\x1b[2J\n", r"\0\u{1b}[2J"),
        (b"NEXT\xff\n", "NEXT\u{fffd}"),
    ] {
        let answer = format!("ERROR neither NEXT nor WHO: \"{shown}\"\n");
        exchange(&mut client, line, answer.as_bytes()).await?;
    }
    // Half a request takes no number, and keeps no answer back.
    let said = answers(bakery.path(), b"NEXT\nNEXT").await?;
    ensure!(said == "1\nERROR the last line was cut off\n", "{said:?}");
    exchange(&mut client, b"NEXT\nNE", b"2\n").await?;
    exchange(&mut client, b"XT\n", b"3\n").await
}

/// Longest line, one byte more, 64 MiB: refused in one line that the client
/// gets, without memory.
async fn endless_line() -> Result<()> {
    let bakery = Bakery::open("")?;
    let longest = "x".repeat(255);
    let requests = format!("{longest}\nNEXT\n");
    let said = answers(bakery.path(), requests.as_bytes()).await?;
    let answer = format!("ERROR neither NEXT nor WHO: \"{longest}\"\n1\n");
    ensure!(said == answer, "{said:?}");
    let before = bakery.server.memory();
    let longer = format!("{longest}x\nNEXT\n").into_bytes();
    for line in [longer, vec![b'x'; 64 << 20]] {
        let said = answers(bakery.path(), &line).await?;
        let expected = "ERROR a line has at most 256 bytes\n";
        ensure!(said == expected, "{} bytes: {said:?}", line.len());
    }
    let growth = growth(&bakery.server, before);
    ensure!(growth < 500_000, "grown by {growth} bytes");
    Ok(())
}

/// Leaves in the middle of a request, and with answers unread, which resets.
async fn abort(path: &Path) -> Result<()> {
    let mut client = UnixStream::connect(path).await?;
    client.write_all(&b"WHO\n".repeat(1000)[..3999]).await?;
    client.readable().await?;
    Ok(())
}

/// A client that resets, or that will not hear the answer, harms no other.
async fn resets() -> Result<()> {
    let mut bakery = Bakery::open("")?;
    let mut other = bakery.client().await?;
    for round in 1..=20 {
        abort(&bakery.path()).await?;
        let deaf = bakery.client().await?.into_std()?;
        deaf.shutdown(std::net::Shutdown::Read)?;
        let mut deaf = UnixStream::from_std(deaf)?;
        deaf.write_all(b"WHO\nWHO\n").await?;
        let answer = format!("{round}\n");
        exchange(&mut other, b"NEXT\n", answer.as_bytes()).await?;
    }
    let output = bakery.server.output();
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

/// What a client sends without reading stays in the kernel.
async fn never_read() -> Result<()> {
    let bakery = Bakery::open("")?;
    exchange(&mut bakery.client().await?, b"NEXT\n", b"1\n").await?;
    let before = bakery.server.memory();
    let mut stuck = Vec::new();
    for _ in 0..10 {
        stuck.push(flood(bakery.path(), &b"WHO\n".repeat(10_000)).await?);
    }
    exchange(&mut bakery.client().await?, b"NEXT\n", b"2\n").await?;
    let each = growth(&bakery.server, before) / stuck.len();
    ensure!(each < 20_000, "{each} bytes for each client");
    Ok(())
}

/// A socket that a killed server has left is in nobody's way, nor one that was
/// left by another program; a socket is its user's only, and gone at the end.
async fn stale() -> Result<()> {
    let mut bakery = Bakery::open("umask 0;")?;
    let path = bakery.path();
    let note = "removed the socket that a killed server has left";
    for setup in ["", "umask 0;", "umask 777;"] {
        let mode = fs::symlink_metadata(&path)?.permissions().mode();
        ensure!(mode & 0o777 == 0o600, "mode {mode:o}");
        exchange(&mut bakery.client().await?, b"NEXT\n", b"1\n").await?;
        bakery.server.signal("KILL")?;
        bakery.server.wait(Duration::from_secs(5))?;
        ensure!(path.exists(), "nothing has been left");
        bakery.server = start(&path, setup)?;
        let output = bakery.server.output();
        ensure!(output[0] == note, "{output:?}");
    }
    for signal in ["INT", "TERM"] {
        bakery.server.signal(signal)?;
        let status = bakery.server.wait(Duration::from_secs(5))?;
        ensure!(status == 0, "exit status {status}");
        let left = fs::read_dir(&bakery.folder)?.count();
        ensure!(left == 0, "{left} files are left");
        drop(UnixListener::bind(&path)?);
        bakery.server = start_over(&path).await?;
        let output = bakery.server.output();
        ensure!(output[0] == note, "{output:?}");
    }
    Ok(())
}

/// Whoever holds the path keeps it: a server that serves, one that has its
/// backlog full, one that does not listen yet, a socket of another type.
async fn in_use() -> Result<()> {
    let mut bakery = Bakery::open("")?;
    for round in 1..=3 {
        refused(&bakery.path(), "it is in use")?;
        let answer = format!("{round}\n");
        let mut client = bakery.client().await?;
        exchange(&mut client, b"NEXT\n", answer.as_bytes()).await?;
    }
    let output = bakery.server.output();
    ensure!(output.len() == 1, "{output:?}");

    let path = bakery.folder.path().join("other");
    let socket = UnixSocket::new_stream()?;
    socket.bind(&path)?;
    refused(&path, "it is in use")?;
    let listener = socket.listen(1)?;
    let mut waiting = Vec::new();
    while let Ok(client) = UnixStream::connect(&path).await {
        waiting.push(client);
    }
    refused(&path, "it is in use")?;
    for _ in waiting {
        listener.accept().await?;
    }
    let path = bakery.folder.path().join("datagram");
    let datagram = UnixDatagram::bind(&path)?;
    refused(&path, "it is in use")?;
    drop(datagram);
    start_over(&path).await.map(drop)
}

/// What is no socket stays as it is; where none can be, one line says why.
async fn refused_paths() -> Result<()> {
    let bakery = Bakery::open("")?;
    let folder = bakery.folder.path();
    let no_socket = "what is there is no socket";
    let file = folder.join("file");
    fs::write(&file, "my only copy")?;
    refused(&file, no_socket)?;
    refused(folder, no_socket)?;
    let link = folder.join("link");
    for target in [&bakery.path(), &file, &folder.join("missing")] {
        symlink(target, &link)?;
        refused(&link, no_socket)?;
        fs::remove_file(&link)?;
    }
    ensure!(fs::read_to_string(&file)? == "my only copy");
    ensure!(bakery.path().exists());

    let missing = io_error(fs::metadata(folder.join("missing")))?;
    refused(&folder.join("missing/socket"), &missing)?;
    let no_directory = io_error(fs::metadata(file.join("socket")))?;
    refused(&file.join("socket"), &no_directory)?;
    refused(Path::new(""), "cannot make an empty path absolute")?;
    refused(Path::new("/"), "it is a directory")?;
    let rest = 100 - folder.as_os_str().len() - 1;
    drop(start(&folder.join("x".repeat(rest)), "")?);
    let long = folder.join("x".repeat(rest + 9));
    refused(&long, "path must be shorter than SUN_LEN")?;
    exchange(&mut bakery.client().await?, b"NEXT\n", b"1\n").await
}

fn io_error<T>(failed: std::io::Result<T>) -> Result<String> {
    Ok(failed.err().context("it has not failed")?.to_string())
}

/// Waits for one that is starting in the same directory, but not for ever.
async fn locked() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("socket");
    let lock = File::open(&folder)?;
    lock.lock()?;
    refused(&path, "another program keeps its directory locked")?;
    ensure!(!path.exists(), "it has taken the path without the lock");

    let asked = path.clone();
    let starting = thread::spawn(move || start(&asked, ""));
    sleep(Duration::from_millis(300)).await;
    ensure!(!path.exists(), "it has taken the path without the lock");
    drop(lock);
    let server = starting.join().map_err(|_| anyhow::anyhow!("a panic"))??;
    // It keeps the lock no longer than it needs it.
    File::open(&folder)?.try_lock()?;
    let mut client = UnixStream::connect(&server.address).await?;
    exchange(&mut client, b"NEXT\n", b"1\n").await
}

/// One that stops removes its own file only, not that of its successor.
async fn replaced() -> Result<()> {
    let mut bakery = Bakery::open("")?;
    fs::remove_file(bakery.path())?;
    let successor = start(&bakery.path(), "")?;
    bakery.server.signal("TERM")?;
    let status = bakery.server.wait(Duration::from_secs(5))?;
    ensure!(status == 0, "exit status {status}");
    let mut client = UnixStream::connect(&successor.address).await?;
    exchange(&mut client, b"NEXT\n", b"1\n").await
}

/// The second signal does not wait for a client that stays.
async fn second_signal() -> Result<()> {
    let mut bakery = Bakery::open("")?;
    let mut client = bakery.client().await?;
    exchange(&mut client, b"NEXT\n", b"1\n").await?;
    bakery.server.signal("INT")?;
    bakery.server.wait_for("stopping: 1 connections have 3s")?;
    bakery.server.signal("INT")?;
    let status = bakery.server.wait(Duration::from_secs(2))?;
    let output = bakery.server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[2] == "stopped: 0 drained, 1 cut", "{output:?}");
    Ok(())
}

/// When nobody reads what it prints any more, it serves and stops as ever.
async fn unheard() -> Result<()> {
    let mut terminal = Terminal::open()?;
    let path = terminal.temporary().join("socket");
    let server = binary("unix_socket")?.display();
    let mut job = terminal.start(&format!(
        "mkfifo output; '{server}' '{}' >output 2>&1 & head -n 1 output; \
         echo $!; wait $!",
        path.display()
    ))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    while lines.len() < 2 {
        ensure!(terminal.read_until(deadline, &mut lines)?, "{lines:?}");
    }
    let mut client = UnixStream::connect(&path).await?;
    exchange(&mut client, b"NEXT\n", b"1\n").await?;
    abort(&path).await?;
    exchange(&mut client, b"NEXT\n", b"2\n").await?;
    let mut kill = terminal.start(&format!("kill -TERM {}", lines[1].text))?;
    terminal.wait(&mut kill, deadline, &mut lines)?;
    while path.exists() {
        ensure!(Instant::now() < deadline, "it does not stop");
        sleep(Duration::from_millis(10)).await;
    }
    exchange(&mut client, b"NEXT\n", b"3\n").await?;
    drop(client);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    ensure!(
        status == Some(0) && lines.len() == 2,
        "{status:?} {lines:?}"
    );
    Ok(())
}

/// Another user is refused by the mode of the file and, where that lets him
/// in, by what the kernel says of him.
async fn other_user(root: bool) -> Result<()> {
    let mut bakery = Bakery::open("")?;
    let path = bakery.path();
    fs::set_permissions(&bakery.folder, Permissions::from_mode(0o755))?;
    // Where the binaries are, another user may not be allowed to go.
    let client = bakery.folder.path().join("connect");
    fs::copy(binary("connect")?, &client)?;
    let ask = || {
        let mut command = std::process::Command::new("sudo");
        command.args(["-n", "-u", "nobody"]).arg(&client);
        if root {
            command = std::process::Command::new(&client);
            std::os::unix::process::CommandExt::uid(&mut command, 65534);
        }
        let asked = command.arg(&path).env("RUST_BACKTRACE", "0").output();
        asked.map(|it| {
            let said = [it.stdout, it.stderr].concat();
            String::from_utf8_lossy(&said).into_owned()
        })
    };
    let said = ask()?;
    ensure!(said.contains("Permission denied"), "{said:?}");
    fs::set_permissions(&path, Permissions::from_mode(0o666))?;
    let said = ask()?;
    // What `sudo` may have to say comes after it.
    ensure!(
        said.starts_with("ERROR this is for another user\n"),
        "{said:?}"
    );
    bakery.server.wait_for("process ")?;
    let output = bakery.server.output();
    ensure!(output[1].ends_with(": refused"), "{output:?}");
    exchange(&mut bakery.client().await?, b"NEXT\n", b"1\n").await
}

/// Of eight that start at once, one listens and seven say that the path is in
/// use, whether a killed server has left its file or not.
async fn starters() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("socket");
    let server = binary("unix_socket")?.display();
    for round in 0..50 {
        let terminal = Terminal::open()?;
        let mut all = terminal.start(&format!(
            "for i in 1 2 3 4 5 6 7 8; do '{server}' '{}' & done; wait",
            path.display()
        ))?;
        let mut lines = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(10);
        let (listening, refused, removed) = loop {
            let more = terminal.read_until(deadline, &mut lines)?;
            // What they print at the same moment may share a line.
            let text: String = lines.iter().map(|it| &*it.text).collect();
            let count = |part| text.matches(part).count();
            let (listening, refused) = (count("listening"), count("in use"));
            if listening + refused == 8 {
                break (listening, refused, count("removed"));
            }
            ensure!(more, "round {round}: {text}");
        };
        ensure!(
            (listening, refused) == (1, 7) && removed == usize::from(round > 0),
            "round {round}: {listening} listen, {refused} say that the path is \
             in use, {removed} have removed a file"
        );
        let mut client = UnixStream::connect(&path).await?;
        exchange(&mut client, b"NEXT\n", b"1\n").await?;
        // The one that listens is killed, and leaves its file.
        all.kill();
        while UnixStream::connect(&path).await.is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
    }
    Ok(())
}

/// Asks for numbers until it is told to leave, or cut; gives those it got.
async fn customer(path: PathBuf, mut leave: watch::Receiver<bool>) -> Result<Vec<u64>> {
    let mut client = BufReader::new(UnixStream::connect(path).await?);
    let mut numbers = Vec::new();
    while !*leave.borrow_and_update() {
        let mut line = String::new();
        let sent = client.write_all(b"NEXT\n").await;
        let read = client.read_line(&mut line).await;
        if sent.is_err() || !matches!(read, Ok(1..)) {
            break;
        }
        numbers.push(line.trim_end().parse()?);
    }
    Ok(numbers)
}

/// At SIGTERM under load: the path is free at once, who is there is served on
/// until he leaves or is cut, the counts are true, no number is given twice.
async fn deadline() -> Result<()> {
    let mut bakery = Bakery::open("")?;
    let (leave, told) = watch::channel(false);
    let (_stay, not_told) = watch::channel(false);
    let mut customers = JoinSet::new();
    for _ in 0..12 {
        customers.spawn(customer(bakery.path(), told.clone()));
    }
    for _ in 0..8 {
        customers.spawn(customer(bakery.path(), not_told.clone()));
    }
    sleep(Duration::from_millis(300)).await;
    bakery.server.signal("TERM")?;
    bakery.server.wait_for("stopping: 20 connections have 3s")?;
    let start = Instant::now();
    let late = bakery.client().await;
    ensure!(late.is_err(), "it still accepts: {late:?}");
    let successor = self::start(&bakery.path(), "")?;
    sleep(Duration::from_millis(300)).await;
    leave.send_replace(true);
    let (mut all, mut seen) = (0, BTreeSet::new());
    while let Some(numbers) = customers.join_next().await {
        let numbers = numbers??;
        ensure!(numbers.len() > 1, "a customer got {numbers:?}");
        ensure!(numbers.is_sorted(), "a customer got {numbers:?}");
        all += numbers.len();
        seen.extend(numbers);
    }
    ensure!(start.elapsed() > Duration::from_millis(2500), "{start:?}");
    ensure!(seen.len() == all, "{} numbers in {all} answers", seen.len());
    let status = bakery.server.wait(Duration::from_secs(2))?;
    let output = bakery.server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[2] == "stopped: 12 drained, 8 cut", "{output:?}");
    let mut client = UnixStream::connect(&successor.address).await?;
    exchange(&mut client, b"NEXT\n", b"1\n").await
}

async fn no_descriptors() -> Result<()> {
    let mut bakery = Bakery::open("ulimit -n 32;")?;
    descriptors(&mut bakery.server, b"EAT\n", EAT).await?;
    let output = bakery.server.output();
    ensure!(output.len() == 2, "{output:?}");
    Ok(())
}

const EAT: &[u8] = b"ERROR neither NEXT nor WHO: \"EAT\"\n";

/// One that says nothing, and one that sends a byte a second, end after a
/// minute.
async fn line_limit() -> Result<()> {
    let mut bakery = Bakery::open("")?;
    let mut silent = bakery.client().await?;
    let mut slow = bakery.client().await?;
    let (mut from_server, mut to_server) = slow.split();
    let start = Instant::now();
    let dribble = async {
        while to_server.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = dribble => {}
        end = closed(&mut from_server) => { end?; }
    }
    closed(&mut silent).await?;
    let lasted = start.elapsed().as_secs();
    ensure!((59..65).contains(&lasted), "closed after {lasted} s");
    let output = bakery.server.output();
    let ends = output.iter().filter(|it| it.ends_with("timed out")).count();
    ensure!(ends == 2, "{output:?}");
    Ok(())
}

/// All faults, while good clients are served: each request is answered, once
/// and in order, no number is given twice or lost, and the memory stays flat.
async fn all_at_once() -> Result<()> {
    let mut bakery = Bakery::open("")?;
    let path = bakery.path();
    let before = bakery.server.memory();
    let mut good = JoinSet::new();
    for _ in 0..8 {
        let mut client = BufReader::new(bakery.client().await?);
        let who = own_name()? + "\n";
        good.spawn(async move {
            let mut numbers = Vec::new();
            for _ in 0..500 {
                client.write_all(b"NEXT\nWHO\n").await?;
                let (mut number, mut name) = (String::new(), String::new());
                client.read_line(&mut number).await?;
                client.read_line(&mut name).await?;
                ensure!(name == who, "{name:?} after {number:?}");
                numbers.push(number.trim_end().parse::<u32>()?);
                sleep(Duration::from_millis(2)).await;
            }
            Ok(numbers)
        });
    }
    let mut stuck = Vec::new();
    for round in 0..10 {
        abort(&path).await?;
        stuck.push(flood(path.clone(), &b"WHO\n".repeat(10_000)).await?);
        stuck.push(bakery.client().await?);
        answers(path.clone(), &vec![b'x'; 1 << 20]).await?;
        answers(path.clone(), b"\xff\n\0\n\n\r\nNEX").await?;
        // One that starts on the same path meanwhile.
        refused(&path, "it is in use")?;
        let growth = growth(&bakery.server, before);
        ensure!(growth < 1_000_000, "{growth} bytes in round {round}");
    }
    let mut seen = BTreeSet::new();
    while let Some(client) = good.join_next().await {
        let numbers = client??;
        ensure!(numbers.is_sorted(), "a client got {numbers:?}");
        seen.extend(numbers);
    }
    ensure!(
        seen.into_iter().eq(1..=4000),
        "numbers are missing or double"
    );
    // By when this is answered, it has seen that the others have gone.
    let said = answers(path, b"NEXT\n").await?;
    ensure!(said == "4001\n", "{said:?}");
    bakery.server.signal("TERM")?;
    let status = bakery.server.wait(Duration::from_secs(5))?;
    let output = bakery.server.output();
    ensure!(status == 0, "exit status {status}");
    let last = output.last().map(String::as_str);
    ensure!(last == Some("stopped: 0 drained, 20 cut"), "{output:?}");
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

/// 2,000 clients at once, none of which finds the backlog full on Linux, where
/// it may be that long.
async fn burst() -> Result<()> {
    super::more_descriptors()?;
    let bakery = Bakery::open("")?;
    let mut clients = JoinSet::new();
    for _ in 0..2000 {
        let path = bakery.path();
        clients.spawn(async move {
            loop {
                match UnixStream::connect(&path).await {
                    Err(_) if cfg!(not(target_os = "linux")) => {
                        sleep(Duration::from_millis(10)).await;
                    }
                    connected => return connected,
                }
            }
        });
    }
    let mut open = Vec::new();
    while let Some(client) = clients.join_next().await {
        open.push(client??);
    }
    for client in &mut open {
        exchange(client, b"EAT\n", EAT).await?;
    }
    Ok(())
}

/// Connections up to the limit and what each of them takes; those above it are
/// served as soon as others have left.
async fn full() -> Result<()> {
    super::more_descriptors()?;
    let bakery = Bakery::open("")?;
    let before = bakery.server.memory();
    let mut open = Vec::new();
    for number in 0..10_000 {
        let mut client = bakery.client().await?;
        let answer = format!("{}\n", number + 1);
        exchange(&mut client, b"NEXT\n", answer.as_bytes()).await?;
        open.push(client);
    }
    let each = growth(&bakery.server, before) / open.len();
    ensure!(each < 4000, "{each} bytes for each connection");

    let before = bakery.server.processor_time();
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let mut client = bakery.client().await?;
        client.write_all(b"EAT\n").await?;
        waiting.push(client);
    }
    let served = waiting[0].read_u8();
    let served = timeout(Duration::from_secs(1), served).await;
    ensure!(served.is_err(), "served above the limit: {served:?}");
    if let (Some(before), Some(after)) = (before, bakery.server.processor_time()) {
        let used = after.saturating_sub(before);
        ensure!(used < Duration::from_millis(300), "used {used:?}: it spins");
    }
    open.truncate(9_990);
    for client in &mut waiting {
        exchange(client, b"", EAT).await?;
    }
    exchange(&mut open[0], b"NEXT\n", b"10001\n").await
}
