//! Start a Unix socket server again after a crash left its socket file.
//!
//! Below, a server is killed, and the next one starts on the same path. The old
//! socket file would make `bind` fail. Removing it blindly could take it from a
//! live server. So each server locks a second file, and the system releases the
//! lock even after a crash. Other programs ignore the lock. So the server
//! also tests the socket file with a datagram socket, whose attempt to connect
//! a live server does not notice.
//!
//! ```console
//! $ cargo run -p examples-io --bin stale_socket &
//! listening on [..]/bakery.sock
//! $ cargo run -q -p examples-io --bin stale_socket
//! Error: cannot listen on [..]/bakery.sock: another server holds the lock  # exit 1
//! $ cargo run -q -p examples-io --bin connect ${TMPDIR:-/tmp}/bakery.sock
//! hello
//! $ kill -KILL %1
//! # exit 137
//! $ cargo run -p examples-io --bin stale_socket &
//! listening on [..]/bakery.sock
//! $ cargo run -q -p examples-io --bin connect ${TMPDIR:-/tmp}/bakery.sock
//! hello
//! $ kill -INT %%
//! $ rm ${TMPDIR:-/tmp}/bakery.sock.lock
//! ```
//!
//! The lock file stays on purpose: if a server removed it, two others could
//! lock different files. To know who connects, see `unix_socket`.
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
    println!("this example needs Unix");
}

#[cfg(unix)]
mod server {
    use std::fs::{self, File};
    use std::io::{self, ErrorKind, Write};
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixDatagram;
    use std::path::{Path, PathBuf};
    use std::{env, time::Duration};

    use anyhow::{Context, anyhow, ensure};
    use tokio::io::AsyncWriteExt;
    use tokio::net::UnixListener;
    use tokio::signal::unix::{SignalKind, signal};
    use tokio::time::sleep;

    #[tokio::main]
    pub async fn main() -> anyhow::Result<()> {
        let path = env::args_os()
            .nth(1)
            .map_or_else(|| env::temp_dir().join("bakery.sock"), PathBuf::from);
        let shown = path.display();
        let (listener, _lock) =
            listen(&path).map_err(|error| anyhow!("cannot listen on {shown}: {error}"))?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        println!("listening on {shown}");

        tokio::select! {
            () = accept_loop(&listener) => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        fs::remove_file(&path).context("cannot remove the socket")
    }

    /// Binds a socket at `path`; the lock keeps out other servers.
    fn listen(path: &Path) -> anyhow::Result<(UnixListener, File)> {
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock = File::options().append(true).create(true).open(lock_path)?;
        ensure!(lock.try_lock().is_ok(), "another server holds the lock");
        if path.exists() {
            remove_stale(path)?;
        }
        Ok((UnixListener::bind(path)?, lock))
    }

    fn remove_stale(path: &Path) -> anyhow::Result<()> {
        let file_type = fs::symlink_metadata(path)?.file_type();
        ensure!(file_type.is_socket(), "it is not a socket");
        // A datagram socket never connects to a stream socket, but its error is
        // "connection refused" only if no process holds that socket any more.
        let connected = UnixDatagram::unbound()?.connect(path);
        let refused = connected.is_err_and(|it| it.kind() == ErrorKind::ConnectionRefused);
        ensure!(refused, "another process uses it");
        Ok(fs::remove_file(path)?)
    }

    async fn accept_loop(listener: &UnixListener) {
        loop {
            match listener.accept().await {
                Ok((mut client, _)) => {
                    tokio::spawn(async move { client.write_all(b"hello\n").await });
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
}
