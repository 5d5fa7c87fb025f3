//! Orders of users: the routes, and the handler of each.

mod input;
mod store;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use input::{OrderChange, OrderFilter, OrderInput, Status};
pub use store::Order;

use crate::answer::{Current, Page};
use crate::conditions::{IfMatch, IfNoneMatch};
use crate::database::Database;
use crate::extract::{Id, JsonBody, QueryOf};
use crate::idempotency::{Begun, Key};
use crate::problem::Error;
use crate::state::{App, Resource};
use crate::users;

pub const RESOURCE: Resource = Resource {
    routes,
    schema: store::SCHEMA,
};

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, replace, remove))
}

/// List a user's orders by id, a page at a time.
#[utoipa::path(
    get,
    operation_id = "list_orders",
    path = "/users/{id}/orders",
    params(("id" = i64, Path, minimum = 1), OrderFilter),
    responses((status = 200, body = Page<Order>))
)]
pub async fn list(
    State(database): State<Database>,
    Id(user): Id,
    QueryOf(filter): QueryOf<OrderFilter>,
) -> Result<Json<Page<Order>>, Error> {
    let mut db = database.acquire().await?;
    users::find(&mut db, user).await?;
    Ok(Json(store::list(&mut db, user, filter).await?))
}

/// Create an order of a user.
#[utoipa::path(
    post,
    operation_id = "create_order",
    path = "/users/{id}/orders",
    params(("id" = i64, Path, minimum = 1), Key),
    request_body = OrderInput,
    responses((
        status = 201,
        body = Order,
        headers(("ETag" = String), ("Location" = String))
    ))
)]
pub async fn create(
    State(database): State<Database>,
    Id(user): Id,
    key: Key,
    JsonBody(input): JsonBody<OrderInput>,
) -> Result<Response, Error> {
    let OrderInput { item, quantity } = &input;
    let request = format!("POST /users/{user}/orders {quantity} {item}");
    let mut work = match key.begin(&database, &request).await? {
        Begun::First(work) => work,
        Begun::Again(answer) => return Ok(answer),
    };
    let order = store::insert(&mut work, user, input).await?;
    let answer = key.keep(&mut work, &request, order).await?;
    work.commit().await?;
    Ok(answer)
}

/// Read an order.
#[utoipa::path(
    get,
    operation_id = "read_order",
    path = "/orders/{id}",
    params(
        ("id" = i64, Path, minimum = 1),
        ("If-None-Match" = Option<String>, Header)
    ),
    responses(
        (status = 200, body = Order, headers(("ETag" = String))),
        (status = 304, description = "The client has this version")
    )
)]
pub async fn read(
    State(database): State<Database>,
    Id(id): Id,
    known: IfNoneMatch,
) -> Result<Response, Error> {
    let mut db = database.acquire().await?;
    let order = store::find(&mut db, id).await?;
    Ok(Current(order).unless(&known))
}

/// Change an order that nobody else has changed meanwhile.
#[utoipa::path(
    put,
    operation_id = "change_order",
    path = "/orders/{id}",
    params(("id" = i64, Path, minimum = 1), IfMatch),
    request_body = OrderChange,
    responses((status = 200, body = Order, headers(("ETag" = String))))
)]
pub async fn replace(
    State(database): State<Database>,
    Id(id): Id,
    condition: IfMatch,
    JsonBody(change): JsonBody<OrderChange>,
) -> Result<Current<Order>, Error> {
    let mut work = database.begin().await?;
    let order = store::find(&mut work, id).await?;
    let version = condition.check(order.version)?;
    let order = store::update(&mut work, id, change, version).await?;
    work.commit().await?;
    Ok(Current(order))
}

/// Delete an order that nobody else has changed meanwhile.
#[utoipa::path(
    delete,
    operation_id = "delete_order",
    path = "/orders/{id}",
    params(("id" = i64, Path, minimum = 1), IfMatch),
    responses((status = 204))
)]
pub async fn remove(
    State(database): State<Database>,
    Id(id): Id,
    condition: IfMatch,
) -> Result<StatusCode, Error> {
    let mut work = database.begin().await?;
    let order = store::find(&mut work, id).await?;
    let version = condition.check(order.version)?;
    store::delete(&mut work, id, version).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
