//! Forwards a request to the upstream server, and its answer to the client.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use tower_http::timeout::{TimeoutBody, TimeoutError};

use crate::log;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For an upload and the wait for its answer; also for a pause in the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// For a pause in an upload.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection is kept unused. If the upstream server keeps it for a
/// shorter time, the proxy could send a request while it is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_REQUEST_BODY: usize = 10_000_000;

/// The body of a request or an answer: one type, however it is limited.
type Body = UnsyncBoxBody<Bytes, BoxError>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub struct Upstream {
    authority: Authority,
    /// The client is in a module named `legacy`, but it is not deprecated.
    client: Client<HttpConnector, Body>,
    /// Each outage is logged once, and so is its end.
    is_down: AtomicBool,
}

impl Upstream {
    pub fn new(authority: Authority) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        // Small pieces are sent immediately.
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Self {
            authority,
            client,
            is_down: AtomicBool::new(false),
        }
    }

    pub async fn answer(&self, client: IpAddr, request: Request<Incoming>) -> Response<Body> {
        let answer = self.forward(client, request).await;
        answer.unwrap_or_else(|status| {
            let text = Full::from(status.to_string());
            let mut response = Response::new(text.map_err(Into::into).boxed_unsync());
            *response.status_mut() = status;
            response
        })
    }

    async fn forward(
        &self,
        client: IpAddr,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, StatusCode> {
        let (mut head, body) = request.into_parts();
        let host = host(&head)?;
        if body.size_hint().lower() > MAX_REQUEST_BODY as u64 {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        // This proxy forwards no upgrades, and removes the header. The upstream
        // server would then answer with a misleading error.
        let mut upgrades = head.headers.get_all(UPGRADE).iter();
        if upgrades.any(|it| it.as_bytes().eq_ignore_ascii_case(b"websocket")) {
            return Err(StatusCode::NOT_IMPLEMENTED);
        }
        // This removes each header that the client names in `Connection`. So
        // set the host and the client's address after this.
        remove_hop_by_hop(&mut head.headers);
        // hyper itself sends `100 Continue`, when the body is read.
        head.headers.remove(EXPECT);
        if let Some(host) = host {
            head.headers.insert(HOST, host);
        }
        add_forwarded_for(&mut head.headers, client);
        head.uri = self.uri(&head.uri)?;
        // The client may speak another version than the upstream server.
        head.version = Version::HTTP_11;
        let body = if body.is_end_stream() {
            Body::default()
        } else {
            let body = Limited::new(body, MAX_REQUEST_BODY);
            TimeoutBody::new(BODY_TIMEOUT, body).boxed_unsync()
        };

        let request = self.client.request(Request::from_parts(head, body));
        let response = timeout(ANSWER_TIMEOUT, request).await;
        let response = response.map_err(|_| StatusCode::GATEWAY_TIMEOUT)?;
        let response = response.map_err(|error| self.status_of(error))?;
        if self.is_down.swap(false, Relaxed) {
            log(&format!("reached {} again", self.authority));
        }
        let (mut head, body) = response.into_parts();
        remove_hop_by_hop(&mut head.headers);
        head.version = Version::HTTP_11;
        let body = if body.is_end_stream() {
            Body::default()
        } else {
            TimeoutBody::new(ANSWER_TIMEOUT, body).boxed_unsync()
        };
        Ok(Response::from_parts(head, body))
    }

    /// The same path and query on the upstream server, never on another host.
    fn uri(&self, uri: &Uri) -> Result<Uri, StatusCode> {
        // `CONNECT` has no path, and the path of `OPTIONS *` is `*`.
        let path = uri
            .path_and_query()
            .filter(|it| it.as_str().starts_with('/'));
        Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority.clone())
            .path_and_query(path.ok_or(StatusCode::BAD_REQUEST)?.clone())
            .build()
            .map_err(|_| StatusCode::BAD_REQUEST)
    }

    /// Returns the status for the client, and logs when an outage begins.
    fn status_of(&self, error: legacy::Error) -> StatusCode {
        let is_connect = error.is_connect();
        let error = anyhow::Error::from(error);
        if is_connect && !self.is_down.swap(true, Relaxed) {
            let (upstream, cause) = (&self.authority, error.root_cause());
            log(&format!("cannot reach {upstream}: {cause}"));
        }
        for cause in error.chain() {
            // These come from the request's body, so the client is at fault.
            if cause.is::<LengthLimitError>() {
                return StatusCode::PAYLOAD_TOO_LARGE;
            }
            if cause.is::<TimeoutError>() {
                return StatusCode::REQUEST_TIMEOUT;
            }
        }
        StatusCode::BAD_GATEWAY
    }
}

/// The host in `GET http://HOST/`, or else in the header. HTTP/1.0 needs none.
fn host(head: &Parts) -> Result<Option<HeaderValue>, StatusCode> {
    let mut fields = head.headers.get_all(HOST).iter();
    let (host, more) = (fields.next(), fields.next());
    let is_missing = host.is_none() && head.version == Version::HTTP_11;
    if is_missing || more.is_some() {
        return Err(StatusCode::BAD_REQUEST);
    }
    let Some(target) = head.uri.authority() else {
        return Ok(host.cloned());
    };
    let (_user, target) = target
        .as_str()
        .rsplit_once('@')
        .unwrap_or(("", target.as_str()));
    HeaderValue::from_str(target)
        .map(Some)
        .map_err(|_| StatusCode::BAD_REQUEST)
}

/// Removes the headers that are meant for one connection only.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        // A message in chunks needs no length. If the next server believed a
        // wrong one, it would take the rest of the body for another request.
        headers.remove(CONTENT_LENGTH);
    }
    for name in [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
}

/// Appends the client's address. Believe only this last address: the client may
/// have sent the others. `Forwarded`, `X-Real-IP` and the like pass unchanged,
/// so the client may have sent these, too.
fn add_forwarded_for(headers: &mut HeaderMap, client: IpAddr) {
    let client = client.to_canonical().to_string();
    let list: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .chain([client.as_str()])
        .collect();
    if let Ok(list) = HeaderValue::from_str(&list.join(", ")) {
        headers.insert("x-forwarded-for", list);
    }
}
