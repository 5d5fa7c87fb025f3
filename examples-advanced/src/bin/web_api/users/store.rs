//! The rows of users: every statement, and the function that runs it.

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::{UserFilter, UserInput};
use crate::answer::{Page, Row};
use crate::database::{Connection, Kind, Migration, Schema, Timestamp};
use crate::problem::Error;

const FIND: &str = "SELECT id, name, email, created_at, version FROM users WHERE id = $1";
/// On PostgreSQL a user that is committed late may have a smaller id than one
/// already listed. A client that must miss none reads a log: see `catch_up`.
const LIST: &str = "SELECT id, name, email, created_at, version FROM users \
     WHERE id > $1 ORDER BY id LIMIT $2";
/// A statement of its own, since one with `COALESCE` could not use the index.
/// Give an index to each filter that you add: without one, any reader can make
/// the database read the whole table.
const LIST_EMAIL: &str = "SELECT id, name, email, created_at, version FROM users \
     WHERE email = $1 AND id > $2";
const INSERT: &str = "INSERT INTO users (name, email, created_at) \
     VALUES ($1, $2, $3) RETURNING id, name, email, created_at, version";
const UPDATE: &str = "UPDATE users \
     SET name = $2, email = $3, version = version + 1 \
     WHERE id = $1 AND version = COALESCE($4, version) \
     RETURNING id, name, email, created_at, version";
const DELETE: &str = "DELETE FROM users \
     WHERE id = $1 AND version = COALESCE($2, version)";

pub const SCHEMA: Schema = Schema {
    migrations: &[Migration {
        version: 1,
        sqlite: include_str!("sqlite.sql"),
        postgres: include_str!("postgres.sql"),
    }],
    statements: &[FIND, LIST, LIST_EMAIL, INSERT, UPDATE, DELETE],
};

#[derive(FromRow, Serialize, ToSchema)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub email: String,
    #[sqlx(try_from = "i64")]
    pub created_at: Timestamp,
    /// Also in the `ETag`.
    pub version: i64,
}

impl Row for User {
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

pub async fn find(db: &mut Connection, id: i64) -> Result<User, Error> {
    sqlx::query_as(FIND)
        .bind(id)
        .fetch_optional(db)
        .await?
        .ok_or(Error::NotFound("user"))
}

pub async fn list(db: &mut Connection, filter: UserFilter) -> Result<Page<User>, Error> {
    let query = match filter.email {
        Some(email) => sqlx::query_as(LIST_EMAIL)
            .bind(email.to_ascii_lowercase())
            .bind(filter.after),
        None => sqlx::query_as(LIST)
            .bind(filter.after)
            .bind(filter.limit + 1),
    };
    Ok(Page::of(query.fetch_all(db).await?, filter.limit))
}

pub async fn insert(db: &mut Connection, input: UserInput) -> Result<User, Error> {
    sqlx::query_as(INSERT)
        .bind(input.name)
        .bind(input.email.to_ascii_lowercase())
        .bind(Timestamp::now().as_seconds())
        .fetch_one(db)
        .await
        .map_err(is_taken)
}

/// Changes a user that still has this version, or any if it is `None`.
pub async fn update(
    db: &mut Connection,
    id: i64,
    input: UserInput,
    version: Option<i64>,
) -> Result<User, Error> {
    sqlx::query_as(UPDATE)
        .bind(id)
        .bind(input.name)
        .bind(input.email.to_ascii_lowercase())
        .bind(version)
        .fetch_optional(db)
        .await
        .map_err(is_taken)?
        .ok_or(Error::Changed)
}

pub async fn delete(db: &mut Connection, id: i64, version: Option<i64>) -> Result<(), Error> {
    let deleted = sqlx::query(DELETE)
        .bind(id)
        .bind(version)
        .execute(db)
        .await
        .map_err(has_orders)?;
    if deleted.rows_affected() == 0 {
        return Err(Error::Changed);
    }
    Ok(())
}

fn is_taken(error: sqlx::Error) -> Error {
    match Kind::of(&error) {
        Kind::Duplicate => Error::Conflict("another user has this email"),
        _ => error.into(),
    }
}

fn has_orders(error: sqlx::Error) -> Error {
    match Kind::of(&error) {
        Kind::Reference => Error::Conflict("the user has orders"),
        _ => error.into(),
    }
}
