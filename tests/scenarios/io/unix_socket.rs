//! The Unix socket server of examples-io: who may connect, and what clients do.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, process};

use anyhow::{Context, Result, ensure};
use harness::usage::memory;
use harness::workspace::binary;
use harness::{Server, Terminal};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::scenarios::support::clients::{growth, keeps_still};
use crate::scenarios::support::faults::{MANY_DESCRIPTORS, SAME_EVERYWHERE};
use crate::scenarios::support::runner::{Scenario, alone, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let root = user().is_ok_and(|user| user == 0);
    vec![
        scenario("mode", mode),
        scenario("mode_from_the_start", mode_from_the_start).slow(),
        scenario("refused_paths", refused_paths),
        scenario("odd_clients", odd_clients),
        scenario("stops", stops),
        scenario("unheard", || unheard("unix_socket")),
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
    fs::copy(binary("connect")?, &client)?;
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
