//! Users: each handler is followed by the way to its rows.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row as _};
use utoipa::{IntoParams, ToSchema};

use crate::app::{App, Created, Current, Page};
use crate::conditions::{IfMatch, IfNoneMatch, etag};
use crate::database::now;
use crate::fields::{Fields, FromFields, Id, JsonBody, QueryOf};
use crate::idempotency::{self, Key};
use crate::lookup::Row;
use crate::problem::{Error, Problem};

const LIST: &str = "SELECT id, name, email, created_at, version FROM users \
     WHERE id > $1 \
     AND email = COALESCE($2, email) \
     AND substr(name, 1, length(COALESCE($3, ''))) = COALESCE($3, '') \
     ORDER BY id LIMIT $4";
const INSERT: &str = "INSERT INTO users (name, email, created_at) \
     VALUES ($1, $2, $3) RETURNING id, name, email, created_at, version";
const UPDATE: &str = "UPDATE users \
     SET name = $2, email = $3, version = version + 1 \
     WHERE id = $1 AND version = COALESCE($4, version) \
     RETURNING id, name, email, created_at, version";
const DELETE: &str = "DELETE FROM users \
     WHERE id = $1 AND version = COALESCE($2, version)";

pub const STATEMENTS: [&str; 4] = [LIST, INSERT, UPDATE, DELETE];

#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct User {
    id: i64,
    name: String,
    email: String,
    /// Seconds since 1970.
    created_at: i64,
    /// Also in the `ETag`.
    version: i64,
}

impl FromRow<'_, AnyRow> for User {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            email: row.try_get(2)?,
            created_at: row.try_get(3)?,
            version: row.try_get(4)?,
        })
    }
}

impl Row for User {
    const TABLE: &str = "users";
    const COLUMNS: &str = "id, name, email, created_at, version";

    fn path(&self) -> String {
        format!("/users/{}", self.id)
    }

    fn id(&self) -> i64 {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// What a client says of a user.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ann", "email": "ann@example.com"}))]
pub struct UserInput {
    /// Without control characters, and without a space at either end.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u0020\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u009f])?$"
    )]
    name: String,
    /// Kept in small letters, and only once.
    #[schema(pattern = r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,3}$")]
    email: String,
}

impl FromFields for UserInput {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name", is_name),
            email: fields.text("email", is_email).to_ascii_lowercase(),
        }
    }
}

fn is_name(text: &str) -> Result<(), &'static str> {
    if !(1..=100).contains(&text.chars().count()) {
        return Err("must have 1 to 100 characters");
    }
    if text.contains(char::is_control) {
        return Err("must have no control characters");
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err("must not begin or end with a space");
    }
    Ok(())
}

fn is_email(text: &str) -> Result<(), &'static str> {
    let all = |part: &str, most, more: &[u8]| {
        let good = |it: u8| it.is_ascii_alphanumeric() || more.contains(&it);
        (1..=most).contains(&part.len()) && part.bytes().all(good)
    };
    let (local, domain) = text.split_once('@').unwrap_or_default();
    let labels: Vec<&str> = domain.split('.').collect();
    let good = all(local, 64, b"._+-")
        && (2..=4).contains(&labels.len())
        && labels.iter().all(|label| all(label, 63, b"-"));
    if good {
        Ok(())
    } else {
        Err("must be an address such as ann@example.com")
    }
}

/// Which users to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// Users after this id: the `next` of the page before.
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    #[param(pattern = r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,3}$")]
    email: Option<String>,
    /// The beginning of the name.
    #[param(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u0020\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u009f])?$"
    )]
    name: Option<String>,
}

impl FromFields for UserFilter {
    fn read(fields: &mut Fields) -> Self {
        let email = fields.optional_text("email", is_email);
        Self {
            after: fields.optional_integer("after", 0..=i64::MAX),
            limit: fields.optional_integer("limit", 1..=100),
            email: email.map(|email| email.to_ascii_lowercase()),
            name: fields.optional_text("name", is_name),
        }
    }
}

/// List users by id, a page at a time.
#[utoipa::path(
    get,
    operation_id = "list_users",
    path = "/users",
    params(UserFilter),
    responses((status = 200, body = Page<User>))
)]
pub async fn list(
    State(app): State<Arc<App>>,
    QueryOf(filter): QueryOf<UserFilter>,
) -> Result<Json<Page<User>>, Error> {
    let limit = filter.limit.unwrap_or(20);
    let users = sqlx::query_as(LIST)
        .bind(filter.after.unwrap_or(0))
        .bind(filter.email)
        .bind(filter.name)
        // One more than asked for tells whether there is a next page.
        .bind(limit + 1)
        .fetch_all(&app.database.pool)
        .await?;
    Ok(Json(Page::of(users, limit)))
}

/// Create a user.
#[utoipa::path(
    post,
    operation_id = "create_user",
    path = "/users",
    params(Key),
    request_body = UserInput,
    responses(
        (
            status = 201,
            body = User,
            headers(("ETag" = String), ("Location" = String))
        ),
        (status = 409, response = Problem)
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    key: Key,
    JsonBody(input): JsonBody<UserInput>,
) -> Result<Created<User>, Error> {
    let request = format!("POST /users {} {}", input.email, input.name);
    let mut work = app.database.begin().await?;
    let before = idempotency::done_before(&mut work, &key, &request).await?;
    if let Some(id) = before {
        // Before another connection is asked for: they are few.
        work.rollback().await?;
        let user = app.users.get(id).await?;
        return Ok(Created(user.ok_or(Error::Conflict("it is deleted"))?));
    }
    let user: User = sqlx::query_as(INSERT)
        .bind(input.name)
        .bind(input.email)
        .bind(now())
        .fetch_one(&mut *work)
        .await
        .map_err(is_taken)?;
    idempotency::keep(&mut work, &key, user.id).await?;
    work.commit().await?;
    Ok(Created(user))
}

/// Read a user.
#[utoipa::path(
    get,
    operation_id = "read_user",
    path = "/users/{id}",
    params(
        ("id" = i64, Path, minimum = 1),
        ("If-None-Match" = Option<String>, Header)
    ),
    responses(
        (status = 200, body = User, headers(("ETag" = String))),
        (status = 304, description = "It is still what you have"),
        (status = 404, response = Problem)
    )
)]
pub async fn read(
    State(app): State<Arc<App>>,
    Id(id): Id,
    known: IfNoneMatch,
) -> Result<Response, Error> {
    let user = app.users.get(id).await?.ok_or(Error::NotFound("user"))?;
    if known.has(user.version) {
        let tag = [(ETAG, etag(user.version))];
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok(Current(user).into_response())
}

/// Change a user that nobody else has changed meanwhile.
#[utoipa::path(
    put,
    operation_id = "change_user",
    path = "/users/{id}",
    params(("id" = i64, Path, minimum = 1), IfMatch),
    request_body = UserInput,
    responses(
        (status = 200, body = User, headers(("ETag" = String))),
        (status = 404, response = Problem),
        (status = 409, response = Problem),
        (status = 412, response = Problem),
        (status = 428, response = Problem)
    )
)]
pub async fn replace(
    State(app): State<Arc<App>>,
    Id(id): Id,
    IfMatch(version): IfMatch,
    JsonBody(input): JsonBody<UserInput>,
) -> Result<Current<User>, Error> {
    let user: Option<User> = sqlx::query_as(UPDATE)
        .bind(id)
        .bind(input.name)
        .bind(input.email)
        .bind(version)
        .fetch_optional(&app.database.pool)
        .await
        .map_err(is_taken)?;
    match user {
        Some(user) => Ok(Current(user)),
        None if app.users.get(id).await?.is_some() => Err(Error::Changed),
        None => Err(Error::NotFound("user")),
    }
}

/// Delete a user who has no orders, and whom nobody has changed meanwhile.
#[utoipa::path(
    delete,
    operation_id = "delete_user",
    path = "/users/{id}",
    params(("id" = i64, Path, minimum = 1), IfMatch),
    responses(
        (status = 204),
        (status = 404, response = Problem),
        (status = 409, response = Problem),
        (status = 412, response = Problem),
        (status = 428, response = Problem)
    )
)]
pub async fn remove(
    State(app): State<Arc<App>>,
    Id(id): Id,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Error> {
    let deleted = sqlx::query(DELETE).bind(id).bind(version);
    let deleted = deleted.execute(&app.database.pool).await;
    let deleted = deleted.map_err(|error| match &error {
        sqlx::Error::Database(it) if it.is_foreign_key_violation() => {
            Error::Conflict("the user has orders")
        }
        _ => error.into(),
    })?;
    match deleted.rows_affected() {
        0 if app.users.get(id).await?.is_some() => Err(Error::Changed),
        0 => Err(Error::NotFound("user")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

fn is_taken(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(it) if it.is_unique_violation() => {
            Error::Conflict("another user has this email")
        }
        _ => error.into(),
    }
}
