//! The settings, from environment variables.

use std::env::{self, VarError};
use std::num::NonZeroU32;
use std::str::FromStr;

use anyhow::{anyhow, bail};
use axum::http::HeaderValue;
use tracing::level_filters::LevelFilter;

use crate::auth::Tokens;

const RATE: NonZeroU32 = NonZeroU32::new(100).unwrap();
const MAX_REQUESTS: NonZeroU32 = NonZeroU32::new(256).unwrap();

pub struct Settings {
    pub database_url: Option<String>,
    pub tokens: Option<Tokens>,
    /// Requests per second of one client.
    pub rate: NonZeroU32,
    /// Requests at the same time.
    pub max_requests: NonZeroU32,
    /// Whose pages may use the API.
    pub origins: Vec<HeaderValue>,
    pub log: LevelFilter,
}

impl Settings {
    pub fn from_env() -> anyhow::Result<Self> {
        let origins: Option<String> = read("ORIGINS")?;
        let origins = origins.as_deref().unwrap_or_default().split(',');
        let origins = origins.map(str::trim).filter(|it| !it.is_empty());
        Ok(Self {
            database_url: read("DATABASE_URL")?,
            tokens: read("TOKENS")?,
            rate: read("RATE")?.unwrap_or(RATE),
            max_requests: read("MAX_REQUESTS")?.unwrap_or(MAX_REQUESTS),
            origins: origins
                .map(origin)
                .collect::<anyhow::Result<_>>()
                .map_err(|error| anyhow!("ORIGINS: {error:#}"))?,
            log: read("LOG")?.unwrap_or(LevelFilter::INFO),
        })
    }
}

fn origin(text: &str) -> anyhow::Result<HeaderValue> {
    if !text.starts_with("http") {
        bail!("an origin is such as https://example.com, and {text:?} is not one");
    }
    Ok(text.parse()?)
}

fn read<T>(name: &'static str) -> anyhow::Result<Option<T>>
where
    T: FromStr<Err: Into<anyhow::Error>>,
{
    match env::var(name) {
        // The value is not in the message: it may be a secret.
        Ok(text) => match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(anyhow!("{name}: {:#}", error.into())),
        },
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
    }
}
