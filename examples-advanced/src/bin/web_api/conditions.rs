//! Conditional requests: the version of a row is its `ETag`.
//!
//! A client that changes or deletes a row names the version that it has read.
//! If somebody else was quicker, it gets a 412, and no change is lost.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum_extra::headers::{self, ETag, HeaderMapExt};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

use crate::problem::Error;

pub fn etag(version: i64) -> ETag {
    format!("\"{version}\"")
        .parse()
        .expect("digits in quotes are an ETag")
}

/// The versions that a row may have to be changed or deleted.
pub struct IfMatch(headers::IfMatch);

impl IfMatch {
    /// Checks the row's version before a change. Returns the version that the
    /// change must still find, or `None` if the client takes any.
    pub fn check(&self, version: i64) -> Result<Option<i64>, Error> {
        if self.0.is_any() {
            return Ok(None);
        }
        if self.0.precondition_passes(&etag(version)) {
            return Ok(Some(version));
        }
        Err(Error::Changed)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        match parts.headers.typed_try_get() {
            Ok(Some(condition)) => Ok(Self(condition)),
            Ok(None) => Err(Error::Unconditional),
            Err(_) => Err(Error::malformed("If-Match is not a list of ETags")),
        }
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let condition = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .description(Some("The ETag that was read, or * for any"))
            .required(Required::True)
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build();
        vec![condition]
    }
}

/// The versions that a client has already. A header that cannot be read names
/// none, which is safe: the client gets the row once more.
pub struct IfNoneMatch(Option<headers::IfNoneMatch>);

impl IfNoneMatch {
    pub fn has(&self, version: i64) -> bool {
        self.0
            .as_ref()
            .is_some_and(|known| !known.precondition_passes(&etag(version)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.typed_get()))
    }
}
