//! Reads bodies, queries and paths. All rules that a request breaks are in one
//! answer; one that does not fit the types fails at the first such field.

mod body;
mod rule;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_ENCODING;
use axum::http::request::Parts;
use garde::Validate;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use body::receive;
pub use rule::Rule;

use crate::problem::{Error, FieldError};

/// A JSON body.
pub struct JsonBody<T>(pub T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        if request.headers().contains_key(CONTENT_ENCODING) {
            return Err(Error::NotJson);
        }
        // Serde would also read an object from an array. Of two fields with the
        // same name, the map keeps the last.
        let mut object = match Json::<Map<String, Value>>::from_request(request, state).await {
            Ok(Json(object)) => object,
            Err(JsonRejection::MissingJsonContentType(_)) => return Err(Error::NotJson),
            Err(rejection) => return Err(Error::malformed(&rejection.body_text())),
        };
        object.values_mut().for_each(make_whole);
        let input = serde_path_to_error::deserialize(object)
            .map_err(|error| Error::malformed(&error.to_string()))?;
        validate(input).map(Self)
    }
}

/// In JSON, 3.0 is as whole as 3; to serde it is not.
fn make_whole(value: &mut Value) {
    let text = value.to_string();
    if let Some(Ok(whole)) = text.strip_suffix(".0").map(str::parse::<i64>) {
        *value = whole.into();
    }
}

/// The query of a URI.
pub struct QueryOf<T>(pub T);

impl<S, T> FromRequestParts<S> for QueryOf<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(input)) => validate(input).map(Self),
            Err(rejection) => Err(Error::malformed(&rejection.body_text())),
        }
    }
}

fn validate<T: Validate<Context = ()>>(input: T) -> Result<T, Error> {
    let Err(report) = input.validate() else {
        return Ok(input);
    };
    let errors = report
        .into_inner()
        .into_iter()
        .map(|(field, error)| FieldError {
            field: field.to_string(),
            detail: error.to_string(),
        })
        .collect();
    Err(Error::Invalid(errors))
}

/// The number in a path.
pub struct Id(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        match Path::<i64>::from_request_parts(parts, state).await {
            Ok(Path(id)) if id > 0 => Ok(Self(id)),
            _ => Err(Error::malformed("an id is a number from 1 on")),
        }
    }
}
