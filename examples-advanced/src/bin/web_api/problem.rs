//! Every error that a client can get, with its status and its text.

use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use thiserror::Error;
use utoipa::{ToResponse, ToSchema};

use crate::database::Kind;

#[derive(Debug, Error)]
pub enum Error {
    #[error("{0}")]
    Malformed(String),
    #[error("the request needs a bearer token that is known here")]
    Unauthenticated,
    #[error("a {0} may not do this")]
    Forbidden(&'static str),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("this path does not take this method; see the Allow header")]
    MethodNotAllowed,
    #[error("the body did not arrive in time")]
    SlowBody,
    #[error("{0}")]
    Conflict(&'static str),
    #[error("it has been changed since you read it; read it again")]
    Changed,
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the body must be application/json, uncompressed")]
    NotJson,
    #[error("the request is understood, but not valid; see errors")]
    Invalid(Vec<FieldError>),
    #[error("say in If-Match which ETag you have read, or * for any")]
    Unconditional,
    #[error("too many requests from this client; come back later")]
    TooManyRequests,
    #[error("the server is overloaded; come back later")]
    Overloaded,
    #[error("the database does not answer, or takes no writes")]
    NotReady,
    #[error("the server is about to stop; ask another one")]
    Stopping,
    #[error("it took too long, and may or may not have been done")]
    TimedOut,
    #[error("an error on our side; the request id leads to it in our log")]
    Internal,
    #[error("the database: {0}")]
    Database(sqlx::Error),
}

impl Error {
    /// Part of the detail may come from the request: an answer is short.
    pub fn malformed(detail: &str) -> Self {
        Self::Malformed(detail.chars().take(200).collect())
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unconditional => StatusCode::PRECONDITION_REQUIRED,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded | Self::NotReady | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Database(error) if Kind::of(error) == Kind::Passing => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Database(_) | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// One error of one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldError {
    pub field: String,
    pub detail: String,
}

/// An error as RFC 9457 has it.
#[derive(Serialize, ToSchema, ToResponse)]
#[response(
    description = "An error, in words and with its status",
    content_type = "application/problem+json"
)]
pub struct Problem {
    title: &'static str,
    status: u16,
    detail: String,
    /// All errors of the request's fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        let (detail, cause) = match &self {
            // The database's message is for the log, not for the client.
            Self::Database(error) if status == StatusCode::SERVICE_UNAVAILABLE => {
                let detail = "the database is away or busy; come back later";
                (detail.into(), Some(error.to_string()))
            }
            Self::Database(error) => (Self::Internal.to_string(), Some(error.to_string())),
            other => (other.to_string(), None),
        };
        let problem = Problem {
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail,
            errors: match self {
                Self::Invalid(errors) => errors,
                _ => Vec::new(),
            },
        };
        let mut response = (status, Json(problem)).into_response();
        if let Some(cause) = cause {
            response.extensions_mut().insert(Cause(cause.into()));
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        match status {
            StatusCode::UNAUTHORIZED => {
                let scheme = HeaderValue::from_static("Bearer");
                headers.insert(header::WWW_AUTHENTICATE, scheme);
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let seconds = HeaderValue::from_static("1");
                headers.insert(header::RETRY_AFTER, seconds);
            }
            _ => {}
        }
        response
    }
}

/// Why a request failed, for the log; it travels with the answer.
#[derive(Clone)]
pub struct Cause(pub Arc<str>);
