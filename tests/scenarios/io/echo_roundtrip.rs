//! `echo_roundtrip` with a server that sends back other bytes.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("other_bytes", other_bytes).slow()]
}

/// As many bytes as were sent, in another order; then fewer of them.
async fn other_bytes() -> Result<()> {
    for (edit, count) in [
        ("reverse()", 10_000_000),
        ("truncate(9_000_000)", 9_000_000),
    ] {
        let other = format!("    answer.{edit};\n    Ok(answer)");
        let change = ("    Ok(answer)", other.as_str());
        let last = format!("client: {count} bytes received, equal to what was sent: false");
        ends_with("examples-io", "echo_roundtrip", &[change], &last).await?;
    }
    Ok(())
}
