//! Conditional requests: a row's version is its `ETag`.
//!
//! A client that changes or deletes what it has read says which version that
//! was, and is told when another was quicker, so that nobody's change is lost
//! unseen.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

use crate::problem::Error;

/// The version that a row must have to be changed or deleted; `None` for any.
pub struct IfMatch(pub Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let condition = parts.headers.get(IF_MATCH);
        let condition = condition.ok_or(Error::Unconditional)?;
        let text = condition.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = version(text)
            .ok_or_else(|| Error::Malformed("If-Match is one ETag such as \"1\", or *".into()))?;
        Ok(Self(Some(version)))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r#"^(\*|"[0-9]{1,18}")$"#));
        let condition = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .description(Some("The ETag that was read, or * for any"))
            .required(Required::True)
            .schema(Some(text));
        vec![condition.build()]
    }
}

pub fn etag(version: i64) -> HeaderValue {
    // Digits in quotes are always a header's value.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The versions that a client has already.
pub struct IfNoneMatch(Option<HeaderValue>);

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(IF_NONE_MATCH).cloned()))
    }
}

impl IfNoneMatch {
    pub fn has(&self, current: i64) -> bool {
        let tags = self.0.as_ref().and_then(|it| it.to_str().ok());
        let mut tags = tags.into_iter().flat_map(|tags| tags.split(','));
        tags.any(|tag| {
            let tag = tag.trim();
            let plain = tag.trim_start_matches("W/");
            tag == "*" || version(plain) == Some(current)
        })
    }
}

fn version(tag: &str) -> Option<i64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let plain = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}
