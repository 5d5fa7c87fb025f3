//! The rows of orders: every statement, and the function that runs it.

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::{OrderChange, OrderFilter, OrderInput, Status};
use crate::answer::{Page, Row};
use crate::database::{Connection, Kind, Migration, Schema, Timestamp};
use crate::problem::Error;

const FIND: &str = "SELECT id, user_id, item, quantity, status, created_at, version \
     FROM orders WHERE id = $1";
/// On PostgreSQL an order that is committed late may have a smaller id than one
/// already listed. A client that must miss none reads a log: see `catch_up`.
const LIST: &str = "SELECT id, user_id, item, quantity, status, created_at, version \
     FROM orders WHERE user_id = $1 AND id > $2 AND status = COALESCE($3, status) \
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

pub const SCHEMA: Schema = Schema {
    migrations: &[Migration {
        version: 2,
        sqlite: include_str!("sqlite.sql"),
        postgres: include_str!("postgres.sql"),
    }],
    statements: &[FIND, LIST, INSERT, UPDATE, DELETE],
};

#[derive(FromRow, Serialize, ToSchema)]
pub struct Order {
    pub id: i64,
    pub user_id: i64,
    pub item: String,
    pub quantity: i64,
    #[sqlx(try_from = "String")]
    pub status: Status,
    #[sqlx(try_from = "i64")]
    pub created_at: Timestamp,
    /// Also in the `ETag`.
    pub version: i64,
}

impl Row for Order {
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

pub async fn find(db: &mut Connection, id: i64) -> Result<Order, Error> {
    sqlx::query_as(FIND)
        .bind(id)
        .fetch_optional(db)
        .await?
        .ok_or(Error::NotFound("order"))
}

pub async fn list(
    db: &mut Connection,
    user: i64,
    filter: OrderFilter,
) -> Result<Page<Order>, Error> {
    let orders = sqlx::query_as(LIST)
        .bind(user)
        .bind(filter.after)
        .bind(filter.status.map(Status::as_str))
        .bind(filter.limit + 1)
        .fetch_all(db)
        .await?;
    Ok(Page::of(orders, filter.limit))
}

pub async fn insert(db: &mut Connection, user: i64, input: OrderInput) -> Result<Order, Error> {
    sqlx::query_as(INSERT)
        .bind(user)
        .bind(input.item)
        .bind(input.quantity)
        .bind(Timestamp::now().as_seconds())
        .fetch_one(db)
        .await
        .map_err(is_orphan)
}

/// Changes an order that still has this version, or any if it is `None`.
pub async fn update(
    db: &mut Connection,
    id: i64,
    change: OrderChange,
    version: Option<i64>,
) -> Result<Order, Error> {
    sqlx::query_as(UPDATE)
        .bind(id)
        .bind(change.quantity)
        .bind(change.status.as_str())
        .bind(version)
        .fetch_optional(db)
        .await?
        .ok_or(Error::Changed)
}

pub async fn delete(db: &mut Connection, id: i64, version: Option<i64>) -> Result<(), Error> {
    let deleted = sqlx::query(DELETE)
        .bind(id)
        .bind(version)
        .execute(db)
        .await?;
    if deleted.rows_affected() == 0 {
        return Err(Error::Changed);
    }
    Ok(())
}

fn is_orphan(error: sqlx::Error) -> Error {
    match Kind::of(&error) {
        Kind::Reference => Error::NotFound("user"),
        _ => error.into(),
    }
}
