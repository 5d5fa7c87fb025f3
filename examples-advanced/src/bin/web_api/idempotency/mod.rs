//! `Idempotency-Key`: a creation that is sent again is not done again.
//!
//! A client that got no answer cannot know whether its request was done. With a
//! key it may repeat the request, and gets the answer to the first one. One
//! transaction writes the key, the row and the answer.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use sqlx::AnyConnection;
use tokio::time::{sleep, timeout};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

use crate::answer::{Created, Row};
use crate::auth::Client;
use crate::conditions::etag;
use crate::database::{Database, Migration, Schema, now};
use crate::problem::Error;

/// How long a key is remembered, in seconds.
const KEPT: i64 = 24 * 60 * 60;
const PURGE_INTERVAL: Duration = Duration::from_secs(60 * 60);
const PURGE_TIMEOUT: Duration = Duration::from_secs(10);

const TAKE: &str = "INSERT INTO idempotency_keys \
     (client, key, request, created_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (client, key) DO NOTHING";
const FIND: &str = "SELECT request, path, version, body FROM idempotency_keys \
     WHERE client = $1 AND key = $2";
const KEEP: &str = "UPDATE idempotency_keys SET path = $3, version = $4, body = $5 \
     WHERE client = $1 AND key = $2";
const PURGE: &str = "DELETE FROM idempotency_keys WHERE created_at < $1";

pub const SCHEMA: Schema = Schema {
    migrations: &[Migration {
        version: 3,
        sqlite: include_str!("keys.sql"),
        postgres: include_str!("keys.sql"),
    }],
    statements: &[TAKE, FIND, KEEP, PURGE],
};

/// The key of a request, if it has one.
pub struct Key(Option<(Client, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let Some(key) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = key.to_str().unwrap_or_default();
        // The IETF's draft has it in quotes; most clients leave them out.
        let key = key
            .strip_prefix('"')
            .and_then(|key| key.strip_suffix('"'))
            .unwrap_or(key);
        let good = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
        if !(1..=64).contains(&key.len()) || !key.bytes().all(good) {
            return Err(Error::Malformed(
                "an Idempotency-Key is 1 to 64 letters, digits and hyphens".into(),
            ));
        }
        let client = parts.extensions.get::<Client>().cloned();
        let client = client.ok_or(Error::Unauthenticated)?;
        Ok(Self(Some((client, key.into()))))
    }
}

impl IntoParams for Key {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Za-z0-9-]{1,64}$"));
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .description(Some("A request with the same key creates nothing new"))
            .required(Required::False)
            .schema(Some(text))
            .build();
        vec![key]
    }
}

/// Returns the answer to the first request with this key. If this is the first
/// one, the next one waits until the transaction has ended.
pub async fn answered(
    db: &mut AnyConnection,
    Key(key): &Key,
    request: &str,
) -> Result<Option<Response>, Error> {
    let Some((client, key)) = key else {
        return Ok(None);
    };
    let taken = sqlx::query(TAKE)
        .bind(&*client.name)
        .bind(key)
        .bind(request)
        .bind(now())
        .execute(&mut *db)
        .await
        .map_err(in_progress)?;
    if taken.rows_affected() == 1 {
        return Ok(None);
    }
    let (first, path, version, body): (String, String, i64, String) = sqlx::query_as(FIND)
        .bind(&*client.name)
        .bind(key)
        .fetch_one(db)
        .await?;
    if first != request {
        let other = "this Idempotency-Key has been used for another request";
        return Err(Error::Conflict(other));
    }
    let headers = [(LOCATION, path), (CONTENT_TYPE, "application/json".into())];
    let tag = TypedHeader(etag(version));
    Ok(Some(
        (StatusCode::CREATED, headers, tag, body).into_response(),
    ))
}

/// Answers with a new row, and keeps the answer for those who ask again.
pub async fn keep<T: Row>(
    db: &mut AnyConnection,
    Key(key): &Key,
    row: T,
) -> Result<Response, Error> {
    if let Some((client, key)) = key {
        let body = serde_json::to_string(&row).map_err(|_| Error::Internal)?;
        sqlx::query(KEEP)
            .bind(&*client.name)
            .bind(key)
            .bind(row.path())
            .bind(row.version())
            .bind(body)
            .execute(db)
            .await?;
    }
    Ok(Created(row).into_response())
}

/// The first request holds the key longer than PostgreSQL waits for a lock.
fn in_progress(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(it) if it.code().as_deref() == Some("55P03") => {
            Error::Conflict("a request with this Idempotency-Key is in progress")
        }
        _ => error.into(),
    }
}

/// Forgets old keys, again and again.
pub async fn purge(database: Database) {
    loop {
        match timeout(PURGE_TIMEOUT, forget(&database)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "cannot forget old idempotency keys"),
            Err(_) => tracing::warn!("cannot forget old idempotency keys in time"),
        }
        sleep(PURGE_INTERVAL).await;
    }
}

async fn forget(database: &Database) -> Result<(), Error> {
    let mut work = database.begin().await?;
    sqlx::query(PURGE)
        .bind(now() - KEPT)
        .execute(&mut *work)
        .await?;
    work.commit().await?;
    Ok(())
}
