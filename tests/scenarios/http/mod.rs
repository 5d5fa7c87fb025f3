//! Scenarios of examples-http: a file for each example that has any.

mod auth;
mod bounded_fetch;
mod circuit_breaker;
mod client_disconnect;
mod client_ip;
mod client_reuse;
mod close_websockets;
mod cors;
#[cfg(unix)]
mod download;
mod error_chain;
mod error_responses;
mod extractors;
mod fetch;
mod fetch_json;
mod fetch_to_disk;
mod health;
mod hedged_request;
mod hello;
mod hello_server;
mod https;
mod idempotency;
mod limits;
mod middleware;
mod observability;
mod password;
mod rate_limit;
mod rate_limited_client;
mod retry_after;
mod retry_request;
#[cfg(unix)]
mod reverse_proxy;
mod session;
mod shutdown;
mod sse;
mod sse_client;
mod sse_reconnect;
mod static_files;
mod streaming_body;
mod testing;
mod timeouts;
mod tls_reload;
mod upload;
mod users;
mod webhook;
mod websocket;

use super::support::runner::scenarios_of;

scenarios_of! {
    auth,
    bounded_fetch,
    circuit_breaker,
    client_disconnect,
    client_ip,
    client_reuse,
    close_websockets,
    cors,
    #[cfg(unix)] download,
    error_chain,
    error_responses,
    extractors,
    fetch,
    fetch_json,
    fetch_to_disk,
    health,
    hedged_request,
    hello,
    hello_server,
    https,
    idempotency,
    limits,
    middleware,
    observability,
    password,
    rate_limit,
    rate_limited_client,
    retry_after,
    retry_request,
    #[cfg(unix)] reverse_proxy,
    session,
    shutdown,
    sse,
    sse_client,
    sse_reconnect,
    static_files,
    streaming_body,
    testing,
    timeouts,
    tls_reload,
    upload,
    users,
    webhook,
    websocket,
}
