//! `timeouts` with a server that refuses the connection.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("refused", refused).slow()]
}

/// A connection that is refused has not timed out.
async fn refused() -> Result<()> {
    let url = r#"    let no_handshake = format!("https://{}/", no_tls.local_addr()?);
"#;
    let changes = [(url, &*format!("{url}    drop(no_tls);\n"))];
    let (status, lines) = run_changed("examples-http", "timeouts", &changes, "").await?;
    ensure!(
        status == 0
            && lines
                .iter()
                .any(|line| line.contains("no TLS handshake: Err(")),
        "a refused connection is to be an error, and no timeout; status {status}: {lines:?}"
    );
    Ok(())
}
