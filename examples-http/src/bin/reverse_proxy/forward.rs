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
/// Until the upstream server has read a request and begins to answer, and
/// between two pieces of its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two pieces of a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// The upstream server closes idle connections. The proxy closes them earlier,
/// or a request might be sent on a connection that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_REQUEST_BODY: usize = 10_000_000;

/// A body of either direction.
type Body = UnsyncBoxBody<Bytes, BoxError>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub struct Upstream {
    authority: Authority,
    client: Client<HttpConnector, Body>,
    is_down: AtomicBool,
}

impl Upstream {
    pub fn new(authority: Authority) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
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
        remove_hop_by_hop(&mut head.headers);
        // hyper answers `100 Continue` by itself, when the body is read.
        head.headers.remove(EXPECT);
        if let Some(host) = host {
            head.headers.insert(HOST, host);
        }
        add_forwarded_for(&mut head.headers, client);
        head.uri = self.uri(&head.uri)?;
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

    /// The same path and query on the upstream server, whatever host is named.
    fn uri(&self, uri: &Uri) -> Result<Uri, StatusCode> {
        // `CONNECT` has no path, and that of `OPTIONS *` is `*`.
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
            // These come from the request's body: the client is at fault.
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

/// The host of a request: that of `GET http://HOST/`, or else of the header.
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

/// Removes what concerns only the connection on which it came.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter();
    let named = named.filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(','));
    let named: Vec<HeaderName> = named.filter_map(|name| name.trim().parse().ok()).collect();
    for name in named {
        headers.remove(name);
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        // The body is what was read as chunks, whatever length is claimed.
        headers.remove(CONTENT_LENGTH);
    }
    for name in [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
}

/// Appends the client's address. It is the only one of the list to be believed:
/// the client may have sent the others.
fn add_forwarded_for(headers: &mut HeaderMap, client: IpAddr) {
    const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

    let sent = headers.get_all(&FORWARDED_FOR).iter();
    let sent = sent.filter_map(|value| value.to_str().ok());
    let client = client.to_canonical().to_string();
    let list: Vec<&str> = sent.chain([client.as_str()]).collect();
    if let Ok(list) = HeaderValue::from_str(&list.join(", ")) {
        headers.insert(FORWARDED_FOR, list);
    }
}
