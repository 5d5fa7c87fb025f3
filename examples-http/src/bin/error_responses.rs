//! Answer every error of an `axum` handler with one `AppError` type.
//!
//! Handlers use `?`. What a client did wrong has a variant and a status of its
//! own; everything else arrives as `anyhow::Error` and becomes a 500, whose
//! causes go to the log and not to the client: they name hosts, files and keys.
//! What axum's extractors refuse takes the same form, by a `Result` as argument
//! or an extractor of one's own; left alone they answer with plain text.
//!
//! ```console
//! $ cargo run -p examples-http --bin error_responses
//! /orders/1/pay {"cents":500}: 200 {"paid":500}
//! /orders/9/pay {"cents":500}: 404 {"error":"there is no order 9"}
//! /orders/2/pay {"cents":500}: 409 {"error":"order 2 is paid already"}
//! /orders/one/pay {"cents":500}: 400 {"error":"Cannot parse `one` to a `u32`"}
//! /orders/1/pay {"cents":0}: 422 {"error":"0 cents pay nothing"}
//! /orders/1/pay {"cent":500}: 422 {"error":"[..]: missing field `cents` [..]"}
//! /orders/1/pay {"cents":: 400 {"error":"[..]: EOF while parsing [..]"}
//! log: cannot charge order 3: bank.internal refused the key k-4711
//! /orders/3/pay {"cents":500}: 500 {"error":"internal error"}
//! /broken/3/pay {"cents":500}: 500 cannot charge order 3: [..] the key k-4711
//! ```
//!
//! Copy it with `cargo add axum anyhow thiserror`,
//! `cargo add tower -F util`, `cargo add serde -F derive` and
//! `cargo add tokio -F macros,rt-multi-thread`.

use anyhow::{Context, anyhow};
use axum::body::{Body, to_bytes};
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, Path};
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new()
        .route("/orders/{id}/pay", post(pay))
        .route("/broken/{id}/pay", post(broken));

    for (path, body) in [
        ("/orders/1/pay", r#"{"cents":500}"#),
        ("/orders/9/pay", r#"{"cents":500}"#),
        ("/orders/2/pay", r#"{"cents":500}"#),
        ("/orders/one/pay", r#"{"cents":500}"#),
        ("/orders/1/pay", r#"{"cents":0}"#),
        ("/orders/1/pay", r#"{"cent":500}"#),
        ("/orders/1/pay", r#"{"cents":"#),
        ("/orders/3/pay", r#"{"cents":500}"#),
        ("/broken/3/pay", r#"{"cents":500}"#),
    ] {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))?;
        // A router is a service: it can be asked without a socket.
        let response = app.clone().oneshot(request).await?;
        let status = response.status().as_u16();
        let answer = to_bytes(response.into_body(), 1024).await?;
        let answer = String::from_utf8_lossy(&answer);
        println!("{path} {body}: {status} {answer}");
    }
    Ok(())
}

async fn pay(
    id: Result<Path<u32>, PathRejection>,
    Valid(payment): Valid<Payment>,
) -> Result<Json<Receipt>, AppError> {
    let Path(id) = id?;
    if payment.cents == 0 {
        return Err(AppError::NoAmount);
    }
    match id {
        1 => {}
        2 => return Err(AppError::Paid(id)),
        3 => charge(id).await?,
        _ => return Err(AppError::NoOrder(id)),
    }
    Ok(Json(Receipt {
        paid: payment.cents,
    }))
}

#[derive(Deserialize)]
struct Payment {
    cents: u32,
}

#[derive(Serialize)]
struct Receipt {
    paid: u32,
}

/// A `Json` that is refused with an [`AppError`].
struct Valid<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Valid<T> {
    type Rejection = AppError;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, AppError> {
        let Json(value) = Json::from_request(request, state).await?;
        Ok(Self(value))
    }
}

#[derive(Debug, Error)]
enum AppError {
    #[error("there is no order {0}")]
    NoOrder(u32),
    #[error("order {0} is paid already")]
    Paid(u32),
    #[error("0 cents pay nothing")]
    NoAmount,
    #[error(transparent)]
    Path(#[from] PathRejection),
    #[error(transparent)]
    Json(#[from] JsonRejection),
    // Not transparent: this text is what the client gets.
    #[error("internal error")]
    Internal(#[from] anyhow::Error),
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NoOrder(_) => StatusCode::NOT_FOUND,
            Self::Paid(_) => StatusCode::CONFLICT,
            Self::NoAmount => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Path(rejection) => rejection.status(),
            Self::Json(rejection) => rejection.status(),
            Self::Internal(error) => {
                eprintln!("log: {error:#}");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (
            status,
            Json(Reason {
                error: self.to_string(),
            }),
        )
            .into_response()
    }
}

#[derive(Serialize)]
struct Reason {
    error: String,
}

async fn charge(id: u32) -> anyhow::Result<()> {
    Err(anyhow!("bank.internal refused the key k-4711"))
        .with_context(|| format!("cannot charge order {id}"))
}

async fn broken(Path(id): Path<u32>) -> Result<(), (StatusCode, String)> {
    charge(id)
        .await
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))
}
