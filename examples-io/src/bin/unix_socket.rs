//! Serve a Unix socket to processes of one user, known by `peer_cred`.
//!
//! The kernel says who has connected: no password is needed. A killed server
//! leaves its socket file, and the next one cannot bind. That connections are
//! refused is no proof that the file is stale: a plain file refuses them, and
//! so does a server between `bind` and `listen`. The error that a datagram
//! socket gets is one. A lock on the directory keeps two that start at once
//! from removing each other's file.
//!
//! ```console
//! $ cargo run -p examples-io --bin unix_socket &
//! listening on [..]/bakery.sock
//! $ printf 'NEXT\nNEXT\nWHO\n' | cargo run -q -p examples-io --bin connect ${TMPDIR:-/tmp}/bakery.sock
//! 1
//! 2
//! process [..] of user [..]
//! $ cargo run -q -p examples-io --bin unix_socket  # exit 1
//! Error: cannot listen on [..]/bakery.sock: it is in use; give another path, of at most 100 bytes
//! $ kill -KILL %1  # exit 137
//! $ cargo run -p examples-io --bin unix_socket &
//! removed the socket that a killed server has left
//! listening on [..]/bakery.sock
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt,signal,time` and
//! `cargo add anyhow`.

#[cfg(unix)]
fn main() -> anyhow::Result<()> {
    server::run()
}

#[cfg(not(unix))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("it needs Unix, whose kernel says who has connected")
}

#[cfg(unix)]
mod server {
    use std::fs::{self, File, Permissions, TryLockError};
    use std::io::{self, ErrorKind, Write};
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
    use std::os::unix::net::UnixDatagram;
    use std::path::{self, Path, PathBuf};
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::{env, time::Duration};

    use anyhow::{Context, anyhow, bail};
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
    use tokio::io::{BufReader, BufWriter, copy, sink};
    use tokio::net::unix::{ReadHalf, WriteHalf};
    use tokio::net::{UnixListener, UnixSocket, UnixStream};
    use tokio::signal::unix::{SignalKind, signal};
    use tokio::task::{JoinError, JoinSet};
    use tokio::time::{Instant, sleep, timeout};

    /// Further clients wait in the backlog, unaccepted.
    const MAX_CONNECTIONS: usize = 10_000;
    /// A client that finds it full is refused at once; TCP would try again.
    const BACKLOG: u32 = 4096;
    /// Far longer than a request; a connection that waits takes 2 KB in all.
    const MAX_LINE: usize = 256;
    /// For a whole line and its reply: one byte a second is no way to stay.
    const LINE_LIMIT: Duration = Duration::from_secs(60);
    const LINGER_LIMIT: Duration = Duration::from_secs(1);
    const DRAIN_LIMIT: Duration = Duration::from_secs(3);
    /// Another start takes less than a millisecond.
    const LOCK_LIMIT: Duration = Duration::from_secs(2);

    #[tokio::main(flavor = "current_thread")]
    pub async fn run() -> anyhow::Result<()> {
        let path = env::args_os().nth(1).map(PathBuf::from);
        let path = path.unwrap_or_else(|| env::temp_dir().join("bakery.sock"));
        let (listener, file) = listen(&path).await.map_err(|error| {
            anyhow!(
                "cannot listen on {}: {error:#}; give another path, of at \
                 most 100 bytes",
                path.display()
            )
        })?;
        // Each end of a pair sees this process at the other end.
        let user = UnixStream::pair()?.0.peer_cred()?.uid();
        let mut stop_signal = stop_signals()?;
        println!("listening on {}", path.display());

        let mut connections = JoinSet::new();
        let mut next_complaint = Instant::now();
        loop {
            tokio::select! {
                accepted = listener.accept(),
                    if connections.len() < MAX_CONNECTIONS =>
                match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve(stream, user));
                    }
                    Err(error) => {
                        if next_complaint <= Instant::now() {
                            let text = "cannot accept for now";
                            log(&format!("{text}: {error}"));
                            next_complaint = Instant::now() + LINE_LIMIT;
                        }
                        // It stays until a connection ends: do not spin.
                        sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(ended) = connections.join_next() => report(ended),
                () = stop_signal() => break,
            }
        }

        // In this order: as long as it is bound, nobody else takes the path.
        file.remove();
        drop(listener);
        while let Some(ended) = connections.try_join_next() {
            report(ended);
        }
        let open = connections.len();
        if open > 0 {
            log(&format!(
                "stopping: {open} connections have {DRAIN_LIMIT:?}"
            ));
        }
        let drain = async {
            while let Some(ended) = connections.join_next().await {
                report(ended);
            }
        };
        tokio::select! {
            () = drain => {}
            () = sleep(DRAIN_LIMIT) => {}
            () = stop_signal() => {}
        }
        let cut = connections.len();
        connections.shutdown().await;
        log(&format!("stopped: {} drained, {cut} cut", open - cut));
        Ok(())
    }

    async fn listen(path: &Path) -> anyhow::Result<(UnixListener, SocketFile)> {
        let _lock = lock_directory(path).await?;
        make_room(path)?;
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        // Before it listens nobody can have connected.
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        let inode = fs::symlink_metadata(path)?.ino();
        let file = SocketFile {
            path: path.into(),
            inode,
        };
        Ok((socket.listen(BACKLOG)?, file))
    }

    async fn lock_directory(path: &Path) -> anyhow::Result<File> {
        let path = path::absolute(path)?;
        let directory = path.parent().context("it is a directory")?;
        let directory = File::open(directory)?;
        let deadline = Instant::now() + LOCK_LIMIT;
        loop {
            match directory.try_lock() {
                Ok(()) => return Ok(directory),
                Err(TryLockError::Error(error)) => {
                    return Err(error).context("cannot lock its directory");
                }
                Err(TryLockError::WouldBlock) => {}
            }
            if Instant::now() > deadline {
                bail!("another program keeps its directory locked");
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Removes a socket that nobody holds any more, and nothing else.
    fn make_room(path: &Path) -> anyhow::Result<()> {
        // Whatever else is wrong with the path, `bind` will say.
        let Ok(file) = fs::symlink_metadata(path) else {
            return Ok(());
        };
        if !file.file_type().is_socket() {
            bail!("what is there is no socket");
        }
        // It cannot connect to a stream socket either, but where somebody holds
        // the file the error is that the types differ.
        match UnixDatagram::unbound()?.connect(path) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                fs::remove_file(path)?;
                println!("removed the socket that a killed server has left");
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(error.into()),
            _ => bail!("it is in use"),
        }
    }

    struct SocketFile {
        path: PathBuf,
        inode: u64,
    }

    impl SocketFile {
        /// A file that has been put in its place is another server's.
        fn remove(self) {
            let file = fs::symlink_metadata(&self.path);
            if file.is_ok_and(|file| file.ino() == self.inode)
                && let Err(error) = fs::remove_file(&self.path)
            {
                log(&format!("{}: {error}", self.path.display()));
            }
        }
    }

    async fn serve(mut stream: UnixStream, user: u32) {
        let peer = match stream.peer_cred() {
            Ok(peer) => peer,
            Err(error) => return log(&format!("unknown peer: {error}")),
        };
        let process = peer.pid().unwrap_or_default();
        let name = format!("process {process} of user {}", peer.uid());
        let served = if peer.uid() == user {
            answer_all(&mut stream, &name).await
        } else {
            refuse(&mut stream).await
        };
        if let Err(error) = served {
            log(&format!("{name}: {error}"));
        }
        let goodbye = async {
            stream.shutdown().await?;
            // Closing on unread bytes would be a reset instead of an end.
            copy(&mut stream, &mut sink()).await
        };
        // The client may well be gone.
        let _ = timeout(LINGER_LIMIT, goodbye).await;
    }

    /// The mode of the file has kept out all others but root.
    async fn refuse(stream: &mut UnixStream) -> io::Result<()> {
        stream
            .write_all(b"ERROR this is for another user\n")
            .await?;
        Err(io::Error::new(ErrorKind::PermissionDenied, "refused"))
    }

    async fn answer_all(stream: &mut UnixStream, name: &str) -> io::Result<()> {
        let (from_client, to_client) = stream.split();
        let mut requests = BufReader::with_capacity(MAX_LINE, from_client);
        let mut replies = BufWriter::with_capacity(MAX_LINE, to_client);
        let mut answer = async || answer(&mut requests, &mut replies, name).await;
        while timeout(LINE_LIMIT, answer()).await?? {}
        replies.flush().await
    }

    /// Answers one request; says whether there may be another.
    async fn answer(
        requests: &mut BufReader<ReadHalf<'_>>,
        replies: &mut BufWriter<WriteHalf<'_>>,
        name: &str,
    ) -> io::Result<bool> {
        let mut line = Vec::new();
        let mut bounded = (&mut *requests).take(MAX_LINE as u64);
        let size = bounded.read_until(b'\n', &mut line).await?;
        let reply = match line.strip_suffix(b"\n") {
            Some(request) => obey(request, name),
            None if size == 0 => return Ok(false),
            None if size < MAX_LINE => "ERROR the last line was cut off".into(),
            None => format!("ERROR a line has at most {MAX_LINE} bytes"),
        };
        replies.write_all(format!("{reply}\n").as_bytes()).await?;
        if !requests.buffer().contains(&b'\n') {
            replies.flush().await?;
        }
        Ok(line.ends_with(b"\n"))
    }

    fn obey(request: &[u8], name: &str) -> String {
        static LAST: AtomicU64 = AtomicU64::new(0);
        match request.strip_suffix(b"\r").unwrap_or(request) {
            b"NEXT" => format!("{}", LAST.fetch_add(1, Relaxed) + 1),
            b"WHO" => name.into(),
            other => {
                let other = String::from_utf8_lossy(other);
                format!("ERROR neither NEXT nor WHO: {other:?}")
            }
        }
    }

    /// The panic of one task is no reason to end the others.
    fn report(ended: Result<(), JoinError>) {
        if let Err(error) = ended {
            log(&format!("a connection's task failed: {error}"));
        }
    }

    /// Unlike `eprintln!`, this does not panic if nobody reads standard error, and
    /// writes a line as a whole.
    fn log(text: &str) {
        let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
    }

    /// Catches Ctrl-C and SIGTERM from the call on; what it returns waits for
    /// one.
    fn stop_signals() -> io::Result<impl AsyncFnMut()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
}
