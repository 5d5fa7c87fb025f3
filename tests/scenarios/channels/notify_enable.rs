//! Runs the couriers of `notify_enable` in many schedules, not only in the one
//! that its header shows, and on two threads.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, on_paused_clock, scenario};
use example::{Shelf, broken, deliver, fixed};

#[path = "../../../examples-channels/src/bin/notify_enable.rs"]
#[expect(dead_code, reason = "its `main` is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("schedules", notify_enable_schedules),
        scenario("two_threads", two_threads).slow(),
    ]
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

/// On two threads, two couriers look at the empty shelf, and before either gets
/// any further, two parcels arrive: each courier is served. So is one that waits
/// already while a third parcel is put on the shelf slowly. One that is never served gives
/// up after 1 s.
async fn two_threads() -> Result<()> {
    let changes = [
        (
            "self.parcels.lock().unwrap().pop_front()",
            "let parcel = self.parcels.lock().unwrap().pop_front();
        if parcel.is_none() && LOOKS.fetch_add(1, Relaxed) < 2 {
            STEP.wait();
            STEP.wait();
        }
        parcel",
        ),
        (
            "self.parcels.lock().unwrap().push_back(parcel);",
            "std::thread::sleep(Duration::from_millis(50));
        self.parcels.lock().unwrap().push_back(parcel);",
        ),
        (
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]
async fn main() {",
            "use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static LOOKS: AtomicU32 = AtomicU32::new(0);
static STEP: std::sync::Barrier = std::sync::Barrier::new(3);
static SHELF: std::sync::LazyLock<Shelf> = std::sync::LazyLock::new(Shelf::default);

#[tokio::main(worker_threads = 2)]
async fn main() {
    let couriers = [(); 2].map(|()| tokio::spawn(is_served(fixed(&SHELF))));
    STEP.wait();
    deliver(&SHELF, 1).await;
    deliver(&SHELF, 2).await;
    STEP.wait();
    for courier in couriers {
        println!(\"served: {:?}\", courier.await);
    }
    let served = tokio::time::timeout(Duration::from_secs(10), fixed(&SHELF));
    let courier = tokio::spawn(async { served.await.is_ok() });
    tokio::time::sleep(Duration::from_millis(50)).await;
    deliver(&SHELF, 3).await;
    println!(\"third: {:?}\", courier.await);
    let wait = std::thread::spawn(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start = tokio::time::Instant::now();
            is_served(std::future::pending()).await;
            start.elapsed().as_secs()
        })
    });
    println!(\"gives up after {} s\", wait.join().unwrap());
}

async fn scene() {",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "notify_enable", &changes, "").await?;
    let served = ["served: Ok(true)", "served: Ok(true)", "third: Ok(true)"];
    ensure!(
        lines.starts_with(&served.map(String::from)),
        "all couriers are served: {lines:?}"
    );
    let last = "gives up after 1 s";
    ensure!(
        lines.last().is_some_and(|line| line == last),
        "{last:?} is expected last: {lines:?}"
    );
    Ok(())
}
