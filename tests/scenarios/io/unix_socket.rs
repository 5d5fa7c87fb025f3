//! The Unix socket server of examples-io: who may connect, and what clients do.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, process, thread};

use anyhow::{Context, Result, ensure};
use harness::suite::{Company, cannot_run};
use harness::usage::memory;
use harness::workspace::{binary, copy_program};
use harness::{Server, Terminal};
use libtest_mimic::Completion;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::scenarios::support::clients::{growth, keeps_still};
use crate::scenarios::support::faults::{MANY_DESCRIPTORS, SAME_EVERYWHERE, early_signal_on};
use crate::scenarios::support::files::{Files, LIMIT, POLL, odd_name};
use crate::scenarios::support::runner::{Scenario, alone, holds, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let root = user().is_ok_and(|user| user == 0);
    vec![
        scenario("mode", mode),
        scenario("mode_from_the_start", mode_from_the_start).slow(),
        scenario("refused_paths", refused_paths),
        scenario("odd_clients", odd_clients),
        scenario("stops", stops),
        scenario("unheard", || unheard("unix_socket")),
        scenario("early_signal", || early_signal("unix_socket")),
        Scenario::new("catches_first", Company::Any, catches_first),
        scenario("file_is_gone", || file_is_gone("unix_socket")),
        scenario("odd_path", || odd_path("unix_socket")),
        no_descriptor("unix_socket", hello),
        scenario("descriptors", descriptors).measures().slow(),
        alone("burst", burst).with_descriptors(2100).slow(),
        alone("other_user", move || other_user(root))
            .needs(
                root || env::var_os("CI").is_some(),
                "only root can be another user",
            )
            .slow(),
        scenario("root_is_refused", move || root_is_refused(root))
            .needs(
                (root && has_setpriv()) || env::var_os("CI").is_some(),
                "only root can connect as root and, with setpriv of util-linux, start a server \
                 as another user",
            )
            .slow(),
    ]
}

/// A server on a path of its own, in a directory that is removed.
pub struct Bakery {
    pub server: Server<PathBuf>,
    pub folder: TempDir,
}

impl Bakery {
    pub fn open(binary: &str, setup: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("socket");
        let server = Server::start_on_path(binary, setup, &path)?;
        Ok(Self { server, folder })
    }

    pub fn path(&self) -> PathBuf {
        self.server.address.clone()
    }
}

/// Begins a command line that starts a server as nobody. The server's folder is then
/// nobody's too, and its program a copy: nobody may not be allowed to go where the
/// binaries are.
const AS_NOBODY: &str = r#"as_nobody() {
    chown 65534 . "$(dirname "$3")" && cp "$2" program &&
    exec setpriv --reuid=65534 --regid=65534 --clear-groups ./program "$3"
}; as_nobody"#;

fn has_setpriv() -> bool {
    let setpriv = process::Command::new("setpriv").arg("--version").output();
    setpriv.is_ok()
}

/// What a server says to a client that says nothing.
pub async fn greeting(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    let greeting = async {
        let mut said = String::new();
        let mut client = UnixStream::connect(path).await?;
        client.read_to_string(&mut said).await?;
        std::io::Result::Ok(said)
    };
    let greeting = timeout(Duration::from_secs(60), greeting).await;
    let greeting = greeting.unwrap_or_else(|late| Err(late.into()));
    greeting.with_context(|| format!("no greeting on {}", path.display()))
}

/// Starts a server where it must not start: one line that ends in `reason`, and
/// status 1.
pub fn refused(server: &str, path: &Path, reason: &str) -> Result<()> {
    let (binary, path) = (binary(server)?.display(), path.display());
    let command = format!("exec '{binary}' '{path}'");
    let ran = Terminal::open()?.run(&command, Duration::from_secs(10));
    let (status, lines) =
        ran.with_context(|| format!("{server} is to refuse {path}, since {reason}"))?;
    let line = format!("Error: cannot listen on {path}: {reason}");
    ensure!(
        status == 1 && lines == [&*line],
        "{server} is to end with status 1 and {line:?}, not with status {status} and {lines:?}"
    );
    Ok(())
}

/// The user that runs this, without asking for what only `libc` tells.
fn user() -> Result<u32> {
    Ok(tempfile::tempdir()?.path().metadata()?.uid())
}

/// How the server greets this process.
fn hello() -> Result<String> {
    let (process, user) = (process::id(), user()?);
    Ok(format!("hello, process {process} of user {user}\n"))
}

async fn says_hello(path: &Path) -> Result<()> {
    let (said, hello) = (greeting(path).await?, hello()?);
    ensure!(said == hello, "unix_socket says {said:?}, not {hello:?}");
    Ok(())
}

/// Whatever the `umask` is, the socket is its user's only.
async fn mode() -> Result<()> {
    for setup in ["", "umask 0;", "umask 777;"] {
        let bakery = Bakery::open("unix_socket", setup)?;
        let mode = fs::symlink_metadata(bakery.path())?.permissions().mode();
        ensure!(mode & 0o777 == 0o600, "mode {mode:o} after {setup:?}");
        says_hello(&bakery.path()).await?;
    }
    Ok(())
}

/// As soon as anybody can connect, the socket is its user's only.
async fn mode_from_the_start() -> Result<()> {
    for _ in 0..10 {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("socket");
        let watched = path.clone();
        let watcher = spawn_blocking(move || {
            while std::os::unix::net::UnixStream::connect(&watched).is_err() {}
            fs::symlink_metadata(&watched)
        });
        let _server = Server::start_on_path("unix_socket", "", &path)?;
        let mode = watcher.await??.permissions().mode();
        ensure!(mode & 0o777 == 0o600, "mode {mode:o} at the first connect");
    }
    Ok(())
}

/// A path that exists is left alone; where no socket can be, one line says why.
async fn refused_paths() -> Result<()> {
    let bakery = Bakery::open("unix_socket", "")?;
    let hint = "; give another path as an argument";
    let in_use = io_error(std::os::unix::net::UnixListener::bind(bakery.path()))?;
    refused("unix_socket", &bakery.path(), &format!("{in_use}{hint}"))?;
    let file = bakery.folder.path().join("file");
    fs::write(&file, "my only copy")?;
    refused("unix_socket", &file, &format!("{in_use}{hint}"))?;
    ensure!(fs::read_to_string(&file)? == "my only copy");
    let missing = bakery.folder.path().join("missing/socket");
    let not_found = io_error(fs::metadata(&missing))?;
    refused("unix_socket", &missing, &format!("{not_found}{hint}"))?;
    let long = bakery.folder.path().join("x".repeat(120));
    let too_long = "path must be shorter than SUN_LEN";
    refused("unix_socket", &long, &format!("{too_long}{hint}"))?;
    says_hello(&bakery.path()).await?;
    Ok(())
}

fn io_error<T>(failed: std::io::Result<T>) -> Result<String> {
    Ok(failed.err().context("it has not failed")?.to_string())
}

/// Clients that leave immediately, that do not want to read, that send what nobody
/// asked for, and that stay: none of them harms another, or takes memory.
async fn odd_clients() -> Result<()> {
    let mut bakery = Bakery::open("unix_socket", SAME_EVERYWHERE)?;
    greeting(bakery.path()).await?;
    let before = memory(bakery.server.id())?;
    let mut stay = Vec::new();
    for _ in 0..50 {
        drop(UnixStream::connect(bakery.path()).await?);
        let deaf = UnixStream::connect(bakery.path()).await?.into_std()?;
        deaf.shutdown(std::net::Shutdown::Both)?;
        let talker = UnixStream::connect(bakery.path()).await?;
        // It may have been closed before.
        let _ = talker.try_write(&vec![b'x'; 100_000]);
        stay.push(UnixStream::connect(bakery.path()).await?);
        says_hello(&bakery.path()).await?;
    }
    let growth = growth(bakery.server.id(), before)?;
    ensure!(
        growth < 500_000,
        "grown by {growth} bytes, not less than 500_000"
    );
    bakery.server.has_said(1)
}

/// Ctrl-C and SIGTERM remove the file.
async fn stops() -> Result<()> {
    for signal in ["INT", "TERM"] {
        let mut bakery = Bakery::open("unix_socket", "")?;
        bakery.server.signal(signal)?;
        bakery.server.ends(Duration::from_secs(5), &[])?;
        let left = fs::read_dir(&bakery.folder)?.count();
        ensure!(left == 0, "{left} files are left");
    }
    Ok(())
}

/// When nobody reads what it prints any more, it serves and stops as before.
pub async fn unheard(server: &str) -> Result<()> {
    let mut terminal = Terminal::open()?;
    let path = terminal.temporary().join("socket");
    let server = binary(server)?.display();
    let mut job = terminal.start(&format!(
        "mkfifo output; ulimit -n 24; '{server}' '{}' >output 2>&1 & \
         head -n 1 output; echo $!; wait $!",
        path.display()
    ))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    while lines.len() < 2 {
        let more = terminal.read_until(deadline, &mut lines)?;
        ensure!(more, "it does not say where it listens: {lines:?}");
    }
    // More clients than descriptors would be worth a line.
    let mut clients = Vec::new();
    for _ in 0..24 {
        clients.push(UnixStream::connect(&path).await?);
    }
    greeting(&path).await?;
    let mut kill = terminal.start(&format!("kill -TERM {}", lines[1].text))?;
    terminal.wait(&mut kill, deadline, &mut lines)?;
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    ensure!(
        status == Some(0) && lines.len() == 2,
        "it is to stop with status 0 when nobody reads, not with {status:?}: {lines:?}"
    );
    ensure!(!path.exists(), "its file is left");
    Ok(())
}

/// Catches Ctrl-C before it says that it listens.
pub async fn early_signal(server: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("socket").display().to_string();
    early_signal_on(&format!("{server} {path}"), &path).await
}

/// Catches both signals before it makes its file, so each removes it.
fn catches_first() -> Result<Completion> {
    if process::Command::new("strace").arg("-V").output().is_err() {
        return cannot_run("no strace here: install it");
    }
    let files = Files::of("unix_socket")?;
    let program = binary("unix_socket")?.display();
    // With `-DD`, the job is the server, and `strace` is in another process group.
    let strace = "strace -DD -f -o calls -e trace=rt_sigaction,bind";
    let command = format!("exec {strace} '{program}' socket >shown 2>said");
    let mut job = files.terminal.start(&command)?;
    let deadline = Instant::now() + LIMIT;
    while !files.read("shown")?.ends_with('\n') {
        ensure!(Instant::now() < deadline, "it does not start");
        thread::sleep(POLL);
    }
    job.signal("TERM")?;
    while job.ended()?.is_none() {
        ensure!(Instant::now() < deadline, "it does not stop");
        thread::sleep(POLL);
    }
    let calls = files.read("calls")?;
    let place = |name: &str| calls.lines().position(|line| line.contains(name));
    let [interrupt, terminate, bound] = ["(SIGINT", "(SIGTERM", "bind("].map(place);
    ensure!(
        interrupt.max(terminate) < bound && interrupt.min(terminate).is_some(),
        "both signals are to be caught before the file is there: {calls}"
    );
    Ok(Completion::Completed)
}

/// If somebody has removed its file, a server that stops says so.
pub async fn file_is_gone(server: &str) -> Result<()> {
    let mut bakery = Bakery::open(server, "")?;
    fs::remove_file(bakery.path())?;
    bakery.server.signal("TERM")?;
    let status = bakery.server.wait(Duration::from_secs(5))?;
    let output = bakery.server.output();
    let error = "Error: cannot remove the socket";
    ensure!(
        status == 1 && output.iter().any(|line| line == error),
        "without its file, {server} is to end with status 1 and {error:?}, not with status \
         {status} and {output:?}"
    );
    Ok(())
}

/// Serves in a folder whose name is not UTF-8.
pub async fn odd_path(server: &str) -> Result<()> {
    let mut files = Files::of(server)?;
    let folder = files.path("").join(odd_name());
    fs::create_dir(&folder)?;
    files.command.insert_str(0, "set -- caf*; ");
    let mut job = files.start(r#""$1/socket""#)?;
    let deadline = Instant::now() + LIMIT;
    while !files.read("shown")?.ends_with('\n') {
        let said = files.read("said")?;
        ensure!(
            Instant::now() < deadline && job.ended()?.is_none(),
            "{server} does not listen in a folder whose name is not UTF-8: {said}"
        );
        sleep(POLL).await;
    }
    greeting(folder.join("socket")).await?;
    job.signal("TERM")?;
    let ran = files.ran(&mut job).await?;
    holds!(ran, ran.status == 0 && !folder.join("socket").exists());
    Ok(())
}

/// Without a descriptor for the next client, a server says so once a second, if
/// somebody hears it, keeps still, and then serves the client.
pub fn no_descriptor(server: &'static str, says: fn() -> Result<String>) -> Scenario {
    let body = async move || -> Result<()> {
        for setup in ["", "mkfifo errors; : <errors & exec 2>errors;"] {
            let mut bakery = Bakery::open(server, setup)?;
            let id = bakery.server.id();
            let free = (0..1024).find(|it| !Path::new(&format!("/proc/{id}/fd/{it}")).exists());
            set_descriptors(id, free.context("no number is free")?)?;
            let gone = || format!("{server} no longer accepts");
            let client = UnixStream::connect(bakery.path()).await;
            let mut client = client.with_context(gone)?;
            let wait = async {
                sleep(Duration::from_millis(1500)).await;
                Ok(())
            };
            keeps_still(id, Duration::from_millis(300), wait).await?;
            let output = bakery.server.output();
            let told = output.iter().filter(|it| it.starts_with("cannot accept"));
            let told = told.count();
            ensure!(
                !setup.is_empty() || (1..=3).contains(&told),
                "in 1.5 s, {server} says {told} times that it cannot accept, not 1 to 3 times"
            );
            set_descriptors(id, 1024)?;
            let mut said = String::new();
            let read = timeout(Duration::from_secs(60), client.read_to_string(&mut said)).await;
            let read = read.unwrap_or_else(|late| Err(late.into()));
            read.with_context(gone)?;
            ensure!(said == says()?, "it says {said:?}, not {:?}", says()?);
            bakery.server.signal("TERM")?;
            bakery.server.ends(Duration::from_secs(5), &[])?;
        }
        Ok(())
    };
    let prlimit = process::Command::new("prlimit").arg("--version").output();
    scenario("no_descriptor", body)
        .needs(prlimit.is_ok(), "no prlimit here: install util-linux")
        .measures()
        .slow()
}

/// Lets a process have descriptors below this number.
fn set_descriptors(id: u32, limit: u32) -> Result<()> {
    let mut prlimit = process::Command::new("prlimit");
    let limit = format!("--nofile={limit}:");
    let set = prlimit.args(["--pid", &id.to_string(), &limit]).status()?;
    ensure!(set.success(), "prlimit: {set}");
    Ok(())
}

/// While it has no descriptor for the next client, the server says so, does not
/// spin, and then serves all of them.
async fn descriptors() -> Result<()> {
    let mut bakery = Bakery::open("unix_socket", "ulimit -n 14;")?;
    bakery.server.signal("STOP")?;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(UnixStream::connect(bakery.path()).await?);
    }
    let serve_all = async {
        bakery.server.signal("CONT")?;
        for client in &mut clients {
            let mut said = String::new();
            client.read_to_string(&mut said).await?;
            ensure!(said == hello()?, "it says {said:?}, not {:?}", hello()?);
        }
        Ok(())
    };
    keeps_still(bakery.server.id(), Duration::from_secs(1), serve_all).await?;
    let output = bakery.server.output();
    let told = output.iter().filter(|it| it.starts_with("cannot accept"));
    let told = told.count();
    ensure!(
        (1..=30).contains(&told),
        "it says {told} times that it cannot accept, not 1 to 30 times"
    );
    Ok(())
}

/// 2,000 clients at the same time. On Linux, where the backlog may be that long,
/// none is turned away.
async fn burst() -> Result<()> {
    let bakery = Bakery::open("unix_socket", MANY_DESCRIPTORS)?;
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
    while let Some(client) = clients.join_next().await {
        let mut said = String::new();
        client??.read_to_string(&mut said).await?;
        ensure!(said == hello()?, "it says {said:?}, not {:?}", hello()?);
    }
    Ok(())
}

/// Runs a client, and gives what it prints, its errors last.
fn printed(client: &mut process::Command) -> Result<String> {
    let ran = client.env("RUST_BACKTRACE", "0").output()?;
    let said = [ran.stdout, ran.stderr].concat();
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// Another user is refused by the mode of the file and, where the mode lets him
/// in, by what the kernel says about him.
async fn other_user(root: bool) -> Result<()> {
    let bakery = Bakery::open("unix_socket", "")?;
    let path = bakery.path();
    fs::set_permissions(&bakery.folder, Permissions::from_mode(0o755))?;
    // Another user may not be allowed to go where the binaries are.
    let client = bakery.folder.path().join("connect");
    copy_program(binary("connect")?, &client)?;
    let ask = || {
        let mut command = process::Command::new("sudo");
        command.args(["-n", "-u", "nobody"]).arg(&client);
        if root {
            command = process::Command::new(&client);
            std::os::unix::process::CommandExt::uid(&mut command, 65534);
        }
        printed(command.arg(&path))
    };
    let said = ask()?;
    ensure!(
        said.contains("Permission denied"),
        "another user is to be refused by the mode, but hears {said:?}"
    );
    fs::set_permissions(&path, Permissions::from_mode(0o666))?;
    let said = ask()?;
    // What `sudo` may have to say comes after it.
    ensure!(
        said.starts_with("refused: user ") && said.contains(" does not own this server\n"),
        "another user is to be refused by the server, but hears {said:?}"
    );
    says_hello(&path).await?;
    Ok(())
}

/// Root can connect to the socket of another user, whatever its mode is, and is then
/// refused by the server.
async fn root_is_refused(root: bool) -> Result<()> {
    let bakery = Bakery::open("unix_socket", if root { AS_NOBODY } else { "" })?;
    let said = if root {
        greeting(bakery.path()).await?
    } else {
        let mut command = process::Command::new("sudo");
        command.arg("-n").arg(binary("connect")?).arg(bakery.path());
        printed(&mut command)?
    };
    let refused = "refused: user 0 does not own this server\n";
    // What `sudo` may have to say comes after it.
    ensure!(
        said.starts_with(refused),
        "root is to hear {refused:?} from the server of another user, not {said:?}"
    );
    Ok(())
}
