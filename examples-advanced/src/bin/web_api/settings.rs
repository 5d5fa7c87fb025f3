//! What can be set from the outside, by variables of the environment.

use std::env::{self, VarError};
use std::str::FromStr;

use anyhow::bail;
use tracing::level_filters::LevelFilter;

use crate::auth::Tokens;

pub struct Settings {
    pub database_url: Option<String>,
    pub tokens: Option<Tokens>,
    /// Requests a second of one client.
    pub rate: u32,
    /// Requests at the same time.
    pub max_requests: usize,
    pub log: LevelFilter,
}

impl Settings {
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self {
            database_url: read("DATABASE_URL")?,
            tokens: read("TOKENS")?,
            rate: read("RATE")?.unwrap_or(100),
            max_requests: read("MAX_REQUESTS")?.unwrap_or(256),
            log: read("LOG")?.unwrap_or(LevelFilter::INFO),
        })
    }
}

fn read<T>(name: &'static str) -> anyhow::Result<Option<T>>
where
    T: FromStr<Err: Into<anyhow::Error>>,
{
    match env::var(name) {
        // Its value stays out of the message: it may be a secret.
        Ok(text) => match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => bail!("{name}: {:#}", error.into()),
        },
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
    }
}
