//! The settings, from environment variables.

use std::env::{self, VarError};
use std::num::NonZeroU32;
use std::str::FromStr;

use anyhow::{anyhow, bail, ensure};
use axum::http::HeaderValue;
use tracing::level_filters::LevelFilter;
use url::Url;

use crate::auth::Tokens;

const RATE: NonZeroU32 = NonZeroU32::new(100).unwrap();
const MAX_REQUESTS: NonZeroU32 = NonZeroU32::new(256).unwrap();

pub struct Settings {
    pub tokens: Option<Tokens>,
    /// Requests per second of one client.
    pub rate: NonZeroU32,
    /// Requests at the same time.
    pub max_requests: NonZeroU32,
    /// Pages of these may use the API.
    pub origins: Vec<HeaderValue>,
    pub log: LevelFilter,
}

impl Settings {
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self {
            tokens: read("TOKENS")?,
            rate: read("RATE")?.unwrap_or(RATE),
            max_requests: read("MAX_REQUESTS")?.unwrap_or(MAX_REQUESTS),
            origins: read("ORIGINS")?.map(|Origins(it)| it).unwrap_or_default(),
            log: read("LOG")?.unwrap_or(LevelFilter::INFO),
        })
    }
}

struct Origins(Vec<HeaderValue>);

impl FromStr for Origins {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        text.split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(|origin| {
                // One that a browser would write otherwise never matches.
                let written = Url::parse(origin).map(|url| url.origin().ascii_serialization());
                ensure!(
                    written.is_ok_and(|it| it == origin),
                    "an origin is such as https://example.com, and {origin:?} is not one"
                );
                Ok(origin.parse()?)
            })
            .collect::<anyhow::Result<_>>()
            .map(Self)
    }
}

/// Reads a variable. An error does not show its value, which may be a secret.
fn read<T>(name: &'static str) -> anyhow::Result<Option<T>>
where
    T: FromStr<Err: Into<anyhow::Error>>,
{
    match env::var(name) {
        Ok(text) => match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(anyhow!("{name}: {:#}", error.into())),
        },
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
    }
}
