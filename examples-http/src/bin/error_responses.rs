//! Answer every error of an `axum` handler with one `AppError` type.
//!
//! Each error that a client causes has its own variant and status. `?` turns
//! any other error into `Internal`. The client then gets a 500, and the causes
//! go only to the log. `broken` tells the client a host and an account. By
//! default, `Path` and `Json` report errors as plain text. `AppPath` and
//! `AppJson` turn these errors into an `AppError`.
//!
//! ```console
//! $ cargo run -p examples-http --bin error_responses
//! /orders/1/pay {"cents":500}: 200 {"cents":500}
//! /orders/9/pay {"cents":500}: 404 {"error":"there is no order 9"}
//! /orders/2/pay {"cents":500}: 409 {"error":"order 2 is already paid"}
//! /orders/one/pay {"cents":500}: 400 {"error":"Cannot parse `one` to a `u32`"}
//! /orders/1/pay {"cent":500}: 422 {"error":"[..]: missing field `cents` [..]"}
//! log: cannot charge order 3: bank.internal refused account 4711
//! /orders/3/pay {"cents":500}: 500 {"error":"internal error"}
//! /broken/3/pay {"cents":500}: 500 cannot charge order 3: bank.internal refused account 4711
//! ```
//!
//! The part to reuse starts at `AppError`. For other paths and methods, set
//! `fallback` and `method_not_allowed_fallback`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add serde -F derive
//! cargo add tower -F util
//! cargo add axum -F macros
//! cargo add anyhow serde_json thiserror
//! ```

use std::io::{self, Write};

use axum::body::{Body, to_bytes};
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
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
        ("/orders/1/pay", r#"{"cent":500}"#),
        ("/orders/3/pay", r#"{"cents":500}"#),
        ("/broken/3/pay", r#"{"cents":500}"#),
    ] {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body))?;
        // `oneshot` calls the `Router` directly, without a server.
        let response = app.clone().oneshot(request).await?;
        let status = response.status().as_u16();
        let answer = to_bytes(response.into_body(), 1024).await?;
        println!("{path} {body}: {status} {}", str::from_utf8(&answer)?);
    }
    Ok(())
}

#[derive(Deserialize, Serialize)]
struct Payment {
    cents: u32,
}

async fn pay(
    AppPath(id): AppPath<u32>,
    AppJson(payment): AppJson<Payment>,
) -> Result<Json<Payment>, AppError> {
    match id {
        1 => {}
        2 => return Err(AppError::AlreadyPaid(id)),
        3 => charge(id).await?,
        _ => return Err(AppError::NoOrder(id)),
    }
    Ok(Json(payment))
}

async fn charge(id: u32) -> anyhow::Result<()> {
    let error = anyhow::anyhow!("bank.internal refused account 4711");
    Err(error.context(format!("cannot charge order {id}")))
}

async fn broken(Path(id): Path<u32>) -> Result<(), (StatusCode, String)> {
    let charged = charge(id).await;
    charged.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))
}

#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error("there is no order {0}")]
    NoOrder(u32),
    #[error("order {0} is already paid")]
    AlreadyPaid(u32),
    #[error(transparent)]
    Path(#[from] PathRejection),
    #[error(transparent)]
    Json(#[from] JsonRejection),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NoOrder(_) => StatusCode::NOT_FOUND,
            Self::AlreadyPaid(_) => StatusCode::CONFLICT,
            Self::Path(rejection) => rejection.status(), // 500 for a wrong route.
            Self::Json(rejection) => rejection.status(),
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut message = self.to_string();
        if status.is_server_error() {
            // `eprintln!` would panic if nobody reads standard error.
            let _ = writeln!(io::stderr(), "log: {:#}", anyhow::Error::from(self));
            message = "internal error".into();
        }
        (status, Json(json!({ "error": message }))).into_response()
    }
}

/// Extracts what `Path` does. `From` turns its errors into an `AppError`.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(AppError))]
struct AppPath<T>(T);

#[derive(FromRequest)]
#[from_request(via(Json), rejection(AppError))]
struct AppJson<T>(T);
