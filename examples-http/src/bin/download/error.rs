//! Why an attempt failed, and whether another one may succeed.

use std::io;
use std::time::{Duration, SystemTime};

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};

/// The longest pause that a server may ask for. If it asks for more, the
/// download fails.
const MAX_PAUSE: Duration = Duration::from_secs(120);

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The status, and the pause that the server asks for.
    #[error("{0}")]
    Status(StatusCode, Duration),
    #[error("the server did not send the rest of the file")]
    NoRest,
    /// The answer was complete, but its range ends before the file does.
    #[error("the server sent only a part")]
    Incomplete,
    #[error(transparent)]
    Http(reqwest::Error),
    #[error(transparent)]
    File(#[from] io::Error),
}

impl Error {
    /// How long to wait before the next attempt; `None` if it would fail too.
    pub fn pause(&self) -> Option<Duration> {
        let (is_temporary, pause) = match self {
            Self::Status(status, pause) => {
                // A timeout, too many requests, or a server that is down or
                // overloaded.
                let is_temporary = matches!(status.as_u16(), 408 | 429 | 502 | 503 | 504);
                (is_temporary, *pause)
            }
            Self::NoRest | Self::Incomplete => (true, Duration::ZERO),
            // Even an unknown host is tried again: its name server may be down.
            // A wrong certificate is tried again too: it is the same kind of
            // `reqwest::Error`.
            Self::Http(error) => (!error.is_redirect() && !error.is_builder(), Duration::ZERO),
            Self::File(_) => (false, Duration::ZERO),
        };
        (is_temporary && pause <= MAX_PAUSE).then_some(pause)
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // The query of a URL may be secret.
        Self::Http(error.without_url())
    }
}

/// How long the server asks to wait: a number of seconds, or a date.
pub fn retry_after(response: &Response) -> Duration {
    let value = response.headers().get(RETRY_AFTER);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("0");
    match (value.parse(), httpdate::parse_http_date(value)) {
        (Ok(seconds), _) => Duration::from_secs(seconds),
        (_, Ok(date)) => date.duration_since(SystemTime::now()).unwrap_or_default(),
        _ => Duration::ZERO,
    }
}
