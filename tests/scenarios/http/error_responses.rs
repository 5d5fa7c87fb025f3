//! `error_responses` whose log nobody reads, with requests that are wrong in other
//! ways, and with a route that does not fit its handler.

use std::io;
use std::process::Command;

use anyhow::{Result, ensure};
use harness::workspace::binary;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("unheard", unheard),
        scenario("forms", forms).slow(),
        scenario("wrong_route", wrong_route).slow(),
    ]
}

/// A 500 is answered, even if the log cannot be written, which is standard error.
async fn unheard() -> Result<()> {
    let (reader, log) = io::pipe()?;
    drop(reader);
    let output = Command::new(binary("error_responses")?)
        .stderr(log)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let last = "/broken/3/pay {\"cents\":500}: 500 ";
    ensure!(
        output.status.success()
            && said.lines().any(|line| line.starts_with(last))
            && !said.contains("log: "),
        "it is to go on to the last request, and to log to standard error; status: {}: {said}",
        output.status
    );
    Ok(())
}

/// Each error of a client is JSON, whatever the request has in it.
async fn forms() -> Result<()> {
    let changes = [
        (
            "        (\"/orders/1/pay\", r#\"{\"cent\":500}\"#),",
            "        (\"/orders/%22/pay\", \"{}\"),
        (\"/orders/1/pay\", \"{\"),
        (\"/orders/4294967296/pay\", \"{}\"),",
        ),
        (
            "        let status = response.status().as_u16();\n",
            "        let status = response.status().as_u16();
        let kind = response.headers().get(\"content-type\").cloned();\n",
        ),
        (
            "        println!(\"{path} {body}: {status} {}\", str::from_utf8(&answer)?);",
            "        let error: Option<serde_json::Value> = serde_json::from_slice(&answer).ok();
        let message = error.as_ref().and_then(|it| it[\"error\"].as_str()).unwrap_or(\"no JSON\");
        println!(\"{path} {body}: {status} {kind:?} {message}\");",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "error_responses", &changes, "").await?;
    for (request, message) in [
        ("/orders/9/pay {\"cents\":500}: 404", "there is no order 9"),
        (
            "/orders/2/pay {\"cents\":500}: 409",
            "order 2 is already paid",
        ),
        ("/orders/%22/pay {}: 400", "Cannot parse `\"` to a `u32`"),
        (
            "/orders/1/pay {: 400",
            "Failed to parse the request body as JSON",
        ),
        (
            "/orders/4294967296/pay {}: 400",
            "Cannot parse `4294967296`",
        ),
        ("/orders/3/pay {\"cents\":500}: 500", "internal error"),
    ] {
        let right = format!("{request} Some(\"application/json\") {message}");
        ensure!(
            status == 0 && lines.iter().any(|line| line.starts_with(&right)),
            "{right:?} is expected; status {status}: {lines:?}"
        );
    }
    Ok(())
}

/// A mistake in a route is a 500 whose reason only the log has.
async fn wrong_route() -> Result<()> {
    let changes = [("\"/orders/{id}/pay\"", "\"/{table}/{id}/pay\"")];
    let (status, lines) = run_changed("examples-http", "error_responses", &changes, "").await?;
    let answer = "/orders/1/pay {\"cents\":500}: 500 {\"error\":\"internal error\"}";
    let log = "log: Wrong number of path arguments";
    ensure!(
        status == 0
            && lines.iter().any(|line| line == answer)
            && lines.iter().any(|line| line.starts_with(log)),
        "{status}: {lines:?}"
    );
    Ok(())
}
