//! Bearer tokens: who sends a request, and what they may do.
//!
//! It stands before all routes of the API and asks by the method, so that no
//! handler can forget it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, bail};
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::problem::Error;
use crate::server::Peer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May read.
    Reader,
    /// May read and write.
    Editor,
}

/// Who sends a request.
#[derive(Clone, Debug)]
pub struct Client {
    pub name: Arc<str>,
    role: Role,
}

/// The known tokens. They are looked up by their digest: how long that takes
/// tells nobody how much of a guess was right.
pub struct Tokens(HashMap<[u8; 32], Client>);

impl FromStr for Tokens {
    type Err = anyhow::Error;

    /// Reads `name:role:token`, several of them with commas between.
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
            let token = token.filter(|token| token.len() >= 8);
            let token = token.context("a token has at least 8 characters")?;
            tokens.add(name.unwrap_or_default(), role, token);
        }
        Ok(tokens)
    }
}

impl Tokens {
    /// Makes a token for each role, and says which.
    pub fn for_trying() -> anyhow::Result<(Self, [String; 2])> {
        let mut tokens = Self(HashMap::new());
        let texts = [random_text()?, random_text()?];
        tokens.add("demo-reader", Role::Reader, &texts[0]);
        tokens.add("demo-editor", Role::Editor, &texts[1]);
        Ok((tokens, texts))
    }

    fn add(&mut self, name: &str, role: Role, token: &str) {
        let client = Client {
            name: name.into(),
            role,
        };
        self.0.insert(Sha256::digest(token).into(), client);
    }

    fn find(&self, request: &Request) -> Option<&Client> {
        let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return None;
        }
        let digest: [u8; 32] = Sha256::digest(token.trim()).into();
        self.0.get(&digest)
    }
}

/// 128 random bits in hexadecimal.
fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("no random bytes")?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

pub async fn check(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    let Some(client) = app.tokens.find(&request) else {
        // Guessing is limited too, by the address that it comes from.
        let peer = request.extensions().get::<Peer>().copied();
        let peer = peer.map(|Peer(address)| address.ip().to_string());
        app.rates.take(&peer.unwrap_or_default())?;
        return Err(Error::Unauthenticated);
    };
    app.rates.take(&client.name)?;
    if client.role == Role::Reader && !request.method().is_safe() {
        return Err(Error::Forbidden("reader"));
    }
    let client = client.clone();
    request.extensions_mut().insert(client);
    app.slots.run(next.run(request)).await
}
