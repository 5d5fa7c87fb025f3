//! `Idempotency-Key`: a creation that is sent again is not done again.
//!
//! A client that got no answer cannot know whether its request was done. With
//! a key it may repeat the request, and gets the answer to the first one. One
//! transaction writes the key, the row and the answer.
//!
//! While the first request is in progress, PostgreSQL answers a retry with 409
//! immediately. On SQLite the retry waits for the one writer as any change
//! does: it gets the first answer, or 503 after a second.

mod purge;

use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use sqlx::FromRow;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

pub use purge::purge;

use crate::answer::{Created, Row};
use crate::auth::Client;
use crate::conditions::etag;
use crate::database::{Connection, Database, Migration, Schema, Timestamp, Work};
use crate::extract::Rule;
use crate::problem::Error;

const FIND: &str = "SELECT request, path, version, body FROM idempotency_keys \
     WHERE client = $1 AND key = $2";
const KEEP: &str = "INSERT INTO idempotency_keys \
     (client, key, request, path, version, body, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub const SCHEMA: Schema = Schema {
    migrations: &[Migration {
        version: 3,
        sqlite: include_str!("keys.sql"),
        postgres: include_str!("keys.sql"),
    }],
    statements: &[FIND, KEEP, purge::FORGET],
};

static KEY: LazyLock<Rule> = LazyLock::new(|| {
    let detail = "must have 1 to 64 letters, digits and hyphens";
    Rule::new("^[A-Za-z0-9-]+$", 64, detail)
});

/// The key of a request, if it has one.
pub struct Key(Option<(Client, String)>);

/// The first request with a key, and its answer.
#[derive(FromRow)]
struct First {
    request: String,
    path: String,
    version: i64,
    body: String,
}

pub enum Begun {
    /// The first request with its key, or one without a key: do its work in
    /// this transaction.
    First(Work),
    /// It was done before: this was the answer.
    Again(Response),
}

impl Key {
    pub async fn begin(&self, database: &Database, request: &str) -> Result<Begun, Error> {
        let mut work = database.begin().await?;
        let again = match self.find(database, &mut work, request).await {
            Ok(None) => return Ok(Begun::First(work)),
            Ok(Some(answer)) => Ok(Begun::Again(answer)),
            Err(error) => Err(error),
        };
        // If it was only dropped, the transaction would end after the answer:
        // it could still have its lock when the client asks again.
        let _ = work.rollback().await;
        again
    }

    /// Returns the answer to the first request with this key, or `None` if
    /// this is the first one.
    async fn find(
        &self,
        database: &Database,
        work: &mut Connection,
        request: &str,
    ) -> Result<Option<Response>, Error> {
        let Some((client, key)) = &self.0 else {
            return Ok(None);
        };
        let lock = format!("{} {key}", client.name);
        // Waiting for the first request would take a connection for each
        // retry.
        if !database.try_lock(work, &lock).await? {
            return Err(Error::Conflict(
                "a request with this Idempotency-Key is in progress",
            ));
        }
        let Some(first): Option<First> = sqlx::query_as(FIND)
            .bind(&*client.name)
            .bind(key)
            .fetch_optional(work)
            .await?
        else {
            return Ok(None);
        };
        if first.request != request {
            return Err(Error::Conflict(
                "this Idempotency-Key has been used for another request",
            ));
        }
        let kind = "application/json".into();
        let headers = [(LOCATION, first.path), (CONTENT_TYPE, kind)];
        let tag = TypedHeader(etag(first.version));
        Ok(Some(
            (StatusCode::CREATED, headers, tag, first.body).into_response(),
        ))
    }

    /// Answers with a new row, and keeps the answer for a retry.
    pub async fn keep<T: Row>(
        &self,
        work: &mut Connection,
        request: &str,
        row: T,
    ) -> Result<Response, Error> {
        if let Some((client, key)) = &self.0 {
            let body = serde_json::to_string(&row).map_err(|_| Error::Internal)?;
            sqlx::query(KEEP)
                .bind(&*client.name)
                .bind(key)
                .bind(request)
                .bind(row.path())
                .bind(row.version())
                .bind(body)
                .bind(Timestamp::now().as_seconds())
                .execute(work)
                .await?;
        }
        Ok(Created(row).into_response())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default();
        // The IETF's draft has it in quotes; most clients leave them out.
        let key = text
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'))
            .unwrap_or(text);
        KEY.check(key)
            .map_err(|error| Error::malformed(&format!("Idempotency-Key {error}")))?;
        match parts.extensions.get::<Client>() {
            Some(client) => Ok(Self(Some((client.clone(), key.into())))),
            None => Err(Error::Unauthenticated),
        }
    }
}

impl IntoParams for Key {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .description(Some("A request with the same key creates nothing new"))
            .required(Required::False)
            .schema(Some(KEY.schema()))
            .build();
        vec![key]
    }
}
