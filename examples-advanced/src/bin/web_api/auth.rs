//! Bearer tokens: which client sends a request, and what it may do.
//!
//! One layer before all routes decides by the method, so no handler can forget
//! to ask.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{bail, ensure};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Bearer;
use axum_extra::typed_header::TypedHeaderRejection;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::limits::Rates;
use crate::problem::Error;
use crate::server::Peer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May read.
    Reader,
    /// May read and write.
    Editor,
}

/// The client that sends a request.
#[derive(Clone, Debug)]
pub struct Client {
    pub name: Arc<str>,
    role: Role,
}

/// The known tokens by their digests: the time of a look-up does not tell how
/// much of a guess was right.
pub struct Tokens(HashMap<[u8; 32], Client>);

impl FromStr for Tokens {
    type Err = anyhow::Error;

    /// Reads entries of the form `name:role:token`, separated by commas.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut tokens = Self(HashMap::new());
        for entry in text.split(',') {
            let mut parts = entry.trim().splitn(3, ':');
            let (name, role, token) = (parts.next(), parts.next(), parts.next());
            let role = match role {
                Some("reader") => Role::Reader,
                Some("editor") => Role::Editor,
                _ => bail!("after the name comes :reader: or :editor:"),
            };
            let Some(token) = token.filter(|token| token.len() >= 8) else {
                bail!("a token has at least 8 characters");
            };
            tokens.add(name.unwrap_or_default(), role, token)?;
        }
        Ok(tokens)
    }
}

impl Tokens {
    /// Creates a token for each role.
    pub fn demo() -> anyhow::Result<(Self, [String; 2])> {
        let mut tokens = Self(HashMap::new());
        let texts = [Uuid::new_v4(), Uuid::new_v4()].map(|it| it.simple().to_string());
        tokens.add("demo-reader", Role::Reader, &texts[0])?;
        tokens.add("demo-editor", Role::Editor, &texts[1])?;
        Ok((tokens, texts))
    }

    fn add(&mut self, name: &str, role: Role, token: &str) -> anyhow::Result<()> {
        let client = Client {
            name: name.into(),
            role,
        };
        let before = self.0.insert(Sha256::digest(token).into(), client);
        ensure!(before.is_none(), "two entries have the same token");
        Ok(())
    }

    fn find(&self, token: &str) -> Option<&Client> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        self.0.get(&digest)
    }
}

pub async fn check(
    State(tokens): State<Arc<Tokens>>,
    State(rates): State<Arc<Rates>>,
    bearer: Result<TypedHeader<Authorization<Bearer>>, TypedHeaderRejection>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    let client = bearer.ok().and_then(|it| tokens.find(it.token()).cloned());
    let Some(client) = client else {
        // Limit guesses, too, by the address that they come from.
        if let Some(Peer(address)) = request.extensions().get() {
            rates.take_from(address.ip())?;
        }
        return Err(Error::Unauthenticated);
    };
    rates.take(&client.name)?;
    if client.role == Role::Reader && !request.method().is_safe() {
        return Err(Error::Forbidden("reader"));
    }
    request.extensions_mut().insert(client);
    Ok(next.run(request).await)
}
