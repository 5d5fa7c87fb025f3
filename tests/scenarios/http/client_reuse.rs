//! `client_reuse` with a server that is slow at times, and on a system without
//! certificates.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::http;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("fastest", fastest).slow(),
        scenario("without_certificates", without_certificates).needs(
            cfg!(target_os = "linux"),
            "elsewhere rustls asks the system itself, which no test can change",
        ),
    ]
}

/// The times are those of the fastest request: the first and the last one of each ten
/// take two seconds longer.
async fn fastest() -> Result<()> {
    let changes = [(
        "get(async || vec![b'.'; 1_000_000])",
        "get(async || {
            static REQUESTS: AtomicU32 = AtomicU32::new(0);
            let number = REQUESTS.fetch_add(1, Relaxed);
            // The times of the requests after the first twenty are not printed.
            if number < 20 && matches!(number % 10, 0 | 9) {
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            }
            vec![b'.'; 1_000_000]
        })",
    )];
    let (status, lines) = run_changed("examples-http", "client_reuse", &changes, "").await?;
    let times = lines.iter().filter_map(|line| {
        let (_, time) = line.strip_suffix(" ms a request")?.split_once(", ")?;
        time.parse().ok()
    });
    let times: Vec<f64> = times.collect();
    ensure!(
        status == 0 && times.len() == 2 && times.iter().all(|time| *time < 2000.0),
        "the fastest requests take less than 2,000 ms; status {status}: {lines:?}"
    );
    Ok(())
}

/// A system may have no certificates: its client needs none.
async fn without_certificates() -> Result<()> {
    let nothing = [
        ("SSL_CERT_FILE", "/nonexistent"),
        ("SSL_CERT_DIR", "/nonexistent"),
    ];
    let (status, lines) = http::run("client_reuse", "", &nothing).await?;
    let last = "one client, head: 1 connection";
    ensure!(
        status == 0 && lines.last().is_some_and(|line| line == last),
        "status 0 and {last:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
