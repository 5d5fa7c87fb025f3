//! Find a client's address behind proxies, even if `X-Forwarded-For` is forged.
//!
//! A proxy appends the address of its caller to the header `X-Forwarded-For`,
//! or adds a second header of this name. Entries to the left of it may come
//! from the client. Here the client is 203.0.113.7, the proxies are 10.0.0.x,
//! and 192.0.2.1 is forged. `broken` takes the first address, so 100 guesses of
//! a password seem to come from 100 clients. `ClientIp` (`fixed`) reads from
//! the right, up to the first address that is not one of your own proxies. If
//! the connection does not come from a proxy, `ClientIp` ignores the header.
//!
//! ```console
//! $ cargo run -p examples-http --bin client_ip
//! direct                broken: 203.0.113.7  fixed: 203.0.113.7
//! direct, forged        broken: 192.0.2.1    fixed: 203.0.113.7
//! proxy                 broken: 203.0.113.7  fixed: 203.0.113.7
//! proxy, forged         broken: 192.0.2.1    fixed: 203.0.113.7
//! two headers, forged   broken: 192.0.2.1    fixed: 203.0.113.7
//! two proxies, forged   broken: 192.0.2.1    fixed: 203.0.113.7
//! 100 guesses by proxy  broken: 100 clients  fixed: 1 client
//! ```
//!
//! To limit each client, see `rate_limit`. It counts the many addresses of an
//! IPv6 client as one. The part to reuse starts at `ClientIp`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add ipnet --no-default-features -F std
//! cargo add anyhow axum
//! ```

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::bail;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode};
use ipnet::IpNet;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    for (case, peer, headers) in [
        ("direct", "203.0.113.7", vec![]),
        ("direct, forged", "203.0.113.7", vec!["192.0.2.1"]),
        ("proxy", "10.0.0.2", vec!["203.0.113.7"]),
        ("proxy, forged", "10.0.0.2", vec!["192.0.2.1, 203.0.113.7"]),
        (
            "two headers, forged",
            "10.0.0.2",
            vec!["192.0.2.1", "203.0.113.7"],
        ),
        (
            "two proxies, forged",
            "10.0.0.2",
            vec!["192.0.2.1, 203.0.113.7, 10.0.0.3"],
        ),
    ] {
        let (broken, fixed) = addresses(peer, &headers).await?;
        println!("{case:22}broken: {broken:13}fixed: {fixed}");
    }

    let (mut broken, mut fixed) = (HashSet::new(), HashSet::new());
    for number in 0..100 {
        let header = format!("192.0.2.{number}, 203.0.113.7");
        let guess = addresses("10.0.0.2", &[&header]).await?;
        broken.insert(guess.0);
        fixed.insert(guess.1);
    }
    let (broken, fixed) = (broken.len(), fixed.len());
    println!("100 guesses by proxy  broken: {broken} clients  fixed: {fixed} client");
    Ok(())
}

/// What `broken` and `ClientIp` find in a request from `peer`.
async fn addresses(peer: &str, headers: &[&str]) -> anyhow::Result<(IpAddr, IpAddr)> {
    // In a server, `axum` adds this: see `ClientIp`.
    let peer = ConnectInfo(SocketAddr::new(peer.parse()?, 50_000));
    let mut request = Request::builder().extension(peer);
    for header in headers {
        request = request.header("x-forwarded-for", *header);
    }
    // The request needs neither a body nor a state.
    let (mut parts, ()) = request.body(())?.into_parts();
    let broken = broken(peer.0.ip(), &parts.headers);
    match ClientIp::from_request_parts(&mut parts, &()).await {
        Ok(ClientIp(fixed)) => Ok((broken, fixed)),
        Err(status) => bail!("{status}"),
    }
}

fn broken(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    forwarded_for(headers).next().flatten().unwrap_or(peer)
}

/// Give `app.into_make_service_with_connect_info::<SocketAddr>()` to
/// `axum::serve`. Without it, there is no `ConnectInfo`, and the answer is 500.
struct ClientIp(IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        let mut sender = peer.0.ip().to_canonical();
        for address in forwarded_for(&parts.headers).rev() {
            // `sender` added this entry. Believe it if `sender` is a proxy.
            if !PROXIES.iter().any(|proxies| proxies.contains(&sender)) {
                break;
            }
            // Some proxies add a port, for example. Such an entry is not an
            // address, and all clients of the proxy count as one.
            let Some(address) = address else {
                break;
            };
            // `::ffff:203.0.113.7` becomes `203.0.113.7`.
            sender = address.to_canonical();
        }
        Ok(Self(sender))
    }
}

/// The entries of all `X-Forwarded-For` headers: `None` for one that is not an
/// IP address.
fn forwarded_for(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
    let headers = headers.get_all("x-forwarded-for").iter();
    let entries = headers.flat_map(|header| header.as_bytes().split(|byte| *byte == b','));
    entries.map(|entry| str::from_utf8(entry).ok()?.trim().parse().ok())
}

/// The networks of your own proxies. Any other machine with an address in them
/// could forge the header.
const PROXIES: [IpNet; 1] = [IpNet::new_assert(
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)),
    24,
)];
