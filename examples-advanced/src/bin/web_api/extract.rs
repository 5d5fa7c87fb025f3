//! Reads bodies, queries and paths, and reports all errors of a request.
//!
//! Serde stops at the first error. So a body is first parsed as JSON, and then
//! read field by field.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use serde_json::{Map, Value};
use tokio::time::timeout;
use tokio_stream::StreamExt;

use crate::problem::{Error, FieldError};

const MAX_BODY: usize = 16 * 1024;
/// A client that still sends would see a reset instead of the answer. So up to
/// this much is read and thrown away.
const MAX_DISCARDED: usize = 4 * 1024 * 1024;
/// A client does not need more to see what is wrong.
const MAX_ERRORS: usize = 20;
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// A type that can be read from a body or a query, field by field.
pub trait FromFields: Sized {
    fn read(fields: &mut Fields) -> Self;
}

/// A JSON body.
pub struct JsonBody<T>(pub T);

/// The query of a URI.
pub struct QueryOf<T>(pub T);

/// The number in a path.
pub struct Id(pub i64);

pub struct Fields {
    given: Map<String, Value>,
    /// In a query, numbers are text, too.
    in_query: bool,
    errors: Vec<FieldError>,
}

impl Fields {
    fn parse<T: FromFields>(given: Map<String, Value>, in_query: bool) -> Result<T, Error> {
        let mut fields = Self {
            given,
            in_query,
            errors: Vec::new(),
        };
        let value = T::read(&mut fields);
        let unknown: Vec<String> = fields.given.keys().cloned().collect();
        for field in unknown {
            fields.complain(&field, "is not known");
        }
        if fields.errors.is_empty() {
            Ok(value)
        } else {
            Err(Error::Invalid(fields.errors))
        }
    }

    /// Reads a text that is required and that `rule` must accept.
    pub fn text(&mut self, field: &str, rule: fn(&str) -> Result<(), &'static str>) -> String {
        if !self.given.contains_key(field) {
            self.complain(field, "is missing");
        }
        self.optional_text(field, rule).unwrap_or_default()
    }

    pub fn optional_text(
        &mut self,
        field: &str,
        rule: fn(&str) -> Result<(), &'static str>,
    ) -> Option<String> {
        let Value::String(text) = self.given.remove(field)? else {
            self.complain(field, "must be a text");
            return None;
        };
        if let Err(detail) = rule(&text) {
            self.complain(field, detail);
        }
        Some(text)
    }

    /// Reads a whole number that is required and must be in the range.
    pub fn integer(&mut self, field: &str, range: RangeInclusive<i64>) -> i64 {
        if !self.given.contains_key(field) {
            self.complain(field, "is missing");
        }
        self.optional_integer(field, range).unwrap_or_default()
    }

    pub fn optional_integer(&mut self, field: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let number = match self.given.remove(field)? {
            Value::Number(number) => number.as_i64().or_else(|| {
                // In JSON 3.0 is as whole as 3.
                number.to_string().strip_suffix(".0")?.parse().ok()
            }),
            Value::String(text) if self.in_query => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = range.into_inner();
            let detail = match most {
                i64::MAX => format!("must be a whole number from {least} on"),
                _ => format!("must be a whole number, {least} to {most}"),
            };
            self.complain(field, &detail);
        }
        number
    }

    fn complain(&mut self, field: &str, detail: &str) {
        if self.errors.len() < MAX_ERRORS {
            let (field, detail) = (field.chars().take(100).collect(), detail.into());
            self.errors.push(FieldError { field, detail });
        }
    }
}

impl<S: Send + Sync, T: FromFields> FromRequest<S> for JsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let compressed = request.headers().contains_key(CONTENT_ENCODING);
        if !kind.eq_ignore_ascii_case("application/json") || compressed {
            return Err(Error::NotJson);
        }
        let body = collect(request.into_body());
        let body = timeout(BODY_TIMEOUT, body).await;
        let body = body.map_err(|_| Error::SlowBody)??;
        match serde_json::from_slice(&body) {
            Ok(Value::Object(given)) => Ok(Self(Fields::parse(given, false)?)),
            Ok(_) => Err(Error::Malformed("the body is not an object".into())),
            Err(error) => Err(Error::Malformed(format!("the body is not JSON: {error}"))),
        }
    }
}

async fn collect(body: Body) -> Result<Vec<u8>, Error> {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut size) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Error::Malformed("the body is incomplete".into()))?;
        size += chunk.len();
        if size <= MAX_BODY {
            bytes.extend_from_slice(&chunk);
        } else if size > MAX_DISCARDED {
            break;
        }
    }
    if size > MAX_BODY {
        return Err(Error::TooLarge(MAX_BODY));
    }
    Ok(bytes)
}

impl<S: Send + Sync, T: FromFields> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| Error::Malformed(error.body_text()))?;
        let mut given = Map::new();
        for (field, text) in pairs.0 {
            // The decoder puts this in place of what is not UTF-8.
            if text.contains(char::REPLACEMENT_CHARACTER) {
                return Err(Error::Malformed("the query is not UTF-8".into()));
            }
            if given.insert(field.clone(), Value::String(text)).is_some() {
                let detail = "is given twice".into();
                return Err(Error::Invalid(vec![FieldError { field, detail }]));
            }
        }
        Ok(Self(Fields::parse(given, true)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let id = Path::<i64>::from_request_parts(parts, state).await;
        match id {
            Ok(Path(id)) if id > 0 => Ok(Self(id)),
            _ => Err(Error::Malformed("an id is a number from 1 on".into())),
        }
    }
}
