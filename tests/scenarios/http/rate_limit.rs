//! `rate_limit` whose clients come and go, and have many addresses.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("forgets", forgets).slow(),
        scenario("networks", networks).slow(),
        scenario("one_limit", one_limit).slow(),
    ]
}

/// A client is forgotten when it may send a whole burst again, and not earlier; so
/// is one that has come again.
async fn forgets() -> Result<()> {
    let changes = [
        (
            "from_fn_with_state(limiter, limit)",
            "from_fn_with_state(Arc::clone(&limiter), limit)",
        ),
        (
            "    sleep(second).await;\n    burst",
            "    println!(\"{} clients\", limiter.len());\n    sleep(3 * second).await;\n    \
             println!(\"{} clients\", limiter.len());\n    \
             burst(&fixed, &[\"192.0.2.1\"]).await?;\n    \
             println!(\"{} clients\", limiter.len());\n    sleep(3 * second).await;\n    \
             println!(\"{} clients\", limiter.len());\n    burst",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "rate_limit", &changes, "").await?;
    let clients: Vec<_> = lines.iter().filter(|it| it.ends_with(" clients")).collect();
    let right = ["2 clients", "0 clients", "1 clients", "0 clients"];
    ensure!(
        status == 0 && clients == right,
        "{right:?} is right; status {status}: {lines:?}"
    );
    Ok(())
}

/// The last address of an IPv6 network shares the limit of the first, and the
/// next network has its own. An IPv4 address is one client in both its forms. What
/// is refused does not reach the handler.
async fn networks() -> Result<()> {
    let changes = [
        (
            "&[\"2001:db8::1\", \"2001:db8::2\"]",
            "&[\"2001:db8::\", \"2001:db8::ffff:ffff:ffff:ffff\", \"2001:db8:0:1::\", \
             \"192.0.2.9\", \"::ffff:192.0.2.9\"]",
        ),
        (
            "get(async || \"hello\")",
            "get(async |request: Request| {
            if request.extensions().get::<ConnectInfo<SocketAddr>>().is_some() {
                println!(\"handled\");
            }
            \"hello\"
        })",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "rate_limit", &changes, "").await?;
    let (handled, lines): (Vec<_>, Vec<_>) = lines.iter().partition(|line| *line == "handled");
    // Of the three bursts, the second has three clients.
    ensure!(
        handled.len() == 5 + 15 + 5,
        "25 requests are to reach the handler, not {}; status {status}: {lines:?}",
        handled.len()
    );
    let line = lines.get(2).map_or("", |line| line);
    ensure!(
        status == 0 && line.ends_with("192.0.2.9: 15 served, 35 refused, Retry-After: 1"),
        "{status}: {lines:?}"
    );
    Ok(())
}

/// With its state, a router builds its layers once: `broken` then has one limit.
async fn one_limit() -> Result<()> {
    let changes = [(
        "app.clone().layer(layers);",
        "app.clone().layer(layers).with_state(());",
    )];
    let (status, lines) = run_changed("examples-http", "rate_limit", &changes, "").await?;
    let line = lines.first().map_or("", |line| line);
    let served = line.strip_prefix("broken, 50 connections: ");
    let served = served.and_then(|it| it.split_once(' ')?.0.parse().ok());
    // A second round begins when the time is over.
    ensure!(
        status == 0 && served.is_some_and(|it: u32| (5..=10).contains(&it)),
        "5 to 10 are to be served; {status}: {lines:?}"
    );
    Ok(())
}
