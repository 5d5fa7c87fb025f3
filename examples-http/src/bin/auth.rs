//! Check bearer tokens in an `axum` extractor, and answer 401 or 403.
//!
//! 401 means that the server does not know the client. 403 means that it does,
//! but the client may not do this. Whoever sends a bearer token counts as its
//! client. `show` and `cancel` need a `Client`, which `axum` makes from the
//! token with `from_request_parts`. The server keeps only SHA-256 digests: with
//! a stolen digest, nobody can log in. `subtle` compares in constant time.
//!
//! ```console
//! $ cargo run -p examples-http --bin auth
//! GET     no header           401 Unauthorized
//! GET     Basic cmVhZGVyOg==  401 Unauthorized
//! GET     Bearer guess        401 Unauthorized
//! GET     Bearer expired-x7   401 Unauthorized
//! GET     Bearer reader-8f    200 OK
//! DELETE  Bearer reader-8f    403 Forbidden
//! DELETE  Bearer editor-c4    204 No Content
//! ```
//!
//! In a service, make each token of 16 random bytes or more. Passwords can be
//! guessed, so they need a slow hash: see `password`. The part to reuse starts
//! at `Client`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add axum-extra --no-default-features -F typed-header
//! cargo add tower -F util
//! cargo add anyhow axum sha2 subtle
//! ```

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HeaderName, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::routing::{delete, get};
use axum::{RequestPartsExt, Router};
use axum_extra::TypedHeader;
use axum_extra::headers::authorization::{Authorization, Bearer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let now = SystemTime::now();
    let tomorrow = now + Duration::from_secs(24 * 3600);
    let tokens = Tokens::from([
        Token::new("expired-x7", true, now),
        Token::new("reader-8f", false, tomorrow),
        Token::new("editor-c4", true, tomorrow),
    ]);
    let app: Router = Router::new()
        .route("/order", get(async |client: Client| show(&client)))
        .route("/order", delete(async |client: Client| cancel(&client)))
        .with_state(tokens);

    for (method, authorization) in [
        ("GET", "no header"),
        ("GET", "Basic cmVhZGVyOg=="), // Another scheme: `reader:` in Base64.
        ("GET", "Bearer guess"),
        ("GET", "Bearer expired-x7"),
        ("GET", "Bearer reader-8f"),
        ("DELETE", "Bearer reader-8f"),
        ("DELETE", "Bearer editor-c4"),
    ] {
        let mut request = Request::builder().method(method).uri("/order");
        if authorization != "no header" {
            request = request.header(AUTHORIZATION, authorization);
        }
        // `oneshot` calls the `Router` directly, without a server.
        let response = app.clone().oneshot(request.body(Body::empty())?).await?;
        println!("{method:6}  {authorization:18}  {}", response.status());
    }
    Ok(())
}

/// A real service would query its database here, and in `cancel`.
fn show(_client: &Client) -> &'static str {
    "soup"
}

fn cancel(client: &Client) -> StatusCode {
    if client.may_edit {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::FORBIDDEN
    }
}

/// A client with a valid token. Put it into its own module: its field is
/// private, so code outside cannot make one. (`cancel` then needs a getter.)
#[derive(Clone)]
struct Client {
    may_edit: bool,
}

type Tokens = Arc<[Token]>;

struct Token {
    digest: [u8; 32],
    expires: SystemTime,
    client: Client,
}

impl Token {
    fn new(token: &str, may_edit: bool, expires: SystemTime) -> Self {
        Self {
            digest: Sha256::digest(token).into(),
            expires,
            client: Client { may_edit },
        }
    }
}

/// axum calls this before the handler, with the state of the router.
impl FromRequestParts<Tokens> for Client {
    type Rejection = (StatusCode, [(HeaderName, &'static str); 1]);

    async fn from_request_parts(
        parts: &mut Parts,
        tokens: &Tokens,
    ) -> Result<Self, Self::Rejection> {
        // A 401 must name the scheme that the server accepts.
        let challenge = [(WWW_AUTHENTICATE, r#"Bearer realm="orders""#)];
        let refused = (StatusCode::UNAUTHORIZED, challenge);
        let Ok(header) = parts.extract::<TypedHeader<Authorization<Bearer>>>().await else {
            return Err(refused);
        };
        let digest = Sha256::digest(header.token());
        let is_same = |token: &Token| bool::from(token.digest.as_slice().ct_eq(&digest));
        match tokens.iter().find(|token| is_same(token)) {
            Some(token) if SystemTime::now() < token.expires => Ok(token.client.clone()),
            _ => Err(refused),
        }
    }
}
