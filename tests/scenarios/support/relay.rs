//! A network that fails in silence, between an example and its server.

use std::net::SocketAddr;
use std::thread;

use anyhow::Result;
use sqlx::postgres::PgConnectOptions;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes on what comes, until it goes silent: then the connections of that
/// moment stay open, and nothing passes any more. New ones work.
pub struct Relay {
    pub address: SocketAddr,
    silences: watch::Sender<u32>,
}

impl Relay {
    /// In a thread of its own, since scenarios block theirs.
    pub fn start(server: String) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (silences, changes) = watch::channel(0);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::spawn(move || runtime.block_on(pass_on(listener, server, changes)));
        Ok(Self { address, silences })
    }

    /// To the PostgreSQL of this address, and the address by way of the relay.
    pub fn to_postgres(url: &str) -> Result<(Self, String)> {
        let options: PgConnectOptions = url.parse()?;
        let server = format!("{}:{}", options.get_host(), options.get_port());
        let relay = Self::start(server.clone())?;
        // Without a port in it, it is the default one.
        let (port, host) = (format!(":{}", options.get_port()), options.get_host());
        let url = url.replace(&server, host).replace(&port, "");
        let (before, after) = url.rsplit_once(host).unwrap_or((&url, ""));
        let url = format!("{before}{}{after}", relay.address);
        Ok((relay, url))
    }

    pub fn go_silent(&self) {
        self.silences.send_modify(|silences| *silences += 1);
    }
}

/// Returns when the relay is dropped.
async fn pass_on(
    listener: std::net::TcpListener,
    server: String,
    mut silences: watch::Receiver<u32>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let over = silences.clone();
    loop {
        let (mut client, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = dropped(over.clone()) => return Ok(()),
        };
        silences.mark_unchanged();
        let (server, mut silences) = (server.clone(), silences.clone());
        tokio::spawn(async move {
            let mut server = TcpStream::connect(server).await?;
            tokio::select! {
                end = copy_bidirectional(&mut client, &mut server) => end.map(|_| ()),
                Ok(()) = silences.changed() => std::future::pending().await,
            }
        });
    }
}

async fn dropped(mut silences: watch::Receiver<u32>) {
    while silences.changed().await.is_ok() {}
}
