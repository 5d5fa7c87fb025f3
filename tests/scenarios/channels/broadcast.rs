//! `broadcast` without any subscriber at first, and with one that is late twice.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("no_subscriber", no_subscriber).slow()]
}

/// What nobody receives is dropped, and later subscribers are served. One that misses
/// numbers twice counts all of them.
async fn no_subscriber() -> Result<()> {
    let changes = [
        (
            "let (tx, slow_rx) = broadcast::channel(4);",
            "let (tx, slow_rx) = broadcast::channel(4);
    drop(slow_rx);
    publish(&tx, 100).await;
    let slow_rx = tx.subscribe();",
        ),
        (
            "    println!(\"late: {}\", late.await?);",
            "    println!(\"late: {}\", late.await?);

    let (tx, rx) = broadcast::channel(4);
    let twice = tokio::spawn(receive_all(rx));
    for number in 0..9 {
        let _ = tx.send(number);
    }
    publish(&tx, 9).await;
    for number in 10..20 {
        let _ = tx.send(number);
    }
    drop(tx);
    println!(\"twice: {}\", twice.await?);",
        ),
    ];
    let (status, lines) = run_changed("examples-channels", "broadcast", &changes, "").await?;
    let expected = [
        "late: missed 0, received [9]",
        "twice: missed 12, received [6, 7, 8, 9, 16, 17, 18, 19]",
    ];
    ensure!(
        status == 0 && lines.ends_with(&expected.map(String::from)),
        "status 0 and {expected:?} last are expected, not with status {status}: {lines:?}"
    );
    Ok(())
}
