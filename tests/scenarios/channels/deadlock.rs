//! `deadlock` seen from outside, and with a transfer from an account to itself.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("whole_transfers", whole_transfers).slow()]
}

/// During a transfer nobody sees half of it, in either direction: it locks Ann's
/// account first, and others run before it locks Bob's. One from an account to itself
/// changes nothing, and does not lock the account twice.
async fn whole_transfers() -> Result<()> {
    let changes = [
        (
            "#[tokio::main(flavor = \"current_thread\")]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "async { tokio::join!(fixed(&ann, &bob, 10), fixed(&bob, &ann, 30)) };",
            "async {
        let locked = async || {
            let (ann, bob) = (ann.balance.try_lock(), bob.balance.try_lock());
            println!(\"locked: Ann {}, Bob {}\", ann.is_err(), bob.is_err());
        };
        let first = show(\"first\", true, &ann, &bob);
        tokio::join!(biased; fixed(&ann, &bob, 10), locked(), first);
        let second = show(\"second\", true, &ann, &bob);
        tokio::join!(biased; fixed(&bob, &ann, 30), locked(), second);
        fixed(&ann, &ann, 50).await;
    };",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "deadlock", &changes, "").await?;
    let expected = [
        "locked: Ann true, Bob false",
        "first: done, Ann has 90, Bob has 110",
        "locked: Ann true, Bob false",
        "second: done, Ann has 120, Bob has 80",
        "fixed: done, Ann has 120, Bob has 80",
    ];
    ensure!(
        lines.ends_with(&expected.map(String::from)),
        "{expected:?} are expected last: {lines:?}"
    );
    Ok(())
}
