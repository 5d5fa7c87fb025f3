//! `pool` with databases that are not there, or silent.

use anyhow::{Result, ensure};
use tokio::net::TcpListener;

use crate::scenarios::support::postgres::{fails, refuses_without_server};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("pool")),
        scenario("silent_server", silent_server),
    ]
}

/// A server that accepts a connection and says nothing.
async fn silent_server() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://ann:secret@{}/shop", listener.local_addr()?);
    let output = fails("pool", &url)?;
    ensure!(output.contains("no answer within 3s"), "{output}");
    Ok(())
}
