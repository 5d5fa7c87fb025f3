//! What the environment of a reader may contain.

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use tokio::task::JoinSet;

use crate::scenarios::support::http;
use crate::scenarios::support::runner::scenario;

/// The examples that talk to a server of their own.
const CLIENTS: [&str; 7] = [
    "fetch",
    "fetch_to_disk",
    "fetch_json",
    "error_chain",
    "bounded_fetch",
    "timeouts",
    "client_reuse",
];

pub fn tests() -> Vec<Trial> {
    vec![
        scenario("without_proxy", clients_without_proxy).test("environment"),
        // Elsewhere rustls asks the system itself, which no test can change.
        #[cfg(target_os = "linux")]
        scenario("without_certificates", || {
            clients_with(&[
                ("SSL_CERT_FILE", "/nonexistent"),
                ("SSL_CERT_DIR", "/nonexistent"),
            ])
        })
        .test("environment"),
    ]
}

/// A client asks its own server directly, whatever proxy the environment names.
async fn clients_without_proxy() -> Result<()> {
    const NOBODY: &str = "http://127.0.0.1:9";
    clients_with(&[
        ("http_proxy", NOBODY),
        ("HTTP_PROXY", NOBODY),
        ("ALL_PROXY", NOBODY),
        ("NO_PROXY", ""),
        ("no_proxy", ""),
    ])
    .await
}

/// Each client prints the same with and without these variables, but for numbers
/// and the order of its lines.
async fn clients_with(variables: &'static [(&str, &str)]) -> Result<()> {
    let mut runs = JoinSet::new();
    for name in CLIENTS {
        runs.spawn(async move {
            let plain = http::run(name, "", &[]).await?;
            let changed = http::run(name, "", variables).await?;
            ensure!(plain.0 == 0 && changed.0 == 0, "{name}: {changed:?}");
            let masked = |lines: &[String]| {
                let digits = |line: &String| line.replace(|c: char| c.is_ascii_digit(), "");
                let mut lines: Vec<String> = lines.iter().map(digits).collect();
                lines.sort();
                lines
            };
            ensure!(
                masked(&plain.1) == masked(&changed.1),
                "{name}: {plain:?}, {changed:?}"
            );
            Ok(())
        });
    }
    while let Some(run) = runs.join_next().await {
        run??;
    }
    Ok(())
}
