//! `idempotency` with odd keys, and with a payment that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("keys", keys).slow(),
        scenario("panic", panic).slow(),
    ]
}

/// A key of 64 bytes is the longest. Keys differ in every byte, and each takes
/// its payment.
async fn keys() -> Result<()> {
    let longest = "k".repeat(64);
    let too_long = "k".repeat(65);
    let rows: String = [
        longest.as_str(),
        &too_long,
        "K1",
        "\"k1\"",
        "k1x",
        "k\u{e9}",
        " ",
    ]
    .map(|key| format!("(\"case\", \"/fixed\", \"Ada\", {key:?}, \"5 EUR\", 10), "))
    .concat();
    let first = "(\"broken, 10 together\", \"/broken\", \"Ada\", \"k1\", \"5 EUR\", 10),";
    let changes = [(first, rows.as_str())];
    let (status, lines) = run_changed("examples-http", "idempotency", &changes, "").await?;
    let taken = "case: 1 taken, answers {201: 10}";
    let refused = "case: 0 taken, answers {400: 10}";
    let right = [taken, refused, taken, taken, taken, taken, taken];
    ensure!(status == 0 && lines[..7] == right, "{status}: {lines:?}");
    Ok(())
}

/// A payment that panics may have been taken, so it is not tried again.
async fn panic() -> Result<()> {
    let changes = [
        (
            "(\"broken, 10 together\", \"/broken\", \"Ada\", \"k1\"",
            "(\"panic, 10 together\", \"/fixed\", \"Ada\", \"k0\"",
        ),
        (
            "(\"fixed, 10 together\", \"/fixed\", \"Ada\", \"k1\"",
            "(\"panic, again\", \"/fixed\", \"Ada\", \"k0\"",
        ),
        (
            "TAKEN.fetch_add(1, Relaxed);",
            "TAKEN.fetch_add(1, Relaxed); assert!(!_payment.starts_with('5'), \"told to\");",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "idempotency", &changes, "").await?;
    let of_panic = lines.iter().filter(|line| line.starts_with("panic, "));
    let of_panic: Vec<_> = of_panic.collect();
    let right = [
        "panic, 10 together: 1 taken, answers {500: 10}",
        "panic, again: 0 taken, answers {500: 10}",
    ];
    ensure!(status == 0 && of_panic == right, "{status}: {lines:?}");
    Ok(())
}
