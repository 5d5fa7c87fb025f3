//! Users: the routes, and the handler of each.

mod input;
mod store;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use input::{UserFilter, UserInput};
pub use store::{User, find};

use crate::answer::{Current, Page};
use crate::conditions::{IfMatch, IfNoneMatch};
use crate::database::Database;
use crate::extract::{Id, JsonBody, QueryOf};
use crate::idempotency::{Begun, Key};
use crate::problem::Error;
use crate::state::{App, Resource};

pub const RESOURCE: Resource = Resource {
    routes,
    schema: store::SCHEMA,
};

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, replace, remove))
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
    State(database): State<Database>,
    QueryOf(filter): QueryOf<UserFilter>,
) -> Result<Json<Page<User>>, Error> {
    let mut db = database.acquire().await?;
    Ok(Json(store::list(&mut db, filter).await?))
}

/// Create a user.
#[utoipa::path(
    post,
    operation_id = "create_user",
    path = "/users",
    params(Key),
    request_body = UserInput,
    responses((
        status = 201,
        body = User,
        headers(("ETag" = String), ("Location" = String))
    ))
)]
pub async fn create(
    State(database): State<Database>,
    key: Key,
    JsonBody(input): JsonBody<UserInput>,
) -> Result<Response, Error> {
    let UserInput { name, email } = &input;
    let request = format!("POST /users {email} {name}");
    let mut work = match key.begin(&database, &request).await? {
        Begun::First(work) => work,
        Begun::Again(answer) => return Ok(answer),
    };
    let user = store::insert(&mut work, input).await?;
    let answer = key.keep(&mut work, &request, user).await?;
    work.commit().await?;
    Ok(answer)
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
        (status = 304, description = "The client has this version")
    )
)]
pub async fn read(
    State(database): State<Database>,
    Id(id): Id,
    known: IfNoneMatch,
) -> Result<Response, Error> {
    let mut db = database.acquire().await?;
    let user = store::find(&mut db, id).await?;
    Ok(Current(user).unless(&known))
}

/// Change a user that nobody else has changed meanwhile.
#[utoipa::path(
    put,
    operation_id = "change_user",
    path = "/users/{id}",
    params(("id" = i64, Path, minimum = 1), IfMatch),
    request_body = UserInput,
    responses((status = 200, body = User, headers(("ETag" = String))))
)]
pub async fn replace(
    State(database): State<Database>,
    Id(id): Id,
    condition: IfMatch,
    JsonBody(input): JsonBody<UserInput>,
) -> Result<Current<User>, Error> {
    let mut work = database.begin().await?;
    let user = store::find(&mut work, id).await?;
    let version = condition.check(user.version)?;
    let user = store::update(&mut work, id, input, version).await?;
    work.commit().await?;
    Ok(Current(user))
}

/// Delete a user that has no orders and that nobody has changed meanwhile.
#[utoipa::path(
    delete,
    operation_id = "delete_user",
    path = "/users/{id}",
    params(("id" = i64, Path, minimum = 1), IfMatch),
    responses((status = 204))
)]
pub async fn remove(
    State(database): State<Database>,
    Id(id): Id,
    condition: IfMatch,
) -> Result<StatusCode, Error> {
    let mut work = database.begin().await?;
    let user = store::find(&mut work, id).await?;
    let version = condition.check(user.version)?;
    store::delete(&mut work, id, version).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
