//! `Idempotency-Key`: a creation that is sent again is not done again.
//!
//! A client that got no answer cannot know whether its request was done. With a
//! key it may repeat the request, and gets the row that the first one created.
//! Key and row are written in one transaction: there is never one without the
//! other.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use sqlx::{AnyConnection, AnyPool};
use tokio::time::sleep;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

use crate::auth::Client;
use crate::database::now;
use crate::problem::Error;

/// How long a key is known, in seconds.
const KEPT: i64 = 24 * 60 * 60;
const PURGE_INTERVAL: Duration = Duration::from_secs(60 * 60);

const TAKE: &str = "INSERT INTO idempotency_keys \
     (client, key, request, created_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (client, key) DO NOTHING";
const FIND: &str = "SELECT request, row_id FROM idempotency_keys \
     WHERE client = $1 AND key = $2";
const KEEP: &str = "UPDATE idempotency_keys SET row_id = $3 \
     WHERE client = $1 AND key = $2";
const PURGE: &str = "DELETE FROM idempotency_keys WHERE created_at < $1";

pub const STATEMENTS: [&str; 4] = [TAKE, FIND, KEEP, PURGE];

/// The key of a request, if it has one.
pub struct Key(Option<(Client, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let Some(key) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = key.to_str().unwrap_or_default();
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
            .description(Some("The same key again creates nothing new"))
            .required(Required::False)
            .schema(Some(text));
        vec![key.build()]
    }
}

/// Looks whether `request` has been done, and gives the id of its row. If not,
/// its key is taken: who comes with the same one waits until `work` has ended.
pub async fn done_before(
    work: &mut AnyConnection,
    Key(key): &Key,
    request: &str,
) -> Result<Option<i64>, Error> {
    let Some((client, key)) = key else {
        return Ok(None);
    };
    let taken = sqlx::query(TAKE)
        .bind(&*client.name)
        .bind(key)
        .bind(request)
        .bind(now())
        .execute(&mut *work)
        .await?;
    if taken.rows_affected() == 1 {
        return Ok(None);
    }
    let (first, id): (String, i64) = sqlx::query_as(FIND)
        .bind(&*client.name)
        .bind(key)
        .fetch_one(work)
        .await?;
    if first != request {
        let other = "this Idempotency-Key has been used for another request";
        return Err(Error::Conflict(other));
    }
    Ok(Some(id))
}

/// Keeps the id of the new row for those who come again.
pub async fn keep(work: &mut AnyConnection, Key(key): &Key, id: i64) -> Result<(), Error> {
    let Some((client, key)) = key else {
        return Ok(());
    };
    let kept = sqlx::query(KEEP).bind(&*client.name).bind(key).bind(id);
    kept.execute(work).await?;
    Ok(())
}

/// Forgets old keys, for ever and now and then.
pub async fn purge(pool: AnyPool) {
    loop {
        let old = sqlx::query(PURGE).bind(now() - KEPT).execute(&pool).await;
        if let Err(error) = old {
            tracing::warn!(%error, "cannot forget old idempotency keys");
        }
        sleep(PURGE_INTERVAL).await;
    }
}
