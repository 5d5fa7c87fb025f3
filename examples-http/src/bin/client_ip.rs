//! Find a client's address behind proxies, whatever `X-Forwarded-For` claims.
//!
//! A proxy appends the address that it sees to `X-Forwarded-For`. Entries to
//! the left of it may come from the client, who can write anything. Here the
//! client is 203.0.113.7, the proxies are 10.0.0.x, and 192.0.2.1 is forged.
//! `broken` takes the first address, so 100 guesses of a password seem to come
//! from 100 clients. `ClientIp` reads from the right to the first address that
//! is not one of your own proxies. If the connection does not come from a
//! proxy, it ignores the header.
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
//! To limit the requests of each client, see `rate_limit`. The part to reuse
//! starts at `ClientIp`.
//!
//! Copy it with
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
    for (case, peer, lines) in [
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
        let (broken, fixed) = addresses(peer, &lines).await?;
        println!("{case:22}broken: {broken:13}fixed: {fixed}");
    }

    let (mut broken, mut fixed) = (HashSet::new(), HashSet::new());
    for number in 0..100 {
        let line = format!("192.0.2.{number}, 203.0.113.7");
        let guess = addresses("10.0.0.2", &[&line]).await?;
        broken.insert(guess.0);
        fixed.insert(guess.1);
    }
    let (broken, fixed) = (broken.len(), fixed.len());
    println!("100 guesses by proxy  broken: {broken} clients  fixed: {fixed} client");
    Ok(())
}

/// The addresses that both find in a request of `peer` with these headers.
async fn addresses(peer: &str, lines: &[&str]) -> anyhow::Result<(IpAddr, IpAddr)> {
    // In a server, `into_make_service_with_connect_info` adds this.
    let peer = ConnectInfo(SocketAddr::new(peer.parse()?, 50_000));
    let mut request = Request::builder().extension(peer);
    for line in lines {
        request = request.header("x-forwarded-for", *line);
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

struct ClientIp(IpAddr);

/// For routers with any state `S`, which all threads share.
impl<S: Sync> FromRequestParts<S> for ClientIp {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        // The peer is missing without `into_make_service_with_connect_info`.
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        let mut client = peer.0.ip().to_canonical();
        for address in forwarded_for(&parts.headers).rev() {
            // Only an entry that a proxy has added is believed.
            if !PROXIES.iter().any(|proxies| proxies.contains(&client)) {
                break;
            }
            // An item may have a port, and is then not an address. All clients
            // of the proxy that added it count as one.
            let Some(address) = address else {
                break;
            };
            // `::ffff:203.0.113.7` becomes `203.0.113.7`.
            client = address.to_canonical();
        }
        Ok(Self(client))
    }
}

/// The items of all `X-Forwarded-For` headers. `None` is not an IP address.
fn forwarded_for(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
    let lines = headers.get_all("x-forwarded-for").iter();
    let items = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    items.map(|item| str::from_utf8(item).ok()?.trim().parse().ok())
}

/// The networks of your own proxies. Nobody else may have an address in them:
/// it could forge others.
const PROXIES: [IpNet; 1] = [IpNet::new_assert(
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)),
    24,
)];
