//! `error_chain` with a connection and with a body that time out.

use anyhow::{Result, ensure};
use tokio::net::TcpListener;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("no_handshake", no_handshake).slow()]
}

/// A connection or a body that times out is a timeout in the first place.
async fn no_handshake() -> Result<()> {
    // The system accepts the connection, but nobody answers it.
    let mute = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("let nobody = \"https://{}\";", mute.local_addr()?);
    let limit = ".timeout(Duration::from_secs(1))";
    let changes = [
        ("let nobody = \"http://127.0.0.1:9\";", url.as_str()),
        (
            limit,
            &format!("{limit}.connect_timeout(Duration::from_millis(200))"),
        ),
        (
            r##"get(async || r#"{"name":"Ada"#)"##,
            "get(async || {
                let stalled = futures::stream::pending::<io::Result<&str>>();
                axum::body::Body::from_stream(stalled)
            })",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "error_chain", &changes, "").await?;
    for case in ["broken JSON", "refused"] {
        let mut of_case = lines.iter().skip_while(|line| *line != case);
        let kind = of_case.nth(3).map(|line| line.trim());
        ensure!(
            status == 0 && kind == Some("is_timeout"),
            "{case}: is_timeout is expected, not {kind:?}; status {status}: {lines:?}"
        );
    }
    Ok(())
}
