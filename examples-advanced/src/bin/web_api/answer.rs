//! The answers of handlers: a row, a new row, a page of rows.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use serde::Serialize;
use utoipa::ToSchema;

use crate::conditions::{IfNoneMatch, etag};

/// A row that clients can read by its id.
pub trait Row: Serialize {
    /// Where it is found over HTTP.
    fn path(&self) -> String;
    fn id(&self) -> i64;
    fn version(&self) -> i64;
}

/// Answers with a row that has just been created.
pub struct Created<T>(pub T);

impl<T: Row> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let location = [(LOCATION, self.0.path())];
        (StatusCode::CREATED, location, Current(self.0)).into_response()
    }
}

/// Answers with a row and its `ETag`.
pub struct Current<T>(pub T);

impl<T: Row> IntoResponse for Current<T> {
    fn into_response(self) -> Response {
        let tag = TypedHeader(etag(self.0.version()));
        (tag, Json(self.0)).into_response()
    }
}

impl<T: Row> Current<T> {
    /// Answers 304 without the row if the client has this version already.
    pub fn unless(self, known: &IfNoneMatch) -> Response {
        let version = self.0.version();
        if known.has(version) {
            return (StatusCode::NOT_MODIFIED, TypedHeader(etag(version))).into_response();
        }
        self.into_response()
    }
}

/// Some rows, and where the next ones begin.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    items: Vec<T>,
    /// Send it as `after` to get the next page; null on the last page.
    next: Option<i64>,
}

impl<T: Row> Page<T> {
    /// Makes a page of at most `limit` rows. Ask the database for one row more:
    /// it tells whether there is a next page.
    pub fn of(mut items: Vec<T>, limit: i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(Row::id);
        Self { items, next }
    }
}
