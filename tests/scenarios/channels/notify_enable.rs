//! Runs the couriers of `notify_enable` in many schedules, not only in the one
//! that its header shows.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::scenarios::support::runner::{Scenario, on_paused_clock, scenario};
use example::{Shelf, broken, deliver, fixed};

#[path = "../../../examples-channels/src/bin/notify_enable.rs"]
#[expect(dead_code, reason = "its `main` is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("schedules", notify_enable_schedules)]
}

/// Two couriers and two parcels arrive in 256 orders. In some of them a broken
/// courier is stuck, in none a fixed one.
async fn notify_enable_schedules() -> Result<()> {
    // With the clock paused, a timeout means that all tasks are stuck.
    on_paused_clock(check_schedules).await
}

async fn check_schedules() -> Result<()> {
    let stuck = count_stuck(broken).await;
    ensure!(stuck > 0, "no broken courier is stuck");
    let stuck = count_stuck(fixed).await;
    ensure!(stuck == 0, "a fixed courier is stuck in {stuck} schedules");
    Ok(())
}

/// Each of the four arrives 0 to 3 steps late.
async fn count_stuck(take: impl AsyncFn(&Shelf) -> u32) -> usize {
    let mut stuck = 0;
    for schedule in 0..256 {
        let shelf = Shelf::default();
        let courier = async |steps| {
            wait(steps).await;
            take(&shelf).await
        };
        let delivery = async |steps, parcel| {
            wait(steps).await;
            deliver(&shelf, parcel).await;
        };
        let all = async {
            tokio::join!(
                courier(schedule % 4),
                courier(schedule / 4 % 4),
                delivery(schedule / 16 % 4, 1),
                delivery(schedule / 64, 2),
            )
        };
        if timeout(Duration::from_secs(1), all).await.is_err() {
            stuck += 1;
        }
    }
    stuck
}

async fn wait(steps: u32) {
    for _ in 0..steps {
        yield_now().await;
    }
}
