//! Orders of users: each handler is followed by the way to its rows.

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

const LIST: &str = "SELECT id, user_id, item, quantity, status, created_at, \
     version FROM orders \
     WHERE user_id = $1 AND id > $2 AND status = COALESCE($3, status) \
     ORDER BY id LIMIT $4";
const INSERT: &str = "INSERT INTO orders (user_id, item, quantity, created_at) \
     VALUES ($1, $2, $3, $4) \
     RETURNING id, user_id, item, quantity, status, created_at, version";
const UPDATE: &str = "UPDATE orders \
     SET quantity = $2, status = $3, version = version + 1 \
     WHERE id = $1 AND version = COALESCE($4, version) \
     RETURNING id, user_id, item, quantity, status, created_at, version";
const DELETE: &str = "DELETE FROM orders \
     WHERE id = $1 AND version = COALESCE($2, version)";

pub const STATEMENTS: [&str; 4] = [LIST, INSERT, UPDATE, DELETE];

#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Order {
    id: i64,
    user_id: i64,
    item: String,
    quantity: i64,
    #[schema(pattern = "^(open|paid|shipped|cancelled)$")]
    status: String,
    /// Seconds since 1970.
    created_at: i64,
    /// Also in the `ETag`.
    version: i64,
}

impl FromRow<'_, AnyRow> for Order {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get(0)?,
            user_id: row.try_get(1)?,
            item: row.try_get(2)?,
            quantity: row.try_get(3)?,
            status: row.try_get(4)?,
            created_at: row.try_get(5)?,
            version: row.try_get(6)?,
        })
    }
}

impl Row for Order {
    const TABLE: &str = "orders";
    const COLUMNS: &str = "id, user_id, item, quantity, status, created_at, version";

    fn path(&self) -> String {
        format!("/orders/{}", self.id)
    }

    fn id(&self) -> i64 {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }
}

fn is_status(text: &str) -> Result<(), &'static str> {
    match text {
        "open" | "paid" | "shipped" | "cancelled" => Ok(()),
        _ => Err("must be open, paid, shipped or cancelled"),
    }
}

/// What a client orders.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"item": "tea-pot", "quantity": 2}))]
pub struct OrderInput {
    #[schema(pattern = "^[a-z0-9-]{1,40}$")]
    item: String,
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
}

impl FromFields for OrderInput {
    fn read(fields: &mut Fields) -> Self {
        Self {
            item: fields.text("item", is_item),
            quantity: fields.integer("quantity", 1..=1000),
        }
    }
}

fn is_item(text: &str) -> Result<(), &'static str> {
    let good = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    if (1..=40).contains(&text.len()) && text.bytes().all(good) {
        Ok(())
    } else {
        Err("must have 1 to 40 small letters, digits and hyphens")
    }
}

/// What can be changed of an order.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantity": 3, "status": "paid"}))]
pub struct OrderChange {
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
    #[schema(pattern = "^(open|paid|shipped|cancelled)$")]
    status: String,
}

impl FromFields for OrderChange {
    fn read(fields: &mut Fields) -> Self {
        Self {
            quantity: fields.integer("quantity", 1..=1000),
            status: fields.text("status", is_status),
        }
    }
}

/// Which orders to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderFilter {
    /// Orders after this id: the `next` of the page before.
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// Those that are open, paid, shipped or cancelled.
    #[param(pattern = "^(open|paid|shipped|cancelled)$")]
    status: Option<String>,
}

impl FromFields for OrderFilter {
    fn read(fields: &mut Fields) -> Self {
        Self {
            after: fields.optional_integer("after", 0..=i64::MAX),
            limit: fields.optional_integer("limit", 1..=100),
            status: fields.optional_text("status", is_status),
        }
    }
}

/// List a user's orders by id, a page at a time.
#[utoipa::path(
    get,
    operation_id = "list_orders",
    path = "/users/{id}/orders",
    params(("id" = i64, Path, minimum = 1), OrderFilter),
    responses(
        (status = 200, body = Page<Order>),
        (status = 404, response = Problem)
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    Id(user): Id,
    QueryOf(filter): QueryOf<OrderFilter>,
) -> Result<Json<Page<Order>>, Error> {
    let limit = filter.limit.unwrap_or(20);
    app.users.get(user).await?.ok_or(Error::NotFound("user"))?;
    let orders = sqlx::query_as(LIST)
        .bind(user)
        .bind(filter.after.unwrap_or(0))
        .bind(filter.status)
        // One more than asked for tells whether there is a next page.
        .bind(limit + 1)
        .fetch_all(&app.database.pool)
        .await?;
    Ok(Json(Page::of(orders, limit)))
}

/// Create an order of a user.
#[utoipa::path(
    post,
    operation_id = "create_order",
    path = "/users/{id}/orders",
    params(("id" = i64, Path, minimum = 1), Key),
    request_body = OrderInput,
    responses(
        (
            status = 201,
            body = Order,
            headers(("ETag" = String), ("Location" = String))
        ),
        (status = 404, response = Problem)
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    Id(user): Id,
    key: Key,
    JsonBody(input): JsonBody<OrderInput>,
) -> Result<Created<Order>, Error> {
    let OrderInput { item, quantity } = input;
    let request = format!("POST /users/{user}/orders {quantity} {item}");
    let mut work = app.database.begin().await?;
    let before = idempotency::done_before(&mut work, &key, &request).await?;
    if let Some(id) = before {
        // Before another connection is asked for: they are few.
        work.rollback().await?;
        let order = app.orders.get(id).await?;
        return Ok(Created(order.ok_or(Error::Conflict("it is deleted"))?));
    }
    let order = sqlx::query_as(INSERT)
        .bind(user)
        .bind(item)
        .bind(quantity)
        .bind(now())
        .fetch_one(&mut *work)
        .await;
    let order: Order = order.map_err(|error| match &error {
        sqlx::Error::Database(it) if it.is_foreign_key_violation() => Error::NotFound("user"),
        _ => error.into(),
    })?;
    idempotency::keep(&mut work, &key, order.id).await?;
    work.commit().await?;
    Ok(Created(order))
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
        (status = 304, description = "It is still what you have"),
        (status = 404, response = Problem)
    )
)]
pub async fn read(
    State(app): State<Arc<App>>,
    Id(id): Id,
    known: IfNoneMatch,
) -> Result<Response, Error> {
    let order = app.orders.get(id).await?.ok_or(Error::NotFound("order"))?;
    if known.has(order.version) {
        let tag = [(ETAG, etag(order.version))];
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok(Current(order).into_response())
}

/// Change an order that nobody else has changed meanwhile.
#[utoipa::path(
    put,
    operation_id = "change_order",
    path = "/orders/{id}",
    params(("id" = i64, Path, minimum = 1), IfMatch),
    request_body = OrderChange,
    responses(
        (status = 200, body = Order, headers(("ETag" = String))),
        (status = 404, response = Problem),
        (status = 412, response = Problem),
        (status = 428, response = Problem)
    )
)]
pub async fn replace(
    State(app): State<Arc<App>>,
    Id(id): Id,
    IfMatch(version): IfMatch,
    JsonBody(change): JsonBody<OrderChange>,
) -> Result<Current<Order>, Error> {
    let order: Option<Order> = sqlx::query_as(UPDATE)
        .bind(id)
        .bind(change.quantity)
        .bind(change.status)
        .bind(version)
        .fetch_optional(&app.database.pool)
        .await?;
    match order {
        Some(order) => Ok(Current(order)),
        None if app.orders.get(id).await?.is_some() => Err(Error::Changed),
        None => Err(Error::NotFound("order")),
    }
}

/// Delete an order that nobody else has changed meanwhile.
#[utoipa::path(
    delete,
    operation_id = "delete_order",
    path = "/orders/{id}",
    params(("id" = i64, Path, minimum = 1), IfMatch),
    responses(
        (status = 204),
        (status = 404, response = Problem),
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
    match deleted.execute(&app.database.pool).await?.rows_affected() {
        0 if app.orders.get(id).await?.is_some() => Err(Error::Changed),
        0 => Err(Error::NotFound("order")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
