//! `client_ip` with headers that proxies do not write.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("headers", headers).slow()]
}

/// The client is the last address that is no proxy's. What is not an address
/// ends the search, and counts for the proxy that passed it on. Without the address of
/// the connection, the server is set up wrongly.
async fn headers() -> Result<()> {
    let many = "192.0.2.1, ".repeat(1000) + "203.0.113.7";
    let cases = [
        ("10.0.0.2", "10.0.0.9, 203.0.113.7", "203.0.113.7"),
        (
            "10.0.0.2",
            "192.0.2.1, 203.0.113.7, 10.0.0.4,10.0.0.3",
            "203.0.113.7",
        ),
        ("10.0.0.2", "10.0.0.3", "10.0.0.3"),
        ("10.0.0.2", "203.0.113.7, unknown", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.7, unknown, 10.0.0.3", "10.0.0.3"),
        ("10.0.0.2", "203.0.113.7,", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.7:80", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "\u{e9}", "10.0.0.2"),
        ("10.0.0.2", "\u{e9}, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.2", "::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:10.0.0.2", "203.0.113.7", "203.0.113.7"),
        ("10.0.1.2", "203.0.113.7", "10.0.1.2"),
        ("10.0.0.2", many.as_str(), "203.0.113.7"),
    ];
    let rows: Vec<String> = cases
        .iter()
        .map(|(peer, line, _)| format!("(\"case\", {peer:?}, vec![{line:?}]), "))
        .collect();
    let rows = rows.concat();
    let changes = [
        ("(\"direct\", \"203.0.113.7\", vec![]),", rows.as_str()),
        (
            "    let (broken, fixed) = (broken.len(), fixed.len());\n",
            "    let (broken, fixed) = (broken.len(), fixed.len());
    let mut parts = Request::new(()).into_parts().0;
    let found = ClientIp::from_request_parts(&mut parts, &()).await;
    println!(\"nobody: {:?}\", found.map(|it| it.0));\n",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "client_ip", &changes, "").await?;
    let found: Vec<_> = lines.iter().filter(|it| it.starts_with("case ")).collect();
    ensure!(
        status == 0 && found.len() == cases.len(),
        "{status}: {lines:?}"
    );
    for ((peer, line, right), found) in cases.iter().zip(found) {
        ensure!(
            found.ends_with(&format!("fixed: {right}")),
            "{peer}, {line}: {found}"
        );
    }
    let nobody = "nobody: Err(500)";
    ensure!(
        lines.contains(&nobody.into()),
        "{nobody:?} is expected where axum does not tell the address: {lines:?}"
    );
    Ok(())
}
