//! Serve a Unix socket to the processes of one user, checked with `peer_cred`.
//!
//! A Unix socket is a file that processes of the same machine connect to. The
//! server greets its client with the process and user that the kernel reports,
//! so it needs no password. The file gets the mode 0600 (owner only) between
//! `bind` and `listen`, before anybody can connect. Root can connect anyway, so
//! the server also refuses each client whose user is not the file's owner.
//! Ctrl-C or SIGTERM removes the file.
//!
//! ```console
//! $ cargo run -p examples-io --bin unix_socket &
//! listening on [..]/bakery.sock
//! $ ls -l ${TMPDIR:-/tmp}/bakery.sock | cut -c1-10
//! srw-------
//! $ cargo run -q -p examples-io --bin connect ${TMPDIR:-/tmp}/bakery.sock
//! hello, process [..] of user [..]
//! $ kill -INT %1
//! $ test -e ${TMPDIR:-/tmp}/bakery.sock || echo removed
//! removed
//! ```
//!
//! On a shared machine, give it a path in a directory of your own: in `/tmp`,
//! another user may create the file first. To start again after a crash, which
//! leaves the file, see `stale_socket`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt-multi-thread,signal,time
//! cargo add anyhow
//! ```

#[cfg(unix)]
fn main() -> anyhow::Result<()> {
    server::main()
}

#[cfg(not(unix))]
fn main() {
    println!("this example needs Unix, where the kernel knows who connects");
}

#[cfg(unix)]
mod server {
    use std::fs::{self, Permissions};
    use std::io::{self, Write};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::{Path, PathBuf};
    use std::{env, time::Duration};

    use anyhow::{Context, anyhow};
    use tokio::io::AsyncWriteExt;
    use tokio::net::{UnixListener, UnixSocket, UnixStream};
    use tokio::signal::unix::{SignalKind, signal};
    use tokio::time::sleep;

    /// How many clients may wait for `accept`. The system may allow fewer.
    const BACKLOG: u32 = 4096;

    #[tokio::main]
    pub async fn main() -> anyhow::Result<()> {
        let path = env::args_os()
            .nth(1)
            .map_or_else(|| env::temp_dir().join("bakery.sock"), PathBuf::from);
        // Before the file is there, so that a signal always removes it.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let shown = path.display();
        let listener = listen(&path).map_err(|error| {
            anyhow!("cannot listen on {shown}: {error}; give another path as an argument")
        })?;
        let owner = fs::metadata(&path)?.uid();
        println!("listening on {shown}");

        tokio::select! {
            () = accept_loop(&listener, owner) => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        fs::remove_file(&path).context("cannot remove the socket")
    }

    fn listen(path: &Path) -> io::Result<UnixListener> {
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        socket.listen(BACKLOG)
    }

    async fn accept_loop(listener: &UnixListener, owner: u32) {
        loop {
            match listener.accept().await {
                Ok((client, _)) => {
                    // If `greet` fails, its client has left.
                    tokio::spawn(greet(client, owner));
                }
                Err(error) => {
                    // An error such as "too many open files" lasts for a while.
                    // `eprintln!` would panic when nobody reads it.
                    let _ = writeln!(io::stderr(), "cannot accept: {error}");
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn greet(mut client: UnixStream, owner: u32) -> io::Result<()> {
        let peer = client.peer_cred()?;
        let (process, user) = (peer.pid().unwrap_or_default(), peer.uid());
        let reply = if user == owner {
            format!("hello, process {process} of user {user}\n")
        } else {
            format!("refused: user {user} does not own this server\n")
        };
        client.write_all(reply.as_bytes()).await
    }
}
