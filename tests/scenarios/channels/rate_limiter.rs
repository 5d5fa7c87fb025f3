//! What of `rate_limiter` is there to be pasted, pasted here and run in many ways.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::scenarios::support::runner::{Scenario, on_paused_clock, scenario};
use crate::scenarios::support::seeds::{Dice, no_task_is_left, paused};
use example::RateLimiter;

#[path = "../../../examples-channels/src/bin/rate_limiter.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("rate", || paused(limit_rate)),
        scenario("gives_up", || on_paused_clock(give_up)),
    ]
}

/// A caller that gives up leaves its place to another one, and one that finds no place is
/// refused immediately. A burst of none still lets one pass.
async fn give_up() -> Result<()> {
    let limiter = RateLimiter::new(Duration::from_secs(1), 0, 1);
    let first = timeout(Duration::ZERO, limiter.acquire()).await;
    ensure!(matches!(first, Ok(Ok(()))), "the first caller: {first:?}");
    for time in 1..=3 {
        let (first, second) = tokio::join!(
            biased;
            timeout(Duration::from_millis(100), limiter.acquire()),
            timeout(Duration::ZERO, limiter.acquire()),
        );
        ensure!(
            first.is_err() && matches!(second, Ok(Err(_))),
            "time {time}: the first is to wait and the second to be refused: {first:?}, {second:?}"
        );
    }
    let last = timeout(Duration::from_secs(1), limiter.acquire()).await;
    let last = last.context("a token is missing")?;
    ensure!(last.is_ok(), "all have left, and the next caller: {last:?}");
    Ok(())
}

/// Whenever callers come and however many give up: in no time more than the
/// burst and what that time adds, and never a token too few. Those that wait pass in
/// order.
async fn limit_rate(mut dice: Dice) -> Result<()> {
    const PERIOD: Duration = Duration::from_millis(200);
    let burst = dice.up_to(4);
    let limiter = RateLimiter::new(PERIOD, u32::try_from(burst)?, 1000);
    let limiter = Arc::new(limiter);
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for number in 0..40 {
        sleep(Duration::from_millis(dice.up_to(300) as u64)).await;
        let limiter = Arc::clone(&limiter);
        let patience = dice.up_to(2000) as u64;
        callers.spawn(async move {
            let patience = Duration::from_millis(patience);
            match timeout(patience, limiter.acquire()).await {
                Ok(Ok(())) => Ok(Some((number, start.elapsed()))),
                Ok(Err(busy)) => bail!("{busy:?}"),
                Err(_) => Ok(None),
            }
        });
    }
    let mut passed = Vec::new();
    while let Some(caller) = callers.join_next().await {
        passed.extend(caller??);
    }
    passed.sort();
    let passed: Vec<_> = passed.into_iter().map(|(_, time)| time).collect();
    ensure!(
        passed.is_sorted(),
        "the callers do not pass in the order in which they came: {passed:?}"
    );
    for (first, from) in passed.iter().enumerate() {
        for (last, to) in passed.iter().enumerate().skip(first + burst) {
            let least = PERIOD * u32::try_from(last - first + 1 - burst)?;
            ensure!(
                to.saturating_sub(*from) >= least,
                "{first} to {last}: {passed:?}"
            );
        }
    }
    // A minute later the bucket is full, and no fuller than that.
    sleep(Duration::from_secs(60)).await;
    for _ in 0..burst {
        let at_once = timeout(Duration::ZERO, limiter.acquire()).await;
        ensure!(at_once.is_ok(), "a token is missing");
    }
    let at_once = timeout(PERIOD / 2, limiter.acquire()).await;
    ensure!(at_once.is_err(), "a token too many");
    no_task_is_left().await
}
