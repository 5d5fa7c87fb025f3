//! `stale_socket` of examples-io: a socket file that a crash has left, and files
//! that somebody still uses.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::workspace::binary;
use harness::{Server, Terminal};
use tokio::net::{UnixSocket, UnixStream};
use tokio::time::sleep;

use super::unix_socket::{
    Bakery, early_signal, file_is_gone, greeting, no_descriptor, odd_path, refused, unheard,
};
use crate::scenarios::support::runner::{Scenario, scenario};

const LOCKED: &str = "another server holds the lock";
const IN_USE: &str = "another process uses it";
const NO_SOCKET: &str = "it is not a socket";

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("stale", stale),
        scenario("in_use", in_use),
        scenario("refused_paths", refused_paths),
        scenario("replaced", replaced),
        scenario("unheard", || unheard("stale_socket")),
        scenario("early_signal", || early_signal("stale_socket")),
        scenario("file_is_gone", || file_is_gone("stale_socket")),
        scenario("odd_path", || odd_path("stale_socket")),
        no_descriptor("stale_socket", || Ok("hello\n".into())),
        scenario("starters", starters).slow(),
    ]
}

fn open() -> Result<Bakery> {
    Bakery::open("stale_socket", "")
}

fn start(path: &Path) -> Result<Server<PathBuf>> {
    Server::start_on_path("stale_socket", "", path)
}

/// Starts it over a socket that this process has closed. A process that another
/// test forks has a copy of that until it runs its program.
async fn start_over(path: &Path) -> Result<Server<PathBuf>> {
    let soon = Instant::now() + Duration::from_secs(5);
    loop {
        match start(path) {
            Err(_) if Instant::now() < soon => {
                sleep(Duration::from_millis(50)).await;
            }
            started => return started,
        }
    }
}

async fn serves(path: &Path) -> Result<()> {
    let said = greeting(path).await?;
    let path = path.display();
    ensure!(said == "hello\n", "{path} says {said:?}, not \"hello\\n\"");
    Ok(())
}

/// A socket that a killed server has left is replaced, and one that another
/// program has left too; a server that stops leaves nothing but its lock.
async fn stale() -> Result<()> {
    let mut bakery = open()?;
    let path = bakery.path();
    for _ in 0..3 {
        serves(&path).await?;
        bakery.server.signal("KILL")?;
        bakery.server.wait(Duration::from_secs(5))?;
        ensure!(path.exists(), "nothing has been left");
        bakery.server = start(&path).context("over a socket that a killed server has left")?;
    }
    for signal in ["INT", "TERM"] {
        serves(&path).await?;
        bakery.server.signal(signal)?;
        bakery.server.ends(Duration::from_secs(5), &[])?;
        let left: Vec<_> = fs::read_dir(&bakery.folder)?.collect::<Result<_, _>>()?;
        ensure!(
            left.len() == 1 && left[0].file_name() == "socket.lock",
            "after SIG{signal}, socket.lock is to be left, not {left:?}"
        );
        drop(UnixListener::bind(&path)?);
        bakery.server = start_over(&path).await?;
    }
    Ok(())
}

/// Whoever holds the path keeps it: a server of the same kind, and of another
/// program one that has its backlog full, one that does not listen yet, and a
/// socket of another type.
async fn in_use() -> Result<()> {
    let mut bakery = open()?;
    for _ in 0..3 {
        refused("stale_socket", &bakery.path(), LOCKED)?;
        serves(&bakery.path()).await?;
    }
    bakery.server.has_said(1)?;

    let path = bakery.folder.path().join("other");
    let socket = UnixSocket::new_stream()?;
    socket.bind(&path)?;
    refused("stale_socket", &path, IN_USE)?;
    let listener = socket.listen(1)?;
    let mut waiting = Vec::new();
    while let Ok(client) = UnixStream::connect(&path).await {
        waiting.push(client);
    }
    refused("stale_socket", &path, IN_USE)?;
    for _ in waiting {
        listener.accept().await?;
    }
    let path = bakery.folder.path().join("datagram");
    let datagram = UnixDatagram::bind(&path)?;
    refused("stale_socket", &path, IN_USE)?;
    drop(datagram);
    let started = start_over(&path).await;
    started.context("over a socket that its program has closed")?;
    Ok(())
}

/// A file that is not a socket stays as it is, and so does a file that only has
/// the name of a lock.
async fn refused_paths() -> Result<()> {
    let bakery = open()?;
    let folder = bakery.folder.path();
    let file = folder.join("file");
    fs::write(&file, "my only copy")?;
    fs::write(folder.join("file.lock"), "not a lock")?;
    refused("stale_socket", &file, NO_SOCKET)?;
    let directory = folder.join("directory");
    fs::create_dir(&directory)?;
    refused("stale_socket", &directory, NO_SOCKET)?;
    for target in [&bakery.path(), &file] {
        let link = folder.join("link");
        symlink(target, &link)?;
        refused("stale_socket", &link, NO_SOCKET)?;
        fs::remove_file(&link)?;
    }
    ensure!(fs::read_to_string(&file)? == "my only copy");
    ensure!(fs::read_to_string(folder.join("file.lock"))? == "not a lock");
    let missing = folder.join("missing/socket");
    let Err(error) = File::open(&missing) else {
        unreachable!()
    };
    refused("stale_socket", &missing, &error.to_string())?;
    serves(&bakery.path()).await
}

/// When somebody removes its files, a server that lives keeps others out by the
/// lock, or by the socket; so when it stops it removes no other server's file.
async fn replaced() -> Result<()> {
    let bakery = open()?;
    let path = bakery.path();
    let lock = bakery.folder.path().join("socket.lock");
    fs::remove_file(&lock)?;
    refused("stale_socket", &path, IN_USE)?;
    serves(&path).await?;

    let second = bakery.folder.path().join("second");
    let server = start(&second)?;
    fs::remove_file(&second)?;
    refused("stale_socket", &second, LOCKED)?;
    drop(server);
    serves(&path).await
}

/// Of eight that start at the same time, one listens and seven are refused,
/// whether a killed server has left its file or not.
async fn starters() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("socket");
    let server = binary("stale_socket")?.display();
    for round in 0..50 {
        ensure!(path.exists() == (round > 0), "round {round}");
        let terminal = Terminal::open()?;
        let mut all = terminal.start(&format!(
            "for i in 1 2 3 4 5 6 7 8; do '{server}' '{}' & done; wait",
            path.display()
        ))?;
        let mut lines = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(10);
        let (listening, refused) = loop {
            let more = terminal.read_until(deadline, &mut lines)?;
            // What they print at the same moment may share a line.
            let text: String = lines.iter().map(|it| &*it.text).collect();
            let count = |part| text.matches(part).count();
            let (listening, refused) = (count("listening on"), count(LOCKED));
            if listening + refused == 8 {
                break (listening, refused);
            }
            ensure!(
                more,
                "round {round}: of eight that start, {listening} listen and {refused} are \
                 refused; they say {text}"
            );
        };
        ensure!(
            (listening, refused) == (1, 7),
            "round {round}: {listening} listen, {refused} are refused"
        );
        serves(&path).await?;
        // The one that listens is killed, and leaves its file.
        all.kill();
        while UnixStream::connect(&path).await.is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
    }
    Ok(())
}
