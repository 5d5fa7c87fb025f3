//! `echo_roundtrip` with a server that sends back other bytes.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("other_bytes", other_bytes).slow()]
}

/// As many bytes as were sent, in another order.
async fn other_bytes() -> Result<()> {
    let change = ("    Ok(answer)", "    answer.reverse();\n    Ok(answer)");
    let last = "client: 10000000 bytes received, equal to what was sent: false";
    ends_with("examples-io", "echo_roundtrip", &[change], last).await
}
